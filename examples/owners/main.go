// Owners lists the owner accounts that a client may manage. To try it on the sandbox, set
// the variables that "go run ./cmd/tapkey sandbox" prints, and run: go run ./owners
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/tapkey-go/tapkey-go/client"
)

func main() {
	c, err := client.New(client.FromEnv())
	if err != nil {
		log.Fatal(err)
	}
	for owner, err := range c.AllOwners(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(owner.ID, owner.Name)
	}
}
