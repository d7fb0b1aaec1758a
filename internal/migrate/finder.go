package migrate

// A finder searches a file for one kind of problem and records each result in
// the pass. It records a login (pass.logins) if the file passes a credential to
// the registry, and a finding (pass.reportNote, pass.reportRemaining) if no edit can
// solve the problem. A finder edits nothing: pass.decideLogins decides about
// all logins together.
//
// To add a finder, write a file find_NAME.go whose init function registers it,
// and create a directory in testdata with a file before.yml. Then run go test
// -update, which writes the other files, and review them.
type finder func(*pass)

var finders []finder

func register(f finder) { finders = append(finders, f) }
