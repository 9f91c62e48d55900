package tokenstore_test

import (
	"testing"

	"github.com/tapkey-go/tapkey-go/auth/internal/storetest"
	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
	"github.com/tapkey-go/tapkey-go/client"
)

func TestMain(m *testing.M) {
	storetest.Main(m, func(dir string) (client.TokenStore, error) { return tokenstore.NewFiles(dir) })
}
