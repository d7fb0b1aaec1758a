// Package ghcrtest is an embedded ghcr.io with its Packages API: one
// [http.Handler] that behaves as docs/ghcr.md says the real
// service does. It serves the tests of this project and the commands serve and
// try.
//
// It is a model, not a proof: what nobody has seen the live service do is a
// typed choice in [Answers], and what goes wrong only now and then is a typed
// [Fault]. It does not keep its packages over a restart, knows nothing of
// billing, and checks no signature.
//
// Files are named by the fact they hold: token.go is /token, upload.go the
// upload sessions, policy.go who may do what and in which words the others are
// refused, api_*.go the REST side below /api/v3.
package ghcrtest
