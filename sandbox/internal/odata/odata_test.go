package odata_test

import (
	"errors"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/sandbox/internal/odata"
)

type stamp time.Time

type thing struct {
	ID      string   `json:"id"`
	Title   *string  `json:"title"`
	Active  *bool    `json:"active"`
	No      *int64   `json:"no"`
	Value   *float64 `json:"value,omitempty"`
	Seen    *stamp   `json:"seen"`
	Nested  *struct{}
	Details *struct{} `json:"details"`
}

func things() []thing {
	at := func(day int) *stamp { return new(stamp(time.Date(2024, 1, day, 0, 0, 0, 0, time.UTC))) }
	return []thing{
		{ID: "a", Title: new("Entrance Door"), Active: new(true), No: new(int64(1)), Value: new(1.5), Seen: at(1)},
		{ID: "b", Title: new("O'Neill's Garage"), Active: new(false), No: new(int64(2)), Seen: at(2)},
		{ID: "c", Active: new(true), No: new(int64(30)), Value: new(-2.0)},
		{ID: "d", Title: new("Größe ü"), No: new(int64(9007199254740993)), Seen: at(4)},
	}
}

func list() odata.List[thing] {
	return odata.List[thing]{Items: func(skip int) iter.Seq[thing] {
		all := things()
		return slices.Values(all[min(skip, len(all)):])
	}}
}

// ids returns the ids of the things that a query returns, in order.
func ids(t *testing.T, values url.Values) string {
	t.Helper()
	q, err := odata.Parse[thing](values)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for item := range q.Apply(list()) {
		got.WriteString(item.ID)
	}
	return got.String()
}

func TestFilter(t *testing.T) {
	for filter, want := range map[string]string{
		"id eq 'a'":                                    "a",
		"id eq 'a' or id eq 'c'":                       "ac",
		"title eq 'Entrance Door'":                     "a",
		"title eq 'O''Neill''s Garage'":                "b",
		"title eq 'entrance door'":                     "",
		"title ne 'Entrance Door'":                     "bcd", // null is not equal to a string
		"title eq null":                                "c",
		"null ne title":                                "abd",
		"title gt 'F'":                                 "bd",
		"not (title gt 'F')":                           "ac",
		"active":                                       "ac",
		"not active":                                   "b", // not null is null, which is not true
		"active eq true":                               "ac",
		"active ne true":                               "bd",
		"active eq false and no eq 2":                  "b",
		"no ge 2 and no lt 31":                         "bc",
		"no eq 9007199254740993":                       "d",
		"no eq 9007199254740992":                       "", // equal as a float64
		"no gt 1.5":                                    "bcd",
		"value le -2":                                  "c",
		"value lt 1e3":                                 "ac",
		"value ge -2 or value le -2":                   "ac",
		"seen ge 2024-01-02T00:00:00Z":                 "bd",
		"seen eq 2024-01-02T01:00:00.000+01:00":        "b",
		"seen lt 2024-01-02T00:00Z":                    "a",
		"contains(title, 'a')":                         "ab",
		"contains(title,'ß')":                          "d",
		"not contains(title,'a')":                      "d", // a function applied to null is null
		"startswith(title,'O''N')":                     "b",
		"endswith(title,'Door') eq true":               "a",
		"contains('abc',id)":                           "abc",
		"id eq 'a' or id eq 'b' and active eq true":    "a", // and has precedence
		"(id eq 'a' or id eq 'b') and active eq false": "b",
		"not (id eq 'a') and not (id eq 'b')":          "cd",
		"not not active":                               "ac",
		"title eq 'x' or active":                       "ac",
		"(((id eq 'a')))":                              "a",
		" id\teq 'a' ":                                 "a",
		"'a' eq id":                                    "a",
		"true":                                         "abcd",
		"false or null eq null":                        "abcd",
		"id eq 'a) or (true'":                          "",
		"active eq contains(title,'Door')":             "ab",
		"title eq title":                               "abcd",
		strings.Repeat("(", 99) + "id eq 'a'" + strings.Repeat(")", 99): "a",
		strings.Repeat("id eq 'x' or ", 2000) + "id eq 'a'":             "a",
	} {
		if got := ids(t, url.Values{"$filter": {filter}}); got != want {
			t.Errorf("%.80s: got %q, want %q", filter, got, want)
		}
	}
}

