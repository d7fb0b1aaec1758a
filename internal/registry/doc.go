// Package registry is a client of the OCI distribution-spec. It reads and writes
// blobs, manifests and tags with few requests and round trips, and it retries
// requests that fail for a temporary reason.
//
// It uses go-containerregistry's exported transport for the token exchange, the
// challenges and the error bodies. It adds features that the library does not
// have:
//
//   - One token serves all repositories of a run.
//   - An upload is one POST and one PUT.
//   - Bodies use several connections.
//   - A retry reads its body from the start.
//   - A retry waits as long as the server requests.
//   - Counters count all requests.
//
// It knows nothing about plans, outputs or GitHub's REST API. Its caller decides
// which content is uploaded, mounted or tagged.
package registry
