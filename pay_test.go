package guichet_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

func TestPayRefusesWhatIsMissing(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		for names, o := range map[string]guichet.Order{
			"Order.ID":                order(func(o *guichet.Order) { o.ID = "" }),
			"Reference":               order(func(o *guichet.Order) { o.Request.Reference = "mine" }),
			"IdempotencyKey":          order(func(o *guichet.Order) { o.Request.IdempotencyKey = "mine" }),
			"Order.Request.Amount":    order(func(o *guichet.Order) { o.Request.Amount.Minor = 0 }),
			"currency whose decimals": order(func(o *guichet.Order) { o.Request.Amount.Currency = "" }),
			"MobileMoney.Phone":       order(prompt, func(o *guichet.Order) { o.Request.MobileMoney.Phone = "" }),
		} {
			row, err := s.cashier.Pay(t.Context(), o, "page")
			assert.ErrorIs(t, err, guichet.ErrInvalidRequest)
			assert.ErrorContains(t, err, names)
			assert.Zero(t, row)
		}
		_, err := s.cashier.Pay(t.Context(), order(), "wave")
		assert.ErrorContains(t, err, "CashierConfig.Providers")
		assert.Zero(t, s.page.creates())
		rows, err := s.cashier.Attempts(t.Context(), "CMD-1")
		require.NoError(t, err)
		assert.Empty(t, rows)
	})
}

func TestNewCashierRefusesWhatIsMissing(t *testing.T) {
	good := guichet.CashierConfig{
		Ledger: guichet.NewMemoryLedger(), Providers: map[string]guichet.Provider{"page": &account{}},
		Deliver: func(context.Context, guichet.Attempt) error { return nil }, Trouble: func(context.Context, guichet.Trouble) error { return nil },
	}
	_, err := guichet.NewCashier(good)
	require.NoError(t, err)
	for field, change := range map[string]func(*guichet.CashierConfig){
		"Ledger":    func(c *guichet.CashierConfig) { c.Ledger = nil },
		"Providers": func(c *guichet.CashierConfig) { c.Providers = nil },
		"Deliver":   func(c *guichet.CashierConfig) { c.Deliver = nil },
		"Trouble":   func(c *guichet.CashierConfig) { c.Trouble = nil },
		"1 to 32":   func(c *guichet.CashierConfig) { c.Providers = map[string]guichet.Provider{"Lomi": &account{}} },
		"to 32": func(c *guichet.CashierConfig) {
			c.Providers = map[string]guichet.Provider{strings.Repeat("a", 33): &account{}}
		},
		"nil": func(c *guichet.CashierConfig) { c.Providers = map[string]guichet.Provider{"lomi": nil} },
	} {
		cfg := good
		change(&cfg)
		_, err := guichet.NewCashier(cfg)
		assert.ErrorIs(t, err, guichet.ErrInvalidRequest)
		assert.ErrorContains(t, err, field)
	}
}

func TestReference(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		seen := map[string]bool{}
		for _, id := range []string{"CMD-1", "Commande n°5 / été", strings.Repeat("9", 50), "ééé", "a_b"} {
			row, err := s.cashier.Pay(t.Context(), order(func(o *guichet.Order) { o.ID = id }), "page")
			require.NoError(t, err)
			assert.Regexp(t, regexp.MustCompile(`^[A-Za-z0-9-]{0,20}-[A-Z2-7]{16}$`), row.Reference)
			assert.LessOrEqual(t, len(row.Reference), 40)
			assert.False(t, seen[row.Reference[len(row.Reference)-16:]])
			seen[row.Reference[len(row.Reference)-16:]] = true
			assert.Equal(t, id, row.OrderID)
		}
		assert.True(t, strings.HasPrefix(s.page.requests[1].Reference, "Commanden5t-"), s.page.requests[1].Reference)
	})
}

// What Pay does about the attempt that it finds, row by row.

func TestPayNoneCreates(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		row := s.opened("page")
		assert.Equal(t, "https://pay.example/page-pay-1", row.CheckoutURL)
		assert.Equal(t, row, s.row(row.Reference), "what is shown is what is stored")
		assert.Equal(t, row.Reference, s.page.requests[0].Reference)
		assert.Equal(t, 1, row.Number)
	})
}

