package lomi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

const (
	awaPhone = "+2250700111111"
	awaEmail = "awa@shop.example"
)

// wire is one native call and the request that it has to be.
type wire struct {
	name   string
	call   run
	answer string // of lomi.; empty: 204
	method string
	path   string // with its query
	body   string // exact; empty: none
	key    string // Idempotency-Key; empty: none, "*": any
}

func onTheWire(t *testing.T, tests []wire) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code := http.StatusOK
			if test.answer == "" {
				code = http.StatusNoContent
			}
			client, lomiMock := answering(t, code, test.answer)
			require.NoError(t, test.call(t.Context(), client))
			r := lomiMock.One(t)
			assert.Equal(t, test.method, r.Method)
			assert.Equal(t, "https://sandbox.api.lomi.africa"+test.path, r.URL.String())
			assert.Equal(t, test.body, r.Body)
			assert.Equal(t, []string{testKey}, r.Header.Values("X-API-KEY"))
			assert.Equal(t, []string{"application/json"}, r.Header.Values("Accept"))
			assert.NotEmpty(t, r.Header.Get("User-Agent"))
			if test.body == "" {
				assert.Empty(t, r.Header.Values("Content-Type"))
			} else {
				assert.Equal(t, []string{"application/json"}, r.Header.Values("Content-Type"))
			}
			switch key := r.Header.Values("Idempotency-Key"); test.key {
			case "":
				assert.Empty(t, key)
			case "*":
				require.Len(t, key, 1)
				assert.GreaterOrEqual(t, len(key[0]), 20, "a key that nobody guesses or makes twice")
			default:
				assert.Equal(t, []string{test.key}, key)
			}
		})
	}
}

// faulty is a native call that must be refused before anything is sent.
type faulty struct {
	name  string
	call  run
	field string
}

func refused(t *testing.T, tests []faulty) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, lomiMock := silent(t)
			err := test.call(t.Context(), client)
			require.ErrorIs(t, err, guichet.ErrInvalidRequest)
			assert.True(t, strings.HasPrefix(errorOf(t, err).Message, test.field+": "), err)
			assert.False(t, errorOf(t, err).OutcomeUnknown)
			assert.Empty(t, lomiMock.All())
		})
	}
}

// do drops the result of a native call.
func do[T any](call func(context.Context, *lomi.Client) (T, error)) run {
	return func(ctx context.Context, c *lomi.Client) error { _, err := call(ctx, c); return err }
}

// deed is a native call that changes something.
type deed struct {
	name   string
	call   func(ctx context.Context, c *lomi.Client, key string) (sent string, err error) // sent: the key that the result names
	answer string
}

var waveCharge = lomi.WaveChargeRequest{
	Amount: 1000, Currency: guichet.XOF, Customer: lomi.ChargeCustomer{Name: "Awa Diop", Phone: awaPhone, Email: awaEmail},
}

var mtnCharge = lomi.MTNChargeRequest{
	Amount: 1000, Currency: guichet.XOF, Customer: lomi.ChargeCustomer{Name: "Awa Diop", Phone: awaPhone, Email: awaEmail},
}

var cardCharge = lomi.CardChargeRequest{
	Amount: 10000, CurrencyCode: guichet.XOF, CustomerName: "Awa Diop", CustomerEmail: awaEmail, CustomerPhone: awaPhone,
}

var (
	selfPayout   = lomi.PayoutRequest{Destination: lomi.PayoutSelf, Rail: lomi.RailBank, Amount: 5000, CurrencyCode: guichet.XOF}
	friendPayout = lomi.PayoutRequest{
		Destination: lomi.PayoutBeneficiary, Rail: lomi.RailWave, Amount: 5000, CurrencyCode: guichet.XOF,
		Recipient: &lomi.PayoutRecipient{Name: "Awa Diop", Phone: awaPhone},
	}
	refundAll   = lomi.RefundRequest{TransactionID: "t1", Amount: 100}
	expiry      = time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("", 3600))
	request1    = lomi.PaymentRequestInput{Amount: 15000, CurrencyCode: guichet.XOF, ExpiryDate: expiry}
	somebody    = lomi.CustomerRequest{Name: "Awa Diop", Email: awaEmail, PhoneNumber: awaPhone, WhatsAppNumber: "+2250700222222"}
	price       = lomi.PriceRequest{Amount: 500, CurrencyCode: guichet.XOF}
	product     = lomi.ProductRequest{Name: "Pro", Type: lomi.ProductOneTime, Prices: []lomi.PriceRequest{price}}
	bankAccount = lomi.PayoutMethodRequest{Type: "bank", AccountName: "Awa Diop", AccountNumber: "ci_account_1", BankName: "Banque", BankCode: "CI042", Country: "CI", IsDefault: ptr(true)}
	endpoint    = lomi.WebhookEndpointRequest{URL: "https://e.com/h", Events: []string{lomi.EventPaymentSucceeded}}
)

