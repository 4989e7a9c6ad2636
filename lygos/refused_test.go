package lygos_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// refusals are the members by which an answer says that the call was no success.
var refusals = []string{
	`"success":false`, `"Success":false`, `"success":0`, `"success":"false"`, `"success":[]`, `"error":{"message":"m"}`,
	`"error":"m"`, `"error":true`, `"errors":[{"message":"m"}]`, `"statusCode":409`, `"succe\u0073s":false`,
}

// A word of success beside a refusal is not believed, and a failure is no less one.
func TestRefusalBesideAnAnswer(t *testing.T) {
	for _, refusal := range refusals {
		client, _ := answering(t, 200, `{"order_id":"CMD-1","status":"success",`+refusal+`}`)
		_, err := client.GetStatus(t.Context(), "CMD-1")
		assert.ErrorIs(t, err, guichet.ErrBadResponse, refusal)
		_, err = client.PayinStatus(t.Context(), "CMD-1")
		assert.ErrorIs(t, err, guichet.ErrBadResponse, refusal)

		client, _ = answering(t, 200, `{"order_id":"CMD-1","status":"failed",`+refusal+`}`)
		payment, err := client.GetStatus(t.Context(), "CMD-1")
		require.NoError(t, err, refusal)
		assert.Equal(t, guichet.StatusFailed, payment.Status, refusal)

		client, _ = answering(t, 200, `{"id":"3c90c3cc-0d44-4b50-8888-8dd25736052a","amount":5000,"currency":"XOF","link":"https://a.example/x",`+refusal+`}`)
		_, err = client.CreatePayment(t.Context(), guichet.PaymentRequest{Reference: "CMD-1", Amount: guichet.NewMoney(5000, guichet.XOF)})
		assert.ErrorIs(t, err, guichet.ErrBadResponse, refusal)
		assert.ErrorIs(t, err, guichet.ErrUnknownOutcome, refusal)
	}
	client, _ := answering(t, 200, `{"order_id":"CMD-1","status":"success","success":true,"error":null,"errors":[],"statusCode":200}`)
	payment, err := client.GetStatus(t.Context(), "CMD-1")
	require.NoError(t, err)
	assert.Equal(t, guichet.StatusSucceeded, payment.Status)
}

// Where no order is named, what makes an answer look like a payment must be readable.
func TestOddMembersOfAnAnonymousState(t *testing.T) {
	for _, member := range []string{`"amount":"abc"`, `"amount":true`, `"amount":"5 000"`, `"currency":7`, `"currency":false`, `"amount":{}`, `"currency":["XOF"]`} {
		client, _ := answering(t, 200, `{"status":"success",`+member+`}`)
		_, err := client.GetStatus(t.Context(), "CMD-1")
		assert.ErrorIs(t, err, guichet.ErrBadResponse, member)
	}
	for _, member := range []string{`"amount":"5000"`, `"amount":5e3`, `"amount":null`, `"currency":"xof"`, `"currency":null`} {
		client, _ := answering(t, 200, `{"status":"success",`+member+`}`)
		payment, err := client.GetStatus(t.Context(), "CMD-1")
		require.NoError(t, err, member)
		assert.Equal(t, guichet.StatusSucceeded, payment.Status, member)
	}
}

// A wrong key is a 404, and must not pass for a payment that nobody has started.
func TestTypesAboutTheKey(t *testing.T) {
	for _, kind := range []string{"INVALID_APIKEY", "Invalid-Api-Key", "api key missing", " API_KEY_NOT_FOUND "} {
		client, _ := answering(t, 404, `{"detail":{"message":"m","type":"`+kind+`"}}`)
		_, err := client.GetStatus(t.Context(), "CMD-1")
		assert.ErrorIs(t, err, guichet.ErrUnauthorized, kind)
	}
}
