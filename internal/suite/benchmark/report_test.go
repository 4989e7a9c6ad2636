package benchmark

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// figures is what one cell came to, as ratios to the work by hand.
type figures struct {
	time, bytes, allocs float64
	count               float64 // of allocations
}

// measure has the two take turns, so that what else the machine does hits both.
func measure(c cell) figures {
	const (
		rounds = 101
		slice  = time.Millisecond // what a round takes by hand
	)
	calls := 1
	for run(c.hand, calls) < slice {
		calls *= 2
	}
	run(c.ours, calls)
	ratios := make([]float64, rounds)
	for i := range ratios {
		var ours, byHand time.Duration
		if i%2 == 0 {
			ours, byHand = run(c.ours, calls), run(c.hand, calls)
		} else {
			byHand, ours = run(c.hand, calls), run(c.ours, calls)
		}
		ratios[i] = float64(ours) / float64(byHand)
	}
	slices.Sort(ratios)
	oursBytes, oursAllocs := costOf(c.ours)
	handBytes, handAllocs := costOf(c.hand)
	return figures{ratios[rounds/2], oursBytes / handBytes, oursAllocs / handAllocs, oursAllocs}
}

func run(f func() error, calls int) time.Duration {
	start := time.Now()
	for range calls {
		_ = f()
	}
	return time.Since(start)
}

// costOf returns the bytes and the allocations of one call.
func costOf(f func() error) (bytes, allocs float64) {
	const calls = 100
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		_ = f()
	}
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / calls, float64(after.Mallocs-before.Mallocs) / calls
}

func needReport(t *testing.T) {
	t.Helper()
	if !*report {
		t.Skip("times are printed with -report only")
	}
}

// TestReportCalls prints, for every provider and operation, time, bytes and
// allocations of one call in memory as ratios to the same work by hand.
func TestReportCalls(t *testing.T) {
	needReport(t)
	ops := []string{"create", "get", "error", "list"}
	table := map[string]map[string]string{}
	logs, cells := 0.0, allCells(t)
	for _, c := range cells {
		f := measure(c)
		if table[c.provider] == nil {
			table[c.provider] = map[string]string{}
		}
		table[c.provider][c.op] = fmt.Sprintf("%.2f / %.2f / %.2f (%.0f)", f.time, f.bytes, f.allocs, f.count)
		logs += math.Log(f.time)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "time / bytes / allocations beside the same by hand (allocations), %s\n", runtime.Version())
	fmt.Fprintf(&b, "| | %s |\n|---|---|---|---|---|\n", strings.Join(ops, " | "))
	for _, p := range providers(t) {
		fmt.Fprintf(&b, "| %s |", p.name)
		for _, op := range ops {
			if table[p.name][op] == "" {
				table[p.name][op] = "–"
			}
			fmt.Fprintf(&b, " %s |", table[p.name][op])
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "geometric mean of the %d cells in time: %.2f\n", len(cells), math.Exp(logs/float64(len(cells))))
	for _, c := range webhookCells(t) {
		require.NoError(t, c.ours())
		f := measure(c)
		fmt.Fprintf(&b, "webhook of 1 KB, %s: %.2f / %.2f / %.2f (%.0f)\n", c.provider, f.time, f.bytes, f.allocs, f.count)
	}
	t.Log("\n" + b.String())
}
