package guichet_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

type created = func(context.Context, guichet.PaymentRequest, *guichet.Payment) (*guichet.Payment, error)

// fails is a create that fails without a payment.
func fails(err error) created {
	return func(context.Context, guichet.PaymentRequest, *guichet.Payment) (*guichet.Payment, error) {
		return nil, err
	}
}

// beside is a create that fails with a payment.
func beside(err error) created {
	return func(_ context.Context, _ guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
		return p, err
	}
}

// What the create gave, row by row.
func TestCreateGives(t *testing.T) {
	unknown := &guichet.Error{Kind: guichet.ErrUnavailable, OutcomeUnknown: true}
	rows := []struct {
		name     string
		create   created
		prompt   bool
		err      error
		state    guichet.AttemptState
		id       bool
		troubles []guichet.TroubleKind
	}{
		{name: "a payment", state: guichet.AttemptOpen, id: true},
		{name: "a payment, prompt", prompt: true, state: guichet.AttemptOpen, id: true},
		{name: "another amount, hosted", create: beside(&guichet.Error{Kind: guichet.ErrMismatch}), err: guichet.ErrMismatch, state: guichet.AttemptReleased, id: true},
		{name: "another amount, prompt", create: beside(&guichet.Error{Kind: guichet.ErrMismatch}), prompt: true, err: guichet.ErrMismatch, state: guichet.AttemptOpen, id: true,
			troubles: []guichet.TroubleKind{guichet.TroubleOtherAmount}},
		{name: "no page", create: beside(&guichet.Error{Kind: guichet.ErrBadResponse}), err: guichet.ErrBadResponse, state: guichet.AttemptReleased, id: true},
		{name: "no page and no error", create: func(_ context.Context, _ guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
			p.CheckoutURL = ""
			return p, nil
		}, err: guichet.ErrBadResponse, state: guichet.AttemptReleased, id: true},
		{name: "half read, prompt", create: beside(&guichet.Error{Kind: guichet.ErrBadResponse}), prompt: true, err: guichet.ErrBadResponse, state: guichet.AttemptOpen, id: true},
		{name: "refused", create: fails(&guichet.Error{Kind: guichet.ErrDeclined}), err: guichet.ErrDeclined, state: guichet.AttemptClosed},
		{name: "refused, prompt", create: fails(&guichet.Error{Kind: guichet.ErrInvalidRequest}), prompt: true, err: guichet.ErrInvalidRequest, state: guichet.AttemptClosed},
		{name: "not sent", create: fails(&guichet.Error{Kind: guichet.ErrUnavailable}), err: guichet.ErrUnavailable, state: guichet.AttemptClosed},
		{name: "ended before it was sent", create: fails(&guichet.Error{Err: context.DeadlineExceeded}), err: context.DeadlineExceeded, state: guichet.AttemptClosed},
		{name: "unknown", create: fails(unknown), err: guichet.ErrUnknownOutcome, state: guichet.AttemptCreating},
		{name: "a conflict on a key", create: fails(&guichet.Error{Kind: guichet.ErrConflict}), err: guichet.ErrUnknownOutcome, state: guichet.AttemptCreating},
		{name: "a bad response without a payment", create: fails(&guichet.Error{Kind: guichet.ErrBadResponse}), err: guichet.ErrUnknownOutcome, state: guichet.AttemptCreating},
		{name: "no *Error", create: fails(errors.New("eof")), err: guichet.ErrUnknownOutcome, state: guichet.AttemptCreating},
		{name: "a bare context error", create: fails(context.Canceled), err: guichet.ErrUnknownOutcome, state: guichet.AttemptCreating},
		{name: "nil and nil", create: fails(nil), err: guichet.ErrUnknownOutcome, state: guichet.AttemptCreating},
		{name: "a payment without an id", create: func(context.Context, guichet.PaymentRequest, *guichet.Payment) (*guichet.Payment, error) {
			return &guichet.Payment{Status: guichet.StatusPending, CheckoutURL: "https://pay.example/x"}, nil
		}, err: guichet.ErrUnknownOutcome, state: guichet.AttemptCreating},
		{name: "a payment beside an unknown outcome", create: beside(unknown), err: guichet.ErrUnknownOutcome, state: guichet.AttemptCreating},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				s.page.create = row.create
				o := order()
				if row.prompt {
					prompt(&o)
				}
				got, err := s.cashier.Pay(t.Context(), o, "page")
				if row.err == nil {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, row.err)
					assert.Empty(t, got.CheckoutURL, "nothing is shown")
				}
				assert.Equal(t, row.state, got.State)
				assert.Equal(t, row.id, got.PaymentID != "")
				assert.Equal(t, s.row(got.Reference), got)
				assert.Equal(t, row.state == guichet.AttemptClosed, got.DueAt.IsZero(), "only what is closed is not looked at again")
				if row.state == guichet.AttemptCreating {
					assert.False(t, got.LeaseUntil.After(time.Now()), "its lease ends now")
				} else {
					assert.Nil(t, got.Request)
				}
				s.page.create = nil
				s.run(2 * time.Second)
				if row.troubles == nil {
					row.troubles = []guichet.TroubleKind{}
				}
				if !row.prompt || row.state != guichet.AttemptCreating {
					assert.Equal(t, row.troubles, s.kinds())
				}
			})
		})
	}
}