func TestPayPaidOrDeliveredIsAlreadyPaid(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.deliver = func(context.Context, guichet.Attempt) error { return errors.New("stock") }
		row := s.opened("page")
		s.page.paid(row.PaymentID)
		_, err := s.cashier.Refresh(t.Context(), row.Reference)
		require.Error(t, err)
		for _, state := range []guichet.AttemptState{guichet.AttemptPaid, guichet.AttemptDelivered} {
			for _, o := range []guichet.Order{order(), order(dearer), order(prompt, replace)} {
				got, err := s.cashier.Pay(t.Context(), o, "keyed")
				assert.ErrorIs(t, err, guichet.ErrAlreadyPaid)
				assert.Equal(t, state, got.State)
				assert.False(t, got.Outdated)
			}
			s.deliver = nil
			s.run(time.Minute)
		}
		assert.Equal(t, 1, s.page.creates()+s.keyed.creates())
	})
}

func TestPayHeldIsAConflict(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		row := s.opened("page")
		s.page.set(row.PaymentID, func(p *guichet.Payment) { p.Status, p.Amount.Minor = guichet.StatusSucceeded, 4999 })
		assert.Equal(t, guichet.AttemptHeld, s.refresh(row.Reference).State)
		for _, o := range []guichet.Order{order(), order(replace), order(dearer)} {
			got, err := s.cashier.Pay(t.Context(), o, "page")
			assert.ErrorIs(t, err, guichet.ErrConflict)
			assert.Equal(t, row.Reference, got.Reference)
		}
		assert.Equal(t, 1, s.page.creates())
		_, err := s.cashier.Resolve(t.Context(), row.Reference, guichet.ResolvedRefunded)
		require.NoError(t, err)
		got, err := s.cashier.Pay(t.Context(), order(), "page")
		require.NoError(t, err, "a resolved one is out of the way")
		assert.Equal(t, 2, got.Number)
	})
}

func TestPayCreatingUnderLeaseWaits(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.page.create = func(ctx context.Context, _ guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
			time.Sleep(20 * time.Second)
			return p, ctx.Err()
		}
		first := make(chan guichet.Attempt)
		go func() {
			row, _ := s.cashier.Pay(t.Context(), order(), "page")
			first <- row
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		row, err := s.cashier.Pay(ctx, order(), "page")
		assert.ErrorIs(t, err, guichet.ErrInProgress)
		assert.Equal(t, guichet.AttemptCreating, row.State)
		assert.Equal(t, 5*time.Second, time.Since(start))
		assert.EqualValues(t, 1, s.row(row.Reference).Version, "nobody touched it")

		row, err = s.cashier.Pay(t.Context(), order(), "page")
		require.NoError(t, err)
		assert.WithinDuration(t, start.Add(20*time.Second), time.Now(), 250*time.Millisecond)
		assert.Equal(t, (<-first).CheckoutURL, row.CheckoutURL, "both show one page")
		assert.Equal(t, 1, s.page.creates())
	})
}

func TestPayCreatingAnotherAmountSavesOutdated(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.page.create = func(_ context.Context, _ guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
			time.Sleep(10 * time.Second)
			return p, nil
		}
		first := make(chan guichet.Attempt)
		go func() {
			row, err := s.cashier.Pay(t.Context(), order(), "page")
			assert.NoError(t, err, "its save found another version, read again and saved")
			first <- row
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		row, err := s.cashier.Pay(ctx, order(dearer), "page")
		assert.ErrorIs(t, err, guichet.ErrInProgress)
		assert.True(t, row.Outdated)
		row = <-first
		assert.True(t, row.Outdated)
		s.page.paid(row.PaymentID)
		assert.Equal(t, guichet.AttemptHeld, s.refresh(row.Reference).State, "the order costs 7,000 now")
	})
}

