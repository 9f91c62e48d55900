package main

import (
	"bytes"
	"context"
	_ "embed"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/bench/internal/report"
)

const modulePath = "github.com/tapkey-go/tapkey-go"

// hello lists owner accounts with net/http and encoding/json. The program that does so with
// the client is an example in this repository.
//
//go:embed testdata/hello/main.go
var hello []byte

const consumerSource = "../examples/owners/main.go"

// footprint contains the sizes of two programs: without and with the client.
type footprint struct {
	binary, stripped [2]int64 // bytes: hello, consumer
	linked, graph    int      // modules without the program and the client
	sums             int      // lines of go.sum
}

// measureFootprint builds both programs in new modules in dir.
func measureFootprint(ctx context.Context, dir string) (f footprint, err error) {
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		return f, err
	}
	consumer, err := os.ReadFile(consumerSource)
	if err != nil {
		return f, err
	}
	root, err := filepath.Abs("..")
	if err != nil {
		return f, err
	}
	for i, program := range [][]byte{hello, consumer} {
		module := filepath.Join(dir, [...]string{"hello", "consumer"}[i])
		run := func(args ...string) ([]byte, error) {
			return output(ctx, module, []string{"GOFLAGS=-mod=mod", "GOWORK=off"}, "go", args...)
		}
		commands := [][]string{{"mod", "init", "example.com/program"}}
		files := map[string][]byte{"main.go": program}
		if i == 1 {
			files["go.sum"] = sums
			commands = append(commands, []string{
				"mod", "edit", "-require=" + modulePath + "@v0.0.0", "-replace=" + modulePath + "=" + root,
			})
		}
		commands = append(commands, []string{"mod", "tidy"},
			[]string{"build", "-o", "program"}, []string{"build", "-ldflags=-s -w", "-o", "stripped"})
		if err := write(module, files); err != nil {
			return f, err
		}
		for _, args := range commands {
			if _, err := run(args...); err != nil {
				return f, err
			}
		}
		if f.binary[i], err = size(filepath.Join(module, "program")); err != nil {
			return f, err
		}
		if f.stripped[i], err = size(filepath.Join(module, "stripped")); err != nil {
			return f, err
		}
		if i == 1 {
			if f.linked, err = modules(run("list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".")); err != nil {
				return f, err
			}
			if f.graph, err = modules(run("list", "-m", "-f", "{{.Path}}", "all")); err != nil {
				return f, err
			}
			text, err := os.ReadFile(filepath.Join(module, "go.sum"))
			if err != nil {
				return f, err
			}
			f.sums = bytes.Count(text, []byte("\n"))
		}
	}
	return f, nil
}

func write(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func size(file string) (int64, error) {
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// modules returns the number of modules in the output of go list, without the program and
// the client.
func modules(out []byte, err error) (int, error) {
	paths := strings.Fields(string(out))
	slices.Sort(paths)
	paths = slices.DeleteFunc(slices.Compact(paths), func(path string) bool {
		return path == modulePath || path == "example.com/program"
	})
	return len(paths), err
}

func footprintFigures(f footprint, err error) []figure {
	growth := float64(f.binary[1] - f.binary[0])
	return []figure{
		{name: binaryName, value: growth, unit: mb, target: 1.6e6, stretch: 1.45e6, err: err},
		{name: linkedName, value: float64(f.linked), unit: count, target: 6, stretch: 5, err: err},
	}
}

func footprintTable(f footprint) report.Table {
	row := func(i int, name, linked, graph, sums string) []string {
		return []string{name, mb(float64(f.binary[i])), mb(float64(f.stripped[i])), linked, graph, sums}
	}
	return report.Table{
		Head: []string{"program", "binary", "stripped", "linked modules", "module graph", "go.sum lines"},
		Left: 1,
		Rows: [][]string{
			row(0, "net/http + encoding/json", "0", "0", "0"),
			row(1, "tapkey-go/client", count(float64(f.linked)), count(float64(f.graph)), count(float64(f.sums))),
		},
	}
}

// measureGenerate measures go generate in a copy of the repository, first with an empty
// build cache and then with a warm one.
func measureGenerate(ctx context.Context, dir string) (cold, warm time.Duration, err error) {
	list, err := output(ctx, "..", nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return 0, 0, err
	}
	tree := filepath.Join(dir, "tree")
	for name := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join("..", name))
		if os.IsNotExist(err) {
			continue // deleted, but not yet in a commit
		}
		if err != nil {
			return 0, 0, err
		}
		file := filepath.Join(tree, name)
		if err := write(filepath.Dir(file), map[string][]byte{filepath.Base(file): content}); err != nil {
			return 0, 0, err
		}
	}
	env := []string{"GOCACHE=" + filepath.Join(dir, "cache"), "GOWORK=off"}
	for _, took := range []*time.Duration{&cold, &warm} {
		start := time.Now()
		if _, err := output(ctx, tree, env, "go", "generate", "./..."); err != nil {
			return 0, 0, err
		}
		*took = time.Since(start)
	}
	return cold, warm, nil
}
