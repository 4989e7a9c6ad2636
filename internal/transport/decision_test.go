package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// want is what a call comes to: how often the provider sees it, and the error.
// A nil kind is success.
type want struct {
	sends   int
	kind    error
	unknown bool
}

var (
	errReset       = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	errRefused     = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errCertificate = &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	errNoHost      = &net.DNSError{Err: "no such host", Name: "api.example.com", IsNotFound: true}
	errServFail    = &net.DNSError{Err: "server misbehaving", Name: "api.example.com", IsTemporary: true}
)

// Every outcome of one attempt, for each policy, with two retries.
func TestDecisions(t *testing.T) {
	var (
		ok          = want{1, nil, false}
		bad         = guichet.ErrBadResponse
		gone        = guichet.ErrUnavailable
		limited     = guichet.ErrRateLimited
		plain       = func(kind error) map[string]want { return same(want{1, kind, false}) }
		badAnswer   = map[string]want{"read": {1, bad, false}, "write": {1, bad, true}, "keyed": {1, bad, true}}
		broken5xx   = map[string]want{"read": {1, gone, false}, "write": {1, gone, true}, "keyed": {1, gone, true}}
		retried     = map[string]want{"read": {3, gone, false}, "write": {1, gone, true}, "keyed": {3, gone, true}}
		nothingSent = same(want{3, gone, false})
		hopeless    = same(want{1, gone, false})
		slowDown    = map[string]want{"read": {3, limited, false}, "write": {1, limited, false}, "keyed": {3, limited, false}}
	)
	rows := []struct {
		name   string
		answer step
		want   map[string]want
	}{
		{"200", reply(200, okBody), same(ok)},
		{"201", reply(201, okBody), same(ok)},
		{"200 as text/html", reply(200, okBody, "Content-Type", "text/html"), same(ok)},
		{"200 without Content-Type", reply(200, okBody), same(ok)},
		{"200 empty", reply(200, ""), badAnswer},
		{"204", reply(204, ""), badAnswer},
		{"200 HTML", reply(200, "<html><body>login</body></html>"), badAnswer},
		{"200 null", reply(200, "null"), badAnswer},
		{"200 without the id", reply(200, `{"status":"pending"}`), badAnswer},
		{"200 with the id twice", reply(200, `{"id":"pay_1","id":"pay_2"}`), badAnswer},
		{"200 with a second object", reply(200, okBody+okBody), badAnswer},
		{"200 truncated JSON", reply(200, okBody[:20]), badAnswer},
		{"200 of 8 MiB", reply(200, `{"id":"pay_1","pad":"`+pad(8<<20)+`"}`), badAnswer},

		{"300", reply(300, okBody, "Location", "https://elsewhere.example/"), badAnswer},
		{"301", reply(301, okBody, "Location", "https://elsewhere.example/"), badAnswer},
		{"302", reply(302, okBody, "Location", "https://elsewhere.example/"), badAnswer},
		{"303", reply(303, okBody, "Location", "https://elsewhere.example/"), badAnswer},
		{"304", reply(304, ""), badAnswer},
		{"307", reply(307, okBody, "Location", "https://elsewhere.example/"), badAnswer},
		{"308", reply(308, okBody, "Location", "https://elsewhere.example/"), badAnswer},
		{"302 with a malformed Location", reply(302, okBody, "Location", "http://%zz/\x7f"), badAnswer},
		{"302 that names a kind", reply(302, `{"code":"declined"}`), badAnswer},

		{"400", reply(400, `{"code":"bad_amount","message":"no"}`), plain(guichet.ErrInvalidRequest)},
		{"400 HTML", reply(400, "<html>"), plain(guichet.ErrInvalidRequest)},
		{"401", reply(401, `{}`), plain(guichet.ErrUnauthorized)},
		{"402", reply(402, `{}`), plain(guichet.ErrDeclined)},
		{"403", reply(403, `{}`), plain(guichet.ErrUnauthorized)},
		{"404", reply(404, ""), plain(guichet.ErrNotFound)},
		{"405", reply(405, ""), plain(guichet.ErrInvalidRequest)},
		{"409", reply(409, `{}`), plain(guichet.ErrConflict)},
		{"410", reply(410, ""), plain(guichet.ErrInvalidRequest)},
		{"422", reply(422, `{}`), plain(guichet.ErrInvalidRequest)},
		{"400 whose code decides", reply(400, `{"code":"declined"}`), plain(guichet.ErrDeclined)},
		{"408", reply(408, ""), broken5xx},
		{"409 at work on this key", reply(409, `{"in_progress":true}`), map[string]want{
			"read": {1, guichet.ErrConflict, false}, "write": {1, guichet.ErrConflict, true}, "keyed": {3, guichet.ErrConflict, true},
		}},
		{"400 of 8 MiB", reply(400, pad(8<<20)), plain(guichet.ErrInvalidRequest)},

		{"429", reply(429, ""), slowDown},
		{"429 Retry-After 5", reply(429, "", "Retry-After", "5"), slowDown},
		{"429 Retry-After 10", reply(429, "", "Retry-After", "10"), slowDown},
		{"429 Retry-After 11", reply(429, "", "Retry-After", "11"), plain(limited)},
		{"429 Retry-After beyond int64", reply(429, "", "Retry-After", "99999999999999999999"), plain(limited)},
		{"429 Retry-After garbage", reply(429, "", "Retry-After", "soon"), slowDown},
		{"429 Retry-After negative", reply(429, "", "Retry-After", "-5"), slowDown},
		{"429 reset in 900 s", reply(429, "", "X-RateLimit-Reset", "900"), plain(limited)},
		{"503 reset in 900 s", reply(503, "", "X-RateLimit-Reset", "900"), retried},
		{"503 Retry-After 900", reply(503, "", "Retry-After", "900"), broken5xx},

		{"500", reply(500, `{"message":"internal"}`), retried},
		{"500 whose code decides", reply(500, `{"code":"declined"}`), map[string]want{
			"read": {3, guichet.ErrDeclined, false}, "write": {1, guichet.ErrDeclined, true}, "keyed": {3, guichet.ErrDeclined, true},
		}},
		{"501", reply(501, ""), broken5xx},
		{"502 HTML", reply(502, "<html><h1>502</h1></html>"), retried},
		{"503", reply(503, ""), retried},
		{"504", reply(504, ""), retried},
		{"505", reply(505, ""), broken5xx},
		{"999", reply(999, okBody), retried},
		{"100", reply(100, okBody), badAnswer},
		{"101", reply(101, okBody), badAnswer},

		{"reset after sending", lose(errReset), retried},
		{"closed after sending", lose(io.EOF), retried},
		{"reset, RoundTripper without a trace", mute(errReset), retried},
		{"refused, RoundTripper without a trace", mute(errRefused), retried},
		{"refused", refuse(errRefused), nothingSent},
		{"TLS handshake fails", refuse(errors.New("tls: handshake failure")), nothingSent},
		{"certificate", refuse(errCertificate), hopeless},
		{"no such host", refuse(errNoHost), hopeless},
		{"DNS fails", refuse(errServFail), nothingSent},
		{"body cut", broken(200, okBody, io.ErrUnexpectedEOF), retried},
		{"body cut after a whole payment", broken(200, okBody, errReset), retried},
		{"body of a refusal cut", broken(400, `{"code":`, io.ErrUnexpectedEOF), retried},
		{"gzip broken", broken(200, "", errors.New("gzip: invalid header")), retried},
		{"silence", hang, retried},
	}
	for _, row := range rows {
		for policy, w := range row.want {
			t.Run(row.name+", "+policy, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := script(row.answer)
					c := open(t, fakepay("https://api.example.com/v1"), s.option())
					_, err := c.Do(t.Context(), calls[policy]())
					check(t, s.sends(), err, w)
				})
			})
		}
	}
}

