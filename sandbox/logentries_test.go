package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// at returns a caller of a sandbox whose clock is set, with a token from then.
func at(t testing.TB, now time.Time, opts ...sandbox.Option) caller {
	s := start(t, opts...)
	s.SetTime(now)
	return caller{t, s, accessToken(t, s, s.ClientID(), s.ClientSecret())}
}

// moment returns a field that is a time.
func moment(t testing.TB, o object, field string) time.Time {
	t.Helper()
	text, _ := o[field].(string)
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatalf("%s: got %v, want a time", field, o[field])
	}
	return parsed
}

// since returns the log entries that were received after a time.
func (c caller) since(path string, after time.Time) []object {
	c.Helper()
	return c.list(path + "?$filter=" + url.QueryEscape("receivedAt gt "+after.UTC().Format(time.RFC3339Nano)))
}

// The log ends at the time of the sandbox, whenever that is.
func TestLogEndsNow(t *testing.T) {
	for name, c := range map[string]caller{
		"started now": newCaller(t),
		"set":         at(t, time.Date(2031, 3, 4, 5, 6, 7, 8, time.UTC)),
		"long ago":    at(t, time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)),
		"generated":   newCaller(t, sandbox.WithGenerated(2, 3, 100)),
		"long log":    newCaller(t, sandbox.WithGenerated(1, 3, 2_000_000_000)),
		"described":   newCaller(t, sandbox.WithOwner(sandbox.Owner{Name: "X", Locks: []string{"a"}, LogEntries: 1})),
	} {
		now := c.server.Time()
		owner := "/Owners/" + c.list("/Owners")[0]["id"].(string)
		lock := c.list(owner + "/BoundLocks")[0]
		for _, path := range []string{owner + "/LogEntries", owner + "/BoundLocks/" + lock["id"].(string) + "/LogEntries"} {
			if name == "long log" {
				path += "?$top=3&$skip=" + map[bool]string{true: "1999999997", false: "666666664"}[strings.HasPrefix(path, owner+"/L")]
				if got := len(c.list(path)); got != 3 {
					t.Errorf("%s: got %d entries, want the last 3", name, got)
				}
			} else if got := len(c.since(path, now.Add(-24*time.Hour))); got == 0 {
				t.Errorf("%s: %s: got no entry since yesterday, want some", name, path)
			}
			for _, entry := range c.list(path) {
				recorded, received := moment(t, entry, "lockTimestamp"), moment(t, entry, "receivedAt")
				if received.Before(recorded) || received.After(now) || !moment(t, lock, "bindDate").Before(recorded) {
					t.Fatalf("%s: got entry %v of lock %v at %v, want bindDate < lockTimestamp <= receivedAt <= now", name, entry, lock, now)
				}
			}
		}
	}
}

// The data depends on nothing but the time to which the clock was set.
func TestDataIsReproducible(t *testing.T) {
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	all := func(c caller) (data []string) {
		home := c.owner("Home")
		for _, path := range []string{"", "/BoundLocks", "/BoundCards", "/Grants?$select=id,boundLock,boundCard", "/LogEntries", "/LogEntries?$top=2&$filter=entryNo gt 3"} {
			data = append(data, string(c.call("GET", home+path, "").want(t, http.StatusOK).body))
		}
		return data
	}
	c := at(t, now)
	first, again := all(c), all(at(t, now))
	want(t, again, string(mustJSON(t, first)))
	for _, text := range []string{"2026-11-30T09:31:00.000Z", "2026-11-10T05:35:00.000Z"} {
		if !strings.Contains(strings.Join(first, ""), text) {
			t.Errorf("got data without the time %s, want it", text)
		}
	}
	// Time that passes does not change the data. Setting the clock moves all of its times.
	c.server.AdvanceTime(10 * time.Minute)
	want(t, all(c), string(mustJSON(t, first)))
	c.server.SetTime(now.AddDate(0, 0, 1))
	c = c.as(sandbox.Client{ID: c.server.ClientID(), Secret: c.server.ClientSecret()})
	moved := all(c)
	want(t, moved, string(mustJSON(t, all(at(t, now.AddDate(0, 0, 1))))))
	if moved[4] == first[4] || moved[5] == first[5] {
		t.Error("after SetTime: got the same log, want another one")
	}
}

