package strictjson

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"reflect"
	"sync"
	"unicode/utf8"
)

// ErrWrite is the error of a value that cannot be written. It carries no text from
// the value or from its methods.
var ErrWrite = errors.New("cannot be written as JSON without loss")

type writer struct {
	buffer  bytes.Buffer
	encoder *json.Encoder
}

var writers = sync.Pool{New: func() any {
	w := new(writer)
	w.encoder = json.NewEncoder(&w.buffer)
	w.encoder.SetEscapeHTML(false)
	return w
}}

// Marshal writes v compactly by the rules of encoding/json, with map members in
// order, so that the same value always gives the bytes that were sent before. A text
// in invalid UTF-8, which encoding/json would change on the way, is ErrWrite.
func Marshal(v any) (out []byte, err error) {
	// Metadata is the caller's: a method of its values that panics must not end a
	// process in the middle of a payment.
	defer func() {
		if recover() != nil {
			out, err = nil, ErrWrite
		}
	}()
	w := writers.Get().(*writer)
	w.buffer.Reset()
	if w.encoder.Encode(v) != nil {
		// The encoder is in an unknown state, and is not used again.
		return nil, ErrWrite
	}
	out = bytes.Clone(bytes.TrimSuffix(w.buffer.Bytes(), []byte("\n")))
	if w.buffer.Cap() <= 64<<10 {
		writers.Put(w)
	}
	// In what a method has written, Go 1.27 escapes the separators of lines and
	// paragraphs, and Go 1.26 leaves them: a repeated create must have the same bytes.
	for separator, escape := range separators {
		if bytes.Contains(out, []byte(separator)) {
			out = bytes.ReplaceAll(out, []byte(separator), []byte(escape))
		}
	}
	if !utf8.Valid(out) || replaced(out) && !wholeText(reflect.ValueOf(v), 0) {
		return nil, ErrWrite
	}
	return out, nil
}

var separators = map[string]string{"\u2028": `\u2028`, "\u2029": `\u2029`}

// replaced reports whether out holds the sign that encoding/json puts in the place
// of invalid UTF-8, in either of the forms in which it has written it.
func replaced(out []byte) bool {
	return bytes.Contains(out, []byte(string(utf8.RuneError))) || bytes.Contains(out, []byte(`\ufffd`))
}

// wholeText reports whether every text in v is valid UTF-8, and whatever a method
// of v writes in its place.
func wholeText(v reflect.Value, depth int) bool {
	if !v.IsValid() {
		return true
	}
	if depth > MaxDepth {
		return false
	}
	if text, has := written(v); has && !utf8.Valid(text) {
		return false
	} else if has && v.Kind() != reflect.String {
		return true
	}
	switch v.Kind() {
	case reflect.String:
		return utf8.ValidString(v.String())
	case reflect.Interface, reflect.Pointer:
		return wholeText(v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			if !wholeText(v.Field(i), depth+1) {
				return false
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return true // written in base64
		}
		for i := range v.Len() {
			if !wholeText(v.Index(i), depth+1) {
				return false
			}
		}
	case reflect.Map:
		for at := v.MapRange(); at.Next(); {
			if !wholeText(at.Key(), depth+1) || !wholeText(at.Value(), depth+1) {
				return false
			}
		}
	}
	return true
}

// written returns what v's own method writes, if it has one that encoding/json
// calls: also one of a pointer to v, where there is a pointer.
func written(v reflect.Value) (text []byte, has bool) {
	switch {
	case v.Kind() == reflect.Interface: // what is in it is looked at
		return nil, false
	case v.Kind() == reflect.Pointer && v.IsNil() || !v.CanInterface(): // written as null, or not at all
		return nil, false
	}
	all := []any{v.Interface()}
	if v.CanAddr() {
		all = append(all, v.Addr().Interface())
	}
	for _, one := range all {
		if m, ok := one.(json.Marshaler); ok {
			text, err := m.MarshalJSON()
			return text, err == nil
		}
	}
	for _, one := range all {
		if m, ok := one.(encoding.TextMarshaler); ok {
			text, err := m.MarshalText()
			return text, err == nil
		}
	}
	return nil, false
}

// Check applies to a body the rules for answers, and wants valid UTF-8: the provider
// may send back what the body holds, and the answer could not be read.
func Check(body []byte) error { return check(body, false) }

// Sendable is Check for a body that is between the caller and the provider: names
// that differ by case are two, and it may be as deep as it likes.
func Sendable(body []byte) error { return check(body, true) }

func check(body []byte, loose bool) error {
	doc, err := parse(body, loose)
	if err != nil {
		return err
	}
	defer doc.Release()
	if !doc.ValidText() {
		return ErrBadText
	}
	return nil
}

// Leaves returns every text and number in body: the values of a document that nobody
// has described.
func Leaves(body []byte) []string {
	doc, err := parse(body, true)
	if err != nil {
		return nil
	}
	defer doc.Release()
	return doc.Root().Leaves()
}
