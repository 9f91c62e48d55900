package engine

import (
	"errors"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/api"
)

// Only the functions of this file use reflection of JSON v2, which adds 0.75 MB to a program.
// It is not linked into a program whose schemas do not refer to them.

// Reflect decodes text into a zero value by reflection.
func Reflect[T any](text []byte, into *T) error {
	err := reflected(text, into)
	if err == nil {
		return nil
	}
	if err := checkSyntax(text); err != nil {
		return err
	}
	if wrong, ok := errors.AsType[*jsonv2.SemanticError](err); ok {
		return &misfit{pointer: string(wrong.JSONPointer), kind: wrong.JSONKind, goType: wrong.GoType, cause: wrong.Err}
	}
	return err
}

// ScanAny decodes a value of any type, by reflection.
func ScanAny[T any](s *Scanner, into *T) {
	s.peek()
	start := s.pos
	err := reflected(s.value(), into)
	if wrong, ok := errors.AsType[*jsonv2.SemanticError](err); ok && !s.stopped {
		s.rejected = misfit{at: start, pointer: string(wrong.JSONPointer), kind: wrong.JSONKind, goType: wrong.GoType, cause: wrong.Err}
	}
	if err != nil {
		s.stop()
	}
}

func reflected[T any](text []byte, into *T) error {
	err := jsonv2.Unmarshal(text, into, reflectionOptions())
	if failed, ok := errors.AsType[*jsonv2.SemanticError](err); ok && failed.JSONKind == '0' {
		*into = *new(T)
		return jsonv2.Unmarshal(plainIntegers(text), into, reflectionOptions())
	}
	return err
}

// reflectionOptions returns the options with which reflection accepts what a Scanner accepts:
// also times without a zone, which are read as UTC. Unknown fields and null are accepted anyway.
func reflectionOptions() jsonv2.Options {
	return jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true),
		jsonv2.WithUnmarshalers(jsonv2.JoinUnmarshalers(
			jsonv2.UnmarshalFromFunc(unmarshalTime), jsonv2.UnmarshalFromFunc(unmarshalObject), jsonv2.UnmarshalFromFunc(unmarshalValue))))
}

// unmarshalObject decodes an object with encoding/json. As a map, the values of a duplicate
// name would be merged.
func unmarshalObject(dec *jsontext.Decoder, o *api.Object) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return decodeObject(raw, o)
}

// unmarshalValue decodes a value without a type with encoding/json, for the same reason.
func unmarshalValue(dec *jsontext.Decoder, value *any) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return decodeValue(raw, value)
}

func unmarshalTime(dec *jsontext.Decoder, t *time.Time) error {
	var text *string
	if err := jsonv2.UnmarshalDecode(dec, &text); err != nil {
		return err
	}
	if text == nil {
		*t = time.Time{}
		return nil
	}
	parsed, err := parseTime(*text)
	*t = parsed
	return err
}
