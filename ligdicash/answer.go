package ligdicash

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/strictjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// accepted is the only response_code of success. It means that the call was
// taken, not that anybody paid.
const accepted = "00"

// The readers of answers, and the members that decide in each. Two more decide that
// stand in no struct: custom_data's transaction_id, see referenceIn, and
// response_text where it is the page, see Client.create.
var (
	readEnvelope     = strictjson.Deciding[envelope]("response_code")
	readCreated      = strictjson.Deciding[created]("token")
	readConfirmation = strictjson.Deciding[confirmation]("response_code", "status", "amount", "montant", "devise", "transaction_id")
	readOTP          = strictjson.Deciding[otpAnswer]("response_code", "error")
	readDetails      = strictjson.Deciding[details]() // nothing of it decides
	readPayer        = strictjson.Deciding[payer]()   // nothing of it decides
)

// envelope is what every answer has, as far as it has anything. A response_text that
// is no text is a refusal without a sub-code.
type envelope struct {
	ResponseCode string           `json:"response_code"`
	ResponseText strictjson.Loose `json:"response_text"`
	Details      strictjson.Loose `json:"response_text_details"`
	Description  strictjson.Loose `json:"description"`
	Wiki         strictjson.Loose `json:"wiki"`
}

// envelopeIn reads what an answer has in common with all others. It fails where the
// answer does not say whether the call was accepted.
func envelopeIn(v strictjson.Value) (*envelope, error) {
	w := new(envelope)
	if err := readEnvelope.Read(v, w); err != nil {
		return nil, err
	}
	if w.ResponseCode == "" {
		return nil, errNoResponseCode
	}
	return w, nil
}

// exported is the envelope as native types have it.
func (w *envelope) exported() Envelope {
	return Envelope{
		ResponseCode: w.ResponseCode, SubCode: subCodeIn(string(w.ResponseText)),
		ResponseText: string(w.ResponseText), Details: string(w.Details),
		Description: string(w.Description), Wiki: string(w.Wiki),
	}
}

var (
	errNoResponseCode = errors.New("the answer has no response_code")
	errOtherOrder     = errors.New("the answer is about another order")
	errRefuses        = errors.New("the answer has response_code 00, and says that the call was no success")
	errContradiction  = errors.New("the answer says completed, and refuses the call")
	errTwoAmounts     = errors.New("amount and montant differ")
	errAmount         = errors.New("the amount is not a whole number of francs")
	errNoPage         = errors.New("the answer has no usable checkout URL")
	errOTP            = errors.New("the answer does not say whether the code was sent")
)

// problemOf says why a text that decides cannot be read; "" where it can, or is not
// there.
func problemOf(v strictjson.Value, name string) string {
	member := v.Get(name)
	switch {
	case !member.Present():
	case member.Kind() != strictjson.Text:
		return name + " is not a text"
	case !member.ValidText():
		return name + " is not valid UTF-8"
	}
	return ""
}

// whole copies the answer as it came, without a byte order mark, which would make it
// unstorable as JSON.
func whole(a *transport.Answer) json.RawMessage {
	return bytes.Clone(bytes.TrimPrefix(a.Body, []byte("\xef\xbb\xbf")))
}

// refusal reads an answer that is not 2xx.
func (t subCodes) refusal(a *transport.Answer) *guichet.Error {
	v, err := a.JSON()
	if err != nil {
		return notOurs(a, nil)
	}
	w, err := envelopeIn(v)
	if err != nil {
		return notOurs(a, err)
	}
	return t.refuse(v, w, a)
}

// refused returns the refusal in a 2xx answer to a call of Do that acts: whoever
// looks at no answer would take a refused payout for one that is on its way.
func refused(method string, a *transport.Answer) error {
	if method == http.MethodGet {
		return nil
	}
	v, err := a.JSON()
	if err != nil || !v.Get("response_code").Present() {
		return nil // no envelope of LigdiCash's: dst has to show what it is
	}
	w, err := envelopeIn(v)
	switch {
	case err != nil:
		return err
	case w.ResponseCode == accepted:
		return nil
	}
	return subCodes(nil).refuse(v, w, a) // the code's meaning depends on the endpoint
}

