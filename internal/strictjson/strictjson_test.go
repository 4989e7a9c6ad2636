package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const secret = "sk_live_4f9c2e7b"

type payment struct {
	ID     string          `json:"id"`
	Status string          `json:"status"`
	Amount int64           `json:"amount"`
	Extra  json.RawMessage `json:"extra,omitzero"`
	Parts  []part          `json:"parts,omitzero"`
	When   *stamp          `json:"when,omitzero"`
}

type part struct {
	Name string `json:"name"`
}

// stamp decodes itself, as types from the standard library do.
type stamp struct{ text string }

func (s *stamp) UnmarshalJSON(b []byte) error { s.text = string(b); return nil }
func (s stamp) MarshalJSON() ([]byte, error)  { return []byte(s.text), nil }

// refused holds bodies that are a good payment but for the one thing that is
// wrong with them, so that no other rule can be what refuses them.
var refused = []struct {
	name, body string
	want       error
}{
	{"nothing", ``, ErrInvalid},
	{"only blanks", " \n", ErrInvalid},
	{"cut short", `{"id":"p1","amount":500`, ErrInvalid},
	{"trailing object", `{"id":"p1"}{"id":"p2"}`, ErrInvalid},
	{"trailing bracket", `{"id":"p1"}]`, ErrInvalid},
	{"trailing null byte", "{\"id\":\"p1\"}\x00", ErrInvalid},
	{"byte order mark", "\ufeff" + `{"id":"p1"}`, ErrInvalid},
	{"comment", `{"id":"p1"/**/}`, ErrInvalid},
	{"single quotes", `{'id':"p1"}`, ErrInvalid},
	{"trailing comma", `{"id":"p1",}`, ErrInvalid},
	{"NaN", `{"id":NaN}`, ErrInvalid},
	{"leading zero", `{"amount":0500}`, ErrInvalid},
	{"line break inside a string", "{\"id\":\"p\n1\"}", ErrInvalid},
	{"invalid UTF-8 in a value", "{\"id\":\"pay_\xff\"}", ErrInvalid},
	{"invalid UTF-8 in a name", "{\"id\xff\":\"p1\"}", ErrInvalid},
	{"encoded surrogate", "{\"id\":\"\xed\xa0\x80\"}", ErrInvalid},
	{"overlong encoding", "{\"id\":\"\xc0\xaf\"}", ErrInvalid},
	{"lone high surrogate", `{"id":"\ud800"}`, ErrInvalid},
	{"lone low surrogate", `{"id":"\udc00"}`, ErrInvalid},
	{"surrogates in the wrong order", `{"id":"\udc00\ud800"}`, ErrInvalid},
	{"high surrogate and a letter", `{"id":"\ud800\u0041"}`, ErrInvalid},
	{"lone surrogate in a name", `{"\ud800":1}`, ErrInvalid},
	{"lone surrogate in an unknown member", `{"id":"p1","x":["\ud800"]}`, ErrInvalid},
	{"same name twice", `{"status":"failed","status":"completed"}`, ErrDuplicate},
	{"same name with another type", `{"status":"failed","status":7}`, ErrDuplicate},
	{"wrong type and trailing data", `{"id":7}{"id":"p1"}`, ErrInvalid},
	{"same name and value twice", `{"status":"failed","status":"failed"}`, ErrDuplicate},
	{"other case", `{"status":"failed","STATUS":"completed"}`, ErrDuplicate},
	{"one letter in the other case", `{"status":"failed","statuS":"completed"}`, ErrDuplicate},
	{"escaped", `{"status":"failed","\u0073tatus":"completed"}`, ErrDuplicate},
	{"escaped in the other case", `{"status":"failed","\u0053tatus":"completed"}`, ErrDuplicate},
	{"long s", `{"status":"failed","ſtatus":"completed"}`, ErrDuplicate},
	{"escaped long s", `{"status":"failed","\u017Ftatu\u017f":"completed"}`, ErrDuplicate},
	{"kelvin sign", `{"key":1,"Key":2}`, ErrDuplicate},
	{"other alphabets", `{"É":1,"é":2}`, ErrDuplicate},
	{"three sigmas", `{"ς":1,"Σ":2}`, ErrDuplicate},
	{"beyond the basic plane", `{"𐐀":1,"𐐨":2}`, ErrDuplicate},
	{"escaped beyond the basic plane", `{"𐐀":1,"\uD801\uDC28":2}`, ErrDuplicate},
	{"escaped quote", `{"a\"b":1,"A\u0022b":2}`, ErrDuplicate},
	{"escaped backslash", `{"a\\":1,"a\u005C":2}`, ErrDuplicate},
	{"escaped slash", `{"a\/b":1,"a/b":2}`, ErrDuplicate},
	{"escaped control characters", `{"\b\f\n\r\t":1,"\u0008\u000c\u000A\u000d\u0009":2}`, ErrDuplicate},
	{"empty names", `{"":1,"":2}`, ErrDuplicate},
	{"apart", `{"status":"a","x":{"y":[1,{"z":0}]},"id":"p","Status":"b"}`, ErrDuplicate},
	{"in a nested object", `{"id":"p1","x":{"a":{"b":1,"B":2}}}`, ErrDuplicate},
	{"in an object of an array", `{"id":"p1","x":[{"b":1},{"b":1,"B":2}]}`, ErrDuplicate},
	{"after a nested object with the same names", `{"a":{"a":1,"b":2},"A":1}`, ErrDuplicate},
	{"in a raw member", `{"id":"p1","extra":{"b":1,"B":2}}`, ErrDuplicate},
	{"in a member that decodes itself", `{"id":"p1","when":{"b":1,"B":2}}`, ErrDuplicate},
	{"blanks around", "{ \"status\" : 1 ,\n\t\"Status\" : 2 }", ErrDuplicate},
	{"too deep", `{"id":"p1","x":` + strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth) + `}`, ErrDepth},
	{"too deep in objects", `{"id":"p1","x":` + strings.Repeat(`{"a":`, MaxDepth) + `1` + strings.Repeat("}", MaxDepth) + `}`, ErrDepth},
}

