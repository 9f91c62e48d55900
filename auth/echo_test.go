package auth_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"

	"errors"
)

// echoServer returns a token endpoint that repeats the parameters it received, as they are and
// encoded.
func echoServer(t testing.TB, status int) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		var parts []string
		for _, values := range form {
			for _, v := range values {
				parts = append(parts, v, url.QueryEscape(v), base64.StdEncoding.EncodeToString([]byte(v)), hex.EncodeToString([]byte(v)))
			}
		}
		text := strings.Join(parts, " ")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Echo", text)
		w.Header().Set("Location", "/?"+string(body))
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_grant", "error_description": text, "echo": string(body)})
	}))
	t.Cleanup(server.Close)
	return server
}

// checkNoSecret checks that nothing in err shows a secret, as it is or encoded.
func checkNoSecret(t testing.TB, err error, secrets ...string) {
	t.Helper()
	text := fmt.Sprintf("%v %+v %#v %v", err, err, err, doctor.Explain(err))
	if failed, ok := errors.AsType[*client.TokenError](err); ok {
		text += fmt.Sprint(failed.Code, failed.Description, failed.Err, failed.Header, string(failed.Body))
	}
	for _, secret := range secrets {
		for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))} {
			if strings.Contains(text, form) {
				t.Errorf("got the secret %s in %s", form, text)
			}
		}
	}
}
