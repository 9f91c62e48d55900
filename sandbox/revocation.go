package sandbox

import "net/http"

// serveRevocation serves the revocation endpoint of RFC 7009. The revocation of a refresh
// token revokes the access tokens that were issued for the same authorization, too. An
// unknown token is no error. The parameter token_type_hint is ignored.
func (s *identity) serveRevocation(w http.ResponseWriter, r *http.Request) {
	noStore(w)
	if err := s.revoke(w, r); err != nil {
		err.write(w)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (s *identity) revoke(w http.ResponseWriter, r *http.Request) *tokenError {
	client, form, err := s.clientRequest(w, r)
	if err != nil {
		return err
	}
	value := form.Get("token")
	if value == "" {
		return &tokenError{"invalid_request", "token is missing"}
	}
	foreign := &tokenError{"invalid_grant", "the token was issued to another client"}
	if found, err := s.tokens.verify(value); err == nil {
		if found.client != client {
			return foreign
		}
		s.tokens.revoke(found.id)
		return nil
	}
	if found, ok := s.refreshTokens.get(value); ok {
		if found.client != client.ID {
			return foreign
		}
		s.tokens.end(found.id)
	}
	return nil
}
