package lomi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// PayoutDestination says whom a payout goes to. It is an open set.
type PayoutDestination string

// The destinations that lomi. names.
const (
	PayoutSelf        PayoutDestination = "self"        // the merchant
	PayoutBeneficiary PayoutDestination = "beneficiary" // somebody else: PayoutRequest.Recipient
)

// PayoutRail says which way a payout goes. It is an open set.
type PayoutRail string

// The rails that lomi. names.
const (
	RailWave    PayoutRail = "wave"
	RailBank    PayoutRail = "bank"
	RailMTN     PayoutRail = "mtn"
	RailSPI     PayoutRail = "spi"
	RailStellar PayoutRail = "stellar"
)

// PayoutKind is what a payout turned out to be. It is an open set.
type PayoutKind string

// The kinds that lomi. names.
const (
	KindWithdrawal  PayoutKind = "withdrawal"  // to the merchant
	KindBeneficiary PayoutKind = "beneficiary" // to somebody else
)

// PayoutRequest takes money out of the merchant's balance. Empty strings and nil
// are not sent. lomi. refuses Wave and MTN payouts with a test key.
type PayoutRequest struct {
	Destination    PayoutDestination `json:"destination"`                // required
	Rail           PayoutRail        `json:"rail"`                       // required
	Amount         int64             `json:"amount"`                     // minor units: 15000 is 15,000 XOF, 150.00 EUR; required
	CurrencyCode   guichet.Currency  `json:"currency_code"`              // XOF, USD or EUR; required
	PayoutMethodID string            `json:"payout_method_id,omitempty"` // one of the merchant's own; only with PayoutSelf
	Recipient      *PayoutRecipient  `json:"recipient,omitzero"`         // required with PayoutBeneficiary, and only with it
	Reason         string            `json:"reason,omitempty"`
	Metadata       map[string]any    `json:"metadata,omitempty" redact:"true"`

	// IdempotencyKey makes a repeated payout give the same one, for 24 hours.
	// Empty: one is made for this call, which covers only its own retries.
	IdempotencyKey string `json:"-"`
}

// PayoutRecipient is who is paid.
type PayoutRecipient struct {
	Name  string `json:"name" redact:"true"`  // required
	Phone string `json:"phone" redact:"true"` // the wallet, E.164 with +; required
}

