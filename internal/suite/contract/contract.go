// Package contract holds every provider to the contract of package guichet:
// one suite, run by each provider's tests over its fake server and over scripted
// answers. A provider that passes it can be swapped for another one.
//
// A new provider writes a Harness in its contract_test.go and calls Run; a
// test of this package fails for a provider folder that does not.
package contract

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/fake"
)

// Harness is what the suite needs to know about a provider.
type Harness struct {
	Name string // "lomi (payment link)"

	// New makes a client with test keys and, where the provider signs, the
	// webhook secrets Secret and PreviousSecret of Webhook.
	New func(opts ...guichet.Option) (guichet.Client, error)
	// Config is the provider's Config that New uses, and From makes a client of a
	// changed copy of it.
	Config any
	From   func(cfg any, opts ...guichet.Option) (guichet.Client, error)
	// NewFake starts the provider's fake server, for the same keys.
	NewFake func() Fake

	Base      string      // base URL for scripted answers, with the provider's path prefix
	Auth      http.Header // exactly what every request must carry
	Secrets   []string    // what no printed form may show
	KeyHeader string      // the documented idempotency header of a create; "": none may be sent
	KeySent   bool        // a key of the caller's is accepted, though not relied on
	Currency  guichet.Currency

	// Respond is a perfect provider: the answer to r about this order. The suite
	// breaks it in one respect at a time.
	Respond func(r *http.Request, o Order) (status int, body string)
	// ListPage answers a list request over all orders, paging as the provider
	// does with two orders a page. nil where List is unsupported.
	ListPage func(r *http.Request, all []Order) (status int, body string)
	// IsCreate and IsList tell what a request is; everything else is a status.
	IsCreate func(r *http.Request) bool
	IsList   func(r *http.Request) bool

	Echoes      bool                      // a create's answer names amount and currency
	Words       map[string]guichet.Status // every documented status word
	Pending     string                    // the word of a new payment
	Derived     bool                      // the status is derived, so that ProviderStatus may differ from the word
	MobileMoney *guichet.MobileMoney      // what a direct payment needs here
	// Metadata asks for a payment with metadata of any kind, by a native method;
	// nil: none takes it.
	Metadata   func(ctx context.Context, c guichet.Client, metadata map[string]any) error
	GoodAmount []string      // JSON spellings of 5000 francs that must be read
	BadAmount  []string      // spellings that must be refused or leave the amount zero
	Errors     []ErrorCase   // the provider's error bodies, as answers to GetStatus
	ByStatus   map[int]error // kinds of an unreadable error body, where they differ from the usual
	BadIDs     []string      // refused beyond the common list
	Webhook    Webhook
}

// Order is what a perfect provider knows about a payment.
type Order struct {
	ID          string // the provider's own id
	Reference   string
	Amount      guichet.Money
	AmountJSON  string // non-empty: written in place of the amount
	Word        string // the provider's status word
	CheckoutURL string
	Nulls       bool // optional members are null
}

// ErrorCase is one documented error.
type ErrorCase struct {
	Name   string
	Status int
	Body   string
	Kind   error
	Code   string // expected Error.ProviderCode
}

// Webhook says how the provider's webhooks look.
type Webhook struct {
	Secret, PreviousSecret string
	Body                   func(o Order) []byte
	// Sign returns the headers of a delivery. Unsigned providers ignore secret
	// and time.
	Sign      func(secret string, at time.Time, body []byte) http.Header
	Timed     bool   // the time is signed and checked
	Signature string // the header that holds the signature; "": unsigned
}

// Fake is what the suite needs of a provider's fake server.
type Fake interface {
	Options() []guichet.Option
	Requests() []fake.Request
	Pay(id string) error
	Fail(id string) error
	Close()
}

// Run reports every departure from the contract, not only the first.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, b := range behaviours {
		t.Run(b.Name, func(t *testing.T) {
			for _, problem := range check(t, h, b) {
				t.Error(problem)
			}
		})
	}
}

// behaviour is one promise.
type behaviour struct {
	Name string
	// virtual runs check in a bubble of virtual time, where no real socket works.
	virtual bool
	check   func(h Harness, r *report)
}

func check(t *testing.T, h Harness, b behaviour) []string {
	r := new(report)
	if b.virtual {
		synctest.Test(t, func(*testing.T) {
			// The bubble starts in 2000, when Unix milliseconds had 12 digits.
			time.Sleep(time.Until(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
			b.check(h, r)
		})
	} else {
		b.check(h, r)
	}
	return r.problems
}

// report collects problems.
type report struct{ problems []string }

func (r *report) problem(format string, args ...any) {
	if problem := fmt.Sprintf(format, args...); !slices.Contains(r.problems, problem) {
		r.problems = append(r.problems, problem)
	}
}

// expect reports a problem unless ok, and returns ok.
func (r *report) expect(ok bool, format string, args ...any) bool {
	if !ok {
		r.problem(format, args...)
	}
	return ok
}

var behaviours = []behaviour{
	{"round trip on the fake", false, checkRoundTrip},
	{"auth headers on every request", true, checkAuth},
	{"unknown status word", true, checkUnknownStatus},
	{"every documented status word", true, checkStatusWords},
	{"unsupported operations and fields send nothing", true, checkUnsupported},
	{"capability flags agree with behaviour", true, checkCapabilities},
	{"amounts as the provider may write them", true, checkAmountForms},
	{"nulls in optional members", true, checkNulls},
	{"documented errors", true, checkErrors},
	{"unreadable answers are never a payment", true, checkUnreadable},
	{"a list ends and yields each payment once", true, checkList},
	{"an echo that differs is a mismatch", true, checkEcho},
	{"Confirms", true, checkConfirms},
	{"webhooks", true, checkWebhooks},
	{"200 goroutines", false, checkConcurrency},
	{"no goroutine is left", false, checkGoroutines},
	{"the caller's http.Client is unchanged", true, checkCallerClient},
}
