package caurisflux_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
)

const directBody = `{"type":"direct","provider":"wave","amount":5000,"currency":"XOF","country":"SN","customerPhone":"+221771234567","externalReference":"ORDER-001"}`

func TestInitiateOnTheWire(t *testing.T) {
	answer := fixture(t, "payment.json")

	t.Run("C1: direct", func(t *testing.T) {
		client, m := answering(t, 200, answer)
		_, err := client.Initiate(t.Context(), direct())
		require.NoError(t, err)
		r := m.One(t)
		assert.Equal(t, "POST", r.Method)
		assert.Equal(t, "/api/v1/payments/initiate", r.URL.RequestURI())
		assert.Equal(t, []string{"pk_test_abc:sk_test_def"}, r.Header.Values("X-API-Key"))
		assert.Equal(t, []string{"application/json"}, r.Header.Values("Content-Type"))
		assert.Equal(t, []string{"application/json"}, r.Header.Values("Accept"))
		for _, name := range []string{"Authorization", "X-API-Version", "X-Idempotency-Key", "Idempotency-Key"} {
			assert.Empty(t, r.Header.Values(name), name)
		}
		assert.JSONEq(t, directBody, r.Body)
	})

	t.Run("C2: Bearer mode", func(t *testing.T) {
		cfg := config()
		cfg.Bearer = true
		client, m := newMock(t, cfg, nil, httpmock.NewStringResponder(200, answer))
		_, err := client.Initiate(t.Context(), direct())
		require.NoError(t, err)
		assert.Equal(t, []string{"Bearer pk_test_abc:sk_test_def"}, m.One(t).Header.Values("Authorization"))
		assert.Empty(t, m.One(t).Header.Values("X-API-Key"))
		assert.JSONEq(t, directBody, m.One(t).Body)
	})

	t.Run("C3: idempotency key", func(t *testing.T) {
		client, m := answering(t, 200, answer)
		req := direct()
		req.IdempotencyKey = "ORDER-12345"
		_, err := client.Initiate(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, []string{"ORDER-12345"}, m.One(t).Header.Values("X-Idempotency-Key"))
		assert.Empty(t, m.One(t).Header.Values("Idempotency-Key"))
		assert.JSONEq(t, directBody, m.One(t).Body, "the key is not in the body")
	})

	t.Run("C4: checkout leaves out what is not set", func(t *testing.T) {
		client, m := answering(t, 200, answer)
		_, err := client.Initiate(t.Context(), caurisflux.InitiateRequest{Type: caurisflux.TypeCheckout, Amount: "25000", ExternalReference: order})
		require.NoError(t, err)
		assert.JSONEq(t, `{"type":"checkout","amount":25000,"currency":"XOF","externalReference":"ORDER-001"}`, m.One(t).Body)
	})

	t.Run("C5: metadata of any form, UTF-8", func(t *testing.T) {
		client, m := answering(t, 200, answer)
		req := direct()
		req.Description = "Panier #1 & <b> — é"
		req.Metadata = map[string]any{"orderId": "12345", "n": 7, "nested": map[string]any{"a": []int{1, 2}}}
		_, err := client.Initiate(t.Context(), req)
		require.NoError(t, err)
		body := decoded(t, m.One(t).Body)
		assert.Equal(t, "Panier #1 & <b> — é", body["description"])
		assert.Equal(t, map[string]any{
			"orderId": "12345", "n": json.Number("7"),
			"nested": map[string]any{"a": []any{json.Number("1"), json.Number("2")}},
		}, body["metadata"])
	})

	t.Run("every field has its member", func(t *testing.T) {
		client, m := answering(t, 200, answer)
		req := direct()
		req.CustomerName, req.CustomerEmail, req.Description = "Awa Essai", "awa@shop.example", "Panier"
		req.CallbackURL, req.ReturnURL, req.CancelURL = "https://shop.example/hook", "https://shop.example/ok", "https://shop.example/ko"
		req.Extra = map[string]any{"otp": "123456", "exact": guichet.Number("0.10")}
		_, err := client.Initiate(t.Context(), req)
		require.NoError(t, err)
		assert.JSONEq(t, strings.TrimSuffix(directBody, "}")+`,"customerName":"Awa Essai","customerEmail":"awa@shop.example","description":"Panier",
			"callbackUrl":"https://shop.example/hook","returnUrl":"https://shop.example/ok","cancelUrl":"https://shop.example/ko","otp":"123456","exact":0.10}`, m.One(t).Body)
		assert.Contains(t, m.One(t).Body, `"exact":0.10`, "digit for digit")
	})

	for name, c := range map[string]struct {
		amount   guichet.Number
		currency guichet.Currency
		wire     string
	}{
		"whole francs":              {"5000", "XOF", "5000"},
		"written with a zero":       {"5000.0", "XOF", "5000"},
		"written with an exponent":  {"5e3", "XOF", "5000"},
		"cents":                     {"12.5", "EUR", "12.50"},
		"whole euros":               {"12.00", "EUR", "12"},
		"one cent":                  {"0.01", "USD", "0.01"},
		"beyond what a float holds": {"90071992547409.93", "EUR", "90071992547409.93"},
		"the largest":               {"9223372036854775807", "XOF", "9223372036854775807"},
	} {
		t.Run("amount: "+name, func(t *testing.T) {
			client, m := answering(t, 200, answer)
			req := direct()
			req.Amount, req.Currency = c.amount, c.currency
			_, err := client.Initiate(t.Context(), req)
			require.NoError(t, err)
			assert.Contains(t, m.One(t).Body, `"amount":`+c.wire+",")
		})
	}

	t.Run("X-API-Version is an opt-in", func(t *testing.T) {
		cfg := config()
		cfg.APIVersion = "2026-01-01"
		client, m := newMock(t, cfg, nil, httpmock.NewStringResponder(200, answer))
		_, err := client.Status(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, []string{"2026-01-01"}, m.One(t).Header.Values("X-API-Version"))
	})
}

