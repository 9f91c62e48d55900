package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// controlPath is the prefix of the control paths, see [WithControl].
const controlPath = "/_sandbox/"

// controlRoutes returns the control requests, by method and path below controlPath.
func (s *Server) controlRoutes() map[string]func(r *http.Request) (any, error) {
	done := map[string]any{}
	return map[string]func(r *http.Request) (any, error){
		"GET ": func(r *http.Request) (any, error) {
			origin := s.originFor(r)
			return map[string]any{
				"baseUrl": origin + basePath, "tokenUrl": origin + tokenPath, "clientId": s.ClientID(),
				"issuer": origin, "authorizeUrl": origin + authorizePath,
				"time": s.Time(), "faultKinds": describeFaultKinds(),
			}, nil
		},
		"GET faults": func(*http.Request) (any, error) {
			list := []controlFault{}
			for _, f := range s.Faults() {
				list = append(list, controlFault{f, f.Delay.String()})
			}
			return list, nil
		},
		"POST faults": func(r *http.Request) (any, error) {
			var f controlFault
			if err := readControl(r, &f); err != nil {
				return nil, err
			}
			if err := f.readDelay(); err != nil {
				return nil, badRequest("delay: %v", err)
			}
			if err := s.Inject(f.Fault); err != nil {
				return nil, badRequest("%v", err)
			}
			return done, nil
		},
		"DELETE faults": func(*http.Request) (any, error) { return done, s.ClearFaults() },
		"GET requests": func(*http.Request) (any, error) {
			return map[string]any{"requests": s.Requests(), "counts": s.Counts()}, nil
		},
		"DELETE requests": func(*http.Request) (any, error) { s.ForgetRequests(); return done, nil },
		"GET clock":       func(*http.Request) (any, error) { return map[string]any{"time": s.Time()}, nil },
		"PUT clock": func(r *http.Request) (any, error) {
			var to struct {
				Time    *time.Time `json:"time"`
				Advance string     `json:"advance"`
			}
			if err := readControl(r, &to); err != nil {
				return nil, err
			}
			switch {
			case to.Time != nil && to.Advance == "":
				s.SetTime(*to.Time)
			case to.Time == nil && to.Advance != "":
				d, err := time.ParseDuration(to.Advance)
				if err != nil {
					return nil, badRequest("advance: %v", err)
				}
				s.AdvanceTime(d)
			default:
				return nil, badRequest("either time or advance is required")
			}
			return map[string]any{"time": s.Time()}, nil
		},
		"POST tokens/revoke": func(*http.Request) (any, error) { s.RevokeTokens(); return done, nil },
		"POST logentries": func(r *http.Request) (any, error) {
			var entry struct {
				Owner string `json:"owner"`
				LogEntry
			}
			if err := readControl(r, &entry); err != nil {
				return nil, err
			}
			id, err := s.AddLogEntry(entry.Owner, entry.LogEntry)
			if err != nil {
				return nil, badRequest("%v", err)
			}
			return map[string]any{"id": id}, nil
		},
		"POST cards/sync": func(*http.Request) (any, error) { s.SyncCards(); return done, nil },
	}
}

// control handles a request below controlPath.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	routes := s.controlRoutes()
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, controlPath), "/")
	if serve, ok := routes[r.Method+" "+path]; ok {
		value, err := serve(r)
		if err != nil {
			responseError(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, value)
		return
	}
	var allowed []string
	for route := range routes {
		if method, other, _ := strings.Cut(route, " "); other == path {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		notFound("unknown path").write(w)
		return
	}
	slices.Sort(allowed)
	methodNotAllowed(r.Method, allowed...).write(w)
}

// readControl decodes a request body. Unknown fields are an error.
func readControl(r *http.Request, into any) error {
	if err := checkMediaType(r); err != nil {
		return err
	}
	decoder := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return badRequest("invalid body: %v", err)
	}
	return nil
}

// controlFault is a fault in JSON. Its delay is a string such as "250ms".
type controlFault struct {
	Fault
	DelayText string `json:"delay,omitempty"`
}

func (f *controlFault) readDelay() error {
	if f.DelayText == "" {
		return nil
	}
	var err error
	f.Delay, err = time.ParseDuration(f.DelayText)
	return err
}

// controlFaultKind is a kind of fault in JSON.
type controlFaultKind struct {
	Name  FaultKind `json:"name"`
	About string    `json:"about"`
}

func describeFaultKinds() []controlFaultKind {
	var kinds []controlFaultKind
	for _, kind := range FaultKinds() {
		kinds = append(kinds, controlFaultKind{kind, kind.About()})
	}
	return kinds
}
