package breaking

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Release is what changes are measured against.
type Release struct {
	Version  string // such as v0.1.0
	Document []byte
	Packages []*types.Package // nil if only a document is known
}

// The files of contract/released.
const (
	releasedDir   = "contract/released"
	documentFile  = "openapi.yaml"
	versionFile   = "VERSION"
	goAPISnapshot = "goapi.zip"
)

// OpenRelease opens contract/released of a checkout if base is empty, a document if
// base is a file, and a git revision otherwise.
func OpenRelease(ctx context.Context, root, base string) (Release, error) {
	if base == "" {
		return openReleased(filepath.Join(root, filepath.FromSlash(releasedDir)))
	}
	if data, err := os.ReadFile(base); err == nil {
		version, err := documentVersion(data)
		return Release{Version: version, Document: data}, err
	}
	return openRevision(ctx, root, base)
}

func openReleased(dir string) (Release, error) {
	var r Release
	version, err := os.ReadFile(filepath.Join(dir, versionFile))
	if err != nil {
		return r, err
	}
	r.Version = strings.TrimSpace(string(version))
	if r.Document, err = os.ReadFile(filepath.Join(dir, documentFile)); err != nil {
		return r, err
	}
	snapshot, err := os.ReadFile(filepath.Join(dir, goAPISnapshot))
	if err != nil {
		return r, err
	}
	r.Packages, err = ReadSnapshot(snapshot)
	return r, err
}

// WriteRelease writes contract/released.
func WriteRelease(root, version string, document, snapshot []byte) error {
	dir := filepath.Join(root, filepath.FromSlash(releasedDir))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, versionFile), []byte(version+"\n"), 0o644),
		os.WriteFile(filepath.Join(dir, documentFile), document, 0o644),
		os.WriteFile(filepath.Join(dir, goAPISnapshot), snapshot, 0o644),
	)
}

// openRevision reads a git revision from the objects that are here.
func openRevision(ctx context.Context, root, revision string) (r Release, err error) {
	if strings.HasPrefix(revision, "-") {
		return r, fmt.Errorf("%q is no git revision", revision)
	}
	command := exec.CommandContext(ctx, "git", "-C", root, "archive", "--format=tar", revision)
	var problem bytes.Buffer
	command.Stderr = &problem
	archive, err := command.Output()
	if err != nil {
		return r, fmt.Errorf("git cannot give %s (is the checkout a shallow one?): %s", revision, lastLine(problem.String()))
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
	if r.Packages, err = LoadGo(dir); err != nil {
		return r, err
	}
	if r.Version = revision; !semantic.MatchString(revision) {
		r.Version, err = documentVersion(r.Document)
	}
	return r, err
}

var semantic = regexp.MustCompile(`^v\d+\.\d+\.\d+$`)

func documentVersion(data []byte) (string, error) {
	spec, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return "", fmt.Errorf("the released document cannot be read: %w", err)
	}
	return "v" + spec.Info.Version, nil
}

// extract unpacks an archive of git's into an empty directory.
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
