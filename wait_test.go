package guichet_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
)

// answer is what one question comes to.
type answer struct {
	payment *guichet.Payment
	err     error
}

func status(s guichet.Status) answer {
	return answer{payment: &guichet.Payment{ID: "pay_1", Status: s}}
}

func failing(kind error) answer {
	return answer{err: &guichet.Error{Provider: "lomi", Op: "GetStatus", Kind: kind}}
}

// asked is a client that answers in order, the last for ever, and notes when.
func asked(at *[]time.Duration, answers ...answer) client {
	start := time.Now()
	return client{status: func(_ context.Context, id string) (*guichet.Payment, error) {
		if id != "pay_1" {
			panic("another id")
		}
		*at = append(*at, time.Since(start))
		a := answers[min(len(*at), len(answers))-1]
		return a.payment, a.err
	}}
}

func TestWaitReturnsFinalStates(t *testing.T) {
	for _, final := range []guichet.Status{guichet.StatusSucceeded, guichet.StatusFailed, guichet.StatusCanceled, guichet.StatusExpired, guichet.StatusRefunded} {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Duration
			p, err := guichet.Wait(t.Context(), asked(&at, status(final)), "pay_1", guichet.Poll{})
			require.NoError(t, err)
			assert.Equal(t, final, p.Status)
			assert.Equal(t, []time.Duration{0}, at, "it asks at once")
		})
	}
}

func TestWaitPauses(t *testing.T) {
	s := func(seconds ...float64) (out []time.Duration) {
		for _, x := range seconds {
			out = append(out, time.Duration(x*float64(time.Second)))
		}
		return out
	}
	rows := []struct {
		poll guichet.Poll
		want []time.Duration // between the questions
	}{
		{guichet.Poll{}, s(3, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30, 30, 30)},
		{guichet.Poll{Min: time.Second, Max: 2 * time.Second}, s(1, 1.5, 2, 2)},
		{guichet.Poll{Min: time.Second}, s(1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 11.390625, 17.0859375, 25.62890625, 30, 30)},
		{guichet.Poll{Max: time.Second}, s(1, 1, 1)},
		{guichet.Poll{Max: 4 * time.Second}, s(3, 4, 4)},
		{guichet.Poll{Min: time.Minute}, s(60, 60, 60)},
		{guichet.Poll{Min: 5 * time.Second, Max: 5 * time.Second}, s(5, 5, 5)},
	}
	for _, row := range rows {
		t.Run(fmt.Sprint(row.poll), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answers := make([]answer, len(row.want)+1)
				for i := range answers {
					answers[i] = status(guichet.StatusPending)
				}
				answers[1] = status(guichet.StatusUnknown) // a word that nobody knows is not final
				answers[len(row.want)] = status(guichet.StatusSucceeded)
				var at []time.Duration
				p, err := guichet.Wait(t.Context(), asked(&at, answers...), "pay_1", row.poll)
				require.NoError(t, err)
				assert.Equal(t, guichet.StatusSucceeded, p.Status)
				var pauses []time.Duration
				for i := range at[1:] {
					pauses = append(pauses, at[i+1]-at[i])
				}
				assert.Equal(t, row.want, pauses)
			})
		})
	}
}

func TestWaitRefuses(t *testing.T) {
	var at []time.Duration
	var none context.Context
	c := asked(&at, status(guichet.StatusSucceeded))
	for name, call := range map[string]func() (*guichet.Payment, error){
		"nil context":  func() (*guichet.Payment, error) { return guichet.Wait(none, c, "pay_1", guichet.Poll{}) },
		"nil client":   func() (*guichet.Payment, error) { return guichet.Wait(t.Context(), nil, "pay_1", guichet.Poll{}) },
		"negative Min": func() (*guichet.Payment, error) { return guichet.Wait(t.Context(), c, "pay_1", guichet.Poll{Min: -1}) },
		"negative Max": func() (*guichet.Payment, error) { return guichet.Wait(t.Context(), c, "pay_1", guichet.Poll{Max: -1}) },
		"Max below Min": func() (*guichet.Payment, error) {
			return guichet.Wait(t.Context(), c, "pay_1", guichet.Poll{Min: 2, Max: 1})
		},
	} {
		p, err := call()
		require.ErrorIs(t, err, guichet.ErrInvalidRequest, name)
		assert.Nil(t, p)
	}
	assert.Empty(t, at)
}

