package guichet_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

func TestParseMoney(t *testing.T) {
	rows := []struct {
		text     string
		currency guichet.Currency
		minor    int64
	}{
		{"5000", guichet.XOF, 5000},
		{"0", guichet.XOF, 0},
		{"5000.0", guichet.XOF, 5000},
		{"5000.00000000000000000000000000", guichet.XOF, 5000},
		{"-5000", guichet.XAF, -5000},
		{"9223372036854775807", guichet.XOF, math.MaxInt64},
		{"-9223372036854775808", guichet.XOF, math.MinInt64},
		{"12.50", guichet.EUR, 1250},
		{"12.5", guichet.EUR, 1250},
		{"12", guichet.EUR, 1200},
		{"0.01", guichet.USD, 1},
		{"-0.01", guichet.USD, -1},
		{"12.500", guichet.EUR, 1250},
		{"92233720368547758.07", guichet.EUR, math.MaxInt64},
		{"-92233720368547758.08", guichet.EUR, math.MinInt64},
		{"1.234", "TND", 1234},
		{"9007199254740993", guichet.XOF, 9007199254740993}, // a float64 would make it ...992
		{"19.99", guichet.GHS, 1999},                        // int64(19.99*100) is 1998
	}
	for _, row := range rows {
		m, err := guichet.ParseMoney(row.text, row.currency)
		require.NoError(t, err, row.text)
		assert.Equal(t, guichet.NewMoney(row.minor, row.currency), m, row.text)
	}
}

// Amounts and currencies that must not be guessed at. The error names the field
// and never the text.
func TestParseMoneyRefuses(t *testing.T) {
	amounts := []string{
		"", " ", "500.5", "5 000", "5\u00a0000", "5\u202f000", "5,000.00", "5,000", "5.000,00", "1e3", "1E3", "5000.", ".5", ".", "-", "--5", "+5", "05", "00", "-0", "-0.0", "-05",
		"\uff10\uff15", "\u0665", "NaN", "Inf", "-Inf", "+Inf", "Infinity", "5000 ", " 5000", "5000\n", "5000\x00", "0x10", "0b1", "5_000", "1000000000000000000000000000000",
		"9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "18446744073709556616", "5000XOF", "5.0.0", "5.-0", "five", "\"5000\"", "1/2", "\u22125",
		strings.Repeat("9", 10_000), "0." + strings.Repeat("0", 10_000) + "1",
	}
	for _, text := range amounts {
		m, err := guichet.ParseMoney(text, guichet.XOF)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest, "%.30q", text)
		assert.Zero(t, m)
		assert.Contains(t, err.Error(), "amount")
		if len(text) > 3 {
			assert.NotContains(t, err.Error(), text)
		}
	}
	for text, currency := range map[string]guichet.Currency{"12.505": guichet.EUR, "0.001": guichet.EUR, "1.2345": "TND", "92233720368547758.08": guichet.EUR} {
		_, err := guichet.ParseMoney(text, currency)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest, text)
	}
	for _, currency := range []guichet.Currency{"", "xof", "Xof", "XOF ", " XOF", "XO", "XOFF", "CFA", "FCFA", "X\x00F", "\u0425\u041eF", "952", "XXX"} {
		m, err := guichet.ParseMoney("5000", currency)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest, "%q", currency)
		assert.Zero(t, m)
		assert.Contains(t, err.Error(), "currency")
		assert.Empty(t, guichet.NewMoney(5000, currency).Decimal(), "no number may be sent in a currency that is not known")
	}
}

func TestDecimal(t *testing.T) {
	rows := []struct {
		money   guichet.Money
		decimal string
		text    string
	}{
		{guichet.NewMoney(5000, guichet.XOF), "5000", "5000 XOF"},
		{guichet.NewMoney(0, guichet.XOF), "0", "0 XOF"},
		{guichet.NewMoney(-5000, guichet.XOF), "-5000", "-5000 XOF"},
		{guichet.NewMoney(1250, guichet.EUR), "12.50", "12.50 EUR"},
		{guichet.NewMoney(5, guichet.EUR), "0.05", "0.05 EUR"},
		{guichet.NewMoney(0, guichet.EUR), "0.00", "0.00 EUR"},
		{guichet.NewMoney(-5, guichet.EUR), "-0.05", "-0.05 EUR"},
		{guichet.NewMoney(100, guichet.EUR), "1.00", "1.00 EUR"},
		{guichet.NewMoney(1, "TND"), "0.001", "0.001 TND"},
		{guichet.NewMoney(math.MaxInt64, guichet.EUR), "92233720368547758.07", "92233720368547758.07 EUR"},
		{guichet.NewMoney(math.MinInt64, guichet.EUR), "-92233720368547758.08", "-92233720368547758.08 EUR"},
		{guichet.NewMoney(math.MinInt64, guichet.XOF), "-9223372036854775808", "-9223372036854775808 XOF"},
		{guichet.Money{}, "", "-"},
		{guichet.NewMoney(5000, "ZZZ"), "", `5000 minor units of "ZZZ"`},
		{guichet.NewMoney(5000, "X\nF"), "", `5000 minor units of "X\nF"`},
	}
	for _, row := range rows {
		assert.Equal(t, row.decimal, row.money.Decimal())
		assert.Equal(t, row.text, row.money.String())
	}
}

