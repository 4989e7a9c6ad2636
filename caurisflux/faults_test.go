package caurisflux_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/faults"
)

func TestFaults(t *testing.T) {
	faults.Run(t, harness())
}

// TestChaos makes 500 creates per seed. GUICHET_CHAOS_CALLS=5000 makes as many as
// that.
func TestChaos(t *testing.T) {
	for _, seed := range faults.Seeds {
		faults.Chaos(t, harness(), seed, faults.ChaosCalls(t))
	}
}
