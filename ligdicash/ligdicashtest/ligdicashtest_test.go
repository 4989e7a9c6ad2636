package ligdicashtest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/ligdicash/ligdicashtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, opts ...guichet.Option) (*ligdicashtest.Server, *ligdicash.Client) {
	t.Helper()
	server := ligdicashtest.NewServer()
	client, err := ligdicash.New(server.Config(), append(server.Options(), opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() {
		client.CloseIdleConnections()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		server.Close()
	})
	return server, client
}

func request(orderID string) guichet.PaymentRequest {
	return guichet.PaymentRequest{
		Reference: orderID, Amount: guichet.NewMoney(5000, guichet.XOF),
		SuccessURL: "https://monapp.com/ok", CancelURL: "https://monapp.com/ko", CallbackURL: "https://monapp.com/cb",
		Metadata: map[string]string{"client_id": "9"},
	}
}

// raw sends what a client in another language might.
func raw(t *testing.T, s *ligdicashtest.Server, method, path, body string, change ...func(http.Header)) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	cfg := s.Config()
	for name, value := range map[string]string{
		"Apikey": cfg.APIKey, "Authorization": "Bearer " + cfg.AuthToken, "Accept": "application/json", "Content-Type": "application/json",
	} {
		req.Header.Set(name, value)
	}
	for _, c := range change {
		c(req.Header)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, strings.TrimSpace(string(data))
}

func TestPaymentsGoTheirWay(t *testing.T) {
	server, client := start(t)
	ctx := t.Context()
	for _, mm := range []*guichet.MobileMoney{nil, {Phone: "+22890000000"}} {
		for end, want := range map[string]guichet.Status{"pay": guichet.StatusSucceeded, "fail": guichet.StatusFailed, "nocompleted": guichet.StatusFailed, "code": guichet.StatusFailed} {
			req := request("ORD-" + end)
			req.MobileMoney = mm
			p, err := client.CreatePayment(ctx, req)
			require.NoError(t, err)
			assert.Equal(t, mm == nil, p.CheckoutURL != "")
			got, err := client.GetStatus(ctx, p.ID)
			require.NoError(t, err)
			assert.Equal(t, guichet.StatusPending, got.Status)
			switch end {
			case "pay":
				require.NoError(t, server.Pay(p.ID))
			case "fail":
				require.NoError(t, server.Fail(p.ID))
			case "nocompleted":
				require.NoError(t, server.SetStatus(p.ID, "nocompleted"))
			case "code":
				require.NoError(t, server.FailAs(p.ID, "notcompleted", "03"))
			}
			got, err = client.GetStatus(ctx, p.ID)
			require.NoError(t, err)
			assert.Equal(t, want, got.Status)
			assert.Equal(t, "ORD-"+end, got.Reference)
			assert.Equal(t, guichet.NewMoney(5000, guichet.XOF), got.Amount)
			assert.WithinDuration(t, time.Now(), got.CreatedAt, time.Minute)
			native, err := client.PayinStatus(ctx, p.ID)
			require.NoError(t, err)
			assert.Equal(t, "9;ORD-"+end, native.ExternalID)
			assert.NotEmpty(t, native.CustomData.Get("hash"))
			assert.Equal(t, end == "code", native.SubCode == "03")
			if mm != nil {
				assert.Equal(t, "YAS TOGO", native.OperatorName)
			}
		}
	}
	for _, err := range []error{server.Pay("?"), server.Fail("?"), server.SetStatus("?", "x"), server.SendWebhook(server.URL, "?")} {
		assert.Error(t, err)
	}
}

func TestHostedPage(t *testing.T) {
	server, client := start(t)
	mounted := httptest.NewServer(server) // on a port of its own
	defer mounted.Close()
	viaMount, err := ligdicash.New(server.Config(), guichet.WithBaseURL(mounted.URL))
	require.NoError(t, err)
	defer viaMount.CloseIdleConnections()

	for choice, want := range map[string]struct {
		status guichet.Status
		back   string
	}{"payer": {guichet.StatusSucceeded, "https://monapp.com/ok"}, "refuser": {guichet.StatusFailed, "https://monapp.com/ko"}} {
		p, err := viaMount.CreatePayment(t.Context(), request("ORD-"+choice))
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(p.CheckoutURL, mounted.URL+"/"), "links lead where the request came in")
		page := get(t, p.CheckoutURL)
		assert.Contains(t, page, "5000 XOF")
		assert.Contains(t, page, "ORD-"+choice)
		assert.Contains(t, page, `value="payer"`)

		assert.Contains(t, post(t, p.CheckoutURL, choice), want.back)
		post(t, p.CheckoutURL, "payer") // what has ended stays as it is
		got, err := client.GetStatus(t.Context(), p.ID)
		require.NoError(t, err)
		assert.Equal(t, want.status, got.Status)
	}
	assert.Contains(t, get(t, server.URL+"/pay/invoice/unknown"), "404")
	direct, err := client.CreateDirect(t.Context(), ligdicash.PayinRequest{Amount: 100, Phone: "+22890000000"})
	require.NoError(t, err)
	assert.Contains(t, get(t, server.URL+"/pay/invoice/"+direct.Token), "404", "a push has no page")
}

