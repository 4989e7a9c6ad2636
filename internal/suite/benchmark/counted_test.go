//go:build !race && !go1.27

package benchmark

// counted says that allocations are compared with those by hand.
const counted = true
