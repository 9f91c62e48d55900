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

// TestTolerance: what an answer may have without being refused.
func TestTolerance(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer
		want thing
	}{
		"all members":       {answer{body: `{"id":"1","name":"n","count":3,"active":true,"kind":"Big"}`}, thing{ID: "1", Name: "n", Count: 3, Active: true, Kind: "Big"}},
		"unknown members":   {answer{body: `{"id":"1","new":{"a":[1,{"b":null}]},"newer":1e400}`}, thing{ID: "1"}},
		"unknown enum":      {answer{body: `{"id":"1","kind":"Enormous"}`}, thing{ID: "1", Kind: "Enormous"}},
		"null for optional": {answer{body: `{"id":"1","name":null,"count":null,"active":null,"kind":null,"Tags":null}`}, thing{ID: "1"}},
		"a name twice":      {answer{body: `{"id":"1","name":"a","name":"b"}`}, thing{ID: "1", Name: "b"}},
		"invalid UTF-8":     {answer{body: `{"id":"1","name":"a` + "\xff" + `b"}`}, thing{ID: "1", Name: "a\uFFFDb"}},
		"lone surrogate":    {answer{body: `{"id":"1","name":"a\ud800b"}`}, thing{ID: "1", Name: "a\uFFFDb"}},
		"another case":      {answer{body: `{"id":"1","Name":"x","COUNT":"x","ID":"2"}`}, thing{ID: "1"}},
		"blanks around":     {answer{body: " \r\n\t{\"id\":\"1\"}\n\n"}, thing{ID: "1"}},
		"charset":           {answer{contentType: "application/json; charset=utf-8", body: `{"id":"1"}`}, thing{ID: "1"}},
		"odata parameters":  {answer{contentType: "application/json;odata.metadata=minimal", body: `{"id":"1"}`}, thing{ID: "1"}},
		"a bad parameter":   {answer{contentType: "application/json; charset", body: `{"id":"1"}`}, thing{ID: "1"}},
		"a parameter twice": {answer{contentType: "application/json; charset=utf-8; charset=utf-8", body: `{"id":"1"}`}, thing{ID: "1"}},
		"capitals":          {answer{contentType: "Application/JSON", body: `{"id":"1"}`}, thing{ID: "1"}},
		"a +json type":      {answer{contentType: "application/hal+json", body: `{"id":"1"}`}, thing{ID: "1"}},
		"text/json":         {answer{contentType: "text/json", body: `{"id":"1"}`}, thing{ID: "1"}},
		"no content type":   {answer{contentType: "none", body: `{"id":"1"}`}, thing{ID: "1"}},
		"201":               {answer{status: 201, body: `{"id":"1"}`}, thing{ID: "1"}},
		"202":               {answer{status: 202, body: `{"id":"1"}`}, thing{ID: "1"}},
		"203":               {answer{status: 203, body: `{"id":"1"}`}, thing{ID: "1"}},
		"206":               {answer{status: 206, body: `{"id":"1"}`}, thing{ID: "1"}},
		"299":               {answer{status: 299, body: `{"id":"1"}`}, thing{ID: "1"}},
		"gzip":              {answer{encoding: "gzip", body: zip(`{"id":"1"}`)}, thing{ID: "1"}},
		"identity":          {answer{encoding: "identity", body: `{"id":"1"}`}, thing{ID: "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decode(t, test.answer)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("Decode: %+v, %v, want %+v", got, err, test.want)
			}
			if test.encoding == "" { // an array around it, for the two that read lists
				test.body = "[" + test.body + "]"
				list, err := decodeList(t, test.answer)
				if err != nil || !reflect.DeepEqual(list, []thing{test.want}) {
					t.Errorf("DecodeList: %+v, %v, want %+v", list, err, test.want)
				}
				list, err = collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, nil, fetcher(t, test.answer)))
				if err != nil || !reflect.DeepEqual(list, []thing{test.want}) {
					t.Errorf("Items: %+v, %v, want %+v", list, err, test.want)
				}
			}
		})
	}
}

