package ligdicash_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/ligdicash"
)

func TestNilClient(t *testing.T) { contract.NilClient(t, (*ligdicash.Client)(nil)) }
