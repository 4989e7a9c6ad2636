package lygos_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lygos"
)

func TestCreateAnswers(t *testing.T) {
	created := time.Date(2023, 11, 7, 5, 31, 56, 0, time.UTC)
	full := fixture(t, "gateway.json")

	for _, status := range []int{200, 201} {
		t.Run(fmt.Sprintf("R1: create answered %d", status), func(t *testing.T) {
			client, _ := answering(t, status, full)
			gateway, err := client.CreateGateway(t.Context(), lygos.GatewayRequest{Amount: 5000, OrderID: order})
			require.NoError(t, err)
			assert.Equal(t, &lygos.Gateway{
				ID: gatewayID, Amount: 5000, Currency: "XAF", ShopName: "Mon Magasin", UserID: gatewayID,
				CreatedAt: guichet.ParseTimestamp("2023-11-07T05:31:56Z"), Link: "https://pay.lygosapp.com/checkout/x", OrderID: order, Raw: []byte(full),
			}, gateway)

			payment, err := client.CreatePayment(t.Context(), francs(5000))
			require.NoError(t, err)
			assert.Equal(t, &guichet.Payment{
				ID: order, Reference: order, Provider: "lygos", Status: guichet.StatusPending,
				Amount: guichet.NewMoney(5000, guichet.XAF), CheckoutURL: "https://pay.lygosapp.com/checkout/x",
				CreatedAt: created, Raw: []byte(full),
			}, payment)
		})
	}

	for name, file := range map[string]string{"null": "gateway_nulls.json", "absent, and an unknown field": "gateway_sparse.json"} {
		t.Run("R2: the four texts "+name, func(t *testing.T) {
			client, _ := answering(t, 200, fixture(t, file))
			gateway, err := client.CreateGateway(t.Context(), lygos.GatewayRequest{Amount: 5000, OrderID: order})
			require.NoError(t, err)
			assert.Equal(t, int64(5000), gateway.Amount)
			assert.Equal(t, []string{"", "", "", ""}, []string{gateway.Message, gateway.OrderID, gateway.SuccessURL, gateway.FailureURL})

			payment, err := client.CreatePayment(t.Context(), francs(5000))
			require.NoError(t, err)
			assert.Equal(t, order, payment.ID, "filled in")
			assert.Equal(t, order, payment.Reference)
		})
	}

	mismatches := map[string]struct {
		answer string
		want   guichet.Money
	}{
		"XAF for a request in XOF":         {full, guichet.NewMoney(5000, guichet.XOF)},
		"another amount":                   {strings.Replace(full, "5000", "4999", 1), guichet.NewMoney(5000, guichet.XAF)},
		"a currency of unknown decimals":   {strings.Replace(full, "XAF", "XYZ", 1), guichet.NewMoney(5000, guichet.XAF)},
		"an amount too large to be Money":  {strings.NewReplacer("5000", "9223372036854775807", "XAF", "EUR").Replace(full), guichet.NewMoney(5000, guichet.EUR)},
		"the same digits, 100 times worth": {strings.Replace(full, "XAF", "EUR", 1), guichet.NewMoney(5000, guichet.EUR)},
	}
	for name, m := range mismatches {
		t.Run("R4: echo: "+name, func(t *testing.T) {
			client, _ := answering(t, 200, m.answer)
			payment, err := client.CreatePayment(t.Context(), guichet.PaymentRequest{Reference: order, Amount: m.want})
			require.ErrorIs(t, err, guichet.ErrMismatch)
			require.NotNil(t, payment)
			assert.Equal(t, order, payment.ID)
			assert.Equal(t, guichet.StatusPending, payment.Status)
			assert.Equal(t, order, errorOf(t, err).Reference)
		})
	}

	bad := map[string]string{
		"not JSON":             "Gateway created",
		"an HTML page":         fixture(t, "error_bad_gateway.html"),
		"cut short":            full[:len(full)/2],
		"empty":                "",
		"null":                 "null",
		"an array":             "[" + full + "]",
		"two objects":          full + full,
		"no id":                strings.Replace(full, `"id"`, `"xid"`, 1),
		"no amount":            strings.Replace(full, `"amount"`, `"xamount"`, 1),
		"amount null":          strings.Replace(full, "5000", "null", 1),
		"amount empty":         strings.Replace(full, "5000", `""`, 1),
		"amount with a blank":  strings.Replace(full, "5000", `"5 000"`, 1),
		"amount an object":     strings.Replace(full, "5000", `{"value":5000}`, 1),
		"amount a fraction":    strings.Replace(full, "5000", "5000.5", 1),
		"amount over int64":    strings.Replace(full, "5000", "9223372036854775808", 1),
		"amount twice":         strings.Replace(full, `"amount"`, `"amount": 5000, "Amount"`, 1),
		"amount negative":      strings.Replace(full, "5000", "-5000", 1),
		"no currency":          strings.Replace(full, `"currency"`, `"xcurrency"`, 1),
		"link an object":       strings.Replace(full, `"https://pay.lygosapp.com/checkout/x"`, "{}", 1),
		"another order":        strings.Replace(full, order, "CMD-2024-002", 1),
		"another, as a number": strings.Replace(full, `"`+order+`"`, "2024001", 1),
		"order id a list":      strings.Replace(full, `"`+order+`"`, `["`+order+`"]`, 1),
	}
	for name, body := range bad {
		t.Run("R1: bad response, outcome unknown: "+name, func(t *testing.T) {
			client, lygosMock := answering(t, 200, body)
			gateway, err := client.CreateGateway(t.Context(), lygos.GatewayRequest{Amount: 5000, OrderID: order})
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Nil(t, gateway, "no partial result")
			e := errorOf(t, err)
			assert.Equal(t, 200, e.HTTPStatus)
			assert.Equal(t, order, e.Reference)
			assert.Equal(t, body, string(e.Raw()))
			payment, err := client.CreatePayment(t.Context(), francs(5000))
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Nil(t, payment)
			assert.Len(t, lygosMock.All(), 2)
		})
	}

	dates := map[string]time.Time{
		"2023-11-07T05:31:56.123456Z":  created.Add(123456 * time.Microsecond),
		"2023-11-07T06:31:56+01:00":    created,
		"2023-11-07T05:31:56":          created,
		"2023-11-07T05:31:56.5":        created.Add(time.Second / 2),
		"2023-11-07T05:31:56.25+00:00": created.Add(time.Second / 4),
	}
	for text, want := range dates {
		t.Run("R1: creation date "+text, func(t *testing.T) {
			client, _ := answering(t, 200, strings.Replace(full, "2023-11-07T05:31:56Z", text, 1))
			gateway, err := client.CreateGateway(t.Context(), lygos.GatewayRequest{Amount: 5000, OrderID: order})
			require.NoError(t, err)
			assert.Equal(t, want, gateway.CreatedAt.Time)
			assert.Equal(t, text, gateway.CreatedAt.Text)
		})
	}
}