// TestStrictness: what makes an answer unexpected, and what its error says. A
// JSON pointer leads to what does not fit; values are not repeated.
func TestStrictness(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer
		text string
	}{
		"integer with fraction": {answer{body: `{"id":"1","count":3.0}`}, "/count: JSON number does not fit int64"},
		"integer with exponent": {answer{body: `{"id":"1","count":1e2}`}, "/count: JSON number does not fit int64"},
		"integer too large":     {answer{body: `{"id":"1","count":9223372036854775808}`}, "/count: JSON number does not fit int64"},
		"integer as string":     {answer{body: `{"id":"1","count":"12"}`}, "/count: JSON string does not fit int64"},
		"number for string":     {answer{body: `{"id":1}`}, "/id: JSON number does not fit string"},
		"string for boolean":    {answer{body: `{"id":"1","active":"true"}`}, "/active: JSON string does not fit bool"},
		"object for array":      {answer{body: `{"id":"1","Tags":{}}`}, "/Tags: JSON { does not fit []string"},
		"deep":                  {answer{body: `{"id":"1","Tags":["a",5]}`}, "/Tags/1: JSON number does not fit string"},
		"array for object":      {answer{body: `[{"id":"1"}]`}, "JSON [ does not fit"},
		"string for object":     {answer{body: `"hidden"`}, "JSON string does not fit"},
		"null":                  {answer{body: ` null`}, "unexpected response: null"},
		"no id":                 {answer{body: `{}`}, "/id is missing"},
		"id is null":            {answer{body: `{"id":null}`}, "/id is missing"},
		"id is empty":           {answer{body: `{"id":""}`}, "/id is missing"},
		"id in capitals":        {answer{body: `{"ID":"1"}`}, "/id is missing"},
		"empty":                 {answer{}, "no content"},
		"blank":                 {answer{body: "  \n"}, "body cut off"},
		"cut off":               {answer{body: `{"id":"1","name":"hid`}, "body cut off"},
		"trailing data":         {answer{body: `{"id":"1"}{"id":"2"}`}, "invalid JSON at byte 10"},
		"trailing text":         {answer{body: `{"id":"1"}hidden`}, "invalid JSON at byte 10"},
		"no JSON":               {answer{body: `{id:hidden}`}, "invalid JSON at byte 1"},
		"byte order mark":       {answer{body: "\uFEFF" + `{"id":"1"}`}, "invalid JSON at byte 0"},
		"HTML":                  {answer{contentType: "text/html", body: `<b>hidden</b>`}, `content type "text/html"`},
		"JSON as HTML":          {answer{contentType: "text/html", body: `{"id":"1"}`}, `content type "text/html"`},
		"plain text":            {answer{contentType: "text/plain; charset=utf-8", body: `{"id":"1"}`}, `content type "text/plain; charset=utf-8"`},
		"HTML labelled JSON":    {answer{body: `<b>hidden</b>`}, "invalid JSON at byte 0"},
		"a type with json in":   {answer{contentType: "text/x-json-is-not-here", body: `{"id":"1"}`}, "content type"},
		"204":                   {answer{status: 204}, "no content"},
		"201 without value":     {answer{status: 201}, "no content"},
		"unknown encoding":      {answer{encoding: "br", body: "hidden"}, "invalid JSON at byte 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decode(t, test.answer)
			e := failure(t, err, api.ErrUnexpected)
			if !reflect.DeepEqual(got, thing{}) {
				t.Errorf("value %+v beside an error", got)
			}
			if want := max(test.status, 200); e.StatusCode != want || e.Header == nil || e.Body != nil {
				t.Errorf("status %d, want %d; header %v, body %q", e.StatusCode, want, e.Header, e.Body)
			}
			if text := err.Error(); !strings.Contains(text, test.text) || strings.Contains(text, "hidden") {
				t.Errorf("text %q, want %q in it", text, test.text)
			}
		})
	}
}

