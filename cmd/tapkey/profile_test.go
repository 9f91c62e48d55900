package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// writeConfig writes a configuration file.
func (m *machine) writeConfig(text string, mode os.FileMode) string {
	m.Helper()
	must(m.T, os.MkdirAll(m.dir, 0o700))
	file := filepath.Join(m.dir, "config.json")
	must(m.T, os.WriteFile(file, []byte(text), mode))
	must(m.T, os.Chmod(file, mode))
	return file
}

func TestInvalidConfigurationFile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"not JSON":        {`profiles:`, 0o600, "not valid JSON"},
		"cut off":         {`{"profiles":{`, 0o600, "not valid JSON"},
		"empty":           {``, 0o600, "not valid JSON"},
		"unknown field":   {`{"profiles":{"default":{"clientID":"x"}}}`, 0o600, "unknown field /profiles/default/clientID"},
		"secret inside":   {`{"profiles":{"default":{"clientSecret":"s3cret-value"}}}`, 0o600, "unknown field /profiles/default/clientSecret"},
		"wrong type":      {`{"profiles":{"default":{"scopes":"s3cret-value"}}}`, 0o600, "wrong type of /profiles/default/scopes"},
		"list":            {`[]`, 0o600, "wrong type of /"},
		"twice":           {`{"profiles":{"default":{}},"profiles":{}}`, 0o600, "not valid JSON"},
		"grant type":      {`{"profiles":{"default":{"grantType":"password"}}}`, 0o600, "grantType"},
		"storage":         {`{"profiles":{"default":{"storage":"cloud"}}}`, 0o600, "storage"},
		"name":            {`{"profiles":{"../x":{}}}`, 0o600, "profile name"},
		"huge":            {`{"profiles":{}}` + strings.Repeat(" ", 2<<20), 0o600, "larger than 1048576 bytes"},
		"group may write": {`{"profiles":{}}`, 0o620, "other users have access"},
		"all may write":   {`{"profiles":{}}`, 0o602, "other users have access"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			file := m.writeConfig(test.text, test.mode)
			for _, args := range [][]string{{"owners", "list"}, {"auth", "status"}, {"logout"}, {"doctor"}, {"login", "--client-id", "x"}} {
				r := m.run(args...)
				r.checkFailure(t, exitMisuse, file, test.want)
				checkLacks(t, "stderr", r.stderr, "s3cret-value")
			}
			text, err := os.ReadFile(file)
			if err != nil || string(text) != test.text {
				t.Errorf("the file was changed, want it as it was; error = %v", err)
			}
			// Complete credentials in the environment need no file.
			tapkeyMain(t, append(m.env, "TAPKEY_CLIENT_ID="+m.server.ClientID(), "TAPKEY_CLIENT_SECRET="+m.server.ClientSecret()), "owners", "list").checkSuccess(t)
		})
	}
}

func TestConfigurationFileThatIsNotAFile(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	must(t, os.MkdirAll(filepath.Join(m.dir, "config.json"), 0o700))
	m.run("owners", "list").checkFailure(t, exitMisuse, "not a regular file")
	other := newMachine(t)
	must(t, os.MkdirAll(other.dir, 0o700))
	must(t, os.Symlink("/etc/passwd", filepath.Join(other.dir, "config.json")))
	other.run("owners", "list").checkFailure(t, exitMisuse, "config.json")
	open := newMachine(t)
	open.writeConfig(`{"profiles":{}}`, 0o600)
	must(t, os.Chmod(open.dir, 0o777))
	open.run("owners", "list").checkFailure(t, exitMisuse, "other users have access")
}

func TestConfigurationFileOfAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 || runtime.GOOS == "windows" {
		t.Skip("file of another user: not run (only root can make one)")
	}
	m := newMachine(t)
	must(t, os.Chown(m.writeConfig(`{"profiles":{}}`, 0o644), 65534, 65534))
	m.run("owners", "list").checkFailure(t, exitMisuse, "belongs to another user")
}

