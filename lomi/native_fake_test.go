package lomi_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lomi/lomitest"
)

// TestNativeMethodsOnTheFake has the native methods meet both generations of the
// API, with bodies checked strictly.
func TestNativeMethodsOnTheFake(t *testing.T) {
	for name, generation := range map[string]lomitest.Generation{"June": lomitest.June2026, "September": lomitest.September2026} {
		t.Run(name, func(t *testing.T) {
			server := lomitest.NewServer()
			defer server.Close()
			server.SetGeneration(generation)
			server.StrictBodies(true)
			client, err := lomi.New(server.Config(), server.Options()...)
			require.NoError(t, err)
			defer client.CloseIdleConnections()
			ctx := t.Context()
			september := generation == lomitest.September2026

			me, err := client.Me(ctx)
			require.NoError(t, err)
			assert.Equal(t, "test", me.Environment)

			customer, err := client.CreateCustomer(ctx, somebody)
			require.NoError(t, err)
			_, err = client.UpdateCustomer(ctx, customer.ID, lomi.CustomerUpdate{City: ptr("Abidjan")})
			require.NoError(t, err)
			customer, err = client.GetCustomer(ctx, customer.ID)
			require.NoError(t, err)
			assert.Equal(t, "Abidjan", customer.City)
			customers, err := client.ListCustomers(ctx, lomi.CustomerFilter{})
			require.NoError(t, err)
			require.Len(t, customers.Items, 1)
			assert.Equal(t, customer.ID, customers.Items[0].ID)
			_, err = client.CustomerPortalAudit(ctx, customer.ID, lomi.PortalAuditFilter{})
			require.NoError(t, err)

			var paid []string
			for i := range 5 {
				charge, err := client.ChargeMTN(ctx, mtnCharge)
				require.NoError(t, err)
				require.Equal(t, guichet.StatusSucceeded, charge.Status, "%d: with a test key", i)
				paid = append(paid, charge.TransactionID)
			}
			req := waveCharge
			req.IdempotencyKey = "order-7"
			first, err := client.ChargeWave(ctx, req)
			require.NoError(t, err)
			require.NotEmpty(t, first.RedirectURL)
			again, err := client.ChargeWave(ctx, req)
			require.NoError(t, err)
			assert.Equal(t, first.TransactionID, again.TransactionID)
			assert.False(t, first.Replayed)
			assert.True(t, again.Replayed)
			req.Amount++
			_, err = client.ChargeWave(ctx, req)
			require.ErrorIs(t, err, guichet.ErrConflict)
			req.IdempotencyKey, req.Scenario = "", lomi.ScenarioFailed
			_, err = client.ChargeWave(ctx, req)
			require.ErrorIs(t, err, guichet.ErrInvalidRequest)

			// Every transaction once, whichever way the list is paged.
			seen := map[string]int{}
			filter := lomi.TransactionFilter{Limit: 2}
			for range 10 {
				page, err := client.ListTransactions(ctx, filter)
				require.NoError(t, err)
				for _, item := range page.Items {
					seen[item.ID]++
				}
				if filter.Cursor = page.Next; filter.Cursor == "" {
					break
				}
			}
			assert.Empty(t, filter.Cursor)
			for _, id := range append(paid, first.TransactionID) {
				assert.Equal(t, 1, seen[id])
			}
			transaction, err := client.GetTransaction(ctx, paid[0])
			require.NoError(t, err)
			assert.Equal(t, guichet.StatusSucceeded, transaction.Status)
			gross, ok := transaction.Gross()
			assert.True(t, ok)
			assert.Equal(t, guichet.NewMoney(1000, guichet.XOF), gross)
			if september {
				_, err = client.TransactionReceipt(ctx, paid[0])
				require.NoError(t, err)
			}
			_, err = client.ListCustomerTransactions(ctx, customer.ID, lomi.CustomerTransactionFilter{})
			require.NoError(t, err)

			for _, twoSteps := range []bool{false, true} {
				server.TwoSteps(twoSteps)
				refunded, err := client.CreateRefund(ctx, lomi.RefundRequest{TransactionID: paid[0], Amount: 100})
				require.NoError(t, err)
				assert.Equal(t, twoSteps, refunded.Refund == nil)
				if twoSteps {
					refunded, err = client.ApproveRefund(ctx, *refunded.Approval)
					require.NoError(t, err)
				}
				require.NotNil(t, refunded.Refund)
				refund, err := client.GetRefund(ctx, refunded.Refund.ID)
				require.NoError(t, err)
				assert.Equal(t, paid[0], refund.TransactionID)

				withdrawal := selfPayout
				withdrawal.PayoutMethodID = "pm_1"
				payout, err := client.CreatePayout(ctx, withdrawal)
				require.NoError(t, err)
				assert.Equal(t, twoSteps, payout.Payout == nil)
				if twoSteps {
					payout, err = client.ApprovePayout(ctx, *payout.Approval)
					require.NoError(t, err)
				}
				_, err = client.GetPayout(ctx, payout.Payout.ID)
				require.NoError(t, err)
			}
			refunds, err := client.ListRefunds(ctx, lomi.RefundFilter{})
			require.NoError(t, err)
			assert.Len(t, refunds.Items, 2, "a preview is no refund")
			payouts, err := client.ListPayouts(ctx, lomi.PayoutFilter{})
			require.NoError(t, err)
			assert.Len(t, payouts.Items, 2)
			_, err = client.CreatePayout(ctx, friendPayout)
			if september {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, guichet.ErrInvalidRequest, "Wave with a test key")
			}

			asked, err := client.CreatePaymentRequest(ctx, lomi.PaymentRequestInput{Amount: 15000, CurrencyCode: guichet.XOF, ExpiryDate: time.Now().Add(time.Hour)})
			require.NoError(t, err)
			asked, err = client.GetPaymentRequest(ctx, asked.ID)
			require.NoError(t, err)
			assert.Equal(t, guichet.StatusPending, asked.Status)
			requests, err := client.ListPaymentRequests(ctx, lomi.PaymentRequestFilter{})
			require.NoError(t, err)
			assert.Len(t, requests.Items, 1)

			card := cardCharge
			card.Hold = true
			held, err := client.ChargeCard(ctx, card)
			require.NoError(t, err)
			require.NotEmpty(t, held.ClientSecret)
			original, ok := held.Original()
			assert.True(t, ok)
			assert.Equal(t, guichet.NewMoney(10000, guichet.XOF), original)
			_, err = client.GetCardCharge(ctx, held.ID)
			require.NoError(t, err)
			_, err = client.CancelCardCharge(ctx, held.ID, lomi.HoldRequest{})
			require.NoError(t, err)

			made, err := client.CreateProduct(ctx, product)
			require.NoError(t, err)
			_, err = client.AddPrice(ctx, made.ID, price)
			require.NoError(t, err)
			made, err = client.GetProduct(ctx, made.ID)
			require.NoError(t, err)
			require.Len(t, made.Prices, 2)
			products, err := client.ListProducts(ctx, lomi.ProductFilter{})
			require.NoError(t, err)
			assert.Len(t, products.Items, 1)

			_, err = client.Balances(ctx, guichet.XOF)
			require.NoError(t, err)
			_, err = client.BalanceBreakdowns(ctx, "")
			require.NoError(t, err)

			hook, err := client.CreateWebhookEndpoint(ctx, endpoint)
			require.NoError(t, err)
			assert.NotEmpty(t, hook.Secret)
			_, err = client.UpdateWebhookEndpoint(ctx, hook.ID, lomi.WebhookEndpointUpdate{IsActive: ptr(false)})
			require.NoError(t, err)
			hook, err = client.GetWebhookEndpoint(ctx, hook.ID)
			require.NoError(t, err)
			assert.Equal(t, ptr(false), hook.IsActive)
			assert.Equal(t, endpoint.Events, hook.Events)
			assert.Empty(t, hook.Secret, "shown once")
			hooks, err := client.ListWebhookEndpoints(ctx, lomi.WebhookEndpointFilter{})
			require.NoError(t, err)
			assert.Len(t, hooks.Items, 1)

			// What moved is found where the version says, and nowhere else.
			cfg := server.Config()
			if cfg.Version = "1.1.0"; !september {
				cfg.Version = "" // the newest
			}
			astray, err := lomi.New(cfg, server.Options()...)
			require.NoError(t, err)
			defer astray.CloseIdleConnections()
			for call, moved := range map[string]run{
				"portal": func(ctx context.Context, c *lomi.Client) error {
					return discard(c.OpenCustomerPortal(ctx, customer.ID, lomi.PortalRequest{}))
				},
				"default price": func(ctx context.Context, c *lomi.Client) error {
					return discard(c.SetDefaultPrice(ctx, made.ID, made.Prices[1].ID))
				},
				"balance check": func(ctx context.Context, c *lomi.Client) error { return discard(c.CheckBalance(ctx, guichet.XOF)) },
				"list deliveries": func(ctx context.Context, c *lomi.Client) error {
					return discard(c.ListWebhookDeliveries(ctx, lomi.WebhookDeliveryFilter{WebhookID: hook.ID}))
				},
			} {
				assert.NoError(t, moved(ctx, client), call)
				assert.ErrorIs(t, moved(ctx, astray), guichet.ErrNotFound, call)
			}

			// What only the newer generation has is not found in the older.
			newer := map[string]error{
				"update product": discard(client.UpdateProduct(ctx, made.ID, lomi.ProductUpdate{Name: ptr("Pro 2")})),
				"delete product": client.DeleteProduct(ctx, made.ID),
				"payout methods": discard(client.ListPayoutMethods(ctx, lomi.PayoutMethodFilter{})),
			}
			for call, err := range newer {
				if september {
					assert.NoError(t, err, call)
				} else {
					assert.ErrorIs(t, err, guichet.ErrNotFound, call)
				}
			}
			require.NoError(t, client.DeleteWebhookEndpoint(ctx, hook.ID))
			require.NoError(t, client.DeleteCustomer(ctx, customer.ID))
			_, err = client.GetCustomer(ctx, customer.ID)
			require.ErrorIs(t, err, guichet.ErrNotFound, fmt.Sprint(customer.ID))
		})
	}
}
