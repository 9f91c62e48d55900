package selftest

import (
	"fmt"
	"slices"
	"strings"

	tapkeygo "github.com/tapkey-go/tapkey-go"
	"github.com/tapkey-go/tapkey-go/contract/internal/lint"
)

// fault is a mistake in the document and the rule that must report it, or a harmless
// change, which has no rule. It is made by edit, and by the edits in more if there are
// any. The report must be near the first edit.
type fault struct {
	seed string
	rule string
	edit edit
	more []edit
}

func seed(text, rule string, first edit, more ...edit) fault { return fault{text, rule, first, more} }

func faults() []fault { return append(documentFaults(), nullFaults()...) }

func documentFaults() []fault {
	const (
		owners                          = "      operationId: listOwners\n"
		badReq                          = "        '400':\n          $ref: '#/components/responses/BadRequest'\n"
		unauth                          = "        '401':\n          $ref: '#/components/responses/Unauthorized'\n"
		denied                          = unauth + "        '403':\n          $ref: '#/components/responses/Forbidden'\n"
		fallback                        = "        default:\n          $ref: '#/components/responses/Error'\n"
		ownerItem                       = "                items:\n                  $ref: '#/components/schemas/OwnerAccount'\n"
		ownerType                       = "    OwnerAccount:\n      type: object\n"
		ownerName                       = "        name:\n          type: string\n          nullable: true\n          description: Name of the owner account.\n"
		roles                           = "      x-extensible-enum:\n        - Owner\n        - Admin\n"
		states                          = "      x-extensible-enum:\n        - Ok\n        - Revoked\n"
		security                        = "      security:\n        - tapkey:\n            - read:owneraccounts\n"
		ownerRequired                   = "      required:\n        - id\n      properties:\n        id:\n          type: string\n          description: Id of the owner account.\n        name:\n"
		ownerRest                       = "      description: x\n      x-evidence: verified\n      example: {}\n\n    OwnerAccount:\n      type: object\n"
		notFound                        = "        '404':\n          $ref: '#/components/responses/NotFound'\n"
		conflict                        = "        '409':\n          $ref: '#/components/responses/Conflict'\n"
		created                         = "          description: The owner account was created. The documentation names the status but does not show the body.\n          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/OwnerAccount'\n" + badReq + denied
		createdConflict, createdWithout = created + conflict, created
		deleted                         = "          description: The permission was removed.\n" + badReq + denied
		theOwner                        = "          description: The owner account.\n          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/OwnerAccount'\n"
		okOwner                         = "        '200':\n" + theOwner
		changedOwner                    = "          description: The changed owner account.\n          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/OwnerAccount'\n"
		revoked                         = "          description: Accepted. The body is a JSON object with unknown fields (reported).\n          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/RevocationResult'\n"
		permissionID                    = "      - name: permissionId\n        in: path\n        required: true\n        description: Id of the permission.\n        schema:\n          type: string\n"
		deletedScope                    = "            - write:owneraccount:permissions\n      responses:\n        '204':\n"
		body                            = "      requestBody:\n        content:\n          application/json:\n            schema:\n              $ref: '#/components/schemas/ContactUpdate'\n"
		grantState                      = "        state:\n          $ref: '#/components/schemas/GrantState'\n"
		namedList                       = "    OwnerList:\n      type: array\n      x-evidence: verified\n      items:\n        $ref: '#/components/schemas/OwnerAccount'\n      example: []\n\n    RevocationResult:\n"
	)
	return []fault{
		seed("a reference to an unknown schema", "ref-unknown", edit{ownerItem, strings.Replace(ownerItem, "Account", "Acount", 1)}),
		seed("a duplicate operationId", "valid", edit{"operationId: getOwner\n", "operationId: listOwners\n"}),
		seed("a path parameter that is not in the path", "valid", edit{"      - name: permissionId\n", "      - name: permission\n"}),
		seed("an undeclared security scheme", "valid", edit{"        - tapkey:\n", "        - tapkye:\n"}),
		seed("an example of the wrong type", "valid", edit{"        name: Home\n        active: true\n", "        name: Home\n        active: 1\n"}),
		seed("an example without a required field", "valid", edit{"      example:\n        identifier: user1@example.com\n\n", "      example: {}\n\n"}),
		seed("type: [string, 'null'] in OpenAPI 3.0", "valid", edit{"        name:\n          type: string\n          nullable: true\n", "        name:\n          type: [string, 'null']\n"}),
		seed("a misspelt key", "valid", edit{"      summary: Lists the owner accounts", "      summry: Lists the owner accounts"}),
		seed("type: bool", "valid", edit{"type: boolean", "type: bool"}),
		seed("a duplicate YAML key", "valid", edit{owners, owners + owners}),
		seed("YAML that cannot be parsed", "valid", edit{"openapi: 3.0.3\n", "openapi: [3.0.3\n"}),
		seed("a response without a description", "valid", edit{"          description: The owner accounts; possibly none.\n", ""}),
		seed("two paths that differ only in the name of a parameter", "path-ambiguous", edit{"  # --- Permissions\n", ambiguous}),
		seed("an array without items", "valid", edit{"                type: array\n" + ownerItem, "                type: array\n"}),

		seed("another version in the path of the server", "server-base-path", edit{"my.tapkey.com/api/v1", "my.tapkey.com/api/v2"}),
		seed("a server without TLS", "server-base-path", edit{"  - url: https://", "  - url: http://"}),
		seed("no operationId", "operation-id", edit{owners, ""}),
		seed("an undeclared tag", "operation-tag", edit{"      tags:\n        - Owners\n", "      tags:\n        - Owner\n"}),
		seed("no scope", "operation-security", edit{security, ""}),
		seed("an undeclared scope", "scope-undeclared", edit{"            - read:logs\n", "            - read:log\n"}),
		seed("no successful response", "response-success", edit{"        '200':\n          description: The owner accounts;", "        '300':\n          description: The owner accounts;"}),
		seed("no response 401", "response-401", edit{unauth, ""}),
		seed("no 4xx response other than 401", "response-4xx", edit{badReq + denied + fallback, unauth + fallback}),
		seed("no default response", "response-default", edit{fallback, ""}),
		seed("paging without $top and $skip", "paging-parameters", edit{owners, owners + "      x-paging: offset\n"}),
		seed("paging of an unknown kind", "paging-parameters", edit{"      x-paging: offset\n", "      x-paging: cursor\n"}),
		seed("an operation without evidence", "evidence", edit{"      x-evidence: verified\n      security:\n", "      security:\n"}),
		seed("a schema without evidence", "evidence", edit{ownerType + "      description: >-\n        An owner account: a locking system with its locks, users and grants.\n      x-evidence: verified\n", ownerType}),
		seed("an unknown value of x-evidence", "evidence", edit{"      x-evidence: verified\n", "      x-evidence: certain\n"}),
		seed("an inferred operation", "evidence-inferred", edit{"      x-evidence: verified\n", "      x-evidence: inferred\n"}),
		seed("an unused component", "component-unused", edit{"    GrantState:\n", "    GrantPhase:\n      type: string\n      x-evidence: verified\n      example: x\n\n    GrantState:\n"}),
		seed("a schema without an example", "example-missing", edit{"      example:\n        ErrorCode: Duplicate\n        ErrorMessage: Only one grant is allowed per lock and user.\n", ""}),
		seed("a parameter without an example", "example-missing", edit{"      example: id,title\n", ""}),
		seed("an unknown field in required", "required-unknown", edit{ownerName, ownerName + "        address:\n          type: object\n          properties:\n            city:\n              type: string\n          required:\n            - town\n"}),
		seed("a description next to a $ref", "ref-siblings", edit{"        role:\n          $ref: '#/components/schemas/PermissionRole'\n", "        role:\n          $ref: '#/components/schemas/PermissionRole'\n          description: Role.\n"}),
		seed("a duplicate known value", "extensible-enum", edit{roles, roles + "        - Owner\n"}),
		seed("no known value", "extensible-enum", edit{roles, "      x-extensible-enum: []\n"}),
		seed("a closed object in a response", "response-closed", edit{ownerType, ownerType + "      additionalProperties: false\n"}),
		seed("an enum in a response", "response-enum", edit{states, strings.Replace(states, "x-extensible-enum", "enum", 1)}),
		seed("a field without a type in a response", "response-untyped", edit{ownerName, "        name:\n          nullable: true\n          description: Name of the owner account.\n"}),
		seed("two JSON media types in one response", "response-media-types", edit{ownerItem, ownerItem + "            application/problem+json:\n              schema:\n                $ref: '#/components/schemas/ErrorBody'\n"}),
		seed("x-direction: request on a schema in a response", "direction", edit{ownerType, ownerType + "      x-direction: request\n"}),
		seed("an object in a request body without x-direction", "direction", edit{"      x-direction: request\n", ""}),
		seed("two parameters with the same name in Go", "go-names", edit{"      name: $select\n", "      name: filter\n"}),
		seed("two fields with the same name in Go", "go-names", edit{ownerName, ownerName + strings.Replace(ownerName, "name:", "Name:", 1)}),
		seed("two operations with the same name in Go", "go-names", edit{"operationId: getOwner\n", "operationId: ListOwners\n"}),

		// Names
		seed("two schemas with the same name in Go", "go-names", edit{"    GrantState:\n", "    grant_state:\n      type: string\n      x-evidence: verified\n      example: x\n\n    GrantState:\n"}),
		seed("a shared parameter and a schema with the same name in Go", "go-names", edit{"    Filter:\n", "    Contact:\n"}),
		seed("a field without letters in its name", "go-names", edit{ownerName, ownerName + strings.Replace(ownerName, "name:", "'***':", 1)}),
		seed("a field in a script without case", "go-names", edit{ownerName, ownerName + strings.Replace(ownerName, "name:", "東京:", 1)}),
		seed("a schema with the name of the parameters of an operation", "go-names", edit{owners, "      operationId: grantOwner\n"}, edit{"    GrantOwner:\n", "    GrantOwnerParams:\n"}),
		seed("an operation with the name of an iterator", "go-names", edit{"operationId: getOwner\n", "operationId: allOwners\n"}),
		seed("an operation with the name of a method of API", "reserved-names", edit{"operationId: getOwner\n", "operationId: raw\n"}),
		seed("an operation with the name of a method of Client", "reserved-names", edit{"operationId: getOwner\n", "operationId: with\n"}),
		seed("an operation with the name of a field of Client", "reserved-names", edit{"operationId: getOwner\n", "operationId: request_editors\n"}),
		seed("a schema with the name of a generated type", "reserved-names", edit{ownerType, strings.Replace(ownerType, "OwnerAccount", "API", 1) + ownerRest}),
		seed("a schema with the name of a generated function", "reserved-names", edit{ownerType, strings.Replace(ownerType, "OwnerAccount", "operations", 1) + ownerRest}),
		seed("a schema with the name of oapi-codegen's client", "reserved-names", edit{ownerType, strings.Replace(ownerType, "OwnerAccount", "Client", 1) + ownerRest}),
		seed("a path parameter with the name of an argument", "reserved-names", edit{"      - name: permissionId\n", "      - name: params\n"}, edit{"{permissionId}", "{params}"}),
		seed("a path parameter with the name of a variable", "reserved-names", edit{"      - name: permissionId\n", "      - name: err\n"}, edit{"{permissionId}", "{err}"}),
		seed("a path parameter with the name of a package", "reserved-names", edit{"      - name: permissionId\n", "      - name: http\n"}, edit{"{permissionId}", "{http}"}),
		seed("known values that differ in case", "known-values", edit{roles, roles + "        - admin\n"}),
		seed("known values that differ in symbols", "known-values", edit{roles, roles + "        - Co-Admin\n        - Co_Admin\n"}),
		seed("a known value of symbols", "known-values", edit{roles, roles + "        - '+'\n"}),
		seed("an empty known value", "known-values", edit{roles, roles + "        - ''\n"}),
		seed("a known value in a script without case", "known-values", edit{roles, roles + "        - 管理者\n"}),
		seed("a number as a known value", "known-values", edit{roles, roles + "        - 1\n"}),
		seed("a boolean as a known value", "known-values", edit{roles, roles + "        - true\n"}),
		seed("null as a known value", "known-values", edit{roles, roles + "        - null\n"}),
		seed("a known value whose constant has the name of a schema", "known-values", edit{"    GrantState:\n", "    GrantStateOk:\n      type: string\n      x-evidence: verified\n      example: x\n\n    GrantState:\n"}),
		seed("known values of two schemas with the same name in Go", "known-values", edit{"    GrantState:\n", "    Grant_StateO:\n      type: string\n      x-evidence: verified\n      x-extensible-enum:\n        - k\n      example: k\n\n    GrantState:\n"}),

		// Conventions
		seed("a misspelt extension", "extensions", edit{"      x-paging: offset\n", "      x-pagin: offset\n"}),
		seed("an extension with a capital letter", "extensions", edit{"      x-idempotent: true\n", "      x-Idempotent: true\n"}),
		seed("an extension for one language", "extensions", edit{ownerType, ownerType + "      x-go-name: Account\n"}),
		seed("x-idempotent as a string", "extensions", edit{"      x-idempotent: true\n", "      x-idempotent: 'true'\n"}),
		seed("x-idempotent as a number", "extensions", edit{"      x-idempotent: true\n", "      x-idempotent: 1\n"}),
		seed("x-paging as a boolean", "extensions", edit{"      x-paging: offset\n", "      x-paging: true\n"}),
		seed("x-extensible-enum as a string", "extensions", edit{roles, "      x-extensible-enum: Owner\n"}),
		seed("x-extensible-enum as an object", "extensions", edit{roles, "      x-extensible-enum:\n        Owner: Admin\n"}),
		seed("x-direction: response", "extensions", edit{ownerType, ownerType + "      x-direction: response\n"}),
		seed("x-evidence as a list", "extensions", edit{"      x-evidence: verified\n", "      x-evidence: [verified]\n"}),
		seed("x-paging on a schema", "extensions", edit{ownerType, ownerType + "      x-paging: offset\n"}),
		seed("x-idempotent on a schema", "extensions", edit{ownerType, ownerType + "      x-idempotent: true\n"}),
		seed("x-direction on an operation", "extensions", edit{owners, owners + "      x-direction: request\n"}),
		seed("x-extensible-enum on a field", "extensions", edit{ownerName, ownerName + "          x-extensible-enum:\n            - Home\n"}),
		seed("x-idempotent on a path", "extensions", edit{"  /Owners/{ownerAccountId}:\n", "  /Owners/{ownerAccountId}:\n    x-idempotent: true\n"}),
		seed("x-evidence on a response", "extensions", edit{"          description: The owner accounts; possibly none.\n", "          description: The owner accounts; possibly none.\n          x-evidence: verified\n"}),
		seed("x-idempotent on a create", "idempotent", edit{"      operationId: createOwner\n", "      operationId: createOwner\n      x-idempotent: true\n"}),
		seed("x-idempotent on a bind", "idempotent", edit{"      operationId: bindLock\n", "      operationId: bindLock\n      x-idempotent: true\n"}),
		seed("x-idempotent on a GET", "idempotent", edit{owners, owners + "      x-idempotent: true\n"}),
		seed("x-paging on an object", "paging-list", edit{"      operationId: getOwner\n", "      operationId: getOwner\n      x-paging: offset\n"}),
		seed("x-paging on a create", "paging-list", edit{"      operationId: createOwner\n", "      operationId: createOwner\n      x-paging: offset\n"}),
		seed("a required $top", "paging-types", edit{"      name: $top\n      in: query\n", "      name: $top\n      in: query\n      required: true\n"}),
		seed("an int32 $top", "paging-types", edit{"        type: integer\n        minimum: 1\n", "        type: integer\n        format: int32\n        minimum: 1\n"}),
		seed("an int64 $skip", "paging-types", edit{"        type: integer\n        minimum: 0\n", "        type: integer\n        format: int64\n        minimum: 0\n"}),
		seed("a $skip that is a string", "paging-types", edit{"        type: integer\n        minimum: 0\n      example: 0\n", "        type: string\n      example: '0'\n"}),
		seed("a $top in a header", "paging-types", edit{"      name: $top\n      in: query\n", "      name: $top\n      in: header\n"}),
		seed("a create without 409", "response-409", edit{createdConflict, createdWithout}),
		seed("a delete without 409", "response-409", edit{deleted + notFound + conflict, deleted + notFound}),
		seed("a read by id without 404", "response-404", edit{theOwner + badReq + denied + notFound, theOwner + badReq + denied}),
		seed("an update by id without 404", "response-404", edit{changedOwner + badReq + denied + notFound, changedOwner + badReq + denied}),
		seed("a delete by id without 404", "response-404", edit{deleted + notFound, deleted}),
		seed("an action on an entity without 404", "response-404", edit{revoked + badReq + denied + notFound, revoked + badReq + denied}),
		seed("a field of a response that is not nullable", "response-nullable", edit{ownerName, strings.Replace(ownerName, "          nullable: true\n", "", 1)}),
		seed("a field with a $ref to a schema that is not nullable", "response-nullable", edit{grantState, grantState}, edit{"    GrantState:\n      type: string\n      nullable: true\n", "    GrantState:\n      type: string\n"}),
		seed("a list in a response that is not nullable", "response-nullable", edit{"        healthStatuses:\n          type: array\n          nullable: true\n", "        healthStatuses:\n          type: array\n"}),
		seed("a field of a nested object that is not nullable", "response-nullable", edit{"        modelName:\n          type: string\n          nullable: true\n", "        modelName:\n          type: string\n"}),
		seed("a field of an error that is not nullable", "response-nullable", edit{"        ErrorCode:\n          type: string\n          nullable: true\n", "        ErrorCode:\n          type: string\n"}),
		seed("a required field of a response other than id", "response-nullable", edit{ownerRequired, strings.Replace(ownerRequired, "        - id\n", "        - id\n        - name\n", 1)}),
		seed("a nullable id", "response-id", edit{ownerRequired, strings.Replace(ownerRequired, "          type: string\n", "          type: string\n          nullable: true\n", 1)}),
		seed("an id that is not required", "response-id", edit{ownerRequired, strings.TrimPrefix(ownerRequired, "      required:\n        - id\n")}),
		seed("an id that is a number", "response-id", edit{ownerRequired, strings.Replace(ownerRequired, "          type: string\n", "          type: integer\n", 1)}, edit{"      example:\n        id: 7f9c1e52-3b0a-4c1d-9a57-0e3d5b2f8c11\n        name: Home\n", "      example:\n        id: 1\n        name: Home\n"}),
		seed("an id with a format", "response-id", edit{ownerRequired, strings.Replace(ownerRequired, "          type: string\n", "          type: string\n          format: uuid\n", 1)}),
		seed("a path parameter that is a number", "path-parameter", edit{permissionID, strings.Replace(permissionID, "type: string", "type: integer", 1)}),
		seed("a path parameter with a format", "path-parameter", edit{permissionID, strings.Replace(permissionID, "type: string", "type: string\n          format: uuid", 1)}),
		seed("a writeOnly field in a response", "one-way-field", edit{ownerName, ownerName + "          writeOnly: true\n"}),
		seed("a readOnly field in a request", "one-way-field", edit{"          description: New comment.\n", "          description: New comment.\n          readOnly: true\n"}),
		seed("a write with a read scope", "scope-verb", edit{"            - write:owneraccounts\n", "            - read:owneraccounts\n"}),
		seed("a delete with a read scope", "scope-verb", edit{deletedScope, strings.Replace(deletedScope, "write:", "read:", 1)}),
		seed("a read with a write scope", "scope-verb", edit{security, strings.Replace(security, "read:", "write:", 1)}),
		seed("a token URL without TLS", "security-url", edit{"          tokenUrl: https://", "          tokenUrl: http://"}),
		seed("an authorization URL without TLS", "security-url", edit{"          authorizationUrl: https://", "          authorizationUrl: http://"}),
		seed("a refresh URL without TLS", "security-url", edit{"        clientCredentials:\n", "        clientCredentials:\n          refreshUrl: http://login.tapkey.com/connect/token\n"}),
		seed("a relative token URL", "security-url", edit{"          tokenUrl: https://login.tapkey.com/connect/token", "          tokenUrl: /connect/token"}),
		seed("empty security", "security-empty", edit{security, "      security: []\n"}),
		seed("a security requirement that is empty", "security-empty", edit{security, security + "        - {}\n"}),
		seed("a scheme without a scope", "security-empty", edit{security, "      security:\n        - tapkey: []\n"}),
		seed("empty security of the document", "security-empty", edit{"tags:\n  - name: Owners\n", "security: []\n\ntags:\n  - name: Owners\n"}),
		seed("a body on a GET", "body-unexpected", edit{owners, owners + body}),
		seed("a body on a DELETE", "body-unexpected", edit{"      operationId: deletePermission\n", "      operationId: deletePermission\n" + body}),
		seed("a body on a 204", "body-unexpected", edit{"          description: The permission was removed.\n", "          description: The permission was removed.\n          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/Permission'\n"}),
		seed("an unused tag", "tag-unused", edit{"  - name: Owners\n", "  - name: Doors\n    description: Doors.\n  - name: Owners\n"}),
		seed("a tag that is declared twice", "tag-unused", edit{"  - name: Permissions\n", "  - name: Owners\n    description: Again.\n  - name: Permissions\n"}),
		seed("no tag", "operation-tag", edit{"      tags:\n        - Owners\n", ""}),
		seed("an unknown format of a string", "format-unknown", edit{"          format: date-time\n", "          format: datetime\n"}),
		seed("an unknown format of an integer", "format-unknown", edit{"          format: int64\n", "          format: long\n"}),
		seed("the format of another type", "format-unknown", edit{"          format: double\n", "          format: int64\n"}),
		seed("a path with a query", "path-syntax", edit{"  /Owners/{ownerAccountId}/LogEntries:\n", "  /Owners/{ownerAccountId}/LogEntries?all=true:\n"}),
		seed("a path with a fragment", "path-syntax", edit{"  /Owners/{ownerAccountId}/LogEntries:\n", "  '/Owners/{ownerAccountId}/LogEntries#all':\n"}),
		seed("a path with a slash at its end", "path-syntax", edit{"  /Owners/{ownerAccountId}/LogEntries:\n", "  /Owners/{ownerAccountId}/LogEntries/:\n"}),
		seed("a path with an empty segment", "path-syntax", edit{"  /Owners/{ownerAccountId}/LogEntries:\n", "  /Owners/{ownerAccountId}//LogEntries:\n"}),
		seed("a path with a dot segment", "path-syntax", edit{"  /Owners/{ownerAccountId}/LogEntries:\n", "  /Owners/{ownerAccountId}/../LogEntries:\n"}),
		seed("a path with a space", "path-syntax", edit{"  /Owners/{ownerAccountId}/LogEntries:\n", "  /Owners/{ownerAccountId}/Log Entries:\n"}),
		seed("a path without a slash", "path-syntax", edit{"  /Owners/{ownerAccountId}/LogEntries:\n", "  Owners/{ownerAccountId}/LogEntries:\n"}),
		seed("a status of four digits", "response-status", edit{fallback, "        '4000':\n          $ref: '#/components/responses/Conflict'\n" + fallback}),
		seed("a status above 599", "response-status", edit{fallback, "        '600':\n          $ref: '#/components/responses/Conflict'\n" + fallback}),
		seed("a status that does not exist", "response-status", edit{fallback, "        '299':\n          $ref: '#/components/responses/Conflict'\n" + fallback}),
		seed("an interim status", "response-status", edit{fallback, "        '100':\n          description: Continue.\n" + fallback}),
		seed("a range in lower case", "response-status", edit{fallback, "        4xx:\n          $ref: '#/components/responses/Conflict'\n" + fallback}),
		seed("an example with an undeclared field", "example-fields", edit{"        name: Home\n", "        name: Home\n        color: red\n"}),
		seed("an example with an undeclared field in a nested object", "example-fields", edit{"        modelName: TD30\n        supportedTechnologies:\n", "        modelName: TD30\n        weight: 3\n        supportedTechnologies:\n"}),
		seed("an example of a request with an undeclared field", "example-fields", edit{"        comment: Moved to the second floor\n", "        comment: Moved to the second floor\n        color: red\n"}),
		seed("an example of a response with an undeclared field", "example-fields", edit{ownerItem, ownerItem + "              example:\n                - id: x\n                  color: red\n"}),
		seed("a discriminator that names nothing", "discriminator", edit{"      oneOf:\n        - type: array\n", "      discriminator:\n        propertyName: kind\n      oneOf:\n        - type: array\n"}),
		seed("a discriminator of an object that names nothing", "discriminator", edit{ownerType, ownerType + "      discriminator:\n        propertyName: kind\n"}),
		seed("a discriminator that maps to an unknown schema", "discriminator", edit{ownerType, ownerType + "      discriminator:\n        propertyName: name\n        mapping:\n          home: '#/components/schemas/Home'\n"}),
		seed("a schema that refers to itself", "self-reference", edit{"    GrantOwner:\n", "    GrantOwner:\n      $ref: '#/components/schemas/GrantOwner'\n\n    GrantHolder:\n"}),
		seed("a schema that is composed of itself", "self-reference", edit{ownerType, ownerType + "      allOf:\n        - $ref: '#/components/schemas/OwnerAccount'\n"}),
		seed("a schema that requires itself", "self-reference", edit{"        - contactId\n        - role\n      properties:\n", "        - contactId\n        - role\n        - parent\n      properties:\n        parent:\n          $ref: '#/components/schemas/PermissionCreate'\n"}),
		seed("a list of itself", "self-reference", edit{"    RevocationResult:\n", "    Loop:\n      type: array\n      x-evidence: verified\n      items:\n        $ref: '#/components/schemas/Loop'\n      example: []\n\n    RevocationResult:\n"}),
		seed("a server of a path", "servers-nested", edit{"  /Owners/{ownerAccountId}:\n", "  /Owners/{ownerAccountId}:\n    servers:\n      - url: https://eu.tapkey.com/api/v1\n"}),
		seed("a server of an operation", "servers-nested", edit{owners, owners + "      servers:\n        - url: https://eu.tapkey.com/api/v1\n"}),

		// Lost values
		seed("a successful response by $ref", "success-inline", edit{okOwner, "        '200':\n          $ref: '#/components/responses/OneOwner'\n"}, edit{"  responses:\n    BadRequest:\n", "  responses:\n    OneOwner:\n      description: The owner account.\n      content:\n        application/json:\n          schema:\n            $ref: '#/components/schemas/OwnerAccount'\n\n    BadRequest:\n"}),
		seed("a list by a named schema", "success-inline", edit{"                type: array\n" + ownerItem, "                $ref: '#/components/schemas/OwnerList'\n"}, edit{"    RevocationResult:\n", namedList}),
		seed("a list by a composition", "success-inline", edit{"                type: array\n" + ownerItem, "                nullable: true\n                allOf:\n                  - $ref: '#/components/schemas/OwnerList'\n"}, edit{"    RevocationResult:\n", namedList}),
		seed("a paged list by a named schema", "success-inline", edit{"                type: array\n                items:\n                  $ref: '#/components/schemas/LogEntry'\n", "                $ref: '#/components/schemas/LogEntryList'\n"}, edit{"    RevocationResult:\n", strings.NewReplacer("OwnerList", "LogEntryList", "OwnerAccount'", "LogEntry'").Replace(namedList)}),
		seed("a list as XML", "media-type", edit{"            application/json:\n              schema:\n                type: array\n", "            application/xml:\n              schema:\n                type: array\n"}),
		seed("a response as text", "media-type", edit{theOwner, strings.Replace(theOwner, "application/json", "text/plain", 1)}),
		seed("a response of any type", "media-type", edit{theOwner, strings.Replace(theOwner, "application/json", "'*/*'", 1)}),
		seed("a media type with a parameter", "media-type", edit{theOwner, strings.Replace(theOwner, "application/json", "application/json; charset=utf-8", 1)}),
		seed("a misspelt media type", "media-type", edit{theOwner, strings.Replace(theOwner, "application/json", "application/jsn", 1)}),
		seed("a request as a form", "media-type", edit{"        required: true\n        content:\n          application/json:\n", "        required: true\n        content:\n          application/x-www-form-urlencoded:\n"}),
		seed("an error as XML", "media-type", edit{"      description: 400. The request is invalid.\n      content:\n        application/json:\n", "      description: 400. The request is invalid.\n      content:\n        application/xml:\n"}),
		seed("content without a schema", "media-type", edit{theOwner, strings.Replace(theOwner, "            application/json:\n              schema:\n                $ref: '#/components/schemas/OwnerAccount'\n", "            application/json: {}\n", 1)}),
		seed("two successful responses with different values", "success-values", edit{badReq, "        '202':\n          description: Later.\n          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/RevocationResult'\n" + badReq}),

		// Harmless changes
		seed("a summary reworded", nothing, edit{"summary: Lists the owner accounts", "summary: Lists all owner accounts"}),
		seed("a description removed", nothing, edit{"          description: Name of the owner account.\n", ""}),
		seed("x-idempotent: false on a create", nothing, edit{"      operationId: createOwner\n", "      operationId: createOwner\n      x-idempotent: false\n"}),
		seed("a known value added", nothing, edit{states, states + "        - Pending\n"}),
		seed("known values with digits and separators", nothing, edit{states, states + "        - level-2\n        - 3rd party\n        - 'é/x'\n"}),
		seed("a field added to a response", nothing, edit{ownerName, ownerName + strings.NewReplacer("name:", "city:", "Name", "City").Replace(ownerName)}),
		seed("a field with a dollar sign", nothing, edit{ownerName, ownerName + strings.Replace(ownerName, "name:", "$type:", 1)}),
		seed("a field added to a request", nothing, edit{"          description: New comment.\n", "          description: New comment.\n        color:\n          type: string\n          description: New color.\n"}),
		seed("a field that refers to its own schema", nothing, edit{"    LockType:\n      type: object\n      nullable: true\n      description: The model of a lock. It may be null.\n      x-evidence: verified\n      properties:\n", "    LockType:\n      type: object\n      nullable: true\n      description: The model of a lock. It may be null.\n      x-evidence: verified\n      properties:\n        successor:\n          $ref: '#/components/schemas/LockType'\n"}),
		seed("an error response added", nothing, edit{fallback, "        '429':\n          $ref: '#/components/responses/Error'\n" + fallback}),
		seed("a range of error responses", nothing, edit{fallback, "        5XX:\n          $ref: '#/components/responses/Error'\n" + fallback}),
		seed("a 204 next to a 200", nothing, edit{badReq, "        '204':\n          description: Nothing.\n" + badReq}),
		seed("a second success with the same value", nothing, edit{badReq, "        '203':\n          description: Again.\n          content:\n            application/json:\n              schema:\n                type: array\n" + ownerItem + badReq}),
		seed("a maximum of $top", nothing, edit{"        type: integer\n        minimum: 1\n", "        type: integer\n        minimum: 1\n        maximum: 500\n"}),
		seed("a field with the format date", nothing, edit{ownerName, ownerName + "        since:\n          type: string\n          format: date\n          nullable: true\n          description: Day.\n"}),
		seed("an optional query parameter added", nothing, edit{"      parameters:\n        - name: dryRun\n", "      parameters:\n        - name: reason\n          in: query\n          description: Why.\n          schema:\n            type: string\n          example: x\n        - name: dryRun\n"}),
		seed("a query parameter with the name of an argument", nothing, edit{"        - name: dryRun\n", "        - name: body\n"}),
		seed("a field with the name of a generated type", nothing, edit{ownerName, ownerName + strings.Replace(ownerName, "name:", "client:", 1)}),
		seed("an operation renamed", nothing, edit{"operationId: getOwner\n", "operationId: readOwner\n"}),
		seed("an example with fewer fields", nothing, edit{"        name: Home\n        active: true\n", "        name: Home\n"}),
		seed("a tag with documentation", nothing, edit{"  - name: Owners\n", "  - name: Owners\n    externalDocs:\n      url: https://developers.tapkey.io/\n"}),
		seed("another server", nothing, edit{"    description: Production\n", "    description: Production\n  - url: https://eu.tapkey.com/api/v1\n    description: Europe\n"}),
		seed("a refresh URL", nothing, edit{"        clientCredentials:\n", "        clientCredentials:\n          refreshUrl: https://login.tapkey.com/connect/token\n"}),
		seed("fields with unknown names in an error", nothing, edit{"      example:\n        ErrorCode: Duplicate\n", "      example:\n        ErrorCode: Duplicate\n        Message: x\n"}),
		seed("a deprecated operation", nothing, edit{owners, owners + "      deprecated: true\n"}),
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
		text, err := apply(document, f.seed, false, append([]edit{f.edit}, f.more...)...)
		if err != nil {
			return nil, err
		}
		before, _, _ := strings.Cut(document, f.edit.old)
		line := 1 + strings.Count(before, "\n")
		problems := lint.Check([]byte(text))
		if f.rule == nothing {
			results = append(results, lintResult(f.seed, nothing, problems))
			continue
		}
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