func same(w want) map[string]want {
	return map[string]want{"read": w, "write": w, "keyed": w}
}

func check(t *testing.T, got []sent, err error, w want) {
	t.Helper()
	require.Len(t, got, w.sends)
	for _, s := range got[1:] {
		assert.Equal(t, got[0], s, "an attempt differs from the first")
	}
	if w.kind == nil {
		require.NoError(t, err)
		return
	}
	e := asError(t, err)
	assert.Equal(t, w.kind, e.Kind)
	assert.Equal(t, w.unknown, e.OutcomeUnknown)
	assert.Equal(t, w.unknown, errors.Is(err, guichet.ErrUnknownOutcome))
	assert.Equal(t, "fakepay", e.Provider)
	assert.Equal(t, "CMD-1", e.Reference)
}

// What a sequence of answers comes to: an attempt that nobody can account for is
// not settled by a later refusal.
func TestSequences(t *testing.T) {
	rows := []struct {
		name    string
		call    func() *Call
		answers []step
		want    want
	}{
		{"keyed: 500, 200", keyedCall, []step{reply(500, ""), reply(200, okBody)}, want{2, nil, false}},
		{"keyed: lost, 200", keyedCall, []step{lose(errReset), reply(200, okBody)}, want{2, nil, false}},
		{"keyed: lost, 400", keyedCall, []step{lose(errReset), reply(400, "")}, want{2, guichet.ErrInvalidRequest, true}},
		{"keyed: lost, 401", keyedCall, []step{lose(errReset), reply(401, "")}, want{2, guichet.ErrUnauthorized, true}},
		{"keyed: 500, 409", keyedCall, []step{reply(500, ""), reply(409, "{}")}, want{2, guichet.ErrConflict, true}},
		{"keyed: 502, 402", keyedCall, []step{reply(502, ""), reply(402, "")}, want{2, guichet.ErrDeclined, true}},
		{"keyed: lost, refused, refused", keyedCall, []step{lose(errReset), refuse(errRefused)}, want{3, guichet.ErrUnavailable, true}},
		{"keyed: lost, certificate", keyedCall, []step{lose(errReset), refuse(errCertificate)}, want{2, guichet.ErrUnavailable, true}},
		{"keyed: lost, 429 for long", keyedCall, []step{lose(errReset), reply(429, "", "Retry-After", "900")}, want{2, guichet.ErrRateLimited, true}},
		{"keyed: refused, 400", keyedCall, []step{refuse(errRefused), reply(400, "")}, want{2, guichet.ErrInvalidRequest, false}},
		{"keyed: 429, 400", keyedCall, []step{reply(429, ""), reply(400, "")}, want{2, guichet.ErrInvalidRequest, false}},
		{"keyed: 429, refused, refused", keyedCall, []step{reply(429, ""), refuse(errRefused)}, want{3, guichet.ErrRateLimited, false}},
		{"keyed: 429, certificate", keyedCall, []step{reply(429, ""), refuse(errCertificate)}, want{2, guichet.ErrRateLimited, false}},
		{"keyed: in progress, 200", keyedCall, []step{reply(409, `{"in_progress":true}`), reply(200, okBody)}, want{2, nil, false}},
		{"write: refused, 200", writeCall, []step{refuse(errRefused), reply(200, okBody)}, want{2, nil, false}},
		{"write: refused, lost", writeCall, []step{refuse(errRefused), lose(errReset), reply(200, okBody)}, want{2, guichet.ErrUnavailable, true}},
		{"write: refused, 500", writeCall, []step{refuse(errRefused), reply(500, ""), reply(200, okBody)}, want{2, guichet.ErrUnavailable, true}},
		{"read: 503, 503, 200", readCall, []step{reply(503, ""), reply(503, ""), reply(200, okBody)}, want{3, nil, false}},
		{"read: 503, 404", readCall, []step{reply(503, ""), reply(404, "")}, want{2, guichet.ErrNotFound, false}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := script(row.answers...)
				c := open(t, fakepay("https://api.example.com"), s.option())
				_, err := c.Do(t.Context(), row.call())
				check(t, s.sends(), err, row.want)
				if row.want.unknown {
					assert.NotContains(t, err.Error(), "nothing was sent")
				}
			})
		})
	}
}

func TestNothingSentIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, fakepay("https://api.example.com"), script(refuse(errRefused)).option())
		_, err := c.Do(t.Context(), writeCall())
		assert.Contains(t, err.Error(), "nothing was sent")
		var op *net.OpError
		assert.ErrorAs(t, err, &op)
	})
}

// The number of attempts is what the caller set, for calls that may be repeated.
func TestMaxRetries(t *testing.T) {
	for _, retries := range []int{0, 1, 5, 20} {
		t.Run(strconv.Itoa(retries), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := script(reply(503, ""))
				c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithMaxRetries(retries))
				_, err := c.Do(t.Context(), readCall())
				require.ErrorIs(t, err, guichet.ErrUnavailable)
				assert.Len(t, s.sends(), 1+retries)

				s = script(reply(503, ""))
				c = open(t, fakepay("https://api.example.com"), s.option(), guichet.WithMaxRetries(retries))
				_, err = c.Do(t.Context(), writeCall())
				require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
				assert.Len(t, s.sends(), 1, "a write is sent once, however many retries are allowed")
			})
		})
	}
}

// Each attempt has the time limit, and the context limits them all.
func TestTimeouts(t *testing.T) {
	t.Run("each attempt", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := script(hang, hang, reply(200, okBody))
			c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithTimeout(7*time.Second))
			start := time.Now()
			_, err := c.Do(t.Context(), readCall())
			require.NoError(t, err)
			took := time.Since(start)
			assert.GreaterOrEqual(t, took, 14*time.Second)
			assert.Less(t, took, 16*time.Second, "two attempts and two pauses below 500 ms and 1 s")
		})
	})
	t.Run("default", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := script(hang)
			c := open(t, fakepay("https://api.example.com"), s.option())
			start := time.Now()
			_, err := c.Do(t.Context(), writeCall())
			assert.Equal(t, 30*time.Second, time.Since(start))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
		})
	})
	t.Run("deadline of the context", func(t *testing.T) {
		for name, call := range calls {
			for stage, answer := range map[string]step{
				"headers": hang,
				"body": func(r *http.Request) (*http.Response, error) {
					res, _ := reply(200, okBody)(r)
					res.Body = io.NopCloser(readFunc(func([]byte) (int, error) {
						<-r.Context().Done()
						return 0, r.Context().Err()
					}))
					return res, nil
				},
			} {
				t.Run(name+", "+stage, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := script(answer)
						c := open(t, fakepay("https://api.example.com"), s.option())
						ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
						defer cancel()
						start := time.Now()
						_, err := c.Do(ctx, call())
						assert.Equal(t, 3*time.Second, time.Since(start))
						require.ErrorIs(t, err, context.DeadlineExceeded)
						e := asError(t, err)
						assert.Equal(t, guichet.ErrUnavailable, e.Kind)
						assert.Equal(t, name != "read", e.OutcomeUnknown)
						assert.Len(t, s.sends(), 1)
					})
				})
			}
		}
	})
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// Cancelling ends a call at every stage, and the error says whether anything may
// have been sent.
func TestCancel(t *testing.T) {
	dialling := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return refuse(r.Context().Err())(r)
	}
	rows := []struct {
		name    string
		answers []step
		call    func() *Call
		after   time.Duration
		sends   int
		kind    error
		unknown bool
	}{
		{"before", []step{reply(200, okBody)}, writeCall, 0, 0, nil, false},
		{"connecting", []step{dialling}, writeCall, time.Second, 1, guichet.ErrUnavailable, false},
		{"connecting, keyed", []step{dialling}, keyedCall, time.Second, 1, guichet.ErrUnavailable, false},
		{"waiting for headers", []step{hang}, writeCall, time.Second, 1, guichet.ErrUnavailable, true},
		{"waiting for headers, read", []step{hang}, readCall, time.Second, 1, guichet.ErrUnavailable, false},
		{"in the pause after a 429", []step{reply(429, "", "Retry-After", "8")}, keyedCall, time.Second, 1, guichet.ErrRateLimited, false},
		{"in the pause after a 503", []step{reply(503, "", "Retry-After", "8")}, keyedCall, time.Second, 1, guichet.ErrUnavailable, true},
		{"in the second attempt", []step{reply(503, ""), dialling}, keyedCall, 20 * time.Second, 2, guichet.ErrUnavailable, true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := script(row.answers...)
				c := open(t, fakepay("https://api.example.com"), s.option())
				ctx, cancel := context.WithCancel(t.Context())
				if row.after == 0 {
					cancel()
				} else {
					defer time.AfterFunc(row.after, cancel).Stop()
				}
				start := time.Now()
				_, err := c.Do(ctx, row.call())
				assert.Equal(t, row.after, time.Since(start), "it must end when it is cancelled")
				require.ErrorIs(t, err, context.Canceled)
				e := asError(t, err)
				assert.Equal(t, row.kind, e.Kind)
				assert.Equal(t, row.unknown, e.OutcomeUnknown)
				assert.Len(t, s.sends(), row.sends)
				cancel()
			})
		})
	}
	t.Run("nil context", func(t *testing.T) {
		s := script(reply(200, okBody))
		c := open(t, fakepay("https://api.example.com"), s.option())
		//lint:ignore SA1012 what a caller may get wrong
		_, err := c.Do(nil, writeCall()) //nolint:staticcheck
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
		assert.Empty(t, s.sends())
	})
	t.Run("no client", func(t *testing.T) {
		var c *Client
		_, err := c.Do(t.Context(), writeCall())
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
		require.ErrorIs(t, c.Raw(t.Context(), "GET", "/x", nil, nil), guichet.ErrInvalidRequest)
		require.ErrorIs(t, c.Invalid("Op", "Field", "is wrong"), guichet.ErrInvalidRequest)
		require.ErrorIs(t, c.Unsupported("Op", "Field"), guichet.ErrUnsupported)
		c.CloseIdleConnections()
	})
}

