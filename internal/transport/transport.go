// Package transport sends the calls of the provider packages. It is the only
// place that knows resty, and the only place that turns a failure into a
// *guichet.Error, so that the rules about money and secrets are kept once.
//
// Of resty it uses the request building and the connection handling; never its
// retries (they repeat a create on any network error), its decoding (it calls an
// HTML page a success) or its logs (they print the URL with its token).
package transport

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/strictjson"
)

// DefaultMaxBody caps an answer, after decompression.
const DefaultMaxBody = 1 << 20

// Config is what a provider package brings.
type Config struct {
	Provider string // "lygos"
	BaseURL  string // without trailing slash; empty: WithBaseURL is required

	// Authorize adds the credentials to the headers that every request has. New calls
	// it once. They live in closures and nowhere else: fmt reaches every struct field,
	// also the unexported ones.
	Authorize func(h http.Header)
	// Secrets are removed from whatever the provider answers before it can
	// reach an error.
	Secrets []string

	// SecretMembers names members of answers whose texts are secrets that the provider
	// makes up, such as that of a new webhook. No error keeps them, wherever in an
	// answer they stand and even if it was cut short or is no JSON.
	SecretMembers []string

	KeyHeader string // the documented idempotency header; empty: none, and never sent

	// Refusal reads an answer that is not 2xx. It returns what the body says:
	// ProviderCode, Message, and Kind where a code decides; a nil Kind is filled
	// in by HTTP status. Setting OutcomeUnknown says that the provider is still
	// at work on this very call, so that a keyed call asks again.
	Refusal func(a *Answer) *guichet.Error

	// Refused reads a 2xx answer of Raw, whose caller may look at none of it. It
	// returns the refusal, for a provider that refuses with a 2xx, else nil.
	Refused func(method string, a *Answer) error

	// Once names path prefixes that Raw must never repeat although they are GETs,
	// because they act.
	Once []string
}

// Policy says when a call may be sent again.
type Policy int

const (
	ByMethod Policy = iota // the zero value: a GET is a Read, any other method a Write
	Read                   // asking twice costs nothing
	Write                  // sent once, unless it provably never left this machine
	Keyed                  // protected by an idempotency key that the provider documents for this endpoint
)

// Call is one operation at one endpoint.
type Call struct {
	Op     string // for errors and logs: "CreatePayment"
	Method string
	Route  string   // "/gateway/payin/{order_id}", below the base URL
	Args   []string // fill the braces in order, each escaped as one path segment
	Query  url.Values
	Header http.Header // beyond the usual ones
	Body   []byte      // JSON; nil: none

	Policy         Policy
	Reference      string // for the error
	IdempotencyKey string // sent when the provider has a KeyHeader
	Sensitive      []string

	// Decode reads a 2xx answer. A *guichet.Error it returns is taken as the
	// provider's refusal; any other error means that the answer is unreadable.
	Decode func(a *Answer) error
	// Stream reads a 2xx answer as it arrives, instead of Decode, with
	// MaxStream bytes at most.
	Stream    func(a *Answer, body *Body) error
	MaxStream int64
	// literal says that Route is a path that the caller wrote, with ids and tokens
	// in it, and not a template.
	literal bool

	// Refusal reads an answer that is not 2xx, in place of Config.Refusal, where
	// the meaning of a code depends on the endpoint.
	Refusal func(a *Answer) *guichet.Error
}

// policy is Policy, with the method's own in place of ByMethod. A policy that is not
// known is a Write.
func (call *Call) policy() Policy {
	switch {
	case call.Policy == Read, call.Policy == Keyed:
		return call.Policy
	case call.Policy == ByMethod && call.Method == http.MethodGet:
		return Read
	}
	return Write
}

// Answer is what the provider said. Its Body and its JSON are there for the functions
// that read it, Decode and Refusal, and gone when they have returned: the next call
// reads into the same memory. What outlives them is a copy.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // nil while streaming, and of an answer that is too large

	start []byte // of an answer that was not read to its end, for Error.Raw

	doc     *strictjson.Document
	problem error // of reading it as JSON
}

// JSON returns the answer, read once however often it is asked for.
func (a *Answer) JSON() (strictjson.Value, error) {
	doc, err := a.document()
	if err != nil {
		return strictjson.Value{}, err
	}
	return doc.Root(), nil
}

func (a *Answer) document() (*strictjson.Document, error) {
	if a.doc == nil && a.problem == nil {
		a.doc, a.problem = strictjson.Parse(a.Body)
	}
	return a.doc, a.problem
}

