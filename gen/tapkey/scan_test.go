package tapkey

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// BenchmarkDecoders compares the generated decoders with reflection. The generated decoders
// are worth keeping if reflection is slower by a quarter or more.
func BenchmarkDecoders(b *testing.B) {
	var owners []OwnerAccount
	var grants []Grant
	for i := range 1000 {
		id := func(what int) string { return fmt.Sprintf("7f9c1e52-%04x-4%03x-8000-000000000000", what, i) }
		at := time.Unix(1_760_000_000+int64(i), 0).UTC()
		owners = append(owners, OwnerAccount{ID: id(1), Name: fmt.Sprint("Owner account ", i), Active: true})
		grants = append(grants, Grant{
			ID: id(2), BoundLockID: id(3), ContactID: id(4), Active: true, ValidFrom: &at,
			BoundLock: &BoundLock{ID: id(3), Title: fmt.Sprint("Door ", i), BindDate: &at, Active: true},
			Contact:   &Contact{ID: id(4), Identifier: fmt.Sprintf("user%d@example.com", i), IPID: "tapkey"},
		})
	}
	b.Run("owners", func(b *testing.B) { compareDecoders(b, owners, scanOwnerAccount) })
	b.Run("grants", func(b *testing.B) { compareDecoders(b, grants, scanGrant) })
}

func compareDecoders[T any](b *testing.B, items []T, scan engine.Scan[T]) {
	encoded, err := json.Marshal(items)
	if err != nil {
		b.Fatal(err)
	}
	body := string(encoded)
	for name, decoder := range map[string]engine.Scan[T]{"generated": scan, "reflection": nil} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				rsp := &http.Response{
					StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
					Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
				}
				if list, err := engine.DecodeList(anyOperation, api.Settings{}, engine.Schema[T]{Scan: decoder, Reflect: engine.Reflect[T], Required: []engine.Required{id}}, rsp, nil); err != nil || len(list) != len(items) {
					b.Fatalf("got %d items, %v, want %d", len(list), err, len(items))
				}
			}
		})
	}
}
