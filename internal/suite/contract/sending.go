package contract

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/guichetpay/guichet"
)

func checkUnsupported(h Harness, r *report) {
	ctx, caps := context.Background(), h.capabilities()
	refused := func(name string, do func(guichet.Client) error) {
		n := h.perfect(h.order())
		err := do(h.client(r, n))
		r.expect(errors.Is(err, guichet.ErrUnsupported) && errors.Is(err, errors.ErrUnsupported), "%s: %v", name, err)
		r.expect(n.count() == 0, "%s: %d requests were sent", name, n.count())
	}
	create := func(change func(*guichet.PaymentRequest)) func(guichet.Client) error {
		return func(c guichet.Client) error {
			req := h.request()
			change(&req)
			_, err := c.CreatePayment(ctx, req)
			return err
		}
	}
	if !caps.List {
		refused("List", func(c guichet.Client) error { _, err := c.List(ctx, guichet.ListParams{}); return err })
	}
	if !caps.Direct {
		refused("MobileMoney", create(func(q *guichet.PaymentRequest) { q.MobileMoney = h.mobileMoney() }))
	}
	if !caps.Callback {
		refused("CallbackURL", create(func(q *guichet.PaymentRequest) { q.CallbackURL = "https://shop.example/cb" }))
	}
	if !caps.Metadata {
		refused("Metadata", create(func(q *guichet.PaymentRequest) { q.Metadata = map[string]string{"a": "b"} }))
	}
	if !caps.Idempotency && !h.KeySent {
		refused("IdempotencyKey", create(func(q *guichet.PaymentRequest) { q.IdempotencyKey = "key-1" }))
	}
	r.expect(caps.Idempotency == (h.KeyHeader != "" && !h.KeySent), "Idempotency is %t, but the documented header is %q", caps.Idempotency, h.KeyHeader)
}

func checkHostileIDs(h Harness, r *report) {
	ctx := context.Background()
	for _, id := range append([]string{"", ".", "..", "a\x00b", "a\r\nX-Evil: 1", "a\xffb"}, h.BadIDs...) {
		n := h.perfect(h.order())
		_, err := h.client(r, n).GetStatus(ctx, id)
		r.expect(errors.Is(err, guichet.ErrInvalidRequest), "id %q: %v", id, err)
		r.expect(n.count() == 0, "id %q: sent", id)
	}
	for _, id := range []string{"a?b=c", "a#b", "a&payoutToken=z", "%2e%2e", "a;b", "é", "{id}", "a b"} {
		n := h.perfect(h.order())
		h.client(r, n).GetStatus(ctx, id)
		for _, q := range n.requests()[:min(1, n.count())] {
			u, err := http.NewRequest(q.Method, q.URL, nil)
			if !r.expect(err == nil, "id %q makes a URL that cannot be parsed", id) {
				continue
			}
			inPath := pathEndsIn(u.URL.Path, id)
			inQuery := false
			for _, values := range u.URL.Query() {
				inQuery = inQuery || (len(values) == 1 && values[0] == id)
			}
			r.expect(inPath != inQuery, "id %q is neither one path segment nor one query value", id)
			r.expect(u.URL.Fragment == "", "id %q becomes a fragment", id)
		}
	}
	for _, orderID := range []string{"", " ", "a\nb", "a\x00", "a\xff", string(make([]byte, 10000))} {
		n := h.perfect(h.order())
		req := h.request()
		req.Reference = orderID
		_, err := h.client(r, n).CreatePayment(ctx, req)
		r.expect(errors.Is(err, guichet.ErrInvalidRequest), "order id %.20q: %v", orderID, err)
		r.expect(n.count() == 0, "order id %.20q: sent", orderID)
	}
}

func pathEndsIn(path, id string) bool {
	return len(path) > len(id) && path[len(path)-len(id)-1:] == "/"+id
}

