// Package registry is the client side of the OCI distribution-spec: it reads
// and writes blobs, manifests and tags, with as few requests and round trips
// as the protocol allows, and does not give up on faults that heal.
//
// It stands on go-containerregistry's exported transport for token exchange,
// challenges and error bodies, and adds what that library has no room for: one
// token a run for all repositories, uploads by POST and one PUT, bodies on
// several connections, retries that rewind, waits the server asked for, and a
// count of everything that went over the wire.
//
// It knows nothing of plans, outputs or GitHub's REST API, and it decides
// nothing: what is uploaded, mounted or tagged is its caller's choice.
package registry
