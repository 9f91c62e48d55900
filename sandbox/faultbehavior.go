package sandbox

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// faultBehavior is what a kind of fault does.
type faultBehavior struct {
	kind  FaultKind
	about string

	// apply puts the fault in front of a handler. It is nil for a fault of the
	// connection, which happens before there is a request.
	apply func(f Fault, next http.HandlerFunc) http.HandlerFunc
}

func behaviorOf(kind FaultKind) (faultBehavior, bool) {
	for _, b := range behaviors() {
		if b.kind == kind {
			return b, true
		}
	}
	return faultBehavior{}, false
}

const (
	defaultFaultDelay = time.Second
	defaultFaultBytes = 64 << 20
)

// behaviors returns the behavior of every kind of fault.
func behaviors() []faultBehavior {
	return []faultBehavior{
		{FaultLatency, "waits for delay (1s), then handles the request", func(f Fault, next http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				pause(r.Context(), cmp.Or(f.Delay, defaultFaultDelay))
				next(w, r)
			}
		}},
		{FaultRefused, "refuses connections for delay, or until the faults are cleared", nil},
		{FaultReset, "resets the connection; the operation is not carried out", func(Fault, http.HandlerFunc) http.HandlerFunc { return reset }},

		{Fault101, "101 without a request to switch protocols", func(Fault, http.HandlerFunc) http.HandlerFunc { return switchProtocols }},
		{Fault401, "401 as for a wrong scheme", challenge("Bearer")},
		{Fault401InvalidToken, "401 as for an unknown token", challenge(`Bearer error="invalid_token", error_description="the token was not issued by this server"`)},
		{Fault401Expired, "401 as for an expired token", challenge(`Bearer error="invalid_token", error_description="the token expired at 2024-01-01T00:00:00Z"`)},
		{Fault401InsufficientScope, "401 as for a missing scope", challenge(`Bearer error="insufficient_scope"`)},
		{Fault401Empty, "401 without a body and without WWW-Authenticate", func(Fault, http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }
		}},
		{Fault400, "400", statusFault(http.StatusBadRequest, "BadRequest")},
		{Fault402, "402, as if the plan did not include the operation", statusFault(http.StatusPaymentRequired, "PaymentRequired")},
		{Fault403, "403", statusFault(http.StatusForbidden, "Forbidden")},
		{Fault404, "404", statusFault(http.StatusNotFound, "NotFound")},
		{Fault409, "409", statusFault(http.StatusConflict, "Conflict")},
		{Fault429, "429, with Retry-After if retryAfter is set", statusFault(http.StatusTooManyRequests, "TooManyRequests")},
		{Fault429RetryAfter, "429 with Retry-After: retryAfter (1)", func(f Fault, next http.HandlerFunc) http.HandlerFunc {
			f.RetryAfter = cmp.Or(f.RetryAfter, "1")
			return statusFault(http.StatusTooManyRequests, "TooManyRequests")(f, next)
		}},
		{Fault500, "500", statusFault(http.StatusInternalServerError, "InternalServerError")},
		{Fault502HTML, "502 with an HTML page, as from a proxy", func(Fault, http.HandlerFunc) http.HandlerFunc { return badGateway }},
		{Fault503, "503, with Retry-After if retryAfter is set", statusFault(http.StatusServiceUnavailable, "ServiceUnavailable")},
		{FaultUndocumentedStatus, "status (418), which the contract does not document", func(f Fault, next http.HandlerFunc) http.HandlerFunc {
			return statusFault(cmp.Or(f.Status, http.StatusTeapot), "Undocumented")(f, next)
		}},
		{FaultRedirect, "status (302) with Location: location", func(f Fault, _ http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", f.Location)
				w.WriteHeader(cmp.Or(f.Status, http.StatusFound))
			}
		}},
		{FaultStuckBody, "status (503) with a body that never ends", func(f Fault, _ http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				statusFault(cmp.Or(f.Status, http.StatusServiceUnavailable), "ServiceUnavailable")(f, nil)(unended{w}, r)
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
				panic(http.ErrAbortHandler)
			}
		}},

		{FaultCloseBody, "closes the connection after bytes (0) of the body", alter(func(f Fault, r *response) {
			r.send(int(min(f.Bytes, int64(r.body.Len()))))
			panic(http.ErrAbortHandler)
		})},
		{FaultSlowBody, "sends the body over delay (1s)", alter(func(f Fault, r *response) {
			const steps = 10
			size := r.body.Len()
			for i := range steps {
				r.send(size*(i+1)/steps - size*i/steps)
				pause(r.request.Context(), cmp.Or(f.Delay, defaultFaultDelay)/steps)
			}
		})},
		{FaultWrongContentType, "sends Content-Type: text/html", alter(func(_ Fault, r *response) {
			r.header.Set("Content-Type", "text/html")
			r.send(r.body.Len())
		})},
		{FaultCharset, "sends Content-Type: application/json; charset=utf-8", alter(func(_ Fault, r *response) {
			r.header.Set("Content-Type", "application/json; charset=utf-8")
			r.send(r.body.Len())
		})},
		{FaultTruncated, "sends the first half of the JSON, with a matching Content-Length", alter(func(_ Fault, r *response) {
			r.body.Truncate(r.body.Len() / 2)
			r.send(r.body.Len())
		})},
		{FaultEmpty, "sends no body", alter(func(_ Fault, r *response) {
			r.body.Reset()
			r.send(0)
		})},
		{FaultEmptyChunked, "sends an empty body without Content-Length", alter(func(_ Fault, r *response) {
			r.mayHaveBody()
			r.start()
			_ = http.NewResponseController(r.w).Flush()
		})},
		{FaultEmptyGzip, "sends an empty body, compressed", alter(func(_ Fault, r *response) {
			r.header.Set("Content-Encoding", "gzip")
			r.instead("application/json", compressed(nil))
		})},
		{FaultLineBreak, "sends a line break instead of the body", alter(func(_ Fault, r *response) {
			r.instead("application/json", []byte("\r\n"))
		})},
		{FaultNull, "sends null instead of the body", alter(func(_ Fault, r *response) {
			r.instead("application/json", []byte("null"))
		})},
		{FaultObject, "sends an object with a message instead of the body, as during maintenance", alter(func(_ Fault, r *response) {
			r.instead("application/json", []byte(`{"message":"maintenance"}`))
		})},
		{Fault200HTML, "sends 200 with an HTML page instead of the body, as from a proxy", alter(func(_ Fault, r *response) {
			r.instead("text/html", []byte("<html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>\r\n"))
		})},
		{FaultByteOrderMark, "sends a byte order mark before the JSON", alter(func(_ Fault, r *response) {
			if r.body.Len() > 0 {
				r.replace(append([]byte("\uFEFF"), r.body.Bytes()...))
				return
			}
			r.send(0)
		})},
		{FaultCappedPages, "sends at most 100 items of a list that is requested with $top", func(_ Fault, next http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { next(w, capTop(r, 100)) }
		}},
		{FaultMalformed, "sends a body that is not JSON", alter(func(_ Fault, r *response) {
			r.replace([]byte(`{"id": nonsense]`))
		})},
		{FaultOversized, "sends bytes (64 MiB) of spaces before the JSON", alter(func(f Fault, r *response) {
			r.header.Del("Content-Length")
			r.start()
			writeSpaces(r.w, cmp.Or(f.Bytes, defaultFaultBytes))
			_, _ = r.body.WriteTo(r.w)
		})},
		{FaultGzipBomb, "sends bytes (64 MiB) of spaces before the JSON, compressed", alter(func(f Fault, r *response) {
			var small bytes.Buffer
			z := gzip.NewWriter(&small)
			writeSpaces(z, cmp.Or(f.Bytes, defaultFaultBytes))
			_, _ = r.body.WriteTo(z)
			_ = z.Close()
			r.header.Set("Content-Encoding", "gzip")
			r.replace(small.Bytes())
		})},
		{FaultExtraFields, "adds an unknown field to every object", alterObjects(func(object map[string]any) {
			object["sandboxUnknown"] = map[string]any{"value": []int{1, 2, 3}}
		})},
		{FaultMalformedToken, "sends an invalid access token; for the operation token", alterObjects(func(object map[string]any) {
			if _, ok := object["access_token"]; ok {
				object["access_token"] = "not.a-jwt"
			}
		})},
		{FaultMissingFields, "removes every id, which the contract requires", alterObjects(func(object map[string]any) {
			delete(object, "id")
		})},
		{FaultUnknownEnum, "gives every enumeration an unknown value", alterObjects(func(object map[string]any) {
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

// compressed returns text compressed with gzip.
func compressed(text []byte) []byte {
	var small bytes.Buffer
	z := gzip.NewWriter(&small)
	_, _ = z.Write(text)
	_ = z.Close()
	return small.Bytes()
}

// capTop returns the request of a list with a $top of at most limit, if it has one.
func capTop(r *http.Request, limit int) *http.Request {
	query := r.URL.Query()
	if top, err := strconv.Atoi(query.Get("$top")); err != nil || top <= limit {
		return r
	}
	query.Set("$top", strconv.Itoa(limit))
	capped := r.Clone(r.Context())
	capped.URL.RawQuery = query.Encode()
	return capped
}

// pause waits for d. If the request or the sandbox ends first, it aborts the handler.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

// connKey is the context key of a request's connection.
type connKey struct{}

// reset closes the connection of a request with a TCP reset.
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

// switchProtocols responds with 101. The connection is open until the client closes it.
func switchProtocols(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Connection", "Upgrade")
	w.Header().Set("Upgrade", "sandbox")
	w.WriteHeader(http.StatusSwitchingProtocols)
}

// unended writes a body without its last byte.
type unended struct{ http.ResponseWriter }

func (w unended) Write(p []byte) (int, error) { return w.ResponseWriter.Write(p[:len(p)-1]) }

// badGateway responds like a proxy whose server is down.
func badGateway(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusBadGateway)
	_, _ = io.WriteString(w, "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\r\n")
}

// statusFault responds with a status and an error body like the API's.
func statusFault(status int, code string) func(Fault, http.HandlerFunc) http.HandlerFunc {
	return func(f Fault, _ http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if f.RetryAfter != "" {
				w.Header().Set("Retry-After", f.RetryAfter)
			}
			fail(status, code, "injected fault %s", f.Kind).write(w)
		}
	}
}

// challenge responds with 401 and a WWW-Authenticate header.
func challenge(value string) func(Fault, http.HandlerFunc) http.HandlerFunc {
	return func(f Fault, _ http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			unauthorized(value, "Unauthorized", fmt.Sprintf("injected fault %s", f.Kind)).write(w)
		}
	}
}

// writeSpaces writes n spaces, or fewer if w fails.
func writeSpaces(w io.Writer, n int64) {
	block := bytes.Repeat([]byte(" "), 64<<10)
	for n > 0 {
		part := block[:min(n, int64(len(block)))]
		if _, err := w.Write(part); err != nil {
			return
		}
		n -= int64(len(part))
	}
}
