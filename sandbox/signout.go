package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// serveEndSession serves the end-session endpoint of OpenID Connect. A person is signed out
// at once if the request has an ID token of that person, and otherwise after a page that
// asks. The browser returns to post_logout_redirect_uri only if the URI is registered for
// the client, which the ID token or client_id names.
func (s *identity) serveEndSession(w http.ResponseWriter, r *http.Request) {
	query, ok := parametersOf(w, r)
	if !ok {
		return
	}
	request, problem := s.parseEndSession(query)
	if problem != nil {
		s.pages.problem(w, problem)
		return
	}
	current, signedIn := s.session(r)
	if signedIn && current.person != request.person {
		s.pages.logout(w, logoutPage{
			form:   s.newForm(w, r, logoutPath, current.handle, request.query.Encode()),
			Person: s.people.byID[current.person],
		})
		return
	}
	s.signOut(w, r, request)
}

// serveLogout handles the form of the page that asks whether to sign out.
func (s *identity) serveLogout(w http.ResponseWriter, r *http.Request) {
	fields, ok := s.postedForm(w, r, logoutPath)
	if !ok {
		return
	}
	request, problem := s.parseEndSession(fields.Get("request"))
	if problem != nil {
		s.pages.problem(w, problem)
		return
	}
	s.signOut(w, r, request)
}

// endSessionRequest is a valid request to sign out.
type endSessionRequest struct {
	query       url.Values // without the ID token
	person      string     // id of the person in the ID token, or empty
	redirectURI string     // registered, or empty
}

func (s *identity) parseEndSession(query string) (endSessionRequest, *pageError) {
	values, problem := parseParameters(query)
	if problem != nil {
		return endSessionRequest{}, problem
	}
	r := endSessionRequest{query: values}
	if hint := values.Get("id_token_hint"); hint != "" {
		var c idClaims
		_, err := jwt.ParseWithClaims(hint, &c, s.tokens.publicKey,
			jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithoutClaimsValidation())
		if err != nil || len(c.Audience) != 1 || values.Has("client_id") && values.Get("client_id") != c.Audience[0] {
			return endSessionRequest{}, &pageError{"invalid_request", "id_token_hint was not issued by this server to the client."}
		}
		r.person = c.Subject
		values.Del("id_token_hint")
		values.Set("client_id", c.Audience[0])
	}
	client := s.clients[values.Get("client_id")]
	uri := values.Get("post_logout_redirect_uri")
	switch {
	case client == nil && values.Has("client_id"):
		return endSessionRequest{}, &pageError{"unauthorized_client", "The client is not registered."}
	case uri != "" && (client == nil || !slices.Contains(client.PostLogoutURIs, uri)):
		return endSessionRequest{}, &pageError{"invalid_request", "post_logout_redirect_uri is not registered for the client, or the client is not named."}
	}
	r.redirectURI = uri
	return r, nil
}

// signOut ends the session and sends the browser back.
func (s *identity) signOut(w http.ResponseWriter, r *http.Request, request endSessionRequest) {
	s.sessions.remove(s.cookies.get(r, s.cookies.session))
	s.cookies.set(w, s.cookies.session, "")
	if request.redirectURI == "" {
		s.pages.signedOut(w)
		return
	}
	target := request.redirectURI
	if request.query.Has("state") {
		separator := "?"
		if strings.Contains(target, "?") {
			separator = "&"
		}
		target += separator + "state=" + url.QueryEscape(request.query.Get("state"))
	}
	redirect(w, r, target)
}