const (
	waveAnswer     = `{"transactionId":"t1","wave_launch_url":"https://pay.wave.com/c/1"}`
	mtnAnswer      = `{"success":true,"data":{"transaction_id":"t1","external_id":"e","status":"PENDING"}}`
	cardAnswer     = `{"success":true,"data":{"id":"pi_1","client_secret":"pi_1_secret_x","status":"requires_payment_method"}}`
	refundAnswer   = `{"success":true,"refund_id":"r1","transaction_id":"t1","refunded_amount":100,"status":"completed"}`
	payoutAnswer   = `{"success":true,"payout_id":"p1","kind":"withdrawal","status":"pending"}`
	requestAnswer  = `{"request_id":"pr1","payment_link":"https://pay.lomi.africa/r/1","status":"pending"}`
	customerAnswer = `{"customer_id":"c1","name":"Awa Diop"}`
	productAnswer  = `{"product_id":"prod_1","prices":[]}`
	methodAnswer   = `{"data":{"payout_method_id":"pm_1","payout_method_type":"bank","account_number":"****1234","is_default":true,"swift":"X"}}`
	endpointAnswer = `{"data":{"webhook_id":"w1"},"secret":"whsec_made_by_lomi"}`
	portalAnswer   = `{"launch_url":"https://portal.lomi.africa/x","launch_token":"tok_secret_launch","expires_in_seconds":900}`
)

// keyed are the calls that lomi. documents an idempotency key for.
var keyed = []deed{
	{"ChargeWave", func(ctx context.Context, c *lomi.Client, key string) (string, error) {
		req := waveCharge
		req.IdempotencyKey = key
		charge, err := c.ChargeWave(ctx, req)
		return keyOf(charge, err, func() string { return charge.IdempotencyKey }), err
	}, waveAnswer},
	{"ChargeMTN", func(ctx context.Context, c *lomi.Client, key string) (string, error) {
		req := mtnCharge
		req.IdempotencyKey = key
		charge, err := c.ChargeMTN(ctx, req)
		return keyOf(charge, err, func() string { return charge.IdempotencyKey }), err
	}, mtnAnswer},
	{"ChargeCard", func(ctx context.Context, c *lomi.Client, key string) (string, error) {
		req := cardCharge
		req.IdempotencyKey = key
		charge, err := c.ChargeCard(ctx, req)
		return keyOf(charge, err, func() string { return charge.IdempotencyKey }), err
	}, cardAnswer},
	{"CancelCardCharge", func(ctx context.Context, c *lomi.Client, key string) (string, error) {
		charge, err := c.CancelCardCharge(ctx, "pi_1", lomi.HoldRequest{IdempotencyKey: key})
		return keyOf(charge, err, func() string { return charge.IdempotencyKey }), err
	}, cardAnswer},
	{"CreateRefund", func(ctx context.Context, c *lomi.Client, key string) (string, error) {
		req := refundAll
		req.IdempotencyKey = key
		refund, err := c.CreateRefund(ctx, req)
		return keyOf(refund, err, func() string { return refund.IdempotencyKey }), err
	}, refundAnswer},
	{"CreatePayout", func(ctx context.Context, c *lomi.Client, key string) (string, error) {
		req := friendPayout
		req.IdempotencyKey = key
		payout, err := c.CreatePayout(ctx, req)
		return keyOf(payout, err, func() string { return payout.IdempotencyKey }), err
	}, payoutAnswer},
	{"CreatePaymentRequest", func(ctx context.Context, c *lomi.Client, key string) (string, error) {
		req := request1
		req.IdempotencyKey = key
		made, err := c.CreatePaymentRequest(ctx, req)
		return keyOf(made, err, func() string { return made.IdempotencyKey }), err
	}, requestAnswer},
}

// once are the calls that lomi. does not document a key for.
var once = []deed{
	{"CaptureCardCharge", func(ctx context.Context, c *lomi.Client, key string) (string, error) {
		return "", discard(c.CaptureCardCharge(ctx, "pi_1", lomi.HoldRequest{IdempotencyKey: key}))
	}, cardAnswer},
	{"IncrementCardCharge", func(ctx context.Context, c *lomi.Client, key string) (string, error) {
		return "", discard(c.IncrementCardCharge(ctx, "pi_1", lomi.HoldRequest{Amount: 1, IdempotencyKey: key}))
	}, cardAnswer},
	{"CreateCustomer", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", discard(c.CreateCustomer(ctx, somebody))
	}, customerAnswer},
	{"UpdateCustomer", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", discard(c.UpdateCustomer(ctx, "c1", lomi.CustomerUpdate{Email: ptr(awaEmail), PhoneNumber: ptr(awaPhone)}))
	}, customerAnswer},
	{"DeleteCustomer", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", c.DeleteCustomer(ctx, "c1")
	}, `{"message":"deleted"}`},
	{"OpenCustomerPortal", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", discard(c.OpenCustomerPortal(ctx, "c1", lomi.PortalRequest{}))
	}, portalAnswer},
	{"CreateProduct", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", discard(c.CreateProduct(ctx, product))
	}, productAnswer},
	{"UpdateProduct", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", discard(c.UpdateProduct(ctx, "prod_1", lomi.ProductUpdate{Name: ptr("Pro 2")}))
	}, productAnswer},
	{"DeleteProduct", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", c.DeleteProduct(ctx, "prod_1")
	}, `{}`},
	{"AddPrice", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", discard(c.AddPrice(ctx, "prod_1", price))
	}, productAnswer},
	{"SetDefaultPrice", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", discard(c.SetDefaultPrice(ctx, "prod_1", "price_1"))
	}, productAnswer},
	{"CreatePayoutMethod", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", discard(c.CreatePayoutMethod(ctx, bankAccount))
	}, methodAnswer},
	{"CreateWebhookEndpoint", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", discard(c.CreateWebhookEndpoint(ctx, endpoint))
	}, endpointAnswer},
	{"UpdateWebhookEndpoint", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", discard(c.UpdateWebhookEndpoint(ctx, "w1", lomi.WebhookEndpointUpdate{IsActive: ptr(false)}))
	}, endpointAnswer},
	{"DeleteWebhookEndpoint", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", c.DeleteWebhookEndpoint(ctx, "w1")
	}, `{}`},
	{"TestWebhookEndpoint", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", discard(c.TestWebhookEndpoint(ctx, "w1"))
	}, `{"success":true}`},
	{"RetryWebhookDelivery", func(ctx context.Context, c *lomi.Client, _ string) (string, error) {
		return "", c.RetryWebhookDelivery(ctx, "w1", "d1")
	}, `{}`},
}

