package engine_test

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// inMemory returns a response without a server.
func inMemory(status int, header http.Header, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}
}

func oneLine(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
}

func FuzzErrorBody(f *testing.F) {
	for _, body := range []string{
		`{"ErrorCode":"Duplicate","Message":"It is there."}`, `{"errorcode":"a","ErrorCode":"b"}`, `{"error":{"code":"Q1","message":{"value":"x"}}}`,
		`{"error":"invalid_request","error_description":"no"}`, `{"title":"Bad","detail":"More."}`, `{"ErrorCode":7}`, `{"ErrorCode":"` + "\xff\\u202e" + `"}`,
		`[{"code":1}]`, `"text"`, `null`, ``, `<html>`, `{"code":"A","message":"it en`, `{"error":{"error":{"error":{}}}}`, strings.Repeat(`{"error":`, 200),
		`{"ErrorCode":"` + strings.Repeat("x", 200) + `"}`,
	} {
		f.Add(400, body)
		f.Add(503, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 400 || status > 599 {
			t.Skip()
		}
		err := engine.Discard(getThing, inMemory(status, http.Header{}, body), nil)
		e := failure(t, err, nil)
		if e.StatusCode != status || !strings.HasPrefix(body, string(e.Body)) || len(e.Body) < min(len(body), 64<<10) {
			t.Errorf("got status %d and %d bytes of the body, want %d and the first 64 KiB of %d", e.StatusCode, len(e.Body), status, len(body))
		}
		if len(e.Code) > 100 || len(e.Message) > 512 || !oneLine(e.Code) || !oneLine(e.Message) || !oneLine(err.Error()) {
			t.Errorf("got code %q, message %q, error %q, want one line each, within the limits", e.Code, e.Message, err)
		}
		// A code that is not ambiguous is found.
		var fields map[string]any
		if !jsontext.Value(body).IsValid() || json.Unmarshal([]byte(body), &fields) != nil {
			return
		}
		code, _ := fields["ErrorCode"].(string)
		for name := range fields {
			if name != "ErrorCode" && strings.EqualFold(name, "ErrorCode") {
				return
			}
		}
		if want := redact.Code(code); code != "" && e.Code != want {
			t.Errorf("got code %q, want %q", e.Code, want)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"0", "7", "120", "-1", "+5", "1.5", "1e3", "0.0000000001", "1e999", "NaN", "Inf", "0x1p4", "", " 5", "5 ", "2147483647", "2147483648", "99999999999999999999", "soon", "٣",
		"Fri, 01 Jan 1999 00:00:00 GMT", "Sat, 01 Jan 2600 00:00:00 GMT", "Friday, 01-Jan-99 00:00:00 GMT", "Fri Jan  1 00:00:00 1999",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		wait, ok := engine.RetryAfter(http.Header{"Retry-After": {value}})
		if ok != (wait > 0) || wait%time.Second != 0 {
			t.Errorf("%q: got %v, %t, want a positive number of whole seconds or none", value, wait, ok)
		}
		if seconds, err := strconv.ParseUint(value, 10, 31); err == nil && wait != time.Duration(seconds)*time.Second {
			t.Errorf("%q: got %v, want %d s", value, wait, seconds)
		}
		_, notNumber := strconv.ParseFloat(strings.TrimSpace(value), 64)
		_, notDate := http.ParseTime(strings.TrimSpace(value))
		if ok && errors.Is(notNumber, strconv.ErrSyntax) && notDate != nil {
			t.Errorf("%q: got %v, want a wait only for numbers and dates", value, wait)
		}
	})
}

func FuzzContentType(f *testing.F) {
	for _, value := range []string{
		"application/json", "Application/JSON ; charset=utf-8", "application/json; charset", "application/json; a=b; a=c", "text/json",
		"application/hal+json", "application/json,application/json", "text/html", "application/jsonp", "+json", ";", "json", "application/json\x00", "",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		decode := func(contentType string) (thing, error) {
			return engine.Decode[thing](getThing, api.Settings{}, engine.Schema[thing]{Reflect: engine.Reflect[thing]}, inMemory(200, http.Header{"Content-Type": {contentType}}, `{"id":"1"}`), nil)
		}
		got, err := decode(value)
		if err != nil {
			failure(t, err, api.ErrUnexpected)
		}
		if err == nil && got.ID != "1" || err != nil && !oneLine(err.Error()) {
			t.Errorf("%q: got %v, %v, want the thing 1 or an error on one line", value, got, err)
		}
		// If the content type is well-formed, package mime agrees.
		mediaType, _, malformed := mime.ParseMediaType(value)
		isJSON := mediaType == "application/json" || mediaType == "text/json" || strings.HasSuffix(mediaType, "+json")
		if malformed == nil && (err == nil) != isJSON {
			t.Errorf("%q: got error %v, want JSON accepted: %t", value, err, isJSON)
		}
		// Parameters are ignored.
		if _, err := decode("application/json;" + value); err != nil {
			t.Errorf("JSON with the parameters %q: got error %v, want none", value, err)
		}
	})
}

func FuzzParseBaseURL(f *testing.F) {
	for _, text := range []string{
		"https://my.tapkey.com/api/v1", "https://user:s3cret@h/", "https://h/api?tenant=s3cret", "https://h#s3cret", "http://[::1]:8080/", "https://[fe80::1%25eth0]/",
		"HTTPS://H", "https:h", "//h", "https:///x", "https://:443", "https://h:port", "https://h\n", "https://h/%zz", "ftp://h", "https://h/a/../b", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := engine.ParseBaseURL(text)
		if err != nil {
			if u != nil || !oneLine(err.Error()) || len(text) > 8 && strings.Contains(err.Error(), text) {
				t.Errorf("%q: got %v, %v, want an error on one line without the URL", text, u, err)
			}
			return
		}
		if u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q: got %#v, want an error", text, u)
		}
		if again, err := engine.ParseBaseURL(u.String()); err != nil || again.Host != u.Host || again.EscapedPath() != u.EscapedPath() {
			t.Errorf("%q: got %q with error %v, want a URL that can be parsed again", text, u, err)
		}
	})
}

// TestRetryAfterInTheError checks that an error says how long the server asks to wait.
func TestRetryAfterInTheError(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{"": 0, "0": 0, "90": 90 * time.Second, "soon": 0} {
		err := engine.Discard(getThing, inMemory(429, http.Header{"Retry-After": {value}}, ""), nil)
		text := "getThing: GET /Things/{thingId}: 429 Too Many Requests"
		if want > 0 {
			text += ": the server asks to wait 1m30s"
		}
		if e := failure(t, err, api.ErrTooManyRequests); e.RetryAfter != want || err.Error() != text {
			t.Errorf("%q: got %v and error %q, want %v and %q", value, e.RetryAfter, err, want, text)
		}
	}
}
