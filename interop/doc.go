// Package interop tests the module with servers and proxies of others. It contains only
// tests.
package interop
