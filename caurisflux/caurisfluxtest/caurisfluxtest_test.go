package caurisfluxtest_test

import (
	"context"
	"encoding/json"
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
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const keys = "pk_test_abc:sk_test_def"

func start(t *testing.T) *caurisfluxtest.Server {
	t.Helper()
	server := caurisfluxtest.NewServer()
	t.Cleanup(server.Close)
	return server
}

func connect(t *testing.T, server *caurisfluxtest.Server, opts ...guichet.Option) *caurisflux.Client {
	t.Helper()
	client, err := caurisflux.New(server.Config(), append(server.Options(), opts...)...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func francs(orderID string, amount int64) guichet.PaymentRequest {
	return guichet.PaymentRequest{
		Reference: orderID, Amount: guichet.NewMoney(amount, guichet.XOF),
		SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/ko",
	}
}

// plain is a client in any other language: no SDK.
type plain struct {
	t    *testing.T
	base string
}

func (p plain) send(method, path, body string, pairs ...string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, strings.NewReader(body))
	require.NoError(p.t, err)
	req.Header.Set("X-API-Key", keys)
	for i := 0; i < len(pairs); i += 2 {
		req.Header.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			req.Header.Del(pairs[i])
		}
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	require.NoError(p.t, err)
	return res.StatusCode, strings.TrimSpace(string(answer))
}

const checkoutBody = `{"type":"checkout","amount":5000,"externalReference":"ORDER-001"}`

func TestWithoutTheSDK(t *testing.T) {
	server := start(t)
	p := plain{t, server.URL + "/api/v1"}

	status, body := p.send("POST", "/payments/initiate", checkoutBody)
	assert.Equal(t, 200, status)
	var answer struct {
		Success bool
		Data    map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	assert.True(t, answer.Success)
	assert.Equal(t, "TX000007272", answer.Data["transactionId"])
	assert.Equal(t, "pending", answer.Data["status"])
	assert.Equal(t, float64(5000), answer.Data["amount"])
	assert.Equal(t, "XOF", answer.Data["currency"], "the default")
	assert.Equal(t, server.URL+"/c/~TX000007272", answer.Data["redirectUrl"])
	assert.NotContains(t, answer.Data, "externalReference", "the pages do not show it")
	_, err := time.Parse(time.RFC3339, answer.Data["createdAt"].(string))
	require.NoError(t, err)

	t.Run("auth", func(t *testing.T) {
		p := plain{t, p.base}
		for name, c := range map[string]struct {
			pairs  []string
			status int
		}{
			"X-API-Key":              {nil, 200},
			"bearer":                 {[]string{"X-API-Key", "", "Authorization", "Bearer " + keys}, 200},
			"both":                   {[]string{"Authorization", "Bearer " + keys}, 401},
			"none":                   {[]string{"X-API-Key", ""}, 401},
			"the public half alone":  {[]string{"X-API-Key", "pk_test_abc"}, 401},
			"another key":            {[]string{"X-API-Key", "pk_test_abc:sk_test_xyz"}, 401},
			"bearer of another form": {[]string{"X-API-Key", "", "Authorization", keys}, 401},
		} {
			status, body := p.send("GET", "/payments/balance", "", c.pairs...)
			assert.Equal(t, c.status, status, name)
			if status == 401 {
				assert.JSONEq(t, `{"statusCode":401,"message":"Clés API manquantes ou invalides","error":"Unauthorized"}`, body, name)
			}
		}
		for _, path := range []string{"/payments/providers", "/countries/active", "/health"} {
			status, _ := p.send("GET", path, "", "X-API-Key", "")
			assert.Equal(t, 200, status, path)
		}
	})

	t.Run("bodies are checked", func(t *testing.T) {
		p := plain{t, p.base}
		direct := `{"type":"direct","provider":"wave","country":"SN","customerPhone":"+221771234567","amount":5000,"externalReference":"R"}`
		status, _ := p.send("POST", "/payments/initiate", direct)
		assert.Equal(t, 200, status)
		for name, c := range map[string]struct{ body, message string }{
			"empty":             {``, "one JSON object"},
			"an array":          {`[]`, "one JSON object"},
			"two amounts":       {`{"amount":1,"amount":2}`, "one JSON object"},
			"no type":           {`{"amount":5000,"externalReference":"R"}`, "type"},
			"another type":      {strings.Replace(direct, `"direct"`, `"link"`, 1), "type"},
			"no reference":      {`{"type":"checkout","amount":5000}`, "externalReference"},
			"empty reference":   {`{"type":"checkout","amount":5000,"externalReference":""}`, "externalReference"},
			"null description":  {`{"type":"checkout","amount":5000,"externalReference":"R","description":null}`, "description"},
			"no amount":         {`{"type":"checkout","externalReference":"R"}`, "amount"},
			"quoted amount":     {strings.Replace(direct, "5000", `"5000"`, 1), "amount"},
			"amount 0":          {strings.Replace(direct, "5000", `0.00`, 1), "amount"},
			"amount below 0":    {strings.Replace(direct, "5000", `-1`, 1), "amount"},
			"amount 5e3":        {strings.Replace(direct, "5000", `5e3`, 1), "amount"},
			"amount 100":        {strings.Replace(direct, "5000", `100`, 1), "Le montant doit être supérieur à 100 XOF"},
			"direct, no phone":  {strings.Replace(direct, `"customerPhone":"+221771234567",`, "", 1), "customerPhone"},
			"direct, bad phone": {strings.Replace(direct, "+221771234567", "771234567", 1), "Numéro de téléphone invalide"},
			"direct, nowhere":   {strings.Replace(direct, `"country":"SN",`, "", 1), "country"},
			"direct, by nobody": {strings.Replace(direct, `"provider":"wave",`, "", 1), "provider"},
		} {
			status, body := p.send("POST", "/payments/initiate", c.body)
			assert.Equal(t, 400, status, name)
			assert.Contains(t, body, c.message, name)
			assert.Contains(t, body, `"error":"Bad Request"`, name)
		}
	})

	t.Run("what is not there", func(t *testing.T) {
		p := plain{t, p.base}
		for _, path := range []string{"/payments/status/TX999", "/payments/status/", "/nowhere", "/payments/initiate"} {
			status, _ := p.send("GET", path, "")
			assert.Equal(t, 404, status, path)
		}
		status, _ := p.send("GET", "/payments?limit=101", "")
		assert.Equal(t, 400, status)
	})

	t.Run("requests are kept", func(t *testing.T) {
		first := server.Requests()[0]
		assert.Equal(t, "POST /api/v1/payments/initiate", first.Method+" "+first.Path)
		assert.Equal(t, checkoutBody, string(first.Body))
		assert.Equal(t, keys, first.Header.Get("X-API-Key"))
	})
}

func TestIdempotency(t *testing.T) {
	server := start(t)
	p := plain{t, server.URL + "/api/v1"}
	_, first := p.send("POST", "/payments/initiate", checkoutBody, "X-Idempotency-Key", "K1")
	require.NoError(t, server.Pay("TX000007272"))
	_, again := p.send("POST", "/payments/initiate", checkoutBody, "X-Idempotency-Key", "K1")
	assert.Equal(t, first, again, "the first answer, as it was")
	status, _ := p.send("POST", "/payments/initiate", strings.Replace(checkoutBody, "5000", "6000", 1), "X-Idempotency-Key", "K1")
	assert.Equal(t, 409, status)
	_, other := p.send("POST", "/payments/initiate", checkoutBody, "X-Idempotency-Key", "K2")
	assert.Contains(t, other, "TX000007273")
	_, keyless := p.send("POST", "/payments/initiate", checkoutBody)
	assert.Contains(t, keyless, "TX000007274", "without a key nothing is guarded")

	t.Run("the same key at once makes one payment", func(t *testing.T) {
		client := connect(t, server)
		ids := make([]string, 20)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				payment, err := client.CreatePayment(t.Context(), francs("ORDER-X", 700))
				if assert.NoError(t, err) {
					ids[i] = payment.ID
				}
			})
		}
		wg.Wait()
		for _, id := range ids {
			assert.Equal(t, ids[0], id)
		}
	})
}

