package tapkey_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/closedport"
)

// TestTraps checks that an API from NewAPI does not have the known problems of code by
// oapi-codegen. R is about requests, A about responses. The contract has no case of R8 (a
// time in a query) and A18 (readOnly); package gen tests both with another contract.
func TestTraps(t *testing.T) {
	t.Parallel()
	for _, trap := range []struct {
		name string
		test func(*testing.T)
	}{
		{"R1 a dot segment reaches another resource", trapPathValues},
		{"R2 a base URL of any kind is accepted", trapBaseURL},
		{"R3 no Accept, no User-Agent, no time-out", trapDefaults},
		{"R4 spaces in queries are plus signs", trapSpaces},
		{"R5 unset parameters are sent", trapUnset},
		{"R6 slices are pointers", trapSlices},
		{"R7 null cannot be sent", trapNull},
		{"R9 names are long", trapNames},
		{"R10 editors do not see the operation", trapOperation},
		{"R11 a redirect turns POST into GET", trapRedirect},
		{"R12 the error text is the URL", trapURLError},
		{"R13 required zero values and HTML in bodies", trapBodies},
		{"R14 base64 does not round trip", trapBase64},
		{"A1 an error status is not an error", trapStatus},
		{"A2 a 200 of another type gives neither a value nor an error", trapContentType},
		{"A3 a charset breaks decoding", trapCharset},
		{"A4 only the declared 2xx is accepted", trapOther2xx},
		{"A5 a status without declared content is not decoded", trapUndeclared},
		{"A6 a broken body hides the status", trapBroken},
		{"A7 null and empty objects are values", trapEmptyValues},
		{"A8 unknown enum values", trapEnum},
		{"A9 one odd field fails the list", trapOddFields},
		{"A10 numbers are float32 and int", trapNumbers},
		{"A11 duplicate names, invalid UTF-8, unknown fields", trapJSON},
		{"A12 responses have no limit", trapLimit},
		{"A13 an editor that sets Accept-Encoding", trapAcceptEncoding},
		{"A14 the body is left open", trapClose},
		{"A15 a cut-off body hides the status", trapCutOff},
		{"A16 any 2xx is a success, a Doer may return nothing", trapSuccess},
		{"A17 an error body of another shape hides the status", trapErrorBodies},
	} {
		t.Run(trap.name, func(t *testing.T) {
			t.Parallel()
			trap.test(t)
		})
	}
}

func trapPathValues(t *testing.T) {
	server := serve(t, http.StatusOK, `{"id":"x"}`)
	a := server.api(t)
	ctx := t.Context()
	for _, bad := range []string{"", ".", ".."} {
		for name, call := range map[string]func() error{
			"GetOwner":        func() error { _, err := a.GetOwner(ctx, bad); return err },
			"ListBoundLocks":  func() error { _, err := a.ListBoundLocks(ctx, bad, nil); return err },
			"GetBoundLock":    func() error { _, err := a.GetBoundLock(ctx, "o1", bad, nil); return err },
			"CreateContact":   func() error { _, err := a.CreateContact(ctx, bad, tapkey.ContactCreate{}); return err },
			"RevokeGrant":     func() error { _, err := a.RevokeGrant(ctx, "o1", bad, nil); return err },
			"UpdateBoundCard": func() error { return a.UpdateBoundCard(ctx, "o1", bad, tapkey.BoundCardUpdate{}) },
			"DeletePermission": func() error {
				return a.DeletePermission(ctx, bad, "p1")
			},
			"GetIdentityProviderUser": func() error { _, err := a.GetIdentityProviderUser(ctx, "o1", bad, "u1"); return err },
			"AllGrants":               func() error { _, err := all(a.AllGrants(ctx, bad, nil)); return err },
			"AllLogEntries":           func() error { _, err := all(a.AllLogEntries(ctx, bad, nil)); return err },
		} {
			err := call()
			failure(t, err, nil)
			if v, ok := errors.AsType[*api.PathValueError](err); !ok || v.Value != bad || v.Name == "" {
				t.Errorf("%s with %q: got %v, want a PathValueError", name, bad, err)
			}
		}
	}
	if len(server.requests) != 0 {
		t.Errorf("requests: got %v, want none", server.requests)
	}
	// Any other value is one segment.
	for value, escaped := range map[string]string{
		"a/../b": "a%2F..%2Fb", "a?b#c": "a%3Fb%23c", "a b%2e": "a%20b%252e", "...": "...", "ä": "%C3%A4", ";x": "%3Bx",
	} {
		server := serve(t, http.StatusOK, `{"id":"x"}`)
		if _, err := server.api(t).GetOwner(ctx, value); err != nil {
			t.Errorf("GetOwner(%q): got error %v, want none", value, err)
		}
		if got := server.only(t).path; got != basePath+"/Owners/"+escaped {
			t.Errorf("path of %q: got %s, want %s", value, got, basePath+"/Owners/"+escaped)
		}
	}
}