func TestExponent(t *testing.T) {
	for currency, digits := range map[guichet.Currency]int{guichet.XOF: 0, guichet.XAF: 0, guichet.GHS: 2, guichet.NGN: 2, guichet.EUR: 2, guichet.USD: 2, "GNF": 0, "TND": 3} {
		got, ok := currency.Exponent()
		assert.True(t, ok)
		assert.Equal(t, digits, got, currency)
	}
	_, ok := guichet.Currency("ZZZ").Exponent()
	assert.False(t, ok)
}

func TestMoneyJSON(t *testing.T) {
	data, err := json.Marshal(guichet.NewMoney(math.MaxInt64, guichet.XOF))
	require.NoError(t, err)
	assert.Equal(t, `{"minor":9223372036854775807,"currency":"XOF"}`, string(data))
	var m guichet.Money
	require.NoError(t, json.Unmarshal(data, &m))
	assert.Equal(t, guichet.NewMoney(math.MaxInt64, guichet.XOF), m)
	require.Error(t, json.Unmarshal([]byte(`{"minor":50.5,"currency":"XOF"}`), &m))
}

var currencies = []guichet.Currency{guichet.XOF, guichet.XAF, guichet.EUR, guichet.USD, guichet.GHS, "TND", "", "xof"}

// What is read is exactly what is written, and a text that is read has one value.
func FuzzParseMoney(f *testing.F) {
	for _, text := range []string{"5000", "12.50", "-0.01", "9223372036854775807", "1e3", "05", "-0", ".5", "5.", "\u0665", "5000.000"} {
		for i := range currencies {
			f.Add(text, i)
		}
	}
	f.Fuzz(func(t *testing.T, text string, i int) {
		currency := currencies[uint(i)%uint(len(currencies))]
		m, err := guichet.ParseMoney(text, currency)
		if err != nil {
			if (m != guichet.Money{}) {
				t.Fatal("a value beside an error")
			}
			return
		}
		again, err := guichet.ParseMoney(m.Decimal(), currency)
		if err != nil || again != m {
			t.Fatalf("%q is %v, written %q, read %v, %v", text, m, m.Decimal(), again, err)
		}
		exp, _ := currency.Exponent()
		exact, ok := new(big.Rat).SetString(text)
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exp)), nil)
		if !ok || exact.Cmp(new(big.Rat).SetFrac(big.NewInt(m.Minor), scale)) != 0 {
			t.Fatalf("%q is not %d minor units of %s", text, m.Minor, currency)
		}
	})
}

func TestMajor(t *testing.T) {
	for want, got := range map[guichet.Money]guichet.Money{
		guichet.NewMoney(5000, guichet.XOF):    guichet.Major(5000, guichet.XOF),
		guichet.NewMoney(5000, guichet.EUR):    guichet.Major(50, guichet.EUR),
		guichet.NewMoney(7000, "TND"):          guichet.Major(7, "TND"),
		guichet.NewMoney(-300, guichet.USD):    guichet.Major(-3, guichet.USD),
		guichet.NewMoney(math.MaxInt64, "XAF"): guichet.Major(math.MaxInt64, guichet.XAF),
	} {
		assert.Equal(t, want, got)
	}
	for _, m := range []guichet.Money{guichet.Major(5, "XYZ"), guichet.Major(5, "xof"), guichet.Major(math.MaxInt64/50, guichet.EUR), guichet.Major(math.MinInt64, guichet.EUR)} {
		assert.Equal(t, guichet.Money{}, m)
	}
}

func TestDisplay(t *testing.T) {
	for want, m := range map[string]guichet.Money{
		"5 000 F CFA":            guichet.Major(5000, guichet.XOF),
		"1 234 567 F CFA":        guichet.Major(1234567, guichet.XAF),
		"100 F CFA":              guichet.Major(100, guichet.XOF),
		"12,50 €":                guichet.NewMoney(1250, guichet.EUR),
		"0,05 $":                 guichet.NewMoney(5, guichet.USD),
		"-1 234,00 GHS":          guichet.NewMoney(-123400, guichet.GHS),
		"0 F CFA":                {Currency: guichet.XOF},
		"-":                      {},
		`7 minor units of "XYZ"`: {Minor: 7, Currency: "XYZ"},
	} {
		assert.Equal(t, want, m.Display())
	}
}
