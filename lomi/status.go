package lomi

import (
	"strings"

	"github.com/guichetpay/guichet"
)

// The words of lomi. for the state of each kind of object, in lower case.
var (
	sessionWords = map[string]guichet.Status{
		"open":      guichet.StatusPending,
		"pending":   guichet.StatusPending,
		"completed": guichet.StatusSucceeded,
		"expired":   guichet.StatusExpired,
	}
	transactionWords = map[string]guichet.Status{
		"pending":   guichet.StatusPending,
		"held":      guichet.StatusPending,
		"completed": guichet.StatusSucceeded,
		"failed":    guichet.StatusFailed,
		"cancelled": guichet.StatusCanceled,
		"expired":   guichet.StatusExpired,
		"refunded":  guichet.StatusRefunded,
	}
	paymentRequestWords = map[string]guichet.Status{
		"pending":   guichet.StatusPending,
		"completed": guichet.StatusSucceeded,
		"failed":    guichet.StatusFailed,
		"expired":   guichet.StatusExpired,
	}
	// outgoingWords are those of refunds and payouts.
	outgoingWords = map[string]guichet.Status{
		"pending":    guichet.StatusPending,
		"processing": guichet.StatusPending,
		"completed":  guichet.StatusSucceeded,
		"failed":     guichet.StatusFailed,
	}
	cardWords = map[string]guichet.Status{
		"processing": guichet.StatusPending,
		"succeeded":  guichet.StatusSucceeded,
		"failed":     guichet.StatusFailed,
		"canceled":   guichet.StatusCanceled,
	}
)

// statusIn reads a word by one of the tables, in any case; a word that is not in it
// is StatusUnknown.
func statusIn[S ~string](words map[string]guichet.Status, word S) guichet.Status {
	return words[strings.ToLower(strings.TrimSpace(string(word)))]
}

// cardStatus reads the card processor's word; whatever a charge requires, it is not
// paid.
func cardStatus(word string) guichet.Status {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(word)), "requires_") {
		return guichet.StatusPending
	}
	return statusIn(cardWords, word)
}

// codeKinds maps the code of a refusal, in lower case. It decides before the HTTP
// status. The message never decides.
var codeKinds = map[string]error{
	"unauthorized":         guichet.ErrUnauthorized,
	"forbidden":            guichet.ErrUnauthorized,
	"api_access_suspended": guichet.ErrUnauthorized,

	"not_found": guichet.ErrNotFound,

	"validation_failed":                    guichet.ErrInvalidRequest,
	"bad_request":                          guichet.ErrInvalidRequest,
	"amount_invalid":                       guichet.ErrInvalidRequest,
	"invalid_cursor":                       guichet.ErrInvalidRequest,
	"idempotency_key_required":             guichet.ErrInvalidRequest,
	"line_items_recurring_not_supported":   guichet.ErrInvalidRequest,
	"line_items_pwyw_not_supported":        guichet.ErrInvalidRequest,
	"line_items_usage_based_not_supported": guichet.ErrInvalidRequest,
	"line_items_mixed_product_types":       guichet.ErrInvalidRequest,

	"conflict":               guichet.ErrConflict,
	"idempotency_key_reused": guichet.ErrConflict,
	inProgress:               guichet.ErrConflict,

	"rate_limit_exceeded": guichet.ErrRateLimited,

	"service_unavailable": guichet.ErrUnavailable,
	"internal_error":      guichet.ErrUnavailable,

	"payment_required": guichet.ErrDeclined,
	unpaidInvoice:      guichet.ErrDeclined,
}

const (
	// inProgress: a call with the same key is still being worked on, so whether
	// it will have acted is not known yet.
	inProgress = "idempotency_in_progress"
	// unpaidInvoice is the reason of a 2xx that made no session.
	unpaidInvoice = "invoice_payment_required"
)
