package strictjson

import (
	"bytes"
	"hash/maphash"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// The limits of one text. No provider comes near them; a hostile answer does.
const (
	MaxDepth  = 32      // objects and arrays inside one another, the outermost counted
	MaxValues = 1 << 16 // values in all, each member and each element counted
)

// maxSent is how deep a body may be that the caller wrote: as deep as encoding/json
// reads.
const maxSent = 10_000

// Problem says what is wrong with a text as a whole, as the end of a sentence:
// "the answer" + " " + "is not valid JSON". It never quotes the text: a hostile
// one may repeat the key it was called with, and errors are logged.
type Problem string

func (p Problem) Error() string { return string(p) }

// What Parse and Stream find.
const (
	ErrEmpty     = Problem("is empty")
	ErrHTML      = Problem("is an HTML page, not the API's JSON")
	ErrSyntax    = Problem("is not valid JSON")
	ErrCut       = Problem("is cut short")
	ErrTwice     = Problem("has a member twice")
	ErrTooDeep   = Problem("is nested too deep")
	ErrTooMany   = Problem("has too many members")
	ErrTrailing  = Problem("goes on after its end")
	ErrNoObject  = Problem("is not a JSON object")
	ErrNoArray   = Problem("is not a JSON array")
	ErrItemSize  = Problem("has an item that is too large")
	ErrManyItems = Problem("has too many items")
	ErrBadRows   = Problem("has too many items that cannot be read")
	ErrBadText   = Problem("is not valid UTF-8")
)

// Sentence is err as a sentence about subject, such as "the answer".
func Sentence(subject string, err error) string {
	if problem, ok := err.(Problem); ok {
		return subject + " " + string(problem)
	}
	return err.Error()
}

// Kind is what a value is.
type Kind uint8

// The kinds of value. Absent is that of a member that is not there.
const (
	Absent Kind = iota
	Null
	False
	True
	Number
	Text
	Array
	Object
)

// node is where one value stands. An object or array comes before what is inside
// it, so that the whole text is one list.
type node struct {
	start, end         uint32 // of the value; of a text, without its quotes
	nameStart, nameEnd uint32 // of the member's name, without its quotes
	hash               uint32 // of the name, folded
	next               int32  // the first node that is not inside this one
	kind               Kind
	marks              mark
}

type mark uint8

const (
	escaped     mark = 1 << iota // the text holds a backslash
	badText                      // the text is not valid UTF-8
	nameEscaped                  // the name holds a backslash
	badName                      // the name is not valid UTF-8
)

// Document is a text that has been read once, and where everything in it stands.
type Document struct {
	data  []byte
	nodes []node
	bad   bool    // some text is not valid UTF-8
	loose bool    // see Sendable
	table []int32 // see manyNames
}

var documents = sync.Pool{New: func() any { return new(Document) }}

// mostKept bounds what one large text leaves behind in the pool.
const mostKept = 1 << 12

// Parse reads data, one JSON value, in one pass, and remembers where its members
// stand. Duplicate names are refused wherever they are, also those that differ by
// case alone; a byte order mark is skipped.
//
// The document reads from data: neither may be used after the other is gone.
func Parse(data []byte) (*Document, error) {
	return parse(data, false)
}

func parse(data []byte, loose bool) (*Document, error) {
	d := documents.Get().(*Document)
	d.data, d.loose = bytes.TrimPrefix(data, bom), loose
	end, err := d.parse()
	if err == nil {
		if end = skipBlanks(d.data, end); end != len(d.data) {
			err = ErrTrailing
		}
	}
	if err != nil {
		err = explain(d.data, err)
		d.Release()
		return nil, err
	}
	return d, nil
}

var bom = []byte("\xef\xbb\xbf")

// explain tells a web page and an empty answer from broken JSON.
func explain(data []byte, err error) error {
	if err != ErrSyntax && err != ErrCut {
		return err
	}
	switch start := skipBlanks(data, 0); {
	case start == len(data):
		return ErrEmpty
	case data[start] == '<':
		return ErrHTML
	}
	return err
}

// Release gives the document's memory to the next one. Nothing read from it by
// reference, such as Value.Raw, may be used afterwards.
func (d *Document) Release() {
	if d == nil {
		return
	}
	if cap(d.nodes) > mostKept || cap(d.table) > 4*mostKept {
		return
	}
	d.data, d.nodes, d.bad = nil, d.nodes[:0], false
	documents.Put(d)
}

// Root returns the whole value.
func (d *Document) Root() Value { return Value{d, 0} }

// ValidText reports whether every text in the document is valid UTF-8.
func (d *Document) ValidText() bool { return !d.bad }

// parse reads the first value of d.data and returns where it ends.
func (d *Document) parse() (end int, err error) {
	d.nodes, d.bad = d.nodes[:0], false
	return d.value(skipBlanks(d.data, 0), node{}, 1)
}

// value reads one value. n has its name; depth is how deep it stands.
func (d *Document) value(i int, n node, depth int) (int, error) {
	if i >= len(d.data) {
		return i, ErrCut
	}
	if len(d.nodes) == MaxValues {
		return i, ErrTooMany
	}
	var end int
	var err error
	n.start = uint32(i)
	switch c := d.data[i]; c {
	case '"':
		var marks mark
		end, marks, err = scanText(d.data, i+1)
		n.kind, n.start, n.end = Text, uint32(i+1), uint32(end)
		n.marks |= marks
		d.bad = d.bad || marks&badText != 0
		end++
	case '{', '[':
		if depth > MaxDepth && (!d.loose || depth > maxSent) {
			return i, ErrTooDeep
		}
		n.kind = Array
		if c == '{' {
			n.kind = Object
		}
		at := len(d.nodes)
		d.add(n)
		if c == '{' {
			end, err = d.object(i+1, int32(at), depth)
		} else {
			end, err = d.array(i+1, depth)
		}
		d.nodes[at].end, d.nodes[at].next = uint32(end), int32(len(d.nodes))
		return end, err
	case 't':
		n.kind = True
		end, err = scanWord(d.data, i, "true")
		n.end = uint32(end)
	case 'f':
		n.kind = False
		end, err = scanWord(d.data, i, "false")
		n.end = uint32(end)
	case 'n':
		n.kind = Null
		end, err = scanWord(d.data, i, "null")
		n.end = uint32(end)
	default:
		n.kind = Number
		end, err = scanNumber(d.data, i)
		n.end = uint32(end)
	}
	if err != nil {
		return end, err
	}
	n.next = int32(len(d.nodes) + 1)
	d.add(n)
	return end, nil
}

// add appends a node. The room for them doubles, up to what MaxValues allows: append
// would take steps of a quarter, and a large text five times its index.
func (d *Document) add(n node) {
	if len(d.nodes) == cap(d.nodes) {
		more := make([]node, len(d.nodes), min(max(64, 2*cap(d.nodes)), MaxValues))
		copy(more, d.nodes)
		d.nodes = more
	}
	d.nodes = append(d.nodes, n)
}

// array reads the elements of an array from i, behind its bracket, to its end.
func (d *Document) array(i, depth int) (int, error) {
	i = skipBlanks(d.data, i)
	if i < len(d.data) && d.data[i] == ']' {
		return i + 1, nil
	}
	for {
		var err error
		if i, err = d.value(i, node{}, depth+1); err != nil {
			return i, err
		}
		i = skipBlanks(d.data, i)
		if i >= len(d.data) {
			return i, ErrCut
		}
		switch d.data[i] {
		case ']':
			return i + 1, nil
		case ',':
			i = skipBlanks(d.data, i+1)
		default:
			return i, ErrSyntax
		}
	}
}

// object reads the members of the object whose node is at, from i, behind its
// brace, to its end.
func (d *Document) object(i int, at int32, depth int) (int, error) {
	i = skipBlanks(d.data, i)
	if i < len(d.data) && d.data[i] == '}' {
		return i + 1, nil
	}
	for members := 1; ; members++ {
		if i >= len(d.data) {
			return i, ErrCut
		}
		if d.data[i] != '"' {
			return i, ErrSyntax
		}
		end, hash, marks, err := scanName(d.data, i+1)
		if err != nil {
			return end, err
		}
		n := node{nameStart: uint32(i + 1), nameEnd: uint32(end), hash: hash, marks: marks}
		d.bad = d.bad || marks&badName != 0
		i = skipBlanks(d.data, end+1)
		if i >= len(d.data) {
			return i, ErrCut
		}
		if d.data[i] != ':' {
			return i, ErrSyntax
		}
		if i, err = d.value(skipBlanks(d.data, i+1), n, depth+1); err != nil {
			return i, err
		}
		i = skipBlanks(d.data, i)
		if i >= len(d.data) {
			return i, ErrCut
		}
		switch d.data[i] {
		case '}':
			if members > 1 && d.twice(at+1, members) {
				return i, ErrTwice
			}
			return i + 1, nil
		case ',':
			i = skipBlanks(d.data, i+1)
		default:
			return i, ErrSyntax
		}
	}
}

// fewNames is how many members are compared through a small filter; more than that
// go through a table, because a hostile object has as many as it likes.
const fewNames = 64

// twice reports whether two of the members from the node first on have names that
// are equal or differ by case alone.
func (d *Document) twice(first int32, members int) bool {
	if members > fewNames {
		return d.twiceOfMany(first, members)
	}
	var seen [8]uint64
	for at, left := first, members; left > 0; at, left = d.nodes[at].next, left-1 {
		hash := d.nodes[at].hash
		word, bit := hash>>6&7, uint64(1)<<(hash&63)
		if seen[word]&bit == 0 {
			seen[word] |= bit
			continue
		}
		for other := first; other != at; other = d.nodes[other].next {
			if d.nodes[other].hash == hash && d.same(other, at) {
				return true
			}
		}
	}
	return false
}

// seed keeps a hostile object from choosing names that all fall into one place.
var seed = maphash.MakeSeed()

// twiceOfMany is twice in time that grows with the number of members alone. The
// table holds 1 + the node of each member.
func (d *Document) twiceOfMany(first int32, members int) bool {
	size := 1
	for size < 2*members {
		size *= 2
	}
	if cap(d.table) < size {
		d.table = make([]int32, size)
	}
	table := d.table[:size]
	clear(table)
	var folded [64]byte
	for at, left := first, members; left > 0; at, left = d.nodes[at].next, left-1 {
		name := d.name(at)
		place := int(maphash.Bytes(seed, appendFolded(folded[:0], name))) & (size - 1)
		for ; table[place] != 0; place = (place + 1) & (size - 1) {
			if d.same(table[place]-1, at) {
				return true
			}
		}
		table[place] = at + 1
	}
	return false
}

// same reports whether two members have one name.
func (d *Document) same(a, b int32) bool {
	if d.loose {
		return d.nameIs(a, Value{d, b}.Name())
	}
	return sameName(d.name(a), d.name(b))
}

// name is a member's name as it stands in the text.
func (d *Document) name(at int32) []byte {
	n := &d.nodes[at]
	return d.data[n.nameStart:n.nameEnd]
}

func skipBlanks(data []byte, i int) int {
	for i < len(data) {
		switch data[i] {
		case ' ', '\n', '\r', '\t':
			i++
		default:
			return i
		}
	}
	return i
}

// scanWord reads true, false or null.
func scanWord(data []byte, i int, word string) (int, error) {
	rest := data[i:]
	switch {
	case len(rest) >= len(word) && string(rest[:len(word)]) == word:
		return i + len(word), nil
	case len(rest) < len(word) && string(rest) == word[:len(rest)]:
		return len(data), ErrCut
	}
	return i, ErrSyntax
}

func scanNumber(data []byte, i int) (_ int, err error) {
	if data[i] == '-' {
		i++
	}
	if i < len(data) && data[i] == '0' {
		i++
	} else if i, err = scanDigits(data, i); err != nil {
		return i, err
	}
	if i < len(data) && data[i] == '.' {
		if i, err = scanDigits(data, i+1); err != nil {
			return i, err
		}
	}
	if i < len(data) && (data[i] == 'e' || data[i] == 'E') {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		if i, err = scanDigits(data, i); err != nil {
			return i, err
		}
	}
	return i, nil
}

// scanDigits reads at least one digit.
func scanDigits(data []byte, i int) (int, error) {
	start := i
	for i < len(data) && data[i]-'0' <= 9 {
		i++
	}
	switch {
	case i > start:
		return i, nil
	case i >= len(data):
		return i, ErrCut
	}
	return i, ErrSyntax
}

// plain are the bytes of a text that need no closer look.
var plain = func() (is [256]bool) {
	for c := ' '; c < 0x80; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

// scanText reads the inside of a text from i on and returns where its closing
// quote stands.
func scanText(data []byte, i int) (end int, marks mark, err error) {
	for {
		for i < len(data) && plain[data[i]] {
			i++
		}
		if i >= len(data) {
			return i, marks, ErrCut
		}
		switch c := data[i]; {
		case c == '"':
			return i, marks, nil
		case c == '\\':
			size, ok := escape(data[i:])
			if size == 0 {
				if len(data)-i < maxEscape {
					return len(data), marks, ErrCut
				}
				return i, marks, ErrSyntax
			}
			marks |= escaped
			if !ok {
				marks |= badText
			}
			i += size
		case c < ' ':
			return i, marks, ErrSyntax
		default:
			r, size := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && size == 1 {
				marks |= badText
			}
			i += size
		}
	}
}

// maxEscape is the longest escape: two units of a surrogate pair.
const maxEscape = len(`\ud83d\ude00`)

// escape returns how many bytes the escape takes that s begins with, 0 if it is
// none. ok is false for half of a surrogate pair, which stands for no character.
func escape(s []byte) (size int, ok bool) {
	if len(s) < 2 {
		return 0, false
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, true
	case 'u':
	default:
		return 0, false
	}
	r, isHex := unit(s)
	if !isHex {
		return 0, false
	}
	if !utf16.IsSurrogate(r) {
		return 6, true
	}
	if low, isHex := unit(s[6:]); isHex && utf16.DecodeRune(r, low) != unicode.ReplacementChar {
		return 12, true
	}
	return 6, false
}

// unit reads an escape by number, such as \u00e9.
func unit(s []byte) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range s[2:6] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
