package lint

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

func response409(d *document) {
	for _, o := range d.operations() {
		if !reads(o.method) && !o.hasResponse(func(s string) bool { return s == "409" }) {
			d.report(o.responses(), "%s changes data but has no response 409", o)
		}
	}
}

func response404(d *document) {
	for _, o := range d.operations() {
		if o.byID() && !o.hasResponse(func(s string) bool { return s == "404" }) {
			d.report(o.responses(), "%s reads or changes an entity by its id but has no response 404", o)
		}
	}
}

// responses returns the responses of an operation, or the operation if it has none.
func (o operation) responses() yamltree.Node {
	if at := o.node.Get("responses"); at.Ok() {
		return at
	}
	return o.node
}

var status = regexp.MustCompile(`^([1-5])(\d\d|XX)$`)

func responseStatus(d *document) {
	for _, o := range d.operations() {
		for code, at := range o.node.Get("responses").Fields() {
			if code == "default" || strings.HasPrefix(code, "x-") {
				continue
			}
			n, _ := strconv.Atoi(code)
			switch m := status.FindStringSubmatch(code); {
			case m == nil || m[2] != "XX" && http.StatusText(n) == "":
				d.report(at, "%s: there is no status %s", o, code)
			case m[1] == "1":
				d.report(at, "%s: %s is never the status of a complete response", o, code)
			}
		}
	}
}

// fieldsNullable reports fields of responses that contradict the convention: all but id are
// optional and nullable.
func fieldsNullable(d *document) {
	for _, schema := range d.responseSchemas() {
		for name, field := range schema.Get("properties").Fields() {
			switch null := nullable(field); {
			case name == "id" && requires(schema, name) && null:
				d.report(field, "the field id is nullable")
			case name == "id" && requires(schema, name):
			case !null:
				d.report(field, "the field %s of a response is not nullable: $select removes fields, and many are null", name)
			}
		}
		for name := range schema.Get("required").Items() {
			if name.Text() != "id" {
				d.report(name, "the field %s of a response is required: $select removes fields", name.Text())
			}
		}
	}
}

// responseID reports ids of entities that are not required strings.
func responseID(d *document) {
	entities := map[string]bool{}
	for _, o := range d.operations() {
		for _, schema := range o.successSchemas() {
			if schema.Get("type").Text() == "array" {
				schema = schema.Get("items").Resolve()
			}
			id := schema.Get("properties", "id")
			key := strconv.Itoa(schema.Line())
			if !id.Ok() || entities[key] {
				continue
			}
			entities[key] = true
			if !requires(schema, "id") {
				d.report(id, "the id of an entity is not required")
			}
			if nullable(id) {
				d.report(id, "the id of an entity is nullable")
			}
			if !opaque(id) {
				d.report(id, "the id of an entity is not a string without a format")
			}
		}
	}
}

// opaque reports whether a schema is a string without a format, which every id is.
func opaque(schema yamltree.Node) bool {
	schema = schema.Resolve()
	return schema.Get("type").Text() == "string" && !schema.Get("format").Ok()
}

func pathParameters(d *document) {
	for _, o := range d.operations() {
		for _, ref := range o.parameters() {
			p := ref.Resolve()
			if p.Get("in").Text() == "path" && !opaque(p.Get("schema")) {
				d.report(p.Get("schema"), "%s: the path parameter %s is not a string without a format", o, p.Get("name").Text())
			}
		}
	}
}

// oneWayFields reports fields that are never received or never sent.
func oneWayFields(d *document) {
	for _, schema := range d.responseSchemas() {
		for name, field := range schema.Get("properties").Fields() {
			if at := field.Resolve().Get("writeOnly"); at.Text() == "true" {
				d.report(field, "the field %s of a response is writeOnly", name)
			}
		}
	}
	for _, schema := range d.requestSchemas() {
		for name, field := range schema.Get("properties").Fields() {
			if at := field.Resolve().Get("readOnly"); at.Text() == "true" {
				d.report(field, "the field %s of a request is readOnly", name)
			}
		}
	}
}

// requires reports whether a schema requires a field.
func requires(schema yamltree.Node, name string) bool {
	return slices.Contains(schema.Get("required").Texts(), name)
}

func pagingTypes(d *document) {
	for _, o := range d.operations() {
		for _, ref := range o.parameters() {
			p := ref.Resolve()
			name := p.Get("name").Text()
			if name != "$top" && name != "$skip" {
				continue
			}
			schema := p.Get("schema").Resolve()
			switch {
			case p.Get("in").Text() != "query":
				d.report(p, "%s: %s is not in the query", o, name)
			case p.Get("required").Text() == "true":
				d.report(p.Get("required"), "%s: %s is required, so that the iterator cannot leave it to the caller", o, name)
			case schema.Get("type").Text() != "integer" || schema.Get("format").Ok():
				d.report(p.Get("schema"), "%s: %s is not an integer without a format", o, name)
			}
		}
	}
}

