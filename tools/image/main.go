// Image writes the container image of the sandbox, without a daemon and without a base
// image: the image has the command and its licence. The same binaries give the same image.
//
// The argument of each architecture is a static binary, such as amd64=bin/tapkey-amd64. The
// image is an OCI image layout, and an archive for `docker load` for each architecture. With
// -push the image is also pushed to a registry, with the credentials of docker login.
package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// port is the port in the container. The entry point listens on it on all interfaces: the
// host decides who can reach it.
const port = "8080"

// user is the user and group in the container. It has no name in Linux distributions.
const user = "65532"

// settings are the flags.
type settings struct {
	out, version, commit, licence, push string
	created                             time.Time
}

func main() {
	var s settings
	flag.StringVar(&s.out, "o", "", "`DIRECTORY` of the image")
	flag.StringVar(&s.version, "version", "", "`VERSION`, also the tag")
	flag.StringVar(&s.commit, "commit", "", "`COMMIT` of the sources")
	flag.StringVar(&s.licence, "license", "../LICENSE", "`FILE` of the licence")
	flag.StringVar(&s.push, "push", "", "push the image to `REPOSITORY`")
	flag.Func("created", "`TIME` of the commit, as in RFC 3339", func(text string) (err error) {
		s.created, err = time.Parse(time.RFC3339, text)
		return err
	})
	flag.Parse()
	if err := run(s, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(s settings, binaries []string) error {
	if s.out == "" || s.version == "" || s.created.IsZero() || len(binaries) == 0 {
		return errors.New("-o, -version, -created and a binary such as amd64=tapkey are required")
	}
	tag, err := name.NewTag(cmp.Or(s.push, "tapkey-sandbox")+":"+strings.TrimPrefix(s.version, "v"), name.WithDefaultRegistry(""))
	if err != nil {
		return err
	}
	if err := os.RemoveAll(s.out); err != nil {
		return err
	}
	if err := os.MkdirAll(s.out, 0o750); err != nil {
		return err
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, binary := range binaries {
		arch, path, ok := strings.Cut(binary, "=")
		if !ok {
			return fmt.Errorf("%q is not ARCHITECTURE=FILE", binary)
		}
		image, err := newImage(s, arch, path)
		if err != nil {
			return err
		}
		if err := tarball.WriteToFile(filepath.Join(s.out, "tapkey-sandbox-"+arch+".tar"), tag, image); err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        image,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}},
		})
	}
	if _, err := layout.Write(filepath.Join(s.out, "oci"), index); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	if s.push != "" {
		if err := remote.WriteIndex(tag, index, remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
			return err
		}
	}
	fmt.Println(digest)
	return nil
}

// newImage returns the image for an architecture.
func newImage(s settings, arch, path string) (v1.Image, error) {
	files, err := layer(s, path)
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(base, mutate.Addendum{
		Layer:   files,
		History: v1.History{Created: v1.Time{Time: s.created}, CreatedBy: "tools/image", Comment: "tapkey " + s.version},
	})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", arch, v1.Time{Time: s.created}
	config.Config = v1.Config{
		User:         user + ":" + user,
		Entrypoint:   []string{"/tapkey", "sandbox", "--allow-non-loopback", "--addr", ":" + port},
		ExposedPorts: map[string]struct{}{port + "/tcp": {}},
		Healthcheck: &v1.HealthConfig{
			Test:     []string{"CMD", "/tapkey", "sandbox", "health", "http://127.0.0.1:" + port},
			Interval: 10 * time.Second, Timeout: 6 * time.Second, StartPeriod: 5 * time.Second, Retries: 3,
		},
		Labels: map[string]string{
			"org.opencontainers.image.title":       "Sandbox of the Tapkey API",
			"org.opencontainers.image.description": "A server of Tapkey's REST API for tests. It is not made by Tapkey.",
			"org.opencontainers.image.source":      "https://github.com/tapkey-go/tapkey-go",
			"org.opencontainers.image.licenses":    "Apache-2.0",
			"org.opencontainers.image.version":     s.version,
			"org.opencontainers.image.revision":    s.commit,
		},
	}
	return mutate.ConfigFile(image, config)
}

// layer returns the only layer, with the command and its licence.
func layer(s settings, path string) (v1.Layer, error) {
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	for _, file := range []struct {
		name, path string
		mode       int64
	}{{"tapkey", path, 0o755}, {"LICENSE", s.licence, 0o644}} {
		content, err := os.ReadFile(file.path)
		if err != nil {
			return nil, err
		}
		header := &tar.Header{Name: file.name, Mode: file.mode, Size: int64(len(content)), ModTime: s.created, Format: tar.FormatPAX}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer))
}
