package ligdicash_test

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
)

const (
	hostedRoute  = "/pay/v01/redirect/checkout-invoice/create"
	directRoute  = "/pay/v01/straight/checkout-invoice/create"
	confirmRoute = "/pay/v01/redirect/checkout-invoice/confirm/"
	payoutRoute  = "/pay/v01/withdrawal/create"
)

// yas is the payment of the page of YAS Togo.
func yas() (native ligdicash.PayinRequest, portable guichet.PaymentRequest) {
	const callback = "https://monapp.com/api/callback/ligdicash"
	native = ligdicash.PayinRequest{
		TransactionID: order, Amount: 5000, Description: "Abonnement Pro — Janvier 2025",
		Phone: "+22890000000", FirstName: "Kossi", LastName: "Amah", Email: "kossi@exemple.com", CallbackURL: callback,
	}
	portable = guichet.PaymentRequest{
		Reference: order, Amount: guichet.NewMoney(5000, guichet.XOF), Description: native.Description,
		Customer:    guichet.Customer{FirstName: "Kossi", LastName: "Amah", Email: "kossi@exemple.com", Phone: "+22891111111"},
		MobileMoney: &guichet.MobileMoney{Phone: "+22890000000", Country: "TG", Operator: "YAS Togo"},
		CallbackURL: callback,
	}
	return native, portable
}

// hostedBody is a hosted payment of 5,000 francs with nothing else set.
const hostedBody = `{"commande":{"invoice":{"items":[],"total_amount":5000,"devise":"XOF","description":"","customer":"","customer_firstname":"","customer_lastname":"","customer_email":"","external_id":"","otp":""},"store":{"name":"MonApp","website_url":"https://monapp.com"},"actions":{"cancel_url":"","return_url":"","callback_url":""},"custom_data":{"transaction_id":"ORD-2025-00053"}}}`