// errGone is the error of who reads an answer too late. An answer must not look empty
// then.
var errGone = errors.New("the answer is no longer there to be read")

func (a *Answer) release() {
	a.doc.Release()
	a.Body, a.start, a.doc, a.problem = nil, nil, nil, errGone
}

// OK reports whether the status is one of success. Only 2xx is: after a redirect
// the answer of a create would be somebody else's.
func (a *Answer) OK() bool { return a.Status >= 200 && a.Status <= 299 }

// Client sends calls to one provider. It is immutable after New and safe for use
// by many goroutines.
type Client struct {
	Config
	template   *resty.Request              // of every request; read-only
	headers    func(body bool) http.Header // of every request, with the credentials; read-only
	http       *http.Client
	logger     *slog.Logger
	limiter    guichet.Limiter
	maxRetries int
	timeout    time.Duration
	budget     *budget
	scrubber   *redact.Scrubber
}

// New applies the options and returns a client. Errors are ErrInvalidRequest and
// repeat no setting's value.
func New(cfg Config, opts ...guichet.Option) (*Client, error) {
	settings := config.New()
	settings.BaseURL = cfg.BaseURL
	for _, option := range opts {
		if option == nil {
			return nil, newError(cfg.Provider, "an option is nil")
		}
		if err := config.Apply(option, &settings); err != nil {
			if e, ok := err.(*guichet.Error); ok {
				e.Provider = cfg.Provider
			}
			return nil, err
		}
	}
	if settings.BaseURL == "" {
		return nil, newError(cfg.Provider, "no base URL can be told from the keys: use WithBaseURL")
	}
	hc, err := httpClient(settings)
	if err != nil {
		err.Provider = cfg.Provider
		return nil, err
	}
	cfg.BaseURL = settings.BaseURL
	c := &Client{
		Config:     cfg,
		http:       hc,
		logger:     settings.Logger,
		limiter:    settings.Limiter,
		maxRetries: settings.MaxRetries,
		timeout:    settings.Timeout,
		budget:     newBudget(),
		scrubber:   redact.NewScrubber(cfg.Secrets...),
	}
	c.Secrets = nil // the scrubber keeps them where no printer can reach
	c.template = newTemplate(hc)
	ready := http.Header{"Accept": {jsonType}, "User-Agent": {"guichet-go/" + c.Provider}}
	if c.Authorize != nil {
		c.Authorize(ready)
	}
	withBody := ready.Clone()
	withBody["Content-Type"] = []string{jsonType}
	// Behind a func for the same reason as in Config.Authorize.
	c.headers = func(body bool) http.Header {
		if body {
			return withBody
		}
		return ready
	}
	return c, nil
}

func newError(provider, message string) *guichet.Error {
	return &guichet.Error{Provider: provider, Op: "New", Kind: guichet.ErrInvalidRequest, Message: message}
}

// CloseIdleConnections closes connections that wait for a next call.
func (c *Client) CloseIdleConnections() {
	if c != nil {
		c.http.CloseIdleConnections()
	}
}

// Do sends the call, again where its policy and the outcome allow, and has
// call.Decode read the answer. Every error is a *guichet.Error.
func (c *Client) Do(ctx context.Context, call *Call) (*Answer, error) {
	if c == nil {
		return nil, Unmade(call.Op)
	}
	if ctx == nil {
		return nil, c.Invalid(call.Op, "ctx", "is nil")
	}
	target, err := c.target(call)
	if err != nil {
		return nil, err
	}

	var past history
	for retries := 0; ; retries++ {
		if err := c.admit(ctx, call); err != nil {
			if past.err != nil { // an earlier attempt was made: what came of it counts
				return past.end(ctx.Err())
			}
			return nil, err
		}
		start := time.Now()
		answer, out := c.attempt(ctx, call, target)
		c.log(ctx, call, answer, out, retries+1, time.Since(start))
		if out.err == nil {
			c.budget.refund()
			return answer, nil
		}
		retry := c.shouldRetry(ctx, call, out, retries) // asks what this answer said, not an earlier one
		wait := max(backoff(retries), out.err.RetryAfter)
		past.add(answer, out)
		switch {
		case retry:
		case past.err != out.err: // told of an earlier attempt: say why there is no later one
			return past.end(ctx.Err())
		default:
			return past.end(nil)
		}
		if err := pause(ctx, wait); err != nil {
			return past.end(err)
		}
	}
}

// history is what the caller has to know of the attempts so far.
type history struct {
	answer  *Answer
	err     *guichet.Error
	sent    bool // an attempt was sent
	unknown bool // an attempt may have been acted upon
}

