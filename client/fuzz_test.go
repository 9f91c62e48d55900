package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// models are all that can be in an answer or a request, each with what decodes it.
var models = map[string]func(t *testing.T, body []byte, accept, comparable bool){
	"BoundCard": decodes[tapkey.BoundCard], "BoundCardUpdate": decodes[tapkey.BoundCardUpdate], "BoundLock": decodes[tapkey.BoundLock],
	"Contact": decodes[tapkey.Contact], "ContactCreate": decodes[tapkey.ContactCreate], "ContactUpdate": decodes[tapkey.ContactUpdate],
	"Grant": decodes[tapkey.Grant], "GrantContact": decodes[tapkey.GrantContact], "GrantCreate": decodes[tapkey.GrantCreate], "GrantOwner": decodes[tapkey.GrantOwner],
	"IdentityProviderUser": decodes[tapkey.IdentityProviderUser], "IdentityProviderUserCreate": decodes[tapkey.IdentityProviderUserCreate],
	"LockBinding": decodes[tapkey.LockBinding], "LockGroup": decodes[tapkey.LockGroup], "LockHealthStatus": decodes[tapkey.LockHealthStatus],
	"LockType": decodes[tapkey.LockType], "LogEntry": decodes[tapkey.LogEntry], "MembershipStateCount": decodes[tapkey.MembershipStateCount],
	"MembershipStatistics": decodes[tapkey.MembershipStatistics], "OwnerAccount": decodes[tapkey.OwnerAccount],
	"OwnerAccountCreate": decodes[tapkey.OwnerAccountCreate], "OwnerAccountUpdate": decodes[tapkey.OwnerAccountUpdate],
	"Permission": decodes[tapkey.Permission], "PermissionCreate": decodes[tapkey.PermissionCreate],
	"RevocationResult": decodes[tapkey.RevocationResult], "SupportedFeatures": decodes[tapkey.SupportedFeatures],
}

func TestEveryModelIsInTheTable(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../gen/tapkey/tapkey.gen.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, decl := range file.Decls {
		types, ok := decl.(*ast.GenDecl)
		if !ok || types.Tok != token.TYPE {
			continue
		}
		for _, spec := range types.Specs {
			spec := spec.(*ast.TypeSpec)
			switch kind := spec.Type.(type) {
			case *ast.StructType: // parameters go into the query, and other structs have no tags
				if len(kind.Fields.List) == 0 || kind.Fields.List[0].Tag == nil || strings.HasSuffix(spec.Name.Name, "Params") {
					continue
				}
			case *ast.SelectorExpr:
				if kind.Sel.Name != "Object" {
					continue
				}
			default:
				continue
			}
			found++
			if models[spec.Name.Name] == nil {
				t.Errorf("%s is not in the table", spec.Name)
			}
		}
	}
	if found != len(models) {
		t.Errorf("%d models, %d in the table", found, len(models))
	}
}

var anyOperation = &api.Operation{ID: "any", Method: http.MethodGet, Path: "/"}

// decodes reads a body as one value and as a list, by all ways there are. What
// encoding/json accepts is accepted; and where there is no doubt about what it says, it
// says the same.
func decodes[T any](t *testing.T, body []byte, accept, comparable bool) {
	t.Helper()
	answer := func() *http.Response { return response(nil, http.StatusOK, string(body)) }
	one, oneErr := api.Decode[T](anyOperation, api.Settings{}, answer(), nil)
	list, listErr := api.DecodeList[T](anyOperation, api.Settings{}, answer(), nil)
	streamed, streamErr := []T{}, error(nil)
	for item, err := range api.Items[T](context.Background(), anyOperation, api.Settings{}, func(context.Context) (*http.Response, error) {
		return answer(), nil
	}) {
		if streamErr = err; err == nil {
			streamed = append(streamed, item)
		}
	}
	for _, err := range []error{oneErr, listErr, streamErr} {
		if err != nil && (!errors.Is(err, api.ErrUnexpected) || strings.ContainsAny(err.Error(), "\r\n")) {
			t.Errorf("%T: %v", one, err)
		}
	}
	if (listErr == nil) != (streamErr == nil) || listErr == nil && !reflect.DeepEqual(list, streamed) {
		t.Errorf("%T: as a list %v, %v; streamed %v, %v", one, list, listErr, streamed, streamErr)
	}
	if !accept {
		return
	}
	var want T
	if json.Unmarshal(body, &want) == nil && (oneErr != nil || comparable && !reflect.DeepEqual(one, want)) {
		t.Errorf("%T: %+v, %v; encoding/json says %+v", one, one, oneErr, want)
	}
	var wantList []*T
	if json.Unmarshal(body, &wantList) != nil {
		return
	}
	for i, item := range wantList {
		if item == nil { // null is no item
			if listErr == nil {
				t.Errorf("%T: null in a list is accepted", one)
			}
			return
		}
		if listErr == nil && comparable && !reflect.DeepEqual(list[i], *item) {
			t.Errorf("%T: %+v, encoding/json says %+v", one, list[i], *item)
		}
	}
	if listErr != nil || len(list) != len(wantList) {
		t.Errorf("%T: %d items, %v, encoding/json says %d", one, len(list), listErr, len(wantList))
	}
}

