package sandbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	server "github.com/tapkey-go/tapkey-go/internal/tapkeyserver"
)

// Server is a running sandbox. Its methods are safe for concurrent use.
type Server struct {
	config   config
	clock    *clock
	journal  *journal
	store    *store
	identity *identity
	faults   *faults
	router   *router
	secrets  secrets
	origin   string // scheme, host and port

	gate      *gate
	authority *x509.Certificate  // nil without TLS
	closeHTTP func() error       // closes the http.Server, whose buffers hold tokens
	stop      context.CancelFunc // cancels the context of all requests
	running   sync.WaitGroup     // the accept loop and the connections
	closeOnce sync.Once
	closeErr  error
}

// Start starts a sandbox. [Server.Close] stops it. Start returns an error if the sandbox
// cannot listen on its address or if the options are invalid.
func Start(opts ...Option) (*Server, error) {
	cfg := config{addr: "127.0.0.1:0", tokenLifetime: time.Hour, timeouts: defaultTimeouts()}
	for _, opt := range opts {
		opt(&cfg)
	}
	cfg.clients = append(defaultClients(cfg.redirectURIs), cfg.clients...)
	if cfg.owners == nil && cfg.generated == nil {
		cfg.owners = defaultOwners()
	}
	if cfg.people == nil {
		cfg.people = []Person{cfg.defaultPerson()}
	}
	s := &Server{
		config:  cfg,
		clock:   newClock(),
		journal: newJournal(),
		faults:  newFaults(),
		router:  newRouter(tapkey.Operations()),
	}
	var err error
	if s.store, err = newStore(cfg, s.clock); err != nil {
		return nil, err
	}
	s.buildHandlers()
	if err := s.listen(); err != nil {
		return nil, err
	}
	for _, fault := range cfg.faults {
		if err := s.Inject(fault); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// listen opens the address and starts serving.
func (s *Server) listen() error {
	clients, err := indexClients(s.config.clients)
	if err != nil {
		return err
	}
	s.secrets = takeSecrets(s.config.clients, clients)
	people, err := takePeople(s.config.people)
	if err != nil {
		return err
	}
	if s.gate, err = listen(s.config.addr, s.config.nonLoopback); err != nil {
		return err
	}
	var listener net.Listener = s.gate
	scheme := "http://"
	if s.config.tls {
		scheme = "https://"
		certificates, err := newCertificates(s.gate.addr.Addr())
		if err != nil {
			return errors.Join(err, s.gate.Close())
		}
		s.authority = certificates.authority
		listener = tls.NewListener(s.gate, &tls.Config{
			Certificates: []tls.Certificate{certificates.server},
			MinVersion:   tls.VersionTLS12,
		})
	}
	s.origin = scheme + reachableAddr(s.gate.addr).String()
	s.identity = s.newIdentity(clients, people)
	s.serve(listener)
	return nil
}

// validHost matches a host with an optional port that is safe in every document.
var validHost = regexp.MustCompile(`^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?$`)

// originFor returns the origin of the URLs in the response to a request. A sandbox that
// listens on all interfaces is reached through mapped ports and names that it cannot know:
// there, the origin is that of the request.
func (s *Server) originFor(r *http.Request) string {
	if !s.gate.addr.Addr().IsUnspecified() || !validHost.MatchString(r.Host) {
		return s.origin
	}
	scheme, _, _ := strings.Cut(s.origin, "://")
	return scheme + "://" + r.Host
}

// reachableAddr returns the address at which a listener can be reached from this
// computer.
func reachableAddr(addr netip.AddrPort) netip.AddrPort {
	if addr.Addr().IsUnspecified() {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), addr.Port())
	}
	return addr
}

// buildHandlers connects the router to the operations by the generated code.
func (s *Server) buildHandlers() {
	strict := server.NewStrictHandlerWithOptions(
		service{store: s.store, clock: s.clock},
		[]server.StrictMiddlewareFunc{queryLists},
		server.StrictHTTPServerOptions{RequestErrorHandlerFunc: requestError, ResponseErrorHandlerFunc: responseError},
	)
	server.HandlerWithOptions(strict, server.StdHTTPServerOptions{
		BaseURL:          basePath,
		BaseRouter:       s.router,
		ErrorHandlerFunc: requestError,
	})
}

