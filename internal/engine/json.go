package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/api"
)

// newDecoder returns a decoder of a response, which may have duplicate names (the last one
// counts) and invalid UTF-8 (replaced by U+FFFD).
func newDecoder(r io.Reader) *jsontext.Decoder {
	return jsontext.NewDecoder(r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// isValid reports whether text is a JSON value that newDecoder accepts.
func isValid(text []byte) bool {
	return jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// checkSyntax returns the error of a text that is not one JSON value.
func checkSyntax(text []byte) error {
	dec := newDecoder(bytes.NewBuffer(text))
	if _, err := dec.ReadValue(); err != nil {
		return err
	}
	return checkEnd(dec, text)
}

// checkEnd returns an error if more than white space follows in a text.
func checkEnd(dec *jsontext.Decoder, text []byte) error {
	rest := bytes.TrimLeft(text[dec.InputOffset():], " \t\r\n")
	if len(rest) > 0 {
		return &jsontext.SyntacticError{ByteOffset: int64(len(text) - len(rest))}
	}
	return nil
}

func parseTime(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05.999999999", text)
	}
	if err != nil {
		return time.Time{}, errNoTime
	}
	return t, nil
}

var errNoTime = errors.New("not an RFC 3339 date-time")

// unmarshal decodes one value, which must not be null.
func unmarshal[T any](s *Scanner, body []byte, into *T, schema Schema[T]) error {
	switch {
	case body == nil:
		return errNoContent
	case jsontext.Value(body).Kind() == 'n':
		return errNull("")
	}
	return jsonError("", 0, decode(s, body, into, schema))
}

func unmarshalList[T any](s *Scanner, body []byte, schema Schema[T]) ([]T, error) {
	if schema.Scan != nil {
		if list, ok := scanList(s, body, schema); ok {
			return list, nil
		}
	}
	list := []T{}
	items := decodeItems(body, s, schema)
	for {
		list = append(list, *new(T))
		last := len(list) - 1
		err := items.next(&list[last])
		if err == io.EOF {
			return list[:last:last], nil
		}
		if err != nil {
			return list[:last:last], err
		}
	}
}

// scanList decodes a list with schema.Scan. It reports false if that is not possible.
func scanList[T any](s *Scanner, body []byte, schema Schema[T]) ([]T, bool) {
	s.on(body)
	list := []T{}
	for s.element(len(list)) {
		if s.peek() == 'n' {
			return nil, false
		}
		if n := len(list); n > 0 && n == cap(list) { // assume that the others are as long as those so far
			list = slices.Grow(list, min(1+(len(body)-s.pos)/(s.pos/n), max(n, maxGuess)))
		}
		list = append(list, *new(T))
		start := s.pos
		s.complete = false
		schema.Scan(s, &list[len(list)-1])
		if !s.complete && !s.stopped && missing(body[start:s.pos], schema.Required) != nil {
			return nil, false
		}
	}
	return list, s.ended()
}

// maxGuess is how many items scanList allocates at once, unless it has read more.
const maxGuess = 4096

// errNoContent is the error of a response without the value that it promises.
var errNoContent = fmt.Errorf("%w: no content", api.ErrUnexpected)

func errNull(pointer string) error {
	if pointer == "" {
		return fmt.Errorf("%w: null", api.ErrUnexpected)
	}
	return fmt.Errorf("%w: %s: null", api.ErrUnexpected, pointer)
}

// jsonError returns an error that says what is wrong with some JSON and where, without
// values from it. The location is a JSON pointer (RFC 6901), which begins with place, the
// pointer of the JSON itself. The number of bytes before it is added to that of an error of
// the syntax.
func jsonError(place string, before int64, err error) error {
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*misfit](err); ok {
		return fmt.Errorf("%w: %s", api.ErrUnexpected, wrong.describe(place))
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return readError(io.ErrUnexpectedEOF)
		}
		return fmt.Errorf("%w: invalid JSON at byte %d", api.ErrUnexpected, before+syntactic.ByteOffset)
	}
	if lacking, ok := errors.AsType[*incomplete](err); ok {
		return fmt.Errorf("%w: %s", api.ErrUnexpected, OneLine(place+lacking.Error(), maxText))
	}
	if errors.Is(err, api.ErrUnexpected) {
		return err
	}
	return readError(err)
}
