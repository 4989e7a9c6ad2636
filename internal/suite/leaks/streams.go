package leaks

import (
	"log"
	"os"

	"github.com/guichetpay/guichet/internal/suite/scripted"
)

// captured returns what the process writes meanwhile to stdout, stderr and the
// standard logger, which has its own copy of stderr. Only the builtin println passes
// it by.
func captured(t scripted.T, do func()) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "streams")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stdout, stderr, logger := os.Stdout, os.Stderr, log.Writer()
	func() {
		defer func() {
			os.Stdout, os.Stderr = stdout, stderr
			log.SetOutput(logger)
		}()
		os.Stdout, os.Stderr = file, file
		log.SetOutput(file)
		do()
	}()
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
