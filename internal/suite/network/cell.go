package network

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

const (
	patience = 20 * time.Second       // a time limit that no cell comes near
	watching = 400 * time.Millisecond // how long Wait asks on

	grace     = 100 * time.Millisecond // how late a call may return
	maxMemory = 16 * mebibyte          // that a hostile answer may cost
	pause     = 500 * time.Millisecond // the longest before the first retry

	orderID    = "ORDER-001"
	callersKey = "KEY-42"
	phone      = "+22890000000"
	email      = "awa@example.com"
)

// cell is one operation met by one fault.
type cell struct {
	*matrix
	row
	op    Op
	want  want
	scale time.Duration // of all times: more than 1 on a machine that was too busy

	cancel   context.CancelFunc
	left     atomic.Pointer[time.Time] // when the caller gave up
	timer    *time.Timer
	mu       sync.Mutex
	notes    []string // what went wrong on the way, and is nobody's fault
	host     *server  // that a redirect points to
	attempts logbook
}

// result is what was seen from the outside.
type result struct {
	payment   *guichet.Payment
	page      *guichet.Page
	err       error
	took      time.Duration
	deadline  time.Duration // of the caller's context
	end       time.Time
	hasty     bool // the caller was to leave at some time
	questions int  // of Wait
	strayed   int  // requests to another host
	memory    uint64
	seen      []seen
}

// verdict is what is wrong. Perhaps is what a busy machine can bring about: the cell
// is then run again, alone and with more time.
type verdict struct{ problems, perhaps []string }

func (v *verdict) problem(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

func (v *verdict) maybe(format string, args ...any) {
	v.perhaps = append(v.perhaps, fmt.Sprintf(format, args...))
}

func (c *cell) note(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, text)
}

// giveUp ends the caller's context.
func (c *cell) giveUp() {
	now := time.Now()
	if c.left.CompareAndSwap(nil, &now) {
		c.cancel()
	}
}

func (c *cell) giveUpIn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer == nil {
		c.timer = time.AfterFunc(d*c.scale, c.giveUp)
	}
}

// other is a server that answers perfectly and must never be asked.
func (c *cell) other() *server {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.host == nil {
		c.host = &server{answer: func(x *exchange) bool { return good(c, x) }}
		c.host.start()
		c.host.arm()
	}
	return c.host
}

