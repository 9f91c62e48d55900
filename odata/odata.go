// Package odata writes $filter expressions (OData 4.01, part 2, section 5.1.1) with
// their values quoted and escaped:
//
//	filter := odata.And(odata.Eq("logType", "Command"), odata.Ge("receivedAt", since))
//	params := &tapkey.ListLogEntriesParams{Filter: new(filter.String())}
//
// Properties go by their JSON names, a nested one by its path, such as
// contact/identifier. They are the program's own words: a name that cannot be one, a
// number that is none and an empty [Expr] panic. Values may be anybody's.
//
// What Tapkey is known to understand is eq, and and or, of strings and booleans; the rest
// is OData's.
package odata

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Value is what a property is compared with: a string or an open enum, a boolean, a
// number other than NaN and the infinities, a time, which is sent in UTC, or [Null].
type Value interface {
	~string | ~bool |
		~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 |
		~float32 | ~float64 | time.Time | NullValue
}

// NullValue is the type of [Null].
type NullValue struct{}

// Null is the literal null, to compare with by [Eq] and [Ne].
var Null NullValue

// Expr is an expression. Its zero value is none: it cannot be combined.
type Expr struct {
	text     string
	operator string // "and", "or" or "not" at the top, which asks for parentheses
}

// String returns the expression, for a $filter parameter. It is not URL-encoded.
func (e Expr) String() string { return e.text }

// Eq holds where the property equals the value: property eq value.
func Eq[V Value](property string, value V) Expr { return compare(property, "eq", value) }

// Ne holds where the property does not equal the value: property ne value.
func Ne[V Value](property string, value V) Expr { return compare(property, "ne", value) }

// Gt holds where the property is greater than the value: property gt value.
func Gt[V Value](property string, value V) Expr { return compare(property, "gt", value) }

// Ge holds where the property is the value or greater: property ge value.
func Ge[V Value](property string, value V) Expr { return compare(property, "ge", value) }

// Lt holds where the property is less than the value: property lt value.
func Lt[V Value](property string, value V) Expr { return compare(property, "lt", value) }

// Le holds where the property is the value or less: property le value.
func Le[V Value](property string, value V) Expr { return compare(property, "le", value) }

// And holds where all of the expressions hold.
func And(a, b Expr, more ...Expr) Expr { return join("and", append([]Expr{a, b}, more...)) }

// Or holds where one of the expressions holds.
func Or(a, b Expr, more ...Expr) Expr { return join("or", append([]Expr{a, b}, more...)) }

// Not holds where the expression does not.
func Not(e Expr) Expr {
	mustHold(e)
	return Expr{"not (" + e.text + ")", "not"}
}

// property is a path of identifiers, such as contact/identifier.
var property = regexp.MustCompile(`^[\pL_][\pL\pN_]*(/[\pL_][\pL\pN_]*)*$`)

// compare panics if name is no property or value is no number, as both are the
// program's own words and an expression cannot be in error.
func compare[V Value](name, operator string, value V) Expr {
	if !property.MatchString(name) {
		panic(fmt.Sprintf("odata: %q is no property", name))
	}
	return Expr{text: name + " " + operator + " " + literal(value)}
}

func join(operator string, all []Expr) Expr {
	parts := make([]string, len(all))
	for i, e := range all {
		mustHold(e)
		parts[i] = e.text
		if e.operator != "" && e.operator != operator && e.operator != "not" {
			parts[i] = "(" + e.text + ")"
		}
	}
	return Expr{strings.Join(parts, " "+operator+" "), operator}
}

func mustHold(e Expr) {
	if e.text == "" {
		panic("odata: empty expression")
	}
}

func literal[V Value](value V) string {
	switch v := any(value).(type) {
	case NullValue:
		return "null"
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.999999999Z")
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String:
		return "'" + strings.ReplaceAll(v.String(), "'", "''") + "'"
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Float32, reflect.Float64:
		if math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0) {
			panic("odata: no number")
		}
		return strconv.FormatFloat(v.Float(), 'f', -1, v.Type().Bits())
	default: // the integers
		return fmt.Sprintf("%d", v.Interface())
	}
}