func TestRequestsOnTheWire(t *testing.T) {
	yasNative, yasPortable := yas()
	withItem := strings.NewReplacer(
		`"items":[]`, `"items":[{"name":"T-shirt","description":"","quantity":3,"unit_price":3500,"total_price":10500}]`,
		`"total_amount":5000`, `"total_amount":10500`).Replace(hostedBody)
	with := func(change func(*guichet.PaymentRequest)) run {
		req := francs(5000)
		change(&req)
		return create(req)
	}
	payout := ligdicash.PayoutRequest{TransactionID: order, Amount: 100, Phone: "+22670000000", Description: "Remboursement", CallbackURL: "https://monapp.com/api/callback/payout/7"}
	const payoutBody = `{"commande":{"amount":100,"description":"Remboursement","customer":"22670000000","callback_url":"https://monapp.com/api/callback/payout/7","custom_data":{"transaction_id":"ORD-2025-00053"}}}`
	topUp := func(n string) string {
		return strings.Replace(payoutBody, `}}}`, `},"top_up_wallet":`+n+`}}`, 1)
	}
	hostedAnswer, directAnswer := fixture(t, "hosted_created.json"), fixture(t, "direct_created.json")
	payin := fixture(t, "payin.json")

	tests := []struct {
		name   string
		call   run
		answer string
		method string
		target string // below the base URL
		body   string // empty: none
	}{
		{"T1: hosted, one item", invoice(ligdicash.PayinRequest{TransactionID: order, Amount: 10500,
			Items: []ligdicash.Item{{Name: "T-shirt", Quantity: 3, UnitPrice: 3500}}}), hostedAnswer, "POST", hostedRoute, withItem},
		{"T1: hosted, one item with a total of its own", invoice(ligdicash.PayinRequest{TransactionID: order, Amount: 10500,
			Items: []ligdicash.Item{{Name: "T-shirt", Quantity: 3, UnitPrice: 3500, TotalPrice: 10000}}}), hostedAnswer, "POST", hostedRoute,
			strings.Replace(withItem, `"total_price":10500`, `"total_price":10000`, 1)},
		{"T2: hosted, amount only, no custom data", invoice(ligdicash.PayinRequest{Amount: 5000}), hostedAnswer, "POST", hostedRoute,
			strings.Replace(hostedBody, `{"transaction_id":"ORD-2025-00053"}`, `{}`, 1)},
		{"T2: portable, as little as possible", create(francs(5000)), hostedAnswer, "POST", hostedRoute, hostedBody},
		{"T3: hosted, the customer has a phone", with(func(r *guichet.PaymentRequest) { r.Customer.Phone = "+22670000000" }), hostedAnswer, "POST", hostedRoute, hostedBody},
		{"T3: hosted, a phone by explicit choice", invoice(ligdicash.PayinRequest{TransactionID: order, Amount: 5000, Phone: "+22670000000"}), hostedAnswer,
			"POST", hostedRoute, strings.Replace(hostedBody, `"customer":""`, `"customer":"22670000000"`, 1)},
		{"T4: direct, YAS Togo", direct(yasNative), directAnswer, "POST", directRoute, fixture(t, "direct_request.json")},
		{"T4: portable direct, YAS Togo", create(yasPortable), directAnswer, "POST", directRoute, fixture(t, "direct_request.json")},
		{"T5: hosted with all three addresses and metadata", with(func(r *guichet.PaymentRequest) {
			r.SuccessURL, r.CancelURL, r.CallbackURL = "https://monapp.com/ok", "https://monapp.com/ko", "https://monapp.com/cb"
			r.Metadata = map[string]string{"panier": "7"}
		}), hostedAnswer, "POST", hostedRoute, strings.NewReplacer(
			`"cancel_url":"","return_url":"","callback_url":""`, `"cancel_url":"https://monapp.com/ko","return_url":"https://monapp.com/ok","callback_url":"https://monapp.com/cb"`,
			`"transaction_id":"ORD-2025-00053"`, `"panier":"7","transaction_id":"ORD-2025-00053"`).Replace(hostedBody)},
		{"T7: the smallest amount", create(francs(9)), hostedAnswer, "POST", hostedRoute, strings.Replace(hostedBody, "5000", "9", 1)},
		{"T7: the largest amount", create(francs(2_000_000)), hostedAnswer, "POST", hostedRoute, strings.Replace(hostedBody, "5000", "2000000", 1)},
		{"T7: any amount, digit for digit", create(francs(math.MaxInt64)), hostedAnswer, "POST", hostedRoute, strings.Replace(hostedBody, "5000", "9223372036854775807", 1)},
		{"T9: status", status(token), payin, "GET", confirmRoute + "?invoiceToken=eyJ0eXAiOiJKV1Qi...", ""},
		{"T9: status of a token that needs escapes", status("a&token=z#?/%2F+é"), payin, "GET", confirmRoute + "?invoiceToken=a%26token%3Dz%23%3F%2F%252F%2B%C3%A9", ""},
		{"T10: one-time code", walletOTP("+22670000000", 5000), fixture(t, "otp_sent.json"), "GET", "/pay/v02/debitotp/22670000000/5000", ""},
		{"T11: wallet with its code", wallet(ligdicash.PayinRequest{TransactionID: order, Amount: 5000, Phone: "+22670000000", OTP: "012345"}), directAnswer,
			"POST", "/pay/v02/debitwallet/withotp", strings.NewReplacer(`"customer":""`, `"customer":"22670000000"`, `"otp":""`, `"otp":"012345"`).Replace(hostedBody)},
		{"T12: customer payout that stays in the wallet", customerPayout(payout, ligdicash.StayInWallet), fixture(t, "payout_created.json"), "POST", payoutRoute, topUp("1")},
		{"T12: customer payout that goes on to mobile money", customerPayout(payout, ligdicash.ForwardToMobileMoney), fixture(t, "payout_created.json"), "POST", payoutRoute, topUp("0")},
		{"T13: merchant payout", merchantPayout(payout), fixture(t, "payout_created_straight.json"), "POST", "/pay/v01/straight/payout", payoutBody},
		{"T14: payout confirmation", payoutStatus(token), fixture(t, "payout_confirmed.json"), "GET", "/pay/v01/withdrawal/confirm/?withdrawalToken=eyJ0eXAiOiJKV1Qi...", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, m := answering(t, 200, test.answer)
			require.NoError(t, test.call(t.Context(), client))
			r := m.One(t)
			assert.Equal(t, test.method, r.Method)
			assert.Equal(t, base+test.target, r.URL.String())
			for name, value := range map[string]string{
				"Apikey": testKey, "Authorization": "Bearer " + testToken, "Accept": "application/json", "Content-Type": "application/json",
			} {
				assert.Equal(t, []string{value}, r.Header.Values(name), name)
			}
			assert.Empty(t, r.Header.Values("Idempotency-Key"))
			if test.body == "" {
				assert.Empty(t, r.Body)
				return
			}
			assert.JSONEq(t, test.body, r.Body)
			assert.NotContains(t, r.Body, "null")
			assert.NotContains(t, r.Body, "e+", "no exponent")
		})
	}
}

