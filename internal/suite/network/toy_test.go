package network

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/transport"
)

// The toy is a provider made for this test: the smallest client that keeps every
// promise, over POST /pay, GET /pay/{id} and GET /pay.

const toyKey = "toy_key_0123456789"

var toyWords = map[string]guichet.Status{"open": guichet.StatusPending, "paid": guichet.StatusSucceeded}

type toyWire struct {
	ID       string           `json:"id"`
	OrderID  string           `json:"order"`
	Status   string           `json:"status"`
	Amount   guichet.Number   `json:"amount"`
	Currency guichet.Currency `json:"currency"`
	URL      string           `json:"url"`
}

var readToy = strictjson.Deciding[toyWire]("id", "order", "status", "amount", "currency", "url")

func (w toyWire) payment(url string) (*guichet.Payment, error) {
	if w.ID == "" {
		return nil, errors.New("no id")
	}
	amount, _ := w.Amount.Major(w.Currency)
	return &guichet.Payment{
		ID: w.ID, Reference: w.OrderID, Provider: "toy", Status: toyWords[w.Status], ProviderStatus: w.Status,
		Amount: amount, CheckoutURL: url,
	}, nil
}

func toyJSON(o contract.Order) string {
	return fmt.Sprintf(`{"id":%q,"order":%q,"status":%q,"amount":%s,"currency":%q,"url":%q}`,
		o.ID, o.Reference, o.Word, o.Amount.Decimal(), o.Amount.Currency, o.CheckoutURL)
}

func toyHarness(keyed bool) contract.Harness {
	h := contract.Harness{
		Name: "toy", New: newToy(keyed), Base: "https://toy.example/v1",
		Secrets: []string{toyKey}, Currency: guichet.XOF, Echoes: true,
		IsCreate: func(r *http.Request) bool { return r.Method == http.MethodPost },
		IsList:   func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/pay") && r.Method == http.MethodGet },
		Respond:  func(_ *http.Request, o contract.Order) (int, string) { return http.StatusOK, toyJSON(o) },
		ListPage: func(r *http.Request, all []contract.Order) (int, string) {
			from, _ := strconv.Atoi(r.URL.Query().Get("after"))
			to, next := min(from+2, len(all)), ""
			if to < len(all) {
				next = strconv.Itoa(to)
			}
			var items []string
			for _, o := range all[min(from, to):to] {
				items = append(items, toyJSON(o))
			}
			return http.StatusOK, fmt.Sprintf(`{"items":[%s],"next":%q}`, strings.Join(items, ","), next)
		},
		Words: toyWords, Pending: "open",
		Errors: []contract.ErrorCase{{Name: "declined", Status: 402, Body: `{"code":"declined"}`, Kind: guichet.ErrDeclined, Code: "declined"}},
	}
	if keyed {
		h.KeyHeader = "Idempotency-Key"
	}
	return h
}

type toy struct {
	t     *transport.Client
	rules request.Rules
}

func newToy(keyed bool) func(opts ...guichet.Option) (guichet.Client, error) {
	return func(opts ...guichet.Option) (guichet.Client, error) {
		cfg := transport.Config{
			Provider: "toy", BaseURL: "https://toy.example/v1", Secrets: []string{toyKey},
			Authorize: func(h http.Header) { h.Set("X-Toy-Key", toyKey) },
			Refusal: func(a *transport.Answer) *guichet.Error {
				body, err := a.JSON()
				if err != nil {
					return &guichet.Error{}
				}
				e := &guichet.Error{ProviderCode: body.Get("code").Text(), Message: body.Get("message").Text()}
				if e.ProviderCode == "declined" {
					e.Kind = guichet.ErrDeclined
				}
				return e
			},
		}
		if keyed {
			cfg.KeyHeader = "Idempotency-Key"
		}
		t, err := transport.New(cfg, opts...)
		if err != nil {
			return nil, err
		}
		return &toy{t: t, rules: request.Rules{Provider: "toy", AcceptKey: keyed, Capabilities: guichet.Capabilities{
			List: true, Idempotency: keyed, StatusReference: true, StatusAmount: true,
		}}}, nil
	}
}