func TestPayLeaseOverHostedIsReleased(t *testing.T) {
	for name, byReference := range map[string]bool{"the reference is the id": true, "closed where there is no id": false} {
		t.Run(name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				s.page.can.StatusByReference = byReference
				s.cashier = s.open()
				row := s.lost("page")
				next, err := s.cashier.Pay(t.Context(), order(), "page")
				require.NoError(t, err, "at once: its lease has ended")
				assert.Equal(t, 2, next.Number)
				if row = s.row(row.Reference); byReference {
					assert.Equal(t, guichet.AttemptReleased, row.State)
					assert.Equal(t, row.Reference, row.PaymentID)
					assert.NotZero(t, row.DueAt)
				} else {
					assert.Equal(t, guichet.AttemptClosed, row.State)
				}
				assert.Nil(t, row.Request)
			})
		})
	}
}

func TestPayLeaseOverPromptWithKeyIsRepeated(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		row := s.lost("keyed", prompt)
		time.Sleep(30 * time.Minute)
		again, err := s.cashier.Pay(t.Context(), order(prompt), "keyed")
		require.NoError(t, err)
		assert.Equal(t, row.Reference, again.Reference)
		assert.Equal(t, guichet.AttemptOpen, again.State)
		require.Len(t, s.keyed.requests, 2)
		assert.Equal(t, s.keyed.requests[0], s.keyed.requests[1], "the stored request, under the same reference")
		assert.Equal(t, []string{"keyed-pay-1"}, s.keyed.asked, "asked before anything is shown")
		assert.Equal(t, time.Now().Add(10*time.Minute).UTC(), again.ExpiresAt, "from when this answer was saved")
		assert.Len(t, s.keyed.payments, 1)
	})
}

func TestPayRepeatedPromptThatFailedIsNotShown(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.lost("keyed", prompt)
		s.keyed.say("keyed-pay-1", guichet.StatusFailed)
		row, err := s.cashier.Pay(t.Context(), order(prompt), "keyed")
		require.NoError(t, err)
		assert.Equal(t, 2, row.Number, "the dead one was released, and another prompt made")
		assert.Equal(t, guichet.AttemptOpen, row.State)
	})
}

func TestPayLeaseOverPromptOtherwiseIsUnknown(t *testing.T) {
	rows := map[string]struct {
		provider string
		first    []func(*guichet.Order)
		wait     time.Duration
		then     []func(*guichet.Order)
	}{
		"no key":                {"page", []func(*guichet.Order){prompt}, 0, []func(*guichet.Order){prompt}},
		"a one-time code":       {"keyed", []func(*guichet.Order){prompt, withCode}, 0, []func(*guichet.Order){prompt}},
		"a one-time code now":   {"keyed", []func(*guichet.Order){prompt}, 0, []func(*guichet.Order){prompt, withCode}},
		"an hour old":           {"keyed", []func(*guichet.Order){prompt}, time.Hour, []func(*guichet.Order){prompt}},
		"another request":       {"keyed", []func(*guichet.Order){prompt}, 0, []func(*guichet.Order){prompt, otherPhone}},
		"another amount":        {"keyed", []func(*guichet.Order){prompt}, 0, []func(*guichet.Order){prompt, dearer}},
		"Replace does not help": {"page", []func(*guichet.Order){prompt}, 0, []func(*guichet.Order){prompt, replace}},
		"nor does a hosted way": {"page", []func(*guichet.Order){prompt}, 0, []func(*guichet.Order){replace}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				lost := s.lost(row.provider, row.first...)
				time.Sleep(row.wait)
				got, err := s.cashier.Pay(t.Context(), order(row.then...), row.provider)
				assert.ErrorIs(t, err, guichet.ErrUnknownOutcome)
				assert.Equal(t, lost.Reference, got.Reference)
				assert.Equal(t, guichet.AttemptCreating, got.State)
				assert.Equal(t, 1, s.page.creates()+s.keyed.creates(), "no second prompt")
				assert.NotContains(t, s.logged(), "1234")
				s.run(time.Minute)
				assert.Equal(t, []guichet.TroubleKind{guichet.TroubleUnknownPrompt}, s.kinds())
			})
		})
	}
}

