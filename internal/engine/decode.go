package engine

import (
	"io"
	"net/http"

	"github.com/tapkey-go/tapkey-go/api"
)

// Decode ends a call that promises one value. It takes what the Doer returned, closes the
// body, and returns the value or an *[api.Error]. A scan, which may be nil, makes it
// faster.
//
// The value may come with any status that is 2xx. A response without it, with a null, or
// without the fields named in required, is [api.ErrUnexpected].
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

// DecodeOrEmpty is like [Decode], but accepts a response without content. It then returns
// the value of the empty object {}.
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

// DecodeList ends a call that promises a list. The list is never nil. It has one item if
// the response is an object, which some servers send instead of a list of one.
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

// Discard ends a call that promises no value. It ignores the body of a successful
// response.
func Discard(op *api.Operation, rsp *http.Response, err error) error {
	rsp, err = success(op, rsp, err)
	if err != nil {
		return err
	}
	CloseBody(rsp)
	return nil
}

// Response ends a call that returns the response itself, if its status is 2xx. The caller
// closes the body. Reading the body fails with an *[api.Error] too, which is
// [api.ErrTooLarge] if the body is larger than the limit of s.
func Response(op *api.Operation, s api.Settings, rsp *http.Response, err error) (*http.Response, error) {
	rsp, err = success(op, rsp, err)
	if err != nil {
		return nil, err
	}
	rsp.Body = &limitedBody{op, rsp, limitedReader{reader: rsp.Body, limit: maxResponseBytes(s)}, rsp.Body}
	return rsp, nil
}

// limitedBody is the body of a response that Response returns.
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
