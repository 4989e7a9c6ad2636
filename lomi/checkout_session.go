package lomi

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// CheckoutSessionRequest opens a checkout session. Empty strings, 0 and nil are
// not sent; nil bools leave lomi.'s defaults.
type CheckoutSessionRequest struct {
	Amount       int64            `json:"amount,omitzero"` // minor units: 15000 is 15,000 XOF, 150.00 EUR; 0 with PriceID or LineItems
	CurrencyCode guichet.Currency `json:"currency_code"`   // XOF, USD or EUR; required
	Title        string           `json:"title,omitempty"`
	Description  string           `json:"description,omitempty"`

	CustomerID         string `json:"customer_id,omitempty"`
	CustomerEmail      string `json:"customer_email,omitempty" redact:"true"`
	CustomerName       string `json:"customer_name,omitempty" redact:"true"`
	CustomerPhone      string `json:"customer_phone,omitempty" redact:"true"` // E.164 with +
	CustomerCity       string `json:"customer_city,omitempty" redact:"true"`
	CustomerCountry    string `json:"customer_country,omitempty"`
	CustomerAddress    string `json:"customer_address,omitempty" redact:"true"`
	CustomerPostalCode string `json:"customer_postal_code,omitempty" redact:"true"`

	ProductID      string     `json:"product_id,omitempty"`
	PriceID        string     `json:"price_id,omitempty"`
	SubscriptionID string     `json:"subscription_id,omitempty"`
	PaymentLinkID  string     `json:"payment_link_id,omitempty"`
	Quantity       int64      `json:"quantity,omitzero"`
	LineItems      []LineItem `json:"line_items,omitempty"` // one-time fixed prices only

	AllowCouponCode       *bool `json:"allow_coupon_code,omitzero"`
	AllowQuantity         *bool `json:"allow_quantity,omitzero"`
	RequireBillingAddress *bool `json:"require_billing_address,omitzero"`
	RequireEmail          *bool `json:"require_email,omitzero"` // API 1.2.0 only
	RequirePhone          *bool `json:"require_phone,omitzero"` // API 1.2.0 only
	RequireName           *bool `json:"require_name,omitzero"`  // API 1.2.0 only

	Fields []map[string]any `json:"fields,omitempty"` // API 1.2.0 only; overrides Require…

	// Where the customer returns. lomi. replaces {CHECKOUT_SESSION_ID} in
	// SuccessURL. Coming back proves nothing.
	SuccessURL string `json:"success_url,omitempty"`
	CancelURL  string `json:"cancel_url,omitempty"`

	ApplicationFeeAmount int64         `json:"application_fee_amount,omitzero"` // minor units; API 1.2.0 only
	TransferData         *TransferData `json:"transfer_data,omitzero"`          // API 1.2.0 only
	TransferGroup        string        `json:"transfer_group,omitempty"`        // at most 128 characters; API 1.2.0 only

	Metadata map[string]any `json:"metadata,omitempty" redact:"true"`

	// IdempotencyKey makes a repeated create give the same session, for 24 hours.
	// Empty: one is made for this call, which covers only its own retries.
	IdempotencyKey string `json:"-"`
}

// LineItem is one position of a cart.
type LineItem struct {
	PriceID  string         `json:"price_id"` // required
	Quantity int64          `json:"quantity,omitzero"`
	Metadata map[string]any `json:"metadata,omitempty" redact:"true"`
}

// TransferData sends a part of a payment on to a connected account.
type TransferData struct {
	Destination string `json:"destination"`     // acct_…; required
	Amount      int64  `json:"amount,omitzero"` // minor units; 0: not sent
}

// CheckoutSessionFilter chooses the sessions of [Client.ListCheckoutSessions].
type CheckoutSessionFilter struct {
	Status string // "open", "completed" or "expired"; empty: all
	Limit  int    // 1 to 100; 0: lomi.'s default
	Cursor string // Page.Next of the page before; empty: the first page
}

