package caurisflux_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
)

// listPage is a page of a list of four payments, two a page.
func listPage(number int, items string) httpmock.Responder {
	return httpmock.NewStringResponder(200, fmt.Sprintf(`{"data":[%s],"meta":{"total":4,"page":%d,"limit":2,"totalPages":2}}`, items, number))
}

func item(id string) string {
	return `{"transactionId":"` + id + `","status":"paid","amount":"12.50","currency":"EUR","x":1}`
}

func walk(t *testing.T, c *caurisflux.Client, req caurisflux.ListRequest) (payments []*caurisflux.Payment, last error) {
	t.Helper()
	for payment, err := range c.AllPayments(t.Context(), req) {
		require.NoError(t, last, "an error ends the walk")
		if last = err; err != nil {
			assert.Nil(t, payment)
			continue
		}
		require.NotNil(t, payment)
		payments = append(payments, payment)
	}
	return payments, last
}

func TestAllPayments(t *testing.T) {
	ids := func(payments []*caurisflux.Payment) (ids []string) {
		for _, p := range payments {
			ids = append(ids, p.ID)
		}
		return ids
	}
	asked := caurisflux.ListRequest{Limit: 2, Query: url.Values{"status": {"paid"}}}

	t.Run("every page, with CaurisFlux's own fields", func(t *testing.T) {
		client, m := newMock(t, config(), nil, listPage(1, item("A")+","+item("B")), listPage(2, item("C")+","+item("D")))
		payments, err := walk(t, client, asked)
		require.NoError(t, err)
		assert.Equal(t, []string{"A", "B", "C", "D"}, ids(payments))
		assert.Equal(t, guichet.Number("12.50"), payments[0].Amount)
		assert.JSONEq(t, item("D"), string(payments[3].Raw))
		var queries []string
		for _, r := range m.All() {
			queries = append(queries, r.URL.RawQuery)
		}
		assert.Equal(t, []string{"limit=2&status=paid", "limit=2&page=2&status=paid"}, queries)
	})
	t.Run("from a page on", func(t *testing.T) {
		client, _ := newMock(t, config(), nil, listPage(2, item("C")+","+item("D")))
		payments, err := walk(t, client, caurisflux.ListRequest{Page: 2, Limit: 2})
		require.NoError(t, err)
		assert.Equal(t, []string{"C", "D"}, ids(payments))
	})
	t.Run("a row that cannot be read is said at the end", func(t *testing.T) {
		client, _ := newMock(t, config(), nil, listPage(1, item("A")+`,{"transactionId":7}`), listPage(2, item("C")+","+item("D")))
		payments, err := walk(t, client, asked)
		assert.Equal(t, []string{"A", "C", "D"}, ids(payments))
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Equal(t, "AllPayments", errorOf(t, err).Op)
	})
	t.Run("a refusal ends it", func(t *testing.T) {
		client, _ := newMock(t, config(), nil, listPage(1, item("A")+","+item("B")), httpmock.NewStringResponder(403, `{"message":"no"}`))
		payments, err := walk(t, client, asked)
		assert.Len(t, payments, 2)
		require.ErrorIs(t, err, guichet.ErrUnauthorized)
	})
	t.Run("a list without end ends", func(t *testing.T) {
		client, _ := newMock(t, config(), nil, httpmock.NewStringResponder(200, `{"data":[`+item("A")+`],"meta":{"total":0}}`))
		_, err := walk(t, client, asked)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		client, _ = newMock(t, config(), nil, httpmock.NewStringResponder(200, `{"data":[`+item("A")+`],"meta":{"limit":1}}`))
		payments, err := walk(t, client, caurisflux.ListRequest{Limit: 1})
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Contains(t, err.Error(), "the list does not end")
		assert.Equal(t, "caurisflux", errorOf(t, err).Provider)
		assert.NotEmpty(t, payments)
	})
	t.Run("what is wrong with the request", func(t *testing.T) {
		client, m := silent(t)
		_, err := walk(t, client, caurisflux.ListRequest{Limit: 101})
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
		assert.Empty(t, m.All())
	})
	t.Run("it may be left, and made again", func(t *testing.T) {
		client, _ := newMock(t, config(), nil, listPage(1, item("A")+","+item("B")))
		all := client.AllPayments(t.Context(), asked)
		for range 2 {
			for payment, err := range all {
				require.NoError(t, err)
				assert.Equal(t, "A", payment.ID)
				break
			}
		}
	})
}
