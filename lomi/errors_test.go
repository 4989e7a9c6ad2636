package lomi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

// coreCalls is one call of each kind.
var coreCalls = map[string]run{
	"create by session": portable(francs(15000)),
	"create a session":  createSession(lomi.CheckoutSessionRequest{CurrencyCode: guichet.XOF, Amount: 1}),
	"create a link":     createLink(lomi.PaymentLinkRequest{LinkType: lomi.LinkInstant, Title: "T", CurrencyCode: guichet.XOF, Amount: 1}),
	"update a link":     updateLink(linkID, lomi.PaymentLinkUpdate{Title: ptr("New")}),
	"archive a link":    archive(linkID),
	"get a link":        getLink(linkID),
	"get a session":     getSession("cs_1"),
	"status":            status("cs_1"),
	"list":              portableList(guichet.ListParams{}),
}

func TestErrorBodies(t *testing.T) {
	unauthorized, notFound, invalid, conflict := guichet.ErrUnauthorized, guichet.ErrNotFound, guichet.ErrInvalidRequest, guichet.ErrConflict
	coded := func(code string) string { return `{"error":{"code":"` + code + `","message":"m"},"request_id":"r"}` }
	tests := []struct {
		name          string
		status        int
		body          string
		kind          error
		code, message string
		details       []string
		requestID     string
	}{
		{"T25: key missing", 401, fixture(t, "error_unauthorized.json"), unauthorized, "unauthorized", "API Key is missing", []string{"Unauthorized"}, "550e8400-e29b-41d4-a716-446655440000"},
		{"T25: a list of problems", 400, fixture(t, "error_validation.json"), invalid, "validation_failed", "Validation failed", []string{"amount must not be less than 1"}, "r"},
		{"T25: not found", 404, fixture(t, "error_not_found.json"), notFound, "not_found", "Payment link with ID plink_9 not found or access denied", []string{"Not Found"}, "r"},
		{"T25: framework form", 400, fixture(t, "error_framework.json"), invalid, "", "amount must be a number; title should not be empty", nil, "from-header"},
		{"framework form, one text", 404, `{"statusCode":404,"message":"Cannot GET /x","error":"Not Found"}`, notFound, "", "Cannot GET /x", nil, "from-header"},
		{"framework form, no message", 403, `{"statusCode":403,"error":"Forbidden"}`, unauthorized, "", "Forbidden", nil, "from-header"},
		{"no code", 400, `{"error":{"message":"m"}}`, invalid, "", "m", nil, "from-header"},
		{"messages as a list", 422, `{"error":{"message":["a","b",1]}}`, invalid, "", "a; b", nil, "from-header"},
		{"root message", 409, `{"message":"m"}`, conflict, "", "m", nil, "from-header"},
		{"suspended", 403, coded("api_access_suspended"), unauthorized, "api_access_suspended", "m", nil, "r"},
		{"June's word for validation", 400, coded("bad_request"), invalid, "bad_request", "m", nil, "r"},
		{"amount", 400, coded("amount_invalid"), invalid, "amount_invalid", "m", nil, "r"},
		{"cursor", 400, coded("invalid_cursor"), invalid, "invalid_cursor", "m", nil, "r"},
		{"cart", 400, coded("line_items_mixed_product_types"), invalid, "line_items_mixed_product_types", "m", nil, "r"},
		{"key reused", 409, coded("idempotency_key_reused"), conflict, "idempotency_key_reused", "m", nil, "r"},
		{"a code that is not known", 409, coded("brand_new"), conflict, "brand_new", "m", nil, "r"},
		{"the code decides before the status", 400, coded("not_found"), notFound, "not_found", "m", nil, "r"},
		{"the message never decides", 400, `{"error":{"code":"brand_new","message":"not_found"}}`, invalid, "brand_new", "not_found", nil, "from-header"},
		{"details that are an object", 400, `{"error":{"code":"bad_request","message":"m","details":{"a":1}}}`, invalid, "bad_request", "m", []string{`{"a":1}`}, "from-header"},
		{"details that are a number", 400, `{"error":{"code":"bad_request","message":"m","details":7},"request_id":7}`, invalid, "bad_request", "m", nil, "from-header"},
		{"everything of another type", 400, `{"error":{"code":1,"message":{},"details":[1]},"request_id":[]}`, invalid, "", "", nil, "from-header"},
		{"empty", 404, ``, notFound, "", "the answer is empty", nil, "from-header"},
		{"null", 401, `null`, unauthorized, "", "", nil, "from-header"},
		{"duplicate members are not read", 400, `{"error":{"code":"not_found","message":"m"},"error":{}}`, invalid, "", "the answer has a member twice", nil, "from-header"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, call := range coreCalls {
				client, lomiMock := newMock(t, config(), httpmock.NewStringResponder(test.status, test.body).HeaderSet(http.Header{"X-Request-Id": {"from-header"}}))
				err := call(t.Context(), client)
				require.ErrorIs(t, err, test.kind, name)
				e := errorOf(t, err)
				assert.Equal(t, test.status, e.HTTPStatus)
				assert.Equal(t, test.code, e.ProviderCode)
				assert.Equal(t, test.message, e.Message)
				assert.Equal(t, test.details, lomi.ErrorDetails(err))
				assert.Equal(t, test.requestID, e.RequestID)
				assert.False(t, e.OutcomeUnknown, "a clear refusal")
				lomiMock.One(t) // sent once
			}
		})
	}
	assert.Nil(t, lomi.ErrorDetails(nil))
	assert.Nil(t, lomi.ErrorDetails(errors.New("x")))
}

