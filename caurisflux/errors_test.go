package caurisflux_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
)

var once = []guichet.Option{guichet.WithMaxRetries(0)}

func TestErrorBodies(t *testing.T) {
	for name, c := range map[string]struct {
		status        int
		body          string
		kind          error
		code, message string
	}{
		"R4: amount below the minimum": {400, fixture(t, "error_amount.json"), guichet.ErrInvalidRequest, "", "Le montant doit être supérieur à 100 XOF"},
		"R4: a list of messages":       {400, fixture(t, "error_messages.json"), guichet.ErrInvalidRequest, "", "amount must be a positive number, country must be an ISO31661 alpha-2 code"},
		"R5: 401":                      {401, `{"statusCode":401,"message":"Non authentifié","error":"Unauthorized"}`, guichet.ErrUnauthorized, "", "Non authentifié"},
		"R5: 403":                      {403, `{"statusCode":403,"message":"IP non autorisée","error":"Forbidden"}`, guichet.ErrUnauthorized, "", "IP non autorisée"},
		"R5: 404":                      {404, `{"statusCode":404,"message":"Introuvable","error":"Not Found"}`, guichet.ErrNotFound, "", "Introuvable"},
		"422":                          {422, `{"statusCode":422,"message":"x","error":"Unprocessable Entity"}`, guichet.ErrInvalidRequest, "", "x"},
		"402":                          {402, `{}`, guichet.ErrDeclined, "", ""},
		"409":                          {409, `{"message":"x"}`, guichet.ErrConflict, "", "x"},
		"418":                          {418, ``, guichet.ErrInvalidRequest, "", "the answer is empty"},
		"501":                          {501, ``, guichet.ErrUnavailable, "", "the answer is empty"},

		"code in code":                       {400, `{"statusCode":400,"message":"x","error":"Bad Request","code":"insufficient_funds"}`, guichet.ErrDeclined, "insufficient_funds", "x"},
		"code in errorCode":                  {400, `{"message":"x","errorCode":"limit_exceeded"}`, guichet.ErrDeclined, "limit_exceeded", "x"},
		"code in error":                      {400, `{"message":"x","error":"invalid_phone"}`, guichet.ErrInvalidRequest, "invalid_phone", "x"},
		"code before errorCode":              {400, `{"code":"DAILY_LIMIT_EXCEEDED","errorCode":"invalid_phone"}`, guichet.ErrDeclined, "DAILY_LIMIT_EXCEEDED", ""},
		"an empty code is passed over":       {400, `{"code":"","errorCode":null,"error":"INVALID_AMOUNT"}`, guichet.ErrInvalidRequest, "INVALID_AMOUNT", "INVALID_AMOUNT"},
		"a number is no code":                {400, `{"code":17,"errorCode":"invalid_phone"}`, guichet.ErrInvalidRequest, "invalid_phone", ""},
		"code in capitals":                   {422, `{"code":"Insufficient_Funds"}`, guichet.ErrDeclined, "Insufficient_Funds", ""},
		"code before status":                 {422, `{"code":"RATE_LIMIT_EXCEEDED"}`, guichet.ErrRateLimited, "RATE_LIMIT_EXCEEDED", ""},
		"an operator that failed, on a 400":  {400, `{"code":"provider_error"}`, guichet.ErrUnavailable, "provider_error", ""},
		"UNAUTHORIZED on a 400":              {400, `{"code":"UNAUTHORIZED"}`, guichet.ErrUnauthorized, "UNAUTHORIZED", ""},
		"FORBIDDEN in error, on a 400":       {400, `{"error":"FORBIDDEN"}`, guichet.ErrUnauthorized, "FORBIDDEN", "FORBIDDEN"},
		"VALIDATION_ERROR":                   {422, `{"code":"VALIDATION_ERROR"}`, guichet.ErrInvalidRequest, "VALIDATION_ERROR", ""},
		"REFUND_NOT_ALLOWED":                 {422, `{"code":"REFUND_NOT_ALLOWED"}`, guichet.ErrInvalidRequest, "REFUND_NOT_ALLOWED", ""},
		"INVALID_REFUND_AMOUNT on a 404":     {404, `{"code":"INVALID_REFUND_AMOUNT"}`, guichet.ErrInvalidRequest, "INVALID_REFUND_AMOUNT", ""},
		"a code that is not known":           {404, `{"code":"WALLET_GONE"}`, guichet.ErrNotFound, "WALLET_GONE", ""},
		"a code in the message is not read":  {400, `{"message":"provider_error"}`, guichet.ErrInvalidRequest, "", "provider_error"},
		"an error that is an unknown word":   {400, `{"error":"nope"}`, guichet.ErrInvalidRequest, "", "nope"},
		"another statusCode in the body":     {404, `{"statusCode":400,"message":"x"}`, guichet.ErrNotFound, "", "statusCode 400 in the body: x"},
		"the reason phrase is no code":       {401, `{"message":"x","error":"Unauthorized"}`, guichet.ErrUnauthorized, "", "x"},
		"the reason phrase when alone":       {400, `{"error":"Bad Request"}`, guichet.ErrInvalidRequest, "", "Bad Request"},
		"messages that are no texts":         {400, `{"message":[{"a":1}]}`, guichet.ErrInvalidRequest, "", ""},
		"two bodies in one":                  {400, `{"code":"insufficient_funds","code":"invalid_phone"}`, guichet.ErrInvalidRequest, "", "the answer has a member twice"},
		"success false on 200":               {200, `{"success":false,"message":"x","data":{"transactionId":"TX000007272","status":"paid"}}`, guichet.ErrBadResponse, "", "x"},
		"success false on 200, with a code":  {200, `{"success":false,"message":"x","code":"insufficient_funds"}`, guichet.ErrDeclined, "insufficient_funds", "x"},
		"success in quotes is not true":      {200, `{"success":"false","data":{"transactionId":"TX000007272","status":"paid"}}`, guichet.ErrBadResponse, "", "success is not true or false"},
		"success 0 on 201":                   {201, `{"success":0,"data":{"transactionId":"TX000007272","status":"paid"}}`, guichet.ErrBadResponse, "", "success is not true or false"},
		"a 404 in the body of a 200":         {200, `{"statusCode":404,"error":"Not Found","status":"success","transactionId":"TX000007272","amount":5000,"currency":"XOF"}`, guichet.ErrNotFound, "", "statusCode 404 in the body: Not Found"},
		"a 401 in the body of a 200":         {200, `{"statusCode":401,"message":"x","error":"Unauthorized"}`, guichet.ErrUnauthorized, "", "statusCode 401 in the body: x"},
		"a 429 in quotes":                    {200, `{"statusCode":"429","status":"success","transactionId":"TX000007272"}`, guichet.ErrRateLimited, "", "statusCode 429 in the body"},
		"a 500 beside success true":          {201, `{"success":true,"statusCode":500,"data":{"transactionId":"TX000007272","status":"paid"}}`, guichet.ErrUnavailable, "", "statusCode 500 in the body"},
		"a 404 inside the envelope":          {200, `{"success":true,"data":{"statusCode":404,"message":"x","transactionId":"TX000007272","status":"paid"}}`, guichet.ErrNotFound, "", "statusCode 404 in the body: x"},
		"success false inside the envelope":  {200, `{"success":true,"data":{"success":false,"message":"x","transactionId":"TX000007272","status":"paid","amount":5000,"currency":"XOF"}}`, guichet.ErrBadResponse, "", "x"},
		"success 0 inside a bare envelope":   {200, `{"data":{"success":0,"code":"insufficient_funds","transactionId":"TX000007272","status":"paid"}}`, guichet.ErrDeclined, "insufficient_funds", ""},
		"a code before the statusCode":       {200, `{"statusCode":400,"code":"insufficient_funds","transactionId":"TX000007272","status":"paid"}`, guichet.ErrDeclined, "insufficient_funds", "statusCode 400 in the body"},
		"a statusCode that is no HTTP":       {200, `{"statusCode":1e30,"transactionId":"TX000007272","status":"paid"}`, guichet.ErrBadResponse, "", ""},
		"a statusCode beyond HTTP":           {200, `{"statusCode":4000,"transactionId":"TX000007272","status":"paid"}`, guichet.ErrBadResponse, "", "statusCode 4000 in the body"},
		"success false and a statusCode":     {200, `{"success":false,"statusCode":404,"message":"x"}`, guichet.ErrNotFound, "", "statusCode 404 in the body: x"},
		"success false and a good one":       {200, `{"success":false,"statusCode":200,"message":"x"}`, guichet.ErrBadResponse, "", "x"},
		"a line break in a message is gone":  {400, `{"message":"a\nb\u2028c"}`, guichet.ErrInvalidRequest, "", "a b c"},
		"a redirect is not heard":            {302, `{"code":"insufficient_funds"}`, guichet.ErrBadResponse, "", ""},
		"an envelope with another data type": {200, `{"success":true,"data":[]}`, guichet.ErrBadResponse, "", "the answer is not a JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			client, m := newMock(t, config(), once, httpmock.NewStringResponder(c.status, c.body))
			payment, err := client.GetStatus(t.Context(), id)
			assert.Nil(t, payment)
			e := errorOf(t, err)
			assert.Equal(t, c.kind, e.Kind)
			assert.Equal(t, c.code, e.ProviderCode)
			assert.Equal(t, c.message, e.Message)
			assert.Equal(t, c.status, e.HTTPStatus)
			assert.False(t, e.OutcomeUnknown, "of a read")
			assert.Equal(t, c.body, string(e.Raw()))
			m.One(t)
		})
	}

	t.Run("R5: one request each, also with retries", func(t *testing.T) {
		for status, kind := range map[int]error{400: guichet.ErrInvalidRequest, 401: guichet.ErrUnauthorized, 403: guichet.ErrUnauthorized, 404: guichet.ErrNotFound, 422: guichet.ErrInvalidRequest} {
			client, m := answering(t, status, `{"message":"x"}`)
			_, err := client.GetStatus(t.Context(), id)
			require.ErrorIs(t, err, kind)
			m.One(t)
		}
	})
}

