package lomi_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/faults"
)

func TestFaults(t *testing.T) {
	t.Run("checkout session", func(t *testing.T) { faults.Run(t, sessionHarness()) })
	t.Run("payment link", func(t *testing.T) { faults.Run(t, linkHarness()) })
}
