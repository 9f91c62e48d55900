package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/data"
	"github.com/tapkey-go/tapkey-go/bench/internal/report"
	"github.com/tapkey-go/tapkey-go/bench/internal/wire"
	"github.com/tapkey-go/tapkey-go/client"
)

// scaleItems are lengths of lists, and scaleGoroutines numbers of concurrent callers.
func scaleItems() []int      { return []int{1, 10, 100, 1000, 10_000, 100_000, 1_000_000} }
func scaleGoroutines() []int { return []int{1, 8, 64, 1000} }

// scaleCall is a column of the tables.
type scaleCall struct {
	name string
	do   func(context.Context) error
}

// measureItems measures the time of an item in lists of different lengths, in memory.
func measureItems(ctx context.Context, repeats int) (report.Table, error) {
	t := report.Table{Head: []string{"items", "hand", "tapkey", "vs hand", "quartiles", "tapkey-iter", "vs hand", "quartiles"}}
	for _, n := range scaleItems() {
		calls, err := itemCalls(n)
		if err != nil {
			return t, err
		}
		samples, err := interleave(ctx, calls, repeats, max(1, 20_000/n))
		if err != nil {
			return t, fmt.Errorf("%d items: %w", n, err)
		}
		row := []string{count(float64(n)), report.Duration(report.QuartilesOf(samples[0]).Median / float64(n))}
		for _, own := range samples[1:] {
			ratios := report.RatioOf(own, samples[0])
			row = append(row, report.Duration(report.QuartilesOf(own).Median/float64(n)), ratio(ratios.Median), ratios.Spread(ratio))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// itemCalls returns the calls that read a list of n owner accounts.
func itemCalls(n int) ([]scaleCall, error) {
	body := data.List(data.Owner, 0, n)
	server := clients.Server{URL: "https://api.example.test/api/v1", Transport: wire.Memory(body)}
	// The longest list is longer than the default limit of a response.
	c, err := client.New(client.WithTokenSource(clients.Tokens()), client.WithBaseURL(server.URL),
		client.WithMaxResponseBytes(int64(len(body))+1), client.WithHTTPClient(&http.Client{Transport: server.Transport}))
	if err != nil {
		return nil, err
	}
	expect := func(got int, err error) error {
		if err == nil && got != n {
			err = fmt.Errorf("got %d items, want %d", got, n)
		}
		return err
	}
	hand := clients.Hand(clients.Baseline, server, 0).ListOwners
	return []scaleCall{
		{clients.Baseline, func(ctx context.Context) error { return hand.Check(ctx, n) }},
		{"tapkey", func(ctx context.Context) error {
			list, err := c.ListOwners(ctx)
			return expect(len(list), err)
		}},
		{"tapkey-iter", func(ctx context.Context) error {
			got := 0
			for _, err := range c.AllOwners(ctx) {
				if err != nil {
					return err
				}
				got++
			}
			return expect(got, nil)
		}},
	}, nil
}

// interleave makes each call n times, one call after another, and repeats that. It returns the
// seconds of one call, for each call and repetition.
func interleave(ctx context.Context, calls []scaleCall, repeats, n int) ([][]float64, error) {
	samples := make([][]float64, len(calls))
	for pass := range repeats + 1 { // the first pass fills pools and opens connections
		for i, call := range calls {
			runtime.GC()
			start := time.Now()
			for range n {
				if err := call.do(ctx); err != nil {
					return nil, fmt.Errorf("%s: %w", call.name, err)
				}
			}
			if pass > 0 {
				samples[i] = append(samples[i], time.Since(start).Seconds()/float64(n))
			}
		}
	}
	return samples, nil
}

// measureCallers measures the time of a call with different numbers of goroutines, over TLS on
// loopback. Client and server share the processors.
func measureCallers(ctx context.Context, repeats int) (report.Table, error) {
	t := report.Table{Head: []string{"protocol", "goroutines", "hand", "tapkey", "vs hand", "quartiles"}, Left: 1}
	for _, protocol := range []int{1, 2} {
		server, transport := wire.TLS(data.One(data.Owner), protocol)
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, 1000 // of both clients
		rows, err := callerRows(ctx, clients.Server{URL: server.URL + "/api/v1", Transport: transport}, repeats)
		transport.CloseIdleConnections()
		server.Close()
		if err != nil {
			return t, fmt.Errorf("HTTP/%d: %w", protocol, err)
		}
		for _, row := range rows {
			t.Rows = append(t.Rows, append([]string{"HTTP/" + strconv.Itoa(protocol)}, row...))
		}
	}
	return t, nil
}

func callerRows(ctx context.Context, server clients.Server, repeats int) ([][]string, error) {
	own, err := clients.Tapkey(server)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for _, n := range scaleGoroutines() {
		each := max(2, 2000/n)
		concurrent := func(call *clients.Call) func(context.Context) error {
			return func(ctx context.Context) error {
				group, ctx := errgroup.WithContext(ctx)
				for range n {
					group.Go(func() error {
						for range each {
							if err := call.Check(ctx, 1); err != nil {
								return err
							}
						}
						return nil
					})
				}
				return group.Wait()
			}
		}
		samples, err := interleave(ctx, []scaleCall{
			{clients.Baseline, concurrent(clients.Hand(clients.Baseline, server, 0).GetOwner)}, {own.Name, concurrent(own.GetOwner)},
		}, repeats, 1)
		if err != nil {
			return nil, fmt.Errorf("%d goroutines: %w", n, err)
		}
		perCall := func(samples []float64) string {
			return report.Duration(report.QuartilesOf(samples).Median / float64(n*each))
		}
		ratios := report.RatioOf(samples[1], samples[0])
		rows = append(rows, []string{strconv.Itoa(n), perCall(samples[0]), perCall(samples[1]), ratio(ratios.Median), ratios.Spread(ratio)})
	}
	return rows, nil
}