// CheckoutSession is one visit of one customer to lomi.'s payment page. It is
// open for an hour unless lomi. says otherwise.
type CheckoutSession struct {
	ID             string            `json:"checkout_session_id" also:"id"`
	URL            string            `json:"checkout_url" also:"url" redact:"true"` // where to send the customer
	Status         guichet.Status    `json:"-"`                                     // StatusUnknown for a word that is not known
	ProviderStatus string            `json:"status"`                                // verbatim: "open", "completed", "expired"
	Amount         guichet.Number    `json:"amount"`                                // minor units of CurrencyCode
	AmountXOF      guichet.Number    `json:"amount_xof"`                            // API 1.2.0 only
	CurrencyCode   guichet.Currency  `json:"currency_code"`
	ExpiresAt      guichet.Timestamp `json:"expires_at"`
	Title          string            `json:"title"`
	Description    string            `json:"description"`

	CustomerID    string `json:"customer_id"`
	CustomerEmail string `json:"customer_email" redact:"true"`
	CustomerName  string `json:"customer_name" redact:"true"`
	CustomerPhone string `json:"customer_phone" redact:"true"`

	ProductID         string         `json:"product_id"`
	PriceID           string         `json:"price_id"`
	SubscriptionID    string         `json:"subscription_id"`
	Quantity          guichet.Number `json:"quantity"`
	PaymentLinkID     string         `json:"payment_link_id"` // the link it was opened through; empty: none, or not said
	PaymentRequestID  string         `json:"payment_request_id"`
	InstallmentPlanID string         `json:"installment_plan_id"`

	AllowCouponCode       *bool `json:"allow_coupon_code"`       // nil: not said, here and below
	AllowQuantity         *bool `json:"allow_quantity"`          //
	RequireBillingAddress *bool `json:"require_billing_address"` //
	IsPOS                 *bool `json:"is_pos"`                  //
	IsSPI                 *bool `json:"is_spi"`                  //

	QRCodeType       string          `json:"qr_code_type"`
	QRCodeData       json.RawMessage `json:"qr_code_data"` // verbatim
	SPIAccountNumber string          `json:"spi_account_number" redact:"true"`
	SPIQRCodeID      string          `json:"spi_qr_code_id"`

	SuccessURL     string            `json:"success_url"`
	CancelURL      string            `json:"cancel_url"`
	NextAction     json.RawMessage   `json:"next_action" redact:"true"` // verbatim; API 1.2.0 only
	Metadata       json.RawMessage   `json:"metadata" redact:"true"`    // verbatim; nil or null: none
	Environment    string            `json:"environment"`               // "test" or "live"
	OrganizationID string            `json:"organization_id"`
	CreatedBy      string            `json:"created_by"`
	CreatedAt      guichet.Timestamp `json:"created_at"`
	UpdatedAt      guichet.Timestamp `json:"updated_at"`

	IdempotencyKey string          `json:"-"`               // that was sent; empty: none
	Replayed       bool            `json:"-"`               // the answer to a create that was made before with the same key
	Raw            json.RawMessage `json:"-" redact:"true"` // the session as it came, unwrapped
}

// Format prints the position without metadata.
func (i LineItem) Format(s fmt.State, verb rune) { redact.Format(s, verb, i) }

// LogValue is what slog shows; see Format.
func (i LineItem) LogValue() slog.Value { return redact.LogValue(i) }

