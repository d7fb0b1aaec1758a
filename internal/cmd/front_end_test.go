package cmd_test

import (
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// A web page of a proxy, or an address that cannot be used, is not a refusal of the
// token.
func TestPublishNamesTheServerThatAnswersInPlaceOfTheRegistry(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		fault ghcrtest.Fault
		code  string
		words []string
	}{
		{"login page of a network", ghcrtest.Fault{Path: "/v2/", Effect: ghcrtest.Page{Status: 200, Title: "log in to the wifi"}}, "not-a-registry", []string{"HTTPS_PROXY"}},
		{"page of a proxy", ghcrtest.Fault{Method: "POST", Path: "/blobs/uploads/", Effect: ghcrtest.Page{Status: 403, Title: "Blocked"}}, "not-a-registry", []string{"Blocked", "The token is not the cause"}},
		{"redirect without a Location", ghcrtest.Fault{Path: "/v2/acme/web/blobs/uploads/", Effect: ghcrtest.Answer{Status: 307}}, "location-unusable", []string{"Location"}},
		{"upload with another scheme", ghcrtest.Fault{Method: "POST", Effect: ghcrtest.Location{Value: "ftp://HOSTPATH"}}, "location-unusable", []string{"ftp://"}},
		{"upload by HTTPS to a port without TLS", ghcrtest.Fault{Method: "POST", Effect: ghcrtest.Location{Value: "https://HOSTPATH"}}, "location-unusable", []string{"X-Forwarded-Proto", "does not use TLS"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			c.fault.Times = ghcrtest.Always
			s.server.Inject(c.fault)
			source, _ := layout(t)
			s.with("source", source, "tags", "1.2.3").run().failsWith(c.code, c.words...)
		})
	}
}

// The second attempt of each request succeeds.
func TestPublishContinuesAfterAPageOfAFrontEnd(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	for _, fault := range []ghcrtest.Fault{
		{Path: "/token", Effect: ghcrtest.Page{Status: 502, Title: "Bad Gateway"}},
		{Method: "POST", Path: "/blobs/uploads/", Effect: ghcrtest.Redirect{Status: 307}},
		{Method: "PUT", Path: "/blobs/upload/", Effect: ghcrtest.Page{Status: 400, Title: "Whoa there!"}},
		{Method: "PUT", Path: "/blobs/upload/", After: 1, Effect: ghcrtest.DropUpload{BlobUnknown: true}},
		{Method: "PUT", Path: "/manifests/", Effect: ghcrtest.Page{Status: 524, Title: "A timeout occurred"}},
		{Method: "PUT", Path: "/manifests/", Effect: ghcrtest.Redirect{Status: 308}},
	} {
		s.server.Inject(fault)
	}
	source, digest := layout(t)
	s.with("source", source, "tags", "1.2.3").run().succeeds().hasOutputs("digest", digest)
}
