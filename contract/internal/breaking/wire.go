package breaking

import (
	_ "embed"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"
)

//go:embed severity.txt
var severityFile string

// Wire compares two documents with oasdiff and the severity file, and with additional
// rules for what oasdiff does not report. An error means that nothing was compared.
func Wire(released, current []byte) ([]Change, error) {
	before, err := loadSpec(released, "released")
	if err != nil {
		return nil, err
	}
	after, err := loadSpec(current, "current")
	if err != nil {
		return nil, err
	}
	levels, err := severities()
	if err != nil {
		return nil, err
	}
	normalize(before.Spec, after.Spec)
	additional := additionalRules(before.Spec, after.Spec)
	mergeAllOf(before, after)
	report, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), before, after)
	if err != nil {
		return nil, fmt.Errorf("oasdiff: %w", err)
	}
	config := checker.NewConfig(checker.GetAllChecks(), checker.WithSeverityLevels(levels))
	localizer := checker.NewDefaultLocalizer()
	var changes []Change
	for _, c := range checker.CheckBackwardCompatibilityUntilLevel(config, report, sources, checker.INFO) {
		if ignored[c.GetId()] {
			continue
		}
		changes = append(changes, Change{
			Rule:      c.GetId(),
			Where:     strings.TrimSpace(c.GetOperation() + " " + c.GetPath()),
			Text:      strings.Join(strings.Fields(c.GetUncolorizedText(localizer)), " "),
			Breaking:  c.GetLevel() >= checker.WARN,
			Editorial: editorial[c.GetId()],
		})
	}
	return sorted(append(changes, additional...)), nil
}

// ignored are rules of oasdiff that are not about programs, or that additional rules replace.
var ignored = map[string]bool{
	checker.APIComponentsSecurityOauthRefreshUrlUpdatedId: true, // see flowRules
	// The document itself has no version.
	"api-version-not-bumped":       true,
	"api-version-decreased":        true,
	"api-major-version-not-bumped": true,
}

// editorial are the rules about text, and about what only documents show.
var editorial = map[string]bool{
	"api-tag-added":   true,
	"api-tag-removed": true,
	"api-security-component-oauth-scope-changed":   true, // its description
	"api-security-component-bearer-format-changed": true,
}

func loadSpec(data []byte, name string) (*load.SpecInfo, error) {
	info, err := load.NewSpecInfoFromData(openapi3.NewLoader(), data, name)
	if err != nil {
		return nil, fmt.Errorf("the %s document cannot be read: %w", name, err)
	}
	return info, nil
}

// severities reads the severity file. It returns an error for an id that oasdiff does not
// know, for which oasdiff would exit.
func severities() (map[string]checker.Level, error) {
	known := checker.GetCheckLevels()
	levels := make(map[string]checker.Level)
	for line := range strings.Lines(severityFile) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if _, ok := known[fields[0]]; !ok {
			return nil, fmt.Errorf("severity file: oasdiff has no rule %q", fields[0])
		}
		level, err := checker.NewLevel(strings.ToUpper(fields[1]))
		if err != nil {
			return nil, fmt.Errorf("severity file: %w", err)
		}
		levels[fields[0]] = level
	}
	return levels, nil
}

// additionalRules reports changes that oasdiff does not report, or reports as harmless.
func additionalRules(before, after *openapi3.T) []Change {
	return slices.Concat(
		serverRules(before, after),
		componentRules(before, after),
		securityRules(before, after),
		operationRules(before, after),
		schemaRules(before, after),
	)
}

// serverRules compares the first servers. The client uses no other.
func serverRules(before, after *openapi3.T) []Change {
	if a, b := firstServer(before.Servers), firstServer(after.Servers); a != b {
		return []Change{{Rule: "server-changed", Text: fmt.Sprintf("the first server is %s; was: %s", b, a), Breaking: true}}
	}
	return nil
}

// firstServer returns the URL of the first server, with the defaults of its variables.
func firstServer(servers openapi3.Servers) string {
	if len(servers) == 0 {
		return "none"
	}
	text := servers[0].URL
	for name, variable := range servers[0].Variables {
		text = strings.ReplaceAll(text, "{"+name+"}", variable.Default)
	}
	if u, err := url.Parse(text); err == nil {
		u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
		text = u.String()
	}
	return strings.TrimSuffix(text, "/")
}

// componentRules compares the shared parameters, and what schemas are for.
func componentRules(before, after *openapi3.T) []Change {
	var changes []Change
	for name := range before.Components.Parameters {
		if after.Components.Parameters[name] == nil {
			changes = append(changes, Change{
				Rule: "parameter-component-removed", Where: "components/parameters/" + name,
				Text: "the parameter was removed, and with it the Go type", Breaking: true,
			})
		}
	}
	for name, was := range before.Components.Schemas {
		is := after.Components.Schemas[name]
		if is != nil && isRequest(was.Value) != isRequest(is.Value) {
			changes = append(changes, Change{
				Rule: "direction-changed", Where: "components/schemas/" + name,
				Text: "x-direction was changed, and with it which fields of the struct are pointers", Breaking: true,
			})
		}
	}
	return changes
}

func isRequest(s *openapi3.Schema) bool { return s.Extensions["x-direction"] == "request" }