func TestRefusesWhatCouldBeReadInTwoWays(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			body := []byte(tt.body)
			assert.ErrorIs(t, Check(body), tt.want)
			assert.ErrorIs(t, Object(body), tt.want)

			var into any = "left over"
			assert.ErrorIs(t, Unmarshal(body, &into), tt.want)
			assert.Nil(t, into)

			p := payment{ID: "left over"}
			assert.ErrorIs(t, Unmarshal(body, &p), tt.want)
			assert.Zero(t, p)

			var raw json.RawMessage
			assert.ErrorIs(t, Unmarshal(body, &raw), tt.want)
			assert.Nil(t, raw)

			var none struct{}
			assert.ErrorIs(t, Unmarshal(body, &none), tt.want, "unknown members are checked too")

			for _, array := range []string{"[" + tt.body + "]", `[{"id":"p0"},` + tt.body + "]"} {
				if tt.name == "trailing bracket" || strings.TrimSpace(tt.body) == "" {
					continue
				}
				assert.ErrorIs(t, Array(strings.NewReader(array), ignore), tt.want)
				assert.ErrorIs(t, Check([]byte(array)), tt.want)
			}
		})
	}
}

func ignore([]byte) error { return nil }

func TestAcceptsWhatOnlyLooksLikeADuplicate(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	for _, body := range []string{
		`{}`, `[]`, `null`, `0`, `""`, ` true `, deep,
		`{"a":{"a":{"a":1}}}`,
		`{"a":1,"b":{"a":1,"b":2},"c":[{"a":1},{"a":2}]}`,
		`{"a":"a","b":"a"}`,
		`{"a":["a","a","A"]}`,
		`{"status":"status","x":"Status"}`,
		`{"ss":1,"ß":2}`,            // full folding only
		`{"i":1,"ı":2,"İ":3}`,       // Turkish: no simple folding
		`{"é":1,"e\u0301":2}`,       // composed and not: two names
		`{"a b":1,"a_b":2,"a-b":3}`, // the engine's own matching drops _ and -
		`{"a":"{\"a\":1,\"a\":2}"}`, // JSON inside a string is a string
		`{"a\\":1,"a\\\\":2,"b":"\\"}`,
		`{"x":"\ud83d\ude00","😀":"\"","é":"ſ"}`,
		`[{"a":1},{"a":1},{"A":1}]`,
	} {
		assert.NoError(t, Check([]byte(body)), body)
		var v any
		assert.NoError(t, Unmarshal([]byte(body), &v), body)
		assert.True(t, json.Valid([]byte(body)), body)
	}
}

