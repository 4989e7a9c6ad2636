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

// RefundResult is what came of [Client.CreateRefund] or [Client.ApproveRefund]: either
// a refund, or lomi.'s question whether to make it.
type RefundResult struct {
	Refund         *Refund         // nil: nothing has been given back
	Approval       *RefundApproval // nil: none is needed; else nothing has been given back before ApproveRefund is called with it
	IdempotencyKey string          // that was sent
	Replayed       bool            // the answer to a call that was made before with the same key
}

// Format prints the result without what its parts hide.
func (r RefundResult) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows; see Format.
func (r RefundResult) LogValue() slog.Value { return redact.LogValue(r) }

// RefundApproval is a refund that lomi. makes only when it is asked for a second time
// (API 1.2.0): pass it to [Client.ApproveRefund]. Its JSON is faithful, so that it can
// be stored while a person decides; printed forms show neither token nor preview.
type RefundApproval struct {
	Request        RefundRequest     `json:"request"` // what was asked for
	IdempotencyKey string            `json:"idempotency_key"`
	Token          string            `json:"confirmation_token" redact:"true"`
	ExpiresAt      guichet.Timestamp `json:"expires_at"`            // zero: lomi. did not say
	Preview        json.RawMessage   `json:"preview" redact:"true"` // what would happen, verbatim
}

// Format prints the approval without token and preview.
func (r RefundApproval) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the approval; see Format.
func (r RefundApproval) LogValue() slog.Value { return redact.LogValue(r) }

// RefundFilter chooses the refunds of [Client.ListRefunds]; the zero value chooses all.
type RefundFilter struct {
	Status   string    // "pending", "completed" …; empty: all
	From, To time.Time // zero: not bounded
	Limit    int       // 1 to 100; 0: lomi.'s default
	Cursor   string    // Page.Next of the page before; empty: the first page
}

// CreateRefund gives a payment back (POST /refunds). Look at [RefundResult.Approval]
// first: when it is set, nothing has been given back yet.
//
// It carries an idempotency key, so it is repeated when its answer is lost; the key is
// on the result and on the error. [guichet.ErrMismatch] beside a result means that lomi.
// answered for another amount or transaction than was asked for.
func (c *Client) CreateRefund(ctx context.Context, req RefundRequest) (*RefundResult, error) {
	return c.refund(ctx, "CreateRefund", req, "")
}

// ApproveRefund gives back what [Client.CreateRefund] was told to give back and lomi.
// wants to be asked for a second time: the same call (POST /refunds) with the same key
// and body, and with the token.
func (c *Client) ApproveRefund(ctx context.Context, approval RefundApproval) (*RefundResult, error) {
	const op = "ApproveRefund"
	if err := c.checkApproval(op, approval.Token, approval.IdempotencyKey); err != nil {
		return nil, err
	}
	req := approval.Request
	req.IdempotencyKey = approval.IdempotencyKey
	return c.refund(ctx, op, req, approval.Token)
}

func (c *Client) refund(ctx context.Context, op string, req RefundRequest, token string) (*RefundResult, error) {
	err := c.check(op,
		request.Field{Name: "TransactionID", Problem: request.ID(req.TransactionID)},
		request.Field{Name: "Amount", Problem: amountProblem(req.Amount, true)},
	)
	if err != nil {
		return nil, err
	}
	call := &transport.Call{Op: op, Route: "/refunds"}
	got, err := twoStep(ctx, c, call, req, req.IdempotencyKey, token, &refunds, func(refund *Refund, answer layers) error {
		return c.echoedRefund(call, answer, req, refund)
	})
	if got == nil {
		return nil, err
	}
	result := &RefundResult{Refund: got.made, IdempotencyKey: got.key, Replayed: got.replayed}
	if got.asked != nil {
		result.Approval = &RefundApproval{
			Request: req, IdempotencyKey: got.key,
			Token: got.asked.Token, ExpiresAt: got.asked.ExpiresAt, Preview: got.asked.Preview,
		}
	}
	return result, err
}

// echoedRefund compares what lomi. says that it gave back with what was asked
// for. Nothing given back is no other amount before the refund is completed.
func (c *Client) echoedRefund(call *transport.Call, answer layers, req RefundRequest, refund *Refund) error {
	if refund.TransactionID != "" && refund.TransactionID != req.TransactionID {
		return c.besides(call, answer, guichet.ErrMismatch, "lomi. answered for another transaction than was asked for")
	}
	given := refund.RefundedAmount
	if n, ok := given.Int64(); ok && n == 0 && refund.Status != guichet.StatusSucceeded {
		given = ""
	}
	if err := c.echoed(call, answer, req.Amount, "", refund.Amount, ""); err != nil {
		return err
	}
	return c.echoed(call, answer, req.Amount, "", given, "")
}

// GetRefund returns one refund (GET /refunds/{id}).
func (c *Client) GetRefund(ctx context.Context, id string) (*Refund, error) {
	return getOne(ctx, c, &transport.Call{Op: "GetRefund", Route: "/refunds/{refund_id}", Args: []string{id}}, &refunds)
}

// ListRefunds returns one page of refunds (GET /refunds).
func (c *Client) ListRefunds(ctx context.Context, filter RefundFilter) (*Page[Refund], error) {
	call := &transport.Call{Op: "ListRefunds", Route: "/refunds", Query: url.Values{}}
	if err := c.check(call.Op, request.Field{Name: "Status", Problem: request.Optional(filter.Status, wordProblem)}); err != nil {
		return nil, err
	}
	setQuery(call.Query, "status", filter.Status)
	setQuery(call.Query, "startDate", dateTime(filter.From))
	setQuery(call.Query, "endDate", dateTime(filter.To))
	return nativePage(ctx, c, call, &refunds, "refunds", filter.Limit, filter.Cursor)
}
