package guichet

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/guichetpay/guichet/internal/config"
)

// Option changes one setting of a provider client at construction; the With functions
// make them. When the same option is given twice the last one wins; a nil option, or a
// nil or senseless argument to one, makes New fail with ErrInvalidRequest.
type Option interface {
	apply(*config.Client) error
}

type option func(*config.Client) error

func (o option) apply(settings *config.Client) error { return o(settings) }

func init() {
	config.Apply = func(of any, settings *config.Client) error { return of.(Option).apply(settings) }
}

// maxRetries is far above what can help; more is a mistake.
const maxRetries = 20

// Limiter delays or refuses calls before they are sent, such as a *rate.Limiter
// of golang.org/x/time, or one that many machines share. Wait returns nil when
// the call may go, and must honour the context.
type Limiter interface {
	Wait(ctx context.Context) error
}

// WithHTTPClient sets the HTTP client to send with; without it the SDK brings
// its own, with a tuned connection pool. The client is copied, never changed;
// its Transport is used as it is, its Jar and CheckRedirect are dropped, because
// no cookie is kept and no redirect followed. A Transport that skips TLS
// verification is refused unless the base URL is loopback.
func WithHTTPClient(hc *http.Client) Option {
	return option(func(c *config.Client) error {
		if hc == nil {
			return optionError("WithHTTPClient: the client is nil")
		}
		c.HTTPClient = hc
		return nil
	})
}

// WithBaseURL sends to another address than the provider's own: a fake server in
// tests, a gateway of the merchant's. https only, except on loopback; a path
// prefix is kept; user info, query and fragment are refused.
func WithBaseURL(rawURL string) Option {
	return option(func(c *config.Client) error {
		base, ok := checkBaseURL(rawURL)
		if !ok {
			// The text may hold a password: it is not repeated.
			return optionError("WithBaseURL: not an absolute https URL (http on loopback) without user info, query or fragment")
		}
		c.BaseURL = base
		return nil
	})
}

func checkBaseURL(raw string) (string, bool) {
	if len(raw) > 2048 || strings.ContainsAny(raw, "\\ \t\r\n?#@%") {
		return "", false
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return "", false
	}
	if strings.Contains(u.Hostname(), ":") && !strings.HasPrefix(u.Host, "[") { // an IPv6 address without brackets has no sure end
		return "", false
	}
	if port := u.Port(); strings.HasSuffix(u.Host, ":") || (port != "" && !validPort(port)) {
		return "", false
	}
	switch u.Scheme {
	case "https":
	case "http":
		if !config.Loopback(u.Hostname()) {
			return "", false
		}
	default:
		return "", false
	}
	path := strings.TrimSuffix(u.Path, "/")
	for _, segment := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		if segment == "." || segment == ".." || (segment == "" && path != "") {
			return "", false
		}
	}
	return u.Scheme + "://" + u.Host + path, true
}

func validPort(port string) bool {
	n := 0
	for i := range len(port) {
		if n = n*10 + int(port[i]-'0'); n > 65535 {
			return false
		}
	}
	return n > 0
}

// WithLogger reports every attempt at debug level: provider, operation, method,
// path template, HTTP status, attempt, duration. Never a URL, header or body.
// Without it the SDK is silent.
func WithLogger(l *slog.Logger) Option {
	return option(func(c *config.Client) error {
		if l == nil {
			return optionError("WithLogger: the logger is nil")
		}
		c.Logger = l
		return nil
	})
}

// WithMaxRetries sets how often a call that may be repeated is repeated: 0 means
// one attempt, 20 is the most. The default is 2. It never makes a create be sent
// twice where that could charge twice.
func WithMaxRetries(n int) Option {
	return option(func(c *config.Client) error {
		if n < 0 || n > maxRetries {
			return optionError("WithMaxRetries: out of range 0 to 20")
		}
		c.MaxRetries = n
		return nil
	})
}

// WithTimeout limits each attempt, from connecting to the last byte read; the
// default is 30 seconds. The context limits the call as a whole. Less than a
// millisecond is refused: WithTimeout(30) would be 30 nanoseconds.
func WithTimeout(perAttempt time.Duration) Option {
	return option(func(c *config.Client) error {
		if perAttempt < time.Millisecond {
			return optionError("WithTimeout: must be 1 ms or more, such as 30*time.Second")
		}
		c.Timeout = perAttempt
		return nil
	})
}

// WithLimiter asks l before each attempt.
func WithLimiter(l Limiter) Option {
	return option(func(c *config.Client) error {
		switch v := reflect.ValueOf(l); v.Kind() {
		case reflect.Invalid:
			return optionError("WithLimiter: the limiter is nil")
		case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice:
			if v.IsNil() {
				return optionError("WithLimiter: the limiter is nil")
			}
		}
		c.Limiter = l
		return nil
	})
}

func optionError(message string) error {
	return &Error{Op: "New", Kind: ErrInvalidRequest, Message: message}
}
