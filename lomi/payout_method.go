package lomi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// PayoutMethodRequest adds an account of the merchant's own that payouts can go to.
// Empty strings and nil are not sent. lomi. publishes no list of the members: these are
// those of its earlier SDK (UNVERIFIED.md, U-23), and [Client.Do] reaches others.
type PayoutMethodRequest struct {
	Type          string `json:"payout_method_type"`                     // lomi.'s word, such as "bank"; required
	AccountName   string `json:"account_name,omitempty" redact:"true"`   // of whom the account is
	AccountNumber string `json:"account_number,omitempty" redact:"true"` // of a bank account, or the phone of a wallet
	BankName      string `json:"bank_name,omitempty"`
	BankCode      string `json:"bank_code,omitempty"`
	BranchCode    string `json:"branch_code,omitempty"`
	Country       string `json:"country,omitempty"`
	IsDefault     *bool  `json:"is_default,omitzero"`
}

// Format prints the request without the account.
func (r PayoutMethodRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the request: no account.
func (r PayoutMethodRequest) LogValue() slog.Value { return redact.LogValue(r) }

// PayoutMethod is an account of the merchant's own that payouts can go to. Every member
// but ID may be missing from an answer; what is not among the fields is in Raw.
type PayoutMethod struct {
	ID            string            `json:"payout_method_id" also:"id"` // for PayoutRequest.PayoutMethodID
	Type          string            `json:"payout_method_type"`
	AccountName   string            `json:"account_name" redact:"true"`
	AccountNumber string            `json:"account_number" redact:"true"` // masked by lomi.
	BankName      string            `json:"bank_name"`
	BankCode      string            `json:"bank_code"`
	BranchCode    string            `json:"branch_code"`
	Country       string            `json:"country"`
	IsDefault     *bool             `json:"is_default"` // nil: lomi. did not say
	IsValid       *bool             `json:"is_valid"`   // nil: lomi. did not say
	CreatedAt     guichet.Timestamp `json:"created_at"`
	UpdatedAt     guichet.Timestamp `json:"updated_at"`
	Raw           json.RawMessage   `json:"-" redact:"true"` // the method as it came, unwrapped
}

func (m *PayoutMethod) finish(_ layers, raw json.RawMessage) error {
	m.Raw = raw
	return nil
}

// Format prints the method without the account and Raw.
func (m PayoutMethod) Format(s fmt.State, verb rune) { redact.Format(s, verb, m) }

// LogValue is what slog shows of the method; see Format.
func (m PayoutMethod) LogValue() slog.Value { return redact.LogValue(m) }

// PayoutMethodFilter chooses the page of [Client.ListPayoutMethods].
type PayoutMethodFilter struct {
	Limit  int    // 1 to 100; 0: lomi.'s default
	Cursor string // Page.Next of the page before; empty: the first page
}

// CreatePayoutMethod adds an account that payouts can go to (POST /payout-methods; API
// 1.2.0). lomi. declares no idempotency key here, so it is sent once: after an unknown
// outcome, look for it with [Client.ListPayoutMethods].
func (c *Client) CreatePayoutMethod(ctx context.Context, req PayoutMethodRequest) (*PayoutMethod, error) {
	call := &transport.Call{
		Op: "CreatePayoutMethod", Method: http.MethodPost, Route: "/payout-methods", Policy: transport.Write,
		Sensitive: []string{req.AccountNumber, req.AccountName},
	}
	if err := c.check(call.Op, request.Field{Name: "Type", Problem: request.ID(req.Type)}); err != nil {
		return nil, err
	}
	if err := setBody(call, req); err != nil {
		return nil, err
	}
	return createOne(ctx, c, call, &payoutMethods)
}

// ListPayoutMethods returns one page of the accounts that payouts can go to (GET
// /payout-methods; API 1.2.0).
func (c *Client) ListPayoutMethods(ctx context.Context, filter PayoutMethodFilter) (*Page[PayoutMethod], error) {
	call := &transport.Call{Op: "ListPayoutMethods", Route: "/payout-methods"}
	return nativePage(ctx, c, call, &payoutMethods, "payout_methods", filter.Limit, filter.Cursor)
}
