package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

const (
	testGrant   = "3a6f18c9-0000-4000-8000-000000000001"
	revokedLock = "c2a85d13-0000-4000-8000-000000000001"
)

// grantsJSON returns the grants that a command prints, by ID.
func grantsJSON(t *testing.T, r result) map[string]tapkey.Grant {
	t.Helper()
	r.checkSuccess(t)
	var list []tapkey.Grant
	must(t, json.Unmarshal([]byte(r.stdout), &list))
	grants := map[string]tapkey.Grant{}
	for _, g := range list {
		grants[g.ID] = g
	}
	return grants
}

// --schedule and --ical send a time restriction, after the lock was checked.
func TestSchedule(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	ical := filepath.Join(t.TempDir(), "office.ics")
	const calendar = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\nDTSTART:20260105T080000Z\nDTEND:20260105T090000Z\nEND:VEVENT\nEND:VCALENDAR\n"
	must(t, os.WriteFile(ical, []byte("\uFEFF"+strings.ReplaceAll(calendar, "\n", "\r\n")), 0o600))
	const weekdays = "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\n"
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--schedule", "Mo-Fr 08:00-18:00", "--zone", "America/New_York"}, "DTSTART;TZID=America/New_York:20260101T080000\nDTEND;TZID=America/New_York:20260101T180000\n" + weekdays},
		{[]string{"--schedule", "Mo-Fr 22:00-06:00"}, "DTSTART;TZID=Europe/Vienna:20260101T220000\nDTEND;TZID=Europe/Vienna:20260102T060000\n" + weekdays},
		{[]string{"--ical", ical}, calendar},
	} {
		server.ForgetRequests()
		args := append([]string{"grants", "update", testGrant, "--owner", "Home"}, test.args...)
		tapkeyMain(t, env, args...).checkSuccess(t)
		for operation, want := range map[string]int{"listGrants": 1, "getBoundLock": 1, "updateGrant": 1} {
			check(t, strings.Join(test.args, " ")+": calls of "+operation, server.Count(operation), want)
		}
		grants := grantsJSON(t, tapkeyMain(t, env, "grants", "list", "--owner", "Home", "--json"))
		checkContains(t, strings.Join(test.args, " "), grants[testGrant].TimeRestrictionIcal, test.want)
	}
	server.ForgetRequests()
	tapkeyMain(t, env, "grants", "create", "--owner", "Home", "--lock", revokedLock, "--identifier", "new@example.com", "--ical", ical).checkSuccess(t)
	check(t, "calls of getBoundLock", server.Count("getBoundLock"), 1)
	server.ForgetRequests()
	tapkeyMain(t, env, "grants", "update", testGrant, "--owner", "Home", "--until", "2099-01-01").checkSuccess(t)
	check(t, "calls of getBoundLock without a restriction", server.Count("getBoundLock"), 0)
}

func TestScheduleMisuse(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	for _, test := range [][]string{
		{"neither days nor times", "--schedule", "whenever"},
		{"no windows", "--schedule", ""},
		{"never opens", "--schedule", "Mo 08:00-09:00 until 2020-01-01"},
		{"not a name of the time zone database", "--schedule", "Mo 08:00-09:00", "--zone", "W. Europe Standard Time"},
		{"not a name of the time zone database", "--schedule", "Mo 08:00-09:00", "--zone", "Local"},
		{"not a name of the time zone database", "--schedule", "Mo 08:00-09:00", "--zone", "../etc/passwd"},
		{"not a name of the time zone database", "--schedule", "Mo 08:00-09:00", "--zone", ""},
		{"--zone needs --schedule", "--zone", "Europe/Vienna", "--until", "2099-01-01"},
		{"schedule ical", "--schedule", "Mo 08:00-09:00", "--ical", "-"},
	} {
		args := append([]string{"grants", "update", testGrant, "--owner", "Home"}, test[1:]...)
		tapkeyInput(t, env, "BEGIN:VCALENDAR\n", args...).checkFailure(t, exitMisuse, test[0])
	}
	zone := append(env, "TZ=CET-1CEST")
	tapkeyMain(t, zone, "grants", "update", testGrant, "--owner", "Home", "--schedule", "Mo 08:00-09:00").checkFailure(t, exitMisuse, "unknown time zone")
	check(t, "requests", len(server.Requests()), 0)
	tapkeyMain(t, env, "grants", "update", "none", "--owner", "Home", "--schedule", "Mo 08:00-09:00", "--zone", "UTC").checkFailure(t, exitFailed, "no grant none")
	check(t, "calls of updateGrant", server.Count("updateGrant"), 0)
}

// A lock that does not support time restrictions gets none. One that does not report it gets
// one, with a warning.
func TestScheduleOfALockWithoutSupport(t *testing.T) {
	t.Parallel()
	recorder, env := startRecorder(t)
	args := []string{"grants", "create", "--owner", "7f9c1e52-0000-4000-8000-000000000000", "--lock", garageID, "--contact", samID, "--schedule", "Mo 08:00-09:00"}
	header := http.Header{"Content-Type": {"application/json"}}
	recorder.respond(200, `{"id":"`+garageID+`","supportedFeatures":{"timeRestrictionIcalSupport":"NotSupported"}}`, header)
	tapkeyMain(t, env, args...).checkFailure(t, exitFailed, "nothing was changed: lock "+garageID, "does not support time restrictions")
	check(t, "requests", len(recorder.take()), 1)
	recorder.respond(403, `{}`, header)
	tapkeyMain(t, env, args...).checkFailure(t, exitFailed, "nothing was changed", "403")
	check(t, "requests", len(recorder.take()), 1)
	recorder.respond(200, `{"id":"`+garageID+`"}`, header)
	r := tapkeyMain(t, env, args...)
	check(t, "exit status", r.status, 0)
	checkContains(t, "stderr", r.stderr, "lock "+garageID+" does not report whether it supports time restrictions")
	check(t, "requests", len(recorder.take()), 2)
}