func trapBaseURL(t *testing.T) {
	for _, bad := range []string{
		"", "/", "h/api", "localhost:8080/api", "://x", "ftp://h", "https://", "https://user:s3cret@h/api",
		"https://h/api?tenant=s3cret", "https://h/api?", "https://h/api#s3cret", "https://h/api#", "https://h:port",
	} {
		a, err := tapkey.NewAPI(bad)
		if err == nil || a != nil || !strings.HasPrefix(err.Error(), "base URL ") {
			t.Errorf("NewAPI(%q): got %v, %v, want an error that starts with \"base URL \"", bad, a, err)
		} else if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("NewAPI(%q): got %v, want one line without the secret", bad, err)
		}
	}
	// A base path is kept with and without a slash at its end.
	for _, slash := range []string{"", "/"} {
		server := serve(t, http.StatusOK, `[]`)
		a, err := tapkey.NewAPI(server.URL + basePath + slash)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.ListOwners(t.Context()); err != nil {
			t.Errorf("ListOwners: got error %v, want none", err)
		}
		if got := server.only(t).path; got != basePath+"/Owners" {
			t.Errorf("path: got %s, want %s", got, basePath+"/Owners")
		}
	}
	refused := errors.New("refused")
	if _, err := tapkey.NewAPI("https://h", func(*tapkey.Client) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("error of an option: got %v, want %v", err, refused)
	}
}

func trapDefaults(t *testing.T) {
	server := serve(t, http.StatusOK, `[]`)
	a := server.api(t)
	if _, err := a.ListOwners(t.Context()); err != nil {
		t.Fatal(err)
	}
	header := server.only(t).header
	if header.Get("Accept") != "application/json" || !strings.HasPrefix(header.Get("User-Agent"), "tapkey-go") {
		t.Errorf("header: got %v, want Accept application/json and User-Agent tapkey-go", header)
	}
	// The time-outs are tested in package engine; here, that an API has the transport of that
	// package, by its limit for a header.
	server.mu.Lock()
	server.header.Set("X-Large", strings.Repeat("x", 1<<20))
	server.mu.Unlock()
	if _, err := a.ListOwners(t.Context()); !errors.Is(err, api.ErrTooLarge) {
		t.Errorf("got error %v, want ErrTooLarge for a header of more than 1 MiB", err)
	}
	// A header that an editor has set is kept.
	server = serve(t, http.StatusOK, `[]`)
	_, err := server.api(t, tapkey.WithRequestEditorFn(set("Accept", "text/json"))).ListOwners(t.Context(), set("User-Agent", "own/1"))
	if err != nil {
		t.Fatal(err)
	}
	if header := server.only(t).header; header.Get("Accept") != "text/json" || header.Get("User-Agent") != "own/1" {
		t.Errorf("header: got %v, want Accept text/json and User-Agent own/1", header)
	}
}

// set returns an editor that sets a header.
func set(name, value string) tapkey.RequestEditorFn {
	return func(_ context.Context, req *http.Request) error {
		req.Header.Set(name, value)
		return nil
	}
}

