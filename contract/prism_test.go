package contract_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// prismAccepts fails the test if Prism refuses a request or a response of the sandbox. It
// sends every operation through Prism: with success, with unknown ids, with an invalid
// token, and with each error that the sandbox can inject.
func prismAccepts(t *testing.T, bin, document string) {
	s := start(t, sandbox.WithAutoConsent())
	p := startPrism(t, bin, document, s)
	c := connect(t, s, p)
	defer func() { // of a call that ended the test
		if refused, _ := p.take(); len(refused) > 0 {
			t.Errorf("refused by Prism: %s", strings.Join(refused, "\n"))
		}
	}()
	owner := ownerNamed(t, c, coworking)

	reads(t, c, owner)
	writes(t, c, owner)
	if _, err := c.CreateOwner(t.Context(), tapkey.OwnerAccountCreate{Name: "New"}); !errors.Is(err, api.ErrForbidden) {
		t.Errorf("createOwner with client credentials: got error %v, want %v", err, api.ErrForbidden)
	}
	must[tapkey.OwnerAccount](t)(connect(t, s, p, person(t, s, "write:owneraccounts")).CreateOwner(t.Context(), tapkey.OwnerAccountCreate{Name: "New"}))
	p.check(t, "success", func(api.Operation) []int { return []int{http.StatusOK, http.StatusNoContent} })

	p.sendAll(t, c)
	p.check(t, "unknown ids", func(op api.Operation) []int {
		if op.ID == "listOwners" { // its path has no id
			return []int{http.StatusOK}
		}
		return []int{http.StatusForbidden, http.StatusNotFound}
	})

	p.sendAll(t, connect(t, s, invalidToken{p}))
	p.check(t, "an invalid token", always(http.StatusUnauthorized))

	for kind, status := range injected {
		for _, op := range tapkey.Operations() {
			if err := s.Inject(sandbox.Fault{Kind: kind, Operation: op.ID, Count: 1}); err != nil {
				t.Fatal(err)
			}
		}
		p.sendAll(t, c)
		p.check(t, "the fault "+string(kind), always(status))
	}
	t.Logf("Prism accepted %d responses of %d operations", p.accepted, len(tapkey.Operations()))

	if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultMissingFields, Operation: "getOwner", Count: 1}); err != nil {
		t.Fatal(err)
	}
	_, err := c.GetOwner(t.Context(), owner)
	if refused, _ := p.take(); len(refused) == 0 {
		t.Errorf("getOwner without the required id: got error %v, want that Prism refuses the response", err)
	}
}

// injected are the errors that the sandbox injects, and their statuses. A response 401
// without a body is not one of them: OpenAPI cannot say that a body is optional.
var injected = map[sandbox.FaultKind]int{
	sandbox.Fault400: 400, sandbox.Fault402: 402, sandbox.Fault403: 403, sandbox.Fault404: 404, sandbox.Fault409: 409,
	sandbox.Fault401: 401, sandbox.Fault401InvalidToken: 401, sandbox.Fault401Expired: 401, sandbox.Fault401InsufficientScope: 401,
	sandbox.Fault429: 429, sandbox.Fault429RetryAfter: 429, sandbox.Fault500: 500, sandbox.Fault503: 503,
}

func always(status int) func(api.Operation) []int {
	return func(api.Operation) []int { return []int{status} }
}

// prism is a running Prism in front of a sandbox, and the transport that sends the calls of
// the API to it.
type prism struct {
	spec *openapi3.T
	host string
	api  *url.URL // base URL of the sandbox

	mu       sync.Mutex
	accepted int
	refused  []string
	seen     map[string][]int // operation to statuses of accepted responses
}

