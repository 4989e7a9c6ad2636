package lomi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/guichetpay/guichet/internal/transport"
)

// Account is whom an API key belongs to.
type Account struct {
	MerchantID       string          `json:"merchant_id"`
	OrganizationID   string          `json:"organization_id"`
	OrganizationName string          `json:"organization_name"`
	Environment      string          `json:"environment"` // "test" or "live", by the key
	Raw              json.RawMessage `json:"-"`           // as it came, unwrapped
}

func (a *Account) finish(_ layers, raw json.RawMessage) error {
	if a.MerchantID == "" && a.OrganizationID == "" {
		return errNoAccount
	}
	a.Raw = raw
	return nil
}

var errNoAccount = errors.New("the answer names neither a merchant nor an organisation")

// Me returns whom the API key belongs to (GET /me). It is the cheapest way to try
// a key. lomi.'s own command-line tool uses it; its specification leaves it out.
func (c *Client) Me(ctx context.Context) (*Account, error) {
	return doOne(ctx, c, &transport.Call{Op: "Me", Method: http.MethodGet, Route: "/me"}, &accounts)
}
