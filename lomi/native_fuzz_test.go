package lomi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
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
		var transaction Transaction
		readsOwn(t, body, &transaction, &transaction.Raw)
		if transaction.Status != statusIn(transactionWords, string(transaction.ProviderStatus)) {
			t.Fatalf("%q is not %q", transaction.ProviderStatus, transaction.Status)
		}
		var card CardCharge
		readsOwn(t, body, &card, &card.Raw)
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
			balance    Balance
			breakdown  BalanceBreakdown
			check      BalanceCheck
			endpoint   WebhookEndpoint
			test       WebhookTest
			delivery   WebhookDelivery
			receipt    Receipt
			identified Account
		)
		readsOwn(t, body, &mobile, &mobile.Raw)
		readsOwn(t, body, &refund, &refund.Raw)
		readsOwn(t, body, &payout, &payout.Raw)
		readsOwn(t, body, &asked, &asked.Raw)
		readsOwn(t, body, &customer, &customer.Raw)
		readsOwn(t, body, &event, &event.Raw)
		readsOwn(t, body, &session, &session.Raw)
		readsOwn(t, body, &product, &product.Raw)
		readsOwn(t, body, &balance, &balance.Raw)
		readsOwn(t, body, &breakdown, &breakdown.Raw)
		readsOwn(t, body, &check, &check.Raw)
		readsOwn(t, body, &endpoint, &endpoint.Raw)
		readsOwn(t, body, &test, &test.Raw)
		readsOwn(t, body, &delivery, &delivery.Raw)
		readsOwn(t, body, &receipt, &receipt.Raw)
		readsOwn(t, body, &identified, &identified.Raw)

		if page, err := decodeList[Customer](body, "customers", listQuery{}); err == nil {
			for _, item := range page.Items {
				if strictjson.Object(item.Raw) != nil {
					t.Fatalf("item %q", item.Raw)
				}
			}
		}

		found, err := layers(body)
		if err != nil {
			return
		}
		refund = Refund{}
		question, err := readStep(found, true, &refund, &refund.ID)
		for _, layer := range found {
			if err != nil || (string(layer["requires_confirmation"]) != "true" && string(layer["success"]) != "false") {
				continue
			}
			if question == nil || question.Token == "" || refund.ID != "" {
				t.Fatalf("a preview, or a failure, was taken for %+v", refund)
			}
		}
		if err == nil && question == nil && refund.ID == "" {
			t.Fatal("a refund without an id")
		}
	})
}

// readsOwn reads the body and then spoils it.
func readsOwn(t *testing.T, body []byte, dst any, raw *json.RawMessage) {
	t.Helper()
	given := append([]byte(nil), body...)
	if decodeObject(given, dst) != nil {
		return
	}
	kept := string(*raw)
	clear(given)
	if string(*raw) != kept || strictjson.Object(*raw) != nil {
		t.Fatalf("%T keeps %q", dst, *raw)
	}
}
