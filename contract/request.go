package contract

import (
	"errors"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// checkRequest validates a request. It uses the given body and does not read that of the
// request.
func (d *document) checkRequest(req *http.Request, r *route, path map[string]string, body []byte) []Finding {
	var found []Finding
	add := func(class Class, pointer, detail string) {
		found = append(found, Finding{
			Operation: r.Operation.OperationID, Side: Request, Class: class, Pointer: pointer, Detail: detail,
		})
	}

	if scheme, _, _ := strings.Cut(req.Header.Get("Authorization"), " "); d.secured(r) && !strings.EqualFold(scheme, "Bearer") {
		add(MissingToken, "", "")
	}

	query := req.URL.Query()
	declared := make(map[string]bool)
	input := &openapi3filter.RequestValidationInput{
		Request: req, PathParams: path, QueryParams: query, Route: &r.Route,
		Options: &openapi3filter.Options{MultiError: true, SkipSettingDefaults: true},
	}
	for _, list := range []openapi3.Parameters{r.PathItem.Parameters, r.Operation.Parameters} {
		for _, ref := range list {
			p := ref.Value
			if p.In == openapi3.ParameterInQuery {
				declared[p.Name] = true
			}
			err := openapi3filter.ValidateParameter(req.Context(), input, p)
			switch {
			case err == nil:
			case errors.Is(err, openapi3filter.ErrInvalidRequired):
				add(MissingRequired, p.In+":"+p.Name, "")
			default:
				add(WrongType, p.In+":"+p.Name, "")
			}
		}
	}
	for name := range query {
		if !declared[name] {
			add(UndeclaredParameter, "query:"+strings.TrimPrefix(pointerOf([]string{name}), "/"), "")
		}
	}

	switch declaredBody := r.Operation.RequestBody; {
	case declaredBody == nil:
		if len(body) > 0 {
			add(UnknownField, "", "no body is declared")
		}
	case len(body) == 0:
		if declaredBody.Value.Required {
			add(MissingRequired, "", "a body is required")
		}
	default:
		media := declaredBody.Value.Content.Get(req.Header.Get("Content-Type"))
		_, places := checkBody(media, body, openapi3.VisitAsRequest())
		for _, p := range places {
			add(p.class, p.pointer, p.detail)
		}
	}
	return found
}

// secured reports whether an operation requires a token.
func (d *document) secured(r *route) bool {
	if r.Operation.Security != nil {
		return len(*r.Operation.Security) > 0
	}
	return len(d.spec.Security) > 0
}