func TestPaymentsThroughTheClient(t *testing.T) {
	price := guichet.NewMoney(5000, guichet.XOF)
	ways := map[string]func(*caurisfluxtest.Server){
		"as documented":     func(*caurisfluxtest.Server) {},
		"bare":              func(s *caurisfluxtest.Server) { s.Envelope(caurisfluxtest.EnvelopeBare) },
		"in success":        func(s *caurisfluxtest.Server) { s.Envelope(caurisfluxtest.EnvelopeSuccess) },
		"nested":            func(s *caurisfluxtest.Server) { s.Envelope(caurisfluxtest.EnvelopeNested) },
		"paid is completed": func(s *caurisfluxtest.Server) { s.PaidWord("completed") },
		"paid is paid":      func(s *caurisfluxtest.Server) { s.PaidWord("paid") },
		"with rate headers": func(s *caurisfluxtest.Server) {
			s.Rate(caurisfluxtest.Rate{Limit: "100", Remaining: "95", Reset: "1705312800"})
		},
	}
	for name, set := range ways {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			set(server)
			client := connect(t, server)
			for i := range 5 {
				created, err := client.CreatePayment(t.Context(), francs(fmt.Sprintf("ORDER-%d", i), 5000))
				require.NoError(t, err)
				assert.Equal(t, guichet.StatusPending, created.Status)
				assert.False(t, created.ExpiresAt.IsZero())
			}
			require.NoError(t, server.Pay("TX000007272"))
			require.NoError(t, server.Fail("TX000007273"))
			require.NoError(t, server.SetStatus("TX000007274", "on_hold"))
			for id, want := range map[string]guichet.Status{
				"TX000007272": guichet.StatusSucceeded, "TX000007273": guichet.StatusFailed,
				"TX000007274": guichet.StatusUnknown, "TX000007275": guichet.StatusPending,
			} {
				payment, err := client.GetStatus(t.Context(), id)
				require.NoError(t, err)
				assert.Equal(t, want, payment.Status)
				assert.Equal(t, price, payment.Amount)
				assert.Empty(t, payment.Reference)
			}
			var listed []string
			for payment, err := range guichet.All(t.Context(), client, guichet.ListParams{Limit: 2}) {
				require.NoError(t, err)
				listed = append(listed, payment.ID)
			}
			assert.Equal(t, []string{"TX000007272", "TX000007273", "TX000007274", "TX000007275", "TX000007276"}, listed)
		})
	}

	t.Run("a bare array says nothing of further pages", func(t *testing.T) {
		server := start(t)
		server.Envelope(caurisfluxtest.EnvelopeBareArray)
		client := connect(t, server)
		_, err := client.CreatePayment(t.Context(), francs("ORDER-1", 5000))
		require.NoError(t, err)
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.NoError(t, err)
		assert.Len(t, page.Payments, 1)
		assert.Empty(t, page.Next)
	})

	t.Run("the order in answers", func(t *testing.T) {
		server := start(t)
		server.EchoReference(true)
		client := connect(t, server)
		payment, err := client.CreatePayment(t.Context(), francs("ORDER-1", 5000))
		require.NoError(t, err)
		payment, err = client.GetStatus(t.Context(), payment.ID)
		require.NoError(t, err)
		assert.Equal(t, "ORDER-1", payment.Reference)
	})

	t.Run("bearer, and the other list path", func(t *testing.T) {
		server := start(t)
		server.ListPath("/transactions")
		client := connect(t, server)
		_, err := client.List(t.Context(), guichet.ListParams{})
		require.ErrorIs(t, err, guichet.ErrNotFound)

		cfg := server.Config()
		cfg.Bearer, cfg.ListPath = true, "/transactions"
		client, err = caurisflux.New(cfg, server.Options()...)
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		_, err = client.List(t.Context(), guichet.ListParams{})
		require.NoError(t, err)
	})

	t.Run("without keys", func(t *testing.T) {
		server := start(t)
		client, err := caurisflux.New(caurisflux.Config{}, server.Options()...)
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		for _, ask := range []func() (*caurisflux.Document, error){
			func() (*caurisflux.Document, error) { return client.Providers(t.Context(), nil) },
			func() (*caurisflux.Document, error) { return client.Countries(t.Context()) },
		} {
			document, err := ask()
			require.NoError(t, err)
			var items []struct{ Code string }
			require.NoError(t, document.Decode(&items))
			assert.NotEmpty(t, items[0].Code)
		}
		require.NoError(t, client.Health(t.Context()))
	})

	t.Run("euros, to the cent", func(t *testing.T) {
		server := start(t)
		client := connect(t, server)
		want := guichet.NewMoney(9007199254740993, guichet.EUR)
		payment, err := client.CreatePayment(t.Context(), guichet.PaymentRequest{Reference: "E", Amount: want})
		require.NoError(t, err)
		assert.Equal(t, want, payment.Amount)
	})

	t.Run("unknown ids", func(t *testing.T) {
		server := start(t)
		for _, err := range []error{server.Pay("TX1"), server.Fail("TX1"), server.SetStatus("TX1", "paid"), server.SendWebhook(server.URL, "TX1")} {
			assert.ErrorContains(t, err, "TX1")
		}
	})
}

