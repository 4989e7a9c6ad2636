// Package toy is a provider made for the self-tests of the suites: the smallest client
// that keeps every promise, over POST /pay, GET /pay/{id}, GET /pay and POST /link,
// and the means to break one promise at a time.
package toy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/transport"
	"github.com/guichetpay/guichet/internal/webhook"
)

// Key is the API key of Harness.
const Key = "toy_key_0123456789"

const base = "https://toy.example/v1"

var words = map[string]guichet.Status{"open": guichet.StatusPending, "paid": guichet.StatusSucceeded, "refused": guichet.StatusFailed}

// Config is what the toy needs to know about the merchant.
type Config struct {
	APIKey                string `redact:"true"`
	ShopName              string
	WebhookSecret         string `redact:"true"`
	PreviousWebhookSecret string `redact:"true"`

	keyed bool // a create carries an Idempotency-Key
}

// Format prints the settings without the secrets.
func (c Config) Format(s fmt.State, verb rune) { redact.Format(s, verb, c) }

// LogValue is what slog shows of the settings: no secret.
func (c Config) LogValue() slog.Value { return redact.LogValue(c) }

// MarshalJSON writes the settings without the secrets.
func (c Config) MarshalJSON() ([]byte, error) { return redact.JSON(c) }

// Wire is a payment as the toy writes it.
type Wire struct {
	ID       string           `json:"id"`
	OrderID  string           `json:"order"`
	Status   string           `json:"status"`
	Amount   guichet.Number   `json:"amount"`
	Currency guichet.Currency `json:"currency"`
	URL      string           `json:"url"`
}

var read = strictjson.Deciding[Wire]("id", "order", "status", "amount", "currency", "url")

// Payment is the wire as a payment, without a checkout URL and without Raw.
func (w Wire) Payment() *guichet.Payment {
	amount, _ := w.Amount.Major(w.Currency)
	return &guichet.Payment{ID: w.ID, Reference: w.OrderID, Provider: "toy", Status: words[w.Status], ProviderStatus: w.Status, Amount: amount}
}

// Client keeps every promise.
type Client struct {
	t       *transport.Client
	rules   request.Rules
	shop    string
	secrets func() []string
}

var capabilities = guichet.Capabilities{
	List: true, ListStatus: true, StatusReference: true, StatusAmount: true, SignedEvents: true,
	Currencies: []guichet.Currency{guichet.XOF, guichet.EUR},
}

// New makes a client.
func New(cfg Config, opts ...guichet.Option) (*Client, error) {
	c := &Client{shop: cfg.ShopName, secrets: func() []string { return []string{cfg.WebhookSecret, cfg.PreviousWebhookSecret} }}
	c.rules = request.Rules{Provider: "toy", AcceptKey: cfg.keyed, Capabilities: capabilities}
	c.rules.Capabilities.Idempotency = cfg.keyed
	settings := append(request.WebhookSecrets(cfg.WebhookSecret, cfg.PreviousWebhookSecret),
		request.Field{Name: "APIKey", Problem: request.Key(cfg.APIKey)}, request.Field{Name: "ShopName", Problem: request.ID(cfg.ShopName)})
	if err := c.rules.Config(settings...); err != nil {
		return nil, err
	}
	wired := transport.Config{
		Provider: "toy", BaseURL: base, Secrets: []string{cfg.APIKey, cfg.WebhookSecret, cfg.PreviousWebhookSecret},
		Authorize: func(h http.Header) { h.Set("X-Toy-Key", cfg.APIKey) },
		Refusal:   refusal,
	}
	if cfg.keyed {
		wired.KeyHeader = "Idempotency-Key"
	}
	var err error
	if c.t, err = transport.New(wired, opts...); err != nil {
		return nil, err
	}
	return c, nil
}

