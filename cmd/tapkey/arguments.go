package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxArguments is the maximum number of entities that one command changes or shows.
const maxArguments = 10_000

// expandArguments replaces the argument "-" by the lines of standard input, up to the
// first tab of each, so that the TSV of a list can be piped into another command.
func expandArguments(args []string, stdin io.Reader) (expanded []string, err error) {
	read := false
	for _, arg := range args {
		if arg != "-" {
			expanded = append(expanded, arg)
			continue
		}
		if read {
			return nil, errors.New("- is used twice: standard input can be read once")
		}
		read = true
		lines, err := readArguments(stdin)
		if err != nil {
			return nil, err
		}
		expanded = append(expanded, lines...)
	}
	if len(expanded) > maxArguments {
		return nil, fmt.Errorf("more than %d IDs", maxArguments)
	}
	return expanded, nil
}

func readArguments(stdin io.Reader) (lines []string, err error) {
	scanner := bufio.NewScanner(stdin)
	scanner.Buffer(nil, maxLine)
	for scanner.Scan() {
		line, _, _ := strings.Cut(strings.TrimPrefix(scanner.Text(), byteOrderMark), "\t")
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
		if len(lines) > maxArguments {
			break // reported by the caller
		}
	}
	if scanner.Err() != nil {
		return nil, errors.New("standard input has a line that is too long, or cannot be read")
	}
	return lines, nil
}

// unique returns the entities without those that are selected twice.
func unique(entities []entity) []entity {
	seen := map[string]bool{}
	return slices.DeleteFunc(entities, func(e entity) bool {
		id := strings.ToLower(e.id)
		twice := seen[id]
		seen[id] = true
		return twice
	})
}
