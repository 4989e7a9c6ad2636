package lomitest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet/lomi/lomitest"
)

// both runs a test on both generations.
func both(t *testing.T, test func(t *testing.T, server *lomitest.Server, june bool)) {
	t.Helper()
	for _, generation := range generations {
		t.Run(string(generation), func(t *testing.T) {
			server := newServer(t)
			server.SetGeneration(generation)
			test(t, server, generation == lomitest.June2026)
		})
	}
}

// rowsOf returns how many items a list has, in the envelope of its generation.
func rowsOf(t *testing.T, r reply, june bool, envelope ...string) int {
	t.Helper()
	require.Equal(t, 200, r.status, r.body)
	if !june {
		assert.Equal(t, "list", r.text(t, "object"))
		envelope = []string{"data"}
	}
	list, ok := r.at(t, envelope...).([]any)
	require.True(t, ok, r.body)
	return len(list)
}

// paidTransaction pays a session and returns its transaction.
func paidTransaction(t *testing.T, server *lomitest.Server, june bool) string {
	t.Helper()
	id := ask(t, server, "POST", "/checkout-sessions", aSession).text(t, "checkout_session_id")
	require.NoError(t, server.Pay(id))
	path := []string{"data", "0", "transaction_id"}
	if june {
		path = path[1:]
	}
	return ask(t, server, "GET", "/transactions?limit=1", "").text(t, path...)
}

const aCharge = `{"amount":1000,"currency":"XOF","customer":{"name":"Jane Doe","phoneNumber":"+2250707070707"}}`

func TestTransactions(t *testing.T) {
	both(t, func(t *testing.T, server *lomitest.Server, june bool) {
		id := paidTransaction(t, server, june)
		tx := ask(t, server, "GET", "/transactions/"+id, "")
		assert.Equal(t, "completed", tx.text(t, "status"))
		assert.Equal(t, 15000.0, tx.at(t, "gross_amount"))
		assert.Equal(t, "CMD-1", tx.text(t, "metadata", "order_id"))
		for query, want := range map[string]int{
			"": 1, "?status=completed,pending&provider=wave": 1, "?status=failed": 0, "?currency=EUR": 0, "?type=payment&paymentMethod=MOBILE_MONEY": 1,
			"?startDate=2999-01-01T00:00:00Z": 0, "?endDate=2000-01-01T00:00:00Z": 0, "?isPos=true": 0, "?isPos=false": 1,
		} {
			assert.Equal(t, want, rowsOf(t, ask(t, server, "GET", "/transactions"+query, ""), june), query)
		}
		assert.Equal(t, "application/pdf", ask(t, server, "GET", "/transactions/"+id+"/receipt.pdf", "").text(t, "mime_type"))
		assert.Equal(t, 404, ask(t, server, "GET", "/transactions/x", "").status)
		assert.Equal(t, 404, ask(t, server, "GET", "/transactions/x/receipt.pdf", "").status)
	})
}

func TestMobileCharges(t *testing.T) {
	both(t, func(t *testing.T, server *lomitest.Server, june bool) {
		wave := ask(t, server, "POST", "/charge/wave", aCharge, "Idempotency-Key", "w")
		require.Equal(t, 201, wave.status, wave.body)
		id, page := "", ""
		if june {
			id, page = wave.text(t, "transactionId"), wave.text(t, "wave_launch_url")
			assert.Equal(t, "1000", wave.text(t, "waveSession", "amount"))
		} else {
			id, page = wave.text(t, "transaction_id"), wave.text(t, "next_action", "url")
			assert.Equal(t, "redirect", wave.text(t, "next_action", "type"))
		}
		assert.Equal(t, "pending", ask(t, server, "GET", "/transactions/"+id, "").text(t, "status"))
		assert.Contains(t, visit(t, page).body, "1000 XOF")
		choose(t, page, "payer")
		assert.Equal(t, "completed", ask(t, server, "GET", "/transactions/"+id, "").text(t, "status"))

		mtn := strings.Replace(aCharge, `"currency"`, `"countryCode":"CI","currency"`, 1)
		paid := ask(t, server, "POST", "/charge/mtn", mtn, "Idempotency-Key", "m")
		assert.Equal(t, "completed", paid.text(t, "data", "status"))
		pending := ask(t, server, "POST", "/charge/mtn", mtn, "Idempotency-Key", "p", "X-Scenario-Key", "pending")
		assert.Equal(t, "PENDING", pending.text(t, "data", "status"))
		require.NoError(t, server.Fail(pending.text(t, "data", "transaction_id")))
		assert.Equal(t, 400, ask(t, server, "POST", "/charge/wave", aCharge, "Idempotency-Key", "f", "X-Scenario-Key", "failed").status)
		assert.Equal(t, 400, ask(t, server, "POST", "/charge/wave", strings.Replace(aCharge, "1000", "99", 1), "Idempotency-Key", "99").status)
		assert.Equal(t, 400, ask(t, server, "POST", "/charge/wave", `{"amount":1000,"currency":"XOF","customer":{"name":"Jane Doe"}}`, "Idempotency-Key", "x").status)
	})
}

