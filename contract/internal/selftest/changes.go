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
	seed string
	rule string // expected rule; empty for a harmless change
	step string // expected step of the version from v1 on
	edit treeEdit

	// before is made to the released document, too.
	before treeEdit
}

// breaks is a change that breaks programs.
func breaks(rule, seed string, edits ...treeEdit) change {
	return change{seed: seed, rule: rule, step: "major", edit: all(edits...)}
}

// adds is a harmless change that programs can use.
func adds(seed string, edits ...treeEdit) change {
	return change{seed: seed, step: "minor", edit: all(edits...)}
}

// rewords is a harmless change that programs do not notice.
func rewords(seed string, edits ...treeEdit) change {
	return change{seed: seed, step: "patch", edit: all(edits...)}
}

// given makes edits to both documents.
func (c change) given(edits ...treeEdit) change {
	c.before = all(edits...)
	return c
}

func changes() []change {
	return slices.Concat(operationChanges(), parameterChanges(), bodyChanges(), responseChanges(), schemaChanges(),
		valueChanges(), securityChanges(), documentChanges())
}

const (
	schemas = "components/schemas/"
	scheme  = "components/securitySchemes/tapkey"
	body    = "content/application~1json/schema" // of a request or a response

	unauthorized = "{$ref: '#/components/responses/Unauthorized'}"
	owner        = "{$ref: '#/components/schemas/OwnerAccount'}"
	text         = "{type: string, nullable: true, description: Text.}"
	idempotent   = "x-idempotent"
)

func operationChanges() []change {
	return []change{
		breaks("api-operation-id-removed", "an operation renamed", put("#getOwner/operationId", "readOwner")),
		breaks("api-removed-without-deprecation", "an operation removed", remove("^deletePermission/delete")),
		breaks("api-removed-with-deprecation", "a deprecated operation removed", remove("^deletePermission/delete")).
			given(put("#deletePermission/deprecated", "true"), put("#deletePermission/x-sunset", "'2020-01-01'")),
		breaks("api-removed-without-deprecation", "the method of an operation changed", move("^updateOwner/patch", "paths/~1Owners~1{ownerAccountId}/put")),
		breaks("api-path-removed-without-deprecation", "a path renamed", replaceAll("/LogEntries", "/Logs")),
		breaks("api-path-removed-without-deprecation", "the case of a path changed", replaceAll("/LogEntries", "/logEntries")),
		breaks("api-path-removed-without-deprecation", "a path removed", remove("paths/~1Owners~1{ownerAccountId}~1LogEntries")),
		breaks("operation-extension-removed", "x-paging removed from a list", remove("#listLogEntries/x-paging")),
		breaks("operation-extension-added", "x-paging added to a list", put("#listOwners/x-paging", "offset")),
		breaks("operation-extension-changed", "x-paging changed", put("#listLogEntries/x-paging", "cursor")),
		breaks("operation-extension-removed", "x-idempotent removed", remove("#updateOwner/x-idempotent")),
		breaks("operation-extension-removed", "x-idempotent changed to false", put("#updateOwner/x-idempotent", "false")),
		breaks("operation-extension-removed", "x-idempotent changed to a string", put("#updateOwner/x-idempotent", "'true'")),
		breaks("operation-extension-added", "x-idempotent added to a create", put("#createOwner/x-idempotent", "true")),
		breaks("operation-extension-added", "x-idempotent added to a POST", put("#revokeGrant/x-idempotent", "true")),
		breaks("operation-extension-added", "x-idempotent changed to true", put("#revokeGrant/x-idempotent", "true")).
			given(put("#revokeGrant/x-idempotent", "false")),
		breaks("operation-server-changed", "a server added to an operation", put("#getOwner/servers", "[{url: https://read.tapkey.com/api/v1}]")),
		breaks("operation-server-changed", "a server added to a path", put("^getOwner/servers", "[{url: https://read.tapkey.com/api/v1}]")),
		breaks("operation-server-changed", "the server of an operation changed", put("#getOwner/servers", "[{url: https://read.tapkey.com/api/v1}]")).
			given(put("#getOwner/servers", "[{url: https://reads.tapkey.com/api/v1}]")),
		breaks("operation-server-changed", "the server of a path removed", remove("^getOwner/servers")).
			given(put("^getOwner/servers", "[{url: https://read.tapkey.com/api/v1}]")),

		adds("an endpoint added", put("paths/~1Owners~1{ownerAccountId}~1Touch", touch)),
		adds("a method added to a path", put("^listOwners/head", head)),
		adds("an operation deprecated", put("#getOwner/deprecated", "true")),
		rewords("x-idempotent: false added to an operation", put("#createOwner/x-idempotent", "false")),
		rewords("x-idempotent added to a GET", put("#getOwner/x-idempotent", "true")),
		rewords("the server of the document added to a path", put("^getOwner/servers", "[{url: https://my.tapkey.com/api/v1}]")),
		rewords("an unknown extension added to an operation", put("#getOwner/x-note", "text")),
		rewords("a path parameter renamed", replaceAll("boundLockId}", "lockId}"), put("^getBoundLock/parameters/boundLockId/name", "lockId"),
			put("^listBoundLockLogEntries/parameters/boundLockId/name", "lockId")),
		rewords("a tag renamed", put("tags/LogEntries/name", "Logs"),
			put("#listLogEntries/tags", "[Logs]")),
		rewords("the tag of an operation changed", put("#getOwner/tags", "[Contacts]")),
		rewords("a tag added to an operation", put("#getOwner/tags/+", "Contacts")),
		rewords("the evidence of an operation changed", put("#getOwner/x-evidence", "reported")),
		rewords("a summary reworded", put("#getContact/summary", "Returns a contact")),
		rewords("the description of an operation removed", remove("#listOwners/description")),
		rewords("paths in another order", reverse("paths")),
		rewords("operations in another order", reverse("^getOwner")),
		rewords("a summary added to a path", put("^getOwner/summary", "An owner account.")),
		rewords("documentation linked from an operation", put("#getOwner/externalDocs", "{url: https://developers.tapkey.io/}")),
	}
}

