// Package scrub removes data from what is reported and recorded.
package scrub

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// The values that replace data. They keep only its kind, which is all that the contract
// is about. See number for those of numbers.
const (
	Text     = "x"
	dateTime = "2020-01-01T00:00:00Z"
)

var fieldName = regexp.MustCompile(`^(@[A-Za-z.]{1,40}|\$?[A-Za-z_]{1,40}([0-9]{1,2}[A-Za-z_]{0,40})?)$`)

// Name returns a field name, or * if it could be data, as in an object with the addresses
// of people as keys.
func Name(name string) string {
	if fieldName.MatchString(name) {
		return name
	}
	return "*"
}

// Scrubber scrubs JSON. It keeps the vocabulary of the contract: the names of fields and
// the values of enumerations.
type Scrubber struct {
	names  map[string]bool
	values map[string]bool
}

// New returns a Scrubber for a document.
func New(document []byte) (*Scrubber, error) {
	s := &Scrubber{names: make(map[string]bool), values: make(map[string]bool)}
	spec, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, err
	}
	err = spec.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		for name := range ref.Value.Properties {
			s.names[name] = true
		}
		values, _ := ref.Value.Extensions["x-extensible-enum"].([]any)
		for _, value := range values {
			if text, ok := value.(string); ok {
				s.values[text] = true
			}
		}
		return nil
	})
	return s, err
}

// JSON returns a body without its data, nil if the body is not JSON.
func (s *Scrubber) JSON(body []byte) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil || decoder.More() {
		return nil
	}
	scrubbed, err := json.Marshal(s.value(value))
	if err != nil {
		return nil
	}
	return scrubbed
}

func (s *Scrubber) value(value any) any {
	switch value := value.(type) {
	case string:
		return s.text(value)
	case json.Number:
		return number(value.String())
	case bool:
		return true
	case []any:
		return s.items(value)
	case map[string]any:
		object := make(map[string]any, len(value))
		for _, name := range slices.Sorted(maps.Keys(value)) { // in a stable order: several names may become *
			object[s.name(name)] = s.value(value[name])
		}
		return object
	}
	return nil
}

// number replaces a number with one that a decoder accepts or refuses for the same reason.
// It keeps the sign, the notation, and whether the number is whole and how large it is.
func number(text string) json.Number {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return json.Number(sign(text) + "1e400")
	}
	notation := ""
	switch {
	case strings.ContainsAny(text, "eE"):
		notation = "e0"
	case strings.Contains(text, "."):
		notation = ".0"
	}
	whole, ok := integer(text, value)
	switch {
	case !ok && notation == "e0":
		return json.Number(sign(text) + "15e-1")
	case !ok:
		return json.Number(sign(text) + "1.5")
	case whole.IsInt64() && whole.Int64() == int64(int32(whole.Int64())):
		return json.Number(sign(text) + "1" + notation)
	case whole.IsInt64():
		return json.Number(sign(text) + "2147483649" + notation)
	}
	return json.Number(sign(text) + "9223372036854775809" + notation)
}

func sign(text string) string {
	if strings.HasPrefix(text, "-") {
		return "-"
	}
	return ""
}

// integer returns the integer that a number is, if it is one. The exact value of a number
// with a large exponent is not computed, because it can be huge.
func integer(text string, value float64) (whole *big.Int, ok bool) {
	switch {
	case value == 0:
		mantissa, _, _ := strings.Cut(strings.ToLower(text), "e")
		return new(big.Int), !strings.ContainsAny(mantissa, "123456789")
	case math.Abs(value) > 1e30:
		whole, _ = big.NewFloat(value).Int(nil)
		return whole, true
	}
	exact, ok := new(big.Rat).SetString(text)
	return exact.Num(), ok && exact.IsInt()
}

// text keeps the values of enumerations and the empty text, which is not data, and
// replaces a date-time with another one.
func (s *Scrubber) text(text string) string {
	if s.values[text] || text == "" {
		return text
	}
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		return dateTime
	}
	return Text
}

// items keeps one of several items that are equal without their data: the length of a
// list is data.
func (s *Scrubber) items(list []any) []any {
	seen := make(map[string]bool)
	items := make([]any, 0, len(list))
	for _, item := range list {
		item = s.value(item)
		text, err := json.Marshal(item)
		if err == nil && !seen[string(text)] {
			seen[string(text)] = true
			items = append(items, item)
		}
	}
	return items
}

func (s *Scrubber) name(name string) string {
	if s.names[name] {
		return name
	}
	return Name(name)
}