func TestCardCharges(t *testing.T) {
	server := newServer(t)
	card := func(key, more string) reply {
		return ask(t, server, "POST", "/charge/card", `{"amount":10000,"currency_code":"XOF","customer_email":"jane@shop.example","customer_name":"Jane Doe"`+more+`}`, "Idempotency-Key", key)
	}
	charge := card("a", "")
	require.Equal(t, 201, charge.status, charge.body)
	assert.Equal(t, "eur", charge.text(t, "data", "currency"))
	assert.Equal(t, 1524.0, charge.at(t, "data", "amount"))
	assert.Equal(t, "XOF", charge.text(t, "data", "original_currency"))
	assert.Equal(t, 10000.0, charge.at(t, "data", "original_amount"))
	id := charge.text(t, "data", "id")
	require.NoError(t, server.Pay(id))
	paid := ask(t, server, "GET", "/charge/card/"+id, "")
	assert.Equal(t, "succeeded", paid.text(t, "data", "status"))
	assert.Equal(t, "completed", paid.text(t, "data", "transaction", "status"))
	assert.Equal(t, 409, ask(t, server, "POST", "/charge/card/"+id+"/cancel", "").status)

	hold := card("b", `,"hold":true`).text(t, "data", "id")
	assert.Equal(t, 409, ask(t, server, "POST", "/charge/card/"+hold+"/capture", "").status, "not confirmed yet")
	require.NoError(t, server.Pay(hold))
	assert.Equal(t, "requires_capture", ask(t, server, "GET", "/charge/card/"+hold, "").text(t, "data", "status"))
	assert.Equal(t, 400, ask(t, server, "POST", "/charge/card/"+hold+"/increment", `{}`).status)
	assert.Equal(t, 2000.0, ask(t, server, "POST", "/charge/card/"+hold+"/increment", `{"amount":2000}`).at(t, "data", "amount_capturable"))
	assert.Equal(t, 400, ask(t, server, "POST", "/charge/card/"+hold+"/capture", `{"amount":2001}`).status)
	assert.Equal(t, "succeeded", ask(t, server, "POST", "/charge/card/"+hold+"/capture", `{"amount":1500}`).text(t, "data", "status"))

	canceled := card("c", "").text(t, "data", "id")
	assert.Equal(t, "canceled", ask(t, server, "POST", "/charge/card/"+canceled+"/cancel", "").text(t, "data", "status"))
	assert.Equal(t, 404, ask(t, server, "POST", "/charge/card/x/cancel", "").status)
	assert.Equal(t, 404, ask(t, server, "GET", "/charge/card/x", "").status)
	assert.Equal(t, 400, ask(t, server, "POST", "/charge/card", `{"amount":1,"currency":"EUR"}`, "Idempotency-Key", "d").status)
	assert.Equal(t, 400, ask(t, server, "POST", "/charge/card", `{"amount":1,"customer_id":"c"}`, "Idempotency-Key", "e").status)
	euros := ask(t, server, "POST", "/charge/card", `{"amount":1,"currency":"EUR","customer_id":"c"}`, "Idempotency-Key", "f")
	assert.Equal(t, "eur", euros.text(t, "data", "currency"))
}

