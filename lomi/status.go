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

// cardStatus reads the card processor's word. A charge that requires anything, such as
// requires_payment_method, is not paid.
func cardStatus(word string) guichet.Status {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(word)), "requires_") {
		return guichet.StatusPending
	}
	return statusIn(cardWords, word)
}
