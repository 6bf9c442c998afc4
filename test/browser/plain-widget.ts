// What a widget has besides its questions, in one language.
export const plain = {
  maily: 1,
  title: "Your coffee",
  languages: ["en"],
  notice: {
    version: 1,
    controller: { name: "Morning Post Coffee", contact: "privacy@morningpost.example" },
    retentionDays: 30,
    text: "We count answers, and nothing else.",
    purposes: [{ id: "results", text: "Count answers", required: true }],
  },
};
