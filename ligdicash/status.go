package ligdicash

import (
	"regexp"
	"strings"

	"github.com/guichetpay/guichet"
)

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

// subCodePattern finds the sub-code in a refusal's text. LigdiCash writes it as
// "Echec (Code00)"; its case, its blanks and the accent (one character or two) vary.
var subCodePattern = regexp.MustCompile(`(?i)(?:e\x{301}?|é)chec[\s\p{Z}]*\([\s\p{Z}]*code[\s\p{Z}]*([0-9]{2,3}[a-z]?)[\s\p{Z}]*\)`)

// subCodeIn finds the code in a response_text, such as "04" or "03a"; "" if there is
// none.
func subCodeIn(responseText string) string {
	if !strings.Contains(responseText, "(") { // the pattern is slow, and a page's address has none
		return ""
	}
	if found := subCodePattern.FindStringSubmatch(responseText); found != nil {
		return strings.ToLower(found[1])
	}
	return ""
}
