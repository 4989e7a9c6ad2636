package guichet_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
)

func apply(opts ...guichet.Option) (config.Client, error) {
	c := config.New()
	for _, opt := range opts {
		if err := config.Apply(opt, &c); err != nil {
			return c, err
		}
	}
	return c, nil
}

type limiter struct{}

func (*limiter) Wait(context.Context) error { return nil }

type limiterFunc func(context.Context) error

func (f limiterFunc) Wait(ctx context.Context) error { return f(ctx) }

type limiterMap map[string]bool

func (limiterMap) Wait(context.Context) error { return nil }

func TestOptionsRefuse(t *testing.T) {
	for name, opt := range map[string]guichet.Option{
		"nil client":           guichet.WithHTTPClient(nil),
		"nil logger":           guichet.WithLogger(nil),
		"nil limiter":          guichet.WithLimiter(nil),
		"nil *limiter":         guichet.WithLimiter((*limiter)(nil)),
		"nil func limiter":     guichet.WithLimiter(limiterFunc(nil)),
		"nil map limiter":      guichet.WithLimiter(limiterMap(nil)),
		"retries -1":           guichet.WithMaxRetries(-1),
		"retries 21":           guichet.WithMaxRetries(21),
		"retries 10^9":         guichet.WithMaxRetries(1_000_000_000),
		"timeout 0":            guichet.WithTimeout(0),
		"timeout negative":     guichet.WithTimeout(-time.Second),
		"timeout without unit": guichet.WithTimeout(30),
		"base URL empty":       guichet.WithBaseURL(""),
		"base URL not a URL":   guichet.WithBaseURL("::"),
		"base URL a file path": guichet.WithBaseURL("/v1"),
	} {
		c, err := apply(opt)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest, name)
		assert.Equal(t, config.New(), c, "%s changed a setting", name)
	}
}

func TestOptionsLastWins(t *testing.T) {
	first, second := &http.Client{}, &http.Client{Timeout: time.Second}
	one, two := slog.New(slog.NewTextHandler(io.Discard, nil)), slog.New(slog.NewTextHandler(io.Discard, nil))
	l := &limiter{}
	c, err := apply(
		guichet.WithHTTPClient(first), guichet.WithBaseURL("https://one.example"), guichet.WithLogger(one), guichet.WithMaxRetries(5), guichet.WithTimeout(time.Hour),
		guichet.WithLimiter(limiterFunc(func(context.Context) error { return nil })),
		guichet.WithHTTPClient(second), guichet.WithBaseURL("https://two.example/v2/"), guichet.WithLogger(two), guichet.WithMaxRetries(0), guichet.WithTimeout(time.Second), guichet.WithLimiter(l),
	)
	require.NoError(t, err)
	assert.Equal(t, config.Client{HTTPClient: second, BaseURL: "https://two.example/v2", Logger: two, MaxRetries: 0, Timeout: time.Second, Limiter: l}, c)
	assert.Same(t, second, c.HTTPClient)
	assert.Same(t, two, c.Logger)
}

func TestDefaults(t *testing.T) {
	assert.Equal(t, config.Client{MaxRetries: 2, Timeout: 30 * time.Second}, config.New())
}

func TestBaseURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.example.com":          "https://api.example.com",
		"https://api.example.com/":         "https://api.example.com",
		"https://api.example.com/v1/":      "https://api.example.com/v1",
		"https://api.example.com/a/b":      "https://api.example.com/a/b",
		"https://api.example.com:8443/v1":  "https://api.example.com:8443/v1",
		"HTTPS://api.example.com":          "https://api.example.com",
		"https://10.0.0.1":                 "https://10.0.0.1",
		"http://127.0.0.1:8080/v1":         "http://127.0.0.1:8080/v1",
		"http://127.8.9.1":                 "http://127.8.9.1",
		"http://localhost:8080":            "http://localhost:8080",
		"http://[::1]:8080":                "http://[::1]:8080",
		"https://[2001:db8::1]":            "https://[2001:db8::1]",
		"https://xn--caf-dma.example":      "https://xn--caf-dma.example",
		"https://api.example.com:65535/v1": "https://api.example.com:65535/v1",
	} {
		c, err := apply(guichet.WithBaseURL(raw))
		require.NoError(t, err, raw)
		assert.Equal(t, want, c.BaseURL)
	}
	for _, raw := range []string{
		"http://127.0.0.1.evil.test", "http://localhost.evil.test", "http://localhost.", "http://evil.test#@127.0.0.1", "http://127.1", "http://0x7f000001", "http://2130706433", "http://0.0.0.0",
		"http://169.254.169.254", "http://api.example.com", "http://10.0.0.1", "http://[::]", "http://[fe80::1%25eth0]", "https://[fe80::1%25eth0]",
		"ftp://api.example.com", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "ws://localhost", "//api.example.com", "api.example.com", "api.example.com:443", "/v1", "",
		"https://", "https:///p", "https:api.example.com", "https://:8443", "https://user:pass@api.example.com", "https://user@api.example.com", "https://@api.example.com",
		"https://api.example.com?x=1", "https://api.example.com?", "https://api.example.com#f", "https://api.example.com/#", "https://api.example.com//", "https://api.example.com/v1//", "https://api.example.com//v1",
		"https://api.example.com/../x", "https://api.example.com/./x", "https://api.example.com/v1/..", "https://api.example.com/%2e%2e", "https://api.example.com/%zz", "https://api.example.com\\@evil.test", "https://api.example.com/a\\b",
		"https://api.example.com:0", "https://api.example.com:99999", "https://api.example.com:", "https://api.example.com:http", "https://api.example.com:-1", "https://api.example.com:999999999999999999999",
		"https://api.example.com/\r\nX: 1", "https://api.example.com/\t", "https://api.example.com/ x", " https://api.example.com", "https://api.example.com ", "https://api.example.com/\x00", "https://api.example.com\x7f",
		"https://[::1", "https://::1", "https://api.example.com/" + strings.Repeat("a", 2048),
	} {
		_, err := apply(guichet.WithBaseURL(raw))
		require.ErrorIs(t, err, guichet.ErrInvalidRequest, raw)
		if len(raw) > 8 {
			assert.NotContains(t, err.Error(), raw, "it may hold a password")
		}
	}
	_, err := apply(guichet.WithBaseURL("https://user:s3cr3t@api.example.com"))
	assert.NotContains(t, err.Error(), "s3cr3t")
}
