package guichet

import "time"

// How long things take. Every time that is stored, or compared with a stored one, is the
// ledger's (rule 8).
const (
	leaseTime     = 2 * time.Minute        // a create runs under it (rule 3)
	createTime    = 100 * time.Second      // a create's own deadline; the rest of the lease is for saving
	saveTime      = 10 * time.Second       // how long a save is tried again
	askTime       = 60 * time.Second       // one question, the client's own retries included
	deliverTime   = 10 * time.Second       // one call of Deliver (rule 5)
	tellTime      = 30 * time.Second       // one call of Trouble
	swapTime      = 2 * time.Minute        // DueAt while somebody works on the attempt (rule 7)
	recent        = 3 * time.Second        // Pay and Refresh do not ask again within it
	readAgain     = 250 * time.Millisecond // while another call creates the payment
	slack         = 5 * time.Minute        // by how much clocks may disagree (rule 8)
	pageLife      = 24 * time.Hour         // of a hosted page where nobody says how long
	promptLife    = 10 * time.Minute       // of a prompt, from when its answer was saved
	replacePrompt = 2 * time.Minute        // a prompt that is younger is not replaced
	repeatWithin  = time.Hour              // a keyed create is not repeated later
	giveUpAge     = 30 * 24 * time.Hour    // with giveUpAsked and giveUpLast (rules 7 and 8)
	giveUpLast    = 20 * 24 * time.Hour    // the age at the last question
	giveUpAsked   = 40                     // answered questions
	unknownAfter  = 10 * time.Minute       // then an unknown provider is Trouble (rule 13)
	settledEvery  = 10 * time.Minute       // between questions about a delivered attempt, and before a late delivery
	keysEvery     = time.Hour              // refused keys are told so often (rule 9)
	longestPause  = giveUpAge / 4          // between two questions; a fifth more by chance
	firstDay      = 24 * time.Hour
	firstDayPause = 45 * time.Minute
	failedPause   = 30 * time.Second // doubled, for failedTimes questions
	failedTimes   = 7
	deliverPause  = 10 * time.Second // doubled up to deliverSlow
	deliverSlow   = 10 * time.Minute
	deliverAlarm  = time.Hour // of failures, then Trouble
	tellAgain     = time.Minute
	retryAfterMax = time.Hour     // of a provider's Retry-After
	longestYoung  = retryAfterMax // no attempt of the first hours is due later: 45 min and a fifth, or a Retry-After
)

// reached reports whether the time t has come. A time that lies further ahead than the
// longest pause of its kind, and 5 minutes, was written by a clock that was wrong: it
// counts as past, or the attempt would sleep until then (rule 8).
func reached(t, now time.Time, longest time.Duration) bool {
	return !t.After(now) || t.After(now.Add(longest+slack))
}

// leaseRuns reports whether the process that began the create may still be at it.
func leaseRuns(a Attempt, now time.Time) bool {
	return a.State == AttemptCreating && !reached(a.LeaseUntil, now, leaseTime)
}

// askedWithin reports whether the attempt was asked about less than d ago.
func askedWithin(a Attempt, now time.Time, d time.Duration) bool {
	return !a.AskedAt.IsZero() && !reached(a.AskedAt.Add(d), now, d)
}

// age is how old the attempt is, 0 where the clock has gone back since.
func age(a Attempt, now time.Time) time.Duration { return max(0, now.Sub(a.CreatedAt)) }

// repair sets a CreatedAt that lies ahead to now: it was written by a clock that was
// wrong, and the attempt would be young until then (rule 8).
func repair(a *Attempt, now time.Time) {
	if a.CreatedAt.After(now.Add(slack)) {
		a.CreatedAt = now
	}
}

// lifeOver reports whether the customer can no longer pay where he was sent.
func lifeOver(a Attempt, now time.Time) bool {
	switch {
	case isPrompt(a):
		return reached(a.ExpiresAt, now, promptLife)
	case a.ExpiresAt.IsZero():
		return age(a, now) >= pageLife
	}
	return reached(a.ExpiresAt, now, giveUpAge)
}

// expiry is until when what a create gave can be paid; zero: 24 hours from CreatedAt.
func expiry(prompt bool, p *Payment, can Capabilities, now time.Time) time.Time {
	switch {
	case prompt:
		return now.Add(promptLife)
	case p.ExpiresAt.IsZero() && can.PageLife > 0:
		return now.Add(can.PageLife)
	}
	return p.ExpiresAt
}

// askEvery is the shortest pause between two questions.
func (c *Cashier) askEvery(provider string) time.Duration {
	if every := c.can[provider].AskEvery; every > 0 {
		return every
	}
	return recent
}

// pause is how long after a question the next one comes: a quarter of the attempt's age,
// at most 45 minutes in the first day, a fifth more or less by chance, so that attempts
// that began together are not asked about together. That is about 85 questions in 30
// days (rule 7).
func (c *Cashier) pause(a Attempt, now time.Time) time.Duration {
	every, old := c.askEvery(a.Provider), age(a, now)
	p := max(every, old/4)
	if old < firstDay {
		p = min(p, max(every, firstDayPause))
	}
	p = min(p, longestPause)
	p += p / 1000 * time.Duration(c.random(401)-200)
	return max(p, every)
}

// nextQuestion is when the attempt is asked about again; zero: never, unless a webhook
// rings.
func (c *Cashier) nextQuestion(a Attempt, now time.Time) time.Time {
	switch a.State {
	case AttemptCreating:
		return a.LeaseUntil
	case AttemptPaid:
		return now
	case AttemptOpen, AttemptReleased:
		return now.Add(c.pause(a, now))
	}
	// A page that can be paid again is watched in every state (rule 10). Whether it can, a
	// process does not know that runs with an older configuration: another one may.
	can, configured := c.can[a.Provider]
	if (can.ReusablePage || !configured) && a.PaymentID != "" && (age(a, now) < giveUpAge || a.Asked < giveUpAsked) {
		return now.Add(c.pause(a, now))
	}
	return time.Time{}
}

// afterFailure is when a question that failed is asked again (rule 7): after 30 s,
// doubled, seven times, then at the usual pause.
func (c *Cashier) afterFailure(a Attempt, now time.Time) time.Time {
	if a.Failures <= failedTimes {
		return now.Add(failedPause << (max(a.Failures, 1) - 1))
	}
	return now.Add(c.pause(a, now))
}

// deliverAgain is the pause after the given number of failed deliveries, and how long
// they have failed by then (rule 5).
func deliverAgain(failures int) (next, sofar time.Duration) {
	next = deliverPause
	for range failures - 1 {
		if sofar += next; sofar >= deliverAlarm {
			return deliverSlow, sofar
		}
		next = min(2*next, deliverSlow)
	}
	return next, sofar
}

// sooner makes the attempt due at t, unless it is due earlier: an earlier time stays
// (rule 4). It reports whether it changed it.
func sooner(a *Attempt, t time.Time) bool {
	if !a.DueAt.IsZero() && !a.DueAt.After(t) {
		return false
	}
	a.DueAt = t
	return true
}

// dueNow reports whether the attempt's time has come, also where it lies further ahead
// than any pause of an attempt of this age (rule 8).
func dueNow(a Attempt, now time.Time) bool {
	return !a.DueAt.IsZero() && reached(a.DueAt, now, max(longestYoung, age(a, now)*3/10))
}