func scopeVerb(d *document) {
	for _, o := range d.operations() {
		for _, scope := range o.scopes() {
			verb, _, _ := strings.Cut(scope.node.Text(), ":")
			switch {
			case verb == "read" && !reads(o.method):
				d.report(scope.node, "%s changes data but requires the scope %s", o, scope.node.Text())
			case verb == "write" && reads(o.method):
				d.report(scope.node, "%s only reads but requires the scope %s", o, scope.node.Text())
			}
		}
	}
}

func securityEmpty(d *document) {
	for _, at := range append([]yamltree.Node{d.root}, d.kinds()["operation"]...) {
		security := at.Get("security")
		count := 0
		for requirement := range security.Items() {
			count++
			schemes := 0
			for scheme, scopes := range requirement.Fields() {
				schemes++
				if len(scopes.Texts()) == 0 {
					d.report(scopes, "%s is required without a scope", scheme)
				}
			}
			if schemes == 0 {
				d.report(security, "a requirement is empty, so that no token is needed")
			}
		}
		if security.Ok() && count == 0 {
			d.report(security, "security is empty, so that no token is needed")
		}
	}
}

func securityURLs(d *document) {
	for scheme, at := range d.root.Get("components", "securitySchemes").Fields() {
		check := func(at yamltree.Node, key string) {
			if u, err := url.Parse(at.Text()); at.Ok() && (err != nil || u.Scheme != "https" || u.Host == "") {
				d.report(at, "%s: %s is not an https URL", scheme, key)
			}
		}
		for _, flow := range at.Get("flows").Fields() {
			for _, key := range []string{"tokenUrl", "authorizationUrl", "refreshUrl"} {
				check(flow.Get(key), key)
			}
		}
		check(at.Get("openIdConnectUrl"), "openIdConnectUrl")
	}
}

func bodies(d *document) {
	for _, o := range d.operations() {
		if body := o.node.Get("requestBody"); body.Ok() && (reads(o.method) || o.method == "delete" || o.method == "trace") {
			d.report(body, "%s: a %s request has no body", o, strings.ToUpper(o.method))
		}
		for code, response := range o.node.Get("responses").Fields() {
			content := response.Resolve().Get("content")
			if (code == "204" || code == "205" || code == "304" || o.method == "head") && content.Ok() {
				d.report(response, "%s: the response %s has no body", o, code)
			}
		}
	}
}

func tags(d *document) {
	used := map[string]bool{}
	for _, o := range d.operations() {
		for tag := range o.node.Get("tags").Items() {
			used[tag.Text()] = true
		}
	}
	seen := map[string]bool{}
	for tag := range d.root.Get("tags").Items() {
		name := tag.Get("name").Text()
		if !used[name] {
			d.report(tag, "no operation has the tag %s", name)
		}
		if seen[name] {
			d.report(tag, "the tag %s is declared twice", name)
		}
		seen[name] = true
	}
}

