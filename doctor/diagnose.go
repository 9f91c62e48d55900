package doctor

import (
	"context"
	"errors"
	"fmt"
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
	// Owner is the id or the name of an owner account that the service account should
	// administer. Diagnose then also reads lists of this owner account.
	Owner string

	// Operations are the ids of operations whose scopes the token should have. The
	// default is listOwners. Only the scopes are checked: Diagnose calls no operation
	// but listOwners and lists of Owner. If it needs a scope for that which the client
	// does not request, it requests a separate token with this scope.
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
	Detail  string   // what was observed, if the check succeeded or Unknown is set
	Unknown bool     // whether the check had nothing to judge; it did not fail
	Finding *Finding // why the check failed, or nil
}

// checks are the checks in the order in which they run. Each one requires that those
// before it have succeeded.
var checks = []struct {
	name string
	run  func(*run, context.Context) Step // without its name
}{
	{"configuration", (*run).configuration},
	{"token endpoint", (*run).endpoint},
	{"credentials", (*run).credentials},
	{"token", (*run).readToken},
	{"clock", (*run).clock},
	{"scopes", (*run).checkScopes},
	{"GET /Owners", (*run).listOwners},
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
	claimsErr  error
	scopes     granted
	probe      probe
	unknown    []string // what could not be judged
}

// Diagnose runs the checks against c, and returns the first failure or [OK]. It only reads
// data. A check that cannot finish, because ctx is done or the server does not respond, is
// a failure. What the token does not show is not a failure: if it is opaque, its scopes are
// not known, and [OK] says so.
func Diagnose(ctx context.Context, c *client.Client, opts Options) Diagnosis {
	var d Diagnosis
	r := &run{client: c, options: opts}
	for _, check := range checks {
		step := check.run(r, ctx)
		step.Name = check.name
		d.Steps = append(d.Steps, step)
		if opts.OnStep != nil {
			opts.OnStep(step)
		}
		if step.Finding != nil {
			d.Findings = []Finding{*step.Finding}
			return d
		}
		if step.Unknown {
			r.unknown = append(r.unknown, check.name+" "+step.Detail)
		}
	}
	f := newFinding(OK, fmt.Sprintf("%d owner accounts", len(r.probe.owners)))
	if len(r.unknown) > 0 {
		f.Severity = SeverityUnknown
		f.Cause = "Nothing is known to be wrong, but not everything could be checked."
		f.Evidence += "; " + strings.Join(r.unknown, "; ")
	}
	d.Findings = []Finding{f}
	return d
}

func found(id ID, evidence string) *Finding {
	f := newFinding(id, evidence)
	return &f
}

func failed(id ID, evidence string) Step { return Step{Finding: found(id, evidence)} }

func passed(detail string) Step { return Step{Detail: detail} }

func (r *run) configuration(context.Context) Step {
	if r.client == nil {
		return failed(ConfigMissing, "the client is nil")
	}
	ids := r.options.Operations
	if len(ids) == 0 {
		ids = []string{"listOwners"}
	}
	operations, unknown := operationsWith(ids)
	if unknown != nil {
		return Step{Finding: unknown}
	}
	r.operations = operations
	return passed(r.client.BaseURL())
}

// operationsWith returns the operations with ids, or a finding about an unknown one.
func operationsWith(ids []string) ([]api.Operation, *Finding) {
	var operations []api.Operation
	all := tapkey.Operations()
	for _, id := range ids {
		i := slices.IndexFunc(all, func(op api.Operation) bool { return op.ID == id })
		if i < 0 {
			_, err := client.ScopesFor(id)
			f := newFinding(ConfigMissing, line(err))
			f.Remedy = "Use the id of an operation of the contract, such as listOwners."
			return nil, &f
		}
		operations = append(operations, all[i])
	}
	return operations, nil
}

// endpoint checks that the token endpoint responds. The next check judges the response.
func (r *run) endpoint(ctx context.Context) Step {
	r.token, r.tokenErr = r.client.Token(ctx)
	if r.tokenErr != nil {
		f := explain(r.tokenErr)[0]
		switch f.ID {
		case InvalidClient, UnauthorizedClient, InvalidScope, RequestRefused, MalformedToken,
			CodeRefused, RefreshTokenRefused, SubjectTokenRefused, NoRefreshToken:
		default:
			return Step{Finding: &f}
		}
	}
	if url := r.client.TokenURL(); url != "" {
		return passed(url)
	}
	return passed("a token source of the program")
}

func (r *run) credentials(ctx context.Context) Step {
	if r.tokenErr == nil {
		return passed("accepted")
	}
	f := explain(r.tokenErr)[0]
	switch f.ID {
	case InvalidScope:
		f.Evidence += r.refusedScopes(ctx)
	case InvalidClient:
		if other := r.otherStyle(ctx); other != nil {
			return Step{Finding: other}
		}
	}
	return Step{Finding: &f}
}

