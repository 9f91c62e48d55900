//go:build linux

package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// writeImage builds the command for this computer and writes its image.
func writeImage(t *testing.T, push string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	binary := filepath.Join(dir, "tapkey")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", binary, "./cmd/tapkey")
	build.Dir = "../.."
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	s := settings{out: filepath.Join(dir, "image"), version: "v0.2.0", commit: "3d3c42e", licence: "../../LICENSE",
		created: time.Date(2026, 11, 27, 8, 22, 8, 0, time.UTC), push: push}
	if err := run(s, []string{runtime.GOARCH + "=" + binary}); err != nil {
		t.Fatal(err)
	}
	return s.out
}

// only returns the only image of an image layout.
func only(t *testing.T, dir string) v1.Image {
	t.Helper()
	index, err := layout.ImageIndexFromPath(filepath.Join(dir, "oci"))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 {
		t.Fatalf("manifests = %v, error %v, want one", manifest, err)
	}
	image, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// unpack writes the files of an image to a directory that every user can read.
func unpack(t *testing.T, image v1.Image) (dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "tapkey-image-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	files := mutate.Extract(image)
	defer files.Close()
	for r := tar.NewReader(files); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(header.Name)), content, fs.FileMode(header.Mode)); err != nil {
			t.Fatal(err)
		}
	}
}

// inContainer returns a command of an image. With the rights of root it runs in the files of
// the image as the user of the image; without them, as the current user.
func inContainer(t *testing.T, root, user string, args []string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = []string{}
	if os.Geteuid() != 0 {
		t.Log("chroot and user: not run (needs root)")
		cmd.Path = filepath.Join(root, args[0])
		return cmd
	}
	uid, gid, _ := strings.Cut(user, ":")
	u, err1 := strconv.ParseUint(uid, 10, 32)
	g, err2 := strconv.ParseUint(gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil || u == 0 || g == 0 {
		t.Fatalf("user of the image = %q, error %v, want numbers of a user and a group other than root", user, err)
	}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: uint32(u), Gid: uint32(g)}}
	return cmd
}

// The entry point of the image serves, as a user other than root and with no other files,
// and the health check of the image succeeds until the sandbox ends.
func TestImageRuns(t *testing.T) {
	image := only(t, writeImage(t, ""))
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	at := strings.NewReplacer(":"+port, ":"+free) // the port may be in use here
	replaced := func(args []string) (list []string) {
		for _, arg := range args {
			list = append(list, at.Replace(arg))
		}
		return list
	}
	root := unpack(t, image)
	serve := inContainer(t, root, file.Config.User, replaced(file.Config.Entrypoint))
	stdout, err := serve.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	serve.Stderr = &stderr
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "# To sign in") { // printed when it serves
	}
	check := func() ([]byte, error) {
		return inContainer(t, root, file.Config.User, replaced(file.Config.Healthcheck.Test[1:])).CombinedOutput()
	}
	if out, err := check(); err != nil || string(out) != "ok\n" {
		t.Errorf("health check = %q, %v, want ok; the sandbox printed %q", out, err, &stderr)
	}
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil { // as `docker stop` does
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := serve.Wait(); err != nil {
		t.Errorf("end of the sandbox = %v, want exit status 0: %s", err, &stderr)
	}
	if out, err := check(); err == nil {
		t.Errorf("health check after the end = %q, want a failure", out)
	}
}

// The same commit has the same image.
func TestImageIsReproducible(t *testing.T) {
	if first, second := sums(t, writeImage(t, "")), sums(t, writeImage(t, "")); first != second {
		t.Errorf("the files of two builds differ:\n%s\n%s", first, second)
	}
}

// sums returns the names and checksums of the files in a directory.
func sums(t *testing.T, dir string) string {
	t.Helper()
	var list strings.Builder
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		fmt.Fprintf(&list, "%x %s\n", sha256.Sum256(content), path)
		return err
	})
	if err != nil || list.Len() == 0 {
		t.Fatalf("files of %s: %q, error %v", dir, &list, err)
	}
	return list.String()
}

// The image that is pushed is the one in the directory.
func TestPush(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	repository := strings.TrimPrefix(server.URL, "http://") + "/tapkey-go/sandbox"
	dir := writeImage(t, repository)
	ref, err := name.ParseReference(repository + ":0.2.0")
	if err != nil {
		t.Fatal(err)
	}
	pushed, err := remote.Index(ref)
	if err != nil {
		t.Fatal(err)
	}
	written, err := layout.ImageIndexFromPath(filepath.Join(dir, "oci"))
	if err != nil {
		t.Fatal(err)
	}
	got, err1 := pushed.Digest()
	want, err2 := written.Digest()
	if err := errors.Join(err1, err2); err != nil || got != want {
		t.Errorf("pushed %v, error %v, want %v", got, err, want)
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	now := time.Now()
	for name, s := range map[string]settings{
		"no directory": {version: "v1", created: now},
		"no version":   {out: t.TempDir(), created: now},
		"no time":      {out: t.TempDir(), version: "v1"},
		"bad tag":      {out: t.TempDir(), version: "v1 2", created: now},
	} {
		if err := run(s, []string{"amd64=/nonexistent"}); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got error %v, want one about the setting", name, err)
		}
	}
	valid := settings{out: filepath.Join(t.TempDir(), "image"), version: "v1", created: now}
	for _, binaries := range [][]string{nil, {"amd64"}, {"amd64=/nonexistent"}} {
		if err := run(valid, binaries); err == nil {
			t.Errorf("binaries %q: got no error, want one", binaries)
		}
	}
}
