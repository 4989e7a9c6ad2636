package input

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// checkWebhookSecrets gives each of the two every key: New refuses it, or it is
// the secret, byte for byte, that deliveries are signed with.
func (s *suite) checkWebhookSecrets(t scripted.T) {
	original := reflect.ValueOf(s.h.Config)
	for _, f := range reflect.VisibleFields(original.Type()) {
		if f.Type.Kind() != reflect.String || !strings.HasSuffix(f.Name, "WebhookSecret") {
			continue
		}
		name := "Config." + f.Name
		good := original.FieldByIndex(f.Index).String() + goodID
		for _, row := range append(append([]string{}, values[aKey]...), values[anID]...) {
			secret := strings.Replace(row, "k", good, 1)
			what := name + " " + short(secret)
			var client guichet.Client
			seen, err := s.try(t, what, func() (err error) {
				client, err = s.from(s.with(f.Index, secret))
				return err
			})
			if len(seen) > 0 {
				t.Errorf("%s: New asks the provider", what)
			}
			if refusal(t, what, err, secret, name) || (secret == "" && refusal(t, what, err, secret, "Config.WebhookSecret")) {
				s.refused++
				continue
			}
			s.transmitted++
			if err != nil {
				t.Errorf("%s: %v", what, err)
				continue
			}
			body := s.h.Webhook.Body(s.h.Order())
			event, err := client.(guichet.WebhookParser).ParseWebhook(context.Background(), s.h.Webhook.Sign(secret, time.Now(), body), body)
			switch {
			case secret == "" && !errors.Is(err, guichet.ErrUntrusted):
				t.Errorf("%s: anyone can sign: %v", what, err)
			case secret != "" && (err != nil || event == nil):
				t.Errorf("%s: a delivery signed with it: %v", what, err)
			}
		}
	}
}

// asked makes a client and returns the addresses it asks.
func (s *suite) asked(t scripted.T, what string, cfg any, opts ...guichet.Option) (urls []*url.URL, err error) {
	t.Helper()
	n := scripted.Func(func(int, *http.Request) (*http.Response, error) { return nil, scripted.ErrReset })
	_, err = s.try(t, what, func() error {
		client, err := s.h.From(cfg, append([]guichet.Option{guichet.WithHTTPClient(&http.Client{Transport: n}), guichet.WithMaxRetries(0)}, opts...)...)
		if err != nil {
			return err
		}
		_, err = client.CreatePayment(context.Background(), s.request())
		return err
	})
	for _, r := range n.All() {
		urls = append(urls, r.URL)
	}
	return urls, err
}

// checkEnvironments gives the keys of one environment to the other: a request
// goes where WithBaseURL says, or to the environment of its keys, or nowhere.
func (s *suite) checkEnvironments(t scripted.T) {
	test, live := s.h.Config, s.h.Config
	half := s.h.Config // one key of each environment, where there are two
	changed := 0
	original := reflect.ValueOf(s.h.Config)
	for _, f := range reflect.VisibleFields(original.Type()) {
		if f.Type.Kind() != reflect.String || f.Tag.Get("redact") == "" || !strings.Contains(original.FieldByIndex(f.Index).String(), "_test_") {
			continue
		}
		key := strings.Replace(original.FieldByIndex(f.Index).String(), "_test_", "_live_", 1)
		both := reflect.New(original.Type()).Elem()
		both.Set(reflect.ValueOf(live))
		both.FieldByIndex(f.Index).SetString(key)
		live = both.Interface()
		half = s.with(f.Index, key)
		changed++
	}
	host := func(what string, cfg any, opts ...guichet.Option) string {
		urls, err := s.asked(t, what, cfg, opts...)
		if len(urls) == 0 {
			if !refusal(t, what, err, "", "Config.SecretKey", "Config.PublicKey", "Config.APIKey", "no base URL can be told from the keys") {
				t.Errorf("%s: %v", what, err)
			}
			return ""
		}
		return urls[0].Scheme + "://" + urls[0].Host
	}
	base := s.h.Base[:len(s.h.Base)-len(s.base)]
	for what, cfg := range map[string]any{"keys of the sandbox": test, "keys of production": live} {
		if got := host(what+" with a base URL", cfg, guichet.WithBaseURL(s.h.Base)); got != base {
			t.Errorf("%s with the base URL %s ask %s", what, base, got)
		}
	}
	if changed == 0 {
		return // one environment
	}
	sandbox, production := host("keys of the sandbox", test), host("keys of production", live)
	if sandbox == production || !strings.HasPrefix(sandbox, "https://") || !strings.HasPrefix(production, "https://") {
		t.Errorf("keys of the sandbox ask %q, those of production %q", sandbox, production)
	}
	if changed > 1 {
		if got := host("one key of each", half); got != "" {
			t.Errorf("one key of each environment asks %s", got)
		}
	}
}

