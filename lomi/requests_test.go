package lomi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

// run makes one call and drops its result.
type run func(context.Context, *lomi.Client) error

func createLink(req lomi.PaymentLinkRequest) run {
	return func(ctx context.Context, c *lomi.Client) error { _, err := c.CreatePaymentLink(ctx, req); return err }
}

func createSession(req lomi.CheckoutSessionRequest) run {
	return func(ctx context.Context, c *lomi.Client) error {
		_, err := c.CreateCheckoutSession(ctx, req)
		return err
	}
}

func updateLink(id string, u lomi.PaymentLinkUpdate) run {
	return func(ctx context.Context, c *lomi.Client) error { _, err := c.UpdatePaymentLink(ctx, id, u); return err }
}

func archive(id string) run {
	return func(ctx context.Context, c *lomi.Client) error { return c.ArchivePaymentLink(ctx, id) }
}

func getLink(id string) run {
	return func(ctx context.Context, c *lomi.Client) error { _, err := c.GetPaymentLink(ctx, id); return err }
}

func getSession(id string) run {
	return func(ctx context.Context, c *lomi.Client) error { _, err := c.GetCheckoutSession(ctx, id); return err }
}

func listLinks(f lomi.PaymentLinkFilter) run {
	return func(ctx context.Context, c *lomi.Client) error { _, err := c.ListPaymentLinks(ctx, f); return err }
}

func listSessions(f lomi.CheckoutSessionFilter) run {
	return func(ctx context.Context, c *lomi.Client) error { _, err := c.ListCheckoutSessions(ctx, f); return err }
}

func portable(req guichet.PaymentRequest) run {
	return func(ctx context.Context, c *lomi.Client) error { _, err := c.CreatePayment(ctx, req); return err }
}

func status(id string) run {
	return func(ctx context.Context, c *lomi.Client) error { _, err := c.GetStatus(ctx, id); return err }
}

func portableList(p guichet.ListParams) run {
	return func(ctx context.Context, c *lomi.Client) error { _, err := c.List(ctx, p); return err }
}

// full is a portable request with everything that lomi. has a slot for.
func full() guichet.PaymentRequest {
	req := francs(15000)
	req.Description = "Facture INV-001"
	req.Customer = guichet.Customer{FirstName: "Awa", LastName: "Diop", Email: "awa@shop.example", Phone: "+2250700111111"}
	req.SuccessURL, req.CancelURL = "https://shop.example/ok?s={CHECKOUT_SESSION_ID}", "https://shop.example/ko"
	req.Metadata = map[string]string{"panier": "7"}
	return req
}

const (
	anyLink    = `{"link_id":"plink_123","url":"https://pay.lomi.africa/A"}`
	anySession = `{"checkout_session_id":"cs_1","checkout_url":"https://checkout.lomi.africa/cs_1","status":"open"}`
	anyList    = `{"object":"list","data":[],"has_more":false,"next_cursor":null,"limit":20}`
)

