package api

// Settings limit what a call may use. The zero value stands for the defaults.
type Settings struct {
	// MaxResponseBytes is the maximum size of a decompressed response, and of each item
	// of a list that is read item by item. Default: 32 MiB.
	MaxResponseBytes int64

	// PageSize is the number of items that an iterator requests per page. Default: 500.
	PageSize int

	// ReadAhead is the number of pages that an iterator keeps in flight while the caller
	// uses one. Request editors then run on several goroutines at once. Default: 0.
	ReadAhead int

	// ReadAheadSlowStart makes ReadAhead a maximum: the number of pages in flight begins
	// with one and doubles with each page that the caller has waited for. It never exceeds
	// the number of pages that the caller has received. Default: false.
	ReadAheadSlowStart bool
}
