package logfeed

// WithMaxEntries returns options with another number of entries to hold in memory.
func (o Options) WithMaxEntries(n int) Options {
	o.maxEntries = n
	return o
}
