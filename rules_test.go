package guichet_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

func TestRule1WriteAhead(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.page.create = func(_ context.Context, req guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
			row := s.row(req.Reference)
			assert.Equal(t, guichet.AttemptCreating, row.State)
			assert.Equal(t, "CMD-1", row.OrderID)
			assert.Equal(t, time.Now().Add(2*time.Minute).UTC(), row.LeaseUntil)
			return p, nil
		}
		s.opened("page")
		s.books.begin = func(context.Context, guichet.Attempt) error { return errors.New("database down") }
		_, err := s.cashier.Pay(t.Context(), order(func(o *guichet.Order) { o.ID = "CMD-2" }), "page")
		assert.Error(t, err)
		assert.Equal(t, 1, s.page.creates(), "what is not written is not asked for")
	})
}

func TestRule2ShownOnlyFromASavedRow(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.books.save = func(context.Context, guichet.Attempt) error { return errors.New("database down") }
		row, err := s.cashier.Pay(t.Context(), order(), "page")
		assert.Error(t, err)
		assert.Empty(t, row.CheckoutURL)
	})
	t.Run("somebody went on without it", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.page.create = func(_ context.Context, req guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
				if len(s.page.requests) == 1 {
					s.edit(req.Reference, func(a *guichet.Attempt) { a.State = guichet.AttemptClosed })
				}
				return p, nil
			}
			row := s.opened("page")
			assert.Equal(t, "https://pay.example/page-pay-2", row.CheckoutURL)
			first, err := s.books.Find(t.Context(), "page", "page-pay-1")
			require.NoError(t, err)
			assert.Equal(t, guichet.AttemptClosed, first.State)
			assert.Empty(t, first.CheckoutURL)
			s.run(time.Minute)
			assert.Contains(t, s.page.asked, "page-pay-1", "it is asked about once")
		})
	})
}

// slow makes creates of an account take so long.
func slow(d time.Duration, then created) created {
	return func(ctx context.Context, req guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
		time.Sleep(d)
		if then != nil {
			return then(ctx, req, p)
		}
		return p, nil
	}
}

func TestRule3Lease(t *testing.T) {
	t.Run("a create has 100 s", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.page.create = func(ctx context.Context, _ guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
				end, ok := ctx.Deadline()
				assert.True(t, ok)
				assert.Equal(t, 100*time.Second, time.Until(end))
				return p, nil
			}
			s.opened("page")
		})
	})
	t.Run("and ends before its lease, however long Begin took", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.books.begin = func(context.Context, guichet.Attempt) error { time.Sleep(90 * time.Second); return nil }
			s.page.create = func(ctx context.Context, req guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
				end, _ := ctx.Deadline()
				assert.False(t, end.After(s.row(req.Reference).LeaseUntil.Add(-10*time.Second)))
				return p, nil
			}
			s.opened("page")
		})
	})
	t.Run("webhooks wait", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.page.create = slow(90*time.Second, nil)
			go s.cashier.Pay(t.Context(), order(), "page")
			synctest.Wait()
			rows, _ := s.cashier.Attempts(t.Context(), "CMD-1")
			require.Equal(t, 200, s.ring("page", guichet.Event{Reference: rows[0].Reference}))
			require.Equal(t, 500, s.ring("page", guichet.Event{Reference: rows[0].Reference, PaymentID: "page-pay-1", Verified: true}), "an id that was verified is not lost: to be delivered again")
			assert.EqualValues(t, 1, s.row(rows[0].Reference).Version)
			s.run(80 * time.Second)
			assert.Equal(t, guichet.AttemptCreating, s.row(rows[0].Reference).State)
			s.run(30 * time.Second)
			assert.Equal(t, guichet.AttemptOpen, s.row(rows[0].Reference).State)
			require.Equal(t, 200, s.ring("page", guichet.Event{Reference: rows[0].Reference, PaymentID: "page-pay-1", Verified: true}))
		})
	})
	t.Run("a sibling's success waits", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			first := s.opened("page")
			s.page.say(first.PaymentID, guichet.StatusExpired)
			s.refresh(first.Reference)
			s.keyed.create = slow(60*time.Second, nil)
			go s.cashier.Pay(t.Context(), order(), "keyed")
			synctest.Wait()
			s.page.paid(first.PaymentID)
			time.Sleep(3 * time.Second)
			assert.Equal(t, guichet.AttemptReleased, s.refresh(first.Reference).State)
			s.run(3 * time.Minute)
			assert.Equal(t, guichet.AttemptDelivered, s.row(first.Reference).State, "it is not forgotten")
			rows, _ := s.cashier.Attempts(t.Context(), "CMD-1")
			assert.Equal(t, guichet.AttemptReleased, rows[1].State)
			assert.NotEmpty(t, rows[1].PaymentID)
		})
	})
	t.Run("a refusal closes only what Begin returned", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.page.create = func(_ context.Context, req guichet.PaymentRequest, _ *guichet.Payment) (*guichet.Payment, error) {
				s.edit(req.Reference, func(a *guichet.Attempt) { a.Outdated = true })
				return nil, &guichet.Error{Kind: guichet.ErrDeclined}
			}
			row, err := s.cashier.Pay(t.Context(), order(prompt), "page")
			assert.ErrorIs(t, err, guichet.ErrDeclined)
			assert.Equal(t, guichet.AttemptCreating, row.State)
		})
	})
	t.Run("a refusal of a repetition says nothing", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			lost := s.lost("keyed", prompt)
			s.keyed.create = fails(&guichet.Error{Kind: guichet.ErrInvalidRequest})
			row, err := s.cashier.Pay(t.Context(), order(prompt), "keyed")
			assert.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Equal(t, guichet.AttemptCreating, row.State)
			assert.Equal(t, lost.Reference, row.Reference)
			s.keyed.create = nil
			row, err = s.cashier.Pay(t.Context(), order(prompt), "keyed")
			require.NoError(t, err)
			assert.Equal(t, lost.Reference, row.Reference)
		})
	})
	t.Run("a repetition has a lease of its own", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.lost("keyed", prompt)
			time.Sleep(10 * time.Minute)
			s.keyed.create = func(_ context.Context, req guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
				assert.Equal(t, time.Now().Add(2*time.Minute).UTC(), s.row(req.Reference).LeaseUntil)
				return p, nil
			}
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() {
					_, err := s.cashier.Pay(t.Context(), order(prompt), "keyed")
					assert.NoError(t, err)
				})
			}
			both.Wait()
			assert.Equal(t, 2, s.keyed.creates(), "only one repeats")
		})
	})
}

