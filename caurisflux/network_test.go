package caurisflux_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/suite/network"
)

func TestNetwork(t *testing.T) {
	network.Run(t, harness())
}

// TestChaos makes 500 creates per seed. GUICHET_CHAOS_CALLS=5000 makes as many as
// that.
func TestChaos(t *testing.T) {
	for _, seed := range network.Seeds {
		network.Chaos(t, harness(), seed, network.ChaosCalls(t))
	}
}
