package lomi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
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

func TestPaymentLinkAnswer(t *testing.T) {
	body := strings.TrimSpace(fixture(t, "link.json"))
	t.Run("T16: portable create", func(t *testing.T) {
		client, _ := newMock(t, viaLink(), httpmock.NewStringResponder(201, body))
		payment, err := client.CreatePayment(t.Context(), francs(15000))
		require.NoError(t, err)
		assert.Equal(t, &guichet.Payment{
			ID: linkID, Reference: order, Provider: "lomi", Status: guichet.StatusPending, Amount: guichet.NewMoney(15000, guichet.XOF),
			CheckoutURL: "https://pay.lomi.africa/ABCDEFGHJKLMNP", Raw: json.RawMessage(body),
		}, payment)
	})
	t.Run("T16: native create", func(t *testing.T) {
		client, _ := answering(t, 201, body)
		link, err := client.CreatePaymentLink(t.Context(), lomi.PaymentLinkRequest{LinkType: lomi.LinkInstant, Title: "Pro plan", CurrencyCode: guichet.XOF, Amount: 15000})
		require.NoError(t, err)
		assert.Equal(t, &lomi.PaymentLink{
			ID: linkID, LinkType: "instant", Title: "Pro plan", Amount: "15000", CurrencyCode: "XOF", URL: "https://pay.lomi.africa/ABCDEFGHJKLMNP",
			IsActive: ptr(true), Environment: "live", Raw: json.RawMessage(body),
		}, link)
	})
	t.Run("T5: an update that is answered with nothing keeps the id", func(t *testing.T) {
		client, _ := answering(t, 204, "")
		link, err := client.UpdatePaymentLink(t.Context(), linkID, lomi.PaymentLinkUpdate{Title: ptr("New")})
		require.NoError(t, err)
		assert.Equal(t, linkID, link.ID)
	})
}

func TestCheckoutSessionAnswer(t *testing.T) {
	full, sparse := strings.TrimSpace(fixture(t, "session.json")), strings.TrimSpace(fixture(t, "session_sparse.json"))
	wrappings := map[string]func(string) string{
		"bare":            func(s string) string { return s },
		"data":            func(s string) string { return `{"data":` + s + `}` },
		"success, data":   func(s string) string { return `{"success":true,"data":` + s + `}` },
		"one element":     func(s string) string { return "[" + s + "]" },
		"element in data": func(s string) string { return `{"data":[` + s + `]}` },
	}
	for name, wrap := range wrappings {
		t.Run("portable create, "+name, func(t *testing.T) {
			client, _ := answering(t, 201, wrap(full))
			payment, err := client.CreatePayment(t.Context(), francs(15000))
			require.NoError(t, err)
			assert.JSONEq(t, full, string(payment.Raw), "unwrapped")
			payment.Raw = nil
			assert.Equal(t, &guichet.Payment{
				ID: sessionID, Reference: order, Provider: "lomi", Status: guichet.StatusPending, ProviderStatus: "open",
				Amount: guichet.NewMoney(15000, guichet.XOF), CheckoutURL: "https://checkout.lomi.africa/" + sessionID,
				CreatedAt: time.Date(2026, 3, 2, 8, 15, 30, 0, time.UTC), ExpiresAt: time.Date(2026, 3, 2, 9, 15, 30, 123456000, time.UTC),
			}, payment)
		})
	}
	t.Run("the other names, an amount in quotes, a time that is none", func(t *testing.T) {
		client, _ := answering(t, 200, sparse)
		payment, err := client.GetStatus(t.Context(), "cs_1")
		require.NoError(t, err)
		assert.Equal(t, "cs_1", payment.ID)
		assert.Equal(t, "https://checkout.lomi.africa/cs_1", payment.CheckoutURL)
		assert.Equal(t, guichet.StatusPending, payment.Status)
		assert.Equal(t, "OPEN", payment.ProviderStatus)
		assert.Equal(t, guichet.NewMoney(15000, guichet.XOF), payment.Amount)
		assert.True(t, payment.CreatedAt.IsZero())
		assert.Empty(t, payment.Reference)

		session, err := client.GetCheckoutSession(t.Context(), "cs_1")
		require.NoError(t, err)
		assert.Equal(t, "soon", session.CreatedAt.Text)
		assert.JSONEq(t, `{"type":"redirect","url":"https://checkout.lomi.africa/cs_1"}`, string(session.NextAction))
		assert.JSONEq(t, sparse, string(session.Raw))
	})
	t.Run("an id under either name", func(t *testing.T) {
		for _, body := range []string{`{"checkout_session_id":"cs_1","id":"9f1b","status":"completed"}`, `{"id":"cs_1","status":"completed"}`} {
			client, _ := answering(t, 200, body)
			payment, err := client.GetStatus(t.Context(), "cs_1")
			require.NoError(t, err)
			assert.Equal(t, "cs_1", payment.ID)
			_, err = client.GetStatus(t.Context(), "CS_1")
			assert.ErrorIs(t, err, guichet.ErrBadResponse)
		}
	})
	t.Run("a fraction of a franc is no amount", func(t *testing.T) {
		client, _ := answering(t, 200, `{"checkout_session_id":"cs_1","status":"completed","amount":15000.5,"currency_code":"XOF"}`)
		payment, err := client.GetStatus(t.Context(), "cs_1")
		require.NoError(t, err)
		assert.Zero(t, payment.Amount)
		assert.Contains(t, string(payment.Raw), "15000.5")
		assert.ErrorIs(t, payment.Confirms("", guichet.NewMoney(15000, guichet.XOF)), guichet.ErrInvalidRequest)
	})
	t.Run("metadata of any kind", func(t *testing.T) {
		for _, metadata := range []string{`null`, `[]`, `"x"`, `1`, `{"order_id":null}`, `{"order_id":""}`, `{}`, `"{"`, `"[]"`, `true`} {
			client, _ := answering(t, 200, `{"checkout_session_id":"cs_1","status":"open","metadata":`+metadata+`}`)
			payment, err := client.GetStatus(t.Context(), "cs_1")
			require.NoError(t, err, metadata)
			assert.Empty(t, payment.Reference)
		}
	})
}

