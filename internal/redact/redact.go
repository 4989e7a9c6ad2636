// Package redact keeps secrets out of what is printed: out of structs that
// hold them, and out of text that echoes them.
package redact

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/guichetpay/guichet/internal/strictjson"
)

// Marker stands where a secret was.
const Marker = "[redacted]"

// maxDepth ends values that contain themselves.
const maxDepth = 16

// Format writes v like lygos.Config{APIKey:[redacted] ShopName:"Mon Magasin"}.
// Types call it from their Format method, so that no verb, %#v and %x
// included, reaches a field tagged redact:"true". Unexported fields are left
// out. Out of its reach are %p and a misused %w, for which fmt asks no method.
func Format(s fmt.State, _ rune, v any) {
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	var out []byte
	if rv.Kind() == reflect.Struct {
		out = textStruct([]byte(rv.Type().String()), rv, 0)
	} else {
		out = text(nil, rv, 0)
	}
	_, _ = s.Write(out)
}

// LogValue returns v's fields as a group.
func LogValue(v any) slog.Value {
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	if rv.Kind() == reflect.Struct {
		return logStruct(rv, 0)
	}
	return logValue(rv, 0)
}

// JSON writes v's fields under the names their json tags give them. Embedded
// structs are members of their own. Types call it from MarshalJSON.
func JSON(v any) ([]byte, error) {
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	if rv.Kind() == reflect.Struct {
		return jsonStruct(nil, rv, 0)
	}
	return jsonValue(nil, rv, 0)
}

// hidden reports whether the field's value must not be shown. That a secret
// is not set is worth seeing. Any redact tag counts, so that a misspelt one
// does not show the secret.
func hidden(f reflect.StructField, v reflect.Value) bool {
	_, tagged := f.Tag.Lookup("redact")
	return tagged && !empty(v)
}

func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

// tagged reports whether a value of type t can hold a tagged field. Such a
// value is never handed to its own methods, which may print the field.
func tagged(t reflect.Type, seen map[reflect.Type]bool) bool {
	switch t.Kind() {
	case reflect.Map:
		return tagged(t.Key(), seen) || tagged(t.Elem(), seen)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return tagged(t.Elem(), seen)
	case reflect.Struct:
		if seen[t] {
			return false
		}
		if seen == nil {
			seen = map[reflect.Type]bool{}
		}
		seen[t] = true
		for i := range t.NumField() {
			f := t.Field(i)
			if _, ok := f.Tag.Lookup("redact"); f.IsExported() && (ok || tagged(f.Type, seen)) {
				return true
			}
		}
	}
	return false
}

// own returns v for its own methods, when it is safe to call them.
func own(v reflect.Value) any {
	if !v.IsValid() || tagged(v.Type(), nil) {
		return nil
	}
	return v.Interface()
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return v.IsNil()
	}
	return !v.IsValid()
}

func text(dst []byte, v reflect.Value, depth int) []byte {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if isNil(v) {
		return append(dst, "<nil>"...)
	}
	if depth > maxDepth {
		return append(dst, "..."...)
	}
	switch x := own(v).(type) {
	case fmt.Formatter, fmt.Stringer, error:
		s := fmt.Sprint(x)
		if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
			s = strconv.Quote(s)
		}
		return append(dst, s...)
	}
	switch v.Kind() {
	case reflect.Pointer:
		// What lies behind a pointer to another package's struct, such as an
		// HTTP client, is not ours to print.
		if v.Elem().Kind() == reflect.Struct && !tagged(v.Type(), nil) {
			return append(dst, v.Type().String()...)
		}
		return text(dst, v.Elem(), depth+1)
	case reflect.Struct:
		return textStruct(dst, v, depth)
	case reflect.String:
		return strconv.AppendQuote(dst, v.String())
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			return strconv.AppendQuote(dst, string(v.Bytes()))
		}
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ' ')
			}
			dst = text(dst, v.Index(i), depth+1)
		}
		return append(dst, ']')
	case reflect.Map:
		dst = append(dst, "map["...)
		for i, key := range sortedKeys(v) {
			if i > 0 {
				dst = append(dst, ' ')
			}
			dst = append(text(dst, key, depth+1), ':')
			dst = text(dst, v.MapIndex(key), depth+1)
		}
		return append(dst, ']')
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return append(dst, v.Type().String()...)
	}
	return fmt.Append(dst, v.Interface())
}