// notOurs is the error of an answer that is not LigdiCash's, such as a proxy's page;
// problem is what is wrong with it, nil where it is no JSON. Only the statuses below mean
// the same whoever answered: another one may be no refusal.
func notOurs(a *transport.Answer, problem error) *guichet.Error {
	e := &guichet.Error{Kind: transport.KindOf(a.Status)}
	if problem != nil {
		e.Message = strictjson.Sentence("the answer", problem)
	}
	switch e.Kind {
	case guichet.ErrUnavailable, guichet.ErrRateLimited, guichet.ErrUnauthorized, guichet.ErrNotFound:
	default:
		e.Kind = guichet.ErrBadResponse
	}
	return e
}

// helpPage is the address of a page of LigdiCash's about sub-codes. Its path has
// letters only, so that no key, token or phone of the call can be in it.
var helpPage = regexp.MustCompile(`^https://[a-z]+\.ligdicash\.com/wiki/[A-Za-z]+$`)

// refuse turns an envelope that is not a success into an error: by sub-code
// first, by HTTP status second, by wording never.
func (t subCodes) refuse(v strictjson.Value, w *envelope, a *transport.Answer) *guichet.Error {
	e := &guichet.Error{
		ProviderCode: subCodeIn(string(w.ResponseText)),
		HelpURL:      helpPage.FindString(string(w.Wiki)),
		// A refusal brings no token. One that does contradicts itself: what the
		// token names may be waiting for the customer's approval.
		OutcomeUnknown: holdsToken(v),
	}
	known, ok := t[e.ProviderCode]
	switch {
	case w.ResponseCode == accepted:
		// Body and HTTP status contradict each other: LigdiCash may well have acted.
		e.ProviderCode = ""
		e.Message = "response_code is 00, but the answer is not a success"
		if a.Status < 500 {
			e.Kind = guichet.ErrBadResponse
		}
		return e
	case ok:
		e.Kind = known.kind
	case e.ProviderCode != "" || a.OK():
		e.Kind = guichet.ErrBadResponse
	}
	// What helps a developer; the transport cleans and cuts it.
	parts := []string{string(w.ResponseText), known.meaning, string(w.Description), string(w.Details)}
	if w.ResponseText == "" {
		parts[0] = problemOf(v, "response_text")
	}
	e.Message = strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
	return e
}

// holdsToken reports whether an answer names something that was made. The kinds in
// which PHP writes nothing are no token.
func holdsToken(v strictjson.Value) bool {
	switch token := v.Get("token"); token.Kind() {
	case strictjson.Absent, strictjson.Null, strictjson.False:
		return false
	case strictjson.Text:
		return len(token.Raw()) > len(`""`)
	case strictjson.Array, strictjson.Object:
		return token.Len() > 0
	}
	return true
}

// created is a payment or payout that LigdiCash accepted to make.
type created struct {
	Token string `json:"token"`

	envelope    envelope
	checkoutURL string
	custom      CustomData
	raw         json.RawMessage
}

// create does a call whose success is response_code 00 and a token. Anything
// else is a refusal by its code, or an answer that leaves open what happened. kind is
// nil for a payout. Where a page is needed and cannot be read, what was made comes beside
// the error: it exists, and its token must not be lost.
func (c *Client) create(ctx context.Context, call *transport.Call, codes subCodes, kind *payinKind) (*created, error) {
	var made *created
	call.Decode = func(a *transport.Answer) (err error) {
		if made, err = codes.created(call, a); err != nil || kind == nil {
			return err
		}
		// Of a prompt on a phone response_text may be a page too, or any other text.
		made.checkoutURL = c.t.CheckoutURL(string(made.envelope.ResponseText))
		if !kind.needPage || made.checkoutURL != "" {
			return nil
		}
		v, err := a.JSON()
		if err != nil {
			return err
		}
		if problem := problemOf(v, "response_text"); problem != "" {
			return errors.New(problem)
		}
		return errNoPage
	}
	call.Refusal = func(a *transport.Answer) *guichet.Error {
		made = nil // of an attempt before
		if v, err := a.JSON(); err == nil {
			hideToken(call, v)
		}
		return codes.refusal(a)
	}
	_, err := c.t.Do(ctx, call)
	return made, err
}

// hideToken keeps the token of an answer out of errors: whoever holds it can look at
// the payment.
func hideToken(call *transport.Call, v strictjson.Value) {
	token := v.Get("token")
	if text := token.Text(); text != "" { // as it always should be
		call.Sensitive = append(call.Sensitive, text)
		return
	}
	call.Sensitive = append(call.Sensitive, token.Leaves()...)
}

