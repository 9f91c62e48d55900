package engine

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// maxErrorBody is how many bytes of the body of an error response are kept.
const maxErrorBody = 64 << 10

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

// errorText returns the code and the message of an error response, in the fields that are
// commonly used: ErrorCode and ErrorMessage or Message, code and message of OData, title and
// detail of RFC 9457, error and error_description of RFC 6749. OData has them in an object,
// error or odata.error. The case of the names does not matter. A value of another type does not
// hide the others. If the body is cut off, the fields before its end are read.
func errorText(body []byte) (code, message string) {
	outer, _ := LooseFields(bytes.TrimPrefix(body, byteOrderMark))
	var words string
	for _, m := range append(nestedFields(outer["error"], outer["odata.error"]), outer) {
		text := firstString(m["errorcode"], m["code"], m["error"])
		words = cmp.Or(words, text)
		code = cmp.Or(code, redact.Code(text))
		message = cmp.Or(message, OneLine(firstString(messageText(m["errormessage"]), messageText(m["message"]),
			m["detail"], m["errordescription"], m["title"]), maxText))
	}
	if code == "" && message == "" {
		message = OneLine(words, maxText) // words in place of a code
	}
	return code, message
}

// nestedFields returns the fields of those values that are objects.
func nestedFields(values ...jsontext.Value) (objects []map[string]jsontext.Value) {
	for _, value := range values {
		if value.Kind() == '{' {
			fields, _ := LooseFields(value)
			objects = append(objects, fields)
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
	object, _ := LooseFields(message)
	for _, text := range []jsontext.Value{object["value"], object["text"], object["message"]} {
		if firstString(text) != "" {
			return text
		}
	}
	return nil
}

// firstString returns the text of the first value that is a number or a string that is
// not blank.
func firstString(values ...jsontext.Value) string {
	for _, v := range values {
		switch v.Kind() {
		case '"':
			if text := Text(v); strings.TrimSpace(text) != "" {
				return text
			}
		case '0':
			return v.String()
		}
	}
	return ""
}
