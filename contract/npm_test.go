package contract_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// npmPackages is the directory of a package.json and a package-lock.json.
type npmPackages string

// install installs the packages in the user's cache directory, unless an earlier test has,
// and returns the directory of their programs. It skips the test if npm is not installed, if
// Node.js is too old, or if the registry cannot be reached.
func (p npmPackages) install(t *testing.T) (bin string) {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("validators: not run (npm is not installed)")
	}
	p.checkNode(t)
	settings, lock := readFile(t, filepath.Join(string(p), "package.json")), readFile(t, filepath.Join(string(p), "package-lock.json"))
	sum := sha256.Sum256(slices.Concat(settings, lock))
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "tapkey-go", "validators-"+hex.EncodeToString(sum[:6]))
	bin = filepath.Join(dir, "node_modules", ".bin")
	if _, err := os.Stat(bin); err == nil {
		return bin
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	// An interrupted installation leaves a directory that no other test uses.
	scratch, err := os.MkdirTemp(filepath.Dir(dir), "installing-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(scratch)
	err = errors.Join(os.WriteFile(filepath.Join(scratch, "package.json"), settings, 0o644),
		os.WriteFile(filepath.Join(scratch, "package-lock.json"), lock, 0o644))
	if err != nil {
		t.Fatal(err)
	}
	t.Log("installing the validators, which takes about 20 seconds")
	cmd := exec.CommandContext(t.Context(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline",
		"--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000")
	cmd.Dir = scratch
	if out, err := cmd.CombinedOutput(); err != nil {
		if reason := unreachable(string(out)); reason != "" {
			t.Skipf("validators: not run (npm cannot download the packages: %s)", reason)
		}
		t.Fatalf("npm ci in %s: %v\n%s", p, err, out)
	}
	if err := os.Rename(scratch, dir); err != nil {
		if _, missing := os.Stat(bin); missing != nil { // or else another test was faster
			t.Fatal(err)
		}
	}
	return bin
}

// checkNode skips the test if the version of Node.js is older than package.json requires.
func (p npmPackages) checkNode(t *testing.T) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "node", "--version").Output()
	if err != nil {
		t.Skipf("validators: not run (node --version: %v)", err)
	}
	var settings struct{ Engines struct{ Node string } }
	if err := json.Unmarshal(readFile(t, filepath.Join(string(p), "package.json")), &settings); err != nil {
		t.Fatal(err)
	}
	version, required := strings.TrimSpace(string(out)), strings.TrimPrefix(settings.Engines.Node, ">=")
	if older(version, required) {
		t.Skipf("validators: not run (Node.js is %s, the validators need %s)", version, required)
	}
}

// older reports whether a version such as v20.19.0 is older than another one.
func older(version, than string) bool {
	a, b := strings.Split(strings.TrimPrefix(version, "v"), "."), strings.Split(than, ".")
	for i := range min(len(a), len(b)) {
		x, _ := strconv.Atoi(a[i])
		y, _ := strconv.Atoi(b[i])
		if x != y {
			return x < y
		}
	}
	return false
}

var (
	npmCode = regexp.MustCompile(`(?m)^npm (?:error|ERR!) code (\S+)`)
	// Codes of connections and of responses of the registry. All others, such as EINTEGRITY,
	// are failures.
	networkCode = regexp.MustCompile(`^(ENOTFOUND|EAI_AGAIN|ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR|ENOTCACHED|\w*CERT\w*|E[345]\d\d)$`)
)

// unreachable returns why npm could not download packages, or "" if it failed for another
// reason.
func unreachable(output string) string {
	code := npmCode.FindStringSubmatch(output)
	if code == nil || !networkCode.MatchString(code[1]) {
		return ""
	}
	return code[1]
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
}

func TestOlder(t *testing.T) {
	for _, c := range []struct {
		version, than string
		want          bool
	}{
		{"v20.19.0", "20.19.0", false}, {"v20.20.2", "20.19.0", false}, {"v22.1.0", "20.19.0", false},
		{"v20.18.9", "20.19.0", true}, {"v18.20.4", "20.19.0", true}, {"v9.9.9", "20.19.0", true},
	} {
		if got := older(c.version, c.than); got != c.want {
			t.Errorf("older(%q, %q) = %t, want %t", c.version, c.than, got, c.want)
		}
	}
}

func TestUnreachable(t *testing.T) {
	for output, want := range map[string]string{
		"npm error code ENOTFOUND\nnpm error network": "ENOTFOUND",
		"npm ERR! code ECONNREFUSED":                  "ECONNREFUSED",
		"npm error code E404":                         "E404",
		"npm warn x\nnpm error code EINTEGRITY":       "",
		"npm error code EUSAGE":                       "",
		"npm: no such option":                         "",
	} {
		if got := unreachable(output); got != want {
			t.Errorf("unreachable(%q) = %q, want %q", output, got, want)
		}
	}
}

// The validators are pinned, and may come from any registry.
func TestValidatorsArePinned(t *testing.T) {
	var settings struct{ Dependencies map[string]string }
	if err := json.Unmarshal(readFile(t, "../tools/validators/package.json"), &settings); err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Resolved, Integrity string }
	}
	if err := json.Unmarshal(readFile(t, "../tools/validators/package-lock.json"), &lock); err != nil {
		t.Fatal(err)
	}
	for name, version := range settings.Dependencies {
		if got := lock.Packages["node_modules/"+name].Version; got != version {
			t.Errorf("%s: got the version %q in package-lock.json, want %q", name, got, version)
		}
	}
	for name, one := range lock.Packages {
		if name != "" && (one.Resolved != "" || one.Integrity == "") {
			t.Errorf("%s: got the registry %q and the checksum %q, want no registry and a checksum", name, one.Resolved, one.Integrity)
		}
	}
	if len(settings.Dependencies) == 0 || len(lock.Packages) < len(settings.Dependencies) {
		t.Errorf("got %d validators and %d packages", len(settings.Dependencies), len(lock.Packages))
	}
}
