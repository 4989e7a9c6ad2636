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

func balances(currency guichet.Currency) run {
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.Balances(ctx, currency)) }
}

func breakdowns(target guichet.Currency) run {
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.BalanceBreakdowns(ctx, target)) }
}

func checkBalance(currency guichet.Currency) run {
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.CheckBalance(ctx, currency)) }
}

func TestBalanceRequests(t *testing.T) {
	onTheWire(t, []wire{
		{"T11: in francs", balances(guichet.XOF), `[]`, "GET", "/accounts/balance?currency=XOF", "", ""},
		{"T11: all", balances(""), `[]`, "GET", "/accounts/balance", "", ""},
		{"breakdown", breakdowns(""), `[]`, "GET", "/accounts/balance/breakdown", "", ""},
		{"breakdown in euros", breakdowns(guichet.EUR), `[]`, "GET", "/accounts/balance/breakdown?target_currency=EUR", "", ""},
		{"check", checkBalance(guichet.XOF), `{"available_balance":1}`, "GET", "/accounts/balance/XOF", "", ""},
	})
	for account, want := range map[string][]string{"acct_1": {"acct_1"}, "": nil} {
		t.Run("T11: on behalf of "+account, func(t *testing.T) {
			cfg := config()
			cfg.Account = account
			client, lomiMock := newMock(t, cfg, text(200, `[]`))
			require.NoError(t, balances(guichet.XOF)(t.Context(), client))
			assert.Equal(t, want, lomiMock.One(t).Header.Values("Lomi-Account"))
		})
	}
	refused(t, []faulty{
		{"no such currency", balances("xof"), "currency"},
		{"no such target", breakdowns("CFA"), "target_currency"},
		{"check of no currency", checkBalance(""), "currency"},
		{"check of another endpoint", checkBalance("breakdown"), "currency"},
	})
}

func TestBalanceAnswers(t *testing.T) {
	t.Run("list", func(t *testing.T) {
		client, _ := answering(t, 200, `[{"currency_code":"XOF","balance":"1500","last_updated":"2026-03-02T08:15:30Z"},{"currency_code":"EUR","balance":12.34,"last_updated":null}]`)
		got, err := client.Balances(t.Context(), "")
		require.NoError(t, err)
		require.Len(t, got, 2)
		assert.Equal(t, lomi.Balance{
			CurrencyCode: "XOF", Balance: "1500", LastUpdated: guichet.Timestamp{Time: time.Date(2026, 3, 2, 8, 15, 30, 0, time.UTC), Text: "2026-03-02T08:15:30Z"},
			Raw: json.RawMessage(`{"currency_code":"XOF","balance":"1500","last_updated":"2026-03-02T08:15:30Z"}`),
		}, got[0])
		assert.Equal(t, guichet.Number("12.34"), got[1].Balance)
	})
	t.Run("one object", func(t *testing.T) {
		client, _ := answering(t, 200, `{"success":true,"data":{"currency_code":"XOF","balance":0}}`)
		got, err := client.Balances(t.Context(), guichet.XOF)
		require.NoError(t, err)
		require.Len(t, got, 1)
		assert.Equal(t, guichet.Number("0"), got[0].Balance)
	})
	t.Run("no account", func(t *testing.T) {
		client, _ := answering(t, 404, `{"error":{"code":"not_found","message":"no account"},"request_id":"r"}`)
		_, err := client.Balances(t.Context(), guichet.USD)
		require.ErrorIs(t, err, guichet.ErrNotFound)
	})
	for name, body := range map[string]string{
		"object": `{"currency_code":"XOF","available_balance":100,"pending_balance":"20","total_balance":120,"converted_total_balance":0.18,"converted_currency":"EUR"}`,
		"list":   `{"data":[{"currency_code":"XOF","available_balance":100,"pending_balance":"20","total_balance":120,"converted_total_balance":0.18,"converted_currency":"EUR"}]}`,
	} {
		t.Run("breakdown, "+name, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			got, err := client.BalanceBreakdowns(t.Context(), guichet.EUR)
			require.NoError(t, err)
			require.Len(t, got, 1)
			assert.Contains(t, string(got[0].Raw), "converted_currency")
			got[0].Raw = nil
			assert.Equal(t, lomi.BalanceBreakdown{
				CurrencyCode: "XOF", AvailableBalance: "100", PendingBalance: "20", TotalBalance: "120",
				Converted: map[string]guichet.Number{"converted_total_balance": "0.18"},
			}, got[0])
		})
	}
	t.Run("check", func(t *testing.T) {
		client, _ := answering(t, 200, `{"has_sufficient_balance":false,"available_balance":"0.00"}`)
		got, err := client.CheckBalance(t.Context(), guichet.XOF)
		require.NoError(t, err)
		assert.Equal(t, ptr(false), got.HasSufficientBalance)
		assert.Equal(t, guichet.Number("0.00"), got.AvailableBalance)
		assert.NotEmpty(t, got.Raw)
	})
}