func TestRateLimit(t *testing.T) {
	body := fixture(t, "error_rate_limit.json")
	t.Run("a quarter of an hour is not sat out", func(t *testing.T) {
		for name, call := range coreCalls {
			client, lomiMock := newMock(t, config(), httpmock.NewStringResponder(429, body).HeaderSet(http.Header{"Retry-After": {"900"}}))
			err := call(t.Context(), client)
			require.ErrorIs(t, err, guichet.ErrRateLimited, name)
			assert.Equal(t, 15*time.Minute, errorOf(t, err).RetryAfter)
			assert.False(t, errorOf(t, err).OutcomeUnknown)
			lomiMock.One(t)
		}
	})
	t.Run("the pause is in the details only", func(t *testing.T) {
		for details, want := range map[string]time.Duration{
			`{"retry_after_seconds":900}`: 15 * time.Minute, `{"retry_after_seconds":"60"}`: time.Minute, `{"retry_after_seconds":1e9}`: time.Hour,
		} {
			client, _ := answering(t, 429, `{"error":{"code":"rate_limit_exceeded","message":"m","details":`+details+`}}`)
			err := createLink(lomi.PaymentLinkRequest{LinkType: lomi.LinkInstant, Title: "T", CurrencyCode: guichet.XOF, Amount: 1})(t.Context(), client)
			assert.Equal(t, want, errorOf(t, err).RetryAfter)
		}
	})
	t.Run("a create of a link is not repeated after 429, with or without a key", func(t *testing.T) {
		req := francs(1)
		req.IdempotencyKey = "k"
		client, lomiMock := newMock(t, viaLink(), httpmock.NewStringResponder(429, body).HeaderSet(http.Header{"Retry-After": {"1"}}))
		assert.ErrorIs(t, portable(req)(t.Context(), client), guichet.ErrRateLimited)
		assert.Equal(t, "k", lomiMock.One(t).Header.Get("Idempotency-Key"))
	})
}

