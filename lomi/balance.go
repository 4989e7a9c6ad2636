package lomi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// Balance is what the merchant has in one currency.
type Balance struct {
	CurrencyCode guichet.Currency  `json:"currency_code"`
	Balance      guichet.Number    `json:"balance"` // as lomi. writes it: no page names the unit
	LastUpdated  guichet.Timestamp `json:"last_updated"`
	Raw          json.RawMessage   `json:"-"` // the balance as it came
}

func (b *Balance) finish(_ layers, raw json.RawMessage) error {
	b.Raw = raw
	return nil
}

// BalanceBreakdown is what of a balance can be paid out and what cannot yet.
// Amounts are as lomi. writes them, some with decimals: no page names the unit.
type BalanceBreakdown struct {
	CurrencyCode     guichet.Currency          `json:"currency_code"` // empty: lomi. did not say
	AvailableBalance guichet.Number            `json:"available_balance"`
	PendingBalance   guichet.Number            `json:"pending_balance"`
	TotalBalance     guichet.Number            `json:"total_balance"`
	Converted        map[string]guichet.Number `json:"-"` // the numbers whose name begins with converted_, by that name; nil: none
	Raw              json.RawMessage           `json:"-"` // the breakdown as it came
}

func (b *BalanceBreakdown) finish(answer layers, raw json.RawMessage) error {
	b.Raw = raw
	for v := range answer.object().All() {
		if n, _ := v.Number(); n != "" && strings.HasPrefix(v.Name(), "converted_") {
			if b.Converted == nil {
				b.Converted = map[string]guichet.Number{}
			}
			b.Converted[v.Name()] = n
		}
	}
	return nil
}

// BalanceCheck says whether there is anything to pay out in a currency.
type BalanceCheck struct {
	HasSufficientBalance *bool           `json:"has_sufficient_balance"` // nil: lomi. did not say
	AvailableBalance     guichet.Number  `json:"available_balance"`      // as lomi. writes it: no page names the unit
	Raw                  json.RawMessage `json:"-"`                      // as it came, unwrapped
}

func (b *BalanceCheck) finish(_ layers, raw json.RawMessage) error {
	b.Raw = raw
	return nil
}

// Balances returns the merchant's balances (GET /accounts/balance): that in one
// currency, or all of them when it is empty. [guichet.ErrNotFound]: there is no such
// account. [guichet.ErrBadResponse] beside balances means that others could not be read.
func (c *Client) Balances(ctx context.Context, currency guichet.Currency) ([]Balance, error) {
	call := &transport.Call{Op: "Balances", Method: http.MethodGet, Route: "/accounts/balance"}
	return listBalances(ctx, c, call, &balances, "currency", currency)
}

// BalanceBreakdowns splits the merchant's balances (GET /accounts/balance/breakdown).
// With a target currency lomi. adds the amounts converted to it. [guichet.ErrNotFound]:
// there is no such account. [guichet.ErrBadResponse] beside balances means that others
// could not be read.
func (c *Client) BalanceBreakdowns(ctx context.Context, target guichet.Currency) ([]BalanceBreakdown, error) {
	call := &transport.Call{Op: "BalanceBreakdowns", Method: http.MethodGet, Route: "/accounts/balance/breakdown"}
	return listBalances(ctx, c, call, &breakdowns, "target_currency", target)
}

// CheckBalance asks what can be paid out in one currency (GET
// /accounts/balance/{currency}, or /accounts/balance/check/{currency} in API 1.1.0).
// [guichet.ErrNotFound]: there is no such account.
func (c *Client) CheckBalance(ctx context.Context, currency guichet.Currency) (*BalanceCheck, error) {
	call := &transport.Call{
		Op: "CheckBalance", Method: http.MethodGet, Args: []string{string(currency)},
		Route: c.route("/accounts/balance/{currency}", "/accounts/balance/check/{currency}"),
	}
	if err := c.check(call.Op, request.Field{Name: "currency", Problem: codeProblem(currency)}); err != nil {
		return nil, err
	}
	return doOne(ctx, c, call, &balanceChecks)
}

// listBalances reads one object or a list of them.
func listBalances[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T], name string, currency guichet.Currency) ([]T, error) {
	if currency != "" {
		if err := c.check(call.Op, request.Field{Name: name, Problem: codeProblem(currency)}); err != nil {
			return nil, err
		}
		call.Query = url.Values{name: {string(currency)}}
	}
	return doRows(ctx, c, call, k, "balances")
}
