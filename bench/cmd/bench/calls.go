package main

import (
	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/report"
)

// callFigures returns the figures of single calls and lists.
func callFigures(rows []report.Row, t interleavedTimes, executed instructions) []figure {
	compare := func(name, call, base string, target, stretch float64) figure {
		ratios, err := t.ratio(call, base)
		return figure{
			name: name, value: ratios.Median, spread: ratios.Spread(ratio), executed: executed.ratio(call, base),
			unit: ratio, target: target, stretch: stretch, err: err,
		}
	}
	figures := []figure{
		compare("single GET in memory, vs hand", "owner", clients.Baseline, 0.80, 0.60),
		compare("create in memory, vs hand", "create", clients.Baseline, 0.80, 0.60),
		compare("patch in memory, vs hand", "patch", clients.Baseline, 0.80, 0.60),
		compare("single GET in memory, vs hand-timeout", "owner", "hand-timeout", none, none),
		allocs(rows, "single GET in memory, allocations", "owner", 20, 14),
		compare("1,000 owners, vs hand", "owners-1000", clients.Baseline, 0.28, 0.16),
		compare("1,000 grants, vs hand", "grants-1000", clients.Baseline, 0.28, 0.20),
		compare("1,000 log entries, vs hand", "logentries-1000", clients.Baseline, 0.28, 0.20),
	}
	for _, c := range []struct{ name, call string }{
		{"single GET", "owner"}, {"create", "create"}, {"patch", "patch"}, {"10 owners", "owners-10"},
		{"1,000 owners", "owners-1000"}, {"1,000 grants", "grants-1000"}, {"1,000 log entries", "logentries-1000"},
	} {
		figures = append(figures, compare(c.name+", vs ogen", c.call, "ogen", 1, 1/1.3))
	}
	return append(figures, bearerTime(rows), bearerAllocs(rows))
}

func allocs(rows []report.Row, name, call string, target, stretch float64) figure {
	row, err := report.Find(rows, "Memory", call, "tapkey")
	return figure{name: name, value: row.Allocs, unit: count, target: target, stretch: stretch, err: err}
}

func bearerTime(rows []report.Row) figure {
	row, err := report.Find(rows, "Bearer", "header", "tapkey")
	ns := row.Time * 1e9
	return figure{name: bearerName, value: ns, unit: nanos, target: 70, stretch: 70, err: err}
}

func bearerAllocs(rows []report.Row) figure {
	row, err := report.Find(rows, "Bearer", "header", "tapkey")
	return figure{name: "bearer header, allocations", value: row.Allocs, unit: count, target: 0, stretch: 0, err: err}
}