func TestRefunds(t *testing.T) {
	both(t, func(t *testing.T, server *lomitest.Server, june bool) {
		id := paidTransaction(t, server, june)
		body := `{"transaction_id":"` + id + `","amount":5000}`
		first := ask(t, server, "POST", "/refunds", body, "Idempotency-Key", "r")
		var refund string
		if june {
			refund = first.text(t, "data", "refund_id")
			assert.Equal(t, "completed", ask(t, server, "GET", "/refunds/"+refund, "").text(t, "data", "status"))
		} else {
			assert.Equal(t, true, first.at(t, "requires_confirmation"))
			assert.Equal(t, 5000.0, first.at(t, "preview", "amount"))
			assert.Equal(t, 0, rowsOf(t, ask(t, server, "GET", "/refunds", ""), june), "nothing was done yet")
			token := first.text(t, "confirmation_token")
			wrong := ask(t, server, "POST", "/refunds", `{"transaction_id":"`+id+`","amount":5001,"confirmation_token":"`+token+`"}`, "Idempotency-Key", "other")
			assert.Equal(t, 400, wrong.status)
			second := `{"transaction_id":"` + id + `","amount":5000,"confirmation_token":"` + token + `"}`
			done := ask(t, server, "POST", "/refunds", second, "Idempotency-Key", "r")
			require.Equal(t, 201, done.status, done.body)
			refund = done.text(t, "refund_id")
			again := ask(t, server, "POST", "/refunds", second, "Idempotency-Key", "r")
			assert.Equal(t, done.body, again.body)
			assert.Equal(t, "true", again.header.Get("Idempotency-Cache-Hit"))
			assert.Equal(t, "completed", ask(t, server, "GET", "/refunds/"+refund, "").text(t, "status"))
			assert.Equal(t, 5000.0, ask(t, server, "GET", "/transactions/"+id, "").at(t, "refunded_amount"))
		}
		assert.Equal(t, 1, rowsOf(t, ask(t, server, "GET", "/refunds?status=completed", ""), june, "data"))
		require.NoError(t, server.SetStatus(refund, "processing"))
		require.NoError(t, server.Pay(refund))

		server.TwoSteps(false)
		for body, status := range map[string]int{
			`{"transaction_id":"` + id + `","amount":10001}`: 400, `{"transaction_id":"` + id + `","amount":0}`: 400, `{"transaction_id":"x","amount":1}`: 404,
		} {
			assert.Equal(t, status, ask(t, server, "POST", "/refunds", body, "Idempotency-Key", body).status, body)
		}
		rest := ask(t, server, "POST", "/refunds", `{"transaction_id":"`+id+`","amount":10000}`, "Idempotency-Key", "rest")
		require.Equal(t, 201, rest.status, rest.body)
		assert.Equal(t, "refunded", ask(t, server, "GET", "/transactions/"+id, "").text(t, "status"))
		assert.Equal(t, 400, ask(t, server, "POST", "/refunds", `{"transaction_id":"`+id+`","amount":1}`, "Idempotency-Key", "more").status)
	})
}

func TestPayouts(t *testing.T) {
	both(t, func(t *testing.T, server *lomitest.Server, june bool) {
		const body = `{"destination":"beneficiary","rail":"bank","amount":5000,"currency_code":"XOF","recipient":{"name":"Jane Doe","phone":"+2250707070707"}}`
		answer := ask(t, server, "POST", "/payouts", body, "Idempotency-Key", "p")
		if !june {
			token := answer.text(t, "confirmation_token")
			answer = ask(t, server, "POST", "/payouts", strings.Replace(body, "{", `{"confirmation_token":"`+token+`",`, 1), "Idempotency-Key", "p")
		}
		require.Equal(t, 201, answer.status, answer.body)
		assert.Equal(t, "beneficiary", answer.text(t, "kind"))
		id := answer.text(t, "payout_id")
		require.NoError(t, server.Pay(id))
		got := ask(t, server, "GET", "/payouts/"+id, "")
		if june {
			assert.Equal(t, "completed", got.text(t, "data", "status"))
		} else {
			assert.Equal(t, "completed", got.text(t, "status"))
		}
		assert.Equal(t, 1, rowsOf(t, ask(t, server, "GET", "/payouts", ""), june, "data"))
		for problem, body := range map[string]string{
			"payout_method_id": `{"destination":"self","rail":"bank","amount":1,"currency_code":"XOF"}`,
			"recipient":        `{"destination":"beneficiary","rail":"bank","amount":1,"currency_code":"XOF"}`,
			"rail must be":     `{"destination":"self","rail":"pigeon","amount":1,"currency_code":"XOF"}`,
		} {
			assert.Contains(t, ask(t, server, "POST", "/payouts", body, "Idempotency-Key", problem).body, problem)
		}
		wave := ask(t, server, "POST", "/payouts", strings.Replace(body, "bank", "wave", 1), "Idempotency-Key", "w")
		assert.Equal(t, june, wave.status == 400, "the server of June sends no test money by Wave")
	})
}

