package doctor

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// apiResponse returns the response of a failed call.
func apiResponse(failed *api.Error) *response {
	r := &response{
		status: failed.StatusCode, header: failed.Header, body: failed.Body,
		code: failed.Code, description: failed.Message, err: failed.Err,
	}
	r.challenge = parseChallenge(r.header.Values("WWW-Authenticate"))
	return r
}

// explainCall returns the possible causes of a failed call that received a response.
func explainCall(failed *api.Error) []Finding {
	r := apiResponse(failed)
	var ids []ID
	switch sent, ok := r.between(); {
	case errors.Is(failed.Err, client.ErrHeaderReplaced):
		ids = []ID{HeaderReplaced}
	case ok:
		ids = []ID{sent}
	case r.status == http.StatusUnauthorized || r.status == http.StatusForbidden:
		ids = r.unauthorized(strings.Contains(failed.Path, "{ownerAccountId}"), failed.SentBearer)
	case r.challenge.err != "": // RFC 6750 allows an error with 400 as well
		ids = r.tokenRefused(failed.SentBearer)
	case r.status == http.StatusBadRequest && failed.SentBearer && noToken.MatchString(r.words()) && aboutHeader.MatchString(r.words()):
		ids = []ID{HeaderStripped, RequestRefused}
	default:
		ids = []ID{r.requestRefused(failed)}
	}
	if i := slices.Index(ids, ScopeMissing); i > 0 && errors.Is(failed.Err, client.ErrScopeNotRequested) {
		ids = slices.Insert(slices.Delete(ids, i, i+1), 0, ScopeMissing)
	}
	return findings(r.callEvidence(failed), ids...)
}

// requestRefused returns the finding for a response that says that the request is wrong.
func (r *response) requestRefused(failed *api.Error) ID {
	switch code := normal(r.code); {
	case r.status < 400:
		return UnexpectedResponse
	case strings.Contains(code, "icaltoocomplex"), strings.Contains(normal(r.words()), "icaltoocomplex"):
		return ScheduleTooComplex
	case failed.Operation == "createGrant" || failed.Operation == "updateGrant":
		if strings.Contains(code, "duplicate") || oneGrant.MatchString(r.words()) {
			return GrantExists
		}
	case notThere(r.status) && (failed.Operation == "listOwners" || r.kind() == kindJSON && r.generic()):
		return WrongAddress // GET /Owners names nothing that could be missing
	}
	return RequestRefused
}

// oneGrant matches what the API says about a second grant for a lock and a user or card.
var oneGrant = regexp.MustCompile(`(?i)\b(only )?one (active )?grant\b|grant already exists|already (has|have) a grant`)

// unauthorized returns the possible causes of a 401 or 403 of the API, the most likely one
// first. Tapkey uses both statuses for missing rights. owned reports whether the call is for
// one owner account, sentBearer whether a bearer token is known to have been sent.
func (r *response) unauthorized(owned, sentBearer bool) []ID {
	stripped := MissingBearerPrefix // the server found no token
	if sentBearer {
		stripped = HeaderStripped
	}
	if r.kind() == kindMarkup {
		owned = false // a page knows nothing of owner accounts
	}
	bare := r.challenge.raw != "" && r.status == http.StatusUnauthorized
	switch {
	case r.tokenError() != "":
		return r.tokenRefused(sentBearer)
	case r.challenge.scope != "": // RFC 6750: the scopes that the request requires
		return []ID{ScopeMissing}
	case aboutToken.MatchString(r.words()) && notYet.MatchString(r.words()):
		return []ID{ClockSkew}
	case aboutToken.MatchString(r.words()) && expired.MatchString(r.words()) && !oneOf.MatchString(r.words()):
		return []ID{TokenExpired}
	case noToken.MatchString(r.words()) && !aboutClaims.MatchString(r.words()) && !owned:
		return []ID{stripped}
	case r.status == http.StatusForbidden && r.code != "" && !aboutRights.MatchString(r.code):
		return []ID{RequestRefused} // the code says why
	case owned:
		return []ID{NotAdministrator, ScopeMissing, stripped}
	case r.status == http.StatusForbidden:
		return []ID{RequestRefused, ScopeMissing}
	case bare || !sentBearer:
		return []ID{stripped, ScopeMissing, TokenRejected}
	}
	return []ID{TokenRejected, ScopeMissing, stripped}
}

