// Package logfeed reads the log of an owner account as a feed: it delivers new entries in
// batches, as the server receives them, and continues after a restart where it stopped.
//
//	opts := logfeed.Options{Checkpoint: logfeed.File("log.checkpoint")}
//	for batch, err := range logfeed.Follow(ctx, c, ownerID, opts) {
//		if err != nil {
//			return err
//		}
//		for _, entry := range batch.Entries {
//			publish(entry) // as a message that is identified by entry.ID
//		}
//		if err := batch.Ack(ctx); err != nil {
//			return err
//		}
//	}
//
// The API has no events and no webhooks, so a feed polls. Locks are offline: an entry may
// reach the server days after the event. A feed therefore goes by receivedAt, the time at
// which the server received an entry. It uses no other clock, neither that of the lock nor
// that of this machine.
//
// # Guarantees
//
// A batch is delivered until it is acknowledged. Ack saves the checkpoint, so after a crash
// the entries that were not acknowledged are delivered again: each entry is delivered at least
// once, and again only if the program ended between the delivery and the end of Ack. A
// consumer that saves entries and checkpoint in one transaction gets each entry exactly once.
//
// The order in which the server lists entries is not documented and does not matter. Each
// poll reads all entries from [Options].Overlap before the newest acknowledged one, and skips
// those that were delivered before by their ids. An entry is lost only if it becomes visible
// when an entry that is newer by more than the overlap, by receivedAt, has been acknowledged.
// What the server's paging may skip is found by reading new entries
// twice.
//
// Batches are in the order of receivedAt, except for entries that become visible late. A feed
// holds at most 10,000 entries in memory, plus the ids of those in the overlap. Only more
// entries with one receivedAt take more.
//
// That Tapkey supports the comparisons of receivedAt that a feed sends in $filter is inferred.
// A feed reports a server that ignores them, instead of delivering entries twice.
package logfeed
