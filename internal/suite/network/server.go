package network

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// server is a provider on a loopback socket, written by hand so that it can
// break below HTTP: net/http's own server refuses to send most of what the
// matrix needs.
type server struct {
	URL string

	listener net.Listener
	secure   *tls.Config         // nil: plain HTTP
	raw      func(conn net.Conn) // non-nil: has every connection to itself
	answer   func(x *exchange) bool
	http2    func(x *exchange, w http.ResponseWriter) // non-nil: HTTP/2 only
	goAway   bool                                     // the first armed connection is sent away

	running sync.WaitGroup
	mu      sync.Mutex
	closed  bool
	conns   map[net.Conn]bool
	total   int // connections
	armed   bool
	faulty  int // requests since the server was armed
	seen    []seen
}

// seen is one request as the server saw it.
type seen struct {
	method string
	header http.Header
	body   string
	at     time.Time
	conn   int  // the number of its connection, from 1
	first  bool // on its connection
	armed  bool
}

// What an answer does with its connection.
const (
	keep = true
	drop = false
)

func (s *server) start() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("network: no loopback port: %v", err))
	}
	s.listener, s.conns = l, map[net.Conn]bool{}
	s.URL = "http://" + l.Addr().String()
	if s.secure != nil {
		s.URL = "https://" + l.Addr().String()
	}
	s.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.total++
			number := s.total
			s.conns[conn] = true
			closed := s.closed
			s.mu.Unlock()
			if closed {
				conn.Close()
				return
			}
			s.running.Go(func() {
				s.serve(conn, number)
				conn.Close()
				s.mu.Lock()
				delete(s.conns, conn)
				s.mu.Unlock()
			})
		}
	})
}

// close ends every connection and waits for their goroutines.
func (s *server) close() {
	s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *server) serve(tcp net.Conn, number int) {
	if s.raw != nil {
		s.raw(tcp)
		return
	}
	conn := tcp
	if s.secure != nil {
		secured := tls.Server(tcp, s.secure)
		if secured.Handshake() != nil {
			return
		}
		conn = secured
		if s.http2 != nil {
			s.mustBeHTTP2(secured)
			if s.goAway && number == 1 {
				s.sendAway(secured, number)
			} else {
				s.serveHTTP2(secured, tcp, number)
			}
			return
		}
	}
	in := bufio.NewReader(conn)
	for first := true; ; first = false {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		x := &exchange{server: s, conn: conn, tcp: tcp, r: r, body: r.Body, seen: seen{
			method: r.Method, header: r.Header, at: time.Now(), conn: number, first: first,
		}}
		s.record(x)
		if !s.answer(x) {
			return
		}
		x.read() // whatever the answer left of the request
	}
}

// record keeps what is known of a request once its head is read.
func (s *server) record(x *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.seen.armed = s.armed
	if s.armed {
		s.faulty++
		x.n = s.faulty
	}
	x.index = len(s.seen)
	s.seen = append(s.seen, x.seen)
}

// arm makes the answers bad from now on.
func (s *server) arm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = true
}

// requests returns those that were seen since the server was armed.
func (s *server) requests() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	var armed []seen
	for _, r := range s.seen {
		if r.armed {
			armed = append(armed, r)
		}
	}
	return armed
}

// exchange is one request and the way to answer it. It counts as seen once its
// head is read.
type exchange struct {
	server *server
	conn   net.Conn
	tcp    net.Conn // below TLS
	r      *http.Request
	body   io.Reader // of the request, as far as it is not read
	n      int       // its number since the server was armed, from 1; 0: before
	index  int
	seen
}

// read takes in the rest of the request.
func (x *exchange) read() {
	data, err := io.ReadAll(x.body)
	x.body = bytes.NewReader(nil)
	if err != nil || len(data) == 0 {
		return
	}
	x.seen.body += string(data)
	x.server.mu.Lock()
	x.server.seen[x.index].body = x.seen.body
	x.server.mu.Unlock()
}

// request is the request as Harness.Respond wants it, with its body unread.
func (x *exchange) request() *http.Request {
	x.read()
	r := x.r.Clone(x.r.Context())
	r.Body = io.NopCloser(bytes.NewReader([]byte(x.seen.body)))
	return r
}

// write sends bytes as they are. An error means that the client has gone, which
// is what many of the faults are about.
func (x *exchange) write(text string) bool {
	_, err := io.WriteString(x.conn, text)
	return err == nil
}

// reset ends the connection with a TCP reset, not with an orderly close.
func (x *exchange) reset() bool {
	if tcp, ok := x.tcp.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	x.tcp.Close()
	return drop
}

// hang waits until the client leaves.
func (x *exchange) hang() bool {
	_, _ = io.Copy(io.Discard, x.conn)
	return drop
}

// head is the start of an answer, up to the empty line. Headers come in pairs; a
// length below 0 is not announced.
func head(status, length int, header ...string) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %03d %s\r\n", status, http.StatusText(status))
	if length >= 0 {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", length)
	}
	for i := 0; i+1 < len(header); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", header[i], header[i+1])
	}
	b.WriteString("\r\n")
	return b.String()
}

const (
	contentType = "Content-Type"
	jsonType    = "application/json"
)

// reply sends a whole answer. Without a Content-Type in header it is JSON.
func (x *exchange) reply(status int, body string, header ...string) bool {
	for i := 0; i < len(header); i += 2 {
		if header[i] == contentType {
			return x.send(status, body, header...)
		}
	}
	return x.send(status, body, append(header, contentType, jsonType)...)
}

func (x *exchange) send(status int, body string, header ...string) bool {
	x.read()
	return x.write(head(status, len(body), header...) + body)
}
