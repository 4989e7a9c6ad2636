package lomi_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/faults"
)

func TestFaults(t *testing.T) {
	t.Run("checkout session", func(t *testing.T) { faults.Run(t, sessionHarness()) })
	t.Run("payment link", func(t *testing.T) { faults.Run(t, linkHarness()) })
}

// TestChaos makes 500 creates per seed and mode. GUICHET_CHAOS_CALLS=5000 makes as
// many as that.
func TestChaos(t *testing.T) {
	for _, seed := range faults.Seeds {
		t.Run("checkout session", func(t *testing.T) { faults.Chaos(t, sessionHarness(), seed, faults.ChaosCalls(t)) })
		t.Run("payment link", func(t *testing.T) { faults.Chaos(t, linkHarness(), seed, faults.ChaosCalls(t)) })
	}
}
