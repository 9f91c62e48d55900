package access_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/access"
	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
	"github.com/tapkey-go/tapkey-go/schedule"
)

// home returns a sandbox with an account that has two locks, two contacts, a card and a grant.
func home(t *testing.T) (*sandbox.Server, *client.Client, string) {
	t.Helper()
	server, c := start(t, sandbox.WithOwner(sandbox.Owner{
		Name: "Home", Locks: []string{"Door", "Garage"}, Cards: []string{"Spare"},
		Contacts: []string{"owner@example.com", "sam@example.com"},
		Grants:   []sandbox.SeedGrant{{Lock: "Door", Contact: "sam@example.com"}, {Lock: "Garage", Card: "Spare"}},
	}))
	return server, c, ownerNamed(t, c, "Home")
}

// at returns an instant in the future: hours after the start of a Monday.
func at(hours int) time.Time {
	return time.Date(2098, 1, 6, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour)
}

var (
	sam   = access.Who{Email: "sam@example.com"}
	kim   = access.Who{Email: "kim@example.com"}
	spare = access.Who{Card: "Spare"}
)

// plan plans, and returns the changes as "action who lock".
func plan(t *testing.T, c *client.Client, owner string, scope access.Scope, wants ...access.Want) (*access.ChangeSet, []string) {
	t.Helper()
	set, err := access.Plan(t.Context(), c, owner, wants, scope)
	must(t, err)
	lines := []string{}
	for _, change := range set.Changes {
		lines = append(lines, strings.TrimSpace(fmt.Sprint(change.Action, " ", change.Who, " ", change.LockTitle)))
	}
	return set, lines
}

func equalLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestGrantsOfOthersAreNotTouched(t *testing.T) {
	server, c, owner := home(t)
	scope := access.Scope{State: newMemory()}
	before := jsonOf(allGrants(t, c, owner))
	set, lines := plan(t, c, owner, scope,
		access.Want{Who: sam, Lock: "Door"},                  // as it is
		access.Want{Who: spare, Lock: "Garage", From: at(0)}) // other limits
	equalLines(t, "changes", lines, "conflict card Spare Garage", "keep sam@example.com Door")
	equal(t, "conflicts", len(set.Conflicts()), 1)
	equal(t, "empty", set.Empty(), true)
	must(t, set.Apply(t.Context(), c, access.Options{State: scope.State, Force: true}))

	// A grant that is kept without being managed is not revoked when it is not wanted any more.
	set, lines = plan(t, c, owner, scope, access.Want{Who: kim, Lock: "Garage"})
	equalLines(t, "changes", lines, "create contact kim@example.com", "create kim@example.com Garage")
	must(t, set.Apply(t.Context(), c, access.Options{State: scope.State}))
	set, lines = plan(t, c, owner, scope)
	equalLines(t, "changes without wants", lines, "revoke kim@example.com Garage")
	must(t, set.Apply(t.Context(), c, access.Options{State: scope.State, Force: true}))
	equal(t, "revocations", server.Count("revokeGrant"), 1)
	if after := jsonOf(allGrants(t, c, owner)[:2]); after != before {
		t.Errorf("grants of others: got %s, want %s", after, before)
	}
}

func TestExclusiveScope(t *testing.T) {
	_, c, owner := home(t)
	scope := access.Scope{Locks: []string{"Door"}, Exclusive: true}
	set, lines := plan(t, c, owner, scope, access.Want{Who: spare, Lock: "Door"})
	equalLines(t, "changes", lines, "create card Spare Door", "revoke sam@example.com Door")
	must(t, set.Apply(t.Context(), c, access.Options{}))
	_, lines = plan(t, c, owner, scope, access.Want{Who: spare, Lock: "Door"})
	equalLines(t, "second plan", lines, "keep card Spare Door")
	for name, invalid := range map[string]access.Scope{
		"nothing": {}, "exclusive without locks": {Exclusive: true},
		"both":         {Exclusive: true, Locks: []string{"Door"}, State: newMemory()},
		"unknown lock": {Exclusive: true, Locks: []string{"Door", "Dor"}},
	} {
		if _, err := access.Plan(t.Context(), c, owner, nil, invalid); err == nil {
			t.Errorf("scope %s: got no error, want one", name)
		}
	}
}

