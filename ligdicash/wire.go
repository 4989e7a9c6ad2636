package ligdicash

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/guichetpay/guichet"
	strictjson "github.com/guichetpay/guichet/internal/oldjson"
	"github.com/guichetpay/guichet/internal/transport"
)

// accepted is the only response_code of success. It means that the call was
// taken, not that anybody paid.
const accepted = "00"

// transactionID is the key of custom_data that carries the merchant's reference.
const transactionID = "transaction_id"

// reservedKeys of custom_data belong to the reference and to LigdiCash.
var reservedKeys = []string{transactionID, "hash", "logfile"}

// statusWords is exact: another case or a blank is another word, and unknown.
// LigdiCash's pages write notcompleted, its PHP code nocompleted.
var statusWords = map[string]guichet.Status{
	"completed":    guichet.StatusSucceeded,
	"pending":      guichet.StatusPending,
	"notcompleted": guichet.StatusFailed,
	"nocompleted":  guichet.StatusFailed,
}

// subCode is what the NN of "Echec (CodeNN)" means at one endpoint.
type subCode struct {
	kind    error
	meaning string
}

type subCodes map[string]subCode

// The tables, one per page that the member wiki of an answer points to. One code
// has several meanings: 02 is an amount here and an unknown invoice there.
// UNVERIFIED.md (U-5) says how sure each table is.
var (
	payinCodes = subCodes{ // …/wiki/createInvoice
		"00": {guichet.ErrUnauthorized, "authentication failed"},
		"01": {guichet.ErrUnauthorized, "payments are not activated"},
		"02": {guichet.ErrInvalidRequest, "amount out of range"},
		"03": {guichet.ErrUnauthorized, "this IP address is not allowed"},
		"04": {guichet.ErrUnavailable, "error while processing"},
		"05": {guichet.ErrUnavailable, "error while sending to the operator"},
		"06": {guichet.ErrUnavailable, "error while sending to the operator"},
		"07": {guichet.ErrUnauthorized, "the operator is not enabled on the project"},
		"08": {guichet.ErrInvalidRequest, "faulty input"},
		"09": {guichet.ErrUnavailable, "API error"},
		"10": {guichet.ErrUnauthorized, "hash missing"},
		"11": {guichet.ErrUnauthorized, "hash invalid"},
		"12": {guichet.ErrInvalidRequest, "method invalid"},
		"13": {guichet.ErrUnauthorized, "method not authorised"},
		"14": {guichet.ErrDeclined, "wallet credentials refused"},
		"15": {guichet.ErrDeclined, "wrong one-time code, or no funded wallet on this number"},
		"16": {guichet.ErrDeclined, "one-time code expired"},
	}
	confirmCodes = subCodes{ // …/wiki/confirmInvoice
		"00": {guichet.ErrUnauthorized, "authentication failed"},
		"01": {guichet.ErrUnauthorized, "payments are not activated"},
		"02": {guichet.ErrNotFound, "no invoice has this token"},
		"03": {guichet.ErrUnavailable, "error while processing"},
		"04": {guichet.ErrInvalidRequest, "faulty input"},
	}
	customerPayoutCodes = subCodes{ // …/wiki/createWithdrawal
		"00":  {guichet.ErrUnauthorized, "authentication failed"},
		"01":  {guichet.ErrUnauthorized, "payouts are not activated"},
		"02":  {guichet.ErrNotFound, "the recipient has no LigdiCash account: use a merchant payout"},
		"03":  {guichet.ErrUnauthorized, "no merchant account on the recipient's network"},
		"03a": {guichet.ErrConflict, "a payout to this recipient within the last 24 hours"},
		"03b": {guichet.ErrDeclined, "no deposit in the last 3 months"},
		"04":  {guichet.ErrDeclined, "merchant balance too low"},
		"05":  {guichet.ErrInvalidRequest, "amount out of range"},
		"06":  {guichet.ErrUnauthorized, "this IP address is not allowed"},
		"07":  {guichet.ErrConflict, "transaction_id already used"},
		"08":  {guichet.ErrUnavailable, "error while processing"},
		"09":  {guichet.ErrInvalidRequest, "faulty input"},
		"10":  {guichet.ErrUnavailable, "API error"},
		"13":  {guichet.ErrUnauthorized, "hash missing"},
		"14":  {guichet.ErrUnauthorized, "hash invalid"},
	}
	merchantPayoutCodes = subCodes{ // …/wiki/createStraightWithdrawal
		"00": {guichet.ErrUnauthorized, "authentication failed"},
		"01": {guichet.ErrUnauthorized, "application refused, or payouts are not activated"},
		"02": {guichet.ErrInvalidRequest, "amount out of range"},
		"03": {guichet.ErrUnauthorized, "no merchant account on the recipient's network"},
		"04": {guichet.ErrConflict, "a payout to this recipient within the last 24 hours"},
		"05": {guichet.ErrInvalidRequest, "the recipient's operator is not recognised"},
		"06": {guichet.ErrUnauthorized, "no merchant account on this network, or IP address not allowed"},
		"07": {guichet.ErrUnauthorized, "no merchant account on the recipient's network"},
		"08": {guichet.ErrDeclined, "merchant balance too low"},
		"09": {guichet.ErrUnavailable, "error while processing"},
		"10": {guichet.ErrUnavailable, "API error"},
		"11": {guichet.ErrUnauthorized, "hash missing"},
		"12": {guichet.ErrUnauthorized, "hash invalid"},
		"13": {guichet.ErrInvalidRequest, "currency conversion not allowed"},
		"14": {guichet.ErrUnauthorized, "this IP address is not allowed"},
	}
)

