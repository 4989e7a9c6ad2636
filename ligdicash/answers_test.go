package ligdicash_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/ligdicash"
)

func TestCreated(t *testing.T) {
	push := func(r *guichet.PaymentRequest) { r.MobileMoney = &guichet.MobileMoney{Phone: "+22890000000"} }
	tests := []struct {
		name   string
		change func(*guichet.PaymentRequest)
		answer string
		page   string
	}{
		{"T18: direct", push, "direct_created.json", ""},
		{"T19: hosted", nil, "hosted_created.json", "https://app.ligdicash.com/pay/invoice/" + token},
		{"T19: hosted, the other host", nil, "hosted_created_client.json", "https://client.ligdicash.com/directpayment/invoice/" + token},
		{"T19: direct, Orange Money Côte d'Ivoire", push, "direct_created_redirect.json", "https://mpayment.orange-money.com/ci/mpayment/abstract/a1b2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := fixture(t, test.answer)
			client, _ := answering(t, 200, answer)
			req := francs(5000)
			if test.change != nil {
				test.change(&req)
			}
			p, err := client.CreatePayment(t.Context(), req)
			require.NoError(t, err)
			assert.Equal(t, &guichet.Payment{
				ID: token, Reference: order, Provider: "ligdicash", Status: guichet.StatusPending,
				CheckoutURL: test.page, Raw: json.RawMessage(answer),
			}, p)
		})
	}
}

func TestNativeCreated(t *testing.T) {
	client, _ := answering(t, 200, fixture(t, "direct_created.json"))
	native, _ := yas()
	payin, err := client.CreateDirect(t.Context(), native)
	require.NoError(t, err)
	assert.Equal(t, token, payin.Token)
	assert.Equal(t, ligdicash.Envelope{
		ResponseCode: "00", ResponseText: "Votre requête est en cours de traitement", Wiki: "https://client.ligdicash.com/wiki/createInvoice",
	}, payin.Envelope)
}

func TestHostedWithoutAPage(t *testing.T) {
	for name, text := range map[string]string{
		"a text": "Votre requête est en cours de traitement", "nothing": "", "http": "http://app.ligdicash.com/pay", "a script": "javascript:alert(1)",
		"user info": "https://app.ligdicash.com@evil.example/", "a relative address": "/pay/invoice/1",
	} {
		t.Run(name, func(t *testing.T) {
			body, err := json.Marshal(map[string]string{"response_code": "00", "token": token, "response_text": text})
			require.NoError(t, err)
			client, _ := answering(t, 200, string(body))
			p, err := client.CreatePayment(t.Context(), francs(5000))
			e := errorOf(t, err)
			assert.Equal(t, guichet.ErrBadResponse, e.Kind)
			assert.True(t, e.OutcomeUnknown)
			require.NotNil(t, p, "the payment exists: its id must not be lost")
			assert.Equal(t, token, p.ID)
			assert.Empty(t, p.CheckoutURL)

			client, _ = answering(t, 200, string(body))
			payin, err := client.CreateInvoice(t.Context(), ligdicash.PayinRequest{Amount: 1})
			assert.ErrorIs(t, err, guichet.ErrBadResponse)
			require.NotNil(t, payin)
			assert.Equal(t, token, payin.Token)
		})
	}
}

