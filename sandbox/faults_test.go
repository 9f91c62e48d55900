package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// inject injects a valid fault.
func (c caller) inject(f sandbox.Fault) {
	c.Helper()
	if err := c.server.Inject(f); err != nil {
		c.Fatal(err)
	}
}

// try sends GET /Owners/{home}/BoundLocks and reads the response as far as possible.
func (c caller) try(client *http.Client, home string) (a response, err error) {
	c.Helper()
	req, err := http.NewRequest("GET", c.server.BaseURL()+home+"/BoundLocks", nil)
	if err != nil {
		c.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	rsp, err := client.Do(req)
	if err != nil {
		return response{}, err
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	return response{rsp.StatusCode, rsp.Header, body}, err
}

// TestCappedPages checks the length of lists that are requested with $top.
func TestCappedPages(t *testing.T) {
	c := newCaller(t, sandbox.WithGenerated(1, 1, 250))
	c.inject(sandbox.Fault{Kind: sandbox.FaultCappedPages})
	owner, _ := c.list("/Owners")[0]["id"].(string)
	for query, want := range map[string]int{"": 250, "?$top=99": 99, "?$top=500": 100, "?$top=500&$skip=200&$select=id": 50} {
		if got := len(c.list("/Owners/" + owner + "/LogEntries" + query)); got != want {
			t.Errorf("%q: got %d entries, want %d", query, got, want)
		}
	}
}

// The effect of every kind of fault on a client.
func TestFaultKinds(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	proper, err := c.try(client, home)
	if err != nil {
		t.Fatal(err)
	}
	status := func(status int, header, value string) func(*testing.T, response, error) {
		return func(t *testing.T, a response, err error) {
			if err != nil || a.status != status || a.header.Get(header) != value {
				t.Errorf("got status %d, header %v, body %s and error %v, want status %d and %s %q", a.status, a.header, a.body, err, status, header, value)
			}
			if status >= 400 && !bytes.Contains(a.body, []byte("ErrorCode")) {
				t.Errorf("got body %s, want one with ErrorCode", a.body)
			}
		}
	}
	altered := func(want string, check func(a response) bool) func(*testing.T, response, error) {
		return func(t *testing.T, a response, err error) {
			if err != nil || a.status != http.StatusOK || !check(a) {
				t.Errorf("got status %d, header %v, body %.300s and error %v, want status 200 and %s", a.status, a.header, a.body, err, want)
			}
		}
	}
	unaltered := altered("the real body", func(a response) bool { return bytes.Equal(a.body, proper.body) })
	locks := func(a response) (list []map[string]any) {
		a.decode(t, &list)
		return list
	}
	checks := map[sandbox.FaultKind]struct {
		fault sandbox.Fault
		check func(*testing.T, response, error)
	}{
		sandbox.FaultLatency: {sandbox.Fault{Delay: time.Millisecond}, unaltered},
		sandbox.FaultReset: {check: func(t *testing.T, _ response, err error) {
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("got error %v, want a connection reset", err)
			}
		}},
		sandbox.Fault401:                  {check: status(401, "WWW-Authenticate", "Bearer")},
		sandbox.Fault401InvalidToken:      {check: status(401, "WWW-Authenticate", `Bearer error="invalid_token", error_description="the token was not issued by this server"`)},
		sandbox.Fault401Expired:           {check: status(401, "WWW-Authenticate", `Bearer error="invalid_token", error_description="the token expired at 2024-01-01T00:00:00Z"`)},
		sandbox.Fault401InsufficientScope: {check: status(401, "WWW-Authenticate", `Bearer error="insufficient_scope"`)},
		sandbox.Fault401Empty: {check: func(t *testing.T, a response, err error) {
			if err != nil || a.status != 401 || len(a.body) > 0 || a.header.Get("WWW-Authenticate") != "" {
				t.Errorf("got status %d, header %v, body %s and error %v, want 401 without body and WWW-Authenticate", a.status, a.header, a.body, err)
			}
		}},
		sandbox.Fault400:           {check: status(400, "Retry-After", "")},
		sandbox.Fault402:           {check: status(402, "Retry-After", "")},
		sandbox.Fault403:           {check: status(403, "Retry-After", "")},
		sandbox.Fault404:           {check: status(404, "Retry-After", "")},
		sandbox.Fault409:           {check: status(409, "Retry-After", "")},
		sandbox.Fault429:           {check: status(429, "Retry-After", "")},
		sandbox.Fault429RetryAfter: {sandbox.Fault{RetryAfter: "7"}, status(429, "Retry-After", "7")},
		sandbox.Fault500:           {check: status(500, "Retry-After", "")},
		sandbox.Fault502HTML: {check: func(t *testing.T, a response, err error) {
			if err != nil || a.status != 502 || a.header.Get("Content-Type") != "text/html" || !bytes.HasPrefix(a.body, []byte("<html>")) {
				t.Errorf("got status %d, header %v, body %s and error %v, want 502 and an HTML page", a.status, a.header, a.body, err)
			}
		}},
		sandbox.Fault503:                {sandbox.Fault{RetryAfter: "1"}, status(503, "Retry-After", "1")},
		sandbox.FaultUndocumentedStatus: {sandbox.Fault{Status: 451}, status(451, "Retry-After", "")},
		sandbox.FaultRedirect:           {sandbox.Fault{Location: "http://127.0.0.1:1/", Status: 307}, status(307, "Location", "http://127.0.0.1:1/")},
		sandbox.FaultCloseBody: {sandbox.Fault{Bytes: 10}, func(t *testing.T, a response, err error) {
			if !errors.Is(err, io.ErrUnexpectedEOF) || a.status != 200 || !bytes.Equal(a.body, proper.body[:10]) {
				t.Errorf("got status %d, body %.300s and error %v, want 200, the first 10 bytes and %v", a.status, a.body, err, io.ErrUnexpectedEOF)
			}
		}},
		sandbox.FaultSlowBody: {sandbox.Fault{Delay: 10 * time.Millisecond}, unaltered},
		sandbox.FaultWrongContentType: {check: altered("the real body as text/html", func(a response) bool {
			return a.header.Get("Content-Type") == "text/html" && bytes.Equal(a.body, proper.body)
		})},
		sandbox.FaultCharset: {check: altered("the real body with a charset", func(a response) bool {
			return a.header.Get("Content-Type") == "application/json; charset=utf-8" && bytes.Equal(a.body, proper.body)
		})},
		sandbox.FaultTruncated:    {check: altered("half of the body", func(a response) bool { return bytes.Equal(a.body, proper.body[:len(proper.body)/2]) })},
		sandbox.FaultEmpty:        {check: altered("no body", func(a response) bool { return len(a.body) == 0 })},
		sandbox.FaultEmptyChunked: {check: altered("no body and no Content-Length", func(a response) bool { return len(a.body) == 0 && a.header.Get("Content-Length") == "" })},
		sandbox.FaultEmptyGzip:    {check: altered("nothing, compressed", func(a response) bool { return len(a.body) == 0 })},
		sandbox.FaultLineBreak:    {check: altered("a line break", func(a response) bool { return string(a.body) == "\r\n" })},
		sandbox.FaultNull:         {check: altered("null", func(a response) bool { return string(a.body) == "null" })},
		sandbox.FaultObject:       {check: altered("a message", func(a response) bool { return string(a.body) == `{"message":"maintenance"}` })},
		sandbox.Fault200HTML: {check: altered("an HTML page", func(a response) bool {
			return a.header.Get("Content-Type") == "text/html" && bytes.HasPrefix(a.body, []byte("<html>"))
		})},
		sandbox.FaultByteOrderMark: {check: altered("a byte order mark before the real body", func(a response) bool { return string(a.body) == "\uFEFF"+string(proper.body) })},
		sandbox.FaultCappedPages:   {check: unaltered}, // without $top; see TestCappedPages
		sandbox.FaultMalformed:     {check: altered("invalid JSON", func(a response) bool { return len(a.body) > 0 && !json.Valid(a.body) })},
		sandbox.FaultOversized: {sandbox.Fault{Bytes: 100_000}, altered("100,000 spaces before the real body", func(a response) bool {
			return len(a.body) == 100_000+len(proper.body) && len(locks(a)) == 3
		})},
		sandbox.FaultGzipBomb:      {sandbox.Fault{Bytes: 1 << 20}, altered("1 MiB of spaces before the real body", func(a response) bool { return len(a.body) == 1<<20+len(proper.body) && len(locks(a)) == 3 })},
		sandbox.FaultExtraFields:   {check: altered("unknown fields", func(a response) bool { return locks(a)[0]["sandboxUnknown"] != nil && locks(a)[0]["id"] != nil })},
		sandbox.FaultMissingFields: {check: altered("no ids", func(a response) bool { _, ok := locks(a)[0]["id"]; return !ok && len(locks(a)) == 3 })},
		sandbox.FaultUnknownEnum:   {check: altered("an unknown targetType", func(a response) bool { return locks(a)[2]["targetType"] == "SandboxUnknown" })},
	}
	for _, kind := range sandbox.FaultKinds() {
		switch kind {
		case sandbox.FaultRefused, sandbox.FaultMalformedToken, sandbox.Fault101, sandbox.FaultStuckBody:
			continue // see TestConnectionsRefused, TestMalformedToken and TestFaultsWithoutEnd
		}
		t.Run(string(kind), func(t *testing.T) {
			expected, ok := checks[kind]
			if !ok || kind.About() == "" {
				t.Fatalf("got tested %t and description %q, want true and a description", ok, kind.About())
			}
			fault := expected.fault
			fault.Kind, fault.Operation, fault.Count = kind, "listBoundLocks", 1
			c.inject(fault)
			a, err := c.try(client, home)
			expected.check(t, a, err)
			requests := c.server.Requests()
			if last := requests[len(requests)-1]; last.Fault != string(kind) {
				t.Errorf("got recorded fault %q, want %q", last.Fault, kind)
			}
			if a, err := c.try(client, home); err != nil || !bytes.Equal(a.body, proper.body) {
				t.Errorf("second request: got status %d, body %s and error %v, want the real body", a.status, a.body, err)
			}
		})
	}
}

// Two faults keep the connection open until the client closes it.
func TestFaultsWithoutEnd(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	for kind, status := range map[sandbox.FaultKind]int{sandbox.Fault101: 101, sandbox.FaultStuckBody: 503} {
		c.inject(sandbox.Fault{Kind: kind, Count: 1})
		req, err := http.NewRequest("PUT", c.server.BaseURL()+home+"/Contacts", strings.NewReader(`{"identifier":"a@example.com"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("Content-Type", "application/json")
		rsp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		if kind == sandbox.FaultStuckBody {
			want = 20 // the start of the body
		}
		if n, err := io.ReadFull(rsp.Body, make([]byte, want)); rsp.StatusCode != status || n != want || err != nil {
			t.Errorf("%s: got status %d, %d bytes of the body and error %v, want %d, %d and none", kind, rsp.StatusCode, n, err, status, want)
		}
		if err := rsp.Body.Close(); err != nil {
			t.Errorf("%s: got error %v when closing the body, want none", kind, err)
		}
		requests := c.server.Requests()
		if last := requests[len(requests)-1]; last.Fault != string(kind) || last.Status != status {
			t.Errorf("%s: got recorded fault %q and status %d, want status %d", kind, last.Fault, last.Status, status)
		}
		if kind.About() == "" {
			t.Errorf("%s: got no description, want one", kind)
		}
	}
}

func TestMalformedToken(t *testing.T) {
	s := start(t)
	if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultMalformedToken, Operation: "token", Count: 1}); err != nil {
		t.Fatal(err)
	}
	malformed := accessToken(t, s, s.ClientID(), s.ClientSecret())
	if strings.Count(malformed, ".") == 2 {
		t.Errorf("got token %q, want one that is not a JWT", malformed)
	}
	send(t, "GET", s.BaseURL()+"/Owners", "Bearer "+malformed, "").code(t, 401, "InvalidToken")
	send(t, "GET", s.BaseURL()+"/Owners", "Bearer "+accessToken(t, s, s.ClientID(), s.ClientSecret()), "").want(t, 200)
}

// Faults from close-body on happen after the operation has been carried out.
func TestFaultsAfterTheOperation(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	c.inject(sandbox.Fault{Kind: sandbox.FaultCloseBody, Operation: "createContact", Count: 1})
	req, err := http.NewRequest("PUT", c.server.BaseURL()+home+"/Contacts", strings.NewReader(`{"identifier":"lost@example.com"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	if rsp, err := http.DefaultClient.Do(req); err == nil {
		if _, err := io.ReadAll(rsp.Body); err == nil {
			t.Error("got the whole body, want an error")
		}
		rsp.Body.Close()
	}
	c.id(home+"/Contacts", "identifier", "lost@example.com")
	c.inject(sandbox.Fault{Kind: sandbox.Fault500, Operation: "createContact", Count: 1})
	c.call("PUT", home+"/Contacts", `{"identifier":"never@example.com"}`).code(t, 500, "InternalServerError")
	if got := c.list(home + "/Contacts?$filter=identifier eq 'never@example.com'"); len(got) != 0 {
		t.Errorf("after a fault instead of the operation: got contacts %v, want none", got)
	}
}

func TestFaultsByOperationCountAndRate(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	c.inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: "listGrants", Count: 2})
	c.inject(sandbox.Fault{Kind: sandbox.FaultLatency, Operation: "listGrants", Count: 5, Delay: time.Nanosecond})
	c.inject(sandbox.Fault{Kind: sandbox.Fault409, Operation: "listGrants", Count: 1})
	c.get(home) // the faults do not apply to another operation
	var got []int
	for range 5 {
		got = append(got, c.call("GET", home+"/Grants", "").status)
	}
	want(t, got, `[503,503,409,200,200]`)
	want(t, c.server.Faults(), `[{"kind":"latency","operation":"listGrants","count":2}]`)
	if err := c.server.ClearFaults(); err != nil {
		t.Errorf("ClearFaults: got error %v, want none", err)
	}
	want(t, len(c.server.Faults()), `0`)

	c.inject(sandbox.Fault{Kind: sandbox.Fault500, Rate: 0.25})
	failed := 0
	for range 200 {
		if c.call("GET", home, "").status == 500 {
			failed++
		}
	}
	if failed < 30 || failed > 70 {
		t.Errorf("rate 0.25: got %d of 200 requests failed, want 30 to 70", failed)
	}
	if got := tokenRequest(t, c.server, basic("tapkey-sandbox:sandbox-secret"), "grant_type=client_credentials"); got.status != http.StatusOK {
		t.Errorf("token endpoint with a fault of the API: got status %d, want 200", got.status)
	}
	c.inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: "token"})
	tokenRequest(t, c.server, "", "").want(t, http.StatusServiceUnavailable)
	if err := c.server.ClearFaults(); err != nil {
		t.Errorf("ClearFaults: got error %v, want none", err)
	}
	c.get(home)
}

func TestFaultsThatAreRefused(t *testing.T) {
	s := start(t)
	for _, fault := range []sandbox.Fault{
		{}, {Kind: "nope"}, {Kind: sandbox.Fault500, Operation: "nope"}, {Kind: sandbox.Fault500, Count: -1}, {Kind: sandbox.Fault500, Rate: 1.5}, {Kind: sandbox.Fault500, Rate: -1},
		{Kind: sandbox.FaultRedirect}, {Kind: sandbox.FaultRedirect, Location: "x\r\ny"}, {Kind: sandbox.Fault429, RetryAfter: "ü"}, {Kind: sandbox.FaultUndocumentedStatus, Status: 99},
		{Kind: sandbox.FaultLatency, Delay: -1}, {Kind: sandbox.FaultCloseBody, Bytes: -1}, {Kind: sandbox.FaultRefused, Operation: "listOwners"},
		{Kind: sandbox.FaultMalformedToken}, {Kind: sandbox.FaultMalformedToken, Operation: "listOwners"},
	} {
		if err := s.Inject(fault); err == nil {
			t.Errorf("Inject(%+v): got no error, want one", fault)
		}
	}
	if s, err := sandbox.Start(sandbox.WithFaults(sandbox.Fault{Kind: "nope"})); err == nil {
		s.Close()
		t.Error("WithFaults with an unknown kind: got no error, want one")
	}
	f, err := sandbox.ParseFault("429-retry-after,operation=listGrants,count=2,rate=0.5,delay=2s,bytes=3,status=418,retry-after=9,location=/x")
	if err != nil {
		t.Fatal(err)
	}
	if want := (sandbox.Fault{Kind: sandbox.Fault429RetryAfter, Operation: "listGrants", Count: 2, Rate: 0.5, Delay: 2 * time.Second, Bytes: 3, Status: 418, RetryAfter: "9", Location: "/x"}); f != want {
		t.Errorf("ParseFault: got %+v, want %+v", f, want)
	}
	for _, text := range []string{"", "nope", "500,", "500,count", "500,count=x", "500,rate=x", "500,rate=NaN", "500,delay=1", "500,colour=red"} {
		if f, err := sandbox.ParseFault(text); err == nil {
			t.Errorf("ParseFault(%q): got %+v, want an error", text, f)
		}
	}
}

func TestConnectionsRefused(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home") // leaves an idle connection, which must not be used
	refused := func() bool {
		_, err := c.try(http.DefaultClient, home)
		return errors.Is(err, syscall.ECONNREFUSED)
	}
	c.inject(sandbox.Fault{Kind: sandbox.FaultRefused})
	if !refused() {
		t.Fatal("got a connection or another error, want ECONNREFUSED")
	}
	if err := c.server.ClearFaults(); err != nil {
		t.Fatal(err)
	}
	c.get(home)

	c.inject(sandbox.Fault{Kind: sandbox.FaultRefused, Delay: 20 * time.Millisecond})
	if !refused() {
		t.Fatal("got a connection or another error, want ECONNREFUSED")
	}
	for deadline := time.Now().Add(5 * time.Second); refused(); {
		if time.Now().After(deadline) {
			t.Fatal("after the delay: got ECONNREFUSED, want a connection")
		}
	}
	c.inject(sandbox.Fault{Kind: sandbox.FaultRefused}) // Close has to end this
}

func TestControl(t *testing.T) {
	c := newCaller(t, sandbox.WithControl())
	home := c.owner("Home")
	origin := strings.TrimSuffix(c.server.BaseURL(), "/api/v1")
	control := func(method, path, body string) response {
		t.Helper()
		return send(t, method, origin+"/_sandbox/"+path, "", body)
	}
	var about struct {
		BaseURL    string
		FaultKinds []struct{ Name, About string }
	}
	control("GET", "", "").want(t, 200).decode(t, &about)
	if about.BaseURL != c.server.BaseURL() || len(about.FaultKinds) != len(sandbox.FaultKinds()) || about.FaultKinds[0].About == "" {
		t.Errorf("got %+v, want base URL %s and the description of %d kinds", about, c.server.BaseURL(), len(sandbox.FaultKinds()))
	}
	control("POST", "faults", `{"kind":"429","operation":"getOwner","count":1,"retryAfter":"3","delay":"250ms"}`).want(t, 200)
	var faults []map[string]any
	control("GET", "faults/", "").want(t, 200).decode(t, &faults)
	want(t, faults, `[{"count":1,"delay":"250ms","kind":"429","operation":"getOwner","retryAfter":"3"}]`)
	if got := c.call("GET", home, ""); got.status != 429 || got.header.Get("Retry-After") != "3" {
		t.Errorf("got status %d and header %v, want 429 and Retry-After 3", got.status, got.header)
	}
	control("POST", "faults", `{"kind":"500"}`).want(t, 200)
	control("DELETE", "faults", "").want(t, 200)
	c.get(home)

	var recorded struct {
		Requests []sandbox.Request
		Counts   map[string]int
	}
	control("GET", "requests", "").want(t, 200).decode(t, &recorded)
	want(t, recorded.Counts, `{"getOwner":2,"listOwners":1,"token":1}`)
	if len(recorded.Requests) != 4 || recorded.Requests[2].Fault != "429" {
		t.Errorf("got requests %+v, want 4, the third one with fault 429", recorded.Requests)
	}
	control("DELETE", "requests", "").want(t, 200)
	want(t, len(c.server.Requests()), `0`)

	control("PUT", "clock", `{"time":"2030-05-06T07:08:09Z"}`).want(t, 200)
	if got := c.server.Time(); got.Sub(time.Date(2030, 5, 6, 7, 8, 9, 0, time.UTC)) > time.Minute {
		t.Errorf("got time %v, want 2030-05-06T07:08:09Z", got)
	}
	c.call("GET", home, "").code(t, 401, "InvalidToken")
	control("PUT", "clock", `{"advance":"-48h"}`).want(t, 200)
	control("GET", "clock", "").want(t, 200)
	control("POST", "tokens/revoke", "").want(t, 200)
	control("POST", "cards/sync", "").want(t, 200)

	for _, bad := range [][3]string{
		{"POST", "faults", `{"kind":"nope"}`},
		{"POST", "faults", `{"kind":"500","colour":"red"}`},
		{"POST", "faults", `{"kind":"500","delay":"soon"}`},
		{"POST", "faults", `[`},
		{"PUT", "clock", `{}`},
		{"PUT", "clock", `{"advance":"later"}`},
		{"PUT", "clock", `{"time":"2030-01-01T00:00:00Z","advance":"1h"}`},
	} {
		control(bad[0], bad[1], bad[2]).code(t, 400, "BadRequest")
	}
	control("POST", "faults", "").code(t, 415, "UnsupportedMediaType")
	control("PATCH", "faults", "").code(t, 405, "MethodNotAllowed")
	control("GET", "nope", "").code(t, 404, "NotFound")

	// Control is off by default.
	quiet := start(t)
	for _, path := range []string{"/_sandbox/", "/_sandbox/faults", "/_SANDBOX/"} {
		send(t, "GET", strings.TrimSuffix(quiet.BaseURL(), "/api/v1")+path, "", "").code(t, 404, "NotFound")
	}
}

func TestOnlyLoopback(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "nonsense", "127.0.0.1", "127.0.0.1:x"} {
		if s, err := sandbox.Start(sandbox.WithAddr(addr)); err == nil {
			s.Close()
			t.Errorf("WithAddr(%q): got no error, want one", addr)
		}
	}
	_, err := sandbox.Start(sandbox.WithAddr("0.0.0.0:0"))
	if err == nil || !strings.Contains(err.Error(), "loopback") || !strings.Contains(err.Error(), "WithNonLoopback") {
		t.Errorf("got error %v, want one with loopback and WithNonLoopback", err)
	}
	start(t, sandbox.WithAddr("localhost:0"))
	s := start(t, sandbox.WithAddr("0.0.0.0:0"), sandbox.WithNonLoopback())
	accessToken(t, s, s.ClientID(), s.ClientSecret()) // TokenURL is reachable from here
}

