package sandbox

// FaultKind is a kind of [Fault]. [FaultKind.About] describes it.
type FaultKind string

// Faults of connections, and latency.
const (
	FaultLatency FaultKind = "latency"
	FaultRefused FaultKind = "refused"
	FaultReset   FaultKind = "reset"
)

// Faults that replace the response: the operation is not carried out.
const (
	Fault101                  FaultKind = "101"
	Fault401                  FaultKind = "401"
	Fault401InvalidToken      FaultKind = "401-invalid-token"
	Fault401Expired           FaultKind = "401-expired"
	Fault401InsufficientScope FaultKind = "401-insufficient-scope"
	Fault401Empty             FaultKind = "401-empty"
	Fault400                  FaultKind = "400"
	Fault402                  FaultKind = "402"
	Fault403                  FaultKind = "403"
	Fault404                  FaultKind = "404"
	Fault409                  FaultKind = "409"
	Fault429                  FaultKind = "429"
	Fault429RetryAfter        FaultKind = "429-retry-after"
	Fault500                  FaultKind = "500"
	Fault502HTML              FaultKind = "502-html"
	Fault503                  FaultKind = "503"
	FaultUndocumentedStatus   FaultKind = "undocumented-status"
	FaultRedirect             FaultKind = "redirect"
	FaultStuckBody            FaultKind = "stuck-body"
)

// Faults that alter or cut off the response: the operation has been carried out.
const (
	FaultCloseBody        FaultKind = "close-body"
	FaultSlowBody         FaultKind = "slow-body"
	FaultWrongContentType FaultKind = "wrong-content-type"
	FaultCharset          FaultKind = "charset"
	FaultTruncated        FaultKind = "truncated"
	FaultEmpty            FaultKind = "empty"
	FaultEmptyChunked     FaultKind = "empty-chunked"
	FaultEmptyGzip        FaultKind = "empty-gzip"
	FaultLineBreak        FaultKind = "line-break"
	FaultNull             FaultKind = "null"
	FaultObject           FaultKind = "object"
	Fault200HTML          FaultKind = "200-html"
	FaultByteOrderMark    FaultKind = "byte-order-mark"
	FaultCappedPages      FaultKind = "capped-pages"
	FaultMalformed        FaultKind = "malformed"
	FaultOversized        FaultKind = "oversized"
	FaultGzipBomb         FaultKind = "gzip-bomb"
	FaultExtraFields      FaultKind = "extra-fields"
	FaultMalformedToken   FaultKind = "malformed-token"
	FaultMissingFields    FaultKind = "missing-fields"
	FaultUnknownEnum      FaultKind = "unknown-enum"
)

// FaultKinds returns all kinds of faults. The operation is carried out for those from
// [FaultCloseBody] on.
func FaultKinds() []FaultKind {
	all := behaviors()
	kinds := make([]FaultKind, len(all))
	for i, b := range all {
		kinds[i] = b.kind
	}
	return kinds
}

// About returns a one-line description of the kind, or "" if there is no such kind.
func (k FaultKind) About() string {
	b, _ := behaviorOf(k)
	return b.about
}
