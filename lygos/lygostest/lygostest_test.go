package lygostest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lygos"
	"github.com/guichetpay/guichet/lygos/lygostest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newClient(t *testing.T, opts ...guichet.Option) (*lygostest.Server, *lygos.Client) {
	t.Helper()
	server := lygostest.NewServer()
	t.Cleanup(server.Close)
	opts = append(append(server.Options(), guichet.WithMaxRetries(0)), opts...)
	client, err := lygos.New(server.Config(), opts...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return server, client
}

func request(orderID string) guichet.PaymentRequest {
	return guichet.PaymentRequest{
		Reference: orderID, Amount: guichet.NewMoney(5000, guichet.XOF), Description: "Commande",
		SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/ko",
	}
}

// plain is a client of no particular language.
type plain struct {
	t    *testing.T
	base string
	http *http.Client
}

func newPlain(t *testing.T, base string) plain {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return plain{t, base, &http.Client{Transport: transport}}
}

func (p plain) do(method, path, body string, header ...string) (int, string) {
	p.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, p.base+path, reader)
	require.NoError(p.t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	res, err := p.http.Do(req)
	require.NoError(p.t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	require.NoError(p.t, err)
	return res.StatusCode, strings.TrimSpace(string(answer))
}

func TestPaymentGoesThroughItsStates(t *testing.T) {
	server, client := newClient(t)
	payment, err := client.CreatePayment(t.Context(), request("CMD-1"))
	require.NoError(t, err)
	assert.Equal(t, guichet.NewMoney(5000, guichet.XOF), payment.Amount)
	assert.True(t, strings.HasPrefix(payment.CheckoutURL, server.URL+"/checkout/"))
	assert.WithinDuration(t, time.Now(), payment.CreatedAt, time.Minute)

	steps := []struct {
		name   string
		step   func(string) error
		status guichet.Status
		word   string
	}{
		{"created", func(string) error { return nil }, guichet.StatusPending, ""},
		{"started", server.Start, guichet.StatusPending, "accepted"},
		{"paid", server.Pay, guichet.StatusSucceeded, "success"},
		{"failed", server.Fail, guichet.StatusFailed, "failed"},
		{"any word", func(id string) error { return server.SetStatus(id, "DEPOSIT_COMPLETED") }, guichet.StatusSucceeded, "DEPOSIT_COMPLETED"},
	}
	for _, step := range steps {
		require.NoError(t, step.step(payment.ID), step.name)
		got, err := client.GetStatus(t.Context(), payment.ID)
		require.NoError(t, err, step.name)
		assert.Equal(t, step.status, got.Status, step.name)
		assert.Equal(t, step.word, got.ProviderStatus, step.name)
	}
	for _, step := range []func(string) error{server.Start, server.Pay, server.Fail} {
		assert.Error(t, step("CMD-2"), "no such order")
	}
	page, err := client.List(t.Context(), guichet.ListParams{})
	require.NoError(t, err)
	require.Len(t, page.Payments, 1)
	assert.Equal(t, "CMD-1", page.Payments[0].ID)
}

func TestGatewayEndpoints(t *testing.T) {
	server, client := newClient(t)
	gateway, err := client.CreateGateway(t.Context(), lygos.GatewayRequest{Amount: 5000, OrderID: "CMD-1", Message: "m"})
	require.NoError(t, err)
	assert.Equal(t, "Mon Magasin", gateway.ShopName)
	assert.NotEmpty(t, gateway.UserID)
	assert.Nil(t, gateway.UserCountry)

	amount := int64(700)
	require.NoError(t, client.UpdateGateway(t.Context(), gateway.ID, lygos.GatewayUpdate{Amount: &amount}))
	detail, err := client.GetGateway(t.Context(), gateway.ID)
	require.NoError(t, err)
	assert.Equal(t, int64(700), detail.Amount)
	assert.Equal(t, "m", detail.Message, "left as it was")
	assert.Empty(t, detail.UserID)
	assert.Equal(t, &lygos.Country{Name: "Côte d'Ivoire", ISOCode: "CIV"}, detail.UserCountry)

	for _, noContent := range []bool{false, true} {
		server.DeleteWithNoContent(noContent)
		gateway, err := client.CreateGateway(t.Context(), lygos.GatewayRequest{Amount: 5000, OrderID: fmt.Sprint("D-", noContent)})
		require.NoError(t, err)
		require.NoError(t, client.DeleteGateway(t.Context(), gateway.ID))
		_, err = client.GetGateway(t.Context(), gateway.ID)
		assert.ErrorIs(t, err, guichet.ErrNotFound)
		assert.ErrorIs(t, client.DeleteGateway(t.Context(), gateway.ID), guichet.ErrNotFound)
		assert.ErrorIs(t, client.UpdateGateway(t.Context(), gateway.ID, lygos.GatewayUpdate{Message: new(string)}), guichet.ErrNotFound)
		assert.Error(t, server.Pay(gateway.OrderID))
	}
}

func TestPlainHTTP(t *testing.T) {
	server := lygostest.NewServer()
	defer server.Close()
	p := newPlain(t, server.URL)
	key := []string{"api-key", server.Config().APIKey}
	const least = `{"amount":5000,"shop_name":"S","order_id":"CMD-1"}`

	status, body := p.do("POST", "/v1/gateway", least, key...)
	require.Equal(t, 200, status)
	var gateway struct{ ID, Link string }
	require.NoError(t, json.Unmarshal([]byte(body), &gateway))
	one := "/v1/gateway/" + gateway.ID
	require.NoError(t, server.Start("CMD-1"))

	const notUUID = `{"detail":[{"loc":["path","gateway_id"],"msg":"Input should be a valid UUID","type":"uuid_parsing"}]}`
	field := func(name, msg, kind string) string {
		return fmt.Sprintf(`{"detail":[{"loc":["body",%q],"msg":%q,"type":%q}]}`, name, msg, kind)
	}
	wrong := []string{"api-key", "lygosapp-other-key"}
	tests := []struct {
		name, method, path, body string
		header                   []string
		status                   int
		answer                   string // JSON; empty: not compared
	}{
		{"key missing", "GET", "/v1/gateway", "", nil, 401, lygostest.NoAPIKey.Body},
		{"key missing on create", "POST", "/v1/gateway", least, nil, 401, lygostest.NoAPIKey.Body},
		{"key missing on status", "GET", "/v1/gateway/payin/CMD-1", "", nil, 401, lygostest.NoAPIKey.Body},
		{"key missing on delete", "DELETE", one, "", nil, 401, lygostest.NoAPIKey.Body},
		{"key missing on update", "PUT", one, `{}`, nil, 401, lygostest.NoAPIKey.Body},
		{"key wrong", "GET", "/v1/gateway", "", wrong, 404, lygostest.UnknownAPIKey.Body},
		{"key twice", "GET", "/v1/gateway", "", append(key, key...), 404, lygostest.UnknownAPIKey.Body},
		{"key as bearer", "GET", "/v1/gateway", "", []string{"Authorization", "Bearer " + key[1]}, 401, ""},
		{"one gateway without key", "GET", one, "", nil, 200, ""},
		{"one gateway with a wrong key", "GET", one, "", wrong, 200, ""},
		{"the list", "GET", "/v1/gateway", "", key, 200, "[" + body + "]"},
		{"two slashes", "GET", "/v1//gateway", "", key, 200, ""},
		{"a slash at the end", "GET", "/v1/gateway/", "", key, 200, ""},
		{"Content-Type on GET", "GET", "/v1/gateway", "", append(key, "Content-Type", "application/json"), 200, ""},
		{"another route", "GET", "/v1/payout", "", key, 404, lygostest.RouteNotFound.Body},
		{"the root", "GET", "/v1", "", key, 404, lygostest.RouteNotFound.Body},
		{"another method", "PATCH", one, "{}", key, 405, ""},
		{"status", "GET", "/v1/gateway/payin/CMD-1", "", key, 200, `{"order_id":"CMD-1","status":"accepted"}`},
		{"status of nobody", "GET", "/v1/gateway/payin/CMD-9", "", key, 404, lygostest.TransactionNotFound.Body},
		{"status of an escaped slash", "GET", "/v1/gateway/payin/CMD%2F1", "", key, 404, lygostest.RouteNotFound.Body},
		{"a UUID in capitals", "GET", "/v1/gateway/" + strings.ToUpper(gateway.ID), "", nil, 200, ""},
		{"not a UUID", "GET", "/v1/gateway/CMD-1", "", nil, 422, notUUID},
		{"not a UUID on delete", "DELETE", "/v1/gateway/payin", "", key, 422, notUUID},
		{"no such gateway", "GET", "/v1/gateway/3c90c3cc-0d44-4b50-8888-8dd25736052a", "", nil, 404, lygostest.GatewayNotFound.Body},
		{"create: no body", "POST", "/v1/gateway", "", key, 422, `{"detail":[{"loc":["body"],"msg":"Field required","type":"missing"}]}`},
		{"create: not JSON", "POST", "/v1/gateway", "amount=5000", key, 422, `{"detail":[{"loc":["body",0],"msg":"JSON decode error","type":"json_invalid"}]}`},
		{"create: not an object", "POST", "/v1/gateway", "null", key, 422, ""},
		{"create: an array", "POST", "/v1/gateway", "[]", key, 422, ""},
		{"create: no amount", "POST", "/v1/gateway", `{"shop_name":"S","order_id":"A"}`, key, 422, lygostest.FieldRequired.Body},
		{"create: no shop name", "POST", "/v1/gateway", `{"amount":1,"order_id":"A"}`, key, 422, field("shop_name", "Field required", "missing")},
		{"create: no order id", "POST", "/v1/gateway", `{"amount":1,"shop_name":"S"}`, key, 422, field("order_id", "Field required", "missing")},
		{"create: order id null", "POST", "/v1/gateway", `{"amount":1,"shop_name":"S","order_id":null}`, key, 422, ""},
		{"create: amount null", "POST", "/v1/gateway", `{"amount":null,"shop_name":"S","order_id":"A"}`, key, 422, ""},
		{"create: amount quoted", "POST", "/v1/gateway", `{"amount":"1","shop_name":"S","order_id":"A"}`, key, 422, field("amount", "Input should be a valid integer", "int_type")},
		{"create: a fraction", "POST", "/v1/gateway", `{"amount":1.5,"shop_name":"S","order_id":"A"}`, key, 422, ""},
		{"create: amount 0", "POST", "/v1/gateway", `{"amount":0,"shop_name":"S","order_id":"A"}`, key, 422, ""},
		{"create: message a number", "POST", "/v1/gateway", `{"amount":1,"shop_name":"S","order_id":"A","message":1}`, key, 422, field("message", "Input should be a valid string", "string_type")},
		{"update: null", "PUT", one, `{"message":null}`, key, 422, ""},
		{"update: amount null", "PUT", one, `{"amount":null}`, key, 422, ""},
		{"update: not JSON", "PUT", one, `{`, key, 422, ""},
		{"update: nothing", "PUT", one, `{}`, key, 200, ""},
		{"update: the order id stays", "PUT", one, `{"order_id":"CMD-2"}`, key, 200, ""},
		{"no such page", "GET", "/checkout/x", "", nil, 404, ""},
		{"nothing there", "GET", "/", "", nil, 404, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlain(t, server.URL)
			status, answer := p.do(test.method, test.path, test.body, test.header...)
			assert.Equal(t, test.status, status, answer)
			if test.answer != "" {
				assert.JSONEq(t, test.answer, answer)
			}
		})
	}

	t.Run("texts in any spelling", func(t *testing.T) {
		const body = `{"amount":1,"shop_name":"\u00c9picerie","order_id":"É","message":null,"success_url":"","extra":[1]}`
		status, answer := p.do("POST", "/v1/gateway", body, key...)
		require.Equal(t, 200, status)
		var got map[string]any
		require.NoError(t, json.Unmarshal([]byte(answer), &got))
		assert.Equal(t, "Épicerie", got["shop_name"])
		assert.Equal(t, "É", got["order_id"])
		assert.Nil(t, got["message"], "null comes back")
		assert.Equal(t, "", got["success_url"])
		assert.Equal(t, "", got["failure_url"], "absent is empty")
		assert.NotContains(t, got, "user_country")
		assert.NotContains(t, got, "extra")
		status, answer = p.do("GET", "/v1/gateway/"+got["id"].(string), "")
		require.Equal(t, 200, status)
		assert.Contains(t, answer, `"message":""`, "never null here")
		require.NoError(t, server.Pay("É"))
		_, answer = p.do("GET", "/v1/gateway/payin/%C3%89", "", key...)
		assert.JSONEq(t, `{"order_id":"É","status":"success"}`, answer)
	})
}