// text is a member that LigdiCash writes as a string here and as a number there:
// operator_id is "11" in one callback and 12 in the next. null is "".
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*t = ""
		return nil
	}
	if data[0] != '"' {
		*t = text(data)
		return nil
	}
	var s string
	if err := strictjson.Unmarshal(data, &s); err != nil {
		return err
	}
	*t = text(s)
	return nil
}

// commandeWire is the root of every body that is sent.
type commandeWire[T any] struct {
	Commande T `json:"commande"`
}

// payinWire has no omitted member: LigdiCash wants every one of them present,
// empty or not.
type payinWire struct {
	Invoice    invoiceWire       `json:"invoice"`
	Store      storeWire         `json:"store"`
	Actions    actionsWire       `json:"actions"`
	CustomData map[string]string `json:"custom_data"`
}

type invoiceWire struct {
	Items       []itemWire `json:"items"`
	TotalAmount int64      `json:"total_amount"`
	Devise      string     `json:"devise"`
	Description string     `json:"description"`
	Customer    string     `json:"customer"`
	FirstName   string     `json:"customer_firstname"`
	LastName    string     `json:"customer_lastname"`
	Email       string     `json:"customer_email"`
	ExternalID  string     `json:"external_id"`
	OTP         string     `json:"otp"`
}

type itemWire struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Quantity    int64  `json:"quantity"`
	UnitPrice   int64  `json:"unit_price"`
	TotalPrice  int64  `json:"total_price"`
}

type storeWire struct {
	Name       string `json:"name"`
	WebsiteURL string `json:"website_url"`
}

type actionsWire struct {
	CancelURL   string `json:"cancel_url"`
	ReturnURL   string `json:"return_url"`
	CallbackURL string `json:"callback_url"`
}

// envelopeWire is what every answer has, as far as it has anything.
type envelopeWire struct {
	ResponseCode  text       `json:"response_code"`
	Token         text       `json:"token"`
	ResponseText  text       `json:"response_text"`
	Details       text       `json:"response_text_details"`
	Description   text       `json:"description"`
	Wiki          text       `json:"wiki"`
	CustomData    customWire `json:"custom_data"`
	OldCustomData customWire `json:"customdata"`
}

// statusWire is a confirmation, of a payment or a payout, and the body of a
// callback. Only response_code may be counted on, and in a callback not even that.
type statusWire struct {
	Envelope        envelopeWire      `json:",inline"`
	Status          text              `json:"status"`
	Amount          guichet.Number    `json:"amount"`
	Montant         guichet.Number    `json:"montant"`
	Devise          text              `json:"devise"` // no page has it in an answer
	OperatorID      text              `json:"operator_id"`
	OperatorName    text              `json:"operator_name"`
	Customer        text              `json:"customer"`
	Date            guichet.Timestamp `json:"date"`
	ExternalID      text              `json:"external_id"`
	RequestID       text              `json:"request_id"`
	Reference       text              `json:"oreference"`
	TransactionID   text              `json:"transaction_id"`
	CustomerDetails customerWire      `json:"customer_details"`
}

// withoutBOM drops a byte order mark, which JSON does not allow.
func withoutBOM(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) }

// decode reads one object.
func decode(body []byte, dst any) error {
	body = withoutBOM(body)
	if err := strictjson.Object(body); err != nil {
		return err
	}
	return strictjson.Unmarshal(body, dst)
}

var subCodePattern = regexp.MustCompile(`Echec \(Code(\d{2,3}[a-z]?)\)`)

// helpPage is the address of a page of LigdiCash's about sub-codes. Its path has
// letters only, so that no key, token or phone of the call can be in it.
var helpPage = regexp.MustCompile(`^https://[a-z]+\.ligdicash\.com/wiki/[A-Za-z]+$`)

// subCodeIn finds the code in a response_text; "" if there is none.
func subCodeIn(responseText text) string {
	if found := subCodePattern.FindStringSubmatch(string(responseText)); found != nil {
		return found[1]
	}
	return ""
}

// refusal reads an answer that is not 2xx.
func (t subCodes) refusal(a *transport.Answer) *guichet.Error {
	var w envelopeWire
	if decode(a.Body, &w) != nil || w.ResponseCode == "" {
		return notOurs(a)
	}
	return t.refuse(&w, a)
}

