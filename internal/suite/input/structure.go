package input

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// doer is the escape hatch that every provider has.
type doer interface {
	Do(ctx context.Context, method, path string, body, dst any) error
}

// failing cannot be written as JSON, and says what it holds.
type failing struct{}

const told = "what the value holds"

func (failing) MarshalJSON() ([]byte, error) { return nil, errors.New(told) }

// panicking does so when it is written as JSON.
type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic(told) }

// shouting panics when it is written as a text.
type shouting struct{}

func (shouting) MarshalText() ([]byte, error) { panic(told) }

func nested(deep int) any {
	var v any = "core"
	for range deep {
		v = map[string]any{"in": v}
	}
	return v
}

func circle() any {
	m := map[string]any{}
	m["again"] = m
	return m
}

// documents are values of any kind, for metadata and bodies.
var documents = []struct {
	name  string
	value any
}{
	{"nil", nil},
	{"a nil map", map[string]any(nil)},
	{"a nil pointer", (*failing)(nil)},
	{"a nil pointer to a struct", (*struct{ A string })(nil)},
	{"a text", "Awa"},
	{"invalid UTF-8", "a\xffb"},
	{"control characters", "a\x00\x1f\u2028"},
	{"</script>", "</script>"},
	{"a large integer", int64(math.MaxInt64)},
	{"no number", math.NaN()},
	{"an infinite number", math.Inf(1)},
	{"a number that is none", json.Number("5000 F")},
	{"bytes", []byte{0, 255}},
	{"a list", []any{1, "2", nil, true}},
	{"nested 10 deep", nested(10)},
	{"nested 100 deep", nested(100)},
	{"nested 2,000 deep", nested(2_000)},
	{"a map that holds itself", circle()},
	{"a channel", make(chan int)},
	{"a function", func() {}},
	{"a MarshalJSON that fails", failing{}},
	{"a MarshalJSON that panics", panicking{}},
	{"a MarshalText that panics", shouting{}},
	{"a MarshalText that panics, as a name", map[shouting]string{{}: "x"}},
	{"raw JSON", json.RawMessage(`{"b":1,"a":[true,null]}`)},
	{"raw JSON that is cut", json.RawMessage(`{"a":`)},
	{"raw JSON that goes on", json.RawMessage(`1},"amount":1,"x":{"y":2`)},
	{"raw JSON with a member twice", json.RawMessage(`{"a":1,"a":2}`)},
	{"raw JSON with a member in two cases", json.RawMessage(`{"a":1,"A":2}`)},
	{"a member in two cases", map[string]any{"a": 1, "A": 2}},
	{"an empty name", map[string]any{"": 1}},
	{"a name of invalid UTF-8", map[string]any{"a\xff": 1}},
	{"two names of invalid UTF-8", map[string]any{"a\xfe": 1, "a\xff": 2}},
	{"an error", errors.New(told)},
	{"a time", time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)},
	{"a text of a megabyte", strings.Repeat("a", 1<<20)},
}

