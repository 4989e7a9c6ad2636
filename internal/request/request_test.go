package request

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// all accepts every field; none accepts as little as it can.
var (
	all = Rules{
		Provider: "fakepay", AcceptKey: true, AcceptOTP: true,
		Capabilities: guichet.Capabilities{Direct: true, Callback: true, Metadata: true},
	}
	none = Rules{Provider: "fakepay", Capabilities: guichet.Capabilities{Currencies: []guichet.Currency{guichet.XOF}}}
)

func full() guichet.PaymentRequest {
	return guichet.PaymentRequest{
		Reference: "CMD-2024-001", Amount: guichet.NewMoney(5000, guichet.XOF), Description: "Abonnement Pro — Janvier",
		Customer:    guichet.Customer{FirstName: "Kossi", LastName: "Amah", Email: "kossi@exemple.com", Phone: "+22890000000"},
		MobileMoney: &guichet.MobileMoney{Phone: "+22670000000", Country: "BF", Operator: "orange", OTP: "048151"},
		SuccessURL:  "https://shop.example/ok", CancelURL: "https://shop.example/no", CallbackURL: "https://shop.example/hook?x=1",
		Metadata: map[string]string{"k": "v"}, IdempotencyKey: "CMD-2024-001/1",
	}
}

func TestGoodRequests(t *testing.T) {
	require.NoError(t, all.Payment(full()))
	require.NoError(t, none.Payment(guichet.PaymentRequest{Reference: "1", Amount: guichet.NewMoney(1, guichet.XOF)}))
	pre := full() // what only pre-fills a form is best effort, never unsupported
	pre.MobileMoney, pre.CallbackURL, pre.Metadata, pre.IdempotencyKey = nil, "", nil, ""
	require.NoError(t, none.Payment(pre))
}

// refused asserts the kind, that the message names the field first, and that the
// value is nowhere in it.
func refused(t *testing.T, err error, kind error, field, value string) {
	t.Helper()
	require.Error(t, err, "%s: %.60q", field, value)
	e, ok := err.(*guichet.Error)
	require.True(t, ok)
	assert.Equal(t, kind, e.Kind, "%s: %.60q", field, value)
	assert.Equal(t, "fakepay", e.Provider)
	assert.True(t, strings.HasPrefix(e.Message, field+": "), "%s: %s", field, e.Message)
	if len(value) > 3 && value != "XOF " {
		assert.NotContains(t, err.Error(), value)
	}
}

func TestUnsupportedFields(t *testing.T) {
	base := guichet.PaymentRequest{Reference: "CMD-1", Amount: guichet.NewMoney(5000, guichet.XOF)}
	for field, set := range map[string]func(r *guichet.PaymentRequest){
		"MobileMoney":     func(r *guichet.PaymentRequest) { r.MobileMoney = &guichet.MobileMoney{Phone: "+22670000000"} },
		"IdempotencyKey":  func(r *guichet.PaymentRequest) { r.IdempotencyKey = "k" },
		"CallbackURL":     func(r *guichet.PaymentRequest) { r.CallbackURL = "https://shop.example/hook" },
		"Metadata":        func(r *guichet.PaymentRequest) { r.Metadata = map[string]string{"k": "v"} },
		"Amount.Currency": func(r *guichet.PaymentRequest) { r.Amount = guichet.NewMoney(5000, guichet.USD) },
	} {
		r := base
		set(&r)
		refused(t, none.Payment(r), guichet.ErrUnsupported, field, "")
		require.NoError(t, all.Payment(r), field)
	}
	r := base
	r.MobileMoney = &guichet.MobileMoney{Phone: "+22670000000", OTP: "048151"}
	pushOnly := all
	pushOnly.AcceptOTP = false
	refused(t, pushOnly.Payment(r), guichet.ErrUnsupported, "MobileMoney.OTP", "048151")
	r.Metadata = map[string]string{}
	r.MobileMoney = nil
	require.NoError(t, none.Payment(r), "an empty map is not set")
}