func TestPaymentRequests(t *testing.T) {
	both(t, func(t *testing.T, server *lomitest.Server, june bool) {
		create := func(key string) reply {
			return ask(t, server, "POST", "/payment-requests", `{"amount":5000,"currency_code":"XOF","expiry_date":"2030-01-01T00:00:00Z","customer_id":"c1"}`, "Idempotency-Key", key)
		}
		request := create("q")
		require.Equal(t, 201, request.status, request.body)
		id := request.text(t, "request_id")
		opened := visit(t, request.text(t, "payment_link"))
		require.Equal(t, 303, opened.status)
		choose(t, server.URL+opened.header.Get("Location"), "payer")
		assert.Equal(t, "completed", ask(t, server, "GET", "/payment-requests/"+id, "").text(t, "status"))
		assert.Equal(t, 404, visit(t, request.text(t, "payment_link")).status, "paid once")
		other := create("q2").text(t, "request_id")
		require.NoError(t, server.Pay(other))
		assert.Equal(t, "completed", ask(t, server, "GET", "/payment-requests/"+other, "").text(t, "status"))
		require.NoError(t, server.Fail(create("q3").text(t, "request_id")))
		assert.Equal(t, 2, rowsOf(t, ask(t, server, "GET", "/payment-requests?status=completed&customerId=c1", ""), june, "data"))
		assert.Equal(t, 400, ask(t, server, "POST", "/payment-requests", `{"amount":1,"currency_code":"XOF"}`, "Idempotency-Key", "q4").status)
	})
}

func TestCustomers(t *testing.T) {
	both(t, func(t *testing.T, server *lomitest.Server, june bool) {
		customer := ask(t, server, "POST", "/customers", `{"name":"Jane Doe","email":"jane@shop.example"}`)
		require.Equal(t, 201, customer.status, customer.body)
		id := customer.text(t, "customer_id")
		require.Equal(t, 201, ask(t, server, "POST", "/customers", `{"name":"Boutique","is_business":true}`).status)
		assert.Equal(t, 400, ask(t, server, "POST", "/customers", `{"email":"x"}`).status)
		for query, want := range map[string]int{"": 2, "?search=jane": 1, "?type=business": 1, "?type=individual": 1, "?type=all": 2, "?limit=1": 1} {
			assert.Equal(t, want, rowsOf(t, ask(t, server, "GET", "/customers"+query, ""), june, "customers"), query)
		}
		if june {
			page := ask(t, server, "GET", "/customers?page=2&pageSize=1", "")
			assert.Equal(t, 2.0, page.at(t, "pagination", "page"))
			assert.Equal(t, 2.0, page.at(t, "pagination", "totalPages"))
			assert.Equal(t, id, page.text(t, "customers", "0", "customer_id"))
		}
		assert.Equal(t, "Abidjan", ask(t, server, "PATCH", "/customers/"+id, `{"city":"Abidjan"}`).text(t, "city"))
		portal := map[bool]string{true: "portal-launch-session", false: "portal"}
		launch := ask(t, server, "POST", "/customers/"+id+"/"+portal[june], `{"flow_type":"portal_home"}`)
		assert.Equal(t, 900.0, launch.at(t, "expires_in_seconds"))
		assert.Equal(t, 404, ask(t, server, "POST", "/customers/"+id+"/"+portal[!june], `{}`).status)
		assert.Equal(t, 404, ask(t, server, "POST", "/customers/x/"+portal[june], `{}`).status)
		assert.Equal(t, 0, rowsOf(t, ask(t, server, "GET", "/customers/"+id+"/portal-audit", ""), june))
		assert.Equal(t, 0, rowsOf(t, ask(t, server, "GET", "/customers/"+id+"/transactions", ""), june))
		assert.NotEmpty(t, ask(t, server, "DELETE", "/customers/"+id, "").text(t, "message"))
		for _, method := range []string{"GET", "DELETE"} {
			assert.Equal(t, 404, ask(t, server, method, "/customers/"+id, "").status)
		}
		assert.Equal(t, 404, ask(t, server, "PATCH", "/customers/"+id, `{}`).status)
	})
}