func checkAmounts(h Harness, r *report) {
	for _, amount := range []guichet.Money{
		{}, guichet.NewMoney(0, h.Currency), guichet.NewMoney(-1, h.Currency), guichet.NewMoney(math.MinInt64, h.Currency),
		guichet.NewMoney(5000, ""), guichet.NewMoney(5000, "xof"), guichet.NewMoney(5000, "XOF "), guichet.NewMoney(5000, "FCFA"),
		guichet.NewMoney(5000, "ХОF"), guichet.NewMoney(5000, "X\x00F"),
	} {
		n := h.perfect(h.order())
		req := h.request()
		req.Amount = amount
		_, err := h.client(r, n).CreatePayment(context.Background(), req)
		r.expect(errors.Is(err, guichet.ErrInvalidRequest) || errors.Is(err, guichet.ErrUnsupported), "amount %+v: %v", amount, err)
		r.expect(n.count() == 0, "amount %+v: sent", amount)
	}
	_, err := guichet.ParseMoney("12.50", guichet.XOF)
	r.expect(err != nil, "12.50 XOF is read")

	huge := h.order()
	huge.Amount.Minor = math.MaxInt64
	n := h.perfect(huge)
	req := h.request()
	req.Amount = huge.Amount
	p, err := h.client(r, n).CreatePayment(context.Background(), req)
	if err == nil { // refusing is allowed; changing a digit is not
		r.expect(p.Amount == guichet.Money{} || p.Amount == huge.Amount, "the largest amount comes back as %v", p.Amount)
		r.expect(len(n.requests()) == 1 && contains(n.requests()[0].Body, "9223372036854775807"), "the largest amount is not sent digit for digit")
	}
}

func checkReadRetries(h Harness, r *report) {
	ctx, id := context.Background(), h.id(r)
	for status, sends := range map[int]int{400: 1, 401: 1, 403: 1, 404: 1, 408: 1, 409: 1, 422: 1, 429: 3, 500: 3, 502: 3, 503: 3, 504: 3, 501: 1, 302: 1} {
		n := always(status, "")
		_, err := h.client(r, n).GetStatus(ctx, id)
		failure(r, fmt.Sprint("a read answered ", status), err)
		r.expect(n.count() == sends, "a read answered %d is sent %d times, not %d", status, n.count(), sends)
		n = always(status, "")
		h.client(r, n, guichet.WithMaxRetries(0)).GetStatus(ctx, id)
		r.expect(n.count() == 1, "WithMaxRetries(0): sent %d times", n.count())
	}
	// Two failures, then the answer.
	good := h.perfect(h.order())
	n := &network{answer: func(i int, q *http.Request) (*http.Response, error) {
		switch i {
		case 0:
			return nil, errReset
		case 1:
			return cutBody(h.Respond(q, h.order()))
		}
		return good.answer(i, q)
	}}
	p, err := h.client(r, n).GetStatus(ctx, id)
	r.expect(err == nil && p != nil, "a read that succeeds at the third attempt: %v", err)
}

// badCreates are ways for a create to end without anyone knowing.
func (h Harness) badCreates() map[string]func(*http.Request) (*http.Response, error) {
	return map[string]func(*http.Request) (*http.Response, error){
		"connection reset": func(*http.Request) (*http.Response, error) { return nil, errReset },
		"no answer":        hang,
		"500 after commit": func(*http.Request) (*http.Response, error) { return reply(500, "") },
		"502 HTML":         func(*http.Request) (*http.Response, error) { return reply(502, "<html></html>") },
		"503":              func(*http.Request) (*http.Response, error) { return reply(503, "") },
		"504":              func(*http.Request) (*http.Response, error) { return reply(504, "") },
		"cut body":         func(q *http.Request) (*http.Response, error) { return cutBody(h.Respond(q, h.order())) },
	}
}

func checkCreatesOnce(h Harness, r *report) {
	ctx := context.Background()
	if h.KeyHeader == "" || h.KeySent {
		for name, answer := range h.badCreates() {
			n := &network{answer: func(_ int, q *http.Request) (*http.Response, error) { return answer(q) }}
			_, err := h.client(r, n).CreatePayment(ctx, h.request())
			e := failure(r, name, err)
			r.expect(n.count() == 1, "%s: sent %d times", name, n.count())
			r.expect(e.OutcomeUnknown, "%s: the outcome is said to be known", name)
			for _, q := range n.requests() {
				r.expect(q.Header.Get("Idempotency-Key") == "" && q.Header.Get("X-Idempotency-Key") == "", "%s: an idempotency header is sent, which net/http replays", name)
			}
		}
	}
	for _, status := range []int{400, 401, 403, 409, 422, 429} {
		n := always(status, "")
		_, err := h.client(r, n, guichet.WithMaxRetries(0)).CreatePayment(ctx, h.request())
		e := failure(r, fmt.Sprint("create answered ", status), err)
		unknown := h.ByStatus[status] == guichet.ErrBadResponse
		r.expect(n.count() == 1 && e.OutcomeUnknown == unknown, "create answered %d: %d sends, outcome unknown %t", status, n.count(), e.OutcomeUnknown)
	}
}