// startPrism starts Prism and waits until it listens. It ends with the test.
func startPrism(t *testing.T, bin, document string, s *sandbox.Server) *prism {
	t.Helper()
	base, err := url.Parse(s.BaseURL())
	if err != nil {
		t.Fatal(err)
	}
	host := freeAddress(t)
	_, port, _ := net.SplitHostPort(host)
	cmd := validatorCommand(t, bin, "prism", "proxy", document, s.BaseURL(), "--errors", "--host=127.0.0.1", "--port="+port)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var printed strings.Builder
	listens := false
	for !listens && lines.Scan() {
		printed.WriteString(lines.Text() + "\n")
		listens = strings.Contains(lines.Text(), "Prism is listening")
	}
	read := make(chan struct{})
	go func() { // Prism blocks if its output is not read
		defer close(read)
		for lines.Scan() {
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	if !listens {
		t.Fatalf("Prism does not listen:\n%s", printed.String())
	}
	spec, err := openapi3.NewLoader().LoadFromFile(document)
	if err != nil {
		t.Fatal(err)
	}
	return &prism{spec: spec, host: host, api: base, seen: map[string][]int{}}
}

// freeAddress returns an address of loopback with a free port.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// RoundTrip sends a call of the API to Prism, and any other request directly.
func (p *prism) RoundTrip(req *http.Request) (*http.Response, error) {
	path, ok := strings.CutPrefix(req.URL.EscapedPath(), p.api.Path)
	if req.URL.Host != p.api.Host || !ok {
		return http.DefaultTransport.RoundTrip(req)
	}
	through := req.Clone(req.Context())
	target, err := url.Parse("http://" + p.host + path)
	if err != nil {
		return nil, err
	}
	target.RawQuery = req.URL.RawQuery
	through.URL, through.Host = target, ""
	rsp, err := http.DefaultTransport.RoundTrip(through)
	if err == nil {
		p.observe(req, rsp)
	}
	return rsp, err
}

// observe records the status of a response, or that Prism refused the request or response.
func (p *prism) observe(req *http.Request, rsp *http.Response) {
	op, _ := api.OperationFromContext(req.Context())
	p.mu.Lock()
	defer p.mu.Unlock()
	reason := rsp.Header.Get("Sl-Violations")
	if reason == "" && strings.HasPrefix(rsp.Header.Get("Content-Type"), "application/problem+json") {
		body, err := io.ReadAll(rsp.Body) // a response that Prism makes itself, which the sandbox never has
		reason = fmt.Sprint(string(body), err)
	}
	if reason != "" {
		p.refused = append(p.refused, fmt.Sprintf("%s: %s", op.ID, reason))
		return
	}
	p.accepted++
	p.seen[op.ID] = append(p.seen[op.ID], rsp.StatusCode)
}

// take returns what Prism has refused since the last call, and the statuses of the
// responses that it has accepted, by operation.
func (p *prism) take() (refused []string, seen map[string][]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	refused, seen = p.refused, p.seen
	p.refused, p.seen = nil, map[string][]int{}
	return refused, seen
}

// check fails the test if Prism has refused something since the last check, or if an
// operation has not had one of the expected statuses.
func (p *prism) check(t *testing.T, what string, want func(api.Operation) []int) {
	t.Helper()
	refused, seen := p.take()
	for _, one := range refused {
		t.Errorf("%s: refused by Prism: %s", what, one)
	}
	for _, op := range tapkey.Operations() {
		if statuses := want(op); len(refused) == 0 && !slices.ContainsFunc(statuses, func(s int) bool { return slices.Contains(seen[op.ID], s) }) {
			t.Errorf("%s: %s: got the statuses %v, want one of %v", what, op.ID, seen[op.ID], statuses)
		}
	}
}

// invalidToken replaces the tokens of the calls that it sends to a Prism.
type invalidToken struct{ prism *prism }

func (i invalidToken) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Header.Get("Authorization") == "" || req.URL.Host != i.prism.api.Host {
		return i.prism.RoundTrip(req)
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer invalid")
	return i.prism.RoundTrip(req)
}

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

// sendAll sends a valid request of each operation: the path has unknown ids, and the body is
// the example of the contract.
func (p *prism) sendAll(t *testing.T, c *client.Client) {
	t.Helper()
	for _, op := range tapkey.Operations() {
		var body any
		if b := p.spec.Paths.Value(op.Path).GetOperation(op.Method).RequestBody; b != nil {
			body = b.Value.Content.Get("application/json").Schema.Value.Example
		}
		_, err := c.Do(t.Context(), op.Method, pathParameter.ReplaceAllString(op.Path, "unknown"), nil, body)
		if e, ok := errors.AsType[*api.Error](err); err != nil && (!ok || e.StatusCode == 0) {
			t.Fatalf("%s: got error %v, want a response", op.ID, err)
		}
	}
}
