package doctest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A picture is the parsed source of a picture.
type picture struct {
	boxes  []string // boxes that name code
	plain  []string // boxes that do not
	arrows []string // as written
}

func readPicture(t *testing.T, file string) picture {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var p picture
	for line := range strings.Lines(string(text)) {
		parts := strings.Split(line, "|")
		switch word, _, _ := strings.Cut(line, " "); {
		case word == "box" && len(parts) == 3:
			p.boxes = append(p.boxes, strings.TrimSpace(parts[1]))
		case word == "plain" && len(parts) == 3:
			p.plain = append(p.plain, strings.TrimSpace(parts[1]))
		case word != "#" && arrow.MatchString(line):
			p.arrows = append(p.arrows, strings.TrimSpace(line))
		}
	}
	return p
}

var arrow = regexp.MustCompile(` (->|<->|=>) `)

func pictureSources(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob("docs/img/" + pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	return files
}

// goList runs go list on all packages of the root module and returns the lines.
func goList(t *testing.T, format string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", format, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func TestPicturesAreDrawnFromTheirSources(t *testing.T) {
	atRoot(t)
	program := filepath.Join(t.TempDir(), "pictures.exe")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-C", "tools", "-o", program, "./pictures").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, source := range pictureSources(t, "*.txt") {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Stdin = bytes.NewReader(text)
		want, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		file := strings.TrimSuffix(source, ".txt") + ".svg"
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what its source generates (error %v): run make docs", file, err)
		}
		checkSVG(t, file, want)
	}
}

// checkSVG checks that svg is XML of at most 8 kB with a title and a description.
func checkSVG(t *testing.T, file string, svg []byte) {
	t.Helper()
	if len(svg) > 8000 {
		t.Errorf("%s has %d bytes, want at most 8000", file, len(svg))
	}
	for _, element := range []string{"title", "desc"} {
		if bytes.Contains(svg, []byte("<"+element+"></")) {
			t.Errorf("%s has an empty %s, want text", file, element)
		}
	}
	for decoder := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
}

// The picture of the packages has the packages of the root module and their imports. A
// package under another one's internal directory is part of that other package. Packages for
// tests, which import testing, and imports that follow from others are left out.
func TestTheHouseIsTheCode(t *testing.T) {
	atRoot(t)
	imports := map[string][]string{}
	for _, line := range goList(t, "{{if .GoFiles}}{{.ImportPath}} {{join .Imports \" \"}}{{end}}") {
		var packages []string
		if slices.Contains(strings.Fields(line), "testing") {
			continue
		}
		for _, path := range strings.Fields(line) {
			if name, ours := strings.CutPrefix(path, modulePath+"/"); ours {
				name, _, _ = strings.Cut(name, "/internal/")
				packages = append(packages, name)
			}
		}
		if len(packages) > 0 && strings.HasPrefix(line, modulePath+"/") {
			imports[packages[0]] = append(imports[packages[0]], packages[1:]...)
		}
	}
	var packages, arrows []string
	for name, imported := range imports {
		packages = append(packages, name)
		slices.Sort(imported)
		for _, other := range slices.Compact(imported) {
			if other != name && !follows(imports, name, other) {
				arrows = append(arrows, name+" -> "+other)
			}
		}
	}
	for _, generated := range generatedPackages(t) {
		arrows = append(arrows, "openapi.yaml => "+generated)
	}
	for _, source := range pictureSources(t, "house*.txt") {
		house := readPicture(t, source)
		same(t, source+": packages", house.boxes, packages)
		same(t, source+": arrows", house.arrows, arrows)
	}
}

// follows reports whether a package reaches another through a third.
func follows(imports map[string][]string, name, other string) bool {
	return slices.ContainsFunc(imports[name], func(third string) bool {
		return third != name && third != other &&
			(slices.Contains(imports[third], other) || follows(imports, third, other))
	})
}

// generatedPackages returns the packages that the go:generate lines write to.
func generatedPackages(t *testing.T) (packages []string) {
	t.Helper()
	text, err := os.ReadFile("generate.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range regexp.MustCompile(`//go:generate .* oapi-codegen .* -o (\S+) \S+\n`).FindAllSubmatch(text, -1) {
		packages = append(packages, path.Dir(string(line[1])))
	}
	return packages
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s = %q, want those of the code, %q", what, got, want)
	}
}

// Each box in the picture of a call is named after a declaration.
func TestTheCallIsTheCode(t *testing.T) {
	atRoot(t)
	declared := declarations(t)
	for _, source := range pictureSources(t, "call*.txt") {
		for _, name := range readPicture(t, source).boxes {
			if !declared[name] {
				t.Errorf("%s: box %s, want a name that the code declares", source, name)
			}
		}
	}
}

// declarations returns the functions, methods and types of all packages, as package.Name.
func declarations(t *testing.T) map[string]bool {
	t.Helper()
	declared := map[string]bool{}
	for _, file := range goList(t, "{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}\n{{end}}") {
		if file == "" {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			for _, name := range declaredNames(declaration) {
				declared[parsed.Name.Name+"."+name] = true
			}
		}
	}
	return declared
}

func declaredNames(declaration ast.Decl) (names []string) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		receiver := ""
		if d.Recv != nil {
			of := d.Recv.List[0].Type
			if pointer, ok := of.(*ast.StarExpr); ok {
				of = pointer.X
			}
			if named, ok := of.(*ast.Ident); ok {
				receiver = named.Name + "."
			}
		}
		names = append(names, receiver+d.Name.Name)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if named, ok := spec.(*ast.TypeSpec); ok {
				names = append(names, named.Name.Name)
			}
		}
	}
	return names
}

// A translated picture has the same boxes and arrows.
func TestPicturesAreTheSameInChinese(t *testing.T) {
	atRoot(t)
	for _, source := range pictureSources(t, "*.zh-CN.txt") {
		chinese, english := readPicture(t, source), readPicture(t, strings.TrimSuffix(source, ".zh-CN.txt")+".txt")
		if !slices.Equal(chinese.boxes, english.boxes) || !slices.Equal(chinese.plain, english.plain) || !slices.Equal(chinese.arrows, english.arrows) {
			t.Errorf("%s has %q, want those of the original, %q", source, chinese, english)
		}
	}
}
