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
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
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
	hc.Transport = noRedirect{hc.Transport}
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

// noRedirect hides where a 3xx points to. http.Client would send the key headers
// and the body of the create there; and it parses the Location before it asks
// CheckRedirect, failing with an error that prints it.
type noRedirect struct{ next http.RoundTripper }

func (t noRedirect) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.next.RoundTrip(r)
	if res != nil && res.StatusCode >= 300 && res.StatusCode <= 399 {
		res.Header.Del("Location")
	}
	return res, err
}

func (t noRedirect) CloseIdleConnections() {
	if closer, ok := t.next.(interface{ CloseIdleConnections() }); ok {
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

// attemptKey carries what the hook below does to the request of one attempt.
type attemptKey struct{}

type attempt struct {
	header http.Header // ready, with the credentials
	once   bool        // net/http must not repeat it by itself
	keyed  bool        // an idempotency header is sent
}

// unrepeatable reports whether the attempt goes with an empty reader where it has
// no body. net/http replays, on a connection that died, any GET and whatever has
// an idempotency header; a body that it cannot send again it does not.
func (a attempt) unrepeatable(method string) bool { return method == http.MethodGet || a.keyed }

func newResty(hc *http.Client) *resty.Client {
	rc := resty.NewWithClient(hc).SetLogger(silent{}).SetDisableWarn(true).SetRetryCount(0)
	// The headers go straight to the request that is sent, so that no struct of
	// resty's ever holds a credential.
	rc.SetPreRequestHook(func(_ *resty.Client, r *http.Request) error {
		a, _ := r.Context().Value(attemptKey{}).(attempt)
		r.Header = a.header
		// Without GetBody net/http cannot replay a POST by itself. It would, on a
		// connection that died, when it sees an idempotency header, and nobody
		// would count that attempt.
		r.GetBody = nil
		switch empty := r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0; {
		case !empty || !a.once:
		case a.unrepeatable(r.Method):
			r.Body = io.NopCloser(bytes.NewReader(nil))
		default:
			// Not chunked, as resty leaves it: many a firewall refuses that.
			r.Body = http.NoBody
		}
		return nil
	})
	return rc
}

// outcome is what one attempt came to.
type outcome struct {
	err     *guichet.Error // nil: success
	notSent bool           // provably nothing was written
	network bool           // no complete answer arrived
	final   bool           // trying again cannot help: a certificate, a host that does not exist
}

// attempt sends the call once.
func (c *Client) attempt(parent context.Context, call *Call, target string, header http.Header) (*Answer, outcome) {
	ctx, cancel := context.WithTimeout(parent, c.timeout)
	defer cancel()

	// A connection was asked for and never had: then nothing was written. A
	// RoundTripper that reports neither counts as having sent.
	var asked, got, wrote, repeated atomic.Bool
	trace := &httptrace.ClientTrace{
		GetConn: func(string) { asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
	}
	a := attempt{header: header, once: call.Policy != Read, keyed: c.KeyHeader != "" && call.IdempotencyKey != ""}
	if a.once && !a.unrepeatable(call.Method) && len(call.Body) == 0 {
		// HTTP/2 repeats a request without a body by itself, whatever its method,
		// up to seven times, when the server resets its stream with a protocol
		// error: a proxy that chokes on the answer does so after the provider has
		// acted. It looks at the context once more before it writes.
		//
		// Only its header fields have names with a colon. HTTP/1 repeats such a
		// request only when not a byte of it was written, and reports it as written
		// before that is known: to end the call there would leave a merchant with an
		// unknown outcome each time that an idle connection was closed meanwhile.
		trace.WroteHeaderField = func(name string, _ []string) {
			if strings.HasPrefix(name, ":") {
				wrote.Store(true)
			}
		}
		trace.GotConn = func(httptrace.GotConnInfo) {
			got.Store(true)
			if wrote.Load() {
				repeated.Store(true)
				cancel()
			}
		}
	}
	ctx = httptrace.WithClientTrace(ctx, trace)
	ctx = context.WithValue(ctx, attemptKey{}, a)
	request := c.resty.R().SetContext(ctx).SetDoNotParseResponse(true)
	if call.Body != nil {
		request.SetBody(bytes.NewReader(call.Body))
	}
	res, err := request.Execute(call.Method, target)
	if err != nil && repeated.Load() {
		return nil, c.lost(parent, parent, call, errRepeated, false) // it was we who ended ctx
	}
	if err != nil {
		return nil, c.lost(parent, ctx, call, err, asked.Load() && !got.Load())
	}
	raw := res.RawResponse
	defer raw.Body.Close()
	answer := &Answer{Status: raw.StatusCode, Header: raw.Header}
	if answer.Status < 200 {
		// The connection now belongs to whoever reads the body, and no deadline
		// ends that: reading could take for ever.
		return answer, c.judge(call, answer, nil)
	}

	if answer.OK() && call.Stream != nil {
		body := &Body{r: raw.Body, left: call.MaxStream, head: make([]byte, 0, maxHead)}
		err = call.Stream(answer, body)
		if err != nil {
			answer.start = body.head
		}
		if body.err != nil {
			return answer, c.lost(parent, ctx, call, body.err, false)
		}
		return answer, c.judge(call, answer, err)
	}
	body := &Body{r: raw.Body, left: DefaultMaxBody}
	answer.Body, err = io.ReadAll(body)
	if err != nil {
		// What was cut can still be a whole object, with blanks after it up to the
		// cap and anything behind: nobody reads it as the provider's word.
		answer.start, answer.Body = answer.Body, nil
	}
	switch {
	case body.err != nil:
		return answer, c.lost(parent, ctx, call, body.err, false)
	case err != nil && !answer.OK(): // too large to read: the status still decides
		err = nil
	case err == nil && answer.OK() && call.Decode != nil:
		err = call.Decode(answer)
	}
	return answer, c.judge(call, answer, err)
}

// errRepeated is a request that was about to be sent a second time.
var errRepeated = errors.New("the request was about to be repeated")

// maxHead is more than an error keeps, so that a secret at its end is found whole.
const maxHead = 8 << 10

// errTooLarge is what reading past the cap gives.
var errTooLarge = errors.New("the answer is too large")

// Body reads an answer up to a cap on its decompressed bytes.
type Body struct {
	r    io.Reader
	left int64
	err  error  // of the network, as opposed to the cap
	head []byte // the start of what was streamed, up to its capacity, for Error.Raw
}

func (b *Body) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
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