// Unsupported and malformed filters are errors with a position.
func TestFilterRefusals(t *testing.T) {
	for filter, position := range map[string]int{
		"":                             1,
		"   ":                          4,
		"id":                           1,
		"'a'":                          1,
		"null":                         1,
		"id eq":                        6,
		"eq 'a'":                       1,
		"id = 'a'":                     4,
		"id eq \"a\"":                  7,
		"id eq 'a":                     7,
		"id eq 'a'b'":                  11,
		"id eq a":                      7,
		"Id eq 'a'":                    1,
		"id EQ 'a'":                    4,
		"id eq 'a' AND id eq 'b'":      11,
		"id eq 'a' id eq 'b'":          11,
		"id eq 'a' and":                14,
		"id eq 'a' or or id eq 'b'":    14,
		"(id eq 'a'":                   11,
		"id eq 'a')":                   10,
		"()":                           2,
		"id eq 1":                      4,
		"no eq '1'":                    4,
		"no eq 99999999999999999999x":  7,
		"no eq 0x10":                   7,
		"no eq 1_000":                  7,
		"no eq --1":                    7,
		"no eq 1e999":                  7,
		"seen gt '2024-01-01'":         6,
		"seen gt 2024-01-01":           9,
		"seen gt 2024-01-01T00:00:00":  9,
		"seen gt 2024-13-01T00:00:00Z": 9,
		"title gt null":                7,
		"active gt false":              8,
		"details eq null":              1,
		"details/name eq 'x'":          8,
		"Nested eq null":               1,
		"tolower(title) eq 'x'":        1,
		"contains(title)":              15,
		"contains(title,'a','b')":      19,
		"contains(no,'1')":             10,
		"substringof('a',title)":       1,
		"title in ('a','b')":           7,
		"no add 1 eq 2":                4,
		"not id eq 'a'":                1,
		"not title":                    1,
		"id eq 'a' eq true":            11,
		"ünd eq 1":                     1,
		"title eq 'ü' and x eq 1":      18,
		"id eq 'a'\x00":                10,
		"id eq 'a'; drop":              10,
		"$it eq 1":                     1,
		strings.Repeat("(", 200):       101,
		strings.Repeat("not ", 200):    401,
	} {
		_, err := odata.Parse[thing](url.Values{"$filter": {filter}})
		var got *odata.Error
		if !errors.As(err, &got) {
			t.Errorf("%.80q: got error %v, want an *odata.Error", filter, err)
			continue
		}
		if got.Option != "$filter" || got.Position != position || got.Message == "" {
			t.Errorf("%.80q: got %v, want an error of $filter at position %d", filter, err, position)
		}
	}
}

func TestTopAndSkip(t *testing.T) {
	for _, test := range []struct{ filter, top, skip, want string }{
		{"", "2", "", "ab"},
		{"", "2", "1", "bc"},
		{"", "", "3", "d"},
		{"", "", "9", ""},
		{"", "9", "0", "abcd"},
		{"active", "1", "1", "c"},
		{"active", "", "2", ""},
	} {
		values := url.Values{}
		for name, value := range map[string]string{"$filter": test.filter, "$top": test.top, "$skip": test.skip} {
			if value != "" {
				values.Set(name, value)
			}
		}
		if got := ids(t, values); got != test.want {
			t.Errorf("%v: got %q, want %q", values, got, test.want)
		}
	}
}

// counted returns a list of numbers, every third one active, and the number of items read
// from it.
func counted(size int) (numbers odata.List[thing], read *int) {
	read = new(int)
	return odata.List[thing]{
		Bookmarks: new(odata.Bookmarks),
		Name:      "numbers",
		Items: func(skip int) iter.Seq[thing] {
			return func(yield func(thing) bool) {
				for n := skip; n < size; n++ {
					if *read++; !yield(thing{ID: "x", No: new(int64(n)), Active: new(n%3 == 0)}) {
						return
					}
				}
			}
		},
	}, read
}

