package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A recorder is an API that sends the same response to every request and records the
// requests.
type recorder struct {
	mu       sync.Mutex // guards the other fields
	status   int
	header   http.Header
	body     string
	recorded []recordedRequest
}

type recordedRequest struct {
	target, body string
	auth         string // the start of the header Authorization
}

// respond sets the response to all later requests.
func (r *recorder) respond(status int, body string, header http.Header) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.body, r.header = status, body, header
}

// take returns the requests recorded since the last call of take.
func (r *recorder) take() []recordedRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.recorded
	r.recorded = nil
	return taken
}

// check checks that a single request was recorded, with a bearer token.
func (r *recorder) check(t *testing.T, what, target, body string) {
	t.Helper()
	got := r.take()
	if want := (recordedRequest{target, body, "Bearer ey"}); len(got) != 1 || got[0] != want {
		t.Errorf("%s: requests = %+q, want only %+q", what, got, want)
	}
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, _ := io.ReadAll(req.Body)
	r.recorded = append(r.recorded, recordedRequest{req.Method + " " + req.RequestURI, string(body), fmt.Sprintf("%.9s", req.Header.Get("Authorization"))})
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, r.body)
}

// startRecorder starts a recorder. Its response is an empty JSON object.
func startRecorder(t *testing.T) (r *recorder, env []string) {
	t.Helper()
	r = &recorder{status: 200, body: "{}"}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	_, env = startSandbox(t)
	return r, append(env, "TAPKEY_BASE_URI="+server.URL)
}

func TestAPIRequests(t *testing.T) {
	t.Parallel()
	recorder, env := startRecorder(t)
	file := filepath.Join(t.TempDir(), "body.json")
	must(t, os.WriteFile(file, []byte(`{"from":"file"}`), 0o600))
	for _, test := range []struct {
		args         []string
		target, body string
	}{
		{[]string{"GET", "/Owners"}, "GET /api/v1/Owners", ""},
		{[]string{"get", "Owners"}, "GET /api/v1/Owners", ""},
		{[]string{"GET", "/Owners/1/Contacts?$top=1"}, "GET /api/v1/Owners/1/Contacts?%24top=1", ""},
		{[]string{"GET", "/Owners/a%2Fb"}, "GET /api/v1/Owners/a%2Fb", ""},
		{[]string{"GET", "/Owners/a..b/100%25"}, "GET /api/v1/Owners/a..b/100%25", ""},
		{[]string{"GET", "/x?y=/../z"}, "GET /api/v1/x?y=%2F..%2Fz", ""},
		{[]string{"GET", "/x", "-f", "$filter=id eq 'a&b'", "-f", "$top:=1"}, "GET /api/v1/x?%24filter=id%20eq%20%27a%26b%27&%24top=1", ""},
		{[]string{"DELETE", "/x?a=b", "--field", "c=d"}, "DELETE /api/v1/x?a=b&c=d", ""},
		{[]string{"PUT", "/x", "-f", "name=Home", "-f", "n:=1", "-f", "o:={\"a\":[null]}", "-f", "e=", "-f", "eq=a=b"},
			"PUT /api/v1/x", `{"e":"","eq":"a=b","n":1,"name":"Home","o":{"a":[null]}}`},
		{[]string{"PATCH", "/x", "-f", "n=1"}, "PATCH /api/v1/x", `{"n":"1"}`},
		{[]string{"POST", "/x"}, "POST /api/v1/x", ""},
		{[]string{"POST", "/x", "--input", file}, "POST /api/v1/x", `{"from":"file"}`},
		{[]string{"POST", "/x", "--input", "-"}, "POST /api/v1/x", `["stdin"]`},
	} {
		r := tapkeyInput(t, env, `["stdin"]`, append([]string{"api"}, test.args...)...)
		r.checkStdout(t, "{}")
		recorder.check(t, r.name, test.target, test.body)
	}
}