// A context that ends between two attempts, or a limiter that refuses the
// second, must not make a lost create look unsent.
func TestLostThenNotAdmitted(t *testing.T) {
	t.Run("the limiter refuses the second", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := script(lose(errReset), reply(200, okBody))
			limiter := &countingLimiter{refuseFrom: 2}
			c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithLimiter(limiter))
			_, err := c.Do(t.Context(), keyedCall())
			check(t, s.sends(), err, want{1, guichet.ErrUnavailable, true})
			assert.Equal(t, 2, limiter.calls)
		})
	})
	t.Run("the context ends in the limiter", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := script(lose(errReset), reply(200, okBody))
			ctx, cancel := context.WithCancel(t.Context())
			limiter := &countingLimiter{}
			limiter.before = func() {
				if limiter.calls == 2 {
					cancel()
				}
			}
			c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithLimiter(limiter))
			_, err := c.Do(ctx, keyedCall())
			check(t, s.sends(), err, want{1, guichet.ErrUnavailable, true})
			require.ErrorIs(t, err, context.Canceled)
		})
	})
	t.Run("the context ends as the pause does", func(t *testing.T) {
		// The timer and the context are ready together, and select takes either.
		for range 50 {
			synctest.Test(t, func(t *testing.T) {
				s := script(reply(503, "", "Retry-After", "9"))
				ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
				defer cancel()
				c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithMaxRetries(1))
				_, err := c.Do(ctx, keyedCall())
				require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			})
		}
	})
}