func TestStatus(t *testing.T) {
	t.Run("T22: a payment that was made", func(t *testing.T) {
		body := fixture(t, "payin.json")
		client, _ := answering(t, 200, body)
		p, err := client.GetStatus(t.Context(), token)
		require.NoError(t, err)
		want := &guichet.Payment{
			ID: token, Reference: "ART5A7044E5", Provider: "ligdicash", Status: guichet.StatusSucceeded, ProviderStatus: "completed",
			Amount: guichet.NewMoney(4200, guichet.XOF), CreatedAt: time.Date(2026, 5, 9, 7, 20, 23, 0, time.UTC), Raw: json.RawMessage(body),
		}
		assert.Equal(t, want, p)
		assert.NoError(t, p.Confirms("ART5A7044E5", guichet.NewMoney(4200, guichet.XOF)))

		s, err := client.PayinStatus(t.Context(), token)
		require.NoError(t, err)
		assert.Equal(t, "11", s.OperatorID)
		assert.Equal(t, "ORANGE BURKINA", s.OperatorName)
		assert.Equal(t, "P2777636082026", s.RequestID)
		assert.Equal(t, "ART5A7044E5", s.OrderID())
		assert.Equal(t, "ART5A7044E5", s.ExternalID)
		assert.Equal(t, "22670000000", s.Customer)
		assert.Equal(t, guichet.Number("4200"), s.Amount)
		assert.Equal(t, "2026-05-09 07:20:23+00", s.Date.Text)
		assert.Equal(t, "https://client.ligdicash.com/wiki/confirmInvoice", s.Wiki)
		require.Len(t, s.CustomData, 3)
		assert.Equal(t, "logfile", s.CustomData[2].Key)
		assert.Equal(t, 362788*time.Microsecond, time.Duration(s.CustomData[0].CreatedAt.Time.Nanosecond()))
	})
	t.Run("T23: before the customer has acted", func(t *testing.T) {
		client, _ := answering(t, 200, fixture(t, "confirm_pending.json"))
		p, err := client.GetStatus(t.Context(), token)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusPending, p.Status)
		assert.Equal(t, guichet.NewMoney(500, guichet.XOF), p.Amount)
		assert.Empty(t, p.Reference)
		assert.Zero(t, p.CreatedAt)
	})
	for word, want := range map[string]guichet.Status{
		"notcompleted": guichet.StatusFailed, "nocompleted": guichet.StatusFailed,
		"COMPLETED ": guichet.StatusUnknown, "Completed": guichet.StatusUnknown, "completed ": guichet.StatusUnknown,
		"": guichet.StatusUnknown, "refunded": guichet.StatusUnknown, "canceled": guichet.StatusUnknown,
	} {
		t.Run("T24: "+word, func(t *testing.T) {
			client, _ := answering(t, 200, `{"response_code":"00","status":"`+word+`"}`)
			p, err := client.GetStatus(t.Context(), token)
			require.NoError(t, err)
			assert.Equal(t, want, p.Status)
			assert.Equal(t, word, p.ProviderStatus)
			assert.Error(t, p.Confirms("", guichet.NewMoney(1, guichet.XOF)))
		})
	}
	t.Run("T25: no such invoice", func(t *testing.T) {
		client, _ := answering(t, 200, fixture(t, "error_not_found.json"))
		e := errorOf(t, status(token)(t.Context(), client))
		assert.Equal(t, guichet.ErrNotFound, e.Kind)
		assert.Equal(t, "02", e.ProviderCode)
		assert.False(t, e.OutcomeUnknown)
	})
	for _, http := range []int{200, 400, 402} { // no page says which
		t.Run("T25: refused, and the payment failed", func(t *testing.T) {
			client, _ := answering(t, http, `{"response_code":"01","response_text":"Echec (Code02)","status":"notcompleted","amount":4200}`)
			p, err := client.GetStatus(t.Context(), token)
			require.NoError(t, err)
			assert.Equal(t, guichet.StatusFailed, p.Status)
			s, err := client.PayinStatus(t.Context(), token)
			require.NoError(t, err)
			assert.Equal(t, "02", s.SubCode)
		})
	}
	for name, c := range map[string]struct {
		http int
		text string
		kind error
	}{
		"401":                     {401, "", guichet.ErrUnauthorized},
		"403":                     {403, "Erreur", guichet.ErrUnauthorized},
		"429":                     {429, "", guichet.ErrRateLimited},
		"the keys, on 200":        {200, "Echec (Code00)", guichet.ErrUnauthorized},
		"no activation, on 200":   {200, "Echec (Code01)", guichet.ErrUnauthorized},
		"the keys, on 400":        {400, "Echec (Code00)", guichet.ErrUnauthorized},
		"the keys, on 403":        {403, "Echec (Code00)", guichet.ErrUnauthorized},
		"no activation, on a 404": {404, "Echec (Code01)", guichet.ErrUnauthorized},
		"408":                     {408, "", guichet.ErrUnavailable},
	} {
		for _, code := range []string{"01", "00"} {
			if code == "00" && (c.http == 200 || c.text != "") {
				continue // an accepted call has no sub-code
			}
			t.Run("T25: the call is refused, not the payment: "+name+", response_code "+code, func(t *testing.T) {
				client, _ := newMock(t, config(), []guichet.Option{guichet.WithMaxRetries(0)}, httpmock.NewStringResponder(c.http,
					`{"response_code":"`+code+`","response_text":"`+c.text+`","status":"notcompleted","amount":4200}`))
				for op, call := range map[string]run{
					"GetStatus": status(token), "PayoutStatus": payoutStatus(token),
					"PayinStatus": func(ctx context.Context, c *ligdicash.Client) error { _, err := c.PayinStatus(ctx, token); return err },
				} {
					err := call(t.Context(), client)
					require.Error(t, err, op)
					if code == "01" {
						assert.Equal(t, c.kind, errorOf(t, err).Kind, op)
					}
				}
			})
		}
	}
	t.Run("T25: an answer that came too early is about the call", func(t *testing.T) {
		for op, call := range map[string]run{"GetStatus": status(token), "PayoutStatus": payoutStatus(token)} {
			client, _ := newMock(t, config(), []guichet.Option{guichet.WithMaxRetries(0)}, httpmock.NewStringResponder(425, `{"response_code":"01","status":"notcompleted"}`))
			require.Error(t, call(t.Context(), client), op)
		}
	})
	// A failed payment is paid for again, and a failed payout is paid out again:
	// both would be twice, if the answer was not what its start seems to say.
	failed := `{"response_code":"01","response_text":"Echec (Code02)","status":"notcompleted"}`
	for name, answer := range map[string]httpmock.Responder{
		"too large": httpmock.NewStringResponder(404, failed+strings.Repeat(" ", 1<<20)+`"completed"`),
		"cut": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 404, Body: io.NopCloser(io.MultiReader(strings.NewReader(failed), iotest.ErrReader(io.ErrUnexpectedEOF)))}, nil
		},
	} {
		t.Run("T25: an answer that is not whole says nothing: "+name, func(t *testing.T) {
			for op, call := range map[string]run{"GetStatus": status(token), "PayoutStatus": payoutStatus(token)} {
				client, _ := newMock(t, config(), []guichet.Option{guichet.WithMaxRetries(0)}, answer)
				require.Error(t, call(t.Context(), client), op)
			}
		})
	}
	t.Run("T26: a payout", func(t *testing.T) {
		client, _ := answering(t, 200, fixture(t, "payout_confirmed.json"))
		s, err := client.PayoutStatus(t.Context(), token)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, s.Status)
		assert.Equal(t, "completed", s.ProviderStatus)
		assert.Empty(t, s.Amount)
		assert.Equal(t, "11", s.OperatorID)
	})
	for _, name := range []string{"payout_created_straight.json", "payout_created.json"} {
		t.Run("T26: "+name, func(t *testing.T) {
			client, _ := answering(t, 200, fixture(t, name))
			p, err := client.CreateMerchantPayout(t.Context(), ligdicash.PayoutRequest{TransactionID: order, Amount: 100, Phone: "+22670000000"})
			require.NoError(t, err)
			assert.Equal(t, token, p.Token)
			assert.Empty(t, p.CustomData)
		})
	}
	// 5,000 Guinean francs are a fifteenth of what 5,000 of XOF are.
	for devise, confirms := range map[string]bool{`"XOF"`: true, `"xof"`: true, `null`: true, `""`: true, `"GNF"`: false, `"CDF"`: false, `"XXX"`: false, `" xof "`: true} {
		t.Run("another currency: "+devise, func(t *testing.T) {
			client, _ := answering(t, 200, `{"response_code":"00","status":"completed","amount":5000,"devise":`+devise+`,"custom_data":{"transaction_id":"A"}}`)
			p, err := client.GetStatus(t.Context(), token)
			require.NoError(t, err)
			assert.Equal(t, confirms, p.Confirms("A", guichet.NewMoney(5000, guichet.XOF)) == nil)
		})
	}
	t.Run("T28: members that nobody knows, and a byte order mark", func(t *testing.T) {
		client, _ := answering(t, 200, "\ufeff"+strings.Replace(fixture(t, "payin.json"), "{", `{"new":{"a":[1,null]},`, 1))
		p, err := client.GetStatus(t.Context(), token)
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, p.Status)
		_, err = json.Marshal(p) // a mark in Raw would make it unstorable
		assert.NoError(t, err)
	})
}

