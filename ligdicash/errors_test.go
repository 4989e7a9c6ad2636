package ligdicash_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/ligdicash"
)

func TestRefusedKeys(t *testing.T) {
	for _, name := range []string{"error_auth.json", "error_auth_direct.json"} {
		for _, code := range []int{200, 401, 403} {
			t.Run(fmt.Sprintf("T17: %s on %d", name, code), func(t *testing.T) {
				for op, call := range everyCall() {
					client, m := answering(t, code, fixture(t, name))
					e := errorOf(t, call(t.Context(), client))
					assert.Equal(t, guichet.ErrUnauthorized, e.Kind, op)
					assert.Equal(t, "00", e.ProviderCode, op)
					assert.Equal(t, op, e.Op)
					assert.Equal(t, code, e.HTTPStatus, op)
					assert.Equal(t, "https://client.ligdicash.com/wiki/createInvoice", e.HelpURL, op)
					assert.False(t, e.OutcomeUnknown, op)
					m.One(t)
				}
			})
		}
	}
}

// LigdiCash's page about a code survives what the merchant sent along, and no
// other address takes its place.
func TestHelpURL(t *testing.T) {
	const page = "https://client.ligdicash.com/wiki/createInvoice"
	for name, test := range map[string]struct{ wiki, want string }{
		"the page":              {page, page},
		"another host":          {"https://client.ligdicash.example/wiki/createInvoice", ""},
		"with a query":          {page + "?k=1", ""},
		"with a path of digits": {"https://client.ligdicash.com/wiki/22890000000", ""},
		"plain http":            {"http://client.ligdicash.com/wiki/createInvoice", ""},
		"empty":                 {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, 200, `{"response_code":"01","response_text":"Echec (Code08)","wiki":"`+test.wiki+`"}`)
			req := francs(5000)
			req.Metadata = map[string]string{"provider": "ligdicash", "type": "client", "page": "wiki"}
			_, err := client.CreatePayment(t.Context(), req)
			assert.Equal(t, test.want, errorOf(t, err).HelpURL)
		})
	}
}

func TestRefusedItem(t *testing.T) {
	t.Run("T20: an item without its price", func(t *testing.T) {
		client, _ := answering(t, 200, fixture(t, "error_bad_item.json"))
		e := errorOf(t, create(francs(5000))(t.Context(), client))
		assert.Equal(t, guichet.ErrUnavailable, e.Kind)
		assert.Equal(t, "04", e.ProviderCode)
		assert.Contains(t, e.Message, `Undefined array key "unit_price"`)
		assert.True(t, e.OutcomeUnknown)
		assert.Equal(t, order, e.Reference)
	})
	t.Run("a wrong one-time code", func(t *testing.T) {
		client, _ := answering(t, 200, fixture(t, "error_wrong_otp.json"))
		e := errorOf(t, everyCall()["CreateWalletPayin"](t.Context(), client))
		assert.Equal(t, guichet.ErrDeclined, e.Kind)
		assert.Equal(t, "15", e.ProviderCode)
		assert.False(t, e.OutcomeUnknown)
	})
}

func TestRefusalWithoutACode(t *testing.T) {
	for _, text := range []string{`null`, `""`, `"Erreur"`, `"Echec (Code)"`, `"Echec (CodeXX)"`, `["Echec"]`} {
		t.Run("T21: "+text, func(t *testing.T) {
			body := `{"response_code":"01","response_text":` + text + `}`
			for code, kind := range map[int]error{200: guichet.ErrBadResponse, 400: guichet.ErrInvalidRequest, 401: guichet.ErrUnauthorized, 500: guichet.ErrUnavailable} {
				client, _ := answering(t, code, body)
				e := errorOf(t, create(francs(5000))(t.Context(), client))
				assert.Equal(t, kind, e.Kind)
				assert.Equal(t, kind == guichet.ErrBadResponse || kind == guichet.ErrUnavailable, e.OutcomeUnknown)
				assert.Empty(t, e.ProviderCode)
			}
		})
	}
}

