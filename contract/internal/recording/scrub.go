package recording

import (
	"bytes"
	"encoding/json"
	"math"
	"time"

	tapkeygo "github.com/tapkey-go/tapkey-go"
	"github.com/tapkey-go/tapkey-go/contract/internal/plain"
	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

// What data is replaced by. Only its kind is left, which is all that the contract is
// about.
const (
	someText   = "x"
	someTime   = "2020-01-01T00:00:00Z"
	someNumber = json.Number("1")
	fraction   = json.Number("1.5")
)

// vocabulary are the words of the contract, which are not data: the values of its
// enumerations and the names of its members.
type vocabulary struct {
	values map[string]bool
	names  map[string]bool
}

func newVocabulary() (vocabulary, error) {
	v := vocabulary{values: make(map[string]bool), names: make(map[string]bool)}
	root, err := yamltree.Parse(tapkeygo.OpenAPI())
	if err != nil {
		return v, err
	}
	root.Walk(func(n yamltree.Node) {
		for _, value := range n.Get("x-extensible-enum").Texts() {
			v.values[value] = true
		}
		for name := range n.Get("properties").Members() {
			v.names[name] = true
		}
	})
	return v, nil
}

// scrub returns a body without its data. It is nil for what is not JSON.
func (v vocabulary) scrub(body []byte) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil || decoder.More() {
		return nil
	}
	scrubbed, err := json.Marshal(v.value(value))
	if err != nil {
		return nil
	}
	return scrubbed
}

func (v vocabulary) value(value any) any {
	switch value := value.(type) {
	case string:
		return v.text(value)
	case json.Number:
		if f, err := value.Float64(); err != nil || f != math.Trunc(f) {
			return fraction
		}
		return someNumber
	case bool:
		return true
	case []any:
		return v.items(value)
	case map[string]any:
		object := make(map[string]any, len(value))
		for _, name := range sortedKeys(value) { // in order, since names may become one
			object[v.name(name)] = v.value(value[name])
		}
		return object
	}
	return nil
}

// text keeps the words of the contract and that something is a time.
func (v vocabulary) text(s string) string {
	if v.values[s] {
		return s
	}
	if _, err := time.Parse(time.RFC3339, s); err == nil {
		return someTime
	}
	return someText
}

// items keeps one of those that look the same without their data: how many there were
// is data, too.
func (v vocabulary) items(list []any) []any {
	seen := make(map[string]bool)
	items := make([]any, 0, len(list))
	for _, item := range list {
		item = v.value(item)
		text, err := json.Marshal(item)
		if err == nil && !seen[string(text)] {
			seen[string(text)] = true
			items = append(items, item)
		}
	}
	return items
}

// name keeps what cannot be data.
func (v vocabulary) name(name string) string {
	if v.names[name] || plain.Name(name) {
		return name
	}
	return "*"
}
