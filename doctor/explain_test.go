package doctor_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/internal/closedport"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// clientOf returns a client of an API that always sends the same response.
func clientOf(t *testing.T, status int, header http.Header, body string) *client.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	c, err := client.New(client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t0ken"})),
		client.WithBaseURL(server.URL), client.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ids(findings []doctor.Finding) string {
	var all []string
	for _, f := range findings {
		all = append(all, string(f.ID))
	}
	return strings.Join(all, " ")
}

func TestExplainResponses(t *testing.T) {
	jsonType := http.Header{"Content-Type": {"application/json"}}
	challenged := func(value string) http.Header {
		return http.Header{"Content-Type": {"application/json"}, "Www-Authenticate": {value}}
	}
	list := func(c *client.Client) error { _, err := c.ListOwners(context.Background()); return err }
	grants := func(c *client.Client) error { _, err := c.ListGrants(context.Background(), "1", nil); return err }
	for name, test := range map[string]struct {
		call   func(*client.Client) error
		status int
		header http.Header
		body   string
		want   string
	}{
		"bare challenge":      {list, 401, challenged("Bearer"), "", "header-stripped scope-missing token-rejected"},
		"no challenge, owner": {grants, 401, nil, "", "not-administrator scope-missing header-stripped"},
		"invalid token":       {list, 401, challenged(`Bearer realm="x", error="invalid_token"`), "", "token-rejected"},
		"expired":             {grants, 401, challenged(`Bearer error="invalid_token", error_description="The token expired at '1', sorry"`), "", "token-expired"},
		"insufficient scope":  {list, 401, challenged(`Bearer error="insufficient_scope",scope="a b"`), "", "scope-missing"},
		"another scheme":      {list, 401, challenged(`Basic realm="error=invalid_token"`), "", "proxy-authentication"},
		"hostile challenge":   {list, 401, challenged(`Bearer error="in` + "\\\"" + `, error=", ,,=,"`), "", "token-rejected"},
		"429":                 {list, 429, jsonType, `{}`, "rate-limited"},
		"500":                 {list, 500, jsonType, `{}`, "server-error"},
		"502":                 {list, 502, nil, `<html>`, "server-error"},
		"403":                 {grants, 403, jsonType, `{"ErrorCode":"AlreadyBound"}`, "request-refused"},
		"404":                 {grants, 404, jsonType, `{}`, "request-refused"},
		"HTML":                {list, 200, http.Header{"Content-Type": {"text/html"}}, `<html>`, "unexpected-response"},
		"null":                {list, 200, jsonType, `null`, "unexpected-response"},
		"redirect":            {list, 302, http.Header{"Location": {"https://login.example/?code=s3cret"}}, "", "redirected"},
		"path value":          {func(c *client.Client) error { _, err := c.GetOwner(context.Background(), ".."); return err }, 200, jsonType, `{}`, "request-refused"},
		"path": {func(c *client.Client) error {
			_, err := c.Do(context.Background(), http.MethodGet, "/Owners/..", nil, nil)
			return err
		}, 200, jsonType, `{}`, "request-refused"},
		"too large": {list, 200, jsonType, `[` + strings.Repeat(" ", 33<<20) + `]`, "unexpected-response"},
		"success":   {list, 200, jsonType, `[]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings := doctor.Explain(test.call(clientOf(t, test.status, test.header, test.body)))
			if got := ids(findings); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			for _, f := range findings {
				if f.Cause == "" || f.Remedy == "" || f.Severity != doctor.SeverityError || strings.Contains(f.Evidence, "s3cret") ||
					strings.Contains(f.Evidence, "t0ken") || strings.ContainsAny(f.Evidence, "\n\r\x1b") {
					t.Errorf("got %+v, want an error with cause and remedy, and evidence on one line without secrets", f)
				}
			}
		})
	}
}

func TestExplainOtherErrors(t *testing.T) {
	newError := func(opts ...client.Option) error { _, err := client.New(opts...); return err }
	call := func(source oauth2.TokenSource) error {
		c, err := client.New(client.WithTokenSource(source), client.WithBaseURL("http://127.0.0.1:1"), client.WithRetries(0))
		if err != nil {
			return err
		}
		_, err = c.ListOwners(context.Background())
		return err
	}
	static := func(token oauth2.Token) oauth2.TokenSource { return oauth2.StaticTokenSource(&token) }
	plain, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://my.tapkey.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		err  error
		want doctor.ID
	}{
		"nil":            {nil, ""},
		"no credentials": {newError(), doctor.ConfigMissing},
		"plain http":     {newError(client.WithCredentials("a", "b"), client.WithTokenURL("http://x.example/")), doctor.NotHTTPS},
		"editor":         {client.BearerAuth(static(oauth2.Token{AccessToken: "t"}))(t.Context(), plain), doctor.NotHTTPS},
		"refused":        {call(static(oauth2.Token{AccessToken: "t"})), doctor.Unreachable},
		"quoted token":   {call(static(oauth2.Token{AccessToken: `"t"`})), doctor.MalformedToken},
		"other type":     {call(static(oauth2.Token{AccessToken: `t`, TokenType: "mac"})), doctor.MalformedToken},
		"certificate":    {&tls.CertificateVerificationError{Err: errors.New("unknown")}, doctor.TLS},
		"no such host":   {&net.DNSError{Err: "no such host", Name: "x"}, doctor.Unreachable},
		"time-out":       {context.DeadlineExceeded, doctor.Unreachable},
		"token: scope":   {&client.TokenError{StatusCode: 400, Code: "invalid_scope"}, doctor.InvalidScope},
		"token: client":  {&client.TokenError{StatusCode: 401, Code: "invalid_client"}, doctor.InvalidClient},
		"token: grant":   {&client.TokenError{StatusCode: 400, Code: "unsupported_grant_type"}, doctor.UnauthorizedClient},
		"token: request": {&client.TokenError{StatusCode: 400, Code: "invalid_request"}, doctor.RequestRefused},
		"token: 429":     {&client.TokenError{StatusCode: 429}, doctor.RateLimited},
		"token: 503":     {&client.TokenError{StatusCode: 503, Code: "busy"}, doctor.ServerError},
		"token: HTML":    {&client.TokenError{StatusCode: 200, Err: api.ErrUnexpected}, doctor.UnexpectedResponse},
		"token: reset":   {&client.TokenError{Err: errors.New("connection reset")}, doctor.Unreachable},
		"wrapped":        {fmt.Errorf("listing: %w", &client.TokenError{StatusCode: 400, Code: "invalid_client"}), doctor.InvalidClient},
	} {
		if got := ids(doctor.Explain(test.err)); got != string(test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// TestDiagnoseAHeaderOfTheProgram checks that an Authorization header without Bearer, set
// by a request editor, is reported if the API answered the request, and only then.
func TestDiagnoseAHeaderOfTheProgram(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer refusing.Close()
	closed := "http://" + closedport.Address(t)
	token := (&oauth2.Token{AccessToken: "t0ken"}).WithExtra(map[string]any{"scope": "read:owneraccounts"})
	for url, want := range map[string]doctor.ID{refusing.URL: doctor.MissingBearerPrefix, closed: doctor.Unreachable} {
		c, err := client.New(
			client.WithTokenSource(oauth2.StaticTokenSource(token)), client.WithBaseURL(url), client.WithRetries(0),
			client.WithRequestEditor(func(_ context.Context, req *http.Request) error { req.Header.Set("Authorization", "t0ken"); return nil }),
		)
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(doctor.Diagnose(t.Context(), c, doctor.Options{}).Findings); got != string(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestDiagnoseAnOwner checks that a client with every permission is healthy, and that lists of
// its owner account are read.
func TestDiagnoseAnOwner(t *testing.T) {
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	c, err := client.New(
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
		client.WithScopes("read:owneraccounts", "read:owneraccount:permissions", "read:core:entities", "read:grants", "read:logs"),
	)
	if err != nil {
		t.Fatal(err)
	}
	owners, err := c.ListOwners(t.Context())
	if err != nil || len(owners) == 0 {
		t.Fatalf("got %d owner accounts and error %v, want at least one", len(owners), err)
	}
	d := doctor.Diagnose(t.Context(), c, doctor.Options{Owner: owners[0].ID})
	const want = "listPermissions yes, listBoundLocks yes, listGrants yes, listLogEntries yes"
	if last := d.Steps[len(d.Steps)-1]; !d.Healthy() || last.Detail != want {
		t.Errorf("got findings %s and last step %+v, want %s and %q", ids(d.Findings), last, doctor.OK, want)
	}
}

func TestDiagnoseWithoutAClient(t *testing.T) {
	d := doctor.Diagnose(t.Context(), nil, doctor.Options{})
	if d.Healthy() || ids(d.Findings) != string(doctor.ConfigMissing) || len(d.Steps) != 1 {
		t.Errorf("got %+v, want finding %s after one step", d, doctor.ConfigMissing)
	}
}

// If the renewal after a 401 failed, its cause comes first.
func TestExplainFailedRenewal(t *testing.T) {
	err := &api.Error{StatusCode: http.StatusUnauthorized, Operation: "listOwners", Header: http.Header{},
		Err: fmt.Errorf("token not renewed: %w", &client.TokenError{StatusCode: http.StatusBadRequest, Code: "invalid_client"})}
	if got, want := ids(doctor.Explain(err)), "invalid-client missing-bearer-prefix scope-missing token-rejected"; got != want {
		t.Errorf("got findings %q, want %q", got, want)
	}
}
