package cleanup

// Codes of the errors of a run.
const (
	// CodeNoAdmin means that the token may not delete versions of the package.
	CodeNoAdmin = "no-admin"
	// CodeRefused means that GitHub's API sent an unexpected response while the run
	// deleted versions.
	CodeRefused = "deletion-refused"
	// CodeLost means that a version that stays was missing after the deletions.
	CodeLost = "version-lost"
	// CodeUndoFile means that the program cannot write or read the undo list.
	CodeUndoFile = "undo-unusable"
	// CodeAbsent means that the package does not exist, or that the token may not read it.
	CodeAbsent = "package-not-found"
	// CodeTokenRejected means that GitHub's API rejects the token.
	CodeTokenRejected = "token-rejected"
	// CodeFacts means that the run cannot read the pull requests or the branches of the
	// repository.
	CodeFacts = "repository-not-read"
	// CodeNotRestored means that the command could not restore a version.
	CodeNotRestored = "not-restored"
)