func trapSpaces(t *testing.T) {
	server := serve(t, http.StatusOK, `[]`)
	filter := "title eq 'a+b & c%20d'"
	if _, err := server.api(t).ListContacts(t.Context(), "o1", &tapkey.ListContactsParams{Filter: &filter}); err != nil {
		t.Fatal(err)
	}
	query := server.only(t).query
	if query != "%24filter=title%20eq%20%27a%2Bb%20%26%20c%2520d%27" {
		t.Errorf("query: got %s, want %s", query, "%24filter=title%20eq%20%27a%2Bb%20%26%20c%2520d%27")
	}
	if values, err := url.ParseQuery(query); err != nil || values.Get("$filter") != filter {
		t.Errorf("decoded query: got %v, %v, want $filter %s", values, err, filter)
	}
}

func trapUnset(t *testing.T) {
	for _, test := range []struct {
		params *tapkey.ListBoundLocksParams
		want   string
	}{
		{nil, ""},
		{&tapkey.ListBoundLocksParams{}, ""},
		{&tapkey.ListBoundLocksParams{Filter: new("active")}, "%24filter=active"},
		{&tapkey.ListBoundLocksParams{Top: new(0), Skip: new(0)}, "%24top=0&%24skip=0"},
	} {
		server := serve(t, http.StatusOK, `[]`)
		if _, err := server.api(t).ListBoundLocks(t.Context(), "o1", test.params); err != nil {
			t.Fatal(err)
		}
		if got := server.only(t).query; got != test.want {
			t.Errorf("query: got %q, want %q", got, test.want)
		}
	}
	server := serve(t, http.StatusOK, `{}`)
	if _, err := server.api(t).RevokeGrant(t.Context(), "o1", "g1", &tapkey.RevokeGrantParams{}); err != nil {
		t.Fatal(err)
	}
	if got := server.only(t).query; got != "" {
		t.Errorf("query: got %q, want none", got)
	}
}

func trapSlices(t *testing.T) {
	var expand []string = tapkey.ListBoundLocksParams{}.Expand
	var statuses []tapkey.LockHealthStatus = tapkey.BoundLock{}.HealthStatuses
	if expand != nil || statuses != nil {
		t.Errorf("unset slices: got %#v and %#v, want nil", expand, statuses)
	}
}

// trapNull checks that structs of requests are comparable. They use pointers, because no
// PATCH of the contract is known to accept null.
func trapNull(t *testing.T) {
	for _, body := range []any{
		tapkey.OwnerAccountUpdate{}, tapkey.ContactUpdate{}, tapkey.BoundCardUpdate{}, tapkey.GrantCreate{}, tapkey.ContactCreate{},
		tapkey.LockBinding{}, tapkey.PermissionCreate{}, tapkey.IdentityProviderUserCreate{}, tapkey.OwnerAccountCreate{},
	} {
		if !reflect.TypeOf(body).Comparable() {
			t.Errorf("%T: got a type that is not comparable, want a comparable type", body)
		}
	}
}

func trapNames(t *testing.T) {
	for m := range reflect.TypeFor[*tapkey.API]().Methods() {
		if len(m.Name) > 30 || strings.Contains(m.Name, "With") && m.Name != "WithSettings" {
			t.Errorf("method %s: got a name that is long or contains With, want a short name", m.Name)
		}
	}
	for _, row := range calls {
		if row.want == nil {
			continue
		}
		if name := reflect.TypeOf(row.want).String(); strings.Contains(name, "JSON") || strings.Contains(name, "struct") || strings.Contains(name, "Response") {
			t.Errorf("%s: got a %s, want a named model", row.id, name)
		}
	}
}

func trapOperation(t *testing.T) {
	server := serve(t, http.StatusOK, `{"id":"o1"}`)
	var seen []api.Operation
	editor := func(ctx context.Context, req *http.Request) error {
		op, ok := api.OperationFromContext(req.Context())
		same, _ := api.OperationFromContext(ctx)
		if !ok || !reflect.DeepEqual(op, same) {
			return errors.New("no operation in the context")
		}
		seen = append(seen, op)
		return nil
	}
	if _, err := server.api(t, tapkey.WithRequestEditorFn(editor)).GetOwner(t.Context(), "o1", editor); err != nil {
		t.Fatal(err)
	}
	want := api.Operation{ID: "getOwner", Method: "GET", Path: "/Owners/{ownerAccountId}", Scopes: []string{"read:owneraccounts"}, Idempotent: true}
	if !reflect.DeepEqual(seen, []api.Operation{want, want}) {
		t.Errorf("operations in the editors: got %+v, want two of %+v", seen, want)
	}
}

