package input

import "slices"

// publishTable returns the inputs for the push of an image, and its checks.
func publishTable() []Input {
	return []Input{
		{
			Name: "push-by-digest", Group: GroupImage, Kind: Bool, Commands: publish, Default: "false",
			Help:    "Push the image without tags. A later job reads the outputs digest-OS-ARCH, and adds the tags with the command `merge`.",
			Example: "true",
		},
		{
			Name: "digest-name", Group: GroupImage, Commands: building,
			Help: "Short name for the image that this job pushes with `push-by-digest`. Set this input if another job pushes an image for the same platform. The output digest-NAME then also contains the digest of the image.",
			Own: map[Command]string{
				Merge: "Pattern for the short names of the images to merge. An asterisk matches any text. A failed job in `digests` is an error, also if its outputs do not match.",
			},
			Short:   "Short name for the image that a job pushes with `push-by-digest`. If several jobs push images for the same platform, set a different name in each job.",
			Example: "web-${{ matrix.platform }}",
		},
		{
			Name: "digests", Group: GroupImage, Kind: Lines, Commands: merge,
			Help:    "Images to merge: the expression toJSON(needs.JOB.outputs), another JSON object of digests, or one image per line, as NAME=DIGEST, DIGEST or REPOSITORY@DIGEST. JOB is the id of the job that pushes with `push-by-digest`.",
			Short:   "Images to merge: the expression toJSON(needs.JOB.outputs), or one image per line, as NAME=DIGEST, DIGEST or REPOSITORY@DIGEST.",
			Example: "${{ toJSON(needs.build.outputs) }}",
		},
		{
			Name: "expect-platforms", Group: GroupSafety, Kind: Lines, Commands: merge,
			Help:    "Exact set of platforms that the merged index must contain, separated by commas or spaces. Default: no check of the platforms.",
			Example: "linux/amd64,linux/arm64",
		},
		{
			Name: "attestations", Group: GroupImage, Kind: Choice, Commands: building, Values: []string{"keep", "strip", "legacy", "referrers"}, Default: "keep",
			OwnValues: map[Command][]string{Publish: {"keep", "strip", "legacy"}},
			Help:      "Handling of the provenance and the SBOM from BuildKit. `keep` leaves both in the index, and `strip` removes both. `legacy` writes the form before BuildKit 0.32. `referrers` (only for the command `merge`) publishes both as referrers of the image. The digests of the images do not change.",
			Short:     "Handling of the provenance and the SBOM from BuildKit: `keep`, `strip`, or `legacy` for old registries. For `merge`, also `referrers`.",
			Example:   "strip",
		},
		{
			Name: "index-type", Group: GroupImage, Kind: Choice, Commands: merge, Values: []string{"oci", "docker"}, Default: "oci",
			Help:    "Media type of the index. The value `docker` is for old clients. A Docker index can contain only images with Docker media types, and no annotations.",
			Example: "docker",
		},
		{
			Name: "expected-digest", Group: GroupSafety, Commands: promote,
			Help:    "Digest that the image in `source` must have. If the image has another digest, the run fails before it writes anything.",
			Example: "${{ needs.test.outputs.digest }}",
		},
		{
			Name: "only-newer", Group: GroupSafety, Kind: Bool, Commands: promote, Default: "false",
			Help:    "Move a tag only if its current image is known to be older than the new image. With `false`, a tag also moves if the age of its current image is unknown.",
			Example: "true",
		},
		{
			Name: "overwrite", Group: GroupSafety, Kind: Lines, Commands: pushing, Default: "versions=same-digest,moving=allow",
			Help:    "Rules for existing tags, as CLASS=RULE. CLASS is `versions`, for tags of full versions (1.2.3), or `moving`, for all other tags. RULE is `allow` (the tag may get another digest), `same-digest` (an existing tag must keep its digest) or `never` (the tag must not exist before the run).",
			Short:   "Rules for existing tags, as CLASS=RULE. CLASS is `versions` (tags such as 1.2.3) or `moving` (other tags). RULE is `allow`, `same-digest` or `never`.",
			Example: "versions=allow",
		},
		{
			Name: "if-published", Group: GroupSafety, Kind: Choice, Commands: publish, Values: []string{"continue", "skip", "fail"}, Default: "continue",
			Help:    "Reaction to an image whose version tag, such as 1.2.3, exists before the run. With `context`, the label org.opencontainers.image.revision of that image must also be this commit. `skip` publishes the existing image again, without a build. The outputs are the same, and moving tags still move.",
			Short:   "Reaction if the version tag exists, and for `context` also names this commit. `skip` uses the existing image and does not build.",
			Example: "skip",
		},
		{
			Name: "monotonic", Group: GroupSafety, Kind: Bool, Commands: pushing, Default: "true",
			Help:    "Do not move a tag that points at a newer version, or at a build of a later commit of this repository, but print a warning. For a rollback, set `false`.",
			Example: "false",
		},
		{
			Name: "on-loss", Group: GroupSafety, Kind: Choice, Commands: pushing, Default: "warn", Values: []string{"warn", "fail", "ignore"},
			Help:    "Reaction if a tag moves to an image that lacks a platform, an attestation, an SBOM or a label key of the previous image: a warning, a failure before any tag moves, or nothing. Parts that `attestations: strip` or `platforms` removes, and the labels created, revision and version, do not count.",
			Short:   "Reaction if a tag moves to an image that lacks a platform, an attestation, an SBOM or a label of the previous image.",
			Example: "fail",
		},
		{
			Name: "size-limit", Group: GroupSafety, Kind: Lines, Commands: pushing,
			Help:    "Maximum compressed size of the image for each platform, one limit per line: a size (500MB, 2GiB), or a growth (+10%) over the previous image of each tag that moves. If the image exceeds a limit, the run fails before any tag moves. Units: kB, MB, GB, KiB, MiB, GiB.",
			Short:   "Maximum compressed size per platform, one limit per line: a size (500MB), or a growth over the previous image (+10%).",
			Example: "500MB",
		},
		{
			Name: "visibility", Group: GroupSafety, Kind: Choice, Commands: slices.Concat(pushing, check), Default: "keep",
			Values:  []string{"public", "private", "internal", "keep"},
			Help:    "Visibility that the package must have. Before a push, the run reports the visibility that a new package inherits. If the package has another visibility, the run prints the steps to change it, because GitHub has no API for this change. The value `keep` accepts any visibility.",
			Short:   "Visibility that the package must have. If the package has another visibility, the run prints the steps to change it.",
			Example: "public",
		},
		{
			Name: "on-visibility-mismatch", Group: GroupSafety, Kind: Choice, Commands: slices.Concat(pushing, check), Default: "warn",
			Values:  []string{"warn", "fail"},
			Help:    "Reaction to a package whose visibility differs from `visibility`: a warning or a failure. If `visibility` is private or internal and the package is or would be public, publishing always fails before the upload.",
			Short:   "Reaction to a package whose visibility differs from the input `visibility`: a warning or a failure.",
			Example: "fail",
		},
		{
			Name: "link", Group: GroupImage, Kind: Choice, Commands: publish, Default: "auto", Values: []string{"auto", "label"},
			Help:    "Method that links the package to the repository. With `auto`, GitHub links a package that a workflow creates with GITHUB_TOKEN. Use `label` for a first push outside a workflow. `label` writes the label org.opencontainers.image.source, which changes the digest.",
			Short:   "Method that links the package to the repository. Use `label` for a first push outside a workflow. `label` changes the digest of the image.",
			Example: "label",
		},
	}
}
