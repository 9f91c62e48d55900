// Package recording writes responses without their data to files, and validates them
// again without a network.
package recording

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	tapkeygo "github.com/tapkey-go/tapkey-go"
	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/scrub"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// Recording is a response without its data.
type Recording struct {
	Operation   string          `json:"operation"`
	Status      int             `json:"status"`
	ContentType string          `json:"contentType,omitempty"`
	Body        json.RawMessage `json:"body,omitempty"`
	Malformed   bool            `json:"malformed,omitempty"` // the body was not JSON
	Marked      bool            `json:"marked,omitempty"`    // the body began with a byte order mark
}

const byteOrderMark = "\ufeff"

// Recorder collects recordings. Its method Observe is for [contract.WithObserver].
type Recorder struct {
	scrubber *scrub.Scrubber

	mu         sync.Mutex
	recordings map[string]Recording // by their JSON, so that equal ones are kept once
}

// NewRecorder returns a Recorder.
func NewRecorder() (*Recorder, error) {
	scrubber, err := scrub.New(tapkeygo.OpenAPI())
	return &Recorder{scrubber: scrubber, recordings: make(map[string]Recording)}, err
}

// Observe records a response.
func (r *Recorder) Observe(e contract.Exchange) {
	one := Recording{Operation: e.Operation, Status: e.Status, ContentType: e.Header.Get("Content-Type")}
	if len(e.Body) > 0 {
		body, marked := bytes.CutPrefix(e.Body, []byte(byteOrderMark))
		one.Body = r.scrubber.JSON(body)
		one.Malformed, one.Marked = one.Body == nil, marked
	}
	text, err := json.Marshal(one)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.recordings[string(text)] = one
}

// Write writes a file for each recording to a directory and removes the other recordings
// there. The files depend only on the recordings.
func (r *Recorder) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	count := make(map[string]int)
	for _, text := range slices.Sorted(maps.Keys(r.recordings)) {
		one := r.recordings[text]
		name := fmt.Sprintf("%s.%d", one.Operation, one.Status)
		count[name]++
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, []byte(text), "", "  "); err != nil {
			return err
		}
		pretty.WriteByte('\n')
		file := filepath.Join(dir, fmt.Sprintf("%s.%d.json", name, count[name]))
		if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Replay validates the recordings in a directory with a Transport, as if a server had
// sent them. It also returns their number.
func Replay(ctx context.Context, dir string, opts ...contract.Option) (*contract.Transport, int, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, 0, err
	}
	slices.Sort(files)
	var base player
	transport, err := contract.NewTransport(append(opts, contract.WithBase(&base))...)
	if err != nil {
		return nil, 0, err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, 0, err
		}
		base.Recording = Recording{}
		if err := json.Unmarshal(data, &base.Recording); err != nil {
			return nil, 0, fmt.Errorf("%s is not a recording: %w", filepath.Base(file), err)
		}
		if err := replay(ctx, transport, base.Recording); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
	}
	return transport, len(files), nil
}

var pathValue = regexp.MustCompile(`\{[^}]*\}`)

func replay(ctx context.Context, through http.RoundTripper, r Recording) error {
	for _, op := range tapkey.Operations() {
		if op.ID != r.Operation {
			continue
		}
		if op.Method != http.MethodGet {
			return fmt.Errorf("%s is not a read", op.ID)
		}
		req, err := http.NewRequestWithContext(ctx, op.Method, "https://recorded.invalid/api/v1"+pathValue.ReplaceAllString(op.Path, scrub.Text), nil)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer recorded")
		rsp, err := through.RoundTrip(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, rsp.Body)
		return errors.Join(err, rsp.Body.Close())
	}
	return fmt.Errorf("the contract has no operation %q", r.Operation)
}

// player is a RoundTripper that responds with a recording.
type player struct{ Recording }

func (p *player) RoundTrip(req *http.Request) (*http.Response, error) {
	body := string(p.Body)
	if p.Malformed {
		body = "{"
	}
	if p.Marked {
		body = byteOrderMark + body
	}
	header := make(http.Header)
	if p.ContentType != "" {
		header.Set("Content-Type", p.ContentType)
	}
	return &http.Response{
		StatusCode: cmp.Or(p.Status, http.StatusOK), Header: header, Request: req,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}
