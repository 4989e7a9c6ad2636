package caurisflux

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// The members that decide. An answer in which one of them cannot be read is never a
// payment; any other member of an unexpected kind is left empty.
var (
	readPayment = strictjson.Deciding[paymentAnswer](
		"transactionId", "providerTransactionId", "externalReference", "type", "status", "amount", "currency")
	readPayout = strictjson.Deciding[payoutAnswer](
		"transactionId", "externalReference", "type", "status", "amount", "currency")
	readMeta = strictjson.Deciding[metaAnswer]("total", "page", "limit", "totalPages")
)

// paymentAnswer is one payment in the answer to a create, to a status, or in a list.
// The addresses do not decide: only a hosted create needs one, see oddAddress.
type paymentAnswer struct {
	TransactionID         string            `json:"transactionId"`
	ProviderTransactionID string            `json:"providerTransactionId"`
	ExternalReference     strictjson.Loose  `json:"externalReference"`
	Type                  string            `json:"type" also:"Type"` // see moneyOut
	Status                string            `json:"status"`
	Amount                guichet.Number    `json:"amount"`
	Currency              guichet.Currency  `json:"currency"`
	RedirectURL           string            `json:"redirectUrl"`
	CheckoutURL           string            `json:"checkoutUrl"`
	PaymentURL            string            `json:"paymentUrl"`
	CreatedAt             guichet.Timestamp `json:"createdAt"`
	ExpiresAt             guichet.Timestamp `json:"expiresAt"`
}

func (p *paymentAnswer) id() string  { return cmp.Or(p.TransactionID, p.ProviderTransactionID) }
func (p *paymentAnswer) url() string { return cmp.Or(p.RedirectURL, p.CheckoutURL, p.PaymentURL) }

// payoutAnswer is one payout. Its two endpoints answer differently: each leaves out
// members of the other.
type payoutAnswer struct {
	TransactionID     string           `json:"transactionId"`
	ExternalReference strictjson.Loose `json:"externalReference"`
	Type              string           `json:"type" also:"Type"`
	Status            string           `json:"status"`
	Amount            guichet.Number   `json:"amount"`
	Fees              guichet.Number   `json:"fees"`
	NetAmount         guichet.Number   `json:"netAmount"`
	Currency          guichet.Currency `json:"currency"`
	Method            string           `json:"method"`
	Recipient         Recipient        `json:"recipient"`
	RecipientPhone    strictjson.Loose `json:"recipientPhone"`
	RecipientName     string           `json:"recipientName"`
	MobileWallet      struct {
		Provider string `json:"provider"`
	} `json:"mobileWallet"`
	MobileProvider    string            `json:"mobileProvider"`
	ProviderReference strictjson.Loose  `json:"providerReference"`
	Message           string            `json:"message"`
	ErrorCode         strictjson.Loose  `json:"errorCode"`
	ErrorMessage      string            `json:"errorMessage"`
	CreatedAt         guichet.Timestamp `json:"createdAt"`
	UpdatedAt         guichet.Timestamp `json:"updatedAt"`
	CompletedAt       guichet.Timestamp `json:"completedAt"`
	Metadata          json.RawMessage   `json:"metadata"`
}

// metaAnswer is where a page stands in its list. A figure that is empty was not said.
type metaAnswer struct {
	Total      guichet.Number `json:"total"`
	Page       guichet.Number `json:"page"`
	Limit      guichet.Number `json:"limit"`
	TotalPages guichet.Number `json:"totalPages"`
}

var errNothing = errors.New("the answer holds nothing")

// envelope is what is around a result: {"success":true,"data":…},
// {"data":[…],"meta":…}, or nothing.
type envelope struct {
	result  strictjson.Value
	meta    strictjson.Value
	refusal *guichet.Error // the answer says that the call failed
	plain   bool           // see denial
}

