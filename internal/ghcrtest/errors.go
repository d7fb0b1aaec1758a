package ghcrtest

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// The words of GHCR.md 2.5, by row.
const (
	textWritePackage   = "permission_denied: write_package"                                                   // row 1
	textInstallation   = "installation not allowed to %s organization package"                                // rows 2, 3, 3b
	textScopes         = "permission_denied: The token provided does not match expected scopes."              // row 4
	textDenied         = "denied"                                                                             // row 6
	textUnauthentic    = "unauthenticated: User cannot be authenticated with the token provided."             // row 7
	textAuthRequired   = "authentication required"                                                            // row 8
	textAccessDenied   = "requested access to the resource is denied"                                         // row 9
	textOwnerNotFound  = "not_found: owner not found"                                                         // row 10
	textNameInvalid    = "name invalid"                                                                       // row 14
	textRangeTooLarge  = "the request body is too large and exceeds the maximum permissible limit of 4.00MiB" // row 15
	textBlobUnknown    = "blob unknown to registry"                                                           // row 16
	textUploadUnknown  = "blob upload unknown to registry"                                                    // row 17
	textUnknownBlob    = "unknown blob"                                                                       // row 18
	textUnsupported    = "The operation is unsupported."                                                      // row 22
	textManifestAbsent = "manifest unknown"                                                                   // row 23
	textCreatePackage  = "permission_denied: create_package"                                                  // last row
)

// ociError is one entry of a registry's error body (distribution-spec, "Error
// Codes").
type ociError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Detail  any    `json:"detail,omitempty"`
}

// refusal is an answer that is not a success. It is data, so that policy can
// decide without knowing of HTTP writers.
type refusal struct {
	status    int
	errors    []ociError
	challenge string // value of WWW-Authenticate, or empty
}

func refuse(status int, code, message string) *refusal {
	return &refusal{status: status, errors: []ociError{{Code: code, Message: message}}}
}

func denied(message string) *refusal {
	return refuse(http.StatusForbidden, "DENIED", message)
}

func unsupported() *refusal {
	return refuse(http.StatusMethodNotAllowed, "UNSUPPORTED", textUnsupported)
}

func nameInvalid() *refusal {
	return refuse(http.StatusBadRequest, "NAME_INVALID", textNameInvalid)
}

func digestInvalid() *refusal {
	return refuse(http.StatusBadRequest, "DIGEST_INVALID", "provided digest did not match uploaded content")
}

// internal reports a failure of the model itself, such as a full disk.
func internal(err error) *refusal {
	return refuse(http.StatusInternalServerError, "UNKNOWN", err.Error())
}

// write sends the refusal; an answer to HEAD has no body (GHCR.md 2.5).
func (f *refusal) write(w http.ResponseWriter, r *http.Request) {
	if f.challenge != "" {
		w.Header().Set("WWW-Authenticate", f.challenge)
	}
	writeJSON(w, r, f.status, map[string][]ociError{"errors": f.errors})
}

// writeJSON sends a value whole, with its length, and nothing but headers to
// a HEAD.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodHead {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone; there is nobody left to tell
}
