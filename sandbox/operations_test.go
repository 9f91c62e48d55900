package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// caller calls the API with a token that has all scopes.
type caller struct {
	testing.TB
	server *sandbox.Server
	token  string
}

func newCaller(t testing.TB, opts ...sandbox.Option) caller {
	s := start(t, opts...)
	return caller{t, s, accessToken(t, s, s.ClientID(), s.ClientSecret())}
}

// as returns a caller with a token of another client.
func (c caller) as(client sandbox.Client) caller {
	c.Helper()
	c.token = accessToken(c, c.server, client.ID, client.Secret)
	return c
}

func (c caller) call(method, path, body string) response {
	c.Helper()
	return send(c, method, c.server.BaseURL()+strings.ReplaceAll(path, " ", "%20"), "Bearer "+c.token, body)
}

// object is a JSON object, decoded without the models of the contract.
type object = map[string]any

func (c caller) get(path string) object {
	c.Helper()
	var o object
	c.call("GET", path, "").want(c, http.StatusOK).decode(c, &o)
	return o
}

func (c caller) list(path string) []object {
	c.Helper()
	var list []object
	c.call("GET", path, "").want(c, http.StatusOK).decode(c, &list)
	return list
}

func (c caller) put(path, body string) object {
	c.Helper()
	var o object
	c.call("PUT", path, body).want(c, http.StatusOK).decode(c, &o)
	return o
}

// owner returns the path of the owner account with a name.
func (c caller) owner(name string) string {
	c.Helper()
	for _, owner := range c.list("/Owners") {
		if owner["name"] == name {
			return "/Owners/" + owner["id"].(string)
		}
	}
	c.Fatalf("GET /Owners: got no owner account %q, want one", name)
	return ""
}

// id returns the id of the item of a list whose field has a value.
func (c caller) id(path, field, value string) string {
	c.Helper()
	for _, item := range c.list(path) {
		if item[field] == value {
			return item["id"].(string)
		}
	}
	c.Fatalf("GET %s: got no item whose %s is %q, want one", path, field, value)
	return ""
}

// want compares the JSON of a value with the expected JSON.
func want(t testing.TB, got any, expected string) {
	t.Helper()
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != expected {
		t.Errorf("got %s, want %s", b, expected)
	}
}

func TestOwners(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	want(t, c.get(home), `{"active":true,"id":"7f9c1e52-0000-4000-8000-000000000000","name":"Home"}`)

	c.call("PATCH", home, `{"name":"Villa"}`).want(t, http.StatusOK)
	want(t, c.get(home)["name"], `"Villa"`)
	c.call("PATCH", home, `{}`).want(t, http.StatusOK)
	c.call("PATCH", home, `{"name":null}`).code(t, http.StatusBadRequest, "BadRequest")
	want(t, c.get(home)["name"], `"Villa"`)
	c.call("PATCH", home, `{"name":""}`).code(t, http.StatusBadRequest, "BadRequest")
	c.call("PATCH", "/Owners/nope", `{"name":"x"}`).code(t, http.StatusNotFound, "NotFound")

	c.call("PUT", "/Owners", `{"name":"New"}`).code(t, http.StatusForbidden, "Forbidden")
	if n := len(c.list("/Owners")); n != 4 {
		t.Errorf("after a refused creation: got %d owners, want 4", n)
	}
}