func TestRecordedRequests(t *testing.T) {
	server, client := newClient(t)
	payment, err := client.CreatePayment(t.Context(), request("CMD 1"))
	require.NoError(t, err)
	_, err = client.GetStatus(t.Context(), payment.ID)
	require.NoError(t, err)
	newPlain(t, "").do("GET", payment.CheckoutURL, "")

	requests := server.Requests()
	require.Len(t, requests, 2, "the customer's browser is not recorded")
	assert.Equal(t, "POST", requests[0].Method)
	assert.Equal(t, "/v1/gateway", requests[0].Path)
	assert.Contains(t, string(requests[0].Body), `"amount":5000`)
	assert.Equal(t, "/v1/gateway/payin/CMD%201", requests[1].Path, "escapes included")
	assert.Equal(t, server.Config().APIKey, requests[1].Header.Get("api-key"))
}

func TestCheckoutPage(t *testing.T) {
	for choice, want := range map[string]struct {
		status guichet.Status
		done   string
		back   string
	}{
		"payer":   {guichet.StatusSucceeded, "Paiement réussi", "https://shop.example/ok"},
		"refuser": {guichet.StatusFailed, "Paiement refusé", "https://shop.example/ko"},
	} {
		t.Run(choice, func(t *testing.T) {
			_, client := newClient(t)
			payment, err := client.CreatePayment(t.Context(), request(`<b>"1"`))
			require.NoError(t, err)
			statusIs := func(want guichet.Status, word string) {
				t.Helper()
				got, err := client.GetStatus(t.Context(), payment.ID)
				require.NoError(t, err)
				assert.Equal(t, want, got.Status)
				assert.Equal(t, word, got.ProviderStatus)
			}
			browser := newPlain(t, "")
			statusIs(guichet.StatusPending, "")
			code, page := browser.do("GET", payment.CheckoutURL, "")
			require.Equal(t, 200, code)
			statusIs(guichet.StatusPending, "accepted")
			for _, text := range []string{"Mon Magasin", "5000 XOF", "&lt;b&gt;", "Payer", "Refuser", `method="post"`} {
				assert.Contains(t, page, text)
			}
			form := func(choice string) (int, string) {
				return browser.do("POST", payment.CheckoutURL, url.Values{"choix": {choice}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
			}
			code, _ = form("autre")
			assert.Equal(t, 400, code)
			statusIs(guichet.StatusPending, "accepted")
			code, page = form(choice)
			require.Equal(t, 200, code)
			assert.Contains(t, page, want.done)
			assert.Contains(t, page, want.back)
			assert.NotContains(t, page, "Refuser")
			for _, later := range []string{"payer", "refuser"} { // a payment that has ended stays so
				_, page = form(later)
				assert.Contains(t, page, want.done)
			}
			_, page = browser.do("GET", payment.CheckoutURL, "")
			assert.Contains(t, page, want.done)
			got, err := client.GetStatus(t.Context(), payment.ID)
			require.NoError(t, err)
			assert.Equal(t, want.status, got.Status)
			code, _ = browser.do("DELETE", payment.CheckoutURL, "")
			assert.Equal(t, 405, code)
		})
	}
}

func TestMountedElsewhere(t *testing.T) {
	server := lygostest.NewServer()
	defer server.Close()
	mounts := map[string]func(http.Handler) *httptest.Server{"http://": httptest.NewServer, "https://": httptest.NewTLSServer}
	for scheme, start := range mounts {
		t.Run(scheme, func(t *testing.T) {
			other := start(server)
			defer other.Close()
			client, err := lygos.New(server.Config(), guichet.WithBaseURL(other.URL+"/v1"), guichet.WithHTTPClient(other.Client()))
			require.NoError(t, err)
			payment, err := client.CreatePayment(t.Context(), request("CMD-"+scheme[:len(scheme)-3]))
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(payment.CheckoutURL, other.URL+"/checkout/"), payment.CheckoutURL)
			res, err := other.Client().Get(payment.CheckoutURL)
			require.NoError(t, err)
			res.Body.Close()
			assert.Equal(t, 200, res.StatusCode)
		})
	}
}

func TestSwitches(t *testing.T) {
	t.Run("links without scheme", func(t *testing.T) {
		server, client := newClient(t)
		server.SchemelessLinks(true)
		gateway, err := client.CreateGateway(t.Context(), lygos.GatewayRequest{Amount: 1, OrderID: "A"})
		require.NoError(t, err)
		assert.Equal(t, strings.TrimPrefix(server.URL, "http://")+"/checkout/"+gateway.ID, gateway.Link)
		payment, err := client.CreatePayment(t.Context(), request("B"))
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(payment.CheckoutURL, "https://127.0.0.1:"))
		server.SchemelessLinks(false)
		payment, err = client.CreatePayment(t.Context(), request("C"))
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(payment.CheckoutURL, server.URL))
	})
	t.Run("an account in another currency", func(t *testing.T) {
		server, client := newClient(t)
		server.Account(guichet.XAF, lygos.Country{Name: "Cameroon", ISOCode: "CMR"})
		payment, err := client.CreatePayment(t.Context(), request("A"))
		require.ErrorIs(t, err, guichet.ErrMismatch)
		assert.Equal(t, guichet.NewMoney(5000, guichet.XAF), payment.Amount)
	})
	t.Run("prepared answers, one each, not acted upon", func(t *testing.T) {
		server, client := newClient(t)
		answers := []struct {
			answer lygostest.Answer
			kind   error
		}{
			{lygostest.NoAPIKey, guichet.ErrUnauthorized}, {lygostest.NoAPIKeyOn404, guichet.ErrUnauthorized},
			{lygostest.UnknownAPIKey, guichet.ErrUnauthorized}, {lygostest.GatewayNotFound, guichet.ErrNotFound},
			{lygostest.UserNotFound, guichet.ErrInvalidRequest}, {lygostest.TransactionNotFound, guichet.ErrNotFound},
			{lygostest.FieldRequired, guichet.ErrInvalidRequest}, {lygostest.RouteNotFound, guichet.ErrNotFound},
			{lygostest.GatewayTimeout, guichet.ErrUnavailable}, {lygostest.Answer{Status: 409}, guichet.ErrConflict},
			{lygostest.Answer{Status: 200, Body: "Bienvenue"}, guichet.ErrBadResponse},
		}
		for _, a := range answers {
			server.AnswerNext(a.answer)
		}
		for _, a := range answers {
			_, err := client.CreateGateway(t.Context(), lygos.GatewayRequest{Amount: 1, OrderID: "A"})
			require.ErrorIs(t, err, a.kind)
			var e *guichet.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, a.answer.Status, e.HTTPStatus)
			assert.Equal(t, a.answer.Body, string(e.Raw()))
		}
		gateways, err := client.ListGateways(t.Context())
		require.NoError(t, err)
		assert.Empty(t, gateways)
	})

	faults := map[string]struct {
		fault   lygostest.Fault
		kind    error
		acted   bool
		unknown bool
	}{
		"commit, then 500":  {lygostest.CommitThen500, guichet.ErrUnavailable, true, true},
		"commit, then hang": {lygostest.CommitThenHang, guichet.ErrUnavailable, true, true},
		"commit, then cut":  {lygostest.CommitThenCut, guichet.ErrUnavailable, true, true},
		"oversized":         {lygostest.Oversized, guichet.ErrBadResponse, true, true},
		"HTML 502":          {lygostest.HTML502, guichet.ErrUnavailable, false, true},
		"503":               {lygostest.Status503, guichet.ErrUnavailable, false, true},
		"429":               {lygostest.RateLimited, guichet.ErrRateLimited, false, false},
		"redirect":          {lygostest.RedirectElsewhere, guichet.ErrBadResponse, false, true},
		"empty 200":         {lygostest.EmptyOK, guichet.ErrBadResponse, false, true},
	}
	for name, f := range faults {
		t.Run("fault: "+name, func(t *testing.T) {
			server, client := newClient(t, guichet.WithTimeout(200*time.Millisecond))
			server.FailNext(f.fault)
			_, err := client.CreatePayment(t.Context(), request("CMD-1"))
			require.ErrorIs(t, err, f.kind)
			var e *guichet.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, f.unknown, e.OutcomeUnknown)
			assert.Len(t, server.Requests(), 1)
			assert.Zero(t, server.Elsewhere())
			assert.Equal(t, f.acted, server.Pay("CMD-1") == nil)
			_, err = client.CreatePayment(t.Context(), request("CMD-2"))
			require.NoError(t, err, "one fault each")
		})
	}
	t.Run("a slow answer", func(t *testing.T) {
		server, client := newClient(t, guichet.WithTimeout(20*time.Millisecond))
		server.Delay(time.Hour)
		_, err := client.ListGateways(t.Context())
		require.ErrorIs(t, err, guichet.ErrUnavailable)
		server.Delay(0)
		_, err = client.ListGateways(t.Context())
		require.NoError(t, err)
	})
}

