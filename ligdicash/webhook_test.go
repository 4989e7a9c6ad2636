package ligdicash_test

import (
	"bytes"
	"context"
	"errors"
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

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
)

const receiver = "https://monapp.com/api/callback/ligdicash"

func mediaType(value string) http.Header { return http.Header{"Content-Type": {value}} }

func bodyOf(t *testing.T, r *http.Request) []byte {
	t.Helper()
	body, err := r.GetBody()
	require.NoError(t, err)
	data, err := io.ReadAll(body)
	require.NoError(t, err)
	return data
}

func TestTwins(t *testing.T) {
	body := fixture(t, "payin.json")
	client, m := silent(t)
	want, err := client.ParseWebhook(t.Context(), mediaType("application/json"), []byte(body))
	require.NoError(t, err)
	assert.Equal(t, &guichet.Event{ID: "ART5A7044E5:P2777636082026:completed", Reference: "ART5A7044E5", Raw: []byte(body)}, want,
		"not verified, no payment id, and no type to decide on")
	wantWebhook, err := ligdicash.DecodeWebhook([]byte(body))
	require.NoError(t, err)
	assert.Equal(t, guichet.Number("4200"), wantWebhook.Amount)
	assert.Equal(t, "completed", wantWebhook.ProviderStatus)
	assert.Equal(t, "11", wantWebhook.OperatorID)
	assert.Equal(t, time.Date(2026, 5, 9, 7, 20, 23, 0, time.UTC), wantWebhook.Date.Time)

	for name, encoding := range map[string]ligdicashtest.FormEncoding{
		"T32: custom_data as one JSON text": ligdicashtest.FormJSON,
		"T32: custom_data by key":           ligdicashtest.FormKeys,
		"T32: custom_data as PHP records":   ligdicashtest.FormRecords,
	} {
		t.Run(name, func(t *testing.T) {
			asJSON, asForm, err := ligdicashtest.Twins(receiver, []byte(body), encoding)
			require.NoError(t, err)
			assert.Equal(t, body, string(bodyOf(t, asJSON)))
			form := bodyOf(t, asForm)
			got, err := client.ParseWebhook(t.Context(), asForm.Header, form)
			require.NoError(t, err)
			assert.Equal(t, form, got.Raw)
			got.Raw = want.Raw
			assert.Equal(t, want, got)

			webhook, err := ligdicash.DecodeWebhook(form)
			require.NoError(t, err)
			assert.Equal(t, wantWebhook.CustomData.Get("hash"), webhook.CustomData.Get("hash"))
			if encoding == ligdicashtest.FormKeys { // which has no dates, and no order
				webhook.CustomData = wantWebhook.CustomData
			}
			assert.Equal(t, wantWebhook, webhook)
		})
	}
	assert.Empty(t, m.All(), "parsing asks nobody")
}

func TestPayoutCallback(t *testing.T) {
	t.Run("T33: a payout", func(t *testing.T) {
		body := []byte(fixture(t, "payout_callback.json"))
		client, _ := silent(t)
		event, err := client.ParseWebhook(t.Context(), mediaType("application/json"), body)
		require.NoError(t, err)
		assert.Equal(t, "0123456789abcdef0123456789abcdef", event.Reference)
		assert.Empty(t, event.PaymentID)
		assert.False(t, event.Verified)
		assert.Equal(t, "0123456789abcdef0123456789abcdef::completed", event.ID)
		webhook, err := ligdicash.DecodeWebhook(body)
		require.NoError(t, err)
		assert.Equal(t, guichet.Number("100"), webhook.Amount)
		assert.Equal(t, "12", webhook.OperatorID)
		asText, err := webhook.Amount.MarshalJSON()
		require.NoError(t, err)
		assert.Equal(t, "100", string(asText))
	})
}

