package lomi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

func listTransactions(f lomi.TransactionFilter) run {
	return do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.ListTransactions(ctx, f) })
}

// jan1 is 2024-01-01T00:00:00Z, told in another zone.
var jan1 = time.Date(2024, 1, 1, 1, 0, 0, 0, time.FixedZone("", 3600))

func TestTransactionRequests(t *testing.T) {
	onTheWire(t, []wire{
		{"T6: completed or pending, by Wave, from a date", listTransactions(lomi.TransactionFilter{
			Providers: []lomi.ProviderCode{lomi.ProviderWave},
			Statuses:  []lomi.TransactionStatus{lomi.TransactionCompleted, lomi.TransactionPending}, From: jan1,
		}), anyList, "GET", "/transactions?provider=WAVE&startDate=2024-01-01T00%3A00%3A00Z&status=completed%2Cpending", "", ""},
		{"T6: every filter", listTransactions(lomi.TransactionFilter{
			Statuses: []lomi.TransactionStatus{"held"}, Types: []lomi.TransactionType{lomi.TypePayment, lomi.TypeRefund},
			Providers: []lomi.ProviderCode{lomi.ProviderCard}, PaymentMethods: []lomi.PaymentMethod{lomi.MethodCards, lomi.MethodBNPL},
			Currencies: []guichet.Currency{guichet.XOF, guichet.EUR}, From: jan1, To: jan1.Add(24 * time.Hour), IsPOS: ptr(false), Limit: 50, Cursor: "c2",
		}), anyList, "GET", "/transactions?currency=XOF%2CEUR&cursor=c2&endDate=2024-01-02T00%3A00%3A00Z&isPos=false&limit=50" +
			"&paymentMethod=CARDS%2CBNPL&provider=CARD&startDate=2024-01-01T00%3A00%3A00Z&status=held&type=payment%2Crefund", "", ""},
		{"T6: no filter", listTransactions(lomi.TransactionFilter{}), anyList, "GET", "/transactions", "", ""},
		{"get", run(func(ctx context.Context, c *lomi.Client) error { return discard(c.GetTransaction(ctx, "txn_9")) }),
			`{"transaction_id":"txn_9"}`, "GET", "/transactions/txn_9", "", ""},
		{"receipt", run(func(ctx context.Context, c *lomi.Client) error { return discard(c.TransactionReceipt(ctx, "t1")) }),
			`{"hosted_url":"https://lomi.africa/r"}`, "GET", "/transactions/t1/receipt.pdf", "", ""},
		{"of a customer", run(func(ctx context.Context, c *lomi.Client) error {
			return discard(c.ListCustomerTransactions(ctx, "c1", lomi.CustomerTransactionFilter{Limit: 10, Cursor: "c2"}))
		}), anyList, "GET", "/customers/c1/transactions?cursor=c2&limit=10", "", ""},
	})
	refused(t, []faulty{
		{"a status that is two", listTransactions(lomi.TransactionFilter{Statuses: []lomi.TransactionStatus{"completed,pending"}}), "Statuses"},
		{"an empty status", listTransactions(lomi.TransactionFilter{Statuses: []lomi.TransactionStatus{""}}), "Statuses"},
		{"a type with a line break", listTransactions(lomi.TransactionFilter{Types: []lomi.TransactionType{"a\nb"}}), "Types"},
		{"a provider that is two", listTransactions(lomi.TransactionFilter{Providers: []lomi.ProviderCode{"WAVE,MTN"}}), "Providers"},
		{"an empty method", listTransactions(lomi.TransactionFilter{PaymentMethods: []lomi.PaymentMethod{lomi.MethodCards, ""}}), "PaymentMethods"},
		{"an empty currency", listTransactions(lomi.TransactionFilter{Currencies: []guichet.Currency{""}}), "Currencies"},
	})
}