// looks are the calls that change nothing.
var looks = []deed{
	{"ListTransactions", look(func(ctx context.Context, c *lomi.Client) error {
		return discard(c.ListTransactions(ctx, lomi.TransactionFilter{}))
	}), anyList},
	{"GetTransaction", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.GetTransaction(ctx, "t1")) }), `{"transaction_id":"t1"}`},
	{"TransactionReceipt", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.TransactionReceipt(ctx, "t1")) }), `{"hosted_url":"https://lomi.africa/r"}`},
	{"ListCustomerTransactions", look(func(ctx context.Context, c *lomi.Client) error {
		return discard(c.ListCustomerTransactions(ctx, "c1", lomi.CustomerTransactionFilter{}))
	}), anyList},
	{"GetCardCharge", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.GetCardCharge(ctx, "pi_1")) }), cardAnswer},
	{"GetRefund", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.GetRefund(ctx, "r1")) }), refundAnswer},
	{"ListRefunds", look(func(ctx context.Context, c *lomi.Client) error {
		return discard(c.ListRefunds(ctx, lomi.RefundFilter{}))
	}), anyList},
	{"GetPayout", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.GetPayout(ctx, "p1")) }), payoutAnswer},
	{"ListPayouts", look(func(ctx context.Context, c *lomi.Client) error {
		return discard(c.ListPayouts(ctx, lomi.PayoutFilter{}))
	}), anyList},
	{"ListPayoutMethods", look(func(ctx context.Context, c *lomi.Client) error {
		return discard(c.ListPayoutMethods(ctx, lomi.PayoutMethodFilter{}))
	}), anyList},
	{"GetPaymentRequest", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.GetPaymentRequest(ctx, "pr1")) }), requestAnswer},
	{"ListPaymentRequests", look(func(ctx context.Context, c *lomi.Client) error {
		return discard(c.ListPaymentRequests(ctx, lomi.PaymentRequestFilter{}))
	}), anyList},
	{"GetCustomer", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.GetCustomer(ctx, "c1")) }), customerAnswer},
	{"ListCustomers", look(func(ctx context.Context, c *lomi.Client) error {
		return discard(c.ListCustomers(ctx, lomi.CustomerFilter{Search: awaEmail}))
	}), anyList},
	{"CustomerPortalAudit", look(func(ctx context.Context, c *lomi.Client) error {
		return discard(c.CustomerPortalAudit(ctx, "c1", lomi.PortalAuditFilter{}))
	}), anyList},
	{"GetProduct", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.GetProduct(ctx, "prod_1")) }), productAnswer},
	{"ListProducts", look(func(ctx context.Context, c *lomi.Client) error {
		return discard(c.ListProducts(ctx, lomi.ProductFilter{}))
	}), anyList},
	{"Balances", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.Balances(ctx, "")) }), `[]`},
	{"BalanceBreakdowns", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.BalanceBreakdowns(ctx, "")) }), `[]`},
	{"CheckBalance", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.CheckBalance(ctx, guichet.XOF)) }), `{"has_sufficient_balance":true}`},
	{"GetWebhookEndpoint", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.GetWebhookEndpoint(ctx, "w1")) }), endpointAnswer},
	{"ListWebhookEndpoints", look(func(ctx context.Context, c *lomi.Client) error {
		return discard(c.ListWebhookEndpoints(ctx, lomi.WebhookEndpointFilter{}))
	}), anyList},
	{"ListWebhookDeliveries", look(func(ctx context.Context, c *lomi.Client) error {
		return discard(c.ListWebhookDeliveries(ctx, lomi.WebhookDeliveryFilter{WebhookID: "w1"}))
	}), anyList},
	{"GetWebhookDelivery", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.GetWebhookDelivery(ctx, "d1")) }), `{"log_id":"d1"}`},
	{"Me", look(func(ctx context.Context, c *lomi.Client) error { return discard(c.Me(ctx)) }), `{"merchant_id":"m"}`},
}

func look(call run) func(context.Context, *lomi.Client, string) (string, error) {
	return func(ctx context.Context, c *lomi.Client, _ string) (string, error) { return "", call(ctx, c) }
}

func discard[T any](_ T, err error) error { return err }

// keyOf returns the key that a result names; "" beside an error.
func keyOf[T any](_ T, err error, key func() string) string {
	if err != nil {
		return ""
	}
	return key()
}

func text(status int, body string) httpmock.Responder {
	return httpmock.NewStringResponder(status, body)
}

const brokeDown = `{"error":{"code":"internal_error","message":"An unexpected error occurred","details":null},"request_id":"r"}`

