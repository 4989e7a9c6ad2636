package lomitest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lomi/lomitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reply is an answer of the fake, as a client without a library sees it.
type reply struct {
	status int
	header http.Header
	body   string
}

// at walks the body down to a member: names of objects, or "0" for the first of
// a list.
func (r reply) at(t *testing.T, path ...string) any {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal([]byte(r.body), &value), r.body)
	for _, name := range path {
		switch v := value.(type) {
		case map[string]any:
			require.Contains(t, v, name, r.body)
			value = v[name]
		case []any:
			require.Equal(t, "0", name, r.body)
			require.NotEmpty(t, v, r.body)
			value = v[0]
		default:
			t.Fatalf("no %q in %s", name, r.body)
		}
	}
	return value
}

func (r reply) text(t *testing.T, path ...string) string {
	t.Helper()
	s, ok := r.at(t, path...).(string)
	require.True(t, ok, r.body)
	return s
}

// ask makes one call with the key; header is in pairs.
func ask(t *testing.T, server *lomitest.Server, method, path, body string, header ...string) reply {
	t.Helper()
	req, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("x-api-key", server.Config().APIKey)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) reply {
	t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return reply{res.StatusCode, res.Header, string(body)}
}

// choose presses a button of a page.
func choose(t *testing.T, page, choice string) reply {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, page, strings.NewReader(url.Values{"choix": {choice}}.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, req)
}

func visit(t *testing.T, page string) reply {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, page, nil)
	require.NoError(t, err)
	return do(t, req)
}

const (
	aSession = `{"amount":15000,"currency_code":"XOF","metadata":{"order_id":"CMD-1"},"success_url":"https://shop.example/ok?s={CHECKOUT_SESSION_ID}","cancel_url":"https://shop.example/ko"}`
	aLink    = `{"link_type":"instant","title":"CMD-1","amount":15000,"currency_code":"XOF","metadata":{"order_id":"CMD-1"}}`
)

func TestKeys(t *testing.T) {
	server := newServer(t)
	tests := map[string]struct {
		keys    []string
		status  int
		message string
	}{
		"missing":     {nil, 401, "API Key is missing"},
		"wrong":       {[]string{"lomi_sk_test_other"}, 401, "Invalid API Key"},
		"publishable": {[]string{"lomi_pk_test_guichet"}, 401, "Invalid API Key"},
		"twice":       {[]string{server.Config().APIKey, server.Config().APIKey}, 401, "Invalid API Key"},
		"right":       {[]string{server.Config().APIKey}, 200, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest(http.MethodGet, server.URL+"/me", nil)
			require.NoError(t, err)
			req.Header["x-Api-KEY"] = test.keys
			req.Host = "api.lomi.africa" // no host refuses a test key
			req.Header.Set("X-Request-Id", "mine")
			got := do(t, req)
			assert.Equal(t, test.status, got.status)
			assert.Equal(t, "mine", got.header.Get("X-Request-Id"))
			if test.message != "" {
				assert.Equal(t, test.message, got.text(t, "error", "message"))
				assert.Equal(t, "mine", got.text(t, "request_id"))
			}
		})
	}
	assert.NotEmpty(t, ask(t, server, "GET", "/me", "").header.Get("X-Request-Id"))
}

