package main

// mutations are grouped by the package that they break.
var mutations = []mutation{
	{"transport: a write is sent again", "internal/transport", `case call.policy() == Write:`, `case call.policy() == 99:`, "./internal/transport ./lygos"},
	{"transport: a call without a policy is a read", "internal/transport", `call.Policy == ByMethod && call.Method == http.MethodGet`, `call.Policy == ByMethod`, "./internal/transport ./lygos"},
	{"transport: an HTML page in place of a refusal goes unsaid", "internal/transport", `refusal.Message, whose = a.unread(), ours`, `_, whose = a.unread(), ours`, "./internal/transport ./lygos ./caurisflux ./ligdicash"},
	{"transport: reads are never sent again", "internal/transport", `case !transient(out.err.HTTPStatus):`, `case true:`, "./internal/transport ./lygos"},
	{"transport: refusals are sent again", "internal/transport", `return status >= 600`, `return status >= 400`, "./internal/transport ./lygos"},
	{"transport: one retry too many", "internal/transport", `retries >= c.maxRetries`, `retries > c.maxRetries`, "./internal/transport ./lygos"},
	{"transport: a certificate that does not verify is tried again", "internal/transport", `out.final, wait > maxPause`, `wait > maxPause`, "./internal/transport"},
	{"transport: a long Retry-After is sat out", "internal/transport", `wait > maxPause:`, `wait > 1000*maxPause:`, "./internal/transport ./lygos"},
	{"transport: Retry-After is not waited for", "internal/transport", `max(backoff(retries), out.err.RetryAfter)`, `backoff(retries)`, "./internal/transport ./lygos"},
	{"transport: a wait beyond the deadline is begun", "internal/transport", `time.Until(deadline) < wait`, `time.Until(deadline) < 0`, "./internal/transport"},
	{"transport: the back-off does not listen to the context", "internal/transport", `	case <-ctx.Done():
		return ctx.Err()`, `	case <-make(chan int):
		return ctx.Err()`, "./internal/transport ./lygos"},
	{"transport: no retry budget", "internal/transport", `if b.tokens < cost {`, `if b.tokens < -1000000 {`, "./internal/transport"},
	{"transport: success gives no budget back", "internal/transport", `b.tokens+successGain`, `b.tokens`, "./internal/transport"},
	{"transport: back-off without jitter", "internal/transport", `return rand.N(min(basePause<<min(retries, 10), maxPause))`, `return rand.N(time.Nanosecond) + min(basePause<<min(retries, 10), maxPause)`, "./internal/transport"},
	{"transport: back-off without a cap", "internal/transport", `min(basePause<<min(retries, 10), maxPause)`, `basePause<<min(retries, 10)`, "./internal/transport"},
	{"transport: a reset that has passed is waited for", "internal/transport", `min(max(d, 0), maxRetryAfter)`, `min(d, maxRetryAfter)`, "./internal/transport"},
	{"transport: X-RateLimit-Reset is not read", "internal/transport", `h.Get("X-RateLimit-Reset")`, `h.Get("X-RateLimit-Other")`, "./internal/transport ./caurisflux"},
	{"transport: a redirect is followed", "internal/transport", `res.Header.Del("Location")`, `_ = "Location"`, "./internal/transport ./lygos"},
	{"transport: an attempt that got a connection counts as not sent", "internal/transport", `a.asked.Load() && !a.got.Load()`, `a.asked.Load()`, "./internal/transport"},
	{"transport: a RoundTripper without trace counts as not sent", "internal/transport", `a.asked.Load() && !a.got.Load()`, `!a.got.Load()`, "./internal/transport ./lygos"},
	{"transport: net/http may replay a write", "internal/transport", `	r.GetBody = nil
`, `	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(a.call.Body)), nil }
`, "./internal/transport ./lomi"},
	{"transport: net/http may replay a GET that acts, and a keyed write without a body", "internal/transport", `	case a.unrepeatable():
		r.Body`, `	case false:
		r.Body`, "./internal/transport"},
	{"transport: the caller's cookie jar is used", "internal/transport", `	hc.Jar = nil`, `	_ = hc.Jar`, "./internal/transport ./lygos"},
	{"transport: the caller's client is changed", "internal/transport", `		*hc = *settings.HTTPClient`, `		hc = settings.HTTPClient`, "./internal/transport ./lygos"},
	{"transport: a transport that skips verification is accepted", "internal/transport", `t.TLSClientConfig.InsecureSkipVerify && `, `false && t.TLSClientConfig.InsecureSkipVerify && `, "./internal/transport"},
	{"transport: no cap on an answer", "internal/transport", `left: DefaultMaxBody`, `left: 1 << 40`, "./internal/transport ./lygos"},
	{"transport: no cap on headers", "internal/transport", `MaxResponseHeaderBytes: 64 << 10`, `MaxResponseHeaderBytes: 64 << 20`, "./internal/transport"},
	{"transport: no timeout of an attempt", "internal/transport", `context.WithTimeout(caller, c.timeout)`, `context.WithTimeout(caller, 1000*time.Hour)`, "./internal/transport ./lygos"},
	{"transport: a cut body is an answer", "internal/transport", `	if err != nil && err != io.EOF {
		b.err = err
	}`, ``, "./internal/transport ./lygos"},
	{"transport: an unsent attempt hides that an earlier one was refused", "internal/transport", `if out.notSent && h.sent && !h.unknown {`, `if false {`, "./internal/transport"},
	{"transport: Do repeats the values of its call", "internal/transport", `call.Sensitive = strictjson.Leaves(call.Body)`, `call.Sensitive = nil`, "./internal/transport"},
	{"transport: a 3xx is a success", "internal/transport", `a.Status <= 299`, `a.Status <= 399`, "./internal/transport ./lygos"},
	{"transport: a later refusal settles an unknown attempt", "internal/transport", `h.unknown = h.unknown || out.err.OutcomeUnknown`, `h.unknown = out.err.OutcomeUnknown`, "./internal/transport ./caurisflux"},
	{"transport: a 5xx on a write is a known outcome", "internal/transport", `broke := a.Status >= 500`, `broke := a.Status >= 5000`, "./internal/transport ./lygos ./lomi"},
	{"transport: an unreadable answer to a write is a known outcome", "internal/transport", ` || e.Kind == guichet.ErrBadResponse)`, `)`, "./internal/transport ./lygos"},
	{"transport: a lost answer to a write is a known outcome", "internal/transport", `!notSent && call.policy() != Read`, `false`, "./internal/transport ./lygos"},
	{"transport: an unsent write has an unknown outcome", "internal/transport", `!notSent && call.policy() != Read`, `call.policy() != Read`, "./internal/transport ./lygos"},
	{"transport: a read has an unknown outcome", "internal/transport", `call.policy() != Read && // a read has no outcome`, `true && // a read has no outcome`, "./internal/transport ./lygos"},
	{"transport: the provider's text keeps the keys", "internal/transport", `scrubber.Message(said.Message)`, `redact.Message(said.Message)`, "./internal/transport ./lygos"},
	{"transport: Raw keeps the keys", "internal/transport", `return scrubber.Bytes(start)`, `return start`, "./internal/transport ./lygos"},
	{"transport: what is private to a call is not removed", "internal/transport", `secrets := call.Sensitive`, `secrets := call.Sensitive[:0]`, "./internal/transport ./ligdicash ./lygos"},
	{"transport: any cause is wrapped", "internal/transport", `	return nil
}

// maxSegment`, `	return err
}

// maxSegment`, "./internal/transport ./lygos"},
	{"transport: a 403 is an invalid request", "internal/transport", `	http.StatusForbidden:       guichet.ErrUnauthorized,
`, ``, "./internal/transport ./lygos"},
	{"transport: a path step is an id", "internal/transport", `case holdsStep(s):`, `case s == ".":`, "./internal/transport ./lygos ./caurisflux"},
	{"transport: an empty id is sent", "internal/transport", `	case s == "":
		return "must not be empty"
`, ``, "./internal/transport ./caurisflux"},
	{"transport: ids are not escaped", "internal/transport", `b.WriteString(url.PathEscape(arg))`, `b.WriteString(arg)`, "./internal/transport ./lygos"},
	{"transport: the key header is sent where none is documented", "internal/transport", `if c.KeyHeader != "" && call.IdempotencyKey != "" {`, `if call.Reference != "" {
		h.Set("Idempotency-Key", call.Reference)
	}
	if c.KeyHeader != "" && call.IdempotencyKey != "" {`, "./internal/transport ./lygos"},
	{"transport: the limiter is not asked", "internal/transport", `err = c.limiter.Wait(ctx)`, `err = nil`, "./internal/transport"},
	{"transport: a relative step in the path of Do", "internal/transport", `if holdsStep(segment) {`, `if false {`, "./internal/transport"},
	{"transport: Do repeats a GET that acts", "internal/transport", `			call.Policy = Write
`, ``, "./internal/transport ./ligdicash"},
	{"transport: any checkout URL is handed out", "internal/transport", `if u.Scheme == "https" ||`, `if u.Scheme != "" ||`, "./internal/transport ./lygos ./caurisflux ./lomi"},
	{"transport: an echo that differs is no mismatch", "internal/transport", `payment.Amount != want)`, `false)`, "./lygos ./caurisflux"},
	{"transport: a create without a checkout URL succeeds", "internal/transport", `if hosted && payment.CheckoutURL == "" {`, `if false {`, "./lygos ./caurisflux ./lomi ./ligdicash"},
	{"transport: HTTP/2 may repeat a write without a body", "internal/transport", `if a.wrote.Load() {`, `if false {`, "./internal/transport"},
	{"transport: an answer that was cut is read", "internal/transport", `answer.start, answer.Body = answer.Body, nil`, `answer.start = answer.Body`, "./internal/transport ./ligdicash"},
	{"transport: Raw keeps secrets that the provider made", "internal/transport", `c.scrubber.With(secrets...), c.withoutSecretMembers(start)`, `c.scrubber.With(secrets...), start`, "./lomi"},
	{"transport: a body is read on after the context has ended", "internal/transport", `if b.err = b.ctx.Err(); b.err != nil {`, `if false {`, "./internal/transport"},
	{"transport: an answer is decoded after the context has ended", "internal/transport", `case a.Err() != nil:`, `case false:`, "./internal/transport"},
	{"transport: any number of values is looked for", "internal/transport", `if len(secrets) <= maxInMessage {`, `if true {`, "./internal/transport"},
	{"transport: any number of values is looked for in Raw", "internal/transport", `if len(secrets) > maxInRaw {`, `if false {`, "./internal/transport"},
	{"transport: a RoundTripper writes to the headers of all", "internal/transport", `h[name] = copies[start:len(copies):len(copies)]`, `_, h[name] = start, values`, "./internal/transport"},
	{"transport: an answer is read after its memory is given back", "internal/transport", `nil, nil, nil, errGone`, `nil, nil, nil, nil`, "./internal/transport"},
	{"transport: the memory of a large answer is kept", "internal/transport", `a.room != nil && cap(*a.room) <= mostPooled`, `a.room != nil`, "./internal/transport"},
	{"transport: a kept connection that took nothing is an unknown outcome", "internal/transport", `if strings.HasPrefix(name, ":") {`, `if strings.HasPrefix(name, "") {`, "./internal/transport"},
	{"transport: an id climbs by a step inside it", "internal/transport", `if step == "." || step == ".." {`, `if text == "." || text == ".." {`, "./internal/transport"},
	{"transport: an id climbs by an escaped step", "internal/transport", `err == nil && plain != s {`, `err == nil && plain == "-" {`, "./internal/transport"},
	{"options: a timeout without its unit", ".", `perAttempt < time.Millisecond`, `perAttempt <= 0`, "."},
	{"strictjson: names that fold together are two", "internal/strictjson", `	return sameName(d.name(a), d.name(b))`, `	return bytes.Equal(d.name(a), d.name(b))`, "./internal/strictjson"},
	{"strictjson: folding stops at ASCII", "internal/strictjson", `		least = min(least, f)`, `		least = min(least, r)`, "./internal/strictjson"},
	{"strictjson: no limit to nesting", "internal/strictjson", `if depth > MaxDepth && (!d.loose || depth > maxSent) {`, `if false {`, "./internal/strictjson ./lygos"},
	{"strictjson: duplicates among many names pass", "internal/strictjson", `			if d.same(table[place]-1, at) {
				return true
			}`, ``, "./internal/strictjson"},
	{"strictjson: duplicates among few names pass", "internal/strictjson", `d.nodes[other].hash == hash && d.same(other, at)`, `false`, "./internal/strictjson ./lygos"},
	{"strictjson: no limit to the number of values", "internal/strictjson", `if len(d.nodes) == MaxValues {`, `if false {`, "./internal/strictjson"},
	{"strictjson: broken text of a method is sent as it is", "internal/strictjson", `if !utf8.Valid(out) || replaced(out)`, `if replaced(out)`, "./internal/strictjson"},
	{"strictjson: broken text of a method is sent as another", "internal/strictjson", `has && !utf8.Valid(text)`, `has && text == nil`, "./internal/strictjson ."},
	{"strictjson: a line separator is written as the version of Go does", "internal/strictjson", `if bytes.Contains(out, []byte(separator)) {`, `if false {`, "./internal/strictjson"},
	{"strictjson: what decides is guessed", "internal/strictjson", `case !ok && f.decides:`, `case false:`, "./internal/strictjson"},
	{"strictjson: another name overrules the first", "internal/strictjson", `if into != of && !name.also && !into.IsZero() {`, `if into != of && !into.IsZero() {`, "./internal/strictjson"},
	{"strictjson: invalid UTF-8 is a text", "internal/strictjson", `if v.Kind() != Text || v.node().marks&badText != 0 {`, `if v.Kind() != Text {`, "./internal/strictjson"},
	{"strictjson: a refusal counts in one spelling only", "internal/strictjson", `sameName(v.doc.name(at), []byte(name))`, `string(v.doc.name(at)) == name`, "./internal/strictjson"},
	{"strictjson: an error beside a success is overlooked", "internal/strictjson", `	if v.HasError() {`, `	if false {`, "./internal/strictjson ./lygos ./ligdicash ./lomi"},
	{"strictjson: an empty error is none", "internal/strictjson", ` || failure.Kind() >= Array`, ``, "./internal/strictjson ./lomi"},
	{"strictjson: the statusCode of an error is overlooked", "internal/strictjson", `return ok && whole >= 400`, `return ok && whole >= 4000`, "./internal/strictjson ./lygos"},
	{"strictjson: the escapes of a number are not read", "internal/strictjson/read.go", `raw = unescape(nil, raw)`, `raw = raw[:]`, "./internal/strictjson"},
	{"lygos: a word of success beside a refusal is believed", "lygos", `if statusOf(p.Status) == guichet.StatusSucceeded && v.Refuses() {`, `if false {`, "./lygos"},
	{"lygos: a gateway beside a refusal is believed", "lygos", `	if v.Refuses() {
		return v, p, 0, errRefuses`, `	if false {
		return v, p, 0, errRefuses`, "./lygos"},
	{"lygos: any amount makes an answer a state", "lygos", `return isNumber || !member.Present()`, `return isNumber || true`, "./lygos"},
	{"caurisflux: an error beside a payment is overlooked", "caurisflux", `if !d.denied && !failed && v.HasError() {`, `if false {`, "./caurisflux"},
	{"caurisflux: a failed payment is lost over its error", "caurisflux", `if !d.denied && !failed && v.HasError() {`, `if !d.denied && (!failed || failed) && v.HasError() {`, "./caurisflux"},
	{"caurisflux: an envelope of an error is opened", "caurisflux", `if !outer.denied && v.EnvelopeRefuses() {`, `if false {`, "./caurisflux"},
	{"caurisflux: figures beside a list are overlooked", "caurisflux", `if v.Get("total").Present() || v.Get("totalPages").Present() {`, `if false {`, "./caurisflux"},
	{"caurisflux: empty data hides a payment", "caurisflux", ` && !(data.Empty() && v.Get("transactionId").Present())`, ``, "./caurisflux"},
	{"ligdicash: completed beside a refusal is believed", "ligdicash", `if w.status() == guichet.StatusSucceeded && v.Refuses() {`, `if false {`, "./ligdicash"},
	{"ligdicash: a create beside a refusal is believed", "ligdicash", `	if v.Refuses() {
		return nil, errRefuses`, `	if false {
		return nil, errRefuses`, "./ligdicash"},
	{"ligdicash: a record among named keys is not read", "ligdicash", ` || isIndex(entry.key) && isRecord(member)`, ``, "./ligdicash"},
	{"lomi: an envelope of an error is opened", "lomi", `		if envelope.EnvelopeRefuses() {`, `		if false {`, "./lomi"},
	{"lomi: a list in an envelope of an error is read", "lomi", `		if answer.EnvelopeRefuses() {`, `		if false {`, "./lomi"},
	{"lomi: figures in meta are overlooked", "lomi", `if meta := said.member("meta"); !pagination.Present() && counts(meta) {`, `if meta := said.member("meta"); false {`, "./lomi"},
	{"strictjson: the end of a list is not read", "internal/strictjson", `	case nil:
		return ErrTrailing
	case ErrCut:`, `	case nil, ErrCut:`, "./internal/strictjson"},
	{"strictjson: a text that would be changed is sent", "internal/strictjson", `replaced(out) && !wholeText(reflect.ValueOf(v), 0)`, `replaced(out) && wholeText(reflect.ValueOf(v), 0) && false`, "./internal/strictjson"},
	{"All: skipped rows end the walk", ".", `case err != nil && (got == nil || got.Skipped == 0):`, `case err != nil:`, "."},
	{"All: skipped rows go unsaid", ".", `				if skipped != nil {
					yield(nil, skipped)
				}`, ``, "."},
	{"All: a list without new payments goes on", ".", `stale == mostStale ||`, ``, "."},
	{"All: empty pages go on for ever", ".", `empty == mostEmpty ||`, ``, "."},
	{"All: an empty page counts as one without new payments", ".", `case len(seen) == 0:`, `case false:`, "."},
	{"strictjson: too many rows pass", "internal/strictjson", `if len(r.Items)+r.Skipped == most {`, `if false {`, "./internal/strictjson"},
	{"strictjson: bad rows without end pass", "internal/strictjson", `r.Skipped > MaxSkipped`, `false`, "./internal/strictjson"},
	{"Wait: goes on for ever", ".", `cmp.Or(poll.For, defaultPollFor)`, `cmp.Or(poll.For, 400*time.Hour)`, "."},
	{"Wait: For is not heeded", ".", `poll.For > 0 || !ends`, `!ends`, "."},
	{"Wait: not found is waited for without end", ".", `time.Since(start) < poll.NotFoundFor`, `time.Since(start) < poll.NotFoundFor+time.Hour`, "."},
	{"Major: an amount overflows", ".", `units > math.MaxInt64/10 ||`, ``, "."},
	{"signature: an empty secret signs", "internal/webhook", `		if secret == "" {
			continue
		}
`, ``, "./internal/webhook ./lygos"},
	{"signature: any signature matches", "internal/webhook", `return matched == 1`, `return matched >= 0`, "./internal/webhook ./lygos ./lomi ./caurisflux"},
	{"signature: a repeated header passes", "internal/webhook", `case n > 1:`, `case n > 2:`, "./internal/webhook ./lygos"},
	{"signature: the future is fresh", "internal/webhook", ` && !t.After(now.Add(tolerance))`, ``, "./internal/webhook ./lygos ./caurisflux"},
	{"signature: the past is fresh", "internal/webhook", `!t.Before(now.Add(-tolerance)) && `, ``, "./internal/webhook ./lygos ./caurisflux"},
	{"signature: a time in seconds passes for milliseconds", "internal/webhook", `if !ok || len(s) != 13 {`, `if !ok {`, "./internal/webhook ./lygos"},
	{"webhook: the time is not checked", "internal/webhook", `tolerance > 0 && !Fresh(`, `tolerance > 1000*time.Hour && !Fresh(`, "./internal/webhook ./lygos ./caurisflux"},
	{"webhook: the default tolerance is any", "internal/webhook", `tolerance = s.Tolerance`, `tolerance = -1`, "./internal/webhook ./lygos ./caurisflux"},
	{"webhook: a signature of the body alone needs no opt-in", "internal/webhook", `if v.BodyAlone && v.matches(`, `if v.matches(`, "./internal/webhook ./caurisflux"},
	{"webhook: the time must be of the signature's family", "internal/webhook", `slices.Concat(s.Timestamp[place:], s.Timestamp[:place])`, `s.Timestamp[place:place+1]`, "./internal/webhook ./caurisflux"},
	{"webhook: two times in one header", "internal/webhook", `times == 1 && signatures`, `times >= 1 && signatures`, "./internal/webhook ./lomi"},
	{"webhook: one header may make the body hashed without end", "internal/webhook", `signatures <= mostV1 && `, ``, "./internal/webhook ./lomi"},
	{"webhook: only the first V1 signature counts", "internal/webhook", `if mac, isMAC := Hex(what); isMAC {`, `if mac, isMAC := Hex(what); isMAC && signatures == 1 {`, "./internal/webhook ./lomi"},
	{"webhook: a large body is read", "internal/webhook", `if len(body) > most {`, `if false {`, "./internal/webhook ./lygos ./lomi ./ligdicash ./caurisflux"},
	{"webhook: a secret left out goes unsaid", "internal/webhook", `return secret != "" })`, `return true })`, "./internal/webhook"},
	{"redact: fields tagged as secret are shown", "internal/redact", `_, tagged := f.Tag.Lookup("redact")`, `_, tagged := f.Tag.Lookup("redacted")`, "./internal/redact ./lygos"},
	{"redact: base64 of a key is shown", "internal/redact", `{base64.StdEncoding.EncodeToString(b), `, `{`, "./internal/redact"},
	{"redact: hex of a key is shown", "internal/redact", `	add(digits)
`, ``, "./internal/redact"},
	{"redact: a phone without its plus is shown", "internal/redact", `request.ValidPhone(secret) || len(secret)`, `false && len(secret)`, "./internal/redact ./lygos"},
	{"redact: a line break in a message stays", "internal/redact", `r < ' ' || r >= 0x7f`, `r >= 0x7f`, "./internal/redact"},
	{"redact: messages are not cut", "internal/redact", `n > maxMessage`, `n > 1000000`, "./internal/redact ./lygos"},
	{"redact: half a phone is left where a text was cut", "internal/redact", `digits >= shortest && text[at]`, `digits >= 100 && text[at]`, "./internal/redact"},
	{"redact: a long message is looked through whole", "internal/redact", `if len(text) <= MaxStart {`, `if true {`, "./internal/redact ./internal/transport"},
	{"redact: a phone in a short message is not looked for", "internal/redact", `return size >= shortestPhone`, `return size >= len(secret)`, "./internal/redact"},
	{"redact: half a secret is left where a text was cut", "internal/redact", `if cut && !n.word {`, `if false && !n.word {`, "./internal/transport"},
	{"redact: a phone in groups is left", "internal/redact", `len(national) >= shortestPhone`, `len(national) >= 100*shortestPhone`, "./internal/redact"},
	{"request: amounts of zero are sent", "internal/request", `if m.Minor <= 0 {`, `if m.Minor < 0 {`, "./internal/request ./lygos"},
	{"request: unknown currencies are sent", "internal/request", `if _, ok := m.Currency.Exponent(); !ok {`, `if _, ok := m.Currency.Exponent(); !ok && false {`, "./internal/request ./lygos ./caurisflux"},
	{"request: a field without a slot is dropped in silence", "internal/request", `{"CallbackURL", req.CallbackURL != "" && !r.Capabilities.Callback},`, ``, "./internal/request ./lygos ./lomi"},
	{"request: control characters in references", "internal/request", `if strings.ContainsFunc(s, unicode.IsControl) {`, `if false && strings.ContainsFunc(s, unicode.IsControl) {`, "./internal/request ./lygos"},
	{"request: javascript URLs are passed on", "internal/request", `(u.Scheme != "https" && u.Scheme != "http")`, `u.Scheme == ""`, "./internal/request"},
	{"request: keys with line breaks", "internal/request", `if s[i] <= ' ' || s[i] >= 0x7f {`, `if s[i] == ' ' || s[i] >= 0x7f {`, "./internal/request ./lygos"},
	{"request: metadata is repeated in errors", "internal/request", `if len(value) >= shortestPrivate {`, `if false {`, "./ligdicash"},
	{"request: national numbers pass", "internal/request", ` || s[1] == '0'`, ``, "./internal/request"},
	{"money: a fraction of a franc is cut off", ".", `		if fraction[len(fraction)-1] != '0' {
			return 0, false
		}
`, ``, "."},
	{"money: overflow wraps around", ".", ` || minor > (math.MaxUint64-9)/10`, ``, "."},
	{"money: the franc has decimals", ".", `XOF: 0, XAF: 0,`, `XOF: 2, XAF: 0,`, ". ./ligdicash"},
	{"payment: a stored payment is mixed with the one before", ".", `	fresh, err := afresh[plain](data)
	*p = Payment(fresh)`, `	fresh := plain(*p)
	err := json.Unmarshal(data, &fresh)
	*p = Payment(fresh)`, "."},
	{"payment: a date that cannot be stored is read", ".", `err == nil && t.Year() >= 0 && t.Year() <= 9999`, `err == nil`, "."},
	{"Status: unknown is final", "status.go", `	return false
}`, `	return s == StatusUnknown
}`, ". ./lygos"},
	{"Error: an unknown outcome does not say so", ".", `target == ErrUnknownOutcome && e.OutcomeUnknown`, `false`, ". ./lygos"},
	{"Payment: printing shows the checkout URL", ".", `"Payment{Provider:%q Reference:%q Status:%q ProviderStatus:%q Amount:%v}",
		p.Provider,`, `"Payment{Provider:%q Reference:%q Status:%q ProviderStatus:%q Amount:%v}",
		p.CheckoutURL,`, ". ./lomi"},
	{"options: plain http to anybody", ".", `if !config.Loopback(u.Hostname()) {`, `if false {`, "."},
	{"options: a name that begins like loopback", "internal/config", `host == "localhost" ||`, `len(host) > 8 && host[:9] == "localhost" ||`, "."},
	{"webhook: an untrusted event is handled", ".", `refuse(http.StatusUnauthorized, err)`, `refuse(http.StatusOK, err)`, "."},
	{"webhook: no cap on a body", ".", `http.MaxBytesReader(w, r.Body, MaxWebhookBody)`, `http.MaxBytesReader(w, r.Body, 1<<40)`, "."},
	{"webhook: a failed handler is answered 200", ".", `handle(r.Context(), event); err != nil {
			refuse(http.StatusInternalServerError, err)`, `handle(r.Context(), event); err != nil {
			refuse(http.StatusOK, err)`, "."},
	{"Wait: an unknown status ends it", ".", `payment.Status.Final():`, `(payment.Status.Final() || payment.Status == StatusUnknown):`, "."},
	{"Wait: a bad certificate is asked again", ".", `errors.As(err, &tlsFailure) {
		return false`, `errors.As(err, &tlsFailure) {
		return true`, "."},
	{"All: a list that goes round never ends", ".", `got.Next == mark || stale`, `got.Next == mark && false || stale`, "."},
	{"All: a payment that slides is yielded twice", ".", `if p.ID != "" && previous[p.ID] {`, `if false && previous[p.ID] {`, "."},
	{"lygos: an unknown word is pending", "lygos", `return statusWords[strings.TrimPrefix(word, "deposit_")]`, `if s, ok := statusWords[strings.TrimPrefix(word, "deposit_")]; ok {
		return s
	}
	return guichet.StatusPending`, "./lygos"},
	{"lygos: declined is paid", "lygos", `"declined": guichet.StatusFailed`, `"declined": guichet.StatusSucceeded`, "./lygos"},
	{"lygos: any 404 is pending", "lygos", ` || detail.Text() == "Not Found"`, ``, "./lygos"},
	{"lygos: a wrong key is not found", "lygos", `.Replace(code), "APIKEY") {`, `.Replace(code), "NONE") {`, "./lygos"},
	{"lygos: an order id with a slash", "lygos", `	case strings.Contains(s, "/"):
		return "must not hold a slash"
`, ``, "./lygos"},
	{"lygos: the call's own success is the payment's", "lygos", `if !ofAState(member) {`, `if member.Kind() >= strictjson.Array {`, "./lygos"},
	{"lygos: an answer without a status is a payment", "lygos", `if !v.Get("status").Present() {`, `if false {`, "./lygos"},
	{"lygos: the status of another order is believed", "lygos", `if of != "" && string(of) != orderID {`, `if of != "" && false {`, "./lygos"},
	{"lygos: an order id is not read from a number", "lygos", `	OrderID   strictjson.Loose  ` + "`" + `json:"order_id"` + "`" + `
	CreatedAt`, `	OrderID   string            ` + "`" + `json:"order_id"` + "`" + `
	CreatedAt`, "./lygos"},
	{"lygos: a link that cannot be read is empty", "lygos", `"currency", "link", "order_id")`, `"currency", "order_id")`, "./lygos"},
	{"lygos: an order id that cannot be read is empty", "lygos", `"link", "order_id")`, `"link")`, "./lygos"},
	{"lygos: a fraction of an amount is nothing", "lygos", `errors.New("amount is not a whole number")`, `error(nil)`, "./lygos"},
	{"lygos: a listed gateway without id is kept", "lygos", `if p.ID == "" || p.Currency == "" {`, `if false {`, "./lygos"},
	{"lygos: a list row after the context's end is read", "lygos", `if ended := ctx.Err(); ended != nil {`, `if ended := ctx.Err(); false {`, "./lygos"},
	{"lygos: rows left out go unsaid", "lygos", `return rows, rows.Err()`, `return rows, nil`, "./lygos"},
	{"lygos: half a list is a list", "lygos", `return strictjson.Rows[T]{}, err`, `return rows, err`, "./lygos"},
	{"lygos: a long list is cut at a page's length", "lygos", `Most: maxGateways, `, ``, "./lygos"},
	{"lygos: LinkURL hands out any scheme", "lygos", `(*transport.Client)(nil).CheckoutURL(withScheme(g.Link))`, `withScheme(g.Link)`, "./lygos"},
	{"lygos: a path gets a scheme", "lygos", `if !strings.Contains(strings.Trim(host, "."), ".") {`, `if host == "." {`, "./lygos"},
	{"lygos: the order id of a webhook may be anything", "lygos", `strictjson.Deciding[webhookMembers]("orderId", "order_id")`, `strictjson.Deciding[webhookMembers]()`, "./lygos"},
	{"lomi: creates carry no key", "lomi", `IdempotencyKey: cmp.Or(req.IdempotencyKey, req.Reference),`, `IdempotencyKey: cmp.Or(req.IdempotencyKey, ""),`, "./lomi"},
	{"lomi: a link that cannot be paid is open for ever", "lomi", `	if lapsed {
		payment.Status = guichet.StatusExpired
	}`, ``, "./lomi"},
	{"lomi: a V1 signature may fall back to the base one", "lomi", `if webhook.Sent(header, SignatureV1Header) {`, `if webhook.Sent(header, SignatureV1Header) && c.verifier().Check(v1Scheme, op, header, body) == nil {`, "./lomi"},
	{"lomi: publishable keys are accepted", "lomi", `if strings.HasPrefix(key, publicKey) {`, `if false {`, "./lomi"},
	{"lomi: Do believes a 2xx that was no success", "lomi", `		Refused:   deniedCall,
`, ``, "./lomi"},
	{"lomi: any answer is a payout", "lomi", `return p.Kind != "" && p.ProviderStatus != ""`, `return true`, "./lomi"},
	{"lomi: a limit that is not heeded hides payments", "lomi", `unheeded := limit == 0 && `, `unheeded := false && `, "./lomi"},
	{"lomi: a row that cannot be read is left out in silence", "lomi", `	return p, p.Err()
`, `	return p, nil
`, "./lomi"},
	{"lomi: a row of a list needs no id", "lomi", `if k.rowsHaveID && *k.id(dst) == "" {`, `if false {`, "./lomi"},
	{"lomi: the status of an envelope is the object's", "lomi", `		k.ownOnly(dst, &own)
`, `		_ = own
`, "./lomi"},
	{"lomi: the id of an envelope hides the object's", "lomi", `				l.own, l.named = i, true`, `				l.own, l.named = 0, true`, "./lomi"},
	{"lomi: another object's answer is taken", "lomi", `	if asked == id || asked == object.Get`, `	if true || asked == object.Get`, "./lomi"},
	{"lomi: a preview is a refund", "lomi", `if asksToConfirm(l) || token == "" && previews(l) {`, `if asksToConfirm(l) && false || token == "" && previews(l) && false {`, "./lomi"},
	{"lomi: a doubtful confirmation is none", "lomi", `return asks.Present() && asks.Kind() != strictjson.False`, `return asks.Kind() == strictjson.True`, "./lomi"},
	{"lomi: a list that is cut ends well", "lomi", `if err == nil && whole && p.missing {`, `if false {`, "./lomi"},
	{"lomi: data null is no list", "lomi", `case data.Kind() == strictjson.Null:`, `case false:`, "./lomi"},
	{"lomi: a page of errors reads as nothing", "lomi", `	if len(p.Items) == 0 && p.Skipped > 0 {`, `	if false {`, "./lomi"},
	{"lomi: refusals in rows are overlooked", "lomi", `	if !k.reports {
`, `	if false {
`, "./lomi"},
	{"strictjson: any value of success is a success", "internal/strictjson", `success.Present() && success.Kind() != True`, `false`, "./internal/strictjson ./lomi"},
	{"strictjson: error false is an error", "internal/strictjson", `case Absent, Null, False:`, `case Absent, Null:`, "./internal/strictjson ./lomi"},
	{"lomi: a session beside a refusal is believed", "lomi", `if layer.Refuses() || `, `if `, "./lomi"},
	{"strictjson: the room for the index grows in small steps", "internal/strictjson", `if len(d.nodes) == cap(d.nodes) {`, `if false {`, "./internal/strictjson"},
	{"lomi: codes are compared by case", "lomi", `code := strings.ToLower(strings.TrimSpace(e.ProviderCode))`, `code := e.ProviderCode`, "./lomi"},
	{"lomi: a code at the top level is not read", "lomi", `cmp.Or(inner.Get("code").Text(), body.Get("code").Text())`, `inner.Get("code").Text()`, "./lomi"},
	{"lomi: a total is not counted on", "lomi", `unheeded || total > from.offset+n || pagination.Present()`, `unheeded || pagination.Present()`, "./lomi"},
	{"lomi: a list that ends before its total is whole", "lomi", `|| !more && counted && total > seen`, `|| false && counted && total > seen`, "./lomi"},
	{"lomi: a total that grows makes a list short", "lomi", `if from.total > 0 && (total == 0 || from.total < total) {`, `if false {`, "./lomi"},
	{"lomi: has_more in doubt is no", "lomi", `		more := !isFalse(hasMore)
`, `		more := hasMore.Kind() == strictjson.True
`, "./lomi"},
	{"lomi: a page that comes again goes on", "lomi", `	again := first != "" && first == from.first`, `	again := false && first == from.first`, "./lomi"},
	{"lomi: rows that were skipped prove nothing", "lomi", `whole = whole && p.Skipped == 0 && !p.cut`, `whole = whole && !p.cut`, "./lomi"},
	{"lomi: a cut walk gives a final word", "lomi", `whole = whole && p.Skipped == 0 && !p.cut`, `whole = whole && p.Skipped == 0`, "./lomi"},
	{"lomi: an unreadable link of a session is another", "lomi", `"metadata.order_id", "payment_link_id"),`, `"metadata.order_id"),`, "./lomi"},
	{"lomi: an order id twice is guessed", "lomi", `	if err == strictjson.ErrTwice {`, `	if false {`, "./lomi"},
	{"lomi: metadata as text names no order", "lomi", `	if v.Kind() != strictjson.Text {`, `	if true {`, "./lomi"},
	{"lomi: the price that was taken is not compared", "lomi", `c.echoedPrice(call, answer, req, result.all())`, `c.echoedPrice(call, answer, req, nil)`, "./lomi"},
	{"lomi: an error beside an object refuses it", "lomi", `		if wrong, ok := err.(beside); ok {`, `		if wrong, ok := err.(beside); ok && false {`, "./lomi"},
	{"lomi: the second step is the first one again", "lomi", `	if token != "" {
		addMember`, `	if false {
		addMember`, "./lomi"},
	{"lomi: a replayed create looks like a new one", "lomi", `	payment.Replayed = session.replayed
`, ``, "./lomi"},
	{"lomi: a nil client panics", "lomi", `	if c == nil {
		return nil
	}
	return c.t
`, `	return c.t
`, "./lomi"},
	{"lomi: the payments of a link are not counted", "lomi", `				walk.paid = len(paid)`, `				walk.paid = 1`, "./lomi"},
	{"lomi: a failed count hides a payment", "lomi", `if p == nil && walk.paid > 0 {`, `if false {`, "./lomi"},
	{"lomi: an older version uses the newer paths", "lomi", `if c.sender() != nil && c.older {`, `if false {`, "./lomi"},
	{"lomi: All says nothing of what is missing", "lomi", `				if missing != nil {`, `				if false {`, "./lomi"},
	{"lomi: All yields an item twice", "lomi", `id != "" && previous[id] {`, `id != "" && previous[id] && false {`, "./lomi"},
	{"lomi: All goes round for ever", "lomi", `if asked[next] || stale`, `if number > 10000 || stale`, "./lomi"},
	{"lomi: a payout method needs no id", "lomi", `finish: (*PayoutMethod).finish, rowsHaveID: true,`, `finish: (*PayoutMethod).finish,`, "./lomi"},
	{"ligdicash: any response_code is a success", "ligdicash", `const accepted = "00"`, `const accepted = "01"`, "./ligdicash"},
	{"ligdicash: notcompleted is pending", "ligdicash", `"notcompleted": guichet.StatusFailed`, `"notcompleted": guichet.StatusPending`, "./ligdicash"},
	{"ligdicash: a foreign 400 is a refusal", "ligdicash", `	default:
		e.Kind = guichet.ErrBadResponse
	}
	return e`, `	}
	return e`, "./ligdicash"},
	{"ligdicash: twins have two event ids", "ligdicash", `eventID(order, v.Get("request_id").TextOrNumber(), v.Get("status").TextOrNumber())`, `eventID(order, v.Get("request_id").TextOrNumber(), v.Get("status").TextOrNumber(), string(body[:1]))`, "./ligdicash"},
	{"ligdicash: a refusal with a token is a known outcome", "ligdicash", `OutcomeUnknown: holdsToken(v),`, `OutcomeUnknown: false,`, "./ligdicash"},
	{"ligdicash: a create may be about another order", "ligdicash", `call.Reference != "" && reference != call.Reference`, `call.Reference != "" && reference == "-"`, "./ligdicash"},
	{"ligdicash: Do believes a 2xx that was no success", "ligdicash", `		Refused: refused,
`, ``, "./ligdicash"},
	{"ligdicash: another currency is XOF", "ligdicash", `if w.Currency == "" {`, `if true {`, "./ligdicash"},
	{"ligdicash: two amounts are one", "ligdicash", `len(said) == 2 && said[0] != said[1]`, `false`, "./ligdicash"},
	{"ligdicash: an amount of the wrong kind is none", "ligdicash", `"status", "amount", "montant", `, `"status", `, "./ligdicash"},
	{"ligdicash: a response_code of the wrong kind is none", "ligdicash", `strictjson.Deciding[envelope]("response_code")`, `strictjson.Deciding[envelope]()`, "./ligdicash"},
	{"ligdicash: a token of the wrong kind is none", "ligdicash", `strictjson.Deciding[created]("token")`, `strictjson.Deciding[created]()`, "./ligdicash"},
	{"ligdicash: a page of the wrong kind is not named", "ligdicash", `problemOf(v, "response_text"); problem != "" {`, `problemOf(v, "response_text"); false {`, "./ligdicash"},
	{"ligdicash: a hosted payment needs no page", "ligdicash", `if !kind.needPage || made.checkoutURL != "" {`, `if true {`, "./ligdicash"},
	{"ligdicash: custom data of a megabyte is read twice", "ligdicash", `> maxCustomText {`, `> 100*maxCustomText {`, "./ligdicash"},
	{"ligdicash: what was made is lost with its page", "ligdicash/invoice.go", `if made == nil {`, `if err != nil {`, "./ligdicash"},
	{"ligdicash: a 425 is about the payment", "ligdicash", ` && status != http.StatusTooEarly`, ``, "./ligdicash"},
	{"ligdicash: the reference at the root is not read", "ligdicash", `cmp.Or(reference, string(w.TransactionID))`, `cmp.Or(reference, "")`, "./ligdicash"},
	{"ligdicash: a reference may be of any kind", "ligdicash", `	case v.Kind() != strictjson.Text:
		return "", errReferenceKind
`, ``, "./ligdicash"},
	{"ligdicash: a list with gaps is a plain object", "ligdicash", `v.Kind() == strictjson.Array || numbered(v)`, `v.Kind() == strictjson.Array`, "./ligdicash"},
	{"ligdicash: no limit to the records", "ligdicash", `seen > maxRecords {`, `seen > 1000*maxRecords {`, "./ligdicash"},
	{"ligdicash: more metadata is sent than can be read back", "ligdicash", `if len(more) > maxCustomData {`, `if false {`, "./ligdicash"},
	{"ligdicash: a sub-code in capitals is not read", "ligdicash", "`(?i)(?:e", "`(?:e", "./ligdicash"},
	{"ligdicash: a callback of a megabyte is read", "ligdicash", `const maxCallback = 64 << 10`, `const maxCallback = 1 << 20`, "./ligdicash"},
	{"ligdicash: any number of form fields is read", "ligdicash", `>= maxFields {`, `>= 1000*maxFields {`, "./ligdicash"},
	{"ligdicash: a broken field of a form is taken as it is", "ligdicash", `return text, err == nil && utf8.ValidString(text)`, `return text, true || err == nil && utf8.ValidString(text)`, "./ligdicash"},
	{"ligdicash: records of a form are in the order of their fields", "ligdicash", `return !isIndex(f.name) })`, `return true })`, "./ligdicash"},
	{"ligdicash: the line that ends a form is part of it", "ligdicash", `const blanks = " \t\r\n"`, `const blanks = " \t"`, "./ligdicash"},
	{"caurisflux: an operator's failure is a refusal", "caurisflux", `folded(CodeProviderError):       guichet.ErrUnavailable`, `folded(CodeProviderError):       guichet.ErrDeclined`, "./caurisflux"},
	{"caurisflux: swapped keys are accepted", "caurisflux", `case strings.HasPrefix(lower, other):
			return "begins with " + other + ": the two halves are swapped"
		case !strings`, `case false && strings.HasPrefix(lower, other):
			return "begins with " + other + ": the two halves are swapped"
		case false && !strings`, "./caurisflux"},
	{"caurisflux: success false inside data is believed", "caurisflux", `if !outer.denied && !inner.denied {`, `if !outer.denied {`, "./caurisflux"},
	{"caurisflux: an answer without a name settles any payout", "caurisflux", `if p.TransactionID == "" && p.ExternalReference == "" {`, `if false {`, "./caurisflux"},
	{"caurisflux: what a query holds is shown in errors", "caurisflux", `Sensitive: queryValues(req.Query)`, `Sensitive: nil`, "./caurisflux"},
	{"caurisflux: a payout in a list is a payment", "caurisflux", `if moneyOut(item) {`, `if false {`, "./caurisflux"},
	{"caurisflux: a payout without a type is a payment", "caurisflux", `return v.Get("recipient").Present() || v.Get("recipientPhone").Present() ||`, `return false &&`, "./caurisflux"},
	{"caurisflux: a type in capitals is another one", "caurisflux", `return r - 'A' + 'a'`, `return r`, "./caurisflux"},
	{"caurisflux: a page of payouts has no end", "caurisflux", `list.count > strictjson.MaxRows`, `list.count > 1<<20`, "./caurisflux"},
	{"caurisflux: an item without an id is a payment", "caurisflux", `if p.id() == "" {
		return errors.New("it has`, `if false {
		return errors.New("it has`, "./caurisflux"},
	{"caurisflux: an item that says it is none is a payment", "caurisflux", `d.denied && !(d.plain`, `false && !(d.plain`, "./caurisflux"},
	{"caurisflux: a list without totalPages is short", "caurisflux", `last = of(m.Limit)`, `last = 1`, "./caurisflux"},
	{"caurisflux: figures that contradict each other end a list", "caurisflux", `last > 0 && m.Total > 0 && m.Limit > 0 && last != of(m.Limit)`, `false`, "./caurisflux"},
	{"caurisflux: an empty page in the middle ends a list", "caurisflux", `case last > 0 && number <= last && rows == 0, `, `case `, "./caurisflux"},
	{"caurisflux: a list that is not last ends with what was left out", "caurisflux", `rows, number := int64(l.count)`, `rows, number := int64(len(l.Items))`, "./caurisflux"},
	{"caurisflux: a failed payment is a refusal", "caurisflux", `!(e.plain && isFailure(`, `!(false && isFailure(`, "./caurisflux"},
	{"caurisflux: success false about nothing is a failed payment", "caurisflux", `	return len(call.Args) > 0 && failing[statusOf(object.Get("status").Text())] &&
		(`, `	return len(call.Args) > 0 && failing[statusOf(object.Get("status").Text())] &&
		(true || `, "./caurisflux"},
	{"caurisflux: an operator's failure behind another code is known", "caurisflux", `e.OutcomeUnknown = holds(v, CodeProviderError)`, `e.OutcomeUnknown = false`, "./caurisflux"},
	{"caurisflux: the code in an error object is lost", "caurisflux", `, failure.Get("code")} {`, `} {`, "./caurisflux"},
	{"caurisflux: the texts of class-validator are lost", "caurisflux", `range v.Get("constraints").All()`, `range v.Get("constraint").All()`, "./caurisflux"},
	{"caurisflux: refunded is an unknown word", "caurisflux", `"refunded": guichet.StatusRefunded,`, ``, "./caurisflux"},
	{"caurisflux: an address that is none is replaced by another", "caurisflux", `if odd = oddAddress(v); odd != "" {`, `if false {`, "./caurisflux"},
	{"caurisflux: an extra member may repeat the amount", "caurisflux", `err = strictjson.Check(written)`, `err = nil`, "./caurisflux"},
	{"caurisflux: half a reference names a payment", "caurisflux", `if !object.Get(name).ValidText() {`, `if false {`, "./caurisflux"},
	{"caurisflux: an odd member loses the webhook", "caurisflux", `strictjson.Deciding[webhookData]()`, `strictjson.Deciding[webhookData]("provider", "amount", "failureMessage")`, "./caurisflux"},
}
