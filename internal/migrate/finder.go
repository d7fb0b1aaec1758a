package migrate

// A finder looks for one kind of thing in a file and records what it finds in
// the pass: a login (pass.login) when it hands a credential to the registry, a
// note or a remark (pass.note, pass.left) when no edit can help. It edits
// nothing itself: pass.settle decides about all logins together.
//
// To add one: a file find_NAME.go whose init registers it, and a directory in
// testdata with before.yml; go test -update writes the rest, which you read.
type finder func(*pass)

var finders []finder

func register(f finder) { finders = append(finders, f) }
