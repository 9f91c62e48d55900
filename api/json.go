package api

import (
	"bytes"
	encoding "encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// What is tolerated in an answer: a name twice (the last one counts) and invalid
// UTF-8 (replaced by U+FFFD). Unknown members and null pass by themselves.
// lenient also reads a time without a zone, as UTC; it costs a little on good
// data, so values in memory are tried without it first.
var (
	tolerant = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	lenient  = json.JoinOptions(tolerant, json.WithUnmarshalers(json.UnmarshalFromFunc(unmarshalTime)))
)

// Object is an answer of unknown shape. Its values are as encoding/json has them.
type Object map[string]any

// UnmarshalJSONFrom reads an object as a whole. Left to the map, a name that comes
// twice would have its values merged.
func (o *Object) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	var object map[string]any
	if err := encoding.Unmarshal(raw, &object); err != nil {
		return errNoObject
	}
	*o = object
	return nil
}

var errNoObject = errors.New("no object")

func unmarshalTime(dec *jsontext.Decoder, t *time.Time) error {
	var text *string
	if err := json.UnmarshalDecode(dec, &text); err != nil {
		return err
	}
	if text == nil {
		*t = time.Time{}
		return nil
	}
	parsed, err := time.Parse(time.RFC3339Nano, *text)
	if err != nil {
		parsed, err = time.Parse("2006-01-02T15:04:05.999999999", *text)
	}
	if err != nil {
		return errNoTime
	}
	*t = parsed
	return nil
}

var errNoTime = errors.New("no RFC 3339 date-time")

// unmarshal reads one value, which may be anything but null.
func unmarshal(body []byte, into any) error {
	if jsontext.Value(body).Kind() == 'n' {
		return errNull("")
	}
	err := json.Unmarshal(body, into, tolerant)
	if _, ok := errors.AsType[*json.SemanticError](err); ok {
		reflect.ValueOf(into).Elem().SetZero()
		err = json.Unmarshal(body, into, lenient)
	}
	return jsonError(err)
}

func unmarshalList[T any](body []byte) ([]T, error) {
	list, err := walk[T](body, tolerant)
	if _, ok := errors.AsType[*json.SemanticError](err); ok {
		list, err = walk[T](body, lenient)
	}
	return list, jsonError(err)
}

func walk[T any](body []byte, options json.Options) ([]T, error) {
	list := []T{}
	items := newItemReader[T](bytes.NewBuffer(body), options)
	for {
		item, err := items.next()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
}

func errNull(pointer string) error {
	if pointer == "" {
		return fmt.Errorf("%w: null", ErrUnexpected)
	}
	return fmt.Errorf("%w: %s: null", ErrUnexpected, pointer)
}

// jsonError says what is wrong with a piece of JSON and where, by JSON pointer
// (RFC 6901), without a value from it.
func jsonError(err error) error {
	if err == nil {
		return nil
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("%w: %s", ErrUnexpected, describe(semantic))
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return readError(io.ErrUnexpectedEOF)
		}
		return fmt.Errorf("%w: no JSON at byte %d", ErrUnexpected, syntactic.ByteOffset)
	}
	if errors.Is(err, ErrUnexpected) {
		return err
	}
	return readError(err)
}

func describe(e *json.SemanticError) string {
	where := OneLine(string(e.JSONPointer), maxText)
	if where == "" {
		where = "value"
	}
	if errors.Is(e.Err, errNoTime) {
		return fmt.Sprintf("%s: %v", where, errNoTime)
	}
	if e.JSONKind != 0 && e.GoType != nil {
		return fmt.Sprintf("%s: JSON %s does not fit %s", where, e.JSONKind, e.GoType)
	}
	return where + ": wrong type"
}

// missing reports the first of the named members that value, a pointer to a
// struct, holds nothing in.
func missing(value any, required []string) error {
	v := reflect.ValueOf(value).Elem()
	if len(required) == 0 || v.Kind() != reflect.Struct {
		return nil
	}
	for field, at := range v.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		for _, r := range required {
			if name == r && at.IsZero() && at.Kind() == reflect.String {
				return fmt.Errorf("%w: /%s is missing", ErrUnexpected, name)
			}
		}
	}
	return nil
}
