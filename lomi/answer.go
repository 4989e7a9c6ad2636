package lomi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// The errors of an answer that is well-formed JSON and still no answer.
const (
	errNoObject = strictjson.Problem("holds no object")
	errNoList   = strictjson.Problem("holds no list")
	errNoID     = strictjson.Problem("has no id")
	errOther    = strictjson.Problem("is about another object")
	errNoURL    = strictjson.Problem("has no usable URL to send the customer to")
)

var errNoToken = errors.New("the answer asks for a confirmation without a token")

// kind is how the answers about one type of object are read.
type kind[T any] struct {
	// read knows which members decide.
	read *strictjson.Reader[T]
	// ids are the names under which the object may have its id, id is where it is then.
	ids []string
	id  func(*T) *string
	// finish fills in what no tag says. raw is for keeps.
	finish func(t *T, answer layers, raw json.RawMessage) error

	// around reads the layers around the one that has the id, for types whose members
	// stand in data and beside it; nil: those layers are not read. Their status and id
	// are those of an envelope: ownOnly gives dst those of own.
	around  *strictjson.Reader[T]
	ownOnly func(dst, own *T)

	mayOmitID  func(*T) bool // the object is known although the answer does not repeat its id
	rowsHaveID bool          // an item of a list without an id is none
	outerID    bool          // the outermost of several layers has the id of the HTTP request under the same name
	reports    bool          // members of the object are called like those that say that a call was no success
	rawIsAll   bool          // Raw is the whole answer to a call that acts, not the object inside
}

