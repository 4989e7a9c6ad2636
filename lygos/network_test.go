package lygos_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/suite/network"
)

func TestNetwork(t *testing.T) {
	network.Run(t, harness(),
		network.Exception{Fault: "F24", Ops: []network.Op{network.Status, network.Wait}, Class: network.Pending,
			Why: "Lygos answers 404 until the customer starts to pay"},
		network.Exception{Fault: "F55", Ops: []network.Op{network.Status, network.Wait}, Class: network.OK,
			Why: "Payment.ID is the order id; the status names no other"},
	)
}

// TestChaos makes 500 creates per seed. GUICHET_CHAOS_CALLS=5000 makes as many as
// that.
func TestChaos(t *testing.T) {
	for _, seed := range network.Seeds {
		network.Chaos(t, harness(), seed, network.ChaosCalls(t))
	}
}
