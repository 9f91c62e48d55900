package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tapkey-go/tapkey-go/api"
)

// itemReader reads a list item by item. As long as possible it scans what has been received.
// From the first item that the Scanner does not read, or from an error on, it leaves the rest
// to a decoder of JSON.
type itemReader[T any] struct {
	schema  Schema[T]
	scanner *Scanner
	read    int // number of items

	// What has been received, until there is a decoder.
	received *bytes.Buffer
	source   markSkipper // the rest
	consumed int64       // number of bytes before received
	state    listState
	spaces   int // number of white space characters since

	dec    *jsontext.Decoder // nil at first
	before int64             // added to the offsets of dec
	single bool              // an object instead of a list
}

// listState is what has been read of a list, apart from the items.
type listState string

// The texts are short lists in the same states.
const (
	listNotStarted listState = ""
	listStarted    listState = "["
	listItem       listState = `[""`
	listComma      listState = `["",`
	listEnded      listState = "[]"
)

// newItemReader returns a reader of the response in b.
func newItemReader[T any](b *body, schema Schema[T]) *itemReader[T] {
	return &itemReader[T]{schema: schema, scanner: &b.scanner, received: &b.Buffer, source: markSkipper{reader: &b.limited}}
}

// decodeItems returns a reader of a list that has been received and that a Scanner does not
// read.
func decodeItems[T any](text []byte, s *Scanner, schema Schema[T]) *itemReader[T] {
	return &itemReader[T]{schema: schema, scanner: s, dec: newDecoder(bytes.NewBuffer(text))}
}

// next reads the next item into a zero value. It returns io.EOF after the last item. A null
// is an item only if items are pointers, which they are if the contract allows null.
func (r *itemReader[T]) next(item *T) error {
	if r.dec == nil {
		if err := r.scan(item); err != errNotScanned {
			return err
		}
		*item = *new(T)
		r.startDecoder()
	}
	if r.state == listNotStarted {
		if err := r.start(); err != nil {
			return r.error(err)
		}
	}
	if r.state == listEnded || r.single && r.read == 1 || !r.single && r.dec.PeekKind() == ']' {
		return r.end()
	}
	text, err := r.dec.ReadValue()
	if err != nil {
		return r.error(err)
	}
	if text.Kind() == 'n' && !acceptsNull[T]() {
		return errNull(r.place())
	}
	if err := decode(r.scanner, text, item, r.schema); err != nil {
		return jsonError(r.place(), 0, err)
	}
	r.read++
	return nil
}

func acceptsNull[T any]() bool { return reflect.TypeFor[T]().Kind() == reflect.Pointer }

// errNotScanned means that a decoder has to read the rest of a list.
var errNotScanned = errors.New("not scanned")

// scan reads the next item by schema.Scan. It returns io.EOF after the last item, and
// errNotScanned, before it reads anything of an item, if that is not possible.
func (r *itemReader[T]) scan(item *T) error {
	if r.schema.Scan == nil {
		return errNotScanned
	}
	for r.state != listEnded {
		c, err := r.peek()
		switch {
		case err != nil:
			return errNotScanned
		case r.state == listNotStarted && c == '[':
			r.pass(1, listStarted)
		case r.state == listItem && c == ',':
			r.pass(1, listComma)
		case (r.state == listItem || r.state == listStarted) && c == ']':
			r.pass(1, listEnded)
		case r.state == listComma || r.state == listStarted:
			return r.scanItem(item)
		default:
			return errNotScanned
		}
	}
	if _, err := r.peek(); err != io.EOF {
		return errNotScanned
	}
	return io.EOF
}

// scanItem reads an item that begins with the first byte received.
func (r *itemReader[T]) scanItem(item *T) error {
	if r.received.Bytes()[0] == 'n' && !acceptsNull[T]() {
		return errNotScanned
	}
	var end extent
	for {
		text := r.received.Bytes()
		s := r.scanner.on(text)
		s.depth = 1 // in the list
		r.schema.Scan(s, item)
		switch {
		case !s.stopped && !s.unclear():
			if !s.complete {
				if err := missing(text[:s.pos], r.schema.Required); err != nil {
					return jsonError(r.place(), 0, err)
				}
			}
			r.pass(s.pos, listItem)
			r.read++
			return nil
		case s.stopped && !s.cut || end.found || !r.receiveItem(&end):
			return errNotScanned
		}
		*item = *new(T)
	}
}

// unclear reports whether the value is a number that may go on after the text.
func (s *Scanner) unclear() bool {
	return s.pos == len(s.text) && s.pos > 0 && '0' <= s.text[s.pos-1] && s.text[s.pos-1] <= '9'
}

