package contract

import (
	"errors"
	"fmt"
	"net/http"

	tapkeygo "github.com/tapkey-go/tapkey-go"
)

// ErrReadOnly is how a call fails that would have changed something, see [ReadOnly].
var ErrReadOnly = errors.New("contract: only GET is let through")

// Transport is an http.RoundTripper that validates what passes through it. It changes
// neither the requests nor the answers, and no call fails because of what it finds.
//
// Requests outside the base path of the API, such as those for tokens, pass unseen. It
// is safe for concurrent use.
type Transport struct {
	base     http.RoundTripper
	readOnly bool
	exchange func(Exchange)

	document *document
	findings findings
	coverage *coverage
}

// Exchange is a validated request and its answer, see [WithObserver].
type Exchange struct {
	Operation string        // operationId, such as "listOwners"
	Request   *http.Request // as it was sent, with its token
	Status    int           // HTTP status of the answer
	Header    http.Header   // of the answer
	Body      []byte        // of the answer
}

// Option sets up a [Transport].
type Option func(*settings)

type settings struct {
	document  []byte
	transport *Transport
}

// WithBase sets what sends the requests; default: http.DefaultTransport.
func WithBase(base http.RoundTripper) Option {
	return func(s *settings) { s.transport.base = base }
}

// WithDocument sets the OpenAPI document; default: the one the client was generated
// from.
func WithDocument(document []byte) Option {
	return func(s *settings) { s.document = document }
}

// WithObserver hands over each answer that was read to its end, with its data.
func WithObserver(observe func(Exchange)) Option {
	return func(s *settings) { s.transport.exchange = observe }
}

// ReadOnly lets nothing but GET through to the API. Token requests do pass.
func ReadOnly() Option {
	return func(s *settings) { s.transport.readOnly = true }
}

// NewTransport returns a Transport. It fails if the document is not valid.
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

// Findings returns what was found so far, equal findings counted together.
func (t *Transport) Findings() []Finding { return t.findings.list() }

// Coverage returns every operation of the contract and how far it was checked.
func (t *Transport) Coverage() []Coverage { return t.coverage.list() }

// RoundTrip sends the request and validates both halves of the exchange: the answer
// when its body has been read or closed.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	r, path, covered := t.document.find(req)
	if !covered {
		return t.base.RoundTrip(req)
	}
	if t.readOnly && req.Method != http.MethodGet {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, fmt.Errorf("%w, not %s", ErrReadOnly, req.Method)
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
	rsp.Body = &answerBody{ReadCloser: rsp.Body, done: func(body []byte, complete bool) {
		body, readable := uncompressed(header.Header.Get("Content-Encoding"), body)
		if !complete || !readable {
			t.coverage.update(r, func(c *Coverage) { c.Failed++ })
			return
		}
		t.validate(req, r, &header, body)
	}}
	return rsp, nil
}

// validate validates a whole answer.
func (t *Transport) validate(req *http.Request, r *route, rsp *http.Response, body []byte) {
	found, objects := t.document.checkAnswer(req, r, rsp, body)
	t.findings.add(found...)
	t.coverage.update(r, func(c *Coverage) {
		c.Objects += objects
		if r.emptySuccess(rsp.StatusCode) {
			c.Empty++
		}
	})
	if t.exchange != nil {
		t.exchange(Exchange{r.Operation.OperationID, req, rsp.StatusCode, rsp.Header, body})
	}
}
