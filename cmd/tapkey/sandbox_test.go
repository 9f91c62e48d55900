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
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
)

// startServing runs `tapkey sandbox` and reads the environment it prints. The function
// end interrupts the command and returns what it printed on stderr.
func startServing(t *testing.T, flags ...string) (env map[string]string, end func() string) {
	t.Helper()
	cmd := command(t, nil, append([]string{"sandbox"}, flags...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	env = map[string]string{}
	for lines := bufio.NewScanner(stdout); len(env) < 4 && lines.Scan(); {
		assignment, ok := strings.CutPrefix(lines.Text(), "export ")
		name, value, found := strings.Cut(assignment, "=")
		if !ok || !found {
			t.Fatalf("stdout line = %q, want export NAME=VALUE", lines.Text())
		}
		env[name] = value
	}
	if len(env) < 4 {
		t.Fatalf("environment = %v, want 4 variables; stderr = %q", env, &stderr)
	}
	return env, func() string {
		t.Helper()
		if runtime.GOOS == "windows" {
			t.Skip("interrupt: not run (Windows)")
		}
		must(t, cmd.Process.Signal(syscall.SIGINT))
		if err := cmd.Wait(); err != nil {
			t.Errorf("end of interrupted sandbox = %v, want exit status 0", err)
		}
		return stderr.String()
	}
}

// requestToken requests a token with plain net/http.
func requestToken(t *testing.T, env map[string]string, scope string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, env["TAPKEY_TOKEN_ENDPOINT"], strings.NewReader(form.Encode()))
	must(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(env["TAPKEY_CLIENT_ID"]), url.QueryEscape(env["TAPKEY_CLIENT_SECRET"]))
	rsp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer rsp.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(rsp.Body).Decode(&token); err != nil || rsp.StatusCode != http.StatusOK || token.AccessToken == "" {
		t.Fatalf("token response = %s, token %q, %v; want 200 OK with a token", rsp.Status, token.AccessToken, err)
	}
	return token.AccessToken
}

// The README's example: the same token with and without the prefix "Bearer ".
func TestServedSandboxRequiresBearer(t *testing.T) {
	t.Parallel()
	env, end := startServing(t)
	token := requestToken(t, env, "read:owneraccounts read:owneraccount:permissions")
	for scheme, want := range map[string]int{"access_token": http.StatusUnauthorized, "Bearer": http.StatusOK} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, env["TAPKEY_BASE_URI"]+"/api/v1/Owners", nil)
		must(t, err)
		req.Header.Set("Authorization", scheme+" "+token)
		rsp, err := http.DefaultClient.Do(req)
		must(t, err)
		body, _ := io.ReadAll(rsp.Body)
		rsp.Body.Close()
		check(t, scheme+": status", rsp.StatusCode, want)
		if want == http.StatusOK {
			checkContains(t, scheme+": body", string(body), `"name":"`)
		} else {
			checkContains(t, scheme+": WWW-Authenticate", rsp.Header.Get("WWW-Authenticate"), "Bearer")
		}
	}
	check(t, "stderr", end(), "served 3 requests\n      2 listOwners\n      1 token\n")
}