// The case, the blanks and the accent of "Echec (Code00)" vary.
func TestSubCodeForms(t *testing.T) {
	for text, want := range map[string]string{
		"Echec (Code00)": "00", "Echec (Code 00)": "00", "ECHEC (CODE00)": "00", "echec (code00)": "00", "Échec (Code00)": "00", "ÉCHEC (CODE 00)": "00",
		"e\u0301chec (code00)": "00", "E\u0301CHEC (CODE00)": "00", "Echec(Code00)": "00", "Echec  ( Code  00 )": "00", "Echec\u00a0(Code\u202f00)": "00",
		"\tEchec\n(Code00)\r\n": "00", "Erreur : Echec (Code00), voir wiki": "00", "Echec (Code03a)": "03a", "ECHEC (CODE03A)": "03a", "Echec (Code 03 )": "03",
		"Echec (Code123)": "123", "Echec (Code15) Echec (Code00)": "15",
		"Echec (Code0)": "", "Echec (Code1234)": "", "Echec (Code03ab)": "", "Echec Code00": "", "(Code00)": "", "Code00": "", "Echec (00)": "", "Echec (Code)": "", "Echec (Code٠٠)": "",
	} {
		t.Run(text, func(t *testing.T) {
			body, err := json.Marshal(map[string]string{"response_code": "01", "response_text": text})
			require.NoError(t, err)
			for op, call := range everyCall() {
				client, _ := answering(t, 200, string(body))
				e := errorOf(t, call(t.Context(), client))
				assert.Equal(t, want, e.ProviderCode, op)
				switch want {
				case "00":
					assert.Equal(t, guichet.ErrUnauthorized, e.Kind, op)
					assert.False(t, e.OutcomeUnknown, op)
				case "":
					assert.Equal(t, guichet.ErrBadResponse, e.Kind, op)
				}
				if want == "03a" && op == "CreateCustomerPayout" {
					assert.Equal(t, guichet.ErrConflict, e.Kind)
				}
			}
		})
	}
}

// A refusal names nothing that was made. One that does leaves the outcome open.
func TestRefusalWithAToken(t *testing.T) {
	for token, open := range map[string]bool{
		`""`: false, `null`: false, `false`: false, `[]`: false, `{}`: false, `"t0ken"`: true, `"\ud800"`: true, `7`: true, `true`: true, `["t0ken"]`: true, `{"a":"t0ken"}`: true,
	} {
		for _, status := range []int{200, 400, 403} {
			client, _ := answering(t, status, `{"response_code":"01","token":`+token+`,"response_text":"Echec (Code00) t0ken"}`)
			e := errorOf(t, create(francs(5000))(t.Context(), client))
			assert.Equal(t, guichet.ErrUnauthorized, e.Kind, token)
			assert.Equal(t, "00", e.ProviderCode, token)
			assert.Equal(t, open, e.OutcomeUnknown, token)
			if strings.Contains(token, "t0ken") {
				assert.NotContains(t, e.Error()+string(e.Raw()), "t0ken")
			}
		}
	}
}

// A page that answers is named, and the status decides.
func TestPagesAreNamed(t *testing.T) {
	for _, status := range []int{200, 400, 403, 404, 429, 500} {
		for op, call := range everyCall() {
			client, _ := newMock(t, config(), []guichet.Option{guichet.WithMaxRetries(0)}, httpmock.NewStringResponder(status, "\n<!doctype html><title>Access denied</title>"))
			assert.Equal(t, "the answer is an HTML page, not the API's JSON", errorOf(t, call(t.Context(), client)).Message, op)
		}
	}
}

func TestUnknownCode(t *testing.T) {
	for _, code := range []int{200, 400, 401, 500} {
		client, _ := answering(t, code, `{"response_code":"01","response_text":"Echec (Code77)"}`)
		e := errorOf(t, create(francs(5000))(t.Context(), client))
		assert.Equal(t, guichet.ErrBadResponse, e.Kind)
		assert.Equal(t, "77", e.ProviderCode)
		assert.True(t, e.OutcomeUnknown)
	}
}

