// Package caurisflux takes payments with CaurisFlux
// (https://docs.caurisflux.com): hosted pages, prompts on the customer's phone,
// and payouts.
//
// [New] makes a client. [Client.CreatePayment] makes a page to send the customer to, or
// a prompt on a phone; [Client.GetStatus] asks whether it was paid, and
// [guichet.Payment.Confirms] says whether it is safe to deliver. [Client.ParseWebhook]
// tells when to ask.
//
// # What to know before the first payment
//
//   - Payment.ID is CaurisFlux's transaction id: store it with the order.
//   - A create carries the idempotency key that CaurisFlux documents, by default the
//     reference, so that one repeated within 24 hours cannot charge twice. After an
//     error for which errors.Is(err, guichet.ErrUnknownOutcome) holds, repeat it with
//     Error.IdempotencyKey within that time.
//   - The documented status names no reference: pass "" to Confirms unless
//     Payment.Reference is set.
//   - Any currency with known decimals is sent, because CaurisFlux does not list what it
//     takes.
//   - One-time codes have no documented slot and are refused with ErrUnsupported;
//     [InitiateRequest].Extra can carry one.
//
// # CaurisFlux's own endpoints
//
// The methods named after them, such as [Client.Initiate] and [Client.ListPayments],
// return CaurisFlux's own fields. Their amounts are in major units, digit for digit:
// 5000 is 5,000 francs, 12.50 is twelve euros fifty.
//
// Package caurisfluxtest is a fake CaurisFlux for tests. What CaurisFlux's own pages do
// not confirm, such as the path of the list, is in UNVERIFIED.md, with the call that
// would settle it.
package caurisflux

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
	"github.com/guichetpay/guichet/internal/webhook"
)

var (
	_ guichet.Client        = (*Client)(nil)
	_ guichet.Describer     = (*Client)(nil)
	_ guichet.WebhookParser = (*Client)(nil)
)

// The two environments; the prefix of the keys decides
// (https://docs.caurisflux.com/api-reference/introduction.html).
const (
	SandboxURL    = "https://sandbox-api.caurisflux.com/api/v1" // pk_test_…, sk_test_…
	ProductionURL = "https://prod-api.caurisflux.com/api/v1"    // pk_live_…, sk_live_…
)

const provider = "caurisflux"

// Config is what CaurisFlux needs to know about the merchant.
type Config struct {
	// The two halves of the key. Both are required for anything but Providers,
	// Countries and Health. With both empty only these three work, WithBaseURL
	// must say where, and every other call is ErrUnauthorized without being sent.
	PublicKey string `redact:"true"` // pk_test_… or pk_live_…
	SecretKey string `redact:"true"` // sk_test_… or sk_live_…

	Bearer     bool   // send the keys as Authorization: Bearer, in place of X-API-Key
	APIVersion string // sent as X-API-Version, such as "2026-01-01"; empty: not sent
	ListPath   string // of List and ListPayments; empty: "/payments", which is a guess

	WebhookSecret         string `redact:"true"` // from the dashboard; empty: ParseWebhook returns ErrUntrusted
	PreviousWebhookSecret string `redact:"true"` // still accepted while the secret is being changed
	// WebhookTolerance is how far the time of a webhook may be from now. 0: the
	// default for CaurisFlux, which is 5 minutes. Below 0: any time passes.
	WebhookTolerance time.Duration

	// AcceptBodyOnlySignature also trusts webhooks in the legacy form, whose
	// signature does not cover the time: whoever captured one can deliver it
	// again for ever. Leave it off unless deliveries come in no other form.
	AcceptBodyOnlySignature bool
}

// Format prints the settings without the keys and secrets.
func (c Config) Format(s fmt.State, verb rune) { redact.Format(s, verb, c) }

// LogValue is what slog shows of the settings: no key and no secret.
func (c Config) LogValue() slog.Value { return redact.LogValue(c) }

// MarshalJSON writes the settings without the keys and secrets.
func (c Config) MarshalJSON() ([]byte, error) { return redact.JSON(c) }

// Client takes payments with one CaurisFlux account. It is safe for use by many
// goroutines.
type Client struct {
	t          *transport.Client
	listPath   string
	publicOnly bool // there are no keys
	webhooks   *webhook.Verifier
}

// ready is what every method begins with, itself or through needKeys: the error of op for a client that New did not
// make, such as the nil that it returns beside an error.
func (c *Client) ready(op string) error {
	if c == nil || c.t == nil {
		return transport.Unmade(op)
	}
	return nil
}

