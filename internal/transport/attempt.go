package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
	"github.com/guichetpay/guichet/internal/redact"
)

// httpClient copies the caller's client, or makes one with our own pool.
func httpClient(settings config.Client) (*http.Client, *guichet.Error) {
	hc := &http.Client{}
	if settings.HTTPClient != nil {
		*hc = *settings.HTTPClient
	}
	t, ok := hc.Transport.(*http.Transport)
	if t != nil && t.TLSClientConfig != nil && t.TLSClientConfig.InsecureSkipVerify && !loopbackURL(settings.BaseURL) {
		return nil, newError("", "WithHTTPClient: the transport skips TLS verification, so anyone in between could read the keys")
	}
	if hc.Transport == nil || (ok && t == nil) {
		hc.Transport = newPool(settings.Timeout)
	}
	hc.Transport = sender{hc.Transport}
	hc.Jar = nil // cookies would carry one merchant's session into another's calls
	hc.CheckRedirect = nil
	return hc, nil
}

// newPool is net/http's transport with the limits that one busy provider needs:
// its default of two idle connections opens and closes hundreds in every burst,
// and it has no limit on header size nor on a connection that went silent.
func newPool(timeout time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  timeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        30 * time.Second,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}
}

// sender is the RoundTripper between http.Client and the connections. It completes
// the request there, because http.Client and resty would copy the headers, and no
// struct of resty's is to hold a credential.
type sender struct{ next http.RoundTripper }

func (s sender) RoundTrip(r *http.Request) (*http.Response, error) {
	if a, ok := r.Context().Value(attemptKey{}).(*attempt); ok {
		a.complete(r)
	}
	res, err := s.next.RoundTrip(r)
	if res != nil && res.StatusCode >= 300 && res.StatusCode <= 399 {
		// A redirect is never followed: the keys and the create would go there. And
		// http.Client parses the Location before it asks CheckRedirect, and fails with
		// an error that prints it.
		res.Header.Del("Location")
	}
	return res, err
}

func (s sender) CloseIdleConnections() {
	if closer, ok := s.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

func loopbackURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && config.Loopback(u.Hostname())
}

type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

// newTemplate returns what the request of every attempt is a copy of. resty's own
// R makes five maps for each. The copies share this one's, so nothing may write to
// them: resty does where User-Agent is missing.
func newTemplate(hc *http.Client) *resty.Request {
	rc := resty.NewWithClient(hc).SetLogger(silent{}).SetDisableWarn(true).SetRetryCount(0)
	none := http.Header{}
	rc.SetPreRequestHook(func(_ *resty.Client, r *http.Request) error {
		if a, ok := r.Context().Value(attemptKey{}).(*attempt); ok {
			a.header = r.Header // resty has made it for this request
		}
		r.Header = none // until sender sets it: http.Client copies what it finds
		return nil
	})
	return rc.R().SetDoNotParseResponse(true).SetHeader("User-Agent", "guichet-go")
}

const jsonType = "application/json"

// outcome is what one attempt came to.
type outcome struct {
	err     *guichet.Error // nil: success
	notSent bool           // provably nothing was written
	network bool           // no complete answer arrived
	final   bool           // trying again cannot help: a certificate, a host that does not exist
}

// attempt is one sending of a call. It is the context of its own request, so that
// sender can find it there.
type attempt struct {
	context.Context // the caller's, with the time limit of an attempt
	cancel          context.CancelFunc

	call   *Call
	client *Client
	header http.Header // empty until the request is complete
	keyed  bool        // an idempotency header is sent
	upload bytes.Reader

	trace httptrace.ClientTrace
	// A connection was asked for and never had: then nothing was written. A
	// RoundTripper that reports neither counts as having sent.
	asked, got atomic.Bool
	// The request was about to be written a second time.
	wrote, repeated atomic.Bool

	answer   Answer
	download Body
	room     *[]byte // that the answer is read into; nil: not from rooms
}

// rooms lends the memory that answers are read into.
var rooms = sync.Pool{New: func() any { room := make([]byte, 0, firstRead); return &room }}

const (
	firstRead  = 4 << 10
	mostPooled = 64 << 10 // of one answer: a large one leaves nothing behind
)

// release gives back the memory of the answer. What was read from it and not copied
// is gone: the next call reads into it.
func (a *attempt) release() {
	a.answer.release()
	if a.room != nil && cap(*a.room) <= mostPooled {
		rooms.Put(a.room)
	}
	a.room = nil
}

// attemptKey is where the context of a request has its attempt.
type attemptKey struct{}

func (a *attempt) Value(key any) any {
	if key == (attemptKey{}) {
		return a
	}
	return a.Context.Value(key)
}

// once reports whether net/http must not repeat the request by itself.
func (a *attempt) once() bool { return a.call.policy() != Read }

// unrepeatable reports whether the attempt goes with an empty reader where it has
// no body. net/http replays, on a connection that died, any GET and whatever has
// an idempotency header; a body that it cannot send again it does not.
func (a *attempt) unrepeatable() bool { return a.call.Method == http.MethodGet || a.keyed }

// complete gives the request its method, its headers and its body.
func (a *attempt) complete(r *http.Request) {
	a.client.fill(a.header, a.call)
	r.Method, r.Header = a.call.Method, a.header
	// Without GetBody net/http cannot replay a POST by itself. It would, on a
	// connection that died, when it sees an idempotency header, and nobody would
	// count that attempt.
	r.GetBody = nil
	a.upload.Reset(a.call.Body)
	switch {
	case len(a.call.Body) > 0:
		r.Body, r.ContentLength = io.NopCloser(&a.upload), int64(len(a.call.Body))
	case !a.once():
		r.Body = nil
	case a.unrepeatable():
		r.Body = io.NopCloser(&a.upload)
	default:
		// Not chunked, as a body of unknown length is: many a firewall refuses that.
		r.Body = http.NoBody
	}
}

