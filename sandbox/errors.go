package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// failure is an error response. Documented: the statuses. Reported: the fields ErrorCode and
// ErrorMessage of the body, and the codes Duplicate and TimeRestrictionIcalTooComplex.
// Inferred: all other codes.
type failure struct {
	status  int
	code    string
	message string
	header  http.Header
}

func (f *failure) Error() string { return f.message }

func fail(status int, code, format string, args ...any) *failure {
	return &failure{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "BadRequest", format, args...)
}

func notFound(format string, args ...any) *failure {
	return fail(http.StatusNotFound, "NotFound", format, args...)
}

func methodNotAllowed(method string, allowed ...string) *failure {
	f := fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "method %s is not allowed for this path", method)
	f.header = http.Header{"Allow": {strings.Join(allowed, ", ")}}
	return f
}

func (f *failure) write(w http.ResponseWriter) {
	for name, values := range f.header {
		w.Header()[name] = values
	}
	writeJSON(w, f.status, map[string]string{"ErrorCode": f.code, "ErrorMessage": f.message})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil { // the type of value cannot be encoded
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// requestError responds to a request that the generated code cannot decode.
func requestError(w http.ResponseWriter, _ *http.Request, err error) {
	badRequest("%v", err).write(w)
}

// responseError responds with the error of an operation.
func responseError(w http.ResponseWriter, _ *http.Request, err error) {
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = fail(http.StatusInternalServerError, "InternalServerError", "%v", err)
	}
	f.write(w)
}
