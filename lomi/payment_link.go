package lomi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// The two types of payment link.
const (
	LinkInstant = "instant" // a fixed amount
	LinkProduct = "product" // a product of the catalogue, and one of its prices
)

// PaymentLinkRequest creates a payment link. Empty strings, 0 and nil are not
// sent. A nil bool leaves lomi.'s default, which is not the same in both API
// generations for RequireBillingAddress.
type PaymentLinkRequest struct {
	LinkType     string           `json:"link_type"`     // LinkInstant or LinkProduct; required
	Title        string           `json:"title"`         // shown to the customer; required
	CurrencyCode guichet.Currency `json:"currency_code"` // XOF, USD or EUR; required
	Description  string           `json:"description,omitempty"`
	Amount       int64            `json:"amount,omitzero"` // minor units: 15000 is 15,000 XOF, 150.00 EUR; required for LinkInstant, leave 0 for LinkProduct

	ProductID string `json:"product_id,omitempty"` // for LinkProduct
	PriceID   string `json:"price_id,omitempty"`   // for LinkProduct

	AllowCouponCode       *bool `json:"allow_coupon_code,omitzero"`
	AllowQuantity         *bool `json:"allow_quantity,omitzero"`
	RequireBillingAddress *bool `json:"require_billing_address,omitzero"`
	RequireEmail          *bool `json:"require_email,omitzero"` // API 1.2.0 only
	RequirePhone          *bool `json:"require_phone,omitzero"` // API 1.2.0 only
	RequireName           *bool `json:"require_name,omitzero"`  // API 1.2.0 only

	Fields []map[string]any `json:"fields,omitempty"` // API 1.2.0 only; overrides Require…

	ExpiresAt  time.Time      `json:"expires_at,omitzero"`
	SuccessURL string         `json:"success_url,omitempty"`
	CancelURL  string         `json:"cancel_url,omitempty"`
	Metadata   map[string]any `json:"metadata,omitempty" redact:"true"` // may not come back: see UNVERIFIED.md, U-6

	// IdempotencyKey is sent as it is; empty: none. lomi. does not declare it for
	// links, so the create is never repeated on the strength of it.
	IdempotencyKey string `json:"-"`
}

// PaymentLinkUpdate changes a payment link; nil leaves a field as it is, and at
// least one must be set.
type PaymentLinkUpdate struct {
	Title       *string    `json:"title,omitzero"`
	Description *string    `json:"description,omitzero"`
	Amount      *int64     `json:"amount,omitzero"` // minor units
	IsActive    *bool      `json:"is_active,omitzero"`
	ExpiresAt   *time.Time `json:"expires_at,omitzero"`
	SuccessURL  *string    `json:"success_url,omitzero"`
	CancelURL   *string    `json:"cancel_url,omitzero"`

	AllowCouponCode       *bool `json:"allow_coupon_code,omitzero"`
	AllowQuantity         *bool `json:"allow_quantity,omitzero"`
	RequireBillingAddress *bool `json:"require_billing_address,omitzero"`
	RequireEmail          *bool `json:"require_email,omitzero"`
	RequirePhone          *bool `json:"require_phone,omitzero"`
	RequireName           *bool `json:"require_name,omitzero"`

	Metadata map[string]any `json:"metadata,omitzero" redact:"true"`
}

// PaymentLinkFilter chooses the links of [Client.ListPaymentLinks].
type PaymentLinkFilter struct {
	LinkType string // LinkInstant or LinkProduct; empty: both
	IsActive *bool  // nil: both
	Limit    int    // 1 to 100; 0: lomi.'s default
	Cursor   string // Page.Next of the page before; empty: the first page
}

// PaymentLink is a page that any number of customers can pay at. It has no
// status of its own: the checkout sessions with its id say who paid.
type PaymentLink struct {
	ID           string           `json:"link_id"`
	LinkType     string           `json:"link_type"`
	Title        string           `json:"title"`
	Description  string           `json:"description"`
	Amount       guichet.Number   `json:"amount"` // minor units; empty for LinkProduct
	CurrencyCode guichet.Currency `json:"currency_code"`
	URL          string           `json:"url" redact:"true"` // where to send the customer
	IsActive     *bool            `json:"is_active"`         // nil: lomi. did not say
	Quantity     guichet.Number   `json:"quantity"`
	ProductID    string           `json:"product_id"`
	PriceID      string           `json:"price_id"`

	AllowCouponCode       *bool `json:"allow_coupon_code"`       // nil: not said, here and below
	AllowQuantity         *bool `json:"allow_quantity"`          //
	RequireBillingAddress *bool `json:"require_billing_address"` //
	RequireEmail          *bool `json:"require_email"`           // API 1.2.0 only
	RequirePhone          *bool `json:"require_phone"`           // API 1.2.0 only
	RequireName           *bool `json:"require_name"`            // API 1.2.0 only

	SuccessURL     string            `json:"success_url"`
	CancelURL      string            `json:"cancel_url"`
	ExpiresAt      guichet.Timestamp `json:"expires_at"`             // zero: never
	Metadata       json.RawMessage   `json:"metadata" redact:"true"` // verbatim; nil or null: none, or not stored
	Environment    string            `json:"environment"`            // "test" or "live"
	OrganizationID string            `json:"organization_id"`
	CreatedBy      string            `json:"created_by"`
	CreatedAt      guichet.Timestamp `json:"created_at"`
	UpdatedAt      guichet.Timestamp `json:"updated_at"`

	Replayed bool            `json:"-"`               // the answer to a create that was made before with the same key
	Raw      json.RawMessage `json:"-" redact:"true"` // the link as it came, unwrapped
}