// open takes the result out of its envelope.
func open(status int, v strictjson.Value) envelope {
	if v.Kind() != strictjson.Object {
		return envelope{result: v}
	}
	e := envelope{result: v, meta: figuresIn(v)}
	if data := v.Get("data"); data.Kind() != strictjson.Absent && !(data.Empty() && v.Get("transactionId").Present()) {
		e.result = data
	}
	outer, inner := denialOf(v), denial{}
	if e.result != v {
		inner = denialOf(e.result)
		if !outer.denied && v.EnvelopeRefuses() {
			outer = denial{denied: true, reason: "status says that the call failed"}
		}
	}
	if !outer.denied && !inner.denied {
		return e
	}
	e.plain = outer.plainOr() && inner.plainOr()
	of, said := v, outer
	if !outer.denied {
		of, said = e.result, inner
	}
	e.refusal = refusalOf(status, of)
	if e.refusal.ProviderCode == "" {
		e.refusal.Message = cmp.Or(e.refusal.Message, said.reason)
	}
	if e.refusal.Kind == nil {
		e.refusal.Kind = guichet.ErrBadResponse
		if code, ok := statusCode(of); ok && code <= 599 {
			e.refusal.Kind = transport.KindOf(int(code))
		}
	}
	return e
}

// figuresIn returns the object that says where a page stands in its list: meta, else
// pagination, else the answer itself. A list whose figures are overlooked would end
// after its first page, and the payments of the others pass for missing.
func figuresIn(v strictjson.Value) strictjson.Value {
	for _, name := range []string{"meta", "pagination"} {
		if figures := v.Get(name); figures.Present() {
			return figures
		}
	}
	if v.Get("total").Present() || v.Get("totalPages").Present() {
		return v
	}
	return strictjson.Value{}
}

// openAnswer is open for a whole answer.
func openAnswer(a *transport.Answer) (envelope, error) {
	v, err := a.JSON()
	if err == nil && !v.Present() {
		err = errNothing
	}
	if err != nil {
		return envelope{}, err
	}
	e := open(a.Status, v)
	if e.refusal != nil {
		limited(e.refusal, a)
	}
	return e, nil
}

// denial is how an object says that the call failed: by anything but true for its
// success, by an error, or by the statusCode of an error.
type denial struct {
	denied bool
	plain  bool   // by success:false or an error, which a failed payment has too
	reason string // which member; empty where an error says more
}

// plainOr reports whether nothing is denied but plainly.
func (d denial) plainOr() bool { return d.plain || !d.denied }

func denialOf(v strictjson.Value) (d denial) {
	switch v.GetFold("success").Kind() {
	case strictjson.Absent, strictjson.Null, strictjson.True:
	case strictjson.False:
		d = denial{denied: true, plain: true, reason: "success is false"}
	default:
		d = denial{denied: true, reason: "success is not true or false"}
	}
	failed := failing[statusOf(v.Get("status").Text())] && v.Get("transactionId").Present() // and the error says why
	if !d.denied && !failed && v.HasError() {
		d = denial{denied: true, plain: true, reason: "the answer has an error"}
	}
	code := v.GetFold("statusCode")
	n, isNumber := code.Number()
	whole, isWhole := n.Int64()
	switch {
	case !code.Present() || isNumber && n == "":
	case !isNumber:
		d = denial{denied: true, reason: "statusCode is not a number"}
	case !isWhole || whole >= 400:
		d.denied, d.plain = true, false
	}
	return d
}

// statusCode returns the HTTP status that a body gives, if it is a whole number.
func statusCode(v strictjson.Value) (int64, bool) {
	n, _ := v.GetFold("statusCode").Number()
	return n.Int64()
}

// refusal reads an answer that is not 2xx.
func refusal(a *transport.Answer) *guichet.Error {
	v, _ := a.JSON() // a page, or nothing: the HTTP status decides
	e := refusalOf(a.Status, v)
	limited(e, a)
	return e
}

