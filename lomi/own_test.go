package lomi_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

func TestAnotherIDIsAnotherObject(t *testing.T) {
	for body, call := range map[string]run{
		`{"checkout_session_id":"other","id":"x","status":"completed"}`: func(ctx context.Context, c *lomi.Client) error { return discard(c.GetStatus(ctx, "x")) },
		`{"checkout_session_id":"X","status":"completed"}`:              func(ctx context.Context, c *lomi.Client) error { return discard(c.GetStatus(ctx, "x")) },
		`{"link_id":"PLINK_123","is_active":true}`:                      func(ctx context.Context, c *lomi.Client) error { return discard(c.GetPaymentLink(ctx, linkID)) },
		`{"link_id":"plink_9","title":"T"}`: func(ctx context.Context, c *lomi.Client) error {
			return discard(c.UpdatePaymentLink(ctx, linkID, lomi.PaymentLinkUpdate{Title: ptr("T")}))
		},
		`{"transaction_id":"other","id":"x","status":"completed"}`: func(ctx context.Context, c *lomi.Client) error { return discard(c.GetTransaction(ctx, "x")) },
		`{"transaction_id":"X","status":"completed"}`:              func(ctx context.Context, c *lomi.Client) error { return discard(c.GetTransaction(ctx, "x")) },
		`{"refund_id":"other","id":"x","status":"completed"}`:      func(ctx context.Context, c *lomi.Client) error { return discard(c.GetRefund(ctx, "x")) },
	} {
		client, _ := answering(t, 200, body)
		assert.ErrorIs(t, call(t.Context(), client), guichet.ErrBadResponse, body)
	}
	client, _ := answering(t, 200, `{"transaction_id":"t1","public_id":"txn_1"}`)
	_, err := client.GetTransaction(t.Context(), "txn_1")
	require.NoError(t, err)
}

func TestTheStatusIsTheChargesOwn(t *testing.T) {
	client, _ := answering(t, 200, `{"status":"succeeded","data":{"id":"pi_1"}}`)
	card, err := client.GetCardCharge(t.Context(), "pi_1")
	require.NoError(t, err)
	assert.Equal(t, guichet.StatusUnknown, card.Status)
	for body, want := range map[string]guichet.Status{
		`{"status":"completed","data":{"transaction_id":"t1"}}`:                                              guichet.StatusUnknown,
		`{"status":"completed","data":{"transaction_id":"t1","status":"PENDING"}}`:                           guichet.StatusPending,
		`{"transaction_id":"t1","status":"PENDING","data":{"status":"completed"}}`:                           guichet.StatusPending,
		`{"transaction_id":"t1","next_action":{"type":"await_webhook","status":"completed"}}`:                guichet.StatusUnknown,
		`{"transaction_id":"t1","next_action":{"type":"await_webhook","status":"PENDING"}}`:                  guichet.StatusPending,
		`{"data":{"transactionId":"t1"},"next_action":{"type":"await_webhook","status":"failed"}}`:           guichet.StatusUnknown,
		`{"data":{"transactionId":"t1","status":"completed"},"next_action":{"type":"x","status":"pending"}}`: guichet.StatusSucceeded,
	} {
		client, _ := answering(t, 200, body)
		charge, err := client.ChargeMTN(t.Context(), mtnCharge)
		require.NoError(t, err, body)
		assert.Equal(t, want, charge.Status, body)
	}
	client, _ = answering(t, 200, `{"status":"completed","data":{"refund_id":"r1","payout_id":"p1"}}`)
	refund, err := client.CreateRefund(t.Context(), refundAll)
	require.NoError(t, err)
	assert.Equal(t, guichet.StatusUnknown, refund.Refund.Status)
	payout, err := client.CreatePayout(t.Context(), selfPayout)
	require.NoError(t, err)
	assert.Equal(t, guichet.StatusUnknown, payout.Payout.Status)
}

func TestATokenOrPreviewIsAQuestion(t *testing.T) {
	const made = `"refund_id":"r1","payout_id":"p1","status":"completed"`
	body := `{"confirmation_token":"tok_1",` + made + `}`
	client, _ := answering(t, 200, body)
	refund, err := client.CreateRefund(t.Context(), refundAll)
	require.NoError(t, err)
	require.NotNil(t, refund.Approval)
	assert.Nil(t, refund.Refund)
	payout, err := client.CreatePayout(t.Context(), selfPayout)
	require.NoError(t, err)
	require.NotNil(t, payout.Approval)
	assert.Nil(t, payout.Payout)
	done, err := client.ApproveRefund(t.Context(), *refund.Approval)
	require.NoError(t, err)
	assert.NotNil(t, done.Refund, "on the second step the token is what was sent")

	for _, body := range []string{`{"preview":{"amount":100},` + made + `}`, `{"data":{` + made + `},"preview":{}}`, `{"confirmation_token":7,` + made + `}`} {
		client, _ := answering(t, 200, body)
		_, err := client.CreateRefund(t.Context(), refundAll)
		assert.ErrorIs(t, err, guichet.ErrBadResponse, body)
		_, err = client.CreatePayout(t.Context(), selfPayout)
		assert.ErrorIs(t, err, guichet.ErrBadResponse, body)
	}
	// On the second step lomi. may ask once more, and need not write true as a bool.
	for _, asks := range []string{`true`, `"true"`, `1`, `{}`} {
		client, _ := answering(t, 200, `{"requires_confirmation":`+asks+`,"confirmation_token":"tok_2",`+made+`}`)
		more, err := client.ApproveRefund(t.Context(), *refund.Approval)
		require.NoError(t, err, asks)
		assert.Nil(t, more.Refund, asks)
		require.NotNil(t, more.Approval, asks)
		assert.Equal(t, "tok_2", more.Approval.Token)
	}
	client, _ = answering(t, 200, `{"confirmation_token":null,"preview":null,`+made+`}`)
	refund, err = client.CreateRefund(t.Context(), refundAll)
	require.NoError(t, err)
	assert.NotNil(t, refund.Refund)
}

