package main

import (
	"encoding/json"
	"regexp"
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

// Every finding that Diagnose returns has a scenario.
func TestScenariosAreComplete(t *testing.T) {
	t.Parallel()
	want := []doctor.ID{
		"auth-style", "blocked-by-proxy", "captive-portal", "clock-skew", "config-missing", "header-replaced",
		"header-stripped", "invalid-client", "invalid-scope", "malformed-token", "missing-bearer-prefix",
		"no-owner-accounts", "no-refresh-token", "not-administrator", "not-https", "ok", "program-error",
		"proxy-authentication", "rate-limited", "redirected", "request-refused", "scope-missing", "server-error",
		"tls", "token-expired", "token-rejected", "unauthorized-client", "unexpected-response", "unknown-responder",
		"unreachable", "user-not-registered", "wrong-address",
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
	owner := ownersOf(t, server)[1]
	for _, value := range []string{owner.ID, strings.ToUpper(owner.ID), owner.Name, strings.ToLower(owner.Name)} {
		r := tapkeyMain(t, env, "doctor", "--owner", value)
		r.checkSuccess(t)
		checkContains(t, r.name, r.stdout, "listPermissions yes", "listGrants yes", "listLogEntries yes")
	}
	for _, value := range []string{"unknown", "7f9c1e52-0000-4000-8000-999999999999", owner.Name + "s"} {
		f := tapkeyMain(t, env, "doctor", "--owner", value, "--json").finding(t)
		check(t, "finding for an unknown owner", f.ID, doctor.NotAdministrator)
		checkContains(t, "evidence", f.Evidence, `no owner account is named "`+value+`"; there are "Home", "Coworking Space"`)
	}
}

func TestDoctorAmbiguousOwner(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t, sandbox.WithOwner(sandbox.Owner{Name: "B"}), sandbox.WithOwner(sandbox.Owner{Name: "B"}))
	f := tapkeyMain(t, env, "doctor", "--owner", "B", "--json").finding(t)
	check(t, "finding", f.ID, doctor.ConfigMissing)
	checkContains(t, "finding", f.Evidence+f.Remedy, `2 owner accounts are named "B": use one of the IDs 7f9c1e52-`, "id of the owner account")
}

// A client that may request few scopes is healthy if it needs no other.
func TestDoctorOfALimitedClient(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t,
		sandbox.WithClient(sandbox.Client{ID: "grants", Secret: "secret", Scopes: []string{"read:grants"}, Administers: []string{"Home"}}),
		sandbox.WithClient(sandbox.Client{ID: "owners", Secret: "secret", Scopes: []string{"read:owneraccounts"}, Administers: []string{"Home"}}))
	home := ownersOf(t, server)[0].ID
	as := func(id string, more ...string) []string {
		return append(append(env[:len(env):len(env)], "TAPKEY_CLIENT_ID="+id, "TAPKEY_CLIENT_SECRET=secret"), more...)
	}
	for name, test := range map[string]struct {
		env      []string
		args     []string
		want     doctor.ID
		evidence string
	}{
		"the one operation":               {as("grants"), []string{"--operation", "listGrants"}, doctor.OK, "GET /Owners not possible: the client may not request the scope read:owneraccounts"},
		"and an ID":                       {as("grants"), []string{"--operation", "listGrants", "--owner", home}, doctor.OK, "GET /Owners not possible"},
		"and a name":                      {as("grants"), []string{"--operation", "listGrants", "--owner", "Home"}, doctor.OK, "administrator not known"},
		"another operation":               {as("grants"), []string{"--operation", "listLogEntries"}, doctor.InvalidScope, "refused: read:logs"},
		"default":                         {as("grants"), nil, doctor.InvalidScope, "refused: read:owneraccounts read:owneraccount:permissions"},
		"an owner":                        {as("owners"), []string{"--owner", "Home"}, doctor.OK, ""},
		"an owner and an operation":       {as("owners"), []string{"--owner", "Home", "--operation", "listGrants"}, doctor.InvalidScope, "refused: read:grants"},
		"the list of owners":              {as("owners"), []string{"--operation", "listOwners"}, doctor.OK, ""},
		"too few requested":               {append(env, "TAPKEY_SCOPES=read:owneraccounts"), []string{"--operation", "listGrants"}, doctor.ScopeMissing, "read:grants (for listGrants)"},
		"few requested, and few needed":   {append(env, "TAPKEY_SCOPES=read:grants"), []string{"--operation", "listGrants"}, doctor.OK, ""},
		"few requested, and a name":       {append(env, "TAPKEY_SCOPES=read:owneraccounts"), []string{"--owner", "Home"}, doctor.OK, ""},
		"requested, but may not be":       {as("owners", "TAPKEY_SCOPES=read:owneraccounts read:logs"), nil, doctor.InvalidScope, "refused: read:logs"},
		"two operations, one not allowed": {as("owners"), []string{"--operation", "listOwners", "--operation", "createGrant"}, doctor.InvalidScope, "refused: write:grants"},
	} {
		t.Run(name, func(t *testing.T) {
			f := tapkeyMain(t, test.env, append([]string{"doctor", "--json"}, test.args...)...).finding(t)
			check(t, "finding", f.ID, test.want)
			checkContains(t, "evidence", f.Evidence, test.evidence)
		})
	}
	r := tapkeyMain(t, as("owners"), "doctor", "--owner", "Home")
	r.checkSuccess(t)
	checkContains(t, r.name, r.stdout, "listGrants not tried (the client may not request read:grants)")
}

