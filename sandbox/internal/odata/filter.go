package odata

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// expression is a parsed expression of a filter.
type expression struct {
	typ      valueType
	position int
	eval     func(item reflect.Value) any
}

// matches reports whether the expression is true for an item. Null is not true.
func (e *expression) matches(item reflect.Value) bool { return e.eval(item) == true }

// maxDepth is the maximum nesting depth of parentheses and negations.
const maxDepth = 100

// parser is a recursive descent parser for filters. The grammar, from the lowest to the
// highest precedence:
//
//	or         = and { "or" and }
//	and        = comparison { "and" comparison }
//	comparison = unary [ ("eq"|"ne"|"gt"|"ge"|"lt"|"le") unary ]
//	unary      = "not" unary | primary
//	primary    = "(" or ")" | function "(" or "," or ")" | literal | field
type parser struct {
	tokens []token
	fields []field
	depth  int
}

// parseFilter parses a filter of items with the given fields.
func parseFilter(text string, fields []field) (*expression, error) {
	tokens, err := scan(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, fields: fields}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if rest := p.peek(); rest.kind != tokenEnd {
		return nil, errorAt(rest.position, "%s is unexpected", rest)
	}
	return e, e.need(typeBoolean)
}

func errorAt(position int, format string, args ...any) error {
	return &Error{optionFilter, position, fmt.Sprintf(format, args...)}
}

func (p *parser) peek() token { return p.tokens[0] }

