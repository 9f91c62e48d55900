package selftest

import (
	"fmt"
	"slices"
	"strings"

	tapkeygo "github.com/tapkey-go/tapkey-go"
	"github.com/tapkey-go/tapkey-go/contract/internal/lint"
)

// fault is a mistake in the document and the rule that must report it.
type fault struct {
	seed string
	rule string
	edit edit
}

func faults() []fault {
	const (
		owners    = "      operationId: listOwners\n"
		badReq    = "        '400':\n          $ref: '#/components/responses/BadRequest'\n"
		unauth    = "        '401':\n          $ref: '#/components/responses/Unauthorized'\n"
		fallback  = "        default:\n          $ref: '#/components/responses/Error'\n"
		ownerItem = "                items:\n                  $ref: '#/components/schemas/OwnerAccount'\n"
		ownerType = "    OwnerAccount:\n      type: object\n"
		ownerName = "        name:\n          type: string\n          nullable: true\n          description: Name of the owner account.\n"
		roles     = "      x-extensible-enum:\n        - Owner\n        - Admin\n"
		security  = "      security:\n        - tapkey:\n            - read:owneraccounts\n"
	)
	return []fault{
		{"a reference to an unknown schema", "ref-unknown", edit{ownerItem, strings.Replace(ownerItem, "Account", "Acount", 1)}},
		{"a duplicate operationId", "valid", edit{"operationId: getOwner\n", "operationId: listOwners\n"}},
		{"a path parameter that is not in the path", "valid", edit{"      - name: permissionId\n", "      - name: permission\n"}},
		{"an undeclared security scheme", "valid", edit{"        - tapkey:\n", "        - tapkye:\n"}},
		{"an example of the wrong type", "valid", edit{"        name: Home\n        active: true\n", "        name: Home\n        active: 1\n"}},
		{"an example without a required field", "valid", edit{"      example:\n        identifier: user1@example.com\n\n", "      example: {}\n\n"}},
		{"type: [string, 'null'] in OpenAPI 3.0", "valid", edit{"        name:\n          type: string\n          nullable: true\n", "        name:\n          type: [string, 'null']\n"}},
		{"a misspelt key", "valid", edit{"      summary: Lists the owner accounts", "      summry: Lists the owner accounts"}},
		{"type: bool", "valid", edit{"type: boolean", "type: bool"}},
		{"a duplicate YAML key", "valid", edit{owners, owners + owners}},
		{"YAML that cannot be parsed", "valid", edit{"openapi: 3.0.3\n", "openapi: [3.0.3\n"}},
		{"a response without a description", "valid", edit{"          description: The owner accounts; possibly none.\n", ""}},
		{"two paths that differ only in the name of a parameter", "path-ambiguous", edit{"  # --- Permissions\n", ambiguous}},
		{"an array without items", "valid", edit{"                type: array\n" + ownerItem, "                type: array\n"}},

		{"another version in the path of the server", "server-base-path", edit{"my.tapkey.com/api/v1", "my.tapkey.com/api/v2"}},
		{"a server without TLS", "server-base-path", edit{"  - url: https://", "  - url: http://"}},
		{"no operationId", "operation-id", edit{owners, ""}},
		{"an undeclared tag", "operation-tag", edit{"      tags:\n        - Owners\n", "      tags:\n        - Owner\n"}},
		{"no scope", "operation-security", edit{security, ""}},
		{"an undeclared scope", "scope-undeclared", edit{"            - read:logs\n", "            - read:log\n"}},
		{"no successful response", "response-success", edit{"        '200':\n          description: The owner accounts;", "        '300':\n          description: The owner accounts;"}},
		{"no response 401", "response-401", edit{unauth, ""}},
		{"no 4xx response other than 401", "response-4xx", edit{badReq + unauth + fallback, unauth + fallback}},
		{"no default response", "response-default", edit{fallback, ""}},
		{"paging without $top and $skip", "paging-parameters", edit{owners, owners + "      x-paging: offset\n"}},
		{"paging of an unknown kind", "paging-parameters", edit{"      x-paging: offset\n", "      x-paging: cursor\n"}},
		{"an operation without evidence", "evidence", edit{"      x-evidence: verified\n      security:\n", "      security:\n"}},
		{"a schema without evidence", "evidence", edit{ownerType + "      description: >-\n        An owner account: a locking system with its locks, users and grants.\n      x-evidence: verified\n", ownerType}},
		{"an unknown value of x-evidence", "evidence", edit{"      x-evidence: verified\n", "      x-evidence: certain\n"}},
		{"an inferred operation", "evidence-inferred", edit{"      x-evidence: verified\n", "      x-evidence: inferred\n"}},
		{"an unused component", "component-unused", edit{"    GrantState:\n", "    GrantPhase:\n      type: string\n      x-evidence: verified\n      example: x\n\n    GrantState:\n"}},
		{"a schema without an example", "example-missing", edit{"      example:\n        ErrorCode: Duplicate\n", ""}},
		{"a parameter without an example", "example-missing", edit{"      example: id,title\n", ""}},
		{"an unknown field in required", "required-unknown", edit{ownerName, ownerName + "        address:\n          type: object\n          properties:\n            city:\n              type: string\n          required:\n            - town\n"}},
		{"a description next to a $ref", "ref-siblings", edit{"        role:\n          $ref: '#/components/schemas/PermissionRole'\n", "        role:\n          $ref: '#/components/schemas/PermissionRole'\n          description: Role.\n"}},
		{"a duplicate known value", "extensible-enum", edit{roles, roles + "        - Owner\n"}},
		{"no known value", "extensible-enum", edit{roles, "      x-extensible-enum: []\n"}},
		{"a closed object in a response", "response-closed", edit{ownerType, ownerType + "      additionalProperties: false\n"}},
		{"an enum in a response", "response-enum", edit{roles, strings.Replace(roles, "x-extensible-enum", "enum", 1)}},
		{"a field without a type in a response", "response-untyped", edit{ownerName, "        name:\n          nullable: true\n          description: Name of the owner account.\n"}},
		{"two JSON media types in one response", "response-media-types", edit{ownerItem, ownerItem + "            application/problem+json:\n              schema:\n                $ref: '#/components/schemas/ErrorBody'\n"}},
		{"x-direction: request on a schema in a response", "direction", edit{ownerType, ownerType + "      x-direction: request\n"}},
		{"an object in a request body without x-direction", "direction", edit{"      x-direction: request\n", ""}},
		{"two parameters with the same name in Go", "go-names", edit{"      name: $select\n", "      name: filter\n"}},
		{"two fields with the same name in Go", "go-names", edit{ownerName, ownerName + strings.Replace(ownerName, "name:", "Name:", 1)}},
		{"two operations with the same name in Go", "go-names", edit{"operationId: getOwner\n", "operationId: ListOwners\n"}},
	}
}