func parameterChanges() []change {
	const (
		expand = "components/parameters/Expand"
		top    = "components/parameters/Top"
		onPath = "^getBoundLock/parameters/boundLockId"
		dryRun = "#revokeGrant/parameters/dryRun"
		array  = "{type: array, items: {type: string}}"
	)
	return []change{
		breaks("parameter-component-removed", "a shared parameter renamed", move("components/parameters/Filter", "components/parameters/Where"),
			replaceAll("parameters/Filter", "parameters/Where")),
		breaks("request-parameter-removed", "a query parameter removed", remove("#listGrants/parameters/Skip")),
		breaks("request-parameter-removed", "a query parameter renamed", put(dryRun+"/name", "dry")),
		breaks("request-parameter-removed", "the case of a query parameter changed", put(dryRun+"/name", "dryrun")),
		breaks("request-parameter-removed", "a query parameter moved to the header", put(dryRun+"/in", "header")),
		breaks("request-parameter-became-required", "a query parameter made required", put(dryRun+"/required", "true")),
		breaks("new-required-request-parameter", "a required query parameter added", put("#revokeGrant/parameters/+", "{name: reason, in: query, required: true, schema: {type: string}}")),
		breaks("new-required-request-parameter", "a required header added", put("#revokeGrant/parameters/+", "{name: X-Reason, in: header, required: true, schema: {type: string}}")),
		breaks("request-parameter-type-changed", "the type of a query parameter changed", put(top+"/schema", "{type: boolean}"), put(top+"/example", "true")),
		breaks("type-changed", "the type of a query parameter widened", put(top+"/schema", "{type: number}")),
		breaks("type-changed", "the format of a query parameter changed", put(top+"/schema/format", "int64")),
		breaks("type-changed", "the type of the items of a query parameter changed", put(expand+"/schema/items/type", "integer"), put(expand+"/example", "[1]")),
		breaks("type-changed", "a list of values made one value", put(expand+"/schema", "{type: string}"), remove(expand+"/explode")),
		breaks("request-parameter-serialization-changed", "explode of a query parameter changed", put(expand+"/explode", "true")),
		breaks("request-parameter-serialization-changed", "explode of a query parameter removed", remove(expand+"/explode")),
		breaks("request-parameter-serialization-changed", "the style of a query parameter changed", put(expand+"/style", "spaceDelimited")),
		breaks("request-parameter-serialization-changed", "the style of a query parameter changed to pipes", put(expand+"/style", "pipeDelimited")),
		breaks("request-parameter-serialization-changed", "the style of a path parameter changed", put(onPath+"/style", "label")),
		breaks("request-parameter-serialization-changed", "the style of a path parameter changed to matrix", put(onPath+"/style", "matrix")),
		breaks("request-parameter-serialization-changed", "reserved characters allowed in a query parameter", put("components/parameters/Filter/allowReserved", "true")),
		breaks("request-parameter-serialization-changed", "a query parameter sent as JSON", move(expand+"/schema", expand+"/content"),
			put(expand+"/content", "{application/json: {schema: "+array+"}}"), remove(expand+"/style"), remove(expand+"/explode")),
		breaks("request-parameter-empty-value-disallowed", "an empty query parameter disallowed", remove(dryRun+"/allowEmptyValue")).
			given(put(dryRun+"/allowEmptyValue", "true")),
		breaks("request-parameter-type-changed", "the type of a path parameter changed", put(onPath+"/schema/type", "integer"), put(onPath+"/example", "1")),
		breaks("type-changed", "a format added to a path parameter", put(onPath+"/schema/format", "uuid"), put(onPath+"/example", "7f9c1e52-3b0a-4c1d-9a57-0e3d5b2f8c11")),
		breaks("request-parameter-became-enum", "a path parameter limited to known values", put(onPath+"/schema/enum", "[a, b]"), put(onPath+"/example", "a")),
		breaks("request-parameter-pattern-added", "a pattern added to a path parameter", put(onPath+"/schema/pattern", "'^[0-9a-f-]+$'")),
		breaks("request-parameter-max-length-set", "a maximum length added to a path parameter", put(onPath+"/schema/maxLength", "40")),
		breaks("new-required-request-parameter", "a required query parameter added to a path", put("^getBoundLock/parameters/+", "{name: tenant, in: query, required: true, schema: {type: string}}")),
		breaks("request-parameter-removed", "a query parameter of a path removed", remove("^getBoundLock/parameters/tenant")).
			given(put("^getBoundLock/parameters/+", "{name: tenant, in: query, schema: {type: string}}")),
		breaks("request-parameter-serialization-changed", "explode of a query parameter of a path changed", put("^getBoundLock/parameters/tenant/explode", "false")).
			given(put("^getBoundLock/parameters/+", "{name: tenant, in: query, schema: "+array+"}")),
		breaks("request-parameter-became-required", "a query parameter of a path made required", put("^getBoundLock/parameters/tenant/required", "true")).
			given(put("^getBoundLock/parameters/+", "{name: tenant, in: query, schema: {type: string}}")),
		breaks("request-parameter-max-set", "a maximum added to a query parameter", put(top+"/schema/maximum", "1000")),
		breaks("request-parameter-min-increased", "the minimum of a query parameter raised", put(top+"/schema/minimum", "2")),
		breaks("request-parameter-default-value-changed", "the default of a query parameter changed", put(top+"/schema/default", "50")).
			given(put(top+"/schema/default", "100")),
		breaks("request-parameter-default-value-removed", "the default of a query parameter removed", remove(top+"/schema/default")).
			given(put(top+"/schema/default", "100")),
		breaks("request-values-closed", "the items of a query parameter limited to known values", put(expand+"/schema/items/enum", "[healthStatuses, supportedFeatures]")),
		breaks("request-items-unique", "duplicate items disallowed in a query parameter", put(expand+"/schema/uniqueItems", "true")),
		breaks("known-value-removed", "a known value of a query parameter removed", put(expand+"/schema/items/x-extensible-enum", "[healthStatuses]")).
			given(put(expand+"/schema/items/x-extensible-enum", "[healthStatuses, statistics]")),

		adds("an optional query parameter added", put("#revokeGrant/parameters/+", "{name: reason, in: query, schema: {type: string}}")),
		adds("an optional header added", put("#revokeGrant/parameters/+", "{name: X-Reason, in: header, schema: {type: string}}")),
		adds("a shared query parameter added to a list", put("#listIdentityProviderUsers/parameters/+", "{$ref: '#/components/parameters/Top'}")),
		adds("a required query parameter made optional", put("#revokeGrant/parameters/dryRun/required", "false")).
			given(put("#revokeGrant/parameters/dryRun/required", "true")),
		adds("the minimum of a query parameter lowered", put(top+"/schema/minimum", "0")),
		adds("the minimum of a query parameter removed", remove(top+"/schema/minimum")),
		adds("a default added to a query parameter", put(top+"/schema/default", "100")),
		adds("a query parameter deprecated", put(dryRun+"/deprecated", "true")),
		rewords("the parameters of a path moved to its operations", duplicate("^getOwner/parameters", "#getOwner/parameters"), move("^getOwner/parameters", "#updateOwner/parameters")),
		rewords("a parameter of the operations moved to their path", put("^getBoundLock/parameters/+", "{$ref: '#/components/parameters/Expand'}"), remove("#getBoundLock/parameters/Expand")),
		rewords("a path parameter shared by reference", put("components/parameters/LockID", "{name: boundLockId, in: path, required: true, schema: {type: string}}"),
			put(onPath, "{$ref: '#/components/parameters/LockID'}")),
		rewords("a shared query parameter written out", put("#listGrants/parameters/Skip", "{name: $skip, in: query, schema: {type: integer, minimum: 0}}")),
		rewords("the default style of a query parameter removed", remove(expand+"/style")),
		rewords("the default style of a path parameter added", put(onPath+"/style", "simple")),
		rewords("explode added to a parameter with one value", put(dryRun+"/explode", "false")),
		rewords("explode added to a path parameter with one value", put(onPath+"/explode", "true")),
		rewords("required: false added to a query parameter", put(dryRun+"/required", "false")),
		rewords("parameters in another order", reverse("#listGrants/parameters")),
		rewords("the path parameters in another order", reverse("^getBoundLock/parameters")),
		rewords("the description of a parameter reworded", put(top+"/description", "How many items to return.")),
		rewords("the example of a parameter changed", put(top+"/example", "100")),
		rewords("the case of a header changed", put("#revokeGrant/parameters/X-Reason/name", "x-reason")).
			given(put("#revokeGrant/parameters/+", "{name: X-Reason, in: header, schema: {type: string}}")),
	}
}

