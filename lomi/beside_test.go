package lomi_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

// TestAnErrorBesideAnObjectHasTheAnswer: what lomi. made exists and is not what was asked
// for, so a person looks at what lomi. said.
func TestAnErrorBesideAnObjectHasTheAnswer(t *testing.T) {
	for body, test := range map[string]struct {
		kind error
		call run
	}{
		`{"checkout_session_id":"cs_1","checkout_url":"https://pay.lomi.africa/1","status":"open","amount":14999,"currency_code":"XOF"}`: {guichet.ErrMismatch,
			func(ctx context.Context, c *lomi.Client) error { return discard(c.CreatePayment(ctx, francs(15000))) }},
		`{"checkout_session_id":"cs_1","status":"open","amount":15000,"currency_code":"XOF"}`: {guichet.ErrBadResponse,
			func(ctx context.Context, c *lomi.Client) error { return discard(c.CreatePayment(ctx, francs(15000))) }},
		`{"refund_id":"r1","amount":99}`:                                 {guichet.ErrMismatch, func(ctx context.Context, c *lomi.Client) error { return discard(c.CreateRefund(ctx, refundAll)) }},
		`{"payout_id":"p1","status":"pending","amount":1}`:               {guichet.ErrMismatch, func(ctx context.Context, c *lomi.Client) error { return discard(c.CreatePayout(ctx, selfPayout)) }},
		`{"transaction_id":"t1"}`:                                        {guichet.ErrBadResponse, func(ctx context.Context, c *lomi.Client) error { return discard(c.ChargeWave(ctx, waveCharge)) }},
		`{"id":"pi_1","original_amount":1}`:                              {guichet.ErrMismatch, func(ctx context.Context, c *lomi.Client) error { return discard(c.ChargeCard(ctx, cardCharge)) }},
		`{"request_id":"pr1","amount":1}`:                                {guichet.ErrMismatch, func(ctx context.Context, c *lomi.Client) error { return discard(c.CreatePaymentRequest(ctx, request1)) }},
		`{"product_id":"prod_1","prices":[{"price_id":"p","amount":1}]}`: {guichet.ErrMismatch, func(ctx context.Context, c *lomi.Client) error { return discard(c.CreateProduct(ctx, product)) }},
		`{"webhook_id":"w1"}`: {guichet.ErrBadResponse, func(ctx context.Context, c *lomi.Client) error {
			return discard(c.CreateWebhookEndpoint(ctx, endpoint))
		}},
		`{"link_id":"plink_123","is_active":true}`: {guichet.ErrMismatch, func(ctx context.Context, c *lomi.Client) error {
			return discard(c.UpdatePaymentLink(ctx, linkID, lomi.PaymentLinkUpdate{IsActive: ptr(false)}))
		}},
	} {
		client, lomiMock := answering(t, 201, body)
		err := test.call(t.Context(), client)
		require.ErrorIs(t, err, test.kind, body)
		assert.JSONEq(t, body, string(errorOf(t, err).Raw()))
		assert.Equal(t, 201, errorOf(t, err).HTTPStatus)
		lomiMock.One(t)
	}
}

func TestAReplayedCreate(t *testing.T) {
	for name, cfg := range map[string]lomi.Config{"session": config(), "link": viaLink()} {
		for header, want := range map[string]bool{"true": true, " True ": true, "false": false, "": false} {
			const made = `{"checkout_session_id":"cs_1","checkout_url":"https://pay.lomi.africa/1","link_id":"l","url":"https://pay.lomi.africa/1","amount":15000,"currency_code":"XOF"}`
			client, _ := newMock(t, cfg, text(201, made).HeaderSet(map[string][]string{"Idempotency-Cache-Hit": {header}}))
			payment, err := client.CreatePayment(t.Context(), francs(15000))
			require.NoError(t, err)
			assert.Equal(t, want, payment.Replayed, "%s %q", name, header)
		}
	}
	client, _ := newMock(t, config(), text(201, `{"checkout_session_id":"cs_1","amount":1}`).HeaderSet(map[string][]string{"Idempotency-Cache-Hit": {"true"}}))
	payment, err := client.CreatePayment(t.Context(), francs(15000))
	require.ErrorIs(t, err, guichet.ErrMismatch)
	assert.True(t, payment.Replayed, "also beside an error")
}
