package caurisflux_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
)

// A merchant takes a payment: create it, send the customer to the page, wait,
// and deliver only what Confirms confirms.
func Example() {
	server := caurisfluxtest.NewServer() // in production there is no server and no option
	defer server.Close()
	client, err := caurisflux.New(caurisflux.Config{PublicKey: "pk_test_abc", SecretKey: "sk_test_def"}, server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	price := guichet.NewMoney(5000, guichet.XOF)
	payment, err := client.CreatePayment(ctx, guichet.PaymentRequest{
		Reference:   "CMD-2024-001",
		Amount:      price,
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
	// CaurisFlux's status names no order: "" waives it. The id that was stored
	// with the order is what binds the two.
	if err := payment.Confirms("", price); err != nil {
		log.Fatal(err)
	}
	fmt.Println("deliver:", payment.Status)
	// Output:
	// send the customer to the page: true
	// store with the order: TX000007272
	// deliver: succeeded
}

// With MobileMoney set the customer's phone asks for the code, and there is no
// page to go to.
func ExampleClient_CreatePayment_direct() {
	server := caurisfluxtest.NewServer()
	defer server.Close()
	client, err := caurisflux.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	payment, err := client.CreatePayment(context.Background(), guichet.PaymentRequest{
		Reference:   "CMD-2024-001",
		Amount:      guichet.NewMoney(5000, guichet.XOF),
		MobileMoney: &guichet.MobileMoney{Phone: "+221770000000", Country: "SN", Operator: "wave"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.Status)
	// Output:
	// pending
}

// When nobody knows whether a create was acted upon, repeat it with the same
// idempotency key within 24 hours: CaurisFlux gives the answer that was lost.
func ExampleClient_CreatePayment_unknownOutcome() {
	server := caurisfluxtest.NewServer()
	defer server.Close()
	client, err := caurisflux.New(server.Config(), append(server.Options(), guichet.WithMaxRetries(0))...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	server.FailNext(caurisfluxtest.CommitThen503) // CaurisFlux makes the payment, and a proxy answers 503
	req := guichet.PaymentRequest{Reference: "CMD-2024-001", Amount: guichet.NewMoney(5000, guichet.XOF)}
	_, err = client.CreatePayment(ctx, req)
	failure := new(guichet.Error)
	if !errors.As(err, &failure) || !failure.OutcomeUnknown {
		log.Fatal(err)
	}
	fmt.Println("unknown; repeat with key", failure.IdempotencyKey)

	req.IdempotencyKey = failure.IdempotencyKey
	payment, err := client.CreatePayment(ctx, req)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.ID, payment.Amount)

	page, err := client.List(ctx, guichet.ListParams{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("payments in all:", len(page.Payments))
	// Output:
	// unknown; repeat with key CMD-2024-001
	// TX000007272 5000 XOF
	// payments in all: 1
}

// A webhook says when to look; GetStatus says what there is.
func ExampleClient_ParseWebhook() {
	server := caurisfluxtest.NewServer()
	defer server.Close()
	client, err := caurisflux.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	price := guichet.NewMoney(5000, guichet.XOF)
	payment, err := client.CreatePayment(ctx, guichet.PaymentRequest{Reference: "CMD-2024-001", Amount: price})
	if err != nil {
		log.Fatal(err)
	}
	stored := map[string]string{"CMD-2024-001": payment.ID} // in production a column of the order

	delivered := map[string]bool{} // in production a unique key on the order: one payment can have several events
	shop := httptest.NewServer(guichet.WebhookHandler(client, func(ctx context.Context, event *guichet.Event) error {
		payment, err := client.GetStatus(ctx, stored[event.Reference])
		if err != nil {
			return err // CaurisFlux may deliver again
		}
		if payment.Confirms("", price) != nil || delivered[event.Reference] {
			return nil // not paid, or not yet; or not for the first time
		}
		delivered[event.Reference] = true
		fmt.Println(event.Reference, event.Type, payment.Status)
		return nil
	}))
	defer shop.Close()

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
	// CMD-2024-001 payment.success succeeded
	// a forged one: 401 Unauthorized
}

// The native methods return CaurisFlux's own fields. What it does not document
// goes into Extra.
func ExampleClient_Initiate() {
	server := caurisfluxtest.NewServer()
	defer server.Close()
	client, err := caurisflux.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	payment, err := client.Initiate(context.Background(), caurisflux.InitiateRequest{
		Type:              caurisflux.TypeDirect,
		Provider:          "orange_money",
		Country:           "SN",
		CustomerPhone:     "+221770000000",
		Amount:            "12.50", // major units
		Currency:          guichet.EUR,
		ExternalReference: "CMD-2024-001",
		IdempotencyKey:    "CMD-2024-001",
		Extra:             map[string]any{"otp": "123456"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.ProviderStatus, payment.Amount, payment.Currency)
	// Output:
	// pending 12.50 EUR
}

// A payout starts with a quote, which fixes the amount and the fees.
func ExampleClient_InitiatePayout() {
	server := caurisfluxtest.NewServer()
	defer server.Close()
	client, err := caurisflux.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	document, err := client.QuotePayout(ctx, map[string]any{"amount": guichet.Number("10000"), "currency": "XOF", "country": "SN"})
	if err != nil {
		log.Fatal(err)
	}
	var quote struct {
		QuoteID string `json:"quoteId"`
	}
	if err := document.Decode(&quote); err != nil {
		log.Fatal(err)
	}
	payout, err := client.InitiatePayout(ctx, caurisflux.PayoutRequest{
		QuoteID:           quote.QuoteID,
		ExternalReference: "PAYOUT-001",
		Recipient:         caurisflux.Recipient{Phone: "+221770000000", FirstName: "Awa", LastName: "Essai"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payout.Status, payout.Amount, payout.Fees, payout.NetAmount, payout.Currency)
	// Output:
	// pending 10000 100 9900 XOF
}
