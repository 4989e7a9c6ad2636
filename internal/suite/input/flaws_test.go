package input

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/suite/scripted"
	"github.com/guichetpay/guichet/internal/suite/toy"
)

// noticed is a client that is wrong, and what the behaviour of that name must say of it.
type noticed struct {
	behaviour string
	problem   string
	toy.Flaw
}

// reword changes the refusals of a create.
func reword(change func(e *guichet.Error, req guichet.PaymentRequest)) func(*toy.Wrong) {
	return func(w *toy.Wrong) {
		w.Create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			p, err := w.Client.CreatePayment(ctx, req)
			if e := new(guichet.Error); errors.As(err, &e) && e.HTTPStatus == 0 {
				change(e, req)
			}
			return p, err
		}
	}
}

// mended changes a request before it is checked.
func mended(change func(req *guichet.PaymentRequest)) func(*toy.Wrong) {
	return func(w *toy.Wrong) {
		w.Create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			change(&req)
			return w.Client.CreatePayment(ctx, req)
		}
	}
}

var flaws = []noticed{
	{"fields", "names none of", toy.Flaw{Breaks: reword(func(e *guichet.Error, _ guichet.PaymentRequest) { e.Message = "invalid request" })}},
	{"fields", "the error repeats the value", toy.Flaw{Breaks: reword(func(e *guichet.Error, req guichet.PaymentRequest) { e.Message += req.SuccessURL })}},
	{"fields", "the outcome is unknown", toy.Flaw{Breaks: reword(func(e *guichet.Error, _ guichet.PaymentRequest) { e.OutcomeUnknown = true })}},
	{"fields", "neither refused nor transmitted", toy.Flaw{Breaks: mended(func(req *guichet.PaymentRequest) { req.Description = strings.TrimSpace(req.Description) })}},
	{"fields", "refused, and sent all the same", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			_ = w.Client.Do(ctx, http.MethodPost, "/pay", map[string]string{"order": "probe"}, nil)
			return w.Client.CreatePayment(ctx, req)
		}
	}}},
	{"fields", "has a step in it", toy.Flaw{Wire: func(next http.RoundTripper) http.RoundTripper {
		return toy.RoundTripper(func(r *http.Request) (*http.Response, error) {
			r.URL.RawPath = "" // an escaped slash becomes a slash
			return next.RoundTrip(r)
		})
	}}},
	{"fields", "panic", toy.Flaw{Breaks: mended(func(req *guichet.PaymentRequest) {
		if req.Customer.Phone != "" {
			_ = req.Customer.Phone[5]
		}
	})}},
	{"ids that are refused", `payment id "..": 1 requests`, toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Status = func(ctx context.Context, id string) (*guichet.Payment, error) {
			return w.Client.GetStatus(ctx, strings.ReplaceAll(id, "..", "parent"))
		}
	}}},
	{"amounts", "nobody can say what it is worth", toy.Flaw{Breaks: mended(func(req *guichet.PaymentRequest) { req.Amount.Minor = max(req.Amount.Minor, -req.Amount.Minor) })}},
	{"amounts", "is sent for", toy.Flaw{Breaks: mended(func(req *guichet.PaymentRequest) {
		if req.Amount.Minor > 1<<53 { // as a float would
			req.Amount.Minor &^= 1
		}
	})}},
	{"metadata", "sent, though one entry is not", toy.Flaw{Breaks: mended(func(req *guichet.PaymentRequest) { req.Metadata = nil })}},
	{"webhook secrets", "anyone can sign", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Parse = func(context.Context, http.Header, []byte) (*guichet.Event, error) {
			return &guichet.Event{ID: "1"}, nil
		}
	}}},
	{"webhook secrets", "a delivery signed with it", toy.Flaw{New: func(cfg toy.Config, opts ...guichet.Option) (*toy.Client, error) {
		cfg.WebhookSecret += "x"
		return toy.New(cfg, opts...)
	}}},
	{"environments", "ask https://toy.example.evil.test", toy.Flaw{Wire: elsewhere}},
	{"base URLs", "not refused", toy.Flaw{New: func(cfg toy.Config, opts ...guichet.Option) (*toy.Client, error) {
		var some []guichet.Option
		for _, o := range opts { // those that fail are passed over
			if settings := config.New(); config.Apply(o, &settings) == nil {
				some = append(some, o)
			}
		}
		return toy.New(cfg, some...)
	}}},
	{"base URLs", "asked [https://toy.example.evil.test", toy.Flaw{Wire: elsewhere}},
	{"Do", "Do of path", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Raw = func(ctx context.Context, method, path string, body, dst any) error {
			return w.Client.Do(ctx, method, strings.ReplaceAll(path, "..", "x"), body, dst)
		}
	}}},
	{"Do", "Do with method", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Raw = func(ctx context.Context, method, path string, body, dst any) error {
			return w.Client.Do(ctx, strings.ToUpper(strings.TrimSpace(method)), path, body, dst)
		}
	}}},
	{"Do", "Do with a body", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Raw = func(ctx context.Context, method, path string, body, dst any) error {
			if data, err := json.Marshal(body); err == nil && body != nil { // loses what encoding/json loses
				_ = json.Unmarshal(data, &body)
			}
			return w.Client.Do(ctx, method, path, body, dst)
		}
	}}},
	{"options", "a nil option", toy.Flaw{New: func(cfg toy.Config, opts ...guichet.Option) (*toy.Client, error) {
		var some []guichet.Option
		for _, o := range opts {
			if o != nil {
				some = append(some, o)
			}
		}
		return toy.New(cfg, some...)
	}}},
	{"structure", "CreatePayment with a nil context", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			if ctx == nil {
				ctx = context.Background()
			}
			return w.Client.CreatePayment(ctx, req)
		}
	}}},
	{"structure", "after the end of its context", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Status = func(ctx context.Context, id string) (*guichet.Payment, error) {
			return w.Client.GetStatus(context.Background(), id)
		}
	}}},
	{"structure", "of a nil client: panic", toy.Flaw{}}, // Wrong has no methods on nil
	{"structure", "limit -1", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Page = func(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
			params.Limit = 0
			return w.Client.List(ctx, params)
		}
	}}},
	{"webhooks", "answered 200, not 401", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Parse = func(ctx context.Context, header http.Header, body []byte) (*guichet.Event, error) {
			event, err := w.Client.ParseWebhook(ctx, header, body)
			if errors.Is(err, guichet.ErrUntrusted) {
				return &guichet.Event{ID: "1"}, nil
			}
			return event, err
		}
	}}},
	{"webhooks", "answered 200, not 400", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Parse = func(ctx context.Context, header http.Header, body []byte) (*guichet.Event, error) {
			event, err := w.Client.ParseWebhook(ctx, header, body)
			if errors.Is(err, guichet.ErrBadResponse) {
				return &guichet.Event{ID: "1"}, nil
			}
			return event, err
		}
	}}},
	{"typed methods", "does not name the field", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Link = func(ctx context.Context, req toy.LinkRequest) (*toy.Link, error) {
			link, err := w.Client.SendLink(ctx, req)
			if e := new(guichet.Error); errors.As(err, &e) {
				e.Message = "bad"
			}
			return link, err
		}
	}}},
	{"typed methods", "neither refused nor transmitted", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Link = func(ctx context.Context, req toy.LinkRequest) (*toy.Link, error) {
			req.Title = strings.ToLower(req.Title)
			return w.Client.SendLink(ctx, req)
		}
	}}},
}

