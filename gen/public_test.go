package gen_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	public      = flag.Bool("public", false, "generate clients from public documents, which npm downloads")
	writePublic = flag.Bool("public.write", false, "write the table in README.md")
)

// publicPackages are the packages of npm that have the documents: the examples of OpenAPI
// and of ReadMe with Train Travel, and the API of GitHub.
var publicPackages = []string{"@readme/oas-examples@8.2.2", "@octokit/openapi@23.0.2"}

// githubParts are parts of GitHub's document, by the paths that they have.
var githubParts = map[string][]string{
	"gists":    {"/gists"},
	"issues":   {"/issues", "/repos/{owner}/{repo}/issues", "/repos/{owner}/{repo}/pulls", "/repos/{owner}/{repo}/labels"},
	"search":   {"/search"},
	"teams":    {"/teams"},
	"apps":     {"/app", "/apps"},
	"git":      {"/repos/{owner}/{repo}/git", "/repos/{owner}/{repo}/releases"},
	"licenses": {"/licenses", "/emojis", "/meta", "/rate_limit"},
	"branches": {"/repos/{owner}/{repo}/branches"},
}

// publicResult is what the generators do with a document.
type publicResult struct {
	document      string
	stock, client string // ok, generation fails, or compilation fails
	lists         int
	iterators     int
}

// TestPublicDocuments checks that what oapi-codegen compiles, this generator compiles, and
// that each list has its iterator.
func TestPublicDocuments(t *testing.T) {
	if !*public {
		t.Skip("public documents: not run (make public-documents)")
	}
	dir := t.TempDir()
	documents := publicDocuments(t, dir)
	programs := buildTools(t)
	module := filepath.Join(dir, "module")
	another(t, module)
	results := map[string]*publicResult{}
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		file := write(t, string(documents[name]), dir, "documents", name+".json")
		r := &publicResult{document: name, stock: "compiles", client: "compiles", lists: lists(t, documents[name])}
		results[name] = r
		if programs.stock(t, filepath.Join(module, "stock", packageName(name)), file) != "" {
			r.stock = "generation fails"
		}
		if programs.client(t, filepath.Join(module, "client", packageName(name)), file) != "" {
			r.client = "generation fails"
		}
	}
	removeFailed(t, module, results)
	output, _ := try(t, module, "go", "build", "-mod=mod", "./...")
	for _, r := range results {
		stock, client := path.Join("stock", packageName(r.document)), path.Join("client", packageName(r.document))
		if strings.Contains(output, "/"+stock+"\n") {
			r.stock = "compilation fails"
		}
		if strings.Contains(output, "/"+client+"\n") {
			r.client = "compilation fails"
		}
		if calls, err := os.ReadFile(filepath.Join(module, client, "calls.gen.go")); err == nil {
			r.iterators = len(regexp.MustCompile(`(?m)^func \(a \*API\) .* iter\.Seq2\[`).FindAll(calls, -1))
		}
		if r.stock == "compiles" && r.client != "compiles" {
			t.Errorf("%s: got %s, want a client that compiles, as that of oapi-codegen does", r.document, r.client)
		}
		if r.client == "compiles" && r.iterators != r.lists {
			t.Errorf("%s: got %d iterators, want %d, one for each list", r.document, r.iterators, r.lists)
		}
	}
	if t.Failed() {
		t.Log(output)
	}
	publicTable(t, results)
}