func TestServedSandboxFlags(t *testing.T) {
	t.Parallel()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	env, end := startServing(t, "--tls", ca, "--owners", "2", "--locks", "1", "--log-entries", "3",
		"--faults", "503,operation=listOwners,count=1", "--token-lifetime", "30m")
	pem, err := os.ReadFile(ca)
	must(t, err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("CA file = %q, want a certificate", pem)
	}
	c, err := client.New(client.WithCredentials(env["TAPKEY_CLIENT_ID"], env["TAPKEY_CLIENT_SECRET"]),
		client.WithBaseURL(env["TAPKEY_BASE_URI"]+"/api/v1"), client.WithTokenURL(env["TAPKEY_TOKEN_ENDPOINT"]), client.WithRetries(0),
		client.WithScopes("read:owneraccounts", "read:logs"),
		client.WithHTTPClient(&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}))
	must(t, err)
	if _, err := c.ListOwners(t.Context()); !errors.Is(err, api.ErrServer) {
		t.Errorf("ListOwners with the fault = %v, want ErrServer", err)
	}
	owners, err := c.ListOwners(t.Context())
	if err != nil || len(owners) != 2 {
		t.Fatalf("ListOwners = %d owner accounts, %v; want 2", len(owners), err)
	}
	entries, err := c.ListLogEntries(t.Context(), owners[1].ID, nil)
	if err != nil || len(entries) != 3 {
		t.Errorf("ListLogEntries = %d entries, %v; want 3", len(entries), err)
	}
	token, err := c.Token(t.Context())
	must(t, err)
	if left := time.Until(token.Expiry); left > 30*time.Minute || left < 29*time.Minute {
		t.Errorf("lifetime of the token = %v, want between 29m and 30m", left)
	}
	checkContains(t, "stderr", end(), "      2 listOwners\n")
}

// --locks and --log-entries work without --owners.
func TestServedSandboxGeneratesOneOwner(t *testing.T) {
	t.Parallel()
	for flags, want := range map[string][2]int{"--locks 7": {7, 100}, "--log-entries 5": {3, 5}, "--log-entries 0": {3, 0}, "--locks 2 --owners 1": {2, 100}} {
		env, end := startServing(t, strings.Fields(flags)...)
		c, err := client.New(client.WithCredentials(env["TAPKEY_CLIENT_ID"], env["TAPKEY_CLIENT_SECRET"]),
			client.WithBaseURL(env["TAPKEY_BASE_URI"]+"/api/v1"), client.WithTokenURL(env["TAPKEY_TOKEN_ENDPOINT"]),
			client.WithScopes("read:owneraccounts", "read:core:entities", "read:logs"))
		must(t, err)
		owners, err := c.ListOwners(t.Context())
		if err != nil || len(owners) != 1 {
			t.Fatalf("%s: ListOwners = %d owner accounts, %v; want 1", flags, len(owners), err)
		}
		locks, err := c.ListBoundLocks(t.Context(), owners[0].ID, nil)
		must(t, err)
		entries, err := c.ListLogEntries(t.Context(), owners[0].ID, nil)
		must(t, err)
		check(t, flags+": locks and log entries", [2]int{len(locks), len(entries)}, want)
		end()
	}
}

// The number of requests includes those that the sandbox no longer records.
func TestServedRequestsAreCounted(t *testing.T) {
	t.Parallel()
	server, _ := startSandbox(t)
	long := strings.Repeat("x", 900_000)
	for range 40 {
		rsp, err := http.Get(server.TokenURL() + "/" + long)
		must(t, err)
		rsp.Body.Close()
	}
	if got := len(server.Requests()); got >= 40 {
		t.Errorf("recorded requests = %d, want fewer than 40", got)
	}
	var out strings.Builder
	printServed(&out, server)
	check(t, "output", out.String(), "served 40 requests\n     40 other\n")
}

func TestSandboxMisuse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--owners", "0", "--locks", "5"}, {"--owners", "0", "--log-entries", "5"}, {"--locks", "0", "--log-entries", "5"},
		{"--owners", "2", "--locks", "0", "--log-entries", "5"}, {"--locks", "-1"}, {"--log-entries", "-1"}, {"--tls", ""},
		{"--faults", "malformed-token"}, {"--faults", "doom"}, {"--faults", "429,operation=listEverything"}, {"--owners", "-1"}, {"--token-lifetime", "soon"},
		{"--token-lifetime", "0"}, {"--token-lifetime", "999ms"}, {"--token-lifetime", "-1m"},
	} {
		tapkeyMain(t, nil, append([]string{"sandbox"}, args...)...).checkFailure(t, exitMisuse)
	}
}

func TestSandboxRefusesOtherAddresses(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", "nonsense", ":0", "192.0.2.1:80"} {
		tapkeyMain(t, nil, "sandbox", "--addr", addr).checkFailure(t, exitFailed)
	}
}
