package breaking

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// operation is an operation of a document.
type operation struct {
	*openapi3.Operation
	method, path string
	item         *openapi3.PathItem
	spec         *openapi3.T
}

func (o operation) where() string { return o.method + " " + o.path }

// operations returns the operations of a document, by method and path. The names of path
// parameters are left out: programs give their values by position.
func operations(spec *openapi3.T) map[string]operation {
	list := make(map[string]operation)
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			list[method+" "+pathParameter.ReplaceAllString(path, "{}")] = operation{op, method, path, item, spec}
		}
	}
	return list
}

var pathParameter = regexp.MustCompile(`\{([^}]*)\}`)

// operationRules reports what changes the requests of a call, or what the client does with
// its response.
func operationRules(before, after *openapi3.T) []Change {
	var changes []Change
	now := operations(after)
	for key, was := range operations(before) {
		is, ok := now[key]
		if !ok {
			continue // reported by oasdiff
		}
		changes = append(changes, slices.Concat(
			extensionRules(was, is), overrideRules(was, is), parameterRules(was, is), bodyRules(was, is),
			valueRules(was, is), errorRules(was, is),
		)...)
	}
	return changes
}

// extensionRules compares x-idempotent, by which requests are retried, and x-paging, by
// which a list is read.
func extensionRules(was, is operation) []Change {
	var changes []Change
	for _, extension := range []struct{ name, was, is, effect string }{
		{"x-idempotent", idempotent(was), idempotent(is), "whether requests are retried"},
		{"x-paging", paging(was), paging(is), "how the list is read"},
	} {
		verb := "changed"
		switch {
		case extension.was == extension.is:
			continue
		case extension.was == "":
			verb = "added"
		case extension.is == "":
			verb = "removed"
		}
		changes = append(changes, Change{
			Rule: "operation-extension-" + verb, Where: was.where(),
			Text: extension.name + " was " + verb + ", and with it " + extension.effect, Breaking: true,
		})
	}
	return changes
}

// idempotent returns "true" if the client retries an operation. Reads need no extension.
func idempotent(o operation) string {
	if o.method == "GET" || o.method == "HEAD" || o.Extensions["x-idempotent"] == true {
		return "true"
	}
	return ""
}

func paging(o operation) string {
	text, _ := o.Extensions["x-paging"].(string)
	return text
}

// serverOverride returns the server of an operation or its path, if it is not that of the
// document.
func (o operation) serverOverride() string {
	servers := o.item.Servers
	if o.Servers != nil && len(*o.Servers) > 0 {
		servers = *o.Servers
	}
	if len(servers) == 0 || firstServer(servers) == firstServer(o.spec.Servers) {
		return ""
	}
	return firstServer(servers)
}

// overrideRules compares the servers of a path or an operation. The client does not use
// them, so calls would be sent elsewhere than the document says.
func overrideRules(was, is operation) []Change {
	a, b := was.serverOverride(), is.serverOverride()
	if a == b {
		return nil
	}
	const document = "that of the document"
	return []Change{{
		Rule: "operation-server-changed", Where: was.where(), Breaking: true,
		Text: fmt.Sprintf("the server is %s; was: %s", cmp.Or(b, document), cmp.Or(a, document)),
	}}
}

// parameterRules compares how parameters are written into a request.
func parameterRules(was, is operation) []Change {
	var changes []Change
	now := parameters(is)
	for key, p := range parameters(was) {
		q := now[key]
		if q == nil {
			continue // reported by oasdiff
		}
		if a, b := serialization(p), serialization(q); a != b {
			changes = append(changes, Change{
				Rule: "request-parameter-serialization-changed", Where: was.where(),
				Text: fmt.Sprintf("the parameter %s is written as %s; was: %s", q.Name, b, a), Breaking: true,
			})
		}
		if p.AllowEmptyValue && !q.AllowEmptyValue {
			changes = append(changes, Change{
				Rule: "request-parameter-empty-value-disallowed", Where: was.where(),
				Text: "the parameter " + q.Name + " may no longer be empty", Breaking: true,
			})
		}
	}
	return changes
}

// parameters returns the parameters of an operation by location and name, those of the
// path by position.
func parameters(o operation) map[string]*openapi3.Parameter {
	list := make(map[string]*openapi3.Parameter)
	for _, ref := range o.Parameters {
		key := ref.Value.Name
		if ref.Value.In == openapi3.ParameterInPath {
			key = fmt.Sprint(slices.IndexFunc(pathParameter.FindAllStringSubmatch(o.path, -1), func(m []string) bool { return m[1] == ref.Value.Name }))
		}
		list[ref.Value.In+":"+key] = ref.Value
	}
	return list
}

