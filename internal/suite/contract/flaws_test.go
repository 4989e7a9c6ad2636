package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
)

// wrong is the toy with one promise broken: each func replaces a method.
type wrong struct {
	*toy
	create func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error)
	status func(ctx context.Context, id string) (*guichet.Payment, error)
	list   func(ctx context.Context, params guichet.ListParams) (*guichet.Page, error)
	parse  func(ctx context.Context, header http.Header, body []byte) (*guichet.Event, error)
	caps   func(guichet.Capabilities) guichet.Capabilities
}

func (w *wrong) CreatePayment(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	if w.create != nil {
		return w.create(ctx, req)
	}
	return w.toy.CreatePayment(ctx, req)
}

func (w *wrong) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	if w.status != nil {
		return w.status(ctx, id)
	}
	return w.toy.GetStatus(ctx, id)
}

func (w *wrong) List(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
	if w.list != nil {
		return w.list(ctx, params)
	}
	return w.toy.List(ctx, params)
}

func (w *wrong) ParseWebhook(ctx context.Context, header http.Header, body []byte) (*guichet.Event, error) {
	if w.parse != nil {
		return w.parse(ctx, header, body)
	}
	return w.toy.ParseWebhook(ctx, header, body)
}

func (w *wrong) Capabilities() guichet.Capabilities {
	if w.caps != nil {
		return w.caps(w.toy.Capabilities())
	}
	return w.toy.Capabilities()
}

// released ends the goroutines that the flaw below leaves behind.
var released chan struct{}

// flaw breaks the promise of the same name.
type flaw struct {
	behaviour string
	keyed     bool
	breaks    func(w *wrong)
	wire      func(next http.RoundTripper) http.RoundTripper // broken below the client
	option    func(hc *http.Client)                          // broken in New
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// onStatus changes what GetStatus returns.
func onStatus(change func(p *guichet.Payment, err error) (*guichet.Payment, error)) func(*wrong) {
	return func(w *wrong) {
		w.status = func(ctx context.Context, id string) (*guichet.Payment, error) {
			return change(w.toy.GetStatus(ctx, id))
		}
	}
}

// onCreate changes what CreatePayment returns.
func onCreate(change func(p *guichet.Payment, err error) (*guichet.Payment, error)) func(*wrong) {
	return func(w *wrong) {
		w.create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			return change(w.toy.CreatePayment(ctx, req))
		}
	}
}

// onWire changes each answer.
func onWire(change func(*http.Response)) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			res, err := next.RoundTrip(r)
			if res != nil {
				change(res)
			}
			return res, err
		})
	}
}

var attempts, orders atomic.Int64