func TestTransactionAnswers(t *testing.T) {
	t.Run("every member", func(t *testing.T) {
		body := fixture(t, "transaction_full.json")
		client, _ := answering(t, 200, body)
		got, err := client.GetTransaction(t.Context(), "txn_9")
		require.NoError(t, err)
		require.JSONEq(t, body, string(got.Raw))
		got.Raw = nil
		assert.Equal(t, &lomi.Transaction{
			ID: "7c9e6679-7425-40de-944b-e07fc1f90ae7", PublicID: "txn_9", OrganizationID: "org_1", CustomerID: "c1",
			ProductID: "prod_1", SubscriptionID: "sub_1", PriceID: "price_1", Type: lomi.TypePayment,
			Status: guichet.StatusSucceeded, ProviderStatus: lomi.TransactionCompleted, Description: "Facture INV-001", Quantity: "2",
			Metadata: json.RawMessage(`{"order_id":"INV-001"}`), CurrencyCode: "XOF", GrossAmount: "15000", DiscountAmount: "0",
			FeeAmount: "300.0", NetAmount: "14700", RefundedAmount: "100", GrossAmountXOF: "15000",
			ProviderCode: lomi.ProviderMTN, PaymentMethod: lomi.MethodMobileMoney, IsBNPL: ptr(false), IsPOS: ptr(true),
			SPITransactionID: "spi_1", SPIAccountNumber: "ci_account_1", SPIPaymentCategory: "500", SPIPaymentStatus: "IRREVOCABLE",
			SPISentAt:        guichet.Timestamp{Time: time.Date(2026, 3, 2, 8, 15, 29, 0, time.UTC), Text: "2026-03-02T08:15:29Z"},
			SPIIrrevocableAt: guichet.Timestamp{Time: time.Date(2026, 3, 2, 8, 15, 30, 123456000, time.UTC), Text: "2026-03-02T08:15:30.123456+00:00"},
			Environment:      "test",
			CreatedAt:        guichet.Timestamp{Time: time.Date(2026, 3, 2, 8, 15, 30, 0, time.UTC), Text: "2026-03-02T08:15:30.000Z"},
			UpdatedAt:        guichet.Timestamp{Time: time.Date(2026, 3, 2, 8, 16, 0, 0, time.UTC), Text: "2026-03-02T08:16:00Z"},
		}, got)
		gross, ok := got.Gross()
		assert.True(t, ok)
		assert.Equal(t, guichet.NewMoney(15000, guichet.XOF), gross)
	})
	t.Run("T21: held, an unknown provider, an unknown member, other names, a wrapped array", func(t *testing.T) {
		client, _ := answering(t, 200, fixture(t, "transaction_sparse.json"))
		got, err := client.GetTransaction(t.Context(), "t1")
		require.NoError(t, err)
		assert.Equal(t, "t1", got.ID)
		assert.Equal(t, lomi.TypeRefund, got.Type)
		assert.Equal(t, guichet.StatusPending, got.Status)
		assert.Equal(t, lomi.TransactionHeld, got.ProviderStatus)
		assert.Equal(t, lomi.ProviderCode("NEWPAY"), got.ProviderCode)
		assert.Nil(t, got.IsPOS)
		assert.Nil(t, got.IsBNPL)
		assert.True(t, got.CreatedAt.Time.IsZero())
		assert.Equal(t, "hier", got.CreatedAt.Text)
		assert.Contains(t, string(got.Raw), "frozen_reason")
		_, ok := got.Gross()
		assert.False(t, ok, "half a franc")
	})
	t.Run("T18: a bare array, with one and without any", func(t *testing.T) {
		client, _ := answering(t, 200, `[{"transaction_id":"txn_e2e"}]`)
		page, err := client.ListTransactions(t.Context(), lomi.TransactionFilter{})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		assert.Equal(t, "txn_e2e", page.Items[0].ID)
		assert.JSONEq(t, `{"transaction_id":"txn_e2e"}`, string(page.Items[0].Raw))
		assert.Empty(t, page.Next)

		client, _ = answering(t, 200, `[]`)
		page, err = client.ListCustomerTransactions(t.Context(), "c1", lomi.CustomerTransactionFilter{})
		require.NoError(t, err)
		assert.Empty(t, page.Items)
		assert.Empty(t, page.Next)
	})
	t.Run("the next page", func(t *testing.T) {
		client, _ := answering(t, 200, `{"object":"list","data":[{"transaction_id":"a","status":"failed"}],"has_more":true,"next_cursor":"c2","limit":1}`)
		page, err := client.ListCustomerTransactions(t.Context(), "c1", lomi.CustomerTransactionFilter{Limit: 1})
		require.NoError(t, err)
		assert.Equal(t, "c2", page.Next)
		assert.Equal(t, guichet.StatusFailed, page.Items[0].Status)
	})
}