func TestWhatIsSentAgain(t *testing.T) {
	internal, unavailable := fixture(t, "error_internal.json"), `{"error":{"code":"service_unavailable","message":"m","details":null},"request_id":"r"}`
	inProgress := `{"error":{"code":"idempotency_in_progress","message":"m","details":null},"request_id":"r"}`
	keyed := francs(15000)
	keyed.IdempotencyKey = "attempt-2"
	link := lomi.PaymentLinkRequest{LinkType: lomi.LinkInstant, Title: "T", CurrencyCode: guichet.XOF, Amount: 1, IdempotencyKey: "k"}
	const good = `{"checkout_session_id":"cs_1","link_id":"plink_123","checkout_url":"https://checkout.lomi.africa/cs_1","url":"https://pay.lomi.africa/A","status":"open"}`
	lost := func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") }
	tests := []struct {
		name     string
		cfg      lomi.Config
		call     run
		first    httpmock.Responder
		requests int
		kind     error // nil: success
		unknown  bool
	}{
		{"T27: link, 503", config(), createLink(link), httpmock.NewStringResponder(503, unavailable), 1, guichet.ErrUnavailable, true},
		{"T27: portable link, 503", viaLink(), portable(francs(1)), httpmock.NewStringResponder(503, unavailable), 1, guichet.ErrUnavailable, true},
		{"T27: portable link with a key, 503", viaLink(), portable(keyed), httpmock.NewStringResponder(503, unavailable), 1, guichet.ErrUnavailable, true},
		{"T27: portable link with a key, answer lost", viaLink(), portable(keyed), lost, 1, guichet.ErrUnavailable, true},
		{"T27: portable link with a key, in progress", viaLink(), portable(keyed), httpmock.NewStringResponder(409, inProgress), 1, guichet.ErrConflict, true},
		{"T27: update, 500", config(), updateLink(linkID, lomi.PaymentLinkUpdate{Title: ptr("New")}), httpmock.NewStringResponder(500, internal), 1, guichet.ErrUnavailable, true},
		{"T27: archive, answer lost", config(), archive(linkID), lost, 1, guichet.ErrUnavailable, true},
		{"T28: GET, 500", config(), status("cs_1"), httpmock.NewStringResponder(500, internal), 2, nil, false},
		{"T28: GET, 429", config(), status("cs_1"), httpmock.NewStringResponder(429, ""), 2, nil, false},
		{"T28: GET, answer lost", config(), getLink(linkID), lost, 2, nil, false},
		{"T28: GET, 408 is not tried again", config(), status("cs_1"), httpmock.NewStringResponder(408, ""), 1, guichet.ErrUnavailable, false},
		{"session, 500", config(), portable(francs(15000)), httpmock.NewStringResponder(500, internal), 2, nil, false},
		{"session, 429", config(), portable(francs(15000)), httpmock.NewStringResponder(429, ""), 2, nil, false},
		{"session, answer lost", config(), portable(keyed), lost, 2, nil, false},
		{"session, in progress", config(), portable(francs(15000)), httpmock.NewStringResponder(409, inProgress), 2, nil, false},
		{"session, in progress under another status", config(), portable(francs(15000)), httpmock.NewStringResponder(400, inProgress), 1, guichet.ErrConflict, true},
		{"session, key reused", config(), portable(francs(15000)), httpmock.NewStringResponder(409, strings.ReplaceAll(inProgress, "idempotency_in_progress", "idempotency_key_reused")), 1, guichet.ErrConflict, false},
		{"session, conflict", config(), portable(francs(15000)), httpmock.NewStringResponder(409, strings.ReplaceAll(inProgress, "idempotency_in_progress", "conflict")), 1, guichet.ErrConflict, false},
		{"session, validation", config(), portable(francs(15000)), httpmock.NewStringResponder(400, fixture(t, "error_validation.json")), 1, guichet.ErrInvalidRequest, false},
		{"session, unreadable", config(), portable(francs(15000)), httpmock.NewStringResponder(201, "{"), 1, guichet.ErrBadResponse, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, lomiMock := newMock(t, test.cfg, test.first, httpmock.NewStringResponder(200, good))
				err := test.call(t.Context(), client)
				all := lomiMock.All()
				require.Len(t, all, test.requests)
				for _, again := range all[1:] {
					assert.Equal(t, all[0].Body, again.Body)
					assert.Equal(t, all[0].Header, again.Header, "the same key too")
				}
				if test.kind == nil {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, test.kind)
				assert.Equal(t, test.unknown, errors.Is(err, guichet.ErrUnknownOutcome))
			})
		})
	}
	t.Run("a native session has one key for all its attempts, and another for the next call", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, lomiMock := newMock(t, config(), lost, httpmock.NewStringResponder(201, anySession))
			call := createSession(lomi.CheckoutSessionRequest{CurrencyCode: guichet.XOF, Amount: 1})
			require.NoError(t, call(t.Context(), client))
			require.NoError(t, call(t.Context(), client))
			var keys []string
			for _, r := range lomiMock.All() {
				keys = append(keys, r.Header.Get("Idempotency-Key"))
			}
			require.Len(t, keys, 3)
			assert.NotEmpty(t, keys[0])
			assert.Equal(t, keys[0], keys[1])
			assert.NotEqual(t, keys[0], keys[2])
		})
	})
	t.Run("a session that stays in progress is an unknown outcome", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, lomiMock := newMock(t, config(), httpmock.NewStringResponder(409, inProgress))
			err := portable(francs(15000))(t.Context(), client)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Equal(t, order, errorOf(t, err).IdempotencyKey)
			assert.Len(t, lomiMock.All(), 3)
		})
	})
}

