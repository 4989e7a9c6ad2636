package lomi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
)

// FuzzDecodeNative reads any body as every native answer: nothing panics, what is
// read keeps a copy of its own, and a preview is never taken for a done refund.
func FuzzDecodeNative(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "lomi", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatal("no fixtures", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	for _, body := range []string{
		`{"customers":[{"customer_id":"c"}],"pagination":{"page":1,"pageSize":50,"totalCount":100,"totalPages":2}}`,
		`{"success":true,"data":{"requires_confirmation":true,"confirmation_token":"t","refund_id":"r"}}`, `{"requires_confirmation":1,"data":null}`,
		`{"data":[{"webhook_id":"w","authorized_events":"{A,B}"}],"has_more":true,"next_cursor":"c"}`, `[[]]`, `null`, `{"data":{"data":{"data":{}}}}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a := answerOf(body)
		var transaction Transaction
		readsOwn(t, body, &transactions, &transaction, &transaction.Raw)
		if transaction.Status != statusIn(transactionWords, transaction.ProviderStatus) {
			t.Fatalf("%q is not %q", transaction.ProviderStatus, transaction.Status)
		}
		var card CardCharge
		readsOwn(t, body, &cardCharges, &card, &card.Raw)
		if card.Status == guichet.StatusSucceeded && statusIn(cardWords, card.ProviderStatus) != guichet.StatusSucceeded {
			t.Fatalf("%q is paid", card.ProviderStatus)
		}
		var (
			mobile     MobileCharge
			refund     Refund
			payout     Payout
			asked      PaymentRequest
			customer   Customer
			event      PortalEvent
			session    PortalSession
			product    Product
			prices     PriceResult
			balance    Balance
			breakdown  BalanceBreakdown
			check      BalanceCheck
			endpoint   WebhookEndpoint
			test       WebhookTest
			delivery   WebhookDelivery
			receipt    Receipt
			identified Account
			method     PayoutMethod
		)
		readsOwn(t, body, &mobileCharges, &mobile, &mobile.Raw)
		readsOwn(t, body, &refunds, &refund, &refund.Raw)
		readsOwn(t, body, &payouts, &payout, &payout.Raw)
		readsOwn(t, body, &paymentRequests, &asked, &asked.Raw)
		readsOwn(t, body, &payoutMethods, &method, &method.Raw)
		readsOwn(t, body, &customers, &customer, &customer.Raw)
		readsOwn(t, body, &portalEvents, &event, &event.Raw)
		readsOwn(t, body, &portalSessions, &session, &session.Raw)
		readsOwn(t, body, &products, &product, &product.Raw)
		readsOwn(t, body, &priceResults, &prices, &prices.Raw)
		readsOwn(t, body, &balances, &balance, &balance.Raw)
		readsOwn(t, body, &breakdowns, &breakdown, &breakdown.Raw)
		readsOwn(t, body, &balanceChecks, &check, &check.Raw)
		readsOwn(t, body, &endpoints, &endpoint, &endpoint.Raw)
		readsOwn(t, body, &webhookTests, &test, &test.Raw)
		readsOwn(t, body, &deliveries, &delivery, &delivery.Raw)
		readsOwn(t, body, &receipts, &receipt, &receipt.Raw)
		readsOwn(t, body, &accounts, &identified, &identified.Raw)

		if page, _ := customers.decodeList(a, "customers", listQuery{}); page != nil {
			for _, item := range page.Items {
				if _, err := strictjson.Parse(item.Raw); err != nil {
					t.Fatalf("item %q", item.Raw)
				}
			}
		}

		l, err := refunds.open(a)
		if err != nil {
			return
		}
		for _, layer := range l.found {
			if string(layer.Get("requires_confirmation").Raw()) == "true" && !asksToConfirm(l) {
				t.Fatal("a preview is taken for done")
			}
			if string(layer.Get("success").Raw()) == "false" {
				t.Fatal("a failure is taken for done")
			}
		}
	})
}

// readsOwn reads the body and then spoils it.
func readsOwn[T any](t *testing.T, body []byte, k *kind[T], dst *T, raw *json.RawMessage) {
	t.Helper()
	given := append([]byte(nil), body...)
	if k.decode(answerOf(given), dst, nil) != nil {
		return
	}
	kept := string(*raw)
	clear(given)
	if string(*raw) != kept {
		t.Fatalf("%T keeps %q", dst, *raw)
	}
	if _, err := strictjson.Parse(*raw); err != nil {
		t.Fatalf("%T keeps %q", dst, *raw)
	}
}
