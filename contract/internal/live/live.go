// Package live compares a running API with the contract. It sends only reads.
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

// Options are the settings of a run.
type Options struct {
	Client           []client.Option         // credentials and URLs
	HTTP             http.RoundTripper       // sends the requests
	Owner            string                  // id of the only owner account to read; empty for all
	IdentityProvider string                  // id; empty for the identity providers of the contacts
	Top              int                     // maximum number of items of a list
	Owners           int                     // maximum number of owner accounts
	Complete         bool                    // require that every read is checked
	Progress         io.Writer               // may be nil
	Observe          func(contract.Exchange) // may be nil
}

// Report is the result of a run.
type Report struct {
	Verdict    verdict.Verdict     `json:"verdict"`
	Reason     string              `json:"reason,omitempty"`
	Checked    int                 `json:"checked"`
	Operations []contract.Coverage `json:"operations"` // the reads of the contract
	Findings   []contract.Finding  `json:"findings"`
	Errors     []Failure           `json:"errors,omitempty"`
}

// Failure is the error of one or more calls. Its text contains no data: see [api.Error].
type Failure struct {
	Operation string `json:"operation,omitempty"`
	Error     string `json:"error"`
	Count     int    `json:"count"`
}

// Run calls all reads for which it finds ids, one at a time.
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

// newWalk returns a walk whose client uses a read-only Transport. If the client cannot be
// created, the error becomes a failure in the report.
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

// ReadScopes returns the scopes that the reads require.
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

// reads returns the coverage of the reads.
func reads(t *contract.Transport) []contract.Coverage {
	return slices.DeleteFunc(t.Coverage(), func(c contract.Coverage) bool { return c.Method != http.MethodGet })
}

// walk is a run in progress.
type walk struct {
	ctx      context.Context
	client   *client.Client
	checked  *contract.Transport
	options  Options
	failures []Failure
	tooLarge []contract.Finding
	step     int
}

// failed records the error of a call and reports whether there was one. A response that
// disagrees with the contract is a finding, not a failure.
func (w *walk) failed(err error) bool {
	if err == nil {
		return false
	}
	f := Failure{Error: err.Error(), Count: 1}
	if e, ok := errors.AsType[*api.Error](err); ok {
		f.Operation = e.Operation
		if errors.Is(err, api.ErrTooLarge) { // the Transport has not seen all of it either
			w.tooLarge = append(w.tooLarge, contract.Finding{
				Operation: e.Operation, Side: contract.Response, Status: e.StatusCode,
				Class: contract.Refused, Detail: api.ErrTooLarge.Error(), Count: 1,
			})
		}
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

// progress prints the next step.
func (w *walk) progress(what string) {
	w.step++
	if w.options.Progress != nil {
		fmt.Fprintf(w.options.Progress, "\r\x1b[K[%d] %s", w.step, what)
	}
}

// ownData are the reads that return data of the service account itself, which has a contact
// and a permission in every owner account. A run that checks only these checks too little.
var ownData = []string{"listOwners", "getOwner", "listPermissions", "getPermission", "listContacts", "getContact"}

func (w *walk) report() Report {
	if w.options.Progress != nil {
		fmt.Fprint(w.options.Progress, "\r\x1b[K")
	}
	r := Report{Operations: reads(w.checked), Findings: append(w.checked.Findings(), w.tooLarge...), Errors: w.failures}
	beyond := 0
	for _, c := range r.Operations {
		if c.Checked() {
			r.Checked++
			if !slices.Contains(ownData, c.Operation) {
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
		r.Verdict, r.Reason = verdict.NotChecked, "not every read was checked"
	}
	return r
}

// whyNothing returns the reason why nothing was checked.
func (w *walk) whyNothing(r Report) string {
	var unauthorized, responses int
	for _, c := range r.Operations {
		for status, n := range c.Statuses {
			responses += n
			if status == http.StatusUnauthorized {
				unauthorized += n
			}
		}
	}
	switch {
	case responses == 0 && len(w.failures) > 0:
		return "no response: " + w.failures[0].Error
	case responses > 0 && responses == unauthorized:
		return "every response was 401"
	case r.Checked == 0 && len(w.failures) == 0:
		return "every list was empty: the service account administers no owner account"
	case len(w.failures) > 0:
		return "no list had items; the first failure: " + w.failures[0].Error
	}
	return "every list was empty, except for data of the service account itself"
}
