// Package githubtest has a server with the part of GitHub's REST API that package issue
// uses.
package githubtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// Token is the token that the server accepts, and Repository its only repository.
const (
	Token      = "ghs_0123456789abcdef"
	Repository = "octocat/hello"
)

// Issue is an issue of the server.
type Issue struct {
	Number      int      `json:"number"`
	Title       string   `json:"title"`
	Body        string   `json:"body"`
	State       string   `json:"state"`
	StateReason string   `json:"state_reason"`
	Labels      []Label  `json:"labels"`
	Comments    []string `json:"-"`
	PullRequest any      `json:"pull_request,omitempty"`
}

// Label is a label of an issue.
type Label struct {
	Name string `json:"name"`
}

// Server is the server. Its methods may be used during requests.
type Server struct {
	URL string

	mu       sync.Mutex
	issues   []Issue
	requests []string
	before   func(w http.ResponseWriter, r *http.Request) bool
}

// Start starts a server, which ends with the test.
func Start(t *testing.T) *Server {
	t.Helper()
	s := new(Server)
	mux := http.NewServeMux()
	const path = "/repos/" + Repository + "/issues"
	mux.HandleFunc("GET "+path, s.list)
	mux.HandleFunc("POST "+path, s.create)
	mux.HandleFunc("PATCH "+path+"/{number}", s.edit)
	mux.HandleFunc("POST "+path+"/{number}/comments", s.comment)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/repos/"+Repository))
		before := s.before
		s.mu.Unlock()
		switch {
		case before != nil && before(w, r):
		case r.Header.Get("Authorization") != "Bearer "+Token:
			fail(w, http.StatusUnauthorized, "Bad credentials")
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Before sets a function that is called before each request, and that reports whether it
// has sent a response.
func (s *Server) Before(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// Fail makes requests with a method fail with a status. An empty method means all.
func (s *Server) Fail(method string, status int, message string) {
	s.Before(func(w http.ResponseWriter, r *http.Request) bool {
		if method != "" && r.Method != method {
			return false
		}
		fail(w, status, message)
		return true
	})
}

// Add adds an issue and returns its number.
func (s *Server) Add(issue Issue) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	issue.Number = len(s.issues) + 1
	if issue.State == "" {
		issue.State = "open"
	}
	s.issues = append(s.issues, issue)
	return issue.Number
}

// Issues returns the issues, oldest first.
func (s *Server) Issues() []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.issues)
}

// Requests returns the requests since the last call, such as "PATCH /issues/1".
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests = nil
	return requests
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	page, _ := strconv.Atoi(query.Get("page"))
	size, _ := strconv.Atoi(query.Get("per_page"))
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []Issue{}
	for _, i := range slices.Backward(s.issues) {
		labelled := slices.ContainsFunc(i.Labels, func(l Label) bool { return strings.EqualFold(l.Name, query.Get("labels")) })
		if i.State == query.Get("state") && labelled {
			found = append(found, i)
		}
	}
	from := min(max(page-1, 0)*size, len(found))
	send(w, http.StatusOK, found[from:min(from+size, len(found))])
}

type input struct {
	Title, Body, State *string
	StateReason        *string `json:"state_reason"`
	Labels             []string
}

// read reads the input of a request. GitHub limits its texts.
func read(w http.ResponseWriter, r *http.Request) (in input, ok bool) {
	switch err := json.NewDecoder(r.Body).Decode(&in); {
	case err != nil:
		fail(w, http.StatusBadRequest, "Problems parsing JSON")
	case in.Title != nil && utf8.RuneCountInString(*in.Title) > 256, in.Body != nil && utf8.RuneCountInString(*in.Body) > 65536:
		fail(w, http.StatusUnprocessableEntity, "Validation Failed")
	default:
		return in, true
	}
	return in, false
}

func (s *Server) create(w http.ResponseWriter, r *http.Request) {
	in, ok := read(w, r)
	if !ok {
		return
	}
	if in.Title == nil || *in.Title == "" || in.Body == nil {
		fail(w, http.StatusUnprocessableEntity, "Validation Failed")
		return
	}
	issue := Issue{Title: *in.Title, Body: *in.Body}
	for _, name := range in.Labels {
		issue.Labels = append(issue.Labels, Label{name})
	}
	number := s.Add(issue)
	send(w, http.StatusCreated, s.Issues()[number-1])
}

func (s *Server) edit(w http.ResponseWriter, r *http.Request) {
	in, ok := read(w, r)
	if !ok {
		return
	}
	s.change(w, r, http.StatusOK, func(i *Issue) {
		for to, from := range map[*string]*string{&i.Title: in.Title, &i.Body: in.Body, &i.State: in.State, &i.StateReason: in.StateReason} {
			if from != nil {
				*to = *from
			}
		}
	})
}

func (s *Server) comment(w http.ResponseWriter, r *http.Request) {
	in, ok := read(w, r)
	if !ok {
		return
	}
	s.change(w, r, http.StatusCreated, func(i *Issue) { i.Comments = append(i.Comments, *in.Body) })
}

func (s *Server) change(w http.ResponseWriter, r *http.Request, status int, change func(*Issue)) {
	number, err := strconv.Atoi(r.PathValue("number"))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || number < 1 || number > len(s.issues) {
		fail(w, http.StatusNotFound, "Not Found")
		return
	}
	change(&s.issues[number-1])
	send(w, status, s.issues[number-1])
}

func fail(w http.ResponseWriter, status int, message string) {
	send(w, status, map[string]string{"message": message})
}

func send(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) //nolint:errchkjson // the client may be gone
}