// A list that cannot be read is a failure, if the token has its scope.
func TestDoctorReadsTheOwner(t *testing.T) {
	t.Parallel()
	for kind, want := range map[sandbox.FaultKind]doctor.ID{
		sandbox.Fault401: doctor.NotAdministrator, sandbox.Fault500: doctor.ServerError, sandbox.Fault401InvalidToken: doctor.TokenRejected,
	} {
		server, env := startSandbox(t)
		must(t, server.Inject(sandbox.Fault{Kind: kind, Operation: "listGrants"}))
		f := tapkeyMain(t, env, "doctor", "--owner", "Home", "--json").finding(t)
		check(t, string(kind), f.ID, want)
		checkContains(t, "evidence", f.Evidence, "listPermissions yes", "listGrants "+string(want), "listLogEntries yes")
	}
}

// The error of a command leads to the command of the doctor that finds its cause.
func TestTheDoctorFindsTheCauseOfAnError(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	env = append(env, "TAPKEY_SCOPES=read:owneraccounts")
	r := tapkeyMain(t, env, "grants", "list", "--owner", "Home")
	r.checkFailure(t, exitAuth, "it needs the scope read:grants; requested: read:owneraccounts", "run tapkey doctor --operation listGrants")
	args := strings.Fields(regexp.MustCompile(`run tapkey (doctor --operation \w+)`).FindStringSubmatch(r.stderr)[1])
	check(t, "finding", tapkeyMain(t, env, append(args, "--json")...).finding(t).ID, doctor.ScopeMissing)
}

func TestDoctorOperation(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	r := tapkeyMain(t, env, "doctor", "--operation", "listOwners", "--operation", "createGrant")
	r.checkSuccess(t)
	checkContains(t, r.name, r.stdout, "read:owneraccounts write:grants\n")
	check(t, "calls of createGrant", server.Count("createGrant"), 0)
	tapkeyMain(t, env, "doctor", "--operation", "createGrants").checkFailure(t, exitMisuse, "did you mean createGrant")
}

// Explain and the command agree: what the doctor finds is the first cause of the error of a call,
// if the call fails.
func TestExplainAndTheDoctorAgree(t *testing.T) {
	t.Parallel()
	noError := map[doctor.ID]string{
		doctor.OK: "nothing fails", doctor.NoOwnerAccounts: "the list is empty", doctor.ClockSkew: "the API accepts the token",
		doctor.MalformedToken:    "the doctor sees the token, and the error of the API does not contain it",
		doctor.AuthStyle:         "the doctor tries the other style",
		doctor.UserNotRegistered: "the doctor sees the claims of the token",
	}
	compared := 0
	for _, s := range scenarios() {
		if noError[s.id] != "" {
			continue
		}
		c, stop, err := s.start(&doctor.Options{})
		defer stop()
		if err == nil {
			if s.owner == "" {
				_, err = c.ListOwners(t.Context())
			} else {
				_, err = c.ListPermissions(t.Context(), "7f9c1e52-0000-4001-8000-000000000000")
			}
		}
		var causes []doctor.ID
		for _, f := range doctor.Explain(err) {
			causes = append(causes, f.ID)
		}
		if len(causes) == 0 || causes[0] != s.id {
			t.Errorf("%s: got causes %q of error %v, want this one first", s.id, causes, err)
		}
		compared++
	}
	if compared < 15 {
		t.Errorf("compared %d findings, want at least 15", compared)
	}
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
		"Bearer abc":           doctor.OK, // as far as is known
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
	r := tapkeyMain(t, nil, "doctor", "--header", "Bearer abc")
	r.checkSuccess(t)
	checkContains(t, r.name, r.stdout, "? not known\n", "opaque")
	checkLacks(t, r.name, r.stdout, "Nothing is wrong", "✓", "abc")
}

// The command compares a header with its configuration.
func TestDoctorHeaderAndTheConfiguration(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	token := strings.TrimSpace(tapkeyMain(t, env, "token", "--show", "--scope", "read:grants").stdout)
	for name, test := range map[string]struct {
		env  []string
		args []string
		want doctor.ID
	}{
		"same":          {env, nil, doctor.OK},
		"other":         {nil, nil, doctor.TokenRejected},
		"operation":     {env, []string{"--operation", "listGrants"}, doctor.OK},
		"missing scope": {env, []string{"--operation", "listLogEntries"}, doctor.ScopeMissing},
	} {
		r := tapkeyMain(t, test.env, append([]string{"doctor", "--json", "--header", "Bearer " + token}, test.args...)...)
		check(t, name, r.finding(t).ID, test.want)
	}
}
