package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	for limit, want := range map[string]int{"1": 1, "2": 2, "500": 4, "5000": 4} {
		server.ForgetRequests()
		r := tapkeyMain(t, env, "grants", "list", "--owner", "Home", "--limit", limit)
		r.checkSuccess(t)
		check(t, "lines with --limit "+limit, strings.Count(r.stdout, "\n"), want)
		// $top is sent only if all items fit on one page.
		query := server.Requests()[len(server.Requests())-1].Query + "&"
		if got := strings.Contains(query, "top="+limit+"&"); got != (limit != "5000") {
			t.Errorf("query with --limit %s = %q, contains $top = %v, want %v", limit, query, got, limit != "5000")
		}
	}
}

func TestLimitOfAListWithoutPages(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	r := tapkeyMain(t, env, "contacts", "list", "--owner", "Home", "--limit", "2", "--json")
	r.checkSuccess(t)
	check(t, "contacts", strings.Count(r.stdout, `"id"`), 2)
}

func TestLimitMisuse(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	for _, limit := range []string{"0", "-1", "many", "99999999999999999999"} {
		tapkeyMain(t, env, "logs", "list", "--owner", "Home", "--limit", limit).checkFailure(t, exitMisuse)
	}
}

func TestSelectChoosesColumns(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	server.SetTime(time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC))
	list := []string{"logs", "list", "--owner", "Home", "--limit", "1", "--select", "receivedAt,id,contactId"}
	tapkeyMain(t, env, list...).checkStdout(t,
		"2026-11-30T09:51:00Z\t24e9a7d6-0000-4000-8000-00000000003b\t90d7c4e6-0000-4000-8000-000000000001\n")
	tapkeyMain(t, env, "locks", "list", "--owner", "Home", "--limit", "1", "--select", "title,physicalLockId").checkStdout(t,
		"Entrance Door\t00-00-00-00-00-00-00-00\n")
	r := tapkeyMain(t, env, append(list, "--json")...)
	r.checkSuccess(t)
	var entries []map[string]any
	if err := json.Unmarshal([]byte(r.stdout), &entries); err != nil || len(entries) != 1 || len(entries[0]) != 3 {
		t.Errorf("logs list --json = %v, %v; want one entry with 3 fields", entries, err)
	}
	checkContains(t, "query", server.Requests()[len(server.Requests())-1].Query, "select=receivedAt")
	tapkeyMain(t, env, "contacts", "list", "--owner", "Home", "--select", "nonsense").checkFailure(t, exitFailed)
}

func TestAnInvalidFilterIsExplained(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	tapkeyMain(t, env, "locks", "list", "--owner", "Home", "--filter", "titel eq 'Garage'").
		checkFailure(t, exitFailed, "400 Bad Request", `unknown field "titel"`)
}

func TestEmptyListIsAnEmptyArray(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	for flag, want := range map[string]string{"--json": "[]\n", "--json=false": ""} {
		tapkeyMain(t, env, "locks", "list", "--owner", "Holiday Flat", flag).checkStdout(t, want)
	}
}

// Control characters from a server are printed by no command, in no column and in no
// format.
func TestControlCharactersAreNotPrinted(t *testing.T) {
	t.Parallel()
	const evil = `a\u001b]0;x\u0007\tb\nc\u009b\u202ed`
	env := startServer(t, http.StatusOK, `[{"id":"1","name":"`+evil+`","title":"`+evil+`","description":"`+evil+`","identifier":"`+evil+
		`","state":"`+evil+`","command":"`+evil+`","physicalLockId":"`+evil+`","boundLock":{"id":"1","title":"`+evil+`"}}]`)
	inOwner := []string{"--owner", "7f9c1e52-0000-4000-8000-000000000000"}
	selected := []string{"--select", "id,title,description,boundLock"}
	for _, test := range []struct {
		noun  string
		flags [][]string
	}{
		{"owners", [][]string{nil, {"--json"}}},
		{"locks", [][]string{inOwner, append(inOwner, "--json"), append(inOwner, selected...)}},
		{"cards", [][]string{inOwner, append(inOwner, "--json"), append(inOwner, selected...)}},
		{"contacts", [][]string{inOwner, append(inOwner, "--json"), append(inOwner, selected...)}},
		{"grants", [][]string{inOwner, append(inOwner, "--json"), append(inOwner, selected...)}},
		{"groups", [][]string{inOwner, append(inOwner, "--json"), append(inOwner, selected...)}},
		{"logs", [][]string{inOwner, append(inOwner, "--json"), append(inOwner, selected...)}},
	} {
		for _, flags := range test.flags {
			r := tapkeyMain(t, env, append([]string{test.noun, "list"}, flags...)...)
			r.checkSuccess(t)
			checkLacks(t, r.name, r.stdout, controls...)
			if r.stdout == "" {
				t.Errorf("%s: stdout is empty, want one item", r.name)
			}
			if lines := strings.Count(r.stdout, "\n"); !strings.Contains(r.name, "--json") && lines != 1 {
				t.Errorf("%s: stdout = %q, %d lines, want 1", r.name, r.stdout, lines)
			}
		}
	}
}

