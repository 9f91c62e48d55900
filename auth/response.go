package auth

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxResponse is the maximum size of an authorization response, in bytes.
	maxResponse = 64 << 10

	// maxParameter is the maximum size of a parameter, in bytes.
	maxParameter = 8 << 10
)

// authorizeResponse is a response to an authorization request (RFC 6749, section 4.1.2).
type authorizeResponse struct {
	code, state, scope, issuer  string
	errorCode, errorDescription string
}

// readRequest returns the response that a browser sends: in the query of a GET, or in the
// body of a POST (response mode form_post). The error is an ErrMismatch.
func readRequest(r *http.Request) (authorizeResponse, error) {
	switch r.Method {
	case http.MethodGet:
		return parseResponse(r.URL.RawQuery)
	case http.MethodPost:
		body, err := readForm(r)
		if err != nil {
			return authorizeResponse{}, err
		}
		return parseResponse(body)
	}
	return authorizeResponse{}, mismatch("the method is neither GET nor POST")
}

func readForm(r *http.Request) (string, error) {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/x-www-form-urlencoded" {
		return "", mismatch("the body is not a form")
	}
	if r.PostForm != nil { // a handler before this one has read the body
		return r.PostForm.Encode(), nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxResponse+1))
	if err != nil {
		return "", mismatch("the body cannot be read")
	}
	return string(body), nil
}

// parseResponse parses the parameters of a response. Parameters that are not known are
// ignored, as session_state of IdentityServer.
func parseResponse(query string) (authorizeResponse, error) {
	if len(query) > maxResponse {
		return authorizeResponse{}, mismatch("the response is too large")
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return authorizeResponse{}, mismatch("the parameters are malformed")
	}
	var r authorizeResponse
	for name, value := range map[string]*string{
		"code": &r.code, "state": &r.state, "scope": &r.scope, "iss": &r.issuer,
		"error": &r.errorCode, "error_description": &r.errorDescription,
	} {
		given := values[name]
		if len(given) == 0 {
			continue
		}
		*value = given[0]
		switch {
		case len(given) > 1:
			return authorizeResponse{}, mismatch(name + " is there more than once")
		case len(*value) > maxParameter:
			return authorizeResponse{}, mismatch(fmt.Sprintf("%s is longer than %d bytes", name, maxParameter))
		case name != "error_description" && (!utf8.ValidString(*value) || strings.ContainsFunc(*value, unicode.IsControl)):
			return authorizeResponse{}, mismatch(name + " contains control characters")
		}
	}
	return r, nil
}
