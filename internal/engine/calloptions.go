package engine

import (
	"context"
	"net/http"

	"github.com/tapkey-go/tapkey-go/api"
)

// CallOptions are options of a single call, which its context carries.
type CallOptions interface {
	// Settings returns s with the changes of the options.
	Settings(s api.Settings) api.Settings

	// Edit edits the request of the call after all request editors. An error means that an
	// option is invalid or a request editor failed.
	Edit(context.Context, *http.Request) error
}

// callOptionsKey is the key of the CallOptions in a context.
type callOptionsKey struct{}

// ContextWithCallOptions returns a copy of ctx with options in place of those of ctx.
func ContextWithCallOptions(ctx context.Context, options CallOptions) context.Context {
	return context.WithValue(ctx, callOptionsKey{}, options)
}

// CallOptionsFrom returns the options of ctx, or nil.
func CallOptionsFrom(ctx context.Context) CallOptions {
	options, _ := ctx.Value(callOptionsKey{}).(CallOptions)
	return options
}

// settingsOf returns the settings of a call with the context ctx.
func settingsOf(ctx context.Context, s api.Settings) api.Settings {
	if options := CallOptionsFrom(ctx); options != nil {
		return options.Settings(s)
	}
	return s
}

// maxBytes returns the maximum size of a response.
func maxBytes(rsp *http.Response, s api.Settings) int64 {
	if rsp.Request != nil {
		s = settingsOf(rsp.Request.Context(), s)
	}
	return maxResponseBytes(s)
}
