package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/contract"
)

// A connection that has served one call and dies on the next is where net/http
// sends a request again by itself.
func TestWarmConnectionThatDies(t *testing.T) {
	deaths := map[string]func(net.Conn) bool{
		"reset":       reset,
		"clean close": func(net.Conn) bool { return drop },
	}
	acting := func() *Call {
		return &Call{Op: "SendCode", Method: http.MethodGet, Route: "/acting/code", Policy: Write}
	}
	remove := func() *Call {
		return &Call{Op: "Delete", Method: http.MethodDelete, Route: "/payments/{id}", Args: []string{"pay_1"}, Policy: Write}
	}
	post := func() *Call {
		return &Call{Op: "Expire", Method: http.MethodPost, Route: "/payments/{id}/expire", Args: []string{"pay_1"}, Policy: Write}
	}
	stray := func() *Call { // a key on a call that is not protected by it
		call := writeCall()
		call.Header = http.Header{"Idempotency-Key": {"k"}}
		return call
	}
	for name, call := range map[string]func() *Call{
		"create": writeCall, "GET that acts": acting, "DELETE": remove, "POST without a body": post, "create with a stray key header": stray,
	} {
		for death, die := range deaths {
			t.Run(name+", "+death, func(t *testing.T) {
				t.Parallel()
				w := listen(t, func(n int, c net.Conn, _ sent) bool {
					if n == 1 {
						write(c, good(okBody))
						return keep
					}
					if n == 2 {
						return die(c)
					}
					write(c, good(okBody))
					return keep
				})
				c := open(t, fakepay(w.URL))
				_, err := c.Do(background(t), readCall())
				require.NoError(t, err)

				_, err = c.Do(background(t), call())
				e := asError(t, err)
				require.Len(t, w.sends(), 2, "the provider must see it once")
				require.Equal(t, 1, w.sends()[1].Conn, "the connection must have been warm, or this proves nothing")
				require.ErrorIs(t, e, guichet.ErrUnknownOutcome)
				require.ErrorIs(t, e, guichet.ErrUnavailable)
			})
		}
	}
	for death, die := range deaths {
		t.Run("keyed create, "+death, func(t *testing.T) {
			t.Parallel()
			w := listen(t, func(n int, c net.Conn, _ sent) bool {
				if n == 2 {
					return die(c)
				}
				write(c, good(okBody))
				return keep
			})
			c := open(t, fakepay(w.URL), guichet.WithMaxRetries(1))
			_, err := c.Do(background(t), readCall())
			require.NoError(t, err)
			_, err = c.Do(background(t), keyedCall())
			require.NoError(t, err)

			got := w.sends()
			require.Len(t, got, 3)
			require.Equal(t, got[1].Header, got[2].Header)
			require.Equal(t, got[1].Body, got[2].Body)
			require.Equal(t, "CMD-1", got[2].Header.Get(keyField))
		})
		t.Run("keyed create without retries, "+death, func(t *testing.T) {
			t.Parallel()
			w := listen(t, func(n int, c net.Conn, _ sent) bool {
				if n == 2 {
					return die(c)
				}
				write(c, good(okBody))
				return keep
			})
			c := open(t, fakepay(w.URL), guichet.WithMaxRetries(0))
			_, err := c.Do(background(t), readCall())
			require.NoError(t, err)
			_, err = c.Do(background(t), keyedCall())
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			require.Len(t, w.sends(), 2, "no attempt that nobody counted")
		})
	}
}

// fast keeps the pauses of tests on real sockets short.
func fast() guichet.Option { return guichet.WithMaxRetries(1) }