func decoded(t *testing.T, body string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	var v map[string]any
	require.NoError(t, d.Decode(&v))
	return v
}

func TestCreatePaymentOnTheWire(t *testing.T) {
	full := guichet.PaymentRequest{
		Reference: order, Amount: guichet.NewMoney(5000, guichet.XOF), Description: "Panier",
		Customer:   guichet.Customer{FirstName: "Awa", LastName: "Essai", Email: "awa@shop.example", Phone: "+221770000000"},
		SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/ko", CallbackURL: "https://shop.example/hook",
		Metadata: map[string]string{"panier": "7"},
	}
	const common = `"amount":5000,"currency":"XOF","externalReference":"ORDER-001","customerName":"Awa Essai","customerEmail":"awa@shop.example",
		"description":"Panier","callbackUrl":"https://shop.example/hook","returnUrl":"https://shop.example/ok","cancelUrl":"https://shop.example/ko","metadata":{"panier":"7"}`
	onPhone := full
	onPhone.MobileMoney = &guichet.MobileMoney{Phone: phone, Country: "SN", Operator: "wave"}

	for name, c := range map[string]struct {
		req  guichet.PaymentRequest
		want string
	}{
		"hosted: the customer's phone pre-fills": {full, `{"type":"checkout","customerPhone":"+221770000000",` + common + `}`},
		"direct: the prompt goes to MobileMoney": {onPhone, `{"type":"direct","provider":"wave","country":"SN","customerPhone":"+221771234567",` + common + `}`},
		"nothing but the order":                  {francs(5000), `{"type":"checkout","amount":5000,"currency":"XOF","externalReference":"ORDER-001"}`},
	} {
		t.Run(name, func(t *testing.T) {
			client, m := answering(t, 200, fixture(t, "payment.json"))
			payment, err := client.CreatePayment(t.Context(), c.req)
			require.NoError(t, err)
			assert.Equal(t, order, payment.Reference)
			assert.JSONEq(t, c.want, m.One(t).Body)
			assert.Equal(t, []string{order}, m.One(t).Header.Values("X-Idempotency-Key"), "the order id")
		})
	}

	t.Run("the caller's idempotency key wins", func(t *testing.T) {
		client, m := answering(t, 200, fixture(t, "payment.json"))
		req := francs(5000)
		req.IdempotencyKey = "attempt-2"
		_, err := client.CreatePayment(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, []string{"attempt-2"}, m.One(t).Header.Values("X-Idempotency-Key"))
	})

	t.Run("minor units become major ones", func(t *testing.T) {
		client, m := answering(t, 200, strings.NewReplacer("5000", "12.5", "XOF", "EUR").Replace(fixture(t, "payment.json")))
		payment, err := client.CreatePayment(t.Context(), guichet.PaymentRequest{Reference: order, Amount: guichet.NewMoney(1250, guichet.EUR)})
		require.NoError(t, err)
		assert.Contains(t, m.One(t).Body, `"amount":12.50,`)
		assert.Equal(t, guichet.NewMoney(1250, guichet.EUR), payment.Amount)
	})
}

