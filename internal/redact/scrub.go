package redact

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/guichetpay/guichet/internal/e164"
	"github.com/guichetpay/guichet/internal/strictjson"
)

// Scrubber removes known secrets from text that came from elsewhere: providers
// echo the key they refuse, and errors of net/http quote the URL. It looks for
// the values, not for names such as "token", because a provider may put them
// under any. A nil Scrubber knows no secret.
type Scrubber struct {
	// Behind a func, because fmt prints what an unexported field holds and
	// cannot call a method there that would prevent it.
	needles func() []needle
}

// needle is one spelling of a secret. A short one is looked for as a whole
// word only, for else a one-digit code would blank out every amount. That of a
// phone is found however its digits are grouped.
type needle struct {
	text  string
	word  bool
	phone bool
}

// shortest is the length below which a secret is taken as a word.
const shortest = 4

// NewScrubber returns a Scrubber for the secrets. Empty ones are ignored.
func NewScrubber(secrets ...string) *Scrubber {
	return (*Scrubber)(nil).With(secrets...)
}

// shortestPhone keeps amounts and dates from being taken for the rest of a phone.
const shortestPhone = 6

// shortestDigits is the least with which digits without a plus are a phone: 3 of a
// country code and 7 of a number.
const shortestDigits = 10

// With returns a Scrubber that knows more secrets, such as those of one call.
func (s *Scrubber) With(more ...string) *Scrubber {
	all := slices.Clone(s.known())
	for _, secret := range more {
		all = append(all, spellings(secret)...)
		// Most providers take a phone without its plus, and whoever calls them through
		// Do writes it so. Fewer digits may as well be an amount.
		if e164.Valid(secret) || len(secret) >= shortestDigits && e164.Valid("+"+secret) {
			digits := e164.Digits(secret)
			all = append(all, spellings(digits)...)
			// Operators write it as people do: 70 12 34 56. No country code is
			// longer than 3 digits; of a shorter one the first digits stay.
			if national := digits[min(3, len(digits)):]; len(national) >= shortestPhone {
				all = append(all, needle{text: national, phone: true})
			}
		}
	}
	return &Scrubber{needles: func() []needle { return all }}
}

func (s *Scrubber) known() []needle {
	if s == nil || s.needles == nil {
		return nil
	}
	return s.needles()
}

// spellings returns the forms in which the secret may come back.
func spellings(secret string) []needle {
	if secret == "" {
		return nil
	}
	if len(secret) < shortest {
		return []needle{{text: secret, word: true}}
	}
	b := []byte(secret)
	forms := []string{
		secret,
		base64.StdEncoding.EncodeToString(b),
		base64.RawStdEncoding.EncodeToString(b),
		base64.URLEncoding.EncodeToString(b),
		base64.RawURLEncoding.EncodeToString(b),
		hex.EncodeToString(b),
		strings.ToUpper(hex.EncodeToString(b)),
	}
	for _, escaped := range []string{url.QueryEscape(secret), url.PathEscape(secret)} {
		forms = append(forms, escaped, lowerEscapes(escaped))
	}
	// encoding/json escapes <, > and & as well, and PHP escapes the slash.
	for _, marshal := range []func(any) ([]byte, error){strictjson.Marshal, json.Marshal} {
		if quoted, err := marshal(secret); err == nil {
			plain := string(quoted[1 : len(quoted)-1])
			for _, plain := range []string{plain, numbered(plain, "", `\u%04x`)} { // PHP and Python
				forms = append(forms, plain, strings.ReplaceAll(plain, "/", `\/`))
			}
			forms = append(forms, numbered(plain, "+&<>'", `\u%04X`), numbered(plain, "=&<>'", `\u%04x`)) // .NET, Gson
		}
	}
	slices.Sort(forms)
	var out []needle
	for _, form := range slices.Compact(forms) {
		out = append(out, needle{text: form})
	}
	return out
}

