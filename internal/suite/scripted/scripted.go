// Package scripted is what all suites are made of: a provider in memory that gives
// prepared answers and keeps what it was asked, the ways in which a program may print
// a value, the spellings in which a secret may come back, and a stand-in for
// *testing.T, so that a suite can be shown a client that is wrong.
package scripted

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Request is one request as the provider saw it.
type Request struct {
	*http.Request
	Body string
}

// Provider is an http.RoundTripper, safe for concurrent use. It works in virtual time
// too, where no real socket does.
type Provider struct {
	answer func(n int, r *http.Request) (*http.Response, error)

	mu       sync.Mutex
	requests []Request
}

// New returns a provider that gives the answers in turn, the last one for ever.
func New[A ~func(*http.Request) (*http.Response, error)](answers ...A) *Provider {
	return Func(func(n int, r *http.Request) (*http.Response, error) { return answers[min(n, len(answers)-1)](r) })
}

// Func returns a provider whose answers depend on the number of the request, from 0.
func Func(answer func(n int, r *http.Request) (*http.Response, error)) *Provider {
	return &Provider{answer: answer}
}

// Always returns a provider that answers every request alike.
func Always(status int, body string) *Provider {
	return Func(func(int, *http.Request) (*http.Response, error) { return Reply(status, body) })
}

// RoundTrip keeps the request and gives the next answer.
func (p *Provider) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	p.mu.Lock()
	n := len(p.requests)
	p.requests = append(p.requests, Request{r.Clone(context.Background()), string(body)})
	p.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return p.answer(n, r)
}

// All returns the requests so far.
func (p *Provider) All() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Count is how many requests there were.
func (p *Provider) Count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.requests)
}

// One returns the only request; none, or more, is fatal.
func (p *Provider) One(t testing.TB) Request {
	t.Helper()
	all := p.All()
	if len(all) != 1 {
		t.Fatalf("%d requests were made, not 1", len(all))
	}
	return all[0]
}

// ErrReset is how a connection breaks.
var ErrReset = errors.New("connection reset")

// Reply is a complete answer.
func Reply(status int, body string) (*http.Response, error) {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
	}, nil
}

// Broken is a body that ends in an error.
func Broken(start string, err error) io.ReadCloser {
	return io.NopCloser(io.MultiReader(strings.NewReader(start), failing{err}))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// CloseIdle closes the connections of a client that wait for a next call.
func CloseIdle(client any) {
	if closer, ok := client.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
