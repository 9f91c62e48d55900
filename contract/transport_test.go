package contract_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

const owners = `[{"id":"a","name":"Home","active":true}]`

// serve serves one answer for whatever is asked.
func serve(t *testing.T, status int, contentType, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func transport(t *testing.T, opts ...contract.Option) *contract.Transport {
	t.Helper()
	checked, err := contract.NewTransport(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return checked
}

// send sends a request and reads the whole answer.
func send(t *testing.T, through http.RoundTripper, method, url, body string, edit func(*http.Request)) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer secret-token")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if edit != nil {
		edit(req)
	}
	rsp, err := (&http.Client{Transport: through}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	data, err := io.ReadAll(rsp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// texts are the findings as they are printed.
func texts(checked *contract.Transport) []string {
	var list []string
	for _, f := range checked.Findings() {
		list = append(list, f.String())
	}
	return list
}

// What is wrong with a request is found on its way out, and the call goes on.
func TestRequests(t *testing.T) {
	base := serve(t, 200, "application/json", owners) + "/api/v1"
	grant := `{"boundLockId":"b","contactId":"c"}`
	tests := map[string]struct {
		method, path, body string
		edit               func(*http.Request)
		want               []string
	}{
		"as it should be":        {"GET", "/Owners", "", nil, nil},
		"escaped letters":        {"GET", "/%4fwners", "", nil, nil},
		"other case, slash":      {"GET", "/OWNERS/", "", nil, nil},
		"parameters":             {"GET", "/Owners/a/Grants?%24top=5&$skip=0&$filter=id%20eq%20'x'&$select=id", "", nil, []string{"listGrants: answer 200: unknown field at /*/name"}},
		"undeclared parameter":   {"GET", "/Owners?$top=5", "", nil, []string{"listOwners: request: undeclared parameter at query:$top"}},
		"parameter of data":      {"GET", "/Owners?alex@example.com=5", "", nil, []string{"listOwners: request: undeclared parameter at query:*"}},
		"parameter of a type":    {"GET", "/Owners/a/LockGroups?$top=many", "", nil, []string{"listLockGroups: request: wrong type at query:$top"}},
		"parameter out of range": {"GET", "/Owners/a/LockGroups?$skip=-1", "", nil, []string{"listLockGroups: request: wrong type at query:$skip"}},
		"no token":               {"GET", "/Owners", "", func(r *http.Request) { r.Header.Del("Authorization") }, []string{"listOwners: request: missing token"}},
		"another scheme":         {"GET", "/Owners", "", func(r *http.Request) { r.Header.Set("Authorization", "Basic x") }, []string{"listOwners: request: missing token"}},
		"no such path":           {"GET", "/Owners/a/Doors", "", nil, []string{"?: request: undeclared operation (method GET)"}},
		"no such method":         {"DELETE", "/Owners", "", nil, []string{"?: request: undeclared operation (method DELETE)"}},
		"a body that is none":    {"GET", "/Owners", "{}", nil, []string{"listOwners: request: unknown field (no body is declared)"}},
		"unknown field":          {"PUT", "/Owners/a/Grants", `{"boundLockId":"b","contact":{"identifier":"x","name":"y"}}`, nil, []string{"createGrant: request: unknown field at /contact/name"}},
		"missing required":       {"PUT", "/Owners/a/Grants", `{}`, nil, []string{"createGrant: request: missing required at /boundLockId"}},
		"no body":                {"PUT", "/Owners/a/Grants", "", nil, []string{"createGrant: request: missing required (a body is required)"}},
		"wrong type":             {"PUT", "/Owners/a/Grants", `{"boundLockId":1}`, nil, []string{"createGrant: request: wrong type at /boundLockId (want string)"}},
		"bad time":               {"PUT", "/Owners/a/Grants", `{"boundLockId":"b","validFrom":"tomorrow"}`, nil, []string{"createGrant: request: wrong type at /validFrom (want format date-time)"}},
		"unknown value":          {"PUT", "/Owners/a/Permissions", `{"contactId":"c","role":"Janitor"}`, nil, []string{"createPermission: request: unknown enum value at /role"}},
		"not JSON":               {"PUT", "/Owners/a/Grants", `{`, nil, []string{"createGrant: request: malformed body"}},
		"another content type":   {"PUT", "/Owners/a/Grants", grant, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, []string{"createGrant: request: wrong content type"}},
		"a body read only once":  {"PUT", "/Owners/a/Grants", grant, func(r *http.Request) { r.GetBody = nil }, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			checked := transport(t)
			if got := send(t, checked, test.method, base+test.path, test.body, test.edit); got != owners {
				t.Errorf("the answer was changed to %q", got)
			}
			got := slices.DeleteFunc(texts(checked), func(s string) bool {
				return strings.Contains(s, ": answer ") && !slices.Contains(test.want, s)
			})
			if !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

// What does not belong to the API passes unseen, a proxy's prefix does not matter.
func TestPaths(t *testing.T) {
	base := serve(t, 200, "application/json", owners)
	checked := transport(t)
	send(t, checked, "POST", base+"/connect/token", "grant_type=client_credentials", nil)
	if n := answers(checked); n != 0 || len(checked.Findings()) != 0 {
		t.Errorf("a token request was validated: %v", checked.Findings())
	}
	send(t, checked, "GET", base+"/tapkey/api/v1/Owners", "", nil)
	if n := answers(checked); n != 1 || len(checked.Findings()) != 0 {
		t.Errorf("%d answers, found %v", n, checked.Findings())
	}
}

func answers(checked *contract.Transport) int {
	total := 0
	for _, c := range checked.Coverage() {
		for _, n := range c.Statuses {
			total += n
		}
	}
	return total
}

func TestReadOnly(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(server.Close)
	checked := transport(t, contract.ReadOnly())
	for _, method := range []string{"PUT", "POST", "PATCH", "DELETE", "HEAD"} {
		for _, path := range []string{"/Owners", "/Nothing"} {
			req, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/api/v1"+path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := checked.RoundTrip(req); !errors.Is(err, contract.ErrReadOnly) {
				t.Errorf("%s %s: %v", method, path, err)
			}
		}
	}
	if asked != 0 {
		t.Errorf("%d requests got through", asked)
	}
	// A token may be asked for all the same.
	send(t, checked, "POST", server.URL+"/connect/token", "x", nil)
}

// The caller gets each byte when it is there, not when the answer is complete.
func TestAnswersAreNotHeldBack(t *testing.T) {
	read := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "[")
		_ = http.NewResponseController(w).Flush()
		<-read // the rest comes once the client has what there is
		_, _ = io.WriteString(w, `{"id":7}]`)
	}))
	t.Cleanup(server.Close)
	checked := transport(t)
	req, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/api/v1/Owners", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer x")
	rsp, err := checked.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	var one [1]byte
	if _, err := io.ReadFull(rsp.Body, one[:]); err != nil {
		t.Fatal(err)
	}
	if len(checked.Findings()) != 0 {
		t.Errorf("found in half an answer: %v", checked.Findings())
	}
	close(read)
	if _, err := io.ReadAll(rsp.Body); err != nil {
		t.Fatal(err)
	}
	if err := rsp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"listOwners: answer 200: wrong type at /*/id (want string)"}
	if got := texts(checked); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// An answer that the caller gave up proves nothing, one that was read but for its end
