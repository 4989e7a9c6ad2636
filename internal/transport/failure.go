package transport

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/config"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/strictjson"
)

// Invalid is the error for a field that is wrong; nothing was sent. It names the
// field and never its value.
func (c *Client) Invalid(op, field, problem string) *guichet.Error {
	return &guichet.Error{Provider: c.name(), Op: op, Kind: guichet.ErrInvalidRequest, Message: field + ": " + problem}
}

// Unsupported is the error for an operation or field that the provider has no
// slot for; nothing was sent.
func (c *Client) Unsupported(op, what string) *guichet.Error {
	return &guichet.Error{Provider: c.name(), Op: op, Kind: guichet.ErrUnsupported, Message: what}
}

// Unmade is the error of a client that New did not make: a zero one, or the nil
// that New returned beside an error. Nothing was sent.
func Unmade(op string) *guichet.Error {
	return &guichet.Error{Op: op, Kind: guichet.ErrInvalidRequest, Message: "the client was not made by New"}
}

// name is the provider's; a client that was not made by New has none.
func (c *Client) name() string {
	if c == nil {
		return ""
	}
	return c.Provider
}

// Fail is the error for an answer that was read, and is not what was asked for. Called
// after Do has returned, it has an Error.Raw only if a.Body is set to a copy.
func (c *Client) Fail(call *Call, a *Answer, kind error, message string) *guichet.Error {
	if c == nil {
		return Unmade(call.Op)
	}
	return c.complete(call, a, &guichet.Error{Kind: kind, Message: message}, ours)
}

func (c *Client) base(call *Call) *guichet.Error {
	e := &guichet.Error{Provider: c.Provider, Op: call.Op, Reference: call.Reference}
	if c.KeyHeader != "" {
		e.IdempotencyKey = call.IdempotencyKey
	}
	return e
}

// contextError is the error of a call whose context ended before anything was sent.
func (c *Client) contextError(call *Call, err error) *guichet.Error {
	e := c.base(call)
	e.Err = err
	return e
}

// kinds says what an HTTP status means where the body does not say more.
var kinds = map[int]error{
	http.StatusUnauthorized:    guichet.ErrUnauthorized,
	http.StatusPaymentRequired: guichet.ErrDeclined,
	http.StatusForbidden:       guichet.ErrUnauthorized,
	http.StatusNotFound:        guichet.ErrNotFound,
	http.StatusRequestTimeout:  guichet.ErrUnavailable, // the provider may have read it all
	http.StatusConflict:        guichet.ErrConflict,
	http.StatusTooManyRequests: guichet.ErrRateLimited,
}

// KindOf returns the error kind of an HTTP status that is not 2xx.
func KindOf(status int) error {
	if kind, ok := kinds[status]; ok {
		return kind
	}
	switch {
	case status >= 400 && status <= 499:
		return guichet.ErrInvalidRequest
	case status >= 500:
		return guichet.ErrUnavailable
	}
	return guichet.ErrBadResponse
}

// judge turns an answer into an outcome. decodeErr is what reading it gave.
func (c *Client) judge(call *Call, a *Answer, decodeErr error) outcome {
	if a.OK() && decodeErr == nil {
		return outcome{}
	}
	var refusal *guichet.Error
	whose := theirs
	switch {
	case a.Status >= 300 && a.Status <= 399: // a redirect is never followed, so its body is not read
	case !a.OK() && call.Refusal != nil:
		refusal = call.Refusal(a)
	case !a.OK() && c.Refusal != nil:
		refusal = c.Refusal(a)
	case decodeErr != nil:
		if refusal = refusalIn(decodeErr); refusal != nil {
			break
		}
		refusal, whose = &guichet.Error{Kind: guichet.ErrBadResponse, Message: strictjson.Sentence("the answer", decodeErr)}, ours
	}
	if refusal == nil {
		refusal = new(guichet.Error)
	}
	if refusal.Message == "" && !a.OK() {
		refusal.Message, whose = a.unread(), ours
	}
	return outcome{err: c.complete(call, a, refusal, whose)}
}

// unread says why an answer that is not 2xx cannot be the API's own words, such as the
// page of a proxy; "" if it can, and for a redirect, whose body is not read.
func (a *Answer) unread() string {
	switch {
	case a.Status < 400:
		return ""
	case a.Body == nil && len(a.start) > 0:
		return errTooLarge.Error()
	}
	if _, err := a.JSON(); err != nil {
		return strictjson.Sentence("the answer", err)
	}
	return ""
}

// refusalIn returns the provider's refusal that reading an answer has found, nil if
// err is anything else.
func refusalIn(err error) *guichet.Error {
	if refusal, ok := err.(*guichet.Error); ok {
		return refusal
	}
	var refusal *guichet.Error
	_ = errors.As(err, &refusal)
	return refusal
}

// author is who wrote the message of an error.
type author bool

const (
	theirs author = false
	ours   author = true // from fixed texts and the names of members
)

// A call made through Do can have any number of values, and each is looked for in
// some ten spellings. Above these numbers the work would outlast the call's deadline,
// so that what the provider says is left out instead.
const (
	maxInMessage = 256  // values of a call, for the message, the code and the request id
	maxInRaw     = 4096 // values of a call, for Error.Raw, which does the work when it is asked
)

const tooManyValues = "what the provider says is left out, because too many values would have to be looked for in it"