func TestBadAmounts(t *testing.T) {
	for _, amount := range []guichet.Money{
		{}, guichet.NewMoney(0, guichet.XOF), guichet.NewMoney(-1, guichet.XOF), guichet.NewMoney(math.MinInt64, guichet.XOF), guichet.NewMoney(5000, ""),
		guichet.NewMoney(5000, "xof"), guichet.NewMoney(5000, "XOF "), guichet.NewMoney(5000, "XO"), guichet.NewMoney(5000, "XOFF"), guichet.NewMoney(5000, "CFA"),
		guichet.NewMoney(5000, "FCFA"), guichet.NewMoney(5000, "X\x00F"), guichet.NewMoney(5000, "\u0425\u041eF"),
	} {
		for _, rules := range []Rules{all, none} {
			r := full()
			r.MobileMoney, r.CallbackURL, r.Metadata, r.IdempotencyKey, r.Amount = nil, "", nil, "", amount
			refused(t, rules.Payment(r), guichet.ErrInvalidRequest, "Amount", string(amount.Currency))
		}
	}
	assert.Empty(t, Amount(guichet.NewMoney(math.MaxInt64, guichet.XOF)), "limits are the provider's")
}

// The bad-input list: each value is refused or, where it is true, sent as it is.
func TestBadText(t *testing.T) {
	long := strings.Repeat("a", 256)
	ids := map[string]bool{
		"": false, " ": false, "a ": false, " a": false, "\t": false, "\r\n": false, "a\r\nb": false, "\x00": false, "a\x00b": false, "\x7f": false, "\u0085": false, "\u00a0x": false,
		"pay_\xff": false, "\xed\xa0\x80": false, long: false, strings.Repeat("a", 10_000): false, strings.Repeat("a", 1_000_000): false,
		strings.Repeat("é", 128): false, // 256 bytes
		"a":                      true, ".": true, "..": true, "../payouts": true, "a/b": true, `a\b`: true, "a?x=1": true, "%2f": true, "%252e": true, ";": true, "&payoutToken=z": true,
		"{id}": true, "é": true, "e\u0301": true, "\u200b": true, "\u202e": true, "\ufeff": true, strings.Repeat("a", 129): true, long[:255]: true,
		"__proto__": true, "' OR 1=1": true, "=cmd|' /C calc'!A0": true, "${jndi:ldap://h}": true, "null": true, "undefined": true, "-rf": true, "a b": true,
	}
	texts := map[string]bool{
		"": true, "   ": true, "\r\n": true, "\u202e": true, "</script>": true, "\U0001f389": true, "مرحبا": true, strings.Repeat("a", 4096): true, "@file": true,
		strings.Repeat("a", 4097): false, strings.Repeat("\U0001f389", 10_000): false, "\x00": false, "a\x00": false, "\xff": false, "\xed\xa0\x80": false,
	}
	phones := map[string]bool{
		"+22670000000": true, "+2250700000000": true,
		"0": false, "+": false, "+226": false, "+22670000000000000000": false, "70 00 00 00": false, "70-00-00-00": false, "0022670000000": false, "+226(70)000000": false, "tel:+22670000000": false,
		"+226\uff170000000": false, "+22670000000\r\nX: 1": false, "+22670000000;ext=1": false, "+22670000OOO": false, "\u200f+22670000000": false, "+22670000000\u200f": false,
		" +22670000000": false, "+22670000000 ": false, "22670000000": false, "+02267000000": false, "++2267000000": false, "\uff0b22670000000": false,
	}
	urls := map[string]bool{
		"https://shop.example": true, "https://shop.example/ok?order=1&x=%2F#top": true, "http://shop.example/ok": true, "http://localhost:8080/ok": true, "https://caf\u00e9.example/": true,
		"https://xn--caf-dma.example/": true, "https://[2001:db8::1]/": true, "https://shop.example:8443/": true,
		"/ok": false, "ok": false, "//shop.example/p": false, "https://": false, "https:///p": false, "https:shop.example": false, "https://user:pass@shop.example": false, "https://user@shop.example": false,
		"https://h\\@evil.example": false, "https://shop.example/a\\b": false, "https://shop.example/%zz": false, "javascript:alert(1)": false, "data:text/html,x": false, "file:///etc/passwd": false,
		"ftp://shop.example/": false, "https://shop.example/\r\nX: 1": false, "https://shop.example/\t": false, "https://shop.example/a b": false, " https://shop.example": false, "https://shop.example/\x00": false,
		"https://shop.example/\xff": false, "https://shop.example/\"onclick=": false, "https://shop.example/<script>": false, "https://shop.example:port/": false, "https://[::1": false, "mailto:a@b.example": false,
		"https://shop.example/" + strings.Repeat("a", 2048): false, "intent://x": false, "HTTPS": false,
	}
	countries := map[string]bool{"BF": true, "CI": true, "bf": false, "BFA": false, "B": false, "B1": false, "B\u0130": false, "\u0412\u0424": false, " BF": false, "B\x00": false}
	metadata := map[string]bool{"": false, " ": false, "a\r\nb": false, "\xff": false, long: false, "@file": true, "status": true, "__proto__": true}

	rows := []struct {
		field    string
		set      func(r *guichet.PaymentRequest, s string)
		values   map[string]bool
		optional bool // empty is not set
	}{
		{"Reference", func(r *guichet.PaymentRequest, s string) { r.Reference = s }, ids, false},
		{"IdempotencyKey", func(r *guichet.PaymentRequest, s string) { r.IdempotencyKey = s }, ids, true},
		{"Customer.Email", func(r *guichet.PaymentRequest, s string) { r.Customer.Email = s }, ids, true},
		{"MobileMoney.Operator", func(r *guichet.PaymentRequest, s string) { r.MobileMoney.Operator = s }, ids, true},
		{"MobileMoney.OTP", func(r *guichet.PaymentRequest, s string) { r.MobileMoney.OTP = s }, ids, true},
		{"Description", func(r *guichet.PaymentRequest, s string) { r.Description = s }, texts, true},
		{"Customer.FirstName", func(r *guichet.PaymentRequest, s string) { r.Customer.FirstName = s }, texts, true},
		{"Customer.LastName", func(r *guichet.PaymentRequest, s string) { r.Customer.LastName = s }, texts, true},
		{"Customer.Phone", func(r *guichet.PaymentRequest, s string) { r.Customer.Phone = s }, phones, true},
		{"MobileMoney.Phone", func(r *guichet.PaymentRequest, s string) { r.MobileMoney.Phone = s }, phones, false},
		{"MobileMoney.Country", func(r *guichet.PaymentRequest, s string) { r.MobileMoney.Country = s }, countries, true},
		{"SuccessURL", func(r *guichet.PaymentRequest, s string) { r.SuccessURL = s }, urls, true},
		{"CancelURL", func(r *guichet.PaymentRequest, s string) { r.CancelURL = s }, urls, true},
		{"CallbackURL", func(r *guichet.PaymentRequest, s string) { r.CallbackURL = s }, urls, true},
		{"Metadata", func(r *guichet.PaymentRequest, s string) { r.Metadata = map[string]string{s: "v"} }, metadata, false},
		{"Metadata", func(r *guichet.PaymentRequest, s string) { r.Metadata = map[string]string{"panier": "v", s: "v"} }, map[string]bool{"Panier": false, "PANIER": false, "panier ": false, "paniers": true}, false},
		{"Metadata", func(r *guichet.PaymentRequest, s string) { r.Metadata = map[string]string{"a": "b", "k": s} }, texts, true},
	}
	for _, row := range rows {
		t.Run(row.field, func(t *testing.T) {
			for value, good := range row.values {
				r := full()
				row.set(&r, value)
				err := all.Payment(r)
				if good || value == "" && row.optional {
					require.NoError(t, err, "%.60q", value)
					continue
				}
				refused(t, err, guichet.ErrInvalidRequest, row.field, value)
			}
			r := full()
			row.set(&r, "")
			if row.optional {
				require.NoError(t, all.Payment(r))
			} else {
				require.ErrorIs(t, all.Payment(r), guichet.ErrInvalidRequest)
			}
		})
	}
}

