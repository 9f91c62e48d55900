package engine

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Fields calls visit for each field of a JSON object. The value is valid until visit returns.
// Fields returns an error if the text is not an object, or null, after the fields before it.
func Fields(text []byte, visit func(name string, value jsontext.Value)) error {
	dec := newDecoder(bytes.NewBuffer(text))
	token, err := dec.ReadToken()
	switch {
	case err != nil:
		return err
	case token.Kind() == 'n':
		return checkEnd(dec, text)
	case token.Kind() != '{':
		return errNoObject
	}
	for dec.PeekKind() == '"' {
		token, _ := dec.ReadToken()
		name := token.String()
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		visit(name, value)
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	return checkEnd(dec, text)
}

// LooseFields returns the fields of a JSON object by their names in lower case without
// underscores and hyphens. The last value of a duplicate name counts. The fields before an error
// are returned with it.
func LooseFields(text []byte) (map[string]jsontext.Value, error) {
	fields := map[string]jsontext.Value{}
	err := Fields(text, func(name string, value jsontext.Value) {
		fields[looseName.Replace(strings.ToLower(name))] = value.Clone()
	})
	return fields, err
}

var looseName = strings.NewReplacer("_", "", "-", "")

// Text returns the text of a JSON string, or "" if the value is not one.
func Text(value jsontext.Value) string {
	if value.Kind() != '"' {
		return ""
	}
	text, _ := jsontext.AppendUnquote(nil, value) // the error is about invalid UTF-8
	return string(text)
}
