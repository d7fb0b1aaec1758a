// Package registry is a client of the OCI distribution-spec. It reads and writes
// blobs, manifests and tags with few requests and round trips, and it retries
// requests that fail for a temporary reason.
//
// It uses go-containerregistry's exported transport for the token exchange, the
// challenges and the error bodies. It adds features that the library does not
// have: one token per run for all repositories, uploads by POST and one PUT,
// several connections for bodies, retries that read a body again, waits that
// the server requests, and counters for all requests.
//
// It knows nothing about plans, outputs or GitHub's REST API. Its caller decides
// which content is uploaded, mounted or tagged.
package registry