func bodyChanges() []change {
	const (
		contact = "#createContact/requestBody"
		create  = schemas + "ContactCreate"
		form    = "{type: object, properties: {a: {type: array, items: {type: string}}}}"
	)
	return []change{
		breaks("request-body-removed", "a request body removed", remove(contact)),
		breaks("request-body-added-required", "a required request body added", put("#revokeGrant/requestBody", "{required: true, content: {application/json: {schema: {type: object}}}}")),
		breaks("request-body-became-required", "a request body made required", put(contact+"/required", "true")).given(remove(contact + "/required")),
		breaks("request-media-type-changed", "the media type of a request body changed", move(contact+"/content/application~1json", contact+"/content/application~1merge-patch+json")),
		breaks("request-media-type-changed", "a media type that takes precedence added to a request body", duplicate(contact+"/content/application~1json", contact+"/content/application~1hal+json")),
		breaks("request-encoding-changed", "the encoding of a form changed", put(contact+"/content/application~1x-www-form-urlencoded/encoding/a/style", "pipeDelimited")).
			given(put(contact+"/content", "{application/x-www-form-urlencoded: {schema: "+form+", encoding: {a: {style: form}}}}")),
		breaks("request-property-became-required", "a field of a request made required", put(create+"/required", "[identifier]")),
		breaks("new-required-request-property", "a required field added to a request", put(schemas+"LockBinding/required/+", "reason"), put(schemas+"LockBinding/properties/reason", "{type: string}")),
		breaks("request-property-removed", "a field removed from a request", remove(create+"/properties/comment")),
		breaks("request-property-removed", "a field of a request renamed", move(create+"/properties/comment", create+"/properties/note")),
		breaks("request-property-removed-with-deprecation", "a deprecated field removed from a request", remove(create+"/properties/comment")).
			given(put(create+"/properties/comment/deprecated", "true"), put(create+"/properties/comment/x-sunset", "'2020-01-01'")),
		breaks("request-property-type-changed", "the type of a field in a request changed", put(create+"/properties/comment/type", "integer")),
		breaks("type-changed", "the type of a field in a request widened", put(schemas+"GrantCreate/properties/count", "{type: number}")).
			given(put(schemas+"GrantCreate/properties/count", "{type: integer}")),
		breaks("type-changed", "the format of a field in a request removed", remove(schemas+"GrantCreate/properties/validFrom/format")),
		breaks("type-changed", "the format of a field in a request changed", put(schemas+"GrantCreate/properties/validFrom/format", "date")),
		breaks("request-property-became-not-nullable", "null disallowed in a request", remove(create+"/properties/comment/nullable")).
			given(put(create+"/properties/comment/nullable", "true")),
		breaks("request-property-max-length-set", "a maximum length added to a field in a request", put(create+"/properties/comment/maxLength", "100")),
		breaks("request-property-pattern-added", "a pattern added to a field in a request", put(create+"/properties/comment/pattern", "'^[a-z]*$'")),
		breaks("request-property-became-enum", "a field in a request limited to known values", put(create+"/properties/comment/enum", "[a, b]")),
		breaks("request-property-enum-value-removed", "a closed value removed from a request", put(create+"/properties/comment/enum", "[a]")).
			given(put(create+"/properties/comment/enum", "[a, b]")),
		breaks("request-optional-property-became-read-only", "a field in a request made readOnly", put(create+"/properties/comment/readOnly", "true")),
		breaks("request-property-default-value-changed", "the default of a field in a request changed", put(create+"/properties/comment/default", "b")).
			given(put(create+"/properties/comment/default", "a")),
		breaks("request-object-closed", "other fields disallowed in a request", put(create+"/additionalProperties", "false")),
		breaks("request-body-media-type-schema-removed", "the schema of a request body removed", remove(contact+"/content/application~1json/schema")),
		breaks("direction-changed", "x-direction removed from a schema", remove(create+"/x-direction")),
		breaks("direction-changed", "x-direction added to a schema", put(schemas+"OwnerAccount/x-direction", "request")),

		adds("an optional field added to a request", put(create+"/properties/color", "{type: string}")),
		adds("a required field of a request made optional", remove(schemas+"OwnerAccountCreate/required")),
		adds("null allowed in a request", put(create+"/properties/comment/nullable", "true")),
		adds("a maximum length in a request removed", remove(create+"/properties/comment/maxLength")).
			given(put(create+"/properties/comment/maxLength", "100")),
		adds("a maximum length in a request raised", put(create+"/properties/comment/maxLength", "200")).
			given(put(create+"/properties/comment/maxLength", "100")),
		adds("a closed value added to a request", put(create+"/properties/comment/enum", "[a, b, c]")).
			given(put(create+"/properties/comment/enum", "[a, b]")),
		adds("a request body made optional", remove(contact+"/required")),
		adds("an optional request body added", put("#revokeGrant/requestBody", "{content: {application/json: {schema: {type: object}}}}")),
		adds("a media type added to a request body", duplicate(contact+"/content/application~1json", contact+"/content/text~1json")),
		rewords("a request body shared by reference", move(contact, "components/requestBodies"), put(contact, "{$ref: '#/components/requestBodies/Contact'}"),
			put("components/requestBodies", "{Contact: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/ContactCreate'}}}}}")),
		rewords("a description added to a request body", put(contact+"/description", "The contact.")),
		rewords("fields of a request in another order", reverse(create+"/properties")),
	}
}