func TestDepthCountsTheOutermost(t *testing.T) {
	nested := func(n int) []byte {
		return []byte(strings.Repeat("[", n) + strings.Repeat("]", n))
	}
	assert.NoError(t, Check(nested(MaxDepth)))
	assert.ErrorIs(t, Check(nested(MaxDepth+1)), ErrDepth)
	assert.NoError(t, Array(bytes.NewReader(nested(MaxDepth)), ignore))
	assert.ErrorIs(t, Array(bytes.NewReader(nested(MaxDepth+1)), ignore), ErrDepth)
	assert.Error(t, Check(nested(100_000)))
}

func TestDuplicatesAreFoundAmongManyNames(t *testing.T) {
	for _, n := range []int{1, 2, fewNames - 1, fewNames, fewNames + 1, 2*fewNames + 1, 1000} {
		var b strings.Builder
		b.WriteString(`{"x":{`)
		for i := range n {
			fmt.Fprintf(&b, `"name%d":{"name%d":[]},`, i, i)
		}
		good := b.String() + `"last":1},"y":{"name0":1}}`
		require.NoError(t, Check([]byte(good)), n)
		for _, again := range []string{"NAME0", `\u006eame0`, fmt.Sprintf("Name%d", n-1)} {
			bad := b.String() + `"` + again + `":1},"y":{"name0":1}}`
			assert.ErrorIs(t, Check([]byte(bad)), ErrDuplicate, "%d names and %s", n, again)
		}
	}
}

func TestNamesAreComparedToTheirEnds(t *testing.T) {
	assert.True(t, sameName([]byte(`Status`), []byte(`\u0073tatuſ`)))
	for _, other := range []string{"", "s", "statu", "statuss", "statux", "xtatus"} {
		assert.False(t, sameName([]byte("status"), []byte(other)), other)
		assert.False(t, sameName([]byte(other), []byte("status")), other)
	}
}

func TestHostileObjectTakesLinearTime(t *testing.T) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i := range 300_000 {
		fmt.Fprintf(&b, `"%d":0,`, i)
	}
	b.WriteString(`"x":0}`)
	start := time.Now()
	require.NoError(t, Check(b.Bytes()))
	// Quadratic time is tens of seconds here.
	assert.Less(t, time.Since(start), 5*time.Second)
}

func TestReadsAPayment(t *testing.T) {
	body := ` {"id":"p1","status":"completed","amount":9007199254740993,"new":[1,{"id":"x"}],` +
		`"extra":{"b": 1},"parts":[{"name":"é😀"}],"when":"2026-01-02"} ` + "\n"
	var p payment
	require.NoError(t, Unmarshal([]byte(body), &p))
	assert.Equal(t, payment{
		ID: "p1", Status: "completed", Amount: 9007199254740993,
		Extra: json.RawMessage(`{"b": 1}`), Parts: []part{{"é😀"}}, When: &stamp{`"2026-01-02"`},
	}, p)
}