func get(t *testing.T, address string) string {
	t.Helper()
	res, err := http.Get(address)
	require.NoError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(data)
}

func post(t *testing.T, address, choice string) string {
	t.Helper()
	res, err := http.PostForm(address, url.Values{"choix": {choice}})
	require.NoError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(data)
}

func TestRedirectMode(t *testing.T) {
	server, client := start(t)
	server.RedirectDirect(true)
	req := request("ORD-1")
	req.MobileMoney = &guichet.MobileMoney{Phone: "+2250700000000", Operator: "16"}
	p, err := client.CreatePayment(t.Context(), req)
	require.NoError(t, err)
	post(t, p.CheckoutURL, "payer")
	got, err := client.GetStatus(t.Context(), p.ID)
	require.NoError(t, err)
	assert.NoError(t, got.Confirms("ORD-1", req.Amount))
}

func TestKeys(t *testing.T) {
	server, client := start(t)
	p, err := client.CreatePayment(t.Context(), request("ORD-1"))
	require.NoError(t, err)
	const hosted = `{"response_code":"01","token":"","response_text":"Echec (Code00)","description":"","wiki":"https://client.ligdicash.com/wiki/createInvoice"}`
	const direct = `{"response_code":"01","token":"","response_text":"Echec (Code00)","wiki":"https://client.ligdicash.com/wiki/createInvoice"}`
	for _, status := range []int{200, 401, 403} {
		server.RefuseKeysWith(status)
		for _, header := range []string{"Apikey", "Authorization", "Accept", "Content-Type"} {
			for _, change := range []func(http.Header){func(h http.Header) { h.Del(header) }, func(h http.Header) { h.Set(header, "wrong") }} {
				code, body := raw(t, server, http.MethodPost, "/pay/v01/redirect/checkout-invoice/create", `{}`, change)
				assert.Equal(t, status, code)
				assert.Equal(t, hosted, body, "word for word")
				_, body = raw(t, server, http.MethodPost, "/pay/v01/straight/checkout-invoice/create", `{}`, change)
				assert.Equal(t, direct, body, "word for word")
			}
		}
		cfg := server.Config()
		cfg.AuthToken = "expired"
		other, err := ligdicash.New(cfg, server.Options()...)
		require.NoError(t, err)
		_, err = other.GetStatus(t.Context(), p.ID)
		assert.ErrorIs(t, err, guichet.ErrUnauthorized)
		assert.ErrorIs(t, other.SendWalletOTP(t.Context(), "+22670000000", 100), guichet.ErrUnauthorized)
		other.CloseIdleConnections()
	}
	t.Run("a GET needs no Content-Type", func(t *testing.T) {
		_, body := raw(t, server, http.MethodGet, "/pay/v01/redirect/checkout-invoice/confirm/?invoiceToken="+url.QueryEscape(p.ID), "", func(h http.Header) { h.Del("Content-Type") })
		assert.Contains(t, body, `"status":"pending"`)
	})
}

