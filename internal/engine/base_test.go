package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

type contextKey struct{}

// TestContextOfACall checks that the context of a request is that of the caller, with the
// operation.
func TestContextOfACall(t *testing.T) {
	t.Parallel()
	base, err := engine.NewBase("https://server.test/base/")
	if err != nil {
		t.Fatal(err)
	}
	secret := engine.NewJSON("s3cret")
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("the caller's reason")
		parent, cancel := context.WithCancelCause(context.WithValue(t.Context(), contextKey{}, 7))
		parent, stop := context.WithTimeout(parent, time.Hour)
		defer stop()
		req, err := base.NewRequest(parent, getThing, engine.Query("filter=s3cret"), secret, "s3cret")
		if err != nil {
			t.Fatal(err)
		}
		ctx := req.Context()
		if op, ok := api.OperationFromContext(ctx); !ok || op.ID != getThing.ID {
			t.Errorf("got the operation %v, %t, want %v", op, ok, getThing)
		}
		if ctx.Value(contextKey{}) != 7 || ctx.Value("another") != nil {
			t.Errorf("got %v and %v, want the caller's value and no other", ctx.Value(contextKey{}), ctx.Value("another"))
		}
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) != time.Hour {
			t.Errorf("got the deadline %v, %t, want that of the caller", deadline, ok)
		}
		child, stopChild := context.WithCancel(context.WithValue(ctx, contextKey{}, 8))
		defer stopChild()
		if op, ok := api.OperationFromContext(child); !ok || op.ID != getThing.ID || child.Value(contextKey{}) != 8 {
			t.Errorf("got the operation %v, %t, and the value %v of a child, want both", op, ok, child.Value(contextKey{}))
		}
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			for _, c := range []context.Context{ctx, child} {
				if text := fmt.Sprintf(format, c); format != "%#v" && strings.Contains(text, "s3cret") || c == ctx && !strings.Contains(text, "getThing") && format != "%x" {
					t.Errorf("%s: got %s, want the operation alone", format, text)
				}
			}
		}
		cancel(cause)
		synctest.Wait()
		if !errors.Is(ctx.Err(), context.Canceled) || !errors.Is(context.Cause(ctx), cause) || !errors.Is(context.Cause(child), cause) || child.Err() == nil {
			t.Errorf("got %v, %v, %v, want the cause of the caller", ctx.Err(), context.Cause(ctx), context.Cause(child))
		}
	})
	for _, value := range []string{"", ".", ".."} {
		_, err := base.NewRequest(t.Context(), getThing, nil, nil, value)
		if e := failure(t, err, nil); !strings.Contains(e.Error(), "thingId is ") || !errors.As(err, new(*api.PathValueError)) {
			t.Errorf("%q: got %v, want an error that names the path value", value, err)
		}
	}
	if _, err := base.NewRequest(t.Context(), getThing, nil, engine.NewJSON(func() {}), "1"); err == nil {
		t.Error("a body that is not JSON: got no error, want one")
	}
	for _, text := range []string{"", "server/", "https://user:s3cret@h/", "https://h/?q=1", "ftp://h/"} {
		if _, err := engine.NewBase(text); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v, want an error without the password", text, err)
		}
	}
	if req, err := base.NewRequest(t.Context(), listThings, nil, nil); err != nil || req.Method != http.MethodGet || req.URL.String() != "https://server.test/base/Things" {
		t.Errorf("got %v, %v, want GET of the things", req, err)
	}
}
