package caurisflux_test

import (
	"bytes"
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
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/internal/webhook"
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
	files, err := filepath.Glob(filepath.Join("..", "testdata", "caurisflux", "*.*"))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		for _, status := range []int{200, 400, 404, 503} {
			f.Add(status, string(data))
		}
	}
	for _, body := range []string{
		"", "null", "[null]", "[[]]", `{"data":{"data":[]}}`, `{"data":null,"meta":[]}`, `{"success":false,"code":"insufficient_funds"}`,
		`{"transactionId":"TX000007272","status":"failed","\u0053tatus":"success"}`, `{"success":0,"data":{"status":"paid","transactionId":"TX000007272"}}`,
		"\ufeff" + `{"transactionId":"TX000007272","status":"paid","Type":"PAY_OUT"}`, `{"success":false,"data":{"transactionId":"TX000007272","status":"failed"}}`,
		`{"data":[{"transactionId":"A","amount":true},{"transactionId":"B"},{"type":"refund"}],"meta":{"total":45,"limit":20,"totalPages":null}}`,
		`{"success":false,"error":{"code":"provider_error","message":[{"property":"p","constraints":{"c":"m"},"children":[{}]}]}}`,
		`{"providerTransactionId":"TX000007272","status":"paid","amount":1e30,"currency":"XOF"}`, `{"type":"payout","status":"completed","transactionId":"TX000007272"}`,
	} {
		f.Add(200, body)
		f.Add(422, body)
	}
	answer := new(oneAnswer)
	client, err := caurisflux.New(config(), guichet.WithMaxRetries(0), guichet.WithHTTPClient(&http.Client{Transport: answer}))
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

		payment, err := client.GetStatus(t.Context(), id)
		if failed(err) == (payment != nil) {
			t.Fatalf("payment %v beside error %v", payment, err)
		}
		if payment != nil && payment.Status == guichet.StatusSucceeded && !saysPaid(status, body) {
			t.Fatalf("HTTP %d %q was taken for paid", status, body)
		}
		if payment != nil && payment.ID != id {
			t.Fatalf("about another transaction: %v", payment)
		}

		payment, err = client.CreatePayment(t.Context(), francs(5000))
		if !failed(err) && (payment.CheckoutURL == "" || payment.ID == "") {
			t.Fatal("a create without checkout URL or id")
		}
		if payment != nil && payment.Reference != order {
			t.Fatalf("a create about another order: %v", payment)
		}
		if err == nil && (payment.Amount != guichet.Money{}) && payment.Amount != guichet.NewMoney(5000, guichet.XOF) {
			t.Fatalf("a create of another amount: %v", payment)
		}
		page, err := client.List(t.Context(), guichet.ListParams{})
		if failed(err) == (page != nil) && !(page != nil && page.Skipped > 0 && len(page.Payments) > 0) {
			t.Fatal("a page beside an error, or neither")
		}
		if page != nil {
			if (page.Skipped > 0) != (err != nil) || len(page.Payments)+page.Skipped > 100 {
				t.Fatalf("%d payments, %d skipped: %v", len(page.Payments), page.Skipped, err)
			}
			for _, p := range page.Payments {
				if p.ID == "" || p.Provider == "" {
					t.Fatalf("a payment that cannot be asked about: %v", p)
				}
			}
		}
		list, nativeErr := client.ListPayments(t.Context(), caurisflux.ListRequest{})
		failed(nativeErr)
		if page != nil && (list == nil || len(list.Payments) != len(page.Payments) || list.Skipped != page.Skipped) {
			t.Fatal("the two lists differ")
		}
		document, err := client.Balance(t.Context())
		if !failed(err) && (!json.Valid(document.Raw) || string(document.Raw) == "null") {
			t.Fatalf("a document that is not JSON: %q", document.Raw)
		}
		_, err = client.InitiatePayout(t.Context(), payoutRequest())
		failed(err)
		_, err = client.PayoutStatus(t.Context(), id)
		failed(err)
		failed(client.Health(t.Context()))
		_, err = caurisflux.DecodeWebhook([]byte(body))
		failed(err)
	})
}

// saysPaid is a second, plain reading of a status: in an envelope that does not
// say otherwise, exactly one status, with one of the words that mean paid, about
// the payment that was asked for.
func saysPaid(status int, body string) bool {
	var outer map[string]json.RawMessage
	if status > 299 || json.Unmarshal([]byte(strings.TrimPrefix(body, "\ufeff")), &outer) != nil {
		return false
	}
	if success, ok := outer["success"]; ok && string(success) != "true" && string(success) != "null" {
		return false
	}
	object := outer
	if data, ok := outer["data"]; ok {
		object = nil
		if json.Unmarshal(data, &object) != nil {
			return false
		}
	}
	text := func(name string) (s string) {
		for member := range object {
			if strings.EqualFold(member, name) && member != name {
				return "ambiguous"
			}
		}
		json.Unmarshal(object[name], &s)
		return s
	}
	about := text("transactionId") == id || text("providerTransactionId") == id ||
		text("transactionId") == "" && text("providerTransactionId") == "" && len(object["amount"]) > 0
	switch strings.ToLower(strings.TrimSpace(text("status"))) {
	case "success", "completed", "paid":
		return about && !strings.Contains(strings.ToLower(text("type")), "payout")
	}
	return false
}

// FuzzParseWebhook feeds any delivery: none may panic, and none is trusted whose
// signature is not that of exactly this timestamp and body.
func FuzzParseWebhook(f *testing.F) {
	body, err := os.ReadFile(filepath.Join("..", "testdata", "caurisflux", "webhook_success.json"))
	require.NoError(f, err)
	f.Add(macSuccess, "1705312800", body, false)
	f.Add("sha256="+macSuccess, "1705312800", body, false)
	f.Add(macObject, "1705312800", []byte("{}"), false)
	f.Add("", "", []byte("{}"), true)
	f.Add("zz", "abc", []byte("not json"), true)
	f.Add("", "1705312800", []byte(`{"event":1,"data":[]}`), true)
	f.Add("", "17053128", append([]byte("00."), body...), true)

	cfg := config()
	cfg.WebhookTolerance = -1
	client, err := caurisflux.New(cfg)
	require.NoError(f, err)

	f.Fuzz(func(t *testing.T, mac, stamp string, body []byte, sign bool) {
		right := webhook.Sign(webhookSecret, []byte(stamp+"."), body)
		if sign {
			mac = right
		}
		header := http.Header{caurisflux.SignatureHeader: {mac}, caurisflux.TimestampHeader: {stamp}}
		event, err := client.ParseWebhook(t.Context(), header, body)
		switch {
		case err == nil:
			if !strings.EqualFold(strings.TrimPrefix(mac, "sha256="), right) || strings.Trim(stamp, "0123456789") != "" || !json.Valid(bytes.TrimPrefix(body, []byte("\ufeff"))) {
				t.Fatalf("trusted: %q %q %q", mac, stamp, body)
			}
			if !event.Verified || event.ID == "" || event.Type == "" || string(event.Raw) != string(body) {
				t.Fatalf("a broken event: %#v", event)
			}
			if _, err := caurisflux.DecodeWebhook(event.Raw); err != nil {
				t.Fatalf("an event whose body cannot be read: %v", err)
			}
		case event != nil:
			t.Fatal("an event beside an error")
		case !errors.Is(err, guichet.ErrUntrusted) && !errors.Is(err, guichet.ErrBadResponse):
			t.Fatalf("not a classified error: %v", err)
		}
	})
}
