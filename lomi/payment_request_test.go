package lomi_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

func createRequest(change func(*lomi.PaymentRequestInput)) run {
	req := request1
	change(&req)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.CreatePaymentRequest(ctx, req)) }
}

func listRequests(f lomi.PaymentRequestFilter) run {
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.ListPaymentRequests(ctx, f)) }
}

func TestPaymentRequestRequests(t *testing.T) {
	onTheWire(t, []wire{
		{"create", createRequest(func(*lomi.PaymentRequestInput) {}), requestAnswer, "POST", "/payment-requests",
			`{"amount":15000,"currency_code":"XOF","expiry_date":"2026-03-02T08:00:00Z"}`, "*"},
		{"create with everything", createRequest(func(r *lomi.PaymentRequestInput) {
			r.Description, r.CustomerID, r.Reference, r.Metadata, r.IdempotencyKey = "D", "c1", "ref", map[string]any{"a": 1}, "key-1"
		}), requestAnswer, "POST", "/payment-requests", `{"amount":15000,"currency_code":"XOF","expiry_date":"2026-03-02T08:00:00Z","description":"D","customer_id":"c1",` +
			`"payment_reference":"ref","metadata":{"a":1}}`, "key-1"},
		{"get", do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.GetPaymentRequest(ctx, "pr1") }), requestAnswer, "GET", "/payment-requests/pr1", "", ""},
		{"list", listRequests(lomi.PaymentRequestFilter{Status: "pending", CustomerID: "c1", Limit: 5, Cursor: "c2"}), anyList, "GET",
			"/payment-requests?cursor=c2&customerId=c1&limit=5&status=pending", "", ""},
	})
	refused(t, []faulty{
		{"of nothing", createRequest(func(r *lomi.PaymentRequestInput) { r.Amount = 0 }), "Amount"},
		{"of less than nothing", createRequest(func(r *lomi.PaymentRequestInput) { r.Amount = -1 }), "Amount"},
		{"in cedis", createRequest(func(r *lomi.PaymentRequestInput) { r.CurrencyCode = guichet.GHS }), "CurrencyCode"},
		{"without an end", createRequest(func(r *lomi.PaymentRequestInput) { r.ExpiryDate = time.Time{} }), "ExpiryDate"},
		{"key", createRequest(func(r *lomi.PaymentRequestInput) { r.IdempotencyKey = "k " }), "IdempotencyKey"},
		{"text that is none", createRequest(func(r *lomi.PaymentRequestInput) { r.Description = "\xff" }), "Description"},
		{"status of the filter", listRequests(lomi.PaymentRequestFilter{Status: "a,b"}), "Status"},
		{"customer of the filter", listRequests(lomi.PaymentRequestFilter{CustomerID: "a\nb"}), "CustomerID"},
	})
}

func TestPaymentRequestAnswers(t *testing.T) {
	t.Run("every member", func(t *testing.T) {
		const object = `{"request_id":"pr1","payment_link":"https://pay.lomi.africa/r/1","status":"pending","amount":"15000","currency_code":"XOF","expiry_date":"2026-03-02",` +
			`"description":"D","customer_id":"c1","payment_reference":"ref","metadata":{"a":1},"environment":"test","organization_id":"org_1",` +
			`"created_at":"2026-03-01T08:00:00Z","updated_at":null,"spi_tx_id":null}`
		const body = `{"success":true,"data":` + object + `,"request_id":"of the HTTP request"}`
		client, lomiMock := newMock(t, config(), text(201, body).
			HeaderSet(map[string][]string{"Idempotency-Cache-Hit": {"true"}}))
		got, err := client.CreatePaymentRequest(t.Context(), request1)
		require.NoError(t, err)
		assert.Equal(t, &lomi.PaymentRequest{
			ID: "pr1", URL: "https://pay.lomi.africa/r/1", Status: guichet.StatusPending, ProviderStatus: "pending", Amount: "15000", CurrencyCode: "XOF",
			ExpiryDate:  guichet.Timestamp{Time: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Text: "2026-03-02"},
			Description: "D", CustomerID: "c1", Reference: "ref", Metadata: json.RawMessage(`{"a":1}`), Environment: "test", OrganizationID: "org_1",
			CreatedAt:      guichet.Timestamp{Time: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), Text: "2026-03-01T08:00:00Z"},
			IdempotencyKey: lomiMock.One(t).Header.Get("Idempotency-Key"), Replayed: true, Raw: json.RawMessage(body),
		}, got)
		money, ok := got.Money()
		assert.True(t, ok)
		assert.Equal(t, guichet.NewMoney(15000, guichet.XOF), money)
	})
	t.Run("the id of the HTTP request is not that of the payment", func(t *testing.T) {
		client, _ := answering(t, 201, `{"success":true,"data":{"payment_link":"https://pay.lomi.africa/r/1"},"request_id":"of the HTTP request"}`)
		_, err := client.CreatePaymentRequest(t.Context(), request1)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
	})
	for _, echo := range []string{`"amount":14999,"currency_code":"XOF"`, `"amount":15000,"currency_code":"EUR"`, `"amount":15000.5`} {
		t.Run("not what was asked for: "+echo, func(t *testing.T) {
			client, _ := answering(t, 201, `{"request_id":"pr1","payment_link":"https://pay.lomi.africa/r/1",`+echo+`}`)
			got, err := client.CreatePaymentRequest(t.Context(), request1)
			require.ErrorIs(t, err, guichet.ErrMismatch)
			assert.Equal(t, "pr1", got.ID)
		})
	}
	for _, link := range []string{`null`, `"javascript:alert(1)"`, `"http://pay.lomi.africa/r/1"`} {
		t.Run("nowhere to send the customer: "+link, func(t *testing.T) {
			client, _ := answering(t, 201, `{"request_id":"pr1","payment_link":`+link+`}`)
			got, err := client.CreatePaymentRequest(t.Context(), request1)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Equal(t, "pr1", got.ID)
		})
	}
	t.Run("list by offset", func(t *testing.T) {
		client, lomiMock := newMock(t, config(), text(200, `{"data":[{"request_id":"a"},{"request_id":"b"}],"total":2,"limit":2,"offset":0}`),
			text(200, `{"data":[{"request_id":"c"}],"total":1,"limit":2,"offset":2}`))
		page, err := client.ListPaymentRequests(t.Context(), lomi.PaymentRequestFilter{Limit: 2})
		require.NoError(t, err)
		require.Len(t, page.Items, 2)
		require.NotEmpty(t, page.Next)
		page, err = client.ListPaymentRequests(t.Context(), lomi.PaymentRequestFilter{Limit: 2, Cursor: page.Next})
		require.NoError(t, err)
		assert.Equal(t, "c", page.Items[0].ID)
		assert.Empty(t, page.Next)
		assert.Equal(t, "limit=2&offset=2", lomiMock.All()[1].URL.RawQuery)
	})
	for word, want := range map[string]guichet.Status{
		"pending": guichet.StatusPending, "completed": guichet.StatusSucceeded, "failed": guichet.StatusFailed, "expired": guichet.StatusExpired, "cancelled": guichet.StatusUnknown,
	} {
		t.Run("status "+word, func(t *testing.T) {
			client, _ := answering(t, 200, `{"request_id":"pr1","status":"`+word+`"}`)
			got, err := client.GetPaymentRequest(t.Context(), "pr1")
			require.NoError(t, err)
			assert.Equal(t, want, got.Status)
			assert.Equal(t, word, got.ProviderStatus)
		})
	}
}
