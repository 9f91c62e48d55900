package tapkeygo_test

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

// The shell commands of the README and of the page about 401 that are run here, with the
// status they end with and words of what they print.
var commandsRun = map[string]struct {
	status int
	prints string
}{
	"make demo":                       {0, "\tHome\t"},
	"go run ./cmd/tapkey owners list": {0, "\tHome\t"},
	"go run ./cmd/tapkey doctor":      {0, "4 owner accounts"},
	"go run ./cmd/tapkey doctor --header 'access_token abc'": {1, "missing-bearer-prefix"},
	"go build -o bin/ ./cmd/tapkey":                          {0, ""},
	"bin/tapkey owners list --sandbox":                       {0, "\tHome\t"},
	"bin/tapkey grants create --sandbox --owner Home --lock c2a85d13-0000-4000-8000-000000000001 " +
		"--identifier sam@example.com --from 2026-12-01T08:00 --until 2026-12-24": {0, "Garage\tsam@example.com"},
	"bin/tapkey logs export --sandbox --owner Home --output bin/log.csv": {0, ""},
	"bin/tapkey token --sandbox":                                         {0, "scope\tread:owneraccount"},
	"bin/tapkey api GET /Owners --sandbox":                               {0, `"name":"Home"`},
	"bin/tapkey doctor --sandbox":                                        {0, "4 owner accounts"},

	"tapkey doctor": {0, "4 owner accounts"},
	"tapkey doctor --owner ID --operation listGrants": {1, "scope-missing"},
	"tapkey doctor --header 'access_token abc'":       {1, "missing-bearer-prefix"},
	"tapkey doctor --sandbox --scenario list":         {0, "missing-bearer-prefix"},
	`curl -u "$TAPKEY_CLIENT_ID:$TAPKEY_CLIENT_SECRET" https://login.tapkey.com/connect/token ` +
		`-d grant_type=client_credentials -d 'scope=read:owneraccounts read:owneraccount:permissions'`: {0, "access_token"},
	`curl -H "Authorization: Bearer $TOKEN" https://my.tapkey.com/api/v1/Owners`: {0, `"name":"Home"`},
}

// The others, and why they are not.
var commandsNotRun = map[string]string{
	"make test":     "this test is part of it",
	"make check":    "this test is part of it",
	"make generate": "it writes into the tree; make stale and make contract see that nothing would change",
	"export TAPKEY_CLIENT_ID=... TAPKEY_CLIENT_SECRET=...": "a sandbox's are in the environment here",
	"bin/tapkey sandbox": "it serves until it is interrupted, which the tests of cmd/tapkey do",
	"go mod edit -require " + modulePath + "@v0.0.0 -replace " + modulePath + "=../tapkey-go": "the consumer's tests do",
	"go mod tidy": "the consumer's tests do",
	"go run .":    "the consumer's tests do",
}

func TestCommandsOfTheDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("commands of the documents: not run (-short)")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("commands of the documents: not run (%v)", err)
	}
	run, bin := sandboxShell(t)
	found := map[string]bool{}
	for _, document := range []string{"README.md", "docs/401.md"} {
		for _, command := range readDocument(t, document).shell() {
			found[command] = true
			expected, runs := commandsRun[command]
			program, _, _ := strings.Cut(command, " ")
			if !runs {
				if commandsNotRun[command] == "" {
					t.Errorf("%s: %q is not run, and nothing says why", document, command)
				}
				continue
			}
			if _, err := exec.LookPath(program); (program == "make" || program == "curl") && err != nil {
				t.Logf("%s: not run (%v)", command, err)
				continue
			}
			if status, out := run(command); status != expected.status || !strings.Contains(out, expected.prints) {
				t.Errorf("%s: %s: status %d\n%s", document, command, status, out)
			}
		}
	}
	for command := range commandsRun {
		if !found[command] {
			t.Errorf("%q is in no document", command)
		}
	}
	for command := range commandsNotRun {
		if !found[command] {
			t.Errorf("%q is in no document", command)
		}
	}
	if exported, err := os.ReadFile(filepath.Join(bin, "log.csv")); err != nil || strings.Count(string(exported), "\n") < 2 {
		t.Errorf("the exported log: %v, %q", err, exported)
	}
}

var accessToken = regexp.MustCompile(`"access_token":\s*"([^"]+)"`)

// sandboxShell runs commands as if a sandbox were Tapkey and bin another directory. An
// access token that one prints is the next one's $TOKEN.
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
	replace := strings.NewReplacer("bin/", bin+"/", "--owner ID", "--owner 7f9c1e52-0000-4000-8000-000000000000",
		client.DefaultTokenURL, server.TokenURL(), client.DefaultBaseURL, server.BaseURL())
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

// environment is what a program finds in its environment to use a sandbox.
func environment(server *sandbox.Server) []string {
	return []string{
		"TAPKEY_CLIENT_ID=" + server.ClientID(),
		"TAPKEY_CLIENT_SECRET=" + server.ClientSecret(),
		"TAPKEY_BASE_URI=" + strings.TrimSuffix(server.BaseURL(), "/api/v1"),
		"TAPKEY_TOKEN_ENDPOINT=" + server.TokenURL(),
		"TAPKEY_SCOPES=",
	}
}
