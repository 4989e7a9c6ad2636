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
		source, err := os.ReadFile(filepath.Join("..", "..", "..", m.file))
		require.NoError(t, err, m.name)
		broken, err := m.apply(string(source))
		require.NoError(t, err, m.name)
		assert.NotEqual(t, string(source), broken, m.name)
		assert.NotEmpty(t, m.tests, m.name)
	}
}
