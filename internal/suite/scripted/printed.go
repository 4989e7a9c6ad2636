package scripted

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Printing is one way in which a program shows a value.
type Printing struct {
	How  string
	Text string
	JSON bool // as encoding/json sees it
}

var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"}

// Printings shows a value in every way. slog sees what is bare by its LogValue, and
// what is inside something else as encoding/json does.
func Printings(v any, bare bool) []Printing {
	all := make([]Printing, 0, len(verbs)+3)
	for _, verb := range verbs {
		all = append(all, Printing{How: verb, Text: fmt.Sprintf(verb, v)})
	}
	var text, logged strings.Builder
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "v", v)
	all = append(all, Printing{How: "slog text", Text: text.String()},
		Printing{How: "slog JSON", Text: logged.String(), JSON: !bare})
	if data, err := json.Marshal(v); err == nil {
		all = append(all, Printing{How: "JSON", Text: string(data), JSON: true})
	}
	return all
}

// Chain returns err and everything it wraps.
func Chain(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			all = append(all, Chain(e)...)
		}
		return all
	}
	return append(all, Chain(errors.Unwrap(err))...)
}

// Echoes are the spellings in which a provider, a proxy or a log has been seen to
// repeat what it was sent.
func Echoes(secret string) []string {
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
		Quoted(secret),
		strings.ReplaceAll(Quoted(secret), "/", `\/`),
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// Needles are all of them, and what printing by itself makes of a text: decimal
// and hexadecimal bytes, Go's quotes, base64 in the middle of something longer.
func Needles(secret string) []string {
	if known, ok := needles.Load(secret); ok {
		return known.([]string)
	}
	b := []byte(secret)
	forms := append(Echoes(secret),
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
	forms = slices.Compact(forms)
	needles.Store(secret, forms)
	return forms
}

var needles sync.Map // by secret: they are few, and looked for in many texts

// Shows reports whether the text holds the secret in any spelling.
func Shows(text, secret string) bool {
	return slices.ContainsFunc(Needles(secret), func(n string) bool { return strings.Contains(text, n) })
}

// Quoted is a text as it stands between the quotes of JSON.
func Quoted(s string) string {
	q, err := json.Marshal(s)
	if err != nil {
		panic("scripted: " + err.Error())
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
