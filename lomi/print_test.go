package lomi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

func TestContainersPrintNoSecret(t *testing.T) {
	const hidden = "hidden-value"
	raw, metadata := json.RawMessage(`"`+hidden+`"`), map[string]any{"k": hidden}
	page := lomi.Page[lomi.Customer]{Items: []lomi.Customer{{Email: hidden, Raw: raw}}}
	for _, v := range []any{
		page, &page,
		lomi.Page[lomi.PaymentLink]{Items: []lomi.PaymentLink{{URL: hidden, Metadata: raw, Raw: raw}}},
		lomi.PayoutResult{Payout: &lomi.Payout{Raw: raw}, Approval: &lomi.PayoutApproval{Token: hidden, Preview: raw}},
		lomi.RefundResult{Refund: &lomi.Refund{Raw: raw}, Approval: &lomi.RefundApproval{Token: hidden, Preview: raw}},
		lomi.RefundApproval{Token: hidden, Preview: raw}, lomi.Refund{Raw: raw},
		lomi.PaymentLink{URL: hidden, Metadata: raw, Raw: raw}, lomi.PaymentLinkRequest{Metadata: metadata}, lomi.PaymentLinkUpdate{Metadata: metadata},
		lomi.PaymentRequest{URL: hidden, Metadata: raw, Raw: raw}, lomi.PaymentRequestInput{Metadata: metadata},
		lomi.BlockingInvoice{CheckoutURL: hidden}, lomi.LineItem{Metadata: metadata},
	} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			fmt.Fprintf(&log, verb, v)
		}
		for _, form := range []string{hidden, fmt.Sprintf("%x", hidden), fmt.Sprint([]byte(hidden))} {
			assert.NotContains(t, log.String(), form[1:len(form)-1], "%T", v)
		}
		assert.Contains(t, log.String(), "[redacted]", "%T", v)
	}
}

func TestWebhookStatus(t *testing.T) {
	for body, want := range map[string]guichet.Status{
		`{"event":"PAYMENT_SUCCEEDED","data":{"status":"completed"}}`:      guichet.StatusSucceeded,
		`{"type":"test.webhook","data":{"object":{"status":"completed"}}}`: guichet.StatusSucceeded,
		`{"event":"PAYMENT_FAILED","data":{"status":"completely"}}`:        guichet.StatusUnknown,
		`{"event":"REFUND_COMPLETED","data":{"status":"completed"}}`:       guichet.StatusUnknown,
		`{"event":"PAYOUT_COMPLETED","data":{"status":"completed"}}`:       guichet.StatusUnknown,
		`{"data":{"status":"completed"}}`:                                  guichet.StatusUnknown,
	} {
		webhook, err := lomi.DecodeWebhook([]byte(body))
		require.NoError(t, err)
		assert.Equal(t, want, webhook.Status, body)
		assert.Contains(t, body, `"`+webhook.ProviderStatus+`"`)
	}
}

func TestSessionStatus(t *testing.T) {
	client, _ := answering(t, 200, `{"id":"cs_1","status":"Completed"}`)
	session, err := client.GetCheckoutSession(t.Context(), "cs_1")
	require.NoError(t, err)
	assert.Equal(t, guichet.StatusSucceeded, session.Status)
	assert.Equal(t, "Completed", session.ProviderStatus)
}