func TestNamesMatchExactly(t *testing.T) {
	var p payment
	require.NoError(t, Unmarshal([]byte(`{"ID":"p1","Status":"completed","AMOUNT":500}`), &p))
	assert.Zero(t, p)
}

func TestNothingOldOrHalfReadEscapes(t *testing.T) {
	full := payment{ID: "old", Status: "completed", Amount: 1, Parts: []part{{"a"}}}
	for _, body := range []string{
		`{"id":"p1","amount":"5000"}`, `{"id":"p1","amount":5000.0}`, `{"id":"p1","amount":5e3}`,
		`{"id":"p1","amount":9223372036854775808}`, `{"id":"p1","parts":{}}`, `{"id":7}`, `[]`, `"x"`, `1`,
	} {
		p := full
		err := Unmarshal([]byte(body), &p)
		assert.ErrorIs(t, err, ErrType, body)
		assert.Zero(t, p, body)
	}
	p := full
	require.NoError(t, Unmarshal([]byte(`{"id":"new"}`), &p))
	assert.Equal(t, payment{ID: "new"}, p)
	p = full
	require.NoError(t, Unmarshal([]byte(`null`), &p))
	assert.Zero(t, p)
}

func TestDestinationMustBeAPointer(t *testing.T) {
	assert.Error(t, Unmarshal([]byte(`{}`), nil))
	assert.Error(t, Unmarshal([]byte(`{}`), payment{}))
	assert.Error(t, Unmarshal([]byte(`{}`), (*payment)(nil)))
}

type failing struct{ err error }

func (f *failing) UnmarshalJSON(b []byte) error {
	if f.err == nil {
		panic(string(b))
	}
	return f.err
}

type quoting struct{}

func (*quoting) UnmarshalJSON(b []byte) error { return fmt.Errorf("bad value %s", b) }

type nesting struct{ inner payment }

func (n *nesting) UnmarshalJSON(b []byte) error { return Unmarshal(b, &n.inner) }

func TestADecodingMethodThatPanicsIsAnError(t *testing.T) {
	var v struct {
		ID string  `json:"id"`
		F  failing `json:"f"`
	}
	err := Unmarshal([]byte(`{"id":"p1","f":"`+secret+`"}`), &v)
	assert.ErrorIs(t, err, ErrType)
	assert.NotContains(t, err.Error(), secret)
	assert.Zero(t, v)
}

func TestARuleBrokenInsideADecodingMethodKeepsItsName(t *testing.T) {
	var v struct {
		N nesting `json:"n"`
	}
	assert.ErrorIs(t, Unmarshal([]byte(`{"n":{"id":"a","ID":"b"}}`), &v), ErrDuplicate)
}

func TestErrorsHoldNothingOfTheInput(t *testing.T) {
	var ints map[string]int
	var keys map[int]string
	var times struct {
		T time.Time `json:"t"`
	}
	var q struct {
		Q quoting `json:"q"`
	}
	for _, tt := range []struct {
		body string
		dst  any
	}{
		{`{"` + secret + `":"` + secret + `"}`, &ints},
		{`{"` + secret + `":1,"` + secret + `":2}`, &ints},
		{`{"` + secret + `":tru}`, &ints},
		{`{"` + secret + `" "` + secret + `"}`, &ints},
		{secret, &ints},
		{`{"` + secret + `":"x"}`, &keys},
		{`{"t":"` + secret + `"}`, &times},
		{`{"q":"` + secret + `"}`, &q},
		{`{"id":["` + secret + `"]}`, new(payment)},
	} {
		err := Unmarshal([]byte(tt.body), tt.dst)
		require.Error(t, err, tt.body)
		for e := err; e != nil; e = errors.Unwrap(e) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
				assert.NotContains(t, fmt.Sprintf(verb, e), secret)
			}
		}
	}
}

