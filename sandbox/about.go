package sandbox

import (
	_ "embed"
	"html/template"
	"net/http"
	"regexp"
	"strings"

	tapkeygo "github.com/tapkey-go/tapkey-go"
	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// Paths about the sandbox itself. They need no token.
const (
	healthPath   = "/healthz"
	contractPath = "/openapi.yaml"
	docsPath     = "/docs"
	bundlePath   = "/docs/redoc.js"
)

// about returns the handler of a path that is about the sandbox, not part of Tapkey, or nil.
func (s *Server) about(path string) http.HandlerFunc {
	switch {
	case path == healthPath:
		return onlyRead(serveHealth)
	case path == contractPath:
		return onlyRead(s.serveContract)
	case path == docsPath || path == docsPath+"/":
		return onlyRead(serveDocs)
	case path == bundlePath && len(redoc) > 0:
		return onlyRead(serveBundle)
	case s.config.control && strings.HasPrefix(path, controlPath):
		return s.control
	}
	return nil
}

// onlyRead returns a handler that accepts GET and HEAD only.
func onlyRead(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			methodNotAllowed(r.Method, http.MethodGet, http.MethodHead).write(w)
			return
		}
		serve(w, r)
	}
}

// serveHealth reports that the sandbox is ready. A sandbox that accepts connections is.
func serveHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("ok\n"))
}

var (
	servers     = regexp.MustCompile(`(?m)^servers:\n(?:[ #].*\n)+`)
	loginServer = regexp.MustCompile(`(: )https://login\.tapkey\.com/`)
)

// serveContract serves the contract with the URLs of this sandbox.
func (s *Server) serveContract(w http.ResponseWriter, r *http.Request) {
	origin := s.originFor(r)
	document := string(tapkeygo.OpenAPI())
	document = servers.ReplaceAllLiteralString(document, "servers:\n  - url: "+origin+basePath+"\n    description: This sandbox\n")
	document = loginServer.ReplaceAllString(document, "${1}"+origin+"/")
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write([]byte(document)) //nolint:gosec // YAML; validHost restricts the origin
}

//go:embed pages/docs.html
var docsHTML string

//go:embed pages/docs.css
var docsCSS string

//go:embed pages/docs.js
var docsJS string

// docsPage is the page at /docs. Without the bundle of Redoc, and in browsers without
// scripts, it is a list of the operations.
var docsPage = template.Must(template.Must(template.New("docs").Parse(docsHTML)).New("style").Parse(docsCSS))

func serveDocs(w http.ResponseWriter, _ *http.Request) {
	page := struct {
		Script     template.HTML
		Operations []api.Operation
		Contract   string
	}{Operations: tapkey.Operations(), Contract: contractPath}
	policy := "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src "
	if len(redoc) == 0 {
		policy += hashSource(docsCSS)
	} else {
		page.Script = template.HTML(`<script type="module">` + docsJS + `</script>`) //nolint:gosec // a constant
		// Redoc creates style elements, and a worker for its search.
		policy += "'unsafe-inline'; script-src 'self' " + hashSource(docsJS) + "; connect-src 'self'; font-src data:; worker-src blob:"
	}
	for name, value := range map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"Content-Security-Policy": policy,
		"X-Content-Type-Options":  "nosniff",
		"Referrer-Policy":         "no-referrer",
		"Cache-Control":           "no-cache",
	} {
		w.Header().Set(name, value)
	}
	var text strings.Builder
	if err := docsPage.ExecuteTemplate(&text, "docs", page); err != nil { // the template fits the data
		panic(err)
	}
	_, _ = w.Write([]byte(text.String()))
}

func serveBundle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(redoc)
}
