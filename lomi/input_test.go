package lomi_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/suite/input"
)

func TestInput(t *testing.T) {
	t.Run("checkout session", func(t *testing.T) { input.Run(t, sessionHarness()) })
	t.Run("payment link", func(t *testing.T) { input.Run(t, linkHarness()) })
}

func TestTypedInput(t *testing.T) { input.RunTyped(t, sessionHarness()) }
