package selftest

import (
	"fmt"
	"slices"
	"strings"

	tapkeygo "github.com/tapkey-go/tapkey-go"
	"github.com/tapkey-go/tapkey-go/contract/internal/breaking"
)

// change is a change to the document.
type change struct {
	seed  string
	rule  string // expected rule; empty for a harmless change
	all   bool   // make the edits at every match, not only at the first
	edits []edit
}

func once(seed, rule string, edits ...edit) change { return change{seed, rule, false, edits} }

func everywhere(seed, rule string, edits ...edit) change { return change{seed, rule, true, edits} }

func changes() []change {
	const (
		ownerActive = "        active:\n          type: boolean\n          nullable: true\n          description: Whether the owner account is active. What else it can be is not documented.\n      example:\n        id: 7f9c1e52-3b0a-4c1d-9a57-0e3d5b2f8c11\n        name: Home\n        active: true\n"
		ownerID     = "      required:\n        - id\n      properties:\n        id:\n          type: string\n          description: Id of the owner account.\n        name:\n"
		scope       = "            - read:owneraccounts\n      responses:\n"
		description = "          description: Name of the owner account.\n"
		contacts    = "                type: array\n                items:\n                  $ref: '#/components/schemas/Contact'\n"
		comment     = "        comment:\n          type: string\n          description: New comment.\n      example:\n        title: User One\n        comment: Moved to the second floor\n"
		lockTitle   = "        title:\n          type: string\n          nullable: true\n          description: Title chosen by the user.\n"
		lockText    = "        description:\n          type: string\n          nullable: true\n          description: Free text.\n"
		forbidden   = "        '403':\n          $ref: '#/components/responses/Forbidden'\n"
	)
	return []change{
		once("an optional field removed from a response", "response-optional-property-removed",
			edit{ownerActive, "      example:\n        id: 7f9c1e52-3b0a-4c1d-9a57-0e3d5b2f8c11\n        name: Home\n"}),
		once("a required field of a response made optional", "response-property-became-optional",
			edit{ownerID, strings.TrimPrefix(ownerID, "      required:\n        - id\n")}),
		once("a required field of a response made nullable", "response-property-became-nullable",
			edit{ownerID, strings.Replace(ownerID, "        name:", "          nullable: true\n        name:", 1)}),
		once("the type of a field in a response changed", "response-property-type-changed",
			edit{"        entryNo:\n          type: integer\n          format: int64\n", "        entryNo:\n          type: string\n"},
			edit{"        entryNo: 1287\n", "        entryNo: '1287'\n"}),
		once("the format of a field in a response removed", "response-property-type-changed",
			edit{"        bindDate:\n          type: string\n          format: date-time\n", "        bindDate:\n          type: string\n"}),
		once("a list replaced by an object", "response-body-type-changed",
			edit{contacts, "                $ref: '#/components/schemas/Contact'\n"}),
		once("the status of a successful response changed", "response-success-status-removed",
			edit{"        '204':\n          description: The transponder was changed.\n", "        '202':\n          description: The transponder was changed.\n"}),
		once("an error response removed", "response-non-success-status-removed", edit{forbidden, ""}),
		once("a media type changed", "response-media-type-removed",
			edit{"            application/json:\n              schema:\n" + contacts, "            text/json:\n              schema:\n" + contacts}),
		once("an operation renamed", "api-operation-id-removed", edit{"operationId: getOwner\n", "operationId: readOwner\n"}),
		once("an operation removed", "api-removed-without-deprecation", edit{deletePermission, ""}),
		once("a path renamed", "api-path-removed-without-deprecation",
			edit{"  /Owners/{ownerAccountId}/LogEntries:\n", "  /Owners/{ownerAccountId}/Logs:\n"}),
		everywhere("a schema renamed", "api-schema-removed",
			edit{"    GrantOwner:\n", "    GrantHolder:\n"}, edit{"schemas/GrantOwner'", "schemas/GrantHolder'"}),
		everywhere("a shared parameter renamed", "parameter-component-removed",
			edit{"    Filter:\n", "    Where:\n"}, edit{"parameters/Filter'", "parameters/Where'"}),
		once("a scope added to an operation", "api-security-scope-added",
			edit{scope, "            - read:owneraccounts\n            - read:grants\n      responses:\n"}),
		everywhere("a declared scope removed", "scope-removed",
			edit{"            write:ip:users: Manage the users of identity providers.\n", ""}),
		everywhere("the token URL changed", "api-security-component-oauth-token-url-changed",
			edit{"login.tapkey.com/connect/token", "login.tapkey.com/oauth/token"}),
		once("the base path of the server changed", "server-changed", edit{"my.tapkey.com/api/v1", "my.tapkey.com/api/v2"}),
		once("the host of the server changed", "server-changed", edit{"https://my.tapkey.com/api", "https://api.tapkey.com/api"}),
		once("a query parameter made required", "request-parameter-became-required",
			edit{"        - name: dryRun\n          in: query\n", "        - name: dryRun\n          in: query\n          required: true\n"}),
		once("a query parameter removed", "request-parameter-removed", edit{"        - $ref: '#/components/parameters/Skip'\n", ""}),
		once("the type of a query parameter changed", "request-parameter-type-changed",
			edit{"      name: $top\n      in: query\n", "      name: $top\n      in: query\n"},
			edit{"      schema:\n        type: integer\n        minimum: 1\n      example: 500\n", "      schema:\n        type: boolean\n      example: true\n"}),
		once("a field of a request made required", "request-property-became-required",
			edit{"      x-direction: request\n      properties:\n        identifier:\n", "      x-direction: request\n      required:\n        - identifier\n      properties:\n        identifier:\n"}),
		once("a required field added to a request", "new-required-request-property",
			edit{"        - contactId\n        - role\n      properties:\n", "        - contactId\n        - role\n        - reason\n      properties:\n        reason:\n          type: string\n"},
			edit{"        role: Admin\n\n    LockBinding", "        role: Admin\n        reason: x\n\n    LockBinding"}),
		once("a field removed from a request", "request-property-removed",
			edit{comment, "      example:\n        title: User One\n"}),
		everywhere("a known value renamed", "known-value-removed",
			edit{"        - Admin\n", "        - Administrator\n"}),
		once("a known value removed", "known-value-removed", edit{"        - Unjoined\n", ""}),
		once("x-paging removed from a list", "operation-extension-removed", edit{"      x-paging: offset\n", ""}),
		once("x-idempotent removed from an operation", "operation-extension-removed", edit{"      x-idempotent: true\n", ""}),
		once("x-direction removed from a schema", "direction-changed", edit{"      x-direction: request\n", ""}),

		once("nothing changed", ""),
		once("a known value added", "", edit{"        - Unjoined\n", "        - Unjoined\n        - Banned\n"}),
		once("an endpoint added", "", edit{"  # --- Permissions\n", addedEndpoint}),
		everywhere("text reworded", "", edit{description, "          description: What the owner account is called.\n"},
			edit{"      summary: Gets a contact\n", "      summary: Returns a contact\n"}),
		once("an optional field added to a response", "",
			edit{ownerID, strings.Replace(ownerID, "        name:", "        color:\n          type: string\n          nullable: true\n        name:", 1)}),
		once("an optional query parameter added", "", edit{"        - name: dryRun\n", "        - name: reason\n          in: query\n          schema:\n            type: string\n          example: x\n        - name: dryRun\n"}),
		once("an optional field added to a request", "", edit{"        comment:\n          type: string\n          description: New comment.\n", "        comment:\n          type: string\n          description: New comment.\n        color:\n          type: string\n"}),
		once("an error response added", "", edit{"        '401':\n          $ref: '#/components/responses/Unauthorized'\n", "        '401':\n          $ref: '#/components/responses/Unauthorized'\n" + forbidden}),
		once("a declared scope added", "", edit{"            read:logs: Read the logs of locks.\n", "            read:logs: Read the logs of locks.\n            write:logs: Write them.\n"}),
		once("a scope removed from an operation", "", edit{"            - read:owneraccount:permissions\n      responses:\n", "            []\n      responses:\n"}),
		once("evidence changed", "", edit{"      x-evidence: reported\n", "      x-evidence: verified\n"}),
		once("an example changed", "", edit{"        name: Head Office\n", "        name: Main Office\n"}),
		once("a required field of a request made optional", "",
			edit{"      required:\n        - name\n      properties:\n", "      properties:\n"}),
		once("fields reordered", "",
			edit{lockTitle + lockText, lockText + lockTitle}),
		once("the link to the documentation changed", "", edit{"https://developers.tapkey.io/", "https://developers.tapkey.io/api/"}),
	}
}

