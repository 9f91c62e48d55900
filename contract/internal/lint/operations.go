package lint

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

func serverBasePath(d *document) {
	servers := d.root.Get("servers")
	for server := range servers.Items() {
		at := server.Get("url")
		u, err := url.Parse(at.Text())
		switch {
		case err != nil:
			d.report(at, "invalid URL")
		case u.Scheme != "https":
			d.report(at, "the scheme is %q, want https", u.Scheme)
		case u.Path != basePath:
			d.report(at, "the base path is %q, want %q", u.Path, basePath)
		}
		return
	}
	d.report(d.root, "there is no server")
}

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

func pathAmbiguous(d *document) {
	seen := make(map[string]string)
	for path, at := range d.root.Get("paths").Fields() {
		shape := strings.ToLower(pathParameter.ReplaceAllString(path, "{}"))
		if other, ok := seen[shape]; ok {
			d.report(at, "%s and %s match the same requests", other, path)
		}
		seen[shape] = path
	}
}

func operationID(d *document) {
	for _, o := range d.operations() {
		if o.id == "" {
			d.report(o.node, "%s has no operationId", o.method)
		}
	}
}

func operationTag(d *document) {
	var declared []string
	for tag := range d.root.Get("tags").Items() {
		declared = append(declared, tag.Get("name").Text())
	}
	for _, o := range d.operations() {
		tags := o.node.Get("tags")
		if len(tags.Texts()) == 0 {
			d.report(o.node, "%s has no tag", o)
		}
		for tag := range tags.Items() {
			if !slices.Contains(declared, tag.Text()) {
				d.report(tag, "%s has the undeclared tag %q", o, tag.Text())
			}
		}
	}
}

// scope is a scope that an operation requires.
type scope struct {
	scheme string
	node   yamltree.Node
}

func (o operation) scopes() []scope {
	var list []scope
	for requirement := range o.node.Get("security").Items() {
		for scheme, scopes := range requirement.Fields() {
			for node := range scopes.Items() {
				list = append(list, scope{scheme, node})
			}
		}
	}
	return list
}

func operationSecurity(d *document) {
	for _, o := range d.operations() {
		if len(o.scopes()) == 0 {
			d.report(o.node, "%s has no scope", o)
		}
	}
}

func scopeUndeclared(d *document) {
	schemes := d.root.Get("components", "securitySchemes")
	for _, o := range d.operations() {
		for _, scope := range o.scopes() {
			name := scope.node.Text()
			for flow, declared := range schemes.Get(scope.scheme, "flows").Fields() {
				if !declared.Get("scopes", name).Ok() {
					d.report(scope.node, "%s requires the scope %q, which the flow %s does not declare", o, name, flow)
				}
			}
		}
	}
}

// hasResponse reports whether an operation has a response whose status test accepts.
func (o operation) hasResponse(test func(status string) bool) bool {
	for status := range o.node.Get("responses").Fields() {
		if test(status) {
			return true
		}
	}
	return false
}

func responseSuccess(d *document) {
	d.requireResponse(func(s string) bool { return strings.HasPrefix(s, "2") }, "has no successful response")
}

func response401(d *document) {
	d.requireResponse(func(s string) bool { return s == "401" }, "has no response 401")
}

func response4xx(d *document) {
	d.requireResponse(func(s string) bool { return strings.HasPrefix(s, "4") && s != "401" }, "has no 4xx response other than 401")
}

func responseDefault(d *document) {
	d.requireResponse(func(s string) bool { return s == "default" }, "has no default response")
}

// requireResponse reports the operations without a response whose status test accepts.
func (d *document) requireResponse(test func(status string) bool, message string) {
	for _, o := range d.operations() {
		if !o.hasResponse(test) {
			at := o.node.Get("responses")
			if !at.Ok() {
				at = o.node
			}
			d.report(at, "%s %s", o, message)
		}
	}
}

func pagingParameters(d *document) {
	for _, o := range d.operations() {
		paging := o.node.Get("x-paging")
		if !paging.Ok() {
			continue
		}
		if paging.Text() != "offset" {
			d.report(paging, "%s: x-paging is %q, want offset", o, paging.Text())
		}
		for _, want := range []string{"$top", "$skip"} {
			if !slices.ContainsFunc(o.parameters(), func(p yamltree.Node) bool { return p.Resolve().Get("name").Text() == want }) {
				d.report(paging, "%s is paged but has no parameter %s", o, want)
			}
		}
	}
}

func evidence(d *document) {
	check := func(at yamltree.Node, name string) {
		switch word := at.Get("x-evidence"); {
		case !word.Ok():
			d.report(at, "%s has no x-evidence", name)
		case !slices.Contains([]string{"verified", "reported", "inferred"}, word.Text()):
			d.report(word, "%s: x-evidence is %q, want verified, reported or inferred", name, word.Text())
		}
	}
	for _, o := range d.operations() {
		check(o.node, o.String())
	}
	for name, schema := range d.schemas() {
		check(schema, name)
	}
}

func evidenceInferred(d *document) {
	for _, o := range d.operations() {
		if word := o.node.Get("x-evidence"); word.Text() == "inferred" {
			d.report(word, "%s is inferred: the contract has only operations that were observed", o)
		}
	}
}

func responseMediaTypes(d *document) {
	for _, o := range d.operations() {
		for status, response := range o.node.Get("responses").Fields() {
			count := 0
			for media, at := range response.Resolve().Get("content").Fields() {
				media, _, _ = strings.Cut(media, ";")
				if !strings.HasSuffix(media, "json") {
					continue
				}
				if count++; count == 2 {
					d.report(at, "%s: the response %s has two JSON media types", o, status)
				}
			}
		}
	}
}