func TestPermissions(t *testing.T) {
	c := newCaller(t)
	path := c.owner("Home") + "/Permissions"
	before := c.list(path)
	contact := c.id(c.owner("Home")+"/Contacts", "identifier", "sam@example.com")

	created := c.put(path, fmt.Sprintf(`{"contactId":%q,"role":"Admin"}`, contact))
	if created["contactId"] != contact || created["role"] != "Admin" || created["ownerAccountId"] == nil {
		t.Errorf("created permission: got %v, want contactId %s, role Admin and an ownerAccountId", created, contact)
	}
	one := path + "/" + created["id"].(string)
	want(t, c.get(one)["id"], fmt.Sprintf("%q", created["id"]))
	c.call("PUT", path, fmt.Sprintf(`{"contactId":%q,"role":"Admin"}`, contact)).code(t, http.StatusConflict, "Duplicate")
	c.call("PUT", path, `{"contactId":"nope","role":"Admin"}`).code(t, http.StatusBadRequest, "BadRequest")
	c.call("PUT", path, `{}`).code(t, http.StatusBadRequest, "BadRequest")

	c.call("DELETE", one, "").want(t, http.StatusNoContent)
	c.call("GET", one, "").code(t, http.StatusNotFound, "NotFound")
	c.call("DELETE", one, "").code(t, http.StatusNotFound, "NotFound")
	if after := c.list(path); len(after) != len(before) {
		t.Errorf("got %d permissions, want %d", len(after), len(before))
	}
	c.call("DELETE", path+"/"+before[0]["id"].(string), "").want(t, http.StatusNoContent)
	want(t, c.get(path + "/" + before[1]["id"].(string))["contactId"], fmt.Sprintf("%q", before[1]["contactId"]))
	again := c.put(path, fmt.Sprintf(`{"contactId":%q,"role":"Owner"}`, contact))
	if again["id"] == created["id"] {
		t.Errorf("id of a new permission: got %v, the id of a deleted one, want a new id", again["id"])
	}
	c.call("PUT", path, fmt.Sprintf(`{"contactId":%q,"role":"King"}`, contact)).code(t, http.StatusBadRequest, "BadRequest")
}

func TestBoundLocks(t *testing.T) {
	c := newCaller(t)
	c.server.SetTime(time.Date(2026, 11, 30, 10, 0, 59, 0, time.UTC))
	c = c.as(sandbox.Client{ID: c.server.ClientID(), Secret: c.server.ClientSecret()}) // no token from the future
	path := c.owner("Home") + "/BoundLocks"
	locks := c.list(path)
	if len(locks) != 3 || locks[0]["title"] != "Entrance Door" {
		t.Fatalf("got locks %v, want 3, the first one Entrance Door", locks)
	}
	// Absent values are null; times have milliseconds and a Z; false and 0 are present.
	want(t, locks[0], `{"active":true,"bindDate":"2026-11-10T05:35:00.000Z","clientRef":null,"description":null,"healthStatuses":null,`+
		`"id":"c2a85d13-0000-4000-8000-000000000000","lastSeenRclSerialNo":null,"lastSeenRclUpdateDate":null,`+
		`"lockType":{"id":"TK.Td30","manufacturerId":1,"modelName":"TD30","supportedTechnologies":["nfc","ble"]},"lockTypeId":"TK.Td30",`+
		`"membershipStatistics":null,"ownerAccountId":"7f9c1e52-0000-4000-8000-000000000000","physicalLockId":"CAAAAAAAAAAAAA==",`+
		`"rclDate":"2026-11-10T05:35:00.000Z","rclSerialNo":0,"supportedFeatures":null,"targetType":"Lock","title":"Entrance Door","unbindDate":null}`)

	one := path + "/" + locks[0]["id"].(string)
	want(t, c.get(one)["membershipStatistics"], `null`)
	expanded := c.get(one + "?expand=supportedFeatures,membershipStatistics,healthStatuses")
	want(t, expanded["membershipStatistics"], `{"ByState":[{"Count":3,"State":"Joined"}]}`)
	want(t, expanded["supportedFeatures"], `{"timeRestrictionIcalSupport":"Supported"}`)
	if len(expanded["healthStatuses"].([]any)) != 1 {
		t.Errorf("got healthStatuses %v, want one", expanded["healthStatuses"])
	}
	if c.list(path + "?expand=healthStatuses")[2]["healthStatuses"] == nil {
		t.Error("list with expand=healthStatuses: got null, want health statuses")
	}
	c.call("GET", one+"?expand=everything", "").code(t, http.StatusBadRequest, "BadRequest")
	c.call("GET", path+"/nope", "").code(t, http.StatusNotFound, "NotFound")

	body := `{"physicalLockId":"BAASNL/7","bindingCode":"K7Q2-M9XD-4TVB","title":"Cellar","description":"Downstairs"}`
	bound := c.put(path, body)
	if bound["title"] != "Cellar" || bound["physicalLockId"] != "BAASNL/7" || bound["description"] != "Downstairs" {
		t.Errorf("bound lock: got %v, want the values of %s", bound, body)
	}
	want(t, c.get(path + "/" + bound["id"].(string))["title"], `"Cellar"`)
	c.call("PUT", path, body).code(t, http.StatusForbidden, "Forbidden")
	c.call("PUT", c.owner("Coworking Space")+"/BoundLocks", body).code(t, http.StatusForbidden, "Forbidden")
	c.call("PUT", path, `{"physicalLockId":"CAAAAAAAAAAAAA==","bindingCode":"x"}`).code(t, http.StatusForbidden, "Forbidden")
	c.call("PUT", path, `{"physicalLockId":"!","bindingCode":"x"}`).code(t, http.StatusBadRequest, "BadRequest")
	c.call("PUT", path, `{"physicalLockId":"BAASNL/8"}`).code(t, http.StatusBadRequest, "BadRequest")
	if log := c.list(path + "/" + bound["id"].(string) + "/LogEntries"); len(log) != 0 {
		t.Errorf("log of a new lock: got %v, want no entries", log)
	}
}

