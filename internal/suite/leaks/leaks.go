// Package leaks looks for secrets in everything that a program with a client
// can print: errors of every kind with all that they wrap, log lines, and the
// values that it holds, in each of fmt's verbs, in slog and in JSON. Every secret
// is a canary, looked for in all spellings in which it may come back.
package leaks

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// enough is far below what a run looks at: a run that looked at less has skipped
// something.
const enough = 200_000

// thinned is by how much there are fewer combinations of the same kinds, unless
// scripted.Long asks for all.
const thinned = 3

// leftOut reports whether the combination of the ith of one kind with the jth of
// another is left out. Each of either kind is there still.
func leftOut(i, j int) bool { return !scripted.Long() && (i+j)%thinned != 0 }

// behaviours are what Run holds a client to.
var behaviours = []struct {
	name  string
	check func(s *suite, t scripted.T)
}{
	{"settings", (*suite).checkSettings},
	{"values", (*suite).checkValues},
	{"refused requests", (*suite).checkRefused},
	{"answers that echo", (*suite).checkEchoes},
	{"a network that fails", (*suite).checkNetwork},
	{"webhooks", (*suite).checkWebhooks},
	{"typed methods", (*suite).checkTyped},
	{"the log", (*suite).checkLog},
}

// Run reports everything that shows a canary.
func Run(t *testing.T, h contract.Harness) {
	t.Helper()
	s := newSuite(scripted.Of(t), h)
	written := captured(scripted.Of(t), func() {
		for _, b := range behaviours {
			t.Run(b.name, func(t *testing.T) { b.check(s, scripted.Of(t)) })
		}
	})
	t.Run("stdout and stderr", func(t *testing.T) { s.checkWritten(scripted.Of(t), written) })
	t.Logf("%s: %d printed forms searched for %d secrets in %d spellings", h.Name, s.looked, len(s.canaries), s.spellings())
	if s.looked < enough && (scripted.Long() || s.looked < enough/thinned) {
		t.Errorf("%d printed forms are too few", s.looked)
	}
}

// checkWritten looks at what the process has written to stdout and stderr.
func (s *suite) checkWritten(t scripted.T, written string) {
	s.look(t, "stdout and stderr", written, 0)
	if written != "" {
		t.Errorf("%d bytes are written to stdout or stderr", len(written))
	}
}

// reported is how often one canary is reported: one hole shows it thousands of
// times.
const reported = 10

// suite is one run for one provider.
type suite struct {
	h             contract.Harness
	caps          guichet.Capabilities
	config        any // with canaries in place of the secrets
	webhookSecret string
	token         bool // the payment's id travels in the query, as a credential does
	secretID      bool // the payment's id is not the order id

	canaries                  []*canary
	keys                      []*canary // of the Config, webhook secrets included
	phone, email, first, last *canary   // of the customer
	wallet, otp               *canary   // of a prompt on a phone
	id, page                  *canary   // of the payment
	note, back                *canary   // in the metadata, and where the customer returns to

	leaks           map[*canary]int
	clean           map[seen]bool // texts that were searched already
	looked, clients int
	log             logbook
}

// odd is what is written differently in every spelling.
const odd = `+/&=<>"%7~`

