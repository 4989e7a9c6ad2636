package guichet_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/guichetpay/guichet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Confirms is nil for exactly one reading of every combination of status, order
// and amount.
func TestConfirms(t *testing.T) {
	statuses := []guichet.Status{
		guichet.StatusUnknown, guichet.StatusPending, guichet.StatusSucceeded, guichet.StatusFailed, guichet.StatusCanceled, guichet.StatusExpired, guichet.StatusRefunded,
		"paid", "Succeeded", "succeeded ",
	}
	amounts := []guichet.Money{
		{}, guichet.NewMoney(5000, guichet.XOF), guichet.NewMoney(4999, guichet.XOF), guichet.NewMoney(5000, guichet.XAF), guichet.NewMoney(5000, ""),
		guichet.NewMoney(0, guichet.XOF), guichet.NewMoney(-5000, guichet.XOF),
	}
	orders := []string{"", "CMD-1", "CMD-2", "cmd-1", "CMD-1 "}
	confirmed := 0
	for _, status := range statuses {
		for _, paid := range amounts {
			for _, paidFor := range orders {
				for _, want := range amounts {
					for _, order := range orders {
						p := &guichet.Payment{Provider: "lygos", Status: status, Amount: paid, Reference: paidFor}
						err := p.Confirms(order, want)
						name := fmt.Sprintf("%q %v for %q, want %v for %q", status, paid, paidFor, want, order)
						var kind error
						switch {
						case order == "" && want == guichet.Money{}, want != guichet.Money{} && (want.Minor <= 0 || want.Currency == ""),
							(order == "") != (paidFor == ""), (want == guichet.Money{}) != (paid == guichet.Money{}):
							kind = guichet.ErrInvalidRequest
						case status != guichet.StatusSucceeded:
							kind = guichet.ErrNotPaid
						case order != paidFor, want != paid:
							kind = guichet.ErrMismatch
						default:
							confirmed++
							require.NoError(t, err, name)
							continue
						}
						require.ErrorIs(t, err, kind, name)
						e, ok := err.(*guichet.Error)
						require.True(t, ok)
						assert.Equal(t, kind, e.Kind, name)
						assert.Equal(t, "lygos", e.Provider)
						assert.Equal(t, "Confirms", e.Op)
					}
				}
			}
		}
	}
	assert.NotZero(t, confirmed)

	var none *guichet.Payment
	require.ErrorIs(t, none.Confirms("CMD-1", guichet.NewMoney(5000, guichet.XOF)), guichet.ErrInvalidRequest)
	require.ErrorIs(t, new(guichet.Payment).Confirms("", guichet.Money{}), guichet.ErrInvalidRequest)
}

var secrets = []string{
	"pay_SECRET_ID", "https://pay.example/SECRET_LINK", "SECRET_RAW", "SECRET_OTP", "+22670123456", "22670123456", "awa@example.com", "Awa", "Diallo",
	"SECRET_URL", "SECRET_META", "SECRET_DESCRIPTION", "SECRET_BODY", "SECRET_EVENT_ID", "SECRET_KEY",
}

func payment() guichet.Payment {
	return guichet.Payment{
		ID: "pay_SECRET_ID", Reference: "CMD-1", Provider: "lomi", Status: guichet.StatusPending, ProviderStatus: "open",
		Amount: guichet.NewMoney(1250, guichet.EUR), CheckoutURL: "https://pay.example/SECRET_LINK?a=1&b=<2>",
		CreatedAt: time.Date(2026, 3, 2, 8, 15, 30, 123456789, time.UTC), ExpiresAt: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		Raw: json.RawMessage(`{"raw":"SECRET_RAW","n":9007199254740993,"html":"<&>"}`),
	}
}

func paymentRequest() guichet.PaymentRequest {
	return guichet.PaymentRequest{
		Reference: "CMD-1", Amount: guichet.NewMoney(5000, guichet.XOF), Description: "SECRET_DESCRIPTION",
		Customer:    guichet.Customer{FirstName: "Awa", LastName: "Diallo", Email: "awa@example.com", Phone: "+22670123456"},
		MobileMoney: &guichet.MobileMoney{Phone: "+22670123456", Country: "BF", Operator: "orange", OTP: "SECRET_OTP"},
		SuccessURL:  "https://shop.example/SECRET_URL", CancelURL: "https://shop.example/SECRET_URL", CallbackURL: "https://shop.example/SECRET_URL",
		Metadata: map[string]string{"k": "SECRET_META"}, IdempotencyKey: "SECRET_KEY",
	}
}

