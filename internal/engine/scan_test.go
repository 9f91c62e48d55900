package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// node is a type that contains itself, with the function that is generated for it.
type node struct {
	ID    string `json:"id"`
	Child *node  `json:"child"`
	Nodes []node `json:"nodes"`
}

func scanNode(s *engine.Scanner, v *node) {
	for more := s.Object(v); more; more = s.Next() {
		switch string(s.Name()) {
		case "id":
			engine.ScanString(s, &v.ID)
		case "child":
			engine.ScanPointer(s, &v.Child, scanNode)
		case "nodes":
			engine.ScanSlice(s, &v.Nodes, scanNode)
		default:
			s.Skip()
		}
	}
}

// decodeBoth decodes a body by scan and by reflection, as a value, as a list and as a stream
// in parts of each of the given sizes. It checks that the results are equal.
func decodeBoth[T any](t *testing.T, body string, scan engine.Scan[T], parts ...int) (value T, list []T, err error) {
	t.Helper()
	reflection, generated := engine.Schema[T]{Reflect: engine.Reflect[T]}, engine.Schema[T]{Scan: scan}
	text := func(err error) string { return fmt.Sprint(err) }
	short := body[:min(len(body), 60)]
	wantValue, wantErr := engine.Decode(getThing, api.Settings{}, reflection, inMemory(200, nil, body), nil)
	value, err = engine.Decode(getThing, api.Settings{}, generated, inMemory(200, nil, body), nil)
	if text(err) != text(wantErr) || !reflect.DeepEqual(value, wantValue) {
		t.Errorf("%s: got %.100v, %v, want as by reflection %.100v, %v", short, value, err, wantValue, wantErr)
	}
	wantList, wantErr := engine.DecodeList(getThing, api.Settings{}, reflection, inMemory(200, nil, body), nil)
	list, listErr := engine.DecodeList(getThing, api.Settings{}, generated, inMemory(200, nil, body), nil)
	if text(listErr) != text(wantErr) || !reflect.DeepEqual(list, wantList) {
		t.Errorf("%s: got the list %.100v, %v, want as by reflection %.100v, %v", short, list, listErr, wantList, wantErr)
	}
	for _, part := range append(parts, len(body)+1) {
		items, err := collect(engine.Items(t.Context(), getThing, api.Settings{}, generated, func(context.Context) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(&inParts{strings.NewReader(body), part}), ContentLength: -1}, nil
		}))
		if text(err) != text(wantErr) || wantErr == nil && len(items)+len(wantList) > 0 && !reflect.DeepEqual(items, wantList) {
			t.Errorf("%s, in parts of %d bytes: got %.100v, %v, want as by reflection %.100v, %v", short, part, items, err, wantList, wantErr)
		}
	}
	return value, list, errors.Join(err, listErr)
}

type inParts struct {
	io.Reader
	size int
}

func (r *inParts) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(len(p), r.size)]) }

// TestDepth checks that JSON is decoded or refused as by reflection, however deep it is.
func TestDepth(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	for _, depth := range []int{999, 1000, 1001, 9999, 10_000, 10_001} {
		for open, end := range map[string]string{
			`{"child":`: `}`, `{"nodes":[`: `]}`, `{"unknown":[`: `]}`,
		} {
			n := depth / max(1, strings.Count(open, "{")+strings.Count(open, "["))
			body := strings.Repeat(open, n) + `{"id":"1"}` + strings.Repeat(end, n)
			decodeBoth(t, body, scanNode)
			decodeBoth(t, "["+body+"]", scanNode, 999)
		}
	}
}

// anything has a field of each kind that has a separate function.
type anything struct {
	Text   string          `json:"text"`
	Bool   bool            `json:"bool"`
	Int    int64           `json:"int"`
	Float  float64         `json:"float"`
	Time   time.Time       `json:"time"`
	Object api.Object      `json:"object"`
	Value  any             `json:"value"`
	Node   node            `json:"node"`
	Times  []time.Time     `json:"times"`
	Item   *anything       `json:"item"`
	Union  map[string]*int `json:"union"` // by reflection
}

