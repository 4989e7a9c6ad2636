package guichet_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// put brings a fresh attempt of CMD-1 into a state, by the ways that lead there.
func (s *shop) put(state guichet.AttemptState) guichet.Attempt {
	s.t.Helper()
	row := s.opened("page")
	switch state {
	case guichet.AttemptReleased:
		s.page.say(row.PaymentID, guichet.StatusExpired)
	case guichet.AttemptClosed:
		s.edit(row.Reference, func(a *guichet.Attempt) { a.State, a.DueAt = guichet.AttemptClosed, time.Time{} })
	case guichet.AttemptPaid:
		s.deliver = func(context.Context, guichet.Attempt) error { return errors.New("stock") }
		s.page.paid(row.PaymentID)
	case guichet.AttemptDelivered:
		s.page.paid(row.PaymentID)
	case guichet.AttemptHeld:
		s.page.set(row.PaymentID, func(p *guichet.Payment) { p.Status, p.Amount.Minor = guichet.StatusSucceeded, 1 })
	case guichet.AttemptExtra:
		s.page.say(row.PaymentID, guichet.StatusExpired)
		s.refresh(row.Reference)
		second := s.opened("page")
		s.page.paid(second.PaymentID)
		s.refresh(second.Reference)
		time.Sleep(3 * time.Second)
		s.page.paid(row.PaymentID)
	}
	if state != guichet.AttemptClosed && state != guichet.AttemptOpen {
		s.cashier.Refresh(s.t.Context(), row.Reference)
	}
	row = s.row(row.Reference)
	require.Equal(s.t, state, row.State)
	time.Sleep(10 * time.Minute) // no rule keeps it from being asked about
	return row
}

// What an answer makes of an attempt in each state where no other attempt is in the way.
func TestAnswers(t *testing.T) {
	const none = guichet.TroubleKind("")
	type want struct {
		state   guichet.AttemptState
		trouble guichet.TroubleKind
	}
	answers := map[string]func(*guichet.Payment){
		"exact success":  func(p *guichet.Payment) { p.Status = guichet.StatusSucceeded; p.Amount = francs },
		"another amount": func(p *guichet.Payment) { p.Status = guichet.StatusSucceeded; p.Amount.Minor = 4999 },
		"refunded":       func(p *guichet.Payment) { p.Status = guichet.StatusRefunded },
		"failed":         func(p *guichet.Payment) { p.Status = guichet.StatusFailed },
		"canceled":       func(p *guichet.Payment) { p.Status = guichet.StatusCanceled },
		"expired":        func(p *guichet.Payment) { p.Status = guichet.StatusExpired },
		"pending":        func(p *guichet.Payment) { p.Status = guichet.StatusPending },
		"unknown word":   func(p *guichet.Payment) { p.Status = guichet.StatusUnknown },
		"no amount":      func(p *guichet.Payment) { p.Status = guichet.StatusSucceeded; p.Amount = guichet.Money{} },
		"another id":     func(p *guichet.Payment) { p.ID = "other"; p.Status = guichet.StatusFailed },
	}
	open, released, closed, paid, delivered, held, extra := guichet.AttemptOpen, guichet.AttemptReleased, guichet.AttemptClosed, guichet.AttemptPaid,
		guichet.AttemptDelivered, guichet.AttemptHeld, guichet.AttemptExtra
	table := map[guichet.AttemptState]map[string]want{
		open: {"exact success": {delivered, none}, "another amount": {held, guichet.TroubleOtherAmount}, "refunded": {held, guichet.TroubleRefunded},
			"failed": {released, none}, "canceled": {released, none}, "expired": {released, none}},
		released: {"exact success": {delivered, none}, "another amount": {held, guichet.TroubleOtherAmount}, "refunded": {held, guichet.TroubleRefunded}},
		closed:   {"exact success": {delivered, none}, "another amount": {held, guichet.TroubleOtherAmount}, "refunded": {held, guichet.TroubleRefunded}},
		// a delivery that failed is tried again
		paid: {"exact success": {delivered, none}, "another amount": {delivered, none}, "refunded": {held, guichet.TroubleRefunded}, "failed": {delivered, none},
			"canceled": {delivered, none}, "expired": {delivered, none}, "pending": {delivered, none}, "unknown word": {delivered, none}},
		delivered: {"refunded": {delivered, guichet.TroubleRefunded}},
		held:      {},
		extra:     {},
	}
	for state, wants := range table {
		for name, answer := range answers {
			t.Run(string(state)+", "+name, func(t *testing.T) {
				inShop(t, func(t *testing.T, s *shop) {
					row := s.put(state)
					s.run(time.Minute * 11) // what put brought about is told and done
					if state == paid {
						s.deliver = nil
					}
					before := len(s.kinds())
					s.page.set(row.PaymentID, answer)
					asked := s.page.questions()
					require.Equal(t, 200, s.ring("page", guichet.Event{Reference: row.Reference, Verified: true}))
					s.run(11 * time.Minute)
					assert.Greater(t, s.page.questions(), asked, "a verified event asks in every state")
					w, listed := wants[name]
					if !listed {
						w = want{state, none}
					}
					got := s.row(row.Reference)
					assert.Equal(t, w.state, got.State)
					if w.trouble == none {
						assert.Len(t, s.kinds(), before)
					} else if assert.Len(t, s.kinds(), before+1) {
						assert.Equal(t, w.trouble, s.kinds()[before])
						assert.True(t, got.Troubles[w.trouble], "told")
					}
					assert.LessOrEqual(t, s.deliveries(), 1)
					s.cashier.Pay(t.Context(), order(), "page")
					s.run(time.Hour)
					assert.Len(t, s.kinds(), len(s.told))
				})
			})
		}
	}
}

