package lomi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// RefundType says how much is given back. It is an open set.
type RefundType string

// The types that lomi. names.
const (
	RefundFull    RefundType = "full"
	RefundPartial RefundType = "partial"
)

// SubscriptionAction says what becomes of a subscription whose payment is given
// back. It is an open set.
type SubscriptionAction string

// The actions that lomi. names.
const (
	SubscriptionDefault SubscriptionAction = "default"
	SubscriptionCancel  SubscriptionAction = "cancel"
	SubscriptionPause   SubscriptionAction = "pause"
	SubscriptionNone    SubscriptionAction = "none"
)

// RefundRequest gives a payment back, or a part of it. Empty strings and nil are
// not sent. Only completed transactions can be given back, and no more than
// their gross amount.
type RefundRequest struct {
	TransactionID        string             `json:"transaction_id"` // required
	Amount               int64              `json:"amount"`         // minor units of the transaction's currency; required
	Reason               string             `json:"reason,omitempty"`
	Type                 RefundType         `json:"refund_type,omitempty"`
	SubscriptionAction   SubscriptionAction `json:"subscription_action,omitempty"`
	ReverseTransfer      *bool              `json:"reverse_transfer,omitzero"`       // API 1.2.0 only
	RefundApplicationFee *bool              `json:"refund_application_fee,omitzero"` // API 1.2.0 only

	// IdempotencyKey makes a repeated refund give the same one, for 24 hours.
	// Empty: one is made for this call, which covers only its own retries.
	IdempotencyKey string `json:"-"`
}

// Refund is money that goes back to a customer.
type Refund struct {
	ID                 string             `json:"refund_id" also:"id"`
	TransactionID      string             `json:"transaction_id"`
	Amount             guichet.Number     `json:"amount"`          // asked for, in minor units of the transaction's currency
	RefundedAmount     guichet.Number     `json:"refunded_amount"` // given back, in minor units
	FeeAmount          guichet.Number     `json:"fee_amount"`      // minor units
	Reason             string             `json:"reason"`
	Status             guichet.Status     `json:"-"`                     // of the refund itself: StatusSucceeded is money given back
	ProviderStatus     string             `json:"status"`                // verbatim
	Message            string             `json:"message" redact:"true"` // for people; may name the customer
	SubscriptionAction SubscriptionAction `json:"subscription_action"`
	CreatedAt          guichet.Timestamp  `json:"created_at"`
	UpdatedAt          guichet.Timestamp  `json:"updated_at"`
	Raw                json.RawMessage    `json:"-" redact:"true"` // the answer as it came
}

func (r *Refund) finish(_ layers, raw json.RawMessage) error {
	r.Status, r.Raw = statusIn(outgoingWords, r.ProviderStatus), raw
	return nil
}

// Format prints the refund without Message and Raw.
func (r Refund) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows; see Format.
func (r Refund) LogValue() slog.Value { return redact.LogValue(r) }

// RefundResult is what came of CreateRefund or ConfirmRefund: either a refund,
// or lomi.'s question whether to make it.
type RefundResult struct {
	Refund         *Refund             // nil: nothing has been given back
	Confirmation   *RefundConfirmation // nil: none is asked for; else pass it to ConfirmRefund
	IdempotencyKey string              // that was sent
	Replayed       bool                // the answer to a call that was made before with the same key
}

// Format prints the result without what its parts hide.
func (r RefundResult) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows; see Format.
func (r RefundResult) LogValue() slog.Value { return redact.LogValue(r) }

// RefundConfirmation is a refund that lomi. makes only when asked a second time
// (API 1.2.0). Its JSON is faithful, so that it can be stored while a person
// decides; printed forms show neither token nor preview.
type RefundConfirmation struct {
	Request        RefundRequest     `json:"request"` // what was asked for
	IdempotencyKey string            `json:"idempotency_key"`
	Token          string            `json:"confirmation_token" redact:"true"`
	ExpiresAt      guichet.Timestamp `json:"expires_at"`            // zero: lomi. did not say
	Preview        json.RawMessage   `json:"preview" redact:"true"` // what would happen, verbatim
}

// Format prints the confirmation without token and preview.
func (r RefundConfirmation) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the confirmation; see Format.
func (r RefundConfirmation) LogValue() slog.Value { return redact.LogValue(r) }

