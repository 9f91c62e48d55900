package sandbox

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
)

//go:embed pages/pages.html
var pagesHTML string

//go:embed pages/style.css
var pagesCSS string

//go:embed pages/submit.js
var submitJS string

// pages are the pages of the identity server. They load nothing and work without scripts.
type pages struct{ templates *template.Template }

func newPages() *pages {
	all := template.Must(template.New("").Parse(pagesHTML))
	template.Must(all.New("style").Parse(pagesCSS))
	template.Must(all.New("script").Parse(submitJS))
	return &pages{all}
}

// loginPage is the sign-in page.
type loginPage struct {
	form
	Client, Name, Problem string
}

// consentPage is the page on which a person lets a client have access.
type consentPage struct {
	form
	Client, Person, OtherPerson, Problem string
	Scopes                               []scopeChoice
}

// scopeChoice is a scope on the consent page.
type scopeChoice struct{ Name, About string }

func (p *pages) login(w http.ResponseWriter, status int, page loginPage) {
	p.show(w, status, "login", page, "")
}

func (p *pages) consent(w http.ResponseWriter, status int, page consentPage) {
	p.show(w, status, "consent", page, "")
}

// logoutPage is the page that asks whether to sign out.
type logoutPage struct {
	form
	Person string
}

func (p *pages) logout(w http.ResponseWriter, page logoutPage) {
	p.show(w, http.StatusOK, "logout", page, "")
}

func (p *pages) signedOut(w http.ResponseWriter) {
	p.show(w, http.StatusOK, "signedout", nil, "")
}

func (p *pages) problem(w http.ResponseWriter, problem *pageError) {
	p.show(w, http.StatusBadRequest, "problem", map[string]string{"Code": problem.code, "Message": problem.message}, "")
}

// formPost shows a page that posts parameters to a registered URI: automatically with
// scripts, and otherwise with a button.
func (p *pages) formPost(w http.ResponseWriter, uri string, parameters []parameter) {
	p.show(w, http.StatusOK, "formpost", map[string]any{
		"Action":     template.URL(uri), //nolint:gosec // has passed checkRedirectURI, which excludes scripts
		"Parameters": parameters,
	}, submitJS)
}

// show sends a page. Only the given script runs. There is no form-action in the policy:
// browsers would apply it to all redirects that follow a form, and applications redirect to
// other sites.
func (p *pages) show(w http.ResponseWriter, status int, name string, data any, script string) {
	var page bytes.Buffer
	if err := p.templates.ExecuteTemplate(&page, name, data); err != nil { // the templates fit the data
		panic(err)
	}
	policy := "default-src 'none'; style-src " + hashSource(pagesCSS) + "; frame-ancestors 'none'; base-uri 'none'"
	if script != "" {
		policy += "; script-src " + hashSource(script)
	}
	noStore(w)
	for name, value := range map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"Content-Security-Policy": policy,
		"X-Frame-Options":         "DENY",
		"X-Content-Type-Options":  "nosniff",
		"Referrer-Policy":         "no-referrer",
	} {
		w.Header().Set(name, value)
	}
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes())
}

// hashSource returns the source expression for an inline style or script.
func hashSource(text string) string {
	hash := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
}