func TestRateLimited(t *testing.T) {
	refused := headers(429, `{"statusCode":429,"message":"Trop de requêtes","error":"Too Many Requests"}`,
		"X-RateLimit-Limit", "100", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1705312800")
	reset := time.Unix(1705312800, 0).UTC()

	t.Run("R6: the window has passed", func(t *testing.T) {
		client, _ := newMock(t, config(), once, refused)
		_, err := client.GetStatus(t.Context(), id)
		require.ErrorIs(t, err, guichet.ErrRateLimited)
		var limit *caurisflux.RateLimitError
		require.ErrorAs(t, err, &limit)
		assert.Equal(t, caurisflux.RateLimit{Limit: 100, Remaining: 0, Reset: time.Date(2024, 1, 15, 10, 0, 0, 0, time.UTC)}, limit.RateLimit)
		assert.Zero(t, errorOf(t, err).RetryAfter, "no negative wait")
		assert.Equal(t, "limit of 100 calls, next window at 2024-01-15T10:00:00Z", limit.Error())
	})

	t.Run("a read waits until the window opens", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(reset.Add(-4 * time.Second)))
			client, m := newMock(t, config(), nil, refused, httpmock.NewStringResponder(200, fixture(t, "payment.json")))
			_, err := client.GetStatus(t.Context(), id)
			require.NoError(t, err)
			assert.Len(t, m.All(), 2)
			assert.False(t, time.Now().Before(reset))
		})
	})

	t.Run("a window far off is told, not waited for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(reset.Add(-time.Minute)))
			start := time.Now()
			client, m := newMock(t, config(), nil, refused)
			_, err := client.CreatePayment(t.Context(), francs(5000))
			require.ErrorIs(t, err, guichet.ErrRateLimited)
			assert.Equal(t, time.Minute, errorOf(t, err).RetryAfter)
			assert.False(t, errorOf(t, err).OutcomeUnknown, "refused before anything was done")
			assert.Zero(t, time.Since(start))
			m.One(t)
		})
	})

	t.Run("only a call that was limited has the limit as its cause", func(t *testing.T) {
		client, _ := newMock(t, config(), once, headers(500, ``, "X-RateLimit-Limit", "100", "X-RateLimit-Remaining", "9", "X-RateLimit-Reset", "1705312800"))
		_, err := client.GetStatus(t.Context(), id)
		assert.NoError(t, errorOf(t, err).Err)
	})

	t.Run("without rate headers there is no cause", func(t *testing.T) {
		client, _ := newMock(t, config(), once, httpmock.NewStringResponder(429, ``))
		_, err := client.GetStatus(t.Context(), id)
		var limit *caurisflux.RateLimitError
		assert.False(t, errors.As(err, &limit))
	})
}

