package caurisflux

import (
	"strings"

	"github.com/guichetpay/guichet"
)

// statusWords maps CaurisFlux's words, trimmed and lower-cased. Two words for
// paid are documented, on different pages; UNVERIFIED.md says where each comes
// from. Any other word, such as "processing", is unknown.
var statusWords = map[string]guichet.Status{
	"pending": guichet.StatusPending,
	"success": guichet.StatusSucceeded, "completed": guichet.StatusSucceeded, "paid": guichet.StatusSucceeded,
	"failed":    guichet.StatusFailed,
	"expired":   guichet.StatusExpired,
	"cancelled": guichet.StatusCanceled, "canceled": guichet.StatusCanceled,
	"refunded": guichet.StatusRefunded,
}

func statusOf(word string) guichet.Status { return statusWords[folded(word)] }

// failing are the final statuses of a payment that nobody paid.
var failing = map[guichet.Status]bool{
	guichet.StatusFailed: true, guichet.StatusExpired: true, guichet.StatusCanceled: true,
}

// eventStatuses maps the events of webhooks. Any other event is delivered and means
// nothing for the payment's status.
var eventStatuses = map[string]guichet.Status{
	"payment.success":   guichet.StatusSucceeded,
	"payment.completed": guichet.StatusSucceeded,
	"payment.failed":    guichet.StatusFailed,
	"payment.cancelled": guichet.StatusCanceled,
	"payment.expired":   guichet.StatusExpired,
}

// The documented codes of errors, in [guichet.Error].ProviderCode, in
// [Webhook].Reason and in [Payout].ErrorCode. They stand there as CaurisFlux wrote them,
// so compare with strings.EqualFold. CaurisFlux may send others.
const (
	CodeInsufficientFunds   = "insufficient_funds"    // ErrDeclined: the customer's balance is too low
	CodeLimitExceeded       = "limit_exceeded"        // ErrDeclined: above a limit of the wallet
	CodeDailyLimitExceeded  = "DAILY_LIMIT_EXCEEDED"  // ErrDeclined
	CodeInvalidPhone        = "invalid_phone"         // ErrInvalidRequest
	CodeInvalidAmount       = "invalid_amount"        // ErrInvalidRequest
	CodeValidationError     = "VALIDATION_ERROR"      // ErrInvalidRequest
	CodeRefundNotAllowed    = "REFUND_NOT_ALLOWED"    // ErrInvalidRequest
	CodeInvalidRefundAmount = "INVALID_REFUND_AMOUNT" // ErrInvalidRequest
	CodeProviderError       = "provider_error"        // ErrUnavailable: the operator failed, and may have acted before
	CodeUnauthorized        = "UNAUTHORIZED"          // ErrUnauthorized
	CodeForbidden           = "FORBIDDEN"             // ErrUnauthorized
	CodeRateLimitExceeded   = "RATE_LIMIT_EXCEEDED"   // ErrRateLimited
)

// codeKinds maps the codes, folded. They decide before the HTTP status does.
var codeKinds = map[string]error{
	folded(CodeInsufficientFunds):   guichet.ErrDeclined,
	folded(CodeLimitExceeded):       guichet.ErrDeclined,
	folded(CodeDailyLimitExceeded):  guichet.ErrDeclined,
	folded(CodeInvalidPhone):        guichet.ErrInvalidRequest,
	folded(CodeInvalidAmount):       guichet.ErrInvalidRequest,
	folded(CodeValidationError):     guichet.ErrInvalidRequest,
	folded(CodeRefundNotAllowed):    guichet.ErrInvalidRequest,
	folded(CodeInvalidRefundAmount): guichet.ErrInvalidRequest,
	folded(CodeProviderError):       guichet.ErrUnavailable,
	folded(CodeUnauthorized):        guichet.ErrUnauthorized,
	folded(CodeForbidden):           guichet.ErrUnauthorized,
	folded(CodeRateLimitExceeded):   guichet.ErrRateLimited,
}

// folded is a word or code without blanks around it and in small letters.
func folded(word string) string { return strings.ToLower(strings.TrimSpace(word)) }