func TestTLS(t *testing.T) {
	s := start(t, sandbox.WithTLS())
	if !strings.HasPrefix(s.BaseURL(), "https://127.0.0.1:") || !bytes.Contains(s.CertPEM(), []byte("BEGIN CERTIFICATE")) {
		t.Errorf("got base URL %s and CertPEM %s, want https and a certificate", s.BaseURL(), s.CertPEM())
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	get := func() (response, error) {
		rsp, err := (&http.Client{Transport: transport}).Get(s.BaseURL() + "/Owners")
		if err != nil {
			return response{}, err
		}
		defer rsp.Body.Close()
		body, err := io.ReadAll(rsp.Body)
		return response{rsp.StatusCode, rsp.Header, body}, err
	}
	if _, err := get(); err == nil {
		t.Error("client that does not trust the authority: got no error, want one")
	}
	transport.TLSClientConfig.RootCAs = s.CertPool()
	a, err := get()
	if err != nil {
		t.Fatal(err)
	}
	a.code(t, http.StatusUnauthorized, "Unauthorized")
	if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultReset}); err != nil {
		t.Fatal(err)
	}
	if _, err := get(); err == nil {
		t.Error("with fault reset: got no error, want one")
	}
}

// Close waits for all goroutines of the sandbox.
func TestCloseWaits(t *testing.T) {
	s, err := sandbox.Start(sandbox.WithGenerated(1, 1, 1_000_000))
	if err != nil {
		t.Fatal(err)
	}
	c := caller{t, s, accessToken(t, s, s.ClientID(), s.ClientSecret())}
	for range 10 {
		req, err := http.NewRequest("GET", s.BaseURL()+c.owner("Locking System 000001")+"/LogEntries", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+c.token)
		rsp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer rsp.Body.Close() // the body is never read
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: got error %v, want none", err)
	}
	if running := stacks("tapkey-go/sandbox.("); len(running) > 0 {
		t.Errorf("goroutines after Close: got %s, want none", running)
	}
}

func TestClose(t *testing.T) {
	s, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimSuffix(strings.TrimPrefix(s.BaseURL(), "http://"), "/api/v1")
	if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultLatency, Delay: time.Hour}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		rsp, err := http.Get(s.BaseURL() + "/Owners")
		if err == nil {
			rsp.Body.Close()
		}
		done <- err
	}()
	for deadline := time.Now().Add(5 * time.Second); s.Count("listOwners") == 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("after 5 s: got no request, want one")
		}
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: got error %v, want none", err)
		}
	}
	if err := <-done; err == nil {
		t.Error("request in flight during Close: got no error, want one")
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("connection after Close: got no error, want one")
	}
	if leaked := goroutinesOf("tapkey-go/sandbox.("); len(leaked) > 0 {
		t.Errorf("goroutines after Close: got %s, want none", leaked)
	}
}
