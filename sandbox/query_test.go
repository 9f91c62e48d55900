package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// The eight lists that take OData options, each with a filter that matches some items.
func TestODataOnEveryListThatTakesIt(t *testing.T) {
	c := newCaller(t)
	space := c.owner("Coworking Space")
	card := c.id(space+"/BoundCards", "title", "Visitor 1")
	lock := c.id(space+"/BoundLocks", "title", "Main Entrance")
	for path, filter := range map[string]string{
		"/BoundLocks":                         "title eq 'Server Room' or startswith(title,'Meeting')",
		"/BoundLocks/" + lock + "/LogEntries": "command eq 'TriggerLock'",
		"/LogEntries":                         "entryNo le 100 and contactId ne null",
		"/BoundCards":                         "isActive and title eq 'Cleaning'",
		"/BoundCards/" + card + "/Grants":     "active eq true and state eq 'Ok'",
		"/Contacts":                           "ipUserId eq null and endswith(identifier,'@example.com')",
		"/Grants":                             "boundCardId eq null",
		"/LockGroups":                         "title eq 'All Doors'",
	} {
		t.Run(strings.Trim(path, "/"), func(t *testing.T) {
			all, picked := c.list(space+path), c.list(space+path+"?$filter="+strings.ReplaceAll(filter, "&", "%26"))
			left := c.list(space + path + "?$filter=not (" + filter + ")")
			if len(picked) == 0 || len(picked)+len(left) != len(all) {
				t.Errorf("got %d items that match and %d that do not, want a sum of %d and at least one match", len(picked), len(left), len(all))
			}
			second := c.list(space + path + "?$skip=1&$top=1")
			if len(all) > 1 {
				want(t, []any{len(second), second[0]["id"] == all[1]["id"]}, `[1,true]`)
			}
			if selected := c.list(space + path + "?$select=id")[0]; len(selected) != 1 || selected["id"] != all[0]["id"] {
				t.Errorf("$select=id: got %v, want only the id %v", selected, all[0]["id"])
			}
			refused := c.call("GET", space+path+"?$filter=id eq 'x' and nope eq 1", "")
			refused.code(t, http.StatusBadRequest, "InvalidQuery")
			if !strings.Contains(string(refused.body), "position 15") {
				t.Errorf("got body %s, want position 15", refused.body)
			}
			for _, query := range []string{"$top=0", "$skip=-1", "$top=x", "$select=nope", "$orderby=id", "$count=true", "filter=true", "$filter="} {
				if got := c.call("GET", space+path+"?"+query, ""); got.status != http.StatusBadRequest {
					t.Errorf("%s: got status %d, want 400", query, got.status)
				}
			}
		})
	}
	// Other paths refuse OData options instead of ignoring them.
	for _, path := range []string{"/Owners", space, space + "/Permissions", space + "/BoundLocks/" + lock, space + "/IdentityProviders/b75c2e91-0000-4001-8000-000000000000/Users"} {
		for _, query := range []string{"?$filter=true", "?$top=1", "?$select=id", "?filter=true"} {
			c.call("GET", path+query, "").code(t, http.StatusBadRequest, "InvalidQuery")
		}
	}
}

// Lists of a large locking system.
func TestGenerated(t *testing.T) {
	const owners, locks, entries = 10_000, 10, 1_000_000
	c := newCaller(t, sandbox.WithGenerated(owners, locks, entries))
	list := c.list("/Owners")
	if len(list) != owners || list[0]["name"] != "Locking System 000001" {
		t.Fatalf("got %d owners, want %d, the first one Locking System 000001", len(list), owners)
	}
	ids := map[any]bool{}
	for _, owner := range list {
		ids[owner["id"]] = true
	}
	if len(ids) != len(list) {
		t.Errorf("got %d different ids, want %d", len(ids), len(list))
	}

	last := "/Owners/" + list[len(list)-1]["id"].(string)
	want(t, c.get(last)["name"], `"Locking System 010000"`)
	want(t, []int{len(c.list(last + "/BoundLocks")), len(c.list(last + "/Grants"))}, `[10,10]`)
	page := c.list(last + "/LogEntries?$skip=999990&$top=500")
	want(t, []any{len(page), page[9]["entryNo"]}, `[10,100000]`)
	want(t, len(c.list(last+"/LogEntries?$skip=1000000")), `0`)
	want(t, len(c.list(last+"/LogEntries?$skip=9223372036854775807")), `0`)
	lock := c.list(last + "/BoundLocks")[3]["id"].(string)
	ofLock := c.list(last + "/BoundLocks/" + lock + "/LogEntries?$skip=99998")
	want(t, []any{len(ofLock), ofLock[1]["entryNo"], ofLock[1]["boundLockId"] == lock}, `[2,100000,true]`)
	want(t, len(c.list(last+"/BoundLocks/"+lock+"/LogEntries?$skip=9223372036854775807")), `0`)
	filtered := c.list(last + "/LogEntries?$top=2&$select=id,entryNo&$filter=boundLockId eq '" + lock + "' and entryNo gt 99998")
	if len(filtered) != 2 {
		t.Errorf("got filtered entries %v, want 2", filtered)
	}
	// The items that a log entry refers to exist.
	entry := page[0]
	c.get(last + "/BoundLocks/" + entry["boundLockId"].(string))
	if contact, ok := entry["contactId"].(string); ok {
		c.get(last + "/Contacts/" + contact)
	} else {
		c.get(last + "/BoundCards/" + entry["boundCardId"].(string))
	}

	// A generated account can be changed, and the list shows the change.
	c.call("PATCH", last, `{"name":"Renamed"}`).want(t, http.StatusOK)
	want(t, c.list("/Owners")[owners-1]["name"], `"Renamed"`)
	bound := c.list(last + "/BoundLocks")[0]["physicalLockId"].(string)
	c.call("PUT", "/Owners/"+list[0]["id"].(string)+"/BoundLocks", `{"physicalLockId":"`+bound+`","bindingCode":"x"}`).code(t, http.StatusForbidden, "Forbidden")
	c.call("GET", "/Owners/7f9c1e52-ffff-4fff-8000-000000000000", "").code(t, http.StatusNotFound, "NotFound")

	// The data is reproducible.
	again := newCaller(t, sandbox.WithGenerated(owners, locks, entries))
	want(t, again.list(last + "/LogEntries?$skip=999990&$top=1")[0]["id"], `"`+page[0]["id"].(string)+`"`)
}
