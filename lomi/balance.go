package lomi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/transport"
)

// Balance is what the merchant has in one currency.
type Balance struct {
	CurrencyCode string            `json:"currency_code"`
	Balance      guichet.Number    `json:"balance"` // as lomi. writes it: no page names the unit
	LastUpdated  guichet.Timestamp `json:"last_updated"`
	Raw          json.RawMessage   `json:"-"` // the balance as it came
}

func (b *Balance) decoded(raw json.RawMessage) { b.Raw = raw }

// BalanceBreakdown is what of a balance can be paid out and what cannot yet.
// Amounts are as lomi. writes them, some with decimals: no page names the unit.
type BalanceBreakdown struct {
	CurrencyCode     string                    `json:"currency_code"` // empty: lomi. did not say
	AvailableBalance guichet.Number            `json:"available_balance"`
	PendingBalance   guichet.Number            `json:"pending_balance"`
	TotalBalance     guichet.Number            `json:"total_balance"`
	Converted        map[string]guichet.Number `json:"-"` // the numbers whose name begins with converted_, by that name; nil: none
	Raw              json.RawMessage           `json:"-"` // the breakdown as it came
}

func (b *BalanceBreakdown) decoded(raw json.RawMessage) {
	b.Raw = raw
	object := membersOf(raw)
	for name := range object {
		if n := object.number(name); n != "" && strings.HasPrefix(name, "converted_") {
			if b.Converted == nil {
				b.Converted = map[string]guichet.Number{}
			}
			b.Converted[name] = n
		}
	}
}

// BalanceCheck says whether there is anything to pay out in a currency.
type BalanceCheck struct {
	HasSufficientBalance *bool           `json:"has_sufficient_balance"` // nil: lomi. did not say
	AvailableBalance     guichet.Number  `json:"available_balance"`      // as lomi. writes it: no page names the unit
	Raw                  json.RawMessage `json:"-"`                      // as it came, unwrapped
}

func (b *BalanceCheck) decoded(raw json.RawMessage) { b.Raw = raw }

// Balances returns the merchant's balances (GET /accounts/balance): that in one
// currency, or all of them when it is empty. ErrNotFound: there is no such
// account.
func (c *Client) Balances(ctx context.Context, currency guichet.Currency) ([]Balance, error) {
	call := &transport.Call{Op: "Balances", Method: http.MethodGet, Route: "/accounts/balance"}
	return balances[Balance](ctx, c, call, "currency", currency)
}

// BalanceBreakdowns splits the merchant's balances (GET
// /accounts/balance/breakdown). With a target currency lomi. adds the amounts
// converted to it. ErrNotFound: there is no such account.
func (c *Client) BalanceBreakdowns(ctx context.Context, target guichet.Currency) ([]BalanceBreakdown, error) {
	call := &transport.Call{Op: "BalanceBreakdowns", Method: http.MethodGet, Route: "/accounts/balance/breakdown"}
	return balances[BalanceBreakdown](ctx, c, call, "target_currency", target)
}

// CheckBalance asks what can be paid out in one currency (GET
// /accounts/balance/{currency}; balance/check/{currency} in API 1.1.0, which only
// Do reaches). ErrNotFound: there is no such account.
func (c *Client) CheckBalance(ctx context.Context, currency guichet.Currency) (*BalanceCheck, error) {
	call := &transport.Call{Op: "CheckBalance", Method: http.MethodGet, Route: "/accounts/balance/{currency}", Args: []string{string(currency)}}
	if fault := codeFault(currency); fault != "" {
		return nil, invalid(call.Op, "currency", fault)
	}
	result := &BalanceCheck{}
	if _, err := c.one(ctx, call, result); err != nil {
		return nil, err
	}
	return result, nil
}

// balances reads one object or a list of them: for one currency either is a fair
// answer.
func balances[T any](ctx context.Context, c *Client, call *transport.Call, name string, currency guichet.Currency) ([]T, error) {
	if currency != "" {
		if fault := codeFault(currency); fault != "" {
			return nil, invalid(call.Op, name, fault)
		}
		call.Query = url.Values{name: {string(currency)}}
	}
	var items []T
	call.Decode = func(a *transport.Answer) error {
		page, err := decodeList[T](a.Body, "balances", listQuery{})
		if items = page.Items; err == nil {
			return nil
		}
		items = make([]T, 1)
		return decodeObject(a.Body, &items[0])
	}
	if _, err := c.t.Do(ctx, call); err != nil {
		return nil, err
	}
	return items, nil
}

// codeFault keeps what is not a currency out of a path where other words name
// other endpoints.
func codeFault(c guichet.Currency) string {
	if _, known := c.Exponent(); !known {
		return "is not an ISO 4217 code with known decimals"
	}
	return ""
}