func textStruct(dst []byte, v reflect.Value, depth int) []byte {
	dst = append(dst, '{')
	first := true
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		dst = append(append(dst, f.Name...), ':')
		if hidden(f, v.Field(i)) {
			dst = append(dst, Marker...)
		} else {
			dst = text(dst, v.Field(i), depth+1)
		}
	}
	return append(dst, '}')
}

func logValue(v reflect.Value, depth int) slog.Value {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if isNil(v) {
		return slog.AnyValue(nil)
	}
	if depth > maxDepth {
		return slog.StringValue("...")
	}
	switch x := own(v).(type) {
	case slog.LogValuer, time.Time, time.Duration:
		return slog.AnyValue(x)
	case fmt.Formatter, fmt.Stringer, error:
		return slog.StringValue(fmt.Sprint(x))
	}
	switch v.Kind() {
	case reflect.Struct:
		return logStruct(v, depth)
	case reflect.Pointer:
		if tagged(v.Type(), nil) {
			return logValue(v.Elem(), depth+1)
		}
	case reflect.String:
		return slog.StringValue(v.String())
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return slog.AnyValue(v.Interface())
	}
	return slog.StringValue(string(text(nil, v, depth)))
}

func logStruct(v reflect.Value, depth int) slog.Value {
	var attrs []slog.Attr
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case !f.IsExported():
		case hidden(f, v.Field(i)):
			attrs = append(attrs, slog.String(f.Name, Marker))
		default:
			attrs = append(attrs, slog.Attr{Key: f.Name, Value: logValue(v.Field(i), depth+1)})
		}
	}
	return slog.GroupValue(attrs...)
}

func jsonValue(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if isNil(v) {
		return append(dst, "null"...), nil
	}
	if depth > maxDepth {
		return nil, errors.New("redact: nested too deep")
	}
	switch x := own(v).(type) {
	case time.Duration: // strictjson has no form for it
		return jsonPlain(dst, x.String())
	case json.Marshaler, encoding.TextMarshaler:
		return jsonPlain(dst, x)
	}
	var err error
	switch v.Kind() {
	case reflect.Pointer:
		return jsonValue(dst, v.Elem(), depth+1)
	case reflect.Struct:
		return jsonStruct(dst, v, depth)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return jsonPlain(dst, v.Interface())
		}
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = jsonValue(dst, v.Index(i), depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	case reflect.Map:
		if k := v.Type().Key().Kind(); k != reflect.String && (k < reflect.Int || k > reflect.Uint64) {
			return nil, errors.New("redact: map key is neither text nor a whole number")
		}
		dst = append(dst, '{')
		for i, key := range sortedKeys(v) {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = jsonPlain(dst, fmt.Sprint(key)); err != nil {
				return nil, err
			}
			if dst, err = jsonValue(append(dst, ':'), v.MapIndex(key), depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	}
	return jsonPlain(dst, v.Interface())
}

func jsonStruct(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	var err error
	for i := range v.NumField() {
		f, fv := v.Type().Field(i), v.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if name == "" {
			name = f.Name
		}
		has := func(option string) bool { return slices.Contains(strings.Split(options, ","), option) }
		switch {
		case !f.IsExported(), tag == "-",
			fv.Kind() == reflect.Func, fv.Kind() == reflect.Chan,
			has("omitzero") && fv.IsZero(), has("omitempty") && fv.Kind() != reflect.Struct && empty(fv):
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if dst, err = jsonPlain(dst, name); err != nil {
			return nil, err
		}
		dst = append(dst, ':')
		if hidden(f, fv) {
			dst = append(dst, `"`+Marker+`"`...)
		} else if dst, err = jsonValue(dst, fv, depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func jsonPlain(dst []byte, v any) ([]byte, error) {
	b, err := strictjson.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append(dst, b...), nil
}

func sortedKeys(m reflect.Value) []reflect.Value {
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return keys
}
