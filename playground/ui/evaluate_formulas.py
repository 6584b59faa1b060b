"""What the tab Evaluate computes, as formulas."""

FORMULAS = (
    (
        "Win rate",
        "The share of prompts on which its completion is preferred; a tie counts half to each side.",
        r"\text{win rate} = \frac{\text{wins} + \tfrac{1}{2}\,\text{ties}}{\text{prompts}}",
    ),
    (
        "How far it has gone",
        "Completions are drawn from the checkpoint; how much likelier it finds each of them than the one that it came "
        "from does, on average, is the KL divergence, in nats a completion.",
        r"D_{KL}(\pi \,\|\, \pi_{ref}) = E_{y \sim \pi}\left[\log \frac{\pi(y \mid x)}{\pi_{ref}(y \mid x)}\right]",
    ),
)
