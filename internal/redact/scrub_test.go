package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func htmlJSON(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) }

func plainJSON(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	return strings.TrimSuffix(b.String()[1:], "\"\n")
}

var encodings = map[string]func(string) string{
	"raw":             func(s string) string { return s },
	"query":           url.QueryEscape,
	"path":            url.PathEscape,
	"lower query":     func(s string) string { return lowerEscapes(url.QueryEscape(s)) },
	"base64":          func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"raw base64":      func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64 URL":      func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"raw base64 URL":  func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"hex":             func(s string) string { return hex.EncodeToString([]byte(s)) },
	"upper hex":       func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"JSON":            plainJSON,
	"JSON with HTML":  htmlJSON,
	"JSON with slash": func(s string) string { return strings.ReplaceAll(plainJSON(s), "/", `\/`) },
	"JSON with both":  func(s string) string { return strings.ReplaceAll(htmlJSON(s), "/", `\/`) },
}

func TestTextRemovesEverySpelling(t *testing.T) {
	for _, secret := range []string{"1234", "sk_live_4f9c", key, phone, "a/b\"c\\d é<&>~?", "pub:priv", "\x01ÿþ>>>???", "é€", "p_1 x+y%2B"} {
		s := NewScrubber("other-secret", secret)
		more := NewScrubber("other-secret").With(secret)
		for name, encode := range encodings {
			form := encode(secret)
			for _, scrubber := range []*Scrubber{s, more} {
				assert.Equal(t, "bad key «[redacted]», [redacted]!", scrubber.Text("bad key «"+form+"», "+form+"!"), "%s of %q", name, secret)
				assert.Equal(t, "[redacted]", string(scrubber.Bytes([]byte(form))), "%s of %q", name, secret)
			}
		}
	}
}

// What other languages write in JSON is not what encoding/json writes.
func TestTextRemovesCharactersByNumber(t *testing.T) {
	s := NewScrubber("Aïcha+K=/'😀")
	for language, form := range map[string]string{
		"Python":  `A\u00efcha+K=/'\ud83d\ude00`,
		"PHP":     `A\u00efcha+K=\/'\ud83d\ude00`,
		".NET":    `A\u00EFcha\u002BK=/\u0027\uD83D\uDE00`,
		"Node.js": `Aïcha+K=/'😀`,
	} {
		assert.Equal(t, `{"x":"[redacted]"}`, s.Text(`{"x":"`+form+`"}`), language)
	}
	assert.Equal(t, "[redacted]", NewScrubber("key+K=/'").Text(`key+K\u003d/\u0027`), "Gson")
}

func TestPhoneIsRemovedWithoutItsPlus(t *testing.T) {
	s := NewScrubber(phone)
	assert.Equal(t, "to [redacted] and [redacted] and 00[redacted]", s.Text("to +22890000000 and 22890000000 and 0022890000000"))
	assert.Equal(t, "?phone=[redacted]&x", s.Text("?phone=%2B22890000000&x"))
	// Not a telephone number: its plus is part of it.
	assert.Equal(t, "2289 [redacted]", NewScrubber("+2289").Text("2289 +2289"))
}

// An operator refuses the number as people write it, without its country code
// and in groups.
func TestPhoneIsRemovedHoweverItIsWritten(t *testing.T) {
	s := NewScrubber("+22670112233")
	for _, echo := range []string{
		"70112233", "70 11 22 33", "70-11-22-33", "70.11.22.33", "701 122 33", "70\u00a011\u00a022\u00a033", "70\u202f11\u202f22\u202f33",
		"226 70 11 22 33", "+226 70 11 22 33", "0022670112233", "7 70 11 22 33",
	} {
		got := s.Text("numéro " + echo + " invalide")
		assert.NotContains(t, got, "33", echo)
		assert.NotContains(t, got, "11", echo)
		assert.True(t, strings.HasPrefix(got, "numéro ") && strings.HasSuffix(got, Marker+" invalide"), got)
	}
	for _, kept := range []string{"70 11 22 34", "7011223", "70  11 22 33", "montant 70 112", "70"} {
		assert.Equal(t, kept, s.Text(kept))
	}
	assert.Equal(t, "min. 4567 F", NewScrubber("+1234567").Text("min. 4567 F"), "too short to be told from an amount")
}

// LigdiCash takes a phone without its plus, and so does Do write it.
func TestPhoneWithoutItsPlusIsRemovedHoweverItIsWritten(t *testing.T) {
	s := NewScrubber("22670112233")
	for _, echo := range []string{"70112233", "70 11 22 33", "+226 70 11 22 33", "00226-70-11-22-33"} {
		got := s.Text("numéro " + echo + " invalide")
		assert.NotContains(t, got, "33", echo)
		assert.NotContains(t, got, "11", echo)
	}
	assert.Equal(t, "max. 500 000 F", NewScrubber("150500000").Text("max. 500 000 F"), "an amount is no phone")
}