// printed are all the ways in which fmt and slog show a value.
func printed(v any) map[string]string {
	out := map[string]string{}
	for _, verb := range strings.Fields("%v %+v %#v %s %+s %#s %q %+q %#q %x %X %#x %d %t %e %g %c %U %b %o %10v %-40v| %.3v %6.2f %010d") {
		out[verb] = fmt.Sprintf(verb, v)
	}
	out["Sprint"] = fmt.Sprint(v)
	out["Sprintln"] = fmt.Sprintln(v)
	out["Errorf"] = fmt.Errorf("x: %v", v).Error()
	out["slice"] = fmt.Sprintf("%v %+v", []any{v}, map[string]any{"k": v})
	out["field"] = fmt.Sprintf("%v %+v %#v", struct{ V any }{v}, struct{ V any }{v}, struct{ V any }{v})
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"slog text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"slog json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).With("with", v).Info("x", "value", v, slog.Group("g", slog.Any("inner", v)))
		out[name] = b.String()
	}
	return out
}

func TestPrintedFormsShowNothingPrivate(t *testing.T) {
	p, r := payment(), paymentRequest()
	e := guichet.Event{ID: "SECRET_EVENT_ID", Type: "payment.success", Reference: "CMD-1", PaymentID: "pay_SECRET_ID", Verified: true, Raw: []byte("SECRET_BODY")}
	values := map[string]any{
		"Payment": p, "*Payment": &p, "PaymentRequest": r, "*PaymentRequest": &r, "Customer": r.Customer, "*Customer": &r.Customer,
		"MobileMoney": *r.MobileMoney, "*MobileMoney": r.MobileMoney, "Event": e, "*Event": &e,
		"slice": []guichet.Payment{p}, "pointers in a field": struct{ P guichet.Payment }{p},
		"Page of values": struct{ Payments []guichet.Payment }{[]guichet.Payment{p}},
	}
	for name, v := range values {
		for form, text := range printed(v) {
			if strings.HasPrefix(form, "slog json") && (name == "slice" || strings.Contains(name, "field") || strings.Contains(name, "Page")) {
				continue // slog marshals what is inside as JSON, which is faithful so that it can be stored
			}
			for _, secret := range secrets {
				assert.NotContains(t, text, secret, "%s by %s", name, form)
			}
		}
	}
	assert.Equal(t, `Payment{Provider:"lomi" Reference:"CMD-1" Status:"pending" ProviderStatus:"open" Amount:12.50 EUR}`, fmt.Sprintf("%+v", p))
	assert.Equal(t, `PaymentRequest{Reference:"CMD-1" Amount:5000 XOF Direct:true}`, fmt.Sprint(&r))
	assert.Equal(t, `PaymentRequest{Reference:"" Amount:- Direct:false}`, fmt.Sprint(guichet.PaymentRequest{}))
	assert.Equal(t, `Customer{[redacted]}`, fmt.Sprint(r.Customer))
	assert.Equal(t, `Customer{}`, fmt.Sprint(guichet.Customer{}))
	assert.Equal(t, `MobileMoney{Country:"BF" Operator:"orange"}`, fmt.Sprint(r.MobileMoney))
	assert.Equal(t, `Event{Type:"payment.success" Reference:"CMD-1" Verified:true}`, fmt.Sprint(e))
	assert.Contains(t, fmt.Sprint(guichet.Payment{}), `Status:"unknown"`)
	for _, field := range []string{"provider=lomi", "reference=CMD-1", "status=pending", "provider_status=open", `amount="12.50 EUR"`} {
		assert.Contains(t, printed(p)["slog text"], "value."+field)
	}
	assert.Contains(t, printed(r)["slog text"], "direct=true")
	assert.Contains(t, printed(e)["slog text"], "verified=true")

	var none *guichet.Payment
	assert.Equal(t, "<nil>", fmt.Sprint(none))
}

// A hostile reference cannot forge a second log line.
func TestPrintedFormsAreOneLine(t *testing.T) {
	p := payment()
	p.Reference, p.ProviderStatus = "CMD-1\nlevel=INFO paid", "ok\r\n\u2028"
	r := paymentRequest()
	r.Reference = "CMD-1\nlevel=INFO paid"
	e := guichet.Event{Type: "a\nb", Reference: "c\nd"}
	for _, v := range []any{p, r, e} {
		assert.NotContains(t, fmt.Sprintf("%+v", v), "\n")
	}
}

