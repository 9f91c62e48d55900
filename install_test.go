package tapkeygo_test

import (
	"os"
	"regexp"
	"testing"
)

// go install github.com/tapkey-go/tapkey-go/cmd/tapkey@latest refuses a module whose go.mod
// has lines that would make it another one than for those who import it.
func TestTheCommandCanBeInstalled(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if line := regexp.MustCompile(`(?m)^(replace|exclude)\b.*`).Find(mod); line != nil {
		t.Errorf("go.mod has %q", line)
	}
}
