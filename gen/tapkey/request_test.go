package tapkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// TestRequestsAsGenerated compares the requests that package engine builds with those of
// oapi-codegen's own functions, for each operation and random arguments.
func TestRequestsAsGenerated(t *testing.T) {
	t.Parallel()
	want := 50_000
	if testing.Short() || slowed {
		want = 3_000
	}
	random := &arguments{rand.New(rand.NewPCG(3, 4))}
	bases := []string{
		"https://h", "https://h/", "https://h//", "https://h/a/../b", "https://h/a/./b/..", "https://h:443/api/v1", "https://h:/x", "http://[::1]:80/a%2Fb/ä",
		"https://h/a+b/", "https://h/a%20b/c;d/(e)", "https://H/%41/./x", "https://h/%2e%2e/x", "https://müller.example/ü", "https://h/a//b/", "HTTPS://h/~!$&'()*+,;=:@",
	}
	compared := 0
	for _, base := range bases {
		a, err := NewAPI(base, WithHTTPClient(sink{}))
		if err != nil {
			t.Fatalf("%s: %v", base, err)
		}
		for range 1 + want/len(bases)/len(Operations()) {
			for _, op := range Operations() {
				name := string(unicode.ToUpper(rune(op.ID[0]))) + op.ID[1:]
				method, generated := reflect.ValueOf(a).MethodByName(name), reflect.ValueOf(a.Raw()).MethodByName(name)
				var in []reflect.Value
				for i := range method.Type().NumIn() - 1 { // without editors
					in = append(in, random.value(method.Type().In(i)))
				}
				got := requestOf(t, method.Call(in))
				same := requestOf(t, generated.Call(in))
				if diff := differs(got, same); diff != "" {
					t.Fatalf("%s on %s\ngot  %s\nwant %s\n%s", name, base, got.URL, same.URL, diff)
				}
				compared++
			}
		}
	}
	t.Logf("compared %d requests", compared)
	if compared < want {
		t.Errorf("compared %d requests, want at least %d", compared, want)
	}
}

// sink is a Doer that returns the request as an error.
type sink struct{}

type sentRequest struct{ req *http.Request }

func (sentRequest) Error() string { return "sent" }

func (sink) Do(req *http.Request) (*http.Response, error) { return nil, sentRequest{req} }

func requestOf(t *testing.T, results []reflect.Value) *http.Request {
	t.Helper()
	err, _ := results[len(results)-1].Interface().(error)
	sent, ok := errors.AsType[sentRequest](err)
	if !ok {
		t.Fatalf("got error %v, want a request", err)
	}
	return sent.req
}

// differs returns how two requests differ, or "".
func differs(got, want *http.Request) string {
	fields := func(r *http.Request) string {
		return fmt.Sprintf("%s %q %q %q %q, host %q, %s %d.%d, %d bytes, GetBody %t, header %q, form %v, encoding %q", r.Method, r.URL.String(), r.URL.Path, r.URL.RawPath,
			r.URL.RequestURI(), r.Host, r.Proto, r.ProtoMajor, r.ProtoMinor, r.ContentLength, r.GetBody != nil, r.Header, r.Form, r.TransferEncoding)
	}
	if g, w := fields(got), fields(want); g != w {
		return fmt.Sprintf("got  %s\nwant %s", g, w)
	}
	if got.GetBody != nil {
		again, err := got.GetBody()
		if err != nil {
			return err.Error()
		}
		text, _ := io.ReadAll(again)
		other, _ := want.GetBody()
		if wanted, _ := io.ReadAll(other); !bytes.Equal(text, wanted) {
			return fmt.Sprintf("got the body %q, want %q", text, wanted)
		}
	}
	var g, w bytes.Buffer
	gErr, wErr := got.Write(&g), want.Write(&w)
	if fmt.Sprint(gErr) != fmt.Sprint(wErr) || g.String() != w.String() {
		return fmt.Sprintf("got  %q, %v\nwant %q, %v", g.String(), gErr, w.String(), wErr)
	}
	return ""
}

// arguments are random arguments of calls.
type arguments struct{ *rand.Rand }

var argumentTexts = []string{
	"a", "7f9c1e52-3b0a", "a b", "a/b", "a/../b", "../..", "%2e", "%2E%2e", "%", "...", ". ", "ä", "\xff", "+", "a+b", "$&+,;=:@?#[]!'()*~_-.", "\x00\x7f", "\"<>\\^`{|}",
	"{ownerAccountId}", ";v=1", "a:b", "//", "/", " ", "日本", "\u2028", "\r\nX: y", strings.Repeat("x", 500), strings.Repeat("ü/", 200),
}

func (r *arguments) text() string {
	text := argumentTexts[r.IntN(len(argumentTexts))]
	for r.IntN(3) == 0 {
		text += argumentTexts[r.IntN(len(argumentTexts))]
	}
	return text
}

