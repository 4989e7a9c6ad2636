package strictjson

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/guichetpay/guichet"
)

// Reader reads objects into structs of type T, by the json tags of T's fields. A
// tag also:"id" names another member that the provider writes the same value
// under: it is read where the first is absent or empty.
//
// A member that decides is never guessed: if it is of another kind than its field,
// or not valid UTF-8, the object is refused with an error that names it. Any other
// member of an unexpected kind leaves its field empty, so that an odd date cannot
// lose a paid order. null counts as absent everywhere.
//
// The kinds of field are string and named strings, Loose, guichet.Number, guichet.Currency,
// guichet.Timestamp, bool, *bool, json.RawMessage, and structs, pointers to structs
// and slices of these.
type Reader[T any] struct{ plan *plan }

// Loose is a text that a provider also writes as a number: an id such as 1001.
type Loose string

// Deciding returns a Reader for T. It names the members that decide, those inside
// another object with a dot: "metadata.order_id". It panics on a name that T does not
// have, and on a field of a kind that it cannot read: both are slips in a table.
func Deciding[T any](names ...string) *Reader[T] {
	var t T
	p := planOf(reflect.TypeOf(t), "")
	for _, name := range names {
		if !p.decide(name) {
			panic(fmt.Sprintf("strictjson: %T has no member %s", t, name))
		}
	}
	return &Reader[T]{p}
}

// Decides reports whether a member decides, for tests that change each in turn.
func (r *Reader[T]) Decides(path string) bool {
	f := r.plan.find(path)
	return f != nil && f.decides
}

// Read reads the object v into dst. A field whose member v does not have keeps what
// it held, so that one value can be read from several layers of an answer, from the
// outside in. After an error dst is half read, and of no use.
func (r *Reader[T]) Read(v Value, dst *T) error {
	if v.Kind() != Object {
		return ErrNoObject
	}
	return r.plan.read(v, reflect.ValueOf(dst).Elem())
}

// plan is how one struct type is read.
type plan struct {
	fields []field
	// table finds the field of a name by its hash: it holds 1 + the index in names.
	table      []uint16
	names      []fieldName
	alternates uint
}

type fieldName struct {
	name  string
	hash  uint32
	field int
	also  bool
}

type field struct {
	path    string // for errors: "metadata.order_id"
	index   int
	kind    fieldKind
	inner   *plan // of a struct, or of the elements of a slice
	element fieldKind
	names   int
	// alternate numbers the fields that have two names, from 1.
	alternate uint
	decides   bool
}

type fieldKind uint8

const (
	textField fieldKind = iota + 1
	looseField
	numberField
	currencyField
	timeField
	boolField
	boolPointerField
	rawField
	structField
	pointerField
	sliceField
)

var fieldKinds = map[reflect.Type]fieldKind{
	reflect.TypeFor[string]():            textField,
	reflect.TypeFor[Loose]():             looseField,
	reflect.TypeFor[guichet.Number]():    numberField,
	reflect.TypeFor[guichet.Currency]():  currencyField,
	reflect.TypeFor[guichet.Timestamp](): timeField,
	reflect.TypeFor[bool]():              boolField,
	reflect.TypeFor[*bool]():             boolPointerField,
	reflect.TypeFor[json.RawMessage]():   rawField,
}

// wanted is what an error says that a member is not.
var wanted = map[fieldKind]string{
	textField: "a text", looseField: "a text", numberField: "a number", currencyField: "a currency",
	timeField: "a time", boolField: "true or false", boolPointerField: "true or false",
	rawField: "valid UTF-8", structField: "an object", pointerField: "an object", sliceField: "an array",
}

func planOf(t reflect.Type, path string) *plan {
	p := &plan{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		of := field{path: path + name, index: i}
		of.kind, of.inner, of.element = kindOf(f.Type, path+name+".")
		of.names = 1
		p.add(name, false)
		if also := f.Tag.Get("also"); also != "" {
			of.names++
			p.alternates++
			of.alternate = p.alternates
			p.add(also, true)
		}
		p.fields = append(p.fields, of)
	}
	size := 1
	for size < 2*len(p.names) {
		size *= 2
	}
	p.table = make([]uint16, size)
	for i, n := range p.names {
		place := int(n.hash) & (size - 1)
		for p.table[place] != 0 {
			place = (place + 1) & (size - 1)
		}
		p.table[place] = uint16(i + 1)
	}
	return p
}

func (p *plan) add(name string, also bool) {
	p.names = append(p.names, fieldName{name: name, hash: hashName([]byte(name)), field: len(p.fields), also: also})
}

func kindOf(t reflect.Type, path string) (kind fieldKind, inner *plan, element fieldKind) {
	if kind := fieldKinds[t]; kind != 0 {
		return kind, nil, 0
	}
	switch {
	case t.Kind() == reflect.String: // a named one, such as a status word
		return textField, nil, 0
	case t.Kind() == reflect.Struct:
		return structField, planOf(t, path), 0
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct:
		return pointerField, planOf(t.Elem(), path), 0
	case t.Kind() == reflect.Slice:
		element, inner, _ := kindOf(t.Elem(), path)
		return sliceField, inner, element
	}
	panic("strictjson: cannot read a " + t.String())
}

