package lomi_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

func createPayoutMethod(change func(*lomi.PayoutMethodRequest)) run {
	req := bankAccount
	change(&req)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.CreatePayoutMethod(ctx, req)) }
}

func TestPayoutMethodRequests(t *testing.T) {
	onTheWire(t, []wire{
		{"create", createPayoutMethod(func(*lomi.PayoutMethodRequest) {}), methodAnswer, "POST", "/payout-methods",
			`{"payout_method_type":"bank","account_name":"Awa Diop","account_number":"ci_account_1","bank_name":"Banque","bank_code":"CI042","country":"CI","is_default":true}`, ""},
		{"the least", do(func(ctx context.Context, c *lomi.Client) (any, error) {
			return c.CreatePayoutMethod(ctx, lomi.PayoutMethodRequest{Type: "spi"})
		}), methodAnswer, "POST", "/payout-methods", `{"payout_method_type":"spi"}`, ""},
		{"list", do(func(ctx context.Context, c *lomi.Client) (any, error) {
			return c.ListPayoutMethods(ctx, lomi.PayoutMethodFilter{Limit: 5, Cursor: "c2"})
		}), anyList, "GET", "/payout-methods?cursor=c2&limit=5", "", ""},
	})
	refused(t, []faulty{
		{"no type", createPayoutMethod(func(r *lomi.PayoutMethodRequest) { r.Type = "" }), "Type"},
		{"text that is none", createPayoutMethod(func(r *lomi.PayoutMethodRequest) { r.BankName = "\xff" }), "BankName"},
	})
}

func TestPayoutMethodAnswers(t *testing.T) {
	client, _ := answering(t, 201, methodAnswer)
	method, err := client.CreatePayoutMethod(t.Context(), bankAccount)
	require.NoError(t, err)
	assert.Equal(t, "pm_1", method.ID)
	assert.Equal(t, "****1234", method.AccountNumber)
	assert.Equal(t, ptr(true), method.IsDefault)
	assert.Nil(t, method.IsValid)
	assert.Contains(t, string(method.Raw), `"swift":"X"`, "what is not among the fields is in Raw")

	for _, body := range []string{`{"message":"added"}`, `{"payout_method_id":7}`, `{"payout_method_id":""}`} {
		client, lomiMock := answering(t, 201, body)
		_, err := client.CreatePayoutMethod(t.Context(), bankAccount)
		require.ErrorIs(t, err, guichet.ErrBadResponse, body)
		require.ErrorIs(t, err, guichet.ErrUnknownOutcome, body)
		lomiMock.One(t)
	}
	client, _ = answering(t, 400, `{"error":{"code":"validation_failed","message":"ci_account_1 of Awa Diop is not an account"}}`)
	_, err = client.CreatePayoutMethod(t.Context(), bankAccount)
	require.ErrorIs(t, err, guichet.ErrInvalidRequest)
	assert.NotContains(t, err.Error(), "ci_account_1")
	assert.NotContains(t, err.Error(), "Awa")

	client, _ = answering(t, 200, `{"data":[{"payout_method_id":"pm_1"},{"id":"pm_2","account_number":{}},{"bank_name":"no id"}]}`)
	page, err := client.ListPayoutMethods(t.Context(), lomi.PayoutMethodFilter{})
	require.ErrorIs(t, err, guichet.ErrBadResponse, "a method without an id is of no use")
	require.Len(t, page.Items, 2)
	assert.Equal(t, "pm_2", page.Items[1].ID)
	assert.Equal(t, 1, page.Skipped)
}
