package engine

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// sharedBytes is the size of the memory that the strings of a value share. A string that is
// kept keeps as much.
const sharedBytes = 512

// copy returns a copy of a part of the text. Short copies share memory.
func (s *Scanner) copy(text []byte) string {
	if len(text) == 0 || len(text) > sharedBytes/2 {
		return string(text)
	}
	if len(text) > s.memory.Cap()-s.memory.Len() {
		s.memory.Reset()
		s.memory.Grow(min(sharedBytes, len(s.text)-s.pos+len(text)))
	}
	start := s.memory.Len()
	s.memory.Write(text)
	return s.memory.String()[start:]
}

// peek skips white space and returns the next byte, or 0 at the end.
func (s *Scanner) peek() byte {
	if s.pos < len(s.text) && s.text[s.pos] > ' ' {
		return s.text[s.pos]
	}
	return s.peekBehindSpace()
}

func (s *Scanner) peekBehindSpace() byte {
	for ; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	s.pos = len(s.text)
	return 0
}

// word skips null, true or false.
func (s *Scanner) word(word string) {
	rest := s.text[min(s.pos, len(s.text)):]
	if bytes.HasPrefix(rest, []byte(word)) {
		s.pos += len(word)
		return
	}
	if strings.HasPrefix(word, string(rest)) {
		s.pos = len(s.text) // cut
	}
	s.stop()
}

// string skips a string and returns the text between its quotes. The text is plain if it
// is valid UTF-8 without escapes. Otherwise see [Scanner.unquote].
func (s *Scanner) string() (text []byte, plain bool) {
	if s.peek() != '"' {
		s.stop()
		return nil, false
	}
	rest := s.text[s.pos+1:]
	end := simple(rest)
	if end < len(rest) && rest[end] == '"' {
		s.pos += end + 2
		return rest[:end], true
	}
	plain = true
	for ; end < len(rest) && rest[end] != '"'; end++ {
		switch {
		case rest[end] < ' ':
			s.stop()
			return nil, false
		case rest[end] == '\\':
			plain = false
			end++
		}
	}
	if end >= len(rest) {
		s.pos = len(s.text) // cut
	}
	if end >= len(rest) {
		s.stop()
		return nil, false
	}
	s.pos += end + 2
	return rest[:end], plain && utf8.Valid(rest[:end])
}

// unquote returns the string that ends here, without its escapes and with U+FFFD for invalid
// UTF-8. The text is what is between its quotes. The result is valid until the next call.
func (s *Scanner) unquote(text []byte) []byte {
	if s.stopped {
		return nil
	}
	quoted := s.text[s.pos-len(text)-2 : s.pos]
	var err error
	s.unquoted, err = jsontext.AppendUnquote(s.unquoted[:0], quoted)
	if err != nil && !isValid(quoted) {
		s.stop()
	}
	return s.unquoted
}

// simple returns the number of bytes before the first one that is special in a string: a
// quote, a backslash, a control character, or one that is not ASCII.
func simple(text []byte) int {
	const each, top = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; n+8 <= len(text); n += 8 {
		eight := binary.LittleEndian.Uint64(text[n:])
		// The lowest top bit is that of the first special byte. The bits above it may be wrong.
		special := (eight | (eight - each*' ') | ((eight ^ each*'"') - each) | ((eight ^ each*'\\') - each)) & top
		if special != 0 {
			return n + bits.TrailingZeros64(special)/8
		}
	}
	for n < len(text) && text[n] >= ' ' && text[n] < utf8.RuneSelf && text[n] != '"' && text[n] != '\\' {
		n++
	}
	return n
}

// value skips a value and returns it. Whether it is valid is not checked.
func (s *Scanner) value() []byte {
	s.peek()
	start, depth := s.pos, 0
	for s.pos < len(s.text) {
		switch s.peek() {
		case '"':
			s.string()
		case '{', '[':
			if depth++; s.depth+depth > maxScanDepth {
				s.stop()
			}
			s.pos++
		case '}', ']':
			depth--
			s.pos++
		case ',', ':':
			s.pos++
		default:
			s.literal()
		}
		if depth <= 0 {
			break
		}
	}
	if s.stopped {
		s.pos = len(s.text)
		return nil
	}
	return s.text[start:s.pos]
}

// literal skips a number, true, false, null, or something else that is not JSON.
func (s *Scanner) literal() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r', ',', ']', '}':
			return
		}
		s.pos++
	}
}
