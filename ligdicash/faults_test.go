package ligdicash_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/faults"
)

func TestFaults(t *testing.T) {
	faults.Run(t, harness(),
		faults.Exception{Fault: "F55", Ops: []faults.Op{faults.Status, faults.Wait}, Class: faults.OK,
			Why: "a confirmation does not repeat the token that was asked about"},
	)
}
