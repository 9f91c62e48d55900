package doctor_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
)

// jwt returns a JWT with a payload. Its signature is not valid.
func jwt(payload string) string {
	return jwtWith(`{"alg":"RS256","typ":"at+jwt"}`, payload, "c2lnbmF0dXJl")
}

func jwtWith(header, payload, signature string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(payload)) + "." + signature
}

// at returns the NumericDate of a time from now.
func at(d time.Duration) string { return fmt.Sprint(time.Now().Add(d).Unix()) }

// A tokenCase is a token that the token endpoint issues, and what the API does with it.
type tokenCase struct {
	token    string
	response string   // scope in the response of the token endpoint, as JSON; may be empty
	scopes   []string // requested; nil requests those of the operations
	ops      []string
	status   int // of the API; 0 stands for 200
	want     doctor.ID
	unknown  bool // whether the doctor says that the scopes are not known
}

// tokenCases has no entry in which a scope is missing that was not needed.
func tokenCases() map[string]tokenCase {
	grants := []string{"listGrants"}
	hour := `"exp":` + at(time.Hour)
	return map[string]tokenCase{
		// Healthy: the API accepts the token.
		"opaque":                       {token: "0123456789abcdef", want: doctor.OK, unknown: true},
		"opaque, one operation":        {token: "0123456789abcdef", ops: grants, want: doctor.OK, unknown: true},
		"opaque, write":                {token: "0123456789abcdef", ops: []string{"createGrant", "listLogEntries"}, want: doctor.OK, unknown: true},
		"opaque, scope in response":    {token: "0paque7oken", response: `"read:owneraccounts read:grants"`, ops: grants, want: doctor.OK},
		"opaque, array in response":    {token: "0paque7oken", response: `["read:grants"]`, ops: grants, want: doctor.OK},
		"opaque, odd response":         {token: "0paque7oken", response: `7`, ops: grants, want: doctor.OK, unknown: true},
		"opaque, other scopes":         {token: "0paque7oken", scopes: []string{"api"}, ops: grants, want: doctor.OK, unknown: true},
		"opaque with base64 padding":   {token: "b3BhcXVl+/==", ops: grants, want: doctor.OK, unknown: true},
		"dots, not a JWT":              {token: "ya29.a0AfH6SM", ops: grants, want: doctor.OK, unknown: true},
		"three parts, not a JWT":       {token: "v1.public.abcdef", ops: grants, want: doctor.OK, unknown: true},
		"JWE":                          {token: jwtWith(`{"alg":"RSA-OAEP","enc":"A256GCM"}`, "key", "iv") + ".text.tag", ops: grants, want: doctor.OK, unknown: true},
		"JWT without scope":            {token: jwt(`{` + hour + `}`), ops: grants, want: doctor.OK, unknown: true},
		"JWT without claims":           {token: jwt(`{}`), want: doctor.OK, unknown: true},
		"scope null":                   {token: jwt(`{"scope":null}`), ops: grants, want: doctor.OK, unknown: true},
		"scope number":                 {token: jwt(`{"scope":1}`), ops: grants, want: doctor.OK, unknown: true},
		"scope array of numbers":       {token: jwt(`{"scope":[1]}`), ops: grants, want: doctor.OK, unknown: true},
		"scope string":                 {token: jwt(`{"scope":"read:owneraccounts read:grants"}`), ops: grants, want: doctor.OK},
		"scope array":                  {token: jwt(`{"scope":["read:owneraccounts","read:grants"]}`), ops: grants, want: doctor.OK},
		"scope array of lists":         {token: jwt(`{"scope":["read:owneraccounts read:grants"]}`), ops: grants, want: doctor.OK},
		"only the needed scope":        {token: jwt(`{"scope":["read:grants"]}`), ops: grants, want: doctor.OK},
		"other scopes, default":        {token: jwt(`{"scope":"api"}`), want: doctor.OK},
		"scp string":                   {token: jwt(`{"scp":"read:owneraccounts read:grants"}`), ops: grants, want: doctor.OK, unknown: true},
		"scp array":                    {token: jwt(`{"scp":["read:grants"]}`), ops: grants, want: doctor.OK, unknown: true},
		"scp of another kind":          {token: jwt(`{"scp":"user_impersonation"}`), ops: grants, want: doctor.OK, unknown: true},
		"scp and response":             {token: jwt(`{"scp":"x"}`), response: `"read:grants"`, ops: grants, want: doctor.OK},
		"roles":                        {token: jwt(`{"roles":["reader"]}`), ops: grants, want: doctor.OK, unknown: true},
		"claims of other types":        {token: jwt(`{"iss":1,"aud":{},"client_id":[],"exp":"x","nbf":true,"scope":"read:grants"}`), ops: grants, want: doctor.OK},
		"huge exp":                     {token: jwt(`{"exp":1e300,"scope":"read:grants"}`), ops: grants, want: doctor.OK},
		"exp within the server's skew": {token: jwt(`{"exp":` + at(-20*time.Second) + `,"scope":"read:grants"}`), ops: grants, want: doctor.OK},
		"nbf soon":                     {token: jwt(`{"nbf":` + at(30*time.Second) + `,"scope":"read:grants"}`), ops: grants, want: doctor.OK},
		"unsigned but accepted":        {token: jwtWith(`{"alg":"none"}`, `{"scope":"read:grants"}`, ""), ops: grants, want: doctor.OK, unknown: true},

		// Ill: the API refuses the token, or the token shows that a needed scope is missing.
		"expired":                    {token: jwt(`{"exp":1}`), status: 401, want: doctor.TokenExpired},
		"not valid yet":              {token: jwt(`{"nbf":` + at(time.Hour) + `}`), status: 401, want: doctor.ClockSkew},
		"two parts":                  {token: "eyJhbGciOiJSUzI1NiJ9.e30", status: 401, want: doctor.MalformedToken},
		"payload not base64":         {token: "eyJhbGciOiJSUzI1NiJ9.e.c2ln", status: 401, want: doctor.MalformedToken},
		"payload not JSON":           {token: jwt(`x`), status: 401, want: doctor.MalformedToken},
		"unsigned":                   {token: jwtWith(`{"alg":"None"}`, `{}`, ""), status: 401, want: doctor.MalformedToken},
		"no signature":               {token: jwtWith(`{"alg":"RS256"}`, `{}`, ""), status: 401, want: doctor.MalformedToken},
		"scope string, missing":      {token: jwt(`{"scope":"read:owneraccounts"}`), ops: grants, want: doctor.ScopeMissing},
		"scope array, missing":       {token: jwt(`{"scope":["read:owneraccounts"]}`), ops: grants, want: doctor.ScopeMissing},
		"scope empty":                {token: jwt(`{"scope":""}`), ops: grants, want: doctor.ScopeMissing},
		"scope empty array":          {token: jwt(`{"scope":[]}`), ops: grants, want: doctor.ScopeMissing},
		"scope of another case":      {token: jwt(`{"scope":"READ:GRANTS"}`), ops: grants, want: doctor.ScopeMissing},
		"read in place of write":     {token: jwt(`{"scope":"read:grants"}`), ops: []string{"createGrant"}, want: doctor.ScopeMissing},
		"write in place of read":     {token: jwt(`{"scope":"write:grants"}`), ops: grants, want: doctor.ScopeMissing},
		"narrowed in the response":   {token: "0paque7oken", response: `"read:owneraccounts"`, ops: grants, want: doctor.ScopeMissing},
		"default, refused":           {token: jwt(`{"scope":"read:grants"}`), status: 401, want: doctor.ScopeMissing},
		"opaque, refused":            {token: "0paque7oken", status: 401, want: doctor.TokenRejected, unknown: true},
		"JWT without scope, refused": {token: jwt(`{}`), status: 401, want: doctor.TokenRejected, unknown: true},
	}
}

