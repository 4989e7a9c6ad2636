package transport

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
)

// hostileIDs are what a caller, or a customer through a caller, may hand in as
// an id. true: it can be sent, as one segment; false: it is refused.
var hostileIDs = map[string]bool{
	"": false, ".": false, "..": false, "\x00": false, "a\x00b": false, "\r\n": false, "\t": false, "\x7f": false, "\u0085": false,
	"pay_\xff": false, "\xed\xa0\x80": false, strings.Repeat("a", 4097): false, strings.Repeat("a", 1_000_000): false,

	"../payouts": false, "a/../b": false, "a/.": false, `a\..\b`: false, `..\b`: false, "%2e%2e": false, "a%2F..%2Fb": false, "a%5c%2E%2e": false,

	" ": true, "a..b": true, "..a/b": true, "a/b": true, `a\b`: true, "?": true, "#": true, "a?x=1": true, "%2f": true,
	"%252e": true, "a%00b": true, ";": true, "&payoutToken=z": true, "{id}": true, "{}": true, "}{": true, "é": true, "e\u0301": true,
	"\u200b": true, "\u202e": true, "\ufeff": true, strings.Repeat("a", 129): true, strings.Repeat("a", 4096): true,
	"__proto__": true, "' OR 1=1": true, "=cmd|' /C calc'!A0": true, "${jndi:ldap://h}": true, "null": true, "undefined": true,
	"-rf": true, "...": true, "a:b": true, "a@b": true, "http://elsewhere.example/": true, "//elsewhere.example": true, "+": true, "~*'()": true,
}

// An id stays one segment: nothing that it holds can reach another endpoint.
func TestIDsStayInTheirSegment(t *testing.T) {
	w := listen(t, func(_ int, c net.Conn, _ sent) bool { write(c, good(okBody)); return keep })
	c := open(t, fakepay(w.URL+"/v1"))
	for id, sendable := range hostileIDs {
		before := len(w.sends())
		_, err := c.Do(background(t), &Call{Op: "Refund", Method: http.MethodGet, Route: "/payments/{payment id}/refunds/{refund}", Args: []string{id, "r1"}})
		if !sendable {
			e := asError(t, err)
			assert.Equal(t, guichet.ErrInvalidRequest, e.Kind, "%.20q", id)
			assert.True(t, strings.HasPrefix(e.Message, "payment id: "), e.Message)
			if len(id) > 2 {
				assert.NotContains(t, err.Error(), id)
			}
			assert.Len(t, w.sends(), before, "%.20q", id)
			continue
		}
		require.NoError(t, err, "%.20q", id)
		target := w.sends()[before].Target
		parts := strings.Split(target, "/")
		require.Len(t, parts, 6, target)
		assert.Equal(t, []string{"", "v1", "payments"}, parts[:3])
		assert.Equal(t, []string{"refunds", "r1"}, parts[4:])
		back, err := url.PathUnescape(parts[3])
		require.NoError(t, err)
		assert.Equal(t, id, back, "transmitted unchanged")
		assert.NotContains(t, parts[3], "?")
	}
}

// A query value cannot add a parameter.
func TestQueryIsEscaped(t *testing.T) {
	w := listen(t, func(_ int, c net.Conn, _ sent) bool { write(c, good(okBody)); return keep })
	c := open(t, fakepay(w.URL))
	for id := range hostileIDs {
		if len(id) > 5000 {
			continue // the server would refuse the line
		}
		_, err := c.Do(background(t), &Call{Op: "List", Method: http.MethodGet, Route: "/list", Query: url.Values{"invoiceToken": {id}, "a b": {"1"}}})
		require.NoError(t, err, "%q", id)
		got := w.sends()
		u, err := url.Parse(got[len(got)-1].Target)
		require.NoError(t, err)
		query, err := url.ParseQuery(u.RawQuery)
		require.NoError(t, err)
		assert.Equal(t, url.Values{"invoiceToken": {id}, "a b": {"1"}}, query)
		assert.Equal(t, "/list", u.Path)
	}
}

func FuzzSegment(f *testing.F) {
	for id := range hostileIDs {
		if len(id) < 200 {
			f.Add(id)
		}
	}
	c, err := New(fakepay("https://api.example.com/v1"))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, id string) {
		target, refused := c.target(&Call{Op: "Get", Route: "/payments/{id}/refunds", Args: []string{id}})
		if refused != nil {
			return
		}
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal("a target that cannot be parsed")
		}
		parts := strings.Split(u.EscapedPath(), "/")
		if u.Host != "api.example.com" || u.RawQuery != "" || u.Fragment != "" || len(parts) != 5 || parts[4] != "refunds" {
			t.Fatalf("%q leaves its segment: %s", id, target)
		}
		if back, err := url.PathUnescape(parts[3]); err != nil || back != id || back == "." || back == ".." || back == "" {
			t.Fatalf("%q arrives as %q", id, back)
		}
	})
}

