package lomi_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/webhook"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lomi/lomitest"
)

func TestContract(t *testing.T) {
	t.Run("checkout session", func(t *testing.T) { contract.Run(t, sessionHarness()) })
	t.Run("payment link", func(t *testing.T) { contract.Run(t, linkHarness()) })
}

// harness is what both modes have in common.
func harness(via lomi.Via) contract.Harness {
	const secret, previous = "whsec_contract_now", "whsec_contract_old"
	fake := lomitest.NewServer()
	cfg := fake.Config()
	fake.Close()
	cfg.Via, cfg.WebhookSecret, cfg.PreviousWebhookSecret = via, secret, previous
	return contract.Harness{
		Name:   "lomi (" + via.String() + ")",
		New:    func(opts ...guichet.Option) (guichet.Client, error) { return lomi.New(cfg, opts...) },
		Config: cfg,
		From: func(cfg any, opts ...guichet.Option) (guichet.Client, error) {
			return lomi.New(cfg.(lomi.Config), opts...)
		},
		NewFake:   func() contract.Fake { return lomitest.NewServer() },
		Base:      "https://lomi.example",
		Auth:      http.Header{"X-Api-Key": {cfg.APIKey}},
		Secrets:   []string{cfg.APIKey},
		KeyHeader: "Idempotency-Key",
		Currency:  guichet.XOF,
		Echoes:    true,
		IsCreate:  func(r *http.Request) bool { return r.Method == http.MethodPost },
		IsList: func(r *http.Request) bool {
			return r.Method == http.MethodGet && (strings.HasSuffix(r.URL.Path, "/payment-links") || strings.HasSuffix(r.URL.Path, "/checkout-sessions"))
		},
		GoodAmount: []string{"5000", `"5000"`, "5000.0", "5000.00"},
		BadAmount:  []string{"5000.5", `"5000 F"`, "true", "{}", "1e400", "null"},
		Errors: []contract.ErrorCase{
			{Name: "no key", Status: 401, Body: `{"error":{"code":"unauthorized","message":"API Key is missing","details":"Unauthorized"},"request_id":"550e8400-e29b-41d4-a716-446655440000"}`, Kind: guichet.ErrUnauthorized, Code: "unauthorized"},
			{Name: "suspended", Status: 403, Body: `{"error":{"code":"api_access_suspended","message":"x","details":null}}`, Kind: guichet.ErrUnauthorized, Code: "api_access_suspended"},
			{Name: "unknown", Status: 404, Body: `{"error":{"code":"not_found","message":"not found or access denied","details":"Not Found"},"request_id":"r"}`, Kind: guichet.ErrNotFound, Code: "not_found"},
			{Name: "validation", Status: 400, Body: `{"error":{"code":"validation_failed","message":"Validation failed","details":["amount must not be less than 1"]},"request_id":"r"}`, Kind: guichet.ErrInvalidRequest, Code: "validation_failed"},
			{Name: "muted rail", Status: 503, Body: `{"error":{"code":"service_unavailable","message":"x","details":null}}`, Kind: guichet.ErrUnavailable, Code: "service_unavailable"},
			{Name: "framework form", Status: 400, Body: `{"statusCode":400,"message":["a","b"],"error":"Bad Request"}`, Kind: guichet.ErrInvalidRequest},
		},
		Webhook: contract.Webhook{
			Secret: secret, PreviousSecret: previous, Signature: "X-Lomi-Signature",
			Body: func(o contract.Order) []byte {
				return fmt.Appendf(nil, `{"id":"evt_%s","event":"PAYMENT_SUCCEEDED","timestamp":"2026-03-02T08:15:30.000Z","data":{"gross_amount":%d,"currency_code":"XOF","status":"completed","checkout_session_id":%q,"metadata":{"order_id":%q}},"lomi_environment":"production"}`,
					o.ID, o.Amount.Minor, o.ID, o.Reference)
			},
			Sign: func(secret string, _ time.Time, body []byte) http.Header {
				return http.Header{"X-Lomi-Signature": {webhook.Sign(secret, body)}, "Content-Type": {"application/json"}}
			},
		},
	}
}

