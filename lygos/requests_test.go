package lygos_test

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lygos"
)

// native runs one native call and drops its result.
type native func(context.Context, *lygos.Client) error

func create(req lygos.GatewayRequest) native {
	return func(ctx context.Context, c *lygos.Client) error { _, err := c.CreateGateway(ctx, req); return err }
}
func get(id string) native {
	return func(ctx context.Context, c *lygos.Client) error { _, err := c.GetGateway(ctx, id); return err }
}
func update(id string, u lygos.GatewayUpdate) native {
	return func(ctx context.Context, c *lygos.Client) error { return c.UpdateGateway(ctx, id, u) }
}
func remove(id string) native {
	return func(ctx context.Context, c *lygos.Client) error { return c.DeleteGateway(ctx, id) }
}
func payin(orderID string) native {
	return func(ctx context.Context, c *lygos.Client) error { _, err := c.PayinStatus(ctx, orderID); return err }
}
func list(ctx context.Context, c *lygos.Client) error { _, err := c.ListGateways(ctx); return err }

// portable runs CreatePayment and drops its result.
func portable(req guichet.PaymentRequest) native {
	return func(ctx context.Context, c *lygos.Client) error { _, err := c.CreatePayment(ctx, req); return err }
}

func TestRequestsOnTheWire(t *testing.T) {
	full := lygos.GatewayRequest{
		Amount: 5000, OrderID: order, Message: "Commande 12345",
		SuccessURL: "https://shop.example/ok", FailureURL: "https://shop.example/ko",
	}
	const fullBody = `{"amount":5000,"shop_name":"Mon Magasin","message":"Commande 12345","success_url":"https://shop.example/ok","failure_url":"https://shop.example/ko","order_id":"CMD-2024-001"}`
	const leastBody = `{"amount":5000,"shop_name":"Mon Magasin","order_id":"CMD-2024-001"}`
	gateway, detail := fixture(t, "gateway.json"), fixture(t, "gateway_detail.json")

	tests := []struct {
		name   string
		call   native
		answer string
		method string
		path   string // escaped
		body   string // empty: none
	}{
		{"C1: create with all six fields", create(full), gateway, "POST", "/v1/gateway", fullBody},
		{"C1: portable create with all six fields", portable(guichet.PaymentRequest{
			Reference: order, Amount: guichet.NewMoney(5000, guichet.XAF), Description: "Commande 12345",
			SuccessURL: "https://shop.example/ok", CancelURL: "https://shop.example/ko",
			Customer: guichet.Customer{FirstName: "Awa", LastName: "Diop", Email: "awa@shop.example", Phone: "+237655111111"},
		}), gateway, "POST", "/v1/gateway", fullBody},
		{"C2: create with required fields only", create(lygos.GatewayRequest{Amount: 5000, OrderID: order}), gateway, "POST", "/v1/gateway", leastBody},
		{"C2: portable create with required fields only", portable(francs(5000)), gateway, "POST", "/v1/gateway", leastBody},
		{"C2: create of the largest amount, digit for digit", create(lygos.GatewayRequest{Amount: math.MaxInt64, OrderID: order}), gateway,
			"POST", "/v1/gateway", `{"amount":9223372036854775807,"shop_name":"Mon Magasin","order_id":"CMD-2024-001"}`},
		{"C8: list", list, "[]", "GET", "/v1/gateway", ""},
		{"C9: get", get(gatewayID), detail, "GET", "/v1/gateway/" + gatewayID, ""},
		{"C10: update of the amount", update(gatewayID, lygos.GatewayUpdate{Amount: ptr(int64(700))}), `"<any>"`, "PUT", "/v1/gateway/" + gatewayID, `{"amount":700}`},
		{"C10: update of everything", update(gatewayID, lygos.GatewayUpdate{
			Amount: ptr(int64(700)), ShopName: ptr("Boutique"), Message: ptr("m"), SuccessURL: ptr("https://shop.example/1"), FailureURL: ptr("https://shop.example/2"),
		}), "", "PUT", "/v1/gateway/" + gatewayID, `{"amount":700,"shop_name":"Boutique","message":"m","success_url":"https://shop.example/1","failure_url":"https://shop.example/2"}`},
		{"C11: update with an empty message", update(gatewayID, lygos.GatewayUpdate{Message: ptr("")}), "null", "PUT", "/v1/gateway/" + gatewayID, `{"message":""}`},
		{"C13: delete", remove(gatewayID), `"<any>"`, "DELETE", "/v1/gateway/" + gatewayID, ""},
		{"C14: payin status", payin(order), fixture(t, "payin.json"), "GET", "/v1/gateway/payin/CMD-2024-001", ""},
		{"C14: payin status of an order id that needs escapes", payin(`Commande n°1?a=b&c;d%2F#e\`), `{"status":"success"}`,
			"GET", "/v1/gateway/payin/Commande%20n%C2%B01%3Fa=b&c%3Bd%252F%23e%5C", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, lygosMock := answering(t, 200, test.answer)
			require.NoError(t, test.call(t.Context(), client))
			r := lygosMock.One(t)
			assert.Equal(t, test.method, r.Method)
			assert.Equal(t, "https://api.lygosapp.com"+test.path, r.URL.String(), "no query either")
			assert.Equal(t, []string{testKey}, r.Header.Values("api-key"))
			assert.Empty(t, r.Header.Values("Authorization"))
			assert.Empty(t, r.Header.Values("Idempotency-Key"))
			assert.Equal(t, "application/json", r.Header.Get("Accept"))
			if test.body == "" {
				assert.Empty(t, r.Body)
				assert.Empty(t, r.Header.Values("Content-Type"))
				return
			}
			assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
			assert.JSONEq(t, test.body, r.Body)
			assert.NotContains(t, r.Body, "null")
			assert.NotContains(t, r.Body, "e+", "no exponent")
		})
	}
}

func ptr[T any](v T) *T { return &v }

func TestRefusedBeforeAnythingIsSent(t *testing.T) {
	with := func(change func(*guichet.PaymentRequest)) native {
		req := francs(5000)
		change(&req)
		return portable(req)
	}
	invalid, unsupported := guichet.ErrInvalidRequest, guichet.ErrUnsupported
	tests := []struct {
		name  string
		call  native
		kind  error
		field string // named in the message
	}{
		{"C3: create without order id", create(lygos.GatewayRequest{Amount: 5000}), invalid, "OrderID"},
		{"C3: create of 0", create(lygos.GatewayRequest{OrderID: order}), invalid, "Amount"},
		{"C3: create of -1", create(lygos.GatewayRequest{OrderID: order, Amount: -1}), invalid, "Amount"},
		{"C3: portable create without order id", with(func(r *guichet.PaymentRequest) { r.Reference = "" }), invalid, "Reference"},
		{"C3: portable create of 0", portable(francs(0)), invalid, "Amount"},
		{"C3: portable create of -1", portable(francs(-1)), invalid, "Amount"},
		{"C5: order id A/1", create(lygos.GatewayRequest{Amount: 1, OrderID: "A/1"}), invalid, "OrderID"},
		{"C5: order id ..", create(lygos.GatewayRequest{Amount: 1, OrderID: ".."}), invalid, "OrderID"},
		{"C5: order id .", create(lygos.GatewayRequest{Amount: 1, OrderID: "."}), invalid, "OrderID"},
		{"C5: order id with a newline", create(lygos.GatewayRequest{Amount: 1, OrderID: "A\n1"}), invalid, "OrderID"},
		{"C5: order id that is not UTF-8", create(lygos.GatewayRequest{Amount: 1, OrderID: "A\xff"}), invalid, "OrderID"},
		{"C5: portable order id A/1", with(func(r *guichet.PaymentRequest) { r.Reference = "A/1" }), invalid, "Reference"},
		{"C5: portable order id ..", with(func(r *guichet.PaymentRequest) { r.Reference = ".." }), invalid, "Reference"},
		{"C5: portable order id with a newline", with(func(r *guichet.PaymentRequest) { r.Reference = "A\n1" }), invalid, "Reference"},
		{"C5: message that is not UTF-8", create(lygos.GatewayRequest{Amount: 1, OrderID: order, Message: "\xff"}), invalid, "Message"},
		{"C6: idempotency key", with(func(r *guichet.PaymentRequest) { r.IdempotencyKey = "k" }), unsupported, "IdempotencyKey"},
		{"C6: metadata", with(func(r *guichet.PaymentRequest) { r.Metadata = map[string]string{"a": "b"} }), unsupported, "Metadata"},
		{"C6: callback URL", with(func(r *guichet.PaymentRequest) { r.CallbackURL = "https://shop.example/hook" }), unsupported, "CallbackURL"},
		{"C6: mobile-money data", with(func(r *guichet.PaymentRequest) { r.MobileMoney = &guichet.MobileMoney{Phone: "+237655111111"} }), unsupported, "MobileMoney"},
		{"C7: amount with a fraction of a unit", with(func(r *guichet.PaymentRequest) { r.Amount = guichet.NewMoney(1250, guichet.EUR) }), invalid, "Amount"},
		{"C7: currency of unknown decimals", with(func(r *guichet.PaymentRequest) { r.Amount.Currency = "XYZ" }), invalid, "Amount"},
		{"C9: get of an order id", get("payin"), invalid, "gateway id"},
		{"C9: get of a UUID without dashes", get(strings.ReplaceAll(gatewayID, "-", "")), invalid, "gateway id"},
		{"C9: get of a UUID with a dash too many", get(strings.Replace(gatewayID, "3", "-", 1)), invalid, "gateway id"},
		{"C9: get of 36 digits without a dash", get(strings.ReplaceAll(gatewayID, "-", "0")), invalid, "gateway id"},
		{"C9: get of a UUID in braces", get("{" + gatewayID + "}"), invalid, "gateway id"},
		{"C10: update of another endpoint", update("payin", lygos.GatewayUpdate{Message: ptr("x")}), invalid, "gateway id"},
		{"C10: update to 0", update(gatewayID, lygos.GatewayUpdate{Amount: ptr(int64(0))}), invalid, "Amount"},
		{"C10: update with a text that is not UTF-8", update(gatewayID, lygos.GatewayUpdate{Message: ptr("\xff")}), invalid, "Message"},
		{"C12: update of nothing", update(gatewayID, lygos.GatewayUpdate{}), invalid, "GatewayUpdate"},
		{"C15: payin status of nothing", payin(""), invalid, "order id"},
		{"C15: payin status of ..", payin(".."), invalid, "order id"},
		{"C15: payin status of a/b", payin("a/b"), invalid, "order id"},
		{"C15: payin status of a control character", payin("a\x00"), invalid, "order id"},
		{"C15: get of nothing", get(""), invalid, "gateway id"},
		{"C15: update of no gateway", update("", lygos.GatewayUpdate{Message: ptr("x")}), invalid, "gateway id"},
		{"C15: delete of nothing", remove(""), invalid, "gateway id"},
		{"C15: portable status of nothing", func(ctx context.Context, c *lygos.Client) error { _, err := c.GetStatus(ctx, ""); return err }, invalid, "order id"},
		{"list with a cursor", func(ctx context.Context, c *lygos.Client) error {
			_, err := c.List(ctx, guichet.ListParams{Cursor: "2"})
			return err
		}, unsupported, "Cursor"},
		{"list with a limit of 101", func(ctx context.Context, c *lygos.Client) error {
			_, err := c.List(ctx, guichet.ListParams{Limit: 101})
			return err
		}, invalid, "Limit"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, lygosMock := silent(t)
			err := test.call(t.Context(), client)
			require.ErrorIs(t, err, test.kind)
			e := errorOf(t, err)
			assert.Contains(t, e.Message, test.field)
			assert.False(t, e.OutcomeUnknown)
			assert.Empty(t, lygosMock.All())
		})
	}

	t.Run("C7: 12.50 XOF cannot even be written", func(t *testing.T) {
		_, err := guichet.ParseMoney("12.50", guichet.XOF)
		assert.ErrorIs(t, err, guichet.ErrInvalidRequest)
	})
}

func TestAmountsInMajorUnits(t *testing.T) {
	t.Run("C1: 50.00 EUR goes out as 50 and comes back as 5000 cents", func(t *testing.T) {
		answer := strings.NewReplacer("5000", "50", "XAF", "EUR").Replace(fixture(t, "gateway.json"))
		client, lygosMock := answering(t, 200, answer)
		payment, err := client.CreatePayment(t.Context(), guichet.PaymentRequest{Reference: order, Amount: guichet.NewMoney(5000, guichet.EUR)})
		require.NoError(t, err)
		assert.JSONEq(t, `{"amount":50,"shop_name":"Mon Magasin","order_id":"CMD-2024-001"}`, lygosMock.One(t).Body)
		assert.Equal(t, guichet.NewMoney(5000, guichet.EUR), payment.Amount)
	})
}

func TestShopName(t *testing.T) {
	t.Run("C4: quotes, accents and markup arrive as they are", func(t *testing.T) {
		cfg := config()
		cfg.ShopName = `Épicerie "A" <b>&`
		client, lygosMock := newMock(t, cfg, httpmock.NewStringResponder(200, fixture(t, "gateway.json")))
		require.NoError(t, create(lygos.GatewayRequest{Amount: 5000, OrderID: order})(t.Context(), client))
		var body struct {
			ShopName string `json:"shop_name"`
		}
		require.NoError(t, json.Unmarshal([]byte(lygosMock.One(t).Body), &body))
		assert.Equal(t, cfg.ShopName, body.ShopName)
	})
}

func TestBaseURL(t *testing.T) {
	tests := []struct{ base, want string }{
		{"https://api.lygosapp.com/v1", "https://api.lygosapp.com/v1/gateway/payin/CMD-2024-001"},
		{"https://api.lygosapp.com/v1/", "https://api.lygosapp.com/v1/gateway/payin/CMD-2024-001"},
		{"http://127.0.0.1:1/prefix/v1/", "http://127.0.0.1:1/prefix/v1/gateway/payin/CMD-2024-001"},
	}
	for _, test := range tests {
		t.Run("C16: "+test.base, func(t *testing.T) {
			transport := httpmock.NewMockTransport()
			transport.RegisterResponder("GET", test.want, httpmock.NewStringResponder(200, `{"status":"success"}`))
			client, err := lygos.New(config(), guichet.WithBaseURL(test.base), guichet.WithHTTPClient(&http.Client{Transport: transport}))
			require.NoError(t, err)
			assert.NoError(t, payin(order)(t.Context(), client))
		})
	}
}

func TestSettings(t *testing.T) {
	const secret = "whsec_test_0123456789"
	tests := []struct {
		name  string
		cfg   lygos.Config
		field string // named in the error; empty: accepted
	}{
		{"C17: key empty", lygos.Config{ShopName: "S"}, "APIKey"},
		{"C17: key with a newline", lygos.Config{APIKey: testKey + "\n", ShopName: "S"}, "APIKey"},
		{"C17: key with a blank", lygos.Config{APIKey: testKey + " x", ShopName: "S"}, "APIKey"},
		{"C17: key with a NUL", lygos.Config{APIKey: testKey + "\x00", ShopName: "S"}, "APIKey"},
		{"C17: key of another prefix", lygos.Config{APIKey: "lygossandbox-test-key", ShopName: "S"}, ""},
		{"shop name empty", lygos.Config{APIKey: testKey}, "ShopName"},
		{"webhook secret with a blank", lygos.Config{APIKey: testKey, ShopName: "S", WebhookSecret: secret + " "}, "WebhookSecret"},
		{"previous secret alone", lygos.Config{APIKey: testKey, ShopName: "S", PreviousWebhookSecret: secret}, "WebhookSecret"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, err := lygos.New(test.cfg)
			if test.field == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, guichet.ErrInvalidRequest)
			assert.Nil(t, client)
			assert.Contains(t, errorOf(t, err).Message, test.field)
			assert.NotContains(t, err.Error(), testKey)
			assert.NotContains(t, err.Error(), secret)
		})
	}
}

func TestCancelledContext(t *testing.T) {
	t.Run("C18: returns at once, having sent nothing", func(t *testing.T) {
		client, lygosMock := silent(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, call := range []native{list, portable(francs(5000)), payin(order), remove(gatewayID)} {
			err := call(ctx, client)
			require.ErrorIs(t, err, context.Canceled)
			assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome)
		}
		assert.Empty(t, lygosMock.All())
	})
	t.Run("C18: while Lygos is at work", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		client, lygosMock := newMock(t, config(), func(r *http.Request) (*http.Response, error) {
			cancel()
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		err := portable(francs(5000))(ctx, client)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
		assert.Equal(t, order, errorOf(t, err).Reference)
		lygosMock.One(t)
	})
}

func TestRetries(t *testing.T) {
	twice503 := func(then string) []httpmock.Responder {
		return []httpmock.Responder{
			httpmock.NewStringResponder(503, ""), httpmock.NewStringResponder(503, ""), httpmock.NewStringResponder(200, then),
		}
	}
	reads := map[string]struct {
		call native
		then string
	}{
		"list":   {list, "[]"},
		"get":    {get(gatewayID), fixture(t, "gateway_detail.json")},
		"status": {payin(order), fixture(t, "payin.json")},
	}
	for name, read := range reads {
		t.Run("C19: 503, 503, 200: "+name+" asks three times", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, lygosMock := newMock(t, config(), twice503(read.then)...)
				require.NoError(t, read.call(t.Context(), client))
				assert.Len(t, lygosMock.All(), 3)
			})
		})
	}
	writes := map[string]native{
		"create": create(lygos.GatewayRequest{Amount: 5000, OrderID: order}), "portable create": portable(francs(5000)),
		"update": update(gatewayID, lygos.GatewayUpdate{Message: ptr("x")}), "delete": remove(gatewayID),
	}
	for name, write := range writes {
		t.Run("C19: 503, 503, 200: "+name+" is sent once, outcome unknown", func(t *testing.T) {
			client, lygosMock := newMock(t, config(), twice503(fixture(t, "gateway.json"))...)
			err := write(t.Context(), client)
			require.ErrorIs(t, err, guichet.ErrUnavailable)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			lygosMock.One(t)
		})
		// A 500 may come after the gateway was made, whatever its body says.
		t.Run("C19: a 500 with a known code: "+name+" is sent once, outcome unknown", func(t *testing.T) {
			client, lygosMock := answering(t, 500, fixture(t, "error_gateway_not_found.json"))
			require.ErrorIs(t, write(t.Context(), client), guichet.ErrUnknownOutcome)
			lygosMock.One(t)
		})
		for _, status := range []int{400, 401, 404, 409, 422, 429} {
			t.Run("C19: "+strconv.Itoa(status)+": "+name+" is sent once, refused for certain", func(t *testing.T) {
				client, lygosMock := answering(t, status, "")
				err := write(t.Context(), client)
				require.Error(t, err)
				assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome)
				lygosMock.One(t)
			})
		}
	}
	t.Run("C19: a read ends after the last retry", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, lygosMock := answering(t, 503, "")
			err := list(t.Context(), client)
			require.ErrorIs(t, err, guichet.ErrUnavailable)
			assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome, "a read changes nothing")
			assert.Len(t, lygosMock.All(), 3)
		})
	})
}
