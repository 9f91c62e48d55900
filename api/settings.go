package api

// Settings bound what a call may take. The zero value stands for the defaults.
type Settings struct {
	// MaxResponseBytes is how large an answer may be once decompressed, and how
	// large one item of a streamed list may be. Default: [DefaultMaxResponseBytes].
	MaxResponseBytes int64

	// PageSize is how many items a paged iterator asks for at a time.
	// Default: [DefaultPageSize].
	PageSize int

	// ReadAhead is how many pages a paged iterator has on their way while one is
	// consumed. Request editors are then called by several goroutines at once. Default: 0.
	ReadAhead int
}

// Defaults of [Settings].
const (
	DefaultMaxResponseBytes int64 = 32 << 20
	DefaultPageSize               = 500
)

func (s Settings) maxResponseBytes() int64 {
	if s.MaxResponseBytes > 0 {
		return s.MaxResponseBytes
	}
	return DefaultMaxResponseBytes
}

func (s Settings) pageSize() int {
	if s.PageSize > 0 {
		return s.PageSize
	}
	return DefaultPageSize
}
