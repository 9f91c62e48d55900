package sandbox_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// Each operation accepts its own scope and no other.
func TestScopesDecideOnOperations(t *testing.T) {
	s := start(t)
	var scopes []string
	for _, op := range tapkey.Operations() {
		for _, scope := range op.Scopes {
			if !slices.Contains(scopes, scope) {
				scopes = append(scopes, scope)
			}
		}
	}
	if len(scopes) != 11 {
		t.Fatalf("got scopes %v, want 11", scopes)
	}
	for _, scope := range scopes {
		token := accessToken(t, s, s.ClientID(), s.ClientSecret(), scope)
		for _, op := range tapkey.Operations() {
			path := strings.NewReplacer("{", "", "}", "").Replace(op.Path)
			got := send(t, op.Method, s.BaseURL()+path, "Bearer "+token, "")
			if slices.Contains(op.Scopes, scope) {
				if got.status == http.StatusUnauthorized {
					t.Errorf("%s with scope %s: got status %d and body %s, want another status", op.ID, scope, got.status, got.body)
				}
				continue
			}
			got.code(t, http.StatusUnauthorized, "InsufficientScope")
			if challenge, want := got.header.Get("WWW-Authenticate"), `Bearer error="insufficient_scope"`; challenge != want {
				t.Errorf("%s with scope %s: got WWW-Authenticate %s, want %s", op.ID, scope, challenge, want)
			}
		}
	}
}

// A new service account has access to no owner account until it becomes a co-administrator,
// and loses access when it no longer is one.
func TestCoAdministrationDecidesOnOwners(t *testing.T) {
	newcomer := sandbox.Client{ID: "newcomer", Secret: "s"}
	main := newCaller(t, sandbox.WithClient(newcomer))
	other := main.as(newcomer)
	home := main.owner("Home")

	if owners := other.list("/Owners"); len(owners) != 0 {
		t.Fatalf("owner accounts of a new service account: got %v, want none", owners)
	}
	other.call("GET", home, "").code(t, http.StatusUnauthorized, "Unauthorized")
	other.call("GET", home+"/BoundLocks", "").code(t, http.StatusUnauthorized, "Unauthorized")
	other.call("PUT", home+"/Contacts", `{"identifier":"x@example.com"}`).code(t, http.StatusUnauthorized, "Unauthorized")

	contact := main.put(home+"/Contacts", fmt.Sprintf(`{"identifier":%q}`, newcomer.ServiceAccount()))
	permission := main.put(home+"/Permissions", fmt.Sprintf(`{"contactId":%q,"role":"Admin"}`, contact["id"]))
	want(t, len(other.list("/Owners")), `1`)
	other.list(home + "/BoundLocks")
	other.call("GET", main.owner("Coworking Space"), "").code(t, http.StatusUnauthorized, "Unauthorized")

	// Only the owner may change permissions.
	other.call("PUT", home+"/Permissions", fmt.Sprintf(`{"contactId":%q,"role":"Admin"}`, contact["id"])).code(t, http.StatusUnauthorized, "Unauthorized")
	other.call("DELETE", home+"/Permissions/"+permission["id"].(string), "").code(t, http.StatusUnauthorized, "Unauthorized")

	main.call("DELETE", home+"/Permissions/"+permission["id"].(string), "").want(t, http.StatusNoContent)
	want(t, len(other.list("/Owners")), `0`)
	other.call("GET", home, "").code(t, http.StatusUnauthorized, "Unauthorized")
}

func TestClientsHaveTheRightsTheyAreRegisteredWith(t *testing.T) {
	admin := sandbox.Client{ID: "admin", Secret: "a", Administers: []string{"Home", "7f9c1e52-0000-4002-8000-000000000000"}}
	owner := sandbox.Client{ID: "owner", Secret: "o", Owns: []string{"Coworking Space"}, Scopes: []string{"read:owneraccounts", "write:owneraccount:permissions"}}
	main := newCaller(t, sandbox.WithClient(admin), sandbox.WithClient(owner))

	names := func(c caller) (names []any) {
		for _, owner := range c.list("/Owners") {
			names = append(names, owner["name"])
		}
		return names
	}
	want(t, names(main), `["Home","Coworking Space","Self Storage North","Holiday Flat"]`)
	want(t, names(main.as(admin)), `["Home","Self Storage North"]`)
	want(t, names(main.as(owner)), `["Coworking Space"]`)
	main.as(owner).call("DELETE", main.owner("Coworking Space")+"/Permissions/nope", "").code(t, http.StatusNotFound, "NotFound")
	main.as(owner).call("GET", main.owner("Coworking Space")+"/BoundLocks", "").code(t, http.StatusUnauthorized, "InsufficientScope")

	for _, bad := range []sandbox.Client{
		{ID: "x"}, {Secret: "x"},
		{ID: main.server.ClientID(), Secret: "x"},
		{ID: "x", Secret: "x", Scopes: []string{"manage:contacts"}},
		{ID: "x", Secret: "x", Administers: []string{"Nowhere"}},
	} {
		if s, err := sandbox.Start(sandbox.WithClient(bad)); err == nil {
			t.Errorf("Start with client %+v: got no error, want one", bad)
			s.Close()
		}
	}
}

func TestWithOwner(t *testing.T) {
	hotel := sandbox.Owner{
		Name: "Hotel", Locks: []string{"Room 101"}, Contacts: []string{"guest@example.com"}, Cards: []string{"Card 1"}, Users: []string{"u1"},
		Grants: []sandbox.SeedGrant{{Lock: "Room 101", Contact: "guest@example.com"}, {Lock: "Room 101", Card: "Card 1"}},
	}
	c := newCaller(t, sandbox.WithOwner(hotel), sandbox.WithOwner(sandbox.Owner{Name: "Annex"}))
	want(t, []int{
		len(c.list("/Owners")), len(c.list(c.owner("Hotel") + "/Grants")), len(c.list(c.owner("Hotel") + "/LogEntries")), len(c.list(c.owner("Annex") + "/Contacts")),
	}, `[2,2,0,1]`)

	for _, bad := range []sandbox.SeedGrant{{Lock: "Nope", Card: "Card 1"}, {Lock: "Room 101"}, {Lock: "Room 101", Card: "Card 1", Contact: "guest@example.com"}} {
		hotel.Grants = []sandbox.SeedGrant{bad}
		if s, err := sandbox.Start(sandbox.WithOwner(hotel)); err == nil {
			t.Errorf("Start with grant %+v: got no error, want one", bad)
			s.Close()
		}
	}
}