func (p *plan) find(path string) *field {
	name, rest, nested := strings.Cut(path, ".")
	for _, n := range p.names {
		if n.name != name {
			continue
		}
		f := &p.fields[n.field]
		switch {
		case !nested:
			return f
		case f.inner != nil:
			return f.inner.find(rest)
		}
	}
	return nil
}

func (p *plan) decide(path string) bool {
	f := p.find(path)
	if f != nil {
		f.decides = true
	}
	return f != nil
}

// field returns how a member is read, nil if T has no field for it.
func (p *plan) field(d *Document, at int32) *fieldName {
	hash, size := d.nodes[at].hash, len(p.table)
	for place := int(hash) & (size - 1); p.table[place] != 0; place = (place + 1) & (size - 1) {
		n := &p.names[p.table[place]-1]
		if n.hash == hash && d.nameIs(at, n.name) {
			return n
		}
	}
	return nil
}

func (p *plan) read(v Value, dst reflect.Value) error {
	nodes := v.doc.nodes
	var spoken uint64 // the fields that a member of this very object has been read into
	for at, end := v.at+1, nodes[v.at].next; at < end; at = nodes[at].next {
		name := p.field(v.doc, at)
		if name == nil || nodes[at].kind == Null {
			continue
		}
		f := &p.fields[name.field]
		member, of := Value{v.doc, at}, dst.Field(f.index)
		into := of
		if f.names > 1 && spoken&(1<<f.alternate) != 0 && !of.IsZero() {
			// Another name has spoken. This one must be readable all the same where it
			// decides: {"id":7} beside another id is an answer about two things.
			into = reflect.New(of.Type()).Elem()
		}
		spoken |= 1 << f.alternate
		ok, err := f.read(member, into)
		switch {
		case err != nil:
			return err
		case !ok && f.decides:
			return f.problem(member)
		case !ok:
			into.SetZero()
		}
		if into != of && !name.also && !into.IsZero() {
			of.Set(into)
		}
	}
	return nil
}

func (f *field) problem(v Value) error {
	if v.badText() {
		return fmt.Errorf("%s is not valid UTF-8", f.path)
	}
	return fmt.Errorf("%s is not %s", f.path, wanted[f.kind])
}

// read reads one member into its field. ok is false when the member is of another
// kind; an error is one of a member inside it that decides.
func (f *field) read(v Value, dst reflect.Value) (ok bool, err error) {
	switch f.kind {
	case structField:
		if v.Kind() != Object {
			return false, nil
		}
		return true, f.inner.read(v, dst)
	case pointerField:
		if v.Kind() != Object {
			return false, nil
		}
		inner := reflect.New(dst.Type().Elem())
		if err := f.inner.read(v, inner.Elem()); err != nil {
			return true, err
		}
		dst.Set(inner)
		return true, nil
	case sliceField:
		return f.readSlice(v, dst)
	}
	return readScalar(f.kind, v, dst), nil
}

func (f *field) readSlice(v Value, dst reflect.Value) (ok bool, err error) {
	if v.Kind() != Array {
		return false, nil
	}
	list := reflect.MakeSlice(dst.Type(), 0, min(v.Len(), 100))
	for element := range v.All() {
		of := reflect.New(dst.Type().Elem()).Elem()
		if ok, err := (&field{path: f.path, kind: f.element, inner: f.inner}).read(element, of); err != nil {
			return true, err
		} else if !ok {
			return false, nil
		}
		list = reflect.Append(list, of)
	}
	dst.Set(list)
	return true, nil
}

func readScalar(kind fieldKind, v Value, dst reflect.Value) bool {
	switch kind {
	case textField:
		s, ok := v.text()
		if ok {
			dst.SetString(s)
		}
		return ok
	case looseField:
		if v.Kind() == Number {
			dst.SetString(string(v.Raw()))
			return true
		}
		s, ok := v.text()
		if ok {
			dst.SetString(s)
		}
		return ok
	case numberField:
		n, ok := v.Number()
		if ok {
			dst.SetString(string(n))
		}
		return ok
	case currencyField:
		s, ok := v.text()
		if ok {
			dst.SetString(strings.ToUpper(strings.TrimSpace(s)))
		}
		return ok
	case timeField:
		*dst.Addr().Interface().(*guichet.Timestamp) = v.Timestamp()
		return true
	case boolField:
		dst.SetBool(v.Kind() == True)
		return v.Kind() == True || v.Kind() == False
	case boolPointerField:
		if v.Kind() != True && v.Kind() != False {
			return false
		}
		is := v.Kind() == True
		dst.Set(reflect.ValueOf(&is))
		return true
	case rawField:
		if v.badText() {
			return false
		}
		dst.SetBytes(v.Copy())
		return true
	}
	return false
}

// Number returns a number, also one in quotes; "" and false for anything else. An
// empty text is an empty number.
func (v Value) Number() (n guichet.Number, ok bool) {
	if v.Kind() != Number && v.Kind() != Text {
		return "", false
	}
	raw := v.Raw()
	if v.Kind() == Text && v.node().marks&escaped != 0 {
		raw = unescape(nil, raw) // "\u0035" is a 5; a quote in it is no digit
	}
	err := n.UnmarshalJSON(raw)
	return n, err == nil
}

// Timestamp returns the time that a text or number stands for; see guichet.Timestamp.
func (v Value) Timestamp() guichet.Timestamp {
	if s := v.TextOrNumber(); s != "" {
		return guichet.ParseTimestamp(s)
	}
	return guichet.Timestamp{}
}