func TestOpenWhoseLifeIsOverIsReleased(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		row := s.opened("page", prompt)
		s.run(9 * time.Minute)
		assert.Equal(t, guichet.AttemptOpen, s.row(row.Reference).State)
		s.run(5 * time.Minute)
		assert.Equal(t, guichet.AttemptReleased, s.row(row.Reference).State)
		s.page.paid(row.PaymentID)
		s.run(10 * time.Minute)
		assert.Equal(t, 1, s.deliveries(), "a late payment counts")
	})
}

func TestLeaseOver(t *testing.T) {
	rows := map[string]struct {
		prompt, byReference bool
		state               guichet.AttemptState
		troubles            []guichet.TroubleKind
	}{
		"hosted, with an id":    {byReference: true, state: guichet.AttemptReleased, troubles: []guichet.TroubleKind{}},
		"hosted, without an id": {state: guichet.AttemptClosed, troubles: []guichet.TroubleKind{}},
		"prompt":                {prompt: true, state: guichet.AttemptCreating, troubles: []guichet.TroubleKind{guichet.TroubleUnknownPrompt}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				s.page.can.StatusByReference = row.byReference
				s.cashier = s.open()
				o := order()
				if row.prompt {
					prompt(&o)
				}
				s.page.create = func(context.Context, guichet.PaymentRequest, *guichet.Payment) (*guichet.Payment, error) {
					panic("killed") // between the create and the save
				}
				func() {
					defer func() { recover() }()
					s.cashier.Pay(t.Context(), o, "page")
				}()
				rows, err := s.cashier.Attempts(t.Context(), "CMD-1")
				require.NoError(t, err)
				s.run(119 * time.Second)
				assert.EqualValues(t, 1, s.row(rows[0].Reference).Version, "nobody touches it before its lease ends")
				s.run(10 * time.Second)
				assert.Equal(t, row.state, s.row(rows[0].Reference).State)
				assert.Equal(t, row.troubles, s.kinds())
				s.run(2 * time.Hour)
				assert.Equal(t, row.troubles, s.kinds(), "told once")
			})
		})
	}
}

// two makes a released attempt and a second one that holds the order.
func (s *shop) two() (released, holder guichet.Attempt) {
	released = s.opened("page")
	time.Sleep(3 * time.Second)
	holder, err := s.cashier.Pay(s.t.Context(), order(replace), "keyed")
	require.NoError(s.t, err)
	return s.row(released.Reference), holder
}

func TestReleasedIsPaidAndTheHolderIsUnpaid(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		first, second := s.two()
		s.page.paid(first.PaymentID)
		time.Sleep(3 * time.Second)
		assert.Equal(t, guichet.AttemptDelivered, s.refresh(first.Reference).State)
		assert.Equal(t, guichet.AttemptReleased, s.row(second.Reference).State)
		assert.Empty(t, s.kinds())
		s.keyed.paid(second.PaymentID) // the customer pays the second page as well
		s.run(time.Hour)
		assert.Equal(t, guichet.AttemptExtra, s.row(second.Reference).State)
		require.Equal(t, []guichet.TroubleKind{guichet.TroubleSecondPayment}, s.kinds())
		assert.Equal(t, first.Reference, s.told[0].Other)
		assert.Equal(t, second.Reference, s.told[0].Attempt.Reference)
		assert.Equal(t, 1, s.deliveries())
	})
}

