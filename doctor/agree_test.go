package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
)

// Explain and Diagnose agree about every response of the API: what Diagnose finds is a cause of
// the error of a call, and the first one if the status leaves no doubt.
func TestExplainAndDiagnoseAgree(t *testing.T) {
	jsonType := http.Header{"Content-Type": {"application/json"}}
	type response struct {
		status int
		header http.Header
		body   string
	}
	responses := []response{
		{200, http.Header{"Content-Type": {"text/html"}}, "<html>"}, {200, jsonType, "null"}, {200, jsonType, "{}"}, {200, jsonType, ""}, {204, nil, ""},
		{302, http.Header{"Location": {"https://login.example/"}}, ""}, {307, http.Header{"Location": {"/"}}, ""},
	}
	for status := 400; status < 600; status++ {
		responses = append(responses, response{status, jsonType, `{"ErrorCode":"X"}`})
	}
	for _, challenge := range []string{"Bearer", `Bearer error="invalid_token"`, `Bearer error="insufficient_scope"`,
		`Bearer error="invalid_token", error_description="expired"`, "Basic", `Bearer error="invalid_request"`} {
		responses = append(responses, response{401, http.Header{"Www-Authenticate": {challenge}}, ""})
	}
	compared := 0
	for _, r := range responses {
		for name, token := range map[string]string{"opaque": "t0ken", "JWT": jwt(`{"scope":"read:owneraccounts"}`)} {
			c := clientOf(t, r.status, r.header, r.body)
			if token != "t0ken" {
				var err error
				if c, err = client.New(client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})),
					client.WithBaseURL(c.BaseURL()), client.WithRetries(0)); err != nil {
					t.Fatal(err)
				}
			}
			_, err := c.ListOwners(t.Context())
			causes := doctor.Explain(err)
			d := doctor.Diagnose(t.Context(), c, doctor.Options{})
			same := len(causes) > 0 && slices.ContainsFunc(causes, func(f doctor.Finding) bool { return f.ID == d.Findings[0].ID })
			if d.Healthy() || !same || len(causes) == 1 && causes[0].ID != d.Findings[0].ID {
				t.Errorf("%s, %d %v %q: got %s of Diagnose and %s of Explain, want the same; error %v", name, r.status, r.header, r.body, ids(d.Findings), ids(causes), err)
			}
			compared++
		}
	}
	t.Logf("compared %d responses", compared)
}

// Explain has a cause for every sentinel error.
func TestExplainSentinels(t *testing.T) {
	for err, want := range map[error]doctor.ID{
		client.ErrConfig: doctor.ConfigMissing, client.ErrPlainHTTP: doctor.NotHTTPS, client.ErrMalformedToken: doctor.MalformedToken,
		client.ErrPath: doctor.RequestRefused, client.ErrScopeNotRequested: doctor.ScopeMissing, api.ErrUnexpected: doctor.UnexpectedResponse,
		api.ErrTooLarge: doctor.UnexpectedResponse, api.ErrRedirect: doctor.Redirected, context.DeadlineExceeded: doctor.Unreachable,
	} {
		for _, e := range []error{err, fmt.Errorf("listing: %w", err), &api.Error{Operation: "listOwners", Err: err}, errors.Join(errors.New("x"), err)} {
			if got := ids(doctor.Explain(e)); got != string(want) {
				t.Errorf("%v: got %s, want %s", e, got, want)
			}
		}
	}
	var none *api.Error
	if got := doctor.Explain(none); got != nil {
		t.Errorf("nil *api.Error: got %+v, want no finding", got)
	}
	if got := doctor.Explain(fmt.Errorf("listing: %w", none)); len(got) != 1 {
		t.Errorf("wrapped nil *api.Error: got %+v, want one finding", got)
	}
}

// A call whose scope was not requested is explained by that, sent or not.
func TestExplainScopeNotRequested(t *testing.T) {
	for name, opts := range map[string][]client.Option{"not sent": nil, "sent": {client.WithScopes("read:owneraccounts")}} {
		test := tokenCase{token: "0paque7oken", status: 401}
		tokenURL, baseURL := test.issue(t)
		c, err := client.New(append([]client.Option{client.WithCredentials("id", "secret"), client.WithBaseURL(baseURL), client.WithTokenURL(tokenURL)}, opts...)...)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.ListGrants(t.Context(), "1", nil)
		if f := doctor.Explain(err); len(f) == 0 || f[0].ID != doctor.ScopeMissing {
			t.Errorf("%s: got %s of error %v, want %s first", name, ids(f), err, doctor.ScopeMissing)
		}
		d := doctor.Diagnose(t.Context(), c, doctor.Options{Operations: []string{"listGrants"}})
		if name == "not sent" && d.Findings[0].ID != doctor.ScopeMissing {
			t.Errorf("%s: got %s of Diagnose, want %s", name, ids(d.Findings), doctor.ScopeMissing)
		}
	}
}