func TestRevocationLimit(t *testing.T) {
	account := sandbox.Owner{Name: "Home", Locks: []string{"Door"}}
	var wants []access.Want
	for i := range 80 {
		account.Contacts = append(account.Contacts, fmt.Sprintf("p%d@example.com", i))
		account.Grants = append(account.Grants, sandbox.SeedGrant{Lock: "Door", Contact: account.Contacts[i]})
		wants = append(wants, access.Want{Who: access.Who{Email: account.Contacts[i]}, Lock: "Door"})
	}
	server, c := start(t, sandbox.WithOwner(account))
	owner := ownerNamed(t, c, "Home")
	scope := access.Scope{Locks: []string{"Door"}, Exclusive: true}
	ended := access.Want{Who: wants[0].Who, Lock: "Door", Until: time.Now().Add(-time.Hour)}
	for _, test := range []struct {
		wants   []access.Want
		refused bool
	}{{wants[8:], false}, {wants[9:], true}, {nil, true}, {[]access.Want{ended}, true}} {
		set, _ := plan(t, c, owner, scope, test.wants...)
		limiter := new(counter)
		err := set.Apply(t.Context(), c, access.Options{Limiter: limiter})
		limit, refused := errors.AsType[*access.RevocationLimitError](err)
		if refused != test.refused {
			t.Fatalf("%d wants of 80: got error %v, want a RevocationLimitError: %t", len(test.wants), err, test.refused)
		}
		if refused {
			equal(t, "requests", limiter.n.Load(), 0)
			equal(t, "managed grants in the error", limit.Managed, 80)
			equal(t, "revocations in the error", limit.Revocations, 80-set.Wants)
			continue
		}
		must(t, err)
		equal(t, "revocations", server.Count("revokeGrant"), 8)
		for _, w := range wants[:8] { // give it back
			_, err := access.EnsureGrant(t.Context(), c, owner, w)
			must(t, err)
		}
	}
	set, _ := plan(t, c, owner, scope)
	must(t, set.Apply(t.Context(), c, access.Options{Force: true}))
	equal(t, "revocations with Force", server.Count("revokeGrant"), 88)
}

