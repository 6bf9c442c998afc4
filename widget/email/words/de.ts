import type { MailWords } from "../words.ts";

export const german: MailWords = {
  progress: "Frage {0} von {1}",
  next: "Weiter",
  back: "Zurück",
  send: "Zustimmen und senden",
  sending: "Wird gesendet …",
  change: "Antwort ändern",
  required: "Nötig",
  optional: "Freiwillig",
  yes: "Ja",
  no: "Nein",
  agreed: "Ich stimme zu",
  choose: "Auswählen …",
  tapHint:
    "Tippen Sie auf Ihre Antwort. Es öffnet sich eine Seite, auf der Sie sie prüfen und senden.",
  onPage: "Auf der Seite antworten",
  allQuestions: "Alle Fragen öffnen",
  moreOnPage: "{0} weitere auf der Seite",
  notice: "Was mit Ihren Antworten geschieht",
  controller: "Es fragt {0}, verantwortlich für Ihre Daten: {1}.",
  retention: "Aufbewahrt für {0} Tage.",
  fullNotice: "Ganze Datenschutzerklärung lesen",
  needed: "nötig",
  neededWhy: "Mit dem Senden stimmen Sie dem zu. Ohne das wird nichts gespeichert.",
  thanks: "Vielen Dank",
  arrived: "Ihre Antwort ist versiegelt angekommen.",
  confirm: "Mehrere Antworten kamen binnen Sekunden. Bitte senden Sie zur Bestätigung noch einmal.",
  failed:
    "Das ging nicht durch. Gespeichert wurde nichts; bitte versuchen Sie es noch einmal oder nehmen Sie die Seite.",
  openPage: "Seite öffnen",
  preferences: "Einstellungen und Daten",
  unsubscribe: "Abmelden",
  why: "Sie bekommen diese Mail, weil {0} Ihre Adresse hat.",
  inMailLimit:
    "Antworten in dieser Mail kann Ihr Mailanbieter sehen; auf der Seite werden sie auf Ihrem Gerät versiegelt.",
  numbered: "Zum Antworten eine der Adressen öffnen:",
};
