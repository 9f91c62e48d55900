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

// Of the file for the sandbox.
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

// configFile is the file for the sandbox, but for the port.
func configFile(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("sandbox.json")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(text, []byte("127.0.0.1:8080"), []byte("127.0.0.1:0"), 1)
}

// program is the running example.
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
		t.Fatalf("it says %q: %v", line, err)
	}
	return program{url, cmd, lines}
}

// ask sends a request of a user and reads the answer into value, if that is a success.
func (p program) ask(t *testing.T, method, path, user, password string, value any) *http.Response {
	t.Helper()
	rsp, body, err := p.send(t.Context(), method, path, user, password)
	if err == nil && rsp.StatusCode == http.StatusOK {
		err = json.Unmarshal(body, value)
	}
	if err != nil {
		t.Fatalf("%v %s", err, body)
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

type tokenAnswer struct{ ExternalToken string }

func TestAUserGetsATokenAndAGrantOnce(t *testing.T) {
	server := exampletest.Start(t)
	key, env := newKey(t, 2048)
	p := start(t, append(exampletest.Environment(server), env))

	var grants []tapkey.Grant
	for range 2 {
		var answer tokenAnswer
		if rsp := p.ask(t, "POST", "/user/tapkey-token", user, password, &answer); rsp.StatusCode != http.StatusOK {
			t.Fatal(rsp.Status)
		}
		claims := jwt.MapClaims{}
		_, err := jwt.ParseWithClaims(answer.ExternalToken, claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil },
			jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience("tapkey"), jwt.WithIssuer("https://coworking.example"),
			jwt.WithSubject(user), jwt.WithIssuedAt(), jwt.WithExpirationRequired())
		if err != nil {
			t.Fatal(err)
		}
		life := claims["exp"].(float64) - claims["iat"].(float64)
		if len(claims) != 6 || claims["http://tapkey.net/oauth/token_exchange/client_id"] != "coworking-app" || life != 3600 {
			t.Errorf("claims: %v", claims)
		}
		if rsp := p.ask(t, "GET", "/user/grants", user, password, &grants); rsp.StatusCode != http.StatusOK {
			t.Fatal(rsp.Status)
		}
		if len(grants) != 1 || grants[0].BoundLock.Title != "Main Entrance" || grants[0].Contact.IPUserID != user {
			t.Errorf("grants: %+v", grants)
		}
	}
	for _, operation := range []string{"createIdentityProviderUser", "createContact", "createGrant"} {
		if n := server.Count(operation); n != 1 {
			t.Errorf("%d x %s", n, operation)
		}
	}

	c := exampletest.Client(t, server, "write:grants")
	if _, err := c.RevokeGrant(t.Context(), coworking, grants[0].ID, nil); err != nil {
		t.Fatal(err)
	}
	p.ask(t, "POST", "/user/tapkey-token", user, password, new(tokenAnswer))
	p.ask(t, "GET", "/user/grants", user, password, &grants)
	if len(grants) != 0 || server.Count("createGrant") != 1 {
		t.Errorf("what was revoked came back: %+v", grants)
	}
}

func TestOnlyUsersAreLetIn(t *testing.T) {
	server := exampletest.Start(t)
	_, env := newKey(t, 2048)
	p := start(t, append(exampletest.Environment(server), env))
	for _, test := range []struct{ user, password string }{{"", ""}, {user, ""}, {user, "Sandbox"}, {"visitor-2", password}} {
		for _, call := range []struct{ method, path string }{{"POST", "/user/tapkey-token"}, {"GET", "/user/grants"}} {
			rsp := p.ask(t, call.method, call.path, test.user, test.password, nil)
			if rsp.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(rsp.Header.Get("WWW-Authenticate"), "Basic") {
				t.Errorf("%+v %+v: %s", call, test, rsp.Status)
			}
		}
	}
	if rsp := p.ask(t, "GET", "/user/tapkey-token", user, password, nil); rsp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET of a token: %s", rsp.Status)
	}
	if n := len(server.Requests()); n != 0 {
		t.Errorf("Tapkey was asked %d times", n)
	}
}

func TestARegistrationThatStoppedHalfWayGoesOn(t *testing.T) {
	_, env := newKey(t, 2048)
	for _, operation := range []string{"createIdentityProviderUser", "createContact", "createGrant"} {
		for _, kind := range []string{"503", "close-body"} { // nothing is done; it is, but the answer is lost
			server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: kind, Operation: operation, Count: 1}))
			p := start(t, append(exampletest.Environment(server), env))
			if rsp := p.ask(t, "POST", "/user/tapkey-token", user, password, nil); rsp.StatusCode != http.StatusBadGateway {
				t.Fatalf("%s %s: %s", kind, operation, rsp.Status)
			}
			var grants []tapkey.Grant
			if rsp := p.ask(t, "POST", "/user/tapkey-token", user, password, new(tokenAnswer)); rsp.StatusCode != http.StatusOK {
				t.Errorf("%s %s, then: %s", kind, operation, rsp.Status)
			}
			if p.ask(t, "GET", "/user/grants", user, password, &grants); len(grants) != 1 {
				t.Errorf("%s %s: %d grants", kind, operation, len(grants))
			}
		}
	}
}

func TestWhatIsUnderWayIsFinished(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGTERM on Windows")
	}
	server := exampletest.Start(t)
	upstream, err := url.Parse(server.BaseURL())
	if err != nil {
		t.Fatal(err)
	}
	upstream.Path = ""
	asked, answer := make(chan struct{}), make(chan struct{})
	var once sync.Once
	proxy := httputil.NewSingleHostReverseProxy(upstream)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(asked) })
		<-answer
		proxy.ServeHTTP(w, r)
	}))
	defer front.Close()
	_, env := newKey(t, 2048)
	p := start(t, append(exampletest.Environment(server), env, client.EnvBaseURI+"="+front.URL))

	answered := make(chan error, 1)
	go func() {
		rsp, _, err := p.send(t.Context(), "POST", "/user/tapkey-token", user, password)
		if err == nil && rsp.StatusCode != http.StatusOK {
			err = errors.New(rsp.Status)
		}
		answered <- err
	}()
	<-asked
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for { // until nobody is let in any more
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(p.url, "http://"), 10*time.Second)
		if err != nil {
			break
		}
		conn.Close()
	}
	close(answer)
	if err := <-answered; err != nil {
		t.Errorf("the request under way: %v", err)
	}
	rest, err := io.ReadAll(p.stderr)
	if err != nil || len(rest) != 0 {
		t.Errorf("%v %s", err, rest)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestItDoesNotStartWithout(t *testing.T) {
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
		{"a key", config, "PEM", full},
		{"a long key", config, "shorter than 2048 bits", append(full[:len(full):len(full)], short)},
		{"credentials", config, "TAPKEY_CLIENT_ID is missing", []string{good}},
		{"a configuration", "", "EOF", append(full[:len(full):len(full)], good)},
		{"an address", strings.Replace(config, "127.0.0.1:0", "", 1), "addr", append(full[:len(full):len(full)], good)},
		{"an issuer", strings.Replace(config, "issuer", "publisher", 1), "issuer", append(full[:len(full):len(full)], good)},
	} {
		cmd := exec.CommandContext(t.Context(), binary)
		cmd.Env, cmd.Stdin = test.env, strings.NewReader(test.config)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), test.want) {
			t.Errorf("%s: %v %s", test.name, err, out)
		}
	}
}
