package lygos_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/webhook"
	"github.com/guichetpay/guichet/lygos"
)

const (
	hookSecret = "whsec_test_0123456789"
	hookStamp  = "1733300000000"
	hookMAC    = "f34a22056656994bb7a80b769d025d694b90dd8909b0a421d20908002ab0bbc2" // of testdata webhook.json
)

var hookTime = time.UnixMilli(1733300000000)

// at runs test when the clock shows now.
func at(t *testing.T, now time.Time, test func(*testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(now))
		test(t)
	})
}

func hookClient(t *testing.T, change ...func(*lygos.Config)) *lygos.Client {
	t.Helper()
	cfg := config()
	cfg.WebhookSecret = hookSecret
	for _, c := range change {
		c(&cfg)
	}
	client, err := lygos.New(cfg)
	require.NoError(t, err)
	return client
}

func hookHeader(mac, stamp string) http.Header {
	h := http.Header{}
	h.Set(lygos.SignatureHeader, mac)
	h.Set(lygos.TimestampHeader, stamp)
	return h
}

// signed is a delivery of body with the secret, the vectors' time, and any change.
func signed(body string) http.Header {
	return hookHeader(webhook.Sign(hookSecret, []byte(body), []byte(hookStamp)), hookStamp)
}

func TestWebhook(t *testing.T) {
	body := fixture(t, "webhook.json")
	mac, err := hex.DecodeString(hookMAC)
	require.NoError(t, err)

	for name, header := range map[string]http.Header{
		"hex":                     hookHeader(hookMAC, hookStamp),
		"hex in capitals":         hookHeader(strings.ToUpper(hookMAC), hookStamp),
		"base64":                  hookHeader(base64.StdEncoding.EncodeToString(mac), hookStamp),
		"header names in small":   {"x-signature": {hookMAC}, "x-timestamp": {hookStamp}},
		"header names in capital": {"X-SIGNATURE": {hookMAC}, "X-TIMESTAMP": {hookStamp}},
	} {
		t.Run("W1: valid: "+name, func(t *testing.T) {
			at(t, hookTime, func(t *testing.T) {
				sent := []byte(body)
				event, err := hookClient(t).ParseWebhook(t.Context(), header, sent)
				require.NoError(t, err)
				clear(sent) // the event has its own copy
				assert.Equal(t, &guichet.Event{
					ID: gatewayID + ":DEPOSIT_COMPLETED", Type: "DEPOSIT_COMPLETED", Reference: order, PaymentID: order,
					Verified: true, Raw: []byte(body),
				}, event)

				webhook, err := lygos.DecodeWebhook(event.Raw)
				require.NoError(t, err)
				assert.Equal(t, &lygos.Webhook{
					OperationID: gatewayID, OrderID: order, Amount: "5000", Status: guichet.StatusSucceeded, ProviderStatus: "DEPOSIT_COMPLETED",
					Buyer: lygos.Buyer{Name: "Awa", Phone: "237655111111", Country: "CMR", Operator: "ORANGE"},
				}, webhook)
			})
		})
	}

	spaced := new(bytes.Buffer)
	require.NoError(t, json.Indent(spaced, []byte(body), "", " "))
	sign := func(parts ...string) string {
		var raw [][]byte
		for _, part := range parts {
			raw = append(raw, []byte(part))
		}
		return webhook.Sign(hookSecret, raw...)
	}
	good := hookHeader(hookMAC, hookStamp)
	untrusted := []struct {
		name   string
		header http.Header
		body   string
	}{
		{"W2: one byte of the body changed", good, strings.Replace(body, "5000", "5001", 1)},
		{"W2: one byte of the body gone", good, body[:len(body)-1]},
		{"W2: body encoded again with blanks", good, spaced.String()},
		{"W2: a line break after the body", good, body + "\n"},
		{"W2: timestamp one later", hookHeader(hookMAC, "1733300000001"), body},
		{"W2: a digit moved from the timestamp to the body", hookHeader(hookMAC, hookStamp[1:]), body + "1"},
		{"W2: a digit moved from the body to the timestamp", hookHeader(sign(`{"a":1}1`, hookStamp), "1"+hookStamp), `{"a":1}`},
		{"W2: signature of the body alone", hookHeader(sign(body), hookStamp), body},
		{"W2: timestamp signed first", hookHeader(sign(hookStamp, body), hookStamp), body},
		{"W2: a point between", hookHeader(sign(body, ".", hookStamp), hookStamp), body},
		{"W2: another secret", hookHeader(webhook.Sign(hookSecret+"x", []byte(body), []byte(hookStamp)), hookStamp), body},
		{"W2: the empty secret", hookHeader(webhook.Sign("", []byte(body), []byte(hookStamp)), hookStamp), body},
		{"W3: signature missing", http.Header{lygos.TimestampHeader: {hookStamp}}, body},
		{"W3: signature empty", hookHeader("", hookStamp), body},
		{"W3: signature zz", hookHeader("zz", hookStamp), body},
		{"W3: signature with a prefix", hookHeader("sha256="+hookMAC, hookStamp), body},
		{"W3: signature cut short", hookHeader(hookMAC[:32], hookStamp), body},
		{"W3: signature in URL base64", hookHeader(strings.NewReplacer("+", "-", "/", "_").Replace(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xfb}, 32))), hookStamp), body},
		{"W3: signature without padding", hookHeader(base64.RawStdEncoding.EncodeToString(mac), hookStamp), body},
		{"W3: signature twice", http.Header{lygos.SignatureHeader: {hookMAC, hookMAC}, lygos.TimestampHeader: {hookStamp}}, body},
		{"W3: signature twice under two spellings", http.Header{lygos.SignatureHeader: {hookMAC}, "x-signature": {hookMAC}, lygos.TimestampHeader: {hookStamp}}, body},
		{"W3: signature under the name that integrators use", http.Header{"X-Lygos-Signature": {sign(body)}, lygos.TimestampHeader: {hookStamp}}, body},
		{"W3: timestamp missing", http.Header{lygos.SignatureHeader: {hookMAC}}, body},
		{"W3: timestamp missing, body alone signed", http.Header{lygos.SignatureHeader: {sign(body)}}, body},
		{"W3: timestamp twice", http.Header{lygos.SignatureHeader: {hookMAC}, lygos.TimestampHeader: {hookStamp, hookStamp}}, body},
		{"W3: no headers", nil, body},
		{"W3: no body", good, ""},
	}
	for _, stamp := range []string{"abc", "1733300000", "1733300000000000", "+733300000000", "-173330000000", " 733300000000", "0173330000000", "1733300000.00", "1.7333000e12", "173330000000a", "１733300000000", "2024-12-04T08:13:20Z"} {
		untrusted = append(untrusted, struct {
			name   string
			header http.Header
			body   string
		}{"W3: timestamp " + stamp + ", well signed", hookHeader(sign(body, stamp), stamp), body})
	}
	for _, test := range untrusted {
		t.Run(test.name, func(t *testing.T) {
			at(t, hookTime, func(t *testing.T) {
				event, err := hookClient(t).ParseWebhook(t.Context(), test.header, []byte(test.body))
				require.ErrorIs(t, err, guichet.ErrUntrusted)
				assert.Nil(t, event)
				assert.Equal(t, "ParseWebhook", errorOf(t, err).Op)
				assert.NotContains(t, err.Error(), hookSecret)
			})
		})
	}
	for name, mac := range map[string]string{"": hookMAC, " signed with it": webhook.Sign("", []byte(body), []byte(hookStamp))} {
		t.Run("W3: empty secret"+name, func(t *testing.T) {
			at(t, hookTime, func(t *testing.T) {
				client := hookClient(t, func(c *lygos.Config) { c.WebhookSecret = "" })
				_, err := client.ParseWebhook(t.Context(), hookHeader(mac, hookStamp), []byte(body))
				require.ErrorIs(t, err, guichet.ErrUntrusted)
			})
		})
	}

	clocks := []struct {
		name      string
		off       time.Duration // the clock after the timestamp
		tolerance time.Duration
		fresh     bool
	}{
		{"W4: 1 h late", time.Hour, 0, false},
		{"W4: 1 h early", -time.Hour, 0, false},
		{"W4: 1 h late, tolerance off", time.Hour, -1, true},
		{"W4: 1 h early, tolerance off", -time.Hour, -1, true},
		{"W4: 5 min late", 5 * time.Minute, 0, true},
		{"W4: 5 min early", -5 * time.Minute, 0, true},
		{"W4: 5 min and 1 ms late", 5*time.Minute + time.Millisecond, 0, false},
		{"W4: 5 min and 1 ms early", -5*time.Minute - time.Millisecond, 0, false},
		{"W4: 59 min late, tolerance 1 h", 59 * time.Minute, time.Hour, true},
		{"W4: 61 min late, tolerance 1 h", 61 * time.Minute, time.Hour, false},
		{"W4: 2 s late, tolerance 1 s", 2 * time.Second, time.Second, false},
		{"W4: 10 years late", 10 * 365 * 24 * time.Hour, 0, false},
		{"W4: 10 years early", -10 * 365 * 24 * time.Hour, 0, false},
	}
	for _, test := range clocks {
		t.Run(test.name, func(t *testing.T) {
			at(t, hookTime.Add(test.off), func(t *testing.T) {
				client := hookClient(t, func(c *lygos.Config) { c.WebhookTolerance = test.tolerance })
				_, err := client.ParseWebhook(t.Context(), good, []byte(body))
				if test.fresh {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, guichet.ErrUntrusted)
			})
		})
	}

	words := []struct {
		word, mac string
		want      guichet.Status
	}{
		{"DEPOSIT_REQUESTED", "6db2a73cce75182b1b79cd4f08fa49774e48b7800893404e4264f64ef0013d5c", guichet.StatusPending},
		{"DEPOSIT_FAILED", "a3abe8ba902415572cdefdae3b01237ba284a9292d324a4326077e943bf99573", guichet.StatusFailed},
		{"SOMETHING", "505b2a19d6a79186ca611c36b6dd3bc4ed7a5703da4b46d674eca44a106c2394", guichet.StatusUnknown},
	}
	for _, test := range words {
		t.Run("W5: "+test.word, func(t *testing.T) {
			at(t, hookTime, func(t *testing.T) {
				body := strings.Replace(body, "DEPOSIT_COMPLETED", test.word, 1)
				event, err := hookClient(t).ParseWebhook(t.Context(), hookHeader(test.mac, hookStamp), []byte(body))
				require.NoError(t, err)
				assert.Equal(t, gatewayID+":"+test.word, event.ID, "each change of a payment is an event of its own")
				webhook, err := lygos.DecodeWebhook(event.Raw)
				require.NoError(t, err)
				assert.Equal(t, test.want, webhook.Status)
				assert.Equal(t, test.word, webhook.ProviderStatus)
			})
		})
	}

	t.Run("W6: not json passes the signature and no more", func(t *testing.T) {
		at(t, hookTime, func(t *testing.T) {
			header := hookHeader("d3e659a9bf15e619c21149f7f57093426b8867a5ea1bdbb086c7b81f734afdac", hookStamp)
			event, err := hookClient(t).ParseWebhook(t.Context(), header, []byte("not json"))
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.NotErrorIs(t, err, guichet.ErrUntrusted)
			assert.Nil(t, event)
		})
	})
	for _, body := range []string{"", "null", "[]", `"x"`, "1", `{"status":"a"`, `{"status":"a"}{}`, `{"status":"failed","status":"success"}`, `{"status":"failed","Status":"success"}`, "{\"orderId\":\"\xff\"}", strings.Repeat("[", 100) + strings.Repeat("]", 100)} {
		t.Run(fmt.Sprintf("W6: well signed and not one JSON object: %.30q", body), func(t *testing.T) {
			at(t, hookTime, func(t *testing.T) {
				event, err := hookClient(t).ParseWebhook(t.Context(), signed(body), []byte(body))
				require.ErrorIs(t, err, guichet.ErrBadResponse)
				assert.Nil(t, event)
				webhook, err := lygos.DecodeWebhook([]byte(body))
				require.ErrorIs(t, err, guichet.ErrBadResponse)
				assert.Nil(t, webhook)
			})
		})
	}
	t.Run("W6: a body over the cap is not even hashed", func(t *testing.T) {
		body := bytes.Repeat([]byte(" "), guichet.MaxWebhookBody+1)
		_, err := hookClient(t).ParseWebhook(t.Context(), nil, body)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
	})
}

