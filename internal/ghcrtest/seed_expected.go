package ghcrtest

// SeedEvent is the event of a workflow.
type SeedEvent struct {
	Name   string `json:"name,omitempty"`
	Action string `json:"action,omitempty"`
	Number int    `json:"number,omitempty"` // Number is the number of the pull request.
}

// SeedExpected is the expected result of a run of the command "cleanup". The server does not
// use it.
type SeedExpected struct {
	Kept     []string `json:"kept"`               // Kept contains labels.
	Deleted  []string `json:"deleted"`            // Deleted contains labels.
	Detached []string `json:"detached,omitempty"` // Detached contains tags.
	// Left contains pairs of what a rule selects and the reason why it stays. The first part
	// is a label or a tag, or "*" for the complete package.
	Left  [][2]string `json:"left,omitempty"`
	Freed int64       `json:"freed"`           // Freed is a size in bytes.
	Error string      `json:"error,omitempty"` // Error is the code of the error. The run then deletes nothing.
	Would *SeedPlan   `json:"would,omitempty"` // Would is the plan of a dry run.
}

// SeedPlan is the expected plan of a dry run.
type SeedPlan struct {
	Deleted  []string `json:"deleted"`  // Deleted contains labels.
	Detached []string `json:"detached"` // Detached contains tags.
}
