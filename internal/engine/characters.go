package engine

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckCharacters returns an error if text looks like an inexact copy: if it begins or ends
// with a space, has an invisible character, or is in quotes. The error names the character
// and where it is, and does not contain the text.
func CheckCharacters(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("is not valid UTF-8")
	}
	last, size := utf8.DecodeLastRuneInString(text)
	for i, r := range text {
		where := "inside"
		switch {
		case i == 0:
			where = "at the start"
		case i == len(text)-size:
			where = "at the end"
		}
		switch {
		case unicode.IsSpace(r) && where != "inside":
			return fmt.Errorf("begins or ends with a space (%s %s)", characterName(r), where)
		case unicode.IsControl(r):
			return fmt.Errorf("contains a control character (%s %s)", characterName(r), where)
		case invisible(r):
			return fmt.Errorf("contains an invisible character (%s %s)", characterName(r), where)
		}
	}
	if first, n := utf8.DecodeRuneInString(text); n < len(text) && quotes(first, last) {
		return fmt.Errorf("is in quotes (%s at the start, %s at the end)", characterName(first), characterName(last))
	}
	return nil
}

// FindCharacter returns the name and the place of the first character of text that is not
// allowed. It returns "" if all are.
func FindCharacter(text string, allowed func(rune) bool) string {
	for i, r := range text {
		if allowed(r) {
			continue
		}
		switch {
		case i == 0:
			return characterName(r) + " at the start"
		case i+utf8.RuneLen(r) == len(text):
			return characterName(r) + " at the end"
		}
		return characterName(r) + " inside"
	}
	return ""
}

// invisible reports whether r has no glyph, other than U+0020.
func invisible(r rune) bool {
	return r != ' ' && unicode.In(r, unicode.Z, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point,
		unicode.Variation_Selector) || r == '\u2800' // braille pattern blank
}

// quotes reports whether a text between two characters is in quotes. Typographic quotes form
// different pairs in different languages.
func quotes(first, last rune) bool {
	const double, single = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u300c\u300d\u300e\u300f", "\u2018\u2019\u201a\u201b\u2039\u203a"
	if strings.ContainsRune("\"'`\u00b4\uff02\uff07", first) {
		return first == last || first == '`' && (last == '\'' || last == '\u00b4')
	}
	return strings.ContainsRune(double, first) && strings.ContainsRune(double, last) ||
		strings.ContainsRune(single, first) && strings.ContainsRune(single, last)
}

// characterName returns the code point of a character and its name or kind, such as
// "U+FEFF byte order mark".
func characterName(r rune) string {
	name, ok := characterNames[r]
	switch {
	case ok:
	case unicode.IsControl(r):
		name = "control character"
	case unicode.IsSpace(r):
		name = "space"
	case invisible(r):
		name = "invisible character"
	case unicode.IsPrint(r):
		name = "character " + string(r)
	default:
		name = "character"
	}
	return fmt.Sprintf("%U %s", r, name)
}

var characterNames = map[rune]string{
	0x00: "null", '\t': "tab", '\n': "line feed", '\r': "carriage return", 0x1b: "escape", ' ': "space", 0x7f: "delete",
	0x85: "next line", 0xa0: "no-break space", 0xad: "soft hyphen", 0x034f: "combining grapheme joiner", 0x061c: "Arabic letter mark",
	0x180e: "Mongolian vowel separator", 0x200b: "zero width space", 0x200c: "zero width non-joiner", 0x200d: "zero width joiner",
	0x200e: "left-to-right mark", 0x200f: "right-to-left mark", 0x2028: "line separator", 0x2029: "paragraph separator",
	0x202a: "left-to-right embedding", 0x202b: "right-to-left embedding", 0x202c: "pop directional formatting",
	0x202d: "left-to-right override", 0x202e: "right-to-left override", 0x202f: "narrow no-break space", 0x2060: "word joiner",
	0x2066: "left-to-right isolate", 0x2067: "right-to-left isolate", 0x2068: "first strong isolate", 0x2069: "pop directional isolate",
	0x2800: "braille pattern blank", 0x3000: "ideographic space", 0x3164: "Hangul filler", 0xfeff: "byte order mark",
	'"': "quotation mark", '\'': "apostrophe", '`': "grave accent", '\\': "backslash", 0xb4: "acute accent", 0xab: "left guillemet", 0xbb: "right guillemet",
	0x2018: "left single quotation mark", 0x2019: "right single quotation mark", 0x201a: "single low-9 quotation mark",
	0x201b: "single high-reversed-9 quotation mark", 0x201c: "left double quotation mark", 0x201d: "right double quotation mark",
	0x201e: "double low-9 quotation mark", 0x201f: "double high-reversed-9 quotation mark", 0x2039: "left single guillemet",
	0x203a: "right single guillemet", 0x300c: "left corner bracket", 0x300d: "right corner bracket", 0x300e: "left white corner bracket",
	0x300f: "right white corner bracket", 0xff02: "fullwidth quotation mark", 0xff07: "fullwidth apostrophe",
}
