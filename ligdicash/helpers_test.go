package ligdicash_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
	"github.com/guichetpay/guichet/ligdicash"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testKey   = "LIGDICASHTESTKEY0001"
	testToken = "ligdicash.test.token-0001"
	base      = "https://app.ligdicash.com"
	token     = "eyJ0eXAiOiJKV1Qi..." // as the fixtures have it
	order     = "ORD-2025-00053"
)

// errorOf returns err as the type that every failed call returns.
func errorOf(t *testing.T, err error) *guichet.Error {
	t.Helper()
	var e *guichet.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "ligdicash", e.Provider)
	return e
}

func config() ligdicash.Config {
	return ligdicash.Config{APIKey: testKey, AuthToken: testToken, StoreName: "MonApp", StoreURL: "https://monapp.com"}
}

// newMock returns a client of a LigdiCash that answers the requests in turn, the
// last answer for ever.
func newMock(t *testing.T, cfg ligdicash.Config, opts []guichet.Option, answers ...httpmock.Responder) (*ligdicash.Client, *scripted.Provider) {
	t.Helper()
	m := scripted.New(answers...)
	client, err := ligdicash.New(cfg, append(opts, guichet.WithHTTPClient(&http.Client{Transport: m}))...)
	require.NoError(t, err)
	return client, m
}

// answering is newMock for one answer.
func answering(t *testing.T, status int, body string) (*ligdicash.Client, *scripted.Provider) {
	t.Helper()
	return newMock(t, config(), nil, httpmock.NewStringResponder(status, body))
}

// silent is a client for calls that must not reach the network.
func silent(t *testing.T) (*ligdicash.Client, *scripted.Provider) {
	t.Helper()
	return answering(t, 200, "unexpected")
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "ligdicash", name))
	require.NoError(t, err)
	return string(data)
}

// francs is the request that most tests make.
func francs(amount int64) guichet.PaymentRequest {
	return guichet.PaymentRequest{Reference: order, Amount: guichet.NewMoney(amount, guichet.XOF)}
}

// run makes one call and drops its result.
type run func(context.Context, *ligdicash.Client) error

func create(req guichet.PaymentRequest) run {
	return func(ctx context.Context, c *ligdicash.Client) error { _, err := c.CreatePayment(ctx, req); return err }
}
func status(id string) run {
	return func(ctx context.Context, c *ligdicash.Client) error { _, err := c.GetStatus(ctx, id); return err }
}
func invoice(req ligdicash.PayinRequest) run {
	return func(ctx context.Context, c *ligdicash.Client) error { _, err := c.CreateInvoice(ctx, req); return err }
}
func direct(req ligdicash.PayinRequest) run {
	return func(ctx context.Context, c *ligdicash.Client) error { _, err := c.CreateDirect(ctx, req); return err }
}
func walletOTP(phone string, amount int64) run {
	return func(ctx context.Context, c *ligdicash.Client) error { return c.SendWalletOTP(ctx, phone, amount) }
}
func wallet(req ligdicash.PayinRequest) run {
	return func(ctx context.Context, c *ligdicash.Client) error {
		_, err := c.CreateWalletPayin(ctx, req)
		return err
	}
}
func customerPayout(req ligdicash.PayoutRequest, to ligdicash.TopUpWallet) run {
	return func(ctx context.Context, c *ligdicash.Client) error {
		_, err := c.CreateCustomerPayout(ctx, req, to)
		return err
	}
}
func merchantPayout(req ligdicash.PayoutRequest) run {
	return func(ctx context.Context, c *ligdicash.Client) error {
		_, err := c.CreateMerchantPayout(ctx, req)
		return err
	}
}
func payoutStatus(token string) run {
	return func(ctx context.Context, c *ligdicash.Client) error {
		_, err := c.PayoutStatus(ctx, token)
		return err
	}
}
