package oldjson

import (
	"bytes"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Objects with more members than fewNames are checked through a map, so that
// a hostile object with a hundred thousand names takes linear time.
const fewNames = 16

// name is where a member's name stands in the input, and its hash after
// unescaping and folding. The hash only saves comparisons: names that share
// it are compared.
type name struct {
	hash       uint64
	start, end int
}

// frame is an object or array that has been opened and not yet closed.
type frame struct {
	object   bool
	wantName bool
	base     int // where the object's names begin in the shared list
	many     map[string]struct{}
}

// checkNames refuses duplicate names and nesting beyond MaxDepth in data,
// which the engine must have found valid: it is what makes the plain scan
// below safe. depth is how many arrays and objects surround data.
func checkNames(data []byte, depth int) error {
	var (
		frames [MaxDepth]frame
		few    [2 * fewNames]name
		names  = few[:0]
		top    = -1
	)
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			top++
			if top+depth >= MaxDepth {
				return ErrDepth
			}
			object := data[i] == '{'
			frames[top] = frame{object: object, wantName: object, base: len(names)}
		case '}', ']':
			names = names[:frames[top].base]
			top--
		case ',':
			frames[top].wantName = frames[top].object
		case '"':
			if top < 0 || !frames[top].wantName {
				i = skipString(data, i+1)
				continue
			}
			f := &frames[top]
			f.wantName = false
			start := i + 1
			hash, end := scanName(data, start)
			i = end
			n := name{hash, start, end}
			if f.many != nil {
				if !f.add(data, n) {
					return ErrDuplicate
				}
				continue
			}
			for _, other := range names[f.base:] {
				if other.hash == hash && sameName(data[other.start:other.end], data[start:end]) {
					return ErrDuplicate
				}
			}
			names = append(names, n)
			if len(names)-f.base > fewNames {
				f.many = make(map[string]struct{}, 4*fewNames)
				for _, n := range names[f.base:] {
					f.add(data, n)
				}
			}
		}
	}
	return nil
}

// add reports whether the name is new to the object.
func (f *frame) add(data []byte, n name) bool {
	key := appendFolded(make([]byte, 0, 64), data[n.start:n.end])
	if _, ok := f.many[string(key)]; ok {
		return false
	}
	f.many[string(key)] = struct{}{}
	return true
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// skipString returns the position of the quote that ends the string whose
// inside begins at i.
func skipString(data []byte, i int) int {
	for data[i] != '"' {
		if data[i] == '\\' {
			i++
		}
		i++
	}
	return i
}

// scanName is skipString, and hashes what the string stands for.
func scanName(data []byte, start int) (hash uint64, end int) {
	hash = fnvOffset
	for i := start; ; {
		c := data[i]
		if c == '"' {
			return hash, i
		}
		if c != '\\' && c < utf8.RuneSelf {
			hash = (hash ^ uint64(upper(c))) * fnvPrime
			i++
			continue
		}
		r, size := next(data[i:])
		hash = (hash ^ uint64(fold(r))) * fnvPrime
		i += size
	}
}

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

// next decodes the first character of the inside of a valid JSON string, and
// tells how many bytes it takes.
func next(s []byte) (rune, int) {
	if s[0] != '\\' {
		return utf8.DecodeRune(s)
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
		r := hex4(s[2:])
		if utf16.IsSurrogate(r) {
			return utf16.DecodeRune(r, hex4(s[8:])), 12
		}
		return r, 6
	}
	return rune(s[1]), 2
}

func hex4(s []byte) (r rune) {
	for _, c := range s[:4] {
		switch {
		case c >= 'a':
			c -= 'a' - 10
		case c >= 'A':
			c -= 'A' - 10
		default:
			c -= '0'
		}
		r = r<<4 | rune(c)
	}
	return r
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
