package engine

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Scanner reads one JSON value, whose syntax and UTF-8 have been checked, for the functions
// that are generated for each schema. It is a fast path: at anything unusual, such as a
// wrong type or an escape in a name, it stops, and the value is decoded by reflection
// instead. It affects only the speed of decoding, never the result.
type Scanner struct {
	text    []byte
	pos     int
	name    []byte
	stopped bool

	complete bool // the object that was read last has all required fields
}

// Scan decodes a T into a variable.
type Scan[T any] func(*Scanner, *T)

// decode decodes text into a zero value, by schema.Scan if that is possible, otherwise by
// reflection.
func decode[T any](s *Scanner, text []byte, into *T, schema Schema[T]) error {
	if schema.Scan != nil {
		*s = Scanner{text: text}
		schema.Scan(s, into)
		if !s.stopped {
			if s.complete {
				return nil
			}
			return missing(text, schema.Required)
		}
		*into = *new(T)
	}
	if err := reflected(text, into); err != nil {
		return err
	}
	return missing(text, schema.Required)
}

// reflected decodes text into a zero value by reflection.
func reflected[T any](text []byte, into *T) error {
	err := json.Unmarshal(text, into, lenient)
	if failed, ok := errors.AsType[*json.SemanticError](err); ok && failed.JSONKind == '0' {
		*into = *new(T)
		return json.Unmarshal(plainIntegers(text), into, lenient)
	}
	return err
}

// scannable reports whether a Scanner can read text.
func scannable(text []byte) bool {
	return jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true)) // and UTF-8
}

// Next advances to the next field of an object. It reports false after the last field.
func (s *Scanner) Next() bool {
	switch s.peek() {
	case '{', ',':
		s.pos++
	case '}':
		s.pos++
		return false
	default:
		s.stop()
		return false
	}
	if s.peek() == '}' {
		s.pos++
		return false
	}
	name, plain := s.string()
	if !plain {
		s.stop()
		return false
	}
	s.name = name
	s.peek()
	s.pos++ // the colon
	return true
}

// Name returns the name of the field. It is valid until the next call of Next.
func (s *Scanner) Name() []byte { return s.name }

// Skip skips a value.
func (s *Scanner) Skip() { s.value() }

// Found reports whether the value that follows is neither null nor "".
func (s *Scanner) Found() bool {
	switch s.peek() {
	case 'n':
		return false
	case '"':
		return !bytes.HasPrefix(s.text[s.pos:], []byte(`""`))
	}
	return true
}

// Complete ends an object. Found reports for each of its required fields whether the field
// has a value. If one has none, the Scanner leaves the decision to [missing].
func (s *Scanner) Complete(found ...bool) { s.complete = !slices.Contains(found, false) }

// ScanString decodes a string.
func ScanString[T ~string](s *Scanner, into *T) {
	switch s.peek() {
	case 'n':
		s.null()
		*into = ""
	case '"':
		start := s.pos
		text, plain := s.string()
		if plain {
			*into = T(text)
			return
		}
		unquoted, err := jsontext.AppendUnquote(nil, s.text[start:s.pos])
		if err != nil {
			s.stop()
		}
		*into = T(unquoted)
	default:
		s.stop()
	}
}

// ScanBool decodes a boolean.
func ScanBool[T ~bool](s *Scanner, into *T) {
	switch s.peek() {
	case 'n':
		s.null()
		*into = false
	case 't':
		s.pos += len("true")
		*into = true
	case 'f':
		s.pos += len("false")
		*into = false
	default:
		s.stop()
	}
}

// ScanInt decodes an integer.
func ScanInt[T ~int | ~int64](s *Scanner, into *T) {
	if s.peek() == 'n' {
		s.null()
		*into = 0
		return
	}
	text := s.value()
	n, err := strconv.ParseInt(string(text), 10, strconv.IntSize)
	if err != nil {
		plain, _ := plainInteger(string(text))
		n, err = strconv.ParseInt(plain, 10, strconv.IntSize)
	}
	if err != nil {
		s.stop()
	}
	*into = T(n)
}

// ScanTime decodes a date-time.
func ScanTime(s *Scanner, into *time.Time) {
	switch s.peek() {
	case 'n':
		s.null()
		*into = time.Time{}
	case '"':
		text, plain := s.string()
		t, err := parseTime(string(text))
		if err != nil || !plain {
			s.stop()
		}
		*into = t
	default:
		s.stop()
	}
}

// ScanAny decodes a value of any type, by reflection.
func ScanAny[T any](s *Scanner, into *T) {
	if reflected(s.value(), into) != nil {
		s.stop()
	}
}

// ScanPointer decodes a value that may be null, for which it stores nil.
func ScanPointer[T any](s *Scanner, into **T, scan Scan[T]) {
	if s.peek() == 'n' {
		s.null()
		*into = nil
		return
	}
	if *into == nil {
		*into = new(T)
	}
	scan(s, *into)
}

// ScanSlice decodes an array.
func ScanSlice[T any](s *Scanner, into *[]T, scan Scan[T]) {
	switch s.peek() {
	case 'n':
		s.null()
		*into = nil
		return
	case '[':
		s.pos++
	default:
		s.stop()
		return
	}
	list := []T{}
	for s.peek() != ']' && !s.stopped {
		list = append(list, *new(T))
		scan(s, &list[len(list)-1])
		if s.peek() == ',' {
			s.pos++
		}
	}
	s.pos++
	*into = list
}

func (s *Scanner) stop() { s.stopped, s.pos = true, len(s.text) }

func (s *Scanner) null() { s.pos += len("null") }

// peek skips white space and returns the next byte, or 0 at the end.
func (s *Scanner) peek() byte {
	for ; s.pos < len(s.text); s.pos++ {
		if c := s.text[s.pos]; c > ' ' {
			return c
		}
	}
	return 0
}

// string skips a string and returns the text between its quotes. The text is plain if it
// has no escapes.
func (s *Scanner) string() (text []byte, plain bool) {
	rest := s.text[min(s.pos+1, len(s.text)):]
	end := bytes.IndexByte(rest, '"')
	if end >= 0 && bytes.IndexByte(rest[:end], '\\') < 0 {
		s.pos += end + 2
		return rest[:end], true
	}
	for end = 0; end < len(rest) && rest[end] != '"'; end++ {
		if rest[end] == '\\' {
			end++
		}
	}
	if end >= len(rest) {
		s.stop()
		return nil, false
	}
	s.pos += end + 2
	return rest[:end], false
}

// value skips a value and returns it.
func (s *Scanner) value() []byte {
	s.peek()
	start, depth := s.pos, 0
	for s.pos < len(s.text) {
		switch s.peek() {
		case '"':
			s.string()
		case '{', '[':
			depth++
			s.pos++
		case '}', ']':
			depth--
			s.pos++
		case ',', ':':
			s.pos++
		default:
			s.word()
		}
		if depth == 0 {
			break
		}
	}
	return s.text[min(start, s.pos):s.pos]
}

// word skips a number, true, false or null.
func (s *Scanner) word() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r', ',', ']', '}':
			return
		}
		s.pos++
	}
}
