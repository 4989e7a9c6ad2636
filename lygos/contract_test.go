package lygos_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/webhook"
	"github.com/guichetpay/guichet/lygos"
	"github.com/guichetpay/guichet/lygos/lygostest"
)

func TestContract(t *testing.T) { contract.Run(t, harness()) }

func harness() contract.Harness {
	const secret, previous = "whsec_contract_now", "whsec_contract_old"
	fake := lygostest.NewServer()
	cfg := fake.Config()
	fake.Close()
	cfg.WebhookSecret, cfg.PreviousWebhookSecret = secret, previous
	return contract.Harness{
		Name:   "lygos",
		New:    func(opts ...guichet.Option) (guichet.Client, error) { return lygos.New(cfg, opts...) },
		Config: cfg,
		From: func(cfg any, opts ...guichet.Option) (guichet.Client, error) {
			return lygos.New(cfg.(lygos.Config), opts...)
		},
		NewFake: func() contract.Fake { return lygostest.NewServer() },
		Base:    "https://lygos.example/v1",
		Auth:    http.Header{"Api-Key": {cfg.APIKey}},
		Secrets: []string{cfg.APIKey},

		Currency: guichet.XOF,
		Echoes:   true,
		IsCreate: func(r *http.Request) bool { return r.Method == http.MethodPost },
		IsList: func(r *http.Request) bool {
			return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/gateway")
		},
		Respond: func(r *http.Request, o contract.Order) (int, string) {
			if r.Method == http.MethodPost {
				return 200, gatewayJSON(o)
			}
			order := strconv.Quote(o.Reference)
			if o.Nulls {
				order = "null"
			}
			return 200, fmt.Sprintf(`{"order_id":%s,"status":%q}`, order, o.Word)
		},
		ListPage: func(_ *http.Request, all []contract.Order) (int, string) {
			items := make([]string, len(all))
			for i, o := range all {
				items[i] = gatewayJSON(o)
			}
			return 200, "[" + strings.Join(items, ",") + "]"
		},
		Words: map[string]guichet.Status{
			"completed": guichet.StatusSucceeded, "success": guichet.StatusSucceeded, "SUCCESS": guichet.StatusSucceeded,
			"paid": guichet.StatusSucceeded, "DEPOSIT_COMPLETED": guichet.StatusSucceeded,
			"pending": guichet.StatusPending, "accepted": guichet.StatusPending, "processing": guichet.StatusPending,
			"failed": guichet.StatusFailed, "declined": guichet.StatusFailed, "DEPOSIT_FAILED": guichet.StatusFailed,
			"cancelled": guichet.StatusCanceled, "canceled": guichet.StatusCanceled, "expired": guichet.StatusExpired,
		},
		Pending:    "pending",
		GoodAmount: []string{"5000", "5000.0", "5e3"},
		BadAmount:  nil, // the status names no amount
		Errors: []contract.ErrorCase{
			{Name: "no key", Status: 401, Body: `{"detail":{"message":"No API Key.","type":"NO_API_KEY_PROVIDED"}}`, Kind: guichet.ErrUnauthorized, Code: "NO_API_KEY_PROVIDED"},
			{Name: "wrong key", Status: 404, Body: `{"detail":{"message":"API Key not found","type":"API_KEY_NOT_FOUND"}}`, Kind: guichet.ErrUnauthorized, Code: "API_KEY_NOT_FOUND"},
			{Name: "unknown user", Status: 400, Body: `{"detail":{"message":"User not found or inactive","type":"GATEWAY_USER_NOT_FOUND"}}`, Kind: guichet.ErrInvalidRequest, Code: "GATEWAY_USER_NOT_FOUND"},
			{Name: "field missing", Status: 422, Body: `{"detail":[{"loc":["body","amount"],"msg":"Field required","type":"missing"}]}`, Kind: guichet.ErrInvalidRequest},
			{Name: "unknown route", Status: 404, Body: `{"detail":"Not Found"}`, Kind: guichet.ErrNotFound},
		},
		BadIDs: []string{"a/b", "../payouts"},
		Webhook: contract.Webhook{
			Secret: secret, PreviousSecret: previous, Timed: true, Signature: "X-Signature",
			Body: func(o contract.Order) []byte {
				return fmt.Appendf(nil, `{"operationId":%q,"orderId":%q,"amount":%d,"status":"DEPOSIT_COMPLETED"}`, o.ID, o.Reference, o.Amount.Minor)
			},
			Sign: func(secret string, at time.Time, body []byte) http.Header {
				stamp := strconv.FormatInt(at.UnixMilli(), 10)
				return http.Header{"X-Timestamp": {stamp}, "X-Signature": {webhook.Sign(secret, body, []byte(stamp))}, "Content-Type": {"application/json"}}
			},
		},
	}
}

func gatewayJSON(o contract.Order) string {
	amount := json.Number(strconv.FormatInt(o.Amount.Minor, 10))
	if o.AmountJSON != "" {
		amount = json.Number(o.AmountJSON)
	}
	gateway := map[string]any{
		"id": o.ID, "amount": json.RawMessage(amount), "currency": o.Amount.Currency, "shop_name": "Mon Magasin",
		"user_id": "3c90c3cc-0d44-4b50-8888-8dd25736052a", "creation_date": "2023-11-07T05:31:56Z",
		"link": strings.TrimPrefix(o.CheckoutURL, "https://"), "order_id": o.Reference,
	}
	if o.Nulls {
		for _, name := range []string{"message", "order_id", "success_url", "failure_url"} {
			gateway[name] = nil
		}
	}
	body, _ := json.Marshal(gateway)
	return string(body)
}
