package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// response is a response that is not successful, with what is known about its request.
type response struct {
	status      int
	header      http.Header
	body        []byte
	code        string // error code in the body; may be empty
	description string // message in the body, on one line; may be empty
	err         error  // what failed besides the status; may be nil
	challenge   challenge
}

// kind is the kind of a body.
type kind int

// Kinds of bodies.
const (
	kindEmpty  kind = iota
	kindJSON        // JSON, or the start of a JSON object
	kindMarkup      // HTML or XML
	kindText        // anything else
)

// kind returns the kind of the body, by its content rather than by its type: a proxy may
// send its page with the content type of what it replaces.
func (r *response) kind() kind {
	body := bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(r.body), []byte("\ufeff")))
	mediaType, _, _ := mime.ParseMediaType(r.header.Get("Content-Type"))
	switch {
	case len(body) == 0:
		return kindEmpty
	case body[0] == '{', json.Valid(body):
		return kindJSON
	case body[0] == '<', strings.HasSuffix(mediaType, "html"), strings.HasSuffix(mediaType, "xml"):
		return kindMarkup
	}
	return kindText
}

// fields returns the fields of the body, or nil if it is not a JSON object. Their names are
// in lower case.
func (r *response) fields() map[string]any {
	var fields map[string]any
	if json.Unmarshal(bytes.TrimPrefix(bytes.TrimSpace(r.body), []byte("\ufeff")), &fields) != nil {
		return nil
	}
	lower := make(map[string]any, len(fields))
	for name, value := range fields {
		lower[strings.ToLower(name)] = value
	}
	return lower
}

// field returns a field of the body that is a string, or "".
func (r *response) field(name string) string {
	text, _ := r.fields()[name].(string)
	return text
}

// words returns the text that explains the response: of the challenge, of the body, or the
// start of the body itself.
func (r *response) words() string {
	for _, text := range []string{r.challenge.description, r.description, r.field("error_description"), r.field("message")} {
		if text != "" {
			return text
		}
	}
	switch r.kind() {
	case kindText, kindJSON:
		return redact.Line(string(r.body), 400)
	case kindMarkup:
		return redact.Line(tags.ReplaceAllString(string(r.body), " "), 400)
	}
	return ""
}

var (
	tags  = regexp.MustCompile(`(?s)<(?:style|script)[^>]*>.*?</(?:style|script)>|<[^>]*>`)
	title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
)

// page describes the body if it is not JSON, and what the header says about the sender.
func (r *response) page() string {
	var parts []string
	switch r.kind() {
	case kindMarkup:
		text := "a page in HTML or XML"
		if m := title.FindSubmatch(r.body); m != nil {
			text += fmt.Sprintf(" with the title %q", redact.Text(html.UnescapeString(string(m[1])), 80))
		}
		parts = append(parts, text)
	case kindText:
		parts = append(parts, fmt.Sprintf("the text %q", redact.Text(string(r.body), 80)))
	case kindEmpty:
		parts = append(parts, "no body")
	}
	for _, name := range []string{"Server", "Via", "Proxy-Status", "Proxy-Authenticate"} {
		if value := strings.Join(r.header.Values(name), ", "); value != "" {
			parts = append(parts, name+": "+redact.Text(value, 80))
		}
	}
	return strings.Join(parts, ", ")
}

// generic reports whether the error in the body is only the name of the status, such as
// "Not Found". Frameworks for web servers send such bodies by default.
func (r *response) generic() bool {
	text := r.field("error")
	return text != "" && r.field("error_description") == "" && normal(text) == normal(http.StatusText(r.status))
}

// normal returns a code or a name in lower case, without separators.
func normal(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "", ".", "").Replace(strings.ToLower(s))
}
