// Package input gives every provider what a merchant's code may hand over by
// mistake, and what a stranger may have put there: each value is refused before
// anything is sent, by an error that names the field and does not repeat the
// value, or it arrives at the provider byte for byte, and nothing else of the
// request changes.
package input

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// behaviours are what Run holds a client to.
var behaviours = []struct {
	name  string
	check func(s *suite, t scripted.T)
}{
	{"fields", (*suite).checkFields},
	{"ids that are refused", (*suite).checkRefusedIDs},
	{"amounts", (*suite).checkAmounts},
	{"metadata", (*suite).checkMetadata},
	{"webhook secrets", (*suite).checkWebhookSecrets},
	{"environments", (*suite).checkEnvironments},
	{"base URLs", (*suite).checkBases},
	{"Do", (*suite).checkDo},
	{"options", (*suite).checkOptions},
	{"structure", (*suite).checkStructure},
	{"webhooks", (*suite).checkWebhooks},
	{"typed methods", (*suite).checkTyped},
}

// Run reports every value of the portable methods that is neither refused nor
// transmitted.
func Run(t *testing.T, h contract.Harness) {
	t.Helper()
	s := newSuite(scripted.Of(t), h)
	defer s.network.close()
	for _, b := range behaviours {
		if b.name != typed {
			t.Run(b.name, func(t *testing.T) { b.check(s, scripted.Of(t)) })
		}
	}
	s.checkCounts(t, 2000, 1000)
}

const typed = "typed methods"

// RunTyped does the same for the typed methods of the provider's own. They do not
// know of modes, and are run once for each provider.
func RunTyped(t *testing.T, h contract.Harness) {
	t.Helper()
	s := newSuite(scripted.Of(t), h)
	defer s.network.close()
	s.checkTyped(scripted.Of(t))
	refused, transmitted := 300, 500
	if !scripted.Long() {
		refused, transmitted = refused/thinned, transmitted/thinned
	}
	s.checkCounts(t, refused, transmitted)
}

// checkCounts notices values that were never tried.
func (s *suite) checkCounts(t *testing.T, refused, transmitted int) {
	t.Helper()
	t.Logf("%s: %d values, %d refused, %d transmitted", s.h.Name, s.refused+s.transmitted, s.refused, s.transmitted)
	if s.refused < refused || s.transmitted < transmitted {
		t.Errorf("%d refused and %d transmitted are too few", s.refused, s.transmitted)
	}
}

// suite is one run for one provider.
type suite struct {
	h       contract.Harness
	caps    guichet.Capabilities
	base    string // path prefix of the base URL
	network *network
	client  guichet.Client

	refused, transmitted int
}

const orderID = "ORDER-001"

func newSuite(t scripted.T, h contract.Harness) *suite {
	t.Helper()
	s := &suite{h: h, base: pathOf(h.Base)}
	s.network = newNetwork(h)
	client, err := s.from(h.Config)
	if err != nil {
		s.network.close()
		t.Fatal(err)
	}
	s.client = client
	if d, ok := client.(guichet.Describer); ok {
		s.caps = d.Capabilities()
	}
	return s
}

// from makes a client with another Config that can reach this network only.
func (s *suite) from(cfg any, opts ...guichet.Option) (guichet.Client, error) {
	all := []guichet.Option{
		guichet.WithHTTPClient(s.network.http), guichet.WithBaseURL(s.network.URL + s.base), guichet.WithMaxRetries(0),
	}
	return s.h.From(cfg, append(all, opts...)...)
}

func (s *suite) request() guichet.PaymentRequest {
	return guichet.PaymentRequest{Reference: orderID, Amount: guichet.NewMoney(5000, s.h.Currency), Description: "Commande 001"}
}

// try makes a call, and reports whatever must never happen.
func (s *suite) try(t scripted.T, what string, call func() error) (seen []sent, err error) {
	t.Helper()
	func() {
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("%s: panic: %v", what, p)
				err = errors.New("panic")
			}
		}()
		err = call()
	}()
	seen, problems := s.network.take()
	for _, problem := range problems {
		t.Errorf("%s: %s", what, problem)
	}
	return seen, err
}

// refusal reports whether err is a refusal of the SDK's own, and checks that it
// names one of the fields and does not repeat the value.
func refusal(t scripted.T, what string, err error, value string, names ...string) bool {
	t.Helper()
	e, refused := asRefusal(err)
	if !refused {
		return false
	}
	if e.OutcomeUnknown {
		t.Errorf("%s: refused, and the outcome is unknown", what)
	}
	if !slices.ContainsFunc(names, func(name string) bool { return begins(e.Message, name) }) {
		t.Errorf("%s: %q names none of %q", what, e.Message, names)
	}
	checkSilent(t, what, err, value)
	return true
}