func TestRefusals(t *testing.T) {
	server := start(t)
	client := connect(t, server)
	balance := caurisfluxtest.Refusal{Status: 422, Code: "insufficient_funds", Message: "Solde insuffisant"}
	create := func() *guichet.Error {
		_, err := client.CreatePayment(t.Context(), francs("ORDER-1", 5000))
		var e *guichet.Error
		require.ErrorAs(t, err, &e)
		return e
	}
	for place, want := range map[caurisfluxtest.CodePlace]error{
		caurisfluxtest.CodeNowhere: guichet.ErrInvalidRequest, caurisfluxtest.CodeInCode: guichet.ErrDeclined,
		caurisfluxtest.CodeInErrorCode: guichet.ErrDeclined, caurisfluxtest.CodeInError: guichet.ErrDeclined,
	} {
		server.CodePlace(place)
		for _, listed := range []bool{false, true} {
			server.ListMessages(listed)
			server.RefuseNext(balance)
			e := create()
			assert.Equal(t, want, e.Kind, place)
			assert.Equal(t, "Solde insuffisant", e.Message)
			assert.Equal(t, 422, e.HTTPStatus)
		}
	}
	server.CodePlace(caurisfluxtest.CodeInCode)
	server.RefuseNext(caurisfluxtest.Refusal{Status: 200, Code: "limit_exceeded", Message: "Plafond"})
	assert.Equal(t, guichet.ErrDeclined, create().Kind, "success:false")

	server.Rate(caurisfluxtest.Rate{Limit: "100", Remaining: "0", Reset: fmt.Sprint(time.Now().Add(time.Minute).Unix())})
	server.RefuseNext(caurisfluxtest.Refusal{Status: 429, Message: "Trop de requêtes"})
	e := create()
	assert.Equal(t, guichet.ErrRateLimited, e.Kind)
	assert.Greater(t, e.RetryAfter, 50*time.Second)
	var limit *caurisflux.RateLimitError
	require.ErrorAs(t, e, &limit)
	assert.Zero(t, limit.Remaining)
	payment, err := client.CreatePayment(t.Context(), francs("ORDER-1", 5000))
	require.NoError(t, err, "the next one is not refused")
	assert.Equal(t, "TX000007272", payment.ID, "and nothing was made before")
}