func TestStatusByToken(t *testing.T) {
	t.Run("T9: the form of LigdiCash's page", func(t *testing.T) {
		cfg := config()
		cfg.StatusByToken = true
		client, m := newMock(t, cfg, nil, httpmock.NewStringResponder(200, fixture(t, "payin.json")))
		require.NoError(t, status(token)(t.Context(), client))
		assert.Equal(t, base+"/pay/v01/redirect/checkout-invoice/confirm?token=eyJ0eXAiOiJKV1Qi...", m.One(t).URL.String())
	})
}

func TestTexts(t *testing.T) {
	t.Run("T8: texts arrive as they are", func(t *testing.T) {
		client, m := answering(t, 200, fixture(t, "hosted_created.json"))
		req := francs(5000)
		req.Description, req.Customer.LastName, req.Customer.FirstName = "Abonnement — \"Pro\" <&> \u2028", "Cissé", "Awa & Co </script>"
		require.NoError(t, create(req)(t.Context(), client))
		var got struct {
			Commande struct {
				Invoice struct {
					Description string
					FirstName   string `json:"customer_firstname"`
					LastName    string `json:"customer_lastname"`
				}
			}
		}
		require.NoError(t, json.Unmarshal([]byte(m.One(t).Body), &got))
		assert.Equal(t, req.Description, got.Commande.Invoice.Description)
		assert.Equal(t, req.Customer.FirstName, got.Commande.Invoice.FirstName)
		assert.Equal(t, req.Customer.LastName, got.Commande.Invoice.LastName)
	})
}

func TestBaseURL(t *testing.T) {
	for configured, want := range map[string]string{
		"https://gateway.example":    "https://gateway.example",
		"https://gateway.example/":   "https://gateway.example",
		"https://gateway.example/x":  "https://gateway.example/x",
		"https://gateway.example/x/": "https://gateway.example/x",
	} {
		t.Run("T15: "+configured, func(t *testing.T) {
			client, m := newMock(t, config(), []guichet.Option{guichet.WithBaseURL(configured)}, httpmock.NewStringResponder(200, fixture(t, "payin.json")))
			require.NoError(t, status("t")(t.Context(), client))
			assert.Equal(t, want+confirmRoute+"?invoiceToken=t", m.One(t).URL.String())
		})
	}
}

func TestNewRefuses(t *testing.T) {
	const secret = "s3cr3t-s3cr3t"
	tests := map[string]func(*ligdicash.Config){
		"T16: no key":                 func(c *ligdicash.Config) { c.APIKey = "" },
		"T16: a key with a line":      func(c *ligdicash.Config) { c.APIKey = secret + "\r\nX-Evil: 1" },
		"T16: a key with a blank":     func(c *ligdicash.Config) { c.APIKey = secret + " x" },
		"T16: no token":               func(c *ligdicash.Config) { c.AuthToken = "" },
		"T16: a token with a line":    func(c *ligdicash.Config) { c.AuthToken = secret + "\n" },
		"T16: no store name":          func(c *ligdicash.Config) { c.StoreName = "" },
		"T16: no store address":       func(c *ligdicash.Config) { c.StoreURL = "" },
		"T16: a store without scheme": func(c *ligdicash.Config) { c.StoreURL = "monapp.com" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			change(&cfg)
			client, err := ligdicash.New(cfg)
			assert.Nil(t, client)
			e := errorOf(t, err)
			assert.Equal(t, guichet.ErrInvalidRequest, e.Kind)
			assert.NotContains(t, e.Error(), secret)
		})
	}
}

