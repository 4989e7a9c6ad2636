package strictjson

import (
	"bytes"
	"encoding/json"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

type party struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

type payment struct {
	ID       string            `json:"payment_id" also:"id"`
	Status   string            `json:"status"`
	Amount   guichet.Number    `json:"amount"`
	Currency guichet.Currency  `json:"currency"`
	Order    Loose             `json:"order"`
	Title    string            `json:"title"`
	Made     guichet.Timestamp `json:"made"`
	Open     *bool             `json:"open"`
	Test     bool              `json:"test"`
	Data     json.RawMessage   `json:"data"`
	Payer    party             `json:"payer"`
	Shop     *party            `json:"shop"`
	Words    []string          `json:"words"`
	Parts    []party           `json:"parts"`
}

var read = Deciding[payment]("payment_id", "status", "amount", "currency", "order", "payer.phone")

const whole = `{"payment_id":"p1","status":"open","amount":5000,"currency":"xof ","order":1001,"title":"a\u00e9\n","made":"2026-01-02T03:04:05Z",` +
	`"open":false,"test":true,"data":{"k":[1, 2]},"payer":{"name":"Awa","phone":"1"},"shop":{"name":"S"},"words":["a","b"],"parts":[{"name":"x"},{"name":"y"}],"other":{"deep":[[]]}}`

func root(t testing.TB, text string) Value {
	t.Helper()
	doc, err := Parse([]byte(text))
	require.NoError(t, err, text)
	return doc.Root()
}

func TestReadsAPayment(t *testing.T) {
	var p payment
	require.NoError(t, read.Read(root(t, whole), &p))
	no := false
	assert.Equal(t, payment{
		ID: "p1", Status: "open", Amount: "5000", Currency: "XOF", Order: "1001", Title: "aé\n",
		Made: guichet.ParseTimestamp("2026-01-02T03:04:05Z"), Open: &no, Test: true, Data: json.RawMessage(`{"k":[1, 2]}`),
		Payer: party{"Awa", "1"}, Shop: &party{Name: "S"}, Words: []string{"a", "b"}, Parts: []party{{Name: "x"}, {Name: "y"}},
	}, p)
}

// Each member in turn becomes something else: one that decides is refused by name,
// any other is empty, and nothing else changes.
func TestMembersOfAnotherKind(t *testing.T) {
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(whole), &members))
	var good payment
	require.NoError(t, read.Read(root(t, whole), &good))
	for name := range members {
		for _, value := range []string{`7`, `"seven"`, `[]`, `{}`, `true`, `null`, `"\ud800"`, "\"\xff\""} {
			changed := make(map[string]json.RawMessage)
			for name, value := range members {
				changed[name] = value
			}
			changed[name] = json.RawMessage(value)
			var p payment
			err := read.Read(root(t, object(changed)), &p)
			if err != nil {
				assert.True(t, read.Decides(name), "%s %s: %v", name, value, err)
				assert.Contains(t, err.Error(), name)
				continue
			}
			got, want := fields(p), fields(good)
			for field := range want {
				if tag := strings.Split(field, " "); tag[0] != name {
					assert.Equal(t, want[field], got[field], "%s %s changed %s", name, value, field)
				}
			}
		}
	}
}

func object(members map[string]json.RawMessage) string {
	var parts []string
	for name, value := range members {
		parts = append(parts, strconv.Quote(name)+":"+string(value))
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ",") + "}"
}

func fields(p payment) map[string]any {
	return map[string]any{"payment_id": p.ID, "status": p.Status, "amount": p.Amount, "currency": p.Currency, "order": p.Order,
		"title": p.Title, "made": p.Made, "open": p.Open, "test": p.Test, "data": string(p.Data), "payer": p.Payer, "shop": p.Shop,
		"words": p.Words, "parts": p.Parts}
}

// Two ids that differ in a broken byte would be one: what decides is refused, and
// anything else is empty.
func TestInvalidTextIsNotRead(t *testing.T) {
	for _, text := range []string{"\"pay_\xff\"", `"pay_\ud800"`, `"pay_\udc00\ud800"`} {
		var p payment
		assert.EqualError(t, read.Read(root(t, `{"status":`+text+`}`), &p), "status is not valid UTF-8")
		require.NoError(t, read.Read(root(t, `{"title":`+text+`,"data":`+text+`}`), &p))
		assert.Empty(t, p.Title)
		assert.Nil(t, p.Data)
		assert.Empty(t, root(t, text).Text())
	}
}

