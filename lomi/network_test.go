package lomi_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/suite/network"
)

func TestNetwork(t *testing.T) {
	t.Run("checkout session", func(t *testing.T) { network.Run(t, sessionHarness()) })
	t.Run("payment link", func(t *testing.T) { network.Run(t, linkHarness()) })
}

// TestChaos makes 500 creates per seed and mode. GUICHET_CHAOS_CALLS=5000 makes as
// many as that.
func TestChaos(t *testing.T) {
	for _, seed := range network.Seeds {
		t.Run("checkout session", func(t *testing.T) { network.Chaos(t, sessionHarness(), seed, network.ChaosCalls(t)) })
		t.Run("payment link", func(t *testing.T) { network.Chaos(t, linkHarness(), seed, network.ChaosCalls(t)) })
	}
}
