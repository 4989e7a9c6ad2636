// Package caurisfluxtest is a fake CaurisFlux for tests and for trying things
// out: a plain HTTP server on a loopback port that answers as CaurisFlux's pages
// describe, keeps payments and payouts in memory, and fails on command. No money
// moves.
//
//	server := caurisfluxtest.NewServer()
//	defer server.Close()
//	client, err := caurisflux.New(server.Config(), server.Options()...)
//	// … CreatePayment …
//	err = server.Pay(payment.ID) // as the customer would
//
// A client in any language can use it: the base URL is Server.URL + "/api/v1",
// the keys are those of Config, in X-API-Key or as a bearer token. Posting
// choix=payer or choix=refuser to a payment's redirectUrl ends the payment.
//
// Where CaurisFlux's pages are silent the fake takes the reading of UNVERIFIED.md
// of package caurisflux; most of the other readings are one switch away.
package caurisfluxtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/internal/webhook"
)

// What every server accepts. None of it is a real credential.
const (
	publicKey     = "pk_test_abc"
	secretKey     = "sk_test_def"
	webhookSecret = "whsec_test_123"
)

// Request is one API request as it arrived.
type Request = fake.Request

// Fault is a way for the next API answer to go wrong.
type Fault = fake.Fault

// The faults. After the first five the request has been acted upon, after the
// others it has not.
const (
	CommitThen500  = fake.CommitThen500  // 500 with a JSON body
	CommitThen503  = fake.CommitThen503  // 503 without a body
	CommitThenHang = fake.CommitThenHang // no answer, until the client leaves
	CommitThenCut  = fake.CommitThenCut  // the answer stops in the middle
	Oversized      = fake.Oversized      // the answer is padded beyond 1 MiB

	HTML502           = fake.HTML502           // an HTML page from a proxy
	Status503         = fake.Status503         // empty
	RateLimited       = fake.RateLimited       // 429 with Retry-After: 1
	RedirectElsewhere = fake.RedirectElsewhere // 307 to another host; see Server.Elsewhere
	EmptyOK           = fake.EmptyOK           // 200 without a body
)

// Server is a fake CaurisFlux. It is safe for concurrent use, and as an
// http.Handler it can also be mounted in another server.
type Server struct {
	URL string // http://127.0.0.1:port; the API is below URL + "/api/v1"

	fake *fake.Server

	mu       sync.Mutex
	payments []*payment // in order of creation
	payouts  []*payout
	replays  map[string]replay // by idempotency key
	quotes   int
	refusals []Refusal
	settings settings
}

// settings are what the switches set.
type settings struct {
	envelope      Envelope
	code          CodePlace
	listMessages  bool
	rate          Rate
	echoReference bool
	paidWord      string
	webhook       WebhookForm
	listPath      string
}

// NewServer starts a fake on a free loopback port; Close stops it. It panics if
// there is none, as net/http/httptest does.
func NewServer() *Server {
	s := &Server{replays: map[string]replay{}, settings: settings{paidWord: "success", listPath: "/payments"}}
	s.fake = fake.Start(http.HandlerFunc(s.serve), isAPI)
	s.URL = s.fake.URL
	return s
}

// Close stops the server and cuts open connections.
func (s *Server) Close() { s.fake.Close() }

// ServeHTTP answers a request to the API or to a checkout page.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.fake.ServeHTTP(w, r) }

// Config returns settings that the server accepts.
func (s *Server) Config() caurisflux.Config {
	return caurisflux.Config{PublicKey: publicKey, SecretKey: secretKey, WebhookSecret: webhookSecret}
}

// Options points a client at the server.
func (s *Server) Options() []guichet.Option {
	return []guichet.Option{guichet.WithBaseURL(s.URL + base)}
}

// Requests returns the API requests so far, oldest first.
func (s *Server) Requests() []Request { return s.fake.Requests() }

// FailNext makes the next API answers go wrong, one fault each.
func (s *Server) FailNext(faults ...Fault) { s.fake.FailNext(faults...) }

