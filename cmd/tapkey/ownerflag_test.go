package main

import (
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestOwnerByIDOrName(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	home := ownersOf(t, server)[0]
	for value, calls := range map[string]int{home.ID: 0, home.Name: 1, "hOME": 1} {
		server.ForgetRequests()
		r := tapkeyMain(t, env, "groups", "list", "--owner", value)
		r.checkSuccess(t)
		checkContains(t, r.name, r.stdout, "Ground Floor")
		check(t, r.name+": calls of listOwners", server.Count("listOwners"), calls)
	}
}

// With an ID, the scope of listOwners is not requested.
func TestOwnerIDNeedsNoScope(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t, sandbox.WithClient(sandbox.Client{
		ID: "limited", Secret: "secret", Scopes: []string{"read:core:entities"}, Administers: []string{"Home"},
	}))
	env = append(env, "TAPKEY_CLIENT_ID=limited", "TAPKEY_CLIENT_SECRET=secret")
	r := tapkeyMain(t, env, "groups", "list", "--owner", "7f9c1e52-0000-4000-8000-000000000000")
	r.checkSuccess(t)
	checkContains(t, r.name, r.stdout, "Ground Floor")
	tapkeyMain(t, env, "groups", "list", "--owner", "Home").checkFailure(t, exitAuth, "invalid_scope")
}

func TestOwnerDefaultsToTheOnlyOne(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t, sandbox.WithOwner(sandbox.Owner{Name: "Office", Groups: []string{"All Doors"}}))
	r := tapkeyMain(t, env, "groups", "list")
	r.checkSuccess(t)
	checkContains(t, r.name, r.stdout, "All Doors")
}

func TestOwnerMisuse(t *testing.T) {
	t.Parallel()
	_, several := startSandbox(t, sandbox.WithOwner(sandbox.Owner{Name: "A"}), sandbox.WithOwner(sandbox.Owner{Name: "B"}), sandbox.WithOwner(sandbox.Owner{Name: "B"}))
	_, many := startSandbox(t, sandbox.WithGenerated(1000, 1, 1))
	_, none := startSandbox(t, sandbox.WithClient(sandbox.Client{ID: "new", Secret: "secret"}))
	none = append(none, "TAPKEY_CLIENT_ID=new", "TAPKEY_CLIENT_SECRET=secret")
	for name, test := range map[string]struct {
		env    []string
		args   []string
		status int
		want   string
	}{
		"unknown":            {several, []string{"--owner", "C"}, exitMisuse, `no owner account is named "C"; there are "A", "B", "B"`},
		"ambiguous, by case": {several, []string{"--owner", "b"}, exitMisuse, `2 owner accounts are named "b": use one of the IDs 7f9c1e52-`},
		"ambiguous":          {several, []string{"--owner", "B"}, exitMisuse, `2 owner accounts are named "B": use one of the IDs 7f9c1e52-`},
		"omitted":            {several, nil, exitMisuse, `there are several owner accounts: use --owner with one of "A", "B", "B"`},
		"omitted, with many": {many, nil, exitMisuse, `"Locking System 000008", and 992 more`},
		"empty":              {several, []string{"--owner", ""}, exitMisuse, "--owner is empty"},
		"no owner accounts":  {none, nil, exitFailed, "does not administer any"},
	} {
		t.Run(name, func(t *testing.T) {
			tapkeyMain(t, test.env, append([]string{"locks", "list"}, test.args...)...).checkFailure(t, test.status, test.want)
		})
	}
}

func TestOwnerInANewSandbox(t *testing.T) {
	t.Parallel()
	r := tapkeyMain(t, nil, "groups", "list", "--sandbox", "--owner", "Home")
	r.checkSuccess(t)
	checkContains(t, r.name, r.stdout, "Ground Floor")
	tapkeyMain(t, nil, "groups", "list", "--sandbox", "--owner", "Nowhere").checkFailure(t, exitMisuse)
}
