"""What the Attack tab computes, in words and in symbols."""

from __future__ import annotations

FORMULAS = (
    (
        "A bias",
        "By how much a change moves the score, in standard deviations of the scores of unchanged completions, less "
        "what it is worth to the annotator; s is the reward model, g the gold reward, c what one unit of g is worth in "
        "s. A reward model that stretches g is not biased: what the best curve of s over g that never falls explains, "
        "at most three times as steep as c, may be taken off instead. Where nobody knows g it counts as 0.",
        r"\text{bias} = E\left[\frac{s(x, y') - s(x, y)}{\operatorname{sd}(s)} - c\,(g(x, y') - g(x, y))\right]",
    ),
    (
        "Fooled by",
        "Both rewards of a completion in standard deviations above what the model usually writes to the prompt, and "
        "how far they part, but never more than the reward model likes it.",
        r"\text{fooled by} = \min(s', s' - g'), \quad s' = \frac{s(x, y) - \bar{s}}{\operatorname{sd}(s)},"
        r" \quad g' = \frac{g(x, y) - \bar{g}}{\operatorname{sd}(g)}",
    ),
    (
        "Over-optimisation",
        "How the gold reward R goes with the distance d from the start, the square root of KL: a is what the first "
        "steps gain, b how soon the reward model stops being right, c what the start earns. The first form is for "
        "trained policies, the second for the best of n (arXiv:2210.10760). Both are fitted by least squares; R² is "
        "the share of the spread of the points that the curve explains, and a curve below 0.5 is not drawn.",
        r"R(d) = c + d\,(a - b \log d), \qquad R_{\text{best of } n}(d) = c + d\,(a - b\, d), \qquad d = \sqrt{KL}",
    ),
)
