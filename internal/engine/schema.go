package engine

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Schema is what the contract says about a value, or about the items of a list.
type Schema[T any] struct {
	Scan     Scan[T]                // decodes a value
	Reflect  func([]byte, *T) error // decodes the text of a value, if Scan is nil; see [Reflect]
	Required []Required             // fields that each object must have
	Single   bool                   // a list of one may be sent as its only item, without the list
}

// Required is a field that an object must have.
type Required struct {
	Name     string
	Nullable bool // null is a value
	NotEmpty bool // "" is not a value
}

// incomplete is the error of an object without a required field.
type incomplete struct {
	pointer jsontext.Pointer
	problem string
}

func (e *incomplete) Error() string { return string(e.pointer) + e.problem }

// missing returns an *incomplete for the first required field that an object lacks. The
// last value of a duplicate name counts. The object has been decoded successfully.
func missing(object []byte, required []Required) error {
	if len(required) == 0 {
		return nil
	}
	problems := slices.Repeat([]string{" is missing"}, len(required))
	_ = Fields(object, func(name string, value jsontext.Value) {
		i := slices.IndexFunc(required, func(r Required) bool { return r.Name == name })
		switch {
		case i < 0:
		case value.Kind() == 'n' && !required[i].Nullable:
			problems[i] = ": null"
		case string(value) == `""` && required[i].NotEmpty:
			problems[i] = " is empty"
		default:
			problems[i] = ""
		}
	})
	for i, problem := range problems {
		if problem != "" {
			return &incomplete{jsontext.Pointer("").AppendToken(required[i].Name), problem}
		}
	}
	return nil
}

// selected returns the required fields that the request of a response has not left out
// with the OData option $select. The case of its name does not matter.
func selected(required []Required, rsp *http.Response) []Required {
	if rsp.Request == nil || rsp.Request.URL == nil || !strings.Contains(strings.ToLower(rsp.Request.URL.RawQuery), "select=") {
		return required
	}
	var names []string
	for option, values := range rsp.Request.URL.Query() {
		if !strings.EqualFold(option, "$select") {
			continue
		}
		for name := range strings.SplitSeq(values[0], ",") {
			names = append(names, strings.TrimSpace(name))
		}
	}
	if names == nil || slices.Contains(names, "*") {
		return required
	}
	return slices.DeleteFunc(slices.Clone(required), func(r Required) bool { return !slices.Contains(names, r.Name) })
}