func TestUnavailable(t *testing.T) {
	page := fixture(t, "error_bad_gateway.html")
	for name, c := range map[string]struct {
		status        int
		body, message string
	}{
		"R8: 500 JSON":  {500, `{"statusCode":500,"message":"Erreur serveur","error":"Internal Server Error"}`, "Erreur serveur"},
		"R8: 502 HTML":  {502, page, "the answer is an HTML page, not the API's JSON"},
		"R8: 503 empty": {503, "", "the answer is empty"},
		"R8: 502 long":  {502, strings.Repeat(page, 1000), "the answer is an HTML page, not the API's JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := newMock(t, config(), once, httpmock.NewStringResponder(c.status, c.body))
			_, err := client.GetStatus(t.Context(), id)
			require.ErrorIs(t, err, guichet.ErrUnavailable)
			e := errorOf(t, err)
			assert.Equal(t, c.status, e.HTTPStatus)
			assert.Equal(t, c.body[:min(len(c.body), 4096)], string(e.Raw()))
			assert.Equal(t, c.message, e.Message)
		})
	}

	for name, body := range map[string]string{
		"R9: cut":            `{"success":true,"data":{"transac`,
		"R9: empty":          "",
		"R9: null":           "null",
		"R9: data null":      `{"success":true,"data":null}`,
		"R9: HTML":           page,
		"R9: two objects":    fixture(t, "payment_bare.json") + fixture(t, "payment_bare.json"),
		"R9: status twice":   `{"transactionId":"TX000007272","status":"failed","Status":"paid"}`,
		"R9: status, a list": `{"transactionId":"TX000007272","status":["paid"]}`,
		"R9: not UTF-8":      "{\"transactionId\":\"TX000007272\",\"status\":\"paid\",\"externalReference\":\"\xff\"}",
	} {
		t.Run(name, func(t *testing.T) {
			client, m := newMock(t, config(), nil, httpmock.NewStringResponder(200, body))
			payment, err := client.GetStatus(t.Context(), id)
			assert.Nil(t, payment)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Contains(t, err.Error(), "HTTP 200")
			m.One(t)

			_, err = client.Balance(t.Context())
			if name != "R9: status, a list" { // any JSON may be a balance
				require.ErrorIs(t, err, guichet.ErrBadResponse)
			}
			payment, err = client.CreatePayment(t.Context(), francs(5000))
			assert.Nil(t, payment)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Equal(t, order, errorOf(t, err).IdempotencyKey)
			assert.Equal(t, order, errorOf(t, err).Reference)
		})
	}
}

