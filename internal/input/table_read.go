package input

// readTable returns the inputs for the commands that read an image.
func readTable() []Input {
	return []Input{
		{
			Name: "destination", Group: GroupOutput, Commands: pull,
			Help:    "Destination of the pulled image: a directory for an OCI layout, oci-archive:FILE, docker-archive:FILE, or docker-daemon: for the Docker engine. To name the image, append :NAME to the path, or write docker-daemon:NAME. docker-archive: and docker-daemon: accept an image for one platform only.",
			Short:   "Destination of the pulled image: a directory for an OCI layout, oci-archive:FILE, docker-archive:FILE, or docker-daemon: for the Docker engine.",
			Example: "oci-archive:web.tar",
		},
		{
			Name: "platform", Group: GroupImage, OwnGroup: map[Command]Group{Publish: GroupFiles}, Commands: []Command{Pull, Inspect, Publish},
			Help: "Platform to select from an index: OS/ARCH or OS/ARCH/VARIANT. Default: all platforms.",
			Own: map[Command]string{
				Publish: "Platforms of an image from `content`, separated by commas. Default: the platforms in the paths of `content`. If the paths name no platform, the run uses the platforms of the executable files. If no file is executable, the run uses the platforms of the base image.",
			},
			Short:   "Platform to pull or to inspect, or platforms of an image from `content`, as OS/ARCH or OS/ARCH/VARIANT.",
			Example: "linux/arm64",
		},
		{
			Name: "verify-only", Group: GroupSafety, Kind: Bool, Commands: pull, Default: "false",
			Help:    "Check that the whole image can be pulled. The run downloads and verifies every byte, and writes nothing.",
			Example: "true",
		},
		{
			Name: "json", Group: GroupOutput, Kind: Bool, Commands: []Command{Inspect, Diff, Verify, Cleanup}, Default: "false",
			Help: "Print complete manifests and configs as JSON, instead of a table.",
			Own: map[Command]string{
				Diff:    "Print the differences as JSON, instead of text.",
				Verify:  "Print the facts about the attestation as JSON, instead of text.",
				Cleanup: "Print the plan or the result as JSON, instead of text.",
			},
			Short:   "Print the result of `inspect`, `diff`, `verify` or `cleanup` as JSON, instead of text.",
			Example: "true",
		},
		{
			Name: "exit-code", Group: GroupOutput, Kind: Bool, Commands: []Command{Diff}, Default: "false", OnlyFlag: true,
			Help:    "Exit with the status 1 if the images differ, and with the status 2 after an error. In a workflow, read the output `changed` instead.",
			Example: "true",
		},
		{
			Name: "digest-only", Group: GroupOutput, Kind: Bool, Commands: []Command{Inspect}, Default: "false",
			Help:    "Print only the digest of the image. The run sends one request and downloads no content.",
			Example: "true",
		},
	}
}