// Format prints the link without URL, metadata and Raw.
func (l PaymentLink) Format(s fmt.State, verb rune) { redact.Format(s, verb, l) }

// LogValue is what slog shows; see Format.
func (l PaymentLink) LogValue() slog.Value { return redact.LogValue(l) }

// Format prints the request without metadata.
func (r PaymentLinkRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows; see Format.
func (r PaymentLinkRequest) LogValue() slog.Value { return redact.LogValue(r) }

// Format prints the update without metadata.
func (u PaymentLinkUpdate) Format(s fmt.State, verb rune) { redact.Format(s, verb, u) }

// LogValue is what slog shows; see Format.
func (u PaymentLinkUpdate) LogValue() slog.Value { return redact.LogValue(u) }

func (l *PaymentLink) finish(_ layers, raw json.RawMessage) error {
	l.Raw = raw
	return nil
}

// linkPayment is what the portable methods take from a link.
type linkPayment struct {
	ID        string            `json:"link_id"`
	URL       string            `json:"url"`
	Amount    guichet.Number    `json:"amount"`
	Currency  guichet.Currency  `json:"currency_code"`
	IsActive  *bool             `json:"is_active"`
	Metadata  metadata          `json:"metadata"`
	CreatedAt guichet.Timestamp `json:"created_at"`
	ExpiresAt guichet.Timestamp `json:"expires_at"`

	replayed bool
	raw      json.RawMessage
}

func (l *linkPayment) finish(answer layers, raw json.RawMessage) error {
	l.raw = raw
	return l.Metadata.readText(answer.object().Get("metadata"))
}

// payment is the portable form of a link, without a status.
func (l *linkPayment) payment(c *Client) *guichet.Payment {
	amount, _ := l.Amount.Minor(l.Currency)
	return &guichet.Payment{
		ID: l.ID, Reference: string(l.Metadata.Reference), Provider: provider,
		Amount:      amount,
		CheckoutURL: c.t.CheckoutURL(l.URL),
		CreatedAt:   l.CreatedAt.Time,
		ExpiresAt:   l.ExpiresAt.Time,
		Raw:         l.raw,
	}
}

// CreatePaymentLink creates a payment link (POST /payment-links). It is sent once: after
// an unknown outcome, look for it with [Client.ListPaymentLinks].
//
// [guichet.ErrMismatch] beside a link means that lomi. took another amount or currency
// than was asked for.
func (c *Client) CreatePaymentLink(ctx context.Context, req PaymentLinkRequest) (*PaymentLink, error) {
	call := &transport.Call{Op: "CreatePaymentLink"}
	if err := c.prepareLink(call, req); err != nil {
		return nil, err
	}
	return createOne(ctx, c, call, &links, func(link *PaymentLink, answer layers) error {
		echo := link.Amount
		if req.Amount == 0 { // the product has a price of its own
			echo = ""
		}
		return c.echoed(call, answer, req.Amount, req.CurrencyCode, echo, link.CurrencyCode)
	})
}

// createLinkPayment is CreatePayment by a link.
func (c *Client) createLinkPayment(ctx context.Context, call *transport.Call, req guichet.PaymentRequest, metadata map[string]any) (*guichet.Payment, error) {
	title := req.Description
	if strings.TrimSpace(title) == "" {
		title = req.Reference
	}
	err := c.prepareLink(call, PaymentLinkRequest{
		LinkType:       LinkInstant,
		Title:          title,
		CurrencyCode:   req.Amount.Currency,
		Amount:         req.Amount.Minor,
		SuccessURL:     req.SuccessURL,
		CancelURL:      req.CancelURL,
		Metadata:       metadata,
		IdempotencyKey: req.IdempotencyKey,
	})
	if err != nil {
		return nil, err
	}
	var payment *guichet.Payment
	link, err := createOne(ctx, c, call, &linkPayments, func(l *linkPayment, answer layers) error {
		payment = l.payment(c)
		payment.Status = guichet.StatusPending
		return c.created(call, answer, payment, req, l.Amount, l.Currency)
	})
	if link == nil {
		return nil, err
	}
	payment.Replayed = link.replayed
	return payment, err
}

// prepareLink fills in the rest of the call that creates a link.
func (c *Client) prepareLink(call *transport.Call, req PaymentLinkRequest) error {
	err := c.check(call.Op,
		request.Field{Name: "LinkType", Problem: linkTypeProblem(req.LinkType)},
		request.Field{Name: "Title", Problem: titleProblem(req.Title)},
		request.Field{Name: "CurrencyCode", Problem: currencyProblem(req.CurrencyCode)},
		request.Field{Name: "Amount", Problem: amountProblem(req.Amount, req.LinkType == LinkInstant)},
		request.Field{Name: "SuccessURL", Problem: request.Optional(req.SuccessURL, request.URL)},
		request.Field{Name: "CancelURL", Problem: request.Optional(req.CancelURL, request.URL)},
		request.Field{Name: "IdempotencyKey", Problem: request.Optional(req.IdempotencyKey, request.ID)},
	)
	if err != nil {
		return err
	}
	if call.Body, err = marshal(call.Op, "PaymentLinkRequest", req); err != nil {
		return err
	}
	call.Method, call.Route = http.MethodPost, "/payment-links"
	call.Policy, call.IdempotencyKey = transport.Write, req.IdempotencyKey
	return nil
}

// GetPaymentLink returns one link (GET /payment-links/{id}).
func (c *Client) GetPaymentLink(ctx context.Context, id string) (*PaymentLink, error) {
	return getOne(ctx, c, getLink("GetPaymentLink", id), &links)
}

func getLink(op, id string) *transport.Call {
	return &transport.Call{Op: op, Route: "/payment-links/{id}", Args: []string{id}}
}

// ListPaymentLinks returns one page of links (GET /payment-links).
func (c *Client) ListPaymentLinks(ctx context.Context, filter PaymentLinkFilter) (*Page[PaymentLink], error) {
	call := &transport.Call{Op: "ListPaymentLinks", Route: "/payment-links", Query: url.Values{}}
	if err := c.check(call.Op, request.Field{Name: "LinkType", Problem: request.Optional(filter.LinkType, linkTypeProblem)}); err != nil {
		return nil, err
	}
	setQuery(call.Query, "linkType", filter.LinkType)
	if filter.IsActive != nil {
		call.Query.Set("isActive", strconv.FormatBool(*filter.IsActive))
	}
	return nativePage(ctx, c, call, &links, linksKey, filter.Limit, filter.Cursor)
}

// linksKey is what a list of links may be called besides data.
const linksKey = "payment_links"

// listLinkPayments is the portable list of instant links.
func (c *Client) listLinkPayments(ctx context.Context, op string, params guichet.ListParams) (*guichet.Page, error) {
	call := &transport.Call{Op: op, Route: "/payment-links", Query: url.Values{"linkType": {LinkInstant}}}
	p, err := listPage(ctx, c, call, &linkPayments, linksKey, listQuery{params.Limit, params.Cursor}, true)
	return portable(p, err, func(l *linkPayment) *guichet.Payment { return l.payment(c) })
}

// UpdatePaymentLink changes a link (PATCH /payment-links/{id}; API 1.2.0). It is
// sent once. Only ID is set in the result when lomi. answers without the link.
//
// [guichet.ErrMismatch] beside a link means that it still has another amount than was
// asked for, or can still be paid although IsActive was to be false.
func (c *Client) UpdatePaymentLink(ctx context.Context, id string, update PaymentLinkUpdate) (*PaymentLink, error) {
	call := &transport.Call{Op: "UpdatePaymentLink", Route: "/payment-links/{id}", Args: []string{id}}
	amount := ""
	if update.Amount != nil {
		amount = amountProblem(*update.Amount, true)
	}
	if err := c.check(call.Op, request.Field{Name: "Amount", Problem: amount}); err != nil {
		return nil, err
	}
	if err := setChanges(call, "PaymentLinkUpdate", update); err != nil {
		return nil, err
	}
	return updateOne(ctx, c, call, &links, func(link *PaymentLink, answer layers) error {
		if update.IsActive != nil && link.IsActive != nil && *link.IsActive != *update.IsActive {
			return c.besides(call, answer, guichet.ErrMismatch, "lomi. did not change whether the link can be paid")
		}
		if update.Amount != nil {
			return c.echoed(call, answer, *update.Amount, "", link.Amount, "")
		}
		return nil
	})
}

// ArchivePaymentLink takes a link out of use (DELETE /payment-links/{id}; API
// 1.2.0). It is sent once.
func (c *Client) ArchivePaymentLink(ctx context.Context, id string) error {
	return c.acknowledge(ctx, &transport.Call{
		Op: "ArchivePaymentLink", Method: http.MethodDelete, Route: "/payment-links/{id}", Args: []string{id},
	})
}

func linkTypeProblem(linkType string) string {
	if linkType != LinkInstant && linkType != LinkProduct {
		return `must be "instant" or "product"`
	}
	return ""
}
