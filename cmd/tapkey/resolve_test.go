package main

import (
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

const (
	homeID   = "7f9c1e52-0000-4000-8000-000000000000"
	garageID = "c2a85d13-0000-4000-8000-000000000001"
	samID    = "90d7c4e6-0000-4000-8000-000000000001"
)

// Arguments and flags select entities by ID or by name. An ID needs no list.
func TestEntitiesByName(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	for _, test := range []struct {
		args  []string
		list  string // operation that finds the name
		want  string
		calls int
	}{
		{[]string{"locks", "get", garageID}, "listBoundLocks", garageID, 0},
		{[]string{"locks", "get", "Garage"}, "listBoundLocks", garageID, 1},
		{[]string{"locks", "get", "gARAGE"}, "listBoundLocks", garageID, 1},
		{[]string{"locks", "get", "00-00-00-00-00-00-00-01"}, "listBoundLocks", garageID, 1},
		{[]string{"locks", "log", "Garage", "--limit", "1"}, "listBoundLocks", "Garage", 1},
		{[]string{"contacts", "get", "Sam@Example.com"}, "listContacts", samID, 1},
		{[]string{"contacts", "update", "sam@example.com", "--title", "Sam"}, "listContacts", "Sam", 1},
		{[]string{"cards", "get", "Spare Card"}, "listBoundCards", "5e3d9b70-0000-4000-8000-000000000001", 1},
		{[]string{"cards", "grants", "spare card"}, "listBoundCards", "3a6f18c9-0000-4000-8000-000000000003", 1},
		{[]string{"groups", "get", "Ground Floor"}, "listLockGroups", "e41b7d5c-0000-4000-8000-000000000000", 1},
		{[]string{"permissions", "get", "alex@example.com"}, "listPermissions", "1b64f0a7-0000-4000-8000-000000000000", 1},
		{[]string{"owners", "get", "home"}, "listOwners", homeID, 1},
		{[]string{"grants", "create", "--lock", "garage", "--contact", "sam@example.com"}, "listBoundLocks", "sam@example.com", 1},
		{[]string{"grants", "create", "--lock", garageID, "--card", "Spare Card"}, "listBoundCards", "Spare Card", 1},
		{[]string{"permissions", "create", "--contact", "sam@example.com", "--role", "Admin"}, "listContacts", samID, 1},
	} {
		server.ForgetRequests()
		if test.args[0] != "owners" {
			test.args = append(test.args, "--owner", homeID)
		}
		r := tapkeyMain(t, env, test.args...)
		r.checkSuccess(t)
		checkContains(t, r.name, r.stdout, test.want)
		check(t, r.name+": calls of "+test.list, server.Count(test.list), test.calls)
	}
}

func TestUsersByName(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	r := tapkeyMain(t, env, "users", "get", "EMPLOYEE-4711", "--owner", "Coworking Space", "--provider", "b75c2e91-0000-4001-8000-000000000000")
	r.checkSuccess(t)
	checkContains(t, "user", r.stdout, "employee-4711")
}

// A name that does not select one entity is an error that helps, and nothing is changed.
func TestNamesMisuse(t *testing.T) {
	t.Parallel()
	many := []string{"Door", "Door", "door", "DOOR", "Löwe", "北京"}
	for range 20 {
		many = append(many, "Locker")
	}
	server, env := startSandbox(t, sandbox.WithOwner(sandbox.Owner{Name: "Office", Locks: many, Contacts: []string{"sam@example.com"}}))
	_, empty := startSandbox(t, sandbox.WithOwner(sandbox.Owner{Name: "Office"}))
	for name, test := range map[string]struct {
		env  []string
		args []string
		want string
	}{
		"typing error":       {env, []string{"locks", "get", "Loewe"}, `no lock is named "Loewe"; did you mean "Löwe"?`},
		"part of the name":   {env, []string{"contacts", "get", "sam"}, `no contact is named "sam"; did you mean "sam@example.com"?`},
		"nothing similar":    {env, []string{"locks", "get", "Zebra crossing"}, `no lock is named "Zebra crossing"; there are "DOOR", "Door", "Door", `},
		"many":               {env, []string{"locks", "get", "Zebra crossing"}, `, and 18 more`},
		"ambiguous":          {env, []string{"locks", "get", "Door"}, `2 locks are named "Door": use one of the IDs c2a85d13-0000-4000-8000-000000000000 (Door), c2a85d13-0000-4000-8000-000000000001 (Door)`},
		"ambiguous by case":  {env, []string{"locks", "get", "dOOr"}, `4 locks are named "dOOr": use one of the IDs c2a85d13-`},
		"ambiguous flag":     {env, []string{"grants", "create", "--lock", "Locker", "--contact", "sam@example.com"}, `20 locks are named "Locker"`},
		"one of several":     {env, []string{"locks", "get", "北京", "Zebra crossing"}, `no lock is named "Zebra crossing"`},
		"empty":              {env, []string{"locks", "get", ""}, "the ID or name of the lock is empty"},
		"space":              {env, []string{"locks", "get", " "}, "the ID or name of the lock is empty"},
		"control characters": {env, []string{"locks", "get", "\x1b[31m\u202e"}, `no lock is named " [31m "`},
		"not UTF-8":          {env, []string{"locks", "get", "\xff"}, `no lock is named "�"`},
		"long":               {env, []string{"locks", "get", strings.Repeat("x", 100_000)}, `xxx…"`},
		"none":               {empty, []string{"locks", "get", "Door"}, "there are no locks"},
		"unknown revocation": {env, []string{"contacts", "revoke-grants", "pat@example.com", "--yes"}, `no contact is named "pat@example.com"`},
	} {
		t.Run(name, func(t *testing.T) {
			tapkeyMain(t, test.env, test.args...).checkFailure(t, exitMisuse, test.want)
		})
	}
	for _, request := range server.Requests() {
		if request.Operation == "getBoundLock" || strings.HasPrefix(request.Operation, "create") || strings.HasPrefix(request.Operation, "revoke") {
			t.Errorf("request of %s, want none", request.Operation)
		}
	}
}

func TestSimilarNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       bool
	}{
		{"Garage", "Garrage", true}, {"Garage", "gargae", true}, {"Garage", "age", true}, {"Garage", "Office", false}, {"", "a", false},
		{"北京总部", "北京总布", true}, {"A", "B", false}, {"alex@example.com", "sam@example.com", false}, {strings.Repeat("x", 10_000), strings.Repeat("y", 10_000), false},
	} {
		check(t, test.name+" and "+test.text, isSimilar(test.name, test.text), test.want)
	}
}