func TestPayKeyThatIsNotRememberedIsNotRepeated(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.keyed.can.IdempotencyWindow = 10 * time.Minute
		s.cashier = s.open()
		s.lost("keyed", prompt)
		time.Sleep(11 * time.Minute)
		_, err := s.cashier.Pay(t.Context(), order(prompt), "keyed")
		assert.ErrorIs(t, err, guichet.ErrUnknownOutcome)
		assert.Equal(t, 1, s.keyed.creates())
	})
}

func TestPayOpenIsAskedFirst(t *testing.T) {
	t.Run("succeeded", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.page.paid(row.PaymentID)
			got, err := s.cashier.Pay(t.Context(), order(replace, prompt), "keyed")
			assert.ErrorIs(t, err, guichet.ErrAlreadyPaid)
			assert.Equal(t, row.Reference, got.Reference)
			assert.Equal(t, guichet.AttemptDelivered, got.State)
			assert.Equal(t, 1, s.deliveries())
			assert.Zero(t, s.keyed.creates())
		})
	})
	for _, status := range []guichet.Status{guichet.StatusFailed, guichet.StatusCanceled, guichet.StatusExpired} {
		t.Run(string(status), func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				row := s.opened("page")
				s.page.say(row.PaymentID, status)
				got, err := s.cashier.Pay(t.Context(), order(), "page")
				require.NoError(t, err)
				assert.Equal(t, 2, got.Number)
				assert.NotEqual(t, row.CheckoutURL, got.CheckoutURL)
				assert.Equal(t, guichet.AttemptReleased, s.row(row.Reference).State)
			})
		})
	}
	t.Run("not again within 3 s", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.opened("page")
			for range 5 {
				_, err := s.cashier.Pay(t.Context(), order(), "page")
				require.NoError(t, err)
			}
			assert.Equal(t, 1, s.page.questions())
			time.Sleep(3 * time.Second)
			_, err := s.cashier.Pay(t.Context(), order(), "page")
			require.NoError(t, err)
			assert.Equal(t, 2, s.page.questions())
		})
	})
}

// What became of an open attempt that is still pending, when another order for it comes.
func TestPayOpenStillPending(t *testing.T) {
	type changes = []func(*guichet.Order)
	rows := []struct {
		name     string
		first    changes
		wait     time.Duration
		edit     func(*guichet.Attempt)
		fails    bool // the question
		provider string
		then     changes
		err      error
		number   int // of the attempt that comes back
		outdated bool
	}{
		{name: "the same: the same page", number: 1},
		{name: "the same, and the question failed", fails: true, number: 1},
		{name: "the same with Replace: the same page", then: changes{replace}, number: 1},
		{name: "page unknown: released", edit: func(a *guichet.Attempt) { a.CheckoutURL = "" }, number: 2},
		{name: "life over, nobody said how long", wait: 24 * time.Hour, number: 2},
		{name: "nearly over", wait: 24*time.Hour - time.Minute, number: 1},
		{name: "ExpiresAt over", edit: func(a *guichet.Attempt) { a.ExpiresAt = time.Now().Add(-time.Second) }, number: 2},
		{name: "ExpiresAt over, and the question failed", edit: func(a *guichet.Attempt) { a.ExpiresAt = time.Now().Add(-time.Second) }, fails: true, number: 2},
		{name: "a prompt on the same phone: no second prompt", first: changes{prompt}, then: changes{prompt}, number: 1},
		{name: "a prompt 9 minutes old", first: changes{prompt}, wait: 9 * time.Minute, then: changes{prompt}, number: 1},
		{name: "a prompt 10 minutes old", first: changes{prompt}, wait: 10 * time.Minute, then: changes{prompt}, number: 2},
		{name: "another provider", provider: "keyed", err: guichet.ErrConflict, number: 1},
		{name: "another amount", then: changes{dearer}, err: guichet.ErrConflict, number: 1, outdated: true},
		{name: "another way", then: changes{prompt}, err: guichet.ErrConflict, number: 1},
		{name: "a page where there is a prompt", first: changes{prompt}, err: guichet.ErrConflict, number: 1},
		{name: "another phone", first: changes{prompt}, then: changes{prompt, otherPhone}, err: guichet.ErrConflict, number: 1},
		{name: "another provider with Replace", provider: "keyed", then: changes{replace}, number: 2},
		{name: "another amount with Replace", then: changes{dearer, replace}, number: 2},
		{name: "another phone with Replace, a young prompt", first: changes{prompt}, then: changes{prompt, otherPhone, replace}, err: guichet.ErrConflict, number: 1},
		{name: "another phone with Replace, 2 minutes old", first: changes{prompt}, wait: 2 * time.Minute, then: changes{prompt, otherPhone, replace}, number: 2},
		{name: "Replace, and the question failed", fails: true, provider: "keyed", then: changes{replace}, err: guichet.ErrUnavailable, number: 1},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				first := s.opened("page", row.first...)
				time.Sleep(row.wait)
				if row.edit != nil {
					s.edit(first.Reference, row.edit)
				}
				if row.fails {
					s.page.status = func(context.Context, guichet.Payment) (*guichet.Payment, error) {
						return nil, &guichet.Error{Kind: guichet.ErrUnavailable}
					}
				}
				if row.provider == "" {
					row.provider = "page"
				}
				got, err := s.cashier.Pay(t.Context(), order(row.then...), row.provider)
				if row.err == nil {
					require.NoError(t, err)
					assert.Equal(t, guichet.AttemptOpen, got.State)
				} else {
					require.ErrorIs(t, err, row.err)
				}
				assert.Equal(t, row.number, got.Number)
				assert.Equal(t, row.number, s.page.creates()+s.keyed.creates())
				assert.Equal(t, row.outdated, got.Outdated)
				if row.number == 2 {
					assert.Equal(t, guichet.AttemptReleased, s.row(first.Reference).State)
				} else {
					assert.Equal(t, first.Reference, got.Reference)
				}
			})
		})
	}
}

