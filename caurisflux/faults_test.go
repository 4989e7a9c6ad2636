package caurisflux_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/faults"
)

func TestFaults(t *testing.T) { faults.Run(t, harness()) }