// LigdiCash gathers the values of every custom key that contains "id": what is
// hidden in one place is not to be read in the other.
func TestExternalIDIsNotPrinted(t *testing.T) {
	const payer = "+22670112233"
	body := strings.Replace(fixture(t, "payin.json"), `"external_id":"ART5A7044E5"`, `"external_id":"ART5A7044E5;`+payer+`"`, 1)
	require.Contains(t, body, payer)
	client, _ := answering(t, 200, body)
	status, err := client.PayinStatus(t.Context(), token)
	require.NoError(t, err)
	webhook, err := ligdicash.DecodeWebhook([]byte(body))
	require.NoError(t, err)
	for _, shown := range []string{status.ExternalID, webhook.ExternalID} {
		assert.Equal(t, "ART5A7044E5;"+payer, shown, "verbatim for who asks")
	}
	for _, value := range []slog.LogValuer{status, webhook} {
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v", value, value, value, value.LogValue()), payer[4:])
	}
}

// An operator's refusal names the number as people write it.
func TestRefusedPhoneIsNotPrinted(t *testing.T) {
	for _, echo := range []string{"70112233", "70 11 22 33", "226 70 11 22 33"} {
		for op, call := range map[string]run{
			"CreatePayment": create(guichet.PaymentRequest{Reference: order, Amount: guichet.NewMoney(5000, guichet.XOF), MobileMoney: &guichet.MobileMoney{Phone: "+22670112233"}}),
			"payout":        merchantPayout(ligdicash.PayoutRequest{TransactionID: order, Amount: 100, Phone: "+22670112233"}),
		} {
			client, _ := answering(t, 200, `{"response_code":"01","response_text":"Echec (Code02)","description":"Le numero `+echo+` est invalide"}`)
			e := errorOf(t, call(t.Context(), client))
			assert.NotContains(t, e.Error(), "33", op)
			assert.NotContains(t, string(e.Raw()), "33", op)
		}
	}
}

