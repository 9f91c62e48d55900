package interop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A case is a configuration of a proxy in front of a healthy sandbox.
type proxyCase struct {
	name   string
	config string // lines of the server
	https  bool   // the client uses https
	tls    bool   // the proxy uses TLS
	token  bool   // token requests pass the proxy, too
	want   doctor.ID
}

// services are what the proxies are in front of.
type services struct {
	sandbox *sandbox.Server
	stuck   string // host of a server that does not respond
	files   string // directory
	closed  int    // port on which nothing listens
}

func startServices(t *testing.T) services {
	t.Helper()
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	release := make(chan struct{})
	stuck := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(stuck.Close)
	t.Cleanup(func() { close(release) })
	return services{server, strings.TrimPrefix(stuck.URL, "http://"), t.TempDir(), freePorts(t, 1)[0]}
}

// host returns host and port of the sandbox.
func (s services) host() string {
	host, _, _ := strings.Cut(strings.TrimPrefix(s.sandbox.BaseURL(), "http://"), "/")
	return host
}

// fill replaces what differs between runs in the lines of a configuration.
func (s services) fill(config string, port int) string {
	return strings.NewReplacer(
		"$SANDBOX", s.host(), "$STUCK", s.stuck, "$FILES", s.files, "$CLOSED", address(s.closed), "$LISTEN", address(port),
	).Replace(config)
}

// client returns a client that sends its requests through a proxy.
func (s services) client(t *testing.T, c proxyCase, port int, roots *x509.CertPool) *client.Client {
	t.Helper()
	scheme := "http://"
	if c.https {
		scheme = "https://"
	}
	tokenURL := s.sandbox.TokenURL()
	if c.token {
		tokenURL = scheme + address(port) + "/connect/token"
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	result, err := client.New(
		client.WithCredentials(s.sandbox.ClientID(), s.sandbox.ClientSecret()), client.WithRetries(0),
		client.WithBaseURL(scheme+address(port)+"/api/v1"), client.WithTokenURL(tokenURL),
		client.WithHTTPClient(&http.Client{Transport: transport}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// check compares the findings of all cases.
func (s services) check(t *testing.T, cases []proxyCase, ports []int, roots *x509.CertPool) {
	t.Helper()
	healthyIll, illHealthy := 0, 0
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := s.client(t, c, ports[i], roots).ListOwners(t.Context())
			explained := doctor.OK
			findings := doctor.Explain(err)
			if err != nil {
				explained = findings[0].ID
			}
			diagnosed := doctor.Diagnose(t.Context(), s.client(t, c, ports[i], roots), doctor.Options{}).Findings[0].ID
			for _, got := range []doctor.ID{explained, diagnosed} {
				if c.want == doctor.OK && got != doctor.OK {
					healthyIll++
				}
				if c.want != doctor.OK && got == doctor.OK {
					illHealthy++
				}
			}
			if explained != c.want || diagnosed != c.want {
				t.Errorf("got %s from Explain and %s from Diagnose, want %s: %v, %+v", explained, diagnosed, c.want, err, findings)
			}
		})
	}
	t.Logf("%d configurations: %d healthy called ill, %d ill called healthy", len(cases), healthyIll, illHealthy)
}

// certificate returns a certificate for loopback and its key in PEM, and a pool that trusts it.
func certificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	key = string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded}))
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(cert))
	return cert, key, roots
}

