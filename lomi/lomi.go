// Package lomi takes payments with lomi. (https://docs.lomi.africa).
//
// [New] makes a client from a [Config]. [Client.CreatePayment] gives the address that the
// customer is sent to, [Client.GetStatus] says whether the payment succeeded, and
// [guichet.Payment.Confirms] whether it is the one that the order needs. A webhook,
// received with [guichet.WebhookHandler], only says when to ask.
//
// These portable methods work in one of two modes, chosen by [Config.Via]: a checkout
// session per payment, which is the default, or an instant payment link per payment. An
// id made in one mode means nothing in the other. Amounts are integers of minor units on
// lomi.'s side too: 15000 is 15,000 XOF, but 150.00 EUR.
//
// What lomi. does not do is refused before anything is sent: prompts on a phone
// through the portable method ([Client.ChargeWave] and [Client.ChargeMTN] send them), a
// callback URL per payment (webhooks are registered for the account with
// [Client.CreateWebhookEndpoint]), other currencies than XOF, USD and EUR.
//
// Every other method is lomi.'s own, with lomi.'s types. [All] walks any of its lists,
// and [Client.Do] reaches an endpoint that has no method. Refunds and payouts may take
// two steps: look at [RefundResult.Approval] and [PayoutResult.Approval].
//
// Two generations of lomi.'s API are in use, 1.1.0 (June 2026) and 1.2.0
// (September 2026). The newer form is sent, both are read; [Config.Version] chooses
// the paths of the calls that moved. What is not confirmed by lomi.'s own pages is
// listed in UNVERIFIED.md.
package lomi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// The two environments. A key belongs to one of them, and its prefix says which.
const (
	LiveURL    = "https://api.lomi.africa"         // keys lomi_sk_live_…
	SandboxURL = "https://sandbox.api.lomi.africa" // keys lomi_sk_test_…
)

const provider = "lomi"

var (
	_ guichet.Client        = (*Client)(nil)
	_ guichet.Describer     = (*Client)(nil)
	_ guichet.WebhookParser = (*Client)(nil)
)

// hosts maps the prefix of a key to where it goes.
var hosts = map[string]string{
	"lomi_sk_live_": LiveURL,
	"lomi_sk_test_": SandboxURL,
}

// publicKey begins the keys that are meant for browsers.
const publicKey = "lomi_pk_"

// Via says what the portable methods make of a payment.
type Via int

const (
	// ViaCheckoutSession: one checkout session per payment. Creates carry an
	// idempotency key, and the status names order and amount.
	ViaCheckoutSession Via = iota
	// ViaPaymentLink: one instant payment link per payment. Creates are sent
	// once, and the status has to be looked for among the checkout sessions.
	ViaPaymentLink
)

// String names the mode.
func (v Via) String() string {
	switch v {
	case ViaCheckoutSession:
		return "checkout session"
	case ViaPaymentLink:
		return "payment link"
	}
	return fmt.Sprintf("Via(%d)", int(v))
}

// Config is what lomi. needs to know about the merchant.
type Config struct {
	// APIKey is required and sent as the header X-API-KEY. lomi_sk_test_… goes to
	// SandboxURL, lomi_sk_live_… to LiveURL, anything else needs
	// guichet.WithBaseURL. Publishable keys, lomi_pk_…, are refused.
	APIKey string `redact:"true"`

	WebhookSecret         string `redact:"true"` // whsec_…, the whole text; empty: ParseWebhook returns ErrUntrusted
	PreviousWebhookSecret string `redact:"true"` // still accepted while the secret is being changed
	// WebhookTolerance is how far the time of a webhook may be from now. 0: the
	// default for lomi., which is that any time passes. Below 0: any time passes. Only
	// a V1 signature has a time.
	WebhookTolerance time.Duration

	Account string // the marketplace account to act for, sent as Lomi-Account; empty: not sent
	Version string // sent as Lomi-Version, such as "1.2.0"; empty: not sent. With "1.1.0" the calls that moved in 1.2.0 use the older paths

	Via           Via // what CreatePayment, GetStatus and List work with
	LinkWalkPages int // ViaPaymentLink: the most pages of 100 sessions that GetStatus reads per status word; 0: 10
}

// Format prints the settings without the secrets.
func (c Config) Format(s fmt.State, verb rune) { redact.Format(s, verb, c) }

// LogValue is what slog shows of the settings: no secret.
func (c Config) LogValue() slog.Value { return redact.LogValue(c) }

// MarshalJSON writes the settings without the secrets.
func (c Config) MarshalJSON() ([]byte, error) { return redact.JSON(c) }

// Client takes payments with one lomi. organisation. It is safe for use by many
// goroutines.
type Client struct {
	t         *transport.Client
	via       Via
	walkPages int
	older     bool            // the paths of before API 1.2.0
	secrets   func() []string // behind a func, where no printer can reach
	tolerance time.Duration
}