// Answers that only a socket can give; each is a good payment but for one fault.
func TestFaultsOnTheWire(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	bad, gone := guichet.ErrBadResponse, guichet.ErrUnavailable
	bomb := gzipped(t, `{"id":"pay_1","pad":"`, 64<<20, `"}`) // once: it takes seconds under the race detector
	rows := []struct {
		name    string
		answer  func(c net.Conn) bool
		retried bool // for reads and keyed creates
		kind    error
	}{
		{"reset before the answer", reset, true, gone},
		{"closed before the answer", func(net.Conn) bool { return drop }, true, gone},
		{"reset in the body", func(c net.Conn) bool {
			write(c, head+"Content-Length: 200\r\n\r\n"+okBody)
			return reset(c)
		}, true, gone},
		{"short of its Content-Length", func(c net.Conn) bool {
			write(c, head+"Content-Length: 200\r\n\r\n"+okBody)
			return drop
		}, true, gone},
		{"chunks cut", func(c net.Conn) bool {
			write(c, head+"Transfer-Encoding: chunked\r\n\r\n"+strconv.FormatInt(int64(len(okBody)), 16)+"\r\n"+okBody+"\r\n")
			return drop
		}, true, gone},
		{"not HTTP", func(c net.Conn) bool { write(c, "SSH-2.0-OpenSSH_9.9\r\n"); return drop }, true, gone},
		{"two lengths", func(c net.Conn) bool {
			write(c, head+"Content-Length: 32\r\nContent-Length: 31\r\n\r\n"+okBody)
			return drop
		}, true, gone},
		{"endless 100 Continue", func(c net.Conn) bool {
			for range 100_000 {
				if _, err := io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
					break
				}
			}
			return drop
		}, true, gone},
		{"8 MiB of headers", func(c net.Conn) bool {
			write(c, head+"X-Pad: ")
			for range 8 << 10 {
				if _, err := io.WriteString(c, pad(1<<10)); err != nil {
					return drop
				}
			}
			write(c, "\r\nContent-Length: "+strconv.Itoa(len(okBody))+"\r\n\r\n"+okBody)
			return drop
		}, true, gone},
		{"gzip said, plain sent", func(c net.Conn) bool {
			write(c, head+"Content-Encoding: gzip\r\nContent-Length: "+strconv.Itoa(len(okBody))+"\r\n\r\n"+okBody)
			return drop
		}, true, gone},
		{"64 MiB in a small gzip", func(c net.Conn) bool {
			write(c, head+"Content-Encoding: gzip\r\nContent-Length: "+strconv.Itoa(len(bomb))+"\r\n\r\n"+bomb)
			return drop
		}, false, bad},
		{"8 MiB", func(c net.Conn) bool {
			body := `{"id":"pay_1","pad":"` + pad(8<<20) + `"}`
			write(c, head+"Content-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
			return drop
		}, false, bad},
		{"truncated JSON", func(c net.Conn) bool { write(c, good(okBody[:len(okBody)-1])); return drop }, false, bad},
		{"cut where it cannot be told", func(c net.Conn) bool { write(c, head+"\r\n"+okBody[:15]); return drop }, false, bad},
		{"switching protocols", func(c net.Conn) bool {
			write(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"+okBody)
			_, _ = c.Read(make([]byte, 1)) // stays open until the client leaves
			return drop
		}, false, bad},
	}
	for _, row := range rows {
		for policy, call := range calls {
			t.Run(row.name+", "+policy, func(t *testing.T) {
				t.Parallel()
				w := listen(t, func(_ int, c net.Conn, _ sent) bool { return row.answer(c) })
				c := open(t, fakepay(w.URL), fast())
				start := time.Now()
				_, err := c.Do(background(t), call())
				require.Less(t, time.Since(start), 20*time.Second)
				expected := want{1, row.kind, policy != "read"}
				if row.retried && policy != "write" {
					expected.sends = 2
				}
				got := w.sends()
				for i := range got {
					got[i].Conn = 0
				}
				check(t, got, err, expected)
				assertOnlySafeCauses(t, err)
			})
		}
	}
}

func gzipped(t testing.TB, before string, n int, after string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for _, part := range []string{before, pad(n), after} {
		_, err := io.WriteString(z, part)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.String()
}

// assertOnlySafeCauses walks everything that errors.As can reach.
func assertOnlySafeCauses(t *testing.T, err error) {
	t.Helper()
	var unsafe *url.Error
	require.False(t, errors.As(err, &unsafe), "a *url.Error holds the URL with its token")
}

// A gzip bomb must not cost memory.
func TestBombIsNotUnpacked(t *testing.T) {
	bomb := gzipped(t, `{"id":"pay_1","pad":"`, 64<<20, `"}`)
	w := listen(t, func(_ int, c net.Conn, _ sent) bool {
		write(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "+strconv.Itoa(len(bomb))+"\r\n\r\n"+bomb)
		return drop
	})
	c := open(t, fakepay(w.URL), guichet.WithMaxRetries(0))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.Do(background(t), readCall())
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, guichet.ErrBadResponse)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20))
}