// numbered writes these characters, and all outside ASCII, by number.
func numbered(s, these, format string) string {
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf && !strings.ContainsRune(these, r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, format, unit)
		}
	}
	return b.String()
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

// Text returns s without the secrets. It must see the whole text: half a
// secret, left by cutting before, is not found.
func (s *Scrubber) Text(text string) string { return s.scrub(text, false) }

// Start is Bytes for the start of a text that goes on: the end of it is removed
// too where a secret may begin.
func (s *Scrubber) Start(b []byte) []byte { return []byte(s.scrub(string(b), true)) }

func (s *Scrubber) scrub(text string, cut bool) string {
	type span struct{ start, end int }
	var found []span
	for _, n := range s.known() {
		if cut && !n.word {
			for size := min(len(n.text)-1, len(text)); size >= shortest; size-- {
				if strings.HasSuffix(text, n.text[:size]) {
					found = append(found, span{len(text) - size, len(text)})
					break
				}
			}
		}
		for from := 0; ; {
			start, end := n.find(text, from)
			if start < 0 {
				break
			}
			from = start + 1
			if n.word && !isWord(text, start, end) {
				continue
			}
			// A text made of one secret alone would else cost 16 bytes for each of its own.
			if last := len(found) - 1; last >= 0 && found[last].start <= start && start <= found[last].end {
				found[last].end = max(found[last].end, end)
				continue
			}
			found = append(found, span{start, end})
		}
	}
	if len(found) == 0 {
		return text
	}
	// All occurrences are found before any is replaced: where two overlap,
	// replacing the first would leave the rest of the second.
	slices.SortFunc(found, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	var out strings.Builder
	done := 0
	for i := 0; i < len(found); {
		start, end := found[i].start, found[i].end
		for i++; i < len(found) && found[i].start <= end; i++ {
			end = max(end, found[i].end)
		}
		out.WriteString(text[done:start])
		out.WriteString(Marker)
		done = end
	}
	out.WriteString(text[done:])
	return out.String()
}

// Bytes is Text for bytes. The result may share memory with b.
func (s *Scrubber) Bytes(b []byte) []byte {
	if len(s.known()) == 0 {
		return b
	}
	return []byte(s.Text(string(b)))
}

// find returns where the needle stands in text, at from or later; -1 if nowhere.
func (n needle) find(text string, from int) (start, end int) {
	for ; from < len(text); from++ {
		first := n.text
		if n.phone {
			first = n.text[:1]
		}
		i := strings.Index(text[from:], first)
		if i < 0 {
			break
		}
		from += i
		if !n.phone {
			return from, from + len(n.text)
		}
		if size := grouped(text[from:], n.text); size > 0 {
			return from, from + size
		}
	}
	return -1, -1
}

// grouped returns how many bytes of text the digits take that it begins with,
// with at most one sign between two of them; 0 if it begins otherwise.
func grouped(text, digits string) int {
	at := 0
	for i := range len(digits) {
		if i > 0 && at < len(text) && text[at] != digits[i] && !('0' <= text[at] && text[at] <= '9') {
			for _, sign := range []string{" ", "\u00a0", "\u202f", "-", ".", "/"} {
				if strings.HasPrefix(text[at:], sign) {
					at += len(sign)
					break
				}
			}
		}
		if at >= len(text) || text[at] != digits[i] {
			return 0
		}
		at++
	}
	return at
}

func isWord(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, _ := utf8.DecodeRuneInString(text[end:])
	return !isAlphanumeric(before) && !isAlphanumeric(after)
}

func isAlphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// maxMessage is how many characters of a provider's message are kept.
const maxMessage = 256

// Message makes a provider's text fit for one line of a log: nothing in it
// ends the line, reorders it or hides in it, and it is short. Scrub first, cut
// after.
func Message(s string) string {
	var out strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxMessage {
			break
		}
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			r = ' '
		}
		out.WriteRune(r)
	}
	return out.String()
}