// complete fills in what every error of an answer carries.
func (c *Client) complete(call *Call, a *Answer, said *guichet.Error, whose author) *guichet.Error {
	e := c.base(call)
	e.Kind, e.Err, e.RetryAfter = said.Kind, said.Err, said.RetryAfter
	e.HTTPStatus = a.Status
	if e.Kind == nil {
		e.Kind = KindOf(a.Status)
	}
	text, cut := a.Body, false
	if len(text) == 0 {
		text, cut = a.start, true
	}
	secrets := call.Sensitive
	if made := c.secretsIn(text); len(made) > 0 {
		secrets = slices.Concat(secrets, made)
	}
	requestID := cmp.Or(said.RequestID, a.Header.Get("X-Request-Id"))
	if len(secrets) <= maxInMessage {
		scrubber := c.scrubberFor(secrets, max(len(said.Message), len(said.ProviderCode), len(requestID)))
		e.Message, e.ProviderCode, e.RequestID = scrubber.Message(said.Message), scrubber.Message(said.ProviderCode), scrubber.Message(requestID)
	} else if e.Message = tooManyValues; whose == ours {
		e.Message = said.Message
	}
	// A provider package lets through only an address that can hold no value of the
	// call. Metadata such as "ligdicash" must not blank it out, so only the client's
	// own secrets are looked for.
	if said.HelpURL != "" && len(said.HelpURL) <= redact.MaxStart && c.scrubber.Text(said.HelpURL) == said.HelpURL {
		e.HelpURL = said.HelpURL
	}
	if len(text) > 0 {
		cut = cut || len(text) > redact.MaxStart
		start := bytes.Clone(text[:min(len(text), redact.MaxStart)])
		config.SetRaw(e, func() []byte { return c.raw(start, cut, secrets) })
	}
	if e.RetryAfter == 0 && (a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable) {
		e.RetryAfter = retryAfter(a.Status, a.Header, time.Now())
	}
	// A server that broke down may have acted before, whatever code its body gives.
	broke := a.Status >= 500 || a.Status == http.StatusRequestTimeout
	e.OutcomeUnknown = call.policy() != Read && // a read has no outcome
		(said.OutcomeUnknown || broke || e.Kind == guichet.ErrUnavailable || e.Kind == guichet.ErrBadResponse)
	return e
}

// scrubberFor returns a scrubber of the client's own secrets and of those among secrets
// that can stand in a text of that many bytes.
func (c *Client) scrubberFor(secrets []string, size int) *redact.Scrubber {
	var fitting []string
	for _, secret := range secrets {
		if redact.Fits(secret, size) {
			fitting = append(fitting, secret)
		}
	}
	return c.scrubber.With(fitting...)
}

// raw is what Error.Raw returns of the start of an answer. Where the answer was cut
// half a secret may stand, and what is removed before it moves it into what is kept.
func (c *Client) raw(start []byte, cut bool, secrets []string) []byte {
	if len(secrets) > maxInRaw {
		return nil
	}
	scrubber, start := c.scrubber.With(secrets...), c.withoutSecretMembers(start)
	if cut {
		return scrubber.Start(start)
	}
	return scrubber.Bytes(start)
}

// lost is the outcome of an attempt without a complete answer. The texts are
// fixed: net/http's print the URL with its query, and LigdiCash's token is in it.
func (c *Client) lost(parent, ctx context.Context, call *Call, err error, notSent bool) outcome {
	e := c.base(call)
	e.Kind = guichet.ErrUnavailable
	out := outcome{err: e, notSent: notSent, network: true}
	e.OutcomeUnknown = !notSent && call.policy() != Read

	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case parent.Err() != nil:
		e.Err, e.Message = parent.Err(), "the context ended"
	case errors.As(err, &certificate):
		e.Err, e.Message, out.final = certificate, "the certificate of the server does not verify", true
	case ctx.Err() != nil:
		e.Err, e.Message = ctx.Err(), "no answer in time"
	case errors.As(err, &dns):
		e.Err, e.Message, out.final = dns, "the host name cannot be resolved", dns.IsNotFound
	default:
		e.Err, e.Message = cause(err), "the connection failed"
	}
	return out
}

// cause returns the part of err that is safe to show: never a *url.Error.
func cause(err error) error {
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.As(err, &op):
		return op
	case errors.As(err, &dns):
		return dns
	}
	return nil
}

// maxSegment is longer than any provider's ids and tokens.
const maxSegment = 4096

// segmentProblem says why s cannot be an id in a path; "" if it can. A path step would
// climb to another endpoint, an empty id would ask the collection.
func segmentProblem(s string) string {
	switch {
	case s == "":
		return "must not be empty"
	case holdsStep(s):
		return "must not hold a path step, such as .."
	case len(s) > maxSegment:
		return "is too long"
	case !utf8.ValidString(s):
		return "is not valid UTF-8"
	case strings.ContainsFunc(s, unicode.IsControl):
		return "must not hold control characters"
	}
	return ""
}

// holdsStep reports whether one of the segments of s is a path step, in itself or when
// it is decoded: servers decode before they route, and some take a backslash for a
// slash.
func holdsStep(s string) bool {
	texts := []string{s}
	if plain, err := url.PathUnescape(s); err == nil && plain != s {
		texts = append(texts, plain)
	}
	for _, text := range texts {
		for _, step := range strings.FieldsFunc(text, func(r rune) bool { return r == '/' || r == '\\' }) {
			if step == "." || step == ".." {
				return true
			}
		}
	}
	return false
}