// aboutRights matches error codes that say that rights are missing. Other codes are about
// the request.
var aboutRights = regexp.MustCompile(`(?i)forbid|denied|deny|permission|authori[sz]|rights|privilege|access|scope|role|admin|owner|^40[13]$`)

// tokenError returns the error code of RFC 6750, section 3.1, in the challenge or the body.
func (r *response) tokenError() string {
	if r.challenge.err != "" {
		return r.challenge.err
	}
	switch normal(r.code) {
	case "invalidtoken", "tokeninvalid":
		return "invalid_token"
	case "expiredtoken", "tokenexpired":
		return "expired_token"
	case "insufficientscope":
		return "insufficient_scope"
	}
	return ""
}

var (
	aboutHeader = regexp.MustCompile(`(?i)\bauthori[sz]ation\b`)
	aboutToken  = regexp.MustCompile(`(?i)\b(token|jwt)\b`)
	expired     = regexp.MustCompile(`(?i)\bexpired\b|\bexp\b|lifetime validation failed`)
	notYet      = regexp.MustCompile(`(?i)not (yet )?valid (yet|before|until)|not yet (valid|active)|\bnbf\b|before (its )?(nbf|"not before")|issued in the future|used before`)
	// oneOf matches texts that do not say that the token has expired, or only as one of several causes.
	oneOf       = regexp.MustCompile(`(?i)\b(not|un) ?expired|\bor\b.*\b(revoked|malformed|invalid|inactive|unknown|not found)|\b(revoked|malformed|invalid|inactive|unknown)\b.*\bor\b|expired,`)
	noToken     = regexp.MustCompile(`(?i)\b(no|missing|without( an?)?)\b.{0,16}\b(token|jwt|credentials?|authori[sz]ation( header)?)\b|\b(token|jwt|authori[sz]ation( header| field)?|credentials?) ((is|are|was|were|has|have) )?(missing|not (been )?(found|provided|present|supplied|set)|required)`)
	aboutClaims = regexp.MustCompile(`(?i)\b(claims?|scopes?|audience|key|permissions?|rights)\b`)
	aboutScopes = regexp.MustCompile(`(?i)scope`)
)

// tokenRefused returns the possible causes of a refused token by its error (RFC 6750,
// section 3.1).
func (r *response) tokenRefused(sentBearer bool) []ID {
	words := r.words()
	switch code := normal(r.tokenError()); {
	case code == "insufficientscope":
		return []ID{ScopeMissing}
	case noToken.MatchString(words) && !aboutClaims.MatchString(words):
		if sentBearer {
			return []ID{HeaderStripped}
		}
		return []ID{MissingBearerPrefix}
	case code == "invalidrequest":
		if sentBearer { // the client sends the token once, and well-formed
			return []ID{HeaderStripped, RequestRefused}
		}
		return []ID{MissingBearerPrefix, RequestRefused}
	case notYet.MatchString(words):
		return []ID{ClockSkew}
	case code == "expiredtoken", expired.MatchString(words) && !oneOf.MatchString(words):
		return []ID{TokenExpired}
	case aboutScopes.MatchString(words):
		return []ID{ScopeMissing}
	}
	return []ID{TokenRejected}
}

// callEvidence describes the response of a failed call, without its path.
func (r *response) callEvidence(failed *api.Error) string {
	evidence := status(failed)
	if values := r.header.Values("WWW-Authenticate"); len(values) > 0 {
		raw := r.challenge.raw
		if raw == "" {
			raw = engine.OneLine(strings.Join(values, ", "), 200)
		}
		evidence += ", WWW-Authenticate: " + redact.Text(raw, redact.MaxText)
	}
	if r.kind() != kindJSON && r.status >= 400 {
		evidence += ", " + r.page()
	}
	return evidence
}