// run does the operation once.
func (c *cell) run() verdict {
	var v verdict
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.cancel = cancel
	defer func() { // when s, which starts it, is closed
		if c.host != nil {
			c.host.close()
		}
	}()
	s := &server{answer: func(x *exchange) bool {
		if x.n == 0 {
			return good(c, x)
		}
		return c.fault.answer(c, x)
	}}
	if c.fault.raw != nil {
		s.raw = func(conn net.Conn) { c.fault.raw(c, conn) }
	}
	if c.fault.http2 != nil {
		s.goAway = c.fault.goAway
		s.http2 = func(x *exchange, w http.ResponseWriter) {
			if x.n == 0 {
				goodHTTP2(c, x, w)
				return
			}
			c.fault.http2(c, x, w)
		}
	}
	if c.fault.secure != nil {
		s.secure = c.fault.secure()
		if c.fault.http2 != nil {
			s.secure.NextProtos = []string{"h2"}
		}
		if s.secure == nil {
			s.secure = &tls.Config{} // never used: the connections are raw
		}
	}
	address, dial := "", dialer(nil)
	if c.fault.reach != nil {
		var release func()
		address, dial, release = c.fault.reach()
		defer release()
	} else {
		s.start()
		defer s.close()
		address = s.URL
	}

	client, err := c.client(address, dial)
	if err != nil {
		v.problem("New: %v", err)
		return v
	}
	defer scripted.CloseIdle(client)

	r := result{deadline: patience}
	switch {
	case c.op == Wait && c.within == 0 && c.want.class == Polling:
		r.deadline = watching * c.scale
	case c.op == Wait && (c.within == 0 || c.within > patience/2): // Wait has no limit of its own
		r.deadline = patience / 2
	case c.within > 0:
		r.deadline = c.within * c.scale
	}
	if c.fault.warm && c.op != Wait {
		if _, err := client.GetStatus(context.Background(), c.paymentID); err != nil {
			v.maybe("the good answer before the fault: %v", err)
			return v
		}
		c.attempts.reset()
	}
	watched := &watcher{Client: client, second: s.arm}
	if c.op != Wait || c.fault.cold {
		s.arm()
		watched.second = nil
	}

	ctx, stop := context.WithTimeout(ctx, r.deadline)
	defer stop()
	if c.fault.ended {
		c.giveUp()
	}
	if c.leave > 0 {
		c.giveUpIn(c.leave)
	}

	before := allocated(c.large)
	start := time.Now()
	switch c.op {
	case Create, KeyedCreate:
		r.payment, r.err = client.CreatePayment(ctx, c.request())
	case Status:
		r.payment, r.err = client.GetStatus(ctx, c.paymentID)
	case List:
		r.page, r.err = client.List(ctx, guichet.ListParams{})
	case Wait:
		r.payment, r.err = guichet.Wait(ctx, watched, c.paymentID, guichet.Poll{Min: 10 * time.Millisecond, Max: 10 * time.Millisecond})
	}
	r.end = time.Now()
	r.took = r.end.Sub(start)
	r.memory = allocated(c.large) - before
	r.questions = watched.count
	r.seen = s.requests()
	c.mu.Lock()
	if r.hasty = c.timer != nil; r.hasty {
		c.timer.Stop()
	}
	if c.host != nil {
		r.strayed = len(c.host.requests())
	}
	c.mu.Unlock()
	c.judge(r, &v)
	return v
}

