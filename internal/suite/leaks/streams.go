package leaks

import (
	"io"
	"log"
	"os"
	"testing"
)

// captureStreams takes over what the process writes to stdout, stderr and the
// standard logger, which has its own copy of stderr. The returned func gives them
// back, and returns what was written. Only the builtin println passes it by.
func captureStreams(t *testing.T) func() string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "streams")
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, logger := os.Stdout, os.Stderr, log.Writer()
	os.Stdout, os.Stderr = file, file
	log.SetOutput(file)
	restore := func() {
		os.Stdout, os.Stderr = stdout, stderr
		log.SetOutput(logger)
	}
	t.Cleanup(restore)
	return func() string {
		restore()
		defer file.Close()
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}
