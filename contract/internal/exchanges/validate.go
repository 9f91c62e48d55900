package exchanges

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	tapkeygo "github.com/tapkey-go/tapkey-go"
	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/exchanges/recorder"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// Deviation is a disagreement between the contract and what a test has exchanged.
type Deviation struct {
	Test    string // package and function, such as "client TestRetry"
	Finding contract.Finding
}

// String returns the deviation on one line.
func (d Deviation) String() string { return d.Test + ": " + d.Finding.String() }

// Group is what the tests of a package have exchanged.
type Group struct {
	Name      string              // client, cmd/tapkey, doctor or examples
	Requests  int                 // validated requests
	Responses int                 // validated responses: of the sandbox, complete, without an injected fault
	Outside   int                 // requests that are not for an operation of the contract, so not validated
	Unknown   int                 // requests whose body is not known, so not validated
	Coverage  []contract.Coverage // of all operations
}

// Checked returns the operations of which a successful response with content was validated.
func (g Group) Checked() (ids []string) {
	for _, c := range g.Coverage {
		if c.Checked() {
			ids = append(ids, c.Operation)
		}
	}
	return ids
}

// Report is the result of a validation.
type Report struct {
	Groups     []Group // ordered by name
	Deviations []Deviation
	Deliberate []Deviation // those that a Mark expects
	Unused     []Mark      // marks of tests that have sent requests, none of which deviates as expected
}

// Missing returns what was not exchanged: packages without a request, and operations without
// a successful response.
func (r Report) Missing() (missing []string) {
	requests, checked, responses := make(map[string]int), make(map[string]bool), make(map[string]bool)
	for _, g := range r.Groups {
		requests[g.Name] = g.Requests
		for _, c := range g.Coverage {
			responses[c.Operation] = responses[c.Operation] || len(c.Statuses) > 0
			checked[c.Operation] = checked[c.Operation] || c.Checked()
		}
	}
	for _, name := range []string{"client", "cmd/tapkey", "doctor", "examples"} {
		if requests[name] == 0 {
			missing = append(missing, "the tests of "+name+" have sent no request")
		}
	}
	for _, op := range tapkey.Operations() {
		switch {
		case !responses[op.ID]:
			missing = append(missing, op.ID+": no response was validated")
		case !checked[op.ID]:
			missing = append(missing, op.ID+": no successful response was validated")
		}
	}
	return missing
}

// exchange is a recorded request. The response is nil if it is not to be validated.
type exchange struct {
	Request  recorder.Request
	Response *recorder.Response
}

// Validate validates the exchanges that Record has written to a directory.
func Validate(ctx context.Context, dir string, marks []Mark) (Report, error) {
	recorded, err := read(dir)
	if err != nil {
		return Report{}, err
	}
	document, err := withGeneralErrors(tapkeygo.OpenAPI())
	if err != nil {
		return Report{}, err
	}
	groups := make(map[string]*group)
	for _, one := range recorded {
		name := groupOf(one.Request.Test)
		g := groups[name]
		if g == nil {
			if g, err = newGroup(name, document); err != nil {
				return Report{}, err
			}
			groups[name] = g
		}
		if err := g.validate(ctx, one.exchange, one.count); err != nil {
			return Report{}, fmt.Errorf("%s: %s %s: %w", one.Request.Test, one.Request.Method, one.Request.Target, err)
		}
	}
	var report Report
	found := make(map[Deviation]int)
	tests := make(map[string]bool)
	for _, g := range groups {
		g.Coverage = g.transport.Coverage()
		report.Groups = append(report.Groups, g.Group)
		for d, n := range g.deviations {
			found[d] += n
		}
		for test := range g.tests {
			tests[test] = true
		}
	}
	slices.SortFunc(report.Groups, func(a, b Group) int { return cmp.Compare(a.Name, b.Name) })
	report.judge(found, tests, marks)
	return report, nil
}

// judge separates the deviations that a mark expects from the others.
func (r *Report) judge(found map[Deviation]int, tests map[string]bool, marks []Mark) {
	used := make([]bool, len(marks))
	for d, n := range found {
		mark := slices.IndexFunc(marks, func(m Mark) bool { return m.matches(d) })
		d.Finding.Count = n
		if mark < 0 {
			r.Deviations = append(r.Deviations, d)
			continue
		}
		used[mark] = true
		r.Deliberate = append(r.Deliberate, d)
	}
	for i, m := range marks {
		if !used[i] && tests[m.Test] {
			r.Unused = append(r.Unused, m)
		}
	}
	for _, list := range [][]Deviation{r.Deviations, r.Deliberate} {
		slices.SortFunc(list, func(a, b Deviation) int { return cmp.Compare(a.String(), b.String()) })
	}
}

// groupOf returns the package of a test. All examples are one group.
func groupOf(test string) string {
	name, _, _ := strings.Cut(test, " ")
	if strings.HasPrefix(name, "examples/") {
		return "examples"
	}
	return name
}

// counted is an exchange that was recorded one or more times.
type counted struct {
	exchange
	count int
}

