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

func (a *Account) decoded(raw json.RawMessage) { a.Raw = raw }

var errNoAccount = errors.New("the answer names neither a merchant nor an organisation")

// Me returns whom the API key belongs to (GET /me). It is the cheapest way to try
// a key. lomi.'s own command-line tool uses it; its specification leaves it out.
func (c *Client) Me(ctx context.Context) (*Account, error) {
	account := &Account{}
	call := &transport.Call{Op: "Me", Method: http.MethodGet, Route: "/me"}
	call.Decode = func(a *transport.Answer) error {
		if err := decodeObject(a.Body, account); err != nil {
			return err
		}
		if account.MerchantID == "" && account.OrganizationID == "" {
			return errNoAccount
		}
		return nil
	}
	if _, err := c.t.Do(ctx, call); err != nil {
		return nil, err
	}
	return account, nil
}