func (c *toy) Capabilities() guichet.Capabilities { return c.rules.Capabilities }
func (c *toy) CloseIdleConnections()              { c.t.CloseIdleConnections() }

func toyBody(req guichet.PaymentRequest) []byte {
	body, err := strictjson.Marshal(map[string]any{"order": req.Reference, "amount": req.Amount.Minor})
	if err != nil {
		panic(err)
	}
	return body
}

func (c *toy) CreatePayment(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	if err := c.rules.Payment(req); err != nil {
		return nil, err
	}
	call := &transport.Call{
		Op: "CreatePayment", Method: http.MethodPost, Route: "/pay", Body: toyBody(req),
		Policy: transport.Write, Reference: req.Reference, Sensitive: []string{req.Customer.Phone, req.Customer.Email},
	}
	if c.rules.AcceptKey {
		call.Policy, call.IdempotencyKey = transport.Keyed, req.IdempotencyKey
		if call.IdempotencyKey == "" {
			call.IdempotencyKey = req.Reference
		}
	}
	return c.payment(ctx, call)
}

func (c *toy) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	return c.payment(ctx, &transport.Call{Op: "GetStatus", Method: http.MethodGet, Route: "/pay/{id}", Args: []string{id}})
}

func (c *toy) payment(ctx context.Context, call *transport.Call) (*guichet.Payment, error) {
	var payment *guichet.Payment
	call.Decode = func(a *transport.Answer) error {
		body, err := a.JSON()
		if err != nil {
			return err
		}
		payment, err = c.read(body)
		return err
	}
	if _, err := c.t.Do(ctx, call); err != nil {
		return nil, err
	}
	return payment, nil
}

func (c *toy) read(v strictjson.Value) (*guichet.Payment, error) {
	var wire toyWire
	if err := readToy.Read(v, &wire); err != nil {
		return nil, err
	}
	return wire.payment(c.t.CheckoutURL(wire.URL))
}