// limited adds what the headers say about the limit to the error of a call that was
// one too many.
func limited(e *guichet.Error, a *transport.Answer) {
	if e.Kind == guichet.ErrRateLimited || e.Kind == nil && a.Status == http.StatusTooManyRequests {
		if limit := rateLimit(a.Header); limit != nil {
			e.Err = &RateLimitError{*limit}
		}
	}
}

// refused returns the refusal in a 2xx answer, for calls that do not read it.
func refused(_ string, a *transport.Answer) error {
	e, err := openAnswer(a)
	if err != nil || e.refusal == nil {
		return nil // what cannot be read is the caller's to refuse
	}
	return e.refusal
}

// refusalOf reads an error body: {"statusCode":400,"message":"…","error":"Bad
// Request"}. No page shows where it carries a code, so all likely places are read:
// what the body itself does not say, the object in its data may. Kind is nil where no
// code decides.
func refusalOf(status int, v strictjson.Value) *guichet.Error {
	said, hasCode := statusCode(v)
	phrases := []string{http.StatusText(status), http.StatusText(int(said))}
	e := &guichet.Error{}
	for _, layer := range []strictjson.Value{v, v.Get("data")} {
		e.ProviderCode = cmp.Or(e.ProviderCode, codeIn(layer, phrases))
		e.Message = cmp.Or(e.Message, messageIn(layer))
	}
	e.Kind = codeKinds[folded(e.ProviderCode)]
	if hasCode && said != int64(status) {
		e.Message = strings.TrimSuffix("statusCode "+strconv.FormatInt(said, 10)+" in the body: "+e.Message, ": ")
	}
	// The operator may have acted, even if another code stands before this one.
	e.OutcomeUnknown = holds(v, CodeProviderError)
	return e
}

// codeIn returns the code of an error. Its error member is one only where it is
// documented, and not the HTTP reason phrase, which looks like some of them.
func codeIn(v strictjson.Value, phrases []string) string {
	failure := v.Get("error")
	for _, place := range []strictjson.Value{v.Get("code"), v.Get("errorCode"), failure.Get("code")} {
		if code := strings.TrimSpace(place.Text()); code != "" {
			return code
		}
	}
	if reason := failure.Text(); !slices.Contains(phrases, reason) && codeKinds[folded(reason)] != nil {
		return reason
	}
	return ""
}

// messageIn returns the text of an error for people.
func messageIn(v strictjson.Value) string {
	failure := v.Get("error")
	for _, place := range []strictjson.Value{v.Get("message"), failure, v.Get("errors")} {
		if texts := messages(nil, place); len(texts) > 0 {
			return strings.Join(texts, ", ")
		}
	}
	return ""
}

// maxMessages is how many messages of one error are joined.
const maxMessages = 20

// messages appends the texts of a message, which may be a text, a list, or an object
// as class-validator writes it: {"property":…,"constraints":{rule:text},"children":[…]}.
// Its other members are the customer's values.
func messages(texts []string, v strictjson.Value) []string {
	if len(texts) == maxMessages {
		return texts
	}
	switch v.Kind() {
	case strictjson.Text:
		if text := v.Text(); text != "" {
			texts = append(texts, text)
		}
	case strictjson.Array:
		for item := range v.All() {
			texts = messages(texts, item)
		}
	case strictjson.Object:
		for constraint := range v.Get("constraints").All() {
			texts = messages(texts, constraint)
		}
		texts = messages(texts, v.Get("message"))
		texts = messages(texts, v.Get("children"))
	}
	return texts
}

// holds reports whether a code stands anywhere in a value.
func holds(v strictjson.Value, code string) bool {
	switch v.Kind() {
	case strictjson.Text:
		size := len(v.Raw()) - len(`""`)
		return size >= len(code) && size < 100 && folded(v.Text()) == code
	case strictjson.Array, strictjson.Object:
		for inner := range v.All() {
			if holds(inner, code) {
				return true
			}
		}
	}
	return false
}

