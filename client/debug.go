package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// maxDebugBody is the maximum number of bytes of a body that are written.
const maxDebugBody = 64 << 10

// masked is written in place of a value.
const masked = "***"

// WithDebugWriter writes each attempt to w: the request, the header of the response and the
// body of the response, in the style of curl --verbose. Given to [New], it also writes token
// requests. Secrets and personal data are masked:
//
//   - of a URL it writes the path template, and *** in place of the values of a query
//   - of a header, the values that cannot identify a person or grant access
//   - of a body in JSON or of a form, the structure: names, true, false and null, and the codes
//     of errors. *** replaces all other values
//   - of any other body, the number of bytes
//
// Bodies are written up to 64 KiB. Each part is one Write, and the writes are not concurrent.
// Errors of w are ignored.
func WithDebugWriter(w io.Writer) Option {
	if w == nil {
		return ownOption(func(c *config) { c.fail(errors.New("debug writer is nil")) })
	}
	d := &debugWriter{w: w}
	return WithAttemptMiddleware(d.around)
}

// debugWriter writes requests and responses.
type debugWriter struct {
	mu    sync.Mutex
	w     io.Writer
	count atomic.Int64
}

// write writes lines that begin with the number of the request and a direction.
func (d *debugWriter) write(n int64, direction, text string) {
	var b strings.Builder
	for line := range strings.Lines(text) {
		fmt.Fprintf(&b, "[%d] %s %s\n", n, direction, strings.TrimRight(line, "\n"))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _ = io.WriteString(d.w, b.String())
}

// around is a middleware around an attempt.
func (d *debugWriter) around(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	n, secrets := d.count.Add(1), redact.Sent(req.Header)
	text := debugTarget(req) + debugHeader(req.Header, secrets)
	if req.GetBody != nil {
		if body, err := req.GetBody(); err == nil {
			start, _ := io.ReadAll(io.LimitReader(body, maxDebugBody+1))
			_ = body.Close()
			text += debugBody(req.Header.Get("Content-Type"), start, secrets)
		}
	}
	d.write(n, ">", text)
	rsp, err := next(req)
	if err != nil {
		d.write(n, "<", "no response: "+secrets.Hide(redact.ErrorText(redact.Transport(err))))
		return rsp, err
	}
	d.write(n, "<", fmt.Sprintf("%s %d %s\n", rsp.Proto, rsp.StatusCode, http.StatusText(rsp.StatusCode))+debugHeader(rsp.Header, secrets))
	if rsp.Body != nil && rsp.Body != http.NoBody {
		rsp.Body = &debuggedBody{ReadCloser: rsp.Body, done: func(start []byte) {
			if text := debugBody(rsp.Header.Get("Content-Type"), start, secrets); text != "" {
				d.write(n, "<", text)
			}
		}}
	}
	return rsp, err
}

// debuggedBody is a body whose start is written when it has been read or is closed.
type debuggedBody struct {
	io.ReadCloser
	mu    sync.Mutex // a body may be closed on another goroutine
	start []byte
	done  func([]byte) // nil after it was called
}

func (b *debuggedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	if room := maxDebugBody + 1 - len(b.start); room > 0 {
		b.start = append(b.start, p[:min(n, room)]...)
	}
	b.mu.Unlock()
	if err != nil {
		b.finish()
	}
	return n, err
}

func (b *debuggedBody) Close() error {
	b.finish()
	return b.ReadCloser.Close()
}

func (b *debuggedBody) finish() {
	b.mu.Lock()
	done, start := b.done, b.start
	b.done = nil
	b.mu.Unlock()
	if done != nil {
		done(start)
	}
}

// debugTarget returns the method and the URL of a request. Only the path of the token endpoint
// and that of an operation are known to contain no personal data.
func debugTarget(req *http.Request) string {
	target := req.URL.Scheme + "://" + req.URL.Host
	attempt, _ := api.AttemptFromContext(req.Context())
	op, known := api.OperationFromContext(req.Context())
	switch {
	case attempt.TokenRequest:
		target = redact.URL(req.URL.String())
	case known:
		target += "/..." + op.Path
	default:
		target += "/..."
	}
	query := req.URL.Query()
	for i, name := range slices.Sorted(maps.Keys(query)) {
		target += string("?&"[min(i, 1)]) + debugName(name) + "=" + debugPaging(name, query.Get(name))
	}
	return fmt.Sprintf("%s %s (attempt %d)\n", req.Method, target, attempt.Number)
}

// debugPaging returns the value of $top and $skip if it is a number, and the mask otherwise.
func debugPaging(name, value string) string {
	if (name == "$top" || name == "$skip") && value != "" && len(value) < 10 && strings.Trim(value, "0123456789") == "" {
		return value
	}
	return masked
}

// debugName returns a name if it looks like one that a program has chosen.
func debugName(name string) string {
	if name == "" || redact.Code(strings.TrimPrefix(name, "$")) == "" {
		return masked
	}
	return name
}

// shownHeaders are the headers whose values are written.
var shownHeaders = []string{
	"Accept", "Accept-Encoding", "Age", "Allow", "Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Type",
	"Date", "Expires", "Pragma", "Request-Id", "Retry-After", "Server", "Traceparent", "Transfer-Encoding", "User-Agent", "Vary", "Via",
	"X-Request-Id",
}

// debugHeader returns the lines of a header.
func debugHeader(h http.Header, secrets redact.Secrets) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			if !slices.Contains(shownHeaders, name) {
				value = masked
			}
			fmt.Fprintf(&b, "%s: %s\n", debugName(name), secrets.Hide(redact.Text(value, redact.MaxText)))
		}
	}
	return b.String()
}

