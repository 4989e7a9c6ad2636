package lomi

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
	"github.com/guichetpay/guichet/internal/webhook"
)

// row is an item of a list.
type row struct {
	ID string `json:"id"`
}

var rows = kind[row]{
	read:   strictjson.Deciding[row]("id"),
	ids:    []string{"id"},
	id:     func(r *row) *string { return &r.ID },
	finish: func(*row, layers, json.RawMessage) error { return nil },
}

func ids(p *page[row]) (ids string) {
	for _, r := range p.Items {
		ids += r.ID
	}
	return ids
}

func answerOf(body []byte) *transport.Answer { return &transport.Answer{Status: 200, Body: body} }

func TestDecodeList(t *testing.T) {
	const ab = `[{"id":"a"},{"id":"b"}]`
	two := listQuery{Limit: 2}
	tests := []struct {
		name, body string
		asked      listQuery
		want       string
		query      string // that Next asks for; "-": this is the last page
		total      int64
		cut        bool
	}{
		{"cursor", `{"object":"list","data":` + ab + `,"has_more":true,"next_cursor":"n","limit":2,"total_count":9}`, two, "ab", "cursor=n&limit=2", 9, false},
		{"cursor, no limit asked", `{"data":` + ab + `,"has_more":true,"next_cursor":"n"}`, listQuery{}, "ab", "cursor=n", 0, false},
		{"cursor without has_more", `{"data":` + ab + `,"next_cursor":"n"}`, two, "ab", "cursor=n&limit=2", 0, false},
		{"has_more null", `{"data":` + ab + `,"has_more":null,"next_cursor":"n"}`, two, "ab", "cursor=n&limit=2", 0, false},
		{"no more", `{"data":` + ab + `,"has_more":false,"next_cursor":"n"}`, two, "ab", "-", 0, false},
		{"more, and no cursor", `{"data":` + ab + `,"has_more":true,"next_cursor":null}`, two, "ab", "-", 0, true},
		{"the cursor that was asked", `{"data":` + ab + `,"has_more":true,"next_cursor":"n"}`, listQuery{2, "n"}, "ab", "-", 0, true},
		{"offset", `{"data":` + ab + `,"total":2,"limit":2,"offset":0}`, listQuery{}, "ab", "offset=2", 2, false},
		{"offset, later page", `{"data":` + ab + `,"total":2,"limit":2,"offset":4}`, listQuery{2, "offset:4:x"}, "ab", "limit=2&offset=6", 2, false},
		{"offset, short", `{"data":` + ab + `,"total":2,"limit":3,"offset":0}`, listQuery{}, "ab", "-", 2, false},
		{"array, full", ab, two, "ab", "limit=2&offset=2", 0, false},
		{"array, longer than asked", ab, listQuery{Limit: 1}, "ab", "limit=1&offset=2", 0, false},
		{"array, short", ab, listQuery{Limit: 3}, "ab", "-", 0, false},
		{"array, shorter than lomi.'s default", ab, listQuery{}, "ab", "-", 0, false},
		{"array, empty", `[]`, listQuery{Limit: 1}, "", "-", 0, false},
		{"pages", `{"rows":` + ab + `,"pagination":{"page":1,"pageSize":2,"totalCount":100,"totalPages":50}}`, listQuery{}, "ab", "page=2&pageSize=2", 100, false},
		{"pages, later", `{"rows":` + ab + `,"pagination":{"page":"2","pageSize":"2","totalCount":"100","totalPages":"50"}}`, listQuery{0, "page:2:2:x"}, "ab", "page=3&pageSize=2", 100, false},
		{"pages, last", `{"rows":` + ab + `,"pagination":{"page":50,"pageSize":2,"totalCount":100,"totalPages":50}}`, listQuery{}, "ab", "-", 100, false},
		{"pages, nothing on it", `{"rows":[],"pagination":{"page":1,"pageSize":2,"totalCount":100,"totalPages":50}}`, listQuery{}, "", "-", 100, true},
		{"pages, page not said", `{"rows":` + ab + `,"pagination":{"totalPages":2}}`, listQuery{}, "ab", "page=2&pageSize=2", 0, false},
		{"success and data", `{"success":true,"data":` + ab + `}`, two, "ab", "limit=2&offset=2", 0, false},
		{"success, data, and the envelope inside", `{"success":true,"data":{"data":` + ab + `,"total":2,"limit":2,"offset":0}}`, two, "ab", "limit=2&offset=2", 2, false},
		{"nulls", `{"data":` + ab + `,"has_more":null,"next_cursor":null,"limit":null,"offset":null,"total":null,"pagination":null}`, listQuery{Limit: 3}, "ab", "-", 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := rows.decodeList(answerOf([]byte(test.body)), "rows", test.asked)
			require.NoError(t, err)
			assert.NotNil(t, got.Items)
			assert.Equal(t, test.want, ids(got))
			assert.Equal(t, test.total, got.total)
			assert.Equal(t, test.cut, got.cut)
			if test.query == "-" {
				assert.Empty(t, got.next)
				return
			}
			v := url.Values{}
			require.NoError(t, request.Check(provider, "List", listQuery{test.asked.Limit, got.next}.problems()...))
			listQuery{test.asked.Limit, got.next}.apply(v)
			assert.Equal(t, test.query, v.Encode())
			again, err := rows.decodeList(answerOf([]byte(test.body)), "rows", listQuery{test.asked.Limit, got.next})
			require.NoError(t, err)
			assert.Empty(t, again.next, "the same page a second time ends the walk")
			assert.True(t, again.cut)
		})
	}

	for _, body := range []string{``, `null`, `{}`, `7`, `"x"`, `[`, `[7]`, `[null]`, `[[]]`, `{"data":7}`, `{"data":"x"}`, `{"other":[]}`, `{"data":{"data":{"data":{"data":[]}}}}`, `{"data":[],"data":[]}`, `[]x`} {
		_, err := rows.decodeList(answerOf([]byte(body)), "rows", listQuery{})
		assert.Error(t, err, body)
	}
}