// sender sends the calls of the client. Every method begins with it or with check: for
// a client that New did not make it is nil, whose calls return [transport.Unmade].
func (c *Client) sender() *transport.Client {
	if c == nil {
		return nil
	}
	return c.t
}

// modes are the rules of the portable methods.
var modes = map[Via]request.Rules{
	ViaCheckoutSession: {
		Provider:  provider,
		AcceptKey: true,
		Capabilities: guichet.Capabilities{
			List:            true,
			ListStatus:      true,
			Idempotency:     true,
			StatusReference: true,
			StatusAmount:    true,
			SignedEvents:    true,
			Metadata:        true,
			Currencies:      currencies,

			IdempotencyWindow: 24 * time.Hour,
			AskEvery:          3 * time.Second,
			PageLife:          60 * time.Minute,
		},
	},
	ViaPaymentLink: {
		Provider:  provider,
		AcceptKey: true,
		Capabilities: guichet.Capabilities{
			List:         true,
			StatusAmount: true,
			SignedEvents: true,
			Metadata:     true,
			Currencies:   currencies,
			AskEvery:     60 * time.Second,
			ReusablePage: true,
		},
	},
}

var currencies = []guichet.Currency{guichet.XOF, guichet.USD, guichet.EUR}

const defaultWalkPages = 10

// New returns a client. It fails with [guichet.ErrInvalidRequest], without repeating any
// value, when a setting is missing or malformed.
func New(cfg Config, opts ...guichet.Option) (*Client, error) {
	rules, known := modes[cfg.Via]
	rules.Provider = provider
	settings := append(request.WebhookSecrets(cfg.WebhookSecret, cfg.PreviousWebhookSecret),
		request.Field{Name: "APIKey", Problem: apiKeyProblem(cfg.APIKey)},
		request.Field{Name: "Account", Problem: headerProblem(cfg.Account)},
		request.Field{Name: "Version", Problem: headerProblem(cfg.Version)},
	)
	if !known {
		settings = append(settings, request.Field{Name: "Via", Problem: "must be ViaCheckoutSession or ViaPaymentLink"})
	}
	if cfg.LinkWalkPages < 0 {
		settings = append(settings, request.Field{Name: "LinkWalkPages", Problem: "must not be below 0"})
	}
	if err := rules.Config(settings...); err != nil {
		return nil, err
	}
	t, err := transport.New(transport.Config{
		Provider:  provider,
		BaseURL:   hostOf(cfg.APIKey),
		Authorize: func(h http.Header) { authorize(h, cfg) },
		Secrets:   []string{cfg.APIKey, cfg.WebhookSecret, cfg.PreviousWebhookSecret},
		KeyHeader: "Idempotency-Key",
		Refusal:   refusal,
		Refused:   deniedCall,

		SecretMembers: []string{"secret", "client_secret", "confirmation_token", "launch_token", "launch_url"},
	}, opts...)
	if err != nil {
		return nil, err
	}
	walkPages := cfg.LinkWalkPages
	if walkPages == 0 {
		walkPages = defaultWalkPages
	}
	return &Client{
		t:         t,
		via:       cfg.Via,
		walkPages: walkPages,
		older:     isOlder(cfg.Version),
		secrets:   func() []string { return []string{cfg.WebhookSecret, cfg.PreviousWebhookSecret} },
		tolerance: cfg.WebhookTolerance,
	}, nil
}

func apiKeyProblem(key string) string {
	if strings.HasPrefix(key, publicKey) {
		return "is a publishable key, for browsers: a secret key is needed"
	}
	return request.Key(key)
}

// hostOf returns the host that a key belongs to; "" if its prefix is not known.
func hostOf(key string) string {
	for prefix, host := range hosts {
		if strings.HasPrefix(key, prefix) {
			return host
		}
	}
	return ""
}

func authorize(h http.Header, cfg Config) {
	h.Set("X-API-KEY", cfg.APIKey)
	if cfg.Account != "" {
		h.Set("Lomi-Account", cfg.Account)
	}
	if cfg.Version != "" {
		h.Set("Lomi-Version", cfg.Version)
	}
}

// Capabilities says what lomi. can do in the client's mode.
func (c *Client) Capabilities() guichet.Capabilities {
	if c.sender() == nil {
		return guichet.Capabilities{}
	}
	capabilities := modes[c.via].Capabilities
	capabilities.Currencies = append([]guichet.Currency(nil), currencies...)
	return capabilities
}

// CloseIdleConnections closes connections that wait for a next call.
func (c *Client) CloseIdleConnections() { c.sender().CloseIdleConnections() }

