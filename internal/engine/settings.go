package engine

import "github.com/tapkey-go/tapkey-go/api"

// Defaults of [api.Settings].
const (
	DefaultMaxResponseBytes int64 = 32 << 20
	DefaultPageSize               = 500
)

func maxResponseBytes(s api.Settings) int64 {
	if s.MaxResponseBytes > 0 {
		return s.MaxResponseBytes
	}
	return DefaultMaxResponseBytes
}

func pageSize(s api.Settings) int {
	if s.PageSize > 0 {
		return s.PageSize
	}
	return DefaultPageSize
}