// issue starts a token endpoint and an API for a case.
func (c tokenCase) issue(t *testing.T) (tokenURL, baseURL string) {
	t.Helper()
	login := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fields := map[string]any{"access_token": c.token, "token_type": "Bearer", "expires_in": 3600}
		if c.response != "" {
			fields["scope"] = json.RawMessage(c.response)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(fields)
	}))
	t.Cleanup(login.Close)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if c.status != 0 || req.Header.Get("Authorization") != "Bearer "+c.token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `[{"id":"1","name":"Home"}]`)
	}))
	t.Cleanup(api.Close)
	return login.URL, api.URL
}

// What the doctor says about each token, with client credentials and with a token source of
// the program.
func TestDiagnoseTokens(t *testing.T) {
	healthy, ill, calledIll, calledHealthy := 0, 0, 0, 0
	for name, test := range tokenCases() {
		tokenURL, baseURL := test.issue(t)
		opts := []client.Option{client.WithCredentials("id", "secret"), client.WithBaseURL(baseURL), client.WithTokenURL(tokenURL), client.WithRetries(0)}
		switch {
		case test.scopes != nil:
			opts = append(opts, client.WithScopes(test.scopes...))
		case test.ops != nil:
			opts = append(opts, client.WithOperations(test.ops...))
		}
		c, err := client.New(opts...)
		if err != nil {
			t.Fatal(err)
		}
		d := doctor.Diagnose(t.Context(), c, doctor.Options{Operations: test.ops})
		if test.want == doctor.OK {
			healthy++
		} else {
			ill++
		}
		switch {
		case test.want == doctor.OK && !d.Healthy():
			calledIll++
		case test.want != doctor.OK && d.Healthy():
			calledHealthy++
		}
		if d.Findings[0].ID != test.want {
			t.Errorf("%s: got %+v, want %s", name, d.Findings, test.want)
		}
		unknown := false
		for _, step := range d.Steps {
			unknown = unknown || step.Unknown && step.Name == "scopes" && strings.HasPrefix(step.Detail, "not known: ")
		}
		if unknown != test.unknown {
			t.Errorf("%s: got scopes that are not known: %t, want %t; steps %+v", name, unknown, test.unknown, d.Steps)
		}
		for _, f := range d.Findings {
			if strings.Contains(f.Evidence+f.Cause, test.token) {
				t.Errorf("%s: got %+v, want it without the token", name, f)
			}
		}
		if test.response == "" {
			checkSource(t, name, test, baseURL)
		}
	}
	t.Logf("healthy configurations called ill: %d of %d; ill called healthy: %d of %d", calledIll, healthy, calledHealthy, ill)
	if calledIll+calledHealthy > 0 {
		t.Errorf("got %d healthy configurations called ill and %d ill ones called healthy, want none", calledIll, calledHealthy)
	}
}

