package exchanges

// Mark marks requests of a test that disagree with the contract on purpose.
type Mark struct {
	Test    string // as in Deviation
	Finding string // without the count
	Reason  string
}

func (m Mark) matches(d Deviation) bool {
	d.Finding.Count = 0
	return d.Test == m.Test && d.Finding.String() == m.Finding
}

// Deliberate lists the requests that tests send wrong on purpose.
func Deliberate() []Mark {
	return []Mark{
		{"client TestMiddlewareWithoutHeader", "listOwners: request: missing token", "a middleware around an attempt removes the header"},
		{"client TestCallersHeaderIsKept", "listOwners: request: missing token", "the caller sets an Authorization header with another scheme"},
		{"client TestWhatWasSent", "listOwners: request: missing token", "a request editor sets a header without Bearer"},
		{"client TestEditedBodyIsSent", "createContact: request: missing required (a body is required)", "a request editor removes the body"},
		{"client TestEditedBodyIsSent", "updateContact: request: missing required (a body is required)", "a request editor removes the body"},
		{"client TestNullIsSent", "updateGrant: request: unknown field at /other", "Client.Do sends a field that the contract does not have"},
		{"cmd/tapkey TestEachScenarioLeadsToItsFinding/missing-bearer-prefix", "listOwners: request: missing token", "the scenario of the doctor"},
		{"cmd/tapkey TestExplainAndTheDoctorAgree", "listOwners: request: missing token", "the scenario of the doctor"},
		{"doctor TestDiagnoseAHeaderOfTheProgram", "listOwners: request: missing token", "a request editor sets a header without Bearer"},
		{"doctor TestPrograms", "listOwners: request: missing token", "request editors set headers without Bearer"},
	}
}