func TestWaitErrors(t *testing.T) {
	wrongCertificate := &guichet.Error{Kind: guichet.ErrUnavailable, Err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}
	passing := map[string]answer{
		"unavailable": failing(guichet.ErrUnavailable), "rate limited": failing(guichet.ErrRateLimited), "bad response": failing(guichet.ErrBadResponse),
		"wrapped": {err: fmt.Errorf("x: %w", failing(guichet.ErrUnavailable).err)}, "nothing": {},
		"an attempt's time ran out": {err: &guichet.Error{Kind: guichet.ErrUnavailable, Err: context.DeadlineExceeded}},
	}
	for name, a := range passing {
		t.Run("goes on: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var at []time.Duration
				p, err := guichet.Wait(t.Context(), asked(&at, a, status(guichet.StatusPending), a, status(guichet.StatusSucceeded)), "pay_1", guichet.Poll{})
				require.NoError(t, err)
				assert.Equal(t, guichet.StatusSucceeded, p.Status)
				assert.Len(t, at, 4)
			})
		})
	}
	final := map[string]error{"certificate": wrongCertificate, "wrapped certificate": fmt.Errorf("x: %w", wrongCertificate), "foreign": errors.New("broken")}
	for name, kind := range kinds {
		if kind != guichet.ErrUnavailable && kind != guichet.ErrRateLimited && kind != guichet.ErrBadResponse {
			final[name] = failing(kind).err
		}
	}
	for name, failure := range final {
		t.Run("stops: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var at []time.Duration
				pending := status(guichet.StatusPending)
				p, err := guichet.Wait(t.Context(), asked(&at, pending, answer{err: failure}, status(guichet.StatusSucceeded)), "pay_1", guichet.Poll{})
				assert.Equal(t, failure, err, "as it came")
				assert.Same(t, pending.payment, p, "with the last payment seen")
				assert.Len(t, at, 2)
			})
		})
	}
}

func TestWaitDeadline(t *testing.T) {
	t.Run("returns the last payment seen", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			var at []time.Duration
			start := time.Now()
			p, err := guichet.Wait(ctx, asked(&at, status(guichet.StatusPending), failing(guichet.ErrUnavailable)), "pay_1", guichet.Poll{})
			assert.Equal(t, 10*time.Second, time.Since(start))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			var e *guichet.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "Wait", e.Op)
			assert.Contains(t, err.Error(), "unavailable", "and what the last question failed with")
			require.NotNil(t, p)
			assert.Equal(t, guichet.StatusPending, p.Status)
			assert.Len(t, at, 3)
		})
	})
	t.Run("nothing seen", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			var at []time.Duration
			p, err := guichet.Wait(ctx, asked(&at, failing(guichet.ErrUnavailable)), "pay_1", guichet.Poll{})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Nil(t, p)
		})
	})
	t.Run("ends while a question is out", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			n := 0
			c := client{status: func(ctx context.Context, _ string) (*guichet.Payment, error) {
				if n++; n == 1 {
					return &guichet.Payment{ID: "pay_1", Status: guichet.StatusPending}, nil
				}
				<-ctx.Done()
				return nil, &guichet.Error{Provider: "lomi", Op: "GetStatus", Err: ctx.Err()}
			}}
			start := time.Now()
			p, err := guichet.Wait(ctx, c, "pay_1", guichet.Poll{})
			assert.Equal(t, 5*time.Second, time.Since(start))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			var e *guichet.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "Wait", e.Op)
			assert.Equal(t, "lomi", e.Provider)
			require.NotNil(t, p)
		})
	})
	t.Run("a final state that arrives with the deadline counts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			c := client{status: func(context.Context, string) (*guichet.Payment, error) {
				cancel()
				return &guichet.Payment{ID: "pay_1", Status: guichet.StatusSucceeded}, nil
			}}
			p, err := guichet.Wait(ctx, c, "pay_1", guichet.Poll{})
			require.NoError(t, err)
			assert.Equal(t, guichet.StatusSucceeded, p.Status)
		})
	})
}

func TestWaitCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer time.AfterFunc(4*time.Second, cancel).Stop()
		var at []time.Duration
		start := time.Now()
		p, err := guichet.Wait(ctx, asked(&at, status(guichet.StatusPending)), "pay_1", guichet.Poll{})
		assert.Equal(t, 4*time.Second, time.Since(start))
		require.ErrorIs(t, err, context.Canceled)
		require.NotNil(t, p)
		assert.Len(t, at, 2)
		cancel()

		at = nil
		_, err = guichet.Wait(ctx, asked(&at, failing(guichet.ErrUnavailable)), "pay_1", guichet.Poll{})
		require.ErrorIs(t, err, context.Canceled)
		assert.LessOrEqual(t, len(at), 1)
	})
}

func TestWaitRetryAfter(t *testing.T) {
	limited := func(after time.Duration) answer {
		return answer{err: &guichet.Error{Provider: "lomi", Kind: guichet.ErrRateLimited, RetryAfter: after}}
	}
	t.Run("honoured in full", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Duration
			_, err := guichet.Wait(t.Context(), asked(&at, limited(15*time.Minute), limited(time.Second), status(guichet.StatusSucceeded)), "pay_1", guichet.Poll{For: time.Hour})
			require.NoError(t, err)
			assert.Equal(t, []time.Duration{0, 15 * time.Minute, 15*time.Minute + 4500*time.Millisecond}, at, "never earlier than asked, nor than the pause")
		})
	})
	t.Run("beyond the deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			var at []time.Duration
			start := time.Now()
			p, err := guichet.Wait(ctx, asked(&at, status(guichet.StatusPending), limited(15*time.Minute)), "pay_1", guichet.Poll{})
			assert.Equal(t, 3*time.Second, time.Since(start), "it need not be sat out")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Contains(t, err.Error(), "15m0s")
			require.NotNil(t, p)
		})
	})
	t.Run("longer than there is time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			var at []time.Duration
			_, err := guichet.Wait(ctx, asked(&at, limited(math.MaxInt64)), "pay_1", guichet.Poll{})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Len(t, at, 1)
		})
	})
}

func TestWaitEndsByItself(t *testing.T) {
	for name, row := range map[string]struct {
		poll guichet.Poll
		ctx  time.Duration // 0: it never ends
		want time.Duration
	}{
		"neither says when":       {guichet.Poll{}, 0, 15 * time.Minute},
		"the context ends":        {guichet.Poll{}, time.Hour, time.Hour},
		"For is shorter":          {guichet.Poll{For: time.Minute}, time.Hour, time.Minute},
		"For is longer":           {guichet.Poll{For: time.Hour}, time.Minute, time.Minute},
		"For, and an endless one": {guichet.Poll{For: time.Hour}, 0, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, start := t.Context(), time.Now()
				if row.ctx > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.ctx)
					defer cancel()
				}
				var at []time.Duration
				p, err := guichet.Wait(ctx, asked(&at, status(guichet.StatusPending)), "pay_1", row.poll)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, guichet.StatusPending, p.Status)
				assert.Equal(t, row.want, time.Since(start))
			})
		})
	}
}

func TestWaitForWhatIsNotThereYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		c := asked(&at, failing(guichet.ErrNotFound), failing(guichet.ErrNotFound), status(guichet.StatusSucceeded))
		p, err := guichet.Wait(t.Context(), c, "pay_1", guichet.Poll{NotFoundFor: 10 * time.Second})
		require.NoError(t, err)
		assert.Equal(t, guichet.StatusSucceeded, p.Status)

		at = nil
		_, err = guichet.Wait(t.Context(), asked(&at, failing(guichet.ErrNotFound)), "pay_1", guichet.Poll{NotFoundFor: 10 * time.Second})
		require.ErrorIs(t, err, guichet.ErrNotFound)
		assert.Len(t, at, 4, "at 0, 3, 7.5 and 14.25 s")

		at = nil
		_, err = guichet.Wait(t.Context(), asked(&at, failing(guichet.ErrNotFound)), "pay_1", guichet.Poll{})
		require.ErrorIs(t, err, guichet.ErrNotFound)
		assert.Len(t, at, 1)
	})
	for _, poll := range []guichet.Poll{{For: -1}, {NotFoundFor: -1}} {
		_, err := guichet.Wait(t.Context(), client{}, "pay_1", poll)
		require.ErrorIs(t, err, guichet.ErrInvalidRequest)
	}
}
