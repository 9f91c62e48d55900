package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// TestTolerance checks what a response may have.
func TestTolerance(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response
		want thing
	}{
		"all fields":         {response{body: `{"id":"1","name":"n","count":3,"active":true,"kind":"Big"}`}, thing{ID: "1", Name: "n", Count: 3, Active: true, Kind: "Big"}},
		"unknown fields":     {response{body: `{"id":"1","new":{"a":[1,{"b":null}]},"newer":1e400}`}, thing{ID: "1"}},
		"unknown enum":       {response{body: `{"id":"1","kind":"Enormous"}`}, thing{ID: "1", Kind: "Enormous"}},
		"null for optional":  {response{body: `{"id":"1","name":null,"count":null,"active":null,"kind":null,"Tags":null}`}, thing{ID: "1"}},
		"a name twice":       {response{body: `{"id":"1","name":"a","name":"b"}`}, thing{ID: "1", Name: "b"}},
		"invalid UTF-8":      {response{body: `{"id":"1","name":"a` + "\xff" + `b"}`}, thing{ID: "1", Name: "a\uFFFDb"}},
		"lone surrogate":     {response{body: `{"id":"1","name":"a\ud800b"}`}, thing{ID: "1", Name: "a\uFFFDb"}},
		"another case":       {response{body: `{"id":"1","Name":"x","COUNT":"x","ID":"2"}`}, thing{ID: "1"}},
		"white space around": {response{body: " \r\n\t{\"id\":\"1\"}\n\n"}, thing{ID: "1"}},
		"charset":            {response{contentType: "application/json; charset=utf-8", body: `{"id":"1"}`}, thing{ID: "1"}},
		"odata parameters":   {response{contentType: "application/json;odata.metadata=minimal", body: `{"id":"1"}`}, thing{ID: "1"}},
		"a bad parameter":    {response{contentType: "application/json; charset", body: `{"id":"1"}`}, thing{ID: "1"}},
		"a parameter twice":  {response{contentType: "application/json; charset=utf-8; charset=utf-8", body: `{"id":"1"}`}, thing{ID: "1"}},
		"capitals":           {response{contentType: "Application/JSON", body: `{"id":"1"}`}, thing{ID: "1"}},
		"a +json type":       {response{contentType: "application/hal+json", body: `{"id":"1"}`}, thing{ID: "1"}},
		"text/json":          {response{contentType: "text/json", body: `{"id":"1"}`}, thing{ID: "1"}},
		"no content type":    {response{contentType: "none", body: `{"id":"1"}`}, thing{ID: "1"}},
		"201":                {response{status: 201, body: `{"id":"1"}`}, thing{ID: "1"}},
		"202":                {response{status: 202, body: `{"id":"1"}`}, thing{ID: "1"}},
		"203":                {response{status: 203, body: `{"id":"1"}`}, thing{ID: "1"}},
		"206":                {response{status: 206, body: `{"id":"1"}`}, thing{ID: "1"}},
		"299":                {response{status: 299, body: `{"id":"1"}`}, thing{ID: "1"}},
		"empty for required": {response{body: `{"id":""}`}, thing{}},
		"whole fraction":     {response{body: `{"id":"1","count":1287.0}`}, thing{ID: "1", Count: 1287}},
		"whole exponent":     {response{body: `{"id":"1","count":1e3}`}, thing{ID: "1", Count: 1000}},
		"whole mantissa":     {response{body: `{"id":"1","count":-1.287E+3}`}, thing{ID: "1", Count: -1287}},
		"whole with zeros":   {response{body: `{"id":"1","count":1200e-2}`}, thing{ID: "1", Count: 12}},
		"largest integer":    {response{body: `{"id":"1","count":9223372036854775807.000}`}, thing{ID: "1", Count: math.MaxInt64}},
		"smallest integer":   {response{body: `{"id":"1","count":-92233720368547758080e-1}`}, thing{ID: "1", Count: math.MinInt64}},
		"zero with exponent": {response{body: `{"id":"1","count":-0.0e999999999999}`}, thing{ID: "1"}},
		"byte order mark":    {response{body: "\uFEFF" + ` {"id":"1"}`}, thing{ID: "1"}},
		"gzip":               {response{encoding: "gzip", body: zip(`{"id":"1"}`)}, thing{ID: "1"}},
		"identity":           {response{encoding: "identity", body: `{"id":"1"}`}, thing{ID: "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decode(t, test.response)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("Decode: got %+v, %v, want %+v", got, err, test.want)
			}
			if test.encoding == "" { // then as a list
				body, mark := strings.CutPrefix(test.body, "\uFEFF")
				test.body = "[" + body + "]"
				if mark {
					test.body = "\uFEFF" + test.body
				}
				list, err := decodeList(t, test.response)
				if err != nil || !reflect.DeepEqual(list, []thing{test.want}) {
					t.Errorf("DecodeList: got %+v, %v, want %+v", list, err, test.want)
				}
				list, err = collect(engine.Items(t.Context(), listThings, api.Settings{}, thingSchema, fetcher(t, test.response)))
				if err != nil || !reflect.DeepEqual(list, []thing{test.want}) {
					t.Errorf("Items: got %+v, %v, want %+v", list, err, test.want)
				}
			}
		})
	}
}

