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

// inject injects a fault that has to be a valid one.
func (c caller) inject(f sandbox.Fault) {
	c.Helper()
	if err := c.server.Inject(f); err != nil {
		c.Fatal(err)
	}
}

// try sends GET /Owners/{home}/BoundLocks over a connection of its own and reads the
// answer as far as it goes.
func (c caller) try(client *http.Client, home string) (a answer, err error) {
	c.Helper()
	req, err := http.NewRequest("GET", c.server.BaseURL()+home+"/BoundLocks", nil)
	if err != nil {
		c.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	rsp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	return answer{rsp.StatusCode, rsp.Header, body}, err
}

// Every kind of fault, as a client sees it.
func TestFaultKinds(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	proper, err := c.try(client, home)
	if err != nil {
		t.Fatal(err)
	}
	status := func(status int, header, value string) func(*testing.T, answer, error) {
		return func(t *testing.T, a answer, err error) {
			if err != nil || a.status != status || a.header.Get(header) != value {
				t.Errorf("%v: %d %v %s", err, a.status, a.header, a.body)
			}
			if status >= 400 && !bytes.Contains(a.body, []byte("ErrorCode")) {
				t.Errorf("no ErrorCode: %s", a.body)
			}
		}
	}
	altered := func(check func(a answer) bool) func(*testing.T, answer, error) {
		return func(t *testing.T, a answer, err error) {
			if err != nil || a.status != http.StatusOK || !check(a) {
				t.Errorf("%v: %d %v %.300s", err, a.status, a.header, a.body)
			}
		}
	}
	locks := func(a answer) (list []map[string]any) {
		a.decode(t, &list)
		return list
	}
	checks := map[sandbox.FaultKind]struct {
		fault sandbox.Fault
		check func(*testing.T, answer, error)
	}{
		sandbox.FaultLatency: {sandbox.Fault{Delay: time.Millisecond}, altered(func(a answer) bool { return bytes.Equal(a.body, proper.body) })},
		sandbox.FaultReset: {check: func(t *testing.T, _ answer, err error) {
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%v, want a reset", err)
			}
		}},
		sandbox.Fault401:                  {check: status(401, "WWW-Authenticate", "Bearer")},
		sandbox.Fault401InvalidToken:      {check: status(401, "WWW-Authenticate", `Bearer error="invalid_token", error_description="the token was not issued by this server"`)},
		sandbox.Fault401Expired:           {check: status(401, "WWW-Authenticate", `Bearer error="invalid_token", error_description="the token expired at 2024-01-01T00:00:00Z"`)},
		sandbox.Fault401InsufficientScope: {check: status(401, "WWW-Authenticate", `Bearer error="insufficient_scope"`)},
		sandbox.Fault401Empty: {check: func(t *testing.T, a answer, err error) {
			if err != nil || a.status != 401 || len(a.body) > 0 || a.header.Get("WWW-Authenticate") != "" {
				t.Errorf("%v: %d %v %s", err, a.status, a.header, a.body)
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
		sandbox.Fault502HTML: {check: func(t *testing.T, a answer, err error) {
			if err != nil || a.status != 502 || a.header.Get("Content-Type") != "text/html" || !bytes.HasPrefix(a.body, []byte("<html>")) {
				t.Errorf("%v: %d %v %s", err, a.status, a.header, a.body)
			}
		}},
		sandbox.Fault503:                {sandbox.Fault{RetryAfter: "1"}, status(503, "Retry-After", "1")},
		sandbox.FaultUndocumentedStatus: {sandbox.Fault{Status: 451}, status(451, "Retry-After", "")},
		sandbox.FaultRedirect:           {sandbox.Fault{Location: "http://127.0.0.1:1/", Status: 307}, status(307, "Location", "http://127.0.0.1:1/")},
		sandbox.FaultCloseBody: {sandbox.Fault{Bytes: 10}, func(t *testing.T, a answer, err error) {
			if !errors.Is(err, io.ErrUnexpectedEOF) || a.status != 200 || !bytes.Equal(a.body, proper.body[:10]) {
				t.Errorf("%v: %d %.300s", err, a.status, a.body)
			}
		}},
		sandbox.FaultSlowBody: {sandbox.Fault{Delay: 10 * time.Millisecond}, altered(func(a answer) bool { return bytes.Equal(a.body, proper.body) })},
		sandbox.FaultWrongContentType: {check: altered(func(a answer) bool {
			return a.header.Get("Content-Type") == "text/html" && bytes.Equal(a.body, proper.body)
		})},
		sandbox.FaultCharset: {check: altered(func(a answer) bool {
			return a.header.Get("Content-Type") == "application/json; charset=utf-8" && bytes.Equal(a.body, proper.body)
		})},
		sandbox.FaultTruncated: {check: altered(func(a answer) bool { return bytes.Equal(a.body, proper.body[:len(proper.body)/2]) })},
		sandbox.FaultEmpty:     {check: altered(func(a answer) bool { return len(a.body) == 0 })},
		sandbox.FaultMalformed: {check: altered(func(a answer) bool { return len(a.body) > 0 && !json.Valid(a.body) })},
		sandbox.FaultOversized: {sandbox.Fault{Bytes: 100_000}, altered(func(a answer) bool {
			return len(a.body) == 100_000+len(proper.body) && len(locks(a)) == 3
		})},
		sandbox.FaultGzipBomb:      {sandbox.Fault{Bytes: 1 << 20}, altered(func(a answer) bool { return len(a.body) == 1<<20+len(proper.body) && len(locks(a)) == 3 })},
		sandbox.FaultExtraFields:   {check: altered(func(a answer) bool { return locks(a)[0]["sandboxUnknown"] != nil && locks(a)[0]["id"] != nil })},
		sandbox.FaultMissingFields: {check: altered(func(a answer) bool { _, ok := locks(a)[0]["id"]; return !ok && len(locks(a)) == 3 })},
		sandbox.FaultUnknownEnum:   {check: altered(func(a answer) bool { return locks(a)[2]["targetType"] == "SandboxUnknown" })},
	}
	for _, kind := range sandbox.FaultKinds() {
		switch kind {
		case sandbox.FaultRefused, sandbox.FaultMalformedToken:
			continue // see TestConnectionsRefused and TestMalformedToken
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
				t.Errorf("a fault with count 1 came twice: %v %d %s", err, a.status, a.body)
			}
		})
	}
}

func TestMalformedToken(t *testing.T) {
	s := start(t)
	if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultMalformedToken, Operation: "token", Count: 1}); err != nil {
		t.Fatal(err)
	}
	malformed := accessToken(t, s, s.ClientID(), s.ClientSecret())
	if strings.Count(malformed, ".") == 2 {
		t.Errorf("%q could be a JWT", malformed)
	}
	send(t, "GET", s.BaseURL()+"/Owners", "Bearer "+malformed, "").code(t, 401, "InvalidToken")
	send(t, "GET", s.BaseURL()+"/Owners", "Bearer "+accessToken(t, s, s.ClientID(), s.ClientSecret()), "").want(t, 200)
}

