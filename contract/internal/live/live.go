// Package live asks a running API whether it still answers as the contract says. It
// only reads.
package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// Options say what to ask for.
type Options struct {
	Client           []client.Option // credentials and URLs
	HTTP             http.RoundTripper
	Owner            string // id of the only owner account to look at; empty for all
	IdentityProvider string // id; empty for those that contacts come from
	Top              int    // items of a list
	Owners           int    // owner accounts to look at at most
	Complete         bool   // an operation that was not checked is worth a verdict
	Progress         io.Writer
	Observe          func(contract.Exchange)
}

// Report is what came out.
type Report struct {
	Verdict    verdict.Verdict     `json:"verdict"`
	Reason     string              `json:"reason,omitempty"`
	Checked    int                 `json:"checked"`
	Operations []contract.Coverage `json:"operations"` // the reads of the contract
	Findings   []contract.Finding  `json:"findings"`
	Errors     []Failure           `json:"errors,omitempty"`
}

// Failure is a call that failed. Its text holds no data: see [api.Error].
type Failure struct {
	Operation string `json:"operation,omitempty"`
	Error     string `json:"error"`
	Count     int    `json:"count"`
}

// Run calls all reads, one at a time, as far as there is something to read.
func Run(ctx context.Context, o Options) (Report, error) {
	w, err := newWalk(ctx, o)
	if err != nil {
		return Report{}, err
	}
	if w.client != nil {
		w.everything()
	}
	return w.report(), nil
}

// newWalk connects the client to the API through a Transport that lets nothing but
// reads through. A client that cannot be had is a failure of the run, not of the
// program.
func newWalk(ctx context.Context, o Options) (*walk, error) {
	settings := []contract.Option{contract.ReadOnly(), contract.WithBase(o.HTTP)}
	if o.Observe != nil {
		settings = append(settings, contract.WithObserver(o.Observe))
	}
	checked, err := contract.NewTransport(settings...)
	if err != nil {
		return nil, err
	}
	w := &walk{ctx: ctx, checked: checked, options: o}
	w.client, err = client.New(append(slices.Clone(o.Client),
		client.WithHTTPClient(&http.Client{Transport: checked}),
		client.WithRetries(1),
	)...)
	w.failed(err)
	return w, nil
}

// ReadScopes are the scopes that all reads together need.
func ReadScopes() []string {
	var scopes []string
	for _, op := range tapkey.Operations() {
		if op.Method == http.MethodGet {
			scopes = append(scopes, op.Scopes...)
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// reads is the coverage of the operations that read.
func reads(t *contract.Transport) []contract.Coverage {
	return slices.DeleteFunc(t.Coverage(), func(c contract.Coverage) bool { return c.Method != http.MethodGet })
}

// walk is one run.
type walk struct {
	ctx      context.Context
	client   *client.Client
	checked  *contract.Transport
	options  Options
	failures []Failure
	step     int
}

// failed notes the error of a call and reports whether there was one. That an
// answer was not as the contract says is a finding, not a failure.
func (w *walk) failed(err error) bool {
	if err == nil {
		return false
	}
	f := Failure{Error: err.Error(), Count: 1}
	if e, ok := errors.AsType[*api.Error](err); ok {
		f.Operation = e.Operation
	}
	for i := range w.failures {
		if w.failures[i].Operation == f.Operation && w.failures[i].Error == f.Error {
			w.failures[i].Count++
			return true
		}
	}
	w.failures = append(w.failures, f)
	return true
}

// progress says what is done next.
func (w *walk) progress(what string) {
	w.step++
	if w.options.Progress != nil {
		fmt.Fprintf(w.options.Progress, "\r\x1b[K[%d] %s", w.step, what)
	}
}

// accompanying are the operations that a service account makes answer by being there:
// it has a contact and a permission. Alone they prove little about an owner account.
var accompanying = []string{"listOwners", "getOwner", "listPermissions", "getPermission", "listContacts", "getContact"}

func (w *walk) report() Report {
	if w.options.Progress != nil {
		fmt.Fprint(w.options.Progress, "\r\x1b[K")
	}
	r := Report{Operations: reads(w.checked), Findings: w.checked.Findings(), Errors: w.failures}
	beyond := 0
	for _, c := range r.Operations {
		if c.Checked() {
			r.Checked++
			if !slices.Contains(accompanying, c.Operation) {
				beyond++
			}
		}
	}
	switch {
	case len(r.Findings) > 0:
		r.Verdict = verdict.Disagrees
	case beyond == 0:
		r.Verdict, r.Reason = verdict.NotChecked, w.whyNothing(r)
	case w.options.Complete && r.Checked < len(r.Operations):
		r.Verdict, r.Reason = verdict.NotChecked, "not every read had something to check"
	}
	return r
}

// whyNothing says why nothing was checked.
func (w *walk) whyNothing(r Report) string {
	var unauthorized, answers int
	for _, c := range r.Operations {
		for status, n := range c.Statuses {
			answers += n
			if status == http.StatusUnauthorized {
				unauthorized += n
			}
		}
	}
	switch {
	case answers == 0 && len(w.failures) > 0:
		return "no answer: " + w.failures[0].Error
	case answers > 0 && answers == unauthorized:
		return "every answer was 401"
	case r.Checked == 0 && len(w.failures) == 0:
		return "every list was empty: the service account administers no owner account"
	case len(w.failures) > 0:
		return "no list had anything in it; the first failure: " + w.failures[0].Error
	}
	return "every list was empty, but for what belongs to the service account itself"
}