// TestStrictness checks which responses are unexpected, and that the error has a JSON
// pointer and no values.
func TestStrictness(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response
		text string
	}{
		"integer with fraction": {response{body: `{"id":"1","count":3.5}`}, "/count: JSON number does not fit int64"},
		"integer with exponent": {response{body: `{"id":"1","count":1e-2}`}, "/count: JSON number does not fit int64"},
		"large exponent":        {response{body: `{"id":"1","count":1e19}`}, "/count: JSON number does not fit int64"},
		"endless exponent":      {response{body: `{"id":"1","count":1e99999999999999999999}`}, "/count: JSON number does not fit int64"},
		"integer in string":     {response{body: `{"id":"1","count":"3.0"}`}, "/count: JSON string does not fit int64"},
		"integer too large":     {response{body: `{"id":"1","count":9223372036854775808}`}, "/count: JSON number does not fit int64"},
		"integer as string":     {response{body: `{"id":"1","count":"12"}`}, "/count: JSON string does not fit int64"},
		"number for string":     {response{body: `{"id":1}`}, "/id: JSON number does not fit string"},
		"string for boolean":    {response{body: `{"id":"1","active":"true"}`}, "/active: JSON string does not fit bool"},
		"object for array":      {response{body: `{"id":"1","Tags":{}}`}, "/Tags: JSON { does not fit []string"},
		"deep":                  {response{body: `{"id":"1","Tags":["a",5]}`}, "/Tags/1: JSON number does not fit string"},
		"array for object":      {response{body: `[{"id":"1"}]`}, "JSON [ does not fit"},
		"string for object":     {response{body: `"hidden"`}, "JSON string does not fit"},
		"null":                  {response{body: ` null`}, "unexpected response: null"},
		"no id":                 {response{body: `{}`}, "/id is missing"},
		"id is null":            {response{body: `{"id":null}`}, "/id: null"},
		"id becomes null":       {response{body: `{"id":"1","id":null}`}, "/id: null"},
		"id in capitals":        {response{body: `{"ID":"1"}`}, "/id is missing"},
		"empty":                 {response{}, "no content"},
		"space":                 {response{body: "  \n"}, "no content"},
		"gzip of nothing":       {response{encoding: "gzip", body: zip("")}, "no content"},
		"only a mark":           {response{body: "\uFEFF"}, "no content"},
		"empty HTML":            {response{contentType: "text/html", body: "\n"}, "no content"},
		"cut off":               {response{body: `{"id":"1","name":"hid`}, "body cut off"},
		"trailing data":         {response{body: `{"id":"1"}{"id":"2"}`}, "invalid JSON at byte 10"},
		"trailing text":         {response{body: `{"id":"1"}hidden`}, "invalid JSON at byte 10"},
		"no JSON":               {response{body: `{id:hidden}`}, "invalid JSON at byte 1"},
		"two byte order marks":  {response{body: "\uFEFF\uFEFF" + `{"id":"1"}`}, "invalid JSON at byte 0"},
		"HTML":                  {response{contentType: "text/html", body: `<b>hidden</b>`}, `content type "text/html"`},
		"JSON as HTML":          {response{contentType: "text/html", body: `{"id":"1"}`}, `content type "text/html"`},
		"plain text":            {response{contentType: "text/plain; charset=utf-8", body: `{"id":"1"}`}, `content type "text/plain; charset=utf-8"`},
		"HTML labelled JSON":    {response{body: `<b>hidden</b>`}, "invalid JSON at byte 0"},
		"a type with json in":   {response{contentType: "text/x-json-is-not-here", body: `{"id":"1"}`}, "content type"},
		"204":                   {response{status: 204}, "no content"},
		"201 without value":     {response{status: 201}, "no content"},
		"unknown encoding":      {response{encoding: "br", body: "hidden"}, "invalid JSON at byte 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decode(t, test.response)
			e := failure(t, err, api.ErrUnexpected)
			if !reflect.DeepEqual(got, thing{}) {
				t.Errorf("got value %+v with an error, want none", got)
			}
			if want := max(test.status, 200); e.StatusCode != want || e.Header == nil || e.Body != nil {
				t.Errorf("got status %d, header %v, body %q, want status %d with a header and no body", e.StatusCode, e.Header, e.Body, want)
			}
			if text := err.Error(); !strings.Contains(text, test.text) || strings.Contains(text, "hidden") {
				t.Errorf("got error %q, want %q in it", text, test.text)
			}
		})
	}
}

