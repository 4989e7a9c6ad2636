// Package network holds every provider to the fault matrix: each way in which a
// payment provider or the network has been seen to fail, met by each operation,
// on real sockets. A mock of net/http cannot show most of them: what it replays,
// what it decompresses, which connection it takes.
//
// Every bad answer is good in every other respect: a payment that succeeded is
// inside the gzip bomb, behind the redirect, beside the member that comes twice.
// A protection that was removed then shows as a success.
package network

import (
	"context"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// Exception is a cell in which the provider's contract says otherwise than the
// matrix.
type Exception struct {
	Fault string // "F24b"
	Ops   []Op
	Class Class // of Wait, Pending and Blank: polls on, and that is the last state it saw
	Kind  error // nil: what the class says
	Sends int   // requests, or questions of Wait that meet the fault; 0: what goes with the class
	Why   string
}

// Run meets every operation with every fault of the matrix and reports every
// departure. Subtests are called after the row: "F13 reset on a reused
// connection/status".
func Run(t *testing.T, h contract.Harness, exceptions ...Exception) {
	t.Helper()
	before := contract.Goroutines()
	m := newMatrix(t, h, exceptions)
	m.yardstick = newYardstick()
	// What must be alone in the process comes last: each such cell would wait until
	// all that run together have ended.
	for _, large := range []bool{false, true} {
		var running sync.WaitGroup
		for _, r := range allRows() {
			if r.large != large || (r.documented && m.refusal.Body == "") || (r.coded && m.code.Body == "") {
				continue // or the provider has no such refusal
			}
			running.Go(func() {
				name := r.id + " " + r.name
				if r.fault.http2 != nil {
					name = r.id + " over HTTP/2: " + r.name
				}
				t.Run(name, func(t *testing.T) {
					var cells sync.WaitGroup
					for _, op := range []Op{Create, KeyedCreate, Status, List, Wait} {
						cells.Go(func() { t.Run(string(op), func(t *testing.T) { m.cell(t, r, op) }) })
					}
					cells.Wait()
				})
			})
		}
		running.Wait()
	}
	for _, e := range m.senseless() {
		t.Errorf("the exception for %s changes nothing, or does not say why", e)
	}
	m.checkPages(t)
	m.yardstick.stop()
	if left := contract.Left(before); left != "" {
		t.Errorf("goroutines are left:\n%s", left)
	}
	t.Logf("%s: %d cells, %d of them run again, %d printed forms searched", h.Name, m.cells.Load(), m.repeats.Load(), m.looked.Load())
}

func allRows() []row { return slices.Concat(rows, rowsHTTP2) }

// matrix is one run for one provider.
type matrix struct {
	h            contract.Harness
	capabilities guichet.Capabilities
	paymentID    string // what GetStatus takes
	token        bool   // it travels in the query, as a credential does
	paid         string // the status word of success
	whole        map[Op]int
	refusal      contract.ErrorCase // a documented one with status 200; zero: none
	code         contract.ErrorCase // a documented one whose code decides; zero: none
	exceptions   []Exception

	yardstick *yardstick

	slots chan struct{} // bounds how many cells run at a time
	alone sync.RWMutex  // held for writing by a cell that must be the only one

	cells, repeats, looked atomic.Int64
}

// longest is how much more time a cell gets before a busy machine is no excuse.
const longest = 8

// atATime is how many cells run together: they mostly wait.
const atATime = 16

// newMatrix asks a perfect server once for everything, to know what the faults
// are to be compared with.
func newMatrix(t *testing.T, h contract.Harness, exceptions []Exception) *matrix {
	t.Helper()
	m := &matrix{h: h, exceptions: exceptions, slots: make(chan struct{}, atATime), whole: map[Op]int{}}
	if m.paid = h.Paid().Word; m.paid == "" {
		t.Fatal("the harness names no word of success")
	}
	for _, c := range h.Errors {
		if c.Kind == guichet.ErrBadResponse || c.Kind == guichet.ErrUnavailable {
			continue
		}
		if c.Status == 200 && m.refusal.Body == "" {
			m.refusal = c
		}
		if c.Code != "" && m.code.Body == "" {
			m.code = c
		}
	}

	c := &cell{matrix: m, scale: 1}
	var query atomic.Bool
	s := &server{answer: func(x *exchange) bool {
		if c.op == Status && strings.Contains(x.r.URL.RawQuery, url.QueryEscape(m.paymentID)) {
			query.Store(true)
		}
		return good(c, x)
	}}
	s.start()
	defer s.close()
	s.arm()
	base, err := url.Parse(h.Base)
	if err != nil {
		t.Fatal(err)
	}
	client, err := h.New(guichet.WithBaseURL(s.URL + base.Path))
	if err != nil {
		t.Fatal(err)
	}
	defer scripted.CloseIdle(client)
	if d, ok := client.(guichet.Describer); ok {
		m.capabilities = d.Capabilities()
	}
	ctx := context.Background()
	count := func(op Op, do func() error) {
		c.op = op
		had := len(s.requests())
		if err := do(); err != nil {
			t.Fatalf("%s on a perfect provider: %v", op, err)
		}
		m.whole[op] = len(s.requests()) - had
	}
	count(Create, func() error {
		p, err := client.CreatePayment(ctx, c.request())
		if err == nil {
			m.paymentID = p.ID
		}
		return err
	})
	m.whole[KeyedCreate] = m.whole[Create]
	count(Status, func() error { _, err := client.GetStatus(ctx, m.paymentID); return err })
	m.token = query.Load()
	if h.ListPage != nil {
		count(List, func() error { _, err := client.List(ctx, guichet.ListParams{}); return err })
	}
	return m
}

// cell runs one cell, and again with more time and alone in the process if a busy
// machine may be to blame. What must never happen fails at once.
func (m *matrix) cell(t *testing.T, r row, op Op) {
	m.slots <- struct{}{}
	defer func() { <-m.slots }()
	w := m.expect(r, op)
	for _, scale := range []time.Duration{1, 2, 4, longest} {
		c := &cell{matrix: m, row: r, op: op, want: w, scale: scale}
		v := m.measure(c, r.large || scale > 1)
		for _, problem := range v.problems {
			t.Error(problem)
		}
		if len(v.problems) > 0 || len(v.perhaps) == 0 {
			break
		}
		if scale == longest {
			t.Errorf("also alone and with more time: %s", strings.Join(v.perhaps, "; "))
			break
		}
		m.repeats.Add(1)
		t.Logf("run again: %s", strings.Join(v.perhaps, "; "))
	}
	m.cells.Add(1)
}

func (m *matrix) measure(c *cell, alone bool) verdict {
	if alone {
		m.alone.Lock()
		defer m.alone.Unlock()
		runtime.GC()
	} else {
		m.alone.RLock()
		defer m.alone.RUnlock()
	}
	return c.run()
}

// expect returns the cell of the table, as it is for this provider.
func (m *matrix) expect(r row, op Op) want {
	if (op == List && m.h.ListPage == nil) || (op == KeyedCreate && m.h.KeyHeader == "") {
		return want{class: Unsupported}
	}
	w := map[Op]want{Create: r.want.c, KeyedCreate: r.want.c, Status: r.want.g, List: r.want.l, Wait: r.want.w}[op]
	if m.h.Protected() && (op == Create || op == KeyedCreate) {
		w = r.want.ci
	}
	kind := r.kind
	if r.documented {
		kind = m.refusal.Kind
	}
	if other, ok := m.h.ByStatus[r.html]; ok && r.html != 0 {
		kind = other
	}
	if kind == guichet.ErrBadResponse { // a refusal that is not known to be one
		switch w.class {
		case Rejected:
			w.class = Unknown
		case Ended:
			w.class, w.sends = Polling, again
		}
	}
	if w.kind == nil && (w.class == Rejected || w.class == Unknown || w.class == Ended) {
		w.kind = kind
	}
	if w.kind == nil && w.class == Ended { // the certificates
		w.kind = guichet.ErrUnavailable
	}
	for _, e := range m.exceptions {
		if e.Fault != r.id || !slices.Contains(e.Ops, op) {
			continue
		}
		other := want{class: e.Class, kind: e.Kind, sends: e.Sends, cause: w.cause, blank: e.Class == Blank}
		if op == Wait && (e.Class == Blank || e.Class == Pending) {
			other.class = Polling
		}
		if e.Sends == 0 {
			switch other.class {
			case OK, Pending, Blank, Empty:
				other.sends = whole
			case Polling:
				other.sends = again
			default:
				other.sends = once
			}
		}
		return other
	}
	return w
}

// senseless names the exceptions that change nothing, or do not say why.
func (m *matrix) senseless() (names []string) {
	for _, e := range m.exceptions {
		known := e.Fault == circle || slices.ContainsFunc(allRows(), func(r row) bool { return r.id == e.Fault })
		if !known || len(e.Ops) == 0 || e.Why == "" {
			names = append(names, e.Fault)
		}
	}
	return names
}
