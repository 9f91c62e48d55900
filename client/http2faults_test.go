package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/http2test"
)

// http2Faults is the outcome of faults of HTTP/2, as in lastingFaults. The last number is
// the number of times that the server carried out the operation.
const http2Faults = `
| fault of HTTP/2 | list | get | create | patch | delete | action | iterator |
| --- | --- | --- | --- | --- | --- | --- | --- |
| RST_STREAM PROTOCOL_ERROR after the request | no response/4 | no response/4 | no response/1/1 | no response/4/4 | no response/1/1 | no response/1/1 | no response/4 |
| RST_STREAM PROTOCOL_ERROR after the request, once | ok/2 | ok/2 | no response/1/1 | ok/2/2 | no response/1/1 | no response/1/1 | ok/2 |
| RST_STREAM REFUSED_STREAM | refused/4 | refused/4 | refused/4/0 | refused/4/0 | refused/4/0 | refused/4/0 | refused/4 |
| RST_STREAM REFUSED_STREAM, once | ok/2 | ok/2 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2/1 | ok/2 |
| GOAWAY before the request | no response/4 | no response/4 | refused/4/0 | refused/4/0 | no response/1/0 | no response/1/0 | no response/4 |
| GOAWAY before the request, once | ok/2 | ok/2 | ok/2/1 | ok/2/1 | no response/1/0 | no response/1/0 | ok/2 |
| GOAWAY after the request | no response/4 | no response/4 | no response/1/1 | no response/4/4 | no response/1/1 | no response/1/1 | no response/4 |
| GOAWAY after the request, once | ok/2 | ok/2 | no response/1/1 | ok/2/2 | no response/1/1 | no response/1/1 | ok/2 |
| dead connection | no response/4 | no response/4 | no response/1/1 | no response/4/4 | no response/1/1 | no response/1/1 | no response/4 |
| dead connection, once | ok/2 | ok/2 | no response/1/1 | ok/2/2 | no response/1/1 | no response/1/1 | ok/2 |
`

// http2Fault ends a request without a response, and reports whether it has been carried out.
var http2Fault = map[string]func(*http2test.Stream) (done bool){
	"RST_STREAM PROTOCOL_ERROR after the request": func(s *http2test.Stream) bool { s.Reset(http2test.ProtocolError); return true },
	"RST_STREAM REFUSED_STREAM":                   func(s *http2test.Stream) bool { s.Reset(http2test.RefusedStream); return false },
	"GOAWAY before the request":                   func(s *http2test.Stream) bool { s.GoAway(s.ID-1, http2test.NoError); return false },
	"GOAWAY after the request": func(s *http2test.Stream) bool {
		s.GoAway(s.ID, http2test.NoError)
		s.Close()
		return true
	},
	"dead connection": func(s *http2test.Stream) bool { s.Die(); return true },
}

// TestHTTP2Faults compares the outcomes with the table. The connections are in memory, with
// TLS, so that time-outs take no time.
func TestHTTP2Faults(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *client.Client) error{
		"list": func(ctx context.Context, c *client.Client) error { _, err := c.ListGrants(ctx, "1", nil); return err },
		"iterator": func(ctx context.Context, c *client.Client) error {
			for _, err := range c.AllGrants(ctx, "1", nil) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"get": reads["get"], "patch": reads["patch"],
		"create": writes["create"], "delete": writes["delete"], "action": writes["action"],
	}
	certified := http2test.Start(t, nil)
	for _, row := range faultRows(http2Faults) {
		name, once := strings.CutSuffix(row[0], ", once")
		fault := http2Fault[name]
		for i, class := range classes {
			t.Run(row[0]+", "+class, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var received, done atomic.Int32
					transport := engine.NewTransport()
					transport.TLSClientConfig = certified.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
					transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
						here, there := net.Pipe()
						t.Cleanup(func() { there.Close() })
						go http2test.Serve(tls.Server(there, certified.TLS), func(s *http2test.Stream) {
							if received.Add(1) == 1 || !once {
								if fault(s) {
									done.Add(1)
								}
								return
							}
							done.Add(1)
							if class == "list" || class == "iterator" {
								s.Respond("[]")
							} else {
								s.Respond(aContact)
							}
						})
						return here, nil
					}
					err := calls[class](t.Context(), over(t, transport, "https://127.0.0.1"))
					failed, ok := errors.AsType[*api.Error](err)
					result := "ok"
					switch {
					case errors.Is(err, engine.ErrNotProcessed):
						result = "refused"
					case ok && failed.StatusCode == 0:
						result = "no response"
					case err != nil:
						result = err.Error()
					}
					got := fmt.Sprintf("%s/%d", result, received.Load())
					if slices.Contains([]string{"create", "patch", "delete", "action"}, class) {
						got += fmt.Sprintf("/%d", done.Load())
					}
					if got != row[1+i] {
						t.Errorf("got %s, want %s (error: %v)", got, row[1+i], err)
					}
				})
			})
		}
	}
	doc, err := os.ReadFile("../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.ReplaceAll(string(doc), "\r\n", "\n"), http2Faults) {
		t.Errorf("got docs/reliability.md without the table, want it verbatim:\n%s", http2Faults)
	}
}