func checkKeyedRetries(h Harness, r *report) {
	ctx := context.Background()
	if h.KeyHeader == "" || h.KeySent {
		r.expect(!h.capabilities().Idempotency, "Idempotency is claimed, but the harness names no header")
		return
	}
	for _, key := range []string{"", "KEY-42"} {
		want := key
		if key == "" {
			want = h.request().Reference
		}
		for name, answer := range h.badCreates() {
			n := &network{answer: func(i int, q *http.Request) (*http.Response, error) {
				if i < 2 {
					return answer(q)
				}
				return reply(h.Respond(q, h.order()))
			}}
			req := h.request()
			req.IdempotencyKey = key
			p, err := h.client(r, n).CreatePayment(ctx, req)
			r.expect(err == nil && p != nil, "%s twice, then an answer: %v", name, err)
			requests := n.requests()
			r.expect(len(requests) == 3, "%s: sent %d times, not 3", name, len(requests))
			for _, q := range requests {
				r.expect(q.Header.Get(h.KeyHeader) == want, "%s: the key is %q, not %q", name, q.Header.Get(h.KeyHeader), want)
				r.expect(q.Body == requests[0].Body, "%s: the bytes change between attempts", name)
			}
		}
	}
	// An attempt that nobody can account for is not settled by a later refusal.
	n := &network{answer: func(i int, q *http.Request) (*http.Response, error) {
		if i == 0 {
			return nil, errReset
		}
		return reply(400, "")
	}}
	_, err := h.client(r, n).CreatePayment(ctx, h.request())
	e := failure(r, "reset, then 400", err)
	r.expect(e.OutcomeUnknown, "reset, then 400: the outcome is said to be known")
	r.expect(e.IdempotencyKey == h.request().Reference, "the error's key is %q", e.IdempotencyKey)
}

func checkUnknownOutcome(h Harness, r *report) {
	for name, answer := range h.badCreates() {
		n := &network{answer: func(_ int, q *http.Request) (*http.Response, error) { return answer(q) }}
		p, err := h.client(r, n).CreatePayment(context.Background(), h.request())
		e := failure(r, name, err)
		r.expect(p == nil, "%s: a payment comes back", name)
		r.expect(errors.Is(err, guichet.ErrUnknownOutcome), "%s: %v", name, err)
		r.expect(e.Reference == h.request().Reference, "%s: the error's order id is %q", name, e.Reference)
	}
	// The caller gives up while the provider is at work.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	start := time.Now()
	_, err := h.client(r, &network{answer: func(_ int, q *http.Request) (*http.Response, error) { return hang(q) }}).CreatePayment(ctx, h.request())
	r.expect(errors.Is(err, guichet.ErrUnknownOutcome) && errors.Is(err, context.DeadlineExceeded), "deadline in flight: %v", err)
	r.expect(time.Since(start) <= 5*time.Second+100*time.Millisecond, "deadline in flight: back after %v", time.Since(start))
	// He gave up before: then nothing was sent.
	ended, end := context.WithCancel(context.Background())
	end()
	n := h.perfect(h.order())
	_, err = h.client(r, n).CreatePayment(ended, h.request())
	r.expect(errors.Is(err, context.Canceled) && !errors.Is(err, guichet.ErrUnknownOutcome), "canceled before the call: %v", err)
	r.expect(n.count() == 0, "canceled before the call: sent")
	var none context.Context // a mistake that must not panic
	_, err = h.client(r, n).CreatePayment(none, h.request())
	r.expect(errors.Is(err, guichet.ErrInvalidRequest) && n.count() == 0, "a nil context: %v", err)
}

func checkNotSent(h Harness, r *report) {
	n := &network{answer: func(i int, q *http.Request) (*http.Response, error) {
		if i < 2 {
			return refuseConnection(q)
		}
		return reply(h.Respond(q, h.order()))
	}}
	p, err := h.client(r, n).CreatePayment(context.Background(), h.request())
	r.expect(err == nil && p != nil, "two refused connections, then an answer: %v", err)
	n = &network{answer: func(_ int, q *http.Request) (*http.Response, error) { return refuseConnection(q) }}
	_, err = h.client(r, n).CreatePayment(context.Background(), h.request())
	e := failure(r, "refused connection", err)
	r.expect(e.Kind == guichet.ErrUnavailable && !e.OutcomeUnknown, "refused connection: %v", err)
	r.expect(n.count() == 3, "refused connection: tried %d times, not 3", n.count())
}