func TestRawRefusesPaths(t *testing.T) {
	refused := []string{
		"", "payments", "https://elsewhere.example/", "//elsewhere.example/x", "/", "/a//b", "/./a", "/../a", "/a/..", "/a/../b", "/a/.", "/%2e%2e/a", "/%2E%2e/a", "/%2e/a",
		"/a/%2e%2e%2fpayouts", "/a/..%2fpayouts", "/a%2f..%2f..%2fb", "/a/%2e%2e%5cb", "/a\\b", "/a/%5c..%5cb", "/a#b", "/a?x=1#b", "/{id}", "/a b", "/a\r\nX: 1", "/a\x00", "/a%00b", "/a%0d%0ab", "/é", "/%zz", "/%",
		"/a?x=%zz", "/a?x=1;y=2", "/a%7f",
	}
	s := script(reply(200, okBody))
	c := open(t, fakepay("https://api.example.com"), s.option())
	for _, path := range refused {
		err := c.Raw(background(t), http.MethodGet, path, nil, nil)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest, path)
		if len(path) > 4 {
			assert.NotContains(t, err.Error(), path)
		}
	}
	for _, method := range []string{"", "get", "HEAD", "OPTIONS", "TRACE", "CONNECT", "GET /x HTTP/1.1\r\n"} {
		require.ErrorIs(t, c.Raw(background(t), method, "/a", nil, nil), guichet.ErrInvalidRequest, method)
	}
	require.ErrorIs(t, c.Raw(background(t), http.MethodGet, "/a", map[string]int{"a": 1}, nil), guichet.ErrInvalidRequest, "a body that would not be sent")
	require.ErrorIs(t, c.Raw(background(t), http.MethodPost, "/a", func() {}, nil), guichet.ErrInvalidRequest)
	require.ErrorIs(t, c.Raw(background(t), http.MethodPost, "/a", failingMarshaler{}, nil), guichet.ErrInvalidRequest)
	for name, body := range map[string]any{
		"a MarshalJSON that panics": panicking{}, "invalid UTF-8": "a\xffb", "a name of invalid UTF-8": map[string]int{"a\xff": 1},
		"raw invalid UTF-8": json.RawMessage("\"\xff\""), "a member twice": json.RawMessage(`{"a":1,"a":2}`),
	} {
		require.ErrorIs(t, c.Raw(background(t), http.MethodPost, "/a", body, nil), guichet.ErrInvalidRequest, name)
	}
	assert.Empty(t, s.sends())
}

type failingMarshaler struct{}

func (failingMarshaler) MarshalJSON() ([]byte, error) { return nil, errors.New(apiKey) }

// panicking does so when it is written, and when it is read.
type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic(apiKey) }
func (*panicking) UnmarshalJSON([]byte) error  { panic(apiKey) }