// Every type that an answer is read into, and the members of it that decide: the id,
// the status, amounts with their currency, the merchant's reference, and where the
// customer pays, each under all the names that lomi. uses for it.
var (
	sessions = kind[CheckoutSession]{
		read:   strictjson.Deciding[CheckoutSession]("checkout_session_id", "checkout_url", "status", "amount", "currency_code"),
		ids:    []string{"checkout_session_id", "id"},
		id:     func(s *CheckoutSession) *string { return &s.ID },
		finish: (*CheckoutSession).finish, rowsHaveID: true,
	}
	links = kind[PaymentLink]{
		read:   strictjson.Deciding[PaymentLink]("link_id", "url", "amount", "currency_code"),
		ids:    []string{"link_id"},
		id:     func(l *PaymentLink) *string { return &l.ID },
		finish: (*PaymentLink).finish, rowsHaveID: true,
	}

	// What the portable methods take from a session or a link.
	sessionPayments = kind[sessionPayment]{
		read:   strictjson.Deciding[sessionPayment]("checkout_session_id", "checkout_url", "status", "amount", "currency_code", "metadata.order_id"),
		ids:    sessions.ids,
		id:     func(s *sessionPayment) *string { return &s.ID },
		finish: (*sessionPayment).finish, rowsHaveID: true,
	}
	linkPayments = kind[linkPayment]{
		read:   strictjson.Deciding[linkPayment]("link_id", "url", "amount", "currency_code", "metadata.order_id"),
		ids:    links.ids,
		id:     func(l *linkPayment) *string { return &l.ID },
		finish: (*linkPayment).finish, rowsHaveID: true,
	}
	// linkSessions are sessions among which those of one link are looked for, so that
	// the link decides too.
	linkSessions = kind[sessionPayment]{
		read: strictjson.Deciding[sessionPayment]("checkout_session_id", "checkout_url", "status", "amount", "currency_code", "metadata.order_id", "payment_link_id"),
		ids:  sessions.ids, id: sessionPayments.id,
		finish: (*sessionPayment).finish, rowsHaveID: true,
	}

	transactions = kind[Transaction]{
		read:   strictjson.Deciding[Transaction]("transaction_id", "status", "gross_amount", "currency_code"),
		ids:    []string{"transaction_id", "id"},
		id:     func(t *Transaction) *string { return &t.ID },
		finish: (*Transaction).finish,
	}
	receipts = kind[Receipt]{
		read:   strictjson.Deciding[Receipt](),
		finish: (*Receipt).finish,
	}

	mobileCharges = kind[MobileCharge]{
		read:   strictjson.Deciding[MobileCharge]("transaction_id", "status", "wave_launch_url", "next_action.url", "waveSession.amount", "waveSession.currency"),
		around: strictjson.Deciding[MobileCharge]("wave_launch_url", "next_action.url", "waveSession.amount", "waveSession.currency"),
		ids:    []string{"transaction_id", "transactionId"},
		id:     func(m *MobileCharge) *string { return &m.TransactionID },
		ownOnly: func(dst, own *MobileCharge) {
			dst.TransactionID, dst.ProviderStatus = own.TransactionID, own.ProviderStatus
		},
		finish: (*MobileCharge).finish, rawIsAll: true,
	}
	cardCharges = kind[CardCharge]{
		read:    strictjson.Deciding[CardCharge]("id", "status", "amount", "currency", "original_amount", "original_currency", "transaction.status"),
		around:  strictjson.Deciding[CardCharge]("amount", "currency", "original_amount", "original_currency", "transaction.status"),
		ids:     []string{"id"},
		id:      func(c *CardCharge) *string { return &c.ID },
		ownOnly: func(dst, own *CardCharge) { dst.ID, dst.ProviderStatus = own.ID, own.ProviderStatus },
		finish:  (*CardCharge).finish, rawIsAll: true,
	}
	refunds = kind[Refund]{
		read:    strictjson.Deciding[Refund]("refund_id", "transaction_id", "amount", "refunded_amount", "status"),
		around:  strictjson.Deciding[Refund]("transaction_id", "amount", "refunded_amount"),
		ids:     []string{"refund_id", "id"},
		id:      func(r *Refund) *string { return &r.ID },
		ownOnly: func(dst, own *Refund) { dst.ID, dst.ProviderStatus = own.ID, own.ProviderStatus },
		finish:  (*Refund).finish, rawIsAll: true,
	}
	payouts = kind[Payout]{
		read:    strictjson.Deciding[Payout]("payout_id", "kind", "status", "amount", "currency_code"),
		around:  strictjson.Deciding[Payout]("kind", "amount", "currency_code"),
		ids:     []string{"payout_id", "id"},
		id:      func(p *Payout) *string { return &p.ID },
		ownOnly: func(dst, own *Payout) { dst.ID, dst.ProviderStatus = own.ID, own.ProviderStatus },
		// lomi. may leave out the id and never the kind, and a server that says
		// {"status":"completed"} of itself has paid nobody.
		mayOmitID: func(p *Payout) bool { return p.Kind != "" && p.ProviderStatus != "" },
		finish:    (*Payout).finish, rawIsAll: true,
	}
	paymentRequests = kind[PaymentRequest]{
		read:    strictjson.Deciding[PaymentRequest]("request_id", "payment_link", "status", "amount", "currency_code"),
		around:  strictjson.Deciding[PaymentRequest]("payment_link", "amount", "currency_code"),
		ids:     []string{"request_id"},
		id:      func(p *PaymentRequest) *string { return &p.ID },
		ownOnly: func(dst, own *PaymentRequest) { dst.ID, dst.ProviderStatus = own.ID, own.ProviderStatus },
		finish:  (*PaymentRequest).finish, rawIsAll: true, outerID: true,
	}

	customers = kind[Customer]{
		read:   strictjson.Deciding[Customer]("customer_id"),
		ids:    []string{"customer_id", "id"},
		id:     func(c *Customer) *string { return &c.ID },
		finish: (*Customer).finish,
	}
	portalEvents = kind[PortalEvent]{
		read:   strictjson.Deciding[PortalEvent]("id"),
		ids:    []string{"id"},
		id:     func(e *PortalEvent) *string { return &e.ID },
		finish: (*PortalEvent).finish, reports: true,
	}
	portalSessions = kind[PortalSession]{
		read:   strictjson.Deciding[PortalSession](),
		finish: (*PortalSession).finish,
	}

	products = kind[Product]{
		read:   strictjson.Deciding[Product]("product_id", "prices.price_id", "prices.amount", "prices.currency_code"),
		ids:    []string{"product_id", "id"},
		id:     func(p *Product) *string { return &p.ID },
		finish: (*Product).finish,
	}
	readPrice    = strictjson.Deciding[Price]("price_id", "amount", "currency_code")
	priceResults = kind[PriceResult]{
		read:   strictjson.Deciding[PriceResult](),
		finish: (*PriceResult).finish,
	}

	balances = kind[Balance]{
		read:   strictjson.Deciding[Balance]("currency_code", "balance"),
		finish: (*Balance).finish,
	}
	breakdowns = kind[BalanceBreakdown]{
		read:   strictjson.Deciding[BalanceBreakdown]("currency_code", "available_balance", "pending_balance", "total_balance"),
		finish: (*BalanceBreakdown).finish,
	}
	balanceChecks = kind[BalanceCheck]{
		read:   strictjson.Deciding[BalanceCheck]("has_sufficient_balance", "available_balance"),
		finish: (*BalanceCheck).finish,
	}
	accounts = kind[Account]{
		read:   strictjson.Deciding[Account]("merchant_id", "organization_id"),
		finish: (*Account).finish,
	}

	endpoints = kind[WebhookEndpoint]{
		read:    strictjson.Deciding[WebhookEndpoint]("webhook_id"),
		around:  strictjson.Deciding[WebhookEndpoint](),
		ids:     []string{"webhook_id", "id"},
		id:      func(w *WebhookEndpoint) *string { return &w.ID },
		ownOnly: func(dst, own *WebhookEndpoint) { dst.ID = own.ID },
		finish:  (*WebhookEndpoint).finish, rawIsAll: true,
	}
	webhookTests = kind[WebhookTest]{
		read:   strictjson.Deciding[WebhookTest](),
		finish: (*WebhookTest).finish, reports: true,
	}
	deliveries = kind[WebhookDelivery]{
		read: strictjson.Deciding[WebhookDelivery](),
		ids:  deliveryIDs,
		id:   func(d *WebhookDelivery) *string { return &d.ID },
		// The id may be under a name that nobody has told.
		mayOmitID: func(*WebhookDelivery) bool { return true },
		finish:    (*WebhookDelivery).finish, reports: true,
	}
)

