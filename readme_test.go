package guichet_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fragment is what surrounds the snippets that are not whole programs.
const fragment = `package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/guichetpay/guichet"
)

var (
	client interface {
		guichet.Client
		guichet.WebhookParser
	}
	err error
	_   = errors.Is
	_   = context.Background
)

type order struct {
	ID, PaymentID string
	Price         guichet.Money
}

func findOrder(context.Context, string) (*order, error)          { return nil, nil }
func deliverOnce(_ context.Context, orderID, eventID string) error { return nil }

func main() {
	_ = http.Handle
`

// TestReadmeCompiles builds every Go snippet of the READMEs in a module of its
// own, as a merchant would.
func TestReadmeCompiles(t *testing.T) {
	snippet := regexp.MustCompile("(?s)```go\n(.*?)```")
	for _, readme := range []string{"README.md", "README.fr.md"} {
		text, err := os.ReadFile(readme)
		require.NoError(t, err)
		found := snippet.FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, found, "%s shows no code", readme)
		for _, match := range found {
			source := match[1]
			if !strings.HasPrefix(source, "package ") {
				source = fragment + source + "}\n"
			}
			dir := merchantModule(t)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600))
			build := exec.Command("go", "vet", ".")
			build.Dir, build.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
			out, err := build.CombinedOutput()
			require.NoError(t, err, "%s: %s\n%s", readme, out, source)
		}
	}
}

// TestReadmeCommands keeps the two commands of the README the first code in it.
func TestReadmeCommands(t *testing.T) {
	for _, readme := range []string{"README.md", "README.fr.md"} {
		text, err := os.ReadFile(readme)
		require.NoError(t, err)
		_, after, _ := strings.Cut(string(text), "```sh\n")
		commands, _, _ := strings.Cut(after, "```")
		require.Equal(t, "go run ./examples/checkout\ngo test -race -shuffle=on ./...\n", commands, readme)
	}
	ci, err := os.ReadFile(filepath.Join(".ci", "run"))
	require.NoError(t, err)
	require.Contains(t, string(ci), "go test -race -shuffle=on ./...")
}