func TestRaw(t *testing.T) {
	s := script(reply(200, `{"id":"pay_1","amount":5000}`))
	c := open(t, fakepay("https://api.example.com/v1"), s.option())
	var got struct {
		ID     string
		Amount json.Number
	}
	require.NoError(t, c.Raw(background(t), http.MethodPost, "/x/a%2Fb/?b=2&a=%26", map[string]int{"n": 1}, &got))
	assert.Equal(t, "pay_1", got.ID)
	assert.Equal(t, json.Number("5000"), got.Amount)
	require.NoError(t, c.Raw(background(t), http.MethodGet, "/x", nil, nil))
	sends := s.sends()
	assert.Equal(t, "POST /v1/x/a%2Fb/?a=%26&b=2", sends[0].Method+" "+sends[0].Target)
	assert.JSONEq(t, `{"n":1}`, sends[0].Body)
	assert.Empty(t, sends[1].Body)
	for _, s := range sends {
		assert.NotContains(t, s.Header, keyField, "Do sends no idempotency key")
	}

	for name, body := range map[string]string{
		"twice": `{"ID":"a","id":"b"}`, "trailing": `{"id":"a"}{}`, "bad UTF-8": "{\"id\":\"\xff\"}", "HTML": "<html>", "empty": "",
		"type": `{"id":7}`, "deep": strings.Repeat("[", 100) + strings.Repeat("]", 100),
	} {
		c := open(t, fakepay("https://api.example.com"), script(reply(200, body)).option())
		err := c.Raw(background(t), http.MethodPost, "/x", nil, &got)
		require.ErrorIs(t, err, guichet.ErrBadResponse, name)
		require.ErrorIs(t, err, guichet.ErrUnknownOutcome, name)
		err = c.Raw(background(t), http.MethodGet, "/x", nil, &got)
		require.ErrorIs(t, err, guichet.ErrBadResponse, name)
		assert.NotErrorIs(t, err, guichet.ErrUnknownOutcome, name)
	}
	c = open(t, fakepay("https://api.example.com"), script(reply(200, `{"id":22670123456}`)).option())
	var small struct{ ID int8 }
	err := c.Raw(background(t), http.MethodGet, "/x", nil, &small)
	require.ErrorIs(t, err, guichet.ErrBadResponse)
	assert.NotContains(t, err.Error(), "22670123456", "encoding/json repeats the value")
	err = c.Raw(background(t), http.MethodGet, "/x", nil, &panicking{})
	require.ErrorIs(t, err, guichet.ErrBadResponse)
	body := map[string]any{"text": "\ufffd", "escaped": `\ufffd`, "Text": 1}
	require.NoError(t, open(t, fakepay("https://api.example.com"), script(reply(200, "{}")).option()).Raw(background(t), http.MethodPost, "/x", body, nil))
	c = open(t, fakepay("https://api.example.com"), script(reply(204, "")).option())
	require.NoError(t, c.Raw(background(t), http.MethodDelete, "/x", nil, &got))
}

// A caller of Do who looks at no answer must still learn of a refusal in a 2xx.
func TestRawRefusedIn2xx(t *testing.T) {
	cfg := fakepay("https://api.example.com")
	cfg.Refused = func(_ string, a *Answer) error {
		if string(a.Body) == `{"ok":false}` {
			return &guichet.Error{Kind: guichet.ErrDeclined, Message: "no"}
		}
		return nil
	}
	err := open(t, cfg, script(reply(200, `{"ok":false}`)).option()).Raw(background(t), http.MethodPost, "/x", nil, nil)
	require.ErrorIs(t, err, guichet.ErrDeclined)
	require.NotErrorIs(t, err, guichet.ErrUnknownOutcome)
	require.NoError(t, open(t, cfg, script(reply(200, `{"ok":true}`)).option()).Raw(background(t), http.MethodPost, "/x", nil, nil))
}

// A GET may be repeated, unless it acts; the rest goes once.
func TestRawPolicy(t *testing.T) {
	rows := []struct {
		method, path string
		sends        int
	}{
		{"GET", "/x", 3}, {"POST", "/x", 1}, {"PUT", "/x", 1}, {"PATCH", "/x", 1}, {"DELETE", "/x", 1},
		{"GET", "/acting/code", 1}, {"GET", "/Acting/code", 1}, {"GET", "/%61cting/code", 1}, {"GET", "/acting%2Fcode", 1}, {"GET", "/acting/code?x=1", 1},
		{"GET", "/actingless", 3},
	}
	for _, row := range rows {
		t.Run(row.method+" "+row.path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := script(reply(503, ""))
				c := open(t, fakepay("https://api.example.com"), s.option())
				err := c.Raw(t.Context(), row.method, row.path, nil, nil)
				require.ErrorIs(t, err, guichet.ErrUnavailable)
				assert.Equal(t, row.sends == 1, errors.Is(err, guichet.ErrUnknownOutcome))
				assert.Len(t, s.sends(), row.sends)
			})
		})
	}
}