// allocated is all that was ever allocated, so that the difference bounds the
// peak from above, whenever the collector ran.
func allocated(measure bool) uint64 {
	if !measure {
		return 0
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func (c *cell) client(address string, dial dialer) (guichet.Client, error) {
	base, err := url.Parse(c.h.Base)
	if err != nil {
		return nil, err
	}
	timeout, retries := patience, max(c.row.retries, 1)
	if c.row.timeout > 0 {
		timeout = c.row.timeout * c.scale
	}
	if c.op == Wait { // which asks again by itself
		timeout, retries = min(timeout, max(timeout/2, 50*time.Millisecond)), 0
	}
	options := []guichet.Option{
		guichet.WithBaseURL(address + base.Path),
		guichet.WithTimeout(timeout),
		guichet.WithMaxRetries(retries),
		guichet.WithLogger(slog.New(slog.NewTextHandler(&c.attempts, &slog.HandlerOptions{Level: slog.LevelDebug}))),
	}
	if c.fault.trust || dial != nil {
		t := &http.Transport{DialContext: dial, ForceAttemptHTTP2: c.fault.http2 != nil}
		if c.fault.trust {
			t.TLSClientConfig = &tls.Config{RootCAs: certificates().pool, MinVersion: tls.VersionTLS12}
		}
		options = append(options, guichet.WithHTTPClient(&http.Client{Transport: t}))
	}
	return c.h.New(options...)
}

// watcher counts the questions of Wait.
type watcher struct {
	guichet.Client
	second func() // called before the second question; may be nil
	count  int
}

func (w *watcher) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	if w.count++; w.count == 2 && w.second != nil {
		w.second()
	}
	return w.Client.GetStatus(ctx, id)
}

// logbook keeps what the client says of its attempts, one line each.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logbook) lines() int { return strings.Count(l.String(), "\n") }

// judge compares what was seen with what was wanted.
func (c *cell) judge(r result, v *verdict) {
	create := c.op == Create || c.op == KeyedCreate
	class := c.classify(r)
	failure := new(guichet.Error)
	if r.err != nil && !errors.As(r.err, &failure) {
		v.problem("the error is %T, not *guichet.Error", r.err)
	}

	// What no machine is too busy for.
	sends := len(r.seen)
	if create && !c.protected() && sends > 1 {
		v.problem("the create reached the provider %d times", sends)
	}
	if (class == NotSent || class == Canceled || class == Unsupported) && sends > 0 {
		v.problem("said to be %s, and the provider has seen %d requests", class, sends)
	}
	if create && failure.OutcomeUnknown != errors.Is(r.err, guichet.ErrUnknownOutcome) {
		v.problem("OutcomeUnknown and ErrUnknownOutcome disagree")
	}
	if !create && failure.OutcomeUnknown {
		v.problem("a read has an unknown outcome")
	}
	if r.err != nil && !errors.Is(r.err, guichet.ErrMismatch) && c.op != Wait && (r.payment != nil || r.page != nil) {
		v.problem("a result comes back beside %v", r.err)
	}
	if class == Unknown && create && failure.Reference != orderID {
		v.problem("the error names the order %q", failure.Reference)
	}
	c.checkRequests(r.seen, failure, v)
	c.checkSecrets(r.err, v)
	if r.strayed > 0 {
		v.problem("another host was asked %d times", r.strayed)
	}

	// Where time is short, or ran out, or the caller left too early, the machine
	// may be to blame.
	say := v.problem
	if c.within > 0 || c.row.timeout > 0 || r.hasty || c.op == Wait || errors.Is(r.err, context.DeadlineExceeded) {
		say = v.maybe
	}
	for _, note := range c.notes {
		v.maybe("%s", note)
		say = v.maybe
	}
	if class != c.want.class && (c.want.class != Failed || r.err == nil) {
		say("%s (%v), not %s", class, r.err, c.want.class)
		return
	}
	if kind := c.kind(); kind != nil && failure.Kind != kind {
		say("the kind is %v, not %v", failure.Kind, kind)
	}
	if c.op != Wait && c.want.cause != context.DeadlineExceeded && errors.Is(r.err, context.DeadlineExceeded) {
		say("sat out the deadline of %v", r.deadline)
	}
	if c.want.cause != nil && !errors.Is(r.err, c.want.cause) {
		say("the cause is %v, not %v", failure.Err, c.want.cause)
	}
	if c.op != Wait {
		if n := c.times(c.want.sends); sends != n {
			say("the provider has seen %d requests, not %d", sends, n)
		}
		if n := c.times(c.want.attempts); n > 0 && c.attempts.lines() != n {
			say("%d attempts, not %d", c.attempts.lines(), n)
		}
		if failure.HTTPStatus != 0 && failure.RetryAfter != c.row.retryAfter {
			say("RetryAfter is %v, not %v", failure.RetryAfter, c.row.retryAfter)
		}
	} else {
		c.judgeWait(r, say)
	}
	if limit := c.limit(r) + c.yardstick.late(r.end.Add(-r.took), r.end); r.took > limit {
		v.maybe("back after %v, %v after the end", r.took, r.took-limit+grace)
	}
	if answers := max(r.questions, 1); c.large && r.memory/uint64(answers) > maxMemory {
		v.maybe("%d MiB were allocated for %d answers", r.memory/mebibyte, answers)
	}
}

// judgeWait checks the questions, and that the state is one that was seen.
func (c *cell) judgeWait(r result, say func(string, ...any)) {
	if c.want.class == Unsupported || c.want.class == Failed {
		return
	}
	last := guichet.StatusPending
	if c.want.blank {
		last = guichet.StatusUnknown
	}
	switch {
	case c.want.class == OK: // checked already
	case c.fault.cold && r.payment != nil:
		say("a payment that was never seen comes back")
	case !c.fault.cold && r.payment == nil:
		say("the last payment that was seen is lost")
	case r.payment != nil && r.payment.Status != last:
		say("the last state is %q, not %q", r.payment.Status, last)
	}
	faulty := r.questions
	if !c.fault.cold {
		faulty--
	}
	switch n := c.want.sends; {
	case c.want.class == OK:
	case n == again && !c.large && c.within == 0:
		if faulty < 2 {
			say("asked on %d times", faulty)
		}
	case n == again:
		if faulty < 1 {
			say("asked on %d times", faulty)
		}
	case faulty != n:
		say("asked %d times, not %d", faulty, n)
	}
	if c.want.class == AtOnce && r.took >= r.deadline {
		say("sat out the deadline of %v", r.deadline)
	}
}

// times turns a count of the table into a number.
func (c *cell) times(n int) int {
	switch n {
	case again:
		return 1 + max(c.row.retries, 1)
	case whole:
		return c.whole[c.op]
	case wholeAnd:
		return c.whole[c.op] + 1
	}
	return n
}

// limit is when the call had to be back.
func (c *cell) limit(r result) time.Duration {
	limit := r.deadline
	if left := c.left.Load(); left != nil {
		limit = min(limit, r.took-r.end.Sub(*left))
	}
	if c.row.timeout > 0 && c.op != Wait {
		n := time.Duration(max(c.times(c.want.attempts), 1))
		limit = min(limit, n*c.row.timeout*c.scale+(n-1)*pause)
	}
	return max(limit, 0) + grace
}

// kind is the kind that the error must have; nil: not compared.
func (c *cell) kind() error {
	if c.want.kind != nil {
		return c.want.kind
	}
	switch c.want.class {
	case NotSent:
		return guichet.ErrUnavailable
	case Limited:
		return guichet.ErrRateLimited
	case Rejected, Unknown, Ended:
		return c.row.kind
	}
	return nil
}

// classify names what the operation came to, from what its caller sees; for a
// read, whether it was sent shows on the other side only.
func (c *cell) classify(r result) Class {
	failure := new(guichet.Error)
	switch {
	case r.err == nil && c.op == List:
		return c.classifyPage(r.page)
	case r.err == nil:
		return c.classifyPayment(r.payment)
	case errors.Is(r.err, guichet.ErrUnsupported):
		return Unsupported
	case !errors.As(r.err, &failure):
		return ""
	case c.op == Wait && errors.Is(r.err, context.Canceled):
		return Stopped
	case c.op == Wait && errors.Is(r.err, context.DeadlineExceeded) && failure.Op == "Wait":
		if c.want.class == AtOnce && r.took < r.deadline {
			return AtOnce
		}
		return Polling
	case c.op == Wait:
		return Ended
	case failure.Kind == nil && failure.Err != nil:
		return Canceled
	case failure.OutcomeUnknown:
		return Unknown
	case failure.Kind == guichet.ErrRateLimited:
		return Limited
	case failure.Kind == guichet.ErrUnavailable || failure.Kind == guichet.ErrBadResponse:
		if c.op == Create || c.op == KeyedCreate || len(r.seen) == 0 {
			return NotSent
		}
		return Unknown
	}
	return Rejected
}

func (c *cell) classifyPayment(p *guichet.Payment) Class {
	amount := c.order().Amount
	switch {
	case p == nil:
		return ""
	case p.ID != c.paymentID || (p.Reference != orderID && c.capabilities.StatusReference) || (p.Amount != amount && p.Amount != guichet.Money{}):
		return "another payment than was asked for"
	case c.op == Create || c.op == KeyedCreate:
		if p.CheckoutURL == "" {
			return "a payment that cannot be paid"
		}
		return OK
	case p.Status == guichet.StatusPending:
		return Pending
	case p.Status == guichet.StatusUnknown:
		return Blank
	case p.Status == guichet.StatusSucceeded:
		return OK
	}
	return "a payment that failed"
}

func (c *cell) classifyPage(p *guichet.Page) Class {
	switch {
	case p == nil:
		return ""
	case len(p.Payments) == 0:
		return Empty
	case len(p.Payments) == 1 && p.Payments[0] != nil && p.Payments[0].ID == "" && p.Next == "":
		return Blank
	case len(p.Payments) != 1 || p.Payments[0] == nil || p.Payments[0].ID != c.paymentID || p.Next != "":
		return "another list than the provider's"
	}
	return OK
}

// checkRequests looks at what was sent: one key and the same bytes, or no key.
func (c *cell) checkRequests(all []seen, failure *guichet.Error, v *verdict) {
	key := ""
	if c.h.KeyHeader != "" && (c.op == KeyedCreate || c.op == Create && c.protected()) {
		key = c.request().IdempotencyKey
		if key == "" {
			key = orderID
		}
	}
	if (c.want.class == Unknown || c.want.class == Rejected) && failure.Kind != nil && (c.op == Create || c.op == KeyedCreate) && failure.IdempotencyKey != key {
		v.problem("the error names the key %q, not %q", failure.IdempotencyKey, key)
	}
	for i, r := range all {
		for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
			want := ""
			if http.CanonicalHeaderKey(c.h.KeyHeader) == name {
				want = key
			}
			if got := r.header.Get(name); got != want && r.header != nil { // nil: not read
				v.problem("%s is %q, not %q", name, got, want)
			}
		}
		if i == 0 {
			continue
		}
		if c.row.gap > 0 && r.at.Sub(all[i-1].at) < c.row.gap {
			v.problem("asked again after %v of %v", r.at.Sub(all[i-1].at), c.row.gap)
		}
		// A request that was reset in the middle was not read to its end.
		if first := all[0].body; r.body != first && r.body != "" && first != "" {
			v.problem("the bytes change between two attempts")
		}
	}
}