func refusal(a *transport.Answer) *guichet.Error {
	body, err := a.JSON()
	if err != nil {
		return &guichet.Error{}
	}
	e := &guichet.Error{ProviderCode: body.Get("code").Text(), Message: body.Get("message").Text()}
	if e.ProviderCode == "declined" {
		e.Kind = guichet.ErrDeclined
	}
	return e
}

// Capabilities says what the toy can do.
func (c *Client) Capabilities() guichet.Capabilities {
	if c == nil {
		return guichet.Capabilities{}
	}
	return c.rules.Capabilities
}

// CloseIdleConnections closes connections that wait for a next call.
func (c *Client) CloseIdleConnections() {
	if c != nil {
		c.t.CloseIdleConnections()
	}
}

// Do is the escape hatch.
func (c *Client) Do(ctx context.Context, method, path string, body, dst any) error {
	if c == nil {
		return transport.Unmade("Do")
	}
	return c.t.Raw(ctx, method, path, body, dst)
}

// CreatePayment asks for a payment.
func (c *Client) CreatePayment(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	if c == nil || c.t == nil {
		return nil, transport.Unmade("CreatePayment")
	}
	if err := c.rules.Payment(req); err != nil {
		return nil, err
	}
	members := map[string]any{"order": req.Reference, "amount": guichet.Number(req.Amount.Decimal()), "currency": req.Amount.Currency, "shop": c.shop}
	for name, text := range map[string]string{"description": req.Description, "success": req.SuccessURL, "cancel": req.CancelURL} {
		if text != "" {
			members[name] = text
		}
	}
	body, err := strictjson.Marshal(members)
	if err != nil {
		return nil, c.t.Invalid("CreatePayment", "the request", "cannot be written")
	}
	call := &transport.Call{
		Op: "CreatePayment", Method: http.MethodPost, Route: "/pay", Body: body, Policy: transport.Write, Reference: req.Reference,
		Sensitive: append(request.Private(req), req.Customer.Email, req.Customer.Phone, req.Customer.FirstName, req.Customer.LastName),
	}
	if c.rules.AcceptKey {
		call.Policy, call.IdempotencyKey = transport.Keyed, req.IdempotencyKey
		if call.IdempotencyKey == "" {
			call.IdempotencyKey = req.Reference
		}
	}
	var payment *guichet.Payment
	call.Decode = func(a *transport.Answer) error {
		p, wire, err := c.read(a)
		if err != nil {
			return err
		}
		p.Reference = req.Reference
		payment, err = c.t.Created(call, a, p, req.Amount, string(wire.Currency), true)
		return err
	}
	_, err = c.t.Do(ctx, call)
	return payment, err
}