func TestNginx(t *testing.T) {
	path := program(t, "nginx")
	s := startServices(t)
	cert, key, roots := certificate(t)
	write(t, s.files, "cert.pem", cert)
	write(t, s.files, "key.pem", key)
	write(t, s.files, "users", "someone:{PLAIN}password\n")
	write(t, s.files, "index.html", "<!doctype html><title>App</title>")
	const pass = "proxy_pass http://$SANDBOX;"
	cases := []proxyCase{
		{name: "healthy", config: "location / { " + pass + " }", token: true, want: doctor.OK},
		{name: "healthy, compressed", config: "gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any; location / { " + pass + " }", token: true, want: doctor.OK},
		{name: "healthy, TLS", config: "location / { " + pass + " }", token: true, https: true, tls: true, want: doctor.OK},
		{name: "plain HTTP to HTTPS, API", config: "location / { " + pass + " }", tls: true, want: doctor.TLS},
		{name: "plain HTTP to HTTPS, token", config: "location / { " + pass + " }", tls: true, token: true, want: doctor.TLS},
		{name: "HTTPS to plain HTTP", config: "location / { " + pass + " }", https: true, want: doctor.TLS},
		{name: "client certificate, API", config: "ssl_verify_client on; ssl_client_certificate $FILES/cert.pem; location / { " + pass + " }", https: true, tls: true, want: doctor.TLS},
		{name: "client certificate, token", config: "ssl_verify_client on; ssl_client_certificate $FILES/cert.pem; location / { " + pass + " }", https: true, tls: true, token: true, want: doctor.TLS},
		{name: "header stripped", config: `location / { proxy_set_header Authorization ""; ` + pass + ` }`, want: doctor.HeaderStripped},
		{name: "407", config: `add_header Proxy-Authenticate 'Basic realm="x"' always; return 407;`, want: doctor.ProxyAuthentication},
		{name: "407, token", config: `return 407;`, token: true, want: doctor.ProxyAuthentication},
		{name: "Basic", config: "auth_basic staff; auth_basic_user_file $FILES/users; location / { " + pass + " }", want: doctor.ProxyAuthentication},
		{name: "Basic, token", config: "auth_basic staff; auth_basic_user_file $FILES/users; location / { " + pass + " }", token: true, want: doctor.ProxyAuthentication},
		{name: "502", config: "location / { proxy_pass http://$CLOSED; }", want: doctor.ServerError},
		{name: "502, token", config: "location / { proxy_pass http://$CLOSED; }", token: true, want: doctor.ServerError},
		{name: "503", config: "return 503;", want: doctor.ServerError},
		{name: "504", config: "location / { proxy_read_timeout 200ms; proxy_pass http://$STUCK; }", want: doctor.ServerError},
		{name: "413", config: "client_max_body_size 10; location / { " + pass + " }", token: true, want: doctor.BlockedByProxy},
		{name: "user agent", config: `if ($http_user_agent ~ tapkey) { return 403; } location / { ` + pass + ` }`, want: doctor.BlockedByProxy},
		{name: "user agent, token", config: `location / { deny all; }`, token: true, want: doctor.BlockedByProxy},
		{name: "rate limit", config: "limit_req zone=once; limit_req_status 429; location / { " + pass + " }", want: doctor.RateLimited},
		{name: "redirect to https", config: "return 301 https://$host$request_uri;", want: doctor.Redirected},
		{name: "redirect to a login page, token", config: "return 302 https://login.example/;", token: true, want: doctor.Redirected},
		{name: "no such path", config: "root $FILES;", want: doctor.WrongAddress},
		{name: "a file, token", config: "root $FILES; location /connect/token { try_files /index.html =404; }", token: true, want: doctor.WrongAddress},
		{name: "single page application", config: "root $FILES; location / { try_files $uri /index.html; }", want: doctor.UnexpectedResponse},
		{name: "challenge with a page", config: `location / { proxy_intercept_errors on; error_page 401 /401.html; proxy_set_header Authorization "Bearer another"; ` + pass + ` } location = /401.html { internal; return 401 "<html><title>401</title>"; }`, want: doctor.TokenRejected},
		{name: "closed", config: "return 444;", want: doctor.Unreachable},
		{name: "captive portal", config: "return 511;", want: doctor.CaptivePortal},
		{name: "legal reasons", config: "return 451;", want: doctor.BlockedByProxy},
		{name: "JSON of the gateway, token", config: `default_type application/json; return 403 '{"message":"Forbidden"}';`, token: true, want: doctor.BlockedByProxy},
	}
	ports := freePorts(t, len(cases))
	var config strings.Builder
	fmt.Fprintf(&config, "daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log; events {}\nhttp { access_log off; default_type text/html;\n", s.files)
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&config, "%s_temp_path %s/%s;\n", kind, s.files, kind)
	}
	config.WriteString("limit_req_zone $server_name zone=once:1m rate=1r/m;\n")
	for i, c := range cases {
		listen := "listen $LISTEN;"
		if c.tls {
			listen = "listen $LISTEN ssl; ssl_certificate $FILES/cert.pem; ssl_certificate_key $FILES/key.pem;"
		}
		config.WriteString(s.fill("server { "+listen+" server_name _; "+c.config+" }\n", ports[i]))
	}
	config.WriteString("}\n")
	file := write(t, s.files, "nginx.conf", config.String())
	run(t, ports, path, "-p", s.files, "-c", file, "-e", s.files+"/error.log")
	// The first request within a minute passes.
	warmUp(t, cases, ports, "rate limit")
	s.check(t, cases, ports, roots)
}