// checkSilent looks for the value in all that the error may show. A shorter one
// is found anywhere.
func checkSilent(t scripted.T, what string, err error, value string) {
	t.Helper()
	if text := printed(err); len(strings.TrimSpace(value)) > 3 && strings.Contains(text, value) {
		t.Errorf("%s: the error repeats the value: %.200q", what, text)
	}
}

// asRefusal returns err if the SDK refused by itself.
func asRefusal(err error) (*guichet.Error, bool) {
	e := new(guichet.Error)
	if !errors.As(err, &e) || e.HTTPStatus != 0 {
		return nil, false
	}
	return e, errors.Is(err, guichet.ErrInvalidRequest) || errors.Is(err, guichet.ErrUnsupported)
}

// begins reports whether a message begins with the name of a field, and not with
// a longer one.
func begins(message, name string) bool {
	rest, ok := strings.CutPrefix(message, name)
	return ok && (rest == "" || strings.ContainsAny(rest[:1], ": .["))
}

// printed is all that an error may show.
func printed(err error) string {
	var b strings.Builder
	for _, node := range scripted.Chain(err) {
		for _, p := range scripted.Printings(node, true) {
			fmt.Fprintln(&b, p.Text)
		}
		if e, ok := node.(*guichet.Error); ok {
			fmt.Fprintln(&b, e.Message, e.Reference, e.IdempotencyKey, e.ProviderCode, e.RequestID, string(e.Raw()))
		}
	}
	return b.String()
}

func (s *suite) checkFields(t scripted.T) {
	for _, f := range s.fields() {
		t.Run(f.name, func(t scripted.T) { s.checkField(t, f) })
	}
}

// checkRefusedIDs gives the ids that no escaping makes harmless, and those that the
// provider's contract refuses beyond them.
func (s *suite) checkRefusedIDs(t scripted.T) {
	for _, id := range slices.Concat([]string{"", ".", "..", "a\x00b", "a\r\nX-Evil: 1", "a\xffb"}, s.h.BadIDs) {
		what := "payment id " + short(id)
		seen, err := s.try(t, what, func() error { _, err := s.client.GetStatus(context.Background(), id); return err })
		s.refused++
		if !errors.Is(err, guichet.ErrInvalidRequest) || len(seen) > 0 {
			t.Errorf("%s: %d requests: %v", what, len(seen), err)
		}
	}
	for _, reference := range []string{"", " ", "a\nb", "a\x00", "a\xff", string(make([]byte, 10000))} {
		what := "reference " + short(reference)
		seen, err := s.try(t, what, func() error {
			req := s.request()
			req.Reference = reference
			_, err := s.client.CreatePayment(context.Background(), req)
			return err
		})
		s.refused++
		if !errors.Is(err, guichet.ErrInvalidRequest) || len(seen) > 0 {
			t.Errorf("%s: %d requests: %v", what, len(seen), err)
		}
	}
}

// checkField gives one field every value of its kinds.
func (s *suite) checkField(t scripted.T, f field) {
	call := func(value string) ([]sent, error) {
		return s.try(t, f.name+" "+short(value), func() error { return f.call(context.Background(), value) })
	}
	// What is sent with a harmless value says where the value goes. Where even
	// that is refused the provider has no slot for the field, and nothing is sent.
	template, err := call(f.good)
	if len(template) == 0 && !refusal(t, f.name, err, f.good, f.names...) {
		t.Fatalf("nothing is sent with %q: %v", f.good, err)
	}
	without, _ := call("")
	mark := f.good
	if f.mark != "" {
		mark = f.mark
	}
	fill := func(value string) string { return value }
	if f.fill != nil {
		fill = f.fill
	}
	if f.needed && !slices.ContainsFunc(template, func(r sent) bool { return r.holds(mark) }) {
		t.Errorf("%q is not in what is sent", f.good)
	}

	for _, value := range f.values() {
		what := f.name + " " + short(value)
		seen, err := call(value)
		if refusal(t, what, err, value, f.names...) {
			if len(seen) > 0 {
				t.Errorf("%s: refused, and sent all the same", what)
			}
			s.refused++
			continue
		}
		s.transmitted++
		if value == "" { // not set
			if f.required || len(seen) == 0 {
				t.Errorf("%s: not refused: %v", what, err)
			}
			continue
		}
		switch {
		case len(seen) == 0:
			t.Errorf("%s: neither refused nor sent: %v", what, err)
			continue
		// Nothing to fill a form with: it may be left out.
		case f.prefill && strings.TrimSpace(value) == "" && len(without) == 1 && seen[0].differs(without[0]) == "":
			continue
		case len(seen) > len(template):
			t.Errorf("%s: %d requests, not %d", what, len(seen), len(template))
			continue
		}
		for i, r := range seen {
			if diff := r.differs(template[i].with(mark, fill(value))); diff != "" {
				t.Errorf("%s: neither refused nor transmitted: %s", what, diff)
			}
		}
	}
}
