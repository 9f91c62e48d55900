package engine_test

import (
	"testing"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

func TestOneLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "",
		" a  b ":                  "a b",
		"a\r\nb\tc\x1b[2Jd":       "a b c [2Jd",
		"a\u2028\u202eb\u00a0c":   "a b c",
		"a\xffb":                  "ab",
		"0123456789abcdef":        "0123456789abcdef",
		"0123456789abcdefg":       "0123456789abcdef",
		"0123456789abcde\u00e4 x": "0123456789abcde",
	} {
		if got := engine.OneLine(text, 16); got != want {
			t.Errorf("OneLine(%q, 16): got %q, want %q", text, got, want)
		}
	}
}
