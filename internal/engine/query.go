package engine

import "strconv"

// Query is the query of a request, escaped. Nil pointers and nil lists are not sent.
type Query []byte

// QueryString adds a string.
func QueryString[T ~string](q *Query, name string, value *T) {
	if value != nil {
		q.name(name)
		q.escape(string(*value))
	}
}

// QueryInt adds an integer.
func QueryInt[T ~int | ~int8 | ~int16 | ~int32 | ~int64](q *Query, name string, value *T) {
	if value != nil {
		q.name(name)
		*q = strconv.AppendInt(*q, int64(*value), 10)
	}
}

// QueryBool adds a boolean.
func QueryBool[T ~bool](q *Query, name string, value *T) {
	if value != nil {
		q.name(name)
		*q = strconv.AppendBool(*q, bool(*value))
	}
}

// QueryList adds strings, separated by commas.
func QueryList[T ~string](q *Query, name string, values []T) {
	if values == nil {
		return
	}
	q.name(name)
	for i, value := range values {
		if i > 0 {
			*q = append(*q, ',')
		}
		q.escape(string(value))
	}
}

func (q *Query) name(name string) {
	if *q == nil {
		*q = make(Query, 0, 120)
	} else {
		*q = append(*q, '&')
	}
	q.escape(name)
	*q = append(*q, '=')
}

// escape adds a text in which all but unreserved characters are escaped.
func (q *Query) escape(text string) {
	const hex = "0123456789ABCDEF"
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
			*q = append(*q, c)
		default:
			*q = append(*q, '%', hex[c>>4], hex[c&15])
		}
	}
}
