package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	cashier, plain, found := strings.Cut(out.String(), "Without one")
	require.True(t, found)
	for _, want := range []string{
		"order CMD-1: paid 5000 XOF, DELIVERED", "order CMD-3: paid 5000 XOF, DELIVERED",
		"order CMD-5: paid 5000 XOF, DELIVERED", "order CMD-7: paid 5000 XOF, DELIVERED",
		"order CMD-2: lygos, a forged event was answered 401", "order CMD-4: lomi, a forged event was answered 401",
		"order CMD-6: ligdicash, a forged event was answered 200", "order CMD-6: ligdicash does not sign",
		"order CMD-8: caurisflux, a forged event was answered 401",
	} {
		assert.Contains(t, cashier, want)
	}
	for _, want := range []string{
		"order CMD-11: paid 5000 XOF, DELIVERED", "order CMD-13: paid 5000 XOF, DELIVERED",
		"order CMD-15: paid 5000 XOF, DELIVERED", "order CMD-17: paid 5000 XOF, DELIVERED",
		"order CMD-12: lygos, a forged event was answered 401", "order CMD-14: lomi, a forged event was answered 401",
		"order CMD-16: pending, not delivered", // LigdiCash does not sign: the status is asked, and says no
		"order CMD-18: caurisflux, a forged event was answered 401",
	} {
		assert.Contains(t, plain, want)
	}
	for _, part := range []string{cashier, plain} {
		assert.Equal(t, 4, strings.Count(part, "DELIVERED"), "each paid order is delivered once")
	}
}

// lines is a stdout that is read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *lines) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

func (l *lines) until(t *testing.T, text string) {
	t.Helper()
	assert.Eventually(t, func() bool { return strings.Contains(l.String(), text) }, time.Minute, 10*time.Millisecond, "%q is not said", text)
}

// A payment is taken, its process ends, and the next one goes on with what was printed:
// the webhook that came in between is not missed.
func TestListen(t *testing.T) {
	sim := caurisfluxtest.NewServer()
	defer sim.Close()
	env := map[string]string{
		"CAURISFLUX_PUBLIC_KEY": sim.Config().PublicKey, "CAURISFLUX_SECRET_KEY": sim.Config().SecretKey,
		"CAURISFLUX_WEBHOOK_SECRET": sim.Config().WebhookSecret,
	}
	printed := regexp.MustCompile(`-order A -reference (\S+) -payment (\S+)`)
	// listening runs listen until act returns.
	listening := func(act func(url string, out *lines), args ...string) {
		ctx, stop := context.WithCancel(t.Context())
		out, args := new(lines), append([]string{"-provider", "caurisflux", "-listen", "127.0.0.1:0", "-order", "A"}, args...)
		err := listen(ctx, args, func(k string) string { return env[k] }, out, func(url string) {
			go func() {
				defer stop()
				act(url, out)
			}()
		}, sim.Options()...)
		require.NoError(t, err)
		for _, secret := range env {
			assert.NotContains(t, out.String(), secret)
		}
	}

	listening(func(url string, out *lines) {
		id := printed.FindStringSubmatch(out.String())[2]
		assert.NoError(t, sim.Pay(id))
		assert.NoError(t, sim.SendWebhook(url, id))
		out.until(t, "order A: paid 500 XOF, DELIVERED")
	})

	var reference, id string
	listening(func(url string, out *lines) {
		found := printed.FindStringSubmatch(out.String())
		reference, id = found[1], found[2]
	})
	require.NoError(t, sim.Pay(id))
	listening(func(url string, out *lines) { out.until(t, "order A: paid 500 XOF, DELIVERED") }, "-reference", reference, "-payment", id)
	listening(func(url string, out *lines) { out.until(t, "a person has to look") }, "-reference", reference, "-payment", id, "-amount", "50000")
}

func TestMistakes(t *testing.T) {
	none := func(string) string { return "" }
	for want, args := range map[string][]string{
		"-provider":              {"-provider", "wave"},
		"lygos: ":                {"-provider", "lygos"}, // no key
		"nonsense":               {"-nonsense"},
		"go together":            {"-provider", "lygos", "-payment", "A"},
		"an amount":              {"-provider", "caurisflux", "-amount", "5 000"},
		"not understood":         {"-provider", "lygos", "500"},
		"such as 127.0.0.1:8080": {"-provider", "lygos", "-listen", "8080"},
	} {
		var out bytes.Buffer
		err := listen(t.Context(), args, none, &out, func(string) {})
		assert.ErrorIs(t, err, errUsage, "%v", args)
		assert.ErrorContains(t, err, want)
		assert.Empty(t, out.String())
	}
}

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	assert.ErrorIs(t, listen(t.Context(), []string{"-h"}, func(string) string { return "" }, &out, func(string) {}), flag.ErrHelp)
	for _, a := range accounts {
		for _, name := range a.variables {
			assert.Contains(t, out.String(), name)
		}
	}
}

// answers is a provider whose status is what the test says.
type answers struct {
	guichet.Client
	payment *guichet.Payment
	err     error
	asked   *int
}

