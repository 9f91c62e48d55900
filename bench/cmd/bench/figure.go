package main

import (
	"fmt"
	"math"

	"github.com/tapkey-go/tapkey-go/bench/internal/report"
)

// figure is something that was measured, beside what was aimed at.
type figure struct {
	what  string
	value float64
	unit  unit

	// What must be and what would be splendid; [none] where there is no such aim.
	must, moonshot float64
	atLeast        bool // the aims are lower bounds, not upper ones

	err error // why it could not be measured
}

var none = math.NaN()

// unit writes a value.
type unit func(float64) string

func ratio(v float64) string { return fmt.Sprintf("%.2f", v) }
func times(v float64) string { return fmt.Sprintf("%.1f x", v) }
func count(v float64) string { return fmt.Sprintf("%.0f", v) }
func nanos(v float64) string { return fmt.Sprintf("%.0f ns", v) }
func mib(v float64) string   { return fmt.Sprintf("%.1f MiB", v/(1<<20)) }
func mb(v float64) string    { return fmt.Sprintf("%.2f MB", v/1e6) }

// met says whether an aim was reached: yes, no, or nothing where there is none.
func (f figure) met(aim float64) string {
	switch {
	case math.IsNaN(aim):
		return ""
	case f.err != nil:
		return "not measured"
	case f.atLeast && f.value >= aim, !f.atLeast && f.value <= aim:
		return "yes"
	}
	return "**no**"
}

func (f figure) aim(aim float64) string {
	switch {
	case math.IsNaN(aim):
		return ""
	case f.atLeast:
		return "≥ " + f.unit(aim)
	}
	return "≤ " + f.unit(aim)
}

func (f figure) row() []string {
	value := "not measured"
	if f.err == nil {
		value = f.unit(f.value)
	}
	return []string{f.what, value, f.aim(f.must), f.met(f.must), f.aim(f.moonshot), f.met(f.moonshot)}
}

func targets(figures []figure) report.Table {
	t := report.Table{Head: []string{"what", "measured", "must", "met", "moonshot", "met"}, Left: 1}
	for _, f := range figures {
		t.Rows = append(t.Rows, f.row())
	}
	return t
}

// failed are figures of a measurement that did not happen.
func failed(figures []figure, err error) []figure {
	for i := range figures {
		figures[i].err = err
	}
	return figures
}
