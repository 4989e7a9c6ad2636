package guichet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// parser is a WebhookParser that says what it is told.
type parser struct {
	event *guichet.Event
	err   error
	got   []byte
}

func (p *parser) ParseWebhook(_ context.Context, header http.Header, body []byte) (*guichet.Event, error) {
	p.got = body
	if p.err != nil {
		return nil, p.err
	}
	if header.Get("X-Signature") != "good" {
		return nil, &guichet.Error{Kind: guichet.ErrUntrusted}
	}
	return p.event, nil
}

func deliver(method string, body io.Reader) *http.Request {
	r := httptest.NewRequest(method, "/webhook", body)
	r.Header.Set("X-Signature", "good")
	return r
}

func serve(p guichet.WebhookParser, handle func(context.Context, *guichet.Event) error, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	guichet.WebhookHandler(p, handle).ServeHTTP(w, r)
	return w
}

func TestWebhookHandlerStatuses(t *testing.T) {
	event := &guichet.Event{ID: "e1", Type: "payment.success", Reference: "CMD-1"}
	rows := []struct {
		name    string
		parser  *parser
		request func() *http.Request
		handle  error
		status  int
		handled bool
	}{
		{"handled", &parser{event: event}, nil, nil, 200, true},
		{"handle fails", &parser{event: event}, nil, errors.New("database down"), 500, true},
		{"GET", &parser{event: event}, func() *http.Request { return deliver("GET", nil) }, nil, 405, false},
		{"HEAD", &parser{event: event}, func() *http.Request { return deliver("HEAD", nil) }, nil, 405, false},
		{"PUT", &parser{event: event}, func() *http.Request { return deliver("PUT", strings.NewReader("{}")) }, nil, 405, false},
		{"DELETE", &parser{event: event}, func() *http.Request { return deliver("DELETE", nil) }, nil, 405, false},
		{"unsigned", &parser{event: event}, func() *http.Request { return httptest.NewRequest("POST", "/webhook", strings.NewReader("{}")) }, nil, 401, false},
		{"not trusted", &parser{err: fmt.Errorf("x: %w", &guichet.Error{Kind: guichet.ErrUntrusted})}, nil, nil, 401, false},
		{"malformed", &parser{err: &guichet.Error{Kind: guichet.ErrBadResponse}}, nil, nil, 400, false},
		{"invalid", &parser{err: &guichet.Error{Kind: guichet.ErrInvalidRequest}}, nil, nil, 400, false},
		{"parser broken", &parser{err: errors.New("broken")}, nil, nil, 500, false},
		{"no event and no error", &parser{}, nil, nil, 500, false},
		{"as large as allowed", &parser{event: event}, func() *http.Request {
			return deliver("POST", bytes.NewReader(make([]byte, guichet.MaxWebhookBody)))
		}, nil, 200, true},
		{"too large", &parser{event: event}, func() *http.Request {
			return deliver("POST", bytes.NewReader(make([]byte, guichet.MaxWebhookBody+1)))
		}, nil, 413, false},
		{"too large and unsigned", &parser{event: event}, func() *http.Request {
			return httptest.NewRequest("POST", "/webhook", bytes.NewReader(make([]byte, 2*guichet.MaxWebhookBody)))
		}, nil, 413, false},
		{"cut short", &parser{event: event}, func() *http.Request {
			return deliver("POST", io.MultiReader(strings.NewReader(`{"id":"e1"`), failingReader{io.ErrUnexpectedEOF}))
		}, nil, 400, false},
		{"client gone", &parser{event: event}, func() *http.Request {
			return deliver("POST", failingReader{errors.New("connection reset SECRET_BODY")})
		}, nil, 400, false},
		{"no body at all", &parser{event: event}, func() *http.Request {
			r := deliver("POST", nil)
			r.Body = nil
			return r
		}, nil, 200, true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			handled := 0
			request := deliver("POST", strings.NewReader(`{"id":"e1"}`))
			if row.request != nil {
				request = row.request()
			}
			w := serve(row.parser, func(ctx context.Context, e *guichet.Event) error {
				handled++
				assert.Same(t, event, e)
				assert.Equal(t, request.Context(), ctx)
				return row.handle
			}, request)
			assert.Equal(t, row.status, w.Code)
			assert.Equal(t, row.handled, handled == 1)
			assert.Equal(t, http.StatusText(row.status)+"\n", w.Body.String(), "no more than the status: the sender may be anyone")
			assert.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
			if row.status == http.StatusMethodNotAllowed {
				assert.Equal(t, "POST", w.Header().Get("Allow"))
			}
		})
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func TestWebhookHandlerGivesTheRawBody(t *testing.T) {
	const body = "{\"b\" : 1,\r\n \"a\":\"\\u00e9\"}\n"
	p := &parser{event: &guichet.Event{}}
	require.Equal(t, 200, serve(p, func(context.Context, *guichet.Event) error { return nil }, deliver("POST", strings.NewReader(body))).Code)
	assert.Equal(t, body, string(p.got))
}

func TestWebhookHandlerNilArguments(t *testing.T) {
	accept := func(context.Context, *guichet.Event) error { return nil }
	assert.Equal(t, 500, serve(nil, accept, deliver("POST", strings.NewReader("{}"))).Code)
	assert.Equal(t, 500, serve(&parser{event: &guichet.Event{}}, nil, deliver("POST", strings.NewReader("{}"))).Code)
}

// Deliveries of one change reach handle each time: only the merchant's own
// database can tell that it was handled, and a failed one must come again.
func TestWebhookHandlerDuplicates(t *testing.T) {
	var mu sync.Mutex
	delivered, stored := 0, map[string]bool{}
	failOnce := true
	handler := guichet.WebhookHandler(&fixedParser{}, func(_ context.Context, e *guichet.Event) error {
		mu.Lock()
		defer mu.Unlock()
		if failOnce {
			failOnce = false
			return errors.New("database down")
		}
		if stored[e.ID] {
			return nil
		}
		stored[e.ID] = true
		delivered++
		return nil
	})
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, deliver("POST", strings.NewReader("{}")))
	assert.Equal(t, 500, w.Code)
	var running sync.WaitGroup
	for range 200 {
		running.Go(func() {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, deliver("POST", strings.NewReader("{}")))
			assert.Equal(t, 200, w.Code)
		})
	}
	running.Wait()
	assert.Equal(t, 1, delivered)
}

