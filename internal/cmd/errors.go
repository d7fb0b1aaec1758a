package cmd

// These are the codes of the errors and notices of package cmd.
const (
	// codeUsage reports an invalid command line.
	codeUsage = "usage"
	// codeTimeout reports a run that took longer than the input timeout.
	codeTimeout = "timeout"
	// codeCancelled reports a run that was cancelled.
	codeCancelled = "cancelled"
	// codeTraceUnwritable reports a trace file that cannot be written.
	codeTraceUnwritable = "trace-unwritable"
	// codeListen reports an address on which the embedded ghcr.io cannot listen.
	codeListen = "listen"
	// codeSetOutputEnv reports that DOCKER_METADATA_SET_OUTPUT_ENV is neither true nor false.
	codeSetOutputEnv = "set-output-env"
	// codeLoginRealm reports a registry that wants credentials to be sent to a host of
	// another owner.
	codeLoginRealm = "login-realm-untrusted"
	// codeLoginRefused reports a login that a registry refuses.
	codeLoginRefused = "login-refused"
	// codeLoginUnwritable reports a login file that cannot be written.
	codeLoginUnwritable = "login-unwritable"
	// codeLogoutFailed reports a login that the post step could not remove.
	codeLogoutFailed = "logout-failed"
	// codePathsUnreadable reports a path to migrate that cannot be read.
	codePathsUnreadable = "paths-unreadable"
	// codeMigrationRemaining reports that an edit is necessary although the input
	// check is set.
	codeMigrationRemaining = "migration-remaining"
	// codeFileSkipped reports a file that migrate could not read.
	codeFileSkipped = "migrate-skipped"
)
