package interop

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// The complete programs of docs/other-languages.md print the names of the owner accounts.
func TestProgramsInOtherLanguages(t *testing.T) {
	document, err := os.ReadFile("../docs/other-languages.md")
	if err != nil {
		t.Fatal(err)
	}
	for language, program := range map[string]struct{ command, file string }{
		"python": {"python3", "owners.py"},
		"java":   {"java", "Owners.java"},
	} {
		t.Run(language, func(t *testing.T) {
			path, err := exec.LookPath(program.command)
			if err != nil || testing.Short() {
				t.Skipf("%s: not run (-short, or %v)", language, err)
			}
			block := regexp.MustCompile("(?s)\n```" + language + "\n(.*?\n)```\n").FindSubmatch(document)
			if block == nil {
				t.Fatalf("the document has no program in %s", language)
			}
			server, err := sandbox.Start(sandbox.WithAddr(":0"), sandbox.WithNonLoopback()) // as in the image
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			cmd := exec.CommandContext(t.Context(), path, write(t, t.TempDir(), program.file, string(block[1])))
			cmd.Env = append(os.Environ(), "TAPKEY_BASE_URI="+server.Issuer())
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), "major version") || strings.Contains(string(out), "unsupported") {
				t.Skipf("%s: not run (too old: %s)", language, out)
			}
			if names := fmt.Sprintln("Home\nCoworking Space\nSelf Storage North\nHoliday Flat"); err != nil || string(out) != names {
				t.Errorf("got output %q, error %v, want %q", out, err, names)
			}
			if counts := server.Counts(); counts["token"] != 1 || counts["listOwners"] != 1 {
				t.Errorf("got requests %v, want one for a token and one for the owner accounts", counts)
			}
		})
	}
}
