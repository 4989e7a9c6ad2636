package network

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/guichetpay/guichet"
)

// Op is one column of the matrix.
type Op string

// The operations that every fault is met with.
const (
	Create      Op = "create"
	KeyedCreate Op = "create with a key of the caller's"
	Status      Op = "status"
	List        Op = "list"
	Wait        Op = "wait"
)

// Class is what an operation comes to.
type Class string

// The classes. How they show in an error is what judge checks.
const (
	OK          Class = "success"
	Pending     Class = "a pending payment"
	Blank       Class = "a payment without its status" // in a list: without its id
	Empty       Class = "an empty list"
	NotSent     Class = "not sent"         // failed, and the provider has seen nothing
	Canceled    Class = "canceled"         // the context ended before anything was sent
	Rejected    Class = "rejected"         // refused: the kind says why
	Limited     Class = "rate limited"     // refused for now
	Unknown     Class = "unknown"          // a create may have been acted upon; a read has just failed
	Failed      Class = "failed"           // any failure
	Unsupported Class = "unsupported"      // refused before a socket opens
	Polling     Class = "polls on"         // Wait asks on until the deadline, and returns the last state it saw
	AtOnce      Class = "deadline at once" // Wait gives up before a deadline that it could not make
	Stopped     Class = "stopped"          // Wait ends with the caller's context, and returns the last state it saw
	Ended       Class = "ended"            // Wait returns the failure at once
)

// How many requests the server sees, or questions of Wait meet the fault. Other
// counts stand for themselves.
const (
	never    = 0
	once     = 1
	again    = -1 // once, and for every retry
	whole    = -2 // what the operation takes when all goes well
	wholeAnd = -3 // and one that was lost
)

// want is one cell.
type want struct {
	class    Class
	sends    int
	attempts int   // of the client, also those that nobody saw; 0: not compared
	kind     error // of the error; nil: what the row or the class says
	cause    error // that errors.Is must find; nil: any
	blank    bool  // Wait has last seen a payment of unknown status
}

func lostCell(sends int) want {
	return want{class: Unknown, sends: sends, attempts: sends, kind: guichet.ErrUnavailable}
}

// columns are the cells of one row: a create that no documented key protects, a
// create that one does, status, list and wait.
type columns struct{ c, ci, g, l, w want }

func all(w want) columns { return columns{w, w, w, w, w} }

// waiting replaces the cell of Wait.
func (c columns) waiting(class Class, sends int) columns {
	c.w = want{class: class, sends: sends}
	return c
}

// because adds the cause to every cell but that of Wait, whose class names it.
func (c columns) because(cause error) columns {
	for _, w := range []*want{&c.c, &c.ci, &c.g, &c.l} {
		w.cause = cause
	}
	return c
}

