package engine

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/api"
)

// maxErrorBody is how much of an error's body is kept.
const maxErrorBody = 64 << 10

// errorMembers are the members that error bodies commonly use for the code and
// the words: ErrorCode and Message, the code and message of OData, the title and
// detail of RFC 9457, the error and error_description of RFC 6749. They are
// matched without regard to case, and each is kept raw, since a body with a
// member of another type is still an error's body.
type errorMembers struct {
	ErrorCode        jsontext.Value `json:"errorCode"`
	Code             jsontext.Value `json:"code"`
	Error            jsontext.Value `json:"error"`
	Message          jsontext.Value `json:"message"`
	Detail           jsontext.Value `json:"detail"`
	Title            jsontext.Value `json:"title"`
	ErrorDescription jsontext.Value `json:"error_description"`
}

// statusError reads the body of an answer that is no success. Whatever the body
// is, the status stays.
func statusError(op *api.Operation, rsp *http.Response) *api.Error {
	e := responseError(op, rsp, nil)
	e.RetryAfter, _ = RetryAfter(rsp.Header)
	e.Body = errorBody(rsp)
	e.Code, e.Message = errorText(e.Body)
	return e
}

// errorBody returns the start of a body, up to a read error if there is one.
func errorBody(rsp *http.Response) []byte {
	body, _ := io.ReadAll(io.LimitReader(rsp.Body, maxErrorBody))
	return body
}

// RetryAfter returns how long a server asks to wait, in seconds or until a date
// (RFC 9110, section 10.2.3). It reports false if the header says nothing of the kind.
func RetryAfter(header http.Header) (time.Duration, bool) {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at)), true
	}
	return 0, false
}

func errorText(body []byte) (code, message string) {
	var m errorMembers
	unmarshalErrorBody(body, &m)
	if nested := bytes.TrimSpace(m.Error); len(nested) > 0 && nested[0] == '{' { // OData: {"error": {"code", "message"}}
		unmarshalErrorBody(bytes.Clone(nested), &m)
	}
	code = OneLine(firstString(m.ErrorCode, m.Code, m.Error), maxCode)
	message = OneLine(firstString(m.Message, m.Detail, m.ErrorDescription, m.Title), maxText)
	return code, message
}

// unmarshalErrorBody reads what it can: what stands before the place where a long
// body was cut off still counts, and what is no object says nothing.
func unmarshalErrorBody(body []byte, into *errorMembers) {
	_ = json.Unmarshal(body, into, tolerant, json.MatchCaseInsensitiveNames(true))
}

// firstString returns the first value that is a JSON string or number with text in it.
func firstString(values ...jsontext.Value) string {
	for _, v := range values {
		switch v.Kind() {
		case '"':
			var text string
			if json.Unmarshal(v, &text, tolerant) == nil && text != "" {
				return text
			}
		case '0':
			return v.String()
		}
	}
	return ""
}
