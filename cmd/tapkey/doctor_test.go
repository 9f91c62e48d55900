package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// findings returns the findings that a run of `tapkey doctor --json` printed. It checks
// the exit status and that nothing was printed on stderr.
func (r result) findings(t *testing.T) []doctor.Finding {
	t.Helper()
	var report struct{ Findings []doctor.Finding }
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || len(report.Findings) == 0 {
		t.Fatalf("%s: %v in %q, want findings; stderr = %q", r.name, err, r.stdout, r.stderr)
	}
	want := exitFailed
	if report.Findings[0].ID == doctor.OK {
		want = exitOK
	}
	check(t, r.name+": exit status", r.status, want)
	check(t, r.name+": stderr", r.stderr, "")
	return report.Findings
}

// finding is the first of the findings.
func (r result) finding(t *testing.T) doctor.Finding {
	t.Helper()
	return r.findings(t)[0]
}

func scenarioIDs(t *testing.T) (ids []doctor.ID) {
	t.Helper()
	r := tapkeyMain(t, nil, "doctor", "--sandbox", "--scenario", "list")
	r.checkSuccess(t)
	for _, id := range strings.Fields(r.stdout) {
		ids = append(ids, doctor.ID(id))
	}
	return ids
}

func TestEachScenarioLeadsToItsFinding(t *testing.T) {
	skipShort(t, "scenarios of the doctor")
	t.Parallel()
	for _, id := range scenarioIDs(t) {
		t.Run(string(id), func(t *testing.T) {
			t.Parallel()
			findings := tapkeyMain(t, nil, "doctor", "--sandbox", "--scenario", string(id), "--json").findings(t)
			if findings[0].ID != id || id == doctor.OK && len(findings) != 1 {
				t.Errorf("findings = %+v, want %s first and alone if it is ok", findings, id)
			}
			r := tapkeyMain(t, nil, "doctor", "--sandbox", "--scenario", string(id))
			check(t, "stderr", r.stderr, "")
			checkLacks(t, "stdout", r.stdout, "-secret", "eyJ", "Basic ")
			if id == doctor.OK {
				check(t, "exit status", r.status, exitOK)
				checkLacks(t, "stdout", r.stdout, "✗")
				return
			}
			check(t, "exit status", r.status, exitFailed)
			checkContains(t, "stdout", r.stdout, "✗", string(id)+"\n", findings[0].Remedy)
		})
	}
}

// Every finding has a scenario.
func TestScenariosAreComplete(t *testing.T) {
	t.Parallel()
	want := []doctor.ID{
		"clock-skew", "config-missing", "invalid-client", "invalid-scope", "malformed-token", "missing-bearer-prefix",
		"no-owner-accounts", "not-administrator", "not-https", "ok", "rate-limited", "redirected", "request-refused",
		"scope-missing", "server-error", "tls", "token-expired", "token-rejected", "unauthorized-client",
		"unexpected-response", "unreachable",
	}
	if got := slices.Sorted(slices.Values(scenarioIDs(t))); !slices.Equal(got, want) {
		t.Errorf("scenarios = %q, want %q", got, want)
	}
}

// With several failures at once, the doctor reports the first one in the order of its
// checks.
func TestTheFirstFailureIsReported(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	must(t, server.Inject(sandbox.Fault{Kind: sandbox.Fault500, Operation: "listOwners"}))
	wrong := append(env[:4:4], "TAPKEY_CLIENT_SECRET=wrong")
	for name, test := range map[string]struct {
		env  []string
		want doctor.ID
	}{
		"secret before server": {wrong, doctor.InvalidClient},
		"scope before server":  {append(env, "TAPKEY_SCOPES=read:grants"), doctor.ScopeMissing},
		"HTTP before secret":   {append(wrong, "TAPKEY_BASE_URI=http://my.tapkey.com"), doctor.NotHTTPS},
		"server":               {env, doctor.ServerError},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, "first finding", tapkeyMain(t, test.env, "doctor", "--json").finding(t).ID, test.want)
		})
	}
}

func TestDoctorOwner(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	r := tapkeyMain(t, env, "doctor", "--owner", ownersOf(t, server)[1].ID)
	r.checkSuccess(t)
	checkContains(t, r.name, r.stdout, "listPermissions yes", "listGrants ")
	f := tapkeyMain(t, env, "doctor", "--owner", "unknown", "--json").finding(t)
	check(t, "finding for an unknown owner", f.ID, doctor.NotAdministrator)
}

func TestDoctorOperation(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	f := tapkeyMain(t, env, "doctor", "--operation", "listOwners", "--operation", "createGrant", "--json").finding(t)
	check(t, "finding", f.ID, doctor.ScopeMissing)
	checkContains(t, "evidence", f.Evidence, "write:grants (for createGrant)")
	check(t, "calls of createGrant", server.Count("createGrant"), 0)
}

func TestDoctorMisuse(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"unknown operation":        {"--operation", "listEverything", "--sandbox"},
		"unknown scenario":         {"--scenario", "doom", "--sandbox"},
		"scenario without sandbox": {"--scenario", "tls"},
		"header and scenario":      {"--header", "x", "--scenario", "tls"},
		"argument":                 {"please"},
	} {
		t.Run(name, func(t *testing.T) {
			tapkeyMain(t, nil, append([]string{"doctor"}, args...)...).checkFailure(t, exitMisuse)
		})
	}
}

func TestDoctorWithoutCredentials(t *testing.T) {
	t.Parallel()
	f := tapkeyMain(t, nil, "doctor", "--json").finding(t)
	check(t, "finding", f.ID, doctor.ConfigMissing)
	checkContains(t, "evidence", f.Evidence, "TAPKEY_CLIENT_ID")
}

func TestDoctorHeader(t *testing.T) {
	t.Parallel()
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
		r := tapkeyMain(t, nil, "doctor", "--json", "--header", header)
		check(t, r.name+": finding", r.finding(t).ID, want)
		checkLacks(t, r.name, r.stdout, "def", "c2ln")
	}
}