func TestCallbackOrder(t *testing.T) {
	client, _ := silent(t)
	for name, test := range map[string]struct{ body, order string }{
		"custom_data first, root second": {`{"transaction_id":"ROOT","custom_data":{"transaction_id":"CUSTOM"}}`, "CUSTOM"},
		"root alone":                     {`{"transaction_id":"ROOT","custom_data":[]}`, "ROOT"},
		"a number":                       {`{"transaction_id":7}`, "7"},
		"a byte order mark":              {"\ufeff" + `{"transaction_id":"ROOT"}`, "ROOT"},
	} {
		t.Run(name, func(t *testing.T) {
			event, err := client.ParseWebhook(t.Context(), mediaType("application/json"), []byte(test.body))
			require.NoError(t, err)
			assert.Equal(t, test.order, event.Reference)
		})
	}
	t.Run("no part of an event's id reaches into the next", func(t *testing.T) {
		ids := map[string]bool{}
		for _, body := range []string{
			`{"transaction_id":"a:b","request_id":"c","status":"d"}`, `{"transaction_id":"a","request_id":"b:c","status":"d"}`,
			`{"transaction_id":"a","request_id":"b","status":"c:d"}`, `{"transaction_id":"a%3Ab","request_id":"c","status":"d"}`,
		} {
			event, err := client.ParseWebhook(t.Context(), mediaType("application/json"), []byte(body))
			require.NoError(t, err)
			ids[event.ID] = true
		}
		assert.Len(t, ids, 4)
	})
}

func TestCallbacksThatAreRefused(t *testing.T) {
	good := fixture(t, "payin.json")
	tests := []struct {
		name   string
		header http.Header
		body   string
	}{
		{"T34: text/xml", mediaType("text/xml"), good},
		{"T34: no media type", nil, good},
		{"T34: a media type that is none", mediaType(";"), good},
		{"T34: two media types", http.Header{"Content-Type": {"application/json", "text/xml"}}, good},
		{"T34: a form under another name", mediaType("text/plain"), "transaction_id=A"},
		{"T34: multipart", mediaType("multipart/form-data; boundary=x"), good},
		{"T34: 2 MB", mediaType("application/json"), strings.Replace(good, `"h"`, `"`+strings.Repeat("h", 2<<20)+`"`, 1)},
		{"T34: 2 MB of form", mediaType("application/x-www-form-urlencoded"), "transaction_id=A&x=" + strings.Repeat("h", 2<<20)},
		{"T34: cut JSON", mediaType("application/json"), `{`},
		{"T34: empty", mediaType("application/json"), ``},
		{"T34: an empty form", mediaType("application/x-www-form-urlencoded"), ``},
		{"T34: no id", mediaType("application/json"), strings.Replace(good, `"transaction_id"`, `"autre"`, 1)},
		{"T34: no id in the form", mediaType("application/x-www-form-urlencoded"), `status=completed&external_id=A`},
		{"JSON sent as a form", mediaType("application/x-www-form-urlencoded"), good},
		{"a form sent as JSON", mediaType("application/json"), `transaction_id=A`},
		{"an array", mediaType("application/json"), `[` + good + `]`},
		{"a member twice", mediaType("application/json"), `{"transaction_id":"A","Transaction_id":"B"}`},
		{"two amounts", mediaType("application/json"), `{"transaction_id":"A","amount":1,"montant":2}`},
		{"a form field twice", mediaType("application/x-www-form-urlencoded"), `transaction_id=A&transaction_id=B`},
		{"a form field twice, by case", mediaType("application/x-www-form-urlencoded"), `transaction_id=A&TRANSACTION_ID=B`},
		{"a form field in two shapes", mediaType("application/x-www-form-urlencoded"), `transaction_id=A&custom_data=x&custom_data[a]=b`},
		{"a form record in two shapes", mediaType("application/x-www-form-urlencoded"), `transaction_id=A&custom_data[0]=x&custom_data[0][a]=b`},
		{"a form with a broken bracket", mediaType("application/x-www-form-urlencoded"), `transaction_id=A&custom_data[0=x`},
		{"a form with a broken escape", mediaType("application/x-www-form-urlencoded"), `transaction_id=%zz`},
		{"a form with a name that is not UTF-8", mediaType("application/x-www-form-urlencoded"), `transaction_id=A&%ff=1`},
		{"a form that is not UTF-8", mediaType("application/x-www-form-urlencoded"), `transaction_id=%ff`},
		{"a form with an amount that is a text", mediaType("application/x-www-form-urlencoded"), `transaction_id=A&amount=beaucoup`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, m := silent(t)
			for range 10 { // a form is read in another order each time
				event, err := client.ParseWebhook(t.Context(), test.header, []byte(test.body))
				require.Nil(t, event)
				e := errorOf(t, err)
				require.Equal(t, guichet.ErrBadResponse, e.Kind)
				require.Equal(t, "ParseWebhook", e.Op)
			}
			assert.Empty(t, m.All())
		})
	}
	t.Run("T34: the native reader has the same limit", func(t *testing.T) {
		_, err := ligdicash.DecodeWebhook(bytes.Repeat([]byte(" "), guichet.MaxWebhookBody+1))
		assert.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Equal(t, "DecodeWebhook", errorOf(t, err).Op)
		_, err = ligdicash.DecodeWebhook([]byte("{"))
		assert.Equal(t, "DecodeWebhook", errorOf(t, err).Op)
	})
	t.Run("an event keeps a body of its own", func(t *testing.T) {
		client, _ := silent(t)
		body := []byte(good)
		event, err := client.ParseWebhook(t.Context(), mediaType("application/json"), body)
		require.NoError(t, err)
		clear(body)
		assert.Equal(t, good, string(event.Raw))
	})
	for _, accepted := range []string{"application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"} {
		t.Run("T34: "+accepted, func(t *testing.T) {
			client, _ := silent(t)
			event, err := client.ParseWebhook(t.Context(), mediaType(accepted), []byte(good))
			require.NoError(t, err)
			assert.Equal(t, "ART5A7044E5", event.Reference)
		})
	}
	t.Run("T34: GET", func(t *testing.T) {
		client, m := silent(t)
		handler := guichet.WebhookHandler(client, func(context.Context, *guichet.Event) error { return errors.New("must not be reached") })
		for method, want := range map[string]int{http.MethodGet: 405, http.MethodPut: 405, http.MethodPost: 400} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(method, receiver, strings.NewReader("{")))
			assert.Equal(t, want, w.Code, method)
		}
		assert.Empty(t, m.All())
	})
}