// A text of one digit, or of one secret, must not cost many times its size.
func TestOverlappingSecretsCostLittle(t *testing.T) {
	s, text := NewScrubber("+22611111111"), strings.Repeat("1", 1<<20)
	var got string
	allocated := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			got = s.Text(text)
		}
	}).AllocedBytesPerOp()
	assert.Equal(t, Marker, got)
	assert.Less(t, allocated, int64(1<<20))
}

func TestShortSecretsAreRemovedAsWholeWords(t *testing.T) {
	s := NewScrubber("12", "abc")
	assert.Equal(t, "code [redacted], ([redacted]) 123 312 5120 x12 12é é12 [redacted]", s.Text("code 12, (12) 123 312 5120 x12 12é é12 12"))
	assert.Equal(t, "[redacted]-abcd-[redacted]", s.Text("abc-abcd-abc"))
	// Their encodings would match by chance.
	assert.Equal(t, "3132", s.Text("3132"))
	assert.Equal(t, "1234", NewScrubber("1").Text("1234"))
}

func TestEmptySecretsAreIgnored(t *testing.T) {
	assert.Equal(t, "a b", NewScrubber("", "").With("").Text("a b"))
	assert.Equal(t, "", NewScrubber("").Text(""))
}

func TestOverlappingSecretsLeaveNoRest(t *testing.T) {
	assert.Equal(t, "x[redacted]y", NewScrubber("abcd", "cdefgh").Text("xabcdefghy"))
	assert.Equal(t, "x[redacted]y", NewScrubber("abcd", "abcdefgh", "efgh").Text("xabcdefghy"))
	assert.Equal(t, "x[redacted]y", NewScrubber("abcdefgh", "cdef").Text("xabcdefghy"))
	assert.Equal(t, "x[redacted]y", NewScrubber("aaaa").Text("xaaaaaay"))
	assert.Equal(t, "x[redacted]y", NewScrubber("abab").Text("xabababy"))
	assert.Equal(t, "[redacted] [redacted]", NewScrubber("sk_1", "sk_12").Text("sk_12 sk_1"))
}

func TestNilAndZeroScrubbersWork(t *testing.T) {
	var s *Scrubber
	assert.Equal(t, key, s.Text(key))
	assert.Equal(t, key, string(s.Bytes([]byte(key))))
	assert.Equal(t, Marker, s.With(key).Text(key))
	assert.Equal(t, key, new(Scrubber).Text(key))
	assert.Equal(t, Marker, new(Scrubber).With(key).Text(key))
	assert.Empty(t, NewScrubber(key).Bytes(nil))
}

func TestWithLeavesTheFirstAlone(t *testing.T) {
	base := NewScrubber("first-secret")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			own := fmt.Sprintf("call-secret-%d", i)
			s := base.With(own)
			assert.Equal(t, "[redacted] [redacted] call-secret-x", s.Text("first-secret "+own+" call-secret-x"))
		})
	}
	all.Wait()
	assert.Equal(t, "call-secret-0", base.Text("call-secret-0"))
}

func TestScrubbersOfTwoCallsDoNotShareMemory(t *testing.T) {
	base := NewScrubber()
	for range 20 {
		base = base.With("ab")
		one, two := base.With("one"), base.With("two")
		assert.Equal(t, "[redacted] two", one.Text("one two"))
		assert.Equal(t, "one [redacted]", two.Text("one two"))
	}
}

func TestPrintingAScrubberShowsNoSecret(t *testing.T) {
	type client struct {
		scrubber *Scrubber
		byValue  Scrubber
		Public   *Scrubber
	}
	s := NewScrubber(key, phone)
	for _, v := range []any{s, *s, client{s, *s, s}, &client{s, *s, s}, []any{s, *s}, map[string]client{"c": {s, *s, s}}} {
		for _, verb := range verbs {
			leaks(t, fmt.Sprintf(verb, v))
		}
		out, _ := json.Marshal(v)
		leaks(t, string(out))
		leaks(t, render("%v", v))
	}
}

func TestBytesDoesNotChangeItsInput(t *testing.T) {
	in := []byte("bad key " + key)
	out := NewScrubber(key).Bytes(in)
	assert.Equal(t, "bad key [redacted]", string(out))
	assert.Equal(t, "bad key "+key, string(in))
}

func TestMessageIsOneCleanShortLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"solde insuffisant é 😀":            "solde insuffisant é 😀",
		"a\nb\r\nc\td\x00e\x7ff\x1b[31m":   "a b  c d e f [31m",
		"a\u202eb\u200fc\u2066d\u061ce":    "a b c d e",
		"a\u200bb\u200dc\ufeffd\u2060e":    "a b c d e",
		"a\u2028b\u2029c\u0085d\u00ade":    "a b c d e",
		"pay_\xff\xc0":                     "pay_\ufffd\ufffd",
		"\xed\xa0\x80":                     "\ufffd\ufffd\ufffd",
		strings.Repeat("é", 256):           strings.Repeat("é", 256),
		strings.Repeat("é", 257):           strings.Repeat("é", 256),
		strings.Repeat("\n", 1000):         strings.Repeat(" ", 256),
		strings.Repeat("😀", 10_000) + "\n": strings.Repeat("😀", 256),
	} {
		assert.Equal(t, want, Message(in), "%.40q", in)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add("solde\ninsuffisant \u202e")
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, s string) {
		out := Message(s)
		if !utf8.ValidString(out) || utf8.RuneCountInString(out) > 256 || strings.ContainsFunc(out, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\u200b' || r == '\ufeff'
		}) {
			t.Fatalf("%q from %q", out, s)
		}
		if Message(out) != out {
			t.Fatalf("%q changes again", out)
		}
	})
}

