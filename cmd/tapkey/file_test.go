package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// A symbolic link is written through: the link remains, and its target has the text.
func TestReplaceFileFollowsLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.Mkdir(path("sub"), 0o755))
	must(t, os.WriteFile(path("sub/target"), []byte("old"), 0o640))
	for link, target := range map[string]string{
		"relative": filepath.Join("sub", "target"), "absolute": path("sub/target"), "chain": "relative", "sub/up": filepath.Join("..", "relative"),
		"dangling": filepath.Join("sub", "new"), "loop": "loop", "nowhere": filepath.Join("missing", "new"),
	} {
		if err := os.Symlink(target, path(link)); err != nil {
			t.Skipf("links: not run (%v)", err)
		}
	}
	write := func(text string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
	}
	for link, target := range map[string]string{
		"relative": "sub/target", "absolute": "sub/target", "chain": "sub/target", "sub/up": "sub/target", "dangling": "sub/new",
	} {
		must(t, replaceFile(path(link), write("new by "+link)))
		text, err := os.ReadFile(path(target))
		must(t, err)
		check(t, link+": text of the target", string(text), "new by "+link)
		info, err := os.Lstat(path(link))
		must(t, err)
		check(t, link+": is a link", info.Mode()&os.ModeSymlink != 0, true)
	}
	info, err := os.Stat(path("sub/target"))
	must(t, err)
	check(t, "mode of the target", info.Mode().Perm(), 0o640)
	for _, link := range []string{"loop", "nowhere"} {
		if err := replaceFile(path(link), write("x")); err == nil {
			t.Errorf("%s: error = nil, want one", link)
		}
	}
	entries, err := os.ReadDir(dir)
	must(t, err)
	check(t, "files", len(entries), 7)
}