func TestProducts(t *testing.T) {
	both(t, func(t *testing.T, server *lomitest.Server, june bool) {
		product := ask(t, server, "POST", "/products", `{"name":"Pro","product_type":"one_time","prices":[{"amount":1000,"currency_code":"XOF"},{"amount":2000,"currency_code":"XOF","is_default":true}]}`)
		require.Equal(t, 201, product.status, product.body)
		id, first := product.text(t, "product_id"), product.text(t, "prices", "0", "price_id")
		assert.Equal(t, false, product.at(t, "prices", "0", "is_default"))
		path := "/products/" + id + "/prices/" + first + map[bool]string{true: "/set-default", false: "/default"}[june]
		assert.Equal(t, true, ask(t, server, "POST", path, "").at(t, "prices", "0", "is_default"))
		assert.Equal(t, 404, ask(t, server, "POST", strings.Replace(path, first, "x", 1), "").status)
		assert.Equal(t, 201, ask(t, server, "POST", "/products/"+id+"/prices", `{"amount":3000,"currency_code":"XOF"}`).status)
		assert.Equal(t, 400, ask(t, server, "POST", "/products/"+id+"/prices", `{"amount":4000,"currency_code":"XOF"}`).status, "three at most")
		assert.Equal(t, 404, ask(t, server, "POST", "/products/x/prices", `{"amount":4000,"currency_code":"XOF"}`).status)
		assert.Equal(t, 400, ask(t, server, "POST", "/products", `{"name":"Pro","product_type":"one_time","prices":[]}`).status)
		assert.Equal(t, 1, rowsOf(t, ask(t, server, "GET", "/products?isActive=true", ""), june))
		assert.Equal(t, 0, rowsOf(t, ask(t, server, "GET", "/products?isActive=false", ""), june))
		assert.Equal(t, map[bool]int{true: 404, false: 200}[june], ask(t, server, "PATCH", "/products/"+id, `{"name":"Plus"}`).status)
		assert.Equal(t, map[bool]int{true: 404, false: 200}[june], ask(t, server, "DELETE", "/products/"+id, "").status)
		assert.Equal(t, map[bool]int{true: 200, false: 404}[june], ask(t, server, "GET", "/products/"+id, "").status)
	})
}

func TestBalances(t *testing.T) {
	both(t, func(t *testing.T, server *lomitest.Server, june bool) {
		paidTransaction(t, server, june)
		assert.Equal(t, 1, rowsOf(t, ask(t, server, "GET", "/accounts/balance?currency=XOF", ""), june))
		assert.Equal(t, 404, ask(t, server, "GET", "/accounts/balance?currency=EUR", "").status)
		assert.Equal(t, 15000.0, ask(t, server, "GET", "/accounts/balance/breakdown", "").at(t, "available_balance"))
		assert.Equal(t, 404, ask(t, server, "GET", "/accounts/balance/breakdown?target_currency=EUR", "").status)
		path := map[bool]string{true: "/accounts/balance/check/", false: "/accounts/balance/"}[june]
		assert.Equal(t, true, ask(t, server, "GET", path+"XOF", "").at(t, "has_sufficient_balance"))
		assert.Equal(t, 404, ask(t, server, "GET", path+"EUR", "").status)
		assert.Equal(t, "test", ask(t, server, "GET", "/me", "").text(t, "environment"))
	})
}