func TestWhatLomiMadeIsNotWhatWasAskedFor(t *testing.T) {
	const base = `"checkout_session_id":"cs_1","checkout_url":"https://checkout.lomi.africa/cs_1","status":"open"`
	tests := []struct {
		name, members string
		kind          error
	}{
		{"same", `,"amount":15000,"currency_code":"XOF","metadata":{"order_id":"INV-001"}`, nil},
		{"nothing said", ``, nil},
		{"another amount", `,"amount":15001,"currency_code":"XOF"`, guichet.ErrMismatch},
		{"a fraction more", `,"amount":15000.5,"currency_code":"XOF"`, guichet.ErrMismatch},
		{"another amount of no currency", `,"amount":15001`, guichet.ErrMismatch},
		{"another currency", `,"amount":15000,"currency_code":"EUR"`, guichet.ErrMismatch},
		{"a currency that is not known", `,"currency_code":"ZZZ"`, guichet.ErrMismatch},
		{"another order, as the stored answer of a key would be", `,"metadata":{"order_id":"INV-002"}`, guichet.ErrMismatch},
		{"a URL that nobody may be sent to", `,"checkout_url":"http://checkout.lomi.africa/x"`, guichet.ErrBadResponse},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := "{" + base + test.members + "}"
			if test.kind == guichet.ErrBadResponse {
				body = `{"checkout_session_id":"cs_1","status":"open"` + test.members + "}"
			}
			client, lomiMock := answering(t, 201, body)
			payment, err := client.CreatePayment(t.Context(), francs(15000))
			lomiMock.One(t)
			require.NotNil(t, payment)
			assert.Equal(t, "cs_1", payment.ID)
			if test.kind == nil {
				require.NoError(t, err)
				assert.Equal(t, order, payment.Reference)
				return
			}
			require.ErrorIs(t, err, test.kind)
			assert.Equal(t, order, errorOf(t, err).Reference)
			assert.Equal(t, order, errorOf(t, err).IdempotencyKey)
		})
	}
	t.Run("link of another amount", func(t *testing.T) {
		client, _ := newMock(t, viaLink(), httpmock.NewStringResponder(201, `{"link_id":"plink_123","url":"https://pay.lomi.africa/A","amount":"14999","currency_code":"XOF"}`))
		payment, err := client.CreatePayment(t.Context(), francs(15000))
		require.ErrorIs(t, err, guichet.ErrMismatch)
		assert.Equal(t, linkID, payment.ID)
	})
}