func (c *toy) List(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
	if err := c.rules.List(params); err != nil {
		return nil, err
	}
	var page *guichet.Page
	_, err := c.t.Do(ctx, &transport.Call{
		Op: "List", Method: http.MethodGet, Route: "/pay", Query: map[string][]string{"after": {params.Cursor}},
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
				p, err := c.read(item)
				if err != nil {
					return err
				}
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

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestToy(t *testing.T) {
	t.Run("without a key", func(t *testing.T) { Run(t, toyHarness(false)) })
	t.Run("keyed", func(t *testing.T) { Run(t, toyHarness(true)) })
}

// TestChaosToy makes 500 creates per seed. GUICHET_CHAOS_CALLS=5000 makes as many
// as that.
func TestChaosToy(t *testing.T) {
	for _, seed := range Seeds {
		t.Run("without a key", func(t *testing.T) { Chaos(t, toyHarness(false), seed, ChaosCalls(t)) })
		t.Run("keyed", func(t *testing.T) { Chaos(t, toyHarness(true), seed, ChaosCalls(t)) })
	}
}

// plain is the client that one writes without thinking of any of this: the
// defaults of net/http and encoding/json, and two retries.
type plain struct {
	base string
	http *http.Client
}

func newPlain(opts ...guichet.Option) (guichet.Client, error) {
	settings := config.New()
	for _, option := range opts {
		if err := config.Apply(option, &settings); err != nil {
			return nil, err
		}
	}
	c := &plain{base: settings.BaseURL, http: &http.Client{Timeout: settings.Timeout, Transport: http.DefaultTransport.(*http.Transport).Clone()}}
	if settings.HTTPClient != nil {
		c.http.Transport = settings.HTTPClient.Transport
	}
	return c, nil
}

func (c *plain) CloseIdleConnections() { c.http.CloseIdleConnections() }

func (c *plain) Capabilities() guichet.Capabilities {
	return guichet.Capabilities{List: true, StatusReference: true, StatusAmount: true}
}

func (c *plain) do(ctx context.Context, method, path string, body []byte, dst any) error {
	fail := func(err error) error { return &guichet.Error{Provider: "toy", Kind: guichet.ErrUnavailable, Err: err} }
	var last error
	for range 3 {
		r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
		if err != nil {
			return fail(err)
		}
		r.Header.Set("X-Toy-Key", toyKey)
		r.Header.Set("Idempotency-Key", "k")
		res, err := c.http.Do(r)
		if err != nil {
			last = fail(err)
			continue
		}
		answer, err := io.ReadAll(res.Body)
		res.Body.Close()
		switch {
		case err != nil || res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests:
			last = fail(fmt.Errorf("HTTP %d: %s", res.StatusCode, answer))
			continue
		case res.StatusCode >= 400:
			return fail(fmt.Errorf("HTTP %d: %s", res.StatusCode, answer))
		}
		_ = json.Unmarshal(answer, dst)
		return nil
	}
	return last
}

func (c *plain) CreatePayment(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	var wire toyWire
	if err := c.do(ctx, http.MethodPost, "/pay", toyBody(req), &wire); err != nil {
		return nil, err
	}
	p, _ := wire.payment(wire.URL)
	return p, nil
}

func (c *plain) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	var wire toyWire
	if err := c.do(ctx, http.MethodGet, "/pay/"+id, nil, &wire); err != nil {
		return nil, err
	}
	p, _ := wire.payment(wire.URL)
	return p, nil
}

func (c *plain) List(context.Context, guichet.ListParams) (*guichet.Page, error) {
	return nil, errors.ErrUnsupported
}

// TestTheMatrixNotices runs the plain client: each bad answer is so good otherwise
// that it takes it for a payment, creates the payment twice, or leaks the key.
func TestTheMatrixNotices(t *testing.T) {
	const (
		twice     = "the create reached the provider"
		untrue    = "said to be not sent"
		leak      = "shows a secret"
		url       = "*url.Error"
		another   = "another host was asked"
		asSuccess = "success (<nil>), not unknown"
		header    = "Idempotency-Key is"
	)
	h := toyHarness(false)
	h.New, h.ListPage = newPlain, nil
	m := newMatrix(t, h, nil)
	m.yardstick = newYardstick()
	defer m.yardstick.stop()
	for id, want := range map[string][]string{
		"F00": {header}, "F01": {url}, "F03": {url},
		"F10": {twice, untrue}, "F11": {twice, untrue, url}, "F12": {twice, untrue}, "F13": {twice, asSuccess}, "F14": {twice, asSuccess},
		"F15": {twice, untrue}, "F19": {twice, untrue}, "F20": {twice, untrue},
		"F22": {leak}, "F22c": {twice, leak}, "F23b": {leak}, "F26": {untrue}, "F29": {twice}, "F32": {twice, untrue, leak}, "F34b": {twice},
		"F36": {another, asSuccess}, "F37": {another, asSuccess}, "F38": {twice, url, leak},
		"F40": {asSuccess}, "F41": {asSuccess}, "F43": {asSuccess},
		"F46": {"not unknown"}, "F50": {"not unknown"}, "F51": {asSuccess}, "F51b": {asSuccess}, "F53": {"another payment than was asked for"}, "F53b": {header}, "F54": {asSuccess},
		"F56": {twice, untrue}, "F58": {twice, untrue}, "F62": {untrue, url}, "F63": {twice},
		"H11": {twice, untrue}, "H13": {twice, asSuccess}, "H14": {twice, asSuccess}, "H36": {another}, "H41": {asSuccess},
	} {
		i := slices.IndexFunc(allRows(), func(r row) bool { return r.id == id })
		r := allRows()[i]
		t.Run(id+" "+r.name, func(t *testing.T) {
			c := &cell{matrix: m, row: r, op: Create, want: m.expect(r, Create), scale: 1}
			found := strings.Join(c.run().faults, "\n")
			for _, fault := range want {
				if !strings.Contains(found, fault) {
					t.Errorf("%q is not noticed; found: %s", fault, found)
				}
			}
		})
	}
}
