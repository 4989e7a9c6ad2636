package lomi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

func createEndpoint(change func(*lomi.WebhookEndpointRequest)) run {
	req := endpoint
	change(&req)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.CreateWebhookEndpoint(ctx, req)) }
}

func updateEndpoint(update lomi.WebhookEndpointUpdate) run {
	return func(ctx context.Context, c *lomi.Client) error {
		return discard(c.UpdateWebhookEndpoint(ctx, "w1", update))
	}
}

func listDeliveries(f lomi.WebhookDeliveryFilter) run {
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.ListWebhookDeliveries(ctx, f)) }
}

func TestWebhookEndpointRequests(t *testing.T) {
	onTheWire(t, []wire{
		{"T12: create", createEndpoint(func(*lomi.WebhookEndpointRequest) {}), endpointAnswer, "POST", "/webhooks",
			`{"url":"https://e.com/h","authorized_events":["PAYMENT_SUCCEEDED"]}`, ""},
		{"T12: create with everything", createEndpoint(func(r *lomi.WebhookEndpointRequest) {
			r.Events = []string{lomi.EventPaymentFailed, lomi.EventDisputeClosed}
			r.Description, r.Metadata = "D", map[string]any{"a": 1}
		}), endpointAnswer, "POST", "/webhooks", `{"url":"https://e.com/h","authorized_events":["PAYMENT_FAILED","DISPUTE_CLOSED"],"description":"D","metadata":{"a":1}}`, ""},
		{"get", do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.GetWebhookEndpoint(ctx, "w1") }), endpointAnswer, "GET", "/webhooks/w1", "", ""},
		{"list", do(func(ctx context.Context, c *lomi.Client) (any, error) {
			return c.ListWebhookEndpoints(ctx, lomi.WebhookEndpointFilter{Limit: 5, Cursor: "c2"})
		}), anyList, "GET", "/webhooks?cursor=c2&limit=5", "", ""},
		{"update of one", updateEndpoint(lomi.WebhookEndpointUpdate{IsActive: ptr(false)}), endpointAnswer, "PATCH", "/webhooks/w1", `{"is_active":false}`, ""},
		{"update of everything", updateEndpoint(lomi.WebhookEndpointUpdate{
			URL: ptr("https://e.com/2"), IsActive: ptr(true), Events: []string{"USAGE_X"}, Metadata: map[string]any{},
		}), endpointAnswer, "PATCH", "/webhooks/w1", `{"url":"https://e.com/2","is_active":true,"authorized_events":["USAGE_X"],"metadata":{}}`, ""},
		{"delete", do(func(ctx context.Context, c *lomi.Client) (any, error) { return nil, c.DeleteWebhookEndpoint(ctx, "w1") }), "", "DELETE", "/webhooks/w1", "", ""},
		{"test", do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.TestWebhookEndpoint(ctx, "w1") }), `{"success":true}`, "POST", "/webhooks/w1/test", "", ""},
		{"deliveries", listDeliveries(lomi.WebhookDeliveryFilter{WebhookID: "w1"}), anyList, "GET", "/webhooks/deliveries?webhookId=w1", "", ""},
		{"deliveries that succeeded", listDeliveries(lomi.WebhookDeliveryFilter{WebhookID: "w1", SuccessOnly: true, Limit: 5, Cursor: "c2"}), anyList, "GET",
			"/webhooks/deliveries?cursor=c2&limit=5&successOnly=true&webhookId=w1", "", ""},
		{"deliveries that failed", listDeliveries(lomi.WebhookDeliveryFilter{WebhookID: "w1", FailedOnly: true}), anyList, "GET", "/webhooks/deliveries?failedOnly=true&webhookId=w1", "", ""},
		{"one delivery", do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.GetWebhookDelivery(ctx, "d1") }), `{"log_id":"d1"}`, "GET", "/webhooks/deliveries/d1", "", ""},
		{"deliver again", do(func(ctx context.Context, c *lomi.Client) (any, error) {
			return nil, c.RetryWebhookDelivery(ctx, "w1", "d1")
		}), `{}`, "POST",
			"/webhooks/w1/deliveries/d1/retry", "", ""},
	})
	refused(t, []faulty{
		{"no URL", createEndpoint(func(r *lomi.WebhookEndpointRequest) { r.URL = "" }), "URL"},
		{"no web address", createEndpoint(func(r *lomi.WebhookEndpointRequest) { r.URL = "ftp://e.com/h" }), "URL"},
		{"no event", createEndpoint(func(r *lomi.WebhookEndpointRequest) { r.Events = nil }), "Events"},
		{"an empty event", createEndpoint(func(r *lomi.WebhookEndpointRequest) { r.Events = []string{""} }), "Events"},
		{"two events in one", createEndpoint(func(r *lomi.WebhookEndpointRequest) { r.Events = []string{"A,B"} }), "Events"},
		{"text that is none", createEndpoint(func(r *lomi.WebhookEndpointRequest) { r.Description = "\xff" }), "Description"},
		{"update of nothing", updateEndpoint(lomi.WebhookEndpointUpdate{}), "the update"},
		{"update to no URL", updateEndpoint(lomi.WebhookEndpointUpdate{URL: ptr("")}), "URL"},
		{"update to no event", updateEndpoint(lomi.WebhookEndpointUpdate{Events: []string{}}), "Events"},
		{"deliveries of no endpoint", listDeliveries(lomi.WebhookDeliveryFilter{}), "WebhookID"},
		{"deliveries that did both", listDeliveries(lomi.WebhookDeliveryFilter{WebhookID: "w1", SuccessOnly: true, FailedOnly: true}), "FailedOnly"},
	})
}

