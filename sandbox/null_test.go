package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// TestNull compares the fields for which the sandbox accepts null with those of the contract.
// Null removes the value.
func TestNull(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	grant := c.list(home + "/Grants")[0]
	items := map[string]struct {
		path string
		body any
		set  string
	}{
		"owner":   {home, tapkey.OwnerAccountUpdate{}, `{"name":"Villa"}`},
		"card":    {fmt.Sprint(home, "/BoundCards/", c.list(home + "/BoundCards")[0]["id"]), tapkey.BoundCardUpdate{}, `{"title":"t"}`},
		"contact": {fmt.Sprint(home, "/Contacts/", c.list(home + "/Contacts")[0]["id"]), tapkey.ContactUpdate{}, `{"title":"t","comment":"c"}`},
		"grant": {
			fmt.Sprint(home, "/Grants/", grant["id"]), tapkey.GrantUpdate{},
			`{"validFrom":"2024-01-01T00:00:00Z","validBefore":"2099-01-01T00:00:00Z","timeRestrictionIcal":` + jsonText(t, calendar(weekly("1", "MO"))) + `}`,
		},
	}
	allowed := 0
	for name, item := range items {
		fields := reflect.TypeOf(item.body)
		for i := range fields.NumField() {
			field, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
			if status := c.call("PATCH", item.path, item.set).status; status/100 != 2 {
				t.Fatalf("%s: got status %d, want success", name, status)
			}
			before := c.read(name, item.path)
			body := fmt.Sprintf(`{%q:null}`, field)
			inContract := nullInContract(t, item.path, field)
			if !inContract {
				c.call("PATCH", item.path, body).code(t, http.StatusBadRequest, "BadRequest")
			} else {
				allowed++
				c.call("PATCH", item.path, body).want(t, http.StatusOK)
				before[field] = nil
			}
			expected, err := json.Marshal(before)
			if err != nil {
				t.Fatal(err)
			}
			want(t, c.read(name, item.path), string(expected))
		}
	}
	if allowed != 4 {
		t.Errorf("got %d fields that may be null, want 4", allowed)
	}
	for _, body := range []string{`{"ValidBefore":null}`, `{"other":null}`, `{"validFrom":null,"other":null}`} {
		c.call("PATCH", items["grant"].path, body).code(t, http.StatusBadRequest, "BadRequest")
	}
	c.call("PATCH", items["grant"].path, `{"validFrom":null,"validFrom":"2025-01-01T00:00:00Z"}`).want(t, http.StatusOK)
	want(t, c.read("grant", items["grant"].path)["validFrom"], `"2025-01-01T00:00:00.000Z"`)
	c.call("PATCH", items["grant"].path, `{"validFrom":"2200-01-01T00:00:00Z"}`).want(t, http.StatusBadRequest)
	c.call("PATCH", items["grant"].path, `{"validFrom":"2200-01-01T00:00:00Z","validBefore":null}`).want(t, http.StatusOK)
	c.call("PUT", home+"/Contacts", `{"identifier":"new@example.com","title":null}`).code(t, http.StatusBadRequest, "BadRequest")
}

// read returns an item. There is no operation that gets a grant.
func (c caller) read(name, path string) object {
	c.Helper()
	if name != "grant" {
		return c.get(path)
	}
	parent, id, _ := strings.Cut(path, "/Grants/")
	list := c.list(parent + "/Grants?" + url.Values{"$filter": {"id eq '" + id + "'"}}.Encode())
	if len(list) != 1 {
		c.Fatalf("got %d grants, want 1", len(list))
	}
	return list[0]
}

// nullInContract reports whether the contract allows null for a field of a PATCH.
func nullInContract(t *testing.T, path, field string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPatch, "http://localhost"+path, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if err = tapkey.Null(field)(t.Context(), req); err != nil && !strings.Contains(err.Error(), "null: update") {
		t.Fatal(err)
	}
	return err == nil
}