func TestReadsOnTheWire(t *testing.T) {
	t.Run("C6: status", func(t *testing.T) {
		client, m := answering(t, 200, fixture(t, "payment.json"))
		_, err := client.Status(t.Context(), id)
		require.NoError(t, err)
		r := m.One(t)
		assert.Equal(t, "GET /api/v1/payments/status/TX000007272", r.Method+" "+r.URL.RequestURI())
		assert.Empty(t, r.Body)
	})

	for given, escaped := range map[string]string{"TRX_1": "TRX_1", "a/b?c": "a%2Fb%3Fc", "é ..%": "%C3%A9%20..%25"} {
		t.Run("an id is one segment: "+given, func(t *testing.T) {
			client, m := answering(t, 200, strings.Replace(fixture(t, "payment.json"), id, given, 1))
			payment, err := client.GetStatus(t.Context(), given)
			require.NoError(t, err)
			assert.Equal(t, given, payment.ID)
			assert.Equal(t, "/api/v1/payments/status/"+escaped, m.One(t).URL.EscapedPath())
			assert.Empty(t, m.One(t).URL.RawQuery)
		})
	}

	t.Run("C8: balance", func(t *testing.T) {
		client, m := answering(t, 200, `{"success":true,"data":{"balance":125000.50,"currency":"XOF"}}`)
		balance, err := client.Balance(t.Context())
		require.NoError(t, err)
		r := m.One(t)
		assert.Equal(t, "GET /api/v1/payments/balance", r.Method+" "+r.URL.RequestURI())
		assert.Equal(t, "pk_test_abc:sk_test_def", r.Header.Get("X-API-Key"))
		var known struct{ Balance guichet.Number }
		require.NoError(t, balance.Decode(&known))
		assert.Equal(t, guichet.Number("125000.50"), known.Balance)
		assert.JSONEq(t, `{"balance":125000.50,"currency":"XOF"}`, string(balance.Raw))
		require.ErrorIs(t, balance.Decode(new([]int)), guichet.ErrBadResponse)
	})

	for name, c := range map[string]struct {
		req  caurisflux.ListRequest
		want url.Values
	}{
		"C10: page and limit":       {caurisflux.ListRequest{Page: 2, Limit: 50}, url.Values{"page": {"2"}, "limit": {"50"}}},
		"C11: neither":              {caurisflux.ListRequest{}, url.Values{}},
		"a filter of the caller's":  {caurisflux.ListRequest{Page: 3, Query: url.Values{"status": {"paid & done"}}}, url.Values{"page": {"3"}, "status": {"paid & done"}}},
		"the largest limit":         {caurisflux.ListRequest{Limit: 100}, url.Values{"limit": {"100"}}},
		"a filter that is repeated": {caurisflux.ListRequest{Query: url.Values{"s": {"a", "b"}}}, url.Values{"s": {"a", "b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			client, m := answering(t, 200, fixture(t, "list.json"))
			_, err := client.ListPayments(t.Context(), c.req)
			require.NoError(t, err)
			assert.Equal(t, "/api/v1/payments", m.One(t).URL.Path)
			assert.Equal(t, c.want, m.One(t).URL.Query())
		})
	}

	t.Run("the list path is a setting", func(t *testing.T) {
		cfg := config()
		cfg.ListPath = "/v2/transactions"
		client, m := newMock(t, cfg, nil, httpmock.NewStringResponder(200, fixture(t, "list.json")))
		_, err := client.List(t.Context(), guichet.ListParams{Limit: 5, Cursor: "7"})
		require.NoError(t, err)
		assert.Equal(t, "/api/v1/v2/transactions?limit=5&page=7", m.One(t).URL.RequestURI())
	})

	t.Run("health: any answer from 200 to 399 is up, whatever its body", func(t *testing.T) {
		for status, up := range map[int]bool{200: true, 204: true, 301: true, 399: true, 404: false, 401: false, 503: false} {
			client, m := newMock(t, config(), []guichet.Option{guichet.WithMaxRetries(0)}, httpmock.NewStringResponder(status, "<html>"))
			assert.Equal(t, up, client.Health(t.Context()) == nil, status)
			assert.Equal(t, "/api/v1/health", m.One(t).URL.Path)
		}
		client, _ := newMock(t, config(), []guichet.Option{guichet.WithMaxRetries(0)}, httpmock.NewErrorResponder(fmt.Errorf("reset")))
		require.ErrorIs(t, client.Health(t.Context()), guichet.ErrUnavailable)
	})
}

func TestWithoutKeys(t *testing.T) {
	none := caurisflux.Config{WebhookSecret: webhookSecret}
	const base = "http://127.0.0.1:8099/api/v1"

	t.Run("C9: public endpoints need no keys", func(t *testing.T) {
		for want, call := range map[string]func(*caurisflux.Client) error{
			"/api/v1/payments/providers?country=SN": func(c *caurisflux.Client) error {
				_, err := c.Providers(t.Context(), url.Values{"country": {"SN"}})
				return err
			},
			"/api/v1/countries/active": func(c *caurisflux.Client) error { _, err := c.Countries(t.Context()); return err },
			"/api/v1/health":           func(c *caurisflux.Client) error { return c.Health(t.Context()) },
			"/api/v1/payments/providers?country=CI": func(c *caurisflux.Client) error {
				return c.Do(t.Context(), http.MethodGet, "/payments/providers?country=CI", nil, nil)
			},
		} {
			client, m := newMock(t, none, []guichet.Option{guichet.WithBaseURL(base)}, httpmock.NewStringResponder(200, `{"success":true,"data":[]}`))
			require.NoError(t, call(client))
			r := m.One(t)
			assert.Equal(t, want, r.URL.RequestURI())
			assert.Empty(t, r.Header.Values("X-API-Key"))
			assert.Empty(t, r.Header.Values("Authorization"))
		}
	})

	t.Run("C9: everything else fails before anything is sent", func(t *testing.T) {
		client, m := newMock(t, none, []guichet.Option{guichet.WithBaseURL(base)}, httpmock.NewStringResponder(200, `{}`))
		ctx := t.Context()
		for name, call := range map[string]func() error{
			"Balance":        func() error { _, err := client.Balance(ctx); return err },
			"Initiate":       func() error { _, err := client.Initiate(ctx, direct()); return err },
			"CreatePayment":  func() error { _, err := client.CreatePayment(ctx, francs(5000)); return err },
			"Status":         func() error { _, err := client.Status(ctx, id); return err },
			"GetStatus":      func() error { _, err := client.GetStatus(ctx, id); return err },
			"List":           func() error { _, err := client.List(ctx, guichet.ListParams{}); return err },
			"ListPayments":   func() error { _, err := client.ListPayments(ctx, caurisflux.ListRequest{}); return err },
			"QuotePayout":    func() error { _, err := client.QuotePayout(ctx, map[string]any{"amount": 1}); return err },
			"InitiatePayout": func() error { _, err := client.InitiatePayout(ctx, payoutRequest()); return err },
			"PayoutStatus":   func() error { _, err := client.PayoutStatus(ctx, id); return err },
			"Do":             func() error { return client.Do(ctx, http.MethodGet, "/payments/balance", nil, nil) },
		} {
			err := call()
			require.ErrorIs(t, err, guichet.ErrUnauthorized, name)
			assert.Equal(t, name, errorOf(t, err).Op)
			assert.False(t, errorOf(t, err).OutcomeUnknown, name)
		}
		require.ErrorIs(t, client.Do(ctx, http.MethodPost, "/payments/providers", nil, nil), guichet.ErrUnauthorized, "only reads are public")
		assert.Empty(t, m.All())
	})

	t.Run("without keys the host is not known", func(t *testing.T) {
		_, err := caurisflux.New(none)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
		assert.Contains(t, err.Error(), "WithBaseURL")
	})
}

func TestHosts(t *testing.T) {
	live := caurisflux.Config{PublicKey: "pk_live_abc", SecretKey: "sk_live_def"}
	for name, c := range map[string]struct {
		cfg  caurisflux.Config
		opts []guichet.Option
		want string
	}{
		"C12: base with trailing slash":                   {config(), []guichet.Option{guichet.WithBaseURL("http://127.0.0.1:8099/api/v1/")}, "http://127.0.0.1:8099/api/v1/payments/balance"},
		"C13: test keys":                                  {config(), nil, "https://sandbox-api.caurisflux.com/api/v1/payments/balance"},
		"C13: live keys":                                  {live, nil, "https://prod-api.caurisflux.com/api/v1/payments/balance"},
		"C13: prefixes in capitals":                       {caurisflux.Config{PublicKey: "PK_LIVE_abc", SecretKey: "SK_LIVE_def"}, nil, "https://prod-api.caurisflux.com/api/v1/payments/balance"},
		"C15: live keys with an overridden base":          {live, []guichet.Option{guichet.WithBaseURL("https://gateway.example/cf")}, "https://gateway.example/cf/payments/balance"},
		"keys of no environment, with an overridden base": {caurisflux.Config{PublicKey: "pk_abc", SecretKey: "sk_def"}, []guichet.Option{guichet.WithBaseURL("https://gateway.example")}, "https://gateway.example/payments/balance"},
	} {
		t.Run(name, func(t *testing.T) {
			client, m := newMock(t, c.cfg, c.opts, httpmock.NewStringResponder(200, `{}`))
			_, err := client.Balance(t.Context())
			require.NoError(t, err)
			assert.Equal(t, c.want, m.One(t).URL.String())
		})
	}
}

func TestNewRefuses(t *testing.T) {
	const public, secret = "pk_test_0pub11c", "sk_test_5ecr3t"
	for name, c := range map[string]struct {
		cfg   caurisflux.Config
		field string
	}{
		"C14: secret empty":                 {caurisflux.Config{PublicKey: public}, "SecretKey"},
		"C14: public empty":                 {caurisflux.Config{SecretKey: secret}, "PublicKey"},
		"C14: a colon in the public half":   {caurisflux.Config{PublicKey: public + ":x", SecretKey: secret}, "PublicKey"},
		"C14: a colon in the secret half":   {caurisflux.Config{PublicKey: public, SecretKey: secret + ":" + public}, "SecretKey"},
		"C14: halves swapped":               {caurisflux.Config{PublicKey: secret, SecretKey: public}, "PublicKey"},
		"C14: the secret twice":             {caurisflux.Config{PublicKey: secret, SecretKey: secret}, "PublicKey"},
		"C14: the public half twice":        {caurisflux.Config{PublicKey: public, SecretKey: public}, "SecretKey"},
		"test and live mixed":               {caurisflux.Config{PublicKey: "pk_live_abc", SecretKey: secret}, "SecretKey"},
		"live and test mixed":               {caurisflux.Config{PublicKey: public, SecretKey: "sk_live_5ecr3t"}, "SecretKey"},
		"test and no environment mixed":     {caurisflux.Config{PublicKey: public, SecretKey: "sk_5ecr3t"}, "SecretKey"},
		"no prefix":                         {caurisflux.Config{PublicKey: "0pub11c", SecretKey: secret}, "PublicKey"},
		"a blank at the end":                {caurisflux.Config{PublicKey: public, SecretKey: secret + " "}, "SecretKey"},
		"a line break":                      {caurisflux.Config{PublicKey: public, SecretKey: secret + "\r\nX-Evil: 1"}, "SecretKey"},
		"a key that is not ASCII":           {caurisflux.Config{PublicKey: public, SecretKey: secret + "é"}, "SecretKey"},
		"a header in the version":           {caurisflux.Config{PublicKey: public, SecretKey: secret, APIVersion: "1\r\nX-Evil: 1"}, "APIVersion"},
		"a list path without slash":         {caurisflux.Config{PublicKey: public, SecretKey: secret, ListPath: "payments"}, "ListPath"},
		"a list path that climbs":           {caurisflux.Config{PublicKey: public, SecretKey: secret, ListPath: "/../x"}, "ListPath"},
		"a list path to another host":       {caurisflux.Config{PublicKey: public, SecretKey: secret, ListPath: "//evil.example"}, "ListPath"},
		"a list path with a query":          {caurisflux.Config{PublicKey: public, SecretKey: secret, ListPath: "/payments?x=1"}, "ListPath"},
		"a list path with a template":       {caurisflux.Config{PublicKey: public, SecretKey: secret, ListPath: "/{id}"}, "ListPath"},
		"a webhook secret that is guessed":  {caurisflux.Config{PublicKey: public, SecretKey: secret, WebhookSecret: "1234"}, "WebhookSecret"},
		"a previous secret without present": {caurisflux.Config{PublicKey: public, SecretKey: secret, PreviousWebhookSecret: webhookSecret}, "WebhookSecret"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := caurisflux.New(c.cfg, guichet.WithBaseURL("http://127.0.0.1:8099"))
			assert.Nil(t, client)
			require.ErrorIs(t, err, guichet.ErrInvalidRequest)
			assert.Contains(t, err.Error(), "Config."+c.field+":")
			if name == "C14: halves swapped" {
				assert.Contains(t, err.Error(), "swapped")
			}
			for _, half := range []string{"5ecr3t", "0pub11c", "Evil"} {
				assert.NotContains(t, err.Error(), half)
			}
		})
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	client, m := silent(t)
	ctx := t.Context()

	initiate := func(change func(*caurisflux.InitiateRequest)) func() error {
		return func() error {
			req := direct()
			change(&req)
			_, err := client.Initiate(ctx, req)
			return err
		}
	}
	create := func(change func(*guichet.PaymentRequest)) func() error {
		return func() error {
			req := francs(5000)
			change(&req)
			_, err := client.CreatePayment(ctx, req)
			return err
		}
	}
	onPhone := func(change func(*guichet.MobileMoney)) func() error {
		return create(func(r *guichet.PaymentRequest) {
			r.MobileMoney = &guichet.MobileMoney{Phone: phone, Country: "SN", Operator: "wave"}
			change(r.MobileMoney)
		})
	}
	payout := func(change func(*caurisflux.PayoutRequest)) func() error {
		return func() error {
			req := payoutRequest()
			change(&req)
			_, err := client.InitiatePayout(ctx, req)
			return err
		}
	}
	status := func(id string) func() error {
		return func() error { _, err := client.Status(ctx, id); return err }
	}
	list := func(req caurisflux.ListRequest) func() error {
		return func() error { _, err := client.ListPayments(ctx, req); return err }
	}
	cursor := func(cursor string) func() error {
		return func() error { _, err := client.List(ctx, guichet.ListParams{Cursor: cursor}); return err }
	}
	type c = struct {
		call  func() error
		field string
	}
	for name, c := range map[string]c{
		"C7: status without id":          {status(""), "id"},
		"C7: status of .":                {status("."), "id"},
		"C7: status of ..":               {status(".."), "id"},
		"C7: status of a control":        {status("TX\n1"), "id"},
		"C7: payout status without id":   {func() error { _, err := client.PayoutStatus(ctx, ""); return err }, "id"},
		"C7: initiate without reference": {initiate(func(r *caurisflux.InitiateRequest) { r.ExternalReference = "" }), "ExternalReference"},
		"C7: initiate without amount":    {initiate(func(r *caurisflux.InitiateRequest) { r.Amount = "" }), "Amount"},
		"C7: create without reference":   {create(func(r *guichet.PaymentRequest) { r.Reference = "" }), "Reference"},
		"C7: create without amount":      {create(func(r *guichet.PaymentRequest) { r.Amount = guichet.Money{} }), "Amount"},
		"C11: limit 101":                 {list(caurisflux.ListRequest{Limit: 101}), "Limit"},
		"C11: limit -1":                  {list(caurisflux.ListRequest{Limit: -1}), "Limit"},
		"C11: portable limit 101":        {func() error { _, err := client.List(ctx, guichet.ListParams{Limit: 101}); return err }, "Limit"},
		"C11: portable limit -1":         {func() error { _, err := client.List(ctx, guichet.ListParams{Limit: -1}); return err }, "Limit"},

		"page -1":                   {list(caurisflux.ListRequest{Page: -1}), "Page"},
		"page in the query":         {list(caurisflux.ListRequest{Query: url.Values{"page": {"1"}}}), "Query"},
		"limit in the query":        {list(caurisflux.ListRequest{Query: url.Values{"limit": {"500"}}}), "Query"},
		"cursor 0":                  {cursor("0"), "Cursor"},
		"cursor +1":                 {cursor("+1"), "Cursor"},
		"cursor 01":                 {cursor("01"), "Cursor"},
		"cursor that is a query":    {cursor("1&limit=9"), "Cursor"},
		"cursor beyond an int":      {cursor("99999999999999999999"), "Cursor"},
		"amount 0":                  {initiate(func(r *caurisflux.InitiateRequest) { r.Amount = "0" }), "Amount"},
		"amount below 0":            {initiate(func(r *caurisflux.InitiateRequest) { r.Amount = "-5" }), "Amount"},
		"half a franc":              {initiate(func(r *caurisflux.InitiateRequest) { r.Amount = "12.50" }), "Amount"},
		"a third of a cent":         {initiate(func(r *caurisflux.InitiateRequest) { r.Amount, r.Currency = "0.333", "EUR" }), "Amount"},
		"amount that is text":       {initiate(func(r *caurisflux.InitiateRequest) { r.Amount = "5 000" }), "Amount"},
		"amount that ends the body": {initiate(func(r *caurisflux.InitiateRequest) { r.Amount = `1,"amount":2` }), "Amount"},
		"amount beyond int64":       {initiate(func(r *caurisflux.InitiateRequest) { r.Amount = "9223372036854775808" }), "Amount"},
		"currency not known":        {initiate(func(r *caurisflux.InitiateRequest) { r.Currency = "FCFA" }), "Amount"},
		"type not set":              {initiate(func(r *caurisflux.InitiateRequest) { r.Type = "" }), "Type"},
		"type misspelt":             {initiate(func(r *caurisflux.InitiateRequest) { r.Type = "Direct" }), "Type"},
		"direct without provider":   {initiate(func(r *caurisflux.InitiateRequest) { r.Provider = "" }), "Provider"},
		"direct without country":    {initiate(func(r *caurisflux.InitiateRequest) { r.Country = "" }), "Country"},
		"direct without phone":      {initiate(func(r *caurisflux.InitiateRequest) { r.CustomerPhone = "" }), "CustomerPhone"},
		"phone without +":           {initiate(func(r *caurisflux.InitiateRequest) { r.CustomerPhone = "771234567" }), "CustomerPhone"},
		"country in small letters":  {initiate(func(r *caurisflux.InitiateRequest) { r.Country = "sn" }), "Country"},
		"e-mail with a line break":  {initiate(func(r *caurisflux.InitiateRequest) { r.CustomerEmail = "a@b.example\n" }), "CustomerEmail"},
		"name that is not UTF-8":    {initiate(func(r *caurisflux.InitiateRequest) { r.CustomerName = "\xff" }), "CustomerName"},
		"description too long":      {initiate(func(r *caurisflux.InitiateRequest) { r.Description = strings.Repeat("x", 5000) }), "Description"},
		"callback that is a script": {initiate(func(r *caurisflux.InitiateRequest) { r.CallbackURL = "javascript:alert(1)" }), "CallbackURL"},
		"return to nowhere":         {initiate(func(r *caurisflux.InitiateRequest) { r.ReturnURL = "/ok" }), "ReturnURL"},
		"cancel with user info":     {initiate(func(r *caurisflux.InitiateRequest) { r.CancelURL = "https://u:p@shop.example" }), "CancelURL"},
		"key with a line break":     {initiate(func(r *caurisflux.InitiateRequest) { r.IdempotencyKey = "a\r\nX: 1" }), "IdempotencyKey"},
		"key too long":              {initiate(func(r *caurisflux.InitiateRequest) { r.IdempotencyKey = strings.Repeat("k", 256) }), "IdempotencyKey"},
		"extra repeats the amount":  {initiate(func(r *caurisflux.InitiateRequest) { r.Extra = map[string]any{"amount": 1} }), "Metadata or Extra"},
		"extra repeats it in case":  {initiate(func(r *caurisflux.InitiateRequest) { r.Extra = map[string]any{"AMOUNT": 1} }), "Metadata or Extra"},
		"metadata that is no JSON":  {initiate(func(r *caurisflux.InitiateRequest) { r.Metadata = map[string]any{"x": math.NaN()} }), "Metadata or Extra"},
		"metadata that panics":      {initiate(func(r *caurisflux.InitiateRequest) { r.Metadata = map[string]any{"x": panics{}} }), "Metadata or Extra"},

		"direct create without country":  {onPhone(func(m *guichet.MobileMoney) { m.Country = "" }), "MobileMoney.Country"},
		"direct create without operator": {onPhone(func(m *guichet.MobileMoney) { m.Operator = "" }), "MobileMoney.Operator"},
		"direct create without phone":    {onPhone(func(m *guichet.MobileMoney) { m.Phone = "" }), "MobileMoney.Phone"},

		"payout without quote":      {payout(func(r *caurisflux.PayoutRequest) { r.QuoteID = "" }), "QuoteID"},
		"payout without reference":  {payout(func(r *caurisflux.PayoutRequest) { r.ExternalReference = "" }), "ExternalReference"},
		"payout to nobody":          {payout(func(r *caurisflux.PayoutRequest) { r.Recipient = caurisflux.Recipient{} }), "Recipient.Phone"},
		"payout to a bad phone":     {payout(func(r *caurisflux.PayoutRequest) { r.Recipient.Phone = "+0221" }), "Recipient.Phone"},
		"payout to a full name":     {payout(func(r *caurisflux.PayoutRequest) { r.Recipient.Name = "Awa Essai" }), "Recipient.Name"},
		"payout extra repeats":      {payout(func(r *caurisflux.PayoutRequest) { r.Extra = map[string]any{"quoteId": "QT2"} }), "Extra"},
		"payout key with a newline": {payout(func(r *caurisflux.PayoutRequest) { r.IdempotencyKey = "a\nb" }), "IdempotencyKey"},
		"quote of nothing":          {func() error { _, err := client.QuotePayout(ctx, nil); return err }, "quote"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.call()
			require.ErrorIs(t, err, guichet.ErrInvalidRequest)
			assert.True(t, strings.HasPrefix(errorOf(t, err).Message, c.field), err.Error())
			assert.False(t, errorOf(t, err).OutcomeUnknown)
		})
	}

	t.Run("a one-time code has no slot", func(t *testing.T) {
		err := onPhone(func(m *guichet.MobileMoney) { m.OTP = "123456" })()
		require.ErrorIs(t, err, guichet.ErrUnsupported)
		assert.Contains(t, err.Error(), "MobileMoney.OTP")
		assert.NotContains(t, err.Error(), "123456")
	})

	t.Run("a nil context", func(t *testing.T) {
		var none context.Context
		_, err := client.GetStatus(none, id)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
	})

	t.Run("a client that New did not make", func(t *testing.T) {
		var empty caurisflux.Client
		_, err := empty.CreatePayment(ctx, francs(5000))
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
		_, err = empty.GetStatus(ctx, id)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
		_, err = empty.Balance(ctx)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
		require.ErrorIs(t, empty.Health(ctx), guichet.ErrInvalidRequest)
		empty.CloseIdleConnections()
	})

	assert.Empty(t, m.All(), "none of the above was sent")
}

