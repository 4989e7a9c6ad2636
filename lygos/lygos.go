// Package lygos takes payments with Lygos (https://docs.lygosapp.com): hosted
// pages where the customer picks country and operator.
//
// [New] makes a client. [Client.CreatePayment] makes a page to send the customer to,
// [Client.GetStatus] asks whether it was paid, and [guichet.Payment.Confirms] says
// whether it is safe to deliver. [Client.ParseWebhook] tells when to ask.
//
// # What to know before the first payment
//
//   - Payment.ID is the reference. Never use one reference twice: the status cannot
//     tell two payments of one reference apart.
//   - Lygos's status names neither amount nor currency: pass guichet.Money{} to
//     Confirms.
//   - Until the customer starts to pay, Lygos answers 404, which GetStatus makes
//     StatusPending. A mistyped reference therefore stays pending for ever.
//   - Nothing makes a create safe to repeat, so it is sent once. After
//     ErrUnknownOutcome, [Client.List] tells whether the page exists.
//   - What Lygos does not do is refused before anything is sent: prompts on a phone,
//     idempotency keys, metadata, a callback URL per payment (webhooks are made in the
//     dashboard).
//
// # Lygos's own endpoints
//
// The methods named after them, such as [Client.CreateGateway] and
// [Client.PayinStatus], return Lygos's own fields. Their amounts are whole units, 5000
// for 5,000 francs, as on Lygos's pages, while guichet.Money is in minor units. With
// XOF and XAF the two are the same number.
//
// Package lygostest is a fake Lygos for tests. What Lygos's own pages do not confirm is
// listed in UNVERIFIED.md, with the call that would settle it.
package lygos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
	"github.com/guichetpay/guichet/internal/webhook"
)

var (
	_ guichet.Client        = (*Client)(nil)
	_ guichet.Describer     = (*Client)(nil)
	_ guichet.WebhookParser = (*Client)(nil)
)

// BaseURL is Lygos's only environment.
const BaseURL = "https://api.lygosapp.com/v1"

const provider = "lygos"

// Config is what Lygos needs to know about the merchant.
type Config struct {
	APIKey   string `redact:"true"` // required; sent as the header api-key
	ShopName string // required; shown to the customer

	WebhookSecret         string `redact:"true"` // empty: ParseWebhook returns ErrUntrusted
	PreviousWebhookSecret string `redact:"true"` // still accepted while the secret is being changed
	// WebhookTolerance is how far the time of a webhook may be from now. 0: the
	// default for Lygos, which is 5 minutes. Below 0: any time passes.
	WebhookTolerance time.Duration
}

// Format prints the settings without the secrets.
func (c Config) Format(s fmt.State, verb rune) { redact.Format(s, verb, c) }

// LogValue is what slog shows of the settings: no secret.
func (c Config) LogValue() slog.Value { return redact.LogValue(c) }

// MarshalJSON writes the settings without the secrets.
func (c Config) MarshalJSON() ([]byte, error) { return redact.JSON(c) }

// Client takes payments with one Lygos account. It is safe for use by many
// goroutines.
type Client struct {
	t        *transport.Client
	shopName string
	webhooks *webhook.Verifier
}

// ready is what every method begins with: the error of op for a client that New did not
// make, such as the nil that it returns beside an error.
func (c *Client) ready(op string) error {
	if c == nil || c.t == nil {
		return transport.Unmade(op)
	}
	return nil
}

// verifier is nil where New did not make the client: then no webhook is trusted.
func (c *Client) verifier() *webhook.Verifier {
	if c == nil {
		return nil
	}
	return c.webhooks
}

var rules = request.Rules{
	Provider: provider,
	Capabilities: guichet.Capabilities{
		List:              true,
		StatusByReference: true,
		StatusReference:   true,
		SignedEvents:      true,
		AskEvery:          3 * time.Second,
	},
}

// New returns a client. It fails with ErrInvalidRequest, without repeating any
// value, when the key or the shop name is missing or malformed.
func New(cfg Config, opts ...guichet.Option) (*Client, error) {
	settings := append(request.WebhookSecrets(cfg.WebhookSecret, cfg.PreviousWebhookSecret),
		request.Field{Name: "APIKey", Problem: request.Key(cfg.APIKey)},
		request.Field{Name: "ShopName", Problem: request.ID(cfg.ShopName)},
	)
	if err := rules.Config(settings...); err != nil {
		return nil, err
	}
	t, err := transport.New(transport.Config{
		Provider:  provider,
		BaseURL:   BaseURL,
		Authorize: func(h http.Header) { h.Set("api-key", cfg.APIKey) },
		Secrets:   []string{cfg.APIKey, cfg.WebhookSecret, cfg.PreviousWebhookSecret},
		Refusal:   refusal,
	}, opts...)
	if err != nil {
		return nil, err
	}
	return &Client{
		t:        t,
		shopName: cfg.ShopName,
		webhooks: webhook.NewVerifier(cfg.WebhookSecret, cfg.PreviousWebhookSecret, cfg.WebhookTolerance),
	}, nil
}

// Capabilities says what Lygos can do.
func (c *Client) Capabilities() guichet.Capabilities { return rules.Capabilities }

// CloseIdleConnections closes connections that wait for a next call.
func (c *Client) CloseIdleConnections() {
	if c.ready("CloseIdleConnections") == nil {
		c.t.CloseIdleConnections()
	}
}

