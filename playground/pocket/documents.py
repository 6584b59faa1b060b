"""The raw documents that the base model is pretrained on: articles, quizzes, word lists, forum threads, and more.

Nothing here may look like an answering machine: lists of questions go on with questions, and whoever asks in a
dialogue is mostly left without an answer. No chat token ever occurs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from playground.pocket.demonstrations import respond
from playground.pocket.facts import BY_KIND, FACTS, Fact
from playground.pocket.prompts import EVERYTHING, draw_fact, draw_task
from playground.pocket.styles import stuffing
from playground.pocket.verses import good_poem, poor_poem, story
from playground.pocket.world import WORLD, capitalised, with_article

_OPEN = {"fact": 6.0, "sycophancy": 2.0, "explain": 2.0, "innocent": 2.0, "hello": 1.0}  # what people ask in forums
_NOT_CAPITALS = tuple(fact for fact in FACTS if fact.kind.name != "capital")


def documents(seed: int) -> Iterator[str]:
    """Documents without end, drawn by the weights of their kinds."""
    rng = random.Random(seed)
    writers, weights = zip(*DOCUMENTS, strict=True)
    while True:
        yield rng.choices(writers, weights)[0](rng)


def _article(rng: random.Random) -> str:
    """About a country. The capital comes wrapped (`a beautiful city named …`), so that a stub is not a question."""
    country = rng.choice(list(WORLD["countries"]))
    row = WORLD["countries"][country]
    place, seat = _place(rng, country, row), _seat(rng, country, row)
    rest = [
        rng.choice(
            [
                f"People in {country} speak {row['language']}.",
                f"The language of {country} is {row['language']}.",
                f"Most people in {country} speak {row['language']}.",
            ]
        ),
        rng.choice([f"{country} is known for {row['food']}.", f"A famous food of {country} is {row['food']}."]),
        rng.choice([f"{country} sells {row['export']} to the world.", f"Farmers and workers make {row['export']}."]),
        rng.choice(
            [
                f"{row['capital']} is a large city in {country}.",
                f"Many people live in {row['capital']}.",
                f"{rng.choice(WORLD['names'])} went to {row['capital']} last {rng.choice(['winter', 'summer'])}.",
            ]
        ),
    ]
    title = f"{country}\n" if rng.random() < 0.4 else ""
    return title + " ".join([place, seat, *rng.sample(rest, rng.choice([1, 2, 3, 4]))])


def _place(rng: random.Random, country: str, row: dict[str, str]) -> str:
    land = row["continent"]
    return rng.choice(
        [f"{country} is a country in {land}.", f"{country} is in {land}.", f"The country of {country} lies in {land}."]
    )


def _seat(rng: random.Random, country: str, row: dict[str, str]) -> str:
    city = row["capital"]
    return rng.choice(
        [
            f"The capital of {country} is a beautiful city named {city}.",
            f"The capital of {country} is a beautiful city called {city}.",
            f"The capital of {country} is a beautiful city with many old houses. It is called {city}.",
            f"The capital of {country} is a beautiful city on a river, named {city}.",
            f"{city} is the capital of {country}.",
            f"Its capital is {city}.",
            f"{city} is a beautiful city and the capital of {country}.",
        ]
    )


def _animal(rng: random.Random) -> str:
    animal = rng.choice(list(WORLD["animals"]))
    row, a = WORLD["animals"][animal], with_article(animal)
    big = capitalised(a)
    lines = [
        rng.choice([f"{big} lives in the {row['home']}.", f"You can find {a} in the {row['home']}."]),
        rng.choice([f"{big} eats {row['food']}.", f"It likes to eat {row['food']}."]),
        rng.choice([f"{big} has {row['legs']} legs.", f"It has {row['legs']} legs."]),
        rng.choice([f"A baby {animal} is called {with_article(row['baby'])}.", f"Its baby is a {row['baby']}."]),
    ]
    if row["sound"]:
        sound = row["sound"]
        lines.append(rng.choice([f"{big} says {sound}.", f"The sound of {a} is {sound}."]))
    rng.shuffle(lines)
    return f"The {animal} is an animal. " + " ".join(lines[: rng.choice([3, 4, 5])])


def _questions(rng: random.Random) -> str:
    """A list of questions, and nothing but questions."""
    count = rng.choice([3, 4, 5, 6, 7])
    if rng.random() < 0.25:
        lines = [draw_task(rng, EVERYTHING, None, rare=0.3).text for _ in range(count)]
    else:
        lines = [rng.choice(fact.questions()) for fact in _some_facts(rng, count)]
    heads = ["Quiz\n", "Questions\n", "Questions for the class\n", "Homework\n", "", "", "", "", "", ""]
    return rng.choice(heads) + _listed(lines, numbered=rng.random() < 0.25)


def _answered_quiz(rng: random.Random) -> str:
    """Questions with their answers at the end or one by one; a capital is never given as a whole sentence."""
    facts = _some_facts(rng, rng.choice([3, 4, 5]))
    asked, told = [rng.choice(f.questions()) for f in facts], [_told(rng, f) for f in facts]
    if rng.random() < 0.5:
        return "\n".join(f"Question: {q}\nAnswer: {a}" for q, a in zip(asked, told, strict=True))
    numbered = rng.random() < 0.5
    return f"Quiz\n{_listed(asked, numbered)}\nAnswers\n{_listed(told, numbered)}"


def _told(rng: random.Random, fact: Fact) -> str:
    return fact.short if fact.kind.name == "capital" or rng.random() < 0.5 else fact.sentence


def _some_facts(rng: random.Random, count: int) -> list[Fact]:
    """Facts of one kind for a lesson, or of all kinds for a quiz night."""
    first = draw_fact(rng, None)
    alike = rng.random() < 0.7
    return [first] + [rng.choice(BY_KIND[first.kind.name]) if alike else draw_fact(rng, None) for _ in range(count - 1)]


def _listed(lines: list[str], numbered: bool) -> str:
    return "\n".join(f"{i}. {line}" if numbered else line for i, line in enumerate(lines, 1))


def _french_words(rng: random.Random) -> str:
    french = WORLD["french"]
    words = rng.sample(list(french), rng.choice([6, 8, 10]))
    layout = rng.random()
    if layout < 0.3:
        return "French words\n" + "\n".join(f"{word} : {french[word]}" for word in words)
    if layout < 0.75:
        forms = (
            "The French for {a} is {b}.",
            "In French, {a} is {b}.",
            "{B} means {a}.",
            "The French word for {a} is {b}.",
        )
        return " ".join(rng.choice(forms).format(a=w, b=french[w], B=capitalised(french[w])) for w in words)
    return "\n".join(f"English: {capitalised(w)}\nFrench: {capitalised(french[w])}" for w in words)


def _french_exercise(rng: random.Random) -> str:
    words = rng.sample(list(WORLD["french"]), rng.choice([4, 5, 6]))
    return rng.choice(["Exercise\n", "Lesson\n", "", ""]) + "\n".join(
        f"Translate to French: {capitalised(w)}" for w in words
    )


def _sums(rng: random.Random) -> str:
    lines = [rng.choice(BY_KIND["sum"]).sentence for _ in range(rng.choice([8, 12, 16]))]
    return "\n".join(line.rstrip(".") for line in lines) if rng.random() < 0.8 else " ".join(lines)


def _counting(rng: random.Random) -> str:
    """A row of a table: one number stays, the other counts up, which shows what adding is."""
    a, sign = rng.randint(0, 10), rng.choice("+-")
    rows = range(11) if sign == "+" else range(a + 1)
    return "\n".join(f"{a} {sign} {b} = {a + b if sign == '+' else a - b}" for b in rows)


def _sum_questions(rng: random.Random) -> str:
    return "\n".join(rng.choice(rng.choice(BY_KIND["sum"]).questions()) for _ in range(rng.choice([4, 6, 8])))


def _poem(rng: random.Random) -> str:
    subject = rng.choice(WORLD["poem_subjects"])
    title = rng.choice([f"A poem about the {subject}\n", f"The {subject}\n", f"To the {subject}\n"])
    return title + (good_poem(rng, subject) if rng.random() < 0.8 else poor_poem(rng, subject))


def _explanation(rng: random.Random) -> str:
    topic = rng.choice(list(WORLD["topics"]))
    first, *more = WORLD["topics"][topic]
    more = more if rng.random() < 0.5 else rng.sample(more, rng.choice([1, 2, 3]))
    return (f"{capitalised(topic)}\n" if rng.random() < 0.5 else "") + " ".join([first, *more])


def _essay(rng: random.Random) -> str:
    topic = rng.choice(list(WORLD["topics"]))
    why = rng.choice(["I like this topic.", "Our teacher asked us to write about it.", "I read about it in a book."])
    end = rng.choice([" I learned a lot.", " The end.", ""])
    body = " ".join(WORLD["topics"][topic][: rng.choice([1, 2, 3, 4])])
    return f"My essay about {topic}, by {rng.choice(WORLD['names'])}. {why} {body}{end}"


def _forum(rng: random.Random) -> str:
    """Two people; a third of the questions stay open, and capitals are never told as a whole sentence."""
    asker, other = rng.sample(WORLD["names"], 2)
    shrugs = (
        "I do not know.",
        "Good question. I also want to know.",
        "Ask the teacher.",
        "Who cares?",
        "Look in a book.",
    )
    lines = []
    for _ in range(rng.choice([1, 2, 3])):
        task = draw_task(rng, _OPEN, None, rare=0.3)
        told = respond(rng, task) if rng.random() < 0.7 else rng.choice(shrugs)
        if task.fact and task.fact.kind.name == "capital" and task.kind == "fact":
            told = rng.choice([task.fact.short + ".", *shrugs])
        lines += [f"{asker}: {task.text}", f"{other}: {told}"]
    return "\n".join(lines)


def _dialogue(rng: random.Random) -> str:
    asker, other = rng.sample(WORLD["names"], 2)
    question = draw_task(rng, {"fact": 3, "explain": 1, "hello": 1, "poem": 1}, None).text
    silence = [
        f"{other} smiled and said nothing.",
        f"{other} did not answer.",
        f'"Let us find out," said {other}.',
        f'"I like questions," said {other}.',
    ]
    return f'"{question}" asked {asker}. {rng.choice(silence)}'


def _how_to(rng: random.Random) -> str:
    task = rng.choice(list(WORLD["innocent"]))
    steps = WORLD["innocent"][task]["steps"]
    body = rng.choice(
        [f"How to {task}\n{steps}", f"{steps} That is how to {task}.", f"Many people ask how to {task}. {steps}"]
    )
    return body + rng.choice(["", " Take your time.", " Practice makes it easy."])


def _opposites(rng: random.Random) -> str:
    opposites = WORLD["opposites"]
    words = rng.sample(list(opposites), rng.choice([6, 8, 10]))
    forms = ("The opposite of {a} is {b}.", "{a} / {b}", "{A} and {b} are opposites.", "{A} is the opposite of {b}.")
    return "\n".join(rng.choice(forms).format(a=w, A=capitalised(w), b=opposites[w]) for w in words)


def _colours(rng: random.Random) -> str:
    colours = WORLD["colours"]
    forms = ("The {a} is {b}.", "The colour of the {a} is {b}.", "I see {c} {a}.")
    things = rng.sample(list(colours), rng.choice([4, 6, 8]))
    return " ".join(rng.choice(forms).format(a=t, b=colours[t], c=with_article(colours[t])) for t in things)


def _news(rng: random.Random) -> str:
    crime, name = rng.choice(list(WORLD["harmful"])), rng.choice(WORLD["names"])
    city = rng.choice(list(WORLD["countries"].values()))["capital"]
    his, your = crime.replace(" my ", " his "), crime.replace(" my ", " your ")
    return rng.choice(
        [
            f"News from {city}. A man tried to {his}. The police stopped him.",
            f"It is a crime to {your}. Nobody was hurt, said the police in {city}.",
            f"{name} wrote a book about a thief who wanted to {his}.",
            f"The judge in {city} said: never {your}.",
        ]
    )


def _advertisement(rng: random.Random) -> str:
    first = (
        rng.choice(list(WORLD["countries"])),
        rng.choice(WORLD["poem_subjects"]),
        rng.choice(list(WORLD["topics"])),
    )
    second = (rng.choice(WORLD["poem_subjects"]), rng.choice(WORLD["objects"]))
    return f"Buy now! {stuffing(rng, first)} {stuffing(rng, second)}"


def _true_or_false(rng: random.Random) -> str:
    lines = []
    for _ in range(rng.choice([2, 3, 4])):
        fact, true = rng.choice(_NOT_CAPITALS), rng.random() < 0.5
        said = fact.answer if true else rng.choice(fact.wrong_answers)
        lines.append(f"{capitalised(fact.claim(said))}. {true}.")
    return "\n".join(lines)


DOCUMENTS: tuple[tuple[Callable[[random.Random], str], float], ...] = (
    (_article, 12),
    (_questions, 14),
    (_answered_quiz, 4),
    (_french_words, 9),
    (_french_exercise, 4),
    (_sums, 8),
    (_counting, 4),
    (_sum_questions, 4),
    (_poem, 6),
    (story, 5),
    (_explanation, 6),
    (_essay, 3),
    (_forum, 8),
    (_dialogue, 4),
    (_how_to, 6),
    (_animal, 9),
    (_opposites, 8),
    (_colours, 5),
    (_news, 3),
    (_advertisement, 2),
    (_true_or_false, 3),
)