// Faults from close-body on happen after the operation: what was asked is done.
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
			t.Error("the answer arrived")
		}
		rsp.Body.Close()
	}
	c.id(home+"/Contacts", "identifier", "lost@example.com")
	c.inject(sandbox.Fault{Kind: sandbox.Fault500, Operation: "createContact", Count: 1})
	c.call("PUT", home+"/Contacts", `{"identifier":"never@example.com"}`).code(t, 500, "InternalServerError")
	if got := c.list(home + "/Contacts?$filter=identifier eq 'never@example.com'"); len(got) != 0 {
		t.Errorf("a fault in place of the operation left %v", got)
	}
}

func TestFaultsByOperationCountAndRate(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	c.inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: "listGrants", Count: 2})
	c.inject(sandbox.Fault{Kind: sandbox.FaultLatency, Operation: "listGrants", Count: 5, Delay: time.Nanosecond})
	c.inject(sandbox.Fault{Kind: sandbox.Fault409, Operation: "listGrants", Count: 1})
	c.get(home) // another operation meets nothing
	var got []int
	for range 5 {
		got = append(got, c.call("GET", home+"/Grants", "").status)
	}
	want(t, got, `[503,503,409,200,200]`)
	want(t, c.server.Faults(), `[{"kind":"latency","operation":"listGrants","count":2}]`)
	if err := c.server.ClearFaults(); err != nil {
		t.Error(err)
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
		t.Errorf("%d of 200 failed at a rate of 0.25", failed)
	}
	if got := tokenRequest(t, c.server, basic("tapkey-sandbox:sandbox-secret"), "grant_type=client_credentials"); got.status != http.StatusOK {
		t.Errorf("a fault of the API reached the token endpoint: %d", got.status)
	}
	c.inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: "token"})
	tokenRequest(t, c.server, "", "").want(t, http.StatusServiceUnavailable)
	if err := c.server.ClearFaults(); err != nil {
		t.Error(err)
	}
	c.get(home)
}