// Embedded is a part of another request.
type Embedded struct{ Deep string }

func TestBadTextNamesTheField(t *testing.T) {
	type inner struct{ Note *string }
	type outer struct {
		Title    string
		Items    []inner
		Metadata map[string]any
		hidden   string
		*Embedded
	}
	bad, good := "a\xff", "a\u00e9"
	circle := map[string]any{}
	circle["again"] = circle
	for name, v := range map[string]any{
		"":           outer{Title: good, Items: []inner{{}, {&good}}, Metadata: circle, hidden: bad},
		"Title":      &outer{Title: bad, Items: []inner{{&bad}}},
		"Items.Note": outer{Items: []inner{{}, {&bad}}},
		"Deep":       outer{Embedded: &Embedded{bad}},
		"Metadata":   outer{Metadata: map[string]any{"a": []any{1, map[string]any{bad: nil}}}},
	} {
		assert.Equal(t, name, BadText(v))
	}
	assert.Empty(t, BadText(nil))
}

func TestList(t *testing.T) {
	for _, params := range []guichet.ListParams{{}, {Limit: 1}, {Limit: 100}, {Cursor: "abc"}, {Limit: 7, Cursor: "../x?y&z"}} {
		require.NoError(t, all.List(params), params)
	}
	for _, limit := range []int{-1, 101, math.MinInt, math.MaxInt} {
		refused(t, all.List(guichet.ListParams{Limit: limit}), guichet.ErrInvalidRequest, "Limit", "")
	}
	for _, cursor := range []string{"\x00", "a\xff", strings.Repeat("a", 4097)} {
		refused(t, all.List(guichet.ListParams{Cursor: cursor}), guichet.ErrInvalidRequest, "Cursor", cursor)
	}
}

