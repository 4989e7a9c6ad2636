package ligdicash

import (
	"regexp"
	"strings"

	"github.com/guichetpay/guichet"
)

// statusWords is compared exactly: a word in another case or with a blank is unknown.
// LigdiCash's pages write notcompleted, its PHP code nocompleted.
var statusWords = map[string]guichet.Status{
	"completed":    guichet.StatusSucceeded,
	"pending":      guichet.StatusPending,
	"notcompleted": guichet.StatusFailed,
	"nocompleted":  guichet.StatusFailed,
}

// Sub-codes of a payment: those of CreatePayment, CreateInvoice, CreateDirect and
// CreateWalletPayin, in [guichet.Error].ProviderCode and [Envelope].SubCode. A sub-code
// means another thing at another endpoint, so each endpoint has constants of its own.
// LigdiCash's page about them is …/wiki/createInvoice; UNVERIFIED.md (U-5) says how sure
// each table is.
const (
	CodePayinAuthentication      = "00" // ErrUnauthorized: authentication failed
	CodePayinNotActivated        = "01" // ErrUnauthorized: payments are not activated
	CodePayinAmount              = "02" // ErrInvalidRequest: amount out of range
	CodePayinIPAddress           = "03" // ErrUnauthorized: this IP address is not allowed
	CodePayinProcessing          = "04" // ErrUnavailable: error while processing
	CodePayinSending05           = "05" // ErrUnavailable: error while sending to the operator
	CodePayinSending06           = "06" // ErrUnavailable: error while sending to the operator
	CodePayinOperatorNotEnabled  = "07" // ErrUnauthorized: the operator is not enabled on the project
	CodePayinInput               = "08" // ErrInvalidRequest: invalid input
	CodePayinAPI                 = "09" // ErrUnavailable: API error
	CodePayinHashMissing         = "10" // ErrUnauthorized: hash missing
	CodePayinHashInvalid         = "11" // ErrUnauthorized: hash invalid
	CodePayinMethodInvalid       = "12" // ErrInvalidRequest: method invalid
	CodePayinMethodNotAuthorised = "13" // ErrUnauthorized: method not authorised
	CodePayinWalletCredentials   = "14" // ErrDeclined: wallet credentials refused
	CodePayinWrongOTP            = "15" // ErrDeclined: wrong one-time code, or no funded wallet on this number
	CodePayinExpiredOTP          = "16" // ErrDeclined: one-time code expired
)

// Sub-codes of GetStatus, PayinStatus and PayoutStatus; LigdiCash's page is
// …/wiki/confirmInvoice.
const (
	CodeStateAuthentication = "00" // ErrUnauthorized: authentication failed
	CodeStateNotActivated   = "01" // ErrUnauthorized: payments are not activated
	CodeStateNotFound       = "02" // ErrNotFound: no invoice has this token
	CodeStateProcessing     = "03" // ErrUnavailable: error while processing
	CodeStateInput          = "04" // ErrInvalidRequest: invalid input
)

// Sub-codes of CreateCustomerPayout; LigdiCash's page is …/wiki/createWithdrawal.
const (
	CodeCustomerPayoutAuthentication    = "00"  // ErrUnauthorized: authentication failed
	CodeCustomerPayoutNotActivated      = "01"  // ErrUnauthorized: payouts are not activated
	CodeCustomerPayoutNoAccount         = "02"  // ErrNotFound: the recipient has no LigdiCash account: use a merchant payout
	CodeCustomerPayoutNoMerchantAccount = "03"  // ErrUnauthorized: no merchant account on the recipient's network
	CodeCustomerPayoutWithin24Hours     = "03a" // ErrConflict: a payout to this recipient within the last 24 hours
	CodeCustomerPayoutNoDeposit         = "03b" // ErrDeclined: no deposit in the last 3 months
	CodeCustomerPayoutBalance           = "04"  // ErrDeclined: merchant balance too low
	CodeCustomerPayoutAmount            = "05"  // ErrInvalidRequest: amount out of range
	CodeCustomerPayoutIPAddress         = "06"  // ErrUnauthorized: this IP address is not allowed
	CodeCustomerPayoutUsedTransactionID = "07"  // ErrConflict: transaction_id already used
	CodeCustomerPayoutProcessing        = "08"  // ErrUnavailable: error while processing
	CodeCustomerPayoutInput             = "09"  // ErrInvalidRequest: invalid input
	CodeCustomerPayoutAPI               = "10"  // ErrUnavailable: API error
	CodeCustomerPayoutHashMissing       = "13"  // ErrUnauthorized: hash missing
	CodeCustomerPayoutHashInvalid       = "14"  // ErrUnauthorized: hash invalid
)

