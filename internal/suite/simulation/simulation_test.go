package main

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/guichetpay/guichet/internal/suite/scripted"
)

func TestSchedules(t *testing.T) {
	n := 500
	if scripted.Long() {
		n = 10_000
	}
	r := play(1, n, runtime.GOMAXPROCS(0), nil)
	var out strings.Builder
	r.print(&out, 1, nil)
	t.Log(out.String())
	assert.Zero(t, r.violations())
	// Or it would prove nothing.
	assert.Greater(t, r.seen.captures, n)
	assert.Greater(t, r.seen.deliveries, n)
	assert.Greater(t, r.seen.kills, n)
	assert.Greater(t, r.seen.troubles, n/2)
	assert.Greater(t, r.seen.forged, n)
	assert.Greater(t, r.seen.jumps, n/20)
}

// The same seed gives the same steps, to the last line.
func TestASeedReplays(t *testing.T) {
	different := map[uint64]bool{}
	for seed := uint64(1); seed <= 20; seed++ {
		first, second, quiet := runSchedule(seed, nil, true), runSchedule(seed, nil, true), runSchedule(seed, nil, false)
		require.Equal(t, first.log, second.log, "seed %d", seed)
		require.Equal(t, first.trace, second.trace, "seed %d", seed)
		require.Equal(t, first.trace, quiet.trace, "seed %d: the log must decide nothing", seed)
		different[first.trace] = true
	}
	assert.Len(t, different, 20)
}

// Each rule of the cashier is there for a reason: without it an invariant breaks.
func TestEachRuleIsNeeded(t *testing.T) {
	require.Len(t, wrongs, 13)
	for i, w := range wrongs {
		require.Equal(t, i+1, w.rule)
		t.Run(fmt.Sprintf("rule %d: %s", w.rule, w.name), func(t *testing.T) {
			if scripted.Long() {
				r := play(1, 1000, runtime.GOMAXPROCS(0), w)
				for invariant, seeds := range r.broken {
					t.Logf("%d of %d: %s", len(seeds), r.schedules, invariant)
				}
				assert.NotZero(t, r.violations())
				return
			}
			for seed := uint64(1); seed <= 1000; seed++ {
				if s := runSchedule(seed, w, false); len(s.failed) > 0 {
					t.Logf("seed %d: %s", seed, s.failed[0])
					return
				}
			}
			t.Error("no schedule notices")
		})
	}
}
