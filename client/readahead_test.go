package client_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/tapkey-go/tapkey-go/client"
)

var updatePages = flag.Bool("update", false, "write the table of read-ahead in docs/performance.md")

// pagedLog is a log in virtual time: each response takes latency, and the loop works for a
// while on each page.
type pagedLog struct {
	pages         int
	full          bool // the last page is full, so that one more request is needed to find the end
	latency, work time.Duration
	leave         int // the loop ends in this page, if it is not 0
}

// logPage is the number of entries of a page.
const logPage = 2

// pagesRead is the cost of reading a [pagedLog].
type pagesRead struct {
	took     time.Duration
	requests int
	inFlight int // maximum
	early    int // requests that exceeded the number of pages that the loop had received
}

// read reads the log once. It must be called in a synctest bubble.
func (l pagedLog) read(t *testing.T, opts ...client.Option) (result pagesRead) {
	t.Helper()
	var mu sync.Mutex
	var inFlight, received int
	items := l.pages*logPage - 1
	if l.full {
		items++
	}
	c := sourceClient(t, static("t"), func(req *http.Request) (*http.Response, error) {
		mu.Lock()
		result.requests++
		inFlight++
		result.inFlight = max(result.inFlight, inFlight)
		if inFlight > received+1 { // the loop has received the page that it is about to use
			result.early++
		}
		mu.Unlock()
		defer func() {
			mu.Lock()
			inFlight--
			mu.Unlock()
		}()
		skip, err := strconv.Atoi(req.URL.Query().Get("$skip"))
		if err != nil {
			return nil, err
		}
		// Pages arrive in order, never at the same instant: otherwise the order would be undefined.
		select {
		case <-time.After(l.latency + time.Duration(skip)):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
		var entries []string
		for i := skip; i < min(skip+logPage, items); i++ {
			entries = append(entries, fmt.Sprintf(`{"id":"%d"}`, i))
		}
		return response(req, http.StatusOK, "["+strings.Join(entries, ",")+"]"), nil
	}, append([]client.Option{client.WithPageSize(logPage)}, opts...)...)

	start, got := time.Now(), 0
	for entry, err := range c.AllLogEntries(t.Context(), "o", nil) {
		if err != nil || entry.ID != strconv.Itoa(got) {
			t.Fatalf("got entry %q, error %v, want entry %d", entry.ID, err, got)
		}
		if got%logPage == 0 {
			mu.Lock()
			received++
			left := received == l.leave
			mu.Unlock()
			if left {
				break
			}
			time.Sleep(l.work + time.Microsecond) // lets all goroutines of this instant run
		}
		got++
	}
	if got != items && l.leave == 0 {
		t.Errorf("got %d entries, want %d", got, items)
	}
	result.took = time.Since(start)
	return result // all requests have ended
}

// speeds are loops that are faster than, as fast as and slower than the server.
var speeds = map[string]struct{ latency, work time.Duration }{
	"no work":     {5 * time.Millisecond, 0},
	"faster loop": {50 * time.Millisecond, 20 * time.Millisecond},
	"equal":       {20 * time.Millisecond, 20 * time.Millisecond},
	"slower loop": {5 * time.Millisecond, 20 * time.Millisecond},
}

// TestReadAheadSlowStart counts the requests for lists of 1 to 100 pages.
func TestReadAheadSlowStart(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of lists")
	}
	t.Parallel()
	for name, speed := range speeds {
		for _, full := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, full last page %t", name, full), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					for pages := 1; pages <= 100; pages += pageStep {
						list := pagedLog{pages: pages, full: full, latency: speed.latency, work: speed.work}
						needed := list.read(t)
						if want := pages + 1; full && needed.requests != want {
							t.Errorf("%d pages: got %d requests without read-ahead, want %d", pages, needed.requests, want)
						}
						for _, most := range []int{0, 1, 4, 8} {
							got := list.read(t, client.WithReadAheadSlowStart(most))
							checkSlowStart(t, list, most, got, needed)
						}
					}
				})
			})
		}
	}
}

func checkSlowStart(t *testing.T, list pagedLog, most int, got, needed pagesRead) {
	t.Helper()
	failed := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%d pages, up to %d ahead: %s", list.pages, most, fmt.Sprintf(format, args...))
	}
	wasted := got.requests - needed.requests
	switch limit := max(0, most-1); {
	case wasted < 0 || wasted > limit:
		failed("got %d wasted requests, want 0 to %d", wasted, limit)
	case list.work > list.latency && wasted > 0:
		failed("got %d wasted requests for a loop that does not wait, want none", wasted)
	case got.requests > 2*needed.requests:
		failed("got %d requests, want at most twice %d", got.requests, needed.requests)
	case got.inFlight > max(1, most) || got.early > 0:
		failed("got %d requests in flight, %d of them early, want at most %d", got.inFlight, got.early, most)
	case got.took > needed.took+time.Microsecond:
		failed("got %v, want at most the %v without read-ahead", got.took, needed.took)
	}
	// Slow start takes a few latencies until enough pages are in flight.
	if list.work == 0 && most > 0 {
		latencies := (needed.requests+most-1)/most + 4
		if want := time.Duration(latencies) * (list.latency + time.Millisecond); got.took > want {
			failed("got %v, want at most %v", got.took, want)
		}
	}
	// A loop that works as long as the server, or longer, never needs more than one page ahead.
	if list.work >= list.latency && most > 0 {
		if want := list.latency + time.Duration(needed.requests)*(list.work+time.Millisecond); got.took > want {
			failed("got %v, want at most %v", got.took, want)
		}
	}
}

