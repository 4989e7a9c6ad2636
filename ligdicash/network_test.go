package ligdicash_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/suite/network"
)

func TestNetwork(t *testing.T) {
	network.Run(t, harness(),
		network.Exception{Fault: "F55", Ops: []network.Op{network.Status, network.Wait}, Class: network.OK,
			Why: "a confirmation does not repeat the token that was asked about"},
	)
}

// TestChaos makes 500 creates per seed. GUICHET_CHAOS_CALLS=5000 makes as many as
// that.
func TestChaos(t *testing.T) {
	for _, seed := range network.Seeds {
		network.Chaos(t, harness(), seed, network.ChaosCalls(t))
	}
}