func TestLockGroups(t *testing.T) {
	c := newCaller(t)
	path := c.owner("Coworking Space") + "/LockGroups"
	groups := c.list(path)
	want(t, groups[0], `{"active":true,"description":null,"id":"e41b7d5c-0000-4001-8000-000000000000",`+
		`"physicalLockId":null,"rclDate":null,"rclSerialNo":null,"targetType":"Group","title":"Meeting Rooms"}`)
	one := path + "/" + groups[0]["id"].(string)
	if _, ok := c.get(one)["statistics"]; ok {
		t.Error("lock group without expand: got statistics, want none")
	}
	want(t, c.get(one + "?expand=statistics,supportedFeatures")["statistics"], `{"ByState":[{"Count":5,"State":"Joined"}]}`)
	c.call("GET", path+"?expand=healthStatuses", "").code(t, http.StatusBadRequest, "BadRequest")
	c.call("GET", path+"/nope", "").code(t, http.StatusNotFound, "NotFound")
}

func TestBoundCards(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	card := home + "/BoundCards/" + c.id(home+"/BoundCards", "title", "Spare Card")
	if got := c.get(card); got["isActive"] != true || got["label"] != "" || got["nofGrantsCapacity"] != 12.0 || got["unbindDate"] != nil {
		t.Errorf("got card %v, want isActive true, an empty label, nofGrantsCapacity 12 and no unbindDate", got)
	}
	c.call("PATCH", card, `{"title":"Guest Card"}`).want(t, http.StatusNoContent)
	want(t, c.get(card)["title"], `"Guest Card"`)
	c.call("PATCH", home+"/BoundCards/nope", `{"title":"x"}`).code(t, http.StatusNotFound, "NotFound")

	grants := c.list(card + "/Grants")
	if len(grants) != 1 || grants[0]["contactId"] != nil || grants[0]["contact"] != nil || grants[0]["boundCard"].(object)["title"] != "Guest Card" {
		t.Fatalf("grants of the card: got %v, want one for the card Guest Card", grants)
	}
	c.call("POST", card+"/RevokeGrants", "").want(t, http.StatusNoContent)
	grants = c.list(card + "/Grants")
	want(t, []any{len(grants), grants[0]["state"], grants[0]["active"]}, `[1,"Revoked",false]`)
	for _, path := range []string{"/Grants", "/RevokeGrants"} {
		c.call(map[string]string{"/Grants": "GET", "/RevokeGrants": "POST"}[path], home+"/BoundCards/nope"+path, "").code(t, http.StatusNotFound, "NotFound")
	}
}