func TestConfirmInFourForms(t *testing.T) {
	server, client := start(t)
	p, err := client.CreatePayment(t.Context(), request("ORD-1"))
	require.NoError(t, err)
	for _, path := range []string{"/confirm/?invoiceToken=", "/confirm?invoiceToken=", "/confirm/?token=", "/confirm?token="} {
		_, body := raw(t, server, http.MethodGet, "/pay/v01/redirect/checkout-invoice"+path+url.QueryEscape(p.ID), "")
		assert.Contains(t, body, `"status":"pending"`, path)
	}
	cfg := server.Config()
	cfg.StatusByToken = true
	other, err := ligdicash.New(cfg, server.Options()...)
	require.NoError(t, err)
	defer other.CloseIdleConnections()
	got, err := other.GetStatus(t.Context(), p.ID)
	require.NoError(t, err)
	assert.Equal(t, "ORD-1", got.Reference)
	_, err = client.GetStatus(t.Context(), "unknown")
	assert.ErrorIs(t, err, guichet.ErrNotFound)
}

const goodBody = `{"commande":{"invoice":{"items":[{"name":"a","description":"","quantity":1,"unit_price":5,"total_price":5}],"total_amount":5000,"devise":"XOF","description":"d","customer":"22890000000","customer_firstname":"","customer_lastname":"","customer_email":"","external_id":"","otp":""},"store":{"name":"MonApp","website_url":"https://monapp.com"},"actions":{"cancel_url":"","return_url":"","callback_url":""},"custom_data":{"transaction_id":"A"}}}`

func TestBodiesAreChecked(t *testing.T) {
	server, _ := start(t)
	tests := []struct{ name, old, new, want string }{
		{"as it should be", "", "", `"response_code":"00"`},
		{"no items", `[{"name":"a","description":"","quantity":1,"unit_price":5,"total_price":5}]`, `[]`, `"response_code":"00"`},
		{"the empty array of PHP", `{"transaction_id":"A"}`, `[]`, `"response_code":"00"`},
		{"items null", `[{"name":"a","description":"","quantity":1,"unit_price":5,"total_price":5}]`, `null`, `Echec (Code04)`},
		{"an item without price", `"unit_price":5,`, ``, `Undefined array key \"unit_price\"`},
		{"an item with the price of the quickstart", `"unit_price"`, `"price"`, `Undefined array key \"unit_price\"`},
		{"no store", `"store":{"name":"MonApp","website_url":"https://monapp.com"},`, ``, `Undefined array key \"store\"`},
		{"no otp", `,"otp":""`, ``, `Undefined array key \"otp\"`},
		{"custom_data null", `{"transaction_id":"A"}`, `null`, `Echec (Code08)`},
		{"another currency", `XOF`, `EUR`, `Echec (Code08)`},
		{"a number with a plus", `22890000000`, `+22890000000`, `Echec (Code08)`},
		{"no number", `22890000000`, ``, `Echec (Code08)`},
		{"an amount as text", `5000`, `"5000"`, `Echec (Code08)`},
		{"a fraction", `5000`, `5000.5`, `Echec (Code08)`},
		{"too little", `5000`, `8`, `Echec (Code02)`},
		{"too much", `5000`, `2000001`, `Echec (Code02)`},
		{"not JSON", goodBody, `commande=1`, `Echec (Code08)`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := strings.Replace(goodBody, test.old, test.new, 1)
			_, answer := raw(t, server, http.MethodPost, "/pay/v01/straight/checkout-invoice/create", body)
			assert.Contains(t, answer, test.want)
		})
	}
	code, _ := raw(t, server, http.MethodGet, "/pay/v01/straight/checkout-invoice/create", "")
	assert.Equal(t, http.StatusMethodNotAllowed, code)
	code, _ = raw(t, server, http.MethodGet, "/pay/v01/nothing/here", "")
	assert.Equal(t, http.StatusNotFound, code)
}