const ambiguous = `  /Owners/{owner}:
    parameters:
      - name: owner
        in: path
        required: true
        schema:
          type: string
        example: x
    post:
      operationId: touchOwner
      tags:
        - Owners
      summary: Touches
      x-evidence: verified
      security:
        - tapkey:
            - read:owneraccounts
      responses:
        '204':
          description: Touched.
        '400':
          $ref: '#/components/responses/BadRequest'
        '401':
          $ref: '#/components/responses/Unauthorized'
        default:
          $ref: '#/components/responses/Error'

  # --- Permissions
`

// near is the maximum number of lines between a fault and its report. A missing element is
// reported at the beginning of the element that should contain it.
const near = 40

// lintFaults makes each fault in the document. A fault is found if its rule reports it near
// the edit.
func lintFaults() ([]Result, error) {
	document := string(tapkeygo.OpenAPI())
	results := []Result{lintResult("the document unchanged", nothing, lint.Check([]byte(document)))}
	for _, f := range faults() {
		text, err := apply(document, f.seed, false, f.edit)
		if err != nil {
			return nil, err
		}
		before, _, _ := strings.Cut(document, f.edit.old)
		line := 1 + strings.Count(before, "\n")
		problems := lint.Check([]byte(text))
		result := lintResult(f.seed, f.rule, problems)
		if !slices.ContainsFunc(problems, func(p lint.Problem) bool { return p.Rule == f.rule && abs(p.Line-line) <= near }) {
			result.OK, result.Found = false, fmt.Sprintf("%s, but not near line %d: %v", result.Found, line, problems)
		}
		results = append(results, result)
	}
	for _, rule := range lint.Rules() {
		if !slices.ContainsFunc(faults(), func(f fault) bool { return f.rule == rule.ID }) {
			return nil, fmt.Errorf("selftest: the rule %s has no fault", rule.ID)
		}
	}
	return results, nil
}

func lintResult(seed, want string, problems []lint.Problem) Result {
	var rules []string
	for _, p := range problems {
		if rule := fmt.Sprintf("`%s`", p.Rule); !slices.Contains(rules, rule) {
			rules = append(rules, rule)
		}
	}
	found := nothing
	if len(rules) > 0 {
		found = strings.Join(rules, ", ")
	}
	ok := found == nothing
	if want != nothing {
		ok = slices.Contains(rules, "`"+want+"`")
	}
	return Result{Seed: seed, Want: want, Found: found, OK: ok}
}

func abs(n int) int { return max(n, -n) }