// Format prints the request without personal data.
func (r CheckoutSessionRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request: no personal data.
func (r CheckoutSessionRequest) LogValue() slog.Value { return redact.LogValue(r) }

// Format prints the session without personal data.
func (s CheckoutSession) Format(st fmt.State, verb rune) { redact.Format(st, verb, s) }

// LogValue is what slog shows of the session: no personal data.
func (s CheckoutSession) LogValue() slog.Value { return redact.LogValue(s) }

func (s *CheckoutSession) finish(_ layers, raw json.RawMessage) error {
	s.Status, s.Raw = statusIn(sessionWords, s.ProviderStatus), raw
	return nil
}

// sessionPayment is what the portable methods take from a session.
type sessionPayment struct {
	ID        string            `json:"checkout_session_id" also:"id"`
	URL       string            `json:"checkout_url" also:"url"`
	Status    string            `json:"status"`
	Amount    guichet.Number    `json:"amount"`
	Currency  guichet.Currency  `json:"currency_code"`
	LinkID    string            `json:"payment_link_id"`
	Metadata  metadata          `json:"metadata"`
	CreatedAt guichet.Timestamp `json:"created_at"`
	ExpiresAt guichet.Timestamp `json:"expires_at"`

	replayed bool
	raw      json.RawMessage
}

func (s *sessionPayment) finish(answer layers, raw json.RawMessage) error {
	s.raw = raw
	return s.Metadata.readText(answer.object().Get("metadata"))
}

// payment is the portable form of a session.
func (s *sessionPayment) payment(c *Client) *guichet.Payment {
	amount, _ := s.Amount.Minor(s.Currency)
	return &guichet.Payment{
		ID: s.ID, Reference: string(s.Metadata.Reference), Provider: provider,
		Status: statusIn(sessionWords, s.Status), ProviderStatus: s.Status,
		Amount:      amount,
		CheckoutURL: c.t.CheckoutURL(s.URL),
		CreatedAt:   s.CreatedAt.Time,
		ExpiresAt:   s.ExpiresAt.Time,
		Raw:         s.raw,
	}
}

// CreateCheckoutSession opens a session (POST /checkout-sessions). It carries an
// idempotency key, so it is repeated when its answer is lost; the key is on the
// result and on the error.
//
// [guichet.ErrDeclined] with the code "invoice_payment_required" means that the customer
// owes an invoice: see [ErrorInvoice]. [guichet.ErrMismatch] beside a session means that
// lomi. took another amount or currency than was asked for.
func (c *Client) CreateCheckoutSession(ctx context.Context, req CheckoutSessionRequest) (*CheckoutSession, error) {
	call := &transport.Call{Op: "CreateCheckoutSession"}
	if err := c.prepareSession(call, req); err != nil {
		return nil, err
	}
	return createOne(ctx, c, call, &sessions, func(session *CheckoutSession, answer layers) error {
		echo := session.Amount
		if req.Amount == 0 || req.Quantity > 1 { // a price of the catalogue, or so many times the amount
			echo = ""
		}
		return c.echoed(call, answer, req.Amount, req.CurrencyCode, echo, session.CurrencyCode)
	})
}

// createSessionPayment is CreatePayment by a session.
func (c *Client) createSessionPayment(ctx context.Context, call *transport.Call, req guichet.PaymentRequest, metadata map[string]any) (*guichet.Payment, error) {
	err := c.prepareSession(call, CheckoutSessionRequest{
		Amount:         req.Amount.Minor,
		CurrencyCode:   req.Amount.Currency,
		Description:    req.Description,
		CustomerName:   request.FullName(req.Customer),
		CustomerEmail:  req.Customer.Email,
		CustomerPhone:  req.Customer.Phone,
		SuccessURL:     req.SuccessURL,
		CancelURL:      req.CancelURL,
		Metadata:       metadata,
		IdempotencyKey: cmp.Or(req.IdempotencyKey, req.Reference),
	})
	if err != nil {
		return nil, err
	}
	var payment *guichet.Payment
	session, err := createOne(ctx, c, call, &sessionPayments, func(s *sessionPayment, answer layers) error {
		payment = s.payment(c)
		return c.created(call, answer, payment, req, s.Amount, s.Currency)
	})
	if session == nil {
		return nil, err
	}
	payment.Replayed = session.replayed
	return payment, err
}

// prepareSession fills in the rest of the call that opens a session.
func (c *Client) prepareSession(call *transport.Call, req CheckoutSessionRequest) error {
	problems := []request.Field{
		{Name: "CurrencyCode", Problem: currencyProblem(req.CurrencyCode)},
		{Name: "Amount", Problem: amountProblem(req.Amount, false)},
		{Name: "Quantity", Problem: amountProblem(req.Quantity, false)},
		{Name: "CustomerPhone", Problem: request.Optional(req.CustomerPhone, request.Phone)},
		{Name: "SuccessURL", Problem: request.Optional(req.SuccessURL, request.URL)},
		{Name: "CancelURL", Problem: request.Optional(req.CancelURL, request.URL)},
		{Name: "ApplicationFeeAmount", Problem: amountProblem(req.ApplicationFeeAmount, false)},
		{Name: "TransferGroup", Problem: transferGroupProblem(req.TransferGroup)},
		transferProblem(req.TransferData),
	}
	for _, item := range req.LineItems {
		problems = append(problems,
			request.Field{Name: "LineItems.PriceID", Problem: request.ID(item.PriceID)},
			request.Field{Name: "LineItems.Quantity", Problem: amountProblem(item.Quantity, false)},
		)
	}
	if err := c.check(call.Op, problems...); err != nil {
		return err
	}
	var err error
	if call.Body, err = marshal(call.Op, "CheckoutSessionRequest", req); err != nil {
		return err
	}
	if err := setKey(call, req.IdempotencyKey); err != nil {
		return err
	}
	call.Method, call.Route = http.MethodPost, "/checkout-sessions"
	call.Sensitive = append(call.Sensitive, req.CustomerEmail, req.CustomerPhone, req.CustomerName, req.CustomerCity, req.CustomerAddress, req.CustomerPostalCode)
	return nil
}

// GetCheckoutSession returns one session (GET /checkout-sessions/{id}).
func (c *Client) GetCheckoutSession(ctx context.Context, id string) (*CheckoutSession, error) {
	return getOne(ctx, c, getSession("GetCheckoutSession", id), &sessions)
}

func getSession(op, id string) *transport.Call {
	return &transport.Call{Op: op, Route: "/checkout-sessions/{id}", Args: []string{id}}
}

// ListCheckoutSessions returns one page of sessions (GET /checkout-sessions).
func (c *Client) ListCheckoutSessions(ctx context.Context, filter CheckoutSessionFilter) (*Page[CheckoutSession], error) {
	call := &transport.Call{Op: "ListCheckoutSessions", Route: "/checkout-sessions", Query: url.Values{}}
	if err := c.check(call.Op, request.Field{Name: "Status", Problem: request.Optional(filter.Status, request.ID)}); err != nil {
		return nil, err
	}
	setQuery(call.Query, "status", filter.Status)
	return nativePage(ctx, c, call, &sessions, sessionsKey, filter.Limit, filter.Cursor)
}

// sessionsKey is what a list of sessions may be called besides data.
const sessionsKey = "checkout_sessions"

// listSessionPayments is the portable list of sessions.
func (c *Client) listSessionPayments(ctx context.Context, op string, params guichet.ListParams) (*guichet.Page, error) {
	call := &transport.Call{Op: op, Route: "/checkout-sessions"}
	p, err := listPage(ctx, c, call, &sessionPayments, sessionsKey, listQuery{params.Limit, params.Cursor}, true)
	return portable(p, err, func(s *sessionPayment) *guichet.Payment { return s.payment(c) })
}