// needKeys is ready for a method that is answered only with keys. Without them the call
// is refused here, and not sent to be answered with 401.
func (c *Client) needKeys(op string) error {
	if err := c.ready(op); err != nil {
		return err
	}
	if c.publicOnly {
		return &guichet.Error{Provider: provider, Op: op, Kind: guichet.ErrUnauthorized,
			Message: "the client has no keys (Config.PublicKey, Config.SecretKey) and can only ask public endpoints; nothing was sent"}
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
	Provider:  provider,
	AcceptKey: true,
	Capabilities: guichet.Capabilities{
		List:         true,
		ListStatus:   true,
		Direct:       true,
		Idempotency:  true,
		StatusAmount: true,
		SignedEvents: true,
		Callback:     true,
		Metadata:     true,

		IdempotencyWindow: 24 * time.Hour,
		AskEvery:          3 * time.Second,
	},
}

const defaultListPath = "/payments"

// New returns a client for the environment that the keys belong to. It fails
// with ErrInvalidRequest, without repeating any value, when a setting is missing
// or malformed, when the halves of the key are swapped, or when one is for the
// sandbox and the other for production.
//
// WithBaseURL overrides the host, whatever the keys are for.
func New(cfg Config, opts ...guichet.Option) (*Client, error) {
	publicOnly := cfg.PublicKey == "" && cfg.SecretKey == ""
	settings := request.WebhookSecrets(cfg.WebhookSecret, cfg.PreviousWebhookSecret)
	if !publicOnly {
		settings = append(settings, keySettings(cfg.PublicKey, cfg.SecretKey)...)
	}
	settings = append(settings,
		request.Field{Name: "APIVersion", Problem: request.Optional(cfg.APIVersion, request.Key)},
		request.Field{Name: "ListPath", Problem: request.Optional(cfg.ListPath, pathProblem)},
	)
	if err := rules.Config(settings...); err != nil {
		return nil, err
	}
	pair := cfg.PublicKey + ":" + cfg.SecretKey
	secrets := []string{cfg.WebhookSecret, cfg.PreviousWebhookSecret}
	if !publicOnly {
		secrets = append(secrets, cfg.PublicKey, cfg.SecretKey, pair)
	}
	t, err := transport.New(transport.Config{
		Provider: provider,
		BaseURL:  hosts[environment(cfg.SecretKey)],
		Authorize: func(h http.Header) {
			switch {
			case publicOnly:
			case cfg.Bearer:
				h.Set("Authorization", "Bearer "+pair)
			default:
				h.Set("X-API-Key", pair)
			}
			if cfg.APIVersion != "" {
				h.Set("X-API-Version", cfg.APIVersion)
			}
		},
		Secrets:   secrets,
		KeyHeader: "X-Idempotency-Key",
		Refusal:   refusal,
		Refused:   refused,
	}, opts...)
	if err != nil {
		return nil, err
	}
	webhooks := webhook.NewVerifier(cfg.WebhookSecret, cfg.PreviousWebhookSecret, cfg.WebhookTolerance)
	webhooks.BodyAlone = cfg.AcceptBodyOnlySignature
	return &Client{
		t:          t,
		listPath:   cmp.Or(cfg.ListPath, defaultListPath),
		publicOnly: publicOnly,
		webhooks:   webhooks,
	}, nil
}

// hosts is keyed by what follows pk_ or sk_.
var hosts = map[string]string{"test": SandboxURL, "live": ProductionURL}

// keySettings checks the two halves. A colon would move the border between them.
func keySettings(public, secret string) []request.Field {
	half := func(key, own, other string) string {
		lower := strings.ToLower(key)
		switch problem := request.Key(key); {
		case problem != "":
			return problem
		case strings.Contains(key, ":"):
			return "must not hold a colon"
		case strings.HasPrefix(lower, other):
			return "begins with " + other + ": the two halves are swapped"
		case !strings.HasPrefix(lower, own):
			return "must begin with " + own
		}
		return ""
	}
	mixed := ""
	if environment(public) != environment(secret) {
		mixed = "is for another environment than PublicKey"
	}
	return []request.Field{
		{Name: "PublicKey", Problem: half(public, "pk_", "sk_")},
		{Name: "SecretKey", Problem: half(secret, "sk_", "pk_")},
		{Name: "SecretKey", Problem: mixed},
	}
}

// environment returns "test" or "live"; "" if the key does not say.
func environment(key string) string {
	_, rest, _ := strings.Cut(strings.ToLower(key), "_")
	name, _, found := strings.Cut(rest, "_")
	if !found || hosts[name] == "" {
		return ""
	}
	return name
}

// pathProblem says why s cannot be the path of an endpoint.
func pathProblem(s string) string {
	const problem = "must be / and plain segments, such as /payments"
	segments, ok := strings.CutPrefix(s, "/")
	if !ok {
		return problem
	}
	for segment := range strings.SplitSeq(segments, "/") {
		if segment == "" || segment == "." || segment == ".." || strings.Trim(segment, segmentLetters) != "" {
			return problem
		}
	}
	return ""
}

const segmentLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

// Capabilities says what CaurisFlux can do. Currencies is nil: CaurisFlux takes
// what the account and the operator take.
func (c *Client) Capabilities() guichet.Capabilities { return rules.Capabilities }

// CloseIdleConnections closes connections that wait for a next call.
func (c *Client) CloseIdleConnections() {
	if c.ready("CloseIdleConnections") == nil {
		c.t.CloseIdleConnections()
	}
}

// Do calls an endpoint that has no typed method, with the same safety: path is
// below the base URL and already escaped, such as "/payments?x=1". A GET may be
// repeated, anything else is sent once and without an idempotency key. A nil body
// sends none, a nil dst ignores the answer. Give every call a dst of its own: a member
// that the answer leaves out keeps the value that dst had.
//
// dst receives the answer as it came, with its envelope. An answer that says
// success:false, or gives a statusCode of 400 or above, is an error, whatever its
// HTTP status.
func (c *Client) Do(ctx context.Context, method, path string, body, dst any) error {
	if err := c.ready("Do"); err != nil {
		return err
	}
	route, _, _ := strings.Cut(path, "?")
	if method != http.MethodGet || !slices.Contains(publicRoutes, route) {
		if err := c.needKeys("Do"); err != nil {
			return err
		}
	}
	return c.t.Raw(ctx, method, path, body, dst)
}

// publicRoutes answer without keys.
var publicRoutes = []string{providersRoute, countriesRoute, healthRoute}

// CreatePayment creates a payment (POST /payments/initiate). Payment.ID is
// CaurisFlux's transaction id.
//
// With MobileMoney nil it is a checkout, and a Customer.Phone only pre-fills the
// page; with it set it is direct, and phone, country and operator ("wave",
// "orange_money") are required. The idempotency key is the caller's, else the
// reference: the same create may be repeated for 24 hours.
//
// An answer that names another amount or currency comes back as the payment and
// ErrMismatch; when it names no currency, its amount is read in the one that was
// asked for. An answer about another reference is ErrBadResponse.
func (c *Client) CreatePayment(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	const op = "CreatePayment"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	if err := rules.Payment(req); err != nil {
		return nil, err
	}
	if err := c.needKeys(op); err != nil {
		return nil, err
	}
	body := initiateBody{
		Type:              TypeCheckout,
		Amount:            trimZeros(req.Amount.Decimal()),
		Currency:          req.Amount.Currency,
		ExternalReference: req.Reference,
		CustomerPhone:     req.Customer.Phone,
		CustomerName:      request.FullName(req.Customer),
		CustomerEmail:     req.Customer.Email,
		Description:       req.Description,
		CallbackURL:       req.CallbackURL,
		ReturnURL:         req.SuccessURL,
		CancelURL:         req.CancelURL,
	}
	fields := []request.Field{{Name: "CustomerName", Problem: request.Text(body.CustomerName)}} // two names that may be sent can be too long together
	if mm := req.MobileMoney; mm != nil {
		body.Type, body.CustomerPhone, body.Country, body.Provider = TypeDirect, mm.Phone, mm.Country, mm.Operator
		fields = append(fields,
			request.Field{Name: "MobileMoney.Country", Problem: request.Country(mm.Country)},
			request.Field{Name: "MobileMoney.Operator", Problem: request.ID(mm.Operator)},
		)
	}
	if err := request.Check(provider, op, fields...); err != nil {
		return nil, err
	}
	if len(req.Metadata) > 0 {
		body.Metadata = make(map[string]any, len(req.Metadata))
		for key, value := range req.Metadata {
			body.Metadata[key] = value
		}
	}
	call, err := body.call(op, nil, cmp.Or(req.IdempotencyKey, req.Reference))
	if err != nil {
		return nil, err
	}
	call.Sensitive = append(call.Sensitive, req.Customer.Phone, req.Customer.FirstName, req.Customer.LastName)
	call.Sensitive = append(call.Sensitive, request.Private(req)...)
	return c.created(ctx, call, req)
}

// GetStatus asks for one payment (GET /payments/status/{id}); id is the
// transaction id. Payment.Reference is empty unless CaurisFlux names the reference,
// which its pages do not promise. An answer that says paid, and names neither a
// transaction nor a reference, is ErrBadResponse: it would confirm any payment.
func (c *Client) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	const op = "GetStatus"
	call, err := c.statusCall(op, id)
	if err != nil {
		return nil, err
	}
	return c.status(ctx, call)
}

// List returns one page of payments (GET /payments, see Config.ListPath). The
// cursor is the number of the next page. What an item calls a payout or a refund is
// no payment received, and is left out: a page may be empty and go on.
//
// Which page is the last follows from the figures beside the list. Without any figure
// the first page is the last. Where they contradict each other the error is
// ErrBadResponse: a payment on a page that nobody asks for would seem to be missing.
func (c *Client) List(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
	const op = "List"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	if err := rules.List(params); err != nil {
		return nil, err
	}
	asked := ListRequest{Limit: params.Limit}
	if params.Cursor != "" {
		page, err := strconv.Atoi(params.Cursor)
		if err != nil || page < 1 || strconv.Itoa(page) != params.Cursor {
			return nil, invalid(op, "Cursor", "is not the Next of a page")
		}
		asked.Page = page
	}
	var page *guichet.Page
	err := c.list(ctx, op, asked, func(a *transport.Answer) error {
		read, err := readList(a, c.portable)
		if read == nil {
			return err
		}
		next, problem := read.next(asked)
		if problem != nil {
			return problem
		}
		page = &guichet.Page{Payments: read.all(), Next: next, Skipped: read.Skipped}
		return err
	})
	return page, err
}
