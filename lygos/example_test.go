package lygos_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lygos"
	"github.com/guichetpay/guichet/lygos/lygostest"
)

// A merchant takes a payment: create it, send the customer to the page, wait,
// and deliver only what Confirms confirms.
func Example() {
	server := lygostest.NewServer() // in production there is no server and no option
	defer server.Close()
	client, err := lygos.New(lygos.Config{APIKey: "lygosapp-test-key", ShopName: "Mon Magasin"}, server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	payment, err := client.CreatePayment(ctx, guichet.PaymentRequest{
		Reference:   "CMD-2024-001",
		Amount:      guichet.NewMoney(5000, guichet.XOF),
		Description: "Commande 12345",
		SuccessURL:  "https://shop.example/ok",
		CancelURL:   "https://shop.example/ko",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("send the customer to the page:", payment.CheckoutURL != "")
	fmt.Println("store with the order:", payment.ID)

	if err := server.Pay(payment.ID); err != nil { // in production the customer does
		log.Fatal(err)
	}

	payment, err = guichet.Wait(ctx, client, payment.ID, guichet.Poll{})
	if err != nil {
		log.Fatal(err)
	}
	// Lygos's status names no amount: Money{} waives it.
	if err := payment.Confirms("CMD-2024-001", guichet.Money{}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("deliver:", payment.Status)
	// Output:
	// send the customer to the page: true
	// store with the order: CMD-2024-001
	// deliver: succeeded
}

// A webhook says when to look; GetStatus says what there is.
func ExampleClient_ParseWebhook() {
	server := lygostest.NewServer()
	defer server.Close()
	cfg := lygos.Config{APIKey: "lygosapp-test-key", ShopName: "Mon Magasin", WebhookSecret: "whsec_test_0123456789"}
	client, err := lygos.New(cfg, server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	stored := map[string]string{"CMD-2024-001": "CMD-2024-001"} // in production a column of the order: Payment.ID
	delivered := map[string]bool{}                              // in production a unique key on the order: one payment can have several events
	shop := httptest.NewServer(guichet.WebhookHandler(client, func(ctx context.Context, event *guichet.Event) error {
		payment, err := client.GetStatus(ctx, stored[event.Reference])
		if err != nil {
			return err // Lygos may deliver again
		}
		if payment.Confirms(event.Reference, guichet.Money{}) != nil || delivered[event.Reference] {
			return nil // not paid, or not yet; or not for the first time
		}
		delivered[event.Reference] = true
		fmt.Println(event.Reference, event.Type, payment.Status)
		return nil
	}))
	defer shop.Close()

	ctx := context.Background()
	payment, err := client.CreatePayment(ctx, guichet.PaymentRequest{Reference: "CMD-2024-001", Amount: guichet.NewMoney(5000, guichet.XOF)})
	if err != nil {
		log.Fatal(err)
	}
	if err := server.Pay(payment.ID); err != nil {
		log.Fatal(err)
	}
	for range 2 { // however often it is announced, the order is delivered once
		if err := server.SendWebhook(shop.URL, payment.ID); err != nil {
			log.Fatal(err)
		}
	}

	res, err := http.Post(shop.URL, "application/json", nil)
	if err != nil {
		log.Fatal(err)
	}
	res.Body.Close()
	fmt.Println("a forged one:", res.Status)
	// Output:
	// CMD-2024-001 DEPOSIT_COMPLETED succeeded
	// a forged one: 401 Unauthorized
}

// When nobody knows whether a create was acted upon, look before doing anything
// else: creating it again could charge the customer twice.
func ExampleClient_CreatePayment_unknownOutcome() {
	server := lygostest.NewServer()
	defer server.Close()
	client, err := lygos.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	server.FailNext(lygostest.CommitThen500) // Lygos makes the gateway and answers 500
	req := guichet.PaymentRequest{Reference: "CMD-2024-001", Amount: guichet.NewMoney(5000, guichet.XOF)}
	_, err = client.CreatePayment(ctx, req)
	fmt.Println("unknown:", errors.Is(err, guichet.ErrUnknownOutcome))

	// The list has the gateway, and with it the page to send the customer to.
	for payment, err := range guichet.All(ctx, client, guichet.ListParams{}) {
		if err != nil {
			log.Fatal(err)
		}
		if payment.Reference == req.Reference {
			fmt.Println("it exists:", payment.Amount, payment.CheckoutURL != "")
		}
	}
	// Output:
	// unknown: true
	// it exists: 5000 XOF true
}

// The native methods return Lygos's own fields.
func ExampleClient_CreateGateway() {
	server := lygostest.NewServer()
	defer server.Close()
	client, err := lygos.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	gateway, err := client.CreateGateway(ctx, lygos.GatewayRequest{Amount: 5000, OrderID: "CMD-2024-001"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(gateway.Amount, gateway.Currency, gateway.ShopName)

	message := "Commande 12345"
	if err := client.UpdateGateway(ctx, gateway.ID, lygos.GatewayUpdate{Message: &message}); err != nil {
		log.Fatal(err)
	}
	detail, err := client.GetGateway(ctx, gateway.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(detail.Message, detail.UserCountry.ISOCode)

	_, err = client.PayinStatus(ctx, "CMD-2024-001")
	fmt.Println("nobody has started to pay:", errors.Is(err, guichet.ErrNotFound))
	// Output:
	// 5000 XOF Mon Magasin
	// Commande 12345 CIV
	// nobody has started to pay: true
}
