// Package odata builds $filter expressions (OData 4.01, part 2, section 5.1.1). Use it if a
// list should contain some items only, and above all if a value in the expression is input: it
// quotes and escapes values.
//
//	filter := odata.And(odata.Eq("logType", "Command"), odata.Ge("receivedAt", since))
//	params := &tapkey.ListLogEntriesParams{Filter: new(filter.String())}
//
// A property is named by its JSON name. The path of a nested property has slashes, such as
// contact/identifier. Property names must be constants of the program: an invalid name, a
// NaN or infinite number and the zero [Expr] panic. Values may be untrusted.
//
// Tapkey is known to support eq, and, and or with strings and booleans. The other operators
// and types are part of OData, but it is not known whether Tapkey supports them.
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

// Value is a value that a property can be compared with: a string or an open enum, a
// boolean, a finite number, a time, which is sent in UTC, or [Null].
type Value interface {
	~string | ~bool |
		~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 |
		~float32 | ~float64 | time.Time | NullValue
}

// NullValue is the type of [Null].
type NullValue struct{}

// Null is the literal null, for [Eq] and [Ne].
var Null NullValue

// Expr is an expression. The zero Expr is invalid: [And], [Or] and [Not] panic if they
// receive it.
type Expr struct {
	text     string
	operator string // outermost "and", "or" or "not"; decides about parentheses
}

// String returns the expression for a $filter parameter. It is not URL-encoded.
func (e Expr) String() string { return e.text }

// Eq is true if the property equals the value: property eq value.
func Eq[V Value](property string, value V) Expr { return compare(property, "eq", value) }

// Ne is true if the property does not equal the value: property ne value.
func Ne[V Value](property string, value V) Expr { return compare(property, "ne", value) }

// Gt is true if the property is greater than the value: property gt value.
func Gt[V Value](property string, value V) Expr { return compare(property, "gt", value) }

// Ge is true if the property is greater than or equal to the value: property ge value.
func Ge[V Value](property string, value V) Expr { return compare(property, "ge", value) }

// Lt is true if the property is less than the value: property lt value.
func Lt[V Value](property string, value V) Expr { return compare(property, "lt", value) }

// Le is true if the property is less than or equal to the value: property le value.
func Le[V Value](property string, value V) Expr { return compare(property, "le", value) }

// And is true if all expressions are true.
func And(a, b Expr, more ...Expr) Expr { return join("and", append([]Expr{a, b}, more...)) }

// Or is true if at least one expression is true.
func Or(a, b Expr, more ...Expr) Expr { return join("or", append([]Expr{a, b}, more...)) }

// Not is true if the expression is false.
func Not(e Expr) Expr {
	requireValid(e)
	return Expr{"not (" + e.text + ")", "not"}
}

// property is a path of identifiers, such as contact/identifier.
var property = regexp.MustCompile(`^[\pL_][\pL\pN_]*(/[\pL_][\pL\pN_]*)*$`)

// compare returns a comparison. It panics if name is not a property or value is not a
// finite number.
func compare[V Value](name, operator string, value V) Expr {
	if !property.MatchString(name) {
		panic(fmt.Sprintf("odata: invalid property %q", name))
	}
	return Expr{text: name + " " + operator + " " + literal(value)}
}

// join joins expressions by an operator, with parentheses where they are required.
func join(operator string, all []Expr) Expr {
	parts := make([]string, len(all))
	for i, e := range all {
		requireValid(e)
		parts[i] = e.text
		if e.operator != "" && e.operator != operator && e.operator != "not" {
			parts[i] = "(" + e.text + ")"
		}
	}
	return Expr{strings.Join(parts, " "+operator+" "), operator}
}

// requireValid panics if e is the zero Expr.
func requireValid(e Expr) {
	if e.text == "" {
		panic("odata: zero Expr")
	}
}

// literal returns the literal of a value.
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
			panic("odata: NaN or infinite number")
		}
		return strconv.FormatFloat(v.Float(), 'f', -1, v.Type().Bits())
	default: // the integers
		return fmt.Sprintf("%d", v.Interface())
	}
}
