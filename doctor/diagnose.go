package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// Options are options of [Diagnose].
type Options struct {
	// Owner is the id of an owner account that the service account should administer.
	Owner string

	// Operations are the ids of operations whose scopes the token should have. The
	// default is listOwners. Only the scopes are checked: Diagnose calls no operation
	// but listOwners and lists of Owner.
	Operations []string

	// OnStep, if not nil, is called after each step.
	OnStep func(Step)
}

// Diagnosis is the result of [Diagnose].
type Diagnosis struct {
	// Findings holds the finding of the step that failed, or [OK].
	Findings []Finding `json:"findings"`

	// Steps are the steps that were run, in order.
	Steps []Step `json:"-"`
}

// Healthy reports whether nothing is wrong.
func (d Diagnosis) Healthy() bool {
	return len(d.Findings) == 1 && d.Findings[0].ID == OK
}

// Step is one of the checks of a [Diagnosis].
type Step struct {
	Name    string   // such as "configuration" or "token"
	Detail  string   // what was observed, if the check succeeded
	Finding *Finding // why the check failed, or nil
}

// checks are the checks in the order in which they run. Each one requires that those
// before it have succeeded.
var checks = []struct {
	name string
	run  func(*run, context.Context) (detail string, failed *Finding)
}{
	{"configuration", (*run).configuration},
	{"token endpoint", (*run).endpoint},
	{"credentials", (*run).credentials},
	{"token", (*run).readToken},
	{"clock", (*run).clock},
	{"scopes", (*run).scopes},
	{"GET /Owners", (*run).owners},
	{"administrator", (*run).administrator},
}

// run is what the checks of one [Diagnose] share.
type run struct {
	client  *client.Client
	options Options

	operations []api.Operation
	token      *oauth2.Token
	tokenErr   error
	claims     *claims
	probe      probe
}

// Diagnose runs the checks against c, and returns the first failure or [OK]. It only reads
// data. A check that cannot finish, because ctx is done or the server does not respond, is
// a failure.
func Diagnose(ctx context.Context, c *client.Client, opts Options) Diagnosis {
	var d Diagnosis
	r := &run{client: c, options: opts}
	for _, check := range checks {
		step := Step{Name: check.name}
		step.Detail, step.Finding = check.run(r, ctx)
		d.Steps = append(d.Steps, step)
		if opts.OnStep != nil {
			opts.OnStep(step)
		}
		if step.Finding != nil {
			d.Findings = []Finding{*step.Finding}
			return d
		}
	}
	d.Findings = []Finding{newFinding(OK, fmt.Sprintf("%d owner accounts", len(r.probe.owners)))}
	return d
}

func found(id ID, evidence string) *Finding {
	f := newFinding(id, evidence)
	return &f
}

func (r *run) configuration(context.Context) (string, *Finding) {
	if r.client == nil {
		return "", found(ConfigMissing, "the client is nil")
	}
	ids := r.options.Operations
	if len(ids) == 0 {
		ids = []string{"listOwners"}
	}
	all := tapkey.Operations()
	for _, id := range ids {
		i := slices.IndexFunc(all, func(op api.Operation) bool { return op.ID == id })
		if i < 0 {
			return "", found(ConfigMissing, fmt.Sprintf("unknown operation %q", engine.OneLine(id, 60)))
		}
		r.operations = append(r.operations, all[i])
	}
	return r.client.BaseURL(), nil
}

// endpoint checks that the token endpoint responds. The next check judges the response.
func (r *run) endpoint(ctx context.Context) (string, *Finding) {
	r.token, r.tokenErr = r.client.Token(ctx)
	if r.tokenErr != nil {
		f := explain(r.tokenErr)
		switch f.ID {
		case InvalidClient, UnauthorizedClient, InvalidScope, RequestRefused, MalformedToken:
		default:
			return "", &f
		}
	}
	if url := r.client.TokenURL(); url != "" {
		return url, nil
	}
	return "a token source of the program", nil
}

func (r *run) credentials(ctx context.Context) (string, *Finding) {
	if r.tokenErr == nil {
		return "accepted", nil
	}
	f := explain(r.tokenErr)
	if f.ID == InvalidScope {
		f.Evidence += r.refusedScopes(ctx)
	}
	return "", &f
}

// refusedScopes requests a token for each scope separately, and returns the refused scopes
// as a suffix of the evidence.
func (r *run) refusedScopes(ctx context.Context) string {
	var refused []string
	for _, scope := range r.client.Scopes() {
		if _, err := r.client.NewToken(ctx, scope); err != nil && explain(err).ID == InvalidScope {
			refused = append(refused, scope)
		}
	}
	if len(refused) == 0 {
		return ""
	}
	return "; refused: " + strings.Join(refused, " ")
}

func (r *run) readToken(ctx context.Context) (string, *Finding) {
	var err error
	if r.claims, err = readToken(ctx, r.token); err != nil {
		return "", found(MalformedToken, line(err))
	}
	return r.claims.describe(), nil
}