func TestRule4NothingLearnedIsDropped(t *testing.T) {
	t.Run("a save that finds another version reads again and applies again", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.page.status = func(_ context.Context, p guichet.Payment) (*guichet.Payment, error) {
				s.edit(row.Reference, func(a *guichet.Attempt) { a.ProviderStatus = "meanwhile" })
				p.Status = guichet.StatusSucceeded
				return &p, nil
			}
			assert.Equal(t, guichet.AttemptDelivered, s.refresh(row.Reference).State)
		})
	})
	t.Run("the earlier DueAt stays", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			time.Sleep(2 * time.Hour)
			s.page.status = func(_ context.Context, p guichet.Payment) (*guichet.Payment, error) {
				time.Sleep(5 * time.Second)
				require.Equal(t, 200, s.ring("page", guichet.Event{Reference: row.Reference})) // while it is asked
				return &p, nil
			}
			got := s.refresh(row.Reference)
			assert.False(t, got.DueAt.After(time.Now()), "the ring is not lost: %v", got.DueAt)
		})
	})
	t.Run("an answer that the customer did not wait for is saved", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			ctx, leave := context.WithCancel(t.Context())
			s.page.status = func(_ context.Context, p guichet.Payment) (*guichet.Payment, error) {
				leave()
				p.Status = guichet.StatusSucceeded
				return &p, nil
			}
			got, err := s.cashier.Refresh(ctx, row.Reference)
			require.NoError(t, err)
			assert.Equal(t, guichet.AttemptDelivered, got.State)
		})
	})
}

func TestRule5Deliver(t *testing.T) {
	t.Run("once, by however many", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.page.paid(row.PaymentID)
			s.deliver = func(context.Context, guichet.Attempt) error { time.Sleep(time.Second); return nil }
			other := s.open()
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() { s.cashier.Refresh(t.Context(), row.Reference) })
				all.Go(func() { other.RefreshOrder(t.Context(), "CMD-1") })
			}
			s.run(time.Minute, s.cashier, other)
			all.Wait()
			assert.Equal(t, 1, s.deliveries())
			assert.Empty(t, s.kinds())
		})
	})
	t.Run("it has 10 s, and the error says what blocks it", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.page.paid(row.PaymentID)
			s.deliver = func(ctx context.Context, _ guichet.Attempt) error { <-ctx.Done(); return ctx.Err() }
			start := time.Now()
			got, err := s.cashier.Refresh(t.Context(), row.Reference)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.ErrorContains(t, err, "SQLTx")
			assert.Equal(t, 10*time.Second, time.Since(start))
			assert.Equal(t, guichet.AttemptPaid, got.State)
		})
	})
	t.Run("a panic is an error", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.page.paid(row.PaymentID)
			s.deliver = func(context.Context, guichet.Attempt) error { panic("nil map") }
			got, err := s.cashier.Refresh(t.Context(), row.Reference)
			assert.ErrorContains(t, err, "nil map")
			assert.Equal(t, guichet.AttemptPaid, got.State)
		})
	})
	t.Run("tried again after 10 s, doubling to 10 min; Trouble after an hour", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.page.paid(row.PaymentID)
			var at []time.Duration
			start, asked := time.Now(), 0
			s.deliver = func(context.Context, guichet.Attempt) error {
				at = append(at, time.Since(start).Round(time.Second))
				return errors.New("no stock")
			}
			s.cashier.Refresh(t.Context(), row.Reference)
			asked = s.page.questions()
			for range 20 {
				s.cashier.RefreshOrder(t.Context(), "CMD-1") // looking does not try it more often
			}
			s.run(59 * time.Minute)
			assert.Empty(t, s.kinds())
			require.GreaterOrEqual(t, len(at), 10)
			for i, pause := range []time.Duration{10, 20, 40, 80, 160, 320, 600, 600, 600} {
				assert.InDelta(t, (pause * time.Second).Seconds(), (at[i+1] - at[i]).Seconds(), 3, "%d", i)
			}
			assert.InDelta(t, 4, s.page.questions()-asked, 1, "asked about again before a try when 10 minutes have passed")
			s.run(15 * time.Minute)
			require.Equal(t, []guichet.TroubleKind{guichet.TroubleDeliveryFails}, s.kinds())
			assert.ErrorContains(t, s.told[0].Err, "no stock")
			s.deliver = nil
			s.run(15 * time.Minute)
			assert.Equal(t, 1, s.deliveries())
		})
	})
	t.Run("what was refunded meanwhile is not delivered", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.put(guichet.AttemptPaid)
			s.page.say(row.PaymentID, guichet.StatusRefunded)
			s.deliver = nil
			s.run(20 * time.Minute)
			assert.Zero(t, s.deliveries())
			assert.Equal(t, []guichet.TroubleKind{guichet.TroubleRefunded}, s.kinds())
		})
	})
	t.Run("nor while nobody can say whether it was", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.put(guichet.AttemptPaid)
			up := false
			s.page.status = func(_ context.Context, p guichet.Payment) (*guichet.Payment, error) {
				if !up {
					return nil, &guichet.Error{Kind: guichet.ErrUnavailable}
				}
				return &p, nil
			}
			s.deliver = nil
			s.run(20 * time.Minute)
			assert.Zero(t, s.deliveries())
			up = true
			s.run(20 * time.Minute)
			assert.Equal(t, 1, s.deliveries())
		})
	})
}

