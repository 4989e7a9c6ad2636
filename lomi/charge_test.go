package lomi_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

func chargeWave(change func(*lomi.WaveChargeRequest)) run {
	req := waveCharge
	change(&req)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.ChargeWave(ctx, req)) }
}

func chargeMTN(change func(*lomi.MTNChargeRequest)) run {
	req := mtnCharge
	change(&req)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.ChargeMTN(ctx, req)) }
}

func chargeCard(change func(*lomi.CardChargeRequest)) run {
	req := cardCharge
	change(&req)
	return func(ctx context.Context, c *lomi.Client) error { return discard(c.ChargeCard(ctx, req)) }
}

// holdCalls are the calls about a hold, by their path.
var holdCalls = map[string]func(context.Context, *lomi.Client, lomi.HoldRequest) (*lomi.CardCharge, error){
	"cancel": func(ctx context.Context, c *lomi.Client, r lomi.HoldRequest) (*lomi.CardCharge, error) {
		return c.CancelCardCharge(ctx, "pi_1", r)
	},
	"capture": func(ctx context.Context, c *lomi.Client, r lomi.HoldRequest) (*lomi.CardCharge, error) {
		return c.CaptureCardCharge(ctx, "pi_1", r)
	},
	"increment": func(ctx context.Context, c *lomi.Client, r lomi.HoldRequest) (*lomi.CardCharge, error) {
		return c.IncrementCardCharge(ctx, "pi_1", r)
	},
}

func hold(name string, req lomi.HoldRequest) run {
	return do(func(ctx context.Context, c *lomi.Client) (*lomi.CardCharge, error) {
		return holdCalls[name](ctx, c, req)
	})
}

