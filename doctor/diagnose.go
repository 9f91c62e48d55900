package doctor

import (
	"context"
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

// Options say what else to look at.
type Options struct {
	// Owner is the id of an owner account that the service account should administer.
	Owner string

	// Operations are the ids of operations whose scopes the token should have;
	// default: listOwners. Nothing but listOwners and reads of Owner is called, so a
	// write is judged by its scope alone.
	Operations []string

	// Observe, if set, is called with each rung as it has been climbed.
	Observe func(Rung)
}

// Diagnosis is how far the ladder could be climbed.
type Diagnosis struct {
	// Findings are what was found: the one that broke the ladder, or one [OK].
	Findings []Finding `json:"findings"`

	// Rungs are the steps that were tried, in order.
	Rungs []Rung `json:"-"`
}

// Healthy says whether nothing is wrong.
func (d Diagnosis) Healthy() bool {
	return len(d.Findings) == 1 && d.Findings[0].ID == OK
}

// Rung is a step of the ladder.
type Rung struct {
	Name    string   // such as "configuration" or "token"
	Detail  string   // what was seen
	Finding *Finding // what broke it, or nil
}

// ladder is the order in which things are looked at: each rung makes sense only if
// those before it hold.
var ladder = []struct {
	name  string
	climb func(*patient, context.Context) (detail string, broken *Finding)
}{
	{"configuration", (*patient).configuration},
	{"token endpoint", (*patient).endpoint},
	{"credentials", (*patient).credentials},
	{"token", (*patient).readToken},
	{"clock", (*patient).clock},
	{"scopes", (*patient).scopes},
	{"GET /Owners", (*patient).owners},
	{"administrator", (*patient).administrator},
}

// patient is what is known so far.
type patient struct {
	client  *client.Client
	options Options

	operations []api.Operation
	token      *oauth2.Token
	tokenErr   error
	claims     *claims
	probe      probe
}

// Diagnose finds out why calls of c fail, or that they need not. It reads only. What it
// cannot find out, because ctx ends or nobody answers, is a finding as well, never an
// error.
func Diagnose(ctx context.Context, c *client.Client, opts Options) Diagnosis {
	var d Diagnosis
	p := &patient{client: c, options: opts}
	for _, step := range ladder {
		rung := Rung{Name: step.name}
		rung.Detail, rung.Finding = step.climb(p, ctx)
		d.Rungs = append(d.Rungs, rung)
		if opts.Observe != nil {
			opts.Observe(rung)
		}
		if rung.Finding != nil {
			d.Findings = []Finding{*rung.Finding}
			return d
		}
	}
	d.Findings = []Finding{newFinding(OK, fmt.Sprintf("%d owner accounts", len(p.probe.owners)))}
	return d
}

func found(id, evidence string) *Finding {
	f := newFinding(id, evidence)
	return &f
}

func (p *patient) configuration(context.Context) (string, *Finding) {
	if p.client == nil {
		return "", found(ConfigMissing, "there is no client")
	}
	wanted := p.options.Operations
	if len(wanted) == 0 {
		wanted = []string{"listOwners"}
	}
	all := tapkey.Operations()
	for _, id := range wanted {
		i := slices.IndexFunc(all, func(op api.Operation) bool { return op.ID == id })
		if i < 0 {
			return "", found(ConfigMissing, fmt.Sprintf("there is no operation %q", engine.OneLine(id, 60)))
		}
		p.operations = append(p.operations, all[i])
	}
	return p.client.BaseURL(), nil
}

// endpoint is broken where no token endpoint answered; what it answered is for the
// next rung.
func (p *patient) endpoint(ctx context.Context) (string, *Finding) {
	p.token, p.tokenErr = p.client.Token(ctx)
	if p.tokenErr != nil {
		f := explain(p.tokenErr)
		switch f.ID {
		case InvalidClient, UnauthorizedClient, InvalidScope, RequestRefused, MalformedToken:
		default:
			return "", &f
		}
	}
	if url := p.client.TokenURL(); url != "" {
		return url, nil
	}
	return "a token source of the program's own", nil
}

func (p *patient) credentials(ctx context.Context) (string, *Finding) {
	if p.tokenErr == nil {
		return "accepted", nil
	}
	f := explain(p.tokenErr)
	if f.ID == InvalidScope {
		f.Evidence += p.refusedScopes(ctx)
	}
	return "", &f
}

// refusedScopes asks for each scope by itself.
func (p *patient) refusedScopes(ctx context.Context) string {
	var refused []string
	for _, scope := range p.client.Scopes() {
		if _, err := p.client.NewToken(ctx, scope); err != nil && explain(err).ID == InvalidScope {
			refused = append(refused, scope)
		}
	}
	if len(refused) == 0 {
		return ""
	}
	return "; refused: " + strings.Join(refused, " ")
}

func (p *patient) readToken(ctx context.Context) (string, *Finding) {
	var err error
	if p.claims, err = readToken(ctx, p.token); err != nil {
		return "", found(MalformedToken, line(err))
	}
	return p.claims.describe(), nil
}

// clock compares times, and calls the API for the server's. Whether that call went
// well is for a later rung.
func (p *patient) clock(ctx context.Context) (string, *Finding) {
	p.probe = probeOwners(ctx, p.client)
	if f := checkTimes(p.claims, p.probe.skew, p.probe.dated); f != nil {
		return "", f
	}
	detail := "the server's is not known"
	if p.probe.dated {
		detail = fmt.Sprintf("%+d s from the server's", int(p.probe.skew.Seconds()))
	}
	if p.claims != nil && p.claims.ExpiresAt != nil {
		detail += fmt.Sprintf("; the token is good for %d s", int(time.Until(p.claims.ExpiresAt.Time).Seconds()))
	}
	return detail, nil
}

func (p *patient) scopes(context.Context) (string, *Finding) {
	have := granted(p.claims, p.token, p.client.Scopes())
	if missing := missingScopes(have, p.operations); len(missing) > 0 {
		return "", found(ScopeMissing, "missing: "+strings.Join(missing, ", "))
	}
	return engine.OneLine(strings.Join(have, " "), 300), nil
}

func (p *patient) owners(context.Context) (string, *Finding) {
	if p.probe.err != nil {
		if p.probe.header != "" && !isBearer(p.probe.header) {
			return "", found(MissingBearerPrefix, schemeEvidence(p.probe.header))
		}
		// Explain names the likeliest first; with header and scopes in order, what is
		// left is the last.
		all := Explain(p.probe.err)
		return "", &all[len(all)-1]
	}
	return fmt.Sprintf("%d owner accounts", len(p.probe.owners)), nil
}

func (p *patient) administrator(ctx context.Context) (string, *Finding) {
	if len(p.probe.owners) == 0 {
		return "", found(NoOwnerAccounts, "the list of owner accounts is empty")
	}
	id := p.options.Owner
	if id == "" {
		return "of " + engine.OneLine(p.probe.owners[0].Name, 60) + " and what else is listed", nil
	}
	if !slices.ContainsFunc(p.probe.owners, func(o tapkey.OwnerAccount) bool { return o.ID == id }) {
		return "", found(NotAdministrator, fmt.Sprintf("it is not among the %d owner accounts listed", len(p.probe.owners)))
	}
	return p.reads(ctx, id), nil
}

// reads tells which lists of an owner account answer.
func (p *patient) reads(ctx context.Context, owner string) string {
	one := 1
	var answers []string
	for _, read := range []struct {
		id   string
		call func() error
	}{
		{"listPermissions", func() error { _, err := p.client.ListPermissions(ctx, owner); return err }},
		{"listBoundLocks", func() error {
			_, err := p.client.ListBoundLocks(ctx, owner, &tapkey.ListBoundLocksParams{Top: &one})
			return err
		}},
		{"listGrants", func() error {
			_, err := p.client.ListGrants(ctx, owner, &tapkey.ListGrantsParams{Top: &one})
			return err
		}},
		{"listLogEntries", func() error {
			_, err := p.client.ListLogEntries(ctx, owner, &tapkey.ListLogEntriesParams{Top: &one})
			return err
		}},
	} {
		answer := "yes"
		if err := read.call(); err != nil {
			answer = Explain(err)[0].ID
		}
		answers = append(answers, read.id+" "+answer)
	}
	return strings.Join(answers, ", ")
}

// probe is one GET /Owners, and what came of it.
type probe struct {
	owners []tapkey.OwnerAccount
	err    error
	header string        // the Authorization header that was sent
	skew   time.Duration // how far the server's clock is ahead
	dated  bool          // skew is known
}

func probeOwners(ctx context.Context, c *client.Client) probe {
	var p probe
	start := time.Now()
	op := api.Operation{ID: "listOwners", Method: http.MethodGet, Path: "/Owners"}
	rsp, err := c.Raw().ListOwners(ctx)
	if rsp != nil {
		p.header = rsp.Request.Header.Get("Authorization")
		if date, dateErr := http.ParseTime(rsp.Header.Get("Date")); dateErr == nil {
			// The date is cut to the second, and from somewhere between both ends.
			middle := start.Add(time.Since(start) / 2)
			p.skew, p.dated = date.Add(time.Second/2).Sub(middle), true
		}
	}
	p.owners, p.err = engine.DecodeList[tapkey.OwnerAccount](&op, api.Settings{}, nil, rsp, err)
	return p
}

func isBearer(header string) bool {
	return len(header) > 7 && strings.EqualFold(header[:7], "bearer ")
}