// removeFailed removes the packages that a generator did not complete.
func removeFailed(t *testing.T, module string, results map[string]*publicResult) {
	t.Helper()
	for _, r := range results {
		for kind, result := range map[string]string{"stock": r.stock, "client": r.client} {
			if result != "compiles" {
				if err := os.RemoveAll(filepath.Join(module, kind, packageName(r.document))); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func packageName(document string) string {
	return "p" + regexp.MustCompile(`[^a-z0-9]`).ReplaceAllString(strings.ToLower(document), "")
}

// publicDocuments returns the documents by name. It skips the test without npm.
func publicDocuments(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("public documents: not run (no npm)")
	}
	documents := map[string][]byte{}
	for _, name := range publicPackages {
		out, ok := try(t, dir, npm, "pack", "--silent", name)
		if !ok {
			t.Skipf("public documents: not run (npm cannot download %s: %s)", name, strings.TrimSpace(out))
		}
		archive := filepath.Join(dir, strings.TrimSpace(out))
		for file, content := range unpack(t, archive) {
			switch name := strings.TrimPrefix(file, "package/"); {
			case strings.HasPrefix(name, "3.") && strings.HasSuffix(name, ".json") && !strings.Contains(name, "openapi-workshop"):
				documents["examples "+strings.TrimSuffix(strings.Replace(name, "/json/", " ", 1), ".json")] = content
			case name == "generated/api.github.com.json":
				for part, prefixes := range githubParts {
					documents["GitHub "+part] = withPaths(t, content, prefixes)
				}
			}
		}
	}
	return documents
}

// unpack returns the JSON documents in a package of npm.
func unpack(t *testing.T, archive string) map[string][]byte {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for reader := tar.NewReader(zipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(header.Name, ".json") && !strings.Contains(header.Name, "deref") {
			if files[header.Name], err = io.ReadAll(reader); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// withPaths returns a document that has only the paths below the prefixes.
func withPaths(t *testing.T, document []byte, prefixes []string) []byte {
	t.Helper()
	var doc map[string]json.RawMessage
	var paths map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(document, &doc), json.Unmarshal(doc["paths"], &paths)); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(paths, func(path string, _ json.RawMessage) bool {
		return !slices.ContainsFunc(prefixes, func(prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") })
	})
	delete(doc, "webhooks")
	delete(doc, "x-webhooks")
	var err1, err2 error
	doc["paths"], err1 = json.Marshal(paths)
	part, err2 := json.Marshal(doc)
	if err := errors.Join(err1, err2); err != nil || len(paths) == 0 {
		t.Fatalf("the paths %q: %v, %d paths", prefixes, err, len(paths))
	}
	return part
}

// tree is a part of a document.
type tree map[string]any

func (doc tree) resolve(value any) tree {
	node, _ := value.(map[string]any)
	for range 20 {
		ref, _ := node["$ref"].(string)
		if ref == "" {
			break
		}
		var at any = map[string]any(doc)
		for key := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			parent, _ := at.(map[string]any)
			at = parent[strings.NewReplacer("~1", "/", "~0", "~").Replace(key)]
		}
		node, _ = at.(map[string]any)
	}
	return node
}

// lists counts the operations of a document whose first successful JSON value is an array.
func lists(t *testing.T, document []byte) (count int) {
	t.Helper()
	var doc tree
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	paths, _ := doc["paths"].(map[string]any)
	for _, item := range paths {
		operations := doc.resolve(item)
		for _, method := range []string{"get", "put", "post", "delete", "patch", "options", "trace"} {
			operation := doc.resolve(operations[method])
			responses, _ := operation["responses"].(map[string]any)
			if doc.isList(responses) {
				count++
			}
		}
	}
	return count
}

func (doc tree) isList(responses map[string]any) bool {
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		if !strings.HasPrefix(status, "2") && (status != "default" || len(responses) > 1) {
			continue
		}
		content, _ := doc.resolve(responses[status])["content"].(map[string]any)
		for _, mediaType := range slices.Sorted(maps.Keys(content)) {
			media := doc.resolve(content[mediaType])
			if !strings.Contains(mediaType, "json") && (mediaType != "*/*" || media["schema"] == nil || len(content) > 1) {
				continue
			}
			return doc.isArray(media["schema"])
		}
	}
	return false
}

func (doc tree) isArray(value any) bool {
	schema := doc.resolve(value)
	if parts, ok := schema["allOf"].([]any); ok && len(parts) == 1 && schema["properties"] == nil {
		return doc.isArray(parts[0])
	}
	types, _ := schema["type"].([]any)
	return schema["type"] == "array" || slices.Contains(types, any("array"))
}

// publicTable compares the table in README.md with the results, or writes it.
func publicTable(t *testing.T, results map[string]*publicResult) {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprint(&b, "| document | oapi-codegen | this generator | lists with an iterator |\n| --- | --- | --- | --- |\n")
	for _, name := range slices.Sorted(maps.Keys(results)) {
		r := results[name]
		iterators := "-"
		if r.client == "compiles" {
			iterators = fmt.Sprintf("%d of %d", r.iterators, r.lists)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.document, r.stock, r.client, iterators)
	}
	const begin, end = "<!-- public documents: written by make public-documents WRITE=1 -->\n\n", "\n<!-- end of public documents -->"
	page := read(t, "README.md")
	before, rest, ok := strings.Cut(page, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("README.md has no place for the table")
	}
	want := before + begin + b.String() + end + after
	switch {
	case *writePublic:
		write(t, want, "README.md")
	case page != want:
		t.Errorf("got another table than README.md has, run make public-documents WRITE=1:\n%s", b.String())
	}
}
