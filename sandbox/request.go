package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"
)

// maxBody is the maximum size of a request body in bytes. Inferred.
const maxBody = 1 << 20

// receiveBody reads the body of a request before anything else is done with the request.
// Its time limit therefore applies to the client alone, and faults may wait for as long as
// they like. A body larger than maxBody is not read completely: what is left of it has the
// same time limit.
func receiveBody(w http.ResponseWriter, r *http.Request, limit time.Duration) error {
	if r.Body == http.NoBody {
		return nil
	}
	// The server clears the deadline when the body ends.
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if r.ContentLength > maxBody {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return fail(http.StatusRequestTimeout, "RequestTimeout", "the body was not received within %v", limit)
	case err != nil:
		return badRequest("cannot read the body: %v", err)
	case len(body) > maxBody:
		r.Body = unread{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// unread is a body of which a part has been read.
type unread struct {
	io.Reader
	io.Closer
}

// checkRequest refuses requests that the generated code would accept or misread: a
// malformed query, from which it drops the malformed parts; a query parameter given twice,
// of which it takes one; a body that is not one JSON object; and null for a field that must
// not be null. It returns the names of the fields that are null, which the generated code
// takes for fields that are missing.
func checkRequest(w http.ResponseWriter, r *http.Request, operation string) (nulls []string, err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("malformed query: %v", err)
	}
	for name, values := range query {
		if len(values) > 1 {
			return nil, badRequest("query parameter %q is given %d times", name, len(values))
		}
	}
	switch r.Method {
	case http.MethodPut, http.MethodPatch:
	default:
		return nil, nil // no body is documented for POST; one that is sent is ignored
	}
	if err := checkMediaType(r); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, fail(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the body is larger than %d bytes", maxBody)
		}
		return nil, badRequest("cannot read the body: %v", err)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, badRequest("the body is not a JSON object: %v", err)
	}
	if object == nil {
		return nil, badRequest("the body is null, not a JSON object")
	}
	for name, value := range object {
		if string(value) == "null" {
			nulls = append(nulls, name)
			if !slices.Contains(nullable(operation), name) {
				return nil, badRequest("%s must not be null", name)
			}
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nulls, nil
}

// nullable returns the fields of the body of an operation that may be null, which removes
// their values. Inferred.
func nullable(operation string) []string {
	switch operation {
	case "updateContact":
		return []string{"title"}
	case "updateGrant":
		return []string{"validFrom", "validBefore", "timeRestrictionIcal"}
	}
	return nil
}

func checkMediaType(r *http.Request) error {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return fail(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "the body must be application/json")
	}
	return nil
}