func trapRedirect(t *testing.T) {
	for _, own := range []bool{false, true} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			server := serve(t, status, "")
			server.header.Set("Location", "/elsewhere?token=s3cret")
			var opts []tapkey.ClientOption
			if own {
				opts = append(opts, tapkey.WithHTTPClient(server.Client()))
			}
			_, err := server.api(t, opts...).RevokeContactGrants(t.Context(), "o1", "c1")
			e := failure(t, err, api.ErrRedirect)
			if e.StatusCode != status || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("status %d: got %d, %v, want no secret", status, e.StatusCode, err)
			}
			if got := server.only(t); got.method != "POST" {
				t.Errorf("request: got %s %s, want POST", got.method, got.path)
			}
			if own && server.Client().CheckRedirect != nil {
				t.Error("CheckRedirect of the caller's client: got a function, want it unchanged")
			}
		}
	}
}

func trapURLError(t *testing.T) {
	a, err := tapkey.NewAPI("http://" + closedport.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	params := tapkey.ListContactsParams{Filter: new("identifier eq 'ada@example.com'")}
	_, err = a.ListContacts(t.Context(), "o1", &params)
	e := failure(t, err, nil)
	if text := err.Error(); strings.Contains(text, "ada") || strings.Contains(text, "filter") || strings.Contains(text, "/o1/") ||
		!strings.HasPrefix(text, "listContacts: GET /Owners/{ownerAccountId}/Contacts: ") {
		t.Errorf("text: got %q, want the operation and no value of the request", text)
	}
	if e.StatusCode != 0 {
		t.Errorf("status: got %d, want 0", e.StatusCode)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = all(a.AllContacts(ctx, "o1", &params))
	failure(t, err, context.Canceled)
}

func trapBodies(t *testing.T) {
	server := serve(t, http.StatusOK, `{"id":"c1"}`)
	title := `<b> & "co" ` + "\u2028\x00"
	if _, err := server.api(t).CreateContact(t.Context(), "o1", tapkey.ContactCreate{Title: &title}); err != nil {
		t.Fatal(err)
	}
	var sent map[string]string
	if err := json.Unmarshal([]byte(server.only(t).body), &sent); err != nil || !reflect.DeepEqual(sent, map[string]string{"title": title}) {
		t.Errorf("body: got %q, %v, want title %q", sent, err, title)
	}
	// No request requires a time, so an unset time is not sent as year 1.
	server = serve(t, http.StatusOK, `{"id":"g1"}`)
	if _, err := server.api(t).CreateGrant(t.Context(), "o1", tapkey.GrantCreate{BoundLockID: "l1"}); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, server.only(t).body, `{"boundLockId":"l1"}`)
}

func trapBase64(t *testing.T) {
	const odd = "AHHCCh07gB==" // as in the documentation; strict decoders reject it
	server := serve(t, http.StatusOK, `{"id":"l1","physicalLockId":"`+odd+`"}`)
	lock, err := server.api(t).BindLock(t.Context(), "o1", tapkey.LockBinding{PhysicalLockID: odd})
	if err != nil || lock.PhysicalLockID != odd {
		t.Errorf("lock: got %q, %v, want %q", lock.PhysicalLockID, err, odd)
	}
	if body := server.only(t).body; !strings.Contains(body, odd) {
		t.Errorf("body: got %s, want %s in it", body, odd)
	}
	server = serve(t, http.StatusOK, `{"id":"t1","uid":"AHHC-_07gB"}`)
	if card, err := server.api(t).GetBoundCard(t.Context(), "o1", "t1"); err != nil || card.UID != "AHHC-_07gB" {
		t.Errorf("card: got %q, %v, want AHHC-_07gB", card.UID, err)
	}
}

func trapStatus(t *testing.T) {
	for status, is := range map[int]error{
		400: api.ErrBadRequest, 401: api.ErrUnauthorized, 402: api.ErrPaymentRequired, 403: api.ErrForbidden, 404: api.ErrNotFound,
		409: api.ErrConflict, 429: api.ErrTooManyRequests, 500: api.ErrServer, 503: api.ErrServer, 418: nil,
	} {
		for _, contentType := range []string{"application/json", "application/problem+json; charset=utf-8"} {
			server := serve(t, status, `{"id":"o1","ErrorCode":"Odd"}`)
			server.header.Set("Content-Type", contentType)
			owner, err := server.api(t).GetOwner(t.Context(), "o1")
			e := failure(t, err, is)
			if e.StatusCode != status || e.Code != "Odd" || owner.ID != "" {
				t.Errorf("status %d: got %+v, owner %+v, want code Odd and no owner", status, e, owner)
			}
			failure(t, server.api(t).DeletePermission(t.Context(), "o1", "p1"), is)
		}
	}
}

func trapContentType(t *testing.T) {
	for contentType, ok := range map[string]bool{
		"text/html": false, "text/plain": false, "application/xml": false,
		"": true, "application/JSON": true, "application/vnd.tapkey+json": true,
	} {
		server := serve(t, http.StatusOK, `{"id":"o1"}`)
		if contentType == "" {
			server.header.Del("Content-Type")
		} else {
			server.header.Set("Content-Type", contentType)
		}
		owner, err := server.api(t).GetOwner(t.Context(), "o1")
		if ok && (err != nil || owner.ID != "o1") {
			t.Errorf("%q: got %+v, %v, want owner o1", contentType, owner, err)
		}
		if !ok {
			failure(t, err, api.ErrUnexpected)
		}
	}
}

func trapCharset(t *testing.T) {
	for _, contentType := range []string{"application/json; charset=utf-8", `application/json;charset="UTF-8"`, "application/json;odata.metadata=minimal;charset=utf-8"} {
		server := serve(t, http.StatusOK, `[{"id":"o1"}]`)
		server.header.Set("Content-Type", contentType)
		if owners, err := server.api(t).ListOwners(t.Context()); err != nil || len(owners) != 1 {
			t.Errorf("%q: got %+v, %v, want one owner", contentType, owners, err)
		}
	}
}

func trapOther2xx(t *testing.T) {
	for _, status := range []int{201, 202, 203, 206, 299} {
		server := serve(t, status, `{"id":"o1"}`)
		if owner, err := server.api(t).GetOwner(t.Context(), "o1"); err != nil || owner.ID != "o1" {
			t.Errorf("status %d: got %+v, %v, want owner o1", status, owner, err)
		}
	}
	// A problem document is not an owner, even if the status is 200.
	server := serve(t, http.StatusOK, `{"title":"Odd","status":500}`)
	server.header.Set("Content-Type", "application/problem+json")
	_, err := server.api(t).GetOwner(t.Context(), "o1")
	failure(t, err, api.ErrUnexpected)
}

func trapUndeclared(t *testing.T) {
	for _, status := range []int{401, 405, 410, 422, 502} {
		server := serve(t, status, `{"code":"Odd","detail":"Text."}`)
		server.header.Set("Content-Type", "application/problem+json")
		server.header.Set("WWW-Authenticate", "Bearer")
		_, err := server.api(t).ListOwners(t.Context())
		e := failure(t, err, nil)
		if e.StatusCode != status || e.Code != "Odd" || e.Message != "Text." || e.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("status %d: got %+v, want status, code, message and header of the response", status, e)
		}
	}
}

