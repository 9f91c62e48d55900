package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/tapkey-go/tapkey-go/bench/internal/data"
	"github.com/tapkey-go/tapkey-go/bench/internal/wire"
)

// TestItemCalls checks that each call counts the items that it reads.
func TestItemCalls(t *testing.T) {
	for _, n := range []int{1, 10, 1000} {
		calls, err := itemCalls(n)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range calls {
			if err := call.do(t.Context()); err != nil {
				t.Errorf("%d items, %s: %v", n, call.name, err)
			}
		}
	}
}

func TestInterleave(t *testing.T) {
	var got []string
	call := func(name string) scaleCall {
		return scaleCall{name, func(context.Context) error {
			got = append(got, name)
			return nil
		}}
	}
	samples, err := interleave(t.Context(), []scaleCall{call("a"), call("b")}, 2, 2)
	if err != nil || len(samples) != 2 || len(samples[0]) != 2 || len(samples[1]) != 2 {
		t.Errorf("got samples %v, error %v, want two of each", samples, err)
	}
	if want := []string{"a", "a", "b", "b"}; !slices.Equal(got, slices.Concat(want, want, want)) {
		t.Errorf("got calls %v, want three times %v", got, want)
	}
	failure := errors.New("no")
	if _, err := interleave(t.Context(), []scaleCall{{"a", func(context.Context) error { return failure }}}, 1, 1); !errors.Is(err, failure) {
		t.Errorf("got error %v, want %v", err, failure)
	}
}

// TestAlternate checks that batches take their turn, and that all batches of a call are as long.
func TestAlternate(t *testing.T) {
	var batches []string
	call := func(name string) scaleCall {
		return scaleCall{name, func(context.Context) error {
			if len(batches) == 0 || batches[len(batches)-1] != name {
				batches = append(batches, name)
			}
			return nil
		}}
	}
	samples, err := alternate(t.Context(), []scaleCall{call("a"), call("b")}, 3)
	if err != nil || len(samples) != 2 || len(samples[0]) != 3 || len(samples[1]) != 3 {
		t.Errorf("got samples %v, error %v, want three of each", samples, err)
	}
	if want := []string{"a", "b"}; !slices.Equal(batches, slices.Concat(want, want, want, want)) {
		t.Errorf("got batches %v, want four times %v", batches, want)
	}
}

// TestTLS checks that the server speaks the version of HTTP that a row is named after.
func TestTLS(t *testing.T) {
	for _, want := range []int{1, 2} {
		server, transport := wire.TLS(data.One(data.Owner), want)
		defer server.Close()
		rsp, err := (&http.Client{Transport: transport}).Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		rsp.Body.Close()
		if rsp.ProtoMajor != want || rsp.TLS == nil {
			t.Errorf("got %s, TLS %t, want HTTP/%d with TLS", rsp.Proto, rsp.TLS != nil, want)
		}
	}
}