// A guest opens a door: the entry is at the end of both logs.
func TestAddLogEntry(t *testing.T) {
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	c := at(t, now)
	home := c.owner("Home")
	garage := c.id(home+"/BoundLocks", "title", "Garage")
	card := c.id(home+"/BoundCards", "title", "Spare Card")
	contact := c.id(home+"/Contacts", "identifier", "sam@example.com")
	before, beforeOfLock := c.list(home+"/LogEntries"), c.list(home+"/BoundLocks/"+garage+"/LogEntries")

	add := func(owner string, entry sandbox.LogEntry) string {
		t.Helper()
		id, err := c.server.AddLogEntry(owner, entry)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	c.server.AdvanceTime(30 * time.Minute)
	late := time.Date(2026, 11, 30, 8, 30, 0, 123_456_789, time.UTC)
	ids := []string{
		add("Home", sandbox.LogEntry{Lock: "Garage", Contact: "sam@example.com"}),
		add(strings.TrimPrefix(home, "/Owners/"), sandbox.LogEntry{Lock: garage, Card: card, Time: late}),
		add("Home", sandbox.LogEntry{Lock: "Garden Shed", Card: "Spare Card", Time: c.server.Time()}),
		add("Home", sandbox.LogEntry{Lock: "Garage", Contact: contact}),
	}

	log := c.list(home + "/LogEntries")
	if len(log) != len(before)+4 {
		t.Fatalf("got %d entries, want %d", len(log), len(before)+4)
	}
	seen := map[any]bool{}
	for i, entry := range log {
		if seen[entry["id"]] {
			t.Errorf("got id %v twice, want unique ids", entry["id"])
		}
		seen[entry["id"]] = true
		if i < len(before) {
			want(t, entry, string(mustJSON(t, before[i])))
			continue
		}
		n := i - len(before)
		if entry["id"] != ids[n] || entry["logType"] != "Command" || entry["command"] != "TriggerLock" {
			t.Errorf("entry %d: got %v, want id %s and the command TriggerLock", n, entry, ids[n])
		}
		received := moment(t, entry, "receivedAt")
		if received.Before(now.Add(30*time.Minute)) || received.After(c.server.Time()) {
			t.Errorf("entry %d: got receivedAt %v, want the time of AddLogEntry", n, received)
		}
		if recorded := moment(t, entry, "lockTimestamp"); n == 1 && !recorded.Equal(late.Truncate(time.Millisecond)) || n == 0 && !recorded.Equal(received) {
			t.Errorf("entry %d: got lockTimestamp %v, want the given time, or by default receivedAt %v", n, recorded, received)
		}
	}
	added := log[len(before):]
	want(t, []any{added[0]["contactId"], added[0]["boundCardId"], added[1]["contactId"], added[1]["boundCardId"], added[3]["contactId"]},
		fmt.Sprintf(`[%q,null,null,%q,%q]`, contact, card, contact))
	want(t, []any{added[0]["entryNo"], added[1]["entryNo"], added[2]["entryNo"], added[3]["entryNo"]}, `[21,22,21,23]`)

	ofLock := c.list(home + "/BoundLocks/" + garage + "/LogEntries")
	want(t, ofLock, string(mustJSON(t, slices.Concat(beforeOfLock, []object{added[0], added[1], added[3]}))))
	for i, entry := range ofLock {
		want(t, entry["entryNo"], fmt.Sprint(i+1))
	}

	// Pages and filters see one list, wherever a page begins and ends.
	for _, of := range []struct {
		path string
		want []object
	}{{home + "/LogEntries", log}, {home + "/BoundLocks/" + garage + "/LogEntries", ofLock}} {
		for _, size := range []int{1, 7, 19, 20, 21, 59, 60, 61, 100} {
			var got, filtered []object
			for skip := 0; skip < len(of.want)+size; skip += size {
				page := fmt.Sprintf("?$top=%d&$skip=%d", size, skip)
				got = append(got, c.list(of.path+page)...)
				filtered = append(filtered, c.list(of.path+page+"&$filter=entryNo gt 0")...)
			}
			want(t, got, string(mustJSON(t, of.want)))
			want(t, filtered, string(mustJSON(t, of.want)))
		}
	}
	// A program that looks for entries after the last one it has seen finds the new ones.
	last := moment(t, added[3], "receivedAt")
	if got := c.since(home+"/LogEntries", last); len(got) != 0 {
		t.Errorf("got %v after the last entry, want none", got)
	}
	c.server.AdvanceTime(time.Second)
	id := add("Home", sandbox.LogEntry{Lock: "Garage", Contact: "alex@example.com"})
	if got := c.since(home+"/LogEntries", last); len(got) != 1 || got[0]["id"] != id {
		t.Errorf("got %v after the last entry, want the new one %s", got, id)
	}
}

// A log entry can be added for a lock that was bound later, for a generated owner account,
// and for one without a log.
func TestAddLogEntryToEmptyLogs(t *testing.T) {
	c := newCaller(t, sandbox.WithGenerated(3, 2, 0), sandbox.WithOwner(sandbox.Owner{Name: "New", Contacts: []string{"a@example.com"}, Users: []string{"u1"}}))
	path := c.owner("New")
	bound := c.put(path+"/BoundLocks", `{"physicalLockId":"CAABAgMEBQYHCA==","bindingCode":"x","title":"Door"}`)["id"].(string)
	for i, contact := range []string{"a@example.com", "u1"} {
		if _, err := c.server.AddLogEntry("New", sandbox.LogEntry{Lock: "Door", Contact: contact}); err != nil {
			t.Fatal(err)
		}
		log := c.list(path + "/BoundLocks/" + bound + "/LogEntries")
		want(t, []any{len(log), log[i]["entryNo"], log[i]["boundLockId"]}, fmt.Sprintf(`[%d,%d,%q]`, i+1, i+1, bound))
		want(t, c.list(path+"/LogEntries"), string(mustJSON(t, log)))
	}
	if _, err := c.server.AddLogEntry("Locking System 000003", sandbox.LogEntry{Lock: "Door 00002", Card: "Card 00001"}); err != nil {
		t.Fatal(err)
	}
	want(t, len(c.list(c.owner("Locking System 000003")+"/LogEntries")), `1`)
}

// A filtered page of a log does not depend on the pages of other logs that have the same
// initial entries, or none.
func TestFilteredPagesOfAddedLogEntries(t *testing.T) {
	c := newCaller(t, sandbox.WithOwner(sandbox.Owner{
		Name: "X", Locks: []string{"a"}, Contacts: []string{"p@example.com"}, Cards: []string{"k"}, LogEntries: 2,
	}))
	path := c.owner("X")
	for n, title := range []string{"b", "c"} {
		c.put(path+"/BoundLocks", fmt.Sprintf(`{"physicalLockId":"CAABAgMEBQYHC%s==","bindingCode":"x","title":%q}`, []string{"A", "Q"}[n], title))
	}
	logs := []string{path + "/LogEntries"}
	for n, title := range []string{"a", "b", "c"} {
		logs = append(logs, path+"/BoundLocks/"+c.id(path+"/BoundLocks", "title", title)+"/LogEntries")
		for i := range 12 {
			entry := sandbox.LogEntry{Lock: title, Card: "k"}
			if i%(n+2) == 0 {
				entry = sandbox.LogEntry{Lock: title, Contact: "p@example.com"}
			}
			if _, err := c.server.AddLogEntry("X", entry); err != nil {
				t.Fatal(err)
			}
		}
	}
	const filter = "?$filter=contactId ne null"
	for skip := range 3 {
		for _, log := range logs {
			all := c.list(log + filter)
			want(t, c.list(fmt.Sprintf("%s%s&$skip=%d&$top=1", log, filter, skip)), string(mustJSON(t, all[skip:skip+1])))
		}
	}
}

// Entries that are added at once have different numbers, and a list that is read meanwhile
// has them in order.
func TestAddLogEntryConcurrently(t *testing.T) {
	const workers, entries = 8, 40
	c := newCaller(t)
	path := c.owner("Self Storage North") + "/LogEntries"
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range entries {
				if _, err := c.server.AddLogEntry("Self Storage North", sandbox.LogEntry{Lock: "Gate", Contact: "storage@example.com"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		for i, entry := range c.list(path + "?$skip=30") {
			want(t, entry["entryNo"], fmt.Sprint(10+i+1))
		}
	}
	group.Wait()
	want(t, len(c.list(path)), fmt.Sprint(30+workers*entries))
}

func TestLogEntriesThatAreRefused(t *testing.T) {
	c := newCaller(t, sandbox.WithControl(), sandbox.WithOwner(sandbox.Owner{
		Name: "Twins", Locks: []string{"Door", "Door", "Gate"}, Contacts: []string{"a@example.com"}, Cards: []string{"Card", "Card"}, LogEntries: 3,
	}))
	path := c.owner("Twins")
	contact := c.id(path+"/Contacts", "identifier", "a@example.com")
	control := strings.TrimSuffix(c.server.BaseURL(), "/api/v1") + "/_sandbox/logentries"
	for problem, entry := range map[string]struct {
		owner string
		sandbox.LogEntry
	}{
		`unknown owner account "Nobody"`:                {"Nobody", sandbox.LogEntry{Lock: "Gate", Contact: "a@example.com"}},
		`unknown owner account ""`:                      {"", sandbox.LogEntry{Lock: "Gate", Contact: "a@example.com"}},
		`unknown lock "Window"`:                         {"Twins", sandbox.LogEntry{Lock: "Window", Contact: "a@example.com"}},
		`unknown lock ""`:                               {"Twins", sandbox.LogEntry{Contact: "a@example.com"}},
		`unknown lock "` + contact + `"`:                {"Twins", sandbox.LogEntry{Lock: contact, Contact: contact}},
		`2 items are named lock "Door"; use an id`:      {"Twins", sandbox.LogEntry{Lock: "Door", Contact: "a@example.com"}},
		`2 items are named card "Card"; use an id`:      {"Twins", sandbox.LogEntry{Lock: "Gate", Card: "Card"}},
		`unknown contact "b@example.com"`:               {"Twins", sandbox.LogEntry{Lock: "Gate", Contact: "b@example.com"}},
		`exactly one of contact and card is required`:   {"Twins", sandbox.LogEntry{Lock: "Gate"}},
		`required, got "a@example.com" and "Card"`:      {"Twins", sandbox.LogEntry{Lock: "Gate", Contact: "a@example.com", Card: "Card"}},
		`9999-01-01T00:00:00Z is after the time of the`: {"Twins", sandbox.LogEntry{Lock: "Gate", Contact: "a@example.com", Time: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}},
	} {
		if id, err := c.server.AddLogEntry(entry.owner, entry.LogEntry); err == nil || id != "" || !strings.Contains(err.Error(), problem) {
			t.Errorf("AddLogEntry(%q, %+v): got id %q and error %v, want no id and an error with %s", entry.owner, entry.LogEntry, id, err, problem)
		}
		body := strings.Replace(string(mustJSON(t, entry.LogEntry)), "{", fmt.Sprintf(`{"owner":%q,`, entry.owner), 1)
		send(t, "POST", control, "", body).code(t, http.StatusBadRequest, "BadRequest")
	}
	early := sandbox.LogEntry{Lock: "Gate", Contact: "a@example.com", Time: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)}
	if id, err := c.server.AddLogEntry("Twins", early); err == nil || !strings.Contains(err.Error(), "before the year 0") {
		t.Errorf("AddLogEntry at %v: got id %q and error %v, want an error with %q", early.Time, id, err, "before the year 0")
	}
	want(t, len(c.list(path+"/LogEntries")), `3`)

	// The control endpoint does the same as AddLogEntry.
	var created struct{ ID string }
	send(t, "POST", control, "", `{"owner":"Twins","lock":"Gate","contact":"a@example.com","time":"2024-02-01T12:00:00+02:00"}`).want(t, http.StatusOK).decode(t, &created)
	want(t, c.list(path+"/LogEntries?$skip=3&$select=id,lockTimestamp,entryNo"), fmt.Sprintf(`[{"entryNo":2,"id":%q,"lockTimestamp":"2024-02-01T10:00:00.000Z"}]`, created.ID))
	send(t, "POST", control, "", `{"owner":"Twins","lock":"Gate","guest":"a"}`).code(t, http.StatusBadRequest, "BadRequest")
	send(t, "GET", control, "", "").code(t, http.StatusMethodNotAllowed, "MethodNotAllowed")
}

func TestNegativeNumbersAreRefused(t *testing.T) {
	for _, opt := range []sandbox.Option{
		sandbox.WithGenerated(-1, 1, 1), sandbox.WithGenerated(1, -1, 1), sandbox.WithGenerated(1, 1, -1),
		sandbox.WithOwner(sandbox.Owner{Name: "X", Locks: []string{"a"}, LogEntries: -1}),
	} {
		if s, err := sandbox.Start(opt); err == nil {
			s.Close()
			t.Error("got no error, want one")
		}
	}
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
