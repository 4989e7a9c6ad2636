package request

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAcceptsInternationalNumbers(t *testing.T) {
	for _, s := range []string{"+22890000000", "+22670000000", "+2250700000000", "+221770000000", "+33612345678", "+1234567", "+123456789012345"} {
		assert.True(t, ValidPhone(s), s)
		assert.Equal(t, s[1:], PhoneDigits(s))
	}
}

func TestRefusesEverythingElse(t *testing.T) {
	for _, s := range []string{
		"", "0", "+", "+226", "+123456", "+1234567890123456", "+22670000000000000000", "+02267000000", "22670000000",
		"70 00 00 00", "70-00-00-00", "0022670000000", "+226(70)000000", "tel:+22670000000", "++22670000000",
		"+226７0000000", "+٢٢٦٧٠٠٠", "+22670000000\r\nX: 1", "+22670000000\n", " +22670000000", "+22670000000 ",
		"+22670000000;ext=1", "+2267000000O", "+226\u200f70000000", "+226\x0070000000", "+226.70000000", "-22670000000",
		"+22670000000\xff", "＋22670000000",
	} {
		assert.False(t, ValidPhone(s), "%q", s)
	}
}

var plain = regexp.MustCompile(`\A\+[1-9][0-9]{6,14}\z`)

func FuzzValid(f *testing.F) {
	for _, s := range []string{"+22890000000", "+02267000000", "22670000000", "+226７0000000", "", "+123456789012345", "+1234567\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if ValidPhone(s) != plain.MatchString(s) {
			t.Fatalf("%q: %v", s, ValidPhone(s))
		}
		if ValidPhone(s) && "+"+PhoneDigits(s) != s {
			t.Fatalf("%q: digits %q", s, PhoneDigits(s))
		}
	})
}