// Sub-codes of CreateMerchantPayout; LigdiCash's page is …/wiki/createStraightWithdrawal.
const (
	CodeMerchantPayoutAuthentication      = "00" // ErrUnauthorized: authentication failed
	CodeMerchantPayoutNotActivated        = "01" // ErrUnauthorized: application refused, or payouts are not activated
	CodeMerchantPayoutAmount              = "02" // ErrInvalidRequest: amount out of range
	CodeMerchantPayoutNoMerchantAccount03 = "03" // ErrUnauthorized: no merchant account on the recipient's network
	CodeMerchantPayoutWithin24Hours       = "04" // ErrConflict: a payout to this recipient within the last 24 hours
	CodeMerchantPayoutOperatorUnknown     = "05" // ErrInvalidRequest: the recipient's operator is not recognised
	CodeMerchantPayoutNetworkOrIPAddress  = "06" // ErrUnauthorized: no merchant account on this network, or IP address not allowed
	CodeMerchantPayoutNoMerchantAccount07 = "07" // ErrUnauthorized: no merchant account on the recipient's network
	CodeMerchantPayoutBalance             = "08" // ErrDeclined: merchant balance too low
	CodeMerchantPayoutProcessing          = "09" // ErrUnavailable: error while processing
	CodeMerchantPayoutAPI                 = "10" // ErrUnavailable: API error
	CodeMerchantPayoutHashMissing         = "11" // ErrUnauthorized: hash missing
	CodeMerchantPayoutHashInvalid         = "12" // ErrUnauthorized: hash invalid
	CodeMerchantPayoutCurrencyConversion  = "13" // ErrInvalidRequest: currency conversion not allowed
	CodeMerchantPayoutIPAddress           = "14" // ErrUnauthorized: this IP address is not allowed
)

// subCode is what the NN of "Echec (CodeNN)" means at one endpoint.
type subCode struct {
	kind    error
	meaning string
}

type subCodes map[string]subCode

