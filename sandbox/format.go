package sandbox

import (
	"fmt"

	printed "github.com/tapkey-go/tapkey-go/internal/redact"
)

// Format implements fmt.Formatter. Every verb prints the URL of the sandbox, and nothing else
// that it holds.
func (s *Server) Format(f fmt.State, verb rune) {
	text := "<nil>"
	if s != nil {
		text = "sandbox.Server{" + s.origin + "}"
	}
	printed.Format(f, verb, text, text)
}

// Format implements fmt.Formatter. Every verb prints the client id, and not the secret.
func (c Client) Format(f fmt.State, verb rune) {
	text := "sandbox.Client{" + c.ID + "}"
	printed.Format(f, verb, text, text)
}

// Format implements fmt.Formatter. Every verb prints the name, and not the password.
func (p Person) Format(f fmt.State, verb rune) {
	text := "sandbox.Person{" + p.Name + "}"
	printed.Format(f, verb, text, text)
}

// secrets returns the secret of a client by its id. It is a function, so that printing a
// Server by reflection finds no secret.
type secrets func(clientID string) string

// takeSecrets removes the secrets from clients, and from the same clients by id.
func takeSecrets(clients []Client, byID map[string]*Client) secrets {
	taken := make(map[string]string, len(byID))
	for id, c := range byID {
		taken[id] = c.Secret
		c.Secret = ""
	}
	for i := range clients {
		clients[i].Secret = ""
	}
	return func(clientID string) string { return taken[clientID] }
}
