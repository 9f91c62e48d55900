package redis_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth/internal/storetest"
	tapkeyredis "github.com/tapkey-go/tapkey-go/auth/redis"
	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
	"github.com/tapkey-go/tapkey-go/client"
)

const key = "00000000000000000000000000000000000000000000000000000000000000aa"

// checkLoad checks that a token is in the store. "" means that there is none.
func checkLoad(t *testing.T, store client.TokenStore, key, want string) {
	t.Helper()
	token, err := store.Load(t.Context(), key)
	if err != nil || (token == nil) != (want == "") || token != nil && token.AccessToken != want {
		t.Errorf("Load: got token %v and error %v, want %q", token, err, want)
	}
}

func TestStore(t *testing.T) {
	address := startRedis(t)
	c := newClient(t, address, nil)
	var mu sync.Mutex
	var operations []string
	store := newStore(t, c, tapkeyredis.WithPrefix("test:"), tapkeyredis.WithObserver(func(_ context.Context, o tapkeyredis.Operation) {
		mu.Lock()
		defer mu.Unlock()
		text := o.Name
		if o.Found {
			text += " found"
		}
		if o.Err != nil {
			text += " failed"
		}
		operations = append(operations, text)
	}))
	checkLoad(t, store, key, "")
	save := func(token *oauth2.Token, wantErr bool) {
		t.Helper()
		if err := store.Save(t.Context(), key, token); (err != nil) != wantErr {
			t.Errorf("Save: got error %v, want one: %t", err, wantErr)
		}
	}
	lifetime := func(least, most time.Duration) {
		t.Helper()
		if got := c.PTTL(t.Context(), "test:"+key).Val(); got < least || got > most {
			t.Errorf("got lifetime %v in Redis, want %v to %v", got, least, most)
		}
	}
	save(&oauth2.Token{AccessToken: "first", Expiry: time.Now().Add(time.Hour)}, false)
	checkLoad(t, store, key, "first")
	lifetime(59*time.Minute, time.Hour)
	checkLoad(t, newStore(t, c), key, "") // another prefix

	save(&oauth2.Token{AccessToken: "expired", Expiry: time.Now().Add(-time.Second)}, true)
	checkLoad(t, store, key, "first")
	save(&oauth2.Token{AccessToken: "with-refresh", RefreshToken: "refresh", Expiry: time.Now().Add(-time.Second)}, false)
	checkLoad(t, store, key, "with-refresh")
	lifetime(-1, -1) // no expiry
	save(&oauth2.Token{AccessToken: "without-expiry"}, false)
	checkLoad(t, store, key, "without-expiry")

	unlock, err := store.Lock(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := store.Lock(ctx, key); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Lock of a locked key: got error %v, want context.DeadlineExceeded", err)
	}
	if got := c.PTTL(t.Context(), "test:"+key+":lock").Val(); got <= 0 || got > 10*time.Second {
		t.Errorf("got lifetime %v of the lock, want at most 10s", got)
	}
	// The lock has expired, and another process has it: unlock must not remove it.
	if err := c.Set(t.Context(), "test:"+key+":lock", "of another process", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	unlock()
	if got := c.Get(t.Context(), "test:"+key+":lock").Val(); got != "of another process" {
		t.Errorf("after unlock: got lock %q, want that of another process", got)
	}
	got := strings.Join(operations, ", ")
	want := "load, save, load found, save failed, load found, save, load found, save, load found, lock, lock failed, unlock"
	if got != want {
		t.Errorf("got the operations %s, want %s", got, want)
	}
}

// Fifty processes that start at once send one token request, and one more after the token was
// revoked.
func TestFiftyProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("50 processes: not run (-short)")
	}
	address, server := startRedis(t), startSandbox(t)
	processes := make([]*storetest.Process, 50)
	for i := range processes {
		processes[i] = storetest.Start(t, server, address)
	}
	for round := 1; round <= 3; round++ {
		for _, p := range processes {
			p.Call(t)
		}
		for _, p := range processes {
			p.Expect(t, "ok")
		}
		if got := server.TokenRequests(); got != round {
			t.Errorf("after round %d: got %d token requests, want %d", round, got, round)
		}
		server.RevokeTokens()
	}
}