func TestContacts(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	path := home + "/Contacts"
	native := c.put(path, `{"ipId":"tapkey","identifier":"new@example.com","title":"New"}`)
	want(t, native, fmt.Sprintf(`{"clientRef":null,"comment":null,"email":"new@example.com","id":%q,"identifier":"new@example.com",`+
		`"ipId":"tapkey","ipUserId":null,"ipUserName":null,"isActive":true,"ownerId":"7f9c1e52-0000-4000-8000-000000000000","title":"New"}`, native["id"]))
	external := c.put(path, `{"ipId":"some-provider","ipUserId":"employee-1"}`)
	want(t, []any{external["ipUserId"], external["identifier"], external["email"]}, `["employee-1",null,null]`)
	want(t, c.put(path, `{"email":"old@example.com"}`)["identifier"], `"old@example.com"`)

	for body, status := range map[string]int{
		`{"identifier":"new@example.com"}`:                                409,
		`{"email":"new@example.com"}`:                                     409,
		`{"ipId":"some-provider","ipUserId":"employee-1","title":"T"}`:    409,
		`{"email":"a@example.com","ipId":"tapkey"}`:                       400,
		`{"email":"a@example.com","identifier":"a@example.com"}`:          400,
		`{"identifier":"a@example.com","ipUserId":"1","ipId":"provider"}`: 400,
		`{"ipUserId":"1"}`:                    400,
		`{"ipId":"provider"}`:                 400,
		`{"ipId":"tapkey","identifier":""}`:   400,
		`{"ipId":"provider","ipUserId":""}`:   400,
		`{}`:                                  400,
		`{"identifier":1}`:                    400,
		`{"identifier":"a@example.com"`:       400,
		`{"identifier":"a@example.com"} true`: 400,
		`[]`:                                  400,
		`null`:                                400,
		`"x"`:                                 400,
	} {
		code := map[int]string{409: "Duplicate", 400: "BadRequest"}[status]
		c.call("PUT", path, body).code(t, status, code)
	}

	one := path + "/" + native["id"].(string)
	var changed object
	c.call("PATCH", one, `{"comment":"Second floor"}`).want(t, http.StatusOK).decode(t, &changed)
	want(t, []any{changed["title"], changed["comment"]}, `["New","Second floor"]`)
	want(t, c.get(one)["comment"], `"Second floor"`)
	c.call("PATCH", path+"/nope", `{}`).code(t, http.StatusNotFound, "NotFound")
	c.call("GET", path+"/nope", "").code(t, http.StatusNotFound, "NotFound")

	alex := path + "/" + c.id(path, "identifier", "alex@example.com")
	c.call("POST", alex+"/RevokeGrants", "").want(t, http.StatusNoContent)
	for _, grant := range c.list(home + "/Grants?$filter=contactId eq '" + c.get(alex)["id"].(string) + "'") {
		want(t, grant["state"], `"Revoked"`)
	}
	if n := len(c.list(home + "/Grants?$filter=active")); n != 2 {
		t.Errorf("got %d active grants, want 2, those of the other contacts", n)
	}
	c.call("POST", path+"/nope/RevokeGrants", "").code(t, http.StatusNotFound, "NotFound")
}

