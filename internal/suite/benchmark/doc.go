// Package benchmark measures what the clients cost, beside the same work written by
// hand on net/http and encoding/json, and holds them to their budgets.
//
// The budgets are allocations and bytes, which do not depend on the machine, and are
// asserted by ordinary tests:
//
//	go test ./internal/suite/benchmark
//
// Times depend on the machine and on what else runs on it. They are printed and never
// asserted, as ratios to the work by hand, each from the median of many short rounds
// in which the two take turns. The whole report takes a minute or two:
//
//	go test ./internal/suite/benchmark -run Report -count 1 -v -report
//
// The clients by hand are what a careful programmer would write for one provider
// and no other: one struct per answer with all documented members, a tuned pool of
// connections, pooled buffers, a time limit per call, an error type that keeps the
// answer, and a copy of the answer beside the payment.
package benchmark
