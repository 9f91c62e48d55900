package engine

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/api"
)

// ScanString decodes a string.
func ScanString[T ~string](s *Scanner, into *T) {
	if s.peek() == 'n' {
		s.word("null")
		*into = ""
		return
	}
	start := s.pos
	text, plain := s.string()
	if !plain {
		if text = s.unquote(text); s.stopped {
			s.reject(start, reflect.TypeFor[T](), nil)
		}
	}
	*into = T(s.copy(text))
}

// ScanBool decodes a boolean.
func ScanBool[T ~bool](s *Scanner, into *T) {
	switch s.peek() {
	case 'n':
		s.word("null")
		*into = false
	case 't':
		s.word("true")
		*into = true
	default:
		start := s.pos
		if s.word("false"); s.stopped {
			s.reject(start, reflect.TypeFor[T](), nil)
		}
		*into = false
	}
}

// ScanInt decodes an integer.
func ScanInt[T ~int | ~int64](s *Scanner, into *T) {
	if s.peek() == 'n' {
		s.word("null")
		*into = 0
		return
	}
	start := s.pos
	n, ok := s.integer()
	*into = T(n)
	if !ok || int64(*into) != n {
		s.reject(start, reflect.TypeFor[T](), nil)
	}
}

// integer reads an integer. It reports false if the value is not one of 64 bits.
func (s *Scanner) integer() (int64, bool) {
	const safe = 18 // number of digits that cannot overflow
	start, n := s.pos, int64(0)
	if s.peek() == '-' {
		s.pos++
	}
	first := s.pos
	for s.pos < len(s.text) && s.text[s.pos]-'0' <= 9 && s.pos-first < safe {
		n = n*10 + int64(s.text[s.pos]-'0')
		s.pos++
	}
	switch s.peek() {
	case ',', '}', ']', 0:
		if digits := s.pos - first; digits == 1 || digits > 1 && digits < safe && s.text[first] != '0' {
			if first > start {
				n = -n
			}
			return n, true
		}
	}
	s.pos = start
	text := s.value()
	if !jsontext.Value(text).IsValid() {
		return 0, false
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		plain, _ := plainInteger(string(text))
		n, err = strconv.ParseInt(plain, 10, 64)
	}
	return n, err == nil
}

// ScanTime decodes a date-time.
func ScanTime(s *Scanner, into *time.Time) {
	if s.peek() == 'n' {
		s.word("null")
		*into = time.Time{}
		return
	}
	start := s.pos
	text, plain := s.string()
	if !plain {
		if text = s.unquote(text); s.stopped {
			s.reject(start, reflect.TypeFor[string](), nil)
			return
		}
	}
	if into.UnmarshalText(text) == nil { // without an allocation
		return
	}
	t, err := parseTime(string(text))
	if err != nil {
		s.reject(start, reflect.TypeFor[time.Time](), err)
	}
	*into = t
}

// ScanFloat decodes a number.
func ScanFloat[T ~float64](s *Scanner, into *T) {
	if s.peek() == 'n' {
		s.word("null")
		*into = 0
		return
	}
	start := s.pos
	text := s.value()
	number, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !isValid(text) {
		s.reject(start, reflect.TypeFor[T](), nil)
	}
	*into = T(number)
}

// ScanObject decodes an object as a map.
func ScanObject(s *Scanner, into *api.Object) {
	s.peek()
	start := s.pos
	if err := decodeObject(s.value(), into); err != nil {
		s.reject(start, reflect.TypeFor[api.Object](), err)
	}
}

// ScanValue decodes a value as package encoding/json decodes it without a type.
func ScanValue(s *Scanner, into *any) {
	s.peek()
	start := s.pos
	if err := decodeValue(s.value(), into); err != nil {
		s.reject(start, reflect.TypeFor[any](), err)
	}
}

// decodeValue decodes a value as encoding/json decodes it into an empty interface.
func decodeValue(text []byte, into *any) error {
	*into = nil
	if json.Unmarshal(text, into) != nil {
		return errNoValue
	}
	return nil
}

// decodeObject decodes an object as encoding/json decodes it into a map.
func decodeObject(text []byte, into *api.Object) error {
	var object map[string]any
	if json.Unmarshal(text, &object) != nil {
		return errNoObject
	}
	*into = object
	return nil
}

var (
	errNoObject = errors.New("not an object")
	errNoValue  = errors.New("a number that is too large")
)

// ScanPointer decodes a value that may be null, for which it stores nil.
func ScanPointer[T any](s *Scanner, into **T, scan Scan[T]) {
	if s.peek() == 'n' {
		s.word("null")
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
	if s.peek() == 'n' {
		s.word("null")
		*into = nil
		return
	}
	list := []T{}
	if s.peek() != '[' {
		s.reject(s.pos, reflect.TypeFor[[]T](), nil)
	}
	for s.element(len(list)) {
		list = append(list, *new(T))
		scan(s, &list[len(list)-1])
	}
	*into = list
}
