package sandbox

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxParameter is the maximum size of a parameter of an authorization request in bytes.
const maxParameter = 4000

// Response modes.
const (
	modeQuery    = "query"
	modeFormPost = "form_post"
)

// authorizeRequest is a valid authorization request.
type authorizeRequest struct {
	query       url.Values
	client      *Client
	redirectURI string
	mode        string
	scopes      []string
	prompt      []string
	maxAge      time.Duration // since the person signed in; negative means any
}

// pageError is an error that is shown to the person and not sent to the client, because
// the request may not come from the client. Its text contains nothing of the request.
type pageError struct{ code, message string }

func (e *pageError) Error() string { return e.code + ": " + e.message }

// parseAuthorize checks an authorization request in the order of IdentityServer. Inferred:
// that Tapkey, like IdentityServer, shows all these errors to the person, including those
// of the scope, and sends none of them to the client.
func (s *identity) parseAuthorize(query string) (*authorizeRequest, *pageError) {
	values, problem := parseParameters(query)
	if problem != nil {
		return nil, problem
	}
	r := &authorizeRequest{query: values, maxAge: -1}
	if r.client = s.clients[values.Get("client_id")]; r.client == nil {
		return nil, &pageError{"unauthorized_client", "The client is not registered: client_id is missing or unknown."}
	}
	if r.redirectURI = values.Get("redirect_uri"); !slices.Contains(r.client.RedirectURIs, r.redirectURI) {
		return nil, &pageError{"invalid_request", "The redirect URI is not registered for the client. It must equal a registered one, character by character."}
	}
	for _, check := range []func(*authorizeRequest) *pageError{checkResponse, checkScope, checkChallenge, checkPrompt} {
		if problem := check(r); problem != nil {
			return nil, problem
		}
	}
	return r, nil
}

// parseParameters parses the parameters of a request that a browser sends.
func parseParameters(query string) (url.Values, *pageError) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, &pageError{"invalid_request", "The parameters of the request are malformed."}
	}
	for _, given := range values {
		switch {
		case len(given) > 1:
			return nil, &pageError{"invalid_request", "A parameter is given more than once."}
		case len(given[0]) > maxParameter:
			return nil, &pageError{"invalid_request", "A parameter is longer than " + strconv.Itoa(maxParameter) + " bytes."}
		case !utf8.ValidString(given[0]) || strings.ContainsFunc(given[0], unicode.IsControl):
			return nil, &pageError{"invalid_request", "A parameter contains control characters."}
		}
	}
	return values, nil
}

func checkResponse(r *authorizeRequest) *pageError {
	switch {
	case r.query.Has("request") || r.query.Has("request_uri"):
		return &pageError{"request_not_supported", "Request objects are not supported."}
	case r.query.Get("response_type") != "code":
		return &pageError{"unsupported_response_type", "response_type must be code."}
	}
	switch r.mode = r.query.Get("response_mode"); r.mode {
	case "":
		r.mode = modeQuery
	case modeQuery, modeFormPost:
	default:
		return &pageError{"invalid_request", "response_mode must be query or form_post."}
	}
	return nil
}

func checkScope(r *authorizeRequest) *pageError {
	if r.scopes = scopesOf(r.query); len(r.scopes) == 0 {
		return &pageError{"invalid_request", "scope is missing."}
	}
	if !contains(r.client.userScopes(), r.scopes) {
		return &pageError{"invalid_scope", "The client may not request one of the scopes."}
	}
	return nil
}

// checkChallenge checks the challenge of PKCE. Public clients need one. Inferred: the
// method plain is refused, as by IdentityServer by default.
func checkChallenge(r *authorizeRequest) *pageError {
	challenge := r.query.Get("code_challenge")
	switch decoded, err := base64.RawURLEncoding.Strict().DecodeString(challenge); {
	case challenge == "" && r.query.Get("code_challenge_method") != "":
		return &pageError{"invalid_request", "code_challenge is missing."}
	case challenge == "" && (r.client.Public || r.client.RequirePKCE):
		return &pageError{"invalid_request", "code_challenge is missing: the client must use PKCE."}
	case challenge == "":
		return nil
	case r.query.Get("code_challenge_method") != "S256":
		return &pageError{"invalid_request", "code_challenge_method must be S256."}
	case err != nil || len(decoded) != 32:
		return &pageError{"invalid_request", "code_challenge is not a SHA-256 hash in base64url without padding."}
	}
	return nil
}

func checkPrompt(r *authorizeRequest) *pageError {
	r.prompt = strings.Fields(r.query.Get("prompt"))
	for _, p := range r.prompt {
		if !slices.Contains([]string{promptNone, promptLogin, promptConsent, promptAccount}, p) {
			return &pageError{"invalid_request", "prompt must be none, or a list of login, consent and select_account."}
		}
	}
	if slices.Contains(r.prompt, promptNone) && len(r.prompt) > 1 {
		return &pageError{"invalid_request", "prompt=none excludes other values."}
	}
	if text := r.query.Get("max_age"); text != "" {
		seconds, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return &pageError{"invalid_request", "max_age must be a number of seconds."}
		}
		r.maxAge = time.Duration(seconds) * time.Second
	}
	return nil
}