func TestLinks(t *testing.T) {
	tests := []struct {
		name, link string
		want       string // empty: an error
		checkout   string // of the portable payment; empty: ErrBadResponse
	}{
		{"R3: with a scheme, unchanged", "https://pay.lygosapp.com/checkout/x", "https://pay.lygosapp.com/checkout/x", "https://pay.lygosapp.com/checkout/x"},
		{"R3: empty", "", "", ""},
		{"R3: blank", " ", "", ""},
		{"R3: without scheme, on the merchant's domain", "shop.example/checkout/" + gatewayID, "https://shop.example/checkout/" + gatewayID, "https://shop.example/checkout/" + gatewayID},
		{"R3: without scheme, with a port", "shop.example:8443/x", "https://shop.example:8443/x", "https://shop.example:8443/x"},
		{"R3: without scheme, an address in the query", "shop.example/x?back=https://shop.example/ok", "https://shop.example/x?back=https://shop.example/ok", "https://shop.example/x?back=https://shop.example/ok"},
		{"R3: with two slashes only", "//shop.example/x", "https://shop.example/x", "https://shop.example/x"},
		{"R3: in clear, which no customer is sent to", "http://shop.example/x", "", ""},
		{"C3: a script", "javascript:alert(1)", "", ""},
		{"C3: a script that looks like an address", "javascript://%0aalert(1)", "", ""},
		{"C3: a script with an address in it", "javascript:alert('https://shop.example')", "", ""},
		{"C3: data", "data:text/html,<script>alert(1)</script>", "", ""},
		{"C3: another scheme", "file:///etc/passwd", "", ""},
		{"C3: ftp", "ftp://a.b/c", "", ""},
		{"C3: mail", "mailto:awa@shop.example", "", ""},
		{"C3: a phone", "tel:22670000000", "", ""},
		{"C3: a phone with few digits", "tel:7", "", ""},
		{"C3: an app", "intent://shop.example/x", "", ""},
		{"C3: user info", "https://pay.lygosapp.com@evil.example/", "", ""},
		{"C3: user and password", "https://user:pass@evil.example/", "", ""},
		{"C3: user info without scheme", "user@shop.example/x", "", ""},
		{"C3: a path only", "/checkout/x", "", ""},
		{"C3: a path without slash", "checkout/x", "", ""},
		{"C3: a path up", "../checkout/x", "", ""},
		{"C3: three slashes", "///checkout/x", "", ""},
		{"C3: a query only", "?id=1", "", ""},
		{"C3: a scheme without host", "https:///checkout/x", "", ""},
		{"C3: a scheme without slashes", "https:shop.example/x", "", ""},
		{"C3: a scheme with one slash", "https:/shop.example/x", "", ""},
		{"C3: a scheme only", "https://", "", ""},
		{"C3: a blank before", " https://a.b/c", "", ""},
		{"C3: a blank behind", "https://a.b/c ", "", ""},
		{"C3: a blank inside", "https://a.b/c d", "", ""},
		{"C3: a blank without scheme", "shop.example/a b", "", ""},
		{"C3: backslashes", `\\shop.example\x`, "", ""},
		{"C3: a port that is none", "https://shop.example:port/x", "", ""},
		{"R3: the scheme in capitals", "HTTPS://shop.example/x", "HTTPS://shop.example/x", "HTTPS://shop.example/x"},
		{"R3: without scheme, no path", "shop.example", "https://shop.example", "https://shop.example"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := (&lygos.Gateway{ID: gatewayID, Link: test.link}).LinkURL()
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.want == "", err != nil)

			client, _ := answering(t, 200, strings.Replace(fixture(t, "gateway.json"), `"https://pay.lygosapp.com/checkout/x"`, quoted(test.link), 1))
			gateway, err := client.CreateGateway(t.Context(), lygos.GatewayRequest{Amount: 5000, OrderID: order})
			require.NoError(t, err)
			assert.Equal(t, test.link, gateway.Link, "verbatim")
			payment, err := client.CreatePayment(t.Context(), francs(5000))
			require.NotNil(t, payment, "it exists")
			assert.Equal(t, test.checkout, payment.CheckoutURL)
			if test.checkout == "" {
				require.ErrorIs(t, err, guichet.ErrBadResponse)
				return
			}
			require.NoError(t, err)
		})
	}
}