func TestFaultsThatAreRefused(t *testing.T) {
	s := start(t)
	for _, fault := range []sandbox.Fault{
		{}, {Kind: "nope"}, {Kind: sandbox.Fault500, Operation: "nope"}, {Kind: sandbox.Fault500, Count: -1}, {Kind: sandbox.Fault500, Rate: 1.5}, {Kind: sandbox.Fault500, Rate: -1},
		{Kind: sandbox.FaultRedirect}, {Kind: sandbox.FaultRedirect, Location: "x\r\ny"}, {Kind: sandbox.Fault429, RetryAfter: "ü"}, {Kind: sandbox.FaultUndocumentedStatus, Status: 99},
		{Kind: sandbox.FaultLatency, Delay: -1}, {Kind: sandbox.FaultCloseBody, Bytes: -1}, {Kind: sandbox.FaultRefused, Operation: "listOwners"},
	} {
		if err := s.Inject(fault); err == nil {
			t.Errorf("%+v is accepted", fault)
		}
	}
	if s, err := sandbox.Start(sandbox.WithFaults(sandbox.Fault{Kind: "nope"})); err == nil {
		s.Close()
		t.Error("WithFaults accepts an unknown kind")
	}
	f, err := sandbox.ParseFault("429-retry-after,operation=listGrants,count=2,rate=0.5,delay=2s,bytes=3,status=418,retry-after=9,location=/x")
	if err != nil {
		t.Fatal(err)
	}
	if f != (sandbox.Fault{Kind: sandbox.Fault429RetryAfter, Operation: "listGrants", Count: 2, Rate: 0.5, Delay: 2 * time.Second, Bytes: 3, Status: 418, RetryAfter: "9", Location: "/x"}) {
		t.Errorf("parsed %+v", f)
	}
	for _, text := range []string{"", "nope", "500,", "500,count", "500,count=x", "500,rate=x", "500,rate=NaN", "500,delay=1", "500,colour=red"} {
		if f, err := sandbox.ParseFault(text); err == nil {
			t.Errorf("%q is parsed as %+v", text, f)
		}
	}
}

func TestConnectionsRefused(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home") // leaves an idle connection, which must not be of use
	refused := func() bool {
		_, err := c.try(http.DefaultClient, home)
		return errors.Is(err, syscall.ECONNREFUSED)
	}
	c.inject(sandbox.Fault{Kind: sandbox.FaultRefused})
	if !refused() {
		t.Fatal("the connection is not refused")
	}
	if err := c.server.ClearFaults(); err != nil {
		t.Fatal(err)
	}
	c.get(home)

	c.inject(sandbox.Fault{Kind: sandbox.FaultRefused, Delay: 20 * time.Millisecond})
	if !refused() {
		t.Fatal("the connection is not refused")
	}
	for deadline := time.Now().Add(5 * time.Second); refused(); {
		if time.Now().After(deadline) {
			t.Fatal("the sandbox did not open again")
		}
	}
	c.inject(sandbox.Fault{Kind: sandbox.FaultRefused}) // and Close has to end that
}