func TestChargesRefundsAndPayoutsAlwaysHaveAKey(t *testing.T) {
	for _, d := range keyed {
		t.Run("T26: "+d.name+" without a key of the caller's", func(t *testing.T) {
			client, lomiMock := answering(t, 201, d.answer)
			seen := map[string]bool{}
			for i := range 2 {
				named, err := d.call(t.Context(), client, "")
				require.NoError(t, err)
				key := lomiMock.All()[i].Header.Get("Idempotency-Key")
				assert.GreaterOrEqual(t, len(key), 20)
				assert.Equal(t, key, named, "the result names the key that was sent")
				seen[key] = true
			}
			assert.Len(t, seen, 2, "two calls are two charges")
		})
		t.Run("T26: "+d.name+" with a key of the caller's", func(t *testing.T) {
			client, lomiMock := answering(t, 201, d.answer)
			named, err := d.call(t.Context(), client, "order-7")
			require.NoError(t, err)
			assert.Equal(t, "order-7", named)
			assert.Equal(t, []string{"order-7"}, lomiMock.One(t).Header.Values("Idempotency-Key"))
		})
	}
}

func TestKeyedCallsAreRepeatedAsTheyWere(t *testing.T) {
	const inProgress = `{"error":{"code":"idempotency_in_progress","message":"still at it"},"request_id":"r"}`
	for _, d := range keyed {
		for _, key := range []string{"", "order-7"} {
			for name, bad := range map[string]httpmock.Responder{
				"lost":        httpmock.NewErrorResponder(errors.New("connection reset")),
				"500":         text(500, brokeDown),
				"in progress": text(409, inProgress),
			} {
				t.Run(fmt.Sprintf("%s, %s, key %q", d.name, name, key), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						client, lomiMock := newMock(t, config(), bad, text(201, d.answer))
						_, err := d.call(t.Context(), client, key)
						require.NoError(t, err)
						all := lomiMock.All()
						require.Len(t, all, 2)
						assert.Equal(t, all[0].Body, all[1].Body)
						assert.Equal(t, all[0].Header.Values("Idempotency-Key"), all[1].Header.Values("Idempotency-Key"))
						assert.Len(t, all[0].Header.Values("Idempotency-Key"), 1)
					})
				})
			}
		}
		t.Run(d.name+" that never gets an answer", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, lomiMock := newMock(t, config(), text(500, brokeDown))
				_, err := d.call(t.Context(), client, "")
				require.ErrorIs(t, err, guichet.ErrUnavailable)
				require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
				require.Len(t, lomiMock.All(), 3)
				assert.Equal(t, lomiMock.All()[0].Header.Get("Idempotency-Key"), errorOf(t, err).IdempotencyKey, "the key to settle it with")
			})
		})
		t.Run(d.name+" with a key that was used for something else", func(t *testing.T) {
			client, lomiMock := answering(t, 409, `{"error":{"code":"idempotency_key_reused","message":"other body"},"request_id":"r"}`)
			_, err := d.call(t.Context(), client, "order-7")
			require.ErrorIs(t, err, guichet.ErrConflict)
			assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome)
			lomiMock.One(t)
		})
	}
}

func TestOtherCallsAreSentOnce(t *testing.T) {
	for _, d := range once {
		for name, bad := range map[string]httpmock.Responder{
			"lost": httpmock.NewErrorResponder(errors.New("connection reset")),
			"500":  text(500, brokeDown),
			"503":  text(503, `{"error":{"code":"service_unavailable","message":"muted"}}`),
		} {
			t.Run(d.name+", "+name, func(t *testing.T) {
				client, lomiMock := newMock(t, config(), bad, text(200, d.answer))
				_, err := d.call(t.Context(), client, "order-7")
				require.ErrorIs(t, err, guichet.ErrUnavailable)
				require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
				lomiMock.One(t)
			})
		}
		t.Run(d.name+", too many requests", func(t *testing.T) {
			client, lomiMock := newMock(t, config(), text(429, `{"error":{"code":"rate_limit_exceeded"}}`), text(200, d.answer))
			_, err := d.call(t.Context(), client, "")
			require.ErrorIs(t, err, guichet.ErrRateLimited)
			assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome)
			lomiMock.One(t)
		})
		t.Run(d.name+", good", func(t *testing.T) {
			client, lomiMock := answering(t, 200, d.answer)
			_, err := d.call(t.Context(), client, "")
			require.NoError(t, err)
			lomiMock.One(t)
		})
	}
}

func TestReadsAreRepeated(t *testing.T) {
	for _, d := range looks {
		t.Run(d.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, lomiMock := newMock(t, config(), text(500, brokeDown), text(200, d.answer))
				_, err := d.call(t.Context(), client, "")
				require.NoError(t, err)
				require.Len(t, lomiMock.All(), 2)
				for _, r := range lomiMock.All() {
					assert.Equal(t, http.MethodGet, r.Method)
					assert.Empty(t, r.Header.Values("Idempotency-Key"))
				}
			})
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	bodies := map[string]string{
		"a web page": "<html><body>Bonjour</body></html>", "cut JSON": `{"data":{"transaction_id":"t1`, "null": "null", "a text": `"ok"`,
		"an empty object": "{}", "null in data": `{"data":null}`, "an empty object in data": `{"success":true,"data":{}}`,
		"the same member twice": `{"transaction_id":"t1","refund_id":"r1","Transaction_ID":"t2","transaction_id":"t2"}`,
		"no success":            `{"success":false,"message":"refused"}`,
	}
	// These calls want no particular answer.
	content := map[string]bool{"DeleteCustomer": true, "DeleteProduct": true, "DeleteWebhookEndpoint": true, "RetryWebhookDelivery": true}
	for policy, calls := range map[string][]deed{"keyed": keyed, "once": once, "read": looks} {
		for _, d := range calls {
			for name, body := range bodies {
				object := strings.HasPrefix(body, "{") && name != "cut JSON" && name != "the same member twice"
				if content[d.name] && (object || name == "null" || name == "a text") && name != "no success" {
					continue
				}
				if name == "null in data" && (d.answer == anyList || d.answer == `[]`) { // an empty list
					continue
				}
				if name == "no success" && (d.name == "TestWebhookEndpoint" || d.name == "GetWebhookDelivery") { // of the delivery, not of the call
					continue
				}
				t.Run(d.name+", "+name, func(t *testing.T) {
					client, lomiMock := answering(t, 200, body)
					_, err := d.call(t.Context(), client, "")
					require.ErrorIs(t, err, guichet.ErrBadResponse)
					assert.Equal(t, policy != "read", errors.Is(err, guichet.ErrUnknownOutcome))
					lomiMock.One(t)
				})
			}
		}
	}
}

