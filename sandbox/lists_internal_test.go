package sandbox

import (
	"reflect"
	"testing"

	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// takesQuery names the operations to which the contract gives the parameter $filter.
func TestTakesQueryFollowsTheContract(t *testing.T) {
	methods := reflect.TypeFor[server.StrictServerInterface]()
	for i := range methods.NumMethod() {
		method := methods.Method(i)
		request := method.Type.In(1)
		want := false
		if params, ok := request.FieldByName("Params"); ok {
			_, want = params.Type.FieldByName("Filter")
		}
		if got := takesQuery(reflect.Zero(request).Interface()); got != want {
			t.Errorf("takesQuery for %s: got %t, want %t", method.Name, got, want)
		}
	}
}
