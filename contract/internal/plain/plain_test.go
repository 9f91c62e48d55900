package plain_test

import (
	"testing"

	"github.com/tapkey-go/tapkey-go/contract/internal/plain"
)

func TestName(t *testing.T) {
	for name, want := range map[string]bool{
		"id": true, "boundLockId": true, "ByState": true, "oauth2Id": true, "line1": true, "is_active": true,
		"$top": true, "@odata.context": true,
		"": false, "*": false, "alex@example.com": false, "4711": false, "7f9c1e52-3b0a-4c1d-9a57-0e3d5b2f8c11": false,
		"BAASNL/7": false, "Entrance Door": false, "2024-01-01": false, "a7f9c1e523b0a": false, "ünïcode": false,
	} {
		if got := plain.Name(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}