// A process that is killed while it holds the lock delays the others until the lock expires.
func TestKilledHolder(t *testing.T) {
	if testing.Short() {
		t.Skip("a lock that expires: not run (-short)")
	}
	address, server := startRedis(t), startSandbox(t)
	c := newClient(t, address, nil)
	first := storetest.Start(t, server, address)
	first.Call(t)
	first.Expect(t, "ok")
	keys, err := c.Keys(t.Context(), tapkeyredis.DefaultPrefix+"*").Result()
	if err != nil || len(keys) != 1 {
		t.Fatalf("got the keys %v and error %v, want one", keys, err)
	}
	// What the process would leave: its lock, with a second of its lifetime, and no token.
	if err := errors.Join(c.Del(t.Context(), keys[0]).Err(), c.Set(t.Context(), keys[0]+":lock", "killed", time.Second).Err()); err != nil {
		t.Fatal(err)
	}
	var others []*storetest.Process
	for range 5 {
		p := storetest.Start(t, server, address)
		p.Call(t)
		others = append(others, p)
	}
	for _, p := range others {
		p.Expect(t, "ok")
	}
	if got := server.TokenRequests(); got != 2 {
		t.Errorf("got %d token requests, want 2", got)
	}
}

// proxy forwards connections to a Redis and delays each of its responses.
func proxy(t *testing.T, address string, delay time.Duration) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			down, err := listener.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", address)
			if err != nil {
				_ = down.Close()
				return
			}
			go func() {
				defer up.Close()
				_, _ = io.Copy(up, down)
			}()
			go func() {
				defer down.Close()
				buffer := make([]byte, 64<<10)
				for {
					n, err := up.Read(buffer)
					if err != nil {
						return
					}
					time.Sleep(delay)
					if _, err := down.Write(buffer[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// fewAttempts are the options that the documentation recommends.
func fewAttempts(o *redis.Options) {
	o.DialTimeout, o.DialerRetries, o.MaxRetries, o.ContextTimeoutEnabled = 500*time.Millisecond, 1, -1, true
}

// garbage is a server that responds to everything with bytes that are not those of Redis.
func garbage(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n\x00\xff")
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

// aesKey returns an encryption key.
func aesKey(t *testing.T, fill byte) tokenstore.EncryptionKey {
	t.Helper()
	k, err := tokenstore.NewAESKey("key", bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Whatever happens to Redis, every call works, and the log says why the store was not used.
func TestBrokenRedis(t *testing.T) {
	if testing.Short() {
		t.Skip("a slow Redis: not run (-short)")
	}
	address := startRedis(t)
	protected := startRedis(t, "--requirepass", "the-passw0rd")
	readOnly := startRedis(t, "--replicaof", "127.0.0.1 1")
	full := startRedis(t, "--maxmemory", "1", "--maxmemory-policy", "noeviction")
	c := newClient(t, address, nil)
	fill := func(command func(key string) redis.Cmder) func(t *testing.T) {
		return func(t *testing.T) {
			t.Helper()
			keys, err := c.Keys(t.Context(), tapkeyredis.DefaultPrefix+"*").Result()
			if err != nil || len(keys) != 1 {
				t.Fatalf("got the keys %v and error %v, want one", keys, err)
			}
			c.Del(t.Context(), keys[0])
			if err := command(keys[0]).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	ctx := context.Background()
	for name, test := range map[string]struct {
		address string
		options func(*redis.Options)
		prepare func(t *testing.T) // after a first client has saved a token
		keys    []tokenstore.EncryptionKey
		want    string // in the log
		heals   bool   // another client then uses the token that was saved
	}{
		"down":               {freeAddress(t), nil, nil, nil, "no result within 1s", false},
		"down, few attempts": {freeAddress(t), fewAttempts, nil, nil, "connection refused", false},
		"slow":               {proxy(t, address, 1500*time.Millisecond), nil, nil, nil, "within 1s", false},
		"not Redis":          {garbage(t), nil, nil, nil, "redis: ", false},
		"a password":         {protected, nil, nil, nil, "the server returned NOAUTH", false},
		"a replica":          {readOnly, nil, nil, nil, "the server returned READONLY", false},
		"full":               {full, nil, nil, nil, "the server returned OOM", false},
		"text":               {address, nil, fill(func(k string) redis.Cmder { return c.Set(ctx, k, "garbage of the-t0ken", 0) }), nil, "not valid JSON", true},
		"binary":             {address, nil, fill(func(k string) redis.Cmder { return c.Set(ctx, k, "\x00\xff\xfe", 0) }), nil, "not valid JSON", true},
		"a list":             {address, nil, fill(func(k string) redis.Cmder { return c.RPush(ctx, k, "x") }), nil, "the server returned WRONGTYPE", true},
		"a hash":             {address, nil, fill(func(k string) redis.Cmder { return c.HSet(ctx, k, "x", "y") }), nil, "the server returned WRONGTYPE", true},
		"10 MiB":             {address, nil, fill(func(k string) redis.Cmder { return c.Set(ctx, k, strings.Repeat("x", 10<<20), 0) }), nil, "too large", true},
		"another key": {address, nil, fill(func(k string) redis.Cmder {
			return c.Set(ctx, k, `{"key":"aa","access_token":"the-t0ken","expiry":"2100-01-01T00:00:00Z"}`, 0)
		}), nil, "belongs to another key", true},
		"expired":          {address, nil, fill(func(k string) redis.Cmder { return c.Set(ctx, k, `{}`, 0) }), nil, "belongs to another key", true},
		"not encrypted":    {address, nil, func(*testing.T) {}, []tokenstore.EncryptionKey{aesKey(t, 1)}, "not encrypted", true},
		"wrong encryption": {address, nil, nil, []tokenstore.EncryptionKey{aesKey(t, 2)}, "cannot be decrypted", true},
	} {
		t.Run(name, func(t *testing.T) {
			server := startSandbox(t)
			var log bytes.Buffer
			newAPI := func(store client.TokenStore) *client.Client {
				t.Helper()
				api, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithBaseURL(server.BaseURL()),
					client.WithTokenURL(server.TokenURL()), client.WithTokenStore(store), client.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
				if err != nil {
					t.Fatal(err)
				}
				return api
			}
			call := func(api *client.Client) {
				t.Helper()
				if _, err := api.ListOwners(t.Context()); err != nil {
					t.Errorf("got error %v, want none", err)
				}
			}
			var store client.TokenStore = newStore(t, newClient(t, test.address, test.options))
			c.FlushAll(t.Context())
			if test.keys != nil && test.prepare == nil { // encrypted with another key
				call(newAPI(encrypt(t, store, aesKey(t, 1))))
			} else if test.prepare != nil {
				call(newAPI(store))
				test.prepare(t)
			}
			if test.keys != nil {
				store = encrypt(t, store, test.keys...)
			}
			before := server.TokenRequests()
			api := newAPI(store)
			for range 3 {
				call(api)
			}
			if got := server.TokenRequests() - before; got != 1 {
				t.Errorf("got %d token requests, want 1", got)
			}
			if !strings.Contains(log.String(), test.want) {
				t.Errorf("got log %q, want %q in it", &log, test.want)
			}
			for _, secret := range []string{server.ClientSecret(), "t0ken", "passw0rd", "eyJ"} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("got log %q, want it without %q", &log, secret)
				}
			}
			call(newAPI(store))
			want := 2
			if test.heals {
				want = 1
			}
			if got := server.TokenRequests() - before; got != want {
				t.Errorf("with another client: got %d token requests, want %d", got, want)
			}
		})
	}
}

func encrypt(t *testing.T, store client.TokenStore, keys ...tokenstore.EncryptionKey) client.TokenStore {
	t.Helper()
	encrypted, err := tokenstore.Encrypt(store, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return encrypted
}

func TestNewRejects(t *testing.T) {
	if _, err := tapkeyredis.New(nil); err == nil {
		t.Error("nil client: got no error, want one")
	}
	if _, err := tapkeyredis.New(newClient(t, "127.0.0.1:1", nil), nil); err == nil {
		t.Error("nil option: got no error, want one")
	}
}
