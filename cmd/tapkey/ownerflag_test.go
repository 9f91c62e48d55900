package main

import (
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

func startWith(t *testing.T, opts ...sandbox.Option) (*sandbox.Server, []string) {
	t.Helper()
	server, err := sandbox.Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server, environment(server)
}

func TestOwnerIsNamedByIDOrName(t *testing.T) {
	server, env := startSandbox(t)
	home := served(t, server)[0]
	for _, name := range []string{home.ID, home.Name} {
		server.ForgetRequests()
		out, errs, status := tapkeyMain(t, env, "groups", "list", "--owner", name)
		if status != 0 || errs != "" || !strings.Contains(out, "Ground Floor") {
			t.Errorf("%s: status %d, %q, %q", name, status, out, errs)
		}
		// An id needs no look-up, and no scope for one.
		if lookups := server.Count("listOwners"); (lookups == 0) != (name == home.ID) {
			t.Errorf("%s: %d look-ups", name, lookups)
		}
	}
}

func TestTheOnlyOwnerNeedsNoName(t *testing.T) {
	_, env := startWith(t, sandbox.WithOwner(sandbox.Owner{Name: "Office", Groups: []string{"All Doors"}}))
	if out, errs, status := tapkeyMain(t, env, "groups", "list"); status != 0 || !strings.Contains(out, "All Doors") {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
}

func TestOwnerThatIsNotClear(t *testing.T) {
	_, several := startWith(t, sandbox.WithOwner(sandbox.Owner{Name: "A"}), sandbox.WithOwner(sandbox.Owner{Name: "B"}), sandbox.WithOwner(sandbox.Owner{Name: "B"}))
	_, many := startWith(t, sandbox.WithGenerated(1000, 1, 1))
	newcomer := sandbox.Client{ID: "new", Secret: "secret"}
	server, _ := startWith(t, sandbox.WithClient(newcomer))
	none := append(environment(server), "TAPKEY_CLIENT_ID=new", "TAPKEY_CLIENT_SECRET=secret")
	for name, test := range map[string]struct {
		env    []string
		args   []string
		status int
		want   string
	}{
		"unknown":          {several, []string{"--owner", "C"}, 2, `no owner account is called "C"; there are "A", "B", "B"`},
		"case matters":     {several, []string{"--owner", "a"}, 2, `no owner account is called "a"`},
		"ambiguous":        {several, []string{"--owner", "B"}, 2, `2 owner accounts are called "B": say --owner with an id, such as 7f9c1e52-`},
		"left out":         {several, nil, 2, `there are several owner accounts: say --owner with one of "A", "B", "B"`},
		"left out of many": {many, nil, 2, `"Locking System 000008", and 992 more`},
		"empty":            {several, []string{"--owner", ""}, 2, "--owner is empty"},
		"none":             {none, nil, 1, "administrator of none yet"},
	} {
		out, errs, status := tapkeyMain(t, test.env, append([]string{"locks", "list"}, test.args...)...)
		if status != test.status || out != "" || !strings.Contains(errs, test.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: status %d, %q, %q", name, status, out, errs)
		}
	}
}

func TestOwnerInASandboxOfItsOwn(t *testing.T) {
	for owner, want := range map[string]int{"Home": 0, "Nowhere": 2} {
		out, errs, status := tapkeyMain(t, nil, "groups", "list", "--sandbox", "--owner", owner)
		if status != want || (status == 0) != strings.Contains(out, "Ground Floor") {
			t.Errorf("%s: status %d, %q, %q", owner, status, out, errs)
		}
	}
}