func TestErrorNamesTheGoType(t *testing.T) {
	var p payment
	err := Unmarshal([]byte(`{"amount":"5000"}`), &p)
	assert.EqualError(t, err, "strictjson: wrong type (Go type int64)")
}

func TestSendableLeavesCaseAndDepthToTheCaller(t *testing.T) {
	for _, body := range []string{`{"a":1,"A":2}`, strings.Repeat("[", 100) + strings.Repeat("]", 100), `7`, "null"} {
		require.NoError(t, Sendable([]byte(body)), body)
	}
	for _, body := range []string{"", "{", `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, "\"\xff\"", `"\ud800"`, "1 2"} {
		require.ErrorIs(t, Sendable([]byte(body)), ErrInvalid, body)
	}
}

func TestObjectRefusesOtherTypes(t *testing.T) {
	assert.NoError(t, Object([]byte(` {"a":[]} `)))
	for _, body := range []string{`null`, `[]`, `[{}]`, `"{}"`, `1`, `true`} {
		assert.ErrorIs(t, Object([]byte(body)), ErrNotObject, body)
	}
}

type (
	panicking struct{}
	rude      struct{}
	nilPtr    struct{ n int }
)

func (panicking) MarshalJSON() ([]byte, error) { panic(secret) }
func (rude) MarshalJSON() ([]byte, error)      { return nil, errors.New(secret) }
func (p *nilPtr) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%d", p.n), nil }

func TestMarshalIsCompactAndAlwaysTheSame(t *testing.T) {
	v := map[string]any{"b": 1, "a": "<é&>\u2028", "c": []string(nil), "d": map[string]int(nil), "e": &stamp{`{ "x" : 1 }`},
		"f": json.RawMessage(` [1, 2] `), "g": (*nilPtr)(nil), "h": int64(math.MaxInt64)}
	want := `{"a":"<é&>` + "\u2028" + `","b":1,"c":[],"d":{},"e":{"x":1},"f":[1,2],"g":null,"h":9223372036854775807}`
	for range 50 {
		got, err := Marshal(v)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}

func TestMarshalRefusesWhatHasNoJSON(t *testing.T) {
	cycle := map[string]any{}
	cycle["x"] = cycle
	for name, v := range map[string]any{
		"invalid UTF-8":         "pay_\xff" + secret,
		"invalid UTF-8 name":    map[string]int{"\xff" + secret: 1},
		"NaN":                   math.NaN(),
		"func":                  func() {},
		"chan":                  struct{ C chan int }{},
		"panicking method":      map[string]any{"a": panicking{}},
		"failing method":        map[string]any{secret: rude{}},
		"invalid raw":           json.RawMessage(`{"` + secret),
		"invalid UTF-8 raw":     json.RawMessage("\"\xff\""),
		"cycle":                 cycle,
		"method with lone half": &stamp{`"\ud800"`},
	} {
		out, err := Marshal(v)
		assert.ErrorIs(t, err, ErrMarshal, name)
		assert.Nil(t, out, name)
		assert.NotContains(t, fmt.Sprintf("%+v %#v", err, err), secret, name)
	}
	// The engine reuses its buffers: a panic must not spoil the next value.
	got, err := Marshal(part{"a"})
	require.NoError(t, err)
	assert.Equal(t, `{"name":"a"}`, string(got))
}

func collect(r io.Reader) ([]string, error) {
	var items []string
	err := Array(r, func(item []byte) error {
		items = append(items, string(item))
		return nil
	})
	return items, err
}

func TestArrayDeliversEachItem(t *testing.T) {
	body := " [ {\"a\": [1,2]} ,\n\"x,]\",3 , null,[[]],{}] \n"
	want := []string{`{"a": [1,2]}`, `"x,]"`, `3`, `null`, `[[]]`, `{}`}
	for name, r := range map[string]io.Reader{
		"whole":      strings.NewReader(body),
		"buffer":     bytes.NewBufferString(body),
		"one byte":   iotest.OneByteReader(strings.NewReader(body)),
		"data + EOF": iotest.DataErrReader(strings.NewReader(body)),
	} {
		got, err := collect(r)
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
}

func TestArrayDeliversBeforeTheEndHasArrived(t *testing.T) {
	pr, pw := io.Pipe()
	first := make(chan struct{})
	go func() {
		io.WriteString(pw, `[{"a":1},`)
		<-first
		io.WriteString(pw, `{"a":2}]`)
		pw.Close()
	}()
	n := 0
	require.NoError(t, Array(pr, func([]byte) error {
		if n++; n == 1 {
			close(first)
		}
		return nil
	}))
	assert.Equal(t, 2, n)
}

func TestArrayThatIsNullOrEmptyHasNoItems(t *testing.T) {
	for _, body := range []string{`[]`, ` [ ] `, `null`, " null\n"} {
		items, err := collect(strings.NewReader(body))
		assert.NoError(t, err, body)
		assert.Empty(t, items, body)
	}
}

func TestArrayRefusesOtherTypes(t *testing.T) {
	for _, body := range []string{`{}`, `{"data":[]}`, `"[]"`, `0`, `-1`, `true`, `false`} {
		assert.ErrorIs(t, Array(strings.NewReader(body), ignore), ErrNotArray, body)
	}
	assert.EqualError(t, ErrNotArray, "strictjson: not an array")
}

func TestArrayRefusesMalformedInput(t *testing.T) {
	for _, body := range []string{
		``, ` `, `[`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `[1]]`, `[1],`, `[][]`, `[1]x`, `null null`, `nul`, `nope`, `x`,
		"\ufeff[]", "[\"\xff\"]", `[1}`, `]`, `[{]`, "[1]\x00", `[1:2]`,
	} {
		for _, r := range []io.Reader{strings.NewReader(body), iotest.OneByteReader(strings.NewReader(body))} {
			_, err := collect(r)
			assert.ErrorIs(t, err, ErrInvalid, "%q", body)
		}
	}
}

type readError struct{ code int }

func (*readError) Error() string { return "read failed" }

func TestArrayReturnsTheErrorOfTheReader(t *testing.T) {
	whole := `[{"a":1},{"a":2}] `
	want := &readError{7}
	for cut := range len(whole) + 1 {
		r := io.MultiReader(strings.NewReader(whole[:cut]), iotest.ErrReader(fmt.Errorf("body: %w", want)))
		err := Array(r, ignore)
		var got *readError
		require.ErrorAs(t, err, &got, "cut at %d", cut)
		assert.Same(t, want, got)
		assert.NotErrorIs(t, err, ErrInvalid)

		err = Array(io.MultiReader(strings.NewReader(whole[:cut]), iotest.ErrReader(io.ErrUnexpectedEOF)), ignore)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	null := io.MultiReader(strings.NewReader("null"), iotest.ErrReader(want))
	assert.ErrorIs(t, Array(null, ignore), want)
	// Bytes and an error in one call: the bytes may complete the array, the
	// error still means that the body was not read to its end.
	assert.ErrorIs(t, Array(&dataAndError{data: "[1]", err: want}, ignore), want)
}

type dataAndError struct {
	data string
	err  error
}

func (r *dataAndError) Read(p []byte) (int, error) {
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, r.err
}

type stalled struct{}

func (stalled) Read([]byte) (int, error) { return 0, nil }

func TestArrayGivesUpOnAReaderThatMakesNoProgress(t *testing.T) {
	assert.ErrorIs(t, Array(stalled{}, ignore), io.ErrNoProgress)
}

func TestArrayReturnsTheErrorOfTheCallbackAndStops(t *testing.T) {
	stop := errors.New("stop")
	n := 0
	err := Array(strings.NewReader(`[1,2,3]`), func([]byte) error { n++; return stop })
	assert.Same(t, stop, err)
	assert.Equal(t, 1, n)
}

func TestAppendingToAnItemDoesNotReachTheNext(t *testing.T) {
	var got []string
	require.NoError(t, Array(strings.NewReader(`[1,2,3]`), func(item []byte) error {
		got = append(got, string(item))
		_ = append(item, "99999"...)
		return nil
	}))
	assert.Equal(t, []string{"1", "2", "3"}, got)
}

func TestArrayBoundsTheSizeOfAnItem(t *testing.T) {
	item := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
	atLimit := item(MaxItem)
	items, err := collect(strings.NewReader("[" + atLimit + " ,\n" + atLimit + "," + atLimit + "]"))
	require.NoError(t, err)
	assert.Len(t, items, 3)

	for _, body := range []string{
		"[1," + item(MaxItem+1) + "]",
		"[1," + item(MaxItem+itemRoom) + "]",
		"[1," + strings.Repeat(" ", itemRoom+1) + "2]",
		"[1]" + strings.Repeat(" ", itemRoom+1),
		strings.Repeat(" ", itemRoom+1) + "[]",
	} {
		assert.ErrorIs(t, Array(strings.NewReader(body), ignore), ErrTooLarge)
	}
}

// endless is an array whose second item never ends.
type endless struct{ started bool }

func (e *endless) Read(p []byte) (int, error) {
	if !e.started {
		e.started = true
		return copy(p, `[1,"`), nil
	}
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestArrayMemoryIsBoundedByTheItem(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.ErrorIs(t, Array(&endless{}, ignore), ErrTooLarge)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*MaxItem))

	runtime.ReadMemStats(&before)
	many := io.MultiReader(strings.NewReader("[0"), io.LimitReader(&repeated{text: `,{"id":"p1","amount":500}`}, 25*400_000), strings.NewReader("]"))
	n := 0
	require.NoError(t, Array(many, func([]byte) error { n++; return nil }))
	runtime.ReadMemStats(&after)
	assert.Equal(t, 400_001, n)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(MaxItem))
}

type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], r.text[r.at:])
		r.at = (r.at + c) % len(r.text)
		n += c
	}
	return n, nil
}

