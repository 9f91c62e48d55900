// Command calls makes N calls over an in-memory transport, without garbage collection. Under
// valgrind, it counts instructions:
//
//	calls CASE CLIENT N
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/tapkey-go/tapkey-go/bench/internal/cases"
	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/wire"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: calls CASE CLIENT N")
	}
	n, err := strconv.Atoi(os.Args[3])
	if err == nil {
		err = run(os.Args[1], os.Args[2], n)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(name, client string, n int) error {
	debug.SetGCPercent(-1)
	for _, c := range cases.All() {
		if c.Name != name {
			continue
		}
		all, err := clients.All(clients.Server{URL: "https://api.example.test/api/v1", Transport: wire.Memory(c.Response())})
		if err != nil {
			return err
		}
		for _, cl := range all {
			if call := c.Call(cl); cl.Name == client && call != nil {
				for range n {
					if err := call.Check(context.Background(), c.Items); err != nil {
						return err
					}
				}
				return nil
			}
		}
	}
	return fmt.Errorf("no call %s of client %s", name, client)
}
