package leaks

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// operation is one call with canaries in it.
type operation struct {
	name string
	do   func(ctx context.Context, c guichet.Client) (value any, err error)
	sent []*canary // what the client knows about in it, and so nobody may be shown
}

// operations are what the portable interface can do, and the escape hatch.
func (s *suite) operations() []operation {
	create := func(req guichet.PaymentRequest) func(context.Context, guichet.Client) (any, error) {
		return func(ctx context.Context, c guichet.Client) (any, error) {
			p, err := c.CreatePayment(ctx, req)
			if p == nil {
				return nil, err
			}
			return p, err
		}
	}
	customer := append([]*canary{s.phone, s.email, s.first, s.last, s.back}, s.keys...)
	if s.caps.Metadata {
		customer = append(customer, s.note)
	}
	id := orderID
	asked := s.keys
	if s.secretID {
		id = s.id.value
	}
	if s.token {
		asked = append([]*canary{s.id}, s.keys...)
	}
	all := []operation{
		{"create", create(s.request()), customer},
		{"status", func(ctx context.Context, c guichet.Client) (any, error) {
			p, err := c.GetStatus(ctx, id)
			if p == nil {
				return nil, err
			}
			return p, err
		}, asked},
		{"list", func(ctx context.Context, c guichet.Client) (any, error) {
			p, err := c.List(ctx, guichet.ListParams{})
			if p == nil {
				return nil, err
			}
			return p, err
		}, s.keys},
		{"all", func(ctx context.Context, c guichet.Client) (any, error) {
			for p, err := range guichet.All(ctx, c, guichet.ListParams{}) {
				return p, err
			}
			return nil, nil
		}, s.keys},
	}
	if req, ok := s.direct(false); ok {
		all = append(all, operation{"direct create", create(req), append([]*canary{s.wallet}, customer...)})
	}
	if req, ok := s.direct(true); ok {
		all = append(all, operation{"direct create with a code", create(req), append([]*canary{s.wallet, s.otp}, customer...)})
	}
	return all
}

// waiting asks on until there is no more time, and tells of the last failure.
func (s *suite) waiting() operation {
	for _, o := range s.operations() {
		if o.name == "status" {
			return operation{"wait", func(ctx context.Context, c guichet.Client) (any, error) {
				id := orderID
				if s.secretID {
					id = s.id.value
				}
				ctx, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
				defer cancel()
				_, err := guichet.Wait(ctx, c, id, guichet.Poll{Min: time.Millisecond, Max: time.Millisecond})
				return nil, err
			}, o.sent}
		}
	}
	panic("leaks: no status")
}

// escapes are calls of Do, whose path and body may hold anything.
func (s *suite) escapes() []operation {
	do := func(method, path string, body, dst any) func(context.Context, guichet.Client) (any, error) {
		return func(ctx context.Context, c guichet.Client) (any, error) {
			return nil, c.(interface {
				Do(ctx context.Context, method, path string, body, dst any) error
			}).Do(ctx, method, path, body, dst)
		}
	}
	escaped := url.PathEscape(s.id.value)
	return []operation{
		{"Do GET", do(http.MethodGet, "/x/"+url.PathEscape(s.note.value)+"?token="+url.QueryEscape(s.id.value), nil, nil), s.keys},
		{"Do POST", do(http.MethodPost, "/x?token="+url.QueryEscape(s.id.value), map[string]string{"phone": s.phone.value, "otp": s.otp.value}, new(any)), s.keys},
		{"Do with a path that is none", do(http.MethodGet, "/../"+escaped, nil, nil), s.keys},
		{"Do with a method that is none", do(s.otp.value, "/x", nil, nil), s.keys},
		{"Do with a body that is none", do(http.MethodPost, "/x", tells{s.email.value}, nil), s.keys},
		{"Do with a body that panics", do(http.MethodPost, "/x", panics{s.email.value}, nil), s.keys},
		{"Do into something else", do(http.MethodGet, "/x", nil, new(int)), s.keys},
	}
}

// tells cannot be written as JSON, and its error says what it holds.
type tells struct{ held string }

func (v tells) MarshalJSON() ([]byte, error) { return nil, errors.New("cannot write " + v.held) }

// panics does so with what it holds.
type panics struct{ held string }

func (v panics) MarshalJSON() ([]byte, error) { panic(v.held) }

// perform does an operation and looks at what comes of it.
func (s *suite) perform(t scripted.T, what string, c guichet.Client, o operation) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s.performIn(ctx, t, what, c, o)
}