func TestAnotherNameOfAMember(t *testing.T) {
	for text, want := range map[string]string{
		`{"id":"b"}`:                   "b",
		`{"id":"b","payment_id":"a"}`:  "a",
		`{"payment_id":"a","id":"b"}`:  "a",
		`{"payment_id":null,"id":"b"}`: "b",
		`{"payment_id":"","id":"b"}`:   "b",
		`{"id":"b","payment_id":""}`:   "b",
		`{"payment_id":"a","id":7}`:    "-",
		`{"id":7}`:                     "-",
		`{"payment_id":7,"id":"b"}`:    "-",
		`{"p\u0061yment_id":"a"}`:      "a",
		`{"Payment_id":"a"}`:           "",
	} {
		var p payment
		err := read.Read(root(t, text), &p)
		if want == "-" {
			assert.EqualError(t, err, "payment_id is not a text", text)
			continue
		}
		assert.NoError(t, err, text)
		assert.Equal(t, want, p.ID, text)
	}
}

// Layers are read from the outside in: what is inside wins, unless it is null.
func TestReadsLayers(t *testing.T) {
	var p payment
	require.NoError(t, read.Read(root(t, `{"payment_id":"a","status":"x","title":"t"}`), &p))
	require.NoError(t, read.Read(root(t, `{"payment_id":null,"status":"y"}`), &p))
	assert.Equal(t, payment{ID: "a", Status: "y", Title: "t"}, p)

	// So does another name of a member, which only another member of the same object
	// goes before.
	require.NoError(t, read.Read(root(t, `{"id":"b"}`), &p))
	assert.Equal(t, "b", p.ID)
	require.NoError(t, read.Read(root(t, `{"id":"d","payment_id":"c"}`), &p))
	assert.Equal(t, "c", p.ID)
}

func TestReadsNamedTexts(t *testing.T) {
	type word string
	var dst struct {
		Status word   `json:"status"`
		Kinds  []word `json:"kinds"`
	}
	of := Deciding[struct {
		Status word   `json:"status"`
		Kinds  []word `json:"kinds"`
	}]("status")
	require.NoError(t, of.Read(root(t, `{"status":"open","kinds":["a"]}`), &dst))
	assert.Equal(t, word("open"), dst.Status)
	assert.Equal(t, []word{"a"}, dst.Kinds)
	assert.EqualError(t, of.Read(root(t, `{"status":7}`), &dst), "status is not a text")
}

var refused = []struct {
	name, text string
	want       error
}{
	{"nothing", ``, ErrEmpty},
	{"blanks", " \n", ErrEmpty},
	{"a page", "\n<!doctype html><p>", ErrHTML},
	{"cut in a number", `{"a":1`, ErrCut},
	{"cut in a text", `{"a":"x`, ErrCut},
	{"cut in an escape", `{"a":"x\u00`, ErrCut},
	{"cut in a word", `{"a":tr`, ErrCut},
	{"cut in a name", `{"a`, ErrCut},
	{"two values", `{}{}`, ErrTrailing},
	{"a bracket more", `{}]`, ErrTrailing},
	{"comment", `{/**/}`, ErrSyntax},
	{"comma at the end", `{"a":1,}`, ErrSyntax},
	{"comma at the end of an array", `[1,]`, ErrSyntax},
	{"leading zero", `[05]`, ErrSyntax},
	{"plus", `[+5]`, ErrSyntax},
	{"NaN", `[NaN]`, ErrSyntax},
	{"line break in a text", "[\"a\nb\"]", ErrSyntax},
	{"unknown escape", `["\x00000000000000"]`, ErrSyntax},
	{"member twice", `{"a":1,"a":2}`, ErrTwice},
	{"twice in another case", `{"status":1,"\u0053tatus":2}`, ErrTwice},
	{"twice by a long s", `{"status":1,"ſtatus":2}`, ErrTwice},
	{"twice deep inside", `[{"x":[{"a":1,"A":2}]}]`, ErrTwice},
	{"twice among many", `{` + many(200) + `,"N7":1}`, ErrTwice},
	{"too deep", strings.Repeat("[", 33) + strings.Repeat("]", 33), ErrTooDeep},
	{"too many", "[" + strings.Repeat("1,", MaxValues) + "1]", ErrTooMany},
}

func many(n int) string {
	var members []string
	for i := range n {
		members = append(members, `"n`+strconv.Itoa(i)+`":1`)
	}
	return strings.Join(members, ",")
}

func TestRefuses(t *testing.T) {
	for _, test := range refused {
		_, err := Parse([]byte(test.text))
		assert.Equal(t, test.want, err, test.name)
	}
}

