package main

func init() { mutations = append(mutations, cashierMutations...) }

// cashierMutations break the cashier's rules, at least one for each number, and Check.
var cashierMutations = []mutation{
	{"Check: another id is believed", ".", `case payment.ID != want.PaymentID:`, `case false:`, "."},
	{"Check: another reference is believed", ".", `case payment.Reference != "" && payment.Reference != want.Reference:`, `case false:`, "."},
	{"Check: what is not paid is delivered", ".", `case payment.Status != StatusSucceeded:`, `case payment.Status == StatusFailed:`, "."},
	{"Check: an amount that was promised may be absent", ".", `case can.StatusAmount && !reported:`, `case false:`, "."},
	{"Check: any amount", ".", `case reported && payment.Amount != want.Amount:`, `case false:`, "."},
	{"Check: no amount is expected", ".", `case want.Amount.Minor <= 0 || want.Amount.Currency == "":`, `case false:`, "."},
	{"Confirms: any status", ".", `case p.Status != StatusSucceeded:`, `case p.Status == StatusFailed:`, "."},
	{"Confirms: any reference", ".", `case p.Reference != reference:`, `case false:`, "."},
	{"Confirms: any amount", ".", `case p.Amount != want:`, `case false:`, "."},
	{"Confirms: both waived", ".", `case reference == "" && want == Money{}:`, `case false:`, "."},
	{"Confirms: a reported amount is waived", ".", `case want == Money{} && reportsAmount:`, `case false:`, "."},
	{"Confirms: a reported reference is waived", ".", `case reference == "" && reportsReference:`, `case false:`, "."},

	{"rule 1: the provider is asked although the row could not be written", ".", `if row, begun, err = c.begin(ctx, order, provider); err != nil {`,
		`if row, begun, err = c.begin(ctx, order, provider); err != nil && ctx.Err() == nil {
			row, begun, err = Attempt{Reference: "x", Provider: provider}, true, nil
		} else if err != nil {`, "."},
	{"rule 2: a page is shown although its save failed", ".", `	case err != nil:
		return row, false, err
	case !mine, t == repeated:`, `	case err != nil:
		row.CheckoutURL = p.CheckoutURL
		return row, false, err
	case !mine, t == repeated:`, "."},
	{"rule 2: the page goes into a row that somebody went on with", ".", `		a.PaymentID = p.ID
		sooner(a, now)`, `		a.PaymentID, a.CheckoutURL = p.ID, p.CheckoutURL
		sooner(a, now)`, "."},
	{"rule 3: a create has longer than its lease", "schedule.go", `createTime    = 100 * time.Second`, `createTime    = 200 * time.Second`, "."},
	{"rule 3: the time that Begin took is not counted", "create.go", `leaseTime-saveTime-c.world.Now().Sub(start)`, `leaseTime-saveTime`, "."},
	{"rule 3: a webhook does not wait for the lease", "ring.go", `		if !leaseRuns(row, now) {
			break`, `		if !leaseRuns(row, now) || true {
			break`, "."},
	{"rule 3: a sibling's success does not wait", ".", `case leaseRuns(*holder, now):`, `case false && leaseRuns(*holder, now):`, "."},
	{"rule 3: a refusal closes any version", ".", `a.Version == base && move`, `a.Version >= base && move`, "."},
	{"rule 3: a refusal of a repetition closes", ".", `what == refusedCreate && t == repeated`, `false`, "."},
	{"rule 3: a repetition takes no lease", ".", `		a.LeaseUntil, a.DueAt = now.Add(leaseTime), now.Add(leaseTime)
		return mine, nil`, `		return mine, nil`, "."},
	{"rule 3: Resolve does not wait for the lease", ".", `case leaseRuns(*a, now):`, `case false:`, "."},
	{"rule 4: a stale save is dropped", ".", `case !errors.Is(err, ErrStale):`, `case errors.Is(err, ErrStale):
			return row, nil
		default:`, "."},
	{"rule 4: a ring during a question is lost", ".", `case rung && (next.IsZero() || a.DueAt.Before(next)):`, `case false && rung:`, "."},
	{"rule 4: what a customer did not wait for is lost", ".", `ctx, cancel := c.detached(ctx, saveTime)`, `ctx, cancel := c.world.Timeout(ctx, saveTime)`, "."},
	{"rule 5: Deliver has no deadline", ".", `deliverTime   = 10 * time.Second`, `deliverTime   = 1000 * time.Second`, "."},
	{"rule 5: a panic of Deliver is not caught", "deliver.go", `if cause := recover(); cause != nil {`, `if cause := error(nil); cause != nil {`, "."},
	{"rule 5: the pause does not double", ".", `next = min(2*next, deliverSlow)`, `next = min(next, deliverSlow)`, "."},
	{"rule 5: not asked about again before a late delivery", ".", `if row.PaymentID != "" && !askedWithin(row, now, settledEvery) {`, `if false {`, "."},
	{"rule 5: a question that failed counts as an answer", "ask.go", `if a.State != AttemptPaid { // there`, `if true { // there`, "."},
	{"rule 5: no Trouble after an hour", ".", `if sofar >= deliverAlarm {`, `if sofar >= 1000*deliverAlarm {`, "."},
	{"rule 5: looking at the page tries to deliver", ".", `err != nil || !dueNow(row, now) {`, `err != nil {`, "."},
	{"rule 6: a forged event gives an id", ".", `if e.Verified && e.Reference == row.Reference {`, `if e.Reference == row.Reference {`, "."},
	{"rule 6: a verified event gives no id", ".", `a.PaymentID, changed = given, true`, `changed = true`, "."},
	{"rule 6: asked before AskEvery", ".", `			if askedWithin(*a, now, gap) {
				at`, `			if false {
				at`, "."},
	{"rule 6: the count of failures goes on", ".", `a.Failures, changed = 0, true`, `changed = true`, "."},
	{"rule 6: a forged event asks about what is delivered", ".", `case a.State == AttemptDelivered && !e.Verified:`, `case false:`, "."},
	{"rule 6: what is delivered is asked about as often as it is rung", ".", `				gap = settledEvery
`, ``, "."},
	{"rule 6: another provider's event rings", ".", `err == nil && row.Provider == provider`, `err == nil`, "."},
	{"rule 6: an event for no attempt is an error", ".", `		return nil
	}
	given := ""`, `		return ErrNotFound
	}
	given := ""`, "."},
	{"rule 6: a ring of a paid attempt does not ask", ".", `a.AskedAt, changed = time.Time{}, true`, `changed = true`, "."},
	{"rule 7: the pause does not grow", ".", `p := max(every, old/4)`, `p := every`, "."},
	{"rule 7: no cap in the first day", ".", `p = min(p, max(every, firstDayPause))`, `p += 0`, "."},
	{"rule 7: no chance", ".", `time.Duration(c.random(401)-200)`, `time.Duration(0)`, "."},
	{"rule 7: AskEvery is not kept", ".", `every > 0 {`, `every > time.Hour {`, "."},
	{"rule 7: DueAt is not swapped", "ask.go", `		a.DueAt = now.Add(swapTime)
`, ``, "."},
	{"rule 7: two processes ask at once", ".", `a.State.Known() && !askedWithin(*a, now, gap)`, `a.State.Known()`, "."},
	{"rule 7: a failed question does not wait longer", ".", `failedPause << (max(a.Failures, 1) - 1)`, `failedPause`, "."},
	{"rule 7: a failed question waits longer for ever", ".", `failedTimes   = 7`, `failedTimes   = 17`, "."},
	{"rule 7: five questions at a time", ".", `questionsAtATime = 4`, `questionsAtATime = 5`, "."},
	{"rule 7: one provider starves the others", ".", `		if n >= questionsAtATime {
`, `		if n >= 1000 {
`, "."},
	{"rule 7: RetryAfter is kept for one", ".", `g.until = now.Add(`, `_ = now.Add(`, "."},
	{"rule 8: a time far ahead is waited for", ".", `return !t.After(now) || t.After(now.Add(longest+slack))`, `return !t.After(now)`, "."},
	{"rule 8: a CreatedAt ahead stays", ".", `a.CreatedAt = now
`, ``, "."},
	{"rule 8: what a wrong clock put days ahead is not looked for", ".", `rows = append(rows, ahead...)`, `_ = ahead`, "."},
	{"rule 8: a jump of the clock gives up", ".", ` && before.Sub(a.CreatedAt) >= giveUpLast`, ``, "."},
	{"rule 8: given up after few questions", ".", ` && a.Asked >= giveUpAsked`, ``, "."},
	{"rule 8: a key's age is told by a CreatedAt that lies ahead", ".", `!row.CreatedAt.After(now) && `, ``, "."},
	{"rule 9: a trouble is told again and again", ".", `				a.Troubles[kind] = true
`, ``, "."},
	{"rule 9: a trouble that the hook refused counts as told", ".", `			err = both(err, hookErr)
			continue`, `			err = both(err, hookErr)`, "."},
	{"rule 9: a trouble is told by every machine", ".", `		mine = untold(*a) && dueNow(*a, now)
`, `		mine = true
`, "."},
	{"rule 9: a trouble is not due", ".", `	a.Troubles[kind] = false
	sooner(a, now)`, `	a.Troubles[kind] = false`, "."},
	{"rule 9: Resolve drops what is untold", ".", `			if told {
				delete`, `			if told || true {
				delete`, "."},
	{"rule 9: refused keys are told with each attempt", "schedule.go", `keysEvery     = time.Hour`, `keysEvery     = time.Minute`, "."},
	{"rule 9: an unreadable row goes unsaid", "run.go", `r.c.tellRest(ctx, now, err)`, `r.c.tellRest(ctx, now, nil)`, "."},
	{"rule 9: an answer that could not be saved goes unsaid", "create.go", `c.tellUnsettled(ctx, Trouble{`, `_ = (Trouble{`, "."},
	{"rule 10: a page that is paid again goes unsaid", "record.go", `n > 1 && n > a.Captures`, `n > 1 && n < a.Captures`, "."},
	{"rule 10: told once only", "record.go", `reportAgain(a, TroubleSecondPayment, now)`, `report(a, TroubleSecondPayment, now)`, "."},
	{"rule 10: a page is not watched once it is paid", "schedule.go", `(can.ReusablePage || !configured) && a`, `(can.ReusablePage && false) && configured && a`, "."},
	{"rule 10: an older configuration ends the watch", "schedule.go", `(can.ReusablePage || !configured) && a`, `(can.ReusablePage && configured) && a`, "."},
	{"rule 8: a question that failed while the clock was wrong gives up", "record.go", `a.Failures == 0 && old(`, `old(`, "."},
	{"rule 10: a jump of the clock ends the watch", "record.go", `case next.IsZero() && can.ReusablePage && !over`, `case next.IsZero() && false && !over`, "."},
	{"rule 11: the id of another reference's payment goes unsaid", "record.go", `if mixedUp && !slices`, `if mixedUp && false && !slices`, "."},
	{"rule 11: an id that comes twice goes unsaid", "create.go", `		report(a, TroublePaymentIDTaken, now)
`, ``, "."},
	{"rule 11: a webhook's id that comes twice goes unsaid", "ring.go", `				report(a, TroublePaymentIDTaken, now)
`, ``, "."},
	{"rule 12: the page is kept when the attempt leaves open", ".", `a.Phone, a.CheckoutURL, a.Instruction = "", "", Instruction{}`, `a.Phone, a.Instruction = "", Instruction{}`, "."},
	{"rule 13: an unknown provider goes unsaid", ".", `		report(a, TroubleUnknownProvider, now)
`, ``, "."},
	{"rule 13: an unknown provider is told at once", ".", `unknownAfter  = 10 * time.Minute`, `unknownAfter  = 0 * time.Minute`, "."},

	{"Pay: an unknown outcome closes the attempt", ".", `errors.Is(err, ErrConflict), errors.Is(err, ErrBadResponse)`, `errors.Is(err, ErrBadResponse)`, "."},
	{"Pay: an error that is no *Error closes the attempt", ".", `case exists, !errors.As(err, &failure), failure`, `case exists, errors.As(err, &failure) && failure`, "."},
	{"Pay: the lease does not end with the answer", ".", `	a.LeaseUntil, a.DueAt = now, now
`, `	a.DueAt = now
`, "."},
	{"Pay: a repeated create is shown without a question", ".", `case !mine, t == repeated:`, `case !mine:`, "."},
	{"Pay: a page that is dead already is shown", ".", `case !p.Replayed && !p.Status.Final():`, `case true:`, "."},
	{"Pay: a prompt with a one-time code is repeated", ".", ` && !row.OTP`, ``, "."},
	{"Pay: a prompt is repeated with another request", ".", ` && sameRequest(*row.Request, order.Request)`, ``, "."},
	{"Pay: a key is used longer than it is remembered", ".", `min(repeatWithin, can.IdempotencyWindow)`, `repeatWithin`, "."},
	{"Pay: a key is used for more than an hour", ".", `repeatWithin  = time.Hour`, `repeatWithin  = 2 * time.Hour`, "."},
	{"Pay: another amount is not noted while creating", ".", `return !marked && a.State == AttemptCreating, nil`, `return !marked && a.State == AttemptOpen, nil`, "."},
	{"Pay: another amount is not noted", ".", `		a.Outdated = outdated
`, ``, "."},
	{"Pay: an open attempt is not asked about", ".", `row, askErr := c.ask(ctx, row, recent)`, `askErr := error(nil)`, "."},
	{"Pay: an old pending is enough to replace", ".", `replacing := order.Replace && `, `replacing := false && order.Replace && `, "."},
	{"Pay: a young prompt is replaced", ".", `!(prompt && now.Before(row.ExpiresAt.Add(replacePrompt-promptLife)))`, `true`, "."},
	{"Pay: replaced although the question failed", ".", `	case order.Replace && askErr != nil:
		return row, false, askErr
	case order.Replace && pending &&`, `	case order.Replace && (pending || true) &&`, "."},
	{"Pay: an unknown word is pending", ".", ` && row.Status == StatusPending`, ``, "."},
	{"Pay: another phone is the same", ".", ` && row.Phone == phone`, ` && (row.Phone == phone || phone != "")`, "."},
	{"Pay: a dead page is shown", ".", `case !prompt && row.CheckoutURL == "", lifeOver(row, now):`, `case false:`, "."},
	{"Pay: a released prompt whose answer was lost goes unsaid", ".", `h == superseded && isPrompt(*a)`, `false && isPrompt(*a)`, "."},
	{"states: an outdated order is delivered", ".", `newest.Outdated || newest.Amount != a.Amount`, `newest.Amount != a.Amount`, "."},
	{"states: an order that costs otherwise is delivered", ".", `newest.Outdated || newest.Amount != a.Amount`, `newest.Outdated`, "."},
	{"states: a person's word does not last", ".", `a.Refunded && (`, `false && (`, "."},
	{"states: a holder that is paid gives way", ".", `case holder.State != AttemptCreating && holder.State != AttemptOpen: //`, `case false: //`, "."},

	{"webhook: a body may take for ever", ".", `		return 0, errSlowBody
`, `		u.end = u.end.Add(time.Hour)
`, "."},
	{"webhook: the deadline is lifted before the body is read", ".", `		if err == nil {
			lift()
		}`, `		lift()`, "."},
	{"webhook: a panic is swallowed", ".", `				panic(cause)
`, ``, "."},
}