func (a answers) GetStatus(context.Context, string) (*guichet.Payment, error) {
	if a.asked != nil {
		*a.asked++
	}
	return a.payment, a.err
}
func (answers) Capabilities() guichet.Capabilities {
	return guichet.Capabilities{StatusReference: true, StatusAmount: true}
}
func (answers) ParseWebhook(context.Context, http.Header, []byte) (*guichet.Event, error) {
	return nil, errors.New("not asked")
}

func stored(s *plainShop) {
	s.store(attempt{OrderID: "A", Reference: "A-1", PaymentID: "p", Amount: price})
}

func paid(change func(*guichet.Payment)) *guichet.Payment {
	p := &guichet.Payment{ID: "p", Reference: "A-1", Status: guichet.StatusSucceeded, Amount: price}
	if change != nil {
		change(p)
	}
	return p
}

func TestDeliveredOnceAndOnlyWhenPaid(t *testing.T) {
	is := func(s guichet.Status) func(*guichet.Payment) { return func(p *guichet.Payment) { p.Status = s } }
	for name, c := range map[string]struct {
		provider answers
		fails    bool
		delivers bool
		people   int
	}{
		"paid":          {answers{payment: paid(nil)}, false, true, 0},
		"pending":       {answers{payment: paid(is(guichet.StatusPending))}, false, false, 0},
		"unknown word":  {answers{payment: paid(is(guichet.StatusUnknown))}, false, false, 0},
		"refunded":      {answers{payment: paid(is(guichet.StatusRefunded))}, false, false, 0},
		"other amount":  {answers{payment: paid(func(p *guichet.Payment) { p.Amount.Minor = 50 })}, false, false, 1},
		"other order":   {answers{payment: paid(func(p *guichet.Payment) { p.Reference = "B-1" })}, false, false, 1},
		"no amount":     {answers{payment: paid(func(p *guichet.Payment) { p.Amount = guichet.Money{} })}, true, false, 0},
		"no status now": {answers{err: errors.New("down")}, true, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			shop := newPlainShop(func(string, ...any) {})
			stored(shop)
			handle := shop.handler(c.provider)
			var wg sync.WaitGroup
			for _, event := range []*guichet.Event{{ID: "e", Reference: "A-1"}, {ID: "f", PaymentID: "p"}} { // some name no reference
				for range 25 {
					wg.Go(func() { assert.Equal(t, c.fails, handle(t.Context(), event) != nil) })
				}
			}
			wg.Wait()
			a, _ := shop.find(&guichet.Event{Reference: "A-1"})
			assert.Equal(t, c.delivers, a.Delivered)
			assert.Len(t, shop.people, c.people, "what a person has to look at")
		})
	}
}

// A dashboard's test delivery, or an event of another shop on the same account, is no
// failure: answered 500 it would come back for ever.
func TestAnEventOfNobody(t *testing.T) {
	shop := newPlainShop(func(string, ...any) {})
	stored(shop)
	asked := 0
	for _, event := range []*guichet.Event{{ID: "e"}, {ID: "e", Reference: "B-1"}, {ID: "e", PaymentID: "q"}} {
		assert.NoError(t, shop.handler(answers{payment: paid(nil), asked: &asked})(t.Context(), event))
	}
	assert.Zero(t, asked)
}

// Whoever forges events about what is delivered causes no question.
func TestForgedEventsOfADeliveredOrder(t *testing.T) {
	shop := newPlainShop(func(string, ...any) {})
	stored(shop)
	asked := 0
	for range 60 {
		require.NoError(t, shop.handler(answers{payment: paid(nil), asked: &asked})(t.Context(), &guichet.Event{Reference: "A-1"}))
	}
	assert.Equal(t, 1, asked)
}

func TestTwoPaidAttemptsOfOneOrder(t *testing.T) {
	shop := newPlainShop(func(string, ...any) {})
	stored(shop)
	shop.store(attempt{OrderID: "A", Reference: "A-2", PaymentID: "q", Amount: price})
	require.NoError(t, shop.deliver("A-1"))
	require.NoError(t, shop.deliver("A-2"))
	require.NoError(t, shop.deliver("A-2"))
	second, _ := shop.find(&guichet.Event{Reference: "A-2"})
	assert.False(t, second.Delivered)
	assert.Equal(t, []string{"order A: paid a second time, by A-2"}, shop.people)
	assert.Error(t, shop.deliver("B-1"))
}

func TestALateFailureTakesNothingBack(t *testing.T) {
	shop := newPlainShop(func(string, ...any) {})
	stored(shop)
	failed := paid(func(p *guichet.Payment) { p.Status = guichet.StatusFailed })
	require.NoError(t, shop.handler(answers{payment: paid(nil)})(t.Context(), &guichet.Event{ID: "1", Reference: "A-1"}))
	require.NoError(t, shop.handler(answers{payment: failed})(t.Context(), &guichet.Event{ID: "2", Reference: "A-1"}))
	a, _ := shop.find(&guichet.Event{Reference: "A-1"})
	assert.True(t, a.Delivered)
}
