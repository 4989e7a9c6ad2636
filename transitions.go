package guichet

import "time"

// happening is something that moves an attempt to another state.
type happening string

const (
	answerSaved   happening = "the create was answered"
	createRefused happening = "the create was refused, or not sent"
	givenUp       happening = "failed, expired, canceled, life over, replaced, or the lease of a hosted create over"
	superseded    happening = "another attempt of the order was paid"
	paidExactly   happening = "paid what the order costs, and no other attempt is"
	paidOtherwise happening = "paid another amount, or what the order no longer costs"
	paidAgain     happening = "paid, and another attempt is paid as well"
	refunded      happening = "the money went back"
	tooOld        happening = "nobody paid in 30 days and 40 questions"
	orderChanged  happening = "Deliver returned ErrMismatch"
	promptLost    happening = "the lease of a prompt is over"
)

// step is what one happening makes of an attempt.
type step struct {
	to      AttemptState
	trouble TroubleKind // empty: none
}

// whereIdsTell is not a state: released, because who holds the page may pay and the id
// tells; closed where there is no id, because nobody was given the page.
const whereIdsTell AttemptState = "released, or closed without an id"

// transitions are all that an attempt can go through, but for Deliver and Resolve. What
// is not listed changes nothing: pending, failed and unknown never leave paid, delivered,
// extra or held.
var transitions = map[happening]map[AttemptState]step{
	answerSaved:   {AttemptCreating: {to: AttemptOpen}},
	createRefused: {AttemptCreating: {to: AttemptClosed}},
	promptLost:    {AttemptCreating: {AttemptCreating, TroubleUnknownPrompt}},
	givenUp:       {AttemptCreating: {to: whereIdsTell}, AttemptOpen: {to: AttemptReleased}},
	superseded:    {AttemptCreating: {to: whereIdsTell}, AttemptOpen: {to: whereIdsTell}},
	tooOld:        {AttemptReleased: {to: AttemptClosed}},
	paidExactly:   {AttemptOpen: {to: AttemptPaid}, AttemptReleased: {to: AttemptPaid}, AttemptClosed: {to: AttemptPaid}},
	paidAgain:     {AttemptReleased: {AttemptExtra, TroubleSecondPayment}, AttemptClosed: {AttemptExtra, TroubleSecondPayment}},
	paidOtherwise: {
		AttemptOpen: {AttemptHeld, TroubleOtherAmount}, AttemptReleased: {AttemptHeld, TroubleOtherAmount}, AttemptClosed: {AttemptHeld, TroubleOtherAmount},
	},
	refunded: {
		AttemptOpen: {AttemptHeld, TroubleRefunded}, AttemptReleased: {AttemptHeld, TroubleRefunded}, AttemptClosed: {AttemptHeld, TroubleRefunded},
		AttemptPaid: {AttemptHeld, TroubleRefunded}, AttemptDelivered: {AttemptDelivered, TroubleRefunded},
	},
	orderChanged: {AttemptPaid: {AttemptHeld, TroubleOtherAmount}},
}

// move makes of a what h makes of it. It reports false, and changes nothing, where the
// tables say nothing.
func move(a *Attempt, h happening, now time.Time) bool {
	next, ok := transitions[h][a.State]
	if !ok {
		return false
	}
	if h == superseded && isPrompt(*a) && a.State == AttemptCreating && a.PaymentID == "" {
		report(a, TroubleUnknownPrompt, now) // a phone may ask for money, and no id will tell
	}
	to := next.to
	if to == whereIdsTell {
		if to = AttemptReleased; a.PaymentID == "" {
			to = AttemptClosed
		}
	}
	enter(a, to)
	if next.trouble != "" {
		report(a, next.trouble, now)
	}
	return true
}

// enter sets the state and drops what the next one must not keep (rule 12): the request
// when creating is left; the phone, the page and what the customer is told when it
// cannot be paid any more, so that nobody is sent to a page that was given up.
func enter(a *Attempt, to AttemptState) {
	if to != AttemptCreating {
		a.Request, a.LeaseUntil = nil, time.Time{}
	}
	if to != AttemptCreating && to != AttemptOpen {
		a.Phone, a.CheckoutURL, a.Instruction = "", "", Instruction{}
	}
	if to != a.State {
		a.Failures = 0
	}
	a.State = to
}

// isPrompt reports whether a phone was asked, while the attempt is creating or open.
func isPrompt(a Attempt) bool {
	return a.Phone != "" || (a.Request != nil && a.Request.MobileMoney != nil)
}
