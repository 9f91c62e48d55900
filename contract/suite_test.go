package contract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract"
)

// exchange is an exchange that the tests of the sandbox write to a file, see TestMain
// there.
type exchange struct {
	Method, URL    string
	RequestHeader  http.Header
	RequestBody    []byte
	Status         int
	ResponseHeader http.Header
	ResponseBody   []byte
}

type exchangeKey struct{}

// playback responds with the response of the exchange in the context.
type playback struct{}

func (playback) RoundTrip(req *http.Request) (*http.Response, error) {
	x := req.Context().Value(exchangeKey{}).(exchange)
	return &http.Response{
		StatusCode: x.Status, Header: x.ResponseHeader, Request: req, ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(x.ResponseBody)), ContentLength: int64(len(x.ResponseBody)),
	}, nil
}

// In the tests of the sandbox, every response without an injected fault agrees with the
// contract, and a request that does not is refused with a 4xx.
func TestTheTestsOfTheSandbox(t *testing.T) {
	if testing.Short() {
		t.Skip("the tests of the sandbox: not run (-short)")
	}
	path := filepath.Join(t.TempDir(), "exchanges.jsonl")
	t.Setenv("SANDBOX_EXCHANGES", path)
	if out, err := runGo(t, "..", "test", "-count=1", "./sandbox"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	transport, err := contract.NewTransport(contract.WithBase(playback{}))
	if err != nil {
		t.Fatal(err)
	}
	checked, refused := 0, 0
	for lines := json.NewDecoder(file); ; checked++ {
		var x exchange
		if err := lines.Decode(&x); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		before := requestFindings(transport)
		x.replay(t, transport)
		if requestFindings(transport) == before {
			continue
		}
		if tolerated(x) {
			continue
		}
		if refused++; x.Status < 400 || x.Status >= 500 {
			t.Errorf("%s %s disagrees with the contract: got status %d, want a 4xx", x.Method, x.URL, x.Status)
		}
	}
	for _, f := range transport.Findings() {
		// The contract has a default response for other errors.
		if f.Side == contract.Response && (f.Class != contract.UndocumentedStatus || f.Status < 400 || f.Status >= 500) {
			t.Errorf("got the finding %s, want none", f)
		}
	}
	t.Logf("%d exchanges, %d of them refused because the request disagrees with the contract", checked, refused)
	if checked < 500 || refused < 20 {
		t.Errorf("got %d exchanges, %d of them refused, want at least 500 and 20", checked, refused)
	}
}

// tolerated reports whether the sandbox accepts a request that disagrees with the
// contract: a name that is null, which changes nothing, and an empty object as the body of
// a POST, which one client is reported to send.
func tolerated(x exchange) bool {
	return x.Status == http.StatusOK && (x.Method == http.MethodPatch && string(x.RequestBody) == `{"name":null}` ||
		x.Method == http.MethodPost && string(x.RequestBody) == `{}`)
}

func requestFindings(transport *contract.Transport) (count int) {
	for _, f := range transport.Findings() {
		if f.Side == contract.Request {
			count += f.Count
		}
	}
	return count
}

func (x exchange) replay(t *testing.T, transport *contract.Transport) {
	t.Helper()
	if !strings.Contains(strings.ToLower(x.URL), "/api/v1") {
		return // not part of the contract, such as the token endpoint
	}
	ctx := context.WithValue(t.Context(), exchangeKey{}, x)
	req, err := http.NewRequestWithContext(ctx, x.Method, x.URL, bytes.NewReader(x.RequestBody))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = x.RequestHeader
	if len(x.RequestBody) == 0 {
		req.Body = nil
	}
	rsp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, rsp.Body)
	rsp.Body.Close()
}