func TestBodies(t *testing.T) {
	server := newServer(t)
	tests := []struct{ path, body, problem string }{
		{"/payment-links", `{"link_type":"gift","title":"T","currency_code":"XOF"}`, "link_type must be one of"},
		{"/payment-links", `{"link_type":"instant","title":" ","currency_code":"XOF","amount":1}`, "title should not be empty"},
		{"/payment-links", `{"link_type":"instant","title":"T","currency_code":"GHS","amount":1}`, "currency_code must be one of"},
		{"/payment-links", `{"link_type":"instant","title":"T","currency_code":"XOF"}`, "amount is required"},
		{"/payment-links", `{"link_type":"instant","title":"T","currency_code":"XOF","amount":"1"}`, "amount must be a number"},
		{"/payment-links", `{"link_type":"instant","title":"T","currency_code":"XOF","amount":0}`, "amount must not be less than 1"},
		{"/payment-links", `{"link_type":"instant","title":"T","currency_code":"XOF","amount":1,"allow_quantity":"no"}`, "allow_quantity must be a boolean"},
		{"/payment-links", `[]`, "Unexpected token"},
		{"/payment-links", `{`, "Unexpected token"},
		{"/payment-links", ``, "should not be empty"},
		{"/checkout-sessions", `{"amount":1}`, "currency_code should not be empty"},
		{"/checkout-sessions", `{"currency_code":"XOF"}`, "amount is required"},
		{"/checkout-sessions", `{"currency_code":"XOF","line_items":[{"quantity":1}]}`, "price_id should not be empty"},
		{"/checkout-sessions", `{"currency_code":"XOF","amount":1,"metadata":[]}`, "metadata must be an object"},
	}
	for _, test := range tests {
		got := ask(t, server, "POST", test.path, test.body)
		assert.Equal(t, 400, got.status, test.body)
		assert.Equal(t, "validation_failed", got.text(t, "error", "code"))
		assert.Contains(t, got.text(t, "error", "details", "0"), test.problem)
	}
	server.SetGeneration(lomitest.June2026)
	assert.Equal(t, "bad_request", ask(t, server, "POST", "/payment-links", `{}`).text(t, "error", "code"))

	extra := `{"amount":1,"currency_code":"XOF","not_known":1}`
	assert.Equal(t, 201, ask(t, server, "POST", "/checkout-sessions", extra).status)
	server.StrictBodies(true)
	assert.Equal(t, "property not_known should not exist", ask(t, server, "POST", "/checkout-sessions", extra).text(t, "error", "details", "0"))
}

func TestIdempotency(t *testing.T) {
	server := newServer(t)
	first := ask(t, server, "POST", "/checkout-sessions", aSession, "Idempotency-Key", "k")
	assert.Equal(t, 201, first.status)
	assert.Empty(t, first.header.Get("Idempotency-Cache-Hit"))
	again := ask(t, server, "POST", "/checkout-sessions", aSession, "Idempotency-Key", " k ")
	assert.Equal(t, "true", again.header.Get("Idempotency-Cache-Hit"))
	assert.Equal(t, first.body, again.body)
	other := ask(t, server, "POST", "/checkout-sessions", strings.Replace(aSession, "15000", "15001", 1), "Idempotency-Key", "k")
	assert.Equal(t, 409, other.status)
	assert.Equal(t, "idempotency_key_reused", other.text(t, "error", "code"))
	assert.NotEqual(t, first.body, ask(t, server, "POST", "/checkout-sessions", aSession).body, "without a key each is new")

	// Errors are stored as well; what differs beyond 255 bytes is the same key.
	long := strings.Repeat("k", 255)
	refused := ask(t, server, "POST", "/checkout-sessions", `{"amount":1}`, "Idempotency-Key", long+"a")
	again = ask(t, server, "POST", "/checkout-sessions", `{"amount":1}`, "Idempotency-Key", long+"b")
	assert.Equal(t, 400, refused.status)
	assert.Equal(t, 400, again.status)
	assert.Equal(t, "true", again.header.Get("Idempotency-Cache-Hit"))

	link := ask(t, server, "POST", "/payment-links", aLink, "Idempotency-Key", "l")
	assert.NotEqual(t, link.body, ask(t, server, "POST", "/payment-links", aLink, "Idempotency-Key", "l").body)
	server.HonourLinkKeys(true)
	link = ask(t, server, "POST", "/payment-links", aLink, "Idempotency-Key", "l")
	assert.Equal(t, link.body, ask(t, server, "POST", "/payment-links", aLink, "Idempotency-Key", "l").body)

	charge := `{"amount":1000,"currency":"XOF","customer":{"name":"Jane Doe","phoneNumber":"+2250707070707"}}`
	assert.Equal(t, "idempotency_key_required", ask(t, server, "POST", "/charge/wave", charge).text(t, "error", "code"))
	server.SetGeneration(lomitest.June2026)
	assert.Equal(t, 201, ask(t, server, "POST", "/charge/wave", charge).status)
}