// The rows that most faults share.
var (
	// The connection broke: reads and protected creates are sent again.
	lost = columns{c: lostCell(once), ci: lostCell(again), g: lostCell(again), l: lostCell(again)}.waiting(Polling, again)
	// There is no time, or no use, to send anything again.
	lostOnce = all(lostCell(once)).waiting(Polling, again)
	// It broke because it was old: reads and protected creates succeed.
	reused = columns{
		c: lostCell(once), ci: want{class: OK, sends: wholeAnd},
		g: want{class: OK, sends: wholeAnd}, l: want{class: OK, sends: wholeAnd}, w: want{class: OK},
	}
	// An answer came, and cannot be read: asking again would not help.
	unreadable = all(want{class: Unknown, sends: once, attempts: once, kind: guichet.ErrBadResponse}).waiting(Polling, again)
	// No connection was had; a certificate or a name will not get better.
	unsent   = all(want{class: NotSent, sends: never, attempts: again}).waiting(Polling, again)
	hopeless = all(want{class: NotSent, sends: never, attempts: once}).waiting(Ended, once)
	refused  = all(want{class: Rejected, sends: once, attempts: once}).waiting(Ended, once)
	fine     = all(want{class: OK, sends: whole})
	limited  = columns{
		c: want{class: Limited, sends: once, attempts: once}, ci: want{class: Limited, sends: again, attempts: again},
		g: want{class: Limited, sends: again, attempts: again}, l: want{class: Limited, sends: again, attempts: again},
	}.waiting(Polling, again)
	limitedAtOnce = all(want{class: Limited, sends: once, attempts: once}).waiting(AtOnce, once)
	// What an attempt came to that nobody can account for is not settled by a
	// refusal, which may be of the second copy.
	lostThenRefused = columns{
		c:  lostCell(once),
		ci: want{class: Unknown, sends: again, attempts: again},
		g:  want{class: Rejected, sends: again, attempts: again},
		l:  want{class: Rejected, sends: again, attempts: again},
	}.waiting(Ended, 2)
	// The provider asks for a pause, and the caller leaves in it. A create that
	// is not repeated has no pause.
	leftInPause = columns{
		c: want{class: Limited, sends: once, attempts: once}, ci: want{class: Limited, sends: once, attempts: once, cause: context.Canceled},
		g: want{class: Limited, sends: once, attempts: once, cause: context.Canceled},
		l: want{class: Limited, sends: once, attempts: once, cause: context.Canceled},
	}.waiting(Stopped, once)
	// A provider that broke down may have acted, whatever it says. What a read
	// comes to is for its words to say.
	brokenRefusal = columns{
		c: want{class: Unknown, sends: once, attempts: once}, ci: want{class: Unknown, sends: again, attempts: again},
		g: want{class: Failed, sends: again, attempts: again}, l: want{class: Failed, sends: again, attempts: again},
	}.waiting(Failed, once)
	unsentOnce = all(want{class: NotSent, sends: never, attempts: once})
	unsentSome = all(want{class: NotSent, sends: never}) // how often is chance
	nothing    = all(want{class: Canceled, sends: never})
)

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// fault is how a provider or the network misbehaves. Whatever it does not break
// is as it should be.
type fault struct {
	answer func(c *cell, x *exchange) bool
	secure func() *tls.Config           // nil: plain HTTP
	raw    func(c *cell, conn net.Conn) // takes every connection, before a request
	// reach replaces the server by an address where there is none. A dialer that
	// is not nil replaces the client's.
	reach func() (address string, dial dialer, release func())

	http2  answerHTTP2 // in place of answer
	goAway bool        // the first connection is sent away after one request

	trust bool // the client trusts the authority of this test
	warm  bool // the connection has carried a good answer before
	cold  bool // not even the first question of Wait is answered
	ended bool // the caller's context has ended before the call
}

// row is one fault of the matrix.
type row struct {
	id, name string
	fault    fault
	want     columns
	kind     error // of the error; nil: what the class says

	html       int           // the status of a refusal that is no JSON: Harness.ByStatus may name another kind
	retryAfter time.Duration // on the error
	gap        time.Duration // that the provider asked for between two requests

	within     time.Duration // deadline of the caller's context; 0: none that matters
	timeout    time.Duration // of one attempt; 0: none that matters
	retries    int           // 0: 1
	leave      time.Duration // when the caller gives up; 0: never
	coded      bool          // the harness has a refusal with a code
	documented bool          // the harness has such a refusal
	large      bool          // hostile in size: memory is measured, alone in the process
}

// pauseBegun is when a client that read an answer is sure to be waiting, also on
// a machine that is busy with something else.
const pauseBegun = time.Second

const (
	short = 150 * time.Millisecond // an attempt that is not answered
	soon  = 200 * time.Millisecond // a caller who does not wait long
)

