package lomi_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/suite/leaks"
)

func TestLeaks(t *testing.T) {
	t.Run("checkout session", func(t *testing.T) { leaks.Run(t, sessionHarness()) })
	t.Run("payment link", func(t *testing.T) { leaks.Run(t, linkHarness()) })
}