func TestAccepts(t *testing.T) {
	for _, text := range []string{
		"\xef\xbb\xbf{}", ` [ 1 , -0.5e+7 , true,false,null,"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"] `,
		`{"a":{"b":1},"b":{"a":1}}`, `{"ab":1,"a":2,"abc":3}`, "{\"\xe9\":1,\"\xe8\":2}", `"x"`, `7`,
		strings.Repeat("[", 32) + strings.Repeat("]", 32), `{` + many(5000) + `}`,
	} {
		_, err := Parse([]byte(text))
		assert.NoError(t, err, text)
	}
}

func TestInvalidTextIsKnown(t *testing.T) {
	for text, valid := range map[string]bool{`{"a":"é"}`: true, "{\"a\":\"\xff\"}": false, `{"a":"\ud800"}`: false, `{"a":"\ud800\u0041"}`: false, "{\"\xff\":1}": false} {
		doc, err := Parse([]byte(text))
		require.NoError(t, err)
		assert.Equal(t, valid, doc.ValidText(), text)
	}
}

func TestValue(t *testing.T) {
	v := root(t, `{"a":"x\u0041","b":[1,"two",{"c":null}],"d":"{\"e\":1}"}`)
	assert.Equal(t, "xA", v.Get("a").Text())
	assert.Equal(t, Absent, v.Get("A").Kind())
	assert.Equal(t, 3, v.Get("b").Len())
	assert.Equal(t, []string{"xA", "1", "two", `{"e":1}`}, v.Leaves())
	assert.Equal(t, `"x\u0041"`, string(v.Get("a").Raw()))
	assert.Nil(t, v.Get("zz").Copy())
	var names []string
	for m := range v.All() {
		names = append(names, m.Name())
	}
	assert.Equal(t, []string{"a", "b", "d"}, names)
	inner, err := v.Get("d").Inner()
	require.NoError(t, err)
	assert.Equal(t, "1", string(inner.Root().Get("e").Raw()))
	var absent Value
	assert.Equal(t, "", absent.Get("x").Get("y").Text())
	assert.Equal(t, 0, absent.Len())
}

func streamed(r io.Reader) (items []string, err error) {
	err = Stream(r, func(item Value) error {
		items = append(items, string(item.Raw()))
		return nil
	})
	return items, err
}