// A create that was taken for refused, or for the merchant's own, is paid twice.
func TestCreateThatContradictsItself(t *testing.T) {
	const live = "eyJhbGciOiJIUzI1NiJ9.live"
	payout := ligdicash.PayoutRequest{TransactionID: order, Amount: 5000, Phone: "+22670000000"}
	calls := map[string]run{
		"CreatePayment": create(francs(5000)), "CreateInvoice": invoice(ligdicash.PayinRequest{TransactionID: order, Amount: 5000}),
		"CreateDirect":         direct(ligdicash.PayinRequest{TransactionID: order, Amount: 5000, Phone: "+22890000000"}),
		"CreateMerchantPayout": merchantPayout(payout), "CreateCustomerPayout": customerPayout(payout, ligdicash.StayInWallet),
	}
	page := `"response_text":"https://app.ligdicash.com/pay/invoice/x"`
	for name, answer := range map[string]struct {
		status int
		body   string
		kind   error // nil: the sub-code's
	}{
		"refused, with a token":            {200, `{"response_code":"01","token":"` + live + `","response_text":"Echec (Code02) ` + live + `"}`, nil},
		"refused with a 400, with a token": {400, `{"response_code":"01","token":"` + live + `","response_text":"Echec (Code02) ` + live + `"}`, nil},
		"another order, as records": {200, `{"response_code":"00","token":"` + live + `",` + page +
			`,"custom_data":[{"keyof_customdata":"transaction_id","valueof_customdata":"ANOTHER"}]}`, guichet.ErrBadResponse},
		"another order, as an object": {200, `{"response_code":"00","token":"` + live + `",` + page +
			`,"custom_data":{"transaction_id":"ANOTHER"}}`, guichet.ErrBadResponse},
	} {
		for op, call := range calls {
			t.Run(op+", "+name, func(t *testing.T) {
				client, m := answering(t, answer.status, answer.body)
				e := errorOf(t, call(t.Context(), client))
				assert.ErrorIs(t, e, guichet.ErrUnknownOutcome)
				if answer.kind != nil {
					assert.Equal(t, answer.kind, e.Kind)
				} else {
					assert.Equal(t, "02", e.ProviderCode)
				}
				assert.Equal(t, order, e.Reference)
				assert.NotContains(t, e.Error(), live)
				assert.NotContains(t, string(e.Raw()), live)
				m.One(t)
			})
		}
	}
	t.Run("its own order", func(t *testing.T) {
		client, _ := answering(t, 200, `{"response_code":"00","token":"`+live+`",`+page+`,"custom_data":{"transaction_id":"`+order+`"}}`)
		assert.NoError(t, create(francs(5000))(t.Context(), client))
	})
}

func TestStatusThatContradictsItself(t *testing.T) {
	for name, body := range map[string]string{
		"completed, and refused":                `{"response_code":"01","response_text":"Echec (Code03)","status":"completed","amount":4200,"montant":4200}`,
		"completed, refused without a code":     `{"response_code":"01","status":"completed"}`,
		"completed, without response_code":      `{"status":"completed","amount":4200}`,
		"completed, response_code as a number":  `{"response_code":0,"status":"completed","amount":4200}`,
		"failed, without response_code":         `{"status":"notcompleted"}`,
		"two amounts":                           `{"response_code":"00","status":"completed","amount":4200,"montant":42}`,
		"half a franc":                          `{"response_code":"00","status":"completed","amount":"4200.50"}`,
		"half a franc, the other member":        `{"response_code":"00","status":"completed","montant":"4200.50"}`,
		"an amount below zero":                  `{"response_code":"00","status":"completed","amount":-4200}`,
		"an amount that is a text":              `{"response_code":"00","status":"completed","amount":"4 200 FCFA"}`,
		"an amount with blanks":                 `{"response_code":"00","status":"completed","amount":4200,"montant":"4 200"}`,
		"an amount with a comma":                `{"response_code":"00","status":"completed","amount":"4200,00","montant":4200}`,
		"a currency that is no text":            `{"response_code":"00","status":"completed","amount":4200,"devise":["XOF"]}`,
		"one member twice, in two cases":        `{"response_code":"00","status":"pending","Status":"completed"}`,
		"one member twice, once with an escape": `{"response_code":"00","status":"pending","\u0073tatus":"completed"}`,
		"an array":                              `[{"response_code":"00","status":"completed"}]`,
		"two byte order marks":                  "\ufeff\ufeff" + `{"response_code":"00","status":"completed"}`,
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			p, err := client.GetStatus(t.Context(), token)
			assert.Nil(t, p)
			assert.Equal(t, guichet.ErrBadResponse, errorOf(t, err).Kind)
		})
	}
	t.Run("completed, and HTTP says otherwise", func(t *testing.T) {
		for _, code := range []int{300, 307, 400, 404, 500} {
			client, _ := answering(t, code, fixture(t, "payin.json"))
			client2, _ := newMock(t, config(), []guichet.Option{guichet.WithMaxRetries(0)}, httpmock.NewStringResponder(code, fixture(t, "payin.json")))
			if code == 500 {
				client = client2
			}
			p, err := client.GetStatus(t.Context(), token)
			assert.Nil(t, p)
			errorOf(t, err)
		}
	})
}

