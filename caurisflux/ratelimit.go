package caurisflux

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/guichetpay/guichet/internal/webhook"
)

// RateLimit is what CaurisFlux says about the calls that are left: 100 a minute
// on the standard plan, 1000 on Business
// (https://docs.caurisflux.com/api-reference/introduction.html).
//
// Native results carry a *RateLimit, nil when CaurisFlux said nothing that can
// be read, such as on a plan without limit. Of a refused call it is in the
// error:
//
//	var limit *caurisflux.RateLimitError
//	if errors.As(err, &limit) { … limit.Reset … }
type RateLimit struct {
	Limit     int64     // calls per window
	Remaining int64     // calls left in it
	Reset     time.Time // when the next window starts, UTC
}

// RateLimitError is the cause of an ErrRateLimited whose answer said when the
// limit ends. Error.RetryAfter is how long to wait.
type RateLimitError struct{ RateLimit }

// Error says how many calls are allowed, and from when on.
func (e *RateLimitError) Error() string {
	return "limit of " + strconv.FormatInt(e.Limit, 10) + " calls, next window at " + e.Reset.Format(time.RFC3339)
}

// rateLimit reads the three headers; nil unless all of them can be read.
func rateLimit(h http.Header) *RateLimit {
	limit, okLimit := count(h, "X-RateLimit-Limit")
	remaining, okRemaining := count(h, "X-RateLimit-Remaining")
	reset, okReset := webhook.UnixSeconds(strings.TrimSpace(h.Get("X-RateLimit-Reset")))
	if !okLimit || !okRemaining || !okReset {
		return nil
	}
	return &RateLimit{Limit: limit, Remaining: remaining, Reset: reset.UTC()}
}

func count(h http.Header, name string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(h.Get(name)), 10, 64)
	return n, err == nil && n >= 0
}
