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

// providerError is the code of an operator that failed, and may have acted before.
const providerError = "provider_error"

// codeKinds maps the documented error codes, lower-cased. They decide before the
// HTTP status does.
var codeKinds = map[string]error{
	"insufficient_funds":    guichet.ErrDeclined,
	"limit_exceeded":        guichet.ErrDeclined,
	"daily_limit_exceeded":  guichet.ErrDeclined,
	"invalid_phone":         guichet.ErrInvalidRequest,
	"invalid_amount":        guichet.ErrInvalidRequest,
	"validation_error":      guichet.ErrInvalidRequest,
	"refund_not_allowed":    guichet.ErrInvalidRequest,
	"invalid_refund_amount": guichet.ErrInvalidRequest,
	providerError:           guichet.ErrUnavailable,
	"unauthorized":          guichet.ErrUnauthorized,
	"forbidden":             guichet.ErrUnauthorized,
	"rate_limit_exceeded":   guichet.ErrRateLimited,
}

// folded is a word or code without blanks around it and in small letters.
func folded(word string) string { return strings.ToLower(strings.TrimSpace(word)) }
