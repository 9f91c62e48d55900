// Package testcontainers shows a test with the sandbox in a container. A Go program can also
// run the sandbox in its own process, see package sandbox: a container is for programs in
// other languages, and for tests that several programs share. It needs a Docker daemon. In the
// root of the repository:
//
//	make image
//	docker load --input dist/image/tapkey-sandbox-amd64.tar # prints the name of the image
//	TAPKEY_SANDBOX_IMAGE=NAME go test -C examples/testcontainers ./...
package testcontainers

import (
	"context"
	"os"
	"testing"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/tapkey-go/tapkey-go/client"
)

// startSandbox starts the sandbox in a container and returns the URL in front of its paths.
// The port on this computer is a free one.
func startSandbox(ctx context.Context, t *testing.T) (origin string) {
	t.Helper()
	image := os.Getenv("TAPKEY_SANDBOX_IMAGE") // such as ghcr.io/tapkey-go/sandbox:0.2.0
	if image == "" {
		t.Skip("testcontainers: not run (TAPKEY_SANDBOX_IMAGE is not set)")
	}
	testcontainers.SkipIfProviderIsNotHealthy(t)
	container, err := testcontainers.Run(ctx, image,
		testcontainers.WithExposedPorts("8080/tcp"),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/healthz").WithPort("8080/tcp")),
	)
	testcontainers.CleanupContainer(t, container)
	if err != nil {
		t.Fatal(err)
	}
	origin, err = container.PortEndpoint(ctx, "8080/tcp", "http")
	if err != nil {
		t.Fatal(err)
	}
	return origin
}

func TestOwnerAccounts(t *testing.T) {
	origin := startSandbox(t.Context(), t)
	c, err := client.New(
		client.WithCredentials("tapkey-sandbox", "sandbox-secret"),
		client.WithBaseURL(origin+"/api/v1"),
		client.WithTokenURL(origin+"/connect/token"),
	)
	if err != nil {
		t.Fatal(err)
	}
	owners, err := c.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(owners) != 4 {
		t.Errorf("got %d owner accounts, want 4", len(owners))
	}
}
