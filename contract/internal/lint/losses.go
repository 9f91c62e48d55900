package lint

import (
	"strings"

	"github.com/tapkey-go/tapkey-go/contract/internal/yamltree"
)

const mediaType = "application/json"

// successes calls visit for each successful response of an operation.
func (o operation) successes(visit func(status string, at yamltree.Node)) {
	for status, response := range o.node.Get("responses").Fields() {
		if strings.HasPrefix(status, "2") {
			visit(status, response)
		}
	}
}

// successSchemas returns the schemas of the successful responses, without references.
func (o operation) successSchemas() []yamltree.Node {
	var list []yamltree.Node
	o.successes(func(_ string, at yamltree.Node) {
		for _, media := range at.Resolve().Get("content").Fields() {
			if schema := media.Get("schema").Resolve(); schema.Ok() {
				list = append(list, schema)
			}
		}
	})
	return list
}

// successInline reports successful responses and lists that stand behind a reference. They
// are written where they are used, so that a reader sees what an operation returns, and
// every generator finds the list.
func successInline(d *document) {
	for _, o := range d.operations() {
		o.successes(func(status string, at yamltree.Node) {
			if at.Get("$ref").Ok() {
				d.report(at, "%s: the response %s is a reference: write it in the operation", o, status)
			}
			for _, media := range at.Resolve().Get("content").Fields() {
				schema := media.Get("schema")
				for _, part := range variants(schema, 0) {
					if part.Get("type").Text() == "array" && schema.Resolve().Get("type").Text() == "array" && schema.Get("$ref").Ok() {
						d.report(schema, "%s: a named schema is the list: write type: array in the operation", o)
					}
					if part.Get("type").Text() == "array" && schema.Resolve().Get("allOf").Ok() {
						d.report(schema, "%s: a composition is the list: write type: array in the operation", o)
					}
				}
			}
		})
	}
}

// pagingList reports x-paging on an operation that is not a list.
func pagingList(d *document) {
	for _, o := range d.operations() {
		at := o.node.Get("x-paging")
		if !at.Ok() {
			continue
		}
		list := o.method == "get"
		for _, schema := range o.successSchemas() {
			list = list && schema.Get("type").Text() == "array"
		}
		if !list || len(o.successSchemas()) == 0 {
			d.report(at, "%s has x-paging but is not a list", o)
		}
	}
}

// mediaTypes reports content that the client does not read or write, and content without a
// schema.
func mediaTypes(d *document) {
	check := func(content yamltree.Node, what string) {
		for media, at := range content.Fields() {
			if media != mediaType {
				d.report(at, "%s: the media type is %q, want %s", what, media, mediaType)
			}
			if !at.Get("schema").Ok() {
				d.report(at, "%s: the content has no schema", what)
			}
		}
	}
	for _, o := range d.operations() {
		body := o.node.Get("requestBody")
		check(body.Resolve().Get("content"), o.String()+": the request")
		if body.Ok() && !body.Resolve().Get("content", mediaType).Ok() {
			d.report(body, "%s: the request has no content", o)
		}
		for status, response := range o.node.Get("responses").Fields() {
			check(response.Resolve().Get("content"), o.String()+": the response "+status)
		}
	}
}

// successValues reports successful responses with different values: a call returns one type.
func successValues(d *document) {
	for _, o := range d.operations() {
		var first yamltree.Node
		o.successes(func(status string, at yamltree.Node) {
			schema := at.Resolve().Get("content", mediaType, "schema")
			switch {
			case !schema.Ok():
			case !first.Ok():
				first = schema
			case !first.Equal(schema):
				d.report(at, "%s: the response %s has another value than the successful response before it", o, status)
			}
		})
	}
}
