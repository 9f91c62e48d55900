// Package interop tests this module with programs of others: proxies, OAuth servers, OAuth
// clients for Node, and a browser. It contains only tests. A test whose program is missing is
// skipped by name.
package interop
