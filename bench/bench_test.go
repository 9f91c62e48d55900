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

// BenchmarkMemory measures calls over an in-memory transport: only the work of the client.
func BenchmarkMemory(b *testing.B) {
	for _, c := range cases.All() {
		b.Run(c.Name, func(b *testing.B) {
			transport := wire.Memory(c.Response())
			measure(b, c, clients.Server{URL: "https://api.example.test/api/v1", Transport: transport})
		})
	}
}

// BenchmarkLoopback measures calls over a TCP connection, which adds net/http, the kernel
// and a server in the same process. B/op and allocs/op include the server.
func BenchmarkLoopback(b *testing.B) {
	for _, c := range cases.All() {
		if !c.Loopback {
			continue
		}
		b.Run(c.Name, func(b *testing.B) {
			server := wire.Loopback(c.Response())
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
				if err := call.Check(ctx, c.Items); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// run measures do and also reports processor time. It includes garbage collection, and
// other processes on the machine affect it less than wall time.
func run(b *testing.B, do func()) {
	b.ReportAllocs()
	runtime.GC() // removes the garbage of the previous benchmark
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

// BenchmarkBearer measures how long it takes to set the Authorization header if a token is
// cached.
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
			// Editors expect a new request, so each request has a separate header.
			requests := make([]*http.Request, 1000)
			for i := range requests {
				req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, client.DefaultBaseURL, nil)
				if err != nil {
					b.Fatal(err)
				}
				requests[i] = req
				req.Header["Authorization"] = nil // allocates the map outside the measurement
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
				b.Fatalf("got headers %q, want one Authorization", requests[0].Header)
			}
		})
	}
}

// clientTokens returns the token of a client, as its calls use it.
type clientTokens struct{ *client.Client }

func (t clientTokens) Token() (*oauth2.Token, error) { return t.TokenContext(context.Background()) }

func (t clientTokens) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	return t.Client.Token(ctx)
}