func trapBroken(t *testing.T) {
	for _, status := range []int{200, 400, 502} {
		for _, body := range []string{"<html>", "{", " "} {
			server := serve(t, status, body)
			server.header.Set("X-Request-Id", "17")
			_, err := server.api(t).GetOwner(t.Context(), "o1")
			e := failure(t, err, nil)
			if e.StatusCode != status || e.Header.Get("X-Request-Id") != "17" {
				t.Errorf("%d %q: got %+v, want status and header of the response", status, body, e)
			}
			if status == 200 && !errors.Is(err, api.ErrUnexpected) || status != 200 && string(e.Body) != body {
				t.Errorf("%d %q: got %v, body %q, want ErrUnexpected for 200, else the body", status, body, err, e.Body)
			}
		}
	}
}

func trapEmptyValues(t *testing.T) {
	for _, body := range []string{"", "null", "{}", `{"id":null}`, "[]"} {
		server := serve(t, http.StatusOK, body)
		owner, err := server.api(t).GetOwner(t.Context(), "o1")
		if failure(t, err, api.ErrUnexpected); owner != (tapkey.OwnerAccount{}) {
			t.Errorf("%s: got %+v, want a zero value", body, owner)
		}
		for _, path := range []string{"list", "all"} {
			owners, err := any(nil), error(nil)
			if path == "list" {
				owners, err = server.api(t).ListOwners(t.Context())
			} else {
				owners, err = all(server.api(t).AllOwners(t.Context()))
			}
			if body != "[]" { // a list of one is still a list
				failure(t, err, api.ErrUnexpected)
			} else if err != nil {
				t.Errorf("%s of %s: got %v, %v, want no error", path, body, owners, err)
			}
		}
	}
	// An empty list is not nil.
	if owners, err := serve(t, http.StatusOK, "[]").api(t).ListOwners(t.Context()); err != nil || owners == nil {
		t.Errorf("got %#v, %v, want an empty list that is not nil", owners, err)
	}
}

