package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/examples/internal/exampletest"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// Values of sandbox.json.
const coworking, user, password = "7f9c1e52-0000-4001-8000-000000000000", "visitor-1", "sandbox"

func newKey(t *testing.T, bits int) (key *rsa.PrivateKey, env string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return key, "SIGNING_KEY=" + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// configFile returns sandbox.json with a free port.
func configFile(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("sandbox.json")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(text, []byte("127.0.0.1:8080"), []byte("127.0.0.1:0"), 1)
}

// program is a running instance of the example.
type program struct {
	url    string
	cmd    *exec.Cmd
	stderr io.Reader
}

func start(t *testing.T, env []string) program {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), exampletest.Build(t))
	cmd.Env, cmd.Stdin = env, bytes.NewReader(configFile(t))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewReader(stderr)
	line, err := lines.ReadString('\n')
	_, url, found := strings.Cut(strings.TrimSpace(line), "serving ")
	if err != nil || !found {
		t.Fatalf("got first line %q, error %v, want \"serving URL\"", line, err)
	}
	return program{url, cmd, lines}
}

// call sends a request of a user and decodes the response into value if its status is 200.
func (p program) call(t *testing.T, method, path, user, password string, value any) *http.Response {
	t.Helper()
	rsp, body, err := p.send(t.Context(), method, path, user, password)
	if err == nil && rsp.StatusCode == http.StatusOK {
		err = json.Unmarshal(body, value)
	}
	if err != nil {
		t.Fatalf("%s %s: got error %v, body %q, want a response", method, path, err, body)
	}
	return rsp
}

func (p program) send(ctx context.Context, method, path, user, password string) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, nil)
	if err != nil {
		return nil, nil, err
	}
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	return rsp, body, err
}

type tokenResponse struct{ ExternalToken string }

func TestUserGetsTokensAndOneGrant(t *testing.T) {
	server := exampletest.Start(t)
	key, env := newKey(t, 2048)
	p := start(t, append(exampletest.Environment(server), env))

	var grants []tapkey.Grant
	for range 2 {
		var token tokenResponse
		if rsp := p.call(t, "POST", "/user/tapkey-token", user, password, &token); rsp.StatusCode != http.StatusOK {
			t.Fatalf("got status %s, want 200", rsp.Status)
		}
		claims := jwt.MapClaims{}
		_, err := jwt.ParseWithClaims(token.ExternalToken, claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil },
			jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience("tapkey"), jwt.WithIssuer("https://coworking.example"),
			jwt.WithSubject(user), jwt.WithIssuedAt(), jwt.WithExpirationRequired())
		if err != nil {
			t.Fatal(err)
		}
		lifetime := claims["exp"].(float64) - claims["iat"].(float64)
		app := claims["http://tapkey.net/oauth/token_exchange/client_id"]
		if len(claims) != 6 || app != "coworking-app" || lifetime != 3600 {
			t.Errorf("got claims %v, want 6, for coworking-app, valid for 3600 s", claims)
		}
		if rsp := p.call(t, "GET", "/user/grants", user, password, &grants); rsp.StatusCode != http.StatusOK {
			t.Fatalf("got status %s, want 200", rsp.Status)
		}
		if len(grants) != 1 || grants[0].BoundLock.Title != "Main Entrance" || grants[0].Contact.IPUserID != user {
			t.Errorf("got grants %+v, want one of %s for Main Entrance", grants, user)
		}
	}
	for _, operation := range []string{"createIdentityProviderUser", "createContact", "createGrant"} {
		if got := server.Count(operation); got != 1 {
			t.Errorf("got %d %s requests, want 1", got, operation)
		}
	}

	c := exampletest.Client(t, server, "write:grants")
	if _, err := c.RevokeGrant(t.Context(), coworking, grants[0].ID, nil); err != nil {
		t.Fatal(err)
	}
	p.call(t, "POST", "/user/tapkey-token", user, password, new(tokenResponse))
	p.call(t, "GET", "/user/grants", user, password, &grants)
	if created := server.Count("createGrant"); len(grants) != 0 || created != 1 {
		t.Errorf("got grants %+v after %d createGrant requests, want no grants after 1", grants, created)
	}
}

