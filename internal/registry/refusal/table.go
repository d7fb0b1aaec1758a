package refusal

import (
	"fmt"
	"net/http"
)

// Table lists the refusals, the particular before the general.
var Table = []Row{
	{
		Code: "other-registry-denied", Foreign: true,
		Means: "A registry that is not GitHub's takes no login, or not this one.",
		Cure:  "Give a login for it in `credentials`.",
		words: foreign,
	},
	{
		Code: "write-package", Says: []string{"permission_denied: write_package"},
		Means: "The package exists, and this repository has no write access to it: it was first pushed by hand or from another repository.",
		Cure:  "Package settings → Manage Actions access → Add repository, role Write.",
		words: writePackage,
	},
	{
		Code: "create-package", Says: []string{"installation not allowed to create", "permission_denied: create_package"},
		Means: "The package does not exist, and this token may not create it: no `packages: write`, a fork or Dependabot, another owner's name, or the organization's rules.",
		Cure:  "Grant `packages: write` in the (calling) job, under the repository's own owner.",
		words: func(ev Evidence) (string, string) { return mayNot("create", ev) },
	},
	{
		Code: "write-denied", Says: []string{"installation not allowed to write"},
		Means: "The token may not write this package: most often `packages: write` is missing.",
		Cure:  "Grant `packages: write` in the (calling) job.",
		words: func(ev Evidence) (string, string) { return mayNot("write", ev) },
	},
	{
		Code: "read-denied", Says: []string{"installation not allowed to read", "permission_denied: read_package"},
		Means: "The token may not read this package.",
		Cure:  "Grant the repository access in the package settings, role Read.",
		words: func(ev Evidence) (string, string) {
			return fmt.Sprintf("The token may not read %s", ev.Repo), grant("Read", ev)
		},
	},
	{
		Code: "token-scopes", Says: []string{"does not match expected scopes"},
		Means: "A personal access token without `write:packages`, or a fine-grained one, which ghcr.io does not take.",
		Cure:  "Use GITHUB_TOKEN, or a classic token with `write:packages`.",
		words: func(ev Evidence) (string, string) {
			return fmt.Sprintf("The token's scopes do not allow pushing to %s", ev.Repo), scopes(ev)
		},
	},
	{
		Code: "installation-gone", Says: []string{"requested installation does not exist"},
		Means: "The token belongs to an owner or installation that is gone, as after a transfer.",
		Cure:  "Use GITHUB_TOKEN, or make a new token under the new owner.",
		words: func(ev Evidence) (string, string) {
			return fmt.Sprintf("The token for %s belongs to an installation that no longer exists", ev.Repo),
				"Use the job's GITHUB_TOKEN, or make a new token under the owner that has the package now."
		},
	},
	{
		Code: "owner-not-found", Says: []string{"owner not found"},
		Means: "There is no such owner.",
		Cure:  "Correct the owner in `image`.",
		words: func(ev Evidence) (string, string) {
			return fmt.Sprintf("GitHub knows no owner of %s", ev.Repo), "Correct the owner's name in the input image; mind hyphens."
		},
	},
	{
		Code: "secondary-rate-limit", Says: []string{"secondary rate limit"},
		Means: "GitHub's abuse limit; it lasts minutes. It is waited for within `timeout`.",
		Cure:  "Raise `timeout`, or publish fewer images at a time.",
		words: func(ev Evidence) (string, string) {
			return fmt.Sprintf("GitHub's secondary rate limit stopped requests to %s", ev.Repo),
				"It lasts minutes. Raise timeout so that the run may wait, or let fewer jobs publish at a time."
		},
	},
	{
		Code: "too-many-requests", Status: http.StatusTooManyRequests,
		Means: "Too many requests; waited for and repeated several times.",
		Cure:  "Publish fewer images at a time.",
		words: func(ev Evidence) (string, string) {
			return fmt.Sprintf("%s keeps answering that there are too many requests", ev.Repo.RegistryStr()),
				"Let fewer jobs publish at a time (a concurrency group in the workflow), and run again: what is there is not sent again."
		},
	},
	{
		Code: "name-invalid", Says: []string{"name invalid", "invalid repository name"},
		Means: "The registry does not take the image's name, as without an owner.",
		Cure:  "Write `ghcr.io/OWNER/NAME`.",
		words: func(ev Evidence) (string, string) {
			return fmt.Sprintf("The registry does not take the name %s", ev.Repo), "Write registry, owner and name: ghcr.io/OWNER/NAME, in lower case."
		},
	},
	{
		Code: "upload-too-large", Status: http.StatusRequestEntityTooLarge,
		Means: "A blob or manifest is larger than the registry takes (10 GB a layer on ghcr.io).",
		Cure:  "Split the layer.",
		words: func(ev Evidence) (string, string) {
			return fmt.Sprintf("%s says that a part of the image is too large", ev.Repo.RegistryStr()),
				"ghcr.io takes 10 GB a layer. Split the build step that makes the largest layer."
		},
	},
	{
		Code: "not-authenticated", Status: http.StatusUnauthorized,
		Means: "The token is expired, revoked or unknown. A fresh exchange was tried.",
		Cure:  "Check the secret; GITHUB_TOKEN ends with its job.",
		words: func(ev Evidence) (string, string) {
			return fmt.Sprintf("%s does not know the token", ev.Repo.RegistryStr()), unusable(ev)
		},
	},
	{
		Code: "denied", Status: http.StatusForbidden,
		Means: "The registry gives no reason: a wrong, expired or truncated token, or a package that is hidden from it.",
		Cure:  "Check the token; grant `packages: write`; look at the package's access settings.",
		words: denied,
	},
}
