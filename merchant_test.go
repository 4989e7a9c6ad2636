package guichet_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// merchantModule returns a folder with a module of its own that uses this
// checkout, as a merchant's backend does. It shares our go.sum and our module
// cache, so that nothing is downloaded.
func merchantModule(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(".")
	require.NoError(t, err)
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	sum, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	text := strings.Replace(string(mod), "module github.com/guichetpay/guichet", "module shop.example/backend", 1) +
		"\nrequire github.com/guichetpay/guichet v0.0.0\nreplace github.com/guichetpay/guichet => " + root + "\n"
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o600))
	return dir
}