// layers are the objects that an answer is made of, from the outside in: it comes
// bare, in data, in data beside other members, or as the only element of an array.
type layers struct {
	found []strictjson.Value
	own   int  // the layer with the object's id, else the innermost
	named bool // own has an id
	whole bool // found ends with an object, not with a data that holds none
}

// maxWraps is {data:[{…}]}; what stands deeper is part of the object.
const maxWraps = 2

// unwrap takes an answer apart.
func unwrap(answer strictjson.Value) (l layers) {
	for wraps := 0; ; wraps++ {
		if answer.Kind() == strictjson.Array {
			if answer.Len() != 1 || wraps == maxWraps {
				return l
			}
			for element := range answer.All() {
				answer = element
			}
			continue
		}
		if answer.Kind() != strictjson.Object || answer.Len() == 0 {
			return l
		}
		l.found = append(l.found, answer)
		l.own = len(l.found) - 1
		data := answer.Get("data")
		if data.Kind() == strictjson.Absent || wraps == maxWraps {
			l.whole = true
			return l
		}
		answer = data
	}
}

// object is the layer that the object itself is.
func (l layers) object() strictjson.Value { return l.found[l.own] }

// member returns the innermost member of this name that is not null.
func (l layers) member(name string) strictjson.Value {
	for _, layer := range slices.Backward(l.found) {
		if v := layer.Get(name); v.Present() {
			return v
		}
	}
	return strictjson.Value{}
}

// open takes the answer to a call for one object apart, and finds the layer that the
// object is. null and {} are errors, also inside, and so is the word that the call
// was no success.
func (k *kind[T]) open(a *transport.Answer) (layers, error) {
	answer, err := a.JSON()
	if err != nil {
		return layers{}, err
	}
	l := unwrap(answer)
	for i, layer := range l.found {
		if k.outerID && i == 0 && len(l.found) > 1 {
			continue
		}
		for _, name := range k.ids {
			if id := layer.Get(name); id.Present() && string(id.Raw()) != `""` {
				l.own, l.named = i, true
			}
		}
	}
	outer := l.found
	if k.reports && l.whole {
		outer = l.found[:l.own]
	}
	if err := denied(outer); err != nil {
		return l, err
	}
	for _, envelope := range l.found[:max(l.own, 0)] {
		if envelope.EnvelopeRefuses() {
			return l, noSuccess(envelope)
		}
	}
	if len(l.found) == 0 || !l.whole && !l.named {
		return l, errNoObject
	}
	return l, nil
}