func TestStream(t *testing.T) {
	long := `"` + strings.Repeat("x", 100_000) + `"`
	for text, want := range map[string][]string{
		`[]`: nil, " [ ] ": nil, `[1]`: {"1"}, "\xef\xbb\xbf[1 , 2\n,\"a\"]\n": {"1", "2", `"a"`}, `[[],{"a":1}]`: {"[]", `{"a":1}`},
		"[" + long + "," + long + ",7]": {long, long, "7"},
	} {
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
			items, err := streamed(r)
			assert.NoError(t, err, text)
			assert.Equal(t, want, items)
		}
	}
	for text, want := range map[string]error{
		``: ErrEmpty, ` `: ErrEmpty, `null`: ErrNoArray, `{"data":[]}`: ErrNoArray, `<html>`: ErrHTML, `[`: ErrCut, `[1`: ErrCut, `[1,`: ErrCut,
		`[1,]`: ErrSyntax, `[1 2]`: ErrSyntax, `[]x`: ErrTrailing, `[{"a":1,"A":2}]`: ErrTwice,
		`[` + strings.Repeat(" ", 3<<20) + `1]`:       ErrItemSize,
		`["` + strings.Repeat("x", 3<<20) + `"]`:      ErrItemSize,
		`[1` + strings.Repeat(" ", MaxItem+1) + `,2]`: ErrItemSize,
	} {
		_, err := streamed(strings.NewReader(text))
		assert.Equal(t, want, err, text[:min(len(text), 20)])
	}
	_, err := streamed(io.MultiReader(strings.NewReader("[1,"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	assert.Equal(t, io.ErrUnexpectedEOF, err)
	_, err = streamed(stalled{})
	assert.Equal(t, io.ErrNoProgress, err)
}

type stalled struct{}

func (stalled) Read([]byte) (int, error) { return 0, nil }

func TestMemoryOfAStreamIsBoundedByTheItem(t *testing.T) {
	item := `{"id":"3c90c3cc","amount":5000},`
	r := io.MultiReader(strings.NewReader("["), io.LimitReader(repeat(item), int64(len(item))*500_000), strings.NewReader("1]"))
	assert.Less(t, allocated(func() { require.NoError(t, Stream(r, func(Value) error { return nil })) }), uint64(1<<20))
}

func repeat(s string) io.Reader { return &repeated{s: s} }

type repeated struct {
	s  string
	at int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for n < len(p) {
		c := copy(p[n:], r.s[r.at:])
		n, r.at = n+c, (r.at+c)%len(r.s)
	}
	return n, nil
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// hostile are texts of one mebibyte, each with as much of one thing as fits.
func hostile() map[string]string {
	fill := func(open, part, end string) string {
		return open + strings.Repeat(part, (1<<20-len(open)-len(end))/len(part)) + end
	}
	var unique, alike strings.Builder
	for i := 0; unique.Len() < 1<<20-20; i++ {
		unique.WriteString(strconv.Quote(strconv.FormatInt(int64(i), 36)) + ":1,")
		alike.WriteString(strconv.Quote("name"+strconv.Itoa(i)) + ":{},")
	}
	return map[string]string{
		"empty objects":  fill("[", "{},", "{}]"),
		"numbers":        fill("[", "1,", "1]"),
		"unique names":   "{" + unique.String() + `"z":1}`,
		"members inside": "{" + alike.String() + `"z":1}`,
		"small objects":  fill("[", `{"a":1,"b":2,"c":3},`, "1]"),
		"one text":       fill(`["`, "x", `"]`),
		"escapes":        fill(`["`, `\u00e9`, `"]`),
		"one number":     fill("[1", "0", "]"),
		"one name":       fill(`{"`, "n", `":1}`),
		"blanks":         fill("[", " ", "]"),
		"nested":         fill("[", strings.Repeat("[", 30)+strings.Repeat("]", 30)+",", "1]"),
		"brackets":       strings.Repeat("[", 1<<20),
		"invalid bytes":  fill(`["`, "\xff", `"]`),
	}
}

func TestHostileTextsCostLittleMemory(t *testing.T) {
	for name, text := range hostile() {
		data := []byte(text)
		cost := allocated(func() {
			doc, err := Parse(data)
			if err != nil {
				return
			}
			var p payment
			_ = read.Read(doc.Root(), &p)
			doc.Root().Leaves()
			doc.Release()
		})
		assert.Less(t, cost, uint64(16<<20), name)
	}
}

// No error repeats anything of the text, which may hold the key it was called with.
func TestErrorsHoldNothingOfTheText(t *testing.T) {
	const secret = "sk_live_4f9c2e7b"
	for _, text := range []string{
		secret, `{"` + secret + `":1,"` + secret + `":2}`, `{"amount":"` + secret + `"}`, `{"payment_id":{"` + secret + `":1}}`,
		`{"status":["` + secret + `"]}`, `{"payer":{"phone":{"` + secret + `":1}}}`, `["` + secret,
	} {
		doc, err := Parse([]byte(text))
		if err == nil {
			var p payment
			err = read.Read(doc.Root(), &p)
		}
		require.Error(t, err, text)
		assert.NotContains(t, Sentence("the answer", err), secret)
	}
}

func TestRows(t *testing.T) {
	var rows Rows[int]
	require.NoError(t, rows.Add(1, nil))
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Add(0, ErrNoObject))
	require.NoError(t, rows.Add(3, nil))
	assert.Equal(t, []int{1, 3}, rows.Items)
	assert.EqualError(t, rows.Err(), "1 of the list's 3 items cannot be read and are left out; the first of them: it is not a JSON object")

	rows = Rows[int]{Most: 1000}
	for range MaxSkipped {
		require.NoError(t, rows.Add(0, ErrNoObject))
	}
	assert.Equal(t, ErrBadRows, rows.Add(0, ErrNoObject))

	rows = Rows[int]{}
	for i := range MaxRows {
		require.NoError(t, rows.Add(i, nil))
	}
	assert.Equal(t, ErrManyItems, rows.Add(0, nil))
}

// A slip in the table of what decides is found when the program starts.
func TestTablesAreChecked(t *testing.T) {
	assert.Panics(t, func() { Deciding[payment]("state") })
	assert.Panics(t, func() { Deciding[payment]("payer.state") })
	assert.Panics(t, func() {
		Deciding[struct {
			A float64 `json:"a"`
		}]()
	})
}

func TestMarshal(t *testing.T) {
	out, err := Marshal(map[string]any{"b": "é<&>", "a": 1, "c": "\ufffd"})
	require.NoError(t, err)
	assert.Equal(t, `{"a":1,"b":"é<&>","c":"`+"\ufffd"+`"}`, string(out))
	for name, v := range map[string]any{
		"a text": "a\xff", "a key": map[string]int{"a\xff": 1}, "a field": struct{ A []any }{[]any{"x\xff"}},
		"a channel": make(chan int), "a method that panics": panicking{}, "too deep": deep(),
	} {
		_, err := Marshal(v)
		assert.Equal(t, ErrWrite, err, name)
	}
}

type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic("secret") }

func deep() any {
	v := any("\xff")
	for range 100 {
		v = []any{v}
	}
	return v
}

func TestSendable(t *testing.T) {
	assert.NoError(t, Sendable([]byte(`{"a":1}`)))
	assert.Equal(t, ErrTwice, Check([]byte(`{"a":1,"A":1}`)))
	assert.Equal(t, ErrBadText, Check([]byte("{\"a\":\"\xff\"}")))
	for _, body := range []string{`{"a":1,"A":2}`, `{` + many(100) + `,"N1":2}`, strings.Repeat("[", 100) + strings.Repeat("]", 100), `7`, "null"} {
		assert.NoError(t, Sendable([]byte(body)), body)
	}
	assert.Equal(t, ErrTwice, Sendable([]byte(`{"a":1,"\u0061":2}`)))
	assert.Equal(t, ErrBadText, Sendable([]byte("{\"a\":\"\xff\"}")))
}

func FuzzParse(f *testing.F) {
	for _, test := range refused[:len(refused)-1] {
		f.Add([]byte(test.text))
	}
	f.Add([]byte(whole))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Parse(data)
		plain := bytes.TrimPrefix(data, bom)
		if err == nil && !json.Valid(plain) {
			t.Fatalf("accepted %q", data)
		}
		if (err == ErrSyntax || err == ErrCut || err == ErrTrailing || err == ErrEmpty || err == ErrHTML) && json.Valid(plain) {
			t.Fatalf("refused %q: %v", data, err)
		}
		if err != nil {
			return
		}
		defer doc.Release()
		checkAgainstStandard(t, doc.Root(), plain)
		var p payment
		_ = read.Read(doc.Root(), &p)
		items, err := streamed(iotest.HalfReader(bytes.NewReader(data)))
		if doc.Root().Kind() == Array {
			if err != nil || len(items) != doc.Root().Len() {
				t.Fatalf("%d items of %d: %v", len(items), doc.Root().Len(), err)
			}
		} else if err == nil {
			t.Fatalf("%q was streamed", data)
		}
	})
}