// The tables, one for each page that the member wiki of an answer names. One code has
// several meanings: 02 is an amount in one table, and an unknown invoice in another.
// UNVERIFIED.md (U-5) says how sure each table is.
var (
	payinCodes = subCodes{ // …/wiki/createInvoice
		CodePayinAuthentication:      {guichet.ErrUnauthorized, "authentication failed"},
		CodePayinNotActivated:        {guichet.ErrUnauthorized, "payments are not activated"},
		CodePayinAmount:              {guichet.ErrInvalidRequest, "amount out of range"},
		CodePayinIPAddress:           {guichet.ErrUnauthorized, "this IP address is not allowed"},
		CodePayinProcessing:          {guichet.ErrUnavailable, "error while processing"},
		CodePayinSending05:           {guichet.ErrUnavailable, "error while sending to the operator"},
		CodePayinSending06:           {guichet.ErrUnavailable, "error while sending to the operator"},
		CodePayinOperatorNotEnabled:  {guichet.ErrUnauthorized, "the operator is not enabled on the project"},
		CodePayinInput:               {guichet.ErrInvalidRequest, "invalid input"},
		CodePayinAPI:                 {guichet.ErrUnavailable, "API error"},
		CodePayinHashMissing:         {guichet.ErrUnauthorized, "hash missing"},
		CodePayinHashInvalid:         {guichet.ErrUnauthorized, "hash invalid"},
		CodePayinMethodInvalid:       {guichet.ErrInvalidRequest, "method invalid"},
		CodePayinMethodNotAuthorised: {guichet.ErrUnauthorized, "method not authorised"},
		CodePayinWalletCredentials:   {guichet.ErrDeclined, "wallet credentials refused"},
		CodePayinWrongOTP:            {guichet.ErrDeclined, "wrong one-time code, or no funded wallet on this number"},
		CodePayinExpiredOTP:          {guichet.ErrDeclined, "one-time code expired"},
	}
	confirmCodes = subCodes{ // …/wiki/confirmInvoice
		CodeStateAuthentication: {guichet.ErrUnauthorized, "authentication failed"},
		CodeStateNotActivated:   {guichet.ErrUnauthorized, "payments are not activated"},
		CodeStateNotFound:       {guichet.ErrNotFound, "no invoice has this token"},
		CodeStateProcessing:     {guichet.ErrUnavailable, "error while processing"},
		CodeStateInput:          {guichet.ErrInvalidRequest, "invalid input"},
	}
	customerPayoutCodes = subCodes{ // …/wiki/createWithdrawal
		CodeCustomerPayoutAuthentication:    {guichet.ErrUnauthorized, "authentication failed"},
		CodeCustomerPayoutNotActivated:      {guichet.ErrUnauthorized, "payouts are not activated"},
		CodeCustomerPayoutNoAccount:         {guichet.ErrNotFound, "the recipient has no LigdiCash account: use a merchant payout"},
		CodeCustomerPayoutNoMerchantAccount: {guichet.ErrUnauthorized, "no merchant account on the recipient's network"},
		CodeCustomerPayoutWithin24Hours:     {guichet.ErrConflict, "a payout to this recipient within the last 24 hours"},
		CodeCustomerPayoutNoDeposit:         {guichet.ErrDeclined, "no deposit in the last 3 months"},
		CodeCustomerPayoutBalance:           {guichet.ErrDeclined, "merchant balance too low"},
		CodeCustomerPayoutAmount:            {guichet.ErrInvalidRequest, "amount out of range"},
		CodeCustomerPayoutIPAddress:         {guichet.ErrUnauthorized, "this IP address is not allowed"},
		CodeCustomerPayoutUsedTransactionID: {guichet.ErrConflict, "transaction_id already used"},
		CodeCustomerPayoutProcessing:        {guichet.ErrUnavailable, "error while processing"},
		CodeCustomerPayoutInput:             {guichet.ErrInvalidRequest, "invalid input"},
		CodeCustomerPayoutAPI:               {guichet.ErrUnavailable, "API error"},
		CodeCustomerPayoutHashMissing:       {guichet.ErrUnauthorized, "hash missing"},
		CodeCustomerPayoutHashInvalid:       {guichet.ErrUnauthorized, "hash invalid"},
	}
	merchantPayoutCodes = subCodes{ // …/wiki/createStraightWithdrawal
		CodeMerchantPayoutAuthentication:      {guichet.ErrUnauthorized, "authentication failed"},
		CodeMerchantPayoutNotActivated:        {guichet.ErrUnauthorized, "application refused, or payouts are not activated"},
		CodeMerchantPayoutAmount:              {guichet.ErrInvalidRequest, "amount out of range"},
		CodeMerchantPayoutNoMerchantAccount03: {guichet.ErrUnauthorized, "no merchant account on the recipient's network"},
		CodeMerchantPayoutWithin24Hours:       {guichet.ErrConflict, "a payout to this recipient within the last 24 hours"},
		CodeMerchantPayoutOperatorUnknown:     {guichet.ErrInvalidRequest, "the recipient's operator is not recognised"},
		CodeMerchantPayoutNetworkOrIPAddress:  {guichet.ErrUnauthorized, "no merchant account on this network, or IP address not allowed"},
		CodeMerchantPayoutNoMerchantAccount07: {guichet.ErrUnauthorized, "no merchant account on the recipient's network"},
		CodeMerchantPayoutBalance:             {guichet.ErrDeclined, "merchant balance too low"},
		CodeMerchantPayoutProcessing:          {guichet.ErrUnavailable, "error while processing"},
		CodeMerchantPayoutAPI:                 {guichet.ErrUnavailable, "API error"},
		CodeMerchantPayoutHashMissing:         {guichet.ErrUnauthorized, "hash missing"},
		CodeMerchantPayoutHashInvalid:         {guichet.ErrUnauthorized, "hash invalid"},
		CodeMerchantPayoutCurrencyConversion:  {guichet.ErrInvalidRequest, "currency conversion not allowed"},
		CodeMerchantPayoutIPAddress:           {guichet.ErrUnauthorized, "this IP address is not allowed"},
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
