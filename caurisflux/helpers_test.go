package caurisflux_test

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
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	publicKey     = "pk_test_abc"
	secretKey     = "sk_test_def"
	webhookSecret = "whsec_test_123"

	id    = "TX000007272"
	order = "ORDER-001"
	phone = "+221771234567"
)

func config() caurisflux.Config {
	return caurisflux.Config{PublicKey: publicKey, SecretKey: secretKey, WebhookSecret: webhookSecret}
}

// errorOf returns err as the type that every failed call returns.
func errorOf(t *testing.T, err error) *guichet.Error {
	t.Helper()
	var e *guichet.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "caurisflux", e.Provider)
	return e
}

// newMock returns a client of a CaurisFlux that answers the requests in turn,
// the last answer for ever.
func newMock(t *testing.T, cfg caurisflux.Config, opts []guichet.Option, answers ...httpmock.Responder) (*caurisflux.Client, *scripted.Provider) {
	t.Helper()
	m := scripted.New(answers...)
	opts = append([]guichet.Option{guichet.WithHTTPClient(&http.Client{Transport: m})}, opts...)
	client, err := caurisflux.New(cfg, opts...)
	require.NoError(t, err)
	return client, m
}

// answering is newMock for one answer.
func answering(t *testing.T, status int, body string) (*caurisflux.Client, *scripted.Provider) {
	t.Helper()
	return newMock(t, config(), nil, httpmock.NewStringResponder(status, body))
}

// silent is a client for calls that must not reach the network.
func silent(t *testing.T) (*caurisflux.Client, *scripted.Provider) {
	t.Helper()
	return answering(t, 200, "unexpected")
}

// headers is an answer with headers, given as name and value in turn.
func headers(status int, body string, pairs ...string) httpmock.Responder {
	return func(*http.Request) (*http.Response, error) {
		res := httpmock.NewStringResponse(status, body)
		for i := 0; i < len(pairs); i += 2 {
			res.Header.Set(pairs[i], pairs[i+1])
		}
		return res, nil
	}
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "caurisflux", name))
	require.NoError(t, err)
	return string(data)
}

// direct is the request of CaurisFlux's own example.
func direct() caurisflux.InitiateRequest {
	return caurisflux.InitiateRequest{
		Type: caurisflux.TypeDirect, Provider: "wave", Amount: "5000", Currency: guichet.XOF,
		Country: "SN", CustomerPhone: phone, ExternalReference: order,
	}
}

// francs is the portable request that most tests make.
func francs(amount int64) guichet.PaymentRequest {
	return guichet.PaymentRequest{Reference: order, Amount: guichet.NewMoney(amount, guichet.XOF)}
}

func ptr[T any](v T) *T { return &v }