// one does a call that is answered with one object, in an envelope or not.
func (c *Client) one(ctx context.Context, call *transport.Call, read func(a *transport.Answer, object strictjson.Value) error) error {
	call.Decode = func(a *transport.Answer) error {
		e, err := openAnswer(a)
		switch {
		case err != nil:
			return err
		case e.refusal != nil && !(e.plain && isFailure(e.result, call)):
			return e.refusal
		case !e.result.Present():
			return errNothing
		case e.result.Kind() != strictjson.Object:
			return strictjson.ErrNoObject
		}
		return read(a, e.result)
	}
	_, err := c.t.Do(ctx, call)
	return err
}

// isFailure reports whether success:false beside an object is about the transaction
// that was asked for, and not about the call: it has failed for good. An object
// that names no transaction may be about the call: {"status":"failed"}.
func isFailure(object strictjson.Value, call *transport.Call) bool {
	return len(call.Args) > 0 && failing[statusOf(object.Get("status").Text())] &&
		(object.Get("transactionId").Text() == call.Args[0] || object.Get("providerTransactionId").Text() == call.Args[0])
}

// typePayout is the type of a payout, in which CaurisFlux's pages know no other
// spelling.
const typePayout = "payout"

// typesOut are parts of the types of what is not a payment received, those of other
// providers among them.
var typesOut = []string{typePayout, "refund", "withdraw", "cashout", "disburs", "chargeback", "reversal"}

// typeOf is the type of a transaction in small letters and without signs, so that
// "PAY_OUT" and "Payouts" are known. It is empty for most payments.
func typeOf(v strictjson.Value) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		case r >= 'a' && r <= 'z':
			return r
		}
		return -1
	}, cmp.Or(v.Get("type").Text(), v.Get("Type").Text()))
}

// moneyOut reports whether an object is about money that went out: a completed
// payout must not pass for a paid order. The answer to a new payout has no type, and
// is known by its recipient.
func moneyOut(v strictjson.Value) bool {
	if of := typeOf(v); of != "" {
		return slices.ContainsFunc(typesOut, func(out string) bool { return strings.Contains(of, out) })
	}
	return v.Get("recipient").Present() || v.Get("recipientPhone").Present() || v.Get("recipientName").Present()
}

// readOne reads the payment that a create or a status is answered with.
func readOne(call *transport.Call, v strictjson.Value) (*paymentAnswer, error) {
	if moneyOut(v) {
		return nil, errors.New("the answer is about a payout or a refund")
	}
	p := new(paymentAnswer)
	if err := readPayment.Read(v, p); err != nil {
		return nil, err
	}
	return p, checkSubject(call, p.TransactionID, p.ProviderTransactionID, string(p.ExternalReference), p.Status != "" && p.Amount != "")
}

// checkSubject refuses a create that cannot be asked about later, and an answer about
// something else than the call: the id is all that binds a status to its order. whole
// says that the object has a status and an amount.
func checkSubject(call *transport.Call, id, providerID, reference string, whole bool) error {
	anonymous := id == "" && providerID == ""
	if len(call.Args) == 0 { // a create
		switch {
		case anonymous:
			return errors.New("the answer has no transaction id")
		case reference != "" && reference != call.Reference:
			return errors.New("the answer is about another reference")
		}
		return nil
	}
	asked := call.Args[0]
	switch {
	case anonymous && !whole:
		// {"status":"success"} is what many a server says of itself.
		return errors.New("the answer names no transaction, and does not look like one")
	case !anonymous && id != asked && providerID != asked:
		return errors.New("the answer is about another transaction")
	}
	return nil
}

