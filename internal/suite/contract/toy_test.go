package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
	"github.com/guichetpay/guichet/internal/webhook"
)

// The toy is a provider made for this test: the smallest client that keeps every
// promise, over POST /pay, GET /pay/{id} and GET /pay.

const (
	toyKey    = "toy_key_0123456789"
	toySecret = "toy_webhook_secret"
	toyOld    = "toy_webhook_older"
)

var toyWords = map[string]guichet.Status{"open": guichet.StatusPending, "paid": guichet.StatusSucceeded, "refused": guichet.StatusFailed}

type toyWire struct {
	ID       string           `json:"id"`
	OrderID  string           `json:"order"`
	Status   string           `json:"status"`
	Amount   guichet.Number   `json:"amount"`
	Currency guichet.Currency `json:"currency"`
	URL      string           `json:"url"`
}

var readToy = strictjson.Deciding[toyWire]("id", "order", "status", "amount", "currency", "url")

type toy struct {
	t     *transport.Client
	rules request.Rules
}

func newToy(keyed bool) func(opts ...guichet.Option) (guichet.Client, error) {
	return func(opts ...guichet.Option) (guichet.Client, error) {
		cfg := transport.Config{
			Provider: "toy", BaseURL: "https://toy.example/v1", Secrets: []string{toyKey, toySecret, toyOld},
			Authorize: func(h http.Header) { h.Set("X-Toy-Key", toyKey) },
			Refusal: func(a *transport.Answer) *guichet.Error {
				body, err := a.JSON()
				if err != nil {
					return &guichet.Error{}
				}
				return &guichet.Error{ProviderCode: body.Get("code").Text(), Message: body.Get("message").Text()}
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
			List: true, ListStatus: true, Idempotency: keyed, StatusReference: true, StatusAmount: true, SignedEvents: true,
			Currencies: []guichet.Currency{guichet.XOF, guichet.EUR},
		}}}, nil
	}
}

func (c *toy) Capabilities() guichet.Capabilities { return c.rules.Capabilities }
func (c *toy) CloseIdleConnections()              { c.t.CloseIdleConnections() }

func (c *toy) CreatePayment(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	if err := c.rules.Payment(req); err != nil {
		return nil, err
	}
	body, _ := strictjson.Marshal(map[string]any{"order": req.Reference, "amount": guichet.Number(req.Amount.Decimal()), "currency": req.Amount.Currency})
	call := &transport.Call{
		Op: "CreatePayment", Method: http.MethodPost, Route: "/pay", Body: body,
		Policy: transport.Write, Reference: req.Reference, Sensitive: []string{req.Customer.Phone, req.Customer.Email},
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
	_, err := c.t.Do(ctx, call)
	return payment, err
}

func (c *toy) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	var payment *guichet.Payment
	_, err := c.t.Do(ctx, &transport.Call{
		Op: "GetStatus", Method: http.MethodGet, Route: "/pay/{id}", Args: []string{id}, Sensitive: []string{id},
		Decode: func(a *transport.Answer) (err error) {
			payment, _, err = c.read(a)
			return err
		},
	})
	return payment, err
}

func (c *toy) read(a *transport.Answer) (*guichet.Payment, toyWire, error) {
	var wire toyWire
	body, err := a.JSON()
	if err == nil {
		err = readToy.Read(body, &wire)
	}
	if err == nil && wire.ID == "" {
		err = errors.New("no id")
	}
	if err != nil {
		return nil, wire, err
	}
	return c.fromWire(wire, body.Copy()), wire, nil
}

func (c *toy) fromWire(w toyWire, raw []byte) *guichet.Payment {
	amount, _ := w.Amount.Major(w.Currency)
	return &guichet.Payment{
		ID: w.ID, Reference: w.OrderID, Provider: "toy", Status: toyWords[w.Status], ProviderStatus: w.Status,
		Amount: amount, CheckoutURL: c.t.CheckoutURL(w.URL), Raw: raw,
	}
}