func TestChargeRequests(t *testing.T) {
	jane := func(c *lomi.ChargeCustomer) { *c = lomi.ChargeCustomer{Name: "Jane Doe", Phone: "+2250707070707"} }
	transfer := &lomi.TransferData{Destination: "acct_1", Amount: 5}
	onTheWire(t, []wire{
		{"T7: Wave charge", chargeWave(func(r *lomi.WaveChargeRequest) { jane(&r.Customer) }), waveAnswer, "POST", "/charge/wave",
			`{"amount":1000,"currency":"XOF","customer":{"name":"Jane Doe","phoneNumber":"+2250707070707"}}`, "*"},
		{"T7: Wave charge with everything", chargeWave(func(r *lomi.WaveChargeRequest) {
			r.Description, r.SuccessURL, r.ErrorURL, r.Environment = "D", "https://shop.example/ok", "https://shop.example/ko", "test"
			r.ApplicationFeeAmount, r.TransferData, r.TransferGroup, r.IdempotencyKey = 10, transfer, "g", "key-1"
		}), waveAnswer, "POST", "/charge/wave", `{"amount":1000,"currency":"XOF","customer":{"name":"Awa Diop","phoneNumber":"+2250700111111","email":"awa@shop.example"},` +
			`"description":"D","successUrl":"https://shop.example/ok","errorUrl":"https://shop.example/ko","environment":"test",` +
			`"application_fee_amount":10,"transfer_data":{"destination":"acct_1","amount":5},"transfer_group":"g"}`, "key-1"},
		{"T8: MTN charge in CI", chargeMTN(func(r *lomi.MTNChargeRequest) { jane(&r.Customer); r.CountryCode = "CI" }), mtnAnswer, "POST", "/charge/mtn",
			`{"amount":1000,"currency":"XOF","customer":{"name":"Jane Doe","phoneNumber":"+2250707070707"},"countryCode":"CI"}`, "*"},
		{"T8: MTN charge with everything", chargeMTN(func(r *lomi.MTNChargeRequest) {
			r.Description, r.SuccessURL, r.ErrorURL, r.Environment = "D", "https://shop.example/ok", "https://shop.example/ko", "test"
			r.ProductID, r.SubscriptionID, r.Quantity = "p", "s", 2
			r.ApplicationFeeAmount, r.TransferData, r.TransferGroup, r.IdempotencyKey = 10, transfer, "g", "key-1"
		}), mtnAnswer, "POST", "/charge/mtn", `{"amount":1000,"currency":"XOF","customer":{"name":"Awa Diop","phoneNumber":"+2250700111111","email":"awa@shop.example"},` +
			`"description":"D","successUrl":"https://shop.example/ok","errorUrl":"https://shop.example/ko","environment":"test","productId":"p","subscriptionId":"s","quantity":2,` +
			`"application_fee_amount":10,"transfer_data":{"destination":"acct_1","amount":5},"transfer_group":"g"}`, "key-1"},
		{"T8: card charge", chargeCard(func(r *lomi.CardChargeRequest) { r.CustomerPhone = "" }), cardAnswer, "POST", "/charge/card",
			`{"amount":10000,"currency_code":"XOF","customer_email":"awa@shop.example","customer_name":"Awa Diop"}`, "*"},
		{"T8: card charge with everything", chargeCard(func(r *lomi.CardChargeRequest) {
			r.CustomerID, r.Description, r.PaymentReference, r.ProductID, r.SubscriptionID, r.Quantity = "c1", "D", "ref", "p", "s", 2
			r.Metadata, r.Hold, r.IdempotencyKey = map[string]any{"b": 1, "a": "x"}, true, "key-1"
			r.AppearanceTheme, r.AppearanceBorderRadius, r.AppearanceBillingAddress = lomi.ThemeFlat, ptr(int64(0)), lomi.BillingAddressNever
		}), cardAnswer, "POST", "/charge/card", `{"amount":10000,"currency_code":"XOF","customer_id":"c1","customer_email":"awa@shop.example","customer_name":"Awa Diop",` +
			`"customer_phone":"+2250700111111","description":"D","payment_reference":"ref","product_id":"p","subscription_id":"s","quantity":2,"metadata":{"a":"x","b":1},` +
			`"appearance_theme":"flat","appearance_border_radius":0,"appearance_billing_address":"never","hold":true}`, "key-1"},
		{"get", do(func(ctx context.Context, c *lomi.Client) (any, error) { return c.GetCardCharge(ctx, "pi_1") }), cardAnswer, "GET", "/charge/card/pi_1", "", ""},
		{"cancel", hold("cancel", lomi.HoldRequest{}), cardAnswer, "POST", "/charge/card/pi_1/cancel", `{}`, "*"},
		{"capture of all", hold("capture", lomi.HoldRequest{}), cardAnswer, "POST", "/charge/card/pi_1/capture", `{}`, "*"},
		{"capture of a part", hold("capture", lomi.HoldRequest{Amount: 70, IdempotencyKey: "key-1"}), cardAnswer, "POST", "/charge/card/pi_1/capture", `{"amount":70}`, "key-1"},
		{"increment", hold("increment", lomi.HoldRequest{Amount: 200, IdempotencyKey: "key-1"}), cardAnswer, "POST", "/charge/card/pi_1/increment", `{"amount":200}`, "key-1"},
	})

	for name, call := range map[string]run{
		"Wave": chargeWave(func(r *lomi.WaveChargeRequest) { r.Scenario = lomi.ScenarioPending }),
		"MTN":  chargeMTN(func(r *lomi.MTNChargeRequest) { r.Scenario = lomi.ScenarioPending }),
	} {
		t.Run("T7: "+name+" with a scenario", func(t *testing.T) {
			client, lomiMock := answering(t, 201, `{"transaction_id":"t1","checkout_url":"https://pay.wave.com/c/1"}`)
			require.NoError(t, call(t.Context(), client))
			r := lomiMock.One(t)
			assert.Equal(t, []string{"pending"}, r.Header.Values("X-Scenario-Key"))
			assert.NotContains(t, r.Body, "pending")
		})
	}
	t.Run("T7: no scenario", func(t *testing.T) {
		client, lomiMock := answering(t, 201, waveAnswer)
		require.NoError(t, chargeWave(func(*lomi.WaveChargeRequest) {})(t.Context(), client))
		assert.Empty(t, lomiMock.One(t).Header.Values("X-Scenario-Key"))
	})
	t.Run("T7: the failed scenario is a refusal", func(t *testing.T) {
		client, _ := answering(t, 400, `{"error":{"code":"bad_request","message":"simulated"},"request_id":"r"}`)
		err := chargeWave(func(r *lomi.WaveChargeRequest) { r.Scenario = lomi.ScenarioFailed })(t.Context(), client)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
		assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome)
	})

	refused(t, []faulty{
		{"Wave: nothing", chargeWave(func(r *lomi.WaveChargeRequest) { r.Amount = 0 }), "Amount"},
		{"Wave: less than nothing", chargeWave(func(r *lomi.WaveChargeRequest) { r.Amount = -1000 }), "Amount"},
		{"Wave: less than it takes", chargeWave(func(r *lomi.WaveChargeRequest) { r.Amount = 99 }), "Amount"},
		{"Wave: no currency", chargeWave(func(r *lomi.WaveChargeRequest) { r.Currency = "" }), "Currency"},
		{"Wave: euros", chargeWave(func(r *lomi.WaveChargeRequest) { r.Currency = guichet.EUR }), "Currency"},
		{"Wave: no name", chargeWave(func(r *lomi.WaveChargeRequest) { r.Customer.Name = " " }), "Customer.Name"},
		{"Wave: no phone", chargeWave(func(r *lomi.WaveChargeRequest) { r.Customer.Phone = "" }), "Customer.Phone"},
		{"Wave: national phone", chargeWave(func(r *lomi.WaveChargeRequest) { r.Customer.Phone = "0700111111" }), "Customer.Phone"},
		{"Wave: e-mail", chargeWave(func(r *lomi.WaveChargeRequest) { r.Customer.Email = "a\nb" }), "Customer.Email"},
		{"Wave: success URL", chargeWave(func(r *lomi.WaveChargeRequest) { r.SuccessURL = "javascript:1" }), "SuccessURL"},
		{"Wave: error URL", chargeWave(func(r *lomi.WaveChargeRequest) { r.ErrorURL = "/ko" }), "ErrorURL"},
		{"Wave: fee", chargeWave(func(r *lomi.WaveChargeRequest) { r.ApplicationFeeAmount = -1 }), "ApplicationFeeAmount"},
		{"Wave: transfer to nobody", chargeWave(func(r *lomi.WaveChargeRequest) { r.TransferData = &lomi.TransferData{Amount: 1} }), "TransferData.Destination"},
		{"Wave: transfer below 0", chargeWave(func(r *lomi.WaveChargeRequest) { r.TransferData = &lomi.TransferData{Destination: "a", Amount: -1} }), "TransferData.Amount"},
		{"Wave: group", chargeWave(func(r *lomi.WaveChargeRequest) { r.TransferGroup = strings.Repeat("g", 129) }), "TransferGroup"},
		{"Wave: scenario with a header behind it", chargeWave(func(r *lomi.WaveChargeRequest) { r.Scenario = "pending\r\nX-Evil: 1" }), "Scenario"},
		{"Wave: key", chargeWave(func(r *lomi.WaveChargeRequest) { r.IdempotencyKey = " k" }), "IdempotencyKey"},
		{"Wave: text that is none", chargeWave(func(r *lomi.WaveChargeRequest) { r.Description = "\xff" }), "Description"},
		{"MTN: less than it takes", chargeMTN(func(r *lomi.MTNChargeRequest) { r.Amount = 99 }), "Amount"},
		{"MTN: dollars", chargeMTN(func(r *lomi.MTNChargeRequest) { r.Currency = guichet.USD }), "Currency"},
		{"MTN: no name", chargeMTN(func(r *lomi.MTNChargeRequest) { r.Customer.Name = "" }), "Customer.Name"},
		{"MTN: phone", chargeMTN(func(r *lomi.MTNChargeRequest) { r.Customer.Phone = "+225 07 00 11 11 11" }), "Customer.Phone"},
		{"MTN: e-mail", chargeMTN(func(r *lomi.MTNChargeRequest) { r.Customer.Email = " a" }), "Customer.Email"},
		{"MTN: country", chargeMTN(func(r *lomi.MTNChargeRequest) { r.CountryCode = "CIV" }), "CountryCode"},
		{"MTN: success URL", chargeMTN(func(r *lomi.MTNChargeRequest) { r.SuccessURL = "shop.example" }), "SuccessURL"},
		{"MTN: error URL", chargeMTN(func(r *lomi.MTNChargeRequest) { r.ErrorURL = "shop.example" }), "ErrorURL"},
		{"MTN: quantity", chargeMTN(func(r *lomi.MTNChargeRequest) { r.Quantity = -1 }), "Quantity"},
		{"MTN: fee", chargeMTN(func(r *lomi.MTNChargeRequest) { r.ApplicationFeeAmount = -1 }), "ApplicationFeeAmount"},
		{"MTN: transfer to nobody", chargeMTN(func(r *lomi.MTNChargeRequest) { r.TransferData = &lomi.TransferData{} }), "TransferData.Destination"},
		{"MTN: group", chargeMTN(func(r *lomi.MTNChargeRequest) { r.TransferGroup = strings.Repeat("g", 129) }), "TransferGroup"},
		{"MTN: scenario", chargeMTN(func(r *lomi.MTNChargeRequest) { r.Scenario = "a b" }), "Scenario"},
		{"MTN: key", chargeMTN(func(r *lomi.MTNChargeRequest) { r.IdempotencyKey = strings.Repeat("k", 256) }), "IdempotencyKey"},
		{"card: nothing", chargeCard(func(r *lomi.CardChargeRequest) { r.Amount = 0 }), "Amount"},
		{"card: less than nothing", chargeCard(func(r *lomi.CardChargeRequest) { r.Amount = -1 }), "Amount"},
		{"card: no currency", chargeCard(func(r *lomi.CardChargeRequest) { r.CurrencyCode = "" }), "CurrencyCode"},
		{"card: nobody", chargeCard(func(r *lomi.CardChargeRequest) { r.CustomerEmail, r.CustomerName = "", "" }), "CustomerID"},
		{"card: e-mail without name", chargeCard(func(r *lomi.CardChargeRequest) { r.CustomerName = "" }), "CustomerID"},
		{"card: name without e-mail", chargeCard(func(r *lomi.CardChargeRequest) { r.CustomerEmail = "" }), "CustomerID"},
		{"card: e-mail", chargeCard(func(r *lomi.CardChargeRequest) { r.CustomerEmail = "a\nb" }), "CustomerEmail"},
		{"card: phone", chargeCard(func(r *lomi.CardChargeRequest) { r.CustomerPhone = "1" }), "CustomerPhone"},
		{"card: quantity", chargeCard(func(r *lomi.CardChargeRequest) { r.Quantity = -1 }), "Quantity"},
		{"card: key", chargeCard(func(r *lomi.CardChargeRequest) { r.IdempotencyKey = "a\nb" }), "IdempotencyKey"},
		{"cancel of a part", hold("cancel", lomi.HoldRequest{Amount: 1}), "Amount"},
		{"cancel: key", hold("cancel", lomi.HoldRequest{IdempotencyKey: " "}), "IdempotencyKey"},
		{"capture of less than nothing", hold("capture", lomi.HoldRequest{Amount: -1}), "Amount"},
		{"capture: key", hold("capture", lomi.HoldRequest{IdempotencyKey: " "}), "IdempotencyKey"},
		{"increment by nothing", hold("increment", lomi.HoldRequest{}), "Amount"},
		{"increment by less", hold("increment", lomi.HoldRequest{Amount: -1}), "Amount"},
	})
}