// native returns the payment with all that CaurisFlux says of it.
func (p *paymentAnswer) native(v strictjson.Value) *Payment {
	return &Payment{
		ID: p.id(), ExternalReference: string(p.ExternalReference),
		Status: statusOf(p.Status), ProviderStatus: p.Status,
		Amount: p.Amount, Currency: p.Currency,
		RedirectURL: p.url(), DeepLinks: v.Get("deepLinks").Copy(),
		CreatedAt: p.CreatedAt, ExpiresAt: p.ExpiresAt,
		Raw: v.Copy(),
	}
}

func (c *Client) portable(p *paymentAnswer, v strictjson.Value) *guichet.Payment {
	amount, _ := p.Amount.Major(p.Currency)
	return &guichet.Payment{
		ID: p.id(), Reference: string(p.ExternalReference), Provider: provider,
		Status: statusOf(p.Status), ProviderStatus: p.Status,
		Amount:      amount,
		CheckoutURL: c.t.CheckoutURL(p.url()),
		CreatedAt:   p.CreatedAt.Time, ExpiresAt: p.ExpiresAt.Time,
		Raw: v.Copy(),
	}
}

// payment does a call that is answered with one payment.
func (c *Client) payment(ctx context.Context, call *transport.Call) (*Payment, error) {
	var payment *Payment
	err := c.one(ctx, call, func(a *transport.Answer, v strictjson.Value) error {
		p, err := readOne(call, v)
		if err == nil {
			payment = p.native(v)
			payment.RateLimit = rateLimit(a.Header)
		}
		return err
	})
	return payment, err
}

// created does a create, and compares what the provider took with what was asked for.
// A payment that exists is returned beside the error.
func (c *Client) created(ctx context.Context, call *transport.Call, req guichet.PaymentRequest) (*guichet.Payment, error) {
	var payment *guichet.Payment
	err := c.one(ctx, call, func(a *transport.Answer, v strictjson.Value) error {
		p, err := readOne(call, v)
		if err != nil {
			return err
		}
		p.Currency = cmp.Or(p.Currency, req.Amount.Currency) // an amount alone is in what was asked for
		payment = c.portable(p, v)
		payment.Reference = req.Reference
		if p.Amount != "" && payment.Amount == (guichet.Money{}) {
			// Created would take it for not said.
			return c.t.Fail(call, a, guichet.ErrMismatch, "the provider took another amount than was asked for")
		}
		hosted := req.MobileMoney == nil
		odd := ""
		if hosted {
			if odd = oddAddress(v); odd != "" {
				payment.CheckoutURL = ""
			}
		}
		_, err = c.t.Created(call, a, payment, req.Amount, string(p.Currency), hosted && odd == "")
		if err == nil && odd != "" {
			return c.t.Fail(call, a, guichet.ErrBadResponse, odd+" is not a text: the customer cannot be sent there")
		}
		return err
	})
	return payment, err
}

// oddAddress returns the name of an address for the customer that is none: which of
// the others was meant cannot be told.
func oddAddress(v strictjson.Value) string {
	for _, name := range []string{"redirectUrl", "checkoutUrl", "paymentUrl"} {
		if isOdd(v.Get(name)) {
			return name
		}
	}
	return ""
}

// isOdd reports whether a value is there and is not a text that can be read.
func isOdd(v strictjson.Value) bool {
	return v.Present() && (v.Kind() != strictjson.Text || !v.ValidText())
}

// status asks for one payment.
func (c *Client) status(ctx context.Context, call *transport.Call) (*guichet.Payment, error) {
	var payment *guichet.Payment
	err := c.one(ctx, call, func(_ *transport.Answer, v strictjson.Value) error {
		p, err := readOne(call, v)
		if err != nil {
			return err
		}
		if s := statusOf(p.Status); (s == guichet.StatusSucceeded || s == guichet.StatusRefunded) && p.id() == "" && p.ExternalReference == "" {
			return errors.New("the answer says paid, and names neither a transaction nor a reference")
		}
		payment = c.portable(p, v)
		payment.ID = call.Args[0]
		return nil
	})
	return payment, err
}

