package doctest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// commandsRun are the shell commands in README.md, docs/401.md and docs/recipes.md that the test runs, with
// the exit status and a part of the output that it wants.
var commandsRun = map[string]struct {
	status int
	prints string
}{
	"make demo":                  {0, "\tHome\t"},
	"go run ./cmd/tapkey doctor": {0, "4 owner accounts"},
	"go run ./cmd/tapkey doctor --header 'access_token abc'": {1, "missing-bearer-prefix"},
	"go build -o bin/ ./cmd/tapkey":                          {0, ""},
	"bin/tapkey owners list --sandbox":                       {0, "\tHome\t"},
	"bin/tapkey grants create --sandbox --owner Home --lock c2a85d13-0000-4000-8000-000000000001 " +
		"--identifier sam@example.com --from 2026-12-01T08:00 --until 2026-12-24": {0, "Garage\tsam@example.com"},
	"bin/tapkey logs export --sandbox --owner Home --output bin/log.csv": {0, ""},
	"bin/tapkey token --sandbox":                                         {0, "scope\tread:owneraccount"},
	"bin/tapkey api GET /Owners --sandbox":                               {0, `"name":"Home"`},
	"bin/tapkey doctor --sandbox":                                        {0, "4 owner accounts"},

	// Recipes.
	"tapkey doctor --header 'access_token eyJhbGciOi'":                                                                                                 {1, "missing-bearer-prefix"},
	"tapkey doctor --owner Home --operation listBoundLocks":                                                                                            {0, "listBoundLocks yes"},
	"tapkey doctor --sandbox --scenario no-refresh-token":                                                                                              {1, "offline_access"},
	"tapkey doctor --sandbox --scenario user-not-registered":                                                                                           {1, "user-not-registered"},
	"tapkey locks list --owner Home --select id,title,physicalLockId":                                                                                  {0, "\tGarage\t"},
	"tapkey locks get c2a85d13-0000-4000-8000-000000000001 --owner Home":                                                                               {0, "Garage"},
	"tapkey locks log c2a85d13-0000-4000-8000-000000000001 --owner Home --limit 1":                                                                     {0, "TriggerLock"},
	"tapkey locks batteries --owner Home":                                                                                                              {0, "Garage\t00-00-00-00-00-00-00-01\t2.95\t"},
	"tapkey grants revoke 3a6f18c9-0000-4000-8000-000000000000 --owner Home --yes":                                                                     {0, ""},
	"tapkey grants delete-from-card 3a6f18c9-0000-4000-8000-000000000003 --owner Home --yes":                                                           {0, ""},
	"tapkey users create --owner 'Coworking Space' --provider b75c2e91-0000-4001-8000-000000000000 --ip-user-id employee-4713":                         {0, "employee-4713"},
	"tapkey contacts create --owner Home --provider b75c2e91-0000-4001-8000-000000000000 --ip-user-id employee-4713":                                   {0, "employee-4713"},
	"tapkey contacts revoke-grants 90d7c4e6-0000-4000-8000-000000000001 --owner Home --yes":                                                            {0, ""},
	"tapkey users list --owner 'Coworking Space' --provider b75c2e91-0000-4001-8000-000000000000 --ip-user-id employee-4711":                           {0, "employee-4711"},
	"tapkey users list --owner 'Coworking Space' --provider b75c2e91-0000-4001-8000-000000000000":                                                      {0, "employee-4712"},
	`printf 'email,lock,schedule\nkim@example.com,Garage,Mo-Fr 08:00-18:00\n' > bin/members.csv`:                                                       {0, ""},
	"tapkey access plan --owner Home -f bin/members.csv --state bin/members.state":                                                                     {0, "grants to create: 1"},
	"tapkey access apply --owner Home -f bin/members.csv --state bin/members.state --yes":                                                              {0, "2 of 2 changes were made"},
	"tapkey contacts suspend sam@example.com --owner Home --record bin/sam.json --yes":                                                                 {0, "1 of 1 changes were made"},
	"tapkey contacts restore --record bin/sam.json":                                                                                                    {0, "1 of 1 changes were made"},
	"tapkey grants explain 3a6f18c9-0000-4000-8000-000000000001 --owner Home":                                                                          {0, "opens the lock on"},
	"tapkey grants create --owner Home --lock Garage --identifier lee@example.com --schedule 'Mo-Fr 08:00-18:00, Sa 10:00-14:00' --zone Europe/Vienna": {0, "lee@example.com"},
	"tapkey logs follow --owner Home --output bin/log.jsonl --once":                                                                                    {0, ""},

	"tapkey doctor": {0, "4 owner accounts"},
	"tapkey doctor --owner Home --operation listGrants": {0, "listGrants yes"},
	"tapkey doctor --header 'access_token abc'":         {1, "missing-bearer-prefix"},
	"tapkey doctor --sandbox --scenario list":           {0, "missing-bearer-prefix"},
	`curl -u "$TAPKEY_CLIENT_ID:$TAPKEY_CLIENT_SECRET" https://login.tapkey.com/connect/token ` +
		`-d grant_type=client_credentials -d 'scope=read:owneraccounts read:owneraccount:permissions'`: {0, "access_token"},
	`curl -H "Authorization: Bearer $TOKEN" https://my.tapkey.com/api/v1/Owners`: {0, `"name":"Home"`},
}

