package main

import (
	"strings"
	"testing"
)

func TestBatteries(t *testing.T) {
	t.Parallel()
	env := startServer(t, 200, `[
		{"id":"1","title":"never reported","healthStatuses":[]},
		{"id":"2","title":"not expanded","healthStatuses":null},
		{"id":"3","title":"full","healthStatuses":[{"type":"BatteryVoltage","value":3.1,"valueStatus":"Ok","timestamp":"2026-11-01T10:00:00Z"}]},
		{"id":"4","title":"invalid","healthStatuses":[{"type":"BatteryVoltage","value":1,"valueStatus":"Invalid","timestamp":"2026-11-01T10:00:00Z"}]},
		{"id":"5","title":"low","healthStatuses":[
			{"type":"BatteryVoltage","value":2.2,"valueStatus":"Ok","timestamp":"2026-11-02T10:00:00Z"},
			{"type":"BatteryVoltage","value":1,"valueStatus":"Invalid","timestamp":"2026-11-03T10:00:00Z"},
			{"type":"BatteryVoltage","value":3.2,"valueStatus":"Ok","timestamp":"2026-11-01T10:00:00Z"},
			{"type":"Temperature","value":0.5,"valueStatus":"Ok","timestamp":"2026-11-04T10:00:00Z"},
			{"type":"BatteryWarningLevel","value":2,"valueStatus":"Ok","timestamp":"2026-11-02T10:00:00Z"}]},
		{"id":"6","healthStatuses":[{"type":"BatteryVoltage","value":2.5,"valueStatus":"Outdated"}]},
		{"id":"7","title":"level only","healthStatuses":[{"type":"BatteryWarningLevel","value":0,"valueStatus":"Ok","timestamp":"2026-11-05T10:00:00Z"}]},
		{"id":"8","title":"null","healthStatuses":[{"type":"BatteryVoltage","value":null,"valueStatus":null,"timestamp":null}]},
		{"id":"9","title":"new status","healthStatuses":[{"type":"BatteryVoltage","value":2.9,"valueStatus":"Fresh"}, {"type":"Humidity","value":1}]}
	]`)
	owner := "7f9c1e52-0000-4000-8000-000000000000"
	tapkeyMain(t, env, "locks", "batteries", "--owner", owner).checkStdout(t, strings.Join([]string{
		"low\t\t2.2\t2\tOk\t2026-11-02T10:00:00Z",
		"6\t\t2.5\t\tOutdated\t",
		"new status\t\t2.9\t\tFresh\t",
		"full\t\t3.1\t\tOk\t2026-11-01T10:00:00Z",
		"never reported\t\t\t\t\t",
		"not expanded\t\t\t\t\t",
		"invalid\t\t1\t\tInvalid\t2026-11-01T10:00:00Z",
		"level only\t\t\t0\tOk\t2026-11-05T10:00:00Z",
		"null\t\t\t\t\t",
		"",
	}, "\n"))
	r := tapkeyMain(t, env, "locks", "batteries", "--owner", owner, "--json")
	r.checkSuccess(t)
	checkContains(t, "JSON", r.stdout, `"lockId": "5"`, `"batteryWarningLevel": null`, `"value": 2.2`)
}
