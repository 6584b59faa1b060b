"""How the page looks: Gradio's Base theme with one accent, and the static files that go into the head."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from playground.registry import algorithms, dials

STATIC = Path(__file__).parent / "static"
SCRIPTS = (
    "page.js",
    "pulse.js",
    "plot.js",
    "measured.js",
    "run_state.js",
    "probes.js",
    "run_view.js",
    "tables.js",
    "runs_table.js",
    "reports.js",
    "tax_sheet.js",
    "workshop_board.js",
    "workshop_prompts.js",
    "live.js",
    "progress_view.js",
    "sweep.js",
)


def static(*names: str) -> str:
    """The text of static files, one after another."""
    return "".join((STATIC / name).read_text(encoding="utf-8") for name in names)


def theme() -> gr.themes.Base:
    """The theme. Its custom CSS is served as it stands: launch(css=…) would rewrite selectors inside @media."""
    look = gr.themes.Base(
        primary_hue=gr.themes.colors.indigo,
        secondary_hue=gr.themes.colors.slate,
        neutral_hue=gr.themes.colors.slate,
        # weights 400 and 700: the bundled SemiBold files lack letters
        font=[gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=[gr.themes.LocalFont("IBM Plex Mono", weights=(400,)), "ui-monospace", "monospace"],
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
        spacing_size=gr.themes.sizes.spacing_md,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="#0b1020",
        background_fill_primary_dark="#0b1020",
        background_fill_secondary_dark="#111830",
        block_background_fill="white",
        block_background_fill_dark="#151b2e",
        block_border_width="1px",
        block_border_color="*neutral_200",
        block_border_color_dark="#2a3350",
        border_color_primary_dark="#2a3350",
        block_shadow="none",
        block_radius="10px",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_label_text_weight="700",
        block_title_text_weight="700",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        input_background_fill="white",
        input_background_fill_dark="#0f1526",
        input_border_width="1px",
        input_border_color="*neutral_300",
        input_border_color_dark="#38426a",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_text_color="white",
        button_secondary_background_fill="white",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_border_color="*neutral_300",
        button_secondary_background_fill_dark="#1c2440",
        button_secondary_background_fill_hover_dark="#26305280",
        button_secondary_border_color_dark="#38426a",
        button_border_width="1px",
        button_large_padding="10px 18px",
        button_medium_padding="8px 14px",
        button_large_radius="10px",
        slider_color="*primary_600",
        checkbox_border_color="*neutral_400",
        checkbox_border_color_dark="#8892b8",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        link_text_color="*primary_700",
        link_text_color_active="*primary_700",
        link_text_color_hover="*primary_800",
        link_text_color_visited="*primary_700",
        link_text_color_dark="*primary_300",
        link_text_color_active_dark="*primary_300",
        link_text_color_hover_dark="*primary_200",
        link_text_color_visited_dark="*primary_300",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
    )
    look.custom_css = static("style.css")
    return look


def head() -> str:
    """What goes into the page's head: our scripts, and the words they show for settings."""
    labels = {name: {f: d.label for f, d in dials(entry.config).items()} for name, entry in algorithms().items()}
    words = f"window.Playground = {{labels: {json.dumps(labels)}}};".replace("</", "<\\/")
    code = "\n".join(map(static, SCRIPTS))
    return f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<script>{words}\n{code}</script>'