func trapEnum(t *testing.T) {
	server := serve(t, http.StatusOK, `{"id":"g1","state":"Dreaming"}`)
	if grant, err := server.api(t).GetPermission(t.Context(), "o1", "p1"); err != nil || grant.Role != "" {
		t.Errorf("got %+v, %v, want an empty role", grant, err)
	}
	server = serve(t, http.StatusOK, `[{"id":"g1","state":"Dreaming"}]`)
	if grants, err := server.api(t).ListGrants(t.Context(), "o1", nil); err != nil || grants[0].State != "Dreaming" {
		t.Errorf("got %+v, %v, want state Dreaming", grants, err)
	}
}

func trapOddFields(t *testing.T) {
	list := func(contact, grant string) error {
		_, err := serve(t, http.StatusOK, `[{"id":"c0"},`+contact+`]`).api(t).ListContacts(t.Context(), "o1", nil)
		_, err2 := serve(t, http.StatusOK, `[{"id":"g0"},`+grant+`]`).api(t).ListGrants(t.Context(), "o1", nil)
		return errors.Join(err, err2)
	}
	if err := list(`{"id":"not a UUID","email":"","identifier":"not an e-mail"}`, `{"id":"","validFrom":"2024-01-02T03:04:05"}`); err != nil {
		t.Errorf("got error %v, want none", err)
	}
	// An error names the invalid value.
	for body, text := range map[string]string{
		`[{"id":"l0"},{"id":"l1","rclSerialNo":3.5}]`:  "/1/rclSerialNo: JSON number does not fit int64",
		`[{"id":"l0"},{"id":"l1","rclSerialNo":"12"}]`: "/1/rclSerialNo: JSON string does not fit int64",
		`[{"id":"l0","bindDate":"soon"}]`:              "/0/bindDate: not an RFC 3339 date-time",
	} {
		_, err := serve(t, http.StatusOK, body).api(t).ListBoundLocks(t.Context(), "o1", nil)
		failure(t, err, api.ErrUnexpected)
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%s: got %v, want %q in it", body, err, text)
		}
	}
	// Undeclared headers are ignored.
	server := serve(t, http.StatusOK, `[]`)
	server.header.Set("X-Total-Count", "many")
	if _, err := server.api(t).ListOwners(t.Context()); err != nil {
		t.Errorf("undeclared header: got error %v, want none", err)
	}
}

func trapNumbers(t *testing.T) {
	server := serve(t, http.StatusOK, `[{"id":"l1","rclSerialNo":9223372036854775807,"healthStatuses":[{"value":16777217.1}]}]`)
	locks, err := server.api(t).ListBoundLocks(t.Context(), "o1", nil)
	if err != nil || locks[0].RclSerialNo != 9223372036854775807 || locks[0].HealthStatuses[0].Value != 16777217.1 {
		t.Errorf("got %+v, %v, want the exact numbers", locks, err)
	}
}

