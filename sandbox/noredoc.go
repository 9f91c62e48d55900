//go:build !tapkey_redoc

package sandbox

// redoc is empty without the build tag tapkey_redoc. The bundle is not in the repository,
// because of its size.
var redoc []byte
