package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

var (
	ErrMissingHeader  = errors.New("is missing")
	ErrRepeatedHeader = errors.New("is there more than once")
)

// Header returns the only value of a header. A header that is there more than once is
// refused, because a proxy and the code behind it may each read another value. Its name
// is compared without case: not every server fills the map the way net/http does, and
// a second value must not hide behind another spelling.
func Header(h http.Header, name string) (string, error) {
	var value string
	n := 0
	for key, values := range h {
		if len(values) > 0 && strings.EqualFold(key, name) {
			n += len(values)
			value = values[0]
		}
	}
	switch {
	case n > 1:
		return "", ErrRepeatedHeader
	case value == "":
		return "", ErrMissingHeader
	}
	return value, nil
}

// Sent reports whether the header is there, in whatever case and even if empty.
func Sent(h http.Header, name string) bool {
	for key, values := range h {
		if len(values) > 0 && strings.EqualFold(key, name) {
			return true
		}
	}
	return false
}

// Hex reads an HMAC-SHA256 of 64 hexadecimal digits in either case.
func Hex(mac string) ([]byte, bool) {
	if len(mac) != 2*sha256.Size {
		return nil, false
	}
	b, err := hex.DecodeString(mac)
	return b, err == nil
}

// strict also refuses padding bits that are not zero, so that one signature
// has one spelling.
var strict = base64.StdEncoding.Strict()

// Base64 reads an HMAC-SHA256 in standard base64 with its padding.
func Base64(mac string) ([]byte, bool) {
	if len(mac) != base64.StdEncoding.EncodedLen(sha256.Size) {
		return nil, false
	}
	b, err := strict.DecodeString(mac)
	// The decoder skips line breaks, which leaves fewer bytes.
	return b, err == nil && len(b) == sha256.Size
}

// Verify reports whether mac is the HMAC-SHA256 of the parts, one after the
// other, under one of the secrets. Nothing separates the parts, so a Scheme must leave
// one way to split the same bytes.
//
// All secrets are tried, so that the time taken does not tell which of them
// matched. An empty secret never matches: it is a setting left out, and anyone
// can sign with it.
func Verify(mac []byte, secrets func() []string, parts ...[]byte) bool {
	if secrets == nil {
		return false
	}
	matched := 0
	for _, secret := range secrets() {
		if secret == "" {
			continue
		}
		matched |= subtle.ConstantTimeCompare(sum(secret, parts), mac)
	}
	return matched == 1
}

// Sign returns the HMAC-SHA256 of the parts in lower-case hexadecimal. It is
// for fakes and test deliveries.
func Sign(secret string, parts ...[]byte) string {
	return hex.EncodeToString(sum(secret, parts))
}

func sum(secret string, parts [][]byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// lastSecond is the end of the year 9999. Far later times wrap around inside
// time.Time and look like the past.
const lastSecond = 253402300799

// UnixSeconds reads a positive number of seconds in plain decimal digits. A
// sign, a blank or a leading zero would let one time be spelled in several
// ways, and one delivery pass for several.
func UnixSeconds(s string) (time.Time, bool) {
	n, ok := decimal(s)
	if !ok || n > lastSecond {
		return time.Time{}, false
	}
	return time.Unix(n, 0), true
}

// UnixMillis reads milliseconds, which are 13 digits until the year 2286: a
// shorter number is in seconds, a longer one in microseconds.
func UnixMillis(s string) (time.Time, bool) {
	n, ok := decimal(s)
	if !ok || len(s) != 13 {
		return time.Time{}, false
	}
	return time.UnixMilli(n), true
}

func decimal(s string) (int64, bool) {
	if s == "" || s[0] == '0' {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// Fresh reports whether t is at most tolerance before or after now. The
// future counts as well: a delivery dated next year could be replayed until
// then. The limits are compared, not the distance, which may not fit a
// Duration.
func Fresh(t, now time.Time, tolerance time.Duration) bool {
	return !t.Before(now.Add(-tolerance)) && !t.After(now.Add(tolerance))
}