// TestAnotherObject: the status of somebody else's payment must not be taken for
// this one's.
func TestAnotherObject(t *testing.T) {
	const other = `{"transaction_id":"zz","refund_id":"zz","payout_id":"zz","request_id":"zz","customer_id":"zz","product_id":"zz","webhook_id":"zz","log_id":"zz","id":"zz",` +
		`"status":"completed","prices":[],"hosted_url":"https://lomi.africa/r"}`
	named := map[string]bool{}
	for _, name := range strings.Fields("GetTransaction GetCardCharge GetRefund GetPayout GetPaymentRequest GetCustomer GetProduct GetWebhookEndpoint " +
		"GetWebhookDelivery CancelCardCharge CaptureCardCharge IncrementCardCharge UpdateCustomer UpdateProduct UpdateWebhookEndpoint") {
		named[name] = true
	}
	for _, d := range append(append(append([]deed{}, keyed...), once...), looks...) {
		if !named[d.name] {
			continue
		}
		delete(named, d.name)
		t.Run(d.name, func(t *testing.T) {
			client, _ := answering(t, 200, other)
			_, err := d.call(t.Context(), client, "")
			require.ErrorIs(t, err, guichet.ErrBadResponse)
		})
	}
	assert.Empty(t, named)

	t.Run("the second id of the newer API", func(t *testing.T) {
		client, _ := answering(t, 200, `{"transaction_id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","public_id":"txn_9"}`)
		found, err := client.GetTransaction(t.Context(), "txn_9")
		require.NoError(t, err)
		assert.Equal(t, "7c9e6679-7425-40de-944b-e07fc1f90ae7", found.ID)
		assert.Equal(t, "txn_9", found.PublicID)
	})
}

func TestHostileIDs(t *testing.T) {
	calls := map[string]func(context.Context, *lomi.Client, string) error{
		"GetTransaction": func(ctx context.Context, c *lomi.Client, id string) error { return discard(c.GetTransaction(ctx, id)) },
		"TransactionReceipt": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.TransactionReceipt(ctx, id))
		},
		"ListCustomerTransactions": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.ListCustomerTransactions(ctx, id, lomi.CustomerTransactionFilter{}))
		},
		"GetCardCharge": func(ctx context.Context, c *lomi.Client, id string) error { return discard(c.GetCardCharge(ctx, id)) },
		"CancelCardCharge": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.CancelCardCharge(ctx, id, lomi.HoldRequest{}))
		},
		"CaptureCardCharge": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.CaptureCardCharge(ctx, id, lomi.HoldRequest{}))
		},
		"IncrementCardCharge": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.IncrementCardCharge(ctx, id, lomi.HoldRequest{Amount: 1}))
		},
		"GetRefund": func(ctx context.Context, c *lomi.Client, id string) error { return discard(c.GetRefund(ctx, id)) },
		"GetPayout": func(ctx context.Context, c *lomi.Client, id string) error { return discard(c.GetPayout(ctx, id)) },
		"GetPaymentRequest": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.GetPaymentRequest(ctx, id))
		},
		"GetCustomer": func(ctx context.Context, c *lomi.Client, id string) error { return discard(c.GetCustomer(ctx, id)) },
		"UpdateCustomer": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.UpdateCustomer(ctx, id, lomi.CustomerUpdate{Name: ptr("A")}))
		},
		"DeleteCustomer": func(ctx context.Context, c *lomi.Client, id string) error { return c.DeleteCustomer(ctx, id) },
		"CustomerPortalAudit": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.CustomerPortalAudit(ctx, id, lomi.PortalAuditFilter{}))
		},
		"OpenCustomerPortal": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.OpenCustomerPortal(ctx, id, lomi.PortalRequest{}))
		},
		"GetProduct": func(ctx context.Context, c *lomi.Client, id string) error { return discard(c.GetProduct(ctx, id)) },
		"UpdateProduct": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.UpdateProduct(ctx, id, lomi.ProductUpdate{Name: ptr("A")}))
		},
		"DeleteProduct": func(ctx context.Context, c *lomi.Client, id string) error { return c.DeleteProduct(ctx, id) },
		"AddPrice":      func(ctx context.Context, c *lomi.Client, id string) error { return discard(c.AddPrice(ctx, id, price)) },
		"SetDefaultPrice, product": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.SetDefaultPrice(ctx, id, "price_1"))
		},
		"SetDefaultPrice, price": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.SetDefaultPrice(ctx, "prod_1", id))
		},
		"GetWebhookEndpoint": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.GetWebhookEndpoint(ctx, id))
		},
		"UpdateWebhookEndpoint": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.UpdateWebhookEndpoint(ctx, id, lomi.WebhookEndpointUpdate{IsActive: ptr(true)}))
		},
		"DeleteWebhookEndpoint": func(ctx context.Context, c *lomi.Client, id string) error { return c.DeleteWebhookEndpoint(ctx, id) },
		"TestWebhookEndpoint": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.TestWebhookEndpoint(ctx, id))
		},
		"GetWebhookDelivery": func(ctx context.Context, c *lomi.Client, id string) error {
			return discard(c.GetWebhookDelivery(ctx, id))
		},
		"RetryWebhookDelivery, endpoint": func(ctx context.Context, c *lomi.Client, id string) error {
			return c.RetryWebhookDelivery(ctx, id, "d1")
		},
		"RetryWebhookDelivery, delivery": func(ctx context.Context, c *lomi.Client, id string) error {
			return c.RetryWebhookDelivery(ctx, "w1", id)
		},
	}
	for name, call := range calls {
		for _, id := range []string{"", ".", "..", "a\nb", "\xff", "../payouts"} {
			t.Run(fmt.Sprintf("%s, %q", name, id), func(t *testing.T) {
				client, lomiMock := silent(t)
				require.ErrorIs(t, call(t.Context(), client, id), guichet.ErrInvalidRequest)
				assert.Empty(t, lomiMock.All())
			})
		}
		t.Run(name+", a path", func(t *testing.T) {
			client, lomiMock := answering(t, 404, `{"error":{"code":"not_found"}}`)
			require.ErrorIs(t, call(t.Context(), client, "a/payouts?x=1#y"), guichet.ErrNotFound)
			r := lomiMock.One(t)
			assert.Contains(t, r.URL.EscapedPath(), "/a%2Fpayouts%3Fx=1%23y")
			assert.NotContains(t, r.URL.RawQuery, "x=1")
		})
	}
}