// panics is a value of a caller's that cannot be marshalled.
type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("in the caller's code") }

func payoutRequest() caurisflux.PayoutRequest {
	return caurisflux.PayoutRequest{
		QuoteID: "QT000001", ExternalReference: "PAYOUT-001",
		Recipient: caurisflux.Recipient{Phone: "+221770000000", FirstName: "Awa", LastName: "Essai"},
	}
}

func TestPayoutsOnTheWire(t *testing.T) {
	t.Run("C16: payout with a quote", func(t *testing.T) {
		client, m := answering(t, 201, fixture(t, "payout.json"))
		_, err := client.InitiatePayout(t.Context(), payoutRequest())
		require.NoError(t, err)
		r := m.One(t)
		assert.Equal(t, "POST /api/v1/payouts/initiate", r.Method+" "+r.URL.RequestURI())
		assert.JSONEq(t, `{"quoteId":"QT000001","externalReference":"PAYOUT-001","recipient":{"phone":"+221770000000","firstName":"Awa","lastName":"Essai"}}`, r.Body)
		assert.Empty(t, r.Header.Values("X-Idempotency-Key"))
	})

	t.Run("payout with a key", func(t *testing.T) {
		client, m := answering(t, 201, fixture(t, "payout.json"))
		req := payoutRequest()
		req.IdempotencyKey, req.Description = "PAYOUT-001", "Remboursement"
		_, err := client.InitiatePayout(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, []string{"PAYOUT-001"}, m.One(t).Header.Values("X-Idempotency-Key"))
		assert.Equal(t, "Remboursement", decoded(t, m.One(t).Body)["description"])
	})

	t.Run("payout in an undocumented form", func(t *testing.T) {
		client, m := answering(t, 201, fixture(t, "payout.json"))
		_, err := client.InitiatePayout(t.Context(), caurisflux.PayoutRequest{
			ExternalReference: "PAYOUT-001",
			Extra:             map[string]any{"amount": guichet.Number("10000"), "recipient": map[string]string{"iban": "SN00"}},
		})
		require.NoError(t, err)
		assert.JSONEq(t, `{"externalReference":"PAYOUT-001","amount":10000,"recipient":{"iban":"SN00"}}`, m.One(t).Body)
	})

	t.Run("quote", func(t *testing.T) {
		client, m := answering(t, 200, `{"quoteId":"QT000001"}`)
		quote, err := client.QuotePayout(t.Context(), map[string]any{"amount": guichet.Number("10000"), "country": "SN"})
		require.NoError(t, err)
		assert.Equal(t, "POST /api/v1/payouts/quote", m.One(t).Method+" "+m.One(t).URL.RequestURI())
		assert.JSONEq(t, `{"amount":10000,"country":"SN"}`, m.One(t).Body)
		var known struct {
			QuoteID string `json:"quoteId"`
		}
		require.NoError(t, quote.Decode(&known))
		assert.Equal(t, "QT000001", known.QuoteID)
	})
}

