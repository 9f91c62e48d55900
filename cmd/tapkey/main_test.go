package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// tsv returns owner accounts as `owners list` prints them into a pipe.
func tsv(owners ...tapkey.OwnerAccount) string {
	var b strings.Builder
	for _, o := range owners {
		b.WriteString(o.ID + "\t" + o.Name + "\t" + strconv.FormatBool(o.Active) + "\n")
	}
	return b.String()
}

func TestOwnersList(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	r := tapkeyMain(t, env, "owners", "list")
	check(t, "token requests", server.TokenRequests(), 1)
	check(t, "calls of listOwners", server.Count("listOwners"), 1)
	r.checkStdout(t, tsv(ownersOf(t, server)...))
}

func TestOwnersListInANewSandbox(t *testing.T) {
	t.Parallel()
	server, _ := startSandbox(t)
	tapkeyMain(t, nil, "owners", "list", "--sandbox").checkStdout(t, tsv(ownersOf(t, server)...))
}

func TestOwnersJSON(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	want := ownersOf(t, server)
	r := tapkeyMain(t, env, "owners", "list", "--json")
	r.checkSuccess(t)
	var list []tapkey.OwnerAccount
	if err := json.Unmarshal([]byte(r.stdout), &list); err != nil || !slices.Equal(list, want) {
		t.Errorf("owners list --json = %+v, %v; want %+v", list, err, want)
	}
	r = tapkeyMain(t, env, "owners", "get", want[1].ID, "--json")
	r.checkSuccess(t)
	var one tapkey.OwnerAccount
	if err := json.Unmarshal([]byte(r.stdout), &one); err != nil || one != want[1] {
		t.Errorf("owners get --json = %+v, %v; want %+v", one, err, want[1])
	}
}

