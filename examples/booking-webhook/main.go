// Booking-webhook receives bookings of a coworking space and makes access follow them. It responds with 204 if the booking
// is saved and access is as booked, with 4xx if sending the request again does not help, and with 503 if it does. Set the
// variables that "go run ./cmd/tapkey sandbox" prints, TAPKEY_OWNER and WEBHOOK_SECRET, and run: go run ./booking-webhook
package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/tapkey-go/tapkey-go/access"
	"github.com/tapkey-go/tapkey-go/client"
)

type booking struct {
	ID, Event   string // the event is "created", "changed" or "cancelled", and has the whole booking
	Version     int    // increases with each event of the booking, because requests may arrive out of order
	Email, Lock string
	From, Until time.Time
}

type webhook struct {
	tapkey        *client.Client
	owner, secret string
	state         *access.FileState
	mu            sync.Mutex         // one event at a time
	bookings      map[string]booking // by id, as in the file
}

func main() {
	h, err := newWebhook(os.Getenv("TAPKEY_OWNER"), os.Getenv("WEBHOOK_SECRET"), client.FromEnv())
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("POST /bookings", h)
	server := &http.Server{Addr: "127.0.0.1:8080", ReadTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe()) // may be killed: senders retry requests without a response
}

// newWebhook continues with the files in the working directory.
func newWebhook(owner, secret string, opts ...client.Option) (*webhook, error) {
	c, clientErr := client.New(append(opts, client.WithOperations("listBoundLocks", "listContacts", "listGrants",
		"createContact", "createGrant", "updateGrant", "revokeGrant"))...)
	state, stateErr := access.OpenState("bookings.state") // fails if another process uses it
	if err := errors.Join(clientErr, stateErr); err != nil || owner == "" || secret == "" {
		return nil, errors.Join(errors.New("TAPKEY_OWNER and WEBHOOK_SECRET are required"), err)
	}
	text, err := os.ReadFile("bookings.json")
	if entries, _ := state.Entries(context.Background()); len(entries) == 0 && errors.Is(err, os.ErrNotExist) {
		text, err = []byte("{}"), nil // the first start; if the file is lost later, grants must not be revoked
	}
	h := &webhook{tapkey: c, owner: owner, secret: secret, state: state}
	return h, errors.Join(err, json.Unmarshal(text, &h.bookings))
}

func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got, want := sha256.Sum256([]byte(r.Header.Get("X-Webhook-Secret"))), sha256.Sum256([]byte(h.secret))
	if subtle.ConstantTimeCompare(got[:], want[:]) == 0 {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var b booking
	status, err := http.StatusBadRequest, json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&b)
	if err == nil {
		status, err = h.receive(r.Context(), b)
	}
	if err != nil {
		log.Printf("booking %q: status %d: %v", b.ID, status, err)
	}
	w.WriteHeader(status)
}

// receive saves a booking and changes grants. It returns the status of the response.
func (h *webhook) receive(ctx context.Context, b booking) (int, error) {
	known := slices.Contains([]string{"created", "changed", "cancelled"}, b.Event)
	if !known || b.ID == "" || b.Version < 1 || b.From.IsZero() || !b.Until.After(b.From) {
		return http.StatusUnprocessableEntity, errors.New("invalid event, id, version, from or until")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if b.Version < h.bookings[b.ID].Version {
		return http.StatusNoContent, nil // a later event has been received
	}
	bookings, wants := map[string]booking{b.ID: b}, b.wants()
	own := len(wants)
	for id, other := range h.bookings {
		if id != b.ID && time.Since(other.Until) < 30*24*time.Hour {
			bookings[id], wants = other, append(wants, other.wants()...)
		}
	}
	plan, err := access.Plan(ctx, h.tapkey, h.owner, wants, access.Scope{State: h.state})
	if invalid, ok := errors.AsType[*access.WantError](err); ok && invalid.Index < own {
		return http.StatusUnprocessableEntity, err // such as an unknown lock
	} else if err != nil {
		return http.StatusServiceUnavailable, err
	}
	for _, conflict := range plan.Conflicts() {
		if slices.Contains(conflict.Refs, b.ID) {
			return http.StatusConflict, errors.New(conflict.Reason)
		}
	}
	text, _ := json.Marshal(bookings)
	if err = os.WriteFile("bookings.json.new", text, 0o600); err == nil {
		err = os.Rename("bookings.json.new", "bookings.json")
	}
	if err == nil { // forced only if no bookings are left: Apply would revoke nothing
		h.bookings = bookings
		err = plan.Apply(ctx, h.tapkey, access.Options{State: h.state, Force: len(wants) == 0})
	}
	if err != nil {
		return http.StatusServiceUnavailable, err
	}
	return http.StatusNoContent, nil
}

// wants returns the access of a booking: none if it is cancelled or has ended.
func (b booking) wants() []access.Want {
	if b.Event == "cancelled" || !b.Until.After(time.Now()) {
		return nil
	}
	return []access.Want{{Who: access.Who{Email: b.Email}, Lock: b.Lock, From: b.From, Until: b.Until, Ref: b.ID}}
}
