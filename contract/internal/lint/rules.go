package lint

// basePath is the path of version 1 of Tapkey's API. Another path is another API.
const basePath = "/api/v1"

// Rules returns all rules.
func Rules() []Rule {
	return []Rule{
		{Valid, "the document is valid OpenAPI 3.0 and its examples match their schemas", valid},
		{"server-base-path", "the first server has the scheme https and the path " + basePath, serverBasePath},

		{"servers-nested", "no path or operation has servers", serversNested},

		{"path-syntax", "every path has segments and parameters, without query, fragment and trailing slash", pathSyntax},
		{"path-ambiguous", "no two paths differ only in the names of parameters", pathAmbiguous},
		{"operation-id", "every operation has an operationId", operationID},
		{"operation-tag", "every operation has a tag, and every tag is declared", operationTag},
		{"tag-unused", "every declared tag is used, and declared once", tags},
		{"operation-security", "every operation has a scope", operationSecurity},
		{"security-empty", "no security requirement is empty", securityEmpty},
		{"security-url", "the URLs of security schemes have the scheme https", securityURLs},
		{"scope-undeclared", "every scope of an operation is declared in every flow", scopeUndeclared},
		{"scope-verb", "an operation that reads requires a read scope, any other a write scope", scopeVerb},
		{"body-unexpected", "no GET or DELETE request and no response without a body has content", bodies},
		{"response-status", "every status exists", responseStatus},
		{"response-success", "every operation has a successful response", responseSuccess},
		{"response-401", "every operation has a response 401", response401},
		{"response-4xx", "every operation has a 4xx response other than 401", response4xx},
		{"response-404", "every operation that reads or changes an entity by its id has a response 404", response404},
		{"response-409", "every operation that changes data has a response 409", response409},
		{"response-default", "every operation has a default response", responseDefault},
		{"paging-parameters", "every paged operation has the parameters $top and $skip", pagingParameters},

		{"paging-types", "$top and $skip are optional integers in the query, without a format", pagingTypes},
		{"paging-list", "only lists have x-paging", pagingList},

		{"extensions", "every extension is in the header of the document, in its place and with its type", checkExtensions},
		{"idempotent", "no GET and no operation that creates an entity has x-idempotent", idempotent},
		{"evidence", "every operation and schema has x-evidence", evidence},
		{"evidence-inferred", "no operation is inferred", evidenceInferred},

		{"component-unused", "every component is used", componentUnused},
		{"example-missing", "every named schema and every parameter has an example", exampleMissing},
		{"example-fields", "no example has a field that the schema has not", exampleFields},
		{"required-unknown", "every name in required is a field", requiredUnknown},
		{"ref-unknown", "the target of every $ref exists", refUnknown},
		{"ref-siblings", "no $ref has siblings, which are ignored", refSiblings},
		{"self-reference", "no schema contains itself without end", selfReference},
		{"discriminator", "every discriminator names a field and maps to parts of the union", discriminator},
		{"null-forbidden", "every schema that is nullable allows null, and has a type", nullForbidden},
		{"nullable-repeats", "every schema NullableX repeats the schema X and allows null", nullableRepeats},
		{"format-unknown", "every format is one of the OpenAPI format registry", formatUnknown},
		{"extensible-enum", "every x-extensible-enum has strings without duplicates", extensibleEnum},

		{"response-closed", "no object in a response is closed, because fields may be added", responseClosed},
		{"response-enum", "no schema in a response has an enum, because values may be added: use x-extensible-enum", responseEnum},
		{"response-untyped", "every schema in a response has a type", responseUntyped},
		{"response-nullable", "every field in a response but the id of an entity is optional and nullable", fieldsNullable},
		{"path-parameter", "every path parameter is a string without a format", pathParameters},
		{"one-way-field", "no field of a response is writeOnly, and none of a request is readOnly", oneWayFields},
		{"response-id", "the id of an entity is a required string", responseID},
		{"response-media-types", "no response has two JSON media types", responseMediaTypes},
		{"media-type", "all content is " + mediaType + " and has a schema", mediaTypes},
		{"success-inline", "successful responses and lists are written in the operation", successInline},
		{"success-values", "all successful responses of an operation have the same value", successValues},
		{"direction", "objects in request bodies, and no others, have x-direction: request", direction},
		{"go-names", "names of operations, schemas, parameters and fields are distinct in Go", goNames},
		{"reserved-names", "no name is one that the generated code uses itself", reservedNames},
		{"known-values", "every known value is a string with a name in Go that no other constant or type has", knownValues},
	}
}
