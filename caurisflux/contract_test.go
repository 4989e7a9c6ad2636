package caurisflux_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/caurisflux/caurisfluxtest"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/webhook"
)

func TestContract(t *testing.T) { contract.Run(t, harness()) }

func harness() contract.Harness {
	const secret, previous = "whsec_contract_now", "whsec_contract_old"
	fake := caurisfluxtest.NewServer()
	cfg := fake.Config()
	fake.Close()
	cfg.WebhookSecret, cfg.PreviousWebhookSecret = secret, previous
	return contract.Harness{
		Name:   "caurisflux",
		New:    func(opts ...guichet.Option) (guichet.Client, error) { return caurisflux.New(cfg, opts...) },
		Config: cfg,
		From: func(cfg any, opts ...guichet.Option) (guichet.Client, error) {
			return caurisflux.New(cfg.(caurisflux.Config), opts...)
		},
		NewFake: func() contract.Fake { return caurisfluxtest.NewServer() },
		Base:    "https://caurisflux.example/api/v1",
		Auth:    http.Header{"X-Api-Key": {cfg.PublicKey + ":" + cfg.SecretKey}},
		Secrets: []string{cfg.SecretKey},

		KeyHeader:   "X-Idempotency-Key",
		Currency:    guichet.XOF,
		Echoes:      true,
		MobileMoney: &guichet.MobileMoney{Phone: "+221771234567", Country: "SN", Operator: "wave"},
		Metadata: func(ctx context.Context, c guichet.Client, metadata map[string]any) error {
			_, err := c.(*caurisflux.Client).Initiate(ctx, caurisflux.InitiateRequest{
				Type: caurisflux.TypeCheckout, Amount: "5000", ExternalReference: "ORDER-001", Metadata: metadata,
			})
			return err
		},
		IsCreate: func(r *http.Request) bool { return r.Method == http.MethodPost },
		IsList: func(r *http.Request) bool {
			return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/payments")
		},
		Respond: func(_ *http.Request, o contract.Order) (int, string) {
			return 200, `{"success":true,"data":` + paymentJSON(o) + `}`
		},
		ListPage: func(r *http.Request, all []contract.Order) (int, string) {
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			page = max(page, 1)
			total := (len(all) + 1) / 2
			var items []string
			for _, o := range all[min(2*page-2, len(all)):min(2*page, len(all))] {
				items = append(items, paymentJSON(o))
			}
			return 200, fmt.Sprintf(`{"data":[%s],"meta":{"total":%d,"page":%d,"limit":2,"totalPages":%d}}`, strings.Join(items, ","), len(all), page, total)
		},
		Words: map[string]guichet.Status{
			"pending": guichet.StatusPending,
			"success": guichet.StatusSucceeded, "SUCCESS": guichet.StatusSucceeded, "completed": guichet.StatusSucceeded, "paid": guichet.StatusSucceeded,
			"failed": guichet.StatusFailed, "expired": guichet.StatusExpired,
			"cancelled": guichet.StatusCanceled, "canceled": guichet.StatusCanceled,
			"refunded": guichet.StatusRefunded,
		},
		Pending:    "pending",
		GoodAmount: []string{"5000", `"5000"`, "5000.0", "5000.00", "5e3"},
		BadAmount:  []string{"5000.5", `"5000 F"`, "true", "{}", "1e400", "null"},
		Errors: []contract.ErrorCase{
			{Name: "too little", Status: 400, Body: `{"statusCode":400,"message":"Le montant doit être supérieur à 100 XOF","error":"Bad Request"}`, Kind: guichet.ErrInvalidRequest},
			{Name: "several messages", Status: 422, Body: `{"statusCode":422,"message":["a","b"],"error":"Unprocessable Entity"}`, Kind: guichet.ErrInvalidRequest},
			{Name: "balance", Status: 400, Body: `{"statusCode":400,"message":"Solde insuffisant","code":"insufficient_funds"}`, Kind: guichet.ErrDeclined, Code: "insufficient_funds"},
			{Name: "limit", Status: 400, Body: `{"statusCode":400,"message":"x","error":"limit_exceeded"}`, Kind: guichet.ErrDeclined, Code: "limit_exceeded"},
			{Name: "operator", Status: 400, Body: `{"statusCode":400,"message":"x","errorCode":"provider_error"}`, Kind: guichet.ErrUnavailable, Code: "provider_error"},
			{Name: "success false", Status: 200, Body: `{"success":false,"message":"x"}`, Kind: guichet.ErrBadResponse},
			{Name: "unknown", Status: 404, Body: `{"statusCode":404,"message":"Not found","error":"Not Found"}`, Kind: guichet.ErrNotFound},
		},
		Webhook: contract.Webhook{
			Secret: secret, PreviousSecret: previous, Timed: true, Signature: "X-Webhook-Signature",
			Body: func(o contract.Order) []byte {
				return fmt.Appendf(nil, `{"event":"payment.success","data":{"transactionId":%q,"externalReference":%q,"amount":%d,"currency":"XOF"}}`, o.ID, o.Reference, o.Amount.Minor)
			},
			Sign: func(secret string, at time.Time, body []byte) http.Header {
				stamp := strconv.FormatInt(at.Unix(), 10)
				return http.Header{
					"X-Webhook-Timestamp": {stamp},
					"X-Webhook-Signature": {webhook.Sign(secret, []byte(stamp), []byte("."), body)},
					"Content-Type":        {"application/json"},
				}
			},
		},
	}
}

func paymentJSON(o contract.Order) string {
	amount := o.AmountJSON
	if amount == "" {
		amount = o.Amount.Decimal()
	}
	optional := `"createdAt":"2024-01-15T10:30:00Z","expiresAt":"2024-01-15T10:30:00.123Z"`
	if o.Nulls {
		optional = `"createdAt":null,"expiresAt":null,"deepLinks":null`
	}
	return fmt.Sprintf(`{"transactionId":%q,"status":%q,"amount":%s,"currency":%q,"redirectUrl":%q,%s}`,
		o.ID, o.Word, amount, o.Amount.Currency, o.CheckoutURL, optional)
}
