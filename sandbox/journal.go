package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// tokenOperation stands for the token endpoint where an operation id is expected: in
// [Request.Operation], in [Fault.Operation] and in the counters.
const tokenOperation = "token"

// maxRequests is the number of requests that [Server.Requests] returns at most. The
// counters include all requests.
const maxRequests = 20_000

// Request is a request that the sandbox has received.
type Request struct {
	Method    string      `json:"method"`              // HTTP method
	Path      string      `json:"path"`                // as sent, without the query
	Query     string      `json:"query,omitempty"`     // as sent
	Operation string      `json:"operation,omitempty"` // operation id, "token", or empty for an unknown path
	Fault     string      `json:"fault,omitempty"`     // kinds of the faults applied to it, separated by commas
	Status    int         `json:"status"`              // status of the response; 0 if none has been sent
	Header    http.Header `json:"header"`              // credentials are replaced by [redacted]
}

// journal records the requests that the sandbox receives.
type journal struct {
	mu       sync.Mutex
	requests []*Request
	counts   map[string]int // by operation
}

func newJournal() *journal { return &journal{counts: make(map[string]int)} }

// begin records a request before its response is sent, so that a caller that has the
// response finds the request.
func (j *journal) begin(r *http.Request, operation string) *Request {
	entry := &Request{
		Method:    r.Method,
		Path:      r.URL.EscapedPath(),
		Query:     r.URL.RawQuery,
		Operation: operation,
		Header:    redact(r.Header),
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.requests) >= 2*maxRequests {
		j.requests = slices.Clone(j.requests[maxRequests:])
	}
	j.requests = append(j.requests, entry)
	if operation != "" {
		j.counts[operation]++
	}
	return entry
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
	defer j.mu.Unlock()
	latest := j.requests[max(0, len(j.requests)-maxRequests):]
	copies := make([]Request, len(latest))
	for i, entry := range latest {
		copies[i] = *entry
		copies[i].Header = entry.Header.Clone()
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
	j.requests = nil
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
	return h
}

// Requests returns the latest requests, at most 20,000, oldest first. Requests to
// /_sandbox/ are not recorded.
func (s *Server) Requests() []Request { return s.journal.latest() }

// Count returns the number of requests received for an operation, whatever the
// response.
func (s *Server) Count(operationID string) int { return s.journal.count(operationID) }

// Counts returns the number of requests received for each operation, and for the token
// endpoint under "token".
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
