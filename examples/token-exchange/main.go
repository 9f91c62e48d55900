// Token-exchange is an HTTP service whose users open Tapkey locks, like Tapkey's Java sample. It gives a user a JWT,
// which the user's app exchanges for a Tapkey token, and lists the user's grants. Set the variables that
// "go run ./cmd/tapkey sandbox" prints, and run: SIGNING_KEY="$(openssl genrsa 2048)" go run ./token-exchange < FILE
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
	"golang.org/x/crypto/bcrypt"
)

type service struct {
	Addr, OwnerID, ProviderID, LockID string            // listen address; Tapkey ids: account, identity provider, lock
	Issuer, Audience, AppClientID     string            // as registered with Tapkey, like the public key
	Users                             map[string]string // bcrypt hashes of the passwords, by user
	subject                           auth.Subject      // signs the JWTs
	tapkey                            *client.Client
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	key, keyErr := jwt.ParseRSAPrivateKeyFromPEM([]byte(os.Getenv("SIGNING_KEY")))
	c, clientErr := client.New(client.FromEnv(), client.WithScopes(
		"write:ip:users", "read:core:entities", "write:core:entities", "read:grants", "write:grants"))
	s := service{tapkey: c}
	configErr := json.NewDecoder(os.Stdin).Decode(&s)
	listener, listenErr := new(net.ListenConfig).Listen(ctx, "tcp", s.Addr)
	if err := errors.Join(keyErr, clientErr, configErr, listenErr); err != nil {
		log.Fatal(err)
	}
	s.subject = auth.Subject{Issuer: s.Issuer, Audience: s.Audience, ClientID: s.AppClientID, Key: key, Lifetime: time.Hour}
	if _, err := s.subject.Sign("anyone"); err != nil || s.Addr == "" {
		log.Fatal(cmp.Or(err, errors.New("addr is missing")))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /user/tapkey-token", s.forUser(s.token))
	mux.HandleFunc("GET /user/grants", s.forUser(s.activeGrants))
	server := &http.Server{Handler: http.TimeoutHandler(mux, 30*time.Second, "Tapkey did not respond in time\n"),
		ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute}
	log.Printf("serving http://%s", listener.Addr())
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	if err := server.Serve(listener); ctx.Err() == nil {
		log.Fatal(err)
	}
	stop()                                          // a second signal terminates the process
	_ = server.Shutdown(context.WithoutCancel(ctx)) // waits for requests in flight
}

// forUser authenticates the user, calls handle with the user's contact and responds with the result.
func (s *service) forUser(handle func(context.Context, tapkey.Contact) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if bcrypt.CompareHashAndPassword([]byte(s.Users[user]), []byte(password)) != nil {
			w.Header().Set("WWW-Authenticate", `Basic realm="users"`)
			http.Error(w, "unknown user or wrong password", http.StatusUnauthorized)
			return
		}
		var value any
		contact, err := s.contact(r.Context(), user)
		if err == nil {
			value, err = handle(r.Context(), contact)
		}
		if err != nil {
			log.Print(err) // names the failed operation; contains no secrets
			http.Error(w, "the request to Tapkey failed", http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(value) // fails only if the user has disconnected
	}
}

// contact returns the contact of a user. If there is none, it registers the user and creates the contact.
func (s *service) contact(ctx context.Context, user string) (tapkey.Contact, error) {
	theirs := odata.And(odata.Eq("ipId", s.ProviderID), odata.Eq("ipUserId", user)).String()
	for contact, err := range s.tapkey.AllContacts(ctx, s.OwnerID, &tapkey.ListContactsParams{Filter: &theirs}) {
		return contact, err
	}
	_, err := s.tapkey.CreateIdentityProviderUser(ctx, s.OwnerID, s.ProviderID,
		tapkey.IdentityProviderUserCreate{IPID: &s.ProviderID, IPUserID: user})
	if err != nil && !errors.Is(err, api.ErrConflict) { // conflict: already registered
		return tapkey.Contact{}, err
	}
	return s.tapkey.CreateContact(ctx, s.OwnerID, tapkey.ContactCreate{IPID: &s.ProviderID, IPUserID: &user})
}

// token returns a signed JWT. It first creates a grant, unless the contact has or had one.
func (s *service) token(ctx context.Context, contact tapkey.Contact) (any, error) {
	theirs := odata.Eq("contactId", contact.ID).String()
	grants, err := s.tapkey.ListGrants(ctx, s.OwnerID, &tapkey.ListGrantsParams{Filter: &theirs})
	if err == nil && len(grants) == 0 {
		_, err = s.tapkey.CreateGrant(ctx, s.OwnerID, tapkey.GrantCreate{BoundLockID: s.LockID, ContactID: &contact.ID})
	}
	if err != nil {
		return nil, err
	}
	token, err := s.subject.Sign(contact.IPUserID)
	return map[string]string{"externalToken": token}, err
}

func (s *service) activeGrants(ctx context.Context, contact tapkey.Contact) (any, error) {
	active := odata.And(odata.Eq("contactId", contact.ID), odata.Eq("active", true)).String()
	return s.tapkey.ListGrants(ctx, s.OwnerID, &tapkey.ListGrantsParams{Filter: &active})
}
