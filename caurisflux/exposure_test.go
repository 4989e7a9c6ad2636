package caurisflux_test

import (
	"testing"

	"github.com/guichetpay/guichet/internal/exposure"
)

func TestNoSecretShows(t *testing.T) { exposure.Run(t, harness()) }