func TestListAnswers(t *testing.T) {
	ctx := context.Background()
	t.Run("T17: offset envelope", func(t *testing.T) {
		client, _ := answering(t, 200, `{"data":[{"link_id":"a"}],"total":1,"limit":20,"offset":0}`)
		page, err := client.ListPaymentLinks(ctx, lomi.PaymentLinkFilter{})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		assert.Equal(t, "a", page.Items[0].ID)
		assert.JSONEq(t, `{"link_id":"a"}`, string(page.Items[0].Raw))
		assert.Empty(t, page.Next)
		assert.Equal(t, int64(1), page.Total)
	})
	t.Run("T18: bare array", func(t *testing.T) {
		client, _ := answering(t, 200, `[{"checkout_session_id":"cs_1","status":"completed"}]`)
		page, err := client.List(ctx, guichet.ListParams{})
		require.NoError(t, err)
		require.Len(t, page.Payments, 1)
		assert.Equal(t, "cs_1", page.Payments[0].ID)
		assert.Equal(t, guichet.StatusSucceeded, page.Payments[0].Status)
		assert.Empty(t, page.Next)
	})
	t.Run("T18: empty array", func(t *testing.T) {
		client, _ := answering(t, 200, `[]`)
		page, err := client.List(ctx, guichet.ListParams{})
		require.NoError(t, err)
		assert.Empty(t, page.Payments)
		assert.NotNil(t, page.Payments)
		native, err := client.ListCheckoutSessions(ctx, lomi.CheckoutSessionFilter{})
		require.NoError(t, err)
		assert.NotNil(t, native.Items)
		assert.Empty(t, native.Items)
	})
	t.Run("a payment without an id is not left out in silence", func(t *testing.T) {
		client, _ := answering(t, 200, `[{"checkout_session_id":"cs_1"},{"status":"completed"}]`)
		_, err := client.List(ctx, guichet.ListParams{})
		assert.ErrorIs(t, err, guichet.ErrBadResponse)
	})
	t.Run("statuses of links are unknown", func(t *testing.T) {
		client, _ := newMock(t, viaLink(), httpmock.NewStringResponder(200, `{"object":"list","data":[{"link_id":"a","amount":5,"currency_code":"XOF","is_active":false}],"has_more":true,"next_cursor":"n","limit":1}`))
		page, err := client.List(ctx, guichet.ListParams{Limit: 1})
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusUnknown, page.Payments[0].Status)
		assert.Equal(t, guichet.NewMoney(5, guichet.XOF), page.Payments[0].Amount)
		assert.Equal(t, "n", page.Next)
	})
}

// paged is a list of sessions cs_0 to cs_<n-1> on a server that pages in one of
// lomi.'s ways.
func paged(n int, page func(r *http.Request, items []string) string) httpmock.Responder {
	var items []string
	for i := range n {
		items = append(items, `{"checkout_session_id":"cs_`+strconv.Itoa(i)+`","status":"open"}`)
	}
	return func(r *http.Request) (*http.Response, error) {
		return httpmock.NewStringResponse(200, page(r, items)), nil
	}
}

