package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxPause is the longest that a call waits by itself; a provider that asks
	// for more gets its error returned at once, with RetryAfter set.
	maxPause  = 10 * time.Second
	basePause = 500 * time.Millisecond

	// maxRetryAfter bounds what is believed of a provider's wish.
	maxRetryAfter = time.Hour
)

// shouldRetry decides whether the call may be sent once more.
func (c *Client) shouldRetry(ctx context.Context, call *Call, out outcome, retries int) bool {
	wait := out.err.RetryAfter
	switch {
	case retries >= c.maxRetries, ctx.Err() != nil, out.final, wait > maxPause:
		return false
	case out.notSent:
		// Whatever the call is, nobody has seen it.
	case call.policy() == Write:
		return false
	case out.network:
	case call.policy() == Keyed && out.err.HTTPStatus == http.StatusConflict && out.err.OutcomeUnknown:
		// The provider says that it is still at work on this key.
	case !transient(out.err.HTTPStatus):
		return false
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return false
	}
	return c.budget.spend(out.network)
}

// transient lists the statuses after which the same call may succeed.
func transient(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return status >= 600 // not HTTP: something in between is broken
}

// backoff is exponential with full jitter, so that many machines that failed
// together do not come back together.
func backoff(retries int) time.Duration {
	return rand.N(min(basePause<<min(retries, 10), maxPause))
}

// pause waits on the timer and the context together.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// retryAfter reads how long the provider wants to be left alone: Retry-After in
// seconds or as a date, else X-RateLimit-Reset as a Unix time or in seconds.
// Nonsense and times gone by are 0.
//
// The reset says when the window of a count ends, and comes with every answer:
// only after a 429 is it a wish.
func retryAfter(status int, h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if at, err := http.ParseTime(text); err == nil {
		return clamp(at.Sub(now))
	}
	if d, ok := seconds(text); ok {
		return clamp(d)
	}
	if status != http.StatusTooManyRequests {
		return 0
	}
	d, ok := seconds(h.Get("X-RateLimit-Reset"))
	const year = 365 * 24 * time.Hour
	if ok && d > year { // a date, not a pause
		return clamp(time.Unix(int64(d/time.Second), 0).Sub(now))
	}
	return clamp(d)
}

func seconds(text string) (time.Duration, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if errors.Is(err, strconv.ErrRange) { // n is the nearest that fits: a very long time is not none
		err = nil
	}
	if err != nil || n < 0 {
		return 0, false
	}
	return time.Duration(min(n, int64(1<<33))) * time.Second, true
}

func clamp(d time.Duration) time.Duration { return min(max(d, 0), maxRetryAfter) }

// budget is a token bucket shared by all calls of a client: when most calls
// fail, retries stop, instead of multiplying the load on a provider that is
// already down. The figures are those of the AWS SDK.
type budget struct {
	mu     sync.Mutex
	tokens int
}

const (
	budgetSize  = 500
	retryCost   = 5
	networkCost = 10
	successGain = 1
)

func newBudget() *budget { return &budget{tokens: budgetSize} }

func (b *budget) spend(network bool) bool {
	cost := retryCost
	if network {
		cost = networkCost
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tokens < cost {
		return false
	}
	b.tokens -= cost
	return true
}

func (b *budget) refund() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(b.tokens+successGain, budgetSize)
}