// TestBothTwinsAtOnce is how a merchant handles callbacks: a unique constraint
// on Event.ID, and the state from GetStatus with the stored token.
func TestBothTwinsAtOnce(t *testing.T) {
	t.Run("T35: both twins at once", func(t *testing.T) {
		server := ligdicashtest.NewServer()
		defer server.Close()
		client, err := ligdicash.New(server.Config(), server.Options()...)
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		p, err := client.CreatePayment(t.Context(), francs(5000))
		require.NoError(t, err)
		require.NoError(t, server.Pay(p.ID))

		stored := map[string]string{order: p.ID}
		var seen sync.Map
		var mu sync.Mutex
		delivered := 0
		handler := guichet.WebhookHandler(client, func(ctx context.Context, event *guichet.Event) error {
			payment, err := client.GetStatus(ctx, stored[event.Reference])
			if err != nil {
				return err
			}
			if err := payment.Confirms(event.Reference, guichet.NewMoney(5000, guichet.XOF)); err != nil {
				return err
			}
			if _, twice := seen.LoadOrStore(event.ID, true); twice {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			delivered++
			return nil
		})
		hook := httptest.NewServer(handler)
		defer hook.Close()
		// SendWebhook waits for each answer: 20 of them overlap.
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { assert.NoError(t, server.SendWebhook(hook.URL, p.ID)) })
		}
		all.Wait()
		assert.Equal(t, 1, delivered)
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	t.Run("a forged callback delivers nothing", func(t *testing.T) {
		server := ligdicashtest.NewServer()
		defer server.Close()
		client, err := ligdicash.New(server.Config(), server.Options()...)
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		p, err := client.CreatePayment(t.Context(), francs(5000))
		require.NoError(t, err)
		forged := url.Values{"transaction_id": {order}, "status": {"completed"}, "amount": {"5000"}, "token": {"other"}}.Encode()
		event, err := client.ParseWebhook(t.Context(), mediaType("application/x-www-form-urlencoded"), []byte(forged))
		require.NoError(t, err)
		assert.False(t, event.Verified)
		got, err := client.GetStatus(t.Context(), p.ID)
		require.NoError(t, err)
		assert.ErrorIs(t, got.Confirms(event.Reference, guichet.NewMoney(5000, guichet.XOF)), guichet.ErrMismatch)
	})
}