func scanAnything(s *engine.Scanner, v *anything) {
	for more := s.Object(v); more; more = s.Next() {
		switch string(s.Name()) {
		case "text":
			engine.ScanString(s, &v.Text)
		case "bool":
			engine.ScanBool(s, &v.Bool)
		case "int":
			engine.ScanInt(s, &v.Int)
		case "float":
			engine.ScanFloat(s, &v.Float)
		case "time":
			engine.ScanTime(s, &v.Time)
		case "object":
			engine.ScanObject(s, &v.Object)
		case "value":
			engine.ScanValue(s, &v.Value)
		case "node":
			scanNode(s, &v.Node)
		case "times":
			engine.ScanSlice(s, &v.Times, engine.ScanTime)
		case "item":
			engine.ScanPointer(s, &v.Item, scanAnything)
		case "union":
			engine.ScanAny(s, &v.Union)
		default:
			s.Skip()
		}
	}
}

// TestValues checks values that fit and that do not fit, for each kind of field.
func TestValues(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	for _, field := range []string{"text", "bool", "int", "float", "time", "object", "value", "node", "times", "item", "union", "unknown"} {
		for _, value := range []string{
			`null`, `true`, `false`, `0`, `-0`, `7`, `1.5`, `1e3`, `1.50e1`, `-1E+2`, `1e-2`, `9223372036854775807`, `9223372036854775808`, `-9223372036854775809`, `1e999`, `-1e999`, `1e99999999999`, `5e-324`, `00`, `1e`, `-`, `tru`,
			`""`, `"x"`, `"7"`, `" "`, "\"\xff\"", `"\ud800"`, `"\ud800\u0041"`, `"\x"`, `"\u00"`, "\"\n\"", `"` + strings.Repeat("x", 600) + `"`, `"a\u0000b"`,
			`"2024-02-29T23:59:59Z"`, `"2024-02-29T23:59:59.123456789+14:00"`, `"2024-02-29T23:59:59"`, `"2024-02-30T00:00:00Z"`, `"2024\u002d02-29T23:59:59Z"`, `"2024-02-29t23:59:59z"`, `"2024-02-29T24:00:00Z"`, `"2024-02-29"`,
			`{}`, `[]`, `{"a":1}`, `{"a":null,"a":2}`, `{"a":{"b":[1e999]}}`, `{"a":1.0}`, `{"a":"x"}`, `{"id":"1","id":2}`, `{"id":"1","nodes":[{"id":7}]}`, `{"int":1,"item":{"int":"x"}}`, `{"\u0069d":"1"}`, "{\"\xff\":1}", `{"a/b~":{"id":[]}}`,
			`[null]`, `[1]`, `["2024-02-29T23:59:59Z",null,"x"]`, `[{"a":1},`, `{"a":1`, `[[[[]]]]`, `{"union":{"a":"x"}}`, `{"node":{"child":{"nodes":[{},{"child":true}]}}}`,
		} {
			for _, text := range []string{
				`{"` + field + `":` + value + `}`, `{"x":[{"y":1}],"` + field + `":` + value + `,"text":"a"}`, `[{},{"` + field + `": ` + value + ` , "int":"x"}]`,
				`{"` + field + `":{"id":"1","a":1},"` + field + `":` + value + `}`, `{"item":{"item":{"` + field + `":` + value + `}}}`, `{"` + field + `":` + value + `}}`,
			} {
				decodeBoth(t, text, scanAnything, 1, 7)
			}
		}
	}
}

