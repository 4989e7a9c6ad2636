// Command webhook shows a receiver that cannot be talked into delivering unpaid
// goods: verify, look the order up, ask for the status, confirm, deliver once.
//
// Without arguments the four fake providers deliver to it: each pays an order,
// sends its webhook twice, and then somebody forges one.
//
//	go run ./examples/webhook
//
// With -provider, that provider's keys and webhook secret in the environment,
// and an order, it receives the real ones:
//
//	go run ./examples/webhook -provider lygos -order CMD-1 -payment CMD-1 -amount 500
//
// shop.go is the part to copy.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
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
		err = listen(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr, func(string) {})
	} else {
		err = run(ctx, os.Stdout)
	}
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "webhook:", err)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "webhook:", err)
		os.Exit(1)
	}
}

// client is what a provider's client offers a receiver.
type client interface {
	guichet.Client
	guichet.WebhookParser
}

// provider is one fake and the client for it.
type provider struct {
	name   string
	client client
	fake   interface {
		Pay(id string) error
		SendWebhook(url, id string) error
		Close()
	}
	// forged claims that the order was paid, as well as an outsider can.
	forged func(order string) (contentType, body string)
}

func open() ([]provider, error) {
	s1, s2, s3, s4 := lygostest.NewServer(), lomitest.NewServer(), ligdicashtest.NewServer(), caurisfluxtest.NewServer()
	c1, err1 := lygos.New(s1.Config(), s1.Options()...)
	c2, err2 := lomi.New(s2.Config(), s2.Options()...)
	c3, err3 := ligdicash.New(s3.Config(), s3.Options()...)
	c4, err4 := caurisflux.New(s4.Config(), s4.Options()...)
	forge := func(format string) func(string) (string, string) {
		return func(order string) (string, string) { return "application/json", fmt.Sprintf(format, order) }
	}
	return []provider{
		{"Lygos", c1, s1, forge(`{"operationId":"1","orderId":%q,"status":"DEPOSIT_COMPLETED"}`)},
		{"lomi.", c2, s2, forge(`{"id":"evt_1","event":"PAYMENT_SUCCEEDED","data":{"metadata":{"order_id":%q}}}`)},
		{"LigdiCash", c3, s3, forge(`{"response_code":"00","status":"completed","amount":5000,"montant":5000,"custom_data":{"transaction_id":%q}}`)},
		{"CaurisFlux", c4, s4, forge(`{"event":"payment.success","data":{"transactionId":"TX1","externalReference":%q}}`)},
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
	for i, p := range providers {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := play(ctx, stdout, p, i); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// play takes one provider through its orders.
func play(ctx context.Context, stdout io.Writer, p provider, i int) error {
	fmt.Fprintf(stdout, "%s\n", p.name)
	say := func(format string, args ...any) { fmt.Fprintf(stdout, "  "+format+"\n", args...) }
	shop := newShop(say)

	// A shop mounts this handler on its own server, behind https.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: guichet.WebhookHandler(p.client, shop.handler(p.client)), ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	defer server.Close()
	receiver := "http://" + listener.Addr().String()

	price := guichet.NewMoney(5000, guichet.XOF)
	create := func(id string) (string, error) {
		payment, err := p.client.CreatePayment(ctx, guichet.PaymentRequest{
			Reference: id, Amount: price, SuccessURL: "https://shop.example/paid", CancelURL: "https://shop.example/canceled",
		})
		if err != nil {
			return "", err
		}
		shop.add(order{ID: id, PaymentID: payment.ID, Price: price})
		return payment.ID, nil
	}

	paid, unpaid := fmt.Sprintf("CMD-%d", 2*i+1), fmt.Sprintf("CMD-%d", 2*i+2)
	paymentID, err := create(paid)
	if err != nil {
		return err
	}
	if err := p.fake.Pay(paymentID); err != nil {
		return err
	}
	for range 2 { // providers deliver more than once
		if err := p.fake.SendWebhook(receiver, paymentID); err != nil {
			return err
		}
	}
	if _, err := create(unpaid); err != nil {
		return err
	}
	contentType, body := p.forged(unpaid)
	res, err := http.Post(receiver, contentType, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	res.Body.Close()
	say("order %s: a forged event was answered %d", unpaid, res.StatusCode)
	return nil
}