func TestCheckOfAnOrdinaryPaymentAllocatesNothing(t *testing.T) {
	body := []byte(benchBody)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if Check(body) != nil {
			t.Fail()
		}
	}))
}

// same reads names the slow and obvious way, to compare with.
func same(a, b string) bool { return strings.EqualFold(a, b) }

func duplicates(dec *json.Decoder) (bool, error) {
	tok, err := dec.Token()
	if err != nil {
		return false, err
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return false, nil
	}
	found := false
	var names []string
	for dec.More() {
		if delim == '{' {
			tok, err := dec.Token()
			if err != nil {
				return false, err
			}
			name := tok.(string)
			for _, other := range names {
				found = found || same(name, other)
			}
			names = append(names, name)
		}
		inner, err := duplicates(dec)
		if err != nil {
			return false, err
		}
		found = found || inner
	}
	_, err = dec.Token()
	return found, err
}

func stdDecoder(data []byte) *json.Decoder {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return dec
}

func seed(f *testing.F) {
	for _, tt := range refused {
		f.Add([]byte(tt.body))
	}
	f.Add([]byte(benchBody))
	f.Add([]byte(`{"a":{"a":1},"b":[{"a":1},"a","\u0041"],"\"":"\\","é":1,"x":null}`))
	f.Add([]byte(`[1,{"s":1,"ſ":2}]`))
}