// TestSyntax checks texts that are almost JSON.
func TestSyntax(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	for _, item := range []string{
		`{"id":"1"}`, `{}`, `{ }`, `{,}`, `{"id"}`, `{"id":}`, `{"id":"1",}`, `{"id" "1"}`, `{"id":"1" "x":2}`, `{"id":"1"};`, `{"id":"1"`, `{"id":"1"}}`, `{"id":"1"]`, `{]`,
		`{"x":[1,]}`, `{"x":[,1]}`, `{"x":[1 2]}`, `{"x":{"a":1}`, `{"x":{a:1}}`, `{"x":01}`, `{"x":1.}`, `{"x":.5}`, `{"x":-}`, `{"x":+1}`, `{"x":1e}`, `{"x":1e+5}`, `{"x":0x1}`,
		`{"x":tru}`, `{"x":true1}`, `{"x":nullx}`, `{"x":NaN}`, `{"x":"\x"}`, `{"x":"\u12"}`, `{"x":"` + "\n" + `"}`, `{"x":"` + "\x7f\u2028" + `"}`, `{"x":"` + "\xc3" + `"}`, "{\"\xff\":1}",
		`{"id":"\ud83d"}`, `{"id":"\ud83d\ude00"}`, `{"id":"\ude00\ud83d"}`, `{"\u0069d":"1"}`, "{\"id\":\"1\"\x00}", "\x00{}", "{\x01}", "\u00a0{}", "\f{}", `{"id":"1"}/**/`, `'id'`, `{"id":'1'}`,
		`{"child":null,"nodes":null}`, `{"child":nul}`, `{"nodes":[null]}`, `{"nodes":[{},{"id":"1"},]}`, `{"nodes":{}}`, `{"nodes":[]}`, `{"nodes":[ ]}`, `{"child":[]}`, `{"id":{}}`, `{"id":7}`,
		`{"id":"1","id":"2"}`, `{"child":{"id":"1"},"child":{"nodes":[]}}`, `{"nodes":[{"id":"1"}],"nodes":[{}]}`, `null`, `nul`, `nullx`, `true`, `7`, `"x"`, `""`, `[]`, `[{}]`, ``, ` `, `,`, `]`,
	} {
		for _, body := range []string{
			item, " " + item + "\r\n\t ", "[" + item + "]", " [ " + item + " , " + item + " ] ", "[" + item, "[" + item + ",", "[" + item + ",]", "[" + item + ", ]", "[" + item + "],", "[" + item + "][",
			"[{}" + item + "]", "[{}.5," + item + "]", "[{}0]", "[{}e1]", "[{}" + "\n" + ",\n" + item + "\n" + "]x", "[{}],", "[" + item + "]]", "\uFEFF[" + item + "]", "[\uFEFF" + item + "]",
		} {
			decodeBoth(t, body, scanNode, 1, 3)
		}
	}
}

// TestScannedLists checks lists whose items are not objects, which may end with a part of the
// response or go on in the next one.
func TestScannedLists(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`[1,23,-456,0,-0]`, `[1, 2 ,3]`, `[12`, `[12,`, `[1 2]`, `[-]`, `[01]`, `[1.0,2e2,1.5]`, `[9223372036854775807,-9223372036854775808]`, `[9223372036854775808]`, `[1e400]`,
		`[` + strings.Repeat("1", 2000) + `]`, `[0.` + strings.Repeat("0", 2000) + `]`, `[]`, `[null]`, `[true]`, `["1"]`,
		`[123456789012345678,1234567890123456789,12345678901234567890]`, `[999999999999999999,-999999999999999999, 000]`,
	} {
		decodeBoth(t, body, engine.ScanInt[int64], 1, 2, 3, 5)
		decodeBoth(t, body, engine.ScanInt[int], 1, 2, 3, 5)
	}
	for _, body := range []string{`[true,false,true]`, `[tru`, `[true`, `[truefalse]`, `[null]`, `[falsey]`, `[1]`} {
		decodeBoth(t, body, engine.ScanBool[bool], 1, 2, 3, 5)
	}
	for _, body := range []string{`["a","","\u00fc\n","ü"]`, `["a`, `["a\`, `["a\"`, `["a"`, `["` + "\xff" + `"]`, `["\ud800"]`, `[null]`, `["` + strings.Repeat("x", 100_000) + `","y"]`} {
		decodeBoth(t, body, engine.ScanString[string], 1, 2, 3, 5)
	}
	for _, body := range []string{`[null,"a",7,{"a":1.5},[true]]`, `[1.5`, `[1.5,2`, `[nul]`, `[{"a":[}]`, `["\ud800"]`, "[\"\xff\"]"} {
		decodeBoth(t, body, engine.ScanAny[*any], 1, 2, 3, 5)
	}
}

