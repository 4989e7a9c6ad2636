package lomi_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lomi/lomitest"
)

// A merchant takes a payment: create it, send the customer to the page, wait,
// and deliver only what Confirms confirms.
func Example() {
	server := lomitest.NewServer() // in production there is no server and no option
	defer server.Close()
	client, err := lomi.New(lomi.Config{APIKey: server.Config().APIKey}, server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	price := guichet.NewMoney(15000, guichet.XOF)
	payment, err := client.CreatePayment(ctx, guichet.PaymentRequest{
		Reference:   "INV-001",
		Amount:      price,
		Description: "Facture INV-001",
		SuccessURL:  "https://shop.example/ok?session={CHECKOUT_SESSION_ID}",
		CancelURL:   "https://shop.example/ko",
	})
	if err != nil {
		log.Fatal(err)
	}
	stored := payment.ID // with the order
	fmt.Println("send the customer to the page:", payment.CheckoutURL != "")

	if err := server.Pay(stored); err != nil { // in production the customer does
		log.Fatal(err)
	}

	payment, err = guichet.Wait(ctx, client, stored, guichet.Poll{})
	if err != nil {
		log.Fatal(err)
	}
	if err := payment.Confirms("INV-001", price); err != nil {
		log.Fatal(err)
	}
	fmt.Println("deliver:", payment.Amount, payment.Status)
	// Output:
	// send the customer to the page: true
	// deliver: 15000 XOF succeeded
}

// With payment links the status may not name the order: find the order by the
// stored id, as Check does.
func ExampleConfig_paymentLinks() {
	server := lomitest.NewServer()
	defer server.Close()
	cfg := server.Config()
	cfg.Via = lomi.ViaPaymentLink
	client, err := lomi.New(cfg, server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	price := guichet.NewMoney(15000, guichet.XOF)
	payment, err := client.CreatePayment(ctx, guichet.PaymentRequest{Reference: "INV-001", Amount: price})
	if err != nil {
		log.Fatal(err)
	}
	if err := server.Pay(payment.ID); err != nil {
		log.Fatal(err)
	}
	payment, err = guichet.Check(ctx, client, guichet.Expected{PaymentID: payment.ID, Reference: "INV-001", Amount: price})
	fmt.Println(payment.Status, err)
	// Output: succeeded <nil>
}

// A webhook says when to look; GetStatus says what there is.
func ExampleClient_ParseWebhook() {
	server := lomitest.NewServer()
	defer server.Close()
	client, err := lomi.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	orders := map[string]string{}  // in production a table: payment id by order
	delivered := map[string]bool{} // in production a unique key on the order: one payment can have several events
	price := guichet.NewMoney(15000, guichet.XOF)
	shop := httptest.NewServer(guichet.WebhookHandler(client, func(ctx context.Context, event *guichet.Event) error {
		payment, err := client.GetStatus(ctx, orders[event.Reference]) // the id stored with the order
		if err != nil {
			return err // lomi. will deliver again
		}
		if payment.Confirms(event.Reference, price) != nil || delivered[event.Reference] {
			return nil // not paid, or not yet; or not for the first time
		}
		delivered[event.Reference] = true
		fmt.Println(event.Reference, event.Type, payment.Status)
		return nil
	}))
	defer shop.Close()

	payment, err := client.CreatePayment(context.Background(), guichet.PaymentRequest{Reference: "INV-001", Amount: price})
	if err != nil {
		log.Fatal(err)
	}
	orders["INV-001"] = payment.ID
	if err := server.Pay(payment.ID); err != nil {
		log.Fatal(err)
	}
	for range 2 { // lomi. delivers at least once
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
	// INV-001 PAYMENT_SUCCEEDED succeeded
	// a forged one: 401 Unauthorized
}

// The order id is the idempotency key, so an answer that was lost is asked for
// again, also by another machine, and gives the same session.
func ExampleClient_CreatePayment_lostAnswer() {
	server := lomitest.NewServer()
	defer server.Close()
	client, err := lomi.New(server.Config(), append(server.Options(), guichet.WithMaxRetries(0))...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	server.FailNext(lomitest.CommitThen500) // lomi. opens the session and answers 500
	req := guichet.PaymentRequest{Reference: "INV-001", Amount: guichet.NewMoney(15000, guichet.XOF)}
	_, err = client.CreatePayment(ctx, req)
	fmt.Println("unknown:", errors.Is(err, guichet.ErrUnknownOutcome))

	_, err = client.CreatePayment(ctx, req) // within 24 hours
	fmt.Println("again:", err)
	sessions, err := client.ListCheckoutSessions(ctx, lomi.CheckoutSessionFilter{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("sessions:", len(sessions.Items))
	// Output:
	// unknown: true
	// again: <nil>
	// sessions: 1
}

// A product link is shared once and paid by many.
func ExampleClient_CreatePaymentLink() {
	server := lomitest.NewServer()
	defer server.Close()
	client, err := lomi.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	billing := false
	link, err := client.CreatePaymentLink(ctx, lomi.PaymentLinkRequest{
		LinkType: lomi.LinkProduct, Title: "Abonnement", CurrencyCode: guichet.XOF,
		ProductID: "prod_1", RequireBillingAddress: &billing,
	})
	if err != nil {
		log.Fatal(err)
	}
	title := "Abonnement annuel"
	if link, err = client.UpdatePaymentLink(ctx, link.ID, lomi.PaymentLinkUpdate{Title: &title}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(link.Title, *link.IsActive)
	if err := client.ArchivePaymentLink(ctx, link.ID); err != nil {
		log.Fatal(err)
	}
	active := true
	page, err := client.ListPaymentLinks(ctx, lomi.PaymentLinkFilter{IsActive: &active})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("still active:", len(page.Items))
	// Output:
	// Abonnement annuel true
	// still active: 0
}

// All walks any of the native lists, with the filter that the page is asked for with.
func ExampleAll() {
	server := lomitest.NewServer()
	defer server.Close()
	client, err := lomi.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	for _, reference := range []string{"INV-001", "INV-002", "INV-003"} {
		req := guichet.PaymentRequest{Reference: reference, Amount: guichet.NewMoney(15000, guichet.XOF)}
		if _, err := client.CreatePayment(ctx, req); err != nil {
			log.Fatal(err)
		}
	}
	open := func(cursor string) (*lomi.Page[lomi.CheckoutSession], error) {
		return client.ListCheckoutSessions(ctx, lomi.CheckoutSessionFilter{Status: "open", Limit: 2, Cursor: cursor})
	}
	for session, err := range lomi.All(open) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(session.Amount, session.CurrencyCode, session.ProviderStatus)
	}
	// Output:
	// 15000 XOF open
	// 15000 XOF open
	// 15000 XOF open
}

// A refund may take two steps: lomi. first says what would happen, and gives money back
// once that is approved.
func ExampleClient_ApproveRefund() {
	server := lomitest.NewServer()
	defer server.Close()
	client, err := lomi.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	payment, err := client.CreatePayment(ctx, guichet.PaymentRequest{Reference: "INV-001", Amount: guichet.NewMoney(15000, guichet.XOF)})
	if err != nil {
		log.Fatal(err)
	}
	if err := server.Pay(payment.ID); err != nil { // in production the customer does
		log.Fatal(err)
	}
	page, err := client.ListTransactions(ctx, lomi.TransactionFilter{})
	if err != nil {
		log.Fatal(err)
	}

	result, err := client.CreateRefund(ctx, lomi.RefundRequest{TransactionID: page.Items[0].ID, Amount: 5000, IdempotencyKey: "refund-INV-001"})
	if err != nil {
		log.Fatal(err)
	}
	if result.Approval != nil { // nothing has been given back yet
		if result, err = client.ApproveRefund(ctx, *result.Approval); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(result.Refund.RefundedAmount, result.Refund.Status)
	// Output: 5000 succeeded
}

// lomi. says field by field what it does not like.
func ExampleErrorDetails() {
	server := lomitest.NewServer()
	defer server.Close()
	client, err := lomi.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	server.AnswerNext(lomitest.ValidationFailed)
	_, err = client.CreateCheckoutSession(context.Background(), lomi.CheckoutSessionRequest{CurrencyCode: guichet.XOF, Amount: 1})
	fmt.Println(errors.Is(err, guichet.ErrInvalidRequest), lomi.ErrorDetails(err))
	// Output: true [amount must not be less than 1]
}

// A customer who owes an invoice gets no session before it is paid.
func ExampleErrorInvoice() {
	server := lomitest.NewServer()
	defer server.Close()
	client, err := lomi.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	server.AnswerNext(lomitest.PaymentRequired)
	_, err = client.CreateCheckoutSession(context.Background(), lomi.CheckoutSessionRequest{CurrencyCode: guichet.XOF, Amount: 15000})
	if invoice := lomi.ErrorInvoice(err); invoice != nil {
		fmt.Println(errors.Is(err, guichet.ErrDeclined), invoice.Number, invoice.AmountRemaining, invoice.CurrencyCode)
	}
	// Output: true INV-0001 2500 XOF
}
