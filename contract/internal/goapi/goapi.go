// Package goapi renders the exported Go API of a source tree as text that a person can
// read in a diff.
//
// The text has one line for each exported feature, in the manner of api/go1.N.txt of the
// Go distribution:
//
//	pkg api, const DefaultPageSize untyped int = 500
//	pkg api, func OperationFromContext(context.Context) (Operation, bool)
//	pkg api, method (*Error) Unwrap() error
//	pkg api, type Error struct
//	pkg api, type Error struct, StatusCode int
//	pkg api, var ErrNotFound error
//
// It does not depend on the Go version that compiled the packages: an alias is rendered
// as the type it denotes, and the packages of github.com/go-json-experiment/json have the
// names of their counterparts in the standard library. Nor does it depend on the names of
// parameters and type parameters.
//
// What a line of the Go distribution would not show, but a program can rely on, has a
// separate line:
//
//	pkg p, type S struct, comparable       values of S can be compared
//	pkg p, type S struct, embedded T       T is embedded: it is a field, and its methods are promoted
//	pkg p, type S struct, promoted F int   F is selected through an embedded field
//	pkg p, type I interface, implementable no method is unexported
//	pkg p, type I interface, embedded T    T is not only methods, such as ~int | ~string
//
// A type that other modules cannot name is included if a public feature refers to it. If
// it is a struct without exported fields and methods, its name does not matter and the
// text has the word opaque instead.
package goapi

import (
	"errors"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Module is the path of the root module.
const Module = "github.com/tapkey-go/tapkey-go"

// modules are the directories of the modules that are released.
var modules = []string{".", "contract"}

// Read renders the packages in a source tree that other modules can import.
func Read(dir string) (string, error) {
	var public []*types.Package
	for _, module := range modules {
		loaded, err := load(filepath.Join(dir, module))
		if err != nil {
			return "", err
		}
		public = append(public, loaded...)
	}
	if len(public) == 0 {
		return "", errors.New("there are no Go packages to compare")
	}
	return Text(public), nil
}

// Text renders packages.
func Text(public []*types.Package) string {
	r := newRenderer()
	for _, p := range public {
		r.public[p.Path()] = true
	}
	for _, p := range public {
		r.pkg(p)
	}
	return r.text()
}

// load loads the public packages of the module in dir, none if there is no module.
func load(dir string) ([]*types.Package, error) {
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	config := &packages.Config{
		Mode: packages.NeedName | packages.NeedFiles,
		Dir:  dir,
		Env:  append(os.Environ(), "GOWORK=off", "GOTOOLCHAIN="+toolchain()),
	}
	all, err := packages.Load(config, "./...")
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, p := range all {
		if p.Name != "main" && len(p.GoFiles) > 0 && IsPublic(p.PkgPath) {
			paths = append(paths, p.PkgPath)
		}
	}
	if len(paths) == 0 {
		return nil, nil
	}
	config.Mode = packages.NeedName | packages.NeedTypes
	loaded, err := packages.Load(config, paths...)
	if err != nil {
		return nil, err
	}
	var public []*types.Package
	var problems []error
	for _, p := range loaded {
		public = append(public, p.Types)
		for _, e := range p.Errors {
			problems = append(problems, e)
		}
	}
	return public, errors.Join(problems...)
}

// toolchain returns the toolchain that compiled this program. The export data of a newer
// one may have what this program cannot read, such as methods with type parameters.
func toolchain() string {
	if version := goVersion.FindString(runtime.Version()); version != "" {
		return version + "+auto"
	}
	return "auto" // a development version
}

// goVersion matches the name of a toolchain, without experiments: go1.26.8-X:jsonv2.
var goVersion = regexp.MustCompile(`^go1(\.\d+)+(rc\d+)?`)

// IsPublic reports whether a path is that of a package of the released modules that other
// modules can import.
func IsPublic(path string) bool {
	return isOurs(path) && !slices.Contains(strings.Split(path, "/"), "internal")
}

// isOurs reports whether a path is that of a package of the released modules.
func isOurs(path string) bool {
	return path == Module || strings.HasPrefix(path, Module+"/")
}