// TestReadAheadFixed counts the requests of [client.WithReadAhead], which wastes more.
func TestReadAheadFixed(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of lists")
	}
	t.Parallel()
	for name, speed := range speeds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				total := map[string]int{}
				for pages := 2; pages <= 100; pages += 3 * pageStep {
					list := pagedLog{pages: pages, latency: speed.latency, work: speed.work}
					needed := list.read(t)
					for _, ahead := range []int{1, 4, 8} {
						got := list.read(t, client.WithReadAhead(ahead))
						if wasted := got.requests - needed.requests; wasted < 0 || wasted > ahead || got.inFlight > ahead+1 {
							t.Errorf("%d pages, %d ahead: got %d wasted requests and %d in flight, want at most %d and %d",
								pages, ahead, wasted, got.inFlight, ahead, ahead+1)
						}
						total["fixed"] += got.requests
						total["slow start"] += list.read(t, client.WithReadAheadSlowStart(ahead)).requests
					}
				}
				if total["slow start"] >= total["fixed"] {
					t.Errorf("got %v requests, want fewer with slow start", total)
				}
			})
		})
	}
}

// TestReadAheadLeave checks how many requests are wasted if the loop is left.
func TestReadAheadLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for leave := 1; leave <= 20; leave++ {
			list := pagedLog{pages: 100, latency: 5 * time.Millisecond, leave: leave}
			got := list.read(t, client.WithReadAheadSlowStart(8))
			if limit := min(8, leave); got.requests > leave+limit {
				t.Errorf("left in page %d: got %d requests, want at most %d", leave, got.requests, leave+limit)
			}
		}
	})
}

// TestReadAheadLastOption checks that of both options, the last one counts.
func TestReadAheadLastOption(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		list := pagedLog{pages: 20, latency: 5 * time.Millisecond}
		fixed, slow := client.WithReadAhead(8), client.WithReadAheadSlowStart(4)
		for _, test := range []struct {
			opts     []client.Option
			inFlight int
		}{{[]client.Option{fixed, slow}, 4}, {[]client.Option{slow, fixed}, 9}} {
			if got := list.read(t, test.opts...); got.inFlight != test.inFlight {
				t.Errorf("got %d requests in flight, want %d", got.inFlight, test.inFlight)
			}
		}
	})
}

// strategies are the columns of the table in docs/performance.md.
var strategies = []struct {
	name string
	opt  client.Option
}{
	{"fixed 1", client.WithReadAhead(1)},
	{"fixed 4", client.WithReadAhead(4)},
	{"fixed 8", client.WithReadAhead(8)},
	{"slow start 1", client.WithReadAheadSlowStart(1)},
	{"slow start 4", client.WithReadAheadSlowStart(4)},
	{"slow start 8", client.WithReadAheadSlowStart(8)},
}

// TestReadAheadTable compares the table in docs/performance.md with a measurement in virtual
// time. With -update it writes the table.
func TestReadAheadTable(t *testing.T) {
	if testing.Short() || pageStep > 1 {
		t.Skip("thousands of lists")
	}
	t.Parallel()
	const file, open, end = "../docs/performance.md", "<!-- readahead -->\n", "<!-- /readahead -->"
	document, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, opened := strings.Cut(string(document), open)
	table, after, ended := strings.Cut(rest, end)
	if !opened || !ended {
		t.Fatalf("%s has no %s ... %s, want both", file, open, end)
	}
	want := readAheadTable(t)
	if *updatePages {
		if err := os.WriteFile(file, []byte(before+open+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want {
		t.Errorf("%s: got\n%s\nwant\n%s\nTo update it, run make docs.", file, table, want)
	}
}

// readAheadTable measures all rows: some lists, and the mean of all lists of 1 to 100 pages.
func readAheadTable(t *testing.T) string {
	rows := [][]string{{"latency", "work per page", "pages"}}
	for _, s := range strategies {
		rows[0] = append(rows[0], s.name)
	}
	for _, speed := range []struct{ latency, work int }{{50, 0}, {5, 20}, {50, 20}, {200, 20}} {
		var sequential, took [7]time.Duration
		var wasted [7]int
		var mean []string
		synctest.Test(t, func(t *testing.T) {
			for pages := 1; pages <= 100; pages++ {
				list := pagedLog{
					pages: pages, latency: time.Duration(speed.latency) * time.Millisecond, work: time.Duration(speed.work) * time.Millisecond,
				}
				needed := list.read(t)
				row := []string{fmt.Sprintf("%d ms", speed.latency), fmt.Sprintf("%d ms", speed.work), strconv.Itoa(pages)}
				for i, s := range strategies {
					got := list.read(t, s.opt)
					sequential[i] += needed.took
					took[i] += got.took
					wasted[i] += got.requests - needed.requests
					row = append(row, fmt.Sprintf("%.1f x, %d", float64(needed.took)/float64(got.took), got.requests-needed.requests))
				}
				switch pages {
				case 2, 3, 5, 10, 30, 100:
					rows = append(rows, row)
				}
			}
			mean = []string{fmt.Sprintf("%d ms", speed.latency), fmt.Sprintf("%d ms", speed.work), "1 to 100"}
			for i := range strategies {
				mean = append(mean, fmt.Sprintf("%.1f x, %.1f", float64(sequential[i])/float64(took[i]), float64(wasted[i])/100))
			}
		})
		rows = append(rows, mean)
	}
	return markdownTable(rows)
}

// markdownTable formats rows, the first of which is the header, with columns of equal width.
func markdownTable(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for i, row := range rows {
		for column, cell := range row {
			fmt.Fprintf(&text, "| %*s ", widths[column], cell)
		}
		text.WriteString("|\n")
		if i == 0 {
			for _, width := range widths {
				text.WriteString("| " + strings.Repeat("-", width-1) + ": ")
			}
			text.WriteString("|\n")
		}
	}
	return text.String()
}
