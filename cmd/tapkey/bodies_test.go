package main

import (
	"net/http"
	"strings"
	"testing"
)

// Each verb with a request body sends the fields that its flags set, and no others.
func TestRequestBodies(t *testing.T) {
	t.Parallel()
	recorder, env := startRecorder(t)
	recorder.respond(200, `{"id":"1"}`, http.Header{"Content-Type": {"application/json"}})
	const owner = "7f9c1e52-0000-4000-8000-000000000000"
	inOwner := func(args ...string) []string { return append(args, "--owner", owner) }
	for _, test := range []struct {
		args         []string
		target, body string // the target is relative to /api/v1/Owners
	}{
		{[]string{"owners", "create", "--name", "A"}, "PUT ", `{"name":"A"}`},
		{[]string{"owners", "update", owner, "--name", ""}, "PATCH /" + owner, `{"name":""}`},
		{inOwner("permissions", "create", "--contact", "c", "--role", "Admin"),
			"PUT /" + owner + "/Permissions", `{"contactId":"c","role":"Admin"}`},
		{inOwner("locks", "bind", "--serial", "12-34-BF-FB", "--code", "x", "--title", "t", "--description", "d"),
			"PUT /" + owner + "/BoundLocks", `{"bindingCode":"x","description":"d","physicalLockId":"BAASNL/7","title":"t"}`},
		{inOwner("cards", "update", "1", "--title", "t"),
			"PATCH /" + owner + "/BoundCards/1", `{"title":"t"}`},
		{inOwner("contacts", "create", "--identifier", "a@example.com", "--title", "t", "--comment", "c"),
			"PUT /" + owner + "/Contacts", `{"comment":"c","identifier":"a@example.com","title":"t"}`},
		{inOwner("contacts", "create", "--ip-user-id", "u", "--provider", "p"),
			"PUT /" + owner + "/Contacts", `{"ipId":"p","ipUserId":"u"}`},
		{inOwner("contacts", "update", "1", "--title", "t", "--comment", "c"),
			"PATCH /" + owner + "/Contacts/1", `{"comment":"c","title":"t"}`},
		{inOwner("grants", "create", "--lock", "l", "--contact", "c", "--from", "2026-12-01T08:00:00Z"),
			"PUT /" + owner + "/Grants", `{"boundLockId":"l","contactId":"c","validFrom":"2026-12-01T08:00:00Z"}`},
		{inOwner("grants", "create", "--lock", "l", "--identifier", "a@example.com"),
			"PUT /" + owner + "/Grants", `{"boundLockId":"l","contact":{"identifier":"a@example.com"}}`},
		{inOwner("grants", "create", "--lock", "l", "--card", "c", "--until", "2026-12-24T18:00:00Z"),
			"PUT /" + owner + "/Grants", `{"boundCardId":"c","boundLockId":"l","validBefore":"2026-12-24T18:00:00Z"}`},
		{inOwner("users", "create", "--provider", "p", "--ip-user-id", "u"),
			"PUT /" + owner + "/IdentityProviders/p/Users", `{"ipId":"p","ipUserId":"u"}`},
	} {
		r := tapkeyMain(t, env, test.args...)
		r.checkSuccess(t)
		method, path, _ := strings.Cut(test.target, " ")
		recorder.check(t, r.name, method+" /api/v1/Owners"+path, test.body)
	}
}
