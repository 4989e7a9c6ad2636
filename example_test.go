package guichet_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
	"github.com/guichetpay/guichet/lygos"
	"github.com/guichetpay/guichet/lygos/lygostest"
)

// A shop takes a payment: Pay, send the customer to the page, and look again when he
// returns. Deliver is called when the order is paid in full.
func ExampleCashier() {
	server := lygostest.NewServer() // in production there is no server and no option
	defer server.Close()
	client, err := lygos.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	cashier, err := guichet.NewCashier(guichet.CashierConfig{
		Ledger:    guichet.NewMemoryLedger(), // in production NewSQLLedger
		Providers: map[string]guichet.Provider{"lygos": client},
		Deliver: func(ctx context.Context, a guichet.Attempt) error {
			fmt.Println("deliver order", a.OrderID, "for", a.Amount)
			return nil
		},
		Trouble: func(ctx context.Context, t guichet.Trouble) error {
			log.Println("a person has to look:", t)
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background() // in production also: go cashier.Run(ctx)
	order := guichet.Order{ID: "CMD-1", Request: guichet.PaymentRequest{Amount: guichet.NewMoney(5000, guichet.XOF)}}
	attempt, err := cashier.Pay(ctx, order, "lygos")
	fmt.Println("a page to pay on:", attempt.CheckoutURL != "", err)

	if err := server.Pay(attempt.PaymentID); err != nil { // in production the customer does
		log.Fatal(err)
	}
	attempt, err = cashier.RefreshOrder(ctx, "CMD-1") // in production the page to which the customer returns
	fmt.Println(attempt.State, err)
	_, err = cashier.Pay(ctx, order, "lygos")
	fmt.Println(errors.Is(err, guichet.ErrAlreadyPaid))
	// Output:
	// a page to pay on: true <nil>
	// deliver order CMD-1 for 5000 XOF
	// delivered <nil>
	// true
}

// A prompt on the customer's phone instead of a page.
func ExampleCashier_Pay_mobileMoney() {
	server := ligdicashtest.NewServer()
	defer server.Close()
	client, err := ligdicash.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	cashier := exampleCashier("ligdicash", client)

	attempt, err := cashier.Pay(context.Background(), guichet.Order{ID: "CMD-2", Request: guichet.PaymentRequest{
		Amount:      guichet.NewMoney(5000, guichet.XOF),
		MobileMoney: &guichet.MobileMoney{Phone: "+22890000000", Country: "TG", Operator: "3"},
	}}, "ligdicash")
	if err != nil {
		log.Fatal(err)
	}
	// Show attempt.Instruction.FR or .EN on the page, and ask again when the customer says that he has paid.
	fmt.Println("a page:", attempt.CheckoutURL != "", attempt.State)
	// Output: a page: false open
}

// A refusal closes the attempt: nothing exists at that provider, so the next one may be
// tried. After any other failure the payment may exist.
func ExampleCashier_Pay_severalProviders() {
	first, second := ligdicashtest.NewServer(), caurisfluxtest.NewServer()
	defer first.Close()
	defer second.Close()
	c1, err1 := ligdicash.New(first.Config(), first.Options()...)
	c2, err2 := caurisflux.New(second.Config(), second.Options()...)
	if err := errors.Join(err1, err2); err != nil {
		log.Fatal(err)
	}
	defer c1.CloseIdleConnections()
	defer c2.CloseIdleConnections()
	cashier, err := guichet.NewCashier(guichet.CashierConfig{
		Ledger:    guichet.NewMemoryLedger(),
		Providers: map[string]guichet.Provider{"ligdicash": c1, "caurisflux": c2},
		Deliver:   func(context.Context, guichet.Attempt) error { return nil },
		Trouble:   func(context.Context, guichet.Trouble) error { return nil },
	})
	if err != nil {
		log.Fatal(err)
	}

	order := guichet.Order{ID: "CMD-3", Request: guichet.PaymentRequest{Amount: guichet.NewMoney(5000, guichet.XAF)}} // LigdiCash takes XOF only
	var attempt guichet.Attempt
	for _, provider := range []string{"ligdicash", "caurisflux"} {
		attempt, err = cashier.Pay(context.Background(), order, provider)
		fmt.Println(attempt.Provider, attempt.State, errors.Is(err, guichet.ErrUnsupported))
		if err == nil || attempt.State != guichet.AttemptClosed {
			break
		}
	}
	// Output:
	// ligdicash closed true
	// caurisflux open false
}

// A person has looked at the provider's dashboard and says what is true of an attempt
// that Trouble was told of.
func ExampleCashier_Resolve() {
	server := lygostest.NewServer()
	defer server.Close()
	client, err := lygos.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	cashier := exampleCashier("lygos", client)

	attempt, err := cashier.Pay(context.Background(), guichet.Order{ID: "CMD-4", Request: guichet.PaymentRequest{Amount: guichet.NewMoney(5000, guichet.XOF)}}, "lygos")
	if err != nil {
		log.Fatal(err)
	}
	_, err = cashier.Resolve(context.Background(), attempt.Reference, guichet.ResolvedPaid)
	fmt.Println("only what waits for a person:", errors.Is(err, guichet.ErrConflict))
	// Output: only what waits for a person: true
}

// Without a cashier, Check is the one call before a delivery. It asks about the id that
// was stored, never about one from an event.
func ExampleCheck() {
	server := lygostest.NewServer()
	defer server.Close()
	client, err := lygos.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	stored := guichet.Expected{Reference: "CMD-5-Q7ZK2M4T", Amount: guichet.NewMoney(5000, guichet.XOF)} // before the provider is asked
	payment, err := client.CreatePayment(ctx, guichet.PaymentRequest{Reference: stored.Reference, Amount: stored.Amount})
	if err != nil {
		log.Fatal(err)
	}
	stored.PaymentID = payment.ID // before anybody sees the page

	delivered := false // in production a unique constraint on the order
	shop := httptest.NewServer(guichet.WebhookHandler(client, func(ctx context.Context, e *guichet.Event) error {
		if e.Reference != stored.Reference || delivered {
			return nil
		}
		_, err := guichet.Check(ctx, client, stored)
		switch {
		case err == nil:
			delivered = true
			fmt.Println("deliver")
			return nil
		case errors.Is(err, guichet.ErrNotPaid):
			fmt.Println("not paid")
			return nil
		case errors.Is(err, guichet.ErrMismatch):
			fmt.Println("a person has to look")
			return nil
		}
		return err // answered 500: the provider delivers again
	}))
	defer shop.Close()
	for _, act := range []func(string) error{server.Start, server.Pay} {
		if err := errors.Join(act(payment.ID), server.SendWebhook(shop.URL, payment.ID)); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// not paid
	// deliver
}

// exampleCashier is a cashier of one provider that delivers to nobody.
func exampleCashier(name string, p guichet.Provider) *guichet.Cashier {
	cashier, err := guichet.NewCashier(guichet.CashierConfig{
		Ledger:    guichet.NewMemoryLedger(),
		Providers: map[string]guichet.Provider{name: p},
		Deliver:   func(context.Context, guichet.Attempt) error { return nil },
		Trouble:   func(context.Context, guichet.Trouble) error { return nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	return cashier
}
