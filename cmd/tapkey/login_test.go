package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A machine is one on which a person signs in: with a directory for the configuration, a
// browser, and a sandbox whose URLs are in the environment.
type machine struct {
	*testing.T
	server *sandbox.Server
	env    []string
	dir    string // that of the command
	port   string // of the redirect URI
}

func newMachine(t *testing.T, opts ...sandbox.Option) *machine {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("sign-in: not run (the browser of the tests is a symbolic link)")
	}
	port, home := strconv.Itoa(freePort(t)), t.TempDir()
	opts = append(opts, sandbox.WithRedirectURI("http://127.0.0.1:"+port+"/authorize/"))
	server, env := startSandbox(t, opts...)
	env = append(env[2:], configDir(home)...)
	env = append(env, "DISPLAY=:0", "PATH="+commandDir()+string(os.PathListSeparator)+os.Getenv("PATH"))
	dir := filepath.Join(home, "tapkey")
	if runtime.GOOS == "darwin" {
		dir = filepath.Join(home, "Library", "Application Support", "tapkey")
	}
	return &machine{t, server, env, dir, port}
}

func (m *machine) run(args ...string) result {
	m.Helper()
	return tapkeyMain(m.T, m.env, args...)
}

// signIn signs in with the public client and returns the output.
func (m *machine) signIn(args ...string) result {
	m.Helper()
	r := m.run(append([]string{"login", "--client-id", m.server.PublicClient().ID, "--port", m.port}, args...)...)
	if r.status != exitOK {
		m.Fatalf("%s: exit status %d, want 0; stderr = %q", r.name, r.status, r.stderr)
	}
	return r
}

