package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// environment says what the figures were measured with and on.
func environment(ctx context.Context, command string) (string, error) {
	commit, err := output(ctx, "..", nil, "git", "rev-parse", "--short=10", "HEAD")
	if err != nil {
		return "", err
	}
	changes, err := output(ctx, "..", nil, "git", "status", "--porcelain", "--", ":!docs/performance.*")
	if err != nil {
		return "", err
	}
	state := ""
	if len(bytes.TrimSpace(changes)) > 0 {
		state = " with uncommitted changes"
	}
	return fmt.Sprintf("Commit %s%s, %s, %s/%s, %d processors (%s), by `%s`.", bytes.TrimSpace(commit), state,
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(), command), nil
}

// processor is the model of the processor, as Linux has it.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown model"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown model"
}
