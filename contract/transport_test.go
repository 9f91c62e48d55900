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

// serve starts a server that responds to every request in the same way.
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

// send sends a request and returns the body of the response.
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

// texts returns the findings as they are printed.
func texts(checked *contract.Transport) []string {
	var list []string
	for _, f := range checked.Findings() {
		list = append(list, f.String())
	}
	return list
}

// Requests are validated before they are sent, and sent anyway.
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
		"parameters":             {"GET", "/Owners/a/Grants?%24top=5&$skip=0&$filter=id%20eq%20'x'&$select=id", "", nil, []string{"listGrants: response 200: unknown field at /*/name"}},
		"undeclared parameter":   {"GET", "/Owners?$top=5", "", nil, []string{"listOwners: request: undeclared parameter at query:$top"}},
		"parameter of data":      {"GET", "/Owners?alex@example.com=5", "", nil, []string{"listOwners: request: undeclared parameter at query:*"}},
		"parameter of a type":    {"GET", "/Owners/a/LockGroups?$top=many", "", nil, []string{"listLockGroups: request: wrong type at query:$top"}},
		"parameter out of range": {"GET", "/Owners/a/LockGroups?$skip=-1", "", nil, []string{"listLockGroups: request: wrong type at query:$skip"}},
		"no token":               {"GET", "/Owners", "", func(r *http.Request) { r.Header.Del("Authorization") }, []string{"listOwners: request: missing token"}},
		"another scheme":         {"GET", "/Owners", "", func(r *http.Request) { r.Header.Set("Authorization", "Basic x") }, []string{"listOwners: request: missing token"}},
		"no such path":           {"GET", "/Owners/a/Doors", "", nil, []string{"?: request: undeclared operation (method GET)"}},
		"no such method":         {"DELETE", "/Owners", "", nil, []string{"?: request: undeclared operation (method DELETE)"}},
		"an undeclared body":     {"GET", "/Owners", "{}", nil, []string{"listOwners: request: unknown field (no body is declared)"}},
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
				t.Errorf("got the response %q, want %q", got, owners)
			}
			got := slices.DeleteFunc(texts(checked), func(s string) bool {
				return strings.Contains(s, ": response ") && !slices.Contains(test.want, s)
			})
			if !slices.Equal(got, test.want) {
				t.Errorf("got findings %q, want %q", got, test.want)
			}
		})
	}
}

// Requests outside the base path are not validated. The base path may have a prefix, as
// behind a proxy.
func TestPaths(t *testing.T) {
	base := serve(t, 200, "application/json", owners)
	checked := transport(t)
	send(t, checked, "POST", base+"/connect/token", "grant_type=client_credentials", nil)
	if n := responses(checked); n != 0 || len(checked.Findings()) != 0 {
		t.Errorf("a token request: got %d validated responses and findings %v, want none", n, checked.Findings())
	}
	send(t, checked, "GET", base+"/tapkey/api/v1/Owners", "", nil)
	if n := responses(checked); n != 1 || len(checked.Findings()) != 0 {
		t.Errorf("got %d validated responses and findings %v, want 1 and none", n, checked.Findings())
	}
}

// responses returns the number of responses that were validated.
func responses(checked *contract.Transport) int {
	total := 0
	for _, c := range checked.Coverage() {
		for _, n := range c.Statuses {
			total += n
		}
	}
	return total
}

func TestReadOnly(t *testing.T) {
	received := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { received++ }))
	t.Cleanup(server.Close)
	checked := transport(t, contract.ReadOnly())
	for _, method := range []string{"PUT", "POST", "PATCH", "DELETE", "HEAD"} {
		for _, path := range []string{"/Owners", "/Nothing"} {
			req, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/api/v1"+path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := checked.RoundTrip(req); !errors.Is(err, contract.ErrReadOnly) {
				t.Errorf("%s %s: got error %v, want %v", method, path, err, contract.ErrReadOnly)
			}
		}
	}
	if received != 0 {
		t.Errorf("got %d requests at the server, want none", received)
	}
	// A token request is sent.
	send(t, checked, "POST", server.URL+"/connect/token", "x", nil)
}

// The caller receives each byte as it arrives, not when the response is complete.
func TestResponsesAreNotDelayed(t *testing.T) {
	read := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "[")
		_ = http.NewResponseController(w).Flush()
		<-read // the rest is sent once the client has read the beginning
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
		t.Errorf("in half a response: got findings %v, want none", checked.Findings())
	}
	close(read)
	if _, err := io.ReadAll(rsp.Body); err != nil {
		t.Fatal(err)
	}
	if err := rsp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"listOwners: response 200: wrong type at /*/id (want string)"}
	if got := texts(checked); !slices.Equal(got, want) {
		t.Errorf("got findings %q, want %q", got, want)
	}
}