func responseChanges() []change {
	const (
		ok      = "#getOwner/responses/200"
		noBody  = "{description: Nothing changed.}"
		created = "{description: Created., content: {application/json: {schema: " + owner + "}}}"
	)
	return []change{
		breaks("response-success-status-removed", "the status of a successful response changed", move("#updateBoundCard/responses/204", "#updateBoundCard/responses/202")),
		breaks("response-success-status-removed", "200 replaced by 201", move("#createOwner/responses/200", "#createOwner/responses/201")),
		breaks("response-may-be-empty", "204 added next to 200", put("#getOwner/responses/204", noBody)),
		breaks("response-may-be-empty", "204 added next to 200 of a list", put("#listOwners/responses/204", noBody)),
		breaks("response-may-be-empty", "202 without a body added next to 200", put("#createOwner/responses/202", noBody)),
		breaks("response-value-added", "a body added to a response that had none", put("#updateBoundCard/responses/204/content", "{application/json: {schema: "+owner+"}}")),
		breaks("response-value-added", "200 with a body added next to 204", put("#updateBoundCard/responses/200", created)),
		breaks("response-value-removed", "the body of a response removed", remove(ok+"/content")),
		breaks("response-media-type-removed", "the media type of a response changed", move(ok+"/content/application~1json", ok+"/content/text~1json")),
		breaks("response-media-type-removed", "JSON replaced by XML", move(ok+"/content/application~1json", ok+"/content/application~1xml")),
		breaks("response-non-success-status-removed", "an error response removed", remove("#bindLock/responses/403")),
		breaks("response-non-success-status-removed", "404 of a read removed", remove("#getOwner/responses/404")),
		breaks("response-default-removed", "the default response removed", remove("#getOwner/responses/default")),
		breaks("response-body-type-changed", "a list replaced by an object", put("#listContacts/responses/200/"+body, "{$ref: '#/components/schemas/Contact'}")),
		breaks("response-body-type-changed", "an object replaced by a list", put("#getOwner/responses/200/"+body, "{type: array, items: "+owner+"}")),
		breaks("response-body-type-changed", "a list put into an envelope", put("#listOwners/responses/200/"+body, "{type: object, properties: {value: {type: array, items: "+owner+"}}}")),
		breaks("response-optional-property-removed", "a response replaced by one with fewer fields", put("#listOwners/responses/200/"+body+"/items", "{type: object, required: [id], properties: {id: {type: string}}}")),
		breaks("required-response-header-removed", "a required header of a response removed", remove(ok+"/headers/ETag")).
			given(put(ok+"/headers", "{ETag: {required: true, schema: {type: string}}}")),

		adds("an error response added", put("#createOwner/responses/402", "{$ref: '#/components/responses/PaymentRequired'}")),
		adds("201 with the same body added next to 200", put("#createOwner/responses/201", created)),
		adds("a header added to a response", put(ok+"/headers", "{ETag: {schema: {type: string}}}")),
		adds("a media type added to a response", duplicate(ok+"/content/application~1json", ok+"/content/text~1json")),
		rewords("a shared response written out", put("#getOwner/responses/401", "{description: Unauthorized., content: {application/json: {schema: {$ref: '#/components/schemas/ErrorBody'}}}}")),
		rewords("a successful response shared by reference", put("components/responses/Owner", created), put(ok, "{$ref: '#/components/responses/Owner'}")),
		rewords("the description of a response reworded", put(ok+"/description", "One owner account.")),
		rewords("a shared response renamed", move("components/responses/Conflict", "components/responses/Clash"), replaceAll("responses/Conflict", "responses/Clash")),
		rewords("responses in another order", reverse("#getOwner/responses")),
		rewords("an example added to a response", put(ok+"/content/application~1json/example", "{id: x}")),
	}
}

