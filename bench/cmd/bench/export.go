package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tapkey-go/tapkey-go/bench/internal/process"
	"github.com/tapkey-go/tapkey-go/bench/internal/report"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

const (
	exported    = 200_000
	exportLog   = exported * 7 / 6 // the export selects six of seven entries
	exportAhead = 8                // as in the names of the figures
)

// exportFigures measures `tapkey logs export` in a separate process, on a sandbox that waits
// 5 ms before each response.
func exportFigures(ctx context.Context, dir string, repeats int) []figure {
	figures := []figure{
		{name: "export of 200,000 log entries as CSV, peak growth", unit: mib, target: 32 << 20, stretch: 32 << 20},
		{name: "export with read-ahead 8, speed-up", unit: times, target: 3, stretch: none, atLeast: true},
		{name: "export with read-ahead 1 (the default), speed-up", unit: times, target: none, stretch: none},
		{name: "export with read-ahead 8, vs discarding the bytes", unit: ratio, target: 1.6, stretch: 1.3},
	}
	command := filepath.Join(dir, "tapkey")
	if _, err := output(ctx, "..", nil, "go", "build", "-o", command, "./cmd/tapkey"); err != nil {
		return failed(figures, err)
	}
	empty, err := slowSandbox(0)
	if err != nil {
		return failed(figures, err)
	}
	defer empty.Close()
	server, err := slowSandbox(exportLog)
	if err != nil {
		return failed(figures, err)
	}
	defer server.Close()

	var sequential, one, eight, discarded []float64
	for range repeats {
		idle, err := runExport(ctx, command, dir, empty, exportAhead)
		if err != nil {
			return failed(figures, err)
		}
		for _, setting := range []struct {
			ahead int
			times *[]float64
		}{{0, &sequential}, {1, &one}, {exportAhead, &eight}} {
			run, err := runExport(ctx, command, dir, server, setting.ahead)
			if err == nil && run.lines != exported+1 {
				err = fmt.Errorf("got %d lines, want %d", run.lines, exported+1)
			}
			if err != nil {
				return failed(figures, err)
			}
			*setting.times = append(*setting.times, run.took.Seconds())
			figures[0].value = max(figures[0].value, float64(run.peak-idle.peak))
		}
		took, err := discardPages(ctx, server, exportAhead+1)
		if err != nil {
			return failed(figures, err)
		}
		discarded = append(discarded, took.Seconds())
	}
	for i, ratios := range []report.Quartiles{
		report.RatioOf(sequential, eight), report.RatioOf(sequential, one), report.RatioOf(eight, discarded),
	} {
		f := &figures[i+1]
		f.value, f.spread = ratios.Median, ratios.Spread(f.unit)
	}
	return figures
}

// slowSandbox starts a sandbox with log entries that delays its responses.
func slowSandbox(entries int) (*sandbox.Server, error) {
	return sandbox.Start(sandbox.WithGenerated(1, 40, entries),
		sandbox.WithFaults(sandbox.Fault{Kind: sandbox.FaultLatency, Delay: latency}))
}

// exportRun is the result of one export.
type exportRun struct {
	peak  int64 // bytes
	took  time.Duration
	lines int
}

// runExport runs the command and samples its memory until it exits.
func runExport(ctx context.Context, command, dir string, server *sandbox.Server, ahead int) (exportRun, error) {
	file := filepath.Join(dir, "log.csv")
	cmd := exec.CommandContext(ctx, command, "logs", "export", "--owner", "Locking System 000001",
		"--format", "csv", "--output", file, "--read-ahead", strconv.Itoa(ahead))
	cmd.Env = append(os.Environ(),
		client.EnvClientID+"="+server.ClientID(), client.EnvClientSecret+"="+server.ClientSecret(),
		client.EnvBaseURI+"="+strings.TrimSuffix(server.BaseURL(), "/api/v1"), client.EnvTokenEndpoint+"="+server.TokenURL())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return exportRun{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var run exportRun
	for {
		select {
		case err := <-ended:
			run.took = time.Since(start)
			if err != nil {
				return run, fmt.Errorf("export: %w\n%s", err, &stderr)
			}
			text, err := os.ReadFile(file)
			run.lines = bytes.Count(text, []byte("\n"))
			return run, err
		case <-time.After(5 * time.Millisecond):
			// The peak never shrinks, so the last sample counts.
			if peak, err := process.Peak(cmd.Process.Pid); err == nil {
				run.peak = peak
			}
		}
	}
}

// discardPages requests the same pages as the export, equally many at a time, and discards
// the responses. No client can be faster with this server.
func discardPages(ctx context.Context, server *sandbox.Server, concurrent int) (time.Duration, error) {
	c, err := client.New(
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithScopes("read:logs", "read:owneraccounts"),
	)
	if err != nil {
		return 0, err
	}
	owners, err := c.ListOwners(ctx)
	if err != nil || len(owners) != 1 {
		return 0, errors.Join(err, fmt.Errorf("got %d owner accounts, want 1", len(owners)))
	}
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrent)
	const size = 500
	for skip := 0; skip < exported; skip += size {
		group.Go(func() error {
			rsp, err := c.Raw().ListLogEntries(ctx, owners[0].ID, &tapkey.ListLogEntriesParams{
				Filter: new("logType eq 'Command' and command eq 'TriggerLock'"),
				Select: new("id,entryNo,lockTimestamp,receivedAt,boundLockId,boundCardId,contactId"),
				Top:    new(size), Skip: &skip,
			})
			if err != nil {
				return err
			}
			defer rsp.Body.Close()
			if rsp.StatusCode != http.StatusOK {
				return errors.New(rsp.Status)
			}
			_, err = io.Copy(io.Discard, rsp.Body)
			return err
		})
	}
	err = group.Wait()
	return time.Since(start), err
}