// commandsNotRun are the other commands, with the reason.
var commandsNotRun = map[string]string{
	"make test": "this test is a part of it; make fresh runs it",
	"go get github.com/tapkey-go/tapkey-go/client":                "there is no release yet",
	"go install github.com/tapkey-go/tapkey-go/cmd/tapkey@latest": "there is no release yet",

	"make check":    "this test is a part of it",
	"make generate": "it writes into the tree; make stale and make contract check that nothing would change",
	"export TAPKEY_CLIENT_ID=... TAPKEY_CLIENT_SECRET=...": "the environment here has the credentials of a sandbox",
	"bin/tapkey sandbox": "it serves until it is interrupted; the tests of cmd/tapkey run it",
	"go mod edit -require " + modulePath + "@v0.0.0 -replace " + modulePath + "=../tapkey-go": "consumer_test.go runs it",
	"go mod tidy": "consumer_test.go runs it",
	"go run .":    "consumer_test.go runs it",
}

func TestCommandsOfTheDocuments(t *testing.T) {
	atRoot(t)
	if testing.Short() {
		t.Skip("commands of the documents: not run with -short")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("commands of the documents: not run (%v)", err)
	}
	run, bin := sandboxShell(t)
	found := map[string]bool{}
	for _, document := range []string{"README.md", "docs/401.md", "docs/recipes.md"} {
		for _, command := range readDocument(t, document).shell() {
			found[command] = true
			expected, runs := commandsRun[command]
			program, _, _ := strings.Cut(command, " ")
			if !runs {
				if commandsNotRun[command] == "" {
					t.Errorf("%s: command %q is in neither commandsRun nor commandsNotRun, want it in one of them", document, command)
				}
				continue
			}
			if _, err := exec.LookPath(program); (program == "make" || program == "curl") && err != nil {
				t.Logf("%s: not run (%v)", command, err)
				continue
			}
			if status, out := run(command); status != expected.status || !strings.Contains(out, expected.prints) {
				t.Errorf("%s: %s: exit status %d, want %d with output containing %q:\n%s", document, command, status, expected.status, expected.prints, out)
			}
		}
	}
	for command := range commandsRun {
		if !found[command] {
			t.Errorf("commandsRun has %q, want only commands of the documents", command)
		}
	}
	for command := range commandsNotRun {
		if !found[command] {
			t.Errorf("commandsNotRun has %q, want only commands of the documents", command)
		}
	}
	for _, name := range []string{"log.csv", "log.jsonl"} {
		if exported, err := os.ReadFile(filepath.Join(bin, name)); err != nil || strings.Count(string(exported), "\n") < 2 {
			t.Errorf("%s = %q, error %v, want at least 2 lines", name, exported, err)
		}
	}
}

var accessToken = regexp.MustCompile(`"access_token":\s*"([^"]+)"`)

// sandboxShell returns a function that runs a command with a sandbox in place of Tapkey and
// a scratch directory in place of bin. The access token that a command prints is $TOKEN in
// the commands after it.
func sandboxShell(t *testing.T) (run func(command string) (status int, out string), bin string) {
	t.Helper()
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	bin = t.TempDir()
	env := append(os.Environ(), environment(server)...)
	env = append(env, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	replace := strings.NewReplacer("bin/", bin+"/", client.DefaultTokenURL, server.TokenURL(), client.DefaultBaseURL, server.BaseURL())
	return func(command string) (int, string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-c", replace.Replace(command))
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
			t.Fatalf("%s: %v", command, err)
		}
		if token := accessToken.FindSubmatch(out); token != nil {
			env = append(env, "TOKEN="+string(token[1]))
		}
		return cmd.ProcessState.ExitCode(), string(out)
	}, bin
}

// environment returns the environment variables with which a program uses the sandbox.
func environment(server *sandbox.Server) []string {
	return []string{
		"TAPKEY_CLIENT_ID=" + server.ClientID(),
		"TAPKEY_CLIENT_SECRET=" + server.ClientSecret(),
		"TAPKEY_BASE_URI=" + strings.TrimSuffix(server.BaseURL(), "/api/v1"),
		"TAPKEY_TOKEN_ENDPOINT=" + server.TokenURL(),
		"TAPKEY_SCOPES=",
	}
}
