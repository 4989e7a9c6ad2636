package lygostest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lygos"
	"github.com/guichetpay/guichet/lygos/lygostest"
)

func newClient(t *testing.T) (*lygostest.Server, *lygos.Client) {
	t.Helper()
	server := lygostest.NewServer()
	t.Cleanup(server.Close)
	client, err := lygos.New(server.Config(), server.Options()...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return server, client
}

func TestPaymentGoesThroughItsStates(t *testing.T) {
	server, client := newClient(t)
	payment, err := client.CreatePayment(t.Context(), guichet.PaymentRequest{OrderID: "CMD-1", Amount: guichet.NewMoney(5000, guichet.XOF)})
	require.NoError(t, err)
	assert.Equal(t, guichet.NewMoney(5000, guichet.XOF), payment.Amount)
	assert.Contains(t, payment.CheckoutURL, server.URL+"/checkout/")

	steps := []struct {
		name   string
		step   func(string) error
		status guichet.Status
		word   string
	}{
		{"created", func(string) error { return nil }, guichet.StatusPending, ""},
		{"started", server.Start, guichet.StatusPending, "accepted"},
		{"paid", server.Pay, guichet.StatusSucceeded, "success"},
		{"failed", server.Fail, guichet.StatusFailed, "failed"},
		{"any word", func(id string) error { return server.SetStatus(id, "DEPOSIT_COMPLETED") }, guichet.StatusSucceeded, "DEPOSIT_COMPLETED"},
	}
	for _, step := range steps {
		require.NoError(t, step.step(payment.ID), step.name)
		got, err := client.GetStatus(t.Context(), payment.ID)
		require.NoError(t, err, step.name)
		assert.Equal(t, step.status, got.Status, step.name)
		assert.Equal(t, step.word, got.ProviderStatus, step.name)
	}
	for _, step := range []func(string) error{server.Start, server.Pay, server.Fail} {
		assert.Error(t, step("CMD-2"), "no such order")
	}
}