func (c *cell) checkSecrets(err error, v *verdict) {
	private := c.paymentID // who holds it may look at the payment
	if c.capabilities.StatusByReference {
		private = ""
	}
	found, looked := leaks(err, c.secrets(), private)
	text := c.attempts.String()
	for _, secret := range c.secrets() {
		if scripted.Shows(text, secret) {
			found = append(found, "the log shows a secret")
		}
	}
	slices.Sort(found)
	for _, leak := range slices.Compact(found) {
		v.problem("%s", leak)
	}
	c.looked.Add(int64(looked) + 1)
}

// request is what a create asks for.
func (c *cell) request() guichet.PaymentRequest {
	req := newRequest(c.h)
	if c.op == KeyedCreate {
		req.IdempotencyKey = callersKey
	}
	return req
}

func newRequest(h contract.Harness) guichet.PaymentRequest {
	req := h.Request()
	req.Customer = guichet.Customer{FirstName: "Awa", Email: email, Phone: phone}
	return req
}

// protected reports whether the create carries a documented idempotency key.
func (c *cell) protected() bool { return c.h.Protected() }

// word is the provider's status word for the state that the fault hides.
func (c *cell) word(op Op) string {
	if op == Create || op == KeyedCreate {
		return c.h.Pending
	}
	return c.paid
}

// order is the payment that every answer is about.
func (m *matrix) order() contract.Order { return m.h.Order() }

// respond is the perfect answer. What a fault hides is a payment that succeeded.
func (c *cell) respond(x *exchange) (status int, body string) {
	o := c.order()
	if x.n > 0 {
		o.Word = c.word(c.op)
	}
	return c.h.Answer(x.request(), o)
}

// secrets are what nobody may be shown: the keys, and what this operation sends.
func (c *cell) secrets() []string {
	all := append([]string{c.h.Webhook.Secret, c.h.Webhook.PreviousSecret}, c.h.Secrets...)
	switch {
	case c.op == Create || c.op == KeyedCreate:
		all = append(all, phone, email)
	case c.op != List && c.token:
		all = append(all, c.paymentID)
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}