func (s *Server) serve(listener net.Listener) {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	httpServer := &http.Server{
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, conn)
		},
		Handler:           http.HandlerFunc(s.handle),
		ReadHeaderTimeout: s.config.timeouts.header, // for the body, see receiveBody
		IdleTimeout:       s.config.timeouts.idle,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				s.running.Add(1)
			case http.StateClosed:
				s.running.Done()
			}
		},
	}
	// While new connections are refused, open ones must not be used either.
	s.gate.notify = httpServer.SetKeepAlivesEnabled
	s.closeHTTP = httpServer.Close
	s.running.Go(func() { _ = httpServer.Serve(listener) })
}

// handle serves one request. It routes the request, records it, receives its body, applies
// the injected faults, and checks token and permissions before the generated code handles it.
// Requests about the sandbox are neither recorded nor faulty.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "Tapkey-Sandbox")
	w.Header().Set("Date", s.clock.now().UTC().Format(http.TimeFormat))
	if serve := s.about(r.URL.Path); serve != nil {
		if err := receiveBody(w, r, s.config.timeouts.body); err != nil {
			responseError(w, r, err)
			return
		}
		serve(w, r)
		return
	}
	operation, next := s.route(r)
	entry := s.journal.begin(r, operation)
	w = &statusRecorder{w, s.journal, entry}
	if err := receiveBody(w, r, s.config.timeouts.body); err != nil {
		responseError(w, r, err)
		return
	}
	next, kinds := s.faults.apply(operation, next)
	if kinds != "" {
		s.journal.setFault(entry, kinds)
		w.Header().Set("Sandbox-Fault", kinds) // tells the response from a real one
	}
	next(w, r)
}

// route returns the operation of a request, for the journal, and its handler.
func (s *Server) route(r *http.Request) (string, http.HandlerFunc) {
	if name, handler := s.identity.endpoint(r.URL.Path); handler != nil {
		return name, handler
	}
	found, err := s.router.find(r)
	if err != nil {
		return "", func(w http.ResponseWriter, r *http.Request) { responseError(w, r, err) }
	}
	return found.operation.ID, func(w http.ResponseWriter, r *http.Request) {
		ctx, err := s.authorize(r, found.operation)
		var nulls []string
		if err == nil {
			nulls, err = checkRequest(w, r, found.operation.ID)
		}
		if err != nil {
			responseError(w, r, err)
			return
		}
		if nulls != nil {
			ctx = context.WithValue(ctx, nullsKey{}, nulls)
		}
		found.handler(w, r.WithContext(ctx))
	}
}

// BaseURL returns the base URL of the API, such as http://127.0.0.1:40123/api/v1.
func (s *Server) BaseURL() string { return s.origin + basePath }

// Issuer returns the URL of the identity server, such as http://127.0.0.1:40123. Discovery
// is below it.
func (s *Server) Issuer() string { return s.origin }

// AuthorizeURL returns the URL of the authorization endpoint, such as
// http://127.0.0.1:40123/connect/authorize.
func (s *Server) AuthorizeURL() string { return s.origin + authorizePath }

// TokenURL returns the URL of the token endpoint, such as http://127.0.0.1:40123/connect/token.
func (s *Server) TokenURL() string { return s.origin + tokenPath }

// ClientID returns the client id of the default client. Its service account has the role
// Owner in every owner account.
func (s *Server) ClientID() string { return s.registered(0).ID }

// ClientSecret returns the client secret of the default client.
func (s *Server) ClientSecret() string { return s.registered(0).Secret }

// Close stops the sandbox and waits for its goroutines. It aborts requests in flight.
// Calling Close again has no effect.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		s.stop()
		s.closeErr = s.closeHTTP()
		s.running.Wait()
	})
	return s.closeErr
}

// service implements the operations. There is one file per resource.
type service struct {
	store *store
	clock *clock
}

var _ server.StrictServerInterface = service{}

// callKey is the context key of a request's call.
type callKey struct{}

// call is the caller of a request and the owner account that the request is about.
type call struct {
	user    principal
	person  bool     // the user is not a service account
	account *account // nil for requests that are not about one owner account
	role    string   // of the user in the owner account
}

// callOf returns the call of a request, which authorize has put into the context.
func callOf(ctx context.Context) call {
	c, _ := ctx.Value(callKey{}).(call)
	return c
}

// accountOf returns the owner account of a request below /Owners/{ownerAccountId}.
func accountOf(ctx context.Context) *account { return callOf(ctx).account }

// nullsKey is the context key of the fields of a body that are null.
type nullsKey struct{}

// isNull reports whether a field of the body of a request is null.
func isNull(ctx context.Context, field string) bool {
	nulls, _ := ctx.Value(nullsKey{}).([]string)
	return slices.Contains(nulls, field)
}
