package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// The tests run the real main: this binary, told to be the command.
func TestMain(m *testing.M) {
	if os.Getenv("TAPKEY_TEST_MAIN") == "1" {
		main()
		return
	}
	status := m.Run()
	_ = os.RemoveAll(commandDir())
	os.Exit(status)
}

func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "TAPKEY_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	// The race detector waits for a second at the end of a process unless told not to.
	cmd.Env = append(append(cmd.Env, "TAPKEY_TEST_MAIN=1", "GORACE=atexit_sleep_ms=0"), env...)
	return cmd
}

// tapkeyMain runs the command to its end.
func tapkeyMain(t *testing.T, env []string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := command(t, env, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.String(), errs.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), 0
}

func startSandbox(t *testing.T) (server *sandbox.Server, env []string) {
	t.Helper()
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server, environment(server)
}

// served asks the sandbox as a stranger would.
func served(t *testing.T, server *sandbox.Server) []tapkey.OwnerAccount {
	t.Helper()
	c, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()))
	if err != nil {
		t.Fatal(err)
	}
	owners, err := c.ListOwners(t.Context())
	if err != nil || len(owners) < 2 {
		t.Fatal(owners, err)
	}
	return owners
}

func tsv(owners ...tapkey.OwnerAccount) string {
	var b strings.Builder
	for _, o := range owners {
		active := "false"
		if o.Active {
			active = "true"
		}
		b.WriteString(o.ID + "\t" + o.Name + "\t" + active + "\n")
	}
	return b.String()
}

func TestOwnersList(t *testing.T) {
	server, env := startSandbox(t)
	out, errs, status := tapkeyMain(t, env, "owners", "list")
	tokens, lists := server.TokenRequests(), server.Count("listOwners")
	if want := tsv(served(t, server)...); out != want || errs != "" || status != 0 {
		t.Errorf("printed %q and %q with status %d, want %q", out, errs, status, want)
	}
	if tokens != 1 || lists != 1 {
		t.Errorf("%d token requests and %d lists", tokens, lists)
	}
}

// The demo: nothing but the command.
func TestOwnersListOfItsOwnSandbox(t *testing.T) {
	server, _ := startSandbox(t)
	out, errs, status := tapkeyMain(t, nil, "owners", "list", "--sandbox")
	if want := tsv(served(t, server)...); out != want || errs != "" || status != 0 {
		t.Errorf("printed %q and %q with status %d, want %q", out, errs, status, want)
	}
}

func TestOwnersJSON(t *testing.T) {
	server, env := startSandbox(t)
	want := served(t, server)
	out, _, status := tapkeyMain(t, env, "owners", "list", "--json")
	var list []tapkey.OwnerAccount
	if err := json.Unmarshal([]byte(out), &list); err != nil || status != 0 || !slices.Equal(list, want) {
		t.Errorf("printed %q with status %d (%v)", out, status, err)
	}
	out, _, status = tapkeyMain(t, env, "owners", "get", want[1].ID, "--json")
	var one tapkey.OwnerAccount
	if err := json.Unmarshal([]byte(out), &one); err != nil || status != 0 || one != want[1] {
		t.Errorf("printed %q with status %d (%v)", out, status, err)
	}
}

func TestOwnersGet(t *testing.T) {
	server, env := startSandbox(t)
	want := served(t, server)[1]
	if out, errs, status := tapkeyMain(t, env, "owners", "get", want.ID); out != tsv(want) || errs != "" || status != 0 {
		t.Errorf("printed %q and %q with status %d", out, errs, status)
	}
}

