package guichet_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	goparser "go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/guichetpay/guichet"

// inSuite reports whether a package is never in a merchant's build.
func inSuite(path string) bool { return within(path, module+"/internal/suite") }

// shipped returns what a merchant can import.
func shipped(t *testing.T) []string {
	t.Helper()
	var paths []string
	for path, p := range goList(t, ".", "./...") {
		if p.Name != "main" && !within(path, module+"/internal") && !within(path, module+"/examples") {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// providers returns the names of the shipped packages that are a provider: each is a
// folder of the root, and has a fake.
func providers(t *testing.T) []string {
	t.Helper()
	paths := shipped(t)
	var names []string
	for _, path := range paths {
		name, below := strings.CutPrefix(path, module+"/")
		if below && slices.Contains(paths, path+"/"+name+"test") {
			names = append(names, name)
		}
	}
	require.Len(t, paths, 1+2*len(names), "what is shipped is the root, the providers and their fakes: %s", paths)
	require.NotEmpty(t, names)
	return names
}

// goPackage is what go list says of a package, without its tests.
type goPackage struct {
	ImportPath string
	Name       string
	Standard   bool
	Dir        string
	GoFiles    []string
	Deps       []string // all, not only direct
	Export     string
}

// goList returns packages by import path.
func goList(t *testing.T, dir string, args ...string) map[string]goPackage {
	t.Helper()
	out := runGo(t, dir, append([]string{"list", "-json=ImportPath,Name,Standard,Dir,GoFiles,Deps,Export"}, args...)...)
	packages := map[string]goPackage{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages[p.ImportPath] = p
	}
}

// runGo runs the go command without the network.
func runGo(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	flags := "-mod=readonly"
	if dir != "." {
		flags = "-mod=mod" // the stranger's go.mod is filled in
	}
	c := exec.CommandContext(t.Context(), "go", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOFLAGS="+flags, "GOPROXY=off", "GOSUMDB=off", "GOWORK=off")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	require.NoErrorf(t, err, "go %s: %s", strings.Join(args, " "), stderr.String())
	return out
}

// within reports whether path is the package root or below it.
func within(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// Who imports one provider gets that provider: no other, and nothing that is
// only for tests.
func TestImportGraph(t *testing.T) {
	all := goList(t, ".", "-deps", "./...")
	require.Contains(t, all, module)
	providers := providers(t)

	t.Run("the root needs the standard library alone", func(t *testing.T) {
		for _, dep := range all[module].Deps {
			if !all[dep].Standard {
				assert.Equal(t, module+"/internal/config", dep)
			}
		}
	})
	t.Run("resty is in internal/transport and nowhere else", func(t *testing.T) {
		imports := string(runGo(t, ".", "list", "-f", `{{.ImportPath}}:{{range .Imports}} {{.}}{{end}}`, "./..."))
		for line := range strings.Lines(imports) {
			path, direct, _ := strings.Cut(strings.TrimSpace(line), ":")
			if strings.Contains(direct, "go-resty") {
				assert.Equal(t, module+"/internal/transport", path)
			}
		}
		assert.Contains(t, imports, "go-resty", "or this proves nothing")
	})
	t.Run("no provider reaches another", func(t *testing.T) {
		for path, p := range all {
			for _, own := range providers {
				if !within(path, module+"/"+own) {
					continue
				}
				for _, dep := range p.Deps {
					for _, other := range providers {
						if other != own {
							assert.False(t, within(dep, module+"/"+other), "%s reaches %s", path, dep)
						}
					}
				}
			}
		}
	})
	t.Run("the rooms that providers share know no provider", func(t *testing.T) {
		for path, p := range all {
			if !within(path, module+"/internal") || inSuite(path) {
				continue
			}
			for _, dep := range p.Deps {
				for _, name := range providers {
					assert.False(t, within(dep, module+"/"+name), "%s reaches %s", path, dep)
				}
			}
		}
	})
	t.Run("test libraries are in tests only", func(t *testing.T) {
		for path, p := range all {
			if !within(path, module) {
				continue
			}
			for _, dep := range p.Deps {
				for _, library := range []string{"github.com/stretchr/testify", "github.com/jarcoal/httpmock", "go.uber.org/goleak"} {
					assert.False(t, within(dep, library), "%s reaches %s", path, dep)
				}
				if within(dep, "testing") {
					assert.True(t, inSuite(path), "%s reaches %s", path, dep)
				}
				assert.False(t, inSuite(dep) && !inSuite(path), "%s reaches %s", path, dep)
			}
		}
	})
	t.Run("a provider needs few modules", func(t *testing.T) {
		allowed := []string{module, "github.com/go-resty/resty/v2", "golang.org/x/net"}
		for _, name := range providers {
			for _, dep := range all[module+"/"+name].Deps {
				if !all[dep].Standard {
					assert.True(t, slices.ContainsFunc(allowed, func(root string) bool { return within(dep, root) }), "%s reaches %s", name, dep)
				}
			}
		}
	})
}

// mentions returns where a type of package root is reachable from the exported
// API of p: constants, variables, functions, fields, methods, and what they name.
func mentions(p *types.Package, root string) []string {
	var found []string
	seen := map[types.Type]bool{}
	var walk func(where string, t types.Type)
	named := func(where string, object *types.TypeName) {
		if object.Pkg() != nil && within(object.Pkg().Path(), root) {
			found = append(found, where+" is "+object.Pkg().Path()+"."+object.Name())
		}
	}
	walk = func(where string, t types.Type) {
		if t == nil || seen[t] || len(found) > 100 {
			return
		}
		seen[t] = true
		switch t := t.(type) {
		case *types.Alias:
			named(where, t.Obj())
			walk(where, t.Rhs())
		case *types.Named:
			named(where, t.Obj())
			if t.Obj().Pkg() == nil || !within(t.Obj().Pkg().Path(), module) && !within(t.Obj().Pkg().Path(), root) {
				return // the standard library's
			}
			for i := range t.NumMethods() {
				if m := t.Method(i); m.Exported() {
					walk(where+"."+m.Name(), m.Type())
				}
			}
			walk(where, t.Underlying())
		case *types.Pointer:
			walk(where, t.Elem())
		case *types.Slice:
			walk(where, t.Elem())
		case *types.Array:
			walk(where, t.Elem())
		case *types.Chan:
			walk(where, t.Elem())
		case *types.Map:
			walk(where, t.Key())
			walk(where, t.Elem())
		case *types.Tuple:
			for i := range t.Len() {
				walk(where, t.At(i).Type())
			}
		case *types.Signature:
			walk(where, t.Params())
			walk(where, t.Results())
		case *types.Struct:
			for i := range t.NumFields() {
				if f := t.Field(i); f.Exported() || f.Embedded() {
					walk(where+"."+f.Name(), f.Type())
				}
			}
		case *types.Interface:
			for i := range t.NumMethods() {
				walk(where+"."+t.Method(i).Name(), t.Method(i).Type())
			}
			for i := range t.NumEmbeddeds() {
				walk(where, t.EmbeddedType(i))
			}
		}
	}
	for _, name := range p.Scope().Names() {
		if object := p.Scope().Lookup(name); object.Exported() {
			walk(p.Path()+"."+name, object.Type())
		}
	}
	return found
}

// internals are the internal types that exported signatures name today, and why.
var internals = map[string]string{
	module + "/internal/config.Client": "what a guichet.Option sets",
	module + "/internal/fake.Request":  "what a fake keeps of a request",
	module + "/internal/fake.Fault":    "how a fake fails",
}

// resty can be replaced without anybody noticing, and so can what is internal: no
// exported signature names a type of theirs.
func TestNoExportedSignatureMentionsRestyOrInternals(t *testing.T) {
	const resty = "github.com/go-resty/resty/v2"
	public := shipped(t)
	all := goList(t, ".", append([]string{"-export", "-deps"}, public...)...)
	compiled := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if all[path].Export == "" {
			return nil, fmt.Errorf("%s was not compiled", path)
		}
		return os.Open(all[path].Export)
	})
	for _, path := range public {
		p, err := compiled.Import(path)
		require.NoError(t, err)
		assert.Empty(t, mentions(p, resty), path)
		for _, mention := range mentions(p, module+"/internal") {
			_, named, _ := strings.Cut(mention, " is ")
			assert.Contains(t, internals, named, mention)
		}
	}

	itself, err := compiled.Import(resty)
	require.NoError(t, err)
	assert.NotEmpty(t, mentions(itself, resty), "a walk that finds nothing here proves nothing")
}

// The library has no voice but the merchant's logger. The builtin println writes
// past os.Stderr, where the providers' tests look for secrets.
func TestTheLibraryPrintsNothing(t *testing.T) {
	looked := 0
	for path, p := range goList(t, ".", "./...") {
		if within(path, module+"/examples") || inSuite(path) {
			continue
		}
		for _, name := range p.GoFiles {
			looked++
			file, err := goparser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					assert.False(t, prints(types.ExprString(call.Fun)), "%s calls %s", name, types.ExprString(call.Fun))
				}
				if chosen, ok := n.(*ast.SelectorExpr); ok {
					assert.NotContains(t, []string{"os.Stdout", "os.Stderr", "slog.Default"}, types.ExprString(chosen), name)
				}
				return true
			})
		}
	}
	require.Greater(t, looked, 50)
}