func (p *parser) next() token {
	t := p.tokens[0]
	if t.kind != tokenEnd {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept consumes the next token if it is one of the words.
func (p *parser) accept(words ...string) (token, bool) {
	if t := p.peek(); t.kind == tokenWord && slices.Contains(words, t.text) {
		return p.next(), true
	}
	return token{}, false
}

func (p *parser) expect(punctuation string) error {
	if t := p.next(); t.kind != tokenPunctuation || t.text != punctuation {
		return errorAt(t.position, "%s instead of %q", t, punctuation)
	}
	return nil
}

func (p *parser) or() (*expression, error) {
	return p.chain("or", (*parser).and, true)
}

func (p *parser) and() (*expression, error) {
	return p.chain("and", (*parser).comparison, false)
}

// chain parses operands joined by a word. The result is the deciding value if an operand
// has it; otherwise null if an operand is null.
func (p *parser) chain(word string, operand func(*parser) (*expression, error), deciding bool) (*expression, error) {
	first, err := operand(p)
	if err != nil {
		return nil, err
	}
	operands := []*expression{first}
	for {
		if _, ok := p.accept(word); !ok {
			break
		}
		e, err := operand(p)
		if err != nil {
			return nil, err
		}
		operands = append(operands, e)
	}
	if len(operands) == 1 {
		return first, nil
	}
	for _, e := range operands {
		if err := e.need(typeBoolean); err != nil {
			return nil, err
		}
	}
	return &expression{typeBoolean, first.position, func(item reflect.Value) any {
		var result any = !deciding
		for _, e := range operands {
			switch e.eval(item) {
			case deciding:
				return deciding
			case nil:
				result = nil
			}
		}
		return result
	}}, nil
}

func (p *parser) comparison() (*expression, error) {
	left, err := p.unary()
	if err != nil {
		return nil, err
	}
	operator, ok := p.accept("eq", "ne", "gt", "ge", "lt", "le")
	if !ok {
		return left, nil
	}
	right, err := p.unary()
	if err != nil {
		return nil, err
	}
	return compare(operator, left, right)
}

func (p *parser) unary() (*expression, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, errorAt(p.peek().position, "the filter is nested too deeply")
	}
	defer func() { p.depth-- }()
	not, ok := p.accept("not")
	if !ok {
		return p.primary()
	}
	e, err := p.unary()
	if err != nil {
		return nil, err
	}
	if e.typ != typeBoolean {
		return nil, errorAt(not.position, "not requires a boolean; put its operand into parentheses")
	}
	return &expression{typeBoolean, not.position, func(item reflect.Value) any {
		if b, ok := e.eval(item).(bool); ok {
			return !b
		}
		return nil
	}}, nil
}

func (p *parser) primary() (*expression, error) {
	t := p.next()
	switch t.kind {
	case tokenString:
		return literal(typeString, t, t.text), nil
	case tokenNumber:
		return number(t)
	case tokenPunctuation:
		if t.text == "(" {
			e, err := p.or()
			if err != nil {
				return nil, err
			}
			return e, p.expect(")")
		}
	case tokenWord:
		return p.word(t)
	}
	return nil, errorAt(t.position, "%s instead of an operand", t)
}

// word parses a constant, a function or a field.
func (p *parser) word(t token) (*expression, error) {
	switch t.text {
	case "true", "false":
		return literal(typeBoolean, t, t.text == "true"), nil
	case "null":
		return literal(typeNull, t, nil), nil
	}
	if next := p.peek(); next.kind == tokenPunctuation && next.text == "(" {
		return p.function(t)
	}
	i := slices.IndexFunc(p.fields, func(f field) bool { return f.name == t.text })
	switch {
	case i < 0:
		return nil, errorAt(t.position, "unknown field %q", t.text)
	case p.fields[i].typ == typeNone:
		return nil, errorAt(t.position, "the field %q cannot be used in a filter", t.text)
	}
	return &expression{p.fields[i].typ, t.position, p.fields[i].value}, nil
}

func (p *parser) function(name token) (*expression, error) {
	functions := map[string]func(s, part string) bool{
		"contains":   strings.Contains,
		"startswith": strings.HasPrefix,
		"endswith":   strings.HasSuffix,
	}
	call, ok := functions[name.text]
	if !ok {
		return nil, errorAt(name.position, "the function %q is not supported", name.text)
	}
	var operands [2]*expression
	for i, before := range []string{"(", ","} {
		if err := p.expect(before); err != nil {
			return nil, err
		}
		e, err := p.or()
		if err == nil {
			err = e.need(typeString)
		}
		if err != nil {
			return nil, err
		}
		operands[i] = e
	}
	return &expression{typeBoolean, name.position, func(item reflect.Value) any {
		s, ok1 := operands[0].eval(item).(string)
		part, ok2 := operands[1].eval(item).(string)
		if !ok1 || !ok2 {
			return nil
		}
		return call(s, part)
	}}, p.expect(")")
}

func (e *expression) need(typ valueType) error {
	if e.typ != typ {
		return errorAt(e.position, "got a %s, want a %s", e.typ, typ)
	}
	return nil
}

func literal(typ valueType, t token, value any) *expression {
	return &expression{typ, t.position, func(reflect.Value) any { return value }}
}

// number parses a number or a date-time.
func number(t token) (*expression, error) {
	if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
		return literal(typeNumber, t, n), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if moment, err := time.Parse(layout, t.text); err == nil {
			return literal(typeTime, t, moment), nil
		}
	}
	if decimal(t.text) {
		if n, err := strconv.ParseFloat(t.text, 64); err == nil {
			return literal(typeNumber, t, n), nil
		}
	}
	return nil, errorAt(t.position, "%q is neither a number nor a date-time such as 2024-01-31T00:00:00Z", t.text)
}

// decimal reports whether a text contains only characters of decimal numbers. strconv
// accepts other notations as well.
func decimal(text string) bool { return strings.Trim(text, "+-.0123456789eE") == "" }

