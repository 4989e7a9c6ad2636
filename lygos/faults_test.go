package lygos_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/faults"
)

func TestFaults(t *testing.T) {
	faults.Run(t, harness(),
		faults.Exception{Fault: "F24", Ops: []faults.Op{faults.Status, faults.Wait}, Class: faults.Pending,
			Why: "Lygos answers 404 until the customer starts to pay"},
		faults.Exception{Fault: "F55", Ops: []faults.Op{faults.Status, faults.Wait}, Class: faults.OK,
			Why: "Payment.ID is the order id; the status names no other"},
	)
}

// TestChaos makes 500 creates per seed. GUICHET_CHAOS_CALLS=5000 makes as many as
// that.
func TestChaos(t *testing.T) {
	for _, seed := range faults.Seeds {
		faults.Chaos(t, harness(), seed, faults.ChaosCalls(t))
	}
}