// exactNames says whether each name that would match one of ours without regard to
// case, as names do in encoding/json, is exactly that.
func exactNames(value jsontext.Value) bool {
	dec := jsontext.NewDecoder(strings.NewReader(string(value)), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		tok, err := dec.ReadToken()
		if err != nil {
			return true
		}
		kind, length := dec.StackIndex(dec.StackDepth())
		if kind != '{' || length%2 == 0 || tok.Kind() != '"' {
			continue // no name
		}
		for _, name := range memberNames {
			if strings.EqualFold(name, tok.String()) && name != tok.String() {
				return false
			}
		}
	}
}

// memberNames are those of all models, which are the tags of the generated code.
var memberNames = func() (names []string) {
	source, err := os.ReadFile("../gen/tapkey/tapkey.gen.go")
	if err != nil {
		panic(err)
	}
	for _, match := range regexp.MustCompile("`json:\"(\\w+)").FindAllStringSubmatch(string(source), -1) {
		names = append(names, match[1])
	}
	return names
}()

func FuzzModels(f *testing.F) {
	for _, body := range []string{
		`{"id":"1","name":"Home","active":true}`, `[{"id":"1"},{"id":"2"}]`, `[]`, `{}`, `null`, `[null]`, `{"id":null}`, `{"id":"1","id":"2"}`, `{"ID":"1"}`,
		`{"id":"a` + "\xff" + `b"}`, `{"id":"\ud800"}`, `{"active":1}`, `{"rclSerialNo":-0}`, `{"rclSerialNo":1.0}`, `{"rclSerialNo":9223372036854775808}`,
		`{"validFrom":"2024-01-02T03:04:05Z","validBefore":null}`, `{"validFrom":"2024-01-02T03:04:05"}`, `{"validFrom":"2024-01-02T03:04:05,5Z"}`,
		`{"bindDate":"2024-02-30T00:00:00Z"}`, `{"lockType":{"name":"x"},"membershipStatistics":{"states":[{"state":"Joined","count":3}]}}`,
		`{"contact":{"ipId":"tapkey"},"unknown":{"a":[1,{"b":1e400}]}}`, ` {"id":"1"} x`, `[{"id":"1"}`, "\uFEFF{}", `"text"`, `17`, ``,
		`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		value := jsontext.Value(body)
		accept := value.Kind() != 'n' && exactNames(value) // null is no answer, and names match exactly
		comparable := value.IsValid()                      // no name twice, no invalid UTF-8
		for _, decode := range models {
			decode(t, body, accept, comparable)
		}
	})
}

var sentBearer = regexp.MustCompile(`^Bearer [0-9A-Za-z._~+/-]+=*$`)

// FuzzTokenAnswer: whatever a token endpoint answers, a call ends in a value or an error
// that shows no secret, and nothing but a token is sent.
func FuzzTokenAnswer(f *testing.F) {
	for _, body := range []string{
		tokenBody, `{"access_token":"SECRET"}`, `{"access_token":"a b","expires_in":"x"}`, `{"access_token":"t","token_type":"mac"}`, `{"access_token":7}`,
		`{"access_token":"t","expires_in":1e400}`, `{"access_token":"t","expires_in":-99999999999}`, `{"error":"invalid_client","error_description":"SECRET is wrong"}`,
		`{"error":"SECRET"}`, `{"error":{"code":"SECRET"}}`, `{"error":"a\u0000\u202e"}`, `SECRET`, `{"SECRET`, `<html>SECRET`, `[]`, `null`, ``, `access_token=SECRET`,
	} {
		for _, status := range []int{200, 201, 302, 400, 401, 500} {
			f.Add(status, "application/json", "https://h/SECRET", body)
		}
		f.Add(200, "application/x-www-form-urlencoded", "", body)
	}
	f.Fuzz(func(t *testing.T, status int, contentType, location, body string) {
		if status < 200 || status > 599 {
			t.Skip()
		}
		const secret = "the-s3cret"
		told := strings.NewReplacer("SECRET", secret)
		calls := 0
		c := tokenEndpointAndAPI(t, func(req *http.Request) (*http.Response, error) {
			rsp := response(req, status, told.Replace(body))
			rsp.Header = http.Header{"Content-Type": {contentType}, "Location": {told.Replace(location)}}
			return rsp, nil
		}, func(req *http.Request) (*http.Response, error) {
			calls++
			if header := req.Header["Authorization"]; len(header) != 1 || !sentBearer.MatchString(header[0]) {
				t.Errorf("Authorization is %q", header)
			}
			return response(req, http.StatusOK, `[]`), nil
		})
		_, err := c.ListOwners(t.Context())
		if (err == nil) != (calls == 1) {
			t.Errorf("%d calls, %v", calls, err)
		}
		if err == nil {
			return
		}
		if _, ok := errors.AsType[*api.Error](err); !ok {
			t.Errorf("%v is no *api.Error", err)
		}
		if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, secret) || strings.ContainsAny(text, "\r\n\x1b") {
			t.Errorf("it says %q", text)
		}
	})
}

