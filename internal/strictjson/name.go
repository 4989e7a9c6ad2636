package strictjson

import (
	"bytes"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	fnvOffset = 2166136261
	fnvPrime  = 16777619
)

// scanName is scanText for the name of a member, and hashes the name without its
// case.
func scanName(data []byte, i int) (end int, hash uint32, marks mark, err error) {
	hash = fnvOffset
	for start := i; ; i++ {
		if i >= len(data) {
			return i, 0, 0, ErrCut
		}
		c := data[i]
		if c == '"' {
			return i, hash, 0, nil
		}
		if !plain[c] {
			end, found, err := scanText(data, i)
			if err != nil {
				return end, 0, 0, err
			}
			if found&escaped != 0 {
				marks |= nameEscaped
			}
			if found&badText != 0 {
				marks |= badName
			}
			return end, hashName(data[start:end]), marks, nil
		}
		hash = (hash ^ uint32(upper(c))) * fnvPrime
	}
}

// hashASCII is hashName for a name in our own code, which has no escapes.
func hashASCII(name string) uint32 {
	hash := uint32(fnvOffset)
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return hashName([]byte(name))
		}
		hash = (hash ^ uint32(upper(name[i]))) * fnvPrime
	}
	return hash
}

// hashName hashes a name as it stands in a text.
func hashName(name []byte) uint32 {
	hash := uint32(fnvOffset)
	for len(name) > 0 {
		r, size := next(name)
		hash = (hash ^ uint32(fold(r))) * fnvPrime
		name = name[size:]
	}
	return hash
}

// sameName reports whether two names, as they stand in a text, are equal or differ
// by case alone.
func sameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	for len(a) > 0 && len(b) > 0 {
		ra, na := next(a)
		rb, nb := next(b)
		if fold(ra) != fold(rb) {
			return false
		}
		a, b = a[na:], b[nb:]
	}
	return len(a) == len(b)
}

func appendFolded(dst, s []byte) []byte {
	for len(s) > 0 {
		r, n := next(s)
		dst = utf8.AppendRune(dst, fold(r))
		s = s[n:]
	}
	return dst
}

// unescape appends what the inside of a text stands for, which scanText has found
// valid.
func unescape(dst, s []byte) []byte {
	for len(s) > 0 {
		plain := bytes.IndexByte(s, '\\')
		if plain < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:plain]...)
		r, size := next(s[plain:])
		dst = utf8.AppendRune(dst, r)
		s = s[plain+size:]
	}
	return dst
}

// next decodes the first character of the inside of a valid text, and tells how
// many bytes it takes.
func next(s []byte) (rune, int) {
	if s[0] != '\\' {
		r, size := utf8.DecodeRune(s)
		if r == utf8.RuneError && size == 1 {
			r = unicode.MaxRune + 1 + rune(s[0]) // two broken bytes are two names
		}
		return r, size
	}
	switch s[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r, _ := unit(s)
		if !utf16.IsSurrogate(r) {
			return r, 6
		}
		if low, isHex := unit(s[6:]); isHex {
			return utf16.DecodeRune(r, low), 12
		}
		return utf8.RuneError, 6
	}
	return rune(s[1]), 2
}

// fold returns the smallest of the characters that differ only by case, so
// that s, S and ſ are one.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		return rune(upper(byte(r)))
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}