// FuzzCheck holds Check against encoding/json, which shares no code with it.
func FuzzCheck(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		err := Check(data)
		if err == nil && !json.Valid(data) {
			t.Fatalf("accepted invalid JSON %q", data)
		}
		if err == nil || err == ErrDuplicate {
			found, stdErr := duplicates(stdDecoder(data))
			if stdErr != nil || found != (err == ErrDuplicate) {
				t.Fatalf("%q: got %v, duplicates %v, %v", data, err, found, stdErr)
			}
		}
		if objErr := Object(data); (objErr == nil) != (err == nil && bytes.TrimLeft(data, " \t\r\n")[0] == '{') {
			t.Fatalf("%q: Check %v, Object %v", data, err, objErr)
		}
	})
}

func FuzzUnmarshal(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		err, want := Unmarshal(data, &v), Check(data)
		if err != want && (want != nil || !errors.Is(err, ErrType)) {
			t.Fatalf("%q: Unmarshal %v, Check %v", data, err, want)
		}
		if err != nil && v != nil {
			t.Fatalf("%q: half-filled %v", data, v)
		}
		if err == nil {
			out, err := Marshal(v)
			if err != nil || Check(out) != nil {
				t.Fatalf("%q: written as %q, %v", data, out, err)
			}
		}
		var p payment
		err = Unmarshal(data, &p)
		if want != nil && err != want {
			t.Fatalf("%q: Unmarshal %v, Check %v", data, err, want)
		}
		if err != nil && (p.ID != "" || p.Status != "" || p.Amount != 0 || p.Extra != nil || p.Parts != nil || p.When != nil) {
			t.Fatalf("%q: half-filled %v", data, p)
		}
	})
}

