package lomi_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/exposure"
)

func TestNoSecretShows(t *testing.T) {
	t.Run("checkout session", func(t *testing.T) { exposure.Run(t, sessionHarness()) })
	t.Run("payment link", func(t *testing.T) { exposure.Run(t, linkHarness()) })
}
