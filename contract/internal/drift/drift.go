// Package drift checks whether the generated code is what the pinned generator generates
// from the document. It does not change the source tree.
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
	"strings"
	"time"
)

// Stale runs the go:generate lines of generate.go in a copy of a source tree. It returns
// the files that they write and that differ from those of the tree, and how many they
// write. An error means that the files could not be compared.
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
	if err := copyTree(scratch, root); err != nil {
		return nil, 0, err
	}
	for _, args := range commands {
		command := exec.CommandContext(ctx, args[0], args[1:]...)
		command.Dir = scratch
		if out, err := command.CombinedOutput(); err != nil {
			return nil, 0, fmt.Errorf("generator: %w: %s", err, lastLine(out))
		}
	}
	files, err := written(scratch)
	if err != nil {
		return nil, 0, err
	}
	for _, file := range files {
		want, err := os.ReadFile(filepath.Join(scratch, file))
		if err != nil {
			return nil, 0, err
		}
		got, err := os.ReadFile(filepath.Join(root, file))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, 0, err
		}
		if err != nil || !bytes.Equal(got, want) {
			stale = append(stale, filepath.ToSlash(file))
		}
	}
	return stale, len(files), nil
}

// generateLines returns the commands in the go:generate lines of a file.
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

// copied is the modification time of the files of a copy, by which written tells them
// from those that were written later.
var copied = time.Unix(0, 0)

// copyTree copies the regular files of a source tree, without what git keeps.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		switch {
		case entry.Name() == ".git" && entry.IsDir():
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return errors.Join(os.WriteFile(target, data, 0o644), os.Chtimes(target, copied, copied))
	})
}

// written returns the files of a copy that were written since.
func written(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil || info.ModTime().Equal(copied) {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files = append(files, name)
		return err
	})
	return files, err
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