func TestReleasedIsPaidAndTheHolderHasNoID(t *testing.T) {
	for name, way := range map[string]func(*guichet.Order){"hosted": func(*guichet.Order) {}, "prompt": prompt} {
		t.Run(name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				first := s.opened("page")
				s.page.say(first.PaymentID, guichet.StatusExpired)
				s.refresh(first.Reference)
				second := s.lost("keyed", way)
				s.page.paid(first.PaymentID)
				time.Sleep(3 * time.Second)
				assert.Equal(t, guichet.AttemptDelivered, s.refresh(first.Reference).State)
				assert.Equal(t, guichet.AttemptClosed, s.row(second.Reference).State)
				s.run(time.Minute)
				if name == "prompt" {
					assert.Equal(t, []guichet.TroubleKind{guichet.TroubleUnknownPrompt}, s.kinds(), "a phone may still ask for it")
				} else {
					assert.Empty(t, s.kinds())
				}
			})
		})
	}
}

func TestSuccessOfAnOrderThatCostsOtherwiseIsHeld(t *testing.T) {
	t.Run("its newest attempt costs otherwise", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			first := s.opened("page")
			second, err := s.cashier.Pay(t.Context(), order(dearer, replace), "page")
			require.NoError(t, err)
			s.page.paid(first.PaymentID)
			time.Sleep(3 * time.Second)
			assert.Equal(t, guichet.AttemptHeld, s.refresh(first.Reference).State)
			s.run(time.Minute)
			require.Equal(t, []guichet.TroubleKind{guichet.TroubleOtherAmount}, s.kinds())
			assert.Equal(t, francs, s.told[0].Paid)
			assert.Equal(t, second.Reference, s.told[0].Other)
			assert.Zero(t, s.deliveries())
		})
	})
	t.Run("its newest attempt is outdated", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			first, _ := s.two()
			_, err := s.cashier.Pay(t.Context(), order(dearer), "keyed")
			require.ErrorIs(t, err, guichet.ErrConflict)
			s.page.paid(first.PaymentID)
			time.Sleep(3 * time.Second)
			assert.Equal(t, guichet.AttemptHeld, s.refresh(first.Reference).State)
		})
	})
}

func TestReleasedIsClosedAfter30DaysAnd40Questions(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		row := s.opened("page")
		s.leap(29 * 24 * time.Hour)
		assert.Equal(t, guichet.AttemptReleased, s.row(row.Reference).State)
		s.leap(12 * 24 * time.Hour)
		got := s.row(row.Reference)
		assert.Equal(t, guichet.AttemptClosed, got.State)
		assert.Zero(t, got.DueAt)
		assert.InDelta(t, 85, s.page.questions(), 20, "about 85 questions")
		s.page.paid(row.PaymentID)
		s.ring("page", guichet.Event{Reference: row.Reference})
		s.run(time.Minute)
		assert.Equal(t, 1, s.deliveries(), "a webhook asks again")
	})
}

func TestDeliverReturnsMismatchIsHeld(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.deliver = func(context.Context, guichet.Attempt) error {
			return &guichet.Error{Kind: guichet.ErrMismatch, Message: "the basket changed"}
		}
		row := s.opened("page")
		s.page.paid(row.PaymentID)
		got, err := s.cashier.Refresh(t.Context(), row.Reference)
		assert.ErrorIs(t, err, guichet.ErrMismatch)
		assert.Equal(t, guichet.AttemptHeld, got.State)
		s.run(time.Hour)
		require.Equal(t, []guichet.TroubleKind{guichet.TroubleOtherAmount}, s.kinds())
		assert.ErrorContains(t, s.told[0].Err, "basket")
		assert.Equal(t, francs, s.told[0].Paid)
	})
}

