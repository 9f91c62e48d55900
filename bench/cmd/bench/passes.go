package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/tapkey-go/tapkey-go/bench/internal/report"
)

// passes runs all benchmarks n times, each time in one process. A temporary slowdown of the
// machine then affects all clients alike.
func passes(
	ctx context.Context, dir, pattern string, n int, each time.Duration, log io.Writer,
) (*report.Results, error) {
	binary := filepath.Join(dir, "bench.test")
	if _, err := output(ctx, "", nil, "go", "test", "-c", "-o", binary, "."); err != nil {
		return nil, err
	}
	var results report.Results
	for pass := range n {
		fmt.Fprintf(log, "pass %d of %d\n", pass+1, n)
		out, err := output(ctx, "", nil, binary, "-test.run=^$", "-test.bench="+pattern,
			"-test.benchtime="+each.String(), "-test.timeout=30m")
		if err != nil {
			return nil, err
		}
		if err := results.Read(bytes.NewReader(out)); err != nil {
			return nil, err
		}
	}
	return &results, nil
}

// output runs a command and returns its standard output.
func output(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s%s", filepath.Base(name), err, &stderr, out)
	}
	return out, nil
}
