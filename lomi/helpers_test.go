package lomi_test

import (
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
	"github.com/guichetpay/guichet/lomi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testKey   = "lomi_sk_test_abc"
	secret    = "whsec_guichet_contract"
	linkID    = "plink_123"
	sessionID = "9f1b3572-19ea-4d1c-8b3e-5a7c00d19e01"
	order     = "INV-001"
)

// errorOf returns err as the type that every failed call returns.
func errorOf(t *testing.T, err error) *guichet.Error {
	t.Helper()
	var e *guichet.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "lomi", e.Provider)
	return e
}

// newMock returns a client of a lomi. that answers the requests in turn, the
// last answer for ever.
func newMock(t *testing.T, cfg lomi.Config, answers ...httpmock.Responder) (*lomi.Client, *scripted.Provider) {
	t.Helper()
	m := scripted.New(answers...)
	client, err := lomi.New(cfg, guichet.WithHTTPClient(&http.Client{Transport: m}))
	require.NoError(t, err)
	return client, m
}

func config() lomi.Config { return lomi.Config{APIKey: testKey, WebhookSecret: secret} }

// viaLink is config for payments by link.
func viaLink() lomi.Config {
	cfg := config()
	cfg.Via = lomi.ViaPaymentLink
	return cfg
}

// answering is newMock for one answer.
func answering(t *testing.T, status int, body string) (*lomi.Client, *scripted.Provider) {
	t.Helper()
	return newMock(t, config(), httpmock.NewStringResponder(status, body))
}

// silent is a client for calls that must not reach the network.
func silent(t *testing.T) (*lomi.Client, *scripted.Provider) {
	t.Helper()
	return answering(t, 200, "unexpected")
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "lomi", name))
	require.NoError(t, err)
	return string(data)
}

// francs is the request that most tests make.
func francs(amount int64) guichet.PaymentRequest {
	return guichet.PaymentRequest{Reference: order, Amount: guichet.NewMoney(amount, guichet.XOF)}
}

func ptr[T any](v T) *T { return &v }