// watch has net/http report what it does with the request, and returns the context
// that the request needs for that.
func (a *attempt) watch() context.Context {
	a.trace.GetConn, a.trace.GotConn = a.getConn, a.gotConn
	if a.once() && !a.unrepeatable() && len(a.call.Body) == 0 {
		a.trace.WroteHeaderField = a.wroteHeaderField
	}
	return httptrace.WithClientTrace(a, &a.trace)
}

func (a *attempt) getConn(string) { a.asked.Store(true) }

func (a *attempt) gotConn(httptrace.GotConnInfo) {
	a.got.Store(true)
	if a.wrote.Load() {
		a.repeated.Store(true)
		a.cancel()
	}
}

// wroteHeaderField sees the first writing of a request without a body. HTTP/2
// repeats it by itself, whatever its method, up to seven times, when the server
// resets its stream with a protocol error: a proxy that chokes on the answer does so
// after the provider has acted. It looks at the context once more before it writes,
// so gotConn can end it.
//
// Only its header fields have names with a colon. HTTP/1 repeats such a request only
// when not a byte of it was written, and reports it as written before that is known:
// to end the call there would leave a merchant with an unknown outcome each time that
// an idle connection was closed meanwhile.
func (a *attempt) wroteHeaderField(name string, _ []string) {
	if strings.HasPrefix(name, ":") {
		a.wrote.Store(true)
	}
}

// attempt sends the call once.
func (c *Client) attempt(caller context.Context, call *Call, target string) (*Answer, outcome) {
	a := &attempt{client: c, call: call, keyed: c.KeyHeader != "" && call.IdempotencyKey != ""}
	a.Context, a.cancel = context.WithTimeout(caller, c.timeout)
	defer a.cancel()

	request := *c.template
	request.SetContext(a.watch())
	// For other methods resty copies a body, even where there is none: what this
	// request is comes from complete.
	res, err := request.Execute(http.MethodGet, target)
	if err != nil && a.repeated.Load() {
		return nil, c.lost(caller, caller, call, errRepeated, false) // it was we who ended a
	}
	if err != nil {
		return nil, c.lost(caller, a, call, err, a.asked.Load() && !a.got.Load())
	}
	raw := res.RawResponse
	defer raw.Body.Close()
	defer a.release()
	answer := &a.answer
	answer.Status, answer.Header = raw.StatusCode, raw.Header
	if answer.Status < 200 {
		// The connection now belongs to whoever reads the body, and no deadline
		// ends that: reading could take for ever.
		return answer, c.judge(call, answer, nil)
	}

	body := &a.download
	if answer.OK() && call.Stream != nil {
		*body = Body{ctx: a, r: raw.Body, left: call.MaxStream, head: make([]byte, 0, redact.MaxStart)}
		err = call.Stream(answer, body)
		if err != nil {
			answer.start = body.head
		}
		if body.err != nil {
			return answer, c.lost(caller, a, call, body.err, false)
		}
		return answer, c.judge(call, answer, err)
	}
	*body = Body{ctx: a, r: raw.Body, left: DefaultMaxBody}
	a.room = rooms.Get().(*[]byte)
	*a.room, err = body.all((*a.room)[:0], raw.ContentLength)
	answer.Body = *a.room
	if err != nil {
		// What was cut can still be a whole object, with blanks after it up to the
		// cap and anything behind: nobody reads it as the provider's word.
		answer.start, answer.Body = answer.Body, nil
	}
	switch {
	case body.err != nil:
		return answer, c.lost(caller, a, call, body.err, false)
	case a.Err() != nil: // nobody waits for what a long answer says
		return answer, c.lost(caller, a, call, a.Err(), false)
	case err != nil && !answer.OK(): // too large to read: the status still decides
		err = nil
	case err == nil && answer.OK() && call.Decode != nil:
		err = call.Decode(answer)
	}
	return answer, c.judge(call, answer, err)
}

// errRepeated is a request that was about to be sent a second time.
var errRepeated = errors.New("the request was about to be repeated")

// errTooLarge is what reading past the cap gives.
var errTooLarge = errors.New("the answer is too large")

// Body reads an answer up to a cap on its decompressed bytes, until its context ends.
type Body struct {
	ctx  context.Context
	r    io.Reader
	left int64
	err  error  // of the network, as opposed to the cap
	head []byte // the start of what was streamed, up to its capacity, for Error.Raw
}

func (b *Body) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if b.err = b.ctx.Err(); b.err != nil { // a body that has arrived is read without asking the network
		return 0, b.err
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	b.head = append(b.head, p[:min(n, cap(b.head)-len(b.head))]...)
	if b.left -= int64(n); b.left < 0 {
		return n, errTooLarge
	}
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// all reads what is left of the body into room, or into more of it. length is what
// the provider says it is, and only a hint.
func (b *Body) all(room []byte, length int64) ([]byte, error) {
	if int64(cap(room)) <= length && length < DefaultMaxBody {
		room = make([]byte, 0, length+1) // the end is found without more room
	}
	for {
		if len(room) == cap(room) {
			room = slices.Grow(room, len(room))
		}
		n, err := b.Read(room[len(room):cap(room)])
		room = room[:len(room)+n]
		switch err {
		case nil:
		case io.EOF:
			return room, nil
		default:
			return room, err
		}
	}
}
