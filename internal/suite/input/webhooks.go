package input

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// delivery is one webhook as a merchant's server meets it.
type delivery struct {
	name   string
	body   func(good []byte) []byte         // nil: a good one
	header func(h http.Header, name string) // changes the headers of a good one; name is the signature's
	// forged leaves the signature of the good body on the changed one; for a
	// provider without signatures it makes no difference.
	forged bool

	signed, unsigned int // the HTTP status, by whether the provider signs

	timed bool // for providers that sign the time only
}

const (
	ok       = http.StatusOK
	bad      = http.StatusBadRequest
	stranger = http.StatusUnauthorized
	large    = http.StatusRequestEntityTooLarge
)

func inserted(member string) func([]byte) []byte {
	return func(good []byte) []byte { return bytes.Replace(good, []byte("{"), []byte("{"+member+","), 1) }
}

func replaced(old, by string) func([]byte) []byte {
	return func(good []byte) []byte { return bytes.ReplaceAll(good, []byte(old), []byte(by)) }
}

func padded(to int) func([]byte) []byte {
	return func(good []byte) []byte { return append(bytes.Clone(good), bytes.Repeat([]byte(" "), to-len(good))...) }
}

func text(s string) func([]byte) []byte { return func([]byte) []byte { return []byte(s) } }

