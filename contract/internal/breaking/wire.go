package breaking

import (
	_ "embed"
	"fmt"
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
	report, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), before, after)
	if err != nil {
		return nil, fmt.Errorf("oasdiff: %w", err)
	}
	config := checker.NewConfig(checker.GetAllChecks(), checker.WithSeverityLevels(levels))
	localizer := checker.NewDefaultLocalizer()
	var changes []Change
	for _, c := range checker.CheckBackwardCompatibilityUntilLevel(config, report, sources, checker.INFO) {
		changes = append(changes, Change{
			Rule:     c.GetId(),
			Where:    strings.TrimSpace(c.GetOperation() + " " + c.GetPath()),
			Text:     strings.Join(strings.Fields(c.GetUncolorizedText(localizer)), " "),
			Breaking: c.GetLevel() >= checker.WARN,
		})
	}
	return sorted(append(changes, additionalRules(before.Spec, after.Spec)...)), nil
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

// additionalRules reports changes that oasdiff does not report.
func additionalRules(before, after *openapi3.T) []Change {
	var changes []Change
	if a, b := firstServer(before), firstServer(after); a != b {
		changes = append(changes, Change{Rule: "server-changed", Text: fmt.Sprintf("the first server is %s; was: %s", b, a), Breaking: true})
	}
	for name := range before.Components.Parameters {
		if after.Components.Parameters[name] == nil {
			changes = append(changes, Change{
				Rule: "parameter-component-removed", Where: "components/parameters/" + name,
				Text: "the parameter was removed, and with it the Go type", Breaking: true,
			})
		}
	}
	for scope := range declaredScopes(before) {
		if !declaredScopes(after)[scope] {
			changes = append(changes, Change{Rule: "scope-removed", Where: "components/securitySchemes", Text: "the scope " + scope + " was removed", Breaking: true})
		}
	}
	for name, was := range before.Components.Schemas {
		is := after.Components.Schemas[name]
		if is == nil {
			continue // reported by oasdiff
		}
		changes = append(changes, knownValues("components/schemas/"+name, was.Value, is.Value)...)
		if was.Value.Extensions["x-direction"] != is.Value.Extensions["x-direction"] {
			changes = append(changes, Change{
				Rule: "direction-changed", Where: "components/schemas/" + name,
				Text: "x-direction was changed, and with it which fields of the struct are pointers", Breaking: true,
			})
		}
	}
	return append(changes, operationRules(before, after)...)
}

// operationRules compares the extensions that change the methods of the client.
func operationRules(before, after *openapi3.T) []Change {
	var changes []Change
	for path, item := range before.Paths.Map() {
		now := after.Paths.Value(path)
		if now == nil {
			continue
		}
		for method, was := range item.Operations() {
			is := now.GetOperation(method)
			if is == nil {
				continue
			}
			for _, extension := range []string{"x-paging", "x-idempotent"} {
				if was.Extensions[extension] != nil && is.Extensions[extension] == nil {
					changes = append(changes, Change{
						Rule: "operation-extension-removed", Where: method + " " + path,
						Text: extension + " was removed, and with it what the client does for it", Breaking: true,
					})
				}
			}
		}
	}
	return changes
}

// knownValues compares x-extensible-enum. Each value is a constant in Go, so removing or
// renaming a value is a break and adding one is not.
func knownValues(where string, was, is *openapi3.Schema) []Change {
	before, _ := was.Extensions["x-extensible-enum"].([]any)
	after, _ := is.Extensions["x-extensible-enum"].([]any)
	var changes []Change
	for _, value := range before {
		if !slices.Contains(after, value) {
			changes = append(changes, Change{Rule: "known-value-removed", Where: where, Text: fmt.Sprintf("the value %v was removed", value), Breaking: true})
		}
	}
	for _, value := range after {
		if !slices.Contains(before, value) {
			changes = append(changes, Change{Rule: "known-value-added", Where: where, Text: fmt.Sprintf("the value %v was added", value)})
		}
	}
	return changes
}

// declaredScopes returns the scopes of all flows.
func declaredScopes(spec *openapi3.T) map[string]bool {
	scopes := make(map[string]bool)
	for _, ref := range spec.Components.SecuritySchemes {
		flows := ref.Value.Flows
		if flows == nil {
			continue
		}
		for _, flow := range []*openapi3.OAuthFlow{flows.Implicit, flows.Password, flows.ClientCredentials, flows.AuthorizationCode} {
			if flow == nil {
				continue
			}
			for scope := range flow.Scopes {
				scopes[scope] = true
			}
		}
	}
	return scopes
}

func firstServer(spec *openapi3.T) string {
	if len(spec.Servers) == 0 {
		return "none"
	}
	return spec.Servers[0].URL
}