func TestDo(t *testing.T) {
	client, m := answering(t, 200, `{"success":true,"data":{"n":7}}`)
	var answer struct{ Data struct{ N int } }
	require.NoError(t, client.Do(t.Context(), http.MethodPost, "/refunds?dry=1", map[string]int{"a": 1}, &answer))
	assert.Equal(t, 7, answer.Data.N)
	r := m.One(t)
	assert.Equal(t, "/api/v1/refunds?dry=1", r.URL.RequestURI())
	assert.Equal(t, "pk_test_abc:sk_test_def", r.Header.Get("X-API-Key"))
	assert.Empty(t, r.Header.Values("X-Idempotency-Key"))
	assert.JSONEq(t, `{"a":1}`, r.Body)

	t.Run("a refusal in a 2xx is an error, also when nobody looks", func(t *testing.T) {
		client, _ := answering(t, 200, `{"success":false,"message":"non"}`)
		err := client.Do(t.Context(), http.MethodPost, "/refunds", nil, nil)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
		assert.Contains(t, err.Error(), "non")
		client, _ = answering(t, 200, `{"success":false,"code":"insufficient_funds"}`)
		require.ErrorIs(t, client.Do(t.Context(), http.MethodPost, "/refunds", nil, nil), guichet.ErrDeclined)
		client, _ = answering(t, 200, ``)
		require.NoError(t, client.Do(t.Context(), http.MethodPost, "/refunds", nil, nil))
	})
}