func TestArgumentsAreCheckedBeforeTheRequest(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	for name, args := range map[string][]string{
		"nothing to update":        {"contacts", "update", "x"},
		"no new title":             {"cards", "update", "x"},
		"until before from":        {"grants", "create", "--lock", "x", "--contact", "y", "--from", "2026-02-01", "--until", "2026-01-01T00:00:00Z"},
		"until equal to from":      {"grants", "create", "--lock", "x", "--contact", "y", "--from", "2026-02-01", "--until", "2026-02-01"},
		"invalid time":             {"grants", "create", "--lock", "x", "--contact", "y", "--from", "tomorrow"},
		"no contact or card":       {"grants", "create", "--lock", "x"},
		"contact and card":         {"grants", "create", "--lock", "x", "--contact", "y", "--card", "z"},
		"empty lock":               {"grants", "create", "--lock", "", "--contact", "y"},
		"no lock":                  {"grants", "create", "--contact", "y"},
		"invalid serial number":    {"locks", "bind", "--code", "x", "--serial", "BAASNL/7"},
		"empty serial number":      {"locks", "bind", "--code", "x", "--serial", ""},
		"contact without user":     {"contacts", "create", "--title", "x"},
		"no provider":              {"users", "list"},
		"owner without name":       {"owners", "create"},
		"no role":                  {"permissions", "create", "--contact", "x"},
		"filter where unsupported": {"permissions", "list", "--filter", "x"},
		"dry run of a list":        {"contacts", "list", "--dry-run"},
		"before equal to after":    {"logs", "list", "--after", "2026-02-01", "--before", "2026-02-01"},
		"unknown format":           {"locks", "list", "--output", "xml"},
		"empty format":             {"locks", "list", "--output", ""},
		"format and --json":        {"locks", "list", "--output", "csv", "--json"},
		"header of JSON":           {"locks", "list", "--json", "--header"},
		"byte order mark of TSV":   {"locks", "list", "--bom"},
		"jq of CSV":                {"locks", "list", "--output", "csv", "--jq", "."},
		"invalid jq":               {"locks", "list", "--jq", ".["},
		"unknown function of jq":   {"locks", "list", "--jq", "nope"},
		"empty jq":                 {"locks", "list", "--jq", ""},
		"input of jq":              {"locks", "list", "--jq", "input"},
		"module of jq":             {"locks", "list", "--jq", `import "x" as $x; .`},
		"jq of api":                {"api", "GET", "/Owners", "--jq", ".["},
		"standard input twice":     {"locks", "get", "-", "-"},
		"token as CSV":             {"token", "--show", "--output", "csv"},
	} {
		t.Run(name, func(t *testing.T) { tapkeyMain(t, env, args...).checkFailure(t, exitMisuse) })
	}
	check(t, "requests", len(server.Requests()), 0)
}

func TestEmptyTextIsSent(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	update := []string{"contacts", "update", "90d7c4e6-0000-4000-8000-000000000001", "--owner", "Home", "--json"}
	for _, title := range []string{"Sam", ""} {
		r := tapkeyMain(t, env, append(update, "--title", title)...)
		r.checkSuccess(t)
		checkContains(t, r.name, r.stdout, `"title": "`+title+`"`)
	}
}
