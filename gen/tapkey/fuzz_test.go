package tapkey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// models are the functions that decode the models of responses.
var models = map[string]decoded{
	"BoundCard": decodes(scanBoundCard, id), "BoundLock": decodes(scanBoundLock, id), "Contact": decodes(scanContact, id), "Grant": decodes(scanGrant, id), "GrantOwner": decodes(scanGrantOwner),
	"IdentityProviderUser": decodes(scanIdentityProviderUser, id), "LockGroup": decodes(scanLockGroup, id), "LockHealthStatus": decodes(scanLockHealthStatus),
	"LockType": decodes(scanLockType), "LogEntry": decodes(scanLogEntry, id), "MembershipStateCount": decodes(scanMembershipStateCount),
	"MembershipStatistics": decodes(scanMembershipStatistics), "OwnerAccount": decodes(scanOwnerAccount, id), "Permission": decodes(scanPermission, id),
	"RevocationResult": decodes(scanRevocationResult), "SupportedFeatures": decodes(scanSupportedFeatures),
}

// TestEveryModelIsInTheTable also checks that no decoder is generated for a model that is only
// sent.
func TestEveryModelIsInTheTable(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "models.gen.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	structs, found := map[string]bool{}, 0
	for _, decl := range file.Decls {
		if types, ok := decl.(*ast.GenDecl); ok && types.Tok == token.TYPE {
			for _, spec := range types.Specs {
				spec := spec.(*ast.TypeSpec)
				switch kind := spec.Type.(type) {
				case *ast.StructType:
					structs[spec.Name.Name] = true
				case *ast.SelectorExpr:
					structs[spec.Name.Name] = kind.Sel.Name == "Object"
				}
			}
		}
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name, ok := strings.CutPrefix(f.Name.Name, "scan")
		if !ok || !structs[name] {
			continue
		}
		found++
		if models[name] == nil {
			t.Errorf("%s: got no entry in models, want one", name)
		}
		if strings.HasSuffix(name, "Create") || strings.HasSuffix(name, "Update") || strings.HasSuffix(name, "Params") {
			t.Errorf("%s: got a decoder, want none for a type that is only sent", name)
		}
	}
	if found == 0 || found != len(models) {
		t.Errorf("got %d models and %d entries in models, want as many", found, len(models))
	}
}

// decoded decodes a body in several ways and compares the results. If accept is true, a
// body that encoding/json accepts must be accepted. If comparable is true, the values must
// equal those of encoding/json.
type decoded func(t *testing.T, body []byte, accept, comparable bool)

var anyOperation = &api.Operation{ID: "any", Method: http.MethodGet, Path: "/"}

// decodes returns a function that decodes a body as a value and as a list, by scan and by
// reflection, and checks that the results are equal.
func decodes[T any](scan engine.Scan[T], required ...engine.Required) decoded {
	return func(t *testing.T, body []byte, accept, comparable bool) {
		t.Helper()
		same(t, readAll(body, engine.Schema[T]{Scan: scan, Required: required}), readAll(body, engine.Schema[T]{Reflect: engine.Reflect[T], Required: required}))
		scanned := readAll(body, engine.Schema[T]{Scan: scan, Single: true})
		same(t, scanned, readAll(body, engine.Schema[T]{Reflect: engine.Reflect[T], Single: true}))
		for _, message := range []string{scanned.oneErr, scanned.listErr, scanned.streamErr} {
			if strings.ContainsAny(message, "\r\n") {
				t.Errorf("%T: got error text %q, want one line that is ErrUnexpected", scanned.one, message)
			}
		}
		if scanned.listErr != scanned.streamErr || scanned.listErr == "" && !reflect.DeepEqual(scanned.list, scanned.streamed) {
			t.Errorf("%T: got the list %v, %v, want as streamed %v, %v", scanned.one, scanned.list, scanned.listErr, scanned.streamed, scanned.streamErr)
		}
		if accept {
			agreesWithEncodingJSON(t, body, scanned, comparable)
		}
	}
}

// id is required in the values that an operation promises.
var id = engine.Required{Name: "id"}

// same checks that scan and reflection have the same results.
func same[T any](t *testing.T, scanned, reflected results[T]) {
	t.Helper()
	if !reflect.DeepEqual(scanned, reflected) {
		t.Errorf("got by scan       %#v\nwant by reflection %#v", scanned, reflected)
	}
}

// results are the results of decoding a body in several ways.
type results[T any] struct {
	one                        T
	list, streamed             []T
	oneErr, listErr, streamErr string
}

func readAll[T any](body []byte, schema engine.Schema[T]) (r results[T]) {
	response := func() *http.Response {
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		}
	}
	text := func(err error) string {
		if err == nil {
			return ""
		}
		if !errors.Is(err, api.ErrUnexpected) {
			return "not ErrUnexpected:\n" + err.Error() // two lines, which the caller reports
		}
		return err.Error()
	}
	var err error
	r.one, err = engine.Decode(anyOperation, api.Settings{}, schema, response(), nil)
	r.oneErr = text(err)
	r.list, err = engine.DecodeList(anyOperation, api.Settings{}, schema, response(), nil)
	r.listErr = text(err)
	r.streamed = []T{}
	for item, err := range engine.Items(context.Background(), anyOperation, api.Settings{}, schema, func(context.Context) (*http.Response, error) {
		return response(), nil
	}) {
		if r.streamErr = text(err); err == nil {
			r.streamed = append(r.streamed, item)
		}
	}
	return r
}