func TestMobileChargeAnswers(t *testing.T) {
	t.Run("T22: MTN, pending", func(t *testing.T) {
		body := fixture(t, "charge_mtn.json")
		client, lomiMock := answering(t, 201, body)
		got, err := client.ChargeMTN(t.Context(), mtnCharge)
		require.NoError(t, err)
		assert.Equal(t, &lomi.MobileCharge{
			TransactionID: "t", ExternalID: "e", Status: guichet.StatusPending, ProviderStatus: "PENDING",
			NextAction:     &lomi.NextAction{Type: lomi.ActionAwaitWebhook, Status: "pending"},
			IdempotencyKey: lomiMock.One(t).Header.Get("Idempotency-Key"), Raw: json.RawMessage(body),
		}, got)
	})
	t.Run("T22: MTN, without next action", func(t *testing.T) {
		client, _ := answering(t, 201, `{"success":true,"data":{"transaction_id":"t","external_id":"e","reference_id":null,"status":"PENDING"}}`)
		got, err := client.ChargeMTN(t.Context(), mtnCharge)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusPending, got.Status)
		assert.Nil(t, got.NextAction)
		assert.Empty(t, got.RedirectURL)
	})
	t.Run("MTN, the status only in the next action", func(t *testing.T) {
		client, _ := answering(t, 201, `{"transaction_id":"t","next_action":{"type":"await_webhook","status":"pending"}}`)
		got, err := client.ChargeMTN(t.Context(), mtnCharge)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusPending, got.Status)
		assert.Equal(t, "pending", got.ProviderStatus)
	})
	t.Run("MTN, completed with a test key", func(t *testing.T) {
		client, _ := answering(t, 201, `{"success":true,"data":{"transaction_id":"t","status":"completed"}}`)
		got, err := client.ChargeMTN(t.Context(), mtnCharge)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, got.Status)
	})
	t.Run("Wave, every member", func(t *testing.T) {
		body := fixture(t, "charge_wave.json")
		client, lomiMock := answering(t, 201, body)
		got, err := client.ChargeWave(t.Context(), waveCharge)
		require.NoError(t, err)
		assert.Equal(t, &lomi.MobileCharge{
			TransactionID: "t1", Status: guichet.StatusPending, ProviderStatus: "pending", RedirectURL: "https://pay.wave.com/c/1",
			NextAction:     &lomi.NextAction{Type: lomi.ActionRedirect, URL: "https://pay.wave.com/c/1"},
			WaveSession:    &lomi.WaveSession{ID: "cos-1", Amount: "1000", Currency: "XOF", CheckoutStatus: "open", PaymentStatus: "processing"},
			IdempotencyKey: lomiMock.One(t).Header.Get("Idempotency-Key"), Raw: json.RawMessage(body),
		}, got)
	})
	for name, body := range map[string]string{
		"wave_launch_url": `{"transaction_id":"t1","wave_launch_url":"https://pay.wave.com/c/1"}`,
		"checkout_url":    `{"transactionId":"t1","checkout_url":"https://pay.wave.com/c/1"}`,
		"checkoutUrl":     `{"success":true,"data":{"transactionId":"t1","checkoutUrl":"https://pay.wave.com/c/1"}}`,
		"next_action":     `{"success":true,"data":{"transaction_id":"t1"},"next_action":{"type":"redirect","url":"https://pay.wave.com/c/1"}}`,
		"the usable one":  `{"transaction_id":"t1","wave_launch_url":"javascript:alert(1)","checkout_url":"https://pay.wave.com/c/1"}`,
		"the id in data":  `{"checkout_url":"https://pay.wave.com/c/1","status":"x","data":{"transaction_id":"t1"}}`,
		"the id beside":   `{"transaction_id":"t1","data":{"transaction_id":null,"checkout_url":"https://pay.wave.com/c/1"}}`,
	} {
		t.Run("Wave, redirect under "+name, func(t *testing.T) {
			client, _ := answering(t, 201, body)
			got, err := client.ChargeWave(t.Context(), waveCharge)
			require.NoError(t, err)
			assert.Equal(t, "t1", got.TransactionID)
			assert.Equal(t, "https://pay.wave.com/c/1", got.RedirectURL)
			assert.Equal(t, guichet.StatusUnknown, got.Status, "lomi. did not say")
		})
	}
	for name, body := range map[string]string{
		"none":    `{"transaction_id":"t1","status":"pending"}`,
		"script":  `{"transaction_id":"t1","wave_launch_url":"javascript:alert(1)"}`,
		"no TLS":  `{"transaction_id":"t1","checkout_url":"http://pay.wave.com/c/1"}`,
		"no host": `{"transaction_id":"t1","checkoutUrl":"/c/1"}`,
	} {
		t.Run("Wave, no usable URL: "+name, func(t *testing.T) {
			client, lomiMock := answering(t, 201, body)
			got, err := client.ChargeWave(t.Context(), waveCharge)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			require.NotNil(t, got, "the charge exists")
			assert.Equal(t, "t1", got.TransactionID)
			assert.Empty(t, got.RedirectURL)
			assert.Equal(t, lomiMock.One(t).Header.Get("Idempotency-Key"), errorOf(t, err).IdempotencyKey)
		})
	}
	t.Run("Wave, over before it began", func(t *testing.T) {
		client, _ := answering(t, 201, `{"transaction_id":"t1","status":"failed"}`)
		got, err := client.ChargeWave(t.Context(), waveCharge)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusFailed, got.Status)
	})
	t.Run("a success of the envelope is not one of the charge", func(t *testing.T) {
		client, _ := answering(t, 201, `{"status":"completed","success":true,"data":{"transaction_id":"t","status":"failed"}}`)
		got, err := client.ChargeMTN(t.Context(), mtnCharge)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusFailed, got.Status)
	})
	for _, body := range []string{
		`{"success":false,"transaction_id":"t1","status":"completed"}`, `{"success":false,"data":{"success":true,"transaction_id":"t1","status":"completed"}}`,
		`{"success":true,"data":{"success":false,"transaction_id":"t1","status":"completed"}}`, `{"success":"no","transaction_id":"t1","status":"completed"}`,
	} {
		t.Run("no success: "+body, func(t *testing.T) {
			client, _ := answering(t, 201, body)
			got, err := client.ChargeMTN(t.Context(), mtnCharge)
			require.ErrorIs(t, err, guichet.ErrBadResponse)
			require.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Nil(t, got)
		})
	}
}

