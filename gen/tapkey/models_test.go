package tapkey_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// TestResponsesKeepZeroValues checks that encoding a decoded response keeps false, 0 and
// "".
func TestResponsesKeepZeroValues(t *testing.T) {
	t.Parallel()
	for _, model := range []any{
		&tapkey.OwnerAccount{}, &tapkey.Permission{}, &tapkey.BoundLock{}, &tapkey.LockType{}, &tapkey.LockHealthStatus{},
		&tapkey.MembershipStateCount{}, &tapkey.SupportedFeatures{}, &tapkey.LogEntry{}, &tapkey.BoundCard{},
		&tapkey.Contact{}, &tapkey.Grant{}, &tapkey.LockGroup{}, &tapkey.IdentityProviderUser{},
	} {
		encoded, err := json.Marshal(model)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		_ = json.Unmarshal(encoded, &fields)
		for field := range reflect.TypeOf(model).Elem().Fields() {
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			switch field.Type.Kind() {
			case reflect.Bool, reflect.String, reflect.Int64, reflect.Float64:
				if value, ok := fields[name]; !ok || !reflect.ValueOf(value).IsZero() || options != "" {
					t.Errorf("%T: got %s not encoded, want its zero value", model, name)
				}
			case reflect.Pointer:
				if k := field.Type.Elem().Kind(); k != reflect.Struct && k != reflect.Map {
					t.Errorf("%T: got %s as a pointer to a %v, want a plain value", model, name, k)
				}
			case reflect.Slice, reflect.Interface:
			default: // such as float32, or int, which has 32 bits on some machines
				t.Errorf("%T: got %s as a %v, want a bool, string, int64, float64, pointer, slice or any", model, name, field.Type)
			}
		}
	}
	text := `{"id":"o1","name":"","active":false}`
	server := serve(t, http.StatusOK, text)
	owner, err := server.api(t).GetOwner(t.Context(), "o1")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(owner)
	sameJSON(t, string(again), text)
}

// TestRequestsSendWhatIsSet checks that nil is not sent and that a set zero value is.
func TestRequestsSendWhatIsSet(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		body any
		want string
	}{
		{tapkey.OwnerAccountCreate{}, `{"name":""}`},
		{tapkey.OwnerAccountUpdate{}, `{}`},
		{tapkey.OwnerAccountUpdate{Name: new("")}, `{"name":""}`},
		{tapkey.BoundCardUpdate{}, `{}`},
		{tapkey.BoundCardUpdate{Title: new("")}, `{"title":""}`},
		{tapkey.ContactCreate{}, `{}`},
		{tapkey.ContactCreate{Identifier: new(""), Title: new("x")}, `{"identifier":"","title":"x"}`},
		{tapkey.ContactUpdate{}, `{}`},
		{tapkey.ContactUpdate{Comment: new("")}, `{"comment":""}`},
		{tapkey.LockBinding{}, `{"bindingCode":"","physicalLockId":""}`},
		{tapkey.GrantCreate{BoundLockID: "l1"}, `{"boundLockId":"l1"}`},
		{tapkey.GrantCreate{ContactID: new("")}, `{"boundLockId":"","contactId":""}`},
		{tapkey.PermissionCreate{}, `{"contactId":"","role":""}`},
		{tapkey.IdentityProviderUserCreate{}, `{"ipUserId":""}`},
	} {
		encoded, err := json.Marshal(test.body)
		if err != nil {
			t.Fatal(err)
		}
		if string(encoded) != test.want {
			t.Errorf("%T: got %s, want %s", test.body, encoded, test.want)
		}
	}
	server := serve(t, http.StatusOK, `{"id":"o1"}`)
	if _, err := server.api(t).UpdateOwner(t.Context(), "o1", tapkey.OwnerAccountUpdate{Name: new("")}); err != nil {
		t.Fatal(err)
	}
	if body := server.only(t).body; body != `{"name":""}` {
		t.Errorf("body of the PATCH: got %s, want {\"name\":\"\"}", body)
	}
}

func TestDatesArePointers(t *testing.T) {
	t.Parallel()
	for _, model := range []any{tapkey.BoundLock{}, tapkey.BoundCard{}, tapkey.Grant{}, tapkey.GrantCreate{}, tapkey.LogEntry{}, tapkey.LockGroup{}, tapkey.LockHealthStatus{}} {
		dates := 0
		for field := range reflect.TypeOf(model).Fields() {
			switch field.Type {
			case reflect.TypeFor[*time.Time]():
				dates++
			case reflect.TypeFor[time.Time]():
				t.Errorf("%T.%s: got a time.Time, want a pointer", model, field.Name)
			}
		}
		if dates == 0 {
			t.Errorf("%T: got no date, want at least one", model)
		}
	}
}

// TestKnownValues checks the constants of open enums, whose names start with the type.
func TestKnownValues(t *testing.T) {
	t.Parallel()
	for got, want := range map[any]string{
		tapkey.GrantStateOk: "Ok", tapkey.GrantStateRevoked: "Revoked",
		tapkey.PermissionRoleOwner: "Owner", tapkey.PermissionRoleAdmin: "Admin",
		tapkey.LockTargetTypeLock: "Lock", tapkey.LockTargetTypeGroup: "Group",
		tapkey.LockHealthValueStatusOutdated: "Outdated", tapkey.LogCommandTriggerLock: "TriggerLock",
	} {
		if reflect.ValueOf(got).String() != want {
			t.Errorf("%T: got %q, want %q", got, got, want)
		}
	}
}
