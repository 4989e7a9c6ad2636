package lomi_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

func createRefund(change func(*lomi.RefundRequest)) run {
	req := refundAll
	change(&req)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.CreateRefund(ctx, req)) }
}

func approveRefund(change func(*lomi.RefundApproval)) run {
	confirmation := lomi.RefundApproval{Request: refundAll, IdempotencyKey: "key-1", Token: "tok_refund_1"}
	change(&confirmation)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.ApproveRefund(ctx, confirmation)) }
}

func listRefunds(f lomi.RefundFilter) run {
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.ListRefunds(ctx, f)) }
}

func TestRefundRequests(t *testing.T) {
	onTheWire(t, []wire{
		{"T9: refund of 100", createRefund(func(*lomi.RefundRequest) {}), refundAnswer, "POST", "/refunds", `{"transaction_id":"t1","amount":100}`, "*"},
		{"T9: refund with everything", createRefund(func(r *lomi.RefundRequest) {
			r.Reason, r.Type, r.SubscriptionAction, r.IdempotencyKey = "R", lomi.RefundPartial, lomi.SubscriptionPause, "key-1"
			r.ReverseTransfer, r.RefundApplicationFee = ptr(true), ptr(false)
		}), refundAnswer, "POST", "/refunds", `{"transaction_id":"t1","amount":100,"reason":"R","refund_type":"partial","subscription_action":"pause",` +
			`"reverse_transfer":true,"refund_application_fee":false}`, "key-1"},
		{"T9: second step", approveRefund(func(*lomi.RefundApproval) {}), refundAnswer, "POST", "/refunds",
			`{"transaction_id":"t1","amount":100,"confirmation_token":"tok_refund_1"}`, "key-1"},
		{"get", do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.GetRefund(ctx, "r1") }), refundAnswer, "GET", "/refunds/r1", "", ""},
		{"list", listRefunds(lomi.RefundFilter{Status: "completed", From: jan1, To: jan1.Add(time.Hour), Limit: 5, Cursor: "c2"}), anyList, "GET",
			"/refunds?cursor=c2&endDate=2024-01-01T01%3A00%3A00Z&limit=5&startDate=2024-01-01T00%3A00%3A00Z&status=completed", "", ""},
		{"list of all", listRefunds(lomi.RefundFilter{}), anyList, "GET", "/refunds", "", ""},
	})
	refused(t, []faulty{
		{"of nothing", createRefund(func(r *lomi.RefundRequest) { r.Amount = 0 }), "Amount"},
		{"of less than nothing", createRefund(func(r *lomi.RefundRequest) { r.Amount = -100 }), "Amount"},
		{"of no transaction", createRefund(func(r *lomi.RefundRequest) { r.TransactionID = "" }), "TransactionID"},
		{"key", createRefund(func(r *lomi.RefundRequest) { r.IdempotencyKey = " " }), "IdempotencyKey"},
		{"text that is none", createRefund(func(r *lomi.RefundRequest) { r.Reason = "\xff" }), "Reason"},
		{"confirmation without token", approveRefund(func(c *lomi.RefundApproval) { c.Token = "" }), "Token"},
		{"confirmation with a broken token", approveRefund(func(c *lomi.RefundApproval) { c.Token = "\xff" }), "Token"},
		{"confirmation under no key, which would be a new refund", approveRefund(func(c *lomi.RefundApproval) { c.IdempotencyKey = "" }), "IdempotencyKey"},
		{"confirmation of nothing", approveRefund(func(c *lomi.RefundApproval) { c.Request.Amount = 0 }), "Amount"},
		{"status of the filter", listRefunds(lomi.RefundFilter{Status: "a,b"}), "Status"},
	})
}