func TestSendingAgain(t *testing.T) {
	status := httpmock.NewStringResponder
	good := fixture(t, "payment.json")
	reset := httpmock.NewErrorResponder(errors.New("connection reset"))

	t.Run("R16: a create with a key: 503, then 201", func(t *testing.T) {
		for name, first := range map[string]httpmock.Responder{"503": status(503, ""), "500": status(500, `{}`), "reset": reset, "429": status(429, "")} {
			synctest.Test(t, func(t *testing.T) {
				client, m := newMock(t, config(), nil, first, status(201, good))
				req := direct()
				req.IdempotencyKey = "ORDER-12345"
				req.Metadata = map[string]any{"c": 3, "a": 1, "b": 2}
				payment, err := client.Initiate(t.Context(), req)
				require.NoError(t, err, name)
				assert.Equal(t, id, payment.ID)
				all := m.All()
				require.Len(t, all, 2)
				assert.Equal(t, []string{"ORDER-12345"}, all[0].Header.Values("X-Idempotency-Key"))
				assert.Equal(t, all[0].Header, all[1].Header)
				assert.Equal(t, all[0].Body, all[1].Body, "the same bytes")
			})
		}
	})

	t.Run("R16: the portable create", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, m := newMock(t, config(), nil, status(503, ""), status(201, good))
			_, err := client.CreatePayment(t.Context(), francs(5000))
			require.NoError(t, err)
			assert.Equal(t, m.All()[0].Body, m.All()[1].Body)
			assert.Equal(t, order, m.All()[1].Header.Get("X-Idempotency-Key"))
		})
	})

	t.Run("R17: a create without a key: 503", func(t *testing.T) {
		for name, first := range map[string]httpmock.Responder{"503": status(503, ""), "reset": reset, "provider_error": status(400, `{"code":"provider_error"}`), "500 with a code": status(500, `{"code":"insufficient_funds"}`)} {
			client, m := newMock(t, config(), nil, first, status(201, good))
			_, err := client.Initiate(t.Context(), direct())
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome, name)
			assert.Equal(t, order, errorOf(t, err).Reference)
			assert.Empty(t, errorOf(t, err).IdempotencyKey)
			m.One(t)
		}
	})

	t.Run("R18: a clear refusal is final", func(t *testing.T) {
		for _, code := range []int{400, 401, 403, 404, 409, 422} {
			client, m := newMock(t, config(), nil, status(code, `{"message":"non"}`), status(200, good))
			_, err := client.CreatePayment(t.Context(), francs(5000))
			require.Error(t, err)
			assert.False(t, errorOf(t, err).OutcomeUnknown, code)
			m.One(t)
		}
	})

	t.Run("a refusal after a lost answer settles nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, m := newMock(t, config(), nil, status(503, ""), status(409, `{"message":"déjà utilisée"}`))
			_, err := client.CreatePayment(t.Context(), francs(5000))
			require.ErrorIs(t, err, guichet.ErrConflict)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Len(t, m.All(), 2)
		})
	})

	t.Run("payouts are sent once, key or not", func(t *testing.T) {
		for _, key := range []string{"", "PAYOUT-001"} {
			for _, first := range []httpmock.Responder{status(503, ""), status(429, ""), reset} {
				client, m := newMock(t, config(), nil, first, status(201, fixture(t, "payout.json")))
				req := payoutRequest()
				req.IdempotencyKey = key
				_, err := client.InitiatePayout(t.Context(), req)
				require.Error(t, err)
				assert.Equal(t, key, errorOf(t, err).IdempotencyKey)
				m.One(t)
			}
		}
		client, m := newMock(t, config(), nil, status(503, ""), status(200, `{"quoteId":"Q"}`))
		_, err := client.QuotePayout(t.Context(), map[string]any{"amount": 1})
		require.ErrorIs(t, err, guichet.ErrUnavailable)
		m.One(t)
	})

	t.Run("reads are sent again", func(t *testing.T) {
		for _, code := range []int{429, 500, 502, 503, 504} {
			synctest.Test(t, func(t *testing.T) {
				client, m := newMock(t, config(), nil, status(code, ""), reset, status(200, good))
				_, err := client.GetStatus(t.Context(), id)
				require.NoError(t, err, code)
				assert.Len(t, m.All(), 3)
			})
		}
	})
}