func TestRequestsOnTheWire(t *testing.T) {
	instant := lomi.PaymentLinkRequest{LinkType: lomi.LinkInstant, Title: "Invoice INV-001", CurrencyCode: guichet.XOF, Amount: 15000}
	with := func(change func(*lomi.PaymentLinkRequest)) run {
		req := instant
		change(&req)
		return createLink(req)
	}
	const instantBody = `{"link_type":"instant","title":"Invoice INV-001","currency_code":"XOF","amount":15000`
	expiry := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

	tests := []struct {
		name   string
		cfg    lomi.Config
		call   run
		answer string
		method string
		path   string // with its query
		body   string // exact; empty: none
		key    string // Idempotency-Key; "*": any
	}{
		{"T1: native instant link", config(), createLink(instant), anyLink, "POST", "/payment-links", instantBody + `}`, ""},
		{"T1: every optional member", config(), with(func(r *lomi.PaymentLinkRequest) {
			r.Description, r.ExpiresAt = "D", expiry
			r.AllowCouponCode, r.AllowQuantity, r.RequireBillingAddress = ptr(true), ptr(false), ptr(true)
			r.RequireEmail, r.RequirePhone, r.RequireName = ptr(true), ptr(false), ptr(true)
			r.Fields = []map[string]any{{"key": "size"}}
			r.SuccessURL, r.CancelURL = "https://shop.example/ok", "https://shop.example/ko"
			r.Metadata, r.IdempotencyKey = map[string]any{"n": 1}, "key-1"
		}), anyLink, "POST", "/payment-links", `{"link_type":"instant","title":"Invoice INV-001","currency_code":"XOF","description":"D","amount":15000,` +
			`"allow_coupon_code":true,"allow_quantity":false,"require_billing_address":true,"require_email":true,"require_phone":false,"require_name":true,` +
			`"fields":[{"key":"size"}],"expires_at":"2026-03-02T09:00:00Z","success_url":"https://shop.example/ok","cancel_url":"https://shop.example/ko","metadata":{"n":1}}`, "key-1"},
		{"T2: product link", config(), createLink(lomi.PaymentLinkRequest{LinkType: lomi.LinkProduct, Title: "Pro", CurrencyCode: guichet.XOF, ProductID: "prod_1", PriceID: "price_1"}),
			anyLink, "POST", "/payment-links", `{"link_type":"product","title":"Pro","currency_code":"XOF","product_id":"prod_1","price_id":"price_1"}`, ""},
		{"T2: product link of the vendor's page", config(), createLink(lomi.PaymentLinkRequest{LinkType: lomi.LinkProduct, Title: "string", CurrencyCode: guichet.XOF}),
			anyLink, "POST", "/payment-links", `{"link_type":"product","title":"string","currency_code":"XOF"}`, ""},
		{"T3: billing address false", config(), with(func(r *lomi.PaymentLinkRequest) { r.RequireBillingAddress = ptr(false) }),
			anyLink, "POST", "/payment-links", instantBody + `,"require_billing_address":false}`, ""},
		{"T3: billing address unset", config(), with(func(r *lomi.PaymentLinkRequest) { r.AllowQuantity = ptr(true) }),
			anyLink, "POST", "/payment-links", instantBody + `,"allow_quantity":true}`, ""},
		{"T4: list active instant links", config(), listLinks(lomi.PaymentLinkFilter{LinkType: lomi.LinkInstant, IsActive: ptr(true), Limit: 50, Cursor: "c2"}),
			anyList, "GET", "/payment-links?cursor=c2&isActive=true&limit=50&linkType=instant", "", ""},
		{"T4: list all links", config(), listLinks(lomi.PaymentLinkFilter{}), anyList, "GET", "/payment-links", "", ""},
		{"T4: list inactive links", config(), listLinks(lomi.PaymentLinkFilter{IsActive: ptr(false)}), anyList, "GET", "/payment-links?isActive=false", "", ""},
		{"T5: update of the title", config(), updateLink(linkID, lomi.PaymentLinkUpdate{Title: ptr("New")}), anyLink, "PATCH", "/payment-links/plink_123", `{"title":"New"}`, ""},
		{"T5: update of everything", config(), updateLink(linkID, lomi.PaymentLinkUpdate{
			Title: ptr(""), Description: ptr(""), Amount: ptr(int64(700)), IsActive: ptr(false), ExpiresAt: &expiry, SuccessURL: ptr("https://shop.example/1"), CancelURL: ptr(""),
			AllowCouponCode: ptr(false), AllowQuantity: ptr(true), RequireBillingAddress: ptr(false), RequireEmail: ptr(true), RequirePhone: ptr(false), RequireName: ptr(true),
			Metadata: map[string]any{},
		}), anyLink, "PATCH", "/payment-links/plink_123", `{"title":"","description":"","amount":700,"is_active":false,"expires_at":"2026-03-02T09:00:00Z",` +
			`"success_url":"https://shop.example/1","cancel_url":"","allow_coupon_code":false,"allow_quantity":true,"require_billing_address":false,` +
			`"require_email":true,"require_phone":false,"require_name":true,"metadata":{}}`, ""},
		{"T5: archive, answered with an object", config(), archive(linkID), `{}`, "DELETE", "/payment-links/plink_123", "", ""},
		{"T5: archive, answered with nothing", config(), archive(linkID), "", "DELETE", "/payment-links/plink_123", "", ""},
		{"get a link whose id needs escapes", config(), getLink("a/b?c#d%2F"), `{"link_id":"a/b?c#d%2F"}`, "GET", "/payment-links/a%2Fb%3Fc%23d%252F", "", ""},
		{"T10: session with one line item", config(), createSession(lomi.CheckoutSessionRequest{CurrencyCode: guichet.XOF, LineItems: []lomi.LineItem{{PriceID: "3333", Quantity: 1}}}),
			anySession, "POST", "/checkout-sessions", `{"currency_code":"XOF","line_items":[{"price_id":"3333","quantity":1}]}`, "*"},
		{"T10: session with every optional member", config(), createSession(lomi.CheckoutSessionRequest{
			Amount: 1999, CurrencyCode: guichet.EUR, Title: "T", Description: "D",
			CustomerID: "c", CustomerEmail: "awa@shop.example", CustomerName: "Awa Diop", CustomerPhone: "+2250700111111", CustomerCity: "Abidjan",
			CustomerCountry: "CI", CustomerAddress: "Rue 1", CustomerPostalCode: "00225",
			ProductID: "p", PriceID: "pr", SubscriptionID: "s", PaymentLinkID: "l", Quantity: 2, LineItems: []lomi.LineItem{{PriceID: "x", Metadata: map[string]any{"a": "b"}}},
			AllowCouponCode: ptr(true), AllowQuantity: ptr(false), RequireBillingAddress: ptr(false), RequireEmail: ptr(true), RequirePhone: ptr(true), RequireName: ptr(false),
			Fields: []map[string]any{{"key": "size"}}, SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/ko",
			ApplicationFeeAmount: 10, TransferData: &lomi.TransferData{Destination: "acct_1", Amount: 5}, TransferGroup: "g", Metadata: map[string]any{"order_id": "INV-001"}, IdempotencyKey: "key-2",
		}), anySession, "POST", "/checkout-sessions", `{"amount":1999,"currency_code":"EUR","title":"T","description":"D","customer_id":"c","customer_email":"awa@shop.example",` +
			`"customer_name":"Awa Diop","customer_phone":"+2250700111111","customer_city":"Abidjan","customer_country":"CI","customer_address":"Rue 1","customer_postal_code":"00225",` +
			`"product_id":"p","price_id":"pr","subscription_id":"s","payment_link_id":"l","quantity":2,"line_items":[{"price_id":"x","metadata":{"a":"b"}}],` +
			`"allow_coupon_code":true,"allow_quantity":false,"require_billing_address":false,"require_email":true,"require_phone":true,"require_name":false,"fields":[{"key":"size"}],` +
			`"success_url":"https://shop.example/ok","cancel_url":"https://shop.example/ko","application_fee_amount":10,"transfer_data":{"destination":"acct_1","amount":5},` +
			`"transfer_group":"g","metadata":{"order_id":"INV-001"}}`, "key-2"},
		{"get a session", config(), getSession("cs_1"), anySession, "GET", "/checkout-sessions/cs_1", "", ""},
		{"list completed sessions", config(), listSessions(lomi.CheckoutSessionFilter{Status: "completed", Limit: 100, Cursor: "c"}),
			anyList, "GET", "/checkout-sessions?cursor=c&limit=100&status=completed", "", ""},
		{"T13: portable create by session", config(), portable(francs(15000)), anySession, "POST", "/checkout-sessions",
			`{"amount":15000,"currency_code":"XOF","metadata":{"order_id":"INV-001"}}`, "INV-001"},
		{"T13: with everything", config(), portable(full()), anySession, "POST", "/checkout-sessions",
			`{"amount":15000,"currency_code":"XOF","description":"Facture INV-001","customer_email":"awa@shop.example","customer_name":"Awa Diop","customer_phone":"+2250700111111",` +
				`"success_url":"https://shop.example/ok?s={CHECKOUT_SESSION_ID}","cancel_url":"https://shop.example/ko","metadata":{"order_id":"INV-001","panier":"7"}}`, "INV-001"},
		{"T13: cents of a euro, and the caller's key", config(), portable(guichet.PaymentRequest{Reference: order, Amount: guichet.NewMoney(1999, guichet.EUR), IdempotencyKey: "attempt-2"}),
			anySession, "POST", "/checkout-sessions", `{"amount":1999,"currency_code":"EUR","metadata":{"order_id":"INV-001"}}`, "attempt-2"},
		{"T13: the largest amount, digit for digit", config(), portable(francs(math.MaxInt64)), anySession, "POST", "/checkout-sessions",
			`{"amount":9223372036854775807,"currency_code":"XOF","metadata":{"order_id":"INV-001"}}`, "INV-001"},
		{"T14: portable create by link", viaLink(), portable(francs(15000)), anyLink, "POST", "/payment-links",
			`{"link_type":"instant","title":"INV-001","currency_code":"XOF","amount":15000,"metadata":{"order_id":"INV-001"}}`, ""},
		{"T14: with everything", viaLink(), portable(full()), anyLink, "POST", "/payment-links",
			`{"link_type":"instant","title":"Facture INV-001","currency_code":"XOF","amount":15000,"success_url":"https://shop.example/ok?s={CHECKOUT_SESSION_ID}",` +
				`"cancel_url":"https://shop.example/ko","metadata":{"order_id":"INV-001","panier":"7"}}`, ""},
		{"T14: the caller's key", viaLink(), portable(guichet.PaymentRequest{Reference: order, Amount: guichet.NewMoney(1, guichet.USD), IdempotencyKey: "attempt-2"}), anyLink, "POST", "/payment-links",
			`{"link_type":"instant","title":"INV-001","currency_code":"USD","amount":1,"metadata":{"order_id":"INV-001"}}`, "attempt-2"},
		{"portable list of sessions", config(), portableList(guichet.ListParams{Limit: 5, Cursor: "c"}), anyList, "GET", "/checkout-sessions?cursor=c&limit=5", "", ""},
		{"portable list of links", viaLink(), portableList(guichet.ListParams{}), anyList, "GET", "/payment-links?linkType=instant", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code := 200
			if test.answer == "" {
				code = 204
			}
			client, lomiMock := newMock(t, test.cfg, httpmock.NewStringResponder(code, test.answer))
			require.NoError(t, ignoreMismatch(test.call(t.Context(), client)))
			r := lomiMock.One(t)
			assert.Equal(t, test.method, r.Method)
			assert.Equal(t, "https://sandbox.api.lomi.africa"+test.path, r.URL.String())
			assert.Equal(t, []string{testKey}, r.Header.Values("X-API-KEY"))
			assert.Equal(t, "application/json", r.Header.Get("Accept"))
			assert.NotEmpty(t, r.Header.Get("User-Agent"))
			for _, absent := range []string{"Authorization", "Lomi-Account", "Lomi-Version"} {
				assert.Empty(t, r.Header.Values(absent), absent)
			}
			switch test.key {
			case "":
				assert.Empty(t, r.Header.Values("Idempotency-Key"))
			case "*":
				assert.NotEmpty(t, r.Header.Get("Idempotency-Key"))
			default:
				assert.Equal(t, []string{test.key}, r.Header.Values("Idempotency-Key"))
			}
			assert.Nil(t, r.GetBody, "net/http could send it again by itself")
			assert.Equal(t, test.body, r.Body)
			if test.body == "" {
				assert.Empty(t, r.Header.Values("Content-Type"))
			} else {
				assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
			}
		})
	}
}