func newSuite(t scripted.T, h contract.Harness) *suite {
	t.Helper()
	s := &suite{h: h, webhookSecret: h.Webhook.Secret, leaks: map[*canary]int{}, clean: map[seen]bool{}}
	add := func(name, value string, c class) *canary {
		made := newCanary(name, value, c)
		s.canaries = append(s.canaries, made)
		return made
	}
	cfg := reflect.New(reflect.TypeOf(h.Config)).Elem()
	cfg.Set(reflect.ValueOf(h.Config))
	for i, f := range reflect.VisibleFields(cfg.Type()) {
		_, secret := f.Tag.Lookup("redact")
		for _, word := range []string{"Key", "Token", "Secret"} {
			secret = secret || strings.Contains(f.Name, word)
		}
		if !secret || f.Type.Kind() != reflect.String {
			continue
		}
		// The beginning of a key says what it is for, and is no secret.
		value := cfg.FieldByIndex(f.Index).String() + fmt.Sprintf("Kx%02d", i) + odd
		s.keys = append(s.keys, add("Config."+f.Name, value, aKey))
		if f.Name == "WebhookSecret" {
			s.webhookSecret = value
		}
		cfg.FieldByIndex(f.Index).SetString(value)
	}
	s.config = cfg.Interface()
	if len(s.keys) == 0 {
		t.Fatal("the Config has no secret")
	}

	prefix := "+22890"
	if h.MobileMoney != nil {
		prefix = h.MobileMoney.Phone[:6]
	}
	s.phone = add("the customer's phone", "+2289041726", aPerson)
	s.wallet = add("the wallet's phone", prefix+"553819", aPerson)
	s.email = add("the e-mail", "awa+Vb8&co@canary.example", aPerson)
	s.first = add("the first name", "Aminata-Vb8", aPerson)
	s.last = add("the last name", `N'Diaye<Vb8>&"Fils`, aPerson)
	s.otp = add("the one-time code", "Otp-58213/x", aCode)
	s.id = add("the payment's id", "tok.Vb8-3c90c3cc"+odd+"0d44", aToken)
	s.page = add("the checkout page", "https://pay.example/checkout/Vb8?t=a+b&k=%2Fx", aPage)
	s.note = add("the metadata", "panier Vb8 "+odd, private)
	s.back = add("the return address", "https://shop.example/ok?session=Vb8+%2Fq", private)

	network := scripted.New(s.perfect)
	c := s.client(t, network)
	s.caps = c.(guichet.Describer).Capabilities()
	s.secretID = !s.caps.StatusByReference
	p, err := c.CreatePayment(context.Background(), s.request())
	if err != nil {
		t.Fatalf("a perfect provider: %v", err)
	}
	if s.secretID {
		if p.ID != s.id.value {
			t.Fatal("the canary is not the payment's id")
		}
		if _, err := c.GetStatus(context.Background(), s.id.value); err != nil {
			t.Fatalf("a perfect provider: %v", err)
		}
		s.token = strings.Contains(network.All()[network.Count()-1].URL.RawQuery, url.QueryEscape(s.id.value))
	}
	if p.CheckoutURL != s.page.value {
		t.Fatal("the canary is not the checkout page")
	}
	return s
}

func (s *suite) spellings() (n int) {
	for _, c := range s.canaries {
		n += len(scripted.Needles(c.value))
	}
	return n
}

// client makes one with the canaries, over a network of the test's.
func (s *suite) client(t scripted.T, n http.RoundTripper, opts ...guichet.Option) guichet.Client {
	t.Helper()
	c, err := s.h.From(s.config, append(s.options(guichet.WithHTTPClient(&http.Client{Transport: n}), guichet.WithBaseURL(s.h.Base)), opts...)...)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return c
}

// options are those of every client of the run: what it logs is looked at too.
func (s *suite) options(more ...guichet.Option) []guichet.Option {
	all := &slog.HandlerOptions{Level: slog.LevelDebug - 100, AddSource: true}
	var handler slog.Handler = slog.NewTextHandler(&s.log, all)
	if s.clients++; s.clients%2 == 0 {
		handler = slog.NewJSONHandler(&s.log, all)
	}
	return append([]guichet.Option{guichet.WithMaxRetries(0), guichet.WithLogger(slog.New(handler))}, more...)
}

func (s *suite) order() contract.Order {
	o := s.h.Order()
	o.ID, o.CheckoutURL = s.id.value, s.page.value
	return o
}

const orderID = "ORDER-001"

// request is a hosted payment with everything that the provider takes.
func (s *suite) request() guichet.PaymentRequest {
	req := guichet.PaymentRequest{
		Reference: orderID, Amount: guichet.NewMoney(5000, s.h.Currency), Description: "Commande 001",
		Customer:   guichet.Customer{FirstName: s.first.value, LastName: s.last.value, Email: s.email.value, Phone: s.phone.value},
		SuccessURL: s.back.value, CancelURL: "https://shop.example/ko",
	}
	if s.caps.Metadata {
		req.Metadata = map[string]string{"panier": s.note.value}
	}
	return req
}

// direct is a prompt on a phone, with a one-time code where there is a slot for
// one. ok is false where no phone can be prompted.
func (s *suite) direct(code bool) (req guichet.PaymentRequest, ok bool) {
	req = s.request()
	if s.h.MobileMoney == nil || !s.caps.Direct {
		return req, false
	}
	mm := *s.h.MobileMoney
	mm.Phone = s.wallet.value
	if code {
		mm.Operator, mm.Country, mm.OTP = "", "", s.otp.value
	}
	req.MobileMoney = &mm
	return req, true
}

