"""What people in a workshop read unless the host writes something else, in each language of the phone page."""

from __future__ import annotations

from dataclasses import dataclass

from playground.preferences.record import Translation


@dataclass(frozen=True, slots=True)
class HouseWords:
    """One language."""

    rubric: str
    consent: str
    kept: str  # the sentence of consent that a number of days takes the place of
    kept_a_day: str
    kept_days: str  # with {days}
    copied: str  # with {name}, where copies go to the Hub

    def agreed(self, mirror: str) -> str:
        """What they agree to; mirror: where copies go, empty where none are."""
        return "\n\n".join(filter(None, (self.consent, mirror and self.copied.format(name=mirror))))

    def dated(self, consent: str, days: int) -> str:
        """The text with the days that choices are kept; 0: until the host deletes them."""
        dated = self.kept_a_day if days == 1 else self.kept_days.format(days=days)
        return consent.replace(self.kept, dated) if days else consent


ENGLISH = HouseWords(
    rubric="Which of the two texts is the better answer? Choose the one that you would rather have been given.",
    consent="""We store what you choose, why you skip, how many choices you make, how long you take, \
whether you tap, click or type, the time on your device's clock, the language that you read this in, and the name \
that you give yourself here; where the host asks for prompts, also those that you propose. No e-mail address, nothing \
else about your device.

Your choices train a model on this machine, today, in front of you. They leave it in a file only if you allow below \
that they are published, and never with your name. They are kept until the host deletes them.

You can leave at any time. If you withdraw, your choices and your prompts are taken out of everything that is trained \
or put into a file afterwards.""",
    kept="They are kept until the host deletes them.",
    kept_a_day="They are deleted 1 day from today, or earlier by the host.",
    kept_days="They are deleted {days} days from today, or earlier by the host.",
    copied="A copy of all that is stored, names too, goes to the private data set {name} on the Hugging Face Hub.",
)
GERMAN = HouseWords(
    rubric="Welcher der beiden Texte ist die bessere Antwort? Wählen Sie den, den Sie lieber bekommen hätten.",
    consent="""Wir speichern, was Sie wählen, warum Sie etwas auslassen, wie viele Paare Sie beurteilen, wie lange \
Sie brauchen, ob Sie tippen, klicken oder Tasten drücken, die Uhrzeit Ihres Geräts, die Sprache, in der Sie dies \
lesen, und den Namen, den Sie sich hier geben; wo die Leitung um Fragen bittet, auch die, die Sie vorschlagen. Keine \
E-Mail-Adresse, sonst nichts über Ihr Gerät.

Mit Ihrer Wahl wird heute, vor Ihren Augen, auf diesem Rechner ein Modell trainiert. In einer Datei verlässt sie ihn \
nur, wenn Sie unten erlauben, dass sie veröffentlicht wird, und nie mit Ihrem Namen. Sie wird aufbewahrt, bis die \
Leitung sie löscht.

Sie können jederzeit gehen. Ziehen Sie Ihre Teilnahme zurück, so werden Ihre Wahl und Ihre Fragen aus allem \
herausgenommen, was danach trainiert oder in eine Datei geschrieben wird.""",
    kept="Sie wird aufbewahrt, bis die Leitung sie löscht.",
    kept_a_day="Sie wird morgen gelöscht oder schon früher von der Leitung.",
    kept_days="Sie wird in {days} Tagen gelöscht oder schon früher von der Leitung.",
    copied="Eine Kopie von allem, was gespeichert wird, auch der Namen, geht an den privaten Datensatz {name} auf dem "
    "Hugging Face Hub.",
)


def in_german(rubric: str, consent: str, german_rubric: str, german_consent: str, mirror: str) -> Translation:
    """What German phones show: the host's own words; ours where the English ones are ours; else the English ones."""
    ours_rubric = GERMAN.rubric if rubric == ENGLISH.rubric else ""
    ours_consent = GERMAN.agreed(mirror) if consent == ENGLISH.agreed(mirror) else ""
    return Translation("de", german_rubric.strip() or ours_rubric, german_consent.strip() or ours_consent)