// Nothing listens there: every policy may try again, and nobody saw anything.
func TestRefusedConnection(t *testing.T) {
	base, release := contract.Nobody()
	t.Cleanup(release) // after the parallel subtests
	for policy, call := range calls {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			c := open(t, fakepay(base), fast(), guichet.WithLogger(debugLogger(&log)))
			_, err := c.Do(background(t), call())
			check(t, []sent{{}}, err, want{1, guichet.ErrUnavailable, false})
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
			require.Contains(t, err.Error(), "nothing was sent")
			require.Equal(t, 2, strings.Count(log.String(), "guichet: attempt"))
			assertOnlySafeCauses(t, err)
		})
	}
}

// A create reaches the provider although the first dial failed, and once.
func TestRefusedThenServed(t *testing.T) {
	w := listen(t, func(_ int, c net.Conn, _ sent) bool { write(c, good(okBody)); return keep })
	pool := newPool(time.Second)
	var dials atomic.Int32
	real := pool.DialContext
	pool.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) == 1 {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
		return real(ctx, network, address)
	}
	c := open(t, fakepay(w.URL), guichet.WithHTTPClient(&http.Client{Transport: pool}))
	_, err := c.Do(background(t), writeCall())
	require.NoError(t, err)
	require.Len(t, w.sends(), 1)
}

// Cancelling while the connection is being made ends the call, and nothing is
// ever written.
func TestCancelWhileDialling(t *testing.T) {
	pool := newPool(time.Minute)
	dialling := make(chan struct{})
	pool.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		close(dialling)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c := open(t, fakepay("http://127.0.0.1:1"), guichet.WithHTTPClient(&http.Client{Transport: pool}))
	ctx, cancel := context.WithCancel(background(t))
	go func() { <-dialling; cancel() }()
	_, err := c.Do(ctx, writeCall())
	require.ErrorIs(t, err, context.Canceled)
	check(t, []sent{{}}, err, want{1, guichet.ErrUnavailable, false})
}

// A certificate that does not verify: one connection, no retry, no request.
func TestCertificateThatDoesNotVerify(t *testing.T) {
	for policy, call := range calls {
		t.Run(policy, func(t *testing.T) {
			var requests, connections atomic.Int32
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					connections.Add(1)
				}
			}
			server.StartTLS()
			defer server.Close()
			c := open(t, fakepay(server.URL))
			_, err := c.Do(background(t), call())
			check(t, []sent{{}}, err, want{1, guichet.ErrUnavailable, false})
			var certificate *tls.CertificateVerificationError
			require.ErrorAs(t, err, &certificate)
			assertOnlySafeCauses(t, err)
			require.EqualValues(t, 1, connections.Load())
			require.Zero(t, requests.Load())
		})
	}
}