// checkSource checks that the doctor says the same about a token of a source of the program.
func checkSource(t *testing.T, name string, test tokenCase, baseURL string) {
	t.Helper()
	c, err := client.New(client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: test.token})),
		client.WithBaseURL(baseURL), client.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	d := doctor.Diagnose(t.Context(), c, doctor.Options{Operations: test.ops})
	if d.Findings[0].ID != test.want {
		t.Errorf("%s, token source: got %+v, want %s", name, d.Findings, test.want)
	}
}

func TestExplainHeaders(t *testing.T) {
	const tokenURL = "https://login.tapkey.com/connect/token"
	good := `"iss":"https://login.tapkey.com","aud":"tapkey_api","exp":` + at(time.Hour)
	secret := "c4nary"
	healthy, ill, calledIll, calledHealthy := 0, 0, 0, 0
	for name, test := range map[string]struct {
		header   string
		ops      []string
		want     string // ids of the findings
		severity doctor.Severity
		evidence string
	}{
		"opaque":                 {"Bearer " + secret, nil, "ok", doctor.SeverityUnknown, "opaque"},
		"opaque, operation":      {"Bearer " + secret, []string{"listGrants"}, "ok", doctor.SeverityUnknown, "opaque"},
		"lower case":             {"bearer " + secret, nil, "ok", doctor.SeverityUnknown, "opaque"},
		"with the name":          {"authorization:  Bearer   " + secret, nil, "ok", doctor.SeverityUnknown, "opaque"},
		"JWE":                    {"Bearer " + jwtWith(`{"alg":"dir","enc":"A128GCM"}`, "", "x") + "." + secret + ".y", nil, "ok", doctor.SeverityUnknown, "opaque"},
		"JWT":                    {"Bearer " + jwt(`{`+good+`,"client_id":"`+secret+`"}`), nil, "ok", doctor.SeverityInfo, "JWT"},
		"JWT without claims":     {"Bearer " + jwt(`{}`), nil, "ok", doctor.SeverityInfo, "JWT"},
		"issuer with a slash":    {"Bearer " + jwt(`{"iss":"https://LOGIN.tapkey.com:443/","aud":["x","https://login.tapkey.com/resources"]}`), nil, "ok", doctor.SeverityInfo, "JWT"},
		"scope":                  {"Bearer " + jwt(`{`+good+`,"scope":["read:grants"]}`), []string{"listGrants"}, "ok", doctor.SeverityInfo, "JWT"},
		"no scope claim":         {"Bearer " + jwt(`{`+good+`}`), []string{"listGrants"}, "ok", doctor.SeverityUnknown, "no claim scope"},
		"scp":                    {"Bearer " + jwt(`{`+good+`,"scp":"`+secret+`"}`), []string{"listGrants"}, "ok", doctor.SeverityUnknown, "scp"},
		"scope missing":          {"Bearer " + jwt(`{`+good+`,"scope":"read:owneraccounts"}`), []string{"listGrants"}, "scope-missing", doctor.SeverityError, "read:grants (for listGrants)"},
		"expired":                {"Bearer " + jwt(`{"exp":1}`), nil, "token-expired", doctor.SeverityError, "ago"},
		"just expired":           {"Bearer " + jwt(`{"exp":`+at(-2*time.Second)+`}`), nil, "token-expired", doctor.SeverityError, "ago"},
		"not valid yet":          {"Bearer " + jwt(`{"nbf":`+at(time.Hour)+`}`), nil, "clock-skew", doctor.SeverityError, "becomes valid"},
		"other issuer":           {"Bearer " + jwt(`{"iss":"https://`+secret+`.example"}`), nil, "token-rejected", doctor.SeverityError, "issuer"},
		"issuer not a URL":       {"Bearer " + jwt(`{"iss":"`+secret+`"}`), nil, "token-rejected", doctor.SeverityError, "issuer"},
		"other environment":      {"Bearer " + jwt(`{"iss":"https://login.sandbox.tapkey.io"}`), nil, "token-rejected", doctor.SeverityError, "https://login.tapkey.com"},
		"other audience":         {"Bearer " + jwt(`{"iss":"https://login.tapkey.com","aud":["`+secret+`"]}`), nil, "token-rejected", doctor.SeverityError, "audience"},
		"expired and other":      {"Bearer " + jwt(`{"exp":1,"iss":"https://x.example","scope":""}`), []string{"listOwners"}, "token-expired token-rejected scope-missing", doctor.SeverityError, "ago"},
		"alg none":               {"Bearer " + jwtWith(`{"alg":"none"}`, `{}`, ""), nil, "malformed-token", doctor.SeverityError, "alg is none"},
		"no signature":           {"Bearer " + jwtWith(`{"alg":"RS256"}`, `{}`, ""), nil, "malformed-token", doctor.SeverityError, "no signature"},
		"payload not base64":     {"Bearer eyJhbGciOiJSUzI1NiJ9.e." + secret, nil, "malformed-token", doctor.SeverityError, "base64url"},
		"base64 in place of url": {"Bearer eyJhbGciOiJSUzI1NiJ9.e30.a+b/", nil, "malformed-token", doctor.SeverityError, "base64url"},
		"padding inside":         {"Bearer eyJhbGciOiJSUzI1NiJ9.e30=." + secret, nil, "malformed-token", doctor.SeverityError, "character"},
		"payload is an array":    {"Bearer " + jwt(`["`+secret+`"]`), nil, "malformed-token", doctor.SeverityError, "payload"},
		"payload is null":        {"Bearer " + jwt(`null`), nil, "malformed-token", doctor.SeverityError, "payload"},
		"two parts":              {"Bearer eyJhbGciOiJSUzI1NiJ9." + secret, nil, "malformed-token", doctor.SeverityError, "2 parts"},
		"five parts, no enc":     {"Bearer " + jwt(`{}`) + "." + secret + ".y", nil, "malformed-token", doctor.SeverityError, "5 parts"},
		"null":                   {"Bearer null", nil, "malformed-token", doctor.SeverityError, "missing value"},
		"undefined":              {"Bearer undefined", nil, "malformed-token", doctor.SeverityError, "missing value"},
		"object":                 {"Bearer [object Object]", nil, "malformed-token", doctor.SeverityError, "character"},
		"variable":               {"Bearer $TOKEN", nil, "malformed-token", doctor.SeverityError, "character"},
		"quotes":                 {`Bearer "` + secret + `"`, nil, "malformed-token", doctor.SeverityError, "character"},
		"twice":                  {"Bearer Bearer " + secret, nil, "malformed-token", doctor.SeverityError, "begins with"},
		"two tokens":             {"Bearer a, Bearer " + secret, nil, "malformed-token", doctor.SeverityError, "character"},
		"nothing":                {"Bearer ", nil, "malformed-token", doctor.SeverityError, "nothing follows"},
		"colon":                  {"Bearer: " + secret, nil, "missing-bearer-prefix", doctor.SeverityError, `the scheme is "Bearer"`},
		"tab":                    {"Bearer\t" + secret, nil, "missing-bearer-prefix", doctor.SeverityError, "not followed by a space"},
		"no space":               {"Bearer" + secret, nil, "missing-bearer-prefix", doctor.SeverityError, "not followed by a space"},
		"access_token":           {"access_token " + secret, nil, "missing-bearer-prefix", doctor.SeverityError, "access_token"},
		"basic":                  {"Basic " + secret, nil, "missing-bearer-prefix", doctor.SeverityError, "Basic"},
		"another word":           {secret + " x", nil, "missing-bearer-prefix", doctor.SeverityError, "not Bearer"},
		"only a token":           {secret, nil, "missing-bearer-prefix", doctor.SeverityError, "without a scheme"},
		"only spaces":            {" \t ", nil, "missing-bearer-prefix", doctor.SeverityError, "empty"},
		"only the name":          {"Authorization:", nil, "missing-bearer-prefix", doctor.SeverityError, "empty"},
		"unknown operation":      {"Bearer x", []string{"listGrant"}, "config-missing", doctor.SeverityError, "did you mean listGrants"},
	} {
		findings := doctor.ExplainHeader(test.header, doctor.HeaderOptions{Operations: test.ops, TokenURL: tokenURL})
		isOK := findings[0].ID == doctor.OK
		if test.want == "ok" {
			healthy++
		} else {
			ill++
		}
		switch {
		case test.want == "ok" && !isOK:
			calledIll++
		case test.want != "ok" && isOK:
			calledHealthy++
		}
		if got := ids(findings); got != test.want || findings[0].Severity != test.severity || !strings.Contains(findings[0].Evidence, test.evidence) {
			t.Errorf("%s: got %+v, want %s with severity %s and evidence %q", name, findings, test.want, test.severity, test.evidence)
		}
		text := fmt.Sprint(findings)
		if strings.Contains(text, secret) || strings.Contains(text, "Nothing is wrong") {
			t.Errorf("%s: got %s, want it without the header, and no judgement of what is not known", name, text)
		}
	}
	t.Logf("healthy headers called ill: %d of %d; ill called healthy: %d of %d", calledIll, healthy, calledHealthy, ill)
}