// payout does a call that is answered with one payout.
func (c *Client) payout(ctx context.Context, call *transport.Call) (*Payout, error) {
	var payout *Payout
	err := c.one(ctx, call, func(a *transport.Answer, v strictjson.Value) error {
		var p payoutAnswer
		if err := readPayout.Read(v, &p); err != nil {
			return err
		}
		if p.Type != "" && !strings.Contains(typeOf(v), typePayout) {
			return errors.New("the answer is not about a payout")
		}
		if p.TransactionID == "" && p.ExternalReference == "" {
			// It would settle any payout: one called failed is paid out again.
			return errors.New("the answer names neither a payout nor its reference")
		}
		err := checkSubject(call, p.TransactionID, "", string(p.ExternalReference), p.Status != "" && p.Amount != "")
		if err != nil {
			return err
		}
		payout = p.native(v)
		payout.RateLimit = rateLimit(a.Header)
		return nil
	})
	return payout, err
}

func (p *payoutAnswer) native(v strictjson.Value) *Payout {
	recipient := p.Recipient
	recipient.Phone = cmp.Or(recipient.Phone, string(p.RecipientPhone))
	recipient.Name = cmp.Or(recipient.Name, p.RecipientName)
	return &Payout{
		ID: p.TransactionID, ExternalReference: string(p.ExternalReference), Type: p.Type,
		Status: statusOf(p.Status), ProviderStatus: p.Status,
		Amount: p.Amount, Fees: p.Fees, NetAmount: p.NetAmount, Currency: p.Currency,
		Method: p.Method, MobileProvider: cmp.Or(p.MobileWallet.Provider, p.MobileProvider),
		Recipient:         recipient,
		ProviderReference: string(p.ProviderReference), Message: p.Message,
		ErrorCode: string(p.ErrorCode), ErrorMessage: p.ErrorMessage,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, CompletedAt: p.CompletedAt,
		Metadata: p.Metadata, Raw: v.Copy(),
	}
}

// readDocument reads an answer that is not described: nobody can say what decides in
// it, so that all of it must be valid UTF-8.
func readDocument(a *transport.Answer) (*Document, error) {
	e, err := openAnswer(a)
	switch {
	case err != nil:
		return nil, err
	case e.refusal != nil:
		return nil, e.refusal
	case !e.result.Present():
		return nil, errNothing
	case !e.result.ValidText():
		return nil, strictjson.ErrBadText
	}
	return &Document{Raw: e.result.Copy(), RateLimit: rateLimit(a.Header)}, nil
}

// page is a list as it was read: the payments received, and where it stands.
type page[T any] struct {
	strictjson.Rows[T]
	count int // of all rows, those included that are left out
	meta  *metaAnswer
}

// all returns the payments, never nil.
func (l *page[T]) all() []T {
	if l.Items == nil {
		return []T{}
	}
	return l.Items
}

// readList reads a page of payments: an array in one envelope, in two, or bare. The
// page is not nil beside the error of rows that could not be read.
func readList[T any](a *transport.Answer, row func(*paymentAnswer, strictjson.Value) T) (*page[T], error) {
	e, err := openAnswer(a)
	if err != nil {
		return nil, err
	}
	if e.refusal == nil && e.result.Kind() == strictjson.Object {
		outer := e.meta
		if e = open(a.Status, e.result); !e.meta.Present() {
			e.meta = outer
		}
	}
	switch {
	case e.refusal != nil:
		return nil, e.refusal
	case e.result.Present() && e.result.Kind() != strictjson.Array:
		return nil, strictjson.ErrNoArray
	}
	list := &page[T]{}
	if e.meta.Present() {
		list.meta = new(metaAnswer)
		if err := list.meta.read(e.meta); err != nil {
			return nil, err
		}
	}
	p := new(paymentAnswer)
	for item := range e.result.All() {
		if list.count++; list.count > strictjson.MaxRows {
			return nil, strictjson.ErrManyItems
		}
		if moneyOut(item) {
			continue
		}
		*p = paymentAnswer{}
		err := readRow(item, p)
		var of T
		if err == nil {
			of = row(p, item)
		}
		if err := list.Add(of, err); err != nil {
			return nil, err
		}
	}
	if list.Skipped > 0 && len(list.Items) == 0 {
		return nil, list.Err()
	}
	return list, list.Err()
}

