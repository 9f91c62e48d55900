package contract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract"
)

// exchange is what the sandbox's own tests write down, see its TestMain.
type exchange struct {
	Method, URL    string
	RequestHeader  http.Header
	RequestBody    []byte
	Status         int
	ResponseHeader http.Header
	ResponseBody   []byte
}

type exchangeKey struct{}

// playback gives the answer that was given then.
type playback struct{}

func (playback) RoundTrip(req *http.Request) (*http.Response, error) {
	x := req.Context().Value(exchangeKey{}).(exchange)
	return &http.Response{
		StatusCode: x.Status, Header: x.ResponseHeader, Request: req, ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(x.ResponseBody)), ContentLength: int64(len(x.ResponseBody)),
	}, nil
}

// Every exchange of the sandbox's own tests agrees with the contract, faults aside: a
// request that does not is answered by a 4xx, and every answer does.
func TestTheSandboxsOwnTests(t *testing.T) {
	if testing.Short() {
		t.Skip("the sandbox's own tests: not run (-short)")
	}
	path := filepath.Join(t.TempDir(), "exchanges.jsonl")
	suite := exec.CommandContext(t.Context(), "go", "test", "-count=1", "./sandbox")
	suite.Dir, suite.Env = "..", append(os.Environ(), "SANDBOX_EXCHANGES="+path)
	if out, err := suite.CombinedOutput(); err != nil {
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
			t.Errorf("%s %s disagrees with the contract and is answered %d", x.Method, x.URL, x.Status)
		}
	}
	for _, f := range transport.Findings() {
		// The contract has a default answer for statuses that it does not name.
		if f.Side == contract.Answer && (f.Class != contract.UndocumentedStatus || f.Status < 400 || f.Status >= 500) {
			t.Error(f)
		}
	}
	t.Logf("%d exchanges, %d of them with requests that are refused for good reason", checked, refused)
	if checked < 500 || refused < 20 {
		t.Errorf("only %d exchanges, %d of them refused: not the whole suite", checked, refused)
	}
}

// tolerated says of a request that the sandbox takes although the contract does not
// have it: a name of null, which changes nothing, and a body where one client is reported
// to send one.
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
		return // the token endpoint and its kin, which are not in the contract
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
