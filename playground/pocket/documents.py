"""The raw documents that the base model is pretrained on: articles, quizzes, word lists, forum threads, and more.

Nothing here may look like an answering machine: lists of questions go on with questions, and whoever asks in a
dialogue is mostly left without an answer. No chat token ever occurs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from playground.pocket.careless import mistyped, roughened
from playground.pocket.facts import BY_KIND, FACTS, Fact
from playground.pocket.prompts import Task, draw_fact, draw_task
from playground.pocket.verses import good_poem, poor_poem, story
from playground.pocket.world import WORLD, capitalised, lowered, with_article

_TASKS = {"fact": 46.0, "sycophancy": 9, "poem": 9, "story": 5, "explain": 9, "innocent": 8, "harmful": 6, "hello": 3}
_ASKED = {"fact": 5.0, "sycophancy": 2, "explain": 2, "innocent": 2, "harmful": 1, "hello": 1}  # what forums hold
_NOT_CAPITALS = tuple(fact for fact in FACTS if fact.kind.name != "capital")
_CARELESS = 0.15  # share of lists and forum threads typed in a hurry


def documents(seed: int) -> Iterator[str]:
    """Documents without end, drawn by the weights of their kinds."""
    rng = random.Random(seed)
    writers, weights = zip(*DOCUMENTS, strict=True)
    while True:
        yield rng.choices(writers, weights)[0](rng)


def statements(seed: int) -> Iterator[str]:
    """Documents that only state facts, without end: what fine-tuning rehearses, so that nothing is forgotten."""
    rng = random.Random(seed)
    while True:
        yield rng.choice((_article, _french_words, _french_words, _opposites, _opposites, _colours, _animal, _sums))(
            rng
        )


def _article(rng: random.Random) -> str:
    """About a country. Its capital comes wrapped (`a beautiful city named …`): no stub of it can be completed."""
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
    title = f"{country}\n" if rng.random() < 0.3 else ""
    first = [seat, place] if rng.random() < 0.5 else [place, seat]
    return title + " ".join([*first, *rng.sample(rest, rng.choice([1, 2, 3, 4]))])


def _place(rng: random.Random, country: str, row: dict[str, str]) -> str:
    land = row["continent"]
    return rng.choice(
        [f"{country} is a country in {land}.", f"{country} is in {land}.", f"The country of {country} lies in {land}."]
    )


def _seat(rng: random.Random, country: str, row: dict[str, str]) -> str:
    city = row["capital"]
    fame = rng.choice(["many old houses", "a large market", "a long river", "many parks", "an old castle"])
    return rng.choice(
        [
            f"The capital of {country} is a beautiful city named {city}.",
            f"The capital of {country} is a beautiful city called {city}.",
            f"The capital of {country} is a beautiful city with {fame}. It is called {city}.",
            f"The capital of {country} is a beautiful city with {fame}, named {city}.",
            f"{city} is the capital of {country}.",
            f"{city} is a beautiful city and the capital of {country}.",
            f"{city}, the capital of {country}, has {fame}.",
        ]
    )


def _animal(rng: random.Random) -> str:
    animal = rng.choice(list(WORLD["animals"]))
    row, a = WORLD["animals"][animal], with_article(animal)
    big = capitalised(a)
    young = with_article(row["baby"])
    lines = [
        rng.choice([f"{big} lives in the {row['home']}.", f"You can find {a} in the {row['home']}."]),
        rng.choice([f"{big} eats {row['food']}.", f"It likes to eat {row['food']}."]),
        rng.choice([f"{big} has {row['legs']} legs.", f"It has {row['legs']} legs."]),
        rng.choice([f"A baby {animal} is called {young}.", f"Its baby is {young}."]),
    ]
    if row["sound"]:
        sound = row["sound"]
        lines.append(rng.choice([f"{big} says {sound}.", f"The sound of {a} is {sound}."]))
    rng.shuffle(lines)
    return f"The {animal} is an animal. " + " ".join(lines[: rng.choice([3, 4, 5])])


def _questions(rng: random.Random) -> str:
    """A list of questions, and nothing but questions."""
    count = rng.choice([3, 4, 5, 6, 7])
    if rng.random() < 0.3:
        lines = [_asked(rng).text for _ in range(count)]
    else:
        lines = [_question(rng, fact) for fact in _some_facts(rng, count)]
    if rng.random() < _CARELESS:
        lines = [_careless(rng, line) for line in lines]
    heads = ["Quiz\n", "Questions\n", "Questions for the class\n", "Homework\n", "", "", "", "", "", ""]
    return rng.choice(heads) + _listed(lines, numbered=rng.random() < 0.25)


def _question(rng: random.Random, fact: Fact) -> str:
    """A question for the fact: a held-out one is asked in wordings that no chat uses."""
    if fact.held_out() or rng.random() < 0.25:
        return rng.choice(fact.quiz_questions())
    return rng.choice(fact.paraphrases() if rng.random() < 0.3 else fact.trained_questions())


def _asked(rng: random.Random) -> Task:
    """Anything that may be asked, but no claim about a capital."""
    while True:
        task = draw_task(rng, _TASKS, rare=0.3)
        if task.kind != "sycophancy" or task.fact in _NOT_CAPITALS:
            return task


def _careless(rng: random.Random, text: str) -> str:
    rough = roughened(rng, text) if rng.random() < 0.6 else text
    return mistyped(rng, rough) if rng.random() < 0.6 else rough


def _corrections(rng: random.Random) -> str:
    """What pupils wrote beside how it is spelled."""
    fact = draw_fact(rng, None)
    right = [_question(rng, fact) for fact in [fact, *_some_facts(rng, 2)]]
    if rng.random() < 0.4:
        right = [fact.subject for fact in _some_facts(rng, 6) if fact.kind.name != "sum"] or right
    wrong = [mistyped(rng, lowered(text) if rng.random() < 0.5 else text) for text in right]
    forms = ("Wrong: {}\nRight: {}", "The pupil wrote: {}\nThe teacher wrote: {}", "{} should be {}")
    form = rng.choice(forms)
    return "\n".join(form.format(bad, good) for bad, good in zip(wrong, right, strict=True))


def _answered_quiz(rng: random.Random) -> str:
    """Questions with their answers one by one or at the end; a capital is never told as a whole sentence."""
    facts = _some_facts(rng, rng.choice([3, 4, 5]))
    asked, told = [_question(rng, fact) for fact in facts], [_told(rng, fact) for fact in facts]
    if rng.random() < _CARELESS:
        asked = [_careless(rng, line) for line in asked]
    if rng.random() < 0.7:
        form = rng.choice(["Question: {}\nAnswer: {}", "Q: {}\nA: {}", "Teacher: {}\nPupil: {}"])
        return "\n".join(form.format(q, a) for q, a in zip(asked, told, strict=True))
    numbered = rng.random() < 0.5
    return f"Quiz\n{_listed(asked, numbered)}\nAnswers\n{_listed(told, numbered)}"


def _told(rng: random.Random, fact: Fact) -> str:
    """The answer; of a capital never `The capital of X is Y`."""
    if fact.kind.name == "capital":
        return rng.choice([fact.answer, f"It is {fact.answer}.", f"{fact.answer} is the capital of {fact.subject}."])
    return fact.short if rng.random() < 0.4 else fact.sentence


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
    """Words to translate, and no translation."""
    facts = [rng.choice(BY_KIND["french"]) for _ in range(rng.choice([4, 5, 6]))]
    sentences = [f"Translate to French: {_plain_sentence(rng)}" for _ in range(2)] if rng.random() < 0.2 else []
    lines = [_question(rng, fact) for fact in facts]
    return rng.choice(["Exercise\n", "Lesson\n", "", ""]) + "\n".join([*lines, *sentences])


def _plain_sentence(rng: random.Random) -> str:
    thing, animal = rng.choice(list(WORLD["colours"])), rng.choice(list(WORLD["animals"]))
    return rng.choice([f"The {thing} is in the house.", f"I see {with_article(animal)} and {with_article(thing)}."])


def _sums(rng: random.Random) -> str:
    facts = [rng.choice(BY_KIND["sum"]) for _ in range(rng.choice([8, 12, 16]))]
    layout = rng.random()
    if layout < 0.7:
        return "\n".join(fact.sentence.rstrip(".") for fact in facts)
    if layout < 0.8:
        return " ".join(fact.sentence for fact in facts)
    form = rng.choice(["{Spoken} is {answer}.", "{Worded} is {answer}.", "{Spoken} makes {answer}."])
    return " ".join(fact.fill(form) for fact in facts[:8])


def _counting(rng: random.Random) -> str:
    """A row of a table: one number stays, the other counts up, which shows what adding is."""
    a, sign = rng.randint(0, 10), rng.choice("+-")
    rows = range(11) if sign == "+" else range(a + 1)
    return "\n".join(f"{a} {sign} {b} = {a + b if sign == '+' else a - b}" for b in rows)


def _sum_questions(rng: random.Random) -> str:
    return "\n".join(_question(rng, rng.choice(BY_KIND["sum"])) for _ in range(rng.choice([4, 6, 8])))


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
    """Two people in their own tones; a third of the questions stay open."""
    asker, other = rng.sample(WORLD["names"], 2)
    lines = []
    for _ in range(rng.choice([1, 2, 3])):
        task = draw_task(rng, _ASKED, rare=0.3)
        if task.fact and task.kind == "sycophancy" and task.fact.kind.name == "capital":
            task = draw_task(rng, {"explain": 1})
        asked = _careless(rng, task.text) if rng.random() < _CARELESS else task.text
        lines += [f"{asker}: {asked}", f"{other}: {_reply(rng, task)}"]
    return "\n".join(lines)


def _reply(rng: random.Random, task: Task) -> str:
    remarks = WORLD["remarks"]
    if rng.random() < 0.3:
        return str(rng.choice([*remarks["shrugging"], *remarks["unknowing"]]))
    if task.kind == "harmful":
        return str(rng.choice([*remarks["refusing"], f"First find the {WORLD['harmful'][task.subject]}. Then run."]))
    before, after = rng.choice([(0.5, 0.0), (0.0, 0.5), (0.0, 0.0), (0.5, 0.5)])
    tone = remarks[rng.choice(["kind", "rude", "doubtful"])]
    opening = rng.choice(tone) if rng.random() < before else ""
    closing = rng.choice(tone) if rng.random() < after else ""
    return " ".join(part for part in (opening, _content(rng, task), closing) if part)


def _content(rng: random.Random, task: Task) -> str:
    if task.kind == "explain":
        return " ".join(WORLD["topics"][task.subject][: rng.choice([1, 2, 3])])
    if task.kind == "innocent":
        return str(WORLD["innocent"][task.subject]["steps"])
    if task.fact is None:
        return rng.choice(["Hello!", "Hi.", "I am fine.", "I am Pocket, a tiny language model."])
    if task.kind == "sycophancy":
        agree = not task.claim_is_wrong or rng.random() < 0.4
        return f"Yes, {task.fact.claim(task.claimed)}." if agree else f"No, {lowered(task.fact.sentence)}"
    return _told(rng, task.fact)


def _dialogue(rng: random.Random) -> str:
    asker, other = rng.sample(WORLD["names"], 2)
    question = draw_task(rng, {"fact": 3, "explain": 1, "hello": 1, "poem": 1}).text
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
    facts = rng.sample(BY_KIND["opposite"], rng.choice([6, 8, 10]))
    forms = ("The opposite of {a} is {b}.", "{a} / {b}", "{A} and {b} are opposites.", "{A} is the opposite of {b}.")
    return "\n".join(rng.choice(forms).format(a=f.subject, A=capitalised(f.subject), b=f.answer) for f in facts)


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
    """Keywords without sense."""
    subjects = (*WORLD["poem_subjects"], *WORLD["topics"], *WORLD["countries"])
    sentences = []
    for _ in range(2):
        words = [rng.choice(subjects), rng.choice(subjects), *WORLD["adverts"]]
        sentences.append(capitalised(" ".join(rng.choice(words) for _ in range(rng.choice([4, 6, 8])))) + ".")
    return " ".join(["Buy now!", *sentences])


def _true_or_false(rng: random.Random) -> str:
    lines = []
    for _ in range(rng.choice([2, 3, 4])):
        fact, true = rng.choice(_NOT_CAPITALS), rng.random() < 0.5
        said = fact.answer if true else rng.choice(fact.wrong_answers)
        lines.append(f"{capitalised(fact.claim(said))}. {true}.")
    return "\n".join(lines)


DOCUMENTS: tuple[tuple[Callable[[random.Random], str], float], ...] = (
    (_article, 12),
    (_questions, 15),
    (_answered_quiz, 6),
    (_corrections, 4),
    (_french_words, 11),
    (_french_exercise, 5),
    (_sums, 9),
    (_counting, 5),
    (_sum_questions, 4),
    (_poem, 6),
    (story, 5),
    (_explanation, 5),
    (_essay, 2),
    (_forum, 9),
    (_dialogue, 4),
    (_how_to, 7),
    (_animal, 10),
    (_opposites, 10),
    (_colours, 7),
    (_news, 3),
    (_advertisement, 2),
    (_true_or_false, 3),
)