func TestDecodeObject(t *testing.T) {
	for _, body := range []string{`{"id":"a"}`, ` {"id":"a","x":null} `, `{"data":{"id":"a"}}`, `{"success":true,"data":{"id":"a"},"message":"m"}`, `[{"id":"a"}]`, `{"data":[{"id":"a"}]}`} {
		r := row{ID: "before"}
		require.NoError(t, rows.decode(answerOf([]byte(body)), &r, nil), body)
		assert.Equal(t, "a", r.ID)
	}
	for _, body := range []string{``, `null`, `{}`, `[]`, `[{}]`, `[null]`, `{"data":null}`, `{"data":{}}`, `{"data":[]}`, `{"data":7}`, `[{"id":"a"},{"id":"b"}]`, `{"success":false,"data":{"id":"a"}}`, `7`, `"x"`, `{"id":7}`, `{"id":"a"}x`, `{"id":"a","id":"b"}`} {
		r := row{ID: "before"}
		require.Error(t, rows.decode(answerOf([]byte(body)), &r, nil), body)
		assert.NotEqual(t, "a", r.ID)
	}
}

// seed adds the fixtures and a few envelopes.
func seed(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("..", "testdata", "lomi", "*.json"))
	require.NoError(f, err)
	require.NotEmpty(f, names)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
		f.Add([]byte(`{"success":true,"data":[` + strings.TrimSpace(string(data)) + `]}`))
	}
	f.Add([]byte(`{"object":"list","data":[{"link_id":"a"}],"has_more":true,"next_cursor":"page:1:2:3"}`))
	f.Add([]byte(`{"data":[{"checkout_session_id":"a"}],"total":1,"limit":1,"offset":0}`))
}

// FuzzDecode reads anything as an object and as a list. What is read must be
// read again alike, and Next must be a cursor that apply takes.
func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		fuzzObject(t, body, &sessions)
		fuzzObject(t, body, &links)
		fuzzObject(t, body, &sessionPayments)
		fuzzObject(t, body, &linkPayments)
		fuzzList(t, body, &sessions)
		fuzzList(t, body, &links)
		fuzzList(t, body, &linkSessions)
		fuzzList(t, body, &linkPayments)
		refusal(&transport.Answer{Status: 400, Body: body})
		assert.Equal(t, before, body, "the answer is not changed")
	})
}

// fuzzObject reads an object, and what was unwrapped once more.
func fuzzObject[T any](t *testing.T, body []byte, k *kind[T]) {
	var got, again T
	a := answerOf(body)
	if err := k.decode(a, &got, nil); err != nil {
		assert.NotContains(t, err.Error(), "\n")
		return
	}
	l, err := k.open(a)
	require.NoError(t, err)
	doc, err := strictjson.Parse(l.object().Copy())
	require.NoError(t, err)
	require.NoError(t, k.fill(layers{found: []strictjson.Value{doc.Root()}}, nil, &again), "what was unwrapped is an object")
	assert.Equal(t, *k.id(&got), *k.id(&again))
}

func fuzzList[T any](t *testing.T, body []byte, k *kind[T]) {
	for _, asked := range []listQuery{{}, {Limit: 1}, {Limit: 100, Cursor: "offset:5:x"}, {Cursor: "seen:5:9:x"}} {
		got, err := k.decodeList(answerOf(body), "items", asked)
		if got == nil {
			assert.Error(t, err)
			continue
		}
		assert.Equal(t, got.Skipped > 0, err != nil)
		assert.LessOrEqual(t, len(got.Items), 100)
		if got.next != "" && request.Text(got.next) == "" {
			assert.NotEqual(t, asked.Cursor, got.next)
			if err := request.Check(provider, "List", listQuery{asked.Limit, got.next}.problems()...); err != nil {
				t.Errorf("Next %q: %v", got.next, err)
			}
		}
	}
}

func FuzzParseWebhook(f *testing.F) {
	seed(f)
	client, err := New(Config{APIKey: "lomi_sk_test_abc", WebhookSecret: "whsec_fuzz"})
	require.NoError(f, err)
	f.Add([]byte(`t=1772439331,v1=02cdfe86fe13eb1ed60a125512cfebac2826d5eda7b1c2ae00e377fd0874953d`))
	f.Fuzz(func(t *testing.T, data []byte) {
		// As a signature: nobody guesses one.
		for _, name := range []string{SignatureHeader, SignatureV1Header} {
			event, err := client.ParseWebhook(t.Context(), map[string][]string{name: {string(data)}}, []byte(`{"id":"e"}`))
			assert.Nil(t, event)
			assert.Error(t, err)
		}
		// As a body, well signed.
		webhook, err := DecodeWebhook(data)
		if err != nil {
			assert.Nil(t, webhook)
			return
		}
		event, err := client.ParseWebhook(t.Context(), signed(data), data)
		require.NoError(t, err)
		assert.NotEmpty(t, event.ID)
		assert.True(t, event.Verified)
		assert.Equal(t, webhook.OrderID, event.Reference)
	})
}

func signed(body []byte) map[string][]string {
	return map[string][]string{SignatureHeader: {webhook.Sign("whsec_fuzz", body)}}
}
