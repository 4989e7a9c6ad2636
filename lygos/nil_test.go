package lygos_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/suite/contract"
	"github.com/guichetpay/guichet/lygos"
)

func TestNilClient(t *testing.T) { contract.NilClient(t, (*lygos.Client)(nil)) }