// RefundFilter chooses the refunds of ListRefunds; the zero value chooses all.
type RefundFilter struct {
	Status   string    // "pending", "completed" …; empty: all
	From, To time.Time // zero: not bounded
	Limit    int       // 1 to 100; 0: lomi.'s default
	Cursor   string    // Page.Next of the page before; empty: the first page
}

// CreateRefund gives a payment back (POST /refunds). Look at
// RefundResult.Confirmation first: when it is set, nothing has been given back
// yet.
//
// It carries an idempotency key, so it is repeated when its answer is lost; the
// key is on the result and on the error. ErrMismatch beside a result means that
// lomi. answered for another amount or transaction than was asked for.
func (c *Client) CreateRefund(ctx context.Context, req RefundRequest) (*RefundResult, error) {
	return c.refund(ctx, "CreateRefund", req, "")
}

// ConfirmRefund makes the refund that CreateRefund left to be confirmed: the same
// call again (POST /refunds), with the same key and body and the token.
func (c *Client) ConfirmRefund(ctx context.Context, confirmation RefundConfirmation) (*RefundResult, error) {
	const op = "ConfirmRefund"
	if err := confirmProblems(op, confirmation.Token, confirmation.IdempotencyKey); err != nil {
		return nil, err
	}
	req := confirmation.Request
	req.IdempotencyKey = confirmation.IdempotencyKey
	return c.refund(ctx, op, req, confirmation.Token)
}

func (c *Client) refund(ctx context.Context, op string, req RefundRequest, token string) (*RefundResult, error) {
	err := check(op,
		request.Field{Name: "TransactionID", Problem: request.ID(req.TransactionID)},
		request.Field{Name: "Amount", Problem: amountProblem(req.Amount, true)},
	)
	if err != nil {
		return nil, err
	}
	call := &transport.Call{Op: op, Method: http.MethodPost, Route: "/refunds"}
	err = setKeyedBody(call, req.IdempotencyKey, struct {
		RefundRequest
		Token string `json:"confirmation_token,omitempty"`
	}{req, token})
	if err != nil {
		return nil, err
	}
	refund, asked, answer, err := twoStep(ctx, c, call, token, &refunds)
	if err != nil {
		return nil, err
	}
	result := &RefundResult{Refund: refund, IdempotencyKey: call.IdempotencyKey, Replayed: replayed(answer)}
	if asked != nil {
		result.Confirmation = &RefundConfirmation{
			Request: req, IdempotencyKey: call.IdempotencyKey,
			Token: asked.Token, ExpiresAt: asked.ExpiresAt, Preview: asked.Preview,
		}
		return result, nil
	}
	return result, c.echoedRefund(call, answer, req, refund)
}

// echoedRefund compares what lomi. says that it gave back with what was asked
// for. Nothing given back is no other amount before the refund is completed.
func (c *Client) echoedRefund(call *transport.Call, a *transport.Answer, req RefundRequest, refund *Refund) error {
	if refund.TransactionID != "" && refund.TransactionID != req.TransactionID {
		return c.t.Fail(call, a, guichet.ErrMismatch, "lomi. answered for another transaction than was asked for")
	}
	given := refund.RefundedAmount
	if n, ok := given.Int64(); ok && n == 0 && refund.Status != guichet.StatusSucceeded {
		given = ""
	}
	if err := c.echoed(call, a, req.Amount, "", refund.Amount, ""); err != nil {
		return err
	}
	return c.echoed(call, a, req.Amount, "", given, "")
}

// GetRefund returns one refund (GET /refunds/{id}).
func (c *Client) GetRefund(ctx context.Context, id string) (*Refund, error) {
	return getOne(ctx, c, &transport.Call{Op: "GetRefund", Route: "/refunds/{refund_id}", Args: []string{id}}, &refunds)
}

// ListRefunds returns one page of refunds (GET /refunds).
func (c *Client) ListRefunds(ctx context.Context, filter RefundFilter) (*Page[Refund], error) {
	call := &transport.Call{Op: "ListRefunds", Route: "/refunds", Query: url.Values{}}
	if problem := optional(filter.Status, wordProblem); problem != "" {
		return nil, invalid(call.Op, "Status", problem)
	}
	setQuery(call.Query, "status", filter.Status)
	setQuery(call.Query, "startDate", dateTime(filter.From))
	setQuery(call.Query, "endDate", dateTime(filter.To))
	return nativePage(ctx, c, call, &refunds, "refunds", filter.Limit, filter.Cursor)
}
