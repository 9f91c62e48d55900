package breaking

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/tapkey-go/tapkey-go/contract/internal/goapi"
)

// Release is what the current source tree is compared with.
type Release struct {
	Name     string // a version, a git revision or a file
	Document []byte
	GoAPI    string // see package goapi; empty if only a document is known
}

// The files of contract/released.
const (
	releasedDir  = "contract/released"
	documentFile = "openapi.yaml"
	versionFile  = "VERSION"
	goAPIFile    = "goapi.txt"
)

// ErrNothingReleased is returned by [OpenRelease] if contract/released does not exist.
var ErrNothingReleased = errors.New("nothing has been released yet")

// OpenRelease opens contract/released in the source tree root if base is empty, a
// document if base is a file, and otherwise a git revision.
func OpenRelease(ctx context.Context, root, base string) (Release, error) {
	if base == "" {
		return openReleased(filepath.Join(root, filepath.FromSlash(releasedDir)))
	}
	if data, err := os.ReadFile(base); err == nil {
		return Release{Name: base, Document: data}, nil
	}
	return openRevision(ctx, root, base)
}

func openReleased(dir string) (Release, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return Release{}, ErrNothingReleased
	}
	var r Release
	version, err := os.ReadFile(filepath.Join(dir, versionFile))
	if err != nil {
		return r, err
	}
	r.Name = strings.TrimSpace(string(version))
	if r.Document, err = os.ReadFile(filepath.Join(dir, documentFile)); err != nil {
		return r, err
	}
	text, err := os.ReadFile(filepath.Join(dir, goAPIFile))
	r.GoAPI = string(text)
	return r, err
}

// WriteRelease writes contract/released in the source tree root.
func WriteRelease(root string, r Release) error {
	dir := filepath.Join(root, filepath.FromSlash(releasedDir))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, versionFile), []byte(r.Name+"\n"), 0o644),
		os.WriteFile(filepath.Join(dir, documentFile), r.Document, 0o644),
		os.WriteFile(filepath.Join(dir, goAPIFile), []byte(r.GoAPI), 0o644),
	)
}

// openRevision reads a git revision without network access.
func openRevision(ctx context.Context, root, revision string) (r Release, err error) {
	if strings.HasPrefix(revision, "-") {
		return r, fmt.Errorf("invalid git revision %q", revision)
	}
	command := exec.CommandContext(ctx, "git", "-C", root, "archive", "--format=tar", revision)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	archive, err := command.Output()
	if err != nil {
		return r, fmt.Errorf("git cannot read revision %s (is this a shallow clone?): %s", revision, lastLine(stderr.String()))
	}
	dir, err := os.MkdirTemp("", "contract-base-")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := extract(archive, dir); err != nil {
		return r, err
	}
	if r.Document, err = os.ReadFile(filepath.Join(dir, documentFile)); err != nil {
		return r, fmt.Errorf("%s has no %s", revision, documentFile)
	}
	r.Name = revision
	r.GoAPI, err = goapi.Read(dir)
	return r, err
}

// DocumentVersion returns the version in the info section of a document.
func DocumentVersion(document []byte) (string, error) {
	spec, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return "", fmt.Errorf("the document cannot be read: %w", err)
	}
	return "v" + spec.Info.Version, nil
}

// extract unpacks an archive written by git into an empty directory.
func extract(archive []byte, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	files := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch header.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(strings.TrimSuffix(header.Name, "/"), 0o755)
		case tar.TypeReg:
			var data []byte
			if data, err = io.ReadAll(files); err == nil {
				err = root.WriteFile(header.Name, data, 0o644)
			}
		}
		if err != nil {
			return err
		}
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
