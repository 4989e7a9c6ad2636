// Command webhook shows receivers that cannot be talked into delivering unpaid goods.
//
// Without arguments the four fake providers deliver to it: each has an order paid, sends
// its webhook twice, and then somebody forges one.
//
//	go run ./examples/webhook
//
// It does so first with a guichet.Cashier (cashier.go), and then for a shop that keeps
// its payments itself, with guichet.Check (shop.go).
//
// With -provider and that provider's keys and webhook secret in the environment it takes
// a real payment and receives its webhooks:
//
//	go run ./examples/webhook -provider lygos -amount 500 -listen 127.0.0.1:8080
//
// The ledger is in memory, so that no database is needed: it ends with the process. To go
// on with a payment after that, give what was printed about it, -reference and -payment.
// The README has a shop whose ledger is in a database and which needs no such help.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lomi/lomitest"
	"github.com/guichetpay/guichet/lygos"
	"github.com/guichetpay/guichet/lygos/lygostest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if len(os.Args) > 1 {
		err = listen(ctx, os.Args[1:], os.Getenv, os.Stdout, func(string) {})
	} else {
		err = run(ctx, os.Stdout)
	}
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "webhook:", err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "webhook:", err)
		os.Exit(1)
	}
}

// provider is one fake and the client for it.
type provider struct {
	name   string
	client guichet.Provider
	fake   interface {
		Pay(id string) error
		SendWebhook(url, id string) error
		Close()
	}
	forged string // claims that a reference was paid, as well as an outsider can
}

func open() ([]provider, error) {
	s1, s2, s3, s4 := lygostest.NewServer(), lomitest.NewServer(), ligdicashtest.NewServer(), caurisfluxtest.NewServer()
	c1, err1 := lygos.New(s1.Config(), s1.Options()...)
	c2, err2 := lomi.New(s2.Config(), s2.Options()...)
	c3, err3 := ligdicash.New(s3.Config(), s3.Options()...)
	c4, err4 := caurisflux.New(s4.Config(), s4.Options()...)
	return []provider{
		{"lygos", c1, s1, `{"operationId":"1","orderId":%q,"status":"DEPOSIT_COMPLETED"}`},
		{"lomi", c2, s2, `{"id":"evt_1","event":"PAYMENT_SUCCEEDED","data":{"metadata":{"order_id":%q}}}`},
		{"ligdicash", c3, s3, `{"response_code":"00","status":"completed","amount":5000,"montant":5000,"custom_data":{"transaction_id":%q}}`},
		{"caurisflux", c4, s4, `{"event":"payment.success","data":{"transactionId":"TX1","externalReference":%q}}`},
	}, errors.Join(err1, err2, err3, err4)
}

func run(ctx context.Context, stdout io.Writer) error {
	providers, err := open()
	for _, p := range providers {
		defer p.fake.Close()
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, "With a cashier")
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(stdout, "  "+format+"\n", args...)
	}
	if err := playCashier(ctx, say, providers); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "\nWithout one, with Check")
	for i, p := range providers {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := playPlain(ctx, say, p, i); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

var price = guichet.NewMoney(5000, guichet.XOF)

func request() guichet.PaymentRequest {
	return guichet.PaymentRequest{Amount: price, SuccessURL: "https://shop.example/paid", CancelURL: "https://shop.example/canceled"}
}

// serve mounts a handler on loopback; a shop does so on its own server, behind https.
func serve(handler http.Handler) (url string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	return "http://" + listener.Addr().String(), func() { server.Close() }, nil
}

// forge posts what an outsider who knows the reference can.
func forge(say func(string, ...any), p provider, url, order, reference string) error {
	res, err := http.Post(url, "application/json", bytes.NewBufferString(fmt.Sprintf(p.forged, reference)))
	if err != nil {
		return err
	}
	res.Body.Close()
	say("order %s: %s, a forged event was answered %d", order, p.name, res.StatusCode)
	return nil
}

// playCashier takes all providers through two orders each, one paid and one not.
func playCashier(ctx context.Context, say func(string, ...any), providers []provider) error {
	clients, mux := map[string]guichet.Provider{}, http.NewServeMux()
	for _, p := range providers {
		clients[p.name] = p.client
	}
	shop, err := newShop(clients, say)
	if err != nil {
		return err
	}
	for _, p := range providers {
		mux.Handle("/webhooks/"+p.name, shop.cashier.Webhook(p.name))
	}
	url, stop, err := serve(mux)
	if err != nil {
		return err
	}
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { shop.cashier.Run(ctx) })
	defer running.Wait()
	defer cancel()

	// until waits for Run to have come to an order's attempt.
	until := func(order string, done func(guichet.Attempt) bool) error {
		for {
			attempts, err := shop.cashier.Attempts(ctx, order)
			if err != nil || done(attempts[0]) {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	for i, p := range providers {
		paid, unpaid := fmt.Sprintf("CMD-%d", 2*i+1), fmt.Sprintf("CMD-%d", 2*i+2)
		attempt, err := shop.cashier.Pay(ctx, guichet.Order{ID: paid, Request: request()}, p.name)
		if err != nil {
			return err
		}
		if err := p.fake.Pay(attempt.PaymentID); err != nil {
			return err
		}
		for range 2 { // providers deliver more than once
			if err := p.fake.SendWebhook(url+"/webhooks/"+p.name, attempt.PaymentID); err != nil {
				return err
			}
		}
		if err := until(paid, func(a guichet.Attempt) bool { return a.State == guichet.AttemptDelivered }); err != nil {
			return err
		}
		if attempt, err = shop.cashier.Pay(ctx, guichet.Order{ID: unpaid, Request: request()}, p.name); err != nil {
			return err
		}
		if err := forge(say, p, url+"/webhooks/"+p.name, unpaid, attempt.Reference); err != nil {
			return err
		}
		if p.client.Capabilities().SignedEvents {
			continue
		}
		if err := until(unpaid, func(a guichet.Attempt) bool { return a.Asked > 0 }); err != nil {
			return err
		}
		say("order %s: %s does not sign, so it was asked: still to be paid, not delivered", unpaid, p.name)
	}
	return nil
}

// playPlain takes one provider through two orders of a shop without a cashier.
func playPlain(ctx context.Context, say func(string, ...any), p provider, i int) error {
	shop := newPlainShop(say)
	url, stop, err := serve(guichet.WebhookHandler(p.client, shop.handler(p.client)))
	if err != nil {
		return err
	}
	defer stop()
	create := func(order string) (attempt, error) {
		req := request()
		req.Reference = order + "-" + rand.Text()[:16]
		a := attempt{OrderID: order, Reference: req.Reference, Amount: req.Amount}
		shop.store(a) // before the provider is asked
		payment, err := p.client.CreatePayment(ctx, req)
		if payment != nil {
			a.PaymentID = payment.ID
			shop.store(a) // before anybody sees the page
		}
		return a, err
	}
	paid, unpaid := fmt.Sprintf("CMD-%d", 2*i+11), fmt.Sprintf("CMD-%d", 2*i+12)
	a, err := create(paid)
	if err != nil {
		return err
	}
	if err := p.fake.Pay(a.PaymentID); err != nil {
		return err
	}
	for range 2 {
		if err := p.fake.SendWebhook(url, a.PaymentID); err != nil {
			return err
		}
	}
	if a, err = create(unpaid); err != nil {
		return err
	}
	return forge(say, p, url, unpaid, a.Reference)
}