// Delay makes every API answer slow; 0 stops it.
func (s *Server) Delay(d time.Duration) { s.fake.Delay(d) }

// Elsewhere counts the requests that followed a RedirectElsewhere: it must stay 0.
func (s *Server) Elsewhere() int { return s.fake.Elsewhere() }

// Envelope is what answers are wrapped in.
type Envelope int

const (
	EnvelopeDocumented Envelope = iota // each endpoint as its own page shows it
	EnvelopeSuccess                    // {"success":true,"data":…} everywhere
	EnvelopeBare                       // nothing, but for a list, which is {"data":[…],"meta":…}
	EnvelopeNested                     // as EnvelopeSuccess, and a list is {"data":[…],"meta":…} inside
	EnvelopeBareArray                  // as EnvelopeBare, and a list is […]
)

// Envelope sets what answers are wrapped in. A new server has EnvelopeDocumented.
func (s *Server) Envelope(e Envelope) { s.set(func(c *settings) { c.envelope = e }) }

// CodePlace is where error bodies carry their code.
type CodePlace int

const (
	CodeNowhere     CodePlace = iota // the pages show none
	CodeInCode                       // "code"
	CodeInErrorCode                  // "errorCode"
	CodeInError                      // "error", in place of the HTTP reason phrase
)

// CodePlace sets where error bodies carry their code. A new server has
// CodeNowhere.
func (s *Server) CodePlace(p CodePlace) { s.set(func(c *settings) { c.code = p }) }

// ListMessages makes the message of an error a list of texts.
func (s *Server) ListMessages(on bool) { s.set(func(c *settings) { c.listMessages = on }) }

// Rate is what answers say about the calls that are left.
type Rate struct {
	Limit     string // "100" or "unlimited"; empty: no rate header is sent
	Remaining string
	Reset     string // Unix seconds
}

// Rate sets the rate headers of every answer. A new server sends none.
func (s *Server) Rate(r Rate) { s.set(func(c *settings) { c.rate = r }) }

// EchoReference makes answers about payments name externalReference, which the
// pages do not show.
func (s *Server) EchoReference(on bool) { s.set(func(c *settings) { c.echoReference = on }) }

// PaidWord sets the status word of payments that are paid from now on: "success"
// on a new server; "completed" and "paid" have been read elsewhere.
func (s *Server) PaidWord(word string) { s.set(func(c *settings) { c.paidWord = word }) }

// ListPath moves the list of payments, whose path no page names. A new server has
// it at "/payments".
func (s *Server) ListPath(path string) { s.set(func(c *settings) { c.listPath = path }) }

// WebhookForm is how SendWebhook signs.
type WebhookForm int

const (
	WebhookCurrent       WebhookForm = iota // over timestamp.body, in X-Webhook- headers
	WebhookLegacyHeaders                    // over timestamp.body, in X-Cauris- headers
	WebhookLegacy                           // over the body alone, in an X-Cauris- header
)

// WebhookForm sets how SendWebhook signs. A new server has WebhookCurrent.
func (s *Server) WebhookForm(f WebhookForm) { s.set(func(c *settings) { c.webhook = f }) }

func (s *Server) set(change func(*settings)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.settings)
}

// Refusal is an error answer. Where its code goes is set by CodePlace.
type Refusal struct {
	Status  int
	Code    string // such as "insufficient_funds"; empty: none
	Message string
}

// RefuseNext refuses the next API requests, one each, without acting on them. A
// status of 2xx answers success:false.
func (s *Server) RefuseNext(refusals ...Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals = append(s.refusals, refusals...)
}

// Pay has the customer pay: the status is "success". id is the transaction id; an
// unknown one is an error. On a payout it means that the money has arrived, and
// the status is "completed".
func (s *Server) Pay(id string) error { return s.finish(id, s.paid) }

