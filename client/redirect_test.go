package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// No connection is opened to the target of a redirect. The target therefore receives no
// Authorization header, no client secret and no body.
func TestRedirectTargetsReceiveNothing(t *testing.T) {
	for _, target := range []string{
		"https://api.example.test:8443/", // same host, other port
		"http://api.example.test/",       // https to http
		"https://sub.api.example.test/",  // subdomain
		"https://other.test/",            // another host
		"//other.test/",                  // another host, with the scheme of the request
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			for _, from := range []string{"API", "token endpoint"} {
				t.Run(fmt.Sprintf("%d from %s to %s", status, from, target), func(t *testing.T) {
					t.Parallel()
					testRedirect(t, status, from, target)
				})
			}
		}
	}
}

func testRedirect(t *testing.T, status int, from, target string) {
	redirect := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", target+"secret?code=1")
		w.WriteHeader(status)
	}
	handler := http.NewServeMux()
	handler.HandleFunc("/connect/token", respondJSON(http.StatusOK, map[string]any{"access_token": "t", "expires_in": 60}))
	handler.HandleFunc("/api/v1/", redirect)
	if from == "token endpoint" {
		handler = http.NewServeMux()
		handler.HandleFunc("/", redirect)
	}
	server := httptest.NewTLSServer(handler)
	defer server.Close()

	// All names resolve to this server. Count connections to other addresses than
	// api.example.test:443.
	var elsewhere atomic.Int32
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr != "api.example.test:443" {
				elsewhere.Add(1)
			}
			return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}
	defer transport.CloseIdleConnections()
	c, err := client.New(client.WithCredentials("the-id", "the-s3cret"), anyOperation(), client.WithHTTPClient(&http.Client{Transport: transport}),
		client.WithBaseURL("https://api.example.test/api/v1"), client.WithTokenURL("https://api.example.test/connect/token"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.UpdateOwner(t.Context(), "1", tapkey.OwnerAccountUpdate{Name: new("pr1vate")})
	if !errors.Is(err, api.ErrRedirect) {
		t.Fatalf("got error %v, want ErrRedirect", err)
	}
	origin := strings.TrimSuffix(target, "/")
	if strings.HasPrefix(target, "//") {
		origin = "https:" + origin
	}
	if !strings.HasSuffix(err.Error(), ": to "+origin) {
		t.Errorf("got error %q, want suffix : to %s", err, origin)
	}
	equal(t, "connections to other addresses", elsewhere.Load(), 0)
}
