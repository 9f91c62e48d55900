package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/data"
	"github.com/tapkey-go/tapkey-go/bench/internal/report"
	"github.com/tapkey-go/tapkey-go/client"
)

const (
	pages   = 100
	perPage = 100
	latency = 5 * time.Millisecond
)

// pageServer serves pages of log entries after a delay and counts the requests.
type pageServer struct {
	*httptest.Server
	requests atomic.Int64
}

// newPageServer starts a server with this number of log entries.
func newPageServer(entries int) *pageServer {
	s := new(pageServer)
	var all [][]byte
	for from := 0; from < entries; from += perPage {
		all = append(all, data.List(data.LogEntry, from, min(from+perPage, entries)))
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		time.Sleep(latency)
		skip, err := strconv.Atoi(r.URL.Query().Get("$skip"))
		if err != nil || skip%perPage != 0 || r.URL.Query().Get("$top") != strconv.Itoa(perPage) {
			http.Error(w, "unexpected $skip or $top", http.StatusBadRequest)
			return
		}
		body := []byte("[]")
		if page := skip / perPage; page < len(all) {
			body = all[page]
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}))
	return s
}

// read reads the log up to limit entries, or all entries if limit is 0.
func (s *pageServer) read(
	ctx context.Context, ahead, limit int,
) (took time.Duration, entries, requests int, err error) {
	c, err := client.New(client.WithTokenSource(clients.Tokens()), client.WithBaseURL(s.URL+"/api/v1"),
		client.WithReadAhead(ahead), client.WithPageSize(perPage))
	if err != nil {
		return 0, 0, 0, err
	}
	s.requests.Store(0)
	start := time.Now()
	for _, err := range c.AllLogEntries(ctx, "owner", nil) {
		if err != nil {
			return 0, 0, 0, err
		}
		entries++
		if entries == limit {
			break
		}
	}
	return time.Since(start), entries, int(s.requests.Load()), nil
}

// pageFigures compares read-ahead with reading one page at a time.
func pageFigures(ctx context.Context, repeats int) []figure {
	figures := []figure{
		{name: readAheadName, unit: times, target: 3.5, stretch: 3.5, atLeast: true},
		{name: "unneeded requests, last page not full", unit: count, target: none, stretch: none},
		{name: "unneeded requests, last page full", unit: count, target: none, stretch: none},
		{name: "unneeded requests, stopped in page 3", unit: count, target: none, stretch: none},
	}
	const ahead = 4
	short, full := newPageServer(pages*perPage-perPage/2), newPageServer(pages*perPage)
	defer short.Close()
	defer full.Close()

	var one, more []float64
	for range repeats {
		for _, n := range []int{0, ahead} {
			took, entries, requests, err := short.read(ctx, n, 0)
			if err == nil && entries != pages*perPage-perPage/2 {
				err = fmt.Errorf("got %d log entries, want %d", entries, pages*perPage-perPage/2)
			}
			if err != nil {
				return failed(figures, err)
			}
			if n == 0 {
				one = append(one, took.Seconds())
				continue
			}
			more = append(more, took.Seconds())
			figures[1].value = max(figures[1].value, float64(requests-pages))
		}
		// After a full page, one more request is needed to find the end.
		_, _, requests, err := full.read(ctx, ahead, 0)
		if err != nil {
			return failed(figures, err)
		}
		figures[2].value = max(figures[2].value, float64(requests-pages-1))
		_, _, requests, err = full.read(ctx, ahead, 2*perPage+perPage/2)
		if err != nil {
			return failed(figures, err)
		}
		figures[3].value = max(figures[3].value, float64(requests-3))
	}
	ratios := report.RatioOf(one, more)
	figures[0].value, figures[0].spread = ratios.Median, ratios.Spread(times)
	return figures
}
