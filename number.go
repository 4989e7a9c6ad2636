package guichet

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// Number is a JSON number kept digit for digit, because a float would change
// it: "5000", "12.50". Providers send the same member as 5000, 5000.0 or "5000";
// all three are read. Empty means that the member was absent or null.
//
// The native types of the provider packages use it for amounts; use Major or
// Minor, by what the provider's page says, to get Money.
type Number string

var errNumber = errors.New("guichet: not a JSON number")

// Int returns a Number of n.
func Int(n int64) Number { return Number(strconv.FormatInt(n, 10)) }

// UnmarshalJSON reads a number, a number in quotes, or null.
func (n *Number) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*n = ""
		return nil
	}
	if len(data) >= 2 && data[0] == '"' && data[len(data)-1] == '"' {
		data = data[1 : len(data)-1]
		if len(data) == 0 {
			*n = ""
			return nil
		}
	}
	if !isNumber(data) {
		return errNumber
	}
	*n = Number(data)
	return nil
}

// MarshalJSON writes the number as it is, and null when it is empty. Anything
// but a JSON number is an error, so that a value cannot change the document.
func (n Number) MarshalJSON() ([]byte, error) {
	if n == "" {
		return []byte("null"), nil
	}
	if !isNumber([]byte(n)) {
		return nil, errNumber
	}
	return []byte(n), nil
}

// Major reads the number as an amount in major units: "12.5" is 12.50 EUR. ok is
// false when it is empty, or when the currency cannot hold it exactly.
func (n Number) Major(c Currency) (m Money, ok bool) {
	exp, known := c.Exponent()
	if !known {
		return Money{}, false
	}
	return n.scaled(exp, c)
}

// Minor reads the number as an amount in minor units: "1250" is 12.50 EUR. ok is
// false when it is empty, not whole, or when the currency's decimals are unknown.
func (n Number) Minor(c Currency) (m Money, ok bool) {
	if _, known := c.Exponent(); !known {
		return Money{}, false
	}
	return n.scaled(0, c)
}

// Int64 returns the number when it is whole and fits.
func (n Number) Int64() (int64, bool) {
	m, ok := n.scaled(0, "")
	return m.Minor, ok
}

func (n Number) scaled(exp int, c Currency) (Money, bool) {
	if !isNumber([]byte(n)) { // one that was not read from JSON can hold anything
		return Money{}, false
	}
	text := string(n)
	if i := strings.IndexAny(text, "eE"); i >= 0 { // 5e3 is a legal way to write 5000
		shift, err := strconv.Atoi(strings.TrimPrefix(text[i+1:], "+"))
		if err != nil || shift < -32 || shift > 32 {
			return Money{}, false
		}
		text = shiftPoint(text[:i], shift)
	}
	minor, ok := parseScaled(text, exp)
	if !ok {
		return Money{}, false
	}
	return Money{Minor: minor, Currency: c}, true
}

// shiftPoint moves the decimal point of a plain decimal by n places.
func shiftPoint(text string, n int) string {
	text, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(text, ".")
	if n >= 0 {
		fraction += strings.Repeat("0", n)
		whole, fraction = whole+fraction[:n], fraction[n:]
	} else {
		whole = strings.Repeat("0", -n) + whole
		whole, fraction = whole[:len(whole)+n], whole[len(whole)+n:]+fraction
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if negative {
		return "-" + whole
	}
	return whole
}

// isNumber reports whether data is one number by the JSON grammar.
func isNumber(data []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(data) && data[n] >= '0' && data[n] <= '9' {
			n++
		}
		data = data[n:]
		return n > 0
	}
	if len(data) > 64 { // no amount needs more; bounds the work below
		return false
	}
	data = bytes.TrimPrefix(data, []byte("-"))
	if len(data) > 1 && data[0] == '0' && data[1] >= '0' && data[1] <= '9' {
		return false
	}
	if !digits() {
		return false
	}
	if len(data) > 0 && data[0] == '.' {
		data = data[1:]
		if !digits() {
			return false
		}
	}
	if len(data) > 0 && (data[0] == 'e' || data[0] == 'E') {
		data = data[1:]
		if len(data) > 0 && (data[0] == '+' || data[0] == '-') {
			data = data[1:]
		}
		return digits() && len(data) == 0
	}
	return len(data) == 0
}
