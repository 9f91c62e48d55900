// Command bench measures the client beside its peers and beside its aims. It is run in
// the folder bench:
//
//	go run ./cmd/bench -write    measures everything and writes docs/performance.md
//	go run ./cmd/bench -quick    prints the essential in a minute
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
)

func main() {
	log.SetFlags(0)
	quick := flag.Bool("quick", false, "the essential, in a minute")
	write := flag.Bool("write", false, "write docs/performance.md and its plot")
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

// plan says how much is measured.
type plan struct {
	command string
	pattern string // of the benchmarks
	passes  int
	each    time.Duration
	repeats int  // of everything that is not a benchmark
	builds  bool // build programs, and the generator
}

var (
	full  = plan{"make bench", ".", 12, 50 * time.Millisecond, 5, true}
	short = plan{"make bench-quick", essential, 6, 20 * time.Millisecond, 2, false}
)

const essential = "Memory/^(owner|owners-1000|grants-1000|logentries-1000|patch)$|Bearer"

// findings are all that was measured. A table that is missing is one of something that
// could not be.
type findings struct {
	environment string
	rows        []report.Row
	figures     []figure
	memory      string
	footprint   string
}

func run(ctx context.Context, p plan, write bool, out io.Writer) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	found, err := measure(ctx, p, dir, os.Stderr)
	if err != nil {
		return err
	}
	for _, part := range found.parts() {
		fmt.Fprintln(out, part.content)
	}
	if err := found.missing(); err != nil || !write {
		return err
	}
	return writeDocument(found)
}

// missing says why something was not measured.
func (f findings) missing() error {
	var missing []error
	for i, figure := range f.figures {
		if figure.err != nil && (i == 0 || !errors.Is(f.figures[i-1].err, figure.err)) {
			missing = append(missing, fmt.Errorf("%s: %w", figure.what, figure.err))
		}
	}
	return errors.Join(missing...)
}

// measure takes everything in turn; nothing else runs meanwhile.
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
	found.figures = callFigures(found.rows)
	fmt.Fprintln(log, "memory of fresh processes")
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
	if p.builds {
		fmt.Fprintln(log, "builds")
		found.builds(ctx, dir)
	}
	return found, nil
}

// builds adds what programs and the generator take to build and to run.
func (f *findings) builds(ctx context.Context, dir string) {
	var cold, warm time.Duration
	size, err := measureFootprint(ctx, dir)
	if err == nil {
		cold, warm, err = measureGenerate(ctx, dir)
	}
	f.figures = append(f.figures, footprintFigures(size, err)...)
	if err == nil {
		f.footprint = fmt.Sprintf("%s\n`go generate ./...`, which writes the client and the sandbox's server side: "+
			"%s with an empty build cache, %s with a warm one.\n",
			footprintTable(size), report.Duration(cold.Seconds()), report.Duration(warm.Seconds()))
	}
}

// part is what goes between two markers of the document.
type part struct{ name, content string }

func (f findings) parts() []part {
	return []part{
		{"environment", f.environment + "\n"},
		{"ratios", report.Ratios(f.rows, clients.Baseline, "Loopback").String()},
		{"targets", targets(f.figures).String()},
		{"memory", f.memory},
		{"footprint", f.footprint},
	}
}

// writeDocument puts the findings between the markers of the document.
func writeDocument(found findings) error {
	text, err := os.ReadFile(documentFile)
	if err != nil {
		return err
	}
	document := string(text)
	for _, part := range found.parts() {
		if document, err = report.Replace(document, part.name, part.content); err != nil {
			return err
		}
	}
	if err := os.WriteFile(documentFile, []byte(document), 0o644); err != nil {
		return err
	}
	plot := report.Plot(found.rows, "Memory", clients.Baseline, "tapkey", "tapkey-iter")
	return os.WriteFile(plotFile, []byte(plot), 0o644)
}
