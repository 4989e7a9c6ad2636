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

	"github.com/guichetpay/guichet/internal/request"
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

// longestPhone is that of a plus and 15 digits.
const longestPhone = 16

// With returns a Scrubber that knows more secrets, such as those of one call.
func (s *Scrubber) With(more ...string) *Scrubber {
	var added []needle
	for _, secret := range more {
		added = appendSpellings(added, secret)
		if !isPhone(secret) {
			continue
		}
		digits := request.PhoneDigits(secret)
		if digits != secret {
			added = appendSpellings(added, digits)
		}
		// Operators write it as people do: 70 12 34 56. No country code is
		// longer than 3 digits; of a shorter one the first digits stay.
		if national := digits[min(3, len(digits)):]; len(national) >= shortestPhone {
			added = append(added, needle{text: national, phone: true})
		}
	}
	if len(added) == 0 && s != nil {
		return s
	}
	all := slices.Concat(s.known(), added)
	return &Scrubber{needles: func() []needle { return all }}
}

// isPhone reports whether the secret is a phone. Most providers take it without its
// plus, and whoever calls them through Do writes it so; fewer digits may as well be an
// amount.
func isPhone(secret string) bool {
	if len(secret) > longestPhone {
		return false
	}
	return request.ValidPhone(secret) || len(secret) >= shortestDigits && secret[0] != '+' && request.ValidPhone("+"+secret)
}

// Fits reports whether the secret, in any of its spellings, can stand in a text of
// that many bytes. It costs less than to look for it, and most messages are short.
func Fits(secret string, size int) bool {
	if isPhone(secret) {
		return size >= shortestPhone
	}
	return secret != "" && size >= len(secret)
}

func (s *Scrubber) known() []needle {
	if s == nil || s.needles == nil {
		return nil
	}
	return s.needles()
}

// appendSpellings adds the forms in which the secret may come back.
func appendSpellings(out []needle, secret string) []needle {
	if len(secret) < shortest {
		if secret != "" {
			out = append(out, needle{text: secret, word: true})
		}
		return out
	}
	before := len(out)
	add := func(form string) {
		for _, n := range out[before:] {
			if n.text == form {
				return
			}
		}
		out = append(out, needle{text: form})
	}
	b := []byte(secret)
	add(secret)
	for _, padded := range []string{base64.StdEncoding.EncodeToString(b), base64.URLEncoding.EncodeToString(b)} {
		add(padded)
		add(strings.TrimRight(padded, "="))
	}
	digits := hex.EncodeToString(b)
	add(digits)
	add(strings.ToUpper(digits))
	if !strings.ContainsFunc(secret, isWritten) {
		return out // in a URL and in JSON it is the same text
	}
	for _, escaped := range []string{url.QueryEscape(secret), url.PathEscape(secret)} {
		add(escaped)
		add(lowerEscapes(escaped))
	}
	// encoding/json escapes <, > and & as well, and PHP escapes the slash.
	for _, marshal := range []func(any) ([]byte, error){strictjson.Marshal, json.Marshal} {
		if quoted, err := marshal(secret); err == nil {
			plain := string(quoted[1 : len(quoted)-1])
			for _, plain := range []string{plain, numbered(plain, "", `\u%04x`)} { // PHP and Python
				add(plain)
				add(strings.ReplaceAll(plain, "/", `\/`))
			}
			add(numbered(plain, "+&<>'", `\u%04X`)) // .NET
			add(numbered(plain, "=&<>'", `\u%04x`)) // Gson
		}
	}
	return out
}

// isWritten reports whether r is written in another way in a URL or in JSON.
func isWritten(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~", r))
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
			if size := n.begunAtEnd(text); size > 0 {
				found = append(found, span{len(text) - size, len(text)})
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

// MaxStart is how much of a text from elsewhere is looked at where only its start is
// kept. It is more than is kept, because what is removed moves the rest forward.
const MaxStart = 8 << 10

// Message is Text for one line of a log; see the function Message. What it costs
// depends on what is kept, not on how long the text is.
func (s *Scrubber) Message(text string) string {
	if len(text) <= MaxStart {
		return Message(s.scrub(text, false))
	}
	end := MaxStart
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return Message(s.scrub(text[:end], true))
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

// begunAtEnd returns how many bytes at the end of text may be the start of the needle.
func (n needle) begunAtEnd(text string) int {
	if !n.phone {
		for size := min(len(n.text)-1, len(text)); size >= shortest; size-- {
			if strings.HasSuffix(text, n.text[:size]) {
				return size
			}
		}
		return 0
	}
	const widest = len("\u202f0") // a digit with the sign before it
	for at := max(0, len(text)-widest*len(n.text)); at+shortest <= len(text); at++ {
		for digits := len(n.text) - 1; digits >= shortest && text[at] == n.text[0]; digits-- {
			if grouped(text[at:], n.text[:digits]) == len(text)-at {
				return len(text) - at
			}
		}
	}
	return 0
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
	if len(s) <= maxMessage && !strings.ContainsFunc(s, breaksLine) && utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxMessage {
			break
		}
		if breaksLine(r) {
			r = ' '
		}
		out.WriteRune(r)
	}
	return out.String()
}

// breaksLine reports whether r ends a line, reorders it or hides in it.
func breaksLine(r rune) bool {
	return r < ' ' || r >= 0x7f && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