func TestWebhooks(t *testing.T) {
	server, client := newClient(t)
	var events []*guichet.Event
	shop := httptest.NewServer(guichet.WebhookHandler(client, func(_ context.Context, e *guichet.Event) error {
		events = append(events, e)
		return nil
	}))
	defer shop.Close()
	_, err := client.CreatePayment(t.Context(), request("CMD-1"))
	require.NoError(t, err)

	steps := []struct {
		step func() error
		word string
	}{
		{func() error { return nil }, "DEPOSIT_REQUESTED"},
		{func() error { return server.Start("CMD-1") }, "DEPOSIT_REQUESTED"},
		{func() error { return server.Pay("CMD-1") }, "DEPOSIT_COMPLETED"},
		{func() error { return server.Fail("CMD-1") }, "DEPOSIT_FAILED"},
		{func() error { return server.SetStatus("CMD-1", "wat") }, "wat"},
	}
	for i, step := range steps {
		require.NoError(t, step.step())
		require.NoError(t, server.SendWebhook(shop.URL, "CMD-1"))
		require.Len(t, events, i+1)
		assert.Equal(t, step.word, events[i].Type)
		assert.Equal(t, "CMD-1", events[i].Reference)
		assert.True(t, events[i].Verified)
		webhook, err := lygos.DecodeWebhook(events[i].Raw)
		require.NoError(t, err)
		assert.Equal(t, guichet.Int(5000), webhook.Amount)
		assert.Equal(t, "CIV", webhook.Buyer.Country)
	}
	assert.Equal(t, events[0].ID, events[1].ID, "one change")
	assert.NotEqual(t, events[1].ID, events[2].ID)

	assert.Error(t, server.SendWebhook(shop.URL, "CMD-9"), "no such order")
	assert.Error(t, server.SendWebhook("http://127.0.0.1:0", "CMD-1"), "nobody listens")
	assert.Error(t, server.SendWebhook("::", "CMD-1"), "no address")
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	assert.ErrorContains(t, server.SendWebhook(refusing.URL, "CMD-1"), "404")
	moving := httptest.NewServer(http.RedirectHandler(shop.URL, http.StatusTemporaryRedirect))
	defer moving.Close()
	assert.ErrorContains(t, server.SendWebhook(moving.URL, "CMD-1"), "307")
	assert.Len(t, events, len(steps))
}