func TestWebhookEndpoints(t *testing.T) {
	both(t, func(t *testing.T, server *lomitest.Server, june bool) {
		var received []string
		status := 200
		shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			received = append(received, string(body))
			assert.Equal(t, 200, ask(t, server, "GET", "/me", "").status, "a receiver may ask back")
			w.WriteHeader(status)
		}))
		defer shop.Close()
		created := ask(t, server, "POST", "/webhooks", `{"url":"`+shop.URL+`","authorized_events":["PAYMENT_SUCCEEDED"]}`)
		require.Equal(t, 201, created.status, created.body)
		assert.Equal(t, server.Config().WebhookSecret, created.text(t, "secret"))
		id := ""
		if june {
			id = created.text(t, "data", "webhook_id")
			assert.Equal(t, id, created.text(t, "data", "id"))
		} else {
			id = created.text(t, "webhook_id")
		}
		assert.NotContains(t, ask(t, server, "GET", "/webhooks/"+id, "").body, "secret", "shown only once")
		assert.Equal(t, 1, rowsOf(t, ask(t, server, "GET", "/webhooks", ""), june))

		test := ask(t, server, "POST", "/webhooks/"+id+"/test", "")
		require.Equal(t, 200, test.status, test.body)
		assert.Equal(t, shop.URL, test.text(t, "delivered_url"))
		status = 500
		assert.Equal(t, 400, ask(t, server, "POST", "/webhooks/"+id+"/test", "").status)
		require.Len(t, received, 2)
		assert.Contains(t, received[0], "test.webhook")

		logs, retry := "/webhooks/deliveries", "/webhooks/"+id+"/deliveries/"
		if june {
			logs, retry = "/webhook-delivery-logs", "/webhooks/"+id+"/logs/"
		}
		for query, want := range map[string]int{"?webhookId=" + id: 2, "?successOnly=true&webhookId=" + id: 1, "?failedOnly=true&webhookId=" + id: 1, "?webhookId=x": 0} {
			assert.Equal(t, want, rowsOf(t, ask(t, server, "GET", logs+query, ""), june), query)
		}
		assert.Equal(t, 400, ask(t, server, "GET", logs, "").status)
		delivery := test.text(t, "log_id")
		assert.Equal(t, delivery, ask(t, server, "GET", logs+"/"+delivery, "").text(t, "id"))
		again := ask(t, server, "POST", retry+delivery+"/retry", "")
		assert.Equal(t, false, again.at(t, "success"))
		assert.Equal(t, received[0], received[2], "the same body")
		assert.Equal(t, 404, ask(t, server, "POST", retry+"x/retry", "").status)

		patched := ask(t, server, "PATCH", "/webhooks/"+id, `{"is_active":false}`)
		assert.Equal(t, false, patched.at(t, "is_active"))
		assert.Equal(t, false, patched.at(t, "active"), "under both names")
		assert.Equal(t, 404, ask(t, server, "PATCH", "/webhooks/x", `{}`).status)
		assert.Equal(t, 200, ask(t, server, "DELETE", "/webhooks/"+id, "").status)
		assert.Equal(t, 404, ask(t, server, "POST", "/webhooks/"+id+"/test", "").status)

		elsewhere := ask(t, server, "POST", "/webhooks", `{"url":"https://shop.example/hook","authorized_events":["PAYMENT_SUCCEEDED"]}`)
		path := []string{"webhook_id"}
		if june {
			path = []string{"data", "webhook_id"}
		}
		assert.Equal(t, 200, ask(t, server, "POST", "/webhooks/"+elsewhere.text(t, path...)+"/test", "").status, "not reached, taken as accepted")
	})
}

func TestRoutes(t *testing.T) {
	server := newServer(t)
	assert.Equal(t, "not_found", ask(t, server, "GET", "/nothing", "").text(t, "error", "code"))
	assert.Equal(t, 400, ask(t, server, "GET", "/checkout-sessions?cursor=x", "").status)
	link := ask(t, server, "POST", "/payment-links", aLink)
	id := link.text(t, "link_id")
	assert.Equal(t, false, link.at(t, "require_billing_address"))
	assert.Equal(t, 404, ask(t, server, "DELETE", "/payment-links/x", "").status)
	server.SetGeneration(lomitest.June2026)
	for _, method := range []string{"PATCH", "DELETE"} {
		assert.Equal(t, 404, ask(t, server, method, "/payment-links/"+id, `{}`).status, method)
	}
	link = ask(t, server, "POST", "/payment-links", aLink)
	assert.Nil(t, link.at(t, "metadata"), "June does not store it")
	assert.Equal(t, true, link.at(t, "require_billing_address"))
	page := ask(t, server, "GET", "/payment-links?limit=1&offset=1&isActive=true&linkType=instant", "")
	assert.Equal(t, 1.0, page.at(t, "total"), "of this page")
	assert.Equal(t, id, page.text(t, "data", "0", "link_id"))
	assert.Contains(t, ask(t, server, "GET", "/payment-links/"+id, "").text(t, "url"), server.URL)
}
