package caurisflux_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

const paid = `"transactionId":"TX1","status":"success","amount":5000,"currency":"XOF","redirectUrl":"https://pay.example/x"`

// A word of success beside a refusal, or in an envelope that refuses, is not believed.
func TestRefusalBesideAnAnswer(t *testing.T) {
	for body, kind := range map[string]error{
		`{` + paid + `,"error":{"code":"provider_error","message":"m"}}`: guichet.ErrUnavailable,
		`{` + paid + `,"error":{"code":"insufficient_funds"}}`:           guichet.ErrDeclined,
		`{` + paid + `,"error":"x"}`:                                     guichet.ErrBadResponse,
		`{` + paid + `,"error":{}}`:                                      guichet.ErrBadResponse,
		`{` + paid + `,"errors":[{"message":"x"}]}`:                      guichet.ErrBadResponse,
		`{"error":true,"data":{` + paid + `}}`:                           guichet.ErrBadResponse,
		`{"Success":false,"data":{` + paid + `}}`:                        guichet.ErrBadResponse,
		`{"status":"error","message":"m","data":{` + paid + `}}`:         guichet.ErrBadResponse,
		`{"status":"Fail","data":{` + paid + `}}`:                        guichet.ErrBadResponse,
		`{"StatusCode":500,"data":{` + paid + `}}`:                       guichet.ErrUnavailable,
		`{"error":{"code":"insufficient_funds","message":"m"}}`:          guichet.ErrDeclined,
		`{"status":"failed","error":{"code":"insufficient_funds"}}`:      guichet.ErrDeclined,
	} {
		client, _ := answering(t, 200, body)
		_, err := client.GetStatus(t.Context(), "TX1")
		assert.ErrorIs(t, err, kind, body)
		_, err = client.CreatePayment(t.Context(), francs(5000))
		assert.ErrorIs(t, err, kind, body)
	}
	for _, body := range []string{
		`{` + paid + `,"error":null,"errors":[],"success":null,"statusCode":200}`, `{"status":"success","error":false,"data":{` + paid + `}}`,
		`{` + paid + `,"data":null}`, `{` + paid + `,"data":{}}`, `{` + paid + `,"data":[]}`, // data of another kind than an envelope's
	} {
		client, _ := answering(t, 200, body)
		payment, err := client.GetStatus(t.Context(), "TX1")
		require.NoError(t, err, body)
		assert.Equal(t, guichet.StatusSucceeded, payment.Status, body)
	}
	client, _ := answering(t, 200, `{"transactionId":"TX1","status":"failed","error":{"code":"insufficient_funds"}}`)
	payment, err := client.GetStatus(t.Context(), "TX1")
	require.NoError(t, err)
	assert.Equal(t, guichet.StatusFailed, payment.Status)

	client, _ = answering(t, 200, `{"transactionId":"TX1","status":"failed","redirectUrl":"https://pay.example/x","error":{"code":"insufficient_funds"}}`)
	payment, err = client.CreatePayment(t.Context(), francs(5000))
	require.NoError(t, err)
	assert.Equal(t, guichet.StatusFailed, payment.Status)
}

func TestOtherMoneyThatWentOut(t *testing.T) {
	for _, kind := range []string{"withdrawal", "cash_out", "CashOut", "disbursement", "charge-back", "Reversal", "PAY-OUT", "refunds"} {
		client, _ := answering(t, 200, `{`+paid+`,"type":"`+kind+`"}`)
		_, err := client.GetStatus(t.Context(), "TX1")
		assert.ErrorIs(t, err, guichet.ErrBadResponse, kind)
		client, _ = answering(t, 200, `{"data":[{`+paid+`,"type":"`+kind+`"}]}`)
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.NoError(t, err, kind)
		assert.Empty(t, page.Payments, kind)
		assert.Zero(t, page.Skipped, kind)
	}
}

// A list must not end after its first page because its figures stand elsewhere.
func TestFiguresOfAListElsewhere(t *testing.T) {
	for _, figures := range []string{
		`"pagination":{"total":45,"limit":20}`, `"total":45,"limit":20,"page":1`, `"totalPages":3`, `"total":"45"`, `"meta":null,"pagination":{"totalPages":3}`,
	} {
		for _, body := range []string{`{"data":[{` + paid + `}],` + figures + `}`, `{"success":true,"data":{"data":[{` + paid + `}],` + figures + `}}`} {
			client, _ := answering(t, 200, body)
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.NoError(t, err, body)
			assert.Equal(t, "2", page.Next, body)
		}
	}
	for _, body := range []string{`{"error":"x","data":[]}`, `{"data":[],"errors":["x"]}`, `{"status":"error","data":[]}`} {
		client, _ := answering(t, 200, body)
		_, err := client.List(t.Context(), guichet.ListParams{})
		assert.ErrorIs(t, err, guichet.ErrBadResponse, body)
	}
}