func TestSignedRequest(t *testing.T) {
	body, err := os.ReadFile(filepath.Join("..", "..", "testdata", "lygos", "webhook.json"))
	require.NoError(t, err)
	req, err := lygostest.SignedRequest("https://shop.example/lygos", "whsec_test_0123456789", body, time.UnixMilli(1733300000000))
	require.NoError(t, err)
	assert.Equal(t, "f34a22056656994bb7a80b769d025d694b90dd8909b0a421d20908002ab0bbc2", req.Header.Get("X-Signature"))
	assert.Equal(t, "1733300000000", req.Header.Get("X-Timestamp"))
	assert.Equal(t, "application/json", req.Header.Get("Content-Type"))
	sent, err := io.ReadAll(req.Body)
	require.NoError(t, err)
	assert.Equal(t, body, sent)
}

func TestManyAtOnce(t *testing.T) {
	server, client := newClient(t)
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			id := fmt.Sprint("CMD-", i)
			payment, err := client.CreatePayment(t.Context(), request(id))
			if !assert.NoError(t, err) {
				return
			}
			assert.NoError(t, server.Pay(payment.ID))
			got, err := client.GetStatus(t.Context(), payment.ID)
			if assert.NoError(t, err) {
				assert.Equal(t, guichet.StatusSucceeded, got.Status)
			}
			server.Requests()
			_, err = client.ListGateways(t.Context())
			assert.NoError(t, err)
		})
	}
	group.Wait()
	page, err := client.List(t.Context(), guichet.ListParams{})
	require.NoError(t, err)
	assert.Len(t, page.Payments, 50)
	ids := map[string]bool{}
	for _, p := range page.Payments {
		ids[p.CheckoutURL] = true
	}
	assert.Len(t, ids, 50, "every gateway is another")
}
