package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/access"
	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
	"github.com/tapkey-go/tapkey-go/schedule"
)

// TestModel applies random wants to owner accounts with random grants, through a network that
// loses and delays, with faults of the sandbox, interruptions and crashes of the state, and
// compares the result with a model: a set of wants that is evaluated directly.
// TAPKEY_ACCESS_RUNS sets the number of runs, and TAPKEY_ACCESS_SEED the first seed.
func TestModel(t *testing.T) {
	runs, first := 150, 1
	if testing.Short() {
		runs = 40
	}
	for name, to := range map[string]*int{"TAPKEY_ACCESS_RUNS": &runs, "TAPKEY_ACCESS_SEED": &first} {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.Atoi(text)
			must(t, err)
			*to = n
		}
	}
	const accounts = 100 // of a sandbox
	totals := map[string]int{}
	for from := 0; from < runs && !t.Failed(); from += accounts {
		modelRuns(t, first+from, min(accounts, runs-from), totals)
		if from%5000 == 4900 {
			t.Logf("%d runs: %v", from+accounts, totals)
		}
	}
	t.Logf("%d runs: %v", runs, totals)
	for _, what := range []string{"plans", "interrupted", "crashed", "failed", "lost", "conflicts", "create", "update", "revoke", "create contact"} {
		if totals[what] < runs/50 && !t.Failed() {
			t.Errorf("%s: got %d in %d runs, want at least %d", what, totals[what], runs, runs/50)
		}
	}
}

// modelRuns makes runs in a new sandbox, each in another owner account.
func modelRuns(t *testing.T, seed, n int, totals map[string]int) {
	var owners []sandbox.Option
	for i := range n {
		owners = append(owners, sandbox.WithOwner(sandbox.Owner{
			Name: fmt.Sprint("account ", i), Locks: []string{"A", "B", "C"}, Cards: []string{"Card"}, Users: []string{"u1"},
			Contacts: []string{"owner@example.com", "c1@example.com", "c2@example.com"},
		}))
	}
	server, err := sandbox.Start(owners...)
	must(t, err)
	defer server.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	defer transport.CloseIdleConnections()
	net := &network{next: transport, random: rand.New(rand.NewPCG(0, 0)), left: -1}
	subject, observer := newClient(t, server, net), newClient(t, server, transport)
	ids, err := observer.ListOwners(t.Context())
	must(t, err)
	for i := range n {
		m := &model{
			t: t, seed: seed + i, random: rand.New(rand.NewPCG(uint64(seed+i), 1)), server: server, net: net,
			subject: subject, observer: observer, owner: ids[i].ID, foreign: map[string]string{}, revoked: map[string]int{}, totals: totals,
			start: time.Now().UTC().Truncate(time.Hour),
		}
		net.random = rand.New(rand.NewPCG(uint64(seed+i), 2))
		m.run()
		if t.Failed() {
			t.Errorf("seed %d: run TAPKEY_ACCESS_SEED=%[1]d TAPKEY_ACCESS_RUNS=1 go test ./access -run TestModel", seed+i)
			return
		}
	}
}

// A model is one run.
type model struct {
	t                 *testing.T
	seed              int
	random            *rand.Rand
	server            *sandbox.Server
	net               *network
	subject, observer *client.Client
	owner             string
	provider          string
	start             time.Time
	locks             []tapkey.BoundLock
	foreign           map[string]string // JSON of the grants that others have created, by id
	revoked           map[string]int    // number of grants of each pair that others have revoked
	totals            map[string]int
	state             *memory
	exclusive         bool
}