func TestStoredTokenOfAnotherUser(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.WithAutoConsent())
	m.signIn()
	files, err := filepath.Glob(filepath.Join(m.dir, "profile-default", "file", "*.json"))
	must(t, err)
	check(t, "files", len(files), 1)
	must(t, os.Chmod(files[0], 0o644))
	m.run("owners", "list").checkFailure(t, exitFailed, "other users have access")
	must(t, os.WriteFile(files[0], []byte("{"), 0o600))
	must(t, os.Chmod(files[0], 0o600))
	m.run("owners", "list").checkFailure(t, exitFailed, "token")
	m.signIn() // replaces it
	m.run("owners", "list").checkSuccess(t)
}

func TestNoProfile(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.run("owners", "list", "--profile", "work").checkFailure(t, exitMisuse, "profile work does not exist", "there are none", "tapkey login --profile work")
	m.env = append(m.env, "TAPKEY_PROFILE=home")
	m.run("owners", "list").checkFailure(t, exitMisuse, "profile home does not exist")
	m.run("owners", "list", "--profile", "work").checkFailure(t, exitMisuse, "profile work does not exist")
	m.run("owners", "list", "--profile", "").checkFailure(t, exitMisuse, "value is empty")
	m.run("owners", "list", "--sandbox").checkSuccess(t)
	m.run("owners", "list", "--sandbox", "--profile", "work").checkFailure(t, exitMisuse, "--sandbox excludes")
	r := tapkeyMain(t, []string{"HOME=", "XDG_CONFIG_HOME=", "AppData="}, "owners", "list") // no home directory
	r.checkFailure(t, exitMisuse, "TAPKEY_CLIENT_ID is missing")
}

func TestTwoProfilesAtOnce(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.WithAutoConsent())
	names := []string{"a", "b", "c", "d"}
	var wait sync.WaitGroup
	results := make([]result, len(names))
	for i, name := range names {
		wait.Go(func() {
			results[i] = tapkeyInput(t, m.env, m.server.ClientSecret()+"\n",
				"login", "--client-credentials", "--client-id", m.server.ClientID(), "--ask-secret", "--profile", name)
		})
	}
	wait.Wait()
	for i, name := range names {
		check(t, results[i].name+": exit status", results[i].status, exitOK)
		m.run("owners", "list", "--profile", name).checkSuccess(t)
	}
	m.run("logout", "--profile", "b").checkSuccess(t)
	m.run("owners", "list", "--profile", "b").checkFailure(t, exitAuth, "not signed in")
	m.run("owners", "list", "--profile", "a").checkSuccess(t)
}

// A token is not sent to the API or the token endpoint of another environment.
func TestTokensStayInTheirEnvironment(t *testing.T) {
	t.Parallel()
	m, other := newMachine(t, sandbox.WithAutoConsent()), newMachine(t, sandbox.WithAutoConsent())
	m.signIn()
	without := slices.DeleteFunc(slices.Clone(m.env), func(v string) bool {
		return strings.HasPrefix(v, "TAPKEY_BASE_URI=") || strings.HasPrefix(v, "TAPKEY_TOKEN_ENDPOINT=")
	})
	tapkeyMain(t, without, "owners", "list").checkSuccess(t) // the profile has the URLs
	base, token := other.env[0], other.env[1]
	for name, env := range map[string][]string{
		"API": append(slices.Clone(without), base), "token endpoint": append(slices.Clone(without), token),
		"both": append(slices.Clone(without), base, token),
	} {
		tapkeyMain(t, env, "owners", "list").checkFailure(t, exitAuth, "not signed in")
		check(t, name+": requests to the other server", len(other.server.Requests()), 0)
	}
	tapkeyMain(t, without, "owners", "list", "--env", "sandbox").
		checkFailure(t, exitAuth, "not signed in to the environment sandbox at https://my.sandbox.tapkey.io/api/v1", "--env sandbox")
	tapkeyMain(t, append(slices.Clone(without), "TAPKEY_ENV=sandbox"), "owners", "list").checkFailure(t, exitAuth, "my.sandbox.tapkey.io")
	before := m.server.Count("listOwners")
	tapkeyMain(t, without, "auth", "status").checkSuccess(t)
	tapkeyMain(t, append(without, "TAPKEY_ENV=sandbox", base, token), "logout").checkSuccess(t) // those of the profile count
	check(t, "revocations", m.server.Count("revocation"), 2)
	check(t, "calls", m.server.Count("listOwners"), before)
}