// fill reads the object of an answer that was opened.
func (k *kind[T]) fill(l layers, raw json.RawMessage, dst *T) error {
	if k.around != nil {
		for _, layer := range l.found[:l.own] {
			if err := k.around.Read(layer, dst); err != nil {
				return err
			}
		}
		k.ownOnly(dst, new(T))
	}
	if err := k.read.Read(l.object(), dst); err != nil {
		return err
	}
	if k.around != nil && l.own+1 < len(l.found) {
		own := *dst
		for _, layer := range l.found[l.own+1:] {
			if err := k.around.Read(layer, dst); err != nil {
				return err
			}
		}
		k.ownOnly(dst, &own)
	}
	return k.finish(dst, l, raw)
}

// decode reads the answer to a call for one object into dst. The first
// condition that returns an error refuses it.
func (k *kind[T]) decode(a *transport.Answer, dst *T, conditions []condition[T]) error {
	*dst = *new(T)
	l, err := k.open(a)
	if err != nil {
		return err
	}
	return k.decodeOpened(a, l, dst, conditions)
}

func (k *kind[T]) decodeOpened(a *transport.Answer, l layers, dst *T, conditions []condition[T]) error {
	raw := l.object().Copy()
	if k.rawIsAll {
		raw = bytes.Clone(a.Body)
	}
	if err := k.fill(l, raw, dst); err != nil {
		return err
	}
	for _, condition := range conditions {
		if err := condition(dst, l); err != nil {
			return err
		}
	}
	return nil
}

// condition refuses an object that was read well.
type condition[T any] func(t *T, answer layers) error

// hasID wants an object to say which one it is.
func (k *kind[T]) hasID(t *T, _ layers) error {
	if *k.id(t) == "" && (k.mayOmitID == nil || !k.mayOmitID(t)) {
		return errNoID
	}
	return nil
}

// isAsked refuses the answer about another object than the last argument of the call
// names: its status or amount would be taken for this one's. The newer API gives
// objects a second id, public_id, and takes either. Ids are opaque: two that differ
// in case are two.
func (k *kind[T]) isAsked(call *transport.Call) condition[T] {
	asked := call.Args[len(call.Args)-1]
	return func(t *T, answer layers) error {
		id := k.id(t)
		if *id == "" && k.mayOmitID != nil && k.mayOmitID(t) {
			*id = asked
		}
		return about(asked, *id, answer.object())
	}
}

func about(asked, id string, object strictjson.Value) error {
	if asked == id || asked == object.Get("public_id").Text() {
		return nil
	}
	return errOther
}

// doOne does a call that is answered with one object.
func doOne[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T], conditions ...condition[T]) (*T, *transport.Answer, error) {
	dst := new(T)
	call.Decode = func(a *transport.Answer) error { return k.decode(a, dst, conditions) }
	answer, err := c.t.Do(ctx, call)
	if err != nil {
		return nil, answer, err
	}
	return dst, answer, nil
}

// createOne does a call that makes an object.
func createOne[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T], conditions ...condition[T]) (*T, *transport.Answer, error) {
	return doOne(ctx, c, call, k, append([]condition[T]{k.hasID}, conditions...)...)
}

// getOne reads the object that the last argument of the call names.
func getOne[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T]) (*T, error) {
	call.Method, call.Policy = http.MethodGet, transport.Read
	unwrapped := *k
	unwrapped.rawIsAll = false
	dst, _, err := doOne(ctx, c, call, &unwrapped, k.isAsked(call))
	return dst, err
}