// checkAgainstStandard compares what is found with what encoding/json finds.
func checkAgainstStandard(t *testing.T, v Value, data []byte) {
	var want any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if dec.Decode(&want) != nil {
		t.Fatalf("not decoded: %q", data)
	}
	compare(t, v, want)
}

func compare(t *testing.T, v Value, want any) {
	switch want := want.(type) {
	case map[string]any:
		if v.Kind() != Object || v.doc.ValidText() && v.Len() != len(want) {
			t.Fatalf("%q is not the object", v.Raw())
		}
		if v.doc.ValidText() {
			for name, value := range want {
				compare(t, v.Get(name), value)
			}
		}
	case []any:
		if v.Kind() != Array || v.Len() != len(want) {
			t.Fatalf("%q is not the array", v.Raw())
		}
		i := 0
		for element := range v.All() {
			compare(t, element, want[i])
			i++
		}
	case string:
		if v.Kind() != Text || !v.badText() && v.Text() != want {
			t.Fatalf("%q is not %q", v.Raw(), want)
		}
	case json.Number:
		if v.Kind() != Number || string(v.Raw()) != string(want) {
			t.Fatalf("%q is not %s", v.Raw(), want)
		}
	case bool:
		if v.Kind() != map[bool]Kind{true: True, false: False}[want] {
			t.Fatalf("%q is not %v", v.Raw(), want)
		}
	case nil:
		if v.Kind() != Null {
			t.Fatalf("%q is not null", v.Raw())
		}
	}
}

func BenchmarkRead(b *testing.B) {
	data := []byte(whole)
	b.Run("guichet", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			doc, _ := Parse(data)
			var p payment
			_ = read.Read(doc.Root(), &p)
			doc.Release()
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			doc, _ := Parse(data)
			doc.Release()
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var p struct {
				ID     string            `json:"payment_id"`
				Status string            `json:"status"`
				Amount guichet.Number    `json:"amount"`
				Title  string            `json:"title"`
				Made   guichet.Timestamp `json:"made"`
				Open   *bool             `json:"open"`
				Payer  party             `json:"payer"`
				Words  []string          `json:"words"`
				Parts  []party           `json:"parts"`
			}
			_ = json.Unmarshal(data, &p)
		}
	})
}
