package refusal

import (
	"fmt"
	"net/http"
)

// Table lists the kinds of refusal. Special rows precede general rows, because
// Explain uses the first row that matches.
var Table = []Row{
	{
		Code: CodeNotARegistry, Is: isNotARegistry,
		Meaning: "The host answered with a web page, or with another response that no registry sends. Possible causes are a proxy, the login page of a network, and a wrong host in `image`.",
		Cure:    "Check the host in `image`. Open the host in a browser on this machine, or set HTTPS_PROXY to the proxy of the network.",
		explain: notARegistry,
	},
	{
		Code: CodeOtherHostRefused, Is: isOtherHost,
		Meaning: "The registry directed the request to another host, by a redirect or by an upload location. That host refused the request. The run sends the token only to the registry.",
		Cure:    "Correct the external address in the configuration of the registry or of its proxy (`http.host`, or the header X-Forwarded-Host). If that host is the real registry, write its name in `image`.",
		explain: otherHost,
	},
	{
		Code: CodeOtherRegistryDenied, OtherRegistry: true,
		Meaning: "A registry other than GitHub's requires a login, or refuses the login.",
		Cure:    "Add a login for this registry to `credentials`.",
		explain: otherRegistry,
	},
	{
		Code: CodeWritePackage, Messages: []string{"permission_denied: write_package"},
		Meaning: "The package exists, and this repository may not write to it. In most cases, the first push of the package was manual or came from another repository.",
		Cure:    "In the package settings, open Manage Actions access, add the repository and select the role Write.",
		explain: writePackage,
	},
	{
		Code: CodeCreatePackage, Messages: []string{"installation not allowed to create", "permission_denied: create_package"},
		Meaning: "The package does not exist, and this token may not create it. Possible causes are a missing `packages: write`, a fork or Dependabot, an image of another owner, and the rules of the organization.",
		Cure:    "Add `packages: write` to the job (if the job is in a reusable workflow, to the calling job). Publish under the owner of the repository.",
		explain: func(ev Evidence) (string, string) { return notAllowed("create", ev) },
	},
	{
		Code: CodeWriteDenied, Messages: []string{"installation not allowed to write"},
		Meaning: "The token may not write to this package. In most cases `packages: write` is missing.",
		Cure:    "Add `packages: write` to the job (if the job is in a reusable workflow, to the calling job).",
		explain: func(ev Evidence) (string, string) { return notAllowed("write", ev) },
	},
	{
		Code: CodeReadDenied, Messages: []string{"installation not allowed to read", "permission_denied: read_package"},
		Meaning: "The token may not read this package.",
		Cure:    "In the package settings, open Manage Actions access, add the repository and select the role Read.",
		explain: func(ev Evidence) (string, string) {
			return fmt.Sprintf("The token may not read %s", ev.Repo), grantAccess("Read", ev)
		},
	},
	{
		Code: CodeTokenScopes, Messages: []string{"does not match expected scopes"},
		Meaning: "The token is a personal access token without `write:packages`, or a fine-grained token. ghcr.io does not accept fine-grained tokens.",
		Cure:    "Use GITHUB_TOKEN, or a classic token with `write:packages`.",
		explain: func(ev Evidence) (string, string) {
			return fmt.Sprintf("The scopes of the token do not allow a push to %s", ev.Repo), replaceScopes(ev)
		},
	},
	{
		Code: CodeInstallationGone, Messages: []string{"requested installation does not exist"},
		Meaning: "The token belongs to an owner or an installation that no longer exists, for example after a transfer.",
		Cure:    "Use GITHUB_TOKEN, or create a new token under the new owner.",
		explain: func(ev Evidence) (string, string) {
			return fmt.Sprintf("The token for %s belongs to an installation that no longer exists", ev.Repo),
				"Use the job's GITHUB_TOKEN, or create a new token under the current owner of the package."
		},
	},
	{
		Code: CodeOwnerNotFound, Messages: []string{"owner not found"},
		Meaning: "The owner of the image does not exist on GitHub.",
		Cure:    "Correct the owner in `image`.",
		explain: func(ev Evidence) (string, string) {
			return fmt.Sprintf("The owner of %s does not exist on GitHub", ev.Repo), "Correct the owner in the input image. Check also the hyphens in the name."
		},
	},
	{
		Code: CodeSecondaryRateLimit, Messages: []string{"secondary rate limit"},
		Meaning: "GitHub's secondary rate limit applies. The limit lasts several minutes, and the run waits for its end if `timeout` permits the wait.",
		Cure:    "Increase `timeout`, or publish fewer images at the same time.",
		explain: func(ev Evidence) (string, string) {
			return fmt.Sprintf("GitHub's secondary rate limit stopped the requests to %s", ev.Repo),
				"Increase the input timeout, because the limit lasts several minutes, or let fewer jobs publish at the same time."
		},
	},
	{
		Code: CodeTooManyRequests, Status: http.StatusTooManyRequests,
		Meaning: "The registry received too many requests. The run waited and repeated the request several times.",
		Cure:    "Publish fewer images at the same time.",
		explain: func(ev Evidence) (string, string) {
			return fmt.Sprintf("%s received too many requests and refused all attempts", ev.Repo.RegistryStr()),
				"Add a concurrency group to the workflow, so that fewer jobs publish at the same time. Then run again. The next run sends only content that the registry does not have."
		},
	},
	{
		Code: CodeNameInvalid, Messages: []string{"name invalid", "invalid repository name"},
		Meaning: "The registry does not accept the name of the image, for example because the name has no owner.",
		Cure:    "Write `ghcr.io/OWNER/NAME`.",
		explain: func(ev Evidence) (string, string) {
			return fmt.Sprintf("The registry does not accept the name %s", ev.Repo), "Write the registry, the owner and the name in lower case: ghcr.io/OWNER/NAME."
		},
	},
	{
		Code: CodeUploadTooLarge, Status: http.StatusRequestEntityTooLarge,
		Meaning: "A blob or a manifest exceeds the size limit of the registry (10 GB per layer on ghcr.io).",
		Cure:    "Split the build step that creates the largest layer.",
		explain: func(ev Evidence) (string, string) {
			return fmt.Sprintf("A blob or a manifest of the image is too large for %s", ev.Repo.RegistryStr()),
				"Split the build step that creates the largest layer. ghcr.io accepts 10 GB per layer."
		},
	},
	{
		Code: CodeWrongScheme, Status: http.StatusBadRequest, Messages: []string{"http request was sent to https", "http request to an https server", "plain http to an ssl"},
		Meaning: "The address of the request begins with `http:`, but the server accepts only HTTPS on this port.",
		Cure:    "Correct the external address in the configuration of the registry or of its proxy (`http.host`, or the header X-Forwarded-Proto).",
		explain: func(ev Evidence) (string, string) {
			return fmt.Sprintf("%s accepts only HTTPS, but its address begins with http:", ev.answer.Host),
				"Correct the external address in the configuration of the registry or of its proxy (http.host, or the header X-Forwarded-Proto), so that its header Location begins with https:."
		},
	},
	{
		Code: CodeAttestationRefused, Is: isAttestation,
		Meaning: "The registry refuses an attestation in the form that BuildKit writes since version 0.32, an artifact manifest with `subject` and `artifactType`. Some registries accept only images.",
		Cure:    "Set `attestations: legacy` to write the form of BuildKit before 0.32, or `attestations: strip` to publish no attestations.",
		explain: attestation,
	},
	{
		Code: CodeFrontEndFailed, Is: isFrontEnd,
		Meaning: "A front end of the registry, or a proxy, sent a web page with an error status in all attempts. The request did not reach the registry.",
		Cure:    "Run again later. Check the status page of the registry (githubstatus.com for ghcr.io). If the upload of a layer takes about ten minutes, split the build step that creates the layer.",
		explain: frontEnd,
	},
	{
		Code: CodeNotAuthenticated, Status: http.StatusUnauthorized,
		Meaning: "The token is expired, revoked or unknown. A new token exchange had the same result.",
		Cure:    "Replace the token in the secret. GITHUB_TOKEN is valid only until the end of its job.",
		explain: func(ev Evidence) (string, string) {
			return fmt.Sprintf("%s does not accept the token", ev.Repo.RegistryStr()), replaceToken(ev)
		},
	},
	{
		Code: CodeDenied, Status: http.StatusForbidden,
		Meaning: "The registry refuses the request without a reason. Possible causes are a wrong, expired or truncated token, and a package that is hidden from the token.",
		Cure:    "Replace the token, add `packages: write` to the job, or grant access in the package settings.",
		explain: denied,
	},
}
