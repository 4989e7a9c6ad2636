package ligdicash_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// response_code 00 beside a refusal is a contradiction: nobody is taken to have paid.
func TestRefusalBesideAnAnswer(t *testing.T) {
	for _, refusal := range []string{
		`"success":false`, `"Success":0`, `"error":true`, `"error":"x"`, `"error":{"message":"m"}`, `"errors":["x"]`, `"statusCode":500`,
	} {
		client, _ := answering(t, 200, `{"response_code":"00","status":"completed","amount":5000,`+refusal+`}`)
		_, err := client.GetStatus(t.Context(), token)
		assert.ErrorIs(t, err, guichet.ErrBadResponse, refusal)

		client, _ = answering(t, 200, `{"response_code":"00","token":"t","response_text":"https://a.example/x",`+refusal+`}`)
		_, err = client.CreatePayment(t.Context(), francs(5000))
		assert.ErrorIs(t, err, guichet.ErrUnknownOutcome, refusal)

		client, _ = answering(t, 200, `{"response_code":"00","status":"notcompleted",`+refusal+`}`)
		payment, err := client.GetStatus(t.Context(), token)
		require.NoError(t, err, refusal)
		assert.Equal(t, guichet.StatusFailed, payment.Status, refusal)
	}
}

// PHP code that adds a key to a list of records makes an object of it, and a list of
// one may come as the one.
func TestMixedCustomData(t *testing.T) {
	const record = `{"keyof_customdata":"transaction_id","valueof_customdata":"CMD-1"}`
	for _, custom := range []string{
		`{"0":` + record + `,"hash":"x"}`, `{"logfile":"l","7":` + record + `}`, record, `"{\"hash\":\"x\",\"3\":{\"keyof_customdata\":\"transaction_id\",\"valueof_customdata\":\"CMD-1\"}}"`,
	} {
		client, _ := answering(t, 200, `{"response_code":"00","status":"completed","amount":5000,"custom_data":`+custom+`}`)
		payment, err := client.GetStatus(t.Context(), token)
		require.NoError(t, err, custom)
		assert.Equal(t, "CMD-1", payment.Reference, custom)
	}
	client, _ := answering(t, 200, `{"response_code":"00","status":"completed","custom_data":{"a":`+record+`,"2024":"x"}}`)
	payment, err := client.GetStatus(t.Context(), token)
	require.NoError(t, err)
	assert.Empty(t, payment.Reference, "a record under a name is somebody's own data")
}