// refused returns the refusal in a 2xx answer to a call of Do that acts: whoever
// looks at no answer would take a refused payout for one that is on its way.
func refused(method string, a *transport.Answer) error {
	var w envelopeWire
	if method == http.MethodGet || decode(a.Body, &w) != nil || w.ResponseCode == "" || w.ResponseCode == accepted {
		return nil
	}
	return subCodes(nil).refuse(&w, a) // the code's meaning depends on the endpoint
}

// notOurs is the error for words that are not LigdiCash's. Only these statuses
// mean the same from whoever is in between; anything else may be no refusal.
func notOurs(a *transport.Answer) *guichet.Error {
	e := &guichet.Error{Kind: transport.KindOf(a.Status)}
	switch e.Kind {
	case guichet.ErrUnavailable, guichet.ErrRateLimited, guichet.ErrUnauthorized, guichet.ErrNotFound:
	default:
		e.Kind = guichet.ErrBadResponse
	}
	return e
}

// refuse turns an envelope that is not a success into an error: by sub-code
// first, by HTTP status second, by wording never.
func (t subCodes) refuse(w *envelopeWire, a *transport.Answer) *guichet.Error {
	e := &guichet.Error{
		ProviderCode: subCodeIn(w.ResponseText),
		HelpURL:      helpPage.FindString(string(w.Wiki)),
		// A refusal brings no token. One that does contradicts itself: what the
		// token names may be waiting for the customer's approval.
		OutcomeUnknown: w.Token != "",
	}
	known, ok := t[e.ProviderCode]
	switch {
	case w.ResponseCode == accepted:
		// Body and HTTP status contradict each other, or the token is missing:
		// LigdiCash may well have acted.
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
	e.Message = w.message(known.meaning)
	return e
}

// message gathers what helps a developer. Whoever shows it cleans and cuts it.
func (w *envelopeWire) message(meaning string) string {
	parts := []string{string(w.ResponseText), meaning, string(w.Description), string(w.Details)}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// envelope is the exported form.
func (w *envelopeWire) envelope() Envelope {
	return Envelope{
		ResponseCode: string(w.ResponseCode), SubCode: subCodeIn(w.ResponseText),
		ResponseText: string(w.ResponseText), Details: string(w.Details),
		Description: string(w.Description), Wiki: string(w.Wiki),
	}
}

func (w *envelopeWire) customData() CustomData {
	if len(w.CustomData) > 0 {
		return CustomData(w.CustomData)
	}
	return CustomData(w.OldCustomData)
}

var (
	errNoResponseCode = errors.New("the answer has no response_code")
	errOtherOrder     = errors.New("the answer is about another order")
	errContradiction  = errors.New("the answer says completed, and refuses the call")
	errTwoAmounts     = errors.New("amount and montant differ")
	errAmount         = errors.New("the amount is not a whole number of francs")
)

// readStatus reads a confirmation.
func (t subCodes) readStatus(a *transport.Answer) (*statusWire, error) {
	w := new(statusWire)
	if err := decode(a.Body, w); err != nil {
		return nil, err
	}
	if w.Envelope.ResponseCode == "" {
		return nil, errNoResponseCode
	}
	if w.Envelope.ResponseCode != accepted {
		switch w.status() {
		case guichet.StatusSucceeded:
			return nil, errContradiction
		case guichet.StatusFailed:
			// LigdiCash refuses the call to say that the payment failed, unless it
			// refuses the keys: then it has not looked at the payment.
			if t[subCodeIn(w.Envelope.ResponseText)].kind == guichet.ErrUnauthorized {
				return nil, t.refuse(&w.Envelope, a)
			}
		default:
			return nil, t.refuse(&w.Envelope, a)
		}
	}
	return w, w.checkAmount()
}

// saysFailed reports whether an answer that is not 2xx can be about the payment:
// no page says with which HTTP status a failed one is reported. One that refuses
// the keys or the pace, or that came too late, is about the call.
func saysFailed(status int) bool {
	switch transport.KindOf(status) {
	case guichet.ErrUnauthorized, guichet.ErrRateLimited, guichet.ErrUnavailable:
		return false
	}
	return status >= 400 && status <= 499
}

func (w *statusWire) status() guichet.Status { return statusWords[string(w.Status)] }

// amount is what the two members say together; empty if neither says anything.
func (w *statusWire) amount() guichet.Number {
	if w.Amount != "" {
		return w.Amount
	}
	return w.Montant
}

// currency is XOF unless the answer names another: the amount is not to be taken
// for so many francs where LigdiCash reaches countries with other money.
func (w *statusWire) currency() guichet.Currency {
	return guichet.Currency(strings.ToUpper(cmp.Or(string(w.Devise), string(guichet.XOF))))
}

func (w *statusWire) checkAmount() error {
	for _, n := range []guichet.Number{w.Amount, w.Montant} {
		if m, ok := n.Major(guichet.XOF); n != "" && (!ok || m.Minor < 0) {
			return errAmount
		}
	}
	a, _ := w.Amount.Major(guichet.XOF)
	b, _ := w.Montant.Major(guichet.XOF)
	if w.Amount != "" && w.Montant != "" && a != b {
		return errTwoAmounts
	}
	return nil
}
