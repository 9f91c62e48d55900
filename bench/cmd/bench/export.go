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
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tapkey-go/tapkey-go/bench/internal/process"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

const (
	exported    = 200_000
	exportLog   = exported * 7 / 6 // six of seven entries of the sandbox are exported
	exportAhead = 8                // as the figures say
)

// exportFigures measures `tapkey logs export` as its users run it: as a process, against
// a sandbox that takes 5 ms for each answer.
func exportFigures(ctx context.Context, dir string, repeats int) []figure {
	figures := []figure{
		{what: "export of 200,000 log entries to CSV, process growth", unit: mib, must: 32 << 20, moonshot: 32 << 20},
		{what: "export with read-ahead 8, to one page at a time", unit: times, must: 3, moonshot: none, atLeast: true},
		{what: "export with read-ahead 1, its default", unit: times, must: none, moonshot: none},
		{what: "export with read-ahead 8, to reading the bytes alone", unit: ratio, must: none, moonshot: 1.1},
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

	var sequential, default1, ahead, bare []float64
	for range repeats {
		idle, err := runExport(ctx, command, dir, empty, exportAhead)
		if err != nil {
			return failed(figures, err)
		}
		for _, turn := range []struct {
			ahead int
			times *[]float64
		}{{0, &sequential}, {1, &default1}, {exportAhead, &ahead}} {
			run, err := runExport(ctx, command, dir, server, turn.ahead)
			if err == nil && run.lines != exported+1 {
				err = fmt.Errorf("%d lines were exported", run.lines)
			}
			if err != nil {
				return failed(figures, err)
			}
			*turn.times = append(*turn.times, run.took.Seconds())
			figures[0].value = max(figures[0].value, float64(run.peak-idle.peak))
		}
		took, err := fetchOnly(ctx, server, exportAhead+1)
		if err != nil {
			return failed(figures, err)
		}
		bare = append(bare, took.Seconds())
	}
	for _, times := range [][]float64{sequential, default1, ahead, bare} {
		slices.Sort(times)
	}
	figures[1].value = median(sequential) / median(ahead)
	figures[2].value = median(sequential) / median(default1)
	figures[3].value = median(ahead) / median(bare)
	return figures
}

func slowSandbox(entries int) (*sandbox.Server, error) {
	return sandbox.Start(sandbox.WithGenerated(1, 40, entries),
		sandbox.WithFaults(sandbox.Fault{Kind: "latency", Delay: latency}))
}

type exportRun struct {
	peak  int64
	took  time.Duration
	lines int
}

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
			// The peak only grows: the last one before the end is the one.
			if peak, err := process.Peak(cmd.Process.Pid); err == nil {
				run.peak = peak
			}
		}
	}
}

// fetchOnly reads what the export reads, as many pages at once, and throws it away: no
// client can be faster against this server.
func fetchOnly(ctx context.Context, server *sandbox.Server, concurrent int) (time.Duration, error) {
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
		return 0, errors.Join(err, fmt.Errorf("%d owners", len(owners)))
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