// ignoreMismatch lets one canned answer do for many amounts.
func ignoreMismatch(err error) error {
	if errors.Is(err, guichet.ErrMismatch) {
		return nil
	}
	return err
}

func TestHeadersOfTheAccount(t *testing.T) {
	cfg := config()
	cfg.Account, cfg.Version = "acct_1", "1.2.0"
	client, lomiMock := newMock(t, cfg, httpmock.NewStringResponder(200, anyLink))
	require.NoError(t, getLink(linkID)(t.Context(), client))
	r := lomiMock.One(t)
	assert.Equal(t, []string{"acct_1"}, r.Header.Values("Lomi-Account"))
	assert.Equal(t, []string{"1.2.0"}, r.Header.Values("Lomi-Version"))
}

func TestHostFollowsTheKey(t *testing.T) {
	tests := []struct{ key, base, want string }{
		{"lomi_sk_test_abc", "", "https://sandbox.api.lomi.africa/payment-links/plink_123"},
		{"lomi_sk_live_abc", "", "https://api.lomi.africa/payment-links/plink_123"},
		{"other_key", "https://gateway.example/v1/", "https://gateway.example/v1/payment-links/plink_123"},
		{"lomi_sk_live_abc", "http://127.0.0.1:9/x", "http://127.0.0.1:9/x/payment-links/plink_123"},
	}
	for _, test := range tests {
		var got string
		transport := httpmock.NewMockTransport()
		transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
			got = r.URL.String()
			return httpmock.NewStringResponse(200, anyLink), nil
		})
		opts := []guichet.Option{guichet.WithHTTPClient(&http.Client{Transport: transport})}
		if test.base != "" {
			opts = append(opts, guichet.WithBaseURL(test.base))
		}
		client, err := lomi.New(lomi.Config{APIKey: test.key}, opts...)
		require.NoError(t, err)
		require.NoError(t, getLink(linkID)(t.Context(), client))
		assert.Equal(t, test.want, got)
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*lomi.Config)
	}{
		{"T15: empty key", func(c *lomi.Config) { c.APIKey = "" }},
		{"T15: key with a newline", func(c *lomi.Config) { c.APIKey = "lomi_sk_test_abc\n" }},
		{"T15: key with a header behind it", func(c *lomi.Config) { c.APIKey = "lomi_sk_test_abc\r\nX-Evil: 1" }},
		{"T15: key with a blank", func(c *lomi.Config) { c.APIKey = "lomi_sk_test_ abc" }},
		{"T15: publishable key", func(c *lomi.Config) { c.APIKey = "lomi_pk_test_abc" }},
		{"T15: key of no known environment", func(c *lomi.Config) { c.APIKey = "sk_test_abc" }},
		{"account with a newline", func(c *lomi.Config) { c.Account = "acct_1\n" }},
		{"version with a blank", func(c *lomi.Config) { c.Version = "1 2" }},
		{"short webhook secret", func(c *lomi.Config) { c.WebhookSecret = "whsec_" }},
		{"previous secret alone", func(c *lomi.Config) { c.WebhookSecret, c.PreviousWebhookSecret = "", "whsec_previous" }},
		{"no such mode", func(c *lomi.Config) { c.Via = 7 }},
		{"negative bound of the walk", func(c *lomi.Config) { c.LinkWalkPages = -1 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := config()
			test.change(&cfg)
			client, err := lomi.New(cfg)
			assert.Nil(t, client)
			require.ErrorIs(t, err, guichet.ErrInvalidRequest)
			e := errorOf(t, err)
			assert.Equal(t, "New", e.Op)
			for _, value := range []string{cfg.APIKey, cfg.WebhookSecret, cfg.PreviousWebhookSecret} {
				if value != "" {
					assert.NotContains(t, fmt.Sprintf("%v %+v %#v %q", err, err, err, err), strings.TrimSpace(value))
				}
			}
		})
	}
}