// Fail has the payment or the payout refused: the status is "failed".
func (s *Server) Fail(id string) error { return s.finish(id, func(bool) string { return "failed" }) }

// SetStatus sets the status word of a payment or a payout, whatever it is.
func (s *Server) SetStatus(id, word string) error {
	return s.finish(id, func(bool) string { return word })
}

// paid is the word of a payment or a payout that went well.
func (s *Server) paid(isPayout bool) string {
	if isPayout {
		return "completed"
	}
	return s.settings.paidWord
}

func (s *Server) finish(id string, word func(isPayout bool) string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.payment(id); p != nil {
		p.Status = word(false)
		return nil
	}
	if p := s.payout(id); p != nil {
		p.end(word(true))
		return nil
	}
	return unknownID(id)
}

func unknownID(id string) error { return fmt.Errorf("caurisfluxtest: no transaction has id %q", id) }

// events are the events by status word.
var events = map[string]string{
	"success": "payment.success", "completed": "payment.success", "paid": "payment.success",
	"failed": "payment.failed", "cancelled": "payment.cancelled", "canceled": "payment.cancelled",
	"expired": "payment.expired",
}

// SendWebhook posts a webhook about the payment's present state to url, signed
// with Config().WebhookSecret as of now, in the form that WebhookForm sets. An
// answer that is not 2xx is an error, as is an unknown id.
//
// No event is known for a payment that has not ended; it is sent as
// "payment.pending", and so on for other words.
func (s *Server) SendWebhook(url, id string) error {
	body, form, err := s.event(id)
	if err != nil {
		return err
	}
	req, err := signedRequest(url, webhookSecret, body, time.Now(), form)
	if err != nil {
		return err
	}
	return fake.Deliver(req, 10*time.Second)
}

func (s *Server) event(id string) ([]byte, WebhookForm, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	form := s.settings.webhook
	p := s.payment(id)
	if p == nil {
		return nil, form, unknownID(id)
	}
	word := strings.ToLower(strings.TrimSpace(p.Status))
	data := map[string]any{
		"transactionId": p.ID, "externalReference": p.Reference,
		"amount": p.Amount, "currency": p.Currency,
	}
	if p.operator != "" {
		data["provider"] = p.operator
	}
	if word == "failed" {
		data["failureReason"], data["failureMessage"] = "insufficient_funds", "Solde insuffisant"
	}
	body, err := json.Marshal(map[string]any{"event": cmp.Or(events[word], "payment."+word), "data": data})
	return body, form, err
}

// SignedRequest returns a webhook delivery with this body, signed with the secret
// as of the given time, for testing a receiver: send it, or hand its Header and
// the body to ParseWebhook.
func SignedRequest(url, secret string, body []byte, at time.Time) (*http.Request, error) {
	return signedRequest(url, secret, body, at, WebhookCurrent)
}

func signedRequest(url, secret string, body []byte, at time.Time, form WebhookForm) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := webhook.Sign(secret, []byte(stamp+"."), body)
	req.Header.Set("Content-Type", "application/json")
	switch form {
	case WebhookLegacy:
		req.Header.Set(caurisflux.LegacySignatureHeader, webhook.Sign(secret, body))
	case WebhookLegacyHeaders:
		req.Header.Set(caurisflux.LegacySignatureHeader, mac)
		req.Header.Set(caurisflux.LegacyTimestampHeader, stamp)
	default:
		req.Header.Set(caurisflux.SignatureHeader, "sha256="+mac)
		req.Header.Set(caurisflux.TimestampHeader, stamp)
	}
	return req, nil
}

func (s *Server) payment(id string) *payment {
	if i := slices.IndexFunc(s.payments, func(p *payment) bool { return p.ID == id }); i >= 0 {
		return s.payments[i]
	}
	return nil
}

func (s *Server) payout(id string) *payout {
	if i := slices.IndexFunc(s.payouts, func(p *payout) bool { return p.ID == id }); i >= 0 {
		return s.payouts[i]
	}
	return nil
}
