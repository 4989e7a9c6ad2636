// Command roundtrip takes one payment with every provider, each played by its fake:
// made, paid, asked for, confirmed, listed, and announced by a webhook. It prints
// what it read, one line each, and stops at the first thing that is not as it was
// asked for.
//
//	go run ./internal/suite/roundtrip
//
// It imports what a merchant can import and nothing else: .ci/dependencies builds
// this file as a merchant's program, with other versions of what guichet needs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
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
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "roundtrip:", err)
		os.Exit(1)
	}
}

// client is what every provider's client is.
type client interface {
	guichet.Client
	guichet.Describer
	guichet.WebhookParser
}

// fake is what is needed of a provider's fake.
type fake interface {
	Options() []guichet.Option
	Pay(id string) error
	SendWebhook(url, id string) error
	Close()
}

// provider is one way to be paid: lomi. has two.
type provider struct {
	name string
	open func() (fake, func(...guichet.Option) (client, error))
}

var providers = []provider{
	{"lygos", func() (fake, func(...guichet.Option) (client, error)) {
		s := lygostest.NewServer()
		return s, func(opts ...guichet.Option) (client, error) { return lygos.New(s.Config(), opts...) }
	}},
	{"lomi", func() (fake, func(...guichet.Option) (client, error)) { return openLomi(lomi.ViaCheckoutSession) }},
	{"lomi, by payment link", func() (fake, func(...guichet.Option) (client, error)) { return openLomi(lomi.ViaPaymentLink) }},
	{"ligdicash", func() (fake, func(...guichet.Option) (client, error)) {
		s := ligdicashtest.NewServer()
		return s, func(opts ...guichet.Option) (client, error) { return ligdicash.New(s.Config(), opts...) }
	}},
	{"caurisflux", func() (fake, func(...guichet.Option) (client, error)) {
		s := caurisfluxtest.NewServer()
		return s, func(opts ...guichet.Option) (client, error) { return caurisflux.New(s.Config(), opts...) }
	}},
}

func openLomi(via lomi.Via) (fake, func(...guichet.Option) (client, error)) {
	s := lomitest.NewServer()
	return s, func(opts ...guichet.Option) (client, error) {
		cfg := s.Config()
		cfg.Via = via
		return lomi.New(cfg, opts...)
	}
}

func run(ctx context.Context, stdout io.Writer) error {
	for _, p := range providers {
		seen, err := roundTrip(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Fprintf(stdout, "%s: %s\n", p.name, seen)
	}
	return nil
}

// roundTrip takes one payment and returns what was read of it. Nothing in it depends
// on the hour, on a port or on an id that was made up, so that two runs can be
// compared.
func roundTrip(ctx context.Context, p provider) (string, error) {
	server, connect := p.open()
	defer server.Close()
	c, err := connect(server.Options()...)
	if err != nil {
		return "", err
	}
	const reference = "CMD-2026-0042"
	price := guichet.NewMoney(5000, guichet.XOF)
	made, err := c.CreatePayment(ctx, guichet.PaymentRequest{
		Reference: reference, Amount: price, Description: "Pagne « 6 yards » à l'été",
		Customer:   guichet.Customer{FirstName: "Aïssata", LastName: "N'Diaye", Email: "aissata@example.com", Phone: "+22507010203"},
		SuccessURL: "https://shop.example/paid", CancelURL: "https://shop.example/canceled",
	})
	if err != nil {
		return "", fmt.Errorf("create: %w", err)
	}
	if made.ID == "" || made.Reference != reference || made.Status != guichet.StatusPending || made.CheckoutURL == "" {
		return "", fmt.Errorf("created: %v", made)
	}
	if err := server.Pay(made.ID); err != nil {
		return "", err
	}

	paid, err := c.GetStatus(ctx, made.ID)
	if err != nil {
		return "", fmt.Errorf("status: %w", err)
	}
	if paid.ID != made.ID || paid.Status != guichet.StatusSucceeded {
		return "", fmt.Errorf("paid: %v", paid)
	}
	// What a status does not report cannot be compared; what it is known to report is.
	wantReference, wantAmount := reference, price
	if paid.Reference == "" && !c.Capabilities().StatusReference {
		wantReference = ""
	}
	if paid.Amount == (guichet.Money{}) && !c.Capabilities().StatusAmount {
		wantAmount = guichet.Money{}
	}
	if err := paid.Confirms(wantReference, wantAmount); err != nil {
		return "", fmt.Errorf("confirm: %w", err)
	}

	listed, err := list(ctx, c, made.ID)
	if err != nil {
		return "", fmt.Errorf("list: %w", err)
	}
	event, err := announced(ctx, c, server, made.ID)
	if err != nil {
		return "", fmt.Errorf("webhook: %w", err)
	}
	if event.Verified != c.Capabilities().SignedEvents || event.Reference != "" && event.Reference != reference || event.Reference == "" && event.PaymentID == "" {
		return "", fmt.Errorf("event: %v", event)
	}
	return fmt.Sprintf("%s (%s) reference %q amount %q, %s, event %q reference %q verified %t",
		paid.Status, paid.ProviderStatus, paid.Reference, paid.Amount.Decimal(), listed, event.Type, event.Reference, event.Verified), nil
}

// list looks for the payment in the provider's list, where there is one.
func list(ctx context.Context, c client, id string) (string, error) {
	if !c.Capabilities().List {
		_, err := c.List(ctx, guichet.ListParams{})
		if !errors.Is(err, guichet.ErrUnsupported) {
			return "", fmt.Errorf("a list that is not supported gives %w", err)
		}
		return "no list", nil
	}
	found := ""
	for p, err := range guichet.All(ctx, c, guichet.ListParams{}) {
		switch {
		case err != nil:
			return "", err
		case p.ID == id:
			found = fmt.Sprintf("listed %s reference %q amount %q", p.Status, p.Reference, p.Amount.Decimal())
		}
	}
	if found == "" {
		return "", errors.New("the payment is not in it")
	}
	return found, nil
}

// announced has the fake deliver a webhook about the payment, and returns the event.
func announced(ctx context.Context, c client, server fake, id string) (*guichet.Event, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	events := make(chan *guichet.Event, 10)
	receiver := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: guichet.WebhookHandler(c, func(_ context.Context, e *guichet.Event) error {
		select {
		case events <- e:
		default:
		}
		return nil
	})}
	defer receiver.Close()
	go receiver.Serve(listener)
	if err := server.SendWebhook("http://"+listener.Addr().String()+"/webhook", id); err != nil {
		return nil, err
	}
	select {
	case e := <-events:
		return e, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
