package leaks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/suite/scripted"
	"github.com/guichetpay/guichet/internal/suite/toy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// telling changes the error of a create.
func telling(change func(e *guichet.Error, req guichet.PaymentRequest)) func(*toy.Wrong) {
	return func(w *toy.Wrong) {
		w.Create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			p, err := w.Client.CreatePayment(ctx, req)
			if e := new(guichet.Error); errors.As(err, &e) {
				change(e, req)
			}
			return p, err
		}
	}
}

const streams = "stdout and stderr"

// flaws are clients that are wrong, and what the behaviour must say of them.
var flaws = []struct {
	behaviour string
	problem   string
	toy.Flaw
}{
	{"settings", "shows Config.APIKey", toy.Flaw{New: func(cfg toy.Config, opts ...guichet.Option) (*toy.Client, error) {
		c, err := toy.New(cfg, opts...)
		if e := new(guichet.Error); errors.As(err, &e) {
			e.Message = fmt.Sprintf("the key %q is malformed", cfg.APIKey)
		}
		return c, err
	}}},
	{"values", "shows the checkout page", toy.Flaw{Breaks: toy.OnStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil {
			p.ProviderStatus += " at " + p.CheckoutURL
		}
		return p, err
	})}},
	{"refused requests", "shows the e-mail", toy.Flaw{Breaks: telling(func(e *guichet.Error, req guichet.PaymentRequest) { e.Message += ": " + req.Customer.Email })}},
	{"answers that echo", "shows the customer's phone", toy.Flaw{Breaks: telling(func(e *guichet.Error, req guichet.PaymentRequest) {
		e.Message += " " + url.QueryEscape(req.Customer.Phone)
	})}},
	{"answers that echo", "shows Config.WebhookSecret", toy.Flaw{New: func(cfg toy.Config, opts ...guichet.Option) (*toy.Client, error) {
		cfg.WebhookSecret, cfg.PreviousWebhookSecret = "", "" // so that they are not known as such
		return toy.New(cfg, opts...)
	}}},
	{"a network that fails", "is in the chain", toy.Flaw{Breaks: telling(func(e *guichet.Error, _ guichet.PaymentRequest) {
		e.Err = &url.Error{Op: "Post", URL: "https://toy.example/v1/pay", Err: errors.New("refused")}
	})}},
	{"a network that fails", "shows the last name", toy.Flaw{Breaks: telling(func(e *guichet.Error, req guichet.PaymentRequest) {
		e.Err = &net.OpError{Op: "write", Net: "tcp", Err: errors.New("cannot write " + req.Customer.LastName)}
	})}},
	{"webhooks", "shows the wallet's phone", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Parse = func(ctx context.Context, header http.Header, body []byte) (*guichet.Event, error) {
			event, err := w.Client.ParseWebhook(ctx, header, body)
			if e := new(guichet.Error); errors.As(err, &e) {
				e.Message = "cannot read " + string(body)
			}
			return event, err
		}
	}}},
	{"typed methods", "shows the customer's phone", toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Link = func(ctx context.Context, req toy.LinkRequest) (*toy.Link, error) {
			link, err := w.Client.SendLink(ctx, req)
			if e := new(guichet.Error); errors.As(err, &e) {
				e.Message += " to " + req.Phone
			}
			return link, err
		}
	}}},
	{"the log", "a line of the log shows Config.APIKey", toy.Flaw{New: func(cfg toy.Config, opts ...guichet.Option) (*toy.Client, error) {
		settings := config.New()
		for _, o := range opts {
			if err := config.Apply(o, &settings); err != nil {
				return nil, err
			}
		}
		settings.Logger.Debug("a client", "key", cfg.APIKey)
		return toy.New(cfg, opts...)
	}}},
	{streams, "bytes are written", toy.Flaw{Breaks: telling(func(e *guichet.Error, _ guichet.PaymentRequest) { fmt.Fprintln(os.Stderr, "WARN", e.Op) })}},
}

// problems is what one behaviour says of a client.
func problems(t *testing.T, h contract.Harness, behaviour string) string {
	found := scripted.Problems(t, func(t scripted.T) {
		s := newSuite(t, h)
		if behaviour == streams {
			s.checkWritten(t, captured(t, func() { s.checkRefused(t) }))
		}
		for _, b := range behaviours {
			if b.name == behaviour {
				b.check(s, t)
			}
		}
	})
	return strings.Join(found, "\n")
}

// TestTheSuiteNotices runs every behaviour against a client that breaks it.
func TestTheSuiteNotices(t *testing.T) {
	broken := map[string]bool{}
	for _, f := range flaws {
		broken[f.behaviour] = true
		t.Run(f.behaviour+": "+f.problem, func(t *testing.T) {
			if found := problems(t, f.Harness(), f.behaviour); !strings.Contains(found, f.problem) {
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

// TestTheToyPasses: what is found in a wrong client is its flaw.
func TestTheToyPasses(t *testing.T) {
	for _, b := range behaviours {
		t.Run(b.name, func(t *testing.T) {
			if found := problems(t, toy.Harness(false), b.name); found != "" {
				t.Errorf("%.3000s", found)
			}
		})
	}
}
