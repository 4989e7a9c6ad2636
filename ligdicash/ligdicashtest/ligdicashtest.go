// Package ligdicashtest is a fake LigdiCash for tests and for trying things out:
// a plain HTTP server on a loopback port that answers as LigdiCash's pages
// describe, keeps payments and payouts in memory, and fails on command. No money
// moves and no SMS is sent.
//
//	server := ligdicashtest.NewServer()
//	defer server.Close()
//	client, err := ligdicash.New(server.Config(), server.Options()...)
//	// … CreatePayment …
//	err = server.Pay(payment.ID) // as the customer would
//
// A client in any language can use it: the base URL is Server.URL, the keys are
// those of Config(). A hosted page is the response_text of its creation; posting
// choix=payer or choix=refuser to it ends the payment.
//
// Where LigdiCash's pages are silent the fake follows what integrators have
// seen; UNVERIFIED.md of package ligdicash lists it.
package ligdicashtest

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/fake"
	"github.com/guichetpay/guichet/ligdicash"
)

// What every server accepts. None of it is a real credential.
const (
	apiKey    = "LIGDICASHTESTKEY0001"
	authToken = "ligdicash.test.token-0001"
	storeName = "MonApp"
	storeURL  = "https://monapp.com"
)

// One-time codes. OTP is the one that the fake "sends" by SMS and that operators
// with a USSD code accept. With any other code a wallet payment is refused
// (ExpiredOTP with Code16, others with Code15), and a direct one is accepted,
// stays pending at the first confirmation and has failed at the next, as the
// real ones do.
const (
	OTP        = "012345"
	ExpiredOTP = "099999"
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

// Server is a fake LigdiCash. It is safe for concurrent use, and as an
// http.Handler it can also be mounted in another server.
type Server struct {
	URL string // http://127.0.0.1:port; also the base URL of the API

	fake *fake.Server

	mu            sync.Mutex
	payments      []*payment          // payments and payouts, in order of creation
	codes         map[string]bool     // phones that an OTP was sent to
	answers       []Answer            // to give before anything else
	keyStatus     int                 // HTTP status of a refused key
	redirects     bool                // direct payments lead to a page
	formFirst     bool                // order of the twins
	encoding      FormEncoding        // of the form twin
	callbackToken func(string) string // the token that a callback shows
}

// NewServer starts a fake on a free loopback port; Close stops it. It panics if
// there is none, as net/http/httptest does.
func NewServer() *Server {
	s := &Server{
		codes:         map[string]bool{},
		keyStatus:     http.StatusOK,
		callbackToken: func(string) string { return "" },
	}
	s.fake = fake.Start(http.HandlerFunc(s.serve), isAPI)
	s.URL = s.fake.URL
	return s
}

// Close stops the server and cuts open connections.
func (s *Server) Close() { s.fake.Close() }

// ServeHTTP answers a request to the API or to a hosted page.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.fake.ServeHTTP(w, r) }

// Config returns settings that the server accepts.
func (s *Server) Config() ligdicash.Config {
	return ligdicash.Config{APIKey: apiKey, AuthToken: authToken, StoreName: storeName, StoreURL: storeURL}
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

// AnswerNext gives these answers to the next API requests, one each, without
// acting on them.
func (s *Server) AnswerNext(answers ...Answer) {
	s.set(func() { s.answers = append(s.answers, answers...) })
}

// RefuseKeysWith sets the HTTP status of the answer to a wrong or missing key:
// 200 at first, as LigdiCash seems to do, or 401 or 403.
func (s *Server) RefuseKeysWith(status int) { s.set(func() { s.keyStatus = status }) }

// RedirectDirect makes direct payments lead to a page, as operators with a
// redirect mode do.
func (s *Server) RedirectDirect(on bool) { s.set(func() { s.redirects = on }) }

// FormFirst makes SendWebhook send the form before the JSON.
func (s *Server) FormFirst(on bool) { s.set(func() { s.formFirst = on }) }

// EncodeFormAs sets how the form twin writes custom_data and customer_details.
func (s *Server) EncodeFormAs(encoding FormEncoding) { s.set(func() { s.encoding = encoding }) }

// CallbackToken sets the token that callbacks of payments show, such as another
// payment's. At first it is empty.
func (s *Server) CallbackToken(token string) {
	s.set(func() { s.callbackToken = func(string) string { return token } })
}

func (s *Server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// The words of a payment.
const (
	wordPending   = "pending"
	wordSucceeded = "completed"
	wordFailed    = "notcompleted"
)

// Pay has the customer pay: the status is "completed". id is the token of a
// payment or a payout; an unknown one is an error.
func (s *Server) Pay(id string) error { return s.SetStatus(id, wordSucceeded) }

// Fail has the payment refused: the status is "notcompleted". FailAs has the
// other ways in which LigdiCash may say so.
func (s *Server) Fail(id string) error { return s.SetStatus(id, wordFailed) }

// SetStatus sets the status word of a payment or payout, whatever it is.
func (s *Server) SetStatus(id, word string) error { return s.FailAs(id, word, "") }

// FailAs sets the status word, such as "nocompleted", and, when subCode is not
// empty, has the confirmation refused with it: "Echec (Code" + subCode + ")".
func (s *Server) FailAs(id, word, subCode string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.byToken(id)
	if p == nil {
		return errUnknown
	}
	p.word, p.subCode, p.doomed = word, subCode, false
	return nil
}

// The token is not repeated: it is what whoever holds it can look with.
var errUnknown = fmt.Errorf("ligdicashtest: no payment or payout has this id")