// TestListStrictness is TestStrictness for the two that read lists, which must
// agree.
func TestListStrictness(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer
		text  string
		items int // that Items yields before
	}{
		"null":               {answer{body: `null`}, "unexpected response: null", 0},
		"string":             {answer{body: `"hidden"`}, "JSON string instead of a list", 0},
		"number":             {answer{body: `17`}, "JSON number instead of a list", 0},
		"true":               {answer{body: `true`}, "JSON true instead of a list", 0},
		"null inside":        {answer{body: `[{"id":"1"},null]`}, "/1: null", 1},
		"wrong type inside":  {answer{body: `[{"id":"1"},{"id":"2","count":3.0}]`}, "/1/count: JSON number does not fit int64", 1},
		"wrong item":         {answer{body: `[{"id":"1"},[]]`}, "/1: JSON [ does not fit", 1},
		"empty":              {answer{}, "no content", 0},
		"blank":              {answer{body: " \n "}, "body cut off", 0},
		"204":                {answer{status: 204}, "no content", 0},
		"HTML":               {answer{contentType: "text/html", body: `[]`}, "content type", 0},
		"no JSON":            {answer{body: `<b>`}, "invalid JSON at byte 0", 0},
		"cut off in list":    {answer{body: `[{"id":"1"},`}, "body cut off", 1},
		"cut off behind":     {answer{body: `[{"id":"1"}`}, "body cut off", 1},
		"cut off in item":    {answer{body: `[{"id":"1"},{"id":`}, "body cut off", 1},
		"cut off in object":  {answer{body: `{"id":"1"`}, "body cut off", 0},
		"trailing data":      {answer{body: `[{"id":"1"}] []`}, "more JSON after the value", 1},
		"trailing text":      {answer{body: `[{"id":"1"}]x`}, "invalid JSON at byte 12", 1},
		"trailing comma":     {answer{body: `[{"id":"1"},]`}, "invalid JSON at byte 11", 1},
		"object and another": {answer{body: `{"id":"1"}{"id":"2"}`}, "more JSON after the value", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, err := decodeList(t, test.answer)
			for range 2 {
				e := failure(t, err, api.ErrUnexpected)
				if want := max(test.status, 200); e.StatusCode != want {
					t.Errorf("status %d, want %d", e.StatusCode, want)
				}
				if text := err.Error(); !strings.Contains(text, test.text) || strings.Contains(text, "hidden") {
					t.Errorf("text %q, want %q in it", text, test.text)
				}
				if list != nil && len(list) != test.items {
					t.Errorf("items %+v beside an error, want %d", list, test.items)
				}
				// The same again, streamed; what came before the failure has been yielded.
				list, err = collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, nil, fetcher(t, test.answer)))
			}
		})
	}
}

func TestListsThatPass(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]thing{
		`[]`:                      {},
		` [ ] `:                   {},
		`[{"id":"1"},{"id":"2"}]`: {{ID: "1"}, {ID: "2"}},
		`{"id":"1"}`:              {{ID: "1"}}, // a server sends a list of one like this
		`{}`:                      {{}},
		`[{}]`:                    {{}}, // $select may leave the id out
	} {
		list, err := decodeList(t, answer{body: body})
		if err != nil || list == nil || !reflect.DeepEqual(list, want) {
			t.Errorf("DecodeList of %s: %+v, %v", body, list, err)
		}
		list, err = collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, nil, fetcher(t, answer{body: body})))
		if err != nil || len(list) != len(want) || len(want) > 0 && !reflect.DeepEqual(list, want) {
			t.Errorf("Items of %s: %+v, %v", body, list, err)
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
		"2024-01-02T03:04:05":          utc, // no zone, usual from .NET
		"2024-01-02T03:04:05.1234567":  utc.Add(123456700),
		"2024-01-02T03:04:05Z":         utc,
		"2024-01-02T03:04:05.1234567Z": utc.Add(123456700),
		"2024-01-02T05:04:05+02:00":    utc,
	} {
		body := fmt.Sprintf(`{"at": %q, "until": %[1]q}`, text)
		rsp, err := send(t, answer{body: body})
		one, err := engine.Decode[event](getThing, api.Settings{}, nil, rsp, err)
		if err != nil || one.At == nil || !one.At.Equal(want) || !one.Until.Equal(want) {
			t.Errorf("Decode of %s: %+v, %v", body, one, err)
		}
		for _, get := range listReaders[event]() {
			list, err := get(t, answer{body: "[" + body + "]"})
			if err != nil || len(list) != 1 || list[0].At == nil || !list[0].At.Equal(want) || !list[0].Until.Equal(want) {
				t.Errorf("list of %s: %+v, %v", body, list, err)
			}
		}
	}
	// A null beside a time without a zone is still no time.
	rsp, err := send(t, answer{body: `{"at": null, "until": "2024-01-02T03:04:05"}`})
	if e, err := engine.Decode[event](getThing, api.Settings{}, nil, rsp, err); err != nil || e.At != nil || !e.Until.Equal(utc) {
		t.Errorf("null: %+v, %v", e, err)
	}
	rsp, err = send(t, answer{body: `{"at": "2024-01-02T03:04:05", "until": null}`})
	if e, err := engine.Decode[event](getThing, api.Settings{}, nil, rsp, err); err != nil || e.At == nil || !e.Until.IsZero() {
		t.Errorf("null: %+v, %v", e, err)
	}
	for _, bad := range []string{`""`, `"soon"`, `"2024-01-02"`, `"2024-13-02T03:04:05"`, `17`} {
		rsp, err := send(t, answer{body: `{"at": ` + bad + `}`})
		_, err = engine.Decode[event](getThing, api.Settings{}, nil, rsp, err)
		failure(t, err, api.ErrUnexpected)
		if text := err.Error(); !strings.Contains(text, "/at: ") || strings.Contains(text, "soon") {
			t.Errorf("%s: text %q", bad, text)
		}
		for _, get := range listReaders[event]() {
			_, err := get(t, answer{body: `[{"at": ` + bad + `}]`})
			failure(t, err, api.ErrUnexpected)
			if !strings.Contains(err.Error(), "/0/at: ") {
				t.Errorf("list of %s: text %q", bad, err)
			}
		}
	}
}

