package profile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/zalando/go-keyring"
)

const (
	service = "tapkey"

	// keyringTimeout limits an operation of the keyring, which may ask the user for a password.
	keyringTimeout = time.Minute
)

// user returns the name of the entry of a profile in the keyring.
func (d Dir) user(name string) string { return name + " in " + d.path }

// useKeyring runs an operation of the keyring. The libraries of the operating systems cannot
// be interrupted: an operation that is given up ends with the process.
func useKeyring[T any](ctx context.Context, operation func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	if err := haveKeyring(); err != nil {
		return none, err
	}
	done := make(chan result, 1)
	go func() {
		value, err := operation()
		done <- result{value, err}
	}()
	timer := time.NewTimer(keyringTimeout)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-timer.C:
		return none, fmt.Errorf("no response within %v", keyringTimeout)
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// haveKeyring returns an error if it is known that there is no keyring. Without a session bus,
// the library would start one.
func haveKeyring() error {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return nil
	}
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" && address != "autolaunch:" {
		return nil
	}
	if _, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), "bus")); err == nil {
		return nil
	}
	return errors.New("there is no D-Bus session")
}

func (d Dir) setKey(ctx context.Context, name, key string) error {
	_, err := useKeyring(ctx, func() (struct{}, error) {
		return struct{}{}, keyring.Set(service, d.user(name), key)
	})
	return err
}

func (d Dir) key(ctx context.Context, name string) (string, error) {
	return useKeyring(ctx, func() (string, error) { return keyring.Get(service, d.user(name)) })
}

func (d Dir) deleteKey(ctx context.Context, name string) error {
	_, err := useKeyring(ctx, func() (struct{}, error) {
		return struct{}{}, keyring.Delete(service, d.user(name))
	})
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}