func TestCardChargeAnswers(t *testing.T) {
	t.Run("T23: both pairs, not mixed", func(t *testing.T) {
		client, lomiMock := answering(t, 201, fixture(t, "charge_card.json"))
		got, err := client.ChargeCard(t.Context(), cardCharge)
		require.NoError(t, err)
		assert.Contains(t, string(got.Raw), `"pi_1_secret_x"`)
		got.Raw = nil
		assert.Equal(t, &lomi.CardCharge{
			ID: "pi_1", ClientSecret: "pi_1_secret_x", Amount: "152", Currency: "EUR", OriginalAmount: "10000", OriginalCurrency: "XOF",
			Status: guichet.StatusPending, ProviderStatus: "requires_payment_method", Appearance: json.RawMessage(`{"theme":"flat"}`),
			IdempotencyKey: lomiMock.One(t).Header.Get("Idempotency-Key"),
		}, got)
		original, ok := got.Original()
		assert.True(t, ok)
		assert.Equal(t, guichet.NewMoney(10000, guichet.XOF), original)
	})
	t.Run("T23: get, a hold", func(t *testing.T) {
		client, _ := answering(t, 200, fixture(t, "charge_card_hold.json"))
		got, err := client.GetCardCharge(t.Context(), "pi_1")
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusPending, got.Status, "held is not paid")
		assert.Equal(t, guichet.Number("152"), got.AmountCapturable)
		assert.Equal(t, time.Date(2026, 3, 9, 8, 15, 30, 0, time.UTC), got.CaptureBefore.Time)
		assert.Equal(t, &lomi.CardTransaction{ID: "t1", Status: guichet.StatusPending, ProviderStatus: "held"}, got.Transaction)
		assert.Empty(t, got.IdempotencyKey)
	})
	t.Run("get, the transaction beside data", func(t *testing.T) {
		client, _ := answering(t, 200, `{"success":true,"data":{"id":"pi_1","status":"succeeded"},"transaction":{"transaction_id":"t1","status":"completed"}}`)
		got, err := client.GetCardCharge(t.Context(), "pi_1")
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, got.Status)
		assert.Equal(t, guichet.StatusSucceeded, got.Transaction.Status)
	})
	for name, call := range holdCalls {
		t.Run(name, func(t *testing.T) {
			client, lomiMock := answering(t, 200, fixture(t, "charge_card_hold.json"))
			got, err := call(t.Context(), client, lomi.HoldRequest{Amount: map[string]int64{"increment": 1}[name]})
			require.NoError(t, err)
			assert.Equal(t, "pi_1", got.ID)
			assert.Equal(t, lomiMock.One(t).Header.Get("Idempotency-Key"), got.IdempotencyKey)
		})
	}
	for name, pair := range map[string]string{
		"amount":             `"original_amount":100,"original_currency":"XOF"`,
		"currency":           `"original_amount":10000,"original_currency":"EUR"`,
		"fraction":           `"original_amount":10000.5,"original_currency":"XOF"`,
		"amount by itself":   `"original_amount":"100"`,
		"currency by itself": `"original_currency":"USD"`,
	} {
		t.Run("another "+name+" than was asked for", func(t *testing.T) {
			client, _ := answering(t, 201, `{"success":true,"data":{"id":"pi_1",`+pair+`}}`)
			got, err := client.ChargeCard(t.Context(), cardCharge)
			require.ErrorIs(t, err, guichet.ErrMismatch)
			require.NotNil(t, got)
			assert.Equal(t, "pi_1", got.ID)
		})
	}
	for _, pair := range []string{`"original_amount":10000.0,"original_currency":"xof"`, `"original_amount":"1e4"`, `"original_amount":null,"original_currency":null`, `"amount":152,"currency":"eur"`} {
		t.Run("the same as was asked for: "+pair, func(t *testing.T) {
			client, _ := answering(t, 201, `{"success":true,"data":{"id":"pi_1",`+pair+`}}`)
			_, err := client.ChargeCard(t.Context(), cardCharge)
			require.NoError(t, err)
		})
	}
	t.Run("muted", func(t *testing.T) {
		client, _ := answering(t, 400, `{"error":{"code":"service_unavailable","message":"cards are off"},"request_id":"r"}`)
		_, err := client.ChargeCard(t.Context(), cardCharge)
		require.ErrorIs(t, err, guichet.ErrUnavailable)
	})
	t.Run("the amount that nobody said", func(t *testing.T) {
		_, ok := (&lomi.CardCharge{Amount: "152", Currency: "eur"}).Original()
		assert.False(t, ok, "never the converted pair")
	})
}

