package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheTableFitsTheCode fails when the code has moved on and a mutation no
// longer applies.
func TestTheTableFitsTheCode(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutations {
		assert.False(t, names[m.name], "two mutations are named %q", m.name)
		names[m.name] = true
		_, source, err := m.find(filepath.Join("..", "..", ".."))
		require.NoError(t, err, m.name)
		assert.NotEqual(t, source, m.apply(source), m.name)
		assert.NotEmpty(t, m.tests, m.name)
	}
}

// TestAFileMayBeRenamed: the old text is found in whichever file of the folder holds it.
func TestAFileMayBeRenamed(t *testing.T) {
	tree := t.TempDir()
	for name, text := range map[string]string{"shop/new.go": "a := 1", "shop/other.go": "b := 2", "shop/shop_test.go": "a := 1"} {
		require.NoError(t, os.MkdirAll(filepath.Join(tree, filepath.Dir(name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(tree, name), []byte(text), 0o600))
	}
	for _, place := range []string{"shop", "shop/old.go", "shop/new.go"} {
		path, source, err := mutation{place: place, old: "a := 1"}.find(tree)
		require.NoError(t, err)
		assert.Equal(t, "new.go", filepath.Base(path))
		assert.Equal(t, "a := 1", source)
	}
	_, _, err := mutation{place: "shop", old: ":="}.find(tree)
	require.ErrorContains(t, err, "2 times")
	path, _, err := mutation{place: "shop/other.go", old: ":="}.find(tree)
	require.NoError(t, err)
	assert.Equal(t, "other.go", filepath.Base(path))
	_, _, err = mutation{place: "shop", old: "c"}.find(tree)
	require.ErrorContains(t, err, "0 times")
}
