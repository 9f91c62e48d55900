package engine

import (
	"strings"
	"unicode"
)

const (
	maxText = 512 // bytes of text from a server
	maxCode = 100 // bytes of an error code
)

// OneLine returns the first limit bytes of s on one line, safe for a log or a terminal:
// white space and control and format characters become single spaces, and invalid UTF-8
// is removed.
func OneLine(s string, limit int) string {
	s = strings.ToValidUTF8(s[:min(len(s), limit)], "")
	return strings.Join(strings.FieldsFunc(s, separates), " ")
}

func separates(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