func TestWalksEnd(t *testing.T) {
	slice := func(items []string, from, size int) string {
		from = min(from, len(items))
		return strings.Join(items[from:min(from+size, len(items))], ",")
	}
	atoi := func(text string, otherwise int) int {
		if n, ok := guichet.Number(text).Int64(); ok {
			return int(n)
		}
		return otherwise
	}
	servers := map[string]struct {
		page     func(r *http.Request, items []string) string
		requests int
		seen     int
		broken   bool // ends with an error: the list says that there is more, and gives no way to it
	}{
		"by cursor": {func(r *http.Request, items []string) string {
			from := atoi(r.URL.Query().Get("cursor"), 0)
			more := from+2 < len(items)
			next := `null`
			if more {
				next = `"` + strconv.Itoa(from+2) + `"`
			}
			return `{"object":"list","data":[` + slice(items, from, 2) + `],"has_more":` + map[bool]string{true: "true", false: "false"}[more] + `,"next_cursor":` + next + `,"limit":2}`
		}, 3, 5, false},
		"by offset": {func(r *http.Request, items []string) string {
			from := atoi(r.URL.Query().Get("offset"), 0)
			return `{"data":[` + slice(items, from, 2) + `],"total":2,"limit":2,"offset":` + strconv.Itoa(from) + `}`
		}, 3, 5, false},
		"by offset, as a bare array": {func(r *http.Request, items []string) string {
			return `[` + slice(items, atoi(r.URL.Query().Get("offset"), 0), 2) + `]`
		}, 3, 5, false},
		"by page number": {func(r *http.Request, items []string) string {
			number, size := atoi(r.URL.Query().Get("page"), 1), atoi(r.URL.Query().Get("pageSize"), 2)
			return `{"checkout_sessions":[` + slice(items, (number-1)*size, size) + `],"pagination":{"page":` + strconv.Itoa(number) + `,"pageSize":2,"totalCount":5,"totalPages":3}}`
		}, 3, 5, false},
		"in success and data": {func(r *http.Request, items []string) string {
			return `{"success":true,"data":[` + slice(items, atoi(r.URL.Query().Get("offset"), 0), 2) + `]}`
		}, 3, 5, false},
		"everything at once, whatever is asked": {func(r *http.Request, items []string) string {
			return `[` + slice(items, 0, len(items)) + `]`
		}, 2, 5, true},
		"everything at once, and its number": {func(r *http.Request, items []string) string {
			return `{"data":[` + slice(items, 0, len(items)) + `],"total":5,"limit":2}`
		}, 2, 5, false},
		"by offset, with the number of all": {func(r *http.Request, items []string) string {
			return `{"data":[` + slice(items, atoi(r.URL.Query().Get("offset"), 0), 2) + `],"total":5}`
		}, 3, 5, false},
		"by offset, in pages that are shorter than was asked for": {func(r *http.Request, items []string) string {
			return `{"data":[` + slice(items, atoi(r.URL.Query().Get("offset"), 0), 1) + `],"total":5,"limit":2}`
		}, 5, 5, false},
		"by cursor, with one item less than it counts": {func(r *http.Request, items []string) string {
			from := atoi(r.URL.Query().Get("cursor"), 0)
			return `{"object":"list","data":[` + slice(items, from, 2) + `],"has_more":` + strconv.FormatBool(from+2 < 4) + `,"next_cursor":"` + strconv.Itoa(from+2) + `","total_count":6}`
		}, 2, 2, true},
		"the first page for ever": {func(r *http.Request, items []string) string {
			return `[` + slice(items, 0, 2) + `]`
		}, 2, 2, true},
		"one cursor for ever": {func(r *http.Request, items []string) string {
			return `{"object":"list","data":[` + slice(items, 0, 2) + `],"has_more":true,"next_cursor":"c","limit":2}`
		}, 2, 2, true},
		"more, but no cursor": {func(r *http.Request, items []string) string {
			return `{"object":"list","data":[` + slice(items, 0, 2) + `],"has_more":true,"next_cursor":null,"limit":2}`
		}, 1, 0, true},
		"a cursor, but no more": {func(r *http.Request, items []string) string {
			return `{"object":"list","data":[` + slice(items, 0, 2) + `],"has_more":false,"next_cursor":"c","limit":2}`
		}, 1, 2, false},
		"the first page under every number": {func(r *http.Request, items []string) string {
			return `{"checkout_sessions":[` + slice(items, 0, 2) + `],"pagination":{"page":1,"pageSize":2,"totalCount":5,"totalPages":3}}`
		}, 2, 2, true},
	}
	for name, server := range servers {
		t.Run(name, func(t *testing.T) {
			client, lomiMock := newMock(t, config(), paged(5, server.page))
			seen := []string{}
			var failure error
			for payment, err := range guichet.All(t.Context(), client, guichet.ListParams{Limit: 2}) {
				if err != nil {
					failure = err
					break
				}
				seen = append(seen, payment.ID)
			}
			if server.broken {
				assert.ErrorIs(t, failure, guichet.ErrBadResponse)
			} else {
				assert.NoError(t, failure)
			}
			assert.Equal(t, []string{"cs_0", "cs_1", "cs_2", "cs_3", "cs_4"}[:server.seen], seen)
			assert.Len(t, lomiMock.All(), server.requests)
		})
	}
	t.Run("a cursor of lomi.'s that looks like ours goes back as it came", func(t *testing.T) {
		client, lomiMock := answering(t, 200, `{"object":"list","data":[],"has_more":true,"next_cursor":"offset:7:x","limit":2}`)
		page, err := client.List(t.Context(), guichet.ListParams{})
		require.NoError(t, err)
		_, err = client.List(t.Context(), guichet.ListParams{Cursor: page.Next})
		require.ErrorIs(t, err, guichet.ErrBadResponse, "the same cursor again")
		query := lomiMock.All()[1].URL.Query()
		assert.Equal(t, "offset:7:x", query.Get("cursor"))
		assert.Empty(t, query.Get("offset"))
	})
}