func TestPreparedAnswers(t *testing.T) {
	server := newServer(t)
	client, ctx := newClient(t, server, lomi.ViaCheckoutSession), context.Background()
	server.AnswerNext(lomitest.KeyReused)
	_, err := client.CreatePayment(ctx, order("CMD-1"))
	assert.ErrorIs(t, err, guichet.ErrConflict)

	server.AnswerNext(lomitest.InProgress) // and then the stored answer
	_, err = client.CreatePayment(ctx, order("CMD-2"))
	assert.NoError(t, err)

	server.LimitNext(15 * time.Minute)
	_, err = client.GetStatus(ctx, "cs_1")
	var e *guichet.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, guichet.ErrRateLimited, e.Kind)
	assert.Equal(t, 15*time.Minute, e.RetryAfter)

	for answer, kind := range map[*lomitest.Answer]error{
		&lomitest.APIKeyMissing: guichet.ErrUnauthorized, &lomitest.InvalidAPIKey: guichet.ErrUnauthorized, &lomitest.Suspended: guichet.ErrUnauthorized,
		&lomitest.LinkNotFound: guichet.ErrNotFound, &lomitest.ValidationFailed: guichet.ErrInvalidRequest, &lomitest.FrameworkInvalid: guichet.ErrInvalidRequest,
		&lomitest.PaymentRequired: guichet.ErrDeclined,
	} {
		server.AnswerNext(*answer)
		_, err := client.CreatePayment(ctx, order("CMD-3"))
		assert.ErrorIs(t, err, kind, answer.Body)
	}
	link := newClient(t, server, lomi.ViaPaymentLink)
	for _, answer := range []lomitest.Answer{lomitest.InternalError, lomitest.Unavailable} {
		server.AnswerNext(answer)
		_, err := link.CreatePayment(ctx, order("CMD-4"))
		assert.ErrorIs(t, err, guichet.ErrUnavailable)
		assert.ErrorIs(t, err, guichet.ErrUnknownOutcome)
	}
}

func TestNetwork(t *testing.T) {
	server := newServer(t)
	ctx := context.Background()
	link := newClient(t, server, lomi.ViaPaymentLink)
	links := func() int { return len(ask(t, server, "GET", "/payment-links", "").at(t, "data").([]any)) }
	for fault, acted := range map[lomitest.Fault]int{
		lomitest.CommitThen500: 1, lomitest.CommitThenCut: 1, lomitest.Oversized: 1,
		lomitest.HTML502: 0, lomitest.Status503: 0, lomitest.EmptyOK: 0, lomitest.RedirectElsewhere: 0,
	} {
		before := links()
		server.FailNext(fault)
		_, err := link.CreatePayment(ctx, order("CMD-1"))
		assert.ErrorIs(t, err, guichet.ErrUnknownOutcome, "fault %d", fault)
		assert.Equal(t, before+acted, links(), "fault %d", fault)
	}
	assert.Zero(t, server.Elsewhere())

	// With a key the lost answer comes from the store.
	client := newClient(t, server, lomi.ViaCheckoutSession)
	server.FailNext(lomitest.CommitThen500)
	payment, err := client.CreatePayment(ctx, order("CMD-2"))
	require.NoError(t, err)
	page, err := client.List(ctx, guichet.ListParams{})
	require.NoError(t, err)
	require.Len(t, page.Payments, 1)
	assert.Equal(t, payment.ID, page.Payments[0].ID)

	server.FailNext(lomitest.CommitThenHang)
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, err = client.CreatePayment(short, order("CMD-3"))
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	server.Delay(time.Hour)
	short, cancel = context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, err = client.GetStatus(short, payment.ID)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	server.Delay(0)
	_, err = client.GetStatus(ctx, payment.ID)
	assert.NoError(t, err)
}

