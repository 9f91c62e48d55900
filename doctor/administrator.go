package doctor

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// ownerID matches the IDs of owner accounts.
var ownerID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// administrator checks that the service account administers owner accounts, and the one of the
// options.
func (r *run) administrator(ctx context.Context) Step {
	owner := r.options.Owner
	switch {
	case r.probe.err != nil && !ownerID.MatchString(owner): // the program needs no list of owner accounts
		return Step{Detail: "not known: the owner accounts could not be listed", Unknown: true}
	case r.probe.err != nil:
		return r.reads(ctx, owner)
	case len(r.probe.owners) == 0:
		return Step{Finding: r.registered(found(NoOwnerAccounts, "the list of owner accounts is empty"))}
	case owner == "":
		return passed(fmt.Sprintf("of %d owner accounts, the first one is %s", len(r.probe.owners), engine.OneLine(r.probe.owners[0].Name, 60)))
	}
	account, err := FindOwner(r.probe.owners, owner)
	switch {
	case errors.Is(err, errAmbiguous):
		f := newFinding(ConfigMissing, err.Error())
		f.Remedy = "Use the id of the owner account in place of its name."
		return Step{Finding: &f}
	case err != nil:
		return failed(NotAdministrator, "this id is not among your owner accounts: "+err.Error()+"; upper and lower case differ, and only owner accounts that the service account administers are listed")
	}
	return r.reads(ctx, account.ID)
}

// reads reads lists of an owner account, and reports which can be read. A list whose scope the
// client may not request is not a failure, unless it is one of the operations of the options.
func (r *run) reads(ctx context.Context, owner string) Step {
	one := 1
	var results []string
	var failure *Finding
	unknown := false
	for _, read := range []struct {
		id   string
		call func(...tapkey.RequestEditorFn) error
	}{
		{"listPermissions", func(e ...tapkey.RequestEditorFn) error {
			_, err := r.client.ListPermissions(ctx, owner, e...)
			return err
		}},
		{"listBoundLocks", func(e ...tapkey.RequestEditorFn) error {
			_, err := r.client.ListBoundLocks(ctx, owner, &tapkey.ListBoundLocksParams{Top: &one}, e...)
			return err
		}},
		{"listGrants", func(e ...tapkey.RequestEditorFn) error {
			_, err := r.client.ListGrants(ctx, owner, &tapkey.ListGrantsParams{Top: &one}, e...)
			return err
		}},
		{"listLogEntries", func(e ...tapkey.RequestEditorFn) error {
			_, err := r.client.ListLogEntries(ctx, owner, &tapkey.ListLogEntriesParams{Top: &one}, e...)
			return err
		}},
	} {
		operations, _ := operationsWith([]string{read.id})
		scope := strings.Join(operations[0].Scopes, " ")
		editors, refused, err := r.authorize(ctx, operations[0])
		if len(editors) == 0 && !refused && r.scopes.lacks(operations[0]) {
			results = append(results, read.id+" not tried (the token lacks "+scope+")")
			continue
		}
		if refused {
			results = append(results, read.id+" not tried (the client may not request "+scope+")")
			continue
		}
		if err == nil {
			err = read.call(editors...)
		}
		if err != nil {
			f := Explain(err)[0]
			results = append(results, read.id+" "+string(f.ID))
			hasScope := len(editors) > 0 || r.scopes.known || r.client.Scopes() != nil
			switch refused := errors.Is(err, api.ErrUnauthorized) || errors.Is(err, api.ErrForbidden); {
			case refused && !hasScope && !slices.Contains(r.options.Operations, read.id):
				unknown = true // the token may lack the scope
			case failure == nil:
				failure = &f
			}
			continue
		}
		results = append(results, read.id+" yes"+map[bool]string{true: " (with " + scope + ")"}[len(editors) > 0])
	}
	if failure != nil {
		failure.Evidence += "; " + strings.Join(results, ", ")
		return Step{Finding: failure}
	}
	return Step{Detail: strings.Join(results, ", "), Unknown: unknown}
}
