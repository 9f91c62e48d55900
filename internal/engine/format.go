package engine

import (
	"fmt"
	"reflect"

	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// Format prints a client as its type and the URL of its server, for every verb. Generated
// types call it in their method Format.
func Format(s fmt.State, verb rune, client reflect.Type, server string) {
	text := client.String() + "{" + redact.URL(server) + "}"
	redact.Format(s, verb, text, text)
}