// read reads the exchanges in a directory.
func read(dir string) ([]*counted, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	var all []*counted
	byText := make(map[string]*counted)
	for _, file := range files {
		exchanges, err := readFile(file)
		if err != nil {
			return nil, err
		}
		for _, x := range exchanges {
			text, err := json.Marshal(x)
			if err != nil {
				return nil, err
			}
			if x.hasToken() {
				return nil, fmt.Errorf("%s: %s %s: the recording contains a token", x.Request.Test, x.Request.Operation, x.Request.Method)
			}
			if byText[string(text)] == nil {
				byText[string(text)] = &counted{exchange: *x}
				all = append(all, byText[string(text)])
			}
			byText[string(text)].count++
		}
	}
	return all, nil
}

// token matches an access token of the sandbox and the start of any other JWT.
var token = regexp.MustCompile(`eyJ[\w-]+\.eyJ`)

// hasToken reports whether a recording contains an access token, which it must not.
func (x *exchange) hasToken() bool {
	parts := []string{x.Request.Target, string(x.Request.Body), fmt.Sprint(x.Request.Header)}
	if x.Response != nil {
		parts = append(parts, string(x.Response.Body), fmt.Sprint(x.Response.Header))
	}
	return token.MatchString(strings.Join(parts, "\n"))
}

// readFile reads the exchanges of a process, ordered by request.
func readFile(name string) ([]*exchange, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1] // a process may be killed while it writes a line
	var all []*exchange
	byID := make(map[int]*exchange)
	for lines := json.NewDecoder(bytes.NewReader(text)); ; {
		var l recorder.Line
		err := lines.Decode(&l)
		switch {
		case err == io.EOF:
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
		case l.Request != nil:
			byID[l.ID] = &exchange{Request: *l.Request}
			all = append(all, byID[l.ID])
		case l.Response == nil || byID[l.ID] == nil:
			return nil, fmt.Errorf("%s: line for %d without its request", filepath.Base(name), l.ID)
		default:
			byID[l.ID].Response = l.Response
		}
	}
}

// group validates the exchanges of one Group.
type group struct {
	Group
	player     player
	transport  *contract.Transport
	deviations map[Deviation]int // without counts in the findings
	tests      map[string]bool
}

func newGroup(name string, document []byte) (*group, error) {
	g := &group{Group: Group{Name: name}, deviations: make(map[Deviation]int), tests: make(map[string]bool)}
	var err error
	g.transport, err = contract.NewTransport(contract.WithDocument(document), contract.WithBase(&g.player))
	return g, err
}

// validate validates an exchange that was recorded count times.
func (g *group) validate(ctx context.Context, x exchange, count int) error {
	g.tests[x.Request.Test] = true
	add := func(f contract.Finding) {
		f.Count = 0
		g.deviations[Deviation{x.Request.Test, f}] += count
	}
	target, err := url.Parse(x.Request.Target)
	if err != nil {
		return err
	}
	known, ok := engine.FindOperation(tapkey.Operations(), x.Request.Method, target)
	switch {
	case x.Request.Unknown:
		g.Unknown += count
		return nil
	case !ok && x.Request.Operation == "":
		g.Outside += count // Do sends requests that the contract does not know
		return nil
	case known.ID != x.Request.Operation && x.Request.Operation != "":
		add(contract.Finding{
			Operation: x.Request.Operation, Side: contract.Request, Class: contract.UndeclaredOperation, Detail: "method or path of another operation",
		})
		return nil
	}
	g.Requests += count

	before := findings(g.transport)
	if err := g.replay(ctx, x); err != nil {
		return err
	}
	for f, n := range findings(g.transport) {
		if n > before[f] {
			add(f)
		}
	}
	if x.Response == nil {
		return nil
	}
	g.Responses += count
	if s := x.Response.Status; s >= 500 || s == http.StatusTooManyRequests || s == http.StatusRequestTimeout {
		// Transport tolerates these, which a server or a proxy may send at any time. The
		// sandbox sends them only as a fault.
		add(contract.Finding{Operation: known.ID, Side: contract.Response, Status: s, Class: contract.UndocumentedStatus})
	}
	return nil
}

// findings returns the findings of a Transport, with their counts.
func findings(t *contract.Transport) map[contract.Finding]int {
	counts := make(map[contract.Finding]int)
	for _, f := range t.Findings() {
		n := f.Count
		f.Count = 0
		counts[f] = n
	}
	return counts
}

// replay passes an exchange through the Transport.
func (g *group) replay(ctx context.Context, x exchange) error {
	var body io.Reader
	if len(x.Request.Body) > 0 {
		body = bytes.NewReader(x.Request.Body)
	}
	req, err := http.NewRequestWithContext(ctx, x.Request.Method, "https://recorded.invalid/api/v1"+x.Request.Target, body)
	if err != nil {
		return err
	}
	req.Header = x.Request.Header
	g.player.response = x.Response
	rsp, err := g.transport.RoundTrip(req)
	if errors.Is(err, errNoResponse) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, rsp.Body); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return rsp.Body.Close()
}

// errNoResponse is the error of a request whose response is not to be validated.
var errNoResponse = errors.New("no response to validate")

// player is a RoundTripper that responds with a recorded response.
type player struct{ response *recorder.Response }

func (p *player) RoundTrip(req *http.Request) (*http.Response, error) {
	r := p.response
	if r == nil {
		return nil, errNoResponse
	}
	var body io.Reader = bytes.NewReader(r.Body)
	if !r.Complete {
		body = io.MultiReader(body, cutOff{})
	}
	return &http.Response{
		StatusCode: r.Status, Header: r.Header, Request: req, ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(body), ContentLength: -1,
	}, nil
}

// cutOff is the end of a body that was not read to its end.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