func TestRule6WebhooksOnlyRing(t *testing.T) {
	t.Run("a forged one changes nothing but when it is asked", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			time.Sleep(2 * time.Hour)
			s.refresh(row.Reference)
			time.Sleep(10 * time.Second)
			require.Equal(t, 200, s.ring("page", guichet.Event{Reference: row.Reference, PaymentID: "evil", Type: "paid"}))
			got := s.row(row.Reference)
			assert.Equal(t, guichet.AttemptOpen, got.State)
			assert.Equal(t, row.PaymentID, got.PaymentID)
			assert.Equal(t, time.Now().UTC(), got.DueAt)
			assert.Equal(t, 1, s.page.questions(), "it asks nothing by itself")
			s.run(500 * time.Millisecond)
			assert.Equal(t, 2, s.page.questions())
			for range 60 {
				s.ring("page", guichet.Event{Reference: row.Reference})
			}
			got = s.row(row.Reference)
			assert.Equal(t, got.AskedAt.Add(3*time.Second), got.DueAt)
			s.run(2 * time.Second)
			assert.Equal(t, 2, s.page.questions(), "not before AskEvery")
			s.run(3 * time.Second)
			assert.Equal(t, 3, s.page.questions())
		})
	})
	t.Run("found by the payment's id", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.page.paid(row.PaymentID)
			require.Equal(t, 200, s.ring("page", guichet.Event{PaymentID: row.PaymentID}))
			s.run(2 * time.Second)
			assert.Equal(t, 1, s.deliveries())
		})
	})
	t.Run("not by another provider's", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			time.Sleep(time.Hour)
			row = s.refresh(row.Reference)
			time.Sleep(10 * time.Second)
			require.Equal(t, 200, s.ring("keyed", guichet.Event{Reference: row.Reference, PaymentID: row.PaymentID}))
			assert.Equal(t, row.Version, s.row(row.Reference).Version)
		})
	})
	t.Run("one that names no attempt is answered 200, and logged", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			require.Equal(t, 200, s.ring("page", guichet.Event{Type: "test"}))
			require.Equal(t, 200, s.ring("page", guichet.Event{Reference: "nobody", PaymentID: "nothing"}))
			assert.Equal(t, 2, strings.Count(s.logged(), "webhook for no attempt"))
		})
	})
	t.Run("a verified one gives the id to an attempt that has none", func(t *testing.T) {
		for verified, want := range map[bool]guichet.AttemptState{true: guichet.AttemptDelivered, false: guichet.AttemptCreating} {
			inShop(t, func(t *testing.T, s *shop) {
				row := s.lost("page", prompt)
				s.page.paid("page-pay-1")
				require.Equal(t, 200, s.ring("page", guichet.Event{Reference: row.Reference, PaymentID: "page-pay-1", Verified: verified}))
				s.run(time.Minute)
				assert.Equal(t, want, s.row(row.Reference).State)
			})
		}
	})
	t.Run("the count of failed questions starts anew", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.edit(row.Reference, func(a *guichet.Attempt) { a.Failures = 9 })
			s.ring("page", guichet.Event{Reference: row.Reference})
			assert.Zero(t, s.row(row.Reference).Failures)
		})
	})
	t.Run("of a delivered attempt only a verified one asks, once in 10 min", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.page.paid(row.PaymentID)
			s.refresh(row.Reference)
			for range 60 {
				require.Equal(t, 200, s.ring("page", guichet.Event{Reference: row.Reference}))
			}
			s.run(time.Hour)
			assert.Equal(t, 1, s.page.questions())
			s.ring("page", guichet.Event{Reference: row.Reference, Verified: true})
			s.run(2 * time.Second)
			assert.Equal(t, 2, s.page.questions())
			for range 60 {
				s.ring("page", guichet.Event{Reference: row.Reference, Verified: true})
			}
			got := s.row(row.Reference)
			assert.Equal(t, got.AskedAt.Add(10*time.Minute), got.DueAt)
			s.run(9 * time.Minute)
			assert.Equal(t, 2, s.page.questions())
			s.run(2 * time.Minute)
			assert.Equal(t, 3, s.page.questions(), "the ring is moved, not dropped")
		})
	})
	t.Run("nobody runs Run: a warning at the first event", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.ring("page", guichet.Event{Type: "test"})
			s.ring("page", guichet.Event{Type: "test"})
			assert.Equal(t, 1, strings.Count(s.logged(), "nobody runs"))
		})
	})
	t.Run("one that is not trusted is refused, and logged", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			w := serve(s.page, func(context.Context, *guichet.Event) error { return nil }, refused())
			assert.Equal(t, 401, w.Code)
		})
	})
	t.Run("a ledger that is down has it delivered again", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			time.Sleep(2 * time.Hour)
			s.refresh(row.Reference)
			time.Sleep(10 * time.Second)
			s.books.save = func(context.Context, guichet.Attempt) error { return errors.New("database down") }
			assert.Equal(t, 500, s.ring("page", guichet.Event{Reference: row.Reference}))
		})
	})
}

