package client

import (
	"net/http"
	"sync"
)

// maxRequestSet is the maximum number of requests in a requestSet.
const maxRequestSet = 256

// requestKey identifies a resource and what is done with it. A caller that lacks permissions
// lacks them for the same requests each time.
type requestKey struct{ method, path string }

func keyOf(req *http.Request) requestKey { return requestKey{req.Method, req.URL.Path} }

// requestSet is a set of requests of bounded size.
type requestSet struct {
	mu   sync.Mutex
	keys map[requestKey]struct{}
}

func (s *requestSet) add(key requestKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		s.keys = map[requestKey]struct{}{}
	}
	if len(s.keys) < maxRequestSet {
		s.keys[key] = struct{}{}
	}
}

func (s *requestSet) has(key requestKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.keys[key]
	return ok
}