// updateOne does a PATCH, and reads the object if lomi. answers with it. Else only
// its id is set.
func updateOne[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T]) (*T, *transport.Answer, error) {
	call.Method, call.Policy = http.MethodPatch, transport.Write
	dst := new(T)
	unwrapped := *k
	unwrapped.rawIsAll = false
	unwrapped.mayOmitID = func(*T) bool { return true } // a mere message
	conditions := []condition[T]{unwrapped.isAsked(call)}
	call.Decode = func(a *transport.Answer) error {
		if a.Status == http.StatusNoContent && len(a.Body) == 0 {
			*k.id(dst) = call.Args[0]
			return nil
		}
		return unwrapped.decode(a, dst, conditions)
	}
	answer, err := c.t.Do(ctx, call)
	if err != nil {
		return nil, answer, err
	}
	return dst, answer, nil
}

// acknowledge does a call that is answered with nothing of use: no body, or any
// JSON but a refusal. A web page is not an acknowledgement.
func (c *Client) acknowledge(ctx context.Context, call *transport.Call) error {
	call.Policy = transport.Write
	call.Decode = func(a *transport.Answer) error {
		if len(a.Body) == 0 {
			return nil
		}
		answer, err := a.JSON()
		if err != nil {
			return err
		}
		return denied(unwrap(answer).found)
	}
	_, err := c.t.Do(ctx, call)
	return err
}

// question is what lomi. answers to a refund or payout that it has not made and
// wants to be asked for once more.
type question struct {
	Token     string            `json:"confirmation_token"`
	ExpiresAt guichet.Timestamp `json:"expires_at"`
	Preview   json.RawMessage   `json:"preview"`
}

var readQuestion = strictjson.Deciding[question]("confirmation_token")

// twoStep does the first or, with a token, the second step of a refund or payout.
// Either an object is read, or what lomi. asked instead of acting.
func twoStep[T any](ctx context.Context, c *Client, call *transport.Call, token string, k *kind[T]) (made *T, asked *question, answer *transport.Answer, err error) {
	call.Sensitive = append(call.Sensitive, token)
	object := new(T)
	call.Decode = func(a *transport.Answer) error {
		*object, made, asked = *new(T), nil, nil
		l, err := k.open(a)
		if err != nil {
			return err
		}
		if asksToConfirm(l) || token == "" && previews(l) {
			asked = new(question)
			return asked.read(l)
		}
		made = object
		return k.decodeOpened(a, l, object, []condition[T]{k.hasID})
	}
	answer, err = c.t.Do(ctx, call)
	if err != nil {
		return nil, nil, answer, err
	}
	return made, asked, answer, nil
}

func (q *question) read(answer layers) error {
	for _, layer := range answer.found {
		if err := readQuestion.Read(layer, q); err != nil {
			return err
		}
	}
	if q.Token == "" {
		return errNoToken
	}
	return nil
}

// asksToConfirm takes any doubt for yes: a preview must never pass for money that
// has moved.
func asksToConfirm(answer layers) bool {
	return slices.ContainsFunc(answer.found, func(layer strictjson.Value) bool {
		asks := layer.Get("requires_confirmation")
		return asks.Present() && asks.Kind() != strictjson.False
	})
}

// previews reports whether an answer holds what only a question holds. In the answer
// to a second step it may be what was asked before.
func previews(answer layers) bool {
	return slices.ContainsFunc(answer.found, func(layer strictjson.Value) bool {
		for _, name := range []string{"confirmation_token", "preview"} {
			if v := layer.Get(name); v.Present() && v.Kind() != strictjson.False && string(v.Raw()) != `""` {
				return true
			}
		}
		return false
	})
}

// findRows finds the array of a list in whichever envelope it comes; key is its name
// besides "data". rows is null where the list says that it has none.
func findRows(answer strictjson.Value, key string) (rows strictjson.Value, around layers, err error) {
	for wraps := 0; ; wraps++ {
		if answer.Kind() == strictjson.Array {
			return answer, around, nil
		}
		if answer.Kind() != strictjson.Object {
			return rows, around, errNoList
		}
		around.found = append(around.found, answer)
		if err := denied(around.found[wraps:]); err != nil {
			return rows, around, err
		}
		if answer.EnvelopeRefuses() {
			return rows, around, noSuccess(answer)
		}
		data, named := answer.Get("data"), answer.Get(key)
		switch {
		case data.Kind() == strictjson.Array:
			answer = data
		case named.Kind() == strictjson.Array:
			answer = named
		case wraps == maxWraps:
			return rows, around, errNoList
		case data.Kind() == strictjson.Object: // {success, data: {data: [], …}}
			answer = data
		case named.Kind() == strictjson.Object:
			answer = named
		case data.Kind() == strictjson.Null:
			return data, around, nil
		case named.Kind() == strictjson.Null:
			return named, around, nil
		default:
			return rows, around, errNoList
		}
	}
}

