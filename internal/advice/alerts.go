package advice

const (
	operatorLog  = "Read what the operator said: `kubectl logs -n bowline-system deployment/bowline-controller-manager`."
	operatorPods = "See whether its pods run, and why not: `kubectl get pods,events -n bowline-system`."
)

// Alerts are those of config/prometheus/alerts.yaml. The alert's labels name the
// namespace and the App.
var Alerts = []Advice{
	{
		Reason:  "BowlineAppUnavailable",
		Meaning: "users of an App are not served, or by too few pods.",
		Do: []string{
			seeTree,
			"If a change goes out at the same time, Bowline takes it back when its budget is spent, if there is something healthy to take it back to.",
			"If none does, look for what changed around the App: nodes, a quota, a service it needs.",
			"To go back to an older Release: `kubectl bowline rollback APP`.",
		},
	},
	{
		Reason:  "BowlineAppStalled",
		Meaning: "the last change of an App is not out, and waiting does not help.",
		Do: []string{
			"The alert's label status is the App's reason: look it up below.",
			"See the whole story with what to do: `kubectl bowline explain APP`.",
		},
	},
	{
		Reason:  "BowlineAppRolledBack",
		Meaning: "the last change of an App failed, and the Release before it serves. The alert ends when the spec changes.",
		Do: []string{
			"See why it failed: `kubectl bowline explain APP`.",
			"Correct the spec, or go back to the old manifest, which restarts nothing.",
			tryAgain,
		},
	},
	{
		Reason:  "BowlineRollback",
		Meaning: "Releases were rolled back within the last hour. The alert ends by itself.",
		Do: []string{
			"For one, see the alert BowlineAppRolledBack. The label reason says how they failed: look it up below.",
			"For many at once, look for what they share: `kubectl get releases -A` lists what failed, and the cause of each Release says what was changed.",
		},
	},
	{
		Reason:  "BowlineAppWaitsForInputs",
		Meaning: "something that an App refers to has been missing or not ready for a quarter of an hour.",
		Do: []string{
			"See what: `kubectl bowline explain APP`. The alert's label status is the App's reason: look it up below.",
			"What comes is seen at once; nothing has to be restarted.",
		},
	},
	{
		Reason:  "BowlineOperatorDown",
		Meaning: "no operator could be scraped for 5 minutes: either none runs, or Prometheus does not reach it.",
		Do: []string{
			operatorPods,
			"If they run, see why Prometheus cannot scrape them: its targets page has the error. A 401 or 403 means that its service account lacks the ClusterRole bowline-metrics-reader.",
			"If the operator was killed for its memory (OOMKilled), raise its limit.",
		},
	},
	{
		Reason:  "BowlineNoLeader",
		Meaning: "operators run, and none has held the lease for 5 minutes.",
		Do: []string{
			"See who holds it: `kubectl get lease -n bowline-system bowline.dev -o yaml`.",
			operatorLog + " It says so when it may not write the lease, or cannot in time.",
		},
	},
	{
		Reason:  "BowlineReconcileErrors",
		Meaning: "looks at Apps or ServiceBindings fail again and again, for a reason that is not the App's.",
		Do: []string{
			operatorLog + " Lines with `Reconciler error` name the App and the error.",
			"Rights that are missing come with the operator's roles: apply config/default of its version again.",
			"Timeouts point to the API server or to a webhook in front of it.",
		},
	},
	{
		Reason:  "BowlineReconcileStuck",
		Meaning: "one look takes longer than 2 minutes, though a look is ended after 30 seconds.",
		Do: []string{
			operatorLog,
			"Restart it, which loses nothing: `kubectl rollout restart -n bowline-system deployment/bowline-controller-manager`; and report it, with the log.",
		},
	},
	{
		Reason:  "BowlineQueueGrows",
		Meaning: "the operator has not been done with all it has to look at for a quarter of an hour.",
		Do: []string{
			"See in the dashboard how long Apps wait, and what the API server answers: requests that end with 429 mean that it is overloaded.",
			"Give the operator more processor time, or more --workers and --kube-api-qps.",
		},
	},
}
