package odata

import (
	"reflect"
	"strings"
	"time"
)

// field is a field of the items of a list.
type field struct {
	name      string
	index     int
	omitEmpty bool
	typ       valueType
	pointer   bool
}

// valueType is the type of an expression. Its values are bool, int64 or float64, string,
// time.Time, or nil for null.
type valueType string

const (
	typeNone    valueType = "" // of fields that cannot be compared
	typeNull    valueType = "null"
	typeBoolean valueType = "boolean"
	typeNumber  valueType = "number"
	typeString  valueType = "string"
	typeTime    valueType = "date-time"
)

// fieldsOf returns the fields of a struct type that have json tags.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		ft := f.Type
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		fields = append(fields, field{
			name:      name,
			index:     i,
			omitEmpty: strings.Contains(options, "omitempty"),
			typ:       typeOf(ft),
			pointer:   f.Type.Kind() == reflect.Pointer,
		})
	}
	return fields
}

func typeOf(t reflect.Type) valueType {
	switch t.Kind() {
	case reflect.Bool:
		return typeBoolean
	case reflect.Int64, reflect.Float64:
		return typeNumber
	case reflect.String:
		return typeString
	}
	if t.ConvertibleTo(reflect.TypeFor[time.Time]()) {
		return typeTime
	}
	return typeNone
}

// value returns the value of the field in an item.
func (f field) value(item reflect.Value) any {
	v := item.Field(f.index)
	if f.pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool()
	case reflect.Int64:
		return v.Int()
	case reflect.Float64:
		return v.Float()
	case reflect.String:
		return v.String()
	}
	return v.Convert(reflect.TypeFor[time.Time]()).Interface()
}