func TestNativeListLimits(t *testing.T) {
	calls := map[string]func(context.Context, *lomi.Client, int, string) error{
		"ListTransactions": func(ctx context.Context, c *lomi.Client, limit int, cursor string) error {
			return discard(c.ListTransactions(ctx, lomi.TransactionFilter{Limit: limit, Cursor: cursor}))
		},
		"ListCustomerTransactions": func(ctx context.Context, c *lomi.Client, limit int, cursor string) error {
			return discard(c.ListCustomerTransactions(ctx, "c1", lomi.CustomerTransactionFilter{Limit: limit, Cursor: cursor}))
		},
		"ListRefunds": func(ctx context.Context, c *lomi.Client, limit int, cursor string) error {
			return discard(c.ListRefunds(ctx, lomi.RefundFilter{Limit: limit, Cursor: cursor}))
		},
		"ListPayouts": func(ctx context.Context, c *lomi.Client, limit int, cursor string) error {
			return discard(c.ListPayouts(ctx, lomi.PayoutFilter{Limit: limit, Cursor: cursor}))
		},
		"ListPayoutMethods": func(ctx context.Context, c *lomi.Client, limit int, cursor string) error {
			return discard(c.ListPayoutMethods(ctx, lomi.PayoutMethodFilter{Limit: limit, Cursor: cursor}))
		},
		"ListPaymentRequests": func(ctx context.Context, c *lomi.Client, limit int, cursor string) error {
			return discard(c.ListPaymentRequests(ctx, lomi.PaymentRequestFilter{Limit: limit, Cursor: cursor}))
		},
		"ListCustomers": func(ctx context.Context, c *lomi.Client, limit int, cursor string) error {
			return discard(c.ListCustomers(ctx, lomi.CustomerFilter{Limit: limit, Cursor: cursor}))
		},
		"CustomerPortalAudit": func(ctx context.Context, c *lomi.Client, limit int, cursor string) error {
			return discard(c.CustomerPortalAudit(ctx, "c1", lomi.PortalAuditFilter{Limit: limit, Cursor: cursor}))
		},
		"ListProducts": func(ctx context.Context, c *lomi.Client, limit int, cursor string) error {
			return discard(c.ListProducts(ctx, lomi.ProductFilter{Limit: limit, Cursor: cursor}))
		},
		"ListWebhookEndpoints": func(ctx context.Context, c *lomi.Client, limit int, cursor string) error {
			return discard(c.ListWebhookEndpoints(ctx, lomi.WebhookEndpointFilter{Limit: limit, Cursor: cursor}))
		},
		"ListWebhookDeliveries": func(ctx context.Context, c *lomi.Client, limit int, cursor string) error {
			return discard(c.ListWebhookDeliveries(ctx, lomi.WebhookDeliveryFilter{WebhookID: "w1", Limit: limit, Cursor: cursor}))
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			client, lomiMock := answering(t, 200, `{"object":"list","data":[],"has_more":true,"next_cursor":"c3"}`)
			for _, limit := range []int{-1, 101} {
				require.ErrorIs(t, call(t.Context(), client, limit, ""), guichet.ErrInvalidRequest)
			}
			require.ErrorIs(t, call(t.Context(), client, 0, "offset:x"), guichet.ErrInvalidRequest)
			assert.Empty(t, lomiMock.All())

			require.NoError(t, call(t.Context(), client, 50, "c2"))
			query := lomiMock.One(t).URL.Query()
			assert.Equal(t, "50", query.Get("limit"))
			assert.Equal(t, "c2", query.Get("cursor"))
		})
	}
}

