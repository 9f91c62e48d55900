package contract_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// must returns the value of a call and fails the test if there is an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// all reads a list to its end: only complete responses are validated.
func all[T any](t *testing.T, list iter.Seq2[T, error]) []T {
	t.Helper()
	var items []T
	for item, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	return items
}

// first returns the first item of a list and fails the test if the list is empty.
func first[T any](t *testing.T, list iter.Seq2[T, error]) T {
	t.Helper()
	items := all(t, list)
	if len(items) == 0 {
		t.Fatal("got an empty list, want at least one item")
	}
	return items[0]
}

// Every operation of the client is called on the sandbox. All requests and responses
// agree with openapi.yaml.
func TestEveryOperationOfTheClient(t *testing.T) {
	checked := contract.Recorder(t)
	s := start(t, sandbox.WithAutoConsent())
	c := connect(t, s, checked)

	owner := ownerNamed(t, c, coworking)
	reads(t, c, owner)
	writes(t, c, owner)
	asPerson := connect(t, s, checked, person(t, s, "write:owneraccounts"))
	must[tapkey.OwnerAccount](t)(asPerson.CreateOwner(t.Context(), tapkey.OwnerAccountCreate{Name: "New"}))

	for _, one := range checked.Coverage() {
		if !one.Checked() {
			t.Errorf("%s: got %+v, want it checked", one.Operation, one)
		}
	}
	if n := len(checked.Coverage()); n != 33 || n != len(tapkey.Operations()) {
		t.Errorf("got %d operations in the contract and %d in the client, want 33", n, len(tapkey.Operations()))
	}
}

func ownerNamed(t *testing.T, c *client.Client, name string) string {
	t.Helper()
	for _, owner := range all(t, c.AllOwners(t.Context())) {
		if owner.Name == name {
			return owner.ID
		}
	}
	t.Fatalf("got no owner account %q, want one", name)
	return ""
}

