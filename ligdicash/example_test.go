package ligdicash_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
)

// A hosted page: send the customer to CheckoutURL, and deliver when Confirms
// says so.
func Example() {
	server := ligdicashtest.NewServer() // in production: no server, no options, the keys from the environment
	defer server.Close()
	client, err := ligdicash.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	price := guichet.NewMoney(5000, guichet.XOF)
	payment, err := client.CreatePayment(ctx, guichet.PaymentRequest{
		Reference:   "ORD-2025-00053",
		Amount:      price,
		Description: "Abonnement Pro",
		SuccessURL:  "https://monapp.com/merci",
		CancelURL:   "https://monapp.com/panier",
		CallbackURL: "https://monapp.com/api/callback/ligdicash",
	})
	if err != nil {
		log.Fatal(err)
	}
	// Store payment.ID with the order now, and send the customer to payment.CheckoutURL.
	fmt.Println(payment.Status)

	if err := server.Pay(payment.ID); err != nil { // the customer pays
		log.Fatal(err)
	}
	payment, err = guichet.Wait(ctx, client, payment.ID, guichet.Poll{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.Status, payment.Confirms("ORD-2025-00053", price))
	// Output:
	// pending
	// succeeded <nil>
}

// A prompt on the customer's phone, with what to tell the customer meanwhile.
func ExampleClient_CreatePayment_direct() {
	server := ligdicashtest.NewServer()
	defer server.Close()
	client, err := ligdicash.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	payment, err := client.CreatePayment(context.Background(), guichet.PaymentRequest{
		Reference:   "ORD-2025-00054",
		Amount:      guichet.NewMoney(5000, guichet.XOF),
		MobileMoney: &guichet.MobileMoney{Phone: "+22890000000", Country: "TG", Operator: "3"},
	})
	switch {
	case errors.Is(err, guichet.ErrUnknownOutcome):
		// The prompt may be on its way: do not send another one. There is no
		// payment to go on with either.
		return
	case err != nil:
		log.Fatal(err)
	}
	operator, _ := ligdicash.OperatorByID("3")
	fmt.Println(payment.Status)
	fmt.Println(operator.Instructions(ligdicash.French))
	// Output:
	// pending
	// Validez le paiement sur votre téléphone. Vous allez recevoir une demande USSD à approuver avec votre code PIN Mixx by Yas.
}

// A LigdiCash wallet takes two calls, the code from the SMS between them.
func ExampleClient_CreateWalletPayin() {
	server := ligdicashtest.NewServer()
	defer server.Close()
	client, err := ligdicash.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	if err := client.SendWalletOTP(ctx, "+22670000000", 5000); err != nil {
		log.Fatal(err)
	}
	request := ligdicash.PayinRequest{TransactionID: "ORD-2025-00055", Amount: 5000, Phone: "+22670000000", OTP: "111111"}
	_, err = client.CreateWalletPayin(ctx, request)
	fmt.Println("a wrong code is declined:", errors.Is(err, guichet.ErrDeclined))

	request.OTP = ligdicashtest.OTP // what the customer read in the SMS
	payin, err := client.CreateWalletPayin(ctx, request)
	if err != nil {
		log.Fatal(err)
	}
	status, err := client.PayinStatus(ctx, payin.Token)
	fmt.Println(status.Status, status.OrderID(), err)
	// Output:
	// a wrong code is declined: true
	// pending ORD-2025-00055 <nil>
}

// A payout to a LigdiCash wallet. Read the warning of TopUpWallet first.
func ExampleClient_CreateCustomerPayout() {
	server := ligdicashtest.NewServer()
	defer server.Close()
	client, err := ligdicash.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	payout, err := client.CreateCustomerPayout(ctx, ligdicash.PayoutRequest{
		TransactionID: "REMB-7", Amount: 1000, Phone: "+22670000000", Description: "Remboursement",
		CallbackURL: "https://monapp.com/api/callback/payout/7",
	}, ligdicash.StayInWallet)
	if err != nil {
		log.Fatal(err)
	}
	status, err := client.PayoutStatus(ctx, payout.Token)
	fmt.Println(status.Status, err)
	// Output: pending <nil>
}

// Callbacks are not signed: the event only says which order to ask about.
func ExampleClient_ParseWebhook() {
	server := ligdicashtest.NewServer()
	defer server.Close()
	client, err := ligdicash.New(server.Config(), server.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	// storedToken looks the order up in the merchant's own database.
	storedToken := func(orderID string) (token string, price guichet.Money, ok bool) { return "", guichet.Money{}, false }

	http.Handle("/api/callback/ligdicash", guichet.WebhookHandler(client, func(ctx context.Context, event *guichet.Event) error {
		token, price, ok := storedToken(event.Reference)
		if !ok {
			return nil // not ours
		}
		payment, err := client.GetStatus(ctx, token) // never with a token from the callback
		if err != nil {
			return err
		}
		if payment.Confirms(event.Reference, price) == nil {
			// Deliver, once per order: both callbacks of one event come through here.
			fmt.Println("deliver", event.Reference)
		}
		return nil
	}))
}

func ExampleOperatorsIn() {
	for _, o := range ligdicash.OperatorsIn("CI") {
		fmt.Println(o.ID, o.Brand, o.Mode)
	}
	// Output:
	// 14 Moov Africa ussd_push
	// 15 MTN MoMo guided_ussd
	// 16 Orange Money operator_redirect
}
