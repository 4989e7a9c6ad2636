package benchmark

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const program = `package main

import (
	"context"
	"fmt"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lygos"
)

func main() {
	c, err := lygos.New(lygos.Config{APIKey: "k", ShopName: "s"})
	if err != nil {
		panic(err)
	}
	var client guichet.Client = c
	fmt.Println(client.GetStatus(context.Background(), "o"))
}
`

const programByHand = `package main

import (
	"encoding/json"
	"fmt"
	"net/http"
)

func main() {
	res, err := http.Get("https://api.example.com")
	if err != nil {
		panic(err)
	}
	defer res.Body.Close()
	var v struct{ Status string }
	fmt.Println(json.NewDecoder(res.Body).Decode(&v), v)
}
`

// TestReportBinarySize prints how much larger a program is that takes payments with
// one provider than one that makes a call with net/http and encoding/json.
func TestReportBinarySize(t *testing.T) {
	needReport(t)
	dir, err := os.MkdirTemp(".", "size") // inside the module, for its imports
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	size := func(name, source string) int64 {
		folder := filepath.Join(dir, name)
		require.NoError(t, os.Mkdir(folder, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte(source), 0o644))
		out := filepath.Join(t.TempDir(), name)
		build := exec.Command("go", "build", "-o", out, "./"+folder)
		text, err := build.CombinedOutput()
		require.NoError(t, err, string(text))
		info, err := os.Stat(out)
		require.NoError(t, err)
		return info.Size()
	}
	ours, byHand := size("provider", program), size("hand", programByHand)
	t.Logf("a program with one provider: %.2f MB, by hand: %.2f MB, more: %.2f MB", float64(ours)/1e6, float64(byHand)/1e6, float64(ours-byHand)/1e6)
}