// reads calls all 18 reads, and the lists also with every parameter.
func reads(t *testing.T, c *client.Client, owner string) {
	t.Helper()
	ctx := t.Context()
	filter, fields, top, skip := new("id ne 'x'"), new("id"), new(2), new(0)
	onlyTitle, nothing := new("title"), new("id eq 'nothing'")

	must[tapkey.OwnerAccount](t)(c.GetOwner(ctx, owner))
	permission := first(t, c.AllPermissions(ctx, owner))
	must[tapkey.Permission](t)(c.GetPermission(ctx, owner, permission.ID))

	features := tapkey.Expand{"supportedFeatures", "membershipStatistics", "healthStatuses"}
	lock := first(t, c.AllBoundLocks(ctx, owner, nil))
	all(t, c.AllBoundLocks(ctx, owner, &tapkey.ListBoundLocksParams{Filter: filter, Top: top, Skip: skip, Expand: features}))
	all(t, c.AllBoundLocks(ctx, owner, &tapkey.ListBoundLocksParams{Select: fields}))
	must[tapkey.BoundLock](t)(c.GetBoundLock(ctx, owner, lock.ID, nil))
	must[tapkey.BoundLock](t)(c.GetBoundLock(ctx, owner, lock.ID, &tapkey.GetBoundLockParams{Expand: features}))
	must[[]tapkey.LogEntry](t)(c.ListBoundLockLogEntries(ctx, owner, lock.ID, &tapkey.ListBoundLockLogEntriesParams{
		Filter: filter, Select: fields, Top: top, Skip: skip,
	}))
	first(t, c.AllBoundLockLogEntries(ctx, owner, lock.ID, nil))

	must[[]tapkey.LogEntry](t)(c.ListLogEntries(ctx, owner, &tapkey.ListLogEntriesParams{
		Filter: filter, Select: fields, Top: top, Skip: skip,
	}))
	all(t, c.AllLogEntries(ctx, owner, &tapkey.ListLogEntriesParams{Top: new(400)}))

	statistics := tapkey.Expand{"supportedFeatures", "statistics"}
	group := first(t, c.AllLockGroups(ctx, owner, nil))
	all(t, c.AllLockGroups(ctx, owner, &tapkey.ListLockGroupsParams{
		Filter: filter, Select: fields, Top: top, Skip: skip, Expand: statistics,
	}))
	must[tapkey.LockGroup](t)(c.GetLockGroup(ctx, owner, group.ID, &tapkey.GetLockGroupParams{Expand: statistics}))

	card := first(t, c.AllBoundCards(ctx, owner, nil))
	all(t, c.AllBoundCards(ctx, owner, &tapkey.ListBoundCardsParams{Filter: filter, Select: fields, Top: top, Skip: skip}))
	must[tapkey.BoundCard](t)(c.GetBoundCard(ctx, owner, card.ID))
	first(t, c.AllBoundCardGrants(ctx, owner, card.ID, nil))
	all(t, c.AllBoundCardGrants(ctx, owner, card.ID, &tapkey.ListBoundCardGrantsParams{
		Filter: filter, Select: fields, Top: top, Skip: skip,
	}))

	contact := first(t, c.AllContacts(ctx, owner, nil))
	all(t, c.AllContacts(ctx, owner, &tapkey.ListContactsParams{Filter: filter, Select: fields, Top: top, Skip: skip}))
	must[tapkey.Contact](t)(c.GetContact(ctx, owner, contact.ID))
	// $select may exclude required fields. The client then returns an error, but the
	// exchange agrees with the contract.
	_, _ = c.ListContacts(ctx, owner, &tapkey.ListContactsParams{Select: onlyTitle})

	first(t, c.AllGrants(ctx, owner, nil))
	all(t, c.AllGrants(ctx, owner, &tapkey.ListGrantsParams{Filter: filter, Select: fields, Top: top, Skip: skip}))
	all(t, c.AllGrants(ctx, owner, &tapkey.ListGrantsParams{Filter: nothing}))

	user := first(t, c.AllIdentityProviderUsers(ctx, owner, provider, nil))
	must[[]tapkey.IdentityProviderUser](t)(c.ListIdentityProviderUsers(ctx, owner, provider,
		&tapkey.ListIdentityProviderUsersParams{IPUserID: &user.IPUserID}))
	must[tapkey.IdentityProviderUser](t)(c.GetIdentityProviderUser(ctx, owner, provider, user.ID))
}