func sessionHarness() contract.Harness {
	h := harness(lomi.ViaCheckoutSession)
	h.Respond = func(_ *http.Request, o contract.Order) (int, string) { return 201, sessionJSON(o, "") }
	h.ListPage = func(r *http.Request, all []contract.Order) (int, string) {
		return listJSON(r, all, func(o contract.Order) string { return sessionJSON(o, "") })
	}
	h.Metadata = func(ctx context.Context, c guichet.Client, metadata map[string]any) error {
		_, err := c.(*lomi.Client).CreateCheckoutSession(ctx, lomi.CheckoutSessionRequest{Amount: 5000, CurrencyCode: guichet.XOF, Metadata: metadata, IdempotencyKey: "ORDER-001"})
		return err
	}
	h.Words = map[string]guichet.Status{
		"open": guichet.StatusPending, "pending": guichet.StatusPending,
		"completed": guichet.StatusSucceeded, "COMPLETED": guichet.StatusSucceeded, "expired": guichet.StatusExpired,
	}
	h.Pending = "open"
	return h
}

// The words of a link are ours: a link has no status of its own, so each word
// stands for a state of the link and of its sessions.
const (
	linkUsable   = "usable"
	linkPaid     = "paid"
	linkExpired  = "past its date"
	linkInactive = "inactive"
)

func linkHarness() contract.Harness {
	h := harness(lomi.ViaPaymentLink)
	h.KeySent, h.Derived = true, true
	h.ListPage = func(r *http.Request, all []contract.Order) (int, string) {
		if strings.HasSuffix(r.URL.Path, "/payment-links") {
			return listJSON(r, all, linkJSON)
		}
		var paid []contract.Order // the look for sessions that were opened through the link
		for _, o := range all {
			if o.Word == linkPaid && r.URL.Query().Get("status") == "completed" {
				o.Word = "completed"
				paid = append(paid, o)
			}
		}
		return listJSON(r, paid, func(o contract.Order) string { return sessionJSON(o, o.ID) })
	}
	h.Respond = func(r *http.Request, o contract.Order) (int, string) {
		if h.IsList(r) {
			return h.ListPage(r, []contract.Order{o})
		}
		return 201, linkJSON(o)
	}
	h.Metadata = func(ctx context.Context, c guichet.Client, metadata map[string]any) error {
		_, err := c.(*lomi.Client).CreatePaymentLink(ctx, lomi.PaymentLinkRequest{
			LinkType: lomi.LinkInstant, Title: "x", Amount: 5000, CurrencyCode: guichet.XOF, Metadata: metadata, IdempotencyKey: "ORDER-001",
		})
		return err
	}
	h.Words = map[string]guichet.Status{
		linkUsable: guichet.StatusPending, linkPaid: guichet.StatusSucceeded,
		linkExpired: guichet.StatusExpired, linkInactive: guichet.StatusCanceled,
	}
	h.Pending = linkUsable
	return h
}

// listJSON is a page of the newer API, two items long.
func listJSON(r *http.Request, all []contract.Order, item func(contract.Order) string) (int, string) {
	from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	from = min(max(from, 0), len(all))
	to, next := min(from+2, len(all)), "null"
	if to < len(all) {
		next = strconv.Quote(strconv.Itoa(to))
	}
	var items []string
	for _, o := range all[from:to] {
		items = append(items, item(o))
	}
	return 200, fmt.Sprintf(`{"object":"list","data":[%s],"has_more":%t,"next_cursor":%s,"limit":2}`, strings.Join(items, ","), to < len(all), next)
}

func amountJSON(o contract.Order) string {
	if o.AmountJSON != "" {
		return o.AmountJSON
	}
	return strconv.FormatInt(o.Amount.Minor, 10)
}

func sessionJSON(o contract.Order, link string) string {
	optional := `"expires_at":"2030-01-01T00:00:00Z","title":"x","created_at":"2026-01-01T00:00:00.123456+00:00"`
	if o.Nulls {
		optional = `"expires_at":null,"title":null,"customer_id":null,"created_at":null`
	}
	return fmt.Sprintf(`{"checkout_session_id":%q,"checkout_url":%q,"status":%q,"amount":%s,"currency_code":%q,"payment_link_id":%q,"metadata":{"order_id":%q},%s}`,
		o.ID, o.CheckoutURL, o.Word, amountJSON(o), o.Amount.Currency, link, o.Reference, optional)
}

func linkJSON(o contract.Order) string {
	active, expires := "true", `"2090-01-01T00:00:00Z"`
	switch o.Word {
	case linkExpired:
		expires = `"2020-01-01T00:00:00Z"`
	case linkInactive:
		active = "false"
	case linkUsable, linkPaid:
	default:
		active = "null"
	}
	if o.Nulls {
		expires = "null"
	}
	return fmt.Sprintf(`{"link_id":%q,"link_type":"instant","title":"x","amount":%s,"currency_code":%q,"url":%q,"is_active":%s,"expires_at":%s,"description":null,"metadata":null}`,
		o.ID, amountJSON(o), o.Amount.Currency, o.CheckoutURL, active, expires)
}
