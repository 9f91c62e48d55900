package tapkeygo_test

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

// A picture is the source of one: its boxes, and its arrows as they are written.
type picture struct {
	boxes  []string // what stands for code, and
	plain  []string // what does not, from the top
	arrows []string
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

// goList runs go list on the packages of the root module.
func goList(t *testing.T, format string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", format, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func TestPicturesAreDrawnFromTheirSources(t *testing.T) {
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
			t.Errorf("%s is not what its source gives: make docs (%v)", file, err)
		}
		checkSVG(t, file, want)
	}
}

// checkSVG wants XML of at most 8 kB with a title and a description.
func checkSVG(t *testing.T, file string, svg []byte) {
	t.Helper()
	if len(svg) > 8000 {
		t.Errorf("%s has %d bytes", file, len(svg))
	}
	for _, element := range []string{"title", "desc"} {
		if bytes.Contains(svg, []byte("<"+element+"></")) {
			t.Errorf("%s has an empty %s", file, element)
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

// The house has the packages of the root module. One below another's internal is part of
// that other, and an import that follows from others is left out.
func TestTheHouseIsTheCode(t *testing.T) {
	imports := map[string][]string{}
	for _, line := range goList(t, "{{if .GoFiles}}{{.ImportPath}} {{join .Imports \" \"}}{{end}}") {
		var packages []string
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

// follows says whether a package reaches another through a third.
func follows(imports map[string][]string, name, other string) bool {
	return slices.ContainsFunc(imports[name], func(third string) bool {
		return third != name && third != other &&
			(slices.Contains(imports[third], other) || follows(imports, third, other))
	})
}

// generatedPackages are where the go:generate lines write to.
func generatedPackages(t *testing.T) (packages []string) {
	t.Helper()
	text, err := os.ReadFile("generate.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range regexp.MustCompile(`//go:generate .* -o (\S+) openapi.yaml\n`).FindAllSubmatch(text, -1) {
		packages = append(packages, path.Dir(string(line[1])))
	}
	return packages
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: drawn are\n%q\nwhere the code has\n%q", what, got, want)
	}
}

// What the picture of a call names is in the code, and the chain is in the order in which
// the client assembles it.
func TestTheCallIsTheCode(t *testing.T) {
	declared := declarations(t)
	text, err := os.ReadFile("client/client.go")
	if err != nil {
		t.Fatal(err)
	}
	_, assembly, _ := strings.Cut(string(text), "\nfunc newChain(")
	assembly, _, _ = strings.Cut(assembly, "\n}\n")
	var chain []string
	for _, doer := range regexp.MustCompile(`&(\w+){`).FindAllStringSubmatch(assembly, -1) {
		chain = slices.Insert(chain, 0, "client."+doer[1])
	}
	if len(chain) < 3 {
		t.Fatalf("the chain is %v", chain)
	}
	for _, source := range pictureSources(t, "call*.txt") {
		call := readPicture(t, source)
		for _, name := range call.boxes {
			if !declared[name] {
				t.Errorf("%s: nothing is called %s", source, name)
			}
		}
		for i := range len(chain) - 1 {
			if link := chain[i] + " <-> " + chain[i+1]; !slices.Contains(call.arrows, link) {
				t.Errorf("%s: no %s", source, link)
			}
		}
	}
}

// declarations are the functions, methods and types of all packages, by package and name.
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

// A translated picture has the same boxes, in the same places, and the same arrows.
func TestPicturesAreTheSameInChinese(t *testing.T) {
	for _, source := range pictureSources(t, "*.zh-CN.txt") {
		chinese, english := readPicture(t, source), readPicture(t, strings.TrimSuffix(source, ".zh-CN.txt")+".txt")
		if !slices.Equal(chinese.boxes, english.boxes) || !slices.Equal(chinese.plain, english.plain) || !slices.Equal(chinese.arrows, english.arrows) {
			t.Errorf("%s draws %q, the other %q", source, chinese, english)
		}
	}
}
