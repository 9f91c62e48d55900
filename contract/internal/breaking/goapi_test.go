package breaking_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract/internal/breaking"
	"github.com/tapkey-go/tapkey-go/contract/internal/goapi"
	"github.com/tapkey-go/tapkey-go/contract/internal/goapi/goapitest"
)

// goChanges compares two versions of the source of a package.
func goChanges(t *testing.T, pkg, before, after string) []string {
	t.Helper()
	render := func(source string) string {
		name := pkg[strings.LastIndex(pkg, "/")+1:]
		return goapitest.Text(t, goapitest.Source{Path: goapi.Module + "/" + pkg, Text: "package " + name + "\n\n" + source})
	}
	changes, err := breaking.GoAPI(render(before), render(after))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, c := range changes {
		kind := "fine: "
		if c.Breaking {
			kind = "breaks: "
		}
		list = append(list, kind+strings.TrimPrefix(c.String(), pkg+": go-"))
	}
	return list
}

func TestGoAPI(t *testing.T) {
	tests := map[string]struct {
		before, after string
		want          []string
	}{
		// What breaks nothing.
		"nothing":             {"func F() {}", "func F() {}", nil},
		"a comment":           {"func F() {}", "// F is a function.\nfunc F() {}", nil},
		"a parameter renamed": {"func F(a int) (b int) { return }", "func F(c int) (d int) { return }", nil},
		"any for interface{}": {"func F(interface{}) {}", "func F(any) {}", nil},
		"uint8 for byte":      {"func F([]byte) {}", "func F([]uint8) {}", nil},
		"an alias used": {
			"func F(map[string]int) {}\n\ntype M = map[string]int", "func F(M) {}\n\ntype M = map[string]int", nil,
		},
		"a type parameter renamed": {
			"type T[K comparable] struct{ F K }\n\nfunc (T[K]) M(K) {}", "type T[A comparable] struct{ F A }\n\nfunc (T[B]) M(B) {}", nil,
		},
		"an unexported name": {"type T struct{ a int }\n\nfunc f() {}", "type T struct{ b int }\n\nfunc g() {}", nil},
		"an opaque type renamed": {
			"type Option func(*config)\n\ntype config struct{ a int }", "type Option func(*settings)\n\ntype settings struct{ b string }", nil,
		},
		"an unexported embedded type renamed": {
			"type T struct{ *base }\n\ntype base struct{ F int }\n\nfunc (base) M() {}",
			"type T struct{ *root }\n\ntype root struct{ F int }\n\nfunc (root) M() {}", nil,
		},

		// Additions.
		"a function added":      {"", "func F() {}", []string{"fine: package-added: the package was added"}},
		"another one added":     {"func F() {}", "func F() {}\n\nfunc G() {}", []string{"fine: feature-added: func G()"}},
		"a type added":          {"func F() {}", "func F() {}\n\ntype T struct{ F int }\n\nfunc (T) M() {}", []string{"fine: feature-added: type T struct"}},
		"an interface added":    {"func F() {}", "func F() {}\n\ntype I interface{ M() }", []string{"fine: feature-added: type I interface"}},
		"a field added":         {"type T struct{ A int }", "type T struct{ A, B int }", []string{"fine: feature-added: type T struct, B int"}},
		"a method added":        {"type T int", "type T int\n\nfunc (T) M() {}", []string{"fine: feature-added: method (T) M()"}},
		"a method of the value": {"type T int\n\nfunc (*T) M() {}", "type T int\n\nfunc (T) M() {}", []string{"fine: feature-added: method (T) M()"}},
		"a field no longer promoted": {
			"type T struct{ base }\n\ntype base struct{ F int }", "type T struct{ F int }", []string{"fine: feature-added: type T struct, F int"},
		},
		"a sealed interface extended": {
			"type I interface{ seal() }", "type I interface{ M(); seal() }", []string{"fine: feature-added: type I interface, M()"},
		},
		"an interface unsealed": {
			"type I interface{ M(); seal() }", "type I interface{ M() }", []string{"fine: feature-added: type I interface, implementable"},
		},
		"a comparable struct": {
			"type T struct{ a []int }", "type T struct{ a [2]int }", []string{"fine: feature-added: type T struct, comparable"},
		},

		// Breaks: something was removed.
		"a function removed":  {"func F() {}\n\nfunc G() {}", "func F() {}", []string{"breaks: feature-removed: func G()"}},
		"a function renamed":  {"func F() {}", "func G() {}", []string{"fine: feature-added: func G()", "breaks: feature-removed: func F()"}},
		"a constant renamed":  {`const A = "x"`, `const B = "x"`, []string{`fine: feature-added: const B untyped string = "x"`, `breaks: feature-removed: const A untyped string = "x"`}},
		"a field removed":     {"type T struct{ A, B int }", "type T struct{ A int }", []string{"breaks: feature-removed: type T struct, B int"}},
		"a field unexported":  {"type T struct{ A int }", "type T struct{ a int }", []string{"breaks: feature-removed: type T struct, A int"}},
		"a method removed":    {"type T int\n\nfunc (T) M() {}", "type T int", []string{"breaks: feature-removed: method (T) M()"}},
		"a type removed":      {"type T struct{ F int }\n\nfunc (T) M() {}\n\nfunc F() {}", "func F() {}", []string{"breaks: feature-removed: type T struct"}},
		"everything removed":  {"func F() {}\n\nfunc G() {}", "", []string{"breaks: package-removed: the package was removed"}},
		"an embedded removed": {"type E struct{ e int }\n\ntype T struct{ *E }", "type E struct{ e int }\n\ntype T struct{ e *E }", []string{"breaks: feature-removed: type T struct, embedded *E"}},

		// Breaks: something has another type.
		"a parameter added":       {"func F() {}", "func F(int) {}", []string{"breaks: feature-changed: func F(int); was: func F()"}},
		"a variadic one added":    {"func F() {}", "func F(...int) {}", []string{"breaks: feature-changed: func F(...int); was: func F()"}},
		"a result added":          {"func F() {}", "func F() (err error) { return }", []string{"breaks: feature-changed: func F() error; was: func F()"}},
		"a function's type":       {"func F() {}", "var F func()", []string{"breaks: feature-changed: var F func(); was: func F()"}},
		"a variable's type":       {"var V int", "var V int64", []string{"breaks: feature-changed: var V int64; was: var V int"}},
		"a constant's type":       {"const C = 1", "const C int64 = 1", []string{"breaks: feature-changed: const C int64 = 1; was: const C untyped int = 1"}},
		"a constant's value":      {"const C = 1", "const C = 2", []string{"breaks: feature-changed: const C untyped int = 2; was: const C untyped int = 1"}},
		"a field's type":          {"type T struct{ F int }", "type T struct{ F string }", []string{"breaks: feature-changed: type T struct, F string; was: type T struct, F int"}},
		"a method's type":         {"type T int\n\nfunc (T) M() {}", "type T int\n\nfunc (T) M(int) {}", []string{"breaks: feature-changed: method (T) M(int); was: method (T) M()"}},
		"a method of the pointer": {"type T int\n\nfunc (T) M() {}", "type T int\n\nfunc (*T) M() {}", []string{"breaks: feature-changed: method (*T) M(); was: method (T) M()"}},
		"a channel's direction":   {"func F(chan int) {}", "func F(<-chan int) {}", []string{"breaks: feature-changed: func F(<-chan int); was: func F(chan int)"}},
		"an underlying type":      {"type T int", "type T int64", []string{"breaks: feature-changed: type T int64; was: type T int"}},
		"an underlying map":       {"type T map[string]int", "type T map[string]any", []string{"breaks: feature-changed: type T map[string]any; was: type T map[string]int"}},
		"a kind of type":          {"type T struct{ F int }", "type T []int", []string{"breaks: feature-changed: type T []int; was: type T struct", "breaks: feature-removed: type T struct, F int", "breaks: feature-removed: type T struct, comparable"}},
		"an alias defined":        {"type T = map[string]int", "type T map[string]int", []string{"breaks: feature-changed: type T map[string]int; was: type T = map[string]int"}},
		"a type made an alias":    {"type T map[string]int", "type T = map[string]int", []string{"breaks: feature-changed: type T = map[string]int; was: type T map[string]int"}},
		"an alias's type":         {"type T = int", "type T = string", []string{"breaks: feature-changed: type T = string; was: type T = int"}},
		"an anonymous struct":     {"var V struct{ A int }", "var V struct{ A, B int }", []string{"breaks: feature-changed: var V struct{ A int; B int }; was: var V struct{ A int }"}},

		// Breaks: type parameters.
		"a type parameter added":      {"func F(int) {}", "func F[T int](T) {}", []string{"breaks: feature-changed: func F[$0 int]($0); was: func F(int)"}},
		"another constraint":          {"func F[T any](T) {}", "func F[T comparable](T) {}", []string{"breaks: feature-changed: func F[$0 comparable]($0); was: func F[$0 any]($0)"}},
		"a generic type's parameters": {"type T[A any] struct{ f A }", "type T[A, B any] struct{ f A }", []string{"breaks: feature-changed: type T[$0 any, $1 any] struct; was: type T[$0 any] struct"}},
		"type parameters swapped":     {"func F[A, B any](A, B) {}", "func F[B, A any](A, B) {}", []string{"breaks: feature-changed: func F[$0 any, $1 any]($1, $0); was: func F[$0 any, $1 any]($0, $1)"}},
		"a type argument":             {"type T[A any] []A\n\nvar V T[int]", "type T[A any] []A\n\nvar V T[string]", []string{"breaks: feature-changed: var V T[string]; was: var V T[int]"}},

		// Breaks: structs.
		"a struct no longer comparable": {"type T struct{ A int; b int }", "type T struct{ A int; b []int }", []string{"breaks: feature-removed: type T struct, comparable"}},
		"not comparable by a field":     {"type T struct{ A int; B S }\n\ntype S struct{ c int }", "type T struct{ A int; B S }\n\ntype S struct{ c func() }", []string{"breaks: feature-removed: type S struct, comparable", "breaks: feature-removed: type T struct, comparable"}},
		"a promoted field removed":      {"type T struct{ base }\n\ntype base struct{ F, G int }", "type T struct{ base }\n\ntype base struct{ F int }", []string{"breaks: feature-removed: type T struct, promoted G int"}},
		"a promoted method removed":     {"type T struct{ base }\n\ntype base struct{ F int }\n\nfunc (*base) M() {}", "type T struct{ base }\n\ntype base struct{ F int }", []string{"breaks: feature-removed: method (*T) M()"}},
		"a field made promoted":         {"type T struct{ F int }", "type T struct{ base }\n\ntype base struct{ F int }", []string{"breaks: feature-changed: type T struct, promoted F int; was: type T struct, F int"}},
		"a promoted field ambiguous":    {"type T struct{ a }\n\ntype a struct{ F int }\n\ntype b struct{ G int }", "type T struct{ a; b }\n\ntype a struct{ F int }\n\ntype b struct{ F int }", []string{"breaks: feature-removed: type T struct, promoted F int"}},
		"a promoted method shadowed":    {"type T struct{ base }\n\ntype base int\n\nfunc (base) M() {}", "type T struct{ base }\n\ntype base int\n\nfunc (base) M() {}\n\nfunc (T) M(int) {}", []string{"breaks: feature-changed: method (T) M(int); was: method (T) M()"}},
		"a promoted error's method":     {"type T struct{ error }", "type T struct{ err error }", []string{"breaks: feature-removed: method (T) Error() string"}},

		// Breaks: interfaces that programs may implement.
		"an interface extended":       {"type I interface{ M() }", "type I interface{ M(); N() }", []string{"breaks: interface-extended: type I interface, N()"}},
		"extended by embedding":       {"type I interface{ M() }\n\ntype J interface{ N() }", "type I interface{ M(); J }\n\ntype J interface{ N() }", []string{"breaks: interface-extended: type I interface, N()"}},
		"an interface reduced":        {"type I interface{ M(); N() }", "type I interface{ M() }", []string{"breaks: feature-removed: type I interface, N()"}},
		"an interface sealed":         {"type I interface{ M() }", "type I interface{ M(); seal() }", []string{"breaks: feature-removed: type I interface, implementable"}},
		"an interface method's type":  {"type I interface{ M() }", "type I interface{ M(int) }", []string{"breaks: feature-changed: type I interface, M(int); was: type I interface, M()"}},
		"a sealed interface's method": {"type I interface{ M(); seal() }", "type I interface{ seal() }", []string{"breaks: feature-removed: type I interface, M()"}},
		"a type set added":            {"type I interface{ M() }", "type I interface{ M(); ~int }", []string{"breaks: interface-extended: type I interface, embedded ~int"}},
		"a type set changed":          {"type I interface{ ~int | ~string }", "type I interface{ ~int }", []string{"breaks: feature-removed: type I interface, embedded ~int | ~string", "breaks: interface-extended: type I interface, embedded ~int"}},

		// Breaks: types that other modules cannot name.
		"a hidden type's method": {"func F() *t { return nil }\n\ntype t struct{ A int }\n\nfunc (*t) M() {}", "func F() *t { return nil }\n\ntype t struct{ A int }", []string{"breaks: feature-removed: method (*t) M()"}},
		"a hidden type's field":  {"func F() t { return t{} }\n\ntype t struct{ A, B int }", "func F() t { return t{} }\n\ntype t struct{ A int }", []string{"breaks: feature-removed: type t struct, B int"}},
		"a hidden type's kind":   {"func F(k) {}\n\ntype k int", "func F(k) {}\n\ntype k string", []string{"breaks: feature-changed: type k string; was: type k int"}},
		"a hidden type hidden":   {"func F() t { return t{} }\n\ntype t struct{ A int }", "func F() t { return t{} }\n\ntype t struct{ a int }", []string{"breaks: feature-changed: func F() opaque; was: func F() t", "breaks: feature-removed: type t struct"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := goChanges(t, "api", test.before, test.after)
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// A method may be added to tapkey.ClientInterface, and to no other interface.
func TestGoAPIOfTheClientInterface(t *testing.T) {
	const before, after = "interface{ ListOwners() }", "interface{ ListOwners(); GetOwner() }"
	for name, want := range map[string]string{
		"gen/tapkey.ClientInterface": "fine: feature-added: type ClientInterface interface, GetOwner()",
		"gen/tapkey.Doer":            "breaks: interface-extended: type Doer interface, GetOwner()",
		"client.ClientInterface":     "breaks: interface-extended: type ClientInterface interface, GetOwner()",
	} {
		pkg, name, _ := strings.Cut(name, ".")
		if got := goChanges(t, pkg, "type "+name+" "+before, "type "+name+" "+after); !slices.Equal(got, []string{want}) {
			t.Errorf("%s.%s: got %q, want %q", pkg, name, got, want)
		}
		want = "breaks: feature-removed: type " + name + " interface, GetOwner()"
		if got := goChanges(t, pkg, "type "+name+" "+after, "type "+name+" "+before); !slices.Equal(got, []string{want}) {
			t.Errorf("%s.%s: got %q, want %q", pkg, name, got, want)
		}
	}
}

func TestGoAPIIsMalformed(t *testing.T) {
	const want = `line 2 of the Go API is not a feature: "<<<<<<< HEAD\n"`
	for _, text := range []string{"pkg api, func F()\n<<<<<<< HEAD\n", "pkg api, func F()\r\n<<<<<<< HEAD\n"} {
		if _, err := breaking.GoAPI(text, "pkg api, func F()\n"); err == nil || err.Error() != want {
			t.Errorf("%q: got error %v, want %s", text, err, want)
		}
	}
	if changes, err := breaking.GoAPI("pkg api, func F()\r\n", "pkg api, func F()\n"); err != nil || len(changes) > 0 {
		t.Errorf("CRLF line ends: got %v, %v, want no change", changes, err)
	}
}
