package lygos_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/webhook"
	"github.com/guichetpay/guichet/lygos"
)

// oneAnswer gives the same answer to every request.
type oneAnswer struct {
	status int
	body   string
}

func (a *oneAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// FuzzDecode feeds any answer to every call. None may panic, fail with anything
// but *guichet.Error, or take a body for paid that does not plainly say so.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "lygos", "*.*"))
	require.NoError(f, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		for _, status := range []int{200, 404, 422, 500} {
			f.Add(status, string(data))
		}
	}
	for _, body := range []string{"", "null", "[null]", `{"detail":[{"loc":[{}]}]}`, `{"status":"failed","\u0053tatus":"success"}`, `{"amount":1e30}`, `{"status":"success","data":null}`,
		`[{},{"id":"a","currency":"xaf","amount":"5","order_id":7}]`, "\ufeff{}", "{\"status\":\"success\",\"x\":\"\xff\"}"} {
		f.Add(200, body)
		f.Add(404, body)
	}
	answer := new(oneAnswer)
	client, err := lygos.New(config(), guichet.WithMaxRetries(0), guichet.WithHTTPClient(&http.Client{Transport: answer}))
	require.NoError(f, err)

	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 999 {
			status = 200
		}
		answer.status, answer.body = status, body
		failed := func(err error) bool {
			if err == nil {
				return false
			}
			var e *guichet.Error
			if !errors.As(err, &e) || e.Kind == nil {
				t.Fatalf("not a classified error: %#v", err)
			}
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("an error of several lines: %q", err)
			}
			return true
		}

		payment, err := client.GetStatus(t.Context(), order)
		if failed(err) == (payment != nil) {
			t.Fatalf("payment %v beside error %v", payment, err)
		}
		if payment != nil && payment.Status == guichet.StatusSucceeded && !saysPaid(status, body) {
			t.Fatalf("HTTP %d %q was taken for paid", status, body)
		}
		if payment != nil && (payment.ID != order || payment.Reference != order) {
			t.Fatalf("about another order: %v", payment)
		}

		payment, err = client.CreatePayment(t.Context(), francs(5000))
		if !failed(err) && payment.CheckoutURL == "" {
			t.Fatal("a create without checkout URL")
		}
		if payment != nil && (payment.Status != guichet.StatusPending || payment.ID != order) {
			t.Fatalf("a new payment is %v", payment)
		}
		page, err := client.List(t.Context(), guichet.ListParams{})
		if failed(err) == (page != nil) && (page == nil || page.Skipped == 0) {
			t.Fatal("a page beside an error though nothing was left out, or neither")
		}
		if page != nil {
			for _, listed := range page.Payments {
				if listed.Status != guichet.StatusUnknown {
					t.Fatalf("a listed payment is %v", listed)
				}
			}
		}
		_, err = client.GetGateway(t.Context(), gatewayID)
		failed(err)
		_, err = client.PayinStatus(t.Context(), order)
		failed(err)
		failed(client.DeleteGateway(t.Context(), gatewayID))
		_, err = lygos.DecodeWebhook([]byte(body))
		failed(err)
	})
}

// saysPaid is a second, plain reading of the status: exactly one status member,
// with one of the words that mean paid.
func saysPaid(status int, body string) bool {
	var object map[string]json.RawMessage
	if status > 299 || json.Unmarshal([]byte(body), &object) != nil {
		return false
	}
	statuses := 0
	for name := range object {
		if strings.EqualFold(name, "status") {
			statuses++
		}
	}
	var word string
	if statuses != 1 || json.Unmarshal(object["status"], &word) != nil {
		return false
	}
	switch strings.TrimPrefix(strings.ToLower(strings.TrimSpace(word)), "deposit_") {
	case "completed", "success", "successful", "succeeded", "paid", "confirmed":
		return true
	}
	return false
}

// FuzzParseWebhook feeds any delivery: none may panic, and none is trusted whose
// signature is not that of exactly this body and timestamp.
func FuzzParseWebhook(f *testing.F) {
	body, err := os.ReadFile(filepath.Join("..", "testdata", "lygos", "webhook.json"))
	require.NoError(f, err)
	f.Add(hookMAC, hookStamp, body, false)
	f.Add("", "", []byte("{}"), true)
	f.Add("zz", "abc", []byte("not json"), true)
	f.Add("", hookStamp, []byte(`{"operationId":1,"buyer":[]}`), true)
	f.Add("", hookStamp[1:], append(body, '1'), true)

	cfg := config()
	cfg.WebhookSecret, cfg.WebhookTolerance = hookSecret, -1
	client, err := lygos.New(cfg)
	require.NoError(f, err)

	f.Fuzz(func(t *testing.T, mac, stamp string, body []byte, sign bool) {
		right := webhook.Sign(hookSecret, body, []byte(stamp))
		if sign {
			mac = right
		}
		event, err := client.ParseWebhook(t.Context(), hookHeader(mac, stamp), body)
		switch {
		case err == nil:
			if decoded, ok := webhook.Base64(mac); ok {
				mac = hex.EncodeToString(decoded)
			}
			if !strings.EqualFold(mac, right) || len(stamp) != 13 || !json.Valid(body) {
				t.Fatalf("trusted: %q %q %q", mac, stamp, body)
			}
			if !event.Verified || event.ID == "" || string(event.Raw) != string(body) {
				t.Fatalf("a broken event: %#v", event)
			}
			if _, err := lygos.DecodeWebhook(event.Raw); err != nil {
				t.Fatalf("an event whose body cannot be read: %v", err)
			}
		case event != nil:
			t.Fatal("an event beside an error")
		case !errors.Is(err, guichet.ErrUntrusted) && !errors.Is(err, guichet.ErrBadResponse):
			t.Fatalf("not a classified error: %v", err)
		}
	})
}
