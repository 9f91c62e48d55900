package main

import (
	"context"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/data"
	"github.com/tapkey-go/tapkey-go/bench/internal/wire"
	"github.com/tapkey-go/tapkey-go/client"
)

const (
	goroutines   = 64
	callsPerTurn = 6000
)

// connectionFigures compares the client's transport with net/http's own, under the
// same client.
func connectionFigures(ctx context.Context, repeats int) []figure {
	figures := []figure{{
		what: "64 goroutines on loopback, to http.DefaultTransport", unit: times, must: 1.8, moonshot: 1.8, atLeast: true,
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
		for _, turn := range []struct {
			c     *client.Client
			times *[]float64
		}{{own, &ownTimes}, {plain, &plainTimes}} {
			took, err := crowd(ctx, turn.c)
			if err != nil {
				return failed(figures, err)
			}
			*turn.times = append(*turn.times, took.Seconds())
		}
	}
	slices.Sort(ownTimes)
	slices.Sort(plainTimes)
	figures[0].value = median(plainTimes) / median(ownTimes)
	return figures
}

// crowd makes calls from many goroutines at once.
func crowd(ctx context.Context, c *client.Client) (time.Duration, error) {
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range goroutines {
		group.Go(func() error {
			for range callsPerTurn / goroutines {
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