// A streamed answer that is lost half-way is read again from its start.
func TestStream(t *testing.T) {
	var items []string
	call := func(maxStream int64) *Call {
		items = nil
		return &Call{
			Op: "List", Method: http.MethodGet, Route: "/list", MaxStream: maxStream,
			Stream: func(_ *Answer, body *Body) error {
				items = nil
				return strictjson.Stream(body, func(item strictjson.Value) error {
					items = append(items, string(item.Raw()))
					return nil
				})
			},
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := script(broken(200, `["a","b",`, io.ErrUnexpectedEOF), reply(503, ""), reply(200, `["a","b","c"]`))
		c := open(t, fakepay("https://api.example.com"), s.option())
		_, err := c.Do(t.Context(), call(1<<20))
		require.NoError(t, err)
		assert.Equal(t, []string{`"a"`, `"b"`, `"c"`}, items)
		assert.Len(t, s.sends(), 3)
	})
	rows := map[string]struct {
		answer step
		kind   error
		sends  int
	}{
		"not an array":     {reply(200, `{"error":"`+apiKey+`"}`), guichet.ErrBadResponse, 1},
		"cut, complete":    {reply(200, `["a","b"`), guichet.ErrBadResponse, 1},
		"trailing":         {reply(200, `["a"]["b"]`), guichet.ErrBadResponse, 1},
		"too large":        {reply(200, `["`+pad(3000)+`","b"]`), guichet.ErrBadResponse, 1},
		"too large by one": {reply(200, `["`+pad(2045)+`"]`), guichet.ErrBadResponse, 1},
		"refused":          {reply(401, `{"message":"no"}`), guichet.ErrUnauthorized, 1},
		"lost":             {broken(200, `["a",`, errReset), guichet.ErrUnavailable, 3},
		"lost at the end":  {broken(200, `["a"]`, errReset), guichet.ErrUnavailable, 3},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := script(row.answer)
				c := open(t, fakepay("https://api.example.com"), s.option())
				_, err := c.Do(t.Context(), call(2048))
				e := asError(t, err)
				assert.Equal(t, row.kind, e.Kind)
				assert.False(t, e.OutcomeUnknown)
				assert.Len(t, s.sends(), row.sends)
				assert.NotContains(t, string(e.Raw()), apiKey)
			})
		})
	}
	c := open(t, fakepay("https://api.example.com"), script(reply(200, `["`+pad(2044)+`"]`)).option())
	_, err := c.Do(background(t), call(2048))
	require.NoError(t, err, "exactly the cap")
}

// The cap of an ordinary answer is exact.
func TestBodyCap(t *testing.T) {
	body := func(n int) string {
		frame := `{"id":"pay_1","pad":""}`
		return `{"id":"pay_1","pad":"` + pad(n-len(frame)) + `"}`
	}
	c := open(t, fakepay("https://api.example.com"), script(reply(200, body(DefaultMaxBody))).option())
	_, err := c.Do(background(t), writeCall())
	require.NoError(t, err)
	c = open(t, fakepay("https://api.example.com"), script(reply(200, body(DefaultMaxBody+1))).option())
	_, err = c.Do(background(t), writeCall())
	require.ErrorIs(t, err, guichet.ErrBadResponse)
	require.ErrorIs(t, err, guichet.ErrUnknownOutcome)

	// A refusal that is too large is refused by its status alone: its start may
	// read as a whole object, whatever follows.
	refusal := `{"code":"declined","message":"no"}` + strings.Repeat(" ", DefaultMaxBody) + `,"id":"pay_1"`
	c = open(t, fakepay("https://api.example.com"), script(reply(400, refusal)).option())
	_, err = c.Do(background(t), writeCall())
	e := asError(t, err)
	require.Equal(t, guichet.ErrInvalidRequest, e.Kind)
	require.Empty(t, e.ProviderCode)
	require.NotEmpty(t, e.Raw())
}

// What Decode says is taken as the provider's refusal.
func TestRefusalInA200(t *testing.T) {
	s := script(reply(200, `{"code":"01"}`))
	c := open(t, fakepay("https://api.example.com"), s.option())
	call := writeCall()
	call.Decode = func(*Answer) error {
		return &guichet.Error{Kind: guichet.ErrDeclined, ProviderCode: "01", Message: "no " + apiKey}
	}
	_, err := c.Do(background(t), call)
	e := asError(t, err)
	assert.Equal(t, guichet.ErrDeclined, e.Kind)
	assert.False(t, e.OutcomeUnknown, "a clear refusal is an outcome")
	assert.Equal(t, "01", e.ProviderCode)
	assert.NotContains(t, e.Message, apiKey)
	assert.Equal(t, `{"code":"01"}`, string(e.Raw()))

	call.Refusal = func(*Answer) *guichet.Error { return &guichet.Error{ProviderCode: "of this call"} }
	c = open(t, fakepay("https://api.example.com"), script(reply(400, `{"code":"x"}`)).option())
	_, err = c.Do(background(t), call)
	assert.Equal(t, "of this call", asError(t, err).ProviderCode)

	cfg := fakepay("https://api.example.com")
	cfg.Refusal = nil
	c = open(t, cfg, script(reply(404, `{"code":"x"}`)).option())
	_, err = c.Do(background(t), writeCall())
	require.ErrorIs(t, err, guichet.ErrNotFound)
	c = open(t, cfg, script(reply(404, pad(8<<20))).option())
	_, err = c.Do(background(t), writeCall())
	require.ErrorIs(t, err, guichet.ErrNotFound, "the status decides, however long the page is")
}