func schemaChanges() []change {
	const (
		account = schemas + "OwnerAccount"
		lock    = schemas + "BoundLock"
		entry   = schemas + "LogEntry"
		users   = schemas + "IdentityProviderUsers"
		union   = "{oneOf: [{$ref: '#/components/schemas/Contact'}, {$ref: '#/components/schemas/BoundCard'}]}"
		byType  = "{oneOf: [{$ref: '#/components/schemas/Contact'}, {$ref: '#/components/schemas/BoundCard'}], discriminator: {propertyName: id, mapping: {c: '#/components/schemas/Contact'}}}"
		holder  = schemas + "Grant/properties/holder"
		size    = "{type: object, nullable: true, properties: {height: {type: integer}}}"
		strict  = "{type: object, allOf: [{$ref: '#/components/schemas/NullableContact'}]}"
	)
	return []change{
		breaks("response-optional-property-removed", "an optional field removed from a response", remove(account+"/properties/active")),
		breaks("response-required-property-removed", "a required field removed from a response", remove(account+"/required"), remove(account+"/properties/id")),
		breaks("response-optional-property-removed", "a field of a response renamed", move(account+"/properties/name", account+"/properties/title")),
		breaks("response-optional-property-removed", "the case of a field in a response changed", move(account+"/properties/name", account+"/properties/Name")),
		breaks("response-optional-property-removed", "a field removed from a nested object", remove(schemas+"LockType/properties/modelName")),
		breaks("response-property-became-optional", "a required field of a response made optional", remove(account+"/required")),
		breaks("response-property-became-nullable", "a required field of a response made nullable", put(account+"/properties/id/nullable", "true")),
		breaks("response-property-type-changed", "the type of a field in a response changed", put(entry+"/properties/entryNo", "{type: string, nullable: true}")),
		breaks("type-changed", "an integer in a response made a number", put(entry+"/properties/entryNo", "{type: number, nullable: true}")),
		breaks("type-changed", "the size of an integer in a response changed", put(entry+"/properties/entryNo/format", "int32")),
		breaks("type-changed", "the format of an integer in a response removed", remove(entry+"/properties/entryNo/format")),
		breaks("type-changed", "the format of a field in a response removed", remove(lock+"/properties/bindDate/format")),
		breaks("type-changed", "a format added to a field in a response", put(account+"/properties/name/format", "date-time")),
		breaks("type-changed", "the format uuid added to an id", put(account+"/properties/id/format", "uuid")),
		breaks("type-changed", "a date-time made a date", put(lock+"/properties/bindDate/format", "date")),
		breaks("type-changed", "a field in a response made a list", put(account+"/properties/name", "{type: array, items: {type: string}, nullable: true}")),
		breaks("type-changed", "the items of a list in a response changed", put(schemas+"LockType/properties/supportedTechnologies/items", "{type: integer}")),
		breaks("type-changed", "the type of the items of a list removed", remove(schemas+"LockType/properties/supportedTechnologies/items")),
		breaks("type-changed", "an object without known fields closed", put(schemas+"RevocationResult/additionalProperties", "false")),
		breaks("type-changed", "the type of a field removed", put(account+"/properties/name", "{nullable: true}")),
		breaks("type-changed", "fields added to an object without known fields", put(schemas+"RevocationResult/properties", "{jobId: {type: string}}")),
		breaks("type-changed", "the values of a map changed", put(account+"/properties/labels/additionalProperties/type", "integer")).
			given(put(account+"/properties/labels", "{type: object, additionalProperties: {type: string}}")),
		breaks("response-optional-property-became-write-only", "a field of a response made writeOnly", put(account+"/properties/name/writeOnly", "true")),
		breaks("response-required-property-became-write-only", "a required field of a response made writeOnly", put(account+"/properties/id/writeOnly", "true")),
		breaks("response-optional-property-became-write-only", "a field of a nested object made writeOnly", put(schemas+"LockType/properties/modelName/writeOnly", "true")),
		breaks("api-schema-removed", "a schema renamed", move(schemas+"GrantOwner", schemas+"GrantHolder"), replaceAll("schemas/GrantOwner", "schemas/GrantHolder")),
		breaks("api-schema-removed", "a schema written out", put(schemas+"BoundLock/properties/supportedFeatures", "{type: object, nullable: true, properties: {timeRestrictionIcalSupport: {$ref: '#/components/schemas/FeatureSupport'}}}"),
			put(schemas+"NullableBoundLock/properties/supportedFeatures", "{type: object, nullable: true, properties: {timeRestrictionIcalSupport: {$ref: '#/components/schemas/FeatureSupport'}}}"),
			put(schemas+"LockGroup/properties/supportedFeatures", "{type: object, nullable: true, properties: {timeRestrictionIcalSupport: {$ref: '#/components/schemas/FeatureSupport'}}}"), remove(schemas+"SupportedFeatures")),
		breaks("response-property-one-of-added", "an alternative added to a union in a response", put(holder+"/oneOf/+", owner)).given(put(holder, union)),
		breaks("response-property-discriminator-property-name-changed", "the discriminator of a union changed", put(holder+"/discriminator/propertyName", "title")).given(put(holder, byType)),
		breaks("response-property-discriminator-mapping-deleted", "a value of a discriminator removed", put(holder+"/discriminator/mapping", "{}")).given(put(holder, byType)),
		breaks("response-property-discriminator-mapping-changed", "a value of a discriminator changed", put(holder+"/discriminator/mapping/c", "'#/components/schemas/BoundCard'")).given(put(holder, byType)),
		breaks("response-property-discriminator-removed", "the discriminator of a union removed", remove(holder+"/discriminator")).given(put(holder, byType)),

		adds("an optional field added to a response", put(account+"/properties/color", text)),
		adds("a required field added to a response", put(account+"/properties/color", "{type: string}"), put(account+"/required/+", "color")),
		adds("an optional field added to a nested object", put(schemas+"LockType/properties/color", text)),
		adds("a nested object added to a response", put(account+"/properties/lock", "{$ref: '#/components/schemas/BoundLock'}")),
		adds("an optional field of a response made required", put(account+"/required/+", "name")),
		adds("null disallowed in a response", remove(account+"/properties/name/nullable")),
		adds("a field of a response deprecated", put(account+"/properties/name/deprecated", "true")),
		adds("a field of a response made readOnly", put(account+"/properties/name/readOnly", "true")),
		rewords("a written out object shared by reference", put(schemas+"Size", size), put(account+"/properties/size", "{$ref: '#/components/schemas/Size'}")).
			given(put(account+"/properties/size", size)),
		rewords("oneOf replaced by anyOf", move(users+"/oneOf", users+"/anyOf")),
		rewords("anyOf replaced by oneOf", move(holder+"/anyOf", holder+"/oneOf")).given(put(holder, strings.Replace(union, "oneOf", "anyOf", 1))),
		rewords("the alternatives of a union in another order", reverse(users+"/oneOf")),
		rewords("a nullable reference written as nullable allOf", put(schemas+"Grant/properties/state", "{nullable: true, allOf: [{$ref: '#/components/schemas/GrantState'}]}")),
		rewords("a nullable allOf of a reference that is not nullable made valid", put(schemas+"Grant/properties/contact/allOf/0/$ref", "'#/components/schemas/NullableContact'")).
			given(put(schemas+"Grant/properties/contact/allOf/0/$ref", "'#/components/schemas/Contact'")),
		rewords("a reference replaced by an allOf that forbids null", put("#getContact/responses/200/"+body, strict)),
		breaks("response-body-became-nullable", "a response replaced by its nullable variant", put("#getContact/responses/200/"+body, "{$ref: '#/components/schemas/NullableContact'}")),
		breaks("response-body-became-nullable", "an allOf that forbids null made nullable", put("#getContact/responses/200/"+body+"/nullable", "true")).
			given(put("#getContact/responses/200/"+body, strict)),
		adds("null forbidden by an allOf in a response", put("#getContact/responses/200/"+body, strict)).
			given(put("#getContact/responses/200/"+body, "{$ref: '#/components/schemas/NullableContact'}")),
		rewords("fields moved to a part of allOf", put(schemas+"Named", "{type: object, properties: {name: {type: string, nullable: true}}}"), remove(account+"/properties/name"),
			move(account+"/properties", account+"/x-properties"), put(account+"/allOf", "[{$ref: '#/components/schemas/Named'}]"), move(account+"/x-properties", account+"/properties")),
		rewords("a reference wrapped in allOf", put(schemas+"Grant/properties/state", "{allOf: [{$ref: '#/components/schemas/GrantState'}]}")),
		rewords("fields in another order", reverse(lock+"/properties")),
		rewords("schemas in another order", reverse("components/schemas")),
		rewords("required fields in another order", reverse(schemas+"LockBinding/required")),
		rewords("the description of a field reworded", put(account+"/properties/name/description", "What the owner account is called.")),
		rewords("the description of a field removed", remove(account+"/properties/name/description")),
		rewords("a title added to a schema", put(account+"/title", "Owner account")),
		rewords("an example changed", put(account+"/example/name", "Main Office")),
		rewords("an example removed", remove(account+"/example")),
		rewords("the evidence of a schema changed", put(account+"/x-evidence", "reported")),
		rewords("additionalProperties: true added to an object of a response", put(account+"/additionalProperties", "true")),
		rewords("nullable: false added to a field", put(account+"/properties/id/nullable", "false")),
	}
}