// secrets returns the tokens and secrets in the files of the command.
func (m *machine) secrets() []string {
	m.Helper()
	var secrets []string
	must(m.T, filepath.WalkDir(m.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		must(m.T, err)
		check(m.T, "mode of "+path, info.Mode().Perm(), 0o600)
		text, err := os.ReadFile(path)
		for _, match := range regexp.MustCompile(`"(?:access|refresh)_token":"([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
			secrets = append(secrets, match[1])
		}
		return err
	}))
	return secrets
}

func TestLogin(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.WithAutoConsent())
	r := m.signIn()
	checkContains(t, "stdout", r.stdout, "signed in: profile default")
	checkContains(t, "stderr", r.stderr, "http://127.0.0.1:"+m.port+"/authorize/", "Authorization Code with PKCE", "offline_access", "not encrypted", "read:grants")
	secrets := m.secrets()
	check(t, "stored secrets", len(secrets), 2) // access and refresh token
	checkLacks(t, "output of login", r.stdout+r.stderr, secrets...)
	check(t, "token requests of login", m.server.TokenRequests(), 1)
	owner := ownersOf(t, m.server)[0] // that of the person; with another token request
	for range 23 {
		m.run("owners", "list").checkStdout(t, tsv(owner))
	}
	check(t, "token requests of login and 23 commands", m.server.TokenRequests(), 2)

	status := m.run("auth", "status", "--json")
	status.checkSuccess(t)
	checkLacks(t, "status", status.stdout, secrets...)
	var about account
	must(t, json.Unmarshal([]byte(status.stdout), &about))
	check(t, "client", about.ClientID, m.server.PublicClient().ID)
	check(t, "API", about.API, m.server.BaseURL())
	check(t, "storage", about.Storage, "file")
	check(t, "renewable", about.Renewable, true)
	if about.User == "" || about.Expires == nil || !slices.Contains(about.Scopes, "write:grants") {
		t.Errorf("status = %+v, want a user, an expiry and the scope write:grants", about)
	}

	m.run("logout").checkStdout(t, "signed out: profile default\n")
	check(t, "revocations", m.server.Count("revocation"), 2)
	check(t, "stored secrets after logout", len(m.secrets()), 0)
	for _, args := range [][]string{{"auth", "status"}, {"logout"}, {"owners", "list"}} {
		m.run(args...).checkFailure(t, exitAuth, "profile default is not signed in", "tapkey login --profile default")
	}
	m.run("login").checkContainsStderr(t, "signed in", "127.0.0.1:"+m.port) // the settings remain
}

// checkContainsStderr checks the output of a command that succeeds and prints on stderr.
func (r result) checkContainsStderr(t *testing.T, stdout string, stderr ...string) {
	t.Helper()
	check(t, r.name+": exit status", r.status, exitOK)
	checkContains(t, r.name+": stdout", r.stdout, stdout)
	checkContains(t, r.name+": stderr", r.stderr, stderr...)
}

func TestTokenOfAPersonIsRenewed(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.WithAutoConsent(), sandbox.WithRotatingRefreshTokens(), sandbox.WithTokenLifetime(2*time.Second))
	m.signIn()
	for range 3 {
		m.server.AdvanceTime(time.Minute)
		waitForExpiry(t, m)
		m.run("owners", "list").checkSuccess(t)
	}
	check(t, "token requests", m.server.TokenRequests(), 4)
	waitForExpiry(t, m)
	status := m.run("auth", "status")
	status.checkSuccess(t)
	checkContains(t, "status after expiry", status.stdout, "expired; the next command renews it")
	m.server.RevokeToken(m.secrets()[1])
	m.server.RevokeToken(m.secrets()[0])
	m.run("owners", "list").checkFailure(t, exitAuth, "use tapkey login")
}

// waitForExpiry waits until the stored token has expired by the clock of this machine.
func waitForExpiry(t *testing.T, m *machine) {
	t.Helper()
	for {
		r := m.run("auth", "status", "--json")
		var about account
		must(t, json.Unmarshal([]byte(r.stdout), &about))
		if about.Expires == nil || time.Now().After(about.Expires.Add(time.Second)) {
			return
		}
		time.Sleep(100 * time.Millisecond) // the clock of a process cannot be set
	}
}

func TestConfidentialClient(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.WithAutoConsent())
	web := m.server.WebClient()
	file := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(file, []byte(web.Secret+"\n"), 0o600))
	login := []string{"login", "--client-id", web.ID, "--port", m.port}
	m.run(append(login, "--secret-file", file)...).checkContainsStderr(t, "signed in")
	m.run("owners", "list").checkSuccess(t)
	tapkeyInput(t, m.env, web.Secret+"\n", append(login, "--ask-secret", "--profile", "typed")...).checkContainsStderr(t, "signed in")
	m.run("owners", "list", "--profile", "typed").checkSuccess(t)
	r := tapkeyInput(t, m.env, "wr0ng-secret\n", append(login, "--ask-secret", "--profile", "wrong")...)
	check(t, "exit status with a wrong secret", r.status, exitAuth)
	checkLacks(t, "output", r.stdout+r.stderr, "wr0ng-secret", web.Secret)
	m.run("owners", "list", "--profile", "wrong").checkFailure(t, exitMisuse, "profile wrong does not exist", "default, typed")
	// The secret of the environment belongs to the client of the environment.
	env := append(slices.Clone(m.env), "TAPKEY_CLIENT_ID="+web.ID, "TAPKEY_CLIENT_SECRET="+web.Secret)
	tapkeyMain(t, env, "login", "--port", m.port, "--profile", "env").checkContainsStderr(t, "signed in", "unset them")
	tapkeyMain(t, env, "login", "--client-id", m.server.PublicClient().ID, "--port", m.port, "--profile", "public").checkContainsStderr(t, "signed in")
	m.run("owners", "list", "--profile", "env").checkSuccess(t)
	m.run("owners", "list", "--profile", "public").checkSuccess(t)
}

func TestServiceProfile(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	login := []string{"login", "--client-credentials", "--client-id", m.server.ClientID(), "--profile", "service"}
	m.run(login...).checkFailure(t, exitMisuse, "client credentials need a secret")
	r := tapkeyInput(t, m.env, "wr0ng-secret\n", append(login, "--ask-secret")...)
	check(t, "exit status with a wrong secret", r.status, exitAuth)
	before := m.server.TokenRequests()
	tapkeyInput(t, m.env, m.server.ClientSecret()+"\n", append(login, "--ask-secret")...).checkContainsStderr(t, "signed in")
	for range 5 {
		m.run("owners", "list", "--profile", "service").checkSuccess(t)
		m.run("grants", "list", "--owner", "Home", "--profile", "service").checkSuccess(t)
	}
	check(t, "token requests of login and 10 commands", m.server.TokenRequests()-before, 1)
	m.server.RevokeTokens()
	m.run("owners", "list", "--profile", "service").checkSuccess(t)
	m.run("owners", "list").checkFailure(t, exitMisuse, "TAPKEY_CLIENT_ID is missing")
}

// pasted signs in with --no-browser: it opens the URL that the command prints and pastes the
// one that edit returns for it.
func (m *machine) pasted(edit func(string) []string, args ...string) result {
	m.Helper()
	cmd := command(m.T, m.env, append([]string{"login", "--client-id", m.server.PublicClient().ID, "--port", m.port, "--no-browser"}, args...)...)
	stdin, err := cmd.StdinPipe()
	must(m.T, err)
	var stdout bytes.Buffer
	var once sync.Once
	stderr := &watchedBuffer{}
	stderr.onText = func(text string) {
		address := regexp.MustCompile(`http://\S+/connect/authorize\?\S+`).FindString(text)
		if strings.HasSuffix(text, "has ended: ") {
			once.Do(func() {
				for _, line := range edit(finalURL(m.T, address)) {
					fmt.Fprintln(stdin, line)
				}
				_ = stdin.Close()
			})
		}
	}
	cmd.Stdout, cmd.Stderr = &stdout, stderr
	_ = cmd.Run()
	return result{"tapkey login --no-browser", cmd.ProcessState.ExitCode(), stdout.String(), stderr.text.String()}
}

// finalURL opens a URL, and returns the one that the browser is sent to.
func finalURL(t *testing.T, address string) string {
	t.Helper()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	rsp, err := browser.Get(address)
	if err != nil {
		t.Errorf("opening the URL: error = %v, want none", err)
		return ""
	}
	_ = rsp.Body.Close()
	return rsp.Header.Get("Location")
}

func TestPastedURL(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit   func(string) []string
		status int
		want   string
	}{
		"as it is":    {func(u string) []string { return []string{u} }, exitOK, ""},
		"with spaces": {func(u string) []string { return []string{"  " + u + " \t"} }, exitOK, ""},
		"second try":  {func(u string) []string { return []string{"https://example.com/", u} }, exitOK, "does not begin with"},
		"other state": {func(u string) []string {
			return []string{regexp.MustCompile(`state=[^&]*`).ReplaceAllString(u, "state=x")}
		}, exitFailed, "the state is wrong"},
		"nothing": {func(string) []string { return nil }, exitFailed, "standard input has ended"},
		"declined": {func(u string) []string {
			return []string{regexp.MustCompile(`code=[^&]*`).ReplaceAllString(u, "error=access_denied")}
		}, exitFailed, "access_denied"},
		"too long": {func(u string) []string { return []string{u + strings.Repeat("x", 1<<20)} }, exitFailed, "too long"},
		"other code": {func(u string) []string {
			return []string{regexp.MustCompile(`code=[^&]*`).ReplaceAllString(u, "code=abcdefgh12345678")}
		}, exitAuth, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, sandbox.WithAutoConsent())
			r := m.pasted(test.edit)
			check(t, "exit status", r.status, test.status)
			checkContains(t, "stderr", r.stderr, test.want)
			checkLacks(t, "stderr", r.stderr, "abcdefgh12345678")
			if signedIn := len(m.secrets()) > 0; signedIn != (test.status == exitOK) {
				t.Errorf("stored a token: %t, want %t; stderr = %q", signedIn, test.status == exitOK, r.stderr)
			}
		})
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.WithAutoConsent())
	listener, err := net.Listen("tcp", "127.0.0.1:"+m.port)
	must(t, err)
	defer listener.Close()
	r := m.run("login", "--client-id", m.server.PublicClient().ID, "--port", m.port)
	check(t, "exit status", r.status, exitFailed)
	checkContains(t, "stderr", r.stderr, "address already in use", "--port", "--no-browser")
	r = m.pasted(func(u string) []string { return []string{u} }) // needs no port
	check(t, "exit status with --no-browser", r.status, exitOK)
}

