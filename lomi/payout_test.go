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

func createPayout(change func(*lomi.PayoutRequest)) run {
	req, recipient := friendPayout, *friendPayout.Recipient
	req.Recipient = &recipient
	change(&req)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.CreatePayout(ctx, req)) }
}

func approvePayout(change func(*lomi.PayoutApproval)) run {
	confirmation := lomi.PayoutApproval{Request: selfPayout, IdempotencyKey: "key-1", Token: "tok_payout_1"}
	change(&confirmation)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.ApprovePayout(ctx, confirmation)) }
}

func listPayouts(f lomi.PayoutFilter) run {
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.ListPayouts(ctx, f)) }
}

func TestPayoutRequests(t *testing.T) {
	onTheWire(t, []wire{
		{"to oneself", do(func(ctx context.Context, c *lomi.Client) (any, error) {
			req := selfPayout
			req.PayoutMethodID, req.Reason, req.Metadata, req.IdempotencyKey = "pm_1", "R", map[string]any{"a": 1}, "key-1"
			return c.CreatePayout(ctx, req)
		}), payoutAnswer, "POST", "/payouts",
			`{"destination":"self","rail":"bank","amount":5000,"currency_code":"XOF","payout_method_id":"pm_1","reason":"R","metadata":{"a":1}}`, "key-1"},
		{"to somebody", createPayout(func(*lomi.PayoutRequest) {}), payoutAnswer, "POST", "/payouts",
			`{"destination":"beneficiary","rail":"wave","amount":5000,"currency_code":"XOF","recipient":{"name":"Awa Diop","phone":"+2250700111111"}}`, "*"},
		{"second step", approvePayout(func(*lomi.PayoutApproval) {}), payoutAnswer, "POST", "/payouts",
			`{"destination":"self","rail":"bank","amount":5000,"currency_code":"XOF","confirmation_token":"tok_payout_1"}`, "key-1"},
		{"get", do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.GetPayout(ctx, "p1") }), payoutAnswer, "GET", "/payouts/p1", "", ""},
		{"list", listPayouts(lomi.PayoutFilter{Status: "pending", From: jan1, To: jan1, Limit: 5, Cursor: "c2"}), anyList, "GET",
			"/payouts?cursor=c2&endDate=2024-01-01T00%3A00%3A00Z&limit=5&startDate=2024-01-01T00%3A00%3A00Z&status=pending", "", ""},
	})
	refused(t, []faulty{
		{"of nothing", createPayout(func(r *lomi.PayoutRequest) { r.Amount = 0 }), "Amount"},
		{"of less than nothing", createPayout(func(r *lomi.PayoutRequest) { r.Amount = -1 }), "Amount"},
		{"in no currency", createPayout(func(r *lomi.PayoutRequest) { r.CurrencyCode = "" }), "CurrencyCode"},
		{"to nowhere", createPayout(func(r *lomi.PayoutRequest) { r.Destination = "" }), "Destination"},
		{"no way", createPayout(func(r *lomi.PayoutRequest) { r.Rail = "" }), "Rail"},
		{"to somebody unnamed", createPayout(func(r *lomi.PayoutRequest) { r.Recipient = nil }), "Recipient"},
		{"to a phone without a name", createPayout(func(r *lomi.PayoutRequest) { r.Recipient.Name = "" }), "Recipient.Name"},
		{"to a national phone", createPayout(func(r *lomi.PayoutRequest) { r.Recipient.Phone = "0700111111" }), "Recipient.Phone"},
		{"to oneself and to somebody", createPayout(func(r *lomi.PayoutRequest) { r.Destination = lomi.PayoutSelf }), "Recipient"},
		{"to somebody by one's own method", createPayout(func(r *lomi.PayoutRequest) { r.PayoutMethodID = "pm_1" }), "PayoutMethodID"},
		{"to some new place with a broken phone", createPayout(func(r *lomi.PayoutRequest) { r.Destination, r.Recipient.Phone = "new", "1" }), "Recipient.Phone"},
		{"key", createPayout(func(r *lomi.PayoutRequest) { r.IdempotencyKey = "a\nb" }), "IdempotencyKey"},
		{"text that is none", createPayout(func(r *lomi.PayoutRequest) { r.Reason = "\xff" }), "Reason"},
		{"confirmation without token", approvePayout(func(c *lomi.PayoutApproval) { c.Token = "" }), "Token"},
		{"confirmation under no key, which would be a new payout", approvePayout(func(c *lomi.PayoutApproval) { c.IdempotencyKey = "" }), "IdempotencyKey"},
		{"status of the filter", listPayouts(lomi.PayoutFilter{Status: "a,b"}), "Status"},
	})
}