// maxUnclear is the maximum length of an item that is neither an object, an array nor a
// string, if it is received in parts.
const maxUnclear = 512

// receiveItem receives the rest of an item. If the end of the item cannot be found without
// scanning it, receiveItem receives the next part. It reports false after an error, and if
// the item is too long.
func (r *itemReader[T]) receiveItem(end *extent) bool {
	for {
		end.search(r.received.Bytes())
		unclear := end.depth == 0 && !end.inString
		switch {
		case end.found:
			return true
		case unclear && r.received.Len() > maxUnclear:
			return false
		case r.receive() != nil:
			return false
		case unclear:
			return true
		}
	}
}

// extent finds the end of an object, an array or a string that is received in parts, so that
// it is not scanned again for each of them.
type extent struct {
	searched          int // number of bytes
	depth             int
	inString, escaped bool
	found             bool
}

// search searches the part of the text that has not been searched.
func (e *extent) search(text []byte) {
	for ; e.searched < len(text) && !e.found; e.searched++ {
		switch c := text[e.searched]; {
		case e.escaped:
			e.escaped = false
		case e.inString && c == '\\':
			e.escaped = true
		case c == '"':
			e.inString = !e.inString
			e.found = !e.inString && e.depth == 0
		case e.inString:
			e.searched += max(simple(text[e.searched:])-1, 0)
		case c == '{', c == '[':
			e.depth++
		case c == '}', c == ']':
			e.depth--
			e.found = e.depth <= 0
		}
	}
}

// peek returns the next byte that is not white space. It removes what is before it.
func (r *itemReader[T]) peek() (byte, error) {
	for {
		text := r.received.Bytes()
		for i, c := range text {
			switch c {
			case ' ', '\t', '\n', '\r':
				continue
			}
			r.skipSpaces(i)
			return c, nil
		}
		r.skipSpaces(len(text))
		if err := r.receive(); err != nil {
			return 0, err
		}
	}
}

// pass removes what has been read.
func (r *itemReader[T]) pass(n int, state listState) {
	r.received.Next(n)
	r.consumed += int64(n)
	r.state, r.spaces = state, 0
}

func (r *itemReader[T]) skipSpaces(n int) {
	r.received.Next(n)
	r.consumed += int64(n)
	r.spaces += n
}

// receive receives the next part of the response.
func (r *itemReader[T]) receive() error {
	const size, maxReads = 32 << 10, 100
	for range maxReads {
		r.received.Grow(size)
		part := r.received.AvailableBuffer()[:size]
		n, err := r.source.Read(part)
		_, _ = r.received.Write(part[:n])
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// startDecoder leaves the rest of the list to a decoder, which gets a list in the same state
// first.
func (r *itemReader[T]) startDecoder() {
	before := string(r.state) + strings.Repeat(" ", r.spaces) // the decoder may report the offset of the comma
	r.dec = newDecoder(io.MultiReader(strings.NewReader(before), r.received, &r.source))
	r.before = r.consumed - int64(len(before))
	if r.state != listNotStarted {
		_, _ = r.dec.ReadToken()
	}
	if r.state == listItem || r.state == listComma || r.state == listEnded {
		_, _ = r.dec.ReadToken()
	}
}

// place returns the JSON pointer of the next item.
func (r *itemReader[T]) place() string {
	if r.single {
		return ""
	}
	return "/" + strconv.Itoa(r.read)
}

func (r *itemReader[T]) error(err error) error { return jsonError("", r.before, err) }

func (r *itemReader[T]) start() error {
	r.state = listStarted
	switch kind := r.dec.PeekKind(); {
	case kind == '[':
		_, err := r.dec.ReadToken()
		return err
	case kind == '{' && r.schema.Single:
		r.single = true
		return nil
	case kind == 'n':
		return errNull("")
	case kind == 0:
		_, err := r.dec.ReadToken() // returns the error
		if err == io.EOF {
			return errNoContent
		}
		return err
	default:
		return fmt.Errorf("%w: JSON %s instead of a list", api.ErrUnexpected, kind)
	}
}

// end returns io.EOF if nothing follows the list.
func (r *itemReader[T]) end() error {
	if !r.single && r.state != listEnded {
		if _, err := r.dec.ReadToken(); err != nil {
			return r.error(err)
		}
	}
	_, err := r.dec.ReadToken()
	if err == nil {
		return fmt.Errorf("%w: more JSON after the value", api.ErrUnexpected)
	}
	if err == io.EOF {
		return err
	}
	return r.error(err)
}
