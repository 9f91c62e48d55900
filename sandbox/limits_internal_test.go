package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func startWith(t *testing.T, opts ...Option) *Server {
	t.Helper()
	s, err := Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// dial connects to a sandbox. Reading fails after 10 s, so that a stalled sandbox fails
// the test.
func dial(t *testing.T, s *Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.gate.addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// size returns the size of the texts of recorded requests.
func size(requests []Request) int {
	n := 0
	for _, r := range requests {
		n += len(r.Path) + len(r.Query)
		for name, values := range r.Header {
			n += len(name) + len(strings.Join(values, ""))
		}
	}
	return n
}

// The journal is bounded in bytes, whichever part of a request is large, and has the latest
// requests. The counters include all of them.
func TestJournalIsBoundedInBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	s := startWith(t)
	long := strings.Repeat("x", 900_000)
	const requests = 40 // 36 MB
	for name, change := range map[string]func(*http.Request){
		"path":         func(r *http.Request) { r.URL.Path += long },
		"escaped path": func(r *http.Request) { r.URL.Path += "ü" + long },
		"query":        func(r *http.Request) { r.URL.RawQuery = long },
		"header":       func(r *http.Request) { r.Header.Set("X-Long", long) },
		"header name":  func(r *http.Request) { r.Header.Set(long, "x") },
		// From Go 1.27 on, net/http accepts 500 values.
		"many headers": func(r *http.Request) { r.Header["X"] = slices.Repeat([]string{long[:2000]}, 400) },
	} {
		s.ForgetRequests()
		for i := range requests {
			r, err := http.NewRequest("GET", s.origin+"/"+fmt.Sprint(i, "/"), nil)
			if err != nil {
				t.Fatal(err)
			}
			change(r)
			rsp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			rsp.Body.Close()
		}
		kept := s.Requests()
		if got := size(kept); got > maxRequestBytes || len(kept) < 3 {
			t.Fatalf("%s: got %d requests with %d bytes, want at least 3 and at most %d bytes", name, len(kept), got, maxRequestBytes)
		}
		if last := kept[len(kept)-1].Path; !strings.HasPrefix(last, fmt.Sprint("/", requests-1, "/")) {
			t.Errorf("%s: got %.20s as the last request, want number %d", name, last, requests-1)
		}
		if got := s.Count("other"); got != requests {
			t.Errorf("%s: got a count of %d requests, want %d", name, got, requests)
		}
	}
}

// The journal is bounded in number.
func TestJournalIsBoundedInNumber(t *testing.T) {
	j := newJournal()
	r := httptest.NewRequest("GET", "/api/v1/Owners?a=b", nil)
	for range 2*maxRequests + 100 {
		j.begin(r, "listOwners")
	}
	if got := len(j.latest()); got != maxRequests || j.count("listOwners") != 2*maxRequests+100 {
		t.Errorf("got %d requests and a count of %d, want %d and %d", got, j.count("listOwners"), maxRequests, 2*maxRequests+100)
	}
	if cap(j.requests) > 2*maxRequests {
		t.Errorf("got room for %d requests, want at most %d", cap(j.requests), 2*maxRequests)
	}
	j.clear()
	if len(j.latest()) != 0 || j.bytes != 0 || j.count("listOwners") != 0 {
		t.Errorf("after clear: got %d requests, %d bytes and a count of %d, want none", len(j.latest()), j.bytes, j.count("listOwners"))
	}
}

// A client that stops in the middle of a request is disconnected, whatever the request is for.
func TestStalledRequestsEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	s := startWith(t, WithControl(), func(c *config) { c.timeouts.body = 20 * time.Millisecond })
	token, err := s.identity.tokens.issue(s.origin, authorization{client: s.ClientID(), scopes: allScopes()})
	if err != nil {
		t.Fatal(err)
	}
	const length, chunked = "Content-Length: 50\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{"
	owner := "/api/v1/Owners/" + newID(prefixOwner, 0, 0)
	for _, request := range []string{
		"PUT " + owner + "/Contacts", "POST " + owner + "/Grants/x/Revoke", "GET " + owner, "DELETE " + owner + "/Permissions/x",
		"GET /api/v1/Owners", "POST /connect/token", "PUT /nowhere", "POST /_sandbox/faults", "GET /.well-known/openid-configuration",
		"GET /healthz", "POST /openapi.yaml", "GET /docs",
	} {
		for _, body := range []string{length, chunked, "Expect: 100-continue\r\n" + length} {
			for _, authorization := range []string{"Authorization: Bearer " + token + "\r\n", ""} {
				conn := dial(t, s)
				fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: sandbox\r\nContent-Type: application/json\r\n%s%s", request, authorization, body)
				response, err := io.ReadAll(conn)
				if err != nil || !strings.Contains(string(response), "HTTP/1.1 408 ") || !strings.Contains(string(response), `"ErrorCode":"RequestTimeout"`) {
					t.Errorf("%s, %q: got response %q and error %v, want 408 and the end of the connection", request, body, response, err)
				}
			}
		}
	}
	// A body that is too large is not received completely. What is left has a limit, too.
	conn := dial(t, s)
	fmt.Fprintf(conn, "PUT %s/Contacts HTTP/1.1\r\nHost: sandbox\r\nContent-Length: %d\r\n\r\n{", owner, 2*maxBody)
	if response, err := io.ReadAll(conn); err != nil || !strings.Contains(string(response), "HTTP/1.1 401 ") {
		t.Errorf("large body: got response %q and error %v, want 401 and the end of the connection", response, err)
	}
}

