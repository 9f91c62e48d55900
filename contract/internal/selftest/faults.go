package selftest

import (
	"fmt"
	"slices"
	"strings"

	tapkeygo "github.com/tapkey-go/tapkey-go"
	"github.com/tapkey-go/tapkey-go/contract/internal/lint"
)

// fault is something wrong with the document, and the rule that has to say so.
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
		{"a reference to nothing", "ref-unknown", edit{ownerItem, strings.Replace(ownerItem, "Account", "Acount", 1)}},
		{"an operationId twice", "valid", edit{"operationId: getOwner\n", "operationId: listOwners\n"}},
		{"a path parameter that is not in the path", "valid", edit{"      - name: permissionId\n", "      - name: permission\n"}},
		{"a security scheme that is not declared", "valid", edit{"        - tapkey:\n", "        - tapkye:\n"}},
		{"an example of the wrong type", "valid", edit{"        name: Home\n        active: true\n", "        name: Home\n        active: 1\n"}},
		{"an example that lacks what is required", "valid", edit{"      example:\n        identifier: user1@example.com\n\n", "      example: {}\n\n"}},
		{"type: [string, 'null'] in OpenAPI 3.0", "valid", edit{"        name:\n          type: string\n          nullable: true\n", "        name:\n          type: [string, 'null']\n"}},
		{"a misspelt key", "valid", edit{"      summary: Lists the owner accounts", "      summry: Lists the owner accounts"}},
		{"type: bool", "valid", edit{"type: boolean", "type: bool"}},
		{"a YAML key twice", "valid", edit{owners, owners + owners}},
		{"YAML that cannot be parsed", "valid", edit{"openapi: 3.0.3\n", "openapi: [3.0.3\n"}},
		{"an answer without a description", "valid", edit{"          description: The owner accounts; possibly none.\n", ""}},
		{"two paths that differ in a parameter's name", "path-ambiguous", edit{"  # --- Permissions\n", ambiguous}},
		{"an array without items", "valid", edit{"                type: array\n" + ownerItem, "                type: array\n"}},

		{"another version in the server's path", "server-base-path", edit{"my.tapkey.com/api/v1", "my.tapkey.com/api/v2"}},
		{"a server without TLS", "server-base-path", edit{"  - url: https://", "  - url: http://"}},
		{"no operationId", "operation-id", edit{owners, ""}},
		{"a tag that is not declared", "operation-tag", edit{"      tags:\n        - Owners\n", "      tags:\n        - Owner\n"}},
		{"no scope", "operation-security", edit{security, ""}},
		{"a scope that is not declared", "scope-undeclared", edit{"            - read:logs\n", "            - read:log\n"}},
		{"no success", "answer-success", edit{"        '200':\n          description: The owner accounts;", "        '300':\n          description: The owner accounts;"}},
		{"no 401", "answer-401", edit{unauth, ""}},
		{"no 4xx besides 401", "answer-4xx", edit{badReq + unauth + fallback, unauth + fallback}},
		{"no default answer", "answer-default", edit{fallback, ""}},
		{"paging without $top and $skip", "paging-parameters", edit{owners, owners + "      x-paging: offset\n"}},
		{"paging of an unknown kind", "paging-parameters", edit{"      x-paging: offset\n", "      x-paging: cursor\n"}},
		{"an operation without evidence", "evidence", edit{"      x-evidence: verified\n      security:\n", "      security:\n"}},
		{"a schema without evidence", "evidence", edit{ownerType + "      description: >-\n        An owner account: a locking system with its locks, users and grants.\n      x-evidence: verified\n", ownerType}},
		{"evidence in another word", "evidence", edit{"      x-evidence: verified\n", "      x-evidence: certain\n"}},
		{"an inferred operation", "evidence-inferred", edit{"      x-evidence: verified\n", "      x-evidence: inferred\n"}},
		{"a component that is not used", "component-unused", edit{"    GrantState:\n", "    GrantPhase:\n      type: string\n      x-evidence: verified\n      example: x\n\n    GrantState:\n"}},
		{"a schema without an example", "example-missing", edit{"      example:\n        ErrorCode: Duplicate\n", ""}},
		{"a parameter without an example", "example-missing", edit{"      example: id,title\n", ""}},
		{"required names no member", "required-unknown", edit{ownerName, ownerName + "        address:\n          type: object\n          properties:\n            city:\n              type: string\n          required:\n            - town\n"}},
		{"a description beside a $ref", "ref-siblings", edit{"        role:\n          $ref: '#/components/schemas/PermissionRole'\n", "        role:\n          $ref: '#/components/schemas/PermissionRole'\n          description: Role.\n"}},
		{"a known value twice", "extensible-enum", edit{roles, roles + "        - Owner\n"}},
		{"no known value", "extensible-enum", edit{roles, "      x-extensible-enum: []\n"}},
		{"a closed object in an answer", "answer-closed", edit{ownerType, ownerType + "      additionalProperties: false\n"}},
		{"an enum in an answer", "answer-enum", edit{roles, strings.Replace(roles, "x-extensible-enum", "enum", 1)}},
		{"an answer's member without a type", "answer-untyped", edit{ownerName, "        name:\n          nullable: true\n          description: Name of the owner account.\n"}},
		{"two JSON media types in one answer", "answer-media-types", edit{ownerItem, ownerItem + "            application/problem+json:\n              schema:\n                $ref: '#/components/schemas/ErrorBody'\n"}},
		{"a request's schema in an answer", "direction", edit{ownerType, ownerType + "      x-direction: request\n"}},
		{"an object that is sent and not marked so", "direction", edit{"      x-direction: request\n", ""}},
		{"parameters with one name in Go", "go-names", edit{"      name: $select\n", "      name: filter\n"}},
		{"members with one name in Go", "go-names", edit{ownerName, ownerName + strings.Replace(ownerName, "name:", "Name:", 1)}},
		{"operations with one name in Go", "go-names", edit{"operationId: getOwner\n", "operationId: ListOwners\n"}},
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

// near is how many lines a problem may be from its fault: what is missing is reported
// where the element begins that it is missing from.
const near = 40

// lintFaults seeds each fault into the document. It counts as found only if the rule
// says so, and near the place.
func lintFaults() ([]Result, error) {
	sound := string(tapkeygo.OpenAPI())
	results := []Result{lintResult("the document as it is", nothing, lint.Check([]byte(sound)))}
	for _, f := range faults() {
		text, err := apply(sound, f.seed, false, f.edit)
		if err != nil {
			return nil, err
		}
		before, _, _ := strings.Cut(sound, f.edit.old)
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
			return nil, fmt.Errorf("selftest: there is no fault for the rule %s", rule.ID)
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