func TestExplainGrant(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	tapkeyMain(t, env, "grants", "update", testGrant, "--owner", "Home", "--from", "2026-01-01", "--until", "2099-01-01",
		"--schedule", "Mo-Fr 08:00-18:00").checkSuccess(t)
	explain := []string{"grants", "explain", testGrant, "--owner", "Home", "--next", "2"}
	const words = "Time restriction:\n  Every Monday to Friday from 08:00 to 18:00 (Europe/Vienna), from 1 January 2026\n"
	for at, want := range map[string]string{
		"2026-10-23T17:00": "Grant " + testGrant + " opens the lock on Fri 2026-10-23 17:00 (Europe/Vienna).\n" + words +
			"Next openings:\n  Fri 2026-10-23 17:00 to Fri 2026-10-23 18:00\n  Mon 2026-10-26 08:00 to Mon 2026-10-26 18:00\n",
		"2026-10-24T17:00": "Grant " + testGrant + " does not open the lock on Sat 2026-10-24 17:00 (Europe/Vienna).\nReasons:\n  the time is outside of the time restriction\n" + words +
			"Next openings:\n  Mon 2026-10-26 08:00 to Mon 2026-10-26 18:00\n  Tue 2026-10-27 08:00 to Tue 2026-10-27 18:00\n",
		"2025-12-30T09:00": "Grant " + testGrant + " does not open the lock on Tue 2025-12-30 09:00 (Europe/Vienna).\nReasons:\n  the validity starts on Thu 2026-01-01 00:00\n  the time is outside of the time restriction\n" + words +
			"Next openings:\n  Thu 2026-01-01 08:00 to Thu 2026-01-01 18:00\n  Fri 2026-01-02 08:00 to Fri 2026-01-02 18:00\n",
		"2099-06-01T09:00": "Grant " + testGrant + " does not open the lock on Mon 2099-06-01 09:00 (Europe/Vienna).\nReasons:\n  the validity ended on Thu 2099-01-01 00:00\n" + words,
	} {
		tapkeyMain(t, env, append(explain, "--at", at)...).checkStdout(t, want)
	}
	r := tapkeyMain(t, env, append(explain, "--at", "2026-10-23T15:00", "--zone", "UTC", "--json")...)
	r.checkSuccess(t)
	var x grantExplanation
	must(t, json.Unmarshal([]byte(r.stdout), &x))
	if len(x.Next) != 2 || !x.Opens || !x.Next[0].Start.Equal(time.Date(2026, 10, 23, 15, 0, 0, 0, time.UTC)) || x.Schedule[0] == "" {
		t.Errorf("got %s, want two openings from 15:00 UTC", r.stdout)
	}
	tapkeyMain(t, env, "grants", "explain", "none", "--owner", "Home").checkFailure(t, exitFailed, "no grant none")
	tapkeyMain(t, env, append(explain, "--next", "-1")...).checkFailure(t, exitMisuse, "less than 0")
	tapkeyMain(t, env, append(explain, "--at", "noon")...).checkFailure(t, exitMisuse, "local time")
	// The grant is revoked.
	tapkeyMain(t, env, "grants", "revoke", testGrant, "--owner", "Home", "--yes").checkSuccess(t)
	tapkeyMain(t, env, append(explain, "--at", "2026-10-23T17:00")...).checkStdout(t,
		"Grant "+testGrant+" does not open the lock on Fri 2026-10-23 17:00 (Europe/Vienna).\nReasons:\n  the state is Revoked\n"+words)
}

// --opens-now leaves out grants that do not open, also with --limit and --select.
func TestGrantsThatOpenNow(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	list := []string{"grants", "list", "--owner", "Home", "--json"}
	for id, g := range grantsJSON(t, tapkeyMain(t, env, list...)) { // all are open
		if g.State == tapkey.GrantStateOk {
			tapkeyMain(t, env, "grants", "update", id, "--owner", "Home", "--from", "2020-01-01", "--until", "2099-01-01").checkSuccess(t)
		}
	}
	all := grantsJSON(t, tapkeyMain(t, env, append(list, "--opens-now")...))
	if len(all) < 3 {
		t.Fatalf("got %d grants that open now, want at least 3", len(all))
	}
	tapkeyMain(t, env, "grants", "update", testGrant, "--owner", "Home", "--schedule", "2020-01-01 08:00-09:00").checkSuccess(t)
	for _, flags := range [][]string{{"--opens-now"}, {"--opens-now", "--limit", "100"}, {"--opens-now", "--select", "id"}} {
		open := grantsJSON(t, tapkeyMain(t, env, append(list, flags...)...))
		if _, found := open[testGrant]; found || len(open) != len(all)-1 {
			t.Errorf("%v: got %d grants (%s: %t), want %d without it", flags, len(open), testGrant, found, len(all)-1)
		}
	}
	server.ForgetRequests()
	one := grantsJSON(t, tapkeyMain(t, env, append(list, "--opens-now", "--limit", "1")...))
	check(t, "grants with --limit 1", len(one), 1)
	checkLacks(t, "query", server.Requests()[len(server.Requests())-1].Query, "top=1&")
}