func TestNetwork(t *testing.T) {
	for name, c := range map[string]struct {
		fault     caurisfluxtest.Fault
		kind      error
		committed bool
	}{
		"commit, then 500":  {caurisfluxtest.CommitThen500, guichet.ErrUnavailable, true},
		"commit, then 503":  {caurisfluxtest.CommitThen503, guichet.ErrUnavailable, true},
		"commit, then hang": {caurisfluxtest.CommitThenHang, guichet.ErrUnavailable, true},
		"commit, then cut":  {caurisfluxtest.CommitThenCut, guichet.ErrUnavailable, true},
		"oversized":         {caurisfluxtest.Oversized, guichet.ErrBadResponse, true},
		"502":               {caurisfluxtest.HTML502, guichet.ErrUnavailable, false},
		"503":               {caurisfluxtest.Status503, guichet.ErrUnavailable, false},
		"redirect":          {caurisfluxtest.RedirectElsewhere, guichet.ErrBadResponse, false},
		"empty":             {caurisfluxtest.EmptyOK, guichet.ErrBadResponse, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			client := connect(t, server, guichet.WithMaxRetries(0), guichet.WithTimeout(300*time.Millisecond))
			server.FailNext(c.fault)
			_, err := client.CreatePayment(t.Context(), francs("ORDER-1", 5000))
			require.ErrorIs(t, err, c.kind)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Zero(t, server.Elsewhere())

			page, err := client.List(t.Context(), guichet.ListParams{})
			require.NoError(t, err)
			assert.Equal(t, c.committed, len(page.Payments) == 1)

			payment, err := client.CreatePayment(t.Context(), francs("ORDER-1", 5000))
			require.NoError(t, err)
			assert.Equal(t, "TX000007272", payment.ID, "one payment, whatever happened")
		})
	}

	t.Run("429", func(t *testing.T) {
		server := start(t)
		client := connect(t, server, guichet.WithMaxRetries(0))
		server.FailNext(caurisfluxtest.RateLimited)
		_, err := client.CreatePayment(t.Context(), francs("ORDER-1", 5000))
		require.ErrorIs(t, err, guichet.ErrRateLimited)
		require.NotErrorIs(t, err, guichet.ErrUnknownOutcome)
	})

	t.Run("slow", func(t *testing.T) {
		server := start(t)
		client := connect(t, server, guichet.WithMaxRetries(0), guichet.WithTimeout(50*time.Millisecond))
		server.Delay(time.Minute)
		_, err := client.GetStatus(t.Context(), "TX000007272")
		require.ErrorIs(t, err, guichet.ErrUnavailable)
		server.Delay(0)
		_, err = client.GetStatus(t.Context(), "TX000007272")
		require.ErrorIs(t, err, guichet.ErrNotFound)
	})
}