func TestPaymentJSONIsFaithful(t *testing.T) {
	p := payment()
	data, err := json.Marshal(p)
	require.NoError(t, err)
	var back guichet.Payment
	require.NoError(t, json.Unmarshal(data, &back))
	assert.JSONEq(t, string(p.Raw), string(back.Raw))
	assert.Contains(t, string(back.Raw), "9007199254740993", "digit for digit")
	back.Raw = p.Raw
	assert.Equal(t, p, back)

	p.Raw, p.CreatedAt, p.ExpiresAt, p.Amount, p.Replayed, p.Captures = nil, time.Time{}, time.Time{}, guichet.Money{}, false, 0
	data, err = json.Marshal(&p)
	require.NoError(t, err)
	for _, absent := range []string{"raw", "created_at", "expires_at", "amount", "replayed", "captures"} {
		assert.NotContains(t, string(data), `"`+absent+`"`)
	}
	back = guichet.Payment{}
	require.NoError(t, json.Unmarshal(data, &back))
	assert.Equal(t, p, back)

	require.NoError(t, json.Unmarshal([]byte(`{"id":"x"}`), &back))
}

func TestRequestJSONIsFaithfulButForTheCode(t *testing.T) {
	r := paymentRequest()
	data, err := json.Marshal(r)
	require.NoError(t, err)
	assert.NotContains(t, string(data), "SECRET_OTP")
	var back guichet.PaymentRequest
	require.NoError(t, json.Unmarshal(data, &back))
	want := r
	direct := *r.MobileMoney
	direct.OTP = ""
	want.MobileMoney = &direct
	assert.Equal(t, want, back)

	plain := guichet.PaymentRequest{Reference: "CMD-1", Amount: guichet.NewMoney(1, guichet.XOF)}
	data, err = json.Marshal(plain)
	require.NoError(t, err)
	assert.JSONEq(t, `{"reference":"CMD-1","amount":{"minor":1,"currency":"XOF"}}`, string(data))
}

func TestEventJSON(t *testing.T) {
	data, err := json.Marshal(guichet.Event{ID: "e1", Raw: []byte("SECRET_BODY")})
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"e1","verified":false}`, string(data))
}

// A worker that reads what was stored into one variable after the other must not
// mix two orders: the customer of the first would be prompted for the second, and
// the second would be delivered for the money of the first.
func TestStoredValuesAreNotMixed(t *testing.T) {
	load := func(v any, text string) error { return json.Unmarshal([]byte(text), v) }

	var r guichet.PaymentRequest
	require.NoError(t, load(&r, `{"reference":"A","amount":{"minor":500,"currency":"XOF"},"mobile_money":{"phone":"+22890000000"},"metadata":{"a":"1"},"idempotency_key":"A"}`))
	r.MobileMoney.OTP = "1234"
	require.NoError(t, load(&r, `{"reference":"B","amount":{"minor":700,"currency":"XOF"},"mobile_money":{"phone":"+22891111111"}}`))
	assert.Equal(t, guichet.PaymentRequest{
		Reference: "B", Amount: guichet.NewMoney(700, guichet.XOF), MobileMoney: &guichet.MobileMoney{Phone: "+22891111111"},
	}, r)
	require.NoError(t, load(&r, `{"reference":"C","amount":{"minor":900,"currency":"XOF"}}`))
	assert.Nil(t, r.MobileMoney, "the phone of the customer before")

	var p guichet.Payment
	paid, err := json.Marshal(guichet.Payment{
		ID: "tx-a", Reference: "A", Status: guichet.StatusSucceeded, Amount: guichet.NewMoney(5000, guichet.XOF), CheckoutURL: "https://pay.example/a",
	})
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(paid, &p))
	require.NoError(t, p.Confirms("A", guichet.NewMoney(5000, guichet.XOF)))
	require.NoError(t, load(&p, `{"id":"tx-b","provider":"caurisflux","status":"succeeded"}`))
	assert.ErrorIs(t, p.Confirms("A", guichet.NewMoney(5000, guichet.XOF)), guichet.ErrInvalidRequest, "it reports neither")
	assert.Empty(t, p.CheckoutURL)

	var all []guichet.Payment // encoding/json reuses the elements as well
	require.NoError(t, json.Unmarshal([]byte("["+string(paid)+"]"), &all))
	all = all[:0]
	require.NoError(t, load(&all, `[{"id":"tx-b","status":"succeeded"}]`))
	assert.Equal(t, []guichet.Payment{{ID: "tx-b", Status: guichet.StatusSucceeded}}, all)

	require.NoError(t, json.Unmarshal(paid, &p))
	assert.Error(t, load(&p, `{"id":"tx-c","status":"succeeded","amount":{"minor":50.5,"currency":"XOF"}}`))
	assert.Equal(t, guichet.Payment{}, p, "whoever overlooks the error has no payment")

	e := guichet.Event{ID: "e1", Reference: "A", PaymentID: "tx-a", Verified: true, Raw: []byte("{}")}
	require.NoError(t, load(&e, `{"id":"e2","verified":false}`))
	assert.Equal(t, guichet.Event{ID: "e2"}, e)
}
