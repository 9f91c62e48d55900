// Package odata applies the OData options $filter, $select, $top and $skip to lists of
// structs whose members carry json tags.
//
// What it does not fully understand it refuses, with the position: a filter never lets
// more items through than it says.
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

// The options, as they are spelled in a query.
const (
	optionFilter = "$filter"
	optionSelect = "$select"
	optionTop    = "$top"
	optionSkip   = "$skip"
)

// Error says what is wrong with an option.
type Error struct {
	Option   string
	Position int // in characters, from 1; 0 where the whole option is meant
	Message  string
}

func (e *Error) Error() string {
	if e.Position == 0 {
		return e.Option + ": " + e.Message
	}
	return fmt.Sprintf("%s: position %d: %s", e.Option, e.Position, e.Message)
}

// Query is what the options of one request ask of a list of T.
type Query[T any] struct {
	filter   *expression // nil lets everything through
	text     string      // of the filter
	selected []field     // nil is all
	top      int         // 0 is all
	skip     int
}

// Parse reads the options for a list of T. Values hold no name twice.
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

// Refuse returns an error if there is an OData option other than those named, or one
// without its dollar sign. To ignore it would be to answer something else than was
// asked.
func Refuse(values url.Values, except ...string) error {
	bare := []string{"filter", "select", "top", "skip", "orderby", "count", "search", "apply", "compute"}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case slices.Contains(except, name):
		case strings.HasPrefix(name, "$"):
			return &Error{Option: name, Message: "is not supported here"}
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

// parseSelect returns the members to keep, in the order of the struct. The id is always
// kept.
func parseSelect(text string, fields []field) ([]field, error) {
	names := map[string]bool{"id": true}
	position := 1
	for part := range strings.SplitSeq(text, ",") {
		name := strings.Trim(part, " \t")
		if !slices.ContainsFunc(fields, func(f field) bool { return f.name == name }) {
			return nil, &Error{optionSelect, position, "there is no member " + strconv.Quote(name)}
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

// List is what a query is applied to.
type List[T any] struct {
	// Items gives the items from the one after the first skip on.
	Items func(skip int) iter.Seq[T]

	// Bookmarks, if there are any, know the list by its name.
	Bookmarks *Bookmarks
	Name      string
}

// Apply picks from a list.
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

// filtered leaves out what the filter does not let through.
func (q *Query[T]) filtered(list List[T]) func(skip int) iter.Seq[T] {
	return func(skip int) iter.Seq[T] {
		return func(yield func(T) bool) {
			name := filteredList{list.Name, q.text}
			at := list.Bookmarks.find(name, skip)
			for item := range list.Items(at.position) {
				if at.passed == skip {
					list.Bookmarks.set(name, at) // where this page begins
				}
				at.position++
				if !q.filter.holds(reflect.ValueOf(&item).Elem()) {
					continue
				}
				if at.passed++; at.passed > skip && !yield(item) {
					list.Bookmarks.set(name, at) // and where it ends
					return
				}
			}
		}
	}
}

// AppendJSON appends an item with its selected members.
func (q *Query[T]) AppendJSON(dst []byte, item *T) ([]byte, error) {
	if q.selected == nil {
		b, err := json.Marshal(item)
		return append(dst, b...), err
	}
	v := reflect.ValueOf(item).Elem()
	separator := byte('{')
	for _, f := range q.selected {
		member := v.Field(f.index)
		if f.omitEmpty && member.IsZero() {
			continue
		}
		b, err := json.Marshal(member.Interface())
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
