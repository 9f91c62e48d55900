package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/report"
)

// Names of the figures that the summary contains.
const (
	bearerName      = "bearer header, token cached"
	iteratorName    = "100,000 owners by iterator, peak growth"
	readAheadName   = "100 pages at 5 ms with read-ahead 4, speed-up"
	connectionsName = "64 goroutines on loopback, speed-up"
	binaryName      = "binary growth over hello world"
	linkedName      = "linked modules"
)

// summary returns what a user of the client gets, as a list in Markdown. It fails if a
// value was not measured.
func (f findings) summary() (string, error) {
	var missing []error
	lists := func(base string) (fastest, slowest float64) {
		var ratios []float64
		for _, call := range []string{"owners-1000", "grants-1000", "logentries-1000"} {
			value, err := f.times.ratio(call, base)
			missing = append(missing, err)
			ratios = append(ratios, value.Median)
		}
		return slices.Min(ratios), slices.Max(ratios)
	}
	get := func(suite string) report.Row {
		row, err := report.Find(f.rows, suite, "owner", "tapkey")
		missing = append(missing, err)
		return row
	}
	value := func(name string) string {
		for _, figure := range f.figures {
			if figure.name == name {
				missing = append(missing, figure.err)
				return figure.text()
			}
		}
		missing = append(missing, fmt.Errorf("%s was not measured", name))
		return ""
	}

	handFast, handSlow := lists(clients.Baseline)
	ogenFast, ogenSlow := lists("ogen")
	single, err := f.times.ratio("owner", clients.Baseline)
	missing = append(missing, err)
	memory, loopback := get("Memory"), get("Loopback")
	text := fmt.Sprintf(""+
		"- A list of 1,000 items takes %.2f to %.2f times as long as with net/http and encoding/json, "+
		"and %.2f to %.2f times as long as with ogen.\n"+
		"- An iterator over 100,000 owner accounts adds %s to the memory of the process.\n"+
		"- A single GET takes %s without a network, %.2f times as long as a hand-written client, "+
		"and %s over loopback.\n"+
		"- With read-ahead 4, 100 pages at 5 ms arrive %s as fast. 64 goroutines call %s as fast as with "+
		"http.DefaultTransport.\n"+
		"- A cached bearer token takes %s. The client adds %s and %s modules to a program.\n",
		handFast, handSlow, ogenFast, ogenSlow, value(iteratorName),
		report.Duration(memory.Time), single.Median, report.Duration(loopback.Time),
		value(readAheadName), value(connectionsName), value(bearerName), value(binaryName), value(linkedName))
	return text, errors.Join(missing...)
}
