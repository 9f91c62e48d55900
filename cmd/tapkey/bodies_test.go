package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each verb with a request body sends the fields that its flags set, and no others.
func TestRequestBodies(t *testing.T) {
	t.Parallel()
	recorder, env := startRecorder(t)
	recorder.respond(200, `{"id":"1"}`, http.Header{"Content-Type": {"application/json"}})
	const (
		owner   = "7f9c1e52-0000-4000-8000-000000000000"
		lock    = "c2a85d13-0000-4000-8000-000000000000"
		contact = "90d7c4e6-0000-4000-8000-000000000000"
		card    = "5e3d9b70-0000-4000-8000-000000000000"
	)
	inOwner := func(args ...string) []string { return append(args, "--owner", owner) }
	for _, test := range []struct {
		args         []string
		target, body string // the target is relative to /api/v1/Owners
	}{
		{[]string{"owners", "create", "--name", "A"}, "PUT ", `{"name":"A"}`},
		{[]string{"owners", "update", owner, "--name", ""}, "PATCH /" + owner, `{"name":""}`},
		{inOwner("permissions", "create", "--contact", contact, "--role", "Admin"),
			"PUT /" + owner + "/Permissions", `{"contactId":"` + contact + `","role":"Admin"}`},
		{inOwner("locks", "bind", "--serial", "12-34-BF-FB", "--code", "x", "--title", "t", "--description", "d"),
			"PUT /" + owner + "/BoundLocks", `{"bindingCode":"x","description":"d","physicalLockId":"BAASNL/7","title":"t"}`},
		{inOwner("cards", "update", card, "--title", "t"),
			"PATCH /" + owner + "/BoundCards/" + card, `{"title":"t"}`},
		{inOwner("contacts", "create", "--identifier", "a@example.com", "--title", "t", "--comment", "c"),
			"PUT /" + owner + "/Contacts", `{"comment":"c","identifier":"a@example.com","title":"t"}`},
		{inOwner("contacts", "create", "--ip-user-id", "u", "--provider", "p"),
			"PUT /" + owner + "/Contacts", `{"ipId":"p","ipUserId":"u"}`},
		{inOwner("contacts", "update", contact, "--title", "t", "--comment", "c"),
			"PATCH /" + owner + "/Contacts/" + contact, `{"comment":"c","title":"t"}`},
		{inOwner("grants", "create", "--lock", lock, "--contact", contact, "--from", "2026-12-01T08:00:00Z"),
			"PUT /" + owner + "/Grants", `{"boundLockId":"` + lock + `","contactId":"` + contact + `","validFrom":"2026-12-01T08:00:00Z"}`},
		{inOwner("grants", "create", "--lock", lock, "--identifier", "a@example.com"),
			"PUT /" + owner + "/Grants", `{"boundLockId":"` + lock + `","contact":{"identifier":"a@example.com"}}`},
		{inOwner("grants", "create", "--lock", lock, "--card", card, "--until", "2026-12-24T18:00:00Z"),
			"PUT /" + owner + "/Grants", `{"boundCardId":"` + card + `","boundLockId":"` + lock + `","validBefore":"2026-12-24T18:00:00Z"}`},
		{inOwner("grants", "update", "1", "--from", "2026-12-01T08:00:00Z", "--until", "2026-12-24T18:00:00Z"),
			"PATCH /" + owner + "/Grants/1", `{"validBefore":"2026-12-24T18:00:00Z","validFrom":"2026-12-01T08:00:00Z"}`},
		{inOwner("grants", "update", "1", "--until", "2026-12-24T18:00:00Z"),
			"PATCH /" + owner + "/Grants/1", `{"validBefore":"2026-12-24T18:00:00Z"}`},
		{inOwner("grants", "update", "1", "--clear", "until,from"), "PATCH /" + owner + "/Grants/1", `{"validFrom":null,"validBefore":null}`},
		{inOwner("grants", "update", "1", "--until", "2026-12-24T18:00:00Z", "--clear", "schedule"),
			"PATCH /" + owner + "/Grants/1", `{"validBefore":"2026-12-24T18:00:00Z","timeRestrictionIcal":null}`},
		{inOwner("contacts", "update", contact, "--clear", "title", "--comment", "c"),
			"PATCH /" + owner + "/Contacts/" + contact, `{"comment":"c","title":null}`},
		{inOwner("users", "create", "--provider", "p", "--ip-user-id", "u"),
			"PUT /" + owner + "/IdentityProviders/p/Users", `{"ipId":"p","ipUserId":"u"}`},
	} {
		r := tapkeyMain(t, env, test.args...)
		r.checkSuccess(t)
		method, path, _ := strings.Cut(test.target, " ")
		recorder.check(t, r.name, method+" /api/v1/Owners"+path, test.body)
	}
}

