package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/guichetpay/guichet"
)

// shop is everything that one schedule is about: the processes, their database, the
// accounts, the orders, and what people were told.
type shop struct {
	*scheduler
	plan      plan
	store     *store
	accounts  map[string]*account
	procs     []*process
	orders    []*order
	orderOf   map[string]string // by reference: also of rows that the database has lost
	told      []told
	calm      bool // the faults have stopped
	wrong     *wrong
	gone      string // an account that is configured no more; empty: none
	admins    bool
	phone     func(*bill) // what the owner of a prompted phone does; nil: chance decides
	creating  map[string]*running
	faultsEnd time.Duration
	counts    counts
}

// counts is what a schedule has seen, so that a report shows that it saw something.
type counts struct {
	payments, captures, deliveries, troubles, kills, webhooks, forged, jumps, late int
}

// told is one call of Trouble that returned nil.
type told struct {
	kind      guichet.TroubleKind
	reference string
	other     string
	order     string
}

// order is what one customer buys.
type order struct {
	id         string
	price      guichet.Money // what the shop and the customer agreed on last
	sure       bool          // nobody asked for two prices at once
	asking     guichet.Money
	paying     int // Pay calls that run
	deliveries int
	clockWrong bool // the clock was wrong when one of its attempts was written
	repaired   bool // a wrong clock has put the age of one of them wrong: only its next question tells
	replacing  int  // Pay calls that run with Replace
}

// plan says how often what goes wrong.
type plan struct {
	kill                                       float64 // of each step
	ledgerFails, ledgerLosesAnswer, slowLedger float64
	notSent, lost, late, lostAnswer, declined  float64
	commit500, otherAmount, noPage, nothing    float64
	sameID, dead                               float64
	hangs, slow                                float64
	keysRefused, rateLimited, questionFails    float64
	oddAnswers                                 float64
	webhookLost, webhookRepeated, webhookLate  float64
	forged                                     float64
	deliverFails, deliverPanics, troubleFails  float64
	underpaid, refund, paysTwice               float64
	clock, oldConfig                           float64
	days                                       bool // customers come back after days
}

func newShop(seed uint64, p plan, w *wrong) *shop {
	s := &shop{scheduler: newScheduler(seed), plan: p, accounts: map[string]*account{}, orderOf: map[string]string{}, creating: map[string]*running{}, wrong: w}
	s.store = newStore(s)
	s.scheduler.due = s.store.due
	s.scheduler.beforeStep = s.mayKill
	for _, name := range accountNames {
		s.accounts[name] = &account{s: s, name: name, can: promises[name], byID: map[string]*bill{}, byKey: map[string]*bill{}, keyed: map[string]error{}}
	}
	return s
}

func (s *shop) order(id string) *order {
	for _, o := range s.orders {
		if o.id == id {
			return o
		}
	}
	return nil
}

// process is one process of the shop.
type process struct {
	s       *shop
	name    string
	alive   bool
	doomed  bool // it dies before its next step
	cashier *guichet.Cashier
	running *limit
	missing string // an account that its configuration does not have; empty: none
	phones  map[string]string
	memory  map[string]map[guichet.TroubleKind]bool
	begins  map[string]guichet.Attempt
}

func (s *shop) newProcess(name string) *process {
	p := &process{s: s, name: name}
	s.procs = append(s.procs, p)
	p.start()
	return p
}

// start starts the process, with an empty memory.
func (p *process) start() {
	s := p.s
	p.alive, p.doomed = true, false
	p.missing = s.gone
	if !s.calm && p.missing == "" && s.chance(s.plan.oldConfig) {
		p.missing = accountNames[s.rng.IntN(len(accountNames))]
	}
	p.phones, p.memory, p.begins = map[string]string{}, map[string]map[guichet.TroubleKind]bool{}, map[string]guichet.Attempt{}
	providers := map[string]guichet.Provider{}
	for _, name := range accountNames {
		if name != p.missing {
			providers[name] = &wire{a: s.accounts[name], p: p}
		}
	}
	var ledger guichet.Ledger = &books{store: s.store, p: p}
	if s.wrong != nil && s.wrong.ledger != nil {
		ledger = s.wrong.ledger(ledger.(*books))
	}
	cashier, err := guichet.NewCashier(guichet.CashierConfig{Ledger: ledger, Providers: providers, Deliver: p.deliver, Trouble: p.trouble})
	if err != nil {
		panic(err)
	}
	p.cashier = cashier
	p.running = s.until(context.Background(), 1<<62, context.Canceled)
	s.say("%s starts, without %q", p.name, p.missing)
	running := p.running
	s.spawn(p.name+" Run", p, func() { cashier.Run(running) })
}

// kill is a power cut.
func (p *process) kill() {
	if !p.alive {
		return
	}
	p.s.say("%s IS KILLED", p.name)
	p.s.counts.kills++
	p.alive = false
	for _, t := range p.s.tasks {
		if t.proc == p && !t.over {
			p.s.scheduler.kill(t)
		}
	}
	p.s.bury()
}

// mayKill kills a process before one of its steps, and has it started again.
func (s *shop) mayKill(t *task) bool {
	p := t.proc
	if p == nil || (!p.doomed && (s.calm || !s.chance(s.plan.kill))) {
		return true
	}
	p.kill()
	s.restart(p, s.between(time.Second, 10*time.Minute))
	return false
}

func (s *shop) restart(p *process, after time.Duration) {
	s.spawn("operator", nil, func() {
		s.sleep(after)
		if !p.alive {
			p.start()
		}
	})
}

