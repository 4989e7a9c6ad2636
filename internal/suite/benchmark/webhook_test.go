package benchmark

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

const secret = "whsec_guichet_benchmark_0001"

// webhookBody is a documented webhook of 1 KB.
func webhookBody(body string) []byte {
	body = strings.TrimSuffix(strings.TrimSpace(body), "}")
	return []byte(body + `,"note":"` + strings.Repeat("a", 1024-len(body)-len(`,"note":""}`)) + `"}`)
}

func mac(parts ...string) string {
	h := hmac.New(sha256.New, []byte(secret))
	for _, part := range parts {
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

var errForged = errors.New("forged")

// checked is the check of a signature by hand, with the time in seconds or thousandths.
func checked(signature, stamp string, unit time.Duration, parts ...[]byte) error {
	given, err := hex.DecodeString(signature)
	if err != nil {
		return errForged
	}
	h := hmac.New(sha256.New, []byte(secret))
	for _, part := range parts {
		h.Write(part)
	}
	if !hmac.Equal(given, h.Sum(nil)) {
		return errForged
	}
	if stamp == "" {
		return nil
	}
	n, err := strconv.ParseInt(stamp, 10, 64)
	if age := time.Since(time.Unix(0, n*int64(unit))); err != nil || age > 5*time.Minute || age < -5*time.Minute {
		return errForged
	}
	return nil
}

// webhookCells check and parse a webhook of 1 KB. LigdiCash signs none.
func webhookCells(t testing.TB) []cell {
	all := map[string]provider{}
	for _, p := range providers(t) {
		all[p.name] = p
	}
	now := time.Now()
	seconds, milliseconds := strconv.FormatInt(now.Unix(), 10), strconv.FormatInt(now.UnixMilli(), 10)
	parse := func(name string, header http.Header, body []byte) func() error {
		client := all[name].new(t, guichet.WithHTTPClient(answering(200, "")))
		return func() error {
			_, err := client.ParseWebhook(context.Background(), header, body)
			return err
		}
	}
	event := func(id, payment, reference string, body []byte) *guichet.Event {
		return &guichet.Event{ID: id, PaymentID: payment, Reference: reference, Raw: bytes.Clone(body)}
	}

	lygosBody := webhookBody(fixture(t, "lygos/webhook.json"))
	lygosHeader := http.Header{"X-Signature": {mac(string(lygosBody), milliseconds)}, "X-Timestamp": {milliseconds}}
	lomiBody := webhookBody(fixture(t, "lomi/webhook.json"))
	lomiHeader := http.Header{"X-Lomi-Signature": {mac(string(lomiBody))}}
	caurisBody := webhookBody(fixture(t, "caurisflux/webhook_success.json"))
	caurisHeader := http.Header{"X-Webhook-Signature": {mac(seconds, ".", string(caurisBody))}, "X-Webhook-Timestamp": {seconds}}
	return []cell{
		{"Lygos", "webhook", parse("Lygos", lygosHeader, lygosBody), func() error {
			stamp := lygosHeader.Get("X-Timestamp")
			if err := checked(lygosHeader.Get("X-Signature"), stamp, time.Millisecond, lygosBody, []byte(stamp)); err != nil {
				return err
			}
			var w struct {
				OperationID string `json:"operationId"`
				OrderID     string `json:"orderId"`
				Amount      int64  `json:"amount"`
				Status      string `json:"status"`
				Buyer       struct {
					Name     string `json:"name"`
					Phone    string `json:"phoneNumber"`
					Country  string `json:"country"`
					Operator string `json:"operator"`
				} `json:"buyer"`
			}
			if err := json.Unmarshal(lygosBody, &w); err != nil {
				return err
			}
			kept = event(w.OperationID+w.Status, w.OrderID, w.OrderID, lygosBody)
			return nil
		}},
		{"lomi. session", "webhook", parse("lomi. session", lomiHeader, lomiBody), func() error {
			if err := checked(lomiHeader.Get("X-Lomi-Signature"), "", 0, lomiBody); err != nil {
				return err
			}
			var w struct {
				ID        string    `json:"id"`
				Event     string    `json:"event"`
				Timestamp time.Time `json:"timestamp"`
				Data      struct {
					TransactionID string            `json:"transaction_id"`
					Gross         int64             `json:"gross_amount"`
					Fee           int64             `json:"fee_amount"`
					Net           int64             `json:"net_amount"`
					Currency      string            `json:"currency_code"`
					Type          string            `json:"transaction_type"`
					Status        string            `json:"status"`
					Provider      string            `json:"provider_code"`
					Method        string            `json:"payment_method_code"`
					Session       string            `json:"checkout_session_id"`
					Metadata      map[string]string `json:"metadata"`
				} `json:"data"`
				Environment string `json:"lomi_environment"`
			}
			if err := json.Unmarshal(lomiBody, &w); err != nil {
				return err
			}
			kept = event(w.ID, w.Data.Session, w.Data.Metadata["order_id"], lomiBody)
			return nil
		}},
		{"CaurisFlux", "webhook", parse("CaurisFlux", caurisHeader, caurisBody), func() error {
			stamp := caurisHeader.Get("X-Webhook-Timestamp")
			if err := checked(caurisHeader.Get("X-Webhook-Signature"), stamp, time.Second, []byte(stamp), []byte("."), caurisBody); err != nil {
				return err
			}
			var w struct {
				Event string `json:"event"`
				Data  struct {
					TransactionID string `json:"transactionId"`
					Reference     string `json:"externalReference"`
					Provider      string `json:"provider"`
					Amount        int64  `json:"amount"`
					Currency      string `json:"currency"`
				} `json:"data"`
			}
			if err := json.Unmarshal(caurisBody, &w); err != nil {
				return err
			}
			kept = event(w.Data.TransactionID+w.Event, w.Data.TransactionID, w.Data.Reference, caurisBody)
			return nil
		}},
	}
}

// mostWebhookAllocations is for one webhook of 1 KB.
const mostWebhookAllocations = 40

func TestWebhookAllocations(t *testing.T) {
	for _, c := range webhookCells(t) {
		require.NoError(t, c.ours(), c.provider)
		require.NoError(t, c.hand(), c.provider)
		if !counted {
			continue
		}
		if n := testing.AllocsPerRun(200, func() { _ = c.ours() }); n > mostWebhookAllocations {
			t.Errorf("%s: %.0f allocations", c.provider, n)
		}
	}
}

// kept keeps the compiler from leaving out the event of a webhook by hand.
var kept *guichet.Event
