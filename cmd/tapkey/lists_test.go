package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestLimit(t *testing.T) {
	server, env := startSandbox(t)
	for limit, want := range map[string]struct{ lines, pages int }{
		"1": {1, 1}, "500": {500, 1}, "501": {501, 2}, "1200": {1200, 3}, "5000": {1200, 3},
	} {
		server.ForgetRequests()
		out, errs, status := tapkeyMain(t, env, "logs", "list", "--owner", "Coworking Space", "--limit", limit)
		if status != 0 || errs != "" || strings.Count(out, "\n") != want.lines {
			t.Errorf("--limit %s: status %d, %d lines, %q", limit, status, strings.Count(out, "\n"), errs)
		}
		if pages := server.Count("listLogEntries"); pages != want.pages {
			t.Errorf("--limit %s: %d pages, want %d", limit, pages, want.pages)
		}
		// No page is larger than it has to be.
		last := server.Requests()[len(server.Requests())-1]
		if size := "top=" + limit + "&"; strings.Contains(last.Query+"&", size) != (want.pages == 1) {
			t.Errorf("--limit %s: asked for %q", limit, last.Query)
		}
	}
	// A list that is one answer is cut as well.
	if out, _, _ := tapkeyMain(t, env, "contacts", "list", "--owner", "Home", "--limit", "2", "--json"); strings.Count(out, `"id"`) != 2 {
		t.Errorf("printed %s", out)
	}
	for _, limit := range []string{"0", "-1", "many", "99999999999999999999"} {
		if out, errs, status := tapkeyMain(t, env, "logs", "list", "--owner", "Home", "--limit", limit); status != 2 || out != "" || strings.Count(errs, "\n") != 1 {
			t.Errorf("--limit %s: status %d, %q, %q", limit, status, out, errs)
		}
	}
}

func TestSelectChoosesColumns(t *testing.T) {
	server, env := startSandbox(t)
	list := []string{"logs", "list", "--owner", "Home", "--limit", "1", "--select", "receivedAt,id,contactId"}
	out, _, status := tapkeyMain(t, env, list...)
	if want := "2024-01-01T06:00:00Z\t24e9a7d6-0000-4000-8000-000000000000\t90d7c4e6-0000-4000-8000-000000000000\n"; status != 0 || out != want {
		t.Errorf("status %d, %q, want %q", status, out, want)
	}
	out, _, _ = tapkeyMain(t, env, append(list, "--json")...)
	var entries []map[string]any
	if err := json.Unmarshal([]byte(out), &entries); err != nil || len(entries) != 1 || len(entries[0]) != 3 {
		t.Errorf("printed %s (%v)", out, err)
	}
	last := server.Requests()[len(server.Requests())-1]
	if !strings.Contains(last.Query, "select=receivedAt") {
		t.Errorf("asked for %q", last.Query)
	}
	if out, _, status := tapkeyMain(t, env, "contacts", "list", "--owner", "Home", "--select", "nonsense"); status != 1 || out != "" {
		t.Errorf("status %d, %q", status, out)
	}
}

func TestAFilterThatIsRefusedIsExplained(t *testing.T) {
	_, env := startSandbox(t)
	_, errs, status := tapkeyMain(t, env, "locks", "list", "--owner", "Home", "--filter", "titel eq 'Garage'")
	if status != 1 || !strings.Contains(errs, "400 Bad Request") || !strings.Contains(errs, `unknown field "titel"`) || strings.Count(errs, "\n") != 1 {
		t.Errorf("status %d, %q", status, errs)
	}
}

func TestEmptyListIsAnEmptyArray(t *testing.T) {
	_, env := startSandbox(t)
	for flag, want := range map[string]string{"--json": "[]\n", "--json=false": ""} {
		if out, errs, status := tapkeyMain(t, env, "locks", "list", "--owner", "Holiday Flat", flag); status != 0 || out != want || errs != "" {
			t.Errorf("%s: status %d, %q, %q", flag, status, out, errs)
		}
	}
}

// answering is a server that answers every GET with one body.
func answering(t *testing.T, body string) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// Whatever command shows a server's data, and in whatever column.
func TestControlCharactersAreKeptFromEveryTable(t *testing.T) {
	_, env := startSandbox(t)
	const evil = `a\u001b]0;x\u0007\tb\nc\u009b\u202ed`
	env = append(env, "TAPKEY_BASE_URI="+answering(t, `[{"id":"1","title":"`+evil+`","description":"`+evil+`","identifier":"`+evil+
		`","state":"`+evil+`","command":"`+evil+`","physicalLockId":"`+evil+`","boundLock":{"id":"1","title":"`+evil+`"}}]`))
	for _, resource := range []string{"locks", "cards", "contacts", "grants", "groups", "logs"} {
		for _, args := range [][]string{nil, {"--json"}, {"--select", "id,title,description,boundLock"}} {
			out, errs, status := tapkeyMain(t, env, append([]string{resource, "list", "--owner", "7f9c1e52-0000-4000-8000-000000000000"}, args...)...)
			if status != 0 || out == "" || strings.ContainsAny(out, "\x1b\x07\u009b\u202e") || args == nil && strings.Count(out, "\n") != 1 {
				t.Errorf("%s %v: status %d, %q, %q", resource, args, status, out, errs)
			}
		}
	}
}

func TestWhatIsSentIsChecked(t *testing.T) {
	server, env := startSandbox(t)
	for name, args := range map[string][]string{
		"nothing to change":     {"contacts", "update", "x"},
		"no title":              {"cards", "update", "x"},
		"until before from":     {"grants", "create", "--lock", "x", "--contact", "y", "--from", "2026-02-01", "--until", "2026-01-01T00:00:00Z"},
		"until is from":         {"grants", "create", "--lock", "x", "--contact", "y", "--from", "2026-02-01", "--until", "2026-02-01"},
		"no time":               {"grants", "create", "--lock", "x", "--contact", "y", "--from", "tomorrow"},
		"nobody":                {"grants", "create", "--lock", "x"},
		"two receivers":         {"grants", "create", "--lock", "x", "--contact", "y", "--card", "z"},
		"empty lock":            {"grants", "create", "--lock", "", "--contact", "y"},
		"no lock":               {"grants", "create", "--contact", "y"},
		"serial number":         {"locks", "bind", "--code", "x", "--serial", "BAASNL/7"},
		"empty serial number":   {"locks", "bind", "--code", "x", "--serial", ""},
		"contact without name":  {"contacts", "create", "--title", "x"},
		"provider left out":     {"users", "list"},
		"owner without name":    {"owners", "create"},
		"role left out":         {"permissions", "create", "--contact", "x"},
		"filter where none is":  {"permissions", "list", "--filter", "x"},
		"dry run where none is": {"contacts", "revoke-grants", "x", "--dry-run"},
	} {
		out, errs, status := tapkeyMain(t, env, args...)
		if status != 2 || out != "" || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: status %d, %q, %q", name, status, out, errs)
		}
	}
	if n := len(server.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestEmptyTextIsSent(t *testing.T) {
	_, env := startSandbox(t)
	update := []string{"contacts", "update", "90d7c4e6-0000-4000-8000-000000000001", "--owner", "Home", "--json"}
	for _, title := range []string{"Sam", ""} {
		out, errs, status := tapkeyMain(t, env, append(update, "--title", title)...)
		if status != 0 || !strings.Contains(out, `"title": "`+title+`"`) {
			t.Errorf("status %d, %q, %q", status, out, errs)
		}
	}
}
