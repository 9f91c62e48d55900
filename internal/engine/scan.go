package engine

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
)

// Scanner reads one JSON value for the functions that are generated for each schema, in one
// pass. It checks the syntax as it reads, and stops at an error of the syntax and at a value
// that does not fit. It accepts unknown fields, null, duplicate names (the last one counts),
// invalid UTF-8 (replaced by U+FFFD) and times without a zone (read as UTC).
type Scanner struct {
	text    []byte
	pos     int
	name    []byte
	depth   int  // number of objects and arrays around pos
	stopped bool // by an error
	cut     bool // stopped at the end of the text, so that more of it may help

	complete bool // the object that was read last has all required fields

	rejected misfit // the value at which it stopped, if that does not fit

	memory   strings.Builder // for the copies of strings
	unquoted []byte
}

// maxScanDepth is the largest depth of a text. It is that of package jsontext.
const maxScanDepth = 10_000

// Scan decodes a T into a variable.
type Scan[T any] func(*Scanner, *T)

// decode decodes text into a zero value.
func decode[T any](s *Scanner, text []byte, into *T, schema Schema[T]) error {
	if schema.Scan == nil {
		if err := schema.Reflect(text, into); err != nil {
			return err
		}
		return missing(text, schema.Required)
	}
	schema.Scan(s.on(text), into)
	switch {
	case !s.ended():
		return s.failure()
	case s.complete:
		return nil
	}
	return missing(text, schema.Required)
}

// on starts to read another text.
func (s *Scanner) on(text []byte) *Scanner {
	s.text, s.pos, s.depth, s.stopped, s.cut, s.complete, s.rejected = text, 0, 0, false, false, false, misfit{}
	return s
}

// ended reports whether the text has been read to its end.
func (s *Scanner) ended() bool { return s.peek() == 0 && !s.stopped && s.pos == len(s.text) }

func (s *Scanner) stop() {
	s.cut = s.cut || !s.stopped && s.pos >= len(s.text)
	s.stopped, s.pos = true, len(s.text)
}

// Object advances to the first field of an object. It reports false if there is none. For null,
// it sets the variable that into points to to zero.
func (s *Scanner) Object(into any) bool {
	if s.peek() != '{' {
		s.noObject(into)
		return false
	}
	s.pos++
	if s.peek() == '}' {
		s.pos++
		return false
	}
	return s.enter() && s.field()
}

func (s *Scanner) noObject(into any) {
	variable := reflect.ValueOf(into).Elem()
	if s.peek() != 'n' {
		s.reject(s.pos, variable.Type(), nil)
		return
	}
	s.word("null")
	variable.SetZero()
}

// Next advances to the next field of an object. It reports false after the last field.
func (s *Scanner) Next() bool {
	c := s.peek()
	s.pos++
	if c == ',' {
		return s.field()
	}
	if s.depth--; c != '}' {
		s.stop()
	}
	return false
}

// field reads the name of a field and the colon.
func (s *Scanner) field() bool {
	name, plain := s.string()
	if !plain {
		name = s.unquote(name)
	}
	if s.peek() != ':' {
		s.stop()
		return false
	}
	s.pos++
	s.name = name
	return true
}

// element advances to the element of an array that has so many elements before it. It
// reports false after the last element.
func (s *Scanner) element(before int) bool {
	c := s.peek()
	s.pos++
	switch {
	case before > 0 && c == ',':
		return true
	case before > 0 && c == ']':
		s.depth--
	case before == 0 && c == '[':
		if s.peek() != ']' {
			return s.enter()
		}
		s.pos++
	default:
		s.stop()
	}
	return false
}

// enter begins a deeper object or array. It reports false if that is too deep.
func (s *Scanner) enter() bool {
	if s.depth++; s.depth > maxScanDepth {
		s.stop()
		return false
	}
	return true
}

// Name returns the name of the field. It is valid until the next call of Next.
func (s *Scanner) Name() []byte { return s.name }

// Skip skips a value.
func (s *Scanner) Skip() {
	switch s.peek() {
	case '"':
		if text, plain := s.string(); !plain {
			s.unquote(text)
		}
	case 'n':
		s.word("null")
	case 't':
		s.word("true")
	case 'f':
		s.word("false")
	default:
		if !isValid(s.value()) {
			s.stop()
		}
	}
}

// NotNull reports whether the value that follows is not null.
func (s *Scanner) NotNull() bool { return s.peek() != 'n' }

// Found reports whether the value that follows is neither null nor "".
func (s *Scanner) Found() bool { return s.NotNull() && !bytes.HasPrefix(s.text[s.pos:], []byte(`""`)) }

// Complete ends an object. It has to know for each of its required fields whether the field
// has a value. If one may have none, the Scanner leaves the decision to [missing].
func (s *Scanner) Complete(found ...bool) { s.complete = !slices.Contains(found, false) }
