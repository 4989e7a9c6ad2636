package lomi_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

const paidSession = `"checkout_session_id":"cs_1","status":"completed","amount":5000,"currency_code":"XOF"`

func TestOtherRefusalsBesideASession(t *testing.T) {
	for _, body := range []string{
		`{` + paidSession + `,"errors":[{"message":"x"}]}`, `{` + paidSession + `,"Success":false}`, `{` + paidSession + `,"statusCode":400}`,
		`{"status":"error","data":{` + paidSession + `}}`, `{"status":"FAIL","data":[{` + paidSession + `}]}`,
	} {
		client, _ := answering(t, 200, body)
		_, err := client.GetStatus(t.Context(), "cs_1")
		assert.ErrorIs(t, err, guichet.ErrBadResponse, body)
	}
	for _, body := range []string{
		`{` + paidSession + `,"errors":[],"error":"0","success":"1","statusCode":200}`, `{"status":"success","data":{` + paidSession + `}}`,
	} {
		client, _ := answering(t, 200, body)
		payment, err := client.GetStatus(t.Context(), "cs_1")
		require.NoError(t, err, body)
		assert.Equal(t, guichet.StatusSucceeded, payment.Status, body)
	}
	client, _ := answering(t, 200, `{"status":"error","data":[]}`)
	_, err := client.List(t.Context(), guichet.ListParams{})
	assert.ErrorIs(t, err, guichet.ErrBadResponse, "an empty list would make a payment missing")
}

// A list must not end after its first page because its figures stand elsewhere.
func TestFiguresOfAListElsewhere(t *testing.T) {
	for figures, next := range map[string]bool{
		`"meta":{"total":45,"page":1,"limit":1}`: true, `"pagination":{"total":45}`: true, `"pagination":{"total_count":45,"limit":1}`: true,
		`"pagination":{"has_more":true,"next_cursor":"c"}`: true, `"meta":{"has_more":true,"next_cursor":"c"}`: true, `"meta":{"totalPages":2}`: true,
		`"meta":{"request_id":"r"}`: false, `"pagination":{"has_more":false}`: false, `"meta":"v1"`: false,
	} {
		client, _ := answering(t, 200, `{"data":[{`+paidSession+`}],`+figures+`}`)
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.NoError(t, err, figures)
		assert.Equal(t, next, page.Next != "", figures)
	}
	for _, figures := range []string{`"pagination":{"has_more":true}`, `"meta":{"has_more":false,"total":9}`} {
		client, _ := answering(t, 200, `{"data":[{`+paidSession+`}],`+figures+`}`)
		_, err := client.List(t.Context(), guichet.ListParams{})
		assert.ErrorIs(t, err, guichet.ErrBadResponse, figures)
	}
}

// An order that cannot be read loses no event: lomi. takes a 4xx as final.
func TestOddOrderOfAnEvent(t *testing.T) {
	for _, metadata := range []string{`{"order_id":{}}`, `"{\"order_id\":{}}"`, `"{\"order_id\":true}"`, `"[]"`, `"null"`, `"x"`, `5`} {
		w, err := lomi.DecodeWebhook([]byte(`{"id":"e","event":"PAYMENT_SUCCEEDED","data":{"checkout_session_id":"cs_1","metadata":` + metadata + `}}`))
		require.NoError(t, err, metadata)
		assert.Empty(t, w.OrderID, metadata)
		assert.Equal(t, "cs_1", w.CheckoutSessionID, metadata)
	}
}
