package input

// migrateTable returns the inputs for the command migrate.
func migrateTable() []Input {
	return []Input{
		{
			Name: "paths", Group: GroupFiles, Kind: Lines, Commands: migrate,
			Help:    "Folders of Git checkouts, or workflow files, that the run reads, one per line. Default: the workflows and actions of the working directory.",
			Example: ".github/workflows/release.yml",
		},
		{
			Name: "write", Group: GroupFiles, Kind: Bool, Commands: migrate, Default: "false",
			Help:    "Write the edits into the workflow files. Without this input, the run only prints the edits as a diff.",
			Example: "true",
		},
		{
			Name: "check", Group: GroupSafety, Kind: Bool, Commands: migrate, Default: "false",
			Help:    "Fail if a workflow file needs an edit. Use this input in CI.",
			Example: "true",
		},
		{
			Name: "add-check", Group: GroupFiles, Kind: Bool, Commands: migrate, Default: "false",
			Help:    "Add a workflow that runs the command `check`. This input needs `write`. The new workflow checks that the repository may push to each package that a workflow of the repository publishes. Run the new workflow once by hand, because no API shows this permission.",
			Short:   "Add a workflow that runs the command `check`. This input needs `write`.",
			Example: "true",
		},
		{
			Name: "to-action", Group: GroupFiles, Commands: migrate,
			Help:    "Name of this action, as OWNER/NAME@REF. The run replaces the steps for login, metadata and push by one step of this action, and names each difference. If one step cannot replace these steps, the run keeps the steps and prints the reason.",
			Short:   "Name of this action, as OWNER/NAME@REF. With this input, the run replaces the steps for login, metadata and push by one step of this action, where one step can do the same work.",
			Example: "ghcr-publish/ghcr-publish@v1",
		},
		{
			Name: "sarif", Group: GroupOutput, Commands: migrate,
			Help:    "File to write the findings to, in the format SARIF 2.1.0 for code scanning.",
			Example: "migrate.sarif",
		},
	}
}
