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
			d.report(at, "the URL cannot be parsed")
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
	for path, at := range d.root.Get("paths").Members() {
		shape := strings.ToLower(pathParameter.ReplaceAllString(path, "{}"))
		if other, ok := seen[shape]; ok {
			d.report(at, "%s cannot be told from %s", path, other)
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
				d.report(tag, "%s has the tag %q, which is not declared", o, tag.Text())
			}
		}
	}
}

// scopes calls visit for every scope that an operation asks for.
func (o operation) scopes(visit func(scheme string, scope yamltree.Node)) {
	for requirement := range o.node.Get("security").Items() {
		for scheme, scopes := range requirement.Members() {
			for scope := range scopes.Items() {
				visit(scheme, scope)
			}
		}
	}
}

func operationSecurity(d *document) {
	for _, o := range d.operations() {
		found := false
		o.scopes(func(string, yamltree.Node) { found = true })
		if !found {
			d.report(o.node, "%s names no scope", o)
		}
	}
}

func scopeUndeclared(d *document) {
	schemes := d.root.Get("components", "securitySchemes")
	for _, o := range d.operations() {
		o.scopes(func(scheme string, scope yamltree.Node) {
			for flow, declared := range schemes.Get(scheme, "flows").Members() {
				if !declared.Get("scopes", scope.Text()).Ok() {
					d.report(scope, "%s needs the scope %q, which the flow %s does not declare", o, scope.Text(), flow)
				}
			}
		})
	}
}

// hasAnswer reports whether an operation documents a status that test accepts.
func (o operation) hasAnswer(test func(status string) bool) bool {
	for status := range o.node.Get("responses").Members() {
		if test(status) {
			return true
		}
	}
	return false
}

func answerSuccess(d *document) {
	d.eachLacks(func(s string) bool { return strings.HasPrefix(s, "2") }, "documents no success")
}

func answer401(d *document) {
	d.eachLacks(func(s string) bool { return s == "401" }, "does not document 401")
}

func answer4xx(d *document) {
	d.eachLacks(func(s string) bool { return strings.HasPrefix(s, "4") && s != "401" }, "documents no 4xx besides 401")
}

func answerDefault(d *document) {
	d.eachLacks(func(s string) bool { return s == "default" }, "has no default answer")
}

func (d *document) eachLacks(test func(string) bool, message string) {
	for _, o := range d.operations() {
		if !o.hasAnswer(test) {
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
				d.report(paging, "%s is paged and has no parameter %s", o, want)
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
			d.report(word, "%s is inferred: only what has been seen belongs here", o)
		}
	}
}

func answerMediaTypes(d *document) {
	for _, o := range d.operations() {
		for status, response := range o.node.Get("responses").Members() {
			count := 0
			for media, at := range response.Resolve().Get("content").Members() {
				media, _, _ = strings.Cut(media, ";")
				if !strings.HasSuffix(media, "json") {
					continue
				}
				if count++; count == 2 {
					d.report(at, "%s: the answer %s has two JSON media types", o, status)
				}
			}
		}
	}
}