// GetStatus asks for a payment.
func (c *Client) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	if c == nil || c.t == nil {
		return nil, transport.Unmade("GetStatus")
	}
	var payment *guichet.Payment
	_, err := c.t.Do(ctx, &transport.Call{
		Op: "GetStatus", Method: http.MethodGet, Route: "/pay/{id}", Args: []string{id}, Sensitive: []string{id},
		Decode: func(a *transport.Answer) (err error) {
			payment, _, err = c.read(a)
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	return payment, nil
}

func (c *Client) read(a *transport.Answer) (*guichet.Payment, Wire, error) {
	var wire Wire
	body, err := a.JSON()
	if err == nil {
		err = read.Read(body, &wire)
	}
	if err == nil && wire.ID == "" {
		err = errors.New("no id")
	}
	if err != nil {
		return nil, wire, err
	}
	p := wire.Payment()
	p.CheckoutURL, p.Raw = c.t.CheckoutURL(wire.URL), body.Copy()
	return p, wire, nil
}

// List asks for a page.
func (c *Client) List(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
	if c == nil || c.t == nil {
		return nil, transport.Unmade("List")
	}
	if err := c.rules.List(params); err != nil {
		return nil, err
	}
	var page *guichet.Page
	_, err := c.t.Do(ctx, &transport.Call{
		Op: "List", Method: http.MethodGet, Route: "/pay", Query: map[string][]string{"after": {params.Cursor}}, Sensitive: []string{params.Cursor},
		Decode: func(a *transport.Answer) error {
			body, err := a.JSON()
			if err != nil {
				return err
			}
			items := body.Get("items")
			if items.Kind() != strictjson.Array {
				return errors.New("no items")
			}
			page = &guichet.Page{Next: body.Get("next").Text()}
			for item := range items.All() {
				var wire Wire
				if err := read.Read(item, &wire); err != nil {
					return err
				}
				if wire.ID == "" {
					return errors.New("no id")
				}
				p := wire.Payment()
				p.CheckoutURL = c.t.CheckoutURL(wire.URL)
				page.Payments = append(page.Payments, p)
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// LinkRequest is what SendLink takes.
type LinkRequest struct {
	Phone    string `redact:"true"`
	Title    string
	Currency guichet.Currency
}

// Format prints the request without personal data.
func (r LinkRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request: no personal data.
func (r LinkRequest) LogValue() slog.Value { return redact.LogValue(r) }

// Link is what SendLink returns.
type Link struct {
	ID    string
	Phone string `redact:"true"`
}

// Format prints the link without personal data.
func (l Link) Format(s fmt.State, verb rune) { redact.Format(s, verb, l) }

// LogValue is what slog shows of the link: no personal data.
func (l Link) LogValue() slog.Value { return redact.LogValue(l) }

// SendLink is a method of the toy's own.
func (c *Client) SendLink(ctx context.Context, req LinkRequest) (*Link, error) {
	if c == nil || c.t == nil {
		return nil, transport.Unmade("SendLink")
	}
	_, known := req.Currency.Exponent()
	for _, f := range []request.Field{
		{Name: "Phone", Problem: request.Phone(req.Phone)}, {Name: "Title", Problem: request.ID(req.Title)},
	} {
		if f.Problem != "" {
			return nil, c.t.Invalid("SendLink", f.Name, f.Problem)
		}
	}
	if !known {
		return nil, c.t.Invalid("SendLink", "Currency", "is not known")
	}
	body, err := strictjson.Marshal(map[string]any{"phone": request.PhoneDigits(req.Phone), "title": req.Title, "currency": req.Currency})
	if err != nil {
		return nil, c.t.Invalid("SendLink", "LinkRequest", "cannot be written")
	}
	_, err = c.t.Do(ctx, &transport.Call{Op: "SendLink", Method: http.MethodPost, Route: "/link", Body: body, Policy: transport.Write, Sensitive: []string{req.Phone}})
	if err != nil {
		return nil, err
	}
	return &Link{Phone: req.Phone}, nil
}

// ParseWebhook reads what the toy sends.
func (c *Client) ParseWebhook(_ context.Context, header http.Header, body []byte) (*guichet.Event, error) {
	fail := func(kind error) (*guichet.Event, error) {
		return nil, &guichet.Error{Provider: "toy", Op: "ParseWebhook", Kind: kind}
	}
	if len(body) > guichet.MaxWebhookBody {
		return fail(guichet.ErrBadResponse)
	}
	sent, _ := webhook.Header(header, "X-Toy-Signature")
	stamp, _ := webhook.Header(header, "X-Toy-Time")
	mac, ok := webhook.Hex(sent)
	at, timeOK := webhook.UnixSeconds(stamp)
	if c == nil || c.secrets == nil || !ok || !timeOK || !webhook.Verify(mac, c.secrets, []byte(stamp), []byte("."), body) ||
		!webhook.Fresh(at, time.Now(), 5*time.Minute) {
		return fail(guichet.ErrUntrusted)
	}
	var wire Wire
	doc, err := strictjson.Parse(body)
	if err != nil {
		return fail(guichet.ErrBadResponse)
	}
	defer doc.Release()
	if read.Read(doc.Root(), &wire) != nil || wire.OrderID == "" {
		return fail(guichet.ErrBadResponse)
	}
	return &guichet.Event{ID: wire.ID + wire.Status, Type: wire.Status, Reference: wire.OrderID, PaymentID: wire.ID, Verified: true, Raw: body}, nil
}

// JSON is an order as the toy writes it.
func JSON(o contract.Order) string {
	amount, note := o.AmountJSON, `"x"`
	if amount == "" {
		amount = o.Amount.Decimal()
	}
	if o.Nulls {
		note = "null"
	}
	quote := func(s string) string { b, _ := strictjson.Marshal(s); return string(b) }
	return fmt.Sprintf(`{"id":%s,"order":%s,"status":%s,"amount":%s,"currency":%q,"url":%s,"note":%s}`,
		quote(o.ID), quote(o.Reference), quote(o.Word), amount, o.Amount.Currency, quote(o.CheckoutURL), note)
}

// Harness is the toy's; keyed: a create carries an Idempotency-Key.
func Harness(keyed bool) contract.Harness {
	const secret, older = "toy_webhook_secret", "toy_webhook_older"
	cfg := Config{APIKey: Key, ShopName: "Toys", WebhookSecret: secret, PreviousWebhookSecret: older, keyed: keyed}
	h := contract.Harness{
		Name: "toy", Base: base, Config: cfg, NewFake: newFake,
		New: func(opts ...guichet.Option) (guichet.Client, error) { return made(New(cfg, opts...)) },
		From: func(cfg any, opts ...guichet.Option) (guichet.Client, error) {
			return made(New(cfg.(Config), opts...))
		},
		Auth: http.Header{"X-Toy-Key": {Key}}, Secrets: []string{Key}, Currency: guichet.XOF, Echoes: true,
		IsCreate: func(r *http.Request) bool { return r.Method == http.MethodPost },
		IsList:   func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/pay") && r.Method == http.MethodGet },
		Respond:  func(_ *http.Request, o contract.Order) (int, string) { return 200, JSON(o) },
		ListPage: func(r *http.Request, all []contract.Order) (int, string) {
			from, _ := strconv.Atoi(r.URL.Query().Get("after"))
			from = max(min(from, len(all)), 0)
			to, next := min(from+2, len(all)), ""
			if to < len(all) {
				next = strconv.Itoa(to)
			}
			var items []string
			for _, o := range all[from:to] {
				items = append(items, JSON(o))
			}
			return 200, fmt.Sprintf(`{"items":[%s],"next":%q}`, strings.Join(items, ","), next)
		},
		Words: words, Pending: "open",
		GoodAmount: []string{"5000", `"5000"`, "5000.00"}, BadAmount: []string{"5000.5", "true", `"x"`, "1e400"},
		Errors: []contract.ErrorCase{
			{Name: "no such payment", Status: 404, Body: `{"code":"gone","message":"x"}`, Kind: guichet.ErrNotFound, Code: "gone"},
			{Name: "declined", Status: 402, Body: `{"code":"declined"}`, Kind: guichet.ErrDeclined, Code: "declined"},
		},
		Webhook: contract.Webhook{
			Secret: secret, PreviousSecret: older, Timed: true, Signature: "X-Toy-Signature",
			Body: func(o contract.Order) []byte { return []byte(JSON(o)) },
			Sign: func(secret string, at time.Time, body []byte) http.Header {
				stamp := strconv.FormatInt(at.Unix(), 10)
				return http.Header{"X-Toy-Time": {stamp}, "X-Toy-Signature": {webhook.Sign(secret, []byte(stamp), []byte("."), body)}, "Content-Type": {"application/json"}}
			},
		},
	}
	if keyed {
		h.KeyHeader = "Idempotency-Key"
	}
	return h
}

// made keeps a nil *Client from becoming a client that is not nil.
func made(c *Client, err error) (guichet.Client, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}