func TestGrants(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	path := home + "/Grants"
	lock := c.id(home+"/BoundLocks", "title", "Garden Shed")
	contact := c.id(home+"/Contacts", "identifier", "cleaner@example.com")
	card := c.id(home+"/BoundCards", "title", "Spare Card")

	body := fmt.Sprintf(`{"boundLockId":%q,"contactId":%q,"validFrom":"2024-02-01T12:00:00.1234567+02:00","validBefore":"2099-03-01T19:00:00Z"}`, lock, contact)
	grant := c.put(path, body)
	want(t, []any{grant["state"], grant["active"], grant["validFrom"], grant["validBefore"], grant["owner"], grant["boundCard"], grant["timeRestrictionIcal"]},
		`["Ok",true,"2024-02-01T10:00:00.123Z","2099-03-01T19:00:00.000Z",null,null,null]`)
	// The lock has only the fields that have been seen there.
	want(t, grant["boundLock"], fmt.Sprintf(`{"active":null,"bindDate":null,"clientRef":null,"description":null,"healthStatuses":null,"id":%q,`+
		`"lastSeenRclSerialNo":null,"lastSeenRclUpdateDate":null,"lockType":null,"lockTypeId":null,"membershipStatistics":null,`+
		`"ownerAccountId":null,"physicalLockId":"CAAAAAAAAAAAAg==","rclDate":null,"rclSerialNo":null,"supportedFeatures":null,`+
		`"targetType":"Lock","title":"Garden Shed","unbindDate":null}`, lock))
	want(t, grant["contact"].(object)["identifier"], `"cleaner@example.com"`)
	c.call("PUT", path, body).code(t, http.StatusConflict, "Duplicate")

	// A lock and a receiver have one grant, whatever its validity. Another receiver gets another grant.
	c.call("PUT", path, fmt.Sprintf(`{"boundLockId":%q,"contactId":%q,"ipId":"tapkey"}`, lock, contact)).code(t, http.StatusConflict, "Duplicate")
	c.call("PUT", path, fmt.Sprintf(`{"boundLockId":%q,"contact":{"identifier":"cleaner@example.com"}}`, lock)).code(t, http.StatusConflict, "Duplicate")
	want(t, c.put(path, fmt.Sprintf(`{"boundLockId":%q,"boundCardId":%q}`, lock, card))["boundCardId"], fmt.Sprintf("%q", card))
	inline := fmt.Sprintf(`{"boundLockId":%q,"contact":{"identifier":"guest@example.com"}}`, lock)
	guest := c.put(path, inline)
	want(t, c.id(home+"/Contacts", "identifier", "guest@example.com"), fmt.Sprintf("%q", guest["contactId"]))
	c.call("PUT", path, inline).code(t, http.StatusConflict, "Duplicate")

	for name, body := range map[string]string{
		"no receiver":       fmt.Sprintf(`{"boundLockId":%q}`, lock),
		"two receivers":     fmt.Sprintf(`{"boundLockId":%q,"contactId":%q,"boundCardId":%q}`, lock, contact, card),
		"unknown lock":      fmt.Sprintf(`{"boundLockId":"nope","contactId":%q}`, contact),
		"no lock":           fmt.Sprintf(`{"contactId":%q}`, contact),
		"unknown contact":   fmt.Sprintf(`{"boundLockId":%q,"contactId":"nope"}`, lock),
		"unknown card":      fmt.Sprintf(`{"boundLockId":%q,"boundCardId":"nope"}`, lock),
		"empty inline":      fmt.Sprintf(`{"boundLockId":%q,"contact":{}}`, lock),
		"other provider":    fmt.Sprintf(`{"boundLockId":%q,"contactId":%q,"ipId":"other"}`, lock, contact),
		"backward validity": fmt.Sprintf(`{"boundLockId":%q,"contactId":%q,"validFrom":"2025-01-02T00:00:00Z","validBefore":"2025-01-01T00:00:00Z"}`, lock, contact),
		"not a time":        fmt.Sprintf(`{"boundLockId":%q,"contactId":%q,"validFrom":"tomorrow"}`, lock, contact),
		"year above 9999":   fmt.Sprintf(`{"boundLockId":%q,"contactId":%q,"validBefore":"9999-12-31T23:59:59-12:00"}`, lock, contact),
	} {
		t.Run(name, func(t *testing.T) { c.call("PUT", path, body).code(t, http.StatusBadRequest, "BadRequest") })
	}

	one := path + "/" + grant["id"].(string)
	c.call("POST", one+"/Revoke?dryRun=true", "").want(t, http.StatusOK)
	if n := len(c.list(path + "?$filter=state eq 'Revoked'")); n != 0 {
		t.Errorf("after a dry run: got %d revoked grants, want 0", n)
	}
	c.call("POST", one+"/Revoke?dryRun=false", `{}`).want(t, http.StatusOK)
	revoked := c.list(path + "?$filter=state eq 'Revoked'")
	if len(revoked) != 1 || revoked[0]["id"] != grant["id"] || revoked[0]["active"] != false {
		t.Errorf("got revoked grants %v, want grant %v, not active", revoked, grant["id"])
	}
	// The number of the revocation list is incremented; the lock has not seen it yet.
	shed := c.get(home + "/BoundLocks/" + lock)
	want(t, []any{shed["rclSerialNo"], shed["lastSeenRclSerialNo"]}, `[1,null]`)
	c.call("PATCH", one, `{"validBefore":"2099-01-01T00:00:00Z"}`).code(t, http.StatusConflict, "Conflict")
	c.call("POST", one+"/Revoke", "").code(t, http.StatusConflict, "Conflict")
	c.call("POST", path+"/nope/Revoke", "").code(t, http.StatusNotFound, "NotFound")
	c.call("POST", one+"/Revoke?dryRun=perhaps", "").code(t, http.StatusBadRequest, "BadRequest")
	if again := c.put(path, body); again["id"] == grant["id"] {
		t.Errorf("new grant: got id %v, the id of a revoked grant, want a new id", again["id"])
	}
}

