package engine

import (
	"io"
	"net/http"

	"github.com/tapkey-go/tapkey-go/api"
)

// Decode ends a call that promises one value. It takes what the Doer returned, and
// gives the value or an *[api.Error]; the answer's body is closed. A scan, which may be
// nil, makes it faster.
//
// Any success that carries the value will do. One without it, with a bare null, or
// without the members named in required, is [api.ErrUnexpected].
func Decode[T any](
	op *api.Operation, s api.Settings, scan Scan[T], rsp *http.Response, err error, required ...string,
) (T, error) {
	var value T
	body, err := readValue(op, s, rsp, err)
	if err != nil {
		return value, err
	}
	defer body.release()
	err = unmarshal(&body.scanner, body.Bytes(), &value, scan)
	if err == nil {
		err = missing(&value, required)
	}
	if err != nil {
		return *new(T), responseError(op, body.rsp, err)
	}
	return value, nil
}

// DecodeOrEmpty is [Decode] for an operation that may also answer without content:
// it then returns what the empty object {} stands for.
func DecodeOrEmpty[T any](op *api.Operation, s api.Settings, scan Scan[T], rsp *http.Response, err error) (T, error) {
	if rsp, err = success(op, rsp, err); err != nil {
		return *new(T), err
	}
	if rsp.StatusCode == http.StatusNoContent || rsp.ContentLength == 0 {
		CloseBody(rsp)
		var value T
		err := unmarshal(new(Scanner), []byte("{}"), &value, scan)
		return value, err
	}
	return Decode(op, s, scan, rsp, nil)
}

// DecodeList ends a call that promises a list: a JSON array, never nil. A bare
// object, which some servers send in place of a list of one, becomes one.
func DecodeList[T any](op *api.Operation, s api.Settings, scan Scan[T], rsp *http.Response, err error) ([]T, error) {
	body, err := readValue(op, s, rsp, err)
	if err != nil {
		return nil, err
	}
	defer body.release()
	list, err := unmarshalList(body.Bytes(), scan)
	if err != nil {
		return nil, responseError(op, body.rsp, err)
	}
	return list, nil
}

// Discard ends a call that promises nothing but its success. The body of a
// success is ignored.
func Discard(op *api.Operation, rsp *http.Response, err error) error {
	rsp, err = success(op, rsp, err)
	if err != nil {
		return err
	}
	CloseBody(rsp)
	return nil
}

// Response ends a call that returns the response itself, if its status is 2xx. Reading
// its body fails with an *[api.Error] as well, which is [api.ErrTooLarge] behind the
// limit of s. The caller closes the body.
func Response(op *api.Operation, s api.Settings, rsp *http.Response, err error) (*http.Response, error) {
	rsp, err = success(op, rsp, err)
	if err != nil {
		return nil, err
	}
	rsp.Body = &limitedBody{op, rsp, limitedReader{reader: rsp.Body, limit: maxResponseBytes(s)}, rsp.Body}
	return rsp, nil
}

// limitedBody is a body that Response returns.
type limitedBody struct {
	op      *api.Operation
	rsp     *http.Response
	limited limitedReader
	io.Closer
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.limited.Read(p)
	if err != nil && err != io.EOF {
		err = responseError(b.op, b.rsp, readError(err))
	}
	return n, err
}
