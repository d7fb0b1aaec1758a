package migrate

// A finder searches a file for one kind of problem. If the file passes a
// credential to a registry, the finder adds a login to pass.logins. If no edit
// can solve the problem, the finder records a finding with pass.reportNote or
// pass.reportRemaining. A finder edits nothing, because pass.decideLogins
// decides about all logins together.
//
// To add a finder, write a file find_NAME.go whose init function registers it,
// and create a directory in testdata with a file before.yml. Then run "go test
// -update", which writes the other files, and review these files.
type finder func(*pass)

var finders []finder

func register(f finder) { finders = append(finders, f) }