// TestItemsWithoutDelay checks that an item is yielded as soon as it has been received, without
// the comma that follows.
func TestItemsWithoutDelay(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	defer reader.Close()
	yielded := make(chan string)
	go func() {
		for _, part := range []string{`[{"id":"1"}`, `,{"i`, `d":"2"}`, `, `, `{"id":"3"}`, `]`} {
			_, _ = io.WriteString(writer, part)
			if strings.HasSuffix(part, "}") {
				<-yielded // an item; until then, nothing more is sent
			}
		}
		_ = writer.Close()
	}()
	var got []string
	for item, err := range engine.Items(t.Context(), listThings, api.Settings{}, engine.Schema[node]{Scan: scanNode}, func(context.Context) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: reader, ContentLength: -1}, nil
	}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, item.ID)
		yielded <- item.ID
	}
	if want := []string{"1", "2", "3"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSlowItems checks that an item that is received in many parts is not scanned again for
// each of them.
func TestSlowItems(t *testing.T) {
	t.Parallel()
	scans := 0
	count := func(s *engine.Scanner, v *node) { scans++; scanNode(s, v) }
	for _, item := range []string{`{"x":"` + strings.Repeat(`\\\"`, 20_000) + `","id":"1"}`, `{"x":[` + strings.Repeat(`{"]":"}"},`, 10_000) + `0],"id":"1"}`} {
		scans = 0
		body := "[" + strings.Repeat(" ", 50_000) + item + strings.Repeat(" ", 50_000) + "," + item + "]"
		if _, list, err := decodeBoth(t, body, count, 1); len(list) != 2 || list[1].ID != "1" {
			t.Errorf("%.20s: got %d items, %v, want 2", item, len(list), err)
		}
		if scans > 20 { // the value, the list, and two streams of two items
			t.Errorf("%.20s: got %d scans, want at most 20", item, scans)
		}
	}
}

// TestSharedMemory checks how much memory a string keeps: that of the strings next to it, up
// to 512 bytes, and not that of the response.
func TestSharedMemory(t *testing.T) {
	const items, size, keep = 20_000, 250, 100
	var body bytes.Buffer
	for i := range items {
		fmt.Fprintf(&body, `,{"id":"id-%d","x":"%s","child":{"id":"%0*d"}}`, i, strings.Repeat("x", 1000), size, i)
	}
	text := "[" + body.String()[1:] + "]"
	kept := make([]string, 0, items/keep)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // the pool of buffers
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	func() {
		list, err := engine.DecodeList(listThings, api.Settings{}, engine.Schema[node]{Scan: scanNode}, inMemory(200, nil, text), nil)
		if err != nil || len(list) != items {
			t.Fatalf("got %d items, %v, want %d", len(list), err, items)
		}
		for i, n := range list {
			if want := fmt.Sprint("id-", i); n.ID != want {
				t.Fatalf("item %d: got the id %q, want %q", i, n.ID, want)
			}
			if i%keep == 0 {
				kept = append(kept, n.ID)
			}
		}
	}()
	grown := int(int64(heap())-int64(before)) / len(kept)
	runtime.KeepAlive(kept)
	runtime.KeepAlive(text)
	t.Logf("got %d bytes kept for a short string", grown)
	if grown > 600 { // and a little of the test itself
		t.Errorf("got %d bytes kept for a short string, want at most 512", grown)
	}
}
