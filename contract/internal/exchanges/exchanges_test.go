package exchanges

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract/internal/exchanges/recorder"
)

const root = "../../.."

const (
	home    = "/Owners/1"
	contact = `{"id":"2","title":"Ada"}`
)

// x returns an exchange of the test "client TestX". A status of 0 means no response.
func x(operation, method, target, body string, status int, response string) exchange {
	one := exchange{Request: recorder.Request{
		Test: "client TestX", Operation: operation, Method: method, Target: target,
		Header: http.Header{"Authorization": {"Bearer recorded"}}, Body: []byte(body),
	}}
	if body != "" {
		one.Request.Header.Set("Content-Type", "application/json")
	}
	if status != 0 {
		one.Response = &recorder.Response{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(response), Complete: true}
	}
	return one
}

// changed returns an exchange after a change.
func changed(one exchange, change func(*exchange)) exchange {
	change(&one)
	return one
}

// write writes exchanges as a recorder does and returns the directory.
func write(t *testing.T, all ...exchange) string {
	t.Helper()
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "1.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := json.NewEncoder(file)
	for i, one := range all {
		if err := out.Encode(recorder.Line{ID: i, Request: &one.Request}); err != nil {
			t.Fatal(err)
		}
	}
	for i, one := range all {
		if one.Response == nil {
			continue
		}
		if err := out.Encode(recorder.Line{ID: i, Response: one.Response}); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func validated(t *testing.T, marks []Mark, all ...exchange) Report {
	t.Helper()
	report, err := Validate(t.Context(), write(t, all...), marks)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestValidate(t *testing.T) {
	html := func(one *exchange) { one.Response.Header = http.Header{"Content-Type": {"text/html"}} }
	const failure = `{"ErrorCode":"NotFound","Message":"x"}`
	for name, test := range map[string]struct {
		one  exchange
		want string // "" for no deviation
	}{
		"agrees":               {x("getContact", "GET", home+"/Contacts/2", "", 200, contact), ""},
		"no operation":         {x("", "GET", home+"/Contacts/2", "", 200, contact), ""},
		"another case":         {x("", "GET", "/owners/1/CONTACTS/2", "", 200, contact), ""},
		"an encoded slash":     {x("getOwner", "GET", "/Owners/a%2Fb", "", 200, `{"id":"a/b"}`), ""},
		"a query":              {x("listContacts", "GET", home+"/Contacts?%24top=1&%24select=id", "", 200, `[{"id":"2"}]`), ""},
		"a list":               {x("listContacts", "GET", home+"/Contacts", "", 200, `[`+contact+`]`), ""},
		"no response":          {x("getContact", "GET", home+"/Contacts/2", "", 0, ""), ""},
		"a body":               {x("createContact", "PUT", home+"/Contacts", `{"title":"Ada"}`, 200, contact), ""},
		"no content":           {changed(x("deletePermission", "DELETE", home+"/Permissions/2", "", 204, ""), func(one *exchange) { one.Response.Header = nil }), ""},
		"a documented error":   {x("getContact", "GET", home+"/Contacts/2", "", 404, failure), ""},
		"a general error":      {x("listContacts", "GET", home+"/Contacts", "", 404, failure), ""},
		"outside":              {x("", "GET", "/x?y=1", "", 200, `5`), ""},
		"a cut off response":   {changed(x("getContact", "GET", home+"/Contacts/2", "", 200, `{"id":`), func(one *exchange) { one.Response.Complete = false }), ""},
		"an unknown body":      {changed(x("createContact", "PUT", home+"/Contacts", "", 0, ""), func(one *exchange) { one.Request.Unknown = true }), ""},
		"a wrong query":        {x("listContacts", "GET", home+"/Contacts?top=1", "", 0, ""), "listContacts: request: undeclared parameter at query:top"},
		"a wrong value":        {x("listContacts", "GET", home+"/Contacts?%24top=x", "", 0, ""), "listContacts: request: wrong type at query:$top"},
		"without operation":    {x("", "GET", home+"/Contacts?top=1", "", 0, ""), "listContacts: request: undeclared parameter at query:top"},
		"another path":         {x("getContact", "GET", home+"/Contact/2", "", 0, ""), "getContact: request: undeclared operation (method or path of another operation)"},
		"another method":       {x("createContact", "POST", home+"/Contacts", contact, 0, ""), "createContact: request: undeclared operation (method or path of another operation)"},
		"another operation":    {x("getContact", "GET", home+"/Contacts", "", 0, ""), "getContact: request: undeclared operation (method or path of another operation)"},
		"an unknown field":     {x("createContact", "PUT", home+"/Contacts", `{"Title":"Ada"}`, 0, ""), "createContact: request: unknown field at /Title"},
		"a required field":     {x("createPermission", "PUT", home+"/Permissions", `{"role":"Admin"}`, 0, ""), "createPermission: request: missing required at /contactId"},
		"no body":              {x("createContact", "PUT", home+"/Contacts", "", 0, ""), "createContact: request: missing required (a body is required)"},
		"an undeclared body":   {x("getContact", "GET", home+"/Contacts/2", "{}", 0, ""), "getContact: request: unknown field (no body is declared)"},
		"another scheme":       {changed(x("listOwners", "GET", "/Owners", "", 0, ""), func(one *exchange) { one.Request.Header.Set("Authorization", "other recorded") }), "listOwners: request: missing token"},
		"no token":             {changed(x("listOwners", "GET", "/Owners", "", 0, ""), func(one *exchange) { one.Request.Header.Del("Authorization") }), "listOwners: request: missing token"},
		"a missing field":      {x("getContact", "GET", home+"/Contacts/2", "", 200, `{"title":"Ada"}`), "getContact: response 200: missing required at /id"},
		"a field too many":     {x("getContact", "GET", home+"/Contacts/2", "", 200, `{"id":"2","nickname":"A"}`), "getContact: response 200: unknown field at /nickname"},
		"a wrong type":         {x("listContacts", "GET", home+"/Contacts", "", 200, contact), "listContacts: response 200: wrong type"},
		"another success":      {x("getContact", "GET", home+"/Contacts/2", "", 201, contact), "getContact: response 201: undocumented status"},
		"an undocumented 4xx":  {x("getContact", "GET", home+"/Contacts/2", "", 418, failure), "getContact: response 418: undocumented status"},
		"405":                  {x("", "GET", home+"/Contacts/2", "", 405, failure), "getContact: response 405: undocumented status"},
		"500":                  {x("getContact", "GET", home+"/Contacts/2", "", 500, failure), "getContact: response 500: undocumented status"},
		"429":                  {x("getContact", "GET", home+"/Contacts/2", "", 429, failure), "getContact: response 429: undocumented status"},
		"a redirect":           {x("getContact", "GET", home+"/Contacts/2", "", 302, ""), "getContact: response 302: undocumented status"},
		"HTML":                 {changed(x("getContact", "GET", home+"/Contacts/2", "", 200, contact), html), "getContact: response 200: wrong content type"},
		"HTML, cut off":        {changed(x("getContact", "GET", home+"/Contacts/2", "", 200, ""), func(one *exchange) { html(one); one.Response.Complete = false }), "getContact: response 200: wrong content type"},
		"a body of a 204":      {x("deletePermission", "DELETE", home+"/Permissions/2", "", 204, `{}`), "deletePermission: response 204: wrong content type (no body is documented)"},
		"an error's field":     {x("getContact", "GET", home+"/Contacts/2", "", 404, `{"ErrorCode":5}`), "getContact: response 404: wrong type at /ErrorCode"},
		"a general error's":    {x("listContacts", "GET", home+"/Contacts", "", 404, `{"ErrorCode":5}`), "listContacts: response 404: wrong type at /ErrorCode"},
		"not JSON":             {x("getContact", "GET", home+"/Contacts/2", "", 200, `{"id":`), "getContact: response 200: malformed body"},
		"null instead of list": {x("listContacts", "GET", home+"/Contacts", "", 200, `null`), "listContacts: response 200: wrong type"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, d := range validated(t, nil, test.one).Deviations {
				text, ok := strings.CutPrefix(d.String(), "client TestX: ")
				if !ok {
					t.Errorf("got the deviation %s, want the name of the test", d)
				}
				got = append(got, text)
			}
			switch {
			case test.want == "" && len(got) > 0, test.want != "" && (len(got) == 0 || !strings.HasPrefix(got[0], test.want)):
				t.Errorf("got the deviations %q, want %q", got, test.want)
			}
		})
	}
}

// Equal exchanges are validated once and counted.
func TestCounts(t *testing.T) {
	good, bad := x("getContact", "GET", home+"/Contacts/2", "", 200, contact), x("listContacts", "GET", home+"/Contacts?top=1", "", 0, "")
	elsewhere := changed(bad, func(one *exchange) { one.Request.Test = "examples/owners TestY" })
	r := validated(t, nil, good, bad, good, bad, bad, elsewhere, x("", "GET", "/x", "", 0, ""))
	if len(r.Groups) != 2 || r.Groups[0].Name != "client" || r.Groups[1].Name != "examples" {
		t.Fatalf("got the groups %+v, want client and examples", r.Groups)
	}
	if g := r.Groups[0]; g.Requests != 5 || g.Responses != 2 || g.Outside != 1 || !slices.Equal(g.Checked(), []string{"getContact"}) {
		t.Errorf("got %d requests, %d responses, %d outside and %q, want 5, 2, 1 and getContact", g.Requests, g.Responses, g.Outside, g.Checked())
	}
	if len(r.Deviations) != 2 || r.Deviations[0].Finding.Count != 3 || r.Deviations[1].Finding.Count != 1 {
		t.Errorf("got the deviations %v, want 3 times and once", r.Deviations)
	}
}

// A mark is for one finding of one test. A mark without its finding is reported if its test
// has sent requests.
func TestMarks(t *testing.T) {
	const finding = "listContacts: request: undeclared parameter at query:top"
	bad := x("listContacts", "GET", home+"/Contacts?top=1", "", 0, "")
	for name, test := range map[string]struct {
		mark                           Mark
		one                            exchange
		deviations, deliberate, unused int
	}{
		"used":            {Mark{"client TestX", finding, ""}, bad, 0, 1, 0},
		"another finding": {Mark{"client TestX", finding + "s", ""}, bad, 1, 0, 1},
		"a part of it":    {Mark{"client TestX", "listContacts: request", ""}, bad, 1, 0, 1},
		"another test":    {Mark{"client TestXY", finding, ""}, bad, 1, 0, 0},
		"unused":          {Mark{"client TestX", finding, ""}, x("listOwners", "GET", "/Owners", "", 0, ""), 0, 0, 1},
	} {
		r := validated(t, []Mark{test.mark}, bad, bad, test.one)
		if name == "unused" {
			r = validated(t, []Mark{test.mark}, test.one)
		}
		if len(r.Deviations) != test.deviations || len(r.Deliberate) != test.deliberate || len(r.Unused) != test.unused {
			t.Errorf("%s: got %v, %v and %v, want %d, %d and %d", name, r.Deviations, r.Deliberate, r.Unused, test.deviations, test.deliberate, test.unused)
		}
	}
}

func TestMissing(t *testing.T) {
	missing := validated(t, nil).Missing()
	if len(missing) != 4+33 {
		t.Errorf("without exchanges: got %q, want 4 packages and 33 operations", missing)
	}
	refused := x("createOwner", "PUT", "/Owners", `{"name":"x"}`, 403, `{"ErrorCode":"Forbidden"}`)
	missing = validated(t, nil, refused, x("getContact", "GET", home+"/Contacts/2", "", 404, `{}`), x("listContacts", "GET", home+"/Contacts", "", 200, `[]`)).Missing()
	for text, want := range map[string]bool{
		"the tests of client have sent no request":            false,
		"the tests of doctor have sent no request":            true,
		"createOwner: no response was validated":              false,
		"createOwner: no successful response was validated":   true,
		"getContact: no successful response was validated":    true,
		"listContacts: no successful response was validated":  true, // an empty list
		"updateContact: no response was validated":            true,
		"updateContact: no successful response was validated": false,
	} {
		if slices.Contains(missing, text) != want {
			t.Errorf("got %q: %t, want %t, in %q", text, !want, want, missing)
		}
	}
}

// A recording that cannot be read, or that contains a token, is an error.
func TestInvalidRecordings(t *testing.T) {
	const token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"
	good := x("getContact", "GET", home+"/Contacts/2", "", 200, contact)
	for name, dir := range map[string]string{
		"in the query":    write(t, changed(good, func(one *exchange) { one.Request.Target += "?t=" + token })),
		"in the request":  write(t, changed(good, func(one *exchange) { one.Request.Body = []byte(token) })),
		"in the response": write(t, changed(good, func(one *exchange) { one.Response.Body = []byte(token) })),
		"in a header":     write(t, changed(good, func(one *exchange) { one.Request.Header = http.Header{"Authorization": {token}} })),
		"cut off":         text(t, `{"id":1,"request":{`),
		"no request":      text(t, `{"id":1,"response":{"status":200}}`),
		"empty line":      text(t, `{}`),
	} {
		if _, err := Validate(t.Context(), dir, nil); err == nil || strings.Contains(err.Error(), "eyJ") {
			t.Errorf("%s: got error %v, want one without the token", name, err)
		}
	}
}

// The last line of a recording is incomplete if its process was killed. It is ignored.
func TestIncompleteLine(t *testing.T) {
	dir := write(t, x("getContact", "GET", home+"/Contacts/2", "", 200, contact))
	file, err := os.OpenFile(filepath.Join(dir, "1.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString(`{"id":2,"requ`)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	if all, err := read(dir); err != nil || len(all) != 1 {
		t.Errorf("got %d exchanges and error %v, want 1", len(all), err)
	}
}

func text(t *testing.T, line string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "1.jsonl"), []byte(line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The overlay fits the source tree. It does not if an edit has nothing, or more than one
// place, to change.
func TestOverlay(t *testing.T) {
	if _, err := overlay(root, t.TempDir(), edits); err != nil {
		t.Error(err)
	}
	for _, old := range []string{"no such text", "return"} {
		if _, err := overlay(root, t.TempDir(), []edit{{"client/client.go", old, ""}}); err == nil || !strings.Contains(err.Error(), "client/client.go") {
			t.Errorf("%q: got error %v, want one that names client/client.go", old, err)
		}
	}
}

// Faults in the client and in the sandbox are found, with the name of the test.
func TestSeededFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("seeded faults: not run (-short)")
	}
	const test = "doctor TestDiagnoseAnOwner: "
	seeds := map[string]edit{
		test + "listPermissions: response 200: unknown enum value at /*/role": {"sandbox/permissions.go", "&role,", `new("Emperor"),`},
		test + "listBoundLocks: request: undeclared parameter at query:top": {"client/retry.go", "done = ctx.Err() != nil",
			`if u := try.Request.URL; u.Path[max(0, len(u.Path)-11):] == "/BoundLocks" { u.RawQuery = "top=1" }; done = ctx.Err() != nil`},
		test + "listGrants: response 201: undocumented status": {"sandbox/journal.go", "w.ResponseWriter.WriteHeader(status)",
			`if w.entry.Operation == "listGrants" { status++ }; w.ResponseWriter.WriteHeader(status)`},
	}
	dir := t.TempDir()
	// The tests may fail, too: what they send before is recorded.
	failed := record(t.Context(), root, dir, slices.AppendSeq(slices.Clone(edits), maps.Values(seeds)), []run{{"doctor", ".", []string{"-run=^TestDiagnoseAnOwner$", "./doctor"}}})
	r, err := Validate(t.Context(), dir, Deliberate())
	if err != nil {
		t.Fatal(err)
	}
	for want := range seeds {
		if !slices.ContainsFunc(r.Deviations, func(d Deviation) bool { return strings.HasPrefix(d.String(), want) }) {
			t.Errorf("got no %q, want it; the tests: %v", want, failed)
		}
	}
	if len(r.Deviations) != len(seeds) {
		t.Errorf("got the deviations %q, want %d", r.Deviations, len(seeds))
	}
}