func TestAPublishableKeyIsRefusedAtAnyAddress(t *testing.T) {
	cfg := config()
	cfg.APIKey = "lomi_pk_test_abc"
	_, err := lomi.New(cfg, guichet.WithBaseURL("https://lomi.example"))
	require.ErrorIs(t, err, guichet.ErrInvalidRequest)
	assert.Contains(t, err.Error(), "publishable")
}

func TestNoSecretIsPrinted(t *testing.T) {
	cfg := config()
	cfg.PreviousWebhookSecret = "whsec_guichet_previous"
	client, err := lomi.New(cfg)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", cfg, "client", client)
	marshalled, err := json.Marshal(cfg)
	require.NoError(t, err)
	session := lomi.CheckoutSession{ID: "cs_1", CustomerEmail: "awa@shop.example", CustomerPhone: "+2250700111111", CustomerName: "Awa Diop", Raw: json.RawMessage(`{"e":"awa@shop.example"}`)}
	request := lomi.CheckoutSessionRequest{CurrencyCode: guichet.XOF, CustomerEmail: "awa@shop.example", CustomerPhone: "+2250700111111", CustomerName: "Awa Diop", CustomerAddress: "Rue 1"}
	webhook := lomi.Webhook{ID: "evt", Data: json.RawMessage(`{"e":"awa@shop.example"}`)}
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "session", session, "request", request, "webhook", webhook)
	printed := log.String() + string(marshalled)
	for _, v := range []any{cfg, &cfg, client, *client, session, &session, request, &request, webhook, &webhook} {
		printed += fmt.Sprintf("%v %+v %#v %s %x", v, v, v, v, v)
	}
	for _, private := range []string{testKey, secret, "whsec_guichet_previous", "awa@shop.example", "0700111111", "Awa", "Rue 1"} {
		assert.NotContains(t, printed, private)
		assert.NotContains(t, printed, fmt.Sprintf("%x", private))
	}
	assert.Contains(t, printed, "XOF", "the rest is there")
	assert.Equal(t, "checkout session/payment link/Via(7)", fmt.Sprintf("%v/%v/%v", lomi.ViaCheckoutSession, lomi.ViaPaymentLink, lomi.Via(7)))
}