func TestInvalidWants(t *testing.T) {
	server, c, owner := home(t)
	invalid := map[string]access.Want{
		"no person":               {Lock: "Door"},
		"more than one":           {Who: access.Who{Email: "a@b", Card: "Spare"}, Lock: "Door"},
		"not an e-mail":           {Who: access.Who{Email: "sam"}, Lock: "Door"},
		"without a user":          {Who: access.Who{Provider: "p"}, Lock: "Door"},
		"without an identity":     {Who: access.Who{User: "u"}, Lock: "Door"},
		"named by their e-mail":   {Who: access.Who{Provider: "tapkey", User: "u"}, Lock: "Door"},
		"control character":       {Who: access.Who{Card: "Spare\x1b"}, Lock: "Door"},
		"no lock":                 {Who: sam},
		`unknown lock "Dor"`:      {Who: sam, Lock: "Dor"},
		`unknown card "Spar"`:     {Who: access.Who{Card: "Spar"}, Lock: "Door"},
		"until is not after from": {Who: sam, Lock: "Door", From: at(1), Until: at(1)},
		"no windows":              {Who: sam, Lock: "Door", Schedule: new(schedule.Schedule)},
		"before 1970":             {Who: sam, Lock: "Door", From: time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)},
		"after the year 9999":     {Who: sam, Lock: "Door", Until: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	for text, want := range invalid {
		_, err := access.Plan(t.Context(), c, owner, []access.Want{{Who: kim, Lock: "Door"}, want}, access.Scope{State: newMemory()})
		failure, ok := errors.AsType[*access.WantError](err)
		if !ok || failure.Index != 1 || !strings.Contains(err.Error(), text) {
			t.Errorf("%+v: got error %v, want a WantError of want 1 that contains %q", want, err, text)
		}
	}
	_, err := access.Plan(t.Context(), c, owner, []access.Want{{Who: sam, Lock: "Dor"}, {Who: sam, Lock: "Door"}, {Who: sam, Lock: "Gate"}}, access.Scope{State: newMemory()})
	equal(t, "errors", strings.Count(fmt.Sprint(err), "unknown lock"), 2)
	equal(t, "creates", server.Count("createGrant"), 0)
}

func TestLocksAreNamed(t *testing.T) {
	_, c, owner := home(t)
	locks, err := c.ListBoundLocks(t.Context(), owner, nil)
	must(t, err)
	for _, name := range []string{locks[0].ID, "Door", locks[0].PhysicalLockID, "00-00-00-00-00-00-00-00"} {
		set, _ := plan(t, c, owner, access.Scope{State: newMemory()}, access.Want{Who: kim, Lock: name})
		equal(t, "lock "+name, set.Changes[1].Lock, locks[0].ID)
	}
}

// Limits that are not wanted any more are replaced by limits without effect.
func TestRemovedLimits(t *testing.T) {
	_, c, owner := home(t)
	scope := access.Scope{State: newMemory()}
	limited := access.Want{Who: kim, Lock: "Door", From: at(0), Until: at(100), Schedule: new(schedule.Weekly(time.UTC, schedule.Weekdays, "08:00", "18:00"))}
	free := access.Want{Who: kim, Lock: "Door"}
	for i, want := range []access.Want{limited, free, limited} {
		set, _ := plan(t, c, owner, scope, want)
		must(t, set.Apply(t.Context(), c, access.Options{State: scope.State}))
		_, lines := plan(t, c, owner, scope, want)
		equalLines(t, fmt.Sprint("plan after want ", i), lines, "keep kim@example.com Door")
	}
	grants := allGrants(t, c, owner)
	equal(t, "grants", len(grants), 3)
}

func TestMerge(t *testing.T) {
	day := schedule.Weekly(time.UTC, schedule.EveryDay, "08:00", "18:00")
	for name, test := range map[string]struct {
		wants       []access.Want
		from, until time.Time
		schedule    string // words
		conflict    string
	}{
		"overlapping": {
			wants: []access.Want{{From: at(0), Until: at(10)}, {From: at(5), Until: at(20)}},
			from:  at(0), until: at(20),
		},
		"touching": {
			wants: []access.Want{{From: at(10), Until: at(20)}, {From: at(0), Until: at(10)}},
			from:  at(0), until: at(20),
		},
		"gap": {
			wants: []access.Want{{From: at(0), Until: at(10)}, {From: at(30), Until: at(40)}},
			from:  at(0), until: at(40), schedule: "6 January 2098",
		},
		"unlimited covers all": {
			wants: []access.Want{{}, {From: at(0), Until: at(10)}, {Schedule: &day}},
		},
		"equal schedules": {
			wants: []access.Want{{From: at(0), Until: at(240), Schedule: &day}, {From: at(200), Until: at(480), Schedule: &day}},
			from:  at(0), until: at(480), schedule: "Every day from 08:00 to 18:00",
		},
		"schedule and period": {
			wants: []access.Want{{Until: at(0), Schedule: &day}, {From: at(24), Until: at(72)}},
			until: at(72), schedule: "until 5 January 2098",
		},
		"ended": {
			wants: []access.Want{{Until: time.Now().Add(-time.Hour)}, {From: at(0), Until: at(10)}},
			from:  at(0), until: at(10),
		},
		"partial days of a schedule": {
			wants:    []access.Want{{Until: at(12), Schedule: &day}, {From: at(24), Until: at(72)}},
			conflict: "cannot be merged",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, c, owner := home(t)
			for i := range test.wants {
				test.wants[i].Who, test.wants[i].Lock = kim, "Door"
			}
			set, _ := plan(t, c, owner, access.Scope{State: newMemory()}, test.wants...)
			change := set.Changes[len(set.Changes)-1]
			if test.conflict != "" {
				if change.Action != access.ActionConflict || !strings.Contains(change.Reason, test.conflict) {
					t.Errorf("got %+v, want a conflict with %q", change, test.conflict)
				}
				return
			}
			if !change.Limits.From.Equal(test.from) || !change.Limits.Until.Equal(test.until) {
				t.Errorf("got %s to %s, want %s to %s", change.Limits.From, change.Limits.Until, test.from, test.until)
			}
			if test.schedule == "" {
				equal(t, "schedule", change.Limits.Schedule, "")
				return
			}
			s, err := schedule.ParseICalendar(change.Limits.Schedule, nil)
			must(t, err)
			if !strings.Contains(s.String(), test.schedule) {
				t.Errorf("schedule: got %q, want it to contain %q", s, test.schedule)
			}
		})
	}
}