func TestGrantsExpire(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	lock := c.id(home+"/BoundLocks", "title", "Garage")
	grant := c.put(home+"/Grants", fmt.Sprintf(`{"boundLockId":%q,"contact":{"identifier":"g@example.com"},"validBefore":"2099-01-01T00:00:00Z"}`, lock))
	path := home + "/Grants/" + grant["id"].(string)
	state := func() []any {
		t.Helper()
		found := c.list(home + "/Grants?$filter=id eq '" + grant["id"].(string) + "'")[0]
		listed := len(c.list(home + "/Grants?$filter=state eq 'Expired'"))
		return []any{found["state"], found["active"], listed}
	}
	want(t, state(), `["Ok",true,0]`)
	c.server.AdvanceTime(75 * 365 * 24 * 60 * 60 * 1e9)
	c.token = accessToken(t, c.server, c.server.ClientID(), c.server.ClientSecret())
	want(t, state(), `["Expired",false,1]`)
	// An expired grant still is the one of its lock and receiver, and can be extended.
	again := fmt.Sprintf(`{"boundLockId":%q,"contactId":%q}`, lock, grant["contactId"])
	c.call("PUT", home+"/Grants", again).code(t, http.StatusConflict, "Duplicate")
	c.call("PATCH", path, `{"validBefore":"2199-01-01T00:00:00Z"}`).want(t, http.StatusOK)
	want(t, state(), `["Ok",true,0]`)
	c.call("PATCH", path, `{"validBefore":"2099-01-01T00:00:00Z"}`).want(t, http.StatusOK)
	c.call("POST", path+"/Revoke", "").want(t, http.StatusOK)
	want(t, state(), `["Revoked",false,0]`)
	c.put(home+"/Grants", again)
}