func (m *model) run() {
	m.readAccount()
	m.state = newMemory()
	m.exclusive = m.random.IntN(6) == 0
	for range m.random.IntN(4) {
		m.createForeign()
	}
	if m.random.IntN(3) > 0 {
		m.net.calm()
		m.apply(m.wants())
		m.interfere()
	}
	before := m.pairsCreated()
	clear(m.revoked)
	wants, versions := m.wants(), 1
	for range m.random.IntN(4) {
		if m.random.IntN(3) == 0 {
			wants, versions = m.wants(), versions+1
		}
		m.disturbed(wants)
	}
	m.net.calm()
	must(m.t, m.server.ClearFaults())
	m.state.left = -1
	complex := m.apply(wants)
	m.check(wants, complex)
	for key, n := range m.pairsCreated() {
		if created, most := n-before[key], versions+m.revoked[key]; created > most {
			m.t.Errorf("%s: got %d grants created, want at most %d: one for each version of the wants and each revocation by others", key, created, most)
		}
	}
}

func (m *model) readAccount() {
	var err error
	m.locks, err = m.observer.ListBoundLocks(m.t.Context(), m.owner, nil)
	must(m.t, err)
	contacts, err := m.observer.ListContacts(m.t.Context(), m.owner, nil)
	must(m.t, err)
	for _, c := range contacts {
		if c.IPUserID != "" {
			m.provider = c.IPID
		}
	}
}

// pairsCreated returns the number of grants of each pair that others have not created.
func (m *model) pairsCreated() map[string]int {
	n := map[string]int{}
	for _, g := range allGrants(m.t, m.observer, m.owner) {
		if _, foreign := m.foreign[g.ID]; !foreign {
			n[pairOf(g)]++
		}
	}
	return n
}

func pairOf(g tapkey.Grant) string { return g.ContactID + g.BoundCardID + " " + g.BoundLockID }

