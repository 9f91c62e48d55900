package api_test

import (
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
)

func TestOperationFromContext(t *testing.T) {
	t.Parallel()
	if op, ok := api.OperationFromContext(t.Context()); ok || op.ID != "" {
		t.Errorf("empty context: got %v, want no operation", op)
	}
	own := &api.Operation{ID: "a", Scopes: []string{"read"}}
	ctx := api.ContextWithOperation(t.Context(), own)
	op, ok := api.OperationFromContext(ctx)
	if !ok || op.ID != "a" {
		t.Fatalf("got %v, %t, want operation a", op, ok)
	}
	op.ID, op.Scopes[0] = "b", "write"
	if again, _ := api.OperationFromContext(ctx); again.ID != "a" || again.Scopes[0] != "read" {
		t.Errorf("after a change of the copy: got %v, want it unchanged", again)
	}
	if op, ok := api.OperationFromContext(api.ContextWithOperation(ctx, nil)); ok {
		t.Errorf("context without operation: got %v, want none", op)
	}
}

func TestPathValueError(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":   "thingId is empty",
		"..": `thingId is "..", which is not an identifier`,
	} {
		if got := (&api.PathValueError{Name: "thingId", Value: value}).Error(); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}
