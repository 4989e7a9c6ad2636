package lomi_test

import (
	"context"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

// TestTheCallsThatMoved: six calls have another path in API 1.2.0 than before.
func TestTheCallsThatMoved(t *testing.T) {
	for name, test := range map[string]struct {
		call         run
		answer       string
		newer, older string
	}{
		"CheckBalance": {func(ctx context.Context, c *lomi.Client) error { return discard(c.CheckBalance(ctx, guichet.XOF)) },
			`{"has_sufficient_balance":true}`, "/accounts/balance/XOF", "/accounts/balance/check/XOF"},
		"OpenCustomerPortal": {func(ctx context.Context, c *lomi.Client) error {
			return discard(c.OpenCustomerPortal(ctx, "c1", lomi.PortalRequest{}))
		}, portalAnswer, "/customers/c1/portal", "/customers/c1/portal-launch-session"},
		"SetDefaultPrice": {func(ctx context.Context, c *lomi.Client) error {
			return discard(c.SetDefaultPrice(ctx, "prod_1", "p1"))
		},
			productAnswer, "/products/prod_1/prices/p1/default", "/products/prod_1/prices/p1/set-default"},
		"ListWebhookDeliveries": {func(ctx context.Context, c *lomi.Client) error {
			return discard(c.ListWebhookDeliveries(ctx, lomi.WebhookDeliveryFilter{WebhookID: "w1"}))
		}, anyList, "/webhooks/deliveries?webhookId=w1", "/webhook-delivery-logs?webhookId=w1"},
		"GetWebhookDelivery": {func(ctx context.Context, c *lomi.Client) error { return discard(c.GetWebhookDelivery(ctx, "d1")) },
			`{"log_id":"d1"}`, "/webhooks/deliveries/d1", "/webhook-delivery-logs/d1"},
		"RetryWebhookDelivery": {func(ctx context.Context, c *lomi.Client) error { return c.RetryWebhookDelivery(ctx, "w1", "d1") },
			`{}`, "/webhooks/w1/deliveries/d1/retry", "/webhooks/w1/logs/d1/retry"},
	} {
		for version, want := range map[string]string{
			"": test.newer, "1.2.0": test.newer, "1.2": test.newer, "1.10.0": test.newer, "2.0.0": test.newer, "1": test.newer,
			"1.1.0": test.older, "1.1": test.older, "1.1.7": test.older, "1.0.0": test.older, "0.9": test.older,
		} {
			cfg := config()
			cfg.Version = version
			client, lomiMock := newMock(t, cfg, httpmock.NewStringResponder(200, test.answer))
			require.NoError(t, test.call(t.Context(), client), name)
			r := lomiMock.One(t)
			assert.Equal(t, want, r.URL.RequestURI(), "%s in version %q", name, version)
			assert.Equal(t, version, r.Header.Get("Lomi-Version"))
		}
	}
}
