package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/ligdicash"
	"github.com/guichetpay/guichet/lomi"
	"github.com/guichetpay/guichet/lygos"
)

// The shop's accounts. Each does what its provider's Capabilities and pages promise. The
// public fakes are not used, because the clients in front of them wait, sign and give up
// by the machine's own clock.
const (
	lygosAccount    = "lygos"      // hosted, the reference is the id, no amount reported
	lomiSession     = "lomi"       // hosted, under a key
	lomiLink        = "lomi-link"  // hosted, one page can be paid again, no reference reported
	ligdicashCards  = "ligdicash"  // hosted and prompts, no key, unsigned events
	caurisfluxPhone = "caurisflux" // hosted and prompts, under a key, no reference reported
)

var accountNames = []string{lygosAccount, lomiSession, lomiLink, ligdicashCards, caurisfluxPhone}

// promises are what the real clients say of themselves.
var promises = map[string]guichet.Capabilities{
	lygosAccount:    (&lygos.Client{}).Capabilities(),
	lomiSession:     lomiBy(lomi.ViaCheckoutSession),
	lomiLink:        lomiBy(lomi.ViaPaymentLink),
	ligdicashCards:  (&ligdicash.Client{}).Capabilities(),
	caurisfluxPhone: (&caurisflux.Client{}).Capabilities(),
}

func lomiBy(via lomi.Via) guichet.Capabilities {
	client, err := lomi.New(lomi.Config{APIKey: "lomi_sk_test_simulation", Via: via})
	if err != nil {
		panic(err)
	}
	return client.Capabilities()
}

// bill is one payment at a provider: the truth.
type bill struct {
	account   *account
	id        string
	reference string
	key       string
	order     string
	amount    guichet.Money
	prompt    bool
	status    guichet.Status
	captures  int
	refunds   int
	paid      guichet.Money // of the last capture
	made      time.Duration
	dead      time.Duration // it cannot be paid from then on
	expires   time.Duration // what the provider says; 0: nothing
	paidAt    time.Duration
	refunded  time.Duration // when the money went back
	touched   bool          // the customer has opened the page
	shown     bool          // the customer has the page, or his phone was prompted
	shownAt   time.Duration
	delivered bool // the shop delivered for it
	full      bool // it was paid in full once; a link can be paid again with less
	replaced  bool // he asked for another page beside it
	request   string
}

func (b *bill) url() string {
	return "https://pay.example/" + b.account.name + "/" + b.id
}

func (b *bill) payable() bool {
	s := b.account.s
	if b.account.can.ReusablePage {
		return s.now < b.dead && (b.status == guichet.StatusPending || b.status == guichet.StatusSucceeded)
	}
	return b.status == guichet.StatusPending && s.now < b.dead
}

// account is the shop's account at a provider.
type account struct {
	s     *shop
	name  string
	can   guichet.Capabilities
	bills []*bill
	byID  map[string]*bill
	byKey map[string]*bill
	keyed map[string]error // refusals that were stored with a key
	count int

	nextCreate []trouble // what is to happen to the next creates, for schedules that are written by hand
	onCreate   func(*bill)
	creates    int
	questions  int
}

// trouble is what the way to a provider, or the provider, does to one request.
type trouble int

const (
	fine trouble = iota
	notSent
	lostOnTheWay // it never arrives, and nobody can tell
	lateOnTheWay // it arrives after the caller has given up
	lostAnswer   // it is done, and nobody learns of it
	declined
	commitThen500
	otherAmount   // it is done, and the amount echoed is another
	noPage        // it is done, without a page
	nothingAtAll  // neither a payment nor an error
	sameID        // the id of another payment
	deadOnArrival // it is done, and has ended when the answer comes
)

// wire is how one process reaches an account.
type wire struct {
	a *account
	p *process
}

func (w *wire) Capabilities() guichet.Capabilities { return w.a.can }

func (w *wire) List(context.Context, guichet.ListParams) (*guichet.Page, error) {
	return nil, &guichet.Error{Provider: w.a.name, Op: "List", Kind: guichet.ErrUnsupported}
}

func (a *account) failure(op string, kind error, unknown bool) error {
	return &guichet.Error{Provider: a.name, Op: op, Kind: kind, OutcomeUnknown: unknown, Message: "simulated"}
}

// travel is a way through the network. It reports false where the context ended first.
func (w *wire) travel(ctx context.Context) bool {
	s := w.a.s
	d := s.between(10*time.Millisecond, 800*time.Millisecond)
	switch {
	case s.chance(s.plan.hangs):
		d = s.between(time.Minute, 4*time.Minute)
	case s.chance(s.plan.slow):
		d = s.between(time.Second, 20*time.Second)
	}
	s.pause(ctx, nil, d)
	return ctx.Err() == nil
}