// TestNothingPersonalIsPrinted puts private data everywhere and looks for it in
// every printed form.
func TestNothingPersonalIsPrinted(t *testing.T) {
	private := []string{"Awa", "0700111111", awaEmail, "Rue 12", "tok_secret", "whsec_made", "pi_1_secret", "https://pay.wave.com/c/1", "ci_account_1"}
	raw := json.RawMessage(`{"e":"` + strings.Join(private, " ") + `"}`)
	someone := lomi.ChargeCustomer{Name: "Awa Diop", Phone: awaPhone, Email: awaEmail}
	confirmation := lomi.PayoutApproval{Request: friendPayout, IdempotencyKey: "shown-key", Token: "tok_secret", Preview: raw}
	values := []any{
		someone, waveCharge, mtnCharge, cardCharge,
		lomi.CardChargeRequest{CustomerID: "c", Metadata: map[string]any{"p": awaPhone}},
		lomi.MobileCharge{RedirectURL: "https://pay.wave.com/c/1", NextAction: &lomi.NextAction{URL: "https://pay.wave.com/c/1"}, Raw: raw},
		lomi.NextAction{URL: "https://pay.wave.com/c/1"},
		lomi.CardCharge{ClientSecret: "pi_1_secret_x", Raw: raw},
		friendPayout, *friendPayout.Recipient, lomi.Payout{Message: "sent to " + awaPhone, Raw: raw}, confirmation,
		lomi.Refund{Message: "back to " + awaPhone}, lomi.PayoutResult{Payout: &lomi.Payout{Message: "sent to " + awaPhone}},
		lomi.RefundApproval{Token: "tok_secret"},
		bankAccount, lomi.PayoutMethod{AccountName: "Awa", AccountNumber: "ci_account_1", Raw: raw},
		somebody, lomi.CustomerRequest{Address: "Rue 12", City: "Rue 12", PostalCode: "Rue 12", Metadata: map[string]any{"p": awaPhone}},
		lomi.CustomerUpdate{Name: ptr("Awa"), Email: ptr(awaEmail), PhoneNumber: ptr(awaPhone), WhatsAppNumber: ptr(awaPhone), Address: ptr("Rue 12")},
		lomi.Customer{Name: "Awa", Email: awaEmail, PhoneNumber: awaPhone, WhatsAppNumber: awaPhone, Address: "Rue 12", Metadata: raw, Raw: raw},
		lomi.CustomerFilter{Search: awaEmail},
		lomi.PortalEvent{Raw: raw}, lomi.PortalSession{LaunchURL: "https://pay.wave.com/c/1", LaunchToken: "tok_secret", Raw: raw},
		lomi.Transaction{SPIAccountNumber: "ci_account_1", Metadata: raw, Raw: raw},
		lomi.Receipt{HostedURL: "https://pay.wave.com/c/1", DownloadURL: "https://pay.wave.com/c/1", Raw: raw},
		lomi.WebhookEndpoint{Secret: "whsec_made_by_lomi", Raw: raw}, lomi.WebhookDelivery{Raw: raw},
	}
	for _, v := range values {
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		printed := log.String()
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			printed += fmt.Sprintf(verb, v) + fmt.Sprintf(verb, []any{v})
		}
		for _, secret := range private {
			assert.False(t, strings.Contains(printed, secret) || strings.Contains(printed, fmt.Sprintf("%x", secret)), "%T shows %s", v, secret)
		}
	}
	assert.Contains(t, fmt.Sprint(confirmation), "shown-key", "the rest is there")
	for _, v := range []any{lomi.CardCharge{ClientSecret: "pi_1_secret_x"}, lomi.WebhookEndpoint{Secret: "whsec_made_by_lomi"}, lomi.PortalSession{LaunchToken: "tok_secret"}} {
		written, err := json.Marshal(v)
		require.NoError(t, err)
		assert.NotContains(t, string(written), "secret_", "%T", v)
		assert.NotContains(t, string(written), "whsec_", "%T", v)
		assert.NotContains(t, string(written), "tok_", "%T", v)
	}
}