func trapJSON(t *testing.T) {
	body := `[{"id":"l1","ID":"x","title":"a","title":"b` + "\xff" + `","bindDate":"2024-01-02T03:04:05.1234567Z","futureField":{"a":[null]}}]`
	locks, err := serve(t, http.StatusOK, body).api(t).ListBoundLocks(t.Context(), "o1", nil)
	if err != nil || locks[0].ID != "l1" || locks[0].Title != "b\uFFFD" || locks[0].BindDate.Nanosecond() != 123456700 {
		t.Errorf("got %+v, %v, want id l1, the last title and 123456700 ns", locks, err)
	}
	if owners, err := serve(t, http.StatusOK, "\uFEFF[]").api(t).ListOwners(t.Context()); err != nil || len(owners) != 0 {
		t.Errorf("byte order mark: %v, %v", owners, err)
	}
	for _, bad := range []string{"[] []", "[]x", "[]\uFEFF"} {
		_, err := serve(t, http.StatusOK, bad).api(t).ListOwners(t.Context())
		failure(t, err, api.ErrUnexpected)
	}
}

func trapLimit(t *testing.T) {
	server := serve(t, http.StatusOK, `[{"id":"o1"}]`+strings.Repeat(" ", 10_000))
	server.header.Set("Content-Encoding", "gzip")
	server.body = zip(server.body)
	a := server.api(t).WithSettings(api.Settings{MaxResponseBytes: 1000})
	_, err := a.ListOwners(t.Context())
	if e := failure(t, err, api.ErrTooLarge); e.StatusCode != 200 {
		t.Errorf("got %+v, want status 200", e)
	}
	if _, err := server.api(t).ListOwners(t.Context()); err != nil {
		t.Errorf("the API before WithSettings: got error %v, want none", err)
	}
}

func zip(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

func trapAcceptEncoding(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, zip(`[{"id":"o1"}]`))
			return
		}
		_, _ = io.WriteString(w, `[{"id":"o1"}]`)
	}))
	defer server.Close()
	for _, encoding := range []string{"gzip", "gzip, br", "identity"} {
		a, err := tapkey.NewAPI(server.URL, tapkey.WithRequestEditorFn(set("Accept-Encoding", encoding)))
		if err != nil {
			t.Fatal(err)
		}
		if owners, err := a.ListOwners(t.Context()); err != nil || len(owners) != 1 {
			t.Errorf("ListOwners with %q: got %+v, %v, want one owner", encoding, owners, err)
		}
		if owners, err := all(a.AllOwners(t.Context())); err != nil || len(owners.([]tapkey.OwnerAccount)) != 1 {
			t.Errorf("AllOwners with %q: got %+v, %v, want one owner", encoding, owners, err)
		}
	}
}

func trapClose(t *testing.T) {
	for _, test := range calls {
		for _, call := range []func(context.Context, *tapkey.API) (any, error){test.call, test.all} {
			if call == nil {
				continue
			}
			for _, status := range []int{200, 404} {
				body := &countingBody{Reader: strings.NewReader(test.response)}
				client := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: status, Header: http.Header{}, Body: body, ContentLength: -1}, nil
				})}
				a, err := tapkey.NewAPI("https://server.test"+basePath, tapkey.WithHTTPClient(client))
				if err != nil {
					t.Fatal(err)
				}
				_, _ = call(t.Context(), a)
				if body.closed == 0 {
					t.Errorf("%s, status %d: got an open body, want it closed", test.id, status)
				}
			}
		}
	}
}

type countingBody struct {
	io.Reader
	closed int
}

func (b *countingBody) Close() error {
	b.closed++
	return nil
}

