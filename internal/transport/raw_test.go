package transport

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

type echoing struct{ last *http.Request }

// RoundTrip refuses, and says back all that it was sent.
func (e *echoing) RoundTrip(r *http.Request) (*http.Response, error) {
	e.last = r
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	text := "no: " + r.URL.RequestURI() + " " + string(body)
	return &http.Response{StatusCode: 400, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}, nil
}

func TestDoRepeatsNoValueOfItsCall(t *testing.T) {
	wire := &echoing{}
	c, err := New(Config{
		Provider: "x", BaseURL: "https://provider.example",
		Refusal: func(a *Answer) *guichet.Error { return &guichet.Error{Message: string(a.Body)} },
	}, guichet.WithHTTPClient(&http.Client{Transport: wire}))
	require.NoError(t, err)
	err = c.Raw(t.Context(), "GET", "/pay/v01/confirm/22670000000/?invoiceToken=SECRETTOKEN123", nil, nil)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "/pay/v01/confirm/")
	assert.NotContains(t, err.Error(), "SECRETTOKEN123")
	assert.NotContains(t, err.Error(), "22670000000")

	err = c.Raw(t.Context(), "POST", "/pay", map[string]any{"otp": "482913", "customer": map[string]any{"phone": "+22670000000"}}, nil)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "482913")
	assert.NotContains(t, err.Error(), "22670000000")
}

func TestAWriteWithoutABodyIsNotChunked(t *testing.T) {
	wire := &echoing{}
	c, err := New(Config{Provider: "x", BaseURL: "https://provider.example", KeyHeader: "Idempotency-Key"}, guichet.WithHTTPClient(&http.Client{Transport: wire}))
	require.NoError(t, err)
	require.Error(t, c.Raw(t.Context(), "POST", "/pay", nil, nil))
	assert.Equal(t, http.NoBody, wire.last.Body)
	assert.Zero(t, wire.last.ContentLength)

	// With a key net/http would replay it: then it has a body that cannot be sent twice.
	_, err = c.Do(t.Context(), &Call{Op: "Cancel", Method: "POST", Route: "/pay", Policy: Write, IdempotencyKey: "k"})
	require.Error(t, err)
	assert.NotEqual(t, http.NoBody, wire.last.Body)
	assert.NotNil(t, wire.last.Body)
	assert.Nil(t, wire.last.GetBody)
}

func TestATypedNilTransportIsNoTransport(t *testing.T) {
	c, err := New(Config{Provider: "x", BaseURL: "http://127.0.0.1:1"}, guichet.WithHTTPClient(&http.Client{Transport: (*http.Transport)(nil)}), guichet.WithMaxRetries(0))
	require.NoError(t, err)
	assert.ErrorIs(t, c.Raw(t.Context(), "GET", "/pay", nil, nil), guichet.ErrUnavailable)
	c.CloseIdleConnections()
}