type countingLimiter struct {
	calls, refuseFrom int
	before            func()
}

func (l *countingLimiter) Wait(ctx context.Context) error {
	l.calls++
	if l.before != nil {
		l.before()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if l.refuseFrom != 0 && l.calls >= l.refuseFrom {
		return errors.New("rate: Wait(n=1) exceeds limiter's burst, key " + apiKey)
	}
	return nil
}

func TestLimiter(t *testing.T) {
	t.Run("asked before each attempt", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, limiter := script(reply(503, "")), &countingLimiter{}
			c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithLimiter(limiter))
			_, err := c.Do(t.Context(), readCall())
			require.Error(t, err)
			assert.Equal(t, 3, limiter.calls)
		})
	})
	t.Run("refuses the first", func(t *testing.T) {
		s := script(reply(200, okBody))
		c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithLimiter(&countingLimiter{refuseFrom: 1}))
		_, err := c.Do(t.Context(), writeCall())
		check(t, append(s.sends(), sent{}), err, want{1, guichet.ErrRateLimited, false})
		assert.Empty(t, s.sends())
		assert.NotContains(t, err.Error(), apiKey)
	})
	t.Run("waits until the context ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := script(reply(200, okBody))
			c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithLimiter(patient{}))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := c.Do(ctx, writeCall())
			require.ErrorIs(t, err, context.DeadlineExceeded)
			e := asError(t, err)
			assert.Nil(t, e.Kind)
			assert.False(t, e.OutcomeUnknown)
			assert.Empty(t, s.sends())
		})
	})
	t.Run("that ignores the context", func(t *testing.T) {
		s := script(reply(200, okBody))
		ctx, cancel := context.WithCancel(t.Context())
		c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithLimiter(limiterFunc(func(context.Context) error {
			cancel()
			return nil
		})))
		_, err := c.Do(ctx, writeCall())
		require.ErrorIs(t, err, context.Canceled)
		assert.Empty(t, s.sends())
		assert.False(t, asError(t, err).OutcomeUnknown)
	})
}

type patient struct{}

func (patient) Wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

type limiterFunc func(context.Context) error

func (f limiterFunc) Wait(ctx context.Context) error { return f(ctx) }