func prints(callee string) bool {
	return callee == "print" || callee == "println" || strings.HasPrefix(callee, "fmt.Print") || strings.HasPrefix(callee, "log.")
}

// A program of somebody else's, that imports one provider, builds from this
// checkout and carries only that.
func TestStrangersProgram(t *testing.T) {
	root, err := filepath.Abs(".")
	require.NoError(t, err)
	sums, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module shop.example/backend\n\ngo 1.25.0\n\nrequire " + module + " v0.0.0\n\nreplace " + module + " => " + root + "\n",
		"go.sum": string(sums),
		"main.go": `package main

import (
	"fmt"
	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/lygos"
)

func main() {
	var c guichet.Client
	c, err := lygos.New(lygos.Config{APIKey: "key", ShopName: "Boutique"})
	fmt.Println(c != nil, err)
}
`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	program := filepath.Join(dir, "backend")
	runGo(t, dir, "build", "-o", program, ".")
	out, err := exec.CommandContext(t.Context(), program).CombinedOutput()
	require.NoError(t, err)
	assert.Equal(t, "true <nil>\n", string(out))

	deps := goList(t, dir, "-deps", ".")
	assert.Contains(t, deps, module+"/lygos")
	for path := range deps {
		for _, other := range []string{module + "/lomi", module + "/ligdicash", module + "/caurisflux", module + "/lygos/lygostest", module + "/internal/fake", module + "/internal/suite/contract",
			"github.com/stretchr/testify", "github.com/jarcoal/httpmock", "go.uber.org/goleak", "testing", "net/http/httptest"} {
			assert.False(t, within(path, other), "%s is carried along", path)
		}
	}
}
