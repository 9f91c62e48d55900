// Package drift tells whether the generated code is what the document and the pinned
// generator give. It changes nothing in the tree.
package drift

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Stale runs what the go:generate lines of a source tree say, into a directory of its
// own, and returns the files that differ from those in the tree. An error means that
// nothing is known.
func Stale(ctx context.Context, root string) (stale []string, compared int, err error) {
	commands, err := generateLines(filepath.Join(root, "generate.go"))
	if err != nil {
		return nil, 0, err
	}
	scratch, err := os.MkdirTemp("", "contract-drift-")
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	for i, args := range commands {
		at := slices.Index(args, "-o")
		if at < 0 || at+1 >= len(args) {
			return nil, 0, fmt.Errorf("generate.go: %q does not say where it writes to", strings.Join(args, " "))
		}
		target := args[at+1]
		fresh := filepath.Join(scratch, fmt.Sprintf("%d.go", i))
		args[at+1] = fresh
		command := exec.CommandContext(ctx, args[0], args[1:]...)
		command.Dir = root
		if out, err := command.CombinedOutput(); err != nil {
			return nil, 0, fmt.Errorf("the generator: %w: %s", err, lastLine(out))
		}
		want, err := os.ReadFile(fresh)
		if err != nil {
			return nil, 0, err
		}
		got, err := os.ReadFile(filepath.Join(root, target))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, 0, err
		}
		if !bytes.Equal(got, want) {
			stale = append(stale, target)
		}
		compared++
	}
	return stale, compared, nil
}

// generateLines returns the commands of the go:generate lines of a file.
func generateLines(file string) ([][]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var commands [][]string
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "//go:generate "); ok {
			commands = append(commands, strings.Fields(rest))
		}
	}
	if len(commands) == 0 {
		return nil, fmt.Errorf("%s has no go:generate line", filepath.Base(file))
	}
	return commands, nil
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
