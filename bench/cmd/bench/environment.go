package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// environment describes the versions and the machine of a measurement.
func environment(ctx context.Context, command string) (string, error) {
	commit, err := output(ctx, "..", nil, "git", "rev-parse", "--short=10", "HEAD")
	if err != nil {
		return "", err
	}
	changes, err := output(ctx, "..", nil, "git", "status", "--porcelain", "--", ":!docs/performance.*", ":!bench/README.md")
	if err != nil {
		return "", err
	}
	state := ""
	if len(bytes.TrimSpace(changes)) > 0 {
		state = " with uncommitted changes"
	}
	return fmt.Sprintf("Commit %s%s, %s, ogen %s, OpenTelemetry %s, %s/%s, %d processors (%s), by `%s`.%s",
		bytes.TrimSpace(commit), state, runtime.Version(),
		version("github.com/ogen-go/ogen"), version("go.opentelemetry.io/otel"),
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(), command, load()), nil
}

// load describes how busy the machine is on Linux.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(text)); err == nil && len(fields) > 1 {
		return fmt.Sprintf(" The load average of the machine was %s before the run, over five minutes.", fields[1])
	}
	return ""
}

// version returns the version of a module in this program.
func version(module string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == module {
				return dep.Version
			}
		}
	}
	return "of unknown version"
}

// processor returns the model of the processor on Linux.
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
