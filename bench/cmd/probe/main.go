// Command probe lists the owner accounts of a server once and prints how much the memory of
// its process has grown:
//
//	probe CLIENT URL
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/tapkey-go/tapkey-go/bench/internal/clients"
	"github.com/tapkey-go/tapkey-go/bench/internal/process"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: probe CLIENT URL")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(name, url string) error {
	all, err := clients.All(clients.Server{URL: url})
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Name == name {
			return measure(c.ListOwners)
		}
	}
	return fmt.Errorf("unknown client %q", name)
}

func measure(call *clients.Call) error {
	if err := process.ResetPeak(); err != nil {
		return err
	}
	before, err := process.Peak(0)
	if err != nil {
		return err
	}
	start := time.Now()
	items, err := call.Do(context.Background())
	if err != nil {
		return err
	}
	took := time.Since(start)
	after, err := process.Peak(0)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"items": items, "growth": after - before, "seconds": took.Seconds(),
	})
}
