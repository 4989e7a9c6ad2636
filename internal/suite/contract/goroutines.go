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

// patience is how often Left looks: a busy machine lets a goroutine that is about to
// end wait for its turn.
var patience = 1000

// Left gives the goroutines that were not there before time to end, and returns the
// stacks of those that do not; empty: none.
func Left(before map[string]string) string {
	for look := 0; ; look++ {
		var left []string
		for id, stack := range Goroutines() {
			if before[id] == "" {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || look >= patience {
			return strings.Join(left, "\n\n")
		}
		time.Sleep(10 * time.Millisecond)
	}
}
