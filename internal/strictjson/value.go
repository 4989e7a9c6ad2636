package strictjson

import (
	"bytes"
	"encoding/json"
	"iter"
)

// Value is one value of a document. The zero Value is that of a member that is not
// there: every method can be called on it.
type Value struct {
	doc *Document
	at  int32
}

func (v Value) node() *node { return &v.doc.nodes[v.at] }

// Kind returns what the value is; Absent for the zero Value.
func (v Value) Kind() Kind {
	if v.doc == nil {
		return Absent
	}
	return v.node().kind
}

// Present reports whether the value is there and not null.
func (v Value) Present() bool { return v.Kind() > Null }

// Get returns the member with exactly this name, the zero Value if there is none.
func (v Value) Get(name string) Value {
	if v.Kind() != Object {
		return Value{}
	}
	hash, nodes := hashASCII(name), v.doc.nodes
	for at, end := v.at+1, nodes[v.at].next; at < end; at = nodes[at].next {
		if nodes[at].hash == hash && v.doc.nameIs(at, name) {
			return Value{v.doc, at}
		}
	}
	return Value{}
}

// nameIs reports whether a member has this name, letter by letter.
func (d *Document) nameIs(at int32, name string) bool {
	raw := d.name(at)
	if d.nodes[at].marks&nameEscaped != 0 {
		raw = unescape(nil, raw)
	}
	return string(raw) == name
}

// Name returns the name of a member, "" of anything else.
func (v Value) Name() string {
	if v.doc == nil {
		return ""
	}
	raw := v.doc.name(v.at)
	if v.node().marks&nameEscaped != 0 {
		raw = unescape(nil, raw)
	}
	return string(raw)
}

// All yields the members of an object or the elements of an array, in their order.
func (v Value) All() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() < Array {
			return
		}
		for at, end := v.at+1, v.node().next; at < end; at = v.doc.nodes[at].next {
			if !yield(Value{v.doc, at}) {
				return
			}
		}
	}
}

// Len returns the number of members or elements.
func (v Value) Len() (n int) {
	for range v.All() {
		n++
	}
	return n
}

// Text returns a text, and "" for anything else, a text in invalid UTF-8 included.
func (v Value) Text() string {
	s, _ := v.text()
	return s
}

// text is Text, and tells whether the value is a text that can be read.
func (v Value) text() (string, bool) {
	if v.Kind() != Text || v.node().marks&badText != 0 {
		return "", false
	}
	n := v.node()
	raw := v.doc.data[n.start:n.end]
	if n.marks&escaped != 0 {
		raw = unescape(make([]byte, 0, len(raw)), raw)
	}
	return string(raw), true
}

// TextOrNumber returns a text, or a number as it is written: providers send ids in
// either form. It is "" for anything else.
func (v Value) TextOrNumber() string {
	if v.Kind() == Number {
		return string(v.Raw())
	}
	return v.Text()
}

// Raw returns the value as it stands in the data, nil when it is absent. It is gone
// with the document.
func (v Value) Raw() []byte {
	if v.doc == nil {
		return nil
	}
	n := v.node()
	if n.kind == Text {
		return v.doc.data[n.start-1 : n.end+1]
	}
	return v.doc.data[n.start:n.end]
}

// Copy is Raw for keeps; nil when the value is absent or null.
func (v Value) Copy() json.RawMessage {
	if !v.Present() {
		return nil
	}
	return bytes.Clone(v.Raw())
}

// ValidText reports whether every text in the value is valid UTF-8.
func (v Value) ValidText() bool { return v.doc == nil || !v.badText() }

// badText reports whether a text in the value is not valid UTF-8.
func (v Value) badText() bool {
	if !v.doc.bad {
		return false
	}
	for at, end := v.at, v.node().next; at < end; at++ {
		if v.doc.nodes[at].marks&(badText|badName) != 0 {
			return true
		}
	}
	return false
}

// Inner reads a text that is itself JSON, as PHP code likes to send it. The
// document is the caller's to release.
func (v Value) Inner() (*Document, error) {
	text, ok := v.text()
	if !ok {
		return nil, ErrNoObject
	}
	return Parse([]byte(text))
}

// Leaves returns every text and number in the value, without the names.
func (v Value) Leaves() (leaves []string) {
	if v.doc == nil {
		return nil
	}
	for at, end := v.at, v.node().next; at < end; at++ {
		if leaf := (Value{v.doc, at}).TextOrNumber(); leaf != "" {
			leaves = append(leaves, leaf)
		}
	}
	return leaves
}
