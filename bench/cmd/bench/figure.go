package main

import (
	"fmt"
	"math"

	"github.com/tapkey-go/tapkey-go/bench/internal/report"
)

// figure is a measured value with its targets.
type figure struct {
	name  string
	value float64
	unit  unit

	spread   string // first and third quartile, if it is a median
	executed string // the same ratio in instructions

	target, stretch float64 // [none] if there is no such target
	atLeast         bool    // the targets are minimums instead of maximums

	err error // the reason if the value could not be measured
}

var none = math.NaN()

// unit formats a value.
type unit func(float64) string

func ratio(v float64) string { return fmt.Sprintf("%.2f", v) }
func times(v float64) string { return fmt.Sprintf("%.1f x", v) }
func count(v float64) string { return fmt.Sprintf("%.0f", v) }
func nanos(v float64) string { return fmt.Sprintf("%.0f ns", v) }
func mib(v float64) string   { return fmt.Sprintf("%.1f MiB", v/(1<<20)) }
func mb(v float64) string    { return fmt.Sprintf("%.2f MB", v/1e6) }

// met reports whether the figure meets a target: met, not met, or empty without a target.
func (f figure) met(target float64) string {
	switch {
	case math.IsNaN(target):
		return ""
	case f.err != nil:
		return "not measured"
	case f.atLeast && f.value >= target, !f.atLeast && f.value <= target:
		return "met"
	}
	return "**not met**"
}

// limit formats a target.
func (f figure) limit(target float64) string {
	switch {
	case math.IsNaN(target):
		return ""
	case f.atLeast:
		return "≥ " + f.unit(target)
	}
	return "≤ " + f.unit(target)
}

// text formats the value.
func (f figure) text() string {
	if f.err != nil {
		return "not measured"
	}
	return f.unit(f.value)
}

func (f figure) row() []string {
	return []string{f.name, f.text(), f.spread, f.executed, f.limit(f.target), f.met(f.target), f.limit(f.stretch), f.met(f.stretch)}
}

// targetTable returns the table of all figures.
func targetTable(figures []figure) report.Table {
	t := report.Table{Head: []string{"figure", "measured", "quartiles", "instructions", "target", "met", "stretch target", "met"}, Left: 1}
	for _, f := range figures {
		t.Rows = append(t.Rows, f.row())
	}
	return t
}

// failed returns the figures of a measurement that failed.
func failed(figures []figure, err error) []figure {
	for i := range figures {
		figures[i].err = err
	}
	return figures
}