func TestRule7NextQuestion(t *testing.T) {
	t.Run("a quarter of the age, at most 45 min in the first day", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			for _, age := range []time.Duration{0, time.Minute, time.Hour, 10 * time.Hour, 23 * time.Hour, 48 * time.Hour, 20 * 24 * time.Hour} {
				time.Sleep(age - time.Since(row.CreatedAt))
				got := s.refresh(row.Reference)
				want := max(3*time.Second, age/4)
				if age < 24*time.Hour {
					want = min(want, 45*time.Minute)
				}
				next := time.Until(got.DueAt)
				assert.GreaterOrEqual(t, next, max(3*time.Second, want*8/10), "%v", age)
				assert.LessOrEqual(t, next, want*12/10+time.Millisecond, "%v", age)
			}
		})
	})
	t.Run("spread by chance", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			seen := map[time.Duration]bool{}
			for i := range 20 {
				row, err := s.cashier.Pay(t.Context(), order(func(o *guichet.Order) { o.ID = fmt.Sprint(i) }), "page")
				require.NoError(t, err)
				s.edit(row.Reference, func(a *guichet.Attempt) { a.CreatedAt = time.Now().Add(-time.Hour) })
				seen[time.Until(s.refresh(row.Reference).DueAt)] = true
			}
			assert.Greater(t, len(seen), 10)
		})
	})
	t.Run("AskEvery of the provider", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.page.can.AskEvery = time.Minute
			s.cashier = s.open()
			s.opened("page")
			s.run(58 * time.Second)
			assert.Zero(t, s.page.questions())
			s.run(16 * time.Second)
			assert.Equal(t, 1, s.page.questions())
		})
	})
	t.Run("Run swaps DueAt before it asks", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.page.status = func(_ context.Context, p guichet.Payment) (*guichet.Payment, error) {
				assert.Equal(t, time.Now().Add(2*time.Minute).UTC(), s.row(row.Reference).DueAt)
				return &p, nil
			}
			s.run(10 * time.Second)
			assert.NotZero(t, s.page.questions())
		})
	})
	t.Run("many machines ask once", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.opened("page")
			s.page.status = func(_ context.Context, p guichet.Payment) (*guichet.Payment, error) {
				time.Sleep(time.Second)
				return &p, nil
			}
			s.run(6*time.Second, s.cashier, s.open(), s.open())
			assert.LessOrEqual(t, s.page.questions(), 2)
			assert.Equal(t, 1, s.page.most)
		})
	})
	t.Run("a failed question comes again after 30 s, doubled, seven times", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			var at []time.Time
			s.page.status = func(context.Context, guichet.Payment) (*guichet.Payment, error) {
				at = append(at, time.Now())
				return nil, &guichet.Error{Kind: guichet.ErrUnavailable}
			}
			s.run(3 * time.Hour)
			require.GreaterOrEqual(t, len(at), 9)
			for i := range 7 {
				assert.InDelta(t, (30 * time.Second << i).Seconds(), at[i+1].Sub(at[i]).Seconds(), 2, "%d", i)
			}
			usual := at[7].Sub(row.CreatedAt) / 4
			assert.InDelta(t, usual.Seconds(), at[8].Sub(at[7]).Seconds(), usual.Seconds()*2/10+2)
			assert.Equal(t, guichet.AttemptOpen, s.row(row.Reference).State)
			assert.Zero(t, s.row(row.Reference).Asked, "only answers count")
		})
	})
	t.Run("Refresh asks at most once in 3 s", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			other := s.open()
			s.page.status = func(_ context.Context, p guichet.Payment) (*guichet.Payment, error) {
				time.Sleep(time.Second)
				return &p, nil
			}
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() { s.cashier.Refresh(t.Context(), row.Reference) })
				all.Go(func() { other.Refresh(t.Context(), row.Reference) })
			}
			all.Wait()
			assert.Equal(t, 1, s.page.questions())
		})
	})
	t.Run("four at a time, and one that is down does not starve the others", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.page.status = func(ctx context.Context, _ guichet.Payment) (*guichet.Payment, error) {
				<-ctx.Done()
				return nil, &guichet.Error{Kind: guichet.ErrUnavailable, Err: ctx.Err()}
			}
			for i := range 300 {
				_, err := s.cashier.Pay(t.Context(), order(func(o *guichet.Order) { o.ID = fmt.Sprint("down-", i) }), "page")
				require.NoError(t, err)
			}
			for i := range 20 {
				row, err := s.cashier.Pay(t.Context(), order(func(o *guichet.Order) { o.ID = fmt.Sprint("up-", i) }), "keyed")
				require.NoError(t, err)
				s.keyed.paid(row.PaymentID)
			}
			s.run(20 * time.Second)
			assert.Equal(t, 4, s.page.most)
			assert.Equal(t, 20, s.deliveries())
			s.run(10 * time.Minute)
			assert.Equal(t, 4, s.page.most)
		})
	})
	t.Run("RetryAfter is kept for all", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			var rows []guichet.Attempt
			for i := range 5 {
				row, err := s.cashier.Pay(t.Context(), order(func(o *guichet.Order) { o.ID = fmt.Sprint(i) }), "page")
				require.NoError(t, err)
				rows = append(rows, row)
			}
			s.page.status = func(context.Context, guichet.Payment) (*guichet.Payment, error) {
				return nil, &guichet.Error{Kind: guichet.ErrRateLimited, RetryAfter: 5 * time.Minute}
			}
			_, err := s.cashier.Refresh(t.Context(), rows[0].Reference)
			assert.ErrorIs(t, err, guichet.ErrRateLimited)
			_, err = s.cashier.Refresh(t.Context(), rows[1].Reference)
			assert.ErrorIs(t, err, guichet.ErrRateLimited)
			s.page.status = nil
			s.run(4 * time.Minute)
			assert.Equal(t, 1, s.page.questions())
			s.run(2 * time.Minute)
			assert.GreaterOrEqual(t, s.page.questions(), 6)
		})
	})
}

