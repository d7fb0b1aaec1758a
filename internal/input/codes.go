package input

import "github.com/ghcr-publish/ghcr-publish/internal/diag"

// Codes of the errors and notices of this package.
const (
	// CodeValue means that an input has a value that it does not accept.
	CodeValue = "input-value"
	// CodeUnknown means that the action has no input with this name. It is an error
	// if the name resembles an input, otherwise a notice.
	CodeUnknown = "input-unknown"
	// CodeList means that an input with one entry per line is a YAML or JSON list.
	CodeList = "input-list"
	// CodeNotAccepted means that the command does not accept the input.
	CodeNotAccepted = "input-not-accepted"

	// CodeSourceMissing means that no input names the image.
	CodeSourceMissing = "source-missing"
	// CodeSourceInvalid means that the source of a promotion is not a reference,
	// a tag or a digest.
	CodeSourceInvalid = "source-invalid"
	// CodeReferenceInvalid means that a text is not an image reference.
	CodeReferenceInvalid = "reference-invalid"
	// CodeDigestInvalid means that the expected digest is not a digest.
	CodeDigestInvalid = diag.CodeDigestInvalid
	// CodeNoDigests means that a merge has no images.
	CodeNoDigests = diag.CodeNoDigests
	// CodeNoTags means that a promotion has no tags.
	CodeNoTags = diag.CodeNoTags

	// CodeImageMissing means that neither image nor GITHUB_REPOSITORY names a
	// repository.
	CodeImageMissing = "image-missing"
	// CodeImageInvalid means that image is not a repository name.
	CodeImageInvalid = "image-invalid"
	// CodeImageWithScheme means that image is a URL.
	CodeImageWithScheme = "image-with-scheme"
	// CodeImageWithDigest means that image contains a digest.
	CodeImageWithDigest = "image-with-digest"
	// CodeImageWithTag means that image contains a tag.
	CodeImageWithTag = "image-with-tag"
	// CodeImageWithoutOwner means that a name on the registry of GitHub has no
	// owner.
	CodeImageWithoutOwner = "image-without-owner"
	// CodeImageWithoutPush means that the input image has no effect on a login
	// without push: true.
	CodeImageWithoutPush = "image-without-push"
	// CodeImageLowercased is a notice: the repository name is in lower case.
	CodeImageLowercased = "image-name-lowercased"
	// CodeOwnerDiffers is a notice: the package has another owner than the
	// workflow.
	CodeOwnerDiffers = "owner-differs"

	// CodeArtifactTypeMissing means that subject is set without artifact-type.
	CodeArtifactTypeMissing = "artifact-type-missing"
	// CodeArtifactWithImageInput means that an input for images is set together
	// with artifact-type.
	CodeArtifactWithImageInput = "artifact-with-image-input"
	// CodeSubjectInOtherRepository means that the artifact and its subject would be
	// in different repositories.
	CodeSubjectInOtherRepository = "subject-in-other-repository"
	// CodeContentMissing means that an input needs content.
	CodeContentMissing = "content-missing"
	// CodeContentInvalid means that a line of content is not PATH:/PATH/IN/IMAGE.
	CodeContentInvalid = "content-invalid"
	// CodeContentOrSource means that content and source are both set.
	CodeContentOrSource = "content-or-source"
	// CodeContextMissing means that an input needs context.
	CodeContextMissing = "context-missing"
	// CodeContextOrSource means that context is set together with source or
	// content.
	CodeContextOrSource = "context-or-source"
	// CodeSecretEmpty means that a build secret has no value.
	CodeSecretEmpty = "secret-empty"

	// CodeCompressionWithArtifact means that compression is set for an artifact.
	CodeCompressionWithArtifact = "compression-with-artifact"
	// CodeLevelWithoutCompression means that compression-level is set with
	// compression: keep.
	CodeLevelWithoutCompression = "compression-level-without-compression"
	// CodeTagsWithPushByDigest means that tags and push-by-digest are both set.
	CodeTagsWithPushByDigest = "tags-with-push-by-digest"
	// CodeDigestNameWithoutPushByDigest means that digest-name has no effect.
	CodeDigestNameWithoutPushByDigest = "digest-name-without-push-by-digest"
	// CodeDigestNameInvalid means that digest-name cannot end an output's name.
	CodeDigestNameInvalid = diag.CodeDigestNameInvalid
	// CodeLinkRepositoryMissing means that link: label has no repository.
	CodeLinkRepositoryMissing = "link-repository-missing"

	// CodeTokenEmpty means that there is no token, or an empty one.
	CodeTokenEmpty = "token-empty"
	// CodeTokenUnusable means that the token contains characters that no token
	// contains.
	CodeTokenUnusable = "token-unusable"
	// CodeRegistryInvalid means that registry is not a host.
	CodeRegistryInvalid = "registry-invalid"
	// CodeCredentialsInvalid means that a line of credentials has another form.
	CodeCredentialsInvalid = "credentials-invalid"
	// CodeLoginMissing means that no credentials exist for a host.
	CodeLoginMissing = "login-missing"
	// CodeIsolatedOutsideWorkflow means that isolated is set at a terminal.
	CodeIsolatedOutsideWorkflow = "isolated-outside-workflow"

	// CodeDestinationMissing means that a pull has no destination.
	CodeDestinationMissing = "destination-missing"
	// CodeDestinationWithVerifyOnly means that destination and verify-only are
	// both set.
	CodeDestinationWithVerifyOnly = "destination-with-verify-only"

	// CodeServerURLUnusable means that the token must not be sent to the server
	// that a variable names.
	CodeServerURLUnusable = "server-url-unusable"
	// CodeEventUnreadable means that the payload of the event cannot be read.
	CodeEventUnreadable = "event-unreadable"
)