func TestUpdateGrant(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	grant := c.put(home+"/Grants", fmt.Sprintf(`{"boundLockId":%q,"contact":{"identifier":"g@example.com"},"validFrom":"2026-01-01T00:00:00Z","timeRestrictionIcal":%q}`,
		c.id(home+"/BoundLocks", "title", "Garage"), calendar(weekly("1", "MO"))))
	path := home + "/Grants/" + grant["id"].(string)
	limits := func(g object) []any { return []any{g["validFrom"], g["validBefore"], g["timeRestrictionIcal"]} }
	monday, tuesday := fmt.Sprintf("%q", calendar(weekly("1", "MO"))), fmt.Sprintf("%q", calendar(weekly("1", "TU")))
	want(t, limits(grant), `["2026-01-01T00:00:00.000Z",null,`+monday+`]`)

	patch := func(body string) (changed object) {
		t.Helper()
		c.call("PATCH", path, body).want(t, http.StatusOK).decode(t, &changed)
		return changed
	}
	want(t, limits(patch(`{"validBefore":"2099-01-01T01:00:00+01:00"}`)), `["2026-01-01T00:00:00.000Z","2099-01-01T00:00:00.000Z",`+monday+`]`)
	want(t, limits(patch(`{"timeRestrictionIcal":`+tuesday+`}`)), `["2026-01-01T00:00:00.000Z","2099-01-01T00:00:00.000Z",`+tuesday+`]`)
	changed := patch(`{"validFrom":"2027-01-01T00:00:00Z"}`)
	want(t, limits(changed), `["2027-01-01T00:00:00.000Z","2099-01-01T00:00:00.000Z",`+tuesday+`]`)
	want(t, []any{changed["id"], changed["boundLockId"], changed["contactId"]}, fmt.Sprintf("[%q,%q,%q]", grant["id"], grant["boundLockId"], grant["contactId"]))

	// A refused change changes nothing.
	for name, body := range map[string]string{
		"end before the start":   `{"validBefore":"2026-06-01T00:00:00Z"}`,
		"start after the end":    `{"validFrom":"2100-01-01T00:00:00Z"}`,
		"backward":               `{"validFrom":"2030-01-02T00:00:00Z","validBefore":"2030-01-01T00:00:00Z"}`,
		"year above 9999":        `{"validBefore":"9999-12-31T23:59:59-12:00"}`,
		"not a time":             `{"validFrom":"tomorrow"}`,
		"restriction and a time": `{"validFrom":"2028-01-01T00:00:00Z","timeRestrictionIcal":"weekly"}`,
		"empty restriction":      `{"timeRestrictionIcal":""}`,
		"a list":                 `[]`,
	} {
		t.Run(name, func(t *testing.T) { c.call("PATCH", path, body).code(t, http.StatusBadRequest, "BadRequest") })
	}
	want(t, limits(patch(`{}`)), `["2027-01-01T00:00:00.000Z","2099-01-01T00:00:00.000Z",`+tuesday+`]`)
	c.call("PATCH", home+"/Grants/nope", `{}`).code(t, http.StatusNotFound, "NotFound")
}

func TestDeleteGrantFromCard(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	card := home + "/BoundCards/" + c.id(home+"/BoundCards", "title", "Spare Card")
	grant := c.list(card + "/Grants")[0]
	one := home + "/Grants/" + grant["id"].(string)
	c.call("POST", one+"/DeleteFromCard", "").want(t, http.StatusNoContent)
	want(t, c.list(card + "/Grants")[0]["state"], `"Ok"`) // until the card is synchronized
	c.server.SyncCards()
	if grants := c.list(card + "/Grants"); len(grants) != 0 {
		t.Errorf("after the card sync: got grants %v, want none", grants)
	}
	c.call("POST", one+"/DeleteFromCard", "").code(t, http.StatusNotFound, "NotFound")
	other := c.list(home + "/Grants")[0]
	c.call("POST", home+"/Grants/"+other["id"].(string)+"/DeleteFromCard", "").code(t, http.StatusBadRequest, "BadRequest")
}