func TestRefusedBeforeAnythingIsSent(t *testing.T) {
	with := func(change func(*guichet.PaymentRequest)) run {
		req := francs(5000)
		change(&req)
		return create(req)
	}
	phone := func(mm guichet.MobileMoney) run {
		return with(func(r *guichet.PaymentRequest) { r.MobileMoney = &mm })
	}
	native := func(change func(*ligdicash.PayinRequest)) ligdicash.PayinRequest {
		req := ligdicash.PayinRequest{TransactionID: order, Amount: 5000, Phone: "+22670000000", OTP: "012345"}
		change(&req)
		return req
	}
	payout := func(change func(*ligdicash.PayoutRequest)) run {
		req := ligdicash.PayoutRequest{TransactionID: order, Amount: 100, Phone: "+22670000000"}
		change(&req)
		return merchantPayout(req)
	}
	item := func(i ligdicash.Item) run {
		return invoice(ligdicash.PayinRequest{Amount: 1, Items: []ligdicash.Item{i}})
	}
	invalid, unsupported := guichet.ErrInvalidRequest, guichet.ErrUnsupported

	tests := []struct {
		name  string
		call  run
		kind  error
		field string // named in the message
	}{
		{"T6: a phone with blanks", phone(guichet.MobileMoney{Phone: "+226 70 00 00 00"}), invalid, "MobileMoney.Phone"},
		{"T6: a phone with letters", phone(guichet.MobileMoney{Phone: "+226ABC"}), invalid, "MobileMoney.Phone"},
		{"T6: a phone without plus", phone(guichet.MobileMoney{Phone: "22670000000"}), invalid, "MobileMoney.Phone"},
		{"T6: native, a phone with blanks", direct(native(func(r *ligdicash.PayinRequest) { r.Phone = "+226 70 00 00 00" })), invalid, "Phone"},
		{"T6: native, no phone", direct(native(func(r *ligdicash.PayinRequest) { r.Phone = "" })), invalid, "Phone"},
		{"T7: nothing", create(francs(0)), invalid, "Amount"},
		{"T7: less than nothing", create(francs(-1)), invalid, "Amount"},
		{"T7: 12.50 in another currency", with(func(r *guichet.PaymentRequest) { r.Amount = guichet.NewMoney(1250, guichet.EUR) }), unsupported, "Amount.Currency"},
		{"T7: native, nothing", invoice(ligdicash.PayinRequest{}), invalid, "Amount"},
		{"T11: wallet without a code", wallet(native(func(r *ligdicash.PayinRequest) { r.OTP = "" })), invalid, "OTP"},
		{"T12: a payout to nowhere in particular", customerPayout(ligdicash.PayoutRequest{TransactionID: order, Amount: 100, Phone: "+22670000000"}, 0), invalid, "TopUpWallet"},
		{"T16: list", func(ctx context.Context, c *ligdicash.Client) error {
			_, err := c.List(ctx, guichet.ListParams{})
			return err
		}, unsupported, "list"},

		{"no order id", with(func(r *guichet.PaymentRequest) { r.Reference = "" }), invalid, "Reference"},
		{"an idempotency key", with(func(r *guichet.PaymentRequest) { r.IdempotencyKey = "k" }), unsupported, "IdempotencyKey"},
		{"metadata under LigdiCash's own key", with(func(r *guichet.PaymentRequest) { r.Metadata = map[string]string{"hash": "x"} }), invalid, "Metadata"},
		{"metadata under the order's key", with(func(r *guichet.PaymentRequest) { r.Metadata = map[string]string{"Transaction_ID": "x"} }), invalid, "Metadata"},
		{"metadata that differs by case alone", with(func(r *guichet.PaymentRequest) { r.Metadata = map[string]string{"a": "1", "A": "2"} }), invalid, "Metadata"},
		{"more metadata than an answer is read with", with(func(r *guichet.PaymentRequest) { r.Metadata = manyEntries(901) }), invalid, "Metadata"},
		{"native, more custom data than an answer is read with", merchantPayout(ligdicash.PayoutRequest{TransactionID: order, Amount: 100, Phone: "+22670000000", CustomData: manyEntries(901)}), invalid, "CustomData"},
		{"native, a key of LigdiCash's own", invoice(ligdicash.PayinRequest{Amount: 1, CustomData: map[string]string{"logfile": "x"}}), invalid, "CustomData"},
		{"native, an order id with a line break", invoice(ligdicash.PayinRequest{Amount: 1, TransactionID: "a\nb"}), invalid, "TransactionID"},
		{"a callback that is no address", with(func(r *guichet.PaymentRequest) { r.CallbackURL = "javascript:x" }), invalid, "CallbackURL"},
		{"native, a return address with user info", invoice(ligdicash.PayinRequest{Amount: 1, ReturnURL: "https://u:p@h.example"}), invalid, "ReturnURL"},
		{"native, a code for a hosted page", invoice(ligdicash.PayinRequest{Amount: 1, OTP: "012345"}), invalid, "OTP"},
		{"an item without name", item(ligdicash.Item{Quantity: 1}), invalid, "Items[0]"},
		{"an item without quantity", item(ligdicash.Item{Name: "a"}), invalid, "Items[0]"},
		{"an item of negative price", item(ligdicash.Item{Name: "a", Quantity: 1, UnitPrice: -1}), invalid, "Items[0]"},
		{"an item whose total overflows", item(ligdicash.Item{Name: "a", Quantity: 3, UnitPrice: math.MaxInt64 / 2}), invalid, "Items[0]"},
		{"a text that is not UTF-8", with(func(r *guichet.PaymentRequest) { r.Description = "\xff" }), invalid, "Description"},

		{"an operator that nobody knows", phone(guichet.MobileMoney{Phone: "+22890000000", Operator: "999"}), invalid, "MobileMoney.Operator"},
		{"a country that nobody knows", phone(guichet.MobileMoney{Phone: "+233240000000", Country: "GH"}), invalid, "MobileMoney.Country"},
		{"a phone of another country", phone(guichet.MobileMoney{Phone: "+22670000000", Country: "TG"}), invalid, "MobileMoney.Phone"},
		{"a phone of another operator's country", phone(guichet.MobileMoney{Phone: "+22670000000", Operator: "3"}), invalid, "MobileMoney.Phone"},
		{"an operator of another country", phone(guichet.MobileMoney{Phone: "+22890000000", Country: "TG", Operator: "11"}), invalid, "MobileMoney.Operator"},
		{"an operator that wants a code", phone(guichet.MobileMoney{Phone: "+22670000000", Operator: "11"}), invalid, "MobileMoney.OTP"},
		{"an operator that takes no code", phone(guichet.MobileMoney{Phone: "+22890000000", Operator: "3", OTP: "012345"}), invalid, "MobileMoney.OTP"},
		{"the wallet", phone(guichet.MobileMoney{Phone: "+22890000000", Operator: "LIGDICASH", OTP: "012345"}), unsupported, "CreateWalletPayin"},

		{"one-time code to a number with blanks", walletOTP("+226 70000000", 5000), invalid, "phone"},
		{"one-time code for nothing", walletOTP("+22670000000", 0), invalid, "amount"},
		{"a payout without reference", payout(func(r *ligdicash.PayoutRequest) { r.TransactionID = "" }), invalid, "TransactionID"},
		{"a payout of nothing", payout(func(r *ligdicash.PayoutRequest) { r.Amount = 0 }), invalid, "Amount"},
		{"a payout to nobody", payout(func(r *ligdicash.PayoutRequest) { r.Phone = "" }), invalid, "Phone"},
		{"a payout with a callback that is no address", payout(func(r *ligdicash.PayoutRequest) { r.CallbackURL = "x" }), invalid, "CallbackURL"},

		{"no token", status(""), invalid, "token"},
		{"a token that is a path step", status(".."), invalid, "token"},
		{"a token with a line break", status("a\r\nb"), invalid, "token"},
		{"a token with a blank", status("a b"), invalid, "token"},
		{"a token that is not UTF-8", payoutStatus("\xff"), invalid, "token"},
		{"a token without end", status(strings.Repeat("a", 4097)), invalid, "token"},
		{"a list of 101", func(ctx context.Context, c *ligdicash.Client) error {
			_, err := c.List(ctx, guichet.ListParams{Limit: 101})
			return err
		}, invalid, "Limit"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, m := silent(t)
			e := errorOf(t, test.call(t.Context(), client))
			assert.Equal(t, test.kind, e.Kind)
			assert.Contains(t, e.Message, test.field)
			assert.False(t, e.OutcomeUnknown)
			assert.Empty(t, m.All())
		})
	}
}

