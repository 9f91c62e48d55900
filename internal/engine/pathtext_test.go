package engine_test

import (
	"encoding/json"
	"testing"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

func TestPathText(t *testing.T) {
	t.Parallel()
	type kind string
	for _, test := range []struct {
		value any
		want  string
	}{
		{kind(".."), ".."},
		{7, "7"},
		{[]string{"a", "b"}, "a,b"},
		{[]kind{".."}, ".."},
		{[]string{}, ""},
		{json.RawMessage(`".."`), ".."},
		{json.RawMessage(`7`), "7"},
	} {
		if got := engine.PathText(test.value); got != test.want {
			t.Errorf("PathText(%#v): got %q, want %q", test.value, got, test.want)
		}
	}
}