// --ical refuses a file that is not a calendar, before anything is sent.
func TestICalFiles(t *testing.T) {
	t.Parallel()
	recorder, env := startRecorder(t)
	recorder.respond(200, `{"id":"1"}`, http.Header{"Content-Type": {"application/json"}})
	dir := t.TempDir()
	for name, test := range map[string]struct{ text, want string }{
		"empty":      {"", "does not start with BEGIN:VCALENDAR"},
		"other text": {"DTSTART:20260101T080000Z\n", "does not start with BEGIN:VCALENDAR"},
		"not UTF-8":  {"BEGIN:VCALENDAR\nX:\xff\n", "not UTF-8"},
		"large":      {"BEGIN:VCALENDAR\n" + strings.Repeat("X:y\n", maxCalendar/4), "more than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, name)
			must(t, os.WriteFile(file, []byte(test.text), 0o600))
			tapkeyMain(t, env, "grants", "update", "1", "--owner", "o", "--ical", file).checkFailure(t, exitMisuse, test.want)
		})
	}
	tapkeyMain(t, env, "grants", "update", "1", "--owner", "o", "--ical", filepath.Join(dir, "none")).checkFailure(t, exitMisuse, "none")
	tapkeyMain(t, env, "grants", "update", "1", "--owner", "o").checkFailure(t, exitMisuse, "at least one of the flags")
}

// --clear removes what other flags set, and excludes them.
func TestClear(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	update := func(noun, id string, args ...string) result {
		return tapkeyMain(t, env, append([]string{noun, "update", id, "--owner", "Home", "--json"}, args...)...)
	}
	const schedule = "Mo-Fr 08:00-18:00"
	limits := func(args ...string) (has [2]bool) {
		r := update("grants", testGrant, args...)
		r.checkSuccess(t)
		var grant struct{ ValidBefore, TimeRestrictionIcal string }
		must(t, json.Unmarshal([]byte(r.stdout), &grant))
		return [2]bool{grant.ValidBefore != "", grant.TimeRestrictionIcal != ""}
	}
	check(t, "limits", limits("--until", "2099-01-01T00:00:00Z", "--schedule", schedule, "--zone", "UTC"), [2]bool{true, true})
	check(t, "limits after --clear", limits("--clear", "until,schedule"), [2]bool{})
	tapkeyMain(t, env, "contacts", "update", samID, "--owner", "Home", "--clear", "title", "--dry-run").
		checkStdout(t, "PATCH /Owners/"+homeID+"/Contacts/"+samID+"\n# owner account "+homeID+" (Home)\n# contact "+samID+" (sam@example.com)\n{\n  \"title\": null\n}\n")
	ical := filepath.Join(t.TempDir(), "restriction.ics")
	must(t, os.WriteFile(ical, []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), 0o600))
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--clear", "until", "--until", "2099-01-01"}, "--clear until and --until exclude each other"},
		{[]string{"--schedule", schedule, "--clear", "schedule"}, "--clear schedule and --schedule exclude each other"},
		{[]string{"--ical", ical, "--clear", "from,schedule"}, "--clear schedule and --ical exclude each other"},
		{[]string{"--clear", ""}, `unknown value ""`},
		{[]string{"--clear", "from,"}, `unknown value ""`},
		{[]string{"--clear", "validBefore"}, `unknown value "validBefore": use from, until or schedule`},
		{[]string{"--clear", strings.Repeat("x", 1<<16)}, `unknown value "xxx`},
	} {
		update("grants", testGrant, test.args...).checkFailure(t, exitMisuse, test.want)
	}
}

// The server may respond to a change of a grant without the grant.
func TestUpdateGrantWithoutBody(t *testing.T) {
	t.Parallel()
	recorder, env := startRecorder(t)
	recorder.respond(204, "", nil)
	args := []string{"grants", "update", "1", "--owner", "7f9c1e52-0000-4000-8000-000000000000", "--until", "2099-01-01"}
	r := tapkeyMain(t, env, args...)
	r.checkSuccess(t)
	check(t, "output", r.stdout, "")
}