// writes calls all writes except createOwner, which needs the token of a person.
func writes(t *testing.T, c *client.Client, owner string) {
	t.Helper()
	ctx := t.Context()

	must[tapkey.OwnerAccount](t)(c.UpdateOwner(ctx, owner, tapkey.OwnerAccountUpdate{Name: new("Coworking")}))

	contact := must[tapkey.Contact](t)(c.CreateContact(ctx, owner, tapkey.ContactCreate{
		IPID: new("tapkey"), Identifier: new("new@example.com"), Title: new("New"), Comment: new("Here since today"),
	}))
	must[tapkey.Contact](t)(c.UpdateContact(ctx, owner, contact.ID, tapkey.ContactUpdate{Title: new("Newer")}))

	permission := must[tapkey.Permission](t)(c.CreatePermission(ctx, owner, tapkey.PermissionCreate{
		ContactID: contact.ID, Role: tapkey.PermissionRoleAdmin,
	}))
	if err := c.DeletePermission(ctx, owner, permission.ID); err != nil {
		t.Fatal(err)
	}

	lock := must[tapkey.BoundLock](t)(c.BindLock(ctx, owner, tapkey.LockBinding{
		PhysicalLockID: "BAASNL/7", BindingCode: "K7Q2-M9XD-4TVB", Title: new("Side Door"),
	}))
	card := first(t, c.AllBoundCards(ctx, owner, nil))
	if err := c.UpdateBoundCard(ctx, owner, card.ID, tapkey.BoundCardUpdate{Title: new("Visitor")}); err != nil {
		t.Fatal(err)
	}

	grant := must[tapkey.Grant](t)(c.CreateGrant(ctx, owner, tapkey.GrantCreate{BoundLockID: lock.ID, ContactID: &contact.ID}))
	onCard := must[tapkey.Grant](t)(c.CreateGrant(ctx, owner, tapkey.GrantCreate{BoundLockID: lock.ID, BoundCardID: &card.ID}))
	must[tapkey.Grant](t)(c.CreateGrant(ctx, owner, tapkey.GrantCreate{
		BoundLockID: lock.ID, Contact: &tapkey.GrantContact{Identifier: "inline@example.com"},
	}))
	until := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	must[tapkey.Grant](t)(c.UpdateGrant(ctx, owner, grant.ID, tapkey.GrantUpdate{ValidBefore: &until}))
	must[tapkey.Grant](t)(c.UpdateGrant(ctx, owner, grant.ID, tapkey.GrantUpdate{}, tapkey.Null("validBefore")))
	must[tapkey.Contact](t)(c.UpdateContact(ctx, owner, contact.ID, tapkey.ContactUpdate{}, tapkey.Null("title")))
	must[tapkey.RevocationResult](t)(c.RevokeGrant(ctx, owner, grant.ID, &tapkey.RevokeGrantParams{DryRun: new(false)}))
	must[tapkey.RevocationResult](t)(c.DeleteGrantFromCard(ctx, owner, onCard.ID))
	must[tapkey.RevocationResult](t)(c.RevokeBoundCardGrants(ctx, owner, card.ID))
	must[tapkey.RevocationResult](t)(c.RevokeContactGrants(ctx, owner, contact.ID))

	must[tapkey.IdentityProviderUser](t)(c.CreateIdentityProviderUser(ctx, owner, provider, tapkey.IdentityProviderUserCreate{
		IPID: new(provider), IPUserID: "employee-4713",
	}))
}

// Every operation fails for a path with unknown ids. The responses agree with the
// contract, except for the status: the documentation of the statuses is incomplete.
func TestEveryOperationFails(t *testing.T) {
	checked, err := contract.NewTransport()
	if err != nil {
		t.Fatal(err)
	}
	s := start(t)
	c := connect(t, s, checked)
	for _, op := range tapkey.Operations() {
		path := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(op.Path, "nothing")
		rsp, err := c.Raw().ListOwners(t.Context(), func(_ context.Context, r *http.Request) error {
			r.Method = op.Method
			r.URL.Path = strings.TrimSuffix(r.URL.Path, "/Owners") + path
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, rsp.Body); err != nil {
			t.Fatal(err)
		}
		rsp.Body.Close()
		if rsp.StatusCode < 400 && op.ID != "listOwners" {
			t.Errorf("%s with unknown ids: got status %d, want an error", op.ID, rsp.StatusCode)
		}
	}
	for _, f := range checked.Findings() {
		if f.Side == contract.Response && f.Class != contract.UndocumentedStatus {
			t.Errorf("got the finding %s, want none", f)
		}
	}
	if n := responses(checked); n != len(tapkey.Operations()) {
		t.Errorf("got %d validated responses, want %d", n, len(tapkey.Operations()))
	}
}

// createOwner is forbidden with client credentials. The status of the response is not
// documented.
func TestCreateOwnerIsRefused(t *testing.T) {
	checked, err := contract.NewTransport()
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, start(t), checked)
	if _, err := c.CreateOwner(t.Context(), tapkey.OwnerAccountCreate{Name: "New"}); !errors.Is(err, api.ErrForbidden) {
		t.Errorf("createOwner with client credentials: got error %v, want %v", err, api.ErrForbidden)
	}
	for _, f := range checked.Findings() {
		if f.Class != contract.UndocumentedStatus {
			t.Errorf("got the finding %s, want none", f)
		}
	}
}