func TestPayouts(t *testing.T) {
	server := start(t)
	client := connect(t, server)
	req := caurisflux.PayoutRequest{
		QuoteID: "QT000001", ExternalReference: "PAYOUT-001",
		Recipient: caurisflux.Recipient{Phone: "+221770000000", FirstName: "Awa", LastName: "Essai"},
	}
	_, err := client.InitiatePayout(t.Context(), req)
	require.ErrorIs(t, err, guichet.ErrInvalidRequest, "there is no such quote yet")
	_, err = client.QuotePayout(t.Context(), map[string]any{"amount": 10000})
	require.NoError(t, err)

	for _, envelope := range []caurisfluxtest.Envelope{caurisfluxtest.EnvelopeDocumented, caurisfluxtest.EnvelopeSuccess} {
		server.Envelope(envelope)
		payout, err := client.InitiatePayout(t.Context(), req)
		require.NoError(t, err)
		assert.Len(t, payout.ID, 16)
		assert.Equal(t, guichet.StatusPending, payout.Status)
		assert.Equal(t, "Awa Essai", payout.Recipient.Name)
		assert.Equal(t, "wave", payout.MobileProvider)

		payout, err = client.PayoutStatus(t.Context(), payout.ID)
		require.NoError(t, err)
		assert.Equal(t, "payout", payout.Type)
		assert.Empty(t, payout.ProviderReference)
		require.NoError(t, server.Fail(payout.ID))
		payout, err = client.PayoutStatus(t.Context(), payout.ID)
		require.NoError(t, err, "a failed payout is a result")
		assert.Equal(t, guichet.StatusFailed, payout.Status)
		assert.NotEmpty(t, payout.ErrorCode)
		require.NoError(t, server.Pay(payout.ID))
		payout, err = client.PayoutStatus(t.Context(), payout.ID)
		require.NoError(t, err)
		assert.Equal(t, "completed", payout.ProviderStatus)
		assert.Empty(t, payout.ErrorCode)
		assert.False(t, payout.CompletedAt.IsZero())

		_, err = client.GetStatus(t.Context(), payout.ID)
		require.ErrorIs(t, err, guichet.ErrBadResponse, "a payout is not a payment")
	}
}

