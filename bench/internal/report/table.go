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

// Table is a table of text. The first columns are aligned to the left, the others to
// the right.
type Table struct {
	Head []string
	Left int // how many columns are aligned to the left
	Rows [][]string
}

// String writes the table in Markdown, aligned so that it can be read as it is.
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
			blanks := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i < t.Left {
				cell += blanks
			} else {
				cell = blanks + cell
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

// Ratios is the table of all benchmarks. On a suite in shared, B/op and allocs/op are
// left out: they are not the client's alone.
func Ratios(rows []Row, baseline string, shared ...string) Table {
	t := Table{
		Head: []string{
			"over", "case", "client", "to " + baseline, "p", "CPU to " + baseline, "time/op", "±", "B/op", "allocs/op",
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

// text writes a ratio, with benchstat's ~ where the samples do not differ, or nothing
// where it was not measured.
func (r Ratio) text(baseline bool) string {
	if math.IsNaN(r.Value) {
		return ""
	}
	if baseline || r.Significant() {
		return fmt.Sprintf("%.2f", r.Value)
	}
	return fmt.Sprintf("~ %.2f", r.Value)
}

func spread(row Row) string {
	return strings.TrimPrefix(strings.ReplaceAll(row.Time.PctRangeString(), " ", ""), "±")
}

// Duration writes seconds with three digits.
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
