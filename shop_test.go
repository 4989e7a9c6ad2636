package guichet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// account is a provider in memory that does what a test tells it.
type account struct {
	name string
	can  guichet.Capabilities

	mu       sync.Mutex
	payments map[string]*guichet.Payment
	requests []guichet.PaymentRequest // that CreatePayment got
	asked    []string                 // ids that GetStatus got
	asking   int                      // questions that run now
	most     int                      // the most that ran at once

	create func(ctx context.Context, req guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) // nil: p
	status func(ctx context.Context, p guichet.Payment) (*guichet.Payment, error)                              // nil: p
}

func (a *account) CreatePayment(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	a.mu.Lock()
	a.requests = append(a.requests, req)
	id := fmt.Sprintf("%s-pay-%d", a.name, len(a.requests))
	if a.can.StatusByReference {
		id = req.Reference
	}
	p := &guichet.Payment{ID: id, Reference: req.Reference, Provider: a.name, Status: guichet.StatusPending, ProviderStatus: "wait", Amount: req.Amount}
	if req.MobileMoney == nil {
		p.CheckoutURL = "https://pay.example/" + p.ID
	} else {
		p.Instruction = guichet.Instruction{FR: "Composez *144#"}
	}
	create := a.create
	stored := *p
	if a.can.Idempotency {
		for _, old := range a.payments {
			if old.Reference == req.Reference {
				stored = *old
				p = &stored
			}
		}
	}
	a.payments[p.ID] = &stored
	a.mu.Unlock()
	if create != nil {
		return create(ctx, req, p)
	}
	answer := *p
	return &answer, nil
}

func (a *account) GetStatus(ctx context.Context, id string) (*guichet.Payment, error) {
	a.mu.Lock()
	a.asked = append(a.asked, id)
	a.asking++
	a.most = max(a.most, a.asking)
	defer func() {
		a.mu.Lock()
		a.asking--
		a.mu.Unlock()
	}()
	known, ok := a.payments[id]
	status := a.status
	var p guichet.Payment
	if ok {
		p = *known
	}
	a.mu.Unlock()
	if !ok {
		return nil, &guichet.Error{Provider: a.name, Op: "GetStatus", Kind: guichet.ErrNotFound}
	}
	if status != nil {
		return status(ctx, p)
	}
	return &p, nil
}

func (a *account) List(context.Context, guichet.ListParams) (*guichet.Page, error) {
	panic("listed")
}
func (a *account) Capabilities() guichet.Capabilities { return a.can }
func (a *account) ParseWebhook(_ context.Context, h http.Header, body []byte) (*guichet.Event, error) {
	if h.Get("X-Signature") == "bad" {
		return nil, &guichet.Error{Provider: a.name, Kind: guichet.ErrUntrusted}
	}
	var e guichet.Event
	return &e, json.Unmarshal(body, &e)
}

// set changes what the provider says of a payment from now on.
func (a *account) set(id string, change func(*guichet.Payment)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a.payments[id])
}

func (a *account) say(id string, s guichet.Status) {
	a.set(id, func(p *guichet.Payment) { p.Status = s })
}
func (a *account) paid(id string) { a.say(id, guichet.StatusSucceeded) }

func (a *account) creates() int { a.mu.Lock(); defer a.mu.Unlock(); return len(a.requests) }
func (a *account) questions() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.asked)
}

// books is a ledger that a test can break, and whose clock it can set wrong.
type books struct {
	guichet.Ledger
	mu    sync.Mutex
	skew  time.Duration
	begin func(context.Context, guichet.Attempt) error // before; an error is Begin's
	save  func(context.Context, guichet.Attempt) error // before; an error is Save's
	saved func(guichet.Attempt) error                  // after: the answer is lost
}