var flaws = []flaw{
	{behaviour: "round trip on the fake", breaks: onStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil {
			p.ID += "x"
		}
		return p, err
	})},
	{behaviour: "auth headers on every request", wire: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			r.Header.Set("Authorization", "Bearer "+toyKey)
			return next.RoundTrip(r)
		})
	}},
	{behaviour: "no secret in any printed form", breaks: onCreate(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if e := new(guichet.Error); errors.As(err, &e) {
			e.Message = "Post https://toy.example/v1/pay?key=" + toyKey
		}
		return p, err
	})},
	{behaviour: "nothing written to stdout or stderr", breaks: onCreate(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		fmt.Fprintln(os.Stderr, "WARN", err)
		return p, err
	})},
	{behaviour: "unknown status word", breaks: onStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil && p.Status == guichet.StatusUnknown {
			p.Status = guichet.StatusSucceeded
		}
		return p, err
	})},
	{behaviour: "every documented status word", breaks: onStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil && p.ProviderStatus == "refused" {
			p.Status = guichet.StatusCanceled
		}
		return p, err
	})},
	{behaviour: "unsupported operations and fields send nothing", breaks: func(w *wrong) {
		w.create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			req.CallbackURL = "" // dropped in silence
			return w.toy.CreatePayment(ctx, req)
		}
	}},
	{behaviour: "capability flags agree with behaviour", breaks: func(w *wrong) {
		w.caps = func(c guichet.Capabilities) guichet.Capabilities { c.Metadata = true; return c }
	}},
	{behaviour: "redirects are not followed", wire: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			res, err := next.RoundTrip(r)
			for err == nil && res.StatusCode/100 == 3 {
				target, parseErr := http.NewRequest(r.Method, res.Header.Get("Location"), nil)
				if parseErr != nil {
					break
				}
				res.Body.Close()
				target.Header = r.Header
				res, err = next.RoundTrip(target)
			}
			return res, err
		})
	}},
	{behaviour: "hostile ids", breaks: func(w *wrong) {
		w.status = func(ctx context.Context, id string) (*guichet.Payment, error) {
			return w.toy.GetStatus(ctx, strings.ReplaceAll(id, "..", "parent"))
		}
	}},
	{behaviour: "amounts that cannot be asked for", breaks: func(w *wrong) {
		w.create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			req.Amount.Minor = max(req.Amount.Minor, -req.Amount.Minor)
			return w.toy.CreatePayment(ctx, req)
		}
	}},
	{behaviour: "amounts as the provider may write them", breaks: onStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil && p.Amount == (guichet.Money{}) { // a float would have rounded
			p.Amount = guichet.NewMoney(5000, guichet.XOF)
		}
		return p, err
	})},
	{behaviour: "nulls in optional members", breaks: onStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil && bytes.Contains(p.Raw, []byte("null")) {
			return nil, &guichet.Error{Kind: guichet.ErrBadResponse}
		}
		return p, err
	})},
	{behaviour: "documented errors", breaks: onStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if e := new(guichet.Error); errors.As(err, &e) {
			e.ProviderCode = ""
		}
		return p, err
	})},
	{behaviour: "unreadable answers are never a payment", breaks: onStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if errors.Is(err, guichet.ErrBadResponse) {
			return &guichet.Payment{ID: "1", Status: guichet.StatusPending}, nil
		}
		return p, err
	})},
	{behaviour: "reads are retried, refusals are not", breaks: func(w *wrong) {
		w.status = func(ctx context.Context, id string) (*guichet.Payment, error) {
			p, err := w.toy.GetStatus(ctx, id)
			if err != nil {
				return w.toy.GetStatus(ctx, id)
			}
			return p, err
		}
	}},
	{behaviour: "creates without a key are sent once", breaks: func(w *wrong) {
		w.create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			p, err := w.toy.CreatePayment(ctx, req)
			if err != nil {
				return w.toy.CreatePayment(ctx, req)
			}
			return p, err
		}
	}},
	{behaviour: "permitted retries repeat key and bytes", keyed: true, wire: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			r.Header.Set("Idempotency-Key", "attempt-"+strconv.FormatInt(attempts.Add(1), 10))
			return next.RoundTrip(r)
		})
	}},
	{behaviour: "an unknown outcome says so", breaks: onCreate(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if e := new(guichet.Error); errors.As(err, &e) {
			e.OutcomeUnknown = false
		}
		return p, err
	})},
	{behaviour: "what was not sent is retried and known", wire: func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			return next.RoundTrip(r.WithContext(context.WithoutCancel(context.Background()))) // the trace is lost
		})
	}},
	{behaviour: "Retry-After is honoured, capped and cancellable", wire: onWire(func(res *http.Response) { res.Header.Del("Retry-After") })},
	{behaviour: "a list ends and yields each payment once", breaks: func(w *wrong) {
		w.list = func(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
			page, err := w.toy.List(ctx, params)
			if page != nil {
				page.Next = "" // the rest is dropped in silence
			}
			return page, err
		}
	}},
	{behaviour: "an echo that differs is a mismatch", breaks: onCreate(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if errors.Is(err, guichet.ErrMismatch) {
			return p, nil
		}
		return p, err
	})},
	{behaviour: "Confirms", breaks: onStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil && p.Status.Final() {
			p.Status = guichet.StatusSucceeded
		}
		return p, err
	})},
	{behaviour: "webhooks", breaks: func(w *wrong) {
		w.parse = func(ctx context.Context, header http.Header, body []byte) (*guichet.Event, error) {
			event, err := w.toy.ParseWebhook(ctx, header, body)
			if errors.Is(err, guichet.ErrUntrusted) {
				return &guichet.Event{ID: "1", Reference: "ORDER-001", Verified: true, Raw: body}, nil
			}
			return event, err
		}
	}},
	{behaviour: "size caps", wire: onWire(func(res *http.Response) {
		body, _ := io.ReadAll(res.Body)
		res.Body = io.NopCloser(bytes.NewReader(bytes.TrimRight(body, " ")))
	})},
	{behaviour: "200 goroutines", breaks: func(w *wrong) {
		w.create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			if orders.Add(1)%50 == 0 { // another call's body
				req.Reference = "ORDER-OF-SOMEBODY-ELSE"
			}
			return w.toy.CreatePayment(ctx, req)
		}
	}},
	{behaviour: "no goroutine is left", breaks: onCreate(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		go func() { <-released }()
		return p, err
	})},
	{behaviour: "the caller's http.Client is unchanged", option: func(hc *http.Client) { hc.Timeout = time.Second }},
}

