package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// failure is an answer other than success. Documented are the statuses and that the
// body has a member ErrorCode. Inferred: all codes but Duplicate, and the member
// Message.
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
	f := fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "%s is not possible here", method)
	f.header = http.Header{"Allow": {strings.Join(allowed, ", ")}}
	return f
}

func (f *failure) write(w http.ResponseWriter) {
	for name, values := range f.header {
		w.Header()[name] = values
	}
	writeJSON(w, f.status, map[string]string{"ErrorCode": f.code, "Message": f.message})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil { // only if value is of a type that JSON cannot hold
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// requestError answers a request that the generated code could not read.
func requestError(w http.ResponseWriter, _ *http.Request, err error) {
	badRequest("%v", err).write(w)
}

// responseError answers what an operation returned as an error.
func responseError(w http.ResponseWriter, _ *http.Request, err error) {
	var f *failure
	if !errors.As(err, &f) {
		f = fail(http.StatusInternalServerError, "InternalServerError", "%v", err)
	}
	f.write(w)
}