func TestOneTimeCodes(t *testing.T) {
	server, client := start(t)
	ctx := t.Context()
	payin := ligdicash.PayinRequest{TransactionID: "A", Amount: 5000, Phone: "+22670000000", OTP: ligdicashtest.OTP}
	code := func(otp string) string {
		req := payin
		req.OTP = otp
		_, err := client.CreateWalletPayin(ctx, req)
		var e *guichet.Error
		if err == nil {
			return ""
		}
		require.ErrorAs(t, err, &e)
		return e.ProviderCode
	}
	assert.Equal(t, "15", code(ligdicashtest.OTP), "no code was sent yet")
	require.NoError(t, client.SendWalletOTP(ctx, "+22670000000", 5000))
	assert.Equal(t, "15", code("000000"))
	assert.Equal(t, "16", code(ligdicashtest.ExpiredOTP))
	assert.Equal(t, "", code(ligdicashtest.OTP))
	assert.Equal(t, "15", code(ligdicashtest.OTP), "a code works once")
	assert.ErrorIs(t, client.SendWalletOTP(ctx, "+22670000000", 8), guichet.ErrDeclined)
	_, answer := raw(t, server, http.MethodPost, "/pay/v02/debitwallet/withotp", goodBody)
	assert.Contains(t, answer, "Echec (Code08)")

	for otp, want := range map[string]guichet.Status{ligdicashtest.OTP: guichet.StatusPending, ligdicashtest.ExpiredOTP: guichet.StatusFailed} {
		payin.OTP = otp
		p, err := client.CreateDirect(ctx, payin)
		require.NoError(t, err, "an operator says later that the code was wrong")
		first, err := client.PayinStatus(ctx, p.Token)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusPending, first.Status)
		second, err := client.PayinStatus(ctx, p.Token)
		require.NoError(t, err)
		assert.Equal(t, want, second.Status)
	}
}

func TestPayouts(t *testing.T) {
	server, client := start(t)
	ctx := t.Context()
	req := ligdicash.PayoutRequest{TransactionID: "REMB-1", Amount: 100, Phone: "+22670000000"}
	payout, err := client.CreateCustomerPayout(ctx, req, ligdicash.ForwardToMobileMoney)
	require.NoError(t, err)
	_, err = client.CreateCustomerPayout(ctx, req, ligdicash.ForwardToMobileMoney)
	assert.ErrorIs(t, err, guichet.ErrConflict, "a used reference")
	merchant, err := client.CreateMerchantPayout(ctx, req)
	require.NoError(t, err)
	small := req
	small.TransactionID, small.Amount = "REMB-2", 19
	_, err = client.CreateCustomerPayout(ctx, small, ligdicash.StayInWallet)
	assert.ErrorIs(t, err, guichet.ErrInvalidRequest)
	_, err = client.CreateMerchantPayout(ctx, small)
	assert.ErrorIs(t, err, guichet.ErrInvalidRequest)
	const body = `{"commande":{"amount":100,"description":"","customer":"22670000000","callback_url":"","custom_data":{"transaction_id":"X"}}}`
	_, answer := raw(t, server, http.MethodPost, "/pay/v01/withdrawal/create", body)
	assert.Contains(t, answer, "Echec (Code09)", "top_up_wallet is missing")

	for _, token := range []string{payout.Token, merchant.Token} {
		status, err := client.PayoutStatus(ctx, token)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusPending, status.Status)
		require.NoError(t, server.Pay(token))
		status, err = client.PayoutStatus(ctx, token)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, status.Status)
		assert.Equal(t, "ORANGE BURKINA", status.OperatorName)
		_, err = client.PayinStatus(ctx, token)
		assert.ErrorIs(t, err, guichet.ErrNotFound, "a payout is no payment")
	}
}

func TestCallbacks(t *testing.T) {
	server, client := start(t)
	var mu sync.Mutex
	var media []string
	var events []*guichet.Event
	answer := http.StatusOK
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		event, err := client.ParseWebhook(r.Context(), r.Header, body)
		assert.NoError(t, err)
		mu.Lock()
		defer mu.Unlock()
		media, events = append(media, r.Header.Get("Content-Type")), append(events, event)
		w.WriteHeader(answer)
	}))
	defer hook.Close()

	p, err := client.CreatePayment(t.Context(), request("ORD-1"))
	require.NoError(t, err)
	const asJSON, asForm = "application/json", "application/x-www-form-urlencoded"
	server.CallbackToken("another")
	for i, encoding := range []ligdicashtest.FormEncoding{ligdicashtest.FormJSON, ligdicashtest.FormKeys, ligdicashtest.FormRecords} {
		server.EncodeFormAs(encoding)
		server.FormFirst(i == 1)
		media, events = nil, nil
		require.NoError(t, server.SendWebhook(hook.URL, p.ID))
		if i == 1 {
			assert.Equal(t, []string{asForm, asJSON}, media)
		} else {
			assert.Equal(t, []string{asJSON, asForm}, media)
		}
		require.Len(t, events, 2)
		assert.Equal(t, events[0].ID, events[1].ID)
		assert.Equal(t, "ORD-1", events[0].Reference)
		assert.Equal(t, "ORD-1", events[1].Reference)
		assert.NotContains(t, string(events[0].Raw), p.ID, "the callback's token is another one")
	}
	before := events[0].ID
	require.NoError(t, server.Pay(p.ID))
	require.NoError(t, server.SendWebhook(hook.URL, p.ID))
	assert.NotEqual(t, before, events[len(events)-1].ID, "another state is another event")

	payout, err := client.CreateMerchantPayout(t.Context(), ligdicash.PayoutRequest{TransactionID: "R", Amount: 100, Phone: "+22670000000", CallbackURL: "https://monapp.com/cb/R"})
	require.NoError(t, err)
	require.NoError(t, server.Pay(payout.Token))
	require.NoError(t, server.SendWebhook(hook.URL, payout.Token))
	last := events[len(events)-1]
	assert.Len(t, last.Reference, 32)
	webhook, err := ligdicash.DecodeWebhook(last.Raw)
	require.NoError(t, err)
	assert.Equal(t, guichet.Number("100"), webhook.Amount)

	mu.Lock()
	answer = http.StatusInternalServerError
	mu.Unlock()
	assert.Error(t, server.SendWebhook(hook.URL, p.ID))
}