// someone is a process that is up, nil where none is.
func (s *shop) someone(fits func(*process) bool) *process {
	var up []*process
	for _, p := range s.procs {
		if p.alive && (fits == nil || fits(p)) {
			up = append(up, p)
		}
	}
	if len(up) == 0 {
		return nil
	}
	return up[s.rng.IntN(len(up))]
}

// call has a process do some work, and waits for its end. It reports false where the
// process died meanwhile.
func (s *shop) call(p *process, name string, work func()) bool {
	if p == nil || !p.alive {
		return false
	}
	ok := false
	t := s.spawn(p.name+" "+name, p, func() { work(); ok = true })
	t.done = make(chan struct{}, 1)
	for !t.over {
		s.pause(context.Background(), t.done, 24*time.Hour)
	}
	return ok
}

// deliver is the merchant's Deliver: it writes the order's row in the transaction.
func (p *process) deliver(ctx context.Context, a guichet.Attempt) error {
	s := p.s
	s.pause(ctx, nil, s.between(0, 200*time.Millisecond))
	switch {
	case s.chance(s.plan.deliverPanics):
		panic("the shop's Deliver has a fault")
	case s.chance(s.plan.deliverFails):
		s.pause(ctx, nil, s.between(0, 20*time.Second))
		return errLedger
	}
	tx, _ := ctx.Value(txKey{}).(*transaction)
	write := func() { s.delivered(a) }
	if tx == nil {
		write()
		return nil
	}
	tx.writes = append(tx.writes, write)
	return nil
}

// trouble is the merchant's Trouble: it writes to a person.
func (p *process) trouble(ctx context.Context, t guichet.Trouble) error {
	s := p.s
	s.pause(ctx, nil, s.between(0, time.Second))
	if s.chance(s.plan.troubleFails) {
		return errLedger
	}
	s.say("TROUBLE %s %s other=%s err=%v", t.Kind, t.Attempt.Reference, t.Other, t.Err)
	s.counts.troubles++
	s.told = append(s.told, told{t.Kind, t.Attempt.Reference, t.Other, t.Attempt.OrderID})
	if s.admins && t.Attempt.Reference != "" {
		s.lookInto(t)
	}
	return nil
}

// answerWriter is the way back to whoever sent a webhook. It takes deadlines, so that no
// timer of the machine runs.
type answerWriter struct{ *httptest.ResponseRecorder }

func (answerWriter) SetReadDeadline(time.Time) error { return nil }

// deliverWebhook brings one event to the shop and reports whether it answered 200.
func (s *shop) deliverWebhook(account string, e guichet.Event, signed bool) bool {
	p := s.someone(func(p *process) bool { return p.missing != account })
	if p == nil {
		return false
	}
	body, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	w := answerWriter{httptest.NewRecorder()}
	ok := s.call(p, "webhook", func() {
		ctx := s.until(context.Background(), s.now+time.Minute, context.Canceled)
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		if signed {
			r.Header.Set(signedHeader, "yes")
		}
		if s.wrong != nil && s.wrong.rung != nil && (signed || !s.accounts[account].can.SignedEvents) {
			s.wrong.rung(p, account, e)
		}
		p.cashier.Webhook(account).ServeHTTP(w, r)
	})
	s.say("webhook of %s for %s/%s: done=%t %d", account, e.Reference, e.PaymentID, ok, w.Code)
	s.counts.webhooks++
	return ok && w.Code == http.StatusOK
}

// announce sends the webhooks of a change of a payment.
func (s *shop) announce(b *bill) {
	if s.chance(s.plan.webhookLost) {
		s.say("the webhook of %s is lost", b.id)
		return
	}
	times := 1
	if s.chance(s.plan.webhookRepeated) {
		times += 1 + s.rng.IntN(2)
	}
	e := guichet.Event{ID: fmt.Sprintf("evt-%d", s.births), PaymentID: b.id, Reference: b.reference}
	if b.account.can.ReusablePage {
		e.Reference = ""
		if s.chance(0.2) {
			e.PaymentID = "session-of-" + b.id // names neither the order nor what the shop knows
		}
	}
	for range times {
		delay := s.between(0, 3*time.Second)
		if s.chance(s.plan.webhookLate) {
			delay = s.between(0, 20*time.Hour)
		}
		s.spawn("network", nil, func() {
			s.sleep(delay)
			for try := range 4 {
				if s.deliverWebhook(b.account.name, e, true) {
					if e.Reference == b.reference || e.PaymentID == b.id {
						if s.calm && b.captures > 0 {
							s.audit(b, true)
						}
					}
					return
				}
				s.sleep(s.between(time.Minute, time.Duration(try+1)*10*time.Minute))
			}
		})
	}
}

// createTrouble is what happens to the next create.
func (s *shop) createTrouble(a *account) trouble {
	if len(a.nextCreate) > 0 {
		what := a.nextCreate[0]
		a.nextCreate = a.nextCreate[1:]
		return what
	}
	p := s.rng.Float64()
	for _, c := range []struct {
		what trouble
		p    float64
	}{
		{notSent, s.plan.notSent}, {lostOnTheWay, s.plan.lost}, {lateOnTheWay, s.plan.late}, {lostAnswer, s.plan.lostAnswer}, {declined, s.plan.declined},
		{commitThen500, s.plan.commit500}, {otherAmount, s.plan.otherAmount}, {noPage, s.plan.noPage}, {nothingAtAll, s.plan.nothing},
		{sameID, s.plan.sameID}, {deadOnArrival, s.plan.dead},
	} {
		if p < c.p {
			return c.what
		}
		p -= c.p
	}
	return fine
}
