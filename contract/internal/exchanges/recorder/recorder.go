// Package recorder writes the exchanges of clients to files. It is not part of the client:
// package exchanges compiles it into the client for a run of its tests.
//
// A file contains what the contract is about, and no credentials: of Authorization only the
// scheme is written, and token requests do not pass the recorder.
package recorder

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/tapkey-go/tapkey-go/api"
)

// Environment variables of the recorder.
const (
	EnvDir  = "EXCHANGES_DIR"  // directory of the files; each process writes one
	EnvTest = "EXCHANGES_TEST" // test that has started this process, as in Request.Test
)

// Line is a line of a file: a request, or the response to an earlier request.
type Line struct {
	ID       int       `json:"id"` // of the request, in this file
	Request  *Request  `json:"request,omitempty"`
	Response *Response `json:"response,omitempty"`
}

// Request is a request that a client sends.
type Request struct {
	Test      string      `json:"test"`      // package and function, such as "client TestRetry"
	Operation string      `json:"operation"` // of the context; empty if it has none
	Method    string      `json:"method"`
	Target    string      `json:"target"` // path below the base URL, and query
	Header    http.Header `json:"header"` // Authorization (scheme only) and Content-Type
	Body      []byte      `json:"body,omitempty"`
	Unknown   bool        `json:"unknown,omitempty"` // the body is not known, because it can be read only once
}

// Response is a response of the sandbox to which no fault was injected.
type Response struct {
	Status   int         `json:"status"`
	Header   http.Header `json:"header"` // Content-Type and Content-Encoding
	Body     []byte      `json:"body,omitempty"`
	Complete bool        `json:"complete"` // the client has read the body to its end
}

// maxBody is the size up to which bodies are recorded. It excludes logs of a million entries.
const maxBody = 4 << 20

// Send sends a request with send, and records the exchange. It does not record requests
// outside of the base URL.
func Send(req *http.Request, base *url.URL, send func() (*http.Response, error)) (*http.Response, error) {
	target, ok := strings.CutPrefix(req.URL.EscapedPath(), strings.TrimSuffix(base.EscapedPath(), "/"))
	if !ok || os.Getenv(EnvDir) == "" {
		return send()
	}
	if req.URL.RawQuery != "" {
		target += "?" + req.URL.RawQuery
	}
	one := &Request{Test: test(), Method: req.Method, Target: target, Header: make(http.Header)}
	if op, ok := api.OperationFromContext(req.Context()); ok {
		one.Operation = op.ID
	}
	for _, value := range req.Header["Authorization"] {
		scheme, _, _ := strings.Cut(value, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			scheme = "other" // it may be a token
		}
		one.Header.Add("Authorization", scheme+" recorded")
	}
	if values := req.Header["Content-Type"]; len(values) > 0 {
		one.Header["Content-Type"] = values
	}
	if err := one.readBody(req); err != nil {
		return nil, err
	}
	out, err := opened()
	if err != nil {
		return nil, err
	}
	id, err := out.request(one)
	if err != nil {
		return nil, err
	}

	rsp, err := send()
	if err != nil || rsp.Header.Get("Server") != "Tapkey-Sandbox" || rsp.Header.Get("Sandbox-Fault") != "" {
		return rsp, err
	}
	body := &responseBody{ReadCloser: rsp.Body, done: func(text []byte, complete bool) error {
		header := make(http.Header)
		for _, name := range []string{"Content-Type", "Content-Encoding"} {
			if values := rsp.Header[name]; len(values) > 0 {
				header[name] = values
			}
		}
		return out.write(Line{ID: id, Response: &Response{rsp.StatusCode, header, text, complete}})
	}}
	if rsp.Body == http.NoBody {
		if err := body.finish(true); err != nil {
			return nil, err
		}
		return rsp, nil
	}
	rsp.Body = body
	return rsp, nil
}

// readBody reads a copy of the body of a request.
func (r *Request) readBody(req *http.Request) error {
	switch {
	case req.Body == nil || req.Body == http.NoBody:
		return nil
	case req.GetBody == nil || req.ContentLength > maxBody:
		r.Unknown = true
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return err
	}
	defer body.Close()
	r.Body, err = io.ReadAll(io.LimitReader(body, maxBody+1))
	if len(r.Body) > maxBody {
		r.Body, r.Unknown = nil, true
	}
	return err
}

// responseBody keeps a copy of what the client reads and passes it to done, once.
type responseBody struct {
	io.ReadCloser
	mu       sync.Mutex // a body may be closed while it is read
	kept     bytes.Buffer
	finished bool
	done     func(text []byte, complete bool) error
}

func (b *responseBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.keep(p[:n])
	if err == io.EOF {
		if failed := b.finish(true); failed != nil {
			return n, failed
		}
	}
	return n, err
}

func (b *responseBody) keep(p []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept.Write(p[:min(len(p), max(0, maxBody+1-b.kept.Len()))])
}

// Close closes the body.
func (b *responseBody) Close() error {
	return errors.Join(b.finish(false), b.ReadCloser.Close())
}

// finish passes the body to done. What was read counts as complete if it is valid JSON, even
// before the end: a decoder stops at the end of the value and may never see io.EOF.
func (b *responseBody) finish(complete bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.finished {
		return nil
	}
	b.finished = true
	text := b.kept.Bytes()
	if complete = (complete || json.Valid(text)) && len(text) <= maxBody; !complete {
		text = nil
	}
	return b.done(text, complete)
}

// file is the file of this process.
type file struct {
	mu   sync.Mutex
	out  *os.File
	last int // ID of the last request
}

// opened creates the file when the first request is sent.
var opened = sync.OnceValues(func() (*file, error) {
	out, err := os.CreateTemp(os.Getenv(EnvDir), "*.jsonl")
	return &file{out: out}, err
})

func (f *file) request(r *Request) (id int, err error) {
	f.mu.Lock()
	f.last++
	id = f.last
	f.mu.Unlock()
	return id, f.write(Line{ID: id, Request: r})
}

// write writes a line. It is in the file when write returns: a process may end at any time.
func (f *file) write(l Line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err = f.out.Write(append(text, '\n'))
	return err
}

// test returns the package and the function of the test that is running. A goroutine that has
// no such function has it in the stacks of the goroutines that started it, which a stack
// contains if GODEBUG has tracebackancestors. The program of a test has only the variable.
func test() string {
	var callers [50]uintptr
	for frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers[:])]); ; {
		frame, more := frames.Next()
		if name := testIn(frame.Function); name != "" {
			return name
		}
		if !more {
			break
		}
	}
	for line := range strings.SplitSeq(string(debug.Stack()), "\n") {
		if name := testIn(strings.TrimPrefix(line, "created by ")); name != "" {
			return name
		}
	}
	return os.Getenv(EnvTest)
}

// testIn returns the package and the test if function is a test or was defined in one.
func testIn(function string) string {
	rest, ok := strings.CutPrefix(function, "github.com/tapkey-go/tapkey-go/")
	if !ok {
		return ""
	}
	match := testFunction.FindStringSubmatch(rest)
	if match == nil || match[2] == "TestMain" {
		return ""
	}
	return match[1] + " " + match[2]
}

var testFunction = regexp.MustCompile(`^([\w/-]+?)(?:_test)?\.((?:Test|Example|Fuzz|Benchmark)\w*)`)