// created reads a 2xx answer to a create.
func (t subCodes) created(call *transport.Call, a *transport.Answer) (*created, error) {
	v, err := a.JSON()
	if err != nil {
		return nil, err
	}
	hideToken(call, v)
	w, err := envelopeIn(v)
	switch {
	case err != nil:
		return nil, err
	case w.ResponseCode != accepted:
		return nil, t.refuse(v, w, a)
	}
	if v.Refuses() {
		return nil, errRefuses
	}
	made := &created{envelope: *w}
	if err := readCreated.Read(v, made); err != nil {
		return nil, err
	}
	if problem := tokenProblem(made.Token); problem != "" {
		return nil, errors.New("token " + problem)
	}
	// The customer would pay somebody else's order on the page, or the money
	// of another payout would be followed.
	reference, err := referenceIn(v, &made.custom)
	switch {
	case err != nil:
		return nil, err
	case reference != "" && call.Reference != "" && reference != call.Reference:
		return nil, errOtherOrder
	}
	made.raw = whole(a)
	return made, nil
}

// confirmation is what decides in an answer about a payment or payout. Only
// response_code may be counted on.
type confirmation struct {
	ResponseCode  string            `json:"response_code"`
	Status        string            `json:"status"`
	Amount        guichet.Number    `json:"amount"`
	Montant       guichet.Number    `json:"montant"`
	Currency      guichet.Currency  `json:"devise"` // no page has it in an answer
	TransactionID strictjson.Loose  `json:"transaction_id"`
	Date          guichet.Timestamp `json:"date"`

	reference string // custom_data's transaction_id, else the member transaction_id
	raw       json.RawMessage

	*nativeState // nil unless it was asked for
}

// nativeState is what only the native types have.
type nativeState struct {
	envelope Envelope
	details  details
	custom   CustomData
}

// state asks for the state of the payment or payout of a token; native says whether the
// answer is for a native type, which has all of it.
func (c *Client) state(ctx context.Context, op, route, parameter, token string, native bool) (*confirmation, error) {
	if problem := tokenProblem(token); problem != "" {
		return nil, c.t.Invalid(op, "token", problem)
	}
	var state *confirmation
	read := func(a *transport.Answer) (err error) {
		state, err = confirmCodes.confirmation(a, native)
		return err
	}
	// No page says with which HTTP status a failed payment is reported. failed is the
	// refusal that was about the payment.
	var failed *transport.Answer
	tokens := []string{token}
	call := &transport.Call{
		Op: op, Method: http.MethodGet, Route: route, Query: url.Values{parameter: tokens},
		Sensitive: tokens,
		Decode:    read,
		Refusal: func(a *transport.Answer) *guichet.Error {
			if failed = nil; aboutPayment(a.Status) && read(a) == nil && state.status() == guichet.StatusFailed {
				failed = a
			}
			return confirmCodes.refusal(a)
		},
	}
	answer, err := c.t.Do(ctx, call)
	if err != nil && (failed == nil || answer != failed) {
		return nil, err
	}
	return state, nil
}

// aboutPayment reports whether an answer that is not 2xx can be about the payment.
// One that refuses the keys or the pace, or that came too early or too late, is about
// the call.
func aboutPayment(status int) bool {
	switch transport.KindOf(status) {
	case guichet.ErrUnauthorized, guichet.ErrRateLimited, guichet.ErrUnavailable:
		return false
	}
	return status >= 400 && status <= 499 && status != http.StatusTooEarly
}

// confirmation reads an answer about a payment or payout.
func (t subCodes) confirmation(a *transport.Answer, native bool) (*confirmation, error) {
	v, err := a.JSON()
	if err != nil {
		return nil, err
	}
	w := new(confirmation)
	if err := readConfirmation.Read(v, w); err != nil {
		return nil, err
	}
	var said *envelope
	if w.ResponseCode != accepted || native {
		if said, err = envelopeIn(v); err != nil {
			return nil, err
		}
	}
	if w.ResponseCode != accepted {
		switch w.status() {
		case guichet.StatusSucceeded:
			return nil, errContradiction
		case guichet.StatusFailed:
			// LigdiCash refuses the call to say that the payment failed, unless it
			// refuses the keys: then it has not looked at the payment.
			if t[subCodeIn(string(said.ResponseText))].kind == guichet.ErrUnauthorized {
				return nil, t.refuse(v, said, a)
			}
		default:
			return nil, t.refuse(v, said, a)
		}
	}
	if w.status() == guichet.StatusSucceeded && v.Refuses() {
		return nil, errRefuses
	}
	if err := w.checkAmount(); err != nil {
		return nil, err
	}
	// The amount is not to be taken for so many francs where LigdiCash reaches
	// countries with other money, so another currency is kept.
	if w.Currency == "" {
		w.Currency = guichet.XOF
	}
	var keep *CustomData
	if native {
		w.nativeState = &nativeState{envelope: said.exported(), details: detailsIn(v)}
		keep = &w.custom
	}
	reference, err := referenceIn(v, keep)
	if err != nil {
		return nil, err
	}
	w.reference = cmp.Or(reference, string(w.TransactionID))
	w.raw = whole(a)
	return w, nil
}

