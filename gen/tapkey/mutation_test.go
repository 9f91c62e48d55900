package tapkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// mutated are the responses that TestMutations changes, each with a function that compares
// the results of decoding it.
var mutated = []struct {
	text    string
	compare func(t *testing.T, text []byte, random *rand.Rand) (accepted bool)
}{
	{`[{"id":"17b","state":"Ok","active":true,"boundLock":{"id":"4","title":"B\u00fcro \"Nord\"","lockType":{"id":"TK","manufacturerId":-12,` +
		`"supportedTechnologies":["nfc", "ble"]},"bindDate":"2024-01-01T06:00:00.000Z","unbindDate":null},"contact":{"email":null}},` +
		` {"id":"0","validFrom":"2024-01-01T06:00:00+02:00"}]`, compare[Grant](scanGrant)},
	{`[{"id":"","x":{"y":[1,2.5e-3,{"z":null}]},"active":null} , {"id":"M\ud83d\ude00ü","name":"Süd 東","active":false}]`, compare[OwnerAccount](scanOwnerAccount)},
	{`{"entryNo":1234567890123456789,"id":"1","rclSerialNo":1.50e2,"lockTimestamp":"2024-02-29T23:59:59.123456789Z","u":-0.0}` + "\n\t ", compare[LogEntry](scanLogEntry)},
	{` [ ] `, compare[Contact](scanContact)},
	{`[{"id":"a"},{"id":"b","healthStatuses":[{"value":1.5e3,"extra":[{"a":"]"}]}, {}],"rclSerialNo":0},{"id":"c"}]`, compare[BoundLock](scanBoundLock)},
	{`[{"ipUserId":"u","id":"1"}]`, compare[IdentityProviderUser](scanIdentityProviderUser)},
	{`{"id":"1","id":"2","membershipStatistics":{"States":[{"State":"Joined","Count":3}]},"supportedFeatures":{}}`, compare[LockGroup](scanLockGroup)},
}

// pieces are what TestMutations puts into a response.
var pieces = []string{
	`"`, `\`, `{`, `}`, `[`, `]`, `,`, `:`, ` `, "\n", "\t", "\r", "\x00", "\x1f", "\x7f", "\x80", "\xc3", "\xff", "ü", "\u2028", "\uFEFF",
	"0", "1", "-", "+", ".", "e", "E", "00", "1e2", "-0", "9223372036854775808", "t", "f", "n", "u", "true", "false", "null", "nul", "tru",
	`\"`, `\\`, `\u00`, `\ud800`, `\u0041`, `\x`, `{}`, `[]`, `""`, `"id":`, `"id":"7",`, `"id":null,`, `,"id":""`, `[1`, `{"a":[`, `]}`, "//", "NaN",
}

// TestMutations decodes broken responses by the generated code and by reflection: as a value,
// as a list, as a stream, and as a stream that arrives in parts. The values and the texts of
// the errors must be equal. TAPKEY_MUTATIONS is the number of responses.
func TestMutations(t *testing.T) {
	t.Parallel()
	count := 30_000
	switch {
	case os.Getenv("TAPKEY_MUTATIONS") != "":
		n, err := strconv.Atoi(os.Getenv("TAPKEY_MUTATIONS"))
		if err != nil {
			t.Fatal(err)
		}
		count = n
	case testing.Short():
		count = 2_000
	case slowed:
		count = 2_000
	}
	const seed = 7
	var wait sync.WaitGroup
	var mu sync.Mutex
	accepted, workers := 0, runtime.GOMAXPROCS(0)
	for worker := range workers {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(worker)))
			n := 0
			for range count / workers {
				m := mutated[random.IntN(len(mutated))]
				if m.compare(t, mutate(m.text, random), random) {
					n++
				}
				if t.Failed() {
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			accepted += n
		})
	}
	wait.Wait()
	t.Logf("got %d responses, of which %d were accepted", count, accepted)
	if accepted == 0 || accepted == count {
		t.Errorf("got %d of %d responses accepted, want some and not all", accepted, count)
	}
}