func TestAuthentication(t *testing.T) {
	server := exampletest.Start(t)
	_, env := newKey(t, 2048)
	p := start(t, append(exampletest.Environment(server), env))
	for _, test := range []struct{ user, password string }{{"", ""}, {user, ""}, {user, "Sandbox"}, {"visitor-2", password}} {
		for _, call := range []struct{ method, path string }{{"POST", "/user/tapkey-token"}, {"GET", "/user/grants"}} {
			rsp := p.call(t, call.method, call.path, test.user, test.password, nil)
			challenge := rsp.Header.Get("WWW-Authenticate")
			if rsp.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(challenge, "Basic") {
				t.Errorf("%s %s as %q: got status %s, challenge %q, want 401, Basic", call.method, call.path, test, rsp.Status, challenge)
			}
		}
	}
	if rsp := p.call(t, "GET", "/user/tapkey-token", user, password, nil); rsp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET /user/tapkey-token: got status %s, want 405", rsp.Status)
	}
	if got := len(server.Requests()); got != 0 {
		t.Errorf("got %d requests to Tapkey, want 0", got)
	}
}

func TestInterruptedRegistrationContinues(t *testing.T) {
	_, env := newKey(t, 2048)
	for _, operation := range []string{"createIdentityProviderUser", "createContact", "createGrant"} {
		for _, kind := range []string{"503", "close-body"} { // not performed; performed, but the response is lost
			server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.FaultKind(kind), Operation: operation, Count: 1}))
			p := start(t, append(exampletest.Environment(server), env))
			if rsp := p.call(t, "POST", "/user/tapkey-token", user, password, nil); rsp.StatusCode != http.StatusBadGateway {
				t.Fatalf("%s of %s: got status %s, want 502", kind, operation, rsp.Status)
			}
			var grants []tapkey.Grant
			if rsp := p.call(t, "POST", "/user/tapkey-token", user, password, new(tokenResponse)); rsp.StatusCode != http.StatusOK {
				t.Errorf("after %s of %s: got status %s, want 200", kind, operation, rsp.Status)
			}
			if p.call(t, "GET", "/user/grants", user, password, &grants); len(grants) != 1 {
				t.Errorf("after %s of %s: got %d grants, want 1", kind, operation, len(grants))
			}
		}
	}
}

func TestShutdownWaitsForRequestsInFlight(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGTERM on Windows")
	}
	server := exampletest.Start(t)
	upstream, err := url.Parse(server.BaseURL())
	if err != nil {
		t.Fatal(err)
	}
	upstream.Path = ""
	received, respond := make(chan struct{}), make(chan struct{})
	var once sync.Once
	proxy := httputil.NewSingleHostReverseProxy(upstream)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(received) })
		<-respond
		proxy.ServeHTTP(w, r)
	}))
	defer front.Close()
	_, env := newKey(t, 2048)
	p := start(t, append(exampletest.Environment(server), env, client.EnvBaseURI+"="+front.URL))

	result := make(chan error, 1)
	go func() {
		rsp, _, err := p.send(t.Context(), "POST", "/user/tapkey-token", user, password)
		if err == nil && rsp.StatusCode != http.StatusOK {
			err = errors.New(rsp.Status)
		}
		result <- err
	}()
	<-received
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for { // until new connections are refused
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(p.url, "http://"), 10*time.Second)
		if err != nil {
			break
		}
		conn.Close()
	}
	close(respond)
	if err := <-result; err != nil {
		t.Errorf("request in flight: got error %v, want status 200", err)
	}
	rest, err := io.ReadAll(p.stderr)
	if err != nil || len(rest) != 0 {
		t.Errorf("got stderr %q, error %v, want neither", rest, err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("got %v from the program, want status 0", err)
	}
}

func TestInvalidConfiguration(t *testing.T) {
	server := exampletest.Start(t)
	binary := exampletest.Build(t)
	full := exampletest.Environment(server)
	_, good := newKey(t, 2048)
	_, short := newKey(t, 1024)
	config := string(configFile(t))
	for _, test := range []struct {
		name, config, want string
		env                []string
	}{
		{"no key", config, "PEM", full},
		{"short key", config, "not 2048 to 4096", append(full[:len(full):len(full)], short)},
		{"no credentials", config, "TAPKEY_CLIENT_ID is missing", []string{good}},
		{"no configuration", "", "EOF", append(full[:len(full):len(full)], good)},
		{"no address", strings.Replace(config, "127.0.0.1:0", "", 1), "addr", append(full[:len(full):len(full)], good)},
		{"no issuer", strings.Replace(config, "issuer", "publisher", 1), "issuer", append(full[:len(full):len(full)], good)},
	} {
		cmd := exec.CommandContext(t.Context(), binary)
		cmd.Env, cmd.Stdin = test.env, strings.NewReader(test.config)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), test.want) {
			t.Errorf("%s: got %v, output %q, want an error status and %q", test.name, err, out, test.want)
		}
	}
}
