package tapkeygo_test

import (
	"bytes"
	"os"
	"testing"

	tapkeygo "github.com/tapkey-go/tapkey-go"
)

func TestOpenAPIReturnsACopy(t *testing.T) {
	want, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	clear(tapkeygo.OpenAPI())
	if got := tapkeygo.OpenAPI(); !bytes.Equal(got, want) {
		t.Errorf("OpenAPI() after its result was cleared = %d bytes that differ from openapi.yaml, want a copy of it", len(got))
	}
}