// Format prints the request without personal data.
func (r PayoutRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request: no personal data.
func (r PayoutRequest) LogValue() slog.Value { return redact.LogValue(r) }

// Format prints the recipient without personal data.
func (r PayoutRecipient) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the recipient: no personal data.
func (r PayoutRecipient) LogValue() slog.Value { return redact.LogValue(r) }

// Payout is money that leaves the merchant's balance.
type Payout struct {
	ID             string            `json:"payout_id" also:"id"` // empty: lomi. left it out, as it may; look for the payout with ListPayouts
	Kind           PayoutKind        `json:"kind"`
	Status         guichet.Status    `json:"-"`                     // of the payout itself: StatusSucceeded is money paid out
	ProviderStatus string            `json:"status"`                // verbatim
	Message        string            `json:"message" redact:"true"` // for people; may name the recipient
	Amount         guichet.Number    `json:"amount"`                // minor units of CurrencyCode
	CurrencyCode   guichet.Currency  `json:"currency_code"`
	CreatedAt      guichet.Timestamp `json:"created_at"`
	UpdatedAt      guichet.Timestamp `json:"updated_at"`
	Raw            json.RawMessage   `json:"-" redact:"true"` // the answer as it came; may hold the recipient's data
}

func (p *Payout) finish(_ layers, raw json.RawMessage) error {
	p.Status, p.Raw = statusIn(outgoingWords, p.ProviderStatus), raw
	return nil
}

// Format prints the payout without Message and Raw.
func (p Payout) Format(s fmt.State, verb rune) { redact.Format(s, verb, p) }

// LogValue is what slog shows of the payout; see Format.
func (p Payout) LogValue() slog.Value { return redact.LogValue(p) }

// PayoutResult is what came of [Client.CreatePayout] or [Client.ApprovePayout]: either
// a payout, or lomi.'s question whether to make it.
type PayoutResult struct {
	Payout         *Payout         // nil: nothing has been paid out
	Approval       *PayoutApproval // nil: none is needed; else nothing has been paid out before ApprovePayout is called with it
	IdempotencyKey string          // that was sent
	Replayed       bool            // the answer to a call that was made before with the same key
}

// Format prints the result without what its parts hide.
func (p PayoutResult) Format(s fmt.State, verb rune) { redact.Format(s, verb, p) }

// LogValue is what slog shows; see Format.
func (p PayoutResult) LogValue() slog.Value { return redact.LogValue(p) }

// PayoutApproval is a payout that lomi. makes only when it is asked for a second time
// (API 1.2.0): pass it to [Client.ApprovePayout]. Its JSON is faithful, so that it can
// be stored while a person decides; printed forms show neither token nor recipient.
type PayoutApproval struct {
	Request        PayoutRequest     `json:"request"` // what was asked for
	IdempotencyKey string            `json:"idempotency_key"`
	Token          string            `json:"confirmation_token" redact:"true"`
	ExpiresAt      guichet.Timestamp `json:"expires_at"`            // zero: lomi. did not say
	Preview        json.RawMessage   `json:"preview" redact:"true"` // what would happen, verbatim
}

// Format prints the approval without token and recipient.
func (p PayoutApproval) Format(s fmt.State, verb rune) { redact.Format(s, verb, p) }

// LogValue is what slog shows of the approval; see Format.
func (p PayoutApproval) LogValue() slog.Value { return redact.LogValue(p) }

// PayoutFilter chooses the payouts of [Client.ListPayouts]; the zero value chooses all.
type PayoutFilter struct {
	Status   string    // "pending", "completed" …; empty: all
	From, To time.Time // zero: not bounded
	Limit    int       // 1 to 100; 0: lomi.'s default
	Cursor   string    // Page.Next of the page before; empty: the first page
}

// CreatePayout pays out (POST /payouts). Look at [PayoutResult.Approval] first: when it
// is set, nothing has been paid out yet.
//
// It carries an idempotency key, so it is repeated when its answer is lost; the key is
// on the result and on the error. [guichet.ErrMismatch] beside a result means that lomi.
// took another amount or currency than was asked for.
func (c *Client) CreatePayout(ctx context.Context, req PayoutRequest) (*PayoutResult, error) {
	return c.payout(ctx, "CreatePayout", req, "")
}

// ApprovePayout pays out what [Client.CreatePayout] was told to pay out and lomi. wants
// to be asked for a second time: the same call (POST /payouts) with the same key and
// body, and with the token.
func (c *Client) ApprovePayout(ctx context.Context, approval PayoutApproval) (*PayoutResult, error) {
	const op = "ApprovePayout"
	if err := c.checkApproval(op, approval.Token, approval.IdempotencyKey); err != nil {
		return nil, err
	}
	req := approval.Request
	req.IdempotencyKey = approval.IdempotencyKey
	return c.payout(ctx, op, req, approval.Token)
}

func (c *Client) payout(ctx context.Context, op string, req PayoutRequest, token string) (*PayoutResult, error) {
	err := c.check(op,
		request.Field{Name: "Destination", Problem: request.ID(string(req.Destination))},
		request.Field{Name: "Rail", Problem: request.ID(string(req.Rail))},
		request.Field{Name: "Amount", Problem: amountProblem(req.Amount, true)},
		request.Field{Name: "CurrencyCode", Problem: currencyProblem(req.CurrencyCode)},
		recipientProblem(req),
	)
	if err != nil {
		return nil, err
	}
	call := &transport.Call{Op: op, Route: "/payouts"}
	if req.Recipient != nil {
		call.Sensitive = []string{req.Recipient.Phone, req.Recipient.Name}
	}
	got, err := twoStep(ctx, c, call, req, req.IdempotencyKey, token, &payouts, func(payout *Payout, answer layers) error {
		return c.echoed(call, answer, req.Amount, req.CurrencyCode, payout.Amount, payout.CurrencyCode)
	})
	if got == nil {
		return nil, err
	}
	result := &PayoutResult{Payout: got.made, IdempotencyKey: got.key, Replayed: got.replayed}
	if got.asked != nil {
		result.Approval = &PayoutApproval{
			Request: req, IdempotencyKey: got.key,
			Token: got.asked.Token, ExpiresAt: got.asked.ExpiresAt, Preview: got.asked.Preview,
		}
	}
	return result, err
}

// recipientProblem refuses a request that names somebody and says that the money
// is for somebody else.
func recipientProblem(req PayoutRequest) request.Field {
	switch {
	case req.Destination == PayoutSelf && req.Recipient != nil:
		return request.Field{Name: "Recipient", Problem: `must not be set when Destination is "self"`}
	case req.Destination == PayoutBeneficiary && req.PayoutMethodID != "":
		return request.Field{Name: "PayoutMethodID", Problem: `must not be set when Destination is "beneficiary"`}
	case req.Destination == PayoutBeneficiary && req.Recipient == nil:
		return request.Field{Name: "Recipient", Problem: `is required when Destination is "beneficiary"`}
	case req.Recipient == nil:
		return request.Field{}
	}
	if problem := nameProblem(req.Recipient.Name); problem != "" {
		return request.Field{Name: "Recipient.Name", Problem: problem}
	}
	return request.Field{Name: "Recipient.Phone", Problem: request.Phone(req.Recipient.Phone)}
}

// GetPayout returns one payout (GET /payouts/{id}).
func (c *Client) GetPayout(ctx context.Context, id string) (*Payout, error) {
	return getOne(ctx, c, &transport.Call{Op: "GetPayout", Route: "/payouts/{payout_id}", Args: []string{id}}, &payouts)
}

// ListPayouts returns one page of payouts (GET /payouts).
func (c *Client) ListPayouts(ctx context.Context, filter PayoutFilter) (*Page[Payout], error) {
	call := &transport.Call{Op: "ListPayouts", Route: "/payouts", Query: url.Values{}}
	if err := c.check(call.Op, request.Field{Name: "Status", Problem: request.Optional(filter.Status, wordProblem)}); err != nil {
		return nil, err
	}
	setQuery(call.Query, "status", filter.Status)
	setQuery(call.Query, "startDate", dateTime(filter.From))
	setQuery(call.Query, "endDate", dateTime(filter.To))
	return nativePage(ctx, c, call, &payouts, "payouts", filter.Limit, filter.Cursor)
}
