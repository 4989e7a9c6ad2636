package benchmark

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

var report = flag.Bool("report", false, "print times too: see the package's documentation")

func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m)
}
