package sandbox

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// sessionLifetime is the time for which a person stays signed in: the default of
// IdentityServer.
const sessionLifetime = 10 * time.Hour

// session is a person who is signed in in a browser.
type session struct {
	person   string // id
	signedIn time.Time
	consents map[string][]string // scopes that the person has granted, by client; replaced, never modified
	handle   string              // of the session's cookie
}

// session returns the session of a request.
func (s *identity) session(r *http.Request) (session, bool) {
	handle := s.cookies.get(r, s.cookies.session)
	found, ok := s.sessions.get(handle)
	age := s.clock.now().Sub(found.signedIn)
	found.handle = handle
	return found, ok && age <= sessionLifetime
}

// cookies are the cookies of the identity server. Their names contain the port, because
// browsers send cookies to all ports of a host.
type cookies struct {
	session, form string // names
	secure        bool
}

func (c cookies) get(r *http.Request, name string) string {
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// set sets a cookie until the browser ends. An empty value removes it.
func (c cookies) set(w http.ResponseWriter, name, value string) {
	cookie := &http.Cookie{ //nolint:gosec // Secure without TLS would disable the cookie
		Name: name, Value: value, Path: "/",
		HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// formKey signs the forms of the pages, so that only they can be posted, and only by the
// browser that they were sent to.
type formKey [32]byte

func newFormKey() (key formKey) {
	_, _ = rand.Read(key[:]) // never fails
	return key
}

// sign returns the signature of a form for a browser. A signature is valid for one page,
// one session and one request of a client.
func (k formKey) sign(page, browser, session, request string) string {
	mac := hmac.New(sha256.New, k[:])
	for _, part := range []string{page, browser, session, request} {
		mac.Write([]byte(url.QueryEscape(part) + "\n"))
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// form is the part that the forms of all pages have in common.
type form struct {
	Action  string // path
	Token   string // signature
	Request string // encoded parameters of the client's request
}

// newForm returns the form of a page. It sets the cookie of the browser if there is none.
func (s *identity) newForm(w http.ResponseWriter, r *http.Request, path, session, request string) form {
	browser := s.cookies.get(r, s.cookies.form)
	if browser == "" {
		browser = randomText()
		s.cookies.set(w, s.cookies.form, browser)
	}
	return form{path, s.forms.sign(path, browser, session, request), request}
}

// postedForm returns the fields of a form that was posted to a path. If it was not sent
// from a page of this server, postedForm responds with an error page.
func (s *identity) postedForm(w http.ResponseWriter, r *http.Request, path string) (url.Values, bool) {
	if r.Method != http.MethodPost {
		methodNotAllowed(r.Method, http.MethodPost).write(w)
		return nil, false
	}
	encoded, ok := readForm(w, r)
	if !ok {
		return nil, false
	}
	fields, err := url.ParseQuery(encoded)
	browser := s.cookies.get(r, s.cookies.form)
	current, _ := s.session(r)
	signature := s.forms.sign(path, browser, current.handle, fields.Get("request"))
	if path == loginPath { // may be posted with or without a session
		signature = s.forms.sign(path, browser, "", fields.Get("request"))
	}
	if err != nil || !equalSecrets(signature, fields.Get("token")) {
		s.pages.problem(w, &pageError{"invalid_request", "The form was not sent from a page of this server, or it is outdated. Go back to the application and sign in again."})
		return nil, false
	}
	return fields, true
}

// readForm reads the body of a request, which must be a form.
func readForm(w http.ResponseWriter, r *http.Request) (string, bool) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		fail(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "the body must be application/x-www-form-urlencoded").write(w)
		return "", false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		fail(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the body cannot be read or is larger than %d bytes", maxBody).write(w)
		return "", false
	}
	return string(bytes.TrimSpace(body)), true
}

// showLogin shows the sign-in page, with a name filled in.
func (s *identity) showLogin(w http.ResponseWriter, r *http.Request, request *authorizeRequest, status int, name, problem string) {
	encoded := request.query.Encode()
	s.pages.login(w, status, loginPage{
		form:    s.newForm(w, r, loginPath, "", encoded),
		Client:  request.client.ID,
		Name:    name,
		Problem: problem,
	})
}

// serveLogin handles the form of the sign-in page.
func (s *identity) serveLogin(w http.ResponseWriter, r *http.Request) {
	fields, ok := s.postedForm(w, r, loginPath)
	if !ok {
		return
	}
	request, problem := s.parseAuthorize(fields.Get("request"))
	if problem != nil {
		s.pages.problem(w, problem)
		return
	}
	if fields.Get("decision") == "cancel" {
		s.respondError(w, r, request, "access_denied")
		return
	}
	id, ok := s.people.signIn(fields.Get("username"), fields.Get("password"))
	if !ok {
		s.showLogin(w, r, request, http.StatusBadRequest, fields.Get("username"), "Name or password is wrong.")
		return
	}
	begun := session{person: id, signedIn: s.clock.now()}
	if earlier, ok := s.session(r); ok && earlier.person == id {
		begun.consents = earlier.consents
	}
	s.sessions.remove(s.cookies.get(r, s.cookies.session))
	s.cookies.set(w, s.cookies.session, s.sessions.add(begun))
	redirect(w, r, authorizePath+"?"+afterLogin(request).Encode())
}

// afterLogin returns the parameters of a request without those that demand a sign-in.
func afterLogin(request *authorizeRequest) url.Values {
	query := maps.Clone(request.query)
	query.Del("max_age")
	query.Del("prompt")
	prompt := slices.DeleteFunc(slices.Clone(request.prompt), func(p string) bool { return p == promptLogin || p == promptAccount })
	if len(prompt) > 0 {
		query.Set("prompt", strings.Join(prompt, " "))
	}
	return query
}

// showConsent shows the consent page.
func (s *identity) showConsent(w http.ResponseWriter, r *http.Request, request *authorizeRequest, current session, status int, problem string) {
	encoded := request.query.Encode()
	other := afterLogin(request)
	other.Set("prompt", strings.TrimSpace(promptLogin+" "+other.Get("prompt")))
	page := consentPage{
		form:        s.newForm(w, r, consentPath, current.handle, encoded),
		Client:      request.client.ID,
		Person:      s.people.byID[current.person],
		OtherPerson: authorizePath + "?" + other.Encode(),
		Problem:     problem,
	}
	for _, scope := range request.scopes {
		page.Scopes = append(page.Scopes, scopeChoice{scope, describeScope(scope)})
	}
	s.pages.consent(w, status, page)
}

// serveConsent handles the form of the consent page. The person may grant fewer scopes
// than the client has requested.
func (s *identity) serveConsent(w http.ResponseWriter, r *http.Request) {
	fields, ok := s.postedForm(w, r, consentPath)
	if !ok {
		return
	}
	request, problem := s.parseAuthorize(fields.Get("request"))
	if problem != nil {
		s.pages.problem(w, problem)
		return
	}
	current, signedIn := s.session(r)
	switch {
	case fields.Get("decision") != "allow":
		s.respondError(w, r, request, "access_denied")
		return
	case !signedIn:
		s.showLogin(w, r, request, http.StatusBadRequest, "", "You are no longer signed in.")
		return
	}
	granted := slices.DeleteFunc(slices.Clone(request.scopes), func(scope string) bool { return !slices.Contains(fields["scope"], scope) })
	if len(granted) == 0 {
		s.showConsent(w, r, request, current, http.StatusBadRequest, "Select at least one permission, or decline.")
		return
	}
	s.sessions.use(current.handle, func(stored *session) {
		consents := make(map[string][]string, len(stored.consents)+1)
		maps.Copy(consents, stored.consents)
		all := slices.Concat(consents[request.client.ID], granted)
		slices.Sort(all)
		consents[request.client.ID] = slices.Compact(all)
		stored.consents = consents
	})
	s.respondCode(w, r, request, current, granted)
}