func TestPages(t *testing.T) {
	server := newServer(t)
	session := ask(t, server, "POST", "/checkout-sessions", aSession)
	page, id := session.text(t, "checkout_url"), session.text(t, "checkout_session_id")
	shown := visit(t, page)
	assert.Equal(t, 200, shown.status)
	for _, text := range []string{"CMD-1", "15000 XOF", "Payer", "Refuser"} {
		assert.Contains(t, shown.body, text)
	}
	assert.Equal(t, 400, choose(t, page, "rien").status)
	done := choose(t, page, "payer")
	assert.Contains(t, done.body, "Paiement réussi")
	assert.Contains(t, done.body, "https://shop.example/ok?s="+id)
	assert.Contains(t, choose(t, page, "refuser").body, "Paiement réussi", "what is paid stays paid")
	assert.Equal(t, "completed", ask(t, server, "GET", "/checkout-sessions/"+id, "").text(t, "status"))

	other := ask(t, server, "POST", "/checkout-sessions", aSession).text(t, "checkout_url")
	assert.Contains(t, choose(t, other, "refuser").body, "https://shop.example/ko")
	assert.Contains(t, visit(t, other).body, "Paiement refusé")

	link := ask(t, server, "POST", "/payment-links", aLink)
	opened := visit(t, link.text(t, "url"))
	require.Equal(t, 303, opened.status)
	choose(t, server.URL+opened.header.Get("Location"), "payer")
	paid := ask(t, server, "GET", "/checkout-sessions?status=completed&limit=1", "")
	assert.Equal(t, link.text(t, "link_id"), paid.text(t, "data", "0", "payment_link_id"))
	require.NoError(t, server.Expire(link.text(t, "link_id")))
	assert.Equal(t, 404, visit(t, link.text(t, "url")).status)

	for _, path := range []string{"/pay/session/x", "/pay/link/x", "/pay/request/x", "/pay/charge/x", "/pay/other/x", "/pay/"} {
		assert.Equal(t, 404, visit(t, server.URL+path).status, path)
	}
	req, err := http.NewRequest(http.MethodPut, page, nil)
	require.NoError(t, err)
	assert.Equal(t, 405, do(t, req).status)

	for _, r := range server.Requests() {
		assert.NotContains(t, r.Path, "/pay/", "the customer's browser is not the API")
	}
	t.Run("on another port", func(t *testing.T) {
		front := httptest.NewServer(server)
		defer front.Close()
		req, err := http.NewRequest(http.MethodPost, front.URL+"/checkout-sessions", strings.NewReader(aSession))
		require.NoError(t, err)
		req.Header.Set("X-API-KEY", server.Config().APIKey)
		page := do(t, req).text(t, "checkout_url")
		assert.True(t, strings.HasPrefix(page, front.URL), page)
		assert.Equal(t, 200, visit(t, page).status)
	})
}

func TestStateOfLinksAndSessions(t *testing.T) {
	server := newServer(t)
	client, ctx := newClient(t, server, lomi.ViaPaymentLink), context.Background()
	create := func() string {
		payment, err := client.CreatePayment(ctx, order("CMD-1"))
		require.NoError(t, err)
		return payment.ID
	}
	status := func(id string) guichet.Status {
		payment, err := client.GetStatus(ctx, id)
		require.NoError(t, err)
		return payment.Status
	}
	expired := create()
	session, err := server.Open(expired)
	require.NoError(t, err)
	require.NoError(t, server.Expire(expired))
	assert.Equal(t, guichet.StatusPending, status(expired), "somebody may still pay")
	require.NoError(t, server.Expire(session))
	assert.Equal(t, guichet.StatusExpired, status(expired))

	once := create()
	server.DeactivatePaidLinks(true)
	require.NoError(t, server.Pay(once))
	assert.Equal(t, guichet.StatusSucceeded, status(once))
	link, err := client.GetPaymentLink(ctx, once)
	require.NoError(t, err)
	assert.False(t, *link.IsActive)

	require.NoError(t, server.SetStatus(session, "frozen"))
	checkout := newClient(t, server, lomi.ViaCheckoutSession)
	payment, err := checkout.GetStatus(ctx, session)
	require.NoError(t, err)
	assert.Equal(t, guichet.StatusUnknown, payment.Status)

	for name, change := range map[string]func(string) error{
		"Pay": server.Pay, "Fail": server.Fail, "Expire": server.Expire,
		"Open":        func(id string) error { _, err := server.Open(id); return err },
		"SetStatus":   func(id string) error { return server.SetStatus(id, "open") },
		"SendWebhook": func(id string) error { return server.SendWebhook("http://127.0.0.1:1", id) },
	} {
		assert.ErrorContains(t, change("no-such-id"), "no-such-id", name)
	}
}

