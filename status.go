package guichet

// Status is the state of a payment, the same words for every provider.
//
// A payment may move from pending to any final state, and from succeeded to
// refunded; a late pending or failed never takes succeeded back. The zero value
// is StatusUnknown.
type Status string

const (
	StatusUnknown   Status = ""          // the provider's word is not known to the SDK: not final, never paid
	StatusPending   Status = "pending"   // the customer has not paid yet
	StatusSucceeded Status = "succeeded" // the customer has paid
	StatusFailed    Status = "failed"    // the attempt was refused
	StatusCanceled  Status = "canceled"  // the customer or the merchant gave it up
	StatusExpired   Status = "expired"   // the time to pay ran out
	StatusRefunded  Status = "refunded"  // paid, then given back
)

// Final reports whether waiting on can change nothing but a refund. An unknown
// word is not final.
func (s Status) Final() bool {
	switch s {
	case StatusSucceeded, StatusFailed, StatusCanceled, StatusExpired, StatusRefunded:
		return true
	}
	return false
}

// word is what a person reads: the zero value would print as nothing.
func (s Status) word() string {
	if s == StatusUnknown {
		return "unknown"
	}
	return string(s)
}
