package main

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/data"
	"github.com/tapkey-go/tapkey-go/bench/internal/report"
	"github.com/tapkey-go/tapkey-go/bench/internal/wire"
	"github.com/tapkey-go/tapkey-go/client"
)

const (
	goroutines  = 64
	callsPerRun = 6000
)

// connectionFigures compares the client's transport with http.DefaultTransport, used by the
// same client.
func connectionFigures(ctx context.Context, repeats int) []figure {
	figures := []figure{{
		name: connectionsName, unit: times, target: 1.8, stretch: 1.8, atLeast: true,
	}}
	server := wire.Loopback(data.One(data.Owner))
	defer server.Close()
	base := []client.Option{client.WithTokenSource(clients.Tokens()), client.WithBaseURL(server.URL + "/api/v1")}
	own, err := client.New(base...)
	if err != nil {
		return failed(figures, err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	plain, err := client.New(append(base, client.WithHTTPClient(&http.Client{Transport: transport}))...)
	if err != nil {
		return failed(figures, err)
	}
	defer transport.CloseIdleConnections()

	var ownTimes, plainTimes []float64
	for range repeats {
		for _, run := range []struct {
			c     *client.Client
			times *[]float64
		}{{own, &ownTimes}, {plain, &plainTimes}} {
			took, err := callConcurrently(ctx, run.c)
			if err != nil {
				return failed(figures, err)
			}
			*run.times = append(*run.times, took.Seconds())
		}
	}
	ratios := report.RatioOf(plainTimes, ownTimes)
	figures[0].value, figures[0].spread = ratios.Median, ratios.Spread(times)
	return figures
}

// callConcurrently makes calls from many goroutines and returns the time they took.
func callConcurrently(ctx context.Context, c *client.Client) (time.Duration, error) {
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range goroutines {
		group.Go(func() error {
			for range callsPerRun / goroutines {
				if _, err := c.GetOwner(ctx, "owner"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return time.Since(start), err
}
