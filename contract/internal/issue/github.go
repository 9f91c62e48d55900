package issue

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/contract/internal/report"
)

// Repository is a repository at GitHub.
type Repository struct {
	issues string // URL of its issues in the REST API
	token  string
	run    string // URL of the run of the workflow; may be empty
	http   *http.Client
	pause  time.Duration // before the first retry
}

var (
	repositoryName = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*/[\w.-]+$`)
	digits         = regexp.MustCompile(`^[0-9]+$`)
)

// FromEnv returns the repository of the environment variables that GitHub sets in a
// workflow: GITHUB_REPOSITORY, GITHUB_API_URL, GITHUB_SERVER_URL and GITHUB_RUN_ID.
// GITHUB_TOKEN is a token with write access to the issues.
func FromEnv(getenv func(string) string) (*Repository, error) {
	name, token := getenv("GITHUB_REPOSITORY"), getenv("GITHUB_TOKEN")
	base := cmp.Or(getenv("GITHUB_API_URL"), "https://api.github.com")
	api, err := url.Parse(base)
	switch {
	case name == "":
		return nil, errors.New("GITHUB_REPOSITORY is not set")
	case !repositoryName.MatchString(name) || strings.HasSuffix(name, "/.") || strings.HasSuffix(name, "/.."):
		return nil, errors.New("GITHUB_REPOSITORY is not the name of a repository, such as octocat/hello")
	case token == "":
		return nil, errors.New("GITHUB_TOKEN is not set")
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, errors.New("GITHUB_TOKEN is not a token: it has a space or an invisible character")
	case err != nil || api.Host == "" || api.User != nil || api.RawQuery != "" || api.Fragment != "":
		return nil, errors.New("GITHUB_API_URL is not a URL, such as https://api.github.com")
	case api.Scheme != "https" && (api.Scheme != "http" || !isLoopback(api.Hostname())):
		return nil, errors.New("GITHUB_API_URL must use https, because a token is sent to it")
	}
	r := &Repository{
		issues: api.JoinPath("repos", name, "issues").String(),
		token:  token,
		http: &http.Client{
			Timeout:       30 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		pause: time.Second,
	}
	server, err := url.Parse(cmp.Or(getenv("GITHUB_SERVER_URL"), "https://github.com"))
	if id := getenv("GITHUB_RUN_ID"); err == nil && digits.MatchString(id) && server.Host != "" && (server.Scheme == "https" || server.Scheme == "http") {
		origin := url.URL{Scheme: server.Scheme, Host: server.Host}
		r.run = origin.JoinPath(name, "actions", "runs", id).String()
	}
	return r, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// issue is an issue as in responses.
type issue struct {
	Number      int             `json:"number"`
	Title       string          `json:"title"`
	Body        string          `json:"body"`
	Labels      []label         `json:"labels"`
	PullRequest json.RawMessage `json:"pull_request"` // pull requests are in lists of issues
}

type label struct {
	Name string `json:"name"`
}

// fields are those of an issue that a request sets.
type fields struct {
	Title       string   `json:"title,omitempty"`
	Body        string   `json:"body,omitempty"`
	Labels      []string `json:"labels,omitempty"`
	State       string   `json:"state,omitempty"`
	StateReason string   `json:"state_reason,omitempty"`
}

const (
	perPage  = 100
	maxPages = 10 // of open issues with the label
)

// list returns the open issues with the label. It uses no search, whose index is updated
// only later.
func (r *Repository) list(ctx context.Context) ([]issue, error) {
	var all []issue
	for page := 1; page <= maxPages; page++ {
		query := url.Values{"state": {"open"}, "labels": {Label}, "per_page": {strconv.Itoa(perPage)}, "page": {strconv.Itoa(page)}}
		var some []issue
		if err := r.call(ctx, http.MethodGet, "?"+query.Encode(), nil, &some); err != nil {
			return nil, err
		}
		all = append(all, some...)
		if len(some) < perPage {
			return all, nil
		}
	}
	return nil, fmt.Errorf("there are more than %d open issues with the label %s", perPage*maxPages, Label)
}

func (r *Repository) post(ctx context.Context, title, body string) (issue, error) {
	var created issue
	err := r.call(ctx, http.MethodPost, "", fields{Title: title, Body: body, Labels: []string{Label}}, &created)
	if err == nil && created.Number <= 0 {
		err = errors.New("the response to opening an issue has no number")
	}
	return created, err
}

func (r *Repository) patch(ctx context.Context, number int, f fields) error {
	return r.call(ctx, http.MethodPatch, "/"+strconv.Itoa(number), f, nil)
}

func (r *Repository) close(ctx context.Context, number int, reason string) error {
	return r.patch(ctx, number, fields{State: "closed", StateReason: reason})
}

func (r *Repository) comment(ctx context.Context, number int, text string) error {
	return r.call(ctx, http.MethodPost, "/"+strconv.Itoa(number)+"/comments", fields{Body: text}, nil)
}

// attempts is the number of times that a request is sent at most. A POST is sent once: a
// retry after a lost response would open a second issue.
const attempts = 3

// call sends a request and decodes the response into result, if that is not nil.
func (r *Repository) call(ctx context.Context, method, path string, body, result any) error {
	what, _, _ := strings.Cut(path, "?")
	for attempt := 1; ; attempt++ {
		transient, err := r.send(ctx, method, path, body, result)
		if err == nil {
			return nil
		}
		if !transient || method == http.MethodPost || attempt == attempts {
			text := strings.ReplaceAll(err.Error(), r.token, "***")
			return fmt.Errorf("%s issues%s: %s", method, what, report.Line(text))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(r.pause << (attempt - 1)):
		}
	}
}

// maxResponse is the maximum number of bytes of a response. A page may have 100 issues of
// the maximum length.
const maxResponse = 64 << 20

func (r *Repository) send(ctx context.Context, method, path string, body, result any) (transient bool, err error) {
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return false, err
		}
		content = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, method, r.issues+path, content)
	if err != nil {
		return false, err
	}
	request.Header.Set("Accept", "application/vnd.github+json")
	request.Header.Set("Authorization", "Bearer "+r.token)
	request.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	request.Header.Set("User-Agent", "tapkey-go-contract")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := r.http.Do(request)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // without the URL
		}
		return ctx.Err() == nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxResponse))
	if err != nil {
		return true, err
	}
	if response.StatusCode/100 != 2 {
		transient = response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests
		return transient, refused(response.StatusCode, data)
	}
	if result == nil {
		return false, nil
	}
	if err := json.Unmarshal(data, result); err != nil {
		return false, fmt.Errorf("invalid response: %w", err)
	}
	return false, nil
}

// refused returns the error of a response that is not successful.
func refused(status int, body []byte) error {
	var said struct{ Message string }
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	if json.Unmarshal(body, &said) == nil && said.Message != "" {
		text += ": " + said.Message
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		text += " (the job needs the permission issues: write)"
	case http.StatusGone:
		text += " (issues are disabled in this repository)"
	}
	return errors.New(text)
}
