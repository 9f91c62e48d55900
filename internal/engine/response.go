package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// success returns a response whose status is 2xx. It turns any other into an *api.Error
// and closes its body.
func success(op *api.Operation, rsp *http.Response, err error) (*http.Response, error) {
	switch {
	case err != nil:
		CloseBody(rsp)
		return nil, transportError(op, err)
	case rsp == nil:
		return nil, newError(op, errors.New("the Doer returned neither a response nor an error"))
	}
	complete(rsp)
	if rsp.StatusCode >= 200 && rsp.StatusCode <= 299 {
		return rsp, nil
	}
	defer CloseBody(rsp)
	if location, ok := Redirect(rsp); ok {
		e := responseError(op, rsp, fmt.Errorf("%w: to %s", api.ErrRedirect, location))
		e.Body, _ = errorBody(rsp)
		return nil, reported(rsp, e)
	}
	return nil, reported(rsp, statusError(op, rsp))
}

// drainTimeout is how long CloseBody reads a body.
const drainTimeout = 100 * time.Millisecond

// CloseBody closes the body of a response. It first reads what is left of it, up to 64 KiB
// and for a short time, so that the connection can be reused.
func CloseBody(rsp *http.Response) {
	if rsp == nil || rsp.Body == nil {
		return
	}
	if rsp.Body != http.NoBody {
		closer := time.AfterFunc(drainTimeout, func() { _ = rsp.Body.Close() })
		_, _ = io.CopyN(io.Discard, rsp.Body, maxErrorBody)
		closer.Stop()
	}
	_ = rsp.Body.Close()
}

// maxPooledBytes is the largest size of a buffer that is reused.
const maxPooledBytes = 4 << 20

// maxBelievedBytes is how much is allocated at most for the length that a response claims,
// before as much has been received.
const maxBelievedBytes = 1 << 20

// bodies is a pool of buffers. Decoded values do not refer to them.
var bodies = sync.Pool{New: func() any { return new(body) }}

// body is a response that has been read.
type body struct {
	bytes.Buffer
	rsp     *http.Response
	limited limitedReader
	scanner Scanner
}

func (b *body) release() {
	if b.Cap() > maxPooledBytes {
		return
	}
	b.Reset()
	b.rsp, b.limited, b.scanner = nil, limitedReader{}, Scanner{}
	bodies.Put(b)
}

// read reads the response to its end. The length is what the server claims and is not
// trusted: read first allocates at most maxBelievedBytes, and then at most the default
// limit, before it has read as much.
func (b *body) read(length int64) error {
	const start = maxBelievedBytes - bytes.MinRead
	length = min(length, b.limited.limit, DefaultMaxResponseBytes)
	if length > start {
		b.Grow(start)
		if _, err := io.CopyN(&b.Buffer, &b.limited, start); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
	b.Grow(int(max(length-int64(b.Len()), 0)) + bytes.MinRead)
	_, err := b.ReadFrom(&b.limited)
	return err
}

// readValue reads the JSON body of a successful response. The caller releases it.
func readValue(op *api.Operation, s api.Settings, rsp *http.Response, err error) (*body, error) {
	rsp, err = success(op, rsp, err)
	if err != nil {
		return nil, err
	}
	reader, err := jsonBody(rsp)
	if err != nil {
		CloseBody(rsp)
		return nil, failedResponse(op, rsp, err)
	}
	b := bodies.Get().(*body)
	b.rsp, b.limited = rsp, limitedReader{reader: reader, limit: maxBytes(rsp, s)}
	if err := b.read(rsp.ContentLength); err != nil {
		CloseBody(rsp)
		b.release()
		return nil, failedResponse(op, rsp, readError(err))
	}
	_ = rsp.Body.Close() // read to its end
	return b, nil
}

// text returns the JSON of the body, or nil if the body has no content.
func (b *body) text() []byte {
	text := b.Bytes()
	if len(text) > 0 && text[0] == '{' {
		return text // usually
	}
	text = bytes.TrimPrefix(text, byteOrderMark)
	if isSpace(text) {
		return nil
	}
	return text
}

// jsonBody returns the body of a response whose content type is JSON, or that has none. It
// returns an error for a body of another type, unless the body is empty.
func jsonBody(rsp *http.Response) (io.Reader, error) {
	contentType := ""
	if values := rsp.Header["Content-Type"]; len(values) > 0 {
		contentType = values[0]
	}
	if contentType == "" || isJSON(contentType) {
		return rsp.Body, nil
	}
	if empty, err := isEmpty(rsp.Body); err != nil {
		return nil, readError(err)
	} else if empty {
		return http.NoBody, nil
	}
	return nil, fmt.Errorf("%w: content type %q", api.ErrUnexpected, redact.MediaType(contentType))
}

// isEmpty reports whether a body contains only white space. It reads up to 64 KiB of it.
func isEmpty(body io.Reader) (bool, error) {
	body = &markSkipper{reader: io.LimitReader(body, maxErrorBody)}
	var part [512]byte
	for {
		n, err := body.Read(part[:])
		switch {
		case !isSpace(part[:n]):
			return false, nil
		case err == io.EOF:
			return true, nil
		case err != nil:
			return false, err
		}
	}
}

// isSpace reports whether text contains only the white space of JSON.
func isSpace(text []byte) bool { return len(bytes.Trim(text, " \t\r\n")) == 0 }

func isJSON(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";") // without parameters
	if mediaType == "application/json" {
		return true
	}
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	return mediaType == "application/json" || mediaType == "text/json" || strings.HasSuffix(mediaType, "+json")
}

// limitedReader fails with api.ErrTooLarge once more than limit bytes have been read since
// the last reset.
type limitedReader struct {
	reader io.Reader
	limit  int64
	read   int64
	ended  bool  // the reader has returned io.EOF
	failed error // why reading failed, other than io.EOF
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.failed != nil {
		return 0, l.failed
	}
	if l.read > l.limit {
		l.failed = fmt.Errorf("%w: more than %d bytes", api.ErrTooLarge, l.limit)
		return 0, l.failed
	}
	if l.ended {
		return 0, io.EOF
	}
	// One byte more tells a body that just fits from a larger one.
	if room := l.limit - l.read; int64(len(p))-1 > room {
		p = p[:room+1]
	}
	n, err := l.reader.Read(p)
	l.read += int64(n)
	l.ended = err == io.EOF
	if n > 0 && err == io.EOF {
		err = nil // the next Read returns it, or ErrTooLarge
	}
	if err != io.EOF {
		l.failed = err
	}
	return n, err
}

func (l *limitedReader) reset() { l.read = 0 }

// byteOrderMark is U+FEFF, which some servers write before JSON.
var byteOrderMark = []byte("\uFEFF")

// markSkipper is a reader that skips a byte order mark.
type markSkipper struct {
	reader  io.Reader
	started bool
}

func (m *markSkipper) Read(p []byte) (int, error) {
	if m.started || len(p) < len(byteOrderMark) {
		return m.reader.Read(p)
	}
	m.started = true
	n, err := io.ReadAtLeast(m.reader, p, len(byteOrderMark))
	if n < len(byteOrderMark) {
		if n > 0 {
			err = nil // the next Read returns it
		}
		return n, err
	}
	if bytes.HasPrefix(p[:n], byteOrderMark) {
		n = copy(p, p[len(byteOrderMark):n])
	}
	if n == 0 {
		return m.reader.Read(p)
	}
	return n, err
}