func agreesWithEncodingJSON[T any](t *testing.T, body []byte, got results[T], comparable bool) {
	t.Helper()
	var want T
	if json.Unmarshal(body, &want) == nil && (got.oneErr != "" || comparable && !reflect.DeepEqual(got.one, want)) {
		t.Errorf("%T: got %+v, %v, want as encoding/json %+v", got.one, got.one, got.oneErr, want)
	}
	var wantList []*T
	if json.Unmarshal(body, &wantList) != nil {
		return
	}
	for i, item := range wantList {
		if item == nil { // null is not an item
			if got.listErr == "" {
				t.Errorf("%T: null in a list: got no error, want one", got.one)
			}
			return
		}
		if got.listErr == "" && comparable && !reflect.DeepEqual(got.list[i], *item) {
			t.Errorf("%T: item %d: got %+v, want as encoding/json %+v", got.one, i, got.list[i], *item)
		}
	}
	if got.listErr != "" || len(got.list) != len(wantList) {
		t.Errorf("%T: got %d items, %v, want as encoding/json %d items", got.one, len(got.list), got.listErr, len(wantList))
	}
}

// exactNames reports whether each name that matches a field of the models in any case, as
// in encoding/json, matches it exactly.
func exactNames(value jsontext.Value) bool {
	dec := jsontext.NewDecoder(strings.NewReader(string(value)), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		tok, err := dec.ReadToken()
		if err != nil {
			return true
		}
		kind, length := dec.StackIndex(dec.StackDepth())
		if kind != '{' || length%2 == 0 || tok.Kind() != '"' {
			continue // not a name
		}
		for _, name := range fieldNames {
			if strings.EqualFold(name, tok.String()) && name != tok.String() {
				return false
			}
		}
	}
}

// fieldNames are the JSON names of all fields, from the tags of the generated code.
var fieldNames = func() (names []string) {
	source, err := os.ReadFile("models.gen.go")
	if err != nil {
		panic(err)
	}
	for _, match := range regexp.MustCompile("`json:\"(\\w+)").FindAllStringSubmatch(string(source), -1) {
		names = append(names, match[1])
	}
	return names
}()

// FuzzModels checks that the generated code of each model decodes any body like
// reflection, and like encoding/json if that accepts the body.
func FuzzModels(f *testing.F) {
	for _, body := range []string{
		`{"id":"1","name":"Home","active":true}`, `[{"id":"1"},{"id":"2"}]`, `[]`, `{}`, `null`, `[null]`, `{"id":null}`, `{"id":"1","id":"2"}`, `{"ID":"1"}`,
		`{"id":"a` + "\xff" + `b"}`, `{"id":"\ud800"}`, `{"active":1}`, `{"id":""}`, `[{"id":"1"},{"name":"x"}]`, `[{"id":""},{"id":null}]`, `{"boundLock":{},"id":"1"}`, `{"id":"1","boundLock":{"id":"2"},"contact":{}}`,
		`{"rclSerialNo":1e3}`, `{"entryNo":-1.50e1}`, `{"entryNo":1.5}`, `{"entryNo":9223372036854775808.0}`, `{"value":1.0,"entryNo":12e99999999999}`, "\uFEFF[{\"id\":\"1\"}]", `{"rclSerialNo":-0}`, `{"rclSerialNo":1.0}`, `{"rclSerialNo":9223372036854775808}`,
		`{"validFrom":"2024-01-02T03:04:05Z","validBefore":null}`, `{"validFrom":"2024-01-02T03:04:05"}`, `{"validFrom":"2024-01-02T03:04:05,5Z"}`,
		`{"bindDate":"2024-02-30T00:00:00Z"}`, `{"lockType":{"name":"x"},"membershipStatistics":{"states":[{"state":"Joined","count":3}]}}`,
		`{"contact":{"ipId":"tapkey"},"unknown":{"a":[1,{"b":1e400}]}}`, ` {"id":"1"} x`, `[{"id":"1"}`, "\uFEFF{}", `"text"`, `17`, ``,
		`{"\u0069d":"1"}`, `{"id":"M\u00fcller \ud83d\ude00 \"x\" \/"}`, `{"id":"Müller"}`, `{"contact":{"id":"1"},"contact":{"email":"x"}}`, `{"contact":{"id":"1"},"contact":null}`,
		`{"id":"1","id":null,"active":true,"active":null,"rclSerialNo":7,"rclSerialNo":null}`, `{"validFrom":"2024-01-02T03:04:05+02:00","validFrom":null}`,
		`{"validFrom":17,"contact":[],"healthStatuses":{}}`, `{"healthStatuses":[{"value":{"a":1}},{"value":[1,"]",{}]}],"healthStatuses":[]}`, `{"healthStatuses":[null]}`,
		`{"supportedFeatures":null,"lockType":{"x":[{"y":"}"}]},"rclSerialNo":1e2}`, `{"entryNo":9223372036854775807}`, `{"value":"\ud800"}`,
		`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		value := jsontext.Value(body)
		accept := value.Kind() != 'n' && exactNames(value) // null is an error, and names match exactly
		comparable := value.IsValid()                      // no duplicate names, no invalid UTF-8
		for _, decode := range models {
			decode(t, body, accept, comparable)
		}
	})
}