// How long a call waits, in virtual time.
func TestPauses(t *testing.T) {
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	rows := []struct {
		name     string
		header   func() []string
		atLeast  time.Duration
		lessThan time.Duration
		after    time.Duration // Error.RetryAfter, when every attempt fails so
	}{
		{"none", func() []string { return nil }, 0, 500 * time.Millisecond, 0},
		{"seconds", func() []string { return []string{"Retry-After", "7"} }, 7 * time.Second, 7*time.Second + 1, 7 * time.Second},
		{"the cap", func() []string { return []string{"Retry-After", "10"} }, 10 * time.Second, 10*time.Second + 1, 10 * time.Second},
		{"a date", func() []string { return []string{"Retry-After", at(6 * time.Second)} }, 5 * time.Second, 6*time.Second + 1, 0},
		{"a date gone by", func() []string { return []string{"Retry-After", at(-time.Hour)} }, 0, 500 * time.Millisecond, 0},
		{"epoch", func() []string {
			return []string{"X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(4*time.Second).Unix(), 10)}
		}, 3 * time.Second, 4*time.Second + 1, 0},
		{"epoch gone by", func() []string {
			return []string{"X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10)}
		}, 0, 500 * time.Millisecond, 0},
		{"delta", func() []string { return []string{"X-RateLimit-Reset", "4"} }, 4 * time.Second, 4*time.Second + 1, 4 * time.Second},
		{"unlimited", func() []string { return []string{"X-RateLimit-Reset", "unlimited"} }, 0, 500 * time.Millisecond, 0},
		{"Retry-After wins", func() []string { return []string{"Retry-After", "2", "X-RateLimit-Reset", "9"} }, 2 * time.Second, 2*time.Second + 1, 2 * time.Second},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := script(reply(429, "", row.header()...), reply(200, okBody))
				c := open(t, fakepay("https://api.example.com"), s.option())
				start := time.Now()
				_, err := c.Do(t.Context(), readCall())
				require.NoError(t, err)
				assert.GreaterOrEqual(t, time.Since(start), row.atLeast)
				assert.Less(t, time.Since(start), row.lessThan)
				if row.after > 0 {
					c = open(t, fakepay("https://api.example.com"), script(reply(429, "", row.header()...)).option())
					_, err = c.Do(t.Context(), writeCall())
					assert.Equal(t, row.after, asError(t, err).RetryAfter)
				}
			})
		})
	}
	for name, header := range map[string][2]string{
		"900 s":     {"Retry-After", "900"},
		"11 s":      {"Retry-After", "11"},
		"too large": {"Retry-After", "9223372036854775807"},
		"overflow":  {"Retry-After", "123456789012345678901234567890"},
		"reset":     {"X-RateLimit-Reset", "900"},
	} {
		t.Run("returns at once: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := script(reply(429, "", header[0], header[1]))
				c := open(t, fakepay("https://api.example.com"), s.option())
				start := time.Now()
				_, err := c.Do(t.Context(), readCall())
				assert.Zero(t, time.Since(start))
				e := asError(t, err)
				assert.Greater(t, e.RetryAfter, 10*time.Second)
				assert.LessOrEqual(t, e.RetryAfter, time.Hour)
				assert.Len(t, s.sends(), 1)
			})
		})
	}
	t.Run("returns at once when the deadline is nearer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := script(reply(429, "", "Retry-After", "8"))
			c := open(t, fakepay("https://api.example.com"), s.option())
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			start := time.Now()
			_, err := c.Do(ctx, readCall())
			assert.Zero(t, time.Since(start))
			assert.Equal(t, 8*time.Second, asError(t, err).RetryAfter)
			require.ErrorIs(t, err, guichet.ErrRateLimited)
		})
	})
}