// Pages requested in any order are the same as when requested alone. Filtering a page
// starts at the nearest known place.
func TestBookmarksInAnyOrder(t *testing.T) {
	numbers, read := counted(1000)
	for _, skip := range []int{0, 20, 10, 40, 30, 50, 70, 60, 5, 0, 15, 320, 330} {
		q, err := odata.Parse[thing](url.Values{"$filter": {"active"}, "$top": {"10"}, "$skip": {strconv.Itoa(skip)}})
		if err != nil {
			t.Fatal(err)
		}
		*read = 0
		next := int64(3 * skip)
		for item := range q.Apply(numbers) {
			if *item.No != next {
				t.Fatalf("skip %d: got item %d, want %d", skip, *item.No, next)
			}
			next += 3
		}
		if want := int64(3 * min(skip+10, 334)); next != want {
			t.Errorf("skip %d: got end before %d, want before %d", skip, next, want)
		}
		if skip != 320 && *read > 61 { // at most two pages, except for the jump to 320
			t.Errorf("skip %d: got %d items read, want at most 61", skip, *read)
		}
	}
}

// With bookmarks, filtering a page starts at the end of the previous one. The items are the
// same.
func TestBookmarks(t *testing.T) {
	const size = 1000
	numbers, read := counted(size)
	var got []int64
	for skip := 0; ; skip += 10 {
		q, err := odata.Parse[thing](url.Values{"$filter": {"active"}, "$top": {"10"}, "$skip": {strconv.Itoa(skip)}})
		if err != nil {
			t.Fatal(err)
		}
		before := len(got)
		for item := range q.Apply(numbers) {
			got = append(got, *item.No)
		}
		if len(got)-before < 10 {
			break
		}
	}
	if len(got) != 334 || got[0] != 0 || got[333] != 999 || got[200] != 600 {
		t.Errorf("got %d items %v, want the 334 multiples of 3 up to 999", len(got), got)
	}
	if *read != size {
		t.Errorf("got %d items read, want %d", *read, size)
	}
	q, err := odata.Parse[thing](url.Values{"$filter": {"not active"}, "$top": {"1"}, "$skip": {"10"}})
	if err != nil {
		t.Fatal(err)
	}
	for item := range q.Apply(numbers) {
		if *item.No != 16 {
			t.Errorf("other filter: got item %d, want 16", *item.No)
		}
	}
}

func TestOptionsRefused(t *testing.T) {
	for _, query := range []string{
		"$top=0", "$top=-1", "$top=", "$top=x", "$top=1.0", "$top=99999999999999999999", "$skip=-1", "$skip=x",
		"$select=", "$select=id,", "$select=*", "$select=Id", "$select=nope", "$select=id/x",
		"$orderby=id", "$expand=x", "$count=true", "$search=x", "$Filter=active", "$=1",
		"filter=active", "Filter=active", "top=1", "orderby=id",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := odata.Parse[thing](values); err == nil {
			t.Errorf("%s: got no error, want one", query)
		}
	}
}

func TestSelect(t *testing.T) {
	for query, want := range map[string]string{
		"":                    `{"id":"a","title":"Entrance Door","active":true,"no":1,"value":1.5,"seen":{},"Nested":null,"details":null}`,
		"$select=id,title":    `{"id":"a","title":"Entrance Door"}`,
		"$select=title, id":   `{"id":"a","title":"Entrance Door"}`,
		"$select=no":          `{"id":"a","no":1}`,
		"$select=details,id ": `{"id":"a","details":null}`,
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		q, err := odata.Parse[thing](values)
		if err != nil {
			t.Fatal(err)
		}
		got, err := q.AppendJSON(nil, &things()[0])
		if err != nil || string(got) != want {
			t.Errorf("%q: got %s and error %v, want %s", query, got, err, want)
		}
	}
	q, err := odata.Parse[thing](url.Values{"$select": {"value"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := q.AppendJSON(nil, &things()[1]); err != nil || string(got) != `{"id":"b"}` {
		t.Errorf("absent field with omitempty: got %s and error %v, want %s", got, err, `{"id":"b"}`)
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"id eq 'a'", "not (no gt 1) or contains(title,'x')", "seen lt 2024-01-01T00:00:00Z", "'", "((("} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, filter string) {
		q, err := odata.Parse[thing](url.Values{"$filter": {filter}})
		if err != nil {
			var e *odata.Error
			if !errors.As(err, &e) || e.Position < 1 || e.Message == "" {
				t.Fatalf("%q: got %#v, want an *odata.Error with position and message", filter, err)
			}
			return
		}
		n := 0
		for range q.Apply(list()) {
			n++
		}
		if n > len(things()) {
			t.Fatalf("%q: got %d items, want at most %d", filter, n, len(things()))
		}
	})
}
