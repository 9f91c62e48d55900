package main

import "testing"

func TestOneLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "",
		" ~Door 1 \\\"":           " ~Door 1 \\\"",
		"a\tb\nc\rd\x00e\x7ff":    "a b c d e f",
		"\x1b[31mred":             " [31mred",
		"Büro \u202enord":         "Büro  nord",
		"csi\u009b31m":            "csi 31m",
		"a\xffb":                  "a\uFFFDb",
		"printable first, then\n": "printable first, then ",
	} {
		if got := oneLine(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