func TestRule8ClocksJump(t *testing.T) {
	t.Run("an attempt that was written a year ahead is settled all the same", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.books.jump(8760 * time.Hour)
			row := s.opened("page")
			s.books.jump(-8760 * time.Hour)
			s.page.paid(row.PaymentID)
			s.run(time.Minute)
			assert.Equal(t, 1, s.deliveries())
			assert.False(t, s.row(row.Reference).CreatedAt.After(time.Now()), "set to now by whoever reads it")
		})
	})
	t.Run("and one that was put days ahead", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.books.jump(72 * time.Hour)
			s.refresh(row.Reference)
			s.books.jump(-72 * time.Hour)
			s.page.paid(row.PaymentID)
			s.run(11 * time.Minute)
			assert.Equal(t, 1, s.deliveries())
		})
	})
	t.Run("a lease that lies too far ahead is over", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.lost("page")
			s.edit(row.Reference, func(a *guichet.Attempt) { a.LeaseUntil = time.Now().Add(8 * time.Minute) })
			got, err := s.cashier.Pay(t.Context(), order(), "page")
			require.NoError(t, err)
			assert.Equal(t, 2, got.Number)
		})
	})
	t.Run("a key's age is not told by a CreatedAt that lies ahead", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.lost("keyed", prompt)
			s.books.jump(-30 * time.Minute)
			_, err := s.cashier.Pay(t.Context(), order(prompt), "keyed")
			assert.ErrorIs(t, err, guichet.ErrUnknownOutcome)
			assert.Equal(t, 1, s.keyed.creates())
		})
	})
	t.Run("a clock that jumps ahead gives nothing up", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.page.say(row.PaymentID, guichet.StatusExpired)
			s.run(24 * time.Hour)
			s.edit(row.Reference, func(a *guichet.Attempt) { a.Asked = 100 })
			s.books.jump(40 * 24 * time.Hour)
			s.run(time.Minute)
			assert.Equal(t, guichet.AttemptReleased, s.row(row.Reference).State, "nobody asked between the first day and the thirtieth")
		})
	})
	t.Run("and asked too seldom neither", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.opened("page")
			s.page.say(row.PaymentID, guichet.StatusExpired)
			s.refresh(row.Reference)
			time.Sleep(29 * 24 * time.Hour)
			s.run(time.Minute)
			time.Sleep(10 * 24 * time.Hour)
			s.run(time.Minute)
			assert.Equal(t, guichet.AttemptReleased, s.row(row.Reference).State)
		})
	})
}

func TestRule9Trouble(t *testing.T) {
	t.Run("noted in the save that brings it, due at once, told by Run only", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.put(guichet.AttemptHeld)
			assert.Equal(t, map[guichet.TroubleKind]bool{guichet.TroubleOtherAmount: false}, row.Troubles)
			assert.False(t, row.DueAt.After(time.Now()))
			assert.Empty(t, s.kinds())
			s.run(2 * time.Second)
			require.Equal(t, []guichet.TroubleKind{guichet.TroubleOtherAmount}, s.kinds())
			assert.Equal(t, guichet.NewMoney(1, guichet.XOF), s.told[0].Paid)
			s.run(24 * time.Hour)
			assert.Len(t, s.kinds(), 1, "once")
		})
	})
	t.Run("until it returns nil", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			calls := 0
			s.trouble = func(context.Context, guichet.Trouble) error {
				switch calls++; calls {
				case 1:
					return errors.New("mail server down")
				case 2:
					panic("nil map")
				}
				return nil
			}
			s.put(guichet.AttemptHeld)
			s.run(10 * time.Minute)
			assert.Equal(t, 3, calls)
			assert.Len(t, s.kinds(), 1)
		})
	})
	t.Run("by one of many machines", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.put(guichet.AttemptHeld)
			s.trouble = func(context.Context, guichet.Trouble) error { time.Sleep(5 * time.Second); return nil }
			s.run(time.Minute, s.cashier, s.open(), s.open())
			assert.Len(t, s.kinds(), 1)
		})
	})
	t.Run("by another process that has to find out what was paid", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.put(guichet.AttemptHeld)
			s.run(2*time.Second, s.open())
			require.Len(t, s.kinds(), 1)
			assert.Equal(t, guichet.NewMoney(1, guichet.XOF), s.told[0].Paid)
		})
	})
	t.Run("Resolve leaves it to be told", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			row := s.put(guichet.AttemptHeld)
			_, err := s.cashier.Resolve(t.Context(), row.Reference, guichet.ResolvedNotPaid)
			require.NoError(t, err)
			s.run(time.Minute)
			assert.Len(t, s.kinds(), 1)
		})
	})
	t.Run("refused keys once an hour", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			for i := range 10 {
				_, err := s.cashier.Pay(t.Context(), order(func(o *guichet.Order) { o.ID = fmt.Sprint(i) }), "page")
				require.NoError(t, err)
			}
			s.page.status = func(context.Context, guichet.Payment) (*guichet.Payment, error) {
				return nil, &guichet.Error{Kind: guichet.ErrUnauthorized}
			}
			s.run(150 * time.Minute)
			require.Equal(t, []guichet.TroubleKind{guichet.TroubleKeysRefused, guichet.TroubleKeysRefused, guichet.TroubleKeysRefused}, s.kinds())
			assert.Equal(t, guichet.Attempt{Provider: "page"}, s.told[0].Attempt)
			assert.ErrorIs(t, s.told[0].Err, guichet.ErrUnauthorized)
		})
	})
	t.Run("a row that cannot be read", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.cashier = nil
			row := guichet.Error{Op: "Due", Kind: guichet.ErrUnreadable, Reference: "CMD-9-X"}
			s.books.Ledger = unreadable{s.books.Ledger, fmt.Errorf("due: %w", errors.Join(&row, errors.New("x")))}
			s.cashier = s.open()
			open := s.opened("page")
			s.page.paid(open.PaymentID)
			s.run(time.Minute)
			require.Equal(t, []guichet.TroubleKind{guichet.TroubleUnreadableRow}, s.kinds())
			assert.Equal(t, "CMD-9-X", s.told[0].Attempt.Reference)
			assert.Equal(t, 1, s.deliveries(), "the others are asked about")
		})
	})
}