// The notation of a time restriction makes no difference: other UIDs, events in another order,
// one event for each day, and no VTIMEZONE.
func TestSchedulesAreComparedByMeaning(t *testing.T) {
	_, c, owner := home(t)
	vienna, err := time.LoadLocation("Europe/Vienna")
	must(t, err)
	text := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//other//EN\n"
	for i, day := range []string{"TU", "MO"} {
		text += fmt.Sprintf("BEGIN:VEVENT\nUID:other-%d\nDTSTAMP:20250101T000000Z\nDTSTART;TZID=Europe/Vienna:202601%02dT080000\n"+
			"DTEND;TZID=Europe/Vienna:202601%02[2]dT180000\nRRULE:FREQ=WEEKLY;BYDAY=%s\nSEQUENCE:3\nEND:VEVENT\n", i, 6-i, day)
	}
	text += "END:VCALENDAR\n"
	contact, err := access.EnsureContact(t.Context(), c, owner, kim)
	must(t, err)
	locks, err := c.ListBoundLocks(t.Context(), owner, nil)
	must(t, err)
	_, err = c.CreateGrant(t.Context(), owner, tapkey.GrantCreate{BoundLockID: locks[0].ID, ContactID: &contact.ID, TimeRestrictionIcal: &text})
	must(t, err)
	for days, want := range map[schedule.Days]string{schedule.Mon | schedule.Tue: "keep", schedule.Mon: "conflict"} {
		s := schedule.Weekly(vienna, days, "08:00", "18:00")
		_, lines := plan(t, c, owner, access.Scope{State: newMemory()}, access.Want{Who: kim, Lock: "Door", Schedule: &s})
		equalLines(t, days.String(), lines, want+" kim@example.com Door")
	}
}

// A grant that someone else creates between the plan and its application is not changed.
func TestGrantCreatedSinceThePlan(t *testing.T) {
	for name, until := range map[string]time.Time{"as wanted": at(10), "other limits": at(20)} {
		_, c, owner := home(t)
		scope := access.Scope{State: newMemory()}
		set, _ := plan(t, c, owner, scope, access.Want{Who: sam, Lock: "Garage", Until: at(10)})
		_, err := access.EnsureGrant(t.Context(), c, owner, access.Want{Who: sam, Lock: "Garage", Until: until})
		must(t, err)
		err = set.Apply(t.Context(), c, access.Options{State: scope.State})
		if conflict := errors.Is(err, access.ErrNotManaged); conflict != (name == "other limits") {
			t.Errorf("%s: got error %v", name, err)
		}
		if failure, ok := errors.AsType[*access.ChangeError](err); ok {
			equal(t, "change", failure.Change.LockTitle, "Garage")
		}
		entries, err := scope.State.Entries(t.Context())
		must(t, err)
		equal(t, name+": entries", len(entries), 0)
	}
}

// After a crash between a create and the record of its id, the limits identify the grant; after
// an update of it, the id does.
func TestUpdateAfterACrash(t *testing.T) {
	_, c, owner := home(t)
	state := newMemory()
	scope := access.Scope{State: state}
	set, _ := plan(t, c, owner, scope, access.Want{Who: sam, Lock: "Garage", Until: at(10)})
	state.left, state.stored = 2, false // the second write is lost
	if err := set.Apply(t.Context(), c, access.Options{State: state}); !errors.Is(err, errCrash) {
		t.Fatalf("got error %v, want the crash", err)
	}
	state.left = -1
	set, lines := plan(t, c, owner, scope, access.Want{Who: sam, Lock: "Garage", Until: at(20)})
	equalLines(t, "plan after the crash", lines, "update sam@example.com Garage")
	must(t, set.Apply(t.Context(), c, access.Options{State: state}))
	_, lines = plan(t, c, owner, scope)
	equalLines(t, "plan without wants", lines, "revoke sam@example.com Garage")
}

