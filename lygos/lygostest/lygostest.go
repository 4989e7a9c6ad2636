// Package lygostest is a fake Lygos for tests and for trying things out: a plain
// HTTP server on a loopback port that answers as Lygos's pages describe, keeps
// gateways and payments in memory, and fails on command. No money moves.
//
//	server := lygostest.NewServer()
//	defer server.Close()
//	client, err := lygos.New(server.Config(), server.Options()...)
//	// … CreatePayment …
//	err = server.Pay(payment.ID) // as the customer would
//
// A client in any language can use it: the base URL is Server.URL + "/v1", the
// key is Config().APIKey in the header api-key. Opening a gateway's link starts
// the payment; posting choix=payer or choix=refuser to it ends the payment.
//
// A payment is unknown (404) until the customer starts to pay, then "accepted",
// then "success" or "failed". Where Lygos's pages are silent the fake follows
// what integrators have seen; UNVERIFIED.md of package lygos lists it.
package lygostest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/internal/webhook"
	"github.com/guichetpay/guichet/lygos"
)

// What every server accepts. None of it is a real credential.
const (
	apiKey        = "lygosapp-test-key"
	shopName      = "Mon Magasin"
	webhookSecret = "whsec_test_0123456789"
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
	RateLimited       = fake.RateLimited       // 429 with Retry-After: 1
	RedirectElsewhere = fake.RedirectElsewhere // 307 to another host; see Server.Elsewhere
	EmptyOK           = fake.EmptyOK           // 200 without a body
)

// Answer is an answer that the fake can be told to give.
type Answer struct {
	Status int
	Body   string
}

// The refusals of Lygos's pages, for AnswerNext.
var (
	NoAPIKey            = Answer{401, `{"detail":{"message":"No API Key.","type":"NO_API_KEY_PROVIDED"}}`}
	NoAPIKeyOn404       = Answer{404, NoAPIKey.Body} // as the page of the status shows it
	UnknownAPIKey       = Answer{404, `{"detail":{"message":"API Key not found","type":"API_KEY_NOT_FOUND"}}`}
	GatewayNotFound     = Answer{404, `{"detail":{"message":"Payment Gateway Not found","type":"GATEWAY_NOT_FOUND"}}`}
	UserNotFound        = Answer{400, `{"detail":{"message":"User not found or inactive","type":"GATEWAY_USER_NOT_FOUND"}}`}
	TransactionNotFound = Answer{404, `{"detail":{"message":"Transaction not found","type":"TRANSACTION_NOT_FOUND"}}`}
	FieldRequired       = Answer{422, `{"detail":[{"loc":["body","amount"],"msg":"Field required","type":"missing"}]}`}
	RouteNotFound       = Answer{404, `{"detail":"Not Found"}`}
	GatewayTimeout      = Answer{504, ``}
)

// Server is a fake Lygos. It is safe for concurrent use, and as an http.Handler
// it can also be mounted in another server.
type Server struct {
	URL string // http://127.0.0.1:port; the API is below URL + "/v1"

	fake *fake.Server

	mu         sync.Mutex
	last       int
	gateways   []*gateway        // in order of creation
	payins     map[string]string // status word by order id
	answers    []Answer
	currency   string
	country    lygos.Country
	schemeless bool
	deleted    int // HTTP status of a deletion
}

// NewServer starts a fake on a free loopback port; Close stops it. It panics if
// there is none, as net/http/httptest does.
func NewServer() *Server {
	s := &Server{
		payins:   map[string]string{},
		currency: "XOF",
		country:  lygos.Country{Name: "Côte d'Ivoire", ISOCode: "CIV"},
		deleted:  http.StatusOK,
	}
	s.fake = fake.Start(http.HandlerFunc(s.serve), isAPI)
	s.URL = s.fake.URL
	return s
}

// Close stops the server and cuts open connections.
func (s *Server) Close() { s.fake.Close() }

// ServeHTTP answers a request to the API or to a checkout page.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.fake.ServeHTTP(w, r) }

// Config returns settings that the server accepts.
func (s *Server) Config() lygos.Config {
	return lygos.Config{APIKey: apiKey, ShopName: shopName, WebhookSecret: webhookSecret}
}