type unreadable struct {
	guichet.Ledger
	err error
}

func (u unreadable) Due(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
	rows, err := u.Ledger.Due(ctx, q)
	return rows, errors.Join(err, u.err)
}

func TestRule10APagePaidTwice(t *testing.T) {
	for _, state := range []guichet.AttemptState{guichet.AttemptOpen, guichet.AttemptReleased, guichet.AttemptClosed, guichet.AttemptDelivered, guichet.AttemptHeld} {
		t.Run(string(state), func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				s.page.can.ReusablePage = true
				s.cashier = s.open()
				row := s.put(state)
				s.run(time.Minute)
				if state == guichet.AttemptClosed { // closed without a question to come, as before a page could be paid again
					s.ring("page", guichet.Event{Reference: row.Reference, Verified: true})
				}
				before := len(s.kinds())
				captured := func(n int) {
					s.page.set(row.PaymentID, func(p *guichet.Payment) { p.Captures, p.Status = n, guichet.StatusSucceeded })
					s.leap(10 * 24 * time.Hour)
				}
				captured(2)
				require.Len(t, s.kinds(), before+1)
				assert.Equal(t, guichet.TroubleSecondPayment, s.kinds()[before])
				captured(2)
				assert.Len(t, s.kinds(), before+1)
				if state != guichet.AttemptClosed || s.deliveries() > 0 {
					captured(3)
					assert.Len(t, s.kinds(), before+2, "told again when it grows")
					assert.Equal(t, 3, s.row(row.Reference).Captures)
				}
			})
		})
	}
	t.Run("delivered by a process that does not have the provider yet", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.page.can.ReusablePage = true
			s.cashier = s.open()
			row := s.opened("page")
			s.page.paid(row.PaymentID)
			s.deliver = func(context.Context, guichet.Attempt) error { return errors.New("stock") }
			s.cashier.Refresh(t.Context(), row.Reference)
			s.deliver = nil
			s.run(time.Minute, s.open(s.keyed))
			require.Equal(t, guichet.AttemptDelivered, s.row(row.Reference).State)
			s.page.set(row.PaymentID, func(p *guichet.Payment) { p.Captures, p.Status = 2, guichet.StatusSucceeded })
			s.leap(24 * time.Hour)
			assert.Contains(t, s.kinds(), guichet.TroubleSecondPayment)
		})
	})
	t.Run("delivered while the clock is ahead", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.page.can.ReusablePage = true
			s.cashier = s.open()
			row := s.opened("page")
			s.books.jump(40 * 24 * time.Hour)
			s.page.paid(row.PaymentID)
			s.refresh(row.Reference)
			assert.NotZero(t, s.row(row.Reference).DueAt)
			assert.Equal(t, 1, s.deliveries())
		})
	})
	t.Run("a clock that jumps ahead ends no watch", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.page.can.ReusablePage = true
			s.cashier = s.open()
			row := s.put(guichet.AttemptDelivered)
			s.leap(time.Hour)
			s.books.jump(40 * 24 * time.Hour)
			s.page.status = func(context.Context, guichet.Payment) (*guichet.Payment, error) {
				s.page.status = nil
				return nil, &guichet.Error{Provider: "page", Op: "GetStatus", Kind: guichet.ErrUnavailable}
			}
			s.run(2 * time.Minute)
			s.books.jump(-40 * 24 * time.Hour)
			s.page.set(row.PaymentID, func(p *guichet.Payment) { p.Captures = 2 })
			s.leap(24 * time.Hour)
			assert.Contains(t, s.kinds(), guichet.TroubleSecondPayment)
		})
	})
	t.Run("asked for 30 days", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			s.page.can.ReusablePage = true
			s.cashier = s.open()
			row := s.put(guichet.AttemptDelivered)
			s.leap(29 * 24 * time.Hour)
			assert.Greater(t, s.page.questions(), 50)
			s.leap(10 * 24 * time.Hour)
			assert.Zero(t, s.row(row.Reference).DueAt)
		})
	})
}

