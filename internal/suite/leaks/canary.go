package leaks

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// class says where a canary may be seen.
type class int

const (
	aKey    class = 1 << iota // the client's own keys and webhook secrets: nowhere at all
	aCode                     // a one-time code: nowhere but in the request itself
	aToken                    // who holds it may look at the payment
	aPage                     // who holds it may pay
	aPerson                   // phone, e-mail, names
	private                   // whatever else the merchant sent along
)

// faithful is what JSON of the portable types shows, so that they can be stored.
const faithful = aToken | aPage | aPerson | private

// canary is a text that is found nowhere unless something showed it.
type canary struct {
	name, value string
	class       class
	needles     []string
}

func newCanary(name, value string, c class) *canary {
	return &canary{name: name, value: value, class: c, needles: needles(value)}
}

// shown reports whether the text holds the canary in any spelling.
func (c *canary) shown(text string) bool {
	return slices.ContainsFunc(c.needles, func(n string) bool { return strings.Contains(text, n) })
}

// echoes are the spellings in which a provider, a proxy or a log has been seen to
// repeat what it was sent.
func echoes(secret string) []string {
	b := []byte(secret)
	forms := []string{
		secret,
		url.QueryEscape(secret),
		url.PathEscape(secret),
		lowerEscapes(url.QueryEscape(secret)),
		base64.StdEncoding.EncodeToString(b),
		base64.RawStdEncoding.EncodeToString(b),
		base64.URLEncoding.EncodeToString(b),
		base64.RawURLEncoding.EncodeToString(b),
		hex.EncodeToString(b),
		strings.ToUpper(hex.EncodeToString(b)),
		quoted(secret),
		strings.ReplaceAll(quoted(secret), "/", `\/`),
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// needles are all of them, and what printing by itself makes of a text: decimal
// and hexadecimal bytes, Go's quotes, base64 in the middle of something longer.
func needles(secret string) []string {
	b := []byte(secret)
	forms := append(echoes(secret),
		strings.Trim(strconv.Quote(secret), `"`),
		strings.Trim(fmt.Sprint(b), "[]"),
		strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", b), "[]byte{"), "}"),
		fmt.Sprintf("% x", b),
	)
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			all := encoding.EncodeToString(append(make([]byte, before), b...))
			from, to := (8*before+5)/6, 8*(before+len(b))/6 // what depends on the secret alone
			forms = append(forms, all[from:to])
		}
	}
	if digits, isPhone := strings.CutPrefix(secret, "+"); isPhone {
		forms = append(forms, digits)
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

func quoted(s string) string {
	q, err := json.Marshal(s)
	if err != nil {
		panic("leaks: " + err.Error())
	}
	return string(q[1 : len(q)-1])
}

// lowerEscapes turns %2B into %2b.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(s[i+1:i+3]))
		}
	}
	return string(b)
}
