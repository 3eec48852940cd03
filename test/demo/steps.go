package main

// steps is the story.
func steps() []step {
	return []step{
		{
			title: "An App goes out",
			happens: "One manifest says what to run: an image, a literal, a file, a port, a probe, three replicas. " +
				"Out of it come a Deployment, a Service, a PodDisruptionBudget and a ConfigMap.",
			do: goesOut,
		},
		{
			title:   "Its configuration changes",
			happens: "A literal is part of what runs, so a change of it goes out like a new image: as a Release.",
			do:      configChanges,
		},
		{
			title:   "A bad image goes out and comes back",
			happens: "The registry does not know this image. Kubernetes alone would try to pull it for ever.",
			do:      badImage,
		},
		{
			title: "A bad configuration makes the pods crash",
			happens: "A new image goes out together with a file it cannot read. Simulated nodes do not run programs: " +
				"the variable PLAY=crash tells them to play one that ends with code 1. Image, file and variable come back as one.",
			do: badConfig,
		},
		{
			title: "The change is reverted in Git",
			happens: "Someone reverts the commit, and the earlier manifest is applied. " +
				"It asks for what already serves, so nothing restarts.",
			do: revert,
		},
		{
			title: "An autoscaler takes over, and gives back",
			happens: "The number of pods changes hands twice. " +
				"On the way it must never be another one, not for a moment: that would end pods.",
			do: autoscale,
		},
		{
			title:   "Somebody scales by hand",
			happens: "An App has a scale subresource like a Deployment has. Another size is no new Release.",
			do:      scale,
		},
		{
			title: "A Secret is missing",
			happens: "A new version refers to a Secret that nobody has created yet. " +
				"It waits, and says for what; what serves goes on serving.",
			do: missingSecret,
		},
		{
			title:   "The App is deleted",
			happens: "Everything made for it goes with it. What people made stays.",
			do:      deleted,
		},
	}
}