// debugBody returns a body without its values. Start is at most one byte longer than what is
// written.
func debugBody(contentType string, start []byte, secrets redact.Secrets) string {
	mediaType, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	mediaType = strings.TrimSpace(mediaType)
	var text string
	switch {
	case len(start) == 0:
		return ""
	case mediaType == "application/x-www-form-urlencoded":
		text = debugForm(string(start))
	case mediaType == "application/json" || mediaType == "text/json" || strings.HasSuffix(mediaType, "+json") || mediaType == "":
		text = debugJSON(start[:min(len(start), maxDebugBody)])
	}
	switch {
	case text == "" && len(start) > maxDebugBody:
		text = fmt.Sprintf("(more than %d bytes)", maxDebugBody)
	case text == "":
		text = fmt.Sprintf("(%d bytes)", len(start))
	case len(start) > maxDebugBody:
		text += fmt.Sprintf("\n(the rest after %d bytes)", maxDebugBody)
	}
	return "\n" + secrets.Hide(text)
}

// debugForm returns a form with the values that are not secret.
func debugForm(body string) string {
	form, err := url.ParseQuery(body)
	if err != nil {
		return ""
	}
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(form)) {
		value := masked
		if name == "grant_type" {
			value = form.Get(name)
		}
		fields = append(fields, debugName(name)+"="+redact.Text(value, redact.MaxText))
	}
	return strings.Join(fields, "&")
}

// shownFields are the fields whose values are written if they look like a code.
var shownFields = []string{"errorCode", "ErrorCode", "code", "error", "token_type"}

// debugJSON returns JSON without its values, up to the first error of the syntax. It returns ""
// if there is none.
func debugJSON(text []byte) string {
	var out bytes.Buffer
	dec := jsontext.NewDecoder(bytes.NewBuffer(bytes.TrimPrefix(text, []byte("\ufeff"))), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	enc := jsontext.NewEncoder(&out, jsontext.AllowDuplicateNames(true), jsontext.Multiline(true), jsontext.WithIndent("  "))
	name := ""
	for {
		token, err := dec.ReadToken()
		if err != nil {
			if !errors.Is(err, io.EOF) && enc.StackDepth() > 0 {
				complete(enc)
				out.WriteString("(the rest is not valid JSON)")
			}
			return strings.TrimSpace(out.String())
		}
		switch kind, length := dec.StackIndex(dec.StackDepth()); token.Kind() {
		case '"':
			value := masked
			if kind == '{' && length%2 == 1 {
				name = token.String()
				value = debugName(name)
			} else if code := redact.Code(token.String()); code != "" && kind == '{' && slices.Contains(shownFields, name) {
				value = code
			}
			token = jsontext.String(value)
		case '0':
			token = jsontext.String(masked)
		}
		if enc.WriteToken(token) != nil {
			return ""
		}
	}
}

// complete writes the ends of the objects and arrays that are open, which the encoder needs to
// write them at all.
func complete(enc *jsontext.Encoder) {
	for enc.StackDepth() > 0 {
		kind, length := enc.StackIndex(enc.StackDepth())
		switch {
		case kind == '[':
			_ = enc.WriteToken(jsontext.EndArray)
		case length%2 == 1:
			_ = enc.WriteToken(jsontext.String(masked))
		default:
			_ = enc.WriteToken(jsontext.EndObject)
		}
	}
}
