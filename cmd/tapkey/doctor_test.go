package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func doctorFindings(t *testing.T, out string) []doctor.Finding {
	t.Helper()
	var report struct{ Findings []doctor.Finding }
	if err := json.Unmarshal([]byte(out), &report); err != nil || len(report.Findings) == 0 {
		t.Fatalf("%v in %q", err, out)
	}
	return report.Findings
}

func scenarioIDs(t *testing.T) (ids []doctor.ID) {
	t.Helper()
	out, _, status := tapkeyMain(t, nil, "doctor", "--sandbox", "--scenario", "list")
	if status != 0 {
		t.Fatal(status)
	}
	for _, id := range strings.Fields(out) {
		ids = append(ids, doctor.ID(id))
	}
	return ids
}

func TestEachScenarioLeadsToItsFinding(t *testing.T) {
	for _, id := range scenarioIDs(t) {
		t.Run(string(id), func(t *testing.T) {
			t.Parallel()
			want := 1
			if id == doctor.OK {
				want = 0
			}
			out, errs, status := tapkeyMain(t, nil, "doctor", "--sandbox", "--scenario", string(id), "--json")
			findings := doctorFindings(t, out)
			if findings[0].ID != id || status != want || errs != "" {
				t.Errorf("found %+v with status %d, %q", findings, status, errs)
			}
			if id == doctor.OK && len(findings) != 1 {
				t.Errorf("found %+v", findings)
			}
			out, errs, status = tapkeyMain(t, nil, "doctor", "--sandbox", "--scenario", string(id))
			if status != want || errs != "" || (id != doctor.OK) != strings.Contains(out, "✗") {
				t.Errorf("drew %q with status %d", out, status)
			}
			if id != doctor.OK && (!strings.Contains(out, string(id)+"\n") || !strings.Contains(out, findings[0].Remedy)) {
				t.Errorf("no finding and remedy in %q", out)
			}
			for _, secret := range []string{"-secret", "eyJ", "Basic "} {
				if strings.Contains(out, secret) {
					t.Errorf("%q is in %q", secret, out)
				}
			}
		})
	}
}

// Every finding has its scenario, and no scenario leads to what is no finding.
func TestScenariosAreComplete(t *testing.T) {
	ids := map[doctor.ID]bool{}
	for _, id := range scenarioIDs(t) {
		ids[id] = true
	}
	for _, id := range []doctor.ID{
		"config-missing", "not-https", "redirected", "unreachable", "tls", "invalid-client", "unauthorized-client",
		"invalid-scope", "missing-bearer-prefix", "malformed-token", "token-expired", "clock-skew", "scope-missing",
		"no-owner-accounts", "not-administrator", "rate-limited", "server-error", "ok",
		"token-rejected", "request-refused", "unexpected-response",
	} {
		if !ids[id] {
			t.Errorf("no scenario for %s", id)
		}
		delete(ids, id)
	}
	if len(ids) > 0 {
		t.Errorf("scenarios for nothing: %v", ids)
	}
}

// With two faults at once, the first step that fails is reported.
func TestTheFirstFailureIsReported(t *testing.T) {
	server, env := startSandbox(t)
	for _, fault := range []sandbox.Fault{{Kind: sandbox.Fault500, Operation: "listOwners"}} {
		if err := server.Inject(fault); err != nil {
			t.Fatal(err)
		}
	}
	wrong := append(env[:4:4], "TAPKEY_CLIENT_SECRET=wrong")
	for name, test := range map[string]struct {
		env  []string
		want doctor.ID
	}{
		"secret before server": {wrong, doctor.InvalidClient},
		"scope before server":  {append(env, "TAPKEY_SCOPES=read:grants"), doctor.ScopeMissing},
		"http before secret":   {append(wrong, "TAPKEY_BASE_URI=http://my.tapkey.com"), doctor.NotHTTPS},
		"server":               {env, doctor.ServerError},
	} {
		out, _, status := tapkeyMain(t, test.env, "doctor", "--json")
		if got := doctorFindings(t, out)[0].ID; got != test.want || status != 1 {
			t.Errorf("%s: %s with status %d, want %s", name, got, status, test.want)
		}
	}
}