func (w *wire) CreatePayment(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	a, s := w.a, w.a.s
	a.creates++
	s.creating[req.Reference] = &running{t: s.current, since: s.now}
	what := s.createTrouble(a)
	s.say("create %s at %s, prompt=%t: trouble %d", req.Reference, a.name, req.MobileMoney != nil, what)
	unknown := a.failure("CreatePayment", guichet.ErrUnavailable, true)
	switch what {
	case notSent:
		s.pause(ctx, nil, s.between(0, time.Second))
		return nil, a.failure("CreatePayment", guichet.ErrUnavailable, false)
	case lostOnTheWay:
		s.pause(ctx, nil, s.between(time.Second, 100*time.Second))
		return nil, unknown
	case lateOnTheWay:
		late := s.between(30*time.Second, 5*time.Minute)
		s.spawn("network", nil, func() {
			s.sleep(late)
			a.make(req, fine)
		})
		s.pause(ctx, nil, s.between(time.Second, 100*time.Second))
		return nil, unknown
	}
	if !w.travel(ctx) {
		// It may be anywhere: half of the time it arrives.
		if s.chance(0.5) {
			s.spawn("network", nil, func() { a.make(req, fine) })
		}
		return nil, unknown
	}
	p, err := a.make(req, what)
	if !w.travel(ctx) || what == lostAnswer || what == commitThen500 {
		return nil, unknown
	}
	if s.wrong != nil && s.wrong.created != nil && p != nil {
		s.wrong.created(w, req, p)
	}
	return p, err
}

// make is what the provider does about a create.
func (a *account) make(req guichet.PaymentRequest, what trouble) (*guichet.Payment, error) {
	s := a.s
	key := ""
	text := fmt.Sprint(req.Amount, req.MobileMoney)
	if a.can.Idempotency {
		if key = req.IdempotencyKey; key == "" {
			key = req.Reference
		}
		if err := a.keyed[key]; err != nil {
			return nil, err
		}
		if b := a.byKey[key]; b != nil && s.now-b.made < a.can.IdempotencyWindow {
			if b.request != text {
				return nil, a.failure("CreatePayment", guichet.ErrConflict, false)
			}
			p := a.create(b)
			p.Replayed = a.name == lomiSession
			return p, nil
		}
	}
	if what == declined {
		err := a.failure("CreatePayment", guichet.ErrDeclined, false)
		if key != "" {
			a.keyed[key] = err
		}
		return nil, err
	}
	if what == nothingAtAll {
		return nil, nil
	}
	a.count++
	b := &bill{account: a, reference: req.Reference, key: key, amount: req.Amount, prompt: req.MobileMoney != nil, status: guichet.StatusPending, made: s.now, request: text}
	b.id = fmt.Sprintf("%s-%d", a.name, a.count)
	if a.can.StatusByReference {
		b.id = req.Reference
		if a.byID[b.id] != nil {
			return nil, a.failure("CreatePayment", guichet.ErrConflict, false)
		}
	}
	b.dead = s.now + 72*time.Hour
	switch {
	case b.prompt:
		b.dead = s.now + s.between(3*time.Minute, 9*time.Minute)
	case a.can.PageLife > 0:
		b.dead = s.now + a.can.PageLife
	case a.name == caurisfluxPhone:
		b.expires = s.now + 30*time.Minute
		b.dead = b.expires
	}
	if a.can.ReusablePage {
		b.dead = s.now + 40*24*time.Hour
	}
	if row, ok := s.store.row(req.Reference); ok {
		b.order = row.OrderID
	}
	if b.order == "" {
		b.order = s.orderOf[req.Reference]
	}
	if what == sameID && !a.can.StatusByReference && len(a.bills) > 0 {
		// The provider mixes two payments up: the answer is about an older one.
		return a.create(a.bills[s.rng.IntN(len(a.bills))]), nil
	}
	if what == deadOnArrival {
		b.status = guichet.StatusFailed
	}
	a.bills = append(a.bills, b)
	a.byID[b.id] = b
	if key != "" {
		a.byKey[key] = b
	}
	s.say("%s has the payment %s of %s", a.name, b.id, b.reference)
	if b.prompt {
		s.prompted(b)
	}
	if a.onCreate != nil {
		a.onCreate(b)
	}
	p := a.create(b)
	switch what {
	case otherAmount:
		if a.can.StatusAmount {
			b.amount.Minor /= 10
			p.Amount = b.amount
			return p, a.failure("CreatePayment", guichet.ErrMismatch, false)
		}
	case noPage:
		if !b.prompt {
			p.CheckoutURL = ""
			return p, a.failure("CreatePayment", guichet.ErrBadResponse, false)
		}
	}
	return p, nil
}

// create is the answer to a create.
func (a *account) create(b *bill) *guichet.Payment {
	p := &guichet.Payment{ID: b.id, Reference: b.reference, Provider: a.name, Status: b.status, ProviderStatus: string(b.status), Amount: b.amount}
	if b.prompt {
		p.Instruction = guichet.Instruction{FR: "Composez *144#", EN: "Dial *144#"}
	} else {
		p.CheckoutURL = b.url()
	}
	if b.expires > 0 {
		p.ExpiresAt = a.s.store.clock().Add(b.expires - a.s.now)
	}
	return p
}

