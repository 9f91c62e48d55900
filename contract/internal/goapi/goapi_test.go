package goapi_test

import (
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract/internal/goapi"
	"github.com/tapkey-go/tapkey-go/contract/internal/goapi/goapitest"
)

// Every kind of feature is rendered, hidden types only if a public feature refers to them.
func TestText(t *testing.T) {
	sources := []goapitest.Source{
		{Path: "net/http", Text: `package http

type Client struct{ Timeout int }

func (*Client) Do() {}
`},
		{Path: goapi.Module + "/internal/engine", Text: `package engine

type Unused struct{ Field int }

type Engine struct{ Size int }

func (Engine) Run(n int) error { return nil }
`},
		{Path: goapi.Module, Text: `package tapkeygo

import "github.com/tapkey-go/tapkey-go/internal/engine"

func OpenAPI() []byte { return nil }

func Engine() *engine.Engine { return nil }
`},
		{Path: goapi.Module + "/api", Text: `package api

import (
	"net/http"

	tapkeygo "github.com/tapkey-go/tapkey-go"
)

const (
	Max          = 10
	Name  string = "x"
	Admin Role   = "Admin"
	hidden       = 1
)

var Err error

type Role string

type Option func(*config)

type config struct{ size int }

type base struct {
	Base int
	Role int
}

func (*base) Reset() {}

type Error struct {
	base
	*http.Client
	Role   Role
	Header map[string][]string
	Set    struct{ A, B int }
	cause  error
}

func (e *Error) Error() string { return "" }
func (e Error) Is(target error) bool { return false }
func (e *Error) unexported() {}

type Small struct{ X, Y int32 }

type Doer interface {
	Runner
	Do(request *http.Client, values ...any) (ok bool, err error)
}

type Runner interface{ Run(done <-chan struct{}) }

type Sealed interface{ seal() }

type Number interface{ ~int | ~float64 }

type List[T Number, U any] struct{ Items []T }

func (l *List[A, B]) Map(f func(A) B) (list []B) { return nil }

type Bytes = []byte

func Map[K comparable, V any](m map[K]V, c chan (<-chan [2]rune)) chan<- *tapkeygoAlias { return nil }

type tapkeygoAlias = interface{ M(func() error) }

func New(opts ...Option) *internal { return nil }

type internal struct{ Visible bool }

var OpenAPI = tapkeygo.OpenAPI
`},
	}
	const want = `pkg api, const Admin Role = "Admin"
pkg api, const Max untyped int = 10
pkg api, const Name string = "x"
pkg api, func Map[$0 comparable, $1 any](map[$0]$1, chan (<-chan [2]int32)) chan<- *interface{ M(func() error) }
pkg api, func New(...Option) *internal
pkg api, method (*Error) Error() string
pkg api, method (*Error) Reset()
pkg api, method (*List[$0, $1]) Map(func($0) $1) []$1
pkg api, method (Error) Is(error) bool
pkg api, type Bytes = []byte
pkg api, type Doer interface
pkg api, type Doer interface, Do(*net/http.Client, ...any) (bool, error)
pkg api, type Doer interface, Run(<-chan struct{})
pkg api, type Doer interface, implementable
pkg api, type Error struct
pkg api, type Error struct, Header map[string][]string
pkg api, type Error struct, Role Role
pkg api, type Error struct, Set struct{ A int; B int }
pkg api, type Error struct, embedded *net/http.Client
pkg api, type Error struct, promoted Base int
pkg api, type List struct, Items []$0
pkg api, type List[$0 Number, $1 any] struct
pkg api, type Number interface
pkg api, type Number interface, embedded ~float64 | ~int
pkg api, type Number interface, implementable
pkg api, type Option func(*opaque)
pkg api, type Role string
pkg api, type Runner interface
pkg api, type Runner interface, Run(<-chan struct{})
pkg api, type Runner interface, implementable
pkg api, type Sealed interface
pkg api, type Small struct
pkg api, type Small struct, X int32
pkg api, type Small struct, Y int32
pkg api, type Small struct, comparable
pkg api, type internal struct
pkg api, type internal struct, Visible bool
pkg api, type internal struct, comparable
pkg api, var Err error
pkg api, var OpenAPI func() []byte
pkg internal/engine, method (Engine) Run(int) error
pkg internal/engine, type Engine struct
pkg internal/engine, type Engine struct, Size int
pkg internal/engine, type Engine struct, comparable
pkg tapkeygo, func Engine() *internal/engine.Engine
pkg tapkeygo, func OpenAPI() []byte
`
	got := goapitest.Text(t, sources...)
	for line := range strings.Lines(got) {
		if !strings.Contains(want, line) {
			t.Errorf("got the line %swhich is not wanted", line)
		}
	}
	for line := range strings.Lines(want) {
		if !strings.Contains(got, line) {
			t.Errorf("got no line %s", line)
		}
	}
	if !t.Failed() && got != want {
		t.Errorf("got the lines in another order:\n%s", got)
	}
}

// go-json-experiment declares the types with Go 1.26; from 1.27 on its types are aliases
// of those in the standard library. The names of parameters do not matter.
func TestTextDoesNotDependOnTheGoVersion(t *testing.T) {
	const (
		experiment = "github.com/go-json-experiment/json"
		decoder    = "package jsontext\n\ntype Decoder struct{}\n"
		options    = "package jsonopts\n\ntype Options interface{ JSONOptions() }\n"
		source     = `package api

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

type Object map[string]any

func (o *Object) UnmarshalJSONFrom(decoder *jsontext.Decoder) error { return nil }

func Unmarshal(o *Object, opts ...json.Options) {}
`
		want = `pkg api, func Unmarshal(*Object, ...encoding/json/internal/jsonopts.Options)
pkg api, method (*Object) UnmarshalJSONFrom(*encoding/json/jsontext.Decoder) error
pkg api, type Object map[string]any
`
	)
	api := goapitest.Source{Path: goapi.Module + "/api", Text: source}
	for version, sources := range map[string][]goapitest.Source{
		"1.26": {
			{Path: experiment + "/internal/jsonopts", Text: options},
			{Path: experiment + "/jsontext", Text: decoder},
			{Path: experiment, Text: "package json\n\nimport \"github.com/go-json-experiment/json/internal/jsonopts\"\n\ntype Options = jsonopts.Options\n"},
			api,
		},
		"1.27": {
			{Path: "encoding/json/internal/jsonopts", Text: options},
			{Path: "encoding/json/v2", Text: "package json\n\nimport \"encoding/json/internal/jsonopts\"\n\ntype Options = jsonopts.Options\n"},
			{Path: "encoding/json/jsontext", Text: decoder},
			{Path: experiment + "/jsontext", Text: "package jsontext\n\nimport \"encoding/json/jsontext\"\n\ntype Decoder = jsontext.Decoder\n"},
			{Path: experiment, Text: "package json\n\nimport \"encoding/json/v2\"\n\ntype Options = json.Options\n"},
			api,
		},
	} {
		if got := goapitest.Text(t, sources...); got != want {
			t.Errorf("Go %s: got\n%swant\n%s", version, got, want)
		}
	}
}