// checkBases gives WithBaseURL every address: refused, or asked as it is.
func (s *suite) checkBases(t scripted.T) {
	for _, base := range bases {
		what := "base URL " + short(base)
		urls, err := s.asked(t, what, s.h.Config, guichet.WithBaseURL(base))
		if refusal(t, what, err, base, "WithBaseURL") {
			s.refused++
			if len(urls) > 0 {
				t.Errorf("%s: refused, and asked all the same", what)
			}
			continue
		}
		t.Errorf("%s: not refused: %v asked, %v", what, urls, err)
	}
	for _, base := range []string{
		"https://evil.test", "https://evil.test/", "https://evil.test:8443/v1", "https://evil.test/a/b/", "https://[2001:db8::1]/v1",
		"http://localhost:1/v1", "http://127.0.0.1:1", "http://127.0.0.2:1/x", "http://[::1]:1/v1",
		"https://evil.test/é", "https://evil.test/\xff", "https://evil.test/a;b=c&d+e",
	} {
		what := "base URL " + short(base)
		urls, err := s.asked(t, what, s.h.Config, guichet.WithBaseURL(base))
		s.transmitted++
		if len(urls) == 0 || !strings.HasPrefix(urls[0].Scheme+"://"+urls[0].Host+urls[0].Path, strings.TrimSuffix(base, "/")+"/") {
			t.Errorf("%s: asked %v: %v", what, urls, err)
		}
	}
}

// options are what New is given beside a good Config: refused by name, or without
// effect on what is sent.
var options = []struct {
	name    string
	options []guichet.Option
	refused string // the name in the error; empty: accepted
}{
	{"a nil option", []guichet.Option{nil}, "an option is nil"},
	{"a nil option after a good one", []guichet.Option{guichet.WithMaxRetries(1), nil}, "an option is nil"},
	{"a nil http.Client", []guichet.Option{guichet.WithHTTPClient(nil)}, "WithHTTPClient"},
	{"a nil logger", []guichet.Option{guichet.WithLogger(nil)}, "WithLogger"},
	{"a nil limiter", []guichet.Option{guichet.WithLimiter(nil)}, "WithLimiter"},
	{"a limiter that is a nil pointer", []guichet.Option{guichet.WithLimiter((*limiter)(nil))}, "WithLimiter"},
	{"no time", []guichet.Option{guichet.WithTimeout(0)}, "WithTimeout"},
	{"a time without its unit", []guichet.Option{guichet.WithTimeout(30)}, "WithTimeout"},
	{"less than no time", []guichet.Option{guichet.WithTimeout(-time.Second)}, "WithTimeout"},
	{"the least time", []guichet.Option{guichet.WithTimeout(math.MinInt64)}, "WithTimeout"},
	{"the most time", []guichet.Option{guichet.WithTimeout(math.MaxInt64)}, ""},
	{"-1 retries", []guichet.Option{guichet.WithMaxRetries(-1)}, "WithMaxRetries"},
	{"a billion retries", []guichet.Option{guichet.WithMaxRetries(1_000_000_000)}, "WithMaxRetries"},
	{"the most retries", []guichet.Option{guichet.WithMaxRetries(20)}, ""},
	{"options twice", []guichet.Option{
		guichet.WithMaxRetries(20), guichet.WithMaxRetries(0), guichet.WithTimeout(time.Millisecond), guichet.WithTimeout(time.Minute),
	}, ""},
	{"a bad option that a good one follows", []guichet.Option{guichet.WithTimeout(-1), guichet.WithTimeout(time.Minute)}, "WithTimeout"},
}

type limiter struct{}

func (*limiter) Wait(context.Context) error { return nil }

func (s *suite) checkOptions(t scripted.T) {
	template, err := s.try(t, "a create", func() error { return s.someCreate(s.client) })
	if err != nil || len(template) != 1 {
		t.Fatalf("a create: %v", err)
	}
	for _, row := range options {
		seen, err := s.try(t, row.name, func() error {
			client, err := s.from(s.h.Config, row.options...)
			if err != nil {
				return err
			}
			return s.someCreate(client)
		})
		if row.refused != "" {
			s.refused++
			if !refusal(t, row.name, err, "", row.refused) || len(seen) > 0 {
				t.Errorf("%s: %d requests: %v", row.name, len(seen), err)
			}
			continue
		}
		s.transmitted++
		if err != nil || len(seen) != 1 || seen[0].differs(template[0]) != "" {
			t.Errorf("%s: %d requests: %v", row.name, len(seen), err)
		}
	}

	// The last address wins, also over one that cannot be reached.
	seen, err := s.try(t, "WithBaseURL twice", func() error {
		client, err := s.h.New(guichet.WithHTTPClient(s.network.http), guichet.WithBaseURL("https://evil.test"), guichet.WithBaseURL(s.network.URL+s.base))
		if err != nil {
			return err
		}
		return s.someCreate(client)
	})
	if err != nil || len(seen) != 1 {
		t.Errorf("WithBaseURL twice: %d requests: %v", len(seen), err)
	}
	for name, hc := range map[string]*http.Client{
		"an http.Client whose Transport is a nil pointer": {Transport: (*http.Transport)(nil)},
		"an http.Client with a negative Timeout":          {Transport: s.network.transport, Timeout: -time.Second},
	} {
		_, err := s.try(t, name, func() error {
			client, err := s.h.New(guichet.WithBaseURL(s.network.URL+s.base), guichet.WithMaxRetries(0), guichet.WithHTTPClient(hc))
			if err != nil {
				return err
			}
			defer scripted.CloseIdle(client)
			return s.someCreate(client)
		})
		if err != nil && !refusal(t, name, err, "", "WithHTTPClient") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func (s *suite) someCreate(c guichet.Client) error {
	_, err := c.CreatePayment(context.Background(), s.request())
	return err
}
