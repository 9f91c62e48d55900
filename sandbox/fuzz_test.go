package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// fuzz returns a function that sends requests built from arbitrary bytes. It skips what
// cannot be sent as a request.
func fuzz(f *testing.F) (s *sandbox.Server, token string, check func(t *testing.T, method, target, authorization, contentType, body string)) {
	s = start(f)
	token = accessToken(f, s, s.ClientID(), s.ClientSecret())
	origin := strings.TrimSuffix(s.BaseURL(), "/api/v1")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s, token, func(t *testing.T, method, target, authorization, contentType, body string) {
		u, err := url.Parse(origin + target)
		if err != nil || u.Host != strings.TrimPrefix(origin, "http://") {
			t.Skip()
		}
		req, err := http.NewRequest(method, u.String(), strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		req.Header.Set("Authorization", authorization)
		req.Header.Set("Content-Type", contentType)
		rsp, err := client.Do(req)
		if err != nil {
			if strings.Contains(err.Error(), "invalid header field value") {
				t.Skip()
			}
			t.Fatal(err)
		}
		checkResponse(t, rsp)
	}
}

// checkResponse checks that a response is a success or a refusal with a reason.
func checkResponse(t *testing.T, rsp *http.Response) {
	t.Helper()
	defer rsp.Body.Close()
	switch {
	case rsp.Header.Get("Server") == "" && rsp.StatusCode == http.StatusBadRequest:
		return // net/http refuses bytes that are not an HTTP request
	case rsp.StatusCode == http.StatusNoContent:
		return
	case rsp.StatusCode == http.StatusOK:
		var value any
		if err := json.NewDecoder(rsp.Body).Decode(&value); err != nil {
			t.Fatalf("status 200: got a body that does not decode (%v), want JSON", err)
		}
	case rsp.StatusCode >= 400 && rsp.StatusCode < 500:
		var reason struct{ ErrorCode, ErrorMessage, Error string }
		if err := json.NewDecoder(rsp.Body).Decode(&reason); err != nil || reason.Error == "" && (reason.ErrorCode == "" || reason.ErrorMessage == "") {
			t.Fatalf("status %d: got error %v and body %+v, want ErrorCode and ErrorMessage, or error", rsp.StatusCode, err, reason)
		}
	default:
		t.Fatalf("got status %s, want 200, 204 or 4xx", rsp.Status)
	}
}

func FuzzPath(f *testing.F) {
	_, token, check := fuzz(f)
	for _, path := range []string{"/api/v1/Owners", "/api/v1/owners//", "/", "/api/v1/Owners/%00/BoundLocks", "/connect/token", "/api/v1/Owners/../x", "/%zz", "/_sandbox/"} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			f.Add(method, path)
		}
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		if method == "HEAD" || !strings.HasPrefix(path, "/") {
			t.Skip()
		}
		check(t, method, path, "Bearer "+token, "application/json", "")
	})
}

func FuzzQuery(f *testing.F) {
	_, token, check := fuzz(f)
	for _, query := range []string{"$filter=active", "$top=1&$skip=2", "expand=healthStatuses", "%", "a;b", "$select=id,,", "dryRun=1", "&&=&", "$top=1e3"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"/BoundLocks", "/Grants", "/LogEntries", "/LockGroups"} {
			check(t, "GET", "/api/v1/Owners/7f9c1e52-0000-4000-8000-000000000000"+path+"?"+query, "Bearer "+token, "", "")
		}
	})
}

func FuzzFilter(f *testing.F) {
	_, token, check := fuzz(f)
	for _, filter := range []string{"active", "title eq 'x'", "rclSerialNo lt 1 or not (bindDate gt 2024-01-01T00:00:00Z)", "''", "contains("} {
		f.Add(filter)
	}
	f.Fuzz(func(t *testing.T, filter string) {
		check(t, "GET", "/api/v1/Owners/7f9c1e52-0000-4000-8000-000000000000/BoundLocks?$filter="+url.QueryEscape(filter), "Bearer "+token, "", "")
	})
}

func FuzzBody(f *testing.F) {
	s, token, check := fuzz(f)
	var owners []struct{ ID string }
	send(f, "GET", s.BaseURL()+"/Owners", "Bearer "+token, "").want(f, http.StatusOK).decode(f, &owners)
	for _, body := range []string{
		"", "{}", "null", "[]", `{"identifier":"x@example.com"}`, `{"name":"\u0000"}`, `{"title":"x"} x`,
		`{"boundLockId":"c2a85d13-0000-4000-8000-000000000000","contact":{"identifier":"x"},"validFrom":"2024-01-01T00:00:00Z"}`,
		`{"contactId":1}`, `{"physicalLockId":"BAASNL/7","bindingCode":"x"}`, "\xff", `{"ipUserId":"x"}`, strings.Repeat("[", 20_000),
	} {
		f.Add("application/json", body)
	}
	f.Add("text/plain", "{}")
	f.Add("application/json; charset=\xff", "{}")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		owner := "/api/v1/Owners/" + owners[0].ID
		for _, target := range []string{
			"PUT /api/v1/Owners", "PATCH " + owner, "PUT " + owner + "/Contacts", "PUT " + owner + "/Grants", "PUT " + owner + "/Permissions",
			"PUT " + owner + "/BoundLocks", "PATCH " + owner + "/BoundCards/5e3d9b70-0000-4000-8000-000000000000",
			"PUT " + owner + "/IdentityProviders/b75c2e91-0000-4000-8000-000000000000/Users",
			"POST " + owner + "/Grants/x/Revoke",
		} {
			method, path, _ := strings.Cut(target, " ")
			check(t, method, path, "Bearer "+token, contentType, body)
		}
	})
}

func FuzzAuthorization(f *testing.F) {
	_, token, check := fuzz(f)
	for _, value := range []string{"", "Bearer", "Bearer ", "Bearer " + token, "bearer\t" + token, "Basic Og==", "access_token " + token, "Bearer a.b.c", "Bearer " + strings.Repeat(".", 1000)} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		check(t, "GET", "/api/v1/Owners", value, "", "")
		check(t, "POST", "/connect/token", value, "application/x-www-form-urlencoded", "grant_type=client_credentials")
	})
}

func FuzzTokenForm(f *testing.F) {
	_, _, check := fuzz(f)
	for _, form := range []string{"", "grant_type=client_credentials&client_id=tapkey-sandbox&client_secret=sandbox-secret&scope=read:logs", "grant_type=%zz", "&;=", "\x00"} {
		f.Add("application/x-www-form-urlencoded", form)
	}
	f.Add("multipart/form-data; boundary=x", "--x--")
	f.Add("text/plain", "grant_type=client_credentials")
	f.Fuzz(func(t *testing.T, contentType, form string) {
		check(t, "POST", "/connect/token", "", contentType, form)
	})
}
