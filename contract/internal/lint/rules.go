package lint

// basePath is the path of version 1 of Tapkey's API. Another path is another API.
const basePath = "/api/v1"

// Rules returns all rules.
func Rules() []Rule {
	return []Rule{
		{Valid, "the document is valid OpenAPI 3.0 and its examples match their schemas", valid},
		{"server-base-path", "the first server has the scheme https and the path " + basePath, serverBasePath},

		{"path-ambiguous", "no two paths differ only in the names of parameters", pathAmbiguous},
		{"operation-id", "every operation has an operationId", operationID},
		{"operation-tag", "every operation has a tag, and every tag is declared", operationTag},
		{"operation-security", "every operation has a scope", operationSecurity},
		{"scope-undeclared", "every scope of an operation is declared in every flow", scopeUndeclared},
		{"response-success", "every operation has a successful response", responseSuccess},
		{"response-401", "every operation has a response 401", response401},
		{"response-4xx", "every operation has a 4xx response other than 401", response4xx},
		{"response-default", "every operation has a default response", responseDefault},
		{"paging-parameters", "every paged operation has the parameters $top and $skip", pagingParameters},

		{"evidence", "every operation and schema has x-evidence", evidence},
		{"evidence-inferred", "no operation is inferred", evidenceInferred},

		{"component-unused", "every component is used", componentUnused},
		{"example-missing", "every named schema and every parameter has an example", exampleMissing},
		{"required-unknown", "every name in required is a field", requiredUnknown},
		{"ref-unknown", "the target of every $ref exists", refUnknown},
		{"ref-siblings", "no $ref has siblings, which are ignored", refSiblings},
		{"extensible-enum", "every x-extensible-enum has strings without duplicates", extensibleEnum},

		{"response-closed", "no object in a response is closed, because fields may be added", responseClosed},
		{"response-enum", "no schema in a response has an enum, because values may be added: use x-extensible-enum", responseEnum},
		{"response-untyped", "every schema in a response has a type", responseUntyped},
		{"response-media-types", "no response has two JSON media types", responseMediaTypes},
		{"direction", "objects in request bodies, and no others, have x-direction: request", direction},
		{"go-names", "names of operations, schemas, parameters and fields are distinct in Go", goNames},
	}
}
