package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// scene is a schedule that is written by hand: two processes, one order, no faults but
// those of the scene.
type scene struct {
	*shop
	t *testing.T
	o *order
}

func newScene(t *testing.T) *scene {
	s := newShop(1, plan{}, nil)
	s.keepLog = true
	s.phone = func(*bill) {}
	o := &order{id: "CMD-1", price: guichet.NewMoney(5000, guichet.XOF), sure: true}
	s.orders = []*order{o}
	s.newProcess("p1")
	t.Cleanup(func() {
		s.close()
		if t.Failed() {
			for _, line := range s.log {
				t.Log(line)
			}
		}
	})
	return &scene{s, t, o}
}

// act plays a scene, and the hour that follows.
func (s *scene) act(work func()) {
	s.t.Helper()
	s.spawn("scene", nil, work)
	s.run(1<<61, s.noOneLeft)
	s.run(s.now+anHour, nil)
	require.Empty(s.t, s.failed)
}

// dies has the next process that reaches the account die as soon as the payment is made.
func (s *scene) dies(a *account) {
	a.onCreate = func(*bill) {
		s.current.proc.doomed = true
		a.onCreate = nil
	}
}

func (s *scene) kinds() (kinds []guichet.TroubleKind) {
	for _, t := range s.told {
		kinds = append(kinds, t.kind)
	}
	return kinds
}

// paysOn has the customer pay the page that he was sent to.
func (s *scene) paysOn(row guichet.Attempt) {
	b := s.show(s.o, row.CheckoutURL, false)
	require.NotNil(s.t, b)
	s.sleep(time.Minute)
	require.True(s.t, b.pay(b.amount))
}

func TestKilledBetweenTheCreateAndTheStore(t *testing.T) {
	s := newScene(t)
	a := s.accounts[ligdicashCards]
	s.dies(a)
	s.act(func() {
		_, _, ok := s.pay(s.o, asked{account: a.name, amount: 5000, prompt: true, phone: "+221770000001"})
		assert.False(t, ok)
		s.sleep(12 * time.Minute)
		row, err, _ := s.pay(s.o, asked{account: a.name, amount: 5000, prompt: true, phone: "+221770000001"})
		assert.ErrorIs(t, err, guichet.ErrUnknownOutcome)
		assert.Equal(t, guichet.AttemptCreating, row.State)
	})
	assert.Len(t, a.bills, 1, "one prompt")
	assert.Equal(t, []guichet.TroubleKind{guichet.TroubleUnknownPrompt}, s.kinds())
}

func TestADoubleClick(t *testing.T) {
	s := newScene(t)
	s.newProcess("p2")
	s.act(func() {
		var second guichet.Attempt
		clicked := s.spawn("second click", nil, func() {
			row, err, _ := s.pay(s.o, asked{account: lygosAccount, amount: 5000})
			assert.NoError(t, err)
			second = row
		})
		row, err, _ := s.pay(s.o, asked{account: lygosAccount, amount: 5000})
		assert.NoError(t, err)
		for !clicked.over {
			s.sleep(time.Second)
		}
		assert.Equal(t, row.CheckoutURL, second.CheckoutURL)
		s.paysOn(row)
	})
	assert.Len(t, s.accounts[lygosAccount].bills, 1)
	assert.Equal(t, 1, s.o.deliveries)
	assert.Empty(t, s.told)
}

func TestOneReferenceTwoAmounts(t *testing.T) {
	s := newScene(t)
	s.act(func() {
		row, err, _ := s.pay(s.o, asked{account: lygosAccount, amount: 500})
		assert.NoError(t, err)
		_, err, _ = s.pay(s.o, asked{account: lygosAccount, amount: 50_000})
		assert.ErrorIs(t, err, guichet.ErrConflict)
		s.paysOn(row)
	})
	assert.Len(t, s.accounts[lygosAccount].bills, 1)
	assert.Zero(t, s.o.deliveries)
	assert.Equal(t, []guichet.TroubleKind{guichet.TroubleOtherAmount}, s.kinds())
}

func TestTwoShopsOnOneAccount(t *testing.T) {
	s := newScene(t)
	a := s.accounts[lygosAccount]
	s.act(func() {
		row, err, _ := s.pay(s.o, asked{account: a.name, amount: 5000})
		assert.NoError(t, err)
		assert.NotEqual(t, s.o.id, row.Reference)
		// The other shop uses the bare order id, and its customer pays.
		_, err = a.make(guichet.PaymentRequest{Reference: s.o.id, Amount: guichet.NewMoney(5000, guichet.XOF)}, fine)
		assert.NoError(t, err)
		require.True(t, a.byID[s.o.id].pay(guichet.NewMoney(5000, guichet.XOF)))
		s.returns(s.o)
	})
	assert.Zero(t, s.o.deliveries)
	rows, err := s.store.inner.ByOrder(context.Background(), s.o.id)
	require.NoError(t, err)
	assert.Equal(t, guichet.AttemptOpen, rows[0].State)
}