// rows is the fault matrix. A letter marks a second form of the same fault.
var rows = []row{
	{id: "F00", name: "no fault", fault: fault{answer: good}, want: fine},
	{id: "F00b", name: "no fault over TLS", fault: fault{answer: good, secure: presenting(authority.right), trust: true}, want: fine},

	// Nothing was sent.
	{id: "F01", name: "connection refused", fault: fault{reach: nobody, cold: true}, want: unsent},
	{id: "F02", name: "DNS has no such name", fault: fault{reach: unresolvable(true), cold: true}, want: hopeless.waiting(Polling, again)},
	{id: "F02b", name: "DNS fails", fault: fault{reach: unresolvable(false), cold: true}, want: unsent},
	{id: "F03", name: "TLS: unknown authority", fault: fault{answer: good, secure: presenting(authority.unknown), trust: true, cold: true}, want: hopeless},
	{id: "F03b", name: "TLS: unknown authority, the SDK's own connections", fault: fault{answer: good, secure: presenting(authority.right), cold: true}, want: hopeless},
	{id: "F04", name: "TLS: another host", fault: fault{answer: good, secure: presenting(authority.wrongHost), trust: true, cold: true}, want: hopeless},
	{id: "F05", name: "TLS: expired", fault: fault{answer: good, secure: presenting(authority.outdated), trust: true, cold: true}, want: hopeless},
	{id: "F06", name: "TLS 1.1 only", fault: fault{answer: good, secure: oldTLS, trust: true, cold: true}, want: unsent},
	{id: "F06b", name: "TLS 1.1 only, the SDK's own connections", fault: fault{answer: good, secure: oldTLS, cold: true}, want: unsent},
	{id: "F07", name: "TLS handshake stalls", fault: fault{raw: stall, secure: silentTLS, cold: true}, want: unsent.because(context.DeadlineExceeded), timeout: short},
	{id: "F07b", name: "TLS handshake stalls beyond the caller's deadline", fault: fault{raw: stall, secure: silentTLS, cold: true}, want: unsentOnce.because(context.DeadlineExceeded).waiting(Polling, once), within: soon},
	{id: "F08", name: "plain HTTP on a TLS port", fault: fault{raw: plainHTTP, secure: silentTLS, cold: true}, want: unsent},
	{id: "F09", name: "connecting hangs", fault: fault{reach: hanging, cold: true}, want: unsent.because(context.DeadlineExceeded), timeout: short},
	{id: "F09b", name: "connecting hangs beyond the caller's deadline", fault: fault{reach: hanging, cold: true}, want: unsentOnce.because(context.DeadlineExceeded).waiting(Polling, once), within: soon},

	// The connection was had, and no complete answer.
	{id: "F10", name: "reset before the body was read", fault: fault{answer: resetUnread}, want: lost},
	{id: "F11", name: "reset after the request", fault: fault{answer: resetAfter}, want: lost},
	{id: "F12", name: "closed after the request", fault: fault{answer: closeAfter}, want: lost},
	{id: "F13", name: "reset on a reused connection", fault: fault{answer: resetReused, warm: true}, want: reused},
	{id: "F14", name: "closed on a reused connection", fault: fault{answer: closeReused, warm: true}, want: reused},
	{id: "F15", name: "reset inside the answer", fault: fault{answer: resetInside}, want: lost},
	{id: "F16", name: "no answer", fault: fault{answer: silence}, want: lost.because(context.DeadlineExceeded), timeout: short},
	{id: "F16b", name: "no answer before the caller's deadline", fault: fault{answer: silence}, want: lostOnce.because(context.DeadlineExceeded).waiting(Polling, once), within: soon},
	{id: "F17", name: "dripped body", fault: fault{answer: drip}, want: lost.because(context.DeadlineExceeded), timeout: short},
	{id: "F17b", name: "dripped body beyond the caller's deadline", fault: fault{answer: drip}, want: lostOnce.because(context.DeadlineExceeded).waiting(Polling, once), within: soon},
	{id: "F18", name: "truncated JSON in a complete answer", fault: fault{answer: rewritten(truncated)}, want: unreadable},
	{id: "F19", name: "body shorter than its Content-Length", fault: fault{answer: shortBody}, want: lost},
	{id: "F20", name: "chunked body without its end", fault: fault{answer: cutChunked}, want: lost},

	// The provider refuses.
	{id: "F21", name: "200 with an error object of nobody's", fault: fault{answer: fixed(200, `{"error":{"code":"declined","message":"refused"}}`)}, want: unreadable},
	{id: "F21b", name: "200 with a documented refusal", fault: fault{answer: documented}, want: refused, documented: true},
	{id: "F22", name: "400 JSON", fault: fault{answer: echo(400, false)}, want: refused, kind: guichet.ErrInvalidRequest},
	{id: "F22b", name: "400 HTML", fault: fault{answer: echo(400, true)}, want: refused, kind: guichet.ErrInvalidRequest, html: 400},
	{id: "F22c", name: "400 after an attempt that was lost", fault: fault{answer: lostThen(echo(400, false))}, want: lostThenRefused, kind: guichet.ErrInvalidRequest},
	{id: "F23", name: "401 JSON", fault: fault{answer: echo(401, false)}, want: refused, kind: guichet.ErrUnauthorized},
	{id: "F23b", name: "401 HTML", fault: fault{answer: echo(401, true)}, want: refused, kind: guichet.ErrUnauthorized, html: 401},
	{id: "F24", name: "404 JSON", fault: fault{answer: echo(404, false)}, want: refused, kind: guichet.ErrNotFound},
	{id: "F24b", name: "404 HTML", fault: fault{answer: echo(404, true)}, want: refused, kind: guichet.ErrNotFound, html: 404},
	{id: "F25", name: "409 JSON", fault: fault{answer: echo(409, false)}, want: refused, kind: guichet.ErrConflict},
	{id: "F25b", name: "409 HTML", fault: fault{answer: echo(409, true)}, want: refused, kind: guichet.ErrConflict, html: 409},
	{id: "F25c", name: "409 after an attempt that was lost", fault: fault{answer: lostThen(echo(409, false))}, want: lostThenRefused, kind: guichet.ErrConflict},
	{id: "F26", name: "408", fault: fault{answer: status(408, "")}, want: lostOnce},
	{id: "F27", name: "429 with a Retry-After that can be waited for", fault: fault{answer: status(429, "", "Retry-After", "1")}, want: limited, gap: time.Second, retryAfter: time.Second, within: 2200 * time.Millisecond},
	{id: "F28", name: "429 with a Retry-After beyond the deadline", fault: fault{answer: status(429, "", "Retry-After", "5")}, want: limitedAtOnce, retryAfter: 5 * time.Second, within: 900 * time.Millisecond},
	{id: "F28b", name: "429 with a Retry-After above the cap", fault: fault{answer: status(429, "", "Retry-After", "30")}, want: limitedAtOnce, retryAfter: 30 * time.Second, within: time.Minute},
	{id: "F29", name: "429", fault: fault{answer: status(429, "")}, want: limited},
	{id: "F30", name: "429 with an X-RateLimit-Reset beyond the deadline", fault: fault{answer: status(429, "", "X-RateLimit-Reset", "900")}, want: limitedAtOnce, retryAfter: 15 * time.Minute, within: 900 * time.Millisecond},
	{id: "F31", name: "429 with a Retry-After that is none", fault: fault{answer: status(429, "", "Retry-After", "soon")}, want: limited},
	{id: "F31b", name: "429 with a negative Retry-After", fault: fault{answer: status(429, "", "Retry-After", "-120")}, want: limited},

	// The provider is broken.
	{id: "F32", name: "500 JSON", fault: fault{answer: echo(500, false)}, want: lost},
	{id: "F32b", name: "500 with the words of a refusal", fault: fault{answer: refusedWith500}, want: brokenRefusal, coded: true},
	{id: "F33", name: "502 HTML", fault: fault{answer: echo(502, true)}, want: lost},
	{id: "F34", name: "503 with a Retry-After that can be waited for", fault: fault{answer: status(503, "", "Retry-After", "1")}, want: lost, gap: time.Second, retryAfter: time.Second, within: 2200 * time.Millisecond},
	{id: "F34b", name: "503 with a Retry-After above the cap", fault: fault{answer: status(503, "", "Retry-After", "30")}, want: lostOnce.waiting(AtOnce, once), retryAfter: 30 * time.Second, within: time.Minute},
	{id: "F35", name: "504 without a body", fault: fault{answer: status(504, "")}, want: lost},

	// Somebody else is to answer.
	{id: "F36", name: "302 to another host", fault: fault{answer: elsewhere(302)}, want: unreadable},
	{id: "F37", name: "307 to another host", fault: fault{answer: elsewhere(307)}, want: unreadable},
	{id: "F38", name: "302 with a malformed Location", fault: fault{answer: malformedLocation}, want: unreadable},
	{id: "F39", name: "304", fault: fault{answer: status(304, "")}, want: unreadable},

	// Too much.
	{id: "F40", name: "8 MiB body", fault: fault{answer: bigBody}, want: unreadable, large: true},
	{id: "F41", name: "gzip bomb of 64 MiB", fault: fault{answer: bomb}, want: unreadable, large: true},
	{id: "F42", name: "plain body that is called gzip", fault: fault{answer: falseGzip}, want: lost},
	{id: "F43", name: "8 MiB of headers", fault: fault{answer: bigHeaders}, want: lost, large: true},

	// Something else than JSON.
	{id: "F44", name: "good JSON called text/html", fault: fault{answer: typed("text/html")}, want: fine},
	{id: "F45", name: "good JSON without a Content-Type", fault: fault{answer: typed("")}, want: fine},
	{id: "F46", name: "empty 200", fault: fault{answer: status(200, "")}, want: unreadable},
	{id: "F47", name: "204", fault: fault{answer: status(204, "")}, want: unreadable},
	{id: "F48", name: "HTML login page", fault: fault{answer: fixed(200, loginPage, contentType, "text/html")}, want: unreadable},
	{id: "F49", name: "XHTML", fault: fault{answer: xhtml}, want: unreadable},
	{id: "F50", name: "null", fault: fault{answer: fixed(200, "null")}, want: unreadable},
	{id: "F51", name: "a member twice", fault: fault{answer: rewritten(duplicated)}, want: unreadable},
	{id: "F51b", name: "a member twice, in two cases", fault: fault{answer: rewritten(folded)}, want: unreadable},
	{id: "F52", name: "trailing data", fault: fault{answer: rewritten(trailing)}, want: unreadable},
	{id: "F53", name: "invalid UTF-8 in what decides", fault: fault{answer: invalidUTF8}, want: unreadable},
	{id: "F53b", name: "invalid UTF-8 where nothing is decided", fault: fault{answer: rewritten(oddText)}, want: fine},
	{id: "F54", name: "nested too deep", fault: fault{answer: rewritten(nested)}, want: unreadable},
	{id: "F55", name: "no id", fault: fault{answer: withoutID}, want: unreadable},

	// Something else than HTTP.
	{id: "F56", name: "not HTTP", fault: fault{answer: notHTTP}, want: lost},
	{id: "F57", name: "two Content-Lengths", fault: fault{answer: twoLengths}, want: lost},
	{id: "F58", name: "status 999", fault: fault{answer: unnumbered}, want: lost},
	{id: "F59", name: "100 Continue without end", fault: fault{answer: endlessContinue}, want: lost},

	// The caller gives up.
	{id: "F60", name: "canceled before the call", fault: fault{answer: good, ended: true, cold: true}, want: nothing.because(context.Canceled).waiting(Stopped, once)},
	{id: "F61", name: "canceled while connecting", fault: fault{raw: cancelStalled, secure: silentTLS, cold: true}, want: unsentOnce.because(context.Canceled).waiting(Stopped, once)},
	{id: "F62", name: "canceled while waiting for headers", fault: fault{answer: cancelSilent}, want: lostOnce.because(context.Canceled).waiting(Stopped, once)},
	{id: "F62b", name: "canceled while waiting for the body", fault: fault{answer: cancelInside}, want: lostOnce.because(context.Canceled).waiting(Stopped, once)},
	{id: "F63", name: "canceled in the pause that the provider asked for", fault: fault{answer: cancelAfter429}, want: leftInPause, retryAfter: 5 * time.Second},
	{id: "F63b", name: "canceled in the pause after a refused connection", fault: fault{reach: nobody, cold: true}, want: unsentSome.because(context.Canceled).waiting(Stopped, again), retries: 20, leave: short},
}
