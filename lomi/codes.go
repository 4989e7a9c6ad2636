package lomi

import "github.com/guichetpay/guichet"

// The codes of refusals that lomi. documents, as they are in [guichet.Error.ProviderCode].
// They are an open set.
const (
	CodeUnauthorized = "unauthorized"         // ErrUnauthorized: no key, or a wrong one
	CodeForbidden    = "forbidden"            // ErrUnauthorized
	CodeSuspended    = "api_access_suspended" // ErrUnauthorized
	CodeNotFound     = "not_found"            // ErrNotFound, also for an object of another organisation

	CodeValidationFailed       = "validation_failed" // ErrInvalidRequest: see ErrorDetails
	CodeBadRequest             = "bad_request"       // ErrInvalidRequest: see ErrorDetails
	CodeAmountInvalid          = "amount_invalid"    // ErrInvalidRequest
	CodeInvalidCursor          = "invalid_cursor"    // ErrInvalidRequest: begin the list anew
	CodeIdempotencyKeyRequired = "idempotency_key_required"

	// ErrInvalidRequest: what a cart must not hold.
	CodeLineItemsRecurring      = "line_items_recurring_not_supported"
	CodeLineItemsPayWhatYouWant = "line_items_pwyw_not_supported"
	CodeLineItemsUsageBased     = "line_items_usage_based_not_supported"
	CodeLineItemsMixedTypes     = "line_items_mixed_product_types"

	CodeConflict              = "conflict"                // ErrConflict
	CodeIdempotencyKeyReused  = "idempotency_key_reused"  // ErrConflict: the key was used for something else
	CodeIdempotencyInProgress = "idempotency_in_progress" // ErrConflict: a call with this key is still being worked on

	CodeRateLimitExceeded  = "rate_limit_exceeded" // ErrRateLimited: see guichet.Error.RetryAfter
	CodeServiceUnavailable = "service_unavailable" // ErrUnavailable: such as a way to pay that is switched off
	CodeInternalError      = "internal_error"      // ErrUnavailable

	CodePaymentRequired        = "payment_required"         // ErrDeclined
	CodeInvoicePaymentRequired = "invoice_payment_required" // ErrDeclined: see ErrorInvoice
)

// codeKinds maps the code of a refusal, in lower case. It decides before the HTTP
// status. The message never decides.
var codeKinds = map[string]error{
	CodeUnauthorized: guichet.ErrUnauthorized,
	CodeForbidden:    guichet.ErrUnauthorized,
	CodeSuspended:    guichet.ErrUnauthorized,

	CodeNotFound: guichet.ErrNotFound,

	CodeValidationFailed:        guichet.ErrInvalidRequest,
	CodeBadRequest:              guichet.ErrInvalidRequest,
	CodeAmountInvalid:           guichet.ErrInvalidRequest,
	CodeInvalidCursor:           guichet.ErrInvalidRequest,
	CodeIdempotencyKeyRequired:  guichet.ErrInvalidRequest,
	CodeLineItemsRecurring:      guichet.ErrInvalidRequest,
	CodeLineItemsPayWhatYouWant: guichet.ErrInvalidRequest,
	CodeLineItemsUsageBased:     guichet.ErrInvalidRequest,
	CodeLineItemsMixedTypes:     guichet.ErrInvalidRequest,

	CodeConflict:              guichet.ErrConflict,
	CodeIdempotencyKeyReused:  guichet.ErrConflict,
	CodeIdempotencyInProgress: guichet.ErrConflict,

	CodeRateLimitExceeded: guichet.ErrRateLimited,

	CodeServiceUnavailable: guichet.ErrUnavailable,
	CodeInternalError:      guichet.ErrUnavailable,

	CodePaymentRequired:        guichet.ErrDeclined,
	CodeInvoicePaymentRequired: guichet.ErrDeclined,
}
