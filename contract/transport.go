package contract

import (
	"errors"
	"fmt"
	"net/http"

	tapkeygo "github.com/tapkey-go/tapkey-go"
)

// ErrReadOnly is the error of a call that [ReadOnly] does not allow.
var ErrReadOnly = errors.New("contract: only GET is allowed")

// Transport is an http.RoundTripper that validates requests and responses. It does not
// change them, and a finding does not make a call fail.
//
// Requests outside the base path of the API, such as token requests, are not validated.
// A Transport is safe for concurrent use.
type Transport struct {
	base     http.RoundTripper
	readOnly bool
	exchange func(Exchange)

	document *document
	findings findings
	coverage *coverage
}

// Exchange is a validated request and its response, see [WithObserver].
type Exchange struct {
	Operation string        // operationId, such as "listOwners"
	Request   *http.Request // as it was sent, with its token
	Status    int           // HTTP status of the response
	Header    http.Header   // of the response
	Body      []byte        // of the response
}

// Option configures a [Transport].
type Option func(*settings)

type settings struct {
	document  []byte
	transport *Transport
}

// WithBase sets the transport that sends the requests. The default is
// http.DefaultTransport.
func WithBase(base http.RoundTripper) Option {
	return func(s *settings) { s.transport.base = base }
}

// WithDocument sets the OpenAPI document. The default is the document that the client
// was generated from.
func WithDocument(document []byte) Option {
	return func(s *settings) { s.document = document }
}

// WithObserver sets a function that is called with each exchange whose response was read
// to its end. The exchange includes the data. If the header of a response disagrees with
// the contract and the body was not read to its end, the exchange has no body.
func WithObserver(observe func(Exchange)) Option {
	return func(s *settings) { s.transport.exchange = observe }
}

// ReadOnly rejects every request to the API except GET, with [ErrReadOnly]. Token
// requests are sent.
func ReadOnly() Option {
	return func(s *settings) { s.transport.readOnly = true }
}

// NewTransport returns a Transport. It returns an error if the document is not valid.
func NewTransport(opts ...Option) (*Transport, error) {
	t := &Transport{base: http.DefaultTransport}
	s := settings{document: tapkeygo.OpenAPI(), transport: t}
	for _, opt := range opts {
		opt(&s)
	}
	var err error
	if t.document, err = loadDocument(s.document); err != nil {
		return nil, err
	}
	t.coverage = newCoverage(t.document.routes)
	return t, nil
}

// Findings returns the findings so far. Equal findings are counted, not repeated.
func (t *Transport) Findings() []Finding { return t.findings.list() }

// Coverage returns the coverage of every operation of the contract so far.
func (t *Transport) Coverage() []Coverage { return t.coverage.list() }

// RoundTrip validates the request, sends it, and validates the response once its body
// has been read or closed.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	r, path, covered := t.document.find(req)
	if !covered {
		return t.base.RoundTrip(req)
	}
	if t.readOnly && req.Method != http.MethodGet {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, fmt.Errorf("%w: got %s", ErrReadOnly, req.Method)
	}
	if r == nil {
		t.findings.add(Finding{Side: Request, Class: UndeclaredOperation, Detail: "method " + req.Method})
		return t.base.RoundTrip(req)
	}
	req, body, err := requestBody(req)
	if err != nil {
		return nil, err
	}
	t.findings.add(t.document.checkRequest(req, r, path, body)...)

	rsp, err := t.base.RoundTrip(req)
	if err != nil {
		t.coverage.update(r, func(c *Coverage) { c.Failed++ })
		return nil, err
	}
	t.coverage.update(r, func(c *Coverage) { c.Statuses[rsp.StatusCode]++ })
	header := *rsp
	rsp.Body = &responseBody{ReadCloser: rsp.Body, done: func(body []byte, complete bool) {
		if complete {
			body, complete = decompress(&header, body)
		}
		if !complete {
			t.failed(req, r, &header)
			return
		}
		t.validate(req, r, &header, body)
	}}
	return rsp, nil
}

// failed counts a response without a complete body. Its header may disagree with the
// contract: the client does not read the rest of a page of HTML.
func (t *Transport) failed(req *http.Request, r *route, rsp *http.Response) {
	if f, ok := t.document.checkHeader(r, rsp); ok {
		t.findings.add(f)
		t.observe(req, r, rsp, nil)
	}
	t.coverage.update(r, func(c *Coverage) { c.Failed++ })
}

// validate validates a complete response.
func (t *Transport) validate(req *http.Request, r *route, rsp *http.Response, body []byte) {
	found, objects := t.document.checkResponse(req, r, rsp, body)
	t.findings.add(found...)
	t.coverage.update(r, func(c *Coverage) {
		c.Objects += objects
		if r.isEmptySuccess(rsp.StatusCode) {
			c.Empty++
		}
	})
	t.observe(req, r, rsp, body)
}

func (t *Transport) observe(req *http.Request, r *route, rsp *http.Response, body []byte) {
	if t.exchange != nil {
		t.exchange(Exchange{r.Operation.OperationID, req, rsp.StatusCode, rsp.Header, body})
	}
}
