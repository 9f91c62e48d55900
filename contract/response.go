package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkResponse validates a response whose body has been read to its end. It also returns
// the number of JSON objects it validated, which is zero for an empty list.
func (d *document) checkResponse(req *http.Request, r *route, rsp *http.Response, body []byte) (found []Finding, objects int) {
	add := func(class Class, pointer, detail string) {
		found = append(found, Finding{
			Operation: r.Operation.OperationID, Side: Response, Status: rsp.StatusCode,
			Class: class, Pointer: pointer, Detail: detail,
		})
	}
	documented := r.Operation.Responses.Status(rsp.StatusCode)
	if documented == nil {
		if !isTransient(rsp.StatusCode) {
			add(UndocumentedStatus, "", "")
		}
		return found, 0 // there is no schema to validate the body against
	}
	success := rsp.StatusCode < 300
	switch {
	case len(documented.Value.Content) == 0:
		if len(bytes.TrimSpace(body)) > 0 {
			add(WrongContentType, "", "no body is documented")
		}
	case len(body) == 0 && !success:
		return nil, 0 // it is not known whether every error has a body
	default:
		media := documented.Value.Content.Get(rsp.Header.Get("Content-Type"))
		value, places := checkBody(media, body, openapi3.VisitAsResponse())
		for _, p := range places {
			if p.class == MissingRequired && isDeselected(req.URL.Query(), p.pointer) {
				continue
			}
			add(p.class, p.pointer, p.detail)
		}
		if success {
			objects = countObjects(value)
		}
	}
	if success {
		if p := refusal(req, r, rsp, body); p != nil && !slices.ContainsFunc(found, p.explainedBy) {
			add(p.class, p.pointer, p.detail)
		}
	}
	return found, objects
}

// checkHeader validates what a response without its complete body shows. It reports false
// if that agrees with the contract, which says nothing about the body.
func (d *document) checkHeader(r *route, rsp *http.Response) (Finding, bool) {
	f := Finding{Operation: r.Operation.OperationID, Side: Response, Status: rsp.StatusCode}
	documented := r.Operation.Responses.Status(rsp.StatusCode)
	switch {
	case documented == nil && !isTransient(rsp.StatusCode):
		f.Class = UndocumentedStatus
	case documented != nil && len(documented.Value.Content) > 0 && documented.Value.Content.Get(rsp.Header.Get("Content-Type")) == nil:
		f.Class = WrongContentType
	default:
		return f, false
	}
	return f, true
}

// isTransient reports whether a status is that of an overloaded or failing server or
// proxy. Such a response is not a finding and does not count as a check of the operation.
func isTransient(status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// byteOrderMark is what JSON may begin with. RFC 8259, section 8.1, allows a reader to
// ignore it.
const byteOrderMark = "\ufeff"

// checkBody validates a body and returns its decoded value, nil if it is not JSON.
func checkBody(media *openapi3.MediaType, body []byte, side openapi3.SchemaValidationOption) (any, []place) {
	if media == nil {
		return nil, []place{{class: WrongContentType}}
	}
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte(byteOrderMark))))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, []place{{class: MalformedBody}}
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, []place{{class: MalformedBody, detail: "data after the JSON value"}}
	}
	if media.Schema == nil {
		return value, nil
	}
	return value, placesOf(media.Schema.Value.VisitJSON(value, side, openapi3.MultiErrors(),
		openapi3.WithStringFormatValidator("date-time", dateTime)))
}

// dateTime validates a date-time, which must also be a time: kin-openapi accepts February 30.
var dateTime = openapi3.NewCallbackValidator(func(text string) error {
	_, err := time.Parse(time.RFC3339, text)
	return errors.Join(err, rfc3339.Validate(text))
})

var rfc3339 = openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringDateTime)

// isDeselected reports whether pointer is a field of a list's items that $select does not
// name. Fields of nested objects are never deselected.
func isDeselected(query url.Values, pointer string) bool {
	if !query.Has("$select") {
		return false
	}
	name, ok := strings.CutPrefix(pointer, "/*/")
	selected := strings.Split(query.Get("$select"), ",")
	return ok && !strings.Contains(name, "/") && !slices.ContainsFunc(selected, func(s string) bool { return strings.TrimSpace(s) == name })
}

// countObjects counts the JSON objects in a value, without those nested in other objects.
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

// isEmptySuccess reports whether a status is a success for which no body is documented.
func (r *route) isEmptySuccess(status int) bool {
	ref := r.Operation.Responses.Map()[strconv.Itoa(status)]
	return status < 300 && ref != nil && len(ref.Value.Content) == 0
}
