package sandbox

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strings"
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
	target                string
}

// consentPage is the page on which a person lets a client have access.
type consentPage struct {
	form
	Client, Person, OtherPerson, Problem string
	Scopes                               []scopeChoice
	target                               string
}

// scopeChoice is a scope on the consent page.
type scopeChoice struct{ Name, About string }

func (p *pages) login(w http.ResponseWriter, status int, page loginPage) {
	p.show(w, status, "login", page, "'self' "+sourceOf(page.target), "")
}

func (p *pages) consent(w http.ResponseWriter, status int, page consentPage) {
	p.show(w, status, "consent", page, "'self' "+sourceOf(page.target), "")
}

// logoutPage is the page that asks whether to sign out.
type logoutPage struct {
	form
	Person string
	target string // may be empty
}

func (p *pages) logout(w http.ResponseWriter, page logoutPage) {
	allowed := "'self'"
	if page.target != "" {
		allowed += " " + sourceOf(page.target)
	}
	p.show(w, http.StatusOK, "logout", page, allowed, "")
}

func (p *pages) signedOut(w http.ResponseWriter) {
	p.show(w, http.StatusOK, "signedout", nil, "'none'", "")
}

func (p *pages) problem(w http.ResponseWriter, problem *pageError) {
	p.show(w, http.StatusBadRequest, "problem", map[string]string{"Code": problem.code, "Message": problem.message}, "'none'", "")
}

// formPost shows a page that posts parameters to a registered URI: automatically with
// scripts, and otherwise with a button.
func (p *pages) formPost(w http.ResponseWriter, uri string, parameters []parameter) {
	p.show(w, http.StatusOK, "formpost", map[string]any{
		"Action":     template.URL(uri), //nolint:gosec // has passed checkRedirectURI, which excludes scripts
		"Parameters": parameters,
	}, sourceOf(uri), submitJS)
}

// show sends a page. Its forms can be sent to the given sources only, including by
// redirects, and only the given script runs.
func (p *pages) show(w http.ResponseWriter, status int, name string, data any, formAction, script string) {
	var page bytes.Buffer
	if err := p.templates.ExecuteTemplate(&page, name, data); err != nil { // the templates fit the data
		panic(err)
	}
	policy := "default-src 'none'; style-src " + hashSource(pagesCSS) + "; form-action " + formAction + "; frame-ancestors 'none'; base-uri 'none'"
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

// sourceOf returns the source expression that allows a registered URI as the target of a
// form. Source expressions cannot contain IPv6 addresses.
func sourceOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil { // it has passed checkRedirectURI
		panic(err)
	}
	if u.Host == "" || strings.Contains(u.Host, "[") || u.Scheme != "http" && u.Scheme != "https" {
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}
