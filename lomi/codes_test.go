package lomi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lomi"
)

// TestCodes: a code decides before the HTTP status, in any case.
func TestCodes(t *testing.T) {
	for code, want := range map[string]error{
		lomi.CodeUnauthorized: guichet.ErrUnauthorized, lomi.CodeForbidden: guichet.ErrUnauthorized, lomi.CodeSuspended: guichet.ErrUnauthorized,
		lomi.CodeNotFound:         guichet.ErrNotFound,
		lomi.CodeValidationFailed: guichet.ErrInvalidRequest, lomi.CodeBadRequest: guichet.ErrInvalidRequest, lomi.CodeAmountInvalid: guichet.ErrInvalidRequest,
		lomi.CodeInvalidCursor: guichet.ErrInvalidRequest, lomi.CodeIdempotencyKeyRequired: guichet.ErrInvalidRequest,
		lomi.CodeLineItemsRecurring: guichet.ErrInvalidRequest, lomi.CodeLineItemsPayWhatYouWant: guichet.ErrInvalidRequest,
		lomi.CodeLineItemsUsageBased: guichet.ErrInvalidRequest, lomi.CodeLineItemsMixedTypes: guichet.ErrInvalidRequest,
		lomi.CodeConflict: guichet.ErrConflict, lomi.CodeIdempotencyKeyReused: guichet.ErrConflict, lomi.CodeIdempotencyInProgress: guichet.ErrConflict,
		lomi.CodeRateLimitExceeded:  guichet.ErrRateLimited,
		lomi.CodeServiceUnavailable: guichet.ErrUnavailable, lomi.CodeInternalError: guichet.ErrUnavailable,
		lomi.CodePaymentRequired: guichet.ErrDeclined, lomi.CodeInvoicePaymentRequired: guichet.ErrDeclined,
	} {
		for _, written := range []string{code, strings.ToUpper(code)} {
			client, _ := answering(t, 418, fmt.Sprintf(`{"error":{"code":%q}}`, written))
			_, err := client.GetRefund(t.Context(), "r1")
			require.ErrorIs(t, err, want, written)
			assert.Equal(t, written, errorOf(t, err).ProviderCode, "verbatim")
		}
	}
}