// Over HTTP/2 too a request that was written counts as sent.
func TestHTTP2(t *testing.T) {
	var seen atomic.Int32
	var abort atomic.Bool
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		if r.ProtoMajor != 2 {
			w.WriteHeader(http.StatusHTTPVersionNotSupported)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		if abort.Load() {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, okBody)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	pool := newPool(10 * time.Second)
	pool.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := open(t, fakepay(server.URL), guichet.WithHTTPClient(&http.Client{Transport: pool}), fast())
	_, err := c.Do(background(t), writeCall())
	require.NoError(t, err)
	require.EqualValues(t, 1, seen.Load())

	acting := &Call{Op: "SendCode", Method: http.MethodGet, Route: "/acting/code", Policy: Write}
	_, err = c.Do(background(t), acting)
	require.NoError(t, err)

	abort.Store(true)
	for name, call := range map[string]*Call{"create": writeCall(), "GET that acts": acting} {
		seen.Store(0)
		_, err = c.Do(background(t), call)
		require.ErrorIs(t, err, guichet.ErrUnknownOutcome, name)
		require.EqualValues(t, 1, seen.Load(), name)
	}
	fresh := open(t, fakepay(server.URL), guichet.WithHTTPClient(&http.Client{Transport: pool.Clone()}))
	seen.Store(0)
	_, err = fresh.Do(background(t), writeCall())
	require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
	require.EqualValues(t, 1, seen.Load())
}

// No redirect is followed: another host would get the keys and the payment.
func TestRedirects(t *testing.T) {
	elsewhere := listen(t, func(_ int, c net.Conn, _ sent) bool { write(c, good(okBody)); return drop })
	places := map[string]string{
		"another host":  elsewhere.URL + "/payments",
		"malformed":     "http://%zz\x01/",
		"another path":  "/payments/elsewhere",
		"relative":      "?token=1",
		"no host":       "//",
		"another token": "javascript:alert(1)",
	}
	for _, status := range []int{300, 301, 302, 303, 305, 307, 308} {
		for place, location := range places {
			for policy, call := range calls {
				t.Run(strconv.Itoa(status)+", "+place+", "+policy, func(t *testing.T) {
					t.Parallel()
					w := listen(t, func(_ int, c net.Conn, _ sent) bool {
						write(c, "HTTP/1.1 "+strconv.Itoa(status)+" Moved\r\nLocation: "+location+"\r\nContent-Length: "+strconv.Itoa(len(okBody))+"\r\n\r\n"+okBody)
						return drop
					})
					c := open(t, fakepay(w.URL), guichet.WithMaxRetries(0))
					_, err := c.Do(background(t), call())
					if place == "malformed" { // net/http refuses the header itself
						require.Error(t, err)
						require.Equal(t, policy != "read", errors.Is(err, guichet.ErrUnknownOutcome))
						return
					}
					check(t, w.sends(), err, want{1, guichet.ErrBadResponse, policy != "read"})
				})
			}
		}
	}
	t.Cleanup(func() { require.Empty(t, elsewhere.sends()) })
}

// What a server sets as a cookie never comes back, not even from a jar of the
// caller's.
func TestNoCookies(t *testing.T) {
	w := listen(t, func(_ int, c net.Conn, _ sent) bool {
		write(c, "HTTP/1.1 200 OK\r\nSet-Cookie: PHPSESSID=abc; Path=/\r\nContent-Length: "+strconv.Itoa(len(okBody))+"\r\n\r\n"+okBody)
		return keep
	})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	own := &http.Client{Jar: jar, Transport: newPool(time.Minute)}
	base, err := url.Parse(w.URL)
	require.NoError(t, err)
	jar.SetCookies(base, []*http.Cookie{{Name: "session", Value: "of another merchant", Path: "/"}})
	for _, opts := range [][]guichet.Option{nil, {guichet.WithHTTPClient(own)}} {
		c := open(t, fakepay(w.URL), opts...)
		for range 2 {
			_, err := c.Do(background(t), readCall())
			require.NoError(t, err)
		}
	}
	for _, s := range w.sends() {
		require.NotContains(t, s.Header, "Cookie")
	}
	require.Len(t, jar.Cookies(base), 1, "the caller's jar must not be written to")
}

// The caller's client is copied, never changed, and only its Jar and
// CheckRedirect are left out.
func TestCallersClientIsUnchanged(t *testing.T) {
	w := listen(t, func(_ int, c net.Conn, _ sent) bool { write(c, good(okBody)); return keep })
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	pool := newPool(time.Minute)
	follow := func(*http.Request, []*http.Request) error { return errors.New("mine") }
	own := &http.Client{Jar: jar, Transport: pool, CheckRedirect: follow, Timeout: 42 * time.Second}
	c := open(t, fakepay(w.URL), guichet.WithHTTPClient(own))
	_, err = c.Do(background(t), readCall())
	require.NoError(t, err)
	require.Same(t, jar, own.Jar)
	require.Same(t, pool, own.Transport)
	require.Equal(t, 42*time.Second, own.Timeout)
	require.Equal(t, reflect.ValueOf(follow).Pointer(), reflect.ValueOf(own.CheckRedirect).Pointer())

	for name, global := range map[string]*http.Client{"default client": http.DefaultClient, "default transport": {Transport: http.DefaultTransport}} {
		before := *global
		c := open(t, fakepay(w.URL), guichet.WithHTTPClient(global))
		_, err = c.Do(background(t), readCall())
		require.NoError(t, err)
		require.Equal(t, before, *global, name)
	}
	require.Nil(t, http.DefaultClient.CheckRedirect)
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// A client's own time limit is one more reason to stop, and no reason to be sure.
func TestCallersClientTimeout(t *testing.T) {
	w := listen(t, func(_ int, c net.Conn, _ sent) bool { _, _ = c.Read(make([]byte, 1)); return drop })
	pool := newPool(time.Minute)
	c := open(t, fakepay(w.URL), guichet.WithHTTPClient(&http.Client{Transport: pool, Timeout: 50 * time.Millisecond}))
	_, err := c.Do(background(t), writeCall())
	check(t, w.sends(), err, want{1, guichet.ErrUnavailable, true})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assertOnlySafeCauses(t, err)
}

func TestTransportThatSkipsVerification(t *testing.T) {
	careless := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for _, base := range []string{"https://api.example.com/v1", "https://10.0.0.1", "https://localhost.example.com"} {
		_, err := New(fakepay(base), guichet.WithHTTPClient(careless))
		require.ErrorIs(t, err, guichet.ErrInvalidRequest, base)
		_, err = New(fakepay("https://127.0.0.1"), guichet.WithHTTPClient(careless), guichet.WithBaseURL(base))
		require.ErrorIs(t, err, guichet.ErrInvalidRequest, base)
	}
	for _, base := range []string{"https://127.0.0.1:8443", "https://[::1]:8443", "https://localhost:8443"} {
		_, err := New(fakepay(base), guichet.WithHTTPClient(careless))
		require.NoError(t, err, base)
	}
}

// Many goroutines, one client: each gets the answer to its own request.
func TestConcurrentCalls(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get(keyField) != string(body) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `{"id":%q}`, body)
	}))
	defer server.Close()
	c := open(t, fakepay(server.URL))
	var running sync.WaitGroup
	for i := range 200 {
		running.Go(func() {
			id := fmt.Sprintf("order-%d", i)
			call := keyedCall()
			call.IdempotencyKey, call.Body = id, []byte(id)
			body := copying(call)
			_, err := c.Do(background(t), call)
			if assert.NoError(t, err) {
				assert.Equal(t, fmt.Sprintf(`{"id":%q}`, id), *body)
			}
		})
	}
	running.Wait()
}