// warmUp sends a request to the port of a case.
func warmUp(t *testing.T, cases []proxyCase, ports []int, name string) {
	t.Helper()
	for i, c := range cases {
		if c.name != name {
			continue
		}
		rsp, err := http.Get("http://" + address(ports[i]) + "/")
		if err != nil {
			t.Fatal(err)
		}
		_ = rsp.Body.Close()
	}
}

func TestHAProxy(t *testing.T) {
	path := program(t, "haproxy")
	s := startServices(t)
	cert, key, roots := certificate(t)
	write(t, s.files, "both.pem", cert+key)
	write(t, s.files, "cert.pem", cert)
	write(t, s.files, "page.html", "<!doctype html><title>Sign in</title>")
	const (
		pass   = "server s $SANDBOX"
		closed = "server s $CLOSED"
	)
	cases := []proxyCase{
		{name: "healthy", config: pass, token: true, want: doctor.OK},
		{name: "healthy, TLS", config: pass, token: true, https: true, tls: true, want: doctor.OK},
		{name: "denied", config: "http-request deny\n" + pass, want: doctor.BlockedByProxy},
		{name: "denied, token", config: "http-request deny\n" + pass, token: true, want: doctor.BlockedByProxy},
		{name: "408", config: "http-request deny deny_status 408\n" + pass, want: doctor.BlockedByProxy},
		{name: "410", config: "http-request deny deny_status 410\n" + pass, want: doctor.WrongAddress},
		{name: "413", config: "http-request deny deny_status 413\n" + pass, want: doctor.BlockedByProxy},
		{name: "429", config: "http-request deny deny_status 429\n" + pass, want: doctor.RateLimited},
		{name: "429, token", config: "http-request deny deny_status 429\n" + pass, token: true, want: doctor.RateLimited},
		{name: "500", config: "http-request deny deny_status 500\n" + pass, want: doctor.ServerError},
		{name: "503", config: closed, want: doctor.ServerError},
		{name: "503, token", config: closed, token: true, want: doctor.ServerError},
		{name: "504", config: "timeout server 200ms\nserver s $STUCK", want: doctor.ServerError},
		{name: "Basic", config: "http-request auth realm staff\n" + pass, want: doctor.ProxyAuthentication},
		{name: "Basic, token", config: "http-request auth realm staff\n" + pass, token: true, want: doctor.ProxyAuthentication},
		{name: "407", config: "http-request deny deny_status 407\n" + pass, want: doctor.ProxyAuthentication},
		{name: "header stripped", config: "http-request del-header Authorization\n" + pass, want: doctor.HeaderStripped},
		{name: "header altered", config: "http-request replace-header Authorization (.*) x\\1\n" + pass, want: doctor.HeaderStripped},
		{name: "redirect", config: "http-request redirect scheme https\n" + pass, want: doctor.Redirected},
		{name: "page", config: "http-request return status 200 content-type text/html file $FILES/page.html\n" + pass, want: doctor.UnexpectedResponse},
		{name: "page, token", config: "http-request return status 200 content-type text/html file $FILES/page.html\n" + pass, token: true, want: doctor.UnexpectedResponse},
		{name: "rejected", config: "http-request reject\n" + pass, want: doctor.Unreachable},
		{name: "HTTPS to plain HTTP", config: pass, https: true, want: doctor.TLS},
	}
	ports := freePorts(t, len(cases))
	var config strings.Builder
	config.WriteString("global\n  log stderr format raw local0 emerg\ndefaults\n  mode http\n  timeout connect 1s\n  timeout client 10s\n  timeout server 10s\n  retries 0\n")
	for i, c := range cases {
		bind := "bind $LISTEN"
		if c.tls {
			bind += " ssl crt $FILES/both.pem"
		}
		lines := "listen l" + fmt.Sprint(i) + "\n" + bind + "\n" + c.config
		config.WriteString(s.fill(strings.ReplaceAll(lines, "\n", "\n  "), ports[i]) + "\n")
	}
	file := write(t, s.files, "haproxy.cfg", config.String())
	run(t, ports, path, "-f", file, "-db")
	s.check(t, cases, ports, roots)
}