// TestListStrictness is TestStrictness for DecodeList and Items, which must agree.
func TestListStrictness(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response
		text  string
		items int // that Items yields before the error
	}{
		"null":               {response{body: `null`}, "unexpected response: null", 0},
		"string":             {response{body: `"hidden"`}, "JSON string instead of a list", 0},
		"number":             {response{body: `17`}, "JSON number instead of a list", 0},
		"true":               {response{body: `true`}, "JSON true instead of a list", 0},
		"null inside":        {response{body: `[{"id":"1"},null]`}, "/1: null", 1},
		"wrong type inside":  {response{body: `[{"id":"1"},{"id":"2","count":3.5}]`}, "/1/count: JSON number does not fit int64", 1},
		"object":             {response{body: `{"id":"1"}`}, "JSON { instead of a list", 0},
		"maintenance":        {response{body: `{"message":"hidden"}`}, "JSON { instead of a list", 0},
		"no id":              {response{body: `[{"id":"1"},{"name":"hidden"}]`}, "/1/id is missing", 1},
		"empty object":       {response{body: `[{}]`}, "/0/id is missing", 0},
		"id is null":         {response{body: `[{"id":"0"},{"id":"1"},{"id":null}]`}, "/2/id: null", 2},
		"wrong item":         {response{body: `[{"id":"1"},[]]`}, "/1: JSON [ does not fit", 1},
		"empty":              {response{}, "no content", 0},
		"space":              {response{body: " \n "}, "no content", 0},
		"gzip of nothing":    {response{encoding: "gzip", body: zip("")}, "no content", 0},
		"204":                {response{status: 204}, "no content", 0},
		"HTML":               {response{contentType: "text/html", body: `[]`}, "content type", 0},
		"not JSON":           {response{body: `<b>`}, "invalid JSON at byte 0", 0},
		"cut off in list":    {response{body: `[{"id":"1"},`}, "body cut off", 1},
		"cut off after item": {response{body: `[{"id":"1"}`}, "body cut off", 1},
		"cut off in item":    {response{body: `[{"id":"1"},{"id":`}, "body cut off", 1},
		"trailing data":      {response{body: `[{"id":"1"}] []`}, "more JSON after the value", 1},
		"trailing text":      {response{body: `[{"id":"1"}]x`}, "invalid JSON at byte 12", 1},
		"trailing comma":     {response{body: `[{"id":"1"},]`}, "invalid JSON at byte 11", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, err := decodeList(t, test.response)
			for range 2 {
				e := failure(t, err, api.ErrUnexpected)
				if want := max(test.status, 200); e.StatusCode != want {
					t.Errorf("got status %d, want %d", e.StatusCode, want)
				}
				if text := err.Error(); !strings.Contains(text, test.text) || strings.Contains(text, "hidden") {
					t.Errorf("got error %q, want %q in it", text, test.text)
				}
				if list != nil && len(list) != test.items {
					t.Errorf("got items %+v with an error, want %d", list, test.items)
				}
				// Then with Items, which yields the items before the error.
				list, err = collect(engine.Items(t.Context(), listThings, api.Settings{}, thingSchema, fetcher(t, test.response)))
			}
		})
	}
}

