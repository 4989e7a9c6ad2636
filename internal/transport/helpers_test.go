package transport

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	apiKey   = "sk_test_4f9c8e7b6a5d"
	okBody   = `{"id":"pay_1","status":"pending"}`
	keyField = "X-Idempotency-Key"
)

// fakepay is a provider with everything that a provider can have.
func fakepay(base string) Config {
	return Config{
		Provider:  "fakepay",
		BaseURL:   base,
		Authorize: func(h http.Header) { h.Set("X-Api-Key", apiKey) },
		Secrets:   []string{apiKey},
		KeyHeader: keyField,
		Refusal: func(a *Answer) *guichet.Error {
			w, _ := a.JSON()
			e := &guichet.Error{
				ProviderCode: w.Get("code").Text(), Message: w.Get("message").Text(), RequestID: w.Get("request_id").Text(),
				OutcomeUnknown: w.Get("in_progress").Kind() == strictjson.True,
			}
			if e.ProviderCode == "declined" {
				e.Kind = guichet.ErrDeclined
			}
			return e
		},
		Once: []string{"/acting/"},
	}
}

// open returns a client of cfg that leaves nothing behind.
func open(t testing.TB, cfg Config, opts ...guichet.Option) *Client {
	t.Helper()
	c, err := New(cfg, opts...)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func decodeID(a *Answer) error {
	w, err := a.JSON()
	if err != nil {
		return err
	}
	if w.Get("id").Text() == "" {
		return errors.New("the answer lacks its id")
	}
	return nil
}

// copying has the call keep a copy of the answer that it decodes.
func copying(call *Call) (body *string) {
	body = new(string)
	decode := call.Decode
	call.Decode = func(a *Answer) error {
		*body = string(a.Body)
		return decode(a)
	}
	return body
}

func readCall() *Call {
	return &Call{Op: "GetStatus", Method: http.MethodGet, Route: "/payments/{id}", Args: []string{"pay_1"}, Policy: Read, Reference: "CMD-1", Decode: decodeID}
}

func writeCall() *Call {
	return &Call{
		Op: "CreatePayment", Method: http.MethodPost, Route: "/payments", Body: []byte(`{"amount":5000}`),
		Policy: Write, Reference: "CMD-1", Decode: decodeID,
	}
}

func keyedCall() *Call {
	call := writeCall()
	call.Policy, call.IdempotencyKey = Keyed, "CMD-1"
	return call
}

// calls are the three policies, by name.
var calls = map[string]func() *Call{"read": readCall, "write": writeCall, "keyed": keyedCall}

func asError(t testing.TB, err error) *guichet.Error {
	t.Helper()
	require.Error(t, err)
	e, ok := err.(*guichet.Error)
	require.Truef(t, ok, "%T is not *guichet.Error", err)
	return e
}

// sent is one request as the provider saw it.
type sent struct {
	Method, Target string
	Header         http.Header
	Body           string
	Conn           int // which connection it came on, from 1
}

// step answers one request of a stub.
type step func(r *http.Request) (*http.Response, error)

// stub is a RoundTripper that plays its steps in order; the last one repeats.
type stub struct {
	mu    sync.Mutex
	steps []step
	seen  []sent
}

func script(steps ...step) *stub { return &stub{steps: steps} }

func (s *stub) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	s.mu.Lock()
	s.seen = append(s.seen, sent{r.Method, r.URL.RequestURI(), r.Header.Clone(), string(body), 0})
	next := s.steps[min(len(s.seen), len(s.steps))-1]
	s.mu.Unlock()
	return next(r)
}

func (s *stub) sends() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sent(nil), s.seen...)
}

func (s *stub) option() guichet.Option {
	return guichet.WithHTTPClient(&http.Client{Transport: s})
}

// reply answers with a status, a body and headers in pairs.
func reply(status int, body string, header ...string) step {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i+1 < len(header); i += 2 {
			h.Add(header[i], header[i+1])
		}
		return &http.Response{
			StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r,
			ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)),
		}, nil
	}
}

// lose fails after a connection was had: the provider may have seen it all.
func lose(err error) step {
	return func(r *http.Request) (*http.Response, error) {
		trace := httptrace.ContextClientTrace(r.Context())
		trace.GetConn("host:443")
		trace.GotConn(httptrace.GotConnInfo{})
		return nil, err
	}
}

// refuse fails before there was a connection: nobody saw anything.
func refuse(err error) step {
	return func(r *http.Request) (*http.Response, error) {
		httptrace.ContextClientTrace(r.Context()).GetConn("host:443")
		return nil, err
	}
}

// mute fails and reports nothing about connections.
func mute(err error) step {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// hang answers nothing until the caller leaves.
func hang(r *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(r.Context())
	trace.GetConn("host:443")
	trace.GotConn(httptrace.GotConnInfo{})
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// broken is a body that ends in err after its text.
func broken(status int, text string, err error) step {
	return func(r *http.Request) (*http.Response, error) {
		res, _ := reply(status, text)(r)
		res.Body = io.NopCloser(io.MultiReader(strings.NewReader(text), errReader{err}))
		return res, nil
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// wire is a provider on a loopback socket that writes what it is told, byte for
// byte.
type wire struct {
	URL  string
	addr string

	mu    sync.Mutex
	seen  []sent
	conns map[net.Conn]bool
	total int
}

// keep and drop are what an answer does with its connection.
const (
	keep = true
	drop = false
)

// listen serves every complete request with answer, n counting them from 1. The
// connection is closed when answer says so, or is gone.
func listen(t testing.TB, answer func(n int, c net.Conn, s sent) bool) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{URL: "http://" + l.Addr().String(), addr: l.Addr().String(), conns: map[net.Conn]bool{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.mu.Lock()
			w.total++
			number := w.total
			w.conns[c] = true
			w.mu.Unlock()
			running.Go(func() { w.serve(c, number, answer) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.mu.Lock()
		for c := range w.conns {
			c.Close()
		}
		w.mu.Unlock()
		running.Wait()
	})
	return w
}

func (w *wire) serve(c net.Conn, number int, answer func(int, net.Conn, sent) bool) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s := sent{r.Method, r.RequestURI, r.Header, string(body), number}
		w.mu.Lock()
		w.seen = append(w.seen, s)
		n := len(w.seen)
		w.mu.Unlock()
		if answer(n, c, s) == drop {
			return
		}
	}
}

func (w *wire) sends() []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]sent(nil), w.seen...)
}

// write sends raw bytes; an error means that the client has gone, which some
// tests want.
func write(c net.Conn, text string) { _, _ = io.WriteString(c, text) }

// good is a complete answer.
func good(body string) string {
	var b bytes.Buffer
	res := &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body))}
	if err := res.Write(&b); err != nil {
		panic(err)
	}
	return b.String()
}

// reset makes the close of c a TCP reset.
func reset(c net.Conn) bool {
	_ = c.(*net.TCPConn).SetLinger(0)
	return drop
}

// debugLogger writes everything to w.
func debugLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// background is a context that ends with the test.
func background(t testing.TB) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return ctx
}
