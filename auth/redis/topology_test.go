package redis_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
)

// checkStore saves, loads and locks.
func checkStore(t *testing.T, c redis.UniversalClient) {
	t.Helper()
	store := newStore(t, c)
	for _, key := range []string{key, strings.Repeat("b", 64), strings.Repeat("c", 64)} { // in several slots of a cluster
		unlock, err := store.Lock(t.Context(), key)
		if err != nil {
			t.Fatalf("Lock: got error %v, want none", err)
		}
		if err := store.Save(t.Context(), key, &oauth2.Token{AccessToken: "token", Expiry: time.Now().Add(time.Hour)}); err != nil {
			t.Fatalf("Save: got error %v, want none", err)
		}
		unlock()
		checkLoad(t, store, key, "token")
		unlock, err = store.Lock(t.Context(), key)
		if err != nil {
			t.Fatalf("Lock after unlock: got error %v, want none", err)
		}
		unlock()
	}
	server := startSandbox(t)
	for range 2 {
		api, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithBaseURL(server.BaseURL()),
			client.WithTokenURL(server.TokenURL()), client.WithTokenStore(store))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := api.ListOwners(t.Context()); err != nil {
			t.Errorf("got error %v, want none", err)
		}
	}
	if got := server.TokenRequests(); got != 1 {
		t.Errorf("got %d token requests of two clients, want 1", got)
	}
}

func TestCluster(t *testing.T) {
	address := startRedis(t, "--cluster-enabled", "yes")
	node := newClient(t, address, nil)
	if err := node.Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(node.ClusterInfo(t.Context()).Val(), "cluster_state:ok"); {
		if time.Now().After(deadline) {
			t.Fatalf("the cluster is not ready within 20s: %s", node.ClusterInfo(t.Context()).Val())
		}
		time.Sleep(10 * time.Millisecond)
	}
	c := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{address}, IsClusterMode: true})
	t.Cleanup(func() { _ = c.Close() })
	checkStore(t, c)
}

func TestSentinel(t *testing.T) {
	program, err := exec.LookPath("redis-sentinel")
	if err != nil {
		t.Skip("Sentinel: not run (no redis-sentinel; Debian's package is redis-sentinel)")
	}
	host, port, err := net.SplitHostPort(startRedis(t))
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "sentinel.conf")
	if err := os.WriteFile(config, []byte("sentinel monitor tokens "+host+" "+port+" 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel := startServer(t, program, config)
	c := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{sentinel}, MasterName: "tokens"})
	t.Cleanup(func() { _ = c.Close() })
	checkStore(t, c)
}