func TestRetryAfterHeader(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	rows := []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{}, 0},
		{http.Header{"Retry-After": {""}}, 0},
		{http.Header{"Retry-After": {" 3 "}}, 3 * time.Second},
		{http.Header{"Retry-After": {"0"}}, 0},
		{http.Header{"Retry-After": {"1.5"}}, 0},
		{http.Header{"Retry-After": {"1e3"}}, 0},
		{http.Header{"Retry-After": {"-1"}}, 0},
		{http.Header{"Retry-After": {"-99999999999999999999"}}, 0},
		{http.Header{"Retry-After": {"3600"}}, time.Hour},
		{http.Header{"Retry-After": {"3601"}}, time.Hour},
		{http.Header{"Retry-After": {"Mon, 02 Mar 2026 08:00:30 GMT"}}, 30 * time.Second},
		{http.Header{"Retry-After": {"Monday, 02-Mar-26 08:00:30 GMT"}}, 30 * time.Second},
		{http.Header{"Retry-After": {"Mon Mar  2 08:00:30 2026"}}, 30 * time.Second},
		{http.Header{"Retry-After": {"Mon, 02 Mar 2099 08:00:30 GMT"}}, time.Hour},
		{http.Header{"Retry-After": {"Mon, 02 Mar 1999 08:00:30 GMT"}}, 0},
		{http.Header{"Retry-After": {"garbage"}, "X-Ratelimit-Reset": {"5"}}, 5 * time.Second},
		{http.Header{"X-Ratelimit-Reset": {"1772438430"}}, 30 * time.Second},
		{http.Header{"X-Ratelimit-Reset": {"1772438400000"}}, time.Hour}, // milliseconds: far off, and harmless
		{http.Header{"X-Ratelimit-Reset": {"99999999999999999999"}}, time.Hour},
		{http.Header{"X-Ratelimit-Reset": {"unlimited"}}, 0},
	}
	for _, row := range rows {
		assert.Equal(t, row.want, retryAfter(429, row.header, now), row.header)
	}
	assert.Zero(t, retryAfter(503, http.Header{"X-Ratelimit-Reset": {"5"}}, now))
	assert.Equal(t, 5*time.Second, retryAfter(503, http.Header{"Retry-After": {"5"}}, now))
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "5", "-5", "Mon, 02 Mar 2026 08:00:30 GMT", "1772438430", "99999999999999999999", "\x00"} {
		f.Add(s, s)
	}
	now := time.Unix(1772438400, 0)
	f.Fuzz(func(t *testing.T, after, reset string) {
		h := http.Header{"Retry-After": {after}, "X-Ratelimit-Reset": {reset}}
		for _, status := range []int{429, 503} {
			if d := retryAfter(status, h, now); d < 0 || d > maxRetryAfter {
				t.Errorf("%v", d)
			}
		}
	})
}

func TestBackoff(t *testing.T) {
	for retries, longest := range map[int]time.Duration{
		0: 500 * time.Millisecond, 1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 5: 10 * time.Second, 20: 10 * time.Second, 1000: 10 * time.Second,
	} {
		var smallest, largest time.Duration = time.Hour, 0
		for range 2000 {
			d := backoff(retries)
			smallest, largest = min(smallest, d), max(largest, d)
		}
		// Full jitter: from nothing to the whole pause. 2000 draws miss the first
		// or last twentieth once in 10^44.
		assert.Less(t, smallest, longest/20, retries)
		assert.Greater(t, largest, longest*19/20, retries)
		assert.Less(t, largest, longest, retries)
	}
}

// When most calls fail, retries stop.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script(reply(503, ""))
		c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithMaxRetries(20))
		const n = 100
		for range n {
			_, err := c.Do(t.Context(), readCall())
			require.ErrorIs(t, err, guichet.ErrUnavailable)
		}
		assert.Len(t, s.sends(), n+budgetSize/retryCost, "500 tokens are 100 retries, instead of 2,000")
	})
	synctest.Test(t, func(t *testing.T) {
		s := script(lose(errReset))
		c := open(t, fakepay("https://api.example.com"), s.option(), guichet.WithMaxRetries(20))
		const n = 100
		for range n {
			_, err := c.Do(t.Context(), readCall())
			require.ErrorIs(t, err, guichet.ErrUnavailable)
		}
		assert.Len(t, s.sends(), n+budgetSize/networkCost)
	})
	b := newBudget()
	for b.spend(false) {
	}
	for range retryCost {
		assert.False(t, b.spend(false))
		b.refund()
	}
	assert.True(t, b.spend(false), "successes earn retries back")
	for range 10 * budgetSize {
		b.refund()
	}
	assert.Equal(t, budgetSize, b.tokens, "and no more than there were")
}

// The same rules hold behind a RoundTripper of a test library that knows no trace.
func TestHTTPMockCountsAsSent(t *testing.T) {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, "https://api.example.com/payments", httpmock.ConnectionFailure)
	c := open(t, fakepay("https://api.example.com"), guichet.WithHTTPClient(&http.Client{Transport: mock}))
	_, err := c.Do(t.Context(), writeCall())
	require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
	assert.Equal(t, 1, mock.GetTotalCallCount())
}