func (w *confirmation) status() guichet.Status { return statusWords[w.Status] }

// amount is what the two members say together; empty if neither says anything.
func (w *confirmation) amount() guichet.Number {
	if w.Amount != "" {
		return w.Amount
	}
	return w.Montant
}

func (w *confirmation) checkAmount() error {
	var said []guichet.Money
	for _, n := range []guichet.Number{w.Amount, w.Montant} {
		if n == "" {
			continue
		}
		m, ok := n.Major(guichet.XOF)
		if !ok || m.Minor < 0 {
			return errAmount
		}
		said = append(said, m)
	}
	if len(said) == 2 && said[0] != said[1] {
		return errTwoAmounts
	}
	return nil
}

// details is what an answer about a payment or payout, or a callback, says beyond what
// decides.
type details struct {
	Token             strictjson.Loose `json:"token"`
	OperatorID        strictjson.Loose `json:"operator_id"` // "11" in one answer and 12 in the next
	OperatorName      strictjson.Loose `json:"operator_name"`
	OperatorReference strictjson.Loose `json:"oreference"`
	Customer          strictjson.Loose `json:"customer"`
	RequestID         strictjson.Loose `json:"request_id"`
	ExternalID        strictjson.Loose `json:"external_id"`

	payer CustomerDetails
}

func detailsIn(v strictjson.Value) (w details) {
	_ = readDetails.Read(v, &w) // fails for what is no object, which has no details
	w.payer = payerIn(v)
	return w
}

// payer is the object customer_details.
type payer struct {
	FirstName strictjson.Loose `json:"firstname"`
	LastName  strictjson.Loose `json:"lastname"`
	Email     strictjson.Loose `json:"email"`
	Phone     strictjson.Loose `json:"phone"`
	Details   strictjson.Loose `json:"details"`
}

// payerIn reads customer_details: an object, inside a text in a form, and null, "" or
// [] when there is nothing. What it says decides nothing, so no shape is an error.
func payerIn(v strictjson.Value) CustomerDetails {
	member := v.Get("customer_details")
	if member.Kind() == strictjson.Text {
		doc, err := member.Inner()
		if err != nil {
			return CustomerDetails{}
		}
		defer doc.Release()
		member = doc.Root()
	}
	var w payer
	if readPayer.Read(member, &w) != nil {
		return CustomerDetails{}
	}
	return CustomerDetails{string(w.FirstName), string(w.LastName), string(w.Email), string(w.Phone), string(w.Details)}
}

// otpAnswer is the envelope of debitotp.
type otpAnswer struct {
	ResponseCode string           `json:"response_code"` // in case it answers with the usual envelope
	Error        *bool            `json:"error"`
	Message      strictjson.Loose `json:"message"`
}

// codeSent reads an answer of debitotp. It is nil only for error: false and nothing
// that contradicts it.
func codeSent(a *transport.Answer) error {
	v, err := a.JSON()
	if err != nil {
		return err
	}
	var w otpAnswer
	if err := readOTP.Read(v, &w); err != nil {
		return err
	}
	switch {
	case w.ResponseCode != "":
		said, err := envelopeIn(v)
		if err != nil {
			return err
		}
		return payinCodes.refuse(v, said, a)
	case w.Error == nil:
		return errOTP
	case *w.Error:
		e := &guichet.Error{Message: string(w.Message)}
		if a.OK() || transport.KindOf(a.Status) == guichet.ErrInvalidRequest {
			e.Kind = guichet.ErrDeclined
		}
		return e
	}
	return nil
}

// otpRefusal reads an answer of debitotp that is not 2xx.
func otpRefusal(a *transport.Answer) *guichet.Error {
	if _, err := a.JSON(); err != nil {
		return notOurs(a, nil)
	}
	err := codeSent(a)
	if e, ok := err.(*guichet.Error); ok {
		return e
	}
	if err == nil {
		err = errOTP // the body says so, and the HTTP status does not
	}
	return notOurs(a, err)
}
