package client

import (
	"strings"
	"testing"
)

func TestSimilarNames(t *testing.T) {
	t.Parallel()
	names := []string{"listOwners", "getOwner", "listGrants", "createGrant", "revokeGrant", "listBoundLocks", "listBoundLockLogEntries"}
	for name, want := range map[string]string{
		"listgrants":              "listGrants",
		"ListGrants":              "listGrants",
		"listGrant":               "listGrants",
		"lsitGrants":              "listGrants",
		"createGrants":            "createGrant",
		"Grant":                   "listGrants createGrant revokeGrant",
		"listLocks":               "listBoundLocks",
		"x":                       "",
		"":                        "",
		"deleteEverything":        "",
		strings.Repeat("x", 9999): "",
	} {
		if got := strings.Join(similarNames(name, names), " "); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%.40q: got %q, want %q first", name, got, want)
		}
	}
	if got, want := didYouMean("listGrant", names, "see the list"), "did you mean listGrants?"; !strings.HasPrefix(got, want[:len(want)-1]) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := didYouMean("zzz", names, "see the list"), "see the list"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