func TestPayOutdatedIsClearedWhenTheAmountFitsAgain(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		row := s.opened("page")
		got, err := s.cashier.Pay(t.Context(), order(dearer), "page")
		require.ErrorIs(t, err, guichet.ErrConflict)
		assert.True(t, got.Outdated)
		got, err = s.cashier.Pay(t.Context(), order(), "page")
		require.NoError(t, err)
		assert.False(t, got.Outdated)
		s.page.paid(row.PaymentID)
		time.Sleep(3 * time.Second)
		assert.Equal(t, guichet.AttemptDelivered, s.refresh(row.Reference).State)
	})
}

func TestPayReplaceNeedsAPendingOfNow(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		row := s.opened("page")
		s.refresh(row.Reference) // pending, a moment ago
		s.page.paid(row.PaymentID)
		start := time.Now()
		got, err := s.cashier.Pay(t.Context(), order(replace), "keyed")
		assert.ErrorIs(t, err, guichet.ErrAlreadyPaid)
		assert.Equal(t, row.Reference, got.Reference)
		assert.Equal(t, 3*time.Second, time.Since(start), "it was asked again, but not within 3 s")
		assert.Zero(t, s.keyed.creates())
	})
	inShop(t, func(t *testing.T, s *shop) {
		row := s.opened("page")
		s.page.say(row.PaymentID, guichet.StatusUnknown)
		_, err := s.cashier.Pay(t.Context(), order(replace), "keyed")
		assert.ErrorIs(t, err, guichet.ErrConflict, "an unknown word is not pending")
		assert.Zero(t, s.keyed.creates())
	})
}

func TestPayLoopsAtMostSixTimes(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		// Another process takes each attempt away before its answer is saved.
		s.page.create = func(_ context.Context, req guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
			s.edit(req.Reference, func(a *guichet.Attempt) { a.State = guichet.AttemptClosed })
			return p, nil
		}
		_, err := s.cashier.Pay(t.Context(), order(), "page")
		assert.ErrorIs(t, err, guichet.ErrConflict)
		assert.Equal(t, 6, s.page.creates())
		rows, err := s.cashier.Attempts(t.Context(), "CMD-1")
		require.NoError(t, err)
		for _, row := range rows {
			assert.NotEmpty(t, row.PaymentID, "the id is added")
			assert.Empty(t, row.CheckoutURL, "the page never")
		}
	})
}
