package ligdicash

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// blanks may stand around a body and its fields: some senders end it with a line.
const blanks = " \t\r\n"

// formNode is a field of a form, or a group of them such as custom_data[0].
type formNode struct {
	name   string
	value  string
	fields []*formNode          // of a group
	groups map[string]*formNode // of a group: the groups in it, by name
}

// maxFields is how many fields of a form are looked at. A record of custom_data has
// three of them, and each costs memory.
const maxFields = 4096

var errManyFields = errors.New("the body has too many fields")

// formAsJSON writes a form as the JSON that its twin is, so that one reader serves
// both: custom_data[0][keyof_customdata]=x becomes {"custom_data":{"0":{…}}}.
//
// A field that cannot be read, such as description=100%, is left out and loses no
// other. One that is there twice is written twice, and the reader refuses the body:
// which of two values counts would be a guess.
func formAsJSON(form []byte) ([]byte, error) {
	if bytes.Count(form, []byte("&")) >= maxFields {
		return nil, errManyFields
	}
	root := &formNode{}
	for pair := range bytes.SplitSeq(form, []byte("&")) {
		rawName, rawValue, _ := bytes.Cut(bytes.Trim(pair, blanks), []byte("="))
		name, nameOK := unescapeForm(rawName)
		value, valueOK := unescapeForm(rawValue)
		if path := formPath(name); nameOK && valueOK && path != nil {
			root.add(path, value)
		}
	}
	var out bytes.Buffer
	root.write(&out, json.NewEncoder(&out))
	return out.Bytes(), nil
}

// unescapeForm undoes the escapes of a form. Unlike url.ParseQuery it takes a
// semicolon for what it is.
func unescapeForm(s []byte) (string, bool) {
	text, err := url.QueryUnescape(string(s))
	return text, err == nil && utf8.ValidString(text)
}

// formPath takes custom_data[0][keyof_customdata] apart. It is nil for a name that is
// empty or broken, or deeper than a record of custom_data.
func formPath(name string) []string {
	outer, rest, nested := strings.Cut(name, "[")
	path := []string{outer}
	if nested {
		inner, closed := strings.CutSuffix(rest, "]")
		if !closed {
			return nil
		}
		path = append(path, strings.Split(inner, "][")...)
	}
	if len(path) > 3 || slices.Contains(path, "") {
		return nil
	}
	return path
}

func (n *formNode) add(path []string, value string) {
	for _, name := range path[:len(path)-1] {
		group := n.groups[name]
		if group == nil {
			group = &formNode{name: name, groups: map[string]*formNode{}}
			if n.groups == nil {
				n.groups = map[string]*formNode{}
			}
			n.groups[name] = group
			n.fields = append(n.fields, group)
		}
		n = group
	}
	n.fields = append(n.fields, &formNode{name: path[len(path)-1], value: value})
}

// write writes a group as an object. One whose names are all numbers is a list, which
// keeps its order however the sender sorted the fields.
func (n *formNode) write(out *bytes.Buffer, texts *json.Encoder) {
	if !slices.ContainsFunc(n.fields, func(f *formNode) bool { return !isIndex(f.name) }) {
		slices.SortStableFunc(n.fields, func(a, b *formNode) int {
			return cmp.Or(cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
		})
	}
	out.WriteByte('{')
	for i, f := range n.fields {
		if i > 0 {
			out.WriteByte(',')
		}
		_ = texts.Encode(f.name) // a text in valid UTF-8 can always be written
		out.WriteByte(':')
		if f.groups != nil {
			f.write(out, texts)
		} else {
			_ = texts.Encode(f.value)
		}
	}
	out.WriteByte('}')
}