func TestControl(t *testing.T) {
	c := newCaller(t, sandbox.WithControl())
	home := c.owner("Home")
	origin := strings.TrimSuffix(c.server.BaseURL(), "/api/v1")
	control := func(method, path, body string) answer {
		t.Helper()
		return send(t, method, origin+"/_sandbox/"+path, "", body)
	}
	var about struct {
		BaseURL    string
		FaultKinds []struct{ Name, About string }
	}
	control("GET", "", "").want(t, 200).decode(t, &about)
	if about.BaseURL != c.server.BaseURL() || len(about.FaultKinds) != len(sandbox.FaultKinds()) || about.FaultKinds[0].About == "" {
		t.Errorf("about: %+v", about)
	}
	control("POST", "faults", `{"kind":"429","operation":"getOwner","count":1,"retryAfter":"3","delay":"250ms"}`).want(t, 200)
	var faults []map[string]any
	control("GET", "faults/", "").want(t, 200).decode(t, &faults)
	want(t, faults, `[{"count":1,"delay":"250ms","kind":"429","operation":"getOwner","retryAfter":"3"}]`)
	if got := c.call("GET", home, ""); got.status != 429 || got.header.Get("Retry-After") != "3" {
		t.Errorf("%d %v", got.status, got.header)
	}
	control("POST", "faults", `{"kind":"500"}`).want(t, 200)
	control("DELETE", "faults", "").want(t, 200)
	c.get(home)

	var asked struct {
		Requests []sandbox.Request
		Counts   map[string]int
	}
	control("GET", "requests", "").want(t, 200).decode(t, &asked)
	want(t, asked.Counts, `{"getOwner":2,"listOwners":1,"token":1}`)
	if len(asked.Requests) != 4 || asked.Requests[2].Fault != "429" {
		t.Errorf("requests: %+v", asked.Requests)
	}
	control("DELETE", "requests", "").want(t, 200)
	want(t, len(c.server.Requests()), `0`)

	control("PUT", "clock", `{"time":"2030-05-06T07:08:09Z"}`).want(t, 200)
	if got := c.server.Time(); got.Sub(time.Date(2030, 5, 6, 7, 8, 9, 0, time.UTC)) > time.Minute {
		t.Errorf("the clock shows %v", got)
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

	// Off unless asked for.
	quiet := start(t)
	for _, path := range []string{"/_sandbox/", "/_sandbox/faults", "/_SANDBOX/"} {
		send(t, "GET", strings.TrimSuffix(quiet.BaseURL(), "/api/v1")+path, "", "").code(t, 404, "NotFound")
	}
}

func TestOnlyLoopback(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "nonsense", "127.0.0.1", "127.0.0.1:x"} {
		if s, err := sandbox.Start(sandbox.WithAddr(addr)); err == nil {
			s.Close()
			t.Errorf("%s is accepted", addr)
		}
	}
	_, err := sandbox.Start(sandbox.WithAddr("0.0.0.0:0"))
	if err == nil || !strings.Contains(err.Error(), "loopback") || !strings.Contains(err.Error(), "WithNonLoopback") {
		t.Errorf("the refusal says %v", err)
	}
	start(t, sandbox.WithAddr("localhost:0"))
	s := start(t, sandbox.WithAddr("0.0.0.0:0"), sandbox.WithNonLoopback())
	accessToken(t, s, s.ClientID(), s.ClientSecret()) // and says how it is reached from here
}

func TestTLS(t *testing.T) {
	s := start(t, sandbox.WithTLS())
	if !strings.HasPrefix(s.BaseURL(), "https://127.0.0.1:") || !bytes.Contains(s.CertPEM(), []byte("BEGIN CERTIFICATE")) {
		t.Errorf("%s %s", s.BaseURL(), s.CertPEM())
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	get := func() (answer, error) {
		rsp, err := (&http.Client{Transport: transport}).Get(s.BaseURL() + "/Owners")
		if err != nil {
			return answer{}, err
		}
		defer rsp.Body.Close()
		body, err := io.ReadAll(rsp.Body)
		return answer{rsp.StatusCode, rsp.Header, body}, err
	}
	if _, err := get(); err == nil {
		t.Error("a client that does not trust the authority connects")
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
		t.Error("the connection is not reset")
	}
}

// Close has waited: not even an instant later is anything of the sandbox running.
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
		defer rsp.Body.Close() // and nobody reads it
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if running := stacks("tapkey-go/sandbox.("); len(running) > 0 {
		t.Errorf("running after Close: %s", running)
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
			t.Fatal("the request did not arrive")
		}
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := <-done; err == nil {
		t.Error("a request that waits survives Close")
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("the sandbox accepts connections after Close")
	}
	if leaked := goroutinesOf("tapkey-go/sandbox.("); len(leaked) > 0 {
		t.Errorf("goroutines after Close: %s", leaked)
	}
}
