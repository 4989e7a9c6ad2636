// Package scripted plays a provider for the tests of single calls: it gives
// prepared answers, whatever it is asked, and keeps what it was asked.
package scripted

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
)

// Request is one request as the provider saw it.
type Request struct {
	*http.Request
	Body string
}

// Provider is an http.RoundTripper, safe for concurrent use.
type Provider struct {
	mu       sync.Mutex
	requests []Request
	answers  []http.RoundTripper
}

// answer is a responder of httpmock's, or any other func of that shape.
type answer func(*http.Request) (*http.Response, error)

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

// New returns a provider that gives the answers in turn, the last one for ever.
func New[A ~func(*http.Request) (*http.Response, error)](answers ...A) *Provider {
	p := &Provider{}
	for _, a := range answers {
		p.answers = append(p.answers, answer(a))
	}
	return p
}

// RoundTrip keeps the request and gives the next answer.
func (p *Provider) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	p.requests = append(p.requests, Request{r.Clone(context.Background()), string(body)})
	next := p.answers[min(len(p.requests), len(p.answers))-1]
	p.mu.Unlock()
	return next.RoundTrip(r)
}

// All returns the requests so far.
func (p *Provider) All() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
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
