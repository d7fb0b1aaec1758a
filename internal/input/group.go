package input

import "slices"

// Group is a heading in the help of a command and in docs/inputs.md.
type Group string

// These are the groups of inputs, in the order of the help and of the documents.
const (
	GroupImage  Group = "Image"  // the image, its destination and its content
	GroupTags   Group = "Tags"   // tags, labels and annotations
	GroupBuild  Group = "Build"  // the build of a Dockerfile
	GroupFiles  Group = "Files"  // an image from files, and the workflow files of migrate
	GroupRules  Group = "Rules"  // the images that cleanup deletes or keeps
	GroupSafety Group = "Safety" // checks before and after a write, and limits
	GroupLogin  Group = "Login"  // tokens, registries and certificates
	GroupOutput Group = "Output" // the results of a run
)

// Groups lists all groups in their order.
var Groups = []Group{GroupImage, GroupTags, GroupBuild, GroupFiles, GroupRules, GroupSafety, GroupLogin, GroupOutput}

// mainNames lists the names of the inputs that most users of a command need.
var mainNames = map[Command][]string{
	Publish:  {"source", "context", "image", "tags", "platforms", "visibility", "dry-run", "push-by-digest", "token", "on-readonly"},
	Merge:    {"digests", "image", "tags", "expect-platforms", "annotations", "attestations", "visibility", "dry-run", "token"},
	Promote:  {"source", "image", "tags", "expected-digest", "overwrite", "monotonic", "visibility", "dry-run", "token"},
	Metadata: {"images", "tags", "flavor", "version", "labels", "annotations", "explain"},
	Pull:     {"source", "destination", "platform", "verify-only", "token"},
	Inspect:  {"source", "platform", "json", "digest-only", "token"},
	Diff:     {"source", "json", "exit-code", "token"},
	Attest:   {"source", "sbom", "attest-store", "sigstore", "token"},
	Verify:   {"source", "repo", "owner", "signer-workflow", "signer-repo", "source-ref", "json", "token"},
	Login:    {"registry", "push", "image", "isolated", "token"},
	Check:    {"image", "visibility", "on-visibility-mismatch", "on-readonly", "token"},
	Cleanup:  {"image", "delete", "keep", "keep-newest", "older-than", "untagged", "dry-run", "undo", "token"},
	Migrate:  {"paths", "write", "check", "add-check", "to-action", "sarif"},
}

// Main lists the inputs that most users of a command need. The most important input is
// the first. The short help of the command describes only these inputs.
func Main(c Command) []Input {
	var out []Input
	for _, name := range mainNames[c] {
		in, _ := Find(name)
		out = append(out, in)
	}
	return out
}

// InGroup lists the inputs of a command that belong to a group.
func InGroup(c Command, g Group) []Input {
	return slices.DeleteFunc(For(c), func(in Input) bool { return in.GroupFor(c) != g })
}