// compare returns the comparison of two expressions. Null equals only null and is not
// ordered.
func compare(operator token, left, right *expression) (*expression, error) {
	ordered := operator.text != "eq" && operator.text != "ne"
	null := left.typ == typeNull || right.typ == typeNull
	switch {
	case null && ordered:
		return nil, errorAt(operator.position, "null can only be compared with eq and ne")
	case !null && left.typ != right.typ:
		return nil, errorAt(operator.position, "a %s cannot be compared with a %s", left.typ, right.typ)
	case ordered && left.typ == typeBoolean:
		return nil, errorAt(operator.position, "booleans can only be compared with eq and ne")
	}
	isTrue := map[string]func(order int) bool{
		"eq": func(order int) bool { return order == 0 },
		"ne": func(order int) bool { return order != 0 },
		"gt": func(order int) bool { return order > 0 },
		"ge": func(order int) bool { return order >= 0 },
		"lt": func(order int) bool { return order < 0 },
		"le": func(order int) bool { return order <= 0 },
	}[operator.text]
	return &expression{typeBoolean, left.position, func(item reflect.Value) any {
		a, b := left.eval(item), right.eval(item)
		if a == nil || b == nil {
			return !ordered && (a == b) == (operator.text == "eq")
		}
		return isTrue(order(a, b))
	}}, nil
}

// order compares two values of the same type, like cmp.Compare. For booleans it only tells
// whether they are equal.
func order(a, b any) int {
	switch a := a.(type) {
	case bool:
		if a == b.(bool) {
			return 0
		}
		return 1
	case string:
		return cmp.Compare(a, b.(string))
	case time.Time:
		return a.Compare(b.(time.Time))
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
	}
	return cmp.Compare(float(a), float(b))
}

func float(v any) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	return v.(float64)
}

// tokenKind is the kind of a token.
type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenNumber // or a date-time
	tokenString
	tokenPunctuation
)

// token is a lexical token of a filter.
type token struct {
	kind     tokenKind
	text     string // a string is without its quotes
	position int    // in characters, from 1
}

func (t token) String() string {
	switch t.kind {
	case tokenEnd:
		return "the end of the filter"
	case tokenString:
		return "the string " + strconv.Quote(t.text)
	}
	return strconv.Quote(t.text)
}

// scan splits a filter into tokens. The last token is tokenEnd.
func scan(text string) ([]token, error) {
	var tokens []token
	position := 1
	for rest := text; rest != ""; {
		var t token
		var size int
		c := rest[0]
		switch {
		case c == ' ' || c == '\t':
			rest = rest[1:]
			position++
			continue
		case c == '(' || c == ')' || c == ',':
			t, size = token{kind: tokenPunctuation, text: rest[:1]}, 1
		case c == '\'':
			value, length, ok := quoted(rest)
			if !ok {
				return nil, errorAt(position, "the string is not terminated")
			}
			t, size = token{kind: tokenString, text: value}, length
		case isDigit(c) || c == '-':
			size = span(rest, func(c byte) bool {
				return isDigit(c) || isLetter(c) || c == '.' || c == ':' || c == '+' || c == '-'
			})
			t = token{kind: tokenNumber, text: rest[:size]}
		case isLetter(c):
			size = span(rest, func(c byte) bool { return isLetter(c) || isDigit(c) })
			t = token{kind: tokenWord, text: rest[:size]}
		default:
			r, _ := utf8.DecodeRuneInString(rest)
			return nil, errorAt(position, "%q is unexpected", r)
		}
		t.position = position
		tokens = append(tokens, t)
		position += utf8.RuneCountInString(rest[:size])
		rest = rest[size:]
	}
	return append(tokens, token{position: position}), nil
}

// quoted parses a string in single quotes. Two single quotes in it stand for one.
func quoted(text string) (value string, length int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		if text[i] != '\'' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 == len(text) || text[i+1] != '\'' {
			return b.String(), i + 1, true
		}
		b.WriteByte('\'')
		i++
	}
	return "", 0, false
}

// span returns the length of the prefix of text whose bytes are in a set.
func span(text string, in func(byte) bool) int {
	for i := range len(text) {
		if !in(text[i]) {
			return i
		}
	}
	return len(text)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' }