func TestUnreadableAnswers(t *testing.T) {
	good := strings.TrimSpace(fixture(t, "session.json"))
	html := fixture(t, "error_bad_gateway.html")
	tests := []struct {
		name    string
		status  int
		body    string
		kind    error
		excerpt string
	}{
		{"T29: HTML of a proxy", 502, html, guichet.ErrUnavailable, "502 Bad Gateway"},
		{"T29: nothing", 502, "", guichet.ErrUnavailable, ""},
		{"T29: HTML as success", 200, html, guichet.ErrBadResponse, "502 Bad Gateway"},
		{"T29: nothing as success", 200, "", guichet.ErrBadResponse, ""},
		{"T29: cut", 200, good[:len(good)/2], guichet.ErrBadResponse, "checkout_session_id"},
		{"T29: null", 200, "null", guichet.ErrBadResponse, "null"},
		{"T29: empty object", 200, "{}", guichet.ErrBadResponse, "{}"},
		{"T29: null in data", 200, `{"success":true,"data":null}`, guichet.ErrBadResponse, "data"},
		{"T29: empty object in data", 200, `{"data":{}}`, guichet.ErrBadResponse, "data"},
		{"T29: two elements", 200, `[` + good + `,` + good + `]`, guichet.ErrBadResponse, "checkout_session_id"},
		{"T29: no element", 200, `[]`, guichet.ErrBadResponse, "[]"},
		{"T29: envelopes without end", 200, `{"data":{"data":{"data":` + good + `}}}`, guichet.ErrBadResponse, "data"},
		{"T29: a text", 200, `"ok"`, guichet.ErrBadResponse, "ok"},
		{"T29: no id", 200, `{"status":"completed"}`, guichet.ErrBadResponse, "completed"},
		{"T29: an id that is a number", 200, `{"checkout_session_id":7,"status":"completed"}`, guichet.ErrBadResponse, "7"},
		{"T29: duplicate members", 200, `{"checkout_session_id":"cs_1","status":"open","status":"completed"}`, guichet.ErrBadResponse, "status"},
		{"T29: something behind", 200, good + good, guichet.ErrBadResponse, "checkout_session_id"},
		{"T29: an amount of another type", 200, `{"checkout_session_id":"cs_1","amount":"15 000"}`, guichet.ErrBadResponse, "cs_1"},
		{"T29: nothing, with 204", 204, "", guichet.ErrBadResponse, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range []string{"create by session", "create a session", "create a link", "get a session", "get a link", "status", "list"} {
				if name == "list" && (test.body == `{"data":{}}` || strings.Contains(test.body, `"data":null`) || strings.HasPrefix(test.body, "[")) {
					continue // is a list
				}
				if (name == "get a link" || name == "create a link") && strings.Contains(test.body, "amount of") {
					continue
				}
				synctest.Test(t, func(t *testing.T) {
					client, _ := answering(t, test.status, test.body)
					err := coreCalls[name](t.Context(), client)
					require.ErrorIs(t, err, test.kind, name)
					e := errorOf(t, err)
					assert.Equal(t, test.status, e.HTTPStatus)
					assert.Equal(t, strings.HasPrefix(name, "create"), e.OutcomeUnknown)
					assert.Contains(t, string(e.Raw()), test.excerpt)
					assert.LessOrEqual(t, len(e.Raw()), 4<<10)
				})
			}
		})
	}
	t.Run("T29: a good answer with two megabytes behind it", func(t *testing.T) {
		client, _ := answering(t, 201, good+strings.Repeat(" ", 2<<20))
		err := portable(francs(15000))(t.Context(), client)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.ErrorIs(t, err, guichet.ErrUnknownOutcome)
	})
	t.Run("a key that is echoed shows nowhere", func(t *testing.T) {
		client, _ := answering(t, 401, `{"error":{"code":"unauthorized","message":"bad key `+testKey+`","details":["`+testKey+`"]}}`)
		err := portable(full())(t.Context(), client)
		for _, text := range []string{fmt.Sprintf("%+v %#v", err, err), string(errorOf(t, err).Raw()), fmt.Sprint(lomi.ErrorDetails(err))} {
			assert.NotContains(t, text, testKey)
		}
	})
	t.Run("neither does the customer", func(t *testing.T) {
		for _, call := range []run{
			portable(full()),
			createSession(lomi.CheckoutSessionRequest{CurrencyCode: guichet.XOF, Amount: 1, CustomerEmail: "awa@shop.example", CustomerPhone: "+2250700111111"}),
		} {
			client, _ := answering(t, 400, `{"error":{"code":"bad_request","message":"customer awa@shop.example +2250700111111 2250700111111"}}`)
			err := call(t.Context(), client)
			assert.Contains(t, err.Error(), "customer")
			assert.NotContains(t, err.Error()+string(errorOf(t, err).Raw()), "awa@")
			assert.NotContains(t, err.Error()+string(errorOf(t, err).Raw()), "0700111111")
		}
	})
	t.Run("a context that has ended sends nothing", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		client, lomiMock := silent(t)
		assert.ErrorIs(t, portable(francs(1))(ctx, client), context.Canceled)
		assert.Empty(t, lomiMock.All())
	})
}