func TestRefundAnswers(t *testing.T) {
	for name, body := range map[string]string{
		"wrapped":        `{"success":true,"data":{"refund_id":"r1","amount":5000,"status":"completed"}}`,
		"bare":           `{"success":true,"refund_id":"r1","amount":5000,"status":"completed"}`,
		"without a wrap": `{"refund_id":"r1","amount":"5000","status":"Completed"}`,
		"in an array":    `{"data":[{"refund_id":"r1","amount":5000,"status":"completed"}]}`,
		"another name":   `{"data":{"id":"r1","amount":5000,"status":"completed","requires_confirmation":false}}`,
	} {
		t.Run("T20: "+name, func(t *testing.T) {
			client, lomiMock := answering(t, 201, body)
			got, err := client.CreateRefund(t.Context(), lomi.RefundRequest{TransactionID: "t1", Amount: 5000})
			require.NoError(t, err)
			assert.Nil(t, got.Approval)
			require.NotNil(t, got.Refund)
			assert.Equal(t, "r1", got.Refund.ID)
			assert.Equal(t, guichet.Number("5000"), got.Refund.Amount)
			assert.Equal(t, guichet.StatusSucceeded, got.Refund.Status)
			assert.Equal(t, lomiMock.One(t).Header.Get("Idempotency-Key"), got.IdempotencyKey)
			assert.False(t, got.Replayed)

			read, err := client.GetRefund(t.Context(), "r1")
			require.NoError(t, err)
			assert.Equal(t, guichet.Number("5000"), read.Amount)
		})
	}
	t.Run("every member", func(t *testing.T) {
		const body = `{"refund_id":"r1","transaction_id":"t1","amount":100,"refunded_amount":95,"fee_amount":5,"reason":"R","status":"processing","message":"M",` +
			`"subscription_action":"cancel","created_at":"2026-03-02T08:15:30Z","updated_at":null}`
		client, _ := answering(t, 200, body)
		got, err := client.GetRefund(t.Context(), "r1")
		require.NoError(t, err)
		assert.Equal(t, &lomi.Refund{
			ID: "r1", TransactionID: "t1", Amount: "100", RefundedAmount: "95", FeeAmount: "5", Reason: "R",
			Status: guichet.StatusPending, ProviderStatus: "processing", Message: "M", SubscriptionAction: lomi.SubscriptionCancel,
			CreatedAt: guichet.Timestamp{Time: time.Date(2026, 3, 2, 8, 15, 30, 0, time.UTC), Text: "2026-03-02T08:15:30Z"}, Raw: json.RawMessage(body),
		}, got)
	})
	t.Run("list, wrapped in data twice", func(t *testing.T) {
		client, _ := answering(t, 200, `{"success":true,"data":{"data":[{"refund_id":"a","status":"failed"},{"refund_id":"b"}],"has_more":false}}`)
		page, err := client.ListRefunds(t.Context(), lomi.RefundFilter{})
		require.NoError(t, err)
		require.Len(t, page.Items, 2)
		assert.Equal(t, guichet.StatusFailed, page.Items[0].Status)
		assert.Equal(t, guichet.StatusUnknown, page.Items[1].Status)
	})
	t.Run("refused", func(t *testing.T) {
		client, lomiMock := answering(t, 400, `{"error":{"code":"bad_request","message":"Only completed transactions can be refunded"},"request_id":"r"}`)
		_, err := client.CreateRefund(t.Context(), refundAll)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
		assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome)
		lomiMock.One(t)
	})
}

func TestRefundThatHasToBeConfirmed(t *testing.T) {
	client, lomiMock := newMock(t, config(), text(200, fixture(t, "refund_preview.json")),
		text(201, refundAnswer).HeaderSet(map[string][]string{"Idempotency-Cache-Hit": {"true"}}))
	req := refundAll
	req.Reason, req.ReverseTransfer = "R", ptr(true)

	first, err := client.CreateRefund(t.Context(), req)
	require.NoError(t, err)
	require.Nil(t, first.Refund, "T9: a preview is no refund")
	require.NotNil(t, first.Approval)
	assert.JSONEq(t, `{"amount":100,"fee":0}`, string(first.Approval.Preview))
	assert.Equal(t, time.Date(2026, 3, 2, 8, 20, 0, 0, time.UTC), first.Approval.ExpiresAt.Time)

	// A person decides, so the confirmation may pass through a database.
	stored, err := json.Marshal(first.Approval)
	require.NoError(t, err)
	var loaded lomi.RefundApproval
	require.NoError(t, json.Unmarshal(stored, &loaded))

	second, err := client.ApproveRefund(t.Context(), loaded)
	require.NoError(t, err)
	require.NotNil(t, second.Refund)
	assert.Nil(t, second.Approval)
	assert.Equal(t, "r1", second.Refund.ID)
	assert.True(t, second.Replayed)

	all := lomiMock.All()
	require.Len(t, all, 2)
	assert.Equal(t, `{"transaction_id":"t1","amount":100,"reason":"R","reverse_transfer":true}`, all[0].Body)
	assert.Equal(t, `{"transaction_id":"t1","amount":100,"reason":"R","reverse_transfer":true,"confirmation_token":"tok_refund_1"}`, all[1].Body)
	key := all[0].Header.Values("Idempotency-Key")
	require.Len(t, key, 1)
	assert.Equal(t, key, all[1].Header.Values("Idempotency-Key"), "T9: one key")
	assert.Equal(t, key[0], first.IdempotencyKey)
	assert.Equal(t, key[0], second.IdempotencyKey)
}

