package bench

import (
	"encoding/json"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/bench/internal/cases"
	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/wire"
)

// TestClientsAgree checks that every client returns all data of a response. Without that,
// their times could not be compared.
func TestClientsAgree(t *testing.T) {
	for _, c := range cases.All() {
		if c.Items > 1000 {
			continue // the same items as in the smaller lists
		}
		t.Run(c.Name, func(t *testing.T) {
			response := c.Response()
			want := normalize(t, response)
			memory := clients.Server{URL: "https://api.example.test/api/v1", Transport: wire.Memory(response)}
			loopback := wire.Loopback(response)
			defer loopback.Close()
			for _, server := range []clients.Server{memory, {URL: loopback.URL + "/api/v1"}} {
				all, err := clients.All(server)
				if err != nil {
					t.Fatal(err)
				}
				for _, client := range all {
					if call := c.Call(client); call != nil {
						checkCall(t, client.Name, call, c.Items, want)
					}
				}
			}
		})
	}
}

// checkCall makes the call both ways and compares its results.
func checkCall(t *testing.T, name string, call *clients.Call, wantItems int, want any) {
	t.Helper()
	if err := call.Check(t.Context(), wantItems); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if name == clients.FloorName {
		return
	}
	value, err := call.Value(t.Context())
	if err != nil {
		t.Errorf("%s: got error %v, want a value", name, err)
		return
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Errorf("%s: got error %v, want JSON", name, err)
		return
	}
	if got := normalize(t, encoded); !reflect.DeepEqual(got, want) {
		got, want = firstDifference(got, want)
		t.Errorf("%s: got\n%v\nwant\n%v", name, got, want)
	}
}

// firstDifference returns the first items that differ if both values are lists of the same
// length. Otherwise it returns the values.
func firstDifference(got, want any) (gotItem, wantItem any) {
	gotList, _ := got.([]any)
	wantList, _ := want.([]any)
	if len(gotList) == len(wantList) {
		for i := range gotList {
			if !reflect.DeepEqual(gotList[i], wantList[i]) {
				return gotList[i], wantList[i]
			}
		}
	}
	return got, want
}

// normalize decodes JSON and removes the differences that clients may have: null, missing
// and zero fields are the same, and so are the formats of a time.
func normalize(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return normalizeValue(value)
}

func normalizeValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, field := range v {
			field = normalizeValue(field)
			if field == nil || reflect.ValueOf(field).IsZero() {
				delete(v, name)
				continue
			}
			v[name] = field
		}
	case []any:
		for i := range v {
			v[i] = normalizeValue(v[i])
		}
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return at.UTC()
		}
	}
	return value
}

// TestLinkedModules limits the modules that a program links if it imports the client.
func TestLinkedModules(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}",
		"github.com/tapkey-go/tapkey-go/client")
	var stderr strings.Builder
	cmd.Stderr = &stderr // also receives the progress of downloads
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	modules = slices.DeleteFunc(slices.Compact(modules), func(path string) bool {
		return path == "github.com/tapkey-go/tapkey-go"
	})
	t.Log(modules)
	if len(modules) == 0 || len(modules) > 6 {
		t.Errorf("got %d linked modules, want 1 to 6: %v", len(modules), modules)
	}
}