func TestListAnswers(t *testing.T) {
	for _, body := range []string{"[]", " [ ] ", "\ufeff[]"} {
		t.Run("R5: "+body+" is empty", func(t *testing.T) {
			client, _ := answering(t, 200, body)
			gateways, err := client.ListGateways(t.Context())
			require.NoError(t, err)
			assert.Empty(t, gateways)
			page, err := client.List(t.Context(), guichet.ListParams{Limit: 100})
			require.NoError(t, err)
			assert.Equal(t, &guichet.Page{Payments: []*guichet.Payment{}}, page)
		})
	}

	t.Run("R6: 22 items, mixed nulls", func(t *testing.T) {
		items := make([]string, 22)
		for i := range items {
			files := []string{"gateway.json", "gateway_nulls.json", "gateway_sparse.json"}
			items[i] = strings.Replace(fixture(t, files[i%3]), "5000", fmt.Sprint(5000+i), 1)
		}
		client, lygosMock := answering(t, 200, "["+strings.Join(items, ",")+"]")
		gateways, err := client.ListGateways(t.Context())
		require.NoError(t, err)
		require.Len(t, gateways, 22)
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.NoError(t, err)
		require.Len(t, page.Payments, 22)
		assert.Empty(t, page.Next)
		for i, payment := range page.Payments {
			assert.Equal(t, int64(5000+i), gateways[i].Amount, "in order")
			assert.Equal(t, guichet.NewMoney(int64(5000+i), guichet.XAF), payment.Amount)
			assert.Equal(t, guichet.StatusUnknown, payment.Status)
			assert.Empty(t, payment.ProviderStatus)
			assert.Equal(t, gateways[i].OrderID, payment.ID)
			assert.JSONEq(t, items[i], string(payment.Raw))
		}
		assert.Equal(t, order, page.Payments[0].ID)
		assert.Empty(t, page.Payments[1].ID, "Lygos did not say")
		assert.Len(t, lygosMock.All(), 2, "never one status call per item")
	})

	t.Run("R6: each link is made usable", func(t *testing.T) {
		client, _ := answering(t, 200, fixture(t, "list.json"))
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.NoError(t, err)
		require.Len(t, page.Payments, 2)
		assert.Equal(t, "https://pay.lygosapp.com/checkout/x", page.Payments[0].CheckoutURL)
		assert.Equal(t, "https://shop.example/checkout/3c90c3cc-0d44-4b50-8888-8dd25736052b", page.Payments[1].CheckoutURL)
	})

	full := fixture(t, "list.json")
	for name, body := range map[string]string{
		"C7: null": "null", "C7: null after a blank": " null ", "a number": "0", "false": "false", "an object": "{}",
		"an object with data": `{"data":[]}`, "a text": `"[]"`, "empty": "", "HTML": "<html>", "cut short": full[:len(full)-4],
		"two arrays": "[][]", "an item that is null": "[null]", "an item that is a text": `["x"]`,
		"a name twice": strings.Replace(full, `"order_id": null`, `"order_id": "a", "order_id": "b"`, 1),
	} {
		t.Run("R7: bad response: "+name, func(t *testing.T) {
			client, lygosMock := answering(t, 200, body)
			gateways, err := client.ListGateways(t.Context())
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Nil(t, gateways, "no partial result")
			e := errorOf(t, err)
			assert.Equal(t, 200, e.HTTPStatus)
			assert.Equal(t, body, string(e.Raw()), "the start of the body")
			assert.False(t, e.OutcomeUnknown)
			lygosMock.One(t)
		})
	}
}

