package engine

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json/jsontext"
)

// misfit is the error of a JSON value that does not fit a Go type.
type misfit struct {
	at      int    // index of the value in the text
	pointer string // JSON pointer of the value; of a Scanner, relative to the value at the index
	kind    jsontext.Kind
	goType  reflect.Type
	cause   error // may be nil
}

func (e *misfit) Error() string { return e.describe("") }

// describe returns a text that says where the value is and what is wrong with it, without the
// value. The location begins with place.
func (e *misfit) describe(place string) string {
	where := OneLine(place+e.pointer, maxText)
	if where == "" {
		where = "value"
	}
	switch {
	case errors.Is(e.cause, errNoTime):
		return fmt.Sprintf("%s: %v", where, errNoTime)
	case e.kind != 0 && e.goType != nil:
		return fmt.Sprintf("%s: JSON %s does not fit %s", where, e.kind, e.goType)
	}
	return where + ": wrong type"
}

// reject stops because the value at an index does not fit a type. The cause may be nil.
func (s *Scanner) reject(at int, goType reflect.Type, cause error) {
	if s.rejected.goType == nil {
		s.rejected = misfit{at: at, goType: goType, cause: cause}
	}
	s.stop()
}

// failure returns why a text has not been read to its end: an error of its syntax, wherever it
// is, or else the value that was rejected.
func (s *Scanner) failure() error {
	if err := checkSyntax(s.text); err != nil {
		return err
	}
	e := s.rejected
	dec := newDecoder(bytes.NewBuffer(s.text))
	for {
		next := len(s.text) - len(bytes.TrimLeft(s.text[dec.InputOffset():], " \t\r\n,:"))
		token, err := dec.ReadToken()
		switch {
		case err != nil:
			return &e
		case next < e.at:
			continue
		case e.kind == 0 && e.cause == nil:
			e.kind = token.Kind()
		}
		e.pointer = string(dec.StackPointer()) + e.pointer
		return &e
	}
}