// listReaders are the two ways to read a list.
func listReaders[T any]() []func(*testing.T, answer) ([]T, error) {
	return []func(*testing.T, answer) ([]T, error){
		func(t *testing.T, a answer) ([]T, error) {
			rsp, err := send(t, a)
			return engine.DecodeList[T](listThings, api.Settings{}, nil, rsp, err)
		},
		func(t *testing.T, a answer) ([]T, error) {
			return collect(engine.Items[T](t.Context(), listThings, api.Settings{}, nil, fetcher(t, a)))
		},
	}
}

func TestDecodeOrEmpty(t *testing.T) {
	t.Parallel()
	type result map[string]any
	for name, test := range map[string]struct {
		answer
		want result
		is   error
	}{
		"204":    {answer{status: 204}, result{}, nil},
		"200":    {answer{body: `{"a": "b"}`}, result{"a": "b"}, nil},
		"empty":  {answer{body: `{}`}, result{}, nil},
		"null":   {answer{body: `null`}, nil, api.ErrUnexpected},
		"array":  {answer{body: `[]`}, nil, api.ErrUnexpected},
		"status": {answer{status: 409, body: `{}`}, nil, api.ErrConflict},
	} {
		rsp, err := send(t, test.answer)
		got, err := engine.DecodeOrEmpty[result](getThing, api.Settings{}, nil, rsp, err)
		if test.is != nil {
			failure(t, err, test.is)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %#v, want %#v", name, got, test.want)
		}
	}
	_, err := engine.DecodeOrEmpty[result](getThing, api.Settings{}, nil, nil, context.Canceled)
	failure(t, err, context.Canceled)
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	for _, a := range []answer{
		{status: 204}, {}, {body: `null`}, {body: `[1`}, {contentType: "text/html", body: "<b>"}, {status: 201},
		{encoding: "br", body: "x"}, {body: strings.Repeat("x", 1<<20)},
	} {
		rsp, err := send(t, a)
		if err := engine.Discard(getThing, rsp, err); err != nil {
			t.Errorf("%d %.10q: %v", a.status, a.body, err)
		}
		if _, err := rsp.Body.Read(make([]byte, 1)); err == nil {
			t.Errorf("%d %.10q: the body is open", a.status, a.body)
		}
	}
	rsp, err := send(t, answer{status: 404})
	failure(t, engine.Discard(getThing, rsp, err), api.ErrNotFound)
}

// TestCutOff: the connection breaks before the length that was announced.
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
			_, err = engine.Decode[thing](getThing, api.Settings{}, nil, rsp, err)
			return err
		},
		"DecodeList": func() error {
			rsp, err := send(t, handler)
			_, err = engine.DecodeList[thing](listThings, api.Settings{}, nil, rsp, err)
			return err
		},
		"Items": func() error {
			list, err := collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, nil, fetcher(t, handler)))
			if len(list) != 1 {
				t.Errorf("items %+v, want the one that came", list)
			}
			return err
		},
	} {
		err := call()
		e := failure(t, err, api.ErrUnexpected)
		if e.StatusCode != 200 || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "body cut off") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMaxResponseBytes(t *testing.T) {
	t.Parallel()
	body := `{"id":"1","name":"` + strings.Repeat("x", 1000) + `"}`
	chunked := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.(http.Flusher).Flush() // so no length is sent
		_, _ = io.WriteString(w, body)
	})
	bomb := answer{encoding: "gzip", body: zip(body + strings.Repeat(" ", 33<<20))}
	for name, test := range map[string]struct {
		handler http.Handler
		limit   int64
		is      error
	}{
		"fits exactly":        {answer{body: body}, int64(len(body)), nil},
		"one byte too long":   {answer{body: body}, int64(len(body)) - 1, api.ErrTooLarge},
		"fits, chunked":       {chunked, int64(len(body)), nil},
		"too long, chunked":   {chunked, int64(len(body)) - 1, api.ErrTooLarge},
		"bomb, default limit": {bomb, 0, api.ErrTooLarge},
		"bomb, own limit":     {bomb, 1 << 20, api.ErrTooLarge},
		"gzip that fits":      {answer{encoding: "gzip", body: zip(body + strings.Repeat(" ", 1<<20))}, 2 << 20, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, acceptEncoding := range []string{"", "gzip"} {
				server := httptest.NewServer(test.handler)
				defer server.Close()
				req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
				if acceptEncoding != "" { // net/http would then leave an answer compressed
					req.Header.Set("Accept-Encoding", acceptEncoding)
				}
				rsp, err := engine.NewDoer(server.Client(), "test").Do(req)
				got, err := engine.Decode[thing](getThing, api.Settings{MaxResponseBytes: test.limit}, nil, rsp, err)
				if test.is == nil {
					if err != nil || got.ID != "1" {
						t.Errorf("%q, %v", got.ID, err)
					}
					continue
				}
				if e := failure(t, err, test.is); e.StatusCode != 200 || errors.Is(err, api.ErrUnexpected) {
					t.Errorf("status %d, %v", e.StatusCode, err)
				}
			}
		})
	}
}

