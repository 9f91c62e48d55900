package recording

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract/internal/plain"
)

func words(t testing.TB) vocabulary {
	t.Helper()
	v, err := newVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Only kinds are left of data, and the words of the contract.
func TestScrub(t *testing.T) {
	for body, want := range map[string]string{
		`{"id":"7f9c","name":"Home","active":false}`:            `{"active":true,"id":"x","name":"x"}`,
		`{"state":"Revoked","role":"Janitor"}`:                  `{"role":"x","state":"Revoked"}`,
		`["2024-05-06T07:08:09.123+02:00","2024-05-06","noon"]`: `["2020-01-01T00:00:00Z","x"]`,
		`[4711,1.0,0,-3]`: `[1]`,
		`[3.25]`:          `[1.5]`,
		`[{"id":"a"},{"id":"b"},{"id":"c","x":null}]`:   `[{"id":"x"},{"id":"x","x":null}]`,
		`{"alex@example.com":1,"7f9c-1":{"unknown":2}}`: `{"*":1}`,
		`null`:       `null`,
		`"text"`:     `"x"`,
		`{"id":`:     ``,
		`{} {}`:      ``,
		`<html>Home`: ``,
	} {
		got := string(words(t).scrub([]byte(body)))
		if got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
		if strings.Contains(got, "alex") || strings.Contains(got, "7f9c") {
			t.Errorf("%s: %s holds data", body, got)
		}
	}
}

// Whatever a server sends, no text of it gets through but the words of the contract.
func FuzzScrub(f *testing.F) {
	f.Add("Entrance Door", "alex@example.com")
	f.Add("2024-01-01", "id")
	f.Add("Ok", "@odata.context")
	v := words(f)
	f.Fuzz(func(t *testing.T, text, name string) {
		body, err := json.Marshal(map[string]any{name: []any{text, map[string]any{"id": text}}})
		if err != nil {
			t.Skip()
		}
		var scrubbed map[string]any
		if err := json.Unmarshal(v.scrub(body), &scrubbed); err != nil {
			t.Fatal(err)
		}
		for key, value := range scrubbed {
			if key != "*" && !v.names[key] && !plain.Name(key) {
				t.Errorf("the name %q got through", key)
			}
			for _, item := range value.([]any) {
				if object, ok := item.(map[string]any); ok {
					item = object["id"]
				}
				if s := item.(string); s != someText && s != someTime && !v.values[s] {
					t.Errorf("%q got through", s)
				}
			}
		}
	})
}