func trapCutOff(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"id":"o1",`)
	}))
	defer server.Close()
	a, err := tapkey.NewAPI(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.GetOwner(t.Context(), "o1")
	if e := failure(t, err, api.ErrUnexpected); e.StatusCode != 200 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %+v, want status 200 and io.ErrUnexpectedEOF", e)
	}
}

func trapSuccess(t *testing.T) {
	for _, status := range []int{200, 201, 202, 204} {
		server := serve(t, status, "")
		if err := server.api(t).DeletePermission(t.Context(), "o1", "p1"); err != nil {
			t.Errorf("status %d: got error %v, want none", status, err)
		}
		_, err := server.api(t).GetOwner(t.Context(), "o1")
		failure(t, err, api.ErrUnexpected)
	}
	nothing := doerFunc(func(*http.Request) (*http.Response, error) { return nil, nil })
	a, err := tapkey.NewAPI("https://server.test", tapkey.WithHTTPClient(nothing))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range calls {
		got, err := test.call(t.Context(), a)
		failure(t, err, nil)
		if got != nil && !reflect.ValueOf(got).IsZero() {
			t.Errorf("%s: got %+v, want a zero value", test.id, got)
		}
	}
}

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

func trapErrorBodies(t *testing.T) {
	for _, body := range []string{`{"status":"500","title":7}`, `"nope"`, `["nope"]`, `null`, `17`, `{`, `<html>`, ``} {
		for _, status := range []int{409, 500} {
			server := serve(t, status, body)
			server.header.Set("Content-Type", "application/problem+json")
			_, err := server.api(t).CreateContact(t.Context(), "o1", tapkey.ContactCreate{})
			if e := failure(t, err, nil); e.StatusCode != status || string(e.Body) != body {
				t.Errorf("%d %s: got %+v, want status and body of the response", status, body, e)
			}
		}
	}
}

// TestRaw checks that Raw returns a copy of the raw client, whose changes do not affect the
// API.
func TestRaw(t *testing.T) {
	t.Parallel()
	server := serve(t, http.StatusTeapot, `{}`)
	a := server.api(t, tapkey.WithRequestEditorFn(set("X-Own", "1")))
	raw := a.Raw()
	rsp, err := raw.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rsp.Body.Close()
	req := server.only(t)
	if rsp.StatusCode != http.StatusTeapot || req.path != basePath+"/Owners" || req.header.Get("X-Own") != "1" || req.header.Get("Accept") != "application/json" {
		t.Errorf("got status %d, request %+v, want 418 for %s with the headers of the API", rsp.StatusCode, req, basePath+"/Owners")
	}
	raw.RequestEditors[0] = func(context.Context, *http.Request) error { return errors.New("changed") }
	raw.Server, raw.Client = "http://elsewhere.test/", nil
	_, err = a.GetOwner(t.Context(), "o1")
	if e := failure(t, err, nil); e.StatusCode != http.StatusTeapot {
		t.Errorf("after changing the copy: got %v, want status 418", err)
	}
}

// TestEditorsRunInOrder checks that the editors of the API run before those of the call,
// and that an error of an editor ends the call before a request is sent.
func TestEditorsRunInOrder(t *testing.T) {
	t.Parallel()
	server := serve(t, http.StatusOK, `[]`)
	var order []string
	note := func(name string) tapkey.RequestEditorFn {
		return func(context.Context, *http.Request) error { order = append(order, name); return nil }
	}
	a := server.api(t, tapkey.WithRequestEditorFn(note("a")), tapkey.WithRequestEditorFn(note("b")))
	if _, err := a.ListOwners(t.Context(), note("c"), note("d")); err != nil || !slices.Equal(order, []string{"a", "b", "c", "d"}) {
		t.Errorf("order: got %v, %v, want a b c d", order, err)
	}
	refused := fmt.Errorf("refused:\nno token")
	for _, call := range calls {
		bad, err := tapkey.NewAPI(server.URL, tapkey.WithRequestEditorFn(func(context.Context, *http.Request) error { return refused }))
		if err != nil {
			t.Fatal(err)
		}
		_, err = call.call(t.Context(), bad)
		if e := failure(t, err, refused); e.Operation != call.id || e.StatusCode != 0 {
			t.Errorf("%s: got %+v, want status 0 of this operation", call.id, e)
		}
	}
	server.only(t)
}
