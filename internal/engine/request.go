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

// ParseBaseURL checks a base URL: http or https, with a host, and without user
// info, query or fragment, which would get lost or end up in logs. The errors name
// what is wrong and do not repeat the URL.
func ParseBaseURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, errors.New("is empty")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is no URL")
	case u.Scheme == "" || u.Opaque != "":
		return nil, errors.New("has no scheme; write https://host/path")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("is neither https nor http")
	case u.Hostname() == "":
		return nil, errors.New("has no host")
	case u.User != nil:
		return nil, errors.New("holds user info")
	case u.RawQuery != "" || u.ForceQuery:
		return nil, errors.New("has a query")
	case u.Fragment != "" || strings.HasSuffix(text, "#"):
		return nil, errors.New("has a fragment")
	}
	// A zone of an IPv6 address can be read that cannot be written.
	if again, err := url.Parse(u.String()); err != nil || again.Host != u.Host {
		return nil, errors.New("has a host that is no host")
	}
	return u, nil
}

// NewDoer returns a Doer that completes each request before next sends it:
//
//   - Accept and User-Agent are set where no editor has set them;
//   - Accept-Encoding is removed, so that net/http decompresses the answer;
//   - spaces in the query go out as %20, since not every server of OData reads
//     the plus sign of HTML forms;
//
// and that follows no redirect: an *http.Client is copied for that, not changed.
func NewDoer(next Doer, userAgent string) Doer {
	if client, ok := next.(*http.Client); ok {
		next = WithoutRedirects(client)
	}
	return &completingDoer{next, []string{"application/json"}, []string{userAgent}}
}

// WithoutRedirects returns a copy of an http.Client that hands redirects back
// instead of following them.
func WithoutRedirects(client *http.Client) *http.Client {
	c := *client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

type completingDoer struct {
	next      Doer
	accept    []string
	userAgent []string
}

func (d *completingDoer) Do(req *http.Request) (*http.Response, error) {
	if req.Header.Get("Accept") == "" {
		req.Header["Accept"] = d.accept[:1:1]
	}
	if _, set := req.Header["User-Agent"]; !set {
		req.Header["User-Agent"] = d.userAgent[:1:1]
	}
	// Whoever sets it has to decompress as well; net/http does both by itself.
	req.Header.Del("Accept-Encoding")
	// A plus sign in a value is %2B by now, so every + stands for a space.
	req.URL.RawQuery = strings.ReplaceAll(req.URL.RawQuery, "+", "%20")
	return d.next.Do(req)
}

// UserAgent returns the product token of the module that a package is in, such as
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