func TestDoctorOptions(t *testing.T) {
	server, env := startSandbox(t)
	owner := served(t, server)[1].ID
	out, _, status := tapkeyMain(t, env, "doctor", "--owner", owner)
	if status != 0 || !strings.Contains(out, "listPermissions yes") || !strings.Contains(out, "listGrants ") {
		t.Errorf("status %d, %q", status, out)
	}
	out, _, status = tapkeyMain(t, env, "doctor", "--operation", "listOwners", "--operation", "createGrant", "--json")
	if f := doctorFindings(t, out)[0]; status != 1 || f.ID != doctor.ScopeMissing || !strings.Contains(f.Evidence, "write:grants (for createGrant)") {
		t.Errorf("status %d, %+v", status, f)
	}
	if n := server.Count("createGrant"); n != 0 {
		t.Errorf("the doctor has called createGrant %d times", n)
	}
	out, _, status = tapkeyMain(t, env, "doctor", "--owner", "nobody", "--json")
	if f := doctorFindings(t, out)[0]; status != 1 || f.ID != doctor.NotAdministrator {
		t.Errorf("status %d, %+v", status, f)
	}
}

func TestDoctorMisuse(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown operation":        {"--operation", "listEverything", "--sandbox"},
		"unknown scenario":         {"--scenario", "doom", "--sandbox"},
		"scenario without sandbox": {"--scenario", "tls"},
		"header and scenario":      {"--header", "x", "--scenario", "tls"},
		"argument":                 {"please"},
	} {
		out, errs, status := tapkeyMain(t, nil, append([]string{"doctor"}, args...)...)
		if status != 2 || out != "" || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: status %d, %q, %q", name, status, out, errs)
		}
	}
}

func TestDoctorWithoutCredentials(t *testing.T) {
	out, _, status := tapkeyMain(t, nil, "doctor", "--json")
	if f := doctorFindings(t, out)[0]; status != 1 || f.ID != doctor.ConfigMissing || !strings.Contains(f.Evidence, "TAPKEY_CLIENT_ID") {
		t.Errorf("status %d, %+v", status, f)
	}
}

func TestDoctorExplainsAHeader(t *testing.T) {
	for header, want := range map[string]doctor.ID{
		"access_token abc":     doctor.MissingBearerPrefix,
		"abc.def.ghi":          doctor.MissingBearerPrefix,
		"":                     doctor.MissingBearerPrefix,
		"Bearer":               doctor.MalformedToken,
		"Bearer Bearer abc":    doctor.MalformedToken,
		"Bearer \"abc\"":       doctor.MalformedToken,
		"Bearer a.b":           doctor.MalformedToken,
		"Bearer abc":           doctor.OK,
		"Authorization: Basic": doctor.MissingBearerPrefix,
		// {"exp":1}
		"Bearer e30.eyJleHAiOjF9.c2ln": doctor.TokenExpired,
		// {"exp":99999999999,"scope":["read:grants"]}
		"bearer e30.eyJleHAiOjk5OTk5OTk5OTk5LCJzY29wZSI6WyJyZWFkOmdyYW50cyJdfQ.c2ln": doctor.OK,
		// {"nbf":99999999999}
		"Bearer e30.eyJuYmYiOjk5OTk5OTk5OTk5fQ.c2ln": doctor.ClockSkew,
	} {
		out, errs, status := tapkeyMain(t, nil, "doctor", "--json", "--header", header)
		f := doctorFindings(t, out)[0]
		if f.ID != want || (status == 0) != (want == doctor.OK) || errs != "" {
			t.Errorf("%q: %+v with status %d", header, f, status)
		}
		if strings.Contains(out, "def") || strings.Contains(out, "c2ln") {
			t.Errorf("%q: the token is in %q", header, out)
		}
	}
}
