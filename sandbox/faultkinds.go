package sandbox

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Kinds that other code names.
const (
	kindLatency  = "latency"
	kindRefused  = "refused"
	kindRedirect = "redirect"
)

// FaultKind is a kind of [Fault].
type FaultKind struct {
	Name  string `json:"name"`  // what Fault.Kind takes
	About string `json:"about"` // what happens, in one sentence

	// apply puts the fault before a handler. It is nil for what happens to connections
	// before there is a request.
	apply func(f Fault, next http.HandlerFunc) http.HandlerFunc
}

func kindNamed(name string) (FaultKind, bool) {
	for _, kind := range FaultKinds() {
		if kind.Name == name {
			return kind, true
		}
	}
	return FaultKind{}, false
}

// FaultKinds lists what can go wrong.
//
// The kinds from close-body on change or cut the real answer: the operation has been
// carried out. Those before them happen in its place.
func FaultKinds() []FaultKind {
	const (
		defaultDelay = time.Second
		defaultBytes = 64 << 20
	)
	return []FaultKind{
		{kindLatency, "waits for delay (1s) and goes on", func(f Fault, next http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				pause(r.Context(), cmp.Or(f.Delay, defaultDelay))
				next(w, r)
			}
		}},
		{kindRefused, "refuses connections for delay, or until faults are cleared", nil},
		{"reset", "resets the connection, nothing is done", func(Fault, http.HandlerFunc) http.HandlerFunc { return reset }},

		{"401", "401 as for a wrong scheme", challenge("Bearer")},
		{"401-invalid-token", "401 as for an unknown token", challenge(`Bearer error="invalid_token", error_description="the token is not one of this server"`)},
		{"401-expired", "401 as for an expired token", challenge(`Bearer error="invalid_token", error_description="the token expired at 2024-01-01T00:00:00Z"`)},
		{"401-insufficient-scope", "401 as for a missing scope", challenge(`Bearer error="insufficient_scope"`)},
		{"401-empty", "401 without a body and without WWW-Authenticate", func(Fault, http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }
		}},
		{"400", "400", statusFault(http.StatusBadRequest, "BadRequest")},
		{"402", "402, the plan does not allow it", statusFault(http.StatusPaymentRequired, "PaymentRequired")},
		{"403", "403", statusFault(http.StatusForbidden, "Forbidden")},
		{"404", "404", statusFault(http.StatusNotFound, "NotFound")},
		{"409", "409", statusFault(http.StatusConflict, "Conflict")},
		{"429", "429, with Retry-After if retryAfter is set", statusFault(http.StatusTooManyRequests, "TooManyRequests")},
		{"429-retry-after", "429 with Retry-After (1)", func(f Fault, next http.HandlerFunc) http.HandlerFunc {
			f.RetryAfter = cmp.Or(f.RetryAfter, "1")
			return statusFault(http.StatusTooManyRequests, "TooManyRequests")(f, next)
		}},
		{"500", "500", statusFault(http.StatusInternalServerError, "InternalServerError")},
		{"502-html", "502 with an HTML page, as from a proxy", func(Fault, http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(http.StatusBadGateway)
				_, _ = io.WriteString(w, "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\r\n")
			}
		}},
		{"503", "503, with Retry-After if retryAfter is set", statusFault(http.StatusServiceUnavailable, "ServiceUnavailable")},
		{"undocumented-status", "status (418), which the contract does not name", func(f Fault, next http.HandlerFunc) http.HandlerFunc {
			return statusFault(cmp.Or(f.Status, http.StatusTeapot), "Undocumented")(f, next)
		}},
		{kindRedirect, "status (302) to location", func(f Fault, _ http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", f.Location)
				w.WriteHeader(cmp.Or(f.Status, http.StatusFound))
			}
		}},

		{"close-body", "closes the connection after that many bytes of the body (0)", alter(func(f Fault, a *realAnswer) {
			a.send(int(min(f.Bytes, int64(a.body.Len()))))
			panic(http.ErrAbortHandler)
		})},
		{"slow-body", "takes delay (1s) for the body", alter(func(f Fault, a *realAnswer) {
			const steps = 10
			size := a.body.Len()
			for i := range steps {
				a.send(size*(i+1)/steps - size*i/steps)
				pause(a.r.Context(), cmp.Or(f.Delay, defaultDelay)/steps)
			}
		})},
		{"wrong-content-type", "says that it is text/html", alter(func(_ Fault, a *realAnswer) {
			a.header.Set("Content-Type", "text/html")
			a.send(a.body.Len())
		})},
		{"charset", "says that it is application/json; charset=utf-8", alter(func(_ Fault, a *realAnswer) {
			a.header.Set("Content-Type", "application/json; charset=utf-8")
			a.send(a.body.Len())
		})},
		{"truncated", "sends half of the JSON, as if that were all", alter(func(_ Fault, a *realAnswer) {
			a.body.Truncate(a.body.Len() / 2)
			a.send(a.body.Len())
		})},
		{"empty", "sends no body", alter(func(_ Fault, a *realAnswer) {
			a.body.Reset()
			a.send(0)
		})},
		{"malformed", "sends what is not JSON", alter(func(_ Fault, a *realAnswer) {
			a.replace([]byte(`{"id": nonsense]`))
		})},
		{"oversized", "puts that many blanks (64 MiB) before the JSON", alter(func(f Fault, a *realAnswer) {
			a.header.Del("Content-Length")
			a.start()
			blanks(a.w, cmp.Or(f.Bytes, defaultBytes))
			_, _ = a.body.WriteTo(a.w)
		})},
		{"gzip-bomb", "the same, compressed to next to nothing", alter(func(f Fault, a *realAnswer) {
			var small bytes.Buffer
			z := gzip.NewWriter(&small)
			blanks(z, cmp.Or(f.Bytes, defaultBytes))
			_, _ = a.body.WriteTo(z)
			_ = z.Close()
			a.header.Set("Content-Encoding", "gzip")
			a.replace(small.Bytes())
		})},
		{"extra-fields", "adds an unknown member to every object", alterObjects(func(object map[string]any) {
			object["sandboxUnknown"] = map[string]any{"value": []int{1, 2, 3}}
		})},
		{"malformed-token", "gives an access token that is none; for the operation token", alterObjects(func(object map[string]any) {
			if _, ok := object["access_token"]; ok {
				object["access_token"] = "not.a-jwt"
			}
		})},
		{"missing-fields", "leaves out every id, which the contract requires", alterObjects(func(object map[string]any) {
			delete(object, "id")
		})},
		{"unknown-enum", "gives every enumeration a value that is not known", alterObjects(func(object map[string]any) {
			for _, name := range []string{
				"state", "role", "logType", "command", "targetType", "status", "type", "valueStatus", "State", "timeRestrictionIcalSupport",
			} {
				if _, ok := object[name].(string); ok {
					object[name] = "SandboxUnknown"
				}
			}
			if technologies, ok := object["supportedTechnologies"].([]any); ok {
				object["supportedTechnologies"] = append(technologies, "SandboxUnknown")
			}
		})},
	}
}

