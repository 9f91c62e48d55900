package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// tokenOperation is the name by which requests for tokens are recorded and faults
// at the token endpoint are asked for.
const tokenOperation = "token"

// maxRequests is how many requests are remembered. The counters go on.
const maxRequests = 20_000

// Request is one request the sandbox has received.
type Request struct {
	Method    string      `json:"method"`              // HTTP method
	Path      string      `json:"path"`                // as it was sent, without the query
	Query     string      `json:"query,omitempty"`     // as it was sent
	Operation string      `json:"operation,omitempty"` // operation id, "token", or empty for an unknown path
	Fault     string      `json:"fault,omitempty"`     // names of the faults that were applied, separated by commas
	Status    int         `json:"status"`              // 0 if no answer was sent (yet)
	Header    http.Header `json:"header"`              // credentials are replaced by [redacted]
}

// journal remembers what the sandbox was asked.
type journal struct {
	mu       sync.Mutex
	requests []*Request
	counts   map[string]int
}

// begin records the arrival of a request. It is recorded before the answer leaves, so
// that a caller who has the answer finds it.
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

func (j *journal) update(change func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change()
}

// redact copies a header without its secrets. The scheme of an Authorization stays: it
// is what most 401s are about.
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

// Requests returns the latest requests, oldest first; 20,000 at least are remembered.
// Those to /_sandbox/ are left out.
func (s *Server) Requests() []Request {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	latest := s.journal.requests[max(0, len(s.journal.requests)-maxRequests):]
	all := make([]Request, len(latest))
	for i, entry := range latest {
		all[i] = *entry
		all[i].Header = entry.Header.Clone()
	}
	return all
}

// Count returns how often an operation was asked for, whatever the answer.
func (s *Server) Count(operationID string) int {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return s.journal.counts[operationID]
}

// Counts returns all counters: how often each operation was asked for, and "token".
func (s *Server) Counts() map[string]int {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return maps.Clone(s.journal.counts)
}

// TokenRequests returns how many requests the token endpoint has received.
func (s *Server) TokenRequests() int { return s.Count(tokenOperation) }

// ForgetRequests empties [Server.Requests] and sets all counters to zero.
func (s *Server) ForgetRequests() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.requests = nil
	clear(s.journal.counts)
}

// statusRecorder writes the status of an answer into the journal before it leaves.
type statusRecorder struct {
	http.ResponseWriter
	journal *journal
	entry   *Request
}

func (w *statusRecorder) WriteHeader(status int) {
	w.journal.update(func() {
		if w.entry.Status == 0 {
			w.entry.Status = status
		}
	})
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusRecorder) Write(p []byte) (int, error) {
	if w.entry.Status == 0 { // only this request's goroutine writes it
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach Flush.
func (w *statusRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
