package main

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// All formats print the same data.
func TestFormatsAgree(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	run := func(args ...string) string {
		r := tapkeyMain(t, env, append([]string{"locks", "list", "--owner", "Home"}, args...)...)
		r.checkSuccess(t)
		return r.stdout
	}
	var want, fromYAML, lines []map[string]any
	must(t, json.Unmarshal([]byte(run("--json")), &want))
	check(t, "locks", len(want), 3)
	check(t, "--output json", run("--output", "json"), run("--json"))
	check(t, "--jq .", len(strings.TrimSpace(run("--jq", "length"))), 1)
	for line := range strings.Lines(run("-o", "jsonl")) {
		var one map[string]any
		must(t, json.Unmarshal([]byte(line), &one))
		lines = append(lines, one)
	}
	must(t, yaml.Unmarshal([]byte(run("-o", "yaml")), &fromYAML))
	text, err := json.Marshal(fromYAML) // numbers become float64
	must(t, err)
	fromYAML = nil
	must(t, json.Unmarshal(text, &fromYAML))
	for name, got := range map[string][]map[string]any{"jsonl": lines, "yaml": fromYAML} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %v, want %v as in JSON", name, got, want)
		}
	}
	tsv := run()
	check(t, "--output tsv", run("-o", "tsv"), tsv)
	check(t, "--header", run("--header"), "ID\tTITLE\tSERIAL NUMBER\tACTIVE\tBOUND\n"+tsv)
	rows, err := csv.NewReader(strings.NewReader(run("-o", "csv"))).ReadAll()
	must(t, err)
	var joined string
	for _, row := range rows[1:] {
		joined += strings.Join(row, "\t") + "\n"
	}
	check(t, "CSV as TSV", joined, tsv)
	check(t, "--bom", run("-o", "csv", "--bom", "--header=false")[:3], "\uFEFF")
	check(t, "--output table", strings.Count(run("-o", "table"), "\n"), 4)
	check(t, "--output table --header=false", strings.Count(run("-o", "table", "--header=false"), "\n"), 3)
}

func TestEmptyLists(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	for _, test := range []struct{ format, want string }{
		{"table", "ID  TITLE  SERIAL NUMBER  ACTIVE  BOUND\n"}, {"tsv", ""}, {"csv", "ID,TITLE,SERIAL NUMBER,ACTIVE,BOUND\n"},
		{"json", "[]\n"}, {"jsonl", ""}, {"yaml", "[]\n"},
	} {
		tapkeyMain(t, env, "locks", "list", "--owner", "Holiday Flat", "--output", test.format).checkStdout(t, test.want)
	}
}

func TestJQ(t *testing.T) {
	t.Parallel()
	env := startServer(t, http.StatusOK, `[{"id":"1","title":"a\tb\u001b[31m\nc","rclSerialNo":9007199254740993},{"id":"2","title":"北京 \"x\"","rclSerialNo":1}]`)
	for expression, want := range map[string]string{
		".[] | .id":                     "1\n2\n",
		"map(.rclSerialNo)":             "[9007199254740993,1]\n",
		".[1].title":                    "北京 \"x\"\n",
		".[0].title":                    "a\tb [31m\nc\n",
		".[0] | {title}":                `{"title":"a\tb\u001b[31m\nc"}` + "\n",
		`.[] | [.id, .title] | @tsv`:    "1\ta\\tb [31m\\nc\n2\t北京 \"x\"\n",
		"empty":                         "",
		"null":                          "null\n",
		"env, $ENV":                     "{}\n{}\n",
		"1, halt, 2":                    "1\n",
		".[] | select(.id == \"2\").id": "2\n",
	} {
		r := tapkeyMain(t, env, "locks", "list", "--owner", "7f9c1e52-0000-4000-8000-000000000000", "--jq", expression)
		r.checkStdout(t, want)
	}
	for expression, want := range map[string]string{".[].id.x": "expected an object", `error("no")`: "--jq: error: no"} {
		tapkeyMain(t, env, "locks", "list", "--owner", "7f9c1e52-0000-4000-8000-000000000000", "--jq", expression).checkFailure(t, exitFailed, want)
	}
	tapkeyMain(t, env, "api", "GET", "/Owners", "--jq", ".[1].id").checkStdout(t, "2\n")
	tapkeyMain(t, startServer(t, http.StatusOK, "nope"), "api", "GET", "/Owners", "--jq", ".").checkFailure(t, exitFailed, "not JSON")
}

// A text of YAML stays a text, whatever it looks like.
func TestYAMLTexts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "yes", "no", "on", "null", "~", "true", "12", "1e3", "0x1f", "1:20", "2026-11-30", "2026-11-30T05:35:00Z", "- a", "a: b", "#x", "=1", "*x", "&x", "!x",
		"a\nb", "a\n", "\n", " a ", "\t", "北京", "👩‍👩‍👧‍👦", "\u202eabc", "\u0085", "\u2028", "\x1b[31m", "\x00", "\ufeff", "'", `"`, "\\", "%", "@", "`", "---", "...", strings.Repeat("x y ", 200),
	} {
		encoded, err := yamlText(map[string]any{"text": text, "list": []string{text, text}})
		must(t, err)
		var got struct {
			Text string
			List []string
		}
		if err := yaml.Unmarshal(encoded, &got); err != nil || got.Text != text || len(got.List) != 2 || got.List[1] != text {
			t.Errorf("%q: YAML %q is read as %q, %v; want the text", text, encoded, got, err)
		}
		checkLacks(t, "YAML", string(encoded), append(controls, "\u0085", "\u2028", "\x00")...)
	}
}

// A spreadsheet runs no cell as a formula, whichever character separates its cells.
func TestNoFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "Garage": "Garage", "=1": "'=1", "+43 1": "'+43 1", "-1": "'-1", "@x": "'@x", "  =1": "'  =1", "\u00a0=1": "'\u00a0=1",
		"＝1": "'＝1", "＋": "'＋", "－1": "'－1", "＠x": "'＠x", "a=1": "a=1", "a-b": "a-b", "sam@example.com": "sam@example.com",
		"a;=1": "a;'=1", "a; =1;b;@c": "a;' =1;b;'@c", ";=1": ";'=1", `a;"=1"`: `a;'"=1"`, `"=1"`: `'"=1"`, ";": ";", "a;b": "a;b", "=;=": "'=;'=",
	} {
		if got := noFormula(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	env := startServer(t, http.StatusOK, `[{"id":"1","name":"x\t=1;\t=cmd|'/c calc'!A0,\"\r\n=2"}]`)
	r := tapkeyMain(t, env, "owners", "list", "-o", "csv")
	r.checkSuccess(t)
	for _, separator := range []rune{',', ';', '\t'} {
		reader := csv.NewReader(strings.NewReader(r.stdout))
		reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord = separator, true, -1
		rows, err := reader.ReadAll()
		must(t, err)
		for _, row := range rows {
			for _, cell := range row {
				if cell = strings.TrimLeft(cell, ` "`); cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
					t.Errorf("separator %q: cell %q of %q starts a formula, want none", separator, cell, r.stdout)
				}
			}
		}
	}
}