type fixedParser struct{}

func (*fixedParser) ParseWebhook(context.Context, http.Header, []byte) (*guichet.Event, error) {
	return &guichet.Event{ID: "e1"}, nil
}

// B6: a body that is fed 10 bytes a second for ever ends after 10 s, also where the
// server, or an adapter, has no deadline.
func TestWebhookHandlerSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := readFunc(func(p []byte) (int, error) {
			time.Sleep(time.Second)
			return copy(p, "          "), nil
		})
		start := time.Now()
		w := serve(&parser{event: &guichet.Event{}}, func(context.Context, *guichet.Event) error {
			t.Error("handled")
			return nil
		}, deliver("POST", body))
		assert.Equal(t, 400, w.Code)
		assert.Equal(t, 10*time.Second, time.Since(start))
	})
	t.Run("that gives nothing at all, and can be closed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			reader, writer := io.Pipe()
			defer writer.Close()
			start := time.Now()
			w := serve(&parser{event: &guichet.Event{}}, func(context.Context, *guichet.Event) error { return nil }, deliver("POST", reader))
			assert.Equal(t, 400, w.Code)
			assert.Equal(t, 10*time.Second, time.Since(start))
		})
	})
	t.Run("over a connection", func(t *testing.T) {
		for method, want := range map[string]string{"POST": "400", "PUT": "405"} {
			says := map[string]string{"POST": "longer than 10 seconds", "PUT": "not POST"}[method]
			synctest.Test(t, func(t *testing.T) {
				listener := &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}
				var said error
				server := &http.Server{ReadHeaderTimeout: time.Second, Handler: guichet.WebhookHandler(&parser{event: &guichet.Event{}}, func(context.Context, *guichet.Event) error {
					t.Error("handled")
					return nil
				}, guichet.OnRefusal(func(_ context.Context, err error) { said = err }))}
				go server.Serve(listener)
				defer server.Close()
				client, end := net.Pipe()
				listener.accept <- end
				io.WriteString(client, method+" / HTTP/1.1\r\nHost: shop\r\nX-Signature: good\r\nContent-Length: 100000\r\n\r\n")
				start := time.Now()
				var feeding sync.WaitGroup
				defer feeding.Wait()
				defer client.Close()
				feeding.Go(func() {
					for {
						if _, err := io.WriteString(client, "          "); err != nil {
							return
						}
						time.Sleep(time.Second)
					}
				})
				answer := make([]byte, 12)
				_, err := io.ReadFull(client, answer)
				require.NoError(t, err)
				assert.Equal(t, "HTTP/1.1 "+want, string(answer))
				assert.LessOrEqual(t, time.Since(start), 11*time.Second)
				assert.ErrorContains(t, said, says)
				_, err = io.Copy(io.Discard, client)
				assert.NoError(t, err)
				assert.LessOrEqual(t, time.Since(start), 11*time.Second, "and the connection is closed")
			})
		}
	})
	t.Run("the deadline is not left to the handler", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			listener := &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}
			server := &http.Server{Handler: guichet.WebhookHandler(&parser{event: &guichet.Event{}}, func(ctx context.Context, _ *guichet.Event) error {
				time.Sleep(time.Minute)
				return ctx.Err()
			})}
			go server.Serve(listener)
			defer server.Close()
			client, end := net.Pipe()
			listener.accept <- end
			defer client.Close()
			io.WriteString(client, "POST / HTTP/1.1\r\nHost: shop\r\nX-Signature: good\r\nContent-Length: 2\r\n\r\n{}")
			answer := make([]byte, 12)
			_, err := io.ReadFull(client, answer)
			require.NoError(t, err)
			assert.Equal(t, "HTTP/1.1 200", string(answer))
		})
	})
}