// Do calls an endpoint that has no typed method, with the same safety: path is
// below the base URL and already escaped, such as "/subscriptions?limit=5". A
// GET may be repeated, anything else is sent once and without an idempotency
// key. A nil body sends none, a nil dst ignores the answer.
//
// dst receives the answer as it came, with its envelope. Give every call a dst of its
// own: a member that the answer leaves out keeps the value that dst had. To anything but
// a GET, an answer that says that it was no success is an error whatever its HTTP status:
// [guichet.ErrDeclined] for an invoice that has to be paid first, else
// [guichet.ErrBadResponse].
func (c *Client) Do(ctx context.Context, method, path string, body, dst any) error {
	return c.sender().Raw(ctx, method, path, body, dst)
}

// CreatePayment opens a checkout session (POST /checkout-sessions) or makes an instant
// payment link (POST /payment-links), by [Config.Via]. The payment's ID is the id of the
// one or the other.
//
// A session carries the idempotency key of the request, else the reference, and
// is asked for once more when the answer is lost. A link is asked for once, and
// carries only the key of the request. Customer has no slot in a link.
//
// For 24 hours lomi. gives a key the same answer, refusals included, and
// [guichet.Payment.Replayed] says so: to try a refused reference once more, set another
// IdempotencyKey. [guichet.ErrConflict] with [CodeIdempotencyKeyReused] means that the
// reference or key was used before for something else.
//
// [guichet.ErrMismatch] beside a payment means that lomi. answered for another amount,
// currency or order.
func (c *Client) CreatePayment(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	const op = "CreatePayment"
	if err := c.check(op); err != nil {
		return nil, err
	}
	if err := modes[c.via].Payment(req); err != nil {
		return nil, err
	}
	metadata := map[string]any{referenceKey: req.Reference}
	for key, value := range req.Metadata {
		if strings.EqualFold(key, referenceKey) { // in another case it would make the answers unreadable
			return nil, invalid(op, "Metadata", "a key is taken: it holds Reference")
		}
		metadata[key] = value
	}
	call := &transport.Call{
		Op: op, Reference: req.Reference,
		// A link has no slot for them, and lomi. may know them.
		Sensitive: append(request.Private(req), req.Customer.Email, req.Customer.Phone, req.Customer.FirstName, req.Customer.LastName),
	}

	if c.via == ViaPaymentLink {
		return c.createLinkPayment(ctx, call, req, metadata)
	}
	return c.createSessionPayment(ctx, call, req, metadata)
}

// created compares what lomi. made with what was asked for. An amount that the
// payment cannot hold, such as a fraction of a franc, is another amount; another
// order is the stored answer to another use of the key.
func (c *Client) created(call *transport.Call, answer layers, payment *guichet.Payment, req guichet.PaymentRequest, gotAmount guichet.Number, gotCurrency guichet.Currency) error {
	other := payment.Reference != "" && payment.Reference != req.Reference
	if gotAmount != "" {
		amount, ok := gotAmount.Minor(req.Amount.Currency)
		other = other || !ok || amount != req.Amount
	}
	if other {
		return c.besides(call, answer, guichet.ErrMismatch, "lomi. answered for another order or amount than was asked for")
	}
	payment.Reference = req.Reference
	if _, err := c.t.Created(call, answer.of, payment, req.Amount, string(gotCurrency), true); err != nil {
		return beside{err}
	}
	return nil
}

// GetStatus asks for a payment by its session (GET /checkout-sessions/{id}) or
// link (GET /payment-links/{id} and the sessions opened through it).
//
// A link can be paid many times: one paid session makes it [guichet.StatusSucceeded],
// with that session's amount, and [guichet.Payment.Captures] says how many paid sessions
// were found within [Config.LinkWalkPages]. Whether a refund was made afterwards does not
// show in either mode.
func (c *Client) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	const op = "GetStatus"
	if err := c.check(op); err != nil {
		return nil, err
	}
	if c.via == ViaPaymentLink {
		return c.linkStatus(ctx, op, id)
	}
	session, err := getOne(ctx, c, getSession(op, id), &sessionPayments)
	if err != nil {
		return nil, err
	}
	payment := session.payment(c)
	payment.ID = id
	return payment, nil
}

// List returns one page of checkout sessions (GET /checkout-sessions) or of
// instant links (GET /payment-links), whose statuses are unknown.
//
// [guichet.ErrBadResponse] beside a page means that payments are missing: some could not
// be read, which Page.Skipped counts, or the answer says that there are more and gives
// no way to them.
func (c *Client) List(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
	const op = "List"
	if err := c.check(op); err != nil {
		return nil, err
	}
	if err := modes[c.via].List(params); err != nil {
		return nil, err
	}
	if c.via == ViaPaymentLink {
		return c.listLinkPayments(ctx, op, params)
	}
	return c.listSessionPayments(ctx, op, params)
}
