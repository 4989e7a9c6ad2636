package guichet_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

func TestNumberFromJSON(t *testing.T) {
	for text, want := range map[string]guichet.Number{
		`5000`: "5000", `5000.0`: "5000.0", `"5000"`: "5000", `"12.50"`: "12.50", `-1`: "-1", `0`: "0", `5e3`: "5e3", `5E+3`: "5E+3", `5e-3`: "5e-3",
		`null`: "", `""`: "", `9007199254740993`: "9007199254740993", `-0`: "-0",
	} {
		n := guichet.Number("before")
		require.NoError(t, json.Unmarshal([]byte(text), &n), text)
		assert.Equal(t, want, n, text)
	}
	for _, text := range []string{
		`"abc"`, `true`, `{}`, `[]`, `" 5000"`, `"5000 "`, `"5 000"`, `"5,000"`, `"05"`, `"+5"`, `"-"`, `"5."`, `".5"`, `"1e"`, `"1e+"`, `"0x10"`, `"NaN"`, `"Infinity"`, `"\u0035"`, `"null"`,
		`"\uff15"`, `"5\n"`, `"` + strings.Repeat("9", 65) + `"`, strings.Repeat("9", 65),
	} {
		var n guichet.Number
		require.Error(t, json.Unmarshal([]byte(text), &n), text)
	}
	for _, text := range []string{"", `"`, "-", "1 ", " 1", "01", "1.", "\x00"} { // not through encoding/json
		var n guichet.Number
		require.Error(t, n.UnmarshalJSON([]byte(text)), "%q", text)
	}
}

func TestNumberToJSON(t *testing.T) {
	for n, want := range map[guichet.Number]string{"5000": "5000", "12.50": "12.50", "": "null", "-1": "-1", guichet.Int(-7): "-7"} {
		data, err := json.Marshal(n)
		require.NoError(t, err)
		assert.Equal(t, want, string(data))
	}
	for _, n := range []guichet.Number{`5,"admin":true`, "5}", "05", "1e", "NaN", " 5", `"5"`} {
		_, err := n.MarshalJSON()
		require.Error(t, err, "a value must not change the document")
	}
}

func TestNumberAmounts(t *testing.T) {
	const no = -1
	rows := []struct {
		number   guichet.Number
		currency guichet.Currency
		major    int64 // minor units, read as major
		minor    int64 // minor units, read as minor
	}{
		{"5000", guichet.XOF, 5000, 5000},
		{"5000.0", guichet.XOF, 5000, 5000},
		{"5e3", guichet.XOF, 5000, 5000},
		{"5E+3", guichet.XOF, 5000, 5000},
		{"50000e-1", guichet.XOF, 5000, 5000},
		{"0.5e1", guichet.XOF, 5, 5},
		{"1e-2", guichet.EUR, 1, no},
		{"12.5", guichet.EUR, 1250, no},
		{"12.50", guichet.EUR, 1250, no},
		{"1250", guichet.EUR, 125000, 1250},
		{"12.505", guichet.EUR, no, no},
		{"500.5", guichet.XOF, no, no},
		{"0", guichet.XOF, 0, 0},
		{"0e5", guichet.XOF, 0, 0},
		{"-0", guichet.XOF, no, no},
		{"", guichet.XOF, no, no},
		{"1e400", guichet.XOF, no, no},
		{"1e33", guichet.XOF, no, no},
		{"0e99999999999999999999", guichet.XOF, no, no},
		{"9223372036854775807", guichet.XOF, 9223372036854775807, 9223372036854775807},
		{"9223372036854775808", guichet.XOF, no, no},
		{"92233720368547758.07", guichet.EUR, 9223372036854775807, no},
		{"5000", "ZZZ", no, no},
		{"5000", "", no, no},
		{"--5e1", guichet.XOF, no, no}, // the rest was not read from JSON
		{"5e++3", guichet.XOF, no, no},
		{"5e+-3", guichet.XOF, no, no},
		{"1.2.3e2", guichet.EUR, no, no},
		{"+5", guichet.XOF, no, no},
		{"05e1", guichet.XOF, no, no},
	}
	for _, row := range rows {
		for name, got := range map[string]struct {
			read func(guichet.Currency) (guichet.Money, bool)
			want int64
		}{"major": {row.number.Major, row.major}, "minor": {row.number.Minor, row.minor}} {
			m, ok := got.read(row.currency)
			assert.Equal(t, got.want != no, ok, "%s %s %s", row.number, row.currency, name)
			if ok {
				assert.Equal(t, guichet.NewMoney(got.want, row.currency), m, "%s %s %s", row.number, row.currency, name)
			} else {
				assert.Zero(t, m)
			}
		}
	}
	for number, want := range map[guichet.Number]int64{"7": 7, "7.0": 7, "-7": -7, "7e2": 700, "-9223372036854775808": -9223372036854775808} {
		n, ok := number.Int64()
		assert.True(t, ok, number)
		assert.Equal(t, want, n)
	}
	for _, number := range []guichet.Number{"", "7.5", "1e99", "x"} {
		_, ok := number.Int64()
		assert.False(t, ok, number)
	}
}