func TestStopsOrGoesOn(t *testing.T) {
	for _, keepGoing := range []bool{false, true} {
		server, c, owner := home(t)
		scope := access.Scope{State: newMemory()}
		set, _ := plan(t, c, owner, scope, access.Want{Who: sam, Lock: "Garage"}, access.Want{Who: spare, Lock: "Door"})
		must(t, server.Inject(sandbox.Fault{Kind: sandbox.Fault402, Operation: "createGrant", Count: 1}))
		var seen []access.Progress
		err := set.Apply(t.Context(), c, access.Options{
			State: scope.State, Concurrency: 1, KeepGoing: keepGoing, Progress: func(p access.Progress) { seen = append(seen, p) },
		})
		if !errors.Is(err, api.ErrPaymentRequired) {
			t.Errorf("got error %v, want a 402", err)
		}
		want := map[bool]int{false: 1, true: 2}[keepGoing]
		equal(t, "creates", server.Count("createGrant"), want)
		equal(t, "reports", len(seen), want)
		equal(t, "total", seen[0].Total, 2)
		equal(t, "error of the first", errors.Is(seen[0].Err, api.ErrPaymentRequired), true)
	}
}

// A plan is the same whatever the order of the wants, and survives its encoding.
func TestPlanIsStable(t *testing.T) {
	_, c, owner := home(t)
	scope := access.Scope{State: newMemory()}
	wants := []access.Want{
		{Who: kim, Lock: "Door", Ref: "1"}, {Who: access.Who{Email: "KIM@example.com"}, Lock: "Garage", Ref: "2"},
		{Who: spare, Lock: "Door"}, {Who: sam, Lock: "Garage", From: at(0)}, {Who: sam, Lock: "Garage", Until: at(9), Ref: "\x1b[31m\u202e"},
	}
	first, _ := plan(t, c, owner, scope, wants...)
	slices.Reverse(wants)
	second, _ := plan(t, c, owner, scope, wants...)
	equal(t, "plan", jsonOf(second), jsonOf(first))
	if table := first.String(); strings.ContainsAny(table, "\x1b\u202e") || !strings.Contains(table, "contacts to create: 1, grants to create: 4, to keep: 0") {
		t.Errorf("table: got %q, want a summary and no control characters", table)
	}
	var decoded access.ChangeSet
	must(t, json.Unmarshal([]byte(jsonOf(first)), &decoded))
	must(t, decoded.Apply(t.Context(), c, access.Options{State: scope.State}))
	third, _ := plan(t, c, owner, scope, wants...)
	equal(t, "empty", third.Empty(), true)
}

func TestNotSupportedByTheLock(t *testing.T) {
	c, err := client.New(client.WithTokenSource(staticToken()), client.WithHTTPClient(httpClient(lists(1))))
	must(t, err)
	s := schedule.Weekly(time.UTC, schedule.Mon, "08:00", "09:00")
	_, lines := plan(t, c, "owner", access.Scope{Locks: []string{"Door"}, Exclusive: true},
		access.Want{Who: access.Who{Email: "p0@example.com"}, Lock: "Door", Schedule: &s})
	equalLines(t, "changes", lines, "conflict p0@example.com Door")
}

