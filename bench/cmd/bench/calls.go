package main

import (
	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/report"
)

// callFigures returns the figures of single calls. They are in the table of all benchmarks.
func callFigures(rows []report.Row) []figure {
	return []figure{
		timeRatio(rows, "single GET in memory, vs hand", "owner", clients.Baseline, 0.90, 0.60),
		timeRatio(rows, "single GET in memory, vs hand-timeout", "owner", "hand-timeout", none, none),
		allocs(rows, "single GET in memory, allocations", "owner", 40, 30),
		timeRatio(rows, "1,000 owners, vs hand", "owners-1000", clients.Baseline, 0.50, 0.28),
		timeRatio(rows, "1,000 owners, vs ogen", "owners-1000", "ogen", none, 1),
		timeRatio(rows, "1,000 grants, vs hand", "grants-1000", clients.Baseline, 0.50, 0.28),
		timeRatio(rows, "1,000 grants, vs ogen", "grants-1000", "ogen", none, 1),
		timeRatio(rows, "1,000 log entries, vs hand", "logentries-1000", clients.Baseline, 0.50, 0.28),
		timeRatio(rows, "1,000 log entries, vs ogen", "logentries-1000", "ogen", none, 1),
		bearerTime(rows),
		bearerAllocs(rows),
	}
}

func timeRatio(rows []report.Row, name, call, base string, target, stretch float64) figure {
	value, err := memoryRatio(rows, call, base)
	return figure{name: name, value: value, unit: ratio, target: target, stretch: stretch, err: err}
}

// memoryRatio returns the ratio of this client's time in memory to that of base.
func memoryRatio(rows []report.Row, call, base string) (float64, error) {
	own, err := report.Find(rows, "Memory", call, "tapkey")
	if err != nil {
		return 0, err
	}
	other, err := report.Find(rows, "Memory", call, base)
	if err != nil {
		return 0, err
	}
	return own.Time.Center / other.Time.Center, nil
}

func allocs(rows []report.Row, name, call string, target, stretch float64) figure {
	row, err := report.Find(rows, "Memory", call, "tapkey")
	return figure{name: name, value: row.Allocs, unit: count, target: target, stretch: stretch, err: err}
}

func bearerTime(rows []report.Row) figure {
	row, err := report.Find(rows, "Bearer", "header", "tapkey")
	ns := row.Time.Center * 1e9
	return figure{name: bearerName, value: ns, unit: nanos, target: 70, stretch: 70, err: err}
}

func bearerAllocs(rows []report.Row) figure {
	row, err := report.Find(rows, "Bearer", "header", "tapkey")
	return figure{name: "bearer header, allocations", value: row.Allocs, unit: count, target: 0, stretch: 0, err: err}
}
