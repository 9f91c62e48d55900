package lint

// basePath is where Tapkey serves version 1 of its API. Another path is another API.
const basePath = "/api/v1"

// Rules returns all rules.
func Rules() []Rule {
	return []Rule{
		{Valid, "the document is valid OpenAPI 3.0 and its examples are what their schemas say", valid},
		{"server-base-path", "the first server is https and its path is " + basePath, serverBasePath},

		{"path-ambiguous", "no two paths differ in the names of parameters alone", pathAmbiguous},
		{"operation-id", "every operation has an operationId", operationID},
		{"operation-tag", "every tag of an operation is declared", operationTag},
		{"operation-security", "every operation names the scope it needs", operationSecurity},
		{"scope-undeclared", "every scope that is used is declared in every flow", scopeUndeclared},
		{"answer-success", "every operation has a success", answerSuccess},
		{"answer-401", "every operation documents 401", answer401},
		{"answer-4xx", "every operation documents a 4xx besides 401", answer4xx},
		{"answer-default", "every operation has a default answer", answerDefault},
		{"paging-parameters", "what is paged takes $top and $skip", pagingParameters},

		{"evidence", "every operation and schema says how well it is known", evidence},
		{"evidence-inferred", "no operation is inferred", evidenceInferred},

		{"component-unused", "every component is used", componentUnused},
		{"example-missing", "every named schema and every parameter has an example", exampleMissing},
		{"required-unknown", "required names members that there are", requiredUnknown},
		{"ref-unknown", "every $ref leads to something", refUnknown},
		{"ref-siblings", "nothing stands beside a $ref, where it is ignored", refSiblings},
		{"extensible-enum", "x-extensible-enum lists strings, each once", extensibleEnum},

		{"answer-closed", "no object in an answer is closed: members may be added", answerClosed},
		{"answer-enum", "no enum in an answer: values may be added, so x-extensible-enum it is", answerEnum},
		{"answer-untyped", "every schema in an answer has a type", answerUntyped},
		{"answer-media-types", "an answer has one JSON media type", answerMediaTypes},
		{"direction", "what is only sent is marked so, and nothing else", direction},
		{"go-names", "operations, parameters and members of a schema differ in Go, too", goNames},
	}
}