func TestWebhookSecretChange(t *testing.T) {
	const old = "whsec_test_9876543210"
	body := fixture(t, "webhook.json")
	client := hookClient(t, func(c *lygos.Config) { c.PreviousWebhookSecret = old })
	for _, secret := range []string{hookSecret, old} {
		t.Run("W1: both secrets count while one is being changed", func(t *testing.T) {
			at(t, hookTime, func(t *testing.T) {
				header := hookHeader(webhook.Sign(secret, []byte(body), []byte(hookStamp)), hookStamp)
				_, err := client.ParseWebhook(t.Context(), header, []byte(body))
				require.NoError(t, err)
			})
		})
	}
}

func TestDecodeWebhook(t *testing.T) {
	tests := []struct {
		name, body string
		want       lygos.Webhook
	}{
		{"W1: the other spellings", `{"transaction_id":"T","order_id":"O","gateway_id":"G","status":"success","amount":"5000","currency":"XOF"}`,
			lygos.Webhook{OperationID: "T", OrderID: "O", GatewayID: "G", Amount: "5000", Currency: "XOF", Status: guichet.StatusSucceeded, ProviderStatus: "success"}},
		{"W1: both spellings: camel case counts", `{"operationId":"A","transaction_id":"B","orderId":"C","order_id":"D"}`, lygos.Webhook{OperationID: "A", OrderID: "C"}},
		{"W1: e-mail of the buyer", `{"buyer":{"email":"awa@shop.example"}}`, lygos.Webhook{Buyer: lygos.Buyer{Email: "awa@shop.example"}}},
		{"W5: an object of another kind", `{"event":"payment.success","data":{"status":"success","order_id":"O"}}`, lygos.Webhook{}},
		{"W5: nothing", `{}`, lygos.Webhook{}},
		{"W5: nulls", `{"operationId":null,"orderId":null,"amount":null,"status":null,"buyer":null}`, lygos.Webhook{}},
		{"W5: a field of another type is empty, the others count", `{"orderId":"O","status":{"code":"success"},"amount":[1],"buyer":"Awa","operationId":7}`, lygos.Webhook{OrderID: "O"}},
		{"W5: half of a buyer", `{"orderId":"O","buyer":{"name":"Awa","phoneNumber":237655111111,"email":[],"country":null}}`, lygos.Webhook{OrderID: "O", Buyer: lygos.Buyer{Name: "Awa"}}},
		{"W5: a currency in small letters", `{"orderId":"O","currency":" xof"}`, lygos.Webhook{OrderID: "O", Currency: guichet.XOF}},
		{"W5: one spelling empty", `{"orderId":"","order_id":"O","operationId":null,"transaction_id":"T"}`, lygos.Webhook{OrderID: "O", OperationID: "T"}},
		{"D13: an order id that is a number", `{"orderId":12345,"amount":5000}`, lygos.Webhook{OrderID: "12345", Amount: "5000"}},
		{"W5: invalid UTF-8 that decides nothing", "{\"orderId\":\"O\",\"operationId\":\"\xff\",\"status\":\"\xff\",\"x\":\"\xff\"}", lygos.Webhook{OrderID: "O"}},
		{"W5: an amount that is no number", `{"orderId":"O","amount":"5 000"}`, lygos.Webhook{OrderID: "O"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			decoded, err := lygos.DecodeWebhook([]byte(test.body))
			require.NoError(t, err)
			assert.Equal(t, &test.want, decoded)

			at(t, hookTime, func(t *testing.T) {
				client := hookClient(t)
				event, err := client.ParseWebhook(t.Context(), signed(test.body), []byte(test.body))
				require.NoError(t, err)
				assert.Equal(t, test.body, string(event.Raw))
				assert.Equal(t, test.want.OrderID, event.Reference)
				assert.NotEmpty(t, event.ID)
				// A delivery that is repeated later has another time, and the same id.
				later := fmt.Sprint(hookTime.Add(time.Minute).UnixMilli())
				again, err := client.ParseWebhook(t.Context(), hookHeader(webhook.Sign(hookSecret, []byte(test.body), []byte(later)), later), []byte(test.body))
				require.NoError(t, err)
				assert.Equal(t, event.ID, again.ID)
			})
		})
	}
	for body, message := range map[string]string{
		`{"orderId":{}}`: "orderId is not a text", `{"orderId":"O","order_id":["O"]}`: "orderId is not a text", `{"orderId":true}`: "orderId is not a text",
		"{\"order_id\":\"\xff\"}": "orderId is not valid UTF-8", `[]`: "the body is not a JSON object", "<html>": "the body is an HTML page, not the API's JSON",
		"": "the body is empty", "not json": "the body is not valid JSON", `{"orderId":"O"`: "the body is cut short",
	} {
		t.Run(fmt.Sprintf("W6: %q", body), func(t *testing.T) {
			_, err := lygos.DecodeWebhook([]byte(body))
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Equal(t, message, errorOf(t, err).Message)
		})
	}
	t.Run("W5: without an operation two bodies are two events", func(t *testing.T) {
		at(t, hookTime, func(t *testing.T) {
			client, ids := hookClient(t), map[string]bool{}
			for _, body := range []string{`{"orderId":"A","status":"success"}`, `{"orderId":"B","status":"success"}`} {
				event, err := client.ParseWebhook(t.Context(), signed(body), []byte(body))
				require.NoError(t, err)
				ids[event.ID] = true
			}
			assert.Len(t, ids, 2)
		})
	})
}
