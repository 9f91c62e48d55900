package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/perf/benchunit"
)

// Table is a table whose first columns are left-aligned. The others are right-aligned.
type Table struct {
	Head []string
	Left int // number of left-aligned columns
	Rows [][]string
}

// String returns the table in Markdown, with aligned columns.
func (t Table) String() string {
	widths := make([]int, len(t.Head))
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 3)
		}
	}
	var text strings.Builder
	line := func(cells []string) {
		for i, cell := range cells {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i < t.Left {
				cell += padding
			} else {
				cell = padding + cell
			}
			text.WriteString("| " + cell + " ")
		}
		text.WriteString("|\n")
	}
	line(t.Head)
	for i, width := range widths {
		rule := strings.Repeat("-", width+1)
		if i < t.Left {
			text.WriteString("| " + rule[1:] + " ")
		} else {
			text.WriteString("| " + rule[2:] + ": ")
		}
	}
	text.WriteString("|\n")
	for _, row := range t.Rows {
		line(row)
	}
	return text.String()
}

// Instructions returns the instructions of a call, and false if they were not measured.
type Instructions func(name, client string) (float64, bool)

// Ratios returns the table of all benchmarks. B/op, allocs/op and instructions of the suites in
// shared are omitted, because they would include the server.
func Ratios(rows []Row, baseline string, instructions Instructions, shared ...string) Table {
	t := Table{
		Head: []string{
			"transport", "case", "client", "vs " + baseline, "quartiles", "p", "CPU vs " + baseline, "time/op",
			"instructions", "B/op", "allocs/op",
		},
		Left: 3,
	}
	for _, row := range rows {
		p, spread := fmt.Sprintf("%.3f", row.ToBaseline.P), row.ToBaseline.Spread(twoDigits)
		if row.Client == baseline {
			p, spread = "", ""
		}
		executed := ""
		if n, ok := instructions(row.Case, row.Client); ok && row.Suite == memorySuite {
			executed = thousands(n)
		} else if row.Suite == memorySuite {
			executed = "not measured"
		}
		bytes, allocs := benchunit.Scale(row.Bytes, benchunit.Binary), fmt.Sprint(int(row.Allocs))
		if slices.Contains(shared, row.Suite) {
			bytes, allocs = "", ""
		}
		t.Rows = append(t.Rows, []string{
			strings.ToLower(row.Suite), row.Case, row.Client,
			row.ToBaseline.text(row.Client == baseline), spread, p, row.CPUToBaseline.text(row.Client == baseline),
			Duration(row.Time), executed, bytes, allocs,
		})
	}
	return t
}

// memorySuite is the suite whose calls take place in one process without a network.
const memorySuite = "Memory"

// thousands formats a number of instructions.
func thousands(n float64) string { return fmt.Sprintf("%.1fk", n/1e3) }

func twoDigits(v float64) string { return fmt.Sprintf("%.2f", v) }

// text formats a ratio. Like benchstat, it marks an insignificant difference with ~. A ratio
// that was not measured is empty.
func (r Ratio) text(baseline bool) string {
	if math.IsNaN(r.Median) {
		return ""
	}
	if baseline || r.Significant() {
		return twoDigits(r.Median)
	}
	return "~ " + twoDigits(r.Median)
}

// Duration formats seconds with three significant digits.
func Duration(seconds float64) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}, {time.Nanosecond, "ns"}} {
		if v := seconds / unit.size.Seconds(); v >= 1 || unit.size == time.Nanosecond {
			switch {
			case v >= 100:
				return fmt.Sprintf("%.0f %s", v, unit.name)
			case v >= 10:
				return fmt.Sprintf("%.1f %s", v, unit.name)
			}
			return fmt.Sprintf("%.2f %s", v, unit.name)
		}
	}
	return ""
}
