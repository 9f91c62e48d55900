package main

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

// batteriesCommand shows the part of a list of locks that is about their batteries.
func (a *app) batteriesCommand() *cobra.Command { return a.verbCommand(batteriesVerb) }

var batteriesVerb = verb{
	use:   "batteries",
	short: "List the batteries of locks, the lowest voltage first",
	long: "Locks whose voltage is not known are last. The API documents neither the unit\n" +
		"of the voltage nor the meaning of the warning level, and voltages of different\n" +
		"models may not be comparable. Locks are offline: a measurement is as old as its\n" +
		"time, and a lock may never report one. The status is the API's: Ok, Outdated or\n" +
		"Invalid.\n",
	operation: "listBoundLocks",
	example:   "tapkey locks batteries --owner Home",
	run: runAll(batteryColumns, func(ctx context.Context, c *call) iter.Seq2[battery, error] {
		return batteries(c.AllBoundLocks(ctx, c.ownerID, &tapkey.ListBoundLocksParams{Expand: []string{"healthStatuses"}}))
	}),
}

// A battery is what a lock has reported about its battery. A measurement that was not reported
// is nil.
type battery struct {
	LockID         string       `json:"lockId"`
	Title          string       `json:"title"`
	PhysicalLockID string       `json:"physicalLockId"`
	Voltage        *measurement `json:"batteryVoltage"`
	WarningLevel   *measurement `json:"batteryWarningLevel"`
}

// A measurement is a value, its status and its time.
type measurement struct {
	Value     float64                      `json:"value"`
	Status    tapkey.LockHealthValueStatus `json:"valueStatus"`
	Timestamp *time.Time                   `json:"timestamp"`
}

var batteryColumns = []column[battery]{
	{"LOCK", "title", func(b battery) any { return cmp.Or(b.Title, b.LockID) }},
	{"SERIAL NUMBER", "physicalLockId", func(b battery) any { return serialNumber(b.PhysicalLockID) }},
	{"VOLTAGE", "batteryVoltage", func(b battery) any { return b.Voltage.value() }},
	{"WARNING LEVEL", "batteryWarningLevel", func(b battery) any { return b.WarningLevel.value() }},
	{"STATUS", "", func(b battery) any { return cmp.Or(b.Voltage, b.WarningLevel, new(measurement)).Status }},
	{"MEASURED", "", func(b battery) any { return cmp.Or(b.Voltage, b.WarningLevel, new(measurement)).Timestamp }},
}

func (m *measurement) value() any {
	if m == nil {
		return ""
	}
	return m.Value
}

// batteries returns the batteries of locks, the lowest first.
func batteries(locks iter.Seq2[tapkey.BoundLock, error]) iter.Seq2[battery, error] {
	return func(yield func(battery, error) bool) {
		var all []battery
		for lock, err := range locks {
			if err != nil {
				yield(battery{}, err)
				return
			}
			all = append(all, battery{
				LockID: lock.ID, Title: lock.Title, PhysicalLockID: lock.PhysicalLockID,
				Voltage:      latest(lock.HealthStatuses, tapkey.LockHealthTypeBatteryVoltage),
				WarningLevel: latest(lock.HealthStatuses, tapkey.LockHealthTypeBatteryWarningLevel),
			})
		}
		slices.SortStableFunc(all, byVoltage)
		for _, b := range all {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// latest returns the latest measurement of a type, or nil. An invalid one is returned only if
// there is no other. A missing value is 0, which is not the voltage of a lock that works.
func latest(statuses []tapkey.LockHealthStatus, of tapkey.LockHealthType) *measurement {
	var found *measurement
	for _, s := range statuses {
		if s.Type != of || of == tapkey.LockHealthTypeBatteryVoltage && s.Value == 0 {
			continue
		}
		m := &measurement{s.Value, s.ValueStatus, s.Timestamp}
		if found == nil || m.better(found) {
			found = m
		}
	}
	return found
}

// known reports whether m is a measurement that the API does not mark as invalid.
func (m *measurement) known() bool {
	return m != nil && m.Status != tapkey.LockHealthValueStatusInvalid
}

// better reports whether m is known and other is not or, otherwise, whether m is newer.
func (m *measurement) better(other *measurement) bool {
	if m.known() != other.known() {
		return m.known()
	}
	return m.Timestamp != nil && (other.Timestamp == nil || m.Timestamp.After(*other.Timestamp))
}

// byVoltage compares batteries by their voltage. Those without a valid one are last.
func byVoltage(a, b battery) int {
	switch x, y := a.Voltage.known(), b.Voltage.known(); {
	case x && y:
		return cmp.Compare(a.Voltage.Value, b.Voltage.Value)
	case x:
		return -1
	case y:
		return 1
	}
	return 0
}
