package lomitest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lomi/lomitest"
)

// modes are the two ways to make a payment, with the status that Fail leads to.
var modes = map[lomi.Via]guichet.Status{
	lomi.ViaCheckoutSession: guichet.StatusExpired,
	lomi.ViaPaymentLink:     guichet.StatusCanceled,
}

var generations = []lomitest.Generation{lomitest.June2026, lomitest.September2026}

func newClient(t *testing.T, server *lomitest.Server, via lomi.Via) *lomi.Client {
	t.Helper()
	cfg := server.Config()
	cfg.Via = via
	client, err := lomi.New(cfg, server.Options()...)
	require.NoError(t, err)
	return client
}

func newServer(t *testing.T) *lomitest.Server {
	t.Helper()
	server := lomitest.NewServer()
	t.Cleanup(server.Close)
	return server
}

func order(id string) guichet.PaymentRequest {
	return guichet.PaymentRequest{Reference: id, Amount: guichet.NewMoney(15000, guichet.XOF)}
}

func TestRealClient(t *testing.T) {
	for via, afterFail := range modes {
		for _, generation := range generations {
			t.Run(via.String()+" "+string(generation), func(t *testing.T) {
				server := newServer(t)
				server.SetGeneration(generation)
				client, ctx := newClient(t, server, via), context.Background()

				paid, err := client.CreatePayment(ctx, order("CMD-1"))
				require.NoError(t, err)
				assert.Equal(t, guichet.StatusPending, paid.Status)
				refused, err := client.CreatePayment(ctx, order("CMD-2"))
				require.NoError(t, err)
				status := func(id string) guichet.Status {
					payment, err := client.GetStatus(ctx, id)
					require.NoError(t, err)
					return payment.Status
				}
				assert.Equal(t, guichet.StatusPending, status(paid.ID))

				require.NoError(t, server.Pay(paid.ID))
				require.NoError(t, server.Fail(refused.ID))
				assert.Equal(t, guichet.StatusSucceeded, status(paid.ID))
				assert.Equal(t, afterFail, status(refused.ID))

				var ids []string
				for payment, err := range guichet.All(ctx, client, guichet.ListParams{Limit: 1}) {
					require.NoError(t, err)
					ids = append(ids, payment.ID)
				}
				assert.Equal(t, []string{refused.ID, paid.ID}, ids)
			})
		}
	}
}