func TestOwnersGet(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	want := ownersOf(t, server)[1]
	tapkeyMain(t, env, "owners", "get", want.ID).checkStdout(t, tsv(want))
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	for name, test := range map[string]struct {
		env  []string
		args []string
		want string
	}{
		"unknown command":       {env, []string{"owner"}, `unknown command "owner" for "tapkey"; did you mean owners?`},
		"no similar command":    {env, []string{"zebra"}, `unknown command "zebra" for "tapkey"; see --help`},
		"unknown subcommand":    {env, []string{"owners", "show"}, `unknown command "show"`},
		"unknown flag":          {env, []string{"owners", "list", "--yaml"}, "unknown flag: --yaml"},
		"too many arguments":    {env, []string{"owners", "list", "x"}, `unexpected argument "x"; usage: tapkey owners list`},
		"missing ID":            {env, []string{"owners", "get"}, "missing argument; usage: tapkey owners get ID..."},
		"empty ID":              {env, []string{"owners", "get", ""}, "the ID or name of the owner account is empty"},
		"dots as ID":            {env, []string{"grants", "update", "..", "--owner", "Home", "--until", "2099-01-01"}, `grantId is ".."`},
		"dot as ID":             {env, []string{"grants", "update", ".", "--owner", "Home", "--until", "2099-01-01"}, `grantId is "."`},
		"flag of a subcommand":  {env, []string{"owners", "show", "--json"}, `unknown command "show" for "tapkey owners"`},
		"flag before it":        {env, []string{"--sandbox", "owners", "show", "--json"}, `unknown command "show" for "tapkey owners"`},
		"flag of no subcommand": {env, []string{"owners", "--yaml"}, "unknown flag: --yaml"},
		"several similar":       {env, []string{"locks", "lst", "--owner", "Home"}, `unknown command "lst" for "tapkey locks"; did you mean get, list or log?`},
		"help of no command":    {env, []string{"help", "owner"}, `unknown command "owner"`},
		"help of no verb":       {env, []string{"help", "owners", "show"}, `unknown command "show" for "tapkey owners"`},
		"unknown shell":         {env, []string{"completion", "tcsh"}, `unknown shell "tcsh": use bash, zsh, fish or powershell`},
		"unknown time zone":     {append(env, "TZ=Europe/Wien"), []string{"owners", "list"}, `unknown time zone "Europe/Wien" in TZ`},
		"POSIX time zone":       {append(env, "TZ=CET-1CEST"), []string{"owners", "list"}, `unknown time zone "CET-1CEST" in TZ`},
		"no zone in the file":   {append(env, "TZ=/dev/null"), []string{"owners", "list"}, `unknown time zone "/dev/null" in TZ`},
		"no credentials":        {nil, []string{"owners", "list"}, "tapkey: invalid configuration: environment variable TAPKEY_CLIENT_ID is missing"},
		"no client secret":      {env[:1], []string{"owners", "list"}, "TAPKEY_CLIENT_SECRET is missing"},
		"plain HTTP base URL":   {append(env[:2:2], "TAPKEY_BASE_URI=http://my.tapkey.com"), []string{"owners", "list"}, "plain http"},
	} {
		t.Run(name, func(t *testing.T) {
			tapkeyMain(t, test.env, test.args...).checkFailure(t, exitMisuse, test.want)
		})
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	for name, test := range map[string]struct {
		env    []string
		args   []string
		status int
		want   []string
	}{
		"unknown owner": {env, []string{"owners", "get", "7f9c1e52-0000-4009-8000-000000000000"}, exitFailed, []string{"getOwner", "404", "GET /Owners/{ownerAccountId}"}},
		"wrong secret": {append(env[2:4:4], "TAPKEY_CLIENT_ID="+server.ClientID(), "TAPKEY_CLIENT_SECRET=wr0ng"),
			[]string{"owners", "list"}, exitAuth, []string{"listOwners", "400", "invalid_client"}},
		"invalid scope": {append(env, "TAPKEY_SCOPES=read:everything"),
			[]string{"owners", "list"}, exitAuth, []string{"listOwners", "400", "invalid_scope"}},
		"missing scope": {append(env, "TAPKEY_SCOPES=read:grants"),
			[]string{"owners", "list"}, exitAuth, []string{"listOwners", "401", "tapkey doctor"}},
		"unreachable": {append(env[:2:2], "TAPKEY_TOKEN_ENDPOINT=http://127.0.0.1:1/connect/token"),
			[]string{"owners", "list"}, exitFailed, []string{"listOwners", "connection refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := tapkeyMain(t, test.env, test.args...)
			r.checkFailure(t, test.status, test.want...)
			checkLacks(t, "stderr", r.stderr, "wr0ng")
		})
	}
}

func TestAnErrorsCodeIsShown(t *testing.T) {
	t.Parallel()
	env := startServer(t, http.StatusPaymentRequired, `{"ErrorCode":"PlanLimit"}`)
	tapkeyMain(t, env, "owners", "list").checkFailure(t, exitFailed, "listOwners", "402 Payment Required (PlanLimit)")
	// Words in place of a code are shown as a message, without control characters.
	env = startServer(t, http.StatusPaymentRequired, `{"ErrorCode":"Plan\u001b[31mLimit"}`)
	tapkeyMain(t, env, "owners", "list").checkFailure(t, exitFailed, "listOwners", "402 Payment Required: Plan [31mLimit\n")
}

func TestNoOwnerAccountsIsExplained(t *testing.T) {
	t.Parallel()
	r := tapkeyMain(t, startServer(t, http.StatusOK, `[]`), "owners", "list")
	check(t, "exit status", r.status, exitOK)
	check(t, "stdout", r.stdout, "")
	checkContains(t, "stderr", r.stderr, "does not administer any")
}

func TestTimeZones(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	for _, zone := range []string{"", "UTC", ":Europe/Vienna", "Asia/Shanghai"} {
		tapkeyMain(t, append(env, "TZ="+zone), "owners", "list").checkSuccess(t)
	}
}
