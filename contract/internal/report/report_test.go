package report

import (
	"bytes"
	"fmt"
	"math"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

// hostile are texts that a server may send.
var hostile = []string{
	"@octocat", "cc @octocat/team", "`@octocat`", "`` @octocat ``", "``` \n@octocat\n```", "#1 GH-1 octocat/hello#1",
	"<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "</code><a href=x>y</a>", "<!-- x", "-->", "<details>",
	"[text](https://evil.example)", "![image](https://evil.example/x.png)", "https://evil.example/?a=b", "www.evil.example", "<https://evil.example>",
	"a | b | c |", `\|`, `\`, `\\|`, "|\n| --- |", "a\n\n# Heading\n\n- list", "a\r\n\r\n> quote", "a\u2028b\u2029c\u0085d",
	"\x1b[31mred\x1b[0m", "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07", "\x00\x07\b", "\u202egnp.exe", "a\u200bb\ufeff", "\xff\xfe",
	"::error::x", "##[error]x", "\n::set-output name=status::0", "%0A::error::x", "$(touch x)", "\"'$HOME", "*bold* _it_ ~~no~~", "&lt;b&gt; &#64;octocat",
	"[ ] task", "[^1]", ":smile:", "$x^2$", "", " ", strings.Repeat("`", 300), strings.Repeat("ü@", 3000), strings.Repeat("|", 1000),
}

// hostileReport has a text in each place that can have text of others.
func hostileReport(text string) live.Report {
	return live.Report{
		Verdict: verdict.Disagrees, Reason: text,
		Findings: []contract.Finding{
			{Operation: "getOwner", Side: contract.Response, Status: 200, Class: contract.UnknownField, Pointer: text, Detail: text, Count: 1},
			{Operation: text, Side: contract.Request, Class: contract.WrongType, Detail: text, Count: 2},
		},
		Operations: []contract.Coverage{{Operation: "getOwner", Method: "GET", Objects: 1}, {Operation: text, Method: "GET"}},
		Errors:     []live.Failure{{Error: text, Count: 3}},
	}
}

// A report has the same lines whatever the text of others is, and no control characters.
func TestTextOfOthersStaysText(t *testing.T) {
	lines := func(text string) int { return strings.Count(text, "\n") }
	var plain bytes.Buffer
	Text(&plain, "live", hostileReport("plain"))
	markdown := Markdown("live", hostileReport("plain"), math.MaxInt)
	for _, text := range hostile {
		var got bytes.Buffer
		Text(&got, "live", hostileReport(text))
		if lines(got.String()) != lines(plain.String()) {
			t.Errorf("%q: got the text\n%s\nwant %d lines", text, &got, lines(plain.String()))
		}
		page := Markdown("live", hostileReport(text), math.MaxInt)
		if text != "" && lines(page) != lines(markdown) {
			t.Errorf("%q: got the Markdown\n%s\nwant %d lines", text, page, lines(markdown))
		}
		for i, line := range strings.Split(page, "\n") {
			outside := regexp.MustCompile("`[^`]*`").ReplaceAllString(line, "")
			if strings.ContainsAny(outside, "`@<>[]#:") && !strings.HasPrefix(line, "## Contract: ") && !strings.Contains("Reason: failed 3 times: ", strings.Trim(outside, "- ")) {
				t.Errorf("%q: got line %d %q, want the text in code spans", text, i, line)
			}
			if cells := strings.Count(outside, "|"); strings.HasPrefix(line, "|") && cells != 8 && cells != 5 {
				t.Errorf("%q: got line %d %q, want 4 or 7 cells", text, i, line)
			}
		}
		for _, r := range got.String() + page {
			if r != '\n' && (unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar && text != "\xff\xfe") {
				t.Errorf("%q: got the character %q, want none like it", text, r)
			}
		}
		if len(page) > 8<<10 {
			t.Errorf("%.20q: got %d bytes, want long texts cut", text, len(page))
		}
	}
}

// GitHub's own renderer creates the same structure from a report with hostile texts as from
// one with harmless texts: no links, no HTML, no mentions outside of code, no other cells.
func TestRendered(t *testing.T) {
	if _, err := exec.LookPath("cmark-gfm"); err != nil {
		t.Skip("GitHub's renderer: not run (cmark-gfm is not installed; Debian has a package of this name)")
	}
	code := regexp.MustCompile(`(?s)<code>[^<]*</code>`)
	structure := func(text string) string {
		command := exec.CommandContext(t.Context(), "cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist", "-e", "footnotes")
		command.Stdin = strings.NewReader(Markdown("live", hostileReport(text), math.MaxInt))
		html, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		return code.ReplaceAllString(string(html), "<code/>")
	}
	want := structure("plain")
	if strings.Count(want, "<code/>") != 9 {
		t.Fatalf("got\n%s\nwant 9 code spans", want)
	}
	for _, text := range hostile {
		if got := structure(text); strings.TrimSpace(Line(text)) != "" && got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", text, got, want)
		}
	}
}

// Markdown never exceeds its limit, and states what it left out.
func TestLimit(t *testing.T) {
	r := hostileReport(strings.Repeat("x", 2*maxText))
	for i := range 4000 {
		r.Findings = append(r.Findings, contract.Finding{Operation: "getOwner", Pointer: fmt.Sprintf("/field%d", i), Count: 1})
		r.Errors = append(r.Errors, live.Failure{Error: fmt.Sprintf("error %d", i), Count: 1})
	}
	for range 16 { // the contract has 18 reads
		r.Operations = append(r.Operations, r.Operations[1])
	}
	for _, limit := range []int{Smallest, 65536, 1 << 20} {
		page := Markdown("live", r, limit)
		shown := strings.Count(page, "| `getOwner` |  |  |") + 2
		if len(page) > limit || len(page) < limit/4 && shown < 4000 {
			t.Errorf("limit %d: got %d bytes, want at most the limit and at least a quarter of it", limit, len(page))
		}
		if left := len(r.Findings) - shown; left > 0 && !strings.Contains(page, fmt.Sprintf("\n%d more findings are not shown here.\n", left)) {
			t.Errorf("limit %d: got no note about the %d findings that are left out, want one", limit, left)
		}
		if strings.Contains(page, "more reads") {
			t.Errorf("limit %d: got reads left out, want all", limit)
		}
	}
}

func TestConclusion(t *testing.T) {
	for want, r := range map[string]live.Report{
		"":                                      {},
		"why":                                   {Reason: "why"},
		"0 of 1 reads checked":                  {Operations: make([]contract.Coverage, 1)},
		"why; 1 findings, 0 of 1 reads checked": {Reason: "why", Operations: make([]contract.Coverage, 1), Findings: make([]contract.Finding, 1)},
	} {
		if got := Conclusion(r); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
