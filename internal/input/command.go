package input

// Command is a subcommand, and the value of the action's `command` input.
type Command string

// These are the commands that a workflow can run.
const (
	Publish  Command = "publish"
	Merge    Command = "merge"
	Promote  Command = "promote"
	Metadata Command = "metadata"
	Migrate  Command = "migrate"
	Pull     Command = "pull"
	Inspect  Command = "inspect"
	Diff     Command = "diff"
	Attest   Command = "attest"
	Verify   Command = "verify"
	Login    Command = "login"
	Check    Command = "check"
	Cleanup  Command = "cleanup"
)

// These sets of commands share inputs.
var (
	publish  = []Command{Publish}
	metadata = []Command{Metadata}
	migrate  = []Command{Migrate}
	merge    = []Command{Merge}
	promote  = []Command{Promote}
	pull     = []Command{Pull}
	login    = []Command{Login}
	check    = []Command{Check}
	verify   = []Command{Verify}
	cleanup  = []Command{Cleanup}
	// requiring lists the commands that can check an attestation before they write.
	requiring = []Command{Pull, Promote}
	pushing   = []Command{Publish, Merge, Promote}
	// attesting lists the commands that sign attestations.
	attesting = []Command{Publish, Merge, Attest}
	// building lists the commands that can write an index of platform images.
	building = []Command{Publish, Merge}
	naming   = []Command{Publish, Merge, Promote, Metadata}
	labels   = []Command{Publish, Metadata}
	// annotating lists the commands that can write annotations.
	annotating = []Command{Publish, Merge, Metadata}
	// reporting lists the commands that send requests to the API and write a report.
	reporting = []Command{Publish, Merge, Promote, Metadata, Migrate, Pull, Inspect, Diff, Attest, Verify, Cleanup}
	// authenticating lists the commands that only check or store a login.
	authenticating = []Command{Login, Check}
)

// Arguments lists, for each command, the inputs that its arguments set on a command
// line. All other inputs have only a flag.
var Arguments = map[Command][]string{
	Publish: {"source"}, Merge: {"digests"}, Promote: {"source"}, Pull: {"source", "destination"},
	Inspect: {"source"}, Diff: {"source"}, Attest: {"source"}, Verify: {"source"}, Login: {"registry"}, Check: {"image"}, Cleanup: {"image"}, Migrate: {"paths"},
}

// OtherCommands maps commands of other programs to the commands of this program that a
// user probably wants. The commands "serve" and "try" exist only at a terminal.
var OtherCommands = map[string]string{
	"push": "publish", "build": "publish", "upload": "publish", "release": "publish", "deploy": "publish",
	"copy": "promote", "cp": "promote", "tag": "promote", "retag": "promote",
	"manifest": "merge", "imagetools": "merge", "join": "merge",
	"download": "pull", "save": "pull", "export": "pull",
	"sign":   "attest",
	"digest": "inspect", "ls": "inspect", "list": "inspect", "show": "inspect", "compare": "diff",
	"prune": "cleanup", "clean": "cleanup", "delete": "cleanup", "gc": "cleanup", "undo": "cleanup",
	"meta": "metadata", "server": "serve", "registry": "serve", "demo": "try", "convert": "migrate",
}