func TestPayoutAnswers(t *testing.T) {
	t.Run("done", func(t *testing.T) {
		client, lomiMock := answering(t, 201, `{"success":true,"payout_id":"p1","kind":"beneficiary","status":"completed","message":"M"}`)
		got, err := client.CreatePayout(t.Context(), friendPayout)
		require.NoError(t, err)
		assert.Nil(t, got.Approval)
		assert.Equal(t, lomiMock.One(t).Header.Get("Idempotency-Key"), got.IdempotencyKey)
		assert.Equal(t, "p1", got.Payout.ID)
		assert.Equal(t, lomi.KindBeneficiary, got.Payout.Kind)
		assert.Equal(t, guichet.StatusSucceeded, got.Payout.Status)
		assert.Equal(t, "M", got.Payout.Message)
	})
	t.Run("without an id, which lomi. may leave out", func(t *testing.T) {
		client, _ := answering(t, 201, `{"success":true,"kind":"withdrawal","status":"pending"}`)
		got, err := client.CreatePayout(t.Context(), selfPayout)
		require.NoError(t, err)
		assert.Empty(t, got.Payout.ID)
		assert.Equal(t, guichet.StatusPending, got.Payout.Status)
	})
	t.Run("get, every member", func(t *testing.T) {
		const object = `{"payout_id":"p1","kind":"withdrawal","status":"failed","message":null,"amount":"5000","currency_code":"XOF","created_at":"2026-03-02T08:15:30Z"}`
		client, _ := answering(t, 200, `{"success":true,"data":`+object+`}`)
		got, err := client.GetPayout(t.Context(), "p1")
		require.NoError(t, err)
		assert.Equal(t, &lomi.Payout{
			ID: "p1", Kind: lomi.KindWithdrawal, Status: guichet.StatusFailed, ProviderStatus: "failed", Amount: "5000", CurrencyCode: "XOF",
			CreatedAt: guichet.Timestamp{Time: time.Date(2026, 3, 2, 8, 15, 30, 0, time.UTC), Text: "2026-03-02T08:15:30Z"}, Raw: json.RawMessage(object),
		}, got)
	})
	t.Run("get, without an id", func(t *testing.T) {
		client, _ := answering(t, 200, `{"success":true,"data":{"kind":"withdrawal","status":"completed"}}`)
		got, err := client.GetPayout(t.Context(), "p1")
		require.NoError(t, err)
		assert.Equal(t, "p1", got.ID)
	})
	t.Run("a success of the server's own is no payout", func(t *testing.T) {
		for _, body := range []string{
			`{"status":"completed"}`, `{"success":true,"status":"completed"}`, `{"success":true,"data":{"status":"failed"}}`,
			`{"status":"completed","data":{"kind":"beneficiary"}}`, `{"status":"completed","data":{"kind":"beneficiary","status":null}}`,
			`{"kind":"beneficiary","status":"completed","data":{"message":"queued"}}`,
		} {
			client, lomiMock := answering(t, 200, body)
			got, err := client.CreatePayout(t.Context(), friendPayout)
			assert.Nil(t, got, body)
			require.ErrorIs(t, err, guichet.ErrBadResponse, body)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome, body)
			lomiMock.One(t)
			read, err := client.GetPayout(t.Context(), "p1")
			assert.Nil(t, read, body)
			require.ErrorIs(t, err, guichet.ErrBadResponse, body)
		}
	})
	t.Run("list", func(t *testing.T) {
		client, _ := answering(t, 200, `{"success":true,"data":[{"id":"a","kind":"withdrawal"},{"payout_id":"b"}]}`)
		page, err := client.ListPayouts(t.Context(), lomi.PayoutFilter{})
		require.NoError(t, err)
		require.Len(t, page.Items, 2)
		assert.Equal(t, "a", page.Items[0].ID)
		assert.Equal(t, "b", page.Items[1].ID)
	})
	t.Run("a list that cannot be read to its end says so", func(t *testing.T) {
		for body, cut := range map[string]bool{
			`{"data":[{"payout_id":"a"}],"has_more":true,"next_cursor":null}`:  true,
			`{"data":[{"payout_id":"a"}],"has_more":false,"next_cursor":null}`: false,
		} {
			client, _ := answering(t, 200, body)
			page, err := client.ListPayouts(t.Context(), lomi.PayoutFilter{})
			require.NoError(t, err)
			assert.Equal(t, cut, page.Cut, body)
			assert.Empty(t, page.Next)
		}
	})
	t.Run("refused with a test key", func(t *testing.T) {
		client, lomiMock := answering(t, 400, `{"error":{"code":"bad_request","message":"not in test mode"},"request_id":"r"}`)
		_, err := client.CreatePayout(t.Context(), friendPayout)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
		lomiMock.One(t)
	})
}

func TestPayoutThatHasToBeConfirmed(t *testing.T) {
	client, lomiMock := newMock(t, config(),
		text(200, `{"success":true,"data":{"requires_confirmation":true,"confirmation_token":"tok_payout_1","expires_at":"2026-03-02T08:20:00Z","preview":{"fee":10}}}`),
		text(201, payoutAnswer).HeaderSet(map[string][]string{"Idempotency-Cache-Hit": {"true"}}))
	first, err := client.CreatePayout(t.Context(), friendPayout)
	require.NoError(t, err)
	require.Nil(t, first.Payout)
	require.NotNil(t, first.Approval)
	assert.JSONEq(t, `{"fee":10}`, string(first.Approval.Preview))

	stored, err := json.Marshal(first.Approval)
	require.NoError(t, err)
	var loaded lomi.PayoutApproval
	require.NoError(t, json.Unmarshal(stored, &loaded))
	second, err := client.ApprovePayout(t.Context(), loaded)
	require.NoError(t, err)
	assert.Equal(t, "p1", second.Payout.ID)
	assert.False(t, first.Replayed)
	assert.True(t, second.Replayed)

	all := lomiMock.All()
	require.Len(t, all, 2)
	const opened = `{"destination":"beneficiary","rail":"wave","amount":5000,"currency_code":"XOF","recipient":{"name":"Awa Diop","phone":"+2250700111111"}`
	assert.Equal(t, opened+`}`, all[0].Body)
	assert.Equal(t, opened+`,"confirmation_token":"tok_payout_1"}`, all[1].Body)
	assert.Equal(t, all[0].Header.Values("Idempotency-Key"), all[1].Header.Values("Idempotency-Key"))
	assert.Len(t, all[0].Header.Values("Idempotency-Key"), 1)
}