// refusedScopes requests a token for each scope separately, and returns the refused scopes
// as a suffix of the evidence.
func (r *run) refusedScopes(ctx context.Context) string {
	var refused []string
	for _, scope := range r.client.Scopes() {
		if _, err := r.client.NewToken(ctx, scope); err != nil && explain(err)[0].ID == InvalidScope {
			refused = append(refused, scope)
		}
	}
	if len(refused) == 0 {
		return ""
	}
	return "; refused: " + strings.Join(refused, " ")
}

// readToken reads the claims of the token, and calls the API with it. A token that the API
// accepts is valid, whatever it looks like.
func (r *run) readToken(ctx context.Context) Step {
	if err := checkForm(ctx, r.token); err != nil {
		return failed(MalformedToken, line(err))
	}
	r.claims, r.claimsErr = parseJWT(r.token.AccessToken)
	r.scopes = grantedScopes(r.claims, r.token)
	r.probe = r.probeOwners(ctx)
	switch {
	case r.claimsErr != nil && r.probe.err != nil:
		return failed(MalformedToken, line(r.claimsErr))
	case r.claimsErr != nil:
		return passed("opaque token: it has dots, but is not a JWT")
	}
	return passed(r.claims.describe())
}

// accepted reports whether the API has accepted the token of the client.
func (r *run) accepted() bool { return r.probe.err == nil && r.probe.own }

// clock compares the clocks and the times of the token.
func (r *run) clock(context.Context) Step {
	if r.probe.dated {
		if f := checkSkew(r.probe.skew); f != nil {
			return Step{Finding: f}
		}
	}
	late := checkTimes(r.claims)
	if late != nil && !r.accepted() {
		return Step{Finding: late}
	}
	detail := "the server's clock is unknown"
	if r.probe.dated {
		detail = fmt.Sprintf("%+d s from the server's clock", int(r.probe.skew.Seconds()))
	}
	switch {
	case late != nil:
		detail += "; the API accepts the token although " + late.Evidence
	case r.claims != nil && r.claims.expiresAt != nil:
		detail += fmt.Sprintf("; the token is good for %.0f s", time.Until(*r.claims.expiresAt).Seconds())
	}
	return passed(detail)
}

// checkScopes checks that the token has the scopes of the operations. An operation that has
// just succeeded with the token needs no other scope.
func (r *run) checkScopes(context.Context) Step {
	operations := slices.DeleteFunc(slices.Clone(r.operations), func(op api.Operation) bool { return op.ID == "listOwners" && r.accepted() })
	if missing := r.scopes.missing(operations); len(missing) > 0 {
		return failed(ScopeMissing, "missing: "+strings.Join(missing, ", "))
	}
	var ids []string
	for _, op := range operations {
		ids = append(ids, op.ID)
	}
	if len(ids) > 0 {
		if err := r.client.CheckScopes(ids...); err != nil {
			return failed(ScopeMissing, line(err))
		}
	}
	if r.scopes.known {
		return passed(engine.OneLine(strings.Join(r.scopes.scopes, " "), 300))
	}
	detail := "not known: " + r.scopes.reason
	if requested := r.client.Scopes(); requested != nil {
		detail += "; requested: " + strings.Join(requested, " ")
	}
	return Step{Detail: engine.OneLine(detail, 500), Unknown: true}
}

func (r *run) listOwners(context.Context) Step {
	switch {
	case r.probe.err == nil:
		return passed(fmt.Sprintf("%d owner accounts", len(r.probe.owners)))
	case r.probe.header != "" && !isBearer(r.probe.header):
		return failed(MissingBearerPrefix, schemeEvidence(r.probe.header))
	case r.probe.skipped != "":
		if all := Explain(r.probe.err); !mayBeScope(all) {
			return Step{Finding: &all[0]}
		}
		return Step{Detail: "not possible: " + r.probe.skipped, Unknown: true}
	}
	all := Explain(r.probe.err)
	f := remaining(all)
	unauthorized := errors.Is(r.probe.err, api.ErrUnauthorized) || errors.Is(r.probe.err, api.ErrForbidden)
	mayLack := r.scopes.lacks(r.probe.operation) || !r.scopes.known && r.client.Scopes() == nil
	if r.probe.own && !r.needs("listOwners") && (f.ID == ScopeMissing || unauthorized && mayBeScope(all) && mayLack) {
		lacks := "lacks"
		if !r.scopes.known {
			lacks = "may lack"
		}
		return Step{Detail: "not possible: the token " + lacks + " the scope " + strings.Join(r.probe.operation.Scopes, " "), Unknown: true}
	}
	if unauthorized && !r.scopes.known {
		f.Evidence += "; whether the token has the scope is not known: " + r.scopes.reason
	}
	return Step{Finding: r.registered(&f)}
}

// needs reports whether the program needs an operation.
func (r *run) needs(id string) bool {
	return slices.ContainsFunc(r.operations, func(op api.Operation) bool { return op.ID == id })
}

func isBearer(header string) bool {
	return len(header) > 7 && strings.EqualFold(header[:7], "bearer ")
}