func TestAmountForms(t *testing.T) {
	for _, form := range []string{`4200`, `"4200"`, `4200.00`, `"4200.00"`, `42e2`} {
		for _, members := range []string{`"amount":` + form, `"montant":` + form, `"amount":` + form + `,"montant":"4200"`, `"amount":null,"montant":` + form, `"amount":"","montant":` + form} {
			client, _ := answering(t, 200, `{"response_code":"00","status":"pending",`+members+`}`)
			p, err := client.GetStatus(t.Context(), token)
			require.NoError(t, err, members)
			assert.Equal(t, guichet.NewMoney(4200, guichet.XOF), p.Amount, members)
		}
	}
	client, _ := answering(t, 200, `{"response_code":"00","status":"pending","amount":null}`)
	p, err := client.GetStatus(t.Context(), token)
	require.NoError(t, err)
	assert.Zero(t, p.Amount)
}

func TestCustomData(t *testing.T) {
	record := `{"keyof_customdata":"transaction_id","valueof_customdata":"A","id_invoice":7}`
	tests := []struct {
		name  string
		value string // of custom_data; empty: absent
		order string // root: the member beside it
	}{
		{"absent", ``, "root"}, {"an empty array", `[]`, "root"}, {"an empty text", `""`, "root"}, {"null", `null`, "root"}, {"an empty object", `{}`, "root"},
		{"a plain object", `{"logfile":"l","transaction_id":"A"}`, "A"},
		{"records", `[{"keyof_customdata":"hash","valueof_customdata":"h"},` + record + `]`, "A"},
		{"records in another order", `[` + record + `,{"keyof_customdata":"hash","valueof_customdata":"h"}]`, "A"},
		{"old records", `[{"keyof_customdata":"transaction_id","valueof_customdata":"A","id_invoice":"7"}]`, "A"},
		{"a key that occurs twice", `[` + record + `,{"keyof_customdata":"transaction_id","valueof_customdata":"B"}]`, "A"},
		{"a number for a value", `{"transaction_id":12345678901234567890}`, "12345678901234567890"},
		{"a number for a value, in a record", `[{"keyof_customdata":"transaction_id","valueof_customdata":1001}]`, "1001"},
		{"null for a value", `[{"keyof_customdata":"transaction_id","valueof_customdata":null}]`, "root"},
		{"an empty value", `[{"keyof_customdata":"transaction_id","valueof_customdata":""}]`, "root"},
		{"a record without a value", `[{"keyof_customdata":"transaction_id"}]`, "root"},
		{"no record of the reference", `[{"keyof_customdata":"hash","valueof_customdata":"h"}]`, "root"},
		{"an object in a text", `"{\"transaction_id\":\"A\"}"`, "A"},
		{"records in a text", `"[{\"keyof_customdata\":\"transaction_id\",\"valueof_customdata\":\"A\"}]"`, "A"},
		{"a list with gaps, in a text", `"{\"3\":{\"keyof_customdata\":\"transaction_id\",\"valueof_customdata\":\"A\"}}"`, "A"},
		{"a list with gaps", `{"0":{"keyof_customdata":"hash","valueof_customdata":"h"},"2":` + record + `}`, "A"},
		{"a list that begins at 1", `{"1":` + record + `,"2":{"keyof_customdata":"hash","valueof_customdata":"h"}}`, "A"},
		{"a list of one record", `{"0":` + record + `}`, "A"},
		{"a list with gaps, one record of which is none", `{"0":7,"2":` + record + `,"3":"x","4":null,"5":[]}`, "A"},
		{"records, one of which is none", `[7,"x",null,[],{},` + record + `]`, "A"},
		{"a plain object with a number for a key", `{"7":"x","transaction_id":"A"}`, "A"},
		{"a plain object with numbers for keys", `{"7":"x","8":"y"}`, "root"},
		{"a record under a key that is no number", `{"a":` + record + `}`, "root"},
		{"another value that is not UTF-8", `{"x":"\ud800","transaction_id":"A"}`, "A"},
		{"a number", `7`, "root"}, {"true", `true`, "root"}, {"an array of numbers", `[1,2]`, "root"}, {"some text", `"hello"`, "root"},
		{"a broken text", `"{"`, "root"}, {"a text that is cut", `"{\"transaction_id\":\"A"`, "root"}, {"a text in a text", `"\"{\\\"transaction_id\\\":\\\"A\\\"}\""`, "root"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := `{"response_code":"00","status":"completed","transaction_id":"root","external_id":"X;Y","amount":4200}`
			if test.value != "" {
				body = strings.Replace(body, `{`, `{"custom_data":`+test.value+`,`, 1)
			}
			client, _ := answering(t, 200, body)
			p, err := client.GetStatus(t.Context(), token)
			require.NoError(t, err)
			assert.Equal(t, test.order, p.Reference, "custom_data first, the root second, external_id never")
			assert.NoError(t, p.Confirms(test.order, guichet.NewMoney(4200, guichet.XOF)))
			s, err := client.PayinStatus(t.Context(), token)
			require.NoError(t, err)
			assert.Equal(t, test.order, s.OrderID())
			assert.Equal(t, "X;Y", s.ExternalID)
			assert.Equal(t, "root", s.TransactionID)
		})
	}
	for name, test := range map[string]struct{ members, problem string }{
		"an object for a reference":              {`"custom_data":{"transaction_id":{"a":1}}`, "custom_data.transaction_id is not a text"},
		"true for a reference":                   {`"custom_data":[{"keyof_customdata":"transaction_id","valueof_customdata":true}]`, "custom_data.transaction_id is not a text"},
		"an array for a reference":               {`"custom_data":[{"keyof_customdata":"transaction_id","valueof_customdata":["A"]}]`, "custom_data.transaction_id is not a text"},
		"a reference that is not UTF-8":          {`"custom_data":{"transaction_id":"\ud800"}`, "custom_data.transaction_id is not valid UTF-8"},
		"a reference twice":                      {`"custom_data":{"transaction_id":"A","transaction_id":"B"}`, "the answer has a member twice"},
		"a reference twice, in a text":           {`"custom_data":"{\"transaction_id\":\"A\",\"Transaction_id\":\"B\"}"`, "custom_data has a member twice"},
		"the old spelling, an object":            {`"customdata":{"transaction_id":{}}`, "custom_data.transaction_id is not a text"},
		"an object at the root":                  {`"custom_data":{"transaction_id":"A"},"transaction_id":{}`, "transaction_id is not a text"},
		"1,001 records, the reference first":     {`"custom_data":[` + record + strings.Repeat(",{}", 1000) + `]`, "custom_data has too many records"},
		"1,001 records, the reference last":      {`"custom_data":[` + strings.Repeat("{},", 1000) + record + `]`, "custom_data has too many records"},
		"1,001 records in a text":                {`"custom_data":"[` + strings.Repeat("{},", 1000) + `{}]"`, "custom_data has too many records"},
		"a megabyte of records in a text":        {`"custom_data":"[` + strings.Repeat("{},", 349_000) + `{}]","transaction_id":"A"`, "custom_data is too large"},
		"256 KiB of text":                        {`"custom_data":"` + strings.Repeat("x", 256<<10) + `","transaction_id":"A"`, "custom_data is too large"},
		"70,000 records in a text":               {`"custom_data":"[` + strings.Repeat("0,", 70_000) + `0]","transaction_id":"A"`, "custom_data has too many records"},
		"a megabyte of records":                  {`"custom_data":[` + strings.Repeat("{},", 349_000) + `{}]`, "the answer has too many members"},
		"a megabyte of keys":                     {`"custom_data":{` + manyKeys(80_000) + `}`, "the answer has too many members"},
		"a list with gaps, of more than 1,000":   {`"custom_data":{` + manyRecords(1001) + `}`, "custom_data has too many records"},
		"a record twice, in a list with gaps":    {`"custom_data":{"0":` + record + `,"0":` + record + `}`, "the answer has a member twice"},
		"a plain object of more than 1,000 keys": {`"custom_data":{` + manyKeys(1001) + `}`, "custom_data has too many records"},
	} {
		t.Run("a reference that cannot be read: "+name, func(t *testing.T) {
			client, _ := answering(t, 200, `{"response_code":"00","status":"completed","amount":4200,`+test.members+`}`)
			for op, call := range map[string]run{
				"GetStatus": status(token), "PayoutStatus": payoutStatus(token),
				"PayinStatus": func(ctx context.Context, c *ligdicash.Client) error { _, err := c.PayinStatus(ctx, token); return err },
			} {
				e := errorOf(t, call(t.Context(), client))
				assert.Equal(t, guichet.ErrBadResponse, e.Kind, op)
				assert.Equal(t, test.problem, e.Message, op)
			}
		})
	}
	t.Run("1,000 records are read", func(t *testing.T) {
		client, _ := answering(t, 200, `{"response_code":"00","status":"completed","amount":4200,"custom_data":[`+strings.Repeat("{},", 999)+record+`]}`)
		p, err := client.GetStatus(t.Context(), token)
		require.NoError(t, err)
		assert.Equal(t, "A", p.Reference)
	})
	t.Run("the reference of the old spelling, where the new one has none", func(t *testing.T) {
		client, _ := answering(t, 200, `{"response_code":"00","status":"pending","custom_data":{"hash":"h"},"customdata":[`+record+`],"transaction_id":"root"}`)
		s, err := client.PayinStatus(t.Context(), token)
		require.NoError(t, err)
		assert.Equal(t, "A", s.OrderID())
		assert.Equal(t, "h", s.CustomData.Get("hash"))
		p, err := client.GetStatus(t.Context(), token)
		require.NoError(t, err)
		assert.Equal(t, "A", p.Reference)
	})
	t.Run("the old spelling of the member", func(t *testing.T) {
		client, _ := answering(t, 200, `{"response_code":"00","status":"pending","customdata":[`+record+`]}`)
		p, err := client.GetStatus(t.Context(), token)
		require.NoError(t, err)
		assert.Equal(t, "A", p.Reference)
	})
	t.Run("fields stay readable in their order", func(t *testing.T) {
		client, _ := answering(t, 200, `{"response_code":"00","status":"pending","custom_data":[{"keyof_customdata":"z","valueof_customdata":1},{"keyof_customdata":"a","valueof_customdata":true}]}`)
		s, err := client.PayinStatus(t.Context(), token)
		require.NoError(t, err)
		assert.Equal(t, ligdicash.CustomData{{Key: "z", Value: "1"}, {Key: "a", Value: "true"}}, s.CustomData)

		stored, err := json.Marshal(s)
		require.NoError(t, err)
		var read ligdicash.PayinStatus
		require.NoError(t, json.Unmarshal(stored, &read))
		assert.Equal(t, s.CustomData, read.CustomData, "what a merchant stores comes back")
	})
}

