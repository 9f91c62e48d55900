// Package odata applies the OData options $filter, $select, $top and $skip to lists of
// structs with json tags.
//
// An option that is not fully supported is an error with its position, so that a filter
// never matches more items than the client requested.
package odata

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Names of the options in a query.
const (
	optionFilter = "$filter"
	optionSelect = "$select"
	optionTop    = "$top"
	optionSkip   = "$skip"
)

// Error is an error in an option.
type Error struct {
	Option   string
	Position int // in characters, from 1; 0 for the whole option
	Message  string
}

func (e *Error) Error() string {
	if e.Position == 0 {
		return e.Option + ": " + e.Message
	}
	return fmt.Sprintf("%s: position %d: %s", e.Option, e.Position, e.Message)
}

// Query holds the options of a request for a list of T.
type Query[T any] struct {
	filter   *expression // nil matches all items
	text     string      // of the filter
	selected []field     // nil means all
	top      int         // 0 means all
	skip     int
}

// Parse parses the options for a list of T. No name may occur twice in values.
func Parse[T any](values url.Values) (*Query[T], error) {
	if err := Refuse(values, optionFilter, optionSelect, optionTop, optionSkip); err != nil {
		return nil, err
	}
	fields := fieldsOf(reflect.TypeFor[T]())
	q := new(Query[T])
	var err error
	if values.Has(optionFilter) {
		q.text = values.Get(optionFilter)
		if q.filter, err = parseFilter(q.text, fields); err != nil {
			return nil, err
		}
	}
	if values.Has(optionSelect) {
		if q.selected, err = parseSelect(values.Get(optionSelect), fields); err != nil {
			return nil, err
		}
	}
	if values.Has(optionTop) {
		if q.top, err = parseCount(optionTop, values.Get(optionTop), 1); err != nil {
			return nil, err
		}
	}
	if values.Has(optionSkip) {
		if q.skip, err = parseCount(optionSkip, values.Get(optionSkip), 0); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// Refuse returns an error if values contains an OData option that is not in except, or an
// option without its dollar sign. Ignoring such an option would change the result.
func Refuse(values url.Values, except ...string) error {
	bare := []string{"filter", "select", "top", "skip", "orderby", "count", "search", "apply", "compute"}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case slices.Contains(except, name):
		case strings.HasPrefix(name, "$"):
			return &Error{Option: name, Message: "is not supported for this path"}
		case slices.Contains(bare, strings.ToLower(name)):
			return &Error{Option: name, Message: "OData options begin with a dollar sign"}
		}
	}
	return nil
}

func parseCount(option, text string, least int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, &Error{Option: option, Message: strconv.Quote(text) + " is not an integer"}
	}
	if n < least {
		return 0, &Error{Option: option, Message: fmt.Sprintf("%d is less than %d", n, least)}
	}
	return n, nil
}

// parseSelect returns the selected fields, in the order of the struct. The id is always
// selected.
func parseSelect(text string, fields []field) ([]field, error) {
	names := map[string]bool{"id": true}
	position := 1
	for part := range strings.SplitSeq(text, ",") {
		name := strings.Trim(part, " \t")
		if !slices.ContainsFunc(fields, func(f field) bool { return f.name == name }) {
			return nil, &Error{optionSelect, position, "unknown field " + strconv.Quote(name)}
		}
		names[name] = true
		position += utf8.RuneCountInString(part) + 1
	}
	var selected []field
	for _, f := range fields {
		if names[f.name] {
			selected = append(selected, f)
		}
	}
	return selected, nil
}

// List is a list to which a query can be applied.
type List[T any] struct {
	// Items returns the items without the first skip ones.
	Items func(skip int) iter.Seq[T]

	// Bookmarks may be nil. They identify the list by its name.
	Bookmarks *Bookmarks
	Name      string
}

// Apply returns the items of a list that match the query.
func (q *Query[T]) Apply(list List[T]) iter.Seq[T] {
	items := list.Items
	if q.filter != nil {
		items = q.filtered(list)
	}
	return func(yield func(T) bool) {
		left := q.top
		for item := range items(q.skip) {
			if !yield(item) {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

// filtered returns the items of a list that match the filter, without the first skip ones.
func (q *Query[T]) filtered(list List[T]) func(skip int) iter.Seq[T] {
	return func(skip int) iter.Seq[T] {
		return func(yield func(T) bool) {
			name := filteredList{list.Name, q.text}
			at := list.Bookmarks.find(name, skip)
			var current T // one for all items: a filter reads it by reflection
			value := reflect.ValueOf(&current).Elem()
			for item := range list.Items(at.position) {
				if at.matched == skip {
					list.Bookmarks.set(name, at) // the start of this page
				}
				at.position++
				if current = item; !q.filter.matches(value) {
					continue
				}
				if at.matched++; at.matched > skip && !yield(item) {
					list.Bookmarks.set(name, at) // the end of this page
					return
				}
			}
		}
	}
}

// AppendJSON appends the JSON of an item, with its selected fields, to dst.
func (q *Query[T]) AppendJSON(dst []byte, item *T) ([]byte, error) {
	if q.selected == nil {
		b, err := json.Marshal(item)
		return append(dst, b...), err
	}
	v := reflect.ValueOf(item).Elem()
	separator := byte('{')
	for _, f := range q.selected {
		value := v.Field(f.index)
		if f.omitEmpty && value.IsZero() {
			continue
		}
		b, err := json.Marshal(value.Interface())
		if err != nil {
			return dst, err
		}
		dst = append(dst, separator)
		dst = strconv.AppendQuote(dst, f.name)
		dst = append(dst, ':')
		dst = append(dst, b...)
		separator = ','
	}
	if separator == '{' {
		dst = append(dst, '{')
	}
	return append(dst, '}'), nil
}