// No request goes to a place that is not below the base URL, and none is malformed.
func TestAPIStaysBelowTheBaseURL(t *testing.T) {
	t.Parallel()
	recorder, env := startRecorder(t)
	for _, path := range []string{
		"https://evil.example/x", "http://127.0.0.1/x", "//evil.example/x", "HTTPS:/x", "https:x", "mailto:x",
		"/../x", "..", ".", "/.", "/x/..", "/x/../../y", "/x/./y", "../Owners", "/x/..;/y", "/x/..;a=b/y",
		"/%2e%2e/x", "/%2E./x", "/x/%2e", "/x/..%2fy", "/x%2f..%2fy", "/x/%252e%252e/y", "/x/%25252e%25252e", "/x/..%252fy",
		`/x\..\y`, `\\evil.example\x`, "/x/..%5cy", "/x%5c..%5cy", "/x%00y", "/x%0d%0aHost:evil", "/x\r\ny", "/x%7fy", "/\u202ex",
		"", "/", "//", "#x", "/x#y", "/%zz", "/%", "?x=y", "/%2e%2e;/x", "/x/%2e%2e%3b/y",
	} {
		for _, method := range []string{"GET", "DELETE"} {
			tapkeyMain(t, env, "api", method, path).checkFailure(t, exitMisuse)
		}
	}
	if got := recorder.take(); len(got) > 0 {
		t.Errorf("requests = %+v, want none", got)
	}
}

func TestAPIMisuse(t *testing.T) {
	t.Parallel()
	recorder, env := startRecorder(t)
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"unknown method":  {"FETCH", "/x"},
		"method with CR":  {"GET\r\nX: y", "/x"},
		"one argument":    {"/x"},
		"invalid field":   {"PUT", "/x", "-f", "name"},
		"nameless field":  {"PUT", "/x", "-f", "=x"},
		"invalid JSON":    {"PUT", "/x", "-f", "x:=nope"},
		"field twice":     {"PUT", "/x", "-f", "x=1", "-f", "x=2"},
		"body of a GET":   {"GET", "/x", "--input", "-"},
		"input and field": {"PUT", "/x", "--input", "-", "-f", "x=1"},
		"missing file":    {"PUT", "/x", "--input", filepath.Join(dir, "missing")},
		"directory":       {"PUT", "/x", "--input", dir},
		"invalid input":   {"PUT", "/x", "--input", "-"},
	} {
		t.Run(name, func(t *testing.T) {
			tapkeyInput(t, env, "not JSON", append([]string{"api"}, args...)...).checkFailure(t, exitMisuse)
		})
	}
	if got := recorder.take(); len(got) > 0 {
		t.Errorf("requests = %+v, want none", got)
	}
}

func TestAPIPrintsTheBodyOfAnError(t *testing.T) {
	t.Parallel()
	recorder, env := startRecorder(t)
	for status, want := range map[int]int{200: 0, 204: 0, 304: 1, 302: 1, 400: 1, 401: 4, 403: 1, 404: 1, 418: 1} {
		body := `{"ErrorCode":"x"}`
		if status == 204 || status == 304 {
			body = ""
		}
		recorder.respond(status, body, http.Header{"Location": {"https://evil.example/"}})
		r := tapkeyMain(t, env, "api", "POST", "/x")
		text := http.StatusText(status)
		check(t, text+": exit status", r.status, want)
		check(t, text+": stdout", r.stdout, body)
		if want == 0 {
			check(t, text+": stderr", r.stderr, "")
		} else {
			checkContains(t, text+": stderr", r.stderr, text)
		}
		requests := 1
		if status == http.StatusUnauthorized {
			requests = 2 // with another token
		}
		check(t, text+": requests", len(recorder.take()), requests)
	}
}

// A create is not retried, a GET is.
func TestAPIRetriesOnlyGET(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	for method, want := range map[string]struct {
		args          []string
		operation     string
		status, calls int
	}{"PUT": {[]string{"-f", "title=New"}, "createContact", exitFailed, 1}, "GET": {nil, "listContacts", exitOK, 2}} {
		must(t, server.Inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: want.operation, Count: 1}))
		r := tapkeyMain(t, env, append([]string{"api", method, "/Owners/7f9c1e52-0000-4000-8000-000000000000/Contacts"}, want.args...)...)
		check(t, method+": exit status", r.status, want.status)
		check(t, method+": calls", server.Count(want.operation), want.calls)
	}
}

// The token has the scopes of the operation.
func TestAPIScopes(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	const home = "/Owners/7f9c1e52-0000-4000-8000-000000000000"
	for _, path := range []string{home + "/Grants", home + "/logentries", home + "/BoundLocks?$top=1", "Owners", home + "/Contacts/90d7c4e6-0000-4000-8000-000000000001"} {
		tapkeyMain(t, env, "api", "GET", path).checkSuccess(t)
	}
	r := tapkeyMain(t, append(env, "TAPKEY_SCOPES=read:owneraccounts"), "api", "GET", home+"/Grants")
	check(t, "exit status with another scope", r.status, exitAuth)
}