// Calls cancelled at random leave no goroutine and no connection: TestMain looks.
func TestCancelledCallsLeaveNothing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"id":"`)
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, `pay_1"}`)
	}))
	defer server.Close()
	c := open(t, fakepay(server.URL))
	var running sync.WaitGroup
	for i := range 300 {
		running.Go(func() {
			ctx, cancel := context.WithTimeout(background(t), time.Duration(i)*10*time.Microsecond)
			defer cancel()
			_, _ = c.Do(ctx, readCall())
		})
	}
	running.Wait()
}

// HTTP/2 has a repetition of its own: of any request without a body, when the
// server resets the stream with a protocol error or says that it refused it. A
// proxy in front of the provider may do so after the provider has acted.
func TestStreamThatIsReset(t *testing.T) {
	for name, code := range map[string]byte{"protocol error": 1, "refused stream": 7} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodGet} {
			t.Run(method+", "+name, func(t *testing.T) {
				t.Parallel()
				url, seen := resetting(t, code)
				http2 := &http.Transport{Protocols: new(http.Protocols)}
				http2.Protocols.SetUnencryptedHTTP2(true)
				c := open(t, fakepay(url), guichet.WithHTTPClient(&http.Client{Transport: http2}))
				_, err := c.Do(background(t), &Call{Op: "Capture", Method: method, Route: "/payments/{id}/capture", Args: []string{"pay_1"}, Policy: Write})
				e := asError(t, err)
				require.EqualValues(t, 1, seen.Load(), "the provider must see it once")
				require.ErrorIs(t, e, guichet.ErrUnknownOutcome)
				require.ErrorIs(t, e, guichet.ErrUnavailable)
				require.NotErrorIs(t, e, context.Canceled, "the caller did not cancel anything")
			})
		}
	}
}