func manyEntries(n int) map[string]string {
	entries := make(map[string]string, n)
	for i := range n {
		entries["cle "+strconv.Itoa(i)] = "x"
	}
	return entries
}

// What is sent comes back in a confirmation, with LigdiCash's own keys.
func TestMetadataComesBack(t *testing.T) {
	server := ligdicashtest.NewServer()
	defer server.Close()
	client, err := ligdicash.New(server.Config(), server.Options()...)
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	req := francs(5000)
	req.Metadata = manyEntries(900)
	p, err := client.CreatePayment(t.Context(), req)
	require.NoError(t, err)
	require.NoError(t, server.Pay(p.ID))
	p, err = client.GetStatus(t.Context(), p.ID)
	require.NoError(t, err)
	require.NoError(t, p.Confirms(order, req.Amount))
}

func TestOperatorsThatFit(t *testing.T) {
	for name, mm := range map[string]guichet.MobileMoney{
		"by id":                         {Phone: "+22890000000", Operator: "3"},
		"by name, in any case":          {Phone: "+22890000000", Operator: "yas togo", Country: "TG"},
		"with the code that it wants":   {Phone: "+22670000000", Operator: "11", OTP: "012345"},
		"a code, the operator left out": {Phone: "+22670000000", OTP: "012345"},
		"an operator not in the table":  {Phone: "+233240000000"},
	} {
		t.Run(name, func(t *testing.T) {
			client, m := answering(t, 200, fixture(t, "direct_created.json"))
			req := francs(5000)
			req.MobileMoney = &mm
			require.NoError(t, create(req)(t.Context(), client))
			body := m.One(t).Body
			assert.Contains(t, body, `"customer":"`+mm.Phone[1:]+`"`)
			assert.Contains(t, body, `"otp":`+strconv.Quote(mm.OTP))
		})
	}
}

