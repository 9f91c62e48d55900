package exchanges

import (
	"go.yaml.in/yaml/v3"
)

// generalErrors are the statuses of errors that the sandbox may send for each operation. The
// contract names some of them only where the documentation of the API names a case, and covers
// the others by default.
var generalErrors = []string{"400", "401", "403", "404", "409"}

// withGeneralErrors returns a contract in which each operation documents generalErrors, with
// its response for all other errors. Every other status that an operation does not document
// remains a finding.
func withGeneralErrors(document []byte) ([]byte, error) {
	var spec map[string]any
	if err := yaml.Unmarshal(document, &spec); err != nil {
		return nil, err
	}
	paths, _ := spec["paths"].(map[string]any)
	for _, path := range paths {
		item, _ := path.(map[string]any)
		for _, operation := range item {
			fields, _ := operation.(map[string]any)
			responses, _ := fields["responses"].(map[string]any)
			other, ok := responses["default"]
			if !ok {
				continue // no operation, or one without a response for other errors
			}
			for _, status := range generalErrors {
				if _, documented := responses[status]; !documented {
					responses[status] = other
				}
			}
		}
	}
	return yaml.Marshal(spec)
}
