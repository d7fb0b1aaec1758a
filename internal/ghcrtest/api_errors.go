package ghcrtest

import (
	"net/http"
	"strconv"
)

// The messages of GitHub's REST API are quoted in docs/ghcr.md, Package API errors.
const (
	textPackageAbsent  = "Package not found."
	textInvalid        = "Invalid argument."
	textNotIntegration = "Resource not accessible by integration"
	textNotFineGrained = "Resource not accessible by personal access token"
	textLastTagged     = "You cannot delete the last tagged version of a package. You must delete the package instead."
	textPopularVersion = "Publicly visible package versions with more than 5000 downloads cannot be deleted. Contact GitHub support for further assistance."
	textPopularPackage = "Publicly visible packages with more than 5000 downloads cannot be deleted. Contact GitHub support for further assistance."
	textSAML           = "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization."
)

// apiError is a refusal of the REST API.
type apiError struct {
	status  int
	message string
}

func notFound() *apiError { return &apiError{http.StatusNotFound, "Not Found"} }

// packageAbsent returns the refusal for a missing package. The server also sends this
// refusal for a package that the caller has no permission to see.
func packageAbsent() *apiError { return &apiError{http.StatusNotFound, textPackageAbsent} }

func invalidArgument() *apiError { return &apiError{http.StatusBadRequest, textInvalid} }

func forbidden(message string) *apiError { return &apiError{http.StatusForbidden, message} }

func (e apiError) write(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, e.status, map[string]string{
		"message":           e.message,
		"documentation_url": "https://docs.github.com/rest",
		"status":            strconv.Itoa(e.status),
	})
}
