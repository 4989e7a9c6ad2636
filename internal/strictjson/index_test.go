package strictjson

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The index of a large text costs at most about twice its final size.
func TestTheIndexGrowsByDoubling(t *testing.T) {
	text := []byte("[" + strings.Repeat("1,", MaxValues-2) + "1]")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	doc, err := Parse(text)
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	doc.Release()
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(6<<20))
}
