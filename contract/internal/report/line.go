package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is the number of bytes of one text of others that are shown.
const maxText = 512

// Line returns text on one line, safe for a terminal: white space and control and format
// characters become single spaces. It returns at most maxText bytes.
func Line(text string) string {
	text = strings.ToValidUTF8(text, "�")
	text = strings.Join(strings.FieldsFunc(text, separates), " ")
	if len(text) <= maxText {
		return text
	}
	end := maxText - len("…")
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

func separates(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
