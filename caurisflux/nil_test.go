package caurisflux_test

import (
	"testing"

	"github.com/guichetpay/guichet/caurisflux"
	"github.com/guichetpay/guichet/internal/suite/contract"
)

func TestNilClient(t *testing.T) { contract.NilClient(t, (*caurisflux.Client)(nil)) }