// A response that the caller abandons is not validated. One that was read up to the end of
// the JSON value is.
func TestResponsesThatAreNotReadToTheEnd(t *testing.T) {
	base := serve(t, 200, "application/json", owners) + "/api/v1"
	for bytes, objects := range map[int]int{0: 0, 10: 0, len(owners): 1} {
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
			t.Errorf("after %d bytes: got findings %v, want none", bytes, checked.Findings())
		}
		for _, c := range checked.Coverage() {
			if c.Operation == "listOwners" && (c.Objects != objects || c.Checked() != (objects > 0)) {
				t.Errorf("after %d bytes: got %+v, want %d objects", bytes, c, objects)
			}
		}
	}
}

// Equal findings are counted, in all items of a list and in concurrent calls.
func TestFindingsAreCounted(t *testing.T) {
	base := serve(t, 200, "application/json", `[{"id":"a","new":1},{"id":"b","new":{"x":2}}]`) + "/api/v1"
	checked := transport(t)
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() { send(t, checked, "GET", base+"/Owners", "", nil) })
	}
	calls.Wait()
	want := []string{"listOwners: response 200: unknown field at /*/new, 16 times"}
	if got := texts(checked); !slices.Equal(got, want) {
		t.Errorf("got findings %q, want %q", got, want)
	}
}

// A required field that $select does not name is not missing. One that it names is, and so
// is a required field of a nested object.
func TestSelect(t *testing.T) {
	base := serve(t, 200, "application/json", `[{"state":"Ok","boundLock":{"title":"x"}}]`) + "/api/v1"
	const nested = "listGrants: response 200: missing required at /*/boundLock/id"
	for query, want := range map[string][]string{
		"":                         {nested, "listGrants: response 200: missing required at /*/id"},
		"?$select=state,boundLock": {nested},
		"?$select=state,%20id":     {nested, "listGrants: response 200: missing required at /*/id"},
	} {
		checked := transport(t)
		send(t, checked, "GET", base+"/Owners/a/Grants"+query, "", nil)
		if got := texts(checked); !slices.Equal(got, want) {
			t.Errorf("%s: got findings %q, want %q", query, got, want)
		}
	}
}

// A caller that requests compression gets it, and the response is validated.
func TestCompressedResponses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", r.Header.Get("Accept-Encoding"))
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, `[{"id":7}]`)
		_ = z.Close()
	}))
	t.Cleanup(server.Close)
	for encoding, want := range map[string][]string{
		"gzip": {"listOwners: response 200: wrong type at /*/id (want string)"},
		"br":   nil, // cannot be decompressed, and does not count as checked
	} {
		checked := transport(t)
		send(t, checked, "GET", server.URL+"/api/v1/Owners", "", func(r *http.Request) { r.Header.Set("Accept-Encoding", encoding) })
		if got := texts(checked); !slices.Equal(got, want) {
			t.Errorf("%s: got findings %q, want %q", encoding, got, want)
		}
		for _, c := range checked.Coverage() {
			if want := c.Operation == "listOwners" && encoding == "gzip"; c.Checked() != want {
				t.Errorf("%s: got %+v, want checked %t", encoding, c, want)
			}
		}
	}
}

// An operation with an empty list is not checked.
func TestCoverage(t *testing.T) {
	base := serve(t, 200, "application/json", `[]`) + "/api/v1"
	checked := transport(t)
	send(t, checked, "GET", base+"/Owners", "", nil)
	for _, c := range checked.Coverage() {
		if c.Checked() {
			t.Errorf("%s: got %+v, want it not checked", c.Operation, c)
		}
	}
}

func TestNewTransportWithAnInvalidDocument(t *testing.T) {
	for _, document := range []string{"", "openapi: [", "openapi: 3.0.3\ninfo: {title: x, version: x}\npaths: {/x: {get: {}}}\n"} {
		if _, err := contract.NewTransport(contract.WithDocument([]byte(document))); err == nil {
			t.Errorf("%q: got no error, want one", document)
		}
	}
}

// Recursive schemas and compositions can be made strict.
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
	want := []string{"getNode: response 200: unknown field at /next/next/x"}
	if got := texts(checked); !slices.Equal(got, want) {
		t.Errorf("got findings %q, want %q", got, want)
	}
}

// fakeT is a test that collects the errors of a Recorder.
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
		t.Errorf("an unused Recorder: got %q, want one error", got)
	}

	good := new(fakeT)
	c := connect(t, start(t), contract.Recorder(good))
	if _, err := c.ListOwners(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := good.end(); len(got) != 0 {
		t.Errorf("an exchange that agrees: got %q, want no error", got)
	}

	bad := new(fakeT)
	c = connect(t, start(t), contract.Recorder(bad))
	_, err := c.CreatePermission(t.Context(), ownerNamed(t, c, coworking), tapkey.PermissionCreate{ContactID: "nobody", Role: "Janitor"})
	if !errors.Is(err, api.ErrBadRequest) {
		t.Errorf("the call: got error %v, want %v", err, api.ErrBadRequest)
	}
	want := "contract: createPermission: request: unknown enum value at /role"
	if got := bad.end(); len(got) != 1 || got[0] != want {
		t.Errorf("an exchange that disagrees: got %q, want %q", got, want)
	}

	broken := new(fakeT)
	contract.Recorder(broken, contract.WithDocument(nil))
	if len(broken.errors) != 1 {
		t.Errorf("an invalid document: got %q, want one error", broken.errors)
	}
}
