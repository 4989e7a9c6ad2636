package lomi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
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

// PaymentLinkFilter chooses the links of ListPaymentLinks.
type PaymentLinkFilter struct {
	LinkType string // LinkInstant or LinkProduct; empty: both
	IsActive *bool  // nil: both
	Limit    int    // 1 to 100; 0: lomi.'s default
	Cursor   string // Page.Next of the page before; empty: the first page
}

// PaymentLink is a page that any number of customers can pay at. It has no
// status of its own: who paid is told by the checkout sessions with its id.
type PaymentLink struct {
	ID           string         `json:"link_id"`
	LinkType     string         `json:"link_type"`
	Title        string         `json:"title"`
	Description  string         `json:"description"`
	Amount       guichet.Number `json:"amount"` // minor units; empty for LinkProduct
	CurrencyCode string         `json:"currency_code"`
	URL          string         `json:"url" redact:"true"` // where to send the customer
	IsActive     *bool          `json:"is_active"`         // nil: lomi. did not say
	Quantity     guichet.Number `json:"quantity"`
	ProductID    string         `json:"product_id"`
	PriceID      string         `json:"price_id"`

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

func (l *PaymentLink) decoded(raw json.RawMessage) { l.Raw = raw }

// CreatePaymentLink creates a payment link (POST /payment-links). It is sent
// once: after an unknown outcome, look for it with ListPaymentLinks.
//
// ErrMismatch beside a link means that lomi. took another amount or currency than
// was asked for.
func (c *Client) CreatePaymentLink(ctx context.Context, req PaymentLinkRequest) (*PaymentLink, error) {
	call := &transport.Call{Op: "CreatePaymentLink"}
	link, answer, err := c.createLink(ctx, call, req)
	if err != nil {
		return nil, err
	}
	echo := link.Amount
	if req.Amount == 0 { // the product has a price of its own
		echo = ""
	}
	return link, c.echoed(call, answer, req.Amount, req.CurrencyCode, echo, link.CurrencyCode)
}

// createLink fills in the rest of the call and does it.
func (c *Client) createLink(ctx context.Context, call *transport.Call, req PaymentLinkRequest) (*PaymentLink, *transport.Answer, error) {
	err := check(call.Op,
		request.Setting{Field: "LinkType", Fault: linkTypeFault(req.LinkType)},
		request.Setting{Field: "Title", Fault: titleFault(req.Title)},
		request.Setting{Field: "CurrencyCode", Fault: currencyFault(req.CurrencyCode)},
		request.Setting{Field: "Amount", Fault: amountFault(req.Amount, req.LinkType == LinkInstant)},
		request.Setting{Field: "SuccessURL", Fault: optional(req.SuccessURL, request.URL)},
		request.Setting{Field: "CancelURL", Fault: optional(req.CancelURL, request.URL)},
		request.Setting{Field: "IdempotencyKey", Fault: optional(req.IdempotencyKey, request.ID)},
	)
	if err != nil {
		return nil, nil, err
	}
	if call.Body, err = marshal(call.Op, "PaymentLinkRequest", req); err != nil {
		return nil, nil, err
	}
	call.Method, call.Route = http.MethodPost, "/payment-links"
	call.Policy, call.IdempotencyKey = transport.Write, req.IdempotencyKey
	return c.link(ctx, call)
}

// GetPaymentLink returns one link (GET /payment-links/{id}).
func (c *Client) GetPaymentLink(ctx context.Context, id string) (*PaymentLink, error) {
	link, _, err := c.getLink(ctx, "GetPaymentLink", id)
	return link, err
}

func (c *Client) getLink(ctx context.Context, op, id string) (*PaymentLink, *transport.Answer, error) {
	call := &transport.Call{Op: op, Method: http.MethodGet, Route: "/payment-links/{id}", Args: []string{id}}
	link, answer, err := c.link(ctx, call)
	if err == nil && link.ID != id {
		return nil, answer, c.t.Fail(call, answer, guichet.ErrBadResponse, "the answer is about another link")
	}
	return link, answer, err
}

// ListPaymentLinks returns one page of links (GET /payment-links).
func (c *Client) ListPaymentLinks(ctx context.Context, filter PaymentLinkFilter) (*Page[PaymentLink], error) {
	links, err := c.listLinks(ctx, "ListPaymentLinks", filter)
	if err != nil {
		return nil, err
	}
	return links.native(), nil
}

func (c *Client) listLinks(ctx context.Context, op string, filter PaymentLinkFilter) (page[PaymentLink], error) {
	query := url.Values{}
	if filter.LinkType != "" {
		if fault := linkTypeFault(filter.LinkType); fault != "" {
			return page[PaymentLink]{}, invalid(op, "LinkType", fault)
		}
		query.Set("linkType", filter.LinkType)
	}
	if filter.IsActive != nil {
		query.Set("isActive", strconv.FormatBool(*filter.IsActive))
	}
	call := &transport.Call{Op: op, Method: http.MethodGet, Route: "/payment-links", Query: query}
	return list[PaymentLink](ctx, c, call, "payment_links", listQuery{filter.Limit, filter.Cursor})
}

// UpdatePaymentLink changes a link (PATCH /payment-links/{id}; API 1.2.0). It is
// sent once. Only ID is set in the result when lomi. answers without the link.
//
// ErrMismatch beside a link means that it still has another amount than was asked
// for, or can still be paid although IsActive was to be false.
func (c *Client) UpdatePaymentLink(ctx context.Context, id string, update PaymentLinkUpdate) (*PaymentLink, error) {
	const op = "UpdatePaymentLink"
	if update.Amount != nil && *update.Amount <= 0 {
		return nil, invalid(op, "Amount", "must be above 0")
	}
	body, err := marshal(op, "PaymentLinkUpdate", update)
	if err != nil {
		return nil, err
	}
	if string(body) == "{}" {
		return nil, invalid(op, "PaymentLinkUpdate", "no field is set")
	}
	link := &PaymentLink{}
	call := &transport.Call{
		Op: op, Method: http.MethodPatch, Route: "/payment-links/{id}", Args: []string{id},
		Body: body, Policy: transport.Write,
		Decode: func(a *transport.Answer) error {
			if a.Status == http.StatusNoContent && len(a.Body) == 0 {
				return nil
			}
			return decodeObject(a.Body, link)
		},
	}
	answer, err := c.t.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	if link.ID == "" {
		link.ID = id
	}
	if link.ID != id {
		return nil, c.t.Fail(call, answer, guichet.ErrBadResponse, "the answer is about another link")
	}
	if update.IsActive != nil && link.IsActive != nil && *link.IsActive != *update.IsActive {
		return link, c.t.Fail(call, answer, guichet.ErrMismatch, "lomi. did not change whether the link can be paid")
	}
	if update.Amount != nil {
		return link, c.echoed(call, answer, *update.Amount, "", link.Amount, "")
	}
	return link, nil
}

// ArchivePaymentLink takes a link out of use (DELETE /payment-links/{id}; API
// 1.2.0). It is sent once.
func (c *Client) ArchivePaymentLink(ctx context.Context, id string) error {
	return c.acknowledge(ctx, &transport.Call{
		Op: "ArchivePaymentLink", Method: http.MethodDelete, Route: "/payment-links/{id}", Args: []string{id},
		Policy: transport.Write,
	})
}

// link does a call that is answered with one link.
func (c *Client) link(ctx context.Context, call *transport.Call) (*PaymentLink, *transport.Answer, error) {
	link := &PaymentLink{}
	answer, err := c.one(ctx, call, link)
	if err != nil {
		return nil, answer, err
	}
	if link.ID == "" {
		return nil, answer, c.t.Fail(call, answer, guichet.ErrBadResponse, errNoID.Error())
	}
	link.Replayed = replayed(answer)
	return link, answer, nil
}

// linkPayment is the portable form of a link, without a status.
func (c *Client) linkPayment(link *PaymentLink) *guichet.Payment {
	amount, _ := link.Amount.Minor(guichet.Currency(link.CurrencyCode))
	return &guichet.Payment{
		ID: link.ID, Reference: metadataText(link.Metadata, referenceKey), Provider: provider,
		Amount:      amount,
		CheckoutURL: c.t.CheckoutURL(link.URL),
		CreatedAt:   link.CreatedAt.Time,
		ExpiresAt:   link.ExpiresAt.Time,
		Raw:         link.Raw,
	}
}

// linkStatus tells the state of a link from the checkout sessions that were
// opened through it.
//
// Succeeded and pending need one session, or a link that can still be paid. The
// final words expired and canceled need proof that no session is paid and none
// can be: every session read, the completed ones a second time after the open
// ones, because a customer may pay between the two.
func (c *Client) linkStatus(ctx context.Context, op, id string) (*guichet.Payment, error) {
	link, _, err := c.getLink(ctx, op, id)
	if err != nil {
		return nil, err
	}
	payment := c.linkPayment(link)
	lapsed := !link.ExpiresAt.Time.IsZero() && !time.Now().Before(link.ExpiresAt.Time)
	for _, word := range []string{"completed", "open", "completed"} {
		found, whole, err := c.walkSessions(ctx, op, id, word)
		switch {
		case err != nil:
			return nil, err
		case found != nil:
			session := c.sessionPayment(found)
			payment.Status, payment.ProviderStatus = session.Status, session.ProviderStatus
			if session.Status != guichet.StatusSucceeded {
				payment.Status = guichet.StatusPending
				return payment, nil
			}
			payment.Amount, payment.Raw = session.Amount, session.Raw
			if payment.Reference == "" {
				payment.Reference = session.Reference
			}
			return payment, nil
		case link.IsActive == nil:
			return payment, nil
		case *link.IsActive && !lapsed:
			payment.Status = guichet.StatusPending
			return payment, nil
		case !whole:
			return payment, nil
		}
	}
	payment.Status = guichet.StatusCanceled
	if lapsed {
		payment.Status = guichet.StatusExpired
	}
	return payment, nil
}

// walkSessions looks for a session of the link among those with the given status
// word: a paid one, else one that can still be paid. whole is false when there
// were more sessions than were read.
func (c *Client) walkSessions(ctx context.Context, op, linkID, word string) (found *CheckoutSession, whole bool, err error) {
	filter := CheckoutSessionFilter{Status: word, Limit: maxLimit}
	for range c.walkPages {
		sessions, err := c.listSessions(ctx, op, filter)
		if err != nil {
			return nil, false, err
		}
		for i := range sessions.Items {
			session := &sessions.Items[i]
			if session.ID == "" { // not a session: nor is what misses from the list
				return nil, false, noIDInList(op)
			}
			if session.PaymentLinkID != linkID {
				continue
			}
			// The word is asked for, and still read: a server may ignore the filter.
			switch session.Status {
			case guichet.StatusSucceeded:
				return session, true, nil
			case guichet.StatusPending, guichet.StatusUnknown:
				found = session
			}
		}
		if sessions.Next == "" {
			return found, !sessions.cut, nil
		}
		filter.Cursor = sessions.Next
	}
	return found, false, nil
}

func titleFault(title string) string {
	if strings.TrimSpace(title) == "" {
		return "must not be empty"
	}
	return request.Text(title)
}

func linkTypeFault(linkType string) string {
	if linkType != LinkInstant && linkType != LinkProduct {
		return `must be "instant" or "product"`
	}
	return ""
}

func currencyFault(c guichet.Currency) string {
	if !slices.Contains(currencies, c) {
		return "must be XOF, USD or EUR"
	}
	return ""
}

// amountFault says why an amount in minor units cannot be sent.
func amountFault(minor int64, required bool) string {
	if minor < 0 || (required && minor == 0) {
		return "must be above 0"
	}
	return ""
}

func optional(s string, check func(string) string) string {
	if s == "" {
		return ""
	}
	return check(s)
}