func TestCreateThatLeavesItOpen(t *testing.T) {
	for name, body := range map[string]string{
		"no token":                    `{"response_code":"00","response_text":"ok"}`,
		"an empty token":              `{"response_code":"00","token":"","response_text":"ok"}`,
		"a token nobody can ask with": `{"response_code":"00","token":" "}`,
		"no response_code":            `{"token":"t"}`,
		"response_code as a number":   `{"response_code":0,"token":"t"}`,
		"response_code with a blank":  `{"response_code":"00 ","token":"t"}`,
		"response_code of one digit":  `{"response_code":"0","token":"t"}`,
		"an unknown sub-code":         `{"response_code":"01","response_text":"Echec (Code77)"}`,
		"null":                        `null`,
		"an empty object":             `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			for op, call := range everyCall() {
				if isRead(op) {
					continue
				}
				client, m := answering(t, 200, body)
				e := errorOf(t, call(t.Context(), client))
				assert.Equal(t, guichet.ErrBadResponse, e.Kind, op)
				assert.True(t, e.OutcomeUnknown, op)
				if name == "no response_code" && op != "SendWalletOTP" {
					assert.Contains(t, e.Message, "response_code")
				}
				m.One(t)
			}
		})
	}
	t.Run("success, and HTTP says otherwise", func(t *testing.T) {
		for _, code := range []int{302, 400, 404, 409, 500, 503} {
			client, m := answering(t, code, fixture(t, "hosted_created.json"))
			e := errorOf(t, create(francs(5000))(t.Context(), client))
			assert.True(t, e.OutcomeUnknown, code)
			m.One(t)
		}
	})
}

// TestSubCodes has every line of the tables: the kind, and, on a call that acts,
// whether the outcome is open.
func TestSubCodes(t *testing.T) {
	const (
		auth, invalid, declined, conflict, absent, open, unknown = "unauthorized", "invalid request", "declined", "conflict", "not found", "unavailable", "bad response"
	)
	payin := "00 " + auth + ";01 " + auth + ";02 " + invalid + ";03 " + auth + ";04 " + open + ";05 " + open + ";06 " + open + ";07 " + auth +
		";08 " + invalid + ";09 " + open + ";10 " + auth + ";11 " + auth + ";12 " + invalid + ";13 " + auth + ";14 " + declined + ";15 " + declined +
		";16 " + declined + ";17 " + unknown + ";03a " + unknown
	confirm := "00 " + auth + ";01 " + auth + ";02 " + absent + ";03 " + open + ";04 " + invalid + ";05 " + unknown
	tables := map[string]string{
		"CreatePayment": payin, "CreateInvoice": payin, "CreateDirect": payin, "CreateWalletPayin": payin, "SendWalletOTP": payin,
		"GetStatus": confirm, "PayinStatus": confirm, "PayoutStatus": confirm,
		"CreateCustomerPayout": "00 " + auth + ";01 " + auth + ";02 " + absent + ";03 " + auth + ";03a " + conflict + ";03b " + declined + ";04 " + declined +
			";05 " + invalid + ";06 " + auth + ";07 " + conflict + ";08 " + open + ";09 " + invalid + ";10 " + open + ";11 " + unknown + ";13 " + auth + ";14 " + auth,
		"CreateMerchantPayout": "00 " + auth + ";01 " + auth + ";02 " + invalid + ";03 " + auth + ";04 " + conflict + ";05 " + invalid + ";06 " + auth + ";07 " + auth +
			";08 " + declined + ";09 " + open + ";10 " + open + ";11 " + auth + ";12 " + auth + ";13 " + invalid + ";14 " + auth + ";15 " + unknown,
	}
	for op, call := range everyCall() {
		for _, line := range strings.Split(tables[op], ";") {
			code, kind, _ := strings.Cut(line, " ")
			t.Run(op+" Code"+code, func(t *testing.T) {
				client, m := answering(t, 200, `{"response_code":"01","token":"","response_text":"Echec (Code`+code+`)"}`)
				e := errorOf(t, call(t.Context(), client))
				assert.Equal(t, kind, e.Kind.Error())
				assert.Equal(t, code, e.ProviderCode)
				assert.Equal(t, !isRead(op) && (kind == open || kind == unknown), e.OutcomeUnknown)
				m.One(t)
			})
		}
	}
}

func TestOneTimeCodeAnswers(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		kind   error // nil: sent
	}{
		{"sent", 200, fixture(t, "otp_sent.json"), nil},
		{"refused", 200, fixture(t, "otp_refused.json"), guichet.ErrDeclined},
		{"refused on 400", 400, fixture(t, "otp_refused.json"), guichet.ErrDeclined},
		{"refused on 401", 401, fixture(t, "otp_refused.json"), guichet.ErrUnauthorized},
		{"refused on 500", 500, fixture(t, "otp_refused.json"), guichet.ErrUnavailable},
		{"sent, and HTTP says otherwise", 404, fixture(t, "otp_sent.json"), guichet.ErrNotFound},
		{"nothing said", 200, `{}`, guichet.ErrBadResponse},
		{"error as text", 200, `{"error":"false"}`, guichet.ErrBadResponse},
		{"error null", 200, `{"error":null}`, guichet.ErrBadResponse},
		{"an envelope that accepts", 200, fixture(t, "direct_created.json"), guichet.ErrBadResponse},
		{"an envelope that contradicts", 200, `{"error":false,"response_code":"01","response_text":"Echec (Code08)"}`, guichet.ErrInvalidRequest},
		{"HTML", 200, "<html>", guichet.ErrBadResponse},
		{"HTML on 400", 400, "<html>", guichet.ErrBadResponse},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, m := answering(t, test.status, test.body)
			err := client.SendWalletOTP(t.Context(), "+22670000000", 5000)
			m.One(t)
			if test.kind == nil {
				require.NoError(t, err)
				return
			}
			assert.Equal(t, test.kind, errorOf(t, err).Kind)
		})
	}
}

func TestAnswersThatAreNotLigdiCashs(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		kind   error
	}{
		{"T27: 500 HTML", 500, fixture(t, "error_bad_gateway.html"), guichet.ErrUnavailable},
		{"T27: 200 HTML", 200, fixture(t, "error_bad_gateway.html"), guichet.ErrBadResponse},
		{"T27: 200 empty", 200, "", guichet.ErrBadResponse},
		{"T27: cut JSON", 200, fixture(t, "hosted_created.json")[:60], guichet.ErrBadResponse},
		{"T27: 10 MB", 200, `{"response_code":"00","token":"t","response_text":"https://app.ligdicash.com/` + strings.Repeat("a", 10<<20) + `"}`, guichet.ErrBadResponse},
		{"T27: 429", 429, "slow down", guichet.ErrRateLimited},
		{"401 HTML", 401, "<html>", guichet.ErrUnauthorized},
		{"404 HTML", 404, "<html>", guichet.ErrNotFound},
		{"400 HTML", 400, "<html>", guichet.ErrBadResponse},
		{"409 with somebody else's JSON", 409, `{"message":"conflict"}`, guichet.ErrBadResponse},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, m := answering(t, test.status, test.body)
			p, err := client.CreatePayment(t.Context(), francs(5000))
			assert.Nil(t, p)
			e := errorOf(t, err)
			assert.Equal(t, test.kind, e.Kind)
			assert.Equal(t, test.kind == guichet.ErrUnavailable || test.kind == guichet.ErrBadResponse, e.OutcomeUnknown)
			assert.LessOrEqual(t, len(e.Raw()), 4<<10)
			assert.Less(t, len(e.Error()), 1<<10)
			m.One(t)
		})
	}
}

const secretToken = "eyJzZWNyZXQi.s3cr3t-t0ken+/="

// spelled is every form in which a provider or a proxy may give a secret back.
func spelled(secrets ...string) []string {
	var forms []string
	for _, s := range secrets {
		forms = append(forms, s, url.QueryEscape(s), url.PathEscape(s), hex.EncodeToString([]byte(s)),
			base64.StdEncoding.EncodeToString([]byte(s)), base64.URLEncoding.EncodeToString([]byte(s)))
	}
	return forms
}

func assertSecret(t *testing.T, forms []string, where, text string) {
	t.Helper()
	for _, form := range forms {
		assert.NotContains(t, text, form, where)
	}
}

func TestNothingSecretIsPrinted(t *testing.T) {
	const phone, email, otp = "22890000000", "kossi@exemple.com", "012345"
	knownTo := map[string][]string{
		"CreatePayment": {phone, email, "22891111111"}, "CreateInvoice": {phone, email}, "CreateDirect": {phone, email, otp},
		"SendWalletOTP": {phone}, "CreateWalletPayin": {phone, email, otp}, "CreateCustomerPayout": {phone}, "CreateMerchantPayout": {phone},
		"GetStatus": {secretToken}, "PayoutStatus": {secretToken}, "PayinStatus": {secretToken},
	}
	for op, call := range everyCall() {
		require.NotEmpty(t, knownTo[op], op)
		forms := spelled(append(knownTo[op], testKey, testToken)...)
		echo := strings.Join(forms, " ")
		quoted, err := json.Marshal(echo)
		require.NoError(t, err)
		for name, answer := range map[string]httpmock.Responder{
			"refusal":         httpmock.NewStringResponder(200, `{"response_code":"01","response_text":"Echec (Code08)","description":`+string(quoted)+`}`),
			"refusal's text":  httpmock.NewStringResponder(200, `{"response_code":"01","response_text":`+string(quoted)+`}`),
			"wiki":            httpmock.NewStringResponder(403, `{"response_code":"01","wiki":"https://client.ligdicash.com/?k=`+testKey+`"}`),
			"details":         httpmock.NewStringResponder(400, `{"response_code":"01","response_text":"Echec (Code04)","response_text_details":`+string(quoted)+`}`),
			"message":         httpmock.NewStringResponder(200, `{"error":true,"message":`+string(quoted)+`}`),
			"HTML":            httpmock.NewStringResponder(502, "<html>"+echo+"</html>"),
			"unreadable":      httpmock.NewStringResponder(200, `{"response_code":`+string(quoted)),
			"a created token": httpmock.NewStringResponder(200, `{"response_code":"02","token":"`+secretToken+`","response_text":"`+secretToken+`"}`),
			"no network":      httpmock.NewErrorResponder(&url.Error{Op: "Get", URL: base + "?invoiceToken=" + secretToken, Err: errors.New(echo)}),
		} {
			t.Run("T29: "+op+", "+name, func(t *testing.T) {
				forms := forms
				if name == "a created token" && op != "SendWalletOTP" {
					forms = append(forms, spelled(secretToken)...)
				}
				look := func(where, text string) { assertSecret(t, forms, where, text) }
				var logs bytes.Buffer
				logger := slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime}))
				client, _ := newMock(t, config(), []guichet.Option{guichet.WithLogger(logger), guichet.WithMaxRetries(0)}, answer)
				err := call(t.Context(), client)
				e := errorOf(t, err)
				for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s"} {
					look(verb, fmt.Sprintf(verb, err))
					look(verb, fmt.Sprintf(verb, *e))
					look(verb, fmt.Sprintf(verb, client))
				}
				for _, inner := range e.Unwrap() {
					look("unwrapped", fmt.Sprintf("%+v", inner))
				}
				data, err := json.Marshal(e)
				require.NoError(t, err)
				look("JSON", string(data))
				look("Raw", string(e.Raw()))
				logger.Error("failed", "err", e, "client", client)
				assert.NotEmpty(t, logs.String())
				look("logs", logs.String())
			})
		}
	}
	t.Run("T29: what the caller holds", func(t *testing.T) {
		forms := spelled(testKey, testToken, secretToken, phone, email, otp)
		client, _ := newMock(t, config(), nil, httpmock.NewStringResponder(200,
			`{"response_code":"00","token":"`+secretToken+`","response_text":"https://app.ligdicash.com/pay/invoice/`+secretToken+`","status":"pending","customer":"22890000000","customer_details":{"email":"kossi@exemple.com"}}`))
		native, portable := yas()
		native.OTP = "012345"
		payin, err := client.CreateDirect(t.Context(), native)
		require.NoError(t, err)
		state, err := client.PayinStatus(t.Context(), secretToken)
		require.NoError(t, err)
		payout, err := client.CreateMerchantPayout(t.Context(), ligdicash.PayoutRequest{TransactionID: order, Amount: 100, Phone: "+22890000000"})
		require.NoError(t, err)
		payoutState, err := client.PayoutStatus(t.Context(), secretToken)
		require.NoError(t, err)
		webhook, err := ligdicash.DecodeWebhook([]byte(`{"transaction_id":"A","customer":"22890000000","token":"` + secretToken + `","customer_details":{"email":"kossi@exemple.com"}}`))
		require.NoError(t, err)
		assert.Equal(t, "kossi@exemple.com", webhook.CustomerDetails.Email)
		var logs bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
		for _, v := range []any{
			config(), client, native, portable, *payin, payin, *state, state, state.CustomerDetails, *payout, *payoutState, *webhook,
			ligdicash.PayoutRequest{Phone: "+22890000000"}, payin.Envelope,
			ligdicash.CustomData{{Key: "contact", Value: email}}, &ligdicash.CustomData{{Key: "contact", Value: phone}},
		} {
			for _, verb := range []string{"%v", "%+v", "%#v"} {
				assertSecret(t, forms, fmt.Sprintf("%T", v), fmt.Sprintf(verb, v))
			}
			logger.Info("held", "value", v)
		}
		assertSecret(t, forms, "logs", logs.String())
		data, err := json.Marshal(config())
		require.NoError(t, err)
		assertSecret(t, forms, "JSON of the settings", string(data))
		data, err = json.Marshal(native)
		require.NoError(t, err)
		assert.NotContains(t, string(data), "012345", "a one-time code is not for storing")
	})
}

func TestUnknownClient(t *testing.T) {
	for op, call := range everyCall() {
		err := call(t.Context(), &ligdicash.Client{})
		assert.ErrorIs(t, err, guichet.ErrInvalidRequest, op)
	}
	assert.ErrorIs(t, (&ligdicash.Client{}).Do(t.Context(), http.MethodGet, "/x", nil, nil), guichet.ErrInvalidRequest)
}

// withoutTime leaves the time out of a log: its digits may be those of a secret.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
