package sandbox

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// otherRequests stands for all paths that are neither an operation's nor an endpoint of
// the identity server in the counters.
const otherRequests = "other"

// Limits of the requests that the journal keeps. Beyond either, the oldest ones are
// forgotten. The counters include all requests.
const (
	maxRequests     = 20_000
	maxRequestBytes = 32 << 20
)

// Request is a request that the sandbox has received.
type Request struct {
	Method    string      `json:"method"`              // HTTP method
	Path      string      `json:"path"`                // as sent, without the query
	Query     string      `json:"query,omitempty"`     // as sent; secret values are replaced by [redacted]
	Operation string      `json:"operation,omitempty"` // operation id, endpoint such as "token", or empty for an unknown path
	Fault     string      `json:"fault,omitempty"`     // kinds of the faults applied to it, separated by commas
	Status    int         `json:"status"`              // status of the response; 0 if none has been sent
	Header    http.Header `json:"header"`              // credentials are replaced by [redacted]
}

// journal records the requests that the sandbox receives.
type journal struct {
	mu       sync.Mutex
	requests []*Request
	bytes    int            // size of the requests
	counts   map[string]int // by operation
}

func newJournal() *journal { return &journal{counts: make(map[string]int)} }

// begin records a request before its response is sent, so that a caller that has the
// response finds the request.
func (j *journal) begin(r *http.Request, operation string) *Request {
	entry := &Request{
		// Clones, because the originals are parts of the request line and would keep all
		// of it in memory.
		Method:    strings.Clone(r.Method),
		Path:      strings.Clone(r.URL.EscapedPath()),
		Query:     strings.Clone(redactQuery(r.URL.RawQuery, isIdentityOperation(operation))),
		Operation: operation,
		Header:    redact(r.Header),
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.requests = append(j.requests, entry)
	j.bytes += entry.size()
	for len(j.requests) > maxRequests || j.bytes > maxRequestBytes {
		j.bytes -= j.requests[0].size()
		j.requests[0] = nil
		j.requests = j.requests[1:]
	}
	j.counts[cmp.Or(operation, otherRequests)]++
	return entry
}

// size returns the approximate size of a recorded request in memory.
func (r *Request) size() int {
	const perRequest, perField = 512, 64
	size := perRequest + len(r.Method) + len(r.Path) + len(r.Query)
	for name, values := range r.Header {
		size += perField + len(name)
		for _, value := range values {
			size += perField + len(value)
		}
	}
	return size
}

// setFault records the kinds of the faults applied to a request.
func (j *journal) setFault(entry *Request, kinds string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	entry.Fault = kinds
}

// setStatus records the status of the response to a request. The first one counts.
func (j *journal) setStatus(entry *Request, status int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if entry.Status == 0 {
		entry.Status = status
	}
}

// latest returns copies of the latest requests, oldest first.
func (j *journal) latest() []Request {
	j.mu.Lock()
	copies := make([]Request, len(j.requests))
	for i, entry := range j.requests {
		copies[i] = *entry
	}
	j.mu.Unlock()
	for i := range copies {
		copies[i].Header = copies[i].Header.Clone() // a recorded header does not change
	}
	return copies
}

func (j *journal) count(operation string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.counts[operation]
}

func (j *journal) allCounts() map[string]int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.counts)
}

func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.requests, j.bytes = nil, 0
	clear(j.counts)
}

// redact returns a copy of a header without secrets. The scheme of an Authorization
// header is kept, because a wrong scheme is the usual cause of a 401.
func redact(h http.Header) http.Header {
	h = h.Clone()
	for _, name := range []string{"Authorization", "Proxy-Authorization", "Cookie"} {
		for i, value := range h[name] {
			scheme, _, found := strings.Cut(value, " ")
			if found && name != "Cookie" {
				h[name][i] = scheme + " [redacted]"
			} else {
				h[name][i] = "[redacted]"
			}
		}
	}
	for i, value := range h["Referer"] {
		if address, query, found := strings.Cut(value, "?"); found {
			h["Referer"][i] = address + "?" + redactQuery(query, true)
		}
	}
	return h
}

// redactQuery returns a query without secrets. Of a request to the identity server, it
// keeps the values of parameters that are known to be harmless. Of any other, it removes
// the values of parameters that are secret there.
func redactQuery(query string, identity bool) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, _, _ := strings.Cut(part, "=")
		unescaped, err := url.QueryUnescape(name)
		harmless := err == nil && !secretParameter(unescaped)
		if identity {
			harmless = err == nil && harmlessParameter(unescaped)
		}
		switch {
		case harmless:
		case name == part && identity && part != "": // a value without a name
			parts[i] = "[redacted]"
		case name != part:
			parts[i] = name + "=[redacted]"
		}
	}
	return strings.Join(parts, "&")
}

// harmlessParameter reports whether a parameter of the identity server is no secret.
func harmlessParameter(name string) bool {
	switch name {
	case "client_id", "redirect_uri", "post_logout_redirect_uri", "response_type", "response_mode", "scope",
		"code_challenge_method", "prompt", "max_age":
		return true
	}
	return false
}

// secretParameter reports whether a parameter of any request may be a secret.
func secretParameter(name string) bool {
	switch strings.ToLower(name) {
	case "access_token", "refresh_token", "id_token", "id_token_hint", "token", "subject_token", "code", "code_verifier",
		"client_secret", "client_assertion", "assertion", "password":
		return true
	}
	return false
}

// Requests returns the latest requests, at most 20,000 and about 32 MiB, oldest first.
// Requests to /_sandbox/ are not recorded.
func (s *Server) Requests() []Request { return s.journal.latest() }

// Count returns the number of requests received for an operation, whatever the
// response.
func (s *Server) Count(operationID string) int { return s.journal.count(operationID) }

// Counts returns the number of requests received for each operation, for each endpoint of
// the identity server under its name, such as "token", and for all other paths under "other". It includes the requests
// that [Server.Requests] no longer returns.
func (s *Server) Counts() map[string]int { return s.journal.allCounts() }

// TokenRequests returns the number of requests received by the token endpoint.
func (s *Server) TokenRequests() int { return s.journal.count(tokenOperation) }

// ForgetRequests clears [Server.Requests] and sets all counters to zero.
func (s *Server) ForgetRequests() { s.journal.clear() }

// statusRecorder records the status of a response in the journal before it sends it.
type statusRecorder struct {
	http.ResponseWriter
	journal *journal
	entry   *Request
}

func (w *statusRecorder) WriteHeader(status int) {
	w.journal.setStatus(w.entry, status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusRecorder) Write(p []byte) (int, error) {
	if w.entry.Status == 0 { // only the goroutine of this request writes it
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap gives http.ResponseController access to Flush.
func (w *statusRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