func TestRefusedBeforeAnythingIsSent(t *testing.T) {
	with := func(change func(*guichet.PaymentRequest)) run {
		req := francs(15000)
		change(&req)
		return portable(req)
	}
	link := func(change func(*lomi.PaymentLinkRequest)) run {
		req := lomi.PaymentLinkRequest{LinkType: lomi.LinkInstant, Title: "T", CurrencyCode: guichet.XOF, Amount: 1}
		change(&req)
		return createLink(req)
	}
	session := func(change func(*lomi.CheckoutSessionRequest)) run {
		req := lomi.CheckoutSessionRequest{CurrencyCode: guichet.XOF, Amount: 1}
		change(&req)
		return createSession(req)
	}
	invalid, unsupported := guichet.ErrInvalidRequest, guichet.ErrUnsupported
	tests := []struct {
		name  string
		call  run
		kind  error
		field string
	}{
		{"T15: phone to prompt", with(func(r *guichet.PaymentRequest) { r.MobileMoney = &guichet.MobileMoney{Phone: "+2250700111111"} }), unsupported, "MobileMoney"},
		{"T15: callback URL", with(func(r *guichet.PaymentRequest) { r.CallbackURL = "https://shop.example/hook" }), unsupported, "CallbackURL"},
		{"T15: currency", with(func(r *guichet.PaymentRequest) { r.Amount.Currency = guichet.GHS }), unsupported, "Currency"},
		{"T15: amount 0", with(func(r *guichet.PaymentRequest) { r.Amount.Minor = 0 }), invalid, "Amount"},
		{"T15: amount below 0", with(func(r *guichet.PaymentRequest) { r.Amount.Minor = -1 }), invalid, "Amount"},
		{"the order id as metadata", with(func(r *guichet.PaymentRequest) { r.Metadata = map[string]string{"order_id": "OTHER"} }), invalid, "Metadata"},
		{"the order id as metadata, in another case", with(func(r *guichet.PaymentRequest) { r.Metadata = map[string]string{"Order_ID": "OTHER"} }), invalid, "Metadata"},
		{"metadata that could not be read back", with(func(r *guichet.PaymentRequest) { r.Metadata = map[string]string{"panier": "7", "Panier": "8"} }), invalid, "Metadata"},
		{"native metadata that could not be read back", session(func(r *lomi.CheckoutSessionRequest) {
			r.Metadata = map[string]any{"a": map[string]any{"b": 1, "B": 2}}
		}), invalid, "Metadata"},
		{"no order id", with(func(r *guichet.PaymentRequest) { r.Reference = "" }), invalid, "Reference"},
		{"order id of 256 bytes", with(func(r *guichet.PaymentRequest) { r.Reference = strings.Repeat("x", 256) }), invalid, "Reference"},
		{"key that lomi. would trim", with(func(r *guichet.PaymentRequest) { r.IdempotencyKey = "k " }), invalid, "IdempotencyKey"},
		{"empty id", status(""), invalid, "id"},
		{"id that climbs", status(".."), invalid, "id"},
		{"limit of 101", portableList(guichet.ListParams{Limit: 101}), invalid, "Limit"},
		{"limit below 0", portableList(guichet.ListParams{Limit: -1}), invalid, "Limit"},
		{"cursor that is a broken offset", portableList(guichet.ListParams{Cursor: "offset:x"}), invalid, "Cursor"},
		{"cursor that is a negative offset", listLinks(lomi.PaymentLinkFilter{Cursor: "offset:-5:ab"}), invalid, "Cursor"},
		{"cursor that is a broken page", listLinks(lomi.PaymentLinkFilter{Cursor: "page:2"}), invalid, "Cursor"},
		{"native limit", listSessions(lomi.CheckoutSessionFilter{Limit: 101}), invalid, "Limit"},
		{"link type", link(func(r *lomi.PaymentLinkRequest) { r.LinkType = "gift" }), invalid, "LinkType"},
		{"link type of the filter", listLinks(lomi.PaymentLinkFilter{LinkType: "gift"}), invalid, "LinkType"},
		{"link without title", link(func(r *lomi.PaymentLinkRequest) { r.Title = " " }), invalid, "Title"},
		{"link in another currency", link(func(r *lomi.PaymentLinkRequest) { r.CurrencyCode = "GHS" }), invalid, "CurrencyCode"},
		{"instant link without amount", link(func(r *lomi.PaymentLinkRequest) { r.Amount = 0 }), invalid, "Amount"},
		{"link URL", link(func(r *lomi.PaymentLinkRequest) { r.SuccessURL = "javascript:alert(1)" }), invalid, "SuccessURL"},
		{"link metadata that is no JSON", link(func(r *lomi.PaymentLinkRequest) { r.Metadata = map[string]any{"f": func() {}} }), invalid, "PaymentLinkRequest"},
		{"link key", link(func(r *lomi.PaymentLinkRequest) { r.IdempotencyKey = "a\nb" }), invalid, "IdempotencyKey"},
		{"update of nothing", updateLink(linkID, lomi.PaymentLinkUpdate{}), invalid, "PaymentLinkUpdate"},
		{"update of the amount to 0", updateLink(linkID, lomi.PaymentLinkUpdate{Amount: ptr(int64(0))}), invalid, "Amount"},
		{"update that is no JSON", updateLink(linkID, lomi.PaymentLinkUpdate{Title: ptr("\xff")}), invalid, "Title"},
		{"update of an empty id", updateLink("", lomi.PaymentLinkUpdate{Title: ptr("New")}), invalid, "id"},
		{"archive of a path", archive("."), invalid, "id"},
		{"session currency", session(func(r *lomi.CheckoutSessionRequest) { r.CurrencyCode = "" }), invalid, "CurrencyCode"},
		{"session amount", session(func(r *lomi.CheckoutSessionRequest) { r.Amount = -1 }), invalid, "Amount"},
		{"session quantity", session(func(r *lomi.CheckoutSessionRequest) { r.Quantity = -1 }), invalid, "Quantity"},
		{"session phone", session(func(r *lomi.CheckoutSessionRequest) { r.CustomerPhone = "0700111111" }), invalid, "CustomerPhone"},
		{"line item without price", session(func(r *lomi.CheckoutSessionRequest) { r.LineItems = []lomi.LineItem{{}} }), invalid, "LineItems.PriceID"},
		{"line item quantity", session(func(r *lomi.CheckoutSessionRequest) { r.LineItems = []lomi.LineItem{{PriceID: "p", Quantity: -1}} }), invalid, "LineItems.Quantity"},
		{"transfer to nobody", session(func(r *lomi.CheckoutSessionRequest) { r.TransferData = &lomi.TransferData{} }), invalid, "TransferData.Destination"},
		{"transfer below 0", session(func(r *lomi.CheckoutSessionRequest) {
			r.TransferData = &lomi.TransferData{Destination: "acct_1", Amount: -1}
		}), invalid, "TransferData.Amount"},
		{"transfer group", session(func(r *lomi.CheckoutSessionRequest) { r.TransferGroup = strings.Repeat("g", 129) }), invalid, "TransferGroup"},
		{"session key", session(func(r *lomi.CheckoutSessionRequest) { r.IdempotencyKey = strings.Repeat("k", 256) }), invalid, "IdempotencyKey"},
		{"session that is no JSON", session(func(r *lomi.CheckoutSessionRequest) { r.Title = "\xff" }), invalid, "Title"},
		{"session status to list", listSessions(lomi.CheckoutSessionFilter{Status: "a\nb"}), invalid, "Status"},
	}
	for _, test := range tests {
		for _, cfg := range []lomi.Config{config(), viaLink()} {
			t.Run(fmt.Sprintf("%s (%v)", test.name, cfg.Via), func(t *testing.T) {
				client, lomiMock := newMock(t, cfg, httpmock.NewStringResponder(200, "unexpected"))
				err := test.call(t.Context(), client)
				require.ErrorIs(t, err, test.kind)
				assert.Contains(t, errorOf(t, err).Message, test.field)
				assert.Empty(t, lomiMock.All())
			})
		}
	}

	t.Run("T15: a fraction of a franc cannot even be written", func(t *testing.T) {
		_, err := guichet.ParseMoney("12.5", guichet.XOF)
		assert.ErrorIs(t, err, guichet.ErrInvalidRequest)
	})
	t.Run("a client that New did not make", func(t *testing.T) {
		for _, call := range []run{portable(francs(1)), status("cs_1"), portableList(guichet.ListParams{}), getLink(linkID), archive(linkID), createSession(lomi.CheckoutSessionRequest{CurrencyCode: guichet.XOF})} {
			assert.ErrorIs(t, call(t.Context(), &lomi.Client{}), guichet.ErrInvalidRequest)
		}
	})
}

