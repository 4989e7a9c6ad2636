// Command mutation breaks the code on purpose, one rule at a time, and reports
// which tests notice: a safety rule whose removal no test sees is a rule in name
// only.
//
//	go run ./internal/suite/mutation              # all, some minutes
//	go run ./internal/suite/mutation -run redirect
//
// It works on a copy. It exits with 1 when fewer than 95 of 100 are noticed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// mutation is one deliberate breakage.
type mutation struct {
	name  string // the rule that it breaks
	place string // the folder of the package; a file in it where old is not unique in the folder
	old   string // occurs exactly once there
	new   string
	tests string // packages that should notice, separated by blanks
}

const (
	goal    = 95 // of 100
	timeout = 3 * time.Minute
)

func main() {
	filter := flag.String("run", "", "only mutations whose name matches this regular expression")
	flag.Parse()
	pattern, err := regexp.Compile(*filter)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(2)
	}
	noticed, total, err := run(os.Stdout, pattern)
	fmt.Printf("%d of %d noticed\n", noticed, total)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(2)
	}
	if noticed*100 < total*goal {
		os.Exit(1)
	}
}

func run(out io.Writer, pattern *regexp.Regexp) (noticed, total int, err error) {
	tree, err := os.MkdirTemp("", "mutation")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(tree)
	if err := copyTree(".", tree); err != nil {
		return 0, 0, err
	}
	var chosen []mutation
	whole := map[string]bool{} // the packages whose tests pass before anything is broken
	for _, m := range mutations {
		if !pattern.MatchString(m.name) {
			continue
		}
		chosen = append(chosen, m)
		for _, name := range strings.Fields(m.tests) {
			if whole[name] {
				continue
			}
			// A test that fails anyway would seem to notice every breakage.
			failing, err := test(context.Background(), tree, []string{name})
			if err == nil && len(failing) > 0 {
				err = fmt.Errorf("%s fails before anything is broken: %s", name, strings.Join(failing, ", "))
			}
			if err != nil {
				return 0, 0, err
			}
			whole[name] = true
		}
	}
	for _, m := range chosen {
		total++
		failing, tryErr := try(tree, m)
		if tryErr != nil {
			fmt.Fprintf(out, "INVALID  %s: %v\n", m.name, tryErr)
			err = errInvalid
			continue
		}
		if len(failing) == 0 {
			fmt.Fprintf(out, "MISSED   %s (%s)\n", m.name, m.place)
			continue
		}
		noticed++
		fmt.Fprintf(out, "noticed  %s: %s\n", m.name, strings.Join(failing[:min(3, len(failing))], ", "))
	}
	return noticed, total, err
}

var errInvalid = errors.New("some mutations did not apply, compile or run")

// copyTree copies the checkout without its history.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, path)
		switch {
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o644)
	})
}

// folder is that of the package.
func (m mutation) folder() string {
	if strings.HasSuffix(m.place, ".go") {
		return filepath.Dir(m.place)
	}
	return m.place
}

// find returns the file that holds the old text, and its source. Every file of the
// package is looked at, so that a table does not age when one is renamed or split.
func (m mutation) find(tree string) (path, source string, err error) {
	files, err := filepath.Glob(filepath.Join(tree, m.folder(), "*.go"))
	if err != nil {
		return "", "", err
	}
	total := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return "", "", err
		}
		n := strings.Count(string(data), m.old)
		if n == 1 && file == filepath.Join(tree, m.place) {
			return file, string(data), nil
		}
		if n > 0 {
			path, source = file, string(data)
		}
		total += n
	}
	if total != 1 {
		return "", "", fmt.Errorf("%s holds the old text %d times, not once", m.place, total)
	}
	return path, source, nil
}

// apply returns the source with the breakage in it.
func (m mutation) apply(source string) string { return strings.Replace(source, m.old, m.new, 1) }

var failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)|^(panic: .*)$|^FAIL\s+(\S+)`)

// try runs the tests on the broken copy and returns what failed. Code that does
// not compile is a mistake in the table.
func try(tree string, m mutation) ([]string, error) {
	path, source, err := m.find(tree)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, []byte(m.apply(source)), 0o644); err != nil {
		return nil, err
	}
	defer os.WriteFile(path, []byte(source), 0o644)

	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "./"+m.folder())
	build.Dir = tree
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("does not compile: %s", out)
	}
	return test(ctx, tree, strings.Fields(m.tests))
}

// test runs the tests of packages and returns what failed, nil if nothing did.
func test(ctx context.Context, tree string, packages []string) ([]string, error) {
	// A broken loop can take all memory of the machine before its time is up.
	limited := []string{"-c", `ulimit -v 8000000; exec go test -failfast -vet=off -timeout=2m "$@"`, "go test"}
	run := exec.CommandContext(ctx, "sh", append(limited, packages...)...)
	run.Dir = tree
	out, err := run.CombinedOutput()
	if err == nil {
		return nil, nil
	}
	var names []string
	for _, match := range failed.FindAllStringSubmatch(string(out), -1) {
		for _, name := range match[1:] {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if ctx.Err() != nil {
		names = append(names, "timeout")
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the tests did not run: %s", out)
	}
	return names, nil
}
