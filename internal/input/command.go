package input

// Command is a subcommand, and the value of the action's `command` input.
type Command string

// The commands that take inputs from a workflow.
const (
	Publish  Command = "publish"
	Merge    Command = "merge"
	Promote  Command = "promote"
	Metadata Command = "metadata"
	Migrate  Command = "migrate"
	Pull     Command = "pull"
	Inspect  Command = "inspect"
	Login    Command = "login"
	Check    Command = "check"
)

// Sets of commands that share inputs.
var (
	publish  = []Command{Publish}
	metadata = []Command{Metadata}
	migrate  = []Command{Migrate}
	merge    = []Command{Merge}
	promote  = []Command{Promote}
	pushing  = []Command{Publish, Merge, Promote}
	// building commands can write an index of platform images.
	building = []Command{Publish, Merge}
	naming   = []Command{Publish, Merge, Promote, Metadata}
	labels   = []Command{Publish, Metadata}
	// annotating commands may write annotations.
	annotating = []Command{Publish, Merge, Metadata}
	// reporting commands may ask the API, and report.
	reporting = []Command{Publish, Merge, Promote, Metadata, Migrate, Pull, Inspect}
)

// Sets of commands that read.
var pull = []Command{Pull}

// login is the one command that hands a login on to later steps, check the one
// that only asks.
var (
	login  = []Command{Login}
	check  = []Command{Check}
	asking = []Command{Login, Check}
)
