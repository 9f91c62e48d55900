package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// recorder answers everything with one answer and remembers what it was asked.
type recorder struct {
	mu     sync.Mutex // held by requests, and by tests that change or read the rest
	status int
	header http.Header
	body   string
	asked
}

type asked struct{ targets, bodies, auth []string }

// answer sets what to answer from now on.
func (r *recorder) answer(status int, body string, header http.Header) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.body, r.header = status, body, header
}

// take returns what was asked since it was last called.
func (r *recorder) take() asked {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.asked
	r.asked = asked{}
	return taken
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, _ := io.ReadAll(req.Body)
	r.targets = append(r.targets, req.Method+" "+req.RequestURI)
	r.bodies = append(r.bodies, string(body))
	r.auth = append(r.auth, req.Header.Get("Authorization"))
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, r.body)
}

func record200(t *testing.T) (r *recorder, env []string) {
	t.Helper()
	r = &recorder{status: 200, body: "{}"}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	_, env = startSandbox(t)
	return r, append(env, "TAPKEY_BASE_URI="+server.URL)
}

func TestAPISendsWhatIsSaid(t *testing.T) {
	r, env := record200(t)
	file := filepath.Join(t.TempDir(), "body.json")
	if err := os.WriteFile(file, []byte(`{"from":"file"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args         []string
		target, body string
	}{
		{[]string{"GET", "/Owners"}, "GET /api/v1/Owners", ""},
		{[]string{"get", "Owners"}, "GET /api/v1/Owners", ""},
		{[]string{"GET", "/Owners?$top=1"}, "GET /api/v1/Owners?%24top=1", ""},
		{[]string{"GET", "/Owners/a%2Fb"}, "GET /api/v1/Owners/a%2Fb", ""},
		{[]string{"GET", "/Owners/a..b/100%25"}, "GET /api/v1/Owners/a..b/100%25", ""},
		{[]string{"GET", "/Owners?x=/../y"}, "GET /api/v1/Owners?x=%2F..%2Fy", ""},
		{[]string{"GET", "/x", "-f", "$filter=id eq 'a&b'", "-f", "$top:=1"}, "GET /api/v1/x?%24filter=id%20eq%20%27a%26b%27&%24top=1", ""},
		{[]string{"DELETE", "/x?a=b", "--field", "c=d"}, "DELETE /api/v1/x?a=b&c=d", ""},
		{[]string{"PUT", "/x", "-f", "name=Home", "-f", "n:=1", "-f", "o:={\"a\":[null]}", "-f", "e=", "-f", "eq=a=b"},
			"PUT /api/v1/x", `{"e":"","eq":"a=b","n":1,"name":"Home","o":{"a":[null]}}`},
		{[]string{"PATCH", "/x", "-f", "n=1"}, "PATCH /api/v1/x", `{"n":"1"}`},
		{[]string{"POST", "/x"}, "POST /api/v1/x", ""},
		{[]string{"POST", "/x", "--input", file}, "POST /api/v1/x", `{"from":"file"}`},
		{[]string{"POST", "/x", "--input", "-"}, "POST /api/v1/x", `["stdin"]`},
	} {
		cmd := command(t, env, append([]string{"api"}, test.args...)...)
		cmd.Stdin = strings.NewReader(`["stdin"]`)
		out, err := cmd.CombinedOutput()
		got := r.take()
		if err != nil || string(out) != "{}" || len(got.targets) != 1 || got.targets[0] != test.target || got.bodies[0] != test.body {
			t.Errorf("%q: %v, %q, sent %q", test.args, err, out, got)
		}
		if len(got.auth) != 1 || !strings.HasPrefix(got.auth[0], "Bearer ey") {
			t.Errorf("%q: the header is %q", test.args, got.auth)
		}
	}
}

// Nothing leaves the base URL, and nothing malformed is sent.
func TestAPIStaysBelowTheBaseURL(t *testing.T) {
	r, env := record200(t)
	for _, path := range []string{
		"https://evil.example/x", "http://127.0.0.1/x", "//evil.example/x", "HTTPS:/x", "https:x", "mailto:x",
		"/../x", "..", ".", "/.", "/x/..", "/x/../../y", "/x/./y", "../Owners", "/x/..;/y", "/x/..;a=b/y",
		"/%2e%2e/x", "/%2E./x", "/x/%2e", "/x/..%2fy", "/x%2f..%2fy", "/x/%252e%252e/y", "/x/%25252e%25252e", "/x/..%252fy",
		`/x\..\y`, `\\evil.example\x`, "/x/..%5cy", "/x%5c..%5cy", "/x%00y", "/x%0d%0aHost:evil", "/x\r\ny", "/x%7fy", "/\u202ex",
		"", "/", "//", "#x", "/x#y", "/%zz", "/%", "?x=y", "/%2e%2e;/x", "/x/%2e%2e%3b/y",
	} {
		for _, method := range []string{"GET", "DELETE"} {
			out, errs, status := tapkeyMain(t, env, "api", method, path)
			if status != 2 || out != "" || strings.Count(errs, "\n") != 1 {
				t.Errorf("%s %q: status %d, %q, %q", method, path, status, out, errs)
			}
		}
	}
	if got := r.take(); len(got.targets) > 0 {
		t.Errorf("sent %q", got.targets)
	}
}

func TestAPIMisuse(t *testing.T) {
	r, env := record200(t)
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"method":          {"FETCH", "/x"},
		"method with CR":  {"GET\r\nX: y", "/x"},
		"one argument":    {"/x"},
		"field":           {"PUT", "/x", "-f", "name"},
		"nameless field":  {"PUT", "/x", "-f", "=x"},
		"no JSON":         {"PUT", "/x", "-f", "x:=nope"},
		"field twice":     {"PUT", "/x", "-f", "x=1", "-f", "x=2"},
		"body of a GET":   {"GET", "/x", "--input", "-"},
		"input and field": {"PUT", "/x", "--input", "-", "-f", "x=1"},
		"no file":         {"PUT", "/x", "--input", filepath.Join(dir, "missing")},
		"a directory":     {"PUT", "/x", "--input", dir},
		"input no JSON":   {"PUT", "/x", "--input", "-"},
	} {
		cmd := command(t, env, append([]string{"api"}, args...)...)
		var out, errs bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("no JSON"), &out, &errs
		_ = cmd.Run()
		if status := cmd.ProcessState.ExitCode(); status != 2 || out.Len() > 0 || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%s: status %d, %q, %q", name, status, &out, &errs)
		}
	}
	if got := r.take(); len(got.targets) > 0 {
		t.Errorf("sent %q", got.targets)
	}
}

func TestAPIPrintsTheBodyOfAnError(t *testing.T) {
	r, env := record200(t)
	for _, test := range []struct{ status, want int }{{200, 0}, {204, 0}, {304, 1}, {302, 1}, {400, 1}, {401, 4}, {403, 1}, {404, 1}, {418, 1}} {
		want := `{"ErrorCode":"x"}`
		if test.status == 204 || test.status == 304 {
			want = ""
		}
		r.answer(test.status, want, http.Header{"Location": {"https://evil.example/"}})
		out, errs, status := tapkeyMain(t, env, "api", "POST", "/x")
		if status != test.want || out != want || strings.Contains(errs, http.StatusText(test.status)) != (test.want != 0) {
			t.Errorf("%d: status %d, %q, %q", test.status, status, out, errs)
		}
		if got := r.take(); len(got.targets) != 1 && test.status != 401 { // which is tried with another token
			t.Errorf("%d: sent %q", test.status, got.targets)
		}
	}
}

// A create is not repeated, a GET is.
func TestAPIRepeatsOnlyGET(t *testing.T) {
	server, env := startSandbox(t)
	for method, want := range map[string]struct{ status, calls int }{"PUT": {1, 1}, "GET": {0, 2}} {
		operation := map[string]string{"PUT": "createContact", "GET": "listContacts"}[method]
		if err := server.Inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: operation, Count: 1}); err != nil {
			t.Fatal(err)
		}
		_, errs, status := tapkeyMain(t, env, "api", method, "/Owners/7f9c1e52-0000-4000-8000-000000000000/Contacts")
		if status != want.status || server.Count(operation) != want.calls {
			t.Errorf("%s: status %d, %d calls, %q", method, status, server.Count(operation), errs)
		}
	}
}

// It asks for the scopes of what is called.
func TestAPIAsksForTheRightScopes(t *testing.T) {
	_, env := startSandbox(t)
	const home = "/Owners/7f9c1e52-0000-4000-8000-000000000000"
	for _, path := range []string{home + "/Grants", home + "/logentries", home + "/BoundLocks?$top=1", "Owners", home + "/Contacts/90d7c4e6-0000-4000-8000-000000000001"} {
		if _, errs, status := tapkeyMain(t, env, "api", "GET", path); status != 0 {
			t.Errorf("%s: status %d, %q", path, status, errs)
		}
	}
	if _, _, status := tapkeyMain(t, append(env, "TAPKEY_SCOPES=read:owneraccounts"), "api", "GET", home+"/Grants"); status != 4 {
		t.Errorf("status %d", status)
	}
}