// dripping is a body that stops in the middle until its request is given up.
type dripping struct {
	io.Reader
	ctx context.Context
}

func (d dripping) Read(p []byte) (int, error) {
	if n, err := d.Reader.Read(p); err == nil {
		return n, nil
	}
	<-d.ctx.Done()
	return 0, d.ctx.Err()
}

func (d dripping) Close() error { return nil }

func TestCancelling(t *testing.T) {
	drip := func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: dripping{strings.NewReader(`{"success":true,`), r.Context()}}, nil
	}
	for name, c := range map[string]struct {
		answer  httpmock.Responder
		unknown bool
	}{
		"R19: in the back-off":       {httpmock.NewStringResponder(503, ""), true},
		"R19: in the body":           {drip, true},
		"R19: while it is refused":   {httpmock.NewStringResponder(429, ""), false},
		"R19: waiting for an answer": {func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, _ := newMock(t, config(), []guichet.Option{guichet.WithMaxRetries(20)}, c.answer)
				ctx, cancel := context.WithCancel(t.Context())
				const after = 700 * time.Millisecond
				time.AfterFunc(after, cancel)
				start := time.Now()
				_, err := client.CreatePayment(ctx, francs(5000))
				require.ErrorIs(t, err, context.Canceled)
				assert.Equal(t, after, time.Since(start), "at once")
				assert.Equal(t, c.unknown, errors.Is(err, guichet.ErrUnknownOutcome))

				ctx, cancel = context.WithCancel(t.Context())
				time.AfterFunc(after, cancel)
				start = time.Now()
				_, err = client.GetStatus(ctx, id)
				require.ErrorIs(t, err, context.Canceled)
				assert.Equal(t, after, time.Since(start), "at once")
				assert.False(t, errorOf(t, err).OutcomeUnknown)
			})
		})
	}
}