func (s *suite) performIn(ctx context.Context, t scripted.T, what string, c guichet.Client, o operation) {
	t.Helper()
	what += ", " + o.name
	var value any
	err := s.try(t, what, func() (err error) {
		value, err = o.do(ctx, c)
		return err
	})
	s.lookAtError(t, what, err)
	if value != nil { // Raw has what the provider said, word for word
		s.lookAt(t, what, value, faithful|aKey)
	}
}

var statuses = []int{200, 201, 202, 204, 301, 302, 307, 400, 401, 402, 403, 404, 408, 409, 410, 413, 422, 429, 500, 502, 503, 504, 999}

// shapes are bodies that repeat a text, as providers, frameworks and proxies do.
var shapes = []struct {
	name string
	body func(text string) string
}{
	{"every member of an error", func(text string) string {
		q := `"` + scripted.Quoted(text) + `"`
		return fmt.Sprintf(`{"message":%[1]s,"detail":{"message":%[1]s,"type":%[1]s},"error":{"code":%[1]s,"message":%[1]s,"details":[%[1]s]},`+
			`"code":%[1]s,"errorCode":%[1]s,"request_id":%[1]s,"response_code":"01","response_text":%[1]s,"response_text_details":%[1]s,"description":%[1]s,"wiki":%[1]s}`, q)
	}},
	{"texts", func(text string) string {
		q := `"` + scripted.Quoted(text) + `"`
		return fmt.Sprintf(`{"statusCode":400,"message":[%[1]s,%[1]s],"error":%[1]s,"detail":%[1]s,"token":%[1]s,"response_code":%[1]s}`, q)
	}},
	{"a list of fields", func(text string) string {
		q := `"` + scripted.Quoted(text) + `"`
		return fmt.Sprintf(`{"detail":[{"loc":["body",%[1]s,7],"msg":%[1]s,"type":%[1]s}],"error":{"message":%[1]s,"details":{"k":%[1]s}},"message":{"a":%[1]s}}`, q)
	}},
	{"a refusal that is called a success", func(text string) string {
		q := `"` + scripted.Quoted(text) + `"`
		return fmt.Sprintf(`{"success":false,"error":true,"message":%[1]s,"data":{"status":%[1]s},"response_code":"01","response_text":"Echec (Code00) `+scripted.Quoted(text)+`","token":%[1]s}`, q)
	}},
	{"names", func(text string) string {
		return `{"` + scripted.Quoted(text) + `":1,"id":{"` + scripted.Quoted(text) + `":2}}`
	}},
	{"HTML", func(text string) string {
		return "<html><head><title>" + text + "</title></head><body>" + text + "</body></html>"
	}},
	{"plain text", func(text string) string { return text }},
	{"cut JSON", func(text string) string {
		return `{"message":"` + scripted.Quoted(text) + `","error":{"code":"` + scripted.Quoted(text)
	}},
	{"a list", func(text string) string {
		return `[{"id":"` + scripted.Quoted(text) + `","amount":"` + scripted.Quoted(text) + `"}]`
	}},
}

// echoing answers with the text in body and headers.
func echoing(status int, body, text string) *scripted.Provider {
	return scripted.New(func(*http.Request) (*http.Response, error) {
		res, err := scripted.Reply(status, body)
		for _, name := range []string{"X-Request-Id", "Location", "Set-Cookie", "Www-Authenticate", "Retry-After", "X-Ratelimit-Reset", "X-Ratelimit-Limit", "Content-Type", "Server", "Idempotency-Cache-Hit"} {
			res.Header.Set(name, text)
		}
		res.Status = fmt.Sprintf("%d %s", status, text)
		return res, err
	})
}

// longest is how much of a text a message keeps, in runes: what comes after would
// not be seen, shown or not.
const longest = 240

// said are texts that hold every spelling of every canary, none of them too long.
func said(canaries []*canary) []string {
	var all []string
	for _, c := range canaries {
		text := ""
		for _, form := range scripted.Echoes(c.value) {
			if text != "" && len(text)+len(form) > longest {
				all = append(all, text)
				text = ""
			}
			text += " " + form
		}
		all = append(all, text)
	}
	return all
}