func TestMisuse(t *testing.T) {
	_, env := startSandbox(t)
	for name, test := range map[string]struct {
		env  []string
		args []string
		want string
	}{
		"unknown command":       {env, []string{"owner"}, `unknown command "owner" for "tapkey"; did you mean owners?`},
		"command like no other": {env, []string{"zebra"}, `unknown command "zebra" for "tapkey"; see --help`},
		"unknown sub-command":   {env, []string{"owners", "show"}, `unknown command "show"`},
		"unknown flag":          {env, []string{"owners", "list", "--yaml"}, "unknown flag: --yaml"},
		"argument too many":     {env, []string{"owners", "list", "x"}, `unknown command "x"`},
		"id missing":            {env, []string{"owners", "get"}, "accepts 1 arg(s), received 0: tapkey owners get ID"},
		"empty id":              {env, []string{"owners", "get", ""}, "ownerAccountId is empty"},
		"dots for an id":        {env, []string{"owners", "get", ".."}, `ownerAccountId is ".."`},
		"dot for an id":         {env, []string{"owners", "get", "."}, `ownerAccountId is "."`},
		"no credentials":        {nil, []string{"owners", "list"}, "TAPKEY_CLIENT_ID is missing"},
		"half of them":          {env[:1], []string{"owners", "list"}, "TAPKEY_CLIENT_SECRET is missing"},
		"plain http":            {append(env[:2:2], "TAPKEY_BASE_URI=http://my.tapkey.com"), []string{"owners", "list"}, "plain http"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, status := tapkeyMain(t, test.env, test.args...)
			if status != 2 || out != "" || !strings.Contains(errs, test.want) || strings.Count(errs, "\n") != 1 {
				t.Errorf("printed %q and %q with status %d, want %q on one line", out, errs, status, test.want)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	server, env := startSandbox(t)
	for name, test := range map[string]struct {
		env    []string
		args   []string
		status int
		want   []string
	}{
		"unknown owner": {env, []string{"owners", "get", "nobody"}, 1, []string{"getOwner", "404", "GET /Owners/{ownerAccountId}"}},
		"wrong secret": {append(env[2:4:4], "TAPKEY_CLIENT_ID="+server.ClientID(), "TAPKEY_CLIENT_SECRET=wr0ng"),
			[]string{"owners", "list"}, 4, []string{"listOwners", "400", "invalid_client"}},
		"scope refused": {append(env, "TAPKEY_SCOPES=read:everything"),
			[]string{"owners", "list"}, 4, []string{"listOwners", "400", "invalid_scope"}},
		"scope missing": {append(env, "TAPKEY_SCOPES=read:grants"),
			[]string{"owners", "list"}, 4, []string{"listOwners", "401", "tapkey doctor"}},
		"unreachable": {append(env[:2:2], "TAPKEY_TOKEN_ENDPOINT=http://127.0.0.1:1/connect/token"),
			[]string{"owners", "list"}, 1, []string{"listOwners", "connection refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, status := tapkeyMain(t, test.env, test.args...)
			if status != test.status || out != "" || strings.Count(errs, "\n") != 1 || strings.Contains(errs, "wr0ng") {
				t.Errorf("printed %q and %q with status %d", out, errs, status)
			}
			for _, want := range test.want {
				if !strings.Contains(errs, want) {
					t.Errorf("%q is not in %q", want, errs)
				}
			}
		})
	}
}

func TestAnErrorsCodeIsShown(t *testing.T) {
	_, env := startSandbox(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusPaymentRequired)
		_, _ = io.WriteString(w, `{"ErrorCode":"Plan\u001b[31mLimit"}`)
	}))
	defer server.Close()
	_, errs, status := tapkeyMain(t, append(env, "TAPKEY_BASE_URI="+server.URL), "owners", "list")
	if status != 1 || !strings.Contains(errs, "listOwners") || !strings.Contains(errs, "402 Payment Required (Plan [31mLimit)") {
		t.Errorf("printed %q with status %d", errs, status)
	}
}

func TestControlCharactersDoNotReachTheOutput(t *testing.T) {
	_, env := startSandbox(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `[{"id":"1","name":"a\u001b]0;x\u0007\tb\nc\u009b\u202e","active":true}]`)
	}))
	defer server.Close()
	for _, flag := range []string{"--json=false", "--json"} {
		out, _, status := tapkeyMain(t, append(env, "TAPKEY_BASE_URI="+server.URL), "owners", "list", flag)
		if status != 0 || strings.ContainsAny(out, "\x1b\x07\u009b\u202e") {
			t.Errorf("%s: printed %q with status %d", flag, out, status)
		}
	}
}

func TestNoOwners(t *testing.T) {
	_, env := startSandbox(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `[]`)
	}))
	defer server.Close()
	out, errs, status := tapkeyMain(t, append(env, "TAPKEY_BASE_URI="+server.URL), "owners", "list")
	if out != "" || status != 0 || !strings.Contains(errs, "administrator of none") {
		t.Errorf("printed %q and %q with status %d", out, errs, status)
	}
}

