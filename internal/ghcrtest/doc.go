// Package ghcrtest is an embedded ghcr.io with its Packages API. The server is one
// [http.Handler] that behaves like the real service, as docs/ghcr.md describes it.
// The tests of this project and the commands "serve" and "try" use it.
//
// The package is a model and does not prove the behaviour of the real service. If the
// behaviour of the real service is unknown, a field of [Answers] selects the
// behaviour of the model. A [Fault] models an occasional failure. A restart of the
// server deletes all stored packages. The model ignores billing and does not check
// signatures.
//
// The file token.go models /token, and upload.go models the upload sessions. The file
// policy.go models the permissions and the texts of refusals. The files api_*.go
// model the REST API below /api/v3. The package sigstore contains a Sigstore, which
// the server serves at the same port.
//
// A server can start with the package of a scenario ([Config.Seed]). The files seed*.go
// read the scenario, create its manifests, and apply the changes by other clients. The
// files api_delete.go, api_restore.go, popular.go, deleted_index.go and listed.go model
// the deletion of versions, api_limit.go models the rate limits, and lag.go models lists
// that are not yet current.
//
// The caller of a method whose name ends with Locked holds the mutex of the type
// "state".
package ghcrtest
