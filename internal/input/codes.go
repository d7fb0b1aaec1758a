package input

import "github.com/ghcr-publish/ghcr-publish/internal/diag"

// Codes of the errors and notices of this package.
const (
	// CodeValue means that the value of an input is not allowed.
	CodeValue = "input-value"
	// CodeUndoWithRules means that a run restores images, but an input selects images to
	// delete.
	CodeUndoWithRules = "undo-with-rules"
	// CodeUnknown means that the action has no input with this name. An unknown input
	// is an error if the unknown name resembles the name of an input. Otherwise, it
	// is a notice.
	CodeUnknown = "input-unknown"
	// CodeList means that an input with one entry per line is a YAML or JSON list, or
	// that another text than a line break separates its entries.
	CodeList = "input-list"
	// CodeQuoted means that the value of an input is in quotation marks.
	CodeQuoted = "input-quoted"
	// CodeOption means that the value of an input begins with an option of a command line.
	CodeOption = "input-option"
	// CodeFolded is a notice: the value of an entry contains text that looks like the
	// start of another entry.
	CodeFolded = "input-folded"
	// CodeNotAccepted means that the command does not accept the input.
	CodeNotAccepted = "input-not-accepted"

	// CodeSourceMissing means that no input names the image.
	CodeSourceMissing = "source-missing"
	// CodeSourceInvalid means that the input "source" of the command "promote" is not a
	// reference, a tag or a digest.
	CodeSourceInvalid = "source-invalid"
	// CodeReferenceInvalid means that the value of an input is not an image reference.
	CodeReferenceInvalid = "reference-invalid"
	// CodeDigestInvalid means that the value of the input "expected-digest" is not a
	// digest.
	CodeDigestInvalid = diag.CodeDigestInvalid
	// CodeNoDigests means that the command "merge" has no images to merge.
	CodeNoDigests = diag.CodeNoDigests
	// CodeNoTags means that the command "promote" has no tags to write.
	CodeNoTags = diag.CodeNoTags

	// CodeImageMissing means that neither the input "image" nor GITHUB_REPOSITORY names
	// a repository.
	CodeImageMissing = "image-missing"
	// CodeImageInvalid means that the input "image" is not a repository name.
	CodeImageInvalid = "image-invalid"
	// CodeImageWithScheme means that the input "image" is a URL.
	CodeImageWithScheme = "image-with-scheme"
	// CodeImageWithDigest means that the input "image" contains a digest.
	CodeImageWithDigest = "image-with-digest"
	// CodeImageWithTag means that the input "image" contains a tag.
	CodeImageWithTag = "image-with-tag"
	// CodeImageWithoutOwner means that the name of an image on GitHub's registry has no
	// owner.
	CodeImageWithoutOwner = "image-without-owner"
	// CodeImageWithoutPush means that the input "image" has no effect for the command
	// "login", because "push: true" is not set.
	CodeImageWithoutPush = "image-without-push"
	// CodeGlobInvalid means that the input "image" of the command "cleanup" contains a
	// pattern that the program cannot expand.
	CodeGlobInvalid = "image-pattern"
	// CodeGlobToken means that the token cannot list the packages of an owner.
	CodeGlobToken = "packages-not-listed"
	// CodeGlobEmpty means that no package matches a pattern in the input "image".
	CodeGlobEmpty = "no-package-matches"
	// CodeCleanupRegistry means that the command "cleanup" cannot delete images on a
	// registry.
	CodeCleanupRegistry = "cleanup-registry"
	// CodeCleanupWithPushByDigest means that the inputs "cleanup" and "push-by-digest" are
	// both set.
	CodeCleanupWithPushByDigest = "cleanup-with-push-by-digest"
	// CodeImageFromOrigin is a notice: the command "check" uses the repository of the Git
	// remote "origin", because neither the input "image" nor GITHUB_REPOSITORY names a
	// repository.
	CodeImageFromOrigin = "image-from-origin"
	// CodeImageLowercased is a notice: the program changed the letters of a repository
	// name to lower case.
	CodeImageLowercased = "image-name-lowercased"
	// CodeOwnerDiffers is a notice: the owner of the package is not the owner of the
	// workflow.
	CodeOwnerDiffers = "owner-differs"

	// CodePlatformWithoutRuntime is a notice: no common container runtime runs images for
	// a platform in the inputs "platform" and "platforms".
	CodePlatformWithoutRuntime = "platform-without-runtime"

	// CodeArtifactTypeMissing means that the input "subject" is set without the input
	// "artifact-type".
	CodeArtifactTypeMissing = "artifact-type-missing"
	// CodeArtifactWithImageInput means that an input that is only for images is set
	// together with the input "artifact-type".
	CodeArtifactWithImageInput = "artifact-with-image-input"
	// CodeSubjectInOtherRepository means that the artifact and its subject would be
	// in different repositories.
	CodeSubjectInOtherRepository = "subject-in-other-repository"
	// CodeContentMissing means that the input "content" is empty, but another input that
	// is set needs it.
	CodeContentMissing = "content-missing"
	// CodeContentInvalid means that a line of the input "content" is not
	// PATH:/PATH/IN/IMAGE.
	CodeContentInvalid = "content-invalid"
	// CodeContentOrSource means that the inputs "content" and "source" are both set.
	CodeContentOrSource = "content-or-source"
	// CodeSourcesInvalid means that a line of the input "sources" is not in the form
	// NAME=SOURCE, or that the name is not the name of an image.
	CodeSourcesInvalid = "sources-invalid"
	// CodeSourcesWithInput means that the input "sources" is set together with an input that
	// describes the only image of a run.
	CodeSourcesWithInput = "sources-with-input"
	// CodeContextMissing means that the input "context" is empty, but another input that
	// is set needs it.
	CodeContextMissing = "context-missing"
	// CodeContextOrSource means that the input "context" is set together with the
	// input "source" or "content".
	CodeContextOrSource = "context-or-source"
	// CodeSecretEmpty means that a build secret has no value.
	CodeSecretEmpty = "secret-empty"

	// CodeCompressionWithArtifact means that the input "compression" is set for an
	// artifact.
	CodeCompressionWithArtifact = "compression-with-artifact"
	// CodeLevelWithoutCompression means that the input "compression-level" is set
	// together with "compression: keep".
	CodeLevelWithoutCompression = "compression-level-without-compression"
	// CodeTagsWithPushByDigest means that the inputs "tags" and "push-by-digest" are both
	// set.
	CodeTagsWithPushByDigest = "tags-with-push-by-digest"
	// CodeIfPublishedWithPushByDigest means that the input "if-published" is set in a step
	// with "push-by-digest", which has no version tag.
	CodeIfPublishedWithPushByDigest = "if-published-with-push-by-digest"
	// CodeSBOMWithoutAttest means that the input "sbom" is set, but the input "attest" is
	// false.
	CodeSBOMWithoutAttest = "sbom-without-attest"
	// CodeResultFile means that the run cannot write the file in the input "metadata-file"
	// or in the input "digest-file".
	CodeResultFile = "result-file-unwritable"
	// CodeResultFilesEqual means that the inputs "metadata-file" and "digest-file" name the
	// same file.
	CodeResultFilesEqual = "result-files-equal"
	// CodeDigestNameWithoutPushByDigest means that the input "digest-name" has no
	// effect, because the input "push-by-digest" is not set.
	CodeDigestNameWithoutPushByDigest = "digest-name-without-push-by-digest"
	// CodeDigestNameInvalid means that the input "digest-name" contains characters that
	// the name of an output cannot contain.
	CodeDigestNameInvalid = diag.CodeDigestNameInvalid
	// CodeLinkRepositoryMissing means that the input "link" has the value "label",
	// but no repository is known.
	CodeLinkRepositoryMissing = "link-repository-missing"

	// CodeTokenEmpty means that the token is empty or missing.
	CodeTokenEmpty = "token-empty"
	// CodeUsernameWithPassword means that the input "username" also contains a password.
	CodeUsernameWithPassword = "username-with-password"
	// CodeTokenUnusable means that the token contains characters that a token cannot
	// contain.
	CodeTokenUnusable = "token-unusable"
	// CodeRegistryInvalid means that the input "registry" is not a host.
	CodeRegistryInvalid = "registry-invalid"
	// CodeCredentialsInvalid means that a line of the input "credentials" is not HOST
	// USERNAME SECRET.
	CodeCredentialsInvalid = "credentials-invalid"
	// CodeLoginMissing means that the command "login" has no credentials for a host.
	CodeLoginMissing = "login-missing"
	// CodeIsolatedOutsideWorkflow means that the input "isolated" is set at a terminal.
	CodeIsolatedOutsideWorkflow = "isolated-outside-workflow"

	// CodeTwoImages means that the command "diff" does not have exactly two images.
	CodeTwoImages = "two-images"

	// CodeDestinationMissing means that the command "pull" has no destination.
	CodeDestinationMissing = "destination-missing"
	// CodeDestinationWithVerifyOnly means that the inputs "destination" and "verify-only"
	// are both set.
	CodeDestinationWithVerifyOnly = "destination-with-verify-only"

	// CodeServerURLUnusable means that a variable contains the URL of a server to
	// which the token must not be sent.
	CodeServerURLUnusable = "server-url-unusable"
	// CodeEventUnreadable means that the payload of the event cannot be read.
	CodeEventUnreadable = "event-unreadable"
)
