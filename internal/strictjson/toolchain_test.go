package strictjson

import (
	"bytes"
	"encoding/json"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// encoding/json was written anew for Go 1.27. The tests of this file say, with exact
// bytes, what may not depend on which of the two a merchant builds with: what is
// valid text, which members are one, how deep an answer may be, where it ends, and
// what is sent. They pass on every line of Go that is supported, and on Go 1.26 with
// GOEXPERIMENT=jsonv2 as well.

// An answer that is no text at all is still taken apart, because one odd name must
// not lose a payment; but no text in it that is broken is ever handed out, neither
// as it is nor with another sign in its place.
func TestToolchainUTF8InAnswers(t *testing.T) {
	for name, text := range map[string]string{
		"a byte that begins nothing":      "\xff",
		"a character that is cut":         "\xe2\x82",
		"half of a surrogate pair, raw":   "\xed\xa0\x80",
		"a character in too many bytes":   "\xc0\xaf",
		"a number above all characters":   "\xf4\x90\x80\x80",
		"half of a pair, escaped":         `\ud800`,
		"the other half, escaped":         `\udc00`,
		"half of a pair and a letter":     `\ud800A`,
		"half of a pair, escaped, twice":  `\ud800\ud800`,
		"two halves in the wrong order":   `\udc00\ud800`,
		"half of a pair and half of none": `\ud83dé`,
	} {
		doc, err := Parse([]byte(`{"status":"` + text + `","title":"` + text + `","payment_id":"p1"}`))
		require.NoError(t, err, name)
		assert.False(t, doc.ValidText(), name)
		assert.Empty(t, doc.Root().Get("title").Text(), name)
		assert.Equal(t, "p1", doc.Root().Get("payment_id").Text(), name)
		var p payment
		assert.EqualError(t, read.Read(doc.Root(), &p), "status is not valid UTF-8", name)
		doc.Release()
	}
	for text, want := range map[string]string{
		"é": "é", `\u00e9`: "é", `\ud83d\ude00`: "😀", "😀": "😀", "\ufffd": "\ufffd", `\ufffd`: "\ufffd", `\u0000`: "\x00", "\u2028": "\u2028", `\/`: "/",
	} {
		doc, err := Parse([]byte(`{"title":"` + text + `"}`))
		require.NoError(t, err, text)
		assert.True(t, doc.ValidText(), text)
		assert.Equal(t, want, doc.Root().Get("title").Text(), text)
		doc.Release()
	}
}

// Two members with one name are refused, wherever they are. encoding/json takes the
// last of them, and on Go 1.27 that is a setting.
func TestToolchainMemberTwice(t *testing.T) {
	for _, text := range []string{
		`{"status":"failed","status":"completed"}`,
		`{"status":"failed","other":1,"st\u0061tus":"completed"}`,
		`{"data":{"status":1,"status":1}}`,
		`[[{"a":null,"a":null}]]`,
		`{"":1,"":2}`,
		`{"é":1,"\u00e9":2}`,
		"{\"e\u0301\":1,\"e\\u0301\":2}",
		`{"\ud800":1,"\ud800":2}`,
		"{\"\xff\":1,\"\xff\":2}",
	} {
		_, err := Parse([]byte(text))
		assert.Equal(t, ErrTwice, err, text)
		assert.Equal(t, ErrTwice, Sendable([]byte(text)), text)
	}
	for _, text := range []string{
		`{"a":{"status":1},"b":{"status":2},"status":3}`, `[{"a":1},{"a":1}]`,
		"{\"\u00e9\":1,\"e\u0301\":2}", // one to the eye, two to every program
		"{\"\xfe\":1,\"\xff\":2}", `{"a":1,"a ":2}`,
	} {
		_, err := Parse([]byte(text))
		assert.NoError(t, err, text)
	}
}

// Names that differ by case alone are one name twice; a member in another case than
// its field is another member. encoding/json reads it into the field, and its two
// versions do not fold all letters alike.
func TestToolchainCase(t *testing.T) {
	for _, text := range []string{
		`{"status":"failed","STATUS":"completed"}`, `{"status":1,"\u0053tatus":2}`, `{"status":1,"ſtatus":2}`, `{"k":1,"K":2}`,
		`{"é":1,"É":2}`, `{"ς":1,"Σ":2}`, `{"x":{"amount":1,"Amount":2}}`,
	} {
		_, err := Parse([]byte(text))
		assert.Equal(t, ErrTwice, err, text)
		assert.Equal(t, ErrTwice, Check([]byte(text)), text)
		assert.NoError(t, Sendable([]byte(text)), text)
	}
	for _, text := range []string{`{"payment-id":1,"payment_id":2}`, `{"paymentid":1,"payment_id":2}`, `{"ß":1,"ss":2}`, `{"ı":1,"i":2}`} {
		_, err := Parse([]byte(text)) // an underscore is no matter of case
		assert.NoError(t, err, text)
	}
	for _, text := range []string{
		`{"PAYMENT_ID":"p","Status":"s","AMOUNT":5,"Title":"t","Payer":{"Name":"n"}}`,
		`{"paymentid":"p","payment-id":"q","ſtatus":"s"}`,
		`{"payer":{"NAME":"n","Phone":"1"}}`,
	} {
		doc, err := Parse([]byte(text))
		require.NoError(t, err, text)
		var p payment
		require.NoError(t, read.Read(doc.Root(), &p), text)
		assert.Equal(t, payment{}, p, text)
		doc.Release()
	}
}

// 32 objects and arrays inside one another are read, 33 are not. encoding/json goes
// on to 10,000.
func TestToolchainDepth(t *testing.T) {
	arrays := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	objects := func(n int) string { return strings.Repeat(`{"a":`, n) + "7" + strings.Repeat("}", n) }
	mixed := func(n int) string { return strings.Repeat(`[{"a":`, n/2) + "7" + strings.Repeat("}]", n/2) }
	for name, of := range map[string]func(int) string{"arrays": arrays, "objects": objects, "both": mixed} {
		for _, depth := range []int{2, MaxDepth} {
			_, err := Parse([]byte(of(depth)))
			assert.NoError(t, err, "%s, %d", name, depth)
		}
		for _, depth := range []int{MaxDepth + 2, 10_000, 100_000} {
			_, err := Parse([]byte(of(depth)))
			assert.Equal(t, ErrTooDeep, err, "%s, %d", name, depth)
		}
	}
	_, err := Parse([]byte(arrays(MaxDepth + 1)))
	assert.Equal(t, ErrTooDeep, err)
}

// Nothing but blanks may follow the value, and only the four blanks of JSON are any.
func TestToolchainTrailingData(t *testing.T) {
	for _, rest := range []string{`{}`, `x`, `,`, `}`, "\x00", `"`, `// end`, `1`, "\xef\xbb\xbf", "\u00a0", "\v", "\f", "\u0085", "\u2028"} {
		_, err := Parse([]byte(`{"status":"completed"}` + rest))
		assert.Equal(t, ErrTrailing, err, "%q", rest)
		_, err = streamed(strings.NewReader(`[{"status":"completed"}]` + rest))
		assert.Equal(t, ErrTrailing, err, "%q", rest)
	}
	for _, text := range []string{" {} \r\n\t", "\xef\xbb\xbf{}\n", "7", `"x"`, "null"} {
		_, err := Parse([]byte(text))
		assert.NoError(t, err, "%q", text)
	}
	for _, text := range []string{"\u00a0{}", "\v{}", "\xef\xbb\xbf\xef\xbb\xbf{}", "{}\x00", `{"a":1,}`, `{a:1}`, `{'a':1}`, `01`, `+1`, `.5`, `5.`, `0x5`, `1_000`, `Infinity`, `True`, "\"\t\"", `"\x41"`} {
		_, err := Parse([]byte(text))
		assert.Error(t, err, "%q", text)
	}
}

type outer struct {
	Zulu  string `json:"zulu"`
	Alpha int    `json:"alpha"`
	middle
	Items []string          `json:"items"`
	Names map[string]string `json:"names"`
	Inner *middle           `json:"inner"`
	Empty string            `json:"empty,omitempty"`
	Bytes []byte            `json:"bytes"`
}

type middle struct {
	Mike string `json:"mike"`
}

// What is sent has the same bytes on every line: the members of a struct in the order
// of its fields, those of a map in the order of their names' bytes, no blanks, and
// nothing escaped that need not be. A create that is repeated with its key by another
// build would otherwise be a conflict.
func TestToolchainOrderOfWriting(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{map[string]any{"b": 1, "a": 2, "é": 3, "Z": 4, "": 5, "10": 6, "9": 7, "😀": 8, "\uffff": 9}, `{"":5,"10":6,"9":7,"Z":4,"a":2,"b":1,"é":3,"` + "\uffff" + `":9,"😀":8}`},
		{map[string]map[string]int{"b": {"y": 1, "x": 2}, "a": nil}, `{"a":null,"b":{"x":2,"y":1}}`},
		{map[int]string{10: "a", 9: "b", -1: "c"}, `{"-1":"c","10":"a","9":"b"}`},
		{outer{}, `{"zulu":"","alpha":0,"mike":"","items":null,"names":null,"inner":null,"bytes":null}`},
		{outer{Items: []string{}, Names: map[string]string{"b": "", "a": ""}, Inner: &middle{"m"}, Empty: "e", Bytes: []byte("x\xff")},
			`{"zulu":"","alpha":0,"mike":"","items":[],"names":{"a":"","b":""},"inner":{"mike":"m"},"empty":"e","bytes":"eP8="}`},
		{[]any{nil, true, []string(nil), map[string]any(nil)}, `[null,true,null,null]`},
		{`é<>&'/"\` + "\b\f\n\r\t\x00\x1f\x7f😀\ufffd", `"é<>&'/\"\\\b\f\n\r\t\u0000\u001f` + "\x7f😀\ufffd" + `"`},
		{"\u2028\u2029", `"\u2028\u2029"`},
		{json.RawMessage("\"\u2028\u2029\""), `"\u2028\u2029"`},
		{json.RawMessage(` { "b" : 1.50 , "a" : [ "\u003c" , "é" ] } `), `{"b":1.50,"a":["\u003c","é"]}`},
		{[]any{1e20, 1e21, 1e-6, 1e-7, float32(0.1), 100.0, int64(math.MaxInt64), uint64(math.MaxUint64)}, `[100000000000000000000,1e+21,0.000001,1e-7,0.1,100,9223372036854775807,18446744073709551615]`},
		{[]any{json.Number("5e3"), guichet.Number("5000.00"), [2]byte{1, 2}, time.Second}, `[5e3,5000.00,[1,2],1000000000]`},
		{struct {
			A int `json:"a"`
			B int `json:"A"`
		}{1, 2}, `{"a":1,"A":2}`},
	} {
		for range 3 {
			out, err := Marshal(test.value)
			require.NoError(t, err, test.want)
			assert.Equal(t, test.want, string(out))
		}
	}
}

type writes struct{ text string }

func (w writes) MarshalJSON() ([]byte, error) { return []byte(w.text), nil }

type names struct{ text *[]byte }

func (n names) MarshalText() ([]byte, error) { return *n.text, nil }

type pointed struct{ text []byte }

func (p *pointed) MarshalText() ([]byte, error) { return p.text, nil }

// Text that is not valid UTF-8 is refused before it is sent, wherever it stands and
// whoever wrote it: Go 1.26 puts another sign in its place, Go 1.27 does so or passes
// it on, and either way two ids become one.
func TestToolchainUTF8InRequests(t *testing.T) {
	for _, bad := range []string{"a\xff", "\xe2\x82", "\xed\xa0\x80", "\xc0\xaf"} {
		data := []byte(bad)
		for name, v := range map[string]any{
			"a text": bad, "a name": map[string]int{bad: 1}, "in a map": map[string]any{"a": bad}, "in a list": []string{"é", bad},
			"in an array": [1]string{bad}, "in a struct": outer{Zulu: bad}, "in a struct in a struct": outer{middle: middle{bad}}, "behind a pointer": &outer{Inner: &middle{bad}},
			"behind an interface": []any{any(&bad)}, "raw": json.RawMessage(`"` + bad + `"`), "in raw JSON": map[string]any{"a": json.RawMessage(`{"b":["` + bad + `"]}`)},
			"a name in raw JSON": json.RawMessage(`{"` + bad + `":1}`), "from MarshalJSON": writes{`"` + bad + `"`}, "from MarshalJSON, inside": []any{&writes{`["` + bad + `"]`}},
			"from MarshalText": names{&data}, "from MarshalText, inside": map[string]any{"a": names{&data}}, "a name from MarshalText": map[names]int{{&data}: 1},
			"from a pointer's MarshalText": &pointed{data}, "from a pointer's MarshalText, in a list": []pointed{{data}}, "a Number": guichet.Number(bad), "a json.Number": json.Number(bad),
		} {
			out, err := Marshal(v)
			assert.Equal(t, ErrWrite, err, "%s %q: %q", name, bad, out)
		}
	}
	// The sign itself is a character like any other: a shop has customers whose names
	// were spoilt long ago.
	spoilt := "Aminata Ciss\ufffd"
	data := []byte(spoilt)
	for _, v := range []any{
		spoilt, map[string]any{spoilt: spoilt}, outer{Zulu: spoilt}, json.RawMessage(`"` + spoilt + `"`), writes{`"` + spoilt + `"`}, writes{`"\ufffd"`}, names{&data},
		&pointed{data}, []any{spoilt, guichet.Number("5000"), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), guichet.Timestamp{}, (*pointed)(nil), (*time.Time)(nil), nil},
	} {
		out, err := Marshal(v)
		require.NoError(t, err)
		assert.NoError(t, Sendable(out))
		assert.True(t, bytes.Contains(out, []byte("\ufffd")) || bytes.Contains(out, []byte(`\ufffd`)), "%s", out)
	}
}

// What is written is read back as it was, whatever both sides are built with.
func TestToolchainRoundTrip(t *testing.T) {
	want := outer{Zulu: "\u2028<é>\x00\ufffd😀", Alpha: math.MaxInt32, middle: middle{"m"}, Items: []string{"", "\\"}}
	out, err := Marshal(want)
	require.NoError(t, err)
	doc, err := Parse(out)
	require.NoError(t, err)
	defer doc.Release()
	assert.Equal(t, want.Zulu, doc.Root().Get("zulu").Text())
	assert.Equal(t, "2147483647", string(doc.Root().Get("alpha").Raw()))
	assert.Equal(t, "m", doc.Root().Get("mike").Text())
	var back outer
	require.NoError(t, json.Unmarshal(out, &back))
	assert.Equal(t, want, back)
	t.Log(runtime.Version())
}