func TestResolve(t *testing.T) {
	for _, state := range []guichet.AttemptState{guichet.AttemptHeld, guichet.AttemptExtra} {
		for r, want := range map[guichet.Resolution]guichet.AttemptState{
			guichet.ResolvedPaid: guichet.AttemptPaid, guichet.ResolvedNotPaid: guichet.AttemptClosed, guichet.ResolvedRefunded: guichet.AttemptClosed,
		} {
			t.Run(string(state)+" "+string(r), func(t *testing.T) {
				inShop(t, func(t *testing.T, s *shop) {
					row := s.put(state)
					s.run(time.Hour)
					got, err := s.cashier.Resolve(t.Context(), row.Reference, r)
					if state == guichet.AttemptExtra && r == guichet.ResolvedPaid {
						assert.ErrorIs(t, err, guichet.ErrOrderHeld)
						return
					}
					require.NoError(t, err)
					assert.Equal(t, want, got.State)
					assert.Equal(t, r == guichet.ResolvedRefunded, got.Refunded)
					s.run(time.Hour)
					if r == guichet.ResolvedPaid {
						assert.Equal(t, guichet.AttemptDelivered, s.row(row.Reference).State)
						assert.Equal(t, 1, s.deliveries())
					}
					if r == guichet.ResolvedRefunded {
						told := len(s.kinds())
						s.page.set(row.PaymentID, func(p *guichet.Payment) { p.Status, p.Amount = guichet.StatusSucceeded, francs })
						s.ring("page", guichet.Event{Reference: row.Reference, Verified: true})
						s.run(time.Hour)
						assert.Equal(t, guichet.AttemptClosed, s.row(row.Reference).State, "no question makes it paid again")
						assert.Len(t, s.kinds(), told)
					}
					_, err = s.cashier.Resolve(t.Context(), row.Reference, r)
					assert.ErrorIs(t, err, guichet.ErrConflict, "it waits for nobody any more")
				})
			})
		}
	}
	t.Run("creating", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.lost("page", prompt)
			s.run(time.Minute)
			got, err := s.cashier.Resolve(t.Context(), row.Reference, guichet.ResolvedNotPaid)
			require.NoError(t, err)
			assert.Equal(t, guichet.AttemptClosed, got.State)
			assert.Empty(t, got.Phone)
			s.opened("page", prompt)
		})
	})
	t.Run("creating, paid", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.lost("page", prompt)
			_, err := s.cashier.Resolve(t.Context(), row.Reference, guichet.ResolvedPaid)
			require.NoError(t, err)
			s.run(time.Minute)
			assert.Equal(t, 1, s.deliveries())
		})
	})
	t.Run("a lease runs", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.page.create = func(_ context.Context, _ guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
				time.Sleep(time.Minute)
				return p, nil
			}
			done := make(chan error)
			go func() {
				_, err := s.cashier.Pay(t.Context(), order(), "page")
				done <- err
			}()
			synctest.Wait()
			rows, _ := s.cashier.Attempts(t.Context(), "CMD-1")
			_, err := s.cashier.Resolve(t.Context(), rows[0].Reference, guichet.ResolvedNotPaid)
			assert.ErrorIs(t, err, guichet.ErrInProgress)
			assert.NoError(t, <-done)
		})
	})
	t.Run("what is no resolution", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.put(guichet.AttemptHeld)
			_, err := s.cashier.Resolve(t.Context(), row.Reference, "perhaps")
			assert.ErrorIs(t, err, guichet.ErrInvalidRequest)
			_, err = s.cashier.Resolve(t.Context(), "nobody", guichet.ResolvedPaid)
			assert.ErrorIs(t, err, guichet.ErrNotFound)
		})
	})
}

func TestRefreshOrder(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		_, err := s.cashier.RefreshOrder(t.Context(), "CMD-1")
		assert.ErrorIs(t, err, guichet.ErrNotFound)
		first, second := s.two()
		time.Sleep(3 * time.Second)
		got, err := s.cashier.RefreshOrder(t.Context(), "CMD-1")
		require.NoError(t, err)
		assert.Equal(t, second.Reference, got.Reference, "the open one")
		s.page.paid(first.PaymentID) // the customer comes back from the page that was given up
		time.Sleep(3 * time.Second)
		got, err = s.cashier.RefreshOrder(t.Context(), "CMD-1")
		require.NoError(t, err)
		assert.Equal(t, first.Reference, got.Reference)
		assert.Equal(t, guichet.AttemptDelivered, got.State)
		asked := s.page.questions() + s.keyed.questions()
		for range 10 {
			time.Sleep(time.Minute)
			got, err = s.cashier.RefreshOrder(t.Context(), "CMD-1")
			require.NoError(t, err)
			assert.Equal(t, guichet.AttemptDelivered, got.State)
		}
		assert.Equal(t, asked, s.page.questions()+s.keyed.questions(), "what is delivered is not asked about")
	})
}
