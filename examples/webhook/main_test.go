package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, want := range []string{
		"Lygos\n", "lomi.\n", "LigdiCash\n", "CaurisFlux\n",
		"order CMD-1: paid 5000 XOF, DELIVERED", "order CMD-3: paid 5000 XOF, DELIVERED",
		"order CMD-5: paid 5000 XOF, DELIVERED", "order CMD-7: paid 5000 XOF, DELIVERED",
		"order CMD-2: a forged event was answered 401", "order CMD-4: a forged event was answered 401",
		"order CMD-6: pending, not delivered", // LigdiCash does not sign: the status is asked, and says no
		"order CMD-8: a forged event was answered 401",
	} {
		assert.Contains(t, out.String(), want)
	}
	assert.Equal(t, 4, bytes.Count(out.Bytes(), []byte("DELIVERED")), "each paid order is delivered once")
}

func TestListen(t *testing.T) {
	sim := caurisfluxtest.NewServer()
	defer sim.Close()
	env := map[string]string{
		"CAURISFLUX_PUBLIC_KEY": sim.Config().PublicKey, "CAURISFLUX_SECRET_KEY": sim.Config().SecretKey,
		"CAURISFLUX_WEBHOOK_SECRET": sim.Config().WebhookSecret,
	}
	client, err := caurisflux.New(sim.Config(), sim.Options()...)
	require.NoError(t, err)
	payment, err := client.CreatePayment(t.Context(), guichet.PaymentRequest{Reference: "A", Amount: guichet.NewMoney(500, guichet.XOF), SuccessURL: "https://shop.example"})
	require.NoError(t, err)
	require.NoError(t, sim.Pay(payment.ID))

	ctx, stop := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	err = listen(ctx, []string{"-provider", "caurisflux", "-listen", "127.0.0.1:0", "-order", "A", "-payment", payment.ID},
		func(k string) string { return env[k] }, &out, &errs, func(url string) {
			go func() {
				defer stop()
				assert.NoError(t, sim.SendWebhook(url, payment.ID))
			}()
		}, sim.Options()...)
	require.NoError(t, err)
	assert.Contains(t, out.String(), "order A: paid 500 XOF, DELIVERED")

	for _, args := range [][]string{
		{"-provider", "wave"}, {"-provider", "lygos"}, {"-nonsense"},
		{"-provider", "lygos", "-order", "A", "-payment", "A"}, // no key
		{"-provider", "caurisflux", "-order", "A", "-payment", "A", "-amount", "5 000"},
	} {
		err := listen(t.Context(), args, func(string) string { return "" }, &out, &errs, func(string) {})
		assert.ErrorIs(t, err, errUsage, "%v", args)
	}
}

// answers is a provider whose status is what the test says.
type answers struct {
	guichet.Client
	payment *guichet.Payment
	err     error
}

func (a answers) GetStatus(context.Context, string) (*guichet.Payment, error) {
	return a.payment, a.err
}
func (answers) Capabilities() guichet.Capabilities {
	return guichet.Capabilities{StatusReference: true, StatusAmount: true}
}

func TestDeliveredOnceAndOnlyWhenPaid(t *testing.T) {
	price := guichet.NewMoney(5000, guichet.XOF)
	paid := &guichet.Payment{Reference: "A", Status: guichet.StatusSucceeded, Amount: price}
	for name, c := range map[string]struct {
		provider answers
		fails    bool
		delivers bool
	}{
		"paid":          {answers{payment: paid}, false, true},
		"pending":       {answers{payment: &guichet.Payment{Reference: "A", Status: guichet.StatusPending, Amount: price}}, false, false},
		"unknown word":  {answers{payment: &guichet.Payment{Reference: "A", Amount: price}}, false, false},
		"other amount":  {answers{payment: &guichet.Payment{Reference: "A", Status: guichet.StatusSucceeded, Amount: guichet.NewMoney(50, guichet.XOF)}}, false, false},
		"other order":   {answers{payment: &guichet.Payment{Reference: "B", Status: guichet.StatusSucceeded, Amount: price}}, false, false},
		"no status now": {answers{err: errors.New("down")}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			shop := newShop(func(string, ...any) {})
			shop.add(order{ID: "A", PaymentID: "p", Price: price})
			handle := shop.handler(c.provider)
			var wg sync.WaitGroup
			for range 50 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					err := handle(t.Context(), &guichet.Event{ID: "e", Reference: "A"})
					assert.Equal(t, c.fails, err != nil)
				}()
			}
			wg.Wait()
			o, _ := shop.find("A")
			assert.Equal(t, c.delivers, o.Delivered)
		})
	}
	shop := newShop(func(string, ...any) {})
	assert.NoError(t, shop.handler(answers{payment: paid})(t.Context(), &guichet.Event{ID: "e", Reference: "nobody's"}))
}

func TestALateFailureTakesNothingBack(t *testing.T) {
	price := guichet.NewMoney(5000, guichet.XOF)
	shop := newShop(func(string, ...any) {})
	shop.add(order{ID: "A", PaymentID: "p", Price: price})
	paid := answers{payment: &guichet.Payment{Reference: "A", Status: guichet.StatusSucceeded, Amount: price}}
	failed := answers{payment: &guichet.Payment{Reference: "A", Status: guichet.StatusFailed, Amount: price}}
	require.NoError(t, shop.handler(paid)(t.Context(), &guichet.Event{ID: "1", Reference: "A"}))
	require.NoError(t, shop.handler(failed)(t.Context(), &guichet.Event{ID: "2", Reference: "A"}))
	o, _ := shop.find("A")
	assert.True(t, o.Delivered)
}

// A status that names another order is somebody else's payment, also from a
// provider that does not promise to name one: the customer who has not paid would
// get the goods for the money of the one who has.
func TestAnotherOrderIsNotConfirmed(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"success":true,"data":{"status":"success","amount":5000,"currency":"XOF","externalReference":"CMD-2"}}`)
	}))
	defer provider.Close()
	client, err := caurisflux.New(caurisflux.Config{PublicKey: "pk_test_abc", SecretKey: "sk_test_def"}, guichet.WithBaseURL(provider.URL))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	payment, err := client.GetStatus(t.Context(), "TX1")
	require.NoError(t, err)
	price := guichet.NewMoney(5000, guichet.XOF)
	assert.ErrorIs(t, confirm(client, payment, order{ID: "CMD-1", PaymentID: "TX1", Price: price}), guichet.ErrMismatch)
	assert.NoError(t, confirm(client, payment, order{ID: "CMD-2", PaymentID: "TX1", Price: price}))
}