func TestDo(t *testing.T) {
	t.Run("an endpoint without a method of its own", func(t *testing.T) {
		client, m := answering(t, 200, `{"response_code":"00","x":1}`)
		var got struct{ X int }
		require.NoError(t, client.Do(t.Context(), http.MethodPost, "/pay/v01/straight/payout/confirm/?payoutToken=a%26b", map[string]int{"y": 2}, &got))
		r := m.One(t)
		assert.Equal(t, 1, got.X)
		assert.Equal(t, base+"/pay/v01/straight/payout/confirm/?payoutToken=a%26b", r.URL.String())
		assert.Equal(t, []string{testKey}, r.Header.Values("Apikey"))
		assert.JSONEq(t, `{"y":2}`, r.Body)
	})
	t.Run("a refusal with HTTP 200 is an error, also to who looks at no answer", func(t *testing.T) {
		for _, dst := range []any{nil, new(any)} {
			client, m := answering(t, 200, `{"response_code":"01","response_text":"Echec (Code07)"}`)
			e := errorOf(t, client.Do(t.Context(), http.MethodPost, "/pay/v01/x", map[string]int{"amount": 100}, dst))
			assert.Equal(t, guichet.ErrBadResponse, e.Kind)
			assert.Equal(t, "07", e.ProviderCode)
			assert.True(t, e.OutcomeUnknown)
			m.One(t)
		}
		client, _ := answering(t, 200, `{"response_code":"01","status":"notcompleted"}`)
		var got struct{ Status string }
		require.NoError(t, client.Do(t.Context(), http.MethodGet, "/pay/v01/x", nil, &got), "what is read is in dst")
		assert.Equal(t, "notcompleted", got.Status)
	})
	t.Run("a GET that sends an SMS goes once", func(t *testing.T) {
		for _, path := range []string{"/pay/v02/debitotp/22670000000/5000", "/pay/v02/%64ebitotp/22670000000/5000"} {
			client, m := answering(t, 500, "")
			e := errorOf(t, client.Do(t.Context(), http.MethodGet, path, nil, nil))
			assert.True(t, e.OutcomeUnknown)
			m.One(t)
		}
	})
}

func TestCapabilities(t *testing.T) {
	client, _ := silent(t)
	want := guichet.Capabilities{
		Direct: true, StatusReference: true, StatusAmount: true, Callback: true, Metadata: true,
		Currencies: []guichet.Currency{guichet.XOF}, AskEvery: 3 * time.Second,
	}
	got := client.Capabilities()
	assert.Equal(t, want, got)
	got.Currencies[0] = "EUR" // the caller's own: it opens nothing
	assert.Equal(t, want, client.Capabilities())
}
