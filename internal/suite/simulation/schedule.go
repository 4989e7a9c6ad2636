package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/guichetpay/guichet"
)

// randomPlan draws how harsh a schedule is. Each kind of fault is absent from about half
// of the schedules, so that the others are seen alone as well.
func randomPlan(s *scheduler) plan {
	some := func(most float64) float64 {
		if s.chance(0.5) {
			return 0
		}
		return s.rng.Float64() * most
	}
	return plan{
		kill:        some(0.02),
		ledgerFails: some(0.05), ledgerLosesAnswer: some(0.05), slowLedger: some(0.02),
		notSent: some(0.1), lost: some(0.15), late: some(0.15), lostAnswer: some(0.2), declined: some(0.1),
		commit500: some(0.1), otherAmount: some(0.05), noPage: some(0.05), nothing: some(0.03), sameID: some(0.1), dead: some(0.05),
		hangs: some(0.05), slow: some(0.3),
		keysRefused: some(0.05), rateLimited: some(0.1), questionFails: some(0.4), oddAnswers: some(0.1),
		webhookLost: some(1), webhookRepeated: some(0.5), webhookLate: some(0.4), forged: some(1),
		deliverFails: some(0.5), deliverPanics: some(0.2), troubleFails: some(0.5),
		underpaid: some(0.1), refund: some(0.1), paysTwice: some(0.5),
		clock: some(0.3), oldConfig: some(0.3),
		days: s.chance(0.25),
	}
}

// quiet is what remains once the faults have stopped: people go on as they do.
func (p plan) quiet() plan {
	return plan{webhookLost: p.webhookLost, webhookRepeated: p.webhookRepeated, underpaid: p.underpaid, refund: p.refund, paysTwice: p.paysTwice, days: p.days}
}

// runSchedule plays the schedule of a seed to its end, or to the first violation.
func runSchedule(seed uint64, w *wrong, keepLog bool) *shop {
	s := newShop(seed, plan{}, w)
	s.keepLog = keepLog
	defer s.close()
	s.plan = randomPlan(s.scheduler)
	if w != nil && w.plan != nil {
		w.plan(&s.plan)
	}
	s.admins = s.chance(0.5)
	s.faultsEnd = s.between(20*time.Minute, 3*time.Hour)
	if s.plan.days {
		s.faultsEnd = s.between(time.Hour, 80*time.Hour)
	}
	for i := range 1 + s.rng.IntN(3) {
		s.newProcess(fmt.Sprintf("p%d", i+1))
	}
	for i := range 1 + s.rng.IntN(3) {
		o := &order{id: fmt.Sprintf("CMD-%d", i+1), price: guichet.NewMoney(5000, guichet.XOF), sure: true}
		s.orders = append(s.orders, o)
		start := s.between(0, 10*time.Minute)
		s.spawn(o.id, nil, func() {
			s.sleep(start)
			s.customer(o)
		})
	}
	if s.chance(s.plan.forged) {
		s.spawn("forger", nil, s.forger)
	}
	if s.chance(s.plan.clock) {
		s.spawn("clock", nil, s.wrongClock)
	}
	if s.chance(0.06) || (w != nil && w.rule == 13) {
		s.spawn("operator", nil, func() {
			s.sleep(s.between(0, time.Hour))
			s.gone = accountNames[s.rng.IntN(len(accountNames))]
			s.say("%s is configured no more", s.gone)
			for _, p := range s.procs {
				p.kill()
				p.start()
			}
		})
	}
	s.run(s.faultsEnd, nil)

	s.calm, s.plan = true, s.plan.quiet()
	s.say("the faults stop")
	if s.store.skew != 0 {
		s.store.jump(0)
	}
	for _, p := range s.procs {
		if !p.alive || p.missing != s.gone {
			p.kill()
			p.start()
		}
	}
	s.run(1<<61, s.noOneLeft)
	if len(s.failed) == 0 {
		s.settle()
	}
	for _, o := range s.orders {
		if len(s.failed) == 0 && o.deliveries == 0 && !s.inTrouble(o) {
			s.comesBack(o)
		}
	}
	if len(s.failed) == 0 {
		s.settle()
	}
	return s
}

// noOneLeft reports whether the world outside the shop has nothing more to do.
func (s *shop) noOneLeft() bool {
	for _, t := range s.tasks {
		if t.proc == nil {
			return false
		}
	}
	return true
}

// wrongClock sets the database's clock wrong, and right again.
func (s *shop) wrongClock() {
	for range 1 + s.rng.IntN(3) {
		s.sleep(s.between(0, s.faultsEnd/2))
		if s.calm {
			return
		}
		skew := []time.Duration{time.Minute, 20 * time.Minute, 3 * time.Hour, 26 * time.Hour, 40 * 24 * time.Hour}[s.rng.IntN(5)]
		if s.chance(0.5) {
			skew = -skew
		}
		if s.chance(0.4) {
			skew = 0
		}
		s.counts.jumps++
		s.store.jump(skew)
	}
}

// settle waits for the next question about every payment that is not accounted for.
func (s *shop) settle() {
	for range 6 {
		until := time.Duration(0)
		for _, name := range accountNames {
			for _, b := range s.accounts[name].bills {
				if s.accounted(b) {
					continue
				}
				o := s.order(b.order)
				if o == nil || o.clockWrong {
					continue
				}
				row, known := s.attemptOf(b)
				if !known || row.DueAt.IsZero() {
					s.unaccounted(b)
					return
				}
				until = max(until, row.DueAt.Sub(epoch)+15*time.Minute)
			}
		}
		if until == 0 {
			return
		}
		s.counts.late++
		s.run(max(until, s.now+15*time.Minute), nil)
		if len(s.failed) > 0 {
			return
		}
	}
	for _, name := range accountNames {
		for _, b := range s.accounts[name].bills {
			if o := s.order(b.order); o != nil && !o.clockWrong && !s.accounted(b) {
				s.unaccounted(b)
				return
			}
		}
	}
}

// comesBack has the customer of an order that is not paid try again, now that nothing
// fails any more: he can pay, and gets what he paid for.
func (s *shop) comesBack(o *order) {
	a := asked{amount: o.price.Minor}
	for a.account == "" || a.account == s.gone {
		a.account = accountNames[s.rng.IntN(len(accountNames))]
	}
	var last error
	came := false
	s.spawn(o.id+" comes back", nil, func() {
		for range 7 {
			row, err, ok := s.pay(o, a)
			last = err
			switch {
			case ok && err == nil && row.CheckoutURL != "":
				b := s.show(o, row.CheckoutURL, a.replace)
				s.sleep(time.Minute)
				if came = b != nil && b.pay(b.amount); came {
					return
				}
			case ok && errors.Is(err, guichet.ErrAlreadyPaid):
				came = true
				return
			}
			a.replace = errors.Is(err, guichet.ErrConflict)
			s.sleep(150 * time.Second)
		}
	})
	s.run(1<<61, s.noOneLeft)
	if len(s.failed) > 0 {
		return
	}
	s.run(s.now+anHour, nil)
	switch {
	case o.deliveries > 0 || s.inTrouble(o):
	case !came:
		s.violate(canPay, "%s: %v", o.id, last)
	case !o.clockWrong:
		s.violate(paidArrives, "%s came back and paid, and got nothing", o.id)
	}
}
