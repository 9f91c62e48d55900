package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/bench/internal/report"
)

// measured returns rows with one sample each.
func measured(t *testing.T) []report.Row {
	t.Helper()
	const output = `
BenchmarkMemory/owner/hand 1 1000 ns/op
BenchmarkMemory/owner/tapkey 1 2000 ns/op
BenchmarkLoopback/owner/hand 1 60000 ns/op
BenchmarkLoopback/owner/tapkey 1 70000 ns/op
`
	var results report.Results
	if err := results.Read(strings.NewReader(output)); err != nil {
		t.Fatal(err)
	}
	rows, err := results.Compare("hand")
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestSummary(t *testing.T) {
	measuredTimes := interleavedTimes{
		{"owner", "hand"}: {1, 4}, {"owner", "tapkey"}: {2, 8},
		{"owners-1000", "hand"}: {4, 4}, {"owners-1000", "ogen"}: {2.5, 2.5}, {"owners-1000", "tapkey"}: {2, 2},
		{"grants-1000", "hand"}: {8, 8}, {"grants-1000", "ogen"}: {8, 8}, {"grants-1000", "tapkey"}: {2, 2},
		{"logentries-1000", "hand"}: {4, 4}, {"logentries-1000", "ogen"}: {2.5, 2.5}, {"logentries-1000", "tapkey"}: {2, 2},
	}
	found := findings{rows: measured(t), times: measuredTimes, figures: []figure{
		{name: iteratorName, value: 6 << 20, unit: mib},
		{name: readAheadName, value: 4.2, unit: times},
		{name: connectionsName, value: 2, unit: times},
		{name: bearerName, value: 66, unit: nanos},
		{name: binaryName, value: 1.46e6, unit: mb},
		{name: linkedName, value: 6, unit: count},
	}}
	const want = `- A list of 1,000 items takes 0.25 to 0.50 times as long as with net/http and encoding/json, and 0.25 to 0.80 times as long as with ogen.
- An iterator over 100,000 owner accounts adds 6.0 MiB to the memory of the process.
- A single GET takes 2.00 µs without a network, 2.00 times as long as a hand-written client, and 70.0 µs over loopback.
- With read-ahead 4, 100 pages at 5 ms arrive 4.2 x as fast. 64 goroutines call 2.0 x as fast as with http.DefaultTransport.
- A cached bearer token takes 66 ns. The client adds 1.46 MB and 6 modules to a program.
`
	got, err := found.summary()
	if err != nil || got != want {
		t.Errorf("got error %v\n%s\nwant\n%s", err, got, want)
	}
}

func TestSummaryNeedsAllFigures(t *testing.T) {
	failure := errors.New("no memory")
	for name, found := range map[string]findings{
		"no figures":    {rows: measured(t)},
		"failed figure": {rows: measured(t), figures: []figure{{name: iteratorName, unit: mib, err: failure}}},
		"no rows":       {},
	} {
		if got, err := found.summary(); err == nil {
			t.Errorf("%s: got %q, want an error", name, got)
		}
	}
}