func TestKey(t *testing.T) {
	for _, key := range []string{"k", "sk_live_abc-123.~!\"'", "pk:sk", strings.Repeat("k", 4096)} {
		assert.Empty(t, Key(key))
	}
	for _, key := range []string{"", " ", "k ", " k", "k\n", "k\r\nX-Evil: 1", "k\x00", "ké", "k\x7f", "Bearer k", "k\tk", "k\u200b", "\xff", strings.Repeat("k", 4097)} {
		assert.NotEmpty(t, Key(key), "%q", key)
		refused(t, all.Config(Field{"APIKey", Key(key)}), guichet.ErrInvalidRequest, "Config.APIKey", strings.TrimSpace(key))
	}
}

func TestConfig(t *testing.T) {
	require.NoError(t, all.Config())
	require.NoError(t, all.Config(Field{"A", ""}, Field{"B", ""}))
	err := all.Config(Field{"A", ""}, Field{"B", "is wrong"}, Field{"C", "is wrong too"})
	refused(t, err, guichet.ErrInvalidRequest, "Config.B", "")
	e, _ := err.(*guichet.Error)
	assert.Equal(t, "New", e.Op)
}

func TestWebhookSecrets(t *testing.T) {
	const long = "whsec_123456"
	rows := []struct {
		current, previous string
		field             string // the one refused; empty: none
	}{
		{"", "", ""}, {long, "", ""}, {long, "whsec_old456", ""}, {"12345678", "", ""},
		{"", long, "Config.WebhookSecret"}, {"short12", "", "Config.WebhookSecret"}, {long, "short12", "Config.PreviousWebhookSecret"},
		{long + "\n", "", "Config.WebhookSecret"}, {long, long + " ", "Config.PreviousWebhookSecret"}, {"        ", "", "Config.WebhookSecret"},
	}
	for _, row := range rows {
		err := all.Config(WebhookSecrets(row.current, row.previous)...)
		if row.field == "" {
			require.NoError(t, err)
			continue
		}
		refused(t, err, guichet.ErrInvalidRequest, row.field, row.current)
	}
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"https://shop.example/ok", "//h", "https://u:p@h", "https://h\\@evil", "javascript:alert(1)", "https://h/\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if URL(s) != "" {
			return
		}
		if !strings.HasPrefix(strings.ToLower(s), "http") || strings.ContainsAny(s, "\r\n\t\x00 <>\"\\") || len(s) > 2048 {
			t.Errorf("%q is accepted", s)
		}
	})
}

func TestOptional(t *testing.T) {
	assert.Empty(t, Optional("", Country))
	assert.Empty(t, Optional("SN", Country))
	assert.Equal(t, Country("sn"), Optional("sn", Country))
	assert.NotEmpty(t, Optional(" ", ID), "a blank is not empty")
}