// Options points a client at the server.
func (s *Server) Options() []guichet.Option {
	return []guichet.Option{guichet.WithBaseURL(s.URL + "/v1")}
}

// Requests returns the API requests so far, oldest first.
func (s *Server) Requests() []Request { return s.fake.Requests() }

// FailNext makes the next API answers go wrong, one fault each.
func (s *Server) FailNext(faults ...Fault) { s.fake.FailNext(faults...) }

// Delay makes every API answer slow; 0 stops it.
func (s *Server) Delay(d time.Duration) { s.fake.Delay(d) }

// Elsewhere counts the requests that followed a RedirectElsewhere: it must stay 0.
func (s *Server) Elsewhere() int { return s.fake.Elsewhere() }

// AnswerNext gives these answers to the next API requests, one each, without
// acting on them.
func (s *Server) AnswerNext(answers ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, answers...)
}

// Account sets the currency and the country of the account, which Lygos reports
// and never asks for. A new server has XOF and Côte d'Ivoire.
func (s *Server) Account(currency guichet.Currency, country lygos.Country) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.currency, s.country = string(currency), country
}

// SchemelessLinks makes new gateways' links lack their scheme, as has been seen.
func (s *Server) SchemelessLinks(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.schemeless = on
}

// DeleteWithNoContent makes a deletion answer 204 without a body, in place of
// 200 with a string.
func (s *Server) DeleteWithNoContent(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleted = http.StatusOK
	if on {
		s.deleted = http.StatusNoContent
	}
}

// The words of a payment as it goes on.
const (
	wordStarted   = "accepted"
	wordSucceeded = "success"
	wordFailed    = "failed"
)

// Start has the customer start to pay: the status is "accepted". id is the
// payment's id, which with Lygos is the order id; an unknown one is an error.
func (s *Server) Start(id string) error { return s.SetStatus(id, wordStarted) }

// Pay has the customer pay: the status is "success".
func (s *Server) Pay(id string) error { return s.SetStatus(id, wordSucceeded) }

// Fail has the payment refused: the status is "failed".
func (s *Server) Fail(id string) error { return s.SetStatus(id, wordFailed) }

// SetStatus sets the status word of a payment, whatever it is.
func (s *Server) SetStatus(id, word string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byOrder(id) == nil {
		return fmt.Errorf("lygostest: no gateway has order id %q", id)
	}
	s.payins[id] = word
	return nil
}

// eventWords are the status words of webhooks, where they differ.
var eventWords = map[string]string{
	"":            "DEPOSIT_REQUESTED",
	wordStarted:   "DEPOSIT_REQUESTED",
	wordSucceeded: "DEPOSIT_COMPLETED",
	wordFailed:    "DEPOSIT_FAILED",
}

// SendWebhook posts a webhook about the payment's present state to url, signed
// with Config().WebhookSecret, as of now. An answer that is not 2xx is an error,
// as is an unknown id.
//
// Lygos describes no body; this is the one that a receiver was seen to read.
func (s *Server) SendWebhook(url, id string) error {
	body, err := s.event(id)
	if err != nil {
		return err
	}
	req, err := SignedRequest(url, webhookSecret, body, time.Now())
	if err != nil {
		return err
	}
	return fake.Deliver(req, 10*time.Second)
}

func (s *Server) event(id string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.byOrder(id)
	if g == nil {
		return nil, fmt.Errorf("lygostest: no gateway has order id %q", id)
	}
	word := s.payins[id]
	if event, ok := eventWords[word]; ok {
		word = event
	}
	return json.Marshal(map[string]any{
		"operationId": g.operation,
		"orderId":     id,
		"amount":      g.Amount,
		"status":      word,
		"buyer": map[string]string{
			"name": "Awa", "phoneNumber": "2250700111111", "country": s.country.ISOCode, "operator": "ORANGE",
		},
	})
}

// SignedRequest returns a webhook delivery with this body, signed with the
// secret as of the given time, for testing a receiver: send it, or hand its
// Header and the body to ParseWebhook.
func SignedRequest(url, secret string, body []byte, at time.Time) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	stamp := strconv.FormatInt(at.UnixMilli(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(lygos.TimestampHeader, stamp)
	req.Header.Set(lygos.SignatureHeader, webhook.Sign(secret, body, []byte(stamp)))
	return req, nil
}
