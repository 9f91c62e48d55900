package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/tapkey-go/tapkey-go/bench/internal/cases"
	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/process"
	"github.com/tapkey-go/tapkey-go/bench/internal/report"
	"github.com/tapkey-go/tapkey-go/bench/internal/wire"
)

// interleavedTimes are the processor times of calls in memory, by case and client. Batches of a
// few milliseconds alternate between the clients, so that caches and clock rate are the same for
// all clients of a round. Processor time includes the collection of the garbage of a batch, and
// not the time in which other processes run.
type interleavedTimes map[[2]string][]float64

// ratio returns the ratios of a client's times to those of base.
func (t interleavedTimes) ratio(name, base string) (report.Quartiles, error) {
	own, other := t[[2]string{name, "tapkey"}], t[[2]string{name, base}]
	if len(own) == 0 || len(own) != len(other) {
		return report.Quartiles{}, fmt.Errorf("%s was not measured for tapkey and %s", name, base)
	}
	return report.RatioOf(own, other), nil
}

// batch is the least processor time of a sample.
const batch = 10 * time.Millisecond

// measureInterleaved measures the cases and the clients that have targets.
func measureInterleaved(ctx context.Context, rounds int) (interleavedTimes, error) {
	compared := []string{clients.Baseline, "hand-timeout", "ogen", "tapkey"}
	result := interleavedTimes{}
	for _, c := range cases.All() {
		if c.Items > 1000 {
			continue
		}
		all, err := clients.All(clients.Server{URL: "https://api.example.test/api/v1", Transport: wire.Memory(c.Response())})
		if err != nil {
			return nil, err
		}
		var calls []scaleCall
		for _, cl := range all {
			if call := c.Call(cl); call != nil && slices.Contains(compared, cl.Name) {
				calls = append(calls, scaleCall{cl.Name, func(ctx context.Context) error { return call.Check(ctx, c.Items) }})
			}
		}
		samples, err := alternate(ctx, calls, rounds)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		for i, call := range calls {
			result[[2]string{c.Name, call.name}] = samples[i]
		}
	}
	return result, nil
}

// alternate makes batches of calls in turn and returns the seconds of one call, for each call
// and round. The number of calls in a batch is the same in all rounds.
func alternate(ctx context.Context, calls []scaleCall, rounds int) ([][]float64, error) {
	samples, sizes := make([][]float64, len(calls)), make([]int, len(calls))
	run := func(call scaleCall, n int) (time.Duration, error) {
		// Otherwise, this batch would collect the garbage of the previous one. The collection
		// empties pools, and the first call fills them.
		runtime.GC()
		if err := call.do(ctx); err != nil {
			return 0, fmt.Errorf("%s: %w", call.name, err)
		}
		before, err := process.CPU()
		if err != nil {
			return 0, err
		}
		for range n {
			if err := call.do(ctx); err != nil {
				return 0, fmt.Errorf("%s: %w", call.name, err)
			}
		}
		after, err := process.CPU()
		return after - before, err
	}
	for i, call := range calls {
		for sizes[i] = 1; ; sizes[i] *= 2 {
			took, err := run(call, sizes[i])
			if err != nil {
				return nil, err
			}
			if took >= batch {
				break
			}
		}
	}
	for range rounds {
		for i, call := range calls {
			took, err := run(call, sizes[i])
			if err != nil {
				return nil, err
			}
			samples[i] = append(samples[i], took.Seconds()/float64(sizes[i]))
		}
	}
	return samples, nil
}
