package caurisflux_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/suite/input"
)

func TestInput(t *testing.T) { input.Run(t, harness()) }

func TestTypedInput(t *testing.T) { input.RunTyped(t, harness()) }