func TestTransactionStatuses(t *testing.T) {
	for word, want := range map[string]guichet.Status{
		"pending": guichet.StatusPending, "held": guichet.StatusPending, "completed": guichet.StatusSucceeded, "COMPLETED": guichet.StatusSucceeded,
		"failed": guichet.StatusFailed, "cancelled": guichet.StatusCanceled, "expired": guichet.StatusExpired, "refunded": guichet.StatusRefunded,
		"frozen": guichet.StatusUnknown, "": guichet.StatusUnknown, "complete": guichet.StatusUnknown, "succeeded": guichet.StatusUnknown,
	} {
		t.Run("T21: "+word, func(t *testing.T) {
			client, _ := answering(t, 200, `{"transaction_id":"t1","status":"`+word+`"}`)
			got, err := client.GetTransaction(t.Context(), "t1")
			require.NoError(t, err)
			assert.Equal(t, want, got.Status)
			assert.Equal(t, lomi.TransactionStatus(word), got.ProviderStatus)
		})
	}
	t.Run("T21: null", func(t *testing.T) {
		client, _ := answering(t, 200, `{"transaction_id":"t1","status":null}`)
		got, err := client.GetTransaction(t.Context(), "t1")
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusUnknown, got.Status)
	})
}

func TestReceiptAnswers(t *testing.T) {
	client, lomiMock := answering(t, http.StatusOK,
		`{"hosted_url":"https://lomi.africa/r/1","download_url":"https://files.lomi.africa/1.pdf","filename":"1.pdf","mime_type":"application/pdf","expires_at":"2026-03-02T08:15:30Z"}`)
	got, err := client.TransactionReceipt(t.Context(), "t1")
	require.NoError(t, err)
	assert.NotEmpty(t, got.Raw)
	got.Raw = nil
	assert.Equal(t, &lomi.Receipt{
		HostedURL: "https://lomi.africa/r/1", DownloadURL: "https://files.lomi.africa/1.pdf", Filename: "1.pdf", MIMEType: "application/pdf",
		ExpiresAt: guichet.Timestamp{Time: time.Date(2026, 3, 2, 8, 15, 30, 0, time.UTC), Text: "2026-03-02T08:15:30Z"},
	}, got)
	lomiMock.One(t) // the links are not followed

	client, _ = answering(t, http.StatusOK, `{"hosted_url":"javascript:alert(1)","download_url":"https://files.lomi.africa/1.pdf"}`)
	got, err = client.TransactionReceipt(t.Context(), "t1")
	require.NoError(t, err)
	assert.Empty(t, got.HostedURL)
	assert.Equal(t, "https://files.lomi.africa/1.pdf", got.DownloadURL)

	client, _ = answering(t, http.StatusOK, `{"hosted_url":"http://lomi.africa/r/1","download_url":"data:text/html,x"}`)
	_, err = client.TransactionReceipt(t.Context(), "t1")
	require.ErrorIs(t, err, guichet.ErrBadResponse)
	assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome)
}
