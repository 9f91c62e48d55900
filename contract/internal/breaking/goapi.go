package breaking

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"
)

const module = "github.com/tapkey-go/tapkey-go"

// goPackages are those that programs import, by the module they are in. A package that
// is not there yet is added when it comes, and missed when it goes.
var goPackages = []struct {
	module   string
	packages []string
}{
	{".", []string{"api", "client", "doctor", "odata", "lockid", "sandbox", "gen/tapkey"}},
	{"contract", []string{"contract"}},
}

// LoadGo reads the Go API of a source tree.
func LoadGo(dir string) ([]*types.Package, error) {
	var list []*types.Package
	var problems []error
	for _, m := range goPackages {
		var patterns []string
		for _, name := range m.packages {
			if found, _ := filepath.Glob(filepath.Join(dir, name, "*.go")); len(found) > 0 {
				patterns = append(patterns, module+"/"+name)
			}
		}
		if len(patterns) == 0 {
			continue // which would stand for the package in the directory
		}
		loaded, err := packages.Load(&packages.Config{
			Mode: packages.NeedName | packages.NeedTypes,
			Dir:  filepath.Join(dir, m.module),
			Env:  append(os.Environ(), "GOWORK=off"),
		}, patterns...)
		if err != nil {
			return nil, err
		}
		for _, p := range loaded {
			for _, e := range p.Errors {
				problems = append(problems, e)
			}
			list = append(list, p.Types)
		}
	}
	if len(list) == 0 {
		problems = append(problems, errors.New("there are no Go packages to compare"))
	}
	return list, errors.Join(problems...)
}

// GoAPI compares the exported names of packages.
func GoAPI(released, current []*types.Package) []Change {
	now := make(map[string]*types.Package)
	for _, p := range current {
		now[p.Path()] = p
	}
	var changes []Change
	for _, was := range released {
		where := strings.TrimPrefix(was.Path(), module+"/")
		is := now[was.Path()]
		delete(now, was.Path())
		if is == nil {
			changes = append(changes, Change{Rule: "go-package-removed", Where: where, Text: "the package is gone", Breaking: true})
			continue
		}
		for _, c := range apidiff.Changes(was, is).Changes {
			rule := "go-incompatible"
			if c.Compatible || grows(c.Message) {
				rule = "go-addition"
			}
			changes = append(changes, Change{Rule: rule, Where: where, Text: c.Message, Breaking: rule == "go-incompatible"})
		}
	}
	for path := range now {
		changes = append(changes, Change{Rule: "go-addition", Where: strings.TrimPrefix(path, module+"/"), Text: "the package is new"})
	}
	return sorted(changes)
}

// grows reports whether a change is a method added to the generator's own interface. It
// lists the calls of the raw client, one more with each endpoint, and is not for others
// to implement.
func grows(message string) bool {
	return strings.HasPrefix(message, "ClientInterface.") && strings.HasSuffix(message, ": added")
}

// WriteSnapshot keeps the Go API of packages in a file, in the form of apidiff -m.
func WriteSnapshot(w io.Writer, list []*types.Package) error {
	archive := zip.NewWriter(w)
	entry, err := archive.Create("module")
	if err == nil {
		_, err = io.WriteString(entry, module)
	}
	if err != nil {
		return err
	}
	for _, p := range list {
		entry, err := archive.Create(p.Path() + ".x")
		if err != nil {
			return err
		}
		if err := gcexportdata.Write(entry, token.NewFileSet(), p); err != nil {
			return err
		}
	}
	return archive.Close()
}

// ReadSnapshot reads what WriteSnapshot has written.
func ReadSnapshot(data []byte) ([]*types.Package, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("the Go API snapshot: %w", err)
	}
	var list []*types.Package
	for _, file := range archive.File {
		path, ok := strings.CutSuffix(file.Name, ".x")
		if !ok {
			continue
		}
		entry, err := file.Open()
		if err != nil {
			return nil, err
		}
		p, err := gcexportdata.Read(entry, token.NewFileSet(), make(map[string]*types.Package), path)
		_ = entry.Close()
		if err != nil {
			return nil, fmt.Errorf("the Go API snapshot: %s: %w", path, err)
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil, errors.New("the Go API snapshot holds no package")
	}
	return list, nil
}