// startServing runs `tapkey sandbox` and reads the environment it prints. end
// interrupts it and returns what it says then.
func startServing(t *testing.T, flags ...string) (env map[string]string, end func() string) {
	t.Helper()
	cmd := command(t, nil, append([]string{"sandbox"}, flags...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	env = map[string]string{}
	for lines := bufio.NewScanner(stdout); len(env) < 4 && lines.Scan(); {
		assignment, ok := strings.CutPrefix(lines.Text(), "export ")
		name, value, found := strings.Cut(assignment, "=")
		if !ok || !found {
			t.Fatalf("it printed %q", lines.Text())
		}
		env[name] = value
	}
	if len(env) < 4 {
		t.Fatalf("it printed %v and %s", env, &stderr)
	}
	return env, func() string {
		t.Helper()
		if runtime.GOOS == "windows" {
			t.Skip("interrupt: not run (Windows)")
		}
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("interrupted: %v", err)
		}
		return stderr.String()
	}
}

// The story of the README: the same token, with and without the word Bearer, by
// plain net/http.
func TestServedSandboxTellsBearerFromOthers(t *testing.T) {
	env, end := startServing(t)
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"read:owneraccounts read:owneraccount:permissions"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, env["TAPKEY_TOKEN_ENDPOINT"], strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(env["TAPKEY_CLIENT_ID"]), url.QueryEscape(env["TAPKEY_CLIENT_SECRET"]))
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(rsp.Body).Decode(&token); err != nil || rsp.StatusCode != http.StatusOK || token.AccessToken == "" {
		t.Fatal(rsp.Status, err)
	}
	for scheme, want := range map[string]int{"access_token": http.StatusUnauthorized, "Bearer": http.StatusOK} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, env["TAPKEY_BASE_URI"]+"/api/v1/Owners", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", scheme+" "+token.AccessToken)
		rsp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(rsp.Body)
		rsp.Body.Close()
		if rsp.StatusCode != want {
			t.Errorf("%s: %s", scheme, rsp.Status)
		}
		if want == http.StatusOK && !bytes.Contains(body, []byte(`"name":"`)) {
			t.Errorf("the list is %s", body)
		}
		if want == http.StatusUnauthorized && !strings.HasPrefix(rsp.Header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("WWW-Authenticate is %q", rsp.Header.Get("WWW-Authenticate"))
		}
	}
	if said, want := end(), "served 3 requests\n      2 listOwners\n      1 token\n"; said != want {
		t.Errorf("it said %q, want %q", said, want)
	}
}

func TestServedSandboxTakesFlags(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	env, end := startServing(t, "--tls", ca, "--owners", "2", "--locks", "1", "--log-entries", "3",
		"--faults", "503,operation=listOwners,count=1", "--token-lifetime", "30m")
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("no certificate in %s", pem)
	}
	c, err := client.New(client.WithCredentials(env["TAPKEY_CLIENT_ID"], env["TAPKEY_CLIENT_SECRET"]),
		client.WithBaseURL(env["TAPKEY_BASE_URI"]+"/api/v1"), client.WithTokenURL(env["TAPKEY_TOKEN_ENDPOINT"]), client.WithRetries(0),
		client.WithScopes("read:owneraccounts", "read:logs"),
		client.WithHTTPClient(&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ListOwners(t.Context()); !errors.Is(err, api.ErrServer) {
		t.Errorf("the fault: %v", err)
	}
	owners, err := c.ListOwners(t.Context())
	if err != nil || len(owners) != 2 {
		t.Fatalf("%d owners, %v", len(owners), err)
	}
	entries, err := c.ListLogEntries(t.Context(), owners[1].ID, nil)
	if err != nil || len(entries) != 3 {
		t.Errorf("%d log entries, %v", len(entries), err)
	}
	if token, err := c.Token(t.Context()); err != nil || time.Until(token.Expiry) > 30*time.Minute || time.Until(token.Expiry) < 29*time.Minute {
		t.Errorf("the token expires in %v, %v", time.Until(token.Expiry), err)
	}
	if said := end(); !strings.Contains(said, "      2 listOwners\n") {
		t.Errorf("it said %q", said)
	}
}

func TestSandboxMisuse(t *testing.T) {
	for _, args := range [][]string{{"--faults", "doom"}, {"--faults", "429,operation=listEverything"}, {"--owners", "-1"}, {"--token-lifetime", "soon"}} {
		if out, errs, status := tapkeyMain(t, nil, append([]string{"sandbox"}, args...)...); status != 2 || out != "" || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: status %d, %q, %q", args, status, out, errs)
		}
	}
}

func TestSandboxRefusesOtherAddresses(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "nonsense", ":0", "192.0.2.1:80"} {
		if _, errs, status := tapkeyMain(t, nil, "sandbox", "--addr", addr); status == 0 || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: status %d, %q", addr, status, errs)
		}
	}
}

func TestCompletion(t *testing.T) {
	if out, _, status := tapkeyMain(t, nil, "completion", "bash"); status != 0 || !strings.Contains(out, "complete") {
		t.Errorf("status %d", status)
	}
}
