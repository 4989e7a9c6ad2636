// Package lomitest is a fake lomi. for tests and for trying things out: a plain
// HTTP server on a loopback port that answers as lomi.'s pages describe, keeps
// what was created in memory, and fails on command. No money moves.
//
//	server := lomitest.NewServer()
//	defer server.Close()
//	client, err := lomi.New(server.Config(), server.Options()...)
//	// … CreatePayment …
//	err = server.Pay(payment.ID) // as the customer would
//
// A client in any language can use it: the base URL is Server.URL, the key is
// Config().APIKey in the header X-API-KEY. The links and checkout pages that it
// hands out open in a browser; posting choix=payer or choix=refuser to a
// checkout page ends it.
//
// Two generations of the API are served, one at a time; see SetGeneration. Where
// lomi.'s pages are silent or at odds, UNVERIFIED.md of package lomi says so.
package lomitest

import (
	"net/http"
	"sync"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/lomi"
)

// What every server accepts. None of it is a real credential.
const (
	apiKey        = "lomi_sk_test_guichet"
	webhookSecret = "whsec_guichet_fake"
)

// Request is one API request as it arrived.
type Request = fake.Request

// Fault is a way for the next API answer to go wrong.
type Fault = fake.Fault

// The faults. After the first four the request has been acted upon, after the
// others it has not.
const (
	CommitThen500  = fake.CommitThen500  // 500 with a JSON body
	CommitThenHang = fake.CommitThenHang // no answer, until the client leaves
	CommitThenCut  = fake.CommitThenCut  // the answer stops in the middle
	Oversized      = fake.Oversized      // the answer is padded beyond 1 MiB

	HTML502           = fake.HTML502           // an HTML page from a proxy
	Status503         = fake.Status503         // empty
	RateLimited       = fake.RateLimited       // 429 with Retry-After: 1; see also LimitNext
	RedirectElsewhere = fake.RedirectElsewhere // 307 to another host; see Server.Elsewhere
	EmptyOK           = fake.EmptyOK           // 200 without a body
)

// Generation is a version of lomi.'s API.
type Generation string

// The generations. They differ in the envelopes and paging of lists, in refunds
// and payouts in one step or two, in error codes and in paths.
const (
	June2026      Generation = "1.1.0"
	September2026 Generation = "1.2.0"
)

// Server is a fake lomi. It is safe for concurrent use, and as an http.Handler
// it can also be mounted in another server.
type Server struct {
	URL string // http://127.0.0.1:port, the base URL of the API

	fake *fake.Server
	mux  *http.ServeMux

	mu         sync.Mutex
	last       int // of the ids
	generation Generation
	tables     map[string]*table
	keys       map[string]stored
	events     map[string]string // event id by object and state
	paid       map[string]string // transaction id by session or card charge
	refunded   map[string]int64  // minor units by transaction
	answers    []Answer
	switches   switches
}

// switches are what a test can turn on.
type switches struct {
	linkKeys     bool
	linkPaidOff  bool
	strictBodies bool
	twoSteps     *bool
	signing      Signing
}

// NewServer starts a fake on a free loopback port; Close stops it. It panics if
// there is none, as net/http/httptest does. It serves the newest generation.
func NewServer() *Server {
	s := &Server{
		generation: September2026,
		tables:     map[string]*table{},
		keys:       map[string]stored{},
		events:     map[string]string{},
		paid:       map[string]string{},
		refunded:   map[string]int64{},
	}
	s.mux = s.routes()
	s.fake = fake.Start(http.HandlerFunc(s.serve), isAPI)
	s.URL = s.fake.URL
	return s
}

// Close stops the server and cuts open connections.
func (s *Server) Close() { s.fake.Close() }

// ServeHTTP answers a request to the API or to a page.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.fake.ServeHTTP(w, r) }

// Config returns settings that the server accepts. Set Via for a client that works with
// payment links. Its Version is that of the generation that is served, unless that is
// the newest, which a client without a version expects.
func (s *Server) Config() lomi.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	cfg := lomi.Config{APIKey: apiKey, WebhookSecret: webhookSecret}
	if s.generation != September2026 {
		cfg.Version = string(s.generation)
	}
	return cfg
}

// Options points a client at the server.
func (s *Server) Options() []guichet.Option {
	return []guichet.Option{guichet.WithBaseURL(s.URL)}
}

// Requests returns the API requests so far, oldest first.
func (s *Server) Requests() []Request { return s.fake.Requests() }

// FailNext makes the next API answers go wrong, one fault each.
func (s *Server) FailNext(faults ...Fault) { s.fake.FailNext(faults...) }

// Delay makes every API answer slow; 0 stops it.
func (s *Server) Delay(d time.Duration) { s.fake.Delay(d) }

// Elsewhere counts the requests that followed a RedirectElsewhere: it must stay 0.
func (s *Server) Elsewhere() int { return s.fake.Elsewhere() }

// SetGeneration changes which version of the API is served from now on.
func (s *Server) SetGeneration(g Generation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation = g
}

// HonourLinkKeys makes POST /payment-links honour idempotency keys, which lomi.
// does not declare.
func (s *Server) HonourLinkKeys(on bool) { s.set(func(o *switches) { o.linkKeys = on }) }

// DeactivatePaidLinks makes a link inactive once it was paid.
func (s *Server) DeactivatePaidLinks(on bool) { s.set(func(o *switches) { o.linkPaidOff = on }) }

// StrictBodies refuses members of a body that lomi.'s pages do not name.
func (s *Server) StrictBodies(on bool) { s.set(func(o *switches) { o.strictBodies = on }) }

// TwoSteps makes refunds and payouts ask for a confirmation, or not. Without it
// the generation decides: September2026 asks.
func (s *Server) TwoSteps(on bool) { s.set(func(o *switches) { o.twoSteps = &on }) }

// SignWith chooses the signatures of webhooks; a new server sends the base one.
func (s *Server) SignWith(signing Signing) { s.set(func(o *switches) { o.signing = signing }) }

func (s *Server) set(change func(*switches)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.switches)
}