// checkEchoes has the provider repeat every canary that a call knows about, in
// every spelling, in bodies of every shape and in headers.
func (s *suite) checkEchoes(t scripted.T) {
	n := 0
	for _, o := range s.operations() {
		for i, text := range said(o.sent) {
			for j, shape := range shapes {
				if leftOut(i, j) {
					continue
				}
				n++
				status := statuses[n%len(statuses)]
				s.perform(t, fmt.Sprintf("%d, %s", status, shape.name), s.client(t, echoing(status, shape.body(text), text)), o)
			}
		}
		// Every status with every shape; the raw spelling is enough.
		for _, status := range statuses {
			for i, shape := range shapes {
				if leftOut(i, status) {
					continue
				}
				text := o.sent[(i+status)%len(o.sent)].value
				s.perform(t, fmt.Sprintf("%d, %s", status, shape.name), s.client(t, echoing(status, shape.body(text), text)), o)
			}
		}
	}
	for _, text := range said(s.waiting().sent)[:1] {
		for i, shape := range shapes {
			s.perform(t, "500, "+shape.name, s.client(t, echoing(statuses[len(statuses)-1-i%5], shape.body(text), text)), s.waiting())
		}
	}
	// A key at the very end of what an error keeps.
	key, status := s.keys[0].value, s.operations()[1]
	for cut := range len(key) + 1 {
		if leftOut(cut, 0) {
			continue
		}
		for _, before := range []int{4<<10 - cut, longest + 16 - cut} {
			text := strings.Repeat("x", max(before-len(`{"message":"`), 0)) + key
			c := s.client(t, echoing(401, `{"message":"`+scripted.Quoted(text)+`","detail":"`+scripted.Quoted(text)+`"}`, text))
			s.perform(t, "a key that is cut", c, status)
			_, err := status.do(context.Background(), c)
			e := new(guichet.Error)
			if !errors.As(err, &e) || strings.Contains(e.Error()+e.RequestID+string(e.Raw()), key[:10]) {
				t.Errorf("a key that is cut: a part of it shows: %v", err)
			}
		}
	}
	// Answers that are good, but for one thing.
	for name, spoil := range map[string]func(body string) string{
		"another amount": func(body string) string { return strings.ReplaceAll(body, "5000", "5001") },
		"no page":        func(body string) string { return strings.ReplaceAll(body, "pay.example", "") },
		"a page that is none": func(body string) string {
			return strings.NewReplacer("https://pay.example", "javascript:pay", "pay.example", "user@pay.example").Replace(body)
		},
		"another order": func(body string) string { return strings.ReplaceAll(body, orderID, "ORDER-002") },
		"cut":           func(body string) string { return body[:len(body)-1] },
		"a wrong type":  func(body string) string { return strings.ReplaceAll(body, `"XOF"`, "[]") },
		"trailing":      func(body string) string { return body + body },
	} {
		spoiled := scripted.New(func(r *http.Request) (*http.Response, error) {
			res, err := s.perfect(r)
			body, _ := io.ReadAll(res.Body)
			res.Body = io.NopCloser(strings.NewReader(spoil(string(body))))
			return res, err
		})
		for _, o := range s.operations() {
			s.perform(t, "a good answer with "+name, s.client(t, spoiled), o)
		}
	}
}

// checkNetwork breaks the network on the way, with the canaries in the address,
// the headers and the body.
func (s *suite) checkNetwork(t scripted.T) {
	all := append(append(s.operations(), s.escapes()...), s.waiting())
	everything := ""
	for _, c := range s.canaries {
		everything += c.value + " "
	}
	for name, answer := range map[string]func(r *http.Request) (*http.Response, error){
		"an error that tells it all": func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("cannot send %s %v %s", r.URL, r.Header, everything)
		},
		"a *url.Error": func(r *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: errors.New(everything)}
		},
		"a joined error": func(r *http.Request) (*http.Response, error) {
			return nil, errors.Join(errors.New(r.URL.String()), &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")})
		},
		"a dial that fails": func(r *http.Request) (*http.Response, error) {
			if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GetConn != nil {
				trace.GetConn(r.URL.Host)
			}
			return nil, fmt.Errorf("%s: %w", r.URL, &net.DNSError{Err: "no such host", Name: "provider.invalid", IsNotFound: true})
		},
		"a body that breaks": func(r *http.Request) (*http.Response, error) {
			res, err := scripted.Reply(200, "")
			res.Body = scripted.Broken(`{"x":"`+scripted.Quoted(everything), errors.New(everything))
			return res, err
		},
		"an answer of the escape hatch that does not fit": func(*http.Request) (*http.Response, error) {
			return scripted.Reply(200, `{"x":"`+scripted.Quoted(s.id.value)+`"}`)
		},
	} {
		for _, o := range all {
			s.perform(t, name, s.client(t, scripted.New(answer)), o)
		}
	}
	canceled, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New(everything))
	for _, o := range all {
		s.performIn(canceled, t, "a context that has ended", s.client(t, scripted.New(s.perfect)), o)
		s.perform(t, "a limiter that refuses", s.client(t, scripted.New(s.perfect), guichet.WithLimiter(limiter{errors.New(everything)})), o)
	}
	s.checkSockets(t, all)
}

