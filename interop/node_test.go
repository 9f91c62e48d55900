package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// nodeFiles is the directory of the programs for Node and of their lock file.
const nodeFiles = "testdata/node"

// nodePackages returns a directory with the programs and the packages that their lock file
// names. The packages are downloaded once, into the user's cache. Without Node, npm or a
// registry, the test is skipped.
func nodePackages(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("not run with -short: it takes a second or more")
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s: not run (no %s)", t.Name(), program)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("%s: not run (no cache directory: %v)", t.Name(), err)
	}
	lock, err := os.ReadFile(filepath.Join(nodeFiles, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(lock)
	dir := filepath.Join(cache, "tapkey-go", "interop-"+hex.EncodeToString(hash[:8]))
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		npmInstall(t, dir)
	}
	programs := t.TempDir()
	if err := os.CopyFS(programs, os.DirFS(nodeFiles)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "node_modules"), filepath.Join(programs, "node_modules")); err != nil {
		t.Skipf("%s: not run (no symbolic links: %v)", t.Name(), err)
	}
	return programs
}

// npmInstall downloads the packages of the lock file into a new directory.
func npmInstall(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	scratch, err := os.MkdirTemp(filepath.Dir(dir), "install-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(scratch)
	for _, name := range []string{"package.json", "package-lock.json"} {
		content, err := os.ReadFile(filepath.Join(nodeFiles, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(scratch, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = scratch
	if out, err := cmd.CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("EINTEGRITY")) || bytes.Contains(out, []byte("EUSAGE")) {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
		t.Skipf("%s: not run (npm cannot download the packages: %v)", t.Name(), err)
	}
	if err := os.Rename(scratch, dir); err != nil && !os.IsExist(err) {
		if _, missing := os.Stat(filepath.Join(dir, "node_modules")); missing != nil {
			t.Fatal(err)
		}
	}
}

// The OAuth clients openid-client and oauth4webapi sign a person in, unmodified: over TLS
// and without, as a public and as a confidential client.
func TestNodeClientsSignIn(t *testing.T) {
	dir := nodePackages(t)
	const redirectURI = "http://127.0.0.1:8111/authorize/"
	for transport, opts := range map[string][]sandbox.Option{"http": nil, "https": {sandbox.WithTLS()}} {
		awkward := sandbox.Client{ID: "web:client", Secret: "s3cr:et/+ %ü", NoClientCredentials: true, RequirePKCE: true, RedirectURIs: []string{redirectURI}}
		s, err := sandbox.Start(append(opts, sandbox.WithAutoConsent(), sandbox.WithClient(awkward))...)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		authority := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(authority, s.CertPEM(), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, program := range []string{"openid-client", "oauth4webapi"} {
			for authentication, client := range map[string]sandbox.Client{"none": s.PublicClient(), "basic": awkward, "post": awkward} {
				t.Run(strings.Join([]string{program, transport, authentication}, "/"), func(t *testing.T) {
					cmd := exec.CommandContext(t.Context(), "node", program+".mjs")
					cmd.Dir = dir
					cmd.Env = append(os.Environ(),
						"ISSUER="+s.Issuer(), "BASE_URL="+s.BaseURL(), "REDIRECT_URI="+redirectURI, "AUTH="+authentication,
						"CLIENT_ID="+client.ID, "CLIENT_SECRET="+secretOf(client), "NO_PROXY=*")
					if transport == "https" {
						cmd.Env = append(cmd.Env, "NODE_EXTRA_CA_CERTS="+authority)
					}
					var stderr bytes.Buffer
					cmd.Stderr = &stderr
					out, err := cmd.Output()
					if err != nil {
						t.Fatalf("%s: %v\n%s", program, err, &stderr)
					}
					const want = `{"email":"alex@example.com","scope":"email offline_access openid read:owneraccounts","refreshedScope":"read:owneraccounts",` +
						`"owners":["Home"],"afterRevocation":"invalid_grant","secondUse":"invalid_grant","endSession":"/connect/endsession"}`
					if got := strings.TrimSpace(string(out)); got != want {
						t.Errorf("got %s, want %s", got, want)
					}
				})
			}
		}
	}
}

// secretOf returns the secret of a client. The libraries refuse an empty one even if they do
// not use it.
func secretOf(client sandbox.Client) string {
	if client.Public {
		return "unused"
	}
	return client.Secret
}