func valueChanges() []change {
	const (
		state = schemas + "MembershipState/x-extensible-enum"
		role  = schemas + "PermissionRole"
		named = schemas + "Contact/properties/kind"
	)
	return []change{
		breaks("known-value-removed", "a known value renamed", put(role+"/x-extensible-enum/Admin", "Administrator"), put(schemas+"PermissionCreate/example/role", "Administrator")),
		breaks("known-value-removed", "a known value removed", remove(state+"/Unjoined")),
		breaks("known-value-removed", "the case of a known value changed", put(state+"/Unjoined", "unjoined")),
		breaks("known-value-removed", "all known values removed", remove(state)),
		breaks("known-value-removed", "a known value of a field removed", put(named+"/x-extensible-enum", "[a]")).
			given(put(named, "{type: string, nullable: true, x-extensible-enum: [a, b]}")),
		breaks("known-value-removed", "a closed value removed from a response", put(named+"/enum", "[a]")).
			given(put(named, "{type: string, nullable: true, enum: [a, b]}")),
		breaks("response-property-enum-value-added", "a closed value added to a response", put(named+"/enum", "[a, b, c]")).
			given(put(named, "{type: string, nullable: true, enum: [a, b]}")),

		adds("a known value added", put(state+"/+", "Banned")),
		adds("a known value of a field added", put(named+"/x-extensible-enum", "[a, b, c]")).
			given(put(named, "{type: string, nullable: true, x-extensible-enum: [a, b]}")),
		rewords("known values in another order", reverse(state)),
	}
}