type limiter struct{ err error }

func (l limiter) Wait(context.Context) error { return l.err }

// checkSockets is the part of checkNetwork that needs real ones.
func (s *suite) checkSockets(t scripted.T, all []operation) {
	base, err := url.Parse(s.h.Base)
	if err != nil {
		t.Fatal(err)
	}
	on := func(name, address string, opts ...guichet.Option) {
		for _, o := range all {
			c, err := s.h.From(s.config, append(s.options(guichet.WithBaseURL(address+base.Path), guichet.WithTimeout(2*time.Second)), opts...)...)
			if err != nil {
				t.Fatalf("New: %v", err)
			}
			s.perform(t, name, c, o)
			scripted.CloseIdle(c)
		}
	}
	serve := func(name string, handle http.HandlerFunc, opts ...guichet.Option) {
		server := httptest.NewUnstartedServer(handle)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.Start()
		defer server.Close()
		on(name, server.URL, opts...)
	}
	raw := func(name string, answer func(conn net.Conn, head string), opts ...guichet.Option) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				buffer := make([]byte, 64<<10)
				n, _ := conn.Read(buffer)
				answer(conn, string(buffer[:n]))
				conn.Close()
			}
		}()
		on(name, "http://"+l.Addr().String(), opts...)
		l.Close()
		<-done
	}

	nobody, release := contract.Nobody()
	defer release()
	on("a refused connection", nobody)
	on("a proxy that is not there", "https://provider.invalid", guichet.WithHTTPClient(&http.Client{Transport: &http.Transport{
		Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: strings.TrimPrefix(nobody, "http://"), User: url.UserPassword("merchant", s.keys[0].value)}),
	}}))

	serve("no answer", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that the client leaves
		<-r.Context().Done()
	}, guichet.WithTimeout(10*time.Millisecond))
	serve("a redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.2:1"+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
	serve("a redirect that is malformed", func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{"http://%zz/" + r.URL.RequestURI() + s.keys[0].value}
		w.WriteHeader(http.StatusFound)
	})
	serve("a body that is too short", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100000")
		_, _ = io.WriteString(w, r.URL.RequestURI()+fmt.Sprint(r.Header))
	})
	serve("a body that is not gzip", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, r.URL.RequestURI()+fmt.Sprint(r.Header))
	})

	raw("a reset", func(conn net.Conn, _ string) { _ = conn.(*net.TCPConn).SetLinger(0) })
	raw("an early end", func(net.Conn, string) {})
	// net/http puts into its errors what it could not understand.
	raw("the request itself, sent back", func(conn net.Conn, head string) { _, _ = io.WriteString(conn, head) })
	raw("the request in place of a status", func(conn net.Conn, head string) {
		_, _ = io.WriteString(conn, "HTTP/1.1 "+strings.ReplaceAll(head, "\r\n", " ")+"\r\n\r\n")
	})
	raw("the request in place of a version", func(conn net.Conn, head string) {
		_, _ = io.WriteString(conn, "HTTP/"+strings.ReplaceAll(head, "\r\n", " ")+" 200 OK\r\n\r\n")
	})
	raw("a header without a colon", func(conn net.Conn, head string) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+strings.ReplaceAll(strings.ReplaceAll(head, "\r\n", " "), ":", "")+"\r\n\r\n")
	})
	raw("a length that is none", func(conn net.Conn, head string) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: "+strings.ReplaceAll(head, "\r\n", " ")+"\r\n\r\n")
	})
	raw("an encoding that is none", func(conn net.Conn, head string) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: "+strings.ReplaceAll(head, "\r\n", " ")+"\r\n\r\n")
	})
	raw("a chunk that is none", func(conn net.Conn, head string) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+strings.ReplaceAll(head, "\r\n", " ")+"\r\n")
	})

	secured := httptest.NewUnstartedServer(http.NotFoundHandler())
	secured.Config.ErrorLog = log.New(io.Discard, "", 0)
	secured.StartTLS()
	defer secured.Close()
	on("a certificate of nobody's", secured.URL)
	on("a certificate for another name", strings.Replace(secured.URL, "127.0.0.1", "localhost", 1), guichet.WithHTTPClient(&http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: secured.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS12}},
	}))
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	on("plain HTTP in place of TLS", strings.Replace(plain.URL, "http:", "https:", 1))
}