// decodeList reads the answer to a call for a list. asked is the query that was sent.
// A page comes back beside an error where only some of the rows could not be read.
func (k *kind[T]) decodeList(a *transport.Answer, key string, asked listQuery) (*page[T], error) {
	answer, err := a.JSON()
	if err != nil {
		return nil, err
	}
	rows, around, err := findRows(answer, key)
	if err != nil {
		return nil, err
	}
	p := &page[T]{}
	p.Items = []T{}
	first := ""
	for row := range rows.All() {
		var item T
		err := k.decodeRow(row, &item)
		if len(p.Items)+p.Skipped == 0 {
			first = k.rowID(row)
		}
		if err := p.Add(item, err); err != nil {
			return nil, err
		}
	}
	if len(p.Items) == 0 && p.Skipped > 0 {
		return nil, p.Err()
	}
	p.follow(rows, around, first, asked)
	return p, p.Err()
}

func (k *kind[T]) decodeRow(row strictjson.Value, dst *T) error {
	if row.Kind() != strictjson.Object || row.Len() == 0 {
		return errNoObject
	}
	l := layers{found: []strictjson.Value{row}, whole: true}
	if !k.reports {
		if err := denied(l.found); err != nil {
			return errors.New("it says that it was no success")
		}
	}
	if err := k.fill(l, row.Copy(), dst); err != nil {
		return err
	}
	if k.rowsHaveID && *k.id(dst) == "" {
		return errNoID
	}
	return nil
}

// rowID tells one row from another.
func (k *kind[T]) rowID(row strictjson.Value) string {
	for _, name := range k.ids {
		if id := row.Get(name); id.Present() {
			return digest(id.Raw())
		}
	}
	return digest(row.Raw())
}

// listPage does a call that is answered with a list. The query of the call is
// completed with the page that is asked for. Where whole is set, a page after which
// items are missing is an error beside it.
func listPage[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T], key string, asked listQuery, whole bool) (p *page[T], err error) {
	call.Method, call.Policy = http.MethodGet, transport.Read
	if call.Query == nil {
		call.Query = url.Values{}
	}
	if err := asked.apply(call.Op, call.Query); err != nil {
		return nil, err
	}
	call.Decode = func(a *transport.Answer) (err error) {
		p, err = k.decodeList(a, key, asked)
		if err == nil && whole && p.missing {
			return errMissing
		}
		return err
	}
	if _, err := c.t.Do(ctx, call); err != nil {
		return p, err
	}
	return p, nil
}

// nativePage is listPage for the native methods, whose Page.Cut says that items are
// missing.
func nativePage[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T], key string, limit int, cursor string) (*Page[T], error) {
	p, err := listPage(ctx, c, call, k, key, listQuery{limit, cursor}, false)
	if p == nil {
		return nil, err
	}
	return p.native(), err
}

// doRows does a call that is answered with one object or a list of them, where
// either is a fair answer. Rows come back beside an error where others could not be
// read.
func doRows[T any](ctx context.Context, c *Client, call *transport.Call, k *kind[T], key string) (items []T, err error) {
	call.Decode = func(a *transport.Answer) error {
		items = nil
		p, err := k.decodeList(a, key, listQuery{})
		if err != errNoList {
			if p != nil {
				items = p.Items
			}
			return err
		}
		var item T
		if err := k.decode(a, &item, nil); err != nil {
			return err
		}
		items = []T{item}
		return nil
	}
	_, err = c.t.Do(ctx, call)
	return items, err
}

// replayed reports whether lomi. answered from its store, because the same key
// and body had been sent before.
func replayed(a *transport.Answer) bool {
	return a != nil && strings.EqualFold(strings.TrimSpace(a.Header.Get("Idempotency-Cache-Hit")), "true")
}
