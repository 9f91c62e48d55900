package pathmatch_test

import (
	"maps"
	"net/url"
	"slices"
	"testing"

	"github.com/tapkey-go/tapkey-go/internal/pathmatch"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	template := pathmatch.Parse("/Owners/{ownerAccountId}/Grants/{grantId}")
	for path, want := range map[string]map[string]string{
		"/Owners/1/Grants/2":                {"ownerAccountId": "1", "grantId": "2"},
		"/owners/1/GRANTS/2/":               {"ownerAccountId": "1", "grantId": "2"},
		"Owners/1/Grants/2":                 {"ownerAccountId": "1", "grantId": "2"},
		"/Owners/a%2Fb/Gr%61nts/%7Bx%7D":    {"ownerAccountId": "a/b", "grantId": "{x}"},
		"/Owners/1/Grants":                  nil,
		"/Owners/1/Grants/2/3":              nil,
		"/Owners/1/Grants/2//":              nil,
		"/Owners//Grants/2":                 nil,
		"/Owners/1/Contacts/2":              nil,
		"/Owners/{ownerAccountId}/Grants/2": {"ownerAccountId": "{ownerAccountId}", "grantId": "2"},
		"/":                                 nil,
		"":                                  nil,
	} {
		u, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		segments := pathmatch.Segments(u)
		if got := template.Match(segments); got != (want != nil) {
			t.Errorf("%q: got match %t, want %t", path, got, want != nil)
			continue
		}
		if want != nil && !maps.Equal(template.Values(segments), want) {
			t.Errorf("%q: got %v, want %v", path, template.Values(segments), want)
		}
	}
}

func TestRootMatchesRoot(t *testing.T) {
	t.Parallel()
	if got := pathmatch.Segments(&url.URL{Path: "/"}); !pathmatch.Parse("/").Match(got) || len(got) != 0 {
		t.Errorf("got segments %q that do not match, want none", got)
	}
	if got, want := pathmatch.Segments(&url.URL{Path: "/a b/c"}), []string{"a b", "c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