// does.
func TestAnswersThatAreNotReadToTheEnd(t *testing.T) {
	base := serve(t, 200, "application/json", owners) + "/api/v1"
	for bytes, checkedAnswers := range map[int]int{0: 0, 10: 0, len(owners): 1} {
		checked := transport(t)
		req, err := http.NewRequestWithContext(t.Context(), "GET", base+"/Owners", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer x")
		rsp, err := checked.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(rsp.Body, make([]byte, bytes)); err != nil {
			t.Fatal(err)
		}
		if err := rsp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if len(checked.Findings()) != 0 {
			t.Errorf("after %d bytes: %v", bytes, checked.Findings())
		}
		for _, c := range checked.Coverage() {
			if c.Operation == "listOwners" && (c.Objects != checkedAnswers || c.Checked() != (checkedAnswers > 0)) {
				t.Errorf("after %d bytes: %+v", bytes, c)
			}
		}
	}
}

// Equal findings are counted together, whichever item of a list they are in, and no
// matter how many calls run at once.
func TestFindingsAreCounted(t *testing.T) {
	base := serve(t, 200, "application/json", `[{"id":"a","new":1},{"id":"b","new":{"x":2}}]`) + "/api/v1"
	checked := transport(t)
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() { send(t, checked, "GET", base+"/Owners", "", nil) })
	}
	calls.Wait()
	want := []string{"listOwners: answer 200: unknown field at /*/new, 16 times"}
	if got := texts(checked); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// What $select leaves out is not missing; what it names is, and so is what a nested
// object has to have.
func TestSelect(t *testing.T) {
	base := serve(t, 200, "application/json", `[{"state":"Ok","boundLock":{"title":"x"}}]`) + "/api/v1"
	const nested = "listGrants: answer 200: missing required at /*/boundLock/id"
	for query, want := range map[string][]string{
		"":                         {nested, "listGrants: answer 200: missing required at /*/id"},
		"?$select=state,boundLock": {nested},
		"?$select=state,%20id":     {nested, "listGrants: answer 200: missing required at /*/id"},
	} {
		checked := transport(t)
		send(t, checked, "GET", base+"/Owners/a/Grants"+query, "", nil)
		if got := texts(checked); !slices.Equal(got, want) {
			t.Errorf("%s: found %q, want %q", query, got, want)
		}
	}
}

