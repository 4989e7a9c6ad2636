package strictjson

import "strings"

// GetFold is Get without regard to case. A document never has two members whose
// names differ by case alone.
func (v Value) GetFold(name string) Value {
	if v.Kind() != Object {
		return Value{}
	}
	hash, nodes := hashASCII(name), v.doc.nodes
	for at, end := v.at+1, nodes[v.at].next; at < end; at = nodes[at].next {
		if nodes[at].hash == hash && sameName(v.doc.name(at), []byte(name)) {
			return Value{v.doc, at}
		}
	}
	return Value{}
}

// Empty reports whether a member says nothing: absent, null, false, 0, a text that is
// empty or holds one of these words, or an object or array without anything in it.
func (v Value) Empty() bool {
	switch v.Kind() {
	case Absent, Null, False:
		return true
	case Array, Object:
		return v.Len() == 0
	case Number:
		return string(v.Raw()) == "0"
	case Text:
		switch strings.ToLower(v.Text()) {
		case "", "false", "0", "null":
			return v.ValidText()
		}
	}
	return false
}

// HasError reports whether an object has an error, or errors that are not empty, in
// any case. An error that is an object or array counts even if it is empty: it is
// there, and only gives no reason.
func (v Value) HasError() bool {
	failure := v.GetFold("error")
	return !failure.Empty() || failure.Kind() >= Array || !v.GetFold("errors").Empty()
}

// Refuses reports whether an object says that the call was no success: by a success
// that is not true, by an error, or by the statusCode of an error, in any case. Where
// one of them stands beside a word of success, the word is not believed.
func (v Value) Refuses() bool {
	if success := v.GetFold("success"); success.Present() && success.Kind() != True {
		switch strings.ToLower(success.TextOrNumber()) {
		case "true", "1":
		default:
			return true
		}
	}
	if v.HasError() {
		return true
	}
	code := v.GetFold("statusCode")
	if n, _ := code.Number(); n != "" {
		whole, ok := n.Int64()
		return ok && whole >= 400
	}
	return false
}

// EnvelopeRefuses reports whether the status of an object around the one that was
// asked for is the word for a call that failed: {"status":"error","data":{…}}.
func (v Value) EnvelopeRefuses() bool {
	switch strings.ToLower(strings.TrimSpace(v.Get("status").Text())) {
	case "error", "fail":
		return true
	}
	return false
}