// startIdentityServer starts a server that redirects the browser with a response, and returns
// one token without a refresh token.
func (m *machine) startIdentityServer(response string) {
	m.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/connect/authorize":
			query := r.URL.Query()
			http.Redirect(w, r, query.Get("redirect_uri")+"?"+response+"&state="+query.Get("state"), http.StatusFound)
		case "/connect/token":
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"access_token":"token-of-the-test","token_type":"Bearer","expires_in":3600}`))
		default:
			http.NotFound(w, r)
		}
	}))
	m.Cleanup(server.Close)
	m.env = append(m.env, "TAPKEY_TOKEN_ENDPOINT="+server.URL+"/connect/token")
}

func TestNoRefreshToken(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.startIdentityServer("code=0123456789abcdef")
	r := m.run("login", "--client-id", "a", "--port", m.port)
	check(t, "exit status", r.status, exitAuth)
	checkContains(t, "stderr", r.stderr, "request the scope offline_access")
	checkLacks(t, "output", r.stdout+r.stderr, "token-of-the-test", "0123456789abcdef")
	check(t, "secrets", len(m.secrets()), 0)
	m.run("auth", "status").checkFailure(t, exitAuth, "not signed in")
}

func TestPersonDeclines(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.startIdentityServer("error=access_denied&error_description=No%0Athanks")
	r := m.run("login", "--client-id", "a", "--port", m.port)
	check(t, "exit status", r.status, exitFailed)
	checkContains(t, "stderr", r.stderr, "sign-in refused: access_denied: No thanks")
	check(t, "secrets", len(m.secrets()), 0)
}

// interruptWhen sends SIGINT to a command when its stderr contains a text.
func interruptWhen(cmd *exec.Cmd, text string) *watchedBuffer {
	stderr := &watchedBuffer{}
	var once sync.Once
	stderr.onText = func(all string) {
		if strings.Contains(all, text) {
			once.Do(func() { _ = cmd.Process.Signal(syscall.SIGINT) })
		}
	}
	cmd.Stderr = stderr
	return stderr
}

func TestLoginIsInterrupted(t *testing.T) {
	t.Parallel()
	m := newMachine(t) // without consent: the browser does not return
	cmd := command(t, m.env, "login", "--client-id", m.server.PublicClient().ID, "--port", m.port)
	stderr := interruptWhen(cmd, "open this URL")
	_ = cmd.Run()
	check(t, "exit status", cmd.ProcessState.ExitCode(), exitInterrupted)
	checkContains(t, "stderr", stderr.text.String(), "tapkey: interrupted")
	check(t, "secrets", len(m.secrets()), 0)
	if _, err := os.Stat(filepath.Join(m.dir, "config.json")); err == nil {
		t.Error("config.json exists, want no profile")
	}
}

func TestLoginMisuse(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.WithAutoConsent())
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{}, "--client-id is missing"},
		{[]string{"--client-id", ""}, "value is empty"},
		{[]string{"--client-id", "a", "--port", "0"}, "--port 0 is not between"},
		{[]string{"--client-id", "a", "--port", "70000"}, "--port 70000 is not between"},
		{[]string{"--client-id", "a", "--port", "1", "--redirect-uri", "http://127.0.0.1:1/"}, "redirect-uri"},
		{[]string{"--client-id", "a", "--redirect-uri", "http://example.com/"}, "plain http"},
		{[]string{"--client-id", "a", "--redirect-uri", "https://example.com/"}, "loopback"},
		{[]string{"--client-id", "a", "--scope", "a b"}, "scope"},
		{[]string{"--client-id", "a", "--profile", "../x"}, "profile name"},
		{[]string{"--client-id", "a", "--profile", "Work"}, "lower-case"},
		{[]string{"--client-id", "a", "--secret-file", "/does/not/exist"}, "/does/not/exist"},
		{[]string{"--client-id", "a", "--env", "staging"}, "production or sandbox"},
		{[]string{"--client-id", "a", "--sandbox"}, "--sandbox"},
		{[]string{"--client-credentials", "--port", "1"}, "client-credentials"},
		{[]string{"--client-id", "a\n"}, "client id"},
		{[]string{"--client-id", `"a"`}, "in quotes"},
		{[]string{"x"}, "unexpected argument"},
	} {
		r := m.run(append([]string{"login", "--insecure-storage"}, test.args...)...)
		check(t, r.name+": exit status", r.status, exitMisuse)
		checkContains(t, r.name, r.stderr, test.want)
		check(t, r.name+": requests", len(m.server.Requests()), 0)
		if _, err := os.Stat(filepath.Join(m.dir, "profile-default")); err == nil {
			t.Errorf("%s: created a directory, want none", r.name)
		}
	}
}
