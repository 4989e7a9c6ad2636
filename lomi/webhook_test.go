package lomi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/webhook"
	"github.com/guichetpay/guichet/lomi"
)

const (
	vectorA = `{"amount":10000,"currency":"XOF"}`
	vectorB = `{"id":"evt_test","event":"PAYMENT_SUCCEEDED","data":{}}`

	macA      = "f9003c7ae2b8e70a5129e2da3ee86822bd3bb96fa7ca7f9476c0884a8b35473c"
	macAV1    = "2d1a69a26b74faa770cc59a170d7383bae9eda1ae20a258d61049acc8414e3c9" // t=1767225600
	macASpace = "5f789c577b8cca5dd51a5ac15e365b8f8971f136c527d45f6cd744474a32d686"
	macB      = "2448706203d5aa29955170104698e97b9e8b9e594e729a2fb04ed0cc5bf81690"
	macBWrong = "337771490d6d97728c6786deef768bdac14d75ce194e13572809b3a4e27686c3"
	macE      = "96bb73cb9b5a6b8a332a90f056f1cfc1230318b7b0b058b8a5d7efdb4531f1fb"
	macEV1    = "02cdfe86fe13eb1ed60a125512cfebac2826d5eda7b1c2ae00e377fd0874953d" // t=1772439331
)

// receiver is a client that knows these secrets.
func receiver(t *testing.T, current, previous string) *lomi.Client {
	t.Helper()
	client, err := lomi.New(lomi.Config{APIKey: testKey, WebhookSecret: current, PreviousWebhookSecret: previous})
	require.NoError(t, err)
	return client
}

func base(mac string) http.Header { return http.Header{lomi.SignatureHeader: {mac}} }

// v1 has the key that net/http would give the header.
func v1(value string) http.Header {
	h := http.Header{}
	h.Set(lomi.SignatureV1Header, value)
	return h
}