func checkRetryAfter(h Harness, r *report) {
	id := h.id(r)
	asking := func(seconds string) *network {
		return &network{answer: func(i int, q *http.Request) (*http.Response, error) {
			if i > 0 {
				return h.perfect(h.order()).answer(i, q)
			}
			res, _ := reply(429, "")
			res.Header.Set("Retry-After", seconds)
			return res, nil
		}}
	}
	start := time.Now()
	_, err := h.client(r, asking("7")).GetStatus(context.Background(), id)
	r.expect(err == nil && time.Since(start) >= 7*time.Second, "Retry-After 7: %v after %v", err, time.Since(start))

	start = time.Now()
	_, err = h.client(r, asking("60")).GetStatus(context.Background(), id)
	e := failure(r, "Retry-After 60", err)
	r.expect(e.Kind == guichet.ErrRateLimited && e.RetryAfter == time.Minute, "Retry-After 60: %v, %v", err, e.RetryAfter)
	r.expect(time.Since(start) < time.Second, "Retry-After 60: sat out %v", time.Since(start))

	for _, nonsense := range []string{"-5", "soon", "1e3"} {
		start = time.Now()
		_, err = h.client(r, asking(nonsense)).GetStatus(context.Background(), id)
		r.expect(err == nil && time.Since(start) <= 10*time.Second, "Retry-After %s: %v after %v", nonsense, err, time.Since(start))
	}

	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(time.Second, cancel)
	start = time.Now()
	_, err = h.client(r, asking("7")).GetStatus(ctx, id)
	r.expect(errors.Is(err, context.Canceled) && errors.Is(err, guichet.ErrRateLimited), "canceled while waiting: %v", err)
	r.expect(time.Since(start) <= time.Second+100*time.Millisecond, "canceled while waiting: back after %v", time.Since(start))
}

func checkList(h Harness, r *report) {
	if h.ListPage == nil {
		r.expect(!h.capabilities().List, "List is claimed, but the harness has no list")
		return
	}
	ctx := context.Background()
	var orders []Order
	for i := range 5 {
		o := h.order()
		o.ID, o.Reference = fmt.Sprintf("3c90c3cc-0d44-4b50-8888-8dd25736052%d", i), fmt.Sprintf("ORDER-%d", i)
		orders = append(orders, o)
	}
	n := &network{answer: func(i int, q *http.Request) (*http.Response, error) {
		if i > 20 {
			return nil, errReset
		}
		return reply(h.ListPage(q, orders))
	}}
	var ids []string
	for p, err := range guichet.All(ctx, h.client(r, n), guichet.ListParams{}) {
		if !r.expect(err == nil && p != nil, "All: %v", err) {
			break
		}
		ids = append(ids, p.ID)
	}
	seen := map[string]bool{}
	for _, id := range ids {
		r.expect(!seen[id], "payment %s is yielded twice", id)
		seen[id] = true
	}
	r.expect(len(seen) == len(orders), "%d of %d payments are yielded", len(seen), len(orders))

	for _, limit := range []int{-1, 101} {
		n := h.perfect(h.order())
		_, err := h.client(r, n).List(ctx, guichet.ListParams{Limit: limit})
		r.expect(errors.Is(err, guichet.ErrInvalidRequest) && n.count() == 0, "limit %d: %v, %d sent", limit, err, n.count())
	}
	empty, err := h.client(r, &network{answer: func(_ int, q *http.Request) (*http.Response, error) { return reply(h.ListPage(q, nil)) }}).List(ctx, guichet.ListParams{})
	r.expect(err == nil && empty != nil && len(empty.Payments) == 0 && empty.Next == "", "an empty list: %v, %v", empty, err)
}

func checkEcho(h Harness, r *report) {
	if !h.Echoes {
		return // a create that names neither cannot differ
	}
	for name, change := range map[string]func(*Order){
		"amount":   func(o *Order) { o.Amount.Minor++ },
		"currency": func(o *Order) { o.Amount.Currency = "XAF" },
	} {
		o := h.order()
		change(&o)
		p, err := h.client(r, h.perfect(o)).CreatePayment(context.Background(), h.request())
		r.expect(errors.Is(err, guichet.ErrMismatch), "another %s: %v", name, err)
		r.expect(p != nil && p.ID != "", "another %s: the payment is lost", name)
	}
}
