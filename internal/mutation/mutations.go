package main

// mutations are grouped by the package that they break.
var mutations = []mutation{
	{"transport: a write is sent again", "internal/transport/retry.go", `case call.Policy == Write:`, `case call.Policy == 99:`, "./internal/transport ./lygos"},
	{"transport: reads are never sent again", "internal/transport/retry.go", `case !transient(out.err.HTTPStatus):`, `case true:`, "./internal/transport ./lygos"},
	{"transport: refusals are sent again", "internal/transport/retry.go", `return status >= 600`, `return status >= 400`, "./internal/transport ./lygos"},
	{"transport: one retry too many", "internal/transport/retry.go", `retries >= c.maxRetries`, `retries > c.maxRetries`, "./internal/transport ./lygos"},
	{"transport: a certificate that does not verify is tried again", "internal/transport/retry.go", `out.final, wait > maxPause`, `wait > maxPause`, "./internal/transport"},
	{"transport: a long Retry-After is sat out", "internal/transport/retry.go", `wait > maxPause:`, `wait > 1000*maxPause:`, "./internal/transport ./lygos"},
	{"transport: Retry-After is not waited for", "internal/transport/transport.go", `max(backoff(retries), out.err.RetryAfter)`, `backoff(retries)`, "./internal/transport ./lygos"},
	{"transport: a wait beyond the deadline is begun", "internal/transport/retry.go", `time.Until(deadline) < wait`, `time.Until(deadline) < 0`, "./internal/transport"},
	{"transport: the back-off does not listen to the context", "internal/transport/retry.go", `	case <-ctx.Done():
		return ctx.Err()`, `	case <-make(chan int):
		return ctx.Err()`, "./internal/transport ./lygos"},
	{"transport: no retry budget", "internal/transport/retry.go", `if b.tokens < cost {`, `if b.tokens < -1000000 {`, "./internal/transport"},
	{"transport: success gives no budget back", "internal/transport/retry.go", `b.tokens+successGain`, `b.tokens`, "./internal/transport"},
	{"transport: back-off without jitter", "internal/transport/retry.go", `return rand.N(min(basePause<<min(retries, 10), maxPause))`, `return rand.N(time.Nanosecond) + min(basePause<<min(retries, 10), maxPause)`, "./internal/transport"},
	{"transport: back-off without a cap", "internal/transport/retry.go", `min(basePause<<min(retries, 10), maxPause)`, `basePause<<min(retries, 10)`, "./internal/transport"},
	{"transport: a reset that has passed is waited for", "internal/transport/retry.go", `min(max(d, 0), maxRetryAfter)`, `min(d, maxRetryAfter)`, "./internal/transport"},
	{"transport: X-RateLimit-Reset is not read", "internal/transport/retry.go", `h.Get("X-RateLimit-Reset")`, `h.Get("X-RateLimit-Other")`, "./internal/transport ./caurisflux"},
	{"transport: a redirect is followed", "internal/transport/attempt.go", `res.Header.Del("Location")`, `_ = "Location"`, "./internal/transport ./lygos"},
	{"transport: an attempt that got a connection counts as not sent", "internal/transport/attempt.go", `asked.Load() && !got.Load()`, `asked.Load()`, "./internal/transport"},
	{"transport: a RoundTripper without trace counts as not sent", "internal/transport/attempt.go", `asked.Load() && !got.Load()`, `!got.Load()`, "./internal/transport ./lygos"},
	{"transport: net/http may replay a write", "internal/transport/attempt.go", `		r.GetBody = nil
`, ``, "./internal/transport ./caurisflux"},
	{"transport: net/http may replay a GET that acts, and a keyed write without a body", "internal/transport/attempt.go", `case a.unrepeatable(r.Method):`, `case false:`, "./internal/transport"},
	{"transport: the caller's cookie jar is used", "internal/transport/attempt.go", `	hc.Jar = nil`, `	_ = hc.Jar`, "./internal/transport ./lygos"},
	{"transport: the caller's client is changed", "internal/transport/attempt.go", `		*hc = *settings.HTTPClient`, `		hc = settings.HTTPClient`, "./internal/transport ./lygos"},
	{"transport: a transport that skips verification is accepted", "internal/transport/attempt.go", `t.TLSClientConfig.InsecureSkipVerify && `, `false && t.TLSClientConfig.InsecureSkipVerify && `, "./internal/transport"},
	{"transport: no cap on an answer", "internal/transport/attempt.go", `left: DefaultMaxBody`, `left: 1 << 40`, "./internal/transport ./lygos"},
	{"transport: no cap on headers", "internal/transport/attempt.go", `MaxResponseHeaderBytes: 64 << 10`, `MaxResponseHeaderBytes: 64 << 20`, "./internal/transport"},
	{"transport: no timeout of an attempt", "internal/transport/attempt.go", `context.WithTimeout(parent, c.timeout)`, `context.WithTimeout(parent, 1000*time.Hour)`, "./internal/transport ./lygos"},
	{"transport: a cut body is an answer", "internal/transport/attempt.go", `	if err != nil && err != io.EOF {
		b.err = err
	}`, ``, "./internal/transport ./lygos"},
	{"transport: an unsent attempt hides that an earlier one was refused", "internal/transport/transport.go", `if out.notSent && h.sent && !h.unknown {`, `if false {`, "./internal/transport"},
	{"transport: Do repeats the values of its call", "internal/transport/raw.go", `call.Sensitive = strictjson.Leaves(call.Body)`, `call.Sensitive = nil`, "./internal/transport"},
	{"transport: a 3xx is a success", "internal/transport/transport.go", `a.Status <= 299`, `a.Status <= 399`, "./internal/transport ./lygos"},
	{"transport: a later refusal settles an unknown attempt", "internal/transport/transport.go", `h.unknown = h.unknown || out.err.OutcomeUnknown`, `h.unknown = out.err.OutcomeUnknown`, "./internal/transport ./caurisflux"},
	{"transport: a 5xx on a write is a known outcome", "internal/transport/failure.go", `broke := a.Status >= 500`, `broke := a.Status >= 5000`, "./internal/transport ./lygos ./lomi"},
	{"transport: an unreadable answer to a write is a known outcome", "internal/transport/failure.go", ` || e.Kind == guichet.ErrBadResponse)`, `)`, "./internal/transport ./lygos"},
	{"transport: a lost answer to a write is a known outcome", "internal/transport/failure.go", `!notSent && call.Policy != Read`, `false`, "./internal/transport ./lygos"},
	{"transport: an unsent write has an unknown outcome", "internal/transport/failure.go", `!notSent && call.Policy != Read`, `call.Policy != Read`, "./internal/transport ./lygos"},
	{"transport: a read has an unknown outcome", "internal/transport/failure.go", `call.Policy != Read && // a read has no outcome`, `true && // a read has no outcome`, "./internal/transport ./lygos"},
	{"transport: the provider's text keeps the keys", "internal/transport/failure.go", `redact.Message(scrubber.Text(s))`, `redact.Message(s)`, "./internal/transport ./lygos"},
	{"transport: Raw keeps the keys", "internal/transport/failure.go", `scrubber.Bytes(c.withoutMade(a.Body))`, `c.withoutMade(a.Body)`, "./internal/transport ./lygos"},
	{"transport: what is private to a call is not removed", "internal/transport/failure.go", `slices.Concat(call.Sensitive, `, `slices.Concat(`, "./internal/transport ./ligdicash ./lygos"},
	{"transport: any cause is wrapped", "internal/transport/failure.go", `	return nil
}

// maxSegment`, `	return err
}

// maxSegment`, "./internal/transport ./lygos"},
	{"transport: a 403 is an invalid request", "internal/transport/failure.go", `	http.StatusForbidden:       guichet.ErrUnauthorized,
`, ``, "./internal/transport ./lygos"},
	{"transport: a path step is an id", "internal/transport/failure.go", `case s == "." || s == "..":`, `case s == ".":`, "./internal/transport ./lygos ./caurisflux"},
	{"transport: an empty id is sent", "internal/transport/failure.go", `	case s == "":
		return "must not be empty"
`, ``, "./internal/transport ./caurisflux"},
	{"transport: ids are not escaped", "internal/transport/transport.go", `b.WriteString(url.PathEscape(arg))`, `b.WriteString(arg)`, "./internal/transport ./lygos"},
	{"transport: the key header is sent where none is documented", "internal/transport/transport.go", `if c.KeyHeader != "" && call.IdempotencyKey != "" {`, `if call.Reference != "" {
		h.Set("Idempotency-Key", call.Reference)
	}
	if c.KeyHeader != "" && call.IdempotencyKey != "" {`, "./internal/transport ./lygos"},
	{"transport: the limiter is not asked", "internal/transport/transport.go", `err = c.limiter.Wait(ctx)`, `err = nil`, "./internal/transport"},
	{"transport: a relative step in the path of Do", "internal/transport/raw.go", `step == "." || step == ".."`, `step == "."`, "./internal/transport"},
	{"transport: Do repeats a GET that acts", "internal/transport/raw.go", `			call.Policy = Write
`, ``, "./internal/transport ./ligdicash"},
	{"transport: any checkout URL is handed out", "internal/transport/created.go", `if u.Scheme == "https" ||`, `if u.Scheme != "" ||`, "./internal/transport ./lygos ./caurisflux ./lomi"},
	{"transport: an echo that differs is no mismatch", "internal/transport/created.go", `payment.Amount != want)`, `false)`, "./lygos ./caurisflux"},
	{"transport: a create without a checkout URL succeeds", "internal/transport/created.go", `if hosted && payment.CheckoutURL == "" {`, `if false {`, "./lygos ./caurisflux ./lomi ./ligdicash"},
	{"transport: HTTP/2 may repeat a write without a body", "internal/transport/attempt.go", `if wrote.Load() {`, `if false {`, "./internal/transport"},
	{"transport: an answer that was cut is read", "internal/transport/attempt.go", `answer.start, answer.Body = answer.Body, nil`, `answer.start = answer.Body`, "./internal/transport ./ligdicash"},
	{"transport: Raw keeps secrets that the provider made", "internal/transport/failure.go", `scrubber.Bytes(c.withoutMade(a.Body))`, `scrubber.Bytes(a.Body)`, "./lomi"},
	{"transport: a kept connection that took nothing is an unknown outcome", "internal/transport/attempt.go", `if strings.HasPrefix(name, ":") {`, `if strings.HasPrefix(name, "") {`, "./internal/transport"},
	{"strictjson: names that fold together are two", "internal/strictjson/scan.go", `	return sameName(d.name(a), d.name(b))`, `	return bytes.Equal(d.name(a), d.name(b))`, "./internal/strictjson"},
	{"strictjson: folding stops at ASCII", "internal/strictjson/name.go", `		least = min(least, f)`, `		least = min(least, r)`, "./internal/strictjson"},
	{"strictjson: no limit to nesting", "internal/strictjson/scan.go", `if depth > MaxDepth && (!d.loose || depth > maxSent) {`, `if false {`, "./internal/strictjson ./lygos"},
	{"strictjson: duplicates among many names pass", "internal/strictjson/scan.go", `			if d.same(table[place]-1, at) {
				return true
			}`, ``, "./internal/strictjson"},
	{"strictjson: duplicates among few names pass", "internal/strictjson/scan.go", `d.nodes[other].hash == hash && d.same(other, at)`, `false`, "./internal/strictjson ./lygos"},
	{"strictjson: no limit to the number of values", "internal/strictjson/scan.go", `if len(d.nodes) == MaxValues {`, `if false {`, "./internal/strictjson"},
	{"strictjson: what decides is guessed", "internal/strictjson/read.go", `case !ok && f.decides:`, `case false:`, "./internal/strictjson"},
	{"strictjson: another name overrules the first", "internal/strictjson/read.go", `if into != of && !name.also && !into.IsZero() {`, `if into != of && !into.IsZero() {`, "./internal/strictjson"},
	{"strictjson: invalid UTF-8 is a text", "internal/strictjson/value.go", `if v.Kind() != Text || v.node().marks&badText != 0 {`, `if v.Kind() != Text {`, "./internal/strictjson"},
	{"strictjson: the end of a list is not read", "internal/strictjson/stream.go", `	case nil:
		return ErrTrailing
	case ErrCut:`, `	case nil, ErrCut:`, "./internal/strictjson"},
	{"strictjson: a text that would be changed is sent", "internal/strictjson/write.go", `if replaced(out) && !wholeText(reflect.ValueOf(v), 0) {`, `if false {`, "./internal/strictjson"},
	{"All: skipped rows end the walk", "list.go", `case err != nil && (got == nil || got.Skipped == 0):`, `case err != nil:`, "."},
	{"All: skipped rows go unsaid", "list.go", `				if skipped != nil {
					yield(nil, skipped)
				}`, ``, "."},
	{"All: a list without new payments goes on", "list.go", `stale == mostStale ||`, ``, "."},
	{"strictjson: too many rows pass", "internal/strictjson/rows.go", `if len(r.Items)+r.Skipped == most {`, `if false {`, "./internal/strictjson"},
	{"strictjson: bad rows without end pass", "internal/strictjson/rows.go", `r.Skipped > MaxSkipped`, `false`, "./internal/strictjson"},
	{"Wait: goes on for ever", "wait.go", `cmp.Or(poll.For, defaultPollFor)`, `cmp.Or(poll.For, 400*time.Hour)`, "."},
	{"Wait: For is not heeded", "wait.go", `poll.For > 0 || !ends`, `!ends`, "."},
	{"Wait: not found is waited for without end", "wait.go", `time.Since(start) < poll.NotFoundFor`, `time.Since(start) < poll.NotFoundFor+time.Hour`, "."},
	{"Major: an amount overflows", "money.go", `units > math.MaxInt64/10 ||`, ``, "."},
	{"signature: an empty secret signs", "internal/signature/signature.go", `		if secret == "" {
			continue
		}
`, ``, "./internal/signature ./lygos"},
	{"signature: any signature matches", "internal/signature/signature.go", `return matched == 1`, `return matched >= 0`, "./internal/signature ./lygos ./lomi ./caurisflux"},
	{"signature: a repeated header passes", "internal/signature/signature.go", `case n > 1:`, `case n > 2:`, "./internal/signature ./lygos"},
	{"signature: the future is fresh", "internal/signature/signature.go", ` && !t.After(now.Add(tolerance))`, ``, "./internal/signature ./lygos ./caurisflux"},
	{"signature: the past is fresh", "internal/signature/signature.go", `!t.Before(now.Add(-tolerance)) && `, ``, "./internal/signature ./lygos ./caurisflux"},
	{"signature: a time in seconds passes for milliseconds", "internal/signature/signature.go", `if !ok || len(s) != 13 {`, `if !ok {`, "./internal/signature ./lygos"},
	{"redact: fields tagged as secret are shown", "internal/redact/redact.go", `_, tagged := f.Tag.Lookup("redact")`, `_, tagged := f.Tag.Lookup("redacted")`, "./internal/redact ./lygos"},
	{"redact: base64 of a key is shown", "internal/redact/scrub.go", `		base64.StdEncoding.EncodeToString(b),
`, ``, "./internal/redact"},
	{"redact: hex of a key is shown", "internal/redact/scrub.go", `		hex.EncodeToString(b),
`, ``, "./internal/redact"},
	{"redact: a phone without its plus is shown", "internal/redact/scrub.go", `if e164.Valid(secret) || len(secret) >= shortestDigits && e164.Valid("+"+secret) {`, `if false {`, "./internal/redact ./lygos"},
	{"redact: a line break in a message stays", "internal/redact/scrub.go", `if unicode.In(r, unicode.Cc,`, `if unicode.In(r,`, "./internal/redact"},
	{"redact: messages are not cut", "internal/redact/scrub.go", `n > maxMessage`, `n > 1000000`, "./internal/redact ./lygos"},
	{"redact: half a secret is left where a text was cut", "internal/redact/scrub.go", `if cut && !n.word {`, `if false && !n.word {`, "./internal/transport"},
	{"redact: a phone in groups is left", "internal/redact/scrub.go", `len(national) >= shortestPhone`, `len(national) >= 100*shortestPhone`, "./internal/redact"},
	{"request: amounts of zero are sent", "internal/request/request.go", `if m.Minor <= 0 {`, `if m.Minor < 0 {`, "./internal/request ./lygos"},
	{"request: unknown currencies are sent", "internal/request/request.go", `if _, ok := m.Currency.Exponent(); !ok {`, `if _, ok := m.Currency.Exponent(); !ok && false {`, "./internal/request ./lygos ./caurisflux"},
	{"request: a field without a slot is dropped in silence", "internal/request/request.go", `{"CallbackURL", req.CallbackURL != "" && !r.Capabilities.Callback},`, ``, "./internal/request ./lygos ./lomi"},
	{"request: control characters in references", "internal/request/request.go", `if strings.ContainsFunc(s, unicode.IsControl) {`, `if false && strings.ContainsFunc(s, unicode.IsControl) {`, "./internal/request ./lygos"},
	{"request: javascript URLs are passed on", "internal/request/request.go", `(u.Scheme != "https" && u.Scheme != "http")`, `u.Scheme == ""`, "./internal/request"},
	{"request: keys with line breaks", "internal/request/request.go", `if s[i] <= ' ' || s[i] >= 0x7f {`, `if s[i] == ' ' || s[i] >= 0x7f {`, "./internal/request ./lygos"},
	{"request: metadata is repeated in errors", "internal/request/request.go", `if len(value) >= shortestPrivate {`, `if false {`, "./ligdicash"},
	{"e164: national numbers pass", "internal/e164/e164.go", ` || s[1] == '0'`, ``, "./internal/e164"},
	{"money: a fraction of a franc is cut off", "money.go", `		if fraction[len(fraction)-1] != '0' {
			return 0, false
		}
`, ``, "."},
	{"money: overflow wraps around", "money.go", ` || minor > (math.MaxUint64-9)/10`, ``, "."},
	{"money: the franc has decimals", "money.go", `XOF: 0, XAF: 0,`, `XOF: 2, XAF: 0,`, ". ./ligdicash"},
	{"payment: a stored payment is mixed with the one before", "payment.go", `	fresh, err := afresh[plain](data)
	*p = Payment(fresh)`, `	fresh := plain(*p)
	err := json.Unmarshal(data, &fresh)
	*p = Payment(fresh)`, "."},
	{"payment: a date that cannot be stored is read", "timestamp.go", `err == nil && t.Year() >= 0 && t.Year() <= 9999`, `err == nil`, "."},
	{"Status: unknown is final", "status.go", `	return false
}`, `	return s == StatusUnknown
}`, ". ./lygos"},
	{"Error: an unknown outcome does not say so", "errors.go", `target == ErrUnknownOutcome && e.OutcomeUnknown`, `false`, ". ./lygos"},
	{"Payment: printing shows the checkout URL", "payment.go", `"Payment{Provider:%q Reference:%q Status:%q ProviderStatus:%q Amount:%v}",
		p.Provider,`, `"Payment{Provider:%q Reference:%q Status:%q ProviderStatus:%q Amount:%v}",
		p.CheckoutURL,`, ". ./lomi"},
	{"options: plain http to anybody", "options.go", `if !config.Loopback(u.Hostname()) {`, `if false {`, "."},
	{"options: a name that begins like loopback", "internal/config/config.go", `host == "localhost" ||`, `len(host) > 8 && host[:9] == "localhost" ||`, "."},
	{"webhook: an untrusted event is handled", "webhook.go", `refuse(http.StatusUnauthorized, err)`, `refuse(http.StatusOK, err)`, "."},
	{"webhook: no cap on a body", "webhook.go", `http.MaxBytesReader(w, r.Body, MaxWebhookBody)`, `http.MaxBytesReader(w, r.Body, 1<<40)`, "."},
	{"webhook: a failed handler is answered 200", "webhook.go", `handle(r.Context(), event); err != nil {
			refuse(http.StatusInternalServerError, err)`, `handle(r.Context(), event); err != nil {
			refuse(http.StatusOK, err)`, "."},
	{"Wait: an unknown status ends it", "wait.go", `payment.Status.Final():`, `(payment.Status.Final() || payment.Status == StatusUnknown):`, "."},
	{"Wait: a bad certificate is asked again", "wait.go", `errors.As(err, &tlsFailure) {
		return false`, `errors.As(err, &tlsFailure) {
		return true`, "."},
	{"All: a list that goes round never ends", "list.go", `got.Next == mark || stale`, `got.Next == mark && false || stale`, "."},
	{"All: a payment that slides is yielded twice", "list.go", `if p.ID != "" && previous[p.ID] {`, `if false && previous[p.ID] {`, "."},
	{"lygos: an unknown word is pending", "lygos/lygos.go", `return statusWords[strings.TrimPrefix(word, "deposit_")]`, `if s, ok := statusWords[strings.TrimPrefix(word, "deposit_")]; ok {
		return s
	}
	return guichet.StatusPending`, "./lygos"},
	{"lygos: declined is paid", "lygos/wire.go", `"declined": guichet.StatusFailed`, `"declined": guichet.StatusSucceeded`, "./lygos"},
	{"lygos: any 404 is pending", "lygos/wire.go", `&& text(w.Detail) != "Not Found"`, ``, "./lygos"},
	{"lygos: a wrong key is not found", "lygos/wire.go", `	if strings.Contains(strings.ToUpper(code), "API_KEY") {`, `	if code == "" {`, "./lygos"},
	{"lygos: the time of a webhook is not checked", "lygos/webhook.go", `if c.tolerance > 0 &&`, `if c.tolerance > 1000*time.Hour &&`, "./lygos"},
	{"lygos: an order id with a slash", "lygos/gateway.go", `	case strings.Contains(s, "/"):
		return "must not hold a slash"
`, ``, "./lygos"},
	{"lygos: the call's own success is the payment's", "lygos/wire.go", `if member[0] == '{' || member[0] == '[' {`, `if member[0] == '!' {`, "./lygos"},
	{"lomi: creates carry no key", "lomi/lomi.go", `IdempotencyKey: cmp.Or(req.IdempotencyKey, req.Reference),`, `IdempotencyKey: cmp.Or(req.IdempotencyKey, ""),`, "./lomi"},
	{"lomi: a link that cannot be paid is open for ever", "lomi/payment_link.go", `	if lapsed {
		payment.Status = guichet.StatusExpired
	}`, ``, "./lomi"},
	{"lomi: a V1 signature may fall back to the base one", "lomi/webhook.go", `		return c.verifyV1(header, body)`, `		if c.verifyV1(header, body) == "" {
			return ""
		}`, "./lomi"},
	{"lomi: publishable keys are accepted", "lomi/lomi.go", `if strings.HasPrefix(key, publicKey) {`, `if false {`, "./lomi"},
	{"lomi: Do believes a 2xx that was no success", "lomi/lomi.go", `		Refused:   refused,
`, ``, "./lomi"},
	{"lomi: a greeting is a payout", "lomi/payout.go", `return p.ID == "" && (p.Kind == "" || p.ProviderStatus == "")`, `return false`, "./lomi"},
	{"lomi: a limit that is not heeded hides payments", "lomi/envelope.go", `unheeded := number(w.Limit) == 0 && `, `unheeded := false && `, "./lomi"},
	{"lomi: the price that was taken is not compared", "lomi/product.go", `c.echoedPrice(call, answer, req, result.all())`, `c.echoedPrice(call, answer, req, nil)`, "./lomi"},
	{"ligdicash: any response_code is a success", "ligdicash/wire.go", `const accepted = "00"`, `const accepted = "01"`, "./ligdicash"},
	{"ligdicash: notcompleted is pending", "ligdicash/wire.go", `"notcompleted": guichet.StatusFailed`, `"notcompleted": guichet.StatusPending`, "./ligdicash"},
	{"ligdicash: a foreign 400 is a refusal", "ligdicash/wire.go", `		e.Kind = guichet.ErrBadResponse
	}
	return e
}

// refuse turns`, `	}
	return e
}

// refuse turns`, "./ligdicash"},
	{"ligdicash: twins have two event ids", "ligdicash/webhook.go", `eventID(webhook.OrderID, webhook.RequestID, webhook.ProviderStatus)`, `eventID(webhook.OrderID, webhook.RequestID, webhook.ProviderStatus, media)`, "./ligdicash"},
	{"ligdicash: a refusal with a token is a known outcome", "ligdicash/wire.go", `OutcomeUnknown: w.Token != "",`, `OutcomeUnknown: false,`, "./ligdicash"},
	{"ligdicash: a create may be about another order", "ligdicash/invoice.go", `call.Reference != "" && of != call.Reference`, `call.Reference != "" && of == "-"`, "./ligdicash"},
	{"ligdicash: Do believes a 2xx that was no success", "ligdicash/ligdicash.go", `		Refused: refused,
`, ``, "./ligdicash"},
	{"ligdicash: another currency is XOF", "ligdicash/wire.go", `cmp.Or(string(w.Devise), string(guichet.XOF))`, `cmp.Or(string(guichet.XOF), string(w.Devise))`, "./ligdicash"},
	{"caurisflux: the legacy signature needs no time", "caurisflux/webhook.go", `if c.bodyOnly && signature`, `if signature`, "./caurisflux"},
	{"caurisflux: the time of a webhook is not checked", "caurisflux/webhook.go", `if c.tolerance > 0 &&`, `if c.tolerance > 1000*time.Hour &&`, "./caurisflux"},
	{"caurisflux: an operator's failure is a refusal", "caurisflux/wire.go", `"provider_error":        guichet.ErrUnavailable`, `"provider_error":        guichet.ErrDeclined`, "./caurisflux"},
	{"caurisflux: swapped keys are accepted", "caurisflux/caurisflux.go", `case strings.HasPrefix(lower, other):
			return "begins with " + other + ": the two halves are swapped"
		case !strings`, `case false && strings.HasPrefix(lower, other):
			return "begins with " + other + ": the two halves are swapped"
		case false && !strings`, "./caurisflux"},
	{"caurisflux: success false inside data is believed", "caurisflux/envelope.go", `&& inner.refuses() {`, `&& isErrorCode(inner.StatusCode) {`, "./caurisflux"},
	{"caurisflux: an answer without a name settles any payout", "caurisflux/payout.go", `if w.TransactionID == "" && w.ExternalReference == "" {`, `if false {`, "./caurisflux"},
	{"caurisflux: what a query holds is shown in errors", "caurisflux/payment.go", `Sensitive: queryValues(req.Query)`, `Sensitive: nil`, "./caurisflux"},
}