func TestRule11AnIDThatComesTwice(t *testing.T) {
	t.Run("hosted", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			first := s.opened("page")
			s.page.create = func(_ context.Context, _ guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
				p.ID = first.PaymentID
				return p, nil
			}
			row, err := s.cashier.Pay(t.Context(), order(func(o *guichet.Order) { o.ID = "CMD-2" }), "page")
			assert.ErrorIs(t, err, guichet.ErrPaymentTaken)
			assert.ErrorIs(t, err, guichet.ErrConflict)
			assert.Equal(t, guichet.AttemptClosed, row.State)
			assert.Empty(t, row.CheckoutURL)
			assert.Empty(t, row.PaymentID)
			s.run(time.Minute)
			require.Equal(t, []guichet.TroubleKind{guichet.TroublePaymentIDTaken}, s.kinds())
			assert.Equal(t, first.Reference, s.told[0].Other)
		})
	})
	t.Run("the answer is about another reference", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) { // whose own id was never saved, so that it was not taken
			row := s.opened("page")
			s.page.set(row.PaymentID, func(p *guichet.Payment) { p.Reference = "CMD-0-OTHER" })
			s.leap(time.Minute)
			assert.Equal(t, guichet.AttemptOpen, s.row(row.Reference).State)
			assert.Equal(t, []guichet.TroubleKind{guichet.TroublePaymentIDTaken}, s.kinds())
			s.leap(time.Hour)
			assert.Len(t, s.kinds(), 1, "told once")
			assert.Zero(t, s.deliveries())
		})
	})
	t.Run("a prompt", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			first := s.opened("page")
			s.page.create = func(_ context.Context, _ guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
				p.ID = first.PaymentID
				return p, nil
			}
			row, err := s.cashier.Pay(t.Context(), order(prompt, func(o *guichet.Order) { o.ID = "CMD-2" }), "page")
			assert.ErrorIs(t, err, guichet.ErrPaymentTaken)
			assert.Equal(t, guichet.AttemptCreating, row.State, "a person has to look first")
			s.run(time.Minute)
			assert.Contains(t, s.kinds(), guichet.TroublePaymentIDTaken)
		})
	})
	t.Run("by a webhook", func(t *testing.T) {
		inShop(t, func(t *testing.T, s *shop) {
			first := s.opened("page")
			lost, err := guichet.Attempt{}, error(nil)
			s.page.create = fails(nil)
			lost, err = s.cashier.Pay(t.Context(), order(prompt, func(o *guichet.Order) { o.ID = "CMD-2" }), "page")
			require.Error(t, err)
			require.Equal(t, 200, s.ring("page", guichet.Event{Reference: lost.Reference, PaymentID: first.PaymentID, Verified: true}))
			assert.Empty(t, s.row(lost.Reference).PaymentID)
			s.run(time.Minute)
			assert.Contains(t, s.kinds(), guichet.TroublePaymentIDTaken)
		})
	})
}

func TestRule12PersonalData(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.keyed.create = func(_ context.Context, req guichet.PaymentRequest, p *guichet.Payment) (*guichet.Payment, error) {
			row := s.row(req.Reference)
			assert.Equal(t, "1234", req.MobileMoney.OTP, "the provider gets the code")
			assert.True(t, row.OTP)
			require.NotNil(t, row.Request)
			assert.Empty(t, row.Request.MobileMoney.OTP, "the ledger never")
			assert.Equal(t, "+22890000000", row.Phone)
			return p, nil
		}
		o := order(prompt, withCode)
		row, err := s.cashier.Pay(t.Context(), o, "keyed")
		require.NoError(t, err)
		assert.Equal(t, "1234", o.Request.MobileMoney.OTP, "the caller's own is left alone")
		assert.Nil(t, row.Request)
		assert.Equal(t, "+22890000000", row.Phone)
		assert.Equal(t, "Composez *144#", row.Instruction.FR)
		s.keyed.paid(row.PaymentID)
		got := s.refresh(row.Reference)
		assert.Empty(t, got.Phone)
		assert.Zero(t, got.Instruction)
		assert.Empty(t, got.CheckoutURL)
		for _, private := range []string{"22890000000", "1234", row.PaymentID, "pay.example"} {
			assert.NotContains(t, s.logged(), private)
		}
		assert.Contains(t, s.logged(), "creating to open")
		assert.Contains(t, s.logged(), "paid to delivered")
	})
}

func TestRule13UnknownProvider(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		row := s.opened("page")
		s.cashier = s.open(s.keyed) // an older configuration
		s.run(9 * time.Minute)
		assert.Empty(t, s.kinds())
		s.run(2 * time.Minute)
		require.Equal(t, []guichet.TroubleKind{guichet.TroubleUnknownProvider}, s.kinds())
		_, err := s.cashier.Refresh(t.Context(), row.Reference)
		assert.ErrorContains(t, err, "CashierConfig.Providers")
		_, err = s.cashier.Pay(t.Context(), order(), "keyed")
		assert.ErrorIs(t, err, guichet.ErrConflict)
		s.run(5 * time.Hour)
		assert.Len(t, s.kinds(), 1)
		assert.Equal(t, guichet.AttemptOpen, s.row(row.Reference).State)
		s.page.paid(row.PaymentID)
		s.cashier = s.open()
		s.run(3 * time.Hour)
		assert.Equal(t, 1, s.deliveries(), "configured again, it is asked about again")
	})
	inShop(t, func(t *testing.T, s *shop) {
		assert.Equal(t, 500, s.ring("wave", guichet.Event{Type: "test"}))
	})
}