func TestValidLists(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]thing{
		`[]`:                      {},
		` [ ] `:                   {},
		`[{"id":"1"},{"id":"2"}]`: {{ID: "1"}, {ID: "2"}},
		`[{"id":""}]`:             {{}},
		"\uFEFF[ ]":               {},
		"\uFEFF" + `[{"id":"1"}]`: {{ID: "1"}},
	} {
		list, err := decodeList(t, response{body: body})
		if err != nil || list == nil || !reflect.DeepEqual(list, want) {
			t.Errorf("DecodeList of %s: got %+v, %v, want %+v", body, list, err, want)
		}
		list, err = collect(engine.Items(t.Context(), listThings, api.Settings{}, thingSchema, fetcher(t, response{body: body})))
		if err != nil || len(list) != len(want) || len(want) > 0 && !reflect.DeepEqual(list, want) {
			t.Errorf("Items of %s: got %+v, %v, want %+v", body, list, err, want)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	type event struct {
		At    *time.Time `json:"at"`
		Until time.Time  `json:"until"`
	}
	utc := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2024-01-02T03:04:05":          utc, // no zone, as .NET writes it
		"2024-01-02T03:04:05.1234567":  utc.Add(123456700),
		"2024-01-02T03:04:05Z":         utc,
		"2024-01-02T03:04:05.1234567Z": utc.Add(123456700),
		"2024-01-02T05:04:05+02:00":    utc,
	} {
		body := fmt.Sprintf(`{"at": %q, "until": %[1]q}`, text)
		rsp, err := send(t, response{body: body})
		one, err := engine.Decode[event](getThing, api.Settings{}, engine.Schema[event]{Reflect: engine.Reflect[event]}, rsp, err)
		if err != nil || one.At == nil || !one.At.Equal(want) || !one.Until.Equal(want) {
			t.Errorf("Decode of %s: got %+v, %v, want %v twice", body, one, err, want)
		}
		for _, get := range listReaders[event]() {
			list, err := get(t, response{body: "[" + body + "]"})
			if err != nil || len(list) != 1 || list[0].At == nil || !list[0].At.Equal(want) || !list[0].Until.Equal(want) {
				t.Errorf("list of %s: got %+v, %v, want %v twice", body, list, err, want)
			}
		}
	}
	// A null next to a time without a zone is still null.
	rsp, err := send(t, response{body: `{"at": null, "until": "2024-01-02T03:04:05"}`})
	if e, err := engine.Decode[event](getThing, api.Settings{}, engine.Schema[event]{Reflect: engine.Reflect[event]}, rsp, err); err != nil || e.At != nil || !e.Until.Equal(utc) {
		t.Errorf("at is null: got %+v, %v, want nil and %v", e, err, utc)
	}
	rsp, err = send(t, response{body: `{"at": "2024-01-02T03:04:05", "until": null}`})
	if e, err := engine.Decode[event](getThing, api.Settings{}, engine.Schema[event]{Reflect: engine.Reflect[event]}, rsp, err); err != nil || e.At == nil || !e.Until.IsZero() {
		t.Errorf("until is null: got %+v, %v, want %v and the zero time", e, err, utc)
	}
	for _, bad := range []string{`""`, `"soon"`, `"2024-01-02"`, `"2024-13-02T03:04:05"`, `17`} {
		rsp, err := send(t, response{body: `{"at": ` + bad + `}`})
		_, err = engine.Decode[event](getThing, api.Settings{}, engine.Schema[event]{Reflect: engine.Reflect[event]}, rsp, err)
		failure(t, err, api.ErrUnexpected)
		if text := err.Error(); !strings.Contains(text, "/at: ") || strings.Contains(text, "soon") {
			t.Errorf("%s: got error %q, want /at in it", bad, text)
		}
		for _, get := range listReaders[event]() {
			_, err := get(t, response{body: `[{"at": ` + bad + `}]`})
			failure(t, err, api.ErrUnexpected)
			if !strings.Contains(err.Error(), "/0/at: ") {
				t.Errorf("list of %s: got error %q, want /0/at in it", bad, err)
			}
		}
	}
}

// listReaders returns the two ways to read a list.
func listReaders[T any]() []func(*testing.T, response) ([]T, error) {
	return []func(*testing.T, response) ([]T, error){
		func(t *testing.T, a response) ([]T, error) {
			rsp, err := send(t, a)
			return engine.DecodeList[T](listThings, api.Settings{}, engine.Schema[T]{Reflect: engine.Reflect[T]}, rsp, err)
		},
		func(t *testing.T, a response) ([]T, error) {
			return collect(engine.Items[T](t.Context(), listThings, api.Settings{}, engine.Schema[T]{Reflect: engine.Reflect[T]}, fetcher(t, a)))
		},
	}
}

