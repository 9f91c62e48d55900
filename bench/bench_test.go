package bench

import (
	"context"
	"net/http"
	"runtime"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/bench/internal/cases"
	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/process"
	"github.com/tapkey-go/tapkey-go/bench/internal/wire"
	"github.com/tapkey-go/tapkey-go/client"
)

// Over a transport in memory the client's own work is all there is.
func BenchmarkMemory(b *testing.B) {
	for _, c := range cases.All() {
		b.Run(c.Name, func(b *testing.B) {
			answer := c.Answer()
			measure(b, c, clients.Server{URL: "https://api.example.test/api/v1", Transport: wire.Memory(answer)})
		})
	}
}

// On loopback there is net/http and the kernel as well, and the server on the same
// processors. B/op and allocs/op are those of both sides.
func BenchmarkLoopback(b *testing.B) {
	for _, c := range cases.All() {
		if !c.Loopback {
			continue
		}
		b.Run(c.Name, func(b *testing.B) {
			server := wire.Loopback(c.Answer())
			defer server.Close()
			measure(b, c, clients.Server{URL: server.URL + "/api/v1"})
		})
	}
}

// measure runs one case with each client.
func measure(b *testing.B, c cases.Case, server clients.Server) {
	all, err := clients.All(server)
	if err != nil {
		b.Fatal(err)
	}
	for _, cl := range all {
		call := c.Call(cl)
		if call == nil {
			continue
		}
		b.Run(cl.Name, func(b *testing.B) {
			ctx := b.Context()
			run(b, func() {
				items, err := call.Do(ctx)
				if err != nil || items != c.Items {
					b.Fatalf("%d items, %v", items, err)
				}
			})
		})
	}
}

// run reports processor time beside the time on the clock: neighbours on the machine
// disturb it less, and it has all of what collecting garbage costs.
func run(b *testing.B, do func()) {
	b.ReportAllocs()
	runtime.GC() // what the one before has left is not this one's
	before, err := process.CPU()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		do()
	}
	after, err := process.CPU()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(after-before)/float64(b.N), "cpu-ns/op")
}

// What the Authorization header costs each call once there is a token.
func BenchmarkBearer(b *testing.B) {
	tokens := clients.Tokens()
	tapkey, err := client.New(client.WithTokenSource(tokens))
	if err != nil {
		b.Fatal(err)
	}
	byHand := func(_ context.Context, req *http.Request) error {
		token, err := tokens.Token()
		if err != nil {
			return err
		}
		token.SetAuthHeader(req)
		return nil
	}
	for _, editor := range []struct {
		name string
		edit func(context.Context, *http.Request) error
	}{
		{clients.Baseline, byHand},
		{"tapkey", client.BearerAuth(clientTokens{tapkey})},
		{"tapkey-reuse", client.BearerAuth(tokens)},
	} {
		b.Run("header/"+editor.name, func(b *testing.B) {
			// A request is new to an editor, so that each has a header of its own.
			requests := make([]*http.Request, 1000)
			for i := range requests {
				req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, client.DefaultBaseURL, nil)
				if err != nil {
					b.Fatal(err)
				}
				requests[i] = req
				req.Header["Authorization"] = nil // so that a header takes no memory but its own
			}
			ctx := b.Context()
			b.ReportAllocs()
			for done := 0; done < b.N; done += len(requests) {
				b.StopTimer()
				for _, req := range requests {
					delete(req.Header, "Authorization")
				}
				b.StartTimer()
				for _, req := range requests[:min(len(requests), b.N-done)] {
					if err := editor.edit(ctx, req); err != nil {
						b.Fatal(err)
					}
				}
			}
			if len(requests[0].Header["Authorization"]) != 1 {
				b.Fatal("no header")
			}
		})
	}
}

// clientTokens gives out the client's own token, as its calls get it.
type clientTokens struct{ *client.Client }

func (t clientTokens) Token() (*oauth2.Token, error) { return t.TokenContext(context.Background()) }

func (t clientTokens) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	return t.Client.Token(ctx)
}