var deliveries = []delivery{
	{name: "good", signed: ok, unsigned: ok},
	{name: "64 KiB", body: padded(64 << 10), signed: ok, unsigned: ok},
	{name: "64 KiB and 1 byte", body: padded(64<<10 + 1), signed: ok, unsigned: bad}, // anybody can send that
	{name: "1 MiB", body: padded(guichet.MaxWebhookBody), signed: ok, unsigned: bad},
	{name: "1 MiB and 1 byte", body: padded(guichet.MaxWebhookBody + 1), signed: large, unsigned: large},
	{name: "1 MiB and 1 byte, forged", body: padded(guichet.MaxWebhookBody + 1), forged: true, signed: large, unsigned: large},
	{name: "16 MiB", body: padded(16 << 20), signed: large, unsigned: large},
	{name: "a member twice", body: inserted(`"x":1,"x":2`), signed: bad, unsigned: bad},
	{name: "a member twice, in two cases", body: inserted(`"x":1,"X":2`), signed: bad, unsigned: bad},
	{name: "a member twice, escaped", body: inserted(`"x":1,"\u0078":2`), signed: bad, unsigned: bad},
	{name: "a member twice, forged", body: inserted(`"x":1,"x":2`), forged: true, signed: stranger, unsigned: bad},
	{name: "invalid UTF-8 that nobody reads", body: inserted("\"x\":\"\xff\""), signed: ok, unsigned: ok},
	{name: "a lone surrogate that nobody reads", body: inserted(`"x":"\ud800"`), signed: ok, unsigned: ok},
	{name: "invalid UTF-8 in a name that nobody reads", body: inserted("\"\xff\":1"), signed: ok, unsigned: ok},
	{name: "invalid UTF-8 in the reference", body: replaced(orderID, "\xff"+orderID), signed: bad, unsigned: bad},
	{name: "a lone surrogate in the reference", body: replaced(orderID, `\ud800`+orderID), signed: bad, unsigned: bad},
	{name: "nested 40 deep", body: inserted(`"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40)), signed: bad, unsigned: bad},
	{name: "nested 500,000 deep", body: inserted(`"x":` + strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000)), signed: bad, unsigned: bad},
	{name: "opened 900,000 times", body: text(strings.Repeat(`[`, 900_000)), signed: bad, unsigned: bad},
	{name: "3,000 members", body: inserted(members(3_000)), signed: ok, unsigned: ok},
	{name: "50,000 members", body: inserted(members(50_000)), signed: ok, unsigned: bad},
	{name: "empty", body: text(""), signed: bad, unsigned: bad},
	{name: "a blank", body: text(" "), signed: bad, unsigned: bad},
	{name: "null", body: text("null"), signed: bad, unsigned: bad},
	{name: "a number", body: text("7"), signed: bad, unsigned: bad},
	{name: "an array", body: text("[]"), signed: bad, unsigned: bad},
	{name: "an array of one", body: func(good []byte) []byte { return bytes.Join([][]byte{[]byte("["), good, []byte("]")}, nil) }, signed: bad, unsigned: bad},
	{name: "not JSON", body: text("<html></html>"), signed: bad, unsigned: bad},
	{name: "cut", body: func(good []byte) []byte { return good[:len(good)-1] }, signed: bad, unsigned: bad},
	{name: "cut, forged", body: func(good []byte) []byte { return good[:len(good)-1] }, forged: true, signed: stranger, unsigned: bad},
	{name: "twice over", body: func(good []byte) []byte { return append(bytes.Clone(good), good...) }, signed: bad, unsigned: bad},
	{name: "a byte order mark", body: func(good []byte) []byte { return append([]byte("\ufeff"), good...) }, signed: ok, unsigned: ok},
	{name: "a trailing NUL", body: func(good []byte) []byte { return append(bytes.Clone(good), 0) }, signed: bad, unsigned: bad},

	{name: "another media type", header: func(h http.Header, _ string) { h.Set("Content-Type", "text/xml") }, signed: ok, unsigned: ok},
	{name: "another media type, forged", body: inserted(`"x":1`), forged: true, header: func(h http.Header, _ string) { h.Set("Content-Type", "text/xml") }, signed: stranger, unsigned: ok},
	{name: "no media type", header: func(h http.Header, _ string) { h.Del("Content-Type") }, signed: ok, unsigned: ok},
	{name: "a media type that is none", header: func(h http.Header, _ string) { h.Set("Content-Type", "application/json; =") }, signed: ok, unsigned: ok},
	{name: "a form that is JSON", header: func(h http.Header, _ string) { h.Set("Content-Type", "application/x-www-form-urlencoded") }, signed: ok, unsigned: ok},
	{name: "two media types", header: func(h http.Header, _ string) { h.Add("Content-Type", "text/xml") }, signed: ok, unsigned: ok},
	{name: "the media type twice", header: func(h http.Header, _ string) { h.Add("Content-Type", h.Get("Content-Type")) }, signed: ok, unsigned: ok},

	{name: "no signature", header: func(h http.Header, name string) { h.Del(name) }, signed: stranger, unsigned: ok},
	{name: "no headers", header: func(h http.Header, _ string) { clear(h) }, signed: stranger, unsigned: ok},
	{name: "the signature twice", header: func(h http.Header, name string) { h.Add(name, h.Get(name)) }, signed: stranger, unsigned: ok},
	{name: "a second signature", header: func(h http.Header, name string) { h.Add(name, strings.Repeat("0", 64)) }, signed: stranger, unsigned: ok},
	{name: "the signature in another case too", header: func(h http.Header, name string) { h[strings.ToLower(name)] = h[name] }, signed: stranger, unsigned: ok},
	{name: "an empty signature", header: func(h http.Header, name string) { h.Set(name, "") }, signed: stranger, unsigned: ok},
	{name: "a signature that is too short", header: func(h http.Header, name string) { h.Set(name, "deadbeef") }, signed: stranger, unsigned: ok},
	{name: "a signature that is not hex", header: func(h http.Header, name string) { h.Set(name, strings.Repeat("zz", 32)) }, signed: stranger, unsigned: ok},
	{name: "a trailing newline, forged", body: func(good []byte) []byte { return append(bytes.Clone(good), '\n') }, forged: true, signed: stranger, unsigned: ok},
	{name: "written again, forged", body: func(good []byte) []byte { return bytes.Replace(good, []byte(":"), []byte(": "), 1) }, forged: true, signed: stranger, unsigned: ok},
	{name: "a signature of zeros", header: func(h http.Header, name string) { h.Set(name, strings.Repeat("0", 64)) }, signed: stranger, unsigned: ok},
	{name: "a signature of a megabyte", header: func(h http.Header, name string) { h.Set(name, strings.Repeat("0", 1<<20)) }, signed: stranger, unsigned: ok},
	{name: "a signature that is no text", header: func(h http.Header, name string) { h.Set(name, "\xff\x00\r\n") }, signed: stranger, unsigned: ok},
	{name: "a signature with blanks", header: func(h http.Header, name string) { h.Set(name, " "+h.Get(name)+" ") }, signed: stranger, unsigned: ok},
	{name: "two signatures in one", header: func(h http.Header, name string) { h.Set(name, h.Get(name)+","+h.Get(name)) }, signed: stranger, unsigned: ok},
	{name: "every header twice", header: func(h http.Header, _ string) {
		for name := range h {
			h[name] = append(h[name], h[name]...)
		}
	}, signed: stranger, unsigned: ok},
	{name: "the time twice", timed: true, signed: stranger, header: func(h http.Header, name string) {
		for other := range h {
			if other != name && other != "Content-Type" {
				h.Add(other, h.Get(other))
			}
		}
	}},
	{name: "no time", timed: true, signed: stranger, header: func(h http.Header, name string) {
		for other := range h {
			if other != name && other != "Content-Type" {
				h.Del(other)
			}
		}
	}},
	{name: "another body", body: inserted(`"x":1`), forged: true, signed: stranger, unsigned: ok},
}

func members(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Quote("m"+strconv.Itoa(i)) + ":1"
	}
	return strings.Join(names, ",")
}

func (s *suite) checkWebhooks(t scripted.T) {
	parser, isParser := s.client.(guichet.WebhookParser)
	if !isParser {
		t.Fatal("the client parses no webhooks")
	}
	w := s.h.Webhook
	good := w.Body(s.h.Order())
	for _, d := range deliveries {
		want := d.unsigned
		if w.Signature != "" {
			want = d.signed
		}
		if want == 0 || (d.timed && !w.Timed) {
			continue
		}
		body := good
		if d.body != nil {
			body = d.body(good)
		}
		covered := body
		if d.forged {
			covered = good
		}
		header := w.Sign(w.Secret, time.Now(), covered)
		if d.header != nil && (w.Signature != "" || !strings.Contains(d.name, "signature")) {
			d.header(header, w.Signature)
		}
		s.deliver(t, d.name, parser, header, bytes.NewReader(body), want)
		// Without a length, as a chunked request comes.
		s.deliver(t, d.name+", chunked", parser, header, io.MultiReader(bytes.NewReader(body)), want)
		if d.header == nil && want == bad { // and from nobody in particular
			status := bad
			if w.Signature != "" {
				status = stranger
			}
			s.deliver(t, d.name+", unsigned", parser, http.Header{"Content-Type": header["Content-Type"]}, bytes.NewReader(body), status)
		}
	}

	broken := scripted.Broken(string(good[:10]), scripted.ErrReset)
	s.deliver(t, "a body that breaks off", parser, w.Sign(w.Secret, time.Now(), good), broken, bad)
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodHead, "EVIL"} {
		recorder, handled := serve(t, parser, method, w.Sign(w.Secret, time.Now(), good), bytes.NewReader(good), nil)
		if recorder.Code != http.StatusMethodNotAllowed || handled > 0 {
			t.Errorf("method %s: %d, handled %d times", method, recorder.Code, handled)
		}
	}
	recorder, handled := serve(t, parser, http.MethodPost, w.Sign(w.Secret, time.Now(), good), bytes.NewReader(good), errors.New("the shop's database is away"))
	if recorder.Code != http.StatusInternalServerError || handled != 1 {
		t.Errorf("a handler that fails: %d, handled %d times", recorder.Code, handled)
	}
	if strings.Contains(recorder.Body.String(), "database") {
		t.Error("the answer tells what went wrong inside")
	}

	// A client that has no secret trusts nobody.
	if w.Signature != "" {
		for what, secret := range map[string]string{"an empty secret": "", "any secret": "whsec_guessed"} {
			parser, _ := s.withoutSecrets(t).(guichet.WebhookParser)
			s.deliver(t, "no secret is set: "+what, parser, w.Sign(secret, time.Now(), good), bytes.NewReader(good), stranger)
		}
	}
	if seen, _ := s.network.take(); len(seen) > 0 {
		t.Errorf("webhooks make %d requests", len(seen))
	}
}

// withoutSecrets makes a client that was not told how webhooks are signed.
func (s *suite) withoutSecrets(t scripted.T) guichet.Client {
	t.Helper()
	cfg := reflect.New(reflect.TypeOf(s.h.Config)).Elem()
	cfg.Set(reflect.ValueOf(s.h.Config))
	for _, f := range reflect.VisibleFields(cfg.Type()) {
		if strings.HasSuffix(f.Name, "WebhookSecret") {
			cfg.FieldByIndex(f.Index).SetString("")
		}
	}
	client, err := s.from(cfg.Interface())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (s *suite) deliver(t scripted.T, what string, parser guichet.WebhookParser, header http.Header, body io.Reader, want int) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: panic: %v", what, p)
		}
	}()
	recorder, handled := serve(t, parser, http.MethodPost, header, body, nil)
	wanted := 0
	if want == ok {
		wanted = 1
		s.transmitted++
	} else {
		s.refused++
	}
	if recorder.Code != want || handled != wanted {
		t.Errorf("%s: answered %d, not %d, and handled %d times", what, recorder.Code, want, handled)
	}
}

// serve delivers one webhook to guichet.WebhookHandler.
func serve(t scripted.T, parser guichet.WebhookParser, method string, header http.Header, body io.Reader, result error) (recorder *httptest.ResponseRecorder, handled int) {
	t.Helper()
	handler := guichet.WebhookHandler(parser, func(_ context.Context, e *guichet.Event) error {
		handled++
		if e == nil || e.ID == "" {
			t.Error("handled without an event")
		}
		return result
	})
	r := httptest.NewRequest(method, "https://shop.example/webhooks", body)
	r.Header = header.Clone()
	recorder = httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	return recorder, handled
}
