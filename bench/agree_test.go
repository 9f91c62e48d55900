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

// Before anything is compared, each client must have read the same out of an answer:
// everything that is in it.
func TestClientsAgree(t *testing.T) {
	for _, c := range cases.All() {
		if c.Items > 1000 {
			continue // the same in large
		}
		t.Run(c.Name, func(t *testing.T) {
			answer := c.Answer()
			want := plain(t, answer)
			memory := clients.Server{URL: "https://api.example.test/api/v1", Transport: wire.Memory(answer)}
			loopback := wire.Loopback(answer)
			defer loopback.Close()
			for _, server := range []clients.Server{memory, {URL: loopback.URL + "/api/v1"}} {
				all, err := clients.All(server)
				if err != nil {
					t.Fatal(err)
				}
				for _, client := range all {
					agrees(t, client.Name, c, c.Call(client), want)
				}
			}
		})
	}
}

func agrees(t *testing.T, name string, c cases.Case, call *clients.Call, want any) {
	t.Helper()
	if call == nil {
		return
	}
	items, err := call.Do(t.Context())
	if err != nil || items != c.Items {
		t.Errorf("%s: %d items, %v", name, items, err)
	}
	value, err := call.Value(t.Context())
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if got := plain(t, encoded); !reflect.DeepEqual(got, want) {
		t.Errorf("%s differs:\n%.500s\n%.500s", name, encoded, c.Answer())
	}
}

// plain decodes JSON and levels what clients may hold differently: a member that is
// null, absent or zero, and how a time is written.
func plain(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return level(value)
}

func level(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			member = level(member)
			if member == nil || reflect.ValueOf(member).IsZero() {
				delete(v, name)
				continue
			}
			v[name] = member
		}
	case []any:
		for i := range v {
			v[i] = level(v[i])
		}
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return at.UTC()
		}
	}
	return value
}

// What a program that imports the client links beside it and itself.
func TestLinkedModules(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}",
		"github.com/tapkey-go/tapkey-go/client").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	modules = slices.DeleteFunc(slices.Compact(modules), func(path string) bool {
		return path == "github.com/tapkey-go/tapkey-go"
	})
	t.Log(modules)
	if len(modules) == 0 || len(modules) > 6 {
		t.Errorf("%d modules are linked: %v", len(modules), modules)
	}
}