func TestGetAnswers(t *testing.T) {
	detail := fixture(t, "gateway_detail.json")
	t.Run("R8: user_country, no user_id", func(t *testing.T) {
		client, _ := answering(t, 200, detail)
		gateway, err := client.GetGateway(t.Context(), gatewayID)
		require.NoError(t, err)
		assert.Equal(t, &lygos.Gateway{
			ID: gatewayID, Amount: 5000, Currency: "XAF", ShopName: "Mon Magasin", Message: "Commande 12345",
			UserCountry: &lygos.Country{Name: "Cameroon", ISOCode: "CMR"},
			CreatedAt:   guichet.ParseTimestamp("2023-11-07T05:31:56Z"), Link: "https://pay.lygosapp.com/checkout/x",
			OrderID: order, SuccessURL: "https://shop.example/ok", FailureURL: "https://shop.example/ko", Raw: []byte(detail),
		}, gateway)
	})
	t.Run("R8: user_country and message null", func(t *testing.T) {
		client, _ := answering(t, 200, strings.NewReplacer(
			`{
    "name": "Cameroon",
    "iso_code": "CMR"
  }`, "null", `"Commande 12345"`, "null").Replace(detail))
		gateway, err := client.GetGateway(t.Context(), gatewayID)
		require.NoError(t, err)
		assert.Nil(t, gateway.UserCountry)
		assert.Empty(t, gateway.Message)
	})
	t.Run("R8: the id in capitals is the same gateway", func(t *testing.T) {
		client, _ := answering(t, 200, detail)
		_, err := client.GetGateway(t.Context(), strings.ToUpper(gatewayID))
		require.NoError(t, err)
	})
	t.Run("R8: another gateway is a bad response", func(t *testing.T) {
		client, _ := answering(t, 200, strings.Replace(detail, gatewayID, "00000000-0d44-4b50-8888-8dd25736052a", 1))
		gateway, err := client.GetGateway(t.Context(), gatewayID)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Nil(t, gateway)
		assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome, "a read changes nothing")
	})
	for _, answer := range []httpmock.Responder{
		httpmock.NewStringResponder(200, `"<any>"`), httpmock.NewStringResponder(200, ""), httpmock.NewStringResponder(204, ""),
		httpmock.NewStringResponder(200, "deleted"), httpmock.NewStringResponder(201, "{"),
	} {
		res, _ := answer(nil)
		t.Run(fmt.Sprintf("C13: update and delete ignore what is answered with %d, %d bytes", res.StatusCode, res.ContentLength), func(t *testing.T) {
			client, _ := newMock(t, config(), answer)
			assert.NoError(t, client.DeleteGateway(t.Context(), gatewayID))
			assert.NoError(t, client.UpdateGateway(t.Context(), gatewayID, lygos.GatewayUpdate{Message: ptr("x")}))
		})
	}
}

