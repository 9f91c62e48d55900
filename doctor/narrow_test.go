package doctor_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
)

// A token source of the program may issue a token for one operation only. That the token cannot
// list owner accounts is then no failure, and what the API says about the token is.
func TestDiagnoseNarrowTokens(t *testing.T) {
	const owner = "7f9c1e52-0000-4000-8000-000000000000"
	grants := []string{"listGrants"}
	narrow := jwt(`{"scope":"read:grants"}`)
	for name, test := range map[string]struct {
		token     string
		status    int    // of every path except that of the grants
		challenge string // of these responses
		grants    int    // status of the grants
		ops       []string
		owner     string
		want      doctor.ID
		evidence  string
	}{
		"JWT, 401":                  {narrow, 401, "", 200, grants, "", doctor.OK, "the token lacks the scope read:owneraccounts"},
		"JWT, 401 with a challenge": {narrow, 401, `Bearer error="insufficient_scope"`, 200, grants, "", doctor.OK, "lacks the scope"},
		"JWT, 403":                  {narrow, 403, "", 200, grants, "", doctor.OK, "lacks the scope"},
		"JWT, 403 with a challenge": {narrow, 403, `Bearer error="insufficient_scope"`, 200, grants, "", doctor.OK, "lacks the scope"},
		"JWT, owner":                {narrow, 401, "", 200, grants, owner, doctor.OK, "lacks the scope"},
		"JWT, name":                 {narrow, 401, "", 200, grants, "Home", doctor.OK, "could not be listed"},
		"opaque":                    {"0paque7oken", 401, "", 200, grants, "", doctor.OK, "may lack the scope"},
		"opaque, owner":             {"0paque7oken", 401, "Bearer", 200, grants, owner, doctor.OK, "may lack the scope"},
		"opaque, 403":               {"0paque7oken", 403, "", 200, grants, owner, doctor.OK, "may lack the scope"},
		"no claim":                  {jwt(`{}`), 401, "", 200, grants, owner, doctor.OK, "no claim scope"},

		"JWT, rejected":         {narrow, 401, `Bearer error="invalid_token"`, 401, grants, "", doctor.TokenRejected, "invalid_token"},
		"JWT, expired":          {narrow, 401, `Bearer error="invalid_token", error_description="The token expired"`, 401, grants, "", doctor.TokenExpired, ""},
		"opaque, rejected":      {"0paque7oken", 401, `Bearer error="invalid_token"`, 401, grants, "", doctor.TokenRejected, "invalid_token"},
		"opaque, default":       {"0paque7oken", 401, "", 200, nil, "", doctor.TokenRejected, "not known: the token is opaque"},
		"JWT, grants refused":   {narrow, 401, "", 401, grants, owner, doctor.NotAdministrator, "listGrants not-administrator"},
		"opaque, all refused":   {"0paque7oken", 401, "", 401, grants, owner, doctor.NotAdministrator, "listGrants not-administrator"},
		"JWT, grants fail":      {narrow, 401, "", 503, grants, owner, doctor.ServerError, "listGrants server-error"},
		"JWT, the server fails": {narrow, 500, "", 200, grants, "", doctor.ServerError, "500"},
		"JWT, other scope":      {narrow, 401, "", 200, []string{"listLogEntries"}, "", doctor.ScopeMissing, "read:logs (for listLogEntries)"},
		"JWT, default":          {narrow, 401, "", 200, nil, "", doctor.ScopeMissing, "read:owneraccounts (for listOwners)"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			status := test.status
			if strings.HasSuffix(req.URL.Path, "/Grants") {
				status = test.grants
			} else if test.challenge != "" {
				w.Header().Set("WWW-Authenticate", test.challenge)
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, `[]`)
		}))
		c, err := client.New(client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: test.token})),
			client.WithBaseURL(server.URL), client.WithRetries(0))
		if err != nil {
			t.Fatal(err)
		}
		d := doctor.Diagnose(t.Context(), c, doctor.Options{Operations: test.ops, Owner: test.owner})
		if d.Findings[0].ID != test.want || !strings.Contains(d.Findings[0].Evidence, test.evidence) {
			t.Errorf("%s: got %+v, want %s with evidence %q", name, d.Findings, test.want, test.evidence)
		}
		server.Close()
	}
}