func TestCreateRefusedLeavesTheOrderToAnotherProvider(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.page.create = fails(&guichet.Error{Kind: guichet.ErrUnavailable})
		row, err := s.cashier.Pay(t.Context(), order(prompt), "page")
		require.Error(t, err)
		require.Equal(t, guichet.AttemptClosed, row.State)
		row, err = s.cashier.Pay(t.Context(), order(prompt), "keyed")
		require.NoError(t, err)
		assert.Equal(t, "keyed", row.Provider)
	})
}

func TestCreateRunsOnWhenTheCustomerLeaves(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		ctx, leave := context.WithCancel(t.Context())
		s.page.create = func(ctx context.Context, _ guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
			leave()
			return p, ctx.Err()
		}
		row, err := s.cashier.Pay(ctx, order(), "page")
		require.NoError(t, err)
		assert.Equal(t, guichet.AttemptOpen, s.row(row.Reference).State)
	})
	inShop(t, func(t *testing.T, s *shop) {
		ctx, leave := context.WithCancel(t.Context())
		leave()
		_, err := s.cashier.Pay(ctx, order(), "page")
		assert.ErrorIs(t, err, context.Canceled, "until Begin the context counts")
		assert.Zero(t, s.page.creates())
	})
}

func TestCreateSaveFails(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		down := errors.New("database down")
		s.books.save = func(context.Context, guichet.Attempt) error { return down }
		start := time.Now()
		row, err := s.cashier.Pay(t.Context(), order(), "page")
		assert.ErrorIs(t, err, down)
		assert.Equal(t, guichet.AttemptCreating, row.State)
		assert.Empty(t, row.CheckoutURL, "nothing is shown")
		assert.InDelta(t, 10, time.Since(start).Seconds(), 1)
		require.Equal(t, []guichet.TroubleKind{guichet.TroubleUnsettled}, s.kinds())
		assert.Equal(t, "page-pay-1", s.told[0].Attempt.PaymentID, "a person can look it up")
		assert.ErrorIs(t, s.told[0].Err, down)
	})
	t.Run("for a while", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			up := time.Now().Add(8 * time.Second)
			s.books.save = func(context.Context, guichet.Attempt) error {
				if time.Now().Before(up) {
					return errors.New("database down")
				}
				return nil
			}
			s.opened("page")
			assert.Empty(t, s.kinds())
		})
	})
	t.Run("its answer is lost", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			once := true
			s.books.saved = func(guichet.Attempt) error {
				if once {
					once = false
					return errors.New("connection reset")
				}
				return nil
			}
			row := s.opened("page")
			assert.NotEmpty(t, row.CheckoutURL)
			assert.Equal(t, 1, s.page.creates())
		})
	})
}

func TestCreateBeginAnswerLost(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		once := true
		s.books.begin = func(ctx context.Context, a guichet.Attempt) error {
			if !once {
				return nil
			}
			once = false
			_, begun, err := s.books.Ledger.Begin(ctx, a)
			assert.NoError(t, err)
			assert.True(t, begun)
			return errors.New("connection reset")
		}
		row := s.opened("page")
		assert.Equal(t, 1, row.Number, "the same attempt")
	})
}

func TestCreateThatHasEndedIsNotShown(t *testing.T) {
	for name, change := range map[string]func(*guichet.Payment){
		"failed at once":          func(p *guichet.Payment) { p.Status = guichet.StatusFailed },
		"a replay of a dead page": func(p *guichet.Payment) { p.Replayed = true },
	} {
		t.Run(name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				s.page.create = func(_ context.Context, _ guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
					s.page.say(p.ID, guichet.StatusExpired)
					answer := *p
					change(&answer)
					return &answer, nil
				}
				row, err := s.cashier.Pay(t.Context(), order(), "page")
				assert.ErrorIs(t, err, guichet.ErrDeclined)
				assert.Equal(t, guichet.AttemptReleased, row.State)
				assert.Empty(t, row.CheckoutURL)
				assert.Equal(t, 1, s.page.creates())
			})
		})
	}
	t.Run("paid at once", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.page.create = func(_ context.Context, _ guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
				s.page.paid(p.ID)
				p.Status = guichet.StatusSucceeded
				return p, nil
			}
			row, err := s.cashier.Pay(t.Context(), order(prompt), "page")
			assert.ErrorIs(t, err, guichet.ErrAlreadyPaid)
			assert.Equal(t, guichet.AttemptDelivered, row.State)
		})
	})
}

func TestCreatePageLife(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.page.can.PageLife = time.Hour
		s.cashier = s.open()
		assert.Equal(t, time.Now().Add(time.Hour).UTC(), s.opened("page").ExpiresAt)
	})
	inShop(t, func(t *testing.T, s *shop) {
		until := time.Now().Add(20 * time.Minute)
		s.page.can.PageLife = time.Hour
		s.cashier = s.open()
		s.page.create = func(_ context.Context, _ guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
			p.ExpiresAt = until
			return p, nil
		}
		assert.Equal(t, until.UTC(), s.opened("page").ExpiresAt, "what the provider says comes first")
	})
}
