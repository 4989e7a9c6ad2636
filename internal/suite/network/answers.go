package network

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// answer is what a server does with one request.
type answer = func(c *cell, x *exchange) bool

// good is the perfect answer.
func good(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	return x.reply(code, body)
}

// Connections that end early. What could be read of the answer is perfect.

func resetUnread(_ *cell, x *exchange) bool { return x.reset() }

func resetAfter(_ *cell, x *exchange) bool {
	x.read()
	return x.reset()
}

func closeAfter(_ *cell, x *exchange) bool {
	x.read()
	return drop
}

// reuse breaks the first request only, which must come on a connection that has
// carried one before.
func reuse(broken answer) answer {
	return func(c *cell, x *exchange) bool {
		if x.n > 1 {
			return good(c, x)
		}
		if x.first {
			c.note("the connection was not used again")
		}
		return broken(c, x)
	}
}

var (
	resetReused = reuse(resetAfter)
	closeReused = reuse(closeAfter)
)

func resetInside(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	x.write(head(code, len(body)+1, contentType, jsonType) + body)
	return x.reset()
}

func shortBody(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	x.write(head(code, len(body)+10, contentType, jsonType) + body)
	return drop
}

func cutChunked(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	x.write(head(code, -1, contentType, jsonType, "Transfer-Encoding", "chunked"))
	x.write(fmt.Sprintf("%x\r\n%s\r\n", len(body), body))
	return drop
}

func silence(_ *cell, x *exchange) bool {
	x.read()
	return x.hang()
}

// drip sends a perfect answer, one byte at a time.
func drip(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	x.write(head(code, len(body), contentType, jsonType))
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := range len(body) {
		if !x.write(body[i : i+1]) {
			return drop
		}
		<-tick.C
	}
	return keep
}

// Answers that are complete.

func fixed(code int, body string, header ...string) answer {
	return func(_ *cell, x *exchange) bool { return x.reply(code, body, header...) }
}

// status is an answer with a body for its HTTP status only; 204 and 304 have none.
func status(code int, body string, header ...string) answer {
	if code == http.StatusNoContent || code == http.StatusNotModified {
		return func(_ *cell, x *exchange) bool {
			x.read()
			return x.write(head(code, -1, header...))
		}
	}
	return fixed(code, body, header...)
}

// echo refuses as a provider or a proxy does that repeats what it was sent.
func echo(code int, html bool) answer {
	return func(c *cell, x *exchange) bool {
		var said []string
		for _, secret := range c.secrets() {
			said = append(said, scripted.Echoes(secret)...)
		}
		text := "bad key " + strings.Join(said, " ")
		if html {
			return x.reply(code, "<html><body><h1>"+text+"</h1></body></html>", contentType, "text/html")
		}
		quoted, _ := json.Marshal(text)
		return x.reply(code, fmt.Sprintf(`{"message":%s,"detail":%s,"error":{"code":"x","message":%s},"response_code":"01","response_text":%s}`,
			quoted, quoted, quoted, quoted))
	}
}

// documented is a refusal that the provider sends with a 200.
func documented(c *cell, x *exchange) bool { return x.reply(http.StatusOK, c.refusal.Body) }

// refusedWith500 says in its body that nothing was done, and in its status that
// something broke.
func refusedWith500(c *cell, x *exchange) bool {
	return x.reply(http.StatusInternalServerError, c.code.Body)
}

// lostThen loses the first answer, in its middle: net/http sends a read again by
// itself when there is none at all.
func lostThen(next answer) answer {
	return func(c *cell, x *exchange) bool {
		if x.n == 1 {
			return shortBody(c, x)
		}
		return next(c, x)
	}
}

// elsewhere sends the client to another server, which answers perfectly.
func elsewhere(code int) answer {
	return func(c *cell, x *exchange) bool {
		_, body := c.respond(x)
		return x.reply(code, body, "Location", c.other().URL+x.r.RequestURI)
	}
}

func malformedLocation(c *cell, x *exchange) bool {
	_, body := c.respond(x)
	return x.reply(http.StatusFound, body, "Location", "http://%zz/?token="+strings.Join(c.secrets(), ""))
}

// Answers that are perfect but for one thing in the body.

func rewritten(spoil func(good string) string) answer {
	return func(c *cell, x *exchange) bool {
		code, body := c.respond(x)
		return x.reply(code, spoil(body))
	}
}

func truncated(good string) string { return good[:len(good)-1] }
func trailing(good string) string  { return good + good }

// insert adds a member to the first object.
func insert(good, member string) string { return strings.Replace(good, "{", "{"+member+",", 1) }

func duplicated(good string) string { return insert(good, `"guichet":1,"guichet":2`) }
func folded(good string) string     { return insert(good, `"guichet":1,"GUICHET":2`) }
func oddText(good string) string    { return insert(good, "\"guichet\":\"\xff\"") }
func nested(good string) string {
	return insert(good, `"guichet":`+strings.Repeat(`{"a":`, 40)+"1"+strings.Repeat("}", 40))
}

// invalidUTF8 spoils what the payment is known by.
func invalidUTF8(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	return x.reply(code, strings.NewReplacer(c.order().ID, "\xff"+c.order().ID, c.order().Reference, "\xff"+c.order().Reference).Replace(body))
}

// withoutID takes out every member that holds the provider's id of the payment.
func withoutID(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	var v any
	numbers := json.NewDecoder(strings.NewReader(body))
	numbers.UseNumber()
	if err := numbers.Decode(&v); err != nil {
		panic("network: the harness's answer is not JSON: " + err.Error())
	}
	stripped, err := json.Marshal(strip(v, c.order().ID))
	if err != nil {
		panic("network: " + err.Error())
	}
	return x.reply(code, string(stripped))
}