// pipes is a listener whose connections are made by the test.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func TestWebhookHandlerOnRefusal(t *testing.T) {
	event := &guichet.Event{ID: "e1"}
	down := errors.New("database down")
	rows := map[string]struct {
		parser  guichet.WebhookParser
		request *http.Request
		handle  error
		says    string
	}{
		"handled":       {parser: &parser{event: event}},
		"handle fails":  {parser: &parser{event: event}, handle: down, says: "database down"},
		"not trusted":   {parser: &parser{event: event}, request: httptest.NewRequest("POST", "/", strings.NewReader("{}")), says: "untrusted"},
		"malformed":     {parser: &parser{err: &guichet.Error{Kind: guichet.ErrBadResponse, Message: "id is missing"}}, says: "id is missing"},
		"GET":           {parser: &parser{event: event}, request: deliver("GET", nil), says: "not POST"},
		"too large":     {parser: &parser{event: event}, request: deliver("POST", bytes.NewReader(make([]byte, guichet.MaxWebhookBody+1))), says: "over 1 MiB"},
		"client gone":   {parser: &parser{event: event}, request: deliver("POST", failingReader{io.ErrUnexpectedEOF}), says: "unexpected EOF"},
		"no parser":     {says: "no parser"},
		"no event":      {parser: &parser{}, says: "neither an event nor an error"},
		"broken parser": {parser: &parser{err: errors.New("broken")}, says: "broken"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			var said []error
			if row.request == nil {
				row.request = deliver("POST", strings.NewReader("{}"))
			}
			w := httptest.NewRecorder()
			guichet.WebhookHandler(row.parser, func(context.Context, *guichet.Event) error { return row.handle },
				guichet.OnRefusal(func(ctx context.Context, err error) {
					assert.Equal(t, row.request.Context(), ctx)
					said = append(said, err)
				}), guichet.OnRefusal(nil), nil).ServeHTTP(w, row.request)
			assert.Empty(t, said, "the last option wins")
			guichet.WebhookHandler(row.parser, func(context.Context, *guichet.Event) error { return row.handle },
				guichet.OnRefusal(func(ctx context.Context, err error) { said = append(said, err) })).ServeHTTP(httptest.NewRecorder(), again(row.request))
			if row.says == "" {
				assert.Empty(t, said)
				return
			}
			require.Len(t, said, 1)
			assert.ErrorContains(t, said[0], row.says)
		})
	}
}

// again is a request whose body may have been read already.
func again(r *http.Request) *http.Request {
	c := r.Clone(r.Context())
	switch {
	case r.ContentLength > guichet.MaxWebhookBody:
		c.Body = io.NopCloser(bytes.NewReader(make([]byte, r.ContentLength)))
	case r.ContentLength >= 0:
		c.Body = io.NopCloser(strings.NewReader("{}"))
	}
	return c
}

func TestWebhookHandlerPanicsAreReported(t *testing.T) {
	var said error
	handler := guichet.WebhookHandler(&parser{event: &guichet.Event{}}, func(context.Context, *guichet.Event) error { panic("nil map") },
		guichet.OnRefusal(func(_ context.Context, err error) { said = err }))
	assert.PanicsWithValue(t, "nil map", func() { handler.ServeHTTP(httptest.NewRecorder(), deliver("POST", strings.NewReader("{}"))) }, "and not swallowed")
	assert.ErrorContains(t, said, "nil map")
}

func TestWebhookHandlerAnswersProbes(t *testing.T) {
	handler := guichet.WebhookHandler(&parser{event: &guichet.Event{}}, func(context.Context, *guichet.Event) error {
		t.Error("handled")
		return nil
	}, guichet.AnswerProbes())
	for method, status := range map[string]int{"GET": 200, "HEAD": 200, "PUT": 405, "DELETE": 405} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, deliver(method, nil))
		assert.Equal(t, status, w.Code, method)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// The same over a socket: a client that leaves in the middle of its body.
func TestWebhookHandlerAbortedConnection(t *testing.T) {
	var handled atomic.Int32
	served := make(chan struct{})
	inner := guichet.WebhookHandler(&parser{event: &guichet.Event{}}, func(context.Context, *guichet.Event) error {
		handled.Add(1)
		return nil
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(served)
		inner.ServeHTTP(w, r)
	}))
	defer server.Close()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	_, err = io.WriteString(c, "POST /webhook HTTP/1.1\r\nHost: shop\r\nX-Signature: good\r\nContent-Length: 100\r\n\r\n{\"id\":\"e1\"}")
	require.NoError(t, err)
	require.NoError(t, c.Close())
	<-served
	assert.Zero(t, handled.Load())
}

// refused is a webhook that no parser trusts.
func refused() *http.Request {
	r := httptest.NewRequest("POST", "/webhook", strings.NewReader("{}"))
	r.Header.Set("X-Signature", "bad")
	return r
}
