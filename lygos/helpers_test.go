package lygos_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
	"github.com/guichetpay/guichet/lygos"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testKey   = "lygosapp-test-key"
	gatewayID = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
	order     = "CMD-2024-001"
)

// errorOf returns err as the type that every failed call returns.
func errorOf(t *testing.T, err error) *guichet.Error {
	t.Helper()
	var e *guichet.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "lygos", e.Provider)
	return e
}

// newMock returns a client of a Lygos that answers the requests in turn, the
// last answer for ever.
func newMock(t *testing.T, cfg lygos.Config, answers ...httpmock.Responder) (*lygos.Client, *scripted.Provider) {
	t.Helper()
	m := scripted.New(answers...)
	client, err := lygos.New(cfg, guichet.WithHTTPClient(&http.Client{Transport: m}))
	require.NoError(t, err)
	return client, m
}

func config() lygos.Config { return lygos.Config{APIKey: testKey, ShopName: "Mon Magasin"} }

// answering is newMock for one answer.
func answering(t *testing.T, status int, body string) (*lygos.Client, *scripted.Provider) {
	t.Helper()
	return newMock(t, config(), httpmock.NewStringResponder(status, body))
}

// silent is a client for calls that must not reach the network.
func silent(t *testing.T) (*lygos.Client, *scripted.Provider) {
	t.Helper()
	return answering(t, 200, "unexpected")
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "lygos", name))
	require.NoError(t, err)
	return strings.TrimSpace(string(data)) // Raw is the object, without what stands around it
}

// francs is the request that most tests make.
func francs(amount int64) guichet.PaymentRequest {
	return guichet.PaymentRequest{Reference: order, Amount: guichet.NewMoney(amount, guichet.XAF)}
}

// quoted is a text as JSON.
func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(out)
}