func strip(v any, value string) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if member == value {
				delete(v, name)
			} else {
				v[name] = strip(member, value)
			}
		}
	case []any:
		for i := range v {
			v[i] = strip(v[i], value)
		}
	}
	return v
}

// typed is the perfect answer under another Content-Type; "" is none.
func typed(name string) answer {
	return func(c *cell, x *exchange) bool {
		code, body := c.respond(x)
		if name == "" {
			return x.send(code, body)
		}
		return x.reply(code, body, contentType, name)
	}
}

const loginPage = "<!doctype html><html><head><title>Connexion</title></head><body><form>…</form></body></html>"

// xhtml is a page that a reader of XML takes for a payment.
func xhtml(c *cell, x *exchange) bool {
	return x.reply(http.StatusOK, "<html><id>"+c.order().ID+"</id><status>"+c.word(Status)+"</status></html>", contentType, "application/xhtml+xml")
}

// Hostile sizes. The blanks are where JSON allows them, so that the answer is a
// perfect one for whoever reads all of it. Nothing of it is built per answer, for
// the memory of the process is measured.

const mebibyte = 1 << 20

var blanks = sync.OnceValue(func() string { return strings.Repeat(" ", mebibyte) })

func bigBody(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	x.read()
	x.write(head(code, len(body)+8*mebibyte, contentType, jsonType) + body[:1])
	for range 8 {
		if !x.write(blanks()) {
			return drop
		}
	}
	return x.write(body[1:])
}

// squeezed is a gzip member with one mebibyte of blanks. Members may follow each
// other.
var squeezed = sync.OnceValue(func() string { return squeeze(blanks()) })

func squeeze(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil || z.Close() != nil {
		panic("network: gzip")
	}
	return b.String()
}

func bomb(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	first, rest := squeeze(body[:1]), squeeze(body[1:])
	const members = 64
	x.read()
	x.write(head(code, len(first)+members*len(squeezed())+len(rest), contentType, jsonType, "Content-Encoding", "gzip") + first)
	for range members {
		if !x.write(squeezed()) {
			return drop
		}
	}
	return x.write(rest)
}

func falseGzip(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	return x.reply(code, body, "Content-Encoding", "gzip")
}

var padding = sync.OnceValue(func() string {
	return strings.Repeat("X-Pad: "+strings.Repeat("p", 1015)+"\r\n", 1024)
})

func bigHeaders(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	x.read()
	start := head(code, len(body), contentType, jsonType)
	x.write(strings.TrimSuffix(start, "\r\n"))
	for range 8 {
		if !x.write(padding()) {
			return drop
		}
	}
	return x.write("\r\n" + body)
}

// Bytes that are not HTTP, or another HTTP than it seems.

func notHTTP(_ *cell, x *exchange) bool {
	x.read()
	x.write("SSH-2.0-OpenSSH_9.6\r\n")
	return drop
}

func twoLengths(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	x.write(head(code, len(body), contentType, jsonType, "Content-Length", fmt.Sprint(len(body)-1)) + body)
	return drop
}

func unnumbered(c *cell, x *exchange) bool {
	_, body := c.respond(x)
	return x.reply(999, body)
}

func endlessContinue(_ *cell, x *exchange) bool {
	x.read()
	for x.write("HTTP/1.1 100 Continue\r\n\r\n") {
	}
	return drop
}

// Callers who give up.

func cancelSilent(c *cell, x *exchange) bool {
	x.read()
	c.giveUp()
	return x.hang()
}

func cancelInside(c *cell, x *exchange) bool {
	code, body := c.respond(x)
	x.write(head(code, len(body), contentType, jsonType) + body[:len(body)/2])
	c.giveUp()
	return x.hang()
}

// cancelAfter429 leaves the client time to read the answer and begin to wait.
func cancelAfter429(c *cell, x *exchange) bool {
	x.reply(http.StatusTooManyRequests, "", "Retry-After", "5")
	c.giveUpIn(pauseBegun)
	return keep
}

// Connections that never become one for HTTP.

func silentTLS() *tls.Config { return nil }

func oldTLS() *tls.Config {
	secure := presenting(authority.right)()
	secure.MinVersion, secure.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	return secure
}

func stall(_ *cell, conn net.Conn) { drain(conn) }

func cancelStalled(c *cell, conn net.Conn) {
	c.giveUp()
	drain(conn)
}

// drain reads until the other side leaves.
func drain(conn net.Conn) {
	buffer := make([]byte, 1024)
	for {
		if _, err := conn.Read(buffer); err != nil {
			return
		}
	}
}

func plainHTTP(_ *cell, conn net.Conn) {
	buffer := make([]byte, 1024)
	if _, err := conn.Read(buffer); err == nil {
		_, _ = conn.Write([]byte(head(http.StatusBadRequest, 0)))
	}
}

// nobody is where connections are refused.
func nobody() (address string, dial dialer, release func()) {
	address, release = contract.Nobody()
	return address, nil, release
}

// unresolvable returns a name that resolves nowhere. The dialer stands in for the
// resolver, so that no question leaves this machine.
func unresolvable(notFound bool) func() (string, dialer, func()) {
	return func() (string, dialer, func()) {
		return "https://provider.invalid", func(context.Context, string, string) (net.Conn, error) {
			err := &net.DNSError{Err: "server misbehaving", Name: "provider.invalid", IsTemporary: true}
			if notFound {
				err = &net.DNSError{Err: "no such host", Name: "provider.invalid", IsNotFound: true}
			}
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
		}, func() {}
	}
}