func securityChanges() []change {
	const (
		code    = scheme + "/flows/authorizationCode"
		client  = scheme + "/flows/clientCredentials"
		refresh = "https://login.tapkey.com/connect/refresh"
	)
	return []change{
		breaks("api-security-scope-added", "a scope added to an operation", put("#getOwner/security/0/tapkey/+", "read:grants")),
		breaks("api-security-scope-added", "the scope of an operation changed", put("#getOwner/security/0/tapkey", "[read:grants]")),
		breaks("scope-removed", "a declared scope removed", remove(client+"/scopes/write:ip:users"), remove(code+"/scopes/write:ip:users")),
		breaks("scope-removed", "a declared scope removed from one grant type", remove(client+"/scopes/write:ip:users")),
		breaks("scope-removed", "a scope renamed", replaceAll("read:logs", "read:log")),
		breaks("scope-removed", "offline_access removed", remove(code+"/scopes/offline_access")),
		breaks("grant-type-removed", "a grant type removed", remove(code)),
		breaks("grant-type-removed", "the grant type of servers removed", remove(client)),
		breaks("grant-type-removed", "a grant type replaced by another", move(client, scheme+"/flows/password")),
		breaks("api-security-component-oauth-token-url-changed", "the token URL changed", replaceAll("login.tapkey.com/connect/token", "login.tapkey.com/oauth/token")),
		breaks("api-security-component-oauth-token-url-changed", "the token URL of one grant type changed", put(client+"/tokenUrl", "https://login.tapkey.com/oauth/token")),
		breaks("api-security-component-oauth-url-changed", "the authorization URL changed", put(code+"/authorizationUrl", "https://login.tapkey.com/authorize")),
		breaks("refresh-url-changed", "the refresh URL changed", put(code+"/refreshUrl", refresh+"2")).given(put(code+"/refreshUrl", refresh)),
		breaks("refresh-url-changed", "the refresh URL removed", remove(code+"/refreshUrl")).given(put(code+"/refreshUrl", refresh)),
		breaks("api-security-component-type-changed", "the type of a security scheme changed", put(scheme, "{type: http, scheme: bearer}")),
		breaks("api-security-removed", "a second security scheme required", put("components/securitySchemes/key", "{type: apiKey, in: header, name: X-Key}"), put("#getOwner/security/0/key", "[]")),

		adds("a scope removed from an operation", put("#listPermissions/security/0/tapkey", "[]")),
		adds("a declared scope added", put(client+"/scopes/write:logs", "Write the logs of locks.")),
		adds("a grant type added", put(scheme+"/flows/password", "{tokenUrl: https://login.tapkey.com/connect/token, scopes: {read:logs: Read the logs of locks.}}")),
		adds("a refresh URL added", put(code+"/refreshUrl", refresh)),
		adds("an alternative security scheme added", put("components/securitySchemes/key", "{type: apiKey, in: header, name: X-Key}"), put("#getOwner/security/+", "{key: []}")),
		rewords("a security scheme renamed", move(scheme, "components/securitySchemes/oauth"), renameKeys("tapkey", "oauth")),
		rewords("a scope reworded", put(client+"/scopes/read:logs", "See the logs of locks.")),
		rewords("scopes in another order", reverse(client+"/scopes")),
		rewords("the description of a security scheme reworded", put(scheme+"/description", "OAuth2.")),
		rewords("the security of an operation moved to the document", put("security", "[{tapkey: [read:owneraccounts]}]"), remove("#getOwner/security")),
	}
}

