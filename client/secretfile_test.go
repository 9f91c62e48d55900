package client_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
)

// endpointWithSecret is a token endpoint in memory that accepts one secret, and counts.
type endpointWithSecret struct {
	secret   string
	requests int
}

func (e *endpointWithSecret) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.URL.Path, "/connect/token") {
		return response(req, http.StatusOK, `[]`), nil
	}
	e.requests++
	_ = req.ParseForm() // the secret is then empty
	if req.PostForm.Get("client_secret") != e.secret {
		return response(req, http.StatusBadRequest, `{"error":"invalid_client","error_description":"not `+req.PostForm.Get("client_secret")+`"}`), nil
	}
	return response(req, http.StatusOK, tokenBody), nil
}

// newToken requests a token.
func newToken(t *testing.T, c *client.Client) error {
	t.Helper()
	_, err := c.NewToken(t.Context(), "read:owneraccounts")
	return err
}

// setEnvironment sets the environment variables of the client, and clears the others.
func setEnvironment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "TAPKEY_") {
			t.Setenv(name, "")
		}
	}
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

func writeFile(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A secret is replaced as Kubernetes does it: the file is a symbolic link to ..data/NAME, and
// ..data is a link that is replaced.
func TestSecretFileChanges(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links: not run (windows)")
	}
	dir := t.TempDir()
	mount := func(version, secret string) {
		t.Helper()
		link := filepath.Join(dir, "..data_tmp")
		if err := errors.Join(os.Mkdir(filepath.Join(dir, version), 0o700), os.Symlink(version, link)); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, version, "client-secret"), []byte(secret))
		if err := os.Rename(link, filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	mount("..1", "first-s3cret\n")
	path := filepath.Join(dir, "client-secret")
	if err := os.Symlink(filepath.Join("..data", "client-secret"), path); err != nil {
		t.Fatal(err)
	}
	setEnvironment(t, map[string]string{client.EnvClientID: "the-id", client.EnvClientSecretFile: path})
	server := &endpointWithSecret{secret: "first-s3cret"}
	c, err := client.New(client.FromEnv(), client.WithHTTPClient(&http.Client{Transport: server}))
	if err != nil {
		t.Fatal(err)
	}
	list(t, c)
	mount("..2", "second-s3cret\r\n")
	server.secret = "second-s3cret"
	if err := newToken(t, c); err != nil {
		t.Errorf("with a new secret: got error %v, want none", err)
	}
	equal(t, "token requests", server.requests, 2)

	server.secret = "third-s3cret" // is not in the file yet
	if err := newToken(t, c); err == nil || !strings.Contains(err.Error(), "invalid_client") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("with the wrong secret: got error %v, want invalid_client without the secret", err)
	}
	equal(t, "token requests", server.requests, 3) // the secret has not changed, so it is sent once

	if err := os.Remove(filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
	if err := newToken(t, c); err == nil || !strings.Contains(err.Error(), path+": no such file or directory") {
		t.Errorf("without the file: got error %v, want one with the path", err)
	}
	mount("..3", "third-s3cret")
	if err := newToken(t, c); err != nil {
		t.Errorf("with the third secret: got error %v, want none", err)
	}
}

func TestSecretFileErrors(t *testing.T) {
	dir := t.TempDir()
	long := bytes.Repeat([]byte("s3cret"), 20_000)
	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":             {[]byte(""), "is empty"},
		"only a line break": {[]byte("\n"), "is empty"},
		"spaces":            {[]byte(" \t\n"), "is empty"},
		"huge":              {long, "is larger than 65536 bytes"},
		"binary":            {[]byte("s3cret\x00\x01\xff"), "is not a text file in UTF-8"},
		"UTF-16":            {[]byte("\xff\xfes\x003\x00"), "is not a text file in UTF-8"},
		"UTF-16, no mark":   {[]byte("s\x003\x00c\x00"), "is not a text file in UTF-8"},
		"byte order mark":   {[]byte("\ufeffs3cret"), "invisible character"},
		"two lines":         {[]byte("s3cret\ns3cret"), "control character"},
		"space at the end":  {[]byte("s3cret \n"), "begins or ends with a space"},
		"quotes":            {[]byte(`"s3cret"`), "is in quotes"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
			writeFile(t, path, test.content)
			setEnvironment(t, map[string]string{client.EnvClientID: "the-id", client.EnvClientSecretFile: path})
			_, err := client.New(client.FromEnv())
			if !errors.Is(err, client.ErrConfig) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), test.want) ||
				strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %v, want one line with the path and %q, without content", err, test.want)
			}
		})
	}
	for path, want := range map[string]string{
		dir:                           "is not a regular file",
		filepath.Join(dir, "missing"): "no such file",
		os.DevNull:                    "is not a regular file",
	} {
		if runtime.GOOS == "windows" {
			want = "" // other texts
		}
		setEnvironment(t, map[string]string{client.EnvClientID: "the-id", client.EnvClientSecretFile: path})
		if _, err := client.New(client.FromEnv()); !errors.Is(err, client.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want ErrConfig with %q", path, err, want)
		}
	}
}