func (b *books) Now(ctx context.Context) (time.Time, error) {
	now, err := b.Ledger.Now(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	return now.Add(b.skew), err
}

func (b *books) jump(d time.Duration) { b.mu.Lock(); defer b.mu.Unlock(); b.skew += d }

func (b *books) Begin(ctx context.Context, a guichet.Attempt) (guichet.Attempt, bool, error) {
	if b.begin != nil {
		if err := b.begin(ctx, a); err != nil {
			return guichet.Attempt{}, false, err
		}
	}
	return b.Ledger.Begin(ctx, a)
}

func (b *books) Save(ctx context.Context, a guichet.Attempt) (guichet.Attempt, error) {
	if b.save != nil {
		if err := b.save(ctx, a); err != nil {
			return guichet.Attempt{}, err
		}
	}
	row, err := b.Ledger.Save(ctx, a)
	if err == nil && b.saved != nil {
		if err := b.saved(row); err != nil {
			return guichet.Attempt{}, err
		}
	}
	return row, err
}

// shop is a merchant with a cashier and two accounts: "page" (hosted and prompts, no key)
// and "keyed" (prompts under an idempotency key).
type shop struct {
	t       *testing.T
	books   *books
	page    *account
	keyed   *account
	cashier *guichet.Cashier
	log     *bytes.Buffer

	mu        sync.Mutex
	delivered []string // order ids
	told      []guichet.Trouble
	deliver   func(context.Context, guichet.Attempt) error
	trouble   func(context.Context, guichet.Trouble) error
}

var (
	fullReport = guichet.Capabilities{Direct: true, StatusReference: true, StatusAmount: true, AskEvery: 3 * time.Second}
	francs     = guichet.NewMoney(5000, guichet.XOF)
)

// inShop runs a test in virtual time.
func inShop(t *testing.T, test func(t *testing.T, s *shop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{t: t, books: &books{Ledger: guichet.NewMemoryLedger()}, log: new(bytes.Buffer)}
		s.page = &account{name: "page", can: fullReport, payments: map[string]*guichet.Payment{}}
		s.keyed = &account{name: "keyed", can: fullReport, payments: map[string]*guichet.Payment{}}
		s.keyed.can.Idempotency, s.keyed.can.IdempotencyWindow = true, 24*time.Hour
		s.cashier = s.open()
		test(t, s)
	})
}

