package contract_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guichetpay/guichet"
	. "github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/suite/toy"
)

// released ends the goroutines that a flaw below leaves behind.
var released chan struct{}

// flaw breaks the behaviour of the same name.
type flaw struct {
	behaviour string
	toy.Flaw
}

var orders atomic.Int64

var flaws = []flaw{
	{behaviour: "round trip on the fake", Flaw: toy.Flaw{Breaks: toy.OnStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil {
			p.ID += "x"
		}
		return p, err
	})}},
	{behaviour: "auth headers on every request", Flaw: toy.Flaw{Wire: func(next http.RoundTripper) http.RoundTripper {
		return toy.RoundTripper(func(r *http.Request) (*http.Response, error) {
			r.Header.Set("Authorization", "Bearer "+toy.Key)
			return next.RoundTrip(r)
		})
	}}},
	{behaviour: "unknown status word", Flaw: toy.Flaw{Breaks: toy.OnStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil && p.Status == guichet.StatusUnknown {
			p.Status = guichet.StatusSucceeded
		}
		return p, err
	})}},
	{behaviour: "every documented status word", Flaw: toy.Flaw{Breaks: toy.OnStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil && p.ProviderStatus == "refused" {
			p.Status = guichet.StatusCanceled
		}
		return p, err
	})}},
	{behaviour: "unsupported operations and fields send nothing", Flaw: toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			req.CallbackURL = "" // dropped in silence
			return w.Client.CreatePayment(ctx, req)
		}
	}}},
	{behaviour: "capability flags agree with behaviour", Flaw: toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Can = func(c guichet.Capabilities) guichet.Capabilities { c.Metadata = true; return c }
	}}},
	{behaviour: "amounts as the provider may write them", Flaw: toy.Flaw{Breaks: toy.OnStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil && p.Amount == (guichet.Money{}) { // a float would have rounded
			p.Amount = guichet.NewMoney(5000, guichet.XOF)
		}
		return p, err
	})}},
	{behaviour: "nulls in optional members", Flaw: toy.Flaw{Breaks: toy.OnStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil && bytes.Contains(p.Raw, []byte("null")) {
			return nil, &guichet.Error{Kind: guichet.ErrBadResponse}
		}
		return p, err
	})}},
	{behaviour: "documented errors", Flaw: toy.Flaw{Breaks: toy.OnStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if e := new(guichet.Error); errors.As(err, &e) {
			e.ProviderCode = ""
		}
		return p, err
	})}},
	{behaviour: "unreadable answers are never a payment", Flaw: toy.Flaw{Breaks: toy.OnStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if errors.Is(err, guichet.ErrBadResponse) {
			return &guichet.Payment{ID: "1", Status: guichet.StatusPending}, nil
		}
		return p, err
	})}},
	{behaviour: "a list ends and yields each payment once", Flaw: toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Page = func(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
			page, err := w.Client.List(ctx, params)
			if page != nil {
				page.Next = "" // the rest is dropped in silence
			}
			return page, err
		}
	}}},
	{behaviour: "an echo that differs is a mismatch", Flaw: toy.Flaw{Breaks: toy.OnCreate(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if errors.Is(err, guichet.ErrMismatch) {
			return p, nil
		}
		return p, err
	})}},
	{behaviour: "Confirms", Flaw: toy.Flaw{Breaks: toy.OnStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		if p != nil && p.Status.Final() {
			p.Status = guichet.StatusSucceeded
		}
		return p, err
	})}},
	{behaviour: "webhooks", Flaw: toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Parse = func(ctx context.Context, header http.Header, body []byte) (*guichet.Event, error) {
			event, err := w.Client.ParseWebhook(ctx, header, body)
			if errors.Is(err, guichet.ErrUntrusted) {
				return &guichet.Event{ID: "1", Reference: "ORDER-001", Verified: true, Raw: body}, nil
			}
			return event, err
		}
	}}},
	{behaviour: "200 goroutines", Flaw: toy.Flaw{Breaks: func(w *toy.Wrong) {
		w.Create = func(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
			if orders.Add(1)%50 == 0 { // another call's body
				req.Reference = "ORDER-OF-SOMEBODY-ELSE"
			}
			return w.Client.CreatePayment(ctx, req)
		}
	}}},
	{behaviour: "no goroutine is left", Flaw: toy.Flaw{Breaks: toy.OnCreate(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
		go func() { <-released }()
		return p, err
	})}},
	{behaviour: "the caller's http.Client is unchanged", Flaw: toy.Flaw{HTTP: func(hc *http.Client) { hc.Timeout = time.Second }}},
}

// TestTheSuiteNotices runs every behaviour against a client that breaks it.
func TestTheSuiteNotices(t *testing.T) {
	released = make(chan struct{})
	defer close(released)
	defer LookTwice()()
	broken := map[string]bool{}
	for _, f := range flaws {
		broken[f.behaviour] = true
		t.Run(f.behaviour, func(t *testing.T) {
			for _, b := range Behaviours {
				if b.Name == f.behaviour && len(Check(t, f.Harness(), b)) == 0 {
					t.Error("a client that breaks the promise passes")
				}
			}
		})
	}
	for _, b := range Behaviours {
		if !broken[b.Name] {
			t.Errorf("no wrong client for %q", b.Name)
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

func TestTheToyPasses(t *testing.T) {
	for _, keyed := range []bool{true, false} {
		t.Run(fmt.Sprintf("keyed %t", keyed), func(t *testing.T) { Run(t, toy.Harness(keyed)) })
	}
}