func TestWebhookEndpointAnswers(t *testing.T) {
	for name, body := range map[string]string{
		"wrapped": fixture(t, "webhook_endpoint_wrapped.json"),
		"flat":    `{"webhook_id":"w","id":"w","authorized_events":["PAYMENT_SUCCEEDED"],"is_active":true,"secret":"whsec_x"}`,
		"secret in data, the other names, events as one text": `{"data":{"id":"w","events":"PAYMENT_SUCCEEDED","active":true,"secret":"whsec_x"}}`,
		"both names, the first null":                          `{"data":{"webhook_id":null,"id":"w","authorized_events":null,"events":["PAYMENT_SUCCEEDED"],"is_active":null,"active":true},"secret":"whsec_x"}`,
	} {
		t.Run("T24: "+name, func(t *testing.T) {
			client, _ := answering(t, 201, body)
			got, err := client.CreateWebhookEndpoint(t.Context(), endpoint)
			require.NoError(t, err)
			assert.Equal(t, "w", got.ID)
			assert.Equal(t, "whsec_x", got.Secret)
			assert.Equal(t, []string{lomi.EventPaymentSucceeded}, got.Events)
			assert.Equal(t, ptr(true), got.IsActive)
		})
	}
	for list, want := range map[string][]string{
		`["A","B"]`: {"A", "B"}, `"A"`: {"A"}, `"A,B"`: {"A", "B"}, `"A, B"`: {"A", "B"}, `"{A,B}"`: {"A", "B"}, `"[\"A\",\"B\"]"`: {"A", "B"},
		`[]`: nil, `""`: nil, `null`: nil, `7`: nil, `{"a":1}`: nil, `["A",null,7]`: {"A"},
	} {
		t.Run("events as "+list, func(t *testing.T) {
			client, _ := answering(t, 200, fmt.Sprintf(`{"webhook_id":"w1","authorized_events":%s}`, list))
			got, err := client.GetWebhookEndpoint(t.Context(), "w1")
			require.NoError(t, err)
			assert.Equal(t, want, got.Events)
		})
	}
	t.Run("a secret that got lost", func(t *testing.T) {
		client, _ := answering(t, 201, `{"webhook_id":"w","url":"https://e.com/h"}`)
		got, err := client.CreateWebhookEndpoint(t.Context(), endpoint)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.Equal(t, "w", got.ID, "to delete it with")
	})
	t.Run("every member", func(t *testing.T) {
		const body = `{"webhook_id":"w1","url":"https://e.com/h","authorized_events":["PAYMENT_SUCCEEDED"],"is_active":false,"description":"D","metadata":{"a":1},` +
			`"environment":"test","created_at":"2026-03-02T08:15:30Z","updated_at":"2026-03-02T08:15:30Z"}`
		client, _ := answering(t, 200, body)
		at := guichet.Timestamp{Time: time.Date(2026, 3, 2, 8, 15, 30, 0, time.UTC), Text: "2026-03-02T08:15:30Z"}
		want := &lomi.WebhookEndpoint{
			ID: "w1", URL: "https://e.com/h", Events: []string{"PAYMENT_SUCCEEDED"}, IsActive: ptr(false), Description: "D", Metadata: json.RawMessage(`{"a":1}`),
			Environment: "test", CreatedAt: at, UpdatedAt: at, Raw: json.RawMessage(body),
		}
		got, err := client.GetWebhookEndpoint(t.Context(), "w1")
		require.NoError(t, err)
		assert.Equal(t, want, got)
		got, err = client.UpdateWebhookEndpoint(t.Context(), "w1", lomi.WebhookEndpointUpdate{IsActive: ptr(false)})
		require.NoError(t, err)
		assert.Equal(t, want, got)
	})
	t.Run("list", func(t *testing.T) {
		client, _ := answering(t, 200, `[{"id":"a"},{"webhook_id":"b","secret":null}]`)
		page, err := client.ListWebhookEndpoints(t.Context(), lomi.WebhookEndpointFilter{})
		require.NoError(t, err)
		require.Len(t, page.Items, 2)
		assert.Equal(t, "a", page.Items[0].ID)
		assert.Equal(t, "b", page.Items[1].ID)
	})
	t.Run("a test delivery", func(t *testing.T) {
		const body = `{"success":true,"status":200,"response":"ok","delivered_url":"https://e.com/h","log_id":"d1"}`
		client, _ := answering(t, 200, body)
		got, err := client.TestWebhookEndpoint(t.Context(), "w1")
		require.NoError(t, err)
		assert.Equal(t, &lomi.WebhookTest{
			Success: ptr(true), Status: "200", Response: json.RawMessage(`"ok"`), DeliveredURL: "https://e.com/h", LogID: "d1", Raw: json.RawMessage(body),
		}, got)
	})
	t.Run("a test delivery with a status in words", func(t *testing.T) {
		client, _ := answering(t, 200, `{"success":true,"status":"delivered"}`)
		got, err := client.TestWebhookEndpoint(t.Context(), "w1")
		require.NoError(t, err)
		assert.Empty(t, got.Status)
	})
	t.Run("a test delivery that the receiver refused", func(t *testing.T) {
		client, _ := answering(t, 400, `{"error":{"code":"bad_request","message":"receiver answered 500"},"request_id":"r"}`)
		_, err := client.TestWebhookEndpoint(t.Context(), "w1")
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
	})
	for name, body := range map[string]string{
		"log":      `{"log_id":"d1","webhook_id":"w1","event_type":"PAYMENT_FAILED","success":false,"response_status":500,"attempt_number":2,"created_at":"2026-03-02T08:15:30Z"}`,
		"delivery": `{"data":{"delivery_id":"d1","id":"evt_1","webhook_id":"w1","event":"PAYMENT_FAILED","success":false,"response_status":"500","attempt_number":2,"created_at":"2026-03-02T08:15:30Z"}}`,
		"no id":    `{"webhook_id":"w1","event":"PAYMENT_FAILED","success":false,"response_status":500,"attempt_number":2,"created_at":"2026-03-02T08:15:30Z"}`,
	} {
		t.Run("a delivery, as a "+name, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			got, err := client.GetWebhookDelivery(t.Context(), "d1")
			require.NoError(t, err)
			assert.NotEmpty(t, got.Raw)
			got.Raw = nil
			assert.Equal(t, &lomi.WebhookDelivery{
				ID: "d1", WebhookID: "w1", Event: "PAYMENT_FAILED", Success: ptr(false), ResponseStatus: "500", Attempt: "2",
				CreatedAt: guichet.Timestamp{Time: time.Date(2026, 3, 2, 8, 15, 30, 0, time.UTC), Text: "2026-03-02T08:15:30Z"},
			}, got)
		})
	}
	t.Run("deliveries", func(t *testing.T) {
		client, _ := answering(t, 200, `{"object":"list","data":[{"id":"a"},{"log_id":"b"}],"has_more":true,"next_cursor":"c2"}`)
		page, err := client.ListWebhookDeliveries(t.Context(), lomi.WebhookDeliveryFilter{WebhookID: "w1"})
		require.NoError(t, err)
		require.Len(t, page.Items, 2)
		assert.Equal(t, "a", page.Items[0].ID)
		assert.Equal(t, "b", page.Items[1].ID)
		assert.Equal(t, "c2", page.Next)
	})
}