// Each value is that of the flag, or of the environment variable, or of the profile.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.WithAutoConsent())
	m.signIn("--profile", "low", "--scope", "read:owneraccounts")
	m.signIn("--profile", "high", "--scope", "read:owneraccounts")
	plain := slices.DeleteFunc(slices.Clone(m.env), func(v string) bool {
		return strings.HasPrefix(v, "TAPKEY_BASE_URI=") || strings.HasPrefix(v, "TAPKEY_TOKEN_ENDPOINT=")
	})
	credentials := []string{"TAPKEY_CLIENT_ID=" + m.server.ClientID(), "TAPKEY_CLIENT_SECRET=" + m.server.ClientSecret()}
	for name, test := range map[string]struct {
		env  []string
		args []string
		want map[string]string
	}{
		"profile by variable": {[]string{"TAPKEY_PROFILE=low"}, nil, map[string]string{
			"profile": "low|environment variable TAPKEY_PROFILE", "API": m.server.BaseURL() + "|profile low",
			"client id": m.server.PublicClient().ID + "|profile low", "token": "|profile low: a person has signed in",
		}},
		"profile by flag": {[]string{"TAPKEY_PROFILE=low"}, []string{"--profile", "high"}, map[string]string{
			"profile": "high|flag --profile", "client id": m.server.PublicClient().ID + "|profile high",
		}},
		"URLs by variable": {append([]string{"TAPKEY_PROFILE=low"}, m.env[:2]...), nil, map[string]string{
			"API": m.server.BaseURL() + "|environment variable TAPKEY_BASE_URI", "token endpoint": m.server.TokenURL() + "|environment variable TAPKEY_TOKEN_ENDPOINT",
			"client id": m.server.PublicClient().ID + "|profile low",
		}},
		"credentials by variable": {credentials, []string{"--profile", "low"}, map[string]string{
			"client id": m.server.ClientID() + "|environment variable TAPKEY_CLIENT_ID", "client secret": "|environment variable TAPKEY_CLIENT_SECRET",
			"API": m.server.BaseURL() + "|profile low",
		}},
		"environment by flag": {append([]string{"TAPKEY_ENV=sandbox"}, m.env[:2]...), []string{"--env", "production", "--profile", "low"}, map[string]string{
			"environment": "production|flag --env", "API": m.server.BaseURL() + "|environment variable TAPKEY_BASE_URI",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := tapkeyMain(t, slices.Concat(plain, test.env), append([]string{"doctor", "--json"}, test.args...)...)
			check(t, "exit status", r.status, exitOK)
			var report doctorReport
			must(t, json.Unmarshal([]byte(r.stdout), &report))
			got := map[string]string{}
			for _, s := range report.Settings {
				got[s.Name] = s.Value + "|" + s.Source
			}
			for setting, want := range test.want {
				check(t, setting, got[setting], want)
			}
			checkLacks(t, "report", r.stdout, m.server.ClientSecret())
			text := tapkeyMain(t, slices.Concat(plain, test.env), append([]string{"doctor"}, test.args...)...)
			checkContains(t, "text", text.stdout, "- client id ")
			if _, warned := strings.CutPrefix(text.stderr, "tapkey: TAPKEY_CLIENT_ID"); warned != (name == "credentials by variable") {
				t.Errorf("stderr = %q, want a warning only if variables replace the profile of the flag", text.stderr)
			}
		})
	}
}