func jsonOf(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// wants returns up to eight random wants.
func (m *model) wants() []access.Want {
	var wants []access.Want
	for range m.random.IntN(9) {
		w := access.Want{Who: m.who(), Lock: m.locks[m.random.IntN(3)].Title, Ref: strconv.Itoa(m.random.IntN(100))}
		switch m.random.IntN(5) {
		case 0:
			w.Lock = m.locks[m.random.IntN(3)].ID
		case 1:
			w.Lock = m.locks[m.random.IntN(3)].PhysicalLockID
		}
		w.From, w.Until = m.period()
		w.Schedule = m.schedule()
		wants = append(wants, w)
		for len(wants) > 0 && m.random.IntN(3) == 0 { // another want of the same pair
			again := w
			again.From, again.Until = m.period()
			if m.random.IntN(2) == 0 {
				again.Schedule = m.schedule()
			}
			wants = append(wants, again)
		}
	}
	return wants
}

func (m *model) who() access.Who {
	return []access.Who{
		{Email: "c1@example.com"}, {Email: "C2@example.com"}, {Email: "n1@example.com"}, {Email: "N2@example.com"},
		{Provider: m.provider, User: "u1"}, {Provider: m.provider, User: "u2"}, {Card: "Card"},
	}[m.random.IntN(7)]
}

// period returns a random period with boundaries that are at least half an hour away from now.
func (m *model) period() (from, until time.Time) {
	at := func(lowest int) (int, time.Time) {
		n := lowest + m.random.IntN(20)
		return n, m.start.Add(time.Duration(n)*12*time.Hour + 30*time.Minute + 2*time.Hour)
	}
	n := -6
	if m.random.IntN(3) > 0 {
		n, from = at(n)
	}
	if m.random.IntN(3) > 0 {
		_, until = at(n + 1)
	}
	return from, until
}

func (m *model) schedule() *schedule.Schedule {
	vienna, err := time.LoadLocation("Europe/Vienna")
	must(m.t, err)
	switch m.random.IntN(8) {
	case 0:
		return new(schedule.Weekly(vienna, schedule.Weekdays, "08:00", "18:00"))
	case 1:
		return new(schedule.Weekly(time.UTC, schedule.Weekend, "22:00", "06:00"))
	case 2:
		from := m.start.Add(time.Duration(m.random.IntN(200)-40)*time.Hour + 30*time.Minute)
		return new(schedule.Once(from, from.Add(5*time.Hour)))
	}
	return nil
}

// createForeign creates a grant that is not managed, unless the pair has one.
func (m *model) createForeign() {
	lock := m.locks[m.random.IntN(3)].ID
	body := tapkey.GrantCreate{BoundLockID: lock}
	if who := m.who(); who.Card != "" {
		cards, err := m.observer.ListBoundCards(m.t.Context(), m.owner, nil)
		must(m.t, err)
		body.BoundCardID = &cards[0].ID
	} else {
		contact, err := access.EnsureContact(m.t.Context(), m.observer, m.owner, who)
		must(m.t, err)
		body.ContactID = &contact.ID
	}
	if from, until := m.period(); m.random.IntN(2) == 0 {
		if !from.IsZero() {
			body.ValidFrom = &from
		}
		if !until.IsZero() {
			body.ValidBefore = &until
		}
	}
	if s := m.schedule(); s != nil {
		text, err := s.ICalendar()
		must(m.t, err)
		body.TimeRestrictionIcal = &text
	}
	grant, err := m.observer.CreateGrant(m.t.Context(), m.owner, body)
	if errors.Is(err, api.ErrConflict) {
		return
	}
	must(m.t, err)
	m.foreign[grant.ID] = jsonOf(grant)
}

// interfere changes and revokes some managed grants, and creates others.
func (m *model) interfere() {
	for _, g := range allGrants(m.t, m.observer, m.owner) {
		if _, foreign := m.foreign[g.ID]; foreign || g.State != tapkey.GrantStateOk {
			continue
		}
		switch m.random.IntN(6) {
		case 0:
			_, err := m.observer.RevokeGrant(m.t.Context(), m.owner, g.ID, nil)
			must(m.t, err)
			m.revoked[pairOf(g)]++
		case 1:
			if !m.recorded(g) {
				continue // only its limits would identify it
			}
			until := m.start.Add(1000 * time.Hour)
			_, err := m.observer.UpdateGrant(m.t.Context(), m.owner, g.ID, tapkey.GrantUpdate{ValidBefore: &until})
			must(m.t, err)
		}
	}
	for range m.random.IntN(2) {
		m.createForeign()
	}
}

// recorded reports whether the id of a managed grant is known.
func (m *model) recorded(g tapkey.Grant) bool {
	entry := m.state.entries[[2]string{g.ContactID + g.BoundCardID, g.BoundLockID}]
	return m.exclusive || entry.Grant == g.ID
}

func (m *model) scope() access.Scope {
	if m.exclusive {
		return access.Scope{Locks: []string{"A", "B", "C"}, Exclusive: true}
	}
	return access.Scope{State: m.state}
}

func (m *model) options() access.Options {
	o := access.Options{Force: true, Concurrency: 1 + m.random.IntN(3), KeepGoing: m.random.IntN(2) == 0}
	if !m.exclusive {
		o.State = m.state
	}
	return access.WithoutPauses(o)
}

// apply plans and applies without disturbances. It returns the pairs of changes that were
// refused as too complex.
func (m *model) apply(wants []access.Want) map[string]bool {
	m.t.Helper()
	plan, err := access.Plan(m.t.Context(), m.subject, m.owner, wants, m.scope())
	if err != nil {
		m.t.Fatalf("seed %d: Plan: got %v, want no error", m.seed, err)
	}
	options := m.options()
	options.KeepGoing = true
	failed := map[string]bool{}
	options.Progress = func(p access.Progress) {
		m.totals[string(p.Change.Action)]++
		failure, _ := errors.AsType[*api.Error](p.Err)
		switch {
		case p.Err == nil:
		case failure != nil && failure.Code == "TimeRestrictionIcalTooComplex":
			failed[p.Change.Who.String()+p.Change.Lock] = true
		default:
			m.t.Errorf("seed %d: Apply: got %v, want no error", m.seed, p.Err)
		}
	}
	if err := plan.Apply(m.t.Context(), m.subject, options); err != nil && len(failed) == 0 {
		m.t.Errorf("seed %d: Apply: got %v, want no error", m.seed, err)
	}
	return failed
}

// disturbed plans and applies with disturbances. Any error may be the result.
func (m *model) disturbed(wants []access.Want) {
	ctx, cancel := context.WithCancel(m.t.Context())
	defer cancel()
	must(m.t, m.server.ClearFaults())
	m.net.mu.Lock()
	m.net.stop, m.net.left = cancel, -1
	m.net.lose, m.net.late = 0, 0
	m.net.mu.Unlock()
	m.state.left = -1
	for range 1 + m.random.IntN(2) {
		switch m.random.IntN(6) {
		case 0:
			m.net.lose = 0.3
		case 1:
			m.net.late = 0.3
		case 2:
			m.state.left, m.state.stored = 1+m.random.IntN(8), m.random.IntN(2) == 0
		case 3:
			m.net.left, m.net.after = 4+m.random.IntN(10), m.random.IntN(2) == 0
		default:
			kinds := []sandbox.FaultKind{
				sandbox.Fault500, sandbox.Fault503, sandbox.Fault429, sandbox.Fault409, sandbox.Fault400, sandbox.Fault403, sandbox.Fault404,
				sandbox.FaultReset, sandbox.FaultCloseBody, sandbox.FaultTruncated, sandbox.FaultEmpty, sandbox.FaultNull, sandbox.Fault200HTML,
				sandbox.FaultMalformed, sandbox.FaultMissingFields,
			}
			operations := []string{"createGrant", "updateGrant", "revokeGrant", "createContact", "listGrants"}
			must(m.t, m.server.Inject(sandbox.Fault{
				Kind: kinds[m.random.IntN(len(kinds))], Operation: operations[m.random.IntN(len(operations))],
				Rate: 0.2 + 0.8*m.random.Float64(), Count: 1 + m.random.IntN(4),
			}))
		}
	}
	m.totals["plans"]++
	plan, err := access.Plan(ctx, m.subject, m.owner, wants, m.scope())
	if err == nil {
		if m.random.IntN(3) == 0 {
			faults := m.server.Faults()
			must(m.t, m.server.ClearFaults())
			m.interfere()
			for _, f := range faults {
				must(m.t, m.server.Inject(f))
			}
		}
		err = plan.Apply(ctx, m.subject, m.options())
	}
	switch {
	case errors.Is(err, context.Canceled):
		m.totals["interrupted"]++
	case errors.Is(err, errCrash):
		m.totals["crashed"]++
	case errors.Is(err, errLost):
		m.totals["lost"]++
	case err != nil:
		m.totals["failed"]++
	}
}

// check compares the grants with the wants.
func (m *model) check(wants []access.Want, complex map[string]bool) {
	grants := allGrants(m.t, m.observer, m.owner)
	byID := map[string]tapkey.Grant{}
	for _, g := range grants {
		byID[g.ID] = g
	}
	if !m.exclusive {
		for id, before := range m.foreign {
			if got := jsonOf(byID[id]); got != before {
				m.t.Errorf("grant %s of others:\ngot  %s\nwant %s", id, got, before)
			}
		}
	}
	plan, err := access.Plan(m.t.Context(), m.subject, m.owner, wants, m.scope())
	must(m.t, err)
	conflicts := map[string]string{}
	for _, c := range plan.Changes {
		key := c.Who.String() + c.Lock
		switch {
		case c.Action == access.ActionConflict:
			m.totals["conflicts"]++
			conflicts[key] = c.Reason
		case c.Action != access.ActionKeep && !complex[key]:
			m.t.Errorf("second plan: got %s, want it to be empty", plan)
		}
	}
	m.checkPairs(wants, grants, conflicts, complex)
}

// checkPairs compares each pair with the wants of it.
func (m *model) checkPairs(wants []access.Want, grants []tapkey.Grant, conflicts map[string]string, complex map[string]bool) {
	now := time.Now()
	byPair := map[string][]access.Want{} // by person in lower case and id of the lock
	for _, w := range wants {
		key := strings.ToLower(w.Who.String()) + m.lockID(w.Lock)
		byPair[key] = append(byPair[key], w)
	}
	found := map[string][]tapkey.Grant{}
	for _, g := range grants {
		if g.State == tapkey.GrantStateRevoked {
			continue
		}
		key := strings.ToLower(whoOf(g).String()) + g.BoundLockID
		found[key] = append(found[key], g)
		if _, wanted := byPair[key]; !wanted {
			byPair[key] = nil
		}
	}
	for key, reason := range conflicts {
		gs := found[strings.ToLower(key)]
		if strings.Contains(reason, "cannot be merged") {
			continue
		}
		if len(gs) != 1 || m.foreign[gs[0].ID] == "" {
			m.t.Errorf("conflict %s (%s): got grants %s, want one of others", key, reason, jsonOf(gs))
		}
	}
	for key, wants := range byPair {
		if skip(conflicts, key) || skip(complex, key) {
			continue
		}
		live := found[key]
		if len(live) > 1 {
			m.t.Errorf("%s: got %d live grants, want at most one", key, len(live))
		}
		if len(wants) == 0 && len(live) > 0 && m.foreign[live[0].ID] != "" && !m.exclusive {
			continue
		}
		for _, at := range m.instants(wants, now) {
			want := opens(wants, at)
			got := len(live) > 0 && grantOpens(m.t, live[0], at)
			_, foreign := m.foreign[firstID(live)]
			unwanted := foreign && !m.exclusive && !anyOpens(wants, m.instants(wants, now))
			if got != want && !unwanted {
				m.t.Errorf("%s at %s: got open %t, want %t\ngrants %s\nwants %+v", key, at, got, want, jsonOf(live), wants)
				return
			}
		}
	}
}

func firstID(grants []tapkey.Grant) string {
	if len(grants) == 0 {
		return ""
	}
	return grants[0].ID
}

func skip[V any](pairs map[string]V, key string) bool {
	for k := range pairs {
		if strings.ToLower(k) == key {
			return true
		}
	}
	return false
}

func whoOf(g tapkey.Grant) access.Who {
	switch {
	case g.BoundCard != nil:
		return access.Who{Card: g.BoundCard.Title}
	case g.Contact.IPUserID != "":
		return access.Who{Provider: g.Contact.IPID, User: g.Contact.IPUserID}
	}
	return access.Who{Email: g.Contact.Identifier}
}

func (m *model) lockID(name string) string {
	for _, l := range m.locks {
		if name == l.ID || name == l.Title || name == l.PhysicalLockID {
			return l.ID
		}
	}
	m.t.Fatalf("no lock %q", name)
	return ""
}

// instants returns the instants at which grants are compared with wants: just before and at
// each boundary, and many others.
func (m *model) instants(wants []access.Want, now time.Time) (all []time.Time) {
	add := func(t time.Time) {
		if t.After(now.Add(time.Minute)) {
			all = append(all, t)
		}
	}
	for _, w := range wants {
		for _, t := range []time.Time{w.From, w.Until} {
			add(t)
			add(t.Add(-time.Second))
		}
	}
	for i := range 60 {
		add(m.start.Add(time.Duration(i)*5*time.Hour + 7*time.Minute))
	}
	return append(all, now.AddDate(1, 0, 0), now.AddDate(5, 0, 0))
}

// opens reports whether one of the wants opens the lock at an instant.
func opens(wants []access.Want, at time.Time) bool {
	for _, w := range wants {
		if !at.Before(w.From) && (w.Until.IsZero() || at.Before(w.Until)) && (w.Schedule == nil || w.Schedule.Opens(at)) {
			return true
		}
	}
	return false
}

func anyOpens(wants []access.Want, instants []time.Time) bool {
	for _, at := range instants {
		if opens(wants, at) {
			return true
		}
	}
	return false
}

// grantOpens reports whether a grant opens the lock at an instant.
func grantOpens(t *testing.T, g tapkey.Grant, at time.Time) bool {
	t.Helper()
	if g.ValidFrom != nil && at.Before(*g.ValidFrom) || g.ValidBefore != nil && !at.Before(*g.ValidBefore) {
		return false
	}
	if g.TimeRestrictionIcal == "" {
		return true
	}
	s, err := schedule.ParseICalendar(g.TimeRestrictionIcal, nil)
	must(t, err)
	return s.Opens(at)
}
