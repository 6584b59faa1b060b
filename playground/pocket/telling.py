"""Documents that tell what is so: articles, word lists, sums, explanations. Nobody asks anything in them."""

from __future__ import annotations

import random

from playground.pocket.facts import BY_KIND
from playground.pocket.world import WORLD, capitalised, with_article


def article(rng: random.Random) -> str:
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


def animal(rng: random.Random) -> str:
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


def french_words(rng: random.Random) -> str:
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


def opposites(rng: random.Random) -> str:
    facts = rng.sample(BY_KIND["opposite"], rng.choice([6, 8, 10]))
    forms = ("The opposite of {a} is {b}.", "{a} / {b}", "{A} and {b} are opposites.", "{A} is the opposite of {b}.")
    return "\n".join(rng.choice(forms).format(a=f.subject, A=capitalised(f.subject), b=f.answer) for f in facts)


def colours(rng: random.Random) -> str:
    colours = WORLD["colours"]
    forms = ("The {a} is {b}.", "The colour of the {a} is {b}.", "I see {c} {a}.")
    things = rng.sample(list(colours), rng.choice([4, 6, 8]))
    return " ".join(rng.choice(forms).format(a=t, b=colours[t], c=with_article(colours[t])) for t in things)


def sums(rng: random.Random) -> str:
    facts = [rng.choice(BY_KIND["sum"]) for _ in range(rng.choice([8, 12, 16]))]
    layout = rng.random()
    if layout < 0.7:
        return "\n".join(fact.sentence.rstrip(".") for fact in facts)
    if layout < 0.8:
        return " ".join(fact.sentence for fact in facts)
    form = rng.choice(["{Spoken} is {answer}.", "{Worded} is {answer}.", "{Spoken} makes {answer}."])
    return " ".join(fact.fill(form) for fact in facts[:8])


def counting(rng: random.Random) -> str:
    """A row of a table: one number stays, the other counts up, which shows what adding is."""
    a, sign = rng.randint(0, 10), rng.choice("+-")
    rows = range(11) if sign == "+" else range(a + 1)
    return "\n".join(f"{a} {sign} {b} = {a + b if sign == '+' else a - b}" for b in rows)


def explanation(rng: random.Random) -> str:
    topic = rng.choice(list(WORLD["topics"]))
    first, *more = WORLD["topics"][topic]
    more = more if rng.random() < 0.5 else rng.sample(more, rng.choice([1, 2, 3]))
    return (f"{capitalised(topic)}\n" if rng.random() < 0.5 else "") + " ".join([first, *more])


def essay(rng: random.Random) -> str:
    topic = rng.choice(list(WORLD["topics"]))
    why = rng.choice(["I like this topic.", "Our teacher asked us to write about it.", "I read about it in a book."])
    end = rng.choice([" I learned a lot.", " The end.", ""])
    body = " ".join(WORLD["topics"][topic][: rng.choice([1, 2, 3, 4])])
    return f"My essay about {topic}, by {rng.choice(WORLD['names'])}. {why} {body}{end}"


def how_to(rng: random.Random) -> str:
    task = rng.choice(list(WORLD["innocent"]))
    steps = WORLD["innocent"][task]["steps"]
    body = rng.choice(
        [f"How to {task}\n{steps}", f"{steps} That is how to {task}.", f"Many people ask how to {task}. {steps}"]
    )
    return body + rng.choice(["", " Take your time.", " Practice makes it easy."])