// resetting is a provider that speaks HTTP/2, counts whole requests, and resets
// the stream of each with the code.
func resetting(t *testing.T, code byte) (url string, seen *atomic.Int32) {
	t.Helper()
	const data, headers, reset, settings, ack, endStream = 0x0, 0x1, 0x3, 0x4, 0x1, 0x1
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	seen = new(atomic.Int32)
	var running sync.WaitGroup
	ended := make(chan struct{})
	serve := func(c net.Conn) {
		defer c.Close()
		running.Go(func() { <-ended; c.Close() })
		_, _ = io.ReadFull(c, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")))
		write(c, string([]byte{0, 0, 0, settings, 0, 0, 0, 0, 0}))
		for frame := make([]byte, 9); ; {
			if _, err := io.ReadFull(c, frame); err != nil {
				return
			}
			if _, err := io.CopyN(io.Discard, c, int64(frame[0])<<16|int64(frame[1])<<8|int64(frame[2])); err != nil {
				return
			}
			switch kind, flags := frame[3], frame[4]; {
			case kind == settings && flags&ack == 0:
				write(c, string([]byte{0, 0, 0, settings, ack, 0, 0, 0, 0}))
			case (kind == headers || kind == data) && flags&endStream != 0:
				if seen.Add(1) > 2 {
					return // the pauses between further copies are long
				}
				write(c, string(append([]byte{0, 0, 4, reset, 0}, frame[5], frame[6], frame[7], frame[8], 0, 0, 0, code)))
			}
		}
	}
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { serve(c) })
		}
	})
	t.Cleanup(func() { l.Close(); close(ended); running.Wait() })
	return "http://" + l.Addr().String(), seen
}

// A kept connection that the provider has closed takes nothing any more. As long
// as not a byte of a request was written, it goes over another one.
func TestKeptConnectionThatTakesNothing(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			var seen atomic.Int32
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				seen.Add(1)
				_, _ = io.WriteString(w, "{}")
			}))
			t.Cleanup(s.Close)
			first := &closedConn{}
			pool := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				if err == nil && first.Conn == nil {
					first.Conn = conn
					return first, nil
				}
				return conn, err
			}}
			t.Cleanup(pool.CloseIdleConnections)
			c := open(t, fakepay(s.URL), guichet.WithHTTPClient(&http.Client{Transport: pool}))
			call := &Call{Op: "Capture", Method: method, Route: "/payments/{id}/capture", Args: []string{"pay_1"}, Policy: Write}
			_, err := c.Do(background(t), call)
			require.NoError(t, err)
			first.closed.Store(true)
			_, err = c.Do(background(t), call)
			require.NoError(t, err)
			require.EqualValues(t, 2, seen.Load(), "each call is seen once")
		})
	}
}

// closedConn is a connection whose other end is gone, once closed says so.
type closedConn struct {
	net.Conn
	closed atomic.Bool
}

func (c *closedConn) Write(b []byte) (int, error) {
	if c.closed.Load() {
		return 0, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
	}
	return c.Conn.Write(b)
}