// FuzzArray checks that reading as it arrives and reading at once agree.
func FuzzArray(f *testing.F) {
	seed(f)
	f.Add([]byte(`[1,{"a":[]},"x"] `))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, err := collect(bytes.NewReader(data))
		slow, slowErr := collect(iotest.OneByteReader(bytes.NewReader(data)))
		if err != slowErr || len(whole) != len(slow) {
			t.Fatalf("%q: %v %v, byte by byte %v %v", data, whole, err, slow, slowErr)
		}
		var want []json.RawMessage
		wantErr := Unmarshal(data, &want)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: Array %v, Unmarshal %v", data, err, wantErr)
		}
		if err != nil {
			return
		}
		for i, item := range whole {
			if item != string(want[i]) {
				t.Fatalf("%q: item %d is %q", data, i, item)
			}
		}
	})
}

const benchBody = `{"id":"pay_01J9ZC5T7E8G2X4V6N0Q3R5S7U","status":"completed","amount":25000,"currency":"XOF",` +
	`"order_id":"order-2026-000123","created_at":"2026-01-15T09:30:00Z","description":"Commande \u00e9t\u00e9 & co",` +
	`"customer":{"name":"Awa Diop","phone":"+221770000000","email":"awa@example.com"},` +
	`"fees":{"amount":500,"currency":"XOF"},"metadata":{"cart":"c-77","shop":"dakar"},` +
	`"operator":"wave","live":true,"refunded_at":null}`

type benchPayment struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	OrderID  string `json:"order_id"`
	Customer struct {
		Name  string `json:"name"`
		Phone string `json:"phone"`
		Email string `json:"email"`
	} `json:"customer"`
	Metadata map[string]string `json:"metadata"`
}

func BenchmarkUnmarshal(b *testing.B) {
	body := []byte(benchBody)
	b.Run("strictjson", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			var p benchPayment
			if err := Unmarshal(body, &p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			var p benchPayment
			if err := json.Unmarshal(body, &p); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	body := []byte(benchBody)
	b.Run("Check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = Check(body)
		}
	})
	b.Run("names", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = checkNames(body, 0)
		}
	})
	b.Run("json.Valid", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = json.Valid(body)
		}
	})
}

func TestLeaves(t *testing.T) {
	assert.Equal(t, []string{"482913", "12.50", "+22890000000", "x"},
		Leaves([]byte(`{"otp":"482913","amount":12.50,"ok":true,"none":null,"to":{"phones":["+22890000000",{"name":"x"}]}}`)))
	assert.Empty(t, Leaves(nil))
	assert.Empty(t, Leaves([]byte("true")))
}
