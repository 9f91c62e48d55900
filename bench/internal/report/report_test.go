package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// output returns the output of passes of three benchmarks. The time of ours is half the time
// of hand, the time of other is the same.
func output(passes int) string {
	var text strings.Builder
	for pass := range passes {
		text.WriteString("goos: linux\npkg: example.test/bench\n")
		for _, b := range []struct {
			name       string
			ns, allocs int
		}{{"hand", 2000, 24}, {"ours", 1000, 12}, {"other", 2000, 24}} {
			fmt.Fprintf(&text, "BenchmarkMemory/owner/%s-2 \t 1000 \t %d ns/op \t %d cpu-ns/op \t 2048 B/op \t %d allocs/op\n",
				b.name, b.ns+pass*7%5, b.ns+pass*7%5, b.allocs)
		}
		text.WriteString("PASS\n")
	}
	return text.String()
}

// compared returns the rows of these passes.
func compared(t *testing.T, passes int) []Row {
	t.Helper()
	var results Results
	if err := results.Read(strings.NewReader(output(passes))); err != nil {
		t.Fatal(err)
	}
	rows, err := results.Compare("hand")
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestRatiosToTheBaseline(t *testing.T) {
	const want = `
| transport | case  | client | vs hand |    quartiles |     p | CPU vs hand | time/op | instructions |    B/op | allocs/op |
| --------- | ----- | ------ | ------: | -----------: | ----: | ----------: | ------: | -----------: | ------: | --------: |
| memory    | owner | hand   |    1.00 |              |       |        1.00 | 2.00 µs |        25.8k | 2.000Ki |        24 |
| memory    | owner | ours   |    0.50 | 0.50 to 0.50 | 0.002 |        0.50 | 1.00 µs |        12.0k | 2.000Ki |        12 |
| memory    | owner | other  |  ~ 1.00 | 1.00 to 1.00 | 1.000 |      ~ 1.00 | 2.00 µs | not measured | 2.000Ki |        24 |
`
	executed := func(name, client string) (float64, bool) {
		n, ok := map[string]float64{"owner/hand": 25_760, "owner/ours": 12_000}[name+"/"+client]
		return n, ok
	}
	got := Ratios(compared(t, 6), "hand", executed).String()
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if shared := Ratios(compared(t, 6), "hand", executed, "Memory").String(); strings.Contains(shared, "2.000Ki") {
		t.Errorf("got\n%s\nwant no B/op of a shared suite", shared)
	}
}

// TestRatioOfSlowPasses checks that a pass that is slow for all clients does not change the ratio.
func TestRatioOfSlowPasses(t *testing.T) {
	got := RatioOf([]float64{1, 10, 2, 1, 30}, []float64{2, 20, 2, 4, 60})
	if want := (Quartiles{0.5, 0.5, 0.5}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := QuartilesOf([]float64{4, 1, 3, 2}), (Quartiles{1.75, 2.5, 3.25}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := RatioOf(nil, []float64{1}).Spread(twoDigits); got != "" {
		t.Errorf("got quartiles %q without samples, want none", got)
	}
}

func TestTwoPassesAreNotSignificant(t *testing.T) {
	row, err := Find(compared(t, 2), "Memory", "owner", "ours")
	if err != nil || row.ToBaseline.Significant() {
		t.Errorf("got p = %v, error %v, want no significance", row.ToBaseline.P, err)
	}
}

func TestInvalidResults(t *testing.T) {
	for name, text := range map[string]string{
		"invalid name":   "BenchmarkAlone 1 5 ns/op\n",
		"invalid number": "BenchmarkMemory/owner/hand 1 many ns/op\n",
	} {
		if err := new(Results).Read(strings.NewReader(text)); err == nil {
			t.Errorf("%s: got no error for %q, want one", name, text)
		}
	}
	var results Results
	if err := results.Read(strings.NewReader("BenchmarkMemory/owner/ours 1 5 ns/op\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := results.Compare("hand"); err == nil {
		t.Error("got no error without a baseline, want one")
	}
	if _, err := Find(nil, "Memory", "owner", "ours"); err == nil {
		t.Error("got no error for a missing row, want one")
	}
}

func TestReplace(t *testing.T) {
	document := "before\n<!-- bench:a -->\nold\n<!-- /bench:a -->\nafter\n"
	for range 2 { // the second time changes nothing
		var err error
		document, err = Replace(document, "a", "\nnew\n\n")
		if err != nil {
			t.Fatal(err)
		}
	}
	if want := "before\n<!-- bench:a -->\nnew\n<!-- /bench:a -->\nafter\n"; document != want {
		t.Errorf("got %q, want %q", document, want)
	}
	if got, err := Replace(document, "b", ""); err == nil {
		t.Errorf("got %q without markers, want an error", got)
	}
}

func TestPlotIsWellFormed(t *testing.T) {
	rows := compared(t, 6)
	rows[1].Client = `<&">`
	plot := Plot(rows, "Memory", "hand", "other")
	decoder := xml.NewDecoder(strings.NewReader(plot))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("got error %v, want well-formed XML:\n%s", err, plot)
		}
	}
	// The length of a bar is the ratio of its client. The baseline is a line without a bar.
	for _, want := range []string{
		`<rect class="peer" x="88" y="42" width="124.1"`,
		`<rect class="ours" x="88" y="58" width="248.0"`,
		`<line class="base" x1="336.0"`,
	} {
		if !strings.Contains(plot, want) {
			t.Errorf("got\n%s\nwant %s in it", plot, want)
		}
	}
	if got := strings.Count(plot, "<rect"); got != 2 {
		t.Errorf("got %d bars, want 2", got)
	}
}

func TestDuration(t *testing.T) {
	for seconds, want := range map[float64]string{
		5.2e-10: "0.52 ns", 6.3e-8: "63.0 ns", 3.9e-6: "3.90 µs", 4.56e-4: "456 µs", 0.0123: "12.3 ms", 3: "3.00 s",
	} {
		if got := Duration(seconds); got != want {
			t.Errorf("Duration(%g): got %q, want %q", seconds, got, want)
		}
	}
}
