// Package advice says for each reason that Bowline gives, and for each word that
// Kubernetes has for a pod in trouble, what it means and what a person does about
// it. kubectl bowline explain and docs/troubleshooting.md both tell it from here.
//
// It promises:
//
//   - Every reason of api/v1alpha1 that is no good news has an entry, and its
//     meaning is the comment beside the constant.
//   - What to do is in the order of what is most often the cause.
//   - In commands, APP is the App's name.
package advice
