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

// Ratios returns the table of all benchmarks. B/op and allocs/op of the suites in shared are
// omitted, because they include the server.
func Ratios(rows []Row, baseline string, shared ...string) Table {
	t := Table{
		Head: []string{
			"transport", "case", "client", "vs " + baseline, "p", "CPU vs " + baseline, "time/op", "±", "B/op", "allocs/op",
		},
		Left: 3,
	}
	for _, row := range rows {
		p := fmt.Sprintf("%.3f", row.ToBaseline.P)
		if row.Client == baseline {
			p = ""
		}
		bytes, allocs := benchunit.Scale(row.Bytes, benchunit.Binary), fmt.Sprint(int(row.Allocs))
		if slices.Contains(shared, row.Suite) {
			bytes, allocs = "", ""
		}
		t.Rows = append(t.Rows, []string{
			strings.ToLower(row.Suite), row.Case, row.Client,
			row.ToBaseline.text(row.Client == baseline), p, row.CPUToBaseline.text(row.Client == baseline),
			Duration(row.Time.Center), spread(row), bytes, allocs,
		})
	}
	return t
}

// text formats a ratio. Like benchstat, it marks an insignificant difference with ~. A ratio
// that was not measured is empty.
func (r Ratio) text(baseline bool) string {
	if math.IsNaN(r.Value) {
		return ""
	}
	if baseline || r.Significant() {
		return fmt.Sprintf("%.2f", r.Value)
	}
	return fmt.Sprintf("~ %.2f", r.Value)
}

// spread formats the confidence interval of the time.
func spread(row Row) string {
	return strings.TrimPrefix(strings.ReplaceAll(row.Time.PctRangeString(), " ", ""), "±")
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
