package input

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
)

// Arguments for the typed methods of a client, whatever they are, so that a suite can
// go through all of them and no new one is forgotten.

// Leaf is one text in an argument or a result.
type Leaf struct {
	Path   string // "CustomerRequest.Email"; the type for a text that is an argument itself
	Name   string // of the field: "Email"; empty for an argument itself
	Secret bool   // the field, or what it is in, is tagged redact
	Type   reflect.Type
}

// Method is one exported method that takes a context and returns an error.
type Method struct {
	Name    string
	Results []reflect.Type // but for the error

	call reflect.Value
	in   []reflect.Type // after the context
}

// portable are the methods that every client has.
var portable = []string{"CreatePayment", "GetStatus", "List", "Do", "ParseWebhook"}

// takePhone are the methods whose one text is a phone number: an argument's name is
// not there to be read.
var takePhone = []string{"SendWalletOTP"}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// Methods returns the provider's own methods of a client.
func Methods(client any) []Method {
	var methods []Method
	v := reflect.ValueOf(client)
	for i := range v.NumMethod() {
		name, t := v.Type().Method(i).Name, v.Method(i).Type()
		last := t.NumOut() - 1
		if slices.Contains(portable, name) || t.NumIn() == 0 || t.In(0) != contextType || last < 0 || t.Out(last) != errorType {
			continue
		}
		m := Method{Name: name, call: v.Method(i)}
		for i := 1; i < t.NumIn(); i++ {
			m.in = append(m.in, t.In(i))
		}
		for i := range last {
			m.Results = append(m.Results, t.Out(i))
		}
		methods = append(methods, m)
	}
	return methods
}

// Args fills the arguments of the method; omit names fields to leave out.
func (m Method) Args(text func(Leaf) string, omit ...string) []any {
	args := make([]any, len(m.in))
	for i, t := range m.in {
		v := reflect.New(t).Elem()
		at := Leaf{Path: t.Name()}
		if t.Kind() == reflect.String && slices.Contains(takePhone, m.Name) {
			at.Name, at.Secret = "Phone", true
		}
		fill(v, at, text, omit, 0)
		args[i] = v.Interface()
	}
	return args
}

// Call calls the method.
func (m Method) Call(ctx context.Context, args []any) error {
	in := []reflect.Value{reflect.ValueOf(ctx)}
	for _, arg := range args {
		in = append(in, reflect.ValueOf(arg))
	}
	out := m.call.Call(in)
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

// Leaves returns the texts in the arguments of the method.
func (m Method) Leaves(omit ...string) []Leaf {
	var leaves []Leaf
	m.Args(func(l Leaf) string {
		leaves = append(leaves, l)
		return Good(l)
	}, omit...)
	return leaves
}

// Accepted returns what has to be left out of the arguments for the method not to
// refuse them: fields that exclude each other. ok is false if it refuses them all
// the same; err is then its last refusal.
func (m Method) Accepted(ctx context.Context) (omit []string, err error) {
	for range 32 {
		err = m.Call(ctx, m.Args(Good, omit...))
		e := new(guichet.Error)
		if !errors.As(err, &e) || e.HTTPStatus != 0 || !errors.Is(err, guichet.ErrInvalidRequest) && !errors.Is(err, guichet.ErrUnsupported) {
			return omit, nil
		}
		field, _, _ := strings.Cut(e.Message, ":")
		field, _, _ = strings.Cut(field, "[")
		field = field[strings.LastIndex(field, ".")+1:]
		if slices.Contains(omit, field) {
			break
		}
		omit = append(omit, field)
	}
	return omit, err
}

// Fill makes a value of the type, with a text for every leaf.
func Fill(t reflect.Type, text func(Leaf) string, omit ...string) reflect.Value {
	v := reflect.New(t).Elem()
	fill(v, Leaf{Path: t.Name()}, text, omit, 0)
	return v
}

// deepest ends types that hold themselves.
const deepest = 8

func fill(v reflect.Value, at Leaf, text func(Leaf) string, omit []string, depth int) {
	at.Type = v.Type()
	if depth > deepest {
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC)))
		return
	case guichet.Timestamp:
		v.Set(reflect.ValueOf(guichet.ParseTimestamp("2040-01-02T03:04:05Z")))
		return
	case json.RawMessage:
		quoted, err := json.Marshal(text(at))
		if err != nil {
			panic("input: " + err.Error())
		}
		v.Set(reflect.ValueOf(json.RawMessage(`{"x":` + string(quoted) + `}`)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text(at))
	case reflect.Int, reflect.Int64:
		v.SetInt(number(at))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if at.Path == "" {
			at.Path = v.Type().Elem().Name()
		}
		fill(v.Elem(), at, text, omit, depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || slices.Contains(omit, f.Name) {
				continue
			}
			_, tagged := f.Tag.Lookup("redact")
			fill(v.Field(i), Leaf{Path: at.Path + "." + f.Name, Name: f.Name, Secret: at.Secret || tagged}, text, omit, depth+1)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(text(at)))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), at, text, omit, depth+1)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		if v.Type().Key().Kind() != reflect.String {
			return
		}
		item := reflect.New(v.Type().Elem()).Elem()
		if item.Kind() == reflect.Interface {
			item.Set(reflect.ValueOf(text(at)))
		} else {
			fill(item, at, text, omit, depth+1)
		}
		v.SetMapIndex(reflect.ValueOf("panier").Convert(v.Type().Key()), item)
	}
}

// number is one that is accepted: 1 where it is a word or a count.
func number(l Leaf) int64 {
	switch {
	case l.Type.PkgPath() != "", strings.Contains(l.Name, "Quantity"), l.Name == "Limit", l.Name == "Page":
		return 1
	case l.Name == "" && l.Type.Kind() == reflect.Int: // a limit
		return 1
	}
	return 5000
}

// words are fields whose text has to be one of a few.
var words = map[string]string{
	"LinkType": "instant", "Type": "checkout", "Destination": "beneficiary", "Rail": "wave",
}

// UUID is the text of an argument that is one, and of fields that are ids.
const UUID = "7d1f8a52-3c6e-4b90-9f2d-5a8c1e7b4f60"

// Good returns a text that a field with this name is likely to take.
func Good(l Leaf) string {
	has := func(part string) bool { return strings.Contains(l.Name, part) }
	word, known := words[l.Name]
	switch {
	case l.Type == reflect.TypeFor[guichet.Currency](), has("Currency"):
		return "XOF"
	case l.Type == reflect.TypeFor[guichet.Number]():
		return "5000"
	case has("Phone"), has("WhatsApp"):
		return "+22670000007"
	case has("Email"):
		return "mark7q@example.com"
	case has("URL"):
		return "https://shop.example/mark7q"
	case has("Country"):
		return "BF"
	case known:
		return word
	}
	return UUID
}
