"""What a simulated annotator wants, as HTML: its description, and folded the weight of each part of its gold reward."""

from __future__ import annotations

from playground.pocket import COMPONENTS, PERSONAS

_ABOUT_GOLD = (
    "Its <b>gold reward</b> of an answer is the sum of these parts, so what it wants is known exactly. It chooses the "
    "answer with the higher sum, by chance now and then the other one."
)
_MISLED = "It can be misled: what it wants is in the first column, what its choices go by in the second."


def persona_html(name: str) -> str:
    """The description, and the fold."""
    who, misled = PERSONAS[name], PERSONAS[name].misled
    both = [(part.title, getattr(who, key), getattr(misled, key), part.about) for key, part in COMPONENTS.items()]
    counting = [row for row in both if row[1] or row[2]]
    two = any(wants != chooses for _, wants, chooses, _ in counting)
    rows = "".join(_row(*row, two) for row in counting)
    heads = ("Part", "Weight", "Chooses by", "") if two else ("Part", "Weight", "")
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    return (
        f"<p>{who.description}</p><details><summary>What counts for it, in numbers</summary>"
        f"<p>{_ABOUT_GOLD}{f' {_MISLED}' if two else ''}</p>"
        f'<div class="scroll"><table class="weights"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        "</details>"
    )


def _row(title: str, wants: float, chooses: float, about: str, two: bool) -> str:
    numbers = (wants, chooses) if two else (wants,)
    cells = "".join(f'<td class="number">{_signed(number)}</td>' for number in numbers)
    return f'<tr><th scope="row">{title}</th>{cells}<td>{about.replace("`", "")}</td></tr>'


def _signed(number: float) -> str:
    return f"{number:+.2f}".replace("-", "−") if number else "0"