func (w *wire) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	a, s := w.a, w.a.s
	a.questions++
	if !w.travel(ctx) {
		return nil, a.failure("GetStatus", guichet.ErrUnavailable, false)
	}
	var p *guichet.Payment
	var err error
	switch {
	case s.chance(s.plan.keysRefused):
		err = a.failure("GetStatus", guichet.ErrUnauthorized, false)
	case s.chance(s.plan.rateLimited):
		err = &guichet.Error{Provider: a.name, Op: "GetStatus", Kind: guichet.ErrRateLimited, RetryAfter: s.between(time.Second, 5*time.Minute)}
	case s.chance(s.plan.questionFails):
		err = a.failure("GetStatus", guichet.ErrUnavailable, false)
	default:
		p, err = a.status(id)
		if p != nil && s.chance(s.plan.oddAnswers) {
			switch s.rng.IntN(3) {
			case 0:
				p.Status, p.ProviderStatus = guichet.StatusUnknown, "em_curso"
			case 1:
				p.Amount = guichet.Money{}
			case 2:
				p, err = nil, nil
			}
		}
	}
	if !w.travel(ctx) {
		return nil, a.failure("GetStatus", guichet.ErrUnavailable, false)
	}
	if s.wrong != nil && s.wrong.answered != nil && p != nil {
		s.wrong.answered(w, p)
	}
	if p != nil {
		s.say("%s answers %s: %s, captures %d", a.name, id, p.Status, p.Captures)
	} else {
		s.say("%s answers %s: %v", a.name, id, err)
	}
	return p, err
}

func (a *account) status(id string) (*guichet.Payment, error) {
	b := a.byID[id]
	if a.name == lygosAccount && (b == nil || !b.touched) { // its client says so until the customer starts
		return &guichet.Payment{ID: id, Reference: id, Provider: a.name, Status: guichet.StatusPending, ProviderStatus: "not started"}, nil
	}
	if b == nil {
		return nil, a.failure("GetStatus", guichet.ErrNotFound, false)
	}
	b.age()
	p := &guichet.Payment{ID: b.id, Provider: a.name, Status: b.status, ProviderStatus: string(b.status)}
	if a.can.StatusReference {
		p.Reference = b.reference
	}
	if a.can.StatusAmount {
		p.Amount = b.amount
		if b.captures > 0 {
			p.Amount = b.paid
		}
	}
	if a.can.ReusablePage {
		p.Captures = b.captures
	}
	return p, nil
}

// age lets a payment that nobody made end.
func (b *bill) age() {
	if b.status == guichet.StatusPending && b.account.s.now >= b.dead {
		b.status = guichet.StatusExpired
	}
}

// pay is the customer's money. It reports whether it was taken.
func (b *bill) pay(amount guichet.Money) bool {
	s := b.account.s
	b.touched = true
	b.age()
	again := b.account.can.ReusablePage && b.status == guichet.StatusSucceeded
	if s.now >= b.dead || (b.status != guichet.StatusPending && !again) {
		s.say("%s refuses the money for %s: %s", b.account.name, b.id, b.status)
		return false
	}
	b.status, b.paid, b.paidAt = guichet.StatusSucceeded, amount, s.now
	b.captures++
	b.full = b.full || amount == b.amount
	s.say("%s TAKES %v for %s of %s (%s), capture %d", b.account.name, amount, b.id, b.reference, b.order, b.captures)
	s.counts.captures++
	s.announce(b)
	s.audit(b, false)
	return true
}

// end is a payment that fails, or that the customer gives up.
func (b *bill) end(status guichet.Status) {
	b.touched = true
	if b.status == guichet.StatusPending {
		b.status = status
		b.account.s.say("%s ends %s: %s", b.account.name, b.id, status)
		b.account.s.announce(b)
	}
}

// refund gives the money back.
func (b *bill) refund() {
	if b.captures > b.refunds {
		b.refunds, b.refunded = b.captures, b.account.s.now
		b.status = guichet.StatusRefunded
		b.account.s.say("%s refunds %s", b.account.name, b.id)
		b.account.s.announce(b)
	}
}

// signedHeader holds for an event that the provider signed.
const signedHeader = "X-Signed"

func (w *wire) ParseWebhook(_ context.Context, header http.Header, body []byte) (*guichet.Event, error) {
	signed := header.Get(signedHeader) != ""
	if w.a.can.SignedEvents && !signed {
		return nil, w.a.failure("ParseWebhook", guichet.ErrUntrusted, false)
	}
	e := new(guichet.Event)
	if err := json.Unmarshal(body, e); err != nil {
		return nil, w.a.failure("ParseWebhook", guichet.ErrBadResponse, false)
	}
	e.Verified = w.a.can.SignedEvents
	return e, nil
}