func TestSecretFileAndOtherCredentials(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	writeFile(t, path, []byte("s3cret"))
	setEnvironment(t, map[string]string{
		client.EnvClientID: "the-id", client.EnvClientSecret: "s3cret", client.EnvClientSecretFile: path,
	})
	if _, err := client.New(client.FromEnv()); !errors.Is(err, client.ErrConfig) || !strings.Contains(err.Error(), "are both set") {
		t.Errorf("with both variables: got error %v, want ErrConfig", err)
	}
	if _, err := client.New(client.FromEnv(), client.WithCredentials("id", "s3cret")); err != nil {
		t.Errorf("with a later option: got error %v, want none", err)
	}
	setEnvironment(t, map[string]string{client.EnvClientSecret: "", client.EnvClientSecretFile: path, client.EnvClientID: "the-id"})
	if _, err := client.New(client.WithCredentials("id", "old"), client.FromEnv()); err != nil {
		t.Errorf("after another option: got error %v, want none", err)
	}
}

func TestWithCredentialsFunc(t *testing.T) {
	type answer struct {
		id, secret string
		err        error
	}
	for name, test := range map[string]struct {
		answers  []answer
		requests int
		want     string // error; "" for none
	}{
		"one":              {[]answer{{"id", "good-s3cret", nil}}, 1, ""},
		"changed":          {[]answer{{"id", "old-s3cret", nil}, {"id", "good-s3cret", nil}}, 2, ""},
		"changed, wrong":   {[]answer{{"id", "old-s3cret", nil}, {"id", "bad-s3cret", nil}, {"id", "good-s3cret", nil}}, 2, "invalid_client"},
		"unchanged":        {[]answer{{"id", "old-s3cret", nil}, {"id", "old-s3cret", nil}}, 1, "invalid_client"},
		"then an error":    {[]answer{{"id", "old-s3cret", nil}, {"", "", errors.New("vault is sealed")}}, 1, "invalid_client"},
		"error":            {[]answer{{"", "", errors.New("vault is sealed")}}, 0, "no credentials: vault is sealed"},
		"error and secret": {[]answer{{"id", "good-s3cret", errors.New("good-s3cret is old")}}, 0, "no credentials: *** is old"},
		"nothing":          {[]answer{{"", "", nil}}, 0, "client id is missing"},
		"no secret":        {[]answer{{"id", "", nil}}, 0, "client secret is missing"},
		"line break":       {[]answer{{"id", "good-s3cret\n", nil}}, 0, "client secret begins or ends with a space"},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			server := &endpointWithSecret{secret: "good-s3cret"}
			c, err := client.New(client.WithHTTPClient(&http.Client{Transport: server}), client.WithCredentials("unused", "unused"),
				client.WithCredentialsFunc(func(context.Context) (string, string, error) {
					next := test.answers[min(calls, len(test.answers)-1)]
					calls++
					return next.id, next.secret, next.err
				}))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "calls before a token is needed", calls, 0)
			_, err = c.ListOwners(t.Context())
			if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "s3cret")) {
				t.Errorf("got error %v, want %q without a secret", err, test.want)
			}
			if _, ok := errors.AsType[*client.TokenError](err); err != nil && !ok {
				t.Errorf("got error %v, want a TokenError", err)
			}
			equal(t, "token requests", server.requests, test.requests)
		})
	}
	if _, err := client.New(client.WithCredentialsFunc(nil)); !errors.Is(err, client.ErrConfig) {
		t.Errorf("nil function: got error %v, want ErrConfig", err)
	}
}

// The tokens of a client id are not those of the next one.
func TestWithCredentialsFuncAndStore(t *testing.T) {
	issuer, store, id := newIssuer(), newMemoryStore(), "first"
	credentials := client.WithCredentialsFunc(func(context.Context) (string, string, error) { return id, "s3cret", nil })
	list(t, issuer.client(t, store, credentials))
	list(t, issuer.client(t, store, credentials))
	equal(t, "token requests of the first client", issuer.requests, 1)
	id = "second"
	list(t, issuer.client(t, store, credentials))
	equal(t, "token requests of both clients", issuer.requests, 2)
	equal(t, "tokens in the store", len(store.tokens), 2)
}
