package ligdicash_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/suite/leaks"
)

func TestLeaks(t *testing.T) { leaks.Run(t, harness()) }