// A caller that has asked for compression gets it, and the answer is validated.
func TestCompressedAnswers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", r.Header.Get("Accept-Encoding"))
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, `[{"id":7}]`)
		_ = z.Close()
	}))
	t.Cleanup(server.Close)
	for encoding, want := range map[string][]string{
		"gzip": {"listOwners: answer 200: wrong type at /*/id (want string)"},
		"br":   nil, // cannot be read here, and does not count as checked
	} {
		checked := transport(t)
		send(t, checked, "GET", server.URL+"/api/v1/Owners", "", func(r *http.Request) { r.Header.Set("Accept-Encoding", encoding) })
		if got := texts(checked); !slices.Equal(got, want) {
			t.Errorf("%s: found %q, want %q", encoding, got, want)
		}
		for _, c := range checked.Coverage() {
			if c.Checked() != (c.Operation == "listOwners" && encoding == "gzip") {
				t.Errorf("%s: %+v", encoding, c)
			}
		}
	}
}

// An empty list is no proof.
func TestCoverage(t *testing.T) {
	base := serve(t, 200, "application/json", `[]`) + "/api/v1"
	checked := transport(t)
	send(t, checked, "GET", base+"/Owners", "", nil)
	for _, c := range checked.Coverage() {
		if c.Checked() {
			t.Errorf("%s counts as checked: %+v", c.Operation, c)
		}
	}
}

func TestNewTransportRefusesABadDocument(t *testing.T) {
	for _, document := range []string{"", "openapi: [", "openapi: 3.0.3\ninfo: {title: x, version: x}\npaths: {/x: {get: {}}}\n"} {
		if _, err := contract.NewTransport(contract.WithDocument([]byte(document))); err == nil {
			t.Errorf("%q was taken", document)
		}
	}
}

// A recursive contract, and one with a composition, can be made strict.
func TestStrictDocuments(t *testing.T) {
	const document = `openapi: 3.0.3
info: {title: x, version: x}
servers: [{url: https://example.com/api}]
paths:
  /Nodes:
    get:
      operationId: getNode
      responses:
        '200':
          description: A node.
          content: {application/json: {schema: {$ref: '#/components/schemas/Node'}}}
components:
  schemas:
    Node:
      type: object
      properties:
        next: {type: object, nullable: true, allOf: [{$ref: '#/components/schemas/Node'}]}
        both: {allOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]}
        free: {type: object, additionalProperties: true, properties: {a: {type: string}}}
    A: {type: object, properties: {a: {type: string}}}
    B: {type: object, properties: {b: {type: string}}}
`
	base := serve(t, 200, "application/json", `{"next":{"next":{"next":null,"x":1},"both":{"a":"1","b":"2"},"free":{"z":1}}}`)
	checked := transport(t, contract.WithDocument([]byte(document)))
	send(t, checked, "GET", base+"/api/Nodes", "", nil)
	want := []string{"getNode: answer 200: unknown field at /next/next/x"}
	if got := texts(checked); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// fakeT is a test that notes what a Recorder says.
type fakeT struct {
	errors   []string
	cleanups []func()
}

func (f *fakeT) Helper() {}
func (f *fakeT) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}
func (f *fakeT) Fatalf(format string, args ...any) { f.Errorf(format, args...) }
func (f *fakeT) Cleanup(do func())                 { f.cleanups = append(f.cleanups, do) }

func (f *fakeT) end() []string {
	for _, do := range f.cleanups {
		do()
	}
	return f.errors
}

func TestRecorder(t *testing.T) {
	unused := new(fakeT)
	contract.Recorder(unused)
	if got := unused.end(); len(got) != 1 || !strings.Contains(got[0], "no exchange was validated") {
		t.Errorf("a recorder that saw nothing: %q", got)
	}

	good := new(fakeT)
	c := connect(t, start(t), contract.Recorder(good))
	if _, err := c.ListOwners(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := good.end(); len(got) != 0 {
		t.Errorf("a good exchange: %q", got)
	}

	bad := new(fakeT)
	c = connect(t, start(t), contract.Recorder(bad))
	_, err := c.CreatePermission(t.Context(), ownerNamed(t, c, coworking), tapkey.PermissionCreate{ContactID: "nobody", Role: "Janitor"})
	if !errors.Is(err, api.ErrBadRequest) {
		t.Errorf("the call itself: %v", err)
	}
	want := "contract: createPermission: request: unknown enum value at /role"
	if got := bad.end(); len(got) != 1 || got[0] != want {
		t.Errorf("a bad exchange: %q, want %q", got, want)
	}

	broken := new(fakeT)
	contract.Recorder(broken, contract.WithDocument(nil))
	if len(broken.errors) != 1 {
		t.Errorf("a bad document: %q", broken.errors)
	}
}