func TestCreated(t *testing.T) {
	c := open(t, fakepay("https://api.example.com"))
	asked := guichet.NewMoney(5000, guichet.XOF)
	const link = "https://pay.example/x"
	rows := []struct {
		name   string
		amount guichet.Money
		echo   string
		link   string
		hosted bool
		kind   error
	}{
		{"as asked", asked, "XOF", link, true, nil},
		{"nothing echoed", guichet.Money{}, "", link, true, nil},
		{"another amount", guichet.NewMoney(500, guichet.XOF), "XOF", link, true, guichet.ErrMismatch},
		{"another currency", guichet.NewMoney(5000, guichet.XAF), "XAF", link, true, guichet.ErrMismatch},
		{"another currency, not echoed as a word", guichet.NewMoney(5000, guichet.XAF), "", link, true, guichet.ErrMismatch},
		{"a currency that is not known", guichet.Money{}, "FCFA", link, true, guichet.ErrMismatch},
		{"no link", asked, "XOF", "", true, guichet.ErrBadResponse},
		{"no link, direct", asked, "XOF", "", false, nil},
		{"another amount and no link", guichet.NewMoney(500, guichet.XOF), "XOF", "", true, guichet.ErrMismatch},
	}
	for _, row := range rows {
		payment := &guichet.Payment{ID: "pay_1", Amount: row.amount, CheckoutURL: row.link}
		got, err := c.Created(writeCall(), &Answer{Status: 201, Body: []byte(okBody)}, payment, asked, row.echo, row.hosted)
		assert.Same(t, payment, got, "the payment exists either way")
		if row.kind == nil {
			require.NoError(t, err, row.name)
			continue
		}
		e := asError(t, err)
		assert.Equal(t, row.kind, e.Kind, row.name)
		assert.Equal(t, row.kind == guichet.ErrBadResponse, e.OutcomeUnknown, row.name)
		assert.Equal(t, "CMD-1", e.Reference)
	}
}

func TestCheckoutURL(t *testing.T) {
	live := open(t, fakepay("https://api.example.com"))
	local := open(t, fakepay("http://127.0.0.1:8080"))
	for _, link := range []string{"https://pay.example/x", "https://pay.example/x?a=b#c", "https://pay.example:8443/~x", "HTTPS://pay.example/x"} {
		assert.Equal(t, link, live.CheckoutURL(link))
		assert.Equal(t, link, local.CheckoutURL(link))
	}
	assert.Empty(t, live.CheckoutURL("http://pay.example/x"))
	assert.Equal(t, "http://127.0.0.1:8080/x", local.CheckoutURL("http://127.0.0.1:8080/x"))
	for _, link := range []string{
		"", "/x", "//pay.example/x", "pay.example/x", "https://", "https:///x", "https:pay.example", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd",
		"https://user:pw@pay.example/", "https://user@pay.example/", "https://pay.example/\r\nX: 1", "https://pay.example/ x", "https://pay.example/\u0085", "https://h\\@evil/",
		"https://pay.example/\x00", "https://pay.example/%zz", "ftp://pay.example/", "https://" + pad(5000), " https://pay.example/",
	} {
		assert.Empty(t, live.CheckoutURL(link), "%.40q", link)
		assert.Empty(t, local.CheckoutURL(link), "%.40q", link)
	}
}

func TestKindOf(t *testing.T) {
	for status, kind := range map[int]error{
		0: guichet.ErrBadResponse, 100: guichet.ErrBadResponse, 301: guichet.ErrBadResponse, 304: guichet.ErrBadResponse,
		400: guichet.ErrInvalidRequest, 401: guichet.ErrUnauthorized, 402: guichet.ErrDeclined, 403: guichet.ErrUnauthorized, 404: guichet.ErrNotFound,
		408: guichet.ErrUnavailable, 409: guichet.ErrConflict, 418: guichet.ErrInvalidRequest, 422: guichet.ErrInvalidRequest, 429: guichet.ErrRateLimited,
		500: guichet.ErrUnavailable, 503: guichet.ErrUnavailable, 599: guichet.ErrUnavailable, 999: guichet.ErrUnavailable,
	} {
		assert.Equal(t, kind, KindOf(status), status)
	}
}

// BenchmarkGET records what one read costs beside the network.
func BenchmarkGET(b *testing.B) {
	answer := reply(200, okBody)
	c := open(b, fakepay("https://api.example.com"), guichet.WithHTTPClient(&http.Client{Transport: roundTripFunc(answer)}))
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Do(ctx, readCall()); err != nil {
			b.Fatal(err)
		}
	}
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
