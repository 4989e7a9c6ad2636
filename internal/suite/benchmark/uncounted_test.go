//go:build race || go1.27

package benchmark

// counted is false where the comparison says nothing of our own code: the race
// detector allocates and drops what pools hold, and from Go 1.27 on encoding/json
// allocates less by hand.
const counted = false
