package input

import (
	"context"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// money are amounts as numbers. Those above 0 in a currency with known decimals
// are sent digit for digit, or refused.
var money = []guichet.Money{
	{},
	{Minor: 0, Currency: guichet.XOF},
	{Minor: -1, Currency: guichet.XOF},
	{Minor: math.MinInt64, Currency: guichet.XOF},
	{Minor: math.MinInt64, Currency: guichet.EUR},
	{Minor: math.MaxInt64, Currency: guichet.XOF},
	{Minor: math.MaxInt64 - 1, Currency: guichet.XOF},
	{Minor: math.MaxInt64, Currency: guichet.EUR},
	{Minor: math.MaxInt64 - 1, Currency: guichet.EUR},
	{Minor: math.MaxInt64/100*100 - 100, Currency: guichet.EUR},
	{Minor: 1, Currency: guichet.XOF}, // below every limit
	{Minor: 8, Currency: guichet.XOF},
	{Minor: 9, Currency: guichet.XOF},
	{Minor: 99, Currency: guichet.XOF},
	{Minor: 100, Currency: guichet.XOF},
	{Minor: 2_000_000, Currency: guichet.XOF},
	{Minor: 2_000_001, Currency: guichet.XOF}, // above most
	{Minor: 1_000_000_000_000, Currency: guichet.XOF},
	{Minor: 9_007_199_254_740_993, Currency: guichet.XOF}, // no float64
	{Minor: 1, Currency: guichet.EUR},
	{Minor: 99, Currency: guichet.EUR},
	{Minor: 100, Currency: guichet.EUR},
	{Minor: 1999, Currency: guichet.EUR}, // int64(19.99*100) is 1998
	{Minor: 1250, Currency: guichet.USD},
	{Minor: 10, Currency: guichet.GHS},
	{Minor: 1234, Currency: "TND"}, // three decimals
	{Minor: 1000, Currency: "TND"},
	{Minor: 5000, Currency: "GNF"}, // none
}

// currencies are given to an amount of 5000.
var currencies = []string{
	"",
	" ",
	"xof",
	"Xof",
	"XOF ",
	" XOF",
	"XOF\n",
	"XO",
	"XOFF",
	"XOF,EUR",
	"CFA",
	"FCFA",
	"F CFA",
	"X\x00F",
	"XOF\x00",
	"\u0425\u041eF", // Cyrillic
	"\uff38\uff2f\uff26",
	"XOF\r\nX-Evil: 1",
	`XOF","amount":1,"x":"`,
	"\xff",
	"952", // the number of XOF
	"XXX",
	"JPY", // decimals that are not known here
	"BTC",
	"USD",
	"EUR",
	"XAF",
	"GHS",
	"TND",
	"XOF",
	strings.Repeat("X", 1_000_000),
}

// amounts are texts for ParseMoney in XOF.
var amounts = []string{
	"",
	" ",
	"5000",
	"0",
	"-5000",
	"500.5",
	"5000.00",
	"5000.01",
	"5 000",
	"5\u00a0000",
	"5\u202f000",
	"5,000.00",
	"5.000,00",
	"5000,00",
	"5_000",
	"5'000",
	"1e3",
	"1E3",
	"5e-1",
	"\uff10\uff15",
	"\u0665",
	"NaN",
	"Inf",
	"+Inf",
	"-Inf",
	"Infinity",
	"-0",
	"-0.0",
	"+5000",
	"--5000",
	"05000",
	"0x1388",
	"0b1",
	"5000.",
	".5",
	".",
	"-",
	"5000 ",
	" 5000",
	"5000\n",
	"5000\x00",
	"5000F",
	"5000 XOF",
	"$5000",
	"5/2",
	"null",
	"true",
	"1" + strings.Repeat("0", 30),
	"9223372036854775807",
	"9223372036854775808",
	"-9223372036854775809",
	"18446744073709556616", // 5000 more than fits in 64 bits
	"0." + strings.Repeat("0", 100_000) + "1",
	strings.Repeat("9", 1_000_000),
}

// ledger says where the provider's create has its amount and currency.
type ledger struct {
	template sent
	minor    bool // the amount is written in minor units
}

const baselineMinor = 7_919_00 // found nowhere else in a request

func (s *suite) create(t scripted.T, what string, m guichet.Money) ([]sent, error) {
	return s.try(t, what, func() error {
		req := s.request()
		req.Amount = m
		_, err := s.client.CreatePayment(context.Background(), req)
		return err
	})
}

func (s *suite) checkAmounts(t scripted.T) {
	book := ledger{}
	number := isNumber + strconv.Itoa(baselineMinor)
	seen, err := s.create(t, "the baseline", guichet.NewMoney(baselineMinor, s.h.Currency))
	if len(seen) != 1 || !seen[0].holds(number) {
		t.Fatalf("the amount is not in what is sent: %v", err)
	}
	book.template = seen[0]
	if seen, _ := s.create(t, "the baseline in euros", guichet.NewMoney(baselineMinor, guichet.EUR)); len(seen) == 1 {
		book.minor = seen[0].holds(number)
	}
	check := func(what string, m guichet.Money, value string) {
		seen, err := s.create(t, what, m)
		if refusal(t, what, err, value, "Amount") {
			s.refused++
			if len(seen) > 0 {
				t.Errorf("%s: refused, and sent all the same", what)
			}
			return
		}
		s.transmitted++
		if len(seen) != 1 {
			t.Errorf("%s: %d requests: %v", what, len(seen), err)
			return
		}
		if _, known := m.Currency.Exponent(); !known || m.Minor <= 0 {
			t.Errorf("%s: sent, though nobody can say what it is worth", what)
		}
		for _, problem := range book.compare(seen[0], m) {
			t.Errorf("%s: %s", what, problem)
		}
	}
	for _, m := range money {
		check(m.String(), m, strconv.FormatInt(m.Minor, 10))
	}
	for _, currency := range currencies {
		check("currency "+short(currency), guichet.NewMoney(5000, guichet.Currency(currency)), currency)
		parsed, err := guichet.ParseMoney("5000", guichet.Currency(currency))
		if err == nil {
			check("currency "+short(currency), parsed, currency)
		} else if !refusal(t, "ParseMoney in "+short(currency), err, currency, "currency") {
			t.Errorf("ParseMoney in %s: %v", short(currency), err)
		}
	}
	for _, text := range amounts {
		what := "ParseMoney of " + short(text)
		parsed, err := guichet.ParseMoney(text, guichet.XOF)
		if err != nil {
			s.refused++
			if !refusal(t, what, err, text, "amount") {
				t.Errorf("%s: %v", what, err)
			}
			continue
		}
		if want, ok := new(big.Rat).SetString(text); !ok || want.Cmp(new(big.Rat).SetInt64(parsed.Minor)) != 0 {
			t.Errorf("%s is %v", what, parsed)
			continue
		}
		check(what, parsed, text)
	}
}

// compare says where a create for m is not the template with another amount.
func (l ledger) compare(got sent, m guichet.Money) (problems []string) {
	want := make(sent, len(l.template))
	for place, value := range l.template {
		switch value {
		case isNumber + strconv.Itoa(baselineMinor):
			if problem := l.amountProblem(got[place], m); problem != "" {
				problems = append(problems, problem)
			}
			want[place] = got[place]
		case isText + string(guichet.XOF):
			want[place] = isText + string(m.Currency)
		default:
			want[place] = value
		}
	}
	if diff := got.differs(want); diff != "" {
		problems = append(problems, diff)
	}
	return problems
}

func (l ledger) amountProblem(written string, m guichet.Money) string {
	digits, ok := strings.CutPrefix(written, isNumber)
	sent, exact := new(big.Rat).SetString(digits)
	if !ok || !exact || strings.Trim(digits, "0123456789.") != "" {
		return "the amount is written as " + short(written)
	}
	wanted := new(big.Rat).SetInt64(m.Minor)
	if decimals, _ := m.Currency.Exponent(); !l.minor {
		for range decimals {
			wanted.Quo(wanted, big.NewRat(10, 1))
		}
	}
	if sent.Cmp(wanted) != 0 {
		return digits + " is sent for " + m.String()
	}
	return ""
}