func (h *history) add(a *Answer, out outcome) {
	// An attempt that nobody can account for is not settled by a later refusal:
	// the refusal may be of the second copy.
	h.unknown = h.unknown || out.err.OutcomeUnknown
	if out.notSent && h.sent && !h.unknown {
		return // one was sent and refused; this one would read as if none had been
	}
	h.sent = h.sent || !out.notSent
	h.answer, h.err = a, out.err
	h.err.OutcomeUnknown = h.unknown
	if !h.sent {
		h.err.Message += "; nothing was sent"
	}
}

// end returns the result; contextErr is the context's error, if that ended the call.
func (h *history) end(contextErr error) (*Answer, error) {
	if contextErr != nil {
		h.err.Err = contextErr
	}
	return h.answer, h.err
}

// target builds the URL. Caller's values cannot leave their path segment.
func (c *Client) target(call *Call) (string, *guichet.Error) {
	size := len(c.BaseURL) + len(call.Route)
	for _, arg := range call.Args {
		size += len(arg)
	}
	for name, values := range call.Query {
		for _, value := range values {
			size += len("?=") + len(name) + len(value)
		}
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteString(c.BaseURL)
	rest := call.Route
	for _, arg := range call.Args {
		before, after, _ := strings.Cut(rest, "{")
		name, tail, _ := strings.Cut(after, "}")
		if problem := segmentProblem(arg); problem != "" {
			return "", c.Invalid(call.Op, name, problem)
		}
		b.WriteString(before)
		b.WriteString(url.PathEscape(arg))
		rest = tail
	}
	b.WriteString(rest)
	writeQuery(&b, call.Query)
	return b.String(), nil
}

// writeQuery writes what url.Values.Encode does, with fewer steps where there is one
// parameter, as in most calls that have any.
func writeQuery(b *strings.Builder, query url.Values) {
	if len(query) > 1 {
		b.WriteByte('?')
		b.WriteString(query.Encode())
		return
	}
	sign := byte('?')
	for name, values := range query {
		for _, value := range values {
			b.WriteByte(sign)
			b.WriteString(url.QueryEscape(name))
			b.WriteByte('=')
			b.WriteString(url.QueryEscape(value))
			sign = '&'
		}
	}
}

// fill writes the headers of one attempt into h, a map of its own. The values are
// copies: those of the attempt before may still be being written, and a RoundTripper
// of the caller's may change what it is given.
func (c *Client) fill(h http.Header, call *Call) {
	ready := c.headers(call.Body != nil)
	copies := make([]string, 0, len(ready))
	for name, values := range ready {
		start := len(copies)
		copies = append(copies, values...)
		h[name] = copies[start:len(copies):len(copies)]
	}
	for name, values := range call.Header {
		if _, taken := h[name]; !taken {
			h[name] = values
		}
	}
	if c.KeyHeader != "" && call.IdempotencyKey != "" {
		h.Set(c.KeyHeader, call.IdempotencyKey)
	}
}

// admit asks the context and the caller's limiter. What they refuse was not sent.
func (c *Client) admit(ctx context.Context, call *Call) *guichet.Error {
	var err error
	if c.limiter != nil && ctx.Err() == nil {
		err = c.limiter.Wait(ctx)
	}
	switch {
	case ctx.Err() != nil:
		return c.contextError(call, ctx.Err())
	case err != nil:
		e := c.base(call)
		e.Kind, e.Message = guichet.ErrRateLimited, "the limiter refused the call; nothing was sent"
		e.Err = cause(err)
		return e
	}
	return nil
}

// log tells the caller's logger about one attempt. The route is a template and
// the error is its class: no value of the call is in it.
func (c *Client) log(ctx context.Context, call *Call, a *Answer, out outcome, attempt int, took time.Duration) {
	if c.logger == nil {
		return
	}
	attrs := []slog.Attr{
		slog.String("provider", c.Provider),
		slog.String("op", call.Op),
		slog.String("method", call.Method),
		slog.Int("attempt", attempt),
		slog.Duration("duration", took),
	}
	if !call.literal {
		attrs = append(attrs, slog.String("route", call.Route))
	}
	if a != nil {
		attrs = append(attrs, slog.Int("status", a.Status))
	}
	if out.err != nil {
		class := "none"
		if out.err.Kind != nil {
			class = out.err.Kind.Error()
		}
		attrs = append(attrs, slog.String("class", class), slog.Bool("outcome_unknown", out.err.OutcomeUnknown))
	}
	c.logger.LogAttrs(ctx, slog.LevelDebug, "guichet: attempt", attrs...)
}
