package redis_test

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	tapkeyredis "github.com/tapkey-go/tapkey-go/auth/redis"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// The replicas of a service share a token in Redis. Here no Redis runs: a call does not fail
// because of a store.
func Example() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	connection := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
	defer connection.Close()
	store, err := tapkeyredis.New(connection)
	if err != nil {
		panic(err)
	}
	c, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithTokenStore(store),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()))
	if err != nil {
		panic(err)
	}
	owners, err := c.ListOwners(context.Background())
	fmt.Println(len(owners), err)
	// Output:
	// 4 <nil>
}