func TestDecodeOrEmpty(t *testing.T) {
	t.Parallel()
	type result map[string]any
	for name, test := range map[string]struct {
		response
		want result
		is   error
	}{
		"204":         {response{status: 204}, result{}, nil},
		"200":         {response{body: `{"a": "b"}`}, result{"a": "b"}, nil},
		"object":      {response{body: `{}`}, result{}, nil},
		"empty":       {response{}, result{}, nil},
		"empty HTML":  {response{contentType: "text/html"}, result{}, nil},
		"line break":  {response{body: "\r\n"}, result{}, nil},
		"null":        {response{body: "null\n"}, result{}, nil},
		"gzip":        {response{encoding: "gzip", body: zip("")}, result{}, nil},
		"gzip, bytes": {response{encoding: "gzip"}, result{}, nil},
		"mark":        {response{body: "\uFEFF"}, result{}, nil},
		"HTML":        {response{contentType: "text/html", body: "<b>"}, nil, api.ErrUnexpected},
		"nul":         {response{body: "nul"}, nil, api.ErrUnexpected},
		"array":       {response{body: `[]`}, nil, api.ErrUnexpected},
		"status":      {response{status: 409, body: `{}`}, nil, api.ErrConflict},
	} {
		rsp, err := send(t, test.response)
		got, err := engine.DecodeOrEmpty[result](getThing, api.Settings{}, engine.Schema[result]{Reflect: engine.Reflect[result]}, rsp, err)
		if test.is != nil {
			failure(t, err, test.is)
		} else if err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %#v, want %#v", name, got, test.want)
		}
	}
	_, err := engine.DecodeOrEmpty[result](getThing, api.Settings{}, engine.Schema[result]{Reflect: engine.Reflect[result]}, nil, context.Canceled)
	failure(t, err, context.Canceled)
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	for _, a := range []response{
		{status: 204}, {}, {body: `null`}, {body: `[1`}, {status: 201}, {encoding: "br", body: "x"}, {body: strings.Repeat("x", 1<<20)},
		{contentType: "none", body: "x"}, {contentType: "text/html"}, {contentType: "text/html", body: " \r\n"},
		{contentType: "text/html", encoding: "gzip", body: zip("")}, {contentType: "text/html", body: "\uFEFF"},
	} {
		rsp, err := send(t, a)
		if err := engine.Discard(getThing, rsp, err); err != nil {
			t.Errorf("%d %.10q: got error %v, want none", a.status, a.body, err)
		}
		if _, err := rsp.Body.Read(make([]byte, 1)); err == nil {
			t.Errorf("%d %.10q: got an open body, want it closed", a.status, a.body)
		}
	}
	rsp, err := send(t, response{status: 404})
	failure(t, engine.Discard(getThing, rsp, err), api.ErrNotFound)
	for _, a := range []response{
		{contentType: "text/html", body: "<b>"}, {contentType: "text/plain", body: "\n\nok"}, {contentType: "x", body: `{}`},
		{contentType: "text/html", encoding: "gzip", body: zip(strings.Repeat(" ", 600) + "<b>")}, {contentType: "text/html", body: strings.Repeat("x", 1<<20)},
	} {
		rsp, err := send(t, a)
		err = engine.Discard(getThing, rsp, err)
		if e := failure(t, err, api.ErrUnexpected); e.StatusCode != 200 || !strings.Contains(err.Error(), "content type") {
			t.Errorf("%s %.10q: got %v, want status 200 and the content type", a.contentType, a.body, err)
		}
	}
}

