package selftest

import "strings"

// nullFaults are schemas that say nullable: true and do not allow null, and harmless schemas
// that are similar.
func nullFaults() []fault {
	const (
		rule        = "null-forbidden"
		repeats     = "nullable-repeats"
		roles       = "      x-extensible-enum:\n        - Owner\n        - Admin\n"
		contactEnd  = "          description: Free text.\n      example:\n        id: 90d7c4e6-2f5b-4183-9ce0-d4a61b8f3725\n"
		contactRest = "        comment:\n          type: string\n          nullable: true\n          description: Free text.\n      example: null\n"
		name        = "        name:\n          type: string\n          nullable: true\n          description: Name of the owner account.\n"
		item        = "                items:\n                  $ref: '#/components/schemas/OwnerAccount'\n"
		response    = "          description: The owner account.\n          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/OwnerAccount'\n"
		parameter   = "        type: string\n      example: id,title\n"
		request     = "              $ref: '#/components/schemas/OwnerAccountUpdate'\n"
		failure     = "      description: 404. The resource does not exist.\n"
		account     = "{$ref: '#/components/schemas/OwnerAccount'}"   // not nullable
		contact     = "{$ref: '#/components/schemas/Contact'}"        // not nullable
		lockType    = "{$ref: '#/components/schemas/LockType'}"       // nullable
		features    = "{$ref: '#/components/schemas/FeatureSupport'}" // nullable
	)
	field := func(schema string) edit { return edit{name, name + "        extra: " + schema + "\n"} }
	nullableAccount := "{type: object, nullable: true, allOf: [" + account + "]}"
	return []fault{
		seed("a nullable allOf of an entity", rule, edit{"            - $ref: '#/components/schemas/NullableBoundCard'\n", "            - $ref: '#/components/schemas/BoundCard'\n"}),
		seed("a nullable allOf of known values", rule, edit{"            - $ref: '#/components/schemas/NullablePermissionRole'\n", "            - $ref: '#/components/schemas/PermissionRole'\n"}),
		seed("a nullable allOf of a reference that is not nullable", rule, field(nullableAccount)),
		seed("a nullable allOf of several references", rule, field("{type: object, nullable: true, allOf: ["+lockType+", "+account+"]}")),
		seed("a nullable allOf of a schema that is written out", rule, field("{type: string, nullable: true, allOf: [{type: string}]}")),
		seed("a nullable allOf of a schema with nullable: false", rule, field("{type: string, nullable: true, allOf: [{type: string, nullable: false}]}")),
		seed("a nullable allOf in a nullable allOf", rule, field("{type: object, nullable: true, allOf: [{type: object, nullable: true, allOf: ["+account+"]}]}")),
		seed("a nullable allOf with fields", rule, field("{type: object, nullable: true, properties: {a: {type: string, nullable: true}}, allOf: ["+account+"]}")),
		seed("a nullable anyOf without a part for null", rule, field("{type: object, nullable: true, anyOf: ["+account+", "+contact+"]}")),
		seed("a nullable oneOf without a part for null", rule, field("{type: object, nullable: true, oneOf: ["+account+", "+contact+"]}")),
		seed("a nullable oneOf with two parts for null", rule, field("{type: object, nullable: true, oneOf: ["+lockType+", {type: object, nullable: true}]}")),
		seed("a nullable oneOf whose part for null forbids it", rule, field("{type: object, nullable: true, oneOf: ["+account+", {type: object, nullable: true, allOf: ["+contact+"]}]}")),
		seed("a nullable enum without null", rule, field("{type: string, nullable: true, enum: [a, b]}")),
		seed("a nullable enum with the text null", rule, field("{type: string, nullable: true, enum: [a, 'null']}")),
		seed("a nullable allOf of an enum without null", rule, field("{type: string, nullable: true, allOf: [{type: string, nullable: true, enum: [a]}]}")),
		seed("a nullable schema whose not includes null", rule, field("{type: string, nullable: true, not: {type: string, nullable: true, enum: [null]}}")),
		seed("nullable without a type", rule, field("{nullable: true}")),
		seed("nullable without a type next to allOf", rule, field("{nullable: true, allOf: ["+lockType+"]}")),
		seed("nullable without a type next to oneOf", rule, field("{nullable: true, oneOf: ["+lockType+", "+account+"]}")),
		seed("a forbidden null in a list", rule, field("{type: array, nullable: true, items: "+nullableAccount+"}")),
		seed("a forbidden null in a map", rule, field("{type: object, nullable: true, additionalProperties: "+nullableAccount+"}")),
		seed("a forbidden null in a part of a union", rule, field("{type: object, nullable: true, anyOf: ["+nullableAccount+", "+lockType+"]}")),
		seed("a forbidden null in a nested field", rule, field("{type: object, nullable: true, properties: {a: {type: object, nullable: true, properties: {b: "+nullableAccount+"}}}}")),
		seed("a forbidden null in a response", rule, edit{response, strings.Replace(response, "              schema:\n                $ref: '#/components/schemas/OwnerAccount'\n", "              schema: "+nullableAccount+"\n", 1)}),
		seed("a forbidden null in a list of a response", rule, edit{item, "                items: " + nullableAccount + "\n"}),
		seed("a forbidden null in a parameter", rule, edit{parameter, "        type: string\n        nullable: true\n        enum:\n          - id,title\n      example: id,title\n"}),
		seed("a forbidden null in a request", rule, edit{request, "              type: object\n              nullable: true\n              allOf:\n                - $ref: '#/components/schemas/OwnerAccountUpdate'\n"}),
		seed("a forbidden null in a header", rule, edit{failure, failure + "      headers:\n        X-Reason:\n          schema: {type: string, nullable: true, enum: [a]}\n"}),
		seed("a forbidden null in a field with the name of a keyword", rule, edit{name, name + "        example: " + nullableAccount + "\n"}),

		seed("a nullable allOf of an allOf that is not nullable", rule, field("{type: object, nullable: true, allOf: [{type: object, allOf: ["+lockType+"]}]}")),
		seed("a forbidden null in a named schema", rule, edit{"    MembershipStateCount:\n      type: object\n", "    MembershipStateCount:\n      type: object\n      nullable: true\n      allOf:\n        - $ref: '#/components/schemas/OwnerAccount'\n"}),
		seed("a field of a nullable schema renamed", repeats, edit{contactRest, strings.Replace(contactRest, "        comment:\n", "        note:\n", 1)}),
		seed("a field added to a schema that another one repeats", repeats, edit{contactEnd, strings.Replace(contactEnd, "      example:\n", "        color:\n          type: string\n          nullable: true\n          description: Color.\n      example:\n", 1)}),
		seed("the type of a field of a nullable schema changed", repeats, edit{contactRest, strings.Replace(contactRest, "type: string", "type: integer", 1)}),
		seed("a required field of a nullable schema made optional", repeats, edit{"      description: A contact, or null.\n      x-evidence: verified\n      required:\n        - id\n", "      description: A contact, or null.\n      x-evidence: verified\n"}),
		seed("a known value added to one of two schemas", repeats, edit{roles, roles + "        - Auditor\n"}),
		seed("a nullable schema made not nullable", repeats, edit{"    NullablePermissionRole:\n      type: string\n      nullable: true\n", "    NullablePermissionRole:\n      type: string\n"}),
		seed("a schema that another one repeats made nullable", repeats, edit{"    PermissionRole:\n      type: string\n", "    PermissionRole:\n      type: string\n      nullable: true\n"}),

		seed("the description of a nullable schema reworded", nothing, edit{"      description: A contact, or null.\n", "      description: A smartphone user, or null.\n"}),
		seed("a nullable schema without another one", nothing, edit{"    GrantState:\n", "    NullableGrantState:\n"}, edit{"schemas/GrantState'", "schemas/NullableGrantState'"}),
		seed("a nullable allOf of a nullable reference", nothing, field("{type: object, nullable: true, allOf: ["+lockType+"]}")),
		seed("a nullable allOf of two nullable references", nothing, field("{type: object, nullable: true, allOf: ["+lockType+", {type: object, nullable: true, properties: {a: {type: string, nullable: true}}}]}")),
		seed("a nullable allOf of a part without a type", nothing, field("{type: object, nullable: true, allOf: ["+lockType+", {oneOf: ["+lockType+"]}]}")),
		seed("a nullable allOf in a nullable allOf of a nullable reference", nothing, field("{type: object, nullable: true, allOf: [{type: object, nullable: true, allOf: ["+lockType+"]}]}")),
		seed("a nullable anyOf with a part for null", nothing, field("{type: object, nullable: true, anyOf: ["+account+", {type: object, nullable: true}]}")),
		seed("a nullable anyOf with two parts for null", nothing, field("{type: object, nullable: true, anyOf: ["+lockType+", {type: object, nullable: true}]}")),
		seed("a nullable oneOf with one part for null", nothing, field("{type: object, nullable: true, oneOf: ["+account+", "+lockType+"]}")),
		seed("an allOf that forbids null", nothing, edit{item, "                items: {type: object, allOf: [{$ref: '#/components/schemas/NullableContact'}]}\n"}),
		seed("nullable: false next to an allOf in a request", nothing, edit{"          description: New comment.\n", "          description: New comment.\n        kind: {type: string, nullable: false, allOf: [" + features + "]}\n"}),
		seed("a nullable enum with null in a request", nothing, edit{"          description: New comment.\n", "          description: New comment.\n        kind: {type: string, nullable: true, enum: [a, null]}\n"}),
		seed("a nullable schema whose not does not include null", nothing, field("{type: string, nullable: true, not: {type: string, maxLength: 0}}")),
		seed("a nullable schema that contains itself", nothing, field("{type: array, nullable: true, items: "+account+"}")),
		seed("a field with the name nullable", nothing, field("{type: object, nullable: true, properties: {nullable: {type: boolean, nullable: true}, enum: {type: string, nullable: true}}}")),
		seed("nullable in an example", nothing, edit{"        ErrorCode: Duplicate\n", "        ErrorCode: Duplicate\n        schema:\n          nullable: true\n"}),
	}
}
