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
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// PaymentRequestInput asks one customer for one payment by a date. Empty strings
// and nil are not sent.
type PaymentRequestInput struct {
	Amount       int64            `json:"amount"`        // minor units: 15000 is 15,000 XOF, 150.00 EUR; required
	CurrencyCode guichet.Currency `json:"currency_code"` // XOF, USD or EUR; required
	ExpiryDate   time.Time        `json:"expiry_date"`   // required
	Description  string           `json:"description,omitempty"`
	CustomerID   string           `json:"customer_id,omitempty"`
	Reference    string           `json:"payment_reference,omitempty"` // the merchant's
	Metadata     map[string]any   `json:"metadata,omitempty" redact:"true"`

	// IdempotencyKey makes a repeated create give the same payment request, for
	// 24 hours. Empty: one is made for this call, which covers only its own
	// retries.
	IdempotencyKey string `json:"-"`
}

// PaymentRequest is a page at which one payment is asked for.
type PaymentRequest struct {
	ID             string            `json:"request_id"`
	URL            string            `json:"payment_link" redact:"true"` // where to send the customer; empty: nowhere
	Status         guichet.Status    `json:"-"`                          // StatusUnknown for a word that is not known
	ProviderStatus string            `json:"status"`                     // verbatim
	Amount         guichet.Number    `json:"amount"`                     // minor units of CurrencyCode
	CurrencyCode   guichet.Currency  `json:"currency_code"`
	ExpiryDate     guichet.Timestamp `json:"expiry_date"`
	Description    string            `json:"description"`
	CustomerID     string            `json:"customer_id"`
	Reference      string            `json:"payment_reference"`
	Metadata       json.RawMessage   `json:"metadata" redact:"true"` // verbatim; nil or null: none
	Environment    string            `json:"environment"`
	OrganizationID string            `json:"organization_id"`
	CreatedAt      guichet.Timestamp `json:"created_at"`
	UpdatedAt      guichet.Timestamp `json:"updated_at"`

	IdempotencyKey string          `json:"-"`               // that was sent; empty: none
	Replayed       bool            `json:"-"`               // the answer to a create that was made before with the same key
	Raw            json.RawMessage `json:"-" redact:"true"` // the answer as it came
}

// Format prints the payment request without URL, metadata and Raw.
func (p PaymentRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, p) }

// LogValue is what slog shows; see Format.
func (p PaymentRequest) LogValue() slog.Value { return redact.LogValue(p) }

// Format prints the request without metadata.
func (r PaymentRequestInput) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows; see Format.
func (r PaymentRequestInput) LogValue() slog.Value { return redact.LogValue(r) }

// Money returns the amount. ok is false when lomi. did not say, or when it is not
// a whole number of minor units of a known currency.
func (p *PaymentRequest) Money() (amount guichet.Money, ok bool) {
	return p.Amount.Minor(p.CurrencyCode)
}

func (p *PaymentRequest) finish(answer layers, raw json.RawMessage) error {
	if p.Reference == "" { // the merchant's own, which may be a number
		p.Reference = answer.member("payment_reference").TextOrNumber()
	}
	p.Status, p.Raw = statusIn(paymentRequestWords, p.ProviderStatus), raw
	return nil
}

// PaymentRequestFilter chooses the payment requests of [Client.ListPaymentRequests]; the
// zero value chooses all.
type PaymentRequestFilter struct {
	Status     string // "pending", "completed", "failed" or "expired"; empty: all
	CustomerID string // empty: of all customers
	Limit      int    // 1 to 100; 0: lomi.'s default
	Cursor     string // Page.Next of the page before; empty: the first page
}

// CreatePaymentRequest asks for a payment (POST /payment-requests).
//
// It carries an idempotency key, so it is repeated when its answer is lost; the key is
// on the result and on the error. [guichet.ErrMismatch] beside a payment request means
// that lomi. took another amount or currency than was asked for,
// [guichet.ErrBadResponse] that the customer cannot be sent to its page.
func (c *Client) CreatePaymentRequest(ctx context.Context, req PaymentRequestInput) (*PaymentRequest, error) {
	call := &transport.Call{Op: "CreatePaymentRequest", Method: http.MethodPost, Route: "/payment-requests"}
	expiry := ""
	if req.ExpiryDate.IsZero() {
		expiry = "is required"
	}
	err := c.check(call.Op,
		request.Field{Name: "Amount", Problem: amountProblem(req.Amount, true)},
		request.Field{Name: "CurrencyCode", Problem: currencyProblem(req.CurrencyCode)},
		request.Field{Name: "ExpiryDate", Problem: expiry},
	)
	if err != nil {
		return nil, err
	}
	req.ExpiryDate = req.ExpiryDate.UTC()
	if err := setKeyedBody(call, req.IdempotencyKey, req); err != nil {
		return nil, err
	}
	return createOne(ctx, c, call, &paymentRequests, func(made *PaymentRequest, answer layers) error {
		if err := c.echoed(call, answer, req.Amount, req.CurrencyCode, made.Amount, made.CurrencyCode); err != nil {
			return err
		}
		if c.t.CheckoutURL(made.URL) == "" {
			return c.besides(call, answer, guichet.ErrBadResponse, strictjson.Sentence("the answer", errNoURL))
		}
		return nil
	})
}

// GetPaymentRequest returns one payment request (GET /payment-requests/{id}).
func (c *Client) GetPaymentRequest(ctx context.Context, id string) (*PaymentRequest, error) {
	call := &transport.Call{Op: "GetPaymentRequest", Route: "/payment-requests/{id}", Args: []string{id}}
	return getOne(ctx, c, call, &paymentRequests)
}

// ListPaymentRequests returns one page of payment requests (GET
// /payment-requests).
func (c *Client) ListPaymentRequests(ctx context.Context, filter PaymentRequestFilter) (*Page[PaymentRequest], error) {
	call := &transport.Call{Op: "ListPaymentRequests", Route: "/payment-requests", Query: url.Values{}}
	err := c.check(call.Op,
		request.Field{Name: "Status", Problem: request.Optional(filter.Status, wordProblem)},
		request.Field{Name: "CustomerID", Problem: request.Optional(filter.CustomerID, request.ID)},
	)
	if err != nil {
		return nil, err
	}
	setQuery(call.Query, "status", filter.Status)
	setQuery(call.Query, "customerId", filter.CustomerID)
	return nativePage(ctx, c, call, &paymentRequests, "payment_requests", filter.Limit, filter.Cursor)
}