func TestWebhooks(t *testing.T) {
	server := newServer(t)
	cfg := server.Config()
	for _, signing := range []lomitest.Signing{lomitest.SignBase, lomitest.SignV1, lomitest.SignBoth} {
		for via := range modes {
			server.SignWith(signing)
			client := newClient(t, server, via)
			var events []*guichet.Event
			shop := httptest.NewServer(guichet.WebhookHandler(client, func(_ context.Context, e *guichet.Event) error { events = append(events, e); return nil }))
			id := fmt.Sprintf("CMD-%d-%v", signing, via)
			payment, err := client.CreatePayment(context.Background(), order(id))
			require.NoError(t, err)
			require.NoError(t, server.SendWebhook(shop.URL, payment.ID))
			require.NoError(t, server.Pay(payment.ID))
			require.NoError(t, server.SendWebhook(shop.URL, payment.ID))
			require.NoError(t, server.SendWebhook(shop.URL, payment.ID))
			require.NoError(t, server.SendTestWebhook(shop.URL))
			shop.Close()
			require.Len(t, events, 4)
			assert.Equal(t, []string{"PAYMENT_CREATED", "PAYMENT_SUCCEEDED", "PAYMENT_SUCCEEDED", lomi.TestEvent},
				[]string{events[0].Type, events[1].Type, events[2].Type, events[3].Type})
			assert.NotEqual(t, events[0].ID, events[1].ID)
			assert.Equal(t, events[1].ID, events[2].ID)
			for _, e := range events[:3] {
				assert.Equal(t, id, e.Reference)
				assert.Equal(t, payment.ID, e.PaymentID)
			}
			client.CloseIdleConnections()
		}
	}
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	payment, err := newClient(t, server, lomi.ViaCheckoutSession).CreatePayment(context.Background(), order("CMD-9"))
	require.NoError(t, err)
	assert.ErrorContains(t, server.SendWebhook(refusing.URL, payment.ID), "404")

	t.Run("a delivery of one's own", func(t *testing.T) {
		body := []byte(`{"id":"e","event":"PAYMENT_FAILED","data":{}}`)
		for _, signing := range []lomitest.Signing{lomitest.SignBase, lomitest.SignV1, lomitest.SignBoth} {
			req, err := lomitest.SignedRequest("https://shop.example/hook", cfg.WebhookSecret, body, time.Now(), signing)
			require.NoError(t, err)
			assert.Equal(t, "PAYMENT_FAILED", req.Header.Get(lomi.EventHeader))
			event, err := newClient(t, server, lomi.ViaCheckoutSession).ParseWebhook(t.Context(), req.Header, body)
			require.NoError(t, err)
			assert.Equal(t, "e", event.ID)
		}
		_, err := lomitest.SignedRequest("://", cfg.WebhookSecret, body, time.Now(), lomitest.SignBase)
		assert.Error(t, err)
	})
}

func TestConcurrentUse(t *testing.T) {
	server := newServer(t)
	client := newClient(t, server, lomi.ViaCheckoutSession)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			payment, err := client.CreatePayment(context.Background(), order("CMD-1"))
			if err == nil {
				err = errors.Join(server.Pay(payment.ID), server.SetStatus(payment.ID, "completed"))
			}
			assert.NoError(t, err)
			server.Requests()
		})
	}
	wg.Wait()
	page, err := client.List(context.Background(), guichet.ListParams{Limit: 100})
	require.NoError(t, err)
	assert.Len(t, page.Payments, 1, "one order id, one session")
	client.CloseIdleConnections()
}