// Do calls an endpoint that has no typed method, with the same safety: path is
// below the base URL and already escaped, such as "/gateway?x=1". A GET may be
// repeated, anything else is sent once. A nil body sends none, a nil dst ignores
// the answer. Give every call a dst of its own: a member that the answer leaves out keeps
// the value that dst had.
func (c *Client) Do(ctx context.Context, method, path string, body, dst any) error {
	if err := c.ready("Do"); err != nil {
		return err
	}
	return c.t.Raw(ctx, method, path, body, dst)
}

// CreatePayment creates a gateway (POST /gateway), a page to send the customer
// to, at Payment.CheckoutURL. Payment.ID is the reference, which may hold neither
// a slash nor control characters; Description is Lygos's message, CancelURL its
// failure_url, and Customer is dropped.
//
// Lygos has no idempotency key: the call is sent once. After ErrUnknownOutcome
// [Client.List] tells whether the gateway exists; GetStatus says pending either way until
// the customer starts to pay. Do not create it again under another reference.
//
// Lygos takes whole units and never asks for the currency, which is the account's
// own: an amount with a fraction of a unit is ErrInvalidRequest, and an answer in
// another amount or currency comes back as the payment and ErrMismatch.
func (c *Client) CreatePayment(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	const op = "CreatePayment"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	if err := rules.Payment(req); err != nil {
		return nil, err
	}
	whole, ok := wholeUnits(req.Amount)
	if !ok {
		return nil, c.t.Invalid(op, "Amount", "Lygos takes whole units only")
	}
	if problem := orderIDProblem(req.Reference); problem != "" {
		return nil, c.t.Invalid(op, "Reference", problem)
	}
	call, err := c.createCall(op, GatewayRequest{
		Amount:     whole,
		OrderID:    req.Reference,
		Message:    req.Description,
		SuccessURL: req.SuccessURL,
		FailureURL: req.CancelURL,
	})
	if err != nil {
		return nil, err
	}
	call.Sensitive = append(request.Private(req), req.Customer.Email, req.Customer.Phone, req.Customer.FirstName, req.Customer.LastName)
	var payment *guichet.Payment
	call.Decode = func(a *transport.Answer) error {
		v, p, amount, err := readOne(a, "", req.Reference)
		if err != nil {
			return err
		}
		payment = c.payment(&p, amount, v.Copy())
		payment.ID, payment.Reference, payment.Status = req.Reference, req.Reference, guichet.StatusPending
		if amount != whole { // also where it is too large to be a Money, which Created passes over
			return &guichet.Error{Kind: guichet.ErrMismatch, Message: "Lygos took another amount than was asked for"}
		}
		_, err = c.t.Created(call, a, payment, req.Amount, string(p.Currency), true)
		return err
	}
	_, err = c.t.Do(ctx, call)
	return payment, err
}

// wholeUnits returns the amount in major units when it has no fraction.
func wholeUnits(m guichet.Money) (int64, bool) {
	exp, _ := m.Currency.Exponent()
	for range exp {
		if m.Minor%10 != 0 {
			return 0, false
		}
		m.Minor /= 10
	}
	return m.Minor, true
}

// GetStatus asks for the payment of an order (GET /gateway/payin/{order_id});
// id is the reference. The amount stays zero: Lygos does not report it.
//
// Lygos answers 404 until the customer starts to pay; that is StatusPending
// here, so a mistyped reference stays pending for ever. A 404 about the key is
// ErrUnauthorized, and one of a route that does not exist ErrNotFound.
func (c *Client) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	const op = "GetStatus"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	if problem := orderIDProblem(id); problem != "" {
		return nil, c.t.Invalid(op, "order id", problem)
	}
	payment := &guichet.Payment{ID: id, Reference: id, Provider: provider}
	var unstarted json.RawMessage // the 404 of an order that nobody has started to pay
	call := payinCall(op, id)
	call.Decode = func(a *transport.Answer) error {
		v, p, err := parsePayin(a, id)
		if err != nil {
			return err
		}
		payment.Status, payment.ProviderStatus, payment.Raw = statusOf(p.Status), p.Status, v.Copy()
		return nil
	}
	call.Refusal = func(a *transport.Answer) *guichet.Error {
		unstarted = notStarted(a)
		return refusal(a)
	}
	_, err := c.t.Do(ctx, call)
	if err == nil {
		return payment, nil
	}
	if e := new(guichet.Error); unstarted != nil && errors.As(err, &e) && e.Kind == guichet.ErrNotFound {
		payment.Status, payment.Raw = guichet.StatusPending, unstarted
		return payment, nil
	}
	return nil, err
}

// List returns every gateway of the account in one page (GET /gateway). Statuses
// are unknown, because the list carries none, and a payment whose order id Lygos
// left out has no ID. Limit is ignored and a cursor is ErrUnsupported: Lygos does
// not page. See [Client.ListGateways] for the limits, and for rows that cannot be
// read, which Page.Skipped counts.
func (c *Client) List(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
	const op = "List"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	if err := rules.List(params); err != nil {
		return nil, err
	}
	if params.Cursor != "" {
		return nil, c.t.Unsupported(op, "Cursor: Lygos lists everything in one page")
	}
	rows, err := list(ctx, c, op, func(v strictjson.Value, p *paymentMembers, amount int64) *guichet.Payment {
		return c.payment(p, amount, v.Copy())
	})
	if len(rows.Items) == 0 && err != nil {
		return nil, err
	}
	return &guichet.Page{Payments: rows.Items, Skipped: rows.Skipped}, err
}
