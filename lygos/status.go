package lygos

import (
	"strings"

	"github.com/guichetpay/guichet"
)

// statusWords maps Lygos's words, lower-cased and without the "deposit_" of the
// webhooks. Only "pending", success and failure are named by its pages, in
// prose; UNVERIFIED.md says where each comes from.
var statusWords = map[string]guichet.Status{
	"completed": guichet.StatusSucceeded, "success": guichet.StatusSucceeded, "successful": guichet.StatusSucceeded,
	"succeeded": guichet.StatusSucceeded, "paid": guichet.StatusSucceeded, "confirmed": guichet.StatusSucceeded,
	"pending": guichet.StatusPending, "accepted": guichet.StatusPending, "submitted": guichet.StatusPending,
	"processing": guichet.StatusPending, "created": guichet.StatusPending, "initiated": guichet.StatusPending,
	"requested": guichet.StatusPending,
	"failed":    guichet.StatusFailed, "failure": guichet.StatusFailed, "error": guichet.StatusFailed,
	"declined": guichet.StatusFailed, "rejected": guichet.StatusFailed,
	"cancelled": guichet.StatusCanceled, "canceled": guichet.StatusCanceled,
	"expired": guichet.StatusExpired,
}

// statusOf reads Lygos's word. One that is not in the table is StatusUnknown.
func statusOf(word string) guichet.Status {
	word = strings.ToLower(strings.TrimSpace(word))
	return statusWords[strings.TrimPrefix(word, "deposit_")]
}

// The codes of Lygos's errors that are known, in [guichet.Error].ProviderCode: the
// member detail.type of the answer. Lygos may send others.
const (
	CodeNoAPIKey            = "NO_API_KEY_PROVIDED"    // ErrUnauthorized: the key is missing
	CodeAPIKeyNotFound      = "API_KEY_NOT_FOUND"      // ErrUnauthorized: the key is wrong
	CodeGatewayNotFound     = "GATEWAY_NOT_FOUND"      // ErrNotFound
	CodeGatewayUserNotFound = "GATEWAY_USER_NOT_FOUND" // ErrInvalidRequest: the account is not known, or not active
	CodeTransactionNotFound = "TRANSACTION_NOT_FOUND"  // ErrNotFound: nobody has started to pay; GetStatus makes it StatusPending
)

// codeKinds maps the codes that decide before the HTTP status; see kindOf for those
// about the key.
var codeKinds = map[string]error{
	CodeGatewayNotFound:     guichet.ErrNotFound,
	CodeGatewayUserNotFound: guichet.ErrInvalidRequest,
	CodeTransactionNotFound: guichet.ErrNotFound,
}

var withoutSigns = strings.NewReplacer("_", "", "-", "", " ", "")

// kindOf returns the kind of a code; nil leaves it to the HTTP status. A wrong key is a
// 404, and every code that names the key counts, also one that is not known: taken for
// the 404 of a payment, it would make every payment look pending for ever.
func kindOf(code string) error {
	code = strings.ToUpper(strings.TrimSpace(code))
	if strings.Contains(withoutSigns.Replace(code), "APIKEY") {
		return guichet.ErrUnauthorized
	}
	return codeKinds[code]
}
