package input

// cleanupTable returns the inputs for the rules of the command cleanup.
func cleanupTable() []Input {
	return []Input{
		{
			Name: "cleanup", Group: GroupRules, Kind: Lines, Commands: building,
			Help:    "Rules for a cleanup of the package after a successful publication, one per line as KEY: VALUE. The keys are the inputs of the command `cleanup`, such as delete, keep and untagged. The published image always stays. A failure of the cleanup is only a warning. Default: no cleanup.",
			Short:   "Rules for a cleanup of the package after a successful publication, one per line, as in the command `cleanup` (delete: pr-*). A failure is only a warning.",
			Example: "delete: type=pr,state=closed",
		},
		{
			Name: "delete", Group: GroupRules, Kind: Lines, Commands: cleanup,
			Help:    "Images to delete, one selector per line: globs (pr-*,tmp-*), /regex/, a digest, type=semver,keep=3,per=minor, type=pr,state=closed or type=branch,state=deleted,match=GLOB. A line can add keep=N and older-than=30d. The platforms and signatures go with their image.",
			Short:   "Images to delete, one selector per line: globs (pr-*,tmp-*), /regex/, a digest, type=semver,keep=3, type=pr,state=closed or type=branch,state=deleted,match=GLOB.",
			Example: "type=pr,state=closed",
		},
		{
			Name: "keep", Group: GroupRules, Kind: Lines, Commands: cleanup,
			Help:    "Images that always stay, one per line: globs, /regex/, digests or references. This input wins over all other rules.",
			Example: "latest",
		},
		{
			Name: "keep-newest", Group: GroupRules, Commands: cleanup,
			Help:    "Number of newest images that stay, of the images that `delete` selects by a tag.",
			Example: "5",
		},
		{
			Name: "older-than", Group: GroupRules, Commands: cleanup,
			Help:    "Minimum age of the images that a rule can select: 12h, 30d, 2w 3d, 6mo, 1 year or P30D. Default: every age.",
			Example: "30d",
		},
		{
			Name: "age-from", Group: GroupRules, Commands: cleanup, Default: "updated",
			Help:    "Start of the age: `updated` or `created`.",
			Example: "created",
		},
		{
			Name: "untagged", Group: GroupRules, Commands: cleanup, Default: "keep",
			Help:    "Images without a tag: delete, or keep=N to delete all except the newest N. A platform of an index and a signature are never untagged images.",
			Example: "delete",
		},
		{
			Name: "orphans", Group: GroupRules, Commands: cleanup, Default: "keep",
			Help:    "Signatures, attestations and other referrers whose image is gone: keep or delete.",
			Example: "delete",
		},
		{
			Name: "broken", Group: GroupRules, Commands: cleanup, Default: "keep",
			Help:    "Indexes with missing platforms: keep, `ghost` to delete the indexes without any platform, `partial` to delete the indexes that lack some platforms, or `all`.",
			Example: "ghost",
		},
		{
			Name: "keep-used", Group: GroupRules, Kind: Lines, Commands: cleanup,
			Help:    "Images that stay because something runs them, one per line: references, @FILE with the output of kubectl, or files and folders that contain references.",
			Example: "deploy/production",
		},
		{
			Name: "min-age", Group: GroupRules, Commands: cleanup, Default: "1h",
			Help:    "Minimum age of the images that `untagged`, `orphans` and `broken` can select. This age protects images that other jobs are pushing.",
			Example: "1d",
		},
		{
			Name: "max-delete", Group: GroupSafety, Commands: cleanup, Default: "100",
			Help:    "Maximum number of images and detached tags, or the maximum share of the images (25%). If the rules select more, the run fails and deletes nothing.",
			Example: "25%",
		},
		{
			Name: "detach", Group: GroupRules, Commands: cleanup, Default: "true",
			Help:    "Remove the selected tags of an image that stays because of another tag: `true` or `false`.",
			Example: "false",
		},
		{
			Name: "empty", Group: GroupRules, Commands: cleanup, Default: "keep",
			Help:    "Last tagged image of a package: keep or delete.",
			Example: "delete",
		},
		{
			Name: "on-unreadable", Group: GroupSafety, Commands: cleanup, Default: "fail",
			Help:    "Reaction to a manifest that cannot be read: fail, or keep to warn and to continue with the next package. In both cases, the run deletes nothing in the package of the manifest.",
			Short:   "Reaction to a manifest that cannot be read: fail, or keep to warn and to continue with the next package. The package of the manifest stays unchanged.",
			Example: "keep",
		},
		{
			Name: "undo", Group: GroupImage, Commands: cleanup,
			Help:    "Undo list of an earlier run: the file in the output `undo-file`, or the JSON of the output `deleted`. With this input, the run restores the versions and tags, and deletes nothing.",
			Short:   "Undo list of an earlier run, as a file or JSON. With this input, the run restores versions and tags, and deletes nothing.",
			Example: "undo.jsonl",
		},
		{
			Name: "cache", Group: GroupOutput, Commands: cleanup,
			Help:    "File with the connections of known manifests, for actions/cache. Without this file, each run downloads every manifest, and each download counts on the page of the package.",
			Short:   "File with the connections of known manifests, for actions/cache. Without this file, each run downloads every manifest.",
			Example: ".cleanup-cache",
		},
	}
}