// pause waits. If the request or the sandbox ends before, there is nobody to go on for.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

// connKey is where a request's context holds its connection.
type connKey struct{}

// reset ends the connection with a reset instead of a proper end.
func reset(_ http.ResponseWriter, r *http.Request) {
	conn, _ := r.Context().Value(connKey{}).(net.Conn)
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	panic(http.ErrAbortHandler)
}

// statusFault answers with a status and a body as the API has it.
func statusFault(status int, code string) func(Fault, http.HandlerFunc) http.HandlerFunc {
	return func(f Fault, _ http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if f.RetryAfter != "" {
				w.Header().Set("Retry-After", f.RetryAfter)
			}
			fail(status, code, "the fault %s was asked for", f.Kind).write(w)
		}
	}
}

// challenge answers 401 with a header WWW-Authenticate.
func challenge(value string) func(Fault, http.HandlerFunc) http.HandlerFunc {
	return func(f Fault, _ http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			unauthorized(value, "Unauthorized", fmt.Sprintf("the fault %s was asked for", f.Kind)).write(w)
		}
	}
}

// realAnswer is the answer that a fault alters.
type realAnswer struct {
	w      http.ResponseWriter
	r      *http.Request
	header http.Header
	status int
	body   bytes.Buffer

	started bool
}

// Header, WriteHeader and Write make it the writer of the handler.
func (a *realAnswer) Header() http.Header { return a.header }

func (a *realAnswer) WriteHeader(status int) { a.status = cmp.Or(a.status, status) }

func (a *realAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// start sends the status and the header.
func (a *realAnswer) start() {
	if a.started {
		return
	}
	a.started = true
	for name, values := range a.header {
		a.w.Header()[name] = values
	}
	a.w.WriteHeader(a.status)
}

// send sends the next n bytes of the body.
func (a *realAnswer) send(n int) {
	if !a.started && a.status != http.StatusNoContent {
		a.header.Set("Content-Length", strconv.Itoa(a.body.Len()))
	}
	a.start()
	_, _ = a.w.Write(a.body.Next(n))
	_ = http.NewResponseController(a.w).Flush()
}

func (a *realAnswer) replace(body []byte) {
	a.body.Reset()
	a.body.Write(body)
	a.send(len(body))
}

// alter lets the handler do its work and changes what it answers.
func alter(change func(Fault, *realAnswer)) func(Fault, http.HandlerFunc) http.HandlerFunc {
	return func(f Fault, next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			a := &realAnswer{w: w, r: r, header: make(http.Header)}
			next(a, r)
			a.WriteHeader(http.StatusOK)
			change(f, a)
		}
	}
}

// alterObjects changes every object in the answer.
func alterObjects(change func(object map[string]any)) func(Fault, http.HandlerFunc) http.HandlerFunc {
	return alter(func(_ Fault, a *realAnswer) {
		var value any
		decoder := json.NewDecoder(bytes.NewReader(a.body.Bytes()))
		decoder.UseNumber()
		if decoder.Decode(&value) != nil { // no body
			a.send(a.body.Len())
			return
		}
		walk(value, change)
		body, err := json.Marshal(value)
		if err != nil { // it was JSON a moment ago
			panic(err)
		}
		a.replace(body)
	})
}

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

// blanks writes n blanks, or as many as are taken.
func blanks(w io.Writer, n int64) {
	block := bytes.Repeat([]byte(" "), 64<<10)
	for n > 0 {
		part := block[:min(n, int64(len(block)))]
		if _, err := w.Write(part); err != nil {
			return
		}
		n -= int64(len(part))
	}
}
