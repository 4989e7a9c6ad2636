package network

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// Seeds are the mixes of faults that Chaos is run with. Unless scripted.Long asks for
// all, it is the first of them, in which every mishap occurs.
var Seeds = []uint64{1, 2, 3}

const callsVariable = "GUICHET_CHAOS_CALLS"

// ChaosCalls is how many creates to make per seed: few, unless the environment
// variable GUICHET_CHAOS_CALLS names another number.
func ChaosCalls(t *testing.T) int {
	t.Helper()
	text := os.Getenv(callsVariable)
	if text == "" {
		return 500
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 100 {
		t.Fatalf("%s is not a number of at least 100", callsVariable)
	}
	return n
}

// Chaos makes that many creates, many at a time, at a provider that fails at
// random: before it has acted and after, in words and in silence. Some callers
// leave, some connections are refused. In the end the provider's books are held
// against what the callers were told: no payment is made twice, none that was
// "not sent" or refused is in them, none that succeeded is not.
//
// What the provider does with a request depends on the seed and on its order, not
// on which call comes first.
func Chaos(t *testing.T, h contract.Harness, seed uint64, calls int) {
	t.Helper()
	if !scripted.Long() && seed != Seeds[0] {
		t.Logf("%s: seed %d is run where GUICHET_LONG=1", h.Name, seed)
		return
	}
	before := contract.Goroutines()
	b := &books{h: h, seed: seed, orders: map[string]*entry{}, keys: map[string]*entry{}, met: map[string]int{}}
	s, elsewhere := &server{answer: b.serve}, &server{answer: b.strayed}
	s.start()
	elsewhere.start()
	b.other = elsewhere.URL
	refusing, _, release := nobody()

	clients, err := b.clients(calls, s.URL, strings.TrimPrefix(refusing, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	told := b.storm(clients, calls)
	// Who keeps a key repeats what nobody can account for, and is never charged twice.
	again := map[int]account{}
	if h.Protected() {
		again = b.settle(clients[0], told)
	}
	for _, c := range clients {
		scripted.CloseIdle(c)
	}
	s.close()
	elsewhere.close()
	release()

	counts := map[Class]int{}
	for i, outcome := range told {
		counts[outcome.class]++
		b.audit(t, i, outcome)
	}
	for i, outcome := range again {
		if outcome.class != OK {
			t.Errorf("order %d was repeated on a calm day with its key: %v", i, outcome.err)
		}
		b.audit(t, i, outcome)
	}
	for _, problem := range b.problems {
		t.Error(problem)
	}
	for _, class := range []Class{OK, NotSent, Limited, Rejected, Unknown} {
		if counts[class] == 0 {
			t.Errorf("no call came to %q: the test proves nothing", class)
		}
	}
	for _, m := range mishaps {
		if b.met[m.name] == 0 {
			t.Errorf("nobody met %q: the test proves nothing", m.name)
		}
	}
	if left := contract.Left(before); left != "" {
		t.Errorf("goroutines are left:\n%s", left)
	}
	t.Logf("%s, seed %d: %d creates came to %v, %d repeated", h.Name, seed, calls, counts, len(again))
}

// books are what the provider knows.
type books struct {
	h     contract.Harness
	seed  uint64
	other string // where redirects point to

	mu       sync.Mutex
	calm     bool
	orders   map[string]*entry
	keys     map[string]*entry // by idempotency key
	met      map[string]int    // mishaps
	problems []string
}

// entry is one order.
type entry struct {
	number   int
	seen     int // requests
	payments int
	body     string
}

func (b *books) problem(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, fmt.Sprintf(format, args...))
}

var orderPattern = regexp.MustCompile(`CHAOS-(\d{6})`)

func chaosOrder(i int) string { return fmt.Sprintf("CHAOS-%06d", i) }

// mishap is what a provider may do with a create.
type mishap struct {
	name   string
	weight int
	acts   bool // it has made the payment before
	do     func(b *books, x *exchange, code int, body string) bool
}

var mishaps = []mishap{
	{"good answer", 30, true, func(_ *books, x *exchange, code int, body string) bool { return x.reply(code, body) }},
	{"reset before", 5, false, func(_ *books, x *exchange, _ int, _ string) bool { return x.reset() }},
	{"reset after", 5, true, func(_ *books, x *exchange, _ int, _ string) bool { return x.reset() }},
	{"closed after", 5, true, func(_ *books, _ *exchange, _ int, _ string) bool { return drop }},
	{"500 before", 4, false, say(http.StatusInternalServerError)},
	{"500 after", 6, true, say(http.StatusInternalServerError)},
	{"502 HTML after", 3, true, func(_ *books, x *exchange, _ int, _ string) bool {
		return x.reply(http.StatusBadGateway, "<html><h1>502</h1></html>", contentType, "text/html")
	}},
	{"503 before", 4, false, say(http.StatusServiceUnavailable)},
	{"503 after", 3, true, say(http.StatusServiceUnavailable)},
	{"429", 5, false, say(http.StatusTooManyRequests)},
	{"401", 4, false, say(http.StatusUnauthorized)},
	{"cut body", 5, true, func(_ *books, x *exchange, code int, body string) bool {
		x.write(head(code, len(body), contentType, jsonType) + body[:len(body)/2])
		return drop
	}},
	{"reset inside", 3, true, func(_ *books, x *exchange, code int, body string) bool {
		x.write(head(code, len(body)+1, contentType, jsonType) + body)
		return x.reset()
	}},
	{"truncated JSON", 3, true, func(_ *books, x *exchange, code int, body string) bool { return x.reply(code, truncated(body)) }},
	{"empty", 3, true, func(_ *books, x *exchange, _ int, _ string) bool { return x.reply(http.StatusOK, "") }},
	{"no answer before", 3, false, func(_ *books, x *exchange, _ int, _ string) bool { return x.hang() }},
	{"no answer after", 4, true, func(_ *books, x *exchange, _ int, _ string) bool { return x.hang() }},
	{"redirect before", 3, false, func(b *books, x *exchange, _ int, body string) bool {
		return x.reply(http.StatusTemporaryRedirect, body, "Location", b.other+x.r.RequestURI)
	}},
	{"redirect after", 2, true, func(b *books, x *exchange, _ int, body string) bool {
		return x.reply(http.StatusFound, body, "Location", b.other+x.r.RequestURI)
	}},
}

func say(code int) func(*books, *exchange, int, string) bool {
	return func(_ *books, x *exchange, _ int, _ string) bool { return x.reply(code, "") }
}

// pick chooses what the nth request for an order meets.
func (b *books) pick(order, n int) mishap {
	if b.calm {
		return mishaps[0]
	}
	total := 0
	for _, m := range mishaps {
		total += m.weight
	}
	at := b.random(order, n).IntN(total)
	for _, m := range mishaps {
		if at -= m.weight; at < 0 {
			return m
		}
	}
	return mishaps[0]
}

// random is the chance of one order; salt tells its decisions apart.
func (b *books) random(order, salt int) *rand.Rand {
	return rand.New(rand.NewPCG(b.seed, uint64(order)<<16|uint64(salt&0xffff)))
}

func (b *books) serve(x *exchange) bool {
	x.read()
	found := orderPattern.FindStringSubmatch(x.seen.body)
	if found == nil || !b.h.IsCreate(x.request()) {
		b.problem("a request that is no create: %s %s", x.method, x.r.URL.Path)
		return drop
	}
	number, _ := strconv.Atoi(found[1])
	key := ""
	if b.h.KeyHeader != "" {
		key = x.header.Get(b.h.KeyHeader)
	}

	b.mu.Lock()
	e := b.orders[found[0]]
	if e == nil {
		e = &entry{number: number, body: x.seen.body}
		b.orders[found[0]] = e
	}
	e.seen++
	if e.body != x.seen.body {
		b.problems = append(b.problems, found[0]+" came with other bytes than before")
	}
	m := b.pick(number, e.seen)
	b.met[m.name]++
	if m.acts {
		switch known := b.keys[key]; {
		case !b.h.Protected():
			e.payments++
		case known == nil:
			b.keys[key] = e
			e.payments++
		case known != e:
			b.problems = append(b.problems, found[0]+" came with the key of another order")
		}
	}
	b.mu.Unlock()
	if b.h.Protected() != (key != "") {
		b.problem("%s came with the key %q", found[0], key)
	}

	o := b.order(number)
	code, body := b.h.Respond(x.request(), o)
	return m.do(b, x, code, body)
}

func (b *books) strayed(x *exchange) bool {
	b.problem("a redirect was followed: %s %s", x.method, x.r.URL.Path)
	return drop
}

func (b *books) order(i int) contract.Order {
	o := b.h.Order()
	o.ID, o.Reference = fmt.Sprintf("3c90c3cc-0d44-4b50-8888-%012d", i), chaosOrder(i)
	return o
}

// clients are of two kinds: with the SDK's own connections, and with a network
// that refuses some. They are many, because each stops retrying when most of its
// calls fail.
func (b *books) clients(calls int, address, refusing string) ([]guichet.Client, error) {
	base, err := url.Parse(b.h.Base)
	if err != nil {
		return nil, err
	}
	var all []guichet.Client
	for i := range max(12, calls/40) {
		options := []guichet.Option{
			guichet.WithBaseURL(address + base.Path), guichet.WithTimeout(250 * time.Millisecond), guichet.WithMaxRetries(1),
		}
		if i%3 == 2 {
			var mu sync.Mutex
			chance := b.random(i, -1)
			options = append(options, guichet.WithHTTPClient(&http.Client{Transport: &http.Transport{
				DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
					mu.Lock()
					if chance.IntN(2) == 0 {
						to = refusing
					}
					mu.Unlock()
					return new(net.Dialer).DialContext(ctx, network, to)
				},
			}}))
		}
		c, err := b.h.New(options...)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// account is what a caller was told.
type account struct {
	class   Class
	payment *guichet.Payment
	err     error
}

// together is how many callers there are at a time: they mostly wait for the
// pause before a retry.
const together = 128

func (b *books) storm(clients []guichet.Client, calls int) []account {
	told := make([]account, calls)
	slots := make(chan struct{}, together)
	var running sync.WaitGroup
	for i := range calls {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if chance := b.random(i, -2); chance.IntN(100) < 15 {
				leave := time.AfterFunc(time.Duration(chance.IntN(20_000))*time.Microsecond, cancel)
				defer leave.Stop()
			}
			told[i] = b.create(ctx, clients[i%len(clients)], i)
		})
	}
	running.Wait()
	return told
}

func (b *books) create(ctx context.Context, c guichet.Client, i int) account {
	req := newRequest(b.h)
	req.Reference = chaosOrder(i)
	p, err := c.CreatePayment(ctx, req)
	return account{b.classify(p, err), p, err}
}

// settle repeats what nobody can account for, when the provider is well again.
func (b *books) settle(c guichet.Client, told []account) map[int]account {
	b.mu.Lock()
	b.calm = true
	b.mu.Unlock()
	again := map[int]account{}
	for i, outcome := range told {
		if outcome.class == Unknown {
			again[i] = b.create(context.Background(), c, i)
		}
	}
	return again
}

func (b *books) classify(p *guichet.Payment, err error) Class {
	e := new(guichet.Error)
	switch {
	case err == nil && p != nil:
		return OK
	case !errors.As(err, &e):
		return ""
	case e.OutcomeUnknown:
		return Unknown
	case e.Kind == nil && e.Err != nil:
		return Canceled
	case e.HTTPStatus == 0 && e.Kind == guichet.ErrUnavailable:
		return NotSent
	case e.Kind == guichet.ErrRateLimited:
		return Limited
	}
	return Rejected
}

// audit holds what a caller was told against the books.
func (b *books) audit(t *testing.T, i int, told account) {
	t.Helper()
	order := chaosOrder(i)
	e := b.orders[order]
	if e == nil {
		e = &entry{}
	}
	want := b.order(i)
	if e.payments > 1 {
		t.Errorf("%s was paid for %d times", order, e.payments)
	}
	if !b.h.Protected() && e.seen > 1 {
		t.Errorf("%s reached the provider %d times", order, e.seen)
	}
	switch told.class {
	case OK:
		if e.payments == 0 {
			t.Errorf("%s succeeded, and no payment was made", order)
		}
		if told.payment.Reference != order || told.payment.CheckoutURL == "" || (told.payment.ID != want.ID && told.payment.ID != order) {
			t.Errorf("%s came back as another order's", order)
		}
	case NotSent, Canceled:
		if e.seen > 0 {
			t.Errorf("%s was said not to be sent (%v), and was seen %d times", order, told.err, e.seen)
		}
	case Rejected, Limited:
		if e.payments > 0 {
			t.Errorf("%s was refused (%v), and the payment was made", order, told.err)
		}
	case Unknown:
		if failure := new(guichet.Error); errors.As(told.err, &failure) && failure.Reference != order {
			t.Errorf("the error of %s names the order %q", order, failure.Reference)
		}
	default:
		t.Errorf("%s came to %v, %v", order, told.payment, told.err)
	}
	if i%25 == 0 {
		secrets := slices.Concat(b.h.Secrets, []string{phone, email})
		found, _ := leaks(told.err, secrets, "")
		for _, leak := range found {
			t.Error(leak)
		}
	}
}
