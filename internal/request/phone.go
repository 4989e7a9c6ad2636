package request

import "strings"

// ValidPhone reports whether s is a plus and 7 to 15 ASCII digits, the first not 0.
// Anything else is refused and never repaired: a number with a digit guessed
// or dropped belongs to someone else, whose wallet would be debited or paid.
func ValidPhone(s string) bool {
	if len(s) < 1+7 || len(s) > 1+15 || s[0] != '+' || s[1] == '0' {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// PhoneDigits returns a valid number without its plus.
func PhoneDigits(s string) string { return strings.TrimPrefix(s, "+") }
