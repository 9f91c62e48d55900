package scrub

import (
	"encoding/json"
	"strings"
	"testing"

	tapkeygo "github.com/tapkey-go/tapkey-go"
)

func TestName(t *testing.T) {
	for name, want := range map[string]string{
		"id": "id", "boundLockId": "boundLockId", "ByState": "ByState", "oauth2Id": "oauth2Id", "line1": "line1",
		"is_active": "is_active", "$top": "$top", "@odata.context": "@odata.context",
		"": "*", "*": "*", "alex@example.com": "*", "4711": "*", "7f9c1e52-3b0a-4c1d-9a57-0e3d5b2f8c11": "*",
		"BAASNL/7": "*", "Entrance Door": "*", "2024-01-01": "*", "a7f9c1e523b0a": "*", "ünïcode": "*",
	} {
		if got := Name(name); got != want {
			t.Errorf("Name(%q): got %q, want %q", name, got, want)
		}
	}
}

func scrubber(t testing.TB) *Scrubber {
	t.Helper()
	s, err := New(tapkeygo.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The kinds of the data remain, and the vocabulary of the contract.
func TestJSON(t *testing.T) {
	s := scrubber(t)
	for body, want := range map[string]string{
		`{"id":"7f9c","name":"Home","active":false}`:            `{"active":true,"id":"x","name":"x"}`,
		`{"state":"Revoked","role":"Janitor"}`:                  `{"role":"x","state":"Revoked"}`,
		`["2024-05-06T07:08:09.123+02:00","2024-05-06","noon"]`: `["2020-01-01T00:00:00Z","x"]`,
		`["",null]`: `["",null]`,
		`[{"id":"a"},{"id":"b"},{"id":"c","x":null}]`:   `[{"id":"x"},{"id":"x","x":null}]`,
		`{"alex@example.com":1,"7f9c-1":{"unknown":2}}`: `{"*":1}`,
		`null`:       `null`,
		`"text"`:     `"x"`,
		`{"id":`:     ``,
		`{} {}`:      ``,
		`<html>Home`: ``,
	} {
		got := string(s.JSON([]byte(body)))
		if got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
		if strings.Contains(got, "alex") || strings.Contains(got, "7f9c") {
			t.Errorf("%s: got data in %s, want none", body, got)
		}
	}
}

// A number keeps what decides whether a decoder accepts it, and no digit of its value.
func TestNumber(t *testing.T) {
	for text, want := range map[string]string{
		"0": "1", "4711": "1", "-3": "-1", "2147483647": "1", "2147483648": "2147483649",
		"9223372036854775807": "2147483649", "-9223372036854775808": "-2147483649",
		"9223372036854775808": "9223372036854775809", "-9223372036854775809": "-9223372036854775809",
		"1.0": "1.0", "1287.00": "1.0", "3.25": "1.5", "-0.5": "-1.5", "4294967296.0": "2147483649.0",
		"1e3": "1e0", "12.5E1": "1e0", "1e-3": "15e-1", "1e19": "9223372036854775809e0", "1e300": "9223372036854775809e0",
		"1e400": "1e400", "-1e99999999": "-1e400", "1e-99999999": "15e-1", "0e99999999": "1e0",
	} {
		if got := number(text); got.String() != want {
			t.Errorf("number(%s): got %s, want %s", text, got, want)
		}
	}
}

// No text of a response remains, except the vocabulary of the contract.
func FuzzJSON(f *testing.F) {
	f.Add("Entrance Door", "alex@example.com")
	f.Add("2024-01-01", "id")
	f.Add("Ok", "@odata.context")
	s := scrubber(f)
	f.Fuzz(func(t *testing.T, text, name string) {
		body, err := json.Marshal(map[string]any{name: []any{text, map[string]any{"id": text}}})
		if err != nil {
			t.Skip()
		}
		var scrubbed map[string]any
		if err := json.Unmarshal(s.JSON(body), &scrubbed); err != nil {
			t.Fatal(err)
		}
		for key, value := range scrubbed {
			if !s.names[key] && Name(key) != key && key != "*" {
				t.Errorf("got the name %q, want it replaced", key)
			}
			for _, item := range value.([]any) {
				if object, ok := item.(map[string]any); ok {
					item = object["id"]
				}
				if got := item.(string); got != "" && got != Text && got != dateTime && !s.values[got] {
					t.Errorf("got the text %q, want it replaced", got)
				}
			}
		}
	})
}
