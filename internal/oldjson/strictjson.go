// Package oldjson reads and writes JSON where a lenient reading could turn
// an unpaid order into a paid one. encoding/json lets the last of two members
// win, and matches names without regard to case, so that
// {"status":"failed","\u0053tatus":"completed"} reads as completed; it also
// replaces invalid UTF-8, which makes two different payment ids equal, and
// leaves a half-filled result behind an error.
//
// It is the only package that imports the v2 engine, so that encoding/json/v2
// can replace it in one place. The engine's conventions apply: names match
// case-sensitively, a nil slice is written as [] and a nil map as {}, and
// omitempty leaves out empty JSON values but not the number 0 (omitzero does).
package oldjson

import (
	"bytes"
	"errors"
	"io"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// MaxDepth is how deep objects and arrays may be nested, the outermost
	// one counted. No provider comes near it; a hostile body does.
	MaxDepth = 32

	// MaxItem is the size one item of a streamed array may have.
	MaxItem = 1 << 20
)

// The errors hold no text of the input: a hostile body may echo the key it
// was called with, and errors are logged.
var (
	ErrInvalid   = errors.New("strictjson: not valid JSON")
	ErrDuplicate = errors.New("strictjson: duplicate member name")
	ErrDepth     = errors.New("strictjson: nested too deep")
	ErrType      = errors.New("strictjson: wrong type")
	ErrNotObject = errors.New("strictjson: not an object")
	ErrNotArray  = errors.New("strictjson: not an array")
	ErrTooLarge  = errors.New("strictjson: array item too large")
	ErrMarshal   = errors.New("strictjson: value cannot be written as JSON")
)

// typeError is an ErrType or ErrMarshal that names the Go type. The member's
// name is left out: the engine takes it from the input.
type typeError struct {
	kind error
	typ  reflect.Type
}

func (e *typeError) Error() string { return e.kind.Error() + " (Go type " + e.typ.String() + ")" }
func (e *typeError) Unwrap() error { return e.kind }

// The engine's own check for duplicates is off, because the one in names.go
// finds all of its cases and more.
var (
	readOptions  = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(false))
	writeOptions = json.JoinOptions(json.Deterministic(true), jsontext.AllowInvalidUTF8(false))
)

// Marshal writes v compactly, with map members in a fixed order, so that the
// same value always gives the bytes that were signed or sent before. An error
// carries no text from v or from its methods.
func Marshal(v any) (out []byte, err error) {
	// Metadata is the caller's: a method of its values that panics must not
	// end a process in the middle of a payment.
	defer func() {
		if recover() != nil {
			out, err = nil, ErrMarshal
		}
	}()
	out, err = json.Marshal(v, writeOptions)
	if err != nil {
		return nil, fixedError(ErrMarshal, err)
	}
	return out, nil
}

// Unmarshal reads exactly one JSON value into what dst points to. Whatever dst
// held before is cleared first, and after an error it is zero, so that neither
// an old nor a half-read amount can be taken for the answer.
//
// null leaves a number zero: a member whose absence matters is a pointer.
func Unmarshal(data []byte, dst any) (err error) {
	p := reflect.ValueOf(dst)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return errors.New("strictjson: destination is not a non-nil pointer")
	}
	target := p.Elem()
	target.SetZero()
	defer func() {
		if recover() != nil {
			err = ErrType
		}
		if err != nil {
			target.SetZero()
		}
	}()
	if err := json.Unmarshal(data, dst, readOptions); err != nil {
		// The engine stops at the first type that does not fit, also in a
		// body that is malformed further on.
		if err := Check(data); err != nil {
			return err
		}
		return fixedError(ErrType, err)
	}
	return checkNames(data, 0)
}

// Check applies all of Unmarshal's rules without decoding.
func Check(data []byte) error {
	if !jsontext.Value(data).IsValid(readOptions) {
		return ErrInvalid
	}
	return checkNames(data, 0)
}