func (r *arguments) value(of reflect.Type) reflect.Value {
	v := reflect.New(of).Elem()
	switch {
	case of == reflect.TypeFor[context.Context]():
		return reflect.ValueOf(context.Background())
	case of == reflect.TypeFor[time.Time]():
		return reflect.ValueOf(time.Unix(r.Int64N(2e9), r.Int64N(1e9)).UTC())
	}
	switch of.Kind() {
	case reflect.String:
		v.SetString(r.text())
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(r.Int64N(2000) - 1000)
	case reflect.Pointer:
		if r.IntN(3) > 0 {
			v.Set(reflect.New(of.Elem()))
			v.Elem().Set(r.value(of.Elem()))
		}
	case reflect.Slice:
		if n := r.IntN(4); n > 0 {
			v.Set(reflect.MakeSlice(of, n-1, n-1))
			for i := range n - 1 {
				v.Index(i).Set(r.value(of.Elem()))
			}
		}
	case reflect.Struct:
		for i := range of.NumField() {
			v.Field(i).Set(r.value(of.Field(i).Type))
		}
	}
	return v
}

// TestRequestsAreDirect checks that package engine builds the requests of all operations, so
// that the test above compares two things.
func TestRequestsAreDirect(t *testing.T) {
	t.Parallel()
	a, err := NewAPI("https://h/base", WithHTTPClient(sink{}))
	if err != nil {
		t.Fatal(err)
	}
	a.raw.Server = "https://other" // of which oapi-codegen builds
	owner := "owner"
	for name, call := range map[string]func() error{
		"GetOwner":       func() error { _, err := a.GetOwner(t.Context(), owner); return err },
		"ListBoundLocks": func() error { _, err := a.ListBoundLocks(t.Context(), owner, nil); return err },
		"UpdateContact":  func() error { _, err := a.UpdateContact(t.Context(), owner, "1", ContactUpdate{}); return err },
		"RevokeGrant":    func() error { _, err := a.RevokeGrant(t.Context(), owner, "1", nil); return err },
		"AllLogEntries": func() error {
			for _, err := range a.AllLogEntries(t.Context(), owner, nil) {
				return err
			}
			return nil
		},
	} {
		err := call()
		if sent, ok := errors.AsType[sentRequest](err); !ok || sent.req.URL.Host != "h" {
			t.Errorf("%s: got %v, want a request to the parsed base URL", name, err)
		}
	}
}

// TestBodiesOfEditors checks the body that is sent after a request editor has used it.
func TestBodiesOfEditors(t *testing.T) {
	t.Parallel()
	const whole = `{"title":"a"}`
	for name, test := range map[string]struct {
		edit func(*http.Request)
		want string
	}{
		"unchanged": {func(*http.Request) {}, whole},
		"read": {func(req *http.Request) {
			_, _ = io.CopyN(io.Discard, req.Body, 3)
		}, whole[3:]},
		"read by GetBody": {func(req *http.Request) {
			body, _ := req.GetBody()
			_, _ = io.ReadAll(body)
			_ = body.Close()
		}, whole},
		"closed":               {func(req *http.Request) { _ = req.Body.Close() }, whole},
		"taken from GetBody":   {func(req *http.Request) { req.Body, _ = req.GetBody() }, whole},
		"without GetBody":      {func(req *http.Request) { req.GetBody = nil }, whole},
		"with a wrong length":  {func(req *http.Request) { req.ContentLength = 3 }, whole},
		"removed":              {func(req *http.Request) { req.Body = nil }, ""},
		"replaced":             {func(req *http.Request) { req.Body = io.NopCloser(strings.NewReader("x")) }, "x"},
		"replaced with JSON":   {func(req *http.Request) { req.Body = engine.NewJSON(7) }, "7"},
		"replaced by NoBody":   {func(req *http.Request) { req.Body = http.NoBody }, ""},
		"in another request":   {func(req *http.Request) { *req = *req.Clone(req.Context()) }, whole},
		"replaced completely":  {func(req *http.Request) { *req = *newRequest(req.URL.String(), "y") }, "y"},
		"with GetBody changed": {func(req *http.Request) { req.GetBody = func() (io.ReadCloser, error) { return http.NoBody, nil } }, whole},
	} {
		a, err := NewAPI("https://h/base", WithHTTPClient(sink{}), WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
			test.edit(req)
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.UpdateContact(t.Context(), "1", "2", ContactUpdate{Title: new("a")})
		sent, ok := errors.AsType[sentRequest](err)
		if !ok {
			t.Fatalf("%s: got %v, want a request", name, err)
		}
		req := sent.req
		if test.want == "" {
			if req.Body != nil || req.ContentLength != 0 || req.GetBody != nil {
				t.Errorf("%s: got the body %v of %d bytes, want none", name, req.Body, req.ContentLength)
			}
			continue
		}
		text, _ := io.ReadAll(req.Body)
		if string(text) != test.want || req.ContentLength != int64(len(test.want)) {
			t.Errorf("%s: got %q of %d bytes, want %q", name, text, req.ContentLength, test.want)
		}
		for range 2 {
			again, err := req.GetBody()
			if err != nil {
				t.Fatal(err)
			}
			if text, _ := io.ReadAll(again); string(text) != test.want {
				t.Errorf("%s: got %q again, want %q", name, text, test.want)
			}
		}
	}
}

func newRequest(url, body string) *http.Request {
	req, err := http.NewRequest(http.MethodPatch, url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	return req
}