// readRow reads one payment of a list.
func readRow(v strictjson.Value, p *paymentAnswer) error {
	if err := readPayment.Read(v, p); err != nil {
		return err
	}
	if p.id() == "" {
		return errors.New("it has no transaction id")
	}
	if d := denialOf(v); d.denied && !(d.plain && failing[statusOf(p.Status)]) {
		// Whatever its status says, it is no payment.
		return errors.New(cmp.Or(d.reason, "statusCode is that of an error"))
	}
	return nil
}

// read reads the figures. They decide whether a list goes on: one that cannot be
// read must not end it.
func (m *metaAnswer) read(v strictjson.Value) error {
	if v.Kind() != strictjson.Object {
		return errors.New("meta is not an object")
	}
	if err := readMeta.Read(v, m); err != nil {
		return fmt.Errorf("meta.%w", err)
	}
	for _, figure := range []struct {
		name string
		n    guichet.Number
	}{{"total", m.Total}, {"page", m.Page}, {"limit", m.Limit}, {"totalPages", m.TotalPages}} {
		if n, whole := figure.n.Int64(); figure.n != "" && (!whole || n < 0) {
			return fmt.Errorf("meta.%s is not a whole number of 0 or more", figure.name)
		}
	}
	return nil
}

// native returns the figures; one that was not said is 0.
func (m *metaAnswer) native() *Meta {
	if m == nil {
		return nil
	}
	whole := func(n guichet.Number) int64 {
		i, _ := n.Int64()
		return i
	}
	return &Meta{Total: whole(m.Total), Page: whole(m.Page), Limit: whole(m.Limit), TotalPages: whole(m.TotalPages)}
}

var errFigures = errors.New("meta contradicts itself or the list: whether the list goes on cannot be told")

// next returns the number of the page after the one that was asked for, "" if there
// is none. totalPages tells, else total and limit, else an empty page or the lack of
// any figure. Where the figures contradict each other a short list would pass for a
// whole one, and a payment for missing.
func (l *page[T]) next(asked ListRequest) (string, error) {
	if l.meta == nil || *l.meta == (metaAnswer{}) {
		return "", nil
	}
	m := l.meta.native()
	rows, number := int64(l.count), cmp.Or(m.Page, int64(asked.Page), 1)
	of := func(size int64) (pages int64) { return (m.Total-1)/size + 1 }

	last := m.TotalPages
	switch {
	case m.Total == 0 && l.meta.Total != "":
		if rows > 0 || last > 1 {
			return "", errFigures
		}
		return "", nil
	case last == 0 && m.Total > 0 && m.Limit > 0:
		last = of(m.Limit)
	case last > 0 && m.Total > 0 && m.Limit > 0 && last != of(m.Limit),
		last > 0 && m.Total > 0 && last > m.Total,
		last == 1 && number == 1 && m.Limit == 0 && m.Total > rows:
		return "", errFigures
	}
	switch {
	case last > 0 && number <= last && rows == 0, last > 0 && number > last && rows > 0:
		return "", errFigures
	case last > 0 && number >= last:
		return "", nil
	case last > 0:
	case number == 1 && m.Total > 0 && rows >= m.Total:
		return "", nil
	case number == 1 && m.Total > 0 && rows == 0:
		return "", errFigures
	case rows == 0:
		return "", nil
	}
	return strconv.FormatInt(number+1, 10), nil
}