// tokenEndpointAndAPI is a client whose two servers answer by functions.
func tokenEndpointAndAPI(t *testing.T, login, calls roundTrip) *client.Client {
	t.Helper()
	c, err := client.New(client.WithCredentials("the-id", "the-s3cret"), client.WithRetries(0),
		client.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/connect/token") {
				return login(req)
			}
			return calls(req)
		})}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// FuzzPathValues: a request has the segments of its template, and each value arrives as
// it was given; or it is not sent.
func FuzzPathValues(f *testing.F) {
	for _, value := range []string{
		"1", "", ".", "..", "...", "a/b", "a/../../b", `a\..\b`, "%2e%2e", "%2f", "?a=b", "#a", ";a=b", "a b", "+", "ä€😀", "\x00", "\xff", "//", "http://h", "{id}", "\r\nX: y",
	} {
		f.Add(value, "2", "3")
		f.Add("1", value, "3")
		f.Add("1", "2", value)
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		var sent *http.Request
		calls := inMemory(t, func(req *http.Request) (*http.Response, error) {
			sent = req
			return response(req, http.StatusOK, `{"id":"1"}`), nil
		})
		check := func(err error, template string, values ...string) {
			t.Helper()
			if sent == nil {
				refused, ok := errors.AsType[*api.PathValueError](err)
				if !ok || strings.Trim(refused.Value, ".") != "" || len(refused.Value) > 2 {
					t.Errorf("%q are refused: %v", values, err)
				}
				return
			}
			got, err := url.ParseRequestURI(sent.URL.RequestURI()) // as it goes over the wire
			if err != nil {
				t.Fatal(err)
			}
			segments, want := strings.Split(got.EscapedPath(), "/"), strings.Split("/api/v1"+template, "/")
			if len(segments) != len(want) || got.RawQuery != "" || sent.URL.Host != "my.tapkey.com" {
				t.Fatalf("%q go to %s", values, sent.URL)
			}
			for i, segment := range segments {
				if want[i] == "*" {
					want[i], values = values[0], values[1:]
				}
				if plain, err := url.PathUnescape(segment); err != nil || plain != want[i] || segment == "." || segment == ".." {
					t.Errorf("segment %q of %s, want %q", segment, sent.URL, want[i])
				}
			}
			sent = nil
		}
		_, err := calls.GetContact(t.Context(), a, b)
		check(err, "/Owners/*/Contacts/*", a, b)
		_, err = calls.RevokeGrant(t.Context(), a, b, nil)
		check(err, "/Owners/*/Grants/*/Revoke", a, b)
		_, err = calls.GetIdentityProviderUser(t.Context(), a, b, c)
		check(err, "/Owners/*/IdentityProviders/*/Users/*", a, b, c)
	})
}

// FuzzBaseURL: what is called is below the base URL, at its origin and nowhere else.
func FuzzBaseURL(f *testing.F) {
	for _, base := range []string{
		"https://my.tapkey.com/api/v1", "https://h", "https://h/", "https://h//", "https://h/a%2Fb", "https://h/a/../b", "https://h/./", "https://h/a b", "https://h/%2e%2e",
		"http://[::1]:8080/x", "HTTPS://H/X", "https://h/a;b=c", "https://h/a?b", "https://u@h", "h", "", "https://h/a:b", "https://h:0443/", "https://h:", "https://h/ %2F",
	} {
		f.Add(base)
	}
	f.Fuzz(func(t *testing.T, base string) {
		var sent *http.Request
		calls, err := tapkey.NewAPI(base, tapkey.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			sent = req
			return response(req, http.StatusOK, `{"id":"1"}`), nil
		})}))
		if err != nil {
			t.Skip()
		}
		if _, err := calls.GetOwner(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		want, err := api.ParseBaseURL(base)
		if err != nil {
			t.Fatal(err)
		}
		if sent.URL.Scheme != want.Scheme || sent.URL.Host != strings.TrimSuffix(want.Host, ":") || sent.URL.User != nil || sent.URL.RawQuery != "" || sent.URL.Fragment != "" {
			t.Errorf("%q: sent to %s", base, sent.URL)
		}
		if want.RawPath != "" && want.RawPath != want.EscapedPath() {
			return // no valid encoding, which net/url guesses at
		}
		path := strings.TrimSuffix(want.EscapedPath(), "/") + "/Owners/1"
		if got := sent.URL.EscapedPath(); got != path && (!strings.Contains(path, "/.") || !strings.HasSuffix(got, "/Owners/1")) {
			t.Errorf("%q: sent to the path %s, want %s", base, got, path)
		}
	})
}