func TestEnsure(t *testing.T) {
	server, c, owner := home(t)
	contacts, err := c.ListContacts(t.Context(), owner, nil)
	must(t, err)
	contact, err := access.EnsureContact(t.Context(), c, owner, access.Who{Email: "SAM@example.com"})
	must(t, err)
	equal(t, "contact", contact.ID, contacts[1].ID)
	equal(t, "creates", server.Count("createContact"), 0)
	if _, err := access.EnsureContact(t.Context(), c, owner, spare); err == nil {
		t.Error("contact of a card: got no error, want one")
	}
	// The response to a create is lost.
	must(t, server.Inject(sandbox.Fault{Kind: sandbox.FaultCloseBody, Operation: "createContact", Count: 1}))
	_, err = access.EnsureContact(t.Context(), c, owner, kim)
	must(t, err)
	equal(t, "creates", server.Count("createContact"), 1)

	provider := "b75c2e91-0000-4000-8000-000000000000"
	must(t, server.Inject(sandbox.Fault{Kind: sandbox.FaultCloseBody, Operation: "createIdentityProviderUser", Count: 1}))
	for range 2 {
		user, err := access.EnsureUser(t.Context(), c, owner, provider, "employee-1")
		must(t, err)
		equal(t, "user", user.IPUserID, "employee-1")
	}
	equal(t, "creates", server.Count("createIdentityProviderUser"), 1)

	must(t, server.Inject(sandbox.Fault{Kind: sandbox.FaultCloseBody, Operation: "createGrant", Count: 1}))
	want := access.Want{Who: access.Who{Provider: provider, User: "employee-1"}, Lock: "Door", Until: at(10)}
	grant, err := access.EnsureGrant(t.Context(), c, owner, want)
	must(t, err)
	want.Until = at(11)
	other, err := access.EnsureGrant(t.Context(), c, owner, want)
	if !errors.Is(err, access.ErrNotManaged) || other.ID != grant.ID {
		t.Errorf("other limits: got grant %q, error %v; want %q and ErrNotManaged", other.ID, err, grant.ID)
	}
	equal(t, "creates", server.Count("createGrant"), 1)
	want.Until = time.Now().Add(-time.Hour)
	if _, err := access.EnsureGrant(t.Context(), c, owner, want); err == nil {
		t.Error("ended want: got no error, want one")
	}
}

// A grant that is managed is managed again after a suspension, and both steps can be repeated.
func TestSuspendAndRestore(t *testing.T) {
	server, c, owner := home(t)
	state := newMemory()
	scope := access.Scope{State: state}
	weekly := schedule.Weekly(time.UTC, schedule.Mon, "08:00", "09:00")
	wants := []access.Want{{Who: sam, Lock: "Garage", Until: at(10), Schedule: &weekly}}
	set, _ := plan(t, c, owner, scope, wants...)
	must(t, set.Apply(t.Context(), c, access.Options{State: state}))
	s, err := access.NewSuspension(t.Context(), c, owner, sam)
	must(t, err)
	equal(t, "suspended grants", len(s.Grants), 2)
	before := jsonOf(s.Grants)
	for _, fault := range []sandbox.FaultKind{sandbox.Fault403, sandbox.FaultCloseBody, ""} {
		if fault != "" {
			must(t, server.Inject(sandbox.Fault{Kind: fault, Operation: "revokeGrant", Count: 1}))
		}
		err = access.Suspend(t.Context(), c, s, access.WithoutPauses(access.Options{Concurrency: 1}))
		equal(t, "error after "+string(fault), err != nil, fault == sandbox.Fault403)
	}
	empty, err := access.NewSuspension(t.Context(), c, owner, sam)
	must(t, err)
	equal(t, "live grants", len(empty.Grants), 0)
	equal(t, "record", jsonOf(s.Grants), before)

	for _, fault := range []sandbox.FaultKind{sandbox.Fault403, sandbox.FaultCloseBody, ""} {
		if fault != "" {
			must(t, server.Inject(sandbox.Fault{Kind: fault, Operation: "createGrant", Count: 1}))
		}
		err = access.Restore(t.Context(), c, s, access.WithoutPauses(access.Options{State: state, Concurrency: 1}))
		equal(t, "error after "+string(fault), err != nil, fault == sandbox.Fault403)
	}
	again, err := access.NewSuspension(t.Context(), c, owner, sam)
	must(t, err)
	for i, g := range again.Grants {
		equal(t, "limits", jsonOf(g.Limits), jsonOf(s.Grants[i].Limits))
	}
	equal(t, "grants", len(again.Grants), 2)
	_, lines := plan(t, c, owner, scope, wants...)
	equalLines(t, "plan", lines, "keep sam@example.com Garage")
	_, lines = plan(t, c, owner, scope)
	equalLines(t, "plan without wants", lines, "revoke sam@example.com Garage")

	if _, err := access.NewSuspension(t.Context(), c, owner, kim); err == nil {
		t.Error("unknown contact: got no error, want one")
	}
	if err := access.Suspend(t.Context(), c, &access.Suspension{}, access.Options{}); err == nil {
		t.Error("empty suspension: got no error, want one")
	}
}
