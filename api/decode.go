package api

import "net/http"

// Decode ends a call that promises one value. It takes what the Doer returned, and
// gives the value or an *[Error]; the answer's body is closed.
//
// Any success that carries the value will do. One without it, with a bare null, or
// without the members named in required, is [ErrUnexpected].
func Decode[T any](op *Operation, s Settings, rsp *http.Response, err error, required ...string) (T, error) {
	var value T
	body, rsp, err := readValue(op, s, rsp, err)
	if err != nil {
		return value, err
	}
	err = unmarshal(body, &value)
	if err == nil {
		err = missing(&value, required)
	}
	if err != nil {
		return *new(T), answerError(op, rsp, err)
	}
	return value, nil
}

// DecodeOrEmpty is [Decode] for an operation that may also answer without content:
// it then returns what the empty object {} stands for.
func DecodeOrEmpty[T any](op *Operation, s Settings, rsp *http.Response, err error) (T, error) {
	if rsp, err = success(op, rsp, err); err != nil {
		return *new(T), err
	}
	if rsp.StatusCode == http.StatusNoContent || rsp.ContentLength == 0 {
		CloseBody(rsp)
		var value T
		err := unmarshal([]byte("{}"), &value)
		return value, err
	}
	return Decode[T](op, s, rsp, nil)
}

// DecodeList ends a call that promises a list: a JSON array, never nil. A bare
// object, which some servers send in place of a list of one, becomes one.
func DecodeList[T any](op *Operation, s Settings, rsp *http.Response, err error) ([]T, error) {
	body, rsp, err := readValue(op, s, rsp, err)
	if err != nil {
		return nil, err
	}
	list, err := unmarshalList[T](body)
	if err != nil {
		return nil, answerError(op, rsp, err)
	}
	return list, nil
}

// Discard ends a call that promises nothing but its success. The body of a
// success is ignored.
func Discard(op *Operation, rsp *http.Response, err error) error {
	rsp, err = success(op, rsp, err)
	if err != nil {
		return err
	}
	CloseBody(rsp)
	return nil
}
