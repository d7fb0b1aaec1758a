package cmd

// These are the codes of the errors and notices of package cmd.
const (
	// codeUsage means that the command line is invalid.
	codeUsage = "usage"
	// codeTimeout means that the run took longer than the input "timeout" allows.
	codeTimeout = "timeout"
	// codeCancelled means that the run was cancelled.
	codeCancelled = "cancelled"
	// codeTraceUnwritable means that the program cannot write the trace file.
	codeTraceUnwritable = "trace-unwritable"
	// codeListen means that the embedded ghcr.io cannot listen on the address.
	codeListen = "listen"
	// codeDataUnwritable means that the embedded ghcr.io cannot create the folder for its
	// blobs or for the files of Sigstore.
	codeDataUnwritable = "data-unwritable"
	// codeSeed means that the command "serve" cannot read the scenario in the flag --seed.
	codeSeed = "seed-unusable"
	// codeSetOutputEnv reports that DOCKER_METADATA_SET_OUTPUT_ENV is neither true nor false.
	codeSetOutputEnv = "set-output-env"
	// codeLoginRealm means that a registry requests credentials for a host of
	// another owner.
	codeLoginRealm = "login-realm-untrusted"
	// codeLoginRefused means that a registry refuses a login.
	codeLoginRefused = "login-refused"
	// codeLoginUnwritable means that the program cannot write the Docker config file.
	codeLoginUnwritable = "login-unwritable"
	// codeLogoutFailed means that the post step could not remove a login.
	codeLogoutFailed = "logout-failed"
	// codeGateLeft means that the post step could not remove the folder of a gate that was
	// killed.
	codeGateLeft = "gate-left"
	// codePathsUnreadable means that the program cannot read a path in the input "paths".
	codePathsUnreadable = "paths-unreadable"
	// codeMigrationRemaining means that a workflow needs an edit. Only a run with
	// the input "check: true" reports this error.
	codeMigrationRemaining = "migration-remaining"
	// codeFileSkipped means that the command "migrate" could not read a file.
	codeFileSkipped = "migrate-skipped"
)