// clock compares the clocks and the times of the token. It calls the API to get the
// server's time. A later check judges whether the call succeeded.
func (r *run) clock(ctx context.Context) (string, *Finding) {
	r.probe = probeOwners(ctx, r.client)
	if f := checkTimes(r.claims, r.probe.skew, r.probe.dated); f != nil {
		return "", f
	}
	detail := "the server's clock is unknown"
	if r.probe.dated {
		detail = fmt.Sprintf("%+d s from the server's clock", int(r.probe.skew.Seconds()))
	}
	if r.claims != nil && r.claims.ExpiresAt != nil {
		detail += fmt.Sprintf("; the token is good for %d s", int(time.Until(r.claims.ExpiresAt.Time).Seconds()))
	}
	return detail, nil
}

func (r *run) scopes(context.Context) (string, *Finding) {
	have := granted(r.claims, r.token, r.client.Scopes())
	if missing := missingScopes(have, r.operations); len(missing) > 0 {
		return "", found(ScopeMissing, "missing: "+strings.Join(missing, ", "))
	}
	return engine.OneLine(strings.Join(have, " "), 300), nil
}

func (r *run) owners(context.Context) (string, *Finding) {
	if r.probe.err != nil {
		if r.probe.header != "" && !isBearer(r.probe.header) {
			return "", found(MissingBearerPrefix, schemeEvidence(r.probe.header))
		}
		// Explain returns the most likely cause first. Header and scopes have been
		// checked, so that the last cause remains.
		all := Explain(r.probe.err)
		return "", &all[len(all)-1]
	}
	return fmt.Sprintf("%d owner accounts", len(r.probe.owners)), nil
}

func (r *run) administrator(ctx context.Context) (string, *Finding) {
	if len(r.probe.owners) == 0 {
		return "", found(NoOwnerAccounts, "the list of owner accounts is empty")
	}
	id := r.options.Owner
	if id == "" {
		return fmt.Sprintf("of %d owner accounts, the first one is %s", len(r.probe.owners), engine.OneLine(r.probe.owners[0].Name, 60)), nil
	}
	if !slices.ContainsFunc(r.probe.owners, func(o tapkey.OwnerAccount) bool { return o.ID == id }) {
		return "", found(NotAdministrator, fmt.Sprintf("it is not one of the %d owner accounts listed", len(r.probe.owners)))
	}
	return r.reads(ctx, id), nil
}

// reads reports which lists of an owner account can be read.
func (r *run) reads(ctx context.Context, owner string) string {
	one := 1
	var results []string
	for _, read := range []struct {
		id   string
		call func() error
	}{
		{"listPermissions", func() error { _, err := r.client.ListPermissions(ctx, owner); return err }},
		{"listBoundLocks", func() error {
			_, err := r.client.ListBoundLocks(ctx, owner, &tapkey.ListBoundLocksParams{Top: &one})
			return err
		}},
		{"listGrants", func() error {
			_, err := r.client.ListGrants(ctx, owner, &tapkey.ListGrantsParams{Top: &one})
			return err
		}},
		{"listLogEntries", func() error {
			_, err := r.client.ListLogEntries(ctx, owner, &tapkey.ListLogEntriesParams{Top: &one})
			return err
		}},
	} {
		result := "yes"
		if err := read.call(); err != nil {
			result = string(Explain(err)[0].ID)
		}
		results = append(results, read.id+" "+result)
	}
	return strings.Join(results, ", ")
}

// probe is the result of a GET /Owners.
type probe struct {
	owners []tapkey.OwnerAccount
	err    error
	header string        // Authorization header that the program set, if the server responded
	skew   time.Duration // how far the server's clock is ahead
	dated  bool          // whether skew is known
}

func probeOwners(ctx context.Context, c *client.Client) probe {
	var p probe
	start := time.Now()
	var op api.Operation
	authorization := "" // set by a request editor of the program
	rsp, err := c.Do(ctx, http.MethodGet, "/Owners", nil, nil, func(ctx context.Context, req *http.Request) error {
		op, _ = api.OperationFromContext(ctx)
		authorization = req.Header.Get("Authorization")
		return nil
	})
	var header http.Header // of the response
	if failed, ok := errors.AsType[*api.Error](err); ok {
		header = failed.Header
	} else if err == nil {
		header = rsp.Header
	}
	if header != nil {
		p.header = authorization
	}
	if date, dateErr := http.ParseTime(header.Get("Date")); dateErr == nil {
		// The header is truncated to seconds. Its time lies between the start and the
		// end of the call.
		middle := start.Add(time.Since(start) / 2)
		p.skew, p.dated = date.Add(time.Second/2).Sub(middle), true
	}
	if p.err = err; err != nil {
		return p
	}
	p.owners, p.err = engine.DecodeList(&op, api.Settings{}, engine.Schema[tapkey.OwnerAccount]{Required: []engine.Required{{Name: "id"}}}, rsp, nil)
	return p
}

func isBearer(header string) bool {
	return len(header) > 7 && strings.EqualFold(header[:7], "bearer ")
}