const deletePermission = `    delete:
      operationId: deletePermission
      tags:
        - Permissions
      summary: Removes a permission
      description: >-
        Only the owner of the account may change its co-administrators.
      x-evidence: verified
      security:
        - tapkey:
            - write:owneraccount:permissions
      responses:
        '204':
          description: The permission was removed.
        '400':
          $ref: '#/components/responses/BadRequest'
        '401':
          $ref: '#/components/responses/Unauthorized'
        '404':
          $ref: '#/components/responses/NotFound'
        '409':
          $ref: '#/components/responses/Conflict'
        default:
          $ref: '#/components/responses/Error'
`

var addedEndpoint = strings.ReplaceAll(ambiguous, "/Owners/{owner}:", "/Owners/{owner}/Touch:")

// documentChanges makes each change to the document and compares the result with the
// document.
func documentChanges() ([]Result, error) {
	document := tapkeygo.OpenAPI()
	var results []Result
	for _, c := range changes() {
		text, err := apply(string(document), c.seed, c.all, c.edits...)
		if err != nil {
			return nil, err
		}
		found, err := breaking.Wire(document, []byte(text))
		if err != nil {
			return nil, fmt.Errorf("selftest: %s: %w", c.seed, err)
		}
		var rules []string
		for _, f := range breaking.Breaks(found) {
			if rule := "`" + f.Rule + "`"; !slices.Contains(rules, rule) {
				rules = append(rules, rule)
			}
		}
		r := Result{Seed: c.seed, Want: c.rule, Found: strings.Join(rules, ", ")}
		if c.rule == "" {
			r.Want = nothing
			r.OK = len(rules) == 0
		} else {
			r.OK = slices.Contains(rules, "`"+c.rule+"`")
		}
		if len(rules) == 0 {
			r.Found = nothing
		}
		results = append(results, r)
	}
	return results, nil
}