// Sendable checks a body that somebody else wrote: one value, in valid UTF-8, and
// no member twice. Case and depth are between the caller and the provider.
func Sendable(data []byte) error {
	if !jsontext.Value(data).IsValid(jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(false)) {
		return ErrInvalid
	}
	return nil
}

// Object is Check, and refuses everything but an object.
func Object(data []byte) error {
	if err := Check(data); err != nil {
		return err
	}
	if jsontext.Value(data).Kind() != '{' {
		return ErrNotObject
	}
	return nil
}

// fixedError replaces an error of the engine, which quotes the input.
func fixedError(kind, err error) error {
	var se *json.SemanticError
	if errors.As(err, &se) && se.GoType != nil {
		return &typeError{kind, se.GoType}
	}
	return kind
}

// Array reads a top-level array as it arrives and calls each with one item at
// a time; item is valid only during the call. Only one item is held in memory,
// of at most MaxItem bytes. null is an empty array.
//
// The array may turn out to be malformed or cut short after items have been
// delivered: what was gathered from them counts only if Array returns nil.
// Errors of r and of each come back as they are.
func Array(r io.Reader, each func(item []byte) error) error {
	in := &boundedReader{r: r}
	dec := jsontext.NewDecoder(in, readOptions)

	switch dec.PeekKind() {
	case '[':
	case 'n':
		if _, err := dec.ReadValue(); err != nil {
			return in.reason()
		}
		return atEOF(dec, in)
	case '{', '"', '0', 't', 'f':
		return ErrNotArray
	default:
		return in.reason()
	}
	if _, err := dec.ReadToken(); err != nil {
		return in.reason()
	}
	for {
		in.consumed = dec.InputOffset()
		if dec.PeekKind() == ']' {
			break
		}
		item, err := dec.ReadValue()
		if err != nil {
			return in.reason()
		}
		if len(item) > MaxItem {
			return ErrTooLarge
		}
		if err := checkNames(item, 1); err != nil {
			return err
		}
		if err := each(item); err != nil {
			return err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return in.reason()
	}
	return atEOF(dec, in)
}

func atEOF(dec *jsontext.Decoder, in *boundedReader) error {
	_, err := dec.ReadToken()
	if err == io.EOF {
		return nil
	}
	return in.reason()
}

// boundedReader keeps the decoder, which has no limit of its own, from
// buffering more than one item, and keeps the error of the wrapped reader.
type boundedReader struct {
	r        io.Reader
	read     int64 // bytes handed to the decoder
	consumed int64 // bytes up to the end of the last item
	err      error
}

// itemRoom leaves space for the blanks and the comma before an item.
const itemRoom = MaxItem + 4<<10

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	// The decoder asks for more only when all it holds belongs to the item.
	room := itemRoom - (b.read - b.consumed)
	if room <= 0 {
		b.err = ErrTooLarge
		return 0, b.err
	}
	if int64(len(p)) > room {
		p = p[:room]
	}
	for range 100 {
		n, err := b.r.Read(p)
		b.read += int64(n)
		b.err = err
		if n > 0 {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
	b.err = io.ErrNoProgress
	return 0, b.err
}

// reason tells a failed read from malformed input.
func (b *boundedReader) reason() error {
	if b.err != nil && b.err != io.EOF {
		return b.err
	}
	return ErrInvalid
}

// Leaves returns every text and number in data, which Marshal or encoding/json
// wrote: the values of a document that nobody has described.
func Leaves(data []byte) []string {
	var leaves []string
	dec := jsontext.NewDecoder(bytes.NewReader(data), readOptions)
	for {
		token, err := dec.ReadToken()
		if err != nil {
			return leaves
		}
		kind, n := dec.StackIndex(dec.StackDepth())
		isName := kind == '{' && n%2 == 1
		if (token.Kind() == '"' && !isName) || token.Kind() == '0' {
			leaves = append(leaves, token.String())
		}
	}
}