func TestNativeEchoes(t *testing.T) {
	type made struct {
		found bool
		err   error
	}
	session := func(c *lomi.Client) made {
		s, err := c.CreateCheckoutSession(t.Context(), lomi.CheckoutSessionRequest{Amount: 100, CurrencyCode: guichet.XOF})
		return made{s != nil, err}
	}
	link := func(c *lomi.Client) made {
		l, err := c.CreatePaymentLink(t.Context(), lomi.PaymentLinkRequest{LinkType: lomi.LinkInstant, Title: "T", Amount: 100, CurrencyCode: guichet.XOF})
		return made{l != nil, err}
	}
	refund := func(c *lomi.Client) made {
		r, err := c.CreateRefund(t.Context(), refundAll)
		return made{r != nil && r.Refund != nil, err}
	}
	payout := func(c *lomi.Client) made {
		req := selfPayout
		req.Amount = 100
		p, err := c.CreatePayout(t.Context(), req)
		return made{p != nil && p.Payout != nil, err}
	}
	wave := func(c *lomi.Client) made {
		w, err := c.ChargeWave(t.Context(), waveCharge)
		return made{w != nil && w.TransactionID == "t1", err}
	}
	update := func(c *lomi.Client) made {
		l, err := c.UpdatePaymentLink(t.Context(), linkID, lomi.PaymentLinkUpdate{Amount: ptr(int64(100)), IsActive: ptr(false)})
		return made{l != nil, err}
	}
	tests := []struct {
		call  func(*lomi.Client) made
		body  string
		wrong bool
	}{
		{session, `{"checkout_session_id":"cs_1","amount":100,"currency_code":"XOF"}`, false},
		{session, `{"checkout_session_id":"cs_1","amount":101}`, true},
		{session, `{"checkout_session_id":"cs_1","amount":100,"currency_code":"EUR"}`, true},
		{link, `{"link_id":"l","amount":"100"}`, false},
		{link, `{"link_id":"l","amount":100.5}`, true},
		{link, `{"link_id":"l","currency_code":"USD"}`, true},
		{refund, `{"refund_id":"r","transaction_id":"t1","amount":100,"refunded_amount":0,"status":"pending"}`, false},
		{refund, `{"refund_id":"r","refunded_amount":0,"status":"completed"}`, true},
		{refund, `{"refund_id":"r","amount":99}`, true},
		{refund, `{"refund_id":"r","refunded_amount":50,"status":"completed"}`, true},
		{refund, `{"refund_id":"r","transaction_id":"t2","amount":100}`, true},
		{payout, `{"payout_id":"p","status":"pending","amount":100,"currency_code":"XOF"}`, false},
		{payout, `{"payout_id":"p","status":"pending","amount":1000}`, true},
		{payout, `{"payout_id":"p","status":"pending","currency_code":"EUR"}`, true},
		{wave, `{"transaction_id":"t1","wave_launch_url":"https://pay.wave.com/c/1","waveSession":{"amount":"1000","currency":"XOF"}}`, false},
		{wave, `{"transaction_id":"t1","wave_launch_url":"https://pay.wave.com/c/1","waveSession":{"amount":"10000","currency":"XOF"}}`, true},
		{wave, `{"transaction_id":"t1","wave_launch_url":"https://pay.wave.com/c/1","waveSession":{"amount":"1000","currency":"EUR"}}`, true},
		{update, `{"link_id":"plink_123","amount":100,"is_active":false}`, false},
		{update, `{"link_id":"plink_123","amount":101,"is_active":false}`, true},
		{update, `{"link_id":"plink_123","amount":100,"is_active":true}`, true},
		{update, `{"message":"updated"}`, false},
	}
	for _, test := range tests {
		client, _ := answering(t, 201, test.body)
		got := test.call(client)
		assert.True(t, got.found, test.body)
		if test.wrong {
			assert.ErrorIs(t, got.err, guichet.ErrMismatch, test.body)
		} else {
			assert.NoError(t, got.err, test.body)
		}
	}
}

func TestPortalErrorsHideTheLaunch(t *testing.T) {
	for _, body := range []string{
		`{"launch_url":"http://portal.lomi.africa/secret_launch","launch_token":"tok_secret_launch"}`,
		`{"success":false,"data":{"launch_url":"https://portal.lomi.africa/secret_launch","launch_token":"tok_secret_launch"}}`,
	} {
		client, _ := answering(t, 200, body)
		_, err := client.OpenCustomerPortal(t.Context(), "c1", lomi.PortalRequest{})
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.NotContains(t, string(errorOf(t, err).Raw()), "secret_launch")
	}
}