// FuzzScan compares as TestMutations does, with one model for each response, which is faster
// than [FuzzModels].
func FuzzScan(f *testing.F) {
	for i, m := range mutated {
		f.Add(uint8(i), uint64(i), []byte(m.text))
	}
	for _, text := range []string{`[{"id":"1"},{"x":[{}]}]`, `[{"id":"\ud800"}]`, "[{\"id\":\"\xff\"}]", `{"id":null}`, `[null]`, `[] x`, ` `} {
		f.Add(uint8(1), uint64(7), []byte(text))
	}
	f.Fuzz(func(t *testing.T, model uint8, seed uint64, body []byte) {
		mutated[int(model)%len(mutated)].compare(t, body, rand.New(rand.NewPCG(seed, 1)))
	})
}

// mutate changes, adds and removes bytes.
func mutate(original string, random *rand.Rand) []byte {
	text := original
	for range 1 + random.IntN(3) {
		if text == "" {
			break
		}
		at := random.IntN(len(text))
		piece := pieces[random.IntN(len(pieces))]
		switch random.IntN(8) {
		case 0, 1:
			text = text[:at] + piece + text[at+1:]
		case 2, 3, 4:
			text = text[:at] + piece + text[at:]
		case 5:
			text = text[:at] + text[min(len(text), at+1+random.IntN(3)):]
		case 6: // repeats a part
			text = text[:min(len(text), at+random.IntN(40))] + text[at:]
		case 7:
			text = text[:at]
		}
	}
	return []byte(text)
}

// compare returns a function that decodes a response by scan and by reflection and compares
// the results. It reports whether the response was accepted as a value or as a list. By
// reflection a list has the same result as a stream, which [FuzzModels] checks.
func compare[T any](scan engine.Scan[T]) func(*testing.T, []byte, *rand.Rand) bool {
	return func(t *testing.T, text []byte, random *rand.Rand) bool {
		t.Helper()
		reflection := engine.Schema[T]{Reflect: engine.Reflect[T], Required: []engine.Required{id}, Single: random.IntN(4) == 0}
		generated := engine.Schema[T]{Scan: scan, Required: reflection.Required, Single: reflection.Single}
		equal := func(how string, got any, gotErr error, want any, wantErr error) {
			t.Helper()
			if gotText, wantText := cause(gotErr), cause(wantErr); gotText != wantText || !reflect.DeepEqual(got, want) {
				t.Errorf("%q as %s, single %t\ngot by scan        %+v, %s\nwant by reflection %+v, %s", text, how, reflection.Single, got, gotText, want, wantText)
			}
		}
		response := func() *http.Response {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text))}
		}
		wantOne, wantOneErr := engine.Decode(anyOperation, api.Settings{}, reflection, response(), nil)
		one, err := engine.Decode(anyOperation, api.Settings{}, generated, response(), nil)
		equal("a value", one, err, wantOne, wantOneErr)

		wantList, wantListErr := collect(text, len(text)+1, reflection)
		list, err := engine.DecodeList(anyOperation, api.Settings{}, generated, response(), nil)
		if err == nil || wantListErr == nil {
			equal("a list", list, err, wantList, wantListErr)
		} else {
			equal("a list", nil, err, nil, wantListErr)
		}
		most := 1 + random.IntN(40)
		list, err = collect(text, most, generated)
		equal(fmt.Sprintf("a stream in parts of %d bytes", most), list, err, wantList, wantListErr)
		return wantOneErr == nil || wantListErr == nil
	}
}

// collect returns the items of a list that is received in parts.
func collect[T any](text []byte, most int, schema engine.Schema[T]) ([]T, error) {
	items := []T{}
	for item, err := range engine.Items(context.Background(), anyOperation, api.Settings{}, schema, func(context.Context) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(&partReader{text, most}), ContentLength: -1}, nil
	}) {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

// cause returns the text of the error in an *api.Error, which is redacted already.
func cause(err error) string {
	if err == nil {
		return ""
	}
	failed, ok := errors.AsType[*api.Error](err)
	if !ok {
		return "not an *api.Error: " + err.Error()
	}
	return failed.Err.Error()
}

// partReader returns a text in parts.
type partReader struct {
	rest []byte
	most int // bytes in a part
}

func (r *partReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest[:min(len(r.rest), r.most)])
	r.rest = r.rest[n:]
	return n, nil
}