// formats are the formats of the OpenAPI format registry that clients agree on, by type.
var formats = map[string][]string{
	"string":  {"byte", "binary", "date", "date-time", "password", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"},
	"integer": {"int32", "int64"},
	"number":  {"float", "double"},
}

func formatUnknown(d *document) {
	for _, schema := range d.allSchemas() {
		at, kind := schema.Get("format"), schema.Get("type").Text()
		if at.Text() != "" && kind != "" && !slices.Contains(formats[kind], at.Text()) {
			d.report(at, "unknown format %q of the type %s", at.Text(), kind)
		}
	}
}

var segment = regexp.MustCompile(`^(\{[^{}/]+\}|[A-Za-z0-9._~!$&'()*+,;=:@-]+)$`)

func pathSyntax(d *document) {
	for path, at := range d.root.Get("paths").Fields() {
		rest, rooted := strings.CutPrefix(path, "/")
		switch {
		case !rooted:
			d.report(at, "the path %s does not begin with a slash", path)
			continue
		case strings.ContainsAny(path, "?#"):
			d.report(at, "the path %s has a query or a fragment", path)
			continue
		case strings.HasSuffix(path, "/"):
			d.report(at, "the path %s ends with a slash", path)
			continue
		}
		seen := map[string]bool{}
		for part := range strings.SplitSeq(rest, "/") {
			switch {
			case part == "." || part == ".." || !segment.MatchString(part):
				d.report(at, "the path %s has the invalid segment %q", path, part)
			case isParameter(part) && seen[part]:
				d.report(at, "the path %s has the parameter %s twice", path, part)
			}
			seen[part] = true
		}
	}
}

func serversNested(d *document) {
	for _, o := range d.operations() {
		for _, at := range []yamltree.Node{o.path.Get("servers"), o.node.Get("servers")} {
			if at.Ok() {
				d.report(at, "%s: servers of a path or an operation are ignored: the client has one base URL", o)
			}
		}
	}
}

// exampleFields reports fields of examples that the schema does not have. Objects in
// responses are open, so that they are valid.
func exampleFields(d *document) {
	for _, schema := range d.schemas() {
		d.compareExample(schema, schema.Get("example"), 0)
	}
	d.walkOutsideExamples(d.root, func(n yamltree.Node) {
		schema := n.Get("schema")
		if !schema.Ok() {
			return
		}
		d.compareExample(schema, n.Get("example"), 0)
		for _, example := range n.Get("examples").Fields() {
			d.compareExample(schema, example.Resolve().Get("value"), 0)
		}
	})
}

func (d *document) compareExample(schema, example yamltree.Node, depth int) {
	if !example.Ok() || depth > 16 {
		return
	}
	for item := range example.Items() {
		for _, s := range variants(schema, 0) {
			if s.Get("items").Ok() {
				d.compareExample(s.Get("items"), item, depth+1)
			}
		}
	}
	parts := variants(schema, 0)
	if slices.ContainsFunc(parts, open) {
		return
	}
	for name, value := range example.Fields() {
		found := false
		for _, part := range parts {
			if field := part.Get("properties", name); field.Ok() {
				found = true
				d.compareExample(field, value, depth+1)
				break
			}
		}
		if !found {
			d.report(value, "the example has the field %s, which the schema has not", name)
		}
	}
}

// variants returns a schema and all parts of its compositions.
func variants(schema yamltree.Node, depth int) []yamltree.Node {
	schema = schema.Resolve()
	list := []yamltree.Node{schema}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		for part := range schema.Get(keyword).Items() {
			if depth < 8 {
				list = append(list, variants(part, depth+1)...)
			}
		}
	}
	return list
}

// open reports whether a schema declares that an object has other fields.
func open(schema yamltree.Node) bool {
	additional := schema.Get("additionalProperties")
	return additional.Ok() && additional.Text() != "false"
}

func discriminator(d *document) {
	d.walkOutsideExamples(d.root, func(n yamltree.Node) {
		at := n.Get("discriminator")
		if !at.Ok() || at.Tag() != "!!map" {
			return
		}
		name := at.Get("propertyName").Text()
		var parts []yamltree.Node
		for _, keyword := range []string{"oneOf", "anyOf"} {
			for part := range n.Get(keyword).Items() {
				parts = append(parts, part)
			}
		}
		if len(parts) == 0 {
			parts = []yamltree.Node{n}
		}
		for _, part := range parts {
			if !hasField(part, name, 0) {
				d.report(at, "the discriminator names %q, which is not a field of each schema", name)
				break
			}
		}
		for value, target := range at.Get("mapping").Fields() {
			ref := target.Text()
			if !strings.Contains(ref, "/") {
				ref = "#/components/schemas/" + ref
			}
			schema := d.root.Get("components", "schemas", strings.TrimPrefix(ref, "#/components/schemas/"))
			switch {
			case !schema.Ok():
				d.report(target, "the discriminator maps %q to %s, which does not exist", value, ref)
			case n.Get("oneOf").Ok() || n.Get("anyOf").Ok():
				if !slices.ContainsFunc(parts, func(part yamltree.Node) bool { return part.Resolve().Same(schema) }) {
					d.report(target, "the discriminator maps %q to %s, which is not a part of the union", value, ref)
				}
			}
		}
	})
}

// selfReference reports schemas that contain themselves without end: by a reference, a
// composition, the items of a list, or a field that is required and not nullable.
func selfReference(d *document) {
	for name, schema := range d.schemas() {
		if contains(schema, schema, nil) {
			d.report(schema, "%s contains itself without end", name)
		}
	}
}

func contains(schema, target yamltree.Node, seen []yamltree.Node) bool {
	next := func(n yamltree.Node) bool {
		if !n.Ok() {
			return false
		}
		to, ref := n.Ref()
		if ref != "" && to.Same(target) {
			return true
		}
		if slices.ContainsFunc(seen, to.Same) {
			return false
		}
		return contains(to, target, append(seen, to))
	}
	if schema.Get("$ref").Ok() {
		return next(schema)
	}
	for _, keyword := range []string{"allOf", "oneOf", "anyOf"} {
		for part := range schema.Get(keyword).Items() {
			if next(part) {
				return true
			}
		}
	}
	if schema.Get("type").Text() == "array" && next(schema.Get("items")) {
		return true
	}
	for name, field := range schema.Get("properties").Fields() {
		if requires(schema, name) && !nullable(field) && next(field) {
			return true
		}
	}
	return false
}