// TestNoContentLength checks that a response without content is one whatever its form, and
// that a response with content need not state its length.
func TestNoContentLength(t *testing.T) {
	t.Parallel()
	chunked := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.(http.Flusher).Flush() // HTTP/1.1: chunked; HTTP/2: a header without END_STREAM
	})
	server := httptest.NewUnstartedServer(chunked)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	h2, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for name, get := range map[string]func() (*http.Response, error){
		"HTTP/1.1, chunked":  func() (*http.Response, error) { return send(t, chunked) },
		"HTTP/2, empty DATA": func() (*http.Response, error) { return server.Client().Do(h2) },
	} {
		rsp, err := get()
		if err != nil || rsp.ContentLength != -1 {
			t.Fatalf("%s: got %v, %v, want a response of unknown length", name, rsp, err)
		}
		if got, err := engine.DecodeOrEmpty(getThing, api.Settings{}, thingSchema, rsp, nil); err != nil || !reflect.DeepEqual(got, thing{}) {
			t.Errorf("%s: DecodeOrEmpty: got %v, %v, want a zero thing", name, got, err)
		}
		rsp, err = get()
		_, err = engine.Decode(getThing, api.Settings{}, thingSchema, rsp, err)
		if e := failure(t, err, api.ErrUnexpected); e.StatusCode != 200 || !strings.Contains(err.Error(), "no content") {
			t.Errorf("%s: Decode: got %v, want status 200 and no content", name, err)
		}
		rsp, err = get()
		if err := engine.Discard(getThing, rsp, err); err != nil {
			t.Errorf("%s: Discard: got error %v, want none", name, err)
		}
	}
	stub := &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"id":"1"}`))} // no header and no length
	if got, err := engine.Decode(getThing, api.Settings{}, thingSchema, stub, nil); err != nil || got.ID != "1" {
		t.Errorf("response of a stub: got %v, %v, want the thing 1", got, err)
	}
}

// TestRequired checks null and "" for fields that the contract requires.
func TestRequired(t *testing.T) {
	t.Parallel()
	schema := engine.Schema[thing]{Reflect: engine.Reflect[thing], Required: []engine.Required{{Name: "id", NotEmpty: true}, {Name: "name", Nullable: true}, {Name: "count"}}}
	for body, want := range map[string]string{
		`{"id":"1","name":"n","count":1}`:         "",
		`{"id":"1","name":null,"count":0}`:        "",
		`{"id":"1","name":"","count":0.0}`:        "",
		`{"id":"\u0031","name":"","count":0}`:     "",
		`{"id":"","name":"","count":0}`:           "/id is empty",
		`{"id":"1","id":"","name":"","count":0}`:  "/id is empty",
		`{"id":null,"name":"","count":0}`:         "/id: null",
		`{"id":"1","count":1,"NAME":"n"}`:         "/name is missing",
		`{"id":"1","name":"n","count":null}`:      "/count: null",
		`{"id":"1","name":"n","Tags":["count"]}`:  "/count is missing",
		`{"id":"1","name":"n` + "\xff" + `"}`:     "/count is missing",
		`{"\u0069d":"1","name":"n","count":1e0}`:  "",
		`{"id":"","id":"1","name":"n","count":1}`: "",
	} {
		for pointer, err := range map[string]error{
			"": func() error {
				rsp, err := send(t, response{body: body})
				_, err = engine.Decode(getThing, api.Settings{}, schema, rsp, err)
				return err
			}(),
			"/0": func() error {
				rsp, err := send(t, response{body: "[" + body + "]"})
				_, err = engine.DecodeList(getThing, api.Settings{}, schema, rsp, err)
				return err
			}(),
		} {
			if want == "" && err != nil || want != "" && (err == nil || !strings.HasSuffix(err.Error(), ": "+pointer+want)) {
				t.Errorf("%s: got error %v, want %q", body, err, want)
			}
		}
	}
}

// TestSingle checks that a list of one may be sent as its item only if the contract says so.
func TestSingle(t *testing.T) {
	t.Parallel()
	schema := thingSchema
	schema.Single = true
	for body, want := range map[string]string{
		`{"id":"1"}`:           "",
		`[{"id":"1"}]`:         "",
		`{"message":"hidden"}`: "/id is missing",
		`{"id":"1"`:            "body cut off",
		`{"id":"1"}{"id":"2"}`: "more JSON after the value",
		`"hidden"`:             "JSON string instead of a list",
	} {
		rsp, err := send(t, response{body: body})
		list, listErr := engine.DecodeList(listThings, api.Settings{}, schema, rsp, err)
		streamed, streamErr := collect(engine.Items(t.Context(), listThings, api.Settings{}, schema, fetcher(t, response{body: body})))
		for _, err := range []error{listErr, streamErr} {
			if want != "" {
				failure(t, err, api.ErrUnexpected)
			}
			if want == "" && err != nil || want != "" && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got error %v, want %q", body, err, want)
			}
		}
		if one := []thing{{ID: "1"}}; want == "" && (!reflect.DeepEqual(list, one) || !reflect.DeepEqual(streamed, one)) {
			t.Errorf("%s: got %v and %v, want the thing 1", body, list, streamed)
		}
	}
}

// TestSelect checks that the required fields that $select leaves out may be missing, and no
// others.
func TestSelect(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(response{body: `[{"name":"n"}]`})
	defer server.Close()
	for query, ok := range map[string]bool{
		"":                         false,
		"?$select=name":            true,
		"?%24select=name%2Ccount":  true,
		"?$select=":                true,
		"?$select=id":              false,
		"?$select=name,%20id":      false,
		"?$select=*":               false,
		"?$filter=select%3Dname":   false,
		"?select=name":             false,
		"?$select=ID":              true, // names match exactly
		"?$top=1&$select=kind,Tag": true,
		"?$Select=name":            true,
		"?%24SELECT=name,id":       false,
	} {
		get := func(ctx context.Context) (*http.Response, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+query, http.NoBody)
			if err != nil {
				return nil, err
			}
			return server.Client().Do(req)
		}
		page := func(ctx context.Context, skip, _ int) (*http.Response, error) {
			if skip > 0 {
				return inMemory(200, http.Header{}, "[]"), nil
			}
			return get(ctx)
		}
		rsp, err := get(t.Context())
		_, listErr := engine.DecodeList(listThings, api.Settings{}, thingSchema, rsp, err)
		_, streamErr := collect(engine.Items(t.Context(), listThings, api.Settings{}, thingSchema, get))
		_, pagesErr := collect(engine.Pages(t.Context(), listThings, api.Settings{}, thingSchema, nil, nil, page))
		for _, err := range []error{listErr, streamErr, pagesErr} {
			if ok && err != nil || !ok && (!errors.Is(err, api.ErrUnexpected) || !strings.Contains(err.Error(), "/0/id is missing")) {
				t.Errorf("%q: got error %v, want none: %t", query, err, ok)
			}
		}
	}
}

// TestCutOff checks responses that are shorter than their Content-Length.
func TestCutOff(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `[{"id":"1"},{"id":`)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	for name, call := range map[string]func() error{
		"Decode": func() error {
			rsp, err := send(t, handler)
			_, err = engine.Decode[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, err)
			return err
		},
		"DecodeList": func() error {
			rsp, err := send(t, handler)
			_, err = engine.DecodeList[thing](listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, err)
			return err
		},
		"Items": func() error {
			list, err := collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, fetcher(t, handler)))
			if len(list) != 1 {
				t.Errorf("got items %+v, want the first one", list)
			}
			return err
		},
	} {
		err := call()
		e := failure(t, err, api.ErrUnexpected)
		if e.StatusCode != 200 || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "body cut off") {
			t.Errorf("%s: got %v with status %d, want a body cut off with status 200", name, err, e.StatusCode)
		}
	}
}

func TestMaxResponseBytes(t *testing.T) {
	t.Parallel()
	body := `{"id":"1","name":"` + strings.Repeat("x", 1000) + `"}`
	chunked := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.(http.Flusher).Flush() // so that no length is sent
		_, _ = io.WriteString(w, body)
	})
	bomb := response{encoding: "gzip", body: zip(body + strings.Repeat(" ", 33<<20))}
	for name, test := range map[string]struct {
		handler http.Handler
		limit   int64
		is      error
	}{
		"fits exactly":        {response{body: body}, int64(len(body)), nil},
		"one byte too long":   {response{body: body}, int64(len(body)) - 1, api.ErrTooLarge},
		"fits, chunked":       {chunked, int64(len(body)), nil},
		"too long, chunked":   {chunked, int64(len(body)) - 1, api.ErrTooLarge},
		"bomb, default limit": {bomb, 0, api.ErrTooLarge},
		"bomb, own limit":     {bomb, 1 << 20, api.ErrTooLarge},
		"gzip that fits":      {response{encoding: "gzip", body: zip(body + strings.Repeat(" ", 1<<20))}, 2 << 20, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, acceptEncoding := range []string{"", "gzip"} {
				server := httptest.NewServer(test.handler)
				defer server.Close()
				req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
				if acceptEncoding != "" { // with which net/http would not decompress
					req.Header.Set("Accept-Encoding", acceptEncoding)
				}
				rsp, err := engine.NewDoer(server.Client(), "test").Do(req)
				got, err := engine.Decode[thing](getThing, api.Settings{MaxResponseBytes: test.limit}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, err)
				if test.is == nil {
					if err != nil || got.ID != "1" {
						t.Errorf("got id %q, %v, want 1", got.ID, err)
					}
					continue
				}
				if e := failure(t, err, test.is); e.StatusCode != 200 || errors.Is(err, api.ErrUnexpected) {
					t.Errorf("got status %d, %v, want 200 and only %v", e.StatusCode, err, test.is)
				}
			}
		})
	}
}

// TestConnectionReuse checks that the connection can be reused after each call.
func TestConnectionReuse(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		responses := map[string]response{
			"value": {body: `{"id":"1"}`}, "list": {body: `[{"id":"1"}]`}, "nothing": {status: 204},
			"ignored": {body: strings.Repeat("x", 5000)}, "refused": {status: 404, body: strings.Repeat("x", 5000)},
			"html": {contentType: "text/html", body: strings.Repeat("x", 5000)}, "redirect": {status: 302, location: "/x", body: "xx"},
		}
		responses[r.URL.Path[1:]].ServeHTTP(w, r)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	doer := engine.NewDoer(server.Client(), "test")
	get := func(path string) (*http.Response, error) {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, http.NoBody)
		return doer.Do(req)
	}
	for range 2 {
		rsp, err := get("/value")
		if _, err := engine.Decode[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, err); err != nil {
			t.Errorf("got error %v, want none", err)
		}
		rsp, err = get("/list")
		if _, err := engine.DecodeList[thing](listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, err); err != nil {
			t.Errorf("got error %v, want none", err)
		}
		if _, err := collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, func(context.Context) (*http.Response, error) { return get("/list") })); err != nil {
			t.Errorf("got error %v, want none", err)
		}
		rsp, err = get("/nothing")
		if _, err := engine.DecodeOrEmpty[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, err); err != nil {
			t.Errorf("got error %v, want none", err)
		}
		rsp, err = get("/ignored")
		if err := engine.Discard(getThing, rsp, err); err != nil {
			t.Errorf("got error %v, want none", err)
		}
		rsp, err = get("/refused")
		failure(t, engine.Discard(getThing, rsp, err), api.ErrNotFound)
		rsp, err = get("/html")
		_, err = engine.Decode[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, err)
		failure(t, err, api.ErrUnexpected)
		rsp, err = get("/redirect")
		failure(t, engine.Discard(getThing, rsp, err), api.ErrRedirect)
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("got %d connections for sequential calls, want 1", n)
	}
}

// TestWrongLengths checks that a wrong Content-Length costs no memory, with limits up to
// the largest.
func TestWrongLengths(t *testing.T) {
	for _, limit := range []int64{0, math.MaxInt64 - 1, math.MaxInt64} {
		for _, length := range []int64{-1, 10, 32 << 20, 1 << 50, math.MaxInt64} {
			rsp := inMemory(200, http.Header{}, `{"id":"1"}`)
			rsp.ContentLength = length
			got, err := engine.Decode[thing](getThing, api.Settings{MaxResponseBytes: limit}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, nil)
			if err != nil || got.ID != "1" {
				t.Errorf("limit %d, length %d: got %+v, %v, want the thing 1", limit, length, got, err)
			}
		}
	}
	long := strings.Repeat("x", 3<<20)
	for _, length := range []int64{-1, 2 << 20, 3<<20 + 9, 64 << 20} {
		rsp := inMemory(200, http.Header{}, `{"id":"`+long+`"}`)
		rsp.ContentLength = length
		if got, err := engine.Decode[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, nil); err != nil || got.ID != long {
			t.Errorf("length %d: got %d bytes, %v, want %d", length, len(got.ID), err, len(long))
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		rsp := inMemory(200, http.Header{}, `{`)
		rsp.ContentLength = 32 << 20
		if _, err := engine.Decode[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, rsp, nil); err == nil {
			t.Error("half an object: got no error, want one")
		}
	}
	runtime.ReadMemStats(&after)
	// The race detector doubles what a buffer allocates.
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 21 {
		t.Errorf("10 bytes: got %d MiB allocated, want at most 21", took)
	}
}
