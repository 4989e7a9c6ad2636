package lomi_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/hostile"
)

func TestHostileInput(t *testing.T) {
	t.Run("checkout session", func(t *testing.T) { hostile.Run(t, sessionHarness()) })
	t.Run("payment link", func(t *testing.T) { hostile.Run(t, linkHarness()) })
}

func TestHostileTypedInput(t *testing.T) { hostile.RunTyped(t, sessionHarness()) }
