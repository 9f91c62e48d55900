package engine

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// maxErrorBody is how many bytes of the body of an error response are kept.
const maxErrorBody = 64 << 10

// errorFields are the fields that error responses commonly use for the code and the
// message: ErrorCode and ErrorMessage or Message, code and message of OData, title and detail
// of RFC 9457, error and error_description of RFC 6749. OData has them in an object, error or
// odata.error. Their names are matched without regard to case. Their values are kept as JSON,
// because a field of another type must not hide the others.
type errorFields struct {
	ErrorCode        jsontext.Value `json:"errorCode"`
	ErrorMessage     jsontext.Value `json:"errorMessage"`
	ODataError       jsontext.Value `json:"odata.error"`
	Code             jsontext.Value `json:"code"`
	Error            jsontext.Value `json:"error"`
	Message          jsontext.Value `json:"message"`
	Detail           jsontext.Value `json:"detail"`
	Title            jsontext.Value `json:"title"`
	ErrorDescription jsontext.Value `json:"error_description"`
}

// statusError returns the error of a response whose status is not 2xx. It reads the body,
// which may be anything.
func statusError(op *api.Operation, rsp *http.Response) *api.Error {
	e := responseError(op, rsp, nil)
	e.RetryAfter, _ = RetryAfter(rsp.Header)
	e.Body, e.Err = errorBody(rsp)
	e.Code, e.Message = errorText(e.Body)
	return e
}

// errorBodyTimeout is how long the body of an error response is read, and the limit between
// two parts of it for a caller that reads it.
const errorBodyTimeout = 500 * time.Millisecond

// errorBody returns the start of a body, without the credentials of the request: what
// arrives within errorBodyTimeout. A failure to read more of it is ignored, unless the
// context of the request has ended.
func errorBody(rsp *http.Response) ([]byte, error) {
	closer := time.AfterFunc(errorBodyTimeout, func() { _ = rsp.Body.Close() })
	defer closer.Stop()
	body, err := io.ReadAll(io.LimitReader(rsp.Body, maxErrorBody))
	if sent := sentWith(rsp); sent.In(string(body)) {
		body = []byte(sent.Hide(string(body)))
	}
	if e, ok := errors.AsType[*endedError](err); ok {
		return body, e
	}
	return body, nil
}

func errorText(body []byte) (code, message string) {
	var outer errorFields
	unmarshalErrorBody(bytes.TrimPrefix(body, byteOrderMark), &outer)
	var words string
	for _, m := range append(nestedFields(outer.Error, outer.ODataError), outer) {
		text := firstString(m.ErrorCode, m.Code, m.Error)
		words = cmp.Or(words, text)
		code = cmp.Or(code, redact.Code(text))
		message = cmp.Or(message, OneLine(firstString(
			messageText(m.ErrorMessage), messageText(m.Message), m.Detail, m.ErrorDescription, m.Title), maxText))
	}
	if code == "" && message == "" {
		message = OneLine(words, maxText) // words in place of a code
	}
	return code, message
}

// nestedFields returns the fields of those values that are objects.
func nestedFields(values ...jsontext.Value) (objects []errorFields) {
	for _, value := range values {
		if value.Kind() == '{' {
			var m errorFields
			unmarshalErrorBody(value, &m)
			objects = append(objects, m)
		}
	}
	return objects
}

// messageText returns the text of a message that is an object with a language, as in OData
// 3, or the message itself.
func messageText(message jsontext.Value) jsontext.Value {
	if message.Kind() != '{' {
		return message
	}
	var object struct {
		Value   jsontext.Value `json:"value"`
		Text    jsontext.Value `json:"text"`
		Message jsontext.Value `json:"message"`
	}
	_ = json.Unmarshal(message, &object, tolerant, json.MatchCaseInsensitiveNames(true))
	for _, text := range []jsontext.Value{object.Value, object.Text, object.Message} {
		if firstString(text) != "" {
			return text
		}
	}
	return nil
}

// unmarshalErrorBody reads the fields of an object. If the body is cut off, it reads those
// before the end; if it is not an object, none.
func unmarshalErrorBody(body []byte, into *errorFields) {
	_ = json.Unmarshal(body, into, tolerant, json.MatchCaseInsensitiveNames(true))
}

// firstString returns the text of the first value that is a number or a string that is
// not blank.
func firstString(values ...jsontext.Value) string {
	for _, v := range values {
		switch v.Kind() {
		case '"':
			var text string
			if json.Unmarshal(v, &text, tolerant) == nil && strings.TrimSpace(text) != "" {
				return text
			}
		case '0':
			return v.String()
		}
	}
	return ""
}