func TestIdleConnectionsEnd(t *testing.T) {
	slow := 20 * time.Millisecond
	for name, c := range map[string]struct {
		limit timeouts
		sent  string
		want  int // responses
	}{
		"no request":     {timeouts{slow, time.Minute, time.Minute}, "", 0},
		"half a header":  {timeouts{slow, time.Minute, time.Minute}, "GET / HTTP/1.1\r\nHost: sand", 0},
		"no more":        {timeouts{time.Minute, time.Minute, slow}, "GET / HTTP/1.1\r\nHost: sandbox\r\n\r\n", 1},
		"no more, write": {timeouts{time.Minute, time.Minute, slow}, "PUT / HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 2\r\n\r\n{}", 1},
	} {
		conn := dial(t, startWith(t, func(config *config) { config.timeouts = c.limit }))
		_, _ = io.WriteString(conn, c.sent)
		// The connection is reset if the server closes it before it has read what was sent.
		response, err := io.ReadAll(conn)
		if got := strings.Count(string(response), "HTTP/1.1 404 "); errors.Is(err, os.ErrDeadlineExceeded) || got != c.want {
			t.Errorf("%s: got %d responses and error %v, want %d and the end of the connection", name, got, err, c.want)
		}
	}
}

// The time limit for a body does not end a slow response, nor a connection that is used
// again later.
func TestSlowResponsesHaveNoLimit(t *testing.T) {
	s := startWith(t, func(c *config) { c.timeouts.body = 10 * time.Millisecond })
	conn := dial(t, s)
	reader := bufio.NewReader(conn)
	for _, fault := range []string{"latency,delay=40ms", "slow-body,delay=40ms"} {
		for _, request := range []string{"GET /api/v1/Owners HTTP/1.1\r\n\r\n", "PUT /api/v1/Owners HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"} {
			f, err := ParseFault(fault)
			if err != nil {
				t.Fatal(err)
			}
			f.Count = 1
			if err := s.Inject(f); err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, strings.Replace(request, "\r\n", "\r\nHost: sandbox\r\n", 1))
			rsp, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatalf("%s, %.20q: %v", fault, request, err)
			}
			if body, err := io.ReadAll(rsp.Body); err != nil || rsp.StatusCode != http.StatusUnauthorized || len(body) == 0 {
				t.Errorf("%s, %.20q: got status %d, body %q and error %v, want 401 and a body", fault, request, rsp.StatusCode, body, err)
			}
		}
	}
}

// Other things that requests and control requests leave behind are bounded, too.
func TestFaultsAreBounded(t *testing.T) {
	s := startWith(t)
	for range maxFaults {
		if err := s.Inject(Fault{Kind: Fault500, Operation: "listGrants"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Inject(Fault{Kind: Fault500}); err == nil || len(s.Faults()) != maxFaults {
		t.Errorf("got error %v and %d faults, want an error and %d", err, len(s.Faults()), maxFaults)
	}
	for _, f := range []Fault{{Kind: Fault429, RetryAfter: strings.Repeat("1", maxFaultHeader+1)}, {Kind: FaultRedirect, Location: strings.Repeat("/", maxFaultHeader+1)}} {
		if err := f.check(); err == nil {
			t.Errorf("%s with a header of %d bytes: got no error, want one", f.Kind, maxFaultHeader+1)
		}
	}
}

// A long filter works, but its places are not kept.
func TestBookmarksAreBounded(t *testing.T) {
	s := startWith(t)
	token, err := s.identity.tokens.issue(s.origin, authorization{client: s.ClientID(), scopes: allScopes()})
	if err != nil {
		t.Fatal(err)
	}
	filter := "entryNo gt 1" + strings.Repeat(" and entryNo gt 1", 1000)
	for _, filter := range []string{filter, "entryNo gt 1"} {
		r, err := http.NewRequest("GET", s.BaseURL()+"/Owners/"+newID(prefixOwner, 0, 0)+"/LogEntries?$top=5&$filter="+url.QueryEscape(filter), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		rsp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(rsp.Body)
		rsp.Body.Close()
		if got := strings.Count(string(body), `"entryNo"`); rsp.StatusCode != http.StatusOK || got != 5 {
			t.Errorf("got status %d and %d entries, want 200 and 5", rsp.StatusCode, got)
		}
	}
	a, _ := s.store.account(newID(prefixOwner, 0, 0))
	if got := a.log.bookmarks.Len(); got != 2 {
		t.Errorf("got %d places, want the 2 of the short filter", got)
	}
}