func TestPaymentRequired(t *testing.T) {
	for _, status := range []int{200, 201} {
		client, lomiMock := answering(t, status, fixture(t, "payment_required.json"))
		payment, err := client.CreatePayment(t.Context(), full())
		lomiMock.One(t)
		assert.Nil(t, payment)
		require.ErrorIs(t, err, guichet.ErrDeclined)
		e := errorOf(t, err)
		assert.Equal(t, "invoice_payment_required", e.ProviderCode)
		assert.False(t, e.OutcomeUnknown, "no session was made")
		assert.Equal(t, &lomi.BlockingInvoice{ID: "inv_1", Number: "INV-0007", AmountRemaining: "2500", CurrencyCode: "XOF", CheckoutURL: "https://checkout.lomi.africa/inv_1"}, lomi.ErrorInvoice(err))
	}
	t.Run("wrapped, without an invoice", func(t *testing.T) {
		client, _ := answering(t, 201, `{"success":true,"data":{"payment_required":true,"reason":null}}`)
		_, err := client.CreateCheckoutSession(t.Context(), lomi.CheckoutSessionRequest{CurrencyCode: guichet.XOF, Amount: 1})
		require.ErrorIs(t, err, guichet.ErrDeclined)
		assert.Equal(t, "invoice_payment_required", errorOf(t, err).ProviderCode)
		assert.Nil(t, lomi.ErrorInvoice(err))
	})
	t.Run("402", func(t *testing.T) {
		client, _ := answering(t, 402, `{"error":{"code":"x","message":"m"}}`)
		assert.ErrorIs(t, portable(francs(1))(t.Context(), client), guichet.ErrDeclined)
	})
	assert.Nil(t, lomi.ErrorInvoice(nil))
	assert.Nil(t, lomi.ErrorInvoice(context.Canceled))
}

func TestReplayedAnswer(t *testing.T) {
	replay := httpmock.NewStringResponder(201, anySession).HeaderSet(http.Header{"Idempotency-Cache-Hit": {"true"}})
	req := lomi.CheckoutSessionRequest{CurrencyCode: guichet.XOF, Amount: 1, IdempotencyKey: "k"}
	t.Run("T30: a replay is visible", func(t *testing.T) {
		client, _ := newMock(t, config(), replay)
		session, err := client.CreateCheckoutSession(t.Context(), req)
		require.NoError(t, err)
		assert.True(t, session.Replayed)
		assert.Equal(t, "k", session.IdempotencyKey)
		client, _ = newMock(t, config(), httpmock.NewStringResponder(201, anyLink).HeaderSet(http.Header{"Idempotency-Cache-Hit": {"true"}}))
		link, err := client.CreatePaymentLink(t.Context(), lomi.PaymentLinkRequest{LinkType: lomi.LinkInstant, Title: "T", CurrencyCode: guichet.XOF, Amount: 1, IdempotencyKey: "k"})
		require.NoError(t, err)
		assert.True(t, link.Replayed)
	})
	t.Run("T30: a first answer is not", func(t *testing.T) {
		client, _ := answering(t, 201, anySession)
		session, err := client.CreateCheckoutSession(t.Context(), req)
		require.NoError(t, err)
		assert.False(t, session.Replayed)
	})
	t.Run("T30: the context ends in a pause", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, lomiMock := newMock(t, config(), httpmock.NewStringResponder(429, fixture(t, "error_rate_limit.json")).HeaderSet(http.Header{"Retry-After": {"8"}}))
			ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
			defer cancel()
			time.AfterFunc(3*time.Second, cancel)
			start := time.Now()
			err := status("cs_1")(ctx, client)
			require.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, 3*time.Second, time.Since(start))
			lomiMock.One(t)
		})
	})
}
