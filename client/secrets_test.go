package client_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	htmltemplate "html/template"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// secrets are what no value may show: the client secret and the token of newService, alone,
// in base64, and as the password of Basic.
var secrets = []string{
	"s3cret", "the-token",
	base64.RawStdEncoding.EncodeToString([]byte("the-s3cret")), "LXMzY3JldA", "zM2NyZX", // and with other bytes before it
	base64.RawStdEncoding.EncodeToString([]byte("the-token")),
}

// checkShown reports an error if text contains a secret.
func checkShown(t *testing.T, how, text string) {
	t.Helper()
	for _, secret := range secrets {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("%s: got %q, want no secret in it", how, text[max(0, i-60):min(len(text), i+60)])
			return
		}
	}
}

// echo returns a handler that echoes the credentials and the body of the request in the header
// and in the body of the response.
func echo(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		received := req.Header.Get("Authorization") + " " + string(body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Echo", received)
		w.Header().Set("X-Request-Id", strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "))
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="`+received+`"`)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"echo": received, "error": "invalid_client", "error_description": "received " + received})
	}
}

// printed is a value of an exported type.
type printed struct {
	value any

	// ofCaller means that a secret is in an exported field where the caller has put it. Then
	// %w, and %p of a value, show it: package fmt prints the fields for a verb that it rejects
	// before it looks for a Formatter. So does printing by reflection.
	ofCaller bool
}

// exportedValues returns values of all exported types that can hold a secret, by type.
func exportedValues(t *testing.T) map[string][]printed {
	rejecting := newService(t, echo(http.StatusBadRequest), nil)
	_, tokenErr := rejecting.client(t).ListOwners(t.Context())
	basic := newService(t, echo(http.StatusUnauthorized), nil)
	_, basicErr := basic.client(t, client.WithAuthStyle(oauth2.AuthStyleInHeader)).ListOwners(t.Context())
	failing := newService(t, nil, echo(http.StatusConflict))
	c := failing.client(t)
	_, apiErr := c.CreateGrant(t.Context(), "1", tapkey.GrantCreate{BoundLockID: "l0ck"})
	_, typeErr := newService(t, nil, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/"+strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "))
		_, _ = w.Write([]byte("[]"))
	}).client(t).ListOwners(t.Context())
	_, unauthorized := newService(t, nil, echo(http.StatusUnauthorized)).client(t).ListOwners(t.Context())
	_, netErr := failing.client(t, client.WithTokenURL("http://127.0.0.1:1/token")).ListOwners(t.Context())
	_, configErr := client.New(client.WithCredentials("the-id", "the-s3cret\n"))
	errs := []error{tokenErr, basicErr, apiErr, typeErr, unauthorized, netErr, configErr}
	for i, err := range errs {
		if err == nil {
			t.Fatalf("error %d: got none, want one", i)
		}
	}
	variant, err := c.With(client.WithRetries(0), client.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	static := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "the-token"})
	other, err := client.New(client.WithTokenSource(static), client.WithBaseURL(failing.apiURL))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = other.ListOwners(t.Context())

	// A generated API with its own connections, whose buffers contain the token.
	calls, err := tapkey.NewAPI(failing.apiURL, tapkey.WithRequestEditorFn(client.BearerAuth(static)))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = calls.ListOwners(t.Context())
	plain, err := tapkey.NewClient("https://me:the-s3cret@h/api/v1?key=the-s3cret", tapkey.WithRequestEditorFn(client.BearerAuth(static)))
	if err != nil {
		t.Fatal(err)
	}
	ofCaller := errors.New("https://me:the-s3cret@h/?token=the-token")
	ownAPIErr := &api.Error{
		StatusCode: 400, Message: "the-s3cret", Err: ofCaller,
		Header: http.Header{"Authorization": {"Bearer the-token"}}, Body: []byte("the-s3cret"),
	}
	ownResponse := &api.Response{Header: ownAPIErr.Header, Body: ownAPIErr.Body}
	ownTokenErr := &client.TokenError{StatusCode: 400, Err: ofCaller}
	ownClient := sandbox.Client{ID: "other", Secret: "the-s3cret"}

	app, err := auth.New(auth.Config{ClientID: "the-id", ClientSecret: "the-s3cret", TokenURL: rejecting.loginURL, Scopes: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	refreshed := app.RefreshSource(&oauth2.Token{AccessToken: "the-token", RefreshToken: "the-s3cret"}, nil)
	_, _ = refreshed.Token()
	subject := auth.Subject{Issuer: "i", Key: secretKey{secret: "the-s3cret"}}
	authConfig := auth.Config{ClientID: "the-id", ClientSecret: "the-s3cret"}
	person := sandbox.Person{Name: "a", Password: "the-s3cret"}

	values := map[string][]printed{
		"auth.App":               {{value: app}, {value: *app}, {value: &auth.App{}}},
		"auth.Config":            {{value: authConfig, ofCaller: true}, {value: &authConfig, ofCaller: true}},
		"auth.Source":            {{value: refreshed}, {value: *refreshed}},
		"auth.Subject":           {{value: subject, ofCaller: true}, {value: &subject, ofCaller: true}},
		"client.Client":          {{value: c}, {value: *c}, {value: variant}, {value: *variant}, {value: other}, {value: &client.Client{}}},
		"client.Option":          {{value: client.WithCredentials("the-id", "the-s3cret")}, {value: client.WithTokenSource(static)}, {value: client.FromEnv()}},
		"client.TokenError":      {{value: ownTokenErr, ofCaller: true}, {value: *ownTokenErr, ofCaller: true}},
		"api.Error":              {{value: ownAPIErr, ofCaller: true}, {value: *ownAPIErr, ofCaller: true}},
		"api.Response":           {{value: ownResponse, ofCaller: true}, {value: *ownResponse, ofCaller: true}},
		"tapkey.API":             {{value: c.API}, {value: *c.API}, {value: calls}, {value: *calls}},
		"tapkey.Client":          {{value: c.Raw()}, {value: *c.Raw()}, {value: plain, ofCaller: true}, {value: *plain, ofCaller: true}},
		"tapkey.ClientOption":    {{value: tapkey.WithRequestEditorFn(client.BearerAuth(static))}},
		"tapkey.RequestEditorFn": {{value: client.BearerAuth(static)}},
		"doctor.Diagnosis":       {{value: doctor.Diagnose(t.Context(), rejecting.client(t), doctor.Options{})}},
		"doctor.Finding":         nil,
		"sandbox.Server":         {{value: closedSandbox(t)}},
		"sandbox.Option":         {{value: sandbox.WithClient(ownClient)}},
		"sandbox.Person":         {{value: person, ofCaller: true}, {value: &person, ofCaller: true}},
		"sandbox.Client":         {{value: ownClient, ofCaller: true}, {value: &ownClient, ofCaller: true}},
	}
	for _, err := range errs {
		values["api.Error"] = append(values["api.Error"], printed{value: err})
		if failed, ok := errors.AsType[*api.Error](err); ok {
			values["api.Error"] = append(values["api.Error"], printed{value: *failed})
		}
		if failed, ok := errors.AsType[*client.TokenError](err); ok {
			values["client.TokenError"] = append(values["client.TokenError"], printed{value: failed}, printed{value: *failed})
		}
		for _, finding := range doctor.Explain(err) {
			values["doctor.Finding"] = append(values["doctor.Finding"], printed{value: finding})
		}
	}
	return values
}

// secretKey is a private key that a program passes.
type secretKey struct {
	crypto.Signer
	secret string
}

// closedSandbox returns a sandbox that has received the secret of a client and its token. It is
// closed, so that it can be read without locks.
func closedSandbox(t *testing.T) *sandbox.Server {
	server, err := sandbox.Start(sandbox.WithClient(sandbox.Client{ID: "other", Secret: "the-s3cret", Owns: []string{"Home"}}), sandbox.WithTLS())
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	c, err := client.New(client.WithCredentials("other", "the-s3cret"), client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
		client.WithHTTPClient(trusting(server)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ListOwners(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server
}

// withoutSecrets are the exported types that hold no secret: what they contain is not about
// requests, or not about credentials.
var withoutSecrets = []string{
	"api.Attempt", "api.Object", "api.Operation", "api.PathValueError", "api.Settings",
	"auth.AuthorizeError", "auth.Login",
	"client.Environment", "client.Middleware", "client.TokenInvalidator", "client.TokenLocker", "client.TokenStore",
	"doctor.HeaderOptions", "doctor.ID", "doctor.Options", "doctor.Severity", "doctor.Step",
	"lockid.ID", "odata.Expr", "odata.NullValue", "odata.Value",
	"sandbox.Fault", "sandbox.FaultKind", "sandbox.LogEntry", "sandbox.Owner", "sandbox.Provider", "sandbox.Request", "sandbox.SeedGrant",
	"tapkey.ClientInterface", "tapkey.HttpRequestDoer",
}

// TestEveryExportedTypeIsPrinted checks that the table of values has every exported type of
// the public packages, except for the models, which are data.
func TestEveryExportedTypeIsPrinted(t *testing.T) {
	var want []string
	for _, dir := range []string{"api", "auth", "client", "doctor", "gen/tapkey", "lockid", "odata", "sandbox"} {
		files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(dir), "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: got %d files and error %v", dir, len(files), err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") || filepath.Base(name) == "models.gen.go" {
				continue
			}
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
					want = append(want, file.Name.Name+"."+spec.Name.Name)
				}
				return true
			})
		}
	}
	got := append(slices.Collect(maps.Keys(exportedValues(t))), withoutSecrets...)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got the types %v, want %v: add a new type to exportedValues or withoutSecrets", got, want)
	}
}

// TestExportedTypesShowNoSecret prints and encodes values of all exported types in all ways.
func TestExportedTypesShowNoSecret(t *testing.T) {
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	for name, values := range exportedValues(t) {
		for i, v := range values {
			t.Run(fmt.Sprintf("%s %d", name, i), func(t *testing.T) {
				for how, text := range printings(v) {
					checkShown(t, how, text)
				}
				for how, text := range encodings(v) {
					checkShown(t, how, text)
				}
				if !v.ofCaller {
					checkShown(t, "reflection", dump(v.value))
				}
			})
		}
	}
}

// printings returns v printed with all verbs and flags, alone and in other values.
func printings(v printed) map[string]string {
	texts := map[string]string{"Sprint": fmt.Sprint(v.value), "Errorf": fmt.Errorf("%w", asError(v.value)).Error()}
	isPointer := reflect.TypeOf(v.value).Kind() == reflect.Pointer
	for _, verb := range "vsqxXdobBcUeEfFgGtTpw" {
		if v.ofCaller && (verb == 'w' || verb == 'p' && !isPointer) {
			continue
		}
		for _, flag := range []string{"", "+", "#", " ", "-20", "020", ".3", "# ", "+#"} {
			format := "%" + flag + string(verb)
			texts[format] = fmt.Sprintf(format, v.value)
			if verb != 'w' && verb != 'p' {
				texts[format+" in a struct"] = fmt.Sprintf(format, struct{ V any }{v.value})
				texts[format+" in a slice"] = fmt.Sprintf(format, []any{v.value})
			}
			if !v.ofCaller {
				texts[format+" in an unexported field"] = fmt.Sprintf(format, struct{ v any }{v.value})
			}
		}
	}
	return texts
}

func asError(v any) error {
	if err, ok := v.(error); ok {
		return err
	}
	return fmt.Errorf("%v", v)
}

// encodings returns v as text and JSON of package slog, as JSON, XML and gob, and in templates.
func encodings(v printed) map[string]string {
	var b strings.Builder
	texts := make(map[string]string)
	take := func(how string) {
		texts[how] = b.String()
		b.Reset()
	}
	_ = json.NewEncoder(&b).Encode(v.value)
	take("json")
	_ = json.NewEncoder(&b).Encode(map[string]any{"v": []any{v.value}})
	take("json in a map")
	_ = xml.NewEncoder(&b).Encode(v.value)
	take("xml")
	_ = xml.NewEncoder(&b).Encode(struct{ V any }{v.value})
	take("xml in a struct")
	fields := []string{"auth.Config", "sandbox.Client", "sandbox.Person", "tapkey.Client", "client.TokenError"} // gob encodes all exported fields
	if name := strings.TrimPrefix(fmt.Sprintf("%T", v.value), "*"); !v.ofCaller || !slices.Contains(fields, name) {
		_ = gob.NewEncoder(&b).Encode(v.value)
		take("gob")
	}
	for name, handler := range map[string]slog.Handler{"text": slog.NewTextHandler(&b, nil), "JSON": slog.NewJSONHandler(&b, nil)} {
		slog.New(handler).Info("value", "value", v.value, slog.Group("group", "value", v.value), "list", []any{v.value})
		slog.New(handler).With("value", v.value).Info(fmt.Sprint(v.value))
		take("slog " + name)
	}
	for _, text := range []string{`{{.}}`, `{{printf "%s %v %q %d %x" . . . . .}}`, `{{print .}} {{html .}} {{js .}} {{urlquery .}}`, `{{range $x := .}}{{$x}}{{end}}`} {
		_ = template.Must(template.New("").Parse(text)).Execute(&b, v.value)
		take("text/template " + text)
	}
	for _, text := range []string{`<p title="{{.}}">{{.}}</p>`, `<script>var v = {{.}}</script>`, `<a href="?q={{.}}">`, `{{printf "%d %s" . .}}`} {
		_ = htmltemplate.Must(htmltemplate.New("").Parse(text)).Execute(&b, v.value)
		take("html/template " + text)
	}
	for how, text := range texts { // as a browser or a decoder reads them
		if decoded, err := url.QueryUnescape(text); err == nil {
			texts[how] += " " + decoded
		}
	}
	return texts
}

// dump returns all strings and bytes that can be reached from v by reflection, through
// pointers and unexported fields too, as some debuggers print them.
func dump(v any) string {
	d := dumper{seen: make(map[visit]bool)}
	d.walk(reflect.ValueOf(v))
	return d.text.String()
}

type visit struct {
	pointer uintptr
	typ     reflect.Type
}

type dumper struct {
	text bytes.Buffer
	seen map[visit]bool
}

func (d *dumper) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		d.text.WriteString(v.String() + "\n")
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if v.IsNil() || d.seen[visit{v.Pointer(), v.Type()}] && v.Kind() != reflect.Slice {
			return
		}
		d.seen[visit{v.Pointer(), v.Type()}] = true
		d.walkElements(v)
	case reflect.Interface:
		d.walk(v.Elem())
	case reflect.Array:
		d.walkElements(v)
	case reflect.Struct:
		for i := range v.NumField() {
			d.walk(v.Field(i))
		}
	}
}

func (d *dumper) walkElements(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		d.walk(v.Elem())
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			d.walk(entries.Key())
			d.walk(entries.Value())
		}
	default:
		bytes := v.Type().Elem().Kind() == reflect.Uint8
		if v.Kind() == reflect.Slice {
			v = v.Slice(0, v.Cap()) // what is left of earlier contents
		}
		for i := range v.Len() {
			if bytes {
				d.text.WriteByte(byte(v.Index(i).Uint()))
			} else {
				d.walk(v.Index(i))
			}
		}
		d.text.WriteByte('\n')
	}
}

// TestDump checks that dump finds what it is for.
func TestDump(t *testing.T) {
	type inner struct{ secret string }
	type outer struct {
		pointer *inner
		any     any
		bytes   []byte
		byKey   map[string]*inner
	}
	for name, v := range map[string]any{
		"pointer": &outer{pointer: &inner{"s3cret"}}, "interface": outer{any: inner{"s3cret"}}, "bytes": outer{bytes: []byte("s3cret")[:1]},
		"map": outer{byKey: map[string]*inner{"a": {"s3cret"}}}, "key": outer{byKey: map[string]*inner{"s3cret": nil}},
		"error": fmt.Errorf("a: %w", errors.New("s3cret")),
	} {
		if !strings.Contains(dump(v), "s3cret") {
			t.Errorf("%s: got %q, want the secret in it", name, dump(v))
		}
	}
	if text := dump(func() string { return "s3cret" }); strings.Contains(text, "s3cret") {
		t.Errorf("function: got %q, want nothing", text)
	}
}

// TestPrintsAreUseful checks that values print what they are.
func TestPrintsAreUseful(t *testing.T) {
	c, err := client.New(client.WithCredentials("the-id", "the-s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	apiErr := &api.Error{Method: "GET", StatusCode: 404}
	tokenErr := &client.TokenError{StatusCode: 400, Code: "invalid_scope"}
	for want, got := range map[string]string{
		"client.Client{https://my.tapkey.com/api/v1}":      fmt.Sprintf("%v", c),
		"client.Client{https://my.tapkey.com/api/v1}1":     fmt.Sprintf("%s1", *c),
		"client.Client{https://my.tapkey.com/api/v1}2":     fmt.Sprintf("%#v2", c),
		"tapkey.API{https://my.tapkey.com/api/v1/}":        fmt.Sprintf("%+v", c.API),
		"tapkey.Client{https://my.tapkey.com/api/v1/}":     fmt.Sprint(c.Raw()),
		"sandbox.Client{a}":                                fmt.Sprint(sandbox.Client{ID: "a", Secret: "b"}),
		"%!d(client.Client{https://my.tapkey.com/api/v1})": fmt.Sprintf("%d", c),
		"<nil>":                            fmt.Sprint((*client.Client)(nil)),
		"GET: 404 Not Found":               fmt.Sprintf("%v", apiErr),
		`"GET: 404 Not Found"`:             fmt.Sprintf("%q", *apiErr),
		"  GET: 404 Not Found":             fmt.Sprintf("%20s", apiErr),
		"474554":                           fmt.Sprintf("%.3x", apiErr),
		`&api.Error{"GET: 404 Not Found"}`: fmt.Sprintf("%#v", apiErr),
		tokenErr.Error():                   fmt.Sprintf("%+v", *tokenErr),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestGobOfAnError checks that an error can be encoded and decoded, without what the server
// sent.
func TestGobOfAnError(t *testing.T) {
	var b bytes.Buffer
	sent := api.Error{StatusCode: 409, Code: "Duplicate", Method: "PUT", Message: "m", Body: []byte("b"), Err: context.Canceled}
	if err := gob.NewEncoder(&b).Encode(&sent); err != nil {
		t.Fatal(err)
	}
	var got api.Error
	if err := gob.NewDecoder(&b).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Error() != "PUT: 409 Conflict (Duplicate)" || got.Message != "" || got.Body != nil || got.Err != nil {
		t.Errorf("got %v with message %q and body %q, want only what an error shows", got.Error(), got.Message, got.Body)
	}
}