func TestNetwork(t *testing.T) {
	commits := map[ligdicashtest.Fault]bool{
		ligdicashtest.CommitThen500: true, ligdicashtest.CommitThenHang: true, ligdicashtest.CommitThenCut: true, ligdicashtest.Oversized: true,
		ligdicashtest.HTML502: false, ligdicashtest.Status503: false, ligdicashtest.RedirectElsewhere: false, ligdicashtest.EmptyOK: false,
		ligdicashtest.RateLimited: false,
	}
	for fault := range commits {
		t.Run(fmt.Sprint(fault), func(t *testing.T) {
			server, client := start(t, guichet.WithTimeout(300*time.Millisecond))
			server.FailNext(fault)
			p, err := client.CreatePayment(t.Context(), request("ORD-1"))
			assert.Nil(t, p)
			assert.Equal(t, fault != ligdicashtest.RateLimited, isUnknown(err), "%v", err)
			assert.Len(t, server.Requests(), 1, "T30: sent once")
			assert.Zero(t, server.Elsewhere())
			p, err = client.CreatePayment(t.Context(), request("ORD-2"))
			require.NoError(t, err)
			server.FailNext(fault)
			got, err := client.GetStatus(t.Context(), p.ID)
			if fault == ligdicashtest.Oversized || fault == ligdicashtest.RedirectElsewhere || fault == ligdicashtest.EmptyOK {
				assert.ErrorIs(t, err, guichet.ErrBadResponse)
			} else if assert.NoError(t, err) {
				assert.Equal(t, "ORD-2", got.Reference)
			}
		})
	}
}

func isUnknown(err error) bool {
	e, ok := err.(*guichet.Error)
	return ok && e.OutcomeUnknown
}

func TestAnswerNextAndDelay(t *testing.T) {
	server, client := start(t, guichet.WithMaxRetries(0))
	server.AnswerNext(ligdicashtest.Answer{Status: 200, Body: `{"response_code":"01","response_text":"Echec (Code03)"}`})
	_, err := client.CreatePayment(t.Context(), request("ORD-1"))
	assert.ErrorIs(t, err, guichet.ErrUnauthorized)
	server.Delay(time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = client.CreatePayment(ctx, request("ORD-1"))
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestManyAtOnce(t *testing.T) {
	server, client := start(t)
	var all sync.WaitGroup
	ids := make([]string, 50)
	for i := range ids {
		all.Go(func() {
			p, err := client.CreatePayment(t.Context(), request(fmt.Sprintf("ORD-%d", i)))
			if assert.NoError(t, err) {
				ids[i] = p.ID
				assert.NoError(t, server.Pay(p.ID))
				got, err := client.GetStatus(t.Context(), p.ID)
				assert.NoError(t, err)
				assert.NoError(t, got.Confirms(fmt.Sprintf("ORD-%d", i), guichet.NewMoney(5000, guichet.XOF)))
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, id := range ids {
		assert.False(t, seen[id])
		seen[id] = true
	}
	assert.Len(t, server.Requests(), 100)
	assert.Equal(t, server.Config().APIKey, server.Requests()[0].Header.Get("Apikey"))
}