func TestCapabilities(t *testing.T) {
	tests := []struct {
		cfg  lomi.Config
		want guichet.Capabilities
	}{
		{config(), guichet.Capabilities{
			List: true, ListStatus: true, Idempotency: true, StatusReference: true, StatusAmount: true, SignedEvents: true, Metadata: true,
			Currencies:        []guichet.Currency{guichet.XOF, guichet.USD, guichet.EUR},
			IdempotencyWindow: 24 * time.Hour, AskEvery: 3 * time.Second, PageLife: time.Hour,
		}},
		{viaLink(), guichet.Capabilities{
			List: true, StatusAmount: true, SignedEvents: true, Metadata: true,
			Currencies: []guichet.Currency{guichet.XOF, guichet.USD, guichet.EUR},
			AskEvery:   time.Minute, ReusablePage: true,
		}},
	}
	for _, test := range tests {
		client, err := lomi.New(test.cfg)
		require.NoError(t, err)
		got := client.Capabilities()
		assert.Equal(t, test.want, got)
		got.Currencies[0] = "ZZZ"
		assert.Equal(t, test.want, client.Capabilities(), "a caller cannot change it")
		client.CloseIdleConnections()
	}
}

func TestEscapeHatch(t *testing.T) {
	client, lomiMock := answering(t, 200, `{"subscription_id":"s"}`)
	var got struct {
		ID string `json:"subscription_id"`
	}
	require.NoError(t, client.Do(t.Context(), http.MethodGet, "/subscriptions/s", nil, &got))
	assert.Equal(t, "s", got.ID)
	r := lomiMock.One(t)
	assert.Equal(t, "https://sandbox.api.lomi.africa/subscriptions/s", r.URL.String())
	assert.Equal(t, testKey, r.Header.Get("X-API-KEY"))
}
