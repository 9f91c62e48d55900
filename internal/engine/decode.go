package engine

import (
	"bytes"
	"io"
	"net/http"

	"github.com/tapkey-go/tapkey-go/api"
)

// Decode ends a call that promises one value. It takes what the Doer returned, closes the
// body, and returns the value or an *[api.Error].
//
// The value may come with any status that is 2xx. A response without it, with a null, or
// without a required field, is [api.ErrUnexpected].
func Decode[T any](op *api.Operation, s api.Settings, schema Schema[T], rsp *http.Response, err error) (T, error) {
	body, err := readValue(op, s, rsp, err)
	if err != nil {
		return *new(T), err
	}
	defer body.release()
	return decodeBody(op, body, body.text(), schema)
}

// DecodeOrEmpty is like [Decode], but accepts a response without content, or with a null. It
// then returns the value of the empty object {}.
func DecodeOrEmpty[T any](op *api.Operation, s api.Settings, schema Schema[T], rsp *http.Response, err error) (T, error) {
	body, err := readValue(op, s, rsp, err)
	if err != nil {
		return *new(T), err
	}
	defer body.release()
	text := body.text()
	if text == nil || string(bytes.TrimSpace(text)) == "null" {
		text, schema.Required = []byte("{}"), nil
	}
	return decodeBody(op, body, text, schema)
}

func decodeBody[T any](op *api.Operation, body *body, text []byte, schema Schema[T]) (T, error) {
	var value T
	schema.Required = selected(schema.Required, body.rsp)
	if err := unmarshal(&body.scanner, text, &value, schema); err != nil {
		return *new(T), failedResponse(op, body.rsp, err)
	}
	return value, nil
}

// DecodeList ends a call that promises a list. The list is never nil.
func DecodeList[T any](op *api.Operation, s api.Settings, schema Schema[T], rsp *http.Response, err error) ([]T, error) {
	body, err := readValue(op, s, rsp, err)
	if err != nil {
		return nil, err
	}
	defer body.release()
	schema.Required = selected(schema.Required, body.rsp)
	list, err := unmarshalList(&body.scanner, body.text(), schema)
	if err != nil {
		return nil, failedResponse(op, body.rsp, err)
	}
	return list, nil
}

// Discard ends a call that promises no value. It ignores the body of a successful response
// if that is JSON. A body of another type, such as the page of a proxy, is
// [api.ErrUnexpected].
func Discard(op *api.Operation, rsp *http.Response, err error) error {
	rsp, err = success(op, rsp, err)
	if err != nil {
		return err
	}
	defer CloseBody(rsp)
	if _, err := jsonBody(rsp); err != nil {
		return failedResponse(op, rsp, err)
	}
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
	rsp.Body = &limitedBody{op, rsp, limitedReader{reader: rsp.Body, limit: maxBytes(rsp, s)}, rsp.Body}
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
		err = failedResponse(b.op, b.rsp, readError(err))
	}
	return n, err
}