// perfect is the provider's answer when all goes well.
func (s *suite) perfect(r *http.Request) (*http.Response, error) {
	return scripted.Reply(s.h.Answer(r, s.order()))
}

// seen names a text and what it may show: the same one is printed thousands of times.
type seen struct {
	text    uint64
	allowed class
}

var seed = maphash.MakeSeed()

// look searches a text for every canary but those of the allowed classes.
func (s *suite) look(t scripted.T, what, text string, allowed class) {
	t.Helper()
	s.looked++
	this := seen{maphash.String(seed, text), allowed}
	if s.clean[this] {
		return
	}
	shown := false
	for _, c := range s.canaries {
		if c.class&allowed == 0 && c.shown(text) {
			shown = true
			if s.leaks[c]++; s.leaks[c] <= reported {
				t.Errorf("%s shows %s", what, c.name)
			} else {
				t.Fail()
			}
		}
	}
	if !shown {
		s.clean[this] = true
	}
}

// lookAt searches every printed form of a value, which may be a panic to print.
// JSON and its like may show what asJSON allows.
func (s *suite) lookAt(t scripted.T, what string, v any, asJSON class) {
	t.Helper()
	s.lookAtKept(t, what, v, true, asJSON)
}

func (s *suite) lookAtKept(t scripted.T, what string, v any, bare bool, asJSON class) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: printing it is a panic", what)
			s.look(t, what+": the panic", fmt.Sprint(p), 0)
		}
	}()
	for _, p := range scripted.Printings(v, bare) {
		allowed := class(0)
		if p.JSON {
			allowed = asJSON
		}
		s.look(t, what+" in "+p.How, p.Text, allowed)
	}
}

// lookAtAll is lookAt for the value and all that it may be kept in.
func (s *suite) lookAtAll(t scripted.T, what string, v any, asJSON class) {
	t.Helper()
	for where, kept := range inside(v) {
		s.lookAtKept(t, what+", "+where, kept, where == itself || where == aPointer, asJSON)
	}
}

// lookAtError searches an error, all that it wraps, its fields and what it keeps
// of the answer. Nothing may be an address that was asked, and the answer must
// not hold the client's own keys.
func (s *suite) lookAtError(t scripted.T, what string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, node := range scripted.Chain(err) {
		named := fmt.Sprintf("%s: %T", what, node)
		if _, isURL := node.(*url.Error); isURL {
			t.Errorf("%s is in the chain", named)
		}
		s.lookAt(t, named, node, 0)
		if e, ok := node.(*guichet.Error); ok {
			s.lookAt(t, named+" as a value", *e, 0)
			for _, field := range []string{e.Message, e.ProviderCode, e.RequestID, e.Reference, e.IdempotencyKey, e.Op} {
				s.look(t, named+"'s fields", field, 0)
			}
			s.look(t, named+".Raw", string(e.Raw()), faithful|aCode)
			if len(e.Raw()) > 4<<10 {
				t.Errorf("%s keeps %d bytes", named, len(e.Raw()))
			}
		}
	}
	for _, kept := range []any{[]error{err}, map[string]error{"err": err}, struct{ Err error }{err}, &struct{ Err error }{err}} {
		s.lookAt(t, what+" in another value", kept, 0)
	}
	s.lookAt(t, what+", wrapped", fmt.Errorf("order %s: %w", orderID, err), 0)
	s.lookAt(t, what+", joined", errors.Join(err, err), 0)
}

// try makes a call. A panic is a problem, and what it holds is looked at.
func (s *suite) try(t scripted.T, what string, call func() error) (err error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: panic", what)
			s.look(t, what+": the panic", fmt.Sprintf("%v %+v %#v", p, p, p), 0)
			err = errors.New("panic")
		}
	}()
	return call()
}

// logbook keeps what the clients log.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// checkLog looks at every line that any client of the run has logged.
func (s *suite) checkLog(t scripted.T) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	lines := 0
	for line := range strings.Lines(s.log.text.String()) {
		lines++
		s.look(t, "a line of the log", line, 0)
		for _, other := range []string{s.h.Base, "127.0.0.1"} {
			if strings.Contains(line, other) {
				t.Errorf("a line of the log names where the provider is: %s", line)
			}
		}
	}
	if lines == 0 {
		t.Error("nothing was logged")
	}
}
