package lomi_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/faults"
)

func TestFaults(t *testing.T) {
	circle := faults.Exception{Fault: "L00", Ops: []faults.Op{faults.List}, Class: faults.OK,
		Why: "a cursor that comes back ends the list"}
	t.Run("checkout session", func(t *testing.T) { faults.Run(t, sessionHarness(), circle) })
	t.Run("payment link", func(t *testing.T) { faults.Run(t, linkHarness(), circle) })
}

// TestChaos makes 500 creates per seed and mode. GUICHET_CHAOS_CALLS=5000 makes as
// many as that.
func TestChaos(t *testing.T) {
	for _, seed := range faults.Seeds {
		t.Run("checkout session", func(t *testing.T) { faults.Chaos(t, sessionHarness(), seed, faults.ChaosCalls(t)) })
		t.Run("payment link", func(t *testing.T) { faults.Chaos(t, linkHarness(), seed, faults.ChaosCalls(t)) })
	}
}