// What 1 MiB of an answer costs is bounded, whatever custom_data is.
func TestConfirmationCostsLittle(t *testing.T) {
	for name, custom := range map[string]string{
		"records":                 `[` + strings.Repeat("{},", 349_000) + `{}]`,
		"as many as are indexed":  `[` + strings.Repeat("{},", 60_000) + `{}]`,
		"records in a text":       `"[` + strings.Repeat("{},", 349_000) + `{}]"`,
		"full records in a text":  `"[` + strings.Repeat(`{\"keyof_customdata\":\"transaction_id\"},`, 20_000) + `{}]"`,
		"keys":                    `{` + manyKeys(60_000) + `}`,
		"a list with many gaps":   `{` + manyRecords(60_000) + `}`,
		"one long value":          `{"transaction_id":"` + strings.Repeat("a", 1_000_000) + `"}`,
		"one long escaped value":  `{"transaction_id":"` + strings.Repeat(`\u0061`, 160_000) + `"}`,
		"a long text that is not": `"` + strings.Repeat("[", 1_000_000) + `"`,
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, 200, `{"response_code":"00","status":"completed","amount":4200,"custom_data":`+custom+`}`)
			for op, call := range map[string]run{"GetStatus": status(token), "PayoutStatus": payoutStatus(token)} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_ = call(t.Context(), client)
				runtime.ReadMemStats(&after)
				// Most of it is the body and its index; the benchmarks have the exact limit.
				assert.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(24), "MiB of %s", op)
			}
		})
	}
}

