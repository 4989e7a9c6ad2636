package lomitest_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lomi/lomitest"
)

// The typed methods and the fake are written from the same pages by different
// hands: what the one does not understand of the other shows here.
func TestRealClientNatively(t *testing.T) {
	both(t, func(t *testing.T, server *lomitest.Server, june bool) {
		client, ctx := newClient(t, server, lomi.ViaCheckoutSession), t.Context()
		defer client.CloseIdleConnections()
		server.StrictBodies(true)
		me, err := client.Me(ctx)
		require.NoError(t, err)
		assert.Equal(t, "test", me.Environment)

		customer, err := client.CreateCustomer(ctx, lomi.CustomerRequest{Name: "Jane Doe", Email: "jane@shop.example"})
		require.NoError(t, err)
		found, err := client.ListCustomers(ctx, lomi.CustomerFilter{Search: "jane"})
		require.NoError(t, err)
		require.Len(t, found.Items, 1)
		assert.Equal(t, customer.ID, found.Items[0].ID)

		product, err := client.CreateProduct(ctx, lomi.ProductRequest{Name: "Pro", Type: lomi.ProductOneTime, Prices: []lomi.PriceRequest{{Amount: 1000, CurrencyCode: guichet.XOF}}})
		require.NoError(t, err)
		_, err = client.AddPrice(ctx, product.ID, lomi.PriceRequest{Amount: 2000, CurrencyCode: guichet.XOF})
		require.NoError(t, err)
		product, err = client.GetProduct(ctx, product.ID)
		require.NoError(t, err)
		assert.Len(t, product.Prices, 2)

		session, err := client.CreateCheckoutSession(ctx, lomi.CheckoutSessionRequest{CurrencyCode: guichet.XOF, Amount: 15000, CustomerID: customer.ID})
		require.NoError(t, err)
		assert.NotEmpty(t, session.IdempotencyKey)
		require.NoError(t, server.Pay(session.ID))
		paid, err := client.ListTransactions(ctx, lomi.TransactionFilter{Statuses: []lomi.TransactionStatus{"completed"}, Limit: 1})
		require.NoError(t, err)
		require.Len(t, paid.Items, 1)
		tx, err := client.GetTransaction(ctx, paid.Items[0].ID)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, tx.Status)
		assert.Equal(t, guichet.Number("15000"), tx.GrossAmount)
		ofCustomer, err := client.ListCustomerTransactions(ctx, customer.ID, lomi.CustomerTransactionFilter{})
		require.NoError(t, err)
		assert.Len(t, ofCustomer.Items, 1)
		_, err = client.TransactionReceipt(ctx, tx.ID)
		require.NoError(t, err)

		refund, err := client.CreateRefund(ctx, lomi.RefundRequest{TransactionID: tx.ID, Amount: 5000})
		require.NoError(t, err)
		if !june {
			assert.Nil(t, refund.Refund, "a preview is not a refund")
			require.NotNil(t, refund.Approval)
			refund, err = client.ApproveRefund(ctx, *refund.Approval)
			require.NoError(t, err)
		}
		require.NotNil(t, refund.Refund)
		back, err := client.GetRefund(ctx, refund.Refund.ID)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, back.Status)

		payout, err := client.CreatePayout(ctx, lomi.PayoutRequest{
			Destination: lomi.PayoutBeneficiary, Rail: lomi.RailBank, Amount: 1000, CurrencyCode: guichet.XOF,
			Recipient: &lomi.PayoutRecipient{Name: "Jane Doe", Phone: "+2250707070707"},
		})
		require.NoError(t, err)
		if !june {
			payout, err = client.ApprovePayout(ctx, *payout.Approval)
			require.NoError(t, err)
		}
		require.NoError(t, server.Pay(payout.Payout.ID))
		out, err := client.GetPayout(ctx, payout.Payout.ID)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, out.Status)

		balances, err := client.Balances(ctx, guichet.XOF)
		require.NoError(t, err)
		require.Len(t, balances, 1)
		assert.Equal(t, guichet.Number("9000"), balances[0].Balance)
		_, err = client.BalanceBreakdowns(ctx, "")
		require.NoError(t, err)
		_, err = client.Balances(ctx, guichet.EUR)
		assert.ErrorIs(t, err, guichet.ErrNotFound)

		request, err := client.CreatePaymentRequest(ctx, lomi.PaymentRequestInput{Amount: 500, CurrencyCode: guichet.XOF, ExpiryDate: time.Now().Add(time.Hour)})
		require.NoError(t, err)
		require.NoError(t, server.Pay(request.ID))
		request, err = client.GetPaymentRequest(ctx, request.ID)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, request.Status)

		jane := lomi.ChargeCustomer{Name: "Jane Doe", Phone: "+2250707070707"}
		wave, err := client.ChargeWave(ctx, lomi.WaveChargeRequest{Amount: 1000, Currency: guichet.XOF, Customer: jane})
		require.NoError(t, err)
		assert.Equal(t, 200, visit(t, wave.RedirectURL).status)
		_, err = client.ChargeWave(ctx, lomi.WaveChargeRequest{Amount: 1000, Currency: guichet.XOF, Customer: jane, Scenario: lomi.ScenarioFailed})
		assert.Error(t, err)
		mtn, err := client.ChargeMTN(ctx, lomi.MTNChargeRequest{Amount: 1000, Currency: guichet.XOF, Customer: jane, CountryCode: "CI", Scenario: lomi.ScenarioPending})
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusPending, mtn.Status)
		card, err := client.ChargeCard(ctx, lomi.CardChargeRequest{Amount: 10000, CurrencyCode: guichet.XOF, CustomerID: customer.ID, Hold: true})
		require.NoError(t, err)
		assert.Equal(t, guichet.Number("10000"), card.OriginalAmount)
		assert.Equal(t, guichet.EUR, card.Currency)
		require.NoError(t, server.Pay(card.ID))
		card, err = client.CaptureCardCharge(ctx, card.ID, lomi.HoldRequest{})
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, card.Status)

		var up atomic.Bool
		hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !up.Load() {
				http.NotFound(w, r)
			}
		}))
		defer hook.Close()
		endpoint, err := client.CreateWebhookEndpoint(ctx, lomi.WebhookEndpointRequest{URL: hook.URL, Events: []string{lomi.EventPaymentSucceeded}})
		require.NoError(t, err)
		assert.Equal(t, server.Config().WebhookSecret, endpoint.Secret)
		listed, err := client.ListWebhookEndpoints(ctx, lomi.WebhookEndpointFilter{})
		require.NoError(t, err)
		require.Len(t, listed.Items, 1)
		assert.Equal(t, []string{lomi.EventPaymentSucceeded}, listed.Items[0].Events)
		_, err = client.TestWebhookEndpoint(ctx, endpoint.ID)
		assert.ErrorIs(t, err, guichet.ErrInvalidRequest, "the receiver answers 404")
		{ // the calls that moved in API 1.2.0
			deliveries, err := client.ListWebhookDeliveries(ctx, lomi.WebhookDeliveryFilter{WebhookID: endpoint.ID})
			require.NoError(t, err)
			require.Len(t, deliveries.Items, 1)
			assert.False(t, *deliveries.Items[0].Success)
			assert.Error(t, client.RetryWebhookDelivery(ctx, endpoint.ID, deliveries.Items[0].ID), "still 404")
			up.Store(true)
			require.NoError(t, client.RetryWebhookDelivery(ctx, endpoint.ID, deliveries.Items[0].ID))
			delivery, err := client.GetWebhookDelivery(ctx, deliveries.Items[0].ID)
			require.NoError(t, err)
			assert.Equal(t, deliveries.Items[0].ID, delivery.ID)
			_, err = client.SetDefaultPrice(ctx, product.ID, product.Prices[1].ID)
			require.NoError(t, err)
			_, err = client.OpenCustomerPortal(ctx, customer.ID, lomi.PortalRequest{})
			require.NoError(t, err)
			check, err := client.CheckBalance(ctx, guichet.XOF)
			require.NoError(t, err)
			assert.True(t, *check.HasSufficientBalance)
		}
		if !june {
			method, err := client.CreatePayoutMethod(ctx, lomi.PayoutMethodRequest{Type: "bank", AccountNumber: "CI0012345678", AccountName: "Mon Magasin"})
			require.NoError(t, err)
			assert.Equal(t, "****5678", method.AccountNumber)
			var found []string
			for method, err := range lomi.All(func(cursor string) (*lomi.Page[lomi.PayoutMethod], error) {
				return client.ListPayoutMethods(ctx, lomi.PayoutMethodFilter{Limit: 1, Cursor: cursor})
			}) {
				require.NoError(t, err)
				found = append(found, method.ID)
			}
			assert.Equal(t, []string{method.ID}, found)
			own, err := client.CreatePayout(ctx, lomi.PayoutRequest{
				Destination: lomi.PayoutSelf, Rail: lomi.RailBank, Amount: 500, CurrencyCode: guichet.XOF, PayoutMethodID: method.ID,
			})
			require.NoError(t, err)
			own, err = client.ApprovePayout(ctx, *own.Approval)
			require.NoError(t, err)
			assert.Equal(t, lomi.KindWithdrawal, own.Payout.Kind)
		}
		require.NoError(t, client.DeleteWebhookEndpoint(ctx, endpoint.ID))
		require.NoError(t, client.DeleteCustomer(ctx, customer.ID))
	})
}