func (c *toy) List(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
	if err := c.rules.List(params); err != nil {
		return nil, err
	}
	page := &guichet.Page{}
	_, err := c.t.Do(ctx, &transport.Call{
		Op: "List", Method: http.MethodGet, Route: "/pay", Query: map[string][]string{"after": {params.Cursor}},
		Decode: func(a *transport.Answer) error {
			body, err := a.JSON()
			if err != nil {
				return err
			}
			page.Next = body.Get("next").Text()
			for item := range body.Get("items").All() {
				var wire toyWire
				if err := readToy.Read(item, &wire); err != nil {
					return err
				}
				page.Payments = append(page.Payments, c.fromWire(wire, nil))
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

func (c *toy) ParseWebhook(_ context.Context, header http.Header, body []byte) (*guichet.Event, error) {
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
	if !ok || !timeOK || !webhook.Verify(mac, func() []string { return []string{toySecret, toyOld} }, []byte(stamp), []byte("."), body) ||
		!webhook.Fresh(at, time.Now(), 5*time.Minute) {
		return fail(guichet.ErrUntrusted)
	}
	var wire toyWire
	doc, err := strictjson.Parse(body)
	if err != nil {
		return fail(guichet.ErrBadResponse)
	}
	defer doc.Release()
	if readToy.Read(doc.Root(), &wire) != nil {
		return fail(guichet.ErrBadResponse)
	}
	return &guichet.Event{ID: wire.ID + wire.Status, Type: wire.Status, Reference: wire.OrderID, PaymentID: wire.ID, Verified: true, Raw: body}, nil
}

func toyJSON(o Order) string {
	amount, note := o.AmountJSON, `"x"`
	if amount == "" {
		amount = o.Amount.Decimal()
	}
	if o.Nulls {
		note = "null"
	}
	return fmt.Sprintf(`{"id":%q,"order":%q,"status":%q,"amount":%s,"currency":%q,"url":%q,"note":%s}`, o.ID, o.Reference, o.Word, amount, o.Amount.Currency, o.CheckoutURL, note)
}

func toyHarness(keyed bool) Harness {
	h := Harness{
		Name: "toy", New: newToy(keyed), NewFake: newToyFake, Base: "https://toy.example/v1",
		Auth: http.Header{"X-Toy-Key": {toyKey}}, Secrets: []string{toyKey}, Currency: guichet.XOF, Echoes: true,
		IsCreate: func(r *http.Request) bool { return r.Method == http.MethodPost },
		IsList:   func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/pay") && r.Method == http.MethodGet },
		Respond:  func(_ *http.Request, o Order) (int, string) { return 200, toyJSON(o) },
		ListPage: func(r *http.Request, all []Order) (int, string) {
			from, _ := strconv.Atoi(r.URL.Query().Get("after"))
			to, next := min(from+2, len(all)), ""
			if to < len(all) {
				next = strconv.Itoa(to)
			}
			var items []string
			for _, o := range all[from:to] {
				items = append(items, toyJSON(o))
			}
			return 200, fmt.Sprintf(`{"items":[%s],"next":%q}`, strings.Join(items, ","), next)
		},
		Words: toyWords, Pending: "open",
		GoodAmount: []string{"5000", `"5000"`, "5000.00"}, BadAmount: []string{"5000.5", "true", `"x"`, "1e400"},
		Errors: []ErrorCase{{Name: "no such payment", Status: 404, Body: `{"code":"gone","message":"x"}`, Kind: guichet.ErrNotFound, Code: "gone"}},
		Webhook: Webhook{
			Secret: toySecret, PreviousSecret: toyOld, Timed: true, Signature: "X-Toy-Signature",
			Body: func(o Order) []byte { return []byte(toyJSON(o)) },
			Sign: func(secret string, at time.Time, body []byte) http.Header {
				stamp := strconv.FormatInt(at.Unix(), 10)
				return http.Header{"X-Toy-Time": {stamp}, "X-Toy-Signature": {webhook.Sign(secret, []byte(stamp), []byte("."), body)}}
			},
		},
	}
	if keyed {
		h.KeyHeader = "Idempotency-Key"
	}
	return h
}

// toyFake keeps orders in memory.
type toyFake struct {
	*fake.Server
	mu     sync.Mutex
	orders map[string]*Order
}

func newToyFake() Fake {
	f := &toyFake{orders: map[string]*Order{}}
	f.Server = fake.Start(http.HandlerFunc(f.serve), func(*http.Request) bool { return true })
	return f
}

func (f *toyFake) Options() []guichet.Option {
	return []guichet.Option{guichet.WithBaseURL(f.URL + "/v1")}
}
func (f *toyFake) Pay(id string) error  { return f.set(id, "paid") }
func (f *toyFake) Fail(id string) error { return f.set(id, "refused") }

func (f *toyFake) set(id, word string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.orders[id] == nil {
		return errors.New("unknown id")
	}
	f.orders[id].Word = word
	return nil
}

func (f *toyFake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Method == http.MethodPost {
		var body struct {
			Order    string
			Amount   json.Number
			Currency guichet.Currency
		}
		json.NewDecoder(r.Body).Decode(&body)
		amount, _ := guichet.ParseMoney(body.Amount.String(), body.Currency)
		o := &Order{ID: fake.NewID(len(f.orders) + 1), Reference: body.Order, Amount: amount, Word: "open", CheckoutURL: "https://toy.example/checkout"}
		f.orders[o.ID] = o
		io.WriteString(w, toyJSON(*o))
		return
	}
	if o := f.orders[r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]]; o != nil {
		io.WriteString(w, toyJSON(*o))
		return
	}
	w.WriteHeader(http.StatusNotFound)
}

func TestTheToyPasses(t *testing.T) {
	for _, keyed := range []bool{true, false} {
		t.Run(fmt.Sprintf("keyed %t", keyed), func(t *testing.T) { Run(t, toyHarness(keyed)) })
	}
}
