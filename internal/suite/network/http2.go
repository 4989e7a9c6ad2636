package network

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// The rows of HTTP/2, where it fails in ways of its own: many requests share a
// connection, and net/http repeats by itself what a server says it has not read.
// The numbers are those of the same fault in HTTP/1.
var rowsHTTP2 = []row{
	{id: "H00", name: "no fault", fault: overHTTP2(goodHTTP2), want: fine},
	{id: "H11", name: "reset after the request", fault: overHTTP2(resetHTTP2), want: lost},
	{id: "H12", name: "stream ended after the request", fault: overHTTP2(abort), want: lost},
	{id: "H13", name: "reset on a reused connection", fault: warmed(overHTTP2(resetFirstHTTP2)), want: reused},
	{id: "H14", name: "sent away after the request", fault: fault{http2: goodHTTP2, secure: presenting(authority.right), trust: true, goAway: true, cold: true}, want: reused},
	{id: "H15", name: "stream ended inside the answer", fault: overHTTP2(abortInside), want: lost},
	{id: "H32", name: "500", fault: overHTTP2(brokenHTTP2), want: lost},
	{id: "H36", name: "302 to another host", fault: overHTTP2(elsewhereHTTP2), want: unreadable},
	{id: "H41", name: "gzip bomb of 64 MiB", fault: overHTTP2(bombHTTP2), want: unreadable, large: true},
	{id: "H16", name: "no answer", fault: overHTTP2(silenceHTTP2), want: lost.because(context.DeadlineExceeded), timeout: short},
	{id: "H62", name: "canceled while waiting for headers", fault: overHTTP2(cancelHTTP2), want: lostOnce.because(context.Canceled).waiting(Stopped, once)},
}

// answerHTTP2 answers one request through net/http's own server.
type answerHTTP2 = func(c *cell, x *exchange, w http.ResponseWriter)

func overHTTP2(answer answerHTTP2) fault {
	return fault{http2: answer, secure: presenting(authority.right), trust: true}
}

func warmed(f fault) fault {
	f.warm = true
	return f
}

func goodHTTP2(c *cell, x *exchange, w http.ResponseWriter) {
	code, body := c.respond(x)
	w.Header().Set(contentType, jsonType)
	w.WriteHeader(code)
	_, _ = io.WriteString(w, body)
}

func resetHTTP2(_ *cell, x *exchange, _ http.ResponseWriter) {
	x.read()
	x.reset()
}

func resetFirstHTTP2(c *cell, x *exchange, w http.ResponseWriter) {
	if x.n > 1 {
		goodHTTP2(c, x, w)
		return
	}
	if x.first {
		c.note("the connection was not used again")
	}
	resetHTTP2(c, x, w)
}

func abort(_ *cell, x *exchange, _ http.ResponseWriter) {
	x.read()
	panic(http.ErrAbortHandler)
}

func abortInside(c *cell, x *exchange, w http.ResponseWriter) {
	goodHTTP2(c, x, w)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func brokenHTTP2(_ *cell, x *exchange, w http.ResponseWriter) {
	x.read()
	w.WriteHeader(http.StatusInternalServerError)
}

func elsewhereHTTP2(c *cell, x *exchange, w http.ResponseWriter) {
	_, body := c.respond(x)
	w.Header().Set("Location", c.other().URL+x.r.URL.RequestURI())
	w.WriteHeader(http.StatusFound)
	_, _ = io.WriteString(w, body)
}

func bombHTTP2(c *cell, x *exchange, w http.ResponseWriter) {
	code, body := c.respond(x)
	w.Header().Set(contentType, jsonType)
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, squeeze(body[:1]))
	for range 64 {
		if _, err := io.WriteString(w, squeezed()); err != nil {
			return
		}
	}
	_, _ = io.WriteString(w, squeeze(body[1:]))
}

func silenceHTTP2(_ *cell, x *exchange, _ http.ResponseWriter) {
	x.read()
	<-x.r.Context().Done()
}

func cancelHTTP2(c *cell, x *exchange, w http.ResponseWriter) {
	x.read()
	c.giveUp()
	silenceHTTP2(c, x, w)
}

// serveHTTP2 gives one connection to net/http's server, and returns when it has
// ended.
func (s *server) serveHTTP2(conn *tls.Conn, tcp net.Conn, number int) {
	ended := make(chan struct{})
	var once sync.Once
	var mu sync.Mutex
	first := true
	h := &http.Server{
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				once.Do(func() { close(ended) })
			}
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			x := &exchange{server: s, conn: conn, tcp: tcp, r: r, body: r.Body, seen: seen{
				method: r.Method, header: r.Header, at: time.Now(), conn: number, first: first,
			}}
			first = false
			mu.Unlock()
			s.record(x)
			s.http2(x, w)
		}),
	}
	_ = h.Serve(&single{conn: conn})
	<-ended
}

// single is a listener with one connection.
type single struct{ conn net.Conn }

func (l *single) Accept() (net.Conn, error) {
	conn := l.conn
	l.conn = nil
	if conn == nil {
		return nil, io.EOF
	}
	return conn, nil
}

func (l *single) Close() error   { return nil }
func (l *single) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// Of HTTP/2's frames, what it takes to send a client away.
const (
	frameHead     = 9
	frameData     = 0x0
	frameHeaders  = 0x1
	frameSettings = 0x4
	frameGoAway   = 0x7

	flagAck       = 0x1
	flagEndStream = 0x1
)

// sendAway reads one whole request and says that it was the first that was not
// looked at. net/http then sends it once more by itself, if it can.
func (s *server) sendAway(conn net.Conn, number int) {
	preface := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	if _, err := conn.Write(frame(frameSettings, 0, nil)); err != nil {
		return
	}
	method := http.MethodGet // a request whose headers end it
	for {
		start := make([]byte, frameHead)
		if _, err := io.ReadFull(conn, start); err != nil {
			return
		}
		length := int64(start[0])<<16 | int64(start[1])<<8 | int64(start[2])
		if _, err := io.CopyN(io.Discard, conn, length); err != nil {
			return
		}
		switch kind, flags := start[3], start[4]; {
		case kind == frameSettings && flags&flagAck == 0:
			if _, err := conn.Write(frame(frameSettings, flagAck, nil)); err != nil {
				return
			}
		case (kind == frameHeaders || kind == frameData) && flags&flagEndStream != 0:
			if kind == frameData {
				method = http.MethodPost
			}
			s.record(&exchange{seen: seen{method: method, at: time.Now(), conn: number, first: true}})
			_, _ = conn.Write(frame(frameGoAway, 0, make([]byte, 8))) // the last stream is 0, and no error
			drain(conn)
			return
		}
	}
}

func frame(kind, flags byte, payload []byte) []byte {
	f := make([]byte, frameHead, frameHead+len(payload))
	binary.BigEndian.PutUint32(f, uint32(len(payload))<<8)
	f[3], f[4] = kind, flags
	return append(f, payload...)
}

func (s *server) mustBeHTTP2(conn *tls.Conn) {
	if got := conn.ConnectionState().NegotiatedProtocol; got != "h2" {
		panic(fmt.Sprintf("network: the client speaks %q, not HTTP/2", got))
	}
}