// TestNothingPersonalIsInErrors: lomi. may echo what it refuses.
func TestNothingPersonalIsInErrors(t *testing.T) {
	echo := fmt.Sprintf(`{"error":{"code":"bad_request","message":"no wallet for %s %s %s %s tok_secret_1"},"request_id":"r"}`, awaPhone, awaPhone[1:], somebody.WhatsAppNumber, awaEmail)
	confirmation := lomi.PayoutApproval{Request: friendPayout, IdempotencyKey: "k", Token: "tok_secret_1"}
	for name, call := range map[string]run{
		"ChargeWave":     do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.ChargeWave(ctx, waveCharge) }),
		"ChargeMTN":      do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.ChargeMTN(ctx, mtnCharge) }),
		"ChargeCard":     do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.ChargeCard(ctx, cardCharge) }),
		"CreatePayout":   do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.CreatePayout(ctx, friendPayout) }),
		"ApprovePayout":  do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.ApprovePayout(ctx, confirmation) }),
		"CreateCustomer": do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.CreateCustomer(ctx, somebody) }),
		"UpdateCustomer": do(func(ctx context.Context, c *lomi.Client) (any, error) {
			return c.UpdateCustomer(ctx, "c1", lomi.CustomerUpdate{Email: ptr(awaEmail), PhoneNumber: ptr(awaPhone), WhatsAppNumber: &somebody.WhatsAppNumber})
		}),
		"ListCustomers by phone": do(func(ctx context.Context, c *lomi.Client) (any, error) {
			return c.ListCustomers(ctx, lomi.CustomerFilter{Search: awaPhone})
		}),
		"ListCustomers by e-mail": do(func(ctx context.Context, c *lomi.Client) (any, error) {
			return c.ListCustomers(ctx, lomi.CustomerFilter{Search: awaEmail})
		}),
	} {
		t.Run(name, func(t *testing.T) {
			client, lomiMock := answering(t, 400, echo)
			err := call(t.Context(), client)
			require.ErrorIs(t, err, guichet.ErrInvalidRequest)
			e := errorOf(t, err)
			printed := fmt.Sprintf("%v %+v %#v %s", err, err, e.Message, e.Raw())
			body := lomiMock.One(t).Body + lomiMock.One(t).URL.Query().Get("search")
			for _, private := range []string{awaPhone, awaPhone[1:], awaEmail, somebody.WhatsAppNumber, "tok_secret_1"} {
				if strings.Contains(body, private) {
					assert.NotContains(t, printed, private)
				}
			}
			assert.Contains(t, e.Message, "[redacted]")
		})
	}

	t.Run("a secret wherever it stands in an answer that cannot be used", func(t *testing.T) {
		const made = "made_by_lomi_7"
		many := "" // more than are looked for in messages
		for i := range 20 {
			many += fmt.Sprintf(`{"secret":"other %d"},`, i)
		}
		card := func(ctx context.Context, c *lomi.Client) error { return discard(c.ChargeCard(ctx, cardCharge)) }
		hook := func(ctx context.Context, c *lomi.Client) error {
			return discard(c.CreateWebhookEndpoint(ctx, endpoint))
		}
		for _, test := range []struct {
			status int
			body   string
			call   run
		}{
			{201, `{"data":{"id":"pi_1","original_currency":"JPY"},"next_action":{"type":"client_secret","client_secret":"made_by_lomi_7"}}`, card},
			{201, `{"data":{"id":"pi_1","client_secret":"made_by_lomi_7"}}}`, card},
			{201, `{"webhook_id":"w","secret":"made_by_lomi_7","url":"https://`, hook},
			{201, `{"webhook_id":"w","secret" : "made_by_lomi_7`, hook},
			{201, `{"webhook_id":"w","secret":"made_by_lomi_7","url":"a","URL":"b"}`, hook},
			{201, `{"webhook":{"webhook_id":"w","secret":"made_by_lomi_7"}}`, hook},
			{500, `{"data":{"webhook_id":"w"},"secret":"made_by_lomi_7","error":{"code":"internal_error","message":"made_by_lomi_7 was not logged"}}`, hook},
			{500, `{"x":[` + many + `{"secret":"made_by_lomi_7"}]}`, hook},
			{502, `<p>"secret":"made_by_lomi_7"`, hook},
			{200, `{"webhook_id":"w2","secret":"made_by_lomi_7"}`, func(ctx context.Context, c *lomi.Client) error { return discard(c.GetWebhookEndpoint(ctx, "w1")) }},
			{200, `{"webhook_id":"w2","secret":"made_by_lomi_7"}`, func(ctx context.Context, c *lomi.Client) error {
				return discard(c.UpdateWebhookEndpoint(ctx, "w1", lomi.WebhookEndpointUpdate{IsActive: ptr(true)}))
			}},
			{200, `[{"webhook_id":"w","secret":"made_by_lomi_7","error":"x"}]`, func(ctx context.Context, c *lomi.Client) error {
				return discard(c.ListWebhookEndpoints(ctx, lomi.WebhookEndpointFilter{}))
			}},
			{200, `{"success":false,"confirmation_token":"made_by_lomi_7"}`, func(ctx context.Context, c *lomi.Client) error { return discard(c.CreateRefund(ctx, refundAll)) }},
			{409, `{"error":{"code":"conflict","message":"first confirm made_by_lomi_7"},"confirmation_token":"made_by_lomi_7"}`, func(ctx context.Context, c *lomi.Client) error { return discard(c.CreatePayout(ctx, selfPayout)) }},
			{200, `{"secret":"made_by_lomi_7"}`, func(ctx context.Context, c *lomi.Client) error { return c.Do(ctx, "POST", "/x", nil, new(int)) }},
		} {
			client, _ := answering(t, test.status, test.body)
			err := test.call(t.Context(), client)
			require.Error(t, err, test.body)
			assert.NotContains(t, err.Error()+string(errorOf(t, err).Raw()), made, test.body)
		}
	})
	t.Run("a secret in an answer that cannot be used", func(t *testing.T) {
		client, _ := answering(t, 201, `{"data":{"client_secret":"pi_1_secret_x","secret":"whsec_made_by_lomi"}}`)
		_, err := client.ChargeCard(t.Context(), cardCharge)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.NotContains(t, string(errorOf(t, err).Raw()), "pi_1_secret_x")
		_, err = client.CreateWebhookEndpoint(t.Context(), endpoint)
		require.ErrorIs(t, err, guichet.ErrBadResponse)
		assert.NotContains(t, string(errorOf(t, err).Raw()), "whsec_made_by_lomi")
	})
}
