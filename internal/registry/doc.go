// Package registry is a client of the OCI distribution-spec. The package reads
// and writes blobs, manifests and tags with few requests and round trips. The
// package retries requests that fail for a temporary reason.
//
// The package uses go-containerregistry's exported transport for the token
// exchange, the challenges and the error bodies. The package adds the following
// features, which go-containerregistry does not have:
//
//   - One token serves all repositories of a run.
//   - An upload is one POST and one PUT.
//   - Bodies use several connections.
//   - A retry reads its body from the start.
//   - A retry waits as long as the server requests.
//   - Counters count all requests.
//
// The package does not depend on plans, outputs or GitHub's REST API. The caller
// decides which content to upload, mount or tag.
package registry