func pad(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'x'
	}
	return string(b)
}

// A call that states no policy is sent once, unless it is a GET. A policy that nobody
// knows is the safe one.
func TestThePolicyOfACallThatStatesNone(t *testing.T) {
	rows := []struct {
		method string
		policy Policy
		sends  int
	}{
		{http.MethodGet, ByMethod, 3}, {http.MethodPost, ByMethod, 1}, {http.MethodPut, ByMethod, 1}, {http.MethodDelete, ByMethod, 1}, {"", ByMethod, 1},
		{http.MethodGet, Write, 1}, {http.MethodPost, Read, 3}, {http.MethodGet, Keyed + 1, 1}, {http.MethodPost, -1, 1},
	}
	assert.Zero(t, ByMethod)
	for _, row := range rows {
		for name, step := range map[string]step{"a 503": reply(503, ""), "no answer": lose(errors.New("reset"))} {
			synctest.Test(t, func(t *testing.T) {
				s := script(step)
				c := open(t, fakepay("https://api.example.com"), s.option())
				_, err := c.Do(t.Context(), &Call{Op: "Capture", Method: row.method, Route: "/x", Policy: row.policy})
				require.Error(t, err)
				assert.Len(t, s.sends(), row.sends, "%s with policy %d after %s", row.method, row.policy, name)
				assert.Equal(t, row.sends == 1, errors.Is(err, guichet.ErrUnknownOutcome), "%s with policy %d after %s", row.method, row.policy, name)
			})
		}
	}
}

// Where the provider says nothing, what answered is said: a page comes from a proxy.
func TestWhatAnsweredInPlaceOfTheAPI(t *testing.T) {
	for _, row := range []struct {
		status        int
		body, message string
	}{
		{403, "<html>", "the answer is an HTML page, not the API's JSON"},
		{502, "", "the answer is empty"},
		{429, "slow down", "the answer is not valid JSON"},
		{500, `{"message":"b`, "the answer is cut short"},
		{400, strings.Repeat(" ", DefaultMaxBody+1), "the answer is too large"},
		{404, `{}`, ""},
		{302, "<html>", ""}, // it is never followed, so its body is not read
	} {
		cfg := fakepay("https://api.example.com")
		for _, refusal := range []func(*Answer) *guichet.Error{nil, func(*Answer) *guichet.Error { return nil }, func(*Answer) *guichet.Error { return new(guichet.Error) }} {
			cfg.Refusal = refusal
			c := open(t, cfg, script(reply(row.status, row.body)).option(), guichet.WithMaxRetries(0))
			_, err := c.Do(background(t), readCall())
			assert.Equal(t, row.message, asError(t, err).Message, "%d %.20s", row.status, row.body)
		}
		cfg.Refusal = func(*Answer) *guichet.Error { return &guichet.Error{Message: "its own words"} }
		_, err := open(t, cfg, script(reply(row.status, row.body)).option(), guichet.WithMaxRetries(0)).Do(background(t), readCall())
		if row.status >= 400 {
			assert.Equal(t, "its own words", asError(t, err).Message)
		}
	}
}

// A client that New did not make refuses all, and never panics.
func TestANilClient(t *testing.T) {
	var c *Client
	call := &Call{Op: "CreatePayment", Method: http.MethodPost, Route: "/x"}
	_, do := c.Do(t.Context(), call)
	payment, created := c.Created(call, &Answer{}, &guichet.Payment{ID: "p"}, guichet.Money{}, "", true)
	assert.Equal(t, "p", payment.ID)
	for name, err := range map[string]error{
		"Do": do, "Created": created, "Raw": c.Raw(t.Context(), http.MethodGet, "/x", nil, nil),
		"Invalid": c.Invalid("CreatePayment", "Amount", "must be above 0"), "Unsupported": c.Unsupported("List", "no list"),
		"Fail": c.Fail(call, &Answer{}, guichet.ErrMismatch, "another amount"),
	} {
		assert.NotEmpty(t, asError(t, err).Op, name)
		assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome, name)
	}
	c.CloseIdleConnections()
	assert.Equal(t, "https://shop.example/x", c.CheckoutURL("https://shop.example/x"))
	assert.Empty(t, c.CheckoutURL("http://127.0.0.1/x"))
}
