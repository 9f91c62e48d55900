package contract

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkAnswer validates an answer whose body has been read to its end. objects is how
// many JSON objects of the contract's were looked at: an empty list proves nothing.
func (d *document) checkAnswer(req *http.Request, r *route, rsp *http.Response, body []byte) (found []Finding, objects int) {
	add := func(class Class, pointer, detail string) {
		found = append(found, Finding{
			Operation: r.Operation.OperationID, Side: Answer, Status: rsp.StatusCode,
			Class: class, Pointer: pointer, Detail: detail,
		})
	}
	documented := r.Operation.Responses.Status(rsp.StatusCode)
	if documented == nil {
		if !passing(rsp.StatusCode) {
			add(UndocumentedStatus, "", "")
		}
		return found, 0 // there is nothing to hold the body against
	}
	success := rsp.StatusCode < 300
	if len(documented.Value.Content) == 0 {
		if len(bytes.TrimSpace(body)) > 0 {
			add(WrongContentType, "", "no body is documented")
		}
		return found, 0
	}
	if len(body) == 0 && !success {
		return nil, 0 // whether errors always have a body is not known
	}
	media := documented.Value.Content.Get(rsp.Header.Get("Content-Type"))
	value, places := checkBody(media, body, openapi3.VisitAsResponse())
	for _, p := range places {
		if p.class == MissingRequired && leftOut(req.URL.Query(), p.pointer) {
			continue
		}
		add(p.class, p.pointer, p.detail)
	}
	if success {
		objects = countObjects(value)
	}
	return found, objects
}

// passing reports whether a status belongs to a server or a proxy in trouble. The
// contract sums those up as its default answer, and a run that meets one has not
// checked the operation.
func passing(status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// checkBody validates a body and returns it decoded, nil if it is no JSON.
func checkBody(media *openapi3.MediaType, body []byte, side openapi3.SchemaValidationOption) (any, []place) {
	if media == nil {
		return nil, []place{{class: WrongContentType}}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, []place{{class: MalformedBody}}
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, []place{{class: MalformedBody, detail: "something follows the JSON"}}
	}
	if media.Schema == nil {
		return value, nil
	}
	return value, placesOf(media.Schema.Value.VisitJSON(value, side, openapi3.MultiErrors()))
}

// leftOut reports whether a member of a list's items is missing because $select did
// not name it. It says nothing about the members of nested objects.
func leftOut(query url.Values, pointer string) bool {
	if !query.Has("$select") {
		return false
	}
	name, ok := strings.CutPrefix(pointer, "/*/")
	selected := strings.Split(query.Get("$select"), ",")
	return ok && !strings.Contains(name, "/") && !slices.ContainsFunc(selected, func(s string) bool { return strings.TrimSpace(s) == name })
}

// countObjects counts the JSON objects of an answer, not those nested in them.
func countObjects(value any) int {
	switch value := value.(type) {
	case map[string]any:
		return 1
	case []any:
		n := 0
		for _, item := range value {
			n += countObjects(item)
		}
		return n
	}
	return 0
}

// emptySuccess reports whether a status is a success for which no body is documented.
func (r *route) emptySuccess(status int) bool {
	ref := r.Operation.Responses.Map()[strconv.Itoa(status)]
	return status < 300 && ref != nil && len(ref.Value.Content) == 0
}