func TestStatusAnswers(t *testing.T) {
	succeeded, pending, failed := guichet.StatusSucceeded, guichet.StatusPending, guichet.StatusFailed
	canceled, expired, unknown := guichet.StatusCanceled, guichet.StatusExpired, guichet.StatusUnknown
	rows := []struct {
		row   string
		words []string
		want  guichet.Status
	}{
		{"R9", []string{"success", "SUCCESS", "completed", "paid", "successful", "succeeded", "confirmed", " Success\n", "DEPOSIT_COMPLETED", "deposit_completed"}, succeeded},
		{"R10", []string{"failed", "FAILED", "failure", "error", "declined", "rejected", "DEPOSIT_FAILED"}, failed},
		{"R10", []string{"cancelled", "canceled", "CANCELLED"}, canceled},
		{"R10", []string{"expired", "Expired"}, expired},
		{"R11", []string{"pending", "accepted", "processing", "submitted", "created", "initiated", "requested", "DEPOSIT_REQUESTED"}, pending},
		{"R11", []string{"wat", "", " ", "unsuccessful", "not paid", "success!", "completed_failed", "deposit_", "_completed", "DEPOSIT_DEPOSIT_COMPLETED", "0", "true", "ſuccess"}, unknown},
	}
	for _, row := range rows {
		for _, word := range row.words {
			t.Run(fmt.Sprintf("%s: %q is %q", row.row, word, row.want), func(t *testing.T) {
				client, _ := answering(t, 200, fmt.Sprintf(`{"order_id":%q,"status":%q}`, order, word))
				status, err := client.PayinStatus(t.Context(), order)
				require.NoError(t, err)
				assert.Equal(t, word, status.ProviderStatus, "verbatim")
				assert.Equal(t, order, status.OrderID)

				payment, err := client.GetStatus(t.Context(), order)
				require.NoError(t, err)
				assert.Equal(t, row.want, payment.Status)
				assert.Equal(t, word, payment.ProviderStatus)
				assert.Equal(t, guichet.Money{}, payment.Amount, "Lygos does not say")
				assert.JSONEq(t, string(status.Raw), string(payment.Raw))
				assert.Equal(t, row.want == succeeded, payment.Confirms(order, guichet.Money{}) == nil)
			})
		}
	}

	for name, body := range map[string]string{
		"order id null": `{"order_id":null,"status":"success"}`, "order id empty": `{"order_id":"","status":"success"}`,
		"order id absent": `{"status":"success"}`, "an extra amount": `{"status":"success","amount":4999,"order_id":null}`,
		"an extra currency": `{"status":"success","amount":null,"currency":"XOF"}`, "a byte order mark": "\ufeff" + `{"status":"success"}`,
	} {
		t.Run("R12: "+name, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			status, err := client.PayinStatus(t.Context(), order)
			require.NoError(t, err)
			assert.Empty(t, status.OrderID)
			payment, err := client.GetStatus(t.Context(), order)
			require.NoError(t, err)
			assert.Equal(t, succeeded, payment.Status)
			assert.Equal(t, order, payment.ID)
			assert.Equal(t, order, payment.Reference)
			assert.Equal(t, guichet.Money{}, payment.Amount)
		})
	}

	for name, body := range map[string]string{
		"no status": `{"order_id":"CMD-2024-001"}`, "status null": `{"order_id":"CMD-2024-001","status":null}`,
		"C2: an empty object": `{}`, "C2: no success": `{"success":false}`, "C2: success": `{"success":true}`,
		"C2: an error and its text": `{"status":"error","message":"key"}`, "another name": `{"STATUS":"success"}`,
		"a status inside": `{"detail":{"status":"success"}}`, "status true": `{"order_id":"CMD-2024-001","status":true}`,
		"C1: data null":                                `{"status":"success","data":null}`,
		"C1: the words of a call":                      `{"status":"success","code":200,"message":"OK"}`,
		"C1: another status":                           `{"status":"success","transaction_status":"PENDING"}`,
		"C1: a message":                                `{"status":"success","message":"OK","order_id":null}`,
		"C1: a message that is empty":                  `{"status":"success","message":""}`,
		"C1: an amount that is an object":              `{"status":"success","amount":{"status":"pending"}}`,
		"C1: a currency that is a list":                `{"status":"success","currency":["XOF"]}`,
		"C1: a code":                                   `{"status":"failed","code":402}`,
		"C1: the order id as webhooks write it, empty": `{"status":"success","orderId":""}`,
		"C1: a name in another case":                   `{"status":"success","Amount":5000}`,
		"C1: expired, of a session":                    `{"status":"expired","session":null}`,
		"C1: canceled, and success":                    `{"status":"canceled","success":true}`,
		"another order, a number":                      `{"order_id":12345,"status":"success"}`,
		"order id an object":                           `{"order_id":{"id":"CMD-2024-001"},"status":"success"}`,
		"order id a list":                              `{"order_id":["CMD-2024-001"],"status":"success"}`,
		"order id true":                                `{"order_id":true,"status":"success"}`,
		"another order":                                `{"order_id":"CMD-2024-002","status":"success"}`, "status a number": `{"status":1}`,
		"another order, as webhooks write it": `{"orderId":"CMD-2024-002","status":"completed"}`,
		"two orders":                          `{"order_id":"CMD-2024-001","orderId":"CMD-2024-002","status":"completed"}`,
		"the call's own success":              `{"status":"success","data":{"status":"pending","order_id":"CMD-2024-001"}}`,
		"the call's own success, of a list":   `{"status":"success","data":[]}`,
		"the call's own failure":              `{"status":"error","detail":{"message":"try again","type":"X"}}`,
		"status an object":                    `{"status":{"code":"success"}}`, "status twice": `{"status":"failed","status":"success"}`,
		"status in two cases": `{"status":"failed","\u0053tatus":"success"}`, "an array": `[{"status":"success"}]`,
		"cut short": `{"status":"success"`, "trailing": `{"status":"success"} x`, "empty": "", "null": "null", "a text": `"success"`,
		"HTML": "<html>success</html>", "invalid UTF-8": "{\"order_id\":\"\xff\",\"status\":\"success\"}",
	} {
		t.Run("R13: bad response, never succeeded: "+name, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			status, err := client.PayinStatus(t.Context(), order)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Nil(t, status)
			payment, err := client.GetStatus(t.Context(), order)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Nil(t, payment)
			assert.Equal(t, http.StatusOK, errorOf(t, err).HTTPStatus)
		})
	}
}

func TestListedAmounts(t *testing.T) {
	full := fixture(t, "gateway.json")
	for name, item := range map[string]string{
		"too large for Money": strings.NewReplacer("5000", fmt.Sprint(int64(math.MaxInt64)), "XAF", "EUR").Replace(full),
		"absent":              strings.Replace(full, `"amount"`, `"xamount"`, 1),
		"negative":            strings.Replace(full, "5000", "-5000", 1),
		"of unknown decimals": strings.Replace(full, "XAF", "XYZ", 1),
	} {
		t.Run("R6: an amount "+name+" is left out", func(t *testing.T) {
			client, _ := answering(t, 200, "["+item+"]")
			page, err := client.List(t.Context(), guichet.ListParams{})
			require.NoError(t, err)
			assert.Equal(t, guichet.Money{}, page.Payments[0].Amount)
		})
	}
}