func TestCardStatuses(t *testing.T) {
	for word, want := range map[string]guichet.Status{
		"requires_payment_method": guichet.StatusPending, "requires_action": guichet.StatusPending, "requires_capture": guichet.StatusPending,
		"Requires_Confirmation": guichet.StatusPending, "processing": guichet.StatusPending, "succeeded": guichet.StatusSucceeded,
		"failed": guichet.StatusFailed, "canceled": guichet.StatusCanceled,
		"requires": guichet.StatusUnknown, "completed": guichet.StatusUnknown, "": guichet.StatusUnknown,
	} {
		t.Run(word, func(t *testing.T) {
			client, _ := answering(t, 200, `{"success":true,"data":{"id":"pi_1","status":"`+word+`"}}`)
			got, err := client.GetCardCharge(t.Context(), "pi_1")
			require.NoError(t, err)
			assert.Equal(t, want, got.Status)
			assert.Equal(t, word, got.ProviderStatus)
		})
	}
}

func TestReplayedCharge(t *testing.T) {
	for _, d := range keyed {
		if !strings.HasPrefix(d.name, "Charge") {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			client, _ := newMock(t, config(), text(200, d.answer).HeaderSet(map[string][]string{"Idempotency-Cache-Hit": {"true"}}))
			switch d.name {
			case "ChargeWave":
				got, err := client.ChargeWave(t.Context(), waveCharge)
				require.NoError(t, err)
				assert.True(t, got.Replayed)
			case "ChargeMTN":
				got, err := client.ChargeMTN(t.Context(), mtnCharge)
				require.NoError(t, err)
				assert.True(t, got.Replayed)
			case "ChargeCard":
				got, err := client.ChargeCard(t.Context(), cardCharge)
				require.NoError(t, err)
				assert.True(t, got.Replayed)
			}
		})
	}
}
