package lint_test

import (
	"testing"

	tapkeygo "github.com/tapkey-go/tapkey-go"
	"github.com/tapkey-go/tapkey-go/contract/internal/lint"
)

func TestTheContractIsSound(t *testing.T) {
	for _, p := range lint.Check(tapkeygo.OpenAPI()) {
		t.Errorf("openapi.yaml:%s", p)
	}
}