// member is what encoding/json makes of a value, as takeApart has it; nil: it
// makes nothing of it.
func member(value any) (s sent) {
	defer func() { _ = recover() }()
	if text, isText := value.(string); isText && !utf8.ValidString(text) {
		return nil // encoding/json would write another
	}
	if object, isObject := value.(map[string]any); isObject {
		for name := range object {
			if !utf8.ValidString(name) {
				return nil
			}
		}
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	s, err = takeApart(&http.Request{Body: io.NopCloser(bytes.NewReader(raw))})
	if err != nil {
		return nil
	}
	return s
}

// checkMetadata hands over metadata of every shape, through the portable method
// and, where there is one, through a native one that takes any kind of value.
func (s *suite) checkMetadata(t scripted.T) {
	portable := func(metadata map[string]string) func() error {
		return func() error {
			req := s.request()
			req.Metadata = metadata
			_, err := s.client.CreatePayment(context.Background(), req)
			return err
		}
	}
	without, err := s.try(t, "no metadata", portable(nil))
	if err != nil || len(without) != 1 {
		t.Fatalf("no metadata: %v", err)
	}
	// The place where metadata goes, by one that is found nowhere else.
	place := ""
	marked, _ := s.try(t, "one", portable(map[string]string{goodID: goodText}))
	if len(marked) == 1 {
		for at := range marked[0] {
			if rest, ok := strings.CutSuffix(at, separator+goodID); ok {
				place = rest
			}
		}
	}
	many := func(n int) map[string]string {
		m := make(map[string]string, n)
		for i := range n {
			m["key "+strconv.Itoa(i)] = "value " + strconv.Itoa(i)
		}
		return m
	}
	for name, metadata := range map[string]map[string]string{
		"empty metadata":          {},
		"1,001 entries":           many(1001),
		"two keys in two cases":   {"panier": "1", "Panier": "2"},
		"two spellings of one é":  {"é": "1", "e\u0301": "2"},
		"a file":                  {"@file": "/etc/passwd", "@/etc/passwd": "x"},
		"names of other members":  {"status": "completed", "amount": "1", "currency": "XOF"},
		"a key and its value bad": {"\xff": "\xff"},
	} {
		seen, err := s.try(t, name, portable(metadata))
		if refusal(t, name, err, "", "Metadata") {
			s.refused++
			if len(seen) > 0 {
				t.Errorf("%s: refused, and sent all the same", name)
			}
			continue
		}
		s.transmitted++
		if len(seen) != 1 {
			t.Errorf("%s: %d requests: %v", name, len(seen), err)
			continue
		}
		want := without[0]
		if len(metadata) > 0 {
			if place == "" {
				t.Errorf("%s: sent, though one entry is not", name)
				continue
			}
			want = sent{place: "object"}
			for at, value := range without[0] {
				want[at] = value
			}
			for key, value := range metadata {
				want[place+separator+key] = isText + value
			}
		}
		if diff := seen[0].differs(want); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if s.h.Metadata == nil {
		return
	}
	native := func(metadata map[string]any) func() error {
		return func() error { return s.h.Metadata(context.Background(), s.client, metadata) }
	}
	template, err := s.try(t, "native metadata", native(map[string]any{goodID: goodText}))
	if err != nil || len(template) != 1 {
		t.Fatalf("native metadata: %v", err)
	}
	for at := range template[0] {
		if rest, ok := strings.CutSuffix(at, separator+goodID); ok {
			place = rest
		}
	}
	for _, d := range documents {
		if _, isText := d.value.(json.Number); isText {
			continue // it is written as a text, as a field of its kind would be
		}
		what := "native metadata: " + d.name
		seen, err := s.try(t, what, native(map[string]any{goodID: d.value}))
		if len(seen) == 1 && seen[0].holds(twoCases) {
			t.Errorf("%s: no answer that repeats it could be read", what)
		}
		s.checkDocument(t, what, seen, err, template[0], place+separator+goodID, d.value)
	}
}

// checkDocument checks what became of a value that was to stand at a place of the
// template.
func (s *suite) checkDocument(t scripted.T, what string, seen []sent, err error, template sent, place string, value any) {
	t.Helper()
	if refusal(t, what, err, told, "Metadata", "metadata", "body", "the request", "CheckoutSessionRequest", "PaymentLinkRequest") {
		s.refused++
		if len(seen) > 0 {
			t.Errorf("%s: refused, and sent all the same", what)
		}
		return
	}
	s.transmitted++
	if len(seen) != 1 {
		t.Errorf("%s: %d requests: %v", what, len(seen), err)
		return
	}
	want := sent{}
	for at, text := range template {
		if at != place {
			want[at] = text
		}
	}
	whole := member(value)
	if whole == nil {
		t.Errorf("%s: sent, though it cannot be written", what)
		return
	}
	for at, text := range whole {
		if rest, ok := strings.CutPrefix(at, "body"); ok {
			want[place+rest] = text
		}
		if at == twoCases {
			want[at] = text
		}
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.Map && v.IsNil() && seen[0][place] == "object" {
		want[place] = "object" // an empty one
	}
	if diff := seen[0].differs(want); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

// checkDo gives the escape hatch every path, method and body.
func (s *suite) checkDo(t scripted.T) {
	d, ok := s.client.(doer)
	if !ok {
		t.Fatal("the client has no Do")
	}
	do := func(what, method, path string, body any) ([]sent, error) {
		return s.try(t, what, func() error { return d.Do(context.Background(), method, path, body, nil) })
	}
	template, err := do("a path", http.MethodGet, "/mark7q", nil)
	if len(template) != 1 {
		t.Fatalf("a path: %v", err)
	}
	for _, path := range paths {
		what := "Do of path " + short(path)
		seen, err := do(what, http.MethodGet, path, nil)
		if refusal(t, what, err, path, "path") {
			s.refused++
			if len(seen) > 0 {
				t.Errorf("%s: refused, and sent all the same", what)
			}
			continue
		}
		s.transmitted++
		if len(seen) != 1 {
			t.Errorf("%s: %d requests: %v", what, len(seen), err)
			continue
		}
		asked, partErr := takeApart(&http.Request{RequestURI: s.base + path, Body: http.NoBody})
		if partErr != nil {
			t.Errorf("%s: %v", what, partErr)
			continue
		}
		want := sent{}
		for at, value := range template[0] {
			want[at] = value
		}
		want["path"] = asked["path"]
		for at, value := range asked {
			if strings.HasPrefix(at, "query ") {
				want[at] = value
			}
		}
		if diff := seen[0].differs(want); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	for _, method := range methods {
		what := "Do with method " + short(method)
		seen, err := do(what, method, "/mark7q", nil)
		s.refused++
		if !refusal(t, what, err, method, "method") || len(seen) > 0 {
			t.Errorf("%s: %d requests: %v", what, len(seen), err)
		}
	}

	if seen, err := do("a GET with a body", http.MethodGet, "/mark7q", "x"); !refusal(t, "a GET with a body", err, "", "body") || len(seen) > 0 {
		t.Errorf("a GET with a body: %v", err)
	}
	template, err = do("a body", http.MethodPost, "/mark7q", map[string]any{goodID: goodText})
	if len(template) != 1 {
		t.Fatalf("a body: %v", err)
	}
	for _, document := range documents {
		what := "Do with a body: " + document.name
		seen, err := do(what, http.MethodPost, "/mark7q", map[string]any{goodID: document.value})
		s.checkDocument(t, what, seen, err, template[0], "body"+separator+goodID, document.value)
		if document.value == nil {
			continue
		}
		what += ", as a whole"
		seen, err = do(what, http.MethodPost, "/mark7q", document.value)
		want := sent{}
		for at, text := range template[0] {
			if !strings.HasPrefix(at, "body"+separator) {
				want[at] = text
			}
		}
		s.checkDocument(t, what, seen, err, want, "body", document.value)
	}

	// A destination that cannot take the answer.
	for name, dst := range map[string]any{
		"no pointer": 7, "a nil pointer": (*struct{})(nil), "a channel": new(chan int), "another type": new([]int),
		"an UnmarshalJSON that panics": new(unreadable),
	} {
		what := "Do into " + name
		_, err := s.try(t, what, func() error { return d.Do(context.Background(), http.MethodGet, "/mark7q", nil, dst) })
		if e := new(guichet.Error); !errors.As(err, &e) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// unreadable panics when it is read.
type unreadable struct{}

func (*unreadable) UnmarshalJSON([]byte) error { panic(told) }

// checkStructure hands over what is no value at all.
func (s *suite) checkStructure(t scripted.T) {
	parser, _ := s.client.(guichet.WebhookParser)
	d, _ := s.client.(doer)
	body := s.h.Webhook.Body(s.h.Order())
	id := s.id(t)
	type operation struct {
		name string
		do   func(ctx context.Context, c guichet.Client) error
	}
	operations := []operation{
		{"CreatePayment", func(ctx context.Context, c guichet.Client) error {
			_, err := c.CreatePayment(ctx, s.request())
			return err
		}},
		{"GetStatus", func(ctx context.Context, c guichet.Client) error { _, err := c.GetStatus(ctx, id); return err }},
		{"List", func(ctx context.Context, c guichet.Client) error {
			_, err := c.List(ctx, guichet.ListParams{})
			return err
		}},
		{"Do", func(ctx context.Context, c guichet.Client) error {
			return c.(doer).Do(ctx, http.MethodGet, "/mark7q", nil, nil)
		}},
		{"Wait", func(ctx context.Context, c guichet.Client) error {
			_, err := guichet.Wait(ctx, c, id, guichet.Poll{})
			return err
		}},
		{"All", func(ctx context.Context, c guichet.Client) error {
			for _, err := range guichet.All(ctx, c, guichet.ListParams{}) {
				return err
			}
			return nil
		}},
	}
	ended, end := context.WithCancel(context.Background())
	end()
	late, done := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer done()
	for _, o := range operations {
		unsupported := !s.caps.List && (o.name == "List" || o.name == "All")
		seen, err := s.try(t, o.name+" with a nil context", func() error { return o.do(nil, s.client) }) //nolint:staticcheck // the mistake that is meant
		s.refused++
		if !refusal(t, o.name+" with a nil context", err, "", "ctx", "the context", "LigdiCash has no list") || len(seen) > 0 {
			t.Errorf("%s with a nil context: %d requests: %v", o.name, len(seen), err)
		}
		for _, ctx := range []context.Context{ended, late} {
			seen, err = s.try(t, o.name+" after the end", func() error { return o.do(ctx, s.client) })
			s.refused++
			if !(errors.Is(err, ctx.Err()) || unsupported) || errors.Is(err, guichet.ErrUnknownOutcome) || len(seen) > 0 {
				t.Errorf("%s after the end of its context: %d requests: %v", o.name, len(seen), err)
			}
		}

		// A client that New did not make, and the one that it returns with an error.
		kind := reflect.TypeOf(s.client).Elem()
		for name, broken := range map[string]reflect.Value{"the zero client": reflect.New(kind), "a nil client": reflect.Zero(reflect.PointerTo(kind))} {
			c := broken.Interface().(guichet.Client)
			what := o.name + " of " + name
			seen, err = s.try(t, what, func() error { return o.do(context.Background(), c) })
			s.refused++
			if !(refusal(t, what, err, "", "the client was not made by New", "LigdiCash has no list")) || len(seen) > 0 {
				t.Errorf("%s: %d requests: %v", what, len(seen), err)
			}
		}
	}

	kind := reflect.TypeOf(s.client).Elem()
	for name, broken := range map[string]reflect.Value{"the zero client": reflect.New(kind), "a nil client": reflect.Zero(reflect.PointerTo(kind))} {
		c := broken.Interface().(guichet.Client)
		_, err := s.try(t, name, func() error {
			c.(guichet.Describer).Capabilities()
			scripted.CloseIdle(c)
			_ = fmt.Sprintf("%v %+v", c, c)
			_, err := c.(guichet.WebhookParser).ParseWebhook(context.Background(), s.h.Webhook.Sign(s.h.Webhook.Secret, time.Now(), body), body)
			return err
		})
		if s.h.Webhook.Signature != "" && !errors.Is(err, guichet.ErrUntrusted) {
			t.Errorf("%s trusts a webhook: %v", name, err)
		}
	}

	_, err := s.try(t, "ParseWebhook of nothing", func() error {
		for _, header := range []http.Header{nil, {}, {"": nil}, {s.h.Webhook.Signature: nil}, {"Content-Type": {}}} {
			for _, body := range [][]byte{nil, {}, []byte("null")} {
				//lint:ignore SA1012 nothing is what is meant
				if event, err := parser.ParseWebhook(nil, header, body); err == nil || event != nil { //nolint:staticcheck
					return errors.New("accepted")
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("ParseWebhook of nothing: %v", err)
	}

	seen, err := s.try(t, "an empty request", func() error {
		_, err := s.client.CreatePayment(context.Background(), guichet.PaymentRequest{})
		return err
	})
	if !refusal(t, "an empty request", err, "", "Reference") || len(seen) > 0 {
		t.Errorf("an empty request: %v", err)
	}
	seen, err = s.try(t, "empty mobile money", func() error {
		req := s.request()
		req.MobileMoney = &guichet.MobileMoney{}
		_, err := s.client.CreatePayment(context.Background(), req)
		return err
	})
	if !refusal(t, "empty mobile money", err, "", "MobileMoney", "MobileMoney.Phone") || len(seen) > 0 {
		t.Errorf("empty mobile money: %v", err)
	}
	for _, limit := range []int{-1, 101, math.MinInt, math.MaxInt} {
		what := "limit " + strconv.Itoa(limit)
		seen, err := s.try(t, what, func() error {
			_, err := s.client.List(context.Background(), guichet.ListParams{Limit: limit})
			return err
		})
		s.refused++
		if !refusal(t, what, err, strconv.Itoa(limit), "Limit") || len(seen) > 0 {
			t.Errorf("%s: %v", what, err)
		}
	}

	// Closing idle connections is not the end of a client.
	for range 2 {
		scripted.CloseIdle(s.client)
		seen, err = s.try(t, "after CloseIdleConnections", func() error { return s.someCreate(s.client) })
		s.transmitted++
		if err != nil || len(seen) != 1 {
			t.Errorf("after CloseIdleConnections: %v", err)
		}
	}
	if d == nil || parser == nil {
		t.Error("the client lacks Do or ParseWebhook")
	}
}

// id is the id of a payment that the provider has.
func (s *suite) id(t scripted.T) string {
	t.Helper()
	p, err := s.client.CreatePayment(context.Background(), s.request())
	if err != nil {
		t.Fatal(err)
	}
	s.network.take()
	return p.ID
}