// serialization describes how the value of a parameter is written. The default style is
// the same as a style that is given, and explode matters only for arrays and objects.
func serialization(p *openapi3.Parameter) string {
	if p.Schema == nil {
		return "content " + strings.Join(slices.Sorted(maps.Keys(p.Content)), ", ")
	}
	style := cmp.Or(p.Style, map[string]string{
		openapi3.ParameterInQuery: openapi3.SerializationForm, openapi3.ParameterInCookie: openapi3.SerializationForm,
	}[p.In], openapi3.SerializationSimple)
	text := "style " + style
	if t := p.Schema.Value.Type; !t.Is("string") && !t.Is("integer") && !t.Is("number") && !t.Is("boolean") {
		explode := style == openapi3.SerializationForm
		if p.Explode != nil {
			explode = *p.Explode
		}
		text += fmt.Sprintf(", explode %t", explode)
	}
	if p.AllowReserved {
		text += ", reserved characters as they are"
	}
	return text
}

// bodyRules compares the media type in which a call sends its body, and how that is
// written.
func bodyRules(was, is operation) []Change {
	a, before := sent(was)
	b, after := sent(is)
	switch {
	case before == nil || after == nil: // reported by oasdiff
		return nil
	case a != b:
		return []Change{{Rule: "request-media-type-changed", Where: was.where(), Text: "the body is sent as " + b + "; was: " + a, Breaking: true}}
	}
	for _, name := range slices.Sorted(maps.Keys(before.Encoding)) {
		if x, y := before.Encoding[name], after.Encoding[name]; y == nil || encoding(x) != encoding(y) {
			return []Change{{Rule: "request-encoding-changed", Where: was.where(), Text: "the encoding of " + name + " was changed", Breaking: true}}
		}
	}
	return nil
}

// sent returns the media type of the body that a call sends: the first in the order in
// which the generator sorts them.
func sent(o operation) (string, *openapi3.MediaType) {
	if o.RequestBody == nil {
		return "", nil
	}
	content := o.RequestBody.Value.Content
	for _, name := range slices.Sorted(maps.Keys(content)) {
		return name, content[name]
	}
	return "", nil
}

func encoding(e *openapi3.Encoding) string {
	explode := e.Explode == nil || *e.Explode
	return fmt.Sprint(e.ContentType, cmp.Or(e.Style, openapi3.SerializationForm), explode, e.AllowReserved)
}

// valueRules compares what a call returns.
func valueRules(was, is operation) []Change {
	change := func(rule, text string) []Change {
		return []Change{{Rule: rule, Where: was.where(), Text: text, Breaking: true}}
	}
	before, after := value(was), value(is)
	switch {
	case before == nil && after == nil:
		return nil
	case before == nil:
		return change("response-value-added", "a successful response has a body; the call returned only an error")
	case after == nil:
		return change("response-value-removed", "no successful response has a body; the call returned a value")
	case !mayBeEmpty(was) && mayBeEmpty(is):
		return change("response-may-be-empty", "a successful response may have no body; the call then returns an empty value")
	}
	return nil
}

// errorRules compares the response for all statuses that an operation does not name.
func errorRules(was, is operation) []Change {
	if was.Responses.Default() == nil || is.Responses.Default() != nil {
		return nil
	}
	return []Change{{
		Rule: "response-default-removed", Where: was.where(), Text: "the response for all other statuses was removed", Breaking: true,
	}}
}

// value returns the schema of the value that a call returns, nil if it returns none.
func value(o operation) *openapi3.SchemaRef {
	responses := o.Responses.Map()
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		content := responses[status].Value.Content
		for _, name := range slices.Sorted(maps.Keys(content)) {
			if isSuccess(status) && content[name].Schema != nil && strings.Contains(name, "json") {
				return content[name].Schema
			}
		}
	}
	return nil
}

// mayBeEmpty reports whether a successful response may have no body.
func mayBeEmpty(o operation) bool {
	for status, response := range o.Responses.Map() {
		if isSuccess(status) && len(response.Value.Content) == 0 {
			return true
		}
	}
	return false
}

func isSuccess(status string) bool { return strings.HasPrefix(status, "2") }