func TestWebhookSignatures(t *testing.T) {
	vectorE := fixture(t, "webhook.json")
	both := v1("t=1772439331,v1=" + macEV1)
	both.Set(lomi.SignatureHeader, macE)
	bothSpoilt := v1("t=1772439331,v1=" + macEV1)
	bothSpoilt.Set(lomi.SignatureHeader, macA)
	good := []struct {
		name, secret, previous, body string
		header                       http.Header
	}{
		{"T32: V-a", "whsec_test", "", vectorA, base(macA)},
		{"T32: V-a as V1", "whsec_test", "", vectorA, v1("t=1767225600,v1=" + macAV1)},
		{"T32: V-a and a space has its own digest", "whsec_test", "", vectorA + " ", base(macASpace)},
		{"T32: V-b", "whsec_test_secret_string", "", vectorB, base(macB)},
		{"T32: V-b with the other secret", "whsec_wrong_secret", "", vectorB, base(macBWrong)},
		{"T32: V-e", secret, "", vectorE, base(macE)},
		{"T32: V-e as V1", secret, "", vectorE, v1("t=1772439331,v1=" + macEV1)},
		{"T32: both", secret, "", vectorE, both},
		{"T32: V1 decides", secret, "", vectorE, bothSpoilt},
		{"T32: upper case", secret, "", vectorE, base(strings.ToUpper(macE))},
		{"T32: V1 in upper case", secret, "", vectorE, v1("t=1772439331,v1=" + strings.ToUpper(macEV1))},
		{"T32: header in lower case", secret, "", vectorE, http.Header{"x-lomi-signature": {macE}}},
		{"T32: previous secret", "whsec_new_secret", secret, vectorE, base(macE)},
		{"T34: prefix", "whsec_test", "", vectorA, base("sha256=" + macA)},
	}
	for _, test := range good {
		t.Run(test.name, func(t *testing.T) {
			event, err := receiver(t, test.secret, test.previous).ParseWebhook(t.Context(), test.header, []byte(test.body))
			require.NoError(t, err)
			assert.True(t, event.Verified)
			assert.NotEmpty(t, event.ID)
			assert.Equal(t, test.body, string(event.Raw))
		})
	}

	reserialised := new(strings.Builder)
	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(vectorE), &members))
	require.NoError(t, json.NewEncoder(reserialised).Encode(members))
	spoiltV1 := v1("t=1772439331,v1=" + macAV1)
	spoiltV1.Set(lomi.SignatureHeader, macE)
	emptyV1 := v1("")
	emptyV1.Set(lomi.SignatureHeader, macE)
	lowerV1 := http.Header{lomi.SignatureHeader: {macE}, "x-lomi-signature-v1": {"t=1772439331,v1=" + macAV1}}
	bad := []struct {
		name, secret, body string
		header             http.Header
	}{
		{"T33: other secret", "whsec_wrong_secret", vectorB, base(macB)},
		{"T33: extra space", "whsec_test", vectorA + " ", base(macA)},
		{"T33: re-serialised", secret, reserialised.String(), base(macE)},
		{"T33: empty signature", secret, vectorE, base("")},
		{"T33: no signature", secret, vectorE, http.Header{}},
		{"T33: nil header", secret, vectorE, nil},
		{"T33: deadbeef", secret, vectorE, base("deadbeef")},
		{"T33: not hex", secret, vectorE, base(strings.Repeat("z", 64))},
		{"T33: one digit more", secret, vectorE, base(macE + "0")},
		{"T33: blanks", secret, vectorE, base(" " + macE)},
		{"T33: twice", secret, vectorE, http.Header{lomi.SignatureHeader: {macE, macE}}},
		{"T33: twice, in two cases", secret, vectorE, http.Header{lomi.SignatureHeader: {macE}, "x-lomi-signature": {macE}}},
		{"T33: prefix twice", secret, vectorE, base("sha256=sha256=" + macE)},
		{"T33: empty secret", "", vectorE, base(macE)},
		{"T33: signed with the empty secret", "", vectorE, base(webhook.Sign("", []byte(vectorE)))},
		{"T33: V1 is wrong, base is right", secret, vectorE, spoiltV1},
		{"T33: V1 is empty, base is right", secret, vectorE, emptyV1},
		{"T33: V1 is wrong in another case, base is right", secret, vectorE, lowerV1},
		{"T33: V1 twice", secret, vectorE, http.Header{http.CanonicalHeaderKey(lomi.SignatureV1Header): {"t=1772439331,v1=" + macEV1, "t=1772439331,v1=" + macEV1}}},
		{"T33: V1 of another time", secret, vectorE, v1("t=1772439332,v1=" + macEV1)},
		{"T33: V1 whose time is spelled otherwise", secret, vectorE, v1("t=+1772439331,v1=" + macEV1)},
		{"T33: V1 without time", secret, vectorE, v1("v1=" + macEV1)},
		{"T33: V1 without digest", secret, vectorE, v1("t=1772439331")},
		{"T33: V1 with two times", secret, vectorE, v1("t=1,t=1772439331,v1=" + macEV1)},
		{"T33: V1 with a digest of the body alone", secret, vectorE, v1("t=1772439331,v1=" + macE)},
		{"T33: base with a digest of time and body", secret, vectorE, base(macEV1)},
	}
	for _, test := range bad {
		t.Run(test.name, func(t *testing.T) {
			event, err := receiver(t, test.secret, "").ParseWebhook(t.Context(), test.header, []byte(test.body))
			assert.Nil(t, event)
			require.ErrorIs(t, err, guichet.ErrUntrusted)
			assert.Equal(t, "ParseWebhook", errorOf(t, err).Op)
			for _, private := range []string{macE, macEV1, secret} {
				assert.NotContains(t, fmt.Sprintf("%+v %#v", err, err), private)
			}
		})
	}
}

func TestWebhookTolerance(t *testing.T) {
	body := []byte(fixture(t, "webhook.json"))
	header := func(at time.Time) http.Header {
		stamp := strconv.FormatInt(at.Unix(), 10)
		return v1("t=" + stamp + ",v1=" + webhook.Sign(secret, []byte(stamp), []byte("."), body))
	}
	tests := []struct {
		tolerance, off time.Duration
		ok             bool
	}{
		{0, 10 * 365 * 24 * time.Hour, true}, {-1, -10 * 365 * 24 * time.Hour, true},
		{5 * time.Minute, 5 * time.Minute, true}, {5 * time.Minute, -5 * time.Minute, true},
		{5 * time.Minute, 5*time.Minute + time.Second, false}, {5 * time.Minute, -5*time.Minute - time.Second, false},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			client, err := lomi.New(lomi.Config{APIKey: testKey, WebhookSecret: secret, WebhookTolerance: test.tolerance})
			require.NoError(t, err)
			_, err = client.ParseWebhook(t.Context(), header(time.Now().Add(test.off)), body)
			if test.ok {
				assert.NoError(t, err)
			} else {
				assert.ErrorIs(t, err, guichet.ErrUntrusted)
			}
		})
	}
	t.Run("the base signature has no time to check", func(t *testing.T) {
		client, err := lomi.New(lomi.Config{APIKey: testKey, WebhookSecret: secret, WebhookTolerance: time.Second})
		require.NoError(t, err)
		_, err = client.ParseWebhook(t.Context(), base(macE), body)
		assert.NoError(t, err)
	})
}

