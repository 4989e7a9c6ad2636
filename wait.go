package guichet

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"time"
)

// Poll says how often and how long Wait asks. A field below 0, or Max below Min, is
// ErrInvalidRequest.
type Poll struct {
	Min         time.Duration // before the second question, each further pause is half as long again; 0: 3 s
	Max         time.Duration // the longest pause; 0: 30 s
	For         time.Duration // how long in all, also where the context lasts longer; 0: until the context ends, and 15 minutes where it never does
	NotFoundFor time.Duration // how long ErrNotFound is taken for "not there yet"; 0: it ends the wait at once
}

const (
	defaultPollMin = 3 * time.Second // the shortest that LigdiCash tolerates
	defaultPollMax = 30 * time.Second
	defaultPollFor = 15 * time.Minute
)

// Wait asks for the payment's status, at once and then with growing pauses,
// until it is final, and returns it. It asks on after failures that may pass
// (ErrUnavailable, ErrRateLimited, ErrBadResponse, and ErrNotFound for
// poll.NotFoundFor) and returns others at once.
//
// When the context ends, or poll.For is over, Wait returns the last payment it saw,
// nil if none, and the context's error, [context.DeadlineExceeded] for poll.For; the
// payment may still succeed later.
func Wait(ctx context.Context, c Client, id string, poll Poll) (*Payment, error) {
	if ctx == nil || c == nil {
		return nil, &Error{Op: "Wait", Kind: ErrInvalidRequest, Message: "the context or the client is nil"}
	}
	if poll.Min < 0 || poll.Max < 0 || poll.For < 0 || poll.NotFoundFor < 0 || (poll.Max != 0 && poll.Max < poll.Min) {
		return nil, &Error{Op: "Wait", Kind: ErrInvalidRequest, Message: "poll: every field must be 0 or above, and Max not below Min"}
	}
	if _, ends := ctx.Deadline(); poll.For > 0 || !ends {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, cmp.Or(poll.For, defaultPollFor))
		defer cancel()
	}
	pause, longest := poll.Min, poll.Max
	if pause == 0 {
		pause = defaultPollMin
		if longest != 0 {
			pause = min(pause, longest)
		}
	}
	if longest == 0 {
		longest = max(defaultPollMax, pause)
	}

	start := time.Now()
	var last *Payment
	for {
		payment, err := c.GetStatus(ctx, id)
		if payment != nil {
			last = payment
		}
		switch {
		case err == nil && payment != nil && payment.Status.Final():
			return payment, nil
		case ctx.Err() != nil:
			return last, waitError(ctx.Err(), err)
		case err != nil && !passing(err) && !(errors.Is(err, ErrNotFound) && time.Since(start) < poll.NotFoundFor):
			return last, err
		}

		var asked time.Duration // by the provider
		if failure := new(Error); errors.As(err, &failure) {
			asked = failure.RetryAfter
		}
		if deadline, ok := ctx.Deadline(); ok && asked > time.Until(deadline) {
			// More time than there is: no need to sit it out.
			return last, waitError(context.DeadlineExceeded, err)
		}
		timer := time.NewTimer(max(pause, asked))
		select {
		case <-ctx.Done():
			timer.Stop()
			return last, waitError(ctx.Err(), err)
		case <-timer.C:
		}
		pause = min(pause+pause/2, longest)
	}
}

// passing reports whether asking again may help. A certificate that does not
// verify will not get better, and may be somebody in between.
func passing(err error) bool {
	if tlsFailure := new(tls.CertificateVerificationError); errors.As(err, &tlsFailure) {
		return false
	}
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrRateLimited) || errors.Is(err, ErrBadResponse)
}

// waitError carries the context's error, and what the last question failed with.
func waitError(cause, last error) error {
	e := &Error{Op: "Wait", Err: cause}
	if failure := new(Error); errors.As(last, &failure) {
		e.Provider, e.Message = failure.Provider, cause.Error()+"; the last answer was: "+failure.Error()
	}
	return e
}