// TestConnectionReuse: every ending leaves the connection fit for the next call.
func TestConnectionReuse(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers := map[string]answer{
			"value": {body: `{"id":"1"}`}, "list": {body: `[{"id":"1"}]`}, "nothing": {status: 204},
			"ignored": {body: strings.Repeat("x", 5000)}, "refused": {status: 404, body: strings.Repeat("x", 5000)},
			"html": {contentType: "text/html", body: strings.Repeat("x", 5000)}, "redirect": {status: 302, location: "/x", body: "xx"},
		}
		answers[r.URL.Path[1:]].ServeHTTP(w, r)
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
		if _, err := engine.Decode[thing](getThing, api.Settings{}, nil, rsp, err); err != nil {
			t.Error(err)
		}
		rsp, err = get("/list")
		if _, err := engine.DecodeList[thing](listThings, api.Settings{}, nil, rsp, err); err != nil {
			t.Error(err)
		}
		if _, err := collect(engine.Items[thing](t.Context(), listThings, api.Settings{}, nil, func(context.Context) (*http.Response, error) { return get("/list") })); err != nil {
			t.Error(err)
		}
		rsp, err = get("/nothing")
		if _, err := engine.DecodeOrEmpty[thing](getThing, api.Settings{}, nil, rsp, err); err != nil {
			t.Error(err)
		}
		rsp, err = get("/ignored")
		if err := engine.Discard(getThing, rsp, err); err != nil {
			t.Error(err)
		}
		rsp, err = get("/refused")
		failure(t, engine.Discard(getThing, rsp, err), api.ErrNotFound)
		rsp, err = get("/html")
		_, err = engine.Decode[thing](getThing, api.Settings{}, nil, rsp, err)
		failure(t, err, api.ErrUnexpected)
		rsp, err = get("/redirect")
		failure(t, engine.Discard(getThing, rsp, err), api.ErrRedirect)
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for calls one after the other, want 1", n)
	}
}

// TestLengthsThatLie: what a server says of the length of its answer costs nothing, and
// the largest limit there is is one.
func TestLengthsThatLie(t *testing.T) {
	for _, limit := range []int64{0, math.MaxInt64 - 1, math.MaxInt64} {
		for _, length := range []int64{-1, 10, 32 << 20, 1 << 50, math.MaxInt64} {
			rsp := inMemory(200, http.Header{}, `{"id":"1"}`)
			rsp.ContentLength = length
			got, err := engine.Decode[thing](getThing, api.Settings{MaxResponseBytes: limit}, nil, rsp, nil)
			if err != nil || got.ID != "1" {
				t.Errorf("limit %d, length %d: %+v, %v", limit, length, got, err)
			}
		}
	}
	long := strings.Repeat("x", 3<<20)
	for _, length := range []int64{-1, 2 << 20, 3<<20 + 9, 64 << 20} {
		rsp := inMemory(200, http.Header{}, `{"id":"`+long+`"}`)
		rsp.ContentLength = length
		if got, err := engine.Decode[thing](getThing, api.Settings{}, nil, rsp, nil); err != nil || got.ID != long {
			t.Errorf("length %d: %d bytes, %v", length, len(got.ID), err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		rsp := inMemory(200, http.Header{}, `{`)
		rsp.ContentLength = 32 << 20
		if _, err := engine.Decode[thing](getThing, api.Settings{}, nil, rsp, nil); err == nil {
			t.Error("half an object was accepted")
		}
	}
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 11 {
		t.Errorf("10 bytes took %d MiB", took)
	}
}