// open makes another cashier on the same ledger, as a second machine does, or the same
// one after it was started again.
func (s *shop) open(providers ...*account) *guichet.Cashier {
	if len(providers) == 0 {
		providers = []*account{s.page, s.keyed}
	}
	named := map[string]guichet.Provider{}
	for _, p := range providers {
		named[p.name] = p
	}
	c, err := guichet.NewCashier(guichet.CashierConfig{
		Ledger: s.books, Providers: named, Logger: slog.New(slog.NewTextHandler(lockedWriter{&s.mu, s.log}, nil)),
		Deliver: func(ctx context.Context, a guichet.Attempt) error {
			if s.deliver != nil {
				if err := s.deliver(ctx, a); err != nil {
					return err
				}
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.delivered = append(s.delivered, a.OrderID)
			return nil
		},
		Trouble: func(ctx context.Context, trouble guichet.Trouble) error {
			if s.trouble != nil {
				if err := s.trouble(ctx, trouble); err != nil {
					return err
				}
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.told = append(s.told, trouble)
			return nil
		},
	})
	require.NoError(s.t, err)
	return c
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// order is an order of 5,000 francs, changed as a test wants.
func order(changes ...func(*guichet.Order)) guichet.Order {
	o := guichet.Order{ID: "CMD-1", Request: guichet.PaymentRequest{Amount: francs}}
	for _, change := range changes {
		change(&o)
	}
	return o
}

func prompt(o *guichet.Order) {
	o.Request.MobileMoney = &guichet.MobileMoney{Phone: "+22890000000", Country: "TG"}
}
func otherPhone(o *guichet.Order) { o.Request.MobileMoney.Phone = "+22891111111" }
func withCode(o *guichet.Order)   { o.Request.MobileMoney.OTP = "1234" }
func dearer(o *guichet.Order)     { o.Request.Amount.Minor = 7000 }
func replace(o *guichet.Order)    { o.Replace = true }

// opened begins the payment of an order and returns its open attempt.
func (s *shop) opened(provider string, changes ...func(*guichet.Order)) guichet.Attempt {
	s.t.Helper()
	row, err := s.cashier.Pay(s.t.Context(), order(changes...), provider)
	require.NoError(s.t, err)
	require.Equal(s.t, guichet.AttemptOpen, row.State)
	return row
}

// lost begins a payment whose create's answer is lost.
func (s *shop) lost(provider string, changes ...func(*guichet.Order)) guichet.Attempt {
	s.t.Helper()
	a := map[string]*account{"page": s.page, "keyed": s.keyed}[provider]
	a.create = func(context.Context, guichet.PaymentRequest, *guichet.Payment) (*guichet.Payment, error) {
		return nil, &guichet.Error{Provider: a.name, Op: "CreatePayment", Kind: guichet.ErrUnavailable, OutcomeUnknown: true}
	}
	row, err := s.cashier.Pay(s.t.Context(), order(changes...), provider)
	require.ErrorIs(s.t, err, guichet.ErrUnknownOutcome)
	require.Equal(s.t, guichet.AttemptCreating, row.State)
	a.create = nil
	return row
}

func (s *shop) row(reference string) guichet.Attempt {
	s.t.Helper()
	row, err := s.books.Get(s.t.Context(), reference)
	require.NoError(s.t, err)
	return row
}

// edit changes a row of the ledger as another process would.
func (s *shop) edit(reference string, change func(*guichet.Attempt)) guichet.Attempt {
	s.t.Helper()
	row := s.row(reference)
	change(&row)
	row, err := s.books.Ledger.Save(s.t.Context(), row)
	require.NoError(s.t, err)
	return row
}

func (s *shop) refresh(reference string) guichet.Attempt {
	s.t.Helper()
	row, err := s.cashier.Refresh(s.t.Context(), reference)
	require.NoError(s.t, err)
	return row
}

// run runs Run for a while.
func (s *shop) run(d time.Duration, cashiers ...*guichet.Cashier) {
	s.t.Helper()
	if len(cashiers) == 0 {
		cashiers = []*guichet.Cashier{s.cashier}
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), d)
	defer cancel()
	var running sync.WaitGroup
	for _, c := range cashiers {
		running.Go(func() { assert.ErrorIs(s.t, c.Run(ctx), context.DeadlineExceeded) })
	}
	running.Wait()
}

// ring sends a webhook.
func (s *shop) ring(provider string, e guichet.Event) int {
	s.t.Helper()
	body, err := json.Marshal(e)
	require.NoError(s.t, err)
	w := httptest.NewRecorder()
	s.cashier.Webhook(provider).ServeHTTP(w, httptest.NewRequest("POST", "/", bytes.NewReader(body)))
	return w.Code
}

func (s *shop) deliveries() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.delivered) }

// kinds are the troubles that were told, in order.
func (s *shop) kinds() []guichet.TroubleKind {
	s.mu.Lock()
	defer s.mu.Unlock()
	kinds := []guichet.TroubleKind{}
	for _, t := range s.told {
		kinds = append(kinds, t.Kind)
	}
	return kinds
}

func (s *shop) logged() string { s.mu.Lock(); defer s.mu.Unlock(); return s.log.String() }

// leap lets d pass, with Run running only when an attempt of CMD-1 is due: a month of
// virtual seconds takes long.
func (s *shop) leap(d time.Duration) {
	s.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		next := end
		rows, err := s.books.ByOrder(s.t.Context(), "CMD-1")
		require.NoError(s.t, err)
		for _, row := range rows {
			if !row.DueAt.IsZero() && row.DueAt.Before(next) {
				next = row.DueAt
			}
		}
		time.Sleep(time.Until(next))
		s.run(3 * time.Second)
	}
}