func TestAKeyedCreateIsNotRepeatedWithAnotherText(t *testing.T) {
	first := asked{account: caurisfluxPhone, amount: 5000, prompt: true, phone: "+221770000001"}
	other := first
	other.phone = "+221770000002"
	t.Run("another text", func(t *testing.T) {
		s := newScene(t)
		s.dies(s.accounts[first.account])
		s.act(func() {
			s.pay(s.o, first)
			s.sleep(12 * time.Minute)
			row, err, _ := s.pay(s.o, other)
			assert.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Equal(t, guichet.AttemptCreating, row.State, "not refused: it is payable")
		})
		assert.Len(t, s.accounts[first.account].bills, 1)
		assert.Equal(t, []guichet.TroubleKind{guichet.TroubleUnknownPrompt}, s.kinds())
	})
	t.Run("the same text", func(t *testing.T) {
		s := newScene(t)
		a := s.accounts[first.account]
		s.dies(a)
		s.act(func() {
			s.pay(s.o, first)
			s.restart(s.procs[0], 0)
			s.sleep(3 * time.Minute)
			row, err, _ := s.pay(s.o, first)
			assert.NoError(t, err)
			assert.Equal(t, guichet.AttemptOpen, row.State)
			assert.True(t, a.bills[0].pay(a.bills[0].amount))
		})
		assert.Len(t, a.bills, 1, "one prompt")
		assert.Equal(t, 1, s.o.deliveries)
	})
}

func TestAnotherAmountAndUnknownWordsAreNotSwallowed(t *testing.T) {
	t.Run("another amount", func(t *testing.T) {
		s := newScene(t)
		s.plan.underpaid = 1
		s.act(func() {
			row, err, _ := s.pay(s.o, asked{account: lomiSession, amount: 5000})
			assert.NoError(t, err)
			b := s.show(s.o, row.CheckoutURL, false)
			b.pay(s.money(b))
		})
		assert.Zero(t, s.o.deliveries)
		assert.Equal(t, []guichet.TroubleKind{guichet.TroubleOtherAmount}, s.kinds())
	})
	t.Run("unknown words", func(t *testing.T) {
		s := newScene(t)
		s.plan.oddAnswers = 1
		s.act(func() {
			row, err, _ := s.pay(s.o, asked{account: lomiSession, amount: 5000})
			assert.NoError(t, err)
			s.paysOn(row)
			s.sleep(30 * time.Minute)
			assert.Zero(t, s.o.deliveries)
			s.plan.oddAnswers = 0
		})
		assert.Equal(t, 1, s.o.deliveries)
	})
}

func TestEventsThatNameNoOrder(t *testing.T) {
	s := newScene(t)
	s.plan.webhookLost = 1
	s.act(func() {
		row, err, _ := s.pay(s.o, asked{account: lomiLink, amount: 5000})
		assert.NoError(t, err)
		assert.True(t, s.deliverWebhook(lomiLink, guichet.Event{ID: "evt", PaymentID: "session-of-nobody-knows"}, true))
		assert.True(t, s.deliverWebhook(lomiLink, guichet.Event{ID: "evt-test"}, true), "a dashboard's test")
		s.paysOn(row)
		assert.True(t, s.deliverWebhook(lomiLink, guichet.Event{ID: "evt-2", PaymentID: "session-of-" + row.PaymentID}, true))
	})
	assert.Equal(t, 1, s.o.deliveries, "without an event that names it")
}

func TestADashboardsTestDelivery(t *testing.T) {
	s := newScene(t)
	s.act(func() {
		for _, name := range accountNames {
			assert.True(t, s.deliverWebhook(name, guichet.Event{ID: "test", Reference: "test-order", PaymentID: "test-payment"}, true), name)
		}
	})
	assert.Empty(t, s.store.rows)
}

func TestSixtyForgedCallbacks(t *testing.T) {
	s := newScene(t)
	a := s.accounts[ligdicashCards]
	s.act(func() {
		row, err, _ := s.pay(s.o, asked{account: a.name, amount: 5000})
		assert.NoError(t, err)
		s.paysOn(row)
		s.sleep(10 * time.Minute)
		assert.Equal(t, 1, s.o.deliveries)
		before := a.questions
		for range 60 {
			assert.True(t, s.deliverWebhook(a.name, guichet.Event{ID: "forged", Reference: row.Reference}, false))
			s.sleep(10 * time.Second)
		}
		assert.Equal(t, before, a.questions)
	})
	assert.Equal(t, 1, s.o.deliveries)
}

func TestKilledBeforeThePageWasShown(t *testing.T) {
	s := newScene(t)
	a := s.accounts[lomiSession]
	s.dies(a)
	s.act(func() {
		s.pay(s.o, asked{account: a.name, amount: 5000})
		s.restart(s.procs[0], 0)
		s.sleep(3 * time.Minute)
		row, err, _ := s.pay(s.o, asked{account: a.name, amount: 5000})
		assert.NoError(t, err)
		s.paysOn(row)
	})
	assert.Len(t, a.bills, 2)
	assert.False(t, a.bills[0].shown)
	assert.Equal(t, 1, s.o.deliveries)
	assert.Empty(t, s.told)
}

func TestCreateFailAndCreateAgain(t *testing.T) {
	s := newScene(t)
	a := s.accounts[lygosAccount]
	s.act(func() {
		row, err, _ := s.pay(s.o, asked{account: a.name, amount: 5000})
		assert.NoError(t, err)
		s.show(s.o, row.CheckoutURL, false).end(guichet.StatusFailed)
		s.sleep(time.Minute)
		again, err, _ := s.pay(s.o, asked{account: a.name, amount: 5000})
		assert.NoError(t, err)
		assert.NotEqual(t, row.Reference, again.Reference)
		assert.NotEqual(t, row.CheckoutURL, again.CheckoutURL, "not the dead page")
		s.paysOn(again)
	})
	assert.Equal(t, 1, s.o.deliveries)
}
