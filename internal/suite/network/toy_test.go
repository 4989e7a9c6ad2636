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
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
	"github.com/guichetpay/guichet/internal/suite/toy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestToy(t *testing.T) {
	t.Run("without a key", func(t *testing.T) { Run(t, toy.Harness(false)) })
	t.Run("keyed", func(t *testing.T) { Run(t, toy.Harness(true)) })
}

// TestChaosToy makes 500 creates per seed. GUICHET_CHAOS_CALLS=5000 makes as many
// as that.
func TestChaosToy(t *testing.T) {
	for _, seed := range Seeds {
		t.Run("without a key", func(t *testing.T) { Chaos(t, toy.Harness(false), seed, ChaosCalls(t)) })
		t.Run("keyed", func(t *testing.T) { Chaos(t, toy.Harness(true), seed, ChaosCalls(t)) })
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
		r.Header.Set("X-Toy-Key", toy.Key)
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
	var wire toy.Wire
	body, err := json.Marshal(map[string]any{"order": req.Reference, "amount": req.Amount.Minor})
	if err != nil {
		return nil, err
	}
	if err := c.do(ctx, http.MethodPost, "/pay", body, &wire); err != nil {
		return nil, err
	}
	if wire.ID == "" {
		return nil, nil
	}
	p := wire.Payment()
	p.CheckoutURL = wire.URL
	return p, nil
}

func (c *plain) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	var wire toy.Wire
	if err := c.do(ctx, http.MethodGet, "/pay/"+id, nil, &wire); err != nil {
		return nil, err
	}
	if wire.ID == "" {
		return nil, nil
	}
	p := wire.Payment()
	p.CheckoutURL = wire.URL
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
	h := toy.Harness(false)
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
			found := strings.Join(c.run().problems, "\n")
			for _, problem := range want {
				if !strings.Contains(found, problem) {
					t.Errorf("%q is not noticed; found: %s", problem, found)
				}
			}
		})
	}
}

// TestEachRuleIsNoticed breaks one rule of the toy at a time, for what the plain
// client does not break.
func TestEachRuleIsNoticed(t *testing.T) {
	var attempts atomic.Int64
	for _, flaw := range []struct {
		id      string
		op      Op
		problem string
		toy.Flaw
	}{
		{"F11", Status, "requests, not 2", toy.Flaw{New: func(cfg toy.Config, opts ...guichet.Option) (*toy.Client, error) {
			return toy.New(cfg, append(opts, guichet.WithMaxRetries(0))...)
		}}},
		{"F22", Status, "requests, not 1", toy.Flaw{Breaks: func(w *toy.Wrong) {
			w.Status = func(ctx context.Context, id string) (*guichet.Payment, error) {
				p, err := w.Client.GetStatus(ctx, id)
				if err != nil {
					return w.Client.GetStatus(ctx, id)
				}
				return p, err
			}
		}}},
		{"F11", Create, "the bytes change between two attempts", toy.Flaw{Keyed: true, Wire: func(next http.RoundTripper) http.RoundTripper {
			return toy.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPost {
					body, _ := io.ReadAll(r.Body)
					body = fmt.Appendf(body[:len(body)-1], `,"n":%d}`, attempts.Add(1))
					r = r.Clone(r.Context())
					r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
				}
				return next.RoundTrip(r)
			})
		}}},
		{"F11", Create, "Idempotency-Key is", toy.Flaw{Keyed: true, Wire: func(next http.RoundTripper) http.RoundTripper {
			return toy.RoundTripper(func(r *http.Request) (*http.Response, error) {
				r.Header = r.Header.Clone()
				r.Header.Set("Idempotency-Key", "attempt-"+strconv.FormatInt(attempts.Add(1), 10))
				return next.RoundTrip(r)
			})
		}}},
		{"F22c", Create, "not unknown", toy.Flaw{Keyed: true, Breaks: toy.OnCreate(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
			if e := new(guichet.Error); errors.As(err, &e) {
				e.OutcomeUnknown = false
			}
			return p, err
		})}},
		{"F11", Create, "the error names the order", toy.Flaw{Breaks: toy.OnCreate(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
			if e := new(guichet.Error); errors.As(err, &e) {
				e.Reference = ""
			}
			return p, err
		})}},
		{"F01", Create, "not not sent", toy.Flaw{Wire: func(next http.RoundTripper) http.RoundTripper {
			return toy.RoundTripper(func(r *http.Request) (*http.Response, error) {
				return next.RoundTrip(r.WithContext(context.Background())) // the trace is lost
			})
		}}},
		{"F27", Status, "asked again after", toy.Flaw{Wire: toy.OnWire(func(res *http.Response) { res.Header.Del("Retry-After") })}},
		{"F28b", Status, "RetryAfter is", toy.Flaw{Breaks: toy.OnStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
			if e := new(guichet.Error); errors.As(err, &e) {
				e.RetryAfter = 0
			}
			return p, err
		})}},
		{"F60", Create, "not canceled", toy.Flaw{Breaks: func(w *toy.Wrong) {
			w.Create = func(_ context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
				return w.Client.CreatePayment(context.Background(), req)
			}
		}}},
		{"F16b", Status, "after the end", toy.Flaw{Breaks: func(w *toy.Wrong) {
			w.Status = func(ctx context.Context, id string) (*guichet.Payment, error) {
				p, err := w.Client.GetStatus(ctx, id)
				time.Sleep(2 * grace) // it returns late
				return p, err
			}
		}}},
		{"F11", Wait, "not polls on", toy.Flaw{Breaks: toy.OnStatus(func(p *guichet.Payment, err error) (*guichet.Payment, error) {
			if e := new(guichet.Error); errors.As(err, &e) {
				return nil, &guichet.Error{Kind: guichet.ErrNotFound}
			}
			return p, err
		})}},
		{"F51", List, "success (<nil>), not unknown", toy.Flaw{Breaks: func(w *toy.Wrong) {
			w.Page = func(ctx context.Context, params guichet.ListParams) (*guichet.Page, error) {
				page, err := w.Client.List(ctx, params)
				if errors.Is(err, guichet.ErrBadResponse) {
					return &guichet.Page{Payments: []*guichet.Payment{toy.Wire{ID: "3c90c3cc-0d44-4b50-8888-8dd25736052a", OrderID: orderID}.Payment()}}, nil
				}
				return page, err
			}
		}}},
	} {
		t.Run(flaw.id+" "+string(flaw.op)+": "+flaw.problem, func(t *testing.T) {
			h := flaw.Harness()
			m := newMatrix(t, h, nil)
			m.yardstick = newYardstick()
			defer m.yardstick.stop()
			r := allRows()[slices.IndexFunc(allRows(), func(r row) bool { return r.id == flaw.id })]
			c := &cell{matrix: m, row: r, op: flaw.op, want: m.expect(r, flaw.op), scale: 1}
			v := c.run()
			if found := strings.Join(append(v.problems, v.perhaps...), "\n"); !strings.Contains(found, flaw.problem) {
				t.Errorf("not noticed; found: %s", found)
			}
		})
	}
}
