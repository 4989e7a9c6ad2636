package guichet

import (
	"math"
	"strconv"
	"strings"
)

// Currency is an ISO 4217 code in capitals. It is an open set: a provider may
// report any, but only one whose number of decimals is known (see Exponent) can
// be sent.
type Currency string

// Currencies that the four providers name.
const (
	XOF Currency = "XOF" // West African CFA franc: no minor unit
	XAF Currency = "XAF" // Central African CFA franc: no minor unit
	GHS Currency = "GHS" // Ghanaian cedi
	NGN Currency = "NGN" // Nigerian naira
	EUR Currency = "EUR" // euro
	USD Currency = "USD" // US dollar
)

// exponents lists the decimals of the currencies that are used where the
// providers work (ISO 4217).
var exponents = map[Currency]int{
	XOF: 0, XAF: 0, GHS: 2, NGN: 2, EUR: 2, USD: 2,
	"BIF": 0, "CDF": 2, "CVE": 2, "DJF": 0, "DZD": 2, "EGP": 2, "ETB": 2, "GBP": 2,
	"GMD": 2, "GNF": 0, "KES": 2, "KMF": 0, "LRD": 2, "MAD": 2, "MRU": 2, "MUR": 2,
	"MWK": 2, "MZN": 2, "RWF": 0, "SLE": 2, "STN": 2, "TND": 3, "TZS": 2, "UGX": 0,
	"ZAR": 2, "ZMW": 2,
}

// Exponent returns the number of decimals of the currency: 0 for XOF, 2 for EUR.
// ok is false when it is not known; such a currency cannot be sent.
func (c Currency) Exponent() (digits int, ok bool) {
	digits, ok = exponents[c]
	return digits, ok
}

// Money is an exact amount. The zero value means "not said", never "free".
type Money struct {
	Minor    int64    `json:"minor"` // in the minor unit: 5000 is 5,000 XOF, but 50.00 EUR
	Currency Currency `json:"currency"`
}

// NewMoney returns an amount in minor units: NewMoney(5000, XOF) is 5,000
// francs, NewMoney(5000, EUR) is 50 euros.
func NewMoney(minor int64, c Currency) Money { return Money{Minor: minor, Currency: c} }

// Major returns an amount in major units, as people count: Major(5000, XOF) is 5,000
// francs, Major(50, EUR) is 50 euros. It is the zero Money, which no provider takes,
// when the decimals of the currency are not known or the amount is too large.
func Major(units int64, c Currency) Money {
	exp, ok := c.Exponent()
	for range exp {
		if units > math.MaxInt64/10 || units < math.MinInt64/10 {
			return Money{}
		}
		units *= 10
	}
	if !ok {
		return Money{}
	}
	return Money{Minor: units, Currency: c}
}

// ParseMoney reads an amount written in major units, as people write it: "5000"
// for XOF, "12.50" for EUR. Only ASCII digits, one optional leading minus and
// one point are read: no blanks, thousands separators, exponents, plus sign or
// leading zeros. Decimals beyond those of the currency must be zeros.
//
// The error is ErrInvalidRequest and names the amount or the currency, not the
// text.
func ParseMoney(amount string, c Currency) (Money, error) {
	exp, ok := c.Exponent()
	if !ok {
		return Money{}, moneyError("currency: not an ISO 4217 code with known decimals")
	}
	minor, ok := parseScaled(amount, exp)
	if !ok {
		return Money{}, moneyError("amount: not an exact decimal number of " + string(c))
	}
	return Money{Minor: minor, Currency: c}, nil
}

func moneyError(message string) error {
	return &Error{Op: "ParseMoney", Kind: ErrInvalidRequest, Message: message}
}

// parseScaled reads a plain decimal and returns it times 10^exp, if that is an
// exact int64.
func parseScaled(text string, exp int) (int64, bool) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" || (len(whole) > 1 && whole[0] == '0') || (point && fraction == "") {
		return 0, false
	}
	for len(fraction) > exp { // beyond the minor unit only zeros are exact
		if fraction[len(fraction)-1] != '0' {
			return 0, false
		}
		fraction = fraction[:len(fraction)-1]
	}
	var minor uint64
	for _, part := range []string{whole, fraction, strings.Repeat("0", exp-len(fraction))} {
		for i := range len(part) {
			d := part[i] - '0'
			if d > 9 || minor > (math.MaxUint64-9)/10 {
				return 0, false
			}
			minor = minor*10 + uint64(d)
		}
	}
	switch {
	case negative && minor == 0: // minus zero is a mistake upstream, not an amount
		return 0, false
	case negative && minor <= -math.MinInt64:
		return -int64(minor), true
	case !negative && minor <= math.MaxInt64:
		return int64(minor), true
	}
	return 0, false
}

// Decimal writes the amount in major units, digit for digit: "5000" for 5,000
// XOF, "12.50" for EUR. It is empty when the decimals of the currency are not
// known, so that no wrong number can be sent.
func (m Money) Decimal() string {
	exp, ok := m.Currency.Exponent()
	if !ok {
		return ""
	}
	text := strconv.FormatInt(m.Minor, 10)
	if exp == 0 {
		return text
	}
	text, negative := strings.CutPrefix(text, "-")
	if len(text) <= exp {
		text = strings.Repeat("0", exp-len(text)+1) + text
	}
	text = text[:len(text)-exp] + "." + text[len(text)-exp:]
	if negative {
		return "-" + text
	}
	return text
}

// signs are what people write in the place of a currency's code.
var signs = map[Currency]string{XOF: "F CFA", XAF: "F CFA", EUR: "€", USD: "$"}

// Display is for people, in the form that French writes in West Africa: "5 000 F CFA",
// "12,50 €", "1 234,00 GHS". It is "-" for the zero value, and String where the
// decimals of the currency are not known. Never send it to a provider, and never read
// it back.
func (m Money) Display() string {
	decimal := m.Decimal()
	if (m == Money{}) || decimal == "" {
		return m.String()
	}
	digits, negative := strings.CutPrefix(decimal, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(whole[i])
	}
	if fraction != "" {
		b.WriteString("," + fraction)
	}
	sign, ok := signs[m.Currency]
	if !ok {
		sign = string(m.Currency)
	}
	return b.String() + " " + sign
}

// String is for logs: "5000 XOF", "12.50 EUR", "-" for the zero value. Display is for
// people.
func (m Money) String() string {
	if (m == Money{}) {
		return "-"
	}
	if text := m.Decimal(); text != "" {
		return text + " " + string(m.Currency)
	}
	return strconv.FormatInt(m.Minor, 10) + " minor units of " + strconv.Quote(string(m.Currency))
}