func TestIdentityProviderUsers(t *testing.T) {
	c := newCaller(t)
	space := c.owner("Coworking Space")
	path := space + "/IdentityProviders/b75c2e91-0000-4001-8000-000000000000/Users"
	users := c.list(path)
	want(t, users[0], `{"email":null,"id":"f6082b4d-0000-4001-8000-000000000000","identifier":null,`+
		`"ipId":"b75c2e91-0000-4001-8000-000000000000","ipUserId":"employee-4711","status":"Normal"}`)
	// With ipUserId the response is one object.
	want(t, c.get(path + "?ipUserId=employee-4712")["ipUserId"], `"employee-4712"`)
	c.call("GET", path+"?ipUserId=nobody", "").code(t, http.StatusNotFound, "NotFound")

	created := c.put(path, `{"ipUserId":"employee-1"}`)
	want(t, c.get(path + "/" + created["id"].(string))["ipUserId"], `"employee-1"`)
	c.call("PUT", path, `{"ipUserId":"employee-1","ipId":"b75c2e91-0000-4001-8000-000000000000"}`).code(t, http.StatusConflict, "Duplicate")
	c.call("PUT", path, `{"ipUserId":"employee-2","ipId":"other"}`).code(t, http.StatusBadRequest, "BadRequest")
	c.call("PUT", path, `{"ipUserId":""}`).code(t, http.StatusBadRequest, "BadRequest")
	c.call("GET", path+"/nope", "").code(t, http.StatusNotFound, "NotFound")

	// The provider belongs to one owner account.
	elsewhere := strings.Replace(path, space, c.owner("Home"), 1)
	c.call("GET", elsewhere, "").code(t, http.StatusNotFound, "NotFound")
	c.call("PUT", elsewhere, `{"ipUserId":"x"}`).code(t, http.StatusNotFound, "NotFound")
	c.call("GET", elsewhere+"/"+created["id"].(string), "").code(t, http.StatusNotFound, "NotFound")
}

func TestPaths(t *testing.T) {
	c := newCaller(t)
	home := c.owner("Home")
	for _, path := range []string{"/owners", "/OWNERS/", home + "/boundlocks", strings.Replace(home, "Owners", "oWnErS", 1) + "/BoundLocks/", "/%4fwners"} {
		c.call("GET", path, "").want(t, http.StatusOK)
	}
	for _, path := range []string{"", "/", "/Nope", "/Owners//", "/Owners//BoundLocks", home + "/BoundLocks/x/y/z", "/Owners/../Owners", "/Owners/%2e%2e"} {
		c.call("GET", path, "").code(t, http.StatusNotFound, "NotFound")
	}
	refused := c.call("POST", home+"/Contacts", "{}")
	refused.code(t, http.StatusMethodNotAllowed, "MethodNotAllowed")
	want(t, refused.header.Get("Allow"), `"GET, PUT"`)

	req, err := http.NewRequest("PUT", c.server.BaseURL()+home+"/Contacts", strings.NewReader("identifier=x"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	do(t, http.DefaultClient, req).code(t, http.StatusUnsupportedMediaType, "UnsupportedMediaType")
	c.call("PUT", home+"/Contacts", `{"title":"`+strings.Repeat("x", 1<<20)+`"}`).code(t, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
	// A query that is decoded only in part would return more than the client requested.
	for _, query := range []string{"?$filter=active&$filter=active", "?%zz", "?$filter=active;$top=1", "?a=1&a=2"} {
		c.call("GET", home+"/Grants"+query, "").code(t, http.StatusBadRequest, "BadRequest")
	}
}

// Every operation of the contract is implemented: without a token it is 401, not 404 or 501.
func TestEveryOperationIsServed(t *testing.T) {
	s := start(t)
	for _, op := range tapkey.Operations() {
		path := strings.NewReplacer("{", "", "}", "").Replace(op.Path)
		send(t, op.Method, s.BaseURL()+path, "", "").code(t, http.StatusUnauthorized, "Unauthorized")
		if s.Count(op.ID) != 1 {
			t.Errorf("Count(%s): got %d, want 1", op.ID, s.Count(op.ID))
		}
	}
}
