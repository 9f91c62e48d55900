package sandbox

import (
	"net/http"
	"slices"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/pathmatch"
)

// basePath is the path of the API, the same as on Tapkey's host.
const basePath = "/api/v1"

// route is an operation and its handler.
type route struct {
	operation api.Operation
	path      pathmatch.Template
	handler   http.HandlerFunc
}

// router finds the operation of a request. The generated code uses it instead of
// http.ServeMux, because Tapkey's paths are case-insensitive and may end in a slash, and
// because a response must be JSON and never a redirect.
type router struct {
	operations map[string]api.Operation // by pattern
	routes     []route
}

func newRouter(operations []api.Operation) *router {
	rt := &router{operations: make(map[string]api.Operation, len(operations))}
	for _, op := range operations {
		rt.operations[op.Method+" "+basePath+op.Path] = op
	}
	return rt
}

// HandleFunc registers the handler of an operation. The generated code calls it for each
// operation.
func (rt *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	op := rt.operations[pattern]
	rt.routes = append(rt.routes, route{op, pathmatch.Parse(basePath + op.Path), handler})
}

// ServeHTTP serves a request. The generated code requires it; the sandbox uses find.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found, err := rt.find(r)
	if err != nil {
		responseError(w, r, err)
		return
	}
	found.handler(w, r)
}

// find returns the route of a request and sets the request's path values. If there is no
// route, it returns a 404 or 405 failure.
func (rt *router) find(r *http.Request) (*route, error) {
	segments := pathmatch.Segments(r.URL)
	var allowed []string
	for i := range rt.routes {
		candidate := &rt.routes[i]
		if !candidate.path.Match(segments) {
			continue
		}
		if candidate.operation.Method != r.Method {
			allowed = append(allowed, candidate.operation.Method)
			continue
		}
		for name, value := range candidate.path.Values(segments) {
			r.SetPathValue(name, value)
		}
		return candidate, nil
	}
	if len(allowed) == 0 {
		return nil, notFound("unknown path")
	}
	slices.Sort(allowed)
	return nil, methodNotAllowed(r.Method, allowed...)
}