func TestNoSecretIsShown(t *testing.T) {
	const otp, token = "739201", "tok_9f8e7d"
	pair := publicKey + ":" + secretKey
	secrets := []string{secretKey, webhookSecret, otp, token, phone, phone[1:], "+221770000000", "awa@shop.example"}
	shown := func(t *testing.T, what string, v any) {
		t.Helper()
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		texts := []string{log.String()}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			texts = append(texts, fmt.Sprintf(verb, v))
		}
		for _, text := range texts {
			for _, secret := range secrets {
				assert.NotContains(t, text, secret, what)
				assert.NotContains(t, text, fmt.Sprintf("%x", secret), what)
			}
		}
	}

	marshalled := func(t *testing.T, v any) string {
		t.Helper()
		b, err := json.Marshal(v)
		require.NoError(t, err)
		return string(b)
	}

	req := direct()
	req.CustomerEmail = "awa@shop.example"
	req.Extra = map[string]any{"otp": otp, "auth": map[string]any{"list": []any{token}}}

	t.Run("R20: settings and client", func(t *testing.T) {
		client, _ := silent(t)
		shown(t, "config", config())
		shown(t, "config", ptr(config()))
		shown(t, "client", client)
		shown(t, "client", *client)
		for _, text := range []string{fmt.Sprintf("%+v", config()), marshalled(t, config()), marshalled(t, client)} {
			assert.NotContains(t, text, publicKey)
			assert.NotContains(t, text, secretKey)
			assert.NotContains(t, text, webhookSecret)
		}
		assert.Contains(t, fmt.Sprintf("%+v", config()), "[redacted]")
	})

	t.Run("R20: requests and answers", func(t *testing.T) {
		shown(t, "request", req)
		shown(t, "request", &req)
		payout := payoutRequest()
		payout.Extra = req.Extra
		shown(t, "payout request", payout)
		shown(t, "list request", caurisflux.ListRequest{Query: url.Values{"customerPhone": {phone}}})
		assert.NotContains(t, marshalled(t, req)+marshalled(t, payout), otp, "JSON is faithful but for Extra")
		client, _ := answering(t, 201, fixture(t, "payout.json"))
		result, err := client.InitiatePayout(t.Context(), payoutRequest())
		require.NoError(t, err)
		shown(t, "payout", result)
		result.Message, result.ErrorMessage = "sent to "+phone, "no wallet for "+phone
		shown(t, "payout that names its recipient", result)
		assert.NotContains(t, fmt.Sprintf("%+v %v", result, result.LogValue()), "Awa")
	})

	t.Run("R20: a page of payments", func(t *testing.T) {
		client, _ := answering(t, 200, `{"data":[{"transactionId":"TX000007272","status":"pending","redirectUrl":"https://pay.wave.com/c/`+token+`"}]}`)
		list, err := client.ListPayments(t.Context(), caurisflux.ListRequest{})
		require.NoError(t, err)
		require.Contains(t, list.Payments[0].RedirectURL, token)
		shown(t, "list", list)
		shown(t, "list", *list)
		assert.Contains(t, fmt.Sprint(list), id)
	})

	echoes := map[string]string{
		"the pair":   `{"statusCode":401,"message":"bad key ` + pair + ` for ` + phone + ` ` + phone[1:] + ` awa@shop.example, code ` + otp + ` ` + token + `","error":"Unauthorized","code":"` + secretKey + `"}`,
		"HTML":       `<pre>X-API-Key: ` + pair + `</pre>`,
		"bad answer": `{"transactionId":7,"key":"` + pair + `"}`,
	}
	for name, body := range echoes {
		for _, status := range []int{200, 302, 401, 503} {
			t.Run(fmt.Sprintf("R20: %d echoing %s", status, name), func(t *testing.T) {
				client, _ := newMock(t, config(), once, httpmock.NewStringResponder(status, body))
				_, err := client.Initiate(t.Context(), req)
				require.Error(t, err)
				shown(t, "error", err)
				assert.NotContains(t, marshalled(t, err), secretKey)
				for _, cause := range errorOf(t, err).Unwrap() {
					shown(t, "cause", cause)
				}
				for _, secret := range secrets {
					assert.NotContains(t, string(errorOf(t, err).Raw()), secret)
				}
			})
		}
	}

	t.Run("R20: an answer that echoes what it was given", func(t *testing.T) {
		portable := francs(5000)
		portable.Customer = guichet.Customer{Phone: "+221770000000", Email: "awa@shop.example"}
		portable.MobileMoney = &guichet.MobileMoney{Phone: phone, Country: "SN", Operator: "wave"}
		payout := payoutRequest()
		payout.Extra = map[string]any{"otp": 739201, "token": token}
		for name, c := range map[string]struct {
			call  func(*caurisflux.Client) error
			given []string
		}{
			"ListPayments": {func(c *caurisflux.Client) error {
				_, err := c.ListPayments(t.Context(), caurisflux.ListRequest{Query: url.Values{"customerPhone": {phone}}})
				return err
			}, []string{phone, "221771234567"}},
			"Providers": {func(c *caurisflux.Client) error {
				_, err := c.Providers(t.Context(), url.Values{"phone": {phone}})
				return err
			}, []string{phone}},
			"Initiate with a callback": {func(c *caurisflux.Client) error {
				req := direct()
				req.CallbackURL = "https://shop.example/callback?token=" + token
				_, err := c.Initiate(t.Context(), req)
				return err
			}, []string{"https://shop.example/callback?token=" + token}},
			"CreatePayment":  {func(c *caurisflux.Client) error { _, err := c.CreatePayment(t.Context(), portable); return err }, []string{phone, "+221770000000", "awa@shop.example"}},
			"InitiatePayout": {func(c *caurisflux.Client) error { _, err := c.InitiatePayout(t.Context(), payout); return err }, []string{"+221770000000", otp, token}},
			"QuotePayout":    {func(c *caurisflux.Client) error { _, err := c.QuotePayout(t.Context(), payout.Extra); return err }, []string{otp, token}},
		} {
			client, _ := newMock(t, config(), once, httpmock.NewStringResponder(400, `{"message":"`+strings.Join(c.given, " / ")+`"}`))
			err := c.call(client)
			require.ErrorIs(t, err, guichet.ErrInvalidRequest, name)
			shown(t, name, err)
		}
	})

	t.Run("R20: a network error that quotes everything", func(t *testing.T) {
		client, _ := newMock(t, config(), once, func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("cannot send %v to %s", r.Header, r.URL)
		})
		_, err := client.Initiate(t.Context(), req)
		shown(t, "error", err)
		assert.NotContains(t, err.Error(), publicKey)
	})

	t.Run("R20: the log of the client", func(t *testing.T) {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		client, _ := newMock(t, config(), []guichet.Option{guichet.WithLogger(logger)}, httpmock.NewStringResponder(401, echoes["the pair"]))
		_, err := client.Initiate(t.Context(), req)
		require.Error(t, err)
		require.NotEmpty(t, log.String())
		for _, secret := range append(secrets, publicKey) {
			assert.NotContains(t, log.String(), secret)
		}
	})
}

func TestConcurrency(t *testing.T) {
	t.Run("R20: 32 goroutines on one client", func(t *testing.T) {
		client, m := answering(t, 200, fixture(t, "payment.json"))
		var wg sync.WaitGroup
		for n := range 32 {
			wg.Go(func() {
				req := francs(5000)
				req.Reference = fmt.Sprintf("ORDER-%03d", n)
				payment, err := client.CreatePayment(context.Background(), req)
				assert.NoError(t, err)
				assert.Equal(t, req.Reference, payment.Reference)
				_, err = client.GetStatus(context.Background(), id)
				assert.NoError(t, err)
				_, err = client.ParseWebhook(context.Background(), http.Header{}, nil)
				assert.ErrorIs(t, err, guichet.ErrUntrusted)
				_ = fmt.Sprintf("%+v", client)
			})
		}
		wg.Wait()
		keys := map[string]string{}
		for _, r := range m.All() {
			if r.Method == http.MethodPost {
				keys[r.Header.Get("X-Idempotency-Key")] = decoded(t, r.Body)["externalReference"].(string)
			}
		}
		assert.Len(t, keys, 32)
		for key, reference := range keys {
			assert.Equal(t, key, reference, "no body is another order's")
		}
	})
}
