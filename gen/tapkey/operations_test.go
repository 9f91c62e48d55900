package tapkey_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	tapkeygo "github.com/tapkey-go/tapkey-go"
	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// contractLine matches the lines of openapi.yaml that describe operations. Their
// indentation tells what they belong to.
var contractLine = regexp.MustCompile(`^(?:  (?<path>/\S+):|    (?<method>get|put|post|patch|delete|head|options|trace):|      operationId: (?<id>\S+)|      x-idempotent: (?<idempotent>true)| {12}- (?<scope>[a-z]+(?::[a-z]+)+))$`)

// contractOperations reads the operations of openapi.yaml without a YAML parser.
func contractOperations(t *testing.T) []api.Operation {
	t.Helper()
	_, text, ok := strings.Cut(string(tapkeygo.OpenAPI()), "\npaths:\n")
	text, _, ok2 := strings.Cut(text, "\ncomponents:\n")
	if !ok || !ok2 {
		t.Fatal("openapi.yaml: got no paths or no components after them, want both")
	}
	var ops []api.Operation
	path := ""
	for line := range strings.Lines(text) {
		match := contractLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if match == nil {
			continue
		}
		value := func(name string) string { return match[contractLine.SubexpIndex(name)] }
		last := len(ops) - 1
		switch {
		case value("path") != "":
			path = value("path")
		case value("method") != "":
			method := strings.ToUpper(value("method"))
			ops = append(ops, api.Operation{Path: path, Method: method, Idempotent: method == "GET"})
		case value("id") != "":
			ops[last].ID = value("id")
		case value("idempotent") != "":
			ops[last].Idempotent = true
		case value("scope") != "":
			ops[last].Scopes = append(ops[last].Scopes, value("scope"))
		}
	}
	return ops
}

func TestOperations(t *testing.T) {
	t.Parallel()
	want := contractOperations(t)
	if len(want) != 33 {
		t.Fatalf("openapi.yaml: got %d operations, want 33", len(want))
	}
	got := tapkey.Operations()
	byID := func(a, b api.Operation) int { return strings.Compare(a.ID, b.ID) }
	slices.SortFunc(want, byID)
	slices.SortFunc(got, byID)
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("operation: got %+v, want as in openapi.yaml %+v", got[i], want[i])
		}
		if len(want[i].Scopes) == 0 || want[i].ID == "" {
			t.Errorf("openapi.yaml: got %+v, want an id and a scope", want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d operations, want as in openapi.yaml %d", len(got), len(want))
	}
}

// TestIdempotent checks that only GET and PATCH are idempotent. In this API, PUT creates
// entities and POST starts processes.
func TestIdempotent(t *testing.T) {
	t.Parallel()
	for _, op := range tapkey.Operations() {
		if want := op.Method == "GET" || op.Method == "PATCH"; op.Idempotent != want {
			t.Errorf("%s %s: got Idempotent %t, want %t", op.Method, op.ID, op.Idempotent, want)
		}
	}
}

func TestOperationsAreCopies(t *testing.T) {
	t.Parallel()
	ops := tapkey.Operations()
	for i := range ops {
		ops[i].ID = "changed"
		ops[i].Scopes[0] = "changed"
	}
	for _, op := range tapkey.Operations() {
		if op.ID == "changed" || op.Scopes[0] == "changed" {
			t.Fatalf("after changing the copy: got %+v, want it unchanged", op)
		}
	}
}
