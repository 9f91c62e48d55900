package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/data"
	"github.com/tapkey-go/tapkey-go/bench/internal/report"
	"github.com/tapkey-go/tapkey-go/bench/internal/wire"
)

const listed = 100_000

// listGrowth is the cost of listing 100,000 owner accounts in new processes.
type listGrowth struct {
	client  string
	growth  []float64 // bytes, in ascending order
	seconds []float64
}

// measureListGrowth lists the owner accounts with each client in new processes. The server
// runs in this process.
func measureListGrowth(ctx context.Context, dir string, repeats int) ([]listGrowth, error) {
	probe := filepath.Join(dir, "probe")
	if _, err := output(ctx, "", nil, "go", "build", "-o", probe, "./cmd/probe"); err != nil {
		return nil, err
	}
	server := wire.Loopback(data.List(data.Owner, 0, listed))
	defer server.Close()
	url := server.URL + "/api/v1"
	all, err := clients.All(clients.Server{URL: url})
	if err != nil {
		return nil, err
	}
	growths := make([]listGrowth, len(all))
	for range repeats {
		for i, c := range all {
			out, err := output(ctx, "", nil, probe, c.Name, url)
			if err != nil {
				return nil, err
			}
			var result struct {
				Items           int
				Growth, Seconds float64
			}
			if err := json.Unmarshal(out, &result); err != nil {
				return nil, err
			}
			if result.Items != listed && c.Name != clients.FloorName {
				return nil, fmt.Errorf("%s: got %d owner accounts, want %d", c.Name, result.Items, listed)
			}
			growths[i].client = c.Name
			growths[i].growth = append(growths[i].growth, result.Growth)
			growths[i].seconds = append(growths[i].seconds, result.Seconds)
		}
	}
	for _, g := range growths {
		slices.Sort(g.growth)
		slices.Sort(g.seconds)
	}
	return growths, nil
}

func median(sorted []float64) float64 { return sorted[len(sorted)/2] }

func listGrowthTable(growths []listGrowth) report.Table {
	t := report.Table{Head: []string{"client", "peak growth", "quartiles", "maximum", "wall time"}, Left: 1}
	for _, g := range growths {
		t.Rows = append(t.Rows, []string{
			g.client, mib(median(g.growth)), report.QuartilesOf(g.growth).Spread(mib), mib(slices.Max(g.growth)), report.Duration(median(g.seconds)),
		})
	}
	return t
}

// listGrowthFigures returns the growth of the iterator.
func listGrowthFigures(growths []listGrowth, err error) []figure {
	f := figure{name: iteratorName, unit: mib, target: 6 << 20, stretch: 5.2 * (1 << 20), err: err}
	for _, g := range growths {
		if g.client == "tapkey-iter" {
			f.value, f.spread = median(g.growth), report.QuartilesOf(g.growth).Spread(mib)
		}
	}
	return []figure{f}
}
