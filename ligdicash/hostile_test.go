package ligdicash_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/hostile"
)

func TestHostileInput(t *testing.T) { hostile.Run(t, harness()) }

func TestHostileTypedInput(t *testing.T) { hostile.RunTyped(t, harness()) }
