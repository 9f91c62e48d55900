package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
)

// alter returns a fault that runs the handler and then changes its response.
func alter(change func(Fault, *response)) func(Fault, http.HandlerFunc) http.HandlerFunc {
	return func(f Fault, next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			recorded := &response{w: w, request: r, header: make(http.Header)}
			next(recorded, r)
			recorded.WriteHeader(http.StatusOK)
			change(f, recorded)
		}
	}
}

// alterObjects returns a fault that changes every JSON object in the response.
func alterObjects(change func(object map[string]any)) func(Fault, http.HandlerFunc) http.HandlerFunc {
	return alter(func(_ Fault, r *response) {
		var value any
		decoder := json.NewDecoder(bytes.NewReader(r.body.Bytes()))
		decoder.UseNumber()
		if decoder.Decode(&value) != nil { // no body
			r.send(r.body.Len())
			return
		}
		walk(value, change)
		body, err := json.Marshal(value)
		if err != nil { // value was decoded from JSON
			panic(err)
		}
		r.replace(body)
	})
}

// walk calls change for every object in a JSON value, inner objects first.
func walk(value any, change func(map[string]any)) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			walk(item, change)
		}
	case map[string]any:
		for _, item := range value {
			walk(item, change)
		}
		change(value)
	}
}

// response is a response that a handler has written and that has not been sent.
type response struct {
	w       http.ResponseWriter
	request *http.Request
	header  http.Header
	status  int
	body    bytes.Buffer

	started bool // status and header have been sent
}

// Header implements http.ResponseWriter.
func (r *response) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *response) WriteHeader(status int) { r.status = cmp.Or(r.status, status) }

// Write implements http.ResponseWriter.
func (r *response) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// start sends the status and the header.
func (r *response) start() {
	if r.started {
		return
	}
	r.started = true
	for name, values := range r.header {
		r.w.Header()[name] = values
	}
	r.w.WriteHeader(r.status)
}

// send sends the next n bytes of the body.
func (r *response) send(n int) {
	if !r.started && r.status != http.StatusNoContent {
		r.header.Set("Content-Length", strconv.Itoa(r.body.Len()))
	}
	r.start()
	_, _ = r.w.Write(r.body.Next(n))
	_ = http.NewResponseController(r.w).Flush()
}

// replace sends another body instead.
func (r *response) replace(body []byte) {
	r.body.Reset()
	r.body.Write(body)
	r.send(len(body))
}

// instead sends another body, even if the response has none.
func (r *response) instead(contentType string, body []byte) {
	r.mayHaveBody()
	r.header.Set("Content-Type", contentType)
	r.replace(body)
}

// mayHaveBody replaces a status that excludes a body.
func (r *response) mayHaveBody() {
	if r.status == http.StatusNoContent {
		r.status = http.StatusOK
	}
}
