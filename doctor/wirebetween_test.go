package doctor_test

import "github.com/tapkey-go/tapkey-go/doctor"

// betweenSituations are responses of what is between this machine and the servers.
func betweenSituations() []situation {
	var all []situation
	for _, to := range []target{toOwners, toGrants, toToken} {
		for _, s := range []situation{
			{name: "proxy authentication", status: 407, header: "Proxy-Authenticate: Basic realm=\"proxy\"\n" + htmlType, body: "<html><title>Cache Access Denied</title>", explain: doctor.ProxyAuthentication},
			{name: "proxy authentication, no body", status: 407, explain: doctor.ProxyAuthentication},
			{name: "Negotiate", status: 401, header: challenged("Negotiate") + "\n" + challenged("NTLM") + "\n" + htmlType, body: "<html>Unauthorized", explain: doctor.ProxyAuthentication},
			{name: "NTLM, no body", status: 401, header: challenged("NTLM TlRMTVNTUAACAAAA"), explain: doctor.ProxyAuthentication},
			{name: "Digest", status: 401, header: challenged(`Digest realm="x", nonce="a,b", qop="auth, auth-int"`), explain: doctor.ProxyAuthentication},
			{name: "Basic, page", status: 401, header: challenged(`Basic realm="Restricted, staff"`) + "\n" + htmlType, body: "<html><head><title>401 Authorization Required</title></head>", explain: doctor.ProxyAuthentication},
			{name: "Basic, no body", status: 401, header: challenged(`basic realm="x"`), explain: doctor.ProxyAuthentication},
			{name: "Azure API Management, key", status: 401, header: challenged(`AzureApiManagementKey realm="https://gw.example/",name="Ocp-Apim-Subscription-Key",type="header"`) + "\n" + jsonType, body: `{ "statusCode": 401, "message": "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API." }`, explain: doctor.ProxyAuthentication},
			{name: "Kong, key", status: 401, header: challenged(`Key realm="kong"`) + "\n" + jsonType, body: `{"message":"No API key found in request"}`, explain: doctor.ProxyAuthentication},
			{name: "a key without a challenge", status: 403, header: jsonType, body: `{"message":"Invalid API key"}`, explain: doctor.ProxyAuthentication},
			{name: "captive portal", status: 511, header: htmlType, body: `<meta http-equiv="refresh" content="0; url=https://login.example/">`, explain: doctor.CaptivePortal},
			{name: "WAF, page", status: 403, header: htmlType, body: "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>", explain: doctor.BlockedByProxy},
			{name: "WAF, no type", status: 403, body: "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD>Reference #18.1", explain: doctor.BlockedByProxy},
			{name: "WAF, request id", status: 403, header: htmlType + "\nServer: awselb/2.0", body: "<html><body>Request blocked. ID 1", explain: doctor.BlockedByProxy},
			{name: "Envoy, RBAC", status: 403, header: textType + "\nServer: envoy", body: "RBAC: access denied", explain: doctor.BlockedByProxy},
			{name: "XML", status: 403, header: xmlType, body: `<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>`, explain: doctor.BlockedByProxy},
			{name: "Proxy-Status", status: 403, header: `Proxy-Status: proxy.example; error=http_request_denied`, explain: doctor.BlockedByProxy},
			{name: "legal reasons", status: 451, explain: doctor.BlockedByProxy},
			{name: "413", status: 413, header: htmlType, body: "<html><title>413 Request Entity Too Large</title>", explain: doctor.BlockedByProxy},
			{name: "431", status: 431, header: htmlType, body: "<html><title>Request Header Or Cookie Too Large</title>", explain: doctor.BlockedByProxy},
			{name: "400, page", status: 400, header: htmlType, body: "<html><title>Bad Request</title><h2>Bad Request - Invalid Hostname</h2>", explain: doctor.BlockedByProxy},
			{name: "404, page", status: 404, header: htmlType, body: "<html><title>404 Not Found</title><center>nginx</center>", explain: doctor.WrongAddress},
			{name: "405, page", status: 405, header: htmlType, body: "<html><title>405 Not Allowed</title>", explain: doctor.WrongAddress},
			{name: "plain HTTP to HTTPS, nginx", status: 400, header: htmlType, body: "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head>", explain: doctor.TLS},
			{name: "plain HTTP to HTTPS, Go", status: 400, body: "Client sent an HTTP request to an HTTPS server.\n", explain: doctor.TLS},
			{name: "plain HTTP to HTTPS, Apache", status: 400, header: htmlType, body: "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.", explain: doctor.TLS},
			{name: "client certificate, nginx", status: 400, header: htmlType, body: "<html><head><title>400 No required SSL certificate was sent</title></head>", explain: doctor.TLS},
			{name: "client certificate, invalid", status: 400, header: htmlType, body: "<html><head><title>400 The SSL certificate error</title></head>", explain: doctor.TLS},
			{name: "502, page", status: 502, header: htmlType, body: "<html><title>502 Bad Gateway</title>", explain: doctor.ServerError},
			{name: "503, Envoy", status: 503, header: textType, body: "upstream connect error or disconnect/reset before headers. reset reason: connection failure", explain: doctor.ServerError},
			{name: "504, AWS", status: 504, header: jsonType, body: `{"message": "Endpoint request timed out"}`, explain: doctor.ServerError},
			{name: "520, page", status: 520, header: htmlType, body: "<html><title>Web server is returning an unknown error</title>", explain: doctor.ServerError},
			{name: "429, page", status: 429, header: htmlType, body: "<html><title>429 Too Many Requests</title>", explain: doctor.RateLimited},
		} {
			s.to = to
			all = append(all, s)
		}
	}
	return append(all,
		situation{"AWS, no route", toToken, 403, jsonType, `{"message":"Missing Authentication Token"}`, doctor.BlockedByProxy, ""},
		situation{"AWS, forbidden", toToken, 403, jsonType, `{"message":"Forbidden"}`, doctor.BlockedByProxy, ""},
		situation{"401, page", toOwners, 401, htmlType, "<html><title>Sign in</title>", doctor.BlockedByProxy, ""},
		situation{"408, page", toOwners, 408, htmlType, "<html><body><h1>408 Request Time-out</h1>\nYour browser didn't send a complete request in time.\n", doctor.BlockedByProxy, ""},
	)
}
