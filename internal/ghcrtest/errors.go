package ghcrtest

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// The texts of ghcr.io's error responses are quoted in docs/ghcr.md, Refusals. The
// comment after a text is the heading of the section that quotes the text.
const (
	textWritePackage = "permission_denied: write_package" // Refused: write_package
	// Refused: create package, Refused: write package, and Refused: read package.
	textInstallation   = "installation not allowed to %s organization package"
	textScopes         = "permission_denied: The token provided does not match expected scopes."              // Refused: token scopes
	textDenied         = "denied"                                                                             // Refused: denied
	textUnauthentic    = "unauthenticated: User cannot be authenticated with the token provided."             // Refused: unknown token
	textAuthRequired   = "authentication required"                                                            // Refused: authentication required
	textAccessDenied   = "requested access to the resource is denied"                                         // Refused: anonymous access
	textOwnerNotFound  = "not_found: owner not found"                                                         // Refused: owner not found
	textNameInvalid    = "name invalid"                                                                       // Refused: name
	textRangeTooLarge  = "the request body is too large and exceeds the maximum permissible limit of 4.00MiB" // Refused: chunk size
	textBlobUnknown    = "blob unknown to registry"                                                           // Refused: blob of a manifest
	textUploadUnknown  = "blob upload unknown to registry"                                                    // Refused: upload session
	textUnknownBlob    = "unknown blob"                                                                       // Refused: unknown blob
	textUnsupported    = "The operation is unsupported."                                                      // Refused: unsupported
	textManifestAbsent = "manifest unknown"                                                                   // Refused: manifest unknown
	textCreatePackage  = "permission_denied: create_package"                                                  // Refused: create_package
)

// ociError is an entry of a registry's error body (distribution-spec, "Error
// Codes").
type ociError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Detail  any    `json:"detail,omitempty"`
}

// refusal is an error response. A refusal is a value, so that the policy does not
// depend on HTTP writers.
type refusal struct {
	status    int
	errors    []ociError
	challenge string // The challenge is the value of WWW-Authenticate, and may be empty.
}

func refuse(status int, code, message string) *refusal {
	return &refusal{status: status, errors: []ociError{{Code: code, Message: message}}}
}

func denied(message string) *refusal {
	return refuse(http.StatusForbidden, CodeDenied, message)
}

func unsupported() *refusal {
	return refuse(http.StatusMethodNotAllowed, CodeUnsupported, textUnsupported)
}

func nameInvalid() *refusal {
	return refuse(http.StatusBadRequest, CodeNameInvalid, textNameInvalid)
}

func digestInvalid() *refusal {
	return refuse(http.StatusBadRequest, CodeDigestInvalid, "provided digest did not match uploaded content")
}

// internal reports a failure of the server itself, such as a full disk.
func internal(err error) *refusal {
	return refuse(http.StatusInternalServerError, CodeUnknown, err.Error())
}

// write sends the refusal. A response to HEAD has no body (docs/ghcr.md, Refusals).
func (f *refusal) write(w http.ResponseWriter, r *http.Request) {
	if f.challenge != "" {
		w.Header().Set("WWW-Authenticate", f.challenge)
	}
	writeJSON(w, r, f.status, map[string][]ociError{"errors": f.errors})
}

// writeJSON sends a value with its Content-Length. A response to HEAD has only
// headers.
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
	_, _ = w.Write(body) // The write fails only if the client closed the connection.
}