// Whatever a document holds, an amount that is read is exact.
func FuzzNumber(f *testing.F) {
	for _, text := range []string{`5000`, `"12.50"`, `5e3`, `1e-2`, `-0`, `1e400`, `null`, `""`, `0.000e5`, `"1E+2"`} {
		f.Add([]byte(text), 0)
		f.Add([]byte(text), 2)
	}
	f.Fuzz(func(t *testing.T, data []byte, i int) {
		var n guichet.Number
		if n.UnmarshalJSON(data) != nil || n == "" {
			return
		}
		written, err := n.MarshalJSON()
		if err != nil || !json.Valid(written) {
			t.Fatalf("%q is read and not written: %q, %v", data, written, err)
		}
		currency := currencies[uint(i)%uint(len(currencies))]
		m, ok := n.Major(currency)
		if !ok {
			return
		}
		exp, _ := currency.Exponent()
		exact, known := new(big.Rat).SetString(string(n))
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exp)), nil)
		if !known || exact.Cmp(new(big.Rat).SetFrac(big.NewInt(m.Minor), scale)) != 0 {
			t.Fatalf("%q is not %v", n, m)
		}
	})
}

func TestTimestamp(t *testing.T) {
	at := time.Date(2026, 5, 9, 7, 20, 23, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-05-09T07:20:23Z":           at,
		"2026-05-09T07:20:23.000Z":       at,
		"2026-05-09T08:20:23+01:00":      at,
		"2026-05-09T07:20:23+0000":       at,
		"2026-05-09 07:20:23+00":         at,
		"2026-05-09 08:20:23+01:00":      at,
		"2026-05-09T07:20:23":            at, // no zone: UTC
		"2026-05-09 07:20:23":            at,
		" 2026-05-09 07:20:23 ":          at,
		"2026-05-09T07:20:23.123456789":  at.Add(123456789),
		"2026-05-09 07:20:23.123456+00":  at.Add(123456000),
		"2026-05-09":                     time.Date(2026, 5, 9, 0, 0, 0, 0, time.UTC),
		"2023-11-07T05:31:56.999999999Z": time.Date(2023, 11, 7, 5, 31, 56, 999999999, time.UTC),
	} {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		var ts guichet.Timestamp
		require.NoError(t, json.Unmarshal(quoted, &ts))
		assert.Equal(t, want, ts.Time, text)
		assert.Equal(t, text, ts.Text)
		assert.Equal(t, text, ts.String())
		assert.False(t, ts.IsZero())
		back, err := json.Marshal(ts)
		require.NoError(t, err)
		assert.JSONEq(t, string(quoted), string(back))
	}
	// A payment is not lost over a date.
	for _, text := range []string{`"yesterday"`, `"09/05/2026"`, `"2026-13-45T00:00:00Z"`, `1767225600`, `{}`, `[1]`, `true`, `"\u0000"`} {
		ts := guichet.ParseTimestamp("2026-05-09")
		require.NoError(t, json.Unmarshal([]byte(text), &ts), text)
		assert.True(t, ts.Time.IsZero(), text)
		assert.NotEmpty(t, ts.Text)
		assert.False(t, ts.IsZero())
	}
	for _, text := range []string{`null`, `""`} {
		ts := guichet.ParseTimestamp("2026-05-09")
		require.NoError(t, json.Unmarshal([]byte(text), &ts))
		assert.True(t, ts.IsZero(), text)
		assert.Empty(t, ts.String())
		data, err := json.Marshal(ts)
		require.NoError(t, err)
		assert.Equal(t, "null", string(data))
	}
	// "Never expires" in the west of Greenwich is the year 10000 in UTC: the payment
	// has to be stored all the same.
	for _, text := range []string{"9999-12-31T23:59:59-01:00", "9999-12-31 23:59:59.999-01", "0000-01-01T00:00:00+01:00"} {
		ts := guichet.ParseTimestamp(text)
		assert.Equal(t, text, ts.Text)
		_, err := json.Marshal(guichet.Payment{ID: "tx-1", CreatedAt: ts.Time, ExpiresAt: ts.Time})
		assert.NoError(t, err, text)
	}
	never := guichet.ParseTimestamp("9999-12-31T23:59:59Z")
	assert.Equal(t, 9999, never.Time.Year())
	made := guichet.Timestamp{Time: at}
	data, err := json.Marshal(made)
	require.NoError(t, err)
	assert.Equal(t, `"2026-05-09T07:20:23Z"`, string(data))
	assert.Equal(t, "2026-05-09T07:20:23Z", made.String())
}

func TestStatus(t *testing.T) {
	words := map[guichet.Status]string{
		guichet.StatusUnknown: "", guichet.StatusPending: "pending", guichet.StatusSucceeded: "succeeded", guichet.StatusFailed: "failed",
		guichet.StatusCanceled: "canceled", guichet.StatusExpired: "expired", guichet.StatusRefunded: "refunded",
	}
	assert.Len(t, words, 7)
	for status, word := range words {
		assert.Equal(t, word, string(status))
		assert.Equal(t, status != guichet.StatusUnknown && status != guichet.StatusPending, status.Final(), word)
	}
	for _, status := range []guichet.Status{"SUCCEEDED", "paid", "succeeded ", "completed"} {
		assert.False(t, status.Final(), "a word that is not ours is not final")
	}
	var zero guichet.Status
	assert.Equal(t, guichet.StatusUnknown, zero)
}