// Values of the parameter prompt.
const (
	promptNone    = "none"
	promptLogin   = "login"
	promptConsent = "consent"
	promptAccount = "select_account"
)

// serveAuthorize serves the authorization endpoint.
func (s *identity) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	query, ok := parametersOf(w, r)
	if !ok {
		return
	}
	request, problem := s.parseAuthorize(query)
	if problem != nil {
		s.pages.problem(w, problem)
		return
	}
	if s.autoConsent {
		s.grantAutomatically(w, r, request)
		return
	}
	quiet := slices.Contains(request.prompt, promptNone)
	current, signedIn := s.session(r)
	switch {
	case !signedIn || s.needsLogin(request, current):
		if quiet {
			s.respondError(w, r, request, "login_required")
			return
		}
		s.showLogin(w, r, request, http.StatusOK, request.query.Get("login_hint"), "")
	case slices.Contains(request.prompt, promptConsent) || !contains(current.consents[request.client.ID], request.scopes):
		if quiet {
			s.respondError(w, r, request, "consent_required")
			return
		}
		s.showConsent(w, r, request, current, http.StatusOK, "")
	default:
		s.respondCode(w, r, request, current, request.scopes)
	}
}

// parametersOf returns the parameters of a GET or POST request in their encoded form.
func parametersOf(w http.ResponseWriter, r *http.Request) (string, bool) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return r.URL.RawQuery, true
	case http.MethodPost:
		return readForm(w, r)
	}
	methodNotAllowed(r.Method, http.MethodGet, http.MethodPost).write(w)
	return "", false
}

// needsLogin reports whether a person who is signed in has to sign in again.
func (s *identity) needsLogin(r *authorizeRequest, current session) bool {
	return slices.Contains(r.prompt, promptLogin) || slices.Contains(r.prompt, promptAccount) ||
		r.maxAge >= 0 && s.clock.now().Sub(current.signedIn) > r.maxAge
}

// WithAutoConsent makes the authorization endpoint respond with a code at once, without a
// page: the first person is signed in, or the one that login_hint names, and consents to
// all scopes. It is for tests of programs that have no browser.
func WithAutoConsent() Option { return func(c *config) { c.autoConsent = true } }

func (s *identity) grantAutomatically(w http.ResponseWriter, r *http.Request, request *authorizeRequest) {
	name := request.query.Get("login_hint")
	if s.people.ids[name] == "" {
		name = s.people.names[0]
	}
	s.respondCode(w, r, request, session{person: s.people.ids[name], signedIn: s.clock.now()}, request.scopes)
}

// respondCode sends a new authorization code to the client.
func (s *identity) respondCode(w http.ResponseWriter, r *http.Request, request *authorizeRequest, by session, scopes []string) {
	handle := s.codes.add(code{
		authorization: authorization{
			id:       s.tokens.grants.Add(1),
			client:   request.client.ID,
			user:     subject{by.person, nativeProvider},
			scopes:   scopes,
			signedIn: by.signedIn.Unix(),
			nonce:    request.query.Get("nonce"),
		},
		redirectURI: request.redirectURI,
		challenge:   request.query.Get("code_challenge"),
		expires:     s.clock.now().Add(codeLifetime),
	})
	s.respond(w, r, request, []parameter{{"code", handle}, {"scope", strings.Join(scopes, " ")}})
}

// respondError sends an error to the client.
func (s *identity) respondError(w http.ResponseWriter, r *http.Request, request *authorizeRequest, code string) {
	s.respond(w, r, request, []parameter{{"error", code}})
}

// parameter is a parameter of an authorization response.
type parameter struct{ Name, Value string }

// respond sends an authorization response to the client, through the browser. Documented:
// code, state and scope. Inferred: iss, see RFC 9207.
func (s *identity) respond(w http.ResponseWriter, r *http.Request, request *authorizeRequest, parameters []parameter) {
	if request.query.Has("state") {
		parameters = append(parameters, parameter{"state", request.query.Get("state")})
	}
	parameters = append(parameters, parameter{"iss", s.origin(r)})
	if request.mode == modeFormPost {
		s.pages.formPost(w, request.redirectURI, parameters)
		return
	}
	var encoded strings.Builder
	encoded.WriteString(request.redirectURI)
	separator := "?"
	if strings.Contains(request.redirectURI, "?") {
		separator = "&"
	}
	for _, p := range parameters {
		encoded.WriteString(separator + p.Name + "=" + url.QueryEscape(p.Value))
		separator = "&"
	}
	redirect(w, r, encoded.String())
}

// redirect sends the browser to another page.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	noStore(w)
	w.Header().Set("Location", to)
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.Method == http.MethodPost {
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	w.WriteHeader(http.StatusFound)
}
