package contract

import (
	"runtime"
	"strings"
	"time"
)

// Goroutines returns the stacks of those that run now, by id.
func Goroutines() map[string]string {
	stacks := make([]byte, 8<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	all := map[string]string{}
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		id, _, _ := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
		all[id] = stack
	}
	return all
}

// Left gives the goroutines that were not there before ten seconds to end, and
// returns the stacks of those that do not; empty: none.
func Left(before map[string]string) string {
	for deadline := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		var left []string
		for id, stack := range Goroutines() {
			if before[id] == "" {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			return strings.Join(left, "\n\n")
		}
	}
}