func TestRunEndsAfterWhatIsInFlight(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		row := s.opened("page")
		ctx, stop := context.WithCancel(t.Context())
		s.page.status = func(ctx context.Context, p guichet.Payment) (*guichet.Payment, error) {
			stop()
			time.Sleep(5 * time.Second)
			p.Status = guichet.StatusSucceeded
			return &p, ctx.Err()
		}
		start := time.Now()
		assert.ErrorIs(t, s.cashier.Run(ctx), context.Canceled)
		assert.GreaterOrEqual(t, time.Since(start), 5*time.Second)
		assert.Equal(t, guichet.AttemptDelivered, s.row(row.Reference).State)
	})
}

func TestRunOutlivesALedgerThatIsDown(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		row := s.opened("page")
		s.page.paid(row.PaymentID)
		up := time.Now().Add(5 * time.Minute)
		s.books.Ledger = flaky{s.books.Ledger, up}
		s.run(6 * time.Minute)
		assert.Equal(t, 1, s.deliveries())
	})
}

type flaky struct {
	guichet.Ledger
	up time.Time
}

func (f flaky) Due(ctx context.Context, q guichet.DueQuery) ([]guichet.Attempt, error) {
	if time.Now().Before(f.up) {
		return nil, errors.New("database down")
	}
	return f.Ledger.Due(ctx, q)
}

// What follows the README to the letter loses money; a shop with a cashier does not.

func TestCaseKKilledBetweenCreateAndSave(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.page.create = func(context.Context, guichet.PaymentRequest, *guichet.Payment) (*guichet.Payment, error) {
			panic("killed")
		}
		func() {
			defer func() { recover() }()
			s.cashier.Pay(t.Context(), order(prompt), "page")
		}()
		s.page.create = nil
		s.cashier = s.open() // started again
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		_, err := s.cashier.Pay(ctx, order(prompt), "page")
		assert.ErrorIs(t, err, guichet.ErrUnknownOutcome)
		assert.Equal(t, 1, s.page.creates(), "no second prompt")
		s.run(time.Minute)
		assert.Equal(t, []guichet.TroubleKind{guichet.TroubleUnknownPrompt}, s.kinds())
	})
}

func TestCaseKDoubleClick(t *testing.T) {
	for name, clicks := range map[string]int{"two": 2, "a hundred": 100} {
		t.Run(name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				s.page.create = slow(2*time.Second, nil)
				cashiers := []*guichet.Cashier{s.cashier, s.open()}
				pages := make([]string, clicks)
				var all sync.WaitGroup
				for i := range clicks {
					all.Go(func() {
						row, err := cashiers[i%2].Pay(t.Context(), order(), "page")
						assert.NoError(t, err)
						pages[i] = row.CheckoutURL
					})
				}
				all.Wait()
				assert.Equal(t, 1, s.page.creates(), "one create")
				assert.Equal(t, []string{"https://pay.example/page-pay-1"}, slices.Compact(pages), "one page")
			})
		})
	}
}

func TestCaseKOneReferenceOneAmount(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.page.can = guichet.Capabilities{StatusByReference: true, StatusReference: true} // as Lygos: no amounts
		s.page.status = func(_ context.Context, p guichet.Payment) (*guichet.Payment, error) {
			p.Amount = guichet.Money{}
			return &p, nil
		}
		s.cashier = s.open()
		row := s.opened("page")
		_, err := s.cashier.Pay(t.Context(), order(func(o *guichet.Order) { o.Request.Amount.Minor = 50000 }), "page")
		require.ErrorIs(t, err, guichet.ErrConflict)
		s.page.paid(row.PaymentID)
		s.run(time.Minute)
		assert.Zero(t, s.deliveries(), "50,000 are not delivered for 5,000")
		assert.Equal(t, []guichet.TroubleKind{guichet.TroubleOtherAmount}, s.kinds())
	})
}

func TestCaseKTwoShopsOnOneAccount(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		row := s.opened("page")
		other := &shop{t: t, books: &books{Ledger: guichet.NewMemoryLedger()}, log: s.log, page: s.page, keyed: s.keyed}
		other.cashier = other.open()
		theirs := other.opened("page")
		assert.NotEqual(t, row.Reference, theirs.Reference)
		s.page.paid(theirs.PaymentID)
		assert.Equal(t, guichet.AttemptOpen, s.refresh(row.Reference).State, "another shop's payment confirms nothing")
	})
}

func TestCaseKKilledBeforeThePageWasShown(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		page := s.opened("page").CheckoutURL
		s.cashier = s.open()
		row, err := s.cashier.Pay(t.Context(), order(), "page")
		require.NoError(t, err)
		assert.Equal(t, page, row.CheckoutURL)
	})
}

func TestCaseKCreateFailCreateAgain(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		dead := s.opened("keyed")
		s.keyed.say(dead.PaymentID, guichet.StatusFailed)
		row, err := s.cashier.Pay(t.Context(), order(), "keyed")
		require.NoError(t, err)
		assert.NotEqual(t, dead.CheckoutURL, row.CheckoutURL)
		assert.NotEqual(t, s.keyed.requests[0].Reference, s.keyed.requests[1].Reference)
	})
}