// elsewhere sends every request to another host, in memory.
func elsewhere(next http.RoundTripper) http.RoundTripper {
	return toy.RoundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Scheme == "https" {
			r = r.Clone(r.Context())
			r.URL.Host = "toy.example.evil.test"
		}
		return next.RoundTrip(r)
	})
}

// TestTheSuiteNotices runs every behaviour against a client that breaks it.
func TestTheSuiteNotices(t *testing.T) {
	broken := map[string]bool{}
	for _, f := range flaws {
		broken[f.behaviour] = true
		t.Run(f.behaviour+": "+f.problem, func(t *testing.T) {
			found := problems(t, f.Harness(), f.behaviour)
			if !strings.Contains(found, f.problem) {
				t.Errorf("not noticed; found:\n%.2000s", found)
			}
		})
	}
	for _, b := range behaviours {
		if !broken[b.name] {
			t.Errorf("no wrong client for %q", b.name)
		}
	}
}

// problems is what one behaviour says of a client.
func problems(t *testing.T, h contract.Harness, behaviour string) string {
	var found []string
	for _, b := range behaviours {
		if b.name == behaviour {
			found = append(found, scripted.Problems(t, func(t scripted.T) {
				s := newSuite(t, h)
				defer s.network.close()
				b.check(s, t)
			})...)
		}
	}
	return strings.Join(found, "\n")
}

// TestTheToyPasses: what is found in a wrong client is its flaw.
func TestTheToyPasses(t *testing.T) {
	for _, b := range behaviours {
		t.Run(b.name, func(t *testing.T) {
			if found := problems(t, toy.Harness(false), b.name); found != "" {
				t.Error(found)
			}
		})
	}
}

// TestMembersNotices reads answers as one does who trusts encoding/json.
func TestMembersNotices(t *testing.T) {
	const body = `{"id":"1","reference":"R","status":"paid","amount":5000,"note":"x"}`
	answer := func(read func(body string) ([]Reading, error)) string {
		a := Answer{Name: "an answer", Body: body, Decides: []string{"id", "reference", "status", "amount"}}
		a.Read = func(_ *testing.T, body string) ([]Reading, error) { return read(body) }
		return strings.Join(scripted.Problems(t, func(r scripted.T) { a.check(t, r) }), "\n")
	}
	reading := func(id, reference, status string, amount int64) []Reading {
		r := Reading{ID: id, Reference: reference, Amount: guichet.NewMoney(amount, guichet.XOF)}
		if status == "paid" {
			r.Status = guichet.StatusSucceeded
		}
		if amount == 0 {
			r.Amount = guichet.Money{}
		}
		return []Reading{r}
	}
	lost := answer(func(body string) ([]Reading, error) { // a note of another kind loses the payment
		var v struct {
			ID, Reference, Status, Note string
			Amount                      int64
		}
		err := json.NewDecoder(strings.NewReader(body)).Decode(&v)
		return reading(v.ID, v.Reference, v.Status, v.Amount), err
	})
	guessed := answer(func(body string) ([]Reading, error) { // whatever is there counts as paid
		var v map[string]any
		if err := json.Unmarshal([]byte(body), &v); err != nil && err != io.EOF {
			return nil, err
		}
		id, _ := v["id"].(string)
		reference, _ := v["reference"].(string)
		amount, _ := v["amount"].(float64)
		status := "paid"
		if v["status"] == nil || reflect.ValueOf(v["status"]).IsZero() {
			status = ""
		}
		return reading(id, reference, status, int64(amount)+int64(len(id))-1), nil
	})
	for problem, found := range map[string]string{"note is 7: ": lost, "id is absent: read as": guessed} {
		if !strings.Contains(found, problem) {
			t.Errorf("%q is not noticed; found:\n%s", problem, found)
		}
	}
}
