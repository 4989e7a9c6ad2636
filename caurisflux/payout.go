package caurisflux

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// PayoutRequest is what InitiatePayout sends. The quote fixes amount, rate, fees
// and method, so there is no amount here.
type PayoutRequest struct {
	QuoteID           string // of QuotePayout; required unless Extra says what to pay
	ExternalReference string // the merchant's reference; required
	Recipient         Recipient
	Description       string // empty: not sent

	// Extra holds members that CaurisFlux does not document, such as those of a
	// payout without a quote or to a bank. It cannot replace a field that is set.
	// An exact number is a guichet.Number or a json.Number.
	Extra map[string]any `json:"-" redact:"true"`

	// IdempotencyKey is sent as a header. No page says that payouts honour it,
	// so the call is sent once all the same.
	IdempotencyKey string
}

// Format prints the request without personal data and without Extra.
func (r PayoutRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request: no personal data.
func (r PayoutRequest) LogValue() slog.Value { return redact.LogValue(r) }

// Recipient is who is paid.
type Recipient struct {
	Phone     string `json:"phone,omitempty" redact:"true"` // E.164 with +; required unless PayoutRequest.Extra says who
	FirstName string `json:"firstName,omitempty" redact:"true"`
	LastName  string `json:"lastName,omitempty" redact:"true"`
	Name      string `json:"name,omitempty" redact:"true"` // only in answers
}

// Format prints the recipient without personal data.
func (r Recipient) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the recipient: no personal data.
func (r Recipient) LogValue() slog.Value { return redact.LogValue(r) }

// Payout is one payout as CaurisFlux reports it. CaurisFlux may leave out any
// field; which ones depends on the endpoint as well.
type Payout struct {
	ID                string // transactionId
	ExternalReference string
	Type              string         // "payout"; empty in InitiatePayout's answer
	Status            guichet.Status // StatusUnknown for a word that is not known
	ProviderStatus    string         // verbatim, such as "completed"
	Amount            guichet.Number // in major units, as written; empty: not said
	Fees              guichet.Number // in major units; only in InitiatePayout's answer
	NetAmount         guichet.Number // in major units; only in InitiatePayout's answer
	Currency          guichet.Currency
	Method            string // such as "mobile_money"
	MobileProvider    string // operator code
	Recipient         Recipient
	ProviderReference string // empty while the payout is pending
	Message           string `redact:"true"` // for people; may name the recipient
	ErrorCode         string // why it failed; empty: it did not
	ErrorMessage      string `redact:"true"` // for people; may name the recipient
	CreatedAt         guichet.Timestamp
	UpdatedAt         guichet.Timestamp
	CompletedAt       guichet.Timestamp
	Metadata          json.RawMessage `redact:"true"` // nil: none
	RateLimit         *RateLimit      // nil: not said
	Raw               json.RawMessage `json:"-" redact:"true"` // the object as it came, without its envelope
}

// Format prints the payout without personal data.
func (p Payout) Format(s fmt.State, verb rune) { redact.Format(s, verb, p) }

// LogValue is what slog shows of the payout: no personal data.
func (p Payout) LogValue() slog.Value { return redact.LogValue(p) }

// QuotePayout asks what a payout costs (POST /payouts/quote). What CaurisFlux
// wants to know is not documented, so quote is any JSON object, with exact
// numbers as guichet.Number or json.Number; the answer names a quoteId. It is sent once.
// (https://docs.caurisflux.com/api-reference/payouts/initiate)
func (c *Client) QuotePayout(ctx context.Context, quote map[string]any) (*Document, error) {
	const op = "QuotePayout"
	if err := c.needKeys(op); err != nil {
		return nil, err
	}
	if len(quote) == 0 {
		return nil, invalid(op, "quote", "must not be empty")
	}
	body, err := marshal(op, "quote", quote, nil)
	if err != nil {
		return nil, err
	}
	return c.document(ctx, &transport.Call{
		Op: op, Method: http.MethodPost, Route: "/payouts/quote",
		Body: body, Sensitive: leaves(quote),
	})
}

// InitiatePayout sends money to a recipient (POST /payouts/initiate). It is sent
// once, with an idempotency key or without: after an unknown outcome find out
// whether the money has left before trying again.
// (https://docs.caurisflux.com/api-reference/payouts/initiate)
func (c *Client) InitiatePayout(ctx context.Context, req PayoutRequest) (*Payout, error) {
	const op = "InitiatePayout"
	if err := c.needKeys(op); err != nil {
		return nil, err
	}
	documented := len(req.Extra) == 0
	err := request.Check(provider, op,
		request.Field{Name: "QuoteID", Problem: check(req.QuoteID, documented, request.ID)},
		request.Field{Name: "ExternalReference", Problem: request.ID(req.ExternalReference)},
		request.Field{Name: "Recipient.Phone", Problem: check(req.Recipient.Phone, documented, request.Phone)},
		request.Field{Name: "Recipient.FirstName", Problem: request.Text(req.Recipient.FirstName)},
		request.Field{Name: "Recipient.LastName", Problem: request.Text(req.Recipient.LastName)},
		request.Field{Name: "Description", Problem: request.Text(req.Description)},
		request.Field{Name: "IdempotencyKey", Problem: request.Optional(req.IdempotencyKey, request.ID)},
	)
	if err != nil {
		return nil, err
	}
	if req.Recipient.Name != "" {
		return nil, invalid(op, "Recipient.Name", "is not sent: use FirstName and LastName")
	}
	body, err := marshal(op, "Extra", payoutBody{
		QuoteID: req.QuoteID, ExternalReference: req.ExternalReference, Recipient: req.Recipient,
		Description: req.Description,
	}, req.Extra)
	if err != nil {
		return nil, err
	}
	return c.payout(ctx, &transport.Call{
		Op: op, Method: http.MethodPost, Route: "/payouts/initiate",
		Body: body, Reference: req.ExternalReference, IdempotencyKey: req.IdempotencyKey,
		Sensitive: append(leaves(req.Extra), req.Recipient.Phone, req.Recipient.FirstName, req.Recipient.LastName),
	})
}

// PayoutStatus asks for one payout (GET /payments/status/{id}, with the payout's
// id). A payout that failed is a result, not an error.
// (https://docs.caurisflux.com/api-reference/payouts/get-status)
func (c *Client) PayoutStatus(ctx context.Context, id string) (*Payout, error) {
	call, err := c.statusCall("PayoutStatus", id)
	if err != nil {
		return nil, err
	}
	return c.payout(ctx, call)
}
