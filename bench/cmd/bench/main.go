// Command bench compares the client with its peers and with its targets. Run it in the
// directory bench:
//
//	go run ./cmd/bench -write    measures everything and updates the documents
//	go run ./cmd/bench -quick    prints the main measurements
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/report"
)

const (
	documentFile = "../docs/performance.md"
	plotFile     = "../docs/performance.svg"
	targetsFile  = "README.md"

	summaryPart = "summary"
)

func main() {
	log.SetFlags(0)
	quick := flag.Bool("quick", false, "print the main measurements")
	write := flag.Bool("write", false, "update docs/performance.md, its plot and README.md")
	flag.Parse()
	if flag.NArg() > 0 || *quick && *write {
		log.Fatal("usage: bench [-quick | -write]")
	}
	plan := full
	if *quick {
		plan = short
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, plan, *write, os.Stdout)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// plan is the extent of a measurement.
type plan struct {
	command string
	pattern string // of the benchmarks
	passes  int
	each    time.Duration
	rounds  int  // of calls in turn
	repeats int  // of measurements other than benchmarks
	scale   bool // also measure long lists and many goroutines
	builds  bool // also run the generator with an empty build cache
}

var (
	full  = plan{"make bench", ".", 12, 50 * time.Millisecond, 60, 5, true, true}
	short = plan{"make bench-quick", mainBenchmarks, 7, 20 * time.Millisecond, 30, 3, false, false}
)

const mainBenchmarks = "Memory/^(owner|create|patch|owners-10|owners-1000|grants-1000|logentries-1000)$|Bearer"

// findings contains all measurements. A table is empty if its measurement failed.
type findings struct {
	environment  string
	rows         []report.Row
	instructions instructions
	times        interleavedTimes
	figures      []figure
	memory       string
	items        string
	callers      string
	footprint    string
}

func run(ctx context.Context, p plan, write bool, out io.Writer) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	found, err := measure(ctx, p, dir, os.Stderr)
	for _, part := range found.parts() { // also those before an error
		fmt.Fprintln(out, part.content)
	}
	if err := errors.Join(err, found.missing()); err != nil || !write {
		return err
	}
	return writeDocuments(found)
}

// missing returns the errors of failed measurements.
func (f findings) missing() error {
	var missing []error
	for i, figure := range f.figures {
		if figure.err != nil && (i == 0 || !errors.Is(f.figures[i-1].err, figure.err)) {
			missing = append(missing, fmt.Errorf("%s: %w", figure.name, figure.err))
		}
	}
	return errors.Join(missing...)
}

// measure makes all measurements of a plan, one after another.
func measure(ctx context.Context, p plan, dir string, log io.Writer) (found findings, err error) {
	if found.environment, err = environment(ctx, p.command); err != nil {
		return found, err
	}
	results, err := passes(ctx, dir, p.pattern, p.passes, p.each, log)
	if err != nil {
		return found, err
	}
	if found.rows, err = results.Compare(clients.Baseline); err != nil {
		return found, err
	}
	fmt.Fprintln(log, "instructions")
	wanted := func(name string) bool { return p.scale || name == "owner" || name == "owners-1000" }
	var counted string
	found.instructions, counted, err = measureInstructions(ctx, dir, wanted)
	switch {
	case errors.Is(err, errNoCounter):
		fmt.Fprintln(log, err)
	case err != nil:
		return found, err
	default:
		found.environment += " Instructions are counted by " + counted + "."
	}
	fmt.Fprintln(log, "calls in turn")
	if found.times, err = measureInterleaved(ctx, p.rounds); err != nil {
		return found, err
	}
	found.figures = callFigures(found.rows, found.times, found.instructions)
	fmt.Fprintln(log, "memory of new processes")
	growths, err := measureListGrowth(ctx, dir, p.repeats)
	found.figures = append(found.figures, listGrowthFigures(growths, err)...)
	if err == nil {
		found.memory = listGrowthTable(growths).String()
	}
	fmt.Fprintln(log, "pages")
	found.figures = append(found.figures, pageFigures(ctx, p.repeats)...)
	fmt.Fprintln(log, "connections")
	found.figures = append(found.figures, connectionFigures(ctx, p.repeats)...)
	fmt.Fprintln(log, "export")
	found.figures = append(found.figures, exportFigures(ctx, dir, p.repeats)...)
	if p.scale {
		fmt.Fprintln(log, "scale")
		items, err := measureItems(ctx, p.repeats)
		if err != nil {
			return found, err
		}
		callers, err := measureCallers(ctx, p.repeats)
		if err != nil {
			return found, err
		}
		found.items, found.callers = items.String(), callers.String()
	}
	fmt.Fprintln(log, "builds")
	err = found.builds(ctx, dir, p.builds)
	return found, err
}

// builds adds the sizes of programs and, if generate is set, the time of the generator.
func (f *findings) builds(ctx context.Context, dir string, generate bool) error {
	size, err := measureFootprint(ctx, dir)
	f.figures = append(f.figures, footprintFigures(size, err)...)
	if err == nil {
		f.footprint = footprintTable(size).String()
	}
	if !generate || err != nil {
		return err
	}
	cold, warm, err := measureGenerate(ctx, dir)
	f.footprint += fmt.Sprintf("\n`go generate ./...`, which writes the client and the server side of the sandbox, takes "+
		"%s with an empty build cache and %s with a warm one.\n", report.Duration(cold.Seconds()), report.Duration(warm.Seconds()))
	return err
}

// part is the content between two markers of a document.
type part struct{ file, name, content string }

func (f findings) parts() []part {
	return []part{
		{documentFile, "environment", f.environment + "\n"},
		{documentFile, "ratios", report.Ratios(f.rows, clients.Baseline, f.instructions.of, "Loopback").String()},
		{targetsFile, "targets", targetTable(f.figures).String()},
		{documentFile, "memory", f.memory},
		{documentFile, "items", f.items},
		{documentFile, "callers", f.callers},
		{documentFile, "footprint", f.footprint},
	}
}

// writeDocuments writes the findings between the markers of the documents, and the plot.
func writeDocuments(found findings) error {
	summary, err := found.summary()
	if err != nil {
		return err
	}
	for _, part := range append(found.parts(), part{documentFile, summaryPart, summary}) {
		text, err := os.ReadFile(part.file)
		if err != nil {
			return err
		}
		document, err := report.Replace(string(text), part.name, part.content)
		if err != nil {
			return fmt.Errorf("%s: %w", part.file, err)
		}
		if err := os.WriteFile(part.file, []byte(document), 0o644); err != nil {
			return err
		}
	}
	plot := report.Plot(found.rows, "Memory", clients.Baseline, "tapkey", "tapkey-iter")
	return os.WriteFile(plotFile, []byte(plot), 0o644)
}