// parse has a webhook signed and parsed.
func parse(t *testing.T, cfg lomi.Config, header http.Header, body string) (*guichet.Event, error) {
	t.Helper()
	client, err := lomi.New(cfg)
	require.NoError(t, err)
	h := base(webhook.Sign(cfg.WebhookSecret, []byte(body)))
	for name, values := range header {
		h[name] = values
	}
	return client.ParseWebhook(t.Context(), h, []byte(body))
}

func TestWebhookEvents(t *testing.T) {
	vectorE := fixture(t, "webhook.json")
	t.Run("T35: V-e", func(t *testing.T) {
		event, err := parse(t, config(), nil, vectorE)
		require.NoError(t, err)
		assert.Equal(t, &guichet.Event{
			ID: "0f8fad5b-d9cb-469f-a165-70867728950e", Type: "PAYMENT_SUCCEEDED", Reference: order, PaymentID: sessionID, Verified: true, Raw: []byte(vectorE),
		}, event)
		webhook, err := lomi.DecodeWebhook(event.Raw)
		require.NoError(t, err)
		data := webhook.Data
		webhook.Data = nil
		assert.Equal(t, &lomi.Webhook{
			ID: event.ID, Type: event.Type, Timestamp: guichet.ParseTimestamp("2026-03-02T08:15:30.000Z"),
			OrderID: order, TransactionID: "7c9e6679-7425-40de-944b-e07fc1f90ae7", CheckoutSessionID: sessionID,
			Amount: "15000", FeeAmount: "300", NetAmount: "14700", CurrencyCode: "XOF", Status: guichet.StatusSucceeded, ProviderStatus: "completed",
			TransactionType: "payment", ProviderCode: "MTN", PaymentMethodCode: "MOBILE_MONEY",
		}, webhook)
		assert.Contains(t, vectorE, string(data))
		amount, ok := webhook.Amount.Minor(guichet.XOF)
		assert.True(t, ok)
		assert.Equal(t, guichet.NewMoney(15000, guichet.XOF), amount)
	})
	t.Run("T35: in link mode the payment is the link", func(t *testing.T) {
		body := `{"id":"e","event":"PAYMENT_SUCCEEDED","data":{"checkout_session_id":"cs_1","payment_link_id":"plink_123"}}`
		for _, test := range []struct {
			cfg  lomi.Config
			want string
		}{{config(), "cs_1"}, {viaLink(), linkID}} {
			event, err := parse(t, test.cfg, nil, body)
			require.NoError(t, err)
			assert.Equal(t, test.want, event.PaymentID)
			assert.Empty(t, event.Reference)
		}
		event, err := parse(t, viaLink(), nil, vectorE)
		require.NoError(t, err)
		assert.Empty(t, event.PaymentID, "a session is not an id of this mode")
	})
	t.Run("T36: a type that is not known is kept", func(t *testing.T) {
		event, err := parse(t, config(), nil, `{"id":"e","event":"FOO_BAR","data":[1]}`)
		require.NoError(t, err)
		assert.Equal(t, "FOO_BAR", event.Type)
	})
	t.Run("T36: oversized", func(t *testing.T) {
		body := `{"id":"e","event":"FOO_BAR","data":"` + strings.Repeat("x", guichet.MaxWebhookBody) + `"}`
		_, err := parse(t, config(), nil, body)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Contains(t, err.Error(), "too large")
		_, err = lomi.DecodeWebhook([]byte(body))
		assert.ErrorIs(t, err, guichet.ErrBadResponse)
	})
	t.Run("the test delivery", func(t *testing.T) {
		body := fixture(t, "webhook_test.json")
		event, err := parse(t, config(), http.Header{"X-Lomi-Event": {"PAYMENT_SUCCEEDED"}}, body)
		require.NoError(t, err)
		assert.Equal(t, &guichet.Event{ID: "evt_test_1", Type: lomi.TestEvent, Reference: order, Verified: true, Raw: []byte(body)}, event)
		webhook, err := lomi.DecodeWebhook([]byte(body))
		require.NoError(t, err)
		assert.Equal(t, guichet.Number("10000"), webhook.Amount)
		assert.Equal(t, guichet.XOF, webhook.CurrencyCode)
		assert.Equal(t, time.Unix(1772439331, 0).UTC(), webhook.Timestamp.Time)
	})
	t.Run("the header names the type only where the body does not", func(t *testing.T) {
		header := http.Header{"X-Lomi-Event": {"PAYMENT_SUCCEEDED"}}
		for body, want := range map[string]string{
			`{"id":"e","event":"PAYMENT_FAILED","data":{}}`:          "PAYMENT_FAILED",
			`{"id":"e","type":"PAYMENT_FAILED","data":{}}`:           "PAYMENT_FAILED",
			`{"id":"e","event":"A","type":"B","data":{"object":{}}}`: "A",
			`{"id":"e","data":{}}`:                                   "PAYMENT_SUCCEEDED",
			`{"id":"e","event":null,"data":{}}`:                      "PAYMENT_SUCCEEDED",
		} {
			event, err := parse(t, config(), header, body)
			require.NoError(t, err)
			assert.Equal(t, want, event.Type)
		}
	})
	t.Run("data of another shape leaves fields empty", func(t *testing.T) {
		for _, data := range []string{
			`null`, `[]`, `"x"`, `7`, `{}`,
			`{"metadata":"x","gross_amount":{},"currency_code":1,"checkout_session_id":[],"transaction_id":null}`,
			`{"object":{"metadata":{"order_id":"INV-001"}},"previous_attributes":{},"context":{}}`,
		} {
			event, err := parse(t, config(), nil, `{"id":"e","event":"SUBSCRIPTION_UPDATED","data":`+data+`}`)
			require.NoError(t, err, data)
			assert.Empty(t, event.Reference+event.PaymentID)
			webhook, err := lomi.DecodeWebhook(event.Raw)
			require.NoError(t, err)
			assert.Empty(t, webhook.Amount)
			assert.JSONEq(t, data, string(webhook.Data))
		}
	})
	t.Run("amounts and times as they may be written", func(t *testing.T) {
		webhook, err := lomi.DecodeWebhook([]byte(`{"id":"e","event":"X","timestamp":"soon","data":{"gross_amount":null,"amount":"15000","currency":"XOF","environment":"test","customer_id":"c"}}`))
		require.NoError(t, err)
		assert.Equal(t, guichet.Number("15000"), webhook.Amount)
		assert.Equal(t, guichet.XOF, webhook.CurrencyCode)
		assert.Equal(t, "test", webhook.Environment)
		assert.Equal(t, "c", webhook.CustomerID)
		assert.Equal(t, guichet.Timestamp{Text: "soon"}, webhook.Timestamp)
	})
	t.Run("deliveries of one event share an id, without one the body is it", func(t *testing.T) {
		first, err := parse(t, config(), nil, vectorA)
		require.NoError(t, err)
		second, err := parse(t, config(), nil, vectorA)
		require.NoError(t, err)
		other, err := parse(t, config(), nil, vectorA+" ")
		require.NoError(t, err)
		assert.Equal(t, first.ID, second.ID)
		assert.NotEqual(t, first.ID, other.ID)
		assert.True(t, strings.HasPrefix(first.ID, "sha256:"))
	})
	t.Run("well signed and unreadable", func(t *testing.T) {
		for _, body := range []string{``, `null`, `[]`, `"x"`, `{`, `{"id":"a","id":"b"}`, `{"id":"a"}{}`, "{\"id\":\"\xff\"}", `{"id":"e","data":{"metadata":{"order_id":"A","order_id":"B"}}}`} {
			event, err := parse(t, config(), nil, body)
			assert.Nil(t, event)
			assert.ErrorIs(t, err, guichet.ErrBadResponse, body)
		}
	})
}

func TestWebhookHandler(t *testing.T) {
	client := receiver(t, secret, "")
	var got *guichet.Event
	handler := guichet.WebhookHandler(client, func(_ context.Context, e *guichet.Event) error { got = e; return nil })
	post := func(mac string) int {
		r := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(fixture(t, "webhook.json")))
		r.Header.Set(lomi.SignatureHeader, mac)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code
	}
	assert.Equal(t, 401, post(macA))
	assert.Nil(t, got)
	assert.Equal(t, 200, post(macE))
	require.NotNil(t, got)
	assert.Equal(t, order, got.Reference)
}