func FuzzScrubber(f *testing.F) {
	f.Add("sk_live_4f9c", "+22890000000", "bad key ", " for ", uint8(1))
	f.Add("abcd", "cdef", "ab", "ef", uint8(0))
	f.Add("a/b&", "12", "x", "12", uint8(200))
	f.Fuzz(func(t *testing.T, a, b, before, after string, pick uint8) {
		var names []string
		for name := range encodings {
			names = append(names, name)
		}
		s := NewScrubber(a).With(b)
		form := a
		if len(a) >= shortest && utf8.ValidString(a) {
			form = encodings[names[int(pick)%len(names)]](a)
		}
		text := before + form + after + b
		out := s.Text(text)
		// What is kept are pieces of the text: no piece may hold a secret.
		for _, piece := range strings.Split(out, Marker) {
			for _, secret := range []string{a, b} {
				if len(secret) < shortest {
					continue
				}
				for _, n := range appendSpellings(nil, secret) {
					if strings.Contains(piece, n.text) {
						t.Fatalf("%q keeps %q of %q", out, n.text, secret)
					}
				}
			}
		}
		if got := string(s.Bytes([]byte(text))); got != out {
			t.Fatalf("Bytes %q, Text %q", got, out)
		}
	})
}

func BenchmarkWith(b *testing.B) {
	base := NewScrubber("sk_live_0123456789abcdef", "whsec_0123456789abcdef")
	b.ReportAllocs()
	for b.Loop() {
		_ = base.With("+22890000000", "1234")
	}
}

func BenchmarkText(b *testing.B) {
	s := NewScrubber("sk_live_0123456789abcdef", "whsec_0123456789abcdef", "+22890000000", "1234")
	text := `{"error":"invalid key sk_live_0123456789abcdef for +22890000000"}`
	require.NotEqual(b, text, s.Text(text))
	b.ReportAllocs()
	for b.Loop() {
		_ = s.Text(text)
	}
}

func TestPhoneWithoutItsPlusIsFoundInEverySpelling(t *testing.T) {
	s := NewScrubber("+22890000000")
	for _, text := range []string{
		"22890000000", "+22890000000", "%2B22890000000",
		base64.StdEncoding.EncodeToString([]byte("22890000000")), hex.EncodeToString([]byte("22890000000")),
	} {
		assert.Equal(t, "a "+Marker+" b", s.Text("a "+text+" b"))
	}
}

// A text that goes on may end in the first digits of a phone, in groups or not.
func TestStartLeavesNoHalfOfAPhone(t *testing.T) {
	s := NewScrubber("+22670112233")
	for _, end := range []string{"7011", "70 11", "70 11 2", "70\u202f11\u202f22\u202f3", "70-11-22-3", "2267011", "+2267"} {
		assert.Equal(t, "numéro [redacted]", string(s.Start([]byte("numéro "+end))), end)
	}
	assert.Equal(t, "numéro 70 1", string(s.Start([]byte("numéro 70 1"))), "three digits are no phone")
	assert.Equal(t, "1", string(s.Start([]byte("1"))))
	assert.Equal(t, "", string(s.Start(nil)))
}

// Whatever is found of a secret, Fits says that it can be there.
func TestFits(t *testing.T) {
	for _, secret := range []string{"1", "abc", "1234", key, phone, "22890000000", "a/b\"c\\d é<&>~?", "é€", "p_1 x+y%2B"} {
		for _, n := range NewScrubber(secret).known() {
			assert.True(t, Fits(secret, len(n.text)), "%q of %q", n.text, secret)
		}
		assert.False(t, Fits(secret, 0), secret)
	}
	assert.False(t, Fits("", 9))
	assert.False(t, Fits(key, len(key)-1))
}

// A message is cut before it is looked through, and a secret at the cut goes whole.
func TestMessageOfALongText(t *testing.T) {
	s := NewScrubber("sk_live_4f9c")
	for shift := range len("sk_live_4f9c") + 1 {
		text := strings.Repeat("sk_live_4f9c", MaxStart/len("sk_live_4f9c")) + "é"
		got := s.Message(strings.Repeat("é", shift)[:shift] + text + text)
		assert.NotContains(t, got, "sk_l", shift)
		assert.LessOrEqual(t, utf8.RuneCountInString(got), maxMessage)
	}
	assert.Equal(t, strings.Repeat("é", maxMessage), s.Message(strings.Repeat("é", MaxStart)))
}
