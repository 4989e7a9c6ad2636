// Package fake is what the four fake providers have in common: a loopback server
// that records requests, fails on command, and shows a checkout page.
package fake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Request is one request as it arrived.
type Request struct {
	Method   string
	Path     string // as on the wire, escapes included
	RawQuery string
	Header   http.Header
	Body     []byte
}

// Fault is a way for the next answer to go wrong.
type Fault int

const (
	// The request is acted upon, and then:
	CommitThen500  Fault = iota + 1 // 500 with a JSON body
	CommitThenHang                  // no answer, until the client leaves
	CommitThenCut                   // the answer stops in the middle
	Oversized                       // the answer is padded beyond 1 MiB

	// The request is not acted upon:
	HTML502           // an HTML page from a proxy
	Status503         // empty
	RateLimited       // 429 with Retry-After: 1
	RedirectElsewhere // 307 to another host; see Server.Elsewhere
	EmptyOK           // 200 without a body

	// The request is acted upon, and then:
	CommitThen503 // 503 without a body, as from a proxy that lost its upstream
)

// Server records and fails; the provider's own handler does the rest.
type Server struct {
	URL     string
	handler http.Handler
	isAPI   func(*http.Request) bool

	http     *http.Server
	mu       sync.Mutex
	requests []Request
	faults   []Fault
	delay    time.Duration

	elsewhere     *http.Server
	elsewhereURL  string
	elsewhereSeen int
}

// Start listens on a free loopback port. Only requests for which isAPI holds are
// recorded and can fail; the others are the customer's browser.
func Start(handler http.Handler, isAPI func(*http.Request) bool) *Server {
	s := &Server{handler: handler, isAPI: isAPI}
	s.http, s.URL = listen(s)
	s.elsewhere, s.elsewhereURL = listen(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.elsewhereSeen++
	}))
	return s
}

func listen(h http.Handler) (*http.Server, string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("fake: no loopback port: %v", err)) // as net/http/httptest does
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l)
	return server, "http://" + l.Addr().String()
}

// Close stops the server and cuts open connections.
func (s *Server) Close() {
	s.http.Close()
	s.elsewhere.Close()
}

// Requests returns the API requests so far, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// FailNext makes the next API answers go wrong, one fault each.
func (s *Server) FailNext(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// Delay makes every API answer slow; 0 stops it.
func (s *Server) Delay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// Elsewhere counts the requests that followed a redirect: it must stay 0.
func (s *Server) Elsewhere() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.elsewhereSeen
}

// ServeHTTP records the request and has the provider's handler answer it, unless
// a fault is due.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.isAPI(r) {
		s.handler.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 10<<20))
	if err != nil {
		JSON(w, http.StatusRequestEntityTooLarge, map[string]string{"message": "body too large"})
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	s.requests = append(s.requests, Request{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Clone(), body})
	var fault Fault
	if len(s.faults) > 0 {
		fault, s.faults = s.faults[0], s.faults[1:]
	}
	delay := s.delay
	s.mu.Unlock()
	if delay > 0 && !sleep(r.Context(), delay) {
		return
	}
	switch fault {
	case HTML502:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, "<html><body><h1>502 Bad Gateway</h1></body></html>")
		return
	case Status503:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case RateLimited:
		w.Header().Set("Retry-After", "1")
		JSON(w, http.StatusTooManyRequests, map[string]string{"message": "Too many requests"})
		return
	case RedirectElsewhere:
		w.Header().Set("Location", s.elsewhereURL+r.URL.RequestURI())
		w.WriteHeader(http.StatusTemporaryRedirect)
		return
	case EmptyOK:
		w.WriteHeader(http.StatusOK)
		return
	}
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	s.handler.ServeHTTP(rec, r)
	switch fault {
	case CommitThen500:
		JSON(w, http.StatusInternalServerError, map[string]string{"message": "internal error"})
		return
	case CommitThen503:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case CommitThenHang:
		<-r.Context().Done()
		return
	case CommitThenCut:
		maps.Copy(w.Header(), rec.header)
		w.Header().Set("Content-Length", strconv.Itoa(rec.body.Len()+1))
		w.WriteHeader(rec.status)
		w.Write(rec.body.Bytes()[:rec.body.Len()/2])
		http.NewResponseController(w).Flush() // or the client sees no answer at all
		panic(http.ErrAbortHandler)
	case Oversized:
		maps.Copy(w.Header(), rec.header)
		w.WriteHeader(rec.status)
		w.Write(rec.body.Bytes())
		w.Write(bytes.Repeat([]byte(" "), 2<<20))
		return
	}
	maps.Copy(w.Header(), rec.header)
	w.WriteHeader(rec.status)
	w.Write(rec.body.Bytes())
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// JSON answers with a JSON body.
func JSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.Encode(body)
}

// NewID returns a UUID-shaped id that is the same in every run: n numbers it.
func NewID(n int) string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", n, n)
}
