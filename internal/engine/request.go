package engine

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
)

// Doer sends a request. *http.Client is one.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// ParseBaseURL parses a base URL: http or https, with a host, and without user info, query
// and fragment, which would be lost or logged. Invisible characters are refused, see
// [CheckCharacters]. Its errors do not contain the URL.
func ParseBaseURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, errors.New("is empty")
	}
	if err := CheckCharacters(text); err != nil {
		return nil, err
	}
	u, err := url.Parse(text)
	switch {
	case strings.ContainsAny(text, `"<>`): // net/url accepts them in a host
		return nil, errors.New("contains a quotation mark or an angle bracket")
	case err != nil:
		return nil, errors.New("is not a URL")
	case u.Scheme == "" || u.Opaque != "":
		return nil, errors.New("has no scheme; write https://host/path")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("is neither https nor http")
	case u.Hostname() == "":
		return nil, errors.New("has no host")
	case u.User != nil:
		return nil, errors.New("has user info")
	case u.RawQuery != "" || u.ForceQuery:
		return nil, errors.New("has a query")
	case u.Fragment != "" || strings.HasSuffix(text, "#"):
		return nil, errors.New("has a fragment")
	}
	// Some zones of IPv6 addresses can be parsed but not written.
	if again, err := url.Parse(u.String()); err != nil || again.Host != u.Host {
		return nil, errors.New("has an invalid host")
	}
	return u, nil
}

// NewDoer returns a Doer that completes each request and then calls next:
//
//   - It sets Accept and User-Agent, unless a request editor has set them.
//   - It removes Accept-Encoding, so that net/http decompresses the response.
//   - It encodes spaces in the query as %20, because not every OData server accepts the
//     plus sign of HTML forms.
//   - It makes the body one that can be sent again, as the request editors left it.
//
// If next is an *http.Client, the Doer uses a copy that follows no redirects.
//
// The Doer is a function, so that printing by reflection finds neither a token nor the
// buffers of a connection behind it.
func NewDoer(next Doer, userAgent string) Doer {
	client, direct := next.(*http.Client)
	if direct {
		next = WithoutRedirects(client)
	}
	_, copies := next.(Copier)
	accept, agent, contentType := []string{"application/json"}, []string{userAgent}, []string{"application/json"}
	return doerFunc((&completingDoer{
		next: next, direct: direct, copies: copies, accept: accept, userAgent: agent,
		header:     http.Header{"Accept": accept, "User-Agent": agent},
		jsonHeader: http.Header{"Accept": accept, "User-Agent": agent, "Content-Type": contentType},
	}).do)
}

// Copier is a Doer that changes nothing in a request. It sends copies, which do not share the
// header.
type Copier interface {
	Doer
	SendsCopies()
}

// doerFunc is a function that is a Doer.
type doerFunc func(*http.Request) (*http.Response, error)

// Do calls f.
func (f doerFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

type completingDoer struct {
	next      Doer
	direct    bool // next is an http.Client
	copies    bool // next is a Copier
	accept    []string
	userAgent []string

	// Headers of requests that no request editor has seen, with and without a body of JSON.
	// They are never changed.
	header, jsonHeader http.Header
}

func (d *completingDoer) do(req *http.Request) (*http.Response, error) {
	// A request editor may have replaced the whole request.
	if req.URL == nil {
		return nil, errors.New("the request has no URL")
	}
	call, req := callOf(req)
	if options := CallOptionsFrom(req.Context()); options != nil {
		StartHeader(req)
		if err := options.Edit(req.Context(), req); err != nil {
			return nil, NotSent(WithCause(req.Context(), err))
		}
	}
	if req.Header == nil && d.copies {
		req.Header = d.header
		if _, ok := req.Body.(*JSON); ok {
			req.Header = d.jsonHeader
		}
	} else {
		d.completeHeader(req)
	}
	// A plus sign in a value is encoded as %2B, so each + stands for a space.
	req.URL.RawQuery = strings.ReplaceAll(req.URL.RawQuery, "+", "%20")
	if err := fixBody(req); err != nil {
		return nil, err
	}
	if d.direct {
		call.state.attempts = 1
	}
	rsp, err := d.next.Do(req)
	if rsp != nil && rsp.Request == nil {
		rsp.Request = req // the caller's RoundTripper may not set it
	}
	if d.direct && err != nil && NeverSent(err) {
		err = NotSent(err)
	}
	return rsp, call.state.end(rsp, FromDoer(WithCause(req.Context(), err)))
}

func (d *completingDoer) completeHeader(req *http.Request) {
	StartHeader(req)
	if accept := req.Header["Accept"]; len(accept) == 0 || accept[0] == "" {
		req.Header["Accept"] = d.accept[:1:1]
	}
	if _, set := req.Header["User-Agent"]; !set {
		req.Header["User-Agent"] = d.userAgent[:1:1]
	}
	// net/http decompresses the response only if it has set the header itself.
	delete(req.Header, "Accept-Encoding")
}

// StartHeader creates the header of a request of [Base.NewRequest], which has none, before
// request editors run.
func StartHeader(req *http.Request) {
	if req.Header != nil {
		return
	}
	req.Header = make(http.Header, 4)
	if _, ok := req.Body.(*JSON); ok {
		req.Header["Content-Type"] = []string{"application/json"}
	}
}

// UserAgent returns the name and version of the module that a package belongs to, such as
// "tapkey-go/v1.2.0", from the build information of the program.
func UserAgent(packagePath string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if rest, found := strings.CutPrefix(packagePath, m.Path); !found || m.Path == "" || rest != "" && rest[0] != '/' {
				continue
			}
			if m.Version == "" || strings.HasPrefix(m.Version, "(") {
				return path.Base(m.Path)
			}
			return path.Base(m.Path) + "/" + m.Version
		}
	}
	return path.Base(packagePath)
}
