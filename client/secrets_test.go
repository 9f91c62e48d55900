package client_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// echo returns a handler that echoes the credentials and the body of the request in the header
// and in the body of the response.
func echo(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		received := req.Header.Get("Authorization") + " " + string(body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Echo", received)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"echo": received, "error": "invalid_client", "error_description": "received " + received})
	}
}

func TestExportedTypesShowNoSecret(t *testing.T) {
	rejecting := newService(t, echo(http.StatusBadRequest), nil)
	_, tokenErr := rejecting.client(t).ListOwners(t.Context())
	failing := newService(t, nil, echo(http.StatusConflict))
	c := failing.client(t)
	_, apiErr := c.CreateGrant(t.Context(), "1", tapkey.GrantCreate{BoundLockID: "l0ck"})
	unreachable := failing.client(t, client.WithTokenURL("http://127.0.0.1:1/token"))
	_, netErr := unreachable.ListOwners(t.Context())
	_, configErr := client.New(client.WithCredentials("the-id", "the-s3cret\n"))
	if tokenErr == nil || apiErr == nil || netErr == nil || configErr == nil {
		t.Fatalf("got errors %v, %v, %v and %v, want four errors", tokenErr, apiErr, netErr, configErr)
	}
	values := map[string]any{
		"client": c, "client by value": *c, "API": c.API, "option": client.WithCredentials("the-id", "the-s3cret"),
		"token error": tokenErr, "API error": apiErr, "network error": netErr, "configuration error": configErr,
		"operation": tapkey.Operations()[0], "settings": api.Settings{},
		"findings":  append(doctor.Explain(tokenErr), doctor.Explain(apiErr)...),
		"diagnosis": doctor.Diagnose(t.Context(), rejecting.client(t), doctor.Options{}),
	}
	for name, value := range values {
		var b strings.Builder
		fmt.Fprintf(&b, "%v\n%+v\n%#v\n", value, value, value)
		for _, handler := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
			slog.New(handler).Info("value", "value", value)
		}
		if encoded, err := json.Marshal(value); err == nil {
			b.Write(encoded)
		}
		for _, secret := range []string{"s3cret", "the-token", "czNjcmV0"} { // the last is the first in base64
			if strings.Contains(b.String(), secret) {
				t.Errorf("%s: got %s, want no %s in it", name, b.String(), secret)
			}
		}
	}
}
