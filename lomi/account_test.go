package lomi_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

func TestMe(t *testing.T) {
	const body = `{"merchant_id":"m1","organization_id":"org_1","organization_name":"Mon Magasin","environment":"test"}`
	onTheWire(t, []wire{{"me", do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.Me(ctx) }), body, "GET", "/me", "", ""}})

	client, _ := answering(t, 200, body)
	got, err := client.Me(t.Context())
	require.NoError(t, err)
	assert.Equal(t, &lomi.Account{
		MerchantID: "m1", OrganizationID: "org_1", OrganizationName: "Mon Magasin", Environment: "test", Raw: json.RawMessage(body),
	}, got)

	client, _ = answering(t, 401, fixture(t, "error_unauthorized.json"))
	_, err = client.Me(t.Context())
	require.ErrorIs(t, err, guichet.ErrUnauthorized)
}