func TestPreviewsAreNeverTakenForDone(t *testing.T) {
	for _, body := range []string{
		`{"requires_confirmation":true,"confirmation_token":"tok_1","refund_id":"r1","payout_id":"p1","status":"completed"}`,
		`{"success":true,"data":{"requires_confirmation":true,"confirmation_token":"tok_1","refund_id":"r1","payout_id":"p1","status":"completed"}}`,
		`{"requires_confirmation":true,"confirmation_token":"tok_1","data":{"refund_id":"r1","payout_id":"p1","status":"completed"}}`,
		`{"requires_confirmation":true,"data":{"confirmation_token":"tok_1","requires_confirmation":false,"refund_id":"r1","payout_id":"p1","status":"completed"}}`,
		`{"data":{"requires_confirmation":true,"confirmation_token":"tok_1","data":{"requires_confirmation":false,"refund_id":"r1","payout_id":"p1","status":"completed"}}}`,
		`{"success":true,"requires_confirmation":"true","confirmation_token":"tok_1","refund_id":"r1","payout_id":"p1","status":"completed"}`,
	} {
		t.Run(body, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			refund, err := client.CreateRefund(t.Context(), refundAll)
			require.NoError(t, err)
			assert.Nil(t, refund.Refund)
			assert.Equal(t, "tok_1", refund.Approval.Token)
			payout, err := client.CreatePayout(t.Context(), selfPayout)
			require.NoError(t, err)
			assert.Nil(t, payout.Payout)
			assert.Equal(t, "tok_1", payout.Approval.Token)

			// Asked again after it was confirmed, it is still not done.
			refund, err = client.ApproveRefund(t.Context(), *refund.Approval)
			require.NoError(t, err)
			assert.Nil(t, refund.Refund)
			assert.NotNil(t, refund.Approval)
			payout, err = client.ApprovePayout(t.Context(), *payout.Approval)
			require.NoError(t, err)
			assert.Nil(t, payout.Payout)
			assert.NotNil(t, payout.Approval)
		})
	}
	for _, body := range []string{
		`{"success":false,"requires_confirmation":true,"confirmation_token":"tok_1","refund_id":"r1","payout_id":"p1","status":"completed"}`,
		`{"requires_confirmation":true}`, `{"requires_confirmation":true,"confirmation_token":null,"refund_id":"r1","payout_id":"p1","status":"completed"}`,
		`{"requires_confirmation":true,"confirmation_token":7,"refund_id":"r1","payout_id":"p1","status":"completed"}`,
	} {
		t.Run("cannot be confirmed: "+body, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			refund, err := client.CreateRefund(t.Context(), refundAll)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Nil(t, refund)
			payout, err := client.CreatePayout(t.Context(), selfPayout)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			assert.Nil(t, payout)
		})
	}
}

func TestOutgoingStatuses(t *testing.T) {
	for word, want := range map[string]guichet.Status{
		"pending": guichet.StatusPending, "processing": guichet.StatusPending, "completed": guichet.StatusSucceeded, "failed": guichet.StatusFailed,
		"refunded": guichet.StatusUnknown, "approved": guichet.StatusUnknown, "cancelled": guichet.StatusUnknown,
	} {
		t.Run(word, func(t *testing.T) {
			client, _ := answering(t, 200, `{"refund_id":"r1","payout_id":"p1","status":"`+word+`"}`)
			refund, err := client.GetRefund(t.Context(), "r1")
			require.NoError(t, err)
			assert.Equal(t, want, refund.Status)
			assert.Equal(t, word, refund.ProviderStatus)
			payout, err := client.GetPayout(t.Context(), "p1")
			require.NoError(t, err)
			assert.Equal(t, want, payout.Status)
			assert.Equal(t, word, payout.ProviderStatus)
		})
	}
}