// harness is the toy's, with the flaw in it.
func (f flaw) harness() Harness {
	h := toyHarness(f.keyed)
	h.New = func(opts ...guichet.Option) (guichet.Client, error) {
		if f.wire != nil || f.option != nil {
			settings := config.New()
			for _, option := range opts {
				if err := config.Apply(option, &settings); err != nil {
					return nil, err
				}
			}
			hc := settings.HTTPClient
			if hc == nil {
				hc = &http.Client{Transport: &http.Transport{}}
			}
			if f.option != nil {
				f.option(hc)
			} else {
				opts = append(opts, guichet.WithHTTPClient(&http.Client{Transport: f.wire(hc.Transport)}))
			}
		}
		c, err := newToy(f.keyed)(opts...)
		if err != nil {
			return nil, err
		}
		w := &wrong{toy: c.(*toy)}
		if f.breaks != nil {
			f.breaks(w)
		}
		return w, nil
	}
	return h
}

// TestTheSuiteNotices runs every behaviour against a client that breaks it.
func TestTheSuiteNotices(t *testing.T) {
	released = make(chan struct{})
	defer close(released)
	broken := map[string]bool{}
	for _, f := range flaws {
		broken[f.behaviour] = true
		t.Run(f.behaviour, func(t *testing.T) {
			for _, b := range behaviours {
				if b.name == f.behaviour && len(check(t, f.harness(), b)) == 0 {
					t.Error("a client that breaks the promise passes")
				}
			}
		})
	}
	for _, b := range behaviours {
		if !broken[b.name] {
			t.Errorf("no wrong client for %q", b.name)
		}
	}
}

// TestEveryProviderRunsTheSuites looks for folders with a client, and for the
// lines that hold them to the suites.
func TestEveryProviderRunsTheSuites(t *testing.T) {
	providers, err := filepath.Glob("../../../*/UNVERIFIED.md")
	if err != nil || len(providers) == 0 {
		t.Fatalf("no provider folder found: %v", err)
	}
	for _, path := range providers {
		for _, suite := range []string{"contract.Run", "network.Run", "network.Chaos", "input.Run", "input.RunTyped", "leaks.Run"} {
			file, _, _ := strings.Cut(suite, ".")
			source, err := os.ReadFile(filepath.Join(filepath.Dir(path), file+"_test.go"))
			if err != nil || !bytes.Contains(source, []byte(suite+"(t, ")) {
				t.Errorf("%s does not call %s", filepath.Dir(path), suite)
			}
		}
	}
}
