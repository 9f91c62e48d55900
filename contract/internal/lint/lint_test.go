package lint_test

import (
	"testing"

	tapkeygo "github.com/tapkey-go/tapkey-go"
	"github.com/tapkey-go/tapkey-go/contract/internal/lint"
)

func TestTheContractHasNoProblems(t *testing.T) {
	for _, p := range lint.Check(tapkeygo.OpenAPI()) {
		t.Errorf("got the problem openapi.yaml:%s, want none", p)
	}
}