func documentChanges() []change {
	const server = "servers/0"
	return []change{
		breaks("server-changed", "the base path of the server changed", put(server+"/url", "https://my.tapkey.com/api/v2")),
		breaks("server-changed", "the host of the server changed", put(server+"/url", "https://api.tapkey.com/api/v1")),
		breaks("server-changed", "another server made the first", put("servers", "[{url: https://my.sandbox.tapkey.io/api/v1}, {url: https://my.tapkey.com/api/v1}]")),
		breaks("server-changed", "the servers removed", remove("servers")),
		breaks("server-changed", "the default of a variable of the server changed", put(server+"/variables/host/default", "api")).
			given(put(server, "{url: 'https://{host}.tapkey.com/api/v1', variables: {host: {default: my}}}")),

		rewords("nothing changed"),
		rewords("a server added", put("servers/+", "{url: https://eu.tapkey.com/api/v1, description: Europe}")),
		rewords("the second server removed", remove("servers/1")),
		rewords("a slash added to the server", put(server+"/url", "https://my.tapkey.com/api/v1/")),
		rewords("a variable in the server", put(server, "{url: 'https://{host}.tapkey.com/api/v1', variables: {host: {default: my}}}")),
		rewords("the description of the server reworded", put(server+"/description", "The API.")),
		rewords("the version of the document changed", put("info/version", "0.2.0")),
		rewords("the title reworded", put("info/title", "Owners")),
		rewords("the link to the documentation changed", put("externalDocs/url", "https://developers.tapkey.io/api/")),
		rewords("the description of a tag reworded", put("tags/Owners/description", "Accounts.")),
		rewords("an unknown extension added", put("x-note", "text")),
	}
}

const touch = `
parameters: [{name: ownerAccountId, in: path, required: true, schema: {type: string}}]
post:
  operationId: touchOwner
  tags: [Owners]
  summary: Touches
  security: [{tapkey: [read:owneraccounts]}]
  responses: {'204': {description: Touched.}, default: {$ref: '#/components/responses/Error'}}
`

const head = `
operationId: countOwners
security: [{tapkey: [read:owneraccounts]}]
responses: {'200': {description: Counted.}}
`

// compareDocuments makes each change to the document and compares the result with the
// document.
func compareDocuments() ([]Result, error) {
	var results []Result
	for _, c := range changes() {
		r, err := c.compare(tapkeygo.OpenAPI())
		if err != nil {
			return nil, fmt.Errorf("selftest: %s: %w", c.seed, err)
		}
		results = append(results, r)
	}
	return results, nil
}

func (c change) compare(data []byte) (Result, error) {
	released := data
	if c.before != nil {
		var err error
		if released, err = edited(data, c.before); err != nil {
			return Result{}, err
		}
	}
	current, err := edited(released, c.edit)
	if err != nil {
		return Result{}, err
	}
	found, err := breaking.Wire(released, current)
	if err != nil {
		return Result{}, err
	}
	r := Result{Seed: c.seed, Want: nothing, Found: nothing}
	if r.Step, err = step(found); err != nil {
		return Result{}, err
	}
	var rules []string
	for _, f := range breaking.Breaks(found) {
		if rule := "`" + f.Rule + "`"; !slices.Contains(rules, rule) {
			rules = append(rules, rule)
		}
	}
	if len(rules) > 0 {
		r.Found = strings.Join(rules, ", ")
	}
	r.OK = len(rules) == 0
	if c.rule != "" {
		r.Want = "`" + c.rule + "`"
		r.OK = slices.Contains(rules, r.Want)
	}
	if r.Step != c.step {
		r.OK = false
		r.Want += " and the step " + c.step
	}
	return r, nil
}

// step returns which part of a version from v1 on the changes increment.
func step(changes []breaking.Change) (string, error) {
	next, err := breaking.NextVersion("v1.2.3", changes)
	return map[string]string{"v2.0.0": "major", "v1.3.0": "minor", "v1.2.4": "patch"}[next], err
}

// edited returns a document with an edit.
func edited(data []byte, edit treeEdit) ([]byte, error) {
	d, err := parseDocument(data)
	if err != nil {
		return nil, err
	}
	if err := edit(d); err != nil {
		return nil, err
	}
	return d.bytes()
}
