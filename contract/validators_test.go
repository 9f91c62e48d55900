package contract_test

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var runValidators = flag.Bool("validators", false, "run the validators that npm installs")

// TestValidators validates openapi.yaml with Redocly CLI and Spectral, and the sandbox's
// responses with Prism. Each validator must also find a fault that is made on purpose.
func TestValidators(t *testing.T) {
	if !*runValidators {
		t.Skip("validators: not run (make validators)")
	}
	packages := npmPackages("../tools/validators")
	bin := packages.install(t)
	document, err := filepath.Abs("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ruleset, err := filepath.Abs(filepath.Join(string(packages), "spectral.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, rules := range []string{"recommended", "recommended-strict"} {
		t.Run("Redocly "+rules, func(t *testing.T) {
			validate(t, document, func(document string) (int, string) { return redocly(t, bin, rules, document) })
		})
	}
	t.Run("Spectral", func(t *testing.T) {
		validate(t, document, func(document string) (int, string) { return spectral(t, bin, ruleset, document) })
	})
	t.Run("Prism", func(t *testing.T) { prismAccepts(t, bin, document) })
}

// validate fails the test if a validator finds a problem in a document, or none in the same
// document with a fault.
func validate(t *testing.T, document string, validator func(document string) (problems int, report string)) {
	t.Helper()
	t.Parallel()
	if n, report := validator(document); n != 0 {
		t.Errorf("got %d problems, want none:\n%s", n, report)
	}
	if n, report := validator(faulty(t, document)); n == 0 {
		t.Errorf("a null that is forbidden in an example: got no problem, want one:\n%s", report)
	}
	if !t.Failed() {
		t.Log("no problems")
	}
}

// faulty returns a copy of the document in which a nullable schema, whose example is null,
// consists of one that is not nullable.
func faulty(t *testing.T, document string) string {
	t.Helper()
	const from, to = "            - $ref: '#/components/schemas/NullableBoundCard'\n", "            - $ref: '#/components/schemas/BoundCard'\n"
	text := string(readFile(t, document))
	if strings.Count(text, from) != 1 {
		t.Fatalf("%s has %d times %q, want once", document, strings.Count(text, from), from)
	}
	path := filepath.Join(t.TempDir(), "openapi.yaml")
	if err := os.WriteFile(path, []byte(strings.Replace(text, from, to, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// redocly returns the number of problems that Redocly CLI finds, including warnings, and its
// report.
func redocly(t *testing.T, bin, rules, document string) (int, string) {
	t.Helper()
	out := run(t, bin, "redocly", "lint", "--format=json", "--extends="+rules, document)
	var report struct {
		Totals struct{ Errors, Warnings, Ignored *int }
	}
	if err := json.Unmarshal(out, &report); err != nil || report.Totals.Errors == nil || report.Totals.Warnings == nil || report.Totals.Ignored == nil {
		t.Fatalf("redocly lint printed no totals: %v\n%s", err, out)
	}
	return *report.Totals.Errors + *report.Totals.Warnings + *report.Totals.Ignored, string(out)
}

// spectral returns the number of problems that Spectral finds, including hints, and its
// report.
func spectral(t *testing.T, bin, ruleset, document string) (int, string) {
	t.Helper()
	out := run(t, bin, "spectral", "lint", "--format=json", "--quiet", "--ruleset="+ruleset, document)
	var problems []struct{ Code string }
	if err := json.Unmarshal(out, &problems); err != nil {
		t.Fatalf("spectral lint printed no list: %v\n%s", err, out)
	}
	return len(problems), string(out)
}

// run runs a validator in an empty directory and returns its output. It ignores the exit
// status, which depends on settings.
func run(t *testing.T, bin, name string, args ...string) []byte {
	t.Helper()
	cmd := validatorCommand(t, bin, name, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if len(out) == 0 {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return out
}

func validatorCommand(t *testing.T, bin, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, name), args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "NO_COLOR=1")
	return cmd
}
