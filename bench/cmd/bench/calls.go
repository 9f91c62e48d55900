package main

import (
	"github.com/tapkey-go/tapkey-go/bench/internal/report"
)

// callFigures are the aims for single calls, from the table of all.
func callFigures(rows []report.Row) []figure {
	return []figure{
		timeRatio(rows, "single GET, in memory, to hand", "owner", "hand", 0.90, 0.60),
		timeRatio(rows, "single GET, in memory, to hand with a time-out", "owner", "hand-timeout", none, none),
		allocs(rows, "single GET, in memory, allocs", "owner", 40, 30),
		timeRatio(rows, "1,000 owners, to hand", "owners-1000", "hand", 0.50, 0.28),
		timeRatio(rows, "1,000 owners, to ogen", "owners-1000", "ogen", none, 1),
		timeRatio(rows, "1,000 grants, to hand", "grants-1000", "hand", 0.50, 0.28),
		timeRatio(rows, "1,000 grants, to ogen", "grants-1000", "ogen", none, 1),
		timeRatio(rows, "1,000 log entries, to hand", "logentries-1000", "hand", 0.50, 0.28),
		timeRatio(rows, "1,000 log entries, to ogen", "logentries-1000", "ogen", none, 1),
		bearerTime(rows),
		bearerAllocs(rows),
	}
}

func timeRatio(rows []report.Row, what, name, base string, must, moonshot float64) figure {
	f := figure{what: what, unit: ratio, must: must, moonshot: moonshot}
	own, err := report.Find(rows, "Memory", name, "tapkey")
	if err != nil {
		return failed([]figure{f}, err)[0]
	}
	other, err := report.Find(rows, "Memory", name, base)
	if err != nil {
		return failed([]figure{f}, err)[0]
	}
	f.value = own.Time.Center / other.Time.Center
	return f
}

func allocs(rows []report.Row, what, name string, must, moonshot float64) figure {
	row, err := report.Find(rows, "Memory", name, "tapkey")
	return figure{what: what, value: row.Allocs, unit: count, must: must, moonshot: moonshot, err: err}
}

func bearerTime(rows []report.Row) figure {
	row, err := report.Find(rows, "Bearer", "header", "tapkey")
	ns := row.Time.Center * 1e9
	return figure{what: "bearer header, token cached", value: ns, unit: nanos, must: 70, moonshot: 70, err: err}
}

func bearerAllocs(rows []report.Row) figure {
	row, err := report.Find(rows, "Bearer", "header", "tapkey")
	return figure{what: "bearer header, allocs", value: row.Allocs, unit: count, must: 0, moonshot: 0, err: err}
}