func manyKeys(n int) string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"k%d":1`, i)
	}
	return strings.Join(keys, ",")
}

func manyRecords(n int) string {
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf(`"%d":{}`, 2*i)
	}
	return strings.Join(records, ",")
}

func TestTolerance(t *testing.T) {
	for name, body := range map[string]string{
		"nulls":             `{"response_code":"00","status":"pending","token":null,"response_text":null,"operator_id":null,"operator_name":null,"customer":null,"date":null,"external_id":null,"request_id":null,"custom_data":null,"customer_details":null,"wiki":null}`,
		"an id as a number": `{"response_code":"00","status":"pending","operator_id":12,"external_id":34}`,
		"only what is sure": `{"response_code":"00","status":"pending"}`,
		"customer as array": `{"response_code":"00","status":"pending","customer_details":[]}`,
		"customer as text":  `{"response_code":"00","status":"pending","customer_details":""}`,
		"a date of its own": `{"response_code":"00","status":"pending","date":"hier"}`,
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, 200, body)
			s, err := client.PayinStatus(t.Context(), token)
			require.NoError(t, err)
			assert.Equal(t, guichet.StatusPending, s.Status)
			if name == "an id as a number" {
				assert.Equal(t, "12", s.OperatorID)
				assert.Equal(t, "34", s.ExternalID)
			}
			if name == "a date of its own" {
				assert.Equal(t, "hier", s.Date.Text)
				assert.Zero(t, s.Date.Time)
			}
		})
	}
}

func TestWaiting(t *testing.T) {
	pending := httpmock.NewStringResponder(200, fixture(t, "confirm_pending.json"))
	done := httpmock.NewStringResponder(200, fixture(t, "payin.json"))
	broken := httpmock.NewStringResponder(500, "")

	t.Run("T31: three questions, at least 3 seconds apart", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var asked []time.Time
			timed := func(answer httpmock.Responder) httpmock.Responder {
				return func(r *http.Request) (*http.Response, error) {
					asked = append(asked, time.Now())
					return answer(r)
				}
			}
			client, _ := newMock(t, config(), nil, timed(pending), timed(pending), timed(done))
			p, err := guichet.Wait(t.Context(), client, token, guichet.Poll{})
			require.NoError(t, err)
			assert.Equal(t, guichet.StatusSucceeded, p.Status)
			require.Len(t, asked, 3)
			for i := 1; i < len(asked); i++ {
				assert.GreaterOrEqual(t, asked[i].Sub(asked[i-1]), 3*time.Second)
			}
		})
	})
	t.Run("T31: a 500 between is tolerated", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, m := newMock(t, config(), []guichet.Option{guichet.WithMaxRetries(0)}, pending, broken, done)
			p, err := guichet.Wait(t.Context(), client, token, guichet.Poll{})
			require.NoError(t, err)
			assert.Equal(t, guichet.StatusSucceeded, p.Status)
			assert.Len(t, m.All(), 3)
		})
	})
	t.Run("T31: processing is asked again, a wrong key is not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, m := newMock(t, config(), nil,
				httpmock.NewStringResponder(200, `{"response_code":"01","response_text":"Echec (Code03)"}`),
				httpmock.NewStringResponder(200, fixture(t, "error_auth.json")))
			p, err := guichet.Wait(t.Context(), client, token, guichet.Poll{})
			assert.Nil(t, p)
			assert.ErrorIs(t, err, guichet.ErrUnauthorized)
			assert.Len(t, m.All(), 2)
		})
	})
}

func TestEndedContext(t *testing.T) {
	t.Run("T30: ended before the call", func(t *testing.T) {
		client, m := silent(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for name, call := range everyCall() {
			err := call(ctx, client)
			assert.ErrorIs(t, err, context.Canceled, name)
			assert.False(t, errorOf(t, err).OutcomeUnknown, name)
		}
		assert.Empty(t, m.All())
	})
	t.Run("T30: a create whose answer never comes", func(t *testing.T) {
		for name, call := range everyCall() {
			client, m := newMock(t, config(), []guichet.Option{guichet.WithMaxRetries(0)}, func(r *http.Request) (*http.Response, error) {
				return nil, io.ErrUnexpectedEOF
			})
			e := errorOf(t, call(t.Context(), client))
			assert.Equal(t, guichet.ErrUnavailable, e.Kind, name)
			assert.Equal(t, !isRead(name), e.OutcomeUnknown, name)
			m.One(t)
		}
	})
	t.Run("T30: sent once with retries on", func(t *testing.T) {
		for name, call := range everyCall() {
			if isRead(name) {
				continue
			}
			for _, answer := range []httpmock.Responder{httpmock.NewErrorResponder(io.ErrUnexpectedEOF), httpmock.NewStringResponder(500, ""), httpmock.NewStringResponder(429, ""), httpmock.NewStringResponder(503, "")} {
				client, m := newMock(t, config(), []guichet.Option{guichet.WithMaxRetries(3)}, answer)
				require.Error(t, call(t.Context(), client))
				assert.Len(t, m.All(), 1, name)
			}
		}
	})
}

// everyCall is one call of every method that reaches LigdiCash.
func everyCall() map[string]run {
	_, yas := yas()
	native := ligdicash.PayinRequest{TransactionID: order, Amount: 5000, Phone: "+22890000000", Email: "kossi@exemple.com"}
	withOTP := native
	withOTP.OTP = "012345"
	payout := ligdicash.PayoutRequest{TransactionID: order, Amount: 100, Phone: "+22890000000"}
	return map[string]run{
		"CreatePayment": create(yas), "CreateInvoice": invoice(native), "CreateDirect": direct(withOTP),
		"SendWalletOTP": walletOTP("+22890000000", 5000), "CreateWalletPayin": wallet(withOTP),
		"CreateCustomerPayout": customerPayout(payout, ligdicash.StayInWallet), "CreateMerchantPayout": merchantPayout(payout),
		"GetStatus": status(secretToken), "PayoutStatus": payoutStatus(secretToken),
		"PayinStatus": func(ctx context.Context, c *ligdicash.Client) error {
			_, err := c.PayinStatus(ctx, secretToken)
			return err
		},
	}
}

// isRead tells the calls that may be sent again.
func isRead(name string) bool {
	return name == "GetStatus" || name == "PayoutStatus" || name == "PayinStatus"
}

// What is written for people may name the customer, whichever text it stands in.
func TestEnvelopePrintsNoText(t *testing.T) {
	printed := fmt.Sprintf("%+v", ligdicash.Envelope{ResponseText: "70 11 22 33", Description: "70 11 22 33", Details: "70 11 22 33"})
	assert.NotContains(t, printed, "70 11")
}