func TestWebhooks(t *testing.T) {
	server := start(t)
	client := connect(t, server)
	lenient := server.Config()
	lenient.AcceptBodyOnlySignature = true
	legacy, err := caurisflux.New(lenient)
	require.NoError(t, err)

	var mu sync.Mutex
	var events []*guichet.Event
	receiver := func(parser guichet.WebhookParser) string {
		shop := httptest.NewServer(guichet.WebhookHandler(parser, func(_ context.Context, event *guichet.Event) error {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, event)
			return nil
		}))
		t.Cleanup(shop.Close)
		return shop.URL
	}
	strictURL, legacyURL := receiver(client), receiver(legacy)

	payment, err := client.CreatePayment(t.Context(), francs("ORDER-1", 5000))
	require.NoError(t, err)
	for word, event := range map[string]string{
		"pending": "payment.pending", "success": "payment.success", "failed": "payment.failed",
		"cancelled": "payment.cancelled", "expired": "payment.expired", "on_hold": "payment.on_hold",
	} {
		require.NoError(t, server.SetStatus(payment.ID, word))
		require.NoError(t, server.SendWebhook(strictURL, payment.ID))
		last := events[len(events)-1]
		assert.Equal(t, event, last.Type)
		assert.Equal(t, "ORDER-1", last.Reference)
		assert.Equal(t, payment.ID, last.PaymentID)
	}

	server.WebhookForm(caurisfluxtest.WebhookLegacyHeaders)
	require.NoError(t, server.SendWebhook(strictURL, payment.ID))
	server.WebhookForm(caurisfluxtest.WebhookLegacy)
	require.ErrorContains(t, server.SendWebhook(strictURL, payment.ID), "401")
	require.NoError(t, server.SendWebhook(legacyURL, payment.ID))
	require.Error(t, server.SendWebhook("http://127.0.0.1:1", payment.ID))

	t.Run("SignedRequest", func(t *testing.T) {
		body := []byte(`{"event":"payment.success","data":{"transactionId":"T"}}`)
		for at, want := range map[time.Time]error{time.Now(): nil, time.Now().Add(-time.Hour): guichet.ErrUntrusted} {
			req, err := caurisfluxtest.SignedRequest("https://shop.example/hook", server.Config().WebhookSecret, body, at)
			require.NoError(t, err)
			sent, err := io.ReadAll(req.Body)
			require.NoError(t, err)
			_, err = client.ParseWebhook(t.Context(), req.Header, sent)
			assert.ErrorIs(t, err, want)
		}
		req, err := caurisfluxtest.SignedRequest("https://shop.example/hook", "whsec_of_somebody_else", body, time.Now())
		require.NoError(t, err)
		_, err = client.ParseWebhook(t.Context(), req.Header, body)
		require.ErrorIs(t, err, guichet.ErrUntrusted)
		_, err = caurisfluxtest.SignedRequest(":", "x", body, time.Now())
		require.Error(t, err)
	})
}

func TestCheckoutPage(t *testing.T) {
	server := start(t)
	client := connect(t, server)
	for choice, want := range map[string]struct {
		status guichet.Status
		text   string
		back   string
	}{
		"payer":   {guichet.StatusSucceeded, "Paiement réussi", "https://shop.example/ok"},
		"refuser": {guichet.StatusFailed, "Paiement refusé", "https://shop.example/ko"},
	} {
		t.Run(choice, func(t *testing.T) {
			payment, err := client.CreatePayment(t.Context(), francs("ORDER-"+choice, 5000))
			require.NoError(t, err)
			page := plain{t, payment.CheckoutURL}
			status, body := page.send("GET", "", "")
			assert.Equal(t, 200, status)
			for _, text := range []string{"5000 XOF", "ORDER-" + choice, "Payer", "Refuser", `lang="fr"`} {
				assert.Contains(t, body, text)
			}
			form := func(choice string) (int, string) {
				return page.send("POST", "", url.Values{"choix": {choice}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
			}
			status, _ = form("autre")
			assert.Equal(t, 400, status)
			status, body = form(choice)
			assert.Equal(t, 200, status)
			assert.Contains(t, body, want.text)
			assert.Contains(t, body, `href="`+want.back+`"`)
			_, body = form(map[string]string{"payer": "refuser", "refuser": "payer"}[choice])
			assert.Contains(t, body, want.text, "what has ended stays")
			payment, err = client.GetStatus(t.Context(), payment.ID)
			require.NoError(t, err)
			assert.Equal(t, want.status, payment.Status)
		})
	}
	page := plain{t, server.URL}
	for _, path := range []string{"/", "/c/~TX999", "/c/TX000007272"} {
		status, _ := page.send("GET", path, "")
		assert.Equal(t, 404, status, path)
	}
	status, _ := page.send("DELETE", "/c/~TX000007272", "")
	assert.Equal(t, 405, status)
}

func TestMountedElsewhere(t *testing.T) {
	server := start(t)
	other := httptest.NewServer(server)
	defer other.Close()
	client, err := caurisflux.New(server.Config(), guichet.WithBaseURL(other.URL+"/api/v1"))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	payment, err := client.CreatePayment(t.Context(), francs("ORDER-1", 5000))
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(payment.CheckoutURL, other.URL+"/"), payment.CheckoutURL)
	status, _ := plain{t, payment.CheckoutURL}.send("GET", "", "")
	assert.Equal(t, 200, status)
}
